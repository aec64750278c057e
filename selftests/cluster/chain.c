// SPDX-License-Identifier: GPL-2.0
/*
 * Services in series: each is a client of the other one, and has clients of its own.
 *
 *	samr-test-chain serve NAMESPACE SERVICE OTHER FILE
 *	samr-test-chain call NAMESPACE SERVICE FILE ID COUNT INTERVAL_US
 *
 * A client's request is one number that nobody else uses. The service executes it, has OTHER execute
 * it, and answers with what both did: how many they had executed then. The state, which a member that
 * comes later is given, is all of struct state.
 *
 * serve goes on until SIGTERM, also when its head was put out of the view: then it joins
 * again, without a state. When nothing has come for a while since SIGTERM it writes its state,
 * one line for each number that was executed, and how often, by whom. call sends COUNT requests, and
 * writes "done NUMBER HERE THERE" or "failed NUMBER WHAT" for each.
 */
#define _GNU_SOURCE
#include <errno.h>
#include <signal.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>
#include <samr/samr.h>
#include "util.h"

#define QUIET_MS	2500
#define CLIENTS		16
#define EACH		4096		/* numbers of a client */
#define WAITING		1024
#define WINDOW		8

enum { OUTER, INNER };

/* What is asked for. */
struct ask {
	uint32_t how;			/* OUTER: of a client; INNER: of the other service */
	uint32_t number;
};

/* And what is answered. */
struct answer {
	uint32_t number;
	uint32_t failed;		/* the other service has not said; why, 1 + enum samr_call_result */
	uint64_t here;
	uint64_t there;
};

/* A client's request that waits for the other service. */
struct job {
	uint64_t session, request;
	struct answer answer;
};

static struct state {
	uint64_t executed;
	uint64_t digest;
	struct samr_group_client other;
	/* Those from @first on, @count of them; the first @other.made - @other.ended are asked for. */
	uint32_t first, count;
	struct job job[WAITING];
	uint16_t by[2][CLIENTS * EACH];	/* how often it was executed, OUTER or INNER */
} now, copy;

static volatile sig_atomic_t stopping;
static uint32_t other_service;
static struct samr *member;
static size_t given, taken;

static void on_term(int sig)
{
	(void)sig;
	stopping = 1;
}

static void die(const char *what, int err)
{
	fprintf(stderr, "chain: %s: %s\n", what, strerror(err));
	exit(1);
}

/* What cuts a membership short is heard by samr_recv(), too. */
static bool is_over(int err)
{
	return err == -ENETRESET || err == -EPIPE || err == -ENODATA;
}

/* ---- the state's transfer ---- */

static int snapshot(void *ctx, uint64_t gseq)
{
	(void)ctx;
	(void)gseq;
	copy = now;
	given = 0;
	return 0;
}

static ssize_t give(void *ctx, void *buf, size_t len)
{
	(void)ctx;
	if (!buf)
		return 0;
	if (len > sizeof(copy) - given)
		len = sizeof(copy) - given;
	memcpy(buf, (char *)&copy + given, len);
	given += len;
	return (ssize_t)len;
}

static int take(void *ctx, const void *data, size_t len, unsigned int flags)
{
	(void)ctx;
	if (flags & SAMR_DELIVERY_FIRST)
		taken = 0;
	if (taken + len > sizeof(now))
		return -EPROTO;
	if (len)
		memcpy((char *)&now + taken, data, len);
	taken += len;
	return flags & SAMR_DELIVERY_LAST && taken != sizeof(now) ? -EPROTO : 0;
}

static const struct samr_state_ops state_ops = { snapshot, give, take };

/* ---- the service ---- */

static struct job *job(uint32_t i)
{
	return &now.job[(now.first + i) % WAITING];
}

static void answer(const struct samr_delivery *to, const struct answer *a)
{
	int err;

	do
		err = samr_reply(member, to, a, sizeof(*a));
	while (err == -ENOMEM);
	if (err && !is_over(err))
		die("reply", -err);
}

/* The oldest one has its end. */
static void finish(const struct answer *there, uint32_t failed)
{
	struct job *j = job(0);
	const struct samr_delivery to = {
		.type = SAMR_TYPE_REQUEST,
		.session = j->session, .request = j->request,
	};

	if (there && there->number != j->answer.number)
		die("the reply to another request", EPROTO);
	j->answer.failed = failed;
	j->answer.there = there ? there->here : 0;
	answer(&to, &j->answer);
	now.first = (now.first + 1) % WAITING;
	now.count--;
}

