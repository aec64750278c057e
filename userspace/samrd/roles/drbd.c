// SPDX-License-Identifier: GPL-2.0
/* What DRBD says; see drbd.h. */
#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "base/helper.h"
#include "base/log.h"
#include "drbd.h"

#define AGAIN_US	1000000
#define WORDS_MAX	32
#ifndef DRBD_MODULE
#define DRBD_MODULE	"/sys/module/drbd"
#endif

/* ---- lines ---- */

/**
 * struct line - "change device name:r0 volume:0 minor:0 disk:UpToDate"
 * @kind: of event
 * @object: that it is about
 * @count: of @word
 * @word: the rest
 */
struct line {
	const char *kind;
	const char *object;
	size_t count;
	char *word[WORDS_MAX];
};

static bool split(struct line *l, char *text)
{
	char *save = NULL;

	*l = (struct line){ };
	l->kind = strtok_r(text, " \n", &save);
	l->object = strtok_r(NULL, " \n", &save);
	while (l->count < WORDS_MAX) {
		l->word[l->count] = strtok_r(NULL, " \n", &save);
		if (!l->word[l->count])
			break;
		l->count++;
	}
	return l->object;
}

static const char *value(const struct line *l, const char *key)
{
	size_t len = strlen(key), i;

	for (i = 0; i < l->count; i++)
		if (!strncmp(l->word[i], key, len) && l->word[i][len] == ':')
			return l->word[i] + len + 1;
	return NULL;
}

static bool is(const char *value, const char *word)
{
	return value && !strcmp(value, word);
}

static enum drbd_disk disk_of(const char *word)
{
	if (!strcmp(word, "UpToDate"))
		return DRBD_DISK_GOOD;
	if (!strcmp(word, "Consistent"))
		return DRBD_DISK_CONSISTENT;
	if (!strcmp(word, "Outdated"))
		return DRBD_DISK_OUTDATED;
	return strcmp(word, "DUnknown") ? DRBD_DISK_BAD : DRBD_DISK_UNKNOWN;
}

const struct drbd_resource *drbd_find(const struct drbd_state *s,
				      const char *name)
{
	size_t i;

	for (i = 0; i < s->count; i++)
		if (!strcmp(s->resource[i].name, name))
			return &s->resource[i];
	return NULL;
}

static struct drbd_resource *get(struct drbd_state *s, const char *name)
{
	const struct drbd_resource *r = drbd_find(s, name);

	if (r || s->count == DRBD_RESOURCES_MAX ||
	    strlen(name) >= DRBD_NAME_MAX)
		return (struct drbd_resource *)r;
	s->resource[s->count] = (struct drbd_resource){ };
	strcpy(s->resource[s->count].name, name);
	return &s->resource[s->count++];
}

static void drop(struct drbd_state *s, const char *name)
{
	const struct drbd_resource *r = drbd_find(s, name);

	if (r)
		s->resource[r - s->resource] = s->resource[--s->count];
}

static void take_volume(struct drbd_resource *r, const struct line *l, bool gone)
{
	const char *number = value(l, "volume"), *disk = value(l, "disk");
	const char *peer = value(l, "peer-disk");
	unsigned long v = number ? strtoul(number, NULL, 10) : 0;

	if (!number)
		return;
	if (v >= DRBD_VOLUMES_MAX) {
		/* What cannot be followed must not look good. */
		r->beyond = true;
		return;
	}
	if (!strcmp(l->object, "device")) {
		r->there = gone ? r->there & ~(1U << v) : r->there | 1U << v;
		if (disk)
			r->disk[v] = disk_of(disk);
	} else if (gone || peer) {
		r->peer_disk[v] = gone ? DRBD_DISK_UNKNOWN : disk_of(peer);
	}
}

static void take_connection(struct drbd_resource *r, const struct line *l,
			    bool gone)
{
	const char *state = value(l, "connection"), *role = value(l, "role");

	if (gone || state)
		r->connected = !gone && !strcmp(state, "Connected");
	if (gone || role)
		r->peer_primary = !gone && is(role, "Primary");
}

static void take_resource(struct drbd_resource *r, const struct line *l)
{
	const char *role = value(l, "role"), *suspended = value(l, "suspended");

	if (role)
		r->primary = !strcmp(role, "Primary");
	if (suspended)
		r->suspended = strcmp(suspended, "no");
}

void drbd_take(struct drbd_state *s, char *text)
{
	struct drbd_resource *r;
	struct line l;
	const char *name;
	bool gone;

	if (!split(&l, text))
		return;
	if (!strcmp(l.object, "-")) {
		s->known = true;
		return;
	}
	gone = !strcmp(l.kind, "destroy");
	if (!gone && strcmp(l.kind, "exists") && strcmp(l.kind, "create") &&
	    strcmp(l.kind, "change"))
		return;
	name = value(&l, "name");
	if (!name)
		return;
	if (gone && !strcmp(l.object, "resource")) {
		drop(s, name);
		return;
	}
	r = gone ? (struct drbd_resource *)drbd_find(s, name) : get(s, name);
	if (!r)
		return;
	if (!strcmp(l.object, "resource"))
		take_resource(r, &l);
	else if (!strcmp(l.object, "connection"))
		take_connection(r, &l, gone);
	else if (!strcmp(l.object, "device") ||
		 !strcmp(l.object, "peer-device"))
		take_volume(r, &l, gone);
}

