// SPDX-License-Identifier: GPL-2.0
/*
 * Fencing through agents, and jobs in general: deadlines, several devices, who
 * gives way to whom. The agents are shell programs that speak the protocol of
 * the fence-agents, and keep the state of a machine in a file.
 */
#include <setjmp.h>
#include <signal.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>
#include <cmocka.h>

#include "base/helper.h"
#include "world.h"

/* Reads its options; @PART@ comes between them and what it does. */
#define AGENT(part) \
	"#!/bin/sh\n" \
	"cd \"${0%/*}\" || exit 1\n" \
	"while IFS='=' read -r key value; do\n" \
	"	case $key in action) action=$value ;; plug) plug=$value ;;\n" \
	"	password) password=$value ;; esac\n" \
	"done\n" \
	"echo \"$action\" >>calls\n" \
	part "\n" \
	"case $action in\n" \
	"off | on) echo \"$action\" >\"state$plug\"; echo Success ;;\n" \
	"status) state=$(cat \"state$plug\" 2>/dev/null || echo on)\n" \
	"	echo \"Status: $state\" | tr a-z A-Z\n" \
	"	[ \"$state\" = off ] && exit 2 ;;\n" \
	"*) echo \"unknown action $action\"; exit 1 ;;\n" \
	"esac\n" \
	"exit 0\n"

static const char *calls(const struct world *w)
{
	static char text[1024];
	char path[128];
	FILE *f;
	size_t n;

	snprintf(path, sizeof(path), "%s/calls", w->dir);
	f = fopen(path, "r");
	n = f ? fread(text, 1, sizeof(text) - 1, f) : 0;
	text[n] = '\0';
	if (f)
		fclose(f);
	unlink(path);
	return text;
}

/* ---- agents ---- */

static void an_agent_that_works(void **state)
{
	struct world *w = *state;

	add_agent(w, "agent", AGENT(""));
	assert_int_equal(ask(w, FENCE_STATUS), FENCE_IS_ON);
	assert_string_equal(calls(w), "status\n");
	assert_int_equal(ask(w, FENCE_OFF), FENCE_IS_OFF);
	assert_string_equal(calls(w), "off\nstatus\n");
	assert_int_equal(ask(w, FENCE_TEST), FENCE_IS_OFF);
	assert_string_equal(calls(w), "status\n");
	assert_int_equal(ask(w, FENCE_CYCLE), FENCE_IS_ON);
	assert_string_equal(calls(w), "off\nstatus\non\nstatus\n");
}

static void its_options_and_its_password(void **state)
{
	static const char *const options[] = { "plug=3", "ip=127.0.0.1" };
	struct world *w = *state;
	struct fence_device *d;
	const struct fence_device other = {
		.name = "agent", .kind = FENCE_AGENT, .timeout_ms = 4000,
		.password_file = w->password,
	};
	char path[128];

	d = add_agent(w, "agent", AGENT("[ \"$password\" = '" BMC_PASSWORD
					"' ] || { echo no login; exit 1; }"));
	assert_int_equal(ask(w, FENCE_OFF), FENCE_NO_STATUS);
	assert_text(w, 0, "no login");
	snprintf(path, sizeof(path), "%s", d->agent.program);
	fence_device_free(d);
	*d = other;
	d->agent = (struct fence_agent){ path, options, 2 };
	assert_true(fence_device_copy(&w->node[1].device[0], d));
	*d = w->node[1].device[0];
	assert_int_equal(ask(w, FENCE_OFF), FENCE_IS_OFF);
	snprintf(path, sizeof(path), "%s/state3", w->dir);
	assert_int_equal(access(path, F_OK), 0);
}

/* Its word that power is off counts for nothing. */
static void an_agent_that_lies(void **state)
{
	struct world *w = *state;

	add_agent(w, "agent", AGENT("[ $action != off ] || exit 0"))
		->timeout_ms = 1000;
	assert_int_equal(ask(w, FENCE_OFF), FENCE_STAYS_ON);
	assert_text(w, 0, "it takes the command, and is not off after 1000 ms");
}

