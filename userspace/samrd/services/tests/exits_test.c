// SPDX-License-Identifier: GPL-2.0
/*
 * What follows when a member of a service ends: it is put out, the admin is told,
 * and on-exit acts. Kernel, hooks and policy are stood in for; systemctl is a
 * program of the test.
 */
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
#include <errno.h>

#include "samrd.h"
#include "services/exits.h"

static char folder[] = "/tmp/samr-exits-XXXXXX";
static char systemctl[64], said[64], answer[64], marker[64];
static struct config_service service[] = {
	{ .id = 42, .name = "db", .timeout_ms = 200, .unit = "db.service" },
};
static struct config config = { .name = "lab", .id = 7, .nodes = 1,
				.services = 1, .service = service };
static struct samrd d;

static struct kernel_member member;
static bool there;
static int expel_answers;
static unsigned int expelled, stopped, condemned, hooks;
static char told[4096];

int kernel_members(struct kernel *k, kernel_member_fn *each, void *data,
		   char *why)
{
	(void)k;
	(void)why;
	if (there)
		each(&member, data);
	return 0;
}

int kernel_expel(struct kernel *k, uint32_t group, uint32_t port, char *why)
{
	(void)k;
	(void)why;
	assert_int_equal(group, 42);
	assert_int_equal(port, member.port);
	expelled++;
	return expel_answers;
}

int kernel_stop(struct kernel *k, char *why)
{
	(void)k;
	(void)why;
	stopped++;
	return 0;
}

int facts_feed(struct samrd *s, struct policy_event *ev)
{
	assert_ptr_equal(s, &d);
	assert_int_equal(ev->type, POLICY_EV_SELF_FENCE);
	condemned++;
	return 0;
}

void hooks_run(struct hooks *h, enum hook kind, char *const *vars)
{
	(void)h;
	assert_int_equal(kind, HOOK_ALERT);
	for (told[0] = 0; *vars; vars++) {
		strcat(told, *vars);
		strcat(told, "\n");
	}
	hooks++;
}

static void put(const char *path, const char *text, mode_t mode)
{
	FILE *f = fopen(path, "w");

	assert_non_null(f);
	fputs(text, f);
	fclose(f);
	assert_int_equal(chmod(path, mode), 0);
}

static const char *written(const char *path)
{
	static char text[4096];
	FILE *f = fopen(path, "r");
	size_t n = f ? fread(text, 1, sizeof(text) - 1, f) : 0;

	text[n] = 0;
	if (f)
		fclose(f);
	return text;
}

static uint64_t now_ms(void)
{
	struct timespec t;

	clock_gettime(CLOCK_MONOTONIC, &t);
	return t.tv_sec * 1000ULL + t.tv_nsec / 1000000;
}

/* Turns the loop for so long. */
static void turn(unsigned int ms)
{
	uint64_t end = now_ms() + ms;

	while (now_ms() < end)
		assert_true(sd_event_run(d.event, 10000) >= 0);
}

static int before(void **state)
{
	(void)state;
	member = (struct kernel_member){ .group = 42, .port = 3, .cookie = 9,
					   .gseq = 5 };
	there = true;
	expel_answers = 0;
	expelled = stopped = condemned = hooks = 0;
	unlink(said);
	unlink(marker);
	put(answer, "ActiveState=active\nResult=success\n", 0644);
	service[0].on_exit = CONFIG_EXIT_NONE;
	service[0].timeout_ms = 200;
	service[0].unit = "db.service";
	assert_int_equal(exits_new(&d.exits, &d), 0);
	exits_start(d.exits);
	return 0;
}

static int after(void **state)
{
	(void)state;
	exits_free(d.exits);
	d.exits = NULL;
	return 0;
}

#define PATIENCE_MS	20000	/* of a busy machine, where looks come late */

static void turn_until(const unsigned int *what)
{
	uint64_t end = now_ms() + PATIENCE_MS;

	while (!*what && now_ms() < end)
		turn(10);
	assert_true(*what);
}

/* It does not read; now and then something comes in. */
static void stall(void)
{
	member.queued = 100;
	turn(100);
	member.queued += 100;
	turn_until(&expelled);
	turn(50);
}

static void turn_until_said(const char *text)
{
	uint64_t end = now_ms() + PATIENCE_MS;

	while (strcmp(written(said), text) && now_ms() < end)
		turn(10);
	assert_string_equal(written(said), text);
}

