// SPDX-License-Identifier: GPL-2.0
/*
 * Fencing through BMCs: real BMC programs on loopback, which kill real processes.
 * What the BMC says and what becomes of the process are both looked at.
 */
#include <setjmp.h>
#include <signal.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>
#include <cmocka.h>

#include "world.h"

/* The first of the BMCs, with a machine that ends when it is told to. */
static struct bmc *one_bmc(struct world *w)
{
	struct bmc *b = &w->bmc[0];

	bmc_start(b, MACHINE_PLAIN);
	add_bmc(w, "bmc", b->address);
	return b;
}

/* ---- one BMC that works ---- */

static void off_on_and_status(void **state)
{
	struct world *w = *state;
	struct bmc *b = one_bmc(w);
	pid_t pid;

	pid = bmc_machine(b);
	assert_int_equal(ask(w, FENCE_STATUS), FENCE_IS_ON);
	assert_int_equal(bmc_machine(b), pid);
	assert_int_equal(ask(w, FENCE_OFF), FENCE_IS_OFF);
	assert_false(alive(pid));
	assert_int_equal(w->report.node, 1);
	assert_int_equal(w->report.count, 1);
	assert_text(w, 0, "read from the BMC, cipher suite 3");
	assert_int_equal(ask(w, FENCE_STATUS), FENCE_IS_OFF);
	/* Off is off, also when it was. */
	assert_int_equal(ask(w, FENCE_OFF), FENCE_IS_OFF);
	assert_int_equal(ask(w, FENCE_ON), FENCE_IS_ON);
	assert_int_not_equal(bmc_await(b), pid);
	assert_int_equal(ask(w, FENCE_ON), FENCE_IS_ON);
}

static void a_cycle_is_off_and_then_on(void **state)
{
	struct world *w = *state;
	struct bmc *b = one_bmc(w);
	pid_t pid;

	pid = bmc_machine(b);
	assert_int_equal(ask(w, FENCE_CYCLE), FENCE_IS_ON);
	assert_true(w->half);
	assert_int_equal(w->reports, 2);
	assert_false(alive(pid));
	assert_int_not_equal(bmc_await(b), pid);
}

static void a_hung_machine_is_killed(void **state)
{
	struct world *w = *state;
	struct bmc *b = &w->bmc[0];
	pid_t pid;

	bmc_start(b, MACHINE_HUNG);
	add_bmc(w, "bmc", b->address);
	pid = bmc_machine(b);
	kill(pid, SIGSTOP);
	assert_int_equal(ask(w, FENCE_OFF), FENCE_IS_OFF);
	assert_false(alive(pid));
}

static void a_test_changes_nothing(void **state)
{
	struct world *w = *state;
	struct bmc *b = one_bmc(w);
	pid_t pid;

	add_bmc(w, "other", b->address);
	pid = bmc_machine(b);
	assert_int_equal(ask(w, FENCE_TEST), FENCE_IS_ON);
	assert_int_equal(w->report.outcome[1].result, FENCE_IS_ON);
	assert_int_equal(bmc_machine(b), pid);
	/* All have to work, also the second one that nobody may ever need. */
	fence_device_free(&w->node[0].device[1]);
	w->node[0].count = 1;
	add_bmc(w, "other", b->address)->ipmi.suite_3 = false;
	assert_int_equal(ask(w, FENCE_TEST), FENCE_REFUSED);
	assert_text(w, 1, "cipher suite 17 is not accepted");
	assert_int_equal(ask(w, FENCE_STATUS), FENCE_IS_ON);
	assert_int_equal(bmc_machine(b), pid);
}

/* ---- one that does not ---- */

static void change(const char **field, const char *value)
{
	free((void *)(uintptr_t)*field);
	*field = strdup(value);
}