static void an_agent_that_refuses(void **state)
{
	struct world *w = *state;

	add_agent(w, "agent", AGENT("[ $action != off ] || "
				    "{ echo 'not today'; exit 1; }"));
	assert_int_equal(ask(w, FENCE_OFF), FENCE_STAYS_ON);
	assert_text(w, 0, "it does not take the command: not today");
	/* Off all the same: what it says to the command does not count. */
	write_file(strcat(strcpy((char[128]){ "" }, w->dir), "/state"), "off\n",
		   0600);
	assert_int_equal(ask(w, FENCE_OFF), FENCE_IS_OFF);
}

static void slow_power(void **state)
{
	struct world *w = *state;

	add_agent(w, "agent", AGENT("[ $action != off ] || "
				    "{ (sleep 0.5; echo off >state) & exit 0; }"));
	/* What it leaves behind is killed with it. */
	assert_int_equal(ask(w, FENCE_OFF), FENCE_STAYS_ON);
	w->node[0].count = 0;
	fence_device_free(&w->node[0].device[0]);
	add_agent(w, "slow", AGENT("[ $action != off ] || { setsid sh -c '"
				   "echo >ready; sleep 0.5; echo off >state' & "
				   "until [ -e ready ]; do sleep 0.02; done; "
				   "exit 0; }"));
	assert_int_equal(ask(w, FENCE_OFF), FENCE_IS_OFF);
}

static const struct {
	const char *script;
	enum fence_result result;
	const char *text;
} broken[] = {
	{ "#!/bin/sh\nexit 1\n", FENCE_NO_STATUS, "exit status 1" },
	{ "#!/bin/sh\ncat; exit 0\n", FENCE_NO_STATUS, "exit status 0" },
	/* As many programs end that were called wrongly. */
	{ "#!/bin/sh\necho usage: official one of; exit 2\n", FENCE_NO_STATUS,
	  "exit status 2: usage" },
	{ "#!/bin/sh\necho Status: OFF; exit 0\n", FENCE_NO_STATUS,
	  "exit status 0: Status: OFF" },
	{ "#!/bin/sh\necho Status: OFF; kill -SEGV $$\n", FENCE_BROKEN,
	  "ended by signal 11" },
	{ "#!/nonexistent/sh\n", FENCE_BROKEN, "No such file" },
	{ "#!/bin/sh\nyes off\n", FENCE_DEADLINE, "was killed after 1000 ms" },
};

static void agents_that_are_broken(void **state)
{
	struct world *w = *state;
	size_t i;

	for (i = 0; i < sizeof(broken) / sizeof(*broken); i++) {
		add_agent(w, "agent", broken[i].script)->timeout_ms = 1000;
		assert_int_equal(ask(w, FENCE_OFF), broken[i].result);
		assert_text(w, 0, broken[i].text);
		assert_false(fence_is_fenced(w->report.result));
		fence_device_free(&w->node[0].device[0]);
		w->node[0].count = 0;
	}
	unlink(strcat(strcpy((char[128]){ "" }, w->dir), "/agent"));
}

static void an_agent_that_is_chatty(void **state)
{
	struct world *w = *state;
	char text[FENCE_DEVICES_MAX * 300];

	add_agent(w, "agent", AGENT("yes 'a line' | head -n 20000; printf "
				    "'\\033[31m%s\\a\\n' \"$password\"; exit 1"));
	w->node[0].device[0].password_file = strdup(w->password);
	assert_int_equal(ask(w, FENCE_OFF), FENCE_NO_STATUS);
	assert_text(w, 0, "?[31m**********?");
	fence_report_text(&w->report, text, sizeof(text));
	assert_null(strstr(text, BMC_PASSWORD));
}

/* An agent says it with so much before and behind: no piece of it is seen. */
static void try_password(struct world *w, unsigned int before,
			 unsigned int behind)
{
	static const char script[] =
		"#!/bin/sh\n"
		"while IFS='=' read -r key value; do\n"
		"	[ \"$key\" != password ] || password=$value\n"
		"done\n"
		"printf '%%0%ud%%s%%0%ud\\n' 0 \"$password\" 0\n";
	char text[FENCE_DEVICES_MAX * 300], all[400], piece[4];
	unsigned int i;

	snprintf(all, sizeof(all), script, before, behind);
	add_agent(w, "agent", all);
	w->node[0].device[0].password_file = strdup(w->password);
	assert_int_equal(ask(w, FENCE_STATUS), FENCE_NO_STATUS);
	fence_report_text(&w->report, text, sizeof(text));
	for (i = 0; i + 3 <= strlen(BMC_PASSWORD); i++) {
		snprintf(piece, sizeof(piece), "%.3s", &BMC_PASSWORD[i]);
		if (strstr(text, piece))
			fail_msg("'%s' is in '%s'", piece, text);
	}
	fence_device_free(&w->node[0].device[0]);
	w->node[0].count = 0;
}

