// SPDX-License-Identifier: GPL-2.0
/* Listeners and connections, with a log that is filled by hand. */
#include <linux/slab.h>
#include "listening.h"

#define LEN	300
#define BIG	3000

static void listener_accepts_in_order(struct kunit *test)
{
	struct samr_connection *a, *b;

	listening_stream(test, 101, SAMR_SESSION_OPEN);
	listening_stream(test, 102, SAMR_SESSION_OPEN);
	a = listening_accept(test);
	b = listening_accept(test);
	KUNIT_EXPECT_EQ(test, a->name, 101ULL);
	KUNIT_EXPECT_EQ(test, b->name, 102ULL);
	listening_stream(test, 101, SAMR_SESSION_CLOSE);
	listening_stream(test, 102, SAMR_SESSION_CLOSE);
	listening_close(a);
	listening_close(b);
}

static void listener_with_a_full_backlog_stands_still(struct kunit *test)
{
	struct listening *w = test->priv;
	struct samr_connection *x[3];
	u64 name;
	int i;

	for (name = 101; name <= 103; name++)
		listening_stream(test, name, SAMR_SESSION_OPEN);
	KUNIT_EXPECT_EQ(test, w->ls.waiting, 2U);
	KUNIT_EXPECT_FALSE(test, samr_log_idle(&w->svc.log));
	for (i = 0; i < 3; i++)
		x[i] = listening_accept(test);
	KUNIT_EXPECT_TRUE(test, samr_log_idle(&w->svc.log));
	for (i = 0; i < 3; i++) {
		KUNIT_EXPECT_EQ(test, x[i]->name, 101ULL + i);
		listening_stream(test, x[i]->name, SAMR_SESSION_CLOSE);
		listening_close(x[i]);
	}
}

static void input_is_told_as_it_is_read(struct kunit *test)
{
	struct listening *w = test->priv;
	struct samr_connection *x;

	listening_stream(test, 101, SAMR_SESSION_OPEN);
	x = listening_accept(test);
	listening_segment(test, 101, 1, LEN, 0);
	listening_segment(test, 101, 1 + LEN, BIG, SAMR_MSG_FIN);
	KUNIT_EXPECT_EQ(test, x->side.in.bytes, LEN + BIG);
	KUNIT_EXPECT_EQ(test, w->told.input, 0ULL);
	listening_read(x, LEN + 1);
	KUNIT_EXPECT_EQ(test, w->told.input, LEN + 1ULL);
	listening_read(x, BIG - 1);
	KUNIT_EXPECT_EQ(test, w->told.input, LEN + BIG + 1ULL);
	KUNIT_EXPECT_TRUE(test, x->side.over);
	listening_stream(test, 101, SAMR_SESSION_CLOSE);
	KUNIT_EXPECT_TRUE(test, x->side.broken);
	listening_close(x);
}

static void the_clients_end_comes_behind_its_bytes(struct kunit *test)
{
	struct samr_connection *x;

	listening_stream(test, 101, SAMR_SESSION_OPEN);
	x = listening_accept(test);
	listening_segment(test, 101, 1, LEN, 0);
	listening_stream(test, 101, SAMR_SESSION_CLOSE);
	KUNIT_EXPECT_FALSE(test, x->side.broken);
	listening_read(x, LEN);
	KUNIT_EXPECT_TRUE(test, x->side.broken);
	listening_close(x);
}

static void small_segments_share_memory(struct kunit *test)
{
	struct samr_connection *x;
	u64 n;

	listening_stream(test, 101, SAMR_SESSION_OPEN);
	x = listening_accept(test);
	for (n = 1; n <= 500; n++)
		listening_segment(test, 101, n, 1, 0);
	KUNIT_EXPECT_EQ(test, x->side.in.bytes, 500U);
	KUNIT_EXPECT_TRUE(test, list_is_singular(&x->side.in.msgs));
	listening_stream(test, 101, SAMR_SESSION_CLOSE);
	listening_close(x);
}

