/* SPDX-License-Identifier: GPL-2.0 */
/*
 * The ways between heads and client nodes: on which link, and where to.
 *
 * Nobody configures them: what came last from there says where it is. So whoever may send
 * on a link can turn a way to himself, as without a key he can say anything.
 */
#ifndef SAMR_TRAIL_H
#define SAMR_TRAIL_H

#include <linux/spinlock.h>
#include "transport.h"

struct samr_cluster;
struct samr_link;

#define SAMR_TRAIL_SETS	256
#define SAMR_TRAIL_EACH	4

/**
 * struct samr_trail - to one node
 * @node: its id; 0: free
 * @link: number of the link
 * @addr: on that
 * @stamp: jiffies of its last frame
 */
struct samr_trail {
	u64 node;
	u32 link;
	struct samr_addr addr;
	unsigned long stamp;
};

/**
 * struct samr_trails - a cluster's
 * @lock: protects @set
 * @set: by a hash of the node
 */
struct samr_trails {
	spinlock_t lock;
	struct samr_trail set[SAMR_TRAIL_SETS][SAMR_TRAIL_EACH];
};

/** samr_trails_new - none yet; NULL without memory */
struct samr_trails *samr_trails_new(void);
void samr_trails_free(struct samr_trails *w);

/** samr_trail_heard - a frame of @node came from @from; softirq */
void samr_trail_heard(struct samr_link *l, u64 node, const struct samr_addr *from);

/**
 * samr_trail_send - send a frame to a node at the other end of a way, or from a client node to all
 * @c: the sender
 * @skb: the frame; taken over
 * @dest: node, or SAMR_DEST_ALL
 */
void samr_trail_send(struct samr_cluster *c, struct sk_buff *skb, u64 dest);

#endif /* SAMR_TRAIL_H */
