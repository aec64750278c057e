// SPDX-License-Identifier: GPL-2.0
/* Queries of clients: who answers them, what they show, and what becomes of them. */
#define _GNU_SOURCE
#include "lab.h"
#include "tap.h"

#define ENDS	(1U << SAMR_TYPE_UNKNOWN | 1U << SAMR_TYPE_UNDONE)

static ssize_t ask(int fd, const void *buf, size_t len, uint64_t number, uint32_t flags)
{
	const struct samr_send how = {
		.flags = SAMR_SEND_QUERY | flags, .request = number,
	};

	return sock_send_how(fd, buf, len, &how, MSG_DONTWAIT | MSG_NOSIGNAL);
}

/* What comes next at a member, of that type. */
static struct got next_at(int fd, uint32_t type, char *buf, size_t size)
{
	struct got g;

	CHECK(sock_wait(fd, POLLIN) & POLLIN);
	memset(buf, 0, size);
	g = sock_recv(fd, buf, size, MSG_DONTWAIT);
	CHECK(g.has);
	CHECK_EQ(g.d.type, type);
	CHECK(!(g.flags & MSG_NOTIFICATION));
	return g;
}

static void answer(int fd, struct got g, const char *text)
{
	CHECK_EQ(OK(sock_reply(fd, g.d.session, g.d.request, text, strlen(text))),
		 strlen(text));
}

static struct got is_answer(int fd, const char *text, uint64_t number)
{
	char buf[256];
	struct got g = next_at(fd, SAMR_TYPE_ANSWER, buf, sizeof(buf));

	CHECK_EQ(g.len, strlen(text));
	CHECK(!memcmp(buf, text, g.len));
	CHECK_EQ(g.d.request, number);
	CHECK(g.d.gseq);
	return g;
}

static void is_silent(int fd)
{
	char c;

	usleep(50000);
	FAILS(EAGAIN, recv(fd, &c, 1, MSG_DONTWAIT));
}

TEST(query_and_answer)
{
	struct got g;
	char buf[64];
	int m, c;

	lab_one();
	m = sock_member(SVC);
	c = sock_client(SVC);
	CHECK_EQ(OK(ask(c, "what", 4, 77, 0)), 4);
	g = next_at(m, SAMR_TYPE_QUERY, buf, sizeof(buf));
	CHECK_EQ(g.len, 4);
	CHECK(!memcmp(buf, "what", 4));
	CHECK_EQ(g.d.session, 0);
	CHECK_EQ(g.d.port, 0);
	CHECK_EQ(g.d.flags, 0);
	CHECK_EQ(g.d.uid, 0);
	CHECK_EQ(g.d.service, SVC);
	CHECK(g.d.request);
	CHECK_EQ(g.from.port, 0);
	answer(m, g, "that");
	is_answer(c, "that", 77);
	/* Without a number of its own, without bytes, without an answer's. */
	CHECK_EQ(OK(ask(c, "", 0, 0, SAMR_SEND_LINEAR)), 0);
	g = next_at(m, SAMR_TYPE_QUERY, buf, sizeof(buf));
	CHECK_EQ(g.len, 0);
	answer(m, g, "");
	is_answer(c, "", 2);
	is_silent(c);
	is_silent(m);
}

