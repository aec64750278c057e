// SPDX-License-Identifier: GPL-2.0
/* Services that run on one of two heads; see roles.h. */
#define _GNU_SOURCE
#include <errno.h>
#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include <systemd/sd-daemon.h>

#include "base/clock.h"
#include "base/helper.h"
#include "base/log.h"
#include "peers.h"
#include "role.h"
#include "roles.h"
#include "samrd.h"

/**
 * struct role - one service
 * @roles: all of them
 * @id: @name: @resource: @mount: @device: of the configuration, of which they are
 *	copies: what was started with one is to be stopped with it
 * @limit_ms: of a step on the way up, and of one on the way down
 * @node: the two heads, this one first; 0: it is none of them
 * @step: the programs
 * @standby: who decides
 * @running: a program of it
 * @what: that step
 * @wants: it was said that a proof is wanted
 * @timer: its next deadline
 * @last: what the last step that failed has said
 */
struct role {
	struct roles *roles;
	uint32_t id;
	char *name;
	char *resource;
	char *mount;
	char *device;
	unsigned int limit_ms[2];
	uint32_t node[2];
	struct role_step step[STANDBY_RUNS];
	struct standby standby;
	struct helper *running;
	enum standby_run what;
	bool wants;
	sd_event_source *timer;
	char last[200];
};

struct roles {
	struct samrd *d;
	struct drbd *drbd;
	char *drbdsetup;
	bool quit;
	size_t count;
	struct role *role;
};

static bool is_mounted(const struct role *r)
{
	struct stat st;

	return !stat(r->device, &st) && S_ISBLK(st.st_mode) &&
	       role_is_mounted("/proc/self/mountinfo", st.st_rdev, r->mount);
}

/* ---- steps ---- */

static void feed(struct role *r, struct standby_event *ev);

static void look_for_end(struct roles *rs)
{
	if (rs->quit && roles_quit(rs))
		samrd_roles_down(rs->d);
}

static void call_hook(struct role *r, enum standby_alert alert)
{
	char code[64], id[64], name[128], text[300];
	char *vars[] = { code, "SAMR_ALERT_NODE=0", "SAMR_ALERT_NAME=", id, name,
			 text, NULL };

	snprintf(code, sizeof(code), "SAMR_ALERT=%s",
		 standby_alert_word(alert));
	snprintf(id, sizeof(id), "SAMR_SERVICE=%u", r->id);
	snprintf(name, sizeof(name), "SAMR_SERVICE_NAME=%s", r->name);
	snprintf(text, sizeof(text), "SAMR_ALERT_TEXT=%s %s%s%s", r->name,
		 standby_alert_text(alert),
		 alert == STANDBY_ALERT_WAITS ? ": " : "",
		 alert == STANDBY_ALERT_WAITS ?
		 standby_wait_text(r->standby.wait) : "");
	log_message(alert == STANDBY_ALERT_ACTIVE ? LOG_NOTICE : LOG_ERR,
		    LOG_ID_ROLE, "%s", strchr(text, '=') + 1);
	hooks_run(r->roles->d->hooks, HOOK_ALERT, vars);
}

static void on_done(const struct helper_end *end, void *data)
{
	struct standby_event ev = { .type = STANDBY_EV_DONE };
	char text[HELPER_TEXT_MAX];
	struct role *r = data;

	r->running = NULL;
	ev.ok = helper_well(end);
	if (!ev.ok)
		snprintf(r->last, sizeof(r->last), "%s: %s",
			 standby_run_word(r->what), helper_end_text(end, text));
	log_message(ev.ok ? LOG_INFO : LOG_WARNING, LOG_ID_ROLE, "%s: %s",
		    r->name, ev.ok ? standby_run_word(r->what) : r->last);
	feed(r, &ev);
	look_for_end(r->roles);
}

/* What is so already needs no program; the end is told by feed(), as always. */
static void run(struct role *r, enum standby_run what, bool *ok, bool *over)
{
	const struct helper_setup s = {
		.event = r->roles->d->event,
		.argv = r->step[what].argv,
		.limit_ms = r->limit_ms[what > STANDBY_START],
		.done = on_done,
		.data = r,
	};
	int err;

	r->what = what;
	*over = *ok = (what == STANDBY_MOUNT && is_mounted(r)) ||
		      (what == STANDBY_UMOUNT && !is_mounted(r));
	if (*over)
		return;
	log_message(LOG_INFO, LOG_ID_ROLE, "%s: %s begins", r->name,
		    standby_run_word(what));
	err = helper_start(&r->running, &s);
	*over = err;
	if (err)
		snprintf(r->last, sizeof(r->last), "%s cannot be started: %s",
			 s.argv[0], strerror(-err));
}

