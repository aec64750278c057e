// SPDX-License-Identifier: GPL-2.0
/*
 * Members that come and go where somebody does not read: what the kernel keeps of
 * that has an end, the others wait their turn, and all is given back.
 */
#define _GNU_SOURCE
#include <fcntl.h>
#include <pthread.h>
#include <signal.h>
#include <sys/time.h>
#include "lab.h"
#include "tap.h"

#define VIEWS	(1U << SAMR_TYPE_VIEW)
#define IDLE	100		/* members besides, so that the lists are long */

/* Memory of the kernel that nobody can take from it, KiB. */
static long slab(void)
{
	FILE *f = fopen("/proc/meminfo", "r");
	char line[128];
	long v = -1;

	CHECK(f);
	while (fgets(line, sizeof(line), f))
		if (sscanf(line, "SUnreclaim: %ld", &v) == 1)
			break;
	fclose(f);
	CHECK(v > 0);
	return v;
}

/* A kernel that looks for wrong uses of memory keeps for long what was freed. */
static bool keeps_freed(void)
{
	FILE *f = fopen("/proc/kallsyms", "r");
	char line[256];
	bool found = false;

	CHECK(f);
	while (!found && fgets(line, sizeof(line), f))
		found = strstr(line, " kasan_");
	fclose(f);
	return found;
}

/* What is kept of a service and not read by all. */
static long unread(void)
{
	FILE *f = popen("samrctl group show id 1", "r");
	char text[1024], *at;
	size_t n;

	CHECK(f);
	n = fread(text, 1, sizeof(text) - 1, f);
	text[n] = 0;
	CHECK_EQ(pclose(f), 0);
	at = strstr(text, "unread ");
	CHECK(at);
	return atol(at + 7);
}

/* Is it a member? What has its place may still be on its way to the socket. */
static bool is_joined(int fd)
{
	struct pollfd p = { .fd = fd, .events = POLLOUT };

	if (sock_info(fd).state == SAMR_MEMBER_JOINING)
		OK(poll(&p, 1, 100));
	return sock_info(fd).state == SAMR_MEMBER_JOINED;
}

static void read_all(int fd)
{
	static char buf[SAMR_MESSAGE_MAX];

	while (recv(fd, buf, sizeof(buf), MSG_DONTWAIT) >= 0)
		;
	CHECK_EQ(errno, EAGAIN);
}

static void wait_left(int fd)
{
	int i;

	for (i = 0; i < 500 && sock_info(fd).state != SAMR_MEMBER_LEFT; i++)
		usleep(10000);
	CHECK_EQ(sock_info(fd).state, SAMR_MEMBER_LEFT);
}

/* Members come and go, until one has to wait: how many did not have to. */
static int churn(int most)
{
	bool joined = true;
	int n, fd;

	for (n = 0; n < most && joined; n++) {
		fd = sock_bound(SVC);
		OK(sock_join(fd));
		joined = is_joined(fd);
		close(fd);
	}
	return joined ? n : n - 1;
}

/* A member that does not read, besides others that do not have to. */
static int stalled(int rcvbuf, int others)
{
	int fd;

	lab_one();
	while (others--)
		OK(shutdown(sock_member(SVC), SHUT_RD));
	fd = sock_member_with(SVC, rcvbuf, 0);
	CHECK_EQ(OK(send(fd, "x", 1, 0)), 1);
	return fd;
}

TEST(churn_has_an_end)
{
	int fd, i, n, all;
	long before, kept;

	tap_limit(120);
	fd = stalled(0, IDLE);
	before = slab();
	all = churn(2000);
	for (i = 0; i < 50; i++)
		CHECK_EQ(churn(1), 0);
	/* 2 MiB, of which each member that comes and goes takes 5 KiB. */
	CHECK(all > 100 && all < 600);
	kept = unread();
	CHECK_EQ(kept, 1 + 2 * all);
	if (!keeps_freed())
		CHECK(slab() - before < 8192);

	/* Reading gives all of it back. */
	read_all(fd);
	CHECK_EQ(unread(), 0);
	n = churn(100);
	CHECK_EQ(n, 100);
	CHECK_EQ(unread(), 0);
	sleep(1);
	if (!keeps_freed())
		CHECK(slab() - before < 2048);
}

