// SPDX-License-Identifier: GPL-2.0
/* A view change of our own, see coordinator.h. */
#include "coordinator.h"
#include "acceptor.h"
#include "detect.h"
#include "fence.h"
#include "frame.h"
#include "keeper.h"
#include "policy.h"
#include "receiver.h"
#include "state.h"
#include "view.h"

/* A head that was left behind waits before it is taken in again; doubled. */
#define PENALTY_MIN	(500 * SAMR_MSEC)
#define PENALTY_MAX	(60000 * SAMR_MSEC)

void samr_coordinator_init(struct samr_node *n)
{
	n->coordinator.send_at = SAMR_NEVER;
	n->coordinator.until = SAMR_NEVER;
}

void samr_coordinator_consider(struct samr_node *n)
{
	n->coordinator.due = true;
}

void samr_coordinator_stop(struct samr_node *n)
{
	n->coordinator.phase = SAMR_PHASE_IDLE;
	n->coordinator.wanted = false;
	n->coordinator.send_at = SAMR_NEVER;
	n->coordinator.until = SAMR_NEVER;
}

/*
 * The first time costs nothing: it may be nobody's fault. A head that stayed in
 * for long has its past forgotten.
 */
void samr_coordinator_penalty(struct samr_node *n, u64 id)
{
	struct samr_peer *p = &n->peer[id];

	if (n->now > p->admit_at + 10 * p->penalty)
		p->penalty = 0;
	p->admit_at = n->now + p->penalty;
	p->penalty = p->penalty ? min(2 * p->penalty, PENALTY_MAX) :
				  PENALTY_MIN;
}

/*
 * One member that does not want it would not hear it: it would be left out again,
 * and so would who does not want all of us.
 */
static bool wanted_by_all(const struct samr_node *n, u64 id)
{
	const struct samr_view_state *v = &n->view;
	u64 k, wanted;

	if (v->all & ~BIT_ULL(id) & ~n->peer[id].wanted)
		return false;
	for (k = 1; k < SAMR_IDS; k++) {
		wanted = n->peer[k].wanted;
		if ((v->all & BIT_ULL(k)) && k != n->cfg.self && k != id &&
		    wanted && !(wanted & BIT_ULL(id)))
			return false;
	}
	return true;
}

/* Heads outside the view that ask for a place in it, as ids. */
static u64 joiners(const struct samr_node *n)
{
	const struct samr_peer *p;
	u64 id, found = 0;

	for (id = 1; id < SAMR_IDS; id++) {
		p = &n->peer[id];
		if (!(n->view.wanted & BIT_ULL(id)) || !p->hello_at ||
		    n->now < p->admit_at || p->witness != n->view.referee ||
		    n->now - p->hello_at > SAMR_HELLO_LIFE * n->cfg.beat)
			continue;
		/* What it said before it was a member, and fell silent. */
		if (samr_view_has(n, id, p->inc))
			continue;
		/* An earlier incarnation has to go first. */
		if (n->view.all & ~n->detect.suspects & BIT_ULL(id))
			continue;
		if (!wanted_by_all(n, id)) {
			samr_mark("not wanted by all");
			continue;
		}
		found |= BIT_ULL(id);
	}
	return found;
}

/* Learners that can have a vote now. */
static u64 ready(const struct samr_node *n)
{
	u64 voters = n->view.voters & ~n->view.retired & ~n->detect.suspects;
	u64 found = 0, id;
	u32 i;

	for (i = 0; i < n->view.count; i++) {
		id = n->view.node[i];
		if ((n->view.seat[i] & SAMR_SEAT_LEARNER) && n->peer[id].ready &&
		    samr_keeper_allows(n, voters, id))
			found |= BIT_ULL(id);
	}
	return found;
}

/* Whose turn is it? The most senior voter that is neither suspect nor leaving. */
static bool my_turn(const struct samr_node *n)
{
	const struct samr_view_state *v = &n->view;
	u64 out = n->detect.suspects | n->detect.hinted | v->retired;
	u32 i;

	for (i = 0; i < v->count; i++)
		if (!v->seat[i] && !(out & BIT_ULL(v->node[i])))
			return i == v->self;
	return false;
}

/* From submitting its leave on a node never coordinates. */
static bool may_try(const struct samr_node *n)
{
	return n->view.epoch && !n->view.seat[n->view.self] &&
	       !n->acceptor.leaving && !n->view.next.epoch;
}

