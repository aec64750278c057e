// SPDX-License-Identifier: GPL-2.0
/* Asking for what was lost, and answering, see repair.h. */
#include "repair.h"
#include "emit.h"
#include "frame.h"
#include "policy.h"
#include "seqno.h"
#include "state.h"

/* A round trip is guessed at after so many repeats at most. */
#define GUESS_ASKS	2

/* A request shrinks to this share of SAMR_REPAIR_BYTES where they get lost. */
#define REPAIR_SHIFT	4

/*
 * An answer to a repeated question could be one to any of them. The time since
 * the first one is an upper bound, and counts where nothing better is known, or
 * after few repeats: a way longer than the first patience would never be learnt
 * otherwise.
 */
void samr_trip_learn(struct samr_trip *t, u64 rtt, u32 asks)
{
	if (asks > GUESS_ASKS)
		return;
	if (!t->rtt || (t->guessed && !asks))
		t->rtt = rtt;
	else if (!asks || rtt > t->rtt)
		t->rtt = (7 * t->rtt + rtt) / 8;
	t->guessed = asks;
	t->least = t->least ? min(t->least, rtt) : rtt;
}

static bool lacking(const struct samr_slot *slot)
{
	return !slot->msg || !samr_msg_complete(slot->msg);
}

void samr_repair_want(struct samr_node *n, struct samr_window *win, u64 from,
		      u64 to, u64 *ask_at)
{
	struct samr_slot *slot;
	u64 s;

	to = min(to, samr_seqno_last(win->base, win->size));
	for (s = max(from, win->base); s <= to; s++) {
		slot = samr_window_at(win, s);
		if (!lacking(slot) || slot->ask_at)
			continue;
		slot->ask_at = n->now + n->cfg.reorder;
		*ask_at = min(*ask_at, slot->ask_at);
	}
}

void samr_repair_renew(struct samr_node *n, struct samr_window *win, u64 from,
		       u64 to, u64 *ask_at)
{
	struct samr_slot *slot;
	u64 s;

	to = min(to, samr_seqno_last(win->base, win->size));
	for (s = max(from, win->base); s <= to; s++) {
		slot = samr_window_at(win, s);
		if (!lacking(slot))
			continue;
		slot->ask_at = max(n->now, 1ULL);
		slot->asks = 0;
		slot->asked = 0;
		*ask_at = n->now;
	}
}

void samr_repair_progress(struct samr_node *n, struct samr_slot *slot,
			  u64 *ask_at)
{
	slot->ask_at = n->now + samr_node_patience(n, slot->asks);
	*ask_at = min(*ask_at, slot->ask_at);
}

/* One of @set, each as likely as the others. */
static u64 any_of(struct samr_node *n, u64 set)
{
	u32 skip = (u32)samr_node_random(n) % samr_policy_count(set);
	u64 id = 1;

	while (!(set & BIT_ULL(id)) || skip--)
		id++;
	return id;
}

/*
 * While the view changes: the one that holds all of it, and every other time
 * somebody else, as that one may be gone.
 */
static u64 giver_of(struct samr_node *n, u32 asks)
{
	const struct samr_receiver *rcv = &n->rcv;

	if (rcv->giver &&
	    (!asks || !rcv->sources || (samr_node_random(n) & 1)))
		return rcv->giver;
	return any_of(n, rcv->sources);
}

void samr_repair_came(struct samr_node *n, struct samr_window *win, u64 s,
		      struct samr_slot *slot)
{
	win->came = max(win->came, s);
	if (!slot->sent_at)
		return;
	samr_trip_learn(&n->repair, n->now - slot->sent_at, slot->asks);
	slot->sent_at = 0;
}

/*
 * Whom to ask for place @gseq: first the sequencer, who has it; when that did
 * not help, anyone who says that he holds it.
 */
