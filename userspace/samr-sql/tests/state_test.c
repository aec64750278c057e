// SPDX-License-Identifier: GPL-2.0
/*
 * A database goes from one head to another while it changes, and is either taken
 * as a whole or not at all.
 *
 * There is one writer in a process (det.h): the joiner is a process of its own,
 * which reads the bytes from a file.
 */
#define _GNU_SOURCE
#include <errno.h>
#include <fcntl.h>
#include <setjmp.h>
#include <signal.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/resource.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <unistd.h>
#include <cmocka.h>
#include "det.h"
#include "dump.h"
#include "give.h"
#include "take.h"

#define SNAPSHOT	5000	/* its place in the order */

static char folder[] = "/tmp/samr-sql-test-XXXXXX";

struct world {
	struct samr_apply *a;		/* the donor's */
	char donor[64], joiner[64], bytes[64];
	uint64_t gseq;
	sqlite3 *outside;		/* another program's connection */
};

static void run(const char *fmt, ...)
{
	char command[400];
	va_list ap;

	va_start(ap, fmt);
	vsnprintf(command, sizeof(command), fmt, ap);
	va_end(ap);
	if (system(command))
		fail_msg("%s", command);
}

static struct samr_apply *open_db(const char *path)
{
	struct samr_apply_config cfg = {
		.path = path, .synchronous = "off", .patience_ms = 100,
	};
	struct samr_apply *a;

	if (!samr_apply_open(&a, &cfg)) {
		fprintf(stderr, "%s\n", samr_apply_error(a));
		abort();
	}
	return a;
}

static int setup(void **state)
{
	struct world *w = calloc(1, sizeof(*w));

	run("rm -rf %s/*", folder);
	snprintf(w->donor, sizeof(w->donor), "%s/donor", folder);
	snprintf(w->joiner, sizeof(w->joiner), "%s/joiner", folder);
	snprintf(w->bytes, sizeof(w->bytes), "%s/bytes", folder);
	w->gseq = 1000;
	w->a = open_db(w->donor);
	*state = w;
	return 0;
}

static int teardown(void **state)
{
	struct world *w = *state;

	sqlite3_close(w->outside);
	samr_apply_close(w->a);
	run("rm -rf %s/*", folder);
	free(w);
	return 0;
}

static void exec_on(struct samr_apply *a, uint64_t gseq, const char *sql)
{
	struct samr_delivery d = {
		.gseq = gseq, .view = 77, .incarnation = 0xfeed, .random = gseq,
	};
	struct samr_apply_unit u = {
		.sql = sql, .len = strlen(sql), .delivery = &d,
	};

	if (!samr_apply_run(a, &u, 1) || u.error) {
		fprintf(stderr, "%s: %s\n", sql,
			u.error ? u.error : samr_apply_error(a));
		abort();
	}
	samr_apply_free(&u, 1);
}

static void exec(struct world *w, const char *sql)
{
	exec_on(w->a, w->gseq++, sql);
}

static void fill(struct world *w, int rows)
{
	char sql[200];

	snprintf(sql, sizeof(sql), "WITH RECURSIVE n(i) AS (SELECT 1 UNION ALL "
		 "SELECT i + 1 FROM n LIMIT %d) INSERT INTO t SELECT NULL, "
		 "hex(randomblob(200)) FROM n", rows);
	exec(w, sql);
}

static void make_content(struct world *w, int rows)
{
	exec(w, "CREATE TABLE t(id INTEGER PRIMARY KEY, x)");
	exec(w, "CREATE INDEX i ON t(x)");
	fill(w, rows);
}

static void text_of(sqlite3 *db, char hex[SAMR_DIGEST_HEX])
{
	uint8_t digest[SAMR_DIGEST_SIZE];

	assert_int_equal(samr_dump_digest(db, digest), SQLITE_OK);
	samr_digest_hex(digest, hex);
}

