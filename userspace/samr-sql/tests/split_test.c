// SPDX-License-Identifier: GPL-2.0
/* Where statements end, and what they are. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>
#include <cmocka.h>
#include "split.h"

/* A bar stands where the first statement ends; without one it does not end. */
static const char *const ends[] = {
	"SELECT 1;|",
	"SELECT 1;| SELECT 2;",
	"SELECT 1",
	";|",
	"SELECT ';';|x",
	"SELECT 'it''s;';|x",
	"SELECT \"a;\"\"b\";|x",
	"SELECT [a;b];|x",
	"SELECT `a;b`;|x",
	"SELECT ';",
	"-- a;b\nSELECT 1;|",
	"/* a;b */ SELECT 1;|",
	"/* a;b * / SELECT 1;",
	"SELECT 1 - 2 / 3;|",
	"SELECT X'3b';|",
	"CREATE TABLE trigger(x);|",
	"CREATE TRIGGER t AFTER INSERT ON a BEGIN SELECT 1; SELECT 2; END;|",
	"CREATE TEMP TRIGGER t BEGIN SELECT 1;",
	"create trigger t begin select 1; end ;| x",
	"CREATE TRIGGER t BEGIN SELECT CASE 1 WHEN 1 THEN 2 END; END;|",
	"EXPLAIN CREATE TRIGGER t BEGIN SELECT 1; END;|",
	"CREATE TRIGGER t BEGIN SELECT 'END;'; -- END;\nEND;|",
	"SELECT trigger;| END;",
	"INSERT INTO t VALUES('\xc3\xa4;\xf0\x9f\x98\x80');|",
	"\xef\xbb\xbf" "CREATE TRIGGER t BEGIN SELECT 1; END;|",
};

#define ENDS	(sizeof(ends) / sizeof(ends[0]))

/* The text without the bar, and where it stood, or 0. */
static size_t unmark(const char *marked, char sql[128])
{
	const char *bar = strchr(marked, '|');
	size_t n = bar ? (size_t)(bar - marked) : strlen(marked);

	memcpy(sql, marked, n);
	strcpy(sql + n, bar ? bar + 1 : "");
	return bar ? n : 0;
}

static void ends_are_found(void **state)
{
	char sql[128];
	size_t i;

	(void)state;
	for (i = 0; i < ENDS; i++) {
		struct samr_split s = { .pos = 0 };
		size_t want = unmark(ends[i], sql);
		size_t n = samr_split_next(&s, sql, strlen(sql), false);

		if (n != want)
			fail_msg("%s: %zu, not %zu", sql, n, want);
	}
}

/* However the text is cut into pieces, the end is the same. */
static void pieces_do_not_matter(void **state)
{
	size_t i, step, len, want;
	char sql[128];

	(void)state;
	for (i = 0; i < ENDS; i++) {
		want = unmark(ends[i], sql);
		for (step = 1; step < 8; step++) {
			struct samr_split s = { .pos = 0 };
			size_t n = 0;

			for (len = step; !n && len < strlen(sql) + step;
			     len += step)
				n = samr_split_next(&s, sql, len < strlen(sql) ?
						    len : strlen(sql), false);
			if (n != want)
				fail_msg("%s by %zu: %zu, not %zu", sql, step,
					 n, want);
		}
	}
}

static void the_last_needs_no_semicolon(void **state)
{
	struct samr_split s = { .pos = 0 };

	(void)state;
	assert_int_equal(samr_split_next(&s, "SELECT 'a", 9, true), 9);
	memset(&s, 0, sizeof(s));
	assert_int_equal(samr_split_next(&s, "SELECT abc", 10, true), 10);
	memset(&s, 0, sizeof(s));
	assert_int_equal(samr_split_next(&s, "SELECT 1 -- x", 13, true), 13);
}

static void blank_is_measured(void **state)
{
	(void)state;
	assert_int_equal(samr_split_blank(" \n-- x\n/* y */ z", 16), 15);
	assert_int_equal(samr_split_blank("x", 1), 0);
	assert_int_equal(samr_split_blank("", 0), 0);
	assert_int_equal(samr_split_blank("-- x", 4), 4);
}

