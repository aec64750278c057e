// SPDX-License-Identifier: GPL-2.0
/* The log of what a program has taken in: what was written is read, and nothing else is. */
#define _GNU_SOURCE
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <errno.h>
#include <fcntl.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/resource.h>
#include <signal.h>
#include <unistd.h>

#include <cmocka.h>

#include "log.h"

#define BEGIN	7	/* something stands in front of it */
#define MANY	UINT64_MAX

static struct log_reader reader;

static int new_file(void)
{
	int fd = memfd_create("log", MFD_CLOEXEC);

	assert_true(fd >= 0);
	assert_int_equal(write(fd, "before\n", BEGIN), BEGIN);
	return fd;
}

static const struct log_record records[] = {
	{ .type = LOG_ACCEPT, .node = 63, .port = UINT32_MAX, .place = 1, .time = UINT64_MAX / 3 },
	{ .type = LOG_READ, .connection = 1, .place = 2, .time = UINT64_MAX / 3 + 1,
	  .bytes = "get x\r\n", .len = 7 },
	{ .type = LOG_ACCEPT, .node = UINT64_MAX, .place = 300, .time = UINT64_MAX },
	{ .type = LOG_OUTPUT, .connection = 2, .total = 70000, .digest = 0xdeadbeef },
	{ .type = LOG_READ, .connection = 2, .place = 300, .time = UINT64_MAX, .bytes = "\0", .len = 1 },
	{ .type = LOG_END, .connection = 1, .place = MANY, .time = UINT64_MAX, .error = ECONNRESET },
	{ .type = LOG_END, .connection = 2, .place = MANY, .time = UINT64_MAX },
};
#define RECORDS	(sizeof(records) / sizeof(records[0]))

/* A whole log, with LAST. Return: its descriptor. */
static int whole(void)
{
	struct log_end end = { .at = BEGIN };
	unsigned char last[LOG_HEAD_MAX];
	int fd = new_file();
	unsigned int i;
	size_t len;

	assert_true(log_begin(fd, 42, &end));
	for (i = 0; i < RECORDS; i++)
		assert_true(log_append(fd, &end, MANY, &records[i]));
	len = log_last(end.at, last);
	assert_int_equal(pwrite(fd, last, len, (off_t)end.at), (ssize_t)len);
	return fd;
}

static off_t length(int fd)
{
	return lseek(fd, 0, SEEK_END);
}

/* Read all of it. Return: what is behind @count records. */
static enum log_result read_all(int fd, unsigned int *count)
{
	enum log_result result = log_open(&reader, fd, BEGIN);
	struct log_record r;

	*count = 0;
	while (result == LOG_FINE) {
		result = log_next(&reader, &r);
		*count += result == LOG_FINE;
	}
	return result;
}

static void what_is_written_is_read(void **unused)
{
	struct log_record r;
	int fd = whole();
	unsigned int i;

	(void)unused;
	assert_int_equal(log_open(&reader, fd, BEGIN), LOG_FINE);
	assert_int_equal(reader.seed, 42);
	for (i = 0; i < RECORDS; i++) {
		const struct log_record *w = &records[i];

		assert_int_equal(log_next(&reader, &r), LOG_FINE);
		assert_int_equal(r.type, w->type);
		assert_int_equal(r.connection, w->connection);
		assert_int_equal(r.error, w->error);
		assert_int_equal(r.port, w->port);
		assert_true(r.node == w->node && r.total == w->total);
		assert_true(r.place == w->place && r.time == w->time);
		assert_int_equal(r.digest, w->digest);
		assert_int_equal(r.len, w->len);
		assert_memory_equal(r.bytes, w->bytes ? w->bytes : "", w->len);
	}
	assert_int_equal(log_next(&reader, &r), LOG_OVER);
	assert_int_equal(reader.connections, 2);
	close(fd);
}

