// SPDX-License-Identifier: GPL-2.0
/* Which addresses of TCP are a service's. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <cmocka.h>
#include <arpa/inet.h>
#include <stdio.h>
#include <string.h>

#include "rules.h"

static struct rules r;
static const char *why;

static int begin(void **state)
{
	(void)state;
	r.count = 0;
	why = NULL;
	return 0;
}

/* The service that an address belongs to, or 0. */
static uint32_t of(bool listen, const char *host, unsigned int port)
{
	struct sockaddr_in6 six = { .sin6_family = AF_INET6, .sin6_port = htons((in_port_t)port) };
	struct sockaddr_in four = { .sin_family = AF_INET, .sin_port = htons((in_port_t)port) };
	const struct rule *u;

	if (inet_pton(AF_INET, host, &four.sin_addr) == 1) {
		u = rules_find(&r, listen, (struct sockaddr *)&four, sizeof(four));
	} else {
		assert_int_equal(inet_pton(AF_INET6, host, &six.sin6_addr), 1);
		u = rules_find(&r, listen, (struct sockaddr *)&six, sizeof(six));
	}
	return u ? u->service : 0;
}

static void as_options_say(void)
{
	assert_int_equal(of(true, "0.0.0.0", 11211), 42);
	assert_int_equal(of(true, "::", 11211), 42);
	assert_int_equal(of(true, "127.0.0.1", 11211), 42);
	assert_int_equal(of(true, "0.0.0.0", 11212), 0);
	assert_int_equal(of(false, "127.0.0.1", 11211), 0);
	/* One address of the machine, and all of them. */
	assert_int_equal(of(true, "10.0.0.1", 80), 7);
	assert_int_equal(of(true, "10.0.0.2", 80), 0);
	assert_int_equal(of(true, "0.0.0.0", 80), 7);
	assert_int_equal(of(true, "::1", 81), 8);
	assert_int_equal(of(true, "::2", 81), 0);
	assert_int_equal(of(true, "127.0.0.1", 81), 0);
	assert_int_equal(of(false, "10.0.0.9", 6379), 9);
	assert_int_equal(of(false, "::ffff:10.0.0.9", 6379), 9);
	assert_int_equal(of(false, "10.0.0.9", 6380), 0);
	assert_int_equal(of(true, "10.0.0.9", 6379), 0);
}

static void find(void **state)
{
	char text[RULES_TEXT_MAX];

	(void)state;
	assert_true(rules_add(&r, true, 42, "11211", &why));
	assert_true(rules_add(&r, true, 7, "10.0.0.1:80", &why));
	assert_true(rules_add(&r, true, 8, "[::1]:81", &why));
	assert_true(rules_add(&r, false, 9, "10.0.0.9:6379", &why));
	as_options_say();
	/* And once more, as another process reads them. */
	rules_write(&r, text);
	memset(&r, 0xff, sizeof(r));
	assert_true(rules_read(&r, text));
	assert_int_equal(r.count, 4);
	as_options_say();
	assert_int_equal(rules_service(&r, true, 7)->port, htons(80));
	assert_null(rules_service(&r, true, 9));
	assert_int_equal(rules_service(&r, false, 9)->port, htons(6379));
}

static void names(void **state)
{
	(void)state;
	assert_true(rules_add(&r, false, 3, "localhost:5", &why));
	assert_true(r.count >= 1);
	assert_int_equal(of(false, "127.0.0.1", 5) | of(false, "::1", 5), 3);
	assert_false(rules_add(&r, true, 3, "localhost:5", &why));
	assert_string_equal(why, "must have a numeric address");
}

static void wrong(void **state)
{
	static const char * const texts[] = {
		"", ":", "x", "0", "65536", "-1", "80x", "1.2.3.4", "1.2.3.4:", "[::1]", "::1:x",
		"300.0.0.1:80", "[::1:80", " 80",
	};
	unsigned int i;

	(void)state;
	for (i = 0; i < sizeof(texts) / sizeof(texts[0]); i++) {
		why = NULL;
		assert_false(rules_add(&r, true, 1, texts[i], &why));
		assert_non_null(why);
	}
	assert_false(rules_add(&r, false, 1, "80", &why));
	assert_false(rules_add(&r, false, 1, "0.0.0.0:80", &why));
	assert_int_equal(r.count, 0);
	assert_true(rules_add(&r, true, 1, "80", &why));
	assert_true(rules_add(&r, true, 1, "80", &why));
	assert_int_equal(r.count, 1);
	assert_false(rules_add(&r, true, 2, "80", &why));
	assert_string_equal(why, "is given twice");
}

static void full(void **state)
{
	char text[RULES_TEXT_MAX], one[64];
	unsigned int i;

	(void)state;
	for (i = 0; i < RULES_MAX; i++) {
		snprintf(one, sizeof(one), "[1111:2222:3333:4444:5555:6666:7777:%x]:%u",
			 0x8000 + i, 60000 + i);
		assert_true(rules_add(&r, false, 0xffffffff, one, &why));
	}
	assert_false(rules_add(&r, true, 1, "80", &why));
	assert_string_equal(why, "is one too many");
	rules_write(&r, text);
	assert_true(strlen(text) < sizeof(text));
	memset(&r, 0xff, sizeof(r));
	assert_true(rules_read(&r, text));
	assert_int_equal(r.count, RULES_MAX);
}

static void no_text(void **state)
{
	static const char * const texts[] = {
		"", "listen", "listen 1", "listen 0 ::1 80", "listen 1 ::1 0", "listen 1 ::1 65536",
		"listen 1 ::x 80", "hear 1 ::1 80", "listen 1 ::1 80,", "listen 1 ::1 80 ", ",",
	};
	unsigned int i;

	(void)state;
	for (i = 0; i < sizeof(texts) / sizeof(texts[0]); i++)
		assert_false(rules_read(&r, texts[i]));
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test_setup(find, begin),
		cmocka_unit_test_setup(names, begin),
		cmocka_unit_test_setup(wrong, begin),
		cmocka_unit_test_setup(full, begin),
		cmocka_unit_test_setup(no_text, begin),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
