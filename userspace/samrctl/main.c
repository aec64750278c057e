// SPDX-License-Identifier: GPL-2.0
/* samrctl: options, and which object and verb are meant. */
#include <getopt.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "daemon.h"
#include "nl.h"
#include "print.h"
#include "samrctl.h"

#ifndef SAMR_VERSION
#define SAMR_VERSION	"unknown"
#endif

static const struct object *const objects[] = {
	&status_object, &doctor_object, &cluster_object, &node_object, &link_object,
	&group_object, &member_object, &socket_object, &view_object,
	&client_object, &fence_object, &join_object, &leave_object, &stats_object,
	&monitor_object, &availability_object, &lock_object,
	&config_object,
};

#define OBJECTS	(sizeof(objects) / sizeof(*objects))

static void usage(void)
{
	size_t i;

	printf("usage: samrctl [OPTIONS] OBJECT [VERB] [KEY VALUE]...\n"
	       "       samrctl OBJECT [VERB] help\n\n"
	       "Configure and look at samr, replication in one total order.\n"
	       "An object without a verb is shown.\n\nObjects:\n");
	for (i = 0; i < OBJECTS; i++)
		printf("  %-12s %s\n", objects[i]->name, objects[i]->doc);
	printf("\nOptions:\n"
	       "  -j, --json         JSON instead of text\n"
	       "  -p, --pretty       indent the JSON\n"
	       "  -n, --netns NAME   work in this network namespace of ip-netns(8)\n"
	       "  -V, --version      -h, --help\n\n"
	       "Exit status: 0 done, 1 refused, or samr.ko is not loaded, 2 wrong usage;\n"
	       "of status: 3 degraded, 4 waiting, 5 stopped, 6 halted; of doctor:\n"
	       "3 a warning, 4 a fault. See samrctl(8).\n");
}

static const struct object *find_object(const char *name)
{
	const char *names[OBJECTS];
	size_t i;

	for (i = 0; i < OBJECTS; i++) {
		if (!strcmp(objects[i]->name, name))
			return objects[i];
		names[i] = objects[i]->name;
	}
	args_unknown("object", name, names, OBJECTS);
}

static const struct verb *find_verb(const struct object *o, const char *name)
{
	const struct verb *v = args_verb(o, name);
	const char *names[16];
	char what[32];
	size_t n = 0;

	if (v)
		return v;
	for (v = o->verbs; v->name; v++)
		names[n++] = v->name;
	names[n++] = "help";
	snprintf(what, sizeof(what), "verb of %s", o->name);
	args_unknown(what, name, names, n);
}

static bool want_colour(void)
{
	const char *no = getenv("NO_COLOR");
	const char *term = getenv("TERM");

	return isatty(STDOUT_FILENO) && !(no && *no) &&
	       term && strcmp(term, "dumb");
}

/* Whether output got where it should; a full disk is no success. */
static int finish(int status)
{
	if (fflush(stdout) || ferror(stdout))
		die(EXIT_REFUSED, "cannot write the output");
	return status;
}

/* Help, of the object @name if there is one. */
static int show_help(const char *name)
{
	if (name && strcmp(name, "help"))
		args_help(find_object(name));
	else
		usage();
	return EXIT_OK;
}

static bool asks_for_help(const char *word)
{
	return !strcmp(word, "help") || !strcmp(word, "--help") ||
	       !strcmp(word, "-h");
}

static int run(int argc, char **argv)
{
	const struct object *o = find_object(argv[0]);
	struct arg args[KEYS_MAX] = { };
	const struct verb *v = o->verbs;

	if (o == &lock_object && argv[1] && !args_verb(o, argv[1]) &&
	    !asks_for_help(argv[1]))
		return lock_command(argc, argv);
	argv++;
	if (*argv) {
		if (asks_for_help(*argv)) {
			args_help(o);
			return EXIT_OK;
		}
		/* A key right behind the object: its first verb is meant. */
		if (args_verb(o, *argv) || !args_key(v, *argv))
			v = find_verb(o, *argv++);
	}
	/* "help" alone may be a name, where one can stand without its key. */
	if (*argv && !argv[1] && asks_for_help(*argv) &&
	    (**argv == '-' || !v->keys || !v->keys->bare ||
	     v->keys->type != ARG_NAME)) {
		args_help_verb(o, v);
		return EXIT_OK;
	}
	args_parse(o, v, argv, args);
	return v->run(v, args);
}

int main(int argc, char **argv)
{
	static const struct option options[] = {
		{ "json", no_argument, NULL, 'j' },
		{ "pretty", no_argument, NULL, 'p' },
		{ "netns", required_argument, NULL, 'n' },
		{ "version", no_argument, NULL, 'V' },
		{ "help", no_argument, NULL, 'h' },
		{ }
	};
	bool json = false, pretty = false;
	int c;

	if (argc > 1 && !strcmp(argv[1], "complete")) {
		args_complete(objects, OBJECTS, argv + 2);
		return EXIT_OK;
	}
	while ((c = getopt_long(argc, argv, "+jpn:Vh", options, NULL)) != -1) {
		switch (c) {
		case 'j':
			json = true;
			break;
		case 'p':
			json = pretty = true;
			break;
		case 'n':
			nl_netns(optarg);
			daemon_netns(optarg);
			break;
		case 'V':
			printf("samrctl %s\n", SAMR_VERSION);
			return finish(EXIT_OK);
		case 'h':
			return finish(show_help(argv[optind]));
		default:
			die(EXIT_USAGE, "see samrctl --help");
		}
	}
	print_start(json, pretty, want_colour());
	argv += optind;
	if (!argv[0])
		die(EXIT_USAGE, "which object? See samrctl --help");
	if (!strcmp(argv[0], "help"))
		return finish(show_help(argv[1]));
	return finish(run(argc - optind, argv));
}
