// SPDX-License-Identifier: GPL-2.0
/* libsamr on the real module: every call, its errors, its waits. */
#define _GNU_SOURCE
#include <errno.h>
#include <pthread.h>
#include <signal.h>
#include <sys/time.h>
#include <samr/samr.h>
#include "lab.h"
#include "tap.h"

#define HEADS	3

static struct samr *member(uint32_t service, unsigned int flags)
{
	struct samr *m;

	CHECK_EQ(samr_open(&m, service, flags), 0);
	CHECK_EQ(samr_join(m, 5000), 0);
	return m;
}

/* The next message; views are passed over. */
static struct samr_received next(struct samr *m)
{
	struct samr_received r;

	do
		CHECK_EQ(samr_recv(m, &r, 5000), 1);
	while (r.view);
	return r;
}

static void say(struct samr *m, const char *text)
{
	CHECK_EQ(samr_send(m, text, strlen(text), 0, 0), 0);
}

static bool is(const struct samr_received *r, const char *text)
{
	return r->len == strlen(text) && !memcmp(r->data, text, r->len);
}

TEST(open_says_what_is_wrong)
{
	struct samr *m;

	CHECK_EQ(samr_open(&m, SVC, 0), -ENETDOWN);
	CHECK(!m);
	lab_one();
	CHECK_EQ(samr_open(&m, 0, 0), -EINVAL);
	CHECK_EQ(samr_open(&m, SVC, 1U << 20), -EINVAL);
	CHECK_EQ(samr_open(&m, 4711, 0), -EADDRNOTAVAIL);
	CHECK(!m);
	CHECK_EQ(samr_open(&m, SVC, 0), 0);
	samr_close(m);
	OK(setgid(NOBODY));
	OK(setuid(NOBODY));
	CHECK_EQ(samr_open(&m, SVC, 0), -EACCES);
	CHECK_EQ(samr_open(&m, SVC_NOBODY, 0), 0);
	samr_close(m);
}

TEST(join_waits_as_long_as_it_may)
{
	struct samr *m;
	long long start;

	lab_add(1);	/* its view is not formed */
	CHECK_EQ(samr_open(&m, SVC, 0), 0);
	start = tap_ms();
	CHECK_EQ(samr_join(m, 200), -ETIMEDOUT);
	CHECK(tap_ms() - start >= 190);
	CHECK(!samr_view(m));
	CHECK(!samr_self(m));
	lab_up();
	CHECK_EQ(samr_join(m, 5000), 0);
	CHECK_EQ(samr_view(m)->count, 1);
	CHECK_EQ(samr_self(m)->node, 1);
	CHECK_EQ(samr_join(m, 5000), -EISCONN);
	samr_close(m);
}

TEST(join_need_not_wait)
{
	struct samr_received r;
	struct samr *m;

	lab_one();
	CHECK_EQ(samr_open(&m, SVC, 0), 0);
	CHECK_EQ(samr_join(m, 0), -EINPROGRESS);
	CHECK_EQ(samr_recv(m, &r, 5000), 1);
	CHECK(r.view && r.view->count == 1);
	CHECK_EQ(r.delivery.type, SAMR_TYPE_VIEW);
	CHECK_EQ(r.view->id, samr_view(m)->id);
	samr_close(m);
}

TEST(calls_before_joining)
{
	struct samr_received r;
	struct samr_info info;
	struct samr *m;

	lab_one();
	CHECK_EQ(samr_open(&m, SVC, 0), 0);
	CHECK_EQ(samr_send(m, "x", 1, 0, 0), -ENOTCONN);
	CHECK_EQ(samr_recv(m, &r, 100), -ENOTCONN);
	CHECK_EQ(samr_leave(m), -ENOTCONN);
	CHECK_EQ(samr_info(m, &info), 0);
	CHECK_EQ(info.state, SAMR_MEMBER_BOUND);
	samr_close(m);
}

