// SPDX-License-Identifier: GPL-3.0-or-later
/*
 * Cuts the power of a machine through its BMC, switches it on, or reads the
 * power status: RMCP+ by libfreeipmi. A program of its own, since samr is under
 * the GPL version 2 and that library under version 3, and since an attempt has
 * to be killed when it is not over in time.
 *
 * Off means that the BMC was read twice as off after the command. That it took
 * the command is worth nothing.
 */
#include <errno.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/prctl.h>
#include <sys/time.h>
#include <time.h>
#include <unistd.h>

#include "bmc.h"
#include "request.h"

#ifndef SAMR_VERSION
#define SAMR_VERSION	"unknown"
#endif

static const char *const words[] = {
	[INTERNAL]	= "broken",
	[USAGE]		= "usage",
	[REFUSED]	= "refused",
	[UNREACHABLE]	= "unreachable",
	[NO_STATUS]	= "no-status",
	[STAYS_ON]	= "stays-on",
	[STAYS_OFF]	= "stays-off",
	[CAME_BACK]	= "came-back",
};

/* ---- the deadline ---- */

#define LATE_MAX	(TEXT_MAX - 32)	/* a word goes before it */

/*
 * What there is to say when the time is over: written before each step that can
 * take long, as the library may be in the middle of anything then.
 */
static struct {
	volatile sig_atomic_t status;
	volatile sig_atomic_t len;
	char line[TEXT_MAX];
} late;

static void on_alarm(int sig)
{
	(void)sig;
	if (write(STDOUT_FILENO, late.line, late.len) < 0)
		_exit(INTERNAL);
	_exit(late.status);
}

static void if_late(enum outcome o, const char *text)
{
	sigset_t alarm_only, before;

	sigemptyset(&alarm_only);
	sigaddset(&alarm_only, SIGALRM);
	sigprocmask(SIG_BLOCK, &alarm_only, &before);
	late.status = o;
	snprintf(late.line, sizeof(late.line), "%s: %.*s\n", words[o], LATE_MAX,
		 text);
	late.len = strlen(late.line);
	sigprocmask(SIG_SETMASK, &before, NULL);
}

static void start_clock(unsigned int ms)
{
	const struct itimerval t = {
		.it_value = { ms / 1000, ms % 1000 * 1000 }
	};
	struct sigaction act = { .sa_handler = on_alarm };

	sigaction(SIGALRM, &act, NULL);
	setitimer(ITIMER_REAL, &t, NULL);
}

static void stop_clock(void)
{
	const struct itimerval never = { };

	setitimer(ITIMER_REAL, &never, NULL);
}

/* ---- the work ---- */

static unsigned long ms_since(const struct timespec *begin)
{
	struct timespec now;

	clock_gettime(CLOCK_MONOTONIC, &now);
	return (now.tv_sec - begin->tv_sec) * 1000 +
	       (now.tv_nsec - begin->tv_nsec) / 1000000;
}

/**
 * struct change - power on its way to a state
 * @b: the BMC
 * @on: the state
 * @taken: how the command went
 * @refusal: why it was not taken
 * @was: it has been read once
 */
struct change {
	struct bmc *b;
	bool on;
	enum outcome taken;
	char refusal[TEXT_MAX - 64];
	bool was;
};

static void command(struct change *c)
{
	char why[TEXT_MAX] = "";

	if_late(NO_STATUS, c->on ? "no answer to power on" :
				   "no answer to power off");
	c->taken = bmc_power(c->b, c->on, why);
	snprintf(c->refusal, sizeof(c->refusal), "%.*s",
		 (int)sizeof(c->refusal) - 1, why);
}

/* The other state was read: what to say if it stays so. */
static void not_yet(const struct change *c)
{
	char text[TEXT_MAX - 32];

	if (c->taken == DONE)
		snprintf(text, sizeof(text), "power stays %s after the command",
			 c->on ? "off" : "on");
	else
		snprintf(text, sizeof(text), "power stays %s, the command is "
			 "not taken: %.120s", c->on ? "off" : "on", c->refusal);
	if_late(c->on ? STAYS_OFF : STAYS_ON, text);
}

/* Until the state was read twice, or the alarm ends it. */
static enum outcome change(struct change *c, unsigned int poll_ms, char *why)
{
	enum outcome o;
	bool on;

	command(c);
	for (;;) {
		if (c->taken == REFUSED || c->taken == INTERNAL) {
			snprintf(why, TEXT_MAX, "%s", c->refusal);
			return c->taken;
		}
		o = bmc_is_on(c->b, &on, why);
		if (o == INTERNAL)
			return o;
		if (o == DONE && on == c->on && c->was)
			return DONE;
		if (o == DONE && on == c->on) {
			c->was = true;
			continue;
		}
		if (o == DONE && c->was && !c->on) {
			snprintf(why, TEXT_MAX, "power was off and is on again");
			return CAME_BACK;
		}
		if (o == DONE)
			not_yet(c);
		else
			if_late(NO_STATUS, why);
		usleep(poll_ms * 1000);
		/* A busy BMC, for example. */
		if (c->taken != DONE)
			command(c);
	}
}

static enum outcome work(const struct request *r, struct bmc *b, char *why)
{
	struct change c = { .b = b, .on = r->action == ACTION_ON };
	enum outcome o;
	bool on;

	if (r->action != ACTION_STATUS) {
		on = c.on;
		o = change(&c, r->poll_ms, why);
	} else {
		if_late(NO_STATUS, "no power status");
		o = bmc_is_on(b, &on, why);
	}
	if (o == DONE)
		snprintf(why, TEXT_MAX, "%s", on ? "on" : "off");
	return o;
}

static int run(struct request *r)
{
	char why[TEXT_MAX] = "";
	struct timespec begin;
	struct bmc *b = NULL;
	enum outcome o;

	clock_gettime(CLOCK_MONOTONIC, &begin);
	if_late(UNREACHABLE, "no answer");
	start_clock(r->deadline_ms);
	o = bmc_open(r, &b, why);
	explicit_bzero(r->password, sizeof(r->password));
	explicit_bzero(r->k_g, sizeof(r->k_g));
	if (o == DONE)
		o = work(r, b, why);
	stop_clock();
	if (o == DONE)
		printf("%s: read from the BMC, cipher suite %d, after %lu ms\n",
		       why, bmc_suite(b), ms_since(&begin));
	else
		printf("%s: %s\n", words[o], why);
	if (fflush(stdout) || ferror(stdout))
		return INTERNAL;
	return o;
}

static void usage(FILE *out)
{
	fprintf(out, "usage: samr-fence-ipmi <REQUEST\n\n"
		"REQUEST is lines KEY=VALUE: action=off|on|status, address, and\n"
		"user, password, k-g, cipher-suites=17|17,3, privilege,\n"
		"workarounds, deadline-ms, poll-ms. See samr-fence-ipmi(8).\n");
}

int main(int argc, char **argv)
{
	char why[TEXT_MAX];
	struct request r;

	/* The password is nothing for a core dump or a debugger. */
	prctl(PR_SET_DUMPABLE, 0);
	if (argc == 2 && !strcmp(argv[1], "--version")) {
		printf("samr-fence-ipmi %s\n", SAMR_VERSION);
		return DONE;
	}
	if (argc == 2 && !strcmp(argv[1], "--help")) {
		usage(stdout);
		return DONE;
	}
	if (argc > 1) {
		usage(stderr);
		return USAGE;
	}
	if (!request_read(&r, STDIN_FILENO, why)) {
		printf("usage: %s\n", why);
		return USAGE;
	}
	return run(&r);
}
