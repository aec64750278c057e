/* SPDX-License-Identifier: GPL-2.0 */
/*
 * The decisions of samrd: whom to fence and when, with whom to start a cluster
 * that has been down, what to keep on disk, and whether to feed the watchdog.
 *
 * A machine without input, output, clock or memory of its own. Facts and the
 * time come in as events, one deadline and a list of actions come out:
 *
 *	policy_step(p, &event, &actions);
 *	run each of actions.action[], in order;
 *	wake up at policy_deadline(p) at the latest, with a TIME event.
 *
 * Actions are requests. Nothing is taken for done before an event says so:
 * ATTEMPT of FENCE_START, POWERED of POWER_ON, SAVED of SAVE. The same files
 * run in samrd and, beside the core, in the simulator.
 *
 * What it holds to, whatever happens:
 *
 *	- CONFIRM is given for the very (node, incarnation, token) that was asked
 *	  for when an attempt began, and that is still asked for when it ends in
 *	  a proof, while that incarnation is not heard;
 *	- nobody is shot who is heard, or was heard within the fence delay;
 *	- a head shoots nobody without carrier of its own, or while it has not
 *	  been a full member of a view since it came up;
 *	- of heads that may be shooting at each other one shoots at a time;
 *	- a head starts a cluster only with all that the newest memory names.
 *
 * In protocol.rst is what a fence, an incarnation, a view and its epoch are.
 */
#ifndef SAMRD_POLICY_H
#define SAMRD_POLICY_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "fence/fence_device.h"
#include "memory/memory.h"

#define POLICY_IDS		64	/* ids are 1 .. 63 */
#define POLICY_HEADS_MAX	16	/* in a view, the witness among them */
#define POLICY_NEVER		UINT64_MAX

/**
 * enum policy_rule - who may go on when heads die, as in the kernel
 * @POLICY_MAJORITY: with the witness also exactly half
 * @POLICY_FENCE: any, once all others are known to be dead
 */
enum policy_rule {
	POLICY_MAJORITY,
	POLICY_FENCE,
};

/**
 * struct policy_node - what the configuration says of one head
 * @configured: there is such a head (or it is the witness)
 * @devices: something can cut its power without an admin; false: nothing is
 *	started, and an admin has to confirm
 * @reboot: after a fence: power on again; false: it stays off
 * @attempt: ns that one whole attempt at it may take: the deadlines of its
 *	devices that can cut power, all added up (those of watchdog and manual
 *	devices left out)
 */
struct policy_node {
	bool configured;
	bool devices;
	bool reboot;
	uint64_t attempt;
};

/**
 * struct policy_config - what the admin wants
 * @cluster: id
 * @self: own head id
 * @witness: id of the witness; 0: none
 * @rule: never "auto": what auto stands for here
 * @preferred: the head that goes first when heads shoot at each other; 0: the
 *	most senior
 * @delay: ns between the kernel's request (or the last sign of life, if that is
 *	later) and the shot, where the view went on without the head; may be 0
 * @delay_blocked: the same where the view waits for the fence; may be 0
 * @dead: ns of silence after which the kernel suspects a head
 * @watchdog: own watchdog's time-out, ns; 0: it is not armed
 * @watchdog_margin: added to the time-out of a watchdog that is waited for, ns
 * @relied: another head may take the time-out of our watchdog for a fence: a
 *	device of the kind watchdog is configured for this head
 * @nodes: by id
 *
 * The same values on all heads, but for @self, @watchdog and what follows from
 * them: turns are reckoned from them.
 */
struct policy_config {
	uint32_t cluster;
	uint32_t self;
	uint32_t witness;
	enum policy_rule rule;
	uint32_t preferred;
	uint64_t delay;
	uint64_t delay_blocked;
	uint64_t dead;
	uint64_t watchdog;
	uint64_t watchdog_margin;
	bool relied;
	struct policy_node nodes[POLICY_IDS];
};

#define POLICY_DELAY		1000000000ULL
#define POLICY_DELAY_BLOCKED	500000000ULL

