// SPDX-License-Identifier: GPL-2.0
/* Messages are read as they were written, and nothing else is taken for one. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>
#include <cmocka.h>
#include "batch.h"

static void exec_round_trip(void **state)
{
	static const char *const sql[] = { "INSERT 1", "", "UPDATE \xc3\xa4" };
	struct samr_batch_buf b = { .p = NULL };
	size_t pos = 0, len, i;
	const char *p;

	(void)state;
	assert_true(samr_batch_exec(&b));
	for (i = 0; i < 3; i++)
		assert_true(samr_batch_add(&b, sql[i], strlen(sql[i])));
	assert_int_equal(samr_batch_type(b.p, b.len), SAMR_BATCH_EXEC);
	assert_int_equal(samr_batch_units(b.p, b.len), 3);
	for (i = 0; i < 3; i++) {
		samr_batch_unit(b.p, &pos, &p, &len);
		assert_int_equal(len, strlen(sql[i]));
		assert_memory_equal(p, sql[i], len);
	}
	free(b.p);
}

/* Every shorter message, and every message with a byte changed, ends well. */
static void damage_is_noticed_or_harmless(void **state)
{
	struct samr_batch_buf b = { .p = NULL };
	size_t i, n;
	int bit;

	(void)state;
	samr_batch_exec(&b);
	samr_batch_add(&b, "abc", 3);
	samr_batch_add(&b, "defg", 4);
	for (n = SAMR_BATCH_HEADER; n < b.len; n++) {
		uint8_t *copy = malloc(n);	/* exact: overruns are seen */

		memcpy(copy, b.p, n);
		assert_int_equal(samr_batch_units(copy, n), -1);
		free(copy);
	}
	for (i = 0; i < b.len; i++) {
		for (bit = 0; bit < 8; bit++) {
			uint8_t *copy = malloc(b.len);
			size_t pos = 0, len;
			const char *p;
			int k, units;

			memcpy(copy, b.p, b.len);
			copy[i] ^= (uint8_t)(1 << bit);
			units = samr_batch_units(copy, b.len);
			for (k = 0; k < units; k++) {
				samr_batch_unit(copy, &pos, &p, &len);
				assert_true(pos <= b.len);
			}
			free(copy);
		}
	}
	free(b.p);
}

static void hello_round_trip(void **state)
{
	struct samr_batch_hello h = {
		.view = 1ULL << 40 | 5, .heads = 3,
		.flags = SAMR_BATCH_FOREIGN_KEYS, .env = "SQLite x",
		.env_len = 8,
	}, g;
	struct samr_batch_buf b = { .p = NULL };
	size_t n;

	(void)state;
	assert_true(samr_batch_put_hello(&b, &h));
	assert_int_equal(samr_batch_type(b.p, b.len), SAMR_BATCH_HELLO);
	assert_true(samr_batch_get_hello(b.p, b.len, &g));
	assert_int_equal(g.view, h.view);
	assert_int_equal(g.heads, 3);
	assert_int_equal(g.flags, SAMR_BATCH_FOREIGN_KEYS);
	assert_int_equal(g.env_len, 8);
	assert_memory_equal(g.env, "SQLite x", 8);
	for (n = 0; n < b.len - 8; n++)
		assert_false(samr_batch_get_hello(b.p, n, &g));
	free(b.p);
}

static void others_round_trip(void **state)
{
	struct samr_batch_refusal r = { 7, 9, "no", 2 }, r2;
	struct samr_batch_digest d = { .gseq = 77 }, d2;
	struct samr_batch_buf b = { .p = NULL };

	(void)state;
	assert_true(samr_batch_put_refusal(&b, &r));
	assert_true(samr_batch_get_refusal(b.p, b.len, &r2));
	assert_int_equal(r2.node, 7);
	assert_int_equal(r2.port, 9);
	assert_int_equal(r2.text_len, 2);
	memset(d.digest, 1, sizeof(d.digest));
	assert_true(samr_batch_put_digest(&b, &d));
	assert_true(samr_batch_get_digest(b.p, b.len, &d2));
	assert_false(samr_batch_get_digest(b.p, b.len - 1, &d2));
	assert_memory_equal(&d, &d2, sizeof(d));
	assert_true(samr_batch_simple(&b, SAMR_BATCH_BYE));
	assert_int_equal(b.len, SAMR_BATCH_HEADER);
	assert_int_equal(samr_batch_type(b.p, b.len), SAMR_BATCH_BYE);
	free(b.p);
}

static void strange_messages_have_no_type(void **state)
{
	struct samr_batch_buf b = { .p = NULL };

	(void)state;
	samr_batch_simple(&b, SAMR_BATCH_BYE);
	assert_int_equal(samr_batch_type(b.p, b.len - 1), -1);
	b.p[4] = 0;
	assert_int_equal(samr_batch_type(b.p, b.len), -1);
	b.p[4] = SAMR_BATCH_DIGEST + 1;
	assert_int_equal(samr_batch_type(b.p, b.len), -1);
	b.p[4] = SAMR_BATCH_BYE;
	b.p[5]++;
	assert_int_equal(samr_batch_type(b.p, b.len), -1);
	b.p[5]--;
	b.p[0] ^= 1;
	assert_int_equal(samr_batch_type(b.p, b.len), -1);
	free(b.p);
}

/* A well-known digest, as it is shown. */
static void digest_as_text(void **state)
{
	uint8_t digest[SAMR_DIGEST_SIZE];
	char hex[SAMR_DIGEST_HEX];
	struct sha256_ctx s;

	(void)state;
	sha256_init(&s);
	sha256_update(&s, 3, (const uint8_t *)"abc");
	sha256_digest(&s, sizeof(digest), digest);
	samr_digest_hex(digest, hex);
	assert_string_equal(hex,
			    "ba7816bf8f01cfea414140de5dae2223b00361a396177a9cb410ff61f20015ad");
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(exec_round_trip),
		cmocka_unit_test(damage_is_noticed_or_harmless),
		cmocka_unit_test(hello_round_trip),
		cmocka_unit_test(others_round_trip),
		cmocka_unit_test(strange_messages_have_no_type),
		cmocka_unit_test(digest_as_text),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
