// SPDX-License-Identifier: GPL-2.0
/* A cluster, see cluster.h. */
#include "cluster.h"
#include "sim.h"

static void on_arrival(void *ctx, u32 to, struct buffer *frame)
{
	struct cluster *c = ctx;

	if (c->host[to])
		host_arrive(c->host[to], frame);
}

void cluster_init(struct cluster *c, u64 seed)
{
	memset(c, 0, sizeof(*c));
	queue_init(&c->queue);
	net_init(&c->net, &c->queue, seed);
	rng_init(&c->rng, seed, 'c');
	c->net.deliver = on_arrival;
	c->net.ctx = c;
	sim_run.now = &c->queue.now;
}

static void add(struct watchers *all, struct watch *w, bool wants)
{
	if (!wants)
		return;
	if (all->count == WATCHES_MOST)
		sim_fail("more watches than there is room for");
	all->watch[all->count++] = w;
}

#define WATCH(all, w) do {						\
	add(&(all)->stepped, w, (w)->stepped);				\
	add(&(all)->received, w, (w)->received);			\
	add(&(all)->sent, w, (w)->sent);				\
	add(&(all)->view, w, (w)->view);				\
	add(&(all)->members, w, (w)->members);				\
	add(&(all)->deliver, w, (w)->deliver);				\
	add(&(all)->writable, w, (w)->writable);			\
	add(&(all)->stuck, w, (w)->stuck);				\
	add(&(all)->narrow, w, (w)->narrow);				\
	add(&(all)->batch, w, (w)->batch);				\
} while (0)

void cluster_watch(struct cluster *c, struct watch *w)
{
	WATCH(&c->on, w);
}

void cluster_watch_far(struct cluster *c, struct watch *w)
{
	WATCH(&c->far, w);
}

void cluster_free(struct cluster *c)
{
	u32 id;

	sim_run.took = c->queue.now;
	for (id = 0; id < NET_NODES; id++) {
		if (c->host[id])
			host_free(c->host[id]);
		c->host[id] = NULL;
	}
	net_free(&c->net);
	queue_free(&c->queue);
}

struct host *cluster_add(struct cluster *c, u32 id,
			 const struct host_params *p,
			 const struct samr_node_config *cfg)
{
	struct host *h = host_new(c, id, p, cfg);

	c->host[id] = h;
	c->count++;
	c->mask |= BIT_ULL(id);
	net_add(&c->net, id);
	return h;
}

struct host *cluster_add_far(struct cluster *c, u32 id,
			     const struct host_params *p,
			     const struct samr_node_config *cfg)
{
	struct samr_node_config own = *cfg;

	own.self = HOST_FAR + id;
	c->host[id] = host_new(c, id, p, &own);
	net_add(&c->net, id);
	return c->host[id];
}

struct host *cluster_host(const struct cluster *c, u32 id, u64 inc)
{
	struct host *h = id ? c->host[id] : NULL;

	return h && h->inc == inc && !samr_node_out(h->node) ? h : NULL;
}

struct host *cluster_next(const struct cluster *c, const struct host *h)
{
	/* All ids above that of @h. */
	u64 left = c->mask & (h ? ~0ULL << h->id << 1 : ~0ULL);
	u32 id;

	for (; left; left &= left - 1) {
		id = (u32)__builtin_ctzll(left);
		if (c->host[id])
			return c->host[id];
	}
	return NULL;
}
