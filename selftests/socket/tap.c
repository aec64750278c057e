// SPDX-License-Identifier: GPL-2.0
/* The harness, see tap.h. Arguments name the tests to be run; none: all. */
#define _GNU_SOURCE
#include <sched.h>
#include <signal.h>
#include <sys/wait.h>
#include <time.h>
#include "tap.h"

#define TESTS_MAX	200
#define LIMIT		30

static struct {
	const char *name;
	void (*fn)(void);
} tests[TESTS_MAX];
static int ntests;

void tap_add(const char *name, void (*fn)(void))
{
	if (ntests == TESTS_MAX)
		abort();
	tests[ntests].name = name;
	tests[ntests++].fn = fn;
}

void tap_fail(const char *file, int line, const char *what, int err)
{
	printf("# %s:%d: %s: %s\n", file, line, what, strerror(err));
	fflush(stdout);
	_exit(1);
}

void tap_fail_eq(const char *file, int line, const char *a, long long av,
		 const char *b, long long bv)
{
	printf("# %s:%d: %s is %lld, %s is %lld\n", file, line, a, av, b, bv);
	fflush(stdout);
	_exit(1);
}

void tap_fail_errno(const char *file, int line, const char *call, long long ret,
		    int err, int wanted)
{
	printf("# %s:%d: %s returned %lld (%s), not %s\n", file, line, call, ret,
	       strerrorname_np(err) ?: "?", strerrorname_np(wanted) ?: "?");
	fflush(stdout);
	_exit(1);
}

void tap_skip(const char *why)
{
	printf("# %s\n", why);
	fflush(stdout);
	_exit(TAP_SKIP);
}

void tap_limit(unsigned int seconds)
{
	alarm(seconds);
}

long long tap_ms(void)
{
	struct timespec t;

	clock_gettime(CLOCK_MONOTONIC, &t);
	return t.tv_sec * 1000LL + t.tv_nsec / 1000000;
}

static int run(void (*fn)(void))
{
	int status;
	pid_t pid;

	fflush(stdout);
	pid = fork();
	if (pid < 0)
		return 1;
	if (!pid) {
		setpgid(0, 0);
		alarm(LIMIT);
		if (unshare(CLONE_NEWNET))
			tap_fail(__FILE__, __LINE__, "unshare", errno);
		fn();
		fflush(stdout);
		_exit(0);
	}
	setpgid(pid, pid);
	if (waitpid(pid, &status, 0) != pid)
		return 1;
	/* Whatever it left behind. */
	kill(-pid, SIGKILL);
	if (WIFSIGNALED(status)) {
		printf("# killed by signal %d%s\n", WTERMSIG(status),
		       WTERMSIG(status) == SIGALRM ? ": time limit" : "");
		return 1;
	}
	return WEXITSTATUS(status);
}

static bool selected(const char *name, int argc, char **argv)
{
	int i;

	for (i = 1; i < argc; i++)
		if (!strcmp(argv[i], name))
			return true;
	return argc == 1;
}

int main(int argc, char **argv)
{
	int i, n = 0, plan = 0, failed = 0;

	setvbuf(stdout, NULL, _IOLBF, 0);
	for (i = 0; i < ntests; i++)
		plan += selected(tests[i].name, argc, argv);
	printf("TAP version 13\n1..%d\n", plan);
	for (i = 0; i < ntests; i++) {
		long long begin = tap_ms();
		int status;

		if (!selected(tests[i].name, argc, argv))
			continue;
		status = run(tests[i].fn);
		failed += status && status != TAP_SKIP;
		printf("%sok %d %s%s\n# %lld ms\n",
		       status && status != TAP_SKIP ? "not " : "", ++n,
		       tests[i].name, status == TAP_SKIP ? " # SKIP" : "",
		       tap_ms() - begin);
	}
	return failed || !plan;
}
