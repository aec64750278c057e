// SPDX-License-Identifier: GPL-2.0
/* The dump: schema and rows, in an order that the content alone decides. */
#define _GNU_SOURCE
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include "dump.h"
#include "position.h"

struct dump {
	sqlite3 *db;
	samr_dump_fn *put;
	void *arg;
	bool stopped;
	bool schema_writable;	/* the text has turned it on */
};

static void put_text(struct dump *d, const char *text, size_t len)
{
	if (!d->stopped && len && !d->put(d->arg, text, len))
		d->stopped = true;
}

__attribute__((format(printf, 2, 0)))
static void put_va(struct dump *d, const char *fmt, va_list ap)
{
	char *s = sqlite3_vmprintf(fmt, ap);

	if (s)
		put_text(d, s, strlen(s));
	else
		d->stopped = true;
	sqlite3_free(s);
}

/* sqlite3_mprintf()'s formats: %Q and %w quote. */
static void putf(struct dump *d, const char *fmt, ...)
{
	va_list ap;

	va_start(ap, fmt);
	put_va(d, fmt, ap);
	va_end(ap);
}

static void put_hex(struct dump *d, const unsigned char *p, size_t len)
{
	static const char digit[] = "0123456789abcdef";
	char out[512];
	size_t i, n = 0;

	for (i = 0; i < len; i++) {
		out[n++] = digit[p[i] >> 4];
		out[n++] = digit[p[i] & 15];
		if (n == sizeof(out)) {
			put_text(d, out, n);
			n = 0;
		}
	}
	put_text(d, out, n);
}

/* 17 digits name exactly one number. */
static void put_real(struct dump *d, double x)
{
	char s[40];

	if (x - x != 0) {
		putf(d, "%s", x > 0 ? "9.0e999" : "-9.0e999");
		return;
	}
	snprintf(s, sizeof(s), "%.17g", x);
	putf(d, "%s%s", s, strpbrk(s, ".e") ? "" : ".0");
}

static void put_string(struct dump *d, const unsigned char *t, size_t len)
{
	const char *p = (const char *)t, *end = p + len, *q;

	if (memchr(t, '\0', len)) {
		putf(d, "CAST(X'");
		put_hex(d, t, len);
		putf(d, "' AS TEXT)");
		return;
	}
	put_text(d, "'", 1);
	while ((q = memchr(p, '\'', (size_t)(end - p)))) {
		put_text(d, p, (size_t)(q - p) + 1);
		put_text(d, "'", 1);
		p = q + 1;
	}
	put_text(d, p, (size_t)(end - p));
	put_text(d, "'", 1);
}

static void put_value(struct dump *d, sqlite3_stmt *st, int i)
{
	switch (sqlite3_column_type(st, i)) {
	case SQLITE_NULL:
		put_text(d, "NULL", 4);
		break;
	case SQLITE_INTEGER:
		putf(d, "%lld", sqlite3_column_int64(st, i));
		break;
	case SQLITE_FLOAT:
		put_real(d, sqlite3_column_double(st, i));
		break;
	case SQLITE_TEXT: {
		const unsigned char *t = sqlite3_column_text(st, i);

		put_string(d, t, (size_t)sqlite3_column_bytes(st, i));
		break;
	}
	default: {
		const unsigned char *b = sqlite3_column_blob(st, i);

		put_text(d, "X'", 2);
		put_hex(d, b, (size_t)sqlite3_column_bytes(st, i));
		put_text(d, "'", 1);
	}
	}
}

/* Prepare a query made as by sqlite3_mprintf(). */
static int query(struct dump *d, sqlite3_stmt **st, const char *fmt, ...)
{
	va_list ap;
	char *sql;
	int rc;

	*st = NULL;
	va_start(ap, fmt);
	sql = sqlite3_vmprintf(fmt, ap);
	va_end(ap);
	if (!sql)
		return SQLITE_NOMEM;
	rc = sqlite3_prepare_v2(d->db, sql, -1, st, NULL);
	sqlite3_free(sql);
	return rc;
}

/*
 * The name by which a table's rowid can be reached when no column shows it.
 *
 * Return: it, or NULL: the table has none, or its primary key is the rowid, or
 * columns have all its names.
 */
