/* SPDX-License-Identifier: GPL-2.0 */
/*
 * Queries: what changes nothing is asked of one member, and has no place in the order.
 *
 * A query waits here until this head has delivered what it has to show, goes to a
 * member here behind all that was delivered, and its reply waits until what the
 * member had read is stable. For a linearizable one, what it has to show is found
 * out by a barrier: after it was made so many voters of the view say up to where they
 * hold the order that nothing can be stable beyond the highest of these places.
 * One barrier is under way at a time; it serves the queries that were made before it.
 *
 * Where no member of the group is, another head is asked (question.h).
 *
 * Invariants: each query is in one of the lists; count and bytes are sums over
 * all of them. Nothing of this is replicated: queries end with the node.
 */
#ifndef SAMR_CORE_QUERY_H
#define SAMR_CORE_QUERY_H

#include "event.h"
#include "wire.h"

struct samr_node;

/* What clients can make this node keep: of each group, for each member here; of all. */
#define SAMR_QUERIES_MAX	64
#define SAMR_QUERIES_ALL	1024
#define SAMR_QUERY_BYTES	(16U << 20)
/* What a query needs besides its bytes and those of its reply. */
#define SAMR_QUERY_COST		512

/**
 * struct samr_query - one
 * @link: in one of the lists of struct samr_queries
 * @number: of it, at this node
 * @barrier: it waits for this one, or a later one; 0: for none
 * @linear: it needs a barrier of the view that it is answered in
 * @seen: by its client
 * @place: a member that has read up to here may reply
 * @epoch: view in which its barrier has passed
 * @arg: the client's number for it; of another head: that one's
 * @group: of its members one replies
 * @port: of the client
 * @uid: of the client
 * @gid: of the client
 * @most: longest reply
 * @member: port of the member that has it
 * @since: place of that one's JOIN
 * @given: what that one was given, or NULL
 * @len: bytes of @payload
 * @payload: them, or NULL
 * @reply: of a member; meta.gseq is its commit place
 * @head: that was asked last; 0: none was
 * @asks: how often some head was, since it could answer
 * @ask_at: when to ask again
 * @from: head that @reply, or parts of it, came from; 0: of a member here
 * @tag: of that answer
 * @src: head whose client asks; 0: this one
 * @inc: incarnation of @src
 * @foreign: with @src: in samr_queries.foreign
 * @heard: with @src: when it was asked last
 * @whole: with @src: all of the query is here
 * @question: with @src: the query, as its parts come
 */
struct samr_query {
	struct list_head link;
	u64 number;
	u64 barrier;
	bool linear;
	u64 seen;
	u64 place;
	u64 epoch;
	u64 arg;
	u32 group;
	u32 port;
	u32 uid;
	u32 gid;
	u32 most;
	u32 member;
	u64 since;
	struct samr_msg *given;
	u32 len;
	struct samr_blob *payload;
	struct samr_msg *reply;
	u64 head;
	u32 asks;
	u64 ask_at;
	u64 from;
	u64 tag;
	u64 src;
	u64 inc;
	struct list_head foreign;
	u64 heard;
	bool whole;
	struct samr_msg *question;
};

/**
 * struct samr_barrier - how far the order may be stable
 * @epoch: view in which one is under way; 0: none is
 * @number: of the last one begun
 * @fresh: voters that have said up to where they hold the order, one bit each
 * @place: the highest of these
 * @asks: how often they were asked
 * @ask_at: when they are asked again
 */
struct samr_barrier {
	u64 epoch;
	u64 number;
	u64 fresh;
	u64 place;
	u32 asks;
	u64 ask_at;
};

/**
 * struct samr_queries - in struct samr_node
 * @waiting: for a barrier, or for a place
 * @given: a member has them
 * @replied: the reply waits for stability
 * @asked: another head was
 * @aside: of other heads: those that have not come as a whole, and those whose answer
 *	is fetched part by part
 * @foreign: all of other heads
 * @count: of all
 * @bytes: that they, and their replies, may have
 * @number: of the last one
 * @refused: a client was: it waits for room
 * @retry_at: when to try again what lacked memory
 * @ask_at: when the first of @asked is asked again
 * @forget_at: when the first of @foreign may be forgotten
 * @barrier: see there
 */
struct samr_queries {
	struct list_head waiting;
	struct list_head given;
	struct list_head replied;
	struct list_head asked;
	struct list_head aside;
	struct list_head foreign;
	u32 count;
	u64 bytes;
	u64 number;
	bool refused;
	u64 retry_at;
	u64 ask_at;
	u64 forget_at;
	struct samr_barrier barrier;
};

/** samr_query_init - of a new node */
void samr_query_init(struct samr_node *n);

/** samr_query_fini - drop them all; nobody hears of it */
void samr_query_fini(struct samr_node *n);

/** samr_query_made - QUERY of a local client, as samr_node_step() */
int samr_query_made(struct samr_node *n, const struct samr_event *ev);

/** samr_query_answered - ANSWER of a local member, as samr_node_step() */
int samr_query_answered(struct samr_node *n, const struct samr_event *ev);

/** samr_query_forget - a client here is gone: drop its queries */
void samr_query_forget(struct samr_node *n, u32 group, u32 port);

/** samr_query_forget_far - so are all that have this port but for the client node's own part */
void samr_query_forget_far(struct samr_node *n, u32 port);

/** samr_query_run - at the end of each step: what can go on does */
void samr_query_run(struct samr_node *n);

/** samr_query_asked - BARRIER_ASK of member @src */
void samr_query_asked(struct samr_node *n, u64 src, const struct samr_record *r);

/** samr_query_heard - BARRIER of member @src */
enum samr_drop samr_query_heard(struct samr_node *n, u64 src,
				const struct samr_record *r);

/* ---- for question.c ---- */

/**
 * samr_query_new - keep one more
 * @n: the node
 * @about: what is known of it
 * @made: filled in
 *
 * It is put among those that wait. Return: as QUERY in samr_node_step().
 */
int samr_query_new(struct samr_node *n, const struct samr_query *about,
		   struct samr_query **made);

/** samr_query_place_sane - can another head hold the order up to there? */
bool samr_query_place_sane(const struct samr_node *n, u64 place);

/** samr_query_message - what a member or a client is to get, without its bytes; or NULL */
struct samr_msg *samr_query_message(const struct samr_node *n,
				    const struct samr_query *q, u8 kind,
				    u64 place, u32 len);

/** samr_query_drop - forget one, wherever it is */
void samr_query_drop(struct samr_node *n, struct samr_query *q);

void samr_query_timer(struct samr_node *n);
u64 samr_query_deadline(const struct samr_node *n);

#endif /* SAMR_CORE_QUERY_H */