static void it_is_written_on_where_it_ended(void **unused)
{
	const struct log_record more = { .type = LOG_ACCEPT, .place = 1, .time = 2 };
	unsigned char last[LOG_HEAD_MAX];
	unsigned int count;
	int fd = whole();
	size_t len;

	(void)unused;
	assert_int_equal(read_all(fd, &count), LOG_OVER);
	assert_int_equal(ftruncate(fd, (off_t)reader.end.at), 0);
	assert_true(log_append(fd, &reader.end, MANY, &more));
	len = log_last(reader.end.at, last);
	assert_int_equal(pwrite(fd, last, len, (off_t)reader.end.at), (ssize_t)len);
	assert_int_equal(read_all(fd, &count), LOG_OVER);
	assert_int_equal(count, RECORDS + 1);
	close(fd);
}

static void one_that_is_cut_off_is_told(void **unused)
{
	off_t len, at;

	(void)unused;
	len = length(whole());
	for (at = BEGIN; at < len; at++) {
		unsigned int count;
		int fd = whole();

		assert_int_equal(ftruncate(fd, at), 0);
		assert_int_equal(read_all(fd, &count), LOG_TRUNCATED);
		assert_true(count <= RECORDS);
		close(fd);
	}
}

/* Whichever bit it is. A number may claim that more follows than there is. */
static void one_that_is_damaged_is_told(void **unused)
{
	off_t len = length(whole()), at;
	unsigned char byte;
	unsigned int count;
	int bit;

	(void)unused;
	for (at = BEGIN; at < len; at++) {
		for (bit = 0; bit < 8; bit++) {
			enum log_result result;
			int fd = whole();

			assert_int_equal(pread(fd, &byte, 1, at), 1);
			byte ^= (unsigned char)(1 << bit);
			assert_int_equal(pwrite(fd, &byte, 1, at), 1);
			result = read_all(fd, &count);
			assert_true(result == LOG_CORRUPT || result == LOG_TRUNCATED);
			close(fd);
		}
	}
}

static void what_is_behind_it_is_told(void **unused)
{
	unsigned int count;
	int fd = whole();

	(void)unused;
	assert_int_equal(pwrite(fd, "x", 1, length(fd)), 1);
	assert_int_equal(read_all(fd, &count), LOG_CORRUPT);
	assert_int_equal(count, RECORDS);
	close(fd);
}

/* The second of two that are the same, or a first that is not there. */
static void none_can_be_lost(void **unused)
{
	const struct log_record same = { .type = LOG_ACCEPT };
	struct log_end end = { .at = BEGIN }, first, second;
	unsigned char bytes[LOG_HEAD_MAX], last[LOG_HEAD_MAX];
	unsigned int count;
	int fd = new_file();
	size_t len;

	(void)unused;
	assert_true(log_begin(fd, 1, &end));
	first = end;
	assert_true(log_append(fd, &end, MANY, &same));
	second = end;
	assert_true(log_append(fd, &end, MANY, &same));
	len = (size_t)(end.at - second.at);
	assert_int_equal(pread(fd, bytes, len, (off_t)second.at), (ssize_t)len);
	assert_int_equal(pwrite(fd, bytes, len, (off_t)first.at), (ssize_t)len);
	len = log_last(second.at, last);
	assert_int_equal(pwrite(fd, last, len, (off_t)second.at), (ssize_t)len);
	assert_int_equal(ftruncate(fd, (off_t)(second.at + len)), 0);
	assert_int_equal(read_all(fd, &count), LOG_CORRUPT);
	assert_int_equal(count, 0);
	close(fd);
}

