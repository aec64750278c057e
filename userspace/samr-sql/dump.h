/* SPDX-License-Identifier: GPL-2.0 */
/*
 * A database as SQL text, exact: equal texts mean equal databases.
 *
 * Rowids are in it also where no column shows them, and numbers with fractions
 * have all their digits. samr-sql's own table (position.h) is not. sqlite3(1) and
 * samr-sql can read it, except that virtual tables need sqlite3(1).
 */
#ifndef SAMR_SQL_DUMP_H
#define SAMR_SQL_DUMP_H

#include <stdbool.h>
#include <stddef.h>
#include <sqlite3.h>
#include "digest.h"

/**
 * typedef samr_dump_fn - takes the next part of the text
 *
 * Return: false to stop.
 */
typedef bool samr_dump_fn(void *arg, const char *text, size_t len);

/**
 * samr_dump - the whole database
 * @db: connection; in no transaction of its own
 * @put: takes the text
 * @arg: for @put
 *
 * Return: SQLITE_OK; SQLITE_ABORT when @put stopped it; or SQLite's error, whose
 * text is sqlite3_errstr()'s: the connection remembers it no longer.
 */
int samr_dump(sqlite3 *db, samr_dump_fn *put, void *arg);

/** samr_dump_digest - SHA-256 of what samr_dump() gives; returns as it does */
int samr_dump_digest(sqlite3 *db, uint8_t digest[SAMR_DIGEST_SIZE]);

/**
 * samr_dump_print - write the text to standard output
 * @db: connection
 *
 * Return: NULL, or what went wrong.
 */
const char *samr_dump_print(sqlite3 *db);

/** samr_dump_print_digest - the same with a line that is its digest */
const char *samr_dump_print_digest(sqlite3 *db);

#endif
