/* SPDX-License-Identifier: GPL-2.0 */
/* One run of a cluster, from its seed to its last check. */
#ifndef SAMR_SIM_RUN_H
#define SAMR_SIM_RUN_H

#include "core/plat.h"

/**
 * struct run_options - what is asked for
 * @seed: of the run
 * @nodes: heads; 0: as the seed says
 * @trace: print what happens
 * @from: but not before this instant, ns
 * @until: stop there, ns, without the final checks; 0: run to the end
 * @patience: CPU time that it may take, s
 */
struct run_options {
	u64 seed;
	u32 nodes;
	bool trace;
	u64 from;
	u64 until;
	u32 patience;
};

/** run_seed - run it; @line takes what it did. A violation does not return */
void run_seed(const struct run_options *o, char *line, size_t size);

#endif /* SAMR_SIM_RUN_H */
