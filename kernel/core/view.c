// SPDX-License-Identifier: GPL-2.0
/* The view: formation and installation, see view.h. */
#include "view.h"
#include "acceptor.h"
#include "alarm.h"
#include "coordinator.h"
#include "credit.h"
#include "detect.h"
#include "fence.h"
#include "flow.h"
#include "frame.h"
#include "group.h"
#include "keeper.h"
#include "learner.h"
#include "policy.h"
#include "receiver.h"
#include "sequencer.h"
#include "stable.h"
#include "state.h"

void samr_view_init(struct samr_node *n)
{
	memset(n->view.index, SAMR_NO_INDEX, sizeof(n->view.index));
	n->view.send_at = SAMR_NEVER;
}

bool samr_view_has(const struct samr_node *n, u64 id, u64 inc)
{
	u32 index = samr_node_index(n, id);

	return index != SAMR_NO_INDEX && n->view.inc[index] == inc;
}

enum samr_policy samr_view_policy(const struct samr_node *n)
{
	return n->view.flags & SAMR_PLAN_FENCE ? SAMR_POLICY_FENCE :
						 SAMR_POLICY_MAJORITY;
}

void samr_view_heard(struct samr_node *n, u32 index)
{
	n->view.joined |= 1u << index;
	samr_detect_heard(n, index);
}

static u64 lowest_of(u64 mask)
{
	u64 id = 1;

	while (!(mask & BIT_ULL(id)))
		id++;
	return id;
}

/* A number that stands for the founders, in these incarnations. */
static u64 mix(u64 id, u64 inc)
{
	u64 z = (inc ^ (id << 56)) * 0xbf58476d1ce4e5b9ULL;

	return (z ^ (z >> 31)) * 0x94d049bb133111ebULL;
}

static u64 inc_of(const struct samr_node *n, u64 id)
{
	return id == n->cfg.self ? n->cfg.inc : n->peer[id].inc;
}

static u64 own_digest(const struct samr_node *n)
{
	u64 id, sum = 0;

	for (id = 1; id < SAMR_IDS; id++)
		if ((n->view.founders & BIT_ULL(id)) && inc_of(n, id))
			sum += mix(id, inc_of(n, id));
	return sum;
}

/* Where the seats of a plan sit. */
static u32 seat_of(const struct samr_plan *p, u64 id, u64 inc)
{
	u32 i;

	for (i = 0; i < p->count; i++)
		if (p->seat[i].node == id && p->seat[i].inc == inc)
			return i;
	return SAMR_NO_INDEX;
}

/* What the members are to this node. */
static void take_seats(struct samr_node *n, const struct samr_plan *p)
{
	struct samr_view_state *v = &n->view;
	u32 i;

	memset(v->index, SAMR_NO_INDEX, sizeof(v->index));
	v->all = 0;
	v->voters = 0;
	v->learners = 0;
	v->witness = 0;
	v->retired = 0;
	v->count = p->count;
	v->leader = SAMR_NO_INDEX;
	for (i = 0; i < v->count; i++) {
		v->node[i] = p->seat[i].node;
		v->inc[i] = p->seat[i].inc;
		v->seat[i] = p->seat[i].flags;
		v->index[v->node[i]] = (u8)i;
		v->ack[i] = 0;
		v->all |= BIT_ULL(v->node[i]);
		if (v->seat[i] & SAMR_SEAT_WITNESS)
			v->witness |= BIT_ULL(v->node[i]);
		if (v->seat[i] & SAMR_SEAT_LEARNER)
			v->learners |= BIT_ULL(v->node[i]);
		if (!v->seat[i])
			v->voters |= BIT_ULL(v->node[i]);
		if (!v->seat[i] && v->leader == SAMR_NO_INDEX)
			v->leader = i;
		n->peer[v->node[i]].ready = false;
		samr_fence_forget(n, v->node[i], v->inc[i]);
	}
	v->sequencer = v->node[v->leader];
	v->self = v->index[n->cfg.self];
	v->holders = samr_policy_holders(samr_view_policy(n),
					 v->flags & SAMR_PLAN_QUORUM,
					 samr_policy_count(v->voters));
}

