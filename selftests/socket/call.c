// SPDX-License-Identifier: GPL-2.0
/* Members whose group is a client of another service, on one head. */
#define _GNU_SOURCE
#include <pthread.h>
#include "lab.h"
#include "tap.h"

#define KEY	7

static char bytes[SAMR_MESSAGE_MAX];

static ssize_t call_how(int fd, const struct samr_group_call *how, size_t len,
			int flags)
{
	return sock_call(fd, how, bytes, len, flags | MSG_NOSIGNAL);
}

static ssize_t open_to(int fd, uint32_t service, uint64_t key)
{
	const struct samr_group_call how = {
		.op = SAMR_GROUP_OPEN, .service = service, .session = key,
		.reply_max = 1000,
	};

	return call_how(fd, &how, 0, 0);
}

static ssize_t close_to(int fd, uint32_t service, uint64_t key)
{
	const struct samr_group_call how = {
		.op = SAMR_GROUP_CLOSE, .service = service, .session = key,
	};

	return call_how(fd, &how, 0, 0);
}

static ssize_t request(int fd, uint32_t service, uint64_t session,
		       uint64_t number, size_t len, int flags)
{
	const struct samr_group_call how = {
		.service = service, .session = session, .request = number,
	};

	return call_how(fd, &how, len, flags);
}

/* What comes next is a CALL; return: the session. */
static uint64_t told(int fd, uint32_t service, uint32_t result, uint64_t number)
{
	struct samr_call_event e = { .result = 99 };
	struct got g;

	sock_wait(fd, POLLIN);
	g = sock_recv(fd, &e, sizeof(e), MSG_DONTWAIT);
	CHECK_EQ(g.len, sizeof(e));
	CHECK_EQ(g.d.type, SAMR_TYPE_CALL);
	CHECK(g.flags & MSG_NOTIFICATION);
	CHECK_EQ(e.result, result);
	CHECK_EQ(e.service, service);
	CHECK_EQ(e.request, number);
	CHECK_EQ(e.session, g.d.session);
	return e.session;
}

/* A session of @fd's group with SVC_B, which nobody else opens. */
static uint64_t opened(int fd, uint64_t key)
{
	OK(open_to(fd, SVC_B, key));
	return told(fd, SVC_B, SAMR_CALL_OPENED, key);
}

/* What comes next is a request; it is answered with so many bytes. */
static struct samr_delivery asked(int fd, ssize_t len)
{
	struct got g;

	sock_wait(fd, POLLIN);
	g = sock_recv(fd, bytes, sizeof(bytes), MSG_DONTWAIT);
	CHECK_EQ(g.d.type, SAMR_TYPE_REQUEST);
	CHECK_EQ(g.len, len);
	return g.d;
}

static void returned(int fd, uint64_t session, uint64_t number, ssize_t len)
{
	struct got g;

	sock_wait(fd, POLLIN);
	g = sock_recv(fd, bytes, sizeof(bytes), MSG_DONTWAIT);
	CHECK_EQ(g.d.type, SAMR_TYPE_RETURN);
	CHECK(!(g.flags & MSG_NOTIFICATION));
	CHECK_EQ(g.d.session, session);
	CHECK_EQ(g.d.request, number);
	CHECK_EQ(g.len, len);
}

static void nothing(int fd)
{
	struct got g = sock_recv(fd, bytes, sizeof(bytes), MSG_DONTWAIT);

	CHECK_EQ(g.len, -1);
	CHECK_EQ(g.err, EAGAIN);
}