/**
 * enum policy_event_type - what is known now
 * @POLICY_EV_TIME: nothing but the time
 * @POLICY_EV_CONFIG: the configuration, the first one or a new one. Only @self
 *	and @cluster must not change
 * @POLICY_EV_VIEW: how this head stands in the kernel, and its view; sent at the
 *	start, and whenever anything in it has changed
 * @POLICY_EV_FENCE: the kernel asks for a fence; again after any change of it
 * @POLICY_EV_FENCE_OVER: it does not ask any more; known dead or not needed
 * @POLICY_EV_HEARD: a head is heard, as an incarnation: a frame of it was taken
 *	not longer than @dead ago. Again when incarnation or @wedged change
 * @POLICY_EV_LOST: it is not heard any more; also of a head that was not heard
 *	since samrd is up, when it is known since when
 * @POLICY_EV_CARRIER: whether any own link has carrier
 * @POLICY_EV_MEMORY: what a head has on disk: the own one once, as read at the
 *	start; those of others whenever the kernel tells something new. One that
 *	has said nothing has sent no event
 * @POLICY_EV_SAVED: a SAVE has ended
 * @POLICY_EV_ATTEMPT: an attempt that FENCE_START began has ended
 * @POLICY_EV_POWERED: a POWER_ON has ended
 * @POLICY_EV_ARMED: a head has announced whether its watchdog is armed
 * @POLICY_EV_OVERRIDE: the admin starts the cluster from the heads that are here
 * @POLICY_EV_SELF_FENCE: this machine is to be reset by its watchdog; for good
 */
enum policy_event_type {
	POLICY_EV_TIME,
	POLICY_EV_CONFIG,
	POLICY_EV_VIEW,
	POLICY_EV_FENCE,
	POLICY_EV_FENCE_OVER,
	POLICY_EV_HEARD,
	POLICY_EV_LOST,
	POLICY_EV_CARRIER,
	POLICY_EV_MEMORY,
	POLICY_EV_SAVED,
	POLICY_EV_ATTEMPT,
	POLICY_EV_POWERED,
	POLICY_EV_ARMED,
	POLICY_EV_OVERRIDE,
	POLICY_EV_SELF_FENCE,
};

/**
 * enum policy_state - how this head stands
 * @POLICY_DOWN: the kernel's cluster is not up
 * @POLICY_WAITING: up, without a view: it says HELLO
 * @POLICY_LEARNING: in the view, without a vote yet
 * @POLICY_SERVING: a full member of a view in force
 * @POLICY_WEDGED: a member of a view that orders nothing now
 * @POLICY_EXPELLED: the others went on without this head, and it knows
 * @POLICY_LEFT: it has left as the admin wanted
 * @POLICY_HALTED: an invariant broke
 */
enum policy_state {
	POLICY_DOWN,
	POLICY_WAITING,
	POLICY_LEARNING,
	POLICY_SERVING,
	POLICY_WEDGED,
	POLICY_EXPELLED,
	POLICY_LEFT,
	POLICY_HALTED,
};

/**
 * struct policy_view - how this head stands, and its view
 * @state: see there
 * @epoch: of the view; 0: none
 * @rule: of the view
 * @count: members
 * @node: their ids, by seniority
 * @learners: those of them that have no vote yet, a bit per id
 * @witness: the one that is the witness, a bit; 0: none
 */
struct policy_view {
	enum policy_state state;
	uint64_t epoch;
	enum policy_rule rule;
	uint32_t count;
	uint32_t node[POLICY_HEADS_MAX];
	uint64_t learners;
	uint64_t witness;
};

/**
 * enum policy_why - what a fence is asked for, as the kernel's fence-reason
 * @POLICY_BLOCKED: the next view waits for it
 * @POLICY_EXCLUDED: the view went on without that head
 */
enum policy_why {
	POLICY_BLOCKED,
	POLICY_EXCLUDED,
};

/**
 * struct policy_event - one fact
 * @type: see there
 * @now: monotonic ns; never runs backwards
 * @node: FENCE to ARMED, but for CARRIER: the head that it is about
 * @inc: FENCE, FENCE_OVER, HEARD, ATTEMPT, ARMED: its incarnation
 * @token: FENCE, ATTEMPT: as the kernel gave it
 * @config: CONFIG: copied
 * @view: VIEW: copied
 * @fence: FENCE: epoch that it is for, and what for
 * @wedged: HEARD: that incarnation has proved, by an answer of its own, that it
 *	serves nobody: it is wedged in a view that has a successor, or has begun
 *	anew without a view
 * @since: LOST: it is taken for silent since then, ns; 0, or later: from now on
 * @carrier: CARRIER: there is one
 * @memory: MEMORY: what is on that head's disk, or why that is not known
 * @ok: SAVED, POWERED: it is done
 * @epoch: SAVED: of the memory that was to be saved
 * @result: ATTEMPT: how it ended; POWERED: why not
 * @timeout: ARMED: time-out of its watchdog, ns; 0: not armed
 */
