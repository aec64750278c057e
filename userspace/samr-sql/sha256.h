/* SPDX-License-Identifier: GPL-2.0 */
/* SHA-256 (FIPS 180-4). */
#ifndef SAMR_SQL_SHA256_H
#define SAMR_SQL_SHA256_H

#include <stddef.h>
#include <stdint.h>

#define SAMR_SHA256_SIZE	32
#define SAMR_SHA256_BLOCK	64
/* As hexadecimal text, with its final 0. */
#define SAMR_SHA256_HEX		(2 * SAMR_SHA256_SIZE + 1)

struct samr_sha256 {
	uint32_t h[8];
	uint64_t len;
	uint8_t block[SAMR_SHA256_BLOCK];
};

void samr_sha256_init(struct samr_sha256 *s);
void samr_sha256_add(struct samr_sha256 *s, const void *data, size_t len);

/** samr_sha256_end - the digest of all that was added; ends the use of @s */
void samr_sha256_end(struct samr_sha256 *s, uint8_t out[SAMR_SHA256_SIZE]);

/** samr_sha256_hex - a digest as text */
void samr_sha256_hex(const uint8_t digest[SAMR_SHA256_SIZE],
		     char out[SAMR_SHA256_HEX]);

#endif