TEST(query_refusals)
{
	static char big[SAMR_QUERY_LEN_MAX + 1];
	const struct samr_send alone = { .flags = SAMR_SEND_LINEAR };
	char buf[64];
	struct got g;
	int m, c;

	lab_one();
	m = sock_member(SVC);
	FAILS(EINVAL, ask(m, "x", 1, 0, 0));
	FAILS(ENOTCONN, ask(sock_new(), "x", 1, 0, 0));
	c = sock_client(SVC);
	FAILS(EINVAL, ask(c, "x", 1, 0, SAMR_SEND_SAFE));
	FAILS(EINVAL, ask(c, "x", 1, 0, SAMR_SEND_STATE));
	FAILS(EINVAL, sock_send_how(c, "x", 1, &alone, 0));
	FAILS(EMSGSIZE, ask(c, big, sizeof(big), 0, 0));
	CHECK_EQ(OK(ask(c, big, SAMR_QUERY_LEN_MAX, 0, 0)), SAMR_QUERY_LEN_MAX);
	g = next_at(m, SAMR_TYPE_QUERY, big, sizeof(big));
	CHECK_EQ(g.len, SAMR_QUERY_LEN_MAX);
	FAILS(EINVAL, sock_reply(m, 0, g.d.request + 1, "x", 1));
	FAILS(EINVAL, sock_reply(m, 0, 0, "x", 1));
	answer(m, g, "once");
	/* Nobody waits for it any more. */
	answer(m, g, "twice");
	is_answer(c, "once", 1);
	is_silent(c);
	c = sock_client_with(SVC, SAMR_SESSION_EARLY, 100);
	FAILS(EOPNOTSUPP, ask(c, "x", 1, 0, 0));
	CHECK_EQ(OK(send(c, "x", 1, 0)), 1);
	next_at(m, SAMR_TYPE_REQUEST, buf, sizeof(buf));
	c = sock_client_with(SVC, 0, 3);
	OK(ask(c, "x", 1, 0, 0));
	g = next_at(m, SAMR_TYPE_QUERY, buf, sizeof(buf));
	FAILS(EMSGSIZE, sock_reply(m, 0, g.d.request, "1234", 4));
	answer(m, g, "123");
	is_answer(c, "123", 1);
}

/* It comes behind what was delivered before, and a slow one holds up no request. */
TEST(query_has_its_place_among_messages)
{
	char buf[64];
	struct got g, q;
	int m, c;

	lab_one();
	m = sock_member(SVC);
	c = sock_client(SVC);
	OK(send(m, "one", 3, 0));
	OK(ask(c, "between", 7, 1, 0));
	OK(send(m, "two", 3, 0));
	g = next_at(m, SAMR_TYPE_MESSAGE, buf, sizeof(buf));
	CHECK(!memcmp(buf, "one", 3));
	CHECK_EQ(sock_info(m).queued, 7 + 3);
	q = next_at(m, SAMR_TYPE_QUERY, buf, sizeof(buf));
	CHECK(q.d.gseq >= g.d.gseq);
	g = next_at(m, SAMR_TYPE_MESSAGE, buf, sizeof(buf));
	CHECK(!memcmp(buf, "two", 3));
	CHECK(g.d.gseq > q.d.gseq);
	OK(send(c, "do", 2, 0));
	g = next_at(m, SAMR_TYPE_REQUEST, buf, sizeof(buf));
	answer(m, g, "done");
	g = next_at(c, SAMR_TYPE_REPLY, buf, sizeof(buf));
	CHECK(!memcmp(buf, "done", 4));
	answer(m, q, "late");
	CHECK(is_answer(c, "late", 1).d.gseq >= g.d.gseq);
}

/* As many as requests, and both together; poll() tells when there is room. */
TEST(queries_have_a_window)
{
	struct got g[SAMR_REQUESTS_MAX];
	char buf[16];
	int m, c, i;

	lab_one();
	m = sock_member(SVC);
	c = sock_client(SVC);
	for (i = 0; i < SAMR_REQUESTS_MAX; i++)
		OK(ask(c, "q", 1, i + 1, 0));
	FAILS(EAGAIN, ask(c, "q", 1, 0, 0));
	FAILS(EAGAIN, send(c, "r", 1, MSG_DONTWAIT));
	CHECK_EQ(sock_poll(c, 0), 0);
	for (i = 0; i < SAMR_REQUESTS_MAX; i++)
		g[i] = next_at(m, SAMR_TYPE_QUERY, buf, sizeof(buf));
	answer(m, g[20], "a");
	CHECK(sock_wait(c, POLLIN) & POLLIN);
	CHECK(!(sock_poll(c, 0) & POLLOUT));
	is_answer(c, "a", 21);
	CHECK(sock_poll(c, 0) & POLLOUT);
	OK(send(c, "r", 1, MSG_DONTWAIT));
	FAILS(EAGAIN, ask(c, "q", 1, 0, 0));
	next_at(m, SAMR_TYPE_REQUEST, buf, sizeof(buf));
	close(c);
	/* Nobody waits for them any more, so there is room for others. */
	usleep(50000);
	for (i = 0; i < SAMR_REQUESTS_MAX; i++)
		answer(m, g[i], "nobody");
	c = sock_client(SVC);
	OK(ask(c, "again", 5, 1, 0));
	answer(m, next_at(m, SAMR_TYPE_QUERY, buf, sizeof(buf)), "yes");
	is_answer(c, "yes", 1);
}

