// SPDX-License-Identifier: GPL-2.0
/*
 * The beginning and the end, seen by several heads that are fed the same order.
 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <cmocka.h>
#include "peers.h"

#define HEADS	3

struct world {
	struct samr_peers p[HEADS + 1];
	struct samr_batch_hello own[HEADS + 1];
	unsigned int present;		/* mask of heads in the view */
	uint64_t view, gseq;
	unsigned int todo[HEADS + 1];
};

static int setup(void **state)
{
	struct world *w = calloc(1, sizeof(*w));
	int i;

	for (i = 0; i <= HEADS; i++) {
		w->own[i].heads = HEADS;
		w->own[i].env = "env";
		w->own[i].env_len = 3;
		memset(w->own[i].digest, 7, SAMR_DIGEST_SIZE);
	}
	w->gseq = 100;
	*state = w;
	return 0;
}

static int teardown(void **state)
{
	free(*state);
	return 0;
}

static void begin(struct world *w)
{
	int i;

	for (i = 0; i <= HEADS; i++)
		samr_peers_init(&w->p[i], &w->own[i]);
}

/* A view is delivered to all that are in it. */
static void view(struct world *w, unsigned int mask)
{
	struct samr_view *v = calloc(1, sizeof(*v) + (HEADS + 1) *
				     sizeof(v->members[0]));
	int i, k;

	w->view = v->id = ++w->gseq;
	w->present = mask;
	for (i = 0; i <= HEADS; i++) {
		if (!(mask & 1U << i))
			continue;
		v->members[v->count].node = (uint64_t)i + 1;
		v->members[v->count].incarnation = 50 + (uint64_t)i;
		v->members[v->count++].port = 9;
	}
	for (i = 0; i <= HEADS; i++) {
		w->todo[i] = 0;
		if (!(mask & 1U << i))
			continue;
		for (k = 0; k < (int)v->count; k++)
			v->members[k].flags = v->members[k].node ==
				(uint64_t)i + 1 ? SAMR_MEMBER_SELF : 0;
		w->todo[i] = samr_peers_view(&w->p[i], v);
	}
	free(v);
}

static void message(struct world *w, int from, int type, const void *data,
		    size_t len)
{
	struct samr_delivery d = {
		.gseq = ++w->gseq, .origin = (uint64_t)from + 1, .port = 9,
		.incarnation = 50 + (uint64_t)from,
	};
	int i;

	for (i = 0; i <= HEADS; i++) {
		w->todo[i] = 0;
		if (w->present & 1U << i)
			w->todo[i] = samr_peers_message(&w->p[i], &d, type,
							data, len);
	}
}

static void hello(struct world *w, int from, uint64_t for_view)
{
	struct samr_batch_buf b = { .p = NULL };
	struct samr_batch_hello h = w->own[from];

	h.view = for_view;
	assert_true(samr_batch_put_hello(&b, &h));
	message(w, from, SAMR_BATCH_HELLO, b.p, b.len);
	free(b.p);
}

static void all_do(struct world *w, unsigned int todo)
{
	int i;

	for (i = 0; i <= HEADS; i++)
		assert_int_equal(w->todo[i],
				 w->present & 1U << i ? todo : 0);
}

static void start_three(struct world *w)
{
	begin(w);
	view(w, 1);
	hello(w, 0, w->view);
	view(w, 3);
	view(w, 7);
	all_do(w, SAMR_PEERS_HELLO | SAMR_PEERS_CHANGED);
	hello(w, 1, w->view - 1);	/* meant for the view before */
	all_do(w, 0);
	hello(w, 0, w->view);
	hello(w, 1, w->view);
	all_do(w, 0);
	hello(w, 2, w->view);
	all_do(w, SAMR_PEERS_STARTED);
	assert_int_equal(w->p[0].start, w->p[2].start);
}

static void three_begin_together(void **state)
{
	struct world *w = *state;

	start_three(w);
	message(w, 1, SAMR_BATCH_EXEC, NULL, 0);
	all_do(w, SAMR_PEERS_RUN);
}

static void nothing_runs_before(void **state)
{
	struct world *w = *state;

	begin(w);
	view(w, 7);
	message(w, 1, SAMR_BATCH_EXEC, NULL, 0);
	all_do(w, 0);
	hello(w, 0, w->view);
	hello(w, 0, w->view);
	hello(w, 0, w->view);	/* one head three times is one head */
	all_do(w, 0);
}

static void a_leave_starts_it_again(void **state)
{
	struct world *w = *state;
	uint64_t old;

	begin(w);
	view(w, 7);
	old = w->view;
	hello(w, 0, old);
	hello(w, 1, old);
	view(w, 3);
	view(w, 7);
	hello(w, 2, old);
	hello(w, 2, w->view);
	hello(w, 0, w->view);
	all_do(w, 0);
	hello(w, 1, w->view);
	all_do(w, SAMR_PEERS_STARTED);
}

