/* SPDX-License-Identifier: GPL-2.0 */
/*
 * A view change that this node tries to bring about.
 *
 * The most senior member that is not suspect coordinates; where that gets
 * nowhere, others try in their turn. PREPARE until enough have answered, propose
 * what was accepted before, or else a view of those who answered and hear each
 * other; ACCEPT until it is decided; then VIEW. A try that gets stuck is begun
 * anew, at a higher ballot.
 */
#ifndef SAMR_CORE_COORDINATOR_H
#define SAMR_CORE_COORDINATOR_H

#include "wire.h"

struct samr_node;

void samr_coordinator_init(struct samr_node *n);

/** samr_coordinator_consider - something changed: look at the end of the step */
void samr_coordinator_consider(struct samr_node *n);

/** samr_coordinator_run - has this node to do something about the view? */
void samr_coordinator_run(struct samr_node *n);

/** samr_coordinator_stop - somebody else does it, or it is done */
void samr_coordinator_stop(struct samr_node *n);

/** samr_coordinator_answer - ANSWER of head @src */
enum samr_drop samr_coordinator_answer(struct samr_node *n, u64 src, u64 inc,
				       const struct samr_record *r);

/** samr_coordinator_taken - TAKEN: head @src has accepted this before */
enum samr_drop samr_coordinator_taken(struct samr_node *n, u64 src, u64 inc,
				      const struct samr_record *r);

/** samr_coordinator_accepted - ACCEPTED of head @src */
enum samr_drop samr_coordinator_accepted(struct samr_node *n, u64 src, u64 inc,
					 const struct samr_record *r);

/** samr_coordinator_refused - REFUSE: somebody has promised more than we offer */
enum samr_drop samr_coordinator_refused(struct samr_node *n,
					const struct samr_record *r);

/** samr_coordinator_progress - more of the order is here */
void samr_coordinator_progress(struct samr_node *n);

/** samr_coordinator_penalty - head @id was left behind: it comes back slower */
void samr_coordinator_penalty(struct samr_node *n, u64 id);

void samr_coordinator_timer(struct samr_node *n);
u64 samr_coordinator_deadline(const struct samr_node *n);

#endif /* SAMR_CORE_COORDINATOR_H */
