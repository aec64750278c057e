// SPDX-License-Identifier: GPL-2.0
/* Clients of services: connect(), requests, replies, and what becomes of them. */
#define _GNU_SOURCE
#include <fcntl.h>
#include <sys/wait.h>
#include "lab.h"
#include "tap.h"

#define UNKNOWN	(1U << SAMR_TYPE_UNKNOWN | 1U << SAMR_TYPE_UNDONE)

static int try_connect(int fd, uint32_t service)
{
	struct sockaddr_samr a = sock_addr(service);

	return connect(fd, (void *)&a, sizeof(a));
}

/* The next request at a member. */
static struct got request_at(int fd, void *buf, size_t size)
{
	struct got g;

	CHECK(sock_wait(fd, POLLIN) & POLLIN);
	g = sock_recv(fd, buf, size, MSG_DONTWAIT);
	CHECK(g.has);
	CHECK_EQ(g.d.type, SAMR_TYPE_REQUEST);
	CHECK(!(g.flags & MSG_NOTIFICATION));
	CHECK(g.d.session);
	return g;
}

/* Answer one with "re:" and what it said. */
static struct got answer(int fd)
{
	char buf[256] = "re:";
	struct got g = request_at(fd, buf + 3, sizeof(buf) - 3);

	CHECK_EQ(sock_reply(fd, g.d.session, g.d.request, buf, g.len + 3),
		 g.len + 3);
	return g;
}

static struct got reply_at(int fd, void *buf, size_t size)
{
	CHECK(sock_wait(fd, POLLIN) & POLLIN);
	return sock_recv(fd, buf, size, MSG_DONTWAIT);
}

static void is_reply(int fd, const char *text, uint64_t request)
{
	char buf[256];
	struct got g = reply_at(fd, buf, sizeof(buf));

	CHECK_EQ(g.len, strlen(text));
	CHECK(g.len >= 0 && !memcmp(buf, text, g.len));
	CHECK_EQ(g.d.type, SAMR_TYPE_REPLY);
	CHECK_EQ(g.d.request, request);
	CHECK(g.d.gseq);
}

/* Nothing comes any more. */
static void is_silent(int fd)
{
	char c;

	usleep(50000);
	FAILS(EAGAIN, recv(fd, &c, 1, MSG_DONTWAIT));
}

TEST(connect_refusals)
{
	struct sockaddr_samr a = sock_addr(SVC);
	int fd = sock_new();

	FAILS(ENETDOWN, try_connect(fd, SVC));
	lab_one();
	FAILS(ECONNREFUSED, try_connect(fd, SVC));
	FAILS(ECONNREFUSED, try_connect(fd, SVC));
	FAILS(EINVAL, try_connect(fd, SVC_B));
	FAILS(ENOTCONN, send(fd, "x", 1, 0));
	FAILS(ENOTCONN, recv(fd, &a, 1, 0));
	FAILS(ENOTCONN, shutdown(fd, SHUT_WR));
	FAILS(EINVAL, bind(fd, (void *)&a, sizeof(a)));
	close(fd);
	fd = sock_new();
	FAILS(EADDRNOTAVAIL, try_connect(fd, 999));
	FAILS(EINVAL, try_connect(fd, 0));
	FAILS(EINVAL, connect(fd, (void *)&a, sizeof(a) - 1));
	a.family = AF_UNIX;
	FAILS(EAFNOSUPPORT, connect(fd, (void *)&a, sizeof(a)));
	a = sock_addr(SVC);
	a.node = 1;
	FAILS(EINVAL, connect(fd, (void *)&a, sizeof(a)));
	close(fd);
	fd = sock_bound(SVC);
	FAILS(EINVAL, try_connect(fd, SVC));
	close(fd);
}

