/* SPDX-License-Identifier: GPL-2.0 */
/*
 * Failure detection: a member that was not heard for long enough is suspect.
 *
 * A hint says that it may not be heard any more, before that time has passed: a
 * carrier was lost, or it has said so itself. Hints may be wrong.
 *
 * Suspicion is no more than that: it makes the most senior member that is not
 * suspect try to change the view, and nothing else follows from it.
 */
#ifndef SAMR_CORE_DETECT_H
#define SAMR_CORE_DETECT_H

#include "plat.h"

struct samr_node;

/* A coordinator waits this many beats for the answers of those hinted at. */
#define SAMR_HINT_GRACE		2

/** samr_detect_start - a view was installed: everyone gets the same time */
void samr_detect_start(struct samr_node *n);

/**
 * samr_detect_slept - the time of this step is much later than that of the last
 *
 * A machine that stood still has not listened: its members get some more time.
 */
void samr_detect_slept(struct samr_node *n);

/** samr_detect_heard - a frame of a member, in the incarnation of the view */
void samr_detect_heard(struct samr_node *n, u32 index);

/** samr_detect_beat - member @index hears @hears */
void samr_detect_beat(struct samr_node *n, u32 index, u64 hears);

/** samr_detect_hears - ids of the members heard lately, the own one among them */
u64 samr_detect_hears(const struct samr_node *n);

/**
 * samr_detect_quarrel - does a member not hear another one?
 *
 * Only members count that are heard here; a mask of ids, 0: all is well.
 */
u64 samr_detect_quarrel(const struct samr_node *n);

/**
 * samr_detect_hint - members of @ids may not be heard any more
 * @sure: they have said so themselves
 */
void samr_detect_hint(struct samr_node *n, u64 ids, bool sure);

void samr_detect_timer(struct samr_node *n);
u64 samr_detect_deadline(const struct samr_node *n);

#endif /* SAMR_CORE_DETECT_H */
