// SPDX-License-Identifier: GPL-2.0
/*
 * Load for a cluster in network namespaces samr1, samr2, ... (scripts/lab): on
 * each head, in each group, one thread that sends and one that receives. What
 * was accepted and what was delivered is written down, line by line, for
 * verify.py, which judges; here only what keeps the load from running fails.
 *
 * DIR/sent-HEAD-GROUP:	request len crc flags
 * DIR/got-HEAD-GROUP:	gseq origin incarnation port request len crc flags
 *			time random view at
 *
 * The last message of each sender is the end; a receiver stops when it has the
 * ends of all.
 */
#define _GNU_SOURCE
#include <errno.h>
#include <getopt.h>
#include <poll.h>
#include <pthread.h>
#include <stdarg.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <time.h>
#include <unistd.h>
#include <samr/samr.h>
#include "util.h"

#define HEADS_MAX	16
#define GROUPS_MAX	16
#define END		(1ULL << 63)	/* request of the last message */
#define JOIN_MS		60000

static struct {
	int heads;
	int groups;
	int count;
	size_t min_len;
	size_t max_len;
	int safe;		/* of a hundred messages */
	int slow_head;
	int slow_ms;
	int stall_head;
	int stall_ms;
	int stall_group;
	int rcvbuf;
	int pause_us;
	bool nowait;
	bool fail;		/* allocations, in calls of libsamr */
	bool patient;		/* a call that lacks memory is made again */
	int limit;
	const char *dir;
} opt = {
	.heads = 3, .groups = 1, .count = 100, .max_len = 1000, .limit = 60,
	.stall_group = 1, .dir = ".",
};

/**
 * struct member - a member on a head, and its two threads
 * @head: from 1
 * @group: from 1
 * @m: the member
 * @refused: sends that returned EAGAIN
 * @lies: sends refused right after the socket was said to be writable
 * @got: messages received
 */
struct member {
	int head;
	int group;
	struct samr *m;
	uint64_t refused;
	uint64_t lies;
	uint64_t got;
	pthread_t sender;
	pthread_t receiver;
};

static struct member members[HEADS_MAX][GROUPS_MAX];
static pthread_barrier_t all_joined;
static unsigned long failures;

static void __attribute__((noreturn, format(printf, 1, 2)))
die(const char *fmt, ...)
{
	va_list ap;

	va_start(ap, fmt);
	fprintf(stderr, "load: ");
	vfprintf(stderr, fmt, ap);
	fprintf(stderr, "\n");
	va_end(ap);
	_exit(1);
}

static uint64_t now_us(void)
{
	struct timespec t;

	clock_gettime(CLOCK_MONOTONIC, &t);
	return t.tv_sec * 1000000ULL + t.tv_nsec / 1000;
}

/* ---- failing allocations ---- */

/* Allocations of this thread may fail now, as /sys/kernel/debug/failslab says. */
static void let_fail(bool on)
{
	static __thread int fd = -1;

	if (fd < 0)
		fd = open("/proc/thread-self/make-it-fail", O_WRONLY | O_CLOEXEC);
	if (fd < 0 || pwrite(fd, on ? "1" : "0", 1, 0) != 1)
		die("no fault injection: %s", strerror(errno));
}

static bool no_memory(int err)
{
	if (err != -ENOMEM && err != -ENOBUFS && err != -ENFILE)
		return false;
	__atomic_add_fetch(&failures, 1, __ATOMIC_RELAXED);
	return true;
}

/* A call of libsamr. */
#define TRY(call)							\
	({								\
		int _r;							\
									\
		do {							\
			if (opt.fail)					\
				let_fail(true);				\
			_r = (call);					\
			if (opt.fail)					\
				let_fail(false);			\
		} while (opt.patient && no_memory(_r));			\
		_r;							\
	})

/* ---- bytes ---- */

/* CRC-32 of Ethernet, so that python3's zlib can check these files, too. */
static uint32_t crc_table[256];

static void crc_init(void)
{
	uint32_t i, k, c;

	for (i = 0; i < 256; i++) {
		for (c = i, k = 0; k < 8; k++)
			c = c & 1 ? c >> 1 ^ 0xedb88320u : c >> 1;
		crc_table[i] = c;
	}
}

static uint32_t crc_of(const unsigned char *p, size_t len)
{
	uint32_t c = ~0u;

	while (len--)
		c = crc_table[(c ^ *p++) & 255] ^ c >> 8;
	return ~c;
}

static FILE *file_of(const struct member *m, const char *what)
{
	char path[4096];
	FILE *f;

	snprintf(path, sizeof(path), "%s/%s-%d-%d", opt.dir, what, m->head,
		 m->group);
	f = fopen(path, "w");
	if (!f)
		die("%s: %s", path, strerror(errno));
	return f;
}

