// SPDX-License-Identifier: GPL-2.0
/* What the policy is told, and when. */
#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/clock.h"
#include "base/log.h"
#include "samrd.h"

#define LOOK_MS		100	/* between looks at a head that may be silent */

static void set_deadline(struct samrd *d)
{
	uint64_t at = policy_deadline(d->policy);

	if (at == POLICY_NEVER) {
		sd_event_source_set_enabled(d->deadline, SD_EVENT_OFF);
		return;
	}
	/* Not early: the policy would only say so again. */
	sd_event_source_set_time(d->deadline, at / 1000 + 1);
	sd_event_source_set_enabled(d->deadline, SD_EVENT_ONESHOT);
}

/* What is done may be a fact itself: that waits until all else is done. */
static int step(struct samrd *d, struct policy_event *ev)
{
	size_t i;
	int err;

	ev->now = clock_now();
	err = policy_step(d->policy, ev, &d->actions);
	d->stepping = true;
	for (i = 0; i < d->actions.count; i++)
		acts_run(d, &d->actions.action[i]);
	d->stepping = false;
	return err;
}

int facts_feed(struct samrd *d, struct policy_event *ev)
{
	struct policy_event next;
	int err;

	if (d->stepping) {
		if (d->facts == SAMRD_FACTS_MAX)
			abort();	/* one for each head: cannot be */
		d->fact[d->facts++] = *ev;
		return 0;
	}
	err = step(d, ev);
	while (d->facts) {
		next = d->fact[0];
		memmove(&d->fact[0], &d->fact[1],
			--d->facts * sizeof(d->fact[0]));
		step(d, &next);
	}
	set_deadline(d);
	return err;
}

/* ---- configuration and memory ---- */

static void fill_node(struct policy_node *p, const struct config_node *n)
{
	const struct fence_device *f;
	size_t i;

	*p = (struct policy_node){ .configured = true, .reboot = n->reboot };
	for (i = 0; i < n->fence.count; i++) {
		f = &n->fence.device[i];
		p->devices |= f->kind != FENCE_MANUAL;
		if (f->kind == FENCE_IPMI || f->kind == FENCE_AGENT)
			p->attempt += f->timeout_ms * CLOCK_NS_PER_MS;
	}
}

static bool has_watchdog_fence(const struct config_node *n)
{
	size_t i;

	for (i = 0; i < n->fence.count; i++)
		if (n->fence.device[i].kind == FENCE_WATCHDOG)
			return true;
	return false;
}

int facts_config(struct samrd *d)
{
	const struct config *c = d->config;
	struct policy_config p = {
		.cluster = c->id,
		.self = c->node[c->self].id,
		.rule = c->policy == SAMR_VIEW_POLICY_FENCE ? POLICY_FENCE :
			POLICY_MAJORITY,
		.delay = c->fence_delay_ms * CLOCK_NS_PER_MS,
		.delay_blocked = c->fence_delay_blocked_ms * CLOCK_NS_PER_MS,
		.dead = c->limits.dead_us * 1000ULL,
		.watchdog_margin = c->watchdog_margin_ms * CLOCK_NS_PER_MS,
		.watchdog = d->watchdog ?
			    watchdog_timeout(d->watchdog) * CLOCK_NS_PER_MS : 0,
		.relied = has_watchdog_fence(&c->node[c->self]),
	};
	struct policy_event ev = { .type = POLICY_EV_CONFIG, .config = &p };
	size_t i;

	for (i = 0; i < c->nodes; i++) {
		fill_node(&p.nodes[c->node[i].id], &c->node[i]);
		if (c->node[i].witness)
			p.witness = c->node[i].id;
		if (c->node[i].preferred)
			p.preferred = c->node[i].id;
	}
	return facts_feed(d, &ev);
}

int facts_start(struct samrd *d)
{
	const struct config *c = d->config;
	struct policy_event ev = { .type = POLICY_EV_MEMORY,
				   .node = c->node[c->self].id };
	char why[MEMORY_TEXT_MAX];
	int err;

	err = facts_config(d);
	if (err)
		return err;
	ev.memory.state = memory_load(c->state_dir, c->id, ev.node,
				      &ev.memory.memory, why);
	if (*why)
		log_message(LOG_ERR, LOG_ID_ALERT, "%s", why);
	return facts_feed(d, &ev);
}