static bool needed(const struct samr_node *n)
{
	return samr_node_wedged(n) || n->detect.suspects ||
	       n->detect.hinted || n->coordinator.wanted ||
	       n->view.retired || ready(n) || samr_detect_quarrel(n) ||
	       (joiners(n) && n->view.count < SAMR_HEADS_MAX);
}

/* Voters of the view that have not left: what legality is relative to. */
static u64 base_voters(const struct samr_node *n)
{
	return n->view.voters & ~n->view.retired;
}

static enum samr_verdict verdict(const struct samr_node *n, u64 set)
{
	return samr_policy_verdict(samr_view_policy(n), base_voters(n),
				   n->view.witness, set, samr_fence_dead(n));
}

static void send_prepare(struct samr_node *n)
{
	struct samr_coordinator *c = &n->coordinator;

	c->send_at = n->now + n->cfg.beat / 2;
	if (c->phase == SAMR_PHASE_BLOCKED)
		c->send_at = n->now + n->cfg.beat;
	samr_acceptor_send(n, SAMR_DEST_ALL, SAMR_REC_PREPARE, &c->ballot,
			   n->view.epoch);
}

static void start(struct samr_node *n)
{
	struct samr_coordinator *c = &n->coordinator;
	u64 self = n->cfg.self;

	samr_mark("view change begun");
	c->seen = max(c->seen, n->acceptor.promised.counter) + 1;
	c->ballot.counter = c->seen;
	c->ballot.node = self;
	c->ballot.inc = n->cfg.inc;
	c->phase = SAMR_PHASE_PREPARE;
	c->wanted = false;
	samr_acceptor_promise(n, &c->ballot);
	c->answered = BIT_ULL(self);
	samr_acceptor_answer(n, &c->answer[self]);
	c->best.counter = 0;
	if (c->answer[self].accepted.counter) {
		c->best = n->acceptor.accepted;
		c->adopt = n->acceptor.plan;
	}
	c->until = n->now + n->cfg.dead;
	c->grace = n->now + SAMR_HINT_GRACE * n->cfg.beat;
	c->due = true;
	send_prepare(n);
}

/* Those of @set that hear each other, as large as it gets with @must in it. */
static u64 clique(const struct samr_node *n, u64 set, u64 must)
{
	u64 best = must, id, bit, with;

	for (id = 1; id < SAMR_IDS; id++) {
		bit = BIT_ULL(id);
		if (!(set & bit) || (must & bit))
			continue;
		/* Everybody in @must and this one hear each other? */
		with = must | bit;
		if ((n->coordinator.answer[id].hears & with) != with)
			continue;
		for (u64 k = 1; k < SAMR_IDS; k++)
			if ((must & BIT_ULL(k)) &&
			    !(n->coordinator.answer[k].hears & bit))
				with = 0;
		if (!with)
			continue;
		with = clique(n, set & ~(bit | (bit - 1)), with);
		if (samr_policy_count(with) > samr_policy_count(best))
			best = with;
		/* All that could come were in it: there is no larger one. */
		if (best == (set | must))
			break;
	}
	return best;
}

/* Of those who answered: they have asked to leave, and have no vote. */
static u64 leavers(const struct samr_node *n)
{
	u64 set = 0, id;

	for (id = 1; id < SAMR_IDS; id++)
		if ((n->coordinator.answered & BIT_ULL(id)) &&
		    (n->coordinator.answer[id].flags & SAMR_ANSWER_LEAVING))
			set |= BIT_ULL(id);
	return set;
}

static u64 voters_answered(const struct samr_node *n)
{
	return n->coordinator.answered & base_voters(n) & ~leavers(n);
}

static void send_accept(struct samr_node *n)
{
	struct samr_coordinator *c = &n->coordinator;
	struct samr_plan p = c->plan;

	c->send_at = n->now + n->cfg.beat / 2;
	if (c->phase == SAMR_PHASE_HOLD)
		p.flags |= SAMR_PLAN_HOLD;
	samr_view_put(n, SAMR_DEST_ALL, SAMR_REC_ACCEPT, &c->ballot, &p);
}

/* Who has a seat with the flags @is, of those in @mask. */
static u64 seats(const struct samr_plan *p, u32 mask, u32 is)
{
	u64 set = 0;
	u32 i;

	for (i = 0; i < p->count; i++)
		if ((p->seat[i].flags & mask) == is)
			set |= BIT_ULL(p->seat[i].node);
	return set;
}

