// SPDX-License-Identifier: GPL-2.0
/* Which member stands still, which one is gone, and who is not judged. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>

#include <cmocka.h>

#include "services/services.h"

#define MS	1000000ULL

/* 42 "reads" within 2 s, 43 has a unit only, 44 nothing to look after. */
static struct config_service service[] = {
	{ .id = 42, .name = "reads", .timeout_ms = 2000,
	  .on_exit = CONFIG_EXIT_LEAVE },
	{ .id = 43, .name = "runs", .on_exit = CONFIG_EXIT_RESTART,
	  .unit = "runs.service" },
	{ .id = 44, .name = "free" },
};
static struct config config = { .services = 3, .service = service };
static struct services s;
static struct services_acts acts;
static uint64_t due;

static int before(void **state)
{
	(void)state;
	memset(&s, 0, sizeof(s));
	service[0].timeout_ms = 2000;
	config.services = 3;
	return 0;
}

static struct kernel_member in(uint32_t group, uint32_t port, uint64_t queued,
				 uint64_t gseq)
{
	return (struct kernel_member){ .group = group, .port = port,
					 .cookie = port + 1000, .queued = queued,
					 .gseq = gseq };
}

/* One look at one member, or at none. Returns how many acts came of it. */
static size_t look(uint64_t ms, const struct kernel_member *m)
{
	due = services_look(&s, ms * MS, &config, m, !!m, &acts);
	return acts.count;
}

static void assert_act(enum services_end end, uint32_t group, uint32_t port)
{
	assert_int_equal(acts.count, 1);
	assert_int_equal(acts.act[0].end, end);
	assert_int_equal(acts.act[0].group, group);
	assert_int_equal(acts.act[0].port, port);
}

static void one_that_does_not_read_is_stalled(void **state)
{
	struct kernel_member m = in(42, 7, 100, 5);

	(void)state;
	assert_int_equal(look(1000, &m), 0);
	assert_int_equal(due, 1500 * MS);
	m.queued = 300;		/* more has come in */
	assert_int_equal(look(1500, &m), 0);
	assert_int_equal(look(2000, &m), 0);
	assert_int_equal(look(2500, &m), 0);
	assert_int_equal(look(2999, &m), 0);
	assert_int_equal(look(3000, &m), 1);
	assert_act(SERVICES_STALLED, 42, 7);
	/* Once. */
	assert_int_equal(look(3500, &m), 0);
	m.standing = KERNEL_MEMBER_OUT;
	assert_int_equal(look(4000, &m), 0);
	assert_int_equal(look(4500, NULL), 0);
}

static void one_that_has_nothing_to_read_is_not(void **state)
{
	struct kernel_member m = in(42, 7, 0, 5);
	uint64_t t;

	(void)state;
	for (t = 1000; t < 20000; t += 500)
		assert_int_equal(look(t, &m), 0);
	/* What comes now has come now. */
	m.queued = 1;
	for (; t < 22000; t += 500)
		assert_int_equal(look(t, &m), 0);
	assert_int_equal(look(t, &m), 1);
}

static void one_that_is_slow_is_not(void **state)
{
	struct kernel_member m = in(42, 7, 5000, 5);
	uint64_t t;

	(void)state;
	for (t = 1000; t < 20000; t += 500) {
		if (t % 1500 == 0)
			m.gseq++;
		m.queued += 100;
		assert_int_equal(look(t, &m), 0);
	}
}

/* A part of a large message: the position stays, what is left becomes less. */
static void one_that_reads_in_parts_is_not(void **state)
{
	struct kernel_member m = in(42, 7, 100000, 5);
	uint64_t t;

	(void)state;
	for (t = 1000; t < 20000; t += 500, m.queued -= 10)
		assert_int_equal(look(t, &m), 0);
}

