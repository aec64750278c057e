// SPDX-License-Identifier: GPL-2.0
/* Alarms of members, on one head and on three. */
#define _GNU_SOURCE
#include "lab.h"
#include "tap.h"

#define MS	1000000ULL

static char bytes[SAMR_MESSAGE_MAX];

static ssize_t set(int fd, uint64_t number, uint64_t due)
{
	const struct samr_group_alarm a = {
		.op = SAMR_GROUP_SET, .number = number, .due = due,
	};

	return sock_alarm(fd, &a, MSG_NOSIGNAL);
}

static ssize_t cancel(int fd, uint64_t number, uint64_t which)
{
	const struct samr_group_alarm a = {
		.op = SAMR_GROUP_CANCEL, .number = number, .which = which,
	};

	return sock_alarm(fd, &a, MSG_NOSIGNAL);
}

/* What is asked for next by whoever has read a message that @fd sends now. */
static struct samr_delivery spur(int fd)
{
	struct got g;

	CHECK_EQ(send(fd, "spur", 4, 0), 4);
	sock_wait(fd, POLLIN);
	g = sock_recv(fd, bytes, sizeof(bytes), MSG_DONTWAIT);
	CHECK_EQ(g.d.type, SAMR_TYPE_MESSAGE);
	CHECK_EQ(g.len, 4);
	return g.d;
}

static void skip_spur(int fd)
{
	sock_wait(fd, POLLIN);
	CHECK_EQ(sock_recv(fd, bytes, sizeof(bytes), MSG_DONTWAIT).len, 4);
}

/* What comes next is the end of an alarm. */
static struct samr_delivery ended(int fd, uint32_t result, uint64_t number)
{
	struct samr_alarm_event e = { .result = 99 };
	struct got g;

	sock_wait(fd, POLLIN);
	g = sock_recv(fd, &e, sizeof(e), MSG_DONTWAIT);
	CHECK_EQ(g.len, sizeof(e));
	CHECK_EQ(g.d.type, SAMR_TYPE_ALARM);
	CHECK(g.flags & MSG_NOTIFICATION);
	CHECK_EQ(e.result, result);
	CHECK_EQ(e.number, number);
	CHECK_EQ(e.reserved, 0);
	CHECK_EQ(g.d.request, number);
	return g.d;
}

static void nothing(int fd)
{
	struct got g = sock_recv(fd, bytes, sizeof(bytes), MSG_DONTWAIT);

	CHECK_EQ(g.len, -1);
	CHECK_EQ(g.err, EAGAIN);
}

TEST(set_by_all_and_rung_once)
{
	struct samr_delivery d, e;
	uint64_t number;
	int a, b;

	lab_one();
	a = sock_member(SVC);
	b = sock_member(SVC);
	d = spur(a);
	skip_spur(b);
	number = d.gseq * SAMR_ALARM_NUMBERS;
	OK(set(b, number, d.time + 100 * MS));
	OK(set(a, number, d.time + 100 * MS));
	/* In the order of their times. */
	OK(set(a, number + 1, d.time + 50 * MS));
	OK(set(b, number + 1, d.time + 50 * MS));
	nothing(a);
	e = ended(a, SAMR_ALARM_RUNG, number + 1);
	CHECK(e.time >= d.time + 50 * MS);
	CHECK_EQ(ended(b, SAMR_ALARM_RUNG, number + 1).gseq, e.gseq);
	e = ended(a, SAMR_ALARM_RUNG, number);
	CHECK(e.time >= d.time + 100 * MS);
	CHECK_EQ(ended(b, SAMR_ALARM_RUNG, number).gseq, e.gseq);
	/* Who comes too late changes nothing. */
	OK(set(b, number, 1));
	usleep(100000);
	nothing(a);
	nothing(b);
	/* What is over rings at once. */
	OK(set(a, e.gseq * SAMR_ALARM_NUMBERS, 1));
	ended(a, SAMR_ALARM_RUNG, e.gseq * SAMR_ALARM_NUMBERS);
	lab_down();
}

