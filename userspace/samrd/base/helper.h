/* SPDX-License-Identifier: GPL-2.0 */
/*
 * A program that is run for the daemon: in a process group of its own, with
 * lines on its standard input, and killed with that whole group at its deadline.
 *
 * It can hold the daemon up in nothing: what it writes beyond a limit is thrown
 * away, what it does not read as well, and when it cannot even be killed the
 * deadline is reported all the same. It dies with the daemon.
 */
#ifndef SAMRD_HELPER_H
#define SAMRD_HELPER_H

#include <stdbool.h>
#include <stddef.h>
#include <systemd/sd-event.h>

#define HELPER_INPUT_MAX	8192	/* fits into any pipe */
#define HELPER_OUTPUT_MAX	1024	/* the last ones are kept */

struct helper;

/**
 * struct helper_end - how it ended
 * @late: its deadline came first, it has been killed
 * @signal: that ended it; 0: none
 * @status: its exit status; 127: it could not be run, @output says why
 * @output: the end of what it wrote to standard output and standard error
 */
struct helper_end {
	bool late;
	int signal;
	int status;
	const char *output;
};

/** helper_done_fn - @end is valid during the call, the helper is not any more */
typedef void helper_done_fn(const struct helper_end *end, void *data);

/** helper_output_fn - takes what it writes, as it comes; must not stop the helper */
typedef void helper_output_fn(const char *bytes, size_t n, void *data);

/**
 * struct helper_setup - what to run
 * @event: the loop; SIGCHLD has to be blocked
 * @argv: path and arguments, ends with NULL: everybody can see them
 * @env: its environment, ends with NULL; NULL: a path and the locale C
 * @input: bytes for its standard input, at most HELPER_INPUT_MAX
 * @len: of @input
 * @limit_ms: to its deadline; 0: none, it runs until it ends
 * @output: is given all that it writes, and none of it is kept; NULL: the end is
 *	kept for @done
 * @done: is called from the loop, once, unless helper_stop() comes first
 * @data: for @done and @output
 */
struct helper_setup {
	sd_event *event;
	char *const *argv;
	char *const *env;
	const char *input;
	size_t len;
	unsigned int limit_ms;
	helper_output_fn *output;
	helper_done_fn *done;
	void *data;
};

/** helper_start - 0, or -errno; nothing of @s is kept */
int helper_start(struct helper **h, const struct helper_setup *s);

/** helper_stop - kill it, without a call of @done; NULL is fine */
void helper_stop(struct helper *h);

/**
 * helper_last_line - the last line of an output that says anything
 * @output: of a helper; is changed
 *
 * Without what no line of text can have.
 */
char *helper_last_line(char *output);

/** helper_well - it has ended by itself, with status 0 */
bool helper_well(const struct helper_end *end);

#define HELPER_TEXT_MAX		160

/**
 * helper_end_text - "status 1: the last line", "signal 9", "not over in time"
 * @text: HELPER_TEXT_MAX bytes, returned
 */
const char *helper_end_text(const struct helper_end *end, char *text);

#endif /* SAMRD_HELPER_H */
