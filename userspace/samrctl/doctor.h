/* SPDX-License-Identifier: GPL-2.0 */
/*
 * "samrctl doctor": checks of what has to be right for heads to find each other,
 * stay together, and be fenced. Each says one thing, and what to do about it.
 */
#ifndef SAMRCTL_DOCTOR_H
#define SAMRCTL_DOCTOR_H

#include "verdict.h"

/**
 * enum doctor_level - how a check ended
 * @DOCTOR_OK: as it should be
 * @DOCTOR_SKIP: cannot be looked at here and now; says why
 * @DOCTOR_WARN: works, and may not when it counts
 * @DOCTOR_FAIL: does not work
 */
enum doctor_level {
	DOCTOR_OK,
	DOCTOR_SKIP,
	DOCTOR_WARN,
	DOCTOR_FAIL,
};

#define DOCTOR_ADDRESSES	2	/* more are not told apart */

/**
 * struct doctor_source - where frames of a head came from
 * @count: of @address
 * @address: they
 */
struct doctor_source {
	int count;
	unsigned char address[DOCTOR_ADDRESSES][6];
};

/**
 * struct doctor_wire - what was heard on the links
 * @err: why they cannot be listened to; 0: they can
 * @links: as in the facts
 * @fd: one for each; -1: it is none that can be listened to
 * @source: by link and id of the head
 */
struct doctor_wire {
	int err;
	size_t links;
	int fd[FACT_LINKS];
	struct doctor_source source[FACT_LINKS][FACT_IDS];
};

/** doctor_wire_open - begin to listen; false: no, for the reason @w->err */
bool doctor_wire_open(struct doctor_wire *w, const struct facts *f);

/** doctor_wire_read - take what has come; as long as the queue holds it */
void doctor_wire_read(struct doctor_wire *w, uint32_t cluster);

/** doctor_wire_close - listen no more */
void doctor_wire_close(struct doctor_wire *w);

/** doctor_wire_check - say it when one head is two machines; whether it is so */
bool doctor_wire_check(const struct doctor_wire *w, const struct facts *f);

/**
 * struct doctor_case - what the checks look at
 * @facts: of now
 * @wire: what was heard on the links meanwhile
 * @drops_self: frames with this head's own id that came meanwhile
 * @drops_source: those of heads that are not configured here
 * @drops_crc: those with a wrong checksum
 * @seconds: for how long
 */
struct doctor_case {
	struct facts facts;
	struct doctor_wire wire;
	uint64_t drops_self;
	uint64_t drops_source;
	uint64_t drops_crc;
	double seconds;
};

/**
 * doctor_say - how a check ended
 * @level: see there
 * @check: name of the check, one word
 * @todo: what to do, with the command; NULL: nothing
 * @format: what was found
 */
void doctor_say(enum doctor_level level, const char *check, const char *todo,
		const char *format, ...) __attribute__((format(printf, 4, 5)));

/* The checks, by what they are about. */
void doctor_cluster(const struct doctor_case *c);	/* from the kernel's samr */
void doctor_links(const struct facts *f);
void doctor_machine(const struct facts *f);		/* from the rest of it */
void doctor_samrd(const struct facts *f);

#endif /* SAMRCTL_DOCTOR_H */
