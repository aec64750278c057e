// SPDX-License-Identifier: GPL-2.0
/* Transcripts of the policy, see transcript.h. */
#include <setjmp.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <cmocka.h>

#include "policy/policy.h"
#include "transcript.h"

#define MS		1000000ULL
#define TEXT_MAX	32768

/* What became of the last line of each sort, for those that answer it. */
struct run {
	struct policy *p;
	struct policy_config config;
	struct policy_event ev;
	struct policy_view view;
	struct policy_actions acts;
	uint64_t inc[POLICY_IDS];
	uint64_t token[POLICY_IDS];
	struct memory saving[8];	/* SAVEs without an answer, oldest first */
	size_t savings;
	char out[TEXT_MAX];
	size_t len;
	char *word;			/* next one of the line */
	char *rest;
};

static void __attribute__((format(printf, 2, 3))) say(struct run *r,
						      const char *fmt, ...)
{
	va_list ap;
	int n;

	va_start(ap, fmt);
	n = vsnprintf(r->out + r->len, TEXT_MAX - r->len, fmt, ap);
	va_end(ap);
	r->len += (size_t)n;
	if (r->len >= TEXT_MAX)
		fail_msg("too long a transcript");
}

static char *next(struct run *r)
{
	r->word = strtok_r(NULL, " \n", &r->rest);
	return r->word;
}

/* The next word, if it is @word: then it is used up. */
static bool is(struct run *r, const char *word)
{
	if (!r->word || strcmp(r->word, word))
		return false;
	next(r);
	return true;
}

static uint64_t number(struct run *r)
{
	char *end;
	uint64_t n;

	if (!r->word)
		fail_msg("a number is missing");
	n = strtoull(r->word, &end, 10);
	if (*end && *end != '/')
		fail_msg("%s is no number", r->word);
	if (!*end)
		next(r);
	return n;
}

/* "2/20": head and incarnation; without one it is that of the last fence. */
static void node(struct run *r)
{
	char *slash = r->word ? strchr(r->word, '/') : NULL;

	r->ev.node = (uint32_t)number(r);
	r->ev.inc = r->inc[r->ev.node % POLICY_IDS];
	r->ev.token = r->token[r->ev.node % POLICY_IDS];
	if (!slash)
		return;
	r->word = slash + 1;
	r->ev.inc = number(r);
}

static uint64_t set(struct run *r)
{
	uint64_t s = 0;
	char *at = r->word;

	for (; at && *at; at += *at == ',')
		s |= 1ULL << strtoul(at, &at, 10);
	next(r);
	return s;
}

static void say_set(struct run *r, uint64_t s)
{
	const char *before = "";
	int id;

	for (id = 1; id < POLICY_IDS; id++) {
		if (!(s & 1ULL << id))
			continue;
		say(r, "%s%d", before, id);
		before = ",";
	}
	if (!s)
		say(r, "nobody");
}

static const char *const result_words[] = {
	[FENCE_PENDING]	    = "pending",
	[FENCE_IS_OFF]	    = "off",
	[FENCE_IS_ON]	    = "on",
	[FENCE_EXPIRED]	    = "expired",
	[FENCE_REFUSED]	    = "refused",
	[FENCE_UNREACHABLE] = "unreachable",
	[FENCE_NO_STATUS]   = "no-status",
	[FENCE_STAYS_ON]    = "stays-on",
	[FENCE_STAYS_OFF]   = "stays-off",
	[FENCE_CAME_BACK]   = "came-back",
	[FENCE_BROKEN]	    = "broken",
	[FENCE_DEADLINE]    = "deadline",
	[FENCE_NOT_ARMED]   = "not-armed",
	[FENCE_WAITS]	    = "waits",
	[FENCE_NO_DEVICE]   = "no-device",
	[FENCE_CANCELLED]   = "cancelled",
};

static const char *const flag_words[] = { "last", "left", "gone", "forced",
					  "lost" };

static void say_memory(struct run *r, const struct memory *m)
{
	size_t i;

	say(r, "%llu of ", (unsigned long long)m->epoch);
	say_set(r, m->members);
	for (i = 0; i < 5; i++)
		if (m->flags & 1u << i)
			say(r, " %s", flag_words[i]);
}