TEST(delivery_says_everything)
{
	struct samr_received r;
	struct samr *m;
	uint64_t time, random;

	lab_one();
	m = member(SVC, 0);
	CHECK_EQ(samr_send(m, "abc", 3, 77, 0), 0);
	r = next(m);
	CHECK(is(&r, "abc"));
	CHECK_EQ(r.delivery.request, 77);
	CHECK_EQ(r.delivery.flags, SAMR_DELIVERY_OWN);
	CHECK_EQ(r.delivery.origin, 1);
	CHECK_EQ(r.delivery.service, SVC);
	CHECK_EQ(r.delivery.port, samr_self(m)->port);
	CHECK_EQ(r.delivery.view, samr_view(m)->id);
	CHECK(!r.view);
	time = r.delivery.time;
	random = r.delivery.random;
	CHECK_EQ(samr_send(m, "", 0, 78, SAMR_SEND_SAFE), 0);
	r = next(m);
	CHECK_EQ(r.len, 0);
	CHECK_EQ(r.delivery.request, 78);
	CHECK_EQ(r.delivery.flags, SAMR_DELIVERY_OWN | SAMR_DELIVERY_SAFE);
	CHECK(r.delivery.time > time);
	CHECK(r.delivery.random != random);
	samr_close(m);
	m = member(SVC, SAMR_OPEN_SAFE);
	say(m, "safe anyway");
	r = next(m);
	CHECK(r.delivery.flags & SAMR_DELIVERY_SAFE);
	samr_close(m);
}

TEST(messages_of_all_sizes)
{
	static const size_t sizes[] = {
		0, 1, 511, 2048, 2049, 65536, 300001, SAMR_MESSAGE_MAX
	};
	struct samr_received r;
	struct samr *m;
	unsigned char *data = malloc(SAMR_MESSAGE_MAX + 1);
	size_t i, k;

	lab_one();
	m = member(SVC, 0);
	for (i = 0; i <= SAMR_MESSAGE_MAX; i++)
		data[i] = (unsigned char)(i * 7 + i / 256);
	for (i = 0; i < sizeof(sizes) / sizeof(sizes[0]); i++) {
		struct iovec v[3] = {
			{ data, sizes[i] / 3 },
			{ NULL, 0 },
			{ data + sizes[i] / 3, sizes[i] - sizes[i] / 3 },
		};

		CHECK_EQ(samr_sendv(m, v, 3, i, 0), 0);
		r = next(m);
		CHECK_EQ(r.len, sizes[i]);
		CHECK(!memcmp(r.data, data, r.len));
		CHECK_EQ((uintptr_t)r.data % 16, 0);
	}
	/* Little after much: what the large ones took is given back, not lost. */
	for (k = 0; k < 3; k++) {
		say(m, "small");
		r = next(m);
		CHECK(is(&r, "small"));
	}
	CHECK_EQ(samr_send(m, data, SAMR_MESSAGE_MAX + 1, 0, 0), -EMSGSIZE);
	CHECK_EQ(samr_send(m, data, 1, 0, 1U << 7), -EINVAL);
	CHECK_EQ(samr_sendv(m, NULL, 1, 0, 0), -EINVAL);
	CHECK_EQ(samr_sendv(m, NULL, -1, 0, 0), -EINVAL);
	free(data);
	samr_close(m);
}

TEST(batches_hold_what_is_there)
{
	struct samr_received r[SAMR_BATCH_MAX + 1];
	struct samr *m;
	unsigned int i, got = 0;
	int n;

	lab_one();
	m = member(SVC, 0);
	CHECK_EQ(samr_recv_batch(m, r, 0, 0), -EINVAL);
	CHECK_EQ(samr_recv_batch(m, r, 5, 0), -EAGAIN);
	for (i = 0; i < 150; i++)
		CHECK_EQ(samr_send(m, &i, sizeof(i), i, 0), 0);
	n = samr_recv_batch(m, r, SAMR_BATCH_MAX + 1, 5000);
	while (n > 0) {
		CHECK(n <= SAMR_BATCH_MAX);
		for (i = 0; i < (unsigned int)n; i++) {
			CHECK_EQ(r[i].delivery.request, got);
			CHECK_EQ(*(const unsigned int *)r[i].data, got++);
		}
		n = samr_recv_batch(m, r, SAMR_BATCH_MAX, got < 150 ? 5000 : 0);
	}
	CHECK_EQ(n, -EAGAIN);
	CHECK_EQ(got, 150);
	samr_close(m);
}

static void do_nothing(int number)
{
	(void)number;
}

