// SPDX-License-Identifier: GPL-2.0
/*
 * The memory's file: whatever is wrong with it is told as that, and whatever
 * fails while it is written leaves the old one.
 */
#include <errno.h>
#include <fcntl.h>
#include <setjmp.h>
#include <signal.h>
#include <stdarg.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/resource.h>
#include <sys/stat.h>
#include <unistd.h>
#include <cmocka.h>

#include "memory/memory.h"

static char folder[64];
static char why[MEMORY_TEXT_MAX];

static const struct memory old = {
	.cluster = 7, .node = 2, .epoch = 11, .members = 0x0e,
};

static const struct memory new = {
	.cluster = 7, .node = 2, .epoch = 12, .members = 0x04,
	.flags = MEMORY_LAST,
};

/* What the code under test asks of the kernel, and which call shall fail. */
static char calls[256];
static int fail_call;
static bool log_calls;

static bool call(const char *name)
{
	if (!log_calls)
		return false;
	strcat(calls, name);
	strcat(calls, " ");
	return fail_call && !--fail_call;
}

int __real_fsync(int fd);
int __wrap_fsync(int fd);
int __real_renameat(int a, const char *from, int b, const char *to);
int __wrap_renameat(int a, const char *from, int b, const char *to);
ssize_t __real_write(int fd, const void *buf, size_t n);
ssize_t __wrap_write(int fd, const void *buf, size_t n);
int __real_close(int fd);
int __wrap_close(int fd);

int __wrap_fsync(int fd)
{
	struct stat st;

	assert_int_equal(fstat(fd, &st), 0);
	if (call(S_ISDIR(st.st_mode) ? "sync-folder" : "sync-file")) {
		errno = EIO;
		return -1;
	}
	return __real_fsync(fd);
}

int __wrap_renameat(int a, const char *from, int b, const char *to)
{
	if (call("rename")) {
		errno = EIO;
		return -1;
	}
	return __real_renameat(a, from, b, to);
}

/* Half of it, once: the rest has to be written too. */
ssize_t __wrap_write(int fd, const void *buf, size_t n)
{
	if (call("write")) {
		errno = ENOSPC;
		return -1;
	}
	return __real_write(fd, buf, log_calls && n > 100 ? n / 2 : n);
}

int __wrap_close(int fd)
{
	struct stat st;

	if (log_calls && !fstat(fd, &st) && !S_ISDIR(st.st_mode) &&
	    call("close")) {
		__real_close(fd);
		errno = EDQUOT;
		return -1;
	}
	return __real_close(fd);
}

static int set_up(void **state)
{
	(void)state;
	strcpy(folder, "/tmp/samr-memory.XXXXXX");
	calls[0] = '\0';
	fail_call = 0;
	log_calls = false;
	return mkdtemp(folder) ? 0 : -1;
}

static const char *path_of(const char *name)
{
	static char path[128];

	snprintf(path, sizeof(path), "%s/%s", folder, name);
	return path;
}

static int tear_down(void **state)
{
	(void)state;
	log_calls = false;
	unlink(path_of("memory"));
	unlink(path_of("memory.new"));
	return rmdir(folder);
}

static void put_file(const char *text, size_t len)
{
	FILE *f = fopen(path_of("memory"), "w");

	assert_non_null(f);
	assert_int_equal(fwrite(text, 1, len, f), len);
	fclose(f);
}

static void assert_memory(const struct memory *want)
{
	struct memory m;

	assert_int_equal(memory_load(folder, 7, 2, &m, why), MEMORY_FOUND);
	assert_string_equal(why, "");
	assert_memory_equal(&m, want, sizeof(m));
}

/* What was read in spite of damage must be nothing at all. */
static void assert_nothing(const struct memory *m)
{
	assert_int_equal(m->epoch, 0);
	assert_int_equal(m->members, 0);
	assert_int_equal(m->flags, 0);
}

static void the_text_is_for_people(void **state)
{
	char text[MEMORY_TEXT_MAX];
	size_t len = memory_format(&new, text, sizeof(text));

	(void)state;
	assert_int_equal(len, strlen(text));
	assert_memory_equal(text, "samr-memory 1\ncluster 7\nnode 2\nepoch 12\n"
			    "members 2\nflags last-survivor\nsha256 ", 83 - 7);
	memory_format(&old, text, sizeof(text));
	assert_non_null(strstr(text, "\nmembers 1,2,3\nflags none\n"));
}

