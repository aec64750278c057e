// SPDX-License-Identifier: GPL-2.0
/* The steps of time that own messages are counted in. */
#include <kunit/test.h>
#include "../core/latency.h"

/* Where a step begins, as it is documented for those who read the counts. */
static u64 begin(u32 i)
{
	return i ? (u64)(4 + (i - 1) % 4) << (6 + (i - 1) / 4) : 0;
}

static void latency_steps_meet(struct kunit *test)
{
	u32 i;

	for (i = 1; i < SAMR_LATENCY_STEPS; i++) {
		KUNIT_EXPECT_EQ(test, samr_latency_step(begin(i)), i);
		KUNIT_EXPECT_EQ(test, samr_latency_step(begin(i) - 1), i - 1);
	}
}

static void latency_first_and_last_have_no_end(struct kunit *test)
{
	KUNIT_EXPECT_EQ(test, samr_latency_step(0), 0);
	KUNIT_EXPECT_EQ(test, samr_latency_step(SAMR_LATENCY_BASE - 1), 0);
	KUNIT_EXPECT_EQ(test, samr_latency_step(U64_MAX),
			SAMR_LATENCY_STEPS - 1);
}

static void latency_counts_and_sums(struct kunit *test)
{
	struct samr_latency *l = kunit_kzalloc(test, sizeof(*l), GFP_KERNEL);
	u32 i;
	u64 all = 0;

	KUNIT_ASSERT_NOT_NULL(test, l);
	samr_latency_add(l, 100);
	samr_latency_add(l, 1000);
	samr_latency_add(l, 1001);
	KUNIT_EXPECT_EQ(test, l->sum, 2101);
	KUNIT_EXPECT_EQ(test, l->count[0], 1);
	KUNIT_EXPECT_EQ(test, l->count[samr_latency_step(1000)], 2);
	for (i = 0; i < SAMR_LATENCY_STEPS; i++)
		all += l->count[i];
	KUNIT_EXPECT_EQ(test, all, 3);
}

static struct kunit_case latency_cases[] = {
	KUNIT_CASE(latency_steps_meet),
	KUNIT_CASE(latency_first_and_last_have_no_end),
	KUNIT_CASE(latency_counts_and_sums),
	{}
};

static struct kunit_suite latency_suite = {
	.name = "samr_latency",
	.test_cases = latency_cases,
};

kunit_test_suite(latency_suite);
