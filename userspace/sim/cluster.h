/* SPDX-License-Identifier: GPL-2.0 */
/* A cluster: heads on one network, in one virtual time. */
#ifndef SAMR_SIM_CLUSTER_H
#define SAMR_SIM_CLUSTER_H

#include "host.h"

#define CLUSTER_ID	0x5a3c0de5u

/**
 * struct cluster - all there is
 * @queue: virtual time
 * @net: the network
 * @rng: of the machines
 * @count: heads
 * @mask: their ids
 * @witness: the one of them that the admins take for the witness, as a mask
 * @host: by id, NULL for none
 * @watches: who is told, in this order
 */
struct cluster {
	struct queue queue;
	struct net net;
	struct rng rng;
	u32 count;
	u64 mask;
	u64 witness;
	struct host *host[NET_NODES];
	struct list_head watches;
};

void cluster_init(struct cluster *c, u64 seed);
void cluster_free(struct cluster *c);
struct host *cluster_add(struct cluster *c, u32 id,
			 const struct host_params *p,
			 const struct samr_node_config *cfg);

static inline void cluster_watch(struct cluster *c, struct watch *w)
{
	list_add_tail(&w->list, &c->watches);
}

/** cluster_next - walk over the heads; NULL begins, NULL ends */
struct host *cluster_next(const struct cluster *c, const struct host *h);

#define cluster_for_each(c, h) \
	for (h = cluster_next(c, NULL); h; h = cluster_next(c, h))

#endif /* SAMR_SIM_CLUSTER_H */
