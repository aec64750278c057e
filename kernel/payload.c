// SPDX-License-Identifier: GPL-2.0
/* Bytes of messages, see payload.h. */
#include <linux/crc32c.h>
#include <linux/err.h>
#include <linux/skbuff.h>
#include <linux/socket.h>
#include <linux/uio.h>
#include "cluster.h"
#include "log.h"
#include "payload.h"

/* Linear up to here; more goes into pages. */
#define LINEAR_MAX	SKB_WITH_OVERHEAD(4096)

/* Pages of one sk_buff in a chain: 6.1 takes no more than MAX_SKB_FRAGS. */
#define CHUNK		(16 * PAGE_SIZE)
#define CHUNK_ORDER	3

/* One sk_buff of @len bytes, not filled. */
static struct sk_buff *chunk_new(u32 len, gfp_t gfp)
{
	u32 linear = len <= LINEAR_MAX ? len : 0;
	struct sk_buff *skb;
	int err;

	skb = alloc_skb_with_frags(linear, len - linear, CHUNK_ORDER, &err, gfp);
	if (!skb)
		return NULL;
	skb_put(skb, linear);
	skb->data_len = len - linear;
	skb->len = len;
	return skb;
}

static struct sk_buff *chain_new(u32 len, gfp_t gfp)
{
	struct sk_buff *skb, *next, **tail;
	u32 part = min_t(u32, len, CHUNK);

	skb = chunk_new(part, gfp);
	if (!skb)
		return NULL;
	tail = &skb_shinfo(skb)->frag_list;
	for (len -= part; len; len -= part) {
		part = min_t(u32, len, CHUNK);
		next = chunk_new(part, gfp);
		if (!next) {
			kfree_skb(skb);
			return NULL;
		}
		*tail = next;
		tail = &next->next;
		skb->len += part;
		skb->data_len += part;
		skb->truesize += next->truesize;
	}
	return skb;
}

struct sk_buff *samr_payload_new(struct msghdr *msg, u32 len, gfp_t gfp)
{
	struct sk_buff *skb = chain_new(len, gfp);

	if (!skb)
		return ERR_PTR(-ENOMEM);
	if (skb_copy_datagram_from_iter(skb, 0, &msg->msg_iter, len)) {
		kfree_skb(skb);
		return ERR_PTR(-EFAULT);
	}
	return skb;
}

struct sk_buff *samr_payload_request(struct msghdr *msg, u32 len, gfp_t gfp)
{
	static const struct samr_request_payload head;
	struct sk_buff *skb = chain_new(sizeof(head) + len, gfp);

	if (!skb)
		return ERR_PTR(-ENOMEM);
	if (skb_store_bits(skb, 0, &head, sizeof(head)) ||
	    skb_copy_datagram_from_iter(skb, sizeof(head), &msg->msg_iter,
					len)) {
		kfree_skb(skb);
		return ERR_PTR(-EFAULT);
	}
	return skb;
}

int samr_payload_copy(const struct samr_msg *m, struct msghdr *msg, u32 len)
{
	return samr_payload_copy_at(m, 0, msg, len);
}

int samr_payload_copy_at(const struct samr_msg *m, u32 off, struct msghdr *msg,
			 u32 len)
{
	const struct samr_piece *p = m->npieces > 1 ? m->pieces : &m->one;
	u32 done, part, skip = samr_msg_head(m) + off;
	struct sk_buff *skb;
	int err;

	for (done = 0; done < len; p++) {
		skb = samr_blob_skb(p->blob);
		if (skip >= skb->len) {
			skip -= skb->len;
			continue;
		}
		part = min_t(u32, skb->len - skip, len - done);
		err = skb_copy_datagram_msg(skb, skip, msg, part);
		if (err)
			return err;
		skip = 0;
		done += part;
	}
	return 0;
}

u32 samr_payload_view_len(const struct samr_msg *m)
{
	return sizeof(struct samr_view) +
	       m->members->count * sizeof(struct samr_view_member);
}

