// SPDX-License-Identifier: GPL-2.0
/*
 * What members' sockets and clients' have in common: calls that sleep, and
 * questions about either.
 *
 * Whoever sleeps is queued before it looks and holds no lock; whoever wakes it does
 * so under the service's lock. So what was looked at under that lock cannot change
 * unnoticed.
 */
#include <linux/compat.h>
#include <net/sock.h>
#include <asm/ioctls.h>
#include "socket.h"

int samr_socket_wait(struct sock *sk, long *timeo,
		     int (*look)(struct sock *sk, void *arg), void *arg)
{
	DEFINE_WAIT_FUNC(wait, woken_wake_function);
	int err;

	add_wait_queue(sk_sleep(sk), &wait);
	for (;;) {
		err = look(sk, arg);
		if (err != -EAGAIN || !*timeo)
			break;
		if (signal_pending(current)) {
			err = sock_intr_errno(*timeo);
			break;
		}
		*timeo = wait_woken(&wait, TASK_INTERRUPTIBLE, *timeo);
	}
	remove_wait_queue(sk_sleep(sk), &wait);
	return err;
}

static int look_readable(struct sock *sk, void *arg)
{
	const struct samr_socket_reader *r = arg;
	int err = sock_error(sk);

	if (err)
		return err;
	return r->idle(sk) ? -EAGAIN : 0;
}

int samr_socket_recv(struct socket *sock, struct msghdr *msg, size_t size,
		     int flags, const struct samr_socket_reader *r)
{
	struct sock *sk = sock->sk;
	struct samr_sock *ssk = samr_sk(sk);
	long timeo = sock_rcvtimeo(sk, flags & MSG_DONTWAIT);
	int ret;

	msg->msg_namelen = 0;
	if (flags & MSG_OOB)
		return -EOPNOTSUPP;
	if (flags & MSG_ERRQUEUE)
		return -EAGAIN;
	do {
		ret = sock_error(sk);
		if (ret)
			break;
		if (mutex_lock_interruptible(&ssk->iolock))
			return sock_intr_errno(timeo);
		ret = r->take(sk, msg, size, flags);
		mutex_unlock(&ssk->iolock);
		if (ret != -EAGAIN)
			break;
		/* Another thread may read what this one was woken for. */
		ret = samr_socket_wait(sk, &timeo, look_readable, (void *)r);
	} while (!ret);
	return ret;
}

bool samr_socket_info(const struct sock *sk, struct samr_local_info *info)
{
	struct samr_listener *ls = samr_sk_listener(sk);
	struct samr_client *cl = samr_sk_client(sk);
	struct samr_local *l = samr_sk_local(sk);
	struct samr_side *side = samr_sk_side(sk);

	if (cl)
		samr_client_info(cl, info);
	else if (l)
		samr_local_info(l, info);
	else if (ls)
		samr_listener_info(ls, info);
	else if (side)
		samr_connection_info(samr_sk(sk)->connection, info);
	if (l && samr_sk(sk)->door)
		samr_listener_see(samr_sk(sk)->door, info);
	return cl || l || ls || side;
}

int samr_socket_err(const struct sock *sk)
{
	struct samr_listener *ls = samr_sk_listener(sk);
	struct samr_client *cl = samr_sk_client(sk);
	struct samr_local *l = samr_sk_local(sk);

	if (cl)
		return READ_ONCE(cl->svc->all->err);
	if (ls)
		l = ls->local;
	else if (samr_sk_side(sk))
		l = samr_sk(sk)->connection->listener->local;
	return l ? samr_local_err(l) : 0;
}

int samr_socket_ioctl(struct socket *sock, unsigned int cmd, unsigned long arg)
{
	struct samr_local *l = samr_sk_local(sock->sk);
	struct samr_local_info info;
	int err = l ? samr_local_err(l) : 0;

	if (cmd != SIOCINQ && cmd != SIOCOUTQ)
		return -ENOIOCTLCMD;
	if (err)
		return err;
	if (!samr_socket_info(sock->sk, &info))
		return -ENOTCONN;
	return put_user((int)min_t(u64, INT_MAX, cmd == SIOCINQ ? info.queued :
							 info.unsettled),
			(int __user *)arg);
}

#ifdef CONFIG_COMPAT
int samr_socket_compat_ioctl(struct socket *sock, unsigned int cmd,
			     unsigned long arg)
{
	return samr_socket_ioctl(sock, cmd, (unsigned long)compat_ptr(arg));
}
#endif
