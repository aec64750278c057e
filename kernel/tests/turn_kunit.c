// SPDX-License-Identifier: GPL-2.0
/* Lock-step: who has the turn, until when, and who is not waited for. */
#include "listening.h"

#define LEN	300

/* A program that waits for all of its sockets at once. */
static int init(struct kunit *test)
{
	int err = listening_init(test);
	struct listening *w = test->priv;

	if (err)
		return err;
	w->ls.most = 4;
	w->watched = SAMR_WATCHED;
	samr_turn_set(&w->ls, true);
	return 0;
}

/* It comes back for more. */
static void come_back(struct listening *w)
{
	samr_turn_back(&w->ls);
}

static struct samr_connection *opened(struct kunit *test, u64 session)
{
	struct samr_connection *x;

	listening_stream(test, session, SAMR_SESSION_OPEN);
	x = listening_accept(test);
	come_back(test->priv);
	return x;
}

static void connections_come_one_at_a_time(struct kunit *test)
{
	struct listening *w = test->priv;
	struct samr_connection *x;
	u64 name;

	for (name = 101; name <= 103; name++)
		listening_stream(test, name, SAMR_SESSION_OPEN);
	for (name = 101; name <= 103; name++) {
		KUNIT_EXPECT_EQ(test, w->ls.waiting, 1U);
		come_back(w);
		KUNIT_EXPECT_EQ(test, w->ls.waiting, 1U);
		x = listening_accept(test);
		KUNIT_EXPECT_EQ(test, x->name, name);
		listening_close(x);
		come_back(w);
	}
	KUNIT_EXPECT_TRUE(test, samr_log_idle(&w->svc.log));
}

static void input_follows_when_the_last_was_read_and_it_comes_back(struct kunit *test)
{
	struct listening *w = test->priv;
	struct samr_connection *a = opened(test, 101), *b = opened(test, 102);

	listening_segment(test, 101, 1, LEN, 0);
	listening_segment(test, 102, 1, LEN, 0);
	KUNIT_EXPECT_EQ(test, a->side.in.bytes, LEN);
	KUNIT_EXPECT_EQ(test, b->side.in.bytes, 0U);
	come_back(w);
	KUNIT_EXPECT_EQ(test, b->side.in.bytes, 0U);
	listening_read(a, LEN - 1);
	come_back(w);
	KUNIT_EXPECT_EQ(test, b->side.in.bytes, 0U);
	listening_read(a, 1);
	KUNIT_EXPECT_EQ(test, b->side.in.bytes, 0U);
	come_back(w);
	KUNIT_EXPECT_EQ(test, b->side.in.bytes, LEN);
	listening_read(b, LEN);
	come_back(w);
	listening_close(a);
	listening_close(b);
}

/* Edge-triggered epoll: its next look may be at nothing at all. */
static void who_is_told_of_changes_only_need_not_come_back(struct kunit *test)
{
	struct listening *w = test->priv;
	struct samr_connection *a = opened(test, 101), *b = opened(test, 102);

	w->watched = SAMR_WATCHED | SAMR_WATCHED_EDGE;
	listening_segment(test, 101, 1, LEN, 0);
	listening_segment(test, 102, 1, LEN, 0);
	listening_read(a, LEN - 1);
	KUNIT_EXPECT_EQ(test, b->side.in.bytes, 0U);
	listening_read(a, 1);
	KUNIT_EXPECT_EQ(test, b->side.in.bytes, LEN);
	listening_close(a);
	listening_close(b);
}

static void an_end_is_over_when_it_was_noticed(struct kunit *test)
{
	struct listening *w = test->priv;
	struct samr_connection *a = opened(test, 101), *b = opened(test, 102);

	listening_stream(test, 101, SAMR_SESSION_CLOSE);
	listening_segment(test, 102, 1, LEN, 0);
	come_back(w);
	KUNIT_EXPECT_EQ(test, b->side.in.bytes, 0U);
	samr_turn_show(&w->ls, a);
	KUNIT_EXPECT_EQ(test, b->side.in.bytes, 0U);
	come_back(w);
	KUNIT_EXPECT_EQ(test, b->side.in.bytes, LEN);
	listening_close(a);
	listening_close(b);
}

static void who_is_not_watched_is_not_waited_for(struct kunit *test)
{
	struct listening *w = test->priv;
	struct samr_connection *a = opened(test, 101), *b = opened(test, 102);

	w->watched = 0;
	listening_segment(test, 101, 1, LEN, 0);
	listening_segment(test, 102, 1, LEN, 0);
	KUNIT_EXPECT_EQ(test, a->side.in.bytes, LEN);
	KUNIT_EXPECT_EQ(test, b->side.in.bytes, LEN);
	listening_close(a);
	listening_close(b);
}

