// SPDX-License-Identifier: GPL-2.0
/* The line in front of a state. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include <cmocka.h>

#include "snapshot.h"

static int file_of(const char *text)
{
	int fd = snapshot_file();

	assert_true(fd >= 0);
	assert_int_equal(write(fd, text, strlen(text)), (ssize_t)strlen(text));
	return fd;
}

static void what_is_written_is_read(void **unused)
{
	const struct snapshot s = { SNAPSHOT_SAVED, UINT64_MAX };
	struct snapshot got = { SNAPSHOT_FRESH, 0 };
	char rest[8] = "";
	int fd = snapshot_file();

	(void)unused;
	assert_true(snapshot_begin(fd, &s));
	assert_int_equal(write(fd, "\n1 x", 4), 4);
	assert_true(snapshot_read(fd, &got));
	assert_int_equal(got.kind, s.kind);
	assert_true(got.time == s.time);
	/* The hook reads from there on. */
	assert_int_equal(read(fd, rest, sizeof(rest)), 4);
	assert_string_equal(rest, "\n1 x");
	close(fd);
}

static void each_kind_has_a_name(void **unused)
{
	struct snapshot s = { .kind = SNAPSHOT_FRESH }, got;

	(void)unused;
	for (; s.kind < SNAPSHOT_KINDS; s.kind++) {
		int fd = snapshot_file();

		assert_true(snapshot_begin(fd, &s));
		assert_true(snapshot_read(fd, &got));
		assert_int_equal(got.kind, s.kind);
		close(fd);
	}
}

static void what_is_no_state_is_refused(void **unused)
{
	static const char *const wrong[] = {
		"", "\n", "samr-run 1 saved 12", "samr-run 2 saved 12\n", "samr-run 1 stale 12\n",
		"samr-run 1 saved x\n", "samr-run 1 saved 12 13\n", "samr-run 1 saved\n",
		"samr-run 1 a-name-that-is-far-too-long-for-a-kind-of-state 123456789012345678901\n",
	};
	struct snapshot s;
	unsigned int i;

	(void)unused;
	for (i = 0; i < sizeof(wrong) / sizeof(wrong[0]); i++) {
		int fd = file_of(wrong[i]);

		assert_false(snapshot_read(fd, &s));
		close(fd);
	}
}

static void its_folder_may_be_named(void **unused)
{
	(void)unused;
	setenv("TMPDIR", "/does/not/exist", 1);
	assert_int_equal(snapshot_file(), -1);
	setenv("TMPDIR", "", 1);
	close(file_of("x"));
	unsetenv("TMPDIR");
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(what_is_written_is_read),
		cmocka_unit_test(each_kind_has_a_name),
		cmocka_unit_test(what_is_no_state_is_refused),
		cmocka_unit_test(its_folder_may_be_named),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