static u64 voters_of(const struct samr_plan *p)
{
	return seats(p, SAMR_SEAT_FLAGS, 0);
}

static u64 seated(const struct samr_plan *p)
{
	return seats(p, 0, 0);
}

static u64 witness_of(const struct samr_plan *p)
{
	return seats(p, SAMR_SEAT_WITNESS, SAMR_SEAT_WITNESS);
}

/* May @set go on in the view that is proposed? */
static enum samr_verdict verdict_of(const struct samr_node *n,
				    const struct samr_plan *p, u64 set)
{
	enum samr_policy policy = p->flags & SAMR_PLAN_FENCE ?
				  SAMR_POLICY_FENCE : SAMR_POLICY_MAJORITY;

	return samr_policy_verdict(policy, voters_of(p), witness_of(p), set,
				   samr_fence_dead(n));
}

/* R6: a legal set of the base and of the new view. */
static bool decided(const struct samr_node *n)
{
	const struct samr_coordinator *c = &n->coordinator;

	return verdict(n, c->accepts) == SAMR_VERDICT_LEGAL &&
	       verdict_of(n, &c->plan, c->accepts) == SAMR_VERDICT_LEGAL;
}

static void decide(struct samr_node *n)
{
	struct samr_coordinator *c = &n->coordinator;
	const struct samr_ballot ballot = c->ballot;

	samr_mark("view decided");
	if (!(seated(&c->plan) & BIT_ULL(n->cfg.self))) {
		/* One without us: the others must hear of it before we go. */
		samr_view_put(n, SAMR_DEST_ALL, SAMR_REC_VIEW, &ballot,
			      &c->plan);
		samr_frame_flush(n);
	}
	samr_coordinator_stop(n);
	samr_view_told(n, n->cfg.self, n->cfg.inc, &ballot, &c->plan);
	if (n->view.epoch == c->plan.epoch)
		samr_view_announce(n);
	else if (!n->gone)
		samr_view_put(n, SAMR_DEST_ALL, SAMR_REC_VIEW, &ballot,
			      &c->plan);
}

/*
 * R11: the witness accepts without data. So all who will be members hold the cut
 * before anybody is asked to accept: otherwise it could die with one of them, and
 * the others could do nothing, as the witness has accepted. Of what was accepted
 * before that is known.
 */
static bool all_hold(const struct samr_node *n)
{
	const struct samr_coordinator *c = &n->coordinator;
	const struct samr_plan *p = &c->plan;
	u32 i;

	if (!(n->view.witness | witness_of(p)) ||
	    samr_ballot_cmp(&p->born, &c->ballot))
		return true;
	for (i = 0; i < p->count; i++)
		if (!p->seat[i].flags && p->seat[i].node != n->cfg.self &&
		    c->answer[p->seat[i].node].prefix < p->base - 1)
			return false;
	return true;
}

/* One of those who answered and hold the order up to @upto; 0: nobody does. */
static u64 giver_of(const struct samr_node *n, u64 upto)
{
	const struct samr_coordinator *c = &n->coordinator;
	u64 id;

	for (id = 1; id < SAMR_IDS; id++)
		if ((c->answered & ~n->view.witness & BIT_ULL(id)) &&
		    c->answer[id].prefix >= upto)
			return id;
	return 0;
}

/* Our own accept is required: we hold the whole cut before we ask others. */
static void propose(struct samr_node *n)
{
	struct samr_coordinator *c = &n->coordinator;

	if (samr_receiver_prefix(n) < c->plan.base - 1) {
		samr_mark("coordinator lacks the cut");
		c->phase = SAMR_PHASE_PULL;
		c->send_at = SAMR_NEVER;
		c->until = n->now + 2 * n->cfg.dead;
		samr_receiver_pull(n, c->plan.base - 1,
				   giver_of(n, c->plan.base - 1),
				   c->answered & ~n->view.witness &
				   ~BIT_ULL(n->cfg.self));
		return;
	}
	if (!all_hold(n)) {
		samr_mark("members lack the cut");
		c->phase = SAMR_PHASE_HOLD;
		c->until = n->now + 2 * n->cfg.dead;
		send_accept(n);
		return;
	}
	c->phase = SAMR_PHASE_ACCEPT;
	c->until = n->now + 2 * n->cfg.dead;
	c->accepts = 0;
	n->acceptor.accepted = c->ballot;
	n->acceptor.plan = c->plan;
	if (!(n->view.retired & BIT_ULL(n->cfg.self)))
		c->accepts |= BIT_ULL(n->cfg.self);
	if (decided(n)) {
		decide(n);
		return;
	}
	send_accept(n);
}

