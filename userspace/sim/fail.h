/* SPDX-License-Identifier: GPL-2.0 */
/*
 * Runs in which heads die: they crash and come back with nothing, stand still,
 * are cut off in all directions, leave, are fenced. What must hold whatever
 * happens is checked by era.h.
 */
#ifndef SAMR_SIM_FAIL_H
#define SAMR_SIM_FAIL_H

#include "run.h"

/** fail_seed - as run_seed() */
void fail_seed(const struct run_options *o, char *line, size_t size);

#endif /* SAMR_SIM_FAIL_H */
