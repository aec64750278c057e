/* SPDX-License-Identifier: GPL-2.0 */
/* Between the user and the session: statements in, rows and errors out. */
#ifndef SAMR_SQL_SHELL_H
#define SAMR_SQL_SHELL_H

#include <signal.h>
#include <stdbool.h>
#include "input.h"
#include "print.h"
#include "session.h"

/* What a head does when its input has ended. */
enum samr_shell_end {
	SAMR_SHELL_WAIT,	/* goes on until all heads' input has ended */
	SAMR_SHELL_LEAVE,	/* stops when its own statements are executed */
	SAMR_SHELL_STAY,	/* goes on until it is killed */
};

/**
 * struct samr_shell_config - how to behave
 * @name: of the program, for messages
 * @session: its result, check, note, print and arg are filled in by the shell
 * @input: where statements come from; the caller frees it
 * @print: how rows are shown
 * @end: see there
 * @bail: stop at the first error; one unit at a time
 * @progress: say from time to time how far it is
 * @stats: say at the end what was done
 */
struct samr_shell_config {
	const char *name;
	struct samr_session_config session;
	struct samr_input *input;
	struct samr_print print;
	enum samr_shell_end end;
	bool bail;
	bool progress;
	bool stats;
};

/* What samr_shell_run() returns: exit statuses. */
enum {
	SAMR_SHELL_OK = 0,
	SAMR_SHELL_FAILED = 1,		/* some statement failed */
	SAMR_SHELL_BROKEN = 3,		/* this head had to stop */
	SAMR_SHELL_REFUSED = 4,		/* it may not take part */
	SAMR_SHELL_DIVERGED = 5,	/* databases differ */
};

/**
 * samr_shell_run - from joining to the end
 * @cfg: see there
 *
 * SIGINT and SIGTERM are blocked when it is called, and end it.
 *
 * Return: exit status; 128 + n after signal n.
 */
int samr_shell_run(const struct samr_shell_config *cfg);

#endif
