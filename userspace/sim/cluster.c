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
	INIT_LIST_HEAD(&c->watches);
	sim_run.now = &c->queue.now;
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

struct host *cluster_next(const struct cluster *c, const struct host *h)
{
	u32 id = h ? h->id + 1 : 1;

	for (; id < NET_NODES; id++)
		if (c->host[id])
			return c->host[id];
	return NULL;
}