TEST(cancelled)
{
	struct samr_delivery d;
	uint64_t number;
	int a;

	lab_one();
	a = sock_member(SVC);
	d = spur(a);
	number = d.gseq * SAMR_ALARM_NUMBERS;
	OK(set(a, number, d.time + 100 * MS));
	OK(set(a, number + 1, d.time + 200 * MS));
	OK(cancel(a, number + 2, number));
	ended(a, SAMR_ALARM_CANCELLED, number);
	ended(a, SAMR_ALARM_RUNG, number + 1);
	OK(cancel(a, number + 3, number + 1));
	usleep(100000);
	nothing(a);
	lab_down();
}

/* So many are there, and no more; it is told which one is too much. */
TEST(no_room)
{
	struct samr_delivery d = { .gseq = 0 };
	uint64_t n;
	int a;

	lab_one();
	a = sock_member(SVC);
	for (n = 0; n < 1024; n++) {
		if (n % SAMR_ALARM_NUMBERS == 0)
			d = spur(a);
		OK(set(a, d.gseq * SAMR_ALARM_NUMBERS + n % SAMR_ALARM_NUMBERS,
		       d.time + 3600000 * MS));
	}
	d = spur(a);
	n = d.gseq * SAMR_ALARM_NUMBERS;
	OK(set(a, n, d.time + 1));
	ended(a, SAMR_ALARM_FULL, n);
	/* All go with the last member. */
	OK(close(a));
	a = sock_member(SVC);
	d = spur(a);
	OK(set(a, d.gseq * SAMR_ALARM_NUMBERS, 1));
	ended(a, SAMR_ALARM_RUNG, d.gseq * SAMR_ALARM_NUMBERS);
	lab_down();
}

/* Nobody can be held up by what makes no sense. */
TEST(what_makes_no_sense)
{
	struct samr_group_alarm how = { .op = 2, .due = 1 };
	struct samr_delivery d;
	int a, fd;

	lab_one();
	a = sock_member(SVC);
	d = spur(a);
	how.number = d.gseq * SAMR_ALARM_NUMBERS;
	FAILS(EINVAL, sock_alarm(a, &how, 0));
	how.op = SAMR_GROUP_SET;
	how.reserved = 1;
	FAILS(EINVAL, sock_alarm(a, &how, 0));
	how.reserved = 0;
	how.which = 1;
	FAILS(EINVAL, sock_alarm(a, &how, 0));
	FAILS(EINVAL, set(a, 0, 1));
	FAILS(EINVAL, set(a, how.number, 0));
	FAILS(EINVAL, set(a, how.number + (1ULL << 32), 1));
	FAILS(EINVAL, set(a, UINT64_MAX, 1));
	FAILS(EINVAL, cancel(a, how.number, 0));
	FAILS(EINVAL, cancel(a, how.number, how.number));
	how.op = SAMR_GROUP_CANCEL;
	FAILS(EINVAL, sock_alarm(a, &how, 0));
	usleep(50000);
	nothing(a);
	/* Who is no member, is one no more, or is a client. */
	fd = sock_new();
	FAILS(ENOTCONN, set(fd, 256, 1));
	fd = sock_bound(SVC_C);
	FAILS(ENOTCONN, set(fd, 256, 1));
	FAILS(EINVAL, set(sock_client(SVC), 256, 1));
	OK(setsockopt(a, SOL_SAMR, SAMR_LEAVE, NULL, 0));
	FAILS(EPIPE, set(a, how.number + 1, 1));
	lab_down();
}

