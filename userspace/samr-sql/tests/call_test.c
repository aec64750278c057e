// SPDX-License-Identifier: GPL-2.0
/*
 * Clients' requests: read as they were written, and executed so that every head
 * gives the same answer.
 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>
#include <cmocka.h>
#include "apply.h"
#include "call.h"
#include "det.h"

static const struct samr_print list = { .separator = "|" };

static void request_round_trip(void **state)
{
	const struct samr_print print = {
		.json = true, .headers = true, .separator = " \xc3\xa4 ",
	};
	struct samr_batch_buf b = { .p = NULL };
	struct samr_call c;

	(void)state;
	assert_true(samr_call_ask(&b, &print, 5000, "SELECT 1;", 9));
	assert_true(samr_call_read(b.p, b.len, &c));
	assert_true(c.print.json && c.print.headers);
	assert_string_equal(c.print.separator, " \xc3\xa4 ");
	assert_int_equal(c.rows_max, 5000);
	assert_int_equal(c.len, 9);
	assert_memory_equal(c.sql, "SELECT 1;", 9);
	assert_true(samr_call_ask(&b, &(struct samr_print){ .separator = "" },
				  SAMR_CALL_ROWS_MIN, "", 0));
	assert_true(samr_call_read(b.p, b.len, &c));
	assert_false(c.print.json || c.print.headers);
	assert_string_equal(c.print.separator, "");
	assert_int_equal(c.len, 0);
	free(b.p);
}

static void reply_round_trip(void **state)
{
	static const char rows[] = "a|\0|b\n";	/* a blob has any bytes */
	struct samr_batch_buf b = { .p = NULL };
	const char *text;
	size_t len;

	(void)state;
	assert_true(samr_call_answer(&b, SAMR_CALL_DONE, rows, 6, 100));
	assert_int_equal(samr_call_result(b.p, b.len, &text, &len),
			 SAMR_CALL_DONE);
	assert_int_equal(len, 6);
	assert_memory_equal(text, rows, 6);
	assert_true(samr_call_answer(&b, SAMR_CALL_FAILED, "too long", 8, 3));
	assert_int_equal(samr_call_result(b.p, b.len, &text, &len),
			 SAMR_CALL_FAILED);
	assert_int_equal(len, 3);
	assert_true(samr_call_answer(&b, SAMR_CALL_DONE, NULL, 0, 100));
	assert_int_equal(samr_call_result(b.p, b.len, &text, &len),
			 SAMR_CALL_DONE);
	assert_int_equal(len, 0);
	free(b.p);
}

/* Every shorter request, and every one with a bit changed, ends well. */
static void damage_is_noticed_or_harmless(void **state)
{
	struct samr_batch_buf b = { .p = NULL };
	struct samr_call c;
	size_t i, n;

	(void)state;
	assert_true(samr_call_ask(&b, &list, 5000, "SELECT", 6));
	for (n = 0; n < b.len; n++) {
		uint8_t *copy = malloc(n + !n);	/* exact: overruns are seen */

		memcpy(copy, b.p, n);
		assert_true(samr_call_read(copy, n, &c) ==
			    (n >= SAMR_CALL_REQUEST + 1));
		free(copy);
	}
	for (i = 0; i < b.len * 8; i++) {
		uint8_t *copy = malloc(b.len);

		memcpy(copy, b.p, b.len);
		copy[i / 8] ^= (uint8_t)(1 << i % 8);
		if (samr_call_read(copy, b.len, &c)) {
			assert_true(c.len <= b.len - SAMR_CALL_REQUEST);
			assert_true(c.rows_max >= SAMR_CALL_ROWS_MIN &&
				    c.rows_max <= SAMR_CALL_ROWS_MAX);
			assert_true(i >= 40);	/* magic and version */
		}
		free(copy);
	}
	free(b.p);
}

static void strange_replies_are_noticed(void **state)
{
	static const uint8_t other[SAMR_CALL_HEADER] = "add 7";
	struct samr_batch_buf b = { .p = NULL };
	const char *text;
	size_t len;

	(void)state;
	assert_int_equal(samr_call_result(other, sizeof(other), &text, &len),
			 -1);
	assert_true(samr_call_answer(&b, SAMR_CALL_NOT_BEGUN, "wait", 4, 9));
	assert_int_equal(samr_call_result(b.p, b.len, &text, &len),
			 SAMR_CALL_NOT_BEGUN);
	assert_int_equal(samr_call_result(b.p, SAMR_CALL_HEADER - 1, &text,
					  &len), -1);
	b.p[5] = SAMR_CALL_NO_QUERY + 1;
	assert_int_equal(samr_call_result(b.p, b.len, &text, &len), -1);
	free(b.p);
}

