// SPDX-License-Identifier: GPL-2.0
/* Socket options of level SOL_SAMR. */
#include <linux/file.h>
#include "socket.h"

/*
 * The structure may grow: a caller gets the part that he knows, which has at
 * least what the first version had.
 */
#define INFO_MIN	offsetofend(struct samr_info, unsettled)

/* Notifications that a socket can ask for. */
#define NOTIFY_MASK	((1U << SAMR_TYPE_VIEW) |		\
			 (1U << SAMR_TYPE_DIVERGED) |		\
			 (1U << SAMR_TYPE_UNKNOWN) |		\
			 (1U << SAMR_TYPE_UNDONE))

static int set_join(struct sock *sk, sockptr_t val, unsigned int len)
{
	struct samr_local *l = samr_sk(sk)->local;
	struct samr_join j;

	if (len < sizeof(j))
		return -EINVAL;
	if (copy_from_sockptr(&j, val, sizeof(j)))
		return -EFAULT;
	if ((j.flags & ~SAMR_JOIN_STATE) || j.reserved)
		return -EINVAL;
	if (!l)
		return -ENOTCONN;
	return samr_local_join(l, sk->sk_rcvbuf, j.flags & SAMR_JOIN_STATE);
}

static int set_leave(struct sock *sk)
{
	struct samr_local *l = samr_sk(sk)->local;

	return l ? samr_local_leave(l) : -ENOTCONN;
}

static int set_notify(struct samr_sock *ssk, u32 mask)
{
	if (mask & ~NOTIFY_MASK)
		return -EINVAL;
	if (ssk->door)
		return -EOPNOTSUPP;
	WRITE_ONCE(ssk->notify, mask);
	if (ssk->local)
		samr_local_notify(ssk->local, mask);
	return 0;
}

static int set_safe(struct samr_sock *ssk, u32 safe)
{
	if (safe > 1)
		return -EINVAL;
	WRITE_ONCE(ssk->safe, safe);
	return 0;
}

static int set_session(struct samr_sock *ssk, sockptr_t val, unsigned int len)
{
	struct samr_session_opts o;

	if (len < sizeof(o))
		return -EINVAL;
	if (copy_from_sockptr(&o, val, sizeof(o)))
		return -EFAULT;
	if ((o.flags & ~(SAMR_SESSION_ANY_ORDER | SAMR_SESSION_EARLY)) ||
	    o.reserved || !o.expiry || o.expiry > SAMR_EXPIRY_MAX ||
	    o.reply_max > SAMR_REPLY_LEN_MAX)
		return -EINVAL;
	if (ssk->client || ssk->local)
		return -EISCONN;
	ssk->opts = o;
	return 0;
}

static int set_lock_step(struct samr_sock *ssk, u32 v)
{
	if (v > 1)
		return -EINVAL;
	if (!ssk->listener)
		return ssk->sk.sk_type == SOCK_STREAM ? -ENOTCONN : -EOPNOTSUPP;
	samr_turn_set(ssk->listener, v);
	return 0;
}

/* Return: the listener of a socket that was bound for streams, or ERR_PTR(). */
static struct samr_listener *listener_of(struct socket *sock)
{
	if (sock->ops != &samr_stream_ops)
		return ERR_PTR(-EINVAL);
	return samr_sk_listener(sock->sk) ?: ERR_PTR(-ENOTCONN);
}

/* @sk, which is nothing yet, becomes the door of a listener of the same cluster. */
static int become_door(struct sock *sk, struct samr_listener *ls,
		       const struct samr_cluster *of)
{
	struct samr_cluster *c = samr_cluster_get(sock_net(sk));
	struct samr_sock *ssk = samr_sk(sk);
	int err = -ENETDOWN;

	if (c && c == of)
		err = samr_door_open(ls, &samr_socket_told, sk);
	if (err) {
		if (c)
			samr_cluster_put(c);
		return err;
	}
	ssk->cluster = c;
	refcount_inc(&ls->ref);
	ssk->door = ls;
	refcount_inc(&ls->local->ref);
	smp_store_release(&ssk->local, ls->local);
	return 0;
}

static int set_state_of(struct sock *sk, sockptr_t val, unsigned int len)
{
	struct samr_sock *ssk = samr_sk(sk);
	struct samr_listener *ls;
	struct socket *of;
	int fd, err;

	if (len < sizeof(fd))
		return -EINVAL;
	if (copy_from_sockptr(&fd, val, sizeof(fd)))
		return -EFAULT;
	if (sk->sk_type != SOCK_SEQPACKET)
		return -EOPNOTSUPP;
	if (ssk->local || ssk->client)
		return -EISCONN;
	of = sockfd_lookup(fd, &err);
	if (!of)
		return err;
	ls = listener_of(of);
	err = IS_ERR(ls) ? PTR_ERR(ls) :
			   become_door(sk, ls, samr_sk(of->sk)->cluster);
	sockfd_put(of);
	return err;
}

