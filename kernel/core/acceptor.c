// SPDX-License-Identifier: GPL-2.0
/* Promises and accepts, see acceptor.h. */
#include "acceptor.h"
#include "coordinator.h"
#include "detect.h"
#include "fence.h"
#include "frame.h"
#include "learner.h"
#include "receiver.h"
#include "state.h"
#include "view.h"

/* Somebody else tries after so many times the patience with a silent member. */
#define STALL		5

void samr_acceptor_init(struct samr_node *n)
{
	n->acceptor.stall_at = SAMR_NEVER;
	n->acceptor.stuck_at = SAMR_NEVER;
}

void samr_acceptor_wedge(struct samr_node *n)
{
	struct samr_acceptor *a = &n->acceptor;

	if (a->wedged_at)
		return;
	/* What was to be sent in the view still belongs to it. */
	samr_frame_flush(n);
	a->wedged_at = max(n->now, 1ULL);
	a->stuck_at = n->now + n->cfg.stuck;
	n->out->doubt = true;
	n->rcv.limit = n->rcv.held;
	n->rcv.target = 0;
	n->stab.ack_now = false;
	n->stab.ack_at = SAMR_NEVER;
}

/* Seniors try first; the others keep out of each other's way. */
static u64 stall(struct samr_node *n)
{
	u64 rank = n->view.epoch ? n->view.self : SAMR_HEADS_MAX;
	u64 wait = n->cfg.dead * (STALL + rank);

	wait <<= min(n->acceptor.stalls, 4u);
	return wait + samr_node_random(n) % n->cfg.dead;
}

void samr_acceptor_promise(struct samr_node *n,
			   const struct samr_ballot *ballot)
{
	struct samr_acceptor *a = &n->acceptor;

	samr_acceptor_wedge(n);
	a->promised = *ballot;
	a->asked.counter = 0;
	a->hold = 0;
	a->stall_at = n->now + stall(n);
	n->coordinator.seen = max(n->coordinator.seen, ballot->counter);
	if (ballot->node != n->cfg.self)
		samr_coordinator_stop(n);
}

void samr_acceptor_leave(struct samr_node *n)
{
	n->acceptor.leaving = true;
	n->acceptor.stall_at = n->now + stall(n);
}

/* R3: the view installed, the gap-free prefix, what was accepted. */
void samr_acceptor_answer(const struct samr_node *n, struct samr_answer *a)
{
	memset(a, 0, sizeof(*a));
	a->epoch = n->view.epoch;
	a->prefix = n->learner.active ? 0 : samr_receiver_prefix(n);
	a->hears = samr_detect_hears(n);
	if (n->acceptor.accepted.counter &&
	    n->acceptor.plan.epoch == n->view.epoch + 1)
		a->accepted = n->acceptor.accepted;
	if (n->acceptor.leaving)
		a->flags |= SAMR_ANSWER_LEAVING;
	if (samr_learner_ready(n))
		a->flags |= SAMR_ANSWER_READY;
}

void samr_acceptor_send(struct samr_node *n, u64 dest, u8 type,
			const struct samr_ballot *ballot, u64 epoch)
{
	struct samr_rec_ask rec = {
		.rec = {
			.type = type,
			.len  = cpu_to_be16(sizeof(rec)),
		},
		.epoch = cpu_to_be64(epoch),
	};
	struct samr_blob *b = samr_frame_record(n, dest, sizeof(rec));

	if (!b)
		return;
	samr_wire_put_ballot(&rec.ballot, ballot);
	samr_blob_put_data(b, &rec, sizeof(rec));
}

static void refuse(struct samr_node *n, u64 dest)
{
	samr_acceptor_send(n, dest, SAMR_REC_REFUSE, &n->acceptor.promised,
			   n->view.epoch);
}

static void send_answer(struct samr_node *n, u64 dest,
			const struct samr_ballot *ballot)
{
	struct samr_rec_answer rec;
	struct samr_answer a;
	struct samr_blob *b;

	samr_acceptor_answer(n, &a);
	if (a.accepted.counter)
		samr_view_put(n, dest, SAMR_REC_TAKEN, &n->acceptor.accepted,
			      &n->acceptor.plan);
	samr_fence_tell(n, dest);
	b = samr_frame_record(n, dest, sizeof(rec));
	if (!b)
		return;
	memset(&rec, 0, sizeof(rec));
	rec.rec.type = SAMR_REC_ANSWER;
	rec.rec.len = cpu_to_be16(sizeof(rec));
	rec.flags = cpu_to_be32(a.flags);
	samr_wire_put_ballot(&rec.ballot, ballot);
	samr_wire_put_ballot(&rec.accepted, &a.accepted);
	rec.epoch = cpu_to_be64(a.epoch);
	rec.prefix = cpu_to_be64(a.prefix);
	rec.hears = cpu_to_be64(a.hears);
	samr_blob_put_data(b, &rec, sizeof(rec));
}

