// SPDX-License-Identifier: GPL-2.0
/* samr_keyed() where there is no kernel that has SipHash-2-4 (Aumasson and Bernstein 2012). */
#include "core/plat.h"

static u64 rotate(u64 x, u32 by)
{
	return x << by | x >> (64 - by);
}

static void mix(u64 v[4], u32 rounds)
{
	while (rounds--) {
		v[0] += v[1];
		v[1] = rotate(v[1], 13) ^ v[0];
		v[0] = rotate(v[0], 32);
		v[2] += v[3];
		v[3] = rotate(v[3], 16) ^ v[2];
		v[0] += v[3];
		v[3] = rotate(v[3], 21) ^ v[0];
		v[2] += v[1];
		v[1] = rotate(v[1], 17) ^ v[2];
		v[2] = rotate(v[2], 32);
	}
}

static void take(u64 v[4], u64 word)
{
	v[3] ^= word;
	mix(v, 2);
	v[0] ^= word;
}

u64 samr_keyed(const struct samr_key *key, u64 x)
{
	/* "somepseudorandomlygeneratedbytes" */
	u64 v[4] = {
		key->half[0] ^ 0x736f6d6570736575ULL,
		key->half[1] ^ 0x646f72616e646f6dULL,
		key->half[0] ^ 0x6c7967656e657261ULL,
		key->half[1] ^ 0x7465646279746573ULL,
	};

	take(v, x);
	take(v, (u64)sizeof(x) << 56);
	v[2] ^= 0xff;
	mix(v, 4);
	return v[0] ^ v[1] ^ v[2] ^ v[3];
}
