/* SPDX-License-Identifier: GPL-2.0 */
/*
 * samr.ko, as the daemon sees it: what is configured in it, and how things stand.
 *
 * Notifications only say that something has changed; what holds is asked for
 * again, as a whole, once per turn of the loop. So a lost one loses nothing, and
 * there is one way only in which a change becomes known. All calls to the kernel
 * are answered at once by it; none waits for another head.
 */
#ifndef SAMRD_KERNEL_H
#define SAMRD_KERNEL_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <linux/samr.h>
#include <linux/samr_netlink.h>
#include <systemd/sd-event.h>

#include "config/config.h"

#define KERNEL_IDS		64	/* ids are 1 .. 63 */
#define KERNEL_TEXT_MAX		512	/* bytes that explain a refusal */

/**
 * struct kernel_node - a configured head
 * @configured: there is one
 * @self: it is this one
 * @witness: it is the witness
 * @in_view: a member of the view in force
 * @links: on which it is heard; own: 1. Links find out late that it is not
 * @silent_ms: since the core has taken a frame of it; own: 0
 * @inc: incarnation, in the view or as heard; 0: never heard
 * @epoch: of the view that it was in when it was heard last; 0: in none
 * @saved: it has told what it has on disk
 * @saved_epoch: that
 * @saved_members: a bit per id
 * @saved_flags: SAMR_SAVED_FLAG_*
 * @saved_config: config_digest() of its samrd; 0: it has told none
 */
struct kernel_node {
	bool configured;
	bool self;
	bool witness;
	bool in_view;
	uint32_t links;
	uint64_t silent_ms;
	uint64_t inc;
	uint64_t epoch;
	bool saved;
	uint64_t saved_epoch;
	uint64_t saved_members;
	uint32_t saved_flags;
	uint32_t saved_config;
};

/**
 * struct kernel_head - a member of the view
 */
struct kernel_head {
	uint32_t node;
	uint64_t inc;
	bool learner;
	bool witness;
	bool suspect;
};

/**
 * struct kernel_view - the view
 * @epoch: 0: there is none
 * @sequencer: id
 * @policy: SAMR_VIEW_POLICY_MAJORITY or _FENCE
 * @learning: this head has no vote yet
 * @wedged: nothing is ordered now
 * @count: of @head
 * @head: by seniority
 * @wanted: heads that the view is to be formed of, a bit per id
 * @missing: of them, those that have not asked for the same
 */
struct kernel_view {
	uint64_t epoch;
	uint32_t sequencer;
	uint32_t policy;
	bool learning;
	bool wedged;
	size_t count;
	struct kernel_head head[SAMR_HEADS];
	uint64_t wanted;
	uint64_t missing;
};

/**
 * struct kernel_fence - the fence of a head
 * @asked: it is asked for
 * @done: it is done
 * @inc: @token: @epoch: as the kernel gave them
 * @why: enum samr_fence_reason
 * @age_ms: since it was asked for
 */
struct kernel_fence {
	bool asked;
	bool done;
	uint64_t inc;
	uint64_t token;
	uint64_t epoch;
	uint32_t why;
	uint64_t age_ms;
};

/**
 * struct kernel_state - all that is followed
 * @present: the cluster is configured in the kernel
 * @state: enum samr_run_state
 * @inc: own incarnation
 * @carrier: at least one own link has carrier
 * @links: own links, and how many of them have carrier
 * @node: by id
 * @view: the view
 * @fence: by id of the head
 */
struct kernel_state {
	bool present;
	uint32_t state;
	uint64_t inc;
	bool carrier;
	uint32_t links;
	uint32_t links_up;
	struct kernel_node node[KERNEL_IDS];
	struct kernel_view view;
	struct kernel_fence fence[KERNEL_IDS];
};

struct kernel;

/**
 * kernel_changed_fn - something may be different now
 * @now: how things stand; valid until the call returns
 * @data: of the caller
 */
typedef void kernel_changed_fn(const struct kernel_state *now, void *data);

/** kernel_groups_fn - groups or their members are different now */
typedef void kernel_groups_fn(void *data);

/**
 * kernel_open - find samr.ko, load it when it is not there, follow its events
 * @k: set
 * @event: the loop; not taken over. NULL: no events, for a caller without one
 * @changed: is called from the loop after changes, and once after the start
 * @groups: the same after changes of groups and their members; NULL: nobody cares
 * @data: for @changed
 * @why: KERNEL_TEXT_MAX bytes: what is wrong and what can be done
 *
 * Return: 0 or -errno.
 */
int kernel_open(struct kernel **k, sd_event *event, kernel_changed_fn *changed,
		kernel_groups_fn *groups, void *data, char *why);

/** kernel_look_at - call @changed again after @ms, if nothing else does before */
void kernel_look_at(struct kernel *k, uint64_t ms);

