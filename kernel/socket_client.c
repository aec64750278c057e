// SPDX-License-Identifier: GPL-2.0
/*
 * AF_SAMR sockets that are connected to a service: from the system calls to the
 * client (client.h) and back.
 *
 * connect() gives a socket these calls instead of those of socket.c, once and for all.
 */
#include <linux/poll.h>
#include <linux/skbuff.h>
#include <net/sock.h>
#include "payload.h"
#include "socket.h"

static const struct proto_ops client_ops;

/* What its sendmsg() may be told. */
#define CLIENT_FLAGS	(SAMR_SEND_SAFE | SAMR_SEND_QUERY | SAMR_SEND_LINEAR)

/* ---- connecting ---- */

static int look_opened(struct sock *sk, void *unused)
{
	int err = samr_client_opened(samr_sk_client(sk));

	return err == -EINPROGRESS ? -EAGAIN : err;
}

/* Return: 0: its session is open; or why not, or not yet. */
static int wait_opened(struct sock *sk, long timeo)
{
	int err = samr_socket_wait(sk, &timeo, look_opened, NULL);

	return err == -EAGAIN ? -EINPROGRESS : err;
}

/* The client of this socket; made by the first connect(). The socket is locked. */
static struct samr_client *client_of(struct sock *sk, u32 service)
{
	struct samr_sock *ssk = samr_sk(sk);
	struct samr_client *cl = ssk->client;
	struct samr_cluster *c;
	int err;

	if (cl)
		return cl->svc->id == service ? cl : ERR_PTR(-EINVAL);
	c = samr_cluster_get(sock_net(sk));
	if (!c)
		return ERR_PTR(-ENETDOWN);
	cl = samr_cluster_watches(c) ? ERR_PTR(-EOPNOTSUPP) :
	     samr_client_new(c, sock_net(sk), service, &samr_socket_told, sk);
	if (IS_ERR(cl)) {
		samr_cluster_put(c);
		return cl;
	}
	err = sk->sk_type == SOCK_STREAM ? samr_stream_connect(sk, cl) : 0;
	if (err) {
		samr_client_close(cl);
		samr_client_put(cl);
		samr_cluster_put(c);
		return ERR_PTR(err);
	}
	ssk->cluster = c;
	smp_store_release(&ssk->client, cl);
	if (cl->stream)
		smp_store_release(&ssk->side, &cl->stream->side);
	else
		WRITE_ONCE(sk->sk_socket->ops, &client_ops);
	return cl;
}

int samr_socket_connect(struct socket *sock, struct sockaddr *uaddr, int len,
			int flags)
{
	const struct sockaddr_samr *a = (const struct sockaddr_samr *)uaddr;
	int err = samr_socket_check_addr(a, len);
	struct sock *sk = sock->sk;
	struct samr_client *cl;

	if (err)
		return err;
	if (a->node || a->port)
		return -EINVAL;
	lock_sock(sk);
	/* A member has its group already. */
	if (samr_sk(sk)->local || samr_sk(sk)->listener)
		cl = ERR_PTR(-EINVAL);
	else if (samr_sk(sk)->connection)
		cl = ERR_PTR(-EISCONN);
	else
		cl = client_of(sk, a->service);
	if (IS_ERR(cl)) {
		release_sock(sk);
		return PTR_ERR(cl);
	}
	err = samr_client_open(cl, &samr_sk(sk)->opts);
	release_sock(sk);
	if (err && (err != -EALREADY || (flags & O_NONBLOCK)))
		return err;
	err = wait_opened(sk, sock_sndtimeo(sk, flags & O_NONBLOCK));
	/* It was told here: not once more by the next call. */
	if (err && err != -EINPROGRESS)
		sock_error(sk);
	return err;
}

static int client_getname(struct socket *sock, struct sockaddr *uaddr, int peer)
{
	struct sockaddr_samr *a = (struct sockaddr_samr *)uaddr;
	struct samr_client *cl = samr_sk_client(sock->sk);
	struct samr_local_info info;

	samr_client_info(cl, &info);
	if (peer && info.state != SAMR_CLIENT_CONNECTED &&
	    info.state != SAMR_CLIENT_RESUMING)
		return -ENOTCONN;
	memset(a, 0, sizeof(*a));
	a->family = AF_SAMR;
	a->service = info.service;
	if (!peer) {
		a->node = samr_cluster_self(samr_sk(sock->sk)->cluster, NULL);
		a->port = info.port;
	}
	return sizeof(*a);
}