/* Ask for what can be asked for. @place: of what has made us do so. */
static void go_on(uint64_t place)
{
	uint64_t under_way = now.other.made - now.other.ended;
	struct ask ask = { .how = INNER };
	int err = 0;

	if (now.count && now.other.state == SAMR_GROUP_NONE)
		do
			err = samr_group_open(member, &now.other, other_service,
					      place, sizeof(struct answer));
		while (err == -EINTR || err == -ENOMEM);
	while (!err && now.other.state == SAMR_GROUP_OPENED &&
	       under_way < now.count) {
		ask.number = job((uint32_t)under_way)->answer.number;
		err = samr_group_call(member, &now.other, &ask, sizeof(ask));
		if (err == -EINTR || err == -ENOMEM)
			err = 0;
		else if (!err)
			under_way++;
	}
	if (err && err != -EAGAIN && !is_over(err))
		die("call", -err);
}

static void execute(const struct samr_received *r)
{
	struct answer a = {};
	struct ask ask;
	struct job *j;

	if (r->len != sizeof(ask))
		die("a request of another length", EPROTO);
	memcpy(&ask, r->data, sizeof(ask));
	if (ask.how > INNER || ask.number >= CLIENTS * EACH)
		die("a request", EPROTO);
	now.by[ask.how][ask.number]++;
	now.digest = (now.digest ^ ask.number ^ (uint64_t)ask.how << 32) *
		     0x100000001b3ULL;
	a.number = ask.number;
	a.here = ++now.executed;
	if (ask.how == INNER) {
		answer(&r->delivery, &a);
		return;
	}
	if (now.count == WAITING)
		die("more requests than clients can have open", EPROTO);
	j = job(now.count++);
	*j = (struct job){ r->delivery.session, r->delivery.request, a };
}

static void called(const struct samr_received *r)
{
	/* Of an end of the session all that was asked for has this one. */
	uint64_t open = now.other.made - now.other.ended;
	struct samr_call_event e = { .result = SAMR_CALL_OPENED };
	struct answer there;
	int err = samr_group_received(&now.other, r);

	if (err < 0)
		die("what was received of a call", -err);
	if (!err)
		return;
	if (r->delivery.type == SAMR_TYPE_RETURN) {
		if (r->len != sizeof(there))
			die("a reply of another length", EPROTO);
		memcpy(&there, r->data, sizeof(there));
		now.digest = (now.digest ^ there.here) * 0x100000001b3ULL;
		finish(&there, 0);
		return;
	}
	memcpy(&e, r->data, sizeof(e));
	if (e.result == SAMR_CALL_OPENED)
		return;
	if (e.result == SAMR_CALL_UNKNOWN)
		open = 1;
	else if (e.result == SAMR_CALL_GONE || e.result == SAMR_CALL_FULL)
		open = now.count;
	while (open--)
		finish(NULL, 1 + e.result);
}

static void act(const struct samr_received *r)
{
	if (r->delivery.type == SAMR_TYPE_REQUEST)
		execute(r);
	else if (r->delivery.type == SAMR_TYPE_RETURN ||
		 r->delivery.type == SAMR_TYPE_CALL)
		called(r);
	else
		return;
	go_on(r->delivery.gseq);
}

static bool is_nothing(int err)
{
	return err == -ETIMEDOUT || err == -EAGAIN || err == -EINTR;
}

/* A membership, to its end; false: no more are wanted. */
static bool live(void)
{
	uint64_t heard = util_now_us();
	struct samr_received r;
	bool told = false;
	int err;

	for (;;) {
		if (stopping && !told) {
			told = true;
			heard = util_now_us();
		}
		err = samr_recv(member, &r, 100);
		if (err == 1) {
			if (r.delivery.type != SAMR_TYPE_VIEW)
				heard = util_now_us();
			act(&r);
			continue;
		}
		if (!is_nothing(err))
			break;
		if (told && util_now_us() - heard > QUIET_MS * 1000)
			return false;
	}
	if (!is_over(err))
		die("receive", -err);
	return !stopping;
}

