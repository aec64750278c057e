// SPDX-License-Identifier: GPL-2.0
/* From the socket's birth to its end: join, leave, shutdown, close, fork. */
#define _GNU_SOURCE
#include <fcntl.h>
#include <sched.h>
#include <sys/wait.h>
#include "lab.h"
#include "tap.h"

#define VIEWS	(1U << SAMR_TYPE_VIEW)

static void wait_left(int fd)
{
	int i;

	for (i = 0; i < 500 && sock_info(fd).state != SAMR_MEMBER_LEFT; i++)
		usleep(10000);
	CHECK_EQ(sock_info(fd).state, SAMR_MEMBER_LEFT);
}

/* The number of members in the next view that @fd is told of. */
static int next_view(int fd)
{
	union {
		struct samr_view v;
		char room[8192];
	} buf;
	struct got g;

	do {
		CHECK(sock_wait(fd, POLLIN) & POLLIN);
		g = sock_recv(fd, &buf, sizeof(buf), 0);
		CHECK(g.len >= 0 && g.has);
	} while (g.d.type != SAMR_TYPE_VIEW);
	return buf.v.count;
}

TEST(join_before_view)
{
	int fd;

	lab_add(1);
	fd = sock_bound(SVC);
	OK(sock_join(fd));
	CHECK_EQ(sock_info(fd).state, SAMR_MEMBER_JOINING);
	lab_up();
	sock_joined(fd);
}

TEST(join_and_close_before_view)
{
	int fd, i;

	lab_add(1);
	for (i = 0; i < 10; i++) {
		fd = sock_bound(SVC);
		OK(sock_join(fd));
		close(fd);
	}
	CHECK_EQ(lab_try_service_del(SVC), 0);
	fd = sock_bound(SVC_B);
	OK(sock_join(fd));
	lab_up();
	sock_joined(fd);
}

TEST(join_and_leave_before_view)
{
	char buf[4];
	int fd;

	lab_add(1);
	fd = sock_bound(SVC);
	OK(sock_join(fd));
	OK(setsockopt(fd, SOL_SAMR, SAMR_LEAVE, NULL, 0));
	CHECK_EQ(sock_info(fd).state, SAMR_MEMBER_LEFT);
	CHECK_EQ(OK(recv(fd, buf, 4, 0)), 0);
}

TEST(join_is_a_position)
{
	char buf[8];
	int a, b;

	lab_one();
	a = sock_member(SVC);
	CHECK_EQ(OK(send(a, "before", 6, 0)), 6);
	b = sock_member(SVC);
	CHECK_EQ(OK(send(a, "after", 5, 0)), 5);
	CHECK_EQ(OK(recv(b, buf, sizeof(buf), 0)), 5);
	CHECK_EQ(OK(recv(a, buf, sizeof(buf), 0)), 6);
	CHECK_EQ(OK(recv(a, buf, sizeof(buf), 0)), 5);
}

TEST(join_many_members)
{
	int fd[64], i;
	char c;

	lab_one();
	for (i = 0; i < 64; i++)
		fd[i] = sock_member(SVC);
	CHECK_EQ(sock_info(fd[0]).members, 64);
	CHECK_EQ(OK(send(fd[7], "x", 1, 0)), 1);
	for (i = 0; i < 64; i++)
		CHECK_EQ(OK(recv(fd[i], &c, 1, 0)), 1);
}

TEST(join_refused_when_full)
{
	int fd, i, err;
	socklen_t len = sizeof(err);
	char c;

	tap_limit(120);
	lab_one();
	for (i = 0; i < 256; i++) {
		fd = sock_bound(SVC);
		OK(sock_join(fd));
	}
	sock_joined(fd);
	fd = sock_bound(SVC);
	OK(sock_join(fd));
	CHECK(sock_wait(fd, POLLERR) & POLLERR);
	OK(getsockopt(fd, SOL_SOCKET, SO_ERROR, &err, &len));
	CHECK_EQ(err, ENOSPC);
	CHECK_EQ(sock_info(fd).state, SAMR_MEMBER_BOUND);
	FAILS(ENOTCONN, recv(fd, &c, 1, 0));
	OK(sock_join(fd));
	CHECK(sock_wait(fd, POLLERR) & POLLERR);
	FAILS(ENOSPC, recv(fd, &c, 1, 0));
}