/* Members that are not in the view any more are fenced in the background. */
static void leave_behind(struct samr_node *n, const struct samr_plan *p)
{
	struct samr_view_state *v = &n->view;
	u64 heard;
	u32 i;

	for (i = 0; i < v->count; i++) {
		if (seat_of(p, v->node[i], v->inc[i]) != SAMR_NO_INDEX ||
		    (v->retired & BIT_ULL(v->node[i])))
			continue;
		samr_coordinator_penalty(n, v->node[i]);
		/* What it asked for before counts no more. */
		if (n->peer[v->node[i]].inc == v->inc[i])
			n->peer[v->node[i]].hello_at = 0;
		if (v->seat[i])
			continue;
		samr_fence_want(n, v->node[i], v->inc[i], p->epoch,
				SAMR_FENCE_EXCLUDED);
		heard = n->peer[v->node[i]].heard;
		if (!v->lost_at || heard < v->lost_at)
			v->lost_at = heard;
	}
}

/* The origins move to their new places; those of newcomers begin with 1. */
static void move_origins(struct samr_node *n, const struct samr_plan *p)
{
	struct samr_origin moved[SAMR_HEADS_MAX], *from = n->origin;
	u32 i, k, left = 0;

	for (i = 0; i < p->count; i++) {
		k = n->view.epoch ? samr_node_index(n, p->seat[i].node) :
				    SAMR_NO_INDEX;
		if (k != SAMR_NO_INDEX && n->view.inc[k] == p->seat[i].inc) {
			moved[i] = from[k];
			from[k].win.slot = NULL;
		} else {
			moved[i].win.slot = NULL;
		}
	}
	for (i = 0; i < SAMR_HEADS_MAX; i++) {
		if (i < p->count && moved[i].win.slot)
			continue;
		while (!from[left].win.slot)
			left++;
		/* Those of no member are empty. */
		if (left < n->view.count)
			samr_window_reset(&from[left].win, 1);
		moved[i] = (struct samr_origin){
			.win	 = from[left].win,
			.ordered = 1,
			.ask_at	 = SAMR_NEVER,
		};
		left++;
	}
	memcpy(n->origin, moved, sizeof(moved));
	for (i = 0; i < SAMR_HEADS_MAX; i++) {
		n->origin[i].ordered = n->origin[i].win.base;
		n->origin[i].ask_at = SAMR_NEVER;
	}
}

/* The groups' credits move with the members. */
static void move_credits(struct samr_node *n, const struct samr_plan *p)
{
	u8 to[SAMR_HEADS_MAX];
	u32 i;

	for (i = 0; i < SAMR_HEADS_MAX; i++)
		to[i] = SAMR_NO_INDEX;
	for (i = 0; i < n->view.count; i++)
		to[i] = (u8)seat_of(p, n->view.node[i], n->view.inc[i]);
	samr_credit_move(n, to);
}

/* The service goes on: how long after the last that was heard of those lost? */
static void count_recovery(struct samr_node *n)
{
	struct samr_node_stats *s = &n->stats;
	u64 took = n->now - n->view.lost_at;

	if (!n->view.lost_at)
		return;
	n->view.lost_at = 0;
	s->recoveries++;
	s->recovery_ns += took;
	s->recovery_ns_last = took;
	s->recovery_ns_max = max(s->recovery_ns_max, took);
}