TEST(connect_needs_the_right_to_the_service)
{
	int fd;

	lab_one();
	sock_member(SVC);
	sock_member(SVC_NOBODY);
	fd = sock_new();
	OK(setresgid(NOBODY, NOBODY, NOBODY));
	OK(setresuid(NOBODY, NOBODY, NOBODY));
	FAILS(EACCES, try_connect(fd, SVC));
	OK(try_connect(fd, SVC_NOBODY));
}

TEST(session_options)
{
	struct samr_session_opts o, bad;
	socklen_t len = sizeof(o);
	int fd = sock_new();

	OK(getsockopt(fd, SOL_SAMR, SAMR_SESSION, &o, &len));
	CHECK_EQ(o.flags, 0);
	CHECK_EQ(o.reply_max, 65536);
	CHECK_EQ(o.expiry, 60000);
	bad = o;
	bad.flags = 4;
	FAILS(EINVAL, setsockopt(fd, SOL_SAMR, SAMR_SESSION, &bad, sizeof(bad)));
	bad = o;
	bad.reply_max = SAMR_REPLY_LEN_MAX + 1;
	FAILS(EINVAL, setsockopt(fd, SOL_SAMR, SAMR_SESSION, &bad, sizeof(bad)));
	bad = o;
	bad.expiry = 0;
	FAILS(EINVAL, setsockopt(fd, SOL_SAMR, SAMR_SESSION, &bad, sizeof(bad)));
	bad.expiry = 86400001;
	FAILS(EINVAL, setsockopt(fd, SOL_SAMR, SAMR_SESSION, &bad, sizeof(bad)));
	bad = o;
	bad.reserved = 1;
	FAILS(EINVAL, setsockopt(fd, SOL_SAMR, SAMR_SESSION, &bad, sizeof(bad)));
	FAILS(EINVAL, setsockopt(fd, SOL_SAMR, SAMR_SESSION, &o, 4));
	lab_one();
	sock_member(SVC);
	OK(try_connect(fd, SVC));
	FAILS(EISCONN, setsockopt(fd, SOL_SAMR, SAMR_SESSION, &o, sizeof(o)));
	FAILS(EISCONN, try_connect(fd, SVC));
}

TEST(connect_without_waiting)
{
	struct sockaddr_samr a;
	socklen_t len = sizeof(a);
	int fd = sock_new(), err;

	lab_add(1);
	OK(fcntl(fd, F_SETFL, O_NONBLOCK));
	FAILS(EINPROGRESS, try_connect(fd, SVC));
	FAILS(EALREADY, try_connect(fd, SVC));
	CHECK_EQ(sock_info(fd).state, SAMR_CLIENT_CONNECTING);
	FAILS(EAGAIN, send(fd, "x", 1, 0));
	FAILS(ENOTCONN, getpeername(fd, (void *)&a, &len));
	CHECK_EQ(sock_poll(fd, 50), 0);
	lab_up();
	/* The view has no members of it. */
	CHECK(sock_wait(fd, POLLHUP) & POLLERR);
	len = sizeof(err);
	OK(getsockopt(fd, SOL_SOCKET, SO_ERROR, &err, &len));
	CHECK_EQ(err, ECONNREFUSED);
	sock_member(SVC);
	if (try_connect(fd, SVC)) {
		CHECK_EQ(errno, EINPROGRESS);
		CHECK(sock_wait(fd, POLLOUT) & POLLOUT);
	}
	len = sizeof(a);
	OK(getpeername(fd, (void *)&a, &len));
	CHECK_EQ(a.service, SVC);
	CHECK_EQ(a.node, 0);
	OK(getsockname(fd, (void *)&a, &len));
	CHECK_EQ(a.node, 1);
	CHECK(a.port);
}

