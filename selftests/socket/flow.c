// SPDX-License-Identifier: GPL-2.0
/* Buffers, blocking, poll and epoll, signals, threads. */
#define _GNU_SOURCE
#include <fcntl.h>
#include <pthread.h>
#include <signal.h>
#include <sys/epoll.h>
#include <sys/ioctl.h>
#include <sys/time.h>
#include <sys/wait.h>
#include <linux/sockios.h>
#include "lab.h"
#include "tap.h"

#define IN	(POLLIN | POLLRDNORM)
#define OUT	(POLLOUT | POLLWRNORM)

static void set_int(int fd, int name, int v)
{
	OK(setsockopt(fd, SOL_SOCKET, name, &v, sizeof(v)));
}

static void set_timeout(int fd, int name, int ms)
{
	struct timeval tv = { ms / 1000, ms % 1000 * 1000 };

	OK(setsockopt(fd, SOL_SOCKET, name, &tv, sizeof(tv)));
}

static void drain(int fd)
{
	char buf[64];

	while (recv(fd, buf, sizeof(buf), MSG_DONTWAIT) >= 0)
		;
	CHECK_EQ(errno, EAGAIN);
}

static void nothing(int sig)
{
	(void)sig;
}

static void on_alarm(int flags)
{
	struct sigaction sa = { .sa_handler = nothing, .sa_flags = flags };

	OK(sigaction(SIGUSR1, &sa, NULL));
}

/* After @ms a child signals this process, or writes to @fd. */
static pid_t soon(int ms, int fd)
{
	pid_t parent = getpid(), pid = OK(fork());

	if (pid)
		return pid;
	usleep(ms * 1000);
	if (fd < 0)
		kill(parent, SIGUSR1);
	else if (send(fd, "late", 4, 0) != 4)
		_exit(1);
	_exit(0);
}

static void reap(pid_t pid)
{
	int status;

	OK(waitpid(pid, &status, 0));
	CHECK_EQ(status, 0);
}

/* ---- what limits a sender ---- */

TEST(window_full_and_read)
{
	long n;
	int fd;

	lab_one();
	fd = sock_member_with(SVC, 32768, 0);
	n = sock_fill(fd, 1000);
	CHECK(n > 20 && n < 70);
	CHECK_EQ(sock_poll(fd, 0), IN);
	FAILS(EAGAIN, send(fd, &n, 1000, MSG_DONTWAIT));
	drain(fd);
	CHECK(sock_wait(fd, POLLOUT) & POLLOUT);
	CHECK(sock_fill(fd, 1000) > 20);
}

/* What poll() says holds, also for messages of the size refused last. */
TEST(window_poll_is_truthful)
{
	static char buf[30000];
	int fd, i;

	lab_one();
	fd = sock_member_with(SVC, 32768, 0);
	for (i = 0; i < 200; i++) {
		size_t len = (i * 7919) % sizeof(buf);
		ssize_t n = send(fd, buf, len, MSG_DONTWAIT);

		if (n == (ssize_t)len)
			continue;
		CHECK_EQ(errno, EAGAIN);
		CHECK(!(sock_poll(fd, 0) & POLLOUT));
		CHECK(sock_poll(fd, 0) & POLLIN);
		while (!(sock_poll(fd, 0) & POLLOUT))
			CHECK(recv(fd, buf, sizeof(buf), MSG_DONTWAIT) >= 0);
		CHECK_EQ(send(fd, buf, len, MSG_DONTWAIT), len);
	}
}

TEST(window_one_message_may_exceed)
{
	char *buf = calloc(1, SAMR_MESSAGE_MAX);
	int fd;

	lab_one();
	fd = sock_member_with(SVC, 4096, 0);
	set_int(fd, SO_SNDBUF, 4096);
	CHECK_EQ(OK(send(fd, buf, SAMR_MESSAGE_MAX, MSG_DONTWAIT)),
		 SAMR_MESSAGE_MAX);
	CHECK_EQ(sock_info(fd).queued, SAMR_MESSAGE_MAX);
	FAILS(EAGAIN, send(fd, buf, SAMR_MESSAGE_MAX, MSG_DONTWAIT));
	CHECK_EQ(OK(recv(fd, buf, SAMR_MESSAGE_MAX, 0)), SAMR_MESSAGE_MAX);
	CHECK(sock_wait(fd, POLLOUT) & POLLOUT);
	CHECK_EQ(OK(send(fd, buf, SAMR_MESSAGE_MAX, MSG_DONTWAIT)),
		 SAMR_MESSAGE_MAX);
}

