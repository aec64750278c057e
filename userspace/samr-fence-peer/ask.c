// SPDX-License-Identifier: GPL-2.0
/* Asking samrd for DRBD; see ask.h. */
#include <stdio.h>
#include <string.h>
#include <time.h>

#include "ask.h"
#include "daemon.h"

#define AGAIN_MS	500	/* samrd may only just be started again */
#define GRACE_MS	1000	/* for its answer that time is over */

static long now_ms(void)
{
	struct timespec t;

	clock_gettime(CLOCK_MONOTONIC, &t);
	return t.tv_sec * 1000L + t.tv_nsec / 1000000;
}

static void wait_ms(long ms)
{
	const struct timespec t = { ms / 1000, ms % 1000 * 1000000 };

	nanosleep(&t, NULL);
}

static enum ask_fate fate_of(const json_t *answer, const char *peer, char *text)
{
	const char *fate = json_string_value(json_object_get(answer, "fate"));

	if (fate && !strcmp(fate, "off")) {
		snprintf(text, ASK_TEXT_MAX, "the power of %s is off", peer);
		return ASK_OFF;
	}
	if (fate && !strcmp(fate, "outdated")) {
		snprintf(text, ASK_TEXT_MAX, "the data of %s are outdated",
			 peer);
		return ASK_OUTDATED;
	}
	snprintf(text, ASK_TEXT_MAX, "samrd's answer makes no sense: is it of "
		 "another version?");
	return ASK_UNKNOWN;
}

enum ask_fate ask_samrd(const char *resource, const char *peer,
			unsigned int limit_ms, char *text)
{
	long end = now_ms() + limit_ms, left;
	enum ask_fate fate;
	char why[DAEMON_WHY_MAX] = "";
	enum daemon_end how;
	json_t *answer = NULL;

	for (;;) {
		left = end - now_ms();
		how = daemon_ask(json_pack("{s:s, s:s, s:s, s:I}", "verb",
					   "fence-peer", "resource", resource,
					   "peer", peer, "limit_ms",
					   (json_int_t)(left > 1 ? left : 1)),
				 left > 0 ? left + GRACE_MS : GRACE_MS, &answer,
				 why);
		if (how == DAEMON_OK) {
			fate = fate_of(answer, peer, text);
			json_decref(answer);
			return fate;
		}
		snprintf(text, ASK_TEXT_MAX, "%s", why);
		if (how == DAEMON_REFUSED || end - now_ms() <= AGAIN_MS)
			return ASK_UNKNOWN;
		wait_ms(AGAIN_MS);
	}
}