/* A caught signal ends a wait, and nothing else. */
TEST(waits_end_in_time)
{
	struct itimerval soon = { .it_value.tv_usec = 100000 };
	struct sigaction sa = { .sa_handler = do_nothing };
	struct samr_received r;
	struct samr *m;
	long long start;

	lab_one();
	m = member(SVC, 0);
	CHECK_EQ(samr_recv(m, &r, 0), -EAGAIN);
	start = tap_ms();
	CHECK_EQ(samr_recv(m, &r, 150), -ETIMEDOUT);
	CHECK(tap_ms() - start >= 140);
	sigaction(SIGALRM, &sa, NULL);
	setitimer(ITIMER_REAL, &soon, NULL);
	CHECK_EQ(samr_recv(m, &r, -1), -EINTR);
	say(m, "still there");
	r = next(m);
	CHECK(is(&r, "still there"));
	samr_close(m);
}

TEST(views_come_in_their_place)
{
	struct samr_received r;
	struct samr *a, *b, *quiet;

	lab_one();
	a = member(SVC, 0);
	quiet = member(SVC, SAMR_OPEN_NO_VIEWS);
	CHECK_EQ(samr_recv(a, &r, 5000), 1);
	CHECK(r.view && r.view->count == 2);
	say(a, "before");
	b = member(SVC, 0);
	say(b, "after");
	CHECK_EQ(samr_recv(a, &r, 5000), 1);
	CHECK(!r.view);
	CHECK_EQ(samr_recv(a, &r, 5000), 1);
	CHECK(r.view && r.view->count == 3);
	CHECK_EQ(r.view->members[0].port, samr_self(a)->port);
	CHECK_EQ(r.view->members[2].port, samr_self(b)->port);
	CHECK_EQ(r.len, sizeof(*r.view) + 3 * sizeof(r.view->members[0]));
	CHECK_EQ(samr_recv(a, &r, 5000), 1);
	CHECK(is(&r, "after"));
	CHECK_EQ(r.delivery.view, samr_view(a)->id);
	CHECK_EQ(samr_recv(b, &r, 5000), 1);
	CHECK(is(&r, "after"));
	/* It is told of views, but does not receive them. */
	CHECK_EQ(samr_recv(quiet, &r, 5000), 1);
	CHECK(is(&r, "before"));
	CHECK_EQ(samr_recv(quiet, &r, 5000), 1);
	CHECK(is(&r, "after"));
	CHECK_EQ(samr_view(quiet)->count, 3);
	samr_close(b);
	CHECK_EQ(samr_recv(a, &r, 5000), 1);
	CHECK(r.view && r.view->count == 2);
	CHECK_EQ(samr_recv(quiet, &r, 200), -ETIMEDOUT);
	CHECK_EQ(samr_view(quiet)->count, 2);
	samr_close(a);
	samr_close(quiet);
}

TEST(leaving_ends_it)
{
	struct samr_received r[8];
	struct samr *a, *b;
	int n, got = 0;

	lab_one();
	a = member(SVC, 0);
	b = member(SVC, 0);
	say(a, "one");
	say(a, "two");
	CHECK_EQ(samr_leave(a), 0);
	while ((n = samr_recv_batch(a, r, 8, 5000)) > 0)
		got += n;
	CHECK_EQ(n, 0);
	CHECK_EQ(got, 3);	/* b's join, and what was said */
	CHECK_EQ(samr_recv(a, r, 5000), 0);
	CHECK_EQ(samr_send(a, "x", 1, 0, 0), -EPIPE);
	samr_close(a);
	r[0] = next(b);
	CHECK(is(&r[0], "one"));
	r[0] = next(b);
	CHECK(is(&r[0], "two"));
	CHECK_EQ(samr_recv(b, r, 5000), 1);
	CHECK(r[0].view && r[0].view->count == 1);
	samr_close(b);
}

