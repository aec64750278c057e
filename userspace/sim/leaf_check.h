/* SPDX-License-Identifier: GPL-2.0 */
/* For the tests of leaves: what has to be so, with its place in the source. */
#ifndef SAMR_SIM_LEAF_CHECK_H
#define SAMR_SIM_LEAF_CHECK_H

#include "sim.h"

#define check(cond)							\
	do {								\
		if (!(cond))						\
			sim_fail("%s:%d: %s", __FILE__, __LINE__, #cond); \
	} while (0)

#endif /* SAMR_SIM_LEAF_CHECK_H */
