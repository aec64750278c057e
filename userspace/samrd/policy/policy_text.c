// SPDX-License-Identifier: GPL-2.0
/* What the policy knows, in words. */
#include <stdio.h>

#include "policy_inside.h"

#define COMMAND	"samrctl cluster override"

struct words {
	const char *word;
	const char *text;
};

static const struct words fences[] = {
	[POLICY_FENCE_NONE]	= { "none", "not asked for" },
	[POLICY_FENCE_DELAY]	= { "delay", "waits whether it is heard again" },
	[POLICY_FENCE_HEARD]	= { "heard", "asked for, but the head is heard" },
	[POLICY_FENCE_RETURNED] = { "returned", "not needed: it came back and serves nobody" },
	[POLICY_FENCE_TURN]	= { "turn", "waits until it is this head's turn" },
	[POLICY_FENCE_RUNNING]	= { "running", "its power is being cut" },
	[POLICY_FENCE_HELD]	= { "held", "a device says off, but the head is heard" },
	[POLICY_FENCE_RETRY]	= { "retry", "is tried again" },
	[POLICY_FENCE_MANUAL]	= { "manual", "waits for an admin: switch it off, then samrctl fence confirm" },
	[POLICY_FENCE_CARRIER]	= { "no-carrier", "this head has no carrier, and fences nobody" },
	[POLICY_FENCE_OUTSIDE]	= { "outside", "this head is in no view, and fences nobody" },
	[POLICY_FENCE_DONE]	= { "done", "is off" },
};

static const struct words alerts[] = {
	[POLICY_ALERT_FENCE_FAILED]  = { "fence-failed", "its power could not be cut" },
	[POLICY_ALERT_FENCE_MANUAL]  = { "fence-manual", "nothing can cut its power but an admin: switch it off, then samrctl fence confirm" },
	[POLICY_ALERT_FENCE_LIE]     = { "fence-lie", "a device says that it is off, but it is heard" },
	[POLICY_ALERT_FENCE_VOID]    = { "fence-void", "it was switched off although that was not needed any more" },
	[POLICY_ALERT_FENCED]	     = { "fenced", "it is off" },
	[POLICY_ALERT_LEFT_OFF]	     = { "left-off", "it was rebooted three times in ten minutes, and is left off" },
	[POLICY_ALERT_POWER_ON]	     = { "power-on-failed", "it does not come on again" },
	[POLICY_ALERT_NO_CARRIER]    = { "no-carrier", "it is to be fenced, and this head has no carrier" },
	[POLICY_ALERT_NOT_ADMITTED]  = { "not-admitted", "it is to be fenced, and this head is in no view" },
	[POLICY_ALERT_WATCHDOG]	     = { "watchdog", "its watchdog proves nothing here: switch it off, then samrctl fence confirm" },
	[POLICY_ALERT_MEMORY]	     = { "memory", "the memory on disk cannot be read: this head starts no cluster" },
	[POLICY_ALERT_NOT_SAVED]     = { "not-saved", "the memory cannot be written: no head is taken into the view" },
	[POLICY_ALERT_SAVE_HANGS]    = { "save-hangs", "the memory is still being written: its disk does not answer, and no head is taken into the view" },
	[POLICY_ALERT_NEWER]	     = { "newer-memory", "it remembers a later view than the one in force" },
	[POLICY_ALERT_CONFLICT]	     = { "memory-conflict", "its memory contradicts another one" },
	[POLICY_ALERT_STARVED]	     = { "starved", "the watchdog is not fed any more, and resets this machine" },
};

static const struct words states[] = {
	[POLICY_DOWN]	  = { "down", "down" },
	[POLICY_WAITING]  = { "waiting", "without a view" },
	[POLICY_LEARNING] = { "learning", "coming in" },
	[POLICY_SERVING]  = { "serving", "serving" },
	[POLICY_WEDGED]	  = { "wedged", "wedged" },
	[POLICY_EXPELLED] = { "expelled", "put out" },
	[POLICY_LEFT]	  = { "left", "has left" },
	[POLICY_HALTED]	  = { "halted", "halted: a broken invariant" },
};