/* R8: only a fresh proposal, at a ballot not below the promise, unwedges. */
static void unwedge(struct samr_node *n)
{
	const struct samr_view_state *v = &n->view;

	if (samr_ballot_cmp(&v->ballot, &v->born) ||
	    samr_ballot_cmp(&v->ballot, &n->acceptor.promised) < 0) {
		samr_mark("installed, still wedged");
		/* What we tried was relative to the view before. */
		samr_coordinator_stop(n);
		samr_acceptor_wedge(n);
		n->rcv.limit = v->base;
		samr_coordinator_consider(n);
		return;
	}
	n->acceptor.wedged_at = 0;
	n->acceptor.stuck_at = SAMR_NEVER;
	n->acceptor.stalls = 0;
	n->acceptor.stall_at = SAMR_NEVER;
	if (n->acceptor.leaving)
		samr_acceptor_leave(n);
	n->rcv.limit = U64_MAX;
	samr_coordinator_stop(n);
	samr_fence_needless(n);
	count_recovery(n);
	samr_sequencer_start(n);
	samr_session_start(n);
	samr_alarm_start(n);
	samr_flow_start(n);
	samr_flow_freed(n);
}

/*
 * @p is the view from here on. The caller has seen to it that the order is
 * delivered here up to its base, or begins there.
 */
static void install(struct samr_node *n, const struct samr_ballot *ballot,
		    const struct samr_plan *p)
{
	struct samr_view_state *v = &n->view;
	u32 i;

	samr_frame_flush(n);
	if (v->epoch) {
		leave_behind(n, p);
		move_credits(n, p);
	}
	move_origins(n, p);
	v->flags = p->flags;
	samr_keeper_learners(n, p);
	take_seats(n, p);
	v->epoch = p->epoch;
	v->base = p->base;
	v->key = p->key;
	v->ballot = *ballot;
	v->born = p->born;
	v->next.epoch = 0;
	v->joined = 1u << v->self;
	v->send_at = SAMR_NEVER;
	v->start_time = n->time;
	for (i = 0; i < v->count; i++)
		v->start[i] = n->origin[i].win.base;
	n->acceptor.asked.counter = 0;
	n->rcv.target = 0;
	n->flow.refused = true;
	n->out->view = true;
	/* Those outside shall know, too, that there is a view. */
	n->beat_at = v->wanted & ~BIT_ULL(n->cfg.self) ? n->now : SAMR_NEVER;
	n->beat_news = 0;
	samr_detect_start(n);
	samr_stable_start(n);
	unwedge(n);
}

/* A node that held nothing: the order begins at the base. */
static void install_from_nothing(struct samr_node *n,
				 const struct samr_ballot *ballot,
				 const struct samr_plan *p)
{
	u32 i = seat_of(p, n->cfg.self, n->cfg.inc);

	for (u32 k = 0; k < SAMR_HEADS_MAX; k++)
		samr_window_reset(&n->origin[k].win, 1);
	samr_receiver_begin(n, p->base);
	samr_group_forget(n);
	n->view.epoch = 0;
	install(n, ballot, p);
	if (p->seat[i].flags & SAMR_SEAT_LEARNER)
		samr_learner_start(n);
}

void samr_view_try(struct samr_node *n)
{
	struct samr_view_state *v = &n->view;
	const struct samr_plan p = v->next;
	const struct samr_ballot ballot = v->next_ballot;
	struct samr_msg *msg;

	if (p.epoch && samr_node_watches(n)) {
		/* R11: it holds no data; the cut is all that it remembers. */
		samr_mark("witness follows");
		samr_receiver_begin(n, p.base);
		install(n, &ballot, &p);
		return;
	}
	if (!p.epoch || !samr_receiver_reach(n, p.base - 1))
		return;
	msg = samr_group_view_new(n, p.base);
	if (!msg) {
		n->rcv.retry_at = n->now + SAMR_RETRY;
		return;
	}
	/* R9: deliver up to the cut, then the view; what was behind it is void. */
	samr_stable_all(n, p.base - 1);
	samr_receiver_cut(n);
	samr_node_passed(n, msg->meta.time);
	samr_receiver_view(n, msg);
	install(n, &ballot, &p);
	samr_receiver_deliver(n);
}

/* Those who decided take us for the witness, or not, as our admin does. */
static bool suits(const struct samr_node *n, const struct samr_plan *p)
{
	u32 i = seat_of(p, n->cfg.self, n->cfg.inc);

	return !(p->seat[i].flags & SAMR_SEAT_WITNESS) ==
	       !samr_node_watches(n);
}

