// SPDX-License-Identifier: GPL-2.0
/* Windows of numbered messages, and their numbers. */
#include "net.h"
#include "../core/seqno.h"

#define SIZE	8

/* A message of which the test keeps a reference, too. */
static struct samr_msg *kept(struct kunit *test, struct samr_slot *slot, u64 s)
{
	struct samr_meta m = { .origin = 1, .inc = 1, .oseq = s, .group = 1 };
	struct samr_msg *msg = samr_msg_new(&m);

	KUNIT_ASSERT_NOT_NULL(test, msg);
	KUNIT_ASSERT_NOT_NULL(test, slot);
	slot->msg = samr_msg_get(msg);
	return msg;
}

static void window_seqno_in_edges(struct kunit *test)
{
	KUNIT_EXPECT_TRUE(test, samr_seqno_in(5, 5, 1));
	KUNIT_EXPECT_FALSE(test, samr_seqno_in(4, 5, 1));
	KUNIT_EXPECT_FALSE(test, samr_seqno_in(6, 5, 1));
	KUNIT_EXPECT_TRUE(test, samr_seqno_in(U64_MAX, U64_MAX, 8));
	KUNIT_EXPECT_TRUE(test, samr_seqno_in(U64_MAX, U64_MAX - 7, 8));
	KUNIT_EXPECT_FALSE(test, samr_seqno_in(U64_MAX, U64_MAX - 8, 8));
	/* Where base + size wraps, small numbers are still outside. */
	KUNIT_EXPECT_FALSE(test, samr_seqno_in(0, U64_MAX - 2, 8));
	KUNIT_EXPECT_FALSE(test, samr_seqno_in(3, U64_MAX - 2, 8));
}

static void window_seqno_last_saturates(struct kunit *test)
{
	KUNIT_EXPECT_EQ(test, samr_seqno_last(1, 8), 8ULL);
	KUNIT_EXPECT_EQ(test, samr_seqno_last(U64_MAX - 8, 8), U64_MAX - 1);
	KUNIT_EXPECT_EQ(test, samr_seqno_last(U64_MAX - 7, 8), U64_MAX);
	KUNIT_EXPECT_EQ(test, samr_seqno_last(U64_MAX, 8), U64_MAX);
}

static void window_init_refuses_odd_sizes(struct kunit *test)
{
	static const u32 odd[] = { 0, 3, 12, U32_MAX };
	struct samr_window w;
	u32 i;

	for (i = 0; i < ARRAY_SIZE(odd); i++) {
		KUNIT_EXPECT_EQ(test, samr_window_init(&w, odd[i]), -EINVAL);
		samr_window_fini(&w);
	}
}

static void window_init_without_memory(struct kunit *test)
{
	struct samr_window w;
	int err;

	if (!net_fail_sleeping())
		kunit_skip(test, "failslab/ignore-gfp-wait is not N");
	net_fail_arm(1);
	err = samr_window_init(&w, SIZE);
	KUNIT_EXPECT_TRUE(test, net_fail_disarm());

	KUNIT_EXPECT_EQ(test, err, -ENOMEM);
	samr_window_fini(&w);
}

static void window_at_edges(struct kunit *test)
{
	struct samr_window w;

	KUNIT_ASSERT_EQ(test, samr_window_init(&w, SIZE), 0);

	KUNIT_EXPECT_NULL(test, samr_window_at(&w, 0));
	KUNIT_EXPECT_NOT_NULL(test, samr_window_at(&w, 1));
	KUNIT_EXPECT_NOT_NULL(test, samr_window_at(&w, SIZE));
	KUNIT_EXPECT_NULL(test, samr_window_at(&w, SIZE + 1));
	KUNIT_EXPECT_NULL(test, samr_window_at(&w, U64_MAX));
	KUNIT_EXPECT_PTR_NE(test, samr_window_at(&w, 1),
			    samr_window_at(&w, SIZE));
	samr_window_fini(&w);
}

static void window_push_when_full(struct kunit *test)
{
	struct samr_msg *msg[SIZE];
	struct samr_window w;
	u64 s;

	KUNIT_ASSERT_EQ(test, samr_window_init(&w, SIZE), 0);
	for (s = 1; s <= SIZE; s++)
		msg[s - 1] = kept(test, samr_window_at(&w, s), s);

	/* The next number has no slot, though the ring has one at its place. */
	KUNIT_EXPECT_NULL(test, samr_window_at(&w, SIZE + 1));
	samr_window_advance(&w, 2);
	KUNIT_ASSERT_NOT_NULL(test, samr_window_at(&w, SIZE + 1));
	KUNIT_EXPECT_NULL(test, samr_window_at(&w, SIZE + 1)->msg);
	KUNIT_EXPECT_EQ(test, msg[0]->ref.refs, 1);
	for (s = 2; s <= SIZE; s++) {
		KUNIT_EXPECT_PTR_EQ(test, samr_window_at(&w, s)->msg,
				    msg[s - 1]);
		KUNIT_EXPECT_EQ(test, msg[s - 1]->ref.refs, 2);
	}
	samr_window_fini(&w);
	for (s = 1; s <= SIZE; s++) {
		KUNIT_EXPECT_EQ(test, msg[s - 1]->ref.refs, 1);
		samr_msg_put(msg[s - 1]);
	}
}

