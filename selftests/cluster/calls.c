// SPDX-License-Identifier: GPL-2.0
/*
 * A service on one head, or a client of it, for tests in which heads fall silent.
 *
 *	samr-test-calls serve NETNS SERVICE LOG
 *	samr-test-calls call NETNS SERVICE LOG CLIENT DEPTH EVERY_US
 *
 * The service's state is the list of all requests that it executed, and each reply is
 * the request's place in it; the answer to a query is its length and the last one. A member that was put out joins again and is given the
 * state. At SIGTERM it is written to LOG: "CLIENT NUMBER" in each line.
 *
 * A client keeps DEPTH requests and queries without a reply. LOG gets a line for each:
 * "ok CLIENT NUMBER PLACE SENT DONE" of a request, "read CLIENT linear|session LENGTH
 * LAST-CLIENT LAST-NUMBER SENT DONE" of a query, with the times of a clock that all share,
 * us; "unknown CLIENT NUMBER", "undone CLIENT NUMBER", "unread CLIENT"; a session that is gone is followed by another one, and that is written, too. At SIGTERM it waits
 * for what is still without a reply.
 */
#define _GNU_SOURCE
#include <errno.h>
#include <inttypes.h>
#include <signal.h>
#include <stdbool.h>
#include <stdlib.h>
#include <string.h>
#include <samr/samr.h>
#include "util.h"

#define PATIENCE_US	30000000ULL

static volatile sig_atomic_t stop;

static void on_term(int sig)
{
	(void)sig;
	stop = 1;
}

static int fail(const char *what, int err)
{
	fprintf(stderr, "%s: %s\n", what, samr_strerror(err));
	return 1;
}

struct request {
	uint64_t client;
	uint64_t number;
};

/* What the answer to a query shows: all zero when nothing was executed. */
struct seen {
	uint64_t length;
	struct request last;
};

/* ---- the service ---- */

static struct request *list;
static size_t count, room, given, frozen;

static void append(const struct request *r)
{
	if (count == room) {
		room = room ? 2 * room : 1024;
		list = realloc(list, room * sizeof(*list));
		if (!list)
			abort();
	}
	list[count++] = *r;
}

static int on_snapshot(void *ctx, uint64_t gseq)
{
	(void)ctx;
	(void)gseq;
	frozen = count;
	given = 0;
	return 0;
}

static ssize_t on_give(void *ctx, void *buf, size_t len)
{
	size_t n = len / sizeof(*list);

	(void)ctx;
	if (!buf)
		return 0;
	if (n > frozen - given)
		n = frozen - given;
	memcpy(buf, list + given, n * sizeof(*list));
	given += n;
	return (ssize_t)(n * sizeof(*list));
}

static int on_take(void *ctx, const void *data, size_t len, unsigned int flags)
{
	const struct request *r = data;

	(void)ctx;
	if (flags & SAMR_DELIVERY_FIRST)
		count = 0;
	if (len % sizeof(*r))
		return -1;
	for (; len; len -= sizeof(*r))
		append(r++);
	return 0;
}

static const struct samr_state_ops state_ops = {
	.snapshot = on_snapshot, .give = on_give, .take = on_take,
};

static int show(struct samr *m, const struct samr_delivery *query)
{
	struct seen s = { .length = count };

	if (count)
		s.last = list[count - 1];
	return samr_reply(m, query, &s, sizeof(s));
}

/* One membership. Return: why it ended. */
static int serve_once(uint32_t service)
{
	struct samr_received r;
	struct samr *m;
	uint64_t place;
	int err = samr_open(&m, service, SAMR_OPEN_NO_VIEWS);

	if (err)
		return err;
	err = samr_state(m, &state_ops, NULL);
	while (!err && !stop) {
		err = samr_join(m, 200);
		if (err != -ETIMEDOUT && err != -EINTR)
			break;
		err = 0;
	}
	while (!err && !stop) {
		err = samr_recv(m, &r, 200);
		if (err == -ETIMEDOUT || err == -EINTR) {
			err = 0;
			continue;
		}
		if (err != 1)
			break;
		err = 0;
		if (r.delivery.type == SAMR_TYPE_QUERY) {
			err = show(m, &r.delivery);
			continue;
		}
		if (r.delivery.type != SAMR_TYPE_REQUEST ||
		    r.len != sizeof(struct request))
			continue;
		place = count;
		append(r.data);
		err = samr_reply(m, &r.delivery, &place, sizeof(place));
	}
	samr_close(m);
	return err;
}

static int serve(uint32_t service, FILE *log)
{
	size_t i;
	int err;

	while (!stop) {
		err = serve_once(service);
		if (stop)
			break;
		fprintf(stderr, "membership over: %s\n", samr_strerror(err));
		if (err != -ENETRESET && err != -ENODATA && err != -EHOSTUNREACH)
			return 1;
		usleep(20000);
	}
	for (i = 0; i < count; i++)
		fprintf(log, "%" PRIu64 " %" PRIu64 "\n", list[i].client,
			list[i].number);
	return 0;
}

/* ---- the client ---- */

/**
 * struct caller - a client
 * @log: of it
 * @name: of this session
 * @number: of its last request
 * @turn: it makes a request, a query, and a linearizable one, in turn
 * @waiting: requests and queries without an end
 * @longest: time from one reply to the next, us
 * @last: when the last one came
 */
struct caller {
	FILE *log;
	uint64_t name;
	uint64_t number;
	unsigned int turn;
	unsigned int waiting;
	uint64_t longest;
	uint64_t last;
};

static struct caller caller;

