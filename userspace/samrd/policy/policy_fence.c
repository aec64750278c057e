// SPDX-License-Identifier: GPL-2.0
/*
 * Whom to fence, and when.
 *
 * Turns: heads that may be shooting at each other are the voters of one view. Its
 * order, which all of them know, with the preferred one in front, gives each its
 * turn, as long as the longest attempt at any of them and a guard; then the first
 * has its turn again. They begin to count when a head has been silent for the
 * delay, all at about the same time: the guard is for what they differ. When the
 * kernel asks has nothing to do with that: it does so where a round is begun, and
 * another head of the same side may begin its own seconds later. An attempt begins
 * at the beginning of a turn only, so that it is over before the next one's.
 */
#include "policy_inside.h"

struct turns {
	uint32_t rank;
	uint32_t count;
	uint64_t each;
};

/* The longest attempt at a voter, and a guard: as reckoned by each of them. */
static uint64_t turn_length(const struct policy *p)
{
	const struct policy_view *v = &p->view;
	uint64_t most = 0;
	uint32_t i;

	for (i = 0; i < v->count; i++)
		most = policy_max(most, p->config.nodes[v->node[i]].attempt);
	return policy_add(most, policy_guard(p));
}

/*
 * The preferred one, if it is a voter, then the others by seniority. A witness
 * comes last of all; learners have no turn: they shoot nobody.
 */
static struct turns turns_of(const struct policy *p)
{
	const struct policy_view *v = &p->view;
	uint64_t voters = policy_members(v) & ~v->learners & ~v->witness;
	uint32_t self = p->config.self, first = p->config.preferred, i;
	struct turns t = { .each = turn_length(p) };
	bool passed = false;

	if (!(voters & policy_bit(first)))
		first = 0;
	for (i = 0; i < v->count; i++) {
		if (!(voters & policy_bit(v->node[i])))
			continue;
		t.count++;
		passed |= v->node[i] == self;
		t.rank += !passed && v->node[i] != first;
	}
	t.rank = first == self ? 0 : t.rank + !!first;
	t.count += !!v->witness;
	if (v->witness & policy_bit(self))
		t.rank = t.count - 1;
	return t;
}

/* Since when the head has been silent, and we have been able to tell. */
static uint64_t silent_since(const struct policy *p,
			     const struct policy_head *h)
{
	uint64_t t = policy_max(h->fence.asked_at, h->lost_at);

	return policy_max(t, policy_max(p->carrier_at, p->stood_at));
}

static uint64_t delay_of(const struct policy *p, const struct policy_fence *f)
{
	return f->why == POLICY_BLOCKED ? p->config.delay_blocked :
					  p->config.delay;
}

/* From then on it may be shot, if it is our turn. */
static uint64_t ripe_at(const struct policy *p, const struct policy_head *h)
{
	return policy_add(silent_since(p, h), delay_of(p, &h->fence));
}

/*
 * When turns begin to count. Where a view waits they do so with the first of its
 * members to fall silent: the others, who count too, may still see that one alive.
 * Since when we were asked, had carrier or did not stand still only we know.
 */
static uint64_t turns_since(const struct policy *p, const struct policy_head *h)
{
	const struct policy_view *v = &p->view;
	uint64_t since = silent_since(p, h);
	const struct policy_head *o;
	uint32_t i;

	for (i = 0; i < v->count && h->fence.why == POLICY_BLOCKED; i++) {
		o = &p->head[v->node[i]];
		if (o->lost_at && !o->heard)
			since = policy_min(since, o->lost_at);
	}
	return since;
}

/*
 * The next time at which an attempt may begin; it is now when that is not later
 * than now. Who is ripe too late for a turn of ours has to wait for the next one.
 */
static uint64_t next_turn(const struct policy *p, const struct policy_head *h)
{
	const struct policy_fence *f = &h->fence;
	uint64_t slack = policy_guard(p) / 2, ripe = ripe_at(p, h);
	uint64_t turn, from, not_before, cycle;
	struct turns t = turns_of(p);

	turn = policy_add(turns_since(p, h), delay_of(p, f));
	turn = policy_add(turn, policy_times(t.each, t.rank));
	cycle = policy_times(t.each, t.count ? t.count : 1);
	from = policy_max(ripe, p->now);
	not_before = policy_max(f->retry_at, from > slack ? from - slack : 0);
	if (turn < not_before)
		turn = policy_add(turn, policy_times((not_before - turn +
						      cycle - 1) / cycle,
						     cycle));
	return policy_max(turn, ripe);
}

/*
 * A watchdog proves something only about a head that cannot be serving, nor
 * feeding because it waits for a fence of its own: one of a minority that was
 * left out. 0: it does not.
 */