static const struct words waits[] = {
	[POLICY_WAIT_NONE]     = { "none", "" },
	[POLICY_WAIT_MEMORY]   = { "memory", "" },
	[POLICY_WAIT_HEADS]    = { "heads", "" },
	[POLICY_WAIT_AMNESIA]  = { "amnesia", "" },
	[POLICY_WAIT_CONFLICT] = { "conflict", "" },
	[POLICY_WAIT_OTHERS]   = { "others", "" },
	[POLICY_WAIT_FORMING]  = { "forming", "" },
};

#define LOOK_UP(table, i, what) \
	((size_t)(i) < sizeof(table) / sizeof((table)[0]) ? \
	 (table)[i].what : "unknown")

const char *policy_fence_text(enum policy_fence_state s)
{
	return LOOK_UP(fences, s, text);
}

const char *policy_fence_word(enum policy_fence_state s)
{
	return LOOK_UP(fences, s, word);
}

const char *policy_alert_text(enum policy_alert a)
{
	return LOOK_UP(alerts, a, text);
}

const char *policy_alert_word(enum policy_alert a)
{
	return LOOK_UP(alerts, a, word);
}

const char *policy_state_text(enum policy_state s)
{
	return LOOK_UP(states, s, text);
}

const char *policy_state_word(enum policy_state s)
{
	return LOOK_UP(states, s, word);
}

const char *policy_wait_word(enum policy_wait w)
{
	return LOOK_UP(waits, w, word);
}

/* "head 3", "heads 1, 2"; "no head" of none. */
static const char *heads(uint64_t set, char *buf, size_t size)
{
	const char *before = set & (set - 1) ? "heads " : "head ";
	size_t at = 0;
	uint32_t id;
	int n;

	if (!set)
		return "no head";
	for (id = 1; id < POLICY_IDS; id++) {
		if (!(set & policy_bit(id)))
			continue;
		n = snprintf(buf + at, size - at, "%s%u", before, id);
		if (n < 0 || (size_t)n >= size - at)
			break;
		at += (size_t)n;
		before = ", ";
	}
	return buf;
}

static int waits_for(const struct policy_start *s, char *buf, size_t size)
{
	unsigned long long epoch = s->epoch;
	char whom[260], with[260];

	heads(s->heads, whom, sizeof(whom));
	heads(s->members, with, sizeof(with));
	switch (s->wait) {
	case POLICY_WAIT_NONE:
		break;
	case POLICY_WAIT_MEMORY:
		return snprintf(buf, size, "Waits for its own memory.");
	case POLICY_WAIT_HEADS:
		if (s->epoch)
			return snprintf(buf, size, "Waits for %s: view %llu, the newest known, was of %s.",
					whom, epoch, with);
		return snprintf(buf, size, "Waits for %s: the first view is formed of all heads.",
				whom);
	case POLICY_WAIT_AMNESIA:
		if (s->epoch)
			return snprintf(buf, size, "Waits: %s was in view %llu, and does not remember it.",
					whom, epoch);
		return snprintf(buf, size, "Waits: the memory of %s cannot be read.",
				whom);
	case POLICY_WAIT_CONFLICT:
		return snprintf(buf, size, "Waits: %s contradict each other about view %llu.",
				whom, epoch);
	case POLICY_WAIT_OTHERS:
		return snprintf(buf, size, "Waits for %s to start the cluster, and joins it.",
				whom);
	case POLICY_WAIT_FORMING:
		return snprintf(buf, size, "Forms a view of %s.", whom);
	}
	if (size)
		buf[0] = '\0';
	return 0;
}

void policy_start_text(const struct policy *p, char *buf, size_t size)
{
	struct policy_start s;
	char set[260];
	int n;

	policy_start_look(p, &s);
	n = waits_for(&s, buf, size);
	if (n < 0 || (size_t)n >= size)
		return;
	if (s.override)
		snprintf(buf + n, size - (size_t)n, " \"" COMMAND "\" starts it from %s; what only others hold is lost, and if one of those still serves there are two clusters.",
			 heads(s.override, set, sizeof(set)));
	else if (s.better)
		snprintf(buf + n, size - (size_t)n, " \"" COMMAND "\" can be given on %s.",
			 heads(s.better, set, sizeof(set)));
}