/* Whom a first view is of, all with a vote; 0: it can not be one. */
static u64 founders_of(const struct samr_node *n, const struct samr_plan *p)
{
	u64 mask = 0, bit;
	u32 i, flags;

	for (i = 0; i < p->count; i++) {
		bit = BIT_ULL(p->seat[i].node);
		flags = bit & n->view.referee ? SAMR_SEAT_WITNESS : 0;
		if (p->seat[i].flags != flags)
			return 0;
		mask |= bit;
	}
	return mask;
}

/*
 * The first view that was asked for; its number is none that may have been before.
 * What was asked for just before may have been granted, and those in it wait for us:
 * they have to learn that this incarnation will not come.
 */
static enum samr_drop first_view(struct samr_node *n,
				 const struct samr_ballot *ballot,
				 const struct samr_plan *p)
{
	const struct samr_view_state *v = &n->view;
	u64 mask = founders_of(n, p);
	bool wanted = mask && mask == v->founders;

	if (!samr_keeper_is_first(p->epoch))
		return SAMR_DROP_VIEW;
	if (wanted && p->epoch > n->keeper.saved.epoch) {
		install_from_nothing(n, ballot, p);
		return SAMR_DROP_NONE;
	}
	if (wanted || (mask && mask == v->before)) {
		samr_mark("first view that is not wanted any more");
		samr_node_quit(n, SAMR_OUT_EXPELLED);
	}
	return SAMR_DROP_VIEW;
}

enum samr_drop samr_view_told(struct samr_node *n, u64 src, u64 inc,
			      const struct samr_ballot *ballot,
			      const struct samr_plan *p)
{
	struct samr_view_state *v = &n->view;
	u32 i = seat_of(p, n->cfg.self, n->cfg.inc);

	if (p->epoch <= v->epoch)
		return p->epoch == v->epoch ? SAMR_DROP_DUPLICATE :
					      SAMR_DROP_EPOCH;
	if (i == SAMR_NO_INDEX) {
		if (!v->epoch)
			return SAMR_DROP_VIEW;
		samr_mark("expelled");
		samr_node_quit(n, n->acceptor.leaving ? SAMR_OUT_RETIRED :
							SAMR_OUT_EXPELLED);
		return SAMR_DROP_NONE;
	}
	/*
	 * Who has no view takes one only from an incarnation that his newest
	 * HELLO names: an older one may tell of a view long gone. The others in
	 * it need not be those that he named.
	 */
	if (!v->epoch && !p->base && n->peer[src].inc != inc)
		return SAMR_DROP_INCARNATION;
	if (!suits(n, p))
		return SAMR_DROP_VIEW;
	if (!v->epoch && !p->base)
		return first_view(n, ballot, p);
	if (!v->epoch || n->learner.active) {
		/* A voter of a later view has taken part in what led to it. */
		if (!p->base || !p->seat[i].flags)
			return SAMR_DROP_VIEW;
		install_from_nothing(n, ballot, p);
		return SAMR_DROP_NONE;
	}
	if (p->epoch != v->epoch + 1 || p->base <= n->rcv.delivered)
		return SAMR_DROP_VIEW;
	if (v->next.epoch)
		return SAMR_DROP_DUPLICATE;
	v->next = *p;
	v->next_ballot = *ballot;
	samr_acceptor_wedge(n);
	if (!samr_node_watches(n))
		samr_receiver_pull(n, p->base - 1, src,
				   samr_view_holders(n, p));
	samr_view_try(n);
	return SAMR_DROP_NONE;
}

/* Two heads have only fences to go on with, unless there is a witness. */
static bool by_fences(const struct samr_node *n)
{
	return n->cfg.policy == SAMR_POLICY_FENCE ||
	       (n->cfg.policy == SAMR_POLICY_AUTO && !n->view.referee &&
		samr_policy_count(n->view.wanted) < 3);
}

/* Less than a HELLO's life ago? @at: 0: never */
static bool lately(const struct samr_node *n, u64 at)
{
	return at && n->now - at <= SAMR_HELLO_LIFE * n->cfg.beat;
}

