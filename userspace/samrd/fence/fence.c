// SPDX-License-Identifier: GPL-2.0
/*
 * Jobs: rounds over the devices of a head; see fence.h.
 *
 * A job is in the list from its start to its report. What makes it go on runs
 * from the loop: the ends of its attempts, and its source "step".
 */
#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

#include "base/clock.h"
#include "fence.h"
#include "fence_attempt.h"

#ifndef SAMR_LIBEXEC
#define SAMR_LIBEXEC	"/usr/local/libexec/samr"
#endif

#define IPMI_PROGRAM	SAMR_LIBEXEC "/samr-fence-ipmi"
#define POLL_MS		100
#define JOBS_MAX	80	/* one for each head, and some that only look */
#define IDS		64	/* ids are 1 .. 63 */
#define MS		1000ULL

/**
 * enum phase - what a job is doing
 * @PHASE_DO: what it was asked for, or the off of a cycle
 * @PHASE_VERIFY: all devices together are asked whether they are off
 * @PHASE_ON: the on of a cycle
 */
enum phase {
	PHASE_DO,
	PHASE_VERIFY,
	PHASE_ON,
};

/**
 * struct job - a job
 * @f: fencing
 * @next: in the list
 * @rq: as asked for
 * @r: what is reported, kept up to date
 * @together: of the head
 * @phase: see there
 * @over: it waits to be reported
 * @began: us
 * @limit_ms: of all its attempts that can cut power
 * @watchdog_at: us; 0: never
 * @current: of devices in order: the one that is tried
 * @pending: attempts under way
 * @started: us, of each attempt
 * @step: a source that reports, or begins the next phase, from the loop
 * @attempt: one for each device
 */
struct job {
	struct fence *f;
	struct job *next;
	struct fence_request rq;
	struct fence_report r;
	bool together;
	enum phase phase;
	bool over;
	uint64_t began;
	uint64_t limit_ms;
	uint64_t watchdog_at;
	size_t current;
	size_t pending;
	uint64_t started[FENCE_DEVICES_MAX];
	sd_event_source *step;
	struct fence_attempt attempt[FENCE_DEVICES_MAX];
};

/**
 * struct fence - fencing
 * @setup: as given
 * @nodes: @count: the heads
 * @jobs: the list
 * @last: how the last job ended that changed the power of a head; or NULL
 */
struct fence {
	struct fence_setup setup;
	const struct fence_node *nodes;
	size_t count;
	struct job *jobs;
	struct fence_report *last[IDS];
};

static uint64_t now_us(const struct fence *f)
{
	uint64_t now = 0;

	sd_event_now(f->setup.event, CLOCK_MONOTONIC, &now);
	return now;
}

/* The loop's clock is that of its last turn: what must not be early takes this. */
static bool changes(enum fence_action action)
{
	return action == FENCE_OFF || action == FENCE_ON ||
	       action == FENCE_CYCLE;
}

static const struct fence_node *node_of(const struct fence *f, uint32_t id)
{
	size_t i;

	for (i = 0; i < f->count; i++)
		if (f->nodes[i].id == id)
			return &f->nodes[i];
	return NULL;
}

/* The job that changes the power of a head, unless it is over. */
static struct job *power_job(const struct fence *f, uint32_t node)
{
	struct job *j;

	for (j = f->jobs; j; j = j->next)
		if (j->rq.node == node && changes(j->rq.action) && !j->over)
			return j;
	return NULL;
}

/* ---- the end of a job ---- */

static void job_free(struct job *j)
{
	size_t i;

	sd_event_source_disable_unref(j->step);
	for (i = 0; i < j->r.count; i++) {
		fence_attempt_stop(&j->attempt[i]);
		fence_device_free(&j->attempt[i].device);
	}
	free(j);
}

static void unlink_job(struct job *j)
{
	struct job **p = &j->f->jobs;

	while (*p != j)
		p = &(*p)->next;
	*p = j->next;
}

static void remember(struct fence *f, const struct fence_report *r)
{
	struct fence_report **last = &f->last[r->node];

	if (!*last)
		*last = malloc(sizeof(**last));
	if (*last)
		**last = *r;
}

