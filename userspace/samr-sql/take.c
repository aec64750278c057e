// SPDX-License-Identifier: GPL-2.0
/* The head that comes later. */
#define _GNU_SOURCE
#include <errno.h>
#include <fcntl.h>
#include <inttypes.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>
#include "dump.h"
#include "take.h"

struct samr_take {
	struct samr_apply *a;
	struct samr_stream_head head;
	char *file_name, *log_name;
	int file, log;
	uint8_t raw[SAMR_STREAM_HEAD];
	uint8_t *blob;
	uint8_t raw_sum[SAMR_STREAM_SUM];
	uint64_t pos;			/* in all parts together */
	uint64_t sum;
	bool whole;
	char error[600];
};

__attribute__((format(printf, 2, 3)))
static enum samr_take_result fail(struct samr_take *t, const char *fmt, ...)
{
	va_list ap;

	va_start(ap, fmt);
	vsnprintf(t->error, sizeof(t->error), fmt, ap);
	va_end(ap);
	return SAMR_TAKE_FAILED;
}

struct samr_take *samr_take_begin(struct samr_apply *a)
{
	struct samr_take *t = calloc(1, sizeof(*t));

	if (!t)
		return NULL;
	t->a = a;
	t->file = t->log = -1;
	if (asprintf(&t->file_name, "%s" SAMR_APPLY_NEW, samr_apply_path(a)) < 0)
		t->file_name = NULL;
	if (asprintf(&t->log_name, "%s" SAMR_APPLY_NEW "-wal",
		     samr_apply_path(a)) < 0)
		t->log_name = NULL;
	if (t->file_name && t->log_name)
		return t;
	samr_take_end(t);
	return NULL;
}

static int create(const char *name)
{
	return open(name, O_RDWR | O_CREAT | O_TRUNC | O_CLOEXEC, 0600);
}

static enum samr_take_result take_head(struct samr_take *t)
{
	if (!samr_stream_get(t->raw, &t->head))
		return fail(t, "what came from the other head is not a database of this version of samr-sql");
	samr_apply_discard(t->a);
	t->blob = malloc(t->head.blob + 1);
	if (!t->blob)
		return fail(t, "no memory");
	t->file = create(t->file_name);
	if (t->file < 0)
		return fail(t, "%s: %s", t->file_name, strerror(errno));
	t->log = t->head.log ? create(t->log_name) : -1;
	if (t->head.log && t->log < 0)
		return fail(t, "%s: %s", t->log_name, strerror(errno));
	/* Better now than in the middle. Not every file system can tell. */
	if (t->head.file && fallocate(t->file, 0, 0, (off_t)t->head.file) &&
	    (errno == ENOSPC || errno == EFBIG || errno == EDQUOT))
		return fail(t, "no room for a database of %" PRIu64 " bytes beside %s: %s",
			    t->head.file, samr_apply_path(t->a),
			    strerror(errno));
	return SAMR_TAKE_OK;
}

static enum samr_take_result write_part(struct samr_take *t, int fd,
					const char *name, const uint8_t *data,
					size_t len, uint64_t at)
{
	while (len) {
		ssize_t n = pwrite(fd, data, len, (off_t)at);

		if (n < 0 && errno == EINTR)
			continue;
		if (n <= 0)
			return fail(t, "%s: %s", name,
				    strerror(n ? errno : EIO));
		data += n;
		at += (uint64_t)n;
		len -= (size_t)n;
	}
	return SAMR_TAKE_OK;
}

static enum samr_take_result damaged(struct samr_take *t, const char *how)
{
	return fail(t, "the database that came from the other head is damaged: %s",
		    how);
}

/* Answer of a statement that yields one value; NULL: none. */
static char *ask(sqlite3 *db, const char *sql)
{
	sqlite3_stmt *st;
	char *answer = NULL;

	if (sqlite3_prepare_v2(db, sql, -1, &st, NULL) != SQLITE_OK)
		return NULL;
	if (sqlite3_step(st) == SQLITE_ROW && sqlite3_column_text(st, 0))
		answer = strdup((const char *)sqlite3_column_text(st, 0));
	sqlite3_finalize(st);
	return answer;
}

