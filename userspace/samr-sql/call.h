/* SPDX-License-Identifier: GPL-2.0 */
/*
 * What a client asks and what a head answers: the payload of a request, or of a query,
 * of a samr session, and of its reply.
 *
 * Numbers are little endian. A request is magic (4), version (1), flags (1), length
 * of the separator (2), longest rows wanted (4), the separator, and the SQL of one
 * unit. A reply is magic (4), version (1), enum samr_call_status (1), zero (2), and
 * text: rows as they are to be shown, or a sentence.
 *
 * The heads make text of the rows, since they know the types; how long it may get
 * is part of the request, so that all come to the same end.
 */
#ifndef SAMR_SQL_CALL_H
#define SAMR_SQL_CALL_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include "batch.h"
#include "print.h"

#define SAMR_CALL_HEADER	8		/* of a reply */
#define SAMR_CALL_REQUEST	12		/* of a request, with its separator behind it */
#define SAMR_CALL_SEPARATOR_MAX	255

/* Bytes of rows that a client can ask for; an error is cut to them. */
#define SAMR_CALL_ROWS_MIN	1024U
#define SAMR_CALL_ROWS_MAX	((1U << 20) - 4096)

enum samr_call_status {
	SAMR_CALL_DONE,			/* rows follow */
	SAMR_CALL_FAILED,		/* nothing happened; why follows */
	SAMR_CALL_NOT_BEGUN,		/* likewise: it was not tried */
	SAMR_CALL_NO_QUERY,		/* likewise: it has to go through the order */
};

/**
 * struct samr_call - a request
 * @print: how rows are shown
 * @separator: what @print points to, terminated
 * @rows_max: bytes of them
 * @sql: one unit; not terminated
 * @len: its length
 */
struct samr_call {
	struct samr_print print;
	char separator[SAMR_CALL_SEPARATOR_MAX + 1];
	size_t rows_max;
	const char *sql;
	size_t len;
};

/**
 * samr_call_ask - make the payload of a request
 * @b: filled in
 * @print: its separator is at most SAMR_CALL_SEPARATOR_MAX bytes
 * @rows_max: SAMR_CALL_ROWS_MIN .. _MAX
 * @sql: one unit
 * @len: its length
 *
 * Return: false: no memory.
 */
bool samr_call_ask(struct samr_batch_buf *b, const struct samr_print *print,
		   size_t rows_max, const char *sql, size_t len);

/**
 * samr_call_read - read it
 * @data: payload
 * @len: its length
 * @out: filled in; its sql points into @data. Not to be copied
 *
 * Return: false: it is not well formed.
 */
bool samr_call_read(const void *data, size_t len, struct samr_call *out);

/**
 * samr_call_answer - make the payload of a reply
 * @b: filled in
 * @status: see there
 * @text: of it, or NULL for none
 * @len: its length
 * @max: no more than so many bytes of it are taken
 *
 * Return: false: no memory.
 */
bool samr_call_answer(struct samr_batch_buf *b, enum samr_call_status status,
		      const char *text, size_t len, size_t max);

/**
 * samr_call_result - read it
 * @data: payload
 * @len: its length
 * @text: filled in; points into @data, not terminated
 * @text_len: filled in
 *
 * Return: enum samr_call_status; -1: it is not well formed.
 */
int samr_call_result(const void *data, size_t len, const char **text,
		     size_t *text_len);

#endif
