// SPDX-License-Identifier: GPL-2.0
/* Own submissions, see flow.h. */
#include "flow.h"
#include "credit.h"
#include "emit.h"
#include "frame.h"
#include "group.h"
#include "lock.h"
#include "repair.h"
#include "session.h"
#include "state.h"
#include "stream.h"

/* Short messages repeated at once when the sequencer gives no sign of them. */
#define RESEND_MOST	8

static struct samr_origin *own(const struct samr_node *n)
{
	return (struct samr_origin *)&n->origin[n->view.self];
}

/* Of those that are no joins and leaves some are always left for these. */
static bool leaves_reserve(u8 kind)
{
	return samr_kind_is_load(kind) || kind == SAMR_KIND_STATE ||
	       kind == SAMR_KIND_SESSION || kind == SAMR_KIND_REPLIES ||
	       kind == SAMR_KIND_DIGEST;
}

bool samr_flow_room(const struct samr_node *n, u8 kind, u32 group, u32 len)
{
	const struct samr_origin *o = own(n);
	u64 used;

	if (!n->view.epoch)
		return false;
	used = n->flow.next - o->win.base;
	if (!leaves_reserve(kind))
		return used < o->win.size &&
		       samr_credit_room(n, kind, group, 0);
	if (used + SAMR_SUBMIT_RESERVE >= o->win.size)
		return false;
	if (o->bytes && o->bytes + len > n->cfg.submit_bytes)
		return false;
	return samr_credit_room(n, kind, group, len);
}

static bool needs_members(u8 kind)
{
	return kind == SAMR_KIND_DATA || kind >= SAMR_KIND_LOCK;
}

static bool is_lock(u8 kind)
{
	return kind == SAMR_KIND_LOCK || kind == SAMR_KIND_UNLOCK;
}

static bool lock_sane(const struct samr_submit *s)
{
	u8 scratch[SAMR_LOCK_PAYLOAD_MAX];
	struct samr_lock_ask ask;
	const u8 *bytes;

	if (!s->len || s->len > sizeof(scratch))
		return false;
	bytes = samr_blob_peek(s->payload, 0, s->len, scratch);
	return bytes && samr_lock_parse(s->kind, bytes, s->len, &ask);
}

static bool session_sane(const struct samr_submit *s)
{
	struct samr_session_payload scratch;
	const struct samr_session_payload *p;

	p = samr_blob_peek(s->payload, 0, sizeof(scratch), &scratch);
	return p && samr_session_parse(s->kind, p) &&
	       p->op != SAMR_SESSION_EXPIRE;
}

/* A piece of state from anybody but the donor, or behind its last. */
static bool stale(const struct samr_node *n, const struct samr_submit *s)
{
	return s->kind == SAMR_KIND_STATE &&
	       !samr_transfer_gives(n, samr_group_find(n, s->group), s->port,
				    s->arg);
}

static int check(const struct samr_node *n, const struct samr_submit *s)
{
	const struct samr_meta m = {
		.arg	= s->arg,
		.group	= s->group,
		.len	= s->len,
		.kind	= s->kind,
		.flags	= s->flags,
	};

	if (!samr_wire_fits(&m))
		return -EINVAL;
	if (s->len > SAMR_LEN_MAX)
		return -EMSGSIZE;
	if (s->len && !s->parts &&
	    (!s->payload || samr_blob_len(s->payload) != s->len))
		return -EINVAL;
	if (is_lock(s->kind) && !lock_sane(s))
		return -EINVAL;
	if ((s->kind == SAMR_KIND_SESSION || s->kind == SAMR_KIND_STREAM) &&
	    !session_sane(s))
		return -EINVAL;
	if (samr_node_watches(n))
		return -EOPNOTSUPP;
	if (!n->view.epoch || n->view.seat[n->view.self])
		return -ENOTCONN;
	if (needs_members(s->kind) && !samr_credit_known(n, s->group))
		return -ENOTCONN;
	return stale(n, s) ? -ESTALE : 0;
}

/* Does a message of this length go to all heads, and the order names it only? */
static bool for_all(const struct samr_node *n, u32 len)
{
	return n->view.count > 1 && (len > n->cfg.ref_min ||
				     !samr_emit_small(n, len));
}

