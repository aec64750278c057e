// SPDX-License-Identifier: GPL-2.0
/*
 * A message that is given back, by one service or through two of them, for request.sh and chain.sh.
 *
 *	samr-bench-echo serve NAMESPACE SERVICE [NEXT]
 *	samr-bench-echo start NAMESPACE SERVICE
 *	samr-bench-echo call|call-early NAMESPACE SERVICE BYTES COUNT
 *	samr-bench-echo tcp-serve NAMESPACE PORT [NEXT-ADDRESS NEXT-PORT]
 *	samr-bench-echo tcp-call NAMESPACE ADDRESS PORT BYTES COUNT
 *	samr-bench-echo udp-serve NAMESPACE PORT
 *	samr-bench-echo udp-call NAMESPACE ADDRESS PORT BYTES COUNT
 *
 * A service gives back what it was sent, after it has had NEXT give it back, if there is one. With start, when all
 * members of a service and of NEXT are there, it becomes a client of that. Who calls early does not wait until enough
 * heads hold what the reply shows. The callers print median and most, ns.
 */
#define _GNU_SOURCE
#include <arpa/inet.h>
#include <errno.h>
#include <netinet/in.h>
#include <netinet/tcp.h>
#include <stdbool.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>
#include <unistd.h>
#include <samr/samr.h>
#include "../cluster/util.h"

#define LONGEST		SAMR_REPLY_LEN_MAX
#define WARM		20
#define COUNT_MAX	100000
#define WAITING		64

static char bytes[LONGEST], back[LONGEST];
static uint32_t took[COUNT_MAX];

static void die(const char *what, int err)
{
	fprintf(stderr, "samr-bench-echo: %s: %s\n", what, strerror(err));
	exit(1);
}

static uint64_t now_ns(void)
{
	struct timespec t;

	clock_gettime(CLOCK_MONOTONIC, &t);
	return (uint64_t)t.tv_sec * 1000000000 + (uint64_t)t.tv_nsec;
}

static int ascending(const void *a, const void *b)
{
	uint32_t x = *(const uint32_t *)a, y = *(const uint32_t *)b;

	return x < y ? -1 : x > y;
}

/* Each message differs from the one before, and must be what comes back. */
static void measure(void (*once)(void *ctx, size_t len), void *ctx, size_t len,
		    unsigned int count)
{
	uint64_t begun;
	unsigned int i;

	if (!len || len > LONGEST || !count || count > COUNT_MAX)
		die("arguments", EINVAL);
	for (i = 0; i < WARM + count; i++) {
		memset(bytes, 'a' + (int)(i % 26), len);
		begun = now_ns();
		once(ctx, len);
		if (i >= WARM)
			took[i - WARM] = (uint32_t)(now_ns() - begun);
		if (memcmp(bytes, back, len))
			die("another message came back", EPROTO);
	}
	qsort(took, count, sizeof(took[0]), ascending);
	printf("%u %u\n", took[count / 2], took[count - 1]);
}

/* ---- samr ---- */

static void call_once(void *c, size_t len)
{
	ssize_t n = samr_call(c, bytes, len, back, sizeof(back), 60000);

	if (n != (ssize_t)len)
		die("call", n < 0 ? (int)-n : EPROTO);
}

static void call(uint32_t service, size_t len, unsigned int count, bool early)
{
	const struct samr_session_opts opts = {
		.flags = early ? SAMR_SESSION_EARLY : 0,
		.reply_max = (uint32_t)len, .expiry = 60000,
	};
	struct samr_client *c;
	int err = samr_connect(&c, service, &opts, 60000);

	if (err)
		die("connect", -err);
	measure(call_once, c, len, count);
	samr_disconnect(c);
}

static void replies(struct samr *m, const struct samr_delivery *to,
		    const struct samr_received *r)
{
	int err = samr_reply(m, to, r->data, r->len);

	if (err)
		die("reply", -err);
}

