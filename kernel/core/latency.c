// SPDX-License-Identifier: GPL-2.0
/* How long own messages take, see latency.h. */
#include "latency.h"

/* 2^8 is the first step's end; each doubling is told apart by two more bits. */
#define BASE_BITS	8
#define PART_BITS	2

u32 samr_latency_step(u64 ns)
{
	u32 top;

	if (ns < SAMR_LATENCY_BASE)
		return 0;
	top = 63 - (u32)__builtin_clzll(ns);
	return min((top - BASE_BITS) * (1u << PART_BITS) + 1 +
		   (u32)(ns >> (top - PART_BITS) & ((1u << PART_BITS) - 1)),
		   (u32)SAMR_LATENCY_STEPS - 1);
}

void samr_latency_add(struct samr_latency *l, u64 ns)
{
	l->sum += ns;
	l->count[samr_latency_step(ns)]++;
}
