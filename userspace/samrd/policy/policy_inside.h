/* SPDX-License-Identifier: GPL-2.0 */
/*
 * What the parts of the policy share; nobody else includes it.
 *
 * Events change facts (policy.c). Then each part looks at the facts and asks for
 * what is to be done now (policy_fence.c, policy_start.c, policy_feed.c), and says
 * when it wants to look again. So it does not matter in which order facts become
 * known, and nothing is asked for twice.
 */
#ifndef SAMRD_POLICY_INSIDE_H
#define SAMRD_POLICY_INSIDE_H

#include <errno.h>
#include <string.h>

#include "policy.h"

#define POLICY_SECOND		1000000000ULL

/* Heads must not differ by more in when they begin to count turns. */
#define POLICY_GUARD_BEATS	10	/* times dead, and */
#define POLICY_GUARD_MIN	POLICY_SECOND
/* A device that says off is wrong when the head is heard for so long, times dead. */
#define POLICY_HOLD_BEATS	10

#define POLICY_REBOOTS		3
#define POLICY_REBOOTS_WITHIN	(600 * POLICY_SECOND)
#define POLICY_RETRY_MAX	(300 * POLICY_SECOND)
#define POLICY_RETRY_BLOCKED	(60 * POLICY_SECOND)
#define POLICY_POWER_RETRY	(10 * POLICY_SECOND)
#define POLICY_SAVE_RETRY	POLICY_SECOND
#define POLICY_SAVE_RETRY_MAX	(30 * POLICY_SECOND)
#define POLICY_SAVE_SLOW	(10 * POLICY_SECOND)

/* What is done to the power of a head now. */
enum policy_op {
	POLICY_OP_NONE,
	POLICY_OP_FENCE,
	POLICY_OP_ON,
};

/**
 * struct policy_fence - the fence of a head, and its power
 * @asked: the kernel asks for it
 * @inc: incarnation that is to be fenced
 * @token: the kernel's
 * @why: what for
 * @asked_at: since when
 * @returned: it came back and serves nobody: not needed any more
 * @done: confirmed
 * @op: what is under way
 * @cancelled: and was given up
 * @back: as the head was heard again
 * @granted: FENCE_EXPIRED may end it
 * @run_inc: FENCE: of the incarnation that it began for
 * @run_token: and the token
 * @held: a device says off, but the head is heard
 * @held_until: how long that may be
 * @last: how the last attempt ended; what @held is about
 * @failed: attempts that failed in a row
 * @retry_at: no attempt before
 * @alerted: enum policy_alert, a bit each, that were told for this fence
 * @on: it shall be switched on
 * @on_failed: POWER_ONs that failed in a row
 * @on_at: no POWER_ON before
 * @left_off: it was switched on too often
 * @reboot: when it was switched on, oldest first; 0: never
 */
struct policy_fence {
	bool asked;
	uint64_t inc;
	uint64_t token;
	enum policy_why why;
	uint64_t asked_at;
	bool returned;
	bool done;
	enum policy_op op;
	bool cancelled;
	bool back;
	bool granted;
	uint64_t run_inc;
	uint64_t run_token;
	bool held;
	uint64_t held_until;
	enum fence_result last;
	uint32_t failed;
	uint64_t retry_at;
	uint32_t alerted;
	bool on;
	uint32_t on_failed;
	uint64_t on_at;
	bool left_off;
	uint64_t reboot[POLICY_REBOOTS];
};

/**
 * struct policy_head - what is known of a head
 * @heard: it is heard now
 * @inc: as which incarnation it is, or was last
 * @lost_at: since when it is not
 * @armed_inc: incarnation that announced a watchdog
 * @armed: and its time-out
 * @told: its memory is known, or why it is not
 * @lost: it cannot be read
 * @memory: it
 * @newer: epoch that ALERT_NEWER was told about
 * @fence: its fence
 */
struct policy_head {
	bool heard;
	uint64_t inc;
	uint64_t lost_at;
	uint64_t armed_inc;
	uint64_t armed;
	bool told;
	bool lost;
	struct memory memory;
	uint64_t newer;
	struct policy_fence fence;
};