static void who_is_refused(void **state)
{
	struct world *w = *state;
	struct bmc *b = one_bmc(w);
	struct fence_device *d = &w->node[0].device[0];
	pid_t pid = bmc_machine(b);

	change(&d->password_file, w->wrong);
	assert_int_equal(ask(w, FENCE_OFF), FENCE_REFUSED);
	assert_text(w, 0, "password invalid");
	change(&d->password_file, w->password);
	change(&d->ipmi.user, "nobody");
	assert_int_equal(ask(w, FENCE_OFF), FENCE_REFUSED);
	assert_text(w, 0, "username invalid");
	change(&d->ipmi.user, BMC_USER);
	change(&d->ipmi.k_g_file, w->wrong);
	assert_int_equal(ask(w, FENCE_OFF), FENCE_REFUSED);
	change(&d->ipmi.privilege, "user");
	assert_int_equal(ask(w, FENCE_OFF), FENCE_REFUSED);
	assert_int_equal(bmc_machine(b), pid);
}

/* A BMC with a key of its own: the password alone does not open it. */
static void a_bmc_with_k_g(void **state)
{
	struct world *w = *state;
	struct bmc *b = &w->bmc[0];
	struct fence_device *d;
	pid_t pid;

	b->k_g = "0123456789abcdef";
	bmc_start(b, MACHINE_PLAIN);
	d = add_bmc(w, "bmc", b->address);
	pid = bmc_machine(b);
	assert_int_equal(ask(w, FENCE_OFF), FENCE_REFUSED);
	assert_text(w, 0, "k_g invalid");
	write_file(w->wrong, "0123456789abcdeg\n", 0600);
	change(&d->ipmi.k_g_file, w->wrong);
	assert_int_equal(ask(w, FENCE_OFF), FENCE_REFUSED);
	assert_int_equal(bmc_machine(b), pid);
	write_file(w->wrong, "0123456789abcdef\n", 0600);
	assert_int_equal(ask(w, FENCE_STATUS), FENCE_IS_ON);
	assert_int_equal(ask(w, FENCE_OFF), FENCE_IS_OFF);
	assert_false(alive(pid));
}

static void what_is_configured_wrongly(void **state)
{
	struct world *w = *state;
	struct fence_device *d = add_bmc(w, "bmc", "127.0.0.1:1");

	change(&d->ipmi.workarounds, "magic");
	assert_int_equal(ask(w, FENCE_OFF), FENCE_BROKEN);
	assert_text(w, 0, "workarounds 'magic': there are: authcap");
	change(&d->ipmi.workarounds, "authcap,opensesspriv");
	change(&d->password_file, "/nonexistent");
	assert_int_equal(ask(w, FENCE_OFF), FENCE_BROKEN);
	assert_text(w, 0, "/nonexistent: No such file");
	write_file(w->wrong, "x\n", 0640);
	change(&d->password_file, w->wrong);
	assert_int_equal(ask(w, FENCE_OFF), FENCE_BROKEN);
	assert_text(w, 0, "can be read by others: chmod 600");
	write_file(w->wrong, "\n", 0600);
	assert_int_equal(ask(w, FENCE_OFF), FENCE_BROKEN);
	assert_text(w, 0, "its first line is empty");
	write_file(w->wrong, "123456789012345678901\n", 0600);
	assert_int_equal(ask(w, FENCE_OFF), FENCE_BROKEN);
	assert_text(w, 0, "password: longer than the 20 bytes");
	write_file(w->wrong, "x\nuser=y", 0600);
	assert_int_equal(ask(w, FENCE_OFF), FENCE_UNREACHABLE);
}

static void who_is_not_there(void **state)
{
	struct world *w = *state;
	unsigned long begin = now_ms();
	char address[32];

	snprintf(address, sizeof(address), "127.0.0.1:%d", bmc_free_port());
	/* A busy machine takes a while to start a program, and to see that it has ended. */
	add_bmc(w, "bmc", address)->timeout_ms = 3000;
	assert_int_equal(ask(w, FENCE_OFF), FENCE_UNREACHABLE);
	assert_in_range(now_ms() - begin, 500, 9000);
	change(&w->node[0].device[0].ipmi.address, "no.such.host.invalid");
	assert_int_equal(ask(w, FENCE_OFF), FENCE_UNREACHABLE);
	assert_text(w, 0, "hostname");
}

