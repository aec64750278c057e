/* SPDX-License-Identifier: GPL-2.0 */
/* What the user says: statements and dot commands, one after the other. */
#ifndef SAMR_SQL_INPUT_H
#define SAMR_SQL_INPUT_H

#include <stdbool.h>
#include <stddef.h>
#include "batch.h"
#include "split.h"

/**
 * struct samr_input - where statements come from
 * @fd: file to read, or -1: there is only what was put into @buf
 * @tty: somebody types
 * @end: no more will be read
 * @buf: bytes read
 * @pos: those that were given out
 * @line: number of the line at @pos
 * @total: size of the file, or 0 when it is not known
 * @read: bytes read from it
 * @split: of the statement at @pos
 * @ready: length of that statement, when its end has been found
 */
struct samr_input {
	int fd;
	bool tty;
	bool end;
	struct samr_batch_buf buf;
	size_t pos;
	unsigned long line;
	unsigned long long total;
	unsigned long long read;
	struct samr_split split;
	size_t ready;
};

enum samr_input_item {
	SAMR_INPUT_MORE,	/* samr_input_read() is needed */
	SAMR_INPUT_STATEMENT,
	SAMR_INPUT_COMMAND,	/* a line that begins with a dot, without its end */
	SAMR_INPUT_END,
};

/** samr_input_file - read from a file descriptor, which stays the caller's */
void samr_input_file(struct samr_input *in, int fd);

/** samr_input_text - take a text, or one more; false without memory */
bool samr_input_text(struct samr_input *in, const char *text);

/** samr_input_free - free what it holds */
void samr_input_free(struct samr_input *in);

/**
 * samr_input_next - the next thing that was said
 * @in: input
 * @text: filled in; valid until the next call for @in
 * @len: filled in
 * @line: filled in: number of its first line
 *
 * It is given again by the next call unless samr_input_done() was called.
 */
enum samr_input_item samr_input_next(struct samr_input *in, const char **text,
				     size_t *len, unsigned long *line);

/** samr_input_done - what samr_input_next() gave, of length @len, is dealt with */
void samr_input_done(struct samr_input *in, size_t len);

/** samr_input_read - read once; 0 or a negative errno value */
int samr_input_read(struct samr_input *in);

/** samr_input_drop - forget what was read and not given out */
void samr_input_drop(struct samr_input *in);

/** samr_input_inside - a statement has begun and not ended */
bool samr_input_inside(const struct samr_input *in);

#endif