struct policy_event {
	enum policy_event_type type;
	uint64_t now;
	uint32_t node;
	uint64_t inc;
	uint64_t token;
	union {
		const struct policy_config *config;
		const struct policy_view *view;
		struct {
			uint64_t epoch;
			enum policy_why why;
		} fence;
		bool wedged;
		uint64_t since;
		bool carrier;
		struct {
			enum memory_state state;
			struct memory memory;
		} memory;
		struct {
			bool ok;
			uint64_t epoch;
			enum fence_result result;
		};
		uint64_t timeout;
	};
};

/**
 * enum policy_action_type - what is to be done
 * @POLICY_FENCE_START: one attempt, one round over the devices: power off, read
 *	back as off (fence_start(), FENCE_OFF, automatic). It ends in an
 *	ATTEMPT event with the same @node, @inc and @token, whatever happens.
 *	There is never more than one attempt or POWER_ON at a head at a time
 * @POLICY_FENCE_CANCEL: end that attempt (or POWER_ON) now; its ATTEMPT (or
 *	POWERED) event follows all the same, with FENCE_CANCELLED, or with the
 *	result if there was one already
 * @POLICY_POWER_ON: switch the head on (FENCE_ON); ends in POWERED
 * @POLICY_CONFIRM: tell the kernel that @inc of @node is fenced, with @token
 * @POLICY_SAVE: write @memory to disk (memory_save()); ends in SAVED, in order.
 *	Not to be held up by anything else, and nothing is to be held up by it
 * @POLICY_TELL: @memory is what is on disk, or @memory_state why it is not
 *	known: the kernel tells the other heads. BEFORE the START that follows it
 * @POLICY_START: the kernel's cluster shall be up. It forms a first view of
 *	@founders once all of these ask for the same; 0: it forms none, and comes
 *	in where there is a view. Again whenever that changes while there is none
 * @POLICY_FEED: feed the watchdog once
 * @POLICY_STARVE: do not feed it any more until the next FEED, whatever else
 *	feeds it (on exit too: do not disarm)
 * @POLICY_ALERT: tell the admin, once
 */
enum policy_action_type {
	POLICY_FENCE_START,
	POLICY_FENCE_CANCEL,
	POLICY_POWER_ON,
	POLICY_CONFIRM,
	POLICY_SAVE,
	POLICY_TELL,
	POLICY_START,
	POLICY_FEED,
	POLICY_STARVE,
	POLICY_ALERT,
};

/**
 * enum policy_alert - what an admin ought to know; policy_alert_text() has words
 * @POLICY_ALERT_FENCE_FAILED: an attempt at @node failed, for the first time, and
 *	every time that the distance to the next one grows (@result, @count)
 * @POLICY_ALERT_FENCE_MANUAL: nothing can cut the power of @node but an admin
 * @POLICY_ALERT_FENCE_LIE: a device said that @node is off, and it is heard
 * @POLICY_ALERT_FENCE_VOID: @node was switched off although it was not needed any
 *	more: it came back while that was under way
 * @POLICY_ALERT_FENCED: @node is off, and the kernel has been told (@result)
 * @POLICY_ALERT_LEFT_OFF: @node was rebooted three times in ten minutes and is
 *	left off
 * @POLICY_ALERT_POWER_ON: @node does not come on again (@result)
 * @POLICY_ALERT_NO_CARRIER: @node is to be fenced, and this head has no carrier
 * @POLICY_ALERT_NOT_ADMITTED: the same, and this head is in no view
 * @POLICY_ALERT_WATCHDOG: the watchdog of @node proves nothing here: it is not
 *	armed, or both sides might wait for each other's
 * @POLICY_ALERT_MEMORY: the own memory cannot be read (@memory_state): this head
 *	starts no cluster
 * @POLICY_ALERT_NOT_SAVED: the own memory cannot be written: no head is taken in
 * @POLICY_ALERT_SAVE_HANGS: it is still being written after a time in which any disk
 *	has answered
 * @POLICY_ALERT_NEWER: @node remembers a later view than the one in force
 * @POLICY_ALERT_CONFLICT: two memories of the same epoch differ (one is @node's)
 * @POLICY_ALERT_STARVED: this head is out, or is to be reset, and its watchdog is
 *	not fed any more
 */
