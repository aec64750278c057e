// SPDX-License-Identifier: GPL-2.0
/* Answers of samrd to plain values, see samrd.h. */
#include <stdio.h>
#include <string.h>
#include <unistd.h>

#include "daemon.h"
#include "samrd.h"

static const char *text_of(const json_t *o, const char *key)
{
	const char *s = json_string_value(json_object_get(o, key));

	return s ? s : "";
}

static uint64_t num_of(const json_t *o, const char *key)
{
	json_int_t n = json_integer_value(json_object_get(o, key));

	return n > 0 ? n : 0;
}

static bool yes_of(const json_t *o, const char *key)
{
	return json_is_true(json_object_get(o, key));
}

static bool is_one_of(const char *word, const char *const *words)
{
	for (; *words; words++)
		if (!strcmp(word, *words))
			return true;
	return false;
}

/* ---- status ---- */

static void take_fence(struct samrd_fence *f, const json_t *fence)
{
	static const char *const quiet[] = { "", "none", "done", NULL };
	const char *state = text_of(fence, "state");
	unsigned int failed = num_of(fence, "failed");

	f->left_off = yes_of(fence, "left_off");
	if (is_one_of(state, quiet))
		return;
	f->manual = !strcmp(state, "manual");
	f->failed = failed;
	if (failed > 1)
		snprintf(f->text, sizeof(f->text), "%s (failed %u times, the last time: %s)",
			 text_of(fence, "text"), failed,
			 text_of(fence, "last"));
	else if (failed)
		snprintf(f->text, sizeof(f->text), "%s (failed once: %s)",
			 text_of(fence, "text"), text_of(fence, "last"));
	else
		snprintf(f->text, sizeof(f->text), "%s",
			 text_of(fence, "text"));
}

static void take_relied(struct samrd *s, uint32_t id, const json_t *dog)
{
	if (yes_of(dog, "relied") && !num_of(dog, "armed_ms"))
		s->unarmed |= 1ULL << id;
}

/* Return: id of the head that it is the samrd of. */
static uint32_t take_nodes(struct samrd *s, const json_t *nodes)
{
	const json_t *one;
	uint32_t self = 0;
	size_t i;

	json_array_foreach(nodes, i, one) {
		uint32_t id = num_of(one, "id") % SAMRD_IDS;

		if (yes_of(one, "self"))
			self = id;
		snprintf(s->name[id], sizeof(s->name[id]), "%s",
			 text_of(one, "name"));
		take_fence(&s->fence[id], json_object_get(one, "fence"));
		take_relied(s, id, json_object_get(one, "watchdog"));
	}
	return self;
}

static void take_watchdog(struct samrd *s, const json_t *dog)
{
	s->armed = yes_of(dog, "armed");
	s->starved = yes_of(dog, "starved");
	s->watchdog_ms = num_of(dog, "timeout_ms");
	snprintf(s->watchdog_device, sizeof(s->watchdog_device), "%s",
		 text_of(dog, "device"));
}

static void take_exits(struct samrd *s, const json_t *services)
{
	const json_t *one, *last;
	struct samrd_exit *e;
	size_t i;

	json_array_foreach(services, i, one) {
		last = json_object_get(one, "last");
		if (!last || s->exits == SAMRD_EXITS)
			continue;
		e = &s->exit[s->exits++];
		e->group = num_of(one, "id");
		e->back = num_of(one, "members");
		e->count = num_of(last, "count");
		e->age_ms = num_of(last, "age_ms");
		snprintf(e->name, sizeof(e->name), "%s", text_of(one, "name"));
		snprintf(e->on_exit, sizeof(e->on_exit), "%s",
			 text_of(last, "on_exit"));
		snprintf(e->text, sizeof(e->text), "%s", text_of(last, "text"));
	}
}

/* ---- services that run on one of two heads ---- */

static void take_role(struct samrd_role *r, const json_t *o)
{
	static const char *const good[] = { "active", "standby", NULL };
	const char *state = text_of(o, "state"), *why = text_of(o, "text");
	const char *elected = text_of(o, "elected"), *step = text_of(o, "step");
	const char *failed = text_of(o, "failed");
	const json_t *drbd = json_object_get(o, "drbd");
	bool held = yes_of(drbd, "suspended");

	r->good = is_one_of(state, good) && !held;
	if (!strcmp(state, "standby") && *elected)
		snprintf(r->text, sizeof(r->text), "standby, it belongs on %s",
			 elected);
	else
		snprintf(r->text, sizeof(r->text), "%s here%s%s%s%s%s%s%s", state,
			 *step ? ", runs " : "", step, *why ? ": " : "", why,
			 *failed ? "; " : "", failed,
			 held ? "; DRBD writes nothing until the other head is "
			 "known to be off" : "");
}