TEST(executed_once_and_returned_to_all)
{
	int a, b, other;
	uint64_t s;

	lab_one();
	a = sock_member(SVC);
	b = sock_member(SVC);
	other = sock_member(SVC_B);
	OK(open_to(a, SVC_B, KEY));
	OK(open_to(b, SVC_B, KEY));
	s = told(a, SVC_B, SAMR_CALL_OPENED, KEY);
	CHECK_EQ(told(b, SVC_B, SAMR_CALL_OPENED, KEY), s);
	CHECK_EQ(request(a, SVC_B, s, 1, 100, 0), 100);
	CHECK_EQ(request(b, SVC_B, s, 1, 100, 0), 100);
	CHECK_EQ(request(b, SVC_B, s, 2, 0, 0), 0);
	CHECK_EQ(request(a, SVC_B, s, 2, 0, 0), 0);
	CHECK_EQ(asked(other, 100).session, s);
	CHECK_EQ(asked(other, 0).request, 2);
	nothing(other);
	/* Replies come in the order of the requests. */
	OK(sock_reply(other, s, 2, bytes, 20));
	nothing(a);
	OK(sock_reply(other, s, 1, bytes, 0));
	returned(a, s, 1, 0);
	returned(a, s, 2, 20);
	returned(b, s, 1, 0);
	returned(b, s, 2, 20);
	OK(close_to(b, SVC_B, KEY));
	OK(close_to(a, SVC_B, KEY));
	CHECK_EQ(told(a, SVC_B, SAMR_CALL_CLOSED, KEY), s);
	CHECK_EQ(told(b, SVC_B, SAMR_CALL_CLOSED, KEY), s);
	/* What comes too late is for nobody. */
	OK(request(a, SVC_B, s, 3, 10, 0));
	nothing(other);
	nothing(a);
	lab_down();
}

/* Nobody can be held up by a name or a number that makes no sense. */
TEST(what_makes_no_sense)
{
	struct samr_group_call how = { .op = 3, .service = SVC_B };
	int a, other, fd;
	uint64_t s;

	lab_one();
	a = sock_member(SVC);
	FAILS(EADDRNOTAVAIL, open_to(a, 99, KEY));
	OK(open_to(a, SVC_B, KEY));
	told(a, SVC_B, SAMR_CALL_GONE, KEY);
	other = sock_member(SVC_B);
	OK(open_to(a, SVC_B, KEY));
	nothing(a);
	FAILS(EINVAL, call_how(a, &how, 0, 0));
	how.op = SAMR_GROUP_OPEN;
	FAILS(EINVAL, call_how(a, &how, 0, 0));
	how.session = KEY + 1;
	FAILS(EINVAL, call_how(a, &how, 1, 0));
	how.request = 1;
	FAILS(EINVAL, call_how(a, &how, 0, 0));
	how.request = 0;
	how.reserved = 1;
	FAILS(EINVAL, call_how(a, &how, 0, 0));
	how.reserved = 0;
	how.reply_max = SAMR_REPLY_LEN_MAX + 1;
	FAILS(EMSGSIZE, call_how(a, &how, 0, 0));
	how.service = SVC;
	how.reply_max = 0;
	FAILS(EINVAL, call_how(a, &how, 0, 0));
	FAILS(EINVAL, open_to(a, 0, KEY + 1));
	FAILS(EINVAL, close_to(a, SVC_B, KEY + 1));
	s = opened(a, KEY + 1);
	FAILS(EINVAL, request(a, SVC_B, s, 0, 1, 0));
	FAILS(EINVAL, request(a, SVC_B, s, 2, 1, 0));
	FAILS(EINVAL, request(a, SVC_B, s + 1000, 1, 1, 0));
	FAILS(EINVAL, request(a, SVC, s, 1, 1, 0));
	FAILS(EMSGSIZE, request(a, SVC_B, s, 1, SAMR_REQUEST_LEN_MAX + 1, 0));
	CHECK_EQ(request(a, SVC_B, s, 1, SAMR_REQUEST_LEN_MAX, 0),
		 SAMR_REQUEST_LEN_MAX);
	asked(other, SAMR_REQUEST_LEN_MAX);
	FAILS(EMSGSIZE, sock_reply(other, s, 1, bytes, 1001));
	OK(sock_reply(other, s, 1, bytes, 1000));
	returned(a, s, 1, 1000);
	/* Who is no member, is one no more, or is a client. */
	fd = sock_new();
	FAILS(ENOTCONN, open_to(fd, SVC_B, KEY + 2));
	fd = sock_bound(SVC_C);
	FAILS(ENOTCONN, open_to(fd, SVC_B, KEY + 2));
	FAILS(EINVAL, open_to(sock_client(SVC_B), SVC_B, KEY + 2));
	OK(setsockopt(a, SOL_SAMR, SAMR_LEAVE, NULL, 0));
	FAILS(EPIPE, request(a, SVC_B, s, 2, 1, 0));
	lab_down();
}