static void report(struct job *j)
{
	j->r.ms = (now_us(j->f) - j->began) / MS;
	if (changes(j->rq.action))
		remember(j->f, &j->r);
	if (j->rq.report)
		j->rq.report(&j->r, j->rq.data);
}

/* From here on nothing goes on but the report. */
static void finish(struct job *j, enum fence_result result)
{
	size_t i;

	for (i = 0; i < j->r.count; i++)
		fence_attempt_stop(&j->attempt[i]);
	j->pending = 0;
	j->over = true;
	j->r.over = true;
	j->r.result = result;
	sd_event_source_set_enabled(j->step, SD_EVENT_ONESHOT);
}

/* ---- attempts ---- */

static enum fence_action action_now(const struct job *j)
{
	switch (j->phase) {
	case PHASE_VERIFY:
		return FENCE_STATUS;
	case PHASE_ON:
		return FENCE_ON;
	case PHASE_DO:
		break;
	}
	switch (j->rq.action) {
	case FENCE_CYCLE:
		return FENCE_OFF;
	case FENCE_TEST:
		return FENCE_STATUS;
	default:
		return j->rq.action;
	}
}

/* What is left of the time that all devices have together. */
static unsigned int limit_of(const struct job *j, const struct fence_device *d)
{
	uint64_t gone = (now_us(j->f) - j->began) / MS;
	uint64_t left = j->limit_ms > gone ? j->limit_ms - gone : 0;

	/* All together have had their time: the second look is within the sum. */
	if (j->together && j->phase == PHASE_VERIFY && left < d->timeout_ms)
		return left < FENCE_TIMEOUT_MIN_MS ? FENCE_TIMEOUT_MIN_MS : left;
	return d->timeout_ms;
}

static void start_attempt(struct job *j, size_t i)
{
	struct fence_attempt *a = &j->attempt[i];

	a->action = action_now(j);
	a->limit_ms = limit_of(j, &a->device);
	a->watchdog_at = j->watchdog_at;
	j->r.outcome[i].result = FENCE_PENDING;
	j->started[i] = now_us(j->f);
	j->pending++;
	fence_attempt_start(a);
}

/* All at once: together, and whenever nothing is changed. */
static bool at_once(const struct job *j)
{
	return j->together || action_now(j) == FENCE_STATUS;
}

static void start_phase(struct job *j)
{
	size_t i;

	j->current = 0;
	if (!at_once(j)) {
		start_attempt(j, 0);
		return;
	}
	/* Held up until all have been started: one may end at once. */
	j->pending++;
	for (i = 0; i < j->r.count; i++)
		start_attempt(j, i);
	if (!--j->pending)
		sd_event_source_set_enabled(j->step, SD_EVENT_ONESHOT);
}

/* ---- what a phase came to ---- */

static bool done_by(const struct job *j, enum fence_result r)
{
	return action_now(j) == FENCE_ON ? r == FENCE_IS_ON :
					   fence_is_fenced(r);
}

/* All must be as wanted; else the first that is not says what went wrong. */
static enum fence_result all_done(const struct job *j)
{
	size_t i;

	for (i = 0; i < j->r.count; i++)
		if (!done_by(j, j->r.outcome[i].result))
			return j->r.outcome[i].result;
	return j->r.outcome[0].result;
}

/* When all have been off a moment before. */
static enum fence_result all_off(struct job *j)
{
	enum fence_result worst = FENCE_IS_OFF;
	size_t i;

	for (i = 0; i < j->r.count; i++) {
		struct fence_outcome *o = &j->r.outcome[i];

		if (o->result == FENCE_IS_ON)
			o->result = FENCE_CAME_BACK;
		if (o->result != FENCE_IS_OFF && worst == FENCE_IS_OFF)
			worst = o->result;
	}
	return worst;
}

static bool tells(enum fence_result r)
{
	return r == FENCE_IS_ON || r == FENCE_IS_OFF;
}

/*
 * Power of the whole head: of supplies together it is on while one is; of devices
 * in order the first that knows tells. A test also fails when any device does,
 * but for those that cannot be asked.
 */
static enum fence_result looked(const struct job *j)
{
	enum fence_result failed = FENCE_PENDING, told = FENCE_PENDING;
	size_t i;