static void one_that_does_not_read_is_put_out_and_told_of(void **state)
{
	uint64_t since;

	(void)state;
	turn(100);
	assert_int_equal(expelled, 0);
	since = now_ms();
	stall();
	assert_true(now_ms() - since >= 200);
	assert_int_equal(expelled, 1);
	assert_int_equal(hooks, 1);
	assert_non_null(strstr(told, "SAMR_ALERT=service-stalled\n"));
	assert_non_null(strstr(told, "SAMR_ALERT_NODE=1\n"));
	assert_non_null(strstr(told, "SAMR_SERVICE=42\n"));
	assert_non_null(strstr(told, "SAMR_SERVICE_NAME=db\n"));
	assert_non_null(strstr(told, "SAMR_ON_EXIT=none\n"));
	assert_non_null(strstr(told, "has read nothing for 200 ms"));
	assert_int_equal(stopped + condemned, 0);
	assert_string_equal(written(said), "");
}

static void one_that_has_left_meanwhile_is_no_matter(void **state)
{
	(void)state;
	expel_answers = -EAGAIN;
	service[0].on_exit = CONFIG_EXIT_LEAVE;
	stall();
	assert_int_equal(expelled, 1);
	assert_int_equal(hooks + stopped, 0);
}

static void what_cannot_be_put_out_is_not_followed_by_anything(void **state)
{
	(void)state;
	expel_answers = -EPERM;
	service[0].on_exit = CONFIG_EXIT_SELF_FENCE;
	stall();
	assert_int_equal(expelled, 1);
	assert_int_equal(hooks + condemned, 0);
}

static void restart_restarts_its_unit(void **state)
{
	(void)state;
	service[0].on_exit = CONFIG_EXIT_RESTART;
	stall();
	assert_int_equal(hooks, 1);
	turn_until_said("--no-block restart db.service\n");
	assert_int_equal(stopped + condemned, 0);
}

static void leave_leaves_the_cluster(void **state)
{
	(void)state;
	service[0].on_exit = CONFIG_EXIT_LEAVE;
	stall();
	assert_int_equal(hooks, 1);
	assert_int_equal(stopped, 1);
	assert_int_equal(condemned, 0);
}

/* Also by the next samrd of the same boot, and by none of another one. */
static void self_fence_is_for_good(void **state)
{
	(void)state;
	service[0].on_exit = CONFIG_EXIT_SELF_FENCE;
	stall();
	assert_int_equal(condemned, 1);
	assert_int_equal(stopped, 0);
	exits_free(d.exits);
	assert_int_equal(exits_new(&d.exits, &d), 0);
	exits_start(d.exits);
	assert_int_equal(condemned, 2);
	put(marker, "00000000-0000-0000-0000-000000000000\n", 0644);
	exits_free(d.exits);
	assert_int_equal(exits_new(&d.exits, &d), 0);
	exits_start(d.exits);
	assert_int_equal(condemned, 2);
	put(marker, "", 0644);
	exits_free(d.exits);
	assert_int_equal(exits_new(&d.exits, &d), 0);
	exits_start(d.exits);
	assert_int_equal(condemned, 3);
}

#define SHOW	"show -p ActiveState,Result db.service\n"

static void gone(const char *shown)
{
	turn(100);
	put(answer, shown, 0644);
	there = false;
	exits_soon(d.exits);
}

/* Systemd was asked, and has answered. */
static void asked(void)
{
	uint64_t end = now_ms() + PATIENCE_MS;

	while (!strstr(written(said), SHOW) && now_ms() < end)
		turn(10);
	assert_non_null(strstr(written(said), SHOW));
	turn(200);
}

static void one_whose_unit_failed_has_ended(void **state)
{
	(void)state;
	service[0].on_exit = CONFIG_EXIT_LEAVE;
	gone("ActiveState=failed\nResult=signal\n");
	turn_until(&stopped);
	assert_int_equal(expelled, 0);
	assert_int_equal(hooks, 1);
	assert_int_equal(stopped, 1);
	assert_non_null(strstr(told, "SAMR_ALERT=service-ended\n"));
	assert_non_null(strstr(told, "db.service has failed"));
	assert_string_equal(written(said), SHOW);
}

static void one_that_was_stopped_has_not(void **state)
{
	(void)state;
	service[0].on_exit = CONFIG_EXIT_LEAVE;
	gone("ActiveState=inactive\nResult=success\n");
	asked();
	assert_int_equal(hooks + stopped, 0);
}

