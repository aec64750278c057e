/* SPDX-License-Identifier: GPL-2.0 */
/*
 * The network of a simulated cluster: one switch, one port for each node.
 *
 * A frame leaves its sender's port at that port's speed, crosses the switch
 * with a fate of its own for each receiver (a multicast is one copy for each),
 * and waits in the finite queue of the receiver's port. Frames are real bytes;
 * what they mean is not known here.
 */
#ifndef SAMR_SIM_NET_H
#define SAMR_SIM_NET_H

#include "memory.h"
#include "queue.h"

#define NET_NODES	64	/* ids 1 .. 63 */

/* What a network can do to a frame. */
enum net_fault {
	NET_DROP,		/* lost by itself */
	NET_BURST,		/* lost with its neighbours */
	NET_REPEAT,
	NET_REORDER,		/* held back behind later ones */
	NET_CORRUPT,		/* some bits flipped */
	NET_CUT,		/* no way between the two for a while */
	NET_OVERFLOW,		/* a port's queue was full */
	NET_TOO_LONG,		/* longer than the link carries */
	NET_FAULTS,
};

/**
 * struct net_params - how good the network is; times in ns, shares in ppm
 * @delay: of each frame
 * @jitter: more, up to this
 * @drop: share lost
 * @burst: share that begins a burst of losses on its path
 * @burst_len: frames lost in a burst at most
 * @repeat: share sent twice
 * @reorder: share held back
 * @reorder_by: up to this
 * @corrupt: share with bits flipped
 * @speed: bytes that a port moves in a us; 0: any number
 * @queue: bytes that wait at the switch's ports at most
 * @tx_queue: bytes that wait in their sender at most
 * @len_max: longest frame
 */
struct net_params {
	u64 delay;
	u64 jitter;
	u32 drop;
	u32 burst;
	u32 burst_len;
	u32 repeat;
	u32 reorder;
	u64 reorder_by;
	u32 corrupt;
	u32 speed;
	u32 queue;
	u32 tx_queue;
	u32 len_max;
};

struct net_port {
	u64 tx_free;		/* when it has sent what it was given */
	u64 rx_free;		/* when its queue will be empty */
};

/**
 * struct net - the network
 * @params: set at any time
 * @count: faults so far, by kind
 * @frames: sent by nodes
 * @bytes: of them
 * @deliver: a frame has arrived; the buffer stays ours
 * @judge: may decide a frame's fate before chance does; NULL: none
 * @ctx: for both
 */
struct net {
	struct queue *queue;
	struct rng rng;
	struct net_params params;
	u64 count[NET_FAULTS];
	u64 frames;
	u64 bytes;
	u64 nodes;		/* mask of those that are there */
	struct net_port port[NET_NODES];
	u64 cut[NET_NODES];	/* mask of those that do not hear this one */
	u8 burst[NET_NODES][NET_NODES];
	struct list_head flying;
	void (*deliver)(void *ctx, u32 to, struct buffer *frame);
	bool (*judge)(void *ctx, u32 from, u32 to, struct buffer *frame,
		      u64 *delay);
	void *ctx;
};

void net_init(struct net *net, struct queue *q, u64 seed);
void net_free(struct net *net);
void net_add(struct net *net, u32 node);

/** net_send - node @from sends @frame to @dest, or to all when that is 0 */
void net_send(struct net *net, u32 from, u64 dest, struct buffer *frame);

/** net_inject - @frame arrives at @to after @delay, whatever the faults */
void net_inject(struct net *net, u32 to, struct buffer *frame, u64 delay);

/** net_cut - the nodes of mask @a and all others do not hear each other */
void net_cut(struct net *net, u64 a);

/** net_cut_one - @to does not hear @from any more */
void net_cut_one(struct net *net, u32 from, u32 to);

/** net_heal - all hear each other; what is under way arrives */
void net_heal(struct net *net);

const char *net_fault_name(enum net_fault f);

#endif /* SAMR_SIM_NET_H */
