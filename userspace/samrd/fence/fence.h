/* SPDX-License-Identifier: GPL-2.0 */
/*
 * Fencing: cuts the power of heads through their devices, each attempt in a
 * process of its own, and says how it ended. Whom and when is the policy's.
 *
 * One job at a time changes the power of a head; jobs that only look may run
 * beside it. A job makes one round over the devices of the head: in order until
 * one has done it, or all together. With several together, all are asked once
 * more when the last one is off: only when all say off at once, it is. To try
 * again, at growing distances, is the policy's, too.
 *
 * A round takes no longer than the deadlines of its devices added up, and what
 * it takes to start and kill their processes; a device of the kind watchdog as
 * long as the request says.
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
 * struct fence_report - how a job stands, or has ended
 * @node: the head
 * @action: as asked for
 * @automatic: as asked for
 * @token: as given to fence_start()
 * @result: FENCE_PENDING: under way
 * @over: the job is over; false: it is a FENCE_CYCLE whose power is off, and
 *	goes on with power on
 * @ms: it took so far
 * @count: of @outcome
 * @outcome: of each device
 */
struct fence_report {
	uint32_t node;
	enum fence_action action;
	bool automatic;
	uint64_t token;
	enum fence_result result;
	bool over;
	uint64_t ms;
	size_t count;
	struct fence_outcome outcome[FENCE_DEVICES_MAX];
};

/**
 * fence_report_text - the outcomes in one line
 *
 * "bmc: unreachable (no answer), pdu: confirmed off". @size bytes at @text.
 */
const char *fence_report_text(const struct fence_report *r, char *text,
			      size_t size);

/**
 * fence_report_fn - is told how a job ended; may start and cancel jobs
 * @r: valid during the call
 * @data: as given to fence_start()
 */
typedef void fence_report_fn(const struct fence_report *r, void *data);

/**
 * struct fence_setup - what all jobs share
 * @event: the loop; SIGCHLD has to be blocked in all threads. Not taken over
 * @ipmi_program: path of samr-fence-ipmi; NULL: the installed one
 * @poll_ms: time between two readings of a power status; 0: 100 ms
 */
struct fence_setup {
	sd_event *event;
	const char *ipmi_program;
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
 * A job under way goes on as it began.
 */
void fence_configure(struct fence *f, const struct fence_node *nodes,
		     size_t count);

/**
 * struct fence_request - a job
 * @node: the head
 * @action: what to do
 * @automatic: it comes from the policy: ends a job of an admin that changes the
 *	power of this head (FENCE_CANCELLED), and takes its place
 * @token: given back in reports
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
	bool automatic;
	uint64_t token;
	uint64_t watchdog_ms;
	fence_report_fn *report;
	void *data;
};

/**
 * fence_start - start a job
 *
 * Reports come from the loop, never from within a call: exactly one with @over
 * for each job that was started, unless fence_free() comes first.
 *
 * Return: 0; -EBUSY: a job changes the power of this head already; -EAGAIN: too
 * many jobs; -EINVAL: no such action; -ENOMEM. A head without devices is no
 * error: FENCE_NO_DEVICE is reported.
 */
int fence_start(struct fence *f, const struct fence_request *rq);

/**
 * fence_cancel - end the job that changes the power of @node, if there is one
 *
 * Its processes are killed at once, and FENCE_CANCELLED is reported from the
 * loop. Power may have been cut, or be about to be.
 */
void fence_cancel(struct fence *f, uint32_t node);

/**
 * fence_look - the job that changes the power of a head, or the last one
 *
 * Return: false when there was none.
 */
bool fence_look(const struct fence *f, uint32_t node, struct fence_report *r);

#endif /* SAMRD_FENCE_H */
