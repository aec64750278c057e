// SPDX-License-Identifier: GPL-2.0
/* Time, random numbers and refusals of the writer. */
#define _GNU_SOURCE
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>
#include "det.h"
#include "digest.h"
#include "position.h"

/* Streams of a message's random numbers: units use 2 * index and the next. */
#define STREAMS_PER_UNIT	2

/* Milliseconds from the beginning of Julian days to 1970. */
#define JULIAN_1970_MS		210866760000000LL
#define MS_PER_DAY		86400000.0

static struct {
	sqlite3_vfs vfs;
	sqlite3_vfs *machine;
	sqlite3 *db;
	sqlite3_stmt *no_changes;
	bool running;			/* a unit */
	bool own;
	bool vacuum;
	bool drop;			/* so is the statement being prepared */
	sqlite3_int64 now_ms;		/* Julian, while running */
	sqlite3_int64 changes_before;
	struct samr_random sql;		/* random(), randomblob() */
	struct samr_random inner;	/* SQLite's own generator's seeds */
	bool said_no;
	char why[256];
} det;

static int vfs_randomness(sqlite3_vfs *vfs, int len, char *out)
{
	(void)vfs;
	if (!det.running)
		return det.machine->xRandomness(det.machine, len, out);
	samr_random_bytes(&det.inner, out, (size_t)len);
	return len;
}

static int vfs_time_ms(sqlite3_vfs *vfs, sqlite3_int64 *out)
{
	(void)vfs;
	if (!det.running)
		return det.machine->xCurrentTimeInt64(det.machine, out);
	*out = det.now_ms;
	return SQLITE_OK;
}

static int vfs_time(sqlite3_vfs *vfs, double *out)
{
	sqlite3_int64 ms;
	int rc = vfs_time_ms(vfs, &ms);

	*out = (double)ms / MS_PER_DAY;
	return rc;
}

int samr_det_init(void)
{
	int rc;

	setenv("TZ", "UTC0", 1);
	tzset();
	rc = sqlite3_config(SQLITE_CONFIG_STMTJRNL_SPILL, -1);
	if (rc == SQLITE_OK)
		rc = sqlite3_initialize();
	if (rc != SQLITE_OK)
		return rc;
	det.machine = sqlite3_vfs_find(NULL);
	if (!det.machine || det.machine->iVersion < 2)
		return SQLITE_ERROR;
	/* A copy: the other methods work on what it points to. */
	det.vfs = *det.machine;
	det.vfs.zName = "samr";
	det.vfs.pNext = NULL;
	det.vfs.xRandomness = vfs_randomness;
	det.vfs.xCurrentTime = vfs_time;
	det.vfs.xCurrentTimeInt64 = vfs_time_ms;
	return sqlite3_vfs_register(&det.vfs, 1);
}

static void sql_random(sqlite3_context *ctx, int argc, sqlite3_value **argv)
{
	(void)argc;
	(void)argv;
	sqlite3_result_int64(ctx, (sqlite3_int64)samr_random_next(&det.sql));
}

static void sql_randomblob(sqlite3_context *ctx, int argc, sqlite3_value **argv)
{
	sqlite3_int64 n = sqlite3_value_int64(argv[0]);
	void *p;

	(void)argc;
	if (n < 1)
		n = 1;
	if (n > sqlite3_limit(det.db, SQLITE_LIMIT_LENGTH, -1)) {
		sqlite3_result_error_toobig(ctx);
		return;
	}
	p = sqlite3_malloc64((sqlite3_uint64)n);
	if (!p) {
		sqlite3_result_error_nomem(ctx);
		return;
	}
	samr_random_bytes(&det.sql, p, (size_t)n);
	sqlite3_result_blob(ctx, p, (int)n, sqlite3_free);
}

static void sql_total_changes(sqlite3_context *ctx, int argc,
			      sqlite3_value **argv)
{
	(void)argc;
	(void)argv;
	sqlite3_result_int64(ctx, sqlite3_total_changes64(det.db) -
				  det.changes_before);
}

static int no(const char *why, const char *name)
{
	snprintf(det.why, sizeof(det.why), why, name);
	det.said_no = true;
	return SQLITE_DENY;
}

static bool starts(const char *s, const char *prefix)
{
	return s && !sqlite3_strnicmp(s, prefix, (int)strlen(prefix));
}

static bool same(const char *a, const char *b)
{
	return a && !sqlite3_stricmp(a, b);
}

/* How many messages share a transaction is decided at each head. */
static int check_own_table(const char *table)
{
	if (!det.vacuum && same(table, SAMR_POSITION_TABLE))
		return no("%s is samr-sql's own: it says how far this database is",
			  table);
	return SQLITE_OK;
}

static int check_table(const char *table, const char *column)
{
	/* Equal databases may lie in their files in another way. */
	if (!det.vacuum && !det.drop && same(column, "rootpage") &&
	    (same(table, "sqlite_master") || same(table, "sqlite_schema")))
		return no("%s shows where a head's file has its pages",
			  column);
	if (starts(table, "pragma_") || same(table, "dbstat") ||
	    same(table, "sqlite_stmt") || same(table, "sqlite_dbpage"))
		return no("%s shows this head's own state: it cannot be used where the heads must agree",
			  table);
	return check_own_table(table);
}

