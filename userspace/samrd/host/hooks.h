/* SPDX-License-Identifier: GPL-2.0 */
/*
 * Programs of the admin that are told what happens: on-view, on-fence, on-alert.
 *
 * One process at a time for each of the three; what happens meanwhile waits in a
 * short queue, in which a newer view takes the place of an older one. A program
 * that is not over at its deadline is killed with all its children that stayed
 * in its process group. Nothing waits for a hook.
 */
#ifndef SAMRD_HOOKS_H
#define SAMRD_HOOKS_H

#include <stdint.h>
#include <systemd/sd-event.h>

#include "config/config.h"

#define HOOKS_QUEUE_MAX		16	/* of each kind; the oldest are dropped */
#define HOOKS_VARS_MAX		12

enum hook {
	HOOK_VIEW,
	HOOK_FENCE,
	HOOK_ALERT,
	HOOK_KINDS,
};

struct hooks;

/** hooks_new - 0 or -errno; @event is not taken over; SIGCHLD must be blocked */
int hooks_new(struct hooks **h, sd_event *event);

/** hooks_free - kills what runs; NULL is fine */
void hooks_free(struct hooks *h);

/** hooks_configure - programs and deadline from now on; @c has to live on */
void hooks_configure(struct hooks *h, const struct config *c);

/**
 * hooks_run - tell the program of this kind, if there is one
 * @vars: "NAME=VALUE", ends with NULL; copied. The environment of the program is
 *	these, SAMR_EVENT, SAMR_CLUSTER, SAMR_CLUSTER_ID, SAMR_NODE, SAMR_NODE_NAME
 *	and PATH, and nothing else
 */
void hooks_run(struct hooks *h, enum hook kind, char *const *vars);

#endif /* SAMRD_HOOKS_H */
