// SPDX-License-Identifier: GPL-2.0
/*
 * The writer.
 *
 * Errors are of two kinds. Those that the statement and the data decide come
 * out the same at every head and are a unit's result. Those of this machine do
 * not, and stop the head: it must not go on with a database that others do not
 * have.
 */
#define _GNU_SOURCE
#include <errno.h>
#include <fcntl.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/file.h>
#include <sys/stat.h>
#include <unistd.h>
#include "apply.h"
#include "det.h"
#include "dump.h"
#include "position.h"
#include "split.h"

enum own {
	OWN_BEGIN,
	OWN_COMMIT,
	OWN_ROLLBACK,
	OWN_SAVEPOINT,
	OWN_RELEASE,
	OWN_UNDO,
	OWN_VERSION,
	OWN_COUNT,
};

static const char *const own_sql[OWN_COUNT] = {
	[OWN_BEGIN] = "BEGIN IMMEDIATE",
	[OWN_COMMIT] = "COMMIT",
	[OWN_ROLLBACK] = "ROLLBACK",
	[OWN_SAVEPOINT] = "SAVEPOINT " SAMR_DET_SAVEPOINT,
	[OWN_RELEASE] = "RELEASE " SAMR_DET_SAVEPOINT,
	[OWN_UNDO] = "ROLLBACK TO " SAMR_DET_SAVEPOINT,
	[OWN_VERSION] = "PRAGMA data_version",
};

struct samr_apply {
	struct samr_apply_config cfg;
	char *path;			/* of the file, no link to it */
	sqlite3 *writer;
	sqlite3 *reader;
	int lock;			/* keeps a second samr-sql away */
	sqlite3_stmt *own[OWN_COUNT];
	sqlite3_stmt *position;		/* once the table is there */
	bool in_run;			/* the newest run is this one */
	int version;			/* data_version; changes by others only */
	struct {
		int steps;
		int (*stop)(void *);
		void *arg;
	} watch;
	char error[512];
};

__attribute__((format(printf, 2, 3)))
static bool fail(struct samr_apply *a, const char *fmt, ...)
{
	va_list ap;

	va_start(ap, fmt);
	vsnprintf(a->error, sizeof(a->error), fmt, ap);
	va_end(ap);
	return false;
}

static bool fail_sqlite(struct samr_apply *a, const char *doing)
{
	return fail(a, "%s: %s", doing, sqlite3_errmsg(a->writer));
}

/* One of the writer's own statements. @value: of its first column, or NULL. */
static int run_own(struct samr_apply *a, enum own which, int *value)
{
	sqlite3_stmt *st = a->own[which];
	int rc;

	samr_det_own(true);
	rc = sqlite3_step(st);
	if (rc == SQLITE_ROW && value)
		*value = sqlite3_column_int(st, 0);
	rc = sqlite3_reset(st);
	samr_det_own(false);
	return rc;
}

/* Is the file that was locked the one of this name? Another may replace it. */
static bool is_file(int fd, const char *path)
{
	struct stat a, b;

	return !fstat(fd, &a) && !stat(path, &b) && a.st_ino == b.st_ino &&
	       a.st_dev == b.st_dev;
}

static bool lock_file(struct samr_apply *a, const char *path)
{
	bool locked;

	do {
		if (a->lock >= 0)
			close(a->lock);
		a->lock = open(path, O_RDWR | O_CREAT | O_CLOEXEC, 0666);
		if (a->lock < 0)
			return fail(a, "%s: %s", path, strerror(errno));
		locked = !flock(a->lock, LOCK_EX | LOCK_NB);
		if (!locked && errno != EWOULDBLOCK)
			return fail(a, "%s: %s", path, strerror(errno));
	} while (!is_file(a->lock, path));
	return locked || fail(a, "%s: another samr-sql is running on this file",
			      path);
}

/* The file's name with something behind it; the caller frees it, or NULL. */
static char *beside(const struct samr_apply *a, const char *suffix)
{
	char *name;

	return asprintf(&name, "%s%s", a->path, suffix) < 0 ? NULL : name;
}

