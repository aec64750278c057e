// SPDX-License-Identifier: GPL-2.0
/*
 * AF_SAMR stream sockets: from the system calls to a side of a stream (side.h), or to the
 * member that accepts them (listener.h), and back. Their habits are those of TCP.
 */
#include <linux/poll.h>
#include <linux/sched/signal.h>
#include <net/sock.h>
#include <asm/ioctls.h>
#include "compat.h"
#include "socket.h"

/* ---- bind, listen, accept ---- */

static int bind_to(struct sock *sk, struct samr_cluster *c, u32 service)
{
	struct samr_sock *ssk = samr_sk(sk);
	struct samr_listener *ls;

	if (ssk->listener || ssk->side)
		return -EINVAL;
	if (samr_cluster_watches(c) || samr_cluster_far(c))
		return -EOPNOTSUPP;
	ls = samr_listener_new(c, sock_net(sk), service, &samr_socket_told, sk);
	if (IS_ERR(ls))
		return PTR_ERR(ls);
	ssk->cluster = c;
	smp_store_release(&ssk->listener, ls);
	return 0;
}

static int stream_bind(struct socket *sock, struct sockaddr *uaddr, int len)
{
	const struct sockaddr_samr *a = (const struct sockaddr_samr *)uaddr;
	int err = samr_socket_check_addr(a, len);
	struct sock *sk = sock->sk;
	struct samr_cluster *c;

	if (err)
		return err;
	if (a->node || a->port)
		return -EINVAL;
	c = samr_cluster_get(sock_net(sk));
	if (!c)
		return -ENETDOWN;
	lock_sock(sk);
	err = bind_to(sk, c, a->service);
	release_sock(sk);
	if (err)
		samr_cluster_put(c);
	return err;
}

static int look_joined(struct sock *sk, void *unused)
{
	return sock_error(sk) ?: samr_listener_joined(samr_sk_listener(sk));
}

static int stream_listen(struct socket *sock, int backlog)
{
	struct sock *sk = sock->sk;
	long timeo = MAX_SCHEDULE_TIMEOUT;
	struct samr_listener *ls;
	int err;

	lock_sock(sk);
	ls = samr_sk(sk)->listener;
	err = ls ? samr_listener_listen(ls, max(backlog, 0), sk->sk_rcvbuf) :
		   -EINVAL;
	/* For SO_ACCEPTCONN. */
	if (!err)
		sk->sk_state = TCP_LISTEN;
	release_sock(sk);
	if (err || sock->file->f_flags & O_NONBLOCK)
		return err;
	/* Whoever has listened can be connected to. */
	return samr_socket_wait(sk, &timeo, look_joined, NULL);
}

/*
 * What it waits for is not there: its program has done with what it had. Return: whether
 * something may be there now; at a client nothing changes.
 */
static bool come_back(struct sock *sk)
{
	struct samr_connection *x = samr_sk(sk)->connection;
	struct samr_listener *ls = x ? x->listener : samr_sk_listener(sk);

	if (ls)
		samr_turn_back(ls);
	return ls;
}

/* Its program hears that there is something, or that nothing comes any more. */
static void show(struct sock *sk)
{
	struct samr_connection *x = samr_sk(sk)->connection;

	if (x)
		samr_turn_show(x->listener, x);
}

/* Whoever does not sleep is told that there is nothing before there may be. */
static int look_accept(struct sock *sk, void *unused)
{
	int err = sock_error(sk) ?: samr_listener_look(samr_sk_listener(sk));

	if (err == -EAGAIN)
		come_back(sk);
	return err;
}

/* Both sockets are of one cluster, which each holds. */
static int take_connection(struct sock *sk, struct sock *to)
{
	struct samr_cluster *c = samr_cluster_get(sock_net(to));
	struct samr_connection *x;

	if (!c || c != samr_sk(sk)->cluster)
		x = ERR_PTR(-ENETDOWN);
	else
		x = samr_listener_accept(samr_sk_listener(sk),
					 &samr_socket_told, to);
	if (IS_ERR(x)) {
		if (c)
			samr_cluster_put(c);
		return PTR_ERR(x);
	}
	samr_sk(to)->cluster = c;
	samr_sk(to)->connection = x;
	/* What came upon it before it had a socket. */
	if (x->side.err)
		WRITE_ONCE(to->sk_err, x->side.err);
	smp_store_release(&samr_sk(to)->side, &x->side);
	return 0;
}

