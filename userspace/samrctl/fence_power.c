// SPDX-License-Identifier: GPL-2.0
/* Power of heads through the devices that samrd has; see fence_power.h. */
#include <inttypes.h>
#include <stdarg.h>
#include <stdio.h>
#include <string.h>
#include <unistd.h>

#include <linux/samr.h>

#include "daemon.h"
#include "fence_power.h"
#include "print.h"
#include "samrctl.h"

#define MARGIN_MS	10000	/* for samrd, beyond its devices' deadlines */

/* In the order of the keys. */
enum { NODE, YES };

const struct key power_look_keys[] = {
	[NODE] = { .name = "node", .type = ARG_NODE, .required = true, .min = 1,
		   .max = SAMR_HEAD_MAX, .bare = true },
	{ }
};

const struct key power_test_keys[] = {
	[NODE] = { .name = "node", .type = ARG_NODE, .min = 1,
		   .max = SAMR_HEAD_MAX, .bare = true },
	{ }
};

const struct key power_cut_keys[] = {
	[NODE] = { .name = "node", .type = ARG_NODE, .required = true, .min = 1,
		   .max = SAMR_HEAD_MAX, .bare = true },
	[YES] = { .name = "yes", .type = ARG_FLAG },
	{ }
};

/* ---- answers ---- */

static const char *text_of(const json_t *o, const char *key)
{
	const char *text = json_string_value(json_object_get(o, key));

	return text ? text : "";
}

static uint64_t num_of(const json_t *o, const char *key)
{
	return json_integer_value(json_object_get(o, key));
}

static const struct {
	const char *word;
	enum colour colour;
} results[] = {
	{ "off", STRONG },
	{ "on", GOOD },
	{ "expired", STRONG },
	{ "pending", PLAIN },
	{ "waits", WARN },
	{ "cancelled", WARN },
	{ "not-armed", WARN },
};

static enum colour colour_of(const char *result)
{
	size_t i;

	for (i = 0; i < sizeof(results) / sizeof(*results); i++)
		if (!strcmp(results[i].word, result))
			return results[i].colour;
	return BAD;
}

static void print_outcome(const json_t *device)
{
	const char *text = text_of(device, "text");

	print_object(NULL, NULL);
	print_str("device", text_of(device, "device"));
	print_str("kind", text_of(device, "kind"));
	if (json_object_get(device, "timeout_ms"))
		print_ms("deadline", num_of(device, "timeout_ms"));
	if (json_object_get(device, "result")) {
		print_word("result", text_of(device, "result"),
			   colour_of(text_of(device, "result")));
		print_ms("took", num_of(device, "ms"));
	}
	if (*text && print_json())
		print_str("text", text);
	else if (*text)
		print_str("-", text);
	print_end();
}

static void print_outcomes(const json_t *o)
{
	const json_t *device;
	size_t i;

	print_list("devices");
	json_array_foreach(json_object_get(o, "devices"), i, device)
		print_outcome(device);
	print_end();
}

static void print_report(const json_t *r)
{
	print_num("node", num_of(r, "node"));
	print_str("action", text_of(r, "action"));
	print_word("result", text_of(r, "result"),
		   colour_of(text_of(r, "result")));
	print_ms("took", num_of(r, "ms"));
	print_outcomes(r);
}

/* ---- devices ---- */

static json_t *fetch_devices(void)
{
	return daemon_must(json_pack("{s:s}", "verb", "fence-devices"),
			   DAEMON_NOW_MS);
}

int power_devices(const struct verb *v, const struct arg *args)
{
	json_t *nodes = fetch_devices();
	const json_t *node, *last;
	size_t i;

	(void)v;
	(void)args;
	print_list(NULL);
	json_array_foreach(nodes, i, node) {
		print_object(NULL, NULL);
		print_num("node", num_of(node, "node"));
		print_mark("together",
			   json_is_true(json_object_get(node, "together")),
			   PLAIN);
		print_mark("without-device",
			   !json_array_size(json_object_get(node, "devices")),
			   WARN);
		print_outcomes(node);
		last = json_object_get(node, "last");
		if (last) {
			print_object("last", "last");
			print_report(last);
			print_end();
		}
		print_end();
	}
	print_end();
	json_decref(nodes);
	return EXIT_OK;
}