static void remove_beside(const struct samr_apply *a, const char *suffix)
{
	char *name = beside(a, suffix);

	if (name)
		unlink(name);
	free(name);
}

void samr_apply_discard(const struct samr_apply *a)
{
	remove_beside(a, SAMR_APPLY_NEW);
	remove_beside(a, SAMR_APPLY_NEW "-wal");
	remove_beside(a, SAMR_APPLY_NEW "-shm");
}

/* Readers of a database in WAL mode do not stop the writer. */
static bool set_wal(struct samr_apply *a, const char *path)
{
	sqlite3_stmt *st;
	bool wal;

	if (sqlite3_prepare_v2(a->writer, "PRAGMA journal_mode = WAL", -1, &st,
			       NULL) != SQLITE_OK)
		return fail_sqlite(a, path);
	wal = sqlite3_step(st) == SQLITE_ROW &&
	      !strcmp((const char *)sqlite3_column_text(st, 0), "wal");
	if (sqlite3_finalize(st) != SQLITE_OK)
		return fail_sqlite(a, path);
	return wal || fail(a, "%s: WAL mode is not possible on this file system",
			   path);
}

/* Of both connections. fts3_tokenizer() would take any number for an address. */
static void configure(sqlite3 *db, const struct samr_apply_config *cfg)
{
	int on;

	sqlite3_busy_timeout(db, cfg->patience_ms);
	sqlite3_db_config(db, SQLITE_DBCONFIG_ENABLE_FTS3_TOKENIZER, 0, &on);
}

static bool configure_writer(struct samr_apply *a)
{
	const struct samr_apply_config *cfg = &a->cfg;
	char sql[512];
	int on;

	configure(a->writer, cfg);
	sqlite3_db_config(a->writer, SQLITE_DBCONFIG_DEFENSIVE, 1, &on);
	snprintf(sql, sizeof(sql),
		 "PRAGMA temp_store = MEMORY; PRAGMA cache_spill = OFF;"
		 "PRAGMA synchronous = %s; PRAGMA foreign_keys = %d;"
		 "PRAGMA recursive_triggers = OFF;",
		 cfg->synchronous, cfg->foreign_keys);
	if (sqlite3_exec(a->writer, sql, NULL, NULL, NULL) != SQLITE_OK)
		return fail_sqlite(a, a->path);
	return set_wal(a, a->path);
}

static bool prepare_own(struct samr_apply *a)
{
	int i;

	for (i = 0; i < OWN_COUNT; i++)
		if (sqlite3_prepare_v3(a->writer, own_sql[i], -1,
				       SQLITE_PREPARE_PERSISTENT, &a->own[i],
				       NULL) != SQLITE_OK)
			return fail_sqlite(a, own_sql[i]);
	if (run_own(a, OWN_VERSION, &a->version) != SQLITE_OK)
		return fail_sqlite(a, own_sql[OWN_VERSION]);
	return true;
}

static bool open_reader(struct samr_apply *a)
{
	if (sqlite3_open_v2(a->path, &a->reader, SQLITE_OPEN_READONLY, NULL) !=
	    SQLITE_OK)
		return fail(a, "%s: %s", a->path, sqlite3_errmsg(a->reader));
	configure(a->reader, &a->cfg);
	return true;
}

/* The table may be there, and made by somebody else. */
static bool check_position(struct samr_apply *a)
{
	struct samr_position at;
	int rc = samr_position_read(a->writer, &at);

	if (rc == SQLITE_MISMATCH)
		return fail(a, "%s: it has a table " SAMR_POSITION_TABLE " that samr-sql has not made",
			    a->path);
	return rc == SQLITE_OK || fail_sqlite(a, a->path);
}

/* The lock's file is never closed before SQLite's: POSIX locks. */
static bool connect(struct samr_apply *a)
{
	if (sqlite3_open_v2(a->path, &a->writer, SQLITE_OPEN_READWRITE |
			    SQLITE_OPEN_CREATE, NULL) != SQLITE_OK)
		return fail_sqlite(a, a->path);
	if (!configure_writer(a) || !prepare_own(a) || !check_position(a))
		return false;
	if (samr_det_attach(a->writer) != SQLITE_OK)
		return fail_sqlite(a, a->path);
	if (!open_reader(a))
		return false;
	samr_apply_watch(a, a->watch.steps, a->watch.stop, a->watch.arg);
	return true;
}