/* Of members here each has its share; when one goes its queries are given to the others. */
TEST(queries_are_shared)
{
	char buf[16], text[16];
	int m[2], c, i;

	lab_one();
	m[0] = sock_member(SVC);
	m[1] = sock_member(SVC);
	c = sock_client(SVC);
	for (i = 0; i < 4; i++)
		OK(ask(c, "abcd" + i, 1, i + 1, 0));
	for (i = 0; i < 4; i++)
		next_at(m[i % 2], SAMR_TYPE_QUERY, buf, sizeof(buf));
	is_silent(m[0]);
	is_silent(m[1]);
	close(m[0]);
	for (i = 0; i < 2; i++) {
		struct got g = next_at(m[1], SAMR_TYPE_QUERY, buf, sizeof(buf));

		snprintf(text, sizeof(text), "%c", buf[0]);
		answer(m[1], g, text);
	}
	is_silent(m[1]);
	for (i = 0; i < 2; i++) {
		struct got g = next_at(c, SAMR_TYPE_ANSWER, buf, sizeof(buf));

		CHECK_EQ(buf[0], 'a' + (int)g.d.request - 1);
	}
}

/* Without members there is no service: nothing was executed, and that is told. */
TEST(queries_end_with_the_session)
{
	uint32_t mask = ENDS;
	struct got g;
	char buf[16];
	int m, c, d;

	lab_one();
	m = sock_member(SVC);
	c = sock_client(SVC);
	d = sock_client(SVC);
	OK(setsockopt(d, SOL_SAMR, SAMR_NOTIFY, &mask, sizeof(mask)));
	OK(ask(c, "x", 1, 5, 0));
	OK(ask(d, "x", 1, 5, 0));
	next_at(m, SAMR_TYPE_QUERY, buf, sizeof(buf));
	close(m);
	CHECK(sock_wait(c, POLLHUP) & POLLHUP);
	FAILS(ECANCELED, recv(c, buf, sizeof(buf), 0));
	FAILS(ECONNRESET, recv(c, buf, sizeof(buf), 0));
	FAILS(ECONNRESET, ask(c, "x", 1, 5, 0));
	CHECK(sock_wait(d, POLLHUP) & POLLHUP);
	g = sock_recv(d, buf, sizeof(buf), MSG_DONTWAIT);
	CHECK_EQ(g.len, 0);
	CHECK_EQ(g.d.type, SAMR_TYPE_UNDONE);
	CHECK_EQ(g.d.request, 5);
	CHECK(g.flags & MSG_NOTIFICATION);
	FAILS(ECONNRESET, recv(d, buf, sizeof(buf), 0));
}

TEST(queries_before_the_end_of_a_socket)
{
	char buf[16];
	int m, c;

	lab_one();
	m = sock_member(SVC);
	c = sock_client(SVC);
	OK(ask(c, "x", 1, 1, 0));
	OK(shutdown(c, SHUT_WR));
	FAILS(EPIPE, ask(c, "y", 1, 2, 0));
	answer(m, next_at(m, SAMR_TYPE_QUERY, buf, sizeof(buf)), "last");
	is_answer(c, "last", 1);
	CHECK_EQ(OK(recv(c, buf, sizeof(buf), 0)), 0);
}
