// SPDX-License-Identifier: GPL-2.0
/*
 * CRC32C (Castagnoli, reflected), eight bytes at a time: by the processor's own
 * instruction where there is one, else by tables.
 */
#include <string.h>

#include "crc32c.h"

#define POLY	0x82f63b78u

/* table[k][b]: what byte b does to the register k bytes later. */
static uint32_t table[8][256];

static void make_table(void)
{
	uint32_t b, crc;
	int bit, k;

	for (b = 0; b < 256; b++) {
		crc = b;
		for (bit = 0; bit < 8; bit++)
			crc = crc >> 1 ^ (crc & 1 ? POLY : 0);
		table[0][b] = crc;
	}
	for (k = 1; k < 8; k++)
		for (b = 0; b < 256; b++) {
			crc = table[k - 1][b];
			table[k][b] = crc >> 8 ^ table[0][crc & 0xff];
		}
}

#ifdef __x86_64__
__attribute__((target("sse4.2")))
static uint32_t by_instruction(uint32_t before, const uint8_t *p, size_t len)
{
	uint64_t crc = ~before, word;

	for (; len >= 8; len -= 8, p += 8) {
		memcpy(&word, p, 8);
		crc = __builtin_ia32_crc32di(crc, word);
	}
	for (; len; len--, p++)
		crc = __builtin_ia32_crc32qi((uint32_t)crc, *p);
	return ~(uint32_t)crc;
}
#endif

uint32_t crc32c_more(uint32_t before, const void *data, size_t len)
{
	const uint8_t *p = data;
	uint32_t crc = ~before;
	uint64_t word;

#ifdef __x86_64__
	if (__builtin_cpu_supports("sse4.2"))
		return by_instruction(before, p, len);
#endif

	if (!table[0][1])
		make_table();
	for (; len >= 8; len -= 8, p += 8) {
		memcpy(&word, p, 8);
		word ^= crc;
		crc = table[7][word & 0xff] ^
		      table[6][word >> 8 & 0xff] ^
		      table[5][word >> 16 & 0xff] ^
		      table[4][word >> 24 & 0xff] ^
		      table[3][word >> 32 & 0xff] ^
		      table[2][word >> 40 & 0xff] ^
		      table[1][word >> 48 & 0xff] ^
		      table[0][word >> 56];
	}
	for (; len; len--, p++)
		crc = crc >> 8 ^ table[0][(crc ^ *p) & 0xff];
	return ~crc;
}

uint32_t crc32c(const void *data, size_t len)
{
	return crc32c_more(0, data, len);
}