static long long ask_number(sqlite3 *db, const char *sql)
{
	char *answer = ask(db, sql);
	long long n = answer ? atoll(answer) : -1;

	free(answer);
	return n;
}

/* The log is moved into the file: all of it, or it is damaged. */
static enum samr_take_result move_log(struct samr_take *t, sqlite3 *db,
				      long long page)
{
	int all = 0, done = 0, rc;
	uint64_t pages = 0;

	if (t->head.log)
		pages = (t->head.log - SAMR_STREAM_WAL_HEAD) /
			(uint64_t)(page + SAMR_STREAM_WAL_FRAME);
	rc = sqlite3_wal_checkpoint_v2(db, "main", SQLITE_CHECKPOINT_FULL, &all,
				       &done);
	if (rc != SQLITE_OK)
		return fail(t, "%s: %s", t->file_name, sqlite3_errmsg(db));
	if ((uint64_t)all != pages || all != done)
		return damaged(t, "a part of its log");
	return SAMR_TAKE_OK;
}

/* SQLite's own view of the file, and the table of places. */
static enum samr_take_result check_content(struct samr_take *t, sqlite3 *db)
{
	enum samr_take_result r = SAMR_TAKE_OK;
	struct samr_position at;
	long long page, pages;
	struct stat st;
	char *answer;

	page = ask_number(db, "PRAGMA page_size");
	/* A page that cannot be read is met here at the latest. */
	if (page < 1 || ask_number(db, "SELECT count(*) FROM sqlite_schema") < 0)
		return damaged(t, sqlite3_errmsg(db));
	r = move_log(t, db, page);
	if (r)
		return r;
	pages = ask_number(db, "PRAGMA page_count");
	if (stat(t->file_name, &st))
		return fail(t, "%s: %s", t->file_name, strerror(errno));
	if (page * pages != st.st_size)
		return damaged(t, "its length");
	answer = ask(db, "PRAGMA quick_check(1)");
	if (!answer || strcmp(answer, "ok"))
		r = damaged(t, answer ? answer : sqlite3_errmsg(db));
	free(answer);
	if (!r && (samr_position_read(db, &at) != SQLITE_OK ||
		   memcmp(&at, &t->head.at, sizeof(at))))
		r = damaged(t, "its position");
	if (!r && t->head.in_run && at.gseq > t->head.gseq)
		r = damaged(t, "its position is behind the snapshot's");
	return r;
}

static bool is_empty(sqlite3 *db)
{
	return !ask_number(db, "SELECT count(*) FROM sqlite_schema WHERE name "
			   "<> '" SAMR_POSITION_TABLE "'") &&
	       !ask_number(db, "PRAGMA user_version") &&
	       !ask_number(db, "PRAGMA application_id");
}

static bool is_equal(sqlite3 *a, sqlite3 *b)
{
	uint8_t x[SAMR_DIGEST_SIZE], y[SAMR_DIGEST_SIZE];

	return samr_dump_digest(a, x) == SQLITE_OK &&
	       samr_dump_digest(b, y) == SQLITE_OK &&
	       !memcmp(x, y, sizeof(x));
}

/* Nothing may be lost that only this head has. */
static enum samr_take_result check_own(struct samr_take *t, sqlite3 *db)
{
	sqlite3 *own = samr_apply_reader(t->a);
	bool earlier;

	if (samr_position_earlier(own, db, t->head.in_run, &earlier) !=
	    SQLITE_OK)
		return fail(t, "%s: %s", samr_apply_path(t->a),
			    sqlite3_errmsg(own));
	if (earlier || is_empty(own) || is_equal(own, db))
		return SAMR_TAKE_OK;
	fail(t, "%s is not an earlier state of the other heads' database, which would replace it: it is another one, or goes further. Move it away to take theirs, or stop all and start this head first",
	     samr_apply_path(t->a));
	return SAMR_TAKE_REFUSED;
}