static void disconnect(struct samr_apply *a)
{
	int i;

	samr_det_detach();
	for (i = 0; i < OWN_COUNT; i++) {
		sqlite3_finalize(a->own[i]);
		a->own[i] = NULL;
	}
	sqlite3_finalize(a->position);
	a->position = NULL;
	sqlite3_close(a->reader);
	sqlite3_close(a->writer);
	a->reader = a->writer = NULL;
}

bool samr_apply_open(struct samr_apply **out,
		     const struct samr_apply_config *cfg)
{
	struct samr_apply *a = calloc(1, sizeof(*a));

	*out = a;
	if (!a)
		return false;
	a->cfg = *cfg;
	a->lock = -1;
	if (!lock_file(a, cfg->path))
		return false;
	/* SQLite takes some names (":memory:", "file:...") for something else. */
	a->path = realpath(cfg->path, NULL);
	if (!a->path)
		return fail(a, "%s: %s", cfg->path, strerror(errno));
	samr_apply_discard(a);
	return connect(a);
}

void samr_apply_close(struct samr_apply *a)
{
	if (!a)
		return;
	disconnect(a);
	if (a->lock >= 0)
		close(a->lock);
	free(a->path);
	free(a);
}

/* Would another head have got the same error? */
static bool local_error(int rc)
{
	if (rc == SQLITE_CORRUPT_VTAB)	/* answers a question about an index */
		return false;
	switch (rc & 0xff) {
	case SQLITE_NOMEM:
	case SQLITE_INTERRUPT:
	case SQLITE_IOERR:
	case SQLITE_CORRUPT:
	case SQLITE_NOTADB:
	case SQLITE_CANTOPEN:
	case SQLITE_BUSY:
	case SQLITE_PROTOCOL:
	case SQLITE_PERM:
		return true;
	/*
	 * SQLITE_FULL is decided by the data here: there are no more rowids. A
	 * full disk is met at COMMIT, since nothing is written before.
	 */
	default:
		return false;
	}
}

/* The next row is longer than @max as text, or there is more than that with it. */
static bool too_long(sqlite3_stmt *st, FILE *rows, size_t max)
{
	int i, n = sqlite3_column_count(st);
	size_t len = (size_t)ftello(rows);

	/* Before it is made text, which would take memory. */
	for (i = 0; len <= max && i < n; i++) {
		int type = sqlite3_column_type(st, i);

		if (type == SQLITE_TEXT || type == SQLITE_BLOB)
			len += (size_t)sqlite3_column_bytes(st, i);
	}
	return len > max;
}

/* Its plan says at which pages of a file tables begin. */
static int explain(struct samr_apply_unit *u)
{
	u->error = strdup("EXPLAIN shows where a head's file has its pages; EXPLAIN QUERY PLAN can be used");
	return u->error ? SQLITE_AUTH : SQLITE_NOMEM;
}

static int result_too_long(struct samr_apply_unit *u)
{
	if (asprintf(&u->error, "the result is longer than %zu bytes: ask for less of it, or for longer results",
		     u->rows_max) < 0)
		u->error = NULL;
	return u->error ? SQLITE_TOOBIG : SQLITE_NOMEM;
}

/* Run one statement to its end. Return: SQLITE_OK or its error. */
static int run_statement(sqlite3_stmt *st, struct samr_apply_unit *u, FILE *rows)
{
	bool first = true;
	int rc;

	if (sqlite3_stmt_isexplain(st) == 1)
		return explain(u);
	while ((rc = sqlite3_step(st)) == SQLITE_ROW) {
		if (!rows)
			continue;
		if (first)
			samr_print_head(u->print, st, rows);
		first = false;
		if (u->rows_max && too_long(st, rows, u->rows_max))
			return result_too_long(u);
		samr_print_row(u->print, st, rows);
		if (u->rows_max && (size_t)ftello(rows) > u->rows_max)
			return result_too_long(u);
	}
	return rc == SQLITE_DONE ? SQLITE_OK : rc;
}