/* ---- the kernel ---- */

static uint64_t dead_ms(const struct samrd *d)
{
	return d->config->limits.dead_us / 1000;
}

/*
 * The links look once in a second who is still there; the core knows it sooner. Of
 * several links that break another one carries before the core takes notice.
 */
static bool is_heard(const struct samrd *d, const struct kernel_state *s,
		     uint32_t id)
{
	const struct kernel_node *n = &s->node[id];

	return n->configured && n->links && n->inc &&
	       n->silent_ms < dead_ms(d);
}

static bool is_suspect(const struct kernel_view *v, uint32_t id)
{
	size_t i;

	for (i = 0; i < v->count; i++)
		if (v->head[i].node == id)
			return v->head[i].suspect;
	return false;
}

/* No event tells that a head falls silent, nor that it was not for long. */
static void look_again(struct samrd *d)
{
	const struct kernel_node *n;
	uint64_t soon = UINT64_MAX, left;
	uint32_t id;

	for (id = 1; id < KERNEL_IDS; id++) {
		n = &d->now.node[id];
		if (n->self || !n->links || !n->inc)
			continue;
		left = dead_ms(d);
		if (is_heard(d, &d->now, id) && is_suspect(&d->now.view, id))
			left -= n->silent_ms;
		else if (is_heard(d, &d->now, id))
			continue;
		soon = left < soon ? left : soon;
	}
	if (soon != UINT64_MAX)
		kernel_look_at(d->kernel, soon < LOOK_MS ? soon : LOOK_MS);
}

/* Since when the core takes it for silent, however late that is noticed here. */
static uint64_t lost_since(const struct samrd *d, const struct kernel_state *s,
			   uint32_t id)
{
	uint64_t ago = s->node[id].silent_ms, now = clock_now();

	ago = ago > dead_ms(d) ? (ago - dead_ms(d)) * CLOCK_NS_PER_MS : 0;
	return ago >= now ? 0 : now - ago;
}

static void tell_heard(struct samrd *d, const struct kernel_state *now,
		       uint32_t id)
{
	const struct kernel_node *n = &now->node[id], *was = &d->now.node[id];
	bool heard = is_heard(d, now, id);
	bool before = d->known && is_heard(d, &d->now, id);
	struct policy_event ev = {
		.type = heard ? POLICY_EV_HEARD : POLICY_EV_LOST,
		.node = id,
		.inc = n->inc,
		/* What has begun anew serves nobody before it is in a view. */
		.wedged = heard && !n->epoch,
	};

	if (!heard)
		ev.since = lost_since(d, now, id);
	if (heard ? !before || n->inc != was->inc || !n->epoch != !was->epoch :
	    before || (!d->known && n->inc))
		facts_feed(d, &ev);
}

static uint32_t flags_of(uint32_t flags)
{
	return (flags & SAMR_SAVED_FLAG_GONE ? MEMORY_GONE : 0) |
	       (flags & SAMR_SAVED_FLAG_LEFT_CLEANLY ? MEMORY_LEFT : 0) |
	       (flags & SAMR_SAVED_FLAG_LAST_SURVIVOR ? MEMORY_LAST : 0) |
	       (flags & SAMR_SAVED_FLAG_FORCED ? MEMORY_FORCED : 0) |
	       (flags & SAMR_SAVED_FLAG_UNREADABLE ? MEMORY_LOST : 0);
}

/* Whether the watchdog is armed is told with the memory, and is none of it. */
static uint32_t memory_flags(const struct kernel_node *n)
{
	return n->saved_flags & ~SAMR_SAVED_FLAG_ARMED;
}

