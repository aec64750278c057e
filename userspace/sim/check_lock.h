/* SPDX-License-Identifier: GPL-2.0 */
/*
 * Locks: what members are told of them, compared with a model.
 *
 * Everything that concerns locks is noted where it is applied first, and must be
 * the same wherever it is applied again. Afterwards a model of the locks,
 * which shares nothing with the core's, goes along the order: each request has
 * the one answer that the model gives, so that nobody has a lock which somebody
 * else has, those that wait get it in the order of their requests, a dead owner
 * is told of when one died and at no other time, and the value is the one stored
 * last. At the end the tables of all nodes must be the model's, whether a node
 * was there from the beginning or learnt its table.
 */
#ifndef SAMR_SIM_CHECK_LOCK_H
#define SAMR_SIM_CHECK_LOCK_H

#include "cluster.h"

struct rng;

struct lock_place;
struct lock_era;

/**
 * struct lock_check - what was seen
 * @place: of the order, unsorted
 * @era: views installed by anybody
 * @requests: LOCK and UNLOCK that had an answer
 * @granted: locks given to somebody
 * @inherited: of them from an owner that is dead
 * @inc: per host: incarnation that @seen is of
 * @seen: per host: looked at up to this place
 * @over: what comes now is not noted any more
 */
struct lock_check {
	struct watch watch;
	struct cluster *cluster;
	struct lock_place *place;
	size_t places;
	size_t room;
	struct lock_era *era;
	size_t eras;
	size_t era_room;
	u64 requests;
	u64 granted;
	u64 inherited;
	u64 inc[NET_NODES];
	u64 seen[NET_NODES];
	bool over;
};

void lock_check_init(struct lock_check *k, struct cluster *c);

/** lock_check_model - go along what was seen since the last time, and forget it */
void lock_check_model(struct lock_check *k, bool tables);

void lock_check_free(struct lock_check *k);

/**
 * lock_request - draw a request for a lock, as a member may make it
 * @r: random numbers
 * @kind: enum samr_kind of it, filled in
 * @payload: filled in, SAMR_LOCK_PAYLOAD_MAX bytes
 *
 * Return: bytes of @payload.
 */
u32 lock_request(struct rng *r, u8 *kind, u8 *payload);

#endif /* SAMR_SIM_CHECK_LOCK_H */
