// SPDX-License-Identifier: GPL-2.0
/*
 * Devices of the kind ipmi: samr-fence-ipmi does it, and says how it went by its
 * exit status and one line. Only both together are believed.
 */
#include <stdarg.h>
#include <stdio.h>
#include <string.h>

#include "fence_attempt.h"

#define PORTION		5	/* a fifth of the deadline is kept back: */
#define RESERVE_MAX_MS	1000	/* it answers by itself before it is killed */

/* Its exit statuses, and the word that its line has to begin with. */
static const struct {
	enum fence_result result;
	const char *word;
} ends[] = {
	[1]	= { FENCE_BROKEN, "broken" },
	[2]	= { FENCE_BROKEN, "usage" },
	[3]	= { FENCE_REFUSED, "refused" },
	[4]	= { FENCE_UNREACHABLE, "unreachable" },
	[5]	= { FENCE_NO_STATUS, "no-status" },
	[6]	= { FENCE_STAYS_ON, "stays-on" },
	[7]	= { FENCE_STAYS_OFF, "stays-off" },
	[8]	= { FENCE_CAME_BACK, "came-back" },
};

#define ENDS	((int)(sizeof(ends) / sizeof(*ends)))

/* What follows "WORD: " in @line; NULL: it does not begin so. */
static const char *behind(const char *line, const char *word)
{
	size_t len = strlen(word);

	if (strncmp(line, word, len) || strncmp(line + len, ": ", 2))
		return NULL;
	return line + len + 2;
}

static void took_power(struct fence_attempt *a, const char *line)
{
	const char *off = behind(line, "off"), *on = behind(line, "on");

	if (off && a->action != FENCE_ON)
		fence_attempt_end(a, FENCE_IS_OFF, "%s", off);
	else if (on && a->action != FENCE_OFF)
		fence_attempt_end(a, FENCE_IS_ON, "%s", on);
	else
		fence_attempt_end(a, FENCE_BROKEN, "samr-fence-ipmi says it "
				  "is done, but neither off nor on");
}

static void on_end(const struct helper_end *end, void *data)
{
	struct fence_attempt *a = data;
	char output[HELPER_OUTPUT_MAX + 1];
	const char *line, *text;

	a->helper = NULL;
	line = fence_attempt_said(a, end, output);
	if (end->late) {
		fence_attempt_end(a, FENCE_DEADLINE, "samr-fence-ipmi was killed "
				  "after %u ms", a->limit_ms);
	} else if (end->signal) {
		fence_attempt_end(a, FENCE_BROKEN, "samr-fence-ipmi ended by "
				  "signal %d", end->signal);
	} else if (!end->status) {
		took_power(a, line);
	} else if (end->status < ENDS &&
		   (text = behind(line, ends[end->status].word))) {
		fence_attempt_end(a, ends[end->status].result, "%s", text);
	} else {
		fence_attempt_end(a, FENCE_BROKEN, "%.60s: exit status %d: %.80s",
				  a->ipmi_program, end->status, line);
	}
}

/* ---- what it is told ---- */

struct lines {
	char text[HELPER_INPUT_MAX];
	size_t len;
	bool full;
};

static void add(struct lines *l, const char *key, const char *value)
{
	size_t room = sizeof(l->text) - l->len;
	int n = snprintf(l->text + l->len, room, "%s=%s\n", key, value);

	if (n < 0 || (size_t)n >= room)
		l->full = true;
	else
		l->len += n;
}

static void add_number(struct lines *l, const char *key, unsigned int value)
{
	char text[16];

	snprintf(text, sizeof(text), "%u", value);
	add(l, key, text);
}

static unsigned int own_deadline(unsigned int limit_ms)
{
	unsigned int reserve = limit_ms / PORTION;

	return limit_ms - (reserve < RESERVE_MAX_MS ? reserve : RESERVE_MAX_MS);
}

static bool add_k_g(struct fence_attempt *a, struct lines *l)
{
	char why[SECRET_WHY_MAX], k_g[SECRET_MAX];

	if (!a->device.ipmi.k_g_file)
		return true;
	if (!secret_read(a->device.ipmi.k_g_file, k_g, why)) {
		fence_attempt_end(a, FENCE_BROKEN, "file of K_g: %.150s", why);
		return false;
	}
	add(l, "k-g", k_g);
	explicit_bzero(k_g, sizeof(k_g));
	return true;
}

static bool tell(struct fence_attempt *a, struct lines *l)
{
	const struct fence_ipmi *d = &a->device.ipmi;

	add(l, "action", fence_action_word(a->action));
	add(l, "address", d->address);
	if (d->user)
		add(l, "user", d->user);
	if (a->device.password_file)
		add(l, "password", a->secret);
	add(l, "cipher-suites", d->suite_3 ? "17,3" : "17");
	add(l, "privilege", d->privilege ? d->privilege : "operator");
	if (d->workarounds && d->workarounds[0])
		add(l, "workarounds", d->workarounds);
	add_number(l, "deadline-ms", own_deadline(a->limit_ms));
	add_number(l, "poll-ms", a->poll_ms);
	return add_k_g(a, l);
}

void fence_ipmi_start(struct fence_attempt *a)
{
	struct lines l = { };

	if (!fence_attempt_secret(a) || !tell(a, &l))
		goto out;
	if (l.full)
		fence_attempt_end(a, FENCE_BROKEN, "its options are too long");
	else
		fence_attempt_run(a, a->ipmi_program, l.text, l.len,
				  a->limit_ms, on_end);
out:
	explicit_bzero(&l, sizeof(l));
}
