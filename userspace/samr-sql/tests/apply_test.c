// SPDX-License-Identifier: GPL-2.0
/*
 * Units executed on real files: the same order gives the same database, however
 * the units are grouped and whatever else the process does meanwhile.
 */
#define _GNU_SOURCE
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <signal.h>
#include <string.h>
#include <sys/resource.h>
#include <unistd.h>
#include <cmocka.h>
#include "apply.h"
#include "det.h"
#include "dump.h"

#define UNITS_MAX	400

/* One of each that a database can be asked to do, failures among them. */
static const char *const script[] = {
	"CREATE TABLE a(id INTEGER PRIMARY KEY AUTOINCREMENT, t TEXT UNIQUE, "
		"at TEXT DEFAULT CURRENT_TIMESTAMP, r DEFAULT (random()))",
	"CREATE TABLE b(x)",
	"CREATE TABLE w(k TEXT PRIMARY KEY, v REAL) WITHOUT ROWID",
	"CREATE TABLE g(p, q AS (p * 2) STORED, r AS (p + 1))",
	"CREATE TABLE log(what, n)",
	"CREATE TRIGGER tr AFTER INSERT ON a BEGIN "
		"INSERT INTO log VALUES('a', new.id); "
		"INSERT INTO log VALUES(datetime('now'), random()); END",
	"INSERT INTO a(t) VALUES ('one')",
	"INSERT INTO a(t) VALUES('one')",			/* fails */
	"INSERT INTO a(t) VALUES('two'), ('one'), ('three')",	/* fails */
	"INSERT OR IGNORE INTO a(t) VALUES('two'), ('one'), ('three')",
	"INSERT OR FAIL INTO a(t) VALUES('four'), ('one'), ('five')", /* fails */
	"INSERT OR REPLACE INTO a(t) VALUES('one')",
	"INSERT OR ROLLBACK INTO a(t) VALUES('one')",		/* fails, void */
	"INSERT INTO a(t) VALUES('one') ON CONFLICT DO UPDATE SET r = random()",
	"INSERT INTO nowhere VALUES(1)",			/* fails */
	"INSRT",						/* fails */
	"INSERT INTO b VALUES(x'00ff00'), ('it''s'), ('\xc3\xa4\xf0\x9f\x98\x80'), "
		"(1e300*1e10), (-0.0), (0.1), (NULL), (9223372036854775807), "
		"(CAST(x'610062' AS TEXT)), (1e15), (5.0)",
	"INSERT INTO b VALUES(randomblob(20)), (hex(randomblob(3))), (random())",
	"INSERT INTO b SELECT random() FROM b ORDER BY random() LIMIT 3",
	"INSERT INTO b VALUES(strftime('%s', 'now')), (julianday('now')), "
		"(CURRENT_TIME), (CURRENT_DATE), (unixepoch()), "
		"(datetime('now', 'localtime')), (datetime())",
	"INSERT INTO w VALUES('z', 1.5), ('a', 1e-7), ('m', random())",
	"UPDATE w SET v = v + abs(random() % 1000) / 7.0",
	"INSERT INTO g(p) VALUES(4), (random())",
	"INSERT INTO b VALUES(last_insert_rowid()), (changes()), (total_changes())",
	"INSERT INTO b VALUES(1); INSERT INTO b VALUES(last_insert_rowid()); "
		"INSERT INTO b VALUES(changes()), (total_changes());",
	"INSERT INTO b VALUES(2); INSERT INTO a(t) VALUES('one')", /* fails */
	"SAVEPOINT s; INSERT INTO b VALUES('no'); ROLLBACK TO s; "
		"INSERT INTO b VALUES('yes'); RELEASE s",
	"SAVEPOINT s; INSERT INTO b VALUES('open')",
	/* The largest rowid is taken: the next ones are drawn by lot. */
	"CREATE TABLE full(x)",
	"INSERT INTO full(rowid, x) VALUES(9223372036854775807, 'last')",
	"INSERT INTO full(x) VALUES('by lot'), ('by lot too')",
	"INSERT INTO full SELECT x FROM b",
	"INSERT INTO full SELECT x FROM full",
	/* ... and this one has no other. */
	"INSERT INTO a(id, t) VALUES(9223372036854775807, 'max')",
	"INSERT INTO a(t) VALUES('beyond')",			/* fails */
	"CREATE VIRTUAL TABLE ft USING fts5(body)",
	"INSERT INTO ft SELECT 'the quick ' || x FROM b",
	"INSERT INTO ft(ft) VALUES('optimize')",
	"CREATE VIRTUAL TABLE rt USING rtree(id, x0, x1)",
	"INSERT INTO rt VALUES(1, 0.5, 1.5), (2, random() % 10, 100)",
	"CREATE INDEX i ON b(x)",
	"CREATE VIEW v AS SELECT * FROM a WHERE r > 0",
	"ALTER TABLE b ADD COLUMN y DEFAULT 'new'",
	"ALTER TABLE b RENAME COLUMN y TO z",
	"ALTER TABLE log RENAME TO journal",
	"ALTER TABLE g DROP COLUMN r",
	"UPDATE b SET z = random() WHERE rowid % 3 = 0 LIMIT 4",
	"DELETE FROM full WHERE rowid IN (SELECT rowid FROM full ORDER BY random() LIMIT 5)",
	"WITH RECURSIVE n(i) AS (SELECT 1 UNION ALL SELECT i + 1 FROM n WHERE i < 300) "
		"INSERT INTO b SELECT i, random() FROM n",
	"CREATE TRIGGER back BEFORE DELETE ON w BEGIN SELECT RAISE(ROLLBACK, 'all back'); END",
	"DELETE FROM w",					/* fails, void */
	"CREATE TRIGGER fl BEFORE UPDATE ON w BEGIN SELECT RAISE(FAIL, 'no further'); END",
	"UPDATE w SET v = 0",					/* fails */
	"ANALYZE",
	"PRAGMA user_version = 12",
	"DELETE FROM b WHERE x IS NULL RETURNING 'gone', z",
	"VACUUM",
	"INSERT INTO b VALUES(random(), datetime('now'))",
	"REINDEX",
	"DROP VIEW v",
	"REPLACE INTO a(id, t, r) VALUES(1, 'again', random())",
};

