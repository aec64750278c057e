/* SPDX-License-Identifier: GPL-2.0 */
/* Dot commands: for the user at one head, not part of SQL. */
#ifndef SAMR_SQL_COMMAND_H
#define SAMR_SQL_COMMAND_H

#include <stdbool.h>
#include <stddef.h>
#include "print.h"
#include "session.h"

/**
 * struct samr_command_context - what commands work on
 * @session: running
 * @print: may be changed
 * @bail: may be changed
 */
struct samr_command_context {
	struct samr_session *session;
	struct samr_print *print;
	bool *bail;
};

enum samr_command_result {
	SAMR_COMMAND_DONE,
	SAMR_COMMAND_QUIT,
	SAMR_COMMAND_CHECKING,	/* the answer comes through the session */
	SAMR_COMMAND_WRONG,
};

/** samr_command_reads - would this line look at the database? */
bool samr_command_reads(const char *line, size_t len);

/**
 * samr_command_run - do what a line says
 * @ctx: see there
 * @line: begins with a dot
 * @len: its length
 * @why: SAMR_COMMAND_WRONG: a sentence
 * @size: room in @why
 */
enum samr_command_result samr_command_run(struct samr_command_context *ctx,
					  const char *line, size_t len,
					  char *why, size_t size);

#endif
