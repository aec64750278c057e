// SPDX-License-Identifier: GPL-2.0
/* Encoding and checking of requests and replies. */
#include <string.h>
#include "call.h"

#define MAGIC		0x6c515331U	/* "1SQl" in memory */
#define VERSION		1
#define JSON		1U
#define HEADERS		2U

static void put(uint8_t *p, uint64_t x, unsigned int bytes)
{
	for (; bytes; bytes--, x >>= 8)
		*p++ = (uint8_t)x;
}

static uint64_t get(const uint8_t *p, unsigned int bytes)
{
	uint64_t x = 0;

	while (bytes--)
		x = x << 8 | p[bytes];
	return x;
}

static void append(struct samr_batch_buf *b, const void *data, size_t len)
{
	if (len)
		memcpy(b->p + b->len, data, len);
	b->len += len;
}

/* A new payload; there is room for @more bytes behind the header of @size. */
static bool start(struct samr_batch_buf *b, size_t size, size_t more)
{
	b->len = 0;
	if (!samr_batch_room(b, size + more))
		return false;
	memset(b->p, 0, size);
	put(b->p, MAGIC, 4);
	b->p[4] = VERSION;
	b->len = size;
	return true;
}

static bool is_ours(const uint8_t *p, size_t len, size_t header)
{
	return len >= header && get(p, 4) == MAGIC && p[4] == VERSION;
}

bool samr_call_ask(struct samr_batch_buf *b, const struct samr_print *print,
		   size_t rows_max, const char *sql, size_t len)
{
	size_t between = strlen(print->separator);

	if (!start(b, SAMR_CALL_REQUEST, between + len))
		return false;
	b->p[5] = (uint8_t)((print->json ? JSON : 0) |
			    (print->headers ? HEADERS : 0));
	put(b->p + 6, between, 2);
	put(b->p + 8, rows_max, 4);
	append(b, print->separator, between);
	append(b, sql, len);
	return true;
}

bool samr_call_read(const void *data, size_t len, struct samr_call *out)
{
	const uint8_t *p = data;
	size_t between;

	if (!is_ours(p, len, SAMR_CALL_REQUEST) || p[5] & ~(JSON | HEADERS))
		return false;
	between = get(p + 6, 2);
	out->rows_max = get(p + 8, 4);
	if (between > SAMR_CALL_SEPARATOR_MAX ||
	    between > len - SAMR_CALL_REQUEST ||
	    out->rows_max < SAMR_CALL_ROWS_MIN ||
	    out->rows_max > SAMR_CALL_ROWS_MAX)
		return false;
	memcpy(out->separator, p + SAMR_CALL_REQUEST, between);
	out->separator[between] = '\0';
	out->print = (struct samr_print){
		.json = p[5] & JSON, .headers = p[5] & HEADERS,
		.separator = out->separator,
	};
	out->sql = (const char *)p + SAMR_CALL_REQUEST + between;
	out->len = len - SAMR_CALL_REQUEST - between;
	return true;
}

bool samr_call_answer(struct samr_batch_buf *b, enum samr_call_status status,
		      const char *text, size_t len, size_t max)
{
	if (len > max)
		len = max;
	if (!start(b, SAMR_CALL_HEADER, len))
		return false;
	b->p[5] = (uint8_t)status;
	append(b, text, len);
	return true;
}

int samr_call_result(const void *data, size_t len, const char **text,
		     size_t *text_len)
{
	const uint8_t *p = data;

	if (!is_ours(p, len, SAMR_CALL_HEADER) || p[5] > SAMR_CALL_NO_QUERY)
		return -1;
	*text = (const char *)p + SAMR_CALL_HEADER;
	*text_len = len - SAMR_CALL_HEADER;
	return p[5];
}
