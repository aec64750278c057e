// SPDX-License-Identifier: GPL-2.0
/*
 * A member that comes back: sends numbered messages all the time, writes down
 * what happens to it, and joins again when its head was put out of the view.
 *
 *	samr-test-survive NAMESPACE SERVICE FILE INTERVAL_US LEN SAFE
 *
 * until SIGTERM; then it sends no more and ends when nothing has come for a
 * while since. NAMESPACE "-" is the one it is started in; each line is written at once
 * then, as the machine may end at any time. After SIGINT it sends no more and
 * leaves as soon as all that it has sent was delivered. FILE is for history.py, one line each:
 *
 *	join GSEQ INCARNATION PORT		its first view
 *	asks REQUEST				the kernel will be asked to accept it
 *	sent REQUEST				accepted by the kernel
 *	got GSEQ ORIGIN INCARNATION PORT REQUEST HASH US
 *	out ERRNO				the membership is over
 *	left					by itself, with nothing under way
 *	stuck					nothing is ordered for long
 *	end
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
#define LEN_MAX		65536

static volatile sig_atomic_t stopping;
static volatile sig_atomic_t leaving;
static FILE *out;
static uint64_t request;
/* How many it has asked for. */
static uint64_t asked;
/* The next of its own that is to be delivered in this membership. */
static uint64_t awaited;
static unsigned char data[LEN_MAX];
static size_t len;
static long interval_us;
static unsigned int how;

static void on_term(int sig)
{
	(void)sig;
	stopping = 1;
}

static void on_int(int sig)
{
	(void)sig;
	leaving = 1;
}

static void die(const char *what, int err)
{
	fprintf(stderr, "survive: %s: %s\n", what, strerror(err));
	exit(1);
}

/* FNV-1a */
static uint32_t hash_of(const void *bytes, size_t n)
{
	const unsigned char *p = bytes;
	uint32_t h = 2166136261u;

	while (n--)
		h = (h ^ *p++) * 16777619u;
	return h;
}

static void wrote(struct samr *m, const struct samr_received *r)
{
	const struct samr_delivery *d = &r->delivery;

	if (d->type != SAMR_TYPE_MESSAGE)
		return;
	if (d->incarnation == samr_self(m)->incarnation &&
	    d->port == samr_self(m)->port)
		awaited = d->request + 1;
	fprintf(out, "got %llu %llu %llx %u %llu %x %llu\n",
		(unsigned long long)d->gseq, (unsigned long long)d->origin,
		(unsigned long long)d->incarnation, d->port,
		(unsigned long long)d->request, hash_of(r->data, r->len),
		(unsigned long long)util_now_us());
}

/* 0: sent or no room now; else the membership is over */
static int send_one(struct samr *m)
{
	int err;

	if (asked == request) {
		asked++;
		fprintf(out, "asks %llu\n", (unsigned long long)request);
	}
	memcpy(data, &request, sizeof(request));
	err = samr_send(m, data, len, request, how | SAMR_SEND_NOWAIT);
	if (!err)
		fprintf(out, "sent %llu\n", (unsigned long long)request++);
	if (err == -EHOSTUNREACH)
		fprintf(out, "stuck\n");
	return err == -EAGAIN || err == -ENOTCONN || err == -EINTR ||
	       err == -ENOMEM || err == -EHOSTUNREACH ? 0 : err;
}

/* A membership, from its first view to its end; false: no more are wanted. */
static bool live(struct samr *m)
{
	uint64_t next = util_now_us(), heard = util_now_us();
	struct samr_received r;
	bool told = false;
	int err;

	awaited = request;
	fprintf(out, "join %llu %llx %u\n",
		(unsigned long long)samr_view(m)->id,
		(unsigned long long)samr_self(m)->incarnation,
		samr_self(m)->port);
	for (;;) {
		if (leaving && awaited == request) {
			fprintf(out, "left\n");
			return false;
		}
		if (stopping && !told) {
			/* It may have been stopped long before: what it sent last is under way. */
			told = true;
			heard = util_now_us();
		}
		if (!stopping && !leaving && util_now_us() >= next) {
			next = util_now_us() + interval_us;
			err = send_one(m);
			if (err)
				break;
		}
		err = samr_recv(m, &r, stopping ? 100 : 5);
		if (err == 1) {
			wrote(m, &r);
			heard = util_now_us();
			continue;
		}
		if (err != -ETIMEDOUT && err != -EAGAIN && err != -EINTR)
			break;
		if (told && util_now_us() - heard > QUIET_MS * 1000)
			return false;
	}
	fprintf(out, "out %d\n", -err);
	if (err != -ENETRESET)
		die("receive or send", -err);
	return true;
}

int main(int argc, char **argv)
{
	struct sigaction term = { .sa_handler = on_term };
	struct sigaction leave = { .sa_handler = on_int };
	bool again = true;
	struct samr *m;
	int err;

	if (argc != 7) {
		fprintf(stderr, "usage: %s NAMESPACE SERVICE FILE INTERVAL_US LEN SAFE\n",
			argv[0]);
		return 2;
	}
	if (strcmp(argv[1], "-") && util_enter(argv[1]))
		die(argv[1], errno);
	out = fopen(argv[3], "w");
	if (!out)
		die(argv[3], errno);
	if (!strcmp(argv[1], "-"))
		setvbuf(out, NULL, _IOLBF, 0);
	interval_us = atol(argv[4]);
	len = atol(argv[5]);
	if (len < sizeof(request) || len > LEN_MAX)
		die("length", EINVAL);
	how = atoi(argv[6]) ? SAMR_SEND_SAFE : 0;
	sigaction(SIGTERM, &term, NULL);
	sigaction(SIGINT, &leave, NULL);
	while (again) {
		err = samr_open(&m, strtoul(argv[2], NULL, 0), 0);
		if (err)
			die("open", -err);
		do {
			err = samr_join(m, 1000);
		} while ((err == -ETIMEDOUT || err == -EINTR) && !stopping);
		if (err == -ENETRESET && !stopping) {
			samr_close(m);
			continue;
		}
		if (err && !stopping)
			die("join", -err);
		again = !err && live(m);
		samr_close(m);
		if (again)
			usleep(1000);
	}
	fprintf(out, "end\n");
	return fclose(out) ? 1 : 0;
}