#define SCRIPT_LEN	(sizeof(script) / sizeof(script[0]))

struct head {
	struct samr_apply *a;
	char path[64];
	struct samr_delivery delivery[UNITS_MAX];
	struct samr_apply_unit unit[UNITS_MAX];
};

static char folder[] = "/tmp/samr-sql-test-XXXXXX";

static void remove_database(const char *path)
{
	char name[160];

	unlink(path);
	snprintf(name, sizeof(name), "%s-wal", path);
	unlink(name);
	snprintf(name, sizeof(name), "%s-shm", path);
	unlink(name);
}

static void open_head(struct head *h, bool foreign_keys)
{
	struct samr_apply_config cfg = {
		.path = h->path, .foreign_keys = foreign_keys,
		.synchronous = "off", .patience_ms = 100,
	};

	if (!samr_apply_open(&h->a, &cfg))
		fail_msg("%s", samr_apply_error(h->a));
}

static int setup(void **state)
{
	struct head *h = calloc(1, sizeof(*h));

	snprintf(h->path, sizeof(h->path), "%s/db", folder);
	remove_database(h->path);
	open_head(h, false);
	*state = h;
	return 0;
}

static int teardown(void **state)
{
	struct head *h = *state;

	samr_apply_free(h->unit, UNITS_MAX);
	samr_apply_close(h->a);
	remove_database(h->path);
	free(h);
	return 0;
}

/* A unit's place in the order: what comes from the order depends on it only. */
static void place(struct head *h, size_t i, const char *sql)
{
	h->delivery[i].gseq = 1000 + i;
	h->delivery[i].time = 1700000000000000000 + i * 1234567891;
	h->delivery[i].random = 0x1234567890abcdef * (i + 1);
	samr_apply_free(&h->unit[i], 1);
	memset(&h->unit[i], 0, sizeof(h->unit[i]));
	h->unit[i].sql = sql;
	h->unit[i].len = strlen(sql);
	h->unit[i].delivery = &h->delivery[i];
	h->unit[i].index = (unsigned int)i % 3;
}

static void run_one(struct head *h, size_t i, const char *sql)
{
	place(h, i, sql);
	if (!samr_apply_run(h->a, &h->unit[i], 1))
		fail_msg("%s: %s", sql, samr_apply_error(h->a));
}

static void must(struct head *h, const char *sql)
{
	run_one(h, 0, sql);
	if (h->unit[0].error)
		fail_msg("%s: %s", sql, h->unit[0].error);
}

static void must_not(struct head *h, const char *sql, const char *why)
{
	run_one(h, 0, sql);
	if (!h->unit[0].error || !strstr(h->unit[0].error, why))
		fail_msg("%s: %s, not: %s", sql, h->unit[0].error, why);
}

static char *ask(struct head *h, const char *sql)
{
	sqlite3 *db = samr_apply_reader(h->a);
	static char answer[4096];
	sqlite3_stmt *st;

	if (sqlite3_prepare_v2(db, sql, -1, &st, NULL) != SQLITE_OK)
		fail_msg("%s: %s", sql, sqlite3_errmsg(db));
	answer[0] = '\0';
	if (sqlite3_step(st) == SQLITE_ROW && sqlite3_column_text(st, 0))
		snprintf(answer, sizeof(answer), "%s",
			 sqlite3_column_text(st, 0));
	sqlite3_finalize(st);
	return answer;
}

static void digest_of(struct head *h, char hex[SAMR_DIGEST_HEX])
{
	uint8_t digest[SAMR_DIGEST_SIZE];

	if (!samr_apply_digest(h->a, digest))
		fail_msg("%s", samr_apply_error(h->a));
	samr_digest_hex(digest, hex);
}