/* A reader that stalls holds up its own group and nobody else. */
TEST(window_of_another_group)
{
	int slow, fast;

	lab_one();
	slow = sock_member_with(SVC, 8192, 0);
	fast = sock_member(SVC_B);
	CHECK(sock_fill(slow, 100) > 0);
	CHECK_EQ(OK(send(fast, "x", 1, MSG_DONTWAIT)), 1);
	CHECK(sock_poll(fast, 0) & POLLOUT);
}

/* The slowest of several members counts; when it goes, the others go on. */
TEST(window_of_the_slowest)
{
	char buf[100] = {};
	int a, b, i;

	lab_one();
	a = sock_member_with(SVC, 8192, 0);
	b = sock_member_with(SVC, 8192, 0);
	CHECK(sock_fill(a, 100) > 0);
	drain(a);
	CHECK_EQ(sock_poll(a, 50), 0);
	close(b);
	CHECK(sock_wait(a, POLLOUT) & POLLOUT);
	for (i = 0; i < 1000; i++) {
		CHECK_EQ(OK(send(a, buf, 100, 0)), 100);
		CHECK_EQ(OK(recv(a, buf, 100, 0)), 100);
	}
}

TEST(window_mixed_with_shut_reader)
{
	int a, b, i;

	lab_one();
	a = sock_member_with(SVC, 8192, 0);
	b = sock_member_with(SVC, 8192, 0);
	OK(shutdown(b, SHUT_RD));
	for (i = 0; i < 500; i++) {
		char buf[100] = {};

		CHECK_EQ(OK(send(i & 1 ? a : b, buf, 100, 0)), 100);
		CHECK_EQ(OK(recv(a, buf, 100, 0)), 100);
	}
	CHECK_EQ(sock_info(b).queued, 0);
}

/* No view: what is sent is refused or waits, and POLLOUT says so. */
TEST(window_without_view)
{
	int fd;

	lab_add(1);
	fd = sock_bound(SVC);
	OK(sock_join(fd));
	CHECK_EQ(sock_poll(fd, 0), 0);
	set_timeout(fd, SO_SNDTIMEO, 50);
	FAILS(EAGAIN, send(fd, "a", 1, 0));
	lab_up();
	sock_joined(fd);
	CHECK_EQ(OK(send(fd, "a", 1, 0)), 1);
}

/* ---- blocking ---- */

TEST(block_timeouts)
{
	long long begin;
	char buf[4];
	int fd;

	lab_one();
	fd = sock_member_with(SVC, 8192, 0);
	set_timeout(fd, SO_RCVTIMEO, 100);
	begin = tap_ms();
	FAILS(EAGAIN, recv(fd, buf, 4, 0));
	CHECK(tap_ms() - begin >= 90);
	sock_fill(fd, 100);
	set_timeout(fd, SO_SNDTIMEO, 100);
	begin = tap_ms();
	FAILS(EAGAIN, send(fd, buf, 4, 0));
	CHECK(tap_ms() - begin >= 90);
	OK(fcntl(fd, F_SETFL, O_NONBLOCK));
	begin = tap_ms();
	FAILS(EAGAIN, send(fd, buf, 4, 0));
	CHECK(tap_ms() - begin < 80);
}

TEST(block_recv_wakes)
{
	char buf[8];
	pid_t pid;
	int fd;

	lab_one();
	fd = sock_member(SVC);
	pid = soon(50, fd);
	CHECK_EQ(OK(recv(fd, buf, sizeof(buf), 0)), 4);
	reap(pid);
}

static void *reads_all(void *arg)
{
	int fd = *(int *)arg;
	char buf[200];

	usleep(50000);
	while (recv(fd, buf, sizeof(buf), 0) > 0)
		;
	return NULL;
}