static void digest_of_file(const char *path, char hex[SAMR_DIGEST_HEX])
{
	sqlite3 *db;

	assert_int_equal(sqlite3_open_v2(path, &db, SQLITE_OPEN_READONLY, NULL),
			 SQLITE_OK);
	text_of(db, hex);
	sqlite3_close(db);
}

/* All that the donor gives, into a file; between two pieces it goes on writing. */
static void give_all(struct world *w, size_t piece, const char *meanwhile)
{
	uint8_t *buf = malloc(piece);
	struct samr_give *g;
	FILE *out = fopen(w->bytes, "w");
	unsigned int i = 0;
	ssize_t n;

	assert_int_equal(samr_give_begin(&g, w->a, SNAPSHOT, "blob", 4), 0);
	while ((n = samr_give_next(g, buf, piece)) > 0) {
		assert_int_equal(fwrite(buf, 1, (size_t)n, out), n);
		if (meanwhile && i++ % 4 == 0)
			exec(w, meanwhile);
	}
	assert_int_equal(n, 0);
	samr_give_end(g);
	fclose(out);
	free(buf);
}

/* What the joiner does, as exit status: 10 + enum samr_take_result, or 0. */
struct joiner {
	size_t piece;
	size_t stop;		/* end the process in the middle, or 0 */
	size_t limit;		/* on the size of files, or 0 */
	char said[700];
};

static enum samr_take_result take_all(struct samr_take *t, const char *path,
				      const struct joiner *j)
{
	enum samr_take_result r = SAMR_TAKE_OK;
	uint8_t *buf = malloc(j->piece);
	FILE *in = fopen(path, "r");
	size_t n, all = 0;

	while (!r && (n = fread(buf, 1, j->piece, in))) {
		r = samr_take_push(t, buf, n);
		all += n;
		if (j->stop && all >= j->stop)
			_exit(0);
	}
	fclose(in);
	free(buf);
	if (!r && (!samr_take_blob(t) || memcmp(samr_take_blob(t), "blob", 4) ||
		   samr_take_head(t)->gseq != SNAPSHOT))
		abort();
	return r ? r : samr_take_install(t);
}

static int be_joiner(struct world *w, const struct joiner *j, int out)
{
	struct samr_apply *a = open_db(w->joiner);
	struct rlimit limit = { .rlim_cur = j->limit, .rlim_max = j->limit };
	enum samr_take_result r;
	struct samr_take *t;

	if (j->limit) {
		signal(SIGXFSZ, SIG_IGN);
		setrlimit(RLIMIT_FSIZE, &limit);
	}
	t = samr_take_begin(a);
	r = take_all(t, w->bytes, j);
	dprintf(out, "%s", samr_take_error(t));
	samr_take_end(t);
	/* It goes on with what it has. */
	if (!r)
		exec_on(a, SNAPSHOT + 1, "CREATE TABLE later(x)");
	samr_apply_close(a);
	return 10 + (int)r;
}

/* Return: exit status of the joiner. */
static int join(struct world *w, struct joiner *j)
{
	int pipefd[2], status;
	ssize_t n;
	pid_t pid;

	if (!j->piece)
		j->piece = 4000;
	assert_int_equal(pipe(pipefd), 0);
	samr_apply_close(w->a);
	w->a = NULL;
	pid = fork();
	if (!pid)
		_exit(be_joiner(w, j, pipefd[1]));
	close(pipefd[1]);
	n = read(pipefd[0], j->said, sizeof(j->said) - 1);
	j->said[n > 0 ? n : 0] = '\0';
	close(pipefd[0]);
	assert_int_equal(waitpid(pid, &status, 0), pid);
	assert_true(WIFEXITED(status));
	return WEXITSTATUS(status);
}

static void is_alone(const char *path)
{
	char name[100];

	snprintf(name, sizeof(name), "%s" SAMR_APPLY_NEW, path);
	assert_int_equal(access(name, F_OK), -1);
	snprintf(name, sizeof(name), "%s" SAMR_APPLY_NEW "-wal", path);
	assert_int_equal(access(name, F_OK), -1);
	snprintf(name, sizeof(name), "%s-wal", path);
	assert_int_equal(access(name, F_OK), -1);
}