/* A member that does not read can set as many as there may be, and is not waited for. */
TEST(not_reading)
{
	struct samr_delivery d;
	struct got g;
	int a, k, n;

	lab_one();
	a = sock_member(SVC);
	for (n = 0; n < 4; n++) {
		d = spur(a);
		for (k = 0; k < SAMR_ALARM_NUMBERS; k++)
			OK(set(a, d.gseq * SAMR_ALARM_NUMBERS + (uint64_t)k,
			       d.time + 3600000 * MS - (uint64_t)k));
	}
	d = spur(a);
	for (k = 0; k < SAMR_ALARM_NUMBERS; k++)
		OK(cancel(a, d.gseq * SAMR_ALARM_NUMBERS + (uint64_t)k,
			  (d.gseq - 1) * SAMR_ALARM_NUMBERS));
	g = sock_recv(a, bytes, sizeof(bytes), MSG_DONTWAIT);
	CHECK(g.len == -1 || g.d.type == SAMR_TYPE_ALARM);
	lab_down();
}

/* A member whose state is still to come is refused; it hears of what others have set behind it. */
TEST(without_the_state)
{
	const struct samr_join stateful = { .flags = SAMR_JOIN_STATE };
	struct samr_send how = { .flags = SAMR_SEND_STATE | SAMR_SEND_LAST };
	struct samr_delivery d;
	uint64_t number;
	struct got g;
	int a, b;

	lab_one();
	a = sock_bound(SVC);
	OK(setsockopt(a, SOL_SAMR, SAMR_JOIN, &stateful, sizeof(stateful)));
	sock_joined(a);
	d = spur(a);
	number = d.gseq * SAMR_ALARM_NUMBERS;
	OK(set(a, number, d.time + 300 * MS));
	b = sock_bound(SVC);
	OK(setsockopt(b, SOL_SAMR, SAMR_JOIN, &stateful, sizeof(stateful)));
	while (sock_info(b).state != SAMR_MEMBER_INSTALLING)
		usleep(1000);
	FAILS(EBUSY, set(b, number + 1, 1));
	sock_wait(a, POLLIN);
	g = sock_recv(a, bytes, sizeof(bytes), MSG_DONTWAIT);
	CHECK_EQ(g.d.type, SAMR_TYPE_SNAPSHOT);
	how.request = g.d.gseq;
	OK(sock_send_how(a, bytes, 10, &how, 0));
	sock_wait(b, POLLIN);
	g = sock_recv(b, bytes, sizeof(bytes), MSG_DONTWAIT);
	CHECK_EQ(g.d.type, SAMR_TYPE_INSTALL);
	while (sock_info(b).state == SAMR_MEMBER_INSTALLING)
		usleep(1000);
	CHECK_EQ(ended(a, SAMR_ALARM_RUNG, number).gseq,
		 ended(b, SAMR_ALARM_RUNG, number).gseq);
	/* It may set some itself, also alone. */
	OK(close(a));
	d = spur(b);
	OK(set(b, d.gseq * SAMR_ALARM_NUMBERS, 1));
	ended(b, SAMR_ALARM_RUNG, d.gseq * SAMR_ALARM_NUMBERS);
	lab_down();
}

/* Whoever is first, whoever does not ask at all: all of them hear of it at one place. */
TEST(three_heads)
{
	struct samr_delivery d = { .gseq = 0 }, e[3];
	int fd[3], i, k;
	uint64_t number;

	lab_heads(3);
	for (i = 0; i < 3; i++) {
		lab_enter(i + 1);
		fd[i] = sock_member(SVC);
	}
	for (k = 0; k < 3; k++) {
		d = spur(fd[0]);
		skip_spur(fd[1]);
		skip_spur(fd[2]);
		number = d.gseq * SAMR_ALARM_NUMBERS;
		/* One of them, two, all. */
		for (i = 2; i >= 2 - k; i--)
			OK(set(fd[i], number, d.time + 100 * MS));
		for (i = 0; i < 3; i++)
			e[i] = ended(fd[i], SAMR_ALARM_RUNG, number);
		CHECK(e[0].time >= d.time + 100 * MS);
		CHECK_EQ(e[1].gseq, e[0].gseq);
		CHECK_EQ(e[2].gseq, e[0].gseq);
	}
	usleep(200000);
	for (i = 0; i < 3; i++)
		nothing(fd[i]);
}
