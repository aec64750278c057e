// SPDX-License-Identifier: GPL-2.0
/* How long those are held up that go on, see gap.h. */
#include <stdio.h>
#include <stdlib.h>

#include "cluster.h"
#include "era.h"
#include "gap.h"
#include "sim.h"
#include "talker.h"
#include "trace.h"

#define HEADS_MOST	7
#define TICK		(2 * SAMR_MSEC)
#define LEN		200
#define CYCLES		12
/* Until all are together again; a head that comes and goes is made to wait. */
#define TOGETHER_MOST	(90000 * SAMR_MSEC)
#define BEAT		(20 * SAMR_MSEC)

struct gap_head {
	struct gap *gap;
	struct host *host;
	u32 id;
	struct talker talker;
	u64 send_at;
	u64 got_at;		/* the last delivery in this incarnation; 0: none */
	u64 healed_at;		/* it is cut off until then, or was */
};

struct gap {
	struct cluster cluster;
	struct watch watch;
	struct eras eras;
	struct trace trace;
	struct rng rng;
	struct timer tick;
	struct samr_node_config cfg;
	struct gap_head head[NET_NODES];
	u32 count;
	u32 cycles;
	u64 wait;		/* between the messages of a head, ns */
	u64 set;		/* ids of those that are, or were last, cut off */
	u32 innocent;		/* others that were left out */
	u64 longest;
	u64 longest_at;
	u32 longest_of;
	u64 together;		/* the longest time until all were, ns */
	u64 delivered;
};

static u64 now_of(const struct gap *g)
{
	return g->cluster.queue.now;
}

static void head_on(struct gap_head *a)
{
	struct gap *g = a->gap;
	struct host_params p = host_params_draw(&g->rng);

	if (g->cluster.mask & BIT_ULL(a->id)) {
		a->host = host_new(&g->cluster, a->id, &p, &g->cfg);
		g->cluster.host[a->id] = a->host;
	} else {
		a->host = cluster_add(&g->cluster, a->id, &p, &g->cfg);
	}
	eras_born(&g->eras, a->host);
	a->talker = (struct talker){ };
	a->got_at = 0;
	host_frame_max(a->host, 1500);
}

static void head_off(struct gap_head *a)
{
	struct host *h = a->host;

	a->host = NULL;
	a->gap->cluster.host[a->id] = NULL;
	host_free(h);
}

static struct gap *gap_of(struct watch *w)
{
	return container_of(w, struct gap, watch);
}

static void on_view(struct watch *w, struct host *h)
{
	eras_view(&gap_of(w)->eras, h);
}

static void on_batch(struct watch *w, struct host *h)
{
	eras_settle(&gap_of(w)->eras, h);
	if (h->halted)
		sim_fail("node %u halts", h->id);
}

/*
 * What cannot be avoided: the silent ones are suspected, and if they fell silent
 * in the middle of a view change, its coordinator has waited for them before. While
 * a head was cut off itself nobody else can be blamed.
 */
static void note_gap(struct gap_head *a)
{
	struct gap *g = a->gap;
	u64 now = now_of(g), from = max(a->got_at, a->healed_at);

	if (a->got_at && now > from && now - from > g->longest) {
		g->longest = now - from;
		g->longest_at = now;
		g->longest_of = a->id;
	}
	if (g->longest > 2 * g->cfg.dead + 2 * BEAT)
		sim_fail("node %u was held up for %llu ms", a->id,
			 (unsigned long long)(g->longest / SAMR_MSEC));
	a->got_at = now;
}

static void on_deliver(struct watch *w, struct host *h, struct samr_msg *msg)
{
	struct gap *g = gap_of(w);
	struct gap_head *a = &g->head[h->id];

	if (!msg->meta.gseq)
		return;
	eras_deliver(&g->eras, h, msg);
	if (!talker_take(&a->talker, h, msg))
		return;
	g->delivered++;
	note_gap(a);
}

static void work(struct gap_head *a)
{
	struct gap *g = a->gap;

	if (!talker_read(&a->talker, a->host) || now_of(g) < a->send_at)
		return;
	a->send_at = now_of(g) + g->wait;
	talker_send(a->host, LEN);
}

static void on_tick(struct timer *t)
{
	struct gap *g = container_of(t, struct gap, tick);
	struct gap_head *a;
	u32 id;

	for (id = 1; id <= g->count; id++) {
		a = &g->head[id];
		if (samr_node_out(a->host->node)) {
			g->innocent += !(g->set & BIT_ULL(id));
			head_off(a);
			head_on(a);
			host_members(a->host, g->cluster.mask);
		}
		work(a);
	}
	queue_set(&g->cluster.queue, t, now_of(g) + TICK);
}

/* All of them in one view, in force, with a vote. */
static bool all_together(struct gap *g)
{
	struct samr_view_info v;
	u64 epoch = 0;
	u32 id, i;

	for (id = 1; id <= g->count; id++) {
		if (samr_node_out(g->head[id].host->node))
			return false;
		samr_node_view(g->head[id].host->node, &v);
		if (v.count != g->count || v.wedged ||
		    (epoch && v.epoch != epoch))
			return false;
		for (i = 0; i < v.count; i++)
			if (v.flags[i])
				return false;
		epoch = v.epoch;
	}
	return true;
}

