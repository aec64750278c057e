/* SPDX-License-Identifier: GPL-2.0 */
/*
 * Digests of replies: what replicas have said, and what the core made of it.
 *
 * In some runs replicas are broken: now and then one gives a wrong digest with its reply,
 * or from some moment on with all of them. What is checked:
 *
 *	- whoever is told at a place that replicas differ is told the same;
 *	- what is told is so: each head that is named has given that digest, and those
 *	  that are said to be in the minority are;
 *	- nothing is told where nothing differs;
 *	- at the end: replicas that differ, and have been there since, were told of.
 *
 * Shares nothing with the core's claims.
 */
#ifndef SAMR_SIM_CHECK_DIGEST_H
#define SAMR_SIM_CHECK_DIGEST_H

#include "cluster.h"

struct digest_given;
struct digest_told;

/**
 * struct digest_check - what was seen
 * @rare: a replica breaks once in so many replies; 0: never
 * @broken: per host: incarnation that is broken, and how
 * @given: digests, in the order in which the core took them
 * @told: divergences, each once
 */
struct digest_check {
	struct watch watch;
	struct cluster *cluster;
	struct rng rng;
	u32 rare;
	struct {
		u64 inc;
		u32 how;
	} broken[NET_NODES];
	struct digest_given *given;
	size_t gives, give_room;
	struct digest_told *told;
	size_t tells, told_room;
	u64 wrong;
};

void digest_check_init(struct digest_check *k, struct cluster *c, u64 seed);
void digest_check_free(struct digest_check *k);

/** digest_check_value - what a member of @h says instead of @right */
u32 digest_check_value(struct digest_check *k, const struct host *h, u32 right);

/** digest_check_given - and the core has heard it */
void digest_check_given(struct digest_check *k, const struct host *h, u32 group,
			u32 port, u64 session, u64 number, u64 place, u32 value);

/** digest_check_done - has every node said what it has to say? */
bool digest_check_done(const struct digest_check *k);

/** digest_check_end - was everything told? All are there, and nothing is under way */
void digest_check_end(const struct digest_check *k);

#endif /* SAMR_SIM_CHECK_DIGEST_H */
