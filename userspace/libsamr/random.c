// SPDX-License-Identifier: LGPL-2.1-or-later
/*
 * The group's random numbers: xoshiro256** (Blackman and Vigna), its state
 * filled by SplitMix64. What it yields is part of the interface, since members
 * with different versions of this library must agree.
 */
#include <samr/samr.h>

static uint64_t rotate(uint64_t x, unsigned int by)
{
	return x << by | x >> (64 - by);
}

static uint64_t split_mix(uint64_t *x)
{
	uint64_t z;

	*x += 0x9e3779b97f4a7c15;
	z = *x;
	z = (z ^ z >> 30) * 0xbf58476d1ce4e5b9;
	z = (z ^ z >> 27) * 0x94d049bb133111eb;
	return z ^ z >> 31;
}

void samr_random_init(struct samr_random *r, uint64_t seed)
{
	unsigned int i;

	for (i = 0; i < 4; i++)
		r->state[i] = split_mix(&seed);
}

void samr_random_delivery(struct samr_random *r, const struct samr_delivery *d,
			  uint64_t stream)
{
	/* Mixed first, so that neighbours in @stream are far apart as seeds. */
	samr_random_init(r, d->random ^ split_mix(&stream));
}

uint64_t samr_random_next(struct samr_random *r)
{
	uint64_t *s = r->state;
	uint64_t result = rotate(s[1] * 5, 7) * 9;
	uint64_t t = s[1] << 17;

	s[2] ^= s[0];
	s[3] ^= s[1];
	s[1] ^= s[2];
	s[0] ^= s[3];
	s[2] ^= t;
	s[3] = rotate(s[3], 45);
	return result;
}

uint64_t samr_random_below(struct samr_random *r, uint64_t bound)
{
	uint64_t x, skip;

	if (!bound)
		return samr_random_next(r);
	/* 2^64 mod bound: the lowest so many values would come once too often. */
	skip = -bound % bound;
	do
		x = samr_random_next(r);
	while (x < skip);
	return x % bound;
}

void samr_random_bytes(struct samr_random *r, void *data, size_t len)
{
	unsigned char *p = data;
	uint64_t x = 0;
	size_t i;

	for (i = 0; i < len; i++) {
		x = i % 8 ? x >> 8 : samr_random_next(r);
		p[i] = (unsigned char)x;
	}
}
