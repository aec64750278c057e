// SPDX-License-Identifier: GPL-2.0
/* Who may go on, and what follows for those who hold something. */
#include <kunit/test.h>
#include "../core/policy.h"
#include "../core/wire.h"

static bool legal(enum samr_policy policy, u64 voters, u64 set, u64 fenced)
{
	return samr_policy_verdict(policy, voters, 0, set, fenced) ==
	       SAMR_VERDICT_LEGAL;
}

static void policy_majority(struct kunit *test)
{
	const enum samr_policy m = SAMR_POLICY_MAJORITY;

	KUNIT_EXPECT_TRUE(test, legal(m, 0xe, 0xe, 0));
	KUNIT_EXPECT_TRUE(test, legal(m, 0xe, 0x6, 0));
	/* A minority never, also not by fencing. */
	KUNIT_EXPECT_FALSE(test, legal(m, 0xe, 0x2, 0xc));
	KUNIT_EXPECT_EQ(test, (int)samr_policy_verdict(m, 0xe, 0, 0x2, 0xc),
			(int)SAMR_VERDICT_NEVER);
	/* An exact half once all others are fenced. */
	KUNIT_EXPECT_EQ(test, (int)samr_policy_verdict(m, 0x1e, 0, 0x6, 0x8),
			(int)SAMR_VERDICT_UNFENCED);
	KUNIT_EXPECT_TRUE(test, legal(m, 0x1e, 0x6, 0x18));
	KUNIT_EXPECT_FALSE(test, legal(m, 0x1e, 0, 0x1e));
	/* Nobody counts who is not in the view. */
	KUNIT_EXPECT_FALSE(test, legal(m, 0xe, 0xf2, 0));
}

static void policy_witness(struct kunit *test)
{
	const enum samr_policy m = SAMR_POLICY_MAJORITY;

	KUNIT_EXPECT_EQ(test, (int)samr_policy_verdict(m, 0x6, 0x100, 0x102, 0),
			(int)SAMR_VERDICT_LEGAL);
	KUNIT_EXPECT_EQ(test, (int)samr_policy_verdict(m, 0x6, 0x100, 0x2, 0x4),
			(int)SAMR_VERDICT_NEVER);
	/* The witness alone holds nothing. */
	KUNIT_EXPECT_EQ(test, (int)samr_policy_verdict(m, 0x6, 0x100, 0x100, 0x6),
			(int)SAMR_VERDICT_NEVER);
	KUNIT_EXPECT_EQ(test, (int)samr_policy_verdict(m, 0xe, 0x100, 0x6, 0),
			(int)SAMR_VERDICT_LEGAL);
}

static void policy_fence(struct kunit *test)
{
	const enum samr_policy f = SAMR_POLICY_FENCE;

	KUNIT_EXPECT_TRUE(test, legal(f, 0xe, 0xe, 0));
	KUNIT_EXPECT_FALSE(test, legal(f, 0xe, 0x6, 0));
	KUNIT_EXPECT_TRUE(test, legal(f, 0xe, 0x6, 0x8));
	KUNIT_EXPECT_FALSE(test, legal(f, 0xe, 0x2, 0x8));
	KUNIT_EXPECT_TRUE(test, legal(f, 0xe, 0x2, 0xc));
	KUNIT_EXPECT_FALSE(test, legal(f, 0xe, 0, 0xe));
}

/* Any set that may go on has a holder in it; one holder fewer would not do. */
static void policy_holders(struct kunit *test)
{
	u32 n, least;

	for (n = 1; n <= SAMR_HEADS_MAX; n++) {
		least = (n + 1) / 2;
		KUNIT_EXPECT_EQ(test, samr_policy_holders(SAMR_POLICY_MAJORITY,
							  true, n) + least,
				n + 1);
		KUNIT_EXPECT_EQ(test, samr_policy_holders(SAMR_POLICY_MAJORITY,
							  false, n), n);
		KUNIT_EXPECT_EQ(test, samr_policy_holders(SAMR_POLICY_FENCE,
							  true, n), n);
	}
}

static struct kunit_case policy_cases[] = {
	KUNIT_CASE(policy_majority),
	KUNIT_CASE(policy_witness),
	KUNIT_CASE(policy_fence),
	KUNIT_CASE(policy_holders),
	{}
};

static struct kunit_suite policy_suite = {
	.name = "samr_policy",
	.test_cases = policy_cases,
};

kunit_test_suite(policy_suite);
