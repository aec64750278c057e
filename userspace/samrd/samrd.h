/* SPDX-License-Identifier: GPL-2.0 */
/*
 * The daemon: its parts, and what passes between them.
 *
 *	kernel, memory, fence, clock --> facts.c --> policy --> acts.c --> kernel,
 *	memory, fence, watchdog, hooks, journal
 *
 * One thread, one loop. What may take long (a fence, a hook, a disk) is a process
 * of its own.
 */
#ifndef SAMRD_H
#define SAMRD_H

#include "base/clock.h"
#include "base/control.h"
#include "config/config.h"
#include "fence/fence.h"
#include "fence/fence_control.h"
#include "host/hooks.h"
#include "host/watchdog.h"
#include "kernel/kernel.h"
#include "memory/memory.h"
#include "memory/saver.h"
#include "policy/policy.h"

struct differences;
struct exits;
struct notify;
struct peers;
struct roles;

#define SAMRD_FACTS_MAX	64

/**
 * struct samrd_shot - what is done at a head's power for the policy
 * @running: something is
 * @on: it is switched on
 * @inc: @token: as the policy gave them
 */
struct samrd_shot {
	bool running;
	bool on;
	uint64_t inc;
	uint64_t token;
};

/**
 * struct samrd - all of it
 * @event: the loop
 * @path: of the configuration
 * @config: in force
 * @kernel: the module
 * @now: what the policy was told of it last
 * @known: @now is something
 * @left: this head has left the view as the admin wanted
 * @leaving: SIGTERM: services with a role are stopped, then this head leaves
 * @parting: it does: the loop ends when it has left
 * @hooks: @control: @fence: @fence_control: the other parts
 * @fence_nodes: what @fence works on
 * @exits: members of services that end
 * @differences: members of services that reply differently
 * @watchdog: of this machine; NULL: none is configured
 * @peers: heads that are known to have no power
 * @roles: services that run on one of two heads
 * @told: memory that the kernel was told last; @told_flags: as it knows them;
 *	@told_any: it was told one
 * @armed: by id of the head: the policy goes by its watchdog
 * @policy: who decides
 * @deadline: when it wants to be asked again
 * @actions: what it wants done
 * @stepping: @actions are being run: facts that come up wait in @fact
 * @facts: of @fact
 * @fact: they
 * @shot: by id of the head
 * @saving: memory that is being written
 * @saver: does it; NULL: nothing is written
 * @status: as told to systemd last
 * @notify: tells it
 */
struct samrd {
	sd_event *event;
	const char *path;
	struct config *config;
	struct kernel *kernel;
	struct kernel_state now;
	bool known;
	bool left;
	bool leaving;
	bool parting;
	struct hooks *hooks;
	struct control *control;
	struct fence *fence;
	struct fence_control fence_control;
	struct fence_node fence_nodes[SAMR_HEADS];
	struct exits *exits;
	struct differences *differences;
	struct watchdog *watchdog;
	struct peers *peers;
	struct roles *roles;
	struct memory told;
	uint32_t told_flags;
	bool told_any;
	bool armed[KERNEL_IDS];
	struct policy *policy;
	sd_event_source *deadline;
	struct policy_actions actions;
	bool stepping;
	size_t facts;
	struct policy_event fact[SAMRD_FACTS_MAX];
	struct samrd_shot shot[POLICY_IDS];
	struct memory saving;
	struct saver *saver;
	char status[300];
	struct notify *notify;
};

/* facts.c */

/** facts_start - CONFIG and the own memory: before all other facts */
int facts_start(struct samrd *d);

/** facts_config - the configuration that is in force now */
int facts_config(struct samrd *d);

/** facts_kernel - the kernel stands so; says what is different from before */
void facts_kernel(struct samrd *d, const struct kernel_state *now);

/** facts_feed - tell the policy, do what it wants, and so on; what it returned */
int facts_feed(struct samrd *d, struct policy_event *ev);

/* main.c */

/** samrd_saved - no memory is being written any more */
void samrd_saved(struct samrd *d);

/** samrd_roles_down - after roles_quit(): nothing of them is here any more */
void samrd_roles_down(struct samrd *d);

/* acts.c */

/** acts_disarmed - tell the others that no watchdog is armed any more: BEFORE that */
void acts_disarmed(struct samrd *d);

/** acts_run - do one thing for the policy */
void acts_run(struct samrd *d, const struct policy_action *a);

/** acts_fence_nodes - the heads' devices from now on, of d->config */
void acts_fence_nodes(struct samrd *d);

/** acts_configured - that, and the other heads hear of another d->config */
void acts_configured(struct samrd *d);

/* status.c */

/** status_line - how it stands, in one line */
void status_line(const struct samrd *d, char *text, size_t size);

/** status_serve - adds the verbs "status", "fence-confirm" and "override" */
int status_serve(struct samrd *d);

/** samrd_name - of the head with this id, "?" when there is none */
const char *samrd_name(const struct samrd *d, uint32_t id);

/** samrd_ids - "alpha, beta" for a bit per id; returns @text */
const char *samrd_ids(const struct samrd *d, uint64_t ids, char *text,
		      size_t size);

#endif /* SAMRD_H */