bool drbd_usable(const struct drbd_resource *r)
{
	int v;

	for (v = 0; v < DRBD_VOLUMES_MAX; v++)
		if (r->there & 1U << v && r->disk[v] < DRBD_DISK_CONSISTENT &&
		    !(r->connected && r->peer_disk[v] == DRBD_DISK_GOOD))
			return false;
	return r->there && !r->beyond;
}

bool drbd_peer_outdated(const struct drbd_resource *r)
{
	int v;

	for (v = 0; v < DRBD_VOLUMES_MAX; v++)
		if (r->there & 1U << v && r->peer_disk[v] != DRBD_DISK_OUTDATED)
			return false;
	return r->there && !r->beyond;
}

/* ---- the program ---- */

/**
 * struct drbd - the one that tells
 * @event: the loop
 * @program: drbdsetup
 * @changed: @data: who wants to know
 * @state: what was told
 * @running: it; NULL: it will be started by @timer
 * @timer: when to look again
 * @line: the beginning of a line
 * @len: bytes of it; beyond DRBD_LINE_MAX: it is left out
 * @complained: that it does not work, once
 */
struct drbd {
	sd_event *event;
	const char *program;
	drbd_changed_fn *changed;
	void *data;
	struct drbd_state state;
	struct helper *running;
	sd_event_source *timer;
	char line[DRBD_LINE_MAX + 1];
	size_t len;
	bool complained;
};

static void begin(struct drbd *d);

static void on_output(const char *bytes, size_t n, void *data)
{
	struct drbd *d = data;
	size_t i;

	for (i = 0; i < n; i++) {
		if (bytes[i] != '\n') {
			if (d->len < DRBD_LINE_MAX)
				d->line[d->len] = bytes[i];
			d->len++;
			continue;
		}
		if (d->len <= DRBD_LINE_MAX) {
			d->line[d->len] = '\0';
			drbd_take(&d->state, d->line);
		}
		d->len = 0;
	}
	d->complained &= !d->state.known;
	d->changed(d->data);
}

static int on_again(sd_event_source *source, uint64_t usec, void *data)
{
	(void)source;
	(void)usec;
	begin(data);
	return 0;
}

static void later(struct drbd *d)
{
	d->timer = sd_event_source_disable_unref(d->timer);
	if (sd_event_add_time_relative(d->event, &d->timer, CLOCK_MONOTONIC,
				       AGAIN_US, 0, on_again, d) < 0)
		log_error("DRBD cannot be followed: no timer");
}

static void on_done(const struct helper_end *end, void *data)
{
	char text[HELPER_TEXT_MAX];
	struct drbd *d = data;

	d->running = NULL;
	d->state = (struct drbd_state){ };
	d->len = 0;
	if (!d->complained)
		log_message(LOG_WARNING, LOG_ID_ROLE, "%s events2 ended with "
			    "%s: is started again", d->program,
			    helper_end_text(end, text));
	d->complained = true;
	later(d);
	d->changed(d->data);
}

static void begin(struct drbd *d)
{
	char *argv[] = { (char *)d->program, "events2", NULL };
	const struct helper_setup s = { .event = d->event, .argv = argv,
					.output = on_output, .done = on_done,
					.data = d };
	bool known = d->state.known;
	int err;

	/* Without its module there is no resource: that is knowledge, too. */
	if (access(DRBD_MODULE, F_OK)) {
		d->state = (struct drbd_state){ .known = true };
		later(d);
		if (!known)
			d->changed(d->data);
		return;
	}
	d->state = (struct drbd_state){ };
	err = helper_start(&d->running, &s);
	if (err) {
		log_error("%s cannot be started: %s", d->program,
			  strerror(-err));
		later(d);
	}
}

int drbd_follow(struct drbd **dp, sd_event *event, const char *program,
		drbd_changed_fn *changed, void *data)
{
	struct drbd *d = calloc(1, sizeof(*d));

	*dp = d;
	if (!d)
		return -ENOMEM;
	d->event = event;
	d->program = program;
	d->changed = changed;
	d->data = data;
	/* From the loop: the caller may not be ready to be told yet. */
	return sd_event_add_time_relative(event, &d->timer, CLOCK_MONOTONIC, 0,
					  0, on_again, d) < 0 ? -ENOMEM : 0;
}

const struct drbd_state *drbd_look(const struct drbd *d)
{
	return &d->state;
}

void drbd_free(struct drbd *d)
{
	if (!d)
		return;
	helper_stop(d->running);
	sd_event_source_disable_unref(d->timer);
	free(d);
}
