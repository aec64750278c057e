/* SPDX-License-Identifier: GPL-2.0 */
/*
 * Running what was ordered: every unit exactly once, in order, the same way at
 * every head.
 *
 * A unit is one statement, or all between BEGIN and COMMIT. It happens as a
 * whole or, when one of its statements fails, not at all; the units around it
 * are not touched. Many units share one transaction of the database file, so
 * that the disk is waited for once; a unit's result is told when that has been
 * committed.
 */
#ifndef SAMR_SQL_APPLY_H
#define SAMR_SQL_APPLY_H

#include <stdbool.h>
#include <stddef.h>
#include <sqlite3.h>
#include <samr/samr.h>
#include "print.h"
#include "digest.h"
#include "position.h"

/**
 * struct samr_apply_config - how a database is opened
 * @path: file; made when there is none
 * @foreign_keys: enforce them
 * @synchronous: "full", "normal" or "off", as SQLite's PRAGMA
 * @patience_ms: how long to wait for somebody who has the file locked
 */
struct samr_apply_config {
	const char *path;
	bool foreign_keys;
	const char *synchronous;
	int patience_ms;
};

/**
 * struct samr_apply_unit - a unit, and what came of it
 * @sql: its text, not terminated; the caller's
 * @len: its length
 * @delivery: of the message that it came in; the caller's
 * @index: its number in that message
 * @print: how to show rows that it yields (RETURNING, queries); NULL: drop them
 * @rows_max: it fails when the rows are longer as text; 0: as long as they are
 * @error: filled in: NULL: it happened; otherwise why it did not
 * @changes: filled in: rows inserted, updated and deleted, triggers included
 * @rows: filled in: what it yielded, as text, or NULL
 * @rows_len: filled in: bytes of it
 * @void_: its failure took back the whole transaction
 */
struct samr_apply_unit {
	const char *sql;
	size_t len;
	const struct samr_delivery *delivery;
	unsigned int index;
	const struct samr_print *print;
	size_t rows_max;
	char *error;
	sqlite3_int64 changes;
	char *rows;
	size_t rows_len;
	bool void_;
};

struct samr_apply;

/**
 * samr_apply_open - open a head's database
 * @out: filled in, also on failure unless without memory: samr_apply_error()
 *	says why; samr_apply_close() frees it
 * @cfg: see there
 *
 * samr_det_init() was called. One may be open per process.
 *
 * Return: true when it is open.
 */
bool samr_apply_open(struct samr_apply **out,
		     const struct samr_apply_config *cfg);

/** samr_apply_close - close it; NULL is allowed */
void samr_apply_close(struct samr_apply *a);

/**
 * samr_apply_run - run units
 * @a: the database
 * @unit: in their order
 * @count: how many
 *
 * Return: true when all have been run and are committed, whatever came of each.
 * False: this head cannot do what others may have done (its disk is full, its
 * file is damaged ...): nothing of @unit was done here and the head must stop;
 * samr_apply_error() says why.
 */
bool samr_apply_run(struct samr_apply *a, struct samr_apply_unit *unit,
		    size_t count);

/**
 * samr_apply_query - answer a query from the database as it is now
 * @a: the database
 * @u: its sql, print and rows_max count; error and rows are filled in
 * @reads: filled in: false: this is no query that can be answered: nothing was done
 *
 * Return: false: no memory.
 */
bool samr_apply_query(struct samr_apply *a, struct samr_apply_unit *u, bool *reads);

/** samr_apply_free - free what samr_apply_run() or samr_apply_query() filled in */
void samr_apply_free(struct samr_apply_unit *unit, size_t count);

/** samr_apply_check - is the database sound? Reads all; returns as apply_run() */
bool samr_apply_check(struct samr_apply *a);

/** samr_apply_digest - digest of the database as it is now, as apply_run() */
bool samr_apply_digest(struct samr_apply *a, uint8_t digest[SAMR_DIGEST_SIZE]);

/** samr_apply_reader - a connection that can only read */
sqlite3 *samr_apply_reader(struct samr_apply *a);

/**
 * samr_apply_watch - what may end a statement that takes too long
 * @a: the database
 * @steps: of SQLite's machine, between two calls of @stop
 * @stop: returns other than 0 to end the statement. A unit that was ended makes
 *	samr_apply_run() return false: other heads may have executed it
 * @arg: for @stop
 */
void samr_apply_watch(struct samr_apply *a, int steps, int (*stop)(void *),
		      void *arg);

/** samr_apply_position - where the database stands; returns as apply_run() */
bool samr_apply_position(struct samr_apply *a, struct samr_position *out);

/** samr_apply_in_run - its newest run is the one that goes on now */
bool samr_apply_in_run(const struct samr_apply *a);

/** samr_apply_end_run - what comes is of another run */
void samr_apply_end_run(struct samr_apply *a);

/*
 * For give.c and take.c. The file: that of the database, open for as long as the
 * database is, so that it can be read; never close another descriptor of it.
 */
const struct samr_apply_config *samr_apply_config(const struct samr_apply *a);
const char *samr_apply_path(const struct samr_apply *a);
int samr_apply_file(const struct samr_apply *a);
sqlite3 *samr_apply_writer(struct samr_apply *a);

/* Behind the file's name: what is to become the database. */
#define SAMR_APPLY_NEW	"-samr-new"

/** samr_apply_discard - remove what was to become the database */
void samr_apply_discard(const struct samr_apply *a);

/**
 * samr_apply_install - replace the database, at once and as a whole
 * @a: the database
 * @in_run: the newest run of the new one is the one that goes on now
 *
 * The new one, in the file with SAMR_APPLY_NEW, is complete and was closed. The
 * connections are closed and opened again.
 *
 * Return: true; or false: see samr_apply_error(), and the file is the old one,
 * or, if the new one cannot be opened, the new one.
 */
bool samr_apply_install(struct samr_apply *a, bool in_run);

/** samr_apply_error - what failed last */
const char *samr_apply_error(const struct samr_apply *a);

#endif