enum policy_alert {
	POLICY_ALERT_FENCE_FAILED,
	POLICY_ALERT_FENCE_MANUAL,
	POLICY_ALERT_FENCE_LIE,
	POLICY_ALERT_FENCE_VOID,
	POLICY_ALERT_FENCED,
	POLICY_ALERT_LEFT_OFF,
	POLICY_ALERT_POWER_ON,
	POLICY_ALERT_NO_CARRIER,
	POLICY_ALERT_NOT_ADMITTED,
	POLICY_ALERT_WATCHDOG,
	POLICY_ALERT_MEMORY,
	POLICY_ALERT_NOT_SAVED,
	POLICY_ALERT_SAVE_HANGS,
	POLICY_ALERT_NEWER,
	POLICY_ALERT_CONFLICT,
	POLICY_ALERT_STARVED,
};

/**
 * struct policy_action - one thing to be done
 * @type: see there
 * @node: whom it is about
 * @inc: FENCE_START, FENCE_CANCEL, CONFIRM: incarnation
 * @token: the same: as the kernel gave it
 * @watchdog: FENCE_START: ns from now after which a device of the kind watchdog
 *	may say FENCE_EXPIRED; 0: it must not
 * @memory: SAVE, TELL
 * @memory_state: TELL: MEMORY_FOUND, or what is wrong with the one on disk
 * @founders: START: a bit per id
 * @alert: ALERT
 * @result: ALERT: of the attempt it is about
 * @count: ALERT: attempts so far
 */
struct policy_action {
	enum policy_action_type type;
	uint32_t node;
	uint64_t inc;
	uint64_t token;
	union {
		uint64_t watchdog;
		struct {
			enum memory_state memory_state;
			struct memory memory;
		};
		uint64_t founders;
		struct {
			enum policy_alert alert;
			enum fence_result result;
			uint32_t count;
		};
	};
};

#define POLICY_ACTIONS_MAX	128	/* of one step; no step needs more */

struct policy_actions {
	size_t count;
	struct policy_action action[POLICY_ACTIONS_MAX];
};

struct policy;

/** policy_size - bytes of a struct policy, for a caller that allocates it */
size_t policy_size(void);

/** policy_init - make a policy that knows nothing of @p */
void policy_init(struct policy *p);

/**
 * policy_step - something is known
 * @p: the policy. CONFIG has to be the first event; before START can be asked for
 *	it needs MEMORY of this head, and VIEW
 * @ev: what; nothing of it is kept by reference
 * @out: overwritten with what is to be done, in order
 *
 * Return: 0; or a refusal of an event that asks for something:
 * CONFIG: -EINVAL: makes no sense, -EBUSY: another @self or @cluster.
 * OVERRIDE: -EISCONN: there is a view; -EAGAIN: the own memory has not been read
 * yet; -EHOSTDOWN: give it on one of the heads that policy_override() names, their
 * memory is better than the own one.
 * Events that make no sense are -EINVAL, and change nothing.
 */
int policy_step(struct policy *p, const struct policy_event *ev,
		struct policy_actions *out);

/**
 * policy_deadline - monotonic ns at which TIME is wanted; POLICY_NEVER: never
 *
 * It may be the time of the last event: FENCE_START comes from TIME only, so that
 * a head whose next sign of life is known already, but was not told yet, is not
 * shot. So tell all that is known, and then, if the deadline has come, TIME.
 */
uint64_t policy_deadline(const struct policy *p);

/**
 * enum policy_wait - what stands between this head and a view
 * @POLICY_WAIT_NONE: nothing: there is one, or a running one is being joined
 * @POLICY_WAIT_MEMORY: the own memory has not been read yet
 * @POLICY_WAIT_HEADS: heads that were in the newest view known (or, where no
 *	head remembers any, configured heads) are not heard
 * @POLICY_WAIT_AMNESIA: heads that were in it are here without a memory of it
 * @POLICY_WAIT_CONFLICT: memories contradict each other
 * @POLICY_WAIT_OTHERS: others start it; this head was not in the newest view, or
 *	its own memory cannot be read
 * @POLICY_WAIT_FORMING: all are here, the view is being formed
 */
enum policy_wait {
	POLICY_WAIT_NONE,
	POLICY_WAIT_MEMORY,
	POLICY_WAIT_HEADS,
	POLICY_WAIT_AMNESIA,
	POLICY_WAIT_CONFLICT,
	POLICY_WAIT_OTHERS,
	POLICY_WAIT_FORMING,
};

