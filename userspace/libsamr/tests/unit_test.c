// SPDX-License-Identifier: GPL-2.0
/* What libsamr does without the kernel: random numbers, texts, bad arguments. */
#include <errno.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>
#include <cmocka.h>
#include <samr/samr.h>

/*
 * The sequence is part of the interface. The values were computed by another
 * implementation of the two published algorithms.
 */
static void random_sequence_is_fixed(void **state)
{
	static const uint64_t want[] = {
		0x15780b2e0c2ec716, 0x6104d9866d113a7e,
		0xae17533239e499a1, 0xecb8ad4703b360a1,
	};
	struct samr_random r;
	size_t i;

	(void)state;
	samr_random_init(&r, 42);
	for (i = 0; i < 4; i++)
		assert_int_equal(samr_random_next(&r), want[i]);
}

static void random_bytes_are_the_numbers(void **state)
{
	struct samr_random a, b;
	unsigned char bytes[19];
	uint64_t x;
	size_t i;

	(void)state;
	samr_random_init(&a, 7);
	samr_random_init(&b, 7);
	samr_random_bytes(&a, bytes, sizeof(bytes));
	for (i = 0, x = 0; i < sizeof(bytes); i++) {
		if (i % 8 == 0)
			x = samr_random_next(&b);
		assert_int_equal(bytes[i], x >> i % 8 * 8 & 0xff);
	}
	assert_int_equal(samr_random_next(&a), samr_random_next(&b));
}

static void random_streams_differ(void **state)
{
	struct samr_delivery d = { .random = 99 };
	struct samr_random a, b, c;
	int same = 0;
	int i;

	(void)state;
	samr_random_delivery(&a, &d, 0);
	samr_random_delivery(&b, &d, 1);
	d.random = 100;
	samr_random_delivery(&c, &d, 0);
	for (i = 0; i < 100; i++) {
		uint64_t x = samr_random_next(&a);
		uint64_t y = samr_random_next(&b);
		uint64_t z = samr_random_next(&c);

		same += (x == y) + (x == z) + (y == z);
	}
	assert_int_equal(same, 0);
}

static void random_below_is_even(void **state)
{
	unsigned int count[6] = { 0 };
	struct samr_random r;
	int i;

	(void)state;
	samr_random_init(&r, 1);
	for (i = 0; i < 60000; i++) {
		uint64_t x = samr_random_below(&r, 6);

		assert_true(x < 6);
		count[x]++;
	}
	for (i = 0; i < 6; i++)
		assert_in_range(count[i], 9500, 10500);
	/* Two thirds of 2^64: without rejection the low half comes twice. */
	for (i = 0; i < 1000; i++)
		assert_true(samr_random_below(&r, 0xaaaaaaaaaaaaaaab) <
			    0xaaaaaaaaaaaaaaab);
	assert_int_equal(samr_random_below(&r, 1), 0);
}

static void texts_name_the_remedy(void **state)
{
	(void)state;
	assert_non_null(strstr(samr_strerror(-ENETDOWN), "samrctl cluster add"));
	assert_ptr_equal(samr_strerror(-ENETDOWN), samr_strerror(ENETDOWN));
	assert_non_null(strstr(samr_strerror(-EAFNOSUPPORT), "modprobe samr"));
	assert_string_equal(samr_strerror(-EIO), "Input/output error");
	assert_string_equal(samr_strerror(-123456), "unknown error");
}

static void open_refuses_bad_arguments(void **state)
{
	struct samr *m = (struct samr *)state;

	assert_int_equal(samr_open(&m, 0, 0), -EINVAL);
	assert_null(m);
	assert_int_equal(samr_open(&m, 1, 1U << 30), -EINVAL);
	assert_null(m);
	samr_close(NULL);
}

static int notes(struct samr_group_client *g, uint32_t type, uint64_t session,
		 uint64_t request, uint32_t result)
{
	const struct samr_call_event e = {
		.result = result, .service = 9,
		.session = session, .request = request,
	};
	const struct samr_received r = {
		.delivery = { .type = type, .session = session,
			      .request = request },
		.data = &e, .len = sizeof(e),
	};

	return samr_group_received(g, &r);
}

