// SPDX-License-Identifier: GPL-2.0
/*
 * A process that leaves the processor to nobody: real-time priority 99, for so
 * many seconds. It spins, or sends datagrams as fast as it can.
 *
 *	samr-test-starve SECONDS PRIORITY KSOFTIRQD [NAMESPACE ADDRESS PORT]
 *
 * PRIORITY 0: an ordinary process. KSOFTIRQD: its process id; a real-time process
 * begins when that one waits for the processor, which it does not get then. 0:
 * begins at once. It prints when it began and ended, in microseconds of
 * CLOCK_MONOTONIC, how many datagrams it sent, and the state of KSOFTIRQD at the
 * end.
 */
#define _GNU_SOURCE
#include <arpa/inet.h>
#include <errno.h>
#include <fcntl.h>
#include <netinet/in.h>
#include <sched.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/socket.h>
#include <time.h>
#include <unistd.h>
#include "util.h"

static void die(const char *what)
{
	fprintf(stderr, "starve: %s: %s\n", what, strerror(errno));
	exit(1);
}

static int socket_in(const char *name, const char *address, const char *port)
{
	struct sockaddr_in to = { .sin_family = AF_INET };
	int fd;

	if (util_enter(name))
		die(name);
	to.sin_port = htons(atoi(port));
	if (inet_pton(AF_INET, address, &to.sin_addr) != 1) {
		errno = EINVAL;
		die(address);
	}
	fd = socket(AF_INET, SOCK_DGRAM, 0);
	if (fd < 0 || connect(fd, (struct sockaddr *)&to, sizeof(to)))
		die("socket");
	return fd;
}

/* As proc(5) has it; R: it runs, or would like to. */
static char state_of(int pid)
{
	char text[200] = "", path[50], *end;
	int fd;

	if (!pid)
		return '-';
	snprintf(path, sizeof(path), "/proc/%d/stat", pid);
	fd = open(path, O_RDONLY | O_CLOEXEC);
	if (fd < 0 || read(fd, text, sizeof(text) - 1) < 0)
		die(path);
	close(fd);
	end = strrchr(text, ')');
	return end && end[1] ? end[2] : '?';
}

static void set_priority(int priority)
{
	struct sched_param param = { .sched_priority = priority };

	if (sched_setscheduler(0, priority ? SCHED_FIFO : SCHED_OTHER, &param))
		die("sched_setscheduler");
}

/* From when this is real-time nobody else runs, and the state stays. */
static void take_processor(int priority, int ksoftirqd)
{
	int tries;

	for (tries = 0; tries < 5000; tries++) {
		set_priority(priority);
		if (!priority || !ksoftirqd || state_of(ksoftirqd) == 'R')
			return;
		set_priority(0);
		usleep(1000);
	}
	fprintf(stderr, "starve: ksoftirqd never had anything to do\n");
	exit(1);
}

int main(int argc, char **argv)
{
	uint64_t begin, end, sent = 0;
	static char data[64];
	int ksoftirqd, fd = -1;

	if (argc != 4 && argc != 7) {
		fprintf(stderr, "usage: %s SECONDS PRIORITY KSOFTIRQD [NAMESPACE ADDRESS PORT]\n",
			argv[0]);
		return 2;
	}
	ksoftirqd = atoi(argv[3]);
	if (argc == 7)
		fd = socket_in(argv[4], argv[5], argv[6]);
	if (mlockall(MCL_CURRENT | MCL_FUTURE))
		die("mlockall");
	take_processor(atoi(argv[2]), ksoftirqd);
	begin = util_now_us();
	end = begin + atoi(argv[1]) * 1000000ULL;
	/* Nobody listens at that port: only the way there is what counts. */
	while (util_now_us() < end)
		if (fd >= 0 && send(fd, data, sizeof(data), MSG_DONTWAIT) > 0)
			sent++;
	printf("%llu %llu %llu %c\n", (unsigned long long)begin,
	       (unsigned long long)util_now_us(), (unsigned long long)sent,
	       state_of(ksoftirqd));
	return 0;
}
