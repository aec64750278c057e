// SPDX-License-Identifier: GPL-2.0
/* The order as it is held here, see receiver.h. */
#include "receiver.h"
#include "flow.h"
#include "group.h"
#include "repair.h"
#include "seqno.h"
#include "stable.h"
#include "state.h"
#include "view.h"

/*
 * How far ahead places are taken. A view change may ask for more: where a member
 * was not heard, history could not be trimmed here while the sequencer went on.
 * It orders no more than half of the history beyond what all hold, us included,
 * so that twice the history is enough for any cut. The bytes likewise.
 */
static u64 end_of(const struct samr_node *n)
{
	if (samr_node_wedged(n))
		return n->rcv.target;
	return samr_seqno_last(n->rcv.win.base, n->cfg.history);
}

static u64 bytes_max(const struct samr_node *n)
{
	u64 bytes = n->cfg.history_bytes;

	return samr_node_wedged(n) ? 3 * bytes + 2 * SAMR_LEN_MAX :
				     2 * bytes + SAMR_LEN_MAX;
}

/* A learner looks at the order when the state at its beginning is here. */
void samr_receiver_deliver(struct samr_node *n)
{
	struct samr_receiver *rcv = &n->rcv;
	struct samr_slot *slot;

	if (n->learner.active)
		return;
	while (rcv->delivered < rcv->held) {
		slot = samr_window_at(&rcv->win, rcv->delivered + 1);
		if (!samr_assert(slot && slot->msg))
			return;
		if (!samr_group_apply(n, slot->msg)) {
			samr_mark("delivery waits for memory");
			rcv->retry_at = n->now + SAMR_RETRY;
			return;
		}
		rcv->delivered++;
	}
	rcv->retry_at = SAMR_NEVER;
}

/*
 * A message has joined the gap-free prefix: its origin's numbers must go up one
 * by one along the order, or something was ordered twice or left out.
 */
static bool settle(struct samr_node *n, struct samr_msg *msg)
{
	u32 index = samr_node_index(n, msg->meta.origin);
	struct samr_origin *o = &n->origin[index];
	struct samr_slot *slot;

	if (index == SAMR_NO_INDEX)
		return false;
	slot = samr_window_at(&o->win, msg->meta.oseq);
	if (!slot || msg->meta.oseq != o->win.base || msg->meta.time <= n->time)
		return false;
	samr_node_passed(n, msg->meta.time);
	if (index == n->view.self)
		samr_flow_ordered(n, msg, slot);
	if (slot->msg)
		o->bytes -= slot->msg->meta.len;
	samr_window_advance(&o->win, msg->meta.oseq + 1);
	o->ordered = max(o->ordered, msg->meta.oseq + 1);
	if (samr_is_prompt(msg->meta.kind, msg->meta.flags))
		n->stab.safe = msg->meta.gseq;
	return true;
}

static void advance(struct samr_node *n)
{
	struct samr_receiver *rcv = &n->rcv;
	struct samr_slot *slot;
	u64 held = rcv->held;

	while (rcv->held < rcv->limit && !n->learner.active) {
		slot = samr_window_at(&rcv->win, rcv->held + 1);
		if (!slot || !slot->msg || !samr_msg_complete(slot->msg))
			break;
		if (!settle(n, slot->msg)) {
			samr_mark("order contradicts itself");
			samr_node_halt(n);
			return;
		}
		slot->ask_at = 0;
		rcv->held++;
	}
	if (rcv->held == held)
		return;
	samr_receiver_deliver(n);
	samr_stable_held(n);
}

void samr_receiver_go_on(struct samr_node *n)
{
	advance(n);
}

u64 samr_receiver_prefix(const struct samr_node *n)
{
	const struct samr_receiver *rcv = &n->rcv;
	const struct samr_slot *slot;
	u64 s = rcv->held;

	for (;; s++) {
		slot = samr_window_at(&rcv->win, s + 1);
		if (!slot || !slot->msg || !samr_msg_complete(slot->msg))
			return s;
	}
}

void samr_receiver_pull(struct samr_node *n, u64 upto, u64 giver, u64 sources)
{
	struct samr_receiver *rcv = &n->rcv;

	rcv->giver = giver;
	rcv->sources = sources;
	if (rcv->target == upto)
		return;
	rcv->target = upto;
	rcv->top = max(rcv->top, upto);
	samr_repair_renew(n, &rcv->win, rcv->held + 1, upto, &rcv->ask_at);
}

