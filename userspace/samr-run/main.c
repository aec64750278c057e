// SPDX-License-Identifier: GPL-2.0
/*
 * samr-run: starts a program of TCP as a replica, or as a client, of services. Options,
 * and what cannot be done. A replica is run by replica.c; the rest is in libsamr-run.so.
 */
#define _GNU_SOURCE
#include <arpa/inet.h>
#include <errno.h>
#include <getopt.h>
#include <limits.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "program.h"
#include "replica.h"
#include "say.h"

static const char help[] =
"usage: samr-run [OPTIONS] PROGRAM [ARGUMENTS]\n"
"       runs a program that was written for TCP, unchanged. Where it listens it\n"
"       becomes a replica of a service, where it connects a client of one\n"
"\n"
"  -s, --service ID             the service that the next options mean\n"
"  -l, --listen [ADDRESS:]PORT  a socket bound to that port, of all addresses unless\n"
"                               one is given, accepts the service's clients\n"
"  -c, --connect HOST:PORT      a socket connected to that address is connected to\n"
"                               the service\n"
"      --seed NUMBER            random numbers begin with this, the same at all\n"
"                               replicas (the service's id)\n"
"      --save COMMAND           writes the replica's state to standard output: for one\n"
"                               on another head that comes later\n"
"      --load COMMAND           reads it, before the program is started\n"
"      --replay SIZE            without the two: all input is kept, up to so many\n"
"                               bytes (K, M, G), and replayed by one that comes later\n"
"      --streams keep|end       its connections go on when a state is given, as the\n"
"                               program keeps nothing for each but the command that it\n"
"                               is at; or end (end)\n"
"  -V, --version  -h, --help\n"
"\n"
"samr-run --service 42 --listen 11211 memcached -t 1\n"
"\n"
"Exit status: the program's; 2 wrong usage; 66 it has no state to begin with; 75 it\n"
"was put out of the service; 126 it cannot be run like this; 127 it was not found.\n";

enum { OPT_SEED = 256, OPT_SAVE, OPT_LOAD, OPT_REPLAY, OPT_STREAMS };

static const struct option options[] = {
	{ "service", required_argument, NULL, 's' },
	{ "listen", required_argument, NULL, 'l' },
	{ "connect", required_argument, NULL, 'c' },
	{ "seed", required_argument, NULL, OPT_SEED },
	{ "save", required_argument, NULL, OPT_SAVE },
	{ "load", required_argument, NULL, OPT_LOAD },
	{ "replay", required_argument, NULL, OPT_REPLAY },
	{ "streams", required_argument, NULL, OPT_STREAMS },
	{ "version", no_argument, NULL, 'V' },
	{ "help", no_argument, NULL, 'h' },
	{ NULL, 0, NULL, 0 }
};

/* Of a log. */
#define SIZE_LEAST	(4ULL << 10)
#define SIZE_MOST	(1ULL << 40)

static unsigned long long number(const char *option, const char *text,
				 unsigned long long min, unsigned long long max)
{
	unsigned long long n;
	char *end;

	errno = 0;
	n = strtoull(text, &end, 10);
	if (errno || end == text || *end || *text == '-' || n < min || n > max)
		die(USAGE, "--%s %s: must be a number from %llu to %llu", option, text,
		    min, max);
	return n;
}

static uint64_t size(const char *text)
{
	static const char units[] = "KMG";
	unsigned long long n;
	const char *unit;
	char *end;

	errno = 0;
	n = strtoull(text, &end, 10);
	unit = *end ? strchr(units, *end) : NULL;
	if (unit) {
		end++;
		if (n > SIZE_MOST >> 10 * (unit - units + 1))
			errno = ERANGE;
		n <<= 10 * (unit - units + 1);
	}
	if (errno || end == text || *end || *text == '-' || n < SIZE_LEAST || n > SIZE_MOST)
		die(USAGE, "--replay %s: must be a number of bytes, 4K to 1024G", text);
	return n;
}

