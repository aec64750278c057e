// SPDX-License-Identifier: GPL-2.0
/* Failures, and memory of the simulator's own; see sim.h. */
#include <signal.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/time.h>
#include <unistd.h>

#include "sim.h"

#define SMALL	512

struct sim_run sim_run;

static void replay(char *buf, size_t size)
{
	if (sim_run.script)
		snprintf(buf, size, "--script %s", sim_run.script);
	else
		snprintf(buf, size, "--seed %llu%s --trace",
			 (unsigned long long)sim_run.seed, sim_run.args);
}

/* What is said about a failure, and its length. */
static char said[1024];
static int said_len;

static void compose(const char *what)
{
	u64 now = sim_run.now ? *sim_run.now : 0;
	char run[256], again[320];

	replay(again, sizeof(again));
	if (sim_run.script)
		snprintf(run, sizeof(run), "%s", sim_run.script);
	else
		snprintf(run, sizeof(run), "seed %llu",
			 (unsigned long long)sim_run.seed);
	said_len = snprintf(said, sizeof(said),
			    "%s: FAILED at %llu.%06llu ms: %s\n"
			    "    commit %s, replay: build/userspace/sim %s\n",
			    run, (unsigned long long)(now / SAMR_MSEC),
			    (unsigned long long)(now % SAMR_MSEC), what,
			    sim_version, again);
	said_len = min(said_len, (int)sizeof(said) - 1);
}

static void __attribute__((noreturn)) say_and_exit(int sig)
{
	(void)sig;
	_exit(write(STDOUT_FILENO, said, said_len) == said_len ? 1 : 3);
}

void sim_fail(const char *fmt, ...)
{
	char what[512];
	va_list ap;

	va_start(ap, fmt);
	vsnprintf(what, sizeof(what), fmt, ap);
	va_end(ap);
	compose(what);
	fflush(stdout);
	say_and_exit(0);
}

/*
 * What was printed before shall be seen, too; but the crash may have come in the
 * middle of malloc() or printf(), whose locks nobody gives back.
 */
static void on_signal(int sig)
{
	signal(sig, SIG_DFL);
	if (sig == SIGVTALRM)
		compose("it takes too much CPU time: an endless loop?");
	else
		compose(sig == SIGSEGV || sig == SIGBUS ?
			"crashed: wild pointer" : sig == SIGFPE ?
			"crashed: division by zero" : "crashed: aborted");
	signal(SIGALRM, say_and_exit);
	alarm(2);
	fflush(stdout);
	say_and_exit(0);
}

void sim_catch_signals(void)
{
	static const int sigs[] = { SIGSEGV, SIGBUS, SIGFPE, SIGABRT, SIGILL,
				    SIGVTALRM };
	static char stack[65536];
	stack_t alt = { .ss_sp = stack, .ss_size = sizeof(stack) };
	struct sigaction sa = { .sa_handler = on_signal,
				.sa_flags = SA_ONSTACK };
	size_t i;

#ifdef __SANITIZE_ADDRESS__
	/* The sanitizer says more. */
	if (sizeof(sigs))
		return;
#endif
	sigaltstack(&alt, NULL);
	for (i = 0; i < ARRAY_SIZE(sigs); i++)
		sigaction(sigs[i], &sa, NULL);
}

void sim_watchdog(unsigned int seconds)
{
	struct itimerval t = { .it_value.tv_sec = seconds };

	setitimer(ITIMER_VIRTUAL, &t, NULL);
}

void *sim_alloc(size_t size)
{
	/* What is small comes from the thread's cache, which calloc() passes by. */
	void *p = size <= SMALL ? malloc(size) : calloc(1, size);

	if (!p)
		sim_fail("the simulator itself is out of memory");
	return size <= SMALL ? memset(p, 0, size) : p;
}

void *sim_grow(void *array, size_t count, size_t *room, size_t size)
{
	size_t old = *room;

	if (count < old)
		return array;
	*room = old ? old * 2 : 64;
	array = realloc(array, *room * size);
	if (!array)
		sim_fail("the simulator itself is out of memory");
	memset((char *)array + old * size, 0, (*room - old) * size);
	return array;
}
