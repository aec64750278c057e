// SPDX-License-Identifier: GPL-2.0
/*
 * Members of services that end: seeing them, putting them out, and on-exit. What
 * is seen of them, and when one is stalled, is in services.h.
 *
 * A member that is gone may have ended well. Only systemd knows, so that nothing
 * follows without a unit; and it may need a moment to notice, so it is asked a few
 * times before "it runs" is taken for an answer.
 */
#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "base/clock.h"
#include "base/helper.h"
#include "base/log.h"
#include "exits.h"
#include "samrd.h"
#include "services.h"

#define SOON_NS		5000000ULL	/* between two looks, at least */
#define ACCURACY_US	5000
#define SYSTEMCTL	"/bin/systemctl"
#define SYSTEMCTL_MS	30000
#define ASKS		5		/* of systemd, about one end */
#define ASK_AGAIN_US	300000

/**
 * struct record - the last end of a member of a service
 * @group: the service
 * @end: how
 * @exit: what followed
 * @at: when, monotonic ns
 * @count: ends so far
 * @text: a sentence
 */
struct record {
	struct record *next;
	uint32_t group;
	enum services_end end;
	enum config_exit exit;
	uint64_t at;
	unsigned int count;
	char text[200];
};

/**
 * struct job - systemctl is run for a service
 * @port: of the member that it is about
 * @asks: left; 0: its unit is being restarted
 */
struct job {
	struct job *next;
	struct exits *all;
	uint32_t group;
	uint32_t port;
	unsigned int asks;
	char *unit;
	struct helper *helper;
	sd_event_source *timer;
};

struct exits {
	struct samrd *d;
	sd_event_source *timer;
	uint64_t looked;
	bool failed;
	struct services services;
	struct services_acts acts;
	size_t count;
	struct kernel_member member[SERVICES_MEMBERS_MAX * 2];
	struct record *records;
	struct job *jobs;
};

/* ---- a reset that outlives the daemon ---- */

static void marker_path(const struct samrd *d, char *path, size_t size)
{
	snprintf(path, size, "%s/self-fence", d->config->run_dir);
}

/* Another boot is another machine. */
static bool boot_id(char *id, size_t size)
{
	FILE *f = fopen("/proc/sys/kernel/random/boot_id", "re");
	bool ok = f && fgets(id, size, f);

	if (f)
		fclose(f);
	return ok;
}

static void write_marker(const struct samrd *d)
{
	char path[300], id[64];
	FILE *f;

	marker_path(d, path, sizeof(path));
	f = boot_id(id, sizeof(id)) ? fopen(path, "we") : NULL;
	if (!f || fputs(id, f) < 0)
		log_error("%s cannot be written: another samrd would feed the "
			  "watchdog again: %s", path, strerror(errno));
	if (f)
		fclose(f);
}

static bool is_marked(const struct samrd *d)
{
	char path[300], id[64], was[64] = "";
	FILE *f;

	marker_path(d, path, sizeof(path));
	f = fopen(path, "re");
	if (!f)
		return false;
	if (!fgets(was, sizeof(was), f))
		was[0] = 0;
	fclose(f);
	/* One that cannot be read is taken at its word. */
	return !boot_id(id, sizeof(id)) || !*was || !strcmp(id, was);
}

static void condemn(struct samrd *d)
{
	struct policy_event ev = { .type = POLICY_EV_SELF_FENCE };

	facts_feed(d, &ev);
}

/* ---- systemctl ---- */

static void end_job(struct job *j)
{
	struct job **at;

	for (at = &j->all->jobs; *at; at = &(*at)->next)
		if (*at == j) {
			*at = j->next;
			break;
		}
	helper_stop(j->helper);
	sd_event_source_disable_unref(j->timer);
	free(j->unit);
	free(j);
}

static int run_systemctl(struct job *j, helper_done_fn *done)
{
	const char *program = getenv("SAMR_SYSTEMCTL");
	char *ask[] = { (char *)(program ? program : SYSTEMCTL), "show", "-p",
			"ActiveState,Result", j->unit, NULL };
	char *restart[] = { ask[0], "--no-block", "restart", j->unit, NULL };
	const struct helper_setup s = {
		.event = j->all->d->event,
		.argv = j->asks ? ask : restart,
		.limit_ms = SYSTEMCTL_MS,
		.done = done,
		.data = j,
	};

	return helper_start(&j->helper, &s);
}

static struct job *new_job(struct exits *x, const struct config_service *s,
			   uint32_t port, unsigned int asks)
{
	struct job *j;

	for (j = x->jobs; j; j = j->next)
		if (j->group == s->id && !j->asks == !asks)
			return NULL;	/* that is being done */
	j = calloc(1, sizeof(*j));
	if (j)
		j->unit = strdup(s->unit);
	if (!j || !j->unit) {
		log_error("no memory to look after the unit %s", s->unit);
		free(j);
		return NULL;
	}
	j->all = x;
	j->group = s->id;
	j->port = port;
	j->asks = asks;
	j->next = x->jobs;
	x->jobs = j;
	return j;
}

