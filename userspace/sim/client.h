/* SPDX-License-Identifier: GPL-2.0 */
/*
 * Clients: what a client's machine does, and how members answer it.
 *
 * A client is no head: it talks to one, loses it, and goes on through another one.
 * It keeps its requests until they are answered, repeats what may not have been
 * ordered, and forgets nothing that check_session.c should know. Some leave without
 * a word, so that their sessions have to expire.
 */
#ifndef SAMR_SIM_CLIENT_H
#define SAMR_SIM_CLIENT_H

#include "check_digest.h"
#include "check_session.h"
#include "query.h"
#include "service.h"

enum client_state {
	CLIENT_NEW,
	CLIENT_OPENING,
	CLIENT_ATTACHING,
	CLIENT_OPEN,
	CLIENT_CLOSING,
};

#define CLIENT_WINDOW	12

/**
 * struct client - one
 * @state: where it stands
 * @turn: counts its attachments: what concerns an older one is not for it
 * @host: id of its access head; 0: none
 * @inc: incarnation of that
 * @id: of its session
 * @name: of its session
 * @asked: a SESSION is on its way
 * @unordered: it takes replies as they come
 * @agreed: and what they show may be undone
 * @next: number of its next request
 * @send: number of the next one to be sent, again or for the first time
 * @acked: it has all replies up to this number
 * @told: and has said so up to that
 * @got: replies behind @acked, one bit each
 * @open: the requests behind @acked, by number modulo CLIENT_WINDOW
 * @query: its queries
 * @at: it does nothing before
 */
struct client {
	struct list_head list;
	struct clients *all;
	enum client_state state;
	u64 turn;
	u32 group;
	u32 port;
	u32 host;
	u64 inc;
	u64 id;
	u64 name;
	bool asked;
	bool unordered;
	bool agreed;
	u64 next, send, acked, told, got;
	struct client_request {
		u64 mark;
		u64 want;
		u32 len;
	} open[CLIENT_WINDOW];
	struct query_client query;
	u32 reply_max;
	u64 at;
};

/**
 * struct clients - all of them, and the replies that members are about to give
 * @send: hand in a message for @c by way of @h; what the core says
 * @digests: of the replies
 * @usable: may a client go to that head?
 * @steady: no head ever loses a client, and no session expires
 * @pace: all of them take a turn every so many ms, until it is calm
 * @calm: no new sessions and requests
 */
struct clients {
	struct cluster *cluster;
	struct session_check *check;
	struct digest_check digests;
	struct rng rng;
	struct list_head list;
	struct list_head answers;
	struct queries queries;
	struct timer turn;
	int (*send)(struct clients *all, struct client *c, struct host *h,
		    struct samr_submit *s, const u8 *bytes);
	bool (*usable)(struct clients *all, struct host *h);
	bool steady;
	u32 pace;
	bool calm;
	u64 marks;
	u64 sessions, requests, replies, moves, unknown, lost, again;
};

void clients_init(struct clients *all, struct cluster *c,
		  struct session_check *k, u64 seed);
void clients_free(struct clients *all);

/** client_new - a client of @group; its port is its own at every head */
struct client *client_new(struct clients *all, u32 group, u32 port);

/** client_told - what became of a message of @c, sent in its attachment @turn */
void client_told(struct client *c, u64 turn, const struct samr_submit *s,
		 const struct samr_msg *msg);

/** clients_reply - @h delivers a REPLY */
void clients_reply(struct clients *all, struct host *h,
		   const struct samr_msg *msg);

/** clients_lost - client node @h has lost its head, and all that was under way */
void clients_lost(struct clients *all, const struct host *h);

/** clients_answer - member @port of @h replies to @r, which shows what is at @last */
void clients_answer(struct clients *all, struct host *h, u32 group, u32 port,
		    const struct service_request *r, u64 last, u64 digest);

/** clients_answered - hand in at once what that member has not yet */
bool clients_answered(struct clients *all, struct host *h, u32 group,
		      u32 port);

/** clients_idle - has nobody a session? */
bool clients_idle(const struct clients *all);

/** clients_text - what was done; until the next call */
const char *clients_text(const struct clients *all);

/** clients_done - has everybody all replies, and no session any more? */
bool clients_done(const struct clients *all);

/** clients_stuck - say who has not */
void clients_stuck(const struct clients *all);

#endif /* SAMR_SIM_CLIENT_H */
