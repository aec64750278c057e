// SPDX-License-Identifier: GPL-2.0
/* The order of the checks, what they share, and how they are shown. */
#include <stdarg.h>
#include <stdio.h>
#include <string.h>
#include <unistd.h>

#include <linux/samr_netlink.h>

#include "doctor.h"
#include "print.h"
#include "samrctl.h"

/* Heads probe their links once a second. */
#define STEPS		60
#define STEP_US		25000
#define NAME_WIDTH	12
#define EXIT_WARNINGS	3
#define EXIT_FAILURES	4

static struct {
	unsigned int count[DOCTOR_FAIL + 1];
} ended;

void doctor_say(enum doctor_level level, const char *check, const char *todo,
		const char *format, ...)
{
	static const char *const words[] = { "ok", "skip", "warn", "fail" };
	static const enum colour colours[] = { GOOD, PLAIN, WARN, BAD };
	char text[512];
	va_list args;

	va_start(args, format);
	vsnprintf(text, sizeof(text), format, args);
	va_end(args);
	ended.count[level]++;
	if (print_json()) {
		print_object(NULL, NULL);
		print_str("check", check);
		print_str("result", words[level]);
		print_str("text", text);
		print_str("todo", todo ? todo : "");
		print_end();
		return;
	}
	print_coloured(colours[level], "%-5s", words[level]);
	printf("%-*s %s\n", NAME_WIDTH, check, text);
	if (todo)
		printf("%*sto do: %s\n", 5 + NAME_WIDTH + 1, "", todo);
}

/* ---- what they look at ---- */

/* Frames of the order, and probes, of heads that are not configured here. */
static uint64_t strangers(void)
{
	return stats_counter(SAMR_STATS_SCOPE_DROPS, "source") +
	       stats_counter(SAMR_STATS_SCOPE_HEAD, "drop-probe-source");
}

/* As much as it takes to see what is going on now. */
static void gather(struct doctor_case *c)
{
	uint64_t self, source, crc;
	int n;

	memset(c, 0, sizeof(*c));
	facts_gather(&c->facts);
	if (!c->facts.cluster)
		return;
	self = stats_counter(SAMR_STATS_SCOPE_DROPS, "self");
	source = strangers();
	crc = stats_counter(SAMR_STATS_SCOPE_DROPS, "crc");
	doctor_wire_open(&c->wire, &c->facts);
	for (n = 0; n < STEPS; n++) {
		usleep(STEP_US);
		doctor_wire_read(&c->wire, c->facts.id);
	}
	doctor_wire_close(&c->wire);
	c->seconds = STEPS * STEP_US / 1e6;
	c->drops_self = stats_counter(SAMR_STATS_SCOPE_DROPS, "self") - self;
	c->drops_source = strangers() - source;
	c->drops_crc = stats_counter(SAMR_STATS_SCOPE_DROPS, "crc") - crc;
	facts_free(&c->facts);
	facts_gather(&c->facts);
}

static int show(const struct verb *v, const struct arg *args)
{
	static struct doctor_case c;

	(void)v;
	(void)args;
	gather(&c);
	print_object(NULL, NULL);
	print_list("checks");
	doctor_cluster(&c);
	doctor_links(&c.facts);
	doctor_machine(&c.facts);
	doctor_samrd(&c.facts);
	print_end();
	if (print_json()) {
		print_num("warnings", ended.count[DOCTOR_WARN]);
		print_num("failures", ended.count[DOCTOR_FAIL]);
	} else {
		printf("\n%u ok, %u to be looked at, %u wrong, %u not checked\n",
		       ended.count[DOCTOR_OK], ended.count[DOCTOR_WARN],
		       ended.count[DOCTOR_FAIL], ended.count[DOCTOR_SKIP]);
	}
	print_end();
	facts_free(&c.facts);
	return ended.count[DOCTOR_FAIL] ? EXIT_FAILURES :
	       ended.count[DOCTOR_WARN] ? EXIT_WARNINGS : EXIT_OK;
}

static const struct verb verbs[] = {
	{ "show", "look at module, cluster, links, machine and samrd, for a second and a half; exit status 0 all well, 3 something to look at, 4 something wrong",
	  0, NULL, show },
	{ }
};

const struct object doctor_object = {
	"doctor", "checks what has to be right, and says what to do", verbs
};
