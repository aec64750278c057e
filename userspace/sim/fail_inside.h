/* SPDX-License-Identifier: GPL-2.0 */
/* What the files of runs with failures share: fail.c, and fail_client.c. */
#ifndef SAMR_SIM_FAIL_INSIDE_H
#define SAMR_SIM_FAIL_INSIDE_H

#include "admin.h"
#include "check_lock.h"
#include "client.h"
#include "era.h"
#include "liar.h"
#include "service.h"
#include "stream.h"
#include "trace.h"
#include "votes.h"

/* Groups 1 and 3 have a state, and are clients of each other; 1 is one of 2, too. */
#define GROUPS		3
#define PLAIN		2	/* the group without a state */
#define SERVICES	3
#define STATEFUL	3	/* one that has streams, in some runs ... */
#define STATEFUL_SERVICE 2	/* ... and its members */

/* One message that was handed in: its owner. */
struct note {
	struct list_head list;
	struct samr_submit what;
	struct client *client;	/* NULL: of the head itself */
	struct stream_client *stream;	/* likewise */
	u64 turn;
	u64 at;
};

/* The service on a head, and its machine. */
struct app {
	struct fail *fail;
	struct host *host;	/* NULL: it is off */
	u32 id;
	u64 on_at;		/* when it is switched on again */
	struct service *service[SERVICES];	/* members of groups 1, 1 and 3 */
	bool far;		/* it is a client node's */
	u64 losses;		/* of its access head, as far as it has told */
	bool joined[GROUPS];
	bool asked[GROUPS];
	u64 last;		/* place that the member of group 2 has read last */
	u64 since;		/* of its JOIN */
	struct {
		u64 gseq;
		u32 cost;
	} unread[GROUPS];
	struct list_head notes;	/* not heard of yet */
	u64 wait;		/* between messages, ns */
	u64 send_at;
};

/* A fence on its way. */
struct job {
	u64 by;			/* incarnation that asks */
	u64 inc;		/* and of whom */
	u64 token;
	u32 from, to;
	u64 at;
};

#define JOBS_MOST	64

struct fail {
	struct cluster cluster;
	struct watch watch;
	struct watch outside;	/* of client nodes */
	struct liar liar;
	struct eras eras;
	struct services services;
	struct callers callers;
	struct lock_check locks;
	struct session_check sessions;
	struct clients clients;
	struct streams streams;
	struct stream_client *sender;	/* of what is handed in */
	struct votes votes;
	struct admin admin;
	struct trace trace;
	struct rng rng;
	struct timer tick;
	struct timer trouble;
	u64 trouble_at;
	struct net_params net;
	struct samr_node_config cfg;
	u32 count;		/* heads with data */
	u32 outposts;
	u64 far_losses;
	u64 mask;
	struct app app[NET_NODES];
	struct job job[JOBS_MOST];
	bool calm;
	u64 sent, crashes, pauses, cuts, fences, leaves, expelled, hints;
};

/**
 * fail_submit - a message of the head @a, or of a client by way of it
 * @bytes: the payload, or NULL: bytes that follow from the number
 * @c: the client, or NULL
 */
int fail_submit(struct app *a, struct samr_submit *s, const u8 *bytes,
		struct client *c);

/** fail_outposts_init - add client nodes */
void fail_outposts_init(struct fail *f, u64 seed);

/** fail_outpost_on - power comes back to a client node */
void fail_outpost_on(struct app *a);

/** fail_outpost_off - and goes */
void fail_outpost_off(struct app *a, u64 wait);

/** fail_outposts_tick - some of them come on again */
void fail_outposts_tick(struct fail *f);

/** fail_clients_init - add clients, and let members answer */
void fail_clients_init(struct fail *f, u64 seed);

/** fail_clients_deliver - a delivery, BEFORE its owner is forgotten; true: that was all */
bool fail_clients_deliver(struct fail *f, struct host *h,
			  const struct samr_msg *msg);

#endif /* SAMR_SIM_FAIL_INSIDE_H */