/* Is it one statement? */
static bool is_single(const struct samr_apply_unit *u)
{
	struct samr_split s = { .pos = 0 };
	size_t n = samr_split_next(&s, u->sql, u->len, true);

	return n + samr_split_blank(u->sql + n, u->len - n) == u->len;
}

/* The text of the error that there is, for the user. */
static char *error_text(struct samr_apply *a, const struct samr_apply_unit *u,
			unsigned int number)
{
	const char *why = samr_det_why();
	char *text = NULL;

	if (!why)
		why = sqlite3_errmsg(a->writer);
	if (!is_single(u) ? asprintf(&text, "statement %u: %s", number, why) < 0 :
		      asprintf(&text, "%s", why) < 0)
		return NULL;
	return text;
}

/* The statements of a unit. Return: SQLITE_OK, or the error and @u->error. */
static int run_text(struct samr_apply *a, struct samr_apply_unit *u, FILE *rows)
{
	const char *p = u->sql, *end = u->sql + u->len;
	unsigned int number = 0;
	int rc = SQLITE_OK;

	while (p < end) {
		const char *start = p;
		sqlite3_stmt *st;

		samr_det_statement();
		rc = sqlite3_prepare_v2(a->writer, p, (int)(end - p), &st, &p);
		if (rc == SQLITE_OK && !st) {
			/* Nothing but comments, or a zero byte that ends it. */
			if (p == start)
				break;
			continue;
		}
		number++;
		if (rc == SQLITE_OK)
			rc = run_statement(st, u, rows);
		if (rc != SQLITE_OK && rc != SQLITE_NOMEM && !u->error) {
			rc = sqlite3_extended_errcode(a->writer);
			u->error = error_text(a, u, number);
		}
		sqlite3_finalize(st);
		if (rc != SQLITE_OK)
			return u->error ? rc : SQLITE_NOMEM;
	}
	return SQLITE_OK;
}

/* Constraints that wait for COMMIT are due at the unit's end. */
static int check_deferred(struct samr_apply *a, struct samr_apply_unit *u)
{
	int now = 0, high;

	sqlite3_db_status(a->writer, SQLITE_DBSTATUS_DEFERRED_FKS, &now, &high,
			  0);
	if (!now)
		return SQLITE_OK;
	u->error = strdup("FOREIGN KEY constraint failed");
	return u->error ? SQLITE_CONSTRAINT_FOREIGNKEY : SQLITE_NOMEM;
}

static void clear_result(struct samr_apply_unit *u)
{
	free(u->error);
	free(u->rows);
	u->error = u->rows = NULL;
	u->rows_len = 0;
	u->changes = 0;
}

/* The writer knows what clients are refused; it is not executed there. */
static bool may_read(struct samr_apply *a, const struct samr_apply_unit *u)
{
	sqlite3_stmt *st = NULL;
	bool may;

	if (!is_single(u))
		return false;
	samr_det_statement();
	may = sqlite3_prepare_v2(a->writer, u->sql, (int)u->len, &st, NULL) ==
	      SQLITE_OK && st;
	sqlite3_finalize(st);
	return may;
}

bool samr_apply_query(struct samr_apply *a, struct samr_apply_unit *u, bool *reads)
{
	sqlite3_stmt *st = NULL;
	FILE *rows;
	int rc;

	clear_result(u);
	rows = open_memstream(&u->rows, &u->rows_len);
	if (!rows)
		return false;
	*reads = may_read(a, u);
	rc = *reads ? sqlite3_prepare_v2(a->reader, u->sql, (int)u->len, &st,
					 NULL) : SQLITE_OK;
	/* What is wrong with others, the order will tell. */
	*reads = *reads && rc == SQLITE_OK && st && sqlite3_stmt_readonly(st);
	if (*reads)
		rc = run_statement(st, u, rows);
	if (*reads && rc != SQLITE_OK && rc != SQLITE_NOMEM && !u->error)
		u->error = strdup(sqlite3_errmsg(a->reader));
	sqlite3_finalize(st);
	if (fclose(rows))
		return false;
	return !*reads || rc == SQLITE_OK || u->error;
}

