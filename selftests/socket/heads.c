// SPDX-License-Identifier: GPL-2.0
/*
 * Three heads, each a namespace, on one bridge. SAMR_TEST_SCALE=N sends the Nth
 * part of the messages, for slow kernels.
 */
#define _GNU_SOURCE
#include <pthread.h>
#include <signal.h>
#include <sys/ioctl.h>
#include <sys/wait.h>
#include "lab.h"
#include "tap.h"

#define HEADS	3
#define VIEWS	(1U << SAMR_TYPE_VIEW)

/* A member on head @i, made from wherever this thread is. */
static int member_on(int i, uint32_t service, int rcvbuf, uint32_t notify)
{
	lab_enter(i);
	return sock_member_with(service, rcvbuf, notify);
}

/**
 * struct head - a thread on a head
 * @id: of the head
 * @fd: its member
 * @count: messages that it sends
 * @total: messages that all send
 * @len: of the longest
 * @safe: all are sent SAFE
 * @sum: of everything that it received, in order
 * @bad: what went wrong
 */
struct head {
	int id;
	int fd;
	int count;
	int total;
	size_t len;
	bool safe;
	uint64_t sum;
	const char *bad;
	pthread_t sender;
	pthread_t reader;
};

static uint64_t mix(uint64_t sum, const void *data, size_t len)
{
	const unsigned char *p = data;

	while (len--)
		sum = (sum ^ *p++) * 0x100000001b3ULL;
	return sum;
}

static void *sends(void *arg)
{
	struct head *h = arg;
	struct samr_send how = { .flags = h->safe ? SAMR_SEND_SAFE : 0 };
	unsigned char *buf = malloc(h->len);
	size_t j, len;
	int i;

	for (i = 0; i < h->count; i++) {
		len = 8 + (i * 2654435761u + h->id * 40503u) % (h->len - 7);
		if (i == 0)
			len = h->len;
		for (j = 0; j < len; j++)
			buf[j] = i + j * h->id;
		memcpy(buf, &h->id, 4);
		memcpy(buf + 4, &i, 4);
		how.request = i;
		if (sock_send_how(h->fd, buf, len, &how, 0) != (ssize_t)len)
			h->bad = "send";
	}
	free(buf);
	return NULL;
}

static void *reads(void *arg)
{
	struct head *h = arg;
	unsigned char *buf = malloc(h->len);
	int next[HEADS + 1] = {}, i, id, n;
	uint64_t last = 0, time = 0;
	struct got g;

	for (i = 0; i < h->total; i++) {
		g = sock_recv(h->fd, buf, h->len, 0);
		if (g.len < 8 || !g.has || g.d.gseq <= last || g.d.time <= time)
			h->bad = "receive";
		last = g.d.gseq;
		time = g.d.time;
		memcpy(&id, buf, 4);
		memcpy(&n, buf + 4, 4);
		if (id < 1 || id > HEADS || n != next[id]++ ||
		    g.d.origin != (unsigned int)id ||
		    g.d.request != (unsigned int)n ||
		    !!(g.d.flags & SAMR_DELIVERY_OWN) != (id == h->id) ||
		    !!(g.d.flags & SAMR_DELIVERY_SAFE) != h->safe)
			h->bad = "contents";
		g.d.flags &= ~SAMR_DELIVERY_OWN;
		h->sum = mix(h->sum, &g.d, sizeof(g.d));
		h->sum = mix(h->sum, buf, g.len);
	}
	free(buf);
	return NULL;
}

static void exchange(int count, size_t len, bool safe, int rcvbuf)
{
	const char *scale = getenv("SAMR_TEST_SCALE");
	struct head h[HEADS] = {};
	int i;

	if (scale && atoi(scale) > 1)
		count = 1 + count / atoi(scale);
	lab_heads(HEADS);
	for (i = 0; i < HEADS; i++) {
		h[i].id = i + 1;
		h[i].count = count;
		h[i].total = count * HEADS;
		h[i].len = len;
		h[i].safe = safe;
		h[i].fd = member_on(i + 1, SVC, rcvbuf, 0);
	}
	/* Until now nobody has sent: all see the same from here on. */
	for (i = 0; i < HEADS; i++) {
		pthread_create(&h[i].reader, NULL, reads, &h[i]);
		pthread_create(&h[i].sender, NULL, sends, &h[i]);
	}
	for (i = 0; i < HEADS; i++) {
		pthread_join(h[i].sender, NULL);
		pthread_join(h[i].reader, NULL);
	}
	for (i = 0; i < HEADS; i++) {
		if (h[i].bad)
			printf("# head %d: %s\n", h[i].id, h[i].bad);
		CHECK(!h[i].bad);
		CHECK(h[i].sum == h[0].sum);
		CHECK_EQ(sock_info(h[i].fd).unsettled, 0);
	}
}

