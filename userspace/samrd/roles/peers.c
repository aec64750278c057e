// SPDX-License-Identifier: GPL-2.0
/* Who is known to have no power; see peers.h. */
#include <errno.h>
#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/clock.h"
#include "base/log.h"
#include "peers.h"
#include "roles.h"
#include "samrd.h"

#define LOOK_US		500000	/* between two looks while somebody waits */

/**
 * struct peer - one head
 * @dead: see peers.h
 * @confirmed: just now; to be believed with the kernel's newest word of it
 * @wanted: by services
 * @heard: when the kernel was looked at last
 * @heard_at: monotonic ms; it may not be heard any more since then
 * @job: under way
 * @stale: the head was heard since that began: what it finds is of another time
 * @failed: jobs in a row that have proved nothing
 * @next_at: not before
 */
struct peer {
	bool dead;
	bool confirmed;
	unsigned int wanted;
	bool heard;
	uint64_t heard_at;
	enum peers_job job;
	bool stale;
	unsigned int failed;
	uint64_t next_at;
};

/**
 * struct ask - samr-fence-peer, which waits
 * @c: it; NULL: this place is free
 * @node: the head that it is about
 * @resource: of DRBD
 * @until: monotonic ms
 */
struct ask {
	struct control_client *c;
	uint32_t node;
	char resource[DRBD_NAME_MAX];
	uint64_t until;
};

struct peers {
	struct samrd *d;
	struct peer peer[KERNEL_IDS];
	struct ask ask[PEERS_ASKS_MAX];
	sd_event_source *timer;
};

static uint64_t now_ms(void)
{
	return clock_now() / CLOCK_NS_PER_MS;
}

bool peers_dead(const struct peers *p, uint32_t id)
{
	return p && p->peer[id % KERNEL_IDS].dead;
}

/* ---- answers ---- */

static const char *fate_of(const struct peers *p, const struct ask *a)
{
	const struct drbd_resource *r = roles_drbd(p->d->roles, a->resource);

	if (p->peer[a->node].dead)
		return "off";
	return r && !r->connected && drbd_peer_outdated(r) ? "outdated" : NULL;
}

static void say_why_not(struct ask *a, const struct samrd *d)
{
	const struct kernel_node *n = &d->now.node[a->node];

	control_refuse(a->c, "%s is not known to be off: %s",
		       samrd_name(d, a->node), n->links ? "it is heard" :
		       d->now.state != SAMR_RUN_STATE_UP ?
		       "this head is in no view in force" :
		       "its fence devices have not said so, see samrctl fence "
		       "devices");
}

static void answer(struct peers *p)
{
	uint64_t now = now_ms();
	const char *fate;
	struct ask *a;

	for (a = p->ask; a < p->ask + PEERS_ASKS_MAX; a++) {
		if (!a->c)
			continue;
		fate = fate_of(p, a);
		if (!fate && now < a->until)
			continue;
		log_message(LOG_NOTICE, LOG_ID_ROLE, "DRBD %s: %s is %s",
			    a->resource, samrd_name(p->d, a->node),
			    fate ? fate : "not known to be off");
		if (fate)
			control_answer(a->c, json_pack("{s:s}", "fate", fate));
		else
			say_why_not(a, p->d);
		a->c = NULL;
	}
}

static bool is_wanted(const struct peers *p, uint32_t id)
{
	size_t i;

	for (i = 0; i < PEERS_ASKS_MAX; i++)
		if (p->ask[i].c && p->ask[i].node == id)
			return true;
	return p->peer[id].wanted;
}

/* ---- looking, and cutting ---- */

static void become_dead(struct peers *p, uint32_t id)
{
	if (p->d->now.node[id].links || p->peer[id].dead)
		return;
	p->peer[id].dead = true;
	answer(p);
	roles_update(p->d->roles);
}