/* All of a unit but the savepoint around it. */
static int run_inside(struct samr_apply *a, struct samr_apply_unit *u)
{
	sqlite3_int64 before = sqlite3_total_changes64(a->writer);
	FILE *rows = NULL;
	int rc;

	clear_result(u);
	if (u->print) {
		rows = open_memstream(&u->rows, &u->rows_len);
		if (!rows)
			return SQLITE_NOMEM;
	}
	rc = samr_det_begin(u->delivery, u->index);
	if (rc == SQLITE_OK)
		rc = run_text(a, u, rows);
	samr_det_end();
	if (rc == SQLITE_OK)
		rc = check_deferred(a, u);
	if (rows && fclose(rows))
		rc = SQLITE_NOMEM;
	u->changes = sqlite3_total_changes64(a->writer) - before;
	return rc;
}

/* A unit in the open transaction. False: this head has a problem of its own. */
static bool run_unit(struct samr_apply *a, struct samr_apply_unit *u)
{
	int rc;

	rc = run_own(a, OWN_SAVEPOINT, NULL);
	if (rc != SQLITE_OK)
		return fail_sqlite(a, own_sql[OWN_SAVEPOINT]);
	rc = run_inside(a, u);
	if (rc != SQLITE_OK && local_error(rc))
		return fail(a, "%s", u->error ? u->error : sqlite3_errstr(rc));
	if (rc != SQLITE_OK) {
		u->changes = 0;
		free(u->rows);
		u->rows = NULL;
		u->rows_len = 0;
		/* ON CONFLICT ROLLBACK and RAISE(ROLLBACK) take all with them. */
		u->void_ = sqlite3_get_autocommit(a->writer);
		if (u->void_)
			return true;
		if (run_own(a, OWN_UNDO, NULL) != SQLITE_OK)
			return fail_sqlite(a, own_sql[OWN_UNDO]);
	}
	if (run_own(a, OWN_RELEASE, NULL) != SQLITE_OK)
		return fail_sqlite(a, own_sql[OWN_RELEASE]);
	return true;
}

/*
 * The table of places is this program's: what users declare about it does not
 * count when it is written to.
 */
static void without_foreign_keys(struct samr_apply *a, bool begin)
{
	int on;

	samr_det_own(begin);
	if (a->cfg.foreign_keys)
		sqlite3_db_config(a->writer, SQLITE_DBCONFIG_ENABLE_FKEY,
				  !begin, &on);
}

/* The first units since all began together. */
static bool begin_run(struct samr_apply *a, const struct samr_delivery *first)
{
	int rc;

	without_foreign_keys(a, true);
	rc = samr_position_begin(a->writer, first);
	without_foreign_keys(a, false);
	return rc == SQLITE_OK || fail_sqlite(a, SAMR_POSITION_TABLE);
}

static bool set_position(struct samr_apply *a, const struct samr_delivery *last)
{
	int rc = SQLITE_OK;

	without_foreign_keys(a, true);
	if (!a->position)
		rc = samr_position_prepare(a->writer, &a->position);
	if (rc == SQLITE_OK)
		rc = samr_position_set(a->position, last);
	without_foreign_keys(a, false);
	return rc == SQLITE_OK || fail_sqlite(a, SAMR_POSITION_TABLE);
}

static bool begin(struct samr_apply *a, const struct samr_delivery *first)
{
	int rc = run_own(a, OWN_BEGIN, NULL);
	int version = a->version;

	if (rc == SQLITE_BUSY)
		return fail(a, "another program keeps this head's database locked");
	if (rc != SQLITE_OK)
		return fail_sqlite(a, own_sql[OWN_BEGIN]);
	if (run_own(a, OWN_VERSION, &version) != SQLITE_OK)
		return fail_sqlite(a, own_sql[OWN_VERSION]);
	if (version != a->version)
		return fail(a, "another program has written to this head's database");
	return a->in_run || begin_run(a, first);
}

