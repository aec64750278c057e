// SPDX-License-Identifier: GPL-2.0
/* The registry of transports. */
#include "hub.h"

static int no_open(struct samr_link *link, struct netlink_ext_ack *extack)
{
	return -EOPNOTSUPP;
}

static void no_close(struct samr_link *link)
{
}

static int no_send(struct samr_link *link, struct sk_buff *skb,
		   enum samr_cast cast, const struct samr_addr *to)
{
	kfree_skb(skb);
	return -EOPNOTSUPP;
}

static u32 no_frame_max(const struct samr_link *link)
{
	return 0;
}

#define TRANSPORT(n) (struct samr_transport){	\
	.name = n,				\
	.frame_limit = 1500,			\
	.open = no_open,			\
	.close = no_close,			\
	.send = no_send,			\
	.frame_max = no_frame_max,		\
}

static void transport_is_found_by_its_name(struct kunit *test)
{
	struct samr_transport t = TRANSPORT("kunit-a");
	struct samr_transport *got;

	KUNIT_ASSERT_EQ(test, samr_transport_register(&t), 0);
	got = samr_transport_get("kunit-a");
	KUNIT_EXPECT_PTR_EQ(test, got, &t);
	if (got)
		samr_transport_put(got);
	samr_transport_unregister(&t);
	KUNIT_EXPECT_NULL(test, samr_transport_get("kunit-a"));
}

static void transport_names_are_unique(struct kunit *test)
{
	struct samr_transport a = TRANSPORT("kunit-a"), b = TRANSPORT("kunit-a");
	struct samr_transport eth = TRANSPORT("eth");

	KUNIT_ASSERT_EQ(test, samr_transport_register(&a), 0);
	KUNIT_EXPECT_EQ(test, samr_transport_register(&b), -EEXIST);
	KUNIT_EXPECT_EQ(test, samr_transport_register(&eth), -EEXIST);
	samr_transport_unregister(&a);
}

static void transport_must_be_whole(struct kunit *test)
{
	struct samr_transport t;

	t = TRANSPORT("");
	KUNIT_EXPECT_EQ(test, samr_transport_register(&t), -EINVAL);
	t = TRANSPORT("sixteen-letters-");
	KUNIT_EXPECT_EQ(test, samr_transport_register(&t), -EINVAL);
	t = TRANSPORT("a/b");
	KUNIT_EXPECT_EQ(test, samr_transport_register(&t), -EINVAL);
	t = TRANSPORT("kunit-a");
	t.send = NULL;
	KUNIT_EXPECT_EQ(test, samr_transport_register(&t), -EINVAL);
	t = TRANSPORT("kunit-a");
	t.addr_len = 6;		/* and nothing that knows addresses */
	KUNIT_EXPECT_EQ(test, samr_transport_register(&t), -EINVAL);
	t = TRANSPORT("kunit-a");
	t.addr_len = SAMR_ADDR_MAX;
	KUNIT_EXPECT_EQ(test, samr_transport_register(&t), -EINVAL);
}

static void transport_unknown_ones_are_not_found(struct kunit *test)
{
	KUNIT_EXPECT_NULL(test, samr_transport_get("kunit-none"));
	KUNIT_EXPECT_NULL(test, samr_transport_get(""));
	KUNIT_EXPECT_NULL(test, samr_transport_get("../eth"));
}

static struct kunit_case transport_cases[] = {
	KUNIT_CASE(transport_is_found_by_its_name),
	KUNIT_CASE(transport_names_are_unique),
	KUNIT_CASE(transport_must_be_whole),
	KUNIT_CASE(transport_unknown_ones_are_not_found),
	{ }
};

static struct kunit_suite transport_suite = {
	.name = "samr_transport",
	.test_cases = transport_cases,
};
kunit_test_suite(transport_suite);