static bool same(const struct samr_member_id *m,
		 const struct samr_view_member *self)
{
	return m->node == self->node && m->port == self->port &&
	       m->inc == self->incarnation;
}

/* A list of members, as far as @len bytes of it; @self: who is to be marked. */
static int copy_members(const struct samr_member_id *m,
			const struct samr_view_member *self,
			struct msghdr *msg, u32 len)
{
	struct samr_view_member one = {};
	u32 part;

	for (; len; len -= part, m++) {
		one.node = m->node;
		one.incarnation = m->inc;
		one.port = m->port;
		one.flags = self && same(m, self) ? SAMR_MEMBER_SELF : 0;
		part = min_t(u32, len, sizeof(one));
		if (copy_to_iter(&one, part, &msg->msg_iter) != part)
			return -EFAULT;
	}
	return 0;
}

int samr_payload_copy_view(const struct samr_msg *m,
			   const struct samr_view_member *self,
			   struct msghdr *msg, u32 len)
{
	const struct samr_members *all = m->members;
	struct samr_view v = { .id = all->id, .count = all->count };
	u32 part = min_t(u32, len, sizeof(v));

	if (copy_to_iter(&v, part, &msg->msg_iter) != part)
		return -EFAULT;
	return copy_members(all->m, self, msg, len - part);
}

u32 samr_payload_snapshot_len(const struct samr_msg *m)
{
	return sizeof(struct samr_snapshot) +
	       m->transfer->count * sizeof(struct samr_view_member);
}

int samr_payload_copy_snapshot(const struct samr_msg *m, struct msghdr *msg,
			       u32 len)
{
	const struct samr_transfer *t = m->transfer;
	struct samr_snapshot s = { .id = t->id, .count = t->count };
	u32 part = min_t(u32, len, sizeof(s));

	if (copy_to_iter(&s, part, &msg->msg_iter) != part)
		return -EFAULT;
	return copy_members(t->to, NULL, msg, len - part);
}

static_assert((int)SAMR_LOCK_GRANTED == (int)SAMR_LK_GRANTED);
static_assert((int)SAMR_LOCK_FULL == (int)SAMR_LK_FULL);
static_assert(SAMR_LOCK_NAME_MAX == SAMR_LOCK_NAME_LEN);
static_assert(SAMR_LOCK_VALUE_MAX == SAMR_LOCK_VALUE_LEN);
static_assert(SAMR_LOCK_TRY == SAMR_LKF_TRY);
static_assert(SAMR_LOCK_NEXT == SAMR_LKF_NEXT);
static_assert(SAMR_LOCK_KEEP == SAMR_LKF_KEEP);
static_assert(SAMR_LOCK_VALUE == SAMR_LKF_VALUE);
static_assert(SAMR_LOCK_CANCEL == SAMR_LKF_CANCEL);
static_assert(sizeof(struct samr_lock_request) ==
	      sizeof(struct samr_lock_payload));
static_assert(sizeof(struct samr_lock_event) == 152);

int samr_payload_copy_note(const struct samr_lock_note *note, struct msghdr *msg,
			   u32 len)
{
	struct samr_lock_event e = {
		.result			= note->result,
		.flags			= note->dead ? SAMR_LOCK_OWNERDEAD : 0,
		.owner_node		= note->owner_node,
		.owner_incarnation	= note->owner_inc,
		.owner_port		= note->owner_port,
		.waiting		= note->waiting,
		.name_len		= note->name_len,
		.value_len		= note->value_len,
	};

	/* What is behind their ends is zero in @note, too. */
	memcpy(e.name, note->name, sizeof(note->name));
	memcpy(e.value, note->value, sizeof(e.value));
	return copy_to_iter(&e, len, &msg->msg_iter) == len ? 0 : -EFAULT;
}

static u32 call_result(u8 result)
{
	switch (result) {
	case SAMR_SES_OPENED:
		return SAMR_CALL_OPENED;
	case SAMR_SES_GONE:
		return SAMR_CALL_GONE;
	case SAMR_SES_FULL:
		return SAMR_CALL_FULL;
	case SAMR_SES_DONE:
		return SAMR_CALL_CLOSED;
	case SAMR_SES_UNKNOWN:
		return SAMR_CALL_UNKNOWN;
	default:
		return SAMR_CALL_ENDED;
	}
}

