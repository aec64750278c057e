// SPDX-License-Identifier: GPL-2.0
/* Encoding and checking of samr-sql's messages. */
#include <stdlib.h>
#include <string.h>
#include "batch.h"

#define HELLO_SIZE	(SAMR_BATCH_HEADER + 16)
#define REFUSAL_SIZE	(SAMR_BATCH_HEADER + 16)
#define DIGEST_SIZE	(SAMR_BATCH_HEADER + 8 + SAMR_DIGEST_SIZE)

static void put(uint8_t *p, uint64_t x, unsigned int bytes)
{
	for (; bytes; bytes--, x >>= 8)
		*p++ = (uint8_t)x;
}

static uint64_t get(const void *data, size_t at, unsigned int bytes)
{
	const uint8_t *p = (const uint8_t *)data + at;
	uint64_t x = 0;

	while (bytes--)
		x = x << 8 | p[bytes];
	return x;
}

bool samr_batch_room(struct samr_batch_buf *b, size_t more)
{
	size_t cap = b->cap ? b->cap : 256;
	uint8_t *p;

	if (more <= b->cap - b->len)
		return true;
	while (cap - b->len < more)
		cap *= 2;
	p = realloc(b->p, cap);
	if (!p)
		return false;
	b->p = p;
	b->cap = cap;
	return true;
}

/* A new message of @size bytes, all zero but its header. */
static bool start(struct samr_batch_buf *b, enum samr_batch_type type,
		  size_t size)
{
	b->len = 0;
	if (!samr_batch_room(b, size))
		return false;
	memset(b->p, 0, size);
	put(b->p, SAMR_BATCH_MAGIC, 4);
	b->p[4] = (uint8_t)type;
	b->p[5] = SAMR_BATCH_VERSION;
	b->len = size;
	return true;
}

static bool append(struct samr_batch_buf *b, const void *data, size_t len)
{
	if (!samr_batch_room(b, len))
		return false;
	if (len)
		memcpy(b->p + b->len, data, len);
	b->len += len;
	return true;
}

bool samr_batch_simple(struct samr_batch_buf *b, enum samr_batch_type type)
{
	return start(b, type, SAMR_BATCH_HEADER);
}

bool samr_batch_put_hello(struct samr_batch_buf *b,
			  const struct samr_batch_hello *h)
{
	if (!start(b, SAMR_BATCH_HELLO, HELLO_SIZE))
		return false;
	put(b->p + 8, h->view, 8);
	put(b->p + 16, h->heads, 4);
	put(b->p + 20, h->flags, 4);
	return append(b, h->env, h->env_len);
}

bool samr_batch_put_refusal(struct samr_batch_buf *b,
			    const struct samr_batch_refusal *r)
{
	if (!start(b, SAMR_BATCH_REFUSAL, REFUSAL_SIZE))
		return false;
	put(b->p + 8, r->node, 8);
	put(b->p + 16, r->port, 4);
	return append(b, r->text, r->text_len);
}

bool samr_batch_put_digest(struct samr_batch_buf *b,
			   const struct samr_batch_digest *d)
{
	if (!start(b, SAMR_BATCH_DIGEST, DIGEST_SIZE))
		return false;
	put(b->p + 8, d->gseq, 8);
	memcpy(b->p + 16, d->digest, SAMR_DIGEST_SIZE);
	return true;
}

bool samr_batch_exec(struct samr_batch_buf *b)
{
	return start(b, SAMR_BATCH_EXEC, SAMR_BATCH_HEADER);
}

bool samr_batch_add(struct samr_batch_buf *b, const char *sql, size_t len)
{
	uint8_t size[SAMR_BATCH_UNIT];

	if (!samr_batch_room(b, sizeof(size) + len))
		return false;
	put(size, len, sizeof(size));
	append(b, size, sizeof(size));
	append(b, sql, len);
	put(b->p + 6, get(b->p, 6, 2) + 1, 2);
	return true;
}

int samr_batch_type(const void *data, size_t len)
{
	unsigned int type;

	if (len < SAMR_BATCH_HEADER || get(data, 0, 4) != SAMR_BATCH_MAGIC ||
	    get(data, 5, 1) != SAMR_BATCH_VERSION)
		return -1;
	type = (unsigned int)get(data, 4, 1);
	return type >= SAMR_BATCH_HELLO && type <= SAMR_BATCH_DIGEST ?
	       (int)type : -1;
}

bool samr_batch_get_hello(const void *data, size_t len,
			  struct samr_batch_hello *h)
{
	if (len < HELLO_SIZE)
		return false;
	h->view = get(data, 8, 8);
	h->heads = (uint32_t)get(data, 16, 4);
	h->flags = (uint32_t)get(data, 20, 4);
	h->env = (const char *)data + HELLO_SIZE;
	h->env_len = len - HELLO_SIZE;
	return true;
}

bool samr_batch_get_refusal(const void *data, size_t len,
			    struct samr_batch_refusal *r)
{
	if (len < REFUSAL_SIZE)
		return false;
	r->node = get(data, 8, 8);
	r->port = (uint32_t)get(data, 16, 4);
	r->text = (const char *)data + REFUSAL_SIZE;
	r->text_len = len - REFUSAL_SIZE;
	return true;
}

bool samr_batch_get_digest(const void *data, size_t len,
			   struct samr_batch_digest *d)
{
	if (len != DIGEST_SIZE)
		return false;
	d->gseq = get(data, 8, 8);
	memcpy(d->digest, (const uint8_t *)data + 16, SAMR_DIGEST_SIZE);
	return true;
}

int samr_batch_units(const void *data, size_t len)
{
	size_t pos = SAMR_BATCH_HEADER;
	int count, i;

	count = (int)get(data, 6, 2);
	for (i = 0; i < count; i++) {
		uint64_t n;

		if (len - pos < SAMR_BATCH_UNIT)
			return -1;
		n = get(data, pos, SAMR_BATCH_UNIT);
		pos += SAMR_BATCH_UNIT;
		if (len - pos < n)
			return -1;
		pos += n;
	}
	return pos == len ? count : -1;
}

void samr_batch_unit(const void *data, size_t *pos, const char **sql,
		     size_t *len)
{
	if (!*pos)
		*pos = SAMR_BATCH_HEADER;
	*len = get(data, *pos, SAMR_BATCH_UNIT);
	*pos += SAMR_BATCH_UNIT;
	*sql = (const char *)data + *pos;
	*pos += *len;
}