static void await_all(struct gap *g)
{
	struct queue *q = &g->cluster.queue;
	u64 since = q->now;

	while (!all_together(g)) {
		if (q->now - since > TOGETHER_MOST)
			sim_fail("the heads do not come together again");
		queue_run(q, q->now + 10 * SAMR_MSEC);
	}
	g->together = max(g->together, q->now - since);
}

/* Less than half of them. */
static u64 some_of(struct gap *g)
{
	u32 n = (u32)rng_range(&g->rng, 1, (g->count - 1) / 2);
	u64 set = 0;

	while (n) {
		u64 bit = BIT_ULL(rng_range(&g->rng, 1, g->count));

		n -= !(set & bit);
		set |= bit;
	}
	return set;
}

static u32 other_than(struct gap *g, u32 id)
{
	u32 other;

	do
		other = (u32)rng_range(&g->rng, 1, g->count);
	while (other == id);
	return other;
}

static void cycle(struct gap *g)
{
	struct queue *q = &g->cluster.queue;
	bool one_way = rng_one_in(&g->rng, 3);
	u64 set, span;
	u32 id;

	await_all(g);
	set = some_of(g);
	g->set = set;
	/* Short ones, about as long as it takes to be suspected, and long ones. */
	span = rng_one_in(&g->rng, 2) ? g->cfg.dead * rng_range(&g->rng, 80, 160) / 100 :
					rng_below(&g->rng, 5 * g->cfg.dead);
	for (id = 1; id <= g->count; id++) {
		if (!(set & BIT_ULL(id)))
			continue;
		g->head[id].healed_at = U64_MAX / 2;
		if (one_way)
			net_cut_one(&g->cluster.net, id, other_than(g, id));
		else
			net_cut(&g->cluster.net, BIT_ULL(id));
	}
	queue_run(q, q->now + span);
	net_heal(&g->cluster.net);
	for (id = 1; id <= g->count; id++)
		if (set & BIT_ULL(id))
			g->head[id].healed_at = q->now;
	await_all(g);
	if (rng_one_in(&g->rng, 2))
		queue_run(q, q->now + rng_below(&g->rng, 500) * SAMR_MSEC);
}

static void plan(struct gap *g, const struct run_options *o)
{
	struct rng *r = &g->rng;
	u32 id;

	g->count = o->nodes ?: (u32)rng_range(r, 3, HEADS_MOST);
	g->wait = rng_range(r, 2, 20) * SAMR_MSEC;
	g->cfg.dead = 100 * SAMR_MSEC;
	g->cfg.quorum = rng_one_in(r, 2);
	g->cluster.net.params = (struct net_params){
		.delay	  = rng_range(r, 10, 300) * SAMR_USEC,
		.jitter	  = rng_below(r, 200) * SAMR_USEC,
		.speed	  = 1000,
		.queue	  = 1 << 20,
		.tx_queue = 1 << 20,
		.len_max  = 2000,
	};
	for (id = 1; id <= g->count; id++) {
		g->head[id].gap = g;
		g->head[id].id = id;
		head_on(&g->head[id]);
	}
	for (id = 1; id <= g->count; id++)
		host_members(g->head[id].host, g->cluster.mask);
}

void gap_seed(const struct run_options *o, char *line, size_t size)
{
	struct gap *g = sim_alloc(sizeof(*g));
	struct queue *q = &g->cluster.queue;
	u32 id;

	sim_run.seed = o->seed;
	sim_watchdog(o->patience);
	memory_reset(o->seed);
	cluster_init(&g->cluster, o->seed);
	rng_init(&g->rng, o->seed, 'g');
	eras_init(&g->eras);
	g->watch.view = on_view;
	g->watch.deliver = on_deliver;
	g->watch.batch = on_batch;
	cluster_watch(&g->cluster, &g->watch);
	if (o->trace)
		trace_init(&g->trace, &g->cluster, stdout, o->from);
	g->tick.fire = on_tick;
	plan(g, o);
	queue_set(q, &g->tick, 0);
	await_all(g);
	queue_run(q, q->now + 200 * SAMR_MSEC);
	while (g->cycles < CYCLES &&
	       g->eras.lives + g->count < ERA_LIVES &&
	       !(o->until && q->now >= o->until)) {
		g->cycles++;
		cycle(g);
	}
	snprintf(line, size,
		 "seed %llu: %u heads, %u cycles, %llu views, %llu delivered, %u left out that were not cut off; longest gap %llu ms, of node %u, until %llu ms; all together after %llu ms at most",
		 (unsigned long long)o->seed, g->count, g->cycles,
		 (unsigned long long)g->eras.count,
		 (unsigned long long)g->delivered, g->innocent,
		 (unsigned long long)(g->longest / SAMR_MSEC), g->longest_of,
		 (unsigned long long)(g->longest_at / SAMR_MSEC),
		 (unsigned long long)(g->together / SAMR_MSEC));
	queue_cancel(q, &g->tick);
	for (id = 1; id <= g->count; id++)
		head_off(&g->head[id]);
	cluster_free(&g->cluster);
	eras_free(&g->eras);
	if (memory_use_of(MEMORY_HOMES)->objects)
		sim_fail("%llu objects are left",
			 (unsigned long long)memory_use_of(MEMORY_HOMES)->objects);
	sim_watchdog(0);
	free(g);
}
