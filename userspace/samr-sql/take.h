/* SPDX-License-Identifier: GPL-2.0 */
/*
 * Taking a database from another head.
 *
 * Its bytes go to a file beside this head's database, which is not touched until
 * all of them are there and have been checked. Then it is replaced at once.
 */
#ifndef SAMR_SQL_TAKE_H
#define SAMR_SQL_TAKE_H

#include "apply.h"
#include "stream.h"

enum samr_take_result {
	SAMR_TAKE_OK,
	SAMR_TAKE_REFUSED,	/* this head's database has what the other lacks */
	SAMR_TAKE_FAILED,
};

struct samr_take;

/**
 * samr_take_begin - bytes are going to come
 * @a: this head's database; to be kept until samr_take_end()
 *
 * Return: NULL without memory.
 */
struct samr_take *samr_take_begin(struct samr_apply *a);

/**
 * samr_take_push - some bytes have come
 * @t: from samr_take_begin()
 * @data: bytes
 * @len: how many
 *
 * With the last byte all is checked, which takes a while. Return: see
 * samr_take_error().
 */
enum samr_take_result samr_take_push(struct samr_take *t, const void *data,
				     size_t len);

/** samr_take_head - what was said first, or NULL: it has not been said yet */
const struct samr_stream_head *samr_take_head(const struct samr_take *t);

/** samr_take_blob - what was said of the session, or NULL: not yet */
const uint8_t *samr_take_blob(const struct samr_take *t);

/** samr_take_whole - all is there, and good */
bool samr_take_whole(const struct samr_take *t);

/** samr_take_install - the database is now the other one; it is whole */
enum samr_take_result samr_take_install(struct samr_take *t);

const char *samr_take_error(const struct samr_take *t);

/** samr_take_end - what was not installed is removed; NULL is allowed */
void samr_take_end(struct samr_take *t);

#endif