/*
 * Where not all heads are founders one of the others may have a view, alone: it is
 * listened for first. The witness has nothing that could be lost.
 */
static bool others_have_one(const struct samr_node *n)
{
	const struct samr_view_state *v = &n->view;
	u64 id;

	if (v->founders != v->wanted && lately(n, v->asked_at))
		return true;
	/* What was said while we stood still may be long past. */
	if (lately(n, v->slept_at))
		return true;
	for (id = 1; id < SAMR_IDS; id++)
		if ((v->wanted & ~v->referee & BIT_ULL(id)) &&
		    lately(n, n->peer[id].viewed_at))
			return true;
	return false;
}

/* As the founder with data and the lowest id: does everyone want this view now? */
static void form(struct samr_node *n)
{
	struct samr_view_state *v = &n->view;
	const struct samr_ballot none = { };
	struct samr_plan p = { };
	struct samr_peer *peer;
	u64 id, digest;

	if (v->epoch || !v->founders ||
	    lowest_of(v->founders & ~v->referee) != n->cfg.self)
		return;
	digest = own_digest(n);
	for (id = 1; id < SAMR_IDS; id++) {
		if (!(v->founders & BIT_ULL(id)))
			continue;
		p.seat[p.count].node = (u32)id;
		if (v->referee & BIT_ULL(id))
			p.seat[p.count].flags = SAMR_SEAT_WITNESS;
		p.seat[p.count++].inc = inc_of(n, id);
		peer = &n->peer[id];
		if (id == n->cfg.self)
			continue;
		if (peer->wanted != v->wanted || peer->digest != digest ||
		    peer->witness != v->referee ||
		    peer->founders != v->founders || !lately(n, peer->hello_at))
			return;
	}
	if (others_have_one(n)) {
		samr_mark("no first view beside another one");
		return;
	}
	p.epoch = samr_keeper_first(n, v->founders);
	p.key = samr_node_key(n);
	if (by_fences(n))
		p.flags |= SAMR_PLAN_FENCE;
	if (n->cfg.quorum)
		p.flags |= SAMR_PLAN_QUORUM;
	install_from_nothing(n, &none, &p);
	if (v->count > 1)
		samr_view_announce(n);
}

static bool makes_sense(const struct samr_node *n, u64 members, u64 witness,
			u64 founders)
{
	if (!(members & BIT_ULL(n->cfg.self)) || (members & 1) ||
	    samr_policy_count(members) > SAMR_HEADS_MAX)
		return false;
	/* R11: no fence replaces it: it has no part where all depends on fences. */
	if ((witness & (witness - 1)) || (witness & ~members) ||
	    members == witness ||
	    (witness && n->cfg.policy == SAMR_POLICY_FENCE))
		return false;
	return !(founders & ~members) && (!founders || (founders & ~witness));
}

/* While there is a view those in it stay, and what they are in it. */
static int may_change(const struct samr_node *n, u64 members, u64 witness)
{
	const struct samr_view_state *v = &n->view;
	u64 change = (v->wanted ^ members) | (v->referee ^ witness);

	if (!change)
		return 0;
	if ((v->wanted & ~members & v->all) ||
	    ((v->referee ^ witness) & (v->all | BIT_ULL(n->cfg.self))))
		return -EBUSY;
	/* A head may be on its way into the view that cannot be seen from here. */
	return (v->wanted & ~members) && samr_node_wedged(n) ? -EAGAIN : 0;
}

void samr_view_news(struct samr_node *n)
{
	if (!n->view.wanted)
		return;
	if (!n->view.epoch) {
		n->view.send_at = n->now;
	} else if (n->view.wanted & ~BIT_ULL(n->cfg.self)) {
		n->beat_news = max(n->beat_news, 1u);
		n->beat_at = n->now;
	}
}

