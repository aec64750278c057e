/* SPDX-License-Identifier: GPL-2.0 */
/*
 * One attempt with one device: what fence.c and the kinds of devices share.
 *
 * A kind runs helpers and timers of its attempt and ends it once by
 * fence_attempt_end(). What it runs at that moment is stopped by that.
 */
#ifndef SAMRD_FENCE_ATTEMPT_H
#define SAMRD_FENCE_ATTEMPT_H

#include <systemd/sd-event.h>

#include "base/helper.h"
#include "fence_device.h"
#include "secret.h"

struct fence_attempt;

/** fence_end_fn - the attempt has ended; it may be started anew in the call */
typedef void fence_end_fn(struct fence_attempt *a, enum fence_result r,
			  const char *text);

/**
 * struct fence_attempt - one attempt; zeroed, then filled in by its owner
 * @event: the loop
 * @ipmi_program: path of samr-fence-ipmi
 * @poll_ms: from one reading of the power status to the next
 * @device: own copy
 * @action: FENCE_OFF, FENCE_ON or FENCE_STATUS
 * @limit_ms: to its deadline, at most that of the device
 * @watchdog_at: CLOCK_MONOTONIC, us, at which a watchdog has fired; 0: never
 * @end: is told
 * @data: of the owner
 *
 * Of the kinds:
 * @active: started, and not ended
 * @deadline: for all of it; NULL: none
 * @late: what is done then
 * @timer: of the next step
 * @next: what is done then
 * @helper: what runs
 * @secret: the password while it is needed
 * @commanded: the command was given
 * @taken: it was accepted
 * @seen: what the power status said last; FENCE_PENDING: nothing yet
 * @text: what was said to the command, or last
 */
struct fence_attempt {
	sd_event *event;
	const char *ipmi_program;
	unsigned int poll_ms;
	struct fence_device device;
	enum fence_action action;
	unsigned int limit_ms;
	uint64_t watchdog_at;
	fence_end_fn *end;
	void *data;

	bool active;
	sd_event_source *deadline;
	void (*late)(struct fence_attempt *a);
	sd_event_source *timer;
	void (*next)(struct fence_attempt *a);
	struct helper *helper;
	char secret[SECRET_MAX];
	bool commanded;
	bool taken;
	enum fence_result seen;
	char text[FENCE_TEXT_MAX];
};

/**
 * fence_attempt_start - go
 *
 * @a->end is called from the loop, or at once from within this call.
 */
void fence_attempt_start(struct fence_attempt *a);

/** fence_attempt_stop - give up, without a call of @a->end; idle: nothing */
void fence_attempt_stop(struct fence_attempt *a);

/* ---- for the kinds ---- */

/** fence_attempt_end - it is over; the text is made clean of the secret */
void fence_attempt_end(struct fence_attempt *a, enum fence_result r,
		       const char *format, ...)
	__attribute__((format(printf, 3, 4)));

/** fence_attempt_timer - call @next in so many ms; false: it has been ended */
bool fence_attempt_timer(struct fence_attempt *a, uint64_t ms,
			 void (*next)(struct fence_attempt *a));

/** fence_attempt_deadline - call @late when @a->limit_ms are over; the same */
bool fence_attempt_deadline(struct fence_attempt *a,
			    void (*late)(struct fence_attempt *a));

/**
 * fence_attempt_secret - read the password into @a->secret
 *
 * Return: false when there is one, and it cannot be had: it has been ended.
 */
bool fence_attempt_secret(struct fence_attempt *a);

/**
 * fence_attempt_run - run a program
 * @program: path
 * @input: for its standard input; cleared by this call
 * @len: of @input
 * @limit_ms: to its deadline
 * @done: takes its end
 *
 * Return: false when it could not be started: it has been ended.
 */
bool fence_attempt_run(struct fence_attempt *a, const char *program,
		       char *input, size_t len, unsigned int limit_ms,
		       helper_done_fn *done);

/**
 * fence_attempt_said - the last line of what a program wrote, without the secret
 * @output: HELPER_OUTPUT_MAX + 1 bytes, which it is put into
 *
 * To be cut, if it has to be, only afterwards: half a secret is not found.
 */
const char *fence_attempt_said(const struct fence_attempt *a,
			       const struct helper_end *end, char *output);

/* One of these for each kind. */
void fence_ipmi_start(struct fence_attempt *a);
void fence_agent_start(struct fence_attempt *a);
void fence_watchdog_start(struct fence_attempt *a);
void fence_manual_start(struct fence_attempt *a);

#endif /* SAMRD_FENCE_ATTEMPT_H */
