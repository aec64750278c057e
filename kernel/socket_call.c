// SPDX-License-Identifier: GPL-2.0
/*
 * What control messages say to sendmsg(), and those by which a member asks for something as
 * all members of its group do (local_call.c): another service, or an alarm.
 */
#include <linux/skbuff.h>
#include <net/sock.h>
#include "payload.h"
#include "socket.h"

static_assert(SAMR_REQUEST_LEN_MAX + sizeof(struct samr_request_payload) ==
	      SAMR_LEN_MAX);
static_assert(SAMR_REPLY_LEN_MAX == SAMR_REPLY_MAX);
static_assert(SAMR_ALARM_NUMBERS == SAMR_ALARM_ASKS);

/* Do they make sense together, for a message of @len bytes? */
static bool flags_right(u32 flags, size_t len)
{
	switch (flags & ~SAMR_SEND_STATE) {
	case 0:
		return true;
	case SAMR_SEND_SAFE:
	case SAMR_SEND_LOCK:
	case SAMR_SEND_UNLOCK:
	case SAMR_SEND_SAFE | SAMR_SEND_LOCK:
	case SAMR_SEND_SAFE | SAMR_SEND_UNLOCK:
	case SAMR_SEND_QUERY:
	case SAMR_SEND_QUERY | SAMR_SEND_LINEAR:
		return !(flags & SAMR_SEND_STATE);
	case SAMR_SEND_LAST:
		return flags & SAMR_SEND_STATE;
	case SAMR_SEND_FAILED:
		return (flags & SAMR_SEND_STATE) && !len;
	default:
		return false;
	}
}

static int take(struct cmsghdr *c, void *to, size_t size)
{
	if (c->cmsg_len != CMSG_LEN(size))
		return -EINVAL;
	memcpy(to, CMSG_DATA(c), size);
	return 0;
}

static int take_one(struct cmsghdr *c, struct samr_says *says)
{
	switch (c->cmsg_type) {
	case SAMR_SEND:
		return take(c, &says->how, sizeof(says->how)) ?:
		       says->how.reserved ? -EINVAL : 0;
	case SAMR_REPLY:
		return take(c, &says->reply, sizeof(says->reply)) ?:
		       says->reply.flags || says->reply.reserved ? -EINVAL : 0;
	case SAMR_CALL:
		return take(c, &says->call, sizeof(says->call)) ?:
		       says->call.reserved ? -EINVAL : 0;
	case SAMR_ALARM:
		return take(c, &says->alarm, sizeof(says->alarm)) ?:
		       says->alarm.reserved ? -EINVAL : 0;
	default:
		return -EINVAL;
	}
}

int samr_socket_control(struct msghdr *msg, struct samr_says *says)
{
	u32 kinds = 0;
	struct cmsghdr *c;
	int err;

	for_each_cmsghdr(c, msg) {
		if (!CMSG_OK(msg, c))
			return -EINVAL;
		if (c->cmsg_level != SOL_SAMR)
			continue;
		err = take_one(c, says);
		if (err)
			return err;
		says->type = c->cmsg_type;
		kinds |= 1U << c->cmsg_type;
	}
	if (hweight32(kinds) > 1)
		return -EINVAL;
	return flags_right(says->how.flags, msg_data_left(msg)) ? 0 : -EINVAL;
}

/* ---- what a group wants ---- */

static int look_asked(struct sock *sk, void *arg)
{
	struct samr_sock *ssk = samr_sk(sk);
	struct samr_event *ev = arg;
	int err = sock_error(sk);

	if (err)
		return err;
	if (READ_ONCE(sk->sk_shutdown) & SEND_SHUTDOWN)
		return -EPIPE;
	/* Set before: whoever says that there is room clears it. */
	WRITE_ONCE(ssk->call_refused, true);
	err = ev->type == SAMR_EV_ALARM ?
		      samr_local_alarm(samr_sk_local(sk), ev) :
		      samr_local_call(samr_sk_local(sk), sock_net(sk), ev);
	if (err != -EAGAIN)
		WRITE_ONCE(ssk->call_refused, false);
	else
		sk_set_bit(SOCKWQ_ASYNC_NOSPACE, sk);
	return err;
}

static int ask(struct sock *sk, const struct msghdr *msg, struct samr_event *ev)
{
	long timeo = sock_sndtimeo(sk, msg->msg_flags & MSG_DONTWAIT);
	int err = look_asked(sk, ev);

	if (err == -EAGAIN && timeo)
		err = samr_socket_wait(sk, &timeo, look_asked, ev);
	if (err == -EPIPE && !(msg->msg_flags & MSG_NOSIGNAL))
		send_sig(SIGPIPE, current, 0);
	return err;
}

static int send_call(struct sock *sk, struct msghdr *msg, struct samr_event *ev)
{
	size_t before = msg_data_left(msg);
	struct sk_buff *skb = NULL;
	int err;

	if (ev->call.len) {
		skb = samr_payload_new(msg, ev->call.len, sk->sk_allocation);
		if (IS_ERR(skb))
			return PTR_ERR(skb);
		ev->call.payload = samr_blob_of_skb(skb);
	}
	err = ask(sk, msg, ev);
	kfree_skb(skb);
	if (err)
		iov_iter_revert(&msg->msg_iter, before - msg_data_left(msg));
	return err;
}

static u8 op_of(u32 op)
{
	return op == SAMR_GROUP_OPEN ? SAMR_CALL_OPEN :
	       op == SAMR_GROUP_CLOSE ? SAMR_CALL_CLOSE : SAMR_CALL_REQUEST;
}

int samr_socket_call(struct sock *sk, struct msghdr *msg, size_t len,
		     const struct samr_group_call *call)
{
	struct samr_event ev = {
		.type = SAMR_EV_CALL,
		.call = {
			.service   = call->service,
			.uid	   = from_kuid_munged(&init_user_ns,
						      current_euid()),
			.gid	   = from_kgid_munged(&init_user_ns,
						      current_egid()),
			.reply_max = call->reply_max,
			.len	   = len,
			.op	   = op_of(call->op),
			.session   = call->session,
			.number	   = call->request,
		},
	};
	int err;

	if (!samr_sk_local(sk))
		return -ENOTCONN;
	if (samr_sk(sk)->door)
		return -EOPNOTSUPP;
	if (call->op > SAMR_GROUP_CLOSE ||
	    (len && call->op != SAMR_GROUP_REQUEST) || !call->service)
		return -EINVAL;
	if (len > SAMR_REQUEST_LEN_MAX)
		return -EMSGSIZE;
	if (msg->msg_name)
		return -EISCONN;
	err = send_call(sk, msg, &ev);
	return err ?: len;
}

int samr_socket_alarm(struct sock *sk, struct msghdr *msg, size_t len,
		      const struct samr_group_alarm *alarm)
{
	struct samr_event ev = {
		.type = SAMR_EV_ALARM,
		.alarm = {
			.op	= alarm->op == SAMR_GROUP_SET ?
					  SAMR_ALARM_SET : SAMR_ALARM_CANCEL,
			.number = alarm->number,
			.due	= alarm->due,
			.which	= alarm->which,
		},
	};

	if (!samr_sk_local(sk))
		return -ENOTCONN;
	if (samr_sk(sk)->door)
		return -EOPNOTSUPP;
	if (alarm->op > SAMR_GROUP_CANCEL || len)
		return -EINVAL;
	if (msg->msg_name)
		return -EISCONN;
	return ask(sk, msg, &ev);
}
