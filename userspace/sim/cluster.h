/* SPDX-License-Identifier: GPL-2.0 */
/* A cluster: heads on one network, in one virtual time. */
#ifndef SAMR_SIM_CLUSTER_H
#define SAMR_SIM_CLUSTER_H

#include "host.h"

#define CLUSTER_ID	0x5a3c0de5u
#define WATCHES_MOST	16

/* Who is told of one kind of thing, in the order in which they began to watch. */
struct watchers {
	u32 count;
	struct watch *watch[WATCHES_MOST];
};

/**
 * struct cluster - all there is
 * @queue: virtual time
 * @net: the network
 * @rng: of the machines
 * @count: heads
 * @mask: their ids
 * @witness: the one of them that the admins take for the witness, as a mask
 * @host: by id, NULL for none
 * @on: who is told of what, by the names of struct watch
 * @far: the same, of client nodes
 */
struct cluster {
	struct queue queue;
	struct net net;
	struct rng rng;
	u32 count;
	u64 mask;
	u64 witness;
	struct host *host[NET_NODES];
	struct {
		struct watchers stepped, received, sent, view, members, deliver,
				writable, stuck, narrow, batch;
	} on, far;
};

void cluster_init(struct cluster *c, u64 seed);
void cluster_free(struct cluster *c);
struct host *cluster_add(struct cluster *c, u32 id,
			 const struct host_params *p,
			 const struct samr_node_config *cfg);

/** cluster_watch - tell @w from now on of what it has a function for */
void cluster_watch(struct cluster *c, struct watch *w);

/** cluster_watch_far - and of client nodes */
void cluster_watch_far(struct cluster *c, struct watch *w);

/* cluster_tell(c, sent, h, frame, dest): call sent() of all that have one. */
#define cluster_tell(c, what, h, ...) do {				\
	const struct watchers *all_ = (h)->far ? &(c)->far.what :	\
						 &(c)->on.what;		\
	for (u32 i_ = 0; i_ < all_->count; i_++)			\
		all_->watch[i_]->what(all_->watch[i_], h, ##__VA_ARGS__); \
} while (0)

/** cluster_add_far - a client node; @id is on the network what that of a head is */
struct host *cluster_add_far(struct cluster *c, u32 id,
			     const struct host_params *p,
			     const struct samr_node_config *cfg);

/** cluster_host - head @id, when it is that incarnation and is not out; else NULL */
struct host *cluster_host(const struct cluster *c, u32 id, u64 inc);

/** cluster_next - walk over the heads; NULL begins, NULL ends */
struct host *cluster_next(const struct cluster *c, const struct host *h);

#define cluster_for_each(c, h) \
	for (h = cluster_next(c, NULL); h; h = cluster_next(c, h))

#endif /* SAMR_SIM_CLUSTER_H */