/* What a user of this head does meanwhile: it draws on the same generator. */
static void make_noise(struct head *h, unsigned int how_much)
{
	char byte[7];

	for (; how_much; how_much--) {
		ask(h, "SELECT random(), randomblob(5), datetime('now')");
		sqlite3_randomness(sizeof(byte), byte);
	}
}

/* The script in groups of @group, and what became of each unit as a text. */
static void run_script(struct head *h, size_t group, unsigned int noise,
		       char hex[SAMR_DIGEST_HEX], char **results)
{
	FILE *out;
	size_t i, n, size;

	for (i = 0; i < SCRIPT_LEN; i++)
		place(h, i, script[i]);
	for (i = 0; i < SCRIPT_LEN; i += n) {
		n = SCRIPT_LEN - i < group ? SCRIPT_LEN - i : group;
		make_noise(h, noise * (unsigned int)(i % 5));
		if (!samr_apply_run(h->a, h->unit + i, n))
			fail_msg("%zu: %s", i, samr_apply_error(h->a));
	}
	digest_of(h, hex);
	out = open_memstream(results, &size);
	for (i = 0; i < SCRIPT_LEN; i++)
		fprintf(out, "%zu %lld %s\n", i, h->unit[i].changes,
			h->unit[i].error ? h->unit[i].error : "ok");
	fclose(out);
}

static void grouping_does_not_matter(void **state)
{
	static const size_t groups[] = { 1, 2, 3, 7, 16, SCRIPT_LEN };
	char first[SAMR_DIGEST_HEX], hex[SAMR_DIGEST_HEX];
	char *first_results = NULL, *results;
	unsigned int i;
	void *head;

	(void)state;
	for (i = 0; i < sizeof(groups) / sizeof(groups[0]); i++) {
		setup(&head);
		run_script(head, groups[i], i, i ? hex : first,
			   i ? &results : &first_results);
		teardown(&head);
		if (!i)
			continue;
		assert_string_equal(results, first_results);
		assert_string_equal(hex, first);
		free(results);
	}
	free(first_results);
}

/* Exactly those units fail that should. */
static void script_fails_where_it_should(void **state)
{
	static const char *const failing[] = {
		"INSERT INTO a(t) VALUES('one')", "INSERT INTO a(t) VALUES('two'), ",
		"INSERT OR FAIL", "INSERT OR ROLLBACK", "INSERT INTO nowhere",
		"INSRT", "INSERT INTO b VALUES(2); ",
		"INSERT INTO a(t) VALUES('beyond')", "DELETE FROM w",
		"UPDATE w SET v = 0",
	};
	struct head *h = *state;
	char hex[SAMR_DIGEST_HEX], *results;
	size_t i, k;

	run_script(h, 9, 0, hex, &results);
	free(results);
	for (i = 0; i < SCRIPT_LEN; i++) {
		bool should = false;

		for (k = 0; k < sizeof(failing) / sizeof(failing[0]); k++)
			if (!strncmp(script[i], failing[k], strlen(failing[k])))
				should = k || !script[i][strlen(failing[0])];
		if (should != !!h->unit[i].error)
			fail_msg("%s: %s", script[i], h->unit[i].error ?
				 h->unit[i].error : "did not fail");
	}
}

static void another_place_gives_another_value(void **state)
{
	struct head *h = *state;
	char one[64], two[64];

	must(h, "CREATE TABLE t(x)");
	run_one(h, 1, "INSERT INTO t VALUES(random())");
	run_one(h, 2, "INSERT INTO t VALUES(random())");
	run_one(h, 1, "INSERT INTO t VALUES(random())");
	snprintf(one, sizeof(one), "%s", ask(h, "SELECT x FROM t WHERE rowid=1"));
	snprintf(two, sizeof(two), "%s", ask(h, "SELECT x FROM t WHERE rowid=2"));
	assert_string_not_equal(one, two);
	assert_string_equal(one, ask(h, "SELECT x FROM t WHERE rowid=3"));
}

/* Two units of one message have the same time, but not the same numbers. */
static void units_of_a_message_draw_apart(void **state)
{
	struct head *h = *state;

	must(h, "CREATE TABLE t(x, y)");
	place(h, 1, "INSERT INTO t VALUES(random(), datetime('now'))");
	place(h, 2, h->unit[1].sql);
	h->unit[2].delivery = h->unit[1].delivery;
	h->unit[1].index = 0;
	h->unit[2].index = 1;
	assert_true(samr_apply_run(h->a, &h->unit[1], 2));
	assert_string_equal(ask(h, "SELECT count(DISTINCT x) || ' ' || "
				"count(DISTINCT y) FROM t"), "2 1");
}

static void time_is_the_orders(void **state)
{
	struct head *h = *state;

	must(h, "CREATE TABLE t(a DEFAULT CURRENT_TIMESTAMP, b, c, d)");
	must(h, "INSERT INTO t(b, c, d) VALUES(datetime('now'), "
	     "strftime('%Y-%m-%d %H:%M:%f', 'now'), julianday('now'))");
	assert_string_equal(ask(h, "SELECT a FROM t"), "2023-11-14 22:13:20");
	assert_string_equal(ask(h, "SELECT b FROM t"), "2023-11-14 22:13:20");
	assert_string_equal(ask(h, "SELECT c FROM t"),
			    "2023-11-14 22:13:20.000");
	assert_string_equal(ask(h, "SELECT datetime(d) FROM t"),
			    "2023-11-14 22:13:20");
	/* Queries have this machine's time. */
	assert_true(atoll(ask(h, "SELECT unixepoch('now')")) > 1700000000 + 60);
}

