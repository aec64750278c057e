// SPDX-License-Identifier: GPL-2.0
/*
 * AF_SAMR sockets: from the system calls to the member (local.h) and back.
 *
 * The socket lock serialises bind, options and shutdown only. Senders and
 * readers sleep without it (socket_wait.c).
 */
#include <linux/poll.h>
#include <linux/skbuff.h>
#include <linux/slab.h>
#include <net/sock.h>
#include "payload.h"
#include "socket.h"

static DEFINE_SPINLOCK(sockets_lock);
static HLIST_HEAD(sockets);

int samr_socket_walk(struct net *net, int (*fn)(struct sock *sk, void *arg),
		     void *arg)
{
	struct samr_sock *ssk;
	int ret = 0;

	spin_lock_bh(&sockets_lock);
	hlist_for_each_entry(ssk, &sockets, node) {
		if (!net_eq(sock_net(&ssk->sk), net))
			continue;
		ret = fn(&ssk->sk, arg);
		if (ret)
			break;
	}
	spin_unlock_bh(&sockets_lock);
	return ret;
}

/* ---- what the member tells ---- */

static void on_readable(void *ctx)
{
	struct sock *sk = ctx;

	sk->sk_data_ready(sk);
}

static void wake_all(struct sock *sk, __poll_t mask)
{
	struct socket_wq *wq;

	rcu_read_lock();
	wq = rcu_dereference(sk->sk_wq);
	if (skwq_has_sleeper(wq))
		wake_up_interruptible_poll(&wq->wait, mask);
	rcu_read_unlock();
}

static void on_writable(void *ctx)
{
	struct sock *sk = ctx;

	WRITE_ONCE(samr_sk(sk)->call_refused, false);
	wake_all(sk, EPOLLOUT | EPOLLWRNORM | EPOLLWRBAND);
	sk_wake_async(sk, SOCK_WAKE_SPACE, POLL_OUT);
}

static void on_failed(void *ctx, int err)
{
	struct sock *sk = ctx;

	if (err)
		WRITE_ONCE(sk->sk_err, err);
	wake_all(sk, EPOLLIN | EPOLLRDNORM | EPOLLRDHUP | EPOLLOUT |
		     EPOLLWRNORM | EPOLLHUP | (err ? EPOLLERR : 0));
	sk_wake_async(sk, SOCK_WAKE_WAITD, err ? POLL_ERR : POLL_HUP);
}

static unsigned int on_watched(void *ctx)
{
	struct sock *sk = ctx;
	__poll_t wanted = READ_ONCE(samr_sk(sk)->wanted);
	bool sleeper;

	rcu_read_lock();
	sleeper = skwq_has_sleeper(rcu_dereference(sk->sk_wq));
	rcu_read_unlock();
	if (!sleeper || !(wanted & (EPOLLIN | EPOLLRDNORM)))
		return 0;
	return SAMR_WATCHED | (wanted & EPOLLET ? SAMR_WATCHED_EDGE : 0);
}

const struct samr_local_ops samr_socket_told = {
	.readable	= on_readable,
	.writable	= on_writable,
	.failed		= on_failed,
	.watched	= on_watched,
};

/* ---- address ---- */

/* Return: 0, -EINVAL, -EAFNOSUPPORT. */
int samr_socket_check_addr(const struct sockaddr_samr *a, int len)
{
	if (len < (int)sizeof(*a))
		return -EINVAL;
	if (a->family != AF_SAMR)
		return -EAFNOSUPPORT;
	if (a->reserved || a->reserved2 || !a->service)
		return -EINVAL;
	return 0;
}

static int samr_bind(struct socket *sock, struct sockaddr *uaddr, int len)
{
	const struct sockaddr_samr *a = (const struct sockaddr_samr *)uaddr;
	struct sock *sk = sock->sk;
	struct samr_sock *ssk = samr_sk(sk);
	struct samr_cluster *c;
	struct samr_local *l;
	int err = samr_socket_check_addr(a, len);

	if (err)
		return err;
	if (a->node || a->port)
		return -EINVAL;
	c = samr_cluster_get(sock_net(sk));
	if (!c)
		return -ENETDOWN;
	lock_sock(sk);
	if (ssk->local || ssk->client) {
		err = -EINVAL;
		goto out;
	}
	if (samr_cluster_watches(c) || samr_cluster_far(c)) {
		err = -EOPNOTSUPP;
		goto out;
	}
	l = samr_local_bind(c, sock_net(sk), a->service, &samr_socket_told,
			    sk);
	if (IS_ERR(l)) {
		err = PTR_ERR(l);
		goto out;
	}
	samr_local_notify(l, ssk->notify);
	ssk->cluster = c;
	c = NULL;
	smp_store_release(&ssk->local, l);
out:
	release_sock(sk);
	if (c)
		samr_cluster_put(c);
	return err;
}