/**
 * struct policy - all of it
 * @config: the admin's
 * @configured: there is one
 * @now: of the event
 * @whole: all that was known is known: a shot may be decided on
 * @deadline: earliest time at which a part wants to look again
 * @stood_at: when it was noticed last that this machine, or samrd, had stood still
 * @out: where actions go, during a step
 * @view: how this head stands
 * @viewed: that is known
 * @admitted: it is, or was since it came up, a full member of a view
 * @carrier: some own link has carrier
 * @carrier_at: since when
 * @head: by id; the own one has a memory, and nothing else
 * @wanted: what shall be on disk
 * @want: there is something
 * @saving: is being written
 * @busy: something is being written
 * @saving_since: when that began
 * @slow: it was told that it takes long
 * @unsaved: writes that failed in a row
 * @save_at: no write before
 * @started: the cluster was up, or START was asked for
 * @asked: START was asked for
 * @founders: with these
 * @conflict: ALERT_CONFLICT was told
 * @fed_at: the watchdog was fed
 * @careful_until: not before; 0: does not matter
 * @starved: STARVE was asked for
 * @condemned: this machine is to be reset
 */
struct policy {
	struct policy_config config;
	bool configured;
	uint64_t now;
	bool whole;
	uint64_t deadline;
	uint64_t stood_at;
	struct policy_actions *out;
	struct policy_view view;
	bool viewed;
	bool admitted;
	bool carrier;
	uint64_t carrier_at;
	struct policy_head head[POLICY_IDS];
	struct memory wanted;
	bool want;
	struct memory saving;
	bool busy;
	uint64_t saving_since;
	bool slow;
	uint32_t unsaved;
	uint64_t save_at;
	bool started;
	bool asked;
	uint64_t founders;
	bool conflict;
	uint64_t fed_at;
	uint64_t careful_until;
	bool starved;
	bool condemned;
};

static inline uint64_t policy_bit(uint32_t id)
{
	return 1ULL << id;
}

static inline uint64_t policy_max(uint64_t a, uint64_t b)
{
	return a > b ? a : b;
}

static inline uint64_t policy_min(uint64_t a, uint64_t b)
{
	return a < b ? a : b;
}

/** policy_add - no overflow: what is too far away is never */
static inline uint64_t policy_add(uint64_t a, uint64_t b)
{
	return a + b < a ? POLICY_NEVER : a + b;
}

/** policy_times - the same */
static inline uint64_t policy_times(uint64_t a, uint64_t b)
{
	return b && a > POLICY_NEVER / b ? POLICY_NEVER : a * b;
}

/** policy_wake - this part wants to look again at @at */
static inline void policy_wake(struct policy *p, uint64_t at)
{
	p->deadline = policy_min(p->deadline, at);
}

static inline uint64_t policy_guard(const struct policy *p)
{
	return policy_max(policy_times(p->config.dead, POLICY_GUARD_BEATS),
			  POLICY_GUARD_MIN);
}

/** policy_back_off - distance to the next try after @failed of them, 1 or more */
static inline uint64_t policy_back_off(uint64_t first, uint32_t failed,
				       uint64_t most)
{
	uint32_t doublings = failed - 1 < 30 ? failed - 1 : 30;

	return policy_min(policy_times(first, 1ULL << doublings), most);
}

/**
 * policy_ask - the next action
 *
 * Return: it, zeroed but for @type and @node.
 */
struct policy_action *policy_ask(struct policy *p, enum policy_action_type type,
				 uint32_t node);

/** policy_alert - ALERT; @result and @count may be 0 */
void policy_alert(struct policy *p, enum policy_alert alert, uint32_t node,
		  enum fence_result result, uint32_t count);

/** policy_members - of the view, a bit per id */
uint64_t policy_members(const struct policy_view *v);

/* policy_fence.c */
int policy_fence_event(struct policy *p, const struct policy_event *ev);
void policy_fence_run(struct policy *p);
bool policy_fence_pending(const struct policy *p);

/* policy_start.c */
int policy_start_event(struct policy *p, const struct policy_event *ev);
void policy_start_run(struct policy *p);

/* policy_feed.c */
void policy_feed_run(struct policy *p);

#endif /* SAMRD_POLICY_INSIDE_H */