/* One thread sends and reads: it is told to read, and loses nothing. */
TEST(a_full_group_refuses_and_recovers)
{
	struct samr_received r[SAMR_BATCH_MAX];
	struct samr *m;
	struct pollfd p;
	char *data = calloc(1, 16384);
	unsigned int sent = 0, got = 0, refused = 0;
	int n, i, err;

	lab_one();
	m = member(SVC, SAMR_OPEN_NO_VIEWS);
	while (sent < 2000) {
		err = samr_send(m, data, 16384, sent, SAMR_SEND_NOWAIT);
		if (!err) {
			sent++;
			continue;
		}
		CHECK_EQ(err, -EAGAIN);
		refused++;
		n = samr_recv_batch(m, r, SAMR_BATCH_MAX, 5000);
		for (i = 0; i < n; i++)
			CHECK_EQ(r[i].delivery.request, got++);
		p = (struct pollfd){ .fd = samr_fd(m), .events = POLLOUT | POLLIN };
		CHECK(poll(&p, 1, 5000) == 1);
	}
	CHECK(refused > 0);
	while (got < sent) {
		n = samr_recv_batch(m, r, SAMR_BATCH_MAX, 5000);
		CHECK(n > 0);
		for (i = 0; i < n; i++)
			CHECK_EQ(r[i].delivery.request, got++);
	}
	free(data);
	samr_close(m);
}

#define SENDERS	4
#define EACH	300

static void *send_many(void *arg)
{
	static _Atomic uint64_t thread;
	uint64_t id = thread++, i;

	/* Waits for room while the main thread reads. */
	for (i = 0; i < EACH; i++) {
		char data[4000] = { 0 };

		if (samr_send(arg, data, sizeof(data), id << 32 | i, 0))
			return "a send failed";
	}
	return NULL;
}

TEST(many_threads_may_send)
{
	pthread_t t[SENDERS];
	uint64_t want[SENDERS] = { 0 };
	struct samr *m;
	int i;

	lab_one();
	m = member(SVC, 0);
	for (i = 0; i < SENDERS; i++)
		CHECK(!pthread_create(&t[i], NULL, send_many, m));
	for (i = 0; i < SENDERS * EACH; i++) {
		struct samr_received r = next(m);
		uint64_t id = r.delivery.request >> 32;

		CHECK(id < SENDERS);
		CHECK_EQ(r.delivery.request & 0xffffffff, want[id]++);
	}
	for (i = 0; i < SENDERS; i++) {
		void *bad;

		pthread_join(t[i], &bad);
		CHECK(!bad);
	}
	samr_close(m);
}

/* What three heads receive is equal, but for who sent it. */
TEST(three_heads_receive_the_same)
{
	struct samr *m[HEADS];
	uint64_t drawn[HEADS], gseq = 0;
	int i, k;

	lab_heads(HEADS);
	for (i = 0; i < HEADS; i++) {
		lab_enter(i + 1);
		m[i] = member(SVC, SAMR_OPEN_NO_VIEWS);
	}
	for (k = 0; k < 60; k++) {
		char text[32];

		snprintf(text, sizeof(text), "message %d", k);
		CHECK_EQ(samr_send(m[k % HEADS], text, strlen(text),
				   (uint64_t)k, k % 2 ? SAMR_SEND_SAFE : 0), 0);
	}
	for (k = 0; k < 60; k++) {
		struct samr_received first = { .len = 0 };
		char text[64] = "";

		for (i = 0; i < HEADS; i++) {
			struct samr_received r = next(m[i]);
			struct samr_random random;
			bool own = r.delivery.origin == (uint64_t)i + 1;

			CHECK_EQ(!!(r.delivery.flags & SAMR_DELIVERY_OWN), own);
			CHECK(r.delivery.gseq > gseq);
			r.delivery.flags &= ~SAMR_DELIVERY_OWN;
			samr_random_delivery(&random, &r.delivery, 0);
			drawn[i] = samr_random_next(&random);
			CHECK_EQ(drawn[i], drawn[0]);
			if (!i) {
				first = r;
				memcpy(text, r.data, r.len);
				continue;
			}
			CHECK(!memcmp(&r.delivery, &first.delivery,
				      sizeof(r.delivery)));
			CHECK(!memcmp(r.data, text, r.len));
		}
		gseq = first.delivery.gseq;
	}
	CHECK_EQ(samr_view(m[0])->count, HEADS);
	for (i = 0; i < HEADS; i++)
		samr_close(m[i]);
}

#define STATE_LEN	(3 << 20)

/* A service whose state are bytes that depend on their place. */
struct bytes {
	struct samr *m;
	size_t given;
	size_t taken;
	int firsts, lasts;
	bool bad;
};

