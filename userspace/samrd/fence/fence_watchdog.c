// SPDX-License-Identifier: GPL-2.0
/*
 * Devices of the kind watchdog: the head resets itself when it does not feed its
 * watchdog any more. Nothing can be asked; after its time, with all margins, the
 * head has been reset. Whether that may be relied on, and from when on the time
 * counts, the policy decides: without its word nothing ever expires here.
 */
#include <time.h>

#include "fence_attempt.h"

static uint64_t now_us(const struct fence_attempt *a)
{
	uint64_t now = 0;

	sd_event_now(a->event, CLOCK_MONOTONIC, &now);
	return now;
}

static void on_time(struct fence_attempt *a)
{
	fence_attempt_end(a, FENCE_EXPIRED, "its time is over");
}

static uint64_t ms_left(const struct fence_attempt *a)
{
	uint64_t now = now_us(a);

	return a->watchdog_at > now ? (a->watchdog_at - now + 999) / 1000 : 0;
}

void fence_watchdog_start(struct fence_attempt *a)
{
	if (a->action != FENCE_OFF)
		fence_attempt_end(a, FENCE_WAITS, "it cannot be asked");
	else if (!a->watchdog_at)
		fence_attempt_end(a, FENCE_NOT_ARMED, "none can be waited for");
	else
		fence_attempt_timer(a, ms_left(a), on_time);
}