/* It stops to watch a connection whose client it does not want to hear now. */
static void who_looks_away_with_its_turn_gives_it_up(struct kunit *test)
{
	struct listening *w = test->priv;
	struct samr_connection *a = opened(test, 101), *b = opened(test, 102);

	listening_segment(test, 101, 1, LEN, 0);
	listening_segment(test, 102, 1, LEN, 0);
	w->watched = 0;
	KUNIT_EXPECT_EQ(test, b->side.in.bytes, 0U);
	come_back(w);
	KUNIT_EXPECT_EQ(test, b->side.in.bytes, LEN);
	listening_close(a);
	listening_close(b);
}

static void a_turn_ends_with_its_socket(struct kunit *test)
{
	struct listening *w = test->priv;
	struct samr_connection *a = opened(test, 101), *b = opened(test, 102);

	listening_segment(test, 101, 1, LEN, 0);
	listening_segment(test, 102, 1, LEN, 0);
	KUNIT_EXPECT_TRUE(test, w->ls.turn.of == a);
	listening_close(a);
	KUNIT_EXPECT_EQ(test, b->side.in.bytes, LEN);
	listening_close(b);
	KUNIT_EXPECT_FALSE(test, w->ls.turn.taken);
}

/* As a program does that comes later: it prepares itself when it listens already. */
static void who_listens_is_given_nothing_before_it_asks(struct kunit *test)
{
	struct listening *w = test->priv;
	struct samr_connection *a, *b;

	w->ls.listens = false;
	w->watched = 0;
	listening_stream(test, 101, SAMR_SESSION_OPEN);
	listening_segment(test, 101, 1, LEN, 0);
	listening_stream(test, 102, SAMR_SESSION_OPEN);
	listening_segment(test, 102, 1, LEN, 0);
	KUNIT_EXPECT_EQ(test, w->ls.waiting, 0U);
	w->local.state = SAMR_MEMBER_JOINED;
	KUNIT_EXPECT_EQ(test, samr_listener_listen(&w->ls, 4, 0), 0);
	listening_stream(test, 103, SAMR_SESSION_OPEN);
	KUNIT_EXPECT_EQ(test, w->ls.waiting, 0U);
	w->watched = SAMR_WATCHED;
	come_back(w);
	KUNIT_EXPECT_EQ(test, w->ls.waiting, 1U);
	a = listening_accept(test);
	come_back(w);
	KUNIT_EXPECT_EQ(test, a->side.in.bytes, LEN);
	KUNIT_EXPECT_EQ(test, w->ls.waiting, 0U);
	listening_read(a, LEN);
	come_back(w);
	b = listening_accept(test);
	KUNIT_EXPECT_EQ(test, b->side.in.bytes, 0U);
	come_back(w);
	KUNIT_EXPECT_EQ(test, b->side.in.bytes, LEN);
	listening_close(a);
	listening_close(b);
	come_back(w);
	listening_close(listening_accept(test));
}

static void without_lock_step_all_comes_at_once(struct kunit *test)
{
	struct listening *w = test->priv;
	struct samr_connection *a = opened(test, 101), *b = opened(test, 102);

	listening_segment(test, 101, 1, LEN, 0);
	listening_segment(test, 102, 1, LEN, 0);
	KUNIT_EXPECT_EQ(test, b->side.in.bytes, 0U);
	samr_turn_set(&w->ls, false);
	KUNIT_EXPECT_EQ(test, b->side.in.bytes, LEN);
	listening_segment(test, 101, 1 + LEN, LEN, 0);
	KUNIT_EXPECT_EQ(test, a->side.in.bytes, 2 * LEN);
	listening_close(a);
	listening_close(b);
}

static struct kunit_case cases[] = {
	KUNIT_CASE(connections_come_one_at_a_time),
	KUNIT_CASE(input_follows_when_the_last_was_read_and_it_comes_back),
	KUNIT_CASE(who_is_told_of_changes_only_need_not_come_back),
	KUNIT_CASE(an_end_is_over_when_it_was_noticed),
	KUNIT_CASE(who_is_not_watched_is_not_waited_for),
	KUNIT_CASE(who_looks_away_with_its_turn_gives_it_up),
	KUNIT_CASE(a_turn_ends_with_its_socket),
	KUNIT_CASE(who_listens_is_given_nothing_before_it_asks),
	KUNIT_CASE(without_lock_step_all_comes_at_once),
	{}
};

static struct kunit_suite suite = {
	.name = "samr_turn",
	.init = init,
	.test_cases = cases,
};
kunit_test_suite(suite);
