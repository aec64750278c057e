// SPDX-License-Identifier: GPL-2.0
/* Doors: when the state is asked for, and what stands still meanwhile. */
#include <linux/err.h>
#include "../core/transfer.h"
#include "listening.h"

#define HEAD	1
#define PORT	9
#define LEN	300

/* The listener's socket has a door, and both are of a member. */
static int init(struct kunit *test)
{
	int err = listening_init(test);
	struct listening *w = test->priv;

	if (err)
		return err;
	w->local.reader.head = HEAD;
	w->local.reader.port = PORT;
	w->local.state = SAMR_MEMBER_BOUND;
	err = samr_door_open(&w->ls, &listening_ops, w);
	w->local.state = SAMR_MEMBER_JOINED;
	return err;
}

/* The state is to be given to somebody, by the member of @head. */
static void snapshot(struct kunit *test, u64 head)
{
	struct listening *w = test->priv;
	const struct samr_meta meta = {
		.gseq = w->gseq++, .kind = SAMR_KIND_SNAPSHOT,
	};
	struct samr_msg *msg = samr_msg_new(&meta);
	struct samr_transfer *t = samr_alloc(sizeof(*t));

	KUNIT_ASSERT_NOT_NULL(test, msg);
	KUNIT_ASSERT_NOT_NULL(test, t);
	samr_ref_set(&t->ref, 1);
	t->id = meta.gseq;
	t->donor.node = head;
	t->donor.port = PORT;
	msg->transfer = t;
	listening_deliver(test, msg, NULL);
}

static bool stands_still(const struct listening *w)
{
	return !samr_log_idle(&w->svc.log);
}

/* What a door that is read finds; SAMR_KIND_SNAPSHOT, or an error. */
static int read_door(struct listening *w)
{
	struct samr_msg *msg = samr_local_peek(&w->local, NULL);
	int kind;

	if (IS_ERR_OR_NULL(msg))
		return msg ? PTR_ERR(msg) : 0;
	kind = msg->meta.kind;
	samr_local_pass(&w->local, msg);
	samr_msg_put(msg);
	return kind;
}

static void door_is_one_and_there_before_the_join(struct kunit *test)
{
	struct listening *w = test->priv;

	KUNIT_EXPECT_EQ(test, samr_door_open(&w->ls, &listening_ops, w), -EISCONN);
	w->local.state = SAMR_MEMBER_BOUND;
	KUNIT_EXPECT_EQ(test, samr_door_open(&w->ls, &listening_ops, w), -EBUSY);
	w->ls.sockets = 0;
	KUNIT_EXPECT_EQ(test, samr_door_open(&w->ls, &listening_ops, w), -ENOTCONN);
	w->local.err = -ENETRESET;
	KUNIT_EXPECT_EQ(test, samr_door_open(&w->ls, &listening_ops, w), -ENETRESET);
}

static void door_is_asked_when_all_was_read(struct kunit *test)
{
	struct listening *w = test->priv;
	struct samr_connection *x;

	listening_stream(test, 101, SAMR_SESSION_OPEN);
	x = listening_accept(test);
	listening_segment(test, 101, 1, LEN, 0);
	w->readable = 0;
	snapshot(test, HEAD);
	KUNIT_EXPECT_TRUE(test, x->cut);
	KUNIT_EXPECT_TRUE(test, stands_still(w));
	KUNIT_EXPECT_EQ(test, read_door(w), -EAGAIN);
	listening_read(x, LEN - 1);
	KUNIT_EXPECT_EQ(test, read_door(w), -EAGAIN);
	KUNIT_EXPECT_EQ(test, w->readable, 0U);
	listening_read(x, 1);
	KUNIT_EXPECT_EQ(test, w->readable, 1U);
	KUNIT_EXPECT_EQ(test, read_door(w), SAMR_KIND_SNAPSHOT);
	samr_door_back(&w->ls);
	listening_close(x);
}

static void door_waits_for_the_backlog(struct kunit *test)
{
	struct listening *w = test->priv;
	struct samr_connection *x;

	listening_stream(test, 101, SAMR_SESSION_OPEN);
	snapshot(test, HEAD);
	KUNIT_EXPECT_EQ(test, read_door(w), -EAGAIN);
	x = listening_accept(test);
	KUNIT_EXPECT_EQ(test, read_door(w), SAMR_KIND_SNAPSHOT);
	samr_door_back(&w->ls);
	listening_close(x);
}

