/* SPDX-License-Identifier: GPL-2.0 */
/*
 * From statements to units: what is between BEGIN and COMMIT is collected and goes
 * to the heads as one. For whoever takes SQL from a user, a head or a client.
 */
#ifndef SAMR_SQL_COLLECT_H
#define SAMR_SQL_COLLECT_H

#include <stdbool.h>
#include <stddef.h>
#include "batch.h"

/**
 * struct samr_collect_ops - what becomes of statements
 * @complain: the statement of a line was refused
 * @full: there is no room for a unit now
 * @submit: a unit; there is room
 * @query: a query outside of transactions. Returns false: it has to wait, and is
 *	to be given again
 */
struct samr_collect_ops {
	void (*complain)(void *arg, unsigned long line, const char *text);
	bool (*full)(void *arg);
	void (*submit)(void *arg, const char *sql, size_t len, unsigned long line);
	bool (*query)(void *arg, const char *sql, size_t len, unsigned long line);
};

/* Do the heads enforce foreign keys? */
enum samr_collect_keys {
	SAMR_COLLECT_KEYS_OFF,
	SAMR_COLLECT_KEYS_ON,
	SAMR_COLLECT_KEYS_UNKNOWN,	/* they are asked */
};

/**
 * struct samr_collect - a transaction that is being collected
 * @ops: see there
 * @arg: for them
 * @keys: see there
 * @forgiving: somebody types: one can go on without a part that was refused
 * @open: between BEGIN and COMMIT
 */
struct samr_collect {
	const struct samr_collect_ops *ops;
	void *arg;
	enum samr_collect_keys keys;
	bool forgiving;
	bool open;

	/* Private. */
	bool spoiled;			/* a part of it was refused */
	unsigned long line;		/* of its beginning */
	struct samr_batch_buf text;
};

/**
 * samr_collect_take - one statement
 * @c: filled in by the owner, private members zero
 * @sql: its text
 * @len: its length
 * @line: its line
 *
 * Return: false: it has to wait, and is to be given again.
 */
bool samr_collect_take(struct samr_collect *c, const char *sql, size_t len,
		       unsigned long line);

/** samr_collect_refuse - "@what cannot run inside a transaction", in which we are */
void samr_collect_refuse(struct samr_collect *c, unsigned long line,
			 const char *what);

/** samr_collect_end - no more will come */
void samr_collect_end(struct samr_collect *c);

/** samr_collect_free - free what it holds */
void samr_collect_free(struct samr_collect *c);

#endif