/* A machine without power, whose BMC has none either, and a BMC that hangs. */
static void a_dead_bmc_proves_nothing(void **state)
{
	struct world *w = *state;
	struct bmc *b = one_bmc(w);

	w->node[0].device[0].timeout_ms = 3000;
	kill(b->pid, SIGSTOP);
	assert_int_equal(ask(w, FENCE_OFF), FENCE_UNREACHABLE);
	kill(b->pid, SIGKILL);
	assert_int_equal(ask(w, FENCE_OFF), FENCE_UNREACHABLE);
}

static void a_bmc_that_lies(void **state)
{
	struct world *w = *state;
	struct bmc *b = &w->bmc[0];
	pid_t pid;

	bmc_start(b, MACHINE_STUCK);
	add_bmc(w, "bmc", b->address)->timeout_ms = 1500;
	pid = bmc_machine(b);
	assert_int_equal(ask(w, FENCE_OFF), FENCE_STAYS_ON);
	assert_text(w, 0, "power stays on after the command");
	assert_int_equal(bmc_machine(b), pid);
	assert_int_equal(ask(w, FENCE_CYCLE), FENCE_STAYS_ON);
	assert_int_equal(w->reports, 1);
}

/* ---- several devices ---- */

static void the_second_one_helps(void **state)
{
	struct world *w = *state;
	struct bmc *b = &w->bmc[0];
	char address[32];

	bmc_start(b, MACHINE_PLAIN);
	snprintf(address, sizeof(address), "127.0.0.1:%d", bmc_free_port());
	add_bmc(w, "first", address)->timeout_ms = 3000;
	add_bmc(w, "second", b->address);
	assert_int_equal(ask(w, FENCE_OFF), FENCE_IS_OFF);
	assert_int_equal(w->report.outcome[0].result, FENCE_UNREACHABLE);
	assert_int_equal(w->report.outcome[1].result, FENCE_IS_OFF);
	assert_int_equal(bmc_machine(b), 0);
}

static void the_first_one_is_enough(void **state)
{
	struct world *w = *state;

	bmc_start(&w->bmc[0], MACHINE_PLAIN);
	bmc_start(&w->bmc[1], MACHINE_PLAIN);
	add_bmc(w, "first", w->bmc[0].address);
	add_bmc(w, "second", w->bmc[1].address);
	assert_int_equal(ask(w, FENCE_OFF), FENCE_IS_OFF);
	assert_int_equal(w->report.outcome[1].result, FENCE_PENDING);
	assert_int_equal(bmc_machine(&w->bmc[0]), 0);
	assert_true(bmc_machine(&w->bmc[1]));
}

static void two_supplies(struct world *w, enum machine second)
{
	bmc_start(&w->bmc[0], MACHINE_PLAIN);
	bmc_start(&w->bmc[1], second);
	add_bmc(w, "left", w->bmc[0].address);
	add_bmc(w, "right", w->bmc[1].address);
	w->node[0].together = true;
}

static void two_supplies_are_both_off(void **state)
{
	struct world *w = *state;

	two_supplies(w, MACHINE_PLAIN);
	assert_int_equal(ask(w, FENCE_OFF), FENCE_IS_OFF);
	assert_int_equal(bmc_machine(&w->bmc[0]), 0);
	assert_int_equal(bmc_machine(&w->bmc[1]), 0);
	assert_int_equal(ask(w, FENCE_STATUS), FENCE_IS_OFF);
	assert_int_equal(ask(w, FENCE_CYCLE), FENCE_IS_ON);
	bmc_await(&w->bmc[0]);
	bmc_await(&w->bmc[1]);
}