static int bytes_snapshot(void *ctx, uint64_t gseq)
{
	struct bytes *b = ctx;

	b->given = 0;
	return gseq ? 0 : -1;
}

static ssize_t bytes_give(void *ctx, void *buf, size_t len)
{
	struct bytes *b = ctx;
	unsigned char *p = buf;
	size_t i;

	if (len > STATE_LEN - b->given)
		len = STATE_LEN - b->given;
	for (i = 0; i < len; i++)
		p[i] = (unsigned char)((b->given + i) * 2654435761u >> 13);
	b->given += len;
	return (ssize_t)len;
}

static int bytes_take(void *ctx, const void *data, size_t len,
		      unsigned int flags)
{
	struct bytes *b = ctx;
	const unsigned char *p = data;
	size_t i;

	if (flags & SAMR_DELIVERY_FIRST) {
		b->firsts++;
		b->taken = 0;
	}
	for (i = 0; i < len; i++)
		b->bad |= p[i] != (unsigned char)((b->taken + i) *
						  2654435761u >> 13);
	b->taken += len;
	b->lasts += !!(flags & SAMR_DELIVERY_LAST);
	return 0;
}

/* It only receives; "stop" ends it. */
static void *serve(void *arg)
{
	struct bytes *b = arg;
	struct samr_received r;

	while (samr_recv(b->m, &r, 20000) == 1)
		if (is(&r, "stop"))
			return NULL;
	return "samr_recv";
}

/* A program that only receives gives its state, and another one has it. */
TEST(state_is_handed_over)
{
	static const struct samr_state_ops ops = {
		.snapshot = bytes_snapshot,
		.give = bytes_give,
		.take = bytes_take,
	};
	struct bytes b[HEADS] = { };
	struct samr_received r;
	struct samr_info info;
	pthread_t t[HEADS];
	void *bad;
	int i;

	tap_limit(60);
	lab_heads(HEADS);
	for (i = 0; i < HEADS; i++) {
		lab_enter(i + 1);
		CHECK_EQ(samr_open(&b[i].m, SVC, 0), 0);
		CHECK_EQ(samr_state(b[i].m, &ops, &b[i]), 0);
		CHECK_EQ(samr_join(b[i].m, 5000), 0);
		CHECK_EQ(samr_view(b[i].m)->count, i + 1);
		CHECK_EQ(samr_info(b[i].m, &info), 0);
		CHECK_EQ(info.state, i ? SAMR_MEMBER_INSTALLING :
					 SAMR_MEMBER_JOINED);
		say(b[i].m, "hello");
		/* Its own greeting comes behind the state. */
		do
			CHECK_EQ(samr_recv(b[i].m, &r, 20000), 1);
		while (!is(&r, "hello"));
		CHECK_EQ(b[i].lasts, !!i);
		pthread_create(&t[i], NULL, serve, &b[i]);
	}
	say(b[0].m, "stop");
	for (i = 0; i < HEADS; i++) {
		pthread_join(t[i], &bad);
		CHECK(!bad);
		CHECK(!b[i].bad);
		CHECK_EQ(b[i].taken, i ? STATE_LEN : 0);
		CHECK_EQ(b[i].firsts, !!i);
		samr_close(b[i].m);
	}
}

/* Who alone had the state is gone: an error with a way out of it. */
TEST(state_that_nobody_has)
{
	static const struct samr_state_ops ops = {
		.snapshot = bytes_snapshot,
		.give = bytes_give,
		.take = bytes_take,
	};
	struct bytes b[2] = { };
	struct samr_received r;
	int i, err;

	lab_one();
	for (i = 0; i < 2; i++) {
		CHECK_EQ(samr_open(&b[i].m, SVC, SAMR_OPEN_NO_VIEWS), 0);
		CHECK_EQ(samr_state(b[i].m, &ops, &b[i]), 0);
		CHECK_EQ(samr_join(b[i].m, 5000), 0);
	}
	CHECK_EQ(samr_recv(b[1].m, &r, 100), -ETIMEDOUT);
	samr_close(b[0].m);
	err = samr_recv(b[1].m, &r, 5000);
	CHECK_EQ(err, -ENODATA);
	CHECK(strstr(samr_strerror(err), "join again"));
	samr_close(b[1].m);
	CHECK_EQ(samr_open(&b[0].m, SVC, SAMR_OPEN_NO_VIEWS), 0);
	CHECK_EQ(samr_state(b[0].m, &ops, &b[0]), 0);
	CHECK_EQ(samr_join(b[0].m, 5000), 0);
	samr_close(b[0].m);
}