static int accept_one(struct socket *sock, struct socket *newsock, int flags,
		      bool kern)
{
	struct sock *sk = sock->sk;
	long timeo = sock_rcvtimeo(sk, flags & O_NONBLOCK);
	int err;

	if (!samr_sk_listener(sk))
		return -EINVAL;
	if (timeo)
		WRITE_ONCE(samr_sk(sk)->wanted, EPOLLIN);
	do {
		err = samr_socket_wait(sk, &timeo, look_accept, NULL);
		if (!err && !newsock->sk)
			err = samr_socket_new(sock_net(sk), newsock, kern);
		if (err)
			return err;
		/* Another one may have been faster. */
		err = take_connection(sk, newsock->sk);
	} while (err == -EAGAIN);
	if (!err)
		newsock->state = SS_CONNECTED;
	return err;
}

SAMR_ACCEPT(stream_accept, accept_one)

/* ---- connect ---- */

int samr_stream_connect(struct sock *sk, struct samr_client *cl)
{
	int window = 0;

	if (sk->sk_userlocks & SOCK_SNDBUF_LOCK)
		window = sk->sk_sndbuf / 2;
	if (sk->sk_userlocks & SOCK_RCVBUF_LOCK)
		window = max(window, sk->sk_rcvbuf / 2);
	return samr_client_be_stream(cl, window);
}

/* Return: 0: bytes may go; or why not. */
static int connected(const struct sock *sk)
{
	struct samr_client *cl = samr_sk_client(sk);
	struct samr_local_info info;

	if (!samr_sk_side(sk))
		return -ENOTCONN;
	if (!cl)
		return 0;
	samr_client_info(cl, &info);
	return info.state == SAMR_MEMBER_BOUND ? -ENOTCONN :
	       info.state == SAMR_CLIENT_CONNECTING ? -EAGAIN : 0;
}

static int stream_getname(struct socket *sock, struct sockaddr *uaddr, int peer)
{
	struct sockaddr_samr *a = (struct sockaddr_samr *)uaddr;
	const struct samr_connection *x = samr_sk(sock->sk)->connection;
	struct sock *sk = sock->sk;
	struct samr_local_info info;

	if (peer && connected(sk))
		return -ENOTCONN;
	memset(a, 0, sizeof(*a));
	a->family = AF_SAMR;
	if (!samr_socket_info(sk, &info))
		return sizeof(*a);
	a->service = info.service;
	if (!peer) {
		a->node = samr_cluster_self(samr_sk(sk)->cluster, NULL);
		a->port = info.port;
	} else if (x) {
		a->node = x->node;
		a->port = x->port;
	}
	return sizeof(*a);
}

/* ---- reading ---- */

/* Behind @from bytes: 0: something is there; -EAGAIN; -EPIPE: nothing comes any more. */
static int look_input(struct samr_side *x, u32 from)
{
	int err = 0;

	spin_lock_bh(&x->svc->lock);
	if (x->deaf)
		err = -EPIPE;
	else if (x->in.bytes <= from)
		err = x->over ? -EPIPE : -EAGAIN;
	spin_unlock_bh(&x->svc->lock);
	return err;
}

static int look_readable(struct sock *sk, void *from)
{
	int err;

	if (READ_ONCE(sk->sk_err))
		return 0;
	err = look_input(samr_sk_side(sk), *(u32 *)from);
	if (err == -EAGAIN)
		come_back(sk);
	return err;
}

/* At most @size bytes behind @from unread ones. The iolock is held. */
static int take_bytes(struct samr_side *x, struct msghdr *msg, u32 from,
		      size_t size, int flags)
{
	u32 pieces = 0, part;
	LIST_HEAD(free);
	int err = 0;

	spin_lock_bh(&x->svc->lock);
	part = x->deaf || x->in.bytes <= from ? 0 :
	       min_t(size_t, size, x->in.bytes - from);
	spin_unlock_bh(&x->svc->lock);
	if (!part)
		return 0;
	if (!(flags & MSG_TRUNC))
		err = samr_input_copy(&x->in, from, msg, part, &x->svc->lock,
				      &x->seen);
	if (err)
		return err;
	if (!(flags & MSG_PEEK)) {
		spin_lock_bh(&x->svc->lock);
		pieces = samr_input_pass(&x->in, part, &free);
		spin_unlock_bh(&x->svc->lock);
		samr_log_free(&free);
	}
	x->how->passed(x, pieces);
	return part;
}

static int take_some(struct sock *sk, struct msghdr *msg, u32 from, size_t size,
		     int flags)
{
	struct samr_sock *ssk = samr_sk(sk);
	int ret;

	if (mutex_lock_interruptible(&ssk->iolock))
		return -ERESTARTSYS;
	ret = take_bytes(ssk->side, msg, from, size, flags);
	mutex_unlock(&ssk->iolock);
	return ret;
}