static void what_was_saved_is_found(void **state)
{
	static const struct memory all = {
		.cluster = UINT32_MAX, .node = 63, .epoch = UINT64_MAX,
		.members = ~1ULL,
		.flags = MEMORY_GONE | MEMORY_LEFT | MEMORY_LAST | MEMORY_FORCED,
	};
	char text[MEMORY_TEXT_MAX];
	struct memory m;
	size_t len;

	(void)state;
	assert_int_equal(memory_save(folder, &old, why), 0);
	assert_memory(&old);
	assert_int_equal(memory_save(folder, &new, why), 0);
	assert_memory(&new);
	len = memory_format(&all, text, sizeof(text));
	assert_true(len < MEMORY_TEXT_MAX);
	assert_int_equal(memory_parse(text, len, UINT32_MAX, 63, &m, why),
			 MEMORY_FOUND);
	assert_memory_equal(&m, &all, sizeof(m));
}

static void no_file_is_nothing_yet(void **state)
{
	struct memory m;

	(void)state;
	assert_int_equal(memory_load(folder, 7, 2, &m, why), MEMORY_NONE);
	assert_string_equal(why, "");
	assert_nothing(&m);
	assert_int_equal(m.node, 2);
}

static void every_truncation_is_told(void **state)
{
	char text[MEMORY_TEXT_MAX];
	size_t len = memory_format(&new, text, sizeof(text)), n;
	struct memory m;

	(void)state;
	for (n = 0; n < len; n++) {
		put_file(text, n);
		if (memory_load(folder, 7, 2, &m, why) != MEMORY_TRUNCATED)
			fail_msg("%zu bytes of %zu: %s", n, len, why);
		assert_nothing(&m);
		assert_non_null(strstr(why, "it ends after"));
	}
}

static void every_changed_byte_is_told(void **state)
{
	char text[MEMORY_TEXT_MAX];
	size_t len = memory_format(&new, text, sizeof(text)), i;
	enum memory_state s;
	struct memory m;
	int x;

	(void)state;
	for (i = 0; i < len; i++) {
		for (x = 1; x < 256; x++) {
			text[i] = (char)(text[i] ^ x);
			s = memory_parse(text, len, 7, 2, &m, why);
			if (s == MEMORY_FOUND || s == MEMORY_NONE || !*why)
				fail_msg("byte %zu as %#x: %s", i,
					 (unsigned char)text[i], why);
			assert_nothing(&m);
			text[i] = (char)(text[i] ^ x);
		}
	}
	text[len] = '\n';
	assert_int_equal(memory_parse(text, len + 1, 7, 2, &m, why),
			 MEMORY_CORRUPT);
}

/* What is in the file after a crash on some file systems. */
static void zeroes_are_no_memory(void **state)
{
	static const char zeroes[4096];
	struct memory m;

	(void)state;
	put_file(zeroes, sizeof(zeroes));
	assert_int_equal(memory_load(folder, 7, 2, &m, why), MEMORY_TRUNCATED);
	put_file(zeroes, 0);
	assert_int_equal(memory_load(folder, 7, 2, &m, why), MEMORY_TRUNCATED);
	assert_nothing(&m);
}

static void a_stranger_is_named(void **state)
{
	struct memory m;

	(void)state;
	assert_int_equal(memory_save(folder, &old, why), 0);
	assert_int_equal(memory_load(folder, 8, 2, &m, why), MEMORY_CLUSTER);
	assert_non_null(strstr(why, "of cluster 7, this is a head of cluster 8"));
	assert_nothing(&m);
	assert_int_equal(memory_load(folder, 7, 1, &m, why), MEMORY_NODE);
	assert_non_null(strstr(why, "of head 2, this is head 1"));
	assert_non_null(strstr(why, folder));
	assert_nothing(&m);
}

static void another_version_is_named(void **state)
{
	char text[MEMORY_TEXT_MAX];
	struct memory m;
	size_t len;

	(void)state;
	len = memory_format(&old, text, sizeof(text));
	text[strlen("samr-memory ")] = '2';
	put_file(text, len);
	assert_int_equal(memory_load(folder, 7, 2, &m, why), MEMORY_VERSION);
	assert_non_null(strstr(why, "version 2, this samrd knows version 1"));
	assert_nothing(&m);
}

static void what_cannot_be_read_is_not_nothing(void **state)
{
	struct memory m;

	(void)state;
	assert_int_equal(mkdir(path_of("memory"), 0700), 0);
	assert_int_equal(memory_load(folder, 7, 2, &m, why), MEMORY_UNREADABLE);
	assert_non_null(strstr(why, "Is a directory"));
	assert_int_equal(rmdir(path_of("memory")), 0);
	assert_int_equal(symlink("/nowhere", path_of("memory")), 0);
	assert_int_equal(memory_load(folder, 7, 2, &m, why), MEMORY_UNREADABLE);
	assert_nothing(&m);
}