static void counters_start_at_nothing(void **state)
{
	struct head *h = *state;

	must(h, "CREATE TABLE t(x)");
	must(h, "INSERT INTO t VALUES(1), (2), (3)");
	must(h, "INSERT INTO t VALUES(changes() || '/' || total_changes() || '/' || last_insert_rowid())");
	assert_string_equal(ask(h, "SELECT x FROM t WHERE rowid = 4"), "0/0/0");
	must(h, "UPDATE t SET x = 0 WHERE rowid < 3; INSERT INTO t VALUES(changes() || '/' || total_changes())");
	assert_string_equal(ask(h, "SELECT x FROM t WHERE rowid = 5"), "2/2");
	assert_int_equal(h->unit[0].changes, 3);
}

/* The unit around a failure is gone, its neighbours are not. */
static void units_are_atomic(void **state)
{
	static const char *const part[] = {
		"INSERT INTO t VALUES(1)",
		"INSERT INTO t VALUES(2); INSERT INTO t VALUES(NULL)",
		"INSERT INTO t VALUES(3)",
		"INSERT OR ROLLBACK INTO t VALUES(NULL)",
		"INSERT INTO t VALUES(4)",
		"SAVEPOINT s; INSERT INTO t VALUES(5)",
		"INSERT OR FAIL INTO t VALUES(6), (NULL)",
		"INSERT INTO t VALUES(7)",
	};
	struct head *h = *state;
	size_t i;

	must(h, "CREATE TABLE t(x NOT NULL)");
	for (i = 0; i < 8; i++)
		place(h, i, part[i]);
	assert_true(samr_apply_run(h->a, h->unit, 8));
	assert_string_equal(ask(h, "SELECT group_concat(x, ' ') FROM t"),
			    "1 3 4 5 7");
	assert_string_equal(h->unit[1].error,
			    "statement 2: NOT NULL constraint failed: t.x");
	assert_true(h->unit[3].void_);
	assert_non_null(h->unit[6].error);
	for (i = 0; i < 8; i++)
		assert_int_equal(h->unit[i].changes, !h->unit[i].error);
}

static void foreign_keys_are_checked_per_unit(void **state)
{
	struct head *h = *state;

	samr_apply_close(h->a);
	open_head(h, true);
	must(h, "CREATE TABLE p(id INTEGER PRIMARY KEY); CREATE TABLE c(p REFERENCES p DEFERRABLE INITIALLY DEFERRED)");
	place(h, 0, "INSERT INTO c VALUES(1)");
	place(h, 1, "INSERT INTO c VALUES(2); INSERT INTO p VALUES(2)");
	place(h, 2, "INSERT INTO p VALUES(1)");
	assert_true(samr_apply_run(h->a, h->unit, 3));
	assert_string_equal(h->unit[0].error, "FOREIGN KEY constraint failed");
	assert_null(h->unit[1].error);
	assert_null(h->unit[2].error);
	assert_string_equal(ask(h, "SELECT group_concat(p) FROM c"), "2");
	must_not(h, "DELETE FROM p WHERE id = 2", "FOREIGN KEY");
	must_not(h, "PRAGMA defer_foreign_keys = ON", "does not go through");
}

static void what_differs_between_heads_is_refused(void **state)
{
	struct head *h = *state;
	char path[128];

	must(h, "CREATE TABLE t(x)");
	must_not(h, "ATTACH 'x' AS y", "cannot be replicated");
	must_not(h, "DETACH y", "cannot be replicated");
	must_not(h, "CREATE TEMP TABLE q(x)", "temporary");
	must_not(h, "CREATE TEMP VIEW q AS SELECT 1", "temporary");
	must_not(h, "CREATE TEMP TRIGGER q AFTER INSERT ON t BEGIN SELECT 1; END",
		 "temporary");
	must_not(h, "INSERT INTO temp.samr_none VALUES(1)", "temporary");
	must_not(h, "INSERT INTO t SELECT x || 1 FROM samr_none", "temporary");
	must_not(h, "BEGIN", "part of a transaction");
	must_not(h, "INSERT INTO t VALUES(1); COMMIT", "part of a transaction");
	must_not(h, "ROLLBACK", "part of a transaction");
	must_not(h, "RELEASE samr_unit", "is taken");
	must_not(h, "ROLLBACK TO samr_unit", "is taken");
	must_not(h, "PRAGMA journal_mode = DELETE", "does not go through");
	must_not(h, "PRAGMA writable_schema = ON", "does not go through");
	must_not(h, "INSERT INTO t SELECT load_extension('x')",
		 "cannot be replicated");
	must_not(h, "INSERT INTO t SELECT compile_options FROM pragma_compile_options",
		 "own state");
	must_not(h, "INSERT INTO t SELECT pageno FROM dbstat", "own state");
	must_not(h, "INSERT INTO t SELECT sql FROM sqlite_stmt", "own state");
	must_not(h, "CREATE VIRTUAL TABLE d USING dbstat(main)", "dbstat");
	must_not(h, "INSERT INTO t SELECT hex(fts3_tokenizer('simple'))",
		 "address");
	must_not(h, "INSERT INTO t SELECT rootpage FROM sqlite_schema", "pages");
	must_not(h, "INSERT INTO t SELECT m.RootPage FROM sqlite_master AS m",
		 "pages");
	must_not(h, "INSERT INTO t SELECT count(*) FROM pragma_page_count",
		 "own state");
	must_not(h, "UPDATE sqlite_schema SET sql = ''", "may not be modified");
	snprintf(path, sizeof(path), "VACUUM INTO '%s/copy'", folder);
	must_not(h, path, "VACUUM INTO");
	must_not(h, "INSERT INTO t VALUES(1); VACUUM", "VACUUM");
	must_not(h, "VACUUM; INSERT INTO t VALUES(1)", "VACUUM");
	assert_string_equal(ask(h, "SELECT count(*) FROM t"), "0");
}