/* Execution. */

struct head {
	struct samr_apply *a;
	char path[64];
	struct samr_delivery delivery;
	struct samr_apply_unit unit;
};

static char folder[] = "/tmp/samr-sql-test-XXXXXX";

static void remove_database(const char *path)
{
	static const char *const suffix[] = { "", "-wal", "-shm" };
	char name[160];
	size_t i;

	for (i = 0; i < 3; i++) {
		snprintf(name, sizeof(name), "%s%s", path, suffix[i]);
		unlink(name);
	}
}

static void open_head(struct head *h, bool foreign_keys)
{
	const struct samr_apply_config cfg = {
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
	open_head(h, false);
	*state = h;
	return 0;
}

static int teardown(void **state)
{
	struct head *h = *state;

	samr_apply_free(&h->unit, 1);
	samr_apply_close(h->a);
	remove_database(h->path);
	free(h);
	return 0;
}

/* A client's unit at the next place. */
static const struct samr_apply_unit *run(struct head *h, const char *sql)
{
	samr_apply_free(&h->unit, 1);
	h->delivery.gseq++;
	h->delivery.time += 1000000000;
	h->delivery.random = h->delivery.gseq * 0x9e3779b97f4a7c15;
	h->unit = (struct samr_apply_unit){
		.sql = sql, .len = strlen(sql), .delivery = &h->delivery,
		.print = &list, .rows_max = SAMR_CALL_ROWS_MIN,
	};
	if (!samr_apply_run(h->a, &h->unit, 1))
		fail_msg("%s: %s", sql, samr_apply_error(h->a));
	return &h->unit;
}

static void gives(struct head *h, const char *sql, const char *rows)
{
	const struct samr_apply_unit *u = run(h, sql);

	if (u->error)
		fail_msg("%s: %s", sql, u->error);
	assert_int_equal(u->rows_len, strlen(rows));
	assert_string_equal(u->rows, rows);
}

static void refuses(struct head *h, const char *sql, const char *why)
{
	const struct samr_apply_unit *u = run(h, sql);

	if (!u->error || !strstr(u->error, why))
		fail_msg("%s: %s, not: %s", sql, u->error, why);
	assert_null(u->rows);
}

static void queries_are_units(void **state)
{
	struct head *h = *state;

	gives(h, "CREATE TABLE t(x, y)", "");
	gives(h, "INSERT INTO t VALUES(1, NULL), (0.1, 'a'), (x'41', 1e15) RETURNING x",
	      "1\n0.1\nA\n");
	gives(h, "SELECT * FROM t", "1|\n0.1|a\nA|1.0e+15\n");
	gives(h, "SELECT x FROM t WHERE x = 7", "");
	gives(h, "PRAGMA user_version", "0\n");
	gives(h, "PRAGMA table_info(t)", "0|x||0||0\n1|y||0||0\n");
	gives(h, "EXPLAIN QUERY PLAN SELECT * FROM t", "2|0|0|SCAN t\n");
	gives(h, "WITH a AS (SELECT 1) SELECT * FROM a", "1\n");
}

/* Without the order, on a connection that only reads; what may not be is left to the order. */
static void one_head_answers_what_only_reads(void **state)
{
	static const char *const others[] = {
		"INSERT INTO t VALUES(1)", "SELECT 1; SELECT 2", "", "SELECT * FROM nowhere",
		"WITH a AS (SELECT 1) DELETE FROM t", "SELECT * FROM samr_position",
		"SELECT * FROM pragma_database_list",
	};
	struct head *h = *state;
	struct samr_apply_unit u = {
		.sql = "SELECT * FROM t", .len = 15, .print = &list,
		.rows_max = SAMR_CALL_ROWS_MIN,
	};
	bool reads;
	size_t i;

	gives(h, "CREATE TABLE t(x)", "");
	gives(h, "INSERT INTO t VALUES(7), (8)", "");
	assert_true(samr_apply_query(h->a, &u, &reads));
	assert_true(reads);
	assert_string_equal(u.rows, "7\n8\n");
	for (i = 0; i < sizeof(others) / sizeof(*others); i++) {
		u.sql = others[i];
		u.len = strlen(others[i]);
		assert_true(samr_apply_query(h->a, &u, &reads));
		assert_false(reads);
	}
	u.sql = "SELECT hex(zeroblob(600))";
	u.len = strlen(u.sql);
	assert_true(samr_apply_query(h->a, &u, &reads));
	assert_true(reads);
	assert_non_null(strstr(u.error, "longer than 1024 bytes"));
	samr_apply_free(&u, 1);
	gives(h, "SELECT count(*) FROM t", "2\n");
}

/* What comes from the order does so in queries, too. */
static void queries_are_deterministic(void **state)
{
	static const char sql[] =
		"SELECT random(), hex(randomblob(9)), datetime('now'), CURRENT_TIMESTAMP, total_changes()";
	struct head *h = *state;
	char first[200];

	snprintf(first, sizeof(first), "%s", run(h, sql)->rows);
	h->delivery.gseq--;
	h->delivery.time -= 1000000000;
	gives(h, sql, first);
	assert_string_not_equal(run(h, sql)->rows, first);
	assert_non_null(strstr(first, "1970-01-01 00:00:01|1970-01-01 00:00:01|0\n"));
}

static void what_heads_do_not_share_is_refused(void **state)
{
	struct head *h = *state;

	gives(h, "CREATE TABLE t(x)", "");
	refuses(h, "EXPLAIN SELECT * FROM t", "EXPLAIN QUERY PLAN");
	refuses(h, "EXPLAIN INSERT INTO t VALUES(1)", "EXPLAIN QUERY PLAN");
	refuses(h, "SELECT rootpage FROM sqlite_schema", "rootpage");
	refuses(h, "SELECT * FROM samr_position", "samr-sql's own");
	refuses(h, "SELECT * FROM pragma_database_list", "own state");
	refuses(h, "PRAGMA integrity_check", "does not go through the order");
	refuses(h, "PRAGMA cache_size = 1", "does not go through the order");
	refuses(h, "BEGIN", "cannot be part of a transaction");
	refuses(h, "ATTACH 'x' AS y", "cannot be replicated");
	refuses(h, "SELECT * FROM nowhere", "no such table");
	gives(h, "SELECT count(*) FROM t", "0\n");
}

static void foreign_keys_stay_as_they_are(void **state)
{
	struct head *h = *state;

	gives(h, "PRAGMA foreign_keys = OFF", "");
	refuses(h, "PRAGMA foreign_keys = ON", "start all heads with");
	samr_apply_close(h->a);
	open_head(h, true);
	gives(h, "PRAGMA foreign_keys = true", "");
	refuses(h, "PRAGMA foreign_keys = 0", "are enforced at all heads");
}

static void long_results_are_errors(void **state)
{
	struct head *h = *state;

	gives(h, "CREATE TABLE t(x)", "");
	assert_null(run(h, "INSERT INTO t VALUES(hex(zeroblob(511))) RETURNING x")->error);
	assert_int_equal(h->unit.rows_len, SAMR_CALL_ROWS_MIN - 1);
	refuses(h, "SELECT x || 12 FROM t", "longer than 1024 bytes");
	/* It is taken back: what was refused has not happened. */
	refuses(h, "INSERT INTO t SELECT x || x FROM t RETURNING x",
		"longer than 1024 bytes");
	gives(h, "SELECT count(*) FROM t", "1\n");
	/* Neither many rows nor a long one are collected first. */
	refuses(h, "WITH RECURSIVE n(i) AS (SELECT 1 UNION ALL SELECT i + 1 FROM n) SELECT i FROM n",
		"longer than 1024 bytes");
	refuses(h, "SELECT randomblob(100000000)", "longer than 1024 bytes");
	refuses(h, "SELECT 1; SELECT hex(zeroblob(600))", "longer than");
}

int main(void)
{
#define T(f) cmocka_unit_test_setup_teardown(f, setup, teardown)
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(request_round_trip),
		cmocka_unit_test(reply_round_trip),
		cmocka_unit_test(damage_is_noticed_or_harmless),
		cmocka_unit_test(strange_replies_are_noticed),
		T(queries_are_units),
		T(one_head_answers_what_only_reads),
		T(queries_are_deterministic),
		T(what_heads_do_not_share_is_refused),
		T(foreign_keys_stay_as_they_are),
		T(long_results_are_errors),
	};
	int failed;

	if (!mkdtemp(folder) || samr_det_init() != SQLITE_OK)
		return 1;
	failed = cmocka_run_group_tests(tests, NULL, NULL);
	rmdir(folder);
	return failed;
}