bool samr_receiver_reach(struct samr_node *n, u64 upto)
{
	struct samr_receiver *rcv = &n->rcv;

	if (samr_receiver_prefix(n) < upto)
		return false;
	rcv->limit = upto;
	advance(n);
	if (n->gone)
		return false;
	samr_receiver_deliver(n);
	return samr_assert(rcv->held == upto) && rcv->delivered == upto;
}

void samr_receiver_cut(struct samr_node *n)
{
	struct samr_receiver *rcv = &n->rcv;
	struct samr_slot *slot;
	u64 s, end = samr_seqno_last(rcv->win.base, rcv->win.size);

	/* Most of the window is empty, and the others wait for this. */
	end = min(end, max(rcv->last, rcv->top));
	for (s = rcv->held + 1; s <= end; s++) {
		slot = samr_window_at(&rcv->win, s);
		if (slot->msg) {
			samr_mark("place void");
			rcv->bytes -= slot->msg->meta.len;
			slot->msg->meta.gseq = 0;
			slot->msg->meta.time = 0;
		}
		samr_window_clear(slot);
	}
	rcv->last = rcv->held;
	rcv->top = 0;
	rcv->ask_at = SAMR_NEVER;
}

void samr_receiver_view(struct samr_node *n, struct samr_msg *msg)
{
	struct samr_receiver *rcv = &n->rcv;
	struct samr_slot *slot = samr_window_at(&rcv->win, msg->meta.gseq);

	if (!samr_assert(slot && !slot->msg &&
			 msg->meta.gseq == rcv->held + 1))
		return;
	slot->msg = msg;
	rcv->held = msg->meta.gseq;
	rcv->last = msg->meta.gseq;
	rcv->limit = msg->meta.gseq;
}

void samr_receiver_begin(struct samr_node *n, u64 base)
{
	struct samr_receiver *rcv = &n->rcv;

	samr_window_reset(&rcv->win, base + 1);
	rcv->bytes = 0;
	rcv->last = base;
	rcv->top = 0;
	rcv->held = base;
	rcv->delivered = base;
	rcv->ask_at = SAMR_NEVER;
	rcv->retry_at = SAMR_NEVER;
	rcv->limit = U64_MAX;
	n->stab.trimmed = base;
}

void samr_receiver_last(struct samr_node *n, u64 last)
{
	struct samr_receiver *rcv = &n->rcv;
	u64 from = rcv->last + 1;

	last = min(last, samr_seqno_last(rcv->win.base, n->cfg.history));
	if (last <= rcv->last)
		return;
	rcv->last = last;
	samr_repair_want(n, &rcv->win, from, last, &rcv->ask_at);
}

/*
 * The message that an ORDER record means, when its bytes, or some of them, came
 * from its origin before. A reference for the caller.
 */
static struct samr_msg *from_origin(struct samr_node *n,
				    const struct samr_meta *m,
				    enum samr_drop *drop)
{
	u32 index = samr_node_index(n, m->origin);
	struct samr_slot *slot;

	slot = samr_window_at(&n->origin[index].win, m->oseq);
	if (n->learner.active)
		return NULL;
	if (slot && slot->msg && slot->msg->meta.gseq) {
		/* It has another place already. */
		*drop = SAMR_DROP_CONFLICT;
		return NULL;
	}
	if (slot && slot->msg && samr_msg_same(&slot->msg->meta, m))
		return samr_msg_get(slot->msg);
	/* Nobody knows better than we do what we have sent. */
	if (index == n->view.self)
		*drop = SAMR_DROP_CONFLICT;
	return NULL;
}

/* Bytes from the origin that are still to come shall find the message. */
static void expect_bytes(struct samr_node *n, struct samr_msg *msg)
{
	struct samr_origin *o;
	struct samr_slot *slot;

	o = &n->origin[samr_node_index(n, msg->meta.origin)];
	slot = samr_window_at(&o->win, msg->meta.oseq);
	if (!slot || slot->msg || n->learner.active)
		return;
	slot->msg = samr_msg_get(msg);
	o->bytes += msg->meta.len;
}

static struct samr_msg *message_of(struct samr_node *n,
				   const struct samr_record *r,
				   enum samr_drop *drop)
{
	struct samr_msg *msg = from_origin(n, &r->meta, drop);