static void one_that_is_given_the_state_is_not(void **state)
{
	struct kernel_member m = in(42, 7, 5000, 5);
	uint64_t t;

	(void)state;
	m.standing = KERNEL_MEMBER_INSTALLING;
	for (t = 1000; t < 20000; t += 500)
		assert_int_equal(look(t, &m), 0);
	m.standing = KERNEL_MEMBER_IN;
	for (; t < 22000; t += 500)
		assert_int_equal(look(t, &m), 0);
	assert_int_equal(look(t, &m), 1);
}

/* The looker stood still: so may have those that it looks at. 500 ms count. */
static void who_looks_late_does_not_count_that(void **state)
{
	struct kernel_member m = in(42, 7, 100, 5);

	(void)state;
	assert_int_equal(look(1000, &m), 0);
	assert_int_equal(look(60000, &m), 0);
	assert_int_equal(look(60500, &m), 0);
	assert_int_equal(look(61000, &m), 0);
	assert_int_equal(look(61500, &m), 1);
}

static void another_socket_of_the_same_port_is_another_member(void **state)
{
	struct kernel_member m = in(42, 7, 100, 5);

	(void)state;
	look(1000, &m);
	look(1500, &m);
	m.cookie++;
	assert_int_equal(look(2000, &m), 1);
	assert_act(SERVICES_GONE, 42, 7);
	look(2500, &m);
	assert_int_equal(look(3000, &m), 0);
	look(3500, &m);
	assert_int_equal(look(4000, &m), 1);
	assert_act(SERVICES_STALLED, 42, 7);
}

static void one_that_is_gone_is_told(void **state)
{
	struct kernel_member m = in(43, 3, 0, 5);

	(void)state;
	assert_int_equal(look(1000, &m), 0);
	assert_int_equal(services_members(&s, 43), 1);
	assert_int_equal(look(1100, NULL), 1);
	assert_act(SERVICES_GONE, 43, 3);
	assert_int_equal(services_members(&s, 43), 0);
	assert_int_equal(look(1200, NULL), 0);
}

static void one_that_has_left_is_not(void **state)
{
	struct kernel_member m = in(43, 3, 0, 5);

	(void)state;
	look(1000, &m);
	m.standing = KERNEL_MEMBER_OUT;
	assert_int_equal(look(1100, &m), 0);
	assert_int_equal(services_members(&s, 43), 0);
	assert_int_equal(look(1200, NULL), 0);
}

/* A time-out is one thing, to read at all another. */
static void without_a_timeout_nobody_is_put_out(void **state)
{
	struct kernel_member m = in(43, 3, 100, 5);
	uint64_t t;

	(void)state;
	for (t = 1000; t < 100000; t += 1000)
		assert_int_equal(look(t, &m), 0);
}

static void what_is_not_watched_is_left_alone(void **state)
{
	struct kernel_member m = in(44, 3, 100, 5);

	(void)state;
	look(1000, &m);
	assert_int_equal(services_members(&s, 44), 0);
	assert_int_equal(look(9000, NULL), 0);
	m = in(99, 3, 100, 5);	/* of a group that nobody configured */
	look(9500, &m);
	assert_int_equal(look(10000, NULL), 0);
}

static void with_nothing_to_watch_nobody_looks(void **state)
{
	(void)state;
	config.services = 1;
	service[0].timeout_ms = 0;
	assert_int_equal(look(1000, NULL), 0);
	assert_true(due == UINT64_MAX);
	/* And a first look after that is not late. */
	service[0].timeout_ms = 2000;
	assert_int_equal(look(99000, NULL), 0);
	assert_int_equal(due, 99500 * MS);
}

/* Between two configurations: what is not watched any more is not told either. */
static void a_reload_takes_it_over(void **state)
{
	struct kernel_member m = in(42, 7, 100, 5);

	(void)state;
	look(1000, &m);
	service[0].timeout_ms = 0;
	assert_int_equal(look(2000, &m), 0);
	assert_int_equal(look(3500, &m), 0);
	assert_int_equal(look(4000, NULL), 0);
}