static void failed(struct peer *h)
{
	uint64_t wait = PEERS_RETRY_MS;
	unsigned int i;

	for (i = 0; i < h->failed && wait < PEERS_RETRY_MAX_MS; i++)
		wait *= 2;
	h->failed++;
	h->next_at = now_ms() + (wait < PEERS_RETRY_MAX_MS ?
				 wait : PEERS_RETRY_MAX_MS);
}

static void on_report(const struct fence_report *r, void *data)
{
	struct peers *p = data;
	struct peer *h = &p->peer[r->node];
	char text[300];

	if (!r->over)
		return;
	log_message(LOG_NOTICE, LOG_ID_ROLE, "power of %s, for DRBD: %s: %s",
		    samrd_name(p->d, r->node), fence_result_text(r->result),
		    fence_report_text(r, text, sizeof(text)));
	h->job = PEERS_NOTHING;
	if (r->result == FENCE_IS_OFF && !h->stale &&
	    !p->d->now.node[r->node].links) {
		h->failed = 0;
		become_dead(p, r->node);
	} else if (!h->stale) {
		failed(h);
	}
}

static void start(struct peers *p, uint32_t id, enum peers_job job)
{
	const struct fence_request rq = {
		.node = id,
		.action = job == PEERS_CUT ? FENCE_OFF : FENCE_STATUS,
		.report = on_report,
		.data = p,
	};

	log_message(LOG_NOTICE, LOG_ID_ROLE, "power of %s is %s, for DRBD",
		    samrd_name(p->d, id), job == PEERS_CUT ? "cut" : "read");
	if (fence_start(p->d->fence, &rq))
		failed(&p->peer[id]);
	else
		p->peer[id].job = job;
	p->peer[id].stale = false;
}

static uint64_t delay_of(const struct config *c)
{
	return c->fence_delay_ms > c->limits.dead_us / 1000 ?
	       c->fence_delay_ms : c->limits.dead_us / 1000;
}

static void consider(struct peers *p, uint32_t id)
{
	const struct kernel_state *s = &p->d->now;
	const struct kernel_fence *k = &s->fence[id];
	const struct kernel_node *n = &s->node[id];
	struct peer *h = &p->peer[id];
	struct peers_facts f = {
		.wanted = is_wanted(p, id),
		.dead = h->dead,
		.heard = n->links,
		.in_view = n->in_view,
		.serving = s->state == SAMR_RUN_STATE_UP && !s->view.learning,
		.carrier = s->carrier,
		.asked = k->asked,
		.done = k->done && k->inc == n->inc,
		.delay_ms = delay_of(p->d->config),
	};
	uint64_t now = now_ms();
	enum peers_job job;

	f.silent_ms = now - h->heard_at;
	job = peers_next(&f);
	if (job != PEERS_NOTHING && h->job == PEERS_NOTHING &&
	    now >= h->next_at && config_node(p->d->config, id) &&
	    id != p->d->config->node[p->d->config->self].id)
		start(p, id, job);
}

static int on_look(sd_event_source *source, uint64_t usec, void *data)
{
	struct peers *p = data;
	bool any = false;
	uint32_t id;

	(void)usec;
	answer(p);
	for (id = 1; id < KERNEL_IDS; id++) {
		if (p->peer[id].confirmed)
			become_dead(p, id);
		p->peer[id].confirmed = false;
		any |= is_wanted(p, id);
		consider(p, id);
	}
	if (any && sd_event_source_set_time_relative(source, LOOK_US) >= 0)
		sd_event_source_set_enabled(source, SD_EVENT_ONESHOT);
	return 0;
}

static void look_soon(struct peers *p)
{
	sd_event_source_set_time_relative(p->timer, 0);
	sd_event_source_set_enabled(p->timer, SD_EVENT_ONESHOT);
}

/* ---- what is known ---- */

