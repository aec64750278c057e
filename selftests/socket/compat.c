// SPDX-License-Identifier: GPL-2.0
/* A 32-bit program on this kernel, see compat32.c. */
#define _GNU_SOURCE
#include <limits.h>
#include <sys/wait.h>
#include "lab.h"
#include "tap.h"

TEST(compat_32bit_program)
{
	char path[PATH_MAX];
	int status;
	ssize_t n;
	pid_t pid;

	n = OK(readlink("/proc/self/exe", path, sizeof(path) - 4));
	memcpy(path + n, "32", 3);
	lab_one();
	pid = OK(fork());
	if (!pid) {
		execl(path, path, (char *)NULL);
		_exit(errno == ENOEXEC || errno == ENOENT ? 126 : 127);
	}
	OK(waitpid(pid, &status, 0));
	if (WIFEXITED(status) && WEXITSTATUS(status) == 126)
		tap_skip("no 32-bit programs on this machine");
	CHECK_EQ(status, 0);
}
