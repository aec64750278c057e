// SPDX-License-Identifier: GPL-2.0
/*
 * A service that lives by its alarms: the end of each sets others, until there were enough.
 *
 *	samr-test-alarms serve NAMESPACE SERVICE FILE
 *	samr-test-alarms ask NAMESPACE SERVICE COUNT
 *
 * ask has it set COUNT more, and writes how many were set and have come to their end. serve goes on
 * until SIGTERM, also when its head was put out of the view: then it joins again, without a
 * state. At the end it writes what it has read of each alarm, and where: that is all part of the state, so
 * it has to be the same everywhere.
 */
#define _GNU_SOURCE
#include <errno.h>
#include <signal.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <samr/samr.h>
#include "util.h"

#define MS	1000000ULL
#define CHAINS	16	/* that are awaited at a time, about */
#define MOST	4096
#define WAITING	64

/* An alarm that is awaited. */
struct awaited {
	uint64_t number, due;
	uint32_t cancelled;
	uint32_t reserved;
};

/* One that has come to its end. */
struct ended {
	uint64_t place, number;
	uint32_t result;
	uint32_t late_ms;
};

static struct state {
	uint32_t wanted, set, count, ends;
	struct awaited awaited[WAITING];
	struct ended ended[MOST];
} now, copy;

static volatile sig_atomic_t stopping;
static struct samr *member;
static size_t given, taken;

static void on_term(int sig)
{
	(void)sig;
	stopping = 1;
}

static void die(const char *what, int err)
{
	fprintf(stderr, "alarms: %s: %s\n", what, strerror(err));
	exit(1);
}

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

/* Whoever is put out in the middle of it is told where it reads. */
static void asked(int err)
{
	if (err && !is_over(err))
		die("alarm", -err);
}

static void set(const struct samr_delivery *d, unsigned int nth, uint64_t dice)
{
	struct awaited *a = &now.awaited[now.count++];
	int err;

	*a = (struct awaited){
		.number = samr_alarm_number(d, nth),
		.due = d->time + (20 + dice % 1000) * MS,
	};
	now.set++;
	do
		err = samr_alarm_set(member, a->number, a->due);
	while (err == -EINTR || err == -ENOMEM);
	asked(err);
}

static void cancel(const struct samr_delivery *d, unsigned int nth,
		   struct awaited *a)
{
	int err;

	a->cancelled = 1;
	do
		err = samr_alarm_cancel(member, samr_alarm_number(d, nth),
					a->number);
	while (err == -EINTR || err == -ENOMEM);
	asked(err);
}

static void act(const struct samr_delivery *d)
{
	uint64_t dice = d->random;
	unsigned int nth = 0;

	while (now.set < now.wanted && now.count < CHAINS) {
		set(d, nth++, dice);
		dice = dice * 6364136223846793005ULL + 1442695040888963407ULL;
	}
	if (now.count && dice >> 33 & 7)
		return;
	if (now.count && !now.awaited[now.count - 1].cancelled)
		cancel(d, nth, &now.awaited[now.count - 1]);
}

static void heard(const struct samr_received *r)
{
	struct samr_alarm_event e = { .result = 99 };
	struct awaited *a = now.awaited, *last = a + now.count;

	if (r->len == sizeof(e))
		memcpy(&e, r->data, sizeof(e));
	for (; a < last && a->number != e.number; a++)
		;
	if (a == last || now.ends == MOST)
		die("the end of what nobody awaits", EPROTO);
	if (e.result == SAMR_ALARM_RUNG && r->delivery.time < a->due)
		die("it rings before its time", EPROTO);
	if (e.result == SAMR_ALARM_CANCELLED && !a->cancelled)
		die("nobody has cancelled it", EPROTO);
	now.ended[now.ends++] = (struct ended){
		.place = r->delivery.gseq, .number = e.number,
		.result = e.result,
		.late_ms = e.result == SAMR_ALARM_RUNG ?
			   (uint32_t)((r->delivery.time - a->due) / MS) : 0,
	};
	memmove(a, a + 1, (size_t)(last - a - 1) * sizeof(*a));
	memset(last - 1, 0, sizeof(*a));
	now.count--;
}

static void execute(const struct samr_received *r)
{
	uint32_t more = 0, answer[2];
	int err;

	if (r->len == sizeof(more))
		memcpy(&more, r->data, sizeof(more));
	now.wanted += more > MOST - now.wanted ? MOST - now.wanted : more;
	answer[0] = now.set;
	answer[1] = now.ends;
	do
		err = samr_reply(member, &r->delivery, answer, sizeof(answer));
	while (err == -ENOMEM);
	if (err && !is_over(err))
		die("reply", -err);
}

static bool is_nothing(int err)
{
	return err == -ETIMEDOUT || err == -EAGAIN || err == -EINTR;
}

/* A membership, to its end; false: no more are wanted. */
static bool live(void)
{
	struct samr_received r;
	int err;

	while (!stopping) {
		err = samr_recv(member, &r, 100);
		if (is_nothing(err))
			continue;
		if (err != 1) {
			if (!is_over(err))
				die("receive", -err);
			return true;
		}
		if (r.delivery.type == SAMR_TYPE_REQUEST)
			execute(&r);
		else if (r.delivery.type == SAMR_TYPE_ALARM)
			heard(&r);
		else
			continue;
		act(&r.delivery);
	}
	return false;
}

static void write_state(FILE *f)
{
	uint32_t n;

	fprintf(f, "set %u awaited %u ended %u\n", now.set, now.count, now.ends);
	for (n = 0; n < now.ends; n++)
		fprintf(f, "%llu %llu %u %u\n",
			(unsigned long long)now.ended[n].number,
			(unsigned long long)now.ended[n].place,
			now.ended[n].result, now.ended[n].late_ms);
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
		samr_close(member);
	}
	write_state(f);
}

static void ask(uint32_t service, uint32_t count)
{
	struct samr_client *c;
	uint32_t answer[2];
	ssize_t len;
	int err = samr_connect(&c, service, NULL, 60000);

	if (err)
		die("connect", -err);
	len = samr_call(c, &count, sizeof(count), answer, sizeof(answer), 60000);
	if (len != sizeof(answer))
		die("ask", len < 0 ? (int)-len : EPROTO);
	printf("%u %u\n", answer[0], answer[1]);
	samr_disconnect(c);
}

int main(int argc, char **argv)
{
	struct sigaction term = { .sa_handler = on_term };
	bool serves = argc == 5 && !strcmp(argv[1], "serve");
	uint32_t service;
	FILE *f;

	if (!serves && (argc != 5 || strcmp(argv[1], "ask"))) {
		fprintf(stderr, "usage: %s serve NAMESPACE SERVICE FILE | ask NAMESPACE SERVICE COUNT\n",
			argv[0]);
		return 2;
	}
	if (util_enter(argv[2]))
		die(argv[2], errno);
	service = (uint32_t)strtoul(argv[3], NULL, 0);
	if (!serves) {
		ask(service, (uint32_t)strtoul(argv[4], NULL, 0));
		return 0;
	}
	f = fopen(argv[4], "w");
	if (!f)
		die("file", errno);
	sigaction(SIGTERM, &term, NULL);
	serve(service, f);
	return fclose(f) ? 1 : 0;
}
