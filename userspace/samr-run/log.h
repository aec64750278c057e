/* SPDX-License-Identifier: GPL-2.0 */
/*
 * The log of what a program has taken in: connections, what was read of each, and their
 * ends, in the order in which it did; and digests of what it has written. Whoever gives a program
 * the same again has one in the same state.
 *
 * A file has the line of snapshot.h, a header, and records:
 *
 *	header	"samrlog", version (1 byte), seed of the random numbers (8), CRC (4)
 *	record	CRC (4), type (1), fields (1 to 10 bytes each, low bits first), bytes
 *
 * Numbers are little-endian. A record's CRC is that of the record before, taken on over this
 * one: so none can be lost, doubled or swapped unseen. A log on its way to another head has LAST
 * behind it, which says how long it is, and is no part of it.
 */
#ifndef SAMR_RUN_LOG_H
#define SAMR_RUN_LOG_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

/** LOG_BYTES_MAX - of a record: what was read beyond becomes another one */
#define LOG_BYTES_MAX	((size_t)64 << 10)
/** LOG_HEAD_MAX - a record without its bytes */
#define LOG_HEAD_MAX	64

/**
 * enum log_type - of records
 * @LOG_ACCEPT: a connection; they are counted from 1
 * @LOG_READ: bytes of one
 * @LOG_END: no more of it
 * @LOG_OUTPUT: what was written to it so far
 * @LOG_LAST: see above
 */
enum log_type {
	LOG_ACCEPT = 1,
	LOG_READ,
	LOG_END,
	LOG_OUTPUT,
	LOG_LAST,
};

/**
 * struct log_record - one
 * @type: says what else there is
 * @error: END: what read() says; 0: that it is the end
 * @connection: its number, but of ACCEPT and LAST
 * @port: ACCEPT: of the client
 * @node: ACCEPT: of the client
 * @place: ACCEPT, READ, END: of what was read last then
 * @time: likewise, ns
 * @total: OUTPUT: bytes written; LAST: of the file, up to here
 * @digest: OUTPUT: CRC of these
 * @bytes: READ
 * @len: of @bytes
 */
struct log_record {
	enum log_type type;
	int error;
	uint32_t connection;
	uint32_t port;
	uint64_t node;
	uint64_t place;
	uint64_t time;
	uint64_t total;
	uint32_t digest;
	const void *bytes;
	size_t len;
};

/**
 * struct log_end - where a log is to be written on
 * @at: length of its file
 * @place: in its last record; fields tell the distance
 * @time: likewise
 * @crc: of that
 */
struct log_end {
	uint64_t at;
	uint64_t place;
	uint64_t time;
	uint32_t crc;
};

/** log_begin - write the header at @end->at; false with errno */
bool log_begin(int fd, uint64_t seed, struct log_end *end);

/**
 * log_append - write a record
 * @bound: of the file's length
 *
 * Return: false with errno, EFBIG when it would be too long; the log is as before.
 */
bool log_append(int fd, struct log_end *end, uint64_t bound, const struct log_record *r);

/** log_last - what goes behind a log of that length; @to has LOG_HEAD_MAX bytes; Return: how many */
size_t log_last(uint64_t at, unsigned char *to);

/**
 * enum log_result - of reading
 * @LOG_FINE: there was one
 * @LOG_OVER: LAST, and nothing behind it
 * @LOG_TRUNCATED: the file ends before
 * @LOG_CORRUPT: this is no record
 * @LOG_UNREADABLE: errno says why
 */
enum log_result {
	LOG_FINE,
	LOG_OVER,
	LOG_TRUNCATED,
	LOG_CORRUPT,
	LOG_UNREADABLE,
};

/**
 * struct log_reader - of a file
 * @fd: it
 * @end: behind the last record that was read: it can be written on from there
 * @seed: of the header
 * @connections: that were accepted
 * @is_all: the file has none behind those in @buffer
 * @buffer: bytes of the file from @from on, @len of them
 */
struct log_reader {
	int fd;
	struct log_end end;
	uint64_t seed;
	uint32_t connections;
	uint64_t from;
	size_t len;
	bool is_all;
	unsigned char buffer[2 * LOG_BYTES_MAX];
};

/** log_open - read the header at @at; LOG_FINE, or what is wrong */
enum log_result log_open(struct log_reader *reader, int fd, uint64_t at);

/** log_next - @r->bytes are there until the next call */
enum log_result log_next(struct log_reader *reader, struct log_record *r);

#endif /* SAMR_RUN_LOG_H */