static void write_state(FILE *f)
{
	uint32_t how, n;

	fprintf(f, "executed %llu digest %llx waiting %u open %llu\n",
		(unsigned long long)now.executed,
		(unsigned long long)now.digest, now.count,
		(unsigned long long)(now.other.made - now.other.ended));
	for (how = OUTER; how <= INNER; how++)
		for (n = 0; n < CLIENTS * EACH; n++)
			if (now.by[how][n])
				fprintf(f, "%s %u %u\n",
					how == OUTER ? "outer" : "inner", n,
					now.by[how][n]);
}

static void serve(uint32_t service, FILE *f)
{
	bool again = true;
	int err;

	while (again) {
		memset(&now, 0, sizeof(now));
		err = samr_open(&member, service, 0);
		if (!err)
			err = samr_state(member, &state_ops, NULL);
		if (err)
			die("open", -err);
		do
			err = samr_join(member, 1000);
		while (is_nothing(err) && !stopping);
		if (err && !is_over(err) && !stopping)
			die("join", -err);
		again = err ? !stopping : live();
		if (!again)
			write_state(f);
		samr_close(member);
	}
}

/* ---- a client ---- */

static struct client {
	FILE *f;
	bool gone;
	unsigned int ended;
} client;

static void on_end(void *ctx, int result, const void *reply, size_t len)
{
	uint32_t number = (uint32_t)(uintptr_t)ctx;
	struct answer a = {};

	client.ended++;
	if (!result && len == sizeof(a))
		memcpy(&a, reply, sizeof(a));
	if (result)
		fprintf(client.f, "failed %u %s\n", number, strerror(-result));
	else if (a.number != number || a.failed)
		fprintf(client.f, "failed %u answer %u of %u\n", number,
			a.failed, a.number);
	else
		fprintf(client.f, "done %u %llu %llu\n", number,
			(unsigned long long)a.here, (unsigned long long)a.there);
	fflush(client.f);
}

static void call(uint32_t service, FILE *f, uint32_t id, unsigned int count,
		 long interval)
{
	uint64_t next = util_now_us();
	struct ask ask = { .how = OUTER };
	unsigned int sent = 0;
	struct samr_client *c;
	int err;

	if (id >= CLIENTS || count > EACH)
		die("client", EINVAL);
	client.f = f;
	err = samr_connect(&c, service, NULL, 60000);
	if (err)
		die("connect", -err);
	while (client.ended < count) {
		if (sent < count && sent - client.ended < WINDOW &&
		    util_now_us() >= next) {
			ask.number = id * EACH + sent;
			err = samr_call_async(c, &ask, sizeof(ask), on_end,
					      (void *)(uintptr_t)ask.number);
			if (!err)
				sent++;
			next = util_now_us() + (uint64_t)interval;
			if (err && err != -EAGAIN && err != -EHOSTUNREACH &&
			    err != -ENOMEM)
				die("request", -err);
		}
		err = samr_client_run(c, 5);
		if (!client.ended && err == -EHOSTUNREACH)
			usleep(10000);
		if (err < 0 && !is_nothing(err) && err != -EHOSTUNREACH)
			die("replies", -err);
	}
	samr_disconnect(c);
}

int main(int argc, char **argv)
{
	struct sigaction term = { .sa_handler = on_term };
	bool serves = argc == 6 && !strcmp(argv[1], "serve");
	uint32_t service;
	FILE *f;

	if (!serves && (argc != 8 || strcmp(argv[1], "call"))) {
		fprintf(stderr, "usage: %s serve NAMESPACE SERVICE OTHER FILE | call NAMESPACE SERVICE FILE ID COUNT INTERVAL_US\n",
			argv[0]);
		return 2;
	}
	if (util_enter(argv[2]))
		die(argv[2], errno);
	service = (uint32_t)strtoul(argv[3], NULL, 0);
	f = fopen(argv[serves ? 5 : 4], "w");
	if (!f)
		die("file", errno);
	sigaction(SIGTERM, &term, NULL);
	if (serves) {
		other_service = (uint32_t)strtoul(argv[4], NULL, 0);
		serve(service, f);
	} else {
		call(service, f, (uint32_t)atoi(argv[5]),
		     (unsigned int)atoi(argv[6]), atol(argv[7]));
	}
	return fclose(f) ? 1 : 0;
}