/* ---- clients ---- */

/**
 * struct answerer - a member that answers in a thread of its own
 * @m: the member
 * @count: requests that it has executed; the answer to queries
 * @queries: that it has answered
 * @stop: when it has so many
 */
struct answerer {
	struct samr *m;
	int count;
	int queries;
	int stop;
};

static void *answers(void *arg)
{
	struct answerer *a = arg;
	struct samr_received r;
	char text[64];
	int n;

	while (a->count < a->stop && samr_recv(a->m, &r, 20000) == 1) {
		if (r.delivery.type == SAMR_TYPE_QUERY) {
			a->queries++;
			n = snprintf(text, sizeof(text), "%d", a->count);
			CHECK_EQ(samr_reply(a->m, &r.delivery, text, n), 0);
		}
		if (r.delivery.type != SAMR_TYPE_REQUEST)
			continue;
		n = snprintf(text, sizeof(text), "%d:%.*s", ++a->count,
			     (int)r.len, (const char *)r.data);
		CHECK_EQ(samr_reply(a->m, &r.delivery, text, n), 0);
	}
	return NULL;
}

TEST(connect_says_what_is_wrong)
{
	const struct samr_session_opts bad = { .expiry = 0 };
	struct samr_client *c;
	struct samr *m;

	CHECK_EQ(samr_connect(&c, SVC, NULL, 100), -ENETDOWN);
	lab_one();
	CHECK_EQ(samr_connect(&c, 0, NULL, 100), -EINVAL);
	CHECK_EQ(samr_connect(&c, SVC, &bad, 100), -EINVAL);
	CHECK_EQ(samr_connect(&c, 4711, NULL, 100), -EADDRNOTAVAIL);
	CHECK_EQ(samr_connect(&c, SVC, NULL, 1000), -ECONNREFUSED);
	CHECK(!c);
	m = member(SVC, 0);
	CHECK_EQ(samr_connect(&c, SVC, NULL, 1000), 0);
	CHECK_EQ(samr_call(c, "x", 1, NULL, 0, 50), -ETIMEDOUT);
	samr_close(m);
	CHECK_EQ(samr_call(c, "x", 1, NULL, 0, 5000), -ECONNRESET);
	samr_disconnect(c);
	OK(setgid(NOBODY));
	OK(setuid(NOBODY));
	CHECK_EQ(samr_connect(&c, SVC, NULL, 1000), -EACCES);
}

TEST(a_request_with_an_unknown_outcome)
{
	struct samr_client *c;
	struct samr *m;
	pid_t pid;
	char text[8];

	lab_one();
	pid = OK(fork());
	if (!pid) {
		m = member(SVC, 0);
		next(m);
		_exit(0);
	}
	while (samr_connect(&c, SVC, NULL, 1000) == -ECONNREFUSED)
		usleep(10000);
	CHECK_EQ(samr_call(c, "x", 1, text, sizeof(text), 10000), -EREMOTEIO);
	CHECK_EQ(samr_call(c, "x", 1, text, sizeof(text), 1000), -ECONNRESET);
	samr_disconnect(c);
}

static int last_async;

static void note_async(void *ctx, int result, const void *reply, size_t len)
{
	char text[64], expected[64];
	int i = (int)(intptr_t)ctx;

	CHECK_EQ(result, 0);
	CHECK_EQ(i, last_async + 1);
	last_async = i;
	snprintf(text, sizeof(text), "%.*s", (int)len, (const char *)reply);
	snprintf(expected, sizeof(expected), "%d:%d", i, i);
	CHECK(!strcmp(text, expected));
}

static void note_query(void *ctx, int result, const void *reply, size_t len)
{
	char text[16] = "";

	CHECK_EQ(result, 0);
	CHECK(len < sizeof(text));
	memcpy(text, reply, len);
	*(int *)ctx = atoi(text);
}