TEST(block_send_wakes)
{
	char buf[100] = {};
	pthread_t t;
	int fd, i;

	lab_one();
	fd = sock_member_with(SVC, 8192, 0);
	pthread_create(&t, NULL, reads_all, &fd);
	for (i = 0; i < 2000; i++)
		CHECK_EQ(OK(send(fd, buf, sizeof(buf), 0)), sizeof(buf));
	OK(setsockopt(fd, SOL_SAMR, SAMR_LEAVE, NULL, 0));
	pthread_join(t, NULL);
}

static void *ups(void *arg)
{
	(void)arg;
	usleep(50000);
	lab_up();
	return NULL;
}

TEST(block_send_until_joined)
{
	pthread_t t;
	char buf[4];
	int fd;

	lab_add(1);
	fd = sock_bound(SVC);
	OK(sock_join(fd));
	pthread_create(&t, NULL, ups, NULL);
	CHECK_EQ(OK(send(fd, "abc", 3, 0)), 3);
	CHECK_EQ(OK(recv(fd, buf, 4, 0)), 3);
	pthread_join(t, NULL);
}

TEST(signal_interrupts)
{
	pid_t pid;
	char buf[4];
	int fd;

	lab_one();
	fd = sock_member_with(SVC, 8192, 0);
	on_alarm(0);
	pid = soon(50, -1);
	FAILS(EINTR, recv(fd, buf, 4, 0));
	reap(pid);
	sock_fill(fd, 100);
	pid = soon(50, -1);
	FAILS(EINTR, send(fd, buf, 4, 0));
	reap(pid);
	/* With a time-out there is no restart. */
	on_alarm(SA_RESTART);
	set_timeout(fd, SO_SNDTIMEO, 5000);
	pid = soon(50, -1);
	FAILS(EINTR, send(fd, buf, 4, 0));
	reap(pid);
	CHECK_EQ(sock_info(fd).unsettled, 0);
}

TEST(signal_restarts)
{
	pid_t sig, msg;
	char buf[8];
	int fd;

	lab_one();
	fd = sock_member(SVC);
	on_alarm(SA_RESTART);
	sig = soon(50, -1);
	msg = soon(200, fd);
	CHECK_EQ(OK(recv(fd, buf, sizeof(buf), 0)), 4);
	reap(sig);
	reap(msg);
}

static volatile int pipes;

static void on_pipe(int sig)
{
	(void)sig;
	pipes++;
}

TEST(signal_pipe)
{
	int fd;

	lab_one();
	signal(SIGPIPE, on_pipe);
	fd = sock_member(SVC);
	OK(shutdown(fd, SHUT_WR));
	FAILS(EPIPE, send(fd, "a", 1, MSG_NOSIGNAL));
	CHECK_EQ(pipes, 0);
	FAILS(EPIPE, send(fd, "a", 1, 0));
	CHECK_EQ(pipes, 1);
}

static volatile int ios;

static void on_io(int sig)
{
	(void)sig;
	ios++;
}

TEST(signal_driven)
{
	int fd, i;

	lab_one();
	fd = sock_member(SVC);
	signal(SIGIO, on_io);
	OK(fcntl(fd, F_SETOWN, getpid()));
	OK(fcntl(fd, F_SETFL, O_ASYNC));
	CHECK_EQ(OK(send(fd, "a", 1, 0)), 1);
	for (i = 0; i < 100 && !ios; i++)
		usleep(10000);
	CHECK(ios);
}

/* ---- poll and epoll ---- */

TEST(poll_states)
{
	char buf[4];
	int fd = sock_new();

	CHECK_EQ(sock_poll(fd, 0), OUT | POLLHUP);
	close(fd);
	lab_one();
	fd = sock_bound(SVC);
	CHECK_EQ(sock_poll(fd, 0), OUT | POLLHUP);
	OK(sock_join(fd));
	sock_joined(fd);
	CHECK_EQ(sock_poll(fd, 0), OUT);
	CHECK_EQ(OK(send(fd, "a", 1, 0)), 1);
	CHECK_EQ(sock_poll(fd, 0), IN | OUT);
	OK(setsockopt(fd, SOL_SAMR, SAMR_LEAVE, NULL, 0));
	CHECK_EQ(sock_wait(fd, POLLRDHUP), IN | OUT | POLLRDHUP | POLLHUP);
	CHECK_EQ(OK(recv(fd, buf, 4, 0)), 1);
	CHECK_EQ(OK(recv(fd, buf, 4, 0)), 0);
	CHECK_EQ(sock_poll(fd, 0), IN | OUT | POLLRDHUP | POLLHUP);
}