static void short_timeouts_are_looked_at_often(void **state)
{
	(void)state;
	service[0].timeout_ms = 100;
	look(1000, NULL);
	assert_int_equal(due, 1025 * MS);
	service[0].timeout_ms = 3600000;
	look(1025, NULL);
	assert_int_equal(due, 2025 * MS);
}

static void more_than_there_is_room_for(void **state)
{
	static struct kernel_member m[SERVICES_MEMBERS_MAX + 3];
	size_t i;

	(void)state;
	for (i = 0; i < SERVICES_MEMBERS_MAX + 3; i++)
		m[i] = in(42, (uint32_t)i, 10, 5);
	services_look(&s, 1000 * MS, &config, m, SERVICES_MEMBERS_MAX + 3, &acts);
	assert_int_equal(s.missed, 3);
	for (i = 1500; i <= 3000; i += 500)
		services_look(&s, i * MS, &config, m, SERVICES_MEMBERS_MAX + 3,
			      &acts);
	assert_int_equal(acts.count, SERVICES_MEMBERS_MAX);
	/* All of them end, and the rest has room. */
	services_look(&s, 3500 * MS, &config, m + SERVICES_MEMBERS_MAX, 3, &acts);
	assert_int_equal(acts.count, 0);
	services_look(&s, 4000 * MS, &config, m + SERVICES_MEMBERS_MAX, 3, &acts);
	assert_int_equal(s.missed, 0);
	assert_int_equal(services_members(&s, 42), 3);
}

static void how_a_unit_ended(void **state)
{
	static const struct {
		const char *shown;
		enum services_unit is;
	} cases[] = {
		{ "ActiveState=active\nResult=success\n", SERVICES_UNIT_RUNS },
		{ "Result=success\nActiveState=inactive\n",
		  SERVICES_UNIT_STOPPED },
		{ "ActiveState=deactivating\nResult=success\n",
		  SERVICES_UNIT_STOPPED },
		{ "ActiveState=failed\nResult=core-dump\n",
		  SERVICES_UNIT_FAILED },
		{ "Result=signal\nActiveState=activating\n",
		  SERVICES_UNIT_FAILED },
		{ "ActiveState=failed\nResult=success", SERVICES_UNIT_FAILED },
		{ "ActiveState=deactivating\nResult=exit-code",
		  SERVICES_UNIT_FAILED },
		{ "XActiveState=failed\nXResult=signal\n", SERVICES_UNIT_RUNS },
		{ "ActiveState=failed\n", SERVICES_UNIT_RUNS },
		{ "System has not been booted with systemd\n",
		  SERVICES_UNIT_RUNS },
		{ "", SERVICES_UNIT_RUNS },
	};
	size_t i;

	(void)state;
	for (i = 0; i < sizeof(cases) / sizeof(*cases); i++)
		assert_int_equal(services_unit(cases[i].shown), cases[i].is);
}

#define ONE(name)	cmocka_unit_test_setup(name, before)

int main(void)
{
	const struct CMUnitTest tests[] = {
		ONE(one_that_does_not_read_is_stalled),
		ONE(one_that_has_nothing_to_read_is_not),
		ONE(one_that_is_slow_is_not),
		ONE(one_that_reads_in_parts_is_not),
		ONE(one_that_is_given_the_state_is_not),
		ONE(who_looks_late_does_not_count_that),
		ONE(another_socket_of_the_same_port_is_another_member),
		ONE(one_that_is_gone_is_told),
		ONE(one_that_has_left_is_not),
		ONE(without_a_timeout_nobody_is_put_out),
		ONE(what_is_not_watched_is_left_alone),
		ONE(with_nothing_to_watch_nobody_looks),
		ONE(a_reload_takes_it_over),
		ONE(short_timeouts_are_looked_at_often),
		ONE(more_than_there_is_room_for),
		ONE(how_a_unit_ended),
	};

	return cmocka_run_group_tests_name("samrd_services", tests, NULL, NULL);
}