	if (*drop)
		return NULL;
	if (msg) {
		msg->meta.gseq = r->meta.gseq;
		msg->meta.time = r->meta.time;
		return msg;
	}
	*drop = SAMR_DROP_LIMIT;
	if (n->rcv.bytes + r->meta.len > bytes_max(n))
		return NULL;
	*drop = SAMR_DROP_MEMORY;
	msg = samr_msg_new(&r->meta);
	if (!msg)
		return NULL;
	*drop = SAMR_DROP_NONE;
	msg->all = r->flags & SAMR_REC_F_REF;
	if (msg->all)
		expect_bytes(n, msg);
	return msg;
}

enum samr_drop samr_receiver_order(struct samr_node *n, u64 src,
				   struct samr_blob *frame,
				   const struct samr_record *r)
{
	struct samr_receiver *rcv = &n->rcv;
	enum samr_drop drop = SAMR_DROP_NONE;
	struct samr_slot *slot;

	if (src != n->view.sequencer && !(r->flags & SAMR_REC_F_REPAIR))
		return SAMR_DROP_ROLE;
	if (!samr_view_has(n, r->meta.origin, r->meta.inc))
		return SAMR_DROP_INCARNATION;
	if (r->meta.gseq <= rcv->held)
		return SAMR_DROP_DUPLICATE;
	if (samr_node_wedged(n) && !(r->flags & SAMR_REC_F_REPAIR))
		return SAMR_DROP_VIEW;
	if (samr_node_leads(n) && !samr_node_wedged(n))
		return SAMR_DROP_ROLE;
	slot = samr_window_at(&rcv->win, r->meta.gseq);
	if (!slot || r->meta.gseq > end_of(n))
		return SAMR_DROP_WINDOW;
	rcv->top = max(rcv->top, r->meta.gseq);
	if (!slot->msg) {
		slot->msg = message_of(n, r, &drop);
		if (slot->msg)
			rcv->bytes += r->meta.len;
	} else if (!samr_msg_same(&slot->msg->meta, &r->meta)) {
		return SAMR_DROP_CONFLICT;
	} else if (samr_msg_complete(slot->msg)) {
		return SAMR_DROP_DUPLICATE;
	}
	if (!samr_node_wedged(n))
		samr_receiver_last(n, r->meta.gseq);
	if (!slot->msg)
		return drop;
	if (r->flags & SAMR_REC_F_REPAIR)
		samr_repair_came(n, &rcv->win, r->meta.gseq, slot);
	if (r->len && !samr_msg_complete(slot->msg))
		drop = samr_msg_add(slot->msg, frame, r->at, r->off, r->len);
	samr_receiver_bytes(n, slot->msg);
	return drop;
}

void samr_receiver_place(struct samr_node *n, struct samr_msg *msg)
{
	struct samr_receiver *rcv = &n->rcv;
	struct samr_slot *slot = samr_window_at(&rcv->win, msg->meta.gseq);

	if (!samr_assert(slot && !slot->msg && samr_msg_complete(msg)))
		return;
	slot->msg = samr_msg_get(msg);
	rcv->bytes += msg->meta.len;
	rcv->last = msg->meta.gseq;
	advance(n);
}

void samr_receiver_bytes(struct samr_node *n, struct samr_msg *msg)
{
	struct samr_slot *slot = samr_window_at(&n->rcv.win, msg->meta.gseq);

	if (!samr_assert(slot && slot->msg == msg))
		return;
	if (samr_msg_complete(msg))
		advance(n);
	else
		samr_repair_progress(n, slot, &n->rcv.ask_at);
}

void samr_receiver_timer(struct samr_node *n)
{
	struct samr_receiver *rcv = &n->rcv;

	if (n->now >= rcv->retry_at) {
		rcv->retry_at = SAMR_NEVER;
		samr_receiver_deliver(n);
		samr_stable_held(n);
		samr_view_try(n);
	}
	/*
	 * From the end of the prefix, not from what is held: while the view
	 * changes, or a learner waits for its state, places come that are not
	 * taken yet, and a round of asking looks at so many places only.
	 */
	if (n->now >= rcv->ask_at)
		rcv->ask_at = samr_repair_ask(n, &rcv->win,
					      samr_receiver_prefix(n) + 1,
					      samr_node_wedged(n) ?
					      rcv->target : rcv->last, 0);
}