/* The joiner has what the donor had, and has gone on. */
static void must_be_taken(struct world *w, struct joiner *j,
			  const char *wanted)
{
	char hex[SAMR_DIGEST_HEX];
	sqlite3 *db;
	int status = join(w, j);

	if (status != 10 + SAMR_TAKE_OK)
		fail_msg("%d: %s", status, j->said);
	is_alone(w->joiner);
	assert_int_equal(sqlite3_open(w->joiner, &db), SQLITE_OK);
	assert_int_equal(sqlite3_exec(db, "DROP TABLE later", NULL, NULL, NULL),
			 SQLITE_OK);
	sqlite3_close(db);
	digest_of_file(w->joiner, hex);
	assert_string_equal(hex, wanted);
}

/* The joiner keeps what it had. */
static void must_fail(struct world *w, struct joiner *j, int result,
		      const char *why, const char *wanted)
{
	char hex[SAMR_DIGEST_HEX];
	int status = join(w, j);

	if (status != 10 + result || !strstr(j->said, why))
		fail_msg("%d: %s; wanted %d: %s", status, j->said, 10 + result,
			 why);
	is_alone(w->joiner);
	digest_of_file(w->joiner, hex);
	assert_string_equal(hex, wanted);
}

static void a_database_is_taken_as_it_was(void **state)
{
	static const size_t pieces[] = { 7, 4096, 65536, 1000000 };
	char wanted[SAMR_DIGEST_HEX];
	size_t i;

	for (i = 0; i < sizeof(pieces) / sizeof(pieces[0]); i++) {
		struct joiner j = { .piece = pieces[(i + 1) % 4] };
		struct world *w = *state;

		make_content(w, i == 0 ? 30 : 3000);
		text_of(samr_apply_reader(w->a), wanted);
		give_all(w, pieces[i], NULL);
		must_be_taken(w, &j, wanted);
		teardown(state);
		setup(state);
	}
}

/* While it is given the donor changes all of it, and its log goes round. */
static void writing_goes_on_meanwhile(void **state)
{
	char wanted[SAMR_DIGEST_HEX], after[SAMR_DIGEST_HEX];
	struct joiner j = { .piece = 5000 };
	struct world *w = *state;

	make_content(w, 3000);
	text_of(samr_apply_reader(w->a), wanted);
	give_all(w, 30000, "UPDATE t SET x = hex(randomblob(220))");
	text_of(samr_apply_reader(w->a), after);
	assert_string_not_equal(wanted, after);
	must_be_taken(w, &j, wanted);
}

static void vacuum_goes_on_meanwhile(void **state)
{
	char wanted[SAMR_DIGEST_HEX];
	struct joiner j = { .piece = 5000 };
	struct world *w = *state;

	make_content(w, 2000);
	exec(w, "DELETE FROM t WHERE id % 2");
	text_of(samr_apply_reader(w->a), wanted);
	give_all(w, 100000, "VACUUM");
	must_be_taken(w, &j, wanted);
}

static void open_outside(struct world *w, const char *sql)
{
	assert_int_equal(sqlite3_open(w->donor, &w->outside), SQLITE_OK);
	assert_int_equal(sqlite3_exec(w->outside, sql, NULL, NULL, NULL),
			 SQLITE_OK);
}

/* Another program reads an old state: a part of the database is in the log. */
static void readers_do_not_matter(void **state)
{
	char wanted[SAMR_DIGEST_HEX];
	struct joiner j = { .piece = 5000 };
	struct world *w = *state;
	struct stat st;
	char name[80];

	make_content(w, 500);
	open_outside(w, "BEGIN; SELECT * FROM t");
	exec(w, "UPDATE t SET x = x || 'new'");
	fill(w, 2000);
	text_of(samr_apply_reader(w->a), wanted);
	snprintf(name, sizeof(name), "%s-wal", w->donor);
	assert_int_equal(stat(name, &st), 0);
	assert_true(st.st_size > 500000);
	give_all(w, 30000, "UPDATE t SET x = hex(randomblob(220))");
	must_be_taken(w, &j, wanted);
}

