// SPDX-License-Identifier: GPL-2.0
/* What the journal and standard error are given, and that neither is waited for. */
#define _GNU_SOURCE
#include <endian.h>
#include <fcntl.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/un.h>
#include <unistd.h>

#include <cmocka.h>

#include "base/log.h"

#define MANY		20000
#define PATIENCE_S	30

static char folder[] = "/tmp/samr-log-XXXXXX";
static struct sockaddr_un at = { .sun_family = AF_UNIX };

/* What a reader that read nothing finds: the rest is told as lost by the next message. */
static unsigned int say_many(void)
{
	unsigned int i;

	alarm(PATIENCE_S);
	for (i = 0; i < MANY; i++)
		log_message(LOG_ERR, LOG_ID_VIEW, "number %u", i);
	alarm(0);
	return i;
}

static void standard_error(void **state)
{
	char bytes[1 << 17], want[64], *line, *rest = bytes;
	unsigned int said, read_lines = 0;
	int kept = dup(STDERR_FILENO), p[2];
	ssize_t n;

	(void)state;
	assert_int_equal(pipe2(p, O_NONBLOCK), 0);
	assert_int_equal(fcntl(p[1], F_SETFL, 0), 0);
	dup2(p[1], STDERR_FILENO);
	log_message(LOG_DEBUG, LOG_ID_NONE, "not for people");
	said = say_many();
	n = read(p[0], bytes, sizeof(bytes) - 1);
	log_message(LOG_INFO, LOG_ID_NONE, "after");
	dup2(kept, STDERR_FILENO);
	assert_true(n > 0);
	bytes[n] = '\0';
	while ((line = strsep(&rest, "\n")) && *line) {
		snprintf(want, sizeof(want), "samrd: number %u", read_lines++);
		assert_string_equal(line, want);
	}
	assert_in_range(read_lines, 100, MANY - 1);
	n = read(p[0], bytes, sizeof(bytes) - 1);
	assert_true(n > 0);
	bytes[n] = '\0';
	snprintf(want, sizeof(want), "samrd: messages lost here: %u\n"
		 "samrd: after\n", said - read_lines);
	assert_string_equal(bytes, want);
	close(p[0]);
	close(p[1]);
	close(kept);
}

static int journal_open(void)
{
	int fd = socket(AF_UNIX, SOCK_DGRAM | SOCK_NONBLOCK | SOCK_CLOEXEC, 0);

	assert_true(fd >= 0);
	assert_int_equal(bind(fd, (struct sockaddr *)&at, sizeof(at)), 0);
	return fd;
}

/* The text of the next message, whose other fields are these; NULL: there is none. */
static const char *next(int fd, const char *fields)
{
	static char bytes[2048];
	ssize_t n = recv(fd, bytes, sizeof(bytes) - 1, 0);
	uint64_t len;

	if (n < 0)
		return NULL;
	bytes[n] = '\0';
	assert_memory_equal(bytes, "MESSAGE\n", 8);
	memcpy(&len, bytes + 8, sizeof(len));
	len = le64toh(len);
	assert_in_range(len, 1, n - 17);
	assert_string_equal(bytes + 16 + len, fields);
	bytes[16 + len] = '\0';
	return bytes + 16;
}

#define VIEW	"\nPRIORITY=3\nSYSLOG_IDENTIFIER=samrd\n" \
		"MESSAGE_ID=0146152e253d4079b048ed68340b3460\n"
#define LOST	"\nPRIORITY=4\nSYSLOG_IDENTIFIER=samrd\n"
#define DEBUG	"\nPRIORITY=7\nSYSLOG_IDENTIFIER=samrd\n"

static void journal(void **state)
{
	unsigned int said, got = 0;
	char want[64];
	int fd;

	(void)state;
	setenv("JOURNAL_STREAM", "1:2", 1);
	log_start(at.sun_path);
	/* It is not there yet. */
	log_message(LOG_ERR, LOG_ID_VIEW, "lost");
	fd = journal_open();
	log_message(LOG_DEBUG, LOG_ID_NONE, "two\nlines");
	assert_string_equal(next(fd, LOST), "messages lost here: 1");
	assert_string_equal(next(fd, DEBUG), "two\nlines");
	assert_null(next(fd, ""));

	said = say_many();
	for (; got < said; got++) {
		const char *text = next(fd, VIEW);

		if (!text)
			break;
		snprintf(want, sizeof(want), "number %u", got);
		assert_string_equal(text, want);
	}
	assert_in_range(got, 1, MANY - 1);
	log_message(LOG_DEBUG, LOG_ID_NONE, "after");
	snprintf(want, sizeof(want), "messages lost here: %u", said - got);
	assert_string_equal(next(fd, LOST), want);
	assert_string_equal(next(fd, DEBUG), "after");
	assert_null(next(fd, ""));
	close(fd);
}

static int make_folder(void **state)
{
	(void)state;
	assert_non_null(mkdtemp(folder));
	snprintf(at.sun_path, sizeof(at.sun_path), "%s/socket", folder);
	return 0;
}

static int drop_folder(void **state)
{
	(void)state;
	unlink(at.sun_path);
	return rmdir(folder);
}

int main(void)
{
	static const struct CMUnitTest tests[] = {
		cmocka_unit_test(standard_error),
		cmocka_unit_test(journal),
	};

	return cmocka_run_group_tests(tests, make_folder, drop_folder);
}