/* Wherever the text is cut: at its end, as it is long, or at its beginning. */
static void a_password_that_is_cut(void **state)
{
	unsigned int n;

	for (n = 0; n < strlen(BMC_PASSWORD); n++) {
		try_password(*state, 150 - n, 1);
		try_password(*state, 1, HELPER_OUTPUT_MAX - n);
	}
}

/* ---- deadlines ---- */

static pid_t pid_in(const struct world *w, const char *name)
{
	char path[128];
	int pid = 0;
	FILE *f;

	snprintf(path, sizeof(path), "%s/%s", w->dir, name);
	f = fopen(path, "r");
	assert_non_null(f);
	assert_int_equal(fscanf(f, "%d", &pid), 1);
	fclose(f);
	return pid;
}

static void wait_for_end(struct world *w, pid_t pid)
{
	unsigned long begin = now_ms();

	while (alive(pid)) {
		assert_true(now_ms() - begin < 2000);
		turn(w, 10);
	}
}

#define HANG "trap '' TERM INT HUP; echo $$ >one; " \
	     "(trap '' TERM; echo $(exec sh -c 'echo $PPID') >two; " \
	     "while :; do sleep 1; done) & while :; do sleep 1; done"

static void the_deadline_kills_all_of_it(void **state)
{
	struct world *w = *state;
	unsigned long begin = now_ms();

	add_agent(w, "agent", AGENT(HANG))->timeout_ms = 1000;
	assert_int_equal(ask(w, FENCE_OFF), FENCE_DEADLINE);
	assert_in_range(now_ms() - begin, 1000, 5000);
	assert_text(w, 0, "was killed after 1000 ms");
	wait_for_end(w, pid_in(w, "one"));
	wait_for_end(w, pid_in(w, "two"));
}

static void a_cancelled_one_is_killed(void **state)
{
	struct world *w = *state;

	add_agent(w, "agent", AGENT(HANG));
	assert_int_equal(start(w, FENCE_OFF), 0);
	while (access(strcat(strcpy((char[128]){ "" }, w->dir), "/two"), F_OK))
		turn(w, 10);
	turn(w, 50);
	fence_cancel(w->fence, 2);
	fence_cancel(w->fence, 1);
	assert_int_equal(w->reports, 0);
	assert_int_equal(await(w), FENCE_CANCELLED);
	wait_for_end(w, pid_in(w, "one"));
	wait_for_end(w, pid_in(w, "two"));
	fence_cancel(w->fence, 1);
	assert_int_equal(w->reports, 1);
}

/* Two slow ones together: no longer than their deadlines one after the other. */
static void no_round_takes_longer_than_its_devices(void **state)
{
	struct world *w = *state;
	unsigned long begin = now_ms();

	add_agent(w, "one", AGENT("[ $action = off ] || sleep 2"))->timeout_ms =
		3000;
	add_agent(w, "two", AGENT(""))->timeout_ms = 1000;
	w->node[0].together = true;
	assert_int_equal(ask(w, FENCE_OFF), FENCE_DEADLINE);
	assert_in_range(now_ms() - begin, 3500, 4500);
}

/* ---- who gives way ---- */

static void on_other(const struct fence_report *r, void *data)
{
	*(enum fence_result *)data = r->result;
}

static void the_policy_comes_first(void **state)
{
	enum fence_result other = FENCE_PENDING, looked = FENCE_PENDING;
	struct fence_request rq = { .node = 1, .action = FENCE_OFF,
				    .report = on_other, .data = &other };
	struct world *w = *state;

	add_agent(w, "agent", AGENT("sleep 0.3"));
	assert_int_equal(start(w, FENCE_ON), 0);
	/* Another admin: not now. Looking is always possible. */
	assert_int_equal(fence_start(w->fence, &rq), -16);
	rq.action = FENCE_STATUS;
	rq.data = &looked;
	assert_int_equal(fence_start(w->fence, &rq), 0);
	rq.data = &other;
	rq.action = FENCE_OFF;
	rq.automatic = true;
	assert_int_equal(fence_start(w->fence, &rq), 0);
	assert_int_equal(await(w), FENCE_CANCELLED);
	assert_int_equal(start(w, FENCE_ON), -16);
	assert_int_equal(fence_start(w->fence, &rq), -16);
	while (other != FENCE_IS_OFF)
		turn(w, 50);
	assert_true(strstr(calls(w), "off\n"));
	assert_int_equal(start(w, FENCE_ON), 0);
	assert_int_equal(await(w), FENCE_IS_ON);
}