TEST(leave_reads_to_the_end)
{
	char buf[8];
	int a, b;

	lab_one();
	a = sock_member(SVC);
	b = sock_member(SVC);
	CHECK_EQ(OK(send(a, "1", 1, 0)), 1);
	OK(setsockopt(a, SOL_SAMR, SAMR_LEAVE, NULL, 0));
	wait_left(a);
	CHECK_EQ(OK(send(b, "22", 2, 0)), 2);
	CHECK_EQ(OK(recv(a, buf, sizeof(buf), 0)), 1);
	CHECK_EQ(OK(recv(a, buf, sizeof(buf), 0)), 0);
	CHECK_EQ(OK(recv(a, buf, sizeof(buf), 0)), 0);
	CHECK_EQ(OK(recv(b, buf, sizeof(buf), 0)), 1);
	CHECK_EQ(OK(recv(b, buf, sizeof(buf), 0)), 2);
	FAILS(EPIPE, send(a, "x", 1, MSG_NOSIGNAL));
	FAILS(ENOTCONN, getpeername(a, (void *)buf, &(socklen_t){ 8 }));
}

TEST(leave_is_in_order)
{
	char buf[64];
	struct got g;
	int a, b, i;

	lab_one();
	a = sock_member_with(SVC, 0, VIEWS);
	CHECK_EQ(next_view(a), 1);
	b = sock_member(SVC);
	CHECK_EQ(next_view(a), 2);
	for (i = 0; i < 20; i++)
		CHECK_EQ(OK(send(b, &i, sizeof(i), 0)), sizeof(i));
	close(b);
	for (i = 0; i < 20; i++) {
		g = sock_recv(a, buf, sizeof(buf), 0);
		CHECK_EQ(g.d.type, SAMR_TYPE_MESSAGE);
		CHECK_EQ(*(int *)buf, i);
	}
	CHECK_EQ(next_view(a), 1);
}

TEST(shutdown_wrong)
{
	int fd = sock_new();

	FAILS(ENOTCONN, shutdown(fd, SHUT_RDWR));
	FAILS(EINVAL, shutdown(fd, 3));
	close(fd);
	lab_one();
	fd = sock_bound(SVC);
	FAILS(ENOTCONN, shutdown(fd, SHUT_WR));
}

TEST(shutdown_write_leaves)
{
	char buf[4];
	int a, b;

	lab_one();
	a = sock_member(SVC);
	b = sock_member_with(SVC, 0, VIEWS);
	CHECK_EQ(next_view(b), 2);
	CHECK_EQ(OK(send(a, "x", 1, 0)), 1);
	OK(shutdown(a, SHUT_WR));
	OK(shutdown(a, SHUT_WR));
	CHECK_EQ(next_view(b), 1);
	CHECK_EQ(OK(recv(a, buf, 4, 0)), 1);
	CHECK_EQ(OK(recv(a, buf, 4, 0)), 0);
}

TEST(shutdown_read_discards)
{
	char buf[4];
	int a, b;

	lab_one();
	a = sock_member(SVC);
	b = sock_member(SVC);
	CHECK_EQ(OK(send(a, "1", 1, 0)), 1);
	OK(shutdown(b, SHUT_RD));
	CHECK_EQ(OK(recv(b, buf, 4, 0)), 0);
	CHECK(sock_poll(b, 0) & POLLRDHUP);
	CHECK(!(sock_poll(b, 0) & POLLHUP));
	CHECK_EQ(OK(send(b, "2", 1, 0)), 1);
	CHECK_EQ(OK(recv(a, buf, 4, 0)), 1);
	CHECK_EQ(OK(recv(a, buf, 4, 0)), 1);
	CHECK_EQ(buf[0], '2');
	CHECK_EQ(OK(recv(b, buf, 4, 0)), 0);
	OK(shutdown(b, SHUT_WR));
	wait_left(b);
	CHECK(sock_poll(b, 0) & POLLHUP);
}

