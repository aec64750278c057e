// SPDX-License-Identifier: GPL-2.0
/* Stability, see stable.h. */
#include "stable.h"
#include "frame.h"
#include "group.h"
#include "state.h"

/* An ack does not wait for a frame when this part of the history lacks one. */
#define ACK_SHARE	16

/* The position that all of @who, members and not none, have acked. */
static u64 acked_by_all(const struct samr_node *n, u64 who)
{
	const struct samr_view_state *v = &n->view;
	u64 least = U64_MAX;
	u32 i;

	for (i = 0; i < v->count; i++)
		if (who & BIT_ULL(v->node[i]))
			least = min(least, v->ack[i]);
	return least;
}

/*
 * The largest position that at least @holders of the members @who have acked; if that
 * is stable already, the end of what is.
 */
static u64 acked_by(const struct samr_node *n, u64 who, u32 holders)
{
	const struct samr_view_state *v = &n->view;
	u64 best = n->stab.stable;
	u32 i, j, have;

	/* With each ack that comes, so the usual case is to be quick. */
	if (who && holders == samr_policy_count(who))
		return acked_by_all(n, who);
	for (i = 0; i < v->count; i++) {
		if (v->ack[i] <= best)
			continue;
		have = 0;
		for (j = 0; j < v->count; j++)
			have += v->ack[j] >= v->ack[i] &&
				(who & BIT_ULL(v->node[j]));
		if (have >= holders)
			best = v->ack[i];
	}
	return best;
}

/*
 * Only those with a vote count. Behind the place of its leave a member's ack
 * does not count any more: whoever holds the leave may go on without it.
 */
static u64 stable_upto(const struct samr_node *n)
{
	const struct samr_view_state *v = &n->view;
	u64 stay = v->voters & ~v->retired;
	u64 upto = acked_by(n, v->voters, v->holders);

	if (v->retired && upto > v->retired_at)
		upto = max(v->retired_at,
			   acked_by(n, stay, min(v->holders,
						 samr_policy_count(stay))));
	/* What is not delivered here may hold a leave that we do not know of. */
	return min(upto, n->rcv.delivered);
}

static void trim(struct samr_node *n, u64 upto)
{
	struct samr_slot *slot;
	u64 s;

	for (s = n->stab.trimmed + 1; s <= upto; s++) {
		slot = samr_window_at(&n->rcv.win, s);
		if (!samr_assert(slot && slot->msg))
			return;
		n->rcv.bytes -= slot->msg->meta.len;
	}
	n->stab.trimmed = upto;
	samr_window_advance(&n->rcv.win, upto + 1);
}

/* All up to here is stable; of that, what is not in the history was not sent here. */
static void settle(struct samr_node *n, u64 upto)
{
	const struct samr_window *w = &n->rcv.win;
	u64 end = min(upto + 1, w->base + w->size);
	const struct samr_slot *slot;
	u64 s;

	for (s = max(n->stab.stable + 1, w->base); s < end; s++) {
		slot = samr_window_at(w, s);
		if (slot && slot->msg)
			samr_node_lap(n, slot->msg, SAMR_LAP_STABLE);
	}
	n->stab.stable = upto;
}

static void update(struct samr_node *n)
{
	u64 stable = stable_upto(n);
	u64 keep = n->view.all & ~n->view.witness;
	u64 all = min(acked_by(n, keep, samr_policy_count(keep)),
		      n->rcv.delivered);

	if (samr_node_wedged(n))
		return;

	if (stable > n->stab.stable) {
		settle(n, stable);
		samr_group_stable(n);
	}
	if (all > n->stab.trimmed) {
		trim(n, all);
		n->order_due = true;
	}
}

void samr_stable_all(struct samr_node *n, u64 upto)
{
	if (upto <= n->stab.stable)
		return;
	settle(n, upto);
	samr_group_stable(n);
}

void samr_stable_start(struct samr_node *n)
{
	struct samr_stability *s = &n->stab;

	n->view.ack[n->view.self] = n->rcv.held;
	settle(n, max(s->stable, n->view.base));
	s->acked = s->trimmed;
	s->ack_at = SAMR_NEVER;
	s->ack_now = n->view.count > 1;
}

void samr_stable_heard(struct samr_node *n, u32 index, u64 ack)
{
	if (ack <= n->view.ack[index] || samr_node_wedged(n))
		return;
	n->view.ack[index] = ack;
	update(n);
}

void samr_stable_held(struct samr_node *n)
{
	struct samr_stability *s = &n->stab;
	u64 unacked;

	if (samr_node_wedged(n))
		return;
	n->view.ack[n->view.self] = n->rcv.held;
	if (n->view.count == 1)
		s->acked = n->rcv.held;
	unacked = n->rcv.held - s->acked;
	if (unacked) {
		if (s->safe > s->acked || unacked >= n->cfg.history / ACK_SHARE)
			s->ack_now = true;
		else
			samr_node_due(n, &s->ack_at, n->cfg.ack_delay);
	}
	update(n);
}

void samr_stable_acked(struct samr_node *n)
{
	n->stab.acked = n->rcv.held;
	n->stab.ack_now = false;
	n->stab.ack_at = SAMR_NEVER;
}

bool samr_stable_due(const struct samr_node *n)
{
	return n->stab.ack_now && !samr_node_wedged(n);
}

void samr_stable_flush(struct samr_node *n)
{
	if (samr_stable_due(n))
		samr_frame_ack(n);
}

void samr_stable_timer(struct samr_node *n)
{
	if (n->now < n->stab.ack_at)
		return;
	n->stab.ack_at = SAMR_NEVER;
	n->stab.ack_now = n->rcv.held > n->stab.acked;
}