static void what_is_the_same_is_not_refused(void **state)
{
	struct head *h = *state;

	must(h, "CREATE TABLE t(x)");
	must(h, "INSERT INTO t SELECT value FROM json_each('[1,2]')");
	must(h, "INSERT INTO t SELECT name FROM sqlite_schema");
	must(h, "INSERT INTO t SELECT sqlite_version() || printf('%.3f', sqrt(2))");
	must(h, "PRAGMA application_id = 5");
	must(h, "VACUUM;  -- and no more");
	must(h, "");
	must(h, "-- nothing");
	assert_string_equal(ask(h, "SELECT count(*) FROM t"), "5");
	assert_string_equal(ask(h, "PRAGMA application_id"), "5");
}

/* SQLite's own statements about the schema are none of the user's. */
static void schema_can_change_in_any_file(void **state)
{
	struct head *h = *state;
	sqlite3 *db;

	samr_apply_close(h->a);
	remove_database(h->path);
	assert_int_equal(sqlite3_open(h->path, &db), SQLITE_OK);
	assert_int_equal(sqlite3_exec(db, "PRAGMA auto_vacuum = FULL; "
				      "CREATE TABLE old(x UNIQUE)", NULL, NULL,
				      NULL), SQLITE_OK);
	sqlite3_close(db);
	open_head(h, false);
	must(h, "CREATE TABLE new(x UNIQUE, y)");
	must(h, "CREATE INDEX i ON new(y)");
	must(h, "DROP TABLE old");
	must(h, "ALTER TABLE new RENAME COLUMN y TO z");
	must(h, "DROP INDEX i");
	must(h, "ALTER TABLE new DROP COLUMN z");
	must(h, "VACUUM");
	must(h, "DROP TABLE new");
	assert_string_equal(ask(h, "SELECT group_concat(name) FROM sqlite_schema"),
			    SAMR_POSITION_TABLE);
}

static void is_at(struct head *h, const char *run, uint64_t gseq)
{
	struct samr_position at;

	assert_true(samr_apply_position(h->a, &at));
	assert_string_equal(at.run, run);
	assert_int_equal(at.gseq, gseq);
}

/* The table has the last message of which all units are committed. */
static void the_position_is_in_the_database(void **state)
{
	struct head *h = *state;
	size_t i;

	is_at(h, "", 0);
	must(h, "CREATE TABLE t(x)");
	is_at(h, "0000000000000000-1000", 1000);
	run_one(h, 7, "INSERT INTO t VALUES(1)");
	is_at(h, "0000000000000000-1000", 1007);
	/* A failed unit has been executed, too, and a void one. */
	run_one(h, 8, "INSERT INTO nowhere VALUES(1)");
	is_at(h, "0000000000000000-1000", 1008);
	run_one(h, 9, "INSERT OR ROLLBACK INTO t(rowid) VALUES(1)");
	is_at(h, "0000000000000000-1000", 1009);
	run_one(h, 10, "VACUUM");
	is_at(h, "0000000000000000-1000", 1010);
	/* A message of four units, one of which has no transaction. */
	for (i = 11; i < 16; i++) {
		place(h, i, i == 14 ? "VACUUM" : "INSERT INTO t VALUES(2)");
		if (i > 12)
			h->unit[i].delivery = h->unit[12].delivery;
	}
	assert_true(samr_apply_run(h->a, &h->unit[11], 5));
	is_at(h, "0000000000000000-1000", 1012);
	/* It survives, and goes on with a run that has another name. */
	samr_apply_close(h->a);
	open_head(h, true);
	is_at(h, "0000000000000000-1000", 1012);
	h->delivery[20].incarnation = 0xabc;
	run_one(h, 20, "INSERT INTO t VALUES(3)");
	is_at(h, "0000000000000abc-1020", 1020);
	assert_string_equal(ask(h, "SELECT group_concat(id || '/' || gseq) FROM "
				SAMR_POSITION_TABLE), "1/1012,2/1020");
}

