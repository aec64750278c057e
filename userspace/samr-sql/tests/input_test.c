// SPDX-License-Identifier: GPL-2.0
/* Statements and commands are cut from a file or a text, with their lines. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>
#include <cmocka.h>
#include "input.h"

static void expect(struct samr_input *in, enum samr_input_item item,
		   const char *text, unsigned long line)
{
	const char *p;
	unsigned long at;
	size_t len;

	/* Asked twice, it says the same. */
	samr_input_next(in, &p, &len, &at);
	assert_int_equal(samr_input_next(in, &p, &len, &at), item);
	assert_int_equal(len, strlen(text));
	assert_memory_equal(p, text, len);
	assert_int_equal(at, line);
	samr_input_done(in, len);
}

static void expect_none(struct samr_input *in, enum samr_input_item item)
{
	const char *p;
	unsigned long at;
	size_t len;

	assert_int_equal(samr_input_next(in, &p, &len, &at), item);
}

static void text_is_cut(void **state)
{
	struct samr_input in = { .fd = 0 };

	(void)state;
	assert_true(samr_input_text(&in, "\n SELECT 1;\n.tables x\n-- c\nSELECT\n2;;"));
	assert_true(samr_input_text(&in, "SELECT 3"));
	assert_true(samr_input_text(&in, "SELECT 4"));
	assert_true(samr_input_text(&in, ".tables"));
	expect(&in, SAMR_INPUT_STATEMENT, "SELECT 1;", 2);
	expect(&in, SAMR_INPUT_COMMAND, ".tables x", 3);
	expect(&in, SAMR_INPUT_STATEMENT, "-- c\nSELECT\n2;", 4);
	expect(&in, SAMR_INPUT_STATEMENT, ";", 6);
	expect(&in, SAMR_INPUT_STATEMENT, ";", 7);
	expect(&in, SAMR_INPUT_STATEMENT, "SELECT 3\n;", 7);
	expect(&in, SAMR_INPUT_STATEMENT, "SELECT 4\n;", 8);
	expect(&in, SAMR_INPUT_COMMAND, ".tables", 9);
	expect_none(&in, SAMR_INPUT_END);
	samr_input_free(&in);
}

static void file_comes_in_pieces(void **state)
{
	struct samr_input in;
	int fd[2];

	(void)state;
	assert_int_equal(pipe(fd), 0);
	samr_input_file(&in, fd[0]);
	expect_none(&in, SAMR_INPUT_MORE);
	assert_int_equal(write(fd[1], "SELECT 'a", 9), 9);
	assert_int_equal(samr_input_read(&in), 0);
	expect_none(&in, SAMR_INPUT_MORE);
	assert_true(samr_input_inside(&in));
	assert_int_equal(write(fd[1], ";';  .x", 7), 7);
	assert_int_equal(samr_input_read(&in), 0);
	expect(&in, SAMR_INPUT_STATEMENT, "SELECT 'a;';", 1);
	assert_false(samr_input_inside(&in));
	expect_none(&in, SAMR_INPUT_MORE);
	assert_int_equal(write(fd[1], "y\n", 2), 2);
	close(fd[1]);
	assert_int_equal(samr_input_read(&in), 0);
	expect(&in, SAMR_INPUT_COMMAND, ".xy", 1);
	expect_none(&in, SAMR_INPUT_MORE);
	assert_int_equal(samr_input_read(&in), 0);
	expect_none(&in, SAMR_INPUT_END);
	close(fd[0]);
	samr_input_free(&in);
}

static void what_was_begun_is_dropped(void **state)
{
	struct samr_input in;
	int fd[2];

	(void)state;
	assert_int_equal(pipe(fd), 0);
	samr_input_file(&in, fd[0]);
	assert_int_equal(write(fd[1], "SELECT (1,\n", 11), 11);
	assert_int_equal(samr_input_read(&in), 0);
	expect_none(&in, SAMR_INPUT_MORE);
	assert_true(samr_input_inside(&in));
	samr_input_drop(&in);
	assert_false(samr_input_inside(&in));
	assert_int_equal(write(fd[1], "SELECT 2;", 9), 9);
	assert_int_equal(samr_input_read(&in), 0);
	expect(&in, SAMR_INPUT_STATEMENT, "SELECT 2;", 2);
	close(fd[0]);
	close(fd[1]);
	samr_input_free(&in);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(text_is_cut),
		cmocka_unit_test(file_comes_in_pieces),
		cmocka_unit_test(what_was_begun_is_dropped),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
