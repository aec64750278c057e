// SPDX-License-Identifier: GPL-2.0
/*
 * Client nodes in runs in which heads die. Clients go through them as they go through
 * heads; they are cut off, stand still and lose power as heads do.
 */
#include <stdlib.h>

#include "core/state.h"
#include "fail_inside.h"
#include "sim.h"

#define OUTPOSTS_MOST	3

static struct fail *fail_of(struct watch *w)
{
	return container_of(w, struct fail, outside);
}

/* The clients there are told once for each head that was lost. */
static void on_view(struct watch *w, struct host *h)
{
	struct fail *f = fail_of(w);
	struct app *a = &f->app[h->id];
	u64 losses = h->node->remote->losses;

	if (losses == a->losses)
		return;
	a->losses = losses;
	f->far_losses++;
	clients_lost(&f->clients, h);
	streams_lost(&f->streams, h);
}

static void on_deliver(struct watch *w, struct host *h, struct samr_msg *msg)
{
	struct fail *f = fail_of(w);
	struct note *note = msg->owner;

	if (note) {
		if (note->client)
			client_told(note->client, note->turn, &note->what, msg);
		if (note->stream)
			streams_told(note->stream, note->turn, &note->what, msg);
		list_del(&note->list);
		free(note);
	} else if (msg->meta.kind == SAMR_KIND_REPLY) {
		streams_deliver(&f->streams, h, msg);
		clients_reply(&f->clients, h, msg);
	} else if (msg->meta.kind == SAMR_KIND_ANSWER) {
		queries_told(&f->clients, h, msg);
	} else {
		sim_fail("client node %u delivers what is for heads", h->id);
	}
}

void fail_outpost_on(struct app *a)
{
	struct fail *f = a->fail;
	struct samr_event ev = { .type = SAMR_EV_MEMBERS, .members = 2 };
	struct host_params p = host_params_draw(&f->rng);

	a->host = cluster_add_far(&f->cluster, a->id, &p, &f->cfg);
	a->losses = 0;
	host_frame_max(a->host, 1500);
	host_step(a->host, &ev);
	host_flush(a->host);
}

void fail_outpost_off(struct app *a, u64 wait)
{
	struct fail *f = a->fail;
	struct host *h = a->host;

	clients_lost(&f->clients, h);
	streams_lost(&f->streams, h);
	a->host = NULL;
	f->cluster.host[a->id] = NULL;
	host_free(h);
	if (!list_empty(&a->notes))
		sim_fail("client node %u is gone, and the owner of a message has not heard of it",
			 a->id);
	a->on_at = f->cluster.queue.now + wait;
}

void fail_outposts_tick(struct fail *f)
{
	u32 id;

	for (id = 1; id < NET_NODES; id++)
		if (f->app[id].far && !f->app[id].host &&
		    f->cluster.queue.now >= f->app[id].on_at)
			fail_outpost_on(&f->app[id]);
}

void fail_outposts_init(struct fail *f, u64 seed)
{
	struct rng r;
	u32 id, left;

	rng_init(&r, seed, 'o');
	f->outside.view = on_view;
	f->outside.deliver = on_deliver;
	cluster_watch_far(&f->cluster, &f->outside);
	left = f->outposts = (u32)rng_below(&r, OUTPOSTS_MOST + 1);
	for (id = 1; id < NET_NODES && left; id++) {
		if (f->mask & BIT_ULL(id) || f->app[id].fail)
			continue;
		f->app[id].fail = f;
		f->app[id].id = id;
		f->app[id].far = true;
		INIT_LIST_HEAD(&f->app[id].notes);
		left--;
	}
}
