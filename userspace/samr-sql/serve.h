/* SPDX-License-Identifier: GPL-2.0 */
/*
 * What clients ask through their sessions, and the answers: each request is a unit,
 * executed at its place by all heads, and answered by each.
 *
 * Whoever takes the database from this head has not executed the requests before,
 * so all must be answered before anything else is received.
 */
#ifndef SAMR_SQL_SERVE_H
#define SAMR_SQL_SERVE_H

#include <stdbool.h>
#include <samr/samr.h>
#include "apply.h"
#include "call.h"

/**
 * struct samr_serve - requests that were received and not answered; zero is none
 * @call: of those that are units: at most one for each thing received at once
 * @calls: how many
 * @reply: room for an answer
 */
struct samr_serve {
	struct samr_call call[SAMR_BATCH_MAX];
	unsigned int calls;
	struct samr_batch_buf reply;
};

/* What whoever speaks of something else is told. */
#define SAMR_SERVE_UNKNOWN	"the heads run another version of samr-sql"

/** samr_serve_is_query - is it a query? One head gets it, and it has no place */
bool samr_serve_is_query(const struct samr_delivery *d);

/** samr_serve_is - is it a request, or a query? */
bool samr_serve_is(const struct samr_delivery *d);

/**
 * samr_serve_take - a request was received
 * @s: see there
 * @r: it
 * @u: made its unit, whose print and sql stay until samr_serve_done()
 *
 * Return: false: it is none that this version understands.
 */
bool samr_serve_take(struct samr_serve *s, const struct samr_received *r,
		     struct samr_apply_unit *u);

/**
 * samr_serve_answer - the unit of a request was executed, and is committed
 * @s: see there
 * @m: the member
 * @u: the unit
 *
 * Return: false: no memory. That nobody waits for the answer is no error, and that
 * this member is none any more is told by what is received.
 */
bool samr_serve_answer(struct samr_serve *s, struct samr *m,
		       const struct samr_apply_unit *u);

/** samr_serve_refuse - answer a request that is not executed; as samr_serve_answer() */
bool samr_serve_refuse(struct samr_serve *s, struct samr *m,
		       const struct samr_delivery *d,
		       enum samr_call_status status, const char *why);

/**
 * samr_serve_query - a query was received, and all that was received before it was executed
 * @s: see there; nothing in it waits for an answer
 * @m: the member
 * @a: the database
 * @r: the query
 *
 * Return: as samr_serve_answer().
 */
bool samr_serve_query(struct samr_serve *s, struct samr *m, struct samr_apply *a,
		      const struct samr_received *r);

/** samr_serve_done - all units were answered */
void samr_serve_done(struct samr_serve *s);

/** samr_serve_free - free what it holds */
void samr_serve_free(struct samr_serve *s);

#endif
