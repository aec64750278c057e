/* SPDX-License-Identifier: GPL-2.0 */
/*
 * What samrctl can ask of fencing.
 *
 *	{"verb":"fence-devices"}	the heads, their devices, and how the
 *					last job that changed their power ended
 *	{"verb":"fence-off","node":2}	also -on, -cycle, -status, -test: for root
 *					and the admin group, as all of them log
 *					in to the devices; answered at the end
 *
 * That a head was switched off here does not make it count as fenced: that takes
 * "samrctl fence confirm", or the policy.
 */
#ifndef SAMRD_FENCE_CONTROL_H
#define SAMRD_FENCE_CONTROL_H

#include "base/control.h"
#include "fence.h"

/**
 * struct fence_control - what the verbs work on; keep it as long as the socket
 * @fence: fencing
 * @nodes: the heads, as given to fence_configure(); renew it with them
 * @count: of @nodes
 * @self: id of this head: its power is not cut by a command here
 * @log: is told who does what, or NULL: "uid 0: fence off of node 2: ..."
 */
struct fence_control {
	struct fence *fence;
	const struct fence_node *nodes;
	size_t count;
	uint32_t self;
	void (*log)(const char *text);
};

/** fence_control_serve - adds the verbs; 0, or -errno */
int fence_control_serve(struct control *c, struct fence_control *fc);

/** fence_report_json - a report, for answers and for the status */
json_t *fence_report_json(const struct fence_report *r);

#endif /* SAMRD_FENCE_CONTROL_H */
