// SPDX-License-Identifier: GPL-2.0
/* "cluster override": samrd starts the cluster without those that it waits for. */
#include <jansson.h>
#include <stdio.h>
#include <string.h>
#include <unistd.h>

#include "daemon.h"
#include "fence_power.h"
#include "override.h"
#include "print.h"
#include "samrctl.h"

const struct key override_keys[] = {
	{ .name = "yes", .type = ARG_FLAG },
	{ }
};

/* "alpha, beta" */
static const char *names(const json_t *list, char *text, size_t size)
{
	const json_t *one;
	size_t i, len = 0;

	*text = 0;
	json_array_foreach(list, i, one)
		if (len < size)
			len += snprintf(text + len, size - len, "%s%s",
					i ? ", " : "",
					json_string_value(one) ?
					json_string_value(one) : "?");
	return text;
}

/* Dies where samrd would refuse it: before anybody is asked to decide. */
static void check_start(const json_t *start)
{
	const json_t *better = json_object_get(start, "better");
	const char *wait = json_string_value(json_object_get(start, "wait"));
	char heads[300];

	if (wait && !strcmp(wait, "none"))
		die(EXIT_REFUSED, "this head waits for nobody: there is nothing "
		    "to override");
	if (json_array_size(json_object_get(start, "override")))
		return;
	if (json_array_size(better))
		die(EXIT_REFUSED, "what is remembered here is older than what "
		    "others remember: say so on %s",
		    names(better, heads, sizeof(heads)));
	die(EXIT_REFUSED, "this head cannot start the cluster now; samrctl "
	    "status says what it waits for");
}

int override_run(const struct verb *v, const struct arg *args)
{
	json_t *status, *start, *done;
	const char *text;
	char heads[300];

	(void)v;
	status = daemon_must(json_pack("{s:s}", "verb", "status"),
			     DAEMON_NOW_MS);
	start = json_object_get(status, "start");
	check_start(start);
	text = json_string_value(json_object_get(start, "text"));
	names(json_object_get(start, "override"), heads, sizeof(heads));
	if (!args[0].text && !isatty(STDIN_FILENO))
		die(EXIT_USAGE, "no terminal to ask on: say 'samrctl cluster "
		    "override yes' when the cluster may start from %s without "
		    "the others", heads);
	if (!args[0].text)
		power_ask("%s\n\nThe cluster is started from %s. What only the "
			  "others hold is lost, even if it was\nacknowledged. If "
			  "one of them still serves, there are two clusters, and "
			  "data is lost:\nmake sure that they are off.",
			  text ? text : "", heads);
	done = daemon_must(json_pack("{s:s}", "verb", "override"),
			   DAEMON_NOW_MS);
	print_note(PLAIN, "the cluster is started from %s; how it goes on: "
		   "samrctl status", heads);
	json_decref(done);
	json_decref(status);
	return EXIT_OK;
}