TEST(churn_ends_with_the_reader)
{
	int fd;

	fd = stalled(32768, IDLE);
	CHECK(churn(1000) < 100);
	CHECK_EQ(churn(1), 0);
	close(fd);
	CHECK_EQ(churn(100), 100);
	CHECK_EQ(unread(), 0);
}

/* Whoever wants to be told of views reads each of them. */
TEST(churn_is_read)
{
	union {
		struct samr_view v;
		char room[8192];
	} buf;
	int fd, n, i, read = 0;
	struct timeval wait = { .tv_usec = 200000 };
	struct got g;

	lab_one();
	fd = sock_member_with(SVC, 16384, VIEWS);
	OK(setsockopt(fd, SOL_SOCKET, SO_RCVTIMEO, &wait, sizeof(wait)));
	g = sock_recv(fd, &buf, sizeof(buf), 0);
	CHECK_EQ(buf.v.count, 1);
	for (i = 0; i < 3; i++) {
		n = churn(1000);
		CHECK(n > 10 && n < 200);
		for (read = 0; ; read++) {
			g = sock_recv(fd, &buf, sizeof(buf), 0);
			if (g.len < 0)
				break;
			CHECK_EQ(buf.v.count, 2 - read % 2);
		}
		CHECK_EQ(read, 2 * n);
	}
}

/* Data alone keeps nobody out. */
TEST(join_where_data_waits)
{
	int fd, i;

	fd = stalled(16384, 0);
	CHECK(sock_fill(fd, 1000) > 0);
	for (i = 0; i < 10; i++) {
		int late = sock_bound(SVC);

		OK(sock_join(late));
		CHECK(is_joined(late));
	}
}

static int waiting(void)
{
	int fd = sock_bound(SVC);

	OK(sock_join(fd));
	CHECK_EQ(sock_info(fd).state, SAMR_MEMBER_JOINING);
	return fd;
}

TEST(join_waits_for_a_reader)
{
	int fd, late[50], i;
	char c;

	fd = stalled(16384, IDLE);
	churn(1000);
	for (i = 0; i < 50; i++)
		late[i] = waiting();
	FAILS(EALREADY, sock_join(late[0]));
	FAILS(EAGAIN, send(late[0], "y", 1, MSG_DONTWAIT));
	CHECK_EQ(sock_poll(late[0], 50), 0);
	/* Reading once is not enough for all of them, reading on is. */
	for (i = 0; i < 50; i++) {
		read_all(fd);
		CHECK(sock_wait(late[i], POLLOUT) & POLLOUT);
		CHECK(is_joined(late[i]));
	}
	CHECK_EQ(OK(send(late[49], "y", 1, 0)), 1);
	CHECK_EQ(OK(recv(late[49], &c, 1, 0)), 1);
}

/* Leaves cost as much as joins do; a reader that is shut down has read all. */
TEST(join_waits_while_others_leave)
{
	int many[IDLE], fd, i, late;

	lab_one();
	fd = sock_member_with(SVC, 16384, 0);
	CHECK_EQ(OK(send(fd, "x", 1, 0)), 1);
	for (i = 0; i < IDLE; i++) {
		many[i] = sock_bound(SVC);
		OK(sock_join(many[i]));
		if (!is_joined(many[i]))
			break;
	}
	CHECK(i > 10 && i < IDLE);
	late = many[i];
	CHECK_EQ(sock_poll(late, 50), 0);
	/* Nobody has read: leaves are never refused, and are kept, too. */
	while (i--)
		close(many[i]);
	CHECK_EQ(sock_poll(late, 50), 0);
	OK(shutdown(fd, SHUT_RD));
	CHECK(sock_wait(late, POLLOUT) & POLLOUT);
	CHECK(is_joined(late));
}

static void nothing(int sig)
{
	(void)sig;
}