/* ... and ends in the middle, so that the log could go into the file. */
static void readers_may_end_meanwhile(void **state)
{
	char wanted[SAMR_DIGEST_HEX];
	struct joiner j = { .piece = 5000 };
	struct world *w = *state;
	struct samr_give *g;
	uint8_t buf[8192];
	FILE *out = fopen(w->bytes, "w");
	ssize_t n, i;

	make_content(w, 500);
	open_outside(w, "BEGIN; SELECT * FROM t");
	exec(w, "UPDATE t SET x = x || 'new'");
	text_of(samr_apply_reader(w->a), wanted);
	assert_int_equal(samr_give_begin(&g, w->a, SNAPSHOT, "blob", 4), 0);
	for (i = 0; (n = samr_give_next(g, buf, sizeof(buf))) > 0; i++) {
		assert_int_equal(fwrite(buf, 1, (size_t)n, out), n);
		if (i == 2) {
			sqlite3_exec(w->outside, "COMMIT; PRAGMA wal_checkpoint("
				     "PASSIVE)", NULL, NULL, NULL);
			exec(w, "UPDATE t SET x = 'other'");
			sqlite3_exec(w->outside, "PRAGMA wal_checkpoint(TRUNCATE)",
				     NULL, NULL, NULL);
		}
		exec(w, "UPDATE t SET x = x || 'other'");
	}
	assert_int_equal(n, 0);
	samr_give_end(g);
	fclose(out);
	must_be_taken(w, &j, wanted);
}

/* Behind a transfer the log goes into the file again. */
static void the_log_does_not_stay(void **state)
{
	struct world *w = *state;
	struct samr_give *g;
	char name[80];
	struct stat st;
	int i;

	make_content(w, 100);
	assert_int_equal(samr_give_begin(&g, w->a, SNAPSHOT, NULL, 0), 0);
	samr_give_end(g);
	for (i = 0; i < 40; i++) {
		fill(w, 1000);
		exec(w, "DELETE FROM t");
	}
	snprintf(name, sizeof(name), "%s-wal", w->donor);
	assert_int_equal(stat(name, &st), 0);
	assert_in_range(st.st_size, 1, 12 << 20);
}

static void an_empty_database_is_one(void **state)
{
	struct joiner j = { .piece = 100 };
	char wanted[SAMR_DIGEST_HEX];
	struct world *w = *state;

	text_of(samr_apply_reader(w->a), wanted);
	give_all(w, 100, NULL);
	must_be_taken(w, &j, wanted);
}

static void an_earlier_state_is_replaced(void **state)
{
	struct joiner j = { .piece = 0 };
	char wanted[SAMR_DIGEST_HEX];
	struct world *w = *state;

	make_content(w, 100);
	run("sqlite3 %s \"VACUUM INTO '%s'\"", w->donor, w->joiner);
	fill(w, 10);
	text_of(samr_apply_reader(w->a), wanted);
	give_all(w, 4096, NULL);
	must_be_taken(w, &j, wanted);
}

/* In the same run all that goes further has been taken back by the others. */
static void what_was_taken_back_is_replaced(void **state)
{
	struct joiner j = { .piece = 0 };
	char wanted[SAMR_DIGEST_HEX];
	struct world *w = *state;
	sqlite3 *db;

	make_content(w, 10);
	text_of(samr_apply_reader(w->a), wanted);
	give_all(w, 4096, NULL);
	run("sqlite3 %s \"VACUUM INTO '%s'\"", w->donor, w->joiner);
	assert_int_equal(sqlite3_open(w->joiner, &db), SQLITE_OK);
	assert_int_equal(sqlite3_exec(db, "CREATE TABLE tail(x); UPDATE "
				      SAMR_POSITION_TABLE " SET gseq = 4000",
				      NULL, NULL, NULL), SQLITE_OK);
	sqlite3_close(db);
	must_be_taken(w, &j, wanted);
}