static void say_action(struct run *r, const struct policy_action *a)
{
	static const char *const verbs[] = {
		[POLICY_FENCE_START] = "shoot", [POLICY_FENCE_CANCEL] = "cancel",
		[POLICY_CONFIRM] = "confirm",
	};

	switch (a->type) {
	case POLICY_FENCE_START:
	case POLICY_FENCE_CANCEL:
	case POLICY_CONFIRM:
		say(r, "%s %u/%llu token %llu", verbs[a->type], a->node,
		    (unsigned long long)a->inc, (unsigned long long)a->token);
		r->inc[a->node] = a->inc;
		r->token[a->node] = a->token;
		if (a->type == POLICY_FENCE_START && a->watchdog)
			say(r, " watchdog %llu",
			    (unsigned long long)(a->watchdog / MS));
		break;
	case POLICY_POWER_ON:
		say(r, "power on %u", a->node);
		break;
	case POLICY_SAVE:
		say(r, "save ");
		say_memory(r, &a->memory);
		assert_int_equal(a->memory.cluster, 7);
		assert_int_equal(a->memory.node, r->config.self);
		r->saving[r->savings++] = a->memory;
		break;
	case POLICY_TELL:
		say(r, "tell %s ", memory_state_word(a->memory_state));
		say_memory(r, &a->memory);
		break;
	case POLICY_START:
		say(r, "start ");
		say_set(r, a->founders);
		break;
	case POLICY_FEED:
		say(r, "feed");
		break;
	case POLICY_STARVE:
		say(r, "starve");
		break;
	case POLICY_ALERT:
		say(r, "alert %s", policy_alert_word(a->alert));
		if (a->node)
			say(r, " %u", a->node);
		if (a->result)
			say(r, " %s", result_words[a->result]);
		if (a->count)
			say(r, " x%u", a->count);
		break;
	}
	say(r, "\n");
}

/* @at: when, where that is not the time of the line; 0: it is. */
static void step(struct run *r, const struct policy_event *ev, uint64_t at)
{
	int err = policy_step(r->p, ev, &r->acts);
	size_t i;

	assert_true(r->acts.count < POLICY_ACTIONS_MAX);
	assert_true(policy_deadline(r->p) > ev->now ||
		    ev->type != POLICY_EV_TIME);
	for (i = 0; i < r->acts.count; i++) {
		say(r, "        ");
		if (at)
			say(r, "%llu: ", (unsigned long long)(at / MS));
		say_action(r, &r->acts.action[i]);
	}
	if (err)
		say(r, "        refused: %s\n", strerror(-err));
}

static void run_timers(struct run *r, uint64_t to)
{
	struct policy_event ev = { .type = POLICY_EV_TIME };
	int most = 1000;

	while (policy_deadline(r->p) <= to && most--) {
		ev.now = policy_deadline(r->p);
		step(r, &ev, ev.now);
	}
	assert_true(most > 0);
}

static void parse_config(struct run *r)
{
	struct policy_config *c = &r->config;
	bool reboot = false, devices = true, only = false;
	uint64_t heads = 0, attempt = 4000;
	uint32_t id;

	*c = (struct policy_config){ .cluster = 7, .delay = POLICY_DELAY,
				     .delay_blocked = POLICY_DELAY_BLOCKED,
				     .dead = 100 * MS };
	while (r->word) {
		if (is(r, "self"))
			c->self = (uint32_t)number(r);
		else if (is(r, "heads"))
			heads = set(r);
		else if (is(r, "rule"))
			c->rule = is(r, "fence") ? POLICY_FENCE :
				  is(r, "majority") ? POLICY_MAJORITY : 9;
		else if (is(r, "witness"))
			c->witness = (uint32_t)number(r);
		else if (is(r, "preferred"))
			c->preferred = (uint32_t)number(r);
		else if (is(r, "delay"))
			c->delay = number(r) * MS;
		else if (is(r, "blocked"))
			c->delay_blocked = number(r) * MS;
		else if (is(r, "dead"))
			c->dead = number(r) * MS;
		else if (is(r, "attempt"))
			attempt = number(r);
		else if (is(r, "watchdog"))
			c->watchdog = number(r) * MS;
		else if (is(r, "margin"))
			c->watchdog_margin = number(r) * MS;
		else if (is(r, "relied"))
			c->relied = true;
		else if (is(r, "reboot"))
			reboot = true;
		else if (is(r, "nodevices"))
			devices = false;
		else if (is(r, "watchdogonly"))
			only = true;
		else
			fail_msg("config: %s?", r->word);
	}
	if (c->witness)
		heads |= 1ULL << c->witness;
	for (id = 1; id < POLICY_IDS; id++)
		if (heads & 1ULL << id)
			c->nodes[id] = (struct policy_node){
				.configured = true, .devices = devices,
				.reboot = reboot,
				.attempt = only ? 0 : attempt * MS };
	r->ev.type = POLICY_EV_CONFIG;
	r->ev.config = c;
}

