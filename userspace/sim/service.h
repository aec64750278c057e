/* SPDX-License-Identifier: GPL-2.0 */
/*
 * Services: what a stateful member does behind its socket, and whether its state
 * is right.
 *
 * The state is a digest of all data that was applied, in order, and some bytes
 * that mean nothing. A member that lacks it asks; the donor gives what it has at
 * the place of the question, at a pace of its own; the receiver keeps what is
 * ordered meanwhile, and falls behind when that is too much. Checked:
 *
 *	- whoever holds the state has the same digest behind the same place, whether
 *	  it was there all the time or has installed it: nothing was applied twice
 *	  and nothing left out;
 *	- a transfer has one donor, a member that holds the state, and pieces come
 *	  from nobody else, each once and in order;
 *	- a receiver gets the bytes that were given;
 *	- the state is lost only when nobody holds it, and then whoever lacks it is
 *	  told.
 */
#ifndef SAMR_SIM_SERVICE_H
#define SAMR_SIM_SERVICE_H

#include "caller.h"
#include "cluster.h"
#include "sleeper.h"
#include "stream.h"

enum service_state {
	SERVICE_OUT,		/* no member */
	SERVICE_LACKS,
	SERVICE_GETS,		/* receives */
	SERVICE_HAS,		/* applied all that came, the order does not know */
	SERVICE_HOLDS,
	SERVICE_LOST,		/* nobody holds it: it has to leave */
};

/**
 * struct service_request - a client's request, as its payload has it
 * @name: of the session; 0: none
 * @number: in it
 * @mark: that no other request has
 * @place: at which it was executed
 * @epoch: view of that
 * @want: bytes of the reply
 */
struct service_request {
	u64 name;
	u64 number;
	u64 mark;
	u64 place;
	u64 epoch;
	u64 want;
};

/**
 * struct service - one stateful member
 * @state: where it stands
 * @digest: its state; GETS: as of before
 * @parked: waits for the next message; belongs to the state
 * @caller: likewise: what it wants of other groups
 * @calls: of that, what it has not handed in
 * @sleeper: likewise: the alarms that it waits for
 * @asks: of these, what it has not handed in
 * @asked: a SNAPSHOT of it is on its way
 * @ask: it wants to send one
 * @drops: transfer that this gives up: one that it gets, as the order has it
 * @leaving: its LEAVE is on its way
 * @joining: its JOIN is on its way; set by whoever sends that
 * @since: it has the state as it was at this place
 * @applied: place of what it has executed since last; 0: nothing
 * @dead: nobody cares any more
 * @id: transfer that it receives
 * @donor: from this member
 * @complete: its LAST piece is here
 * @pieces: of it, not read yet
 * @got: bytes of it
 * @later: messages behind it
 * @most: of @later: more than that, and it gives up
 * @last: place of the last piece read
 * @unsaid: bytes read since the last READ
 * @ended: that was the LAST, and READ is to be sent
 * @gives: transfer that it gives
 * @bytes: of that
 * @at: sent up to there
 * @placed: and has said where it stands in its streams
 * @turn: when it does something next
 */
struct service {
	struct list_head list;
	struct services *all;
	struct host *host;
	u32 group;
	u32 port;
	enum service_state state;
	u64 digest;
	u64 applied;
	u64 since;
	struct service_request parked;
	struct caller caller;
	struct list_head calls;
	struct sleeper sleeper;
	struct list_head asks;
	bool asked, ask, leaving, joining, dead;
	u64 drops;
	u64 id;
	struct samr_member_id donor;
	bool complete;
	struct list_head pieces;
	u8 *got;
	size_t got_len, got_room;
	struct list_head later;
	u32 most, behind;
	u64 last;
	u64 unsaid;
	bool ended;
	u64 gives;
	u8 *bytes;
	size_t len, at;
	bool placed;
	struct timer turn;
	void *user;
};

/* A digest that somebody had behind a place. */
struct truth {
	u64 key;
	u64 digest;
};

/**
 * struct services - all of them, and what is known of their states
 * @send: hand in a message of @s with these bytes; what the core says
 * @answer: @s replies to @r, having applied what is at place @last; may be NULL
 * @query: it is asked what changes nothing
 * @answered: are all its replies handed in? It gives its state when they are
 * @callers: they are clients of other groups; NULL: they are not
 * @sleepers: they set alarms
 * @streams: the first members of its group serve these; or NULL
 * @asked: alarms that were asked for, by all replicas together
 * @rung: ends of these that were read
 * @calm: no member falls behind or fails any more
 * @epoch: view of a place, with @answer
 * @formation: changes when the cluster is formed from nothing
 */
struct services {
	struct cluster *cluster;
	struct list_head list;
	struct rng rng;
	int (*send)(struct service *s, struct samr_submit *what,
		    const u8 *bytes);
	void (*answer)(struct service *s, const struct service_request *r,
		       u64 last);
	bool (*answered)(struct service *s);
	void (*query)(struct service *s, const struct samr_msg *msg);
	u64 (*epoch)(struct service *s, u64 gseq);
	struct callers *callers;
	bool sleepers;
	struct streams *streams;
	u64 asked, rung;
	bool calm;
	u32 formation;
	struct truth *truth;
	size_t truths, room;
	u64 begun, installed, failed, behind, lost, bytes;
};

void services_init(struct services *all, struct cluster *c, u64 seed);
void services_free(struct services *all);

/** service_new - a member to be: somebody sends its JOIN */
struct service *service_new(struct services *all, struct host *h, u32 group,
			    u32 port);

/** service_request - of a REQUEST, or else nothing */
void service_request(const struct samr_msg *msg, u64 epoch,
		     struct service_request *r);

/** service_end - it is no member any more, and will be freed */
void service_end(struct service *s);

/** services_gone - the head is no more */
void services_gone(struct services *all, struct host *h);

/** services_query - @h delivers a query to one of them */
void services_query(struct services *all, struct host *h,
		    const struct samr_msg *msg);

/** services_deliver - @h delivers; called once for each message */
void services_deliver(struct services *all, struct host *h,
		      const struct samr_msg *msg);

/** services_settled - does every member hold the state? */
bool services_settled(const struct services *all);

/** services_calling - has anybody calls open? */
bool services_calling(const struct services *all);

/** services_stuck - say who does not */
void services_stuck(const struct services *all);

/** services_text - what was transferred; until the next call */
const char *services_text(const struct services *all);

#endif /* SAMR_SIM_SERVICE_H */
