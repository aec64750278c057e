// SPDX-License-Identifier: GPL-2.0
/* The log of what a program has taken in, see log.h. */
#define _GNU_SOURCE
#include <errno.h>
#include <string.h>
#include <sys/uio.h>
#include <unistd.h>

#include "../sim/crc32c.h"
#include "log.h"

#define MAGIC		"samrlog\1"
#define MAGIC_BYTES	8
#define HEADER_BYTES	(MAGIC_BYTES + 8 + 4)
#define CRC_BYTES	4
#define FIELD_BYTES	10

static unsigned char *put_le(unsigned char *to, uint64_t x, unsigned int bytes)
{
	for (; bytes; bytes--, x >>= 8)
		*to++ = (unsigned char)x;
	return to;
}

static uint64_t get_le(const unsigned char *from, unsigned int bytes)
{
	uint64_t x = 0;

	while (bytes--)
		x = x << 8 | from[bytes];
	return x;
}

static unsigned char *put_field(unsigned char *to, uint64_t x)
{
	for (; x >= 0x80; x >>= 7)
		*to++ = (unsigned char)(x | 0x80);
	*to++ = (unsigned char)x;
	return to;
}

/* Fields that are being read; what is not there is zero, and seen at the end. */
struct fields {
	const unsigned char *at, *end;
	bool short_of, wrong;
};

static uint64_t get_field(struct fields *f)
{
	unsigned int shift;
	uint64_t x = 0;

	for (shift = 0; shift < 7 * FIELD_BYTES; shift += 7) {
		if (f->at == f->end) {
			f->short_of = true;
			return 0;
		}
		x |= (uint64_t)(*f->at & 0x7f) << shift;
		if (!(*f->at++ & 0x80)) {
			/* There is one way to write a number. */
			f->wrong = f->wrong || (shift && !f->at[-1]) ||
				   (shift == 63 && f->at[-1] > 1);
			return x;
		}
	}
	f->wrong = true;
	return 0;
}

static uint32_t get_field32(struct fields *f)
{
	uint64_t x = get_field(f);

	f->wrong = f->wrong || x > UINT32_MAX;
	return (uint32_t)x;
}

/* ---- writing ---- */

static bool write_at(int fd, struct iovec *iov, int count, uint64_t at)
{
	size_t len = 0;
	ssize_t n;
	int i;

	for (i = 0; i < count; i++)
		len += iov[i].iov_len;
	do
		n = pwritev(fd, iov, count, (off_t)at);
	while (n < 0 && errno == EINTR);
	/* A part of it means that there is no more room. */
	if (n >= 0 && (size_t)n < len)
		errno = ENOSPC;
	return n >= 0 && (size_t)n == len;
}

bool log_begin(int fd, uint64_t seed, struct log_end *end)
{
	unsigned char header[HEADER_BYTES];
	struct iovec iov = { header, sizeof(header) };

	memcpy(header, MAGIC, MAGIC_BYTES);
	put_le(header + MAGIC_BYTES, seed, 8);
	end->crc = crc32c(header, HEADER_BYTES - CRC_BYTES);
	put_le(header + HEADER_BYTES - CRC_BYTES, end->crc, CRC_BYTES);
	end->place = end->time = 0;
	if (!write_at(fd, &iov, 1, end->at))
		return false;
	end->at += HEADER_BYTES;
	return true;
}

/* Behind its CRC. */
static unsigned char *put_record(unsigned char *to, const struct log_end *end,
				 const struct log_record *r)
{
	*to++ = (unsigned char)r->type;
	if (r->type == LOG_LAST)
		return put_field(to, r->total);
	if (r->type == LOG_OUTPUT) {
		to = put_field(put_field(to, r->connection), r->total);
		return put_le(to, r->digest, CRC_BYTES);
	}
	to = put_field(put_field(to, r->place - end->place), r->time - end->time);
	switch (r->type) {
	case LOG_ACCEPT:
		return put_field(put_field(to, r->node), r->port);
	case LOG_END:
		return put_field(put_field(to, r->connection), (uint64_t)r->error);
	default:
		return put_field(put_field(to, r->connection), r->len);
	}
}

bool log_append(int fd, struct log_end *end, uint64_t bound, const struct log_record *r)
{
	unsigned char head[LOG_HEAD_MAX];
	unsigned char *behind = put_record(head + CRC_BYTES, end, r);
	size_t head_len = (size_t)(behind - head), len = r->type == LOG_READ ? r->len : 0;
	struct iovec iov[] = { { head, head_len }, { (void *)r->bytes, len } };
	uint32_t crc = crc32c_more(end->crc, head + CRC_BYTES, head_len - CRC_BYTES);

	crc = crc32c_more(crc, r->bytes, len);
	put_le(head, crc, CRC_BYTES);
	if (end->at > bound || bound - end->at < head_len + len) {
		errno = EFBIG;
		return false;
	}
	if (!write_at(fd, iov, len ? 2 : 1, end->at))
		return false;
	end->at += head_len + len;
	end->crc = crc;
	if (r->type != LOG_OUTPUT) {
		end->place = r->place;
		end->time = r->time;
	}
	return true;
}

size_t log_last(uint64_t at, unsigned char *to)
{
	const struct log_record last = { .type = LOG_LAST, .total = at };
	unsigned char *behind = put_record(to + CRC_BYTES, NULL, &last);
	size_t len = (size_t)(behind - to);

	put_le(to, crc32c(to + CRC_BYTES, len - CRC_BYTES), CRC_BYTES);
	return len;
}