static int stream_recvmsg(struct socket *sock, struct msghdr *msg, size_t size,
			  int flags)
{
	struct sock *sk = sock->sk;
	long timeo = sock_rcvtimeo(sk, flags & MSG_DONTWAIT);
	size_t done = 0, target;
	int ret = connected(sk);
	u32 from;

	msg->msg_namelen = 0;
	if (flags & (MSG_OOB | MSG_ERRQUEUE))
		return flags & MSG_OOB ? -EINVAL : -EAGAIN;
	if (ret)
		return sock_error(sk) ?: ret;
	if (timeo)
		WRITE_ONCE(samr_sk(sk)->wanted, EPOLLIN);
	size = min_t(size_t, size, INT_MAX);
	target = sock_rcvlowat(sk, flags & MSG_WAITALL, size);
	while (done < size) {
		from = flags & MSG_PEEK ? done : 0;
		ret = take_some(sk, msg, from, size - done, flags);
		if (ret < 0)
			break;
		/* That was all that there is. */
		done += ret;
		if (done >= target)
			break;
		from = flags & MSG_PEEK ? done : 0;
		ret = samr_socket_wait(sk, &timeo, look_readable, &from);
		/* An error is told when all that came before it was read. */
		if (!ret && READ_ONCE(sk->sk_err) &&
		    look_input(samr_sk_side(sk), from)) {
			ret = done ? 0 : sock_error(sk);
			show(sk);
			break;
		}
		if (ret)
			break;
	}
	if (done || ret != -EPIPE)
		return done ?: ret;
	show(sk);
	return sock_error(sk);
}

/* ---- writing ---- */

static int look_writable(struct sock *sk, void *unused)
{
	struct samr_side *x = samr_sk_side(sk);
	int room;

	if (READ_ONCE(sk->sk_err))
		return 0;
	WRITE_ONCE(x->sndbuf, READ_ONCE(sk->sk_sndbuf));
	room = x->how->room(x);
	return room > 0 ? 0 : room;
}

static int stream_sendmsg(struct socket *sock, struct msghdr *msg, size_t len)
{
	struct sock *sk = sock->sk;
	long timeo = sock_sndtimeo(sk, msg->msg_flags & MSG_DONTWAIT);
	struct samr_side *x = samr_sk_side(sk);
	size_t done = 0;
	int ret = 0;

	if (msg->msg_flags & MSG_OOB)
		return -EOPNOTSUPP;
	if (!x)
		return -ENOTCONN;
	len = min_t(size_t, len, INT_MAX);
	WRITE_ONCE(x->owes, len);
	WRITE_ONCE(x->sndbuf, READ_ONCE(sk->sk_sndbuf));
	while (done < len) {
		ret = done ? 0 : sock_error(sk);
		ret = ret ?: x->how->write(x, msg, len - done,
					   sk->sk_allocation);
		if (ret == -EAGAIN)
			ret = samr_socket_wait(sk, &timeo, look_writable, NULL);
		if (ret < 0)
			break;
		done += ret;
	}
	WRITE_ONCE(x->owes, done < len);
	if (done)
		return done;
	if (ret == -EPIPE)
		ret = sock_error(sk) ?: ret;
	if (ret == -EAGAIN)
		sk_set_bit(SOCKWQ_ASYNC_NOSPACE, sk);
	if (ret == -EPIPE && !(msg->msg_flags & MSG_NOSIGNAL))
		send_sig(SIGPIPE, current, 0);
	return ret;
}

/* ---- the rest ---- */

static __poll_t poll_listener(struct sock *sk)
{
	int err = samr_listener_look(samr_sk_listener(sk));

	if (!err)
		return EPOLLIN | EPOLLRDNORM;
	if (err == -EAGAIN)
		return 0;
	return err == -EINVAL ? EPOLLHUP | EPOLLOUT | EPOLLWRNORM :
				EPOLLERR | EPOLLHUP | EPOLLIN | EPOLLRDNORM;
}

static __poll_t poll_side(struct sock *sk, struct samr_side *x)
{
	bool in_over, out_over;
	__poll_t mask = 0;
	u32 bytes;
	int room;

	WRITE_ONCE(x->sndbuf, READ_ONCE(sk->sk_sndbuf));
	room = x->how->room(x);
	spin_lock_bh(&x->svc->lock);
	bytes = x->in.bytes;
	in_over = x->over || x->deaf;
	out_over = x->shut || x->broken;
	spin_unlock_bh(&x->svc->lock);
	if (in_over || (bytes && bytes >= READ_ONCE(sk->sk_rcvlowat)))
		mask |= EPOLLIN | EPOLLRDNORM;
	if (in_over)
		mask |= EPOLLRDHUP;
	if (in_over && out_over)
		mask |= EPOLLHUP;
	if (room != -EAGAIN)
		mask |= EPOLLOUT | EPOLLWRNORM;
	else
		sk_set_bit(SOCKWQ_ASYNC_NOSPACE, sk);
	return mask;
}