static uint64_t watchdog_of(const struct policy *p, uint32_t id)
{
	const struct policy_head *h = &p->head[id];
	const struct policy_fence *f = &h->fence;
	uint64_t at;

	if (f->why != POLICY_EXCLUDED || p->config.rule != POLICY_MAJORITY ||
	    p->view.rule != POLICY_MAJORITY || h->armed_inc != f->inc ||
	    !h->armed)
		return 0;
	/* It may feed once more when it has stood still for half of that. */
	at = policy_add(silent_since(p, h), h->armed + h->armed / 2);
	at = policy_add(at, p->config.watchdog_margin);
	return at > p->now ? at - p->now : 1;
}

static enum policy_fence_state state_of(const struct policy *p, uint32_t id)
{
	const struct policy_head *h = &p->head[id];
	const struct policy_fence *f = &h->fence;
	const struct policy_node *n = &p->config.nodes[id];
	uint64_t at;

	if (!f->asked)
		return POLICY_FENCE_NONE;
	if (f->done)
		return POLICY_FENCE_DONE;
	if (f->op == POLICY_OP_FENCE)
		return POLICY_FENCE_RUNNING;
	if (f->held)
		return POLICY_FENCE_HELD;
	if (f->returned)
		return POLICY_FENCE_RETURNED;
	if (!p->admitted)
		return POLICY_FENCE_OUTSIDE;
	if (h->heard)
		return POLICY_FENCE_HEARD;
	if (!n->devices || (!n->attempt && !watchdog_of(p, id)))
		return POLICY_FENCE_MANUAL;
	if (!p->carrier)
		return POLICY_FENCE_CARRIER;
	if (p->now < ripe_at(p, h))
		return POLICY_FENCE_DELAY;
	at = next_turn(p, h);
	if (f->failed && p->now < at)
		return POLICY_FENCE_RETRY;
	return p->now < at ? POLICY_FENCE_TURN : POLICY_FENCE_RUNNING;
}

static void alert_once(struct policy *p, uint32_t id, enum policy_alert alert)
{
	struct policy_fence *f = &p->head[id].fence;

	if (f->alerted & 1u << alert)
		return;
	f->alerted |= 1u << alert;
	policy_alert(p, alert, id, f->last, f->failed);
}

static void start_attempt(struct policy *p, uint32_t id)
{
	struct policy_fence *f = &p->head[id].fence;
	struct policy_action *a = policy_ask(p, POLICY_FENCE_START, id);

	a->inc = f->inc;
	a->token = f->token;
	a->watchdog = watchdog_of(p, id);
	f->op = POLICY_OP_FENCE;
	f->cancelled = false;
	f->granted = a->watchdog;
	f->run_inc = f->inc;
	f->run_token = f->token;
}

static void cancel(struct policy *p, uint32_t id)
{
	struct policy_fence *f = &p->head[id].fence;
	struct policy_action *a;

	if (f->cancelled)
		return;
	f->cancelled = true;
	f->back = p->head[id].heard;
	a = policy_ask(p, POLICY_FENCE_CANCEL, id);
	a->inc = f->run_inc;
	a->token = f->run_token;
}

/*
 * Is there a reason to break off what is under way? Not a carrier that is gone:
 * on a cable between two heads that is what a fence looks like that succeeds.
 */
static bool moot(const struct policy *p, uint32_t id)
{
	const struct policy_head *h = &p->head[id];
	const struct policy_fence *f = &h->fence;

	if (f->op == POLICY_OP_ON)
		return f->asked && !f->done && !f->returned;
	return !f->asked || f->returned || !p->admitted ||
	       f->inc != f->run_inc || f->token != f->run_token ||
	       (h->heard && h->inc != f->run_inc);
}

static void confirm(struct policy *p, uint32_t id)
{
	struct policy_fence *f = &p->head[id].fence;
	struct policy_action *a = policy_ask(p, POLICY_CONFIRM, id);

	a->inc = f->inc;
	a->token = f->token;
}

static void fail(struct policy *p, uint32_t id, enum fence_result result)
{
	struct policy_fence *f = &p->head[id].fence;
	uint64_t most = f->why == POLICY_BLOCKED ? POLICY_RETRY_BLOCKED :
						   POLICY_RETRY_MAX;

	f->failed++;
	f->last = result;
	f->retry_at = policy_add(p->now, policy_back_off(turn_length(p),
							 f->failed, most));
	if (!(f->failed & (f->failed - 1)))
		policy_alert(p, POLICY_ALERT_FENCE_FAILED, id, result,
			     f->failed);
}