static int ep_new(int fd, uint32_t events)
{
	struct epoll_event e = { .events = events };
	int ep = OK(epoll_create1(EPOLL_CLOEXEC));

	OK(epoll_ctl(ep, EPOLL_CTL_ADD, fd, &e));
	return ep;
}

static uint32_t ep_wait(int ep, int ms)
{
	struct epoll_event e;

	return OK(epoll_wait(ep, &e, 1, ms)) ? e.events : 0;
}

TEST(epoll_edge_in)
{
	char buf[4];
	int fd, ep;

	lab_one();
	fd = sock_member(SVC);
	ep = ep_new(fd, EPOLLIN | EPOLLET);
	CHECK_EQ(ep_wait(ep, 0), 0);
	CHECK_EQ(OK(send(fd, "a", 1, 0)), 1);
	CHECK_EQ(ep_wait(ep, 5000), EPOLLIN);
	CHECK_EQ(ep_wait(ep, 50), 0);
	/* Not read yet, and still each message is an edge. */
	CHECK_EQ(OK(send(fd, "b", 1, 0)), 1);
	CHECK_EQ(ep_wait(ep, 5000), EPOLLIN);
	drain(fd);
	CHECK_EQ(ep_wait(ep, 50), 0);
	CHECK_EQ(OK(send(fd, "c", 1, 0)), 1);
	CHECK_EQ(ep_wait(ep, 5000), EPOLLIN);
	CHECK_EQ(OK(recv(fd, buf, 4, 0)), 1);
}

TEST(epoll_edge_out)
{
	int fd, ep;

	lab_one();
	fd = sock_member_with(SVC, 16384, 0);
	ep = ep_new(fd, EPOLLOUT | EPOLLET);
	CHECK_EQ(ep_wait(ep, 0), EPOLLOUT);
	CHECK_EQ(ep_wait(ep, 50), 0);
	sock_fill(fd, 100);
	CHECK_EQ(ep_wait(ep, 50), 0);
	drain(fd);
	CHECK_EQ(ep_wait(ep, 5000), EPOLLOUT);
	CHECK(sock_fill(fd, 100) > 10);
}

TEST(epoll_unwanted_view_is_no_event)
{
	int a, b, ep;

	lab_one();
	a = sock_member(SVC);
	ep = ep_new(a, EPOLLIN | EPOLLET);
	b = sock_member(SVC);
	CHECK_EQ(ep_wait(ep, 50), 0);
	close(b);
	CHECK_EQ(ep_wait(ep, 50), 0);
	CHECK_EQ(OK(send(a, "a", 1, 0)), 1);
	CHECK_EQ(ep_wait(ep, 5000), EPOLLIN);
}

TEST(epoll_hangup)
{
	int fd, ep;

	lab_one();
	fd = sock_member(SVC);
	ep = ep_new(fd, EPOLLIN | EPOLLRDHUP | EPOLLET);
	CHECK_EQ(ep_wait(ep, 0), 0);
	OK(setsockopt(fd, SOL_SAMR, SAMR_LEAVE, NULL, 0));
	while (sock_info(fd).state != SAMR_MEMBER_LEFT)
		usleep(1000);
	CHECK_EQ(ep_wait(ep, 5000), EPOLLIN | EPOLLRDHUP | EPOLLHUP);
}

TEST(epoll_join)
{
	int fd, ep;

	lab_add(1);
	fd = sock_bound(SVC);
	OK(sock_join(fd));
	ep = ep_new(fd, EPOLLOUT | EPOLLET);
	CHECK_EQ(ep_wait(ep, 50), 0);
	lab_up();
	CHECK_EQ(ep_wait(ep, 5000), EPOLLOUT);
}

