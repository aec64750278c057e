// SPDX-License-Identifier: GPL-2.0
/* Checks of samrd: whether it runs, and whether what it fences with works. */
#include <stdio.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "daemon.h"
#include "doctor.h"

/* Is the unit wanted by a target? Asks the files, as systemctl does. */
static bool enabled(void)
{
	return !access("/etc/systemd/system/multi-user.target.wants/samrd.service",
		       F_OK);
}

static void check_running(const struct facts *f)
{
	const struct samrd *d = &f->samrd;

	if (!d->running && !d->configured)
		doctor_say(DOCTOR_SKIP, "samrd", NULL,
			   "samrd does not run and %s is not there: nobody fences, and heads are configured and started by hand",
			   SAMRD_CONFIG);
	else if (!d->running)
		doctor_say(DOCTOR_FAIL, "samrd",
			   "systemctl start samrd; why it ended: journalctl -u samrd",
			   "samrd does not run, though %s is there: nobody fences",
			   SAMRD_CONFIG);
	else if (*d->error)
		doctor_say(DOCTOR_FAIL, "samrd",
			   "systemctl restart samrd; journalctl -u samrd",
			   "samrd gives no answer: %s", d->error);
	else if (d->foreign)
		doctor_say(DOCTOR_WARN, "samrd", NULL,
			   "samrd runs, for another head or cluster of this machine");
	else
		doctor_say(DOCTOR_OK, "samrd", NULL, "samrd runs");
	if (d->configured && !access("/run/systemd/system", F_OK) && !enabled())
		doctor_say(DOCTOR_WARN, "unit", "systemctl enable samrd",
			   "samrd is not started when this machine boots");
}

/* Asks each device of a head whether its power is on; that changes nothing. */
static void test_node(uint32_t node, unsigned int limit_ms)
{
	char why[DAEMON_WHY_MAX] = "", todo[64];
	json_t *result = NULL;
	const json_t *one;
	size_t i;

	snprintf(todo, sizeof(todo), "samrctl fence test %u", node);
	if (daemon_ask(json_pack("{s:s, s:i}", "verb", "fence-test", "node",
				 (int)node), limit_ms, &result, why)) {
		doctor_say(DOCTOR_SKIP, "fencing", geteuid() ? "run it as root" :
			   NULL, "head %u: %s", node, why);
		return;
	}
	json_array_foreach(json_object_get(result, "devices"), i, one) {
		const char *device = json_string_value(
					json_object_get(one, "device"));
		const char *end = json_string_value(
					json_object_get(one, "result"));
		const char *text = json_string_value(
					json_object_get(one, "text"));
		bool good = end && (!strcmp(end, "on") || !strcmp(end, "off"));
		bool none = end && (!strcmp(end, "waits") ||
				    !strcmp(end, "not-armed"));

		doctor_say(good ? DOCTOR_OK : none ? DOCTOR_WARN : DOCTOR_FAIL,
			   "fencing", good ? NULL : todo,
			   "head %u by %s: %s%s%s", node,
			   device ? device : "?", end ? end : "?",
			   text && *text ? ", " : "", text ? text : "");
	}
	json_decref(result);
}

static void check_devices(const struct facts *f)
{
	const struct samrd_device *d, *end = f->samrd.device + f->samrd.devices;
	unsigned int limit;
	int id;

	for (id = 1; id < FACT_IDS; id++) {
		const struct fact_head *h = &f->head[id];

		for (d = f->samrd.device, limit = 0; d < end; d++)
			if (d->node == (uint32_t)id)
				limit += d->timeout_ms;
		if (limit)
			test_node(id, limit + DAEMON_NOW_MS);
		else if (h->configured && !h->self)
			doctor_say(DOCTOR_WARN, "fencing",
				   "give it a fence device in " SAMRD_CONFIG,
				   "nothing can cut the power of head %d but an admin",
				   id);
	}
}

/* A fence of the kind watchdog is worth what the watchdog is. */
static void check_armed(const struct facts *f)
{
	const struct samrd *d = &f->samrd;
	int id;

	if (d->armed && !d->starved)
		doctor_say(DOCTOR_OK, "armed", NULL,
			   "samrd holds the watchdog %s", d->watchdog_device);
	else if (d->starved)
		doctor_say(DOCTOR_FAIL, "armed", NULL,
			   "samrd does not feed the watchdog %s any more: this machine is about to be reset",
			   d->watchdog_device);
	for (id = 1; id < FACT_IDS; id++) {
		if (!(d->unarmed & 1ULL << id))
			continue;
		if (f->head[id].self)
			doctor_say(DOCTOR_FAIL, "armed",
				   "a section watchdog in " SAMRD_CONFIG ", then systemctl restart samrd",
				   "no watchdog is armed here, and a fence of this head relies on one");
		else
			doctor_say(DOCTOR_WARN, "armed",
				   "there: samrctl doctor; and give it a fence of another kind",
				   "head %d has not announced an armed watchdog: its fence of that kind proves nothing",
				   id);
	}
}

static void check_exits(const struct facts *f)
{
	const struct samrd *d = &f->samrd;
	const struct samrd_exit *e;
	char span[48];

	for (e = d->exit; e < d->exit + d->exits; e++)
		doctor_say(DOCTOR_WARN, "service", "journalctl -u samrd",
			   "%s; %s ago%s, %u time%s since samrd was started",
			   e->text, verdict_span(e->age_ms, span, sizeof(span)),
			   e->back ? ", and there is a member again" : "",
			   e->count, e->count == 1 ? "" : "s");
}

void doctor_samrd(const struct facts *f)
{
	check_running(f);
	if (f->samrd.running && !f->samrd.foreign && !*f->samrd.error) {
		check_devices(f);
		check_armed(f);
		check_exits(f);
	} else {
		doctor_say(DOCTOR_SKIP, "fencing", NULL,
			   "devices that cut power can be tested by samrd only, which does not run here");
	}
}
