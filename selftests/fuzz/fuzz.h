/* SPDX-License-Identifier: GPL-2.0 */
/* A target of libFuzzer. */
#ifndef SAMR_FUZZ_FUZZ_H
#define SAMR_FUZZ_FUZZ_H

#include "input.h"
#include "sim.h"

#define fuzz_holds(cond)						\
	do {								\
		if (!(cond))						\
			sim_fail("%s:%d: %s", __FILE__, __LINE__, #cond);	\
	} while (0)

int LLVMFuzzerTestOneInput(const u8 *data, size_t size);

#endif /* SAMR_FUZZ_FUZZ_H */