static void what_makes_no_sense(void **state)
{
	struct fence_request rq = { .node = 64, .action = FENCE_OFF };
	struct world *w = *state;
	struct fence_report r;
	size_t i;

	assert_int_equal(fence_start(w->fence, &rq), -22);
	rq.node = 0;
	assert_int_equal(fence_start(w->fence, &rq), -22);
	rq.node = 1;
	rq.action = FENCE_TEST + 1;
	assert_int_equal(fence_start(w->fence, &rq), -22);
	assert_false(fence_look(w->fence, 1, &r));
	/* Nobody can fill the memory with jobs, and nobody can keep off a fence. */
	add_agent(w, "agent", AGENT("sleep 5"));
	rq.action = FENCE_STATUS;
	for (i = 0; i < 200 && !fence_start(w->fence, &rq); i++)
		;
	assert_in_range(i, 10, 100);
	rq.action = FENCE_OFF;
	rq.automatic = true;
	assert_int_equal(fence_start(w->fence, &rq), 0);
}

/* ---- the other kinds ---- */

static void add_kind(struct world *w, enum fence_kind kind)
{
	const struct fence_device d = { .name = "x", .kind = kind };
	struct fence_node *n = &w->node[0];

	assert_true(fence_device_copy(&n->device[n->count++], &d));
}

static void nobody_is_there(void **state)
{
	struct world *w = *state;

	assert_int_equal(ask(w, FENCE_OFF), FENCE_NO_DEVICE);
	assert_int_equal(ask(w, FENCE_STATUS), FENCE_NO_DEVICE);
	add_kind(w, FENCE_MANUAL);
	assert_int_equal(ask(w, FENCE_OFF), FENCE_WAITS);
	assert_int_equal(ask(w, FENCE_TEST), FENCE_WAITS);
	assert_text(w, 0, "samrctl fence confirm");
}

/* How long it took to wait for a watchdog that is over in @ms. */
static unsigned long expire(struct world *w, enum fence_action action,
			    uint64_t ms)
{
	enum fence_result result = FENCE_PENDING;
	const struct fence_request rq = { .node = 1, .action = action,
					  .watchdog_ms = ms, .report = on_other,
					  .data = &result };
	unsigned long begin = now_ms();

	assert_int_equal(fence_start(w->fence, &rq), 0);
	while (result == FENCE_PENDING)
		turn(w, 50);
	assert_int_equal(result, FENCE_EXPIRED);
	assert_true(fence_is_fenced(result));
	return now_ms() - begin;
}

static void a_watchdog(void **state)
{
	struct world *w = *state;

	add_kind(w, FENCE_WATCHDOG);
	assert_int_equal(ask(w, FENCE_OFF), FENCE_NOT_ARMED);
	assert_in_range(expire(w, FENCE_OFF, 300), 300, 600);
	/* Power cannot be switched on that way. */
	assert_in_range(expire(w, FENCE_CYCLE, 300), 300, 600);
	/* The loop's own clock stands still while it does something. */
	turn(w, 0);
	usleep(200000);
	assert_in_range(expire(w, FENCE_OFF, 300), 300, 600);
}

/* Nor can it be asked: that does not fail the test of the others. */
static void what_cannot_be_asked(void **state)
{
	struct world *w = *state;

	add_kind(w, FENCE_WATCHDOG);
	assert_int_equal(ask(w, FENCE_TEST), FENCE_WAITS);
	assert_int_equal(ask(w, FENCE_ON), FENCE_WAITS);
	add_agent(w, "agent", AGENT(""));
	assert_int_equal(ask(w, FENCE_TEST), FENCE_IS_ON);
	assert_int_equal(w->report.outcome[0].result, FENCE_WAITS);
	assert_int_equal(ask(w, FENCE_STATUS), FENCE_IS_ON);
	assert_int_equal(ask(w, FENCE_OFF), FENCE_IS_OFF);
}