TEST(order_of_small_messages)
{
	tap_limit(120);
	exchange(1000, 200, false, 0);
}

TEST(order_of_safe_messages)
{
	tap_limit(120);
	exchange(300, 200, true, 0);
}

TEST(order_of_mixed_sizes)
{
	tap_limit(120);
	exchange(100, 30000, false, 0);
}

TEST(order_of_largest_messages)
{
	tap_limit(200);
	exchange(4, SAMR_MESSAGE_MAX, false, 0);
}

TEST(order_with_small_windows)
{
	tap_limit(200);
	exchange(300, 3000, false, 8192);
}

static int next_view(int fd, struct samr_view *v, size_t size)
{
	struct got g;

	do {
		CHECK(sock_wait(fd, POLLIN) & POLLIN);
		g = sock_recv(fd, v, size, 0);
		CHECK(g.has);
	} while (g.d.type != SAMR_TYPE_VIEW);
	return v->count;
}

/* Joins and leaves on different heads are told in one order, with seniority. */
TEST(views_across_heads)
{
	union {
		struct samr_view v;
		char room[1024];
	} va, vb;
	int a, b, c;

	tap_limit(120);
	lab_heads(HEADS);
	a = member_on(1, SVC, 0, VIEWS);
	CHECK_EQ(next_view(a, &va.v, sizeof(va)), 1);
	b = member_on(2, SVC, 0, VIEWS);
	CHECK_EQ(next_view(a, &va.v, sizeof(va)), 2);
	CHECK_EQ(next_view(b, &vb.v, sizeof(vb)), 2);
	CHECK_EQ(va.v.id, vb.v.id);
	CHECK_EQ(va.v.members[0].node, 1);
	CHECK_EQ(va.v.members[1].node, 2);
	CHECK_EQ(va.v.members[0].flags, SAMR_MEMBER_SELF);
	CHECK_EQ(vb.v.members[1].flags, SAMR_MEMBER_SELF);
	c = member_on(3, SVC, 0, 0);
	CHECK_EQ(next_view(a, &va.v, sizeof(va)), 3);
	CHECK_EQ(next_view(b, &vb.v, sizeof(vb)), 3);
	close(c);
	CHECK_EQ(next_view(a, &va.v, sizeof(va)), 2);
	CHECK_EQ(next_view(b, &vb.v, sizeof(vb)), 2);
	CHECK_EQ(va.v.id, vb.v.id);
}

TEST(death_is_a_leave)
{
	struct {
		struct samr_view v;
		struct samr_view_member m[4];
	} v;
	pid_t pid;
	int a;

	tap_limit(120);
	lab_heads(HEADS);
	a = member_on(1, SVC, 0, VIEWS);
	CHECK_EQ(next_view(a, &v.v, sizeof(v)), 1);
	pid = OK(fork());
	if (!pid) {
		close(a);
		member_on(2, SVC, 0, 0);
		pause();
	}
	CHECK_EQ(next_view(a, &v.v, sizeof(v)), 2);
	kill(pid, SIGKILL);
	CHECK_EQ(next_view(a, &v.v, sizeof(v)), 1);
}

/* A reader on another head stalls: its group's senders stop, others do not. */
TEST(window_across_heads)
{
	char buf[1000] = {};
	int a, slow, other, n = 0;
	long sent = 0;

	tap_limit(120);
	lab_heads(HEADS);
	slow = member_on(3, SVC, 24576, 0);
	other = member_on(1, SVC_B, 0, 0);
	a = member_on(1, SVC, 0, 0);
	/* It may have waited for a report of the others that was late. */
	do {
		sent += sock_fill(a, sizeof(buf));
		while (n < sent) {
			CHECK_EQ(OK(recv(a, buf, sizeof(buf), 0)), sizeof(buf));
			n++;
		}
	} while (sock_poll(a, 500) & POLLOUT);
	CHECK(sent > 2 && sent < 60);
	FAILS(EAGAIN, send(a, buf, sizeof(buf), MSG_DONTWAIT));
	CHECK_EQ(OK(send(other, buf, 1, MSG_DONTWAIT)), 1);
	while (n--)
		CHECK_EQ(OK(recv(slow, buf, sizeof(buf), 0)), sizeof(buf));
	CHECK(sock_wait(a, POLLOUT) & POLLOUT);
	CHECK_EQ(OK(send(a, buf, sizeof(buf), MSG_DONTWAIT)), sizeof(buf));
	CHECK_EQ(OK(recv(slow, buf, sizeof(buf), 0)), sizeof(buf));
}

