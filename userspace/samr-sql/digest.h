/* SPDX-License-Identifier: GPL-2.0 */
/* A database's fingerprint: the SHA-256 of its dump, made with nettle. */
#ifndef SAMR_SQL_DIGEST_H
#define SAMR_SQL_DIGEST_H

#include <stdint.h>
#include <nettle/base16.h>
#include <nettle/sha2.h>

#define SAMR_DIGEST_SIZE	SHA256_DIGEST_SIZE
/* As hexadecimal text, with its final 0. */
#define SAMR_DIGEST_HEX		(BASE16_ENCODE_LENGTH(SAMR_DIGEST_SIZE) + 1)

static inline void samr_digest_hex(const uint8_t digest[SAMR_DIGEST_SIZE],
				   char out[SAMR_DIGEST_HEX])
{
	base16_encode_update(out, SAMR_DIGEST_SIZE, digest);
	out[SAMR_DIGEST_HEX - 1] = '\0';
}

#endif