static int samr_getname(struct socket *sock, struct sockaddr *uaddr, int peer)
{
	struct sockaddr_samr *a = (struct sockaddr_samr *)uaddr;
	struct samr_local *l = samr_sk_local(sock->sk);
	struct samr_local_info info = { .state = SAMR_MEMBER_NEW };
	u64 inc;

	if (l)
		samr_local_info(l, &info);
	if (peer && info.state != SAMR_MEMBER_JOINED &&
	    info.state != SAMR_MEMBER_INSTALLING)
		return -ENOTCONN;
	memset(a, 0, sizeof(*a));
	a->family = AF_SAMR;
	if (l) {
		a->service = info.service;
		if (!peer) {
			a->node = samr_cluster_self(samr_sk(sock->sk)->cluster,
						    &inc);
			a->port = info.port;
		}
	}
	return sizeof(*a);
}

/* ---- sending ---- */

/* A group socket has one destination, which need not be named. */
static int check_name(const struct msghdr *msg, const struct samr_local *l)
{
	const struct sockaddr_samr *a = msg->msg_name;
	int err;

	if (!a)
		return 0;
	err = samr_socket_check_addr(a, msg->msg_namelen);
	if (err)
		return err;
	return a->service != l->svc->id || a->node || a->port ? -EISCONN : 0;
}

/**
 * struct attempt - one sendmsg() under way
 * @l: the member
 * @msg: with the data, until they were gathered
 * @s: what is submitted
 * @len: of the message
 * @charged: samr_local_reserve() was passed
 */
struct attempt {
	struct samr_local *l;
	struct msghdr *msg;
	struct samr_submit s;
	u32 len;
	bool charged;
};

/*
 * Go as far as possible: reserve, gather the data, submit.
 * Return: 0, -EAGAIN: wait and call again; an error.
 */
static int try_send(struct sock *sk, struct attempt *a)
{
	struct sk_buff *skb;
	int err;

	if (!a->charged) {
		err = samr_local_reserve(a->l, a->s.kind, a->len,
					 READ_ONCE(sk->sk_sndbuf));
		if (err)
			return err;
		a->charged = true;
	}
	if (a->len && !a->s.payload) {
		/* Not worth the copying when it is known to be refused. */
		if (a->len > PAGE_SIZE &&
		    !samr_local_room(a->l, a->s.kind, a->len))
			return -EAGAIN;
		skb = samr_payload_new(a->msg, a->len, sk->sk_allocation);
		if (IS_ERR(skb))
			return PTR_ERR(skb);
		a->s.payload = samr_blob_of_skb(skb);
	}
	return samr_local_send(a->l, &a->s);
}

static int look_sent(struct sock *sk, void *arg)
{
	struct attempt *a = arg;
	int err = sock_error(sk);

	if (err)
		return err;
	if (READ_ONCE(sk->sk_shutdown) & SEND_SHUTDOWN)
		return -EPIPE;
	return try_send(sk, a);
}

static int send_message(struct sock *sk, struct attempt *a)
{
	struct msghdr *msg = a->msg;
	long timeo = sock_sndtimeo(sk, msg->msg_flags & MSG_DONTWAIT);
	size_t before = msg_data_left(msg);
	int err = look_sent(sk, a);

	if (err == -EAGAIN && timeo)
		err = samr_socket_wait(sk, &timeo, look_sent, a);
	samr_blob_put(a->s.payload);
	if (!err)
		return 0;
	if (a->charged)
		samr_local_unreserve(a->l, a->len);
	iov_iter_revert(&msg->msg_iter, before - msg_data_left(msg));
	return err;
}