static int check_module(const char *module)
{
	static const char *const allowed[] = {
		"fts3", "fts4", "fts5", "rtree", "rtree_i32", "geopoly",
		"fts4aux", "fts5vocab"
	};
	size_t i;

	for (i = 0; i < sizeof(allowed) / sizeof(allowed[0]); i++)
		if (same(module, allowed[i]))
			return SQLITE_OK;
	return no("virtual tables of module %s are not known to be the same at every head",
		  module ? module : "?");
}

static int check_function(const char *name)
{
	if (same(name, "load_extension"))
		return no("%s() cannot be replicated: the file is another one at each head",
			  name);
	/* It answers with an address, and would call what it is given. */
	if (same(name, "fts3_tokenizer"))
		return no("%s() shows an address in this process's memory",
			  name);
	if (same(name, "sqlite_offset"))
		return no("%s() depends on how a head's file is laid out", name);
	return SQLITE_OK;
}

/* PRAGMA foreign_keys with the value that it has anyway, as dumps begin with. */
static int check_foreign_keys(const char *value)
{
	static const char *const yes[] = { "on", "yes", "true", "1" };
	bool wanted = false;
	int now = 0;
	size_t i;

	for (i = 0; i < sizeof(yes) / sizeof(yes[0]); i++)
		wanted |= same(value, yes[i]);
	sqlite3_db_config(det.db, SQLITE_DBCONFIG_ENABLE_FKEY, -1, &now);
	if (wanted == now)
		return SQLITE_OK;
	return no(now ? "%s are enforced at all heads, since they were started with --foreign-keys" :
		  "%s are not enforced: start all heads with --foreign-keys",
		  "foreign keys");
}

static int check_pragma(const char *name, const char *value)
{
	/* They show what the schema says. */
	static const char *const show[] = {
		"table_info", "table_xinfo", "index_info", "index_xinfo",
		"index_list", "foreign_key_list"
	};
	size_t i;

	for (i = 0; i < sizeof(show) / sizeof(show[0]); i++)
		if (same(name, show[i]))
			return SQLITE_OK;
	if (same(name, "foreign_keys") && value)
		return check_foreign_keys(value);
	if (same(name, "user_version") || same(name, "application_id"))
		return SQLITE_OK;
	/* What virtual tables ask behind the scenes. */
	if (!value && (same(name, "data_version") || same(name, "page_size")))
		return SQLITE_OK;
	return no("PRAGMA %s does not go through the order", name);
}

static int authorize(void *arg, int action, const char *a, const char *b,
		     const char *db, const char *inside)
{
	(void)arg;
	(void)inside;
	if (det.own)
		return SQLITE_OK;
	if (same(db, "temp") && !starts(a, "sqlite_"))
		return no("%s is temporary: temporary objects live on one connection of one head and are not replicated",
			  a ? a : "this");
	switch (action) {
	case SQLITE_ATTACH:
		if (det.vacuum && (!a || !*a))
			return SQLITE_OK;
		return no("%s cannot be replicated: another file would be another one at each head",
			  det.vacuum ? "VACUUM INTO" : "ATTACH");
	case SQLITE_DETACH:
		return no("%s cannot be replicated", "DETACH");
	case SQLITE_CREATE_TEMP_INDEX:
	case SQLITE_CREATE_TEMP_TABLE:
	case SQLITE_CREATE_TEMP_TRIGGER:
	case SQLITE_CREATE_TEMP_VIEW:
		return no("%s is temporary: temporary objects live on one connection of one head and are not replicated",
			  a);
	case SQLITE_TRANSACTION:
		if (det.vacuum)
			return SQLITE_OK;
		return no("%s cannot be part of a transaction", a);
	case SQLITE_SAVEPOINT:
		if (same(b, SAMR_DET_SAVEPOINT))
			return no("the savepoint name %s is taken", b);
		return SQLITE_OK;
	case SQLITE_PRAGMA:
		return check_pragma(a, b);
	case SQLITE_FUNCTION:
		return check_function(b);
	case SQLITE_CREATE_VTABLE:
		return check_module(b);
	case SQLITE_DROP_TABLE:
	case SQLITE_DROP_INDEX:
		/* SQLite itself moves pages then, by statements on the schema. */
		det.drop = true;
		return check_own_table(a);
	case SQLITE_ALTER_TABLE:
	case SQLITE_CREATE_INDEX:
	case SQLITE_CREATE_TRIGGER:
		return check_own_table(b);
	case SQLITE_READ:
		return check_table(a, b);
	case SQLITE_UPDATE:
	case SQLITE_INSERT:
	case SQLITE_DELETE:
		return check_table(a, NULL);
	default:
		return SQLITE_OK;
	}
}

