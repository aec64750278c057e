// SPDX-License-Identifier: GPL-2.0
/* Pairs of connections, over TCP on both sides. */
#define _GNU_SOURCE
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <cmocka.h>
#include <arpa/inet.h>
#include <errno.h>
#include <fcntl.h>
#include <netinet/in.h>
#include <poll.h>
#include <signal.h>
#include <string.h>
#include <unistd.h>

#include "pair.h"

#define LONG		(24 << 20)	/* more than all buffers of the kernel */
#define PATIENCE_MS	10000

static struct event_base *base;
static struct pair *pair;
static struct {
	int failed, overs, ends;
	bool hold;
} told;

static void far_failed(struct pair *p, void *owner, int error)
{
	(void)p;
	(void)owner;
	told.failed = error;
}

static bool far_ended(struct pair *p, void *owner)
{
	(void)p;
	(void)owner;
	told.ends++;
	return !told.hold;
}

static void over(struct pair *p, void *owner)
{
	(void)p;
	(void)owner;
	told.overs++;
	pair = NULL;
}

static const struct pair_ops ops = {
	.far_failed = far_failed, .far_ended = far_ended, .over = over,
};

static int listen_on(struct sockaddr_in *at)
{
	socklen_t len = sizeof(*at);
	int fd = socket(AF_INET, SOCK_STREAM | SOCK_NONBLOCK, 0);

	*at = (struct sockaddr_in){
		.sin_family = AF_INET, .sin_addr.s_addr = htonl(INADDR_LOOPBACK),
	};
	assert_return_code(bind(fd, (struct sockaddr *)at, sizeof(*at)), errno);
	assert_return_code(listen(fd, 8), errno);
	assert_return_code(getsockname(fd, (struct sockaddr *)at, &len), errno);
	return fd;
}

static int connect_to(const struct sockaddr_in *at)
{
	int fd = socket(AF_INET, SOCK_STREAM, 0);

	assert_return_code(connect(fd, (const struct sockaddr *)at, sizeof(*at)), errno);
	fcntl(fd, F_SETFL, O_NONBLOCK);
	return fd;
}

static void turn(void)
{
	event_base_loop(base, EVLOOP_NONBLOCK);
}

/* The events, until @fd has one. */
static void await(int fd, short what)
{
	struct pollfd p = { .fd = fd, .events = what };
	int left;

	for (left = PATIENCE_MS; left; left--) {
		turn();
		if (poll(&p, 1, 1) > 0)
			return;
	}
	fail_msg("nothing happened");
}

/* A pair between two ends: @ends[0] near, @ends[1] far. */
static void open_pair(int ends[2])
{
	struct sockaddr_in near_at, far_at;
	int near_on = listen_on(&near_at), far_on = listen_on(&far_at), fd;

	memset(&told, 0, sizeof(told));
	ends[0] = connect_to(&near_at);
	await(near_on, POLLIN);
	fd = accept4(near_on, NULL, NULL, SOCK_NONBLOCK);
	assert_return_code(fd, errno);
	pair = pair_new(base, fd, (struct sockaddr *)&far_at, sizeof(far_at), &ops, NULL);
	assert_non_null(pair);
	await(far_on, POLLIN);
	ends[1] = accept4(far_on, NULL, NULL, SOCK_NONBLOCK);
	assert_return_code(ends[1], errno);
	close(near_on);
	close(far_on);
}

static void await_over(void)
{
	int left;

	for (left = PATIENCE_MS; pair && left; left--) {
		turn();
		poll(NULL, 0, 1);
	}
	assert_null(pair);
	assert_int_equal(told.overs, 1);
}

static void shut(int ends[2])
{
	close(ends[0]);
	close(ends[1]);
	await_over();
}

static unsigned char byte_at(size_t i)
{
	return (unsigned char)(i ^ i >> 8 ^ i >> 16);
}

/* So many bytes from number @at on as fit now. */
static size_t push(int fd, size_t at, size_t end)
{
	unsigned char b[8192];
	size_t n, i;
	ssize_t r;

	for (n = 0; n < sizeof(b) && at + n < end; n++)
		b[n] = byte_at(at + n);
	for (i = 0; i < n; i += (size_t)r) {
		r = send(fd, b + i, n - i, MSG_NOSIGNAL);
		if (r < 0) {
			assert_int_equal(errno, EAGAIN);
			break;
		}
	}
	return at + i;
}

static size_t pull(int fd, size_t at)
{
	unsigned char b[8192];
	ssize_t r = recv(fd, b, sizeof(b), 0), i;

	if (r < 0)
		assert_int_equal(errno, EAGAIN);
	for (i = 0; i < r; i++)
		assert_int_equal(b[i], byte_at(at++));
	return at;
}