static void enter(int head)
{
	char name[16];

	snprintf(name, sizeof(name), "samr%d", head);
	if (util_enter(name))
		die("%s: %s", name, strerror(errno));
}

static void nap(int ms)
{
	usleep(ms * 1000);
}

/* Until the socket is said to be writable. */
static void wait_writable(struct member *m)
{
	struct pollfd p = { .fd = samr_fd(m->m), .events = POLLOUT };

	if (poll(&p, 1, opt.limit * 1000) < 1)
		die("head %d, group %d: not writable for %d s", m->head,
		    m->group, opt.limit);
}

/* Without waiting, as a program with an event loop would. */
static int send_nowait(struct member *m, const void *data, size_t len,
		       uint64_t request, unsigned int flags)
{
	bool told = false;
	int r;

	for (;;) {
		r = TRY(samr_send(m->m, data, len, request,
				  flags | SAMR_SEND_NOWAIT));
		if (r != -EAGAIN)
			return r;
		m->refused++;
		m->lies += told && len <= 64;
		wait_writable(m);
		told = true;
	}
}

static void send_one(struct member *m, FILE *f, unsigned char *data, size_t len,
		     uint64_t request, unsigned int flags)
{
	int r;

	r = opt.nowait ? send_nowait(m, data, len, request, flags) :
			 TRY(samr_send(m->m, data, len, request, flags));
	if (r)
		die("head %d, group %d: send: %s", m->head, m->group,
		    samr_strerror(r));
	fprintf(f, "%llu %zu %08x %u\n", (unsigned long long)request, len,
		crc_of(data, len), flags);
}

static void *sends(void *arg)
{
	struct member *m = arg;
	FILE *f = file_of(m, "sent");
	unsigned char *data = malloc(opt.max_len + 1);
	struct samr_random rnd;
	unsigned int flags;
	size_t len;
	int i;

	samr_random_init(&rnd, m->head * 1000 + m->group);
	for (i = 0; i < opt.count; i++) {
		len = opt.min_len + samr_random_below(&rnd, opt.max_len -
						      opt.min_len + 1);
		samr_random_bytes(&rnd, data, len);
		flags = (int)samr_random_below(&rnd, 100) < opt.safe ?
			SAMR_SEND_SAFE : 0;
		send_one(m, f, data, len, i, flags);
		if (opt.pause_us)
			usleep(opt.pause_us);
	}
	send_one(m, f, data, 0, END | (unsigned int)opt.count, 0);
	free(data);
	fclose(f);
	return NULL;
}

static void note(struct member *m, FILE *f, const struct samr_received *r)
{
	const struct samr_delivery *d = &r->delivery;

	fprintf(f, "%llu %llu %llx %u %llu %zu %08x %u %llu %llx %llu %llu\n",
		(unsigned long long)d->gseq, (unsigned long long)d->origin,
		(unsigned long long)d->incarnation, d->port,
		(unsigned long long)d->request, r->len,
		crc_of(r->data, r->len), d->flags & SAMR_DELIVERY_SAFE,
		(unsigned long long)d->time, (unsigned long long)d->random,
		(unsigned long long)d->view, (unsigned long long)now_us());
	m->got++;
}

/* A reader that has other things to do, at times. */
static void dawdle(const struct member *m)
{
	if (m->head == opt.slow_head)
		nap(opt.slow_ms);
	if (m->head == opt.stall_head && m->group == opt.stall_group &&
	    m->got == 10)
		nap(opt.stall_ms);
}

static void *receives(void *arg)
{
	struct member *m = arg;
	FILE *f = file_of(m, "got");
	struct samr_received r;
	int err, ends = 0;

	while (ends < opt.heads) {
		err = TRY(samr_recv(m->m, &r, opt.limit * 1000));
		if (err != 1)
			die("head %d, group %d: after %llu messages: %s",
			    m->head, m->group, (unsigned long long)m->got,
			    samr_strerror(err));
		if (r.delivery.type != SAMR_TYPE_MESSAGE)
			continue;
		note(m, f, &r);
		ends += r.delivery.request >= END;
		dawdle(m);
	}
	fclose(f);
	return NULL;
}