int samr_det_attach(sqlite3 *db)
{
	const int flags = SQLITE_UTF8 | SQLITE_INNOCUOUS;
	int rc;

	det.db = db;
	/* It has no row, and its name cannot be used in SQL by anybody else. */
	rc = sqlite3_exec(db, "CREATE TEMP TABLE samr_none(x)", NULL, NULL, NULL);
	if (rc == SQLITE_OK)
		rc = sqlite3_prepare_v3(db, "DELETE FROM temp.samr_none WHERE x",
					-1, SQLITE_PREPARE_PERSISTENT,
					&det.no_changes, NULL);
	if (rc == SQLITE_OK)
		rc = sqlite3_create_function(db, "random", 0, flags, NULL,
					     sql_random, NULL, NULL);
	if (rc == SQLITE_OK)
		rc = sqlite3_create_function(db, "randomblob", 1, flags, NULL,
					     sql_randomblob, NULL, NULL);
	if (rc == SQLITE_OK)
		rc = sqlite3_create_function(db, "total_changes", 0, flags,
					     NULL, sql_total_changes, NULL,
					     NULL);
	if (rc == SQLITE_OK)
		rc = sqlite3_set_authorizer(db, authorize, NULL);
	return rc;
}

void samr_det_detach(void)
{
	sqlite3_finalize(det.no_changes);
	det.no_changes = NULL;
	det.db = NULL;
}

int samr_det_begin(const struct samr_delivery *d, unsigned int index)
{
	int rc;

	/* A statement that changes no row: what changes() answers until the next. */
	det.own = true;
	sqlite3_step(det.no_changes);
	rc = sqlite3_reset(det.no_changes);
	det.own = false;
	if (rc != SQLITE_OK)
		return rc;
	sqlite3_set_last_insert_rowid(det.db, 0);
	det.changes_before = sqlite3_total_changes64(det.db);
	samr_random_delivery(&det.sql, d, (uint64_t)index * STREAMS_PER_UNIT);
	samr_random_delivery(&det.inner, d,
			     (uint64_t)index * STREAMS_PER_UNIT + 1);
	det.now_ms = JULIAN_1970_MS + (sqlite3_int64)(d->time / 1000000);
	det.running = true;
	sqlite3_randomness(0, NULL);
	return SQLITE_OK;
}

void samr_det_end(void)
{
	det.running = false;
	sqlite3_randomness(0, NULL);
}

void samr_det_own(bool on)
{
	det.own = on;
}

void samr_det_vacuum(bool on)
{
	det.vacuum = on;
}

void samr_det_statement(void)
{
	det.said_no = det.drop = false;
}

const char *samr_det_why(void)
{
	return det.said_no ? det.why : NULL;
}

/* Arithmetic that a machine or a mathematics library might do in another way. */
static void probe(sqlite3 *db, struct sha256_ctx *sum)
{
	static const char *const expr[] = {
		"1e0/3", "1e300*1e10", "0.1+0.2", "round(2.675,2)",
		"CAST('123456789.123456789' AS REAL)", "CAST(1e18/7 AS TEXT)",
		"sin(1e3)", "cos(0.7)", "exp(1.1)", "ln(7)", "pow(1.0001,1e4)",
		"tan(1.3)", "atan2(0.3,0.9)", "sqrt(2)", "sinh(0.4)",
		"printf('%.17g',exp(-3.3))", "julianday('2001-02-03 04:05:06')",
		"datetime(86400.5*365,'unixepoch','localtime')",
		"'a' < 'B' COLLATE NOCASE", "upper('\xc3\xa9')", "1 LIKE '1'",
	};
	sqlite3_stmt *st;
	char *sql;
	size_t i;

	for (i = 0; i < sizeof(expr) / sizeof(expr[0]); i++) {
		sql = sqlite3_mprintf("SELECT %s", expr[i]);
		if (sql && sqlite3_prepare_v2(db, sql, -1, &st, NULL) ==
		    SQLITE_OK && sqlite3_step(st) == SQLITE_ROW) {
			double x = sqlite3_column_double(st, 0);
			const unsigned char *t = sqlite3_column_text(st, 0);

			sha256_update(sum, sizeof(x), (const uint8_t *)&x);
			if (t)
				sha256_update(sum, strlen((const char *)t), t);
		} else {
			sha256_update(sum, 4, (const uint8_t *)"none");
			st = NULL;
		}
		sqlite3_finalize(st);
		sqlite3_free(sql);
	}
}

char *samr_det_environment(sqlite3 *db)
{
	uint8_t digest[SAMR_DIGEST_SIZE];
	char hex[SAMR_DIGEST_HEX];
	struct sha256_ctx sum;
	const char *option;
	char *out = NULL;
	int i;

	sha256_init(&sum);
	for (i = 0; (option = sqlite3_compileoption_get(i)); i++)
		sha256_update(&sum, strlen(option) + 1,
			      (const uint8_t *)option);
	sha256_update(&sum, strlen(sqlite3_sourceid()),
		      (const uint8_t *)sqlite3_sourceid());
	probe(db, &sum);
	sha256_digest(&sum, SAMR_DIGEST_SIZE, digest);
	samr_digest_hex(digest, hex);
	hex[16] = '\0';
	if (asprintf(&out, "SQLite %s, build %s, protocol %d",
		     sqlite3_libversion(), hex, SAMR_DET_PROTOCOL) < 0)
		return NULL;
	return out;
}