/**
 * struct policy_start - how far a start is
 * @wait: what it waits for
 * @heads: the heads that that is about, a bit per id
 * @epoch: newest epoch that any head here remembers; 0: none does
 * @members: of that view
 * @founders: heads that the view will be formed of; 0: not by this head
 * @override: heads that an override on this head would start with; 0: it would
 *	be refused
 * @better: heads on which the override should be given instead
 */
struct policy_start {
	enum policy_wait wait;
	uint64_t heads;
	uint64_t epoch;
	uint64_t members;
	uint64_t founders;
	uint64_t override;
	uint64_t better;
};

/** policy_start_look - fills @s in */
void policy_start_look(const struct policy *p, struct policy_start *s);

/**
 * policy_start_text - the same in words, for people
 * @p: the policy
 * @buf: takes one sentence of what is waited for, and, where an override would
 *	be taken, one of what it would risk
 * @size: of @buf; 300 bytes do
 */
void policy_start_text(const struct policy *p, char *buf, size_t size);

/**
 * enum policy_fence_state - where the fence of a head stands
 * @POLICY_FENCE_NONE: none is asked for
 * @POLICY_FENCE_DELAY: the head may still be heard again
 * @POLICY_FENCE_HEARD: asked for, and the head is heard: nobody shoots
 * @POLICY_FENCE_RETURNED: it has come back and serves nobody: as good as left
 * @POLICY_FENCE_TURN: other heads go first
 * @POLICY_FENCE_RUNNING: an attempt is under way
 * @POLICY_FENCE_HELD: a device says off; held back until the head is silent
 * @POLICY_FENCE_RETRY: the last attempt failed, another one follows
 * @POLICY_FENCE_MANUAL: an admin has to switch it off and to confirm
 * @POLICY_FENCE_CARRIER: this head has no carrier
 * @POLICY_FENCE_OUTSIDE: this head is not in a view, and shoots nobody
 * @POLICY_FENCE_DONE: confirmed; the kernel has been told
 */
enum policy_fence_state {
	POLICY_FENCE_NONE,
	POLICY_FENCE_DELAY,
	POLICY_FENCE_HEARD,
	POLICY_FENCE_RETURNED,
	POLICY_FENCE_TURN,
	POLICY_FENCE_RUNNING,
	POLICY_FENCE_HELD,
	POLICY_FENCE_RETRY,
	POLICY_FENCE_MANUAL,
	POLICY_FENCE_CARRIER,
	POLICY_FENCE_OUTSIDE,
	POLICY_FENCE_DONE,
};

/**
 * struct policy_fence_info - the fence of a head
 * @state: see there
 * @why: what for; valid unless NONE
 * @inc: incarnation
 * @token: as the kernel gave it
 * @at: when the next attempt may begin, monotonic ns; 0: not known
 * @failed: attempts that failed in a row
 * @last: how the last one ended
 * @left_off: it was fenced too often and stays off
 */
struct policy_fence_info {
	enum policy_fence_state state;
	enum policy_why why;
	uint64_t inc;
	uint64_t token;
	uint64_t at;
	uint32_t failed;
	enum fence_result last;
	bool left_off;
};

/** policy_fence_look - fills @f in; false: no such head */
bool policy_fence_look(const struct policy *p, uint32_t node,
		       struct policy_fence_info *f);

/** policy_feeds - is the watchdog to be fed now? */
bool policy_feeds(const struct policy *p);

/**
 * policy_armed - time-out of the watchdog that this head has announced as armed, ns
 *
 * 0: it has announced none, as the incarnation that is heard or was heard last, so
 * that its watchdog proves nothing about it.
 */
uint64_t policy_armed(const struct policy *p, uint32_t node);

/** policy_*_text - for people: "waits until it is its turn" */
const char *policy_fence_text(enum policy_fence_state s);
const char *policy_alert_text(enum policy_alert a);
const char *policy_state_text(enum policy_state s);

/** policy_*_word - for JSON, journal and hooks: "fence-failed" */
const char *policy_fence_word(enum policy_fence_state s);
const char *policy_alert_word(enum policy_alert a);
const char *policy_state_word(enum policy_state s);
const char *policy_wait_word(enum policy_wait w);

#endif /* SAMRD_POLICY_H */