TEST(rights)
{
	int a;

	lab_one();
	a = sock_member(SVC);
	OK(seteuid(NOBODY));
	FAILS(EACCES, open_to(a, SVC_B, KEY));
	OK(open_to(a, SVC_NOBODY, KEY));
	told(a, SVC_NOBODY, SAMR_CALL_GONE, KEY);
	OK(seteuid(0));
	lab_down();
}

struct waiter {
	int fd;
	uint64_t session;
	ssize_t result;
};

static void *wait_for_room(void *arg)
{
	struct waiter *w = arg;

	w->result = request(w->fd, SVC_B, w->session,
			    SAMR_GROUP_REQUESTS_MAX + 1, 5, 0);
	return NULL;
}

/* Whoever waits for the window goes on at the place of a reply, read or not. */
TEST(window)
{
	struct waiter w = { .result = -2 };
	pthread_t t;
	uint64_t n;
	int a, other;

	lab_one();
	a = sock_member(SVC);
	other = sock_member(SVC_B);
	OK(open_to(a, SVC_B, KEY));
	w.fd = a;
	w.session = told(a, SVC_B, SAMR_CALL_OPENED, KEY);
	for (n = 1; n <= SAMR_GROUP_REQUESTS_MAX; n++)
		OK(request(a, SVC_B, w.session, n, 5, 0));
	FAILS(EAGAIN, request(a, SVC_B, w.session, n, 5, MSG_DONTWAIT));
	CHECK(!(sock_poll(a, 0) & POLLOUT));
	CHECK_EQ(pthread_create(&t, NULL, wait_for_room, &w), 0);
	usleep(100000);
	CHECK_EQ(w.result, -2);
	asked(other, 5);
	OK(sock_reply(other, w.session, 1, bytes, 1));
	CHECK_EQ(pthread_join(t, NULL), 0);
	CHECK_EQ(w.result, 5);
	CHECK(sock_wait(a, POLLOUT) & POLLOUT);
	FAILS(EAGAIN, request(a, SVC_B, w.session, n + 1, 5, MSG_DONTWAIT));
	returned(a, w.session, 1, 1);
	OK(sock_reply(other, w.session, 2, bytes, 1));
	CHECK(sock_wait(a, POLLOUT) & POLLOUT);
	CHECK_EQ(request(a, SVC_B, w.session, n + 1, 5, MSG_DONTWAIT), 5);
	/* The end of the session ends the wait, too. */
	w.result = -2;
	FAILS(EAGAIN, request(a, SVC_B, w.session, n + 2, 5, MSG_DONTWAIT));
	OK(close_to(a, SVC_B, KEY));
	CHECK(sock_wait(a, POLLOUT) & POLLOUT);
	OK(request(a, SVC_B, w.session, n + 2, 5, MSG_DONTWAIT));
	returned(a, w.session, 2, 1);
	CHECK_EQ(told(a, SVC_B, SAMR_CALL_CLOSED, KEY), w.session);
	lab_down();
}

/* The service goes with a request that it has, and one that it has not read. */
TEST(service_ends)
{
	int a, other;
	uint64_t s;

	lab_one();
	a = sock_member(SVC);
	other = sock_member(SVC_B);
	s = opened(a, KEY);
	OK(request(a, SVC_B, s, 1, 5, 0));
	OK(request(a, SVC_B, s, 2, 5, 0));
	asked(other, 5);
	OK(close(other));
	CHECK_EQ(told(a, SVC_B, SAMR_CALL_ENDED, 0), s);
	OK(request(a, SVC_B, s, 3, 5, 0));
	nothing(a);
	other = sock_member(SVC_B);
	s = opened(a, KEY + 1);
	OK(request(a, SVC_B, s, 1, 5, 0));
	asked(other, 5);
	nothing(other);
	lab_down();
}