enum samr_drop samr_acceptor_prepare(struct samr_node *n, u64 src, u64 inc,
				     const struct samr_record *r)
{
	struct samr_acceptor *a = &n->acceptor;
	int cmp = samr_ballot_cmp(&r->ballot, &a->promised);

	if (r->ballot.node != src || r->ballot.inc != inc)
		return SAMR_DROP_ROLE;
	if (r->epoch < n->view.epoch) {
		/* Nobody who lacks our view can change it: tell him. */
		samr_view_tell(n, src);
		return SAMR_DROP_NONE;
	}
	/* R1: who is not in the view has no ballot in it. */
	if (n->view.epoch && r->epoch == n->view.epoch &&
	    !samr_view_has(n, src, inc))
		return SAMR_DROP_ROLE;
	if (cmp < 0) {
		refuse(n, src);
		return SAMR_DROP_NONE;
	}
	/* R1: who has no view has no vote, and nothing to promise. */
	if (cmp > 0 && n->view.epoch)
		samr_acceptor_promise(n, &r->ballot);
	if (r->epoch > n->view.epoch)
		samr_view_lag(n);
	send_answer(n, src, &r->ballot);
	return SAMR_DROP_NONE;
}

/* R5: nothing higher promised, the base installed, the whole cut held. */
static bool try_accept(struct samr_node *n)
{
	struct samr_acceptor *a = &n->acceptor;

	if (samr_receiver_prefix(n) < a->ask.base - 1 && !samr_node_watches(n))
		return false;
	a->accepted = a->asked;
	a->plan = a->ask;
	a->asked.counter = 0;
	samr_acceptor_send(n, a->from, SAMR_REC_ACCEPTED, &a->accepted,
			   a->plan.epoch);
	return true;
}

/* Answer anew when the order is held as far as the coordinator wants. */
static void try_hold(struct samr_node *n)
{
	struct samr_acceptor *a = &n->acceptor;

	if (samr_receiver_prefix(n) < a->hold)
		return;
	a->hold = 0;
	send_answer(n, a->from, &a->promised);
}

/* R11: with a witness the cut is held before ACCEPT, see coordinator.c. */
static void hold(struct samr_node *n, u64 upto)
{
	if (samr_node_watches(n))
		return;
	n->acceptor.hold = upto;
	samr_receiver_pull(n, upto, n->acceptor.from, 0);
	try_hold(n);
}

enum samr_drop samr_acceptor_accept(struct samr_node *n, u64 src, u64 inc,
				    const struct samr_record *r)
{
	struct samr_acceptor *a = &n->acceptor;
	int cmp = samr_ballot_cmp(&r->ballot, &a->promised);

	if (r->ballot.node != src || r->ballot.inc != inc)
		return SAMR_DROP_ROLE;
	if (r->plan.epoch <= n->view.epoch) {
		samr_view_tell(n, src);
		return SAMR_DROP_NONE;
	}
	if (r->plan.epoch != n->view.epoch + 1 || !n->view.epoch) {
		samr_view_lag(n);
		return SAMR_DROP_EPOCH;
	}
	if (cmp < 0) {
		refuse(n, src);
		return SAMR_DROP_NONE;
	}
	if (n->learner.active || n->view.next.epoch)
		return SAMR_DROP_NONE;
	if (cmp > 0)
		samr_acceptor_promise(n, &r->ballot);
	/* Who leaves has no vote: its accept would count as one. */
	if (a->leaving)
		return SAMR_DROP_NONE;
	a->from = src;
	if (r->flags & SAMR_PLAN_HOLD) {
		hold(n, r->plan.base - 1);
		return SAMR_DROP_NONE;
	}
	a->asked = r->ballot;
	a->ask = r->plan;
	a->hold = 0;
	if (!try_accept(n)) {
		samr_mark("cut not held");
		/* Whoever asks to accept holds the whole cut, see propose(). */
		samr_receiver_pull(n, r->plan.base - 1, src,
				   samr_view_holders(n, &r->plan));
	}
	return SAMR_DROP_NONE;
}

void samr_acceptor_progress(struct samr_node *n)
{
	if (!samr_node_wedged(n))
		return;
	if (n->acceptor.asked.counter)
		try_accept(n);
	if (n->acceptor.hold)
		try_hold(n);
	samr_coordinator_progress(n);
	samr_view_try(n);
}

/*
 * Whoever made us promise may be gone, and nobody else know of it. Who has a vote
 * and data tries himself; the others say to all what they have promised.
 */
void samr_acceptor_stalled(struct samr_node *n)
{
	if (!n->view.epoch || !n->view.seat[n->view.self] ||
	    !samr_node_wedged(n))
		return;
	samr_mark("others shall try");
	n->acceptor.stall_at = n->now + stall(n);
	refuse(n, SAMR_DEST_ALL);
}

void samr_acceptor_timer(struct samr_node *n)
{
	if (n->now < n->acceptor.stuck_at)
		return;
	samr_mark("view change takes too long for senders");
	n->acceptor.stuck_at = SAMR_NEVER;
	n->out->stuck = true;
}