static bool commit(struct samr_apply *a, const struct samr_delivery *last)
{
	if (last && !set_position(a, last))
		return false;
	if (run_own(a, OWN_COMMIT, NULL) != SQLITE_OK)
		return fail_sqlite(a, own_sql[OWN_COMMIT]);
	a->in_run = true;
	return true;
}

/*
 * Units in one transaction. When one of them takes the transaction back, those
 * before it are run again, which gives what it gave the first time, and that
 * one is left out. @last: of the message that is complete with them, or NULL.
 */
static bool run_transaction(struct samr_apply *a, struct samr_apply_unit *unit,
			    size_t count, const struct samr_delivery *last)
{
	const struct samr_delivery *first = count ? unit->delivery : last;
	size_t i = 0;

	if (!begin(a, first))
		return false;
	while (i < count) {
		if (!unit[i].void_ && !run_unit(a, &unit[i]))
			return false;
		if (sqlite3_get_autocommit(a->writer)) {
			if (!begin(a, first))
				return false;
			i = 0;
			continue;
		}
		i++;
	}
	return commit(a, last);
}

static bool is_vacuum(const struct samr_apply_unit *u)
{
	struct samr_split_class c;

	samr_split_classify(u->sql, u->len, false, &c);
	return c.vacuum && is_single(u);
}

/* VACUUM runs outside of transactions, or says that it cannot. */
static bool run_vacuum(struct samr_apply *a, struct samr_apply_unit *u)
{
	int rc;

	samr_det_vacuum(true);
	rc = run_inside(a, u);
	samr_det_vacuum(false);
	if (rc != SQLITE_OK && (local_error(rc) || rc == SQLITE_FULL))
		return fail(a, "%s", u->error ? u->error : sqlite3_errstr(rc));
	u->changes = 0;
	return true;
}

/* The newest message of which all units are among the first @count of @total. */
static const struct samr_delivery *
complete(const struct samr_apply_unit *unit, size_t count, size_t total)
{
	const struct samr_delivery *torn;

	if (count == total)
		return unit[count - 1].delivery;
	for (torn = unit[count].delivery; count; count--)
		if (unit[count - 1].delivery != torn)
			return unit[count - 1].delivery;
	return NULL;
}

bool samr_apply_run(struct samr_apply *a, struct samr_apply_unit *unit,
		    size_t count)
{
	const struct samr_delivery *last;
	size_t i = 0, n;
	bool ok = true;

	while (ok && i < count) {
		for (n = 0; i + n < count && !is_vacuum(&unit[i + n]); n++)
			;
		last = complete(unit, i + (n ? n : 1), count);
		if (n) {
			ok = run_transaction(a, unit + i, n, last);
		} else {
			ok = run_vacuum(a, &unit[i++]);
			if (ok && last)
				ok = run_transaction(a, NULL, 0, last);
		}
		i += n;
	}
	if (!ok && !sqlite3_get_autocommit(a->writer))
		run_own(a, OWN_ROLLBACK, NULL);
	return ok;
}

void samr_apply_free(struct samr_apply_unit *unit, size_t count)
{
	size_t i;

	for (i = 0; i < count; i++)
		clear_result(&unit[i]);
}

bool samr_apply_check(struct samr_apply *a)
{
	const char *answer = NULL;
	sqlite3_stmt *st;
	bool ok = false;

	if (sqlite3_prepare_v2(a->reader, "PRAGMA quick_check(1)", -1, &st,
			       NULL) == SQLITE_OK &&
	    sqlite3_step(st) == SQLITE_ROW)
		answer = (const char *)sqlite3_column_text(st, 0);
	if (answer)
		ok = !strcmp(answer, "ok");
	if (!ok)
		fail(a, "%s: the database is damaged: %s", a->path,
		     answer ? answer : sqlite3_errmsg(a->reader));
	sqlite3_finalize(st);
	return ok;
}

bool samr_apply_digest(struct samr_apply *a, uint8_t digest[SAMR_DIGEST_SIZE])
{
	int rc = samr_dump_digest(a->reader, digest);

	if (rc != SQLITE_OK)
		return fail(a, "reading the database: %s", sqlite3_errstr(rc));
	return true;
}