static void fill(struct samr_submit *s, const struct samr_send *how, bool safe)
{
	if (how->flags & SAMR_SEND_STATE) {
		s->kind = SAMR_KIND_STATE;
		if (how->flags & SAMR_SEND_LAST)
			s->flags = SAMR_MSG_LAST;
		else if (how->flags & SAMR_SEND_FAILED)
			s->flags = SAMR_MSG_FAILED;
	} else {
		s->kind = how->flags & SAMR_SEND_LOCK ? SAMR_KIND_LOCK :
			  how->flags & SAMR_SEND_UNLOCK ? SAMR_KIND_UNLOCK :
							  SAMR_KIND_DATA;
		if ((how->flags & SAMR_SEND_SAFE) || safe)
			s->flags = SAMR_MSG_SAFE;
	}
	s->uid = from_kuid_munged(&init_user_ns, current_euid());
	s->gid = from_kgid_munged(&init_user_ns, current_egid());
	s->arg = how->request;
}

/* What poll() is to wait for, see struct samr_sock. */
static void note_refused(struct samr_sock *ssk, const struct samr_submit *s,
			 int err)
{
	if (err == -EAGAIN) {
		WRITE_ONCE(ssk->refused_kind, s->kind);
		WRITE_ONCE(ssk->refused, s->len);
		sk_set_bit(SOCKWQ_ASYNC_NOSPACE, &ssk->sk);
		return;
	}
	if (READ_ONCE(ssk->refused_kind) != s->kind)
		return;
	/* Nobody waits with a piece that is not wanted. */
	if (READ_ONCE(ssk->refused) && (!err || s->kind == SAMR_KIND_STATE))
		WRITE_ONCE(ssk->refused, 0);
	if (s->kind == SAMR_KIND_STATE)
		WRITE_ONCE(ssk->refused_kind, SAMR_KIND_DATA);
}

/* The reply to a request: it is not ordered, and waits for nothing. */
static int send_reply(struct sock *sk, struct msghdr *msg, size_t len,
		      const struct samr_reply *r)
{
	struct samr_local *l = samr_sk_local(sk);
	struct sk_buff *skb = NULL;
	bool compared;
	u32 digest;
	int err;

	if (!l)
		return -ENOTCONN;
	if (samr_sk(sk)->door)
		return -EOPNOTSUPP;
	if (len) {
		skb = samr_payload_new(msg, len, sk->sk_allocation);
		if (IS_ERR(skb))
			return PTR_ERR(skb);
	}
	compared = samr_local_compared(l);
	if (compared)
		digest = samr_payload_digest(skb);
	err = samr_local_reply(l, r, samr_blob_of_skb(skb), len,
			       compared ? &digest : NULL);
	kfree_skb(skb);
	return err ?: len;
}

static int samr_sendmsg(struct socket *sock, struct msghdr *msg, size_t len)
{
	struct sock *sk = sock->sk;
	struct samr_sock *ssk = samr_sk(sk);
	struct attempt a = {
		.l	= samr_sk_local(sk),
		.msg	= msg,
		.len	= len,
	};
	struct samr_says says = {};
	int err;

	if (msg->msg_flags & MSG_OOB)
		return -EOPNOTSUPP;
	if (len > SAMR_MESSAGE_MAX)
		return -EMSGSIZE;
	err = samr_socket_control(msg, &says);
	if (err)
		return err;
	if (says.type == SAMR_REPLY)
		return send_reply(sk, msg, len, &says.reply);
	if (says.type == SAMR_CALL)
		return samr_socket_call(sk, msg, len, &says.call);
	if (says.type == SAMR_ALARM)
		return samr_socket_alarm(sk, msg, len, &says.alarm);
	if (!a.l)
		return -ENOTCONN;
	/* That is for clients. */
	if (says.how.flags & SAMR_SEND_QUERY)
		return -EINVAL;
	/* A door is for the state, and for nothing else. */
	if (ssk->door && !(says.how.flags & SAMR_SEND_STATE))
		return -EOPNOTSUPP;
	err = check_name(msg, a.l);
	if (err)
		return err;

	fill(&a.s, &says.how, READ_ONCE(ssk->safe));
	a.s.len = len;
	err = send_message(sk, &a);
	note_refused(ssk, &a.s, err);
	if (err == -EPIPE && !(msg->msg_flags & MSG_NOSIGNAL))
		send_sig(SIGPIPE, current, 0);
	return err ?: len;
}

