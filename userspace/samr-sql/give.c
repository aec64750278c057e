// SPDX-License-Identifier: GPL-2.0
/* The donor. */
#define _GNU_SOURCE
#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>
#include "give.h"
#include "stream.h"

/* Another program that closes the database looks at its log for that long. */
#define BUSY_TRIES	50
#define BUSY_WAIT_US	1000

/* SQLite's default: with so many pages in the log it goes into the file. */
#define LOG_PAGES	1000

struct samr_give {
	struct samr_apply *a;
	sqlite3 *reader;
	int log;
	uint8_t *head;			/* and the blob behind it */
	size_t head_len;
	uint64_t file_len;
	uint64_t log_len;
	uint64_t pos;			/* in all parts together */
	uint64_t sum;
};

/*
 * Put into the file what can be put there, and see how long the log is, in pages.
 * Nothing is written between this and the beginning of the read transaction,
 * since it is this head that writes, in this thread.
 */
static int look_at_log(struct samr_apply *a, int *pages)
{
	int rc, all, done, tries = 0;

	do {
		if (tries)
			usleep(BUSY_WAIT_US);
		rc = sqlite3_wal_checkpoint_v2(samr_apply_writer(a), "main",
					       SQLITE_CHECKPOINT_PASSIVE, &all,
					       &done);
	} while (rc == SQLITE_BUSY && ++tries < BUSY_TRIES);
	if (rc != SQLITE_OK || all < 0)
		return rc == SQLITE_BUSY ? -EBUSY : -EIO;
	*pages = done < all ? all : 0;
	return 0;
}

static int open_reader(struct samr_give *g, int *page)
{
	sqlite3_stmt *st;

	if (sqlite3_open_v2(samr_apply_path(g->a), &g->reader,
			    SQLITE_OPEN_READONLY, NULL) != SQLITE_OK)
		return -EIO;
	/* It begins with the first thing that is read. */
	if (sqlite3_exec(g->reader, "BEGIN; SELECT count(*) FROM sqlite_schema",
			 NULL, NULL, NULL) != SQLITE_OK ||
	    sqlite3_prepare_v2(g->reader, "PRAGMA page_size", -1, &st, NULL) !=
	    SQLITE_OK)
		return -EIO;
	*page = sqlite3_step(st) == SQLITE_ROW ? sqlite3_column_int(st, 0) : 0;
	sqlite3_finalize(st);
	return *page ? 0 : -EIO;
}

static int open_log(struct samr_give *g, int pages, int page)
{
	char *name;

	if (!pages)
		return 0;
	if (asprintf(&name, "%s-wal", samr_apply_path(g->a)) < 0)
		return -ENOMEM;
	g->log = open(name, O_RDONLY | O_CLOEXEC);
	free(name);
	if (g->log < 0)
		return -errno;
	g->log_len = SAMR_STREAM_WAL_HEAD +
		     (uint64_t)pages * (uint64_t)(page + SAMR_STREAM_WAL_FRAME);
	return 0;
}

static int make_head(struct samr_give *g, uint64_t gseq, const void *blob,
		     size_t len)
{
	struct samr_stream_head h = {
		.gseq = gseq, .blob = len, .file = g->file_len,
		.log = g->log_len, .in_run = samr_apply_in_run(g->a),
	};

	if (samr_position_read(g->reader, &h.at) != SQLITE_OK)
		return -EIO;
	g->head = malloc(SAMR_STREAM_HEAD + len);
	if (!g->head)
		return -ENOMEM;
	samr_stream_put(g->head, &h);
	if (len)
		memcpy(g->head + SAMR_STREAM_HEAD, blob, len);
	g->head_len = SAMR_STREAM_HEAD + len;
	return 0;
}

int samr_give_begin(struct samr_give **out, struct samr_apply *a,
		    uint64_t gseq, const void *blob, size_t len)
{
	struct samr_give *g = calloc(1, sizeof(*g));
	int err, pages = 0, page = 0;
	struct stat st;

	if (!g)
		return -ENOMEM;
	g->a = a;
	g->log = -1;
	err = len > SAMR_STREAM_BLOB_MAX ? -EMSGSIZE : look_at_log(a, &pages);
	if (!err)
		err = open_reader(g, &page);
	if (!err)
		err = open_log(g, pages, page);
	if (!err && fstat(samr_apply_file(a), &st))
		err = -errno;
	if (!err) {
		g->file_len = (uint64_t)st.st_size;
		err = make_head(g, gseq, blob, len);
	}
	/* It could do nothing, and would look for what to do at each commit. */
	sqlite3_wal_autocheckpoint(samr_apply_writer(a), 0);
	if (err)
		samr_give_end(g);
	else
		*out = g;
	return err;
}

/* What is read must be there: nothing but this program writes. */
static ssize_t read_part(int fd, void *buf, size_t len, uint64_t at)
{
	ssize_t n;

	do {
		n = pread(fd, buf, len, (off_t)at);
	} while (n < 0 && errno == EINTR);
	return n > 0 ? n : n ? -errno : -EIO;
}

static size_t least(size_t len, uint64_t left)
{
	return left < len ? (size_t)left : len;
}

ssize_t samr_give_next(struct samr_give *g, void *buf, size_t len)
{
	uint64_t at = g->pos;
	uint8_t sum[SAMR_STREAM_SUM];
	ssize_t n;

	if (at < g->head_len) {
		n = (ssize_t)least(len, g->head_len - at);
		memcpy(buf, g->head + at, (size_t)n);
	} else if ((at -= g->head_len) < g->file_len) {
		n = read_part(samr_apply_file(g->a), buf,
			      least(len, g->file_len - at), at);
	} else if ((at -= g->file_len) < g->log_len) {
		n = read_part(g->log, buf, least(len, g->log_len - at), at);
	} else if ((at -= g->log_len) < sizeof(sum)) {
		samr_stream_put_number(sum, g->sum);
		n = (ssize_t)least(len, sizeof(sum) - at);
		memcpy(buf, sum + at, (size_t)n);
		g->pos += (uint64_t)n;
		return n;
	} else {
		return 0;
	}
	if (n > 0) {
		g->sum = samr_stream_sum(g->sum, buf, (size_t)n);
		g->pos += (uint64_t)n;
	}
	return n;
}

uint64_t samr_give_size(const struct samr_give *g)
{
	return g->file_len + g->log_len;
}

void samr_give_end(struct samr_give *g)
{
	if (!g)
		return;
	sqlite3_close(g->reader);
	sqlite3_wal_autocheckpoint(samr_apply_writer(g->a), LOG_PAGES);
	if (g->log >= 0)
		close(g->log);
	free(g->head);
	free(g);
}