static void switch_on(struct policy *p, uint32_t id)
{
	struct policy_fence *f = &p->head[id].fence;

	f->on = p->config.nodes[id].reboot;
	f->on_failed = 0;
	f->on_at = p->now;
}

/* It is off. May it come on again? Three times in ten minutes, then not. */
static void after_off(struct policy *p, uint32_t id)
{
	struct policy_fence *f = &p->head[id].fence;

	if (!p->config.nodes[id].reboot)
		return;
	if (f->reboot[0] &&
	    p->now - f->reboot[0] < POLICY_REBOOTS_WITHIN) {
		f->left_off = true;
		policy_alert(p, POLICY_ALERT_LEFT_OFF, id, f->last, 0);
		return;
	}
	memmove(f->reboot, f->reboot + 1, sizeof(f->reboot) -
					  sizeof(f->reboot[0]));
	f->reboot[POLICY_REBOOTS - 1] = policy_max(p->now, 1);
	switch_on(p, id);
}

/* It is off, and nobody has asked for that, or not any more. */
static void in_vain(struct policy *p, uint32_t id, enum fence_result result)
{
	policy_alert(p, POLICY_ALERT_FENCE_VOID, id, result, 0);
	if (result == FENCE_IS_OFF)
		after_off(p, id);
}

static void fenced(struct policy *p, uint32_t id)
{
	struct policy_fence *f = &p->head[id].fence;

	f->held = false;
	f->done = true;
	f->failed = 0;
	confirm(p, id);
	policy_alert(p, POLICY_ALERT_FENCED, id, f->last, 0);
	after_off(p, id);
}

/* An attempt has ended, whatever has become of the question meanwhile. */
static void take_result(struct policy *p, uint32_t id, enum fence_result result)
{
	struct policy_head *h = &p->head[id];
	struct policy_fence *f = &h->fence;
	bool off = result == FENCE_IS_OFF ||
		   (result == FENCE_EXPIRED && f->granted);
	bool ours = f->asked && !f->done && f->inc == f->run_inc &&
		    f->token == f->run_token;
	bool cancelled = f->cancelled;

	f->op = POLICY_OP_NONE;
	f->cancelled = false;
	if (off && ours) {
		f->last = result;
		f->held = true;
		f->held_until = policy_add(p->now,
					   policy_times(p->config.dead,
							POLICY_HOLD_BEATS));
		return;
	}
	if (off)
		in_vain(p, id, result);
	else if (cancelled && f->back)
		/* It had come back, and may have been switched off for that. */
		switch_on(p, id);
	else if (ours && !cancelled)
		fail(p, id, result);
}

static int take_fence(struct policy *p, const struct policy_event *ev)
{
	struct policy_fence *f = &p->head[ev->node].fence;

	if (!ev->inc || ev->fence.why > POLICY_EXCLUDED)
		return -EINVAL;
	if (f->asked && f->inc == ev->inc && f->token == ev->token) {
		/* It did not hear the answer: it is as true as before. */
		if (f->done)
			confirm(p, ev->node);
		if (f->why != ev->fence.why)
			f->returned = false;
		f->why = ev->fence.why;
		return 0;
	}
	f->asked = true;
	f->inc = ev->inc;
	f->token = ev->token;
	f->why = ev->fence.why;
	f->asked_at = p->now;
	f->returned = false;
	f->done = false;
	f->held = false;
	f->failed = 0;
	f->retry_at = 0;
	f->alerted = 0;
	f->on = false;
	return 0;
}

static int take_over(struct policy *p, const struct policy_event *ev)
{
	struct policy_fence *f = &p->head[ev->node].fence;

	if (!f->asked || f->inc != ev->inc)
		return 0;
	f->asked = false;
	f->failed = 0;
	if (f->held)
		in_vain(p, ev->node, f->last);
	f->held = false;
	return 0;
}

static int take_powered(struct policy *p, const struct policy_event *ev)
{
	struct policy_fence *f = &p->head[ev->node].fence;

	if (f->op != POLICY_OP_ON)
		return -EINVAL;
	f->op = POLICY_OP_NONE;
	if (ev->ok) {
		f->on = false;
	} else if (!f->cancelled) {
		f->on_failed++;
		f->on_at = policy_add(p->now,
				      policy_back_off(POLICY_POWER_RETRY,
						      f->on_failed,
						      POLICY_RETRY_MAX));
		if (!(f->on_failed & (f->on_failed - 1)))
			policy_alert(p, POLICY_ALERT_POWER_ON, ev->node,
				     ev->result, f->on_failed);
	}
	f->cancelled = false;
	return 0;
}