/* ---- receiving ---- */

/* A query is for a member, which its port names; who sent it is nobody's concern. */
static u32 sender_of(const struct samr_msg *m)
{
	return m->meta.kind == SAMR_KIND_QUERY ? 0 : m->meta.port;
}

static void put_name(struct msghdr *msg, const struct samr_msg *m)
{
	struct sockaddr_samr *a = msg->msg_name;

	if (!a)
		return;
	memset(a, 0, sizeof(*a));
	a->family = AF_SAMR;
	a->service = m->meta.group;
	a->node = m->meta.origin;
	a->port = sender_of(m);
	msg->msg_namelen = sizeof(*a);
}

static u32 type_of(const struct samr_msg *m)
{
	switch (m->meta.kind) {
	case SAMR_KIND_DATA:
		return SAMR_TYPE_MESSAGE;
	case SAMR_KIND_REQUEST:
		return SAMR_TYPE_REQUEST;
	case SAMR_KIND_QUERY:
		return SAMR_TYPE_QUERY;
	case SAMR_KIND_SNAPSHOT:
		return SAMR_TYPE_SNAPSHOT;
	case SAMR_KIND_STATE:
		return SAMR_TYPE_INSTALL;
	case SAMR_KIND_DIGEST:
		return SAMR_TYPE_DIVERGED;
	case SAMR_KIND_RETURN:
		return m->result == SAMR_SES_REPLY ? SAMR_TYPE_RETURN :
						     SAMR_TYPE_CALL;
	case SAMR_KIND_CONNECT:
		return SAMR_TYPE_CALL;
	case SAMR_KIND_ALARM:
		return SAMR_TYPE_ALARM;
	default:
		return SAMR_TYPE_VIEW;
	}
}

static void put_delivery(const struct samr_view_member *self,
			 struct msghdr *msg, const struct samr_msg *m,
			 bool first, const struct samr_lock_note *note)
{
	struct samr_delivery d = {
		.type		= note ? SAMR_TYPE_LOCK : type_of(m),
		.gseq		= m->meta.gseq,
		.epoch		= m->epoch,
		.view		= m->view,
		.origin		= m->meta.origin,
		.incarnation	= m->meta.inc,
		.time		= m->meta.time,
		.random		= m->random,
		.service	= m->meta.group,
		.port		= sender_of(m),
		.uid		= m->meta.uid,
		.gid		= m->meta.gid,
		.session	= samr_payload_session(m),
	};

	if (note)
		d.request = note->arg;
	else if (m->meta.kind == SAMR_KIND_DATA ||
		 m->meta.kind == SAMR_KIND_REQUEST ||
		 m->meta.kind == SAMR_KIND_RETURN ||
		 m->meta.kind == SAMR_KIND_QUERY)
		d.request = m->meta.arg;
	else if (m->meta.kind == SAMR_KIND_ALARM)
		d.request = m->next;
	if (m->meta.kind == SAMR_KIND_STATE) {
		d.gseq = m->meta.arg;
		if (first)
			d.flags |= SAMR_DELIVERY_FIRST;
		if (m->meta.flags & SAMR_MSG_LAST)
			d.flags |= SAMR_DELIVERY_LAST;
	}
	if (m->meta.flags & SAMR_MSG_SAFE)
		d.flags |= SAMR_DELIVERY_SAFE;
	if (d.port == self->port && m->meta.origin == self->node &&
	    m->meta.inc == self->incarnation)
		d.flags |= SAMR_DELIVERY_OWN;
	put_cmsg(msg, SOL_SAMR, SAMR_DELIVERY, sizeof(d), &d);
}