static const struct {
	const char *sql;
	enum samr_split_kind kind;
} kinds[] = {
	{ "", SAMR_SPLIT_EMPTY },
	{ "-- nothing\n;", SAMR_SPLIT_EMPTY },
	{ "select 1", SAMR_SPLIT_QUERY },
	{ "VALUES(1)", SAMR_SPLIT_QUERY },
	{ "/* x */ Insert into t values(1)", SAMR_SPLIT_WRITE },
	{ "REPLACE INTO t VALUES(1)", SAMR_SPLIT_WRITE },
	{ "\xef\xbb\xbfINSERT INTO t VALUES(1)", SAMR_SPLIT_WRITE },
	{ "UPDATE t SET a=1", SAMR_SPLIT_WRITE },
	{ "DELETE FROM t", SAMR_SPLIT_WRITE },
	{ "CREATE TABLE t(x)", SAMR_SPLIT_WRITE },
	{ "DROP TABLE t", SAMR_SPLIT_WRITE },
	{ "ALTER TABLE t ADD y", SAMR_SPLIT_WRITE },
	{ "ANALYZE", SAMR_SPLIT_WRITE },
	{ "REINDEX", SAMR_SPLIT_WRITE },
	{ "VACUUM", SAMR_SPLIT_WRITE },
	{ "WITH a AS (SELECT 1) SELECT * FROM a", SAMR_SPLIT_QUERY },
	{ "WITH a AS (SELECT 1) INSERT INTO t SELECT * FROM a", SAMR_SPLIT_WRITE },
	{ "WITH a(x) AS (SELECT (1)), b AS (SELECT 'delete') DELETE FROM t",
	  SAMR_SPLIT_WRITE },
	{ "WITH \"insert\" AS (SELECT 1) SELECT * FROM \"insert\"",
	  SAMR_SPLIT_QUERY },
	{ "EXPLAIN DELETE FROM t", SAMR_SPLIT_QUERY },
	{ "BEGIN", SAMR_SPLIT_BEGIN },
	{ "BEGIN IMMEDIATE TRANSACTION;", SAMR_SPLIT_BEGIN },
	{ "commit", SAMR_SPLIT_COMMIT },
	{ "END TRANSACTION", SAMR_SPLIT_COMMIT },
	{ "ROLLBACK", SAMR_SPLIT_ROLLBACK },
	{ "ROLLBACK TRANSACTION", SAMR_SPLIT_ROLLBACK },
	{ "ROLLBACK TO x", SAMR_SPLIT_SAVEPOINT },
	{ "ROLLBACK TRANSACTION TO SAVEPOINT x", SAMR_SPLIT_SAVEPOINT },
	{ "SAVEPOINT x", SAMR_SPLIT_SAVEPOINT },
	{ "RELEASE x", SAMR_SPLIT_SAVEPOINT },
	{ "ATTACH 'x' AS y", SAMR_SPLIT_REFUSED },
	{ "DETACH y", SAMR_SPLIT_REFUSED },
	{ "PRAGMA table_info(t)", SAMR_SPLIT_QUERY },
	{ "PRAGMA main.table_info = t", SAMR_SPLIT_QUERY },
	{ "PRAGMA user_version", SAMR_SPLIT_QUERY },
	{ "PRAGMA user_version = 7", SAMR_SPLIT_WRITE },
	{ "PRAGMA main.application_id(7)", SAMR_SPLIT_WRITE },
	{ "PRAGMA journal_mode", SAMR_SPLIT_QUERY },
	{ "PRAGMA journal_mode = delete", SAMR_SPLIT_REFUSED },
	{ "PRAGMA foreign_keys", SAMR_SPLIT_QUERY },
	{ "PRAGMA foreign_keys=OFF;", SAMR_SPLIT_NOTHING },
	{ "PRAGMA foreign_keys=0;", SAMR_SPLIT_NOTHING },
	{ "PRAGMA foreign_keys(ON);", SAMR_SPLIT_REFUSED },
	{ "PRAGMA foreign_keys='on';", SAMR_SPLIT_REFUSED },
	{ "PRAGMA optimize", SAMR_SPLIT_REFUSED },
	{ "NONSENSE", SAMR_SPLIT_QUERY },
};

static void kinds_are_told(void **state)
{
	struct samr_split_class c;
	size_t i;

	(void)state;
	for (i = 0; i < sizeof(kinds) / sizeof(kinds[0]); i++) {
		samr_split_classify(kinds[i].sql, strlen(kinds[i].sql), false,
				    &c);
		if (c.kind != kinds[i].kind)
			fail_msg("%s: %d, not %d", kinds[i].sql, c.kind,
				 kinds[i].kind);
		assert_int_equal(!!*c.why, c.kind == SAMR_SPLIT_REFUSED);
	}
}

static void foreign_keys_stay_as_they_are(void **state)
{
	struct samr_split_class c;

	(void)state;
	samr_split_classify("PRAGMA foreign_keys=ON", 22, true, &c);
	assert_int_equal(c.kind, SAMR_SPLIT_NOTHING);
	samr_split_classify("PRAGMA foreign_keys=OFF", 23, true, &c);
	assert_int_equal(c.kind, SAMR_SPLIT_REFUSED);
	assert_non_null(strstr(c.why, "--foreign-keys"));
}

static void zero_bytes_are_refused(void **state)
{
	struct samr_split_class c;

	(void)state;
	samr_split_classify("INSERT\0 x", 9, false, &c);
	assert_int_equal(c.kind, SAMR_SPLIT_REFUSED);
}

static void what_may_only_read(void **state)
{
	static const char *const reads[] = {
		"select 1", " -- x\nSELECT 1", "VALUES(1)", "With x AS (SELECT 1) SELECT * FROM x",
	};
	static const char *const others[] = {
		"", "PRAGMA user_version", "EXPLAIN SELECT 1", "selected", "'select'",
	};
	size_t i;

	(void)state;
	for (i = 0; i < sizeof(reads) / sizeof(*reads); i++)
		assert_true(samr_split_reads(reads[i], strlen(reads[i])));
	for (i = 0; i < sizeof(others) / sizeof(*others); i++)
		assert_false(samr_split_reads(others[i], strlen(others[i])));
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(ends_are_found),
		cmocka_unit_test(pieces_do_not_matter),
		cmocka_unit_test(the_last_needs_no_semicolon),
		cmocka_unit_test(blank_is_measured),
		cmocka_unit_test(kinds_are_told),
		cmocka_unit_test(foreign_keys_stay_as_they_are),
		cmocka_unit_test(zero_bytes_are_refused),
		cmocka_unit_test(what_may_only_read),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