/**
 * struct asked - a request or a query; on the heap until its end
 * @r: the request; of a query only its client counts
 * @linear: a query is
 * @sent: when
 */
struct asked {
	struct request r;
	bool linear;
	uint64_t sent;
};

static void on_answer(void *ctx, int result, const void *reply, size_t len)
{
	struct asked *q = ctx;
	struct seen s;

	caller.waiting--;
	if (!result && len == sizeof(s)) {
		memcpy(&s, reply, sizeof(s));
		fprintf(caller.log, "read %" PRIu64 " %s %" PRIu64 " %" PRIu64
			" %" PRIu64 " %" PRIu64 " %" PRIu64 "\n", q->r.client,
			q->linear ? "linear" : "session", s.length,
			s.last.client, s.last.number, q->sent, util_now_us());
	} else {
		fprintf(caller.log, "%s %" PRIu64 "\n",
			result == -ECANCELED ? "unread" : "wrong", q->r.client);
	}
	free(q);
}

static void on_end(void *ctx, int result, const void *reply, size_t len)
{
	struct asked *q = ctx;
	const struct request *r = &q->r;
	uint64_t place = 0, now = util_now_us();

	caller.waiting--;
	if (!result && len == sizeof(place)) {
		memcpy(&place, reply, sizeof(place));
		fprintf(caller.log, "ok %" PRIu64 " %" PRIu64 " %" PRIu64 " %" PRIu64
			" %" PRIu64 "\n", r->client, r->number, place, q->sent, now);
		if (caller.last && now - caller.last > caller.longest)
			caller.longest = now - caller.last;
		caller.last = now;
	} else {
		fprintf(caller.log, "%s %" PRIu64 " %" PRIu64 "\n",
			!result ? "wrong" : result == -EREMOTEIO ? "unknown" :
			result == -ECANCELED ? "undone" : "what",
			r->client, r->number);
	}
	free(q);
}

/* Return: 0, -EAGAIN, or why the session is of no use any more. */
static int ask(struct samr_client *c)
{
	struct asked *q = calloc(1, sizeof(*q));
	bool query = caller.turn % 3;
	int err;

	if (!q)
		abort();
	q->r.client = caller.name;
	q->r.number = caller.number + 1;
	q->linear = caller.turn % 3 == 2;
	q->sent = util_now_us();
	err = query ? samr_query_async(c, "?", 1, q->linear ? SAMR_QUERY_LINEAR : 0,
				       on_answer, q) :
	      samr_call_async(c, &q->r, sizeof(q->r), on_end, q);
	if (err) {
		free(q);
		return err == -EHOSTUNREACH ? -EAGAIN : err;
	}
	caller.number += !query;
	caller.turn++;
	caller.waiting++;
	return 0;
}

/* One session. Return: 0: it was asked to stop. */
static int call_once(struct samr_client *c, unsigned int depth, unsigned int every)
{
	uint64_t until = 0, next = 0, now;
	int err = 0;

	while (!err || err == -EAGAIN) {
		now = util_now_us();
		if (stop && !until)
			until = now + PATIENCE_US;
		if (stop && (!caller.waiting || now > until))
			return 0;
		if (!stop && caller.waiting < depth && now >= next) {
			err = ask(c);
			next = now + every;
			continue;
		}
		err = samr_client_run(c, 5);
		if (err >= 0 || err == -ETIMEDOUT || err == -EINTR)
			err = 0;
		if (err == -EHOSTUNREACH) {
			usleep(5000);
			err = 0;
		} else if (!err && !caller.waiting && now < next) {
			usleep((useconds_t)(next - now));
		}
	}
	return err;
}

static int call(uint32_t service, FILE *log, uint64_t name, unsigned int depth,
		unsigned int every)
{
	struct samr_client *c;
	unsigned int sessions;
	int err = 0;

	caller.log = log;
	for (sessions = 0; !stop; sessions++) {
		caller.name = name * 1000 + sessions;
		caller.number = 0;
		err = samr_connect(&c, service, NULL, 20000);
		if (err)
			return fail("connect", err);
		err = call_once(c, depth, every);
		samr_disconnect(c);
		if (!err)
			break;
		if (err != -ECONNRESET)
			return fail("call", err);
		fprintf(log, "session %" PRIu64 "\n", caller.name);
		usleep(100000);
	}
	fprintf(log, "longest %" PRIu64 "\n", caller.longest / 1000);
	return caller.waiting ? fail("requests without an end", -ETIMEDOUT) : 0;
}

int main(int argc, char **argv)
{
	struct sigaction sa = { .sa_handler = on_term };
	uint32_t service;
	FILE *log;
	int ret;

	if (!((argc == 5 && !strcmp(argv[1], "serve")) ||
	      (argc == 8 && !strcmp(argv[1], "call")))) {
		fprintf(stderr, "usage: samr-test-calls serve NETNS SERVICE LOG\n"
			"       samr-test-calls call NETNS SERVICE LOG CLIENT DEPTH EVERY_US\n");
		return 2;
	}
	sigaction(SIGTERM, &sa, NULL);
	sigaction(SIGINT, &sa, NULL);
	if (util_enter(argv[2])) {
		perror(argv[2]);
		return 1;
	}
	service = (uint32_t)atoi(argv[3]);
	log = fopen(argv[4], "w");
	if (!log) {
		perror(argv[4]);
		return 1;
	}
	setlinebuf(log);
	if (argc == 5)
		ret = serve(service, log);
	else
		ret = call(service, log, (uint64_t)atoi(argv[5]),
			   (unsigned int)atoi(argv[6]),
			   (unsigned int)atoi(argv[7]));
	return fclose(log) ? 1 : ret;
}