static void parse_view(struct run *r)
{
	struct policy_view *v = &r->view;
	char *at;

	*v = (struct policy_view){ .rule = r->config.rule };
	while (v->state < POLICY_HALTED &&
	       strcmp(policy_state_word(v->state), r->word))
		v->state++;
	if (!is(r, policy_state_word(v->state)))
		fail_msg("view: no state %s", r->word);
	if (r->word) {
		v->epoch = number(r);
		if (!is(r, "of"))
			fail_msg("view: of whom?");
		for (at = r->word; at && *at; at += *at == ',')
			v->node[v->count++] = (uint32_t)strtoul(at, &at, 10);
		next(r);
	}
	while (r->word) {
		if (is(r, "learners"))
			v->learners = set(r);
		else if (is(r, "witness"))
			v->witness = set(r);
		else if (is(r, "rule"))
			v->rule = is(r, "fence") ? POLICY_FENCE :
				  is(r, "majority") ? POLICY_MAJORITY : 9;
		else
			fail_msg("view: %s?", r->word);
	}
	r->ev.type = POLICY_EV_VIEW;
	r->ev.view = v;
}

static void parse_memory(struct run *r)
{
	struct memory *m = &r->ev.memory.memory;
	size_t i;

	r->ev.type = POLICY_EV_MEMORY;
	node(r);
	memset(&r->ev.memory, 0, sizeof(r->ev.memory));
	m->cluster = 7;
	m->node = r->ev.node;
	r->ev.memory.state = MEMORY_FOUND;
	if (is(r, "none")) {
		r->ev.memory.state = MEMORY_NONE;
	} else if (is(r, "corrupt")) {
		r->ev.memory.state = MEMORY_CORRUPT;
	} else if (is(r, "lost")) {
		m->flags = MEMORY_LOST;
	} else {
		m->epoch = number(r);
		if (!is(r, "of"))
			fail_msg("memory: of whom?");
		m->members = set(r);
	}
	while (r->word) {
		for (i = 0; i < 5 && !is(r, flag_words[i]); i++)
			;
		if (i == 5)
			fail_msg("memory: %s?", r->word);
		m->flags |= 1u << i;
	}
}

static enum fence_result parse_result(struct run *r)
{
	int i;

	for (i = FENCE_PENDING; i <= FENCE_CANCELLED; i++)
		if (is(r, result_words[i]))
			return (enum fence_result)i;
	fail_msg("no result %s", r->word);
	return FENCE_PENDING;
}

static void parse_attempt(struct run *r)
{
	r->ev.type = POLICY_EV_ATTEMPT;
	node(r);
	if (is(r, "token"))
		r->ev.token = number(r);
	r->ev.result = parse_result(r);
}

static void parse_fence(struct run *r)
{
	r->ev.type = POLICY_EV_FENCE;
	node(r);
	if (!is(r, "token"))
		fail_msg("fence: what token?");
	r->ev.token = number(r);
	r->ev.fence.why = is(r, "blocked") ? POLICY_BLOCKED :
			  is(r, "excluded") ? POLICY_EXCLUDED : 9;
}

static void parse_saved(struct run *r, bool ok)
{
	if (!r->savings)
		fail_msg("nothing is being saved");
	r->ev.type = POLICY_EV_SAVED;
	r->ev.epoch = r->saving[0].epoch;
	r->ev.ok = ok;
	memmove(r->saving, r->saving + 1, --r->savings * sizeof(r->saving[0]));
}

