/* SPDX-License-Identifier: GPL-2.0 */
/*
 * How long own messages take, as the kernel counted it: in steps of time, see
 * SAMR_A_HISTOGRAM_COUNTS.
 */
#ifndef SAMRCTL_LATENCY_H
#define SAMRCTL_LATENCY_H

#include <stdbool.h>
#include <stdint.h>

#include <libmnl/libmnl.h>

#include "args.h"

/* As many as this version of samrctl knows the ends of. */
#define LATENCY_STEPS_MAX	128

/**
 * struct histogram - one of them
 * @name: until when it is measured
 * @sum: of all, ns
 * @total: messages
 * @steps: of @count; 0: the kernel said nothing that can be understood
 * @count: messages of each step
 */
struct histogram {
	const char *name;
	uint64_t sum;
	uint64_t total;
	uint32_t steps;
	uint64_t count[LATENCY_STEPS_MAX];
};

/** latency_from - where step @i begins, ns */
uint64_t latency_from(uint32_t i);

/** latency_each - call @see for each histogram of a message of the kernel */
void latency_each(const struct nlmsghdr *nlh,
		  void (*see)(const struct histogram *h, void *data), void *data);

/**
 * latency_summaries - print what a message of the kernel says, in few words
 * @nlh: the message
 * @zeros: also of histograms that nothing is in
 */
void latency_summaries(const struct nlmsghdr *nlh, bool zeros);

/** latency_show - draw them: "samrctl stats latency" */
int latency_show(const struct verb *v, const struct arg *args);

#endif /* SAMRCTL_LATENCY_H */
