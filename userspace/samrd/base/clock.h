/* SPDX-License-Identifier: GPL-2.0 */
/* The time that all of samrd goes by: it never runs backwards, and stands still with the machine. */
#ifndef SAMRD_CLOCK_H
#define SAMRD_CLOCK_H

#include <stdint.h>
#include <time.h>

#define CLOCK_NS_PER_S	1000000000ULL
#define CLOCK_NS_PER_MS	1000000ULL
#define CLOCK_NS_PER_US	1000ULL

/** clock_now - monotonic ns */
static inline uint64_t clock_now(void)
{
	struct timespec t;

	clock_gettime(CLOCK_MONOTONIC, &t);
	return t.tv_sec * CLOCK_NS_PER_S + t.tv_nsec;
}

#endif /* SAMRD_CLOCK_H */