static void serve(uint32_t service, uint32_t next)
{
	static struct samr_delivery waiting[WAITING];
	struct samr_group_client g = {};
	struct samr_received r;
	struct samr *m;
	uint64_t first = 0, last = 0;
	int err = samr_open(&m, service, SAMR_OPEN_NO_VIEWS);

	if (!err)
		err = samr_join(m, 60000);
	if (err)
		die("join", -err);
	while ((err = samr_recv(m, &r, -1)) == 1) {
		if (r.delivery.type == SAMR_TYPE_REQUEST && !next) {
			replies(m, &r.delivery, &r);
		} else if (r.delivery.type == SAMR_TYPE_REQUEST) {
			waiting[last++ % WAITING] = r.delivery;
			err = samr_group_call(m, &g, r.data, r.len);
		} else if (r.delivery.type == SAMR_TYPE_MESSAGE) {
			/* All members are there: the first one says so. */
			err = samr_group_open(m, &g, next, r.delivery.gseq,
					      LONGEST);
		} else if (samr_group_received(&g, &r) == 1 &&
			   r.delivery.type == SAMR_TYPE_RETURN) {
			replies(m, &waiting[first++ % WAITING], &r);
		}
		if (err < 0)
			die("call", -err);
	}
	die("receive", -err);
}

static void start(uint32_t service)
{
	struct samr *m;
	int err = samr_open(&m, service, 0);

	if (!err)
		err = samr_join(m, 60000);
	if (!err)
		err = samr_send(m, "", 0, 0, SAMR_SEND_SAFE);
	if (err)
		die("start", -err);
	samr_close(m);
}

/* ---- TCP ---- */

static void all_of(ssize_t (*fn)(int fd, void *buf, size_t len), int fd,
		   void *buf, size_t len)
{
	ssize_t n;

	for (; len; buf = (char *)buf + n, len -= (size_t)n) {
		n = fn(fd, buf, len);
		if (n <= 0)
			die("connection", n ? errno : EPIPE);
	}
}

static ssize_t put(int fd, void *buf, size_t len)
{
	return send(fd, buf, len, MSG_NOSIGNAL);
}

static ssize_t get(int fd, void *buf, size_t len)
{
	return recv(fd, buf, len, 0);
}

/* Its length in front, in the same segment. */
static void tcp_put(int fd, const char *data, uint32_t len)
{
	static char out[4 + LONGEST];

	memcpy(out, &len, 4);
	memcpy(out + 4, data, len);
	all_of(put, fd, out, 4 + (size_t)len);
}

static uint32_t tcp_get(int fd, char *data)
{
	uint32_t len;

	all_of(get, fd, &len, 4);
	if (len > LONGEST)
		die("length", EPROTO);
	all_of(get, fd, data, len);
	return len;
}

static int without_delay(int fd)
{
	const int on = 1;

	if (fd < 0 || setsockopt(fd, IPPROTO_TCP, TCP_NODELAY, &on, sizeof(on)))
		die("socket", errno);
	return fd;
}

static struct sockaddr_in addr_of(const char *address, const char *port)
{
	struct sockaddr_in a = {
		.sin_family = AF_INET,
		.sin_port = htons((uint16_t)atoi(port)),
	};

	if (inet_pton(AF_INET, address, &a.sin_addr) != 1)
		die(address, EINVAL);
	return a;
}

static int tcp_connect(const char *address, const char *port)
{
	struct sockaddr_in a = addr_of(address, port);
	int fd = without_delay(socket(AF_INET, SOCK_STREAM, 0));

	if (connect(fd, (struct sockaddr *)&a, sizeof(a)))
		die("connect", errno);
	return fd;
}

static void tcp_once(void *ctx, size_t len)
{
	int fd = *(int *)ctx;

	tcp_put(fd, bytes, (uint32_t)len);
	if (tcp_get(fd, back) != len)
		die("another length came back", EPROTO);
}

static void tcp_call(const char *address, const char *port, size_t len,
		     unsigned int count)
{
	int fd = tcp_connect(address, port);

	measure(tcp_once, &fd, len, count);
	close(fd);
}