TEST(request_and_reply)
{
	struct samr_send how = { .request = 77 };
	int m, c;
	struct got g;

	lab_one();
	m = sock_member(SVC);
	c = sock_client(SVC);
	CHECK_EQ(sock_poll(c, 0), POLLOUT | POLLWRNORM);
	CHECK_EQ(OK(send(c, "hello", 5, 0)), 5);
	g = answer(m);
	CHECK_EQ(g.len, 5);
	CHECK_EQ(g.d.request, 1);
	CHECK_EQ(g.d.uid, 0);
	CHECK(g.d.time);
	is_reply(c, "re:hello", 1);
	/* The sender's own number comes back, the session's goes to the members. */
	CHECK_EQ(OK(sock_send_how(c, "", 0, &how, 0)), 0);
	g = answer(m);
	CHECK_EQ(g.len, 0);
	CHECK_EQ(g.d.request, 2);
	is_reply(c, "re:", 77);
	how.flags = SAMR_SEND_SAFE;
	CHECK_EQ(OK(sock_send_how(c, "s", 1, &how, 0)), 1);
	CHECK(answer(m).d.flags & SAMR_DELIVERY_SAFE);
	is_reply(c, "re:s", 77);
	how.flags = SAMR_SEND_LOCK;
	FAILS(EINVAL, sock_send_how(c, "s", 1, &how, 0));
	is_silent(c);
	is_silent(m);
}

/* What samrctl says that heads keep of a service. */
static long counted(const char *what)
{
	char text[2048], key[64], *at;
	FILE *f = popen("samrctl group show id 1", "r");
	size_t n;

	CHECK(f);
	n = fread(text, 1, sizeof(text) - 1, f);
	text[n] = 0;
	CHECK_EQ(pclose(f), 0);
	snprintf(key, sizeof(key), "%s ", what);
	at = strstr(text, key);
	CHECK(at);
	return atol(at + strlen(key));
}

TEST(sessions_are_counted)
{
	int m, c, i;
	char byte;

	lab_one();
	m = sock_member(SVC);
	CHECK_EQ(counted("sessions"), 0);
	c = sock_client_with(SVC, 0, 1000);
	CHECK_EQ(counted("sessions"), 1);
	CHECK_EQ(counted("requests"), 0);
	CHECK_EQ(OK(send(c, "a", 1, 0)), 1);
	CHECK_EQ(OK(send(c, "b", 1, 0)), 1);
	answer(m);
	request_at(m, &byte, 1);
	CHECK_EQ(counted("requests"), 2);
	CHECK_EQ(counted("promised"), 2 * (1000 + 512));
	CHECK_EQ(counted("replies"), 1);
	CHECK_EQ(counted("reply-bytes"), 4);
	CHECK_EQ(counted("detached"), 0);
	is_reply(c, "re:a", 1);
	/* It acknowledges by itself, in a while. */
	for (i = 0; i < 100 && counted("replies"); i++)
		usleep(50000);
	CHECK_EQ(counted("replies"), 0);
	CHECK_EQ(counted("requests"), 1);
	close(c);
	for (i = 0; i < 100 && counted("sessions"); i++)
		usleep(50000);
	CHECK_EQ(counted("sessions"), 0);
	CHECK_EQ(counted("promised"), 0);
}

TEST(replies_nobody_waits_for)
{
	char buf[16];
	int m, c;
	struct got g;

	lab_one();
	m = sock_member(SVC);
	FAILS(ENOTCONN, sock_reply(sock_bound(SVC), 1, 1, "x", 1));
	CHECK_EQ(OK(sock_reply(m, 12345, 1, "x", 1)), 1);
	c = sock_client(SVC);
	OK(send(c, "a", 1, 0));
	g = request_at(m, buf, sizeof(buf));
	FAILS(EINVAL, sock_reply(m, g.d.session, 2, "x", 1));
	FAILS(EINVAL, sock_reply(m, g.d.session, 0, "x", 1));
	CHECK_EQ(OK(sock_reply(m, g.d.session, 1, "x", 1)), 1);
	/* The first one counts. */
	CHECK_EQ(OK(sock_reply(m, g.d.session, 1, "y", 1)), 1);
	is_reply(c, "x", 1);
	is_silent(c);
	OK(send(c, "b", 1, 0));
	g = request_at(m, buf, sizeof(buf));
	close(c);
	usleep(50000);
	CHECK_EQ(OK(sock_reply(m, g.d.session, 2, "x", 1)), 1);
}