static void tell_memory(struct samrd *d, const struct kernel_state *now,
			uint32_t id)
{
	const struct kernel_node *n = &now->node[id], *was = &d->now.node[id];
	struct policy_event ev = {
		.type = POLICY_EV_MEMORY,
		.node = id,
		.memory = {
			.state = n->saved_members || memory_flags(n) ?
				 MEMORY_FOUND : MEMORY_NONE,
			.memory = {
				.cluster = d->config->id,
				.node = id,
				.flags = flags_of(memory_flags(n)),
				.epoch = n->saved_epoch,
				.members = n->saved_members,
			},
		},
	};

	if (n->saved && !(d->known && was->saved &&
			  was->saved_epoch == n->saved_epoch &&
			  was->saved_members == n->saved_members &&
			  memory_flags(was) == memory_flags(n)))
		facts_feed(d, &ev);
}

static bool is_armed(const struct kernel_node *n)
{
	return n->saved && (n->saved_flags & SAMR_SAVED_FLAG_ARMED);
}

/*
 * Its time-out is the configured one, or less, in whole seconds: see watchdog.c.
 * Which one that is there is known while both go by the same configuration; once
 * they did, what changes here later says nothing of that head any more.
 */
static void tell_armed(struct samrd *d, const struct kernel_state *now,
		       uint32_t id)
{
	const struct kernel_node *n = &now->node[id], *was = &d->now.node[id];
	struct policy_event ev = { .type = POLICY_EV_ARMED, .node = id,
				   .inc = n->inc };
	bool armed = is_armed(n) &&
		     n->saved_config == config_digest(d->config);
	bool same = d->known && is_armed(n) == is_armed(was) &&
		    n->inc == was->inc && n->saved_config == was->saved_config;

	if (same ? d->armed[id] || !armed : !armed && !d->armed[id])
		return;
	d->armed[id] = armed;
	if (armed)
		ev.timeout = (d->config->watchdog_ms + 999) / 1000 * CLOCK_NS_PER_S;
	facts_feed(d, &ev);
}

static void tell_fence(struct samrd *d, const struct kernel_state *now,
		       uint32_t id)
{
	const struct kernel_fence *f = &now->fence[id], *was = &d->now.fence[id];
	bool before = d->known && was->asked;
	struct policy_event ev = {
		.type = POLICY_EV_FENCE,
		.node = id,
		.inc = f->inc,
		.token = f->token,
		.fence = {
			.epoch = f->epoch,
			.why = f->why == SAMR_FENCE_REASON_BLOCKED ?
			       POLICY_BLOCKED : POLICY_EXCLUDED,
		},
	};

	if (f->asked && !(before && was->inc == f->inc &&
			  was->token == f->token && was->why == f->why &&
			  was->epoch == f->epoch)) {
		if (!before || was->inc != f->inc)
			log_message(LOG_WARNING, LOG_ID_FENCE_ASKED,
				    "%s has to be fenced: %s", samrd_name(d, id),
				    ev.fence.why == POLICY_BLOCKED ?
				    "nothing goes on until then" :
				    "the others go on without it");
		facts_feed(d, &ev);
	} else if (!f->asked && before) {
		ev.type = POLICY_EV_FENCE_OVER;
		ev.inc = was->inc;
		facts_feed(d, &ev);
	}
}

static enum policy_state state_of(const struct samrd *d,
				  const struct kernel_state *now)
{
	switch (now->present ? now->state : SAMR_RUN_STATE_DOWN) {
	case SAMR_RUN_STATE_UP:
		return POLICY_SERVING;
	case SAMR_RUN_STATE_WAITING:
		return POLICY_WAITING;
	case SAMR_RUN_STATE_HALTED:
		return POLICY_HALTED;
	case SAMR_RUN_STATE_LEARNING:
		return POLICY_LEARNING;
	case SAMR_RUN_STATE_WEDGED:
		return POLICY_WEDGED;
	case SAMR_RUN_STATE_LEAVING:
		return now->view.wedged ? POLICY_WEDGED : POLICY_SERVING;
	}
	return d->left ? POLICY_LEFT : POLICY_DOWN;
}

static bool in_view(uint32_t state)
{
	return state == SAMR_RUN_STATE_UP || state == SAMR_RUN_STATE_LEARNING ||
	       state == SAMR_RUN_STATE_WEDGED ||
	       state == SAMR_RUN_STATE_LEAVING;
}