/* When the run is over it is the other way round. */
static void what_goes_further_is_kept(void **state)
{
	struct joiner j = { .piece = 0 };
	char wanted[SAMR_DIGEST_HEX];
	struct world *w = *state;
	sqlite3 *db;

	make_content(w, 10);
	run("sqlite3 %s \"VACUUM INTO '%s'\"", w->donor, w->joiner);
	assert_int_equal(sqlite3_open(w->joiner, &db), SQLITE_OK);
	assert_int_equal(sqlite3_exec(db, "CREATE TABLE more(x); UPDATE "
				      SAMR_POSITION_TABLE " SET gseq = 4000",
				      NULL, NULL, NULL), SQLITE_OK);
	text_of(db, wanted);
	sqlite3_close(db);
	samr_apply_end_run(w->a);
	give_all(w, 4096, NULL);
	must_fail(w, &j, SAMR_TAKE_REFUSED, "not an earlier state", wanted);
}

static void another_database_is_kept(void **state)
{
	struct joiner j = { .piece = 0 };
	char wanted[SAMR_DIGEST_HEX];
	struct world *w = *state;

	run("sqlite3 %s 'CREATE TABLE other(x)'", w->joiner);
	digest_of_file(w->joiner, wanted);
	make_content(w, 10);
	give_all(w, 4096, NULL);
	must_fail(w, &j, SAMR_TAKE_REFUSED, "Move it away", wanted);
}

/* A copy that nobody has told its place. */
static void an_equal_database_is_replaced(void **state)
{
	struct joiner j = { .piece = 0 };
	char wanted[SAMR_DIGEST_HEX];
	struct world *w = *state;

	exec(w, "CREATE TABLE other(x)");
	text_of(samr_apply_reader(w->a), wanted);
	run("sqlite3 %s 'CREATE TABLE other(x)'", w->joiner);
	give_all(w, 4096, NULL);
	must_be_taken(w, &j, wanted);
}

static void change_byte(const char *path, long at)
{
	FILE *f = fopen(path, "r+");
	int c;

	fseek(f, at, at < 0 ? SEEK_END : SEEK_SET);
	c = fgetc(f);
	fseek(f, at, at < 0 ? SEEK_END : SEEK_SET);
	fputc(c ^ 0x20, f);
	fclose(f);
}

static void bad_bytes_are_not_taken(void **state)
{
	static const struct {
		long at;
		const char *why;
	} bad[] = {
		{ 1, "not a database of this version" },
		{ SAMR_STREAM_HEAD + 4 + 50000, "its sum" },
		{ -1, "its sum" },
	};
	struct joiner first = { .piece = 0 };
	char wanted[SAMR_DIGEST_HEX];
	struct world *w = *state;
	size_t i;

	make_content(w, 300);
	text_of(samr_apply_reader(w->a), wanted);
	give_all(w, 4096, NULL);
	must_be_taken(w, &first, wanted);
	for (i = 0; i < sizeof(bad) / sizeof(bad[0]); i++) {
		struct joiner j = { .piece = 0 };

		change_byte(w->bytes, bad[i].at);
		must_fail(w, &j, SAMR_TAKE_FAILED, bad[i].why, wanted);
		change_byte(w->bytes, bad[i].at);
	}
	/* Too short, too long. */
	run("truncate -s -9 %s", w->bytes);
	must_fail(w, &first, SAMR_TAKE_FAILED, "its end is missing", wanted);
	give_all((w->a = open_db(w->donor), w), 4096, NULL);
	run("echo more >>%s", w->bytes);
	must_fail(w, &first, SAMR_TAKE_FAILED, "more bytes", wanted);
}