/* Who could answer has gone, and somebody else is there. */
TEST(outcome_unknown)
{
	int a, other, next;
	uint64_t s;

	lab_one();
	a = sock_member(SVC);
	other = sock_member(SVC_B);
	s = opened(a, KEY);
	OK(request(a, SVC_B, s, 1, 5, 0));
	asked(other, 5);
	next = sock_member(SVC_B);
	OK(request(a, SVC_B, s, 2, 5, 0));
	OK(close(other));
	CHECK_EQ(told(a, SVC_B, SAMR_CALL_UNKNOWN, 1), s);
	CHECK_EQ(asked(next, 5).request, 2);
	OK(sock_reply(next, s, 2, bytes, 3));
	returned(a, s, 2, 3);
	lab_down();
}

/* The group goes: its session ends, and what is under way is for nobody. */
TEST(group_goes)
{
	int a, b, other;
	uint64_t s, t;

	lab_one();
	a = sock_member(SVC);
	other = sock_member(SVC_B);
	s = opened(a, KEY);
	OK(request(a, SVC_B, s, 1, 5, 0));
	OK(close(a));
	asked(other, 5);
	OK(sock_reply(other, s, 1, bytes, 1));
	b = sock_member(SVC);
	usleep(100000);
	nothing(b);
	/* It begins anew, and may begin to count anew. */
	t = opened(b, KEY);
	CHECK(t > s);
	OK(request(b, SVC_B, t, 1, 5, 0));
	asked(other, 5);
	OK(sock_reply(other, t, 1, bytes, 2));
	returned(b, t, 1, 2);
	lab_down();
}

/* A member whose state is still to come is refused: what it is to ask for follows from that. */
TEST(without_the_state)
{
	const struct samr_join stateful = { .flags = SAMR_JOIN_STATE };
	struct samr_send how = { .flags = SAMR_SEND_STATE | SAMR_SEND_LAST };
	int a, b, other;
	struct got g;
	uint64_t s;

	lab_one();
	other = sock_member(SVC_B);
	a = sock_bound(SVC);
	OK(setsockopt(a, SOL_SAMR, SAMR_JOIN, &stateful, sizeof(stateful)));
	sock_joined(a);
	s = opened(a, KEY);
	OK(request(a, SVC_B, s, 1, 5, 0));
	b = sock_bound(SVC);
	OK(setsockopt(b, SOL_SAMR, SAMR_JOIN, &stateful, sizeof(stateful)));
	while (sock_info(b).state != SAMR_MEMBER_INSTALLING)
		usleep(1000);
	FAILS(EBUSY, request(b, SVC_B, s, 2, 5, 0));
	sock_wait(a, POLLIN);
	g = sock_recv(a, bytes, sizeof(bytes), MSG_DONTWAIT);
	CHECK_EQ(g.d.type, SAMR_TYPE_SNAPSHOT);
	how.request = g.d.gseq;
	/* What is asked for behind the snapshot is known by its number to the other one. */
	OK(request(a, SVC_B, s, 2, 5, 0));
	OK(sock_send_how(a, bytes, 10, &how, 0));
	sock_wait(b, POLLIN);
	g = sock_recv(b, bytes, sizeof(bytes), MSG_DONTWAIT);
	CHECK_EQ(g.d.type, SAMR_TYPE_INSTALL);
	while (sock_info(b).state == SAMR_MEMBER_INSTALLING)
		usleep(1000);
	OK(close(a));
	CHECK_EQ(request(b, SVC_B, s, 2, 5, 0), 5);
	CHECK_EQ(request(b, SVC_B, s, 3, 5, 0), 5);
	CHECK_EQ(asked(other, 5).request, 1);
	CHECK_EQ(asked(other, 5).request, 2);
	CHECK_EQ(asked(other, 5).request, 3);
	nothing(other);
	OK(sock_reply(other, s, 1, bytes, 1));
	returned(b, s, 1, 1);
	lab_down();
}