static void fill_view(const struct samrd *d, const struct kernel_state *now,
		      struct policy_view *v)
{
	const struct kernel_view *k = &now->view;
	size_t i;

	memset(v, 0, sizeof(*v));	/* they are compared as bytes */
	v->state = state_of(d, now);
	if (!in_view(now->state))
		return;
	v->epoch = k->epoch;
	v->rule = k->policy == SAMR_VIEW_POLICY_FENCE ? POLICY_FENCE :
		  POLICY_MAJORITY;
	for (i = 0; i < k->count; i++) {
		v->node[v->count++] = k->head[i].node;
		if (k->head[i].learner)
			v->learners |= 1ULL << k->head[i].node;
		if (k->head[i].witness)
			v->witness |= 1ULL << k->head[i].node;
	}
}

static void call_view_hook(struct samrd *d, const struct policy_view *v)
{
	char state[64], epoch[64], members[300], ids[256], count[64];
	char *vars[] = { state, epoch, members, count, NULL };
	uint64_t set = 0;
	uint32_t i;

	for (i = 0; i < v->count; i++)
		set |= 1ULL << v->node[i];
	snprintf(state, sizeof(state), "SAMR_STATE=%s",
		 policy_state_word(v->state));
	snprintf(epoch, sizeof(epoch), "SAMR_EPOCH=%llu",
		 (unsigned long long)v->epoch);
	snprintf(members, sizeof(members), "SAMR_MEMBERS=%s",
		 samrd_ids(d, set, ids, sizeof(ids)));
	snprintf(count, sizeof(count), "SAMR_COUNT=%u", v->count);
	hooks_run(d->hooks, HOOK_VIEW, vars);
}

static void tell_view(struct samrd *d, const struct kernel_state *now)
{
	struct policy_view v, was;
	struct policy_event ev = { .type = POLICY_EV_VIEW, .view = &v };

	fill_view(d, &d->now, &was);
	/* It was put out and has begun anew at once: the policy shall know. */
	if (d->known && in_view(d->now.state) && now->inc != d->now.inc &&
	    d->now.state != SAMR_RUN_STATE_LEAVING &&
	    now->state != SAMR_RUN_STATE_DOWN) {
		log_message(LOG_WARNING, LOG_ID_OUT,
			    "the others went on without this head");
		v = (struct policy_view){ .state = POLICY_EXPELLED };
		call_view_hook(d, &v);
		facts_feed(d, &ev);
		was = v;
	}
	if (d->known && in_view(d->now.state) && now->present &&
	    now->state == SAMR_RUN_STATE_DOWN)
		d->left = true;
	else if (now->state != SAMR_RUN_STATE_DOWN)
		d->left = false;
	fill_view(d, now, &v);
	if (d->known && !memcmp(&v, &was, sizeof(v)))
		return;
	log_message(v.state == POLICY_WEDGED ? LOG_WARNING : LOG_INFO,
		    v.state == POLICY_WEDGED ? LOG_ID_WEDGED : LOG_ID_VIEW,
		    "%s, epoch %llu, %u members", policy_state_text(v.state),
		    (unsigned long long)v.epoch, v.count);
	call_view_hook(d, &v);
	facts_feed(d, &ev);
}

void facts_kernel(struct samrd *d, const struct kernel_state *now)
{
	struct policy_event carrier = { .type = POLICY_EV_CARRIER,
					.carrier = now->carrier };
	uint32_t self = d->config->node[d->config->self].id;
	uint32_t id;

	/* Who is there and how this head stands, before what is to be done. */
	if (!d->known || d->now.carrier != now->carrier)
		facts_feed(d, &carrier);
	for (id = 1; id < KERNEL_IDS; id++)
		if (id != self) {
			tell_heard(d, now, id);
			tell_memory(d, now, id);
			tell_armed(d, now, id);
		}
	tell_view(d, now);
	for (id = 1; id < KERNEL_IDS; id++)
		tell_fence(d, now, id);
	d->now = *now;
	d->known = true;
	look_again(d);
}