static void its_length_is_bounded(void **unused)
{
	static const char bytes[LOG_BYTES_MAX];
	const struct log_record connection = { .type = LOG_ACCEPT };
	const struct log_record r = {
		.type = LOG_READ, .connection = 1, .bytes = bytes, .len = sizeof(bytes),
	};
	const uint64_t bound = 1 << 20;
	struct log_end end = { .at = BEGIN }, before;
	unsigned char last[LOG_HEAD_MAX];
	unsigned int count, written = 1;
	int fd = new_file();
	size_t len;

	(void)unused;
	assert_true(log_begin(fd, 0, &end));
	assert_true(log_append(fd, &end, bound, &connection));
	before = end;
	while (log_append(fd, &end, bound, &r)) {
		written++;
		before = end;
	}
	assert_int_equal(errno, EFBIG);
	assert_int_equal(written, 1 + 15);
	assert_true(length(fd) <= (off_t)bound);
	/* As if nothing had been tried. */
	assert_memory_equal(&before, &end, sizeof(end));
	len = log_last(end.at, last);
	assert_int_equal(pwrite(fd, last, len, (off_t)end.at), (ssize_t)len);
	assert_int_equal(read_all(fd, &count), LOG_OVER);
	assert_int_equal(count, written);
	/* Smaller than what there is already. */
	assert_false(log_append(fd, &end, 10, &connection));
	assert_int_equal(errno, EFBIG);
	close(fd);
}

/* A part of a record goes to the file, and does not count. */
static void a_full_disk_is_told(void **unused)
{
	char path[] = "/var/tmp/log_test.XXXXXX";
	const struct log_record r = { .type = LOG_ACCEPT };
	const struct rlimit few = { 30, RLIM_INFINITY }, all = { RLIM_INFINITY, RLIM_INFINITY };
	struct log_end end = { .at = 0 }, before;
	int fd = mkostemp(path, O_CLOEXEC);

	(void)unused;
	assert_true(fd >= 0);
	unlink(path);
	assert_true(log_begin(fd, 0, &end));
	signal(SIGXFSZ, SIG_IGN);
	assert_int_equal(setrlimit(RLIMIT_FSIZE, &few), 0);
	assert_true(log_append(fd, &end, MANY, &r));
	before = end;
	assert_false(log_append(fd, &end, MANY, &r));
	assert_true(errno == ENOSPC || errno == EFBIG);
	assert_memory_equal(&before, &end, sizeof(end));
	setrlimit(RLIMIT_FSIZE, &all);
	close(fd);
}

static void what_makes_no_sense_is_told(void **unused)
{
	static const struct log_record wrong[] = {
		{ .type = LOG_READ, .connection = 1, .bytes = "x", .len = 1 },	/* of none */
		{ .type = LOG_END, .connection = 0 },
		{ .type = LOG_OUTPUT, .connection = UINT32_MAX },
		{ .type = (enum log_type)99 },
	};
	unsigned int i, count;

	(void)unused;
	for (i = 0; i < sizeof(wrong) / sizeof(wrong[0]); i++) {
		struct log_end end = { .at = BEGIN };
		int fd = new_file();

		assert_true(log_begin(fd, 0, &end));
		assert_true(log_append(fd, &end, MANY, &wrong[i]));
		assert_int_equal(read_all(fd, &count), LOG_CORRUPT);
		close(fd);
	}
}

static void what_is_no_log_is_told(void **unused)
{
	static const char *const wrong[] = {
		"", "before\n", "before\nsamrlog", "before\nsamrlog\2 and so on, and so on, and so on",
		"before\nsamr-run 1 saved 12, which is something else",
	};
	unsigned int i;

	(void)unused;
	for (i = 0; i < sizeof(wrong) / sizeof(wrong[0]); i++) {
		int fd = memfd_create("log", MFD_CLOEXEC);
		enum log_result result;

		assert_int_equal(write(fd, wrong[i], strlen(wrong[i])), (ssize_t)strlen(wrong[i]));
		result = log_open(&reader, fd, BEGIN);
		assert_int_equal(result, i < 3 ? LOG_TRUNCATED : LOG_CORRUPT);
		close(fd);
	}
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(what_is_written_is_read),
		cmocka_unit_test(it_is_written_on_where_it_ended),
		cmocka_unit_test(one_that_is_cut_off_is_told),
		cmocka_unit_test(one_that_is_damaged_is_told),
		cmocka_unit_test(what_is_behind_it_is_told),
		cmocka_unit_test(none_can_be_lost),
		cmocka_unit_test(its_length_is_bounded),
		cmocka_unit_test(a_full_disk_is_told),
		cmocka_unit_test(what_makes_no_sense_is_told),
		cmocka_unit_test(what_is_no_log_is_told),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