static void on_restarted(const struct helper_end *end, void *data)
{
	char text[HELPER_TEXT_MAX];
	struct job *j = data;

	j->helper = NULL;
	if (!helper_well(end))
		log_message(LOG_ERR, LOG_ID_SERVICE,
			    "%s cannot be restarted: systemctl: %s", j->unit,
			    helper_end_text(end, text));
	end_job(j);
}

static void restart(struct exits *x, const struct config_service *s,
		    uint32_t port)
{
	struct job *j = new_job(x, s, port, 0);
	int err = j ? run_systemctl(j, on_restarted) : 0;

	if (!err)
		return;
	log_error("%s cannot be restarted: %s", s->unit, strerror(-err));
	end_job(j);
}

/* ---- what follows ---- */

static void leave(struct samrd *d)
{
	char why[KERNEL_TEXT_MAX] = "";

	if (kernel_stop(d->kernel, why))
		log_error("the cluster cannot be left: %s", why);
}

static void call_hook(struct samrd *d, const struct config_service *s,
		      const struct record *r)
{
	const struct config_node *self = &d->config->node[d->config->self];
	char alert[64], node[64], name[96], text[300], id[64], title[96],
	     on_exit[64];
	char *vars[] = { alert, node, name, text, id, title, on_exit, NULL };

	snprintf(alert, sizeof(alert), "SAMR_ALERT=%s",
		 r->end == SERVICES_STALLED ? "service-stalled" :
					      "service-ended");
	snprintf(node, sizeof(node), "SAMR_ALERT_NODE=%u", self->id);
	snprintf(name, sizeof(name), "SAMR_ALERT_NAME=%s", self->name);
	snprintf(text, sizeof(text), "SAMR_ALERT_TEXT=%s", r->text);
	snprintf(id, sizeof(id), "SAMR_SERVICE=%u", s->id);
	snprintf(title, sizeof(title), "SAMR_SERVICE_NAME=%s", s->name);
	snprintf(on_exit, sizeof(on_exit), "SAMR_ON_EXIT=%s",
		 config_exit_word(s->on_exit));
	hooks_run(d->hooks, HOOK_ALERT, vars);
}

static struct record *record_of(struct exits *x, uint32_t group)
{
	struct record *r;

	for (r = x->records; r && r->group != group; r = r->next)
		;
	if (r)
		return r;
	r = calloc(1, sizeof(*r));
	if (!r)
		return NULL;
	r->group = group;
	r->next = x->records;
	x->records = r;
	return r;
}

static void happened(struct exits *x, const struct config_service *s,
		     enum services_end end, uint32_t port)
{
	struct record *r = record_of(x, s->id);
	struct record lost = { .group = s->id };
	struct samrd *d = x->d;

	r = r ? r : &lost;
	r->end = end;
	r->exit = s->on_exit;
	r->at = clock_now();
	r->count++;
	if (end == SERVICES_STALLED)
		snprintf(r->text, sizeof(r->text), "service \"%s\": its member "
			 "of port %u has read nothing for %u ms, and was put "
			 "out; on-exit: %s", s->name, port, s->timeout_ms,
			 config_exit_word(s->on_exit));
	else
		snprintf(r->text, sizeof(r->text), "service \"%s\": its unit "
			 "%.80s has failed; on-exit: %s", s->name, s->unit,
			 config_exit_word(s->on_exit));
	log_message(LOG_ERR, LOG_ID_SERVICE, "%s", r->text);
	call_hook(d, s, r);
	switch (s->on_exit) {
	case CONFIG_EXIT_NONE:
		break;
	case CONFIG_EXIT_RESTART:
		restart(x, s, port);
		break;
	case CONFIG_EXIT_LEAVE:
		leave(d);
		break;
	case CONFIG_EXIT_SELF_FENCE:
		write_marker(d);
		condemn(d);
		break;
	}
}

/* ---- those that are gone ---- */

static void ask(struct job *j);

static int on_ask_again(sd_event_source *source, uint64_t usec, void *data)
{
	struct job *j = data;

	(void)source;
	(void)usec;
	j->timer = sd_event_source_disable_unref(j->timer);
	ask(j);
	return 0;
}

static void on_shown(const struct helper_end *end, void *data)
{
	enum services_unit unit = SERVICES_UNIT_RUNS;
	const struct config_service *s;
	struct job *j = data;
	struct exits *x = j->all;
	uint32_t port = j->port;

	j->helper = NULL;
	if (helper_well(end))
		unit = services_unit(end->output);
	s = config_service(x->d->config, j->group);
	if (unit == SERVICES_UNIT_RUNS && s && --j->asks &&
	    sd_event_add_time_relative(x->d->event, &j->timer, CLOCK_MONOTONIC,
				       ASK_AGAIN_US, 0, on_ask_again, j) >= 0)
		return;
	end_job(j);
	if (unit == SERVICES_UNIT_FAILED && s)
		happened(x, s, SERVICES_GONE, port);
}

static void ask(struct job *j)
{
	int err = run_systemctl(j, on_shown);

	if (!err)
		return;
	log_error("systemd cannot be asked about %s: %s", j->unit,
		  strerror(-err));
	end_job(j);
}

