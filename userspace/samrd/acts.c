// SPDX-License-Identifier: GPL-2.0
/* What the policy wants done. */
#include <errno.h>
#include <inttypes.h>
#include <stdio.h>
#include <string.h>

#include "base/log.h"
#include "roles/peers.h"
#include "samrd.h"

/* ---- fences ---- */

void acts_fence_nodes(struct samrd *d)
{
	const struct config *c = d->config;
	size_t i;

	for (i = 0; i < c->nodes; i++)
		d->fence_nodes[i] = c->node[i].fence;
	fence_configure(d->fence, d->fence_nodes, c->nodes);
	d->fence_control.nodes = d->fence_nodes;
	d->fence_control.count = c->nodes;
}

static void call_fence_hook(struct samrd *d, uint32_t node, const char *what,
			    const char *result, const char *text)
{
	char event[64], id[64], name[96], res[96], more[400];
	char *vars[] = { event, id, name, res, more, NULL };

	snprintf(event, sizeof(event), "SAMR_FENCE=%s", what);
	snprintf(id, sizeof(id), "SAMR_FENCE_NODE=%u", node);
	snprintf(name, sizeof(name), "SAMR_FENCE_NAME=%s", samrd_name(d, node));
	snprintf(res, sizeof(res), "SAMR_FENCE_RESULT=%s", result);
	snprintf(more, sizeof(more), "SAMR_FENCE_TEXT=%s", text);
	hooks_run(d->hooks, HOOK_FENCE, vars);
}

/* The end of a shot, which is a fact. */
static void shot_over(struct samrd *d, uint32_t node, enum fence_result result)
{
	struct samrd_shot *s = &d->shot[node];
	struct policy_event ev = {
		.type = s->on ? POLICY_EV_POWERED : POLICY_EV_ATTEMPT,
		.node = node,
		.inc = s->inc,
		.token = s->token,
	};

	ev.ok = s->on && result == FENCE_IS_ON;
	ev.result = result;
	s->running = false;
	facts_feed(d, &ev);
}

static void on_report(const struct fence_report *r, void *data)
{
	struct samrd *d = data;
	char text[300];

	if (!r->over || !d->shot[r->node].running)
		return;
	fence_report_text(r, text, sizeof(text));
	log_message(fence_is_fenced(r->result) || r->result == FENCE_IS_ON ?
		    LOG_NOTICE : LOG_WARNING, LOG_ID_FENCE_ATTEMPT,
		    "fence of %s: %s in %" PRIu64 " ms: %s",
		    samrd_name(d, r->node), fence_result_text(r->result),
		    r->ms, text);
	call_fence_hook(d, r->node, d->shot[r->node].on ? "power-on" : "attempt",
			fence_result_word(r->result), text);
	shot_over(d, r->node, r->result);
}

static void shoot(struct samrd *d, const struct policy_action *a, bool on)
{
	struct samrd_shot *s = &d->shot[a->node];
	const struct fence_request rq = {
		.node = a->node,
		.action = on ? FENCE_ON : FENCE_OFF,
		.automatic = true,
		.token = a->token,
		/* Rounded up: it must not be over before its time. */
		.watchdog_ms = on ? 0 : (a->watchdog + CLOCK_NS_PER_MS - 1) /
				   CLOCK_NS_PER_MS,
		.report = on_report,
		.data = d,
	};
	int err;

	*s = (struct samrd_shot){ .running = true, .on = on, .inc = a->inc,
				  .token = a->token };
	log_message(LOG_NOTICE, LOG_ID_FENCE_ATTEMPT, "%s of %s begins",
		    on ? "power on" : "fence", samrd_name(d, a->node));
	if (!on)
		call_fence_hook(d, a->node, "start", "pending", "");
	err = fence_start(d->fence, &rq);
	if (!err)
		return;
	log_message(LOG_ERR, LOG_ID_FENCE_ATTEMPT, "fence of %s cannot be "
		    "started: %s", samrd_name(d, a->node), strerror(-err));
	shot_over(d, a->node, FENCE_BROKEN);
}

static void confirm(struct samrd *d, const struct policy_action *a)
{
	char why[KERNEL_TEXT_MAX] = "";
	int err = kernel_confirm(d->kernel, a->node, a->inc, a->token, why);

	/* Its power is off, whatever the kernel makes of that. */
	peers_confirmed(d->peers, a->node);
	if (err && err != -ESTALE) {
		log_error("the kernel does not take the fence of %s: %s",
			  samrd_name(d, a->node), why);
		return;
	}
	log_message(LOG_NOTICE, LOG_ID_FENCE_DONE, "%s is fenced%s",
		    samrd_name(d, a->node), err ? ", nobody asks for it now" :
		    "");
	call_fence_hook(d, a->node, "done", "off", "");
}

/* ---- the memory ---- */

static void saved(struct samrd *d, bool ok)
{
	struct policy_event ev = { .type = POLICY_EV_SAVED };

	ev.ok = ok;
	ev.epoch = d->saving.epoch;
	facts_feed(d, &ev);
}

