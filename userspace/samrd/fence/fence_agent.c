// SPDX-License-Identifier: GPL-2.0
/*
 * Devices of the kind agent: programs that take "option=value" lines on their
 * standard input, as those of the package fence-agents do.
 *
 * Their exit status says of "action=off" whether it was taken, and of
 * "action=status" whether power is on (0), off (2), or not known. Only the
 * second one counts: each command is followed by readings of the status, until
 * it is as wanted or the deadline comes, which holds for all of it. As programs
 * that were called wrongly often end with 2, too, they have to say it in words
 * as well ("Status: OFF").
 */
#include <ctype.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <strings.h>

#include "fence_attempt.h"

#define AGENT_ON	0
#define AGENT_OFF	2
#define NOT_RUN		127

static void run(struct fence_attempt *a, enum fence_action action,
		helper_done_fn *done);

static const char *wanted(const struct fence_attempt *a)
{
	return a->action == FENCE_OFF ? "off" : "on";
}

static void keep(struct fence_attempt *a, const struct helper_end *end)
{
	char output[HELPER_OUTPUT_MAX + 1];

	snprintf(a->text, sizeof(a->text), "%.150s",
		 fence_attempt_said(a, end, output));
}

/* True when it ended as a program that works: then its status means something. */
static bool ended_well(struct fence_attempt *a, const struct helper_end *end)
{
	if (end->signal)
		fence_attempt_end(a, FENCE_BROKEN, "%.80s: ended by signal %d",
				  a->device.agent.program, end->signal);
	else if (end->status >= NOT_RUN)
		fence_attempt_end(a, FENCE_BROKEN, "%.80s: %.80s",
				  a->device.agent.program, a->text);
	else
		return true;
	return false;
}

/* ---- the power status ---- */

static void on_status(const struct helper_end *end, void *data);

static void read_status(struct fence_attempt *a)
{
	run(a, FENCE_STATUS, on_status);
}

/* Says the other state: again later, or never when the command was not taken. */
static void not_yet(struct fence_attempt *a, enum fence_result stays)
{
	a->seen = stays;
	if (!a->taken)
		fence_attempt_end(a, stays, "it does not take the command: %s",
				  a->text);
	else
		fence_attempt_timer(a, a->poll_ms, read_status);
}

/* Is @word among the words of @text, in capitals or not? */
static bool says(const char *text, const char *word)
{
	size_t len = strlen(word);
	const char *c;

	for (c = text; *c; c++)
		if (!strncasecmp(c, word, len) && !isalnum((unsigned char)c[len]) &&
		    (c == text || !isalnum((unsigned char)c[-1])))
			return true;
	return false;
}

static void on_status(const struct helper_end *end, void *data)
{
	struct fence_attempt *a = data;
	bool on = end->status == AGENT_ON && says(end->output, "on");
	bool off = end->status == AGENT_OFF && says(end->output, "off");

	a->helper = NULL;
	if (a->taken || !a->commanded || end->signal || end->status == NOT_RUN)
		keep(a, end);
	if (!ended_well(a, end))
		return;
	if (!on && !off)
		fence_attempt_end(a, FENCE_NO_STATUS, "exit status %d: %s",
				  end->status, a->text);
	else if (on && a->action == FENCE_OFF)
		not_yet(a, FENCE_STAYS_ON);
	else if (off && a->action == FENCE_ON)
		not_yet(a, FENCE_STAYS_OFF);
	else
		fence_attempt_end(a, on ? FENCE_IS_ON : FENCE_IS_OFF,
				  "read from the agent");
}

/* ---- the command ---- */

static void on_command(const struct helper_end *end, void *data)
{
	struct fence_attempt *a = data;

	a->helper = NULL;
	keep(a, end);
	if (!ended_well(a, end))
		return;
	a->taken = !end->status;
	read_status(a);
}

static void on_late(struct fence_attempt *a)
{
	if (a->seen != FENCE_PENDING)
		fence_attempt_end(a, a->seen, "it takes the command, and is not "
				  "%s after %u ms", wanted(a), a->limit_ms);
	else
		fence_attempt_end(a, FENCE_DEADLINE, "%.80s was killed after %u "
				  "ms", a->device.agent.program, a->limit_ms);
}

/* ---- what it is told ---- */

static bool add(char *lines, size_t *len, const char *key, const char *value)
{
	size_t room = HELPER_INPUT_MAX - *len;
	int n = snprintf(lines + *len, room, "%s%s%s\n", key, *key ? "=" : "",
			 value);

	if (n < 0 || (size_t)n >= room)
		return false;
	*len += n;
	return true;
}

static bool tell(const struct fence_attempt *a, enum fence_action action,
		 char *lines, size_t *len)
{
	const struct fence_agent *d = &a->device.agent;
	size_t i;

	for (i = 0; i < d->count; i++)
		if (!add(lines, len, "", d->options[i]))
			return false;
	if (a->secret[0] && !add(lines, len, "password", a->secret))
		return false;
	return add(lines, len, "action", fence_action_word(action));
}

/* The deadline of the attempt ends it, so it needs none of its own. */
static void run(struct fence_attempt *a, enum fence_action action,
		helper_done_fn *done)
{
	char lines[HELPER_INPUT_MAX];
	size_t len = 0;

	if (!tell(a, action, lines, &len))
		fence_attempt_end(a, FENCE_BROKEN, "its options are too long");
	else
		fence_attempt_run(a, a->device.agent.program, lines, len,
				  FENCE_TIMEOUT_MAX_MS, done);
	explicit_bzero(lines, sizeof(lines));
}

void fence_agent_start(struct fence_attempt *a)
{
	if (!fence_attempt_secret(a) || !fence_attempt_deadline(a, on_late))
		return;
	a->commanded = a->action != FENCE_STATUS;
	if (a->commanded)
		run(a, a->action, on_command);
	else
		read_status(a);
}
