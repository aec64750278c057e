/* SPDX-License-Identifier: GPL-2.0 */
/* What client.c and client_call.c share; the service is locked in all calls. */
#ifndef SAMR_CLIENT_INSIDE_H
#define SAMR_CLIENT_INSIDE_H

#include "client.h"

/* Whoever sends no request says so late that it has replies, ms. */
#define SAMR_CLIENT_TELL_MS	100
/* At a client node: whoever hears nothing for so long asks, ms. */
#define SAMR_CLIENT_DOUBT_MS	1000
/* What lacks memory, room at the heads, or a member is tried again after so long. */
#define SAMR_CLIENT_RETRY_MS	20

/** samr_call_new - of a client, with one reference; NULL without memory; no lock is held */
struct samr_call *samr_call_new(void);

/**
 * samr_call_ends - there is a reply, or there will be none
 * @cl: its client; whoever has no socket reads all at once
 * @call: not ended before
 * @reply: it, of which a reference is taken; or NULL
 * @err: why not, or 0
 */
void samr_call_ends(struct samr_client *cl, struct samr_call *call,
		    struct samr_msg *reply, int err);

/** samr_client_get - the one of this port, with a reference; or NULL */
struct samr_client *samr_client_get(struct samr_service *svc, u32 port);

/** samr_client_may_send - as samr_client_room() */
int samr_client_may_send(struct samr_client *cl, u32 sndbuf);

/** samr_client_ask - hand its queries to the core; unlocks meanwhile, one CPU at a time */
void samr_client_ask(struct samr_client *cl);

/** samr_client_queries_out - the core that had them is no more: they are asked again */
void samr_client_queries_out(struct samr_client *cl);

/** samr_client_queries_end - nobody will answer them */
void samr_client_queries_end(struct samr_client *cl);

/** samr_client_read - the end of a request, which is ready, was read */
void samr_client_read(struct samr_client *cl, struct samr_call *call);

/** samr_client_enlist - call it when there is room, or after @ms; 0: no timer */
void samr_client_enlist(struct samr_client *cl, u32 ms);

/** samr_client_late - it acknowledges in a while what it has read; no lock is held */
void samr_client_late(struct samr_client *cl);

/** samr_client_delist - it was closed: does it wait for anything still? No lock is held */
void samr_client_delist(struct samr_client *cl);

#endif /* SAMR_CLIENT_INSIDE_H */
