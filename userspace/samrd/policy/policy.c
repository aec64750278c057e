// SPDX-License-Identifier: GPL-2.0
/* The policy's door: events become facts, see policy_inside.h. */
#include "policy_inside.h"

size_t policy_size(void)
{
	return sizeof(struct policy);
}

void policy_init(struct policy *p)
{
	memset(p, 0, sizeof(*p));
	p->deadline = POLICY_NEVER;
}

struct policy_action *policy_ask(struct policy *p, enum policy_action_type type,
				 uint32_t node)
{
	/* Beyond the end nothing is lost but the answer to a broken sum. */
	size_t i = p->out->count < POLICY_ACTIONS_MAX ? p->out->count++ :
							POLICY_ACTIONS_MAX - 1;
	struct policy_action *a = &p->out->action[i];

	memset(a, 0, sizeof(*a));
	a->type = type;
	a->node = node;
	return a;
}

void policy_alert(struct policy *p, enum policy_alert alert, uint32_t node,
		  enum fence_result result, uint32_t count)
{
	struct policy_action *a = policy_ask(p, POLICY_ALERT, node);

	a->alert = alert;
	a->result = result;
	a->count = count;
}

uint64_t policy_members(const struct policy_view *v)
{
	uint64_t set = 0;
	uint32_t i;

	for (i = 0; i < v->count; i++)
		set |= policy_bit(v->node[i]);
	return set;
}

static bool is_id(uint32_t id)
{
	return id && id < POLICY_IDS;
}

static bool other(const struct policy *p, uint32_t id)
{
	return is_id(id) && id != p->config.self;
}

static int take_config(struct policy *p, const struct policy_config *c)
{
	if (!c || !is_id(c->self) || !c->cluster || !c->dead ||
	    c->witness >= POLICY_IDS || c->preferred >= POLICY_IDS ||
	    !c->nodes[c->self].configured ||
	    (c->rule != POLICY_MAJORITY && c->rule != POLICY_FENCE))
		return -EINVAL;
	if (p->configured && (c->self != p->config.self ||
			      c->cluster != p->config.cluster))
		return -EBUSY;
	p->config = *c;
	p->configured = true;
	return 0;
}

static bool sane_view(const struct policy_view *v)
{
	uint64_t seen = 0;
	uint32_t i;

	if (!v || v->count > POLICY_HEADS_MAX || v->state > POLICY_HALTED)
		return false;
	for (i = 0; i < v->count; i++) {
		if (!is_id(v->node[i]) || (seen & policy_bit(v->node[i])))
			return false;
		seen |= policy_bit(v->node[i]);
	}
	return true;
}

static int take_view(struct policy *p, const struct policy_view *v)
{
	if (!sane_view(v))
		return -EINVAL;
	p->view = *v;
	p->viewed = true;
	switch (v->state) {
	case POLICY_SERVING:
	case POLICY_WEDGED:
		/* A view in which it has a vote; wedged is no doubt of that. */
		if (policy_members(v) & ~v->learners &
		    policy_bit(p->config.self))
			p->admitted = true;
		break;
	case POLICY_LEARNING:
	case POLICY_DOWN:
	case POLICY_WAITING:
	case POLICY_EXPELLED:
	case POLICY_LEFT:
	case POLICY_HALTED:
		/* Another incarnation, or none: it has to be admitted anew. */
		p->admitted = false;
		break;
	}
	return 0;
}

static int take_heard(struct policy *p, const struct policy_event *ev)
{
	struct policy_head *h = &p->head[ev->node];
	struct policy_fence *f = &h->fence;

	h->heard = true;
	h->inc = ev->inc;
	/* Somebody has switched it on and repaired it: it starts afresh. */
	if (f->left_off) {
		f->left_off = false;
		memset(f->reboot, 0, sizeof(f->reboot));
	}
	/*
	 * What went on without it needs its fence no more. A view that waits is
	 * another matter: what that needs to know only the kernel can find out.
	 */
	if (f->asked && f->why == POLICY_EXCLUDED &&
	    (ev->inc != f->inc || ev->wedged))
		f->returned = true;
	return 0;
}