	for (i = 0; i < j->r.count; i++) {
		enum fence_result r = j->r.outcome[i].result;

		if (!tells(r)) {
			if (failed == FENCE_PENDING || failed == FENCE_WAITS)
				failed = r;
		} else if (told == FENCE_PENDING ||
			   (j->together && r == FENCE_IS_ON)) {
			told = r;
		}
	}
	if (told == FENCE_PENDING)
		return failed;
	if ((j->rq.action == FENCE_TEST && failed != FENCE_WAITS) ||
	    (j->together && told == FENCE_IS_OFF))
		return failed == FENCE_PENDING ? told : failed;
	return told;
}

/* Of devices in order: the one that did it, or the last that failed at it. */
static enum fence_result in_order(const struct job *j)
{
	enum fence_result r = j->r.outcome[j->current].result;
	size_t i;

	for (i = j->current; i && (r == FENCE_WAITS || r == FENCE_NOT_ARMED);)
		r = j->r.outcome[--i].result;
	/* None of them could be asked: an admin is more than no watchdog. */
	return r == FENCE_NOT_ARMED ? j->r.outcome[j->current].result : r;
}

static enum fence_result phase_result(struct job *j)
{
	if (j->phase == PHASE_VERIFY)
		return all_off(j);
	if (action_now(j) == FENCE_STATUS)
		return looked(j);
	if (j->together)
		return all_done(j);
	return in_order(j);
}

/* Power is off: of a cycle that is half of it. */
static void go_on_with_power(struct job *j)
{
	j->r.result = FENCE_IS_OFF;
	report(j);
	/* The report may have cancelled it. */
	if (j->over)
		return;
	j->r.result = FENCE_PENDING;
	j->phase = PHASE_ON;
	start_phase(j);
}

static void end_phase(struct job *j)
{
	enum fence_result r = phase_result(j);

	if (j->phase == PHASE_DO && j->together && j->r.count > 1 &&
	    action_now(j) == FENCE_OFF && fence_is_fenced(r)) {
		j->phase = PHASE_VERIFY;
		start_phase(j);
	} else if (j->phase != PHASE_ON && j->rq.action == FENCE_CYCLE &&
		   r == FENCE_IS_OFF) {
		go_on_with_power(j);
	} else {
		finish(j, r);
	}
}

/* From the loop: an attempt may have ended within the call that began it. */
static int on_step(sd_event_source *s, void *data)
{
	struct job *j = data;

	(void)s;
	if (j->over) {
		unlink_job(j);
		report(j);
		job_free(j);
	} else if (!j->r.count) {
		finish(j, FENCE_NO_DEVICE);
	} else if (!j->pending && j->r.outcome[0].result == FENCE_PENDING) {
		start_phase(j);
	} else if (!at_once(j) && j->current + 1 < j->r.count &&
		   !done_by(j, j->r.outcome[j->current].result)) {
		j->current++;
		start_attempt(j, j->current);
	} else {
		end_phase(j);
	}
	return 0;
}

static void on_attempt(struct fence_attempt *a, enum fence_result result,
		       const char *text)
{
	struct job *j = a->data;
	size_t i = a - j->attempt;
	struct fence_outcome *o = &j->r.outcome[i];

	o->result = result;
	o->ms = (now_us(j->f) - j->started[i]) / MS;
	snprintf(o->text, sizeof(o->text), "%s", text);
	j->pending--;
	if (!j->pending)
		sd_event_source_set_enabled(j->step, SD_EVENT_ONESHOT);
}

/* ---- the beginning of a job ---- */

static bool add_device(struct job *j, const struct fence_device *d)
{
	const struct fence_setup *s = &j->f->setup;
	struct fence_attempt *a = &j->attempt[j->r.count];
	struct fence_outcome *o = &j->r.outcome[j->r.count];

	a->event = s->event;
	a->ipmi_program = s->ipmi_program;
	a->poll_ms = s->poll_ms;
	a->end = on_attempt;
	a->data = j;
	if (!fence_device_copy(&a->device, d))
		return false;
	snprintf(o->device, sizeof(o->device), "%s", d->name);
	o->kind = d->kind;
	if (d->kind == FENCE_IPMI || d->kind == FENCE_AGENT)
		j->limit_ms += d->timeout_ms;
	j->r.count++;
	return true;
}