static u64 holder_of(struct samr_node *n, u64 gseq, u32 asks)
{
	const struct samr_view_state *v = &n->view;
	u32 i, k;

	if (samr_node_wedged(n) && (n->rcv.giver || n->rcv.sources))
		return giver_of(n, asks);
	if (asks || samr_node_leads(n)) {
		k = (u32)samr_node_random(n) % v->count;
		for (i = 0; i < v->count; i++, k = (k + 1) % v->count)
			if (k != v->self && v->ack[k] >= gseq)
				return v->node[k];
	}
	return v->sequencer;
}

static bool send_nack(struct samr_node *n, u64 dest,
		      const struct samr_nack *nack)
{
	struct samr_rec_nack rec;
	struct samr_blob *b;

	b = samr_frame_record(n, dest, sizeof(rec));
	if (!b)
		return false;
	samr_wire_put_nack(&rec, nack);
	samr_blob_put_data(b, &rec, sizeof(rec));
	n->stats.nacks_out++;
	return true;
}

/*
 * What the last request brought decides how patiently, and how much, is asked
 * now: half of it at least, and the way is clear; less, and the way is narrow,
 * since repairs that overflow it serve nobody. That nothing came says nothing where
 * lower numbers did: one answer gives no more than its share, from the lowest on.
 */
static void adapt(struct samr_slot *slot, bool beyond)
{
	u32 have = slot->msg ? slot->msg->have : 0;

	if (slot->asked && slot->msg && have - slot->had >= slot->asked / 2)
		slot->asks -= slot->asks > 0;
	else if (slot->asked && (slot->msg || !beyond))
		slot->asks += slot->asks < U8_MAX;
	slot->had = have;
	slot->asked = 1;
}

/* Ask for the bytes that an incomplete message lacks; returns records sent. */
static u32 ask_bytes(struct samr_node *n, u64 dest, u64 origin, u64 seq,
		     struct samr_slot *slot, u32 most)
{
	u32 bytes = SAMR_REPAIR_BYTES >> min_t(u32, slot->asks, REPAIR_SHIFT);
	struct samr_nack nack = {
		.origin	= origin,
		.first	= seq,
		.last	= seq,
	};
	u32 sent = 0, from = 0;

	slot->asked = 0;
	while (sent < most && bytes &&
	       samr_msg_gap(slot->msg, from, &nack.off, &nack.len)) {
		nack.len = min(nack.len, bytes);
		from = nack.off + nack.len;
		bytes -= nack.len;
		if (!send_nack(n, dest, &nack))
			break;
		slot->asked += nack.len;
		sent++;
	}
	return sent;
}

u64 samr_repair_ask(struct samr_node *n, struct samr_window *win, u64 from,
		    u64 to, u64 origin)
{
	u32 left = SAMR_ASK_RECORDS, scan = n->cfg.history / SAMR_ASK_SHARE;
	struct samr_nack nack = { .origin = origin };
	u64 s, next = SAMR_NEVER, dest = 0, came = win->came;
	struct samr_slot *slot;

	to = min(to, samr_seqno_last(win->base, win->size));
	for (s = max(from, win->base); s <= to && scan; s++, scan--) {
		slot = samr_window_at(win, s);
		if (nack.first && (slot->msg || slot->ask_at > n->now)) {
			left -= send_nack(n, dest, &nack);
			nack.first = 0;
		}
		if (!lacking(slot) || !slot->ask_at)
			continue;
		if (slot->ask_at <= n->now && left) {
			adapt(slot, came && s > came);
			win->came = 0;
			if (!slot->asks || !slot->sent_at)
				slot->sent_at = n->now;
			if (slot->msg || !nack.first)
				dest = origin ?: holder_of(n, s, slot->asks);
			slot->ask_at = n->now + samr_node_patience(n, slot->asks);
			if (slot->msg) {
				left -= ask_bytes(n, dest, origin, s, slot,
						  left);
			} else {
				if (!nack.first)
					nack.first = s;
				nack.last = s;
			}
		}
		/* What there was no record left for has its turn a little later. */
		next = min(next, slot->ask_at > n->now ?
				 slot->ask_at : n->now + SAMR_ASK_MIN);
	}
	if (nack.first)
		send_nack(n, dest, &nack);
	if (!scan)
		next = min(next, n->now + SAMR_ASK_MIN);
	return next;
}