/* The stalled reader goes: the senders go on. */
TEST(window_of_one_that_dies)
{
	char buf[1000] = {};
	int a, slow, i;

	tap_limit(120);
	lab_heads(HEADS);
	slow = member_on(3, SVC, 24576, 0);
	a = member_on(1, SVC, 0, 0);
	sock_fill(a, sizeof(buf));
	close(slow);
	for (i = 0; i < 200; i++) {
		CHECK_EQ(OK(send(a, buf, sizeof(buf), 0)), sizeof(buf));
		CHECK_EQ(OK(recv(a, buf, sizeof(buf), 0)), sizeof(buf));
	}
}

TEST(credentials_across_heads)
{
	char buf[4];
	struct got g;
	pid_t pid;
	int a, status;

	tap_limit(120);
	lab_heads(HEADS);
	a = member_on(1, SVC_NOBODY, 0, 0);
	pid = OK(fork());
	if (!pid) {
		lab_enter(2);
		OK(setresgid(NOBODY, NOBODY, NOBODY));
		OK(setresuid(NOBODY, NOBODY, NOBODY));
		CHECK_EQ(OK(send(sock_member(SVC_NOBODY), "x", 1, 0)), 1);
		_exit(0);
	}
	g = sock_recv(a, buf, sizeof(buf), 0);
	CHECK_EQ(g.len, 1);
	CHECK_EQ(g.d.uid, NOBODY);
	CHECK_EQ(g.d.gid, NOBODY);
	CHECK_EQ(g.d.origin, 2);
	CHECK_EQ(g.from.node, 2);
	OK(waitpid(pid, &status, 0));
	CHECK_EQ(status, 0);
}

/* A round trip needs no more than milliseconds, however many members idle. */
TEST(own_message_comes_back)
{
	int a, i;
	char c;

	tap_limit(120);
	lab_heads(HEADS);
	member_on(2, SVC, 0, 0);
	member_on(3, SVC, 0, 0);
	a = member_on(3, SVC, 0, 0);
	for (i = 0; i < 200; i++) {
		CHECK_EQ(OK(send(a, "x", 1, 0)), 1);
		CHECK_EQ(OK(recv(a, &c, 1, 0)), 1);
	}
}

static volatile bool large_done;

static void *sends_small(void *arg)
{
	char buf[500] = {};

	while (!large_done)
		if (send(*(int *)arg, buf, sizeof(buf), 0) < 0)
			return "send failed";
	return NULL;
}

static void *sends_large(void *arg)
{
	char *buf = calloc(1, SAMR_MESSAGE_MAX);
	int i;

	for (i = 0; i < 3; i++)
		if (send(*(int *)arg, buf, SAMR_MESSAGE_MAX, 0) !=
		    SAMR_MESSAGE_MAX)
			return "send failed";
	free(buf);
	large_done = true;
	return NULL;
}

static void *reads_until_left(void *arg)
{
	char *buf = malloc(SAMR_MESSAGE_MAX);

	while (recv(*(int *)arg, buf, SAMR_MESSAGE_MAX, 0) > 0)
		;
	free(buf);
	return NULL;
}

/* What needs the whole window gets its turn among small ones without end. */
TEST(large_is_not_starved)
{
	pthread_t reader[HEADS], small[3], large;
	int fd[HEADS], i;
	void *bad;

	tap_limit(200);
	lab_heads(HEADS);
	for (i = 0; i < HEADS; i++)
		fd[i] = member_on(i + 1, SVC, 65536, 0);
	for (i = 0; i < HEADS; i++)
		pthread_create(&reader[i], NULL, reads_until_left, &fd[i]);
	for (i = 0; i < 3; i++)
		pthread_create(&small[i], NULL, sends_small, &fd[0]);
	usleep(200000);
	pthread_create(&large, NULL, sends_large, &fd[0]);
	pthread_join(large, &bad);
	CHECK(!bad);
	for (i = 0; i < 3; i++) {
		pthread_join(small[i], &bad);
		CHECK(!bad);
	}
	for (i = 0; i < HEADS; i++)
		OK(setsockopt(fd[i], SOL_SAMR, SAMR_LEAVE, NULL, 0));
	for (i = 0; i < HEADS; i++)
		pthread_join(reader[i], NULL);
}