static const char *hidden_rowid(struct dump *d, const char *table)
{
	static const char *const names[] = { "_rowid_", "rowid", "oid" };
	sqlite3_stmt *st;
	bool hidden;
	size_t i;

	if (query(d, &st, "SELECT NOT wr AND (EXISTS(SELECT 1 FROM "
		  "pragma_index_list(%Q) WHERE origin = 'pk') OR NOT EXISTS("
		  "SELECT 1 FROM pragma_table_info(%Q) WHERE pk)) FROM "
		  "pragma_table_list WHERE schema = 'main' AND name = %Q",
		  table, table, table) != SQLITE_OK)
		return NULL;
	hidden = sqlite3_step(st) == SQLITE_ROW && sqlite3_column_int(st, 0);
	sqlite3_finalize(st);
	for (i = 0; hidden && i < sizeof(names) / sizeof(names[0]); i++) {
		bool taken;

		if (query(d, &st, "SELECT 1 FROM pragma_table_xinfo(%Q) "
			  "WHERE name = %Q COLLATE NOCASE", table, names[i]) !=
		    SQLITE_OK)
			return NULL;
		taken = sqlite3_step(st) == SQLITE_ROW;
		sqlite3_finalize(st);
		if (!taken)
			return names[i];
	}
	return NULL;
}

/* Append the names that a query of @table yields, quoted, to a list. */
static int append_names(struct dump *d, sqlite3_str *list, const char *sql,
			const char *table)
{
	sqlite3_stmt *st;
	int rc = query(d, &st, sql, table);

	if (rc != SQLITE_OK)
		return rc;
	while (sqlite3_step(st) == SQLITE_ROW)
		sqlite3_str_appendf(list, "%s\"%w\"",
				    sqlite3_str_length(list) ? "," : "",
				    sqlite3_column_text(st, 0));
	return sqlite3_finalize(st);
}

/* The columns to dump as a list, and those of the primary key as another. */
static int column_lists(struct dump *d, const char *table, sqlite3_str *all,
			sqlite3_str *key)
{
	int rc = append_names(d, all, "SELECT name FROM pragma_table_xinfo(%Q) "
			      "WHERE hidden = 0 ORDER BY cid", table);

	if (rc == SQLITE_OK)
		rc = append_names(d, key, "SELECT name FROM pragma_table_info(%Q) "
				  "WHERE pk ORDER BY pk", table);
	return rc;
}

static int dump_rows(struct dump *d, const char *table, const char *columns,
		     const char *order)
{
	sqlite3_stmt *st;
	int i, n, rc;

	/* ANALYZE counts the rows of samr-sql's own table, too. */
	rc = query(d, &st, "SELECT %s FROM main.\"%w\" %s ORDER BY %s",
		   columns, table, strncmp(table, "sqlite_stat", 11) ? "" :
		   "WHERE tbl <> '" SAMR_POSITION_TABLE "'", order);
	if (rc != SQLITE_OK)
		return rc;
	n = sqlite3_column_count(st);
	while (!d->stopped && (rc = sqlite3_step(st)) == SQLITE_ROW) {
		putf(d, "INSERT INTO \"%w\"(%s) VALUES(", table, columns);
		for (i = 0; i < n; i++) {
			if (i)
				put_text(d, ",", 1);
			put_value(d, st, i);
		}
		put_text(d, ");\n", 3);
	}
	return sqlite3_finalize(st);
}

static int dump_content(struct dump *d, const char *table)
{
	const char *rowid = hidden_rowid(d, table);
	sqlite3_str *all = sqlite3_str_new(d->db);
	sqlite3_str *key = sqlite3_str_new(d->db);
	char *columns, *order;
	int rc;

	if (rowid) {
		sqlite3_str_appendall(all, rowid);
		sqlite3_str_appendall(key, rowid);
	}
	rc = column_lists(d, table, all, key);
	columns = sqlite3_str_finish(all);
	/* A table without any name for its rowid is dumped in its order. */
	order = sqlite3_str_length(key) ? sqlite3_str_finish(key) :
		(sqlite3_str_finish(key), sqlite3_mprintf("1"));
	if (rc == SQLITE_OK && columns && order)
		rc = dump_rows(d, table, columns, order);
	else if (rc == SQLITE_OK)
		rc = SQLITE_NOMEM;
	sqlite3_free(columns);
	sqlite3_free(order);
	return rc;
}

static int dump_table(struct dump *d, const char *name, const char *sql)
{
	if (!strcmp(name, "sqlite_sequence")) {
		putf(d, "DELETE FROM sqlite_sequence;\n");
	} else if (!strncmp(name, "sqlite_stat", 11)) {
		putf(d, "ANALYZE sqlite_schema;\n");
	} else if (!sqlite3_strnicmp(sql, "CREATE VIRTUAL TABLE", 20)) {
		if (!d->schema_writable)
			putf(d, "PRAGMA writable_schema=ON;\n");
		d->schema_writable = true;
		putf(d, "INSERT INTO sqlite_schema(type,name,tbl_name,rootpage,"
		     "sql)VALUES('table',%Q,%Q,0,%Q);\n", name, name, sql);
		return SQLITE_OK;
	} else {
		putf(d, "%s;\n", sql);
	}
	return dump_content(d, name);
}

