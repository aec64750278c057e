// SPDX-License-Identifier: GPL-2.0
/*
 * A member whose state is so many bytes, for transfer.sh.
 *
 *	samr-bench-transfer NAMESPACE SERVICE KIB INTERVAL_US
 *
 * With KIB above 0 it begins with such a state and gives it to whoever comes; it
 * ends with SIGTERM. With 0 it takes the state and prints what that took: bytes,
 * us. INTERVAL_US above 0: it sends a SAFE message of 200 bytes every so many us, and
 * at its end prints how long each took until it was delivered here: messages, median,
 * most, us.
 */
#define _GNU_SOURCE
#include <errno.h>
#include <signal.h>
#include <stdbool.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>
#include <samr/samr.h>
#include "../cluster/util.h"

#define LEN		200
#define SENT_MAX	(1 << 20)

static volatile sig_atomic_t stopping;
static uint64_t size, given, taken, begun_us;
static bool complete;
static uint32_t took_us[SENT_MAX];
static uint64_t sent_us[SENT_MAX];
static uint64_t sent, delivered;

static void on_term(int sig)
{
	(void)sig;
	stopping = 1;
}

static void die(const char *what, int err)
{
	fprintf(stderr, "samr-bench-transfer: %s: %s\n", what, strerror(err));
	exit(1);
}

static int snapshot(void *ctx, uint64_t gseq)
{
	(void)ctx;
	(void)gseq;
	given = 0;
	return 0;
}

static ssize_t give(void *ctx, void *buf, size_t len)
{
	(void)ctx;
	if (!buf)
		return 0;
	if (len > size - given)
		len = size - given;
	memset(buf, (int)(given >> 16), len);
	given += len;
	return (ssize_t)len;
}

static int take(void *ctx, const void *data, size_t len, unsigned int flags)
{
	(void)ctx;
	(void)data;
	if (flags & SAMR_DELIVERY_FIRST) {
		begun_us = util_now_us();
		taken = 0;
	}
	taken += len;
	complete = flags & SAMR_DELIVERY_LAST;
	return 0;
}

static int compare(const void *a, const void *b)
{
	uint32_t x = *(const uint32_t *)a, y = *(const uint32_t *)b;

	return x < y ? -1 : x > y;
}

static void say(void)
{
	if (!delivered)
		return;
	qsort(took_us, delivered, sizeof(took_us[0]), compare);
	printf("messages %llu median %u most %u\n",
	       (unsigned long long)delivered, took_us[delivered / 2],
	       took_us[delivered - 1]);
}

static void send_one(struct samr *m)
{
	char data[LEN] = "";
	int err;

	if (sent == SENT_MAX)
		return;
	sent_us[sent] = util_now_us();
	err = samr_send(m, data, sizeof(data), sent,
			SAMR_SEND_SAFE | SAMR_SEND_NOWAIT);
	if (!err)
		sent++;
	else if (err != -EAGAIN && err != -ENOMEM && err != -ENOTCONN)
		die("send", -err);
}

static void live(struct samr *m, long interval)
{
	uint64_t next = util_now_us();
	struct samr_received r;
	int err;

	while (!stopping && !(complete && !size)) {
		if (interval && util_now_us() >= next) {
			next += (uint64_t)interval;
			send_one(m);
		}
		err = samr_recv(m, &r, 1);
		if (err == -ETIMEDOUT || err == -EINTR)
			continue;
		if (err < 0)
			die("receive", -err);
		if (err && !r.view && r.delivery.incarnation ==
		    samr_self(m)->incarnation &&
		    r.delivery.port == samr_self(m)->port)
			took_us[delivered++] = (uint32_t)(util_now_us() -
						sent_us[r.delivery.request]);
	}
}

int main(int argc, char **argv)
{
	const struct samr_state_ops ops = {
		.snapshot = snapshot, .give = give, .take = take,
	};
	struct sigaction term = { .sa_handler = on_term };
	struct samr *m;
	int err;

	if (argc != 5) {
		fprintf(stderr, "usage: %s NAMESPACE SERVICE KIB INTERVAL_US\n",
			argv[0]);
		return 2;
	}
	if (util_enter(argv[1]))
		die(argv[1], errno);
	size = strtoull(argv[3], NULL, 0) << 10;
	sigaction(SIGTERM, &term, NULL);
	err = samr_open(&m, (uint32_t)strtoul(argv[2], NULL, 0), 0);
	if (!err)
		err = samr_state(m, &ops, NULL);
	if (!err)
		err = samr_join(m, 30000);
	if (err)
		die("join", -err);
	live(m, atol(argv[4]));
	if (!size)
		printf("bytes %llu us %llu\n", (unsigned long long)taken,
		       (unsigned long long)(util_now_us() - begun_us));
	say();
	samr_close(m);
	return 0;
}
