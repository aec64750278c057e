// SPDX-License-Identifier: GPL-2.0
/*
 * Frames made by hand, sent from the switch's namespace of scripts/lab out of the
 * ports of the heads, as if they came from another head.
 */
#define _GNU_SOURCE
#include <arpa/inet.h>
#include <errno.h>
#include <net/if.h>
#include <netpacket/packet.h>
#include <poll.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <time.h>
#include <unistd.h>
#include "frames.h"
#include "util.h"

#define ETHERTYPE	0x88b5
#define CAUGHT		256

struct frame heard[HEADS + 1];
uint64_t sent;

/* The last frames, with all that is in them. */
static struct frame catch[CAUGHT];
static unsigned int catches;
static int fd;
static int port[HEADS + 1];

void die(const char *fmt, ...)
{
	va_list ap;

	va_start(ap, fmt);
	printf("# hostile: ");
	vprintf(fmt, ap);
	printf("\nnot ok - hostile frames could be sent\n");
	va_end(ap);
	exit(1);
}

/* ---- bytes ---- */

void put(uint8_t *p, uint64_t v, int bytes)
{
	while (bytes--) {
		p[bytes] = v;
		v >>= 8;
	}
}

uint64_t get(const uint8_t *p, int bytes)
{
	uint64_t v = 0;

	while (bytes--)
		v = v << 8 | *p++;
	return v;
}

static uint32_t crc32c(const uint8_t *p, size_t len)
{
	uint32_t c = ~0u;
	int k;

	while (len--)
		for (c ^= *p++, k = 0; k < 8; k++)
			c = c & 1 ? c >> 1 ^ 0x82f63b78u : c >> 1;
	return ~c;
}

struct frame frame_of(int from)
{
	struct frame f = { .len = HEADER };

	memcpy(f.b, heard[from].b, HEADER);
	put(f.b + H_RECORDS, 0, 2);
	return f;
}

struct frame probe_of(int from, int type, size_t len)
{
	struct frame f = frame_of(from);

	header(&f, H_TYPE, 1, 2);
	header(&f, H_EPOCH, 8, 0);
	header(&f, H_ACK, 8, 0);
	record(&f, type, 0, len - HEADER);
	field(&f, L_SIZE, 4, len);
	return f;
}

void header(struct frame *f, int at, int bytes, uint64_t v)
{
	put(f->b + at, v, bytes);
}

void record(struct frame *f, int type, int flags, size_t len)
{
	f->last = f->len;
	memset(f->b + f->len, 0, len);
	f->b[f->len] = type;
	f->b[f->len + 1] = flags;
	put(f->b + f->len + 2, len, 2);
	f->len += len;
	put(f->b + H_RECORDS, get(f->b + H_RECORDS, 2) + 1, 2);
}

void field(struct frame *f, int at, int bytes, uint64_t v)
{
	put(f->b + f->last + at, v, bytes);
}

void submit(struct frame *f, int flags, uint64_t oseq, size_t bytes)
{
	record(f, SUBMIT, flags, S_LEN + bytes);
	field(f, S_GROUP, 4, 1);
	field(f, S_OSEQ, 8, oseq);
	field(f, S_TOTAL, 4, bytes);
}

void order(struct frame *f, int flags, int origin, uint64_t gseq, uint64_t oseq,
	   size_t bytes)
{
	record(f, ORDER, flags, O_LEN + bytes);
	field(f, O_GROUP, 4, 1);
	field(f, O_GSEQ, 8, gseq);
	field(f, O_ORIGIN, 8, get(heard[origin].b + H_SRC, 8));
	field(f, O_INC, 8, get(heard[origin].b + H_INC, 8));
	field(f, O_TIME, 8, 1ULL << 62);
	field(f, O_OSEQ, 8, oseq);
	field(f, O_TOTAL, 4, bytes);
}

void nack(struct frame *f, uint64_t origin, uint64_t first, uint64_t last)
{
	record(f, NACK, 0, N_LEN);
	field(f, N_ORIGIN, 8, origin);
	field(f, N_FIRST, 8, first);
	field(f, N_LAST, 8, last);
}

static void seat(struct frame *f, int at, int head)
{
	field(f, at, 8, get(heard[head].b + H_INC, 8));
	field(f, at + 8, 4, get(heard[head].b + H_SRC, 8));
}

void view(struct frame *f, uint64_t epoch, uint32_t count, int members)
{
	int i;

	record(f, VIEW, 0, V_LEN + SEAT_LEN * members);
	field(f, V_COUNT, 4, count);
	field(f, V_EPOCH, 8, epoch);
	for (i = 0; i < members && i < HEADS; i++)
		seat(f, V_LEN + SEAT_LEN * i, i + 1);
}

void hello(struct frame *f)
{
	record(f, HELLO, 0, HELLO_LEN + SEAT_LEN);
	field(f, 4, 4, 1);
	field(f, 8, 8, 0xe);
	seat(f, HELLO_LEN, 3);
}

void beat(struct frame *f)
{
	record(f, BEAT, 0, BEAT_LEN);
	field(f, B_HEARS, 8, 0xe);
	field(f, B_MEMBERS, 8, 0xe);
}