static int always(void *arg)
{
	(void)arg;
	return 1;
}

/* A head that stops in the middle of a message does not say that it has it. */
static void half_a_message_is_no_position(void **state)
{
	struct head *h = *state;

	must(h, "CREATE TABLE t(x)");
	place(h, 1, "INSERT INTO t VALUES(1)");
	place(h, 2, "INSERT INTO t VALUES(2)");
	place(h, 3, "VACUUM");
	h->unit[3].delivery = h->unit[2].delivery;
	place(h, 4, "INSERT INTO t WITH RECURSIVE n(i) AS (SELECT 1 UNION ALL "
	      "SELECT i + 1 FROM n) SELECT i FROM n");
	h->unit[4].delivery = h->unit[2].delivery;
	samr_apply_watch(h->a, 1000000, always, NULL);
	assert_false(samr_apply_run(h->a, &h->unit[1], 4));
	samr_apply_watch(h->a, 0, NULL, NULL);
	assert_string_equal(ask(h, "SELECT group_concat(x) FROM t"), "1,2");
	is_at(h, "0000000000000000-1000", 1001);
}

static void the_position_is_nobody_elses(void **state)
{
	static const char *const sql[] = {
		"UPDATE samr_position SET gseq = 1", "DELETE FROM Samr_Position",
		"INSERT INTO samr_position VALUES(9, 'x', 1, 1)",
		"INSERT INTO t SELECT gseq FROM main.samr_position",
		"INSERT INTO t SELECT count(*) FROM samr_position",
		"INSERT INTO t SELECT x FROM v", "DROP TABLE samr_position",
		"ALTER TABLE samr_position RENAME TO other",
		"ALTER TABLE samr_position ADD COLUMN y",
		"ALTER TABLE samr_position DROP COLUMN run",
		"CREATE INDEX i ON samr_position(gseq)",
		"CREATE TRIGGER i AFTER UPDATE ON samr_position BEGIN DELETE FROM t; END",
		"INSERT INTO c VALUES(1)",
	};
	struct head *h = *state;
	size_t i;

	samr_apply_close(h->a);
	open_head(h, true);
	must(h, "CREATE TABLE t(x)");
	must(h, "CREATE VIEW v AS SELECT gseq AS x FROM samr_position");
	must(h, "CREATE TABLE c(x REFERENCES samr_position(id) DEFERRABLE INITIALLY DEFERRED)");
	/* Nothing has such a key: SQLite calls that a mismatch. */
	must(h, "CREATE TABLE d(x REFERENCES samr_position(gseq))");
	for (i = 0; i < sizeof(sql) / sizeof(sql[0]); i++)
		must_not(h, sql[i], "samr-sql's own");
	must_not(h, "CREATE TABLE samr_position(x)", "already exists");
	must_not(h, "ALTER TABLE t RENAME TO samr_position", "already");
	run_one(h, 6, "INSERT INTO t VALUES(1)");
	assert_null(h->unit[6].error);
	is_at(h, "0000000000000000-1000", 1006);
}

/* Somebody else may have had the idea. */
static void another_table_of_that_name_is_refused(void **state)
{
	struct samr_apply_config cfg = { .synchronous = "off" };
	struct head *h = *state;
	sqlite3 *db;

	samr_apply_close(h->a);
	assert_int_equal(sqlite3_open(h->path, &db), SQLITE_OK);
	assert_int_equal(sqlite3_exec(db, "CREATE TABLE SAMR_Position(x)", NULL,
				      NULL, NULL), SQLITE_OK);
	sqlite3_close(db);
	cfg.path = h->path;
	assert_false(samr_apply_open(&h->a, &cfg));
	assert_non_null(strstr(samr_apply_error(h->a), "has not made"));
}

static void old_runs_are_forgotten(void **state)
{
	struct head *h = *state;
	size_t i;

	for (i = 0; i < SAMR_POSITION_RUNS + 10; i++) {
		samr_apply_end_run(h->a);
		run_one(h, i, "CREATE TABLE IF NOT EXISTS t(x)");
	}
	assert_string_equal(ask(h, "SELECT count(*) || ' ' || max(id) FROM "
				SAMR_POSITION_TABLE), "64 74");
}

static void returning_yields_rows(void **state)
{
	static const struct samr_print list = { .separator = "|",
						.headers = true };
	static const struct samr_print json = { .json = true };
	struct head *h = *state;

	must(h, "CREATE TABLE t(x, y)");
	place(h, 0, "INSERT INTO t VALUES(1, 'a'), (NULL, x'0a') RETURNING x, y");
	h->unit[0].print = &json;
	assert_true(samr_apply_run(h->a, h->unit, 1));
	assert_string_equal(h->unit[0].rows, "{\"x\":1,\"y\":\"a\"}\n"
			    "{\"x\":null,\"y\":\"0a\"}\n");
	samr_apply_free(h->unit, 1);
	place(h, 0, "UPDATE t SET y = 'q\"' WHERE x = 1 RETURNING x, y");
	h->unit[0].print = &list;
	assert_true(samr_apply_run(h->a, h->unit, 1));
	assert_string_equal(h->unit[0].rows, "x|y\n1|q\"\n");
}