static void one_supply_of_two_is_not_enough(void **state)
{
	struct world *w = *state;

	two_supplies(w, MACHINE_PLAIN);
	change(&w->node[0].device[1].password_file, w->wrong);
	assert_int_equal(ask(w, FENCE_OFF), FENCE_REFUSED);
	assert_int_equal(w->report.outcome[0].result, FENCE_IS_OFF);
	assert_int_equal(w->report.outcome[1].result, FENCE_REFUSED);
	assert_true(bmc_machine(&w->bmc[1]));
	/* Nor may a status say so: the other one could be on. */
	assert_int_equal(ask(w, FENCE_STATUS), FENCE_REFUSED);
	change(&w->node[0].device[1].password_file, w->password);
	assert_int_equal(ask(w, FENCE_STATUS), FENCE_IS_ON);
}

static void ignore_report(const struct fence_report *r, void *data)
{
	(void)r;
	(void)data;
}

/* The left one is switched on again while the right one is not off yet. */
static void a_supply_that_comes_back(void **state)
{
	const struct fence_request on = { .node = 2, .action = FENCE_ON,
					  .report = ignore_report };
	struct world *w = *state;
	struct fence_report now;

	two_supplies(w, MACHINE_HUNG);
	assert_true(fence_device_copy(&w->node[1].device[0],
				      &w->node[0].device[0]));
	w->node[1].count = 1;
	assert_int_equal(start(w, FENCE_OFF), 0);
	do {
		turn(w, 10);
		assert_true(fence_look(w->fence, 1, &now));
	} while (now.outcome[0].result != FENCE_IS_OFF);
	assert_int_equal(now.result, FENCE_PENDING);
	assert_int_equal(fence_start(w->fence, &on), 0);
	assert_int_equal(await(w), FENCE_CAME_BACK);
	assert_int_equal(w->report.outcome[0].result, FENCE_CAME_BACK);
	assert_int_equal(w->report.outcome[1].result, FENCE_IS_OFF);
	/* And again, with nobody who switches it on. */
	assert_int_equal(ask(w, FENCE_OFF), FENCE_IS_OFF);
	assert_int_equal(bmc_machine(&w->bmc[0]), 0);
}

/* ---- secrets ---- */

static void nobody_sees_the_password(void **state)
{
	struct world *w = *state;
	char address[32], text[FENCE_DEVICES_MAX * 300];
	int looks = 0;

	snprintf(address, sizeof(address), "127.0.0.1:%d", bmc_free_port());
	add_bmc(w, "bmc", address)->timeout_ms = 3000;
	assert_int_equal(start(w, FENCE_OFF), 0);
	while (!w->report.over) {
		turn(w, 100);
		assert_false(seen_in_proc(BMC_PASSWORD));
		looks += seen_in_proc("samr-fence-ipmi");
	}
	assert_true(looks > 2);
	fence_report_text(&w->report, text, sizeof(text));
	assert_null(strstr(text, BMC_PASSWORD));
}

int main(void)
{
#define T(f) cmocka_unit_test_setup_teardown(f, world_setup, world_teardown)
	const struct CMUnitTest tests[] = {
		T(off_on_and_status),
		T(a_cycle_is_off_and_then_on),
		T(a_hung_machine_is_killed),
		T(a_test_changes_nothing),
		T(who_is_refused),
		T(a_bmc_with_k_g),
		T(what_is_configured_wrongly),
		T(who_is_not_there),
		T(a_dead_bmc_proves_nothing),
		T(a_bmc_that_lies),
		T(the_second_one_helps),
		T(the_first_one_is_enough),
		T(two_supplies_are_both_off),
		T(one_supply_of_two_is_not_enough),
		T(a_supply_that_comes_back),
		T(nobody_sees_the_password),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
