// SPDX-License-Identifier: GPL-2.0
/* Submissions and their places, see sequencer.h. */
#include "sequencer.h"
#include "emit.h"
#include "flow.h"
#include "receiver.h"
#include "repair.h"
#include "seqno.h"
#include "state.h"

static struct samr_msg *stash_new(struct samr_node *n, struct samr_origin *o,
				  const struct samr_record *r,
				  enum samr_drop *drop)
{
	struct samr_msg *msg;

	*drop = SAMR_DROP_LIMIT;
	if (o->bytes + r->meta.len > 2ULL * n->cfg.submit_bytes + SAMR_LEN_MAX)
		return NULL;
	*drop = SAMR_DROP_MEMORY;
	msg = samr_msg_new(&r->meta);
	if (!msg)
		return NULL;
	msg->all = r->flags & SAMR_REC_F_ALL;
	o->bytes += r->meta.len;
	return msg;
}

static enum samr_drop stash(struct samr_node *n, struct samr_origin *o,
			    struct samr_slot *slot, struct samr_blob *frame,
			    const struct samr_record *r)
{
	enum samr_drop drop;

	if (!slot->msg) {
		slot->msg = stash_new(n, o, r, &drop);
		if (!slot->msg)
			return drop;
		if (!r->meta.len)
			return SAMR_DROP_NONE;
	} else if (!samr_msg_same(&slot->msg->meta, &r->meta)) {
		return SAMR_DROP_CONFLICT;
	} else if (samr_msg_complete(slot->msg)) {
		return SAMR_DROP_DUPLICATE;
	}
	return samr_msg_add(slot->msg, frame, r->at, r->off, r->len);
}

enum samr_drop samr_sequencer_submit(struct samr_node *n, u32 index,
				     struct samr_blob *frame,
				     const struct samr_record *r)
{
	struct samr_origin *o = &n->origin[index];
	u64 oseq = r->meta.oseq;
	struct samr_slot *slot;
	enum samr_drop drop;

	if (!samr_node_leads(n) && !(r->flags & SAMR_REC_F_ALL))
		return SAMR_DROP_ROLE;
	if (oseq < o->win.base)
		return SAMR_DROP_DUPLICATE;
	slot = samr_window_at(&o->win, oseq);
	if (!slot)
		return SAMR_DROP_WINDOW;
	drop = stash(n, o, slot, frame, r);
	if (samr_node_leads(n) && oseq > o->seen) {
		o->seen = oseq;
		samr_repair_want(n, &o->win, o->ordered, oseq, &o->ask_at);
	}
	if (drop)
		return drop;
	samr_repair_came(n, &o->win, oseq, slot);
	if (slot->msg->meta.gseq) {
		/* Its place was known first; the receiver waits for the bytes. */
		samr_mark("place before bytes");
		samr_receiver_bytes(n, slot->msg);
	} else if (!samr_node_leads(n)) {
		return SAMR_DROP_NONE;
	} else if (samr_msg_complete(slot->msg)) {
		n->order_due = true;
	} else {
		samr_repair_progress(n, slot, &o->ask_at);
	}
	return SAMR_DROP_NONE;
}

/* The next message of an origin, if it may have its place now. */
static struct samr_msg *next_of(const struct samr_node *n, u32 index)
{
	const struct samr_origin *o = &n->origin[index];
	const struct samr_slot *slot = samr_window_at(&o->win, o->ordered);
	struct samr_msg *msg;

	if (!slot || !slot->msg)
		return NULL;
	msg = slot->msg;
	if (!samr_msg_complete(msg))
		return NULL;
	/* An own long message is named once its bytes have left. */
	if (index == n->view.self && msg->all && msg->sent < msg->meta.len)
		return NULL;
	return msg;
}

/*
 * Room in the history? Half of it at most, counted from what all members hold:
 * a member may know less of the others' acks than we do, and its window must
 * reach as far as ours all the same.
 */
static bool has_room(const struct samr_node *n, u32 len)
{
	const struct samr_receiver *rcv = &n->rcv;

	if (rcv->last - n->stab.trimmed >= n->cfg.history / 2)
		return false;
	return !rcv->bytes || rcv->bytes + len <= n->cfg.history_bytes;
}

static void order(struct samr_node *n, struct samr_origin *o,
		  struct samr_msg *msg)
{
	msg->meta.gseq = n->rcv.last + 1;
	msg->meta.time = samr_node_time(n);
	o->ordered++;
	n->stats.ordered++;
	samr_emit_order(n, SAMR_DEST_ALL, msg, msg->all ? SAMR_REC_F_REF : 0,
			0, msg->meta.len);
	n->tail_at = n->now + 2 * n->cfg.ack_delay;
	samr_receiver_place(n, msg);
}

void samr_sequencer_run(struct samr_node *n)
{
	u32 idle = 0, turn = n->turn;
	struct samr_msg *msg;

	while (idle < n->view.count && !n->gone) {
		turn = (turn + 1) % n->view.count;
		msg = next_of(n, turn);
		if (!msg) {
			idle++;
			continue;
		}
		if (!has_room(n, msg->meta.len)) {
			samr_mark("history full");
			return;
		}
		/* Who finds no room has not had its turn. */
		n->turn = turn;
		order(n, &n->origin[turn], msg);
		idle = 0;
	}
}

void samr_sequencer_start(struct samr_node *n)
{
	struct samr_origin *o;
	u32 i;

	n->turn = 0;
	n->tail_at = SAMR_NEVER;
	if (!samr_node_leads(n))
		return;
	n->order_due = true;
	/* What was heard of under another sequencer may not be here. */
	for (i = 0; i < n->view.count; i++) {
		o = &n->origin[i];
		if (i != n->view.self && o->seen >= o->ordered)
			samr_repair_renew(n, &o->win, o->ordered, o->seen,
					  &o->ask_at);
	}
}

void samr_sequencer_timer(struct samr_node *n)
{
	struct samr_origin *o;
	u32 i;

	if (!samr_node_leads(n) || samr_node_wedged(n))
		return;
	for (i = 0; i < n->view.count; i++) {
		o = &n->origin[i];
		if (i == n->view.self || n->now < o->ask_at)
			continue;
		o->ask_at = samr_repair_ask(n, &o->win, o->ordered, o->seen,
					    n->view.node[i]);
	}
	/* The last ORDER may be lost, and nothing behind it would show that. */
	if (n->now >= n->tail_at) {
		n->tail_at = SAMR_NEVER;
		if (n->stab.trimmed < n->rcv.last)
			n->beat_at = n->now;
	}
}

u64 samr_sequencer_deadline(const struct samr_node *n)
{
	u64 at = n->tail_at;
	u32 i;

	if (!samr_node_leads(n) || samr_node_wedged(n))
		return SAMR_NEVER;
	for (i = 0; i < n->view.count; i++)
		at = min(at, n->origin[i].ask_at);
	return at;
}