static void large_statements_work(void **state)
{
	size_t size = 1000000;
	struct head *h = *state;
	char *sql = malloc(size + 100);
	size_t n;

	must(h, "CREATE TABLE t(x)");
	n = (size_t)sprintf(sql, "INSERT INTO t VALUES('");
	memset(sql + n, 'x', size);
	strcpy(sql + n + size, "')");
	must(h, sql);
	assert_string_equal(ask(h, "SELECT length(x) FROM t"), "1000000");
	samr_apply_free(h->unit, 1);
	free(sql);
}

/* Somebody writes into the file behind our back. */
static void foreign_writers_are_noticed(void **state)
{
	struct head *h = *state;
	sqlite3 *db;

	must(h, "CREATE TABLE t(x)");
	assert_int_equal(sqlite3_open(h->path, &db), SQLITE_OK);
	assert_int_equal(sqlite3_exec(db, "INSERT INTO t VALUES(1)", NULL,
				      NULL, NULL), SQLITE_OK);
	sqlite3_close(db);
	place(h, 0, "INSERT INTO t VALUES(2)");
	assert_false(samr_apply_run(h->a, h->unit, 1));
	assert_non_null(strstr(samr_apply_error(h->a), "another program"));
}

/* A unit that cannot be executed here: the head must stop, with nothing of it. */
static void must_stop(struct head *h, const char *sql, const char *why)
{
	place(h, 0, "INSERT INTO t VALUES('before')");
	place(h, 1, sql);
	if (samr_apply_run(h->a, h->unit, 2))
		fail_msg("%s: did not stop", sql);
	if (!strstr(samr_apply_error(h->a), why))
		fail_msg("%s: %s, not: %s", sql, samr_apply_error(h->a), why);
	samr_apply_free(h->unit, 2);
	assert_string_equal(ask(h, "SELECT group_concat(x) FROM t"), "first");
}

/* The file cannot grow: here as on a full disk, but for the error's name. */
static void failing_disk_stops_the_head(void **state)
{
	struct rlimit small = { .rlim_cur = 200000 }, was;
	struct head *h = *state;

	must(h, "CREATE TABLE t(x)");
	must(h, "INSERT INTO t VALUES('first')");
	signal(SIGXFSZ, SIG_IGN);
	assert_int_equal(getrlimit(RLIMIT_FSIZE, &was), 0);
	small.rlim_max = was.rlim_max;
	assert_int_equal(setrlimit(RLIMIT_FSIZE, &small), 0);
	must_stop(h, "INSERT INTO t VALUES(zeroblob(400000))", "COMMIT: disk I/O error");
	assert_int_equal(setrlimit(RLIMIT_FSIZE, &was), 0);
	must(h, "INSERT INTO t VALUES('later')");
}

static int now(void *arg)
{
	return *(int *)arg;
}

static void interrupted_units_stop_the_head(void **state)
{
	struct head *h = *state;
	int stop = 0;

	must(h, "CREATE TABLE t(x)");
	samr_apply_watch(h->a, 1000, now, &stop);
	must(h, "INSERT INTO t VALUES('first')");
	stop = 1;
	must_stop(h, "WITH RECURSIVE n(i) AS (SELECT 1 UNION ALL SELECT i + 1 FROM n) "
		  "INSERT INTO t SELECT i FROM n", "interrupted");
	samr_apply_watch(h->a, 0, NULL, NULL);
	must(h, "INSERT INTO t VALUES('later')");
}

/* Somebody keeps the file locked. */
static void locked_files_stop_the_head(void **state)
{
	struct head *h = *state;
	sqlite3 *db;

	must(h, "CREATE TABLE t(x)");
	must(h, "INSERT INTO t VALUES('first')");
	assert_int_equal(sqlite3_open(h->path, &db), SQLITE_OK);
	assert_int_equal(sqlite3_exec(db, "BEGIN IMMEDIATE", NULL, NULL, NULL),
			 SQLITE_OK);
	must_stop(h, "INSERT INTO t VALUES(1)", "locked");
	sqlite3_close(db);
	must(h, "INSERT INTO t VALUES('later')");
}

/* Readers from outside do no harm. */
static void foreign_readers_are_welcome(void **state)
{
	struct head *h = *state;
	sqlite3 *db;
	int i;

	must(h, "CREATE TABLE t(x)");
	assert_int_equal(sqlite3_open(h->path, &db), SQLITE_OK);
	for (i = 0; i < 5; i++) {
		must(h, "INSERT INTO t VALUES(1)");
		assert_int_equal(sqlite3_exec(db, "SELECT * FROM t", NULL,
					      NULL, NULL), SQLITE_OK);
		must_not(h, "INSERT OR ROLLBACK INTO t VALUES(nowhere)",
			 "no such column");
	}
	sqlite3_close(db);
	assert_string_equal(ask(h, "SELECT count(*) FROM t"), "5");
}

