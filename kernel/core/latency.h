/* SPDX-License-Identifier: GPL-2.0 */
/*
 * How long own messages take, counted in steps of time.
 *
 * From the moment that the head takes a message for the order: to its place,
 * to its delivery, and to its being stable. Only own ones, as the clocks of two
 * heads cannot be compared, and only those that services and clients send. A
 * message that came back from another head in a view change is not counted.
 *
 * The steps are those of a logarithm: four to each doubling, so that what is read
 * off them is wrong by at most a quarter.
 */
#ifndef SAMR_CORE_LATENCY_H
#define SAMR_CORE_LATENCY_H

#include "plat.h"

/**
 * enum samr_lap - what is measured, each from the taking of the message on
 * @SAMR_LAP_ORDER: until its place is known here
 * @SAMR_LAP_DELIVER: until it is handed to the members here
 * @SAMR_LAP_STABLE: until as many heads hold it as the policy wants
 */
enum samr_lap {
	SAMR_LAP_ORDER,
	SAMR_LAP_DELIVER,
	SAMR_LAP_STABLE,
	SAMR_LAPS,
};

/* Up to 256 ns is one step; so is what lasts longer than 3.2 s. */
#define SAMR_LATENCY_BASE	256
#define SAMR_LATENCY_STEPS	96

/**
 * struct samr_latency - one of them
 * @sum: of all, ns
 * @count: messages in each step
 */
struct samr_latency {
	u64 sum;
	u64 count[SAMR_LATENCY_STEPS];
};

/** samr_latency_step - the step that @ns falls into */
u32 samr_latency_step(u64 ns);

/** samr_latency_add - count a message that took @ns */
void samr_latency_add(struct samr_latency *l, u64 ns);

#endif /* SAMR_CORE_LATENCY_H */
