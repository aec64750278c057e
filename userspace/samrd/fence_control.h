/* SPDX-License-Identifier: GPL-2.0 */
/*
 * What samrctl can ask of fencing: "fence-list" (the heads, their devices, the
 * jobs), "fence-status", "fence-test", "fence-off", "fence-on", "fence-cycle",
 * all with "node". Answers come when the job is over.
 */
#ifndef SAMRD_FENCE_CONTROL_H
#define SAMRD_FENCE_CONTROL_H

#include "control.h"
#include "fence.h"

/**
 * struct fence_control - what the verbs work on; keep it as long as @control
 * @fence: fencing
 * @nodes: the heads, as given to fence_configure(); renew it with them
 * @count: of @nodes
 */
struct fence_control {
	struct fence *fence;
	const struct fence_node *nodes;
	size_t count;
};

/** fence_control_serve - adds the verbs; 0, or -errno */
int fence_control_serve(struct control *c, struct fence_control *fc);

/** fence_report_json - a report, for answers and for the status */
json_t *fence_report_json(const struct fence_report *r);

#endif /* SAMRD_FENCE_CONTROL_H */