static void set_timer(struct role *r)
{
	uint64_t at = standby_deadline(&r->standby);

	if (at == STANDBY_NEVER) {
		sd_event_source_set_enabled(r->timer, SD_EVENT_OFF);
		return;
	}
	sd_event_source_set_time(r->timer, at / 1000 + 1);
	sd_event_source_set_enabled(r->timer, SD_EVENT_ONESHOT);
}

/* Step by step, as long as steps are over at once. */
static void feed(struct role *r, struct standby_event *ev)
{
	enum standby_state was = r->standby.state;
	struct standby_event next = *ev;
	struct standby_out out;
	bool over, ok;

	do {
		next.now = clock_now();
		standby_step(&r->standby, &next, &out);
		if (out.alert != STANDBY_ALERT_NONE)
			call_hook(r, out.alert);
		over = false;
		if (out.run)
			run(r, out.what, &ok, &over);
		next = (struct standby_event){ .type = STANDBY_EV_DONE };
		next.ok = over && ok;
	} while (over);
	if (r->standby.state != was)
		log_message(LOG_NOTICE, LOG_ID_ROLE, "%s: %s%s%s", r->name,
			    standby_state_word(r->standby.state),
			    r->standby.wait ? ": " : "",
			    standby_wait_text(r->standby.wait));
	if (r->wants != out.prove) {
		r->wants = out.prove;
		peers_want(r->roles->d->peers, r->node[1], out.prove);
	}
	set_timer(r);
}

/* ---- facts ---- */

static enum standby_stand stand_of(const struct kernel_state *s)
{
	if (!s->present || s->view.learning)
		return STANDBY_OUT;
	return s->state == SAMR_RUN_STATE_UP ? STANDBY_MEMBER :
	       s->state == SAMR_RUN_STATE_WEDGED ? STANDBY_HOLD : STANDBY_OUT;
}

static void tell(struct role *r)
{
	const struct samrd *d = r->roles->d;
	const struct drbd_state *all = drbd_look(r->roles->drbd);
	const struct drbd_resource *res = drbd_find(all, r->resource);
	struct standby_facts f = {
		.stand = stand_of(&d->now),
		.elected = r->node[0] &&
			   role_elected(&d->now.view, r->node) == r->node[0],
		.dead = peers_dead(d->peers, r->node[1]),
		.known = all->known,
		.exists = all->known && res,
	};
	struct standby_event ev = { .type = STANDBY_EV_FACTS, .facts = &f };

	if (f.exists) {
		f.primary = res->primary;
		f.usable = drbd_usable(res);
		f.connected = res->connected;
		f.peer_primary = res->peer_primary;
		f.peer_outdated = drbd_peer_outdated(res);
	}
	feed(r, &ev);
}

void roles_update(struct roles *rs)
{
	size_t i;

	/* Nothing is decided before the kernel has said how this head stands. */
	if (!rs || !rs->d->known)
		return;
	for (i = 0; i < rs->count; i++)
		tell(&rs->role[i]);
	look_for_end(rs);
}

static void on_drbd(void *data)
{
	struct roles *rs = data;

	peers_drbd(rs->d->peers);
	roles_update(rs);
}

static int on_deadline(sd_event_source *source, uint64_t usec, void *data)
{
	struct standby_event ev = { .type = STANDBY_EV_TIME };
	struct role *r = data;

	(void)source;
	(void)usec;
	feed(r, &ev);
	look_for_end(r->roles);
	return 0;
}

void roles_again(struct roles *rs)
{
	struct standby_event ev = { .type = STANDBY_EV_AGAIN };
	size_t i;

	for (i = 0; rs && i < rs->count; i++)
		feed(&rs->role[i], &ev);
}

bool roles_quit(struct roles *rs)
{
	struct standby_event ev = { .type = STANDBY_EV_QUIT };
	bool down = true;
	size_t i;

	for (i = 0; rs && i < rs->count; i++) {
		if (!rs->quit)
			feed(&rs->role[i], &ev);
		down &= standby_is_down(&rs->role[i].standby);
	}
	if (rs)
		rs->quit = true;
	return down;
}

const struct drbd_resource *roles_drbd(const struct roles *rs, const char *name)
{
	return rs && rs->drbd ? drbd_find(drbd_look(rs->drbd), name) : NULL;
}

bool roles_any(const struct roles *rs)
{
	return rs && rs->count;
}

uint64_t roles_stop_ms(const struct roles *rs)
{
	uint64_t most = 0;
	size_t i;

	/* They go down side by side, each in its three steps. */
	for (i = 0; rs && i < rs->count; i++)
		if (most < 3ULL * rs->role[i].limit_ms[1])
			most = 3ULL * rs->role[i].limit_ms[1];
	return most;
}