/* One client after the other. */
static void tcp_serve(const char *port, const char *address, const char *next)
{
	struct sockaddr_in a = addr_of("0.0.0.0", port);
	int fd = without_delay(socket(AF_INET, SOCK_STREAM, 0)), in, out = -1;
	const int on = 1;
	uint32_t len;

	setsockopt(fd, SOL_SOCKET, SO_REUSEADDR, &on, sizeof(on));
	if (bind(fd, (struct sockaddr *)&a, sizeof(a)) || listen(fd, 5))
		die("listen", errno);
	if (address)
		out = tcp_connect(address, next);
	for (;;) {
		in = without_delay(accept(fd, NULL, NULL));
		while (recv(in, &len, 1, MSG_PEEK) == 1) {
			len = tcp_get(in, bytes);
			if (out >= 0) {
				tcp_put(out, bytes, len);
				len = tcp_get(out, bytes);
			}
			tcp_put(in, bytes, len);
		}
		close(in);
	}
}

/* ---- UDP ---- */

static void udp_once(void *ctx, size_t len)
{
	int fd = *(int *)ctx;

	if (send(fd, bytes, len, 0) != (ssize_t)len ||
	    recv(fd, back, sizeof(back), 0) != (ssize_t)len)
		die("datagram", errno);
}

static void udp_call(const char *address, const char *port, size_t len,
		     unsigned int count)
{
	struct sockaddr_in a = addr_of(address, port);
	int fd = socket(AF_INET, SOCK_DGRAM, 0);

	if (fd < 0 || connect(fd, (struct sockaddr *)&a, sizeof(a)))
		die("socket", errno);
	measure(udp_once, &fd, len, count);
	close(fd);
}

static void udp_serve(const char *port)
{
	struct sockaddr_in a = addr_of("0.0.0.0", port);
	int fd = socket(AF_INET, SOCK_DGRAM, 0);
	socklen_t len = sizeof(a);
	ssize_t n;

	if (fd < 0 || bind(fd, (struct sockaddr *)&a, sizeof(a)))
		die("socket", errno);
	for (;;) {
		n = recvfrom(fd, bytes, sizeof(bytes), 0, (struct sockaddr *)&a,
			     &len);
		if (n < 0 || sendto(fd, bytes, (size_t)n, 0,
				    (struct sockaddr *)&a, len) != n)
			die("datagram", errno);
	}
}

static uint32_t number(const char *text)
{
	return (uint32_t)strtoul(text, NULL, 0);
}

int main(int argc, char **argv)
{
	if (argc < 4) {
		fprintf(stderr, "usage: %s serve|call|start|tcp-serve|... NAMESPACE ...\n",
			argv[0]);
		return 2;
	}
	if (util_enter(argv[2]))
		die(argv[2], errno);
	if (!strcmp(argv[1], "serve"))
		serve(number(argv[3]), argc > 4 ? number(argv[4]) : 0);
	else if (!strcmp(argv[1], "start"))
		start(number(argv[3]));
	else if (!strncmp(argv[1], "call", 4) && argc == 6)
		call(number(argv[3]), number(argv[4]), number(argv[5]),
		     !strcmp(argv[1] + 4, "-early"));
	else if (!strcmp(argv[1], "tcp-serve"))
		tcp_serve(argv[3], argc > 5 ? argv[4] : NULL,
			  argc > 5 ? argv[5] : NULL);
	else if (!strcmp(argv[1], "tcp-call") && argc == 7)
		tcp_call(argv[3], argv[4], number(argv[5]), number(argv[6]));
	else if (!strcmp(argv[1], "udp-serve"))
		udp_serve(argv[3]);
	else if (!strcmp(argv[1], "udp-call") && argc == 7)
		udp_call(argv[3], argv[4], number(argv[5]), number(argv[6]));
	else
		die(argv[1], EINVAL);
	return 0;
}