/* ---- requests ---- */

/* What sendmsg() was given, as an sk_buff: NULL when it is a query without bytes. */
static struct sk_buff *gather(struct msghdr *msg, u32 len, bool query, gfp_t gfp)
{
	if (!query)
		return samr_payload_request(msg, len, gfp);
	return len ? samr_payload_new(msg, len, gfp) : NULL;
}

static int hand_over(struct sock *sk, struct sk_buff *skb, u32 len,
		     const struct samr_send *how)
{
	bool safe = how->flags & SAMR_SEND_SAFE || READ_ONCE(samr_sk(sk)->safe);
	struct samr_client *cl = samr_sk_client(sk);
	u32 sndbuf = READ_ONCE(sk->sk_sndbuf);

	if (how->flags & SAMR_SEND_QUERY)
		return samr_client_query(cl, skb, len, how->request,
					 how->flags & SAMR_SEND_LINEAR, sndbuf);
	return samr_client_call(cl, skb, how->request, safe ? SAMR_MSG_SAFE : 0,
				sndbuf);
}

static int look_room(struct sock *sk, void *unused)
{
	return samr_client_room(samr_sk_client(sk), READ_ONCE(sk->sk_sndbuf));
}

static int send_request(struct sock *sk, struct msghdr *msg, u32 len,
			const struct samr_send *how)
{
	long timeo = sock_sndtimeo(sk, msg->msg_flags & MSG_DONTWAIT);
	bool query = how->flags & SAMR_SEND_QUERY;
	struct sk_buff *skb;
	int err = sock_error(sk);

	/* Another thread may take the room: then it is waited for again. */
	err = err ?: samr_socket_wait(sk, &timeo, look_room, NULL);
	if (err)
		return err;
	skb = gather(msg, len, query, sk->sk_allocation);
	if (IS_ERR(skb))
		return PTR_ERR(skb);
	do {
		err = hand_over(sk, skb, len, how);
		if (!err)
			return 0;
		if (err == -EAGAIN)
			err = samr_socket_wait(sk, &timeo, look_room, NULL);
	} while (!err);
	kfree_skb(skb);
	return err;
}

static int client_sendmsg(struct socket *sock, struct msghdr *msg, size_t len)
{
	size_t before = msg_data_left(msg);
	struct samr_says says = {};
	const struct samr_send *how = &says.how;
	int err;

	if (msg->msg_flags & MSG_OOB)
		return -EOPNOTSUPP;
	if (len > SAMR_REQUEST_LEN_MAX)
		return -EMSGSIZE;
	err = samr_socket_control(msg, &says);
	if (err || (says.type && says.type != SAMR_SEND) ||
	    (how->flags & ~CLIENT_FLAGS))
		return -EINVAL;
	if ((how->flags & SAMR_SEND_QUERY) && len > SAMR_QUERY_LEN_MAX)
		return -EMSGSIZE;
	if (msg->msg_name)
		return -EISCONN;
	err = send_request(sock->sk, msg, len, how);
	if (!err)
		return len;
	iov_iter_revert(&msg->msg_iter, before - msg_data_left(msg));
	if (err == -EPIPE && !(msg->msg_flags & MSG_NOSIGNAL))
		send_sig(SIGPIPE, current, 0);
	return err;
}

/* ---- replies ---- */

static u32 type_of(const struct samr_call *call)
{
	if (call->err)
		return call->err == -EREMOTEIO ? SAMR_TYPE_UNKNOWN :
						 SAMR_TYPE_UNDONE;
	return call->query ? SAMR_TYPE_ANSWER : SAMR_TYPE_REPLY;
}

static void put_delivery(struct msghdr *msg, const struct samr_client *cl,
			 const struct samr_call *call)
{
	struct samr_delivery d = {
		.type		= type_of(call),
		.gseq		= call->reply ? call->reply->meta.gseq : 0,
		.request	= call->cookie,
		.service	= cl->svc->id,
	};

	put_cmsg(msg, SOL_SAMR, SAMR_DELIVERY, sizeof(d), &d);
}

