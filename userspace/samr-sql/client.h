/* SPDX-License-Identifier: GPL-2.0 */
/*
 * A client of the replicated database: statements go to the heads through a
 * session, each is executed once, whichever heads die, and its rows come back.
 */
#ifndef SAMR_SQL_CLIENT_H
#define SAMR_SQL_CLIENT_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include "input.h"
#include "print.h"

/* How what only reads is read. */
enum samr_sql_reads {
	SAMR_SQL_READS_LINEAR,		/* one head, all that any client was told */
	SAMR_SQL_READS_SESSION,		/* one head, all that this client was told */
	SAMR_SQL_READS_ORDER,		/* all heads, at a place of the order */
};

/**
 * struct samr_sql_client_config - how to behave
 * @name: of the program, for messages
 * @service: its id
 * @input: where statements come from; the caller frees it
 * @print: how rows are shown
 * @rows_max: bytes of the rows of a statement
 * @timeout_ms: how long to wait for an answer; 0: for ever
 * @bail: stop at the first error; one unit at a time
 * @reads: how queries are read
 */
struct samr_sql_client_config {
	const char *name;
	uint32_t service;
	struct samr_input *input;
	struct samr_print print;
	size_t rows_max;
	int timeout_ms;
	bool bail;
	enum samr_sql_reads reads;
};

/* What samr_sql_client_run() returns besides SAMR_SHELL_OK and _FAILED. */
enum {
	SAMR_CLIENT_UNKNOWN = 6,	/* the outcome of some statement is unknown */
	SAMR_CLIENT_UNDONE = 7,		/* the service could not be reached */
};

/**
 * samr_sql_client_run - all of the input
 * @cfg: see there
 *
 * SIGINT and SIGTERM are blocked when it is called, and end it.
 *
 * Return: exit status; 128 + n after signal n.
 */
int samr_sql_client_run(const struct samr_sql_client_config *cfg);

#endif