/* ---- status ---- */

static const struct role *find(const struct roles *rs, uint32_t id)
{
	size_t i;

	for (i = 0; rs && i < rs->count; i++)
		if (rs->role[i].id == id)
			return &rs->role[i];
	return NULL;
}

json_t *roles_json(const struct roles *rs, uint32_t id)
{
	const struct role *r = find(rs, id);
	const struct drbd_resource *res;
	const struct standby *s;
	uint32_t elected;
	json_t *o;

	if (!r)
		return NULL;
	s = &r->standby;
	elected = role_elected(&rs->d->now.view, r->node);
	o = json_pack("{s:s, s:s, s:s, s:s, s:s, s:s, s:s, s:b}",
		      "resource", r->resource,
		      "state", standby_state_word(s->state),
		      "wait", standby_wait_word(s->wait),
		      "text", standby_wait_text(s->wait),
		      "step", s->running ? standby_run_word(r->what) : "",
		      "failed", s->failed || s->state == STANDBY_FAILED ?
		      r->last : "",
		      "elected", elected ? samrd_name(rs->d, elected) : "",
		      "dead", peers_dead(rs->d->peers, r->node[1]));
	res = roles_drbd(rs, r->resource);
	if (o && res)
		json_object_set_new(o, "drbd", json_pack("{s:b, s:b, s:b, s:b}",
			"primary", res->primary, "connected", res->connected,
			"peer_primary", res->peer_primary,
			"suspended", res->suspended));
	return o;
}

/* ---- all of them ---- */

static int fill(struct role *r, const struct config_service *s,
		const struct config *c)
{
	uint32_t self = c->node[c->self].id;
	const char *missing;
	char device[128];

	if (!config_role_nodes(c, s, r->node))
		return -EINVAL;
	if (r->node[1] == self) {
		r->node[1] = r->node[0];
		r->node[0] = self;
	}
	if (r->node[0] != self)
		return -ENXIO;	/* other heads have its data */
	missing = role_steps(s, r->step, sd_booted() > 0);
	if (missing) {
		log_error("service \"%s\" needs %s, which is not there: %s",
			  s->name, missing, "install it");
		return -ENOENT;
	}
	r->id = s->id;
	r->name = strdup(s->name);
	r->resource = strdup(s->role.resource);
	r->mount = s->role.mount ? role_folder(s->role.mount) : NULL;
	r->device = strdup(role_device(s, device, sizeof(device)));
	r->limit_ms[0] = s->role.start_ms;
	r->limit_ms[1] = s->role.stop_ms;
	standby_init(&r->standby, s->role.mount,
		     s->unit || s->role.program);
	return r->name && r->resource && r->device &&
	       (r->mount || !s->role.mount) ? 0 : -ENOMEM;
}

static int begin(struct roles *rs)
{
	size_t i;
	int err;

	if (!rs->count)
		return 0;
	for (i = 0; i < rs->count; i++) {
		err = sd_event_add_time(rs->d->event, &rs->role[i].timer,
					CLOCK_MONOTONIC, 0, 1000, on_deadline,
					&rs->role[i]);
		if (err < 0)
			return err;
		sd_event_source_set_enabled(rs->role[i].timer, SD_EVENT_OFF);
	}
	rs->drbdsetup = role_program("drbdsetup");
	if (!rs->drbdsetup)
		return -ENOENT;
	return drbd_follow(&rs->drbd, rs->d->event, rs->drbdsetup, on_drbd, rs);
}

int roles_new(struct roles **rp, struct samrd *d)
{
	const struct config *c = d->config;
	struct roles *rs = calloc(1, sizeof(*rs));
	int err = 0;
	size_t i;

	*rp = rs;
	if (!rs)
		return -ENOMEM;
	rs->d = d;
	rs->role = calloc(c->services + 1, sizeof(*rs->role));
	if (!rs->role)
		return -ENOMEM;
	for (i = 0; i < c->services && !err; i++) {
		if (!c->service[i].role.name)
			continue;
		rs->role[rs->count].roles = rs;
		err = fill(&rs->role[rs->count], &c->service[i], c);
		if (err == -ENXIO)
			err = 0;
		else
			rs->count++;
	}
	return err ?: begin(rs);
}

void roles_free(struct roles *rs)
{
	struct role *r;

	if (!rs)
		return;
	drbd_free(rs->drbd);
	free(rs->drbdsetup);
	for (r = rs->role; r && r < rs->role + rs->count; r++) {
		helper_stop(r->running);
		sd_event_source_disable_unref(r->timer);
		role_steps_free(r->step);
		free(r->name);
		free(r->resource);
		free(r->mount);
		free(r->device);
	}
	free(rs->role);
	free(rs);
}