/* SO_TIMESTAMP and SO_TIMESTAMPNS: group time, so that replicas agree. */
static void put_timestamp(const struct sock *sk, struct msghdr *msg, u64 time)
{
	bool new = sock_flag(sk, SOCK_TSTAMP_NEW);
	u64 sec = time;
	u32 nsec = do_div(sec, NSEC_PER_SEC);

	if (!sock_flag(sk, SOCK_RCVTSTAMP))
		return;
	if (sock_flag(sk, SOCK_RCVTSTAMPNS)) {
		struct __kernel_timespec ts = { sec, nsec };
		struct __kernel_old_timespec old = { sec, nsec };

		if (new)
			put_cmsg(msg, SOL_SOCKET, SO_TIMESTAMPNS_NEW,
				 sizeof(ts), &ts);
		else
			put_cmsg(msg, SOL_SOCKET, SO_TIMESTAMPNS_OLD,
				 sizeof(old), &old);
	} else {
		struct __kernel_sock_timeval tv = { sec, nsec / NSEC_PER_USEC };
		struct __kernel_old_timeval old = { sec, nsec / NSEC_PER_USEC };

		if (new)
			put_cmsg(msg, SOL_SOCKET, SO_TIMESTAMP_NEW,
				 sizeof(tv), &tv);
		else
			put_cmsg(msg, SOL_SOCKET, SO_TIMESTAMP_OLD,
				 sizeof(old), &old);
	}
}

static u32 length_of(const struct samr_msg *m, u32 type)
{
	return type == SAMR_TYPE_LOCK ? sizeof(struct samr_lock_event) :
	       type == SAMR_TYPE_VIEW ? samr_payload_view_len(m) :
	       type == SAMR_TYPE_SNAPSHOT ? samr_payload_snapshot_len(m) :
	       type == SAMR_TYPE_DIVERGED ? samr_payload_diverged_len(m) :
	       type == SAMR_TYPE_CALL ? sizeof(struct samr_call_event) :
	       type == SAMR_TYPE_ALARM ? sizeof(struct samr_alarm_event) :
	       samr_msg_bytes(m);
}

static int copy_bytes(const struct samr_msg *m, u32 type,
		      const struct samr_view_member *self, struct msghdr *msg,
		      u32 len)
{
	switch (type) {
	case SAMR_TYPE_VIEW:
		return samr_payload_copy_view(m, self, msg, len);
	case SAMR_TYPE_SNAPSHOT:
		return samr_payload_copy_snapshot(m, msg, len);
	case SAMR_TYPE_DIVERGED:
		return samr_payload_copy_diverged(m, msg, len);
	case SAMR_TYPE_CALL:
		return samr_payload_copy_call(m, msg, len);
	case SAMR_TYPE_ALARM:
		return samr_payload_copy_alarm(m, msg, len);
	default:
		return samr_payload_copy(m, msg, len);
	}
}

/*
 * Copy a message out. The caller holds the iolock, so that nobody else reads
 * between here and samr_local_pass(): what cannot be copied is not lost.
 */
static int copy_message(struct sock *sk, struct samr_local *l,
			const struct samr_msg *m, bool first,
			struct msghdr *msg, size_t size, int flags)
{
	const struct samr_lock_note *note = samr_local_note(l, m);
	struct samr_view_member self = { .port = l->port };
	u32 type = note ? SAMR_TYPE_LOCK : type_of(m);
	u32 len = length_of(m, type);
	u32 part = min_t(size_t, len, size);
	int err;

	self.node = samr_cluster_self(samr_sk(sk)->cluster, &self.incarnation);
	if (note)
		err = samr_payload_copy_note(note, msg, part);
	else
		err = copy_bytes(m, type, &self, msg, part);
	if (err)
		return err;
	if (!(flags & MSG_PEEK))
		samr_local_pass(l, m);
	put_name(msg, m);
	put_timestamp(sk, msg, m->meta.time);
	if (msg->msg_controllen)
		put_delivery(&self, msg, m, first, note);
	if (type != SAMR_TYPE_MESSAGE && type != SAMR_TYPE_REQUEST &&
	    type != SAMR_TYPE_RETURN && type != SAMR_TYPE_QUERY)
		msg->msg_flags |= MSG_NOTIFICATION;
	if (part < len)
		msg->msg_flags |= MSG_TRUNC;
	return flags & MSG_TRUNC ? len : part;
}

/* Read one message, if there is one: -EAGAIN if not, 0 at the end. */
static int take_message(struct sock *sk, struct msghdr *msg, size_t size,
			int flags)
{
	struct samr_local *l = samr_sk_local(sk);
	struct samr_msg *m;
	bool first;
	int ret;

	if (!l)
		return -ENOTCONN;
	m = samr_local_peek(l, &first);
	if (m == ERR_PTR(-EAGAIN) && samr_sk(sk)->door)
		samr_door_back(samr_sk(sk)->door);
	if (IS_ERR_OR_NULL(m))
		return PTR_ERR_OR_ZERO(m);
	ret = copy_message(sk, l, m, first, msg, size, flags);
	samr_msg_put(m);
	return ret;
}