static void damage_is_noticed(void **state)
{
	struct head *h = *state;
	FILE *f;

	must(h, "CREATE TABLE t(x)");
	must(h, "WITH RECURSIVE n(i) AS (SELECT 1 UNION ALL SELECT i + 1 FROM n "
	     "LIMIT 300) INSERT INTO t SELECT hex(zeroblob(100)) FROM n");
	assert_true(samr_apply_check(h->a));
	samr_apply_close(h->a);
	f = fopen(h->path, "r+");
	fseek(f, 4096 * 5, SEEK_SET);
	fputs("no page of a database", f);
	fclose(f);
	open_head(h, false);
	assert_false(samr_apply_check(h->a));
	assert_non_null(strstr(samr_apply_error(h->a), "is damaged"));
}

static void one_process_per_file(void **state)
{
	struct samr_apply_config cfg = { .synchronous = "off" };
	struct head *h = *state;
	struct samr_apply *second;

	cfg.path = h->path;
	assert_false(samr_apply_open(&second, &cfg));
	assert_non_null(strstr(samr_apply_error(second), "another samr-sql"));
	/* samr_apply_close() would end the first one's determinism as well. */
	free(second);
}

static bool append(void *arg, const char *text, size_t len)
{
	return fwrite(text, 1, len, arg) == len;
}

static void dumps_do_not_show_the_position(void **state)
{
	struct head *h = *state;
	size_t size;
	char *text;
	FILE *out;

	must(h, "CREATE TABLE t(x)");
	must(h, "INSERT INTO t VALUES(1)");
	must(h, "ANALYZE");
	assert_string_equal(ask(h, "SELECT count(*) FROM sqlite_stat1"), "2");
	out = open_memstream(&text, &size);
	assert_int_equal(samr_dump(samr_apply_reader(h->a), append, out),
			 SQLITE_OK);
	fclose(out);
	assert_non_null(strstr(text, "INSERT INTO \"sqlite_stat1\""));
	assert_null(strstr(text, SAMR_POSITION_TABLE));
	free(text);
}

/* The dump makes the same database again, and so the same dump. */
static void dump_can_be_loaded(void **state)
{
	char before[SAMR_DIGEST_HEX], after[SAMR_DIGEST_HEX], *results, *text;
	uint8_t digest[SAMR_DIGEST_SIZE];
	struct head *h = *state;
	char copy[80];
	sqlite3 *db;
	size_t size;
	FILE *out;

	run_script(h, 5, 0, before, &results);
	free(results);
	out = open_memstream(&text, &size);
	assert_int_equal(samr_dump(samr_apply_reader(h->a), append, out),
			 SQLITE_OK);
	fclose(out);
	snprintf(copy, sizeof(copy), "%s/copy", folder);
	assert_int_equal(sqlite3_open(copy, &db), SQLITE_OK);
	if (sqlite3_exec(db, text, NULL, NULL, NULL) != SQLITE_OK)
		fail_msg("%s", sqlite3_errmsg(db));
	free(text);
	/* What the text did to the schema is seen by a new connection. */
	sqlite3_close(db);
	assert_int_equal(sqlite3_open(copy, &db), SQLITE_OK);
	assert_int_equal(samr_dump_digest(db, digest), SQLITE_OK);
	sqlite3_close(db);
	remove_database(copy);
	samr_digest_hex(digest, after);
	assert_string_equal(before, after);
}

int main(void)
{
#define T(f) cmocka_unit_test_setup_teardown(f, setup, teardown)
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(grouping_does_not_matter),
		T(script_fails_where_it_should),
		T(another_place_gives_another_value),
		T(units_of_a_message_draw_apart),
		T(time_is_the_orders),
		T(counters_start_at_nothing),
		T(units_are_atomic),
		T(foreign_keys_are_checked_per_unit),
		T(what_differs_between_heads_is_refused),
		T(what_is_the_same_is_not_refused),
		T(schema_can_change_in_any_file),
		T(the_position_is_in_the_database),
		T(half_a_message_is_no_position),
		T(the_position_is_nobody_elses),
		T(another_table_of_that_name_is_refused),
		T(old_runs_are_forgotten),
		T(returning_yields_rows),
		T(large_statements_work),
		T(foreign_writers_are_noticed),
		T(failing_disk_stops_the_head),
		T(interrupted_units_stop_the_head),
		T(locked_files_stop_the_head),
		T(foreign_readers_are_welcome),
		T(damage_is_noticed),
		T(one_process_per_file),
		T(dumps_do_not_show_the_position),
		T(dump_can_be_loaded),
	};
	int failed;

	if (!mkdtemp(folder) || samr_det_init() != SQLITE_OK)
		return 1;
	failed = cmocka_run_group_tests(tests, NULL, NULL);
	rmdir(folder);
	return failed;
}