static void window_advance_clears_the_slot(struct kunit *test)
{
	struct samr_slot *slot;
	struct samr_window w;

	KUNIT_ASSERT_EQ(test, samr_window_init(&w, SIZE), 0);
	slot = samr_window_at(&w, 1);
	slot->ask_at = 1;
	slot->sent_at = 2;
	slot->repair_at = 3;
	slot->asks = 4;

	samr_window_advance(&w, 2);

	slot = samr_window_at(&w, SIZE + 1);
	KUNIT_ASSERT_NOT_NULL(test, slot);
	KUNIT_EXPECT_EQ(test, slot->ask_at, 0ULL);
	KUNIT_EXPECT_EQ(test, slot->sent_at, 0ULL);
	KUNIT_EXPECT_EQ(test, slot->repair_at, 0ULL);
	KUNIT_EXPECT_EQ(test, slot->asks, 0);
	samr_window_fini(&w);
}

static void window_advance_beyond_all(struct kunit *test)
{
	struct samr_msg *first, *last;
	struct samr_window w;
	u64 s;

	KUNIT_ASSERT_EQ(test, samr_window_init(&w, SIZE), 0);
	first = kept(test, samr_window_at(&w, 1), 1);
	last = kept(test, samr_window_at(&w, SIZE), SIZE);

	samr_window_advance(&w, 1000);

	KUNIT_EXPECT_EQ(test, first->ref.refs, 1);
	KUNIT_EXPECT_EQ(test, last->ref.refs, 1);
	KUNIT_EXPECT_NULL(test, samr_window_at(&w, 999));
	for (s = 1000; s < 1000 + SIZE; s++) {
		KUNIT_ASSERT_NOT_NULL(test, samr_window_at(&w, s));
		KUNIT_EXPECT_NULL(test, samr_window_at(&w, s)->msg);
	}
	samr_msg_put(first);
	samr_msg_put(last);
	samr_window_fini(&w);
}

static void window_never_moves_back(struct kunit *test)
{
	struct samr_window w;
	struct samr_msg *msg;

	KUNIT_ASSERT_EQ(test, samr_window_init(&w, SIZE), 0);
	samr_window_advance(&w, 50);
	msg = kept(test, samr_window_at(&w, 50), 50);

	samr_window_advance(&w, 50);
	samr_window_advance(&w, 49);
	samr_window_advance(&w, 0);

	KUNIT_EXPECT_EQ(test, w.base, 50ULL);
	KUNIT_EXPECT_PTR_EQ(test, samr_window_at(&w, 50)->msg, msg);
	samr_msg_put(msg);
	samr_window_fini(&w);
}

static void window_ring_wraps_often(struct kunit *test)
{
	struct samr_window w;
	struct samr_msg *msg;
	u64 s;

	KUNIT_ASSERT_EQ(test, samr_window_init(&w, SIZE), 0);
	for (s = 1; s <= 10 * SIZE + 3; s++) {
		KUNIT_ASSERT_NOT_NULL(test, samr_window_at(&w, s));
		KUNIT_ASSERT_PTR_EQ(test, samr_window_at(&w, s)->msg, NULL);
		msg = kept(test, samr_window_at(&w, s), s);
		samr_msg_put(msg);
		/* Full but for one slot all the time. */
		if (s >= SIZE - 1)
			samr_window_advance(&w, s - SIZE + 3);
		KUNIT_EXPECT_EQ(test, samr_window_at(&w, w.base)->msg->meta.oseq,
				w.base);
	}
	samr_window_fini(&w);
}

static void window_of_one(struct kunit *test)
{
	struct samr_window w;

	KUNIT_ASSERT_EQ(test, samr_window_init(&w, 1), 0);
	samr_msg_put(kept(test, samr_window_at(&w, 1), 1));
	KUNIT_EXPECT_NULL(test, samr_window_at(&w, 2));
	samr_window_advance(&w, 2);
	KUNIT_EXPECT_NULL(test, samr_window_at(&w, 1));
	KUNIT_ASSERT_NOT_NULL(test, samr_window_at(&w, 2));
	KUNIT_EXPECT_NULL(test, samr_window_at(&w, 2)->msg);
	samr_window_fini(&w);
}

static struct kunit_case window_cases[] = {
	KUNIT_CASE(window_seqno_in_edges),
	KUNIT_CASE(window_seqno_last_saturates),
	KUNIT_CASE(window_init_refuses_odd_sizes),
	KUNIT_CASE(window_init_without_memory),
	KUNIT_CASE(window_at_edges),
	KUNIT_CASE(window_push_when_full),
	KUNIT_CASE(window_advance_clears_the_slot),
	KUNIT_CASE(window_advance_beyond_all),
	KUNIT_CASE(window_never_moves_back),
	KUNIT_CASE(window_ring_wraps_often),
	KUNIT_CASE(window_of_one),
	{}
};

static struct kunit_suite window_suite = {
	.name = "samr_window",
	.test_cases = window_cases,
};

kunit_test_suite(window_suite);
