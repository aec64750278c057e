// SPDX-License-Identifier: GPL-2.0
/* Parts of the view change on their own, see leaf_view.h. */
#include "core/acceptor.h"
#include "core/coordinator.h"
#include "core/fence.h"
#include "core/stable.h"
#include "core/state.h"
#include "core/view.h"
#include "leaf_check.h"
#include "leaf_view.h"

#define SELF		5
#define OTHER		6
#define THIRD		7
#define INC		1
#define OTHER_INC	9

static struct samr_node *born(struct samr_actions *out)
{
	struct samr_node_config cfg = { .self = SELF, .inc = INC,
					.history = 16, .submits = 16 };
	struct samr_node *n = samr_node_new(&cfg);

	check(n);
	samr_actions_init(out);
	return n;
}

/* Alone in its view, since time 1 ms. */
static struct samr_node *alone(struct samr_actions *out)
{
	struct samr_event ev = { .type = SAMR_EV_MEMBERS, .now = SAMR_MSEC,
				 .members = BIT_ULL(SELF) };
	struct samr_node *n = born(out);

	check(!samr_node_step(n, &ev, out));
	ev.type = SAMR_EV_FLUSH;
	check(!samr_node_step(n, &ev, out));
	n->out = out;	/* as in a step */
	return n;
}

/* One more head in the view, as if it had always been there. */
static void add(struct samr_node *n, u64 id)
{
	struct samr_view_state *v = &n->view;

	v->node[v->count] = id;
	v->inc[v->count] = OTHER_INC;
	v->index[id] = (u8)v->count++;
	v->all |= BIT_ULL(id);
	v->voters |= BIT_ULL(id);
}

/* Without a view nobody is a member. */
static void test_born(void)
{
	struct samr_actions out;
	struct samr_node *n = born(&out);
	u64 id;

	for (id = 0; id <= SAMR_IDS; id++)
		check(samr_node_index(n, id) == SAMR_NO_INDEX);
	samr_node_free(n, NULL);
}

/* Whoever wedges says so. */
static void test_wedge(void)
{
	struct samr_actions out;
	struct samr_node *n = alone(&out);

	out.doubt = false;
	samr_acceptor_wedge(n);
	check(samr_node_wedged(n) && out.doubt);
	samr_node_free(n, NULL);
}

/* That a view was missed is said at once, but not for each frame that shows it. */
static void test_lag(void)
{
	struct samr_actions out;
	struct samr_node *n = alone(&out);

	n->beat_at = SAMR_NEVER;
	samr_view_lag(n);
	check(n->beat_at == n->now);
	n->beat_at = SAMR_NEVER;
	samr_view_lag(n);
	check(n->beat_at == SAMR_NEVER);
	n->now += n->cfg.beat;
	samr_view_lag(n);
	check(n->beat_at == n->now);
	samr_node_free(n, NULL);
}

/* R1: an answer to our ballot from another incarnation proves the member dead. */
static void test_other_incarnation(void)
{
	struct samr_actions out;
	struct samr_node *n = alone(&out);
	struct samr_record r = { .at = 0 };

	add(n, OTHER);
	n->coordinator.phase = SAMR_PHASE_BLOCKED;
	n->coordinator.ballot = (struct samr_ballot){ .counter = 7,
						      .node = SELF,
						      .inc = INC };
	r.ballot = n->coordinator.ballot;
	r.ballot.counter--;
	samr_coordinator_answer(n, OTHER, OTHER_INC + 1, &r);
	check(!samr_fence_dead(n));
	r.ballot = n->coordinator.ballot;
	samr_coordinator_answer(n, OTHER, OTHER_INC, &r);
	check(!samr_fence_dead(n));
	r.answer.epoch = n->view.epoch;
	samr_coordinator_answer(n, OTHER, OTHER_INC + 1, &r);
	check(!samr_fence_dead(n));
	r.answer.epoch = 0;
	samr_coordinator_answer(n, OTHER, OTHER_INC + 1, &r);
	check(samr_fence_dead(n) == BIT_ULL(OTHER));
	samr_node_free(n, NULL);
}

/*
 * Behind the place of its leave a head's ack does not count: what it and one of
 * the others hold is not stable, although two holders are enough, since those who
 * stay may go on without both.
 */
static void test_leaver(void)
{
	struct samr_actions out;
	struct samr_node *n = alone(&out);

	add(n, OTHER);
	add(n, THIRD);
	n->view.holders = 2;
	n->view.retired = BIT_ULL(THIRD);
	n->view.retired_at = 6;
	n->view.ack[n->view.self] = 7;
	n->rcv.delivered = 7;
	n->stab.trimmed = 7;	/* there is no history to be looked at */
	samr_stable_heard(n, n->view.index[THIRD], 7);
	check(n->stab.stable == 6);
	samr_stable_heard(n, n->view.index[OTHER], 5);
	check(n->stab.stable == 6);
	samr_stable_heard(n, n->view.index[OTHER], 7);
	check(n->stab.stable == 7);
	samr_node_free(n, NULL);
}

/*
 * A head that is left out again and again is taken in later each time; one that
 * stayed in for long has its past forgotten.
 */
static void test_penalty(void)
{
	struct samr_actions out;
	struct samr_node *n = alone(&out);
	struct samr_peer *p = &n->peer[OTHER];
	u64 first;

	samr_coordinator_penalty(n, OTHER);
	check(p->admit_at == n->now);
	samr_coordinator_penalty(n, OTHER);
	first = p->admit_at - n->now;
	check(first);
	/* Another coordinator may have taken it in before we would have. */
	samr_coordinator_penalty(n, OTHER);
	check(p->admit_at - n->now == 2 * first);
	n->now = p->admit_at + first;
	samr_coordinator_penalty(n, OTHER);
	check(p->admit_at - n->now == 4 * first);
	n->now = p->admit_at + 1000 * first;
	samr_coordinator_penalty(n, OTHER);
	check(p->admit_at == n->now);
	samr_node_free(n, NULL);
}

void leaf_view_run(void)
{
	test_leaver();
	test_penalty();
	test_born();
	test_wedge();
	test_lag();
	test_other_incarnation();
}
