/* SPDX-License-Identifier: GPL-2.0 */
/*
 * Sessions: what was executed, what clients were told, and whether that fits.
 *
 * What each node makes of each SESSION and REQUEST is noted, and must be the same
 * wherever it is applied. Afterwards, along the order that has survived:
 *
 *	- each answer is justified by what was ordered before it: a request is
 *	  executed when its number is the next one and its sender the access head,
 *	  and refused for the reason that there is;
 *	- what a client asked once was executed once, under whatever number, in
 *	  whatever session: its requests carry a mark that none shares;
 *	- a reply that a client has seen belongs to a place that has survived, and so
 *	  does the place whose effect it shows; it is what every replica replied;
 *	- the tables, and the replies kept, are the same everywhere.
 *
 * Shares nothing with the core's tables.
 */
#ifndef SAMR_SIM_CHECK_SESSION_H
#define SAMR_SIM_CHECK_SESSION_H

#include "cluster.h"

struct session_place;
struct session_era;
struct session_seen;

/**
 * struct session_shown - in front of the bytes of each reply
 * @mark: of the request
 * @place: at which it was executed
 * @epoch: view of that
 * @last: place whose effect the reply shows
 * @last_epoch: view of that
 * @digest: of the replica's state there
 */
struct session_shown {
	u64 mark;
	u64 place;
	u64 epoch;
	u64 last;
	u64 last_epoch;
	u64 digest;
};

/**
 * struct chains - indices of an array by a number that most elements have alone
 * @last: by number: 1 + index of the last element that has it; 0: none
 * @before: by index: the same of the element before it
 */
struct chains {
	u32 *last, *before;
	size_t last_room, before_room;
};

/**
 * struct session_check - what was seen
 * @place: of the order, unsorted
 * @place_at: by number of the place, see struct chains
 * @era: views installed by anybody, by epoch
 * @seen: replies that clients got
 * @looked: likewise, answers to queries; only @last and @last_epoch
 * @truth: replies that replicas made
 * @truth_at: by the request's mark
 * @inc: per host: incarnation that @upto is of
 * @upto: per host: looked at up to this place
 * @over: what comes now is not noted any more
 */
struct session_check {
	struct watch watch;
	struct cluster *cluster;
	struct samr_msg **saw;	/* of the step under way, see samr_saw() */
	size_t saws, saw_room;
	struct session_place *place;
	size_t places, place_room;
	struct chains place_at;
	struct session_era *era;
	size_t eras, era_room;
	struct session_shown *seen;
	size_t seens, seen_room;
	struct session_shown *looked;
	size_t looks, looked_room;
	struct session_shown *truth;
	size_t truths, truth_room;
	struct chains truth_at;
	u64 inc[NET_NODES];
	u64 upto[NET_NODES];
	bool over;
	u64 executed, refused, repeated, shown, called;
};

void session_check_init(struct session_check *k, struct cluster *c);
void session_check_free(struct session_check *k);

/**
 * session_check_epoch - the view that a place belongs to, for a node that has come as
 *	far as @h
 */
u64 session_check_epoch(const struct session_check *k, const struct host *h,
			u64 gseq);

/** session_check_made - a replica replies */
void session_check_made(struct session_check *k, const struct session_shown *s);

/** session_check_seen - a client has a reply */
void session_check_seen(struct session_check *k, const struct session_shown *s,
			bool may_be_undone);

/** session_check_looked - the answer to a query shows a client what is at @last */
void session_check_looked(struct session_check *k, u64 last, u64 epoch);

/** session_check_model - go along what was seen, and forget it */
void session_check_model(struct session_check *k);

/** session_check_tables - are all nodes' the same? How many sessions are there? */
u32 session_check_tables(struct session_check *k);

#endif /* SAMR_SIM_CHECK_SESSION_H */
