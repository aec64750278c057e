// SPDX-License-Identifier: GPL-2.0
/* Hooks: what they are told, one at a time, with a deadline, in nobody's way. */
#define _GNU_SOURCE
#include <setjmp.h>
#include <signal.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <time.h>
#include <unistd.h>

#include <cmocka.h>

#include "base/turn.h"
#include "host/hooks.h"

static char folder[] = "/tmp/samr-hooks-XXXXXX";
static char program[64], output[64];
static struct config config = { .name = "lab", .id = 7, .nodes = 1 };
static sd_event *event;

static void write_program(const char *script)
{
	FILE *f = fopen(program, "w");

	assert_non_null(f);
	fprintf(f, "#!/bin/sh\n%s\n", script);
	fclose(f);
	assert_int_equal(chmod(program, 0755), 0);
	unlink(output);
}

/* A program that only says that it was run. */
static void write_counter(void)
{
	char script[100];

	snprintf(script, sizeof(script), "echo $SAMR_TEST >>%s", output);
	write_program(script);
}

static const char *written(void)
{
	static char text[65536];
	FILE *f = fopen(output, "r");
	size_t n = f ? fread(text, 1, sizeof(text) - 1, f) : 0;

	text[n] = 0;
	if (f)
		fclose(f);
	return text;
}

static size_t lines(void)
{
	const char *p = written();
	size_t n = 0;

	while ((p = strchr(p, '\n'))) {
		n++;
		p++;
	}
	return n;
}

static double now(void)
{
	struct timespec t;

	clock_gettime(CLOCK_MONOTONIC, &t);
	return t.tv_sec + t.tv_nsec / 1e9;
}

/* Turns the loop until so many lines are there, or for @s seconds. */
static void turn(size_t wanted, double s)
{
	double end = now() + s;

	while (lines() < wanted && now() < end)
		assert_true(sd_event_run(event, 10000) >= 0);
}

static void tell(struct hooks *h, enum hook kind, unsigned int n)
{
	char var[64];
	char *vars[] = { var, NULL };

	snprintf(var, sizeof(var), "SAMR_TEST=%u", n);
	hooks_run(h, kind, vars);
}

static struct hooks *fresh(void)
{
	struct hooks *h;

	assert_int_equal(hooks_new(&h, event), 0);
	config.hooks = (struct config_hooks){ .view = program, .fence = program,
					      .deadline_ms = 20000 };
	hooks_configure(h, &config);
	return h;
}

static void environment(void **state)
{
	struct hooks *h = fresh();
	char script[400];

	(void)state;
	snprintf(script, sizeof(script), "env | sort >%s.new; cat <&0 >>%s.new; "
		 "mv %s.new %s", output, output, output, output);
	write_program(script);
	setenv("SECRET", "no", 1);
	tell(h, HOOK_FENCE, 5);
	turn(7, 20);
	assert_non_null(strstr(written(), "PATH=/usr/sbin:/usr/bin:/sbin:/bin\n"));
	assert_non_null(strstr(written(), "SAMR_CLUSTER=lab\nSAMR_CLUSTER_ID=7\n"
			       "SAMR_EVENT=fence\nSAMR_NODE=3\n"
			       "SAMR_NODE_NAME=alpha\nSAMR_TEST=5\n"));
	assert_null(strstr(written(), "SECRET"));
	hooks_free(h);
}

/* Fences in order; of views the first and then the newest. */
static void order(void **state)
{
	struct hooks *h = fresh();
	unsigned int i;

	(void)state;
	write_counter();
	for (i = 1; i <= 3; i++)
		tell(h, HOOK_FENCE, i);
	turn(3, 20);
	assert_string_equal(written(), "1\n2\n3\n");
	write_counter();
	for (i = 1; i <= 9; i++)
		tell(h, HOOK_VIEW, i);
	turn(2, 20);
	turn(3, 0.3);
	assert_string_equal(written(), "1\n9\n");
	hooks_free(h);
}

static void too_many(void **state)
{
	struct hooks *h = fresh();
	unsigned int i;

	(void)state;
	write_counter();
	for (i = 1; i <= HOOKS_QUEUE_MAX + 20; i++)
		tell(h, HOOK_FENCE, i);
	turn(HOOKS_QUEUE_MAX + 1, 60);
	turn(HOOKS_QUEUE_MAX + 2, 0.3);
	assert_int_equal(lines(), HOOKS_QUEUE_MAX + 1);
	hooks_free(h);
}