/* The client's head has no member: others answer, and what they show is no older. */
TEST(queries_of_a_head_without_a_member)
{
	const struct samr_session_opts early = {
		.flags = SAMR_SESSION_EARLY, .reply_max = 100, .expiry = 1000,
	};
	struct answerer a[HEADS - 1] = { };
	const int count = 60;
	pthread_t thread[HEADS - 1];
	struct samr_client *c, *d;
	int i, shown = -1;
	static char big[SAMR_QUERY_LEN_MAX + 1];
	char text[64];

	tap_limit(120);
	lab_heads(HEADS);
	for (i = 0; i < HEADS - 1; i++) {
		lab_enter(i + 1);
		a[i].m = member(SVC, SAMR_OPEN_NO_VIEWS);
		a[i].stop = count + 1;
		pthread_create(&thread[i], NULL, answers, &a[i]);
	}
	lab_enter(HEADS);
	CHECK_EQ(samr_connect(&c, SVC, NULL, 5000), 0);
	CHECK_EQ(samr_connect(&d, SVC, NULL, 5000), 0);
	for (i = 1; i <= count; i++) {
		CHECK(samr_call(c, "x", 1, text, sizeof(text), 10000) > 0);
		CHECK_EQ(atoi(text), i);
		/* Its own write, and that of another client. */
		memset(text, 0, sizeof(text));
		CHECK(samr_query(c, "?", 1, 0, text, sizeof(text), 10000) > 0);
		CHECK_EQ(atoi(text), i);
		memset(text, 0, sizeof(text));
		CHECK(samr_query(d, "?", 1, SAMR_QUERY_LINEAR, text, sizeof(text),
				 10000) > 0);
		CHECK_EQ(atoi(text), i);
	}
	/* Spread over those that have members. */
	CHECK(a[0].queries > 20);
	CHECK(a[1].queries > 20);
	CHECK_EQ(samr_query_async(c, "?", 1, 0, note_query, &shown), 0);
	CHECK_EQ(samr_client_run(c, 10000), 1);
	CHECK_EQ(shown, count);
	CHECK_EQ(samr_query(c, "?", 1, 8, text, sizeof(text), 100), -EINVAL);
	CHECK_EQ(samr_query(c, big, sizeof(big), 0, text, 1, 100), -EMSGSIZE);
	samr_disconnect(d);
	CHECK_EQ(samr_connect(&d, SVC, &early, 5000), 0);
	CHECK_EQ(samr_query(d, "?", 1, 0, text, sizeof(text), 100), -EOPNOTSUPP);
	samr_disconnect(d);
	CHECK(samr_call(c, "end", 3, text, sizeof(text), 10000) > 0);
	for (i = 0; i < HEADS - 1; i++)
		pthread_join(thread[i], NULL);
	samr_disconnect(c);
}

TEST(calls_on_three_heads)
{
	const int count = 200;
	struct answerer a[HEADS] = { };
	pthread_t thread[HEADS];
	struct samr_client *c;
	char text[64];
	int i, err;

	tap_limit(120);
	lab_heads(HEADS);
	for (i = 0; i < HEADS; i++) {
		lab_enter(i + 1);
		a[i].m = member(SVC, SAMR_OPEN_NO_VIEWS);
		a[i].stop = count + 1;
		pthread_create(&thread[i], NULL, answers, &a[i]);
	}
	CHECK_EQ(samr_connect(&c, SVC, NULL, 5000), 0);
	for (i = 1; i <= count; i++) {
		snprintf(text, sizeof(text), "%d", i);
		while ((err = samr_call_async(c, text, strlen(text), note_async,
					      (void *)(intptr_t)i)) == -EAGAIN)
			CHECK(samr_client_run(c, 5000) > 0);
		CHECK_EQ(err, 0);
	}
	CHECK_EQ(samr_call(c, "end", 3, text, sizeof(text), 10000), 7);
	CHECK(!memcmp(text, "201:end", 7));
	CHECK_EQ(last_async, count);
	CHECK_EQ(samr_client_run(c, 0), 0);
	for (i = 0; i < HEADS; i++) {
		pthread_join(thread[i], NULL);
		CHECK_EQ(a[i].count, count + 1);
	}
	samr_disconnect(c);
}
