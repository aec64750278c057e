/* SPDX-License-Identifier: GPL-2.0 */
/*
 * Runs in which less than half of the heads falls silent for a while, or is not
 * heard by one other, again and again, on a network that loses nothing otherwise:
 * how long are those held up that go on? Nobody may be held up for longer than by
 * what cannot be avoided.
 */
#ifndef SAMR_SIM_GAP_H
#define SAMR_SIM_GAP_H

#include "run.h"

/** gap_seed - as run_seed() */
void gap_seed(const struct run_options *o, char *line, size_t size);

#endif /* SAMR_SIM_GAP_H */