static void input_behind_close_counts_as_read(struct kunit *test)
{
	struct listening *w = test->priv;
	struct samr_connection *x;

	listening_stream(test, 101, SAMR_SESSION_OPEN);
	x = listening_accept(test);
	listening_segment(test, 101, 1, LEN, 0);
	listening_close(x);
	KUNIT_EXPECT_EQ(test, w->told.input, (u64)LEN);
	KUNIT_EXPECT_EQ(test, w->told.end, SAMR_END_CLOSED);
	KUNIT_EXPECT_EQ(test, w->told.output, 1ULL);
	listening_segment(test, 101, 1 + LEN, LEN, 0);
	KUNIT_EXPECT_EQ(test, w->told.input, 2ULL * LEN);
	KUNIT_EXPECT_NOT_NULL(test, samr_connection_find(&w->ls, 101));
	listening_stream(test, 101, SAMR_SESSION_CLOSE);
	KUNIT_EXPECT_NULL(test, samr_connection_find(&w->ls, 101));
	KUNIT_EXPECT_EQ(test, w->told.ends, 1U);
}

/* Whoever reads copies without the lock: what he may be at has to stay. */
static void what_is_copied_out_stays_when_the_member_ends(struct kunit *test)
{
	struct samr_connection *x;
	struct samr_msg *msg;
	LIST_HEAD(free);

	listening_stream(test, 101, SAMR_SESSION_OPEN);
	x = listening_accept(test);
	listening_segment(test, 101, 1, BIG, 0);
	msg = samr_msg_get(list_first_entry(&x->side.in.msgs, struct samr_msg,
					    link));
	KUNIT_EXPECT_EQ(test, refcount_read((refcount_t *)&msg->ref), 2U);
	spin_lock_bh(&x->side.svc->lock);
	samr_connection_fail(x);
	samr_connection_tell(x->side.svc);
	spin_unlock_bh(&x->side.svc->lock);
	KUNIT_EXPECT_EQ(test, refcount_read((refcount_t *)&msg->ref), 2U);
	KUNIT_EXPECT_TRUE(test, x->side.deaf);
	KUNIT_EXPECT_TRUE(test, x->side.broken);
	spin_lock_bh(&x->side.svc->lock);
	KUNIT_EXPECT_EQ(test, samr_input_pass(&x->side.in, BIG, &free), 1U);
	spin_unlock_bh(&x->side.svc->lock);
	samr_log_free(&free);
	KUNIT_EXPECT_EQ(test, x->side.in.bytes, 0U);
	KUNIT_EXPECT_EQ(test, refcount_read((refcount_t *)&msg->ref), 1U);
	samr_msg_put(msg);
	listening_close(x);
}

/* Of two members here the one that did not read goes: what the other has read counts. */
static void nobody_waits_for_a_member_that_ended(struct kunit *test)
{
	struct listening *w = test->priv;
	struct samr_listener *slow;
	struct samr_connection *x, *y;
	LIST_HEAD(free);

	listening_stream(test, 101, SAMR_SESSION_OPEN);
	x = listening_accept(test);
	slow = kunit_kzalloc(test, sizeof(*slow), GFP_KERNEL);
	KUNIT_ASSERT_NOT_NULL(test, slow);
	refcount_set(&slow->ref, 1);
	slow->local = &w->local;
	slow->sockets = 1;
	INIT_LIST_HEAD(&slow->backlog);
	list_add_tail(&slow->link, &w->svc.listeners);
	y = kunit_kzalloc(test, sizeof(*y), GFP_KERNEL);
	KUNIT_ASSERT_NOT_NULL(test, y);
	refcount_set(&y->ref, 3);
	y->listener = slow;
	y->name = 101;
	y->side.svc = &w->svc;
	samr_input_init(&y->side.in);
	INIT_LIST_HEAD(&y->telling);
	hlist_add_head(&y->hash, &slow->conns[101 % SAMR_LISTENER_BUCKETS]);

	listening_segment(test, 101, 1, LEN, 0);
	y->have = LEN;
	listening_read(x, LEN);
	KUNIT_EXPECT_EQ(test, w->told.input, 0ULL);
	spin_lock_bh(&w->svc.lock);
	samr_connection_fail(y);
	samr_connection_tell(&w->svc);
	spin_unlock_bh(&w->svc.lock);
	KUNIT_EXPECT_EQ(test, w->told.input, (u64)LEN);
	list_del_init(&slow->link);
	listening_stream(test, 101, SAMR_SESSION_CLOSE);
	listening_close(x);
}