struct frame client_frame(int to, uint64_t node, uint64_t link)
{
	struct frame f = frame_of(3);

	header(&f, H_TYPE, 1, 3);
	header(&f, H_SRC, 8, node);
	header(&f, H_INC, 8, 7);
	header(&f, H_EPOCH, 8, 0);
	header(&f, H_ACK, 8, 0);
	record(&f, PIPE, 0, P_LEN);
	field(&f, P_FLAGS, 2, P_BEGIN);
	field(&f, P_SIZE, 2, 1000);
	field(&f, P_LINK, 8, link);
	field(&f, P_INC, 8, get(heard[to].b + H_INC, 8));
	return f;
}

void carry(struct frame *f, uint64_t seq, int what, size_t bytes)
{
	record(f, CARRY, 0, C_LEN + bytes);
	field(f, C_GROUP, 4, 1);
	field(f, C_SEQ, 8, seq);
	field(f, C_NUMBER, 8, seq);
	field(f, C_PLACE, 8, 1);
	field(f, C_PORT, 4, 90);
	field(f, C_TOTAL, 4, bytes);
	field(f, C_WHAT, 1, what);
}

/* ---- sending and listening ---- */

void transmit(int to, const void *bytes, size_t len)
{
	uint8_t b[14 + 2048] = {
		0x02, 0x53, 0x4d, 0, to < 0, abs(to), 0x02, 0x53, 0x4d, 0, 0, 3,
		ETHERTYPE >> 8, ETHERTYPE & 255,
	};
	struct sockaddr_ll a = {
		.sll_family = AF_PACKET,
		.sll_protocol = htons(ETHERTYPE),
		.sll_ifindex = port[abs(to)],
	};
	int tries;

	memcpy(b + 14, bytes, len);
	for (tries = 0; tries < 1000; tries++) {
		if (sendto(fd, b, 14 + len, 0, (void *)&a, sizeof(a)) > 0) {
			sent++;
			return;
		}
		if (errno != ENOBUFS)
			die("sendto: %s", strerror(errno));
		usleep(1000);
	}
	die("sendto: no room for a second");
}

void send_frame(int to, struct frame f)
{
	if (!f.keep_len)
		put(f.b + H_LEN, f.len, 2);
	put(f.b + f.len, crc32c(f.b, f.len) ^ f.crc_xor, 4);
	if (f.flip)
		f.b[(f.flip - 1) / 8] ^= 1 << (f.flip - 1) % 8;
	transmit(to, f.b, f.len + 4 - f.cut);
}

/* Kept for caught(), all but its trailer. */
static void keep(const uint8_t *b, size_t len)
{
	struct frame *f = &catch[catches++ % CAUGHT];

	if (len > FRAME_MAX)
		return;
	memcpy(f->b, b, len);
	f->len = len > 4 ? len - 4 : len;
}

/* A frame of a head; its header is kept when the head is in the view. */
static void note(const uint8_t *b, ssize_t len)
{
	uint64_t src;

	if (len < 14 + HEADER || get(b + 12, 2) != ETHERTYPE)
		return;
	keep(b + 14, len - 14);
	src = get(b + 14 + H_SRC, 8);
	if (b[14 + H_TYPE] == 1 && src >= 1 && src <= HEADS &&
	    get(b + 14 + H_EPOCH, 8)) {
		memcpy(heard[src].b, b + 14, HEADER);
		heard[src].len = HEADER;
	}
}

struct frame caught(uint64_t which)
{
	unsigned int n = catches < CAUGHT ? catches : CAUGHT;

	return n ? catch[which % n] : frame_of(3);
}

static long long now_ms(void)
{
	struct timespec t;

	clock_gettime(CLOCK_MONOTONIC, &t);
	return t.tv_sec * 1000LL + t.tv_nsec / 1000000;
}

void listen_for(int ms)
{
	struct pollfd p = { .fd = fd, .events = POLLIN };
	long long left, end = now_ms() + ms;
	uint8_t b[4096];
	int n;

	for (n = 0; n < CAUGHT || now_ms() < end; n++) {
		left = end - now_ms();
		if (poll(&p, 1, left > 0 ? left : 0) < 1)
			return;
		note(b, recv(fd, b, sizeof(b), 0));
	}
}

void open_wire(void)
{
	struct timeval t = { .tv_sec = 1 };
	char name[16];
	int i, buf = 4 << 20;

	if (util_enter("samr-switch"))
		die("samr-switch: %s", strerror(errno));
	fd = socket(AF_PACKET, SOCK_RAW | SOCK_CLOEXEC, htons(0x0003));
	if (fd < 0)
		die("packet socket: %s", strerror(errno));
	setsockopt(fd, SOL_SOCKET, SO_RCVBUF, &buf, sizeof(buf));
	setsockopt(fd, SOL_SOCKET, SO_RCVTIMEO, &t, sizeof(t));
	for (i = 1; i <= HEADS; i++) {
		snprintf(name, sizeof(name), "port%d", i);
		port[i] = if_nametoindex(name);
		if (!port[i])
			die("%s: %s", name, strerror(errno));
	}
	for (i = 0; i < 50; i++) {
		listen_for(100);
		if (heard[1].len && heard[2].len && heard[3].len)
			return;
	}
	die("the heads are silent");
}