/** kernel_close - what is in the kernel stays as it is; NULL is fine */
void kernel_close(struct kernel *k);

/**
 * kernel_apply - make the kernel's objects those of the configuration
 * @k: the connection
 * @c: wanted: cluster, nodes, links, groups. What is there and wanted stays
 *	untouched
 * @was: what was wanted before: its groups are deleted if @c has none such, while
 *	others, that somebody declared by hand, stay; NULL: nothing was
 * @why: KERNEL_TEXT_MAX bytes: which object was refused, and why; or, when all
 *	went well, "" or what differs and can only change while the cluster is down
 *
 * All or nothing: when one is refused, those before it are undone.
 * The cluster is not started.
 *
 * Return: 0; -EEXIST: there is another cluster; or -errno of the refusal.
 */
int kernel_apply(struct kernel *k, const struct config *c,
		 const struct config *was, char *why);

/**
 * kernel_own_fences - from now on only this connection confirms fences
 *
 * Return: 0; -EBUSY: another daemon does; or -errno.
 */
int kernel_own_fences(struct kernel *k, char *why);

/**
 * kernel_tell - what is on this head's disk, and more of it, for all heads
 * @epoch: @members: as in struct memory
 * @flags: SAMR_SAVED_FLAG_*
 * @config: config_digest()
 *
 * From the first call on a learner gets its vote only when it is in what all
 * members have told.
 */
int kernel_tell(struct kernel *k, uint64_t epoch, uint64_t members,
		uint32_t flags, uint32_t config, char *why);

/**
 * kernel_start - ask for a view, or for a place in the one of the others
 * @founders: heads that form the first view once all of them ask for the same, a
 *	bit per id; 0: this head forms none, and only comes in where there is one
 */
int kernel_start(struct kernel *k, uint64_t founders, char *why);

/** kernel_stop - leave the view; the others go on without this head */
int kernel_stop(struct kernel *k, char *why);

/** kernel_remove - take the whole cluster down here; -EBUSY with open sockets */
int kernel_remove(struct kernel *k, char *why);

/** kernel_confirm - that incarnation is off; -ESTALE when nobody asks for it */
int kernel_confirm(struct kernel *k, uint32_t node, uint64_t inc,
		   uint64_t token, char *why);

/**
 * enum kernel_standing - how a member stands, as far as it matters here
 * @KERNEL_MEMBER_IN: it is a member
 * @KERNEL_MEMBER_INSTALLING: it is one, and waits for the state of the service, or is
 *	given it
 * @KERNEL_MEMBER_OUT: it has left, is about to, or was put out
 */
enum kernel_standing {
	KERNEL_MEMBER_IN,
	KERNEL_MEMBER_INSTALLING,
	KERNEL_MEMBER_OUT,
};

/**
 * struct kernel_member - a socket that is or was a member, as seen now
 * @group: id of the service
 * @port: its number on this head
 * @cookie: of the socket: no other one ever has the same
 * @standing: see there
 * @queued: bytes that it has not read
 * @gseq: position of what it has read last
 */
struct kernel_member {
	uint32_t group;
	uint32_t port;
	uint64_t cookie;
	enum kernel_standing standing;
	uint64_t queued;
	uint64_t gseq;
};

/** kernel_member_fn - takes one member of a service on this head */
typedef void kernel_member_fn(const struct kernel_member *m, void *data);

/**
 * kernel_members - all sockets here that are or were members
 *
 * A few may be left out when others are closed at the same time.
 */
int kernel_members(struct kernel *k, kernel_member_fn *each, void *data,
		   char *why);

/**
 * kernel_expel - put a member on this head out of its group; it is told
 *
 * Return: 0; -EAGAIN, -ENOENT: it is none, or not any more.
 */
int kernel_expel(struct kernel *k, uint32_t group, uint32_t port, char *why);

/**
 * struct kernel_difference - members of a service have given different replies
 * @group: its id
 * @times: so often that was found
 * @place: of the request, the last time
 * @result: enum samr_diverged_result
 * @heads: that differ from most, or that have replied at all, one bit per id
 * @stopped: the service cannot be used here any more
 */
struct kernel_difference {
	uint32_t group;
	uint64_t times;
	uint64_t place;
	uint32_t result;
	uint64_t heads;
	bool stopped;
};

/** kernel_difference_fn - takes one */
typedef void kernel_difference_fn(const struct kernel_difference *v, void *data);

/** kernel_differences - all services of this head in which any was found */
int kernel_differences(struct kernel *k, kernel_difference_fn *each, void *data,
		       char *why);

/** kernel_look - how things stand, asked for now */
int kernel_look(struct kernel *k, struct kernel_state *now, char *why);

#endif /* SAMRD_KERNEL_H */
