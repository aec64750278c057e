/* SPDX-License-Identifier: GPL-2.0 */
/*
 * How far a database is, kept in the database itself: a table that changes in
 * the same transaction as what it tells of.
 *
 * It has a row for each run, which is a life of the group: from the first unit
 * after heads have begun together until all of them have ended. Places of the
 * order grow within a run; another run may be of another order. A row says which
 * place the database has reached in its run: the view of the group and the
 * message's place (the epoch may be another one at each head, the view is not).
 * The newest runs are kept, so that of two databases it can be told whether one
 * is an earlier state of the other.
 *
 * Equal databases have equal tables. Dumps do not show it, and statements that go
 * through the order may neither read nor change it: how many units share a
 * transaction is each head's affair, and so is what they would see.
 */
#ifndef SAMR_SQL_POSITION_H
#define SAMR_SQL_POSITION_H

#include <stdbool.h>
#include <stdint.h>
#include <sqlite3.h>
#include <samr/samr.h>

#define SAMR_POSITION_TABLE	"samr_position"
#define SAMR_POSITION_RUN	40	/* a run's name, with its final 0 */
#define SAMR_POSITION_RUNS	64	/* so many are kept */

/**
 * struct samr_position - where a database stands
 * @run: name of its newest run; "" before the first
 * @view: of the last message executed
 * @gseq: of the last message executed; 0 before the first
 */
struct samr_position {
	char run[SAMR_POSITION_RUN];
	uint64_t view;
	uint64_t gseq;
};

/**
 * samr_position_read - where a database stands
 * @db: any connection
 * @out: filled in
 *
 * Return: SQLITE_OK; SQLITE_MISMATCH: a table has the name that was not made
 * here; or SQLite's error.
 */
int samr_position_read(sqlite3 *db, struct samr_position *out);

/**
 * samr_position_begin - a run begins with a unit
 * @db: the writer, in a transaction
 * @first: delivery of the unit
 *
 * Return: SQLITE_OK or SQLite's error.
 */
int samr_position_begin(sqlite3 *db, const struct samr_delivery *first);

/** samr_position_prepare - the statement for samr_position_set() */
int samr_position_prepare(sqlite3 *db, sqlite3_stmt **out);

/** samr_position_set - everything up to a message has been executed */
int samr_position_set(sqlite3_stmt *st, const struct samr_delivery *last);

/**
 * samr_position_earlier - may one database be replaced with another?
 * @own: connection to the one
 * @other: connection to the other
 * @open: the run that @other was in last is still going on
 * @out: filled in: @own is an earlier state of @other, or it has executed what
 *	all others in this run have taken back
 *
 * Return: SQLITE_OK or SQLite's error.
 */
int samr_position_earlier(sqlite3 *own, sqlite3 *other, bool open, bool *out);

#endif