TEST(replies_come_in_order)
{
	char buf[16], text[16];
	uint64_t session = 0;
	struct got g;
	int m, c, i;

	lab_one();
	m = sock_member(SVC);
	c = sock_client(SVC);
	for (i = 1; i <= SAMR_REQUESTS_MAX; i++)
		CHECK_EQ(OK(send(c, &i, sizeof(i), MSG_DONTWAIT)), sizeof(i));
	FAILS(EAGAIN, send(c, "x", 1, MSG_DONTWAIT));
	CHECK_EQ(sock_poll(c, 20), 0);
	for (i = 1; i <= SAMR_REQUESTS_MAX; i++) {
		g = request_at(m, buf, sizeof(buf));
		CHECK_EQ(g.d.request, i);
		CHECK(!session || session == g.d.session);
		session = g.d.session;
	}
	for (i = SAMR_REQUESTS_MAX; i >= 1; i--) {
		CHECK_EQ(sock_poll(c, 0), 0);
		snprintf(text, sizeof(text), "%d", i);
		OK(sock_reply(m, session, i, text, strlen(text)));
	}
	for (i = 1; i <= SAMR_REQUESTS_MAX; i++) {
		snprintf(text, sizeof(text), "%d", i);
		is_reply(c, text, i);
		CHECK(sock_poll(c, 0) & POLLOUT);
	}
	OK(send(c, "on", 2, MSG_DONTWAIT));
	CHECK_EQ(answer(m).d.request, SAMR_REQUESTS_MAX + 1);
	is_reply(c, "re:on", SAMR_REQUESTS_MAX + 1);
}

/* With one head all is held by all at once: it is no sooner, and no different. */
TEST(replies_come_early)
{
	int m, c;

	lab_one();
	m = sock_member(SVC);
	c = sock_client_with(SVC, SAMR_SESSION_EARLY | SAMR_SESSION_ANY_ORDER, 100);
	OK(send(c, "a", 1, 0));
	answer(m);
	is_reply(c, "re:a", 1);
}

TEST(replies_come_in_any_order)
{
	char buf[16];
	struct got g[3];
	int m, c, i;

	lab_one();
	m = sock_member(SVC);
	c = sock_client_with(SVC, SAMR_SESSION_ANY_ORDER, 100);
	for (i = 0; i < 3; i++)
		OK(send(c, "abc" + i, 1, 0));
	for (i = 0; i < 3; i++)
		g[i] = request_at(m, buf, sizeof(buf));
	OK(sock_reply(m, g[2].d.session, g[2].d.request, "third", 5));
	is_reply(c, "third", 3);
	OK(sock_reply(m, g[0].d.session, g[0].d.request, "first", 5));
	is_reply(c, "first", 1);
	is_silent(c);
	OK(sock_reply(m, g[1].d.session, g[1].d.request, "second", 6));
	is_reply(c, "second", 2);
}

/* What was read is acknowledged at last, also by who sends no more. */
TEST(sessions_go_on_for_long)
{
	char text[32];
	int m, c, i;

	lab_one();
	m = sock_member(SVC);
	c = sock_client(SVC);
	for (i = 1; i <= 200; i++) {
		OK(send(c, "x", 1, MSG_DONTWAIT));
		CHECK_EQ(answer(m).d.request, i);
		snprintf(text, sizeof(text), "re:x");
		is_reply(c, text, i);
		if (i % 50 == 0)
			usleep(250000);
	}
}

