// SPDX-License-Identifier: GPL-2.0
/* Which units come of a user's statements, and what is refused. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <cmocka.h>
#include "collect.h"

struct user {
	struct samr_collect c;
	bool full;
	char said[2000];	/* what became of it, a line each */
};

__attribute__((format(printf, 2, 3)))
static void note(struct user *u, const char *fmt, ...)
{
	size_t n = strlen(u->said);
	va_list ap;

	va_start(ap, fmt);
	vsnprintf(u->said + n, sizeof(u->said) - n, fmt, ap);
	va_end(ap);
}

static void complain(void *arg, unsigned long line, const char *text)
{
	note(arg, "%lu no: %.30s\n", line, text);
}

static bool full(void *arg)
{
	return ((struct user *)arg)->full;
}

static void submit(void *arg, const char *sql, size_t len, unsigned long line)
{
	note(arg, "%lu unit: %.*s\n", line, (int)len, sql);
}

static bool query(void *arg, const char *sql, size_t len, unsigned long line)
{
	if (full(arg))
		return false;
	note(arg, "%lu query: %.*s\n", line, (int)len, sql);
	return true;
}

static const struct samr_collect_ops ops = {
	.complain = complain, .full = full, .submit = submit, .query = query,
};

/* A list of statements that ends with NULL, one a line. */
static void becomes(struct user *u, const char *const *sql, const char *said)
{
	unsigned long line;

	u->c.ops = &ops;
	u->c.arg = u;
	u->said[0] = '\0';
	for (line = 1; *sql; sql++, line++)
		assert_true(samr_collect_take(&u->c, *sql, strlen(*sql), line));
	samr_collect_end(&u->c);
	samr_collect_free(&u->c);
	memset(&u->c.text, 0, sizeof(u->c.text));
	assert_string_equal(u->said, said);
}

#define SQL(...)	((const char *const[]){ __VA_ARGS__, NULL })

static void transactions_are_one_unit(void **state)
{
	struct user u = { .full = false };

	(void)state;
	becomes(&u, SQL("-- nothing", "INSERT 1;", "BEGIN;", "INSERT 2;",
			"SAVEPOINT s;", "COMMIT;", "SELECT 3;"),
		"2 unit: INSERT 1;\n3 unit: INSERT 2;\nSAVEPOINT s;\n\n7 query: SELECT 3;\n");
	becomes(&u, SQL("BEGIN;", "INSERT 1;", "ROLLBACK;", "BEGIN;", "END;"),
		"");
	becomes(&u, SQL("BEGIN;", "INSERT 1;"),
		"1 no: the input ended inside of this\n");
	becomes(&u, SQL("COMMIT;", "ROLLBACK;", "SAVEPOINT s;"),
		"1 no: cannot commit - no transaction\n2 no: cannot rollback - no transacti\n3 no: savepoints can be used between\n");
	becomes(&u, SQL("BEGIN;", "INSERT 1;", "BEGIN;", "COMMIT;"),
		"3 no: cannot start a transaction wit\n1 unit: INSERT 1;\n\n");
}

static void a_refused_part_spoils_a_script(void **state)
{
	struct user u = { .full = false };

	(void)state;
	becomes(&u, SQL("BEGIN;", "INSERT 1;", "SELECT 2;", "COMMIT;"),
		"3 no: a query cannot run inside a tr\n4 no: nothing of this transaction wa\n");
	becomes(&u, SQL("BEGIN;", "ATTACH 'x' AS y;", "INSERT 1;", "COMMIT;",
			"INSERT 2;"),
		"2 no: ATTACH and DETACH cannot be re\n4 no: nothing of this transaction wa\n5 unit: INSERT 2;\n");
	u.c.forgiving = true;
	becomes(&u, SQL("BEGIN;", "INSERT 1;", "SELECT 2;", "COMMIT;"),
		"3 no: a query cannot run inside a tr\n1 unit: INSERT 1;\n\n");
}

static void nothing_is_lost_while_it_is_full(void **state)
{
	struct user u = { .c = { .ops = &ops }, .full = true };

	(void)state;
	u.c.arg = &u;
	assert_false(samr_collect_take(&u.c, "INSERT 1;", 9, 1));
	assert_false(samr_collect_take(&u.c, "SELECT 1;", 9, 1));
	assert_true(samr_collect_take(&u.c, "BEGIN;", 6, 1));
	assert_true(samr_collect_take(&u.c, "INSERT 1;", 9, 2));
	assert_false(samr_collect_take(&u.c, "COMMIT;", 7, 3));
	assert_string_equal(u.said, "");
	u.full = false;
	assert_true(samr_collect_take(&u.c, "COMMIT;", 7, 3));
	assert_string_equal(u.said, "1 unit: INSERT 1;\n\n");
	samr_collect_free(&u.c);
}

static void foreign_keys_are_asked_about(void **state)
{
	struct user u = { .full = false };

	(void)state;
	becomes(&u, SQL("PRAGMA foreign_keys = OFF;", "PRAGMA foreign_keys = ON;"),
		"2 no: foreign keys are not enforced:\n");
	u.c.keys = SAMR_COLLECT_KEYS_ON;
	becomes(&u, SQL("PRAGMA foreign_keys = ON;", "PRAGMA foreign_keys = OFF;"),
		"2 no: foreign keys are enforced at a\n");
	u.c.keys = SAMR_COLLECT_KEYS_UNKNOWN;
	becomes(&u, SQL("PRAGMA foreign_keys = ON;", "PRAGMA foreign_keys = OFF;",
			"PRAGMA journal_mode = OFF;"),
		"1 unit: PRAGMA foreign_keys = ON;\n2 unit: PRAGMA foreign_keys = OFF;\n3 no: PRAGMA journal_mode with a val\n");
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(transactions_are_one_unit),
		cmocka_unit_test(a_refused_part_spoils_a_script),
		cmocka_unit_test(nothing_is_lost_while_it_is_full),
		cmocka_unit_test(foreign_keys_are_asked_about),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