static void add(struct rules *r, const char *option, bool listen, uint32_t service,
		const char *text)
{
	const char *why;

	if (!service)
		die(USAGE, "--%s %s: --service must come before it", option, text);
	if (!rules_add(r, listen, service, text, &why))
		die(USAGE, "--%s %s %s", option, text, why);
}

/* The one service that it listens for, or 0. */
static uint32_t service_of(const struct rules *r, unsigned int *port)
{
	uint32_t service = 0;
	unsigned int i;

	for (i = r->count; i-- > 0;) {
		if (!r->rule[i].listen)
			continue;
		if (service && r->rule[i].service != service)
			die(USAGE, "--listen for services %u and %u: a program is a replica of one",
			    r->rule[i].service, service);
		service = r->rule[i].service;
		*port = ntohs(r->rule[i].port);
	}
	return service;
}

static enum samr_streams streams_of(const char *text)
{
	if (strcmp(text, "keep") && strcmp(text, "end"))
		die(USAGE, "--streams %s: must be keep or end", text);
	return *text == 'k' ? SAMR_STREAMS_QUIET : SAMR_STREAMS_END;
}

static void check_program(const char *name)
{
	char why[PROGRAM_WHY_MAX];

	switch (program_check(name, why)) {
	case PROGRAM_FINE:
		break;
	case PROGRAM_DOUBTFUL:
		say("%s: %s", name, why);
		break;
	case PROGRAM_NOT_FOUND:
		die(NOT_FOUND, "%s: %s", name, why);
	case PROGRAM_CANNOT:
		die(CANNOT, "%s: %s", name, why);
	}
}

int main(int argc, char **argv)
{
	struct rules rules = { .count = 0 };
	struct replica replica = { .start = { .rules = &rules, .listener = -1 } };
	unsigned long long seed = 0;
	uint32_t service = 0;
	bool has_seed = false;
	int o;

	while ((o = getopt_long(argc, argv, "+s:l:c:Vh", options, NULL)) != -1) {
		switch (o) {
		case 's':
			service = (uint32_t)number("service", optarg, 1, UINT32_MAX);
			break;
		case 'l':
			add(&rules, "listen", true, service, optarg);
			break;
		case 'c':
			add(&rules, "connect", false, service, optarg);
			break;
		case OPT_SEED:
			seed = number("seed", optarg, 0, ULLONG_MAX);
			has_seed = true;
			break;
		case OPT_SAVE:
			replica.save = optarg;
			break;
		case OPT_LOAD:
			replica.load = optarg;
			break;
		case OPT_REPLAY:
			replica.log = size(optarg);
			break;
		case OPT_STREAMS:
			replica.streams = streams_of(optarg);
			break;
		case 'V':
			puts("samr-run " SAMR_VERSION);
			return 0;
		case 'h':
			fputs(help, stdout);
			return 0;
		default:
			fputs("samr-run: see samr-run --help\n", stderr);
			return USAGE;
		}
	}
	if (optind == argc)
		die(USAGE, "which program? See samr-run --help");
	if (!rules.count)
		die(USAGE, "--listen or --connect must say which addresses are a service's");
	replica.service = service_of(&rules, &replica.port);
	if (!replica.service && (replica.save || replica.load))
		die(USAGE, "--save and --load are for a program that listens: --listen");
	if (!replica.service && replica.log)
		die(USAGE, "--replay is for a program that listens: --listen");
	if (replica.streams != SAMR_STREAMS_END && replica.log)
		die(USAGE, "--streams keep and --replay: what is replayed ends its connections");
	if (replica.save && replica.log)
		die(USAGE, "--save and --replay: one way to give the state is enough");
	if (!replica.save != !replica.load)
		die(USAGE, "--save and --load belong together: what one replica saves another loads");
	check_program(argv[optind]);
	start_check();
	replica.start.argv = &argv[optind];
	replica.start.seed = has_seed ? seed : rules.rule[0].service;
	if (!replica.service)
		start_program(&replica.start);
	return replica_run(&replica);
}