static struct samr_msg *message_of(struct samr_node *n,
				   const struct samr_submit *s)
{
	struct samr_meta m = {
		.origin	= n->cfg.self,
		.inc	= n->cfg.inc,
		.oseq	= n->flow.next,
		.arg	= s->arg,
		.group	= s->group,
		.port	= s->port,
		.uid	= s->uid,
		.gid	= s->gid,
		.len	= s->len,
		.kind	= s->kind,
		.flags	= s->flags,
	};
	struct samr_msg *msg = samr_msg_new(&m);

	if (!msg)
		return NULL;
	msg->owner = s->owner;
	msg->far = s->far;
	if (s->parts && !samr_msg_take(msg, 0, s->parts, 0)) {
		samr_msg_put(msg);
		return NULL;
	}
	if (s->len && !s->parts) {
		msg->one.off = 0;
		msg->one.blob = samr_blob_get(s->payload);
		msg->npieces = 1;
		msg->have = s->len;
	}
	msg->all = for_all(n, s->len);
	return msg;
}

static u64 patience(const struct samr_node *n)
{
	u64 wait = max(SAMR_RESEND_MIN, 2 * n->flow.trip.rtt + n->cfg.reorder);

	return min(wait << min(n->flow.backoff, 8u), SAMR_RESEND_MAX);
}

/* There is room for it; its reference goes to the window. */
static void take(struct samr_node *n, struct samr_msg *msg)
{
	struct samr_origin *o = own(n);
	struct samr_slot *slot = samr_window_at(&o->win, n->flow.next);

	if (!samr_assert(slot && !slot->msg)) {
		samr_msg_put(msg);
		return;
	}
	slot->msg = msg;
	slot->sent_at = n->now;
	if (samr_kind_is_load(msg->meta.kind))
		msg->at = n->now;
	o->bytes += msg->meta.len;
	o->seen = n->flow.next++;
	samr_credit_charge(n, msg);
	if (n->flow.resend_at == SAMR_NEVER)
		n->flow.resend_at = n->now + patience(n);

	if (msg->all)
		list_add_tail(&samr_msg_get(msg)->job, &n->flow.jobs);
	else if (samr_node_leads(n))
		n->order_due = true;
	else if (samr_node_serves(n))
		samr_emit_submit(n, n->view.sequencer, msg, 0, msg->meta.len,
				 1);
}

int samr_flow_submit(struct samr_node *n, const struct samr_submit *s)
{
	struct samr_msg *msg;
	int err = check(n, s);

	if (!err && s->kind == SAMR_KIND_REQUEST)
		err = samr_stream_fits(n, s);
	if (err)
		return err;
	if (!samr_flow_room(n, s->kind, s->group, s->len)) {
		n->stats.refused++;
		if (!samr_credit_refused(n, s->kind, s->group, s->len))
			n->flow.refused = true;
		return -EAGAIN;
	}
	msg = message_of(n, s);
	if (!msg)
		return -ENOMEM;
	n->stats.submitted++;
	take(n, msg);
	return 0;
}

struct samr_msg *samr_flow_message(struct samr_node *n,
				   const struct samr_meta *meta,
				   const void *head, u32 len)
{
	struct samr_meta m = *meta;
	struct samr_msg *msg;
	struct samr_blob *b;

	m.origin = n->cfg.self;
	m.inc = n->cfg.inc;
	m.oseq = n->flow.next;
	msg = samr_msg_new(&m);
	b = len ? samr_blob_new(len) : NULL;
	if (!msg || (len && !b)) {
		samr_msg_put(msg);
		samr_blob_put(b);
		return NULL;
	}
	msg->all = for_all(n, m.len);
	if (!len)
		return msg;
	samr_blob_put_data(b, head, len);
	msg->one.blob = b;
	msg->npieces = 1;
	msg->have = len;
	return msg;
}

bool samr_flow_own(struct samr_node *n, struct samr_msg *msg)
{
	const struct samr_meta *m = &msg->meta;

	if (!n->view.epoch || n->view.seat[n->view.self] ||
	    !samr_flow_room(n, m->kind, m->group, m->len)) {
		samr_msg_put(msg);
		return false;
	}
	take(n, msg);
	return true;
}

void samr_flow_start(struct samr_node *n)
{
	struct samr_origin *o = own(n);
	struct samr_slot *slot;
	struct samr_msg *msg;
	u64 s;

	n->flow.backoff = 0;
	n->flow.burst_at = 0;
	n->flow.resend_at = SAMR_NEVER;
	for (s = o->win.base; s < n->flow.next; s++) {
		slot = samr_window_at(&o->win, s);
		if (!samr_assert(slot && slot->msg))
			return;
		samr_mark("submission into a new view");
		msg = slot->msg;
		n->flow.resend_at = n->now + patience(n);
		slot->ask_at = 0;
		slot->asks = 1;
		if (!msg->all && for_all(n, msg->meta.len)) {
			msg->all = true;
			msg->sent = 0;
			list_add_tail(&samr_msg_get(msg)->job, &n->flow.jobs);
		} else if (!samr_node_leads(n) &&
			   (!msg->all || msg->sent == msg->meta.len)) {
			/* The sequencer asks for the rest of a long one. */
			samr_emit_submit(n, n->view.sequencer, msg, 0,
					 msg->meta.len, 1);
			n->stats.resent++;
		}
	}
}