/* Of devices that failed the one that tells more than "ask an admin". */
static void what_went_wrong_is_said(void **state)
{
	struct world *w = *state;

	add_agent(w, "agent", AGENT("exit 1"));
	add_kind(w, FENCE_MANUAL);
	assert_int_equal(ask(w, FENCE_OFF), FENCE_NO_STATUS);
	assert_int_equal(w->report.outcome[1].result, FENCE_WAITS);
	assert_int_equal(ask(w, FENCE_ON), FENCE_NO_STATUS);
	assert_int_equal(ask(w, FENCE_TEST), FENCE_NO_STATUS);
}

static void a_watchdog_after_a_bmc(void **state)
{
	struct world *w = *state;

	add_agent(w, "agent", AGENT("exit 1"));
	add_kind(w, FENCE_WATCHDOG);
	/* Counted from the request, not from its turn. */
	assert_in_range(expire(w, FENCE_OFF, 1500), 1500, 1700);
}

/* ---- configuration ---- */

static void check_says(const struct fence_node *n, const char *text)
{
	char why[FENCE_TEXT_MAX] = "";

	assert_false(fence_node_check(n, why));
	if (!strstr(why, text))
		fail_msg("'%s' is not in '%s'", text, why);
}

static void sets_of_devices_that_cannot_work(void **state)
{
	static const char *const secret[] = { "ip=x", "password=x" };
	static const char *const action[] = { "action=off" };
	static const char *const lines[] = { "ip=x\naction=on" };
	static const char *const none[] = { "verbose" };
	struct fence_node n = { .id = 1, .count = 1 };
	struct fence_device *d = n.device;
	char why[FENCE_TEXT_MAX];

	(void)state;
	check_says(&n, "a name of 1 to 31 bytes");
	d->name = "bmc";
	check_says(&n, "deadline 0 ms, allowed is 1000 to 600000");
	d->timeout_ms = 1000;
	check_says(&n, "ipmi needs an address");
	d->ipmi.address = "10.0.0.1";
	assert_true(fence_node_check(&n, why));
	d->ipmi.privilege = "root";
	check_says(&n, "there are user, operator and admin");
	d->ipmi.privilege = "admin";
	d->ipmi.user = "a\naction=on";
	check_says(&n, "a newline in user");
	d->kind = FENCE_AGENT;
	check_says(&n, "with its whole path");
	d->agent = (struct fence_agent){ "/usr/sbin/fence_x", secret, 2 };
	check_says(&n, "a password belongs in a file");
	d->agent = (struct fence_agent){ "/usr/sbin/fence_x", action, 1 };
	check_says(&n, "'action' is set for each call");
	d->agent = (struct fence_agent){ "/usr/sbin/fence_x", lines, 1 };
	check_says(&n, "a newline in an option");
	d->agent = (struct fence_agent){ "/usr/sbin/fence_x", none, 1 };
	check_says(&n, "is not KEY=VALUE");
	d->agent.count = 0;
	assert_true(fence_node_check(&n, why));
	n.device[1] = n.device[0];
	n.count = 2;
	check_says(&n, "two devices named bmc");
	n.device[1].name = "x";
	n.device[1].kind = FENCE_MANUAL;
	assert_true(fence_node_check(&n, why));
	n.together = true;
	check_says(&n, "only devices that can be asked");
	n.count = 5;
	check_says(&n, "5 devices, at most 4");
}

int main(void)
{
#define T(f) cmocka_unit_test_setup_teardown(f, world_setup, world_teardown)
	const struct CMUnitTest tests[] = {
		T(an_agent_that_works),
		T(its_options_and_its_password),
		T(an_agent_that_lies),
		T(an_agent_that_refuses),
		T(slow_power),
		T(agents_that_are_broken),
		T(an_agent_that_is_chatty),
		T(a_password_that_is_cut),
		T(the_deadline_kills_all_of_it),
		T(a_cancelled_one_is_killed),
		T(no_round_takes_longer_than_its_devices),
		T(the_policy_comes_first),
		T(what_makes_no_sense),
		T(nobody_is_there),
		T(a_watchdog),
		T(what_cannot_be_asked),
		T(what_went_wrong_is_said),
		T(a_watchdog_after_a_bmc),
		cmocka_unit_test(sets_of_devices_that_cannot_work),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