static void seat(struct samr_plan *p, u64 id, u64 inc, u32 flags)
{
	if (p->count == SAMR_HEADS_MAX)
		return;
	p->seat[p->count].node = (u32)id;
	p->seat[p->count].inc = inc;
	p->seat[p->count++].flags = flags;
}

/* Do they all hear @id, and it them? */
static bool meets(const struct samr_node *n, u64 id, u64 members)
{
	const struct samr_answer *answer = n->coordinator.answer;
	u64 k;

	if (members & ~answer[id].hears)
		return false;
	for (k = 1; k < SAMR_IDS; k++)
		if ((members & BIT_ULL(k)) && !(answer[k].hears & BIT_ULL(id)))
			return false;
	return true;
}

/*
 * R4: members are those who answered, and newcomers; the cut is the longest. One
 * learner at a time gets a vote: should it die before this is decided, those of
 * the base are still a legal set of what they have accepted.
 */
static void compose(struct samr_node *n, u64 members)
{
	struct samr_coordinator *c = &n->coordinator;
	const struct samr_view_state *v = &n->view;
	struct samr_plan *p = &c->plan;
	u64 id, bit, come, cut = 0;
	bool promoted = false, follows;
	u32 i, flags;

	memset(p, 0, sizeof(*p));
	p->born = c->ballot;
	p->epoch = v->epoch + 1;
	p->key = samr_node_key(n);
	p->flags = v->flags;
	for (i = 0; i < v->count; i++) {
		id = v->node[i];
		bit = BIT_ULL(id);
		if (!(c->answered & bit))
			continue;
		follows = v->seat[i] && meets(n, id, members);
		/* A learner is no holder, but can not take back what it has delivered. */
		if (!v->seat[i] || (follows && (v->seat[i] & SAMR_SEAT_LEARNER)))
			cut = max(cut, c->answer[id].prefix);
		if (members & bit)
			seat(p, id, v->inc[i], 0);
		else if (follows) {
			flags = v->seat[i];
			if (!promoted && (flags & SAMR_SEAT_LEARNER) &&
			    (c->answer[id].flags & SAMR_ANSWER_READY) &&
			    samr_keeper_allows(n, members, id)) {
				promoted = true;
				flags = 0;
			}
			seat(p, id, v->inc[i], flags);
		}
	}
	come = joiners(n);
	for (id = 1; id < SAMR_IDS; id++)
		if (come & ~seated(p) & BIT_ULL(id))
			seat(p, id, n->peer[id].inc,
			     v->referee & BIT_ULL(id) ? SAMR_SEAT_WITNESS :
							SAMR_SEAT_LEARNER);
	p->base = cut + 1;
}

/* R2: those without whom nothing is legal are fenced before we go on. */
static void block(struct samr_node *n, u64 out, enum samr_verdict why)
{
	struct samr_coordinator *c = &n->coordinator;
	const struct samr_view_state *v = &n->view;
	u32 i;

	samr_mark("view change blocked");
	c->phase = SAMR_PHASE_BLOCKED;
	c->until = SAMR_NEVER;
	c->send_at = min(c->send_at, n->now + n->cfg.beat);
	if (why != SAMR_VERDICT_UNFENCED)
		return;
	for (i = 0; i < v->count; i++)
		if (out & BIT_ULL(v->node[i]))
			samr_fence_want(n, v->node[i], v->inc[i], v->epoch + 1,
					SAMR_FENCE_BLOCKED);
}

/*
 * Heads that were cut off are heard again all at the same time: the first answers
 * would do, and the others, which are well, would be left behind. For a moment
 * they are waited for.
 */
static bool too_soon(struct samr_node *n)
{
	struct samr_coordinator *c = &n->coordinator;
	u64 silent = n->view.all & ~c->answered & ~n->view.retired &
		     ~samr_fence_dead(n);

	if (c->phase != SAMR_PHASE_BLOCKED || !silent || n->now >= c->until)
		return false;
	if (c->until == SAMR_NEVER) {
		samr_mark("blocked no more");
		c->until = n->now + n->cfg.beat;
		c->send_at = min(c->send_at, n->now + n->cfg.beat / 2);
	}
	return true;
}