int samr_view_want(struct samr_node *n, u64 members, u64 witness, u64 founders)
{
	struct samr_view_state *v = &n->view;
	bool news;
	int err;

	if (!members) {
		if (v->epoch)
			return -EBUSY;
		v->wanted = 0;
		v->referee = 0;
		v->before = v->founders ?: v->before;
		v->founders = 0;
		v->send_at = SAMR_NEVER;
		return 0;
	}
	if (founders == SAMR_NO_FOUNDERS)
		founders = 0;
	else if (!founders)
		founders = members;
	if (!makes_sense(n, members, witness, founders))
		return -EINVAL;
	err = v->epoch ? may_change(n, members, witness) : 0;
	if (err)
		return err;
	news = v->wanted != members || v->referee != witness ||
	       v->founders != founders;
	if (!v->wanted)
		v->asked_at = max(n->now, 1ULL);
	if (v->founders && v->founders != founders)
		v->before = v->founders;
	v->wanted = members;
	v->referee = witness;
	v->founders = founders;
	if (news || !v->epoch)
		samr_view_news(n);
	samr_coordinator_consider(n);
	form(n);
	return 0;
}

static u64 digest_of(const struct samr_blob *frame, const struct samr_record *r)
{
	struct samr_seat s;
	u64 sum = 0;
	u32 i;

	for (i = 0; i < r->hello.count; i++) {
		samr_wire_seat(frame, r, i, &s);
		if (s.node < SAMR_IDS && (r->hello.founders & BIT_ULL(s.node)))
			sum += mix(s.node, s.inc);
	}
	return sum;
}

/*
 * As the witness or a learner: is there nobody left who could go on from this
 * view? Each machine that was a member runs another incarnation. Should that be
 * wrong, a vote or what was learnt is lost, and nothing else.
 */
static bool abandoned(const struct samr_node *n)
{
	const struct samr_view_state *v = &n->view;
	const struct samr_peer *p;
	u32 i;

	for (i = 0; i < v->count; i++) {
		p = &n->peer[v->node[i]];
		if (v->seat[i])
			continue;
		if (p->inc == v->inc[i] || !lately(n, p->hello_at) ||
		    !(n->detect.suspects & BIT_ULL(v->node[i])))
			return false;
	}
	return true;
}

enum samr_drop samr_view_hello(struct samr_node *n, u64 src, u64 inc,
			       const struct samr_blob *frame,
			       const struct samr_record *r)
{
	struct samr_peer *p = &n->peer[src];
	bool news = p->inc != inc;

	p->inc = inc;
	samr_keeper_heard(n, src, &r->hello.saved, r->hello.members);
	p->founders = r->hello.founders;
	p->witness = r->hello.witness;
	p->digest = digest_of(frame, r);
	p->hello_at = n->now;
	if (!n->view.epoch) {
		/* Name it at once: everybody waits to be named by all. */
		if (news)
			n->view.send_at = n->now;
		form(n);
	} else if (samr_view_has(n, src, inc)) {
		samr_mark("member without the view");
		samr_view_tell(n, src);
	} else if (!(n->view.voters & BIT_ULL(n->cfg.self)) && abandoned(n)) {
		samr_mark("part of a view without heads");
		samr_node_quit(n, SAMR_OUT_EXPELLED);
	} else {
		samr_coordinator_consider(n);
	}
	return SAMR_DROP_NONE;
}

static void send_hello(struct samr_node *n)
{
	struct samr_rec_hello rec = {
		.rec.type = SAMR_REC_HELLO,
		.members  = cpu_to_be64(n->view.wanted),
		.founders = cpu_to_be64(n->view.founders),
	};
	struct samr_rec_seat seats[SAMR_HEADS_MAX];
	struct samr_seat s = { };
	struct samr_blob *b;
	u32 count = 0, len;
	u64 id;

	for (id = 1; id < SAMR_IDS; id++) {
		if (!(n->view.wanted & BIT_ULL(id)) || !inc_of(n, id))
			continue;
		s.node = (u32)id;
		s.inc = inc_of(n, id);
		samr_wire_put_seat(&seats[count++], &s);
	}
	if (n->view.referee)
		rec.rec.flags = (u8)lowest_of(n->view.referee);
	len = sizeof(rec) + count * sizeof(seats[0]);
	rec.rec.len = cpu_to_be16((u16)len);
	rec.count = cpu_to_be32(count);
	samr_wire_put_saved(&rec.saved, &n->keeper.saved);
	b = samr_frame_record(n, SAMR_DEST_ALL, len);
	if (!b)
		return;
	samr_blob_put_data(b, &rec, sizeof(rec));
	samr_blob_put_data(b, seats, count * (u32)sizeof(seats[0]));
}

