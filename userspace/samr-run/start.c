// SPDX-License-Identifier: GPL-2.0
/* The program's start, see start.h. */
#define _GNU_SOURCE
#include <errno.h>
#include <fcntl.h>
#include <inttypes.h>
#include <limits.h>
#include <linux/samr.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <unistd.h>

#include "say.h"
#include "start.h"

#define LIBRARY	"libsamr-run.so"

static char library[PATH_MAX];

static bool join(const char *folder, const char *name)
{
	return snprintf(library, sizeof(library), "%s/%s", folder, name) < PATH_MAX &&
	       !access(library, R_OK);
}

/* Beside this program, as in the tree where it is built; or where it is installed. */
static void find_library(void)
{
	char self[PATH_MAX] = "", *slash;

	if (readlink("/proc/self/exe", self, sizeof(self) - 1) > 0) {
		slash = strrchr(self, '/');
		if (slash) {
			*slash = 0;
			if (join(self, LIBRARY))
				return;
		}
	}
	if (!join(SAMR_RUN_LIBDIR, LIBRARY))
		die(CANNOT, SAMR_RUN_LIBDIR "/" LIBRARY ": %m");
}

static void check_kernel(void)
{
	int fd = socket(AF_SAMR, SOCK_STREAM, 0);

	if (fd < 0)
		die(CANNOT, "this kernel has no streams of AF_SAMR: %m; modprobe samr loads it");
	close(fd);
}

void start_check(void)
{
	if (getenv("LISTEN_FDS"))
		die(CANNOT, "sockets that were opened by systemd (LISTEN_FDS) stay of TCP: "
		    "let the program open its own");
	check_kernel();
	find_library();
}

static void set(const char *name, const char *value)
{
	if (setenv(name, value, 1))
		die(CANNOT, "no memory");
}

static void preload(void)
{
	const char *before = getenv("LD_PRELOAD");
	char *all;

	/* In front: who comes first sees what the program says. */
	if (asprintf(&all, "%s%s%s", library, before && *before ? ":" : "",
		     before ? before : "") < 0)
		die(CANNOT, "no memory");
	set("LD_PRELOAD", all);
	free(all);
}

static void keep_open(int fd)
{
	if (fcntl(fd, F_SETFD, 0))
		die(CANNOT, "descriptor %d: %m", fd);
}

void start_program(const struct start *s)
{
	char text[RULES_TEXT_MAX];

	preload();
	rules_write(s->rules, text);
	set(RULES_VARIABLE, text);
	snprintf(text, sizeof(text), "%llu", s->seed);
	set(SEED_VARIABLE, text);
	if (s->listener >= 0) {
		keep_open(s->listener);
		keep_open(s->ready);
		snprintf(text, sizeof(text), "%d %d", s->listener, s->ready);
		set(SOCKET_VARIABLE, text);
		snprintf(text, sizeof(text), "%" PRIu64, s->time);
		set(TIME_VARIABLE, text);
	}
	execvp(s->argv[0], s->argv);
	die(errno == ENOENT ? NOT_FOUND : CANNOT, "%s: %m", s->argv[0]);
}
