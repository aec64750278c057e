/* SPDX-License-Identifier: GPL-2.0 */
/* What programs that run on one of several heads share. */
#ifndef SAMR_TEST_UTIL_H
#define SAMR_TEST_UTIL_H

#include <fcntl.h>
#include <sched.h>
#include <stdint.h>
#include <stdio.h>
#include <time.h>
#include <unistd.h>

/** util_enter - go to a network namespace that has a name; -1: errno says why not */
static inline int util_enter(const char *name)
{
	char path[100];
	int fd, ret;

	snprintf(path, sizeof(path), "/run/netns/%s", name);
	fd = open(path, O_RDONLY | O_CLOEXEC);
	if (fd < 0)
		return -1;
	ret = setns(fd, CLONE_NEWNET);
	close(fd);
	return ret;
}

/** util_now_us - monotonic time */
static inline uint64_t util_now_us(void)
{
	struct timespec ts;

	clock_gettime(CLOCK_MONOTONIC, &ts);
	return (uint64_t)ts.tv_sec * 1000000 + (uint64_t)ts.tv_nsec / 1000;
}

#endif /* SAMR_TEST_UTIL_H */
