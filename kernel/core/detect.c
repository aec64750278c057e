// SPDX-License-Identifier: GPL-2.0
/* Failure detection, see detect.h. */
#include "detect.h"
#include "coordinator.h"
#include "fence.h"
#include "state.h"

/* After a hint none about the same head is believed for so long; doubled. */
#define HINT_WAIT_MIN	(500 * SAMR_MSEC)
#define HINT_WAIT_MAX	(60000 * SAMR_MSEC)

void samr_detect_start(struct samr_node *n)
{
	const struct samr_view_state *v = &n->view;
	u32 i;

	/* Of some it is known already. */
	n->detect.suspects = samr_fence_dead(n);
	n->detect.hinted = 0;
	n->detect.sure = 0;
	for (i = 0; i < v->count; i++) {
		if (i == v->self)
			continue;
		n->peer[v->node[i]].heard = n->now;
		n->peer[v->node[i]].hears = U64_MAX;
	}
}

void samr_detect_slept(struct samr_node *n)
{
	const struct samr_view_state *v = &n->view;
	u64 *heard;
	u32 i;

	samr_mark("stood still");
	for (i = 0; i < v->count; i++) {
		heard = &n->peer[v->node[i]].heard;
		*heard = max(*heard, n->now - n->cfg.dead / 2);
	}
}

void samr_detect_heard(struct samr_node *n, u32 index)
{
	u64 id = n->view.node[index];

	n->peer[id].heard = n->now;
	if ((n->detect.suspects | n->detect.hinted) & BIT_ULL(id))
		n->out->doubt = true;
	n->detect.suspects &= ~BIT_ULL(id);
	n->detect.hinted &= ~BIT_ULL(id);
	n->detect.sure &= ~BIT_ULL(id);
}

/*
 * What flaps is believed less and less often: each hint costs a view change. Who
 * says it himself is believed; when he comes back he has to wait for that.
 */
static bool believed(const struct samr_node *n, struct samr_peer *p, bool sure)
{
	if (n->now < p->hint_at)
		return sure;
	if (n->now - p->hint_at > 10 * p->hint_wait)
		p->hint_wait = 0;
	p->hint_wait = p->hint_wait ? min(2 * p->hint_wait, HINT_WAIT_MAX) :
				      HINT_WAIT_MIN;
	p->hint_at = n->now + p->hint_wait;
	return true;
}

/*
 * Those that a hint is about still count as heard, for the others too: whoever
 * answers in time is left behind by nobody.
 */
void samr_detect_hint(struct samr_node *n, u64 ids, bool sure)
{
	const struct samr_view_state *v = &n->view;
	u64 bit, fresh = 0;
	u32 i;

	ids &= ~(n->detect.suspects | n->detect.hinted);
	for (i = 0; i < v->count; i++) {
		bit = BIT_ULL(v->node[i]);
		if (i != v->self && (ids & bit) &&
		    believed(n, &n->peer[v->node[i]], sure))
			fresh |= bit;
	}
	if (!fresh)
		return;
	samr_mark("hint believed");
	n->detect.hinted |= fresh;
	if (sure)
		n->detect.sure |= fresh;
	n->out->doubt = true;
	samr_coordinator_consider(n);
}

void samr_detect_beat(struct samr_node *n, u32 index, u64 hears)
{
	n->peer[n->view.node[index]].hears = hears;
	if (samr_detect_quarrel(n))
		samr_coordinator_consider(n);
}

u64 samr_detect_hears(const struct samr_node *n)
{
	return n->view.all & ~n->detect.suspects;
}

u64 samr_detect_quarrel(const struct samr_node *n)
{
	u64 up = samr_detect_hears(n), id, found = 0;

	for (id = 1; id < SAMR_IDS; id++)
		if ((up & BIT_ULL(id)) && id != n->cfg.self &&
		    (up & ~n->peer[id].hears))
			found |= BIT_ULL(id) | (up & ~n->peer[id].hears);
	return found;
}

void samr_detect_timer(struct samr_node *n)
{
	const struct samr_view_state *v = &n->view;
	u64 fresh = 0;
	u32 i;

	for (i = 0; i < v->count; i++)
		if (i != v->self &&
		    n->now - n->peer[v->node[i]].heard > n->cfg.dead)
			fresh |= BIT_ULL(v->node[i]);
	fresh &= ~n->detect.suspects;
	if (!fresh)
		return;
	samr_mark("member suspected");
	n->detect.suspects |= fresh;
	n->out->doubt = true;
	samr_coordinator_consider(n);
}

u64 samr_detect_deadline(const struct samr_node *n)
{
	const struct samr_view_state *v = &n->view;
	u64 at = SAMR_NEVER, id;
	u32 i;

	for (i = 0; i < v->count; i++) {
		id = v->node[i];
		if (i != v->self && !(n->detect.suspects & BIT_ULL(id)))
			at = min(at, n->peer[id].heard + n->cfg.dead + 1);
	}
	return at;
}
