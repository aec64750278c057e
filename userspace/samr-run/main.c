// SPDX-License-Identifier: GPL-2.0
/*
 * samr-run: starts a program of TCP as a replica, or as a client, of services. Options,
 * what cannot be done, and the start; the rest is in libsamr-run.so.
 */
#define _GNU_SOURCE
#include <errno.h>
#include <getopt.h>
#include <limits.h>
#include <linux/samr.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <unistd.h>

#include "program.h"
#include "rules.h"

#define LIBRARY	"libsamr-run.so"

enum { USAGE = 2, CANNOT = 126, NOT_FOUND = 127 };

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
"  -V, --version  -h, --help\n"
"\n"
"samr-run --service 42 --listen 11211 memcached -t 1\n"
"\n"
"Exit status: the program's; 2 wrong usage; 126 it cannot be run like this;\n"
"127 it was not found.\n";

enum { OPT_SEED = 256 };

static const struct option options[] = {
	{ "service", required_argument, NULL, 's' },
	{ "listen", required_argument, NULL, 'l' },
	{ "connect", required_argument, NULL, 'c' },
	{ "seed", required_argument, NULL, OPT_SEED },
	{ "version", no_argument, NULL, 'V' },
	{ "help", no_argument, NULL, 'h' },
	{ NULL, 0, NULL, 0 }
};

__attribute__((noreturn, format(printf, 2, 3)))
static void die(int status, const char *format, ...)
{
	va_list args;

	fprintf(stderr, "samr-run: ");
	va_start(args, format);
	vfprintf(stderr, format, args);
	va_end(args);
	fputc('\n', stderr);
	exit(status);
}

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

static void add(struct rules *r, const char *option, bool listen, uint32_t service,
		const char *text)
{
	const char *why;

	if (!service)
		die(USAGE, "--%s %s: --service must come before it", option, text);
	if (!rules_add(r, listen, service, text, &why))
		die(USAGE, "--%s %s %s", option, text, why);
}

static bool join(char *path, const char *folder, const char *name)
{
	return snprintf(path, PATH_MAX, "%s/%s", folder, name) < PATH_MAX &&
	       !access(path, R_OK);
}

/* Beside this program, as in the tree where it is built; or where it is installed. */
static void find_library(char *path)
{
	char self[PATH_MAX] = "", *slash;

	if (readlink("/proc/self/exe", self, sizeof(self) - 1) > 0) {
		slash = strrchr(self, '/');
		if (slash) {
			*slash = 0;
			if (join(path, self, LIBRARY))
				return;
		}
	}
	if (!join(path, SAMR_RUN_LIBDIR, LIBRARY))
		die(CANNOT, SAMR_RUN_LIBDIR "/" LIBRARY ": %m");
}

static void preload(const char *library)
{
	const char *before = getenv("LD_PRELOAD");
	char *all;

	/* In front: who comes first sees what the program says. */
	if (asprintf(&all, "%s%s%s", library, before && *before ? ":" : "",
		     before ? before : "") < 0 || setenv("LD_PRELOAD", all, 1))
		die(CANNOT, "no memory");
	free(all);
}

static void check_kernel(void)
{
	int fd = socket(AF_SAMR, SOCK_STREAM, 0);

	if (fd < 0)
		die(CANNOT, "this kernel has no streams of AF_SAMR: %m; "
		    "modprobe samr loads it");
	close(fd);
}

int main(int argc, char **argv)
{
	char text[RULES_TEXT_MAX], library[PATH_MAX], seed[24], why[PROGRAM_WHY_MAX];
	struct rules rules = { .count = 0 };
	unsigned long long seeded = 0;
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
			seeded = number("seed", optarg, 0, ULLONG_MAX);
			has_seed = true;
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
	switch (program_check(argv[optind], why)) {
	case PROGRAM_FINE:
		break;
	case PROGRAM_DOUBTFUL:
		fprintf(stderr, "samr-run: %s: %s\n", argv[optind], why);
		break;
	case PROGRAM_NOT_FOUND:
		die(NOT_FOUND, "%s: %s", argv[optind], why);
	case PROGRAM_CANNOT:
		die(CANNOT, "%s: %s", argv[optind], why);
	}
	if (getenv("LISTEN_FDS"))
		die(CANNOT, "sockets that were opened by systemd (LISTEN_FDS) stay of TCP: "
		    "let the program open its own");
	check_kernel();
	find_library(library);
	preload(library);
	rules_write(&rules, text);
	snprintf(seed, sizeof(seed), "%llu", has_seed ? seeded : rules.rule[0].service);
	if (setenv(RULES_VARIABLE, text, 1) || setenv(SEED_VARIABLE, seed, 1))
		die(CANNOT, "no memory");
	execvp(argv[optind], &argv[optind]);
	die(errno == ENOENT ? NOT_FOUND : CANNOT, "%s: %m", argv[optind]);
}