static __poll_t poll_now(struct sock *sk)
{
	int err = connected(sk);

	if (samr_sk_listener(sk))
		return poll_listener(sk);
	if (err)
		return err == -EAGAIN ? 0 : EPOLLHUP | EPOLLOUT | EPOLLWRNORM;
	return poll_side(sk, samr_sk_side(sk));
}

static __poll_t stream_poll(struct file *file, struct socket *sock,
			    struct poll_table_struct *wait)
{
	struct sock *sk = sock->sk;
	__poll_t mask;

	sock_poll_wait(file, sock, wait);
	if (wait)
		WRITE_ONCE(samr_sk(sk)->wanted, poll_requested_events(wait));
	mask = poll_now(sk);
	if (!(mask & EPOLLIN) && come_back(sk))
		mask = poll_now(sk);
	if (mask & EPOLLIN)
		show(sk);
	/* In this order: what comes now is seen, or wakes. */
	if (READ_ONCE(sk->sk_err))
		mask |= EPOLLERR;
	return mask;
}

/* What is there is not wanted any more, nor what comes. */
static void be_deaf(struct samr_sock *ssk)
{
	struct samr_side *x = ssk->side;
	LIST_HEAD(free);

	mutex_lock(&ssk->iolock);
	spin_lock_bh(&x->svc->lock);
	x->deaf = true;
	samr_input_clear(&x->in, &free);
	samr_side_changed(x, 0);
	spin_unlock_bh(&x->svc->lock);
	mutex_unlock(&ssk->iolock);
	samr_log_free(&free);
	x->how->passed(x, 0);
}

static int stream_shutdown(struct socket *sock, int how)
{
	struct sock *sk = sock->sk;

	if (how < SHUT_RD || how > SHUT_RDWR)
		return -EINVAL;
	if (connected(sk))
		return -ENOTCONN;
	lock_sock(sk);
	if (how != SHUT_WR) {
		WRITE_ONCE(sk->sk_shutdown, sk->sk_shutdown | RCV_SHUTDOWN);
		be_deaf(samr_sk(sk));
	}
	if (how != SHUT_RD) {
		WRITE_ONCE(sk->sk_shutdown, sk->sk_shutdown | SEND_SHUTDOWN);
		samr_sk(sk)->side->how->shut(samr_sk(sk)->side);
	}
	release_sock(sk);
	return 0;
}

/*
 * A process that is killed takes its sockets with it, one after the other. When the
 * member goes, too, its streams go on at other heads; so a connection does not end here
 * before that is known. A child that its server has made for a connection is no member.
 */
void samr_stream_close(struct sock *sk)
{
	struct samr_sock *ssk = samr_sk(sk);
	bool hard = sock_flag(sk, SOCK_LINGER) && !sk->sk_lingertime;
	bool exits = current->flags & PF_EXITING;
	bool killed = exits && (current->exit_code & 0x7f);
	struct samr_connection *x = ssk->connection;

	if (ssk->listener)
		samr_listener_close(ssk->listener, exits);
	if (x)
		samr_connection_close(x, hard || killed ? SAMR_END_RESET :
							  SAMR_END_CLOSED,
				      exits && x->owner == task_tgid(current));
	if (ssk->client)
		samr_client_stream_close(ssk->client, hard);
}

const struct proto_ops samr_stream_ops = {
	.family		= PF_SAMR,
	.owner		= THIS_MODULE,
	.release	= samr_socket_release,
	.bind		= stream_bind,
	.connect	= samr_socket_connect,
	.socketpair	= sock_no_socketpair,
	.accept		= stream_accept,
	.getname	= stream_getname,
	.poll		= stream_poll,
	.ioctl		= samr_socket_ioctl,
#ifdef CONFIG_COMPAT
	.compat_ioctl	= samr_socket_compat_ioctl,
#endif
	.listen		= stream_listen,
	.shutdown	= stream_shutdown,
	.setsockopt	= samr_sockopt_set,
	.getsockopt	= samr_sockopt_get,
	.sendmsg	= stream_sendmsg,
	.recvmsg	= stream_recvmsg,
	.mmap		= sock_no_mmap,
};
