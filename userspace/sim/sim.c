// SPDX-License-Identifier: GPL-2.0
/* Failures, and memory of the simulator's own; see sim.h. */
#include <signal.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/time.h>
#include <unistd.h>

#include "sim.h"

struct sim_run sim_run;

static void replay(char *buf, size_t size)
{
	if (sim_run.script)
		snprintf(buf, size, "--script %s", sim_run.script);
	else
		snprintf(buf, size, "--seed %llu%s --trace",
			 (unsigned long long)sim_run.seed, sim_run.args);
}

void sim_fail(const char *fmt, ...)
{
	u64 now = sim_run.now ? *sim_run.now : 0;
	char what[512], again[320];
	va_list ap;

	va_start(ap, fmt);
	vsnprintf(what, sizeof(what), fmt, ap);
	va_end(ap);
	replay(again, sizeof(again));
	if (sim_run.script)
		printf("%s: FAILED", sim_run.script);
	else
		printf("seed %llu: FAILED", (unsigned long long)sim_run.seed);
	printf(" at %llu.%06llu ms: %s\n"
	       "    commit %s, replay: build/userspace/sim %s\n",
	       (unsigned long long)(now / SAMR_MSEC),
	       (unsigned long long)(now % SAMR_MSEC), what, sim_version, again);
	fflush(stdout);
	_exit(1);
}

/*
 * The process is lost anyway when one of these comes, so that calling printf()
 * from here risks nothing but the message.
 */
static void on_signal(int sig)
{
	signal(sig, SIG_DFL);
	if (sig == SIGVTALRM)
		sim_fail("it takes too much CPU time: an endless loop?");
	sim_fail("crashed: %s", sig == SIGSEGV || sig == SIGBUS ?
		 "wild pointer" : sig == SIGFPE ? "division by zero" :
		 "aborted");
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
	void *p = calloc(1, size);

	if (!p)
		sim_fail("the simulator itself is out of memory");
	return p;
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