void peers_kernel(struct peers *p)
{
	uint64_t now = now_ms();
	uint32_t id;

	for (id = 1; id < KERNEL_IDS; id++) {
		struct peer *h = &p->peer[id];

		/* Nobody says so while it is heard: its silence begins here. */
		if (h->heard)
			h->heard_at = now;
		h->heard = p->d->now.node[id].links;
		if (!h->heard)
			continue;
		h->heard_at = now;
		h->dead = false;
		h->stale = true;
		h->confirmed = false;
		h->failed = 0;
		h->next_at = 0;
	}
	look_soon(p);
}

void peers_drbd(struct peers *p)
{
	answer(p);
}

void peers_confirmed(struct peers *p, uint32_t id)
{
	/* This may be said in the middle of what the kernel has to tell. */
	if (!p)
		return;
	p->peer[id % KERNEL_IDS].confirmed = true;
	look_soon(p);
}

void peers_want(struct peers *p, uint32_t id, bool wanted)
{
	struct peer *h = &p->peer[id];

	h->wanted += wanted ? 1 : -1;
	look_soon(p);
}

/* ---- the verb ---- */

/* DRBD knows machines by the names that they give themselves. */
static const struct config_node *find(const struct config *c, const char *name)
{
	size_t len = strcspn(name, "."), i;

	for (i = 0; i < c->nodes; i++) {
		const struct config_node *n = &c->node[i];
		const char *host = n->host ? n->host : n->name;

		if (!strcmp(host, name) || !strcmp(n->name, name) ||
		    (strlen(host) == len && !strncmp(host, name, len)))
			return n;
	}
	return NULL;
}

static void run_fence_peer(struct control_client *c, json_t *request,
			   void *data)
{
	const char *resource, *name;
	const struct config_node *n;
	struct peers *p = data;
	struct ask *a = p->ask;
	json_int_t ms;

	resource = json_string_value(json_object_get(request, "resource"));
	name = json_string_value(json_object_get(request, "peer"));
	ms = json_integer_value(json_object_get(request, "limit_ms"));
	if (!resource || strlen(resource) >= sizeof(a->resource) || !name ||
	    ms < 1 || ms > PEERS_LIMIT_MAX_MS) {
		control_refuse(c, "needed: resource and peer, names as DRBD has "
			       "them, and limit_ms, 1 to %d",
			       PEERS_LIMIT_MAX_MS);
		return;
	}
	n = find(p->d->config, name);
	if (!n || n->self) {
		control_refuse(c, "DRBD's '%s' is no other node of samr.conf(5): "
			       "its host, or its name, has to be the one that "
			       "'uname -n' prints there", name);
		return;
	}
	while (a < p->ask + PEERS_ASKS_MAX && a->c)
		a++;
	if (a == p->ask + PEERS_ASKS_MAX) {
		control_refuse(c, "too many ask for fences: try again");
		return;
	}
	*a = (struct ask){ .c = c, .node = n->id, .until = now_ms() + ms };
	strcpy(a->resource, resource);
	log_message(LOG_WARNING, LOG_ID_ROLE, "DRBD %s has lost %s, and wants to "
		    "know that it is off", resource, n->name);
	look_soon(p);
}

static const struct control_verb verbs[] = {
	{ "fence-peer", true, run_fence_peer },
	{ }
};

int peers_serve(struct peers *p)
{
	return control_serve(p->d->control, verbs, p);
}

int peers_new(struct peers **pp, struct samrd *d)
{
	struct peers *p = calloc(1, sizeof(*p));
	uint64_t now = now_ms();
	uint32_t id;

	*pp = p;
	if (!p)
		return -ENOMEM;
	p->d = d;
	for (id = 0; id < KERNEL_IDS; id++)
		p->peer[id].heard_at = now;
	return sd_event_add_time_relative(d->event, &p->timer, CLOCK_MONOTONIC,
					  0, 0, on_look, p) < 0 ? -ENOMEM : 0;
}

void peers_free(struct peers *p)
{
	if (!p)
		return;
	sd_event_source_disable_unref(p->timer);
	free(p);
}
