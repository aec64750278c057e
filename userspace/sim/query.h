/* SPDX-License-Identifier: GPL-2.0 */
/*
 * Queries of clients, how members answer them, and whether the answers may be so.
 *
 * Every answer says what its member had seen when it answered. Judged by that alone:
 *
 *	- it shows what the client had seen, in replies and answers, when it made the
 *	  query, by way of whatever head;
 *	- a linearizable one shows what any client of the group had seen by then;
 *	- what it shows is not undone (check_session.c).
 *
 * A client asks while it attaches, too: then its new head may lag behind the old one.
 */
#ifndef SAMR_SIM_QUERY_H
#define SAMR_SIM_QUERY_H

#include "cluster.h"

struct client;
struct clients;

/* Open queries of one client, and groups that have clients. */
#define QUERY_SLOTS	4
#define QUERY_GROUPS	16

/**
 * struct query_open - a query of a client
 * @mark: its number, that none shares; 0: there is none here
 * @want: meaningless bytes of its answer
 * @len: its own meaningless bytes
 * @need: place that the answer must show
 * @linear: it is linearizable
 * @sent: the core of the client's head has it
 */
struct query_open {
	u64 mark;
	u64 want;
	u32 len;
	u64 need;
	bool linear;
	bool sent;
};

/**
 * struct query_client - a client's part
 * @open: its queries
 * @seen: highest commit place that it was told: what it has seen, to the core
 * @shown: highest place that replies and answers have shown it
 * @host: head at which queries may be left that it does not wait for; 0: none
 * @inc: incarnation of that
 */
struct query_client {
	struct query_open open[QUERY_SLOTS];
	u64 seen;
	u64 shown;
	u32 host;
	u64 inc;
};

/**
 * struct queries - of all clients
 * @answers: struct query_answer: that members are about to give
 * @epoch: of the first view of the order that there is now
 * @group: what clients of it have seen, at most
 */
struct queries {
	struct rng rng;
	struct list_head answers;
	u64 epoch;
	struct {
		u32 id;
		u64 shown;
	} group[QUERY_GROUPS];
	u64 marks, made, linear, answered, again, nobody;
};

void queries_init(struct clients *all, u64 seed);
void queries_free(struct clients *all);

/** queries_turn - members hand in what they have to answer */
void queries_turn(struct clients *all);

/** queries_work - @c, at a head, makes queries and sends them */
void queries_work(struct client *c);

/** queries_pending - does it wait for answers? */
bool queries_pending(const struct client *c);

/** queries_saw - a reply of place @commit has shown it what is at @shown, ordered in view @epoch */
void queries_saw(struct client *c, u64 commit, u64 shown, u64 epoch);

/** queries_moved - it does not talk to its head any more, and asks elsewhere */
void queries_moved(struct client *c);

/** queries_over - it has no session, and waits for nothing */
void queries_over(struct client *c);

/** queries_formed - another order begins, with view @epoch */
void queries_formed(struct clients *all, u64 epoch);

/**
 * queries_asked - a member of @h, at @port, reads a query
 * @last: place of what it has read last
 * @since: place from which it has the group's state
 */
void queries_asked(struct clients *all, struct host *h, const struct samr_msg *msg,
		   u64 last, u64 since);

/** queries_told - @h delivers an ANSWER */
void queries_told(struct clients *all, struct host *h,
		  const struct samr_msg *msg);

#endif /* SAMR_SIM_QUERY_H */