/* Nobody sends before everybody is there. */
static void *joins(void *arg)
{
	struct member *m = arg;
	struct samr_received r;
	int err;

	enter(m->head);
	/* So that this thread's malloc() needs no system call below. */
	free(malloc(4096));
	err = TRY(samr_open(&m->m, m->group, 0));
	if (!err && opt.rcvbuf && setsockopt(samr_fd(m->m), SOL_SOCKET,
					     SO_RCVBUF, &opt.rcvbuf,
					     sizeof(opt.rcvbuf)))
		err = -errno;
	if (!err)
		err = TRY(samr_join(m->m, JOIN_MS));
	while (!err && samr_view(m->m)->count < (unsigned int)opt.heads)
		err = samr_recv(m->m, &r, JOIN_MS) == 1 ? 0 : -ETIMEDOUT;
	if (err)
		die("head %d, group %d: join: %s", m->head, m->group,
		    samr_strerror(err));
	pthread_barrier_wait(&all_joined);
	if (pthread_create(&m->sender, NULL, sends, m))
		die("no thread");
	return receives(m);
}

static int number(const char *text)
{
	char *end;
	long n = strtol(text, &end, 0);

	if (*end == 'K')
		n <<= 10, end++;
	else if (*end == 'M')
		n <<= 20, end++;
	if (*end || end == text || n < 0 || n > 1 << 30)
		die("'%s' is no number", text);
	return n;
}

/* HEAD:MS */
static void pair(const char *text, int *head, int *ms)
{
	if (sscanf(text, "%d:%d", head, ms) != 2)
		die("'%s' is not HEAD:MILLISECONDS", text);
}

static void options(int argc, char **argv)
{
	static const struct option longs[] = {
		{ "heads", 1, NULL, 'h' },	{ "groups", 1, NULL, 'g' },
		{ "count", 1, NULL, 'c' },	{ "min-len", 1, NULL, 'm' },
		{ "len", 1, NULL, 'l' },	{ "safe", 1, NULL, 's' },
		{ "slow", 1, NULL, 'w' },	{ "stall", 1, NULL, 'S' },
		{ "rcvbuf", 1, NULL, 'r' },	{ "nowait", 0, NULL, 'n' },
		{ "pause", 1, NULL, 'p' },	{ "limit", 1, NULL, 't' },
		{ "dir", 1, NULL, 'd' },	{ "fail", 0, NULL, 'f' },
		{ "patient", 0, NULL, 'P' },	{ }
	};
	int o;

	while ((o = getopt_long(argc, argv, "", longs, NULL)) != -1) {
		switch (o) {
		case 'h': opt.heads = number(optarg); break;
		case 'g': opt.groups = number(optarg); break;
		case 'c': opt.count = number(optarg); break;
		case 'm': opt.min_len = number(optarg); break;
		case 'l': opt.max_len = number(optarg); break;
		case 's': opt.safe = number(optarg); break;
		case 'w': pair(optarg, &opt.slow_head, &opt.slow_ms); break;
		case 'S': pair(optarg, &opt.stall_head, &opt.stall_ms); break;
		case 'r': opt.rcvbuf = number(optarg); break;
		case 'n': opt.nowait = true; break;
		case 'f': opt.fail = opt.patient = true; break;
		case 'P': opt.patient = true; break;
		case 'p': opt.pause_us = number(optarg); break;
		case 't': opt.limit = number(optarg); break;
		case 'd': opt.dir = optarg; break;
		default: exit(2);
		}
	}
	if (optind < argc || opt.heads < 1 || opt.heads > HEADS_MAX ||
	    opt.groups < 1 || opt.groups > GROUPS_MAX ||
	    opt.min_len > opt.max_len || opt.max_len > SAMR_MESSAGE_MAX)
		die("wrong arguments");
}

int main(int argc, char **argv)
{
	uint64_t got = 0, refused = 0, lies = 0, start;
	struct member *m;
	int h, g;

	options(argc, argv);
	crc_init();
	pthread_barrier_init(&all_joined, NULL, opt.heads * opt.groups);
	alarm(2 * opt.limit + JOIN_MS / 1000);
	start = now_us();
	for (h = 0; h < opt.heads; h++) {
		for (g = 0; g < opt.groups; g++) {
			m = &members[h][g];
			m->head = h + 1;
			m->group = g + 1;
			if (pthread_create(&m->receiver, NULL, joins, m))
				die("no thread");
		}
	}
	for (h = 0; h < opt.heads; h++) {
		for (g = 0; g < opt.groups; g++) {
			m = &members[h][g];
			pthread_join(m->receiver, NULL);
			pthread_join(m->sender, NULL);
			got += m->got;
			refused += m->refused;
			lies += m->lies;
		}
	}
	for (h = 0; h < opt.heads; h++)
		for (g = 0; g < opt.groups; g++)
			TRY((samr_close(members[h][g].m), 0));
	printf("deliveries %llu refused %llu lies %llu ms %llu failures %lu\n",
	       (unsigned long long)got, (unsigned long long)refused,
	       (unsigned long long)lies,
	       (unsigned long long)(now_us() - start) / 1000, failures);
	return 0;
}
