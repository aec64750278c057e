/* SPDX-License-Identifier: GPL-2.0 */
/*
 * Fencing: cuts the power of heads through their devices, each attempt in a
 * process of its own, and says how it ended. Whom and when is the policy's.
 *
 * One job at a time changes the power of a head; a job that only looks may run
 * beside it. A job makes rounds over the devices of the head: in order until
 * one has done it, or all together. With several together, all are asked once
 * more when the last one is off: only when all say off at once, it is. A
 * persistent job goes on with rounds, at growing distances, until it is done or
 * cancelled; any other makes one.
 */
#ifndef SAMRD_FENCE_H
#define SAMRD_FENCE_H

#include <systemd/sd-event.h>

#include "fence_device.h"

struct fence;

/**
 * struct fence_outcome - how the last attempt with one device ended
 * @device: its name
 * @kind: its kind
 * @result: FENCE_PENDING: under way, or not tried in this round
 * @ms: it took
 * @text: what the device or its program said, one line without secrets
 */
struct fence_outcome {
	char device[32];
	enum fence_kind kind;
	enum fence_result result;
	uint64_t ms;
	char text[FENCE_TEXT_MAX];
};

/**
 * struct fence_report - a round is over
 * @node: the head
 * @action: as asked for
 * @token: as given to fence_start()
 * @result: of the round
 * @over: the job is over, too; false: another round follows in @retry_ms, or
 *	of a FENCE_CYCLE that power is off, and it goes on with power on
 * @persistent: as asked for
 * @round: counts from 1
 * @retry_ms: time until the next round; 0: no such
 * @count: of @outcome
 * @outcome: of each device
 * @text: the same in one line: "bmc: unreachable; pdu: confirmed off"
 */
struct fence_report {
	uint32_t node;
	enum fence_action action;
	uint64_t token;
	enum fence_result result;
	bool over;
	bool persistent;
	unsigned int round;
	uint64_t retry_ms;
	size_t count;
	const struct fence_outcome *outcome;
	char text[FENCE_DEVICES_MAX * 100];
};

/**
 * fence_report_fn - is told of each round; may start and cancel jobs
 * @r: valid during the call
 * @data: as given to fence_start()
 */
typedef void fence_report_fn(const struct fence_report *r, void *data);

/**
 * struct fence_setup - what all jobs share
 * @event: the loop; SIGCHLD has to be blocked in all threads. Not taken over
 * @ipmi_program: path of samr-fence-ipmi; NULL: the installed one
 * @retry_first_ms: time after the first round that failed; 0: 1 s
 * @retry_max_ms: doubled up to this; 0: 30 s
 * @poll_ms: time between two readings of a status; 0: 200 ms
 */
struct fence_setup {
	sd_event *event;
	const char *ipmi_program;
	unsigned int retry_first_ms;
	unsigned int retry_max_ms;
	unsigned int poll_ms;
};

/** fence_new - 0, or -errno; @s is copied, the string in it is not */
int fence_new(struct fence **f, const struct fence_setup *s);

/** fence_free - kills what is under way, without a report; NULL is fine */
void fence_free(struct fence *f);

/**
 * fence_configure - the heads and their devices from now on
 * @f: fencing
 * @nodes: stays the caller's, with all strings in it, and has to live until the
 *	next call or fence_free(); NULL with @count 0 is fine
 * @count: of @nodes
 *
 * An attempt under way ends as it began; the next round uses the new devices.
 */
void fence_configure(struct fence *f, const struct fence_node *nodes,
		     size_t count);

/**
 * struct fence_request - a job
 * @node: the head
 * @action: what to do
 * @token: given back in reports
 * @persistent: FENCE_OFF only: round after round until it is done
 * @watchdog_ms: for a device of the kind watchdog: in so many milliseconds from
 *	now a head that does not feed its watchdog has been reset for sure, with
 *	all margins; 0: it had announced no armed watchdog, or that way is not
 *	allowed here
 * @report: is told of each round
 * @data: for @report
 */
struct fence_request {
	uint32_t node;
	enum fence_action action;
	uint64_t token;
	bool persistent;
	uint64_t watchdog_ms;
	fence_report_fn *report;
	void *data;
};

/**
 * fence_start - start a job
 *
 * Reports come from the loop, never from within this call, but for that of the
 * job which this one takes the place of: a persistent one ends any other of the
 * head that changes its power (FENCE_CANCELLED).
 *
 * Return: 0; -EBUSY: a job changes the power of this head already; -EAGAIN: too
 * many jobs; -EINVAL: no such action; -ENOMEM. A head without devices is no
 * error: FENCE_NO_DEVICE is reported.
 */
int fence_start(struct fence *f, const struct fence_request *rq);

/**
 * fence_cancel - end the job that changes the power of @node, without a report
 *
 * Its processes are killed. Power may have been cut, or be about to be.
 */
void fence_cancel(struct fence *f, uint32_t node);

/**
 * struct fence_state - the job that changes the power of a head, or its last one
 * @active: there is one
 * @last: its last report; node is 0 when there was none
 * @outcome: what @last.outcome points to, with the attempts under way
 */
struct fence_state {
	bool active;
	struct fence_report last;
	struct fence_outcome outcome[FENCE_DEVICES_MAX];
};

/** fence_look - fills @s in; false: no such head is configured */
bool fence_look(const struct fence *f, uint32_t node, struct fence_state *s);

#endif /* SAMRD_FENCE_H */