/* ---- threads ---- */

#define THREADS	8
#define EACH	500

static int shared;

static void *sends(void *arg)
{
	uint32_t msg[50] = { (uintptr_t)arg };
	int i;

	for (i = 0; i < EACH; i++) {
		msg[1] = i;
		if (send(shared, msg, 8 + (i % 48) * 4, 0) < 0)
			return "send failed";
	}
	return NULL;
}

TEST(threads_send_on_one_socket)
{
	uint32_t next[THREADS] = {}, msg[50];
	pthread_t t[THREADS];
	void *err;
	int i;

	lab_one();
	shared = sock_member_with(SVC, 16384, 0);
	for (i = 0; i < THREADS; i++)
		pthread_create(&t[i], NULL, sends, (void *)(uintptr_t)i);
	for (i = 0; i < THREADS * EACH; i++) {
		ssize_t n = OK(recv(shared, msg, sizeof(msg), 0));

		CHECK(msg[0] < THREADS);
		CHECK_EQ(n, 8 + (msg[1] % 48) * 4);
		CHECK_EQ(msg[1], next[msg[0]]);
		next[msg[0]]++;
	}
	for (i = 0; i < THREADS; i++) {
		pthread_join(t[i], &err);
		CHECK(!err);
	}
	CHECK_EQ(sock_info(shared).unsettled, 0);
}

static int taken;

static void *receives(void *arg)
{
	char buf[300];
	long n = 0;

	(void)arg;
	while (recv(shared, buf, sizeof(buf), 0) > 0) {
		n++;
		__atomic_add_fetch(&taken, 1, __ATOMIC_SEQ_CST);
	}
	return (void *)n;
}

TEST(threads_read_one_socket)
{
	pthread_t t[THREADS], s;
	void *n;
	long sum = 0;
	int i;

	lab_one();
	shared = sock_member_with(SVC, 16384, 0);
	for (i = 0; i < THREADS; i++)
		pthread_create(&t[i], NULL, receives, NULL);
	pthread_create(&s, NULL, sends, NULL);
	pthread_join(s, &n);
	CHECK(!n);
	OK(setsockopt(shared, SOL_SAMR, SAMR_LEAVE, NULL, 0));
	for (i = 0; i < THREADS; i++) {
		pthread_join(t[i], &n);
		sum += (long)n;
	}
	CHECK_EQ(sum, EACH);
}

static void *sends_large(void *arg)
{
	char *buf = calloc(1, SAMR_MESSAGE_MAX);
	int i;

	(void)arg;
	for (i = 0; i < 5; i++)
		if (send(shared, buf, SAMR_MESSAGE_MAX, 0) != SAMR_MESSAGE_MAX)
			return "send failed";
	free(buf);
	__atomic_store_n(&taken, 1, __ATOMIC_SEQ_CST);
	return NULL;
}

static void *sends_small(void *arg)
{
	char buf[500] = {};

	(void)arg;
	while (!__atomic_load_n(&taken, __ATOMIC_SEQ_CST))
		if (send(shared, buf, sizeof(buf), 0) < 0)
			return "send failed";
	return NULL;
}

/* One that needs the whole window gets its turn among others that never stop. */
TEST(threads_large_is_not_starved)
{
	char *buf = malloc(SAMR_MESSAGE_MAX);
	pthread_t t[4];
	int i, large = 0;

	lab_one();
	shared = sock_member_with(SVC, 65536, 0);
	for (i = 1; i < 4; i++)
		pthread_create(&t[i], NULL, sends_small, NULL);
	usleep(50000);
	pthread_create(&t[0], NULL, sends_large, NULL);
	while (large < 5)
		large += OK(recv(shared, buf, SAMR_MESSAGE_MAX, 0)) ==
			 SAMR_MESSAGE_MAX;
	set_timeout(shared, SO_RCVTIMEO, 500);
	while (recv(shared, buf, SAMR_MESSAGE_MAX, 0) > 0)
		;
	for (i = 0; i < 4; i++)
		pthread_join(t[i], NULL);
}