int policy_fence_event(struct policy *p, const struct policy_event *ev)
{
	struct policy_fence *f = &p->head[ev->node].fence;

	switch (ev->type) {
	case POLICY_EV_FENCE:
		return take_fence(p, ev);
	case POLICY_EV_FENCE_OVER:
		return take_over(p, ev);
	case POLICY_EV_POWERED:
		return take_powered(p, ev);
	default:
		break;
	}
	if (f->op != POLICY_OP_FENCE || ev->inc != f->run_inc ||
	    ev->token != f->run_token)
		return -EINVAL;
	take_result(p, ev->node, ev->result);
	return 0;
}

/* A device says off. Is that head silent, as it has to be then? */
static void run_held(struct policy *p, uint32_t id)
{
	struct policy_head *h = &p->head[id];
	struct policy_fence *f = &h->fence;

	if (!h->heard || h->inc != f->inc) {
		fenced(p, id);
	} else if (p->now < f->held_until) {
		policy_wake(p, f->held_until);
	} else {
		f->held = false;
		policy_alert(p, POLICY_ALERT_FENCE_LIE, id, f->last, 0);
		fail(p, id, f->last);
	}
}

static void run_wanted(struct policy *p, uint32_t id)
{
	struct policy_head *h = &p->head[id];

	switch (state_of(p, id)) {
	case POLICY_FENCE_RUNNING:
		/* What saves it may be the next event of the same turn. */
		if (p->whole)
			start_attempt(p, id);
		else
			policy_wake(p, p->now);
		break;
	case POLICY_FENCE_DELAY:
		/* There may be turns to wait for behind it: that is to be seen. */
		policy_wake(p, ripe_at(p, h));
		break;
	case POLICY_FENCE_TURN:
	case POLICY_FENCE_RETRY:
		policy_wake(p, next_turn(p, h));
		break;
	case POLICY_FENCE_MANUAL:
		alert_once(p, id, p->config.nodes[id].devices ?
				  POLICY_ALERT_WATCHDOG :
				  POLICY_ALERT_FENCE_MANUAL);
		break;
	case POLICY_FENCE_CARRIER:
		alert_once(p, id, POLICY_ALERT_NO_CARRIER);
		break;
	case POLICY_FENCE_OUTSIDE:
		alert_once(p, id, POLICY_ALERT_NOT_ADMITTED);
		break;
	case POLICY_FENCE_NONE:
	case POLICY_FENCE_HEARD:
	case POLICY_FENCE_RETURNED:
	case POLICY_FENCE_HELD:
	case POLICY_FENCE_DONE:
		break;
	}
}

static void run_on(struct policy *p, uint32_t id)
{
	struct policy_fence *f = &p->head[id].fence;

	if (p->head[id].heard) {
		f->on = false;
	} else if (p->now < f->on_at) {
		policy_wake(p, f->on_at);
	} else {
		policy_ask(p, POLICY_POWER_ON, id);
		f->op = POLICY_OP_ON;
		f->cancelled = false;
	}
}

void policy_fence_run(struct policy *p)
{
	struct policy_fence *f;
	uint32_t id;

	for (id = 1; id < POLICY_IDS; id++) {
		f = &p->head[id].fence;
		if (f->op != POLICY_OP_NONE && moot(p, id))
			cancel(p, id);
		if (f->op != POLICY_OP_NONE)
			continue;
		if (f->held)
			run_held(p, id);
		if (f->asked && !f->done && !f->held)
			run_wanted(p, id);
		else if (f->on)
			run_on(p, id);
	}
}

/* Does a view of this head wait for a fence that may still be confirmed? */
bool policy_fence_pending(const struct policy *p)
{
	uint32_t id;

	for (id = 1; id < POLICY_IDS; id++)
		if (p->head[id].fence.asked &&
		    p->head[id].fence.why == POLICY_BLOCKED)
			return true;
	return false;
}

bool policy_fence_look(const struct policy *p, uint32_t node,
		       struct policy_fence_info *info)
{
	const struct policy_fence *f;

	memset(info, 0, sizeof(*info));
	if (!node || node >= POLICY_IDS || node == p->config.self ||
	    !p->config.nodes[node].configured)
		return false;
	f = &p->head[node].fence;
	info->state = state_of(p, node);
	info->why = f->why;
	info->inc = f->inc;
	info->token = f->token;
	info->failed = f->failed;
	info->last = f->last;
	info->left_off = f->left_off;
	if (info->state == POLICY_FENCE_DELAY ||
	    info->state == POLICY_FENCE_TURN ||
	    info->state == POLICY_FENCE_RETRY)
		info->at = next_turn(p, &p->head[node]);
	return true;
}