static pid_t in_a_while(void (*fn)(int fd), int fd)
{
	pid_t pid = OK(fork());

	if (pid)
		return pid;
	usleep(100000);
	fn(fd);
	_exit(0);
}

static void shut_both(int fd)
{
	OK(shutdown(fd, SHUT_RDWR));
}

static void shut_write(int fd)
{
	OK(shutdown(fd, SHUT_WR));
}

TEST(shutdown_wakes_reader)
{
	char buf[4];
	int fd;

	lab_one();
	fd = sock_member(SVC);
	in_a_while(shut_both, fd);
	CHECK_EQ(OK(recv(fd, buf, 4, 0)), 0);
}

TEST(shutdown_wakes_writer)
{
	char buf[4] = {};
	int fd;

	lab_one();
	fd = sock_member_with(SVC, 8192, 0);
	sock_fill(fd, 100);
	in_a_while(shut_write, fd);
	FAILS(EPIPE, send(fd, buf, 4, MSG_NOSIGNAL));
}

TEST(close_with_unread)
{
	int a, b, i;

	lab_one();
	a = sock_member(SVC);
	for (i = 0; i < 20; i++) {
		b = sock_member_with(SVC, 8192, 0);
		CHECK(sock_fill(a, 1000) > 0);
		close(b);
		while (recv(a, &i, 0, MSG_DONTWAIT) >= 0)
			;
	}
	CHECK(sock_wait(a, POLLOUT) & POLLOUT);
}

/* What was sent stays sent. */
TEST(close_after_send)
{
	char buf[4];
	int a, b;

	lab_one();
	a = sock_member(SVC);
	b = sock_member(SVC);
	CHECK_EQ(OK(send(b, "end", 3, 0)), 3);
	close(b);
	CHECK_EQ(OK(recv(a, buf, 4, 0)), 3);
}

TEST(close_by_death)
{
	pid_t pid;
	int a;

	lab_one();
	a = sock_member_with(SVC, 0, VIEWS);
	CHECK_EQ(next_view(a), 1);
	pid = OK(fork());
	if (!pid) {
		close(a);
		sock_member(SVC);
		pause();
	}
	CHECK_EQ(next_view(a), 2);
	kill(pid, SIGKILL);
	CHECK_EQ(next_view(a), 1);
}

TEST(close_of_copies)
{
	pid_t pid;
	int a, b, c, status;
	char buf[4];

	lab_one();
	a = sock_member_with(SVC, 0, VIEWS);
	CHECK_EQ(next_view(a), 1);
	b = sock_member(SVC);
	CHECK_EQ(next_view(a), 2);
	c = OK(dup(b));
	close(b);
	pid = OK(fork());
	if (!pid) {
		CHECK_EQ(OK(send(c, "kid", 3, 0)), 3);
		_exit(0);
	}
	close(c);
	CHECK_EQ(OK(recv(a, buf, 4, 0)), 3);
	OK(waitpid(pid, &status, 0));
	CHECK_EQ(status, 0);
	CHECK_EQ(next_view(a), 1);
}

/* The namespace goes with members, unread and unordered messages in it. */
TEST(close_of_namespace)
{
	int i, fd;

	tap_limit(120);
	for (i = 0; i < 10; i++) {
		OK(unshare(CLONE_NEWNET));
		if (i & 1)
			lab_one();
		else
			lab_add(1);
		fd = sock_bound(SVC);
		OK(sock_join(fd));
		if (i & 1) {
			sock_joined(fd);
			sock_fill(fd, 100);
		}
		close(fd);
	}
}

TEST(close_many_sockets)
{
	static int fd[400];
	int i, round;

	lab_one();
	for (round = 0; round < 5; round++) {
		for (i = 0; i < 400; i++) {
			fd[i] = i % 3 ? sock_bound(1 + i % 3) : sock_new();
			if (i % 7 == 1)
				sock_join(fd[i]);
		}
		for (i = 0; i < 400; i++)
			close(fd[(i * 7) % 400]);
	}
	i = sock_member(SVC);
	CHECK_EQ(OK(send(i, "x", 1, 0)), 1);
}