static int take_carrier(struct policy *p, bool carrier)
{
	if (carrier && !p->carrier)
		p->carrier_at = p->now;
	p->carrier = carrier;
	return 0;
}

/* A samrd that has just come up has to be told since when, and so has a late one. */
static int take_lost(struct policy *p, const struct policy_event *ev)
{
	struct policy_head *h = &p->head[ev->node];

	if (ev->since)
		h->lost_at = policy_min(ev->since, p->now);
	else if (h->heard)
		h->lost_at = p->now;
	h->heard = false;
	return 0;
}

static int take_armed(struct policy *p, const struct policy_event *ev)
{
	p->head[ev->node].armed_inc = ev->inc;
	p->head[ev->node].armed = ev->timeout;
	return 0;
}

/* Events that are about another head. */
static bool about_other(enum policy_event_type t)
{
	return t == POLICY_EV_FENCE || t == POLICY_EV_FENCE_OVER ||
	       t == POLICY_EV_HEARD || t == POLICY_EV_LOST ||
	       t == POLICY_EV_ATTEMPT || t == POLICY_EV_POWERED ||
	       t == POLICY_EV_ARMED;
}

static int take(struct policy *p, const struct policy_event *ev)
{
	if (!p->configured && ev->type != POLICY_EV_CONFIG)
		return -EINVAL;
	if (about_other(ev->type) && !other(p, ev->node))
		return -EINVAL;
	switch (ev->type) {
	case POLICY_EV_TIME:
		return 0;
	case POLICY_EV_CONFIG:
		return take_config(p, ev->config);
	case POLICY_EV_VIEW:
		return take_view(p, ev->view);
	case POLICY_EV_HEARD:
		return take_heard(p, ev);
	case POLICY_EV_LOST:
		return take_lost(p, ev);
	case POLICY_EV_CARRIER:
		return take_carrier(p, ev->carrier);
	case POLICY_EV_ARMED:
		return take_armed(p, ev);
	case POLICY_EV_FENCE:
	case POLICY_EV_FENCE_OVER:
	case POLICY_EV_ATTEMPT:
	case POLICY_EV_POWERED:
		return policy_fence_event(p, ev);
	case POLICY_EV_MEMORY:
		return is_id(ev->node) ? policy_start_event(p, ev) : -EINVAL;
	case POLICY_EV_SAVED:
	case POLICY_EV_OVERRIDE:
		return policy_start_event(p, ev);
	case POLICY_EV_SELF_FENCE:
		p->condemned = true;
		return 0;
	}
	return -EINVAL;
}

int policy_step(struct policy *p, const struct policy_event *ev,
		struct policy_actions *out)
{
	int err;

	out->count = 0;
	p->out = out;
	/*
	 * Woken up much too late: what is known of others may be as old, and what
	 * became known in between has yet to be read.
	 */
	if (p->deadline != POLICY_NEVER &&
	    ev->now > policy_add(p->deadline, policy_guard(p) / 2))
		p->stood_at = ev->now;
	p->now = ev->now;
	p->whole = ev->type == POLICY_EV_TIME;
	err = take(p, ev);
	if (p->configured) {
		p->deadline = POLICY_NEVER;
		policy_fence_run(p);
		policy_start_run(p);
		policy_feed_run(p);
	}
	p->out = NULL;
	return err;
}

uint64_t policy_armed(const struct policy *p, uint32_t node)
{
	const struct policy_head *h = &p->head[node % POLICY_IDS];

	return h->armed_inc && h->armed_inc == h->inc ? h->armed : 0;
}

uint64_t policy_deadline(const struct policy *p)
{
	return p->deadline;
}
