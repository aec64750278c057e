/* SPDX-License-Identifier: GPL-2.0 */
/*
 * A database as bytes, from a head that has it to heads that come later.
 *
 *	head	fixed size, see stream.c
 *	blob	what the session wants to be told
 *	file	the database's file
 *	log	the part of SQLite's write-ahead log that is not in the file yet
 *	sum	of all before it (8)
 *
 * The parts come in pieces of any size. Numbers are little endian.
 */
#ifndef SAMR_SQL_STREAM_H
#define SAMR_SQL_STREAM_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include "position.h"

#define SAMR_STREAM_HEAD	(72 + SAMR_POSITION_RUN)
#define SAMR_STREAM_SUM		8
#define SAMR_STREAM_BLOB_MAX	((size_t)64 << 10)

/* SQLite's log: a head, and frames of a page and something before it. */
#define SAMR_STREAM_WAL_HEAD	32
#define SAMR_STREAM_WAL_FRAME	24

/**
 * struct samr_stream_head - what is said first
 * @gseq: place of the snapshot
 * @blob: bytes of that part
 * @file: bytes of that part
 * @log: bytes of that part
 * @at: where the database stands
 * @in_run: its newest run is the one that goes on
 */
struct samr_stream_head {
	uint64_t gseq;
	uint64_t blob;
	uint64_t file;
	uint64_t log;
	struct samr_position at;
	bool in_run;
};

void samr_stream_put(uint8_t out[SAMR_STREAM_HEAD],
		     const struct samr_stream_head *h);

/** samr_stream_get - false: this is not the beginning of a database */
bool samr_stream_get(const uint8_t in[SAMR_STREAM_HEAD],
		     struct samr_stream_head *h);

/** samr_stream_number - 8 bytes as a number, and back */
uint64_t samr_stream_number(const uint8_t *p);
void samr_stream_put_number(uint8_t *p, uint64_t x);

/** samr_stream_sum - add bytes to a sum; the first one is 0 */
uint64_t samr_stream_sum(uint64_t sum, const void *data, size_t len);

#endif