static bool is_idle(const struct sock *sk)
{
	return samr_local_idle(samr_sk_local(sk));
}

static const struct samr_socket_reader reader = {
	.take	= take_message,
	.idle	= is_idle,
};

static int samr_recvmsg(struct socket *sock, struct msghdr *msg, size_t size,
			int flags)
{
	return samr_socket_recv(sock, msg, size, flags, &reader);
}

/* ---- the rest ---- */

static __poll_t samr_poll(struct file *file, struct socket *sock,
			  struct poll_table_struct *wait)
{
	struct sock *sk = sock->sk;
	struct samr_sock *ssk = samr_sk(sk);
	struct samr_local *l = samr_sk_local(sk);
	const __poll_t out = EPOLLOUT | EPOLLWRNORM;
	__poll_t mask = 0;
	u8 shut;

	/* What is looked at before this may change unnoticed. */
	sock_poll_wait(file, sock, wait);
	if (READ_ONCE(sk->sk_err))
		mask |= EPOLLERR;
	if (!l)
		return mask | EPOLLHUP | out;
	if (samr_local_err(l))
		return EPOLLERR | EPOLLHUP | EPOLLIN | EPOLLRDNORM | out;
	mask |= samr_local_poll(l);
	shut = READ_ONCE(sk->sk_shutdown);
	if (shut & RCV_SHUTDOWN)
		mask |= EPOLLRDHUP | EPOLLIN | EPOLLRDNORM;
	if (shut == SHUTDOWN_MASK)
		mask |= EPOLLHUP;
	if (!READ_ONCE(ssk->call_refused) &&
	    samr_local_writable(l, READ_ONCE(ssk->refused_kind),
				READ_ONCE(ssk->refused),
				READ_ONCE(sk->sk_sndbuf)))
		mask |= out;
	else
		sk_set_bit(SOCKWQ_ASYNC_NOSPACE, sk);
	return mask;
}

static int samr_shutdown(struct socket *sock, int how)
{
	struct sock *sk = sock->sk;
	struct samr_local *l = samr_sk_local(sk);
	struct samr_local_info info;
	int err = 0;

	if (how < SHUT_RD || how > SHUT_RDWR)
		return -EINVAL;
	if (!l)
		return -ENOTCONN;
	err = samr_local_err(l);
	if (err)
		return err;
	/* Others would wait for ever for a state that it is asked for. */
	if (how == SHUT_RD && samr_local_stateful(l))
		return -EOPNOTSUPP;
	lock_sock(sk);
	samr_local_info(l, &info);
	if (info.state == SAMR_MEMBER_BOUND) {
		err = -ENOTCONN;
		goto out;
	}
	if (how != SHUT_WR) {
		WRITE_ONCE(sk->sk_shutdown, sk->sk_shutdown | RCV_SHUTDOWN);
		samr_local_mute(l);
	}
	if (how != SHUT_RD) {
		WRITE_ONCE(sk->sk_shutdown, sk->sk_shutdown | SEND_SHUTDOWN);
		err = samr_local_leave(l);
		if (err == -EALREADY)
			err = 0;
	}
	sk->sk_state_change(sk);
out:
	release_sock(sk);
	return err;
}

static void samr_destruct(struct sock *sk)
{
	struct samr_sock *ssk = samr_sk(sk);

	samr_local_put(ssk->local);
	samr_client_put(ssk->client);
	samr_connection_put(ssk->connection);
	samr_listener_put(ssk->listener);
	samr_listener_put(ssk->door);
	if (ssk->cluster)
		samr_cluster_put(ssk->cluster);
}

