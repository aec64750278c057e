/* SPDX-License-Identifier: GPL-2.0 */
/* What client.c and client_call.c share; the service is locked in all calls. */
#ifndef SAMR_CLIENT_INSIDE_H
#define SAMR_CLIENT_INSIDE_H

#include "client.h"

/* Whoever sends no request says so late that it has replies, ms. */
#define SAMR_CLIENT_TELL_MS	100

/** samr_client_read - the end of a request, which is ready, was read */
void samr_client_read(struct samr_client *cl, struct samr_call *call);

/** samr_client_enlist - call it when there is room, or after @ms; 0: no timer */
void samr_client_enlist(struct samr_client *cl, u32 ms);

/** samr_client_late - it acknowledges in a while what it has read; no lock is held */
void samr_client_late(struct samr_client *cl);

/** samr_client_delist - it was closed: does it wait for anything still? No lock is held */
void samr_client_delist(struct samr_client *cl);

#endif /* SAMR_CLIENT_INSIDE_H */