TEST(lengths)
{
	static char big[SAMR_MESSAGE_MAX + 1], back[SAMR_MESSAGE_MAX + 1];
	uint32_t room = 4 << 20;
	struct got g;
	size_t i;
	int m, c;

	lab_one();
	m = sock_member_with(SVC, 4 << 20, 0);
	c = sock_client_with(SVC, 0, SAMR_REPLY_LEN_MAX);
	OK(setsockopt(c, SOL_SOCKET, SO_SNDBUF, &room, sizeof(room)));
	for (i = 0; i < sizeof(big); i++)
		big[i] = i * 7 + i / 251;
	FAILS(EMSGSIZE, send(c, big, SAMR_REQUEST_LEN_MAX + 1, 0));
	CHECK_EQ(OK(send(c, big, SAMR_REQUEST_LEN_MAX, 0)), SAMR_REQUEST_LEN_MAX);
	g = request_at(m, back, sizeof(back));
	CHECK_EQ(g.len, SAMR_REQUEST_LEN_MAX);
	CHECK(!memcmp(big, back, g.len));
	FAILS(EMSGSIZE, sock_reply(m, g.d.session, 1, big, SAMR_REPLY_LEN_MAX + 1));
	CHECK_EQ(OK(sock_reply(m, g.d.session, 1, big + 1, SAMR_REPLY_LEN_MAX)),
		 SAMR_REPLY_LEN_MAX);
	memset(back, 0, sizeof(back));
	g = reply_at(c, back, sizeof(back));
	CHECK_EQ(g.len, SAMR_REPLY_LEN_MAX);
	CHECK(!memcmp(big + 1, back, g.len));
	close(c);
	c = sock_client_with(SVC, 0, 10);
	OK(send(c, "x", 1, 0));
	g = request_at(m, back, sizeof(back));
	FAILS(EMSGSIZE, sock_reply(m, g.d.session, 1, "01234567890", 11));
	OK(sock_reply(m, g.d.session, 1, "0123456789", 10));
	/* Peeked at, cut off, and then it is gone. */
	CHECK(sock_wait(c, POLLIN) & POLLIN);
	CHECK_EQ(OK(recv(c, back, 20, MSG_PEEK)), 10);
	CHECK_EQ(OK(recv(c, back, 4, MSG_PEEK | MSG_TRUNC)), 10);
	g = sock_recv(c, back, 4, 0);
	CHECK_EQ(g.len, 4);
	CHECK(g.flags & MSG_TRUNC);
	is_silent(c);
}

TEST(a_request_longer_than_the_buffer)
{
	uint32_t little = 4608;
	char big[20000] = {};
	struct got g;
	int m, c;

	lab_one();
	m = sock_member(SVC);
	c = sock_client(SVC);
	OK(setsockopt(c, SOL_SOCKET, SO_SNDBUF, &little, sizeof(little)));
	CHECK_EQ(OK(send(c, big, sizeof(big), MSG_DONTWAIT)), sizeof(big));
	CHECK_EQ(sock_info(c).unsettled, sizeof(big));
	FAILS(EAGAIN, send(c, big, 1, MSG_DONTWAIT));
	CHECK(!(sock_poll(c, 0) & POLLOUT));
	g = request_at(m, big, sizeof(big));
	OK(sock_reply(m, g.d.session, 1, "", 0));
	CHECK(sock_wait(c, POLLOUT) & POLLOUT);
	CHECK_EQ(OK(recv(c, big, 1, 0)), 0);
}

TEST(members_go_with_requests_unanswered)
{
	char buf[16];
	struct got g;
	int m, c;

	lab_one();
	m = sock_member(SVC);
	c = sock_client(SVC);
	OK(send(c, "a", 1, 0));
	OK(send(c, "b", 1, 0));
	g = request_at(m, buf, sizeof(buf));
	OK(sock_reply(m, g.d.session, 1, "A", 1));
	is_reply(c, "A", 1);
	close(m);
	CHECK(sock_wait(c, POLLHUP) & POLLHUP);
	FAILS(EREMOTEIO, recv(c, buf, sizeof(buf), 0));
	FAILS(ECONNRESET, recv(c, buf, sizeof(buf), 0));
	FAILS(ECONNRESET, send(c, "c", 1, 0));
	CHECK_EQ(sock_info(c).state, SAMR_CLIENT_GONE);
}