static void conclude(struct samr_node *n)
{
	struct samr_coordinator *c = &n->coordinator;
	u64 set = voters_answered(n), self = BIT_ULL(n->cfg.self);
	enum samr_verdict what;
	u64 members;

	/* Some may be heard by now that were not when this try began. */
	c->answer[n->cfg.self].hears = samr_detect_hears(n);
	if (c->best.counter) {
		/* R7: what may have been decided is proposed again, unchanged. */
		what = verdict(n, set | (c->answered & n->view.witness));
		if (what != SAMR_VERDICT_LEGAL) {
			block(n, base_voters(n) & ~set, what);
			return;
		}
		/* Those whom it made members may have died since. */
		what = verdict_of(n, &c->adopt, c->answered & ~leavers(n));
		if (what != SAMR_VERDICT_LEGAL) {
			block(n, voters_of(&c->adopt) & ~c->answered, what);
			return;
		}
		if (too_soon(n))
			return;
		samr_mark("proposal adopted");
		c->plan = c->adopt;
		propose(n);
		return;
	}
	members = clique(n, set & ~self, self);
	what = verdict(n, members | (c->answered & n->view.witness));
	if (what != SAMR_VERDICT_LEGAL) {
		block(n, base_voters(n) & ~members, what);
		return;
	}
	if (too_soon(n))
		return;
	compose(n, members);
	propose(n);
}

/* An answer that names an accepted proposal counts when that is here, too. */
static bool complete(const struct samr_node *n, const struct samr_answer *a)
{
	return !a->accepted.counter ||
	       samr_ballot_cmp(&n->coordinator.best, &a->accepted) >= 0;
}

/* All that are not suspect have answered, or the time is up. */
static void look(struct samr_node *n)
{
	struct samr_coordinator *c = &n->coordinator;
	u64 up = samr_detect_hears(n) & ~n->view.retired;

	/* Nobody is left behind at once for a hint that may be wrong. */
	up &= ~(n->now < c->grace ? n->detect.sure : n->detect.hinted);

	if (c->phase != SAMR_PHASE_PREPARE && c->phase != SAMR_PHASE_BLOCKED)
		return;
	if (c->phase == SAMR_PHASE_PREPARE && (up & ~c->answered) &&
	    n->now < c->until)
		return;
	conclude(n);
}

void samr_coordinator_run(struct samr_node *n)
{
	struct samr_coordinator *c = &n->coordinator;

	while (c->due && !n->gone) {
		c->due = false;
		if (!may_try(n)) {
			samr_coordinator_stop(n);
			continue;
		}
		if (c->phase != SAMR_PHASE_IDLE)
			look(n);
		else if (my_turn(n) && needed(n) && n->now >= c->again_at)
			start(n);
	}
}

enum samr_drop samr_coordinator_answer(struct samr_node *n, u64 src, u64 inc,
				       const struct samr_record *r)
{
	struct samr_coordinator *c = &n->coordinator;
	u32 index = samr_node_index(n, src);

	if (c->phase == SAMR_PHASE_IDLE ||
	    samr_ballot_cmp(&r->ballot, &c->ballot))
		return SAMR_DROP_DUPLICATE;
	if (index != SAMR_NO_INDEX && n->view.inc[index] != inc &&
	    !r->answer.epoch) {
		/*
		 * R1: our ballot is new, so this is no echo of old times: the
		 * machine runs another incarnation now, and the member is dead.
		 */
		samr_mark("incarnation gone");
		samr_fence_known(n, src, n->view.inc[index]);
		return SAMR_DROP_NONE;
	}
	if (!samr_view_has(n, src, inc))
		return SAMR_DROP_INCARNATION;
	if (r->answer.epoch != n->view.epoch) {
		samr_view_tell(n, src);
		return SAMR_DROP_NONE;
	}
	if (c->phase == SAMR_PHASE_HOLD && (c->answered & BIT_ULL(src))) {
		c->answer[src].prefix = r->answer.prefix;
		if (all_hold(n))
			propose(n);
		return SAMR_DROP_NONE;
	}
	if (c->phase != SAMR_PHASE_PREPARE && c->phase != SAMR_PHASE_BLOCKED)
		return SAMR_DROP_NONE;
	if (!complete(n, &r->answer))
		return SAMR_DROP_NONE;
	c->answer[src] = r->answer;
	c->answered |= BIT_ULL(src);
	n->coordinator.due = true;
	return SAMR_DROP_NONE;
}

