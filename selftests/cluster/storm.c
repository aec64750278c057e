// SPDX-License-Identifier: GPL-2.0
/*
 * Very many hostile frames. The kinds of storm() differ from what a head could
 * say, or repeat what is old: the order must go on. mutate() sends what a head
 * could have said.
 */
#include <stdio.h>
#include <string.h>
#include <time.h>
#include "frames.h"

static uint64_t rnd(void)
{
	static uint64_t s = 88172645463325252ULL;

	s ^= s << 13;
	s ^= s >> 7;
	s ^= s << 17;
	return s;
}

static void storm_bytes(int to)
{
	uint8_t b[FRAME_MAX];
	size_t i, len = 1 + rnd() % sizeof(b);

	for (i = 0; i < len; i++)
		b[i] = rnd() >> 32;
	transmit(to, b, len);
}

/* All right but for a bit in it. */
static void storm_bit(int to)
{
	struct frame f = frame_of(3);

	submit(&f, F_ALL, 1 + rnd() % 9, rnd() % 1000);
	f.flip = 1 + rnd() % (8 * (f.len + 4));
	send_frame(to, f);
}

/* A right frame full of records that are not. */
static void storm_records(int to)
{
	struct frame f = frame_of(3);
	size_t i, n = 1 + rnd() % 40;

	for (i = 0; i < n; i++)
		record(&f, 9 + rnd() % 247, rnd(), 4 + rnd() % 30);
	send_frame(to, f);
}

/* Asks for everything, again and again; ordered long ago; old parts. */
static void storm_asks(int to)
{
	struct frame f = frame_of(3);
	int i;

	for (i = 0; i < 20; i++)
		nack(&f, 0, 1, UINT64_MAX);
	submit(&f, F_ALL, 1, 100);
	send_frame(to, f);
}

/* Client nodes that nobody knows: pipes, and in them anything. */
static void storm_clients(int to)
{
	struct frame f = client_frame(to, 0x700000 + rnd() % 99, 1 + sent / 512);
	size_t i, n = rnd() % 6;

	while (n--) {
		carry(&f, 1 + rnd() % 80, rnd() % 7, rnd() % 100);
		field(&f, C_GROUP, 4, 4711);
		field(&f, C_KIND, 1, rnd() % 32);
		for (i = rnd() % 4; i--;)
			field(&f, 8 + rnd() % (C_LEN - 8), 1, rnd());
	}
	send_frame(to, f);
}

/* One of the heads' own frames, with a few fields of it changed. */
static void mutant(int to)
{
	static const uint64_t odd[] = {
		0, 1, 2, 255, 1 << 15, 1 << 20, INT32_MAX, UINT32_MAX,
		INT64_MAX, UINT64_MAX,
	};
	struct frame f = caught(rnd());
	size_t at, bytes, n = 1 + rnd() % 3;
	uint64_t v;

	while (n--) {
		bytes = 1 << rnd() % 4;
		at = rnd() % 4 ? HEADER + rnd() % 96 : rnd() % HEADER;
		if (at + bytes > f.len)
			continue;
		v = get(f.b + at, bytes);
		v = rnd() % 2 ? odd[rnd() % 10] : v + rnd() % 9 - 4;
		put(f.b + at, v, bytes);
	}
	if (!(rnd() % 8))
		f.len = HEADER + rnd() % (f.len - HEADER + 1);
	send_frame(to, f);
}

/* The records of two of them in one. */
static void splice(int to)
{
	struct frame f = caught(rnd()), g = caught(rnd());
	size_t n = g.len - HEADER;

	if (f.len + n > FRAME_MAX - 4)
		return;
	memcpy(f.b + f.len, g.b + HEADER, n);
	f.len += n;
	put(f.b + H_RECORDS, get(f.b + H_RECORDS, 2) +
	    get(g.b + H_RECORDS, 2), 2);
	send_frame(to, f);
}

static void again(int to)
{
	send_frame(to, caught(rnd()));
}

typedef void kind(int to);

static void blow(kind *const *kinds, size_t n, int ms)
{
	struct timespec t;
	long long end;
	int i;

	clock_gettime(CLOCK_MONOTONIC, &t);
	end = t.tv_sec * 1000LL + t.tv_nsec / 1000000 + ms;
	do {
		for (i = 0; i < 32; i++)
			kinds[rnd() % n](1 + rnd() % 2);
		listen_for(0);
		clock_gettime(CLOCK_MONOTONIC, &t);
	} while (t.tv_sec * 1000LL + t.tv_nsec / 1000000 < end);
	printf("# %llu frames in %d ms\n", (unsigned long long)sent, ms);
}

void storm(int ms)
{
	static kind *const kinds[] = {
		storm_bytes, storm_bit, storm_records, storm_asks,
		storm_clients,
	};

	blow(kinds, 5, ms);
}

void mutate(int ms)
{
	static kind *const kinds[] = { mutant, mutant, mutant, splice, again };

	blow(kinds, 5, ms);
}