int samr_socket_release(struct socket *sock)
{
	struct sock *sk = sock->sk;

	if (!sk)
		return 0;
	spin_lock_bh(&sockets_lock);
	hlist_del_init(&samr_sk(sk)->node);
	spin_unlock_bh(&sockets_lock);
	sock_prot_inuse_add(sock_net(sk), sk->sk_prot, -1);
	lock_sock(sk);
	if (samr_sk(sk)->door)
		samr_door_close(samr_sk(sk)->door);
	else if (samr_sk(sk)->local)
		samr_local_close(samr_sk(sk)->local);
	if (sk->sk_type == SOCK_STREAM)
		samr_stream_close(sk);
	else if (samr_sk(sk)->client)
		samr_client_close(samr_sk(sk)->client);
	sock_orphan(sk);
	sock->sk = NULL;
	release_sock(sk);
	sock_put(sk);
	return 0;
}

static const struct proto_ops samr_ops = {
	.family		= PF_SAMR,
	.owner		= THIS_MODULE,
	.release	= samr_socket_release,
	.bind		= samr_bind,
	.connect	= samr_socket_connect,
	.socketpair	= sock_no_socketpair,
	.accept		= sock_no_accept,
	.getname	= samr_getname,
	.poll		= samr_poll,
	.ioctl		= samr_socket_ioctl,
#ifdef CONFIG_COMPAT
	.compat_ioctl	= samr_socket_compat_ioctl,
#endif
	.listen		= sock_no_listen,
	.shutdown	= samr_shutdown,
	.setsockopt	= samr_sockopt_set,
	.getsockopt	= samr_sockopt_get,
	.sendmsg	= samr_sendmsg,
	.recvmsg	= samr_recvmsg,
	.mmap		= sock_no_mmap,
};

static struct proto samr_proto = {
	.name		= "SAMR",
	.owner		= THIS_MODULE,
	.obj_size	= sizeof(struct samr_sock),
};

int samr_socket_new(struct net *net, struct socket *sock, int kern)
{
	struct samr_sock *ssk;
	struct sock *sk;

	sk = sk_alloc(net, PF_SAMR, GFP_KERNEL, &samr_proto, kern);
	if (!sk)
		return -ENOMEM;
	sock_init_data(sock, sk);
	sk->sk_sndbuf = sock->type == SOCK_STREAM ? SAMR_STREAM_SNDBUF :
						     SAMR_SNDBUF;
	sk->sk_rcvbuf = SAMR_RCVBUF;
	sk->sk_destruct = samr_destruct;
	ssk = samr_sk(sk);
	ssk->cluster = NULL;
	ssk->local = NULL;
	ssk->client = NULL;
	ssk->listener = NULL;
	ssk->door = NULL;
	ssk->connection = NULL;
	ssk->side = NULL;
	ssk->opts = (struct samr_session_opts){
		.reply_max	= SAMR_CLIENT_REPLY_MAX,
		.expiry		= SAMR_CLIENT_EXPIRY_MS,
	};
	mutex_init(&ssk->iolock);
	ssk->notify = 0;
	ssk->safe = false;
	ssk->refused = 0;
	ssk->refused_kind = SAMR_KIND_DATA;
	ssk->call_refused = false;
	spin_lock_bh(&sockets_lock);
	hlist_add_head(&ssk->node, &sockets);
	spin_unlock_bh(&sockets_lock);
	sock_prot_inuse_add(net, &samr_proto, 1);
	return 0;
}

static int samr_create(struct net *net, struct socket *sock, int protocol,
		       int kern)
{
	switch (sock->type) {
	case SOCK_SEQPACKET:
		sock->ops = &samr_ops;
		break;
	case SOCK_STREAM:
		sock->ops = &samr_stream_ops;
		break;
	default:
		return -ESOCKTNOSUPPORT;
	}
	return protocol ? -EPROTONOSUPPORT : samr_socket_new(net, sock, kern);
}

static const struct net_proto_family samr_family = {
	.family	= PF_SAMR,
	.create	= samr_create,
	.owner	= THIS_MODULE,
};

int samr_socket_init(void)
{
	int err = proto_register(&samr_proto, 1);

	if (err)
		return err;
	err = sock_register(&samr_family);
	if (err) {
		pr_err("samr: address family %d is taken by another module (error %d): unload that, or build with another AF_SAMR\n",
		       AF_SAMR, err);
		proto_unregister(&samr_proto);
	}
	return err;
}

void samr_socket_exit(void)
{
	sock_unregister(PF_SAMR);
	proto_unregister(&samr_proto);
}
