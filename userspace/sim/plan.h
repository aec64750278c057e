/* SPDX-License-Identifier: GPL-2.0 */
/* What a run will be, drawn from its seed: cluster, network, faults, work. */
#ifndef SAMR_SIM_PLAN_H
#define SAMR_SIM_PLAN_H

#include "host.h"

/* Faults that are not the network's; counted by chaos.c and others. */
enum plan_fault {
	FAULT_ALLOC,		/* allocations refused */
	FAULT_PAUSE,		/* a head does nothing for a while */
	FAULT_CLOCK,		/* a wall clock jumps */
	FAULT_CUT,		/* the network is cut and heals */
	FAULT_FRAME_MAX,	/* the links' frame size changes */
	FAULT_STALL,		/* a member stops reading for a while */
	FAULT_HOSTILE,		/* frames that nobody sent */
	FAULT_KINDS,
};

/**
 * struct plan - the run
 * @nodes: heads
 * @id: theirs, ascending
 * @cfg: of the cores
 * @net: the network while faults are on
 * @host: machines; clocks are drawn for each
 * @faults: mask of enum plan_fault
 * @alloc_ppm: share of allocations refused
 * @frame_max: at the start
 * @groups: how many
 * @members: sockets
 * @window: of most members, bytes
 * @messages: to be sent
 * @len_typical: most messages are not longer
 * @len_max: none is longer
 * @bytes_max: of all long messages together
 * @safe_ppm: share sent SAFE
 * @pace: who works pauses so many times as long; 1: all send as much as they can
 * @chaos: faults go on for this long at least, ns
 * @abrupt: the end comes while faults go on and messages are under way
 * @wild: frames are changed at random: nothing is checked but that it holds up
 */
struct plan {
	u32 nodes;
	u32 id[SAMR_HEADS_MAX];
	struct samr_node_config cfg;
	struct net_params net;
	struct host_params host;
	u32 faults;
	u32 alloc_ppm;
	u32 frame_max;
	u32 groups;
	u32 members;
	u32 window;
	u32 messages;
	u32 len_typical;
	u32 len_max;
	u64 bytes_max;
	u32 safe_ppm;
	u32 pace;
	u64 chaos;
	bool abrupt;
	bool wild;
};

/** plan_draw - the plan of @seed; @nodes, when not 0, instead of a drawn number */
void plan_draw(struct plan *p, u64 seed, u32 nodes);

/** plan_host - the machine of one head */
void plan_host(const struct plan *p, struct rng *r, struct host_params *h);

/** plan_heal - a network without faults, else as it was */
void plan_heal(struct net_params *net);

const char *plan_fault_name(enum plan_fault f);

#endif /* SAMR_SIM_PLAN_H */