static void listener_goes_on_when_the_door_was_read_once_more(struct kunit *test)
{
	struct listening *w = test->priv;

	snapshot(test, HEAD);
	samr_door_back(&w->ls);
	KUNIT_EXPECT_TRUE(test, stands_still(w));
	KUNIT_EXPECT_EQ(test, read_door(w), SAMR_KIND_SNAPSHOT);
	KUNIT_EXPECT_EQ(test, read_door(w), -EAGAIN);
	listening_stream(test, 101, SAMR_SESSION_OPEN);
	KUNIT_EXPECT_EQ(test, w->ls.waiting, 0U);
	samr_door_back(&w->ls);
	KUNIT_EXPECT_FALSE(test, stands_still(w));
	KUNIT_EXPECT_EQ(test, w->ls.waiting, 1U);
	listening_close(listening_accept(test));
}

static void door_is_asked_once_for_each_transfer(struct kunit *test)
{
	struct listening *w = test->priv;
	unsigned int i;

	for (i = 1; i <= 3; i++) {
		snapshot(test, HEAD);
		KUNIT_EXPECT_EQ(test, w->readable, i);
		KUNIT_EXPECT_EQ(test, read_door(w), SAMR_KIND_SNAPSHOT);
		samr_door_back(&w->ls);
		samr_door_back(&w->ls);
		KUNIT_EXPECT_FALSE(test, stands_still(w));
	}
}

static void what_another_one_gives_only_ends_streams(struct kunit *test)
{
	struct listening *w = test->priv;
	struct samr_connection *x;

	listening_stream(test, 101, SAMR_SESSION_OPEN);
	x = listening_accept(test);
	snapshot(test, HEAD + 1);
	KUNIT_EXPECT_TRUE(test, x->cut);
	KUNIT_EXPECT_FALSE(test, stands_still(w));
	KUNIT_EXPECT_EQ(test, read_door(w), -EAGAIN);
	listening_close(x);
}

static void without_a_door_nobody_is_asked(struct kunit *test)
{
	struct listening *w = test->priv;

	w->ls.door.ops = NULL;
	snapshot(test, HEAD);
	KUNIT_EXPECT_FALSE(test, stands_still(w));
}

/* In lock-step it has read all only when it comes back; each end of a stream is an input. */
static void in_lock_step_the_program_comes_back_first(struct kunit *test)
{
	struct listening *w = test->priv;
	struct samr_connection *x;

	samr_turn_set(&w->ls, true);
	listening_stream(test, 101, SAMR_SESSION_OPEN);
	x = listening_accept(test);
	w->watched = SAMR_WATCHED;
	snapshot(test, HEAD);
	KUNIT_EXPECT_TRUE(test, x->cut);
	KUNIT_EXPECT_EQ(test, read_door(w), -EAGAIN);
	samr_turn_show(&w->ls, x);
	KUNIT_EXPECT_EQ(test, read_door(w), -EAGAIN);
	samr_turn_back(&w->ls);
	KUNIT_EXPECT_EQ(test, read_door(w), SAMR_KIND_SNAPSHOT);
	samr_door_back(&w->ls);
	listening_close(x);
}

static void who_closes_the_door_is_a_member_no_more(struct kunit *test)
{
	struct listening *w = test->priv;

	snapshot(test, HEAD);
	samr_door_close(&w->ls);
	KUNIT_EXPECT_EQ(test, w->local.err, -ECONNABORTED);
	KUNIT_EXPECT_EQ(test, w->local.state, (u32)SAMR_MEMBER_LEAVING);
	KUNIT_EXPECT_FALSE(test, stands_still(w));
}

static struct kunit_case cases[] = {
	KUNIT_CASE(door_is_one_and_there_before_the_join),
	KUNIT_CASE(door_is_asked_when_all_was_read),
	KUNIT_CASE(door_waits_for_the_backlog),
	KUNIT_CASE(listener_goes_on_when_the_door_was_read_once_more),
	KUNIT_CASE(door_is_asked_once_for_each_transfer),
	KUNIT_CASE(what_another_one_gives_only_ends_streams),
	KUNIT_CASE(without_a_door_nobody_is_asked),
	KUNIT_CASE(in_lock_step_the_program_comes_back_first),
	KUNIT_CASE(who_closes_the_door_is_a_member_no_more),
	{}
};

static struct kunit_suite suite = {
	.name = "samr_door",
	.init = init,
	.test_cases = cases,
};
kunit_test_suite(suite);