static bool add_devices(struct job *j)
{
	const struct fence_node *n = node_of(j->f, j->rq.node);
	size_t i;

	if (!n)
		return true;
	j->together = n->together;
	for (i = 0; i < n->count; i++)
		if (!add_device(j, &n->device[i]))
			return false;
	return true;
}

static size_t count_jobs(const struct fence *f)
{
	const struct job *j;
	size_t n = 0;

	for (j = f->jobs; j; j = j->next)
		n++;
	return n;
}

/* Makes room for a job that changes the power of a head. */
static int take_over(struct fence *f, const struct fence_request *rq)
{
	struct job *j = changes(rq->action) ? power_job(f, rq->node) : NULL;

	if (!j)
		return 0;
	if (!rq->automatic || j->rq.automatic)
		return -EBUSY;
	finish(j, FENCE_CANCELLED);
	return 0;
}

static struct job *job_new(struct fence *f, const struct fence_request *rq)
{
	struct job *j = calloc(1, sizeof(*j));

	if (!j)
		return NULL;
	j->f = f;
	j->rq = *rq;
	j->r.node = rq->node;
	j->r.action = rq->action;
	j->r.automatic = rq->automatic;
	j->r.token = rq->token;
	j->began = now_us(f);
	if (rq->watchdog_ms)
		j->watchdog_at = clock_now() / CLOCK_NS_PER_US + rq->watchdog_ms * MS;
	if (!add_devices(j) ||
	    sd_event_add_defer(f->setup.event, &j->step, on_step, j) < 0) {
		job_free(j);
		return NULL;
	}
	return j;
}

int fence_start(struct fence *f, const struct fence_request *rq)
{
	struct job *j;
	int r;

	if (!fence_action_word(rq->action) || !rq->node || rq->node >= IDS)
		return -EINVAL;
	/* Fencing is never refused for those that look. */
	if (!rq->automatic && count_jobs(f) >= JOBS_MAX)
		return -EAGAIN;
	j = job_new(f, rq);
	if (!j)
		return -ENOMEM;
	r = take_over(f, rq);
	if (r) {
		job_free(j);
		return r;
	}
	j->next = f->jobs;
	f->jobs = j;
	return 0;
}

void fence_cancel(struct fence *f, uint32_t node)
{
	struct job *j = power_job(f, node);

	if (j)
		finish(j, FENCE_CANCELLED);
}

/* ---- fencing as a whole ---- */

int fence_new(struct fence **fence, const struct fence_setup *s)
{
	struct fence *f = calloc(1, sizeof(*f));

	if (!f)
		return -ENOMEM;
	f->setup = *s;
	if (!f->setup.ipmi_program)
		f->setup.ipmi_program = IPMI_PROGRAM;
	if (!f->setup.poll_ms)
		f->setup.poll_ms = POLL_MS;
	*fence = f;
	return 0;
}

void fence_free(struct fence *f)
{
	struct job *j;
	size_t i;

	if (!f)
		return;
	while ((j = f->jobs)) {
		f->jobs = j->next;
		job_free(j);
	}
	for (i = 0; i < IDS; i++)
		free(f->last[i]);
	free(f);
}

void fence_configure(struct fence *f, const struct fence_node *nodes,
		     size_t count)
{
	f->nodes = nodes;
	f->count = count;
}

bool fence_look(const struct fence *f, uint32_t node, struct fence_report *r)
{
	const struct job *j = power_job(f, node);

	if (node >= IDS || (!j && !f->last[node]))
		return false;
	*r = j ? j->r : *f->last[node];
	if (j)
		r->ms = (now_us(f) - j->began) / MS;
	return true;
}

const char *fence_report_text(const struct fence_report *r, char *text,
			      size_t size)
{
	size_t i, len = 0;
	int n;

	snprintf(text, size, "%s", fence_result_text(r->result));
	for (i = 0; i < r->count && len < size; i++) {
		const struct fence_outcome *o = &r->outcome[i];

		n = snprintf(text + len, size - len, "%s%s: %s%s%s%s",
			     i ? ", " : "", o->device,
			     fence_result_text(o->result), *o->text ? " (" : "",
			     o->text, *o->text ? ")" : "");
		len += n < 0 ? 0 : n;
	}
	return text;
}
