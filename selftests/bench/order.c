// SPDX-License-Identifier: GPL-2.0
/*
 * How long the order takes, for one sender at a time:
 *
 *	samr-bench-order listen SERVICE              a member that takes what comes
 *	samr-bench-order send SERVICE LEN COUNT      another one that sends, and waits for its own message
 *
 * The sender prints least and median time from its send() to its recv() of that message, ns. The listeners run on the
 * other heads, for what they cost.
 */
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>
#include <samr/samr.h>

#define SILENCE_MS	20000
#define WARM		20	/* messages before it measures */

static void die(const char *what, int err)
{
	fprintf(stderr, "samr-bench-order: %s: %s\n", what,
		err ? samr_strerror(err) : "wrong");
	exit(1);
}

static uint64_t now_ns(void)
{
	struct timespec t;

	clock_gettime(CLOCK_MONOTONIC, &t);
	return t.tv_sec * 1000000000ULL + t.tv_nsec;
}

static struct samr *join(const char *service)
{
	struct samr *m;
	int err;

	err = samr_open(&m, atoi(service), 0);
	if (err)
		die("open", err);
	err = samr_join(m, SILENCE_MS);
	if (err)
		die("join", err);
	return m;
}

static void listen_to(struct samr *m)
{
	struct samr_received r;
	int err;

	do
		err = samr_recv(m, &r, -1);
	while (err == 1);
	die("recv", err);
}

static uint64_t once(struct samr *m, const char *message, size_t len,
		     uint64_t request)
{
	uint64_t begin = now_ns();
	struct samr_received r;
	int err;

	err = samr_send(m, message, len, request, 0);
	if (err)
		die("send", err);
	do {
		err = samr_recv(m, &r, SILENCE_MS);
		if (err != 1)
			die("recv", err);
	} while (r.delivery.type != SAMR_TYPE_MESSAGE ||
		 r.delivery.request != request);
	return now_ns() - begin;
}

static int by_time(const void *a, const void *b)
{
	const uint64_t *x = a, *y = b;

	return *x < *y ? -1 : *x > *y;
}

static void measure(struct samr *m, size_t len, size_t count)
{
	uint64_t *took = calloc(count, sizeof(*took));
	char *message = calloc(1, len);
	const struct timespec pause = { .tv_nsec = 2000000 };
	uint64_t i, t;

	if (!took || !message || !count)
		die("arguments", 0);
	for (i = 0; i < WARM + count; i++) {
		nanosleep(&pause, NULL);	/* what the last one left behind is done */
		t = once(m, message, len, i);
		if (i >= WARM)
			took[i - WARM] = t;
	}
	qsort(took, count, sizeof(*took), by_time);
	printf("%llu %llu\n", (unsigned long long)took[0],
	       (unsigned long long)took[count / 2]);
}

int main(int argc, char **argv)
{
	if (argc == 3 && !strcmp(argv[1], "listen"))
		listen_to(join(argv[2]));
	if (argc == 5 && !strcmp(argv[1], "send")) {
		measure(join(argv[2]), atoi(argv[3]), atoi(argv[4]));
		return 0;
	}
	fprintf(stderr, "usage: see the top of selftests/bench/order.c\n");
	return 2;
}