static int set_streams(struct samr_sock *ssk, u32 policy)
{
	return ssk->door ? samr_door_policy(ssk->door, policy) : -EOPNOTSUPP;
}

static int set_u32(struct samr_sock *ssk, int name, sockptr_t val,
		   unsigned int len)
{
	u32 v;

	if (len < sizeof(v))
		return -EINVAL;
	if (copy_from_sockptr(&v, val, sizeof(v)))
		return -EFAULT;
	switch (name) {
	case SAMR_NOTIFY:
		return set_notify(ssk, v);
	case SAMR_SAFE:
		return set_safe(ssk, v);
	case SAMR_STREAMS:
		return set_streams(ssk, v);
	default:
		return set_lock_step(ssk, v);
	}
}

int samr_sockopt_set(struct socket *sock, int level, int name, sockptr_t val,
		     unsigned int len)
{
	struct sock *sk = sock->sk;
	int err;

	if (level != SOL_SAMR)
		return -ENOPROTOOPT;
	lock_sock(sk);
	switch (name) {
	case SAMR_JOIN:
		err = set_join(sk, val, len);
		break;
	case SAMR_LEAVE:
		err = set_leave(sk);
		break;
	case SAMR_SESSION:
		err = set_session(samr_sk(sk), val, len);
		break;
	case SAMR_STATE_OF:
		err = set_state_of(sk, val, len);
		break;
	case SAMR_NOTIFY:
	case SAMR_SAFE:
	case SAMR_LOCK_STEP:
	case SAMR_STREAMS:
		err = set_u32(samr_sk(sk), name, val, len);
		break;
	default:
		err = -ENOPROTOOPT;
		break;
	}
	release_sock(sk);
	return err;
}

static int get_info(struct sock *sk, struct samr_info *info)
{
	struct samr_local_info li;
	struct samr_view_info view;
	int err;

	memset(info, 0, sizeof(*info));
	info->state = SAMR_MEMBER_NEW;
	if (!samr_socket_info(sk, &li))
		return 0;
	err = samr_socket_err(sk);
	if (err)
		return err;
	samr_cluster_view(samr_sk(sk)->cluster, &view);
	info->epoch = view.epoch;
	info->node = samr_cluster_self(samr_sk(sk)->cluster,
				       &info->incarnation);
	info->view = li.view;
	info->gseq = li.gseq;
	info->time = li.time;
	info->members = li.members;
	info->state = li.state;
	info->queued = min_t(u64, li.queued, U32_MAX);
	info->unsettled = min_t(u64, li.unsettled, U32_MAX);
	return 0;
}

/* @value of @size bytes, truncated to what the caller has room for. */
static int give(char __user *val, int __user *len, int room,
		const void *value, int size)
{
	room = min(room, size);
	if (put_user(room, len) || copy_to_user(val, value, room))
		return -EFAULT;
	return 0;
}

static u32 get_u32(const struct sock *sk, int name)
{
	const struct samr_listener *ls = samr_sk_listener(sk);
	const struct samr_sock *ssk = samr_sk(sk);

	switch (name) {
	case SAMR_NOTIFY:
		return READ_ONCE(ssk->notify);
	case SAMR_SAFE:
		return READ_ONCE(ssk->safe);
	default:
		return ls && READ_ONCE(ls->turn.on);
	}
}

int samr_sockopt_get(struct socket *sock, int level, int name,
		     char __user *val, int __user *len)
{
	struct samr_sock *ssk = samr_sk(sock->sk);
	struct samr_session_opts opts;
	struct samr_info info;
	int room, err;
	u64 stream;
	u32 v;

	if (level != SOL_SAMR)
		return -ENOPROTOOPT;
	if (get_user(room, len))
		return -EFAULT;
	switch (name) {
	case SAMR_NOTIFY:
	case SAMR_SAFE:
	case SAMR_LOCK_STEP:
		if (room < (int)sizeof(v))
			return -EINVAL;
		v = get_u32(sock->sk, name);
		return give(val, len, room, &v, sizeof(v));
	case SAMR_SESSION:
		if (room < (int)sizeof(opts))
			return -EINVAL;
		/* Nothing inside of a socket may be copied to user space as it is. */
		lock_sock(sock->sk);
		opts = ssk->opts;
		release_sock(sock->sk);
		return give(val, len, room, &opts, sizeof(opts));
	case SAMR_STREAM_NAME:
		if (room < (int)sizeof(stream))
			return -EINVAL;
		if (!samr_sk_side(sock->sk) || !ssk->connection)
			return -EOPNOTSUPP;
		stream = ssk->connection->name;
		return give(val, len, room, &stream, sizeof(stream));
	case SAMR_INFO:
		if (room < (int)INFO_MIN)
			return -EINVAL;
		err = get_info(sock->sk, &info);
		return err ?: give(val, len, room, &info, sizeof(info));
	default:
		return -ENOPROTOOPT;
	}
}