u64 samr_payload_session(const struct samr_msg *m)
{
	/* The core remembers by that name that there is none. */
	return m->meta.kind == SAMR_KIND_CONNECT && m->result == SAMR_SES_GONE ?
	       0 : m->session;
}

int samr_payload_copy_call(const struct samr_msg *m, struct msghdr *msg, u32 len)
{
	struct samr_call_event e = {
		.result	 = call_result(m->result),
		.session = samr_payload_session(m),
	};
	struct samr_session_payload connect = {};
	struct samr_return_payload end = {};

	/* The core has read it before. */
	if (m->meta.kind == SAMR_KIND_CONNECT) {
		samr_msg_read(m, (u8 *)&connect, sizeof(connect));
		e.service = be32_to_cpu(connect.other);
		e.request = be64_to_cpu(connect.id);
	} else {
		samr_msg_read(m, (u8 *)&end, sizeof(end));
		e.service = be32_to_cpu(end.service);
		e.request = m->meta.arg;
	}
	return copy_to_iter(&e, len, &msg->msg_iter) == len ? 0 : -EFAULT;
}

static u32 alarm_result(u32 result)
{
	return result == SAMR_AL_RUNG ? SAMR_ALARM_RUNG :
	       result == SAMR_AL_CANCELLED ? SAMR_ALARM_CANCELLED :
					     SAMR_ALARM_FULL;
}

int samr_payload_copy_alarm(const struct samr_msg *m, struct msghdr *msg,
			    u32 len)
{
	const struct samr_alarm_event e = {
		.result	= alarm_result(m->result),
		.number	= m->next,
	};

	return copy_to_iter(&e, len, &msg->msg_iter) == len ? 0 : -EFAULT;
}

u32 samr_payload_digest(struct sk_buff *skb)
{
	struct skb_seq_state st;
	unsigned int at = 0, n;
	const u8 *bytes;
	u32 crc = ~0;

	if (!skb)
		return ~crc;
	skb_prepare_seq_read(skb, 0, skb->len, &st);
	while ((n = skb_seq_read(at, &bytes, &st))) {
		crc = crc32c(crc, bytes, n);
		at += n;
	}
	return ~crc;
}

static_assert((int)SAMR_DIVERGED_OPEN == (int)SAMR_DIV_OPEN);
static_assert((int)SAMR_DIVERGED_TIE == (int)SAMR_DIV_TIE);
static_assert((int)SAMR_DIVERGED_MINORITY == (int)SAMR_DIV_MINORITY);
static_assert(SAMR_DIVERGED_SAYS == SAMR_DIV_VALUES);
static_assert(sizeof(struct samr_diverged) == 96);

u32 samr_payload_diverged_len(const struct samr_msg *m)
{
	return m->diverged->count * sizeof(struct samr_diverged);
}

static struct samr_diverged diverged_of(const struct samr_divergence *d)
{
	struct samr_diverged e = {
		.result	 = d->div,
		.gseq	 = d->place,
		.session = d->session,
		.request = d->number,
		.wrong	 = d->wrong,
		.odd	 = d->odd,
	};
	u32 i;

	for (i = 0; i < SAMR_DIVERGED_SAYS; i++) {
		if (!d->heads[i])
			continue;
		e.says[i].heads = d->heads[i];
		e.says[i].digest = d->value[i];
	}
	return e;
}

int samr_payload_copy_diverged(const struct samr_msg *m, struct msghdr *msg,
			       u32 len)
{
	const struct samr_divergence *d = m->diverged->d;
	struct samr_diverged e;
	u32 part;

	for (; len; len -= part, d++) {
		e = diverged_of(d);
		part = min_t(u32, len, sizeof(e));
		if (copy_to_iter(&e, part, &msg->msg_iter) != part)
			return -EFAULT;
	}
	return 0;
}
