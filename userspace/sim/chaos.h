/* SPDX-License-Identifier: GPL-2.0 */
/* The faults of a run, from its plan: switched on, and off at the end. */
#ifndef SAMR_SIM_CHAOS_H
#define SAMR_SIM_CHAOS_H

#include "cluster.h"
#include "plan.h"

struct chaos;

/* A shell that will hear of another frame size. */
struct chaos_resize {
	struct timer timer;
	struct chaos *chaos;
	u32 host;
};

/**
 * struct chaos - faults going on
 * @count: by enum plan_fault; ALLOC and STALL are counted elsewhere
 */
struct chaos {
	struct watch watch;
	struct cluster *cluster;
	const struct plan *plan;
	struct rng rng;
	struct timer trouble;	/* the next pause, jump, cut or change */
	struct timer mend;	/* the end of a cut */
	struct chaos_resize resize[NET_NODES];
	u32 frame_max;
	u64 count[FAULT_KINDS];
	bool on;
	bool formed;		/* all heads have a view */
};

void chaos_init(struct chaos *x, struct cluster *c, const struct plan *p,
		u64 seed);
void chaos_start(struct chaos *x);

/** chaos_stop - the network is whole from now on; what is under way arrives */
void chaos_stop(struct chaos *x);

/**
 * hostile_frame - a frame made of one that was sent
 * @wild: change anything; else what an unharmed core must take no notice of
 *
 * Return: it, with a right trailer, or NULL for none; owned by the caller.
 */
struct buffer *hostile_frame(struct rng *r, const struct buffer *frame,
			     bool wild);

#endif /* SAMR_SIM_CHAOS_H */