static void take_roles(struct samrd *s, const json_t *list)
{
	struct samrd_role *r;
	const json_t *one;
	size_t i;

	json_array_foreach(list, i, one) {
		if (s->roles == SAMRD_ROLES ||
		    !json_is_object(json_object_get(one, "role")))
			continue;
		r = &s->role[s->roles++];
		r->id = num_of(one, "id");
		take_role(r, json_object_get(one, "role"));
	}
}

void samrd_take(struct samrd *s, json_t *status, uint32_t cluster,
		uint32_t node)
{
	const json_t *start = json_object_get(status, "start");
	uint32_t self;

	s->status = status;
	self = take_nodes(s, json_object_get(status, "nodes"));
	if (cluster && (num_of(status, "id") != cluster || self != node)) {
		s->foreign = true;
		memset(s->fence, 0, sizeof(s->fence));
		memset(s->name, 0, sizeof(s->name));
		s->unarmed = 0;
		return;
	}
	if (strcmp(text_of(start, "wait"), "none"))
		snprintf(s->waits, sizeof(s->waits), "%s",
			 text_of(start, "text"));
	take_watchdog(s, json_object_get(status, "watchdog"));
	take_exits(s, json_object_get(status, "services"));
	take_roles(s, json_object_get(status, "roles"));
}

/* ---- devices ---- */

/* What the last job with a device says of it. */
static void take_outcome(struct samrd_device *d, const json_t *last)
{
	static const char *const good[] = { "on", "off", "expired", NULL };
	static const char *const none[] = {
		"", "pending", "cancelled", "waits", "not-armed", "no-device",
		NULL
	};
	const json_t *one;
	const char *result;
	size_t i;

	json_array_foreach(json_object_get(last, "devices"), i, one) {
		if (strcmp(text_of(one, "device"), d->name))
			continue;
		result = text_of(one, "result");
		d->used = !is_one_of(result, none);
		d->works = is_one_of(result, good);
		snprintf(d->text, sizeof(d->text), "%s%s%s", result,
			 *text_of(one, "text") ? ", " : "",
			 text_of(one, "text"));
	}
}

void samrd_take_devices(struct samrd *s, const json_t *nodes)
{
	const json_t *node, *one;
	struct samrd_device *d;
	size_t i, j;

	json_array_foreach(nodes, i, node) {
		json_array_foreach(json_object_get(node, "devices"), j, one) {
			if (s->devices == SAMRD_DEVICES)
				return;
			d = &s->device[s->devices++];
			d->node = num_of(node, "node");
			d->timeout_ms = num_of(one, "timeout_ms");
			snprintf(d->name, sizeof(d->name), "%s",
				 text_of(one, "device"));
			snprintf(d->kind, sizeof(d->kind), "%s",
				 text_of(one, "kind"));
			take_outcome(d, json_object_get(node, "last"));
		}
	}
}

/* ---- asking ---- */

static json_t *ask(struct samrd *s, const char *verb)
{
	json_t *request = json_pack("{s:s}", "verb", verb), *result = NULL;
	char why[DAEMON_WHY_MAX] = "";
	enum daemon_end end;

	end = daemon_ask(request, DAEMON_NOW_MS, &result, why);
	s->running = end != DAEMON_ABSENT;
	if (end == DAEMON_OK)
		return result;
	if (s->running)
		snprintf(s->error, sizeof(s->error), "%.*s",
			 (int)sizeof(s->error) - 1, why);
	return NULL;
}

void samrd_ask(struct samrd *s, uint32_t cluster, uint32_t node)
{
	json_t *answer;

	memset(s, 0, sizeof(*s));
	s->configured = daemon_is_default() && !access(SAMRD_CONFIG, F_OK);
	answer = ask(s, "status");
	if (!answer)
		return;
	samrd_take(s, answer, cluster, node);
	if (s->foreign)
		return;
	answer = ask(s, "fence-devices");
	samrd_take_devices(s, answer);
	json_decref(answer);
}

void samrd_free(struct samrd *s)
{
	json_decref(s->status);
	s->status = NULL;
}
