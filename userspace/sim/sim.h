/* SPDX-License-Identifier: GPL-2.0 */
/*
 * What all parts of the simulator share: the run under way, and how it fails.
 *
 * Layers, each of which knows only those before it:
 *
 *	memory (plat.c), rng, queue	memory, chance and virtual time
 *	net				frames between ports
 *	host				a shell around one core
 *	cluster				hosts and network; faults
 *	member				sockets: who reads what is delivered
 *	workload			what members do
 *	check_*				watch all of it, change nothing
 *	trace				writes down what happens
 *	machine, room			machines with samrd around the hosts
 *	run, script			a run from a seed, or from a scenario
 */
#ifndef SAMR_SIM_SIM_H
#define SAMR_SIM_SIM_H

#include "core/plat.h"

/**
 * struct sim_run - for messages about failures
 * @seed: of the run
 * @script: name of the scenario, when it is one
 * @args: command-line options that the run depends on, to be repeated
 * @now: virtual time
 * @took: virtual time at the end of the last one that ended well
 */
struct sim_run {
	u64 seed;
	const char *script;
	char args[256];
	const u64 *now;
	u64 took;
};

extern struct sim_run sim_run;
extern const char sim_version[];

/** sim_fail - a violation: say what, and how to see it again; does not return */
void __attribute__((noreturn, format(printf, 1, 2))) sim_fail(const char *fmt,
							      ...);

/** sim_watchdog - fail when the next @seconds of CPU time are not enough; 0: off */
void sim_watchdog(unsigned int seconds);

/** sim_catch_signals - turn a crash of the core into a failure that is told */
void sim_catch_signals(void);

/** sim_alloc - zeroed memory of the simulator's own; never fails */
void *sim_alloc(size_t size);

/** sim_grow - room for one more of @count elements; doubles; never fails */
void *sim_grow(void *array, size_t count, size_t *room, size_t size);

#endif /* SAMR_SIM_SIM_H */