static int told(struct samr_group_client *g, uint32_t result, uint64_t session,
		uint64_t request)
{
	return notes(g, SAMR_TYPE_CALL, session, request, result);
}

static int returned(struct samr_group_client *g, uint64_t session,
		    uint64_t request)
{
	return notes(g, SAMR_TYPE_RETURN, session, request, 0);
}

static void group_notes_what_it_receives(void **state)
{
	struct samr_group_client g = {
		.service = 9, .state = SAMR_GROUP_OPENING, .key = 50,
	};

	(void)state;
	assert_int_equal(notes(&g, SAMR_TYPE_MESSAGE, 0, 0, 0), 0);
	assert_int_equal(told(&g, SAMR_CALL_OPENED, 60, 49), 0);
	assert_int_equal(told(&g, SAMR_CALL_OPENED, 60, 50), 1);
	assert_int_equal(g.state, SAMR_GROUP_OPENED);
	assert_int_equal(g.session, 60);
	/* In the order of the requests, each once, and none that was not made. */
	g.made = 3;
	assert_int_equal(returned(&g, 59, 1), 0);
	assert_int_equal(returned(&g, 60, 2), -EBADMSG);
	assert_int_equal(returned(&g, 60, 1), 1);
	assert_int_equal(returned(&g, 60, 1), -EBADMSG);
	assert_int_equal(told(&g, SAMR_CALL_UNKNOWN, 60, 2), 1);
	assert_int_equal(returned(&g, 60, 3), 1);
	assert_int_equal(returned(&g, 60, 4), -EBADMSG);
	assert_int_equal(g.ended, 3);
	/* Its end; then there is none that it could be of. */
	assert_int_equal(told(&g, SAMR_CALL_ENDED, 61, 0), 0);
	assert_int_equal(told(&g, SAMR_CALL_ENDED, 60, 0), 1);
	assert_int_equal(g.state, SAMR_GROUP_NONE);
	assert_int_equal(g.key, 50);
	assert_int_equal(returned(&g, 60, 4), 0);
	assert_int_equal(told(&g, SAMR_CALL_CLOSED, 60, 50), 0);
	assert_int_equal(told(&g, SAMR_CALL_CLOSED, 0, 50), 0);
}

/* What follows from the state is refused before the kernel is asked. */
static void group_refuses_by_its_state(void **state)
{
	struct samr_group_client g = { .service = 9, .key = 50 };

	(void)state;
	assert_int_equal(samr_group_open(NULL, &g, 9, 50, 0), -EINVAL);
	assert_int_equal(samr_group_call(NULL, &g, "", 0), -ENOTCONN);
	assert_int_equal(samr_group_close(NULL, &g), -ENOTCONN);
	g.state = SAMR_GROUP_OPENED;
	g.made = SAMR_GROUP_REQUESTS_MAX;
	assert_int_equal(samr_group_open(NULL, &g, 9, 51, 0), -EISCONN);
	assert_int_equal(samr_group_call(NULL, &g, "", 0), -EAGAIN);
	g.state = SAMR_GROUP_CLOSING;
	assert_int_equal(samr_group_call(NULL, &g, "", 0), -ENOTCONN);
}

static void version_is_three_numbers(void **state)
{
	char *end;

	(void)state;
	strtoul(samr_version(), &end, 10);
	assert_int_equal(*end, '.');
	strtoul(end + 1, &end, 10);
	assert_int_equal(*end, '.');
	strtoul(end + 1, &end, 10);
	assert_int_equal(*end, '\0');
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(random_sequence_is_fixed),
		cmocka_unit_test(random_bytes_are_the_numbers),
		cmocka_unit_test(random_streams_differ),
		cmocka_unit_test(random_below_is_even),
		cmocka_unit_test(texts_name_the_remedy),
		cmocka_unit_test(open_refuses_bad_arguments),
		cmocka_unit_test(group_notes_what_it_receives),
		cmocka_unit_test(group_refuses_by_its_state),
		cmocka_unit_test(version_is_three_numbers),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