static void the_order_of_writing(void **state)
{
	(void)state;
	log_calls = true;
	assert_int_equal(memory_save(folder, &new, why), 0);
	assert_string_equal(calls, "write write sync-file close rename sync-folder ");
}

/* A save that fails at any point: the old one, or the new one, and it is told. */
static void whatever_fails_one_is_left(void **state)
{
	static const char *const at[] = { "write", "write", "sync-file", "close",
					  "rename" };
	int i;

	(void)state;
	assert_int_equal(memory_save(folder, &old, why), 0);
	for (i = 1; i <= 5; i++) {
		calls[0] = '\0';
		fail_call = i;
		log_calls = true;
		if (memory_save(folder, &new, why) >= 0)
			fail_msg("%s fails, and nobody hears of it", at[i - 1]);
		log_calls = false;
		assert_non_null(strstr(why, "cannot be written"));
		assert_memory(&old);
		assert_int_equal(access(path_of("memory.new"), F_OK), -1);
	}
	fail_call = 6;
	log_calls = true;
	assert_int_equal(memory_save(folder, &new, why), -EIO);
	log_calls = false;
	assert_memory(&new);
}

static void a_full_disk_keeps_the_old_one(void **state)
{
	struct rlimit was, none = { .rlim_cur = 40 };

	(void)state;
	assert_int_equal(memory_save(folder, &old, why), 0);
	assert_int_equal(getrlimit(RLIMIT_FSIZE, &was), 0);
	none.rlim_max = was.rlim_max;
	signal(SIGXFSZ, SIG_IGN);
	assert_int_equal(setrlimit(RLIMIT_FSIZE, &none), 0);
	assert_int_equal(memory_save(folder, &new, why), -EFBIG);
	assert_int_equal(setrlimit(RLIMIT_FSIZE, &was), 0);
	assert_memory(&old);
	assert_int_equal(access(path_of("memory.new"), F_OK), -1);
	assert_int_equal(memory_save(folder, &new, why), 0);
	assert_memory(&new);
}

static void a_missing_folder_is_made(void **state)
{
	struct stat st;

	(void)state;
	assert_int_equal(rmdir(folder), 0);
	log_calls = true;
	assert_int_equal(memory_save(folder, &old, why), 0);
	log_calls = false;
	assert_memory_equal(calls, "sync-folder write", 17);
	assert_memory(&old);
	assert_int_equal(stat(folder, &st), 0);
	assert_int_equal(st.st_mode & 0777, 0700);
	assert_int_equal(stat(path_of("memory"), &st), 0);
	assert_int_equal(st.st_mode & 0777, 0600);
}

#define TEST(name)	cmocka_unit_test_setup_teardown(name, set_up, tear_down)

/* Its name was not sure to last: that is done before anything is put into it. */
static void a_new_folder_is_synced_until_it_is(void **state)
{
	char sub[80];

	(void)state;
	snprintf(sub, sizeof(sub), "%s/sub", folder);
	log_calls = true;
	fail_call = 1;
	assert_int_equal(memory_save(sub, &new, why), -EIO);
	assert_string_equal(calls, "sync-folder ");
	calls[0] = '\0';
	assert_int_equal(memory_save(sub, &new, why), 0);
	log_calls = false;
	assert_ptr_equal(strstr(calls, "sync-folder write "), calls);
	strcat(sub, "/memory");
	assert_int_equal(unlink(sub), 0);
	*strrchr(sub, '/') = '\0';
	assert_int_equal(rmdir(sub), 0);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		TEST(the_text_is_for_people),
		TEST(what_was_saved_is_found),
		TEST(no_file_is_nothing_yet),
		TEST(every_truncation_is_told),
		TEST(every_changed_byte_is_told),
		TEST(zeroes_are_no_memory),
		TEST(a_stranger_is_named),
		TEST(another_version_is_named),
		TEST(what_cannot_be_read_is_not_nothing),
		TEST(the_order_of_writing),
		TEST(whatever_fails_one_is_left),
		TEST(a_full_disk_keeps_the_old_one),
		TEST(a_missing_folder_is_made),
		TEST(a_new_folder_is_synced_until_it_is),
	};

	return cmocka_run_group_tests_name("samrd_memory", tests, NULL, NULL);
}