TEST(join_wait_is_interrupted)
{
	struct sigaction sa = { .sa_handler = nothing };
	struct itimerval soon = { .it_value.tv_usec = 100000 };
	struct timeval wait = { .tv_usec = 50000 };
	int late;

	stalled(16384, IDLE);
	churn(1000);
	late = waiting();
	OK(sigaction(SIGALRM, &sa, NULL));
	OK(setitimer(ITIMER_REAL, &soon, NULL));
	FAILS(EINTR, send(late, "y", 1, 0));
	OK(setsockopt(late, SOL_SOCKET, SO_SNDTIMEO, &wait, sizeof(wait)));
	FAILS(EAGAIN, send(late, "y", 1, 0));
	OK(fcntl(late, F_SETFL, O_NONBLOCK));
	FAILS(EAGAIN, send(late, "y", 1, 0));
	CHECK_EQ(sock_info(late).state, SAMR_MEMBER_JOINING);
}

static void *sends(void *arg)
{
	return send(*(int *)arg, "late", 4, 0) == 4 ? NULL : "send failed";
}

TEST(join_wait_wakes_a_sender)
{
	pthread_t t;
	char buf[8];
	void *err;
	int fd, late;

	fd = stalled(16384, IDLE);
	churn(1000);
	late = waiting();
	pthread_create(&t, NULL, sends, &late);
	usleep(50000);
	read_all(fd);
	pthread_join(t, &err);
	CHECK(!err);
	/* The reader may have read it with the rest. */
	CHECK_EQ(OK(recv(late, buf, sizeof(buf), 0)), 4);
}

/* What waits can be closed, or leave, and then the service can be deleted. */
TEST(join_wait_and_close)
{
	int fd, late[60], i;

	fd = stalled(16384, 0);
	churn(1000);
	for (i = 0; i < 60; i++)
		late[i] = waiting();
	for (i = 0; i < 30; i++) {
		OK(setsockopt(late[i], SOL_SAMR, SAMR_LEAVE, NULL, 0));
		CHECK_EQ(sock_info(late[i]).state, SAMR_MEMBER_LEFT);
	}
	CHECK_EQ(lab_try_service_del(SVC), -EBUSY);
	for (i = 0; i < 60; i++)
		close(late[i]);
	CHECK(unread() > 0);
	close(fd);
	for (i = 0; i < 500 && lab_try_service_del(SVC) == -EBUSY; i++)
		usleep(10000);
	CHECK(i < 500);
	CHECK_EQ(lab_try_del(), 0);
}

TEST(leave_does_not_wait)
{
	int many[IDLE], fd, i;

	lab_one();
	fd = sock_member(SVC);
	CHECK_EQ(OK(send(fd, "x", 1, 0)), 1);
	for (i = 0; i < IDLE; i++)
		many[i] = sock_member(SVC);
	churn(1000);
	CHECK_EQ(churn(1), 0);
	for (i = 0; i < IDLE; i++) {
		OK(setsockopt(many[i], SOL_SAMR, SAMR_LEAVE, NULL, 0));
		wait_left(many[i]);
	}
}

/* Who has left and not read to the end holds up nobody, and nothing piles up. */
TEST(left_and_not_read)
{
	static char big[20000];
	int gone, fd, i, k;
	long before;

	tap_limit(60);
	lab_one();
	gone = sock_member_with(SVC, 65536, 0);
	CHECK_EQ(OK(send(gone, "x", 1, 0)), 1);
	OK(setsockopt(gone, SOL_SAMR, SAMR_LEAVE, NULL, 0));
	wait_left(gone);
	before = slab();
	for (i = 0; i < 100; i++) {
		fd = sock_member_with(SVC, 65536, 0);
		for (k = 0; k < 10; k++) {
			CHECK_EQ(OK(send(fd, big, sizeof(big), 0)), sizeof(big));
			CHECK_EQ(OK(recv(fd, big, sizeof(big), 0)), sizeof(big));
		}
		close(fd);
	}
	CHECK_EQ(churn(1000), 1000);
	CHECK_EQ(unread(), 1);
	if (!keeps_freed())
		CHECK(slab() - before < 4096);
	CHECK_EQ(OK(recv(gone, big, sizeof(big), 0)), 1);
	CHECK_EQ(OK(recv(gone, big, sizeof(big), 0)), 0);
	CHECK_EQ(unread(), 0);
}