/*
 * Copy an end out. The caller holds the iolock, so that nobody else reads between
 * here and samr_client_pass(): what cannot be copied is not lost.
 */
static int copy_end(struct sock *sk, struct samr_client *cl,
		    struct samr_call *call, struct msghdr *msg, size_t size,
		    int flags)
{
	u32 len = call->reply ? call->reply->meta.len : 0;
	u32 part = min_t(size_t, len, size);
	bool told = READ_ONCE(samr_sk(sk)->notify) & (1U << type_of(call));
	int err = 0;

	if (part)
		err = samr_payload_copy(call->reply, msg, part);
	if (err)
		return err;
	if (!(flags & MSG_PEEK))
		samr_client_pass(cl, call);
	if (call->err && !told)
		return call->err;
	if (msg->msg_controllen)
		put_delivery(msg, cl, call);
	if (call->err)
		msg->msg_flags |= MSG_NOTIFICATION;
	if (part < len)
		msg->msg_flags |= MSG_TRUNC;
	return flags & MSG_TRUNC ? len : part;
}

static int take_end(struct sock *sk, struct msghdr *msg, size_t size, int flags)
{
	struct samr_client *cl = samr_sk_client(sk);
	struct samr_call *call = samr_client_peek(cl);
	int ret;

	if (IS_ERR_OR_NULL(call))
		return PTR_ERR_OR_ZERO(call);
	ret = copy_end(sk, cl, call, msg, size, flags);
	samr_call_put(call);
	return ret;
}

static bool is_idle(const struct sock *sk)
{
	return samr_client_idle(samr_sk_client(sk));
}

static const struct samr_socket_reader reader = {
	.take	= take_end,
	.idle	= is_idle,
};

static int client_recvmsg(struct socket *sock, struct msghdr *msg, size_t size,
			  int flags)
{
	return samr_socket_recv(sock, msg, size, flags, &reader);
}

/* ---- the rest ---- */

static __poll_t client_poll(struct file *file, struct socket *sock,
			    struct poll_table_struct *wait)
{
	struct sock *sk = sock->sk;
	__poll_t mask;

	sock_poll_wait(file, sock, wait);
	mask = samr_client_poll(samr_sk_client(sk), READ_ONCE(sk->sk_sndbuf));
	if (READ_ONCE(sk->sk_err))
		mask |= EPOLLERR;
	if (!(mask & EPOLLOUT))
		sk_set_bit(SOCKWQ_ASYNC_NOSPACE, sk);
	return mask;
}

static int client_shutdown(struct socket *sock, int how)
{
	struct sock *sk = sock->sk;
	struct samr_client *cl = samr_sk_client(sk);

	if (how < SHUT_RD || how > SHUT_RDWR)
		return -EINVAL;
	if (samr_client_room(cl, U32_MAX) == -ENOTCONN)
		return -ENOTCONN;
	/* Replies that nobody reads could not be acknowledged: close() is for that. */
	if (how != SHUT_WR)
		return -EOPNOTSUPP;
	lock_sock(sk);
	WRITE_ONCE(sk->sk_shutdown, sk->sk_shutdown | SEND_SHUTDOWN);
	release_sock(sk);
	samr_client_shut(cl);
	return 0;
}

static int client_bind(struct socket *sock, struct sockaddr *uaddr, int len)
{
	return -EINVAL;
}

static const struct proto_ops client_ops = {
	.family		= PF_SAMR,
	.owner		= THIS_MODULE,
	.release	= samr_socket_release,
	.bind		= client_bind,
	.connect	= samr_socket_connect,
	.socketpair	= sock_no_socketpair,
	.accept		= sock_no_accept,
	.getname	= client_getname,
	.poll		= client_poll,
	.ioctl		= samr_socket_ioctl,
#ifdef CONFIG_COMPAT
	.compat_ioctl	= samr_socket_compat_ioctl,
#endif
	.listen		= sock_no_listen,
	.shutdown	= client_shutdown,
	.setsockopt	= samr_sockopt_set,
	.getsockopt	= samr_sockopt_get,
	.sendmsg	= client_sendmsg,
	.recvmsg	= client_recvmsg,
	.mmap		= sock_no_mmap,
};
