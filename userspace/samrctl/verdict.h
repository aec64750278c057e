/* SPDX-License-Identifier: GPL-2.0 */
/*
 * What the facts mean for an admin: is it healthy, what does it wait for, what
 * can be done. Pure: no input, no output, nothing but struct facts.
 */
#ifndef SAMRCTL_VERDICT_H
#define SAMRCTL_VERDICT_H

#include "facts.h"

/**
 * enum verdict - from good to bad
 * @VERDICT_HEALTHY: all heads are in the view, on all links
 * @VERDICT_DEGRADED: messages are ordered here; something that should be there
 *	is not
 * @VERDICT_WAITING: nothing is ordered here, until something happens
 * @VERDICT_STOPPED: this head takes part in nothing
 * @VERDICT_HALTED: a fault of samr itself stopped it
 */
enum verdict {
	VERDICT_HEALTHY,
	VERDICT_DEGRADED,
	VERDICT_WAITING,
	VERDICT_STOPPED,
	VERDICT_HALTED,
};

#define FINDINGS	48
#define FINDING_WHAT	280
#define FINDING_TODO	400

/**
 * struct finding - something that is not as it should be
 * @verdict: how bad it is
 * @what: a clause, "head 2 is out"; of VERDICT_WAITING "for head 2"
 * @why: more of it, "not heard for 12 s", or ""
 * @todo: what helps, with the command; "": it goes on by itself
 */
struct finding {
	enum verdict verdict;
	char what[FINDING_WHAT];
	char why[FINDING_WHAT];
	char todo[FINDING_TODO];
};

/**
 * struct findings - all of them, the worst first
 * @verdict: of the worst
 * @line: the first line of the status: "degraded: head 2 is out"
 * @count: of @finding
 * @finding: they
 */
struct findings {
	enum verdict verdict;
	char line[512];
	size_t count;
	struct finding finding[FINDINGS];
};

/** verdict_find - conclude from @f */
void verdict_find(const struct facts *f, struct findings *out);

/** verdict_word - "degraded" */
const char *verdict_word(enum verdict v);

/** verdict_exit - exit status of "samrctl status" */
int verdict_exit(enum verdict v);

/** verdict_span - "3 min 12 s" of milliseconds; returns @text */
const char *verdict_span(uint64_t ms, char *text, size_t size);

/** verdict_heads - "head 2", "heads 2, 3 and 5" of a set, one bit per id */
const char *verdict_heads(uint64_t ids, char *text, size_t size);

#endif /* SAMRCTL_VERDICT_H */