/* What only looks; false: it is none of that. */
static bool question(struct run *r)
{
	struct policy_fence_info f;
	char text[1000];

	if (is(r, "wait"))
		return true;
	if (is(r, "status")) {
		policy_start_text(r->p, text, sizeof(text));
		say(r, "        %s\n", text);
		return true;
	}
	if (is(r, "armed?")) {
		say(r, "        %llu\n", (unsigned long long)
		    (policy_armed(r->p, (uint32_t)number(r)) / MS));
		return true;
	}
	if (!is(r, "state"))
		return false;
	if (!policy_fence_look(r->p, (uint32_t)number(r), &f))
		fail_msg("no such head");
	say(r, "        %s", policy_fence_word(f.state));
	if (f.at)
		say(r, " until %llu", (unsigned long long)(f.at / MS));
	if (f.failed)
		say(r, ", failed x%u: %s", f.failed, result_words[f.last]);
	say(r, "%s\n", f.left_off ? ", left off" : "");
	return true;
}

static void parse_event(struct run *r)
{
	struct policy_event *ev = &r->ev;

	if (is(r, "config")) {
		parse_config(r);
	} else if (is(r, "view")) {
		parse_view(r);
	} else if (is(r, "fence")) {
		parse_fence(r);
	} else if (is(r, "over")) {
		ev->type = POLICY_EV_FENCE_OVER;
		node(r);
	} else if (is(r, "heard")) {
		ev->type = POLICY_EV_HEARD;
		node(r);
		ev->wedged = is(r, "wedged");
	} else if (is(r, "lost")) {
		ev->type = POLICY_EV_LOST;
		node(r);
		ev->since = is(r, "since") ? number(r) * MS : 0;
	} else if (is(r, "carrier")) {
		ev->type = POLICY_EV_CARRIER;
		ev->carrier = is(r, "on");
		is(r, "off");
	} else if (is(r, "memory")) {
		parse_memory(r);
	} else if (is(r, "saved")) {
		parse_saved(r, true);
	} else if (is(r, "unsaved")) {
		parse_saved(r, false);
	} else if (is(r, "attempt")) {
		parse_attempt(r);
	} else if (is(r, "powered")) {
		ev->type = POLICY_EV_POWERED;
		node(r);
		ev->ok = is(r, "on");
		ev->result = ev->ok ? FENCE_IS_ON : parse_result(r);
	} else if (is(r, "armed")) {
		ev->type = POLICY_EV_ARMED;
		node(r);
		ev->timeout = number(r) * MS;
	} else if (is(r, "override")) {
		ev->type = POLICY_EV_OVERRIDE;
	} else if (is(r, "self-fence")) {
		ev->type = POLICY_EV_SELF_FENCE;
	} else {
		fail_msg("%s?", r->word);
	}
	if (r->word)
		fail_msg("too much: %s", r->word);
}

static void run_line(struct run *r, const char *line, size_t len)
{
	char copy[256], *end;
	uint64_t at;
	bool behind;

	assert_true(len < sizeof(copy));
	memcpy(copy, line, len);
	copy[len] = '\0';
	at = strtoull(copy + 1, &end, 10) * MS;
	assert_int_equal(*end, ']');
	memset(&r->ev, 0, sizeof(r->ev));
	r->word = strtok_r(end + 1, " \n", &r->rest);
	r->ev.now = at;
	if (is(r, "late")) {
		say(r, "%.*s\n", (int)len, line);
		r->ev.type = POLICY_EV_TIME;
		step(r, &r->ev, 0);
		return;
	}
	behind = is(r, "behind");
	if (!behind)
		run_timers(r, at);
	say(r, "%.*s\n", (int)len, line);
	if (question(r))
		return;
	parse_event(r);
	step(r, &r->ev, 0);
	if (behind || policy_deadline(r->p) > at)
		return;
	r->ev = (struct policy_event){ .type = POLICY_EV_TIME, .now = at };
	step(r, &r->ev, 0);
}

void transcript(const char *want)
{
	struct run *r = calloc(1, sizeof(*r));
	const char *line, *end;

	assert_non_null(r);
	r->p = calloc(1, policy_size());
	assert_non_null(r->p);
	policy_init(r->p);
	for (line = want; *line; line = end + 1) {
		end = strchr(line, '\n');
		assert_non_null(end);
		if (*line == '[')
			run_line(r, line, (size_t)(end - line));
	}
	if (strcmp(r->out, want))
		printf("what came out:\n%s", r->out);
	assert_string_equal(r->out, want);
	free(r->p);
	free(r);
}
