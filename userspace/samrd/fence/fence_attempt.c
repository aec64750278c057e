// SPDX-License-Identifier: GPL-2.0
/* What attempts of all kinds have in common; see fence_attempt.h. */
#include <errno.h>
#include <stdarg.h>
#include <stdio.h>
#include <string.h>

#include "fence_attempt.h"

#define ACCURACY_US	1000

/* Secrets are gone with what needed them. */
static void stop_all(struct fence_attempt *a)
{
	helper_stop(a->helper);
	a->helper = NULL;
	a->timer = sd_event_source_disable_unref(a->timer);
	a->deadline = sd_event_source_disable_unref(a->deadline);
	a->active = false;
}

void fence_attempt_start(struct fence_attempt *a)
{
	a->active = true;
	a->commanded = false;
	a->taken = false;
	a->seen = FENCE_PENDING;
	a->text[0] = '\0';
	switch (a->device.kind) {
	case FENCE_IPMI:
		fence_ipmi_start(a);
		return;
	case FENCE_AGENT:
		fence_agent_start(a);
		return;
	case FENCE_WATCHDOG:
		fence_watchdog_start(a);
		return;
	case FENCE_MANUAL:
		fence_manual_start(a);
		return;
	}
	fence_attempt_end(a, FENCE_BROKEN, "no such kind of device");
}

void fence_attempt_stop(struct fence_attempt *a)
{
	stop_all(a);
	explicit_bzero(a->secret, sizeof(a->secret));
}

void fence_attempt_end(struct fence_attempt *a, enum fence_result r,
		       const char *format, ...)
{
	char text[FENCE_TEXT_MAX];
	va_list args;

	va_start(args, format);
	vsnprintf(text, sizeof(text), format, args);
	va_end(args);
	secret_hide(text, a->secret);
	fence_attempt_stop(a);
	a->end(a, r, text);
}

/* ---- timers ---- */

static int on_next(sd_event_source *s, uint64_t usec, void *data)
{
	struct fence_attempt *a = data;

	(void)s;
	(void)usec;
	a->next(a);
	return 0;
}

static int on_late(sd_event_source *s, uint64_t usec, void *data)
{
	struct fence_attempt *a = data;

	(void)s;
	(void)usec;
	a->late(a);
	return 0;
}

static bool set_timer(struct fence_attempt *a, sd_event_source **s, uint64_t ms,
		      sd_event_time_handler_t handler)
{
	int r;

	sd_event_source_disable_unref(*s);
	*s = NULL;
	r = sd_event_add_time_relative(a->event, s, CLOCK_MONOTONIC, ms * 1000,
				       ACCURACY_US, handler, a);
	if (r < 0)
		fence_attempt_end(a, FENCE_BROKEN, "no timer: %s",
				  strerror(-r));
	return r >= 0;
}

bool fence_attempt_timer(struct fence_attempt *a, uint64_t ms,
			 void (*next)(struct fence_attempt *a))
{
	a->next = next;
	return set_timer(a, &a->timer, ms, on_next);
}

bool fence_attempt_deadline(struct fence_attempt *a,
			    void (*late)(struct fence_attempt *a))
{
	a->late = late;
	return set_timer(a, &a->deadline, a->limit_ms, on_late);
}

/* ---- programs ---- */

bool fence_attempt_secret(struct fence_attempt *a)
{
	char why[SECRET_WHY_MAX];

	if (!a->device.password_file ||
	    secret_read(a->device.password_file, a->secret, why))
		return true;
	fence_attempt_end(a, FENCE_BROKEN, "password file: %.150s", why);
	return false;
}

const char *fence_attempt_said(const struct fence_attempt *a,
			       const struct helper_end *end, char *output)
{
	strcpy(output, end->output);
	secret_hide(output, a->secret);
	/* There was more before it, which may have been half of the secret. */
	if (strlen(output) == HELPER_OUTPUT_MAX)
		output += strlen(a->secret);
	return helper_last_line(output);
}

bool fence_attempt_run(struct fence_attempt *a, const char *program,
		       char *input, size_t len, unsigned int limit_ms,
		       helper_done_fn *done)
{
	char *const argv[] = { (char *)(uintptr_t)program, NULL };
	const struct helper_setup s = {
		.event = a->event, .argv = argv, .input = input, .len = len,
		.limit_ms = limit_ms, .done = done, .data = a,
	};
	int r = helper_start(&a->helper, &s);

	explicit_bzero(input, len);
	if (r < 0)
		fence_attempt_end(a, FENCE_BROKEN, "%.100s cannot be started: %s",
				  program, strerror(-r));
	return r >= 0;
}