/* No head that keeps to the window sends so much: the rest stays in the log, which is bounded. */
static void input_is_bounded(struct kunit *test)
{
	struct listening *w = test->priv;
	struct samr_connection *x;
	u64 n;

	listening_stream(test, 101, SAMR_SESSION_OPEN);
	x = listening_accept(test);
	for (n = 0; n * BIG <= 2 * SAMR_STREAM_WINDOW; n++)
		listening_segment(test, 101, 1 + n * BIG, BIG, 0);
	KUNIT_EXPECT_LE(test, x->side.in.bytes, SAMR_STREAM_WINDOW);
	KUNIT_EXPECT_FALSE(test, samr_log_idle(&w->svc.log));
	while (x->have < n * BIG)
		listening_read(x, BIG);
	KUNIT_EXPECT_TRUE(test, samr_log_idle(&w->svc.log));
	listening_stream(test, 101, SAMR_SESSION_CLOSE);
	listening_close(x);
}

/* What clients left behind that came, wrote and went is bounded, however long the backlog. */
static void orphans_are_bounded(struct kunit *test)
{
	const u32 len = SAMR_STREAM_WINDOW - 1, count = 40;
	struct listening *w = test->priv;
	struct samr_connection *x;
	u64 name;
	u32 i;

	w->ls.most = count;
	for (name = 101; name <= 100 + count; name++) {
		listening_stream(test, name, SAMR_SESSION_OPEN);
		listening_segment(test, name, 1, len, 0);
		listening_stream(test, name, SAMR_SESSION_CLOSE);
	}
	KUNIT_EXPECT_LE(test, w->ls.waiting * len, (1U << 20) + len);
	KUNIT_EXPECT_FALSE(test, samr_log_idle(&w->svc.log));
	for (i = 0; i < count; i++) {
		x = listening_accept(test);
		KUNIT_EXPECT_EQ(test, x->side.in.bytes, len);
		KUNIT_EXPECT_LE(test, w->ls.waiting * len, (1U << 20) + len);
		listening_close(x);
	}
	KUNIT_EXPECT_TRUE(test, samr_log_idle(&w->svc.log));
	KUNIT_EXPECT_EQ(test, w->ls.orphaned, 0U);
}

static void what_is_unknown_is_passed(struct kunit *test)
{
	struct listening *w = test->priv;

	listening_segment(test, 99, 1, LEN, 0);
	listening_stream(test, 99, SAMR_SESSION_CLOSE);
	KUNIT_EXPECT_TRUE(test, samr_log_idle(&w->svc.log));
	KUNIT_EXPECT_EQ(test, w->ls.waiting, 0U);
}

static struct kunit_case cases[] = {
	KUNIT_CASE(listener_accepts_in_order),
	KUNIT_CASE(listener_with_a_full_backlog_stands_still),
	KUNIT_CASE(input_is_told_as_it_is_read),
	KUNIT_CASE(the_clients_end_comes_behind_its_bytes),
	KUNIT_CASE(small_segments_share_memory),
	KUNIT_CASE(input_behind_close_counts_as_read),
	KUNIT_CASE(what_is_copied_out_stays_when_the_member_ends),
	KUNIT_CASE(nobody_waits_for_a_member_that_ended),
	KUNIT_CASE(input_is_bounded),
	KUNIT_CASE(orphans_are_bounded),
	KUNIT_CASE(what_is_unknown_is_passed),
	{}
};

static struct kunit_suite suite = {
	.name = "samr_connection",
	.init = listening_init,
	.test_cases = cases,
};
kunit_test_suite(suite);