static void close_files(struct samr_take *t)
{
	if (t->file >= 0)
		close(t->file);
	if (t->log >= 0)
		close(t->log);
	t->file = t->log = -1;
}

static enum samr_take_result check(struct samr_take *t)
{
	enum samr_take_result r;
	sqlite3 *db;

	if (samr_stream_number(t->raw_sum) != t->sum)
		return damaged(t, "its sum");
	close_files(t);
	if (sqlite3_open_v2(t->file_name, &db, SQLITE_OPEN_READWRITE, NULL) !=
	    SQLITE_OK) {
		r = fail(t, "%s: %s", t->file_name, sqlite3_errmsg(db));
	} else {
		r = check_content(t, db);
		if (!r)
			r = check_own(t, db);
	}
	if (sqlite3_close(db) != SQLITE_OK && !r)
		r = fail(t, "%s cannot be closed", t->file_name);
	t->whole = !r;
	return r;
}

/* The next bytes of one part. *@n: in, how many there are; out, how many of it. */
static enum samr_take_result push_some(struct samr_take *t, const uint8_t *p,
				       size_t *n)
{
	const struct samr_stream_head *h = &t->head;
	enum samr_take_result r = SAMR_TAKE_OK;
	uint64_t at = t->pos, left;

#define WITHIN(size)	(at < (size) ? (left = (size) - at, true) : \
			 (at -= (size), false))
#define TAKE		(*n = left < *n ? (size_t)left : *n)
	if (WITHIN(SAMR_STREAM_HEAD)) {
		memcpy(t->raw + at, p, TAKE);
		if (*n == left)
			r = take_head(t);
	} else if (WITHIN(h->blob)) {
		memcpy(t->blob + at, p, TAKE);
	} else if (WITHIN(h->file)) {
		r = write_part(t, t->file, t->file_name, p, TAKE, at);
	} else if (WITHIN(h->log)) {
		r = write_part(t, t->log, t->log_name, p, TAKE, at);
	} else if (WITHIN(SAMR_STREAM_SUM)) {
		memcpy(t->raw_sum + at, p, TAKE);
		t->pos += *n;
		return *n == left ? check(t) : r;
	} else {
		return damaged(t, "more bytes than were announced");
	}
#undef WITHIN
#undef TAKE
	t->sum = samr_stream_sum(t->sum, p, *n);
	t->pos += *n;
	return r;
}

enum samr_take_result samr_take_push(struct samr_take *t, const void *data,
				     size_t len)
{
	enum samr_take_result r = SAMR_TAKE_OK;
	const uint8_t *p = data;
	size_t n;

	while (!r && len) {
		n = len;
		r = push_some(t, p, &n);
		p += n;
		len -= n;
	}
	return r;
}

const struct samr_stream_head *samr_take_head(const struct samr_take *t)
{
	return t->pos >= SAMR_STREAM_HEAD ? &t->head : NULL;
}

const uint8_t *samr_take_blob(const struct samr_take *t)
{
	return t->pos >= SAMR_STREAM_HEAD &&
	       t->pos - SAMR_STREAM_HEAD >= t->head.blob ? t->blob : NULL;
}

bool samr_take_whole(const struct samr_take *t)
{
	return t->whole;
}

enum samr_take_result samr_take_install(struct samr_take *t)
{
	if (!t->whole)
		return damaged(t, "its end is missing");
	if (!samr_apply_install(t->a, t->head.in_run))
		return fail(t, "%s", samr_apply_error(t->a));
	return SAMR_TAKE_OK;
}

const char *samr_take_error(const struct samr_take *t)
{
	return t ? t->error : "no memory";
}

void samr_take_end(struct samr_take *t)
{
	if (!t)
		return;
	close_files(t);
	samr_apply_discard(t->a);
	free(t->file_name);
	free(t->log_name);
	free(t->blob);
	free(t);
}