enum samr_drop samr_coordinator_taken(struct samr_node *n, u64 src, u64 inc,
				      const struct samr_record *r)
{
	struct samr_coordinator *c = &n->coordinator;

	if (c->phase != SAMR_PHASE_PREPARE && c->phase != SAMR_PHASE_BLOCKED)
		return SAMR_DROP_NONE;
	if (!samr_view_has(n, src, inc))
		return SAMR_DROP_INCARNATION;
	if (r->plan.epoch != n->view.epoch + 1)
		return SAMR_DROP_EPOCH;
	if (samr_ballot_cmp(&r->ballot, &c->best) > 0) {
		c->best = r->ballot;
		c->adopt = r->plan;
	}
	return SAMR_DROP_NONE;
}

enum samr_drop samr_coordinator_accepted(struct samr_node *n, u64 src, u64 inc,
					 const struct samr_record *r)
{
	struct samr_coordinator *c = &n->coordinator;

	if (c->phase != SAMR_PHASE_ACCEPT ||
	    samr_ballot_cmp(&r->ballot, &c->ballot))
		return SAMR_DROP_DUPLICATE;
	if (!samr_view_has(n, src, inc))
		return SAMR_DROP_INCARNATION;
	c->accepts |= BIT_ULL(src);
	if (decided(n))
		decide(n);
	return SAMR_DROP_NONE;
}

enum samr_drop samr_coordinator_refused(struct samr_node *n,
					const struct samr_record *r)
{
	struct samr_coordinator *c = &n->coordinator;

	c->seen = max(c->seen, r->ballot.counter);
	/* A member takes no part in the view in force any more. */
	if (r->epoch == n->view.epoch && !samr_node_wedged(n) &&
	    samr_ballot_cmp(&r->ballot, &n->view.ballot) > 0) {
		c->wanted = true;
		c->due = true;
	}
	if (c->phase == SAMR_PHASE_IDLE ||
	    samr_ballot_cmp(&r->ballot, &c->ballot) <= 0)
		return SAMR_DROP_NONE;
	samr_mark("ballot refused");
	samr_coordinator_stop(n);
	c->again_at = n->now + n->cfg.beat +
		      samr_node_random(n) % (2 * n->cfg.beat);
	return SAMR_DROP_NONE;
}

void samr_coordinator_progress(struct samr_node *n)
{
	if (n->coordinator.phase == SAMR_PHASE_PULL &&
	    samr_receiver_prefix(n) >= n->coordinator.plan.base - 1)
		propose(n);
}

static void repeat(struct samr_node *n)
{
	struct samr_coordinator *c = &n->coordinator;

	if (c->phase == SAMR_PHASE_ACCEPT || c->phase == SAMR_PHASE_HOLD)
		send_accept(n);
	else
		send_prepare(n);
}

void samr_coordinator_timer(struct samr_node *n)
{
	struct samr_coordinator *c = &n->coordinator;
	struct samr_acceptor *a = &n->acceptor;

	if (n->now >= c->send_at)
		repeat(n);
	if (n->detect.hinted && n->now >= c->grace)
		c->due = true;
	if (n->now >= c->until) {
		if (c->phase == SAMR_PHASE_PREPARE ||
		    c->phase == SAMR_PHASE_BLOCKED) {
			c->due = true;
		} else {
			samr_mark("try begun anew");
			start(n);
		}
	}
	if (n->now >= a->stall_at) {
		a->stalls++;
		a->stall_at = SAMR_NEVER;
		if (a->leaving) {
			/* No vote, no data that counts: it can as well go. */
			samr_mark("left without the others' consent");
			samr_node_quit(n, SAMR_OUT_RETIRED);
			return;
		}
		if (may_try(n) && c->phase == SAMR_PHASE_IDLE) {
			samr_mark("another one tries");
			start(n);
		}
		samr_acceptor_stalled(n);
	}
	if (n->now >= c->again_at && c->again_at) {
		c->again_at = 0;
		c->due = true;
	}
	if (n->view.epoch && n->now >= c->look_at) {
		c->look_at = n->now + n->cfg.beat;
		c->due = true;
	}
}

u64 samr_coordinator_deadline(const struct samr_node *n)
{
	const struct samr_coordinator *c = &n->coordinator;
	u64 at = min(c->send_at, c->until);

	if (c->again_at)
		at = min(at, c->again_at);
	if (c->phase == SAMR_PHASE_PREPARE && n->detect.hinted &&
	    n->now < c->grace)
		at = min(at, c->grace);
	return min(at, n->acceptor.stall_at);
}