static int dump_tables(struct dump *d)
{
	sqlite3_stmt *st;
	int rc;

	rc = query(d, &st, "SELECT name, sql FROM sqlite_schema "
		   "WHERE type = 'table' AND sql NOT NULL "
		   "AND name <> '" SAMR_POSITION_TABLE "' COLLATE NOCASE "
		   "ORDER BY name = 'sqlite_sequence', rowid");
	if (rc != SQLITE_OK)
		return rc;
	while (!d->stopped && sqlite3_step(st) == SQLITE_ROW) {
		rc = dump_table(d, (const char *)sqlite3_column_text(st, 0),
				(const char *)sqlite3_column_text(st, 1));
		if (rc != SQLITE_OK) {
			sqlite3_finalize(st);
			return rc;
		}
	}
	return sqlite3_finalize(st);
}

static int dump_others(struct dump *d)
{
	sqlite3_stmt *st;
	int rc;

	rc = query(d, &st, "SELECT sql FROM sqlite_schema WHERE sql NOT NULL "
		   "AND type IN ('index', 'trigger', 'view') ORDER BY rowid");
	if (rc != SQLITE_OK)
		return rc;
	while (!d->stopped && sqlite3_step(st) == SQLITE_ROW)
		putf(d, "%s;\n", sqlite3_column_text(st, 0));
	return sqlite3_finalize(st);
}

static int dump_number(struct dump *d, const char *pragma)
{
	sqlite3_stmt *st;
	int rc;

	rc = query(d, &st, "PRAGMA %s", pragma);
	if (rc != SQLITE_OK)
		return rc;
	if (sqlite3_step(st) == SQLITE_ROW && sqlite3_column_int(st, 0))
		putf(d, "PRAGMA %s=%d;\n", pragma, sqlite3_column_int(st, 0));
	return sqlite3_finalize(st);
}

int samr_dump(sqlite3 *db, samr_dump_fn *put, void *arg)
{
	struct dump d = { .db = db, .put = put, .arg = arg };
	int rc;

	/* One state of the database for all the queries. */
	rc = sqlite3_exec(db, "BEGIN", NULL, NULL, NULL);
	if (rc != SQLITE_OK)
		return rc;
	putf(&d, "PRAGMA foreign_keys=OFF;\nBEGIN TRANSACTION;\n");
	rc = dump_tables(&d);
	if (rc == SQLITE_OK)
		rc = dump_others(&d);
	if (d.schema_writable)
		putf(&d, "PRAGMA writable_schema=OFF;\n");
	if (rc == SQLITE_OK)
		rc = dump_number(&d, "user_version");
	if (rc == SQLITE_OK)
		rc = dump_number(&d, "application_id");
	/* Whoever loads a part of a database shall see that it is one. */
	putf(&d, rc == SQLITE_OK ? "COMMIT;\n" : "ROLLBACK; -- incomplete\n");
	if (rc == SQLITE_OK)
		rc = sqlite3_exec(db, "COMMIT", NULL, NULL, NULL);
	else
		sqlite3_exec(db, "ROLLBACK", NULL, NULL, NULL);
	return rc == SQLITE_OK && d.stopped ? SQLITE_ABORT : rc;
}

static bool add_to_digest(void *arg, const char *text, size_t len)
{
	sha256_update(arg, len, (const uint8_t *)text);
	return true;
}

int samr_dump_digest(sqlite3 *db, uint8_t digest[SAMR_DIGEST_SIZE])
{
	struct sha256_ctx sum;
	int rc;

	sha256_init(&sum);
	rc = samr_dump(db, add_to_digest, &sum);
	sha256_digest(&sum, SAMR_DIGEST_SIZE, digest);
	return rc;
}

static bool to_stdout(void *arg, const char *text, size_t len)
{
	(void)arg;
	return fwrite(text, 1, len, stdout) == len;
}

/* What the user is told, once everything is written. */
static const char *verdict(int rc)
{
	if (rc == SQLITE_OK && fflush(stdout))
		rc = SQLITE_ABORT;
	if (rc == SQLITE_ABORT)
		return "the output cannot be written";
	return rc == SQLITE_OK ? NULL : sqlite3_errstr(rc);
}

const char *samr_dump_print(sqlite3 *db)
{
	return verdict(samr_dump(db, to_stdout, NULL));
}

const char *samr_dump_print_digest(sqlite3 *db)
{
	uint8_t digest[SAMR_DIGEST_SIZE];
	char hex[SAMR_DIGEST_HEX];
	int rc = samr_dump_digest(db, digest);

	if (rc == SQLITE_OK) {
		samr_digest_hex(digest, hex);
		puts(hex);
	}
	return verdict(rc);
}