/* Damage that the sum does not show, since it was there before. */
static void a_damaged_donor_is_noticed(void **state)
{
	struct joiner j = { .piece = 0 };
	char wanted[SAMR_DIGEST_HEX];
	struct world *w = *state;

	make_content(w, 1000);
	samr_apply_close(w->a);
	run("printf xxxxxxxxxxxxxxxx | dd of=%s bs=1 seek=%d conv=notrunc "
	    "status=none", w->donor, 4096 * 40);
	w->a = open_db(w->donor);
	give_all(w, 4096, NULL);
	run("sqlite3 %s 'CREATE TABLE own(x)'", w->joiner);
	digest_of_file(w->joiner, wanted);
	must_fail(w, &j, SAMR_TAKE_FAILED, "damaged", wanted);
}

static void a_full_disk_loses_nothing(void **state)
{
	struct joiner j = { .limit = 500000 };
	char wanted[SAMR_DIGEST_HEX];
	struct world *w = *state;

	run("sqlite3 %s 'CREATE TABLE own(x)'", w->joiner);
	digest_of_file(w->joiner, wanted);
	make_content(w, 3000);
	give_all(w, 4096, NULL);
	must_fail(w, &j, SAMR_TAKE_FAILED, "File too large", wanted);
}

/* Whoever reads the old database would find its log gone. */
static void a_reader_of_the_old_one_is_in_the_way(void **state)
{
	struct joiner j = { .piece = 0 };
	char wanted[SAMR_DIGEST_HEX];
	struct world *w = *state;

	assert_int_equal(sqlite3_open(w->joiner, &w->outside), SQLITE_OK);
	assert_int_equal(sqlite3_exec(w->outside, "PRAGMA journal_mode = WAL; "
				      "CREATE TABLE own(x); BEGIN; "
				      "SELECT * FROM own", NULL, NULL, NULL),
			 SQLITE_OK);
	exec(w, "CREATE TABLE own(x)");
	text_of(samr_apply_reader(w->a), wanted);
	give_all(w, 4096, NULL);
	assert_int_equal(join(w, &j), 10 + SAMR_TAKE_FAILED);
	assert_non_null(strstr(j.said, "reads the old database"));
	sqlite3_close(w->outside);
	w->outside = NULL;
	is_alone(w->joiner);
	must_be_taken(w, &j, wanted);
}

/* A joiner that died in the middle leaves nothing behind when it is back. */
static void a_dead_joiner_comes_back(void **state)
{
	struct joiner dies = { .stop = 700000 }, j = { .piece = 0 };
	char wanted[SAMR_DIGEST_HEX], name[100];
	struct world *w = *state;

	make_content(w, 3000);
	text_of(samr_apply_reader(w->a), wanted);
	give_all(w, 4096, NULL);
	assert_int_equal(join(w, &dies), 0);
	snprintf(name, sizeof(name), "%s" SAMR_APPLY_NEW, w->joiner);
	assert_int_equal(access(name, F_OK), 0);
	samr_apply_close(open_db(w->joiner));
	is_alone(w->joiner);
	must_be_taken(w, &j, wanted);
}

int main(void)
{
#define T(f) cmocka_unit_test_setup_teardown(f, setup, teardown)
	const struct CMUnitTest tests[] = {
		T(a_database_is_taken_as_it_was),
		T(writing_goes_on_meanwhile),
		T(vacuum_goes_on_meanwhile),
		T(readers_do_not_matter),
		T(readers_may_end_meanwhile),
		T(the_log_does_not_stay),
		T(an_empty_database_is_one),
		T(an_earlier_state_is_replaced),
		T(what_was_taken_back_is_replaced),
		T(what_goes_further_is_kept),
		T(another_database_is_kept),
		T(an_equal_database_is_replaced),
		T(bad_bytes_are_not_taken),
		T(a_damaged_donor_is_noticed),
		T(a_full_disk_loses_nothing),
		T(a_reader_of_the_old_one_is_in_the_way),
		T(a_dead_joiner_comes_back),
	};
	int failed;

	if (!mkdtemp(folder) || samr_det_init() != SQLITE_OK)
		return 1;
	failed = cmocka_run_group_tests(tests, NULL, NULL);
	rmdir(folder);
	return failed;
}