/* ---- looking ---- */

static void take_member(const struct kernel_member *m, void *data)
{
	struct exits *x = data;
	const struct config_service *s = config_service(x->d->config, m->group);

	if (s && services_watched(s) &&
	    x->count < sizeof(x->member) / sizeof(*x->member))
		x->member[x->count++] = *m;
}

static void stalled(struct exits *x, const struct config_service *s,
		    const struct services_act *a)
{
	char why[KERNEL_TEXT_MAX] = "";
	int err = kernel_expel(x->d->kernel, a->group, a->port, why);

	/* It has gone by itself meanwhile. */
	if (err == -EAGAIN || err == -ENOENT)
		return;
	if (err)
		log_error("the member of port %u of service \"%s\" cannot be put "
			  "out: %s", a->port, s->name, why);
	else
		happened(x, s, SERVICES_STALLED, a->port);
}

static void act(struct exits *x, const struct services_act *a)
{
	const struct config_service *s = config_service(x->d->config, a->group);
	struct job *j;

	if (!s)
		return;
	if (a->end == SERVICES_STALLED) {
		stalled(x, s, a);
	} else if (s->unit) {
		j = new_job(x, s, a->port, ASKS);
		if (j)
			ask(j);
	}
}

static void set_timer(struct exits *x, uint64_t at)
{
	if (at == UINT64_MAX) {
		sd_event_source_set_enabled(x->timer, SD_EVENT_OFF);
		return;
	}
	sd_event_source_set_time(x->timer, at / 1000 + 1);
	sd_event_source_set_enabled(x->timer, SD_EVENT_ONESHOT);
}

static int on_timer(sd_event_source *source, uint64_t usec, void *data)
{
	char why[KERNEL_TEXT_MAX] = "";
	struct exits *x = data;
	size_t missed = x->services.missed, i;
	uint64_t at, now;
	int err;

	(void)source;
	(void)usec;
	x->count = 0;
	err = kernel_members(x->d->kernel, take_member, x, why);
	if (err && !x->failed)
		log_error("the members of services cannot be looked at: %s", why);
	x->failed = err;
	now = x->looked = clock_now();
	if (err) {
		set_timer(x, now + CLOCK_NS_PER_S);
		return 0;
	}
	at = services_look(&x->services, now, x->d->config, x->member, x->count,
			   &x->acts);
	if (x->services.missed && !missed)
		log_message(LOG_WARNING, LOG_ID_SERVICE, "more than %d members: "
			    "the rest is not watched", SERVICES_MEMBERS_MAX);
	set_timer(x, at);
	for (i = 0; i < x->acts.count; i++)
		act(x, &x->acts.act[i]);
	return 0;
}

void exits_soon(struct exits *x)
{
	uint64_t now = clock_now(), at = x->looked + SOON_NS;

	set_timer(x, at > now ? at : now);
}

/* ---- all of it ---- */

int exits_new(struct exits **xp, struct samrd *d)
{
	struct exits *x = calloc(1, sizeof(*x));
	int err;

	*xp = x;
	if (!x)
		return -ENOMEM;
	x->d = d;
	err = sd_event_add_time(d->event, &x->timer, CLOCK_MONOTONIC, 0,
				ACCURACY_US, on_timer, x);
	return err < 0 ? err : 0;
}

void exits_start(struct exits *x)
{
	if (is_marked(x->d)) {
		log_message(LOG_ERR, LOG_ID_SERVICE, "this machine was to be "
			    "reset by its watchdog, and still is");
		condemn(x->d);
	}
	exits_soon(x);
}

void exits_free(struct exits *x)
{
	struct record *r;

	if (!x)
		return;
	while (x->jobs)
		end_job(x->jobs);
	while ((r = x->records)) {
		x->records = r->next;
		free(r);
	}
	sd_event_source_disable_unref(x->timer);
	free(x);
}

json_t *exits_json(const struct exits *x)
{
	const struct config *c = x->d->config;
	const struct config_service *s;
	const struct record *r;
	json_t *list = json_array(), *o;
	size_t i;

	for (i = 0; i < c->services; i++) {
		s = &c->service[i];
		o = json_pack("{s:I, s:s, s:i, s:s, s:b, s:i}",
			      "id", (json_int_t)s->id, "name", s->name,
			      "timeout_ms", (int)s->timeout_ms, "on_exit",
			      config_exit_word(s->on_exit), "watched",
			      services_watched(s), "members",
			      (int)services_members(&x->services, s->id));
		for (r = x->records; r && r->group != s->id; r = r->next)
			;
		if (o && r)
			json_object_set_new(o, "last", json_pack(
				"{s:s, s:s, s:s, s:I, s:i}", "end",
				r->end == SERVICES_STALLED ? "stalled" : "ended",
				"on_exit", config_exit_word(r->exit), "text",
				r->text, "age_ms", (json_int_t)
				((clock_now() - r->at) / CLOCK_NS_PER_MS),
				"count", (int)r->count));
		json_array_append_new(list, o);
	}
	return list;
}