static void on_saved(int err, void *data)
{
	struct samrd *d = data;

	d->saver = NULL;
	if (err)
		log_error("the memory cannot be saved in %s: %s",
			  d->config->state_dir, strerror(-err));
	saved(d, !err);
	samrd_saved(d);
}

static void save(struct samrd *d, const struct memory *m)
{
	int err;

	d->saving = *m;
	err = saver_start(&d->saver, d->event, d->config->state_dir, m, on_saved,
			  d);
	if (err) {
		log_error("no process to save the memory: %s", strerror(-err));
		saved(d, false);
	}
}

/* As the kernel knows them; facts.c has the way back. */
static uint32_t flags_of(uint32_t flags)
{
	return (flags & MEMORY_GONE ? SAMR_SAVED_FLAG_GONE : 0) |
	       (flags & MEMORY_LEFT ? SAMR_SAVED_FLAG_LEFT_CLEANLY : 0) |
	       (flags & MEMORY_LAST ? SAMR_SAVED_FLAG_LAST_SURVIVOR : 0) |
	       (flags & MEMORY_FORCED ? SAMR_SAVED_FLAG_FORCED : 0) |
	       (flags & MEMORY_LOST ? SAMR_SAVED_FLAG_UNREADABLE : 0);
}

static void tell_told(struct samrd *d)
{
	char why[KERNEL_TEXT_MAX] = "";

	if (kernel_tell(d->kernel, d->told.epoch, d->told.members,
			d->told_flags, config_digest(d->config), why))
		log_error("the kernel does not take the memory: %s", why);
}

/* The watchdog is told with it: a memory is told before there is any view. */
static void tell(struct samrd *d, const struct policy_action *a)
{
	bool lost = a->memory_state != MEMORY_FOUND &&
		    a->memory_state != MEMORY_NONE;

	d->told_any = true;
	d->told = a->memory;
	d->told_flags = flags_of(a->memory.flags | (lost ? MEMORY_LOST : 0)) |
			(d->watchdog ? SAMR_SAVED_FLAG_ARMED : 0);
	tell_told(d);
}

void acts_disarmed(struct samrd *d)
{
	if (!(d->told_flags & SAMR_SAVED_FLAG_ARMED))
		return;
	d->told_flags &= ~SAMR_SAVED_FLAG_ARMED;
	tell_told(d);
}

void acts_configured(struct samrd *d)
{
	acts_fence_nodes(d);
	/* Nothing is said of a memory before the policy does. */
	if (d->told_any)
		tell_told(d);
}

static void start(struct samrd *d, uint64_t founders)
{
	char why[KERNEL_TEXT_MAX] = "";
	int err;

	if (d->leaving)
		return;
	err = kernel_start(d->kernel, founders, why);
	/* There is a view by now: that is what it was for. */
	if (err && err != -EBUSY)
		log_error("the cluster cannot be started: %s", why);
}

static void feed(struct samrd *d)
{
	int err = d->watchdog ? watchdog_feed(d->watchdog) : 0;

	if (err)
		log_error("the watchdog cannot be fed: %s", strerror(-err));
}

/* ---- alerts ---- */

static void alert(struct samrd *d, const struct policy_action *a)
{
	bool fence = a->result != FENCE_PENDING;
	char code[64], node[64], name[96], text[300];
	char *vars[] = { code, node, name, text, NULL };
	size_t len;

	snprintf(code, sizeof(code), "SAMR_ALERT=%s",
		 policy_alert_word(a->alert));
	snprintf(node, sizeof(node), "SAMR_ALERT_NODE=%u", a->node);
	snprintf(name, sizeof(name), "SAMR_ALERT_NAME=%s",
		 a->node ? samrd_name(d, a->node) : "");
	len = snprintf(text, sizeof(text), "SAMR_ALERT_TEXT=%s%s%s",
		       a->node ? samrd_name(d, a->node) : "",
		       a->node ? ": " : "", policy_alert_text(a->alert));
	if (fence && a->alert != POLICY_ALERT_MEMORY && len < sizeof(text))
		snprintf(text + len, sizeof(text) - len, " (%s)",
			 fence_result_text(a->result));
	log_message(a->alert == POLICY_ALERT_FENCED ? LOG_NOTICE : LOG_ERR,
		    LOG_ID_ALERT, "%s", strchr(text, '=') + 1);
	hooks_run(d->hooks, HOOK_ALERT, vars);
}

void acts_run(struct samrd *d, const struct policy_action *a)
{
	switch (a->type) {
	case POLICY_FENCE_START:
		shoot(d, a, false);
		break;
	case POLICY_FENCE_CANCEL:
		fence_cancel(d->fence, a->node);
		break;
	case POLICY_POWER_ON:
		shoot(d, a, true);
		break;
	case POLICY_CONFIRM:
		confirm(d, a);
		break;
	case POLICY_SAVE:
		save(d, &a->memory);
		break;
	case POLICY_TELL:
		tell(d, a);
		break;
	case POLICY_START:
		start(d, a->founders);
		break;
	case POLICY_FEED:
		feed(d);
		break;
	case POLICY_STARVE:
		if (d->watchdog)
			watchdog_starve(d->watchdog);
		break;
	case POLICY_ALERT:
		alert(d, a);
		break;
	}
}
