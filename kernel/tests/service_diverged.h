/* SPDX-License-Identifier: GPL-2.0 */
/* Part of service_kunit.c: members that reply differently, and what becomes of them. */
#ifndef SAMR_TESTS_SERVICE_DIVERGED_H
#define SAMR_TESTS_SERVICE_DIVERGED_H

/* Head 1, which this is, is in the minority, or is not. */
static void differ(struct kunit *test, u64 wrong)
{
	struct samr_meta meta = {
		.gseq = fake.next++, .origin = 2, .group = SVC,
		.kind = SAMR_KIND_DIGEST,
	};
	struct samr_msg *msg = samr_msg_new(&meta);

	KUNIT_ASSERT_NOT_NULL(test, msg);
	msg->diverged = samr_alloc(sizeof(*msg->diverged) +
				   sizeof(msg->diverged->d[0]));
	KUNIT_ASSERT_NOT_NULL(test, msg->diverged);
	msg->diverged->count = 1;
	msg->diverged->d[0].div = SAMR_DIV_MINORITY;
	msg->diverged->d[0].place = 55;
	msg->diverged->d[0].wrong = wrong;
	hand_over(msg);
}

static struct samr_service_info service_now(struct kunit *test)
{
	struct samr_service_info info;

	KUNIT_ASSERT_EQ(test, samr_service_info(NULL, SVC, &info), 0);
	return info;
}

static void set_policy(struct kunit *test, enum samr_diverged_policy policy)
{
	KUNIT_ASSERT_EQ(test, samr_service_set(NULL, SVC, policy, NULL), 0);
}

/* Members that asked for it read it; listeners are told; nothing else follows. */
static void service_difference_is_reported(struct kunit *test)
{
	struct samr_service_info info;
	struct told t, u;
	struct samr_local *l = joined_member(test, &t);
	struct samr_local *other = joined_member(test, &u);

	samr_local_notify(l, 1 << SAMR_TYPE_DIVERGED);
	differ(test, BIT_ULL(1));
	KUNIT_EXPECT_EQ(test, fake.group_changes, 1);
	info = service_now(test);
	KUNIT_EXPECT_TRUE(test, info.diverged.differ);
	KUNIT_EXPECT_FALSE(test, info.diverged.stopped);
	KUNIT_EXPECT_EQ(test, info.diverged.times, 1);
	KUNIT_EXPECT_EQ(test, info.diverged.last.place, 55);
	takes(test, l, SAMR_KIND_DIGEST, 0);
	KUNIT_EXPECT_EQ(test, PTR_ERR(samr_local_peek(l, NULL)), -EAGAIN);
	KUNIT_EXPECT_EQ(test, PTR_ERR(samr_local_peek(other, NULL)), -EAGAIN);
	gone(other);
	deliver_next(test);
	KUNIT_EXPECT_FALSE(test, service_now(test).diverged.differ);
	KUNIT_EXPECT_EQ(test, service_now(test).diverged.times, 1);
	gone(l);
}

/* By expel only who is wrong goes, and may come back. */
static void service_difference_expels(struct kunit *test)
{
	struct told t;
	struct samr_local *l = joined_member(test, &t);

	set_policy(test, SAMR_DIVERGED_POLICY_EXPEL);
	differ(test, BIT_ULL(2));
	KUNIT_EXPECT_EQ(test, samr_local_err(l), 0);
	differ(test, BIT_ULL(2) | BIT_ULL(1));
	KUNIT_EXPECT_EQ(test, samr_local_err(l), -ECONNABORTED);
	now_sent(test, 2, SAMR_KIND_LEAVE);
	deliver_next(test);
	gone(l);
	gone(joined_member(test, &t));
}

/* By stop all go, and nobody comes before the policy is set. */
static void service_difference_stops(struct kunit *test)
{
	struct samr_local *l, *other;
	struct told t, u;

	set_policy(test, SAMR_DIVERGED_POLICY_STOP);
	l = joined_member(test, &t);
	other = joined_member(test, &u);
	differ(test, BIT_ULL(2));
	KUNIT_EXPECT_EQ(test, samr_local_err(l), -ENOTRECOVERABLE);
	KUNIT_EXPECT_EQ(test, samr_local_err(other), -ENOTRECOVERABLE);
	KUNIT_EXPECT_TRUE(test, service_now(test).diverged.stopped);
	KUNIT_EXPECT_EQ(test, PTR_ERR(samr_local_bind(NULL, &init_net, SVC,
						      &ops, &t)),
			-ENOTRECOVERABLE);
	gone(l);
	gone(other);
	set_policy(test, SAMR_DIVERGED_POLICY_STOP);
	KUNIT_EXPECT_FALSE(test, service_now(test).diverged.stopped);
	gone(bound(test, &t));
}

/* Replies are to be compared unless the policy is off. */
static void service_difference_is_not_looked_for(struct kunit *test)
{
	struct told t;
	struct samr_local *l = joined_member(test, &t);

	KUNIT_EXPECT_TRUE(test, samr_local_compared(l));
	set_policy(test, SAMR_DIVERGED_POLICY_OFF);
	KUNIT_EXPECT_FALSE(test, samr_local_compared(l));
	KUNIT_EXPECT_EQ(test, samr_service_set(NULL, SVC + 1,
					       SAMR_DIVERGED_POLICY_OFF, NULL),
			-ENOENT);
	gone(l);
}

#endif /* SAMR_TESTS_SERVICE_DIVERGED_H */