/*
 * Is a repair of these bytes on its way to @src? If not, note that one is now,
 * and say where it goes: to the one who asks; to all when a second one asks.
 */
static bool on_its_way(struct samr_node *n, struct samr_slot *slot, u64 src,
		       u32 off, u32 end, u64 *dest)
{
	bool fresh = slot->repair_at &&
		     n->now - slot->repair_at < SAMR_REPAIR_HOLD;

	*dest = src;
	if (fresh && off >= slot->repair_off && end <= slot->repair_end) {
		if (slot->repair_to == src || slot->repair_to == SAMR_DEST_ALL) {
			samr_mark("repair suppressed");
			n->stats.suppressed++;
			return true;
		}
		*dest = SAMR_DEST_ALL;
	} else if (slot->repair_at && !fresh && off >= slot->repair_off &&
		   end <= slot->repair_end &&
		   (slot->repair_to == src ||
		    slot->repair_to == SAMR_DEST_ALL)) {
		samr_frame_in_vain(n, src);
	} else if (fresh && slot->repair_to == src && off == slot->repair_end) {
		off = slot->repair_off;
	}
	slot->repair_at = n->now;
	slot->repair_off = off;
	slot->repair_end = end;
	slot->repair_to = (u8)*dest;
	return false;
}

/* Repeat bytes of one message; returns false when the event's share is spent. */
static bool answer_one(struct samr_node *n, u64 src, struct samr_slot *slot,
		       const struct samr_nack *nack)
{
	struct samr_msg *msg = slot->msg;
	u32 off = 0, end = msg->meta.len;
	u8 flags = SAMR_REC_F_REPAIR;
	u64 dest;

	if (!n->repair_left)
		return false;
	if (nack->len) {
		off = min(nack->off, end);
		end = min(end, nack->off + nack->len);
	} else if (msg->all && !nack->origin) {
		/* Its bytes came from the origin: they may all be there. */
		flags |= SAMR_REC_F_REF;
		end = 0;
	}
	end = min(end, off + n->repair_left);
	if (on_its_way(n, slot, src, off, end, &dest))
		return true;
	if (nack->origin)
		samr_emit_submit(n, src, msg, off, end - off, U32_MAX);
	else
		samr_emit_order(n, dest, msg, flags, off, end - off);
	n->stats.repairs++;
	n->repair_left -= min(n->repair_left, end - off + SAMR_FLOW_OVERHEAD);
	return true;
}

void samr_repair_answer(struct samr_node *n, u64 src,
			const struct samr_nack *nack)
{
	struct samr_window *win = &n->rcv.win;
	struct samr_slot *slot;
	u64 s, to;

	n->stats.nacks_in++;
	if (nack->origin) {
		if (nack->origin != n->cfg.self) {
			samr_node_drop(n, SAMR_DROP_ROLE);
			return;
		}
		/* A promise was given: nothing of ours enters the old order. */
		if (samr_node_wedged(n))
			return;
		win = &n->origin[n->view.self].win;
	}
	to = min(nack->last, samr_seqno_last(win->base, win->size));
	for (s = max(nack->first, win->base); s <= to && n->scan_left; s++) {
		n->scan_left--;
		slot = samr_window_at(win, s);
		if (!slot->msg || !samr_msg_complete(slot->msg))
			continue;
		if (!nack->origin && (!slot->msg->meta.gseq ||
				      slot->msg->meta.kind == SAMR_KIND_VIEW))
			continue;
		if (!answer_one(n, src, slot, nack))
			return;
	}
}