static void bytes_and_ends(void **state)
{
	size_t sent[2] = { 0, 0 }, got[2] = { 0, 0 };
	const size_t len = 1 << 20;
	int e[2], i;
	char c;

	(void)state;
	open_pair(e);
	while (got[0] < len || got[1] < len) {
		for (i = 0; i < 2; i++) {
			sent[i] = push(e[i], sent[i], len);
			got[i] = pull(e[!i], got[i]);
		}
		turn();
	}
	/* Half of it ends; the other half does not. */
	assert_return_code(shutdown(e[0], SHUT_WR), errno);
	await(e[1], POLLIN);
	assert_int_equal(recv(e[1], &c, 1, 0), 0);
	assert_int_equal(send(e[1], "x", 1, 0), 1);
	await(e[0], POLLIN);
	assert_int_equal(recv(e[0], &c, 1, 0), 1);
	assert_int_equal(told.overs, 0);
	assert_return_code(shutdown(e[1], SHUT_WR), errno);
	await(e[0], POLLIN);
	assert_int_equal(recv(e[0], &c, 1, 0), 0);
	shut(e);
	assert_int_equal(told.ends, 1);
}

static void nobody_reads(void **state)
{
	size_t sent = 0, got = 0, before;
	int e[2], still = 0;
	char c;

	(void)state;
	open_pair(e);
	while (still < 200) {
		before = sent;
		sent = push(e[0], sent, LONG);
		turn();
		still = sent > before ? 0 : still + 1;
		assert_true(sent < LONG);
	}
	/* Its end, too, waits behind the bytes. */
	assert_return_code(shutdown(e[0], SHUT_WR), errno);
	while (got < sent) {
		got = pull(e[1], got);
		turn();
	}
	await(e[1], POLLIN);
	assert_int_equal(recv(e[1], &c, 1, 0), 0);
	shut(e);
}

static void refused(void **state)
{
	struct sockaddr_in near_at, far_at;
	int near_on = listen_on(&near_at), end, fd;
	char c;

	(void)state;
	memset(&told, 0, sizeof(told));
	close(listen_on(&far_at));
	end = connect_to(&near_at);
	await(near_on, POLLIN);
	fd = accept4(near_on, NULL, NULL, SOCK_NONBLOCK);
	pair = pair_new(base, fd, (struct sockaddr *)&far_at, sizeof(far_at), &ops, NULL);
	assert_non_null(pair);
	assert_int_equal(told.failed, 0);
	await_over();
	assert_int_equal(told.failed, ECONNREFUSED);
	await(end, POLLIN);
	assert_int_equal(recv(end, &c, 1, 0), -1);
	assert_int_equal(errno, ECONNRESET);
	close(end);
	close(near_on);
}

static void reset_by(int which)
{
	int e[2];
	char c;

	open_pair(e);
	assert_int_equal(send(e[0], "x", 1, 0), 1);
	await(e[1], POLLIN);
	reset_socket(e[which]);
	await_over();
	if (!which)
		assert_int_equal(recv(e[1], &c, 1, 0), 1);
	assert_int_equal(recv(e[!which], &c, 1, 0), -1);
	assert_int_equal(errno, ECONNRESET);
	close(e[!which]);
}

static void reset_passes(void **state)
{
	(void)state;
	reset_by(0);
	reset_by(1);
	assert_int_equal(told.ends, 1);
}

static void end_held_back(void **state)
{
	int e[2], left;
	char c;

	(void)state;
	open_pair(e);
	told.hold = true;
	assert_int_equal(send(e[1], "x", 1, 0), 1);
	assert_return_code(shutdown(e[1], SHUT_WR), errno);
	await(e[0], POLLIN);
	assert_int_equal(recv(e[0], &c, 1, 0), 1);
	for (left = 50; left; left--) {
		turn();
		poll(NULL, 0, 1);
	}
	assert_int_equal(told.ends, 1);
	/* What the near side writes still goes. */
	assert_int_equal(send(e[0], "y", 1, 0), 1);
	await(e[1], POLLIN);
	assert_int_equal(recv(e[1], &c, 1, 0), 1);
	assert_int_equal(recv(e[0], &c, 1, 0), -1);
	assert_int_equal(errno, EAGAIN);
	pair_go_on(pair);
	await(e[0], POLLIN);
	assert_int_equal(recv(e[0], &c, 1, 0), 0);
	shut(e);

	/* One that fails after it has ended is held back once. */
	open_pair(e);
	told.hold = true;
	assert_return_code(shutdown(e[1], SHUT_WR), errno);
	for (left = 50; left && !told.ends; left--) {
		turn();
		poll(NULL, 0, 1);
	}
	reset_socket(e[1]);
	for (left = 50; left; left--) {
		push(e[0], 0, 1);
		turn();
		poll(NULL, 0, 1);
	}
	assert_non_null(pair);
	assert_int_equal(told.ends, 1);
	pair_go_on(pair);
	await_over();
	close(e[0]);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(bytes_and_ends),
		cmocka_unit_test(nobody_reads),
		cmocka_unit_test(refused),
		cmocka_unit_test(reset_passes),
		cmocka_unit_test(end_held_back),
	};
	int failed;

	signal(SIGPIPE, SIG_IGN);

	base = event_base_new();
	failed = cmocka_run_group_tests(tests, NULL, NULL);
	event_base_free(base);
	return failed;
}