static void systemd_may_be_late_to_notice(void **state)
{
	(void)state;
	service[0].on_exit = CONFIG_EXIT_LEAVE;
	gone("ActiveState=active\nResult=success\n");
	asked();
	assert_int_equal(hooks + stopped, 0);
	put(answer, "ActiveState=activating\nResult=core-dump\n", 0644);
	turn_until(&stopped);
	assert_int_equal(hooks, 1);
	assert_int_equal(stopped, 1);
}

static void one_that_only_closed_its_socket_is_left_alone(void **state)
{
	(void)state;
	service[0].on_exit = CONFIG_EXIT_LEAVE;
	gone("ActiveState=active\nResult=success\n");
	turn_until_said(SHOW SHOW SHOW SHOW SHOW);
	turn(500);
	assert_int_equal(hooks + stopped, 0);
	assert_string_equal(written(said), SHOW SHOW SHOW SHOW SHOW);
}

static void without_a_unit_nobody_is_asked(void **state)
{
	(void)state;
	service[0].on_exit = CONFIG_EXIT_LEAVE;
	service[0].unit = NULL;
	gone("ActiveState=failed\nResult=signal\n");
	turn(500);
	assert_int_equal(hooks + stopped, 0);
	assert_string_equal(written(said), "");
}

static void the_status_names_it(void **state)
{
	json_t *list, *last;

	(void)state;
	turn(100);
	list = exits_json(d.exits);
	assert_int_equal(json_integer_value(json_object_get(
				json_array_get(list, 0), "members")), 1);
	assert_null(json_object_get(json_array_get(list, 0), "last"));
	json_decref(list);
	stall();
	list = exits_json(d.exits);
	last = json_object_get(json_array_get(list, 0), "last");
	assert_string_equal(json_string_value(json_object_get(last, "end")),
			    "stalled");
	assert_int_equal(json_integer_value(json_object_get(last, "count")), 1);
	assert_int_equal(json_integer_value(json_object_get(
				json_array_get(list, 0), "members")), 0);
	json_decref(list);
}

static int set_up(void **state)
{
	char script[300];
	sigset_t set;

	(void)state;
	sigemptyset(&set);
	sigaddset(&set, SIGCHLD);
	sigprocmask(SIG_BLOCK, &set, NULL);
	assert_non_null(mkdtemp(folder));
	snprintf(systemctl, sizeof(systemctl), "%s/systemctl", folder);
	snprintf(said, sizeof(said), "%s/said", folder);
	snprintf(answer, sizeof(answer), "%s/answer", folder);
	snprintf(marker, sizeof(marker), "%s/self-fence", folder);
	snprintf(script, sizeof(script), "#!/bin/sh\necho \"$@\" >>%s\n"
		 "[ \"$1\" != show ] || cat %s\n", said, answer);
	put(systemctl, script, 0755);
	setenv("SAMR_SYSTEMCTL", systemctl, 1);
	config.run_dir = folder;
	config.node[0] = (struct config_node){ .id = 1, .name = "alpha",
					       .self = true };
	d.config = &config;
	return sd_event_default(&d.event) < 0;
}

static int tear_down(void **state)
{
	(void)state;
	sd_event_unref(d.event);
	unlink(systemctl);
	unlink(said);
	unlink(answer);
	unlink(marker);
	return rmdir(folder);
}

#define ONE(name)	cmocka_unit_test_setup_teardown(name, before, after)

int main(void)
{
	const struct CMUnitTest tests[] = {
		ONE(one_that_does_not_read_is_put_out_and_told_of),
		ONE(one_that_has_left_meanwhile_is_no_matter),
		ONE(what_cannot_be_put_out_is_not_followed_by_anything),
		ONE(restart_restarts_its_unit),
		ONE(leave_leaves_the_cluster),
		ONE(self_fence_is_for_good),
		ONE(one_whose_unit_failed_has_ended),
		ONE(one_that_was_stopped_has_not),
		ONE(systemd_may_be_late_to_notice),
		ONE(one_that_only_closed_its_socket_is_left_alone),
		ONE(without_a_unit_nobody_is_asked),
		ONE(the_status_names_it),
	};

	return cmocka_run_group_tests_name("samrd_exits", tests, set_up,
					   tear_down);
}