static void differences_are_refused(void **state)
{
	static const char *const text[] = {
		"head 3's", "database of head", "--heads", "has other",
		"--foreign-keys"
	};
	struct world *w = *state;
	int kind;

	for (kind = 1; kind <= 4; kind++) {
		struct samr_batch_hello good = w->own[2];

		if (kind == 1)
			w->own[2].digest[5] ^= 1;
		if (kind == 2)
			w->own[2].heads = 2;
		if (kind == 3) {
			w->own[2].env = "other";
			w->own[2].env_len = 5;
		}
		if (kind == 4)
			w->own[2].flags = SAMR_BATCH_FOREIGN_KEYS;
		begin(w);
		w->p[2].own.heads = HEADS;	/* or the view itself fails */
		view(w, 7);
		hello(w, 0, w->view);
		hello(w, 2, w->view);
		assert_int_equal(w->todo[0], SAMR_PEERS_FAILED);
		assert_int_equal(w->todo[1], SAMR_PEERS_FAILED);
		assert_non_null(strstr(w->p[0].error, text[kind]));
		assert_non_null(strstr(w->p[0].error, "head 3"));
		w->own[2] = good;
	}
}

static void too_many_are_refused(void **state)
{
	struct world *w = *state;

	begin(w);
	view(w, 15);
	all_do(w, SAMR_PEERS_FAILED);
}

static void latecomers_are_refused(void **state)
{
	struct samr_batch_buf b = { .p = NULL };
	struct world *w = *state;

	start_three(w);
	view(w, 15);
	assert_int_equal(w->todo[0], 0);
	assert_int_equal(w->todo[3], SAMR_PEERS_FAILED);	/* four, not three */
	w->own[3].heads = 4;
	samr_peers_init(&w->p[3], &w->own[3]);
	view(w, 15);
	hello(w, 3, w->view);
	assert_int_equal(w->todo[0], SAMR_PEERS_REFUSE);	/* the eldest */
	assert_int_equal(w->todo[1], 0);
	assert_int_equal(w->todo[2], 0);
	/* What it sends is not executed. */
	message(w, 3, SAMR_BATCH_EXEC, NULL, 0);
	assert_int_equal(w->todo[0], 0);
	assert_true(samr_batch_put_refusal(&b, &w->p[0].stranger));
	message(w, 0, SAMR_BATCH_REFUSAL, b.p, b.len);
	assert_int_equal(w->todo[3], SAMR_PEERS_FAILED);
	assert_int_equal(w->todo[1], 0);
	assert_non_null(strstr(w->p[3].error, "begun without"));
	free(b.p);
	/* The eldest has gone: the next one answers. */
	view(w, 14);
	hello(w, 3, w->view);
	assert_int_equal(w->todo[1], SAMR_PEERS_REFUSE);
	assert_int_equal(w->todo[2], 0);
}

static void all_end_together(void **state)
{
	struct world *w = *state;

	start_three(w);
	message(w, 0, SAMR_BATCH_BYE, NULL, 0);
	message(w, 2, SAMR_BATCH_BYE, NULL, 0);
	all_do(w, 0);
	message(w, 1, SAMR_BATCH_EXEC, NULL, 0);
	all_do(w, SAMR_PEERS_RUN);
	message(w, 1, SAMR_BATCH_BYE, NULL, 0);
	all_do(w, SAMR_PEERS_ENDED);
	message(w, 1, SAMR_BATCH_EXEC, NULL, 0);
	all_do(w, 0);
}

static void the_dead_need_not_say_bye(void **state)
{
	struct world *w = *state;

	start_three(w);
	message(w, 0, SAMR_BATCH_BYE, NULL, 0);
	message(w, 1, SAMR_BATCH_BYE, NULL, 0);
	all_do(w, 0);
	view(w, 3);
	all_do(w, SAMR_PEERS_ENDED | SAMR_PEERS_CHANGED);
}

static void a_returned_incarnation_is_a_stranger(void **state)
{
	struct world *w = *state;
	struct samr_delivery d = {
		.gseq = 1000, .origin = 2, .port = 9, .incarnation = 999,
	};

	start_three(w);
	assert_int_equal(samr_peers_message(&w->p[0], &d, SAMR_BATCH_EXEC,
					    NULL, 0), 0);
}

int main(void)
{
#define T(f) cmocka_unit_test_setup_teardown(f, setup, teardown)
	const struct CMUnitTest tests[] = {
		T(three_begin_together),
		T(nothing_runs_before),
		T(a_leave_starts_it_again),
		T(differences_are_refused),
		T(too_many_are_refused),
		T(latecomers_are_refused),
		T(all_end_together),
		T(the_dead_need_not_say_bye),
		T(a_returned_incarnation_is_a_stranger),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
