/* SPDX-License-Identifier: GPL-2.0 */
/* For tests of fencing: a loop, fencing, heads with devices, and one report. */
#ifndef WORLD_H
#define WORLD_H

#include "bmc.h"
#include "fence/fence.h"

#define BMCS	2
#define NODES	2

/**
 * struct world - what a test works with
 * @event: the loop
 * @fence: fencing
 * @node: heads 1 and 2, without devices at first
 * @bmc: to be started by the test
 * @dir: for files
 * @password: a file with BMC_PASSWORD
 * @wrong: one with another one
 * @report: the last one with @over
 * @reports: so many came for the head asked for
 * @half: a report came without @over, of a cycle
 */
struct world {
	sd_event *event;
	struct fence *fence;
	struct fence_node node[NODES];
	struct bmc bmc[BMCS];
	char dir[64];
	char password[80];
	char wrong[80];
	struct fence_report report;
	int reports;
	bool half;
};

int world_setup(void **state);
int world_teardown(void **state);

/** add_bmc - a device of head 1 */
struct fence_device *add_bmc(struct world *w, const char *name,
			     const char *address);

/** add_agent - the same; @script is a shell script that is written for it */
struct fence_device *add_agent(struct world *w, const char *name,
			       const char *script);

/** start - a job for head 1 whose report goes to the world */
int start(struct world *w, enum fence_action action);

/** turn - let the loop run once, for at most so long */
void turn(struct world *w, unsigned int ms);

/** await - until the job that start() began is over; its result */
enum fence_result await(struct world *w);

/** ask - start() and await() */
enum fence_result ask(struct world *w, enum fence_action action);

/** assert_text - the outcome of a device says @text */
void assert_text(const struct world *w, size_t device, const char *text);

#endif /* WORLD_H */