void samr_flow_freed(struct samr_node *n)
{
	if (!n->flow.refused)
		return;
	n->flow.refused = false;
	n->out->writable = true;
}

/*
 * When to repeat what comes behind a message that was just ordered. After the
 * last one of those repeated together, at once, if it was sent before they were
 * repeated: it was probably lost as they were, and nobody asks for what he does
 * not know of.
 */
static u64 next_repeat(const struct samr_node *n, u64 oseq)
{
	const struct samr_slot *slot;

	if (oseq >= n->flow.next)
		return SAMR_NEVER;
	slot = samr_window_at(&own(n)->win, oseq);
	if (slot && oseq == n->flow.again &&
	    slot->sent_at <= n->flow.again_at) {
		samr_mark("more submissions repeated at once");
		return n->now;
	}
	return n->now + patience(n);
}

void samr_flow_ordered(struct samr_node *n, const struct samr_msg *msg,
		       const struct samr_slot *slot)
{
	struct samr_flow *f = &n->flow;
	u64 rtt = n->now - slot->sent_at;

	samr_node_lap(n, msg, SAMR_LAP_ORDER);
	if (!msg->all && !samr_node_leads(n))
		samr_trip_learn(&f->trip, rtt, slot->asks);
	f->backoff = 0;
	f->resend_at = next_repeat(n, msg->meta.oseq + 1);
	if (msg->meta.kind == SAMR_KIND_DATA)
		samr_credit_ordered(n, msg);
	samr_flow_freed(n);
}

void samr_flow_flush(struct samr_node *n)
{
	struct samr_flow *f = &n->flow;
	u32 frames = SAMR_BURST_FRAMES, sent, before;
	struct samr_msg *msg;

	if (n->now < f->burst_at || samr_node_wedged(n))
		return;
	while (!list_empty(&f->jobs) && frames) {
		msg = list_first_entry(&f->jobs, struct samr_msg, job);
		before = (u32)n->stats.frames_out;
		sent = samr_emit_submit(n, SAMR_DEST_ALL, msg, msg->sent,
					msg->meta.len - msg->sent, frames);
		msg->sent += sent;
		frames -= min(frames, (u32)n->stats.frames_out - before + 1);
		if (msg->sent < msg->meta.len)
			break;
		list_del_init(&msg->job);
		samr_msg_put(msg);
		n->order_due = true;
	}
	if (!list_empty(&f->jobs))
		f->burst_at = n->now + SAMR_BURST_GAP;
}

static void resend(struct samr_node *n)
{
	struct samr_origin *o = own(n);
	u32 left = RESEND_MOST, sent;
	struct samr_slot *slot;
	struct samr_msg *msg;
	u64 s;

	for (s = o->win.base; s < n->flow.next && left; s++, left--) {
		slot = samr_window_at(&o->win, s);
		if (!samr_assert(slot && slot->msg))
			return;
		msg = slot->msg;
		if (msg->all && msg->sent < msg->meta.len)
			break;
		samr_mark("submission repeated");
		sent = samr_emit_submit(n, n->view.sequencer, msg, 0,
					msg->meta.len, 1);
		slot->asks += slot->asks < U8_MAX;
		n->stats.resent++;
		n->flow.again = s + 1;
		n->flow.again_at = n->now;
		/* Of a long one the sequencer asks for the rest. */
		if (sent < msg->meta.len)
			break;
	}
}

void samr_flow_timer(struct samr_node *n)
{
	struct samr_flow *f = &n->flow;

	if (n->now < f->resend_at || samr_node_wedged(n))
		return;
	if (samr_node_leads(n)) {
		f->resend_at = SAMR_NEVER;
		return;
	}
	if (f->backoff)
		samr_frame_in_vain(n, n->view.sequencer);
	resend(n);
	f->backoff++;
	f->resend_at = n->now + patience(n);
}

void samr_flow_again(struct samr_node *n)
{
	n->flow.backoff = 0;
	if (n->flow.resend_at != SAMR_NEVER)
		n->flow.resend_at = n->now;
}

u64 samr_flow_deadline(const struct samr_node *n)
{
	u64 burst = list_empty(&n->flow.jobs) ? SAMR_NEVER : n->flow.burst_at;

	if (samr_node_wedged(n))
		return SAMR_NEVER;
	return min(n->flow.resend_at, burst);
}