TEST(unknown_outcomes_as_notifications)
{
	struct samr_send how = { .request = 4711 };
	uint32_t mask = UNKNOWN;
	struct got g;
	char buf[16];
	int m, c;

	lab_one();
	m = sock_member(SVC);
	c = sock_client_with(SVC, SAMR_SESSION_ANY_ORDER, 100);
	OK(setsockopt(c, SOL_SAMR, SAMR_NOTIFY, &mask, sizeof(mask)));
	OK(sock_send_how(c, "a", 1, &how, 0));
	request_at(m, buf, sizeof(buf));
	close(m);
	g = reply_at(c, buf, sizeof(buf));
	CHECK_EQ(g.len, 0);
	CHECK_EQ(g.d.type, SAMR_TYPE_UNKNOWN);
	CHECK_EQ(g.d.request, 4711);
	CHECK(g.flags & MSG_NOTIFICATION);
	FAILS(ECONNRESET, recv(c, buf, sizeof(buf), 0));
}

TEST(no_more_requests)
{
	char buf[16];
	int m, c;

	lab_one();
	m = sock_member(SVC);
	c = sock_client(SVC);
	OK(send(c, "a", 1, 0));
	FAILS(EOPNOTSUPP, shutdown(c, SHUT_RD));
	FAILS(EOPNOTSUPP, shutdown(c, SHUT_RDWR));
	OK(shutdown(c, SHUT_WR));
	FAILS(EPIPE, send(c, "b", 1, MSG_NOSIGNAL));
	answer(m);
	is_reply(c, "re:a", 1);
	CHECK_EQ(OK(recv(c, buf, sizeof(buf), 0)), 0);
}

/* What was sent stays sent, and then the session is closed: the service can go. */
TEST(close_behind_requests)
{
	long long until;
	char buf[16];
	int m, c, i;

	lab_one();
	m = sock_member(SVC);
	c = sock_client(SVC);
	for (i = 0; i < 20; i++)
		OK(send(c, "x", 1, 0));
	close(c);
	for (i = 1; i <= 20; i++)
		CHECK_EQ(request_at(m, buf, sizeof(buf)).d.request, i);
	is_silent(m);
	close(m);
	until = tap_ms() + 5000;
	while (lab_try_service_del(SVC) && tap_ms() < until)
		usleep(10000);
	CHECK_EQ(lab_try_service_del(SVC), -ENOENT);
}

TEST(three_heads_one_reply)
{
	struct got g[4], r;
	uint64_t number;
	int m[4], c, i;
	char buf[16];

	tap_limit(120);
	lab_heads(3);
	for (i = 1; i <= 3; i++) {
		lab_enter(i);
		m[i] = sock_member(SVC);
	}
	c = sock_client(SVC);
	for (number = 1; number <= 50; number++) {
		OK(send(c, "question", 8, 0));
		for (i = 1; i <= 3; i++) {
			g[i] = answer(m[i]);
			CHECK_EQ(g[i].d.request, number);
			CHECK_EQ(g[i].d.session, g[1].d.session);
			CHECK_EQ(g[i].d.gseq, g[1].d.gseq);
		}
		is_reply(c, "re:question", number);
	}
	/* Members elsewhere answer, too. */
	close(m[3]);
	OK(send(c, "more", 4, 0));
	answer(m[1]);
	answer(m[2]);
	is_reply(c, "re:more", 51);
	r = sock_recv(c, buf, sizeof(buf), MSG_DONTWAIT);
	CHECK_EQ(r.len, -1);
	/* And none is left that could. */
	OK(send(c, "lost", 4, 0));
	request_at(m[1], buf, sizeof(buf));
	close(m[1]);
	close(m[2]);
	CHECK(sock_wait(c, POLLIN) & POLLIN);
	FAILS(EREMOTEIO, recv(c, buf, sizeof(buf), 0));
	FAILS(ECONNRESET, recv(c, buf, sizeof(buf), 0));
}