void samr_view_put(struct samr_node *n, u64 dest, u8 type,
		   const struct samr_ballot *ballot, const struct samr_plan *p)
{
	u32 i, len = sizeof(struct samr_rec_plan) +
		     p->count * sizeof(struct samr_rec_seat);
	struct samr_rec_plan rec;
	struct samr_rec_seat seat;
	struct samr_blob *b;

	b = samr_frame_record(n, dest, len);
	if (!b)
		return;
	memset(&rec, 0, sizeof(rec));
	rec.rec.type = type;
	rec.rec.flags = (u8)p->flags;
	rec.rec.len = cpu_to_be16((u16)len);
	rec.count = cpu_to_be32(p->count);
	samr_wire_put_ballot(&rec.ballot, ballot);
	samr_wire_put_ballot(&rec.born, &p->born);
	rec.epoch = cpu_to_be64(p->epoch);
	rec.base = cpu_to_be64(p->base);
	rec.key[0] = cpu_to_be64(p->key.half[0]);
	rec.key[1] = cpu_to_be64(p->key.half[1]);
	samr_blob_put_data(b, &rec, sizeof(rec));
	for (i = 0; i < p->count; i++) {
		samr_wire_put_seat(&seat, &p->seat[i]);
		samr_blob_put_data(b, &seat, sizeof(seat));
	}
}

u64 samr_view_holders(const struct samr_node *n, const struct samr_plan *p)
{
	u64 mask = 0;
	u32 i;

	for (i = 0; i < p->count; i++)
		if (!p->seat[i].flags && p->seat[i].node != n->cfg.self)
			mask |= BIT_ULL(p->seat[i].node);
	return mask;
}

static void send_view(struct samr_node *n, u64 dest)
{
	const struct samr_view_state *v = &n->view;
	struct samr_plan p = {
		.born	= v->born,
		.epoch	= v->epoch,
		.base	= v->base,
		.key	= v->key,
		.flags	= v->flags,
		.count	= v->count,
	};
	u32 i;

	for (i = 0; i < v->count; i++) {
		p.seat[i].node = (u32)v->node[i];
		p.seat[i].inc = v->inc[i];
		p.seat[i].flags = v->seat[i];
	}
	samr_view_put(n, dest, SAMR_REC_VIEW, &v->ballot, &p);
}

void samr_view_tell(struct samr_node *n, u64 id)
{
	struct samr_peer *p = &n->peer[id];

	if (p->told_at && n->now - p->told_at < n->cfg.beat / 4)
		return;
	p->told_at = n->now;
	send_view(n, id);
}

void samr_view_lag(struct samr_node *n)
{
	if (n->now < n->view.lag_at)
		return;
	samr_mark("view missed");
	n->view.lag_at = n->now + n->cfg.beat / 4;
	n->beat_at = n->now;
}

void samr_view_announce(struct samr_node *n)
{
	send_view(n, SAMR_DEST_ALL);
	if (n->view.count > 1)
		n->view.send_at = n->now + n->cfg.beat;
}

void samr_view_timer(struct samr_node *n)
{
	struct samr_view_state *v = &n->view;

	if (n->now < v->send_at)
		return;
	v->send_at = n->now + n->cfg.beat;
	if (!v->epoch) {
		send_hello(n);
		form(n);
	} else if (v->joined != BIT_ULL(v->count) - 1) {
		send_view(n, SAMR_DEST_ALL);
	} else {
		v->send_at = SAMR_NEVER;
	}
}
