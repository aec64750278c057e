// SPDX-License-Identifier: GPL-2.0
/*
 * The head: magic (8), version (4), flags (4), gseq (8), lengths of blob, file and
 * log (24), view and gseq of the position (16), zero (8), run.
 */
#include <string.h>
#include "stream.h"

#define MAGIC		0x6574617453515331ULL	/* "1SQState" in memory */
#define VERSION		1
#define IN_RUN		1U

/* FNV-1a, but for its start. */
#define SUM_START	14695981039346656037ULL
#define SUM_FACTOR	1099511628211ULL

uint64_t samr_stream_number(const uint8_t *p)
{
	uint64_t x = 0;
	int i;

	for (i = 7; i >= 0; i--)
		x = x << 8 | p[i];
	return x;
}

void samr_stream_put_number(uint8_t *p, uint64_t x)
{
	int i;

	for (i = 0; i < 8; i++, x >>= 8)
		p[i] = (uint8_t)x;
}

void samr_stream_put(uint8_t out[SAMR_STREAM_HEAD],
		     const struct samr_stream_head *h)
{
	memset(out, 0, SAMR_STREAM_HEAD);
	samr_stream_put_number(out, MAGIC);
	samr_stream_put_number(out + 8, VERSION |
			       (uint64_t)(h->in_run ? IN_RUN : 0) << 32);
	samr_stream_put_number(out + 16, h->gseq);
	samr_stream_put_number(out + 24, h->blob);
	samr_stream_put_number(out + 32, h->file);
	samr_stream_put_number(out + 40, h->log);
	samr_stream_put_number(out + 48, h->at.view);
	samr_stream_put_number(out + 56, h->at.gseq);
	memcpy(out + 72, h->at.run, SAMR_POSITION_RUN);
}

bool samr_stream_get(const uint8_t in[SAMR_STREAM_HEAD],
		     struct samr_stream_head *h)
{
	uint64_t word = samr_stream_number(in + 8);

	if (samr_stream_number(in) != MAGIC || (uint32_t)word != VERSION)
		return false;
	h->in_run = word >> 32 & IN_RUN;
	h->gseq = samr_stream_number(in + 16);
	h->blob = samr_stream_number(in + 24);
	h->file = samr_stream_number(in + 32);
	h->log = samr_stream_number(in + 40);
	h->at.view = samr_stream_number(in + 48);
	h->at.gseq = samr_stream_number(in + 56);
	memcpy(h->at.run, in + 72, SAMR_POSITION_RUN);
	/* No file is longer, and so their sum is a number, too. */
	return !h->at.run[SAMR_POSITION_RUN - 1] &&
	       h->blob <= SAMR_STREAM_BLOB_MAX && h->file <= INT64_MAX / 4 &&
	       h->log <= INT64_MAX / 4;
}

uint64_t samr_stream_sum(uint64_t sum, const void *data, size_t len)
{
	const uint8_t *p = data, *end = p + len;

	sum ^= SUM_START;
	for (; p < end; p++)
		sum = (sum ^ *p) * SUM_FACTOR;
	return sum ^ SUM_START;
}
