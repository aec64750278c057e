// SPDX-License-Identifier: GPL-2.0
/* Programs of the admin; see hooks.h. */
#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/helper.h"
#include "base/log.h"
#include "hooks.h"

#define VAR_MAX		512
#define COMMON_VARS	6

/** struct told - the environment of one call */
struct told {
	char *var[HOOKS_VARS_MAX + COMMON_VARS + 1];
};

/**
 * struct line - calls of one kind
 * @hooks: all of them
 * @kind: this one
 * @running: its program now, or NULL
 * @limit_ms: that has so long
 * @count: calls that wait in @queue, the oldest first
 * @dropped: there were too many: said once
 */
struct line {
	struct hooks *hooks;
	enum hook kind;
	struct helper *running;
	unsigned int limit_ms;
	struct told now;
	size_t count;
	struct told queue[HOOKS_QUEUE_MAX];
	bool dropped;
};

struct hooks {
	sd_event *event;
	const struct config *config;
	struct line line[HOOK_KINDS];
};

static const char *const names[] = { "on-view", "on-fence", "on-alert" };
static const char *const words[] = { "view", "fence", "alert" };

static const char *program(const struct hooks *h, enum hook kind)
{
	const struct config_hooks *c = &h->config->hooks;

	return kind == HOOK_VIEW ? c->view : kind == HOOK_FENCE ? c->fence :
	       c->alert;
}

static void forget(struct told *t)
{
	size_t i;

	for (i = 0; t->var[i]; i++)
		free(t->var[i]);
	*t = (struct told){ };
}

static void begin(struct line *l);

static void on_done(const struct helper_end *end, void *data)
{
	char text[HELPER_TEXT_MAX];
	struct line *l = data;

	if (end->late)
		log_message(LOG_WARNING, LOG_ID_HOOK,
			    "%s was killed: it ran for longer than %u ms",
			    names[l->kind], l->limit_ms);
	else if (!helper_well(end))
		log_message(LOG_WARNING, LOG_ID_HOOK, "%s ended with %s",
			    names[l->kind], helper_end_text(end, text));
	l->running = NULL;
	forget(&l->now);
	begin(l);
}

/* The next one, if there is one and nothing runs. */
static void begin(struct line *l)
{
	const char *path = program(l->hooks, l->kind);
	struct helper_setup s = { .event = l->hooks->event, .done = on_done,
				  .data = l,
				  .limit_ms = l->hooks->config->hooks.deadline_ms };
	char *argv[] = { (char *)path, NULL };
	int err;

	while (!l->running && l->count) {
		l->now = l->queue[0];
		memmove(&l->queue[0], &l->queue[1],
			--l->count * sizeof(l->queue[0]));
		l->queue[l->count] = (struct told){ };
		s.argv = argv;
		l->limit_ms = s.limit_ms;
		s.env = l->now.var;
		err = path ? helper_start(&l->running, &s) : 0;
		if (err)
			log_message(LOG_WARNING, LOG_ID_HOOK, "%s cannot be "
				    "started: %s", names[l->kind],
				    strerror(-err));
		if (!path || err)
			forget(&l->now);
	}
}

/* ---- what is told ---- */

static bool add(struct told *t, size_t *n, const char *var)
{
	t->var[*n] = strdup(var);
	return t->var[(*n)++];
}

static bool add_common(struct told *t, size_t *n, const struct config *c,
		       enum hook kind)
{
	const struct config_node *self = &c->node[c->self];
	char var[VAR_MAX];
	bool ok;

	ok = add(t, n, "PATH=/usr/sbin:/usr/bin:/sbin:/bin");
	snprintf(var, sizeof(var), "SAMR_EVENT=%s", words[kind]);
	ok = ok && add(t, n, var);
	snprintf(var, sizeof(var), "SAMR_CLUSTER=%s", c->name);
	ok = ok && add(t, n, var);
	snprintf(var, sizeof(var), "SAMR_CLUSTER_ID=%u", c->id);
	ok = ok && add(t, n, var);
	snprintf(var, sizeof(var), "SAMR_NODE=%u", self->id);
	ok = ok && add(t, n, var);
	snprintf(var, sizeof(var), "SAMR_NODE_NAME=%s", self->name);
	return ok && add(t, n, var);
}

/* Of views only the newest is of use, of the rest the first ones. */
static struct told *place(struct line *l)
{
	if (l->kind == HOOK_VIEW && l->count) {
		forget(&l->queue[0]);
		return &l->queue[0];
	}
	if (l->count < HOOKS_QUEUE_MAX) {
		l->dropped = false;
		return &l->queue[l->count++];
	}
	if (!l->dropped)
		log_message(LOG_WARNING, LOG_ID_HOOK,
			    "%s is slow: events are not told to it any more",
			    names[l->kind]);
	l->dropped = true;
	return NULL;
}

void hooks_run(struct hooks *h, enum hook kind, char *const *vars)
{
	struct line *l = &h->line[kind];
	struct told *t;
	size_t n = 0, i;
	bool ok;

	if (!h->config || !program(h, kind))
		return;
	t = place(l);
	if (!t)
		return;
	ok = add_common(t, &n, h->config, kind);
	for (i = 0; ok && vars[i] && i < HOOKS_VARS_MAX; i++)
		ok = add(t, &n, vars[i]);
	if (!ok) {
		forget(t);
		l->count--;	/* it is the last one */
		log_error("no memory to run %s", names[kind]);
		return;
	}
	begin(l);
}

/* ---- all of them ---- */

int hooks_new(struct hooks **hp, sd_event *event)
{
	struct hooks *h = calloc(1, sizeof(*h));
	int i;

	*hp = h;
	if (!h)
		return -ENOMEM;
	h->event = event;
	for (i = 0; i < HOOK_KINDS; i++) {
		h->line[i].hooks = h;
		h->line[i].kind = i;
	}
	return 0;
}

void hooks_free(struct hooks *h)
{
	struct line *l;
	size_t i;

	if (!h)
		return;
	for (l = h->line; l < h->line + HOOK_KINDS; l++) {
		helper_stop(l->running);
		forget(&l->now);
		for (i = 0; i < l->count; i++)
			forget(&l->queue[i]);
	}
	free(h);
}

void hooks_configure(struct hooks *h, const struct config *c)
{
	h->config = c;
}
