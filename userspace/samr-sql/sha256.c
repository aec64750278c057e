// SPDX-License-Identifier: GPL-2.0
/* SHA-256, in the standard's own terms. */
#include <stdio.h>
#include <string.h>
#include "sha256.h"

static const uint32_t K[64] = {
	0x428a2f98, 0x71374491, 0xb5c0fbcf, 0xe9b5dba5,
	0x3956c25b, 0x59f111f1, 0x923f82a4, 0xab1c5ed5,
	0xd807aa98, 0x12835b01, 0x243185be, 0x550c7dc3,
	0x72be5d74, 0x80deb1fe, 0x9bdc06a7, 0xc19bf174,
	0xe49b69c1, 0xefbe4786, 0x0fc19dc6, 0x240ca1cc,
	0x2de92c6f, 0x4a7484aa, 0x5cb0a9dc, 0x76f988da,
	0x983e5152, 0xa831c66d, 0xb00327c8, 0xbf597fc7,
	0xc6e00bf3, 0xd5a79147, 0x06ca6351, 0x14292967,
	0x27b70a85, 0x2e1b2138, 0x4d2c6dfc, 0x53380d13,
	0x650a7354, 0x766a0abb, 0x81c2c92e, 0x92722c85,
	0xa2bfe8a1, 0xa81a664b, 0xc24b8b70, 0xc76c51a3,
	0xd192e819, 0xd6990624, 0xf40e3585, 0x106aa070,
	0x19a4c116, 0x1e376c08, 0x2748774c, 0x34b0bcb5,
	0x391c0cb3, 0x4ed8aa4a, 0x5b9cca4f, 0x682e6ff3,
	0x748f82ee, 0x78a5636f, 0x84c87814, 0x8cc70208,
	0x90befffa, 0xa4506ceb, 0xbef9a3f7, 0xc67178f2,
};

static uint32_t ror(uint32_t x, unsigned int n)
{
	return x >> n | x << (32 - n);
}

static void schedule(uint32_t w[64], const uint8_t *p)
{
	unsigned int t;

	for (t = 0; t < 16; t++, p += 4)
		w[t] = (uint32_t)p[0] << 24 | (uint32_t)p[1] << 16 |
		       (uint32_t)p[2] << 8 | p[3];
	for (; t < 64; t++) {
		uint32_t a = w[t - 15], b = w[t - 2];

		w[t] = w[t - 16] + w[t - 7] +
		       (ror(a, 7) ^ ror(a, 18) ^ a >> 3) +
		       (ror(b, 17) ^ ror(b, 19) ^ b >> 10);
	}
}

static void compress(uint32_t h[8], const uint8_t *block)
{
	uint32_t w[64], v[8];
	unsigned int t;

	schedule(w, block);
	memcpy(v, h, sizeof(v));
	for (t = 0; t < 64; t++) {
		uint32_t a = v[0], e = v[4];
		uint32_t t1 = v[7] + (ror(e, 6) ^ ror(e, 11) ^ ror(e, 25)) +
			      ((e & v[5]) ^ (~e & v[6])) + K[t] + w[t];
		uint32_t t2 = (ror(a, 2) ^ ror(a, 13) ^ ror(a, 22)) +
			      ((a & v[1]) ^ (a & v[2]) ^ (v[1] & v[2]));

		memmove(v + 1, v, 7 * sizeof(v[0]));
		v[4] += t1;
		v[0] = t1 + t2;
	}
	for (t = 0; t < 8; t++)
		h[t] += v[t];
}

void samr_sha256_init(struct samr_sha256 *s)
{
	static const uint32_t start[8] = {
		0x6a09e667, 0xbb67ae85, 0x3c6ef372, 0xa54ff53a,
		0x510e527f, 0x9b05688c, 0x1f83d9ab, 0x5be0cd19,
	};

	memcpy(s->h, start, sizeof(start));
	s->len = 0;
}

void samr_sha256_add(struct samr_sha256 *s, const void *data, size_t len)
{
	size_t fill = s->len % SAMR_SHA256_BLOCK;
	const uint8_t *p = data;

	s->len += len;
	while (len) {
		size_t n = SAMR_SHA256_BLOCK - fill;

		if (n > len)
			n = len;
		memcpy(s->block + fill, p, n);
		p += n;
		len -= n;
		fill += n;
		if (fill == SAMR_SHA256_BLOCK) {
			compress(s->h, s->block);
			fill = 0;
		}
	}
}

void samr_sha256_end(struct samr_sha256 *s, uint8_t out[SAMR_SHA256_SIZE])
{
	static const uint8_t pad[SAMR_SHA256_BLOCK] = { 0x80 };
	uint64_t bits = s->len * 8;
	size_t fill = s->len % SAMR_SHA256_BLOCK;
	uint8_t tail[8];
	unsigned int i;

	for (i = 0; i < 8; i++)
		tail[i] = (uint8_t)(bits >> (56 - 8 * i));
	samr_sha256_add(s, pad, (fill < 56 ? 56 : 120) - fill);
	samr_sha256_add(s, tail, sizeof(tail));
	for (i = 0; i < SAMR_SHA256_SIZE; i++)
		out[i] = (uint8_t)(s->h[i / 4] >> (24 - 8 * (i % 4)));
}

void samr_sha256_hex(const uint8_t digest[SAMR_SHA256_SIZE],
		     char out[SAMR_SHA256_HEX])
{
	unsigned int i;

	for (i = 0; i < SAMR_SHA256_SIZE; i++)
		sprintf(out + 2 * i, "%02x", digest[i]);
}
