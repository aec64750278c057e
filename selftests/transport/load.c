// SPDX-License-Identifier: GPL-2.0
/*
 * One member that sends and receives:
 *
 *	samr-test-load SERVICE MEMBERS COUNT LEN [PAUSE_US]
 *
 * Waits until MEMBERS are in the group, then sends COUNT messages of LEN bytes,
 * PAUSE_US apart, and receives those of all. When all have come it prints one
 * line, a digest of what came in which order: it is the same at all members.
 * With a COUNT of 0 it sends until a signal ends it. Fails when a message is not
 * what its sender sent, or when nothing comes for 20 seconds.
 */
#include <errno.h>
#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>
#include <samr/samr.h>

#define SILENCE_MS	20000

/**
 * struct load - what is going on
 * @m: the member
 * @members: wanted
 * @count: messages that each sends
 * @len: bytes of each
 * @pause: between them, microseconds
 * @due: when the next may be sent, microseconds
 * @sent: by this one
 * @received: of all
 * @digest: of what was received, in order
 * @buf: a message
 */
struct load {
	struct samr *m;
	unsigned int members;
	uint64_t count;
	size_t len;
	uint64_t pause;
	uint64_t due;
	uint64_t sent;
	uint64_t received;
	uint64_t digest;
	unsigned char *buf;
};

static void die(const char *what, int err)
{
	fprintf(stderr, "samr-test-load: %s: %s\n", what,
		err ? samr_strerror(err) : "wrong");
	exit(1);
}

static uint64_t now_us(void)
{
	struct timespec t;

	clock_gettime(CLOCK_MONOTONIC, &t);
	return t.tv_sec * 1000000ULL + t.tv_nsec / 1000;
}

static void digest(struct load *l, const void *data, size_t len)
{
	const unsigned char *p = data;

	while (len--)
		l->digest = (l->digest ^ *p++) * 1099511628211ULL;
}

/* The bytes of message @request of a sender, which it and all others know. */
static void fill(struct load *l, uint64_t port, uint64_t request)
{
	struct samr_random r;

	samr_random_init(&r, port * 1000003 + request);
	samr_random_bytes(&r, l->buf, l->len);
}

static uint64_t sender_of(const struct samr_view_member *v)
{
	return v->node << 32 | v->port;
}

static void take(struct load *l, const struct samr_received *r)
{
	const struct samr_delivery *d = &r->delivery;
	uint64_t sender = d->origin << 32 | d->port;

	if (d->type != SAMR_TYPE_MESSAGE)
		return;
	fill(l, sender, d->request);
	if (r->len != l->len || memcmp(r->data, l->buf, l->len))
		die("a message's bytes", 0);
	digest(l, &d->gseq, sizeof(d->gseq));
	digest(l, &sender, sizeof(sender));
	digest(l, &d->request, sizeof(d->request));
	digest(l, &d->time, sizeof(d->time));
	l->received++;
}

static void send_one(struct load *l)
{
	int err;

	fill(l, sender_of(samr_self(l->m)), l->sent);
	err = samr_send(l->m, l->buf, l->len, l->sent, SAMR_SEND_NOWAIT);
	if (err == -EAGAIN)
		return;
	if (err)
		die("send", err);
	l->sent++;
	l->due = now_us() + l->pause;
}

static void wait_for_members(struct load *l)
{
	struct samr_received r;
	int err;

	while (samr_view(l->m)->count < l->members) {
		err = samr_recv(l->m, &r, SILENCE_MS);
		if (err != 1)
			die("waiting for members", err);
		take(l, &r);
	}
}

static void run(struct load *l)
{
	uint64_t end = now_us() + SILENCE_MS * 1000ULL;
	struct samr_received r;
	int ret;

	while (!l->count || l->received < l->count * l->members) {
		if ((!l->count || l->sent < l->count) && now_us() >= l->due)
			send_one(l);
		ret = samr_recv(l->m, &r, 1);
		if (ret == 1) {
			take(l, &r);
			end = now_us() + SILENCE_MS * 1000ULL;
		} else if (ret != -ETIMEDOUT && ret != -EAGAIN) {
			die("receive", ret);
		} else if (now_us() > end) {
			fprintf(stderr, "samr-test-load: sent %" PRIu64 ", received %" PRIu64 "\n",
				l->sent, l->received);
			die("nothing comes", -ETIMEDOUT);
		}
	}
}

int main(int argc, char **argv)
{
	struct load l = { .digest = 14695981039346656037ULL };
	int err;

	if (argc < 5 || argc > 6) {
		fprintf(stderr, "usage: samr-test-load SERVICE MEMBERS COUNT LEN [PAUSE_US]\n");
		return 2;
	}
	l.members = atoi(argv[2]);
	l.count = strtoull(argv[3], NULL, 10);
	l.len = strtoul(argv[4], NULL, 10);
	l.pause = argc > 5 ? strtoull(argv[5], NULL, 10) : 0;
	l.buf = malloc(l.len + 1);
	err = l.buf ? samr_open(&l.m, atoi(argv[1]), 0) : -ENOMEM;
	if (err)
		die("open", err);
	err = samr_join(l.m, SILENCE_MS);
	if (err)
		die("join", err);
	wait_for_members(&l);
	run(&l);
	printf("%" PRIu64 " messages, digest %016" PRIx64 "\n", l.received,
	       l.digest);
	samr_close(l.m);
	free(l.buf);
	return 0;
}