/* How long samrd may take: its devices one after the other. */
static unsigned int limit_of(uint64_t id)
{
	json_t *nodes = fetch_devices();
	const json_t *node, *device;
	unsigned int limit = MARGIN_MS;
	size_t i, k;

	json_array_foreach(nodes, i, node) {
		if (num_of(node, "node") != id)
			continue;
		json_array_foreach(json_object_get(node, "devices"), k, device)
			limit += num_of(device, "timeout_ms");
	}
	json_decref(nodes);
	return limit;
}

/* ---- jobs ---- */

/* Is power, or what is known of it, as it was asked for? */
static bool done(const char *action, const char *result)
{
	bool off = !strcmp(result, "off"), on = !strcmp(result, "on");

	if (!strcmp(action, "off"))
		return off;
	if (!strcmp(action, "on") || !strcmp(action, "cycle"))
		return on;
	return off || on;
}

static bool run(const char *action, uint64_t node)
{
	/* A cycle is two rounds. */
	unsigned int limit = limit_of(node) * 2;
	char verb[32];
	json_t *r;
	bool good;

	snprintf(verb, sizeof(verb), "fence-%s", action);
	r = daemon_must(json_pack("{s:s, s:I}", "verb", verb, "node",
				  (json_int_t)node), limit);
	good = done(action, text_of(r, "result"));
	print_object(NULL, NULL);
	print_report(r);
	print_end();
	json_decref(r);
	return good;
}

static int one(const char *action, const struct arg *args)
{
	return run(action, args[NODE].num) ? EXIT_OK : EXIT_REFUSED;
}

int power_status(const struct verb *v, const struct arg *args)
{
	(void)v;
	return one("status", args);
}

int power_on(const struct verb *v, const struct arg *args)
{
	(void)v;
	return one("on", args);
}

/* All that have a device, one after the other: BMCs take few sessions. */
static int test_all(void)
{
	json_t *nodes = fetch_devices();
	const json_t *node;
	bool good = true, any = false;
	size_t i;

	print_list(NULL);
	json_array_foreach(nodes, i, node) {
		if (!json_array_size(json_object_get(node, "devices")))
			continue;
		any = true;
		good &= run("test", num_of(node, "node"));
	}
	print_end();
	json_decref(nodes);
	if (!any)
		die(EXIT_REFUSED, "no node has a fence device in samr.conf(5)");
	return good ? EXIT_OK : EXIT_REFUSED;
}

int power_test(const struct verb *v, const struct arg *args)
{
	(void)v;
	return args[NODE].text ? one("test", args) : test_all();
}

/* ---- what cuts power ---- */

void power_ask(const char *format, ...)
{
	char line[16] = "";
	va_list args;

	va_start(args, format);
	vfprintf(stderr, format, args);
	va_end(args);
	fprintf(stderr, "\nType yes to confirm: ");
	if (!fgets(line, sizeof(line), stdin) || strcmp(line, "yes\n"))
		die(EXIT_REFUSED, "not confirmed");
}

static int cut(const char *action, const struct arg *args)
{
	if (!args[YES].text && !isatty(STDIN_FILENO))
		die(EXIT_USAGE, "no terminal to ask on: say 'samrctl fence %s %"
		    PRIu64 " yes' when its power may be cut", action,
		    args[NODE].num);
	if (!args[YES].text)
		power_ask("The power of node %" PRIu64 " is cut at once, as if "
			  "its plug were pulled.\nTo end its part in the "
			  "cluster in good order: samrctl leave, there, first.",
			  args[NODE].num);
	return one(action, args);
}

int power_off(const struct verb *v, const struct arg *args)
{
	(void)v;
	return cut("off", args);
}

int power_cycle(const struct verb *v, const struct arg *args)
{
	(void)v;
	return cut("cycle", args);
}

/* ---- an admin's word ---- */

static json_t *hex(uint64_t n)
{
	char text[17];

	snprintf(text, sizeof(text), "%016" PRIx64, n);
	return json_string(text);
}

bool power_confirm(uint64_t node, uint64_t inc, uint64_t token)
{
	char why[DAEMON_WHY_MAX];
	json_t *result = NULL;
	enum daemon_end end;

	end = daemon_ask(json_pack("{s:s, s:I, s:o, s:o}", "verb",
				   "fence-confirm", "node", (json_int_t)node,
				   "incarnation", hex(inc), "token", hex(token)),
			 DAEMON_NOW_MS, &result, why);
	if (end == DAEMON_ABSENT)
		return false;
	if (end != DAEMON_OK)
		die(EXIT_REFUSED, "%s", why);
	json_decref(result);
	return true;
}