/* ---- reading ---- */

/* So many bytes from @reader->end on, or those that the file has. */
static ssize_t look_ahead(struct log_reader *reader, size_t want)
{
	size_t passed = (size_t)(reader->end.at - reader->from);
	ssize_t n = 1;

	if (reader->len - passed >= want || reader->is_all)
		return (ssize_t)(reader->len - passed);
	reader->len -= passed;
	memmove(reader->buffer, reader->buffer + passed, reader->len);
	reader->from = reader->end.at;
	while (reader->len < want && n > 0) {
		n = pread(reader->fd, reader->buffer + reader->len,
			  sizeof(reader->buffer) - reader->len,
			  (off_t)(reader->from + reader->len));
		if (n < 0 && errno != EINTR)
			return -1;
		if (n > 0)
			reader->len += (size_t)n;
		else if (n < 0)
			n = 1;
	}
	reader->is_all = !n;
	return (ssize_t)reader->len;
}

static const unsigned char *here(const struct log_reader *reader)
{
	return reader->buffer + (reader->end.at - reader->from);
}

enum log_result log_open(struct log_reader *reader, int fd, uint64_t at)
{
	const unsigned char *header;
	ssize_t n;

	*reader = (struct log_reader){ .fd = fd, .from = at, .end.at = at };
	n = look_ahead(reader, HEADER_BYTES);
	if (n < HEADER_BYTES)
		return n < 0 ? LOG_UNREADABLE : LOG_TRUNCATED;
	header = here(reader);
	reader->end.crc = crc32c(header, HEADER_BYTES - CRC_BYTES);
	if (memcmp(header, MAGIC, MAGIC_BYTES) ||
	    get_le(header + HEADER_BYTES - CRC_BYTES, CRC_BYTES) != reader->end.crc)
		return LOG_CORRUPT;
	reader->seed = get_le(header + MAGIC_BYTES, 8);
	reader->end.at += HEADER_BYTES;
	return LOG_FINE;
}

static void get_record(const struct log_reader *reader, struct fields *f,
		       struct log_record *r)
{
	r->type = (enum log_type)*f->at++;
	switch (r->type) {
	case LOG_LAST:
		r->total = get_field(f);
		return;
	case LOG_OUTPUT:
		r->connection = get_field32(f);
		r->total = get_field(f);
		if (f->end - f->at < CRC_BYTES) {
			f->short_of = true;
			return;
		}
		r->digest = (uint32_t)get_le(f->at, CRC_BYTES);
		f->at += CRC_BYTES;
		return;
	case LOG_ACCEPT:
	case LOG_READ:
	case LOG_END:
		break;
	default:
		f->wrong = true;
		return;
	}
	r->place = reader->end.place + get_field(f);
	r->time = reader->end.time + get_field(f);
	if (r->type == LOG_ACCEPT) {
		r->node = get_field(f);
		r->port = get_field32(f);
		return;
	}
	r->connection = get_field32(f);
	if (r->type == LOG_END)
		r->error = (int)(get_field(f) & INT32_MAX);
	else
		r->len = get_field(f);
}

static bool makes_sense(const struct log_reader *reader, const struct log_record *r)
{
	if (r->type == LOG_LAST || r->type == LOG_ACCEPT)
		return true;
	return r->connection && r->connection <= reader->connections &&
	       (r->type != LOG_READ || (r->len && r->len <= LOG_BYTES_MAX));
}

static enum log_result look_last(struct log_reader *reader, const struct log_record *r,
				 const struct fields *f, uint32_t crc)
{
	size_t len = (size_t)(f->at - here(reader));

	if (crc32c(here(reader) + CRC_BYTES, len - CRC_BYTES) != crc ||
	    r->total != reader->end.at || look_ahead(reader, len + 1) > (ssize_t)len)
		return LOG_CORRUPT;
	return LOG_OVER;
}

enum log_result log_next(struct log_reader *reader, struct log_record *r)
{
	ssize_t there = look_ahead(reader, LOG_HEAD_MAX + LOG_BYTES_MAX);
	struct fields f;
	uint32_t crc;

	if (there <= CRC_BYTES)
		return there < 0 ? LOG_UNREADABLE : LOG_TRUNCATED;
	f = (struct fields){ .at = here(reader) + CRC_BYTES, .end = here(reader) + there };
	crc = (uint32_t)get_le(here(reader), CRC_BYTES);
	*r = (struct log_record){ .len = 0 };
	get_record(reader, &f, r);
	if (f.wrong)
		return LOG_CORRUPT;
	if (f.short_of)
		return LOG_TRUNCATED;
	if (!makes_sense(reader, r))
		return LOG_CORRUPT;
	if (r->type == LOG_LAST)
		return look_last(reader, r, &f, crc);
	if ((size_t)(f.end - f.at) < r->len)
		return LOG_TRUNCATED;
	r->bytes = f.at;
	f.at += r->len;
	if (crc32c_more(reader->end.crc, here(reader) + CRC_BYTES,
			(size_t)(f.at - here(reader)) - CRC_BYTES) != crc)
		return LOG_CORRUPT;
	reader->end.crc = crc;
	reader->end.at += (uint64_t)(f.at - here(reader));
	if (r->type != LOG_OUTPUT) {
		reader->end.place = r->place;
		reader->end.time = r->time;
	}
	if (r->type == LOG_ACCEPT)
		reader->connections++;
	return LOG_FINE;
}