/* It hangs, with a child that hangs: both go, and the next one is run. */
static void late(void **state)
{
	struct hooks *h = fresh();
	char script[400];
	double begin = now();

	(void)state;
	config.hooks.deadline_ms = 300;
	snprintf(script, sizeof(script), "[ $SAMR_TEST = 2 ] && exec sh -c 'echo 2 "
		 ">>%s'\n(sleep 100; echo child >>%s) &\nsleep 100", output,
		 output);
	write_program(script);
	tell(h, HOOK_FENCE, 1);
	assert_true(now() - begin < 0.2);
	tell(h, HOOK_FENCE, 2);
	turn(1, 20);
	assert_string_equal(written(), "2\n");
	assert_true(now() - begin >= 0.3);
	hooks_free(h);
}

/* What is said of it is about the deadline that it had. */
static void late_and_reloaded(void **state)
{
	struct hooks *h = fresh();
	char said[200] = "";
	int fd[2], err = dup(2);

	(void)state;
	assert_int_equal(pipe(fd), 0);
	config.hooks.deadline_ms = 300;
	write_program("exec sleep 100");
	tell(h, HOOK_FENCE, 1);
	config.hooks.deadline_ms = 20000;
	assert_int_equal(dup2(fd[1], 2), 2);
	turn(1, 0.6);
	assert_int_equal(dup2(err, 2), 2);
	close(fd[1]);
	assert_true(read(fd[0], said, sizeof(said) - 1) >= 0);
	close(fd[0]);
	close(err);
	assert_non_null(strstr(said, "it ran for longer than 300 ms"));
	hooks_free(h);
}

static int on_decision(sd_event_source *s, void *data)
{
	(void)s;
	*(bool *)data = true;
	return 0;
}

/* It writes as fast as it can: what the daemon itself has to do comes first. */
static void talker(void **state)
{
	struct hooks *h = fresh();
	sd_event_source *decision;
	bool decided = false;
	char script[400];
	unsigned int i;

	(void)state;
	snprintf(script, sizeof(script), "echo much; echo ready >>%s; exec sleep "
		 "100", output);
	write_program(script);
	tell(h, HOOK_FENCE, 1);
	while (!lines())
		usleep(1000);
	assert_true(sd_event_add_defer(event, &decision, on_decision,
				       &decided) >= 0);
	assert_true(sd_event_source_set_priority(decision, TURN_DECIDE) >= 0);
	/* Facts come first: processes of other tests have ended. */
	for (i = 0; i < 20 && !decided; i++)
		assert_true(sd_event_run(event, 0) >= 0);
	assert_true(decided);
	/* And what it has written is still to be read. */
	assert_true(sd_event_run(event, 0) > 0);
	sd_event_source_unref(decision);
	hooks_free(h);
}

/* What it was told, a password for example, does not get into a file. */
static void no_core(void **state)
{
	struct hooks *h = fresh();
	char script[400];

	(void)state;
	snprintf(script, sizeof(script), "ulimit -c >%s.new; ulimit -Hc >>%s.new; "
		 "mv %s.new %s", output, output, output, output);
	write_program(script);
	tell(h, HOOK_FENCE, 1);
	turn(2, 20);
	assert_string_equal(written(), "0\n0\n");
	hooks_free(h);
}

static void none(void **state)
{
	struct hooks *h = fresh();

	(void)state;
	config.hooks.view = "/nonexistent";
	tell(h, HOOK_VIEW, 1);
	tell(h, HOOK_ALERT, 1);
	turn(1, 0.2);
	config.hooks.view = NULL;
	hooks_configure(h, &config);
	tell(h, HOOK_VIEW, 2);
	turn(1, 0.1);
	hooks_free(h);
	hooks_free(NULL);
}

static int prepare(void **state)
{
	sigset_t set;

	(void)state;
	if (!mkdtemp(folder))
		return -1;
	snprintf(program, sizeof(program), "%s/hook", folder);
	snprintf(output, sizeof(output), "%s/out", folder);
	config.node[0] = (struct config_node){ .id = 3, .name = "alpha" };
	sigemptyset(&set);
	sigaddset(&set, SIGCHLD);
	sigprocmask(SIG_BLOCK, &set, NULL);
	return sd_event_default(&event) < 0;
}

static int clean(void **state)
{
	char command[100];

	(void)state;
	sd_event_unref(event);
	snprintf(command, sizeof(command), "rm -r %s", folder);
	return system(command);
}

int main(void)
{
	static const struct CMUnitTest tests[] = {
		cmocka_unit_test(environment),
		cmocka_unit_test(order),
		cmocka_unit_test(too_many),
		cmocka_unit_test(late),
		cmocka_unit_test(late_and_reloaded),
		cmocka_unit_test(talker),
		cmocka_unit_test(no_core),
		cmocka_unit_test(none),
	};

	return cmocka_run_group_tests(tests, prepare, clean);
}
