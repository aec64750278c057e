/* SPDX-License-Identifier: GPL-2.0 */
/*
 * The messages of samr-sql: what goes through the order.
 *
 * Numbers are little endian. Each message begins with struct-like 8 bytes:
 * magic (4), type (1), version (1), count (2). What follows depends on the type:
 *
 * HELLO	view (8), heads (4), flags (4), environment (rest)
 * REFUSAL	node (8), port (4), zero (4), text (rest)
 * EXEC		count units: length (4), then so many bytes of SQL
 * BYE		nothing
 * CHECK	nothing: all heads are asked for the digest at this place
 * DIGEST	place of the CHECK (8), digest (32)
 */
#ifndef SAMR_SQL_BATCH_H
#define SAMR_SQL_BATCH_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include "digest.h"

#define SAMR_BATCH_MAGIC	0x4c515331U	/* "1SQL" in memory */
#define SAMR_BATCH_VERSION	2
#define SAMR_BATCH_HEADER	8
#define SAMR_BATCH_UNIT		4		/* before a unit's SQL */
#define SAMR_BATCH_UNITS_MAX	65535

enum samr_batch_type {
	SAMR_BATCH_HELLO = 1,
	SAMR_BATCH_REFUSAL,
	SAMR_BATCH_EXEC,
	SAMR_BATCH_BYE,
	SAMR_BATCH_CHECK,
	SAMR_BATCH_DIGEST,
};

#define SAMR_BATCH_FOREIGN_KEYS	(1U << 0)	/* flag of HELLO */

/**
 * struct samr_batch_hello - what a head says before it takes part
 * @view: group's view that it is meant for
 * @heads: number of heads that it waits for
 * @flags: SAMR_BATCH_FOREIGN_KEYS
 * @env: samr_det_environment(); not terminated when decoded
 * @env_len: its length
 */
struct samr_batch_hello {
	uint64_t view;
	uint32_t heads;
	uint32_t flags;
	const char *env;
	size_t env_len;
};

/**
 * struct samr_batch_refusal - why a member may not take part
 * @node: its head
 * @port: its number there
 * @text: not terminated when decoded
 * @text_len: its length
 */
struct samr_batch_refusal {
	uint64_t node;
	uint32_t port;
	const char *text;
	size_t text_len;
};

/**
 * struct samr_batch_digest - answer to CHECK
 * @gseq: place of the CHECK
 * @digest: of the database there
 */
struct samr_batch_digest {
	uint64_t gseq;
	uint8_t digest[SAMR_DIGEST_SIZE];
};

/** struct samr_batch_buf - bytes that grow; zero is empty; the owner frees @p */
struct samr_batch_buf {
	uint8_t *p;
	size_t len;
	size_t cap;
};

/** samr_batch_room - room for @more bytes behind @len; false without memory */
bool samr_batch_room(struct samr_batch_buf *b, size_t more);

/*
 * Encoders make @b the message; false without memory. samr_batch_add() appends
 * a unit to an EXEC begun by samr_batch_exec().
 */
bool samr_batch_simple(struct samr_batch_buf *b, enum samr_batch_type type);
bool samr_batch_put_hello(struct samr_batch_buf *b,
			  const struct samr_batch_hello *h);
bool samr_batch_put_refusal(struct samr_batch_buf *b,
			    const struct samr_batch_refusal *r);
bool samr_batch_put_digest(struct samr_batch_buf *b,
			   const struct samr_batch_digest *d);
bool samr_batch_exec(struct samr_batch_buf *b);
bool samr_batch_add(struct samr_batch_buf *b, const char *sql, size_t len);

/**
 * samr_batch_type - what is a message?
 * @data: message
 * @len: its length
 *
 * Return: enum samr_batch_type, or -1 when it is none of this version's.
 */
int samr_batch_type(const void *data, size_t len);

/* Decoders: false when the message is not well formed. */
bool samr_batch_get_hello(const void *data, size_t len,
			  struct samr_batch_hello *h);
bool samr_batch_get_refusal(const void *data, size_t len,
			    struct samr_batch_refusal *r);
bool samr_batch_get_digest(const void *data, size_t len,
			   struct samr_batch_digest *d);

/**
 * samr_batch_units - check an EXEC
 *
 * Return: number of units, or -1 when it is not well formed.
 */
int samr_batch_units(const void *data, size_t len);

/**
 * samr_batch_unit - walk over the units of an EXEC that was checked
 * @data: message
 * @pos: 0 at first
 * @sql: filled in; points into @data
 * @len: filled in
 */
void samr_batch_unit(const void *data, size_t *pos, const char **sql,
		     size_t *len);

#endif
