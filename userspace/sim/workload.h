/* SPDX-License-Identifier: GPL-2.0 */
/*
 * The workload: members that join, send, read, stall and leave.
 *
 * Knows nothing of the checkers. Every member has an actor with a temper of its
 * own; all of them together send a given number of messages.
 */
#ifndef SAMR_SIM_WORKLOAD_H
#define SAMR_SIM_WORKLOAD_H

#include "client.h"
#include "member.h"
#include "plan.h"
#include "service.h"

/**
 * struct workload - all actors
 * @left: messages still to be sent
 * @long_bytes: of long messages that may still be sent
 * @calm: faults are over: nobody stalls or leaves any more
 * @services: members of groups that have a state
 * @clients: of groups that have none
 * @sessions: what they see
 * @stalls: readings put off for long
 * @joins: members that joined
 * @leaves: members that left
 */
struct workload {
	struct watch watch;
	struct cluster *cluster;
	struct ledger *ledger;
	struct members *members;
	const struct plan *plan;
	struct rng rng;
	struct list_head actors;
	struct services services;
	struct clients clients;
	struct session_check sessions;
	u32 *group;
	u32 port;
	u32 left;
	u64 long_bytes;
	bool calm;
	u64 stalls;
	u64 joins;
	u64 leaves;
};

void workload_init(struct workload *w, const struct plan *p,
		   struct members *ms, u64 seed);
void workload_free(struct workload *w);

/** workload_start - create the actors; they begin as soon as they can */
void workload_start(struct workload *w);

/** workload_calm - no more stalling; whoever left comes back */
void workload_calm(struct workload *w);

/** workload_done - has all been sent, and does nobody want to join or leave? */
bool workload_done(const struct workload *w);

/** workload_stuck - say who does not get on, and fail */
void __attribute__((noreturn)) workload_stuck(const struct workload *w);

#endif /* SAMR_SIM_WORKLOAD_H */
