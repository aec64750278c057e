/* SPDX-License-Identifier: GPL-2.0 */
/*
 * A node that comes in: the replicated state that its order begins with.
 *
 * It sits in the view as a learner: its acks keep the history, but it has no
 * vote and counts for nothing. What it needs besides the order is where each
 * origin's numbers stood at the view's base, and the groups. The groups come one
 * by one, each as it is at the donor just then, with the place in the order that
 * this is true for; of the order that the learner goes through afterwards, it
 * skips for each group what lies before. So nobody keeps a copy, and the state
 * may be of any size. Behind a group come its locks, and then its sessions; of a
 * group that is left out the learner knows that there was none. What is asked for
 * and does not come is asked for again.
 */
#ifndef SAMR_CORE_LEARNER_H
#define SAMR_CORE_LEARNER_H

#include "wire.h"

struct samr_node;

/** samr_learner_init - of a new node */
void samr_learner_init(struct samr_node *n);

/** samr_learner_start - the view has us as a learner; we hold nothing */
void samr_learner_start(struct samr_node *n);

/** samr_learner_stop - forget what is under way */
void samr_learner_stop(struct samr_node *n);

/** samr_learner_ready - does this node, a learner, hold what a voter holds? */
bool samr_learner_ready(const struct samr_node *n);

/** samr_learner_asked - STATE_ASK of member @src */
void samr_learner_asked(struct samr_node *n, u64 src, u32 after);

/** samr_learner_state - STATE: where the numbers stood */
enum samr_drop samr_learner_state(struct samr_node *n,
				  const struct samr_blob *frame,
				  const struct samr_record *r);

/** samr_learner_group - STATE_GROUP: a group, or a part of one, or the end */
enum samr_drop samr_learner_group(struct samr_node *n,
				  const struct samr_blob *frame,
				  const struct samr_record *r);

/** samr_learner_locks - STATE_LOCKS: the locks of that group, or a part of them */
enum samr_drop samr_learner_locks(struct samr_node *n,
				  const struct samr_blob *frame,
				  const struct samr_record *r);

/** samr_learner_alarms - STATE_ALARMS: and its alarms, or a part of them */
enum samr_drop samr_learner_alarms(struct samr_node *n,
				   const struct samr_blob *frame,
				   const struct samr_record *r);

/** samr_learner_sessions - STATE_SESSIONS: and its sessions, or a part of them */
enum samr_drop samr_learner_sessions(struct samr_node *n,
				     const struct samr_blob *frame,
				     const struct samr_record *r);

/**
 * samr_learner_upto - a group that this node has not got
 *
 * Return: up to here it does not matter what the order says about it, as it was
 * known not to be there at this place.
 */
u64 samr_learner_upto(const struct samr_node *n, u32 group);

void samr_learner_timer(struct samr_node *n);
u64 samr_learner_deadline(const struct samr_node *n);

#endif /* SAMR_CORE_LEARNER_H */
