/* SPDX-License-Identifier: GPL-2.0 */
/*
 * Determinism: what SQLite would take from the machine comes from the order.
 *
 * - Time: the writer's VFS answers with the group time while a unit runs, which
 *   CURRENT_TIMESTAMP, datetime('now') and the rest all use. Local time is UTC.
 * - random(), randomblob(): replaced by the group's random numbers.
 * - SQLite's own generator (a rowid when the largest is taken): is made to seed
 *   itself from the same numbers when a unit begins and from the machine when it
 *   has ended. Nothing else draws from it meanwhile, since the writer keeps its
 *   journals, temporary tables and dirty pages in memory while units run.
 * - changes(), total_changes(), last_insert_rowid(): start at 0 in each unit.
 * - What differs between heads or changes one head only is refused, by an
 *   authorizer that every head has.
 *
 * SQLite's generator is one per process, and so is what is kept here: one
 * writer per process, and one thread uses SQLite.
 */
#ifndef SAMR_SQL_DET_H
#define SAMR_SQL_DET_H

#include <stdbool.h>
#include <sqlite3.h>
#include <samr/samr.h>

/* A savepoint of the writer's own; no statement may use the name. */
#define SAMR_DET_SAVEPOINT	"samr_unit"

/* Who executes something else at some place of the order has another number. */
#define SAMR_DET_PROTOCOL	3

/**
 * samr_det_init - before anything else is done with SQLite
 *
 * Sets the process's time zone to UTC and registers the VFS as the default.
 *
 * Return: SQLITE_OK or SQLite's error.
 */
int samr_det_init(void);

/**
 * samr_det_attach - make a connection the writer
 * @db: connection; its temporary tables are in memory and it is not closed
 *	before the process ends or samr_det_detach()
 *
 * Return: SQLITE_OK or SQLite's error.
 */
int samr_det_attach(sqlite3 *db);
void samr_det_detach(void);

/**
 * samr_det_begin - a unit begins
 * @d: of the message that it came in
 * @index: its number in the message
 *
 * Return: SQLITE_OK or SQLite's error.
 */
int samr_det_begin(const struct samr_delivery *d, unsigned int index);
void samr_det_end(void);

/* The writer's own statements are not asked about between these. */
void samr_det_own(bool on);

/* VACUUM is about to run, which SQLite does by means of ATTACH. */
void samr_det_vacuum(bool on);

/** samr_det_statement - a statement of a unit is going to be prepared */
void samr_det_statement(void);

/**
 * samr_det_why - why the authorizer said no to the statement, or NULL
 *
 * The text is valid until the next statement is prepared.
 */
const char *samr_det_why(void);

/**
 * samr_det_environment - what must be equal at all heads, besides the data
 * @db: any connection
 *
 * A text: SQLite's version and options, and a digest of what some arithmetic
 * gives on this machine.
 *
 * Return: allocated, the caller frees it; or NULL.
 */
char *samr_det_environment(sqlite3 *db);

#endif
