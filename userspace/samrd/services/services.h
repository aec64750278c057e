/* SPDX-License-Identifier: GPL-2.0 */
/*
 * The services of this head: which member does not read any more, and which one
 * is gone without having left.
 *
 * Decisions only: no input, no output, no clock. What is seen of the members
 * comes in, what has become of them comes out; exits.c sees and acts.
 *
 * A member stands still when it has something to read and does not read: how far
 * it has read (the position of the last delivery) is the same, and what it has
 * not read has not become less. So one that has nothing to do never stands still,
 * and neither does a slow one that reads. While a member is given the state of its
 * service nobody can tell from outside whether it is its turn, or the donor's: it is
 * not judged before it has that.
 */
#ifndef SAMRD_SERVICES_H
#define SAMRD_SERVICES_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "config/config.h"
#include "kernel/kernel.h"

#define SERVICES_MEMBERS_MAX	256	/* on this head; more are not watched */
#define SERVICES_SLOW		1000000000ULL	/* ns between two looks, at most */
#define SERVICES_LOOKS		4	/* within a time-out */

/**
 * enum services_end - what has become of a member
 * @SERVICES_STALLED: it has not read for as long as its service's timeout: to be
 *	put out
 * @SERVICES_GONE: its socket is closed, and it had not left
 */
enum services_end {
	SERVICES_STALLED,
	SERVICES_GONE,
};

/** struct services_act - a member that something has become of */
struct services_act {
	enum services_end end;
	uint32_t group;
	uint32_t port;
};

/** struct services_acts - all of one look */
struct services_acts {
	size_t count;
	struct services_act act[SERVICES_MEMBERS_MAX];
};

/**
 * struct services_entry - a member that is watched
 * @m: as seen last
 * @since: it stands still since then, ns; 0: it does not
 * @out: it has left, or SERVICES_STALLED was said of it
 * @seen: in the look that is under way
 */
struct services_entry {
	struct kernel_member m;
	uint64_t since;
	bool out;
	bool seen;
};

/**
 * struct services - what is known of all; zero at the start
 * @due: time of the next look; 0: none was asked for
 * @missed: members that there was no room for, in the last look
 * @count: of @entry
 * @entry: members that are watched
 */
struct services {
	uint64_t due;
	size_t missed;
	size_t count;
	struct services_entry entry[SERVICES_MEMBERS_MAX];
};

/** services_watched - is there anything to look after in this service? */
bool services_watched(const struct config_service *s);

/**
 * services_look - these are the members on this head
 * @s: what was known before
 * @now: monotonic ns, not 0
 * @c: what is configured
 * @m: all sockets that are or were members
 * @count: of @m
 * @out: overwritten
 *
 * When a look comes much too late, as this machine or samrd stood still, the time
 * from when it was due is not counted: the members may have stood still as well.
 *
 * Return: when the next look is due; UINT64_MAX: nothing is to be watched.
 */
uint64_t services_look(struct services *s, uint64_t now, const struct config *c,
		       const struct kernel_member *m, size_t count,
		       struct services_acts *out);

/** services_members - how many are in this group, as seen last */
size_t services_members(const struct services *s, uint32_t group);

/**
 * enum services_unit - how the unit of a service stands
 * @SERVICES_UNIT_RUNS: it runs, or it is not known that it does not
 * @SERVICES_UNIT_STOPPED: it ended as it was asked to, or well
 * @SERVICES_UNIT_FAILED: it ended in another way; it may be starting anew
 */
enum services_unit {
	SERVICES_UNIT_RUNS,
	SERVICES_UNIT_STOPPED,
	SERVICES_UNIT_FAILED,
};

/** services_unit - from "systemctl show -p ActiveState,Result", line by line */
enum services_unit services_unit(const char *shown);

#endif /* SAMRD_SERVICES_H */
