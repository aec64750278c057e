/* SPDX-License-Identifier: GPL-2.0 */
/*
 * Submissions as they come from their origins, and the sequencer, who gives
 * them their places.
 *
 * Invariant, exactly once into the order: an origin's messages get their places
 * in the order of its own numbers, without a gap, so a number below
 * samr_origin.ordered is a duplicate, however late it comes.
 */
#ifndef SAMR_CORE_SEQUENCER_H
#define SAMR_CORE_SEQUENCER_H

#include "wire.h"

struct samr_node;
struct samr_msg;

/** samr_sequencer_submit - a SUBMIT record from member @index */
enum samr_drop samr_sequencer_submit(struct samr_node *n, u32 index,
				     struct samr_blob *frame,
				     const struct samr_record *r);

/** samr_sequencer_run - order what can be ordered; on the sequencer only */
void samr_sequencer_run(struct samr_node *n);

/** samr_sequencer_start - a new view serves */
void samr_sequencer_start(struct samr_node *n);

/** samr_sequencer_timer - ask origins for what lacks, repeat the order's end */
void samr_sequencer_timer(struct samr_node *n);

/** samr_sequencer_deadline - when that is */
u64 samr_sequencer_deadline(const struct samr_node *n);

#endif /* SAMR_CORE_SEQUENCER_H */