sqlite3 *samr_apply_reader(struct samr_apply *a)
{
	return a->reader;
}

bool samr_apply_position(struct samr_apply *a, struct samr_position *out)
{
	int rc = samr_position_read(a->reader, out);

	return rc == SQLITE_OK || fail(a, "%s: %s", a->path, sqlite3_errstr(rc));
}

bool samr_apply_in_run(const struct samr_apply *a)
{
	return a->in_run;
}

void samr_apply_end_run(struct samr_apply *a)
{
	a->in_run = false;
}

const struct samr_apply_config *samr_apply_config(const struct samr_apply *a)
{
	return &a->cfg;
}

const char *samr_apply_path(const struct samr_apply *a)
{
	return a->path;
}

int samr_apply_file(const struct samr_apply *a)
{
	return a->lock;
}

sqlite3 *samr_apply_writer(struct samr_apply *a)
{
	return a->writer;
}

/* Make what was renamed survive a loss of power. */
static bool sync_folder(struct samr_apply *a)
{
	char *name = strdup(a->path);
	bool ok;
	int fd;

	if (!name)
		return fail(a, "no memory");
	*(strrchr(name, '/') + 1) = '\0';
	fd = open(name, O_RDONLY | O_DIRECTORY | O_CLOEXEC);
	free(name);
	ok = fd >= 0 && (!fsync(fd) || errno == EINVAL);
	if (!ok)
		fail(a, "the folder of %s: %s", a->path, strerror(errno));
	if (fd >= 0)
		close(fd);
	return ok;
}

/*
 * All of the old database is in its file then and none in its log: the log must
 * not be taken for one of the new file, which has the same name.
 */
static bool empty_log(struct samr_apply *a)
{
	int rc = sqlite3_wal_checkpoint_v2(a->writer, "main",
					   SQLITE_CHECKPOINT_TRUNCATE, NULL,
					   NULL);

	if (rc == SQLITE_BUSY)
		return fail(a, "another program reads the old database for too long");
	return rc == SQLITE_OK || fail_sqlite(a, a->path);
}

/* The new file has the old one's rights, and its lock. */
static int adopt(struct samr_apply *a, const char *name)
{
	int fd = open(name, O_RDWR | O_CLOEXEC);
	struct stat st;

	if (fd >= 0 && !flock(fd, LOCK_EX | LOCK_NB) && !fstat(a->lock, &st) &&
	    !fchmod(fd, st.st_mode & 07777) && !fsync(fd)) {
		/* Who may not give files away made the old one as well. */
		if (!fchown(fd, st.st_uid, st.st_gid) || errno == EPERM)
			return fd;
	}
	fail(a, "%s: %s", name, strerror(errno));
	if (fd >= 0)
		close(fd);
	return -1;
}

bool samr_apply_install(struct samr_apply *a, bool in_run)
{
	char *name = beside(a, SAMR_APPLY_NEW);
	bool ok;
	int fd;

	if (!name)
		return fail(a, "no memory");
	fd = adopt(a, name);
	if (fd < 0 || !empty_log(a)) {
		if (fd >= 0)
			close(fd);
		free(name);
		return false;
	}
	disconnect(a);
	remove_beside(a, "-wal");
	remove_beside(a, "-shm");
	ok = sync_folder(a) &&
	     (!rename(name, a->path) ||
	      fail(a, "%s: %s", a->path, strerror(errno))) && sync_folder(a);
	free(name);
	close(ok ? a->lock : fd);
	if (ok) {
		a->lock = fd;
		a->in_run = in_run;
	}
	return connect(a) && ok;
}

void samr_apply_watch(struct samr_apply *a, int steps, int (*stop)(void *),
		      void *arg)
{
	a->watch.steps = steps;
	a->watch.stop = stop;
	a->watch.arg = arg;
	sqlite3_progress_handler(a->writer, steps, stop, arg);
	sqlite3_progress_handler(a->reader, steps, stop, arg);
}

const char *samr_apply_error(const struct samr_apply *a)
{
	return a ? a->error : "no memory";
}
