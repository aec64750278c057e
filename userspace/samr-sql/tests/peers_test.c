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
	static const char *const text[] = { "--heads", "has other",
					    "--foreign-keys" };
	struct world *w = *state;
	int kind;

	for (kind = 0; kind < 3; kind++) {
		struct samr_batch_hello good = w->own[2];

		if (kind == 0)
			w->own[2].heads = 2;
		if (kind == 1) {
			w->own[2].env = "other";
			w->own[2].env_len = 5;
		}
		if (kind == 2)
			w->own[2].flags = SAMR_BATCH_FOREIGN_KEYS;
		begin(w);
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

static void four_begin_together(void **state)
{
	struct world *w = *state;
	int i;

	begin(w);
	view(w, 15);
	for (i = 0; i < 4; i++) {
		all_do(w, i ? 0 : SAMR_PEERS_HELLO | SAMR_PEERS_CHANGED);
		hello(w, i, w->view);
	}
	all_do(w, SAMR_PEERS_STARTED);
}

/* Head @to is given what head @from knows. Return: as samr_peers_load(). */
static unsigned int tell(struct world *w, int from, int to)
{
	struct samr_batch_buf b = { .p = NULL };
	unsigned int todo;

	assert_true(samr_peers_save(&w->p[from], &b));
	todo = samr_peers_load(&w->p[to], b.p, b.len);
	free(b.p);
	return todo;
}

/* Head 4 joins the view and knows nothing. */
static void come(struct world *w, unsigned int mask)
{
	samr_peers_init(&w->p[3], &w->own[3]);
	samr_peers_lack(&w->p[3]);
	view(w, mask);
	assert_int_equal(w->todo[0], 0);
	assert_int_equal(w->todo[3], 0);
}

static void a_latecomer_takes_part_from_its_hello_on(void **state)
{
	struct world *w = *state;
	uint64_t check;

	start_three(w);
	message(w, 1, SAMR_BATCH_BYE, NULL, 0);
	come(w, 15);
	/* What it sends before is not executed. */
	message(w, 3, SAMR_BATCH_EXEC, NULL, 0);
	assert_int_equal(w->todo[0], 0);
	assert_int_equal(tell(w, 0, 3), SAMR_PEERS_HELLO);
	message(w, 0, SAMR_BATCH_EXEC, NULL, 0);
	all_do(w, SAMR_PEERS_RUN);
	check = w->gseq;
	hello(w, 3, w->view);
	assert_int_equal(w->todo[0], SAMR_PEERS_CHANGED);
	assert_int_equal(w->todo[3], SAMR_PEERS_STARTED);
	message(w, 3, SAMR_BATCH_EXEC, NULL, 0);
	all_do(w, SAMR_PEERS_RUN);
	/* It does not answer what was asked before. */
	assert_int_equal(samr_peers_since(&w->p[0], check), 3);
	assert_int_equal(samr_peers_present(&w->p[0]), 4);
	assert_int_equal(samr_peers_present(&w->p[3]), 4);
	/* The end waits for it, and it knows who has said BYE before. */
	message(w, 0, SAMR_BATCH_BYE, NULL, 0);
	message(w, 2, SAMR_BATCH_BYE, NULL, 0);
	all_do(w, 0);
	message(w, 3, SAMR_BATCH_BYE, NULL, 0);
	all_do(w, SAMR_PEERS_ENDED);
}

/* Told while all wait, it begins with them. */
static void a_joiner_may_be_told_before_the_beginning(void **state)
{
	struct world *w = *state;

	begin(w);
	samr_peers_lack(&w->p[1]);
	samr_peers_lack(&w->p[2]);
	view(w, 1);
	view(w, 3);
	assert_int_equal(w->todo[1], 0);
	assert_int_equal(tell(w, 0, 1), SAMR_PEERS_HELLO);
	hello(w, 1, w->view);
	view(w, 7);
	assert_int_equal(w->todo[1], SAMR_PEERS_HELLO | SAMR_PEERS_CHANGED);
	hello(w, 0, w->view);
	hello(w, 1, w->view);
	/* What was said before it was told counts, too. */
	assert_int_equal(tell(w, 1, 2), SAMR_PEERS_HELLO);
	hello(w, 2, w->view);
	all_do(w, SAMR_PEERS_STARTED);
}

/* It may have to take the database a second time. */
static void being_told_twice_does_no_harm(void **state)
{
	struct world *w = *state;

	start_three(w);
	come(w, 15);
	assert_int_equal(tell(w, 0, 3), SAMR_PEERS_HELLO);
	hello(w, 3, w->view);
	assert_int_equal(tell(w, 1, 3), SAMR_PEERS_STARTED);
	assert_true(w->p[3].in);
	message(w, 3, SAMR_BATCH_EXEC, NULL, 0);
	all_do(w, SAMR_PEERS_RUN);
}

static void the_end_of_others_is_not_the_latecomers(void **state)
{
	struct world *w = *state;
	int i;

	start_three(w);
	come(w, 15);
	assert_int_equal(tell(w, 0, 3), SAMR_PEERS_HELLO);
	for (i = 0; i < 3; i++)
		message(w, i, SAMR_BATCH_BYE, NULL, 0);
	assert_int_equal(w->todo[0], SAMR_PEERS_ENDED);
	assert_int_equal(w->todo[3], 0);
	view(w, 8);
	assert_int_equal(w->todo[3], SAMR_PEERS_CHANGED);
	hello(w, 3, w->view);
	assert_int_equal(w->todo[3], SAMR_PEERS_STARTED);
	message(w, 3, SAMR_BATCH_BYE, NULL, 0);
	assert_int_equal(w->todo[3], SAMR_PEERS_ENDED);
}

static void unequal_latecomers_find_out(void **state)
{
	struct world *w = *state;

	start_three(w);
	w->own[3].heads = 2;		/* does not matter any more */
	come(w, 15);
	assert_int_equal(tell(w, 0, 3), SAMR_PEERS_HELLO);
	w->own[3].flags = SAMR_BATCH_FOREIGN_KEYS;
	come(w, 15);
	assert_int_equal(tell(w, 0, 3), SAMR_PEERS_FAILED);
	assert_non_null(strstr(w->p[3].error, "--foreign-keys"));
	/* Told by others that wait it must wait for as many. */
	w->own[3].flags = 0;
	begin(w);
	samr_peers_lack(&w->p[3]);
	view(w, 9);
	assert_int_equal(tell(w, 0, 3), SAMR_PEERS_FAILED);
	assert_non_null(strstr(w->p[3].error, "--heads"));
}

static void what_is_told_is_checked(void **state)
{
	struct samr_batch_buf b = { .p = NULL };
	struct world *w = *state;
	size_t len;

	start_three(w);
	assert_true(samr_peers_save(&w->p[0], &b));
	for (len = 0; len < b.len; len++) {
		samr_peers_init(&w->p[3], &w->own[3]);
		assert_int_equal(samr_peers_load(&w->p[3], b.p, len),
				 SAMR_PEERS_FAILED);
	}
	samr_peers_init(&w->p[3], &w->own[3]);
	assert_int_equal(samr_peers_load(&w->p[3], b.p, b.len),
			 SAMR_PEERS_HELLO);
	free(b.p);
}

/* Others may say HELLO who were not told: the eldest says why they may not. */
static void unequal_hellos_are_refused(void **state)
{
	struct samr_batch_buf b = { .p = NULL };
	struct world *w = *state;

	start_three(w);
	come(w, 15);
	assert_int_equal(tell(w, 0, 3), SAMR_PEERS_HELLO);
	w->own[3].env = "new";
	hello(w, 3, w->view);
	assert_int_equal(w->todo[0], SAMR_PEERS_REFUSE);
	assert_int_equal(w->todo[1], 0);
	assert_int_equal(w->todo[2], 0);
	message(w, 3, SAMR_BATCH_EXEC, NULL, 0);
	assert_int_equal(w->todo[0], 0);
	assert_true(samr_batch_put_refusal(&b, &w->p[0].stranger));
	w->p[3].in = false;
	message(w, 0, SAMR_BATCH_REFUSAL, b.p, b.len);
	assert_int_equal(w->todo[3], SAMR_PEERS_FAILED);
	assert_int_equal(w->todo[1], 0);
	assert_non_null(strstr(w->p[3].error, "has new"));
	free(b.p);
	/* The eldest has gone: the next one answers. */
	come(w, 15);
	view(w, 14);
	hello(w, 3, w->view);
	assert_int_equal(w->todo[1], SAMR_PEERS_REFUSE);
	assert_int_equal(w->todo[2], 0);
}

/* A head that comes and goes does not use up the room. */
static void who_has_gone_makes_room(void **state)
{
	struct world *w = *state;
	int i;

	start_three(w);
	for (i = 0; i < 2 * SAMR_PEERS_MAX; i++) {
		come(w, 15);
		assert_int_equal(tell(w, 0, 3), SAMR_PEERS_HELLO);
		hello(w, 3, w->view);
		assert_int_equal(w->todo[0], SAMR_PEERS_CHANGED);
		view(w, 7);
		assert_int_equal(w->p[0].count, 4);
		assert_int_equal(samr_peers_present(&w->p[0]), 3);
	}
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
		T(four_begin_together),
		T(a_latecomer_takes_part_from_its_hello_on),
		T(a_joiner_may_be_told_before_the_beginning),
		T(being_told_twice_does_no_harm),
		T(the_end_of_others_is_not_the_latecomers),
		T(unequal_latecomers_find_out),
		T(what_is_told_is_checked),
		T(unequal_hellos_are_refused),
		T(who_has_gone_makes_room),
		T(all_end_together),
		T(the_dead_need_not_say_bye),
		T(a_returned_incarnation_is_a_stranger),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
