// SPDX-License-Identifier: GPL-2.0
/* The witness, and hints that somebody may not be heard: two heads, and a third. */
#include "net.h"

#define WITNESS	BIT_ULL(3)
#define ALL	(BIT_ULL(1) | BIT_ULL(2) | BIT_ULL(3))
#define DEAD	(100 * SAMR_MSEC)

/* Heads whose bit is set in net->counter (by index) are not heard by others. */
static u64 cut(struct net *net, u32 from, u32 to, struct samr_blob *frame)
{
	return net->counter & (BIT(from) | BIT(to)) ? NET_LOST : NET_DELAY;
}

static int want(struct net *net, u32 i, u64 members, u64 witness)
{
	struct samr_event ev = {
		.type = SAMR_EV_MEMBERS, .members = members, .witness = witness,
	};
	int err = net_step(net, i, &ev);

	net_flush(net, i);
	return err;
}

static struct samr_view_info view_of(struct net *net, u32 i)
{
	struct samr_view_info v;

	samr_node_view(net->head[i].node, &v);
	return v;
}

static struct net *up(struct kunit *test, u64 witness)
{
	struct samr_node_config cfg = net_config();
	struct net *net = test->priv;
	u32 i;

	cfg.dead = DEAD;
	net_heads(net, 3, &cfg);
	net->fate = cut;
	for (i = 0; i < 3; i++)
		KUNIT_ASSERT_EQ(test, want(net, i, ALL, witness), 0);
	net_run(net, 50 * SAMR_MSEC);
	for (i = 0; i < 3; i++)
		KUNIT_ASSERT_EQ(test, view_of(net, i).epoch, 1ULL);
	return net;
}

static void witness_has_a_seat_and_no_data(struct kunit *test)
{
	struct net *net = up(test, WITNESS);
	struct samr_view_info v = view_of(net, 0);

	KUNIT_EXPECT_EQ(test, (u32)v.policy, (u32)SAMR_POLICY_MAJORITY);
	KUNIT_EXPECT_EQ(test, v.holders, 2U);
	KUNIT_EXPECT_EQ(test, v.sequencer, 1ULL);
	KUNIT_EXPECT_EQ(test, v.flags[2], (u32)SAMR_SEAT_WITNESS);
	KUNIT_EXPECT_EQ(test, net_member(net, 2, SAMR_KIND_JOIN, NET_GROUP, 1,
					 NET_WINDOW), -EOPNOTSUPP);
	KUNIT_EXPECT_EQ(test, net_member(net, 0, SAMR_KIND_JOIN, NET_GROUP, 1,
					 NET_WINDOW), 0);
	net_run(net, 50 * SAMR_MSEC);
	KUNIT_EXPECT_EQ(test, net->head[1].node->rcv.held, 1ULL);
	KUNIT_EXPECT_EQ(test, net->head[1].node->stab.trimmed, 1ULL);
	KUNIT_EXPECT_EQ(test, net->head[2].node->rcv.held, 0ULL);
	KUNIT_EXPECT_EQ(test, net->head[2].logged, 0U);
}

static void witness_that_makes_no_sense(struct kunit *test)
{
	struct samr_node_config cfg = net_config();
	struct net *net = test->priv;

	cfg.policy = SAMR_POLICY_FENCE;
	net_heads(net, 1, &cfg);
	KUNIT_EXPECT_EQ(test, want(net, 0, ALL, WITNESS), -EINVAL);
	net_exit(test);
	net_init(test);
	net = test->priv;
	net_heads(net, 1, NULL);
	KUNIT_EXPECT_EQ(test, want(net, 0, ALL, BIT_ULL(4)), -EINVAL);
	KUNIT_EXPECT_EQ(test, want(net, 0, ALL, BIT_ULL(2) | WITNESS), -EINVAL);
	KUNIT_EXPECT_EQ(test, want(net, 0, BIT_ULL(1), BIT_ULL(1)), -EINVAL);
	KUNIT_EXPECT_EQ(test, want(net, 0, ALL, WITNESS), 0);
	/* There is no view yet: another one can be named. */
	KUNIT_EXPECT_EQ(test, want(net, 0, ALL, BIT_ULL(2)), 0);
	KUNIT_EXPECT_EQ(test, want(net, 0, ALL, WITNESS), 0);
}

/* Who names another witness is not one of those that are waited for. */
static void witness_needs_the_same_wish(struct kunit *test)
{
	struct net *net = test->priv;

	net_heads(net, 3, NULL);
	want(net, 0, ALL, WITNESS);
	want(net, 1, ALL, 0);
	want(net, 2, ALL, WITNESS);
	net_run(net, 300 * SAMR_MSEC);
	KUNIT_EXPECT_EQ(test, view_of(net, 0).epoch, 0ULL);
	KUNIT_EXPECT_EQ(test, view_of(net, 0).heard, BIT_ULL(1) | WITNESS);
}

static void witness_and_a_half_go_on(struct kunit *test)
{
	struct net *net = up(test, WITNESS);
	struct samr_view_info v;

	net->counter = BIT(0);
	net_run(net, 200 * SAMR_MSEC);
	v = view_of(net, 1);
	KUNIT_EXPECT_EQ(test, v.epoch, 2ULL);
	KUNIT_EXPECT_EQ(test, v.count, 2U);
	KUNIT_EXPECT_EQ(test, v.sequencer, 2ULL);
	KUNIT_EXPECT_EQ(test, v.wedged, 0ULL);
	KUNIT_EXPECT_EQ(test, view_of(net, 2).epoch, 2ULL);
	v = view_of(net, 0);
	KUNIT_EXPECT_EQ(test, v.epoch, 1ULL);
	KUNIT_EXPECT_NE(test, v.wedged, 0ULL);
	net->counter = 0;
	net_run(net, 50 * SAMR_MSEC);
	KUNIT_EXPECT_EQ(test, (u32)samr_node_out(net->head[0].node),
			(u32)SAMR_OUT_EXPELLED);
}

static void witness_dies_and_heads_go_on(struct kunit *test)
{
	struct net *net = up(test, WITNESS);
	struct samr_view_info v;

	net->counter = BIT(2);
	net_run(net, 200 * SAMR_MSEC);
	v = view_of(net, 0);
	KUNIT_EXPECT_EQ(test, v.epoch, 2ULL);
	KUNIT_EXPECT_EQ(test, v.count, 2U);
	KUNIT_EXPECT_EQ(test, v.wedged, 0ULL);
	KUNIT_EXPECT_EQ(test, view_of(net, 1).epoch, 2ULL);
}

static void witness_dies_with_a_head(struct kunit *test)
{
	struct net *net = up(test, WITNESS);
	struct samr_fence f;
	u32 i;

	net->counter = BIT(0) | BIT(2);
	net_run(net, 3000 * SAMR_MSEC);
	KUNIT_EXPECT_EQ(test, view_of(net, 1).epoch, 1ULL);
	KUNIT_EXPECT_NE(test, view_of(net, 1).wedged, 0ULL);
	/* No fence would help, so none is asked for. */
	for (i = 0; i < SAMR_FENCES; i++)
		KUNIT_EXPECT_FALSE(test, samr_node_fence(net->head[1].node, i,
							 &f) &&
					 f.why != SAMR_FENCE_NONE);
	net->counter = 0;
	net_run(net, 300 * SAMR_MSEC);
	/* The witness is enough: whether the other is heard in time is chance. */
	KUNIT_EXPECT_EQ(test, view_of(net, 1).wedged, 0ULL);
	KUNIT_EXPECT_GE(test, view_of(net, 1).count, 2U);
	KUNIT_EXPECT_GT(test, view_of(net, 1).epoch, 1ULL);
}

static void hint(struct net *net, u32 i, u64 lost)
{
	struct samr_event ev = { .type = SAMR_EV_HINT, .lost = lost };

	KUNIT_EXPECT_EQ(net->test, net_step(net, i, &ev), 0);
	net_flush(net, i);
}

/* Half of `dead` is enough when the carrier is lost. */
static void hint_is_no_proof_but_helps(struct kunit *test)
{
	struct net *net = up(test, 0);

	net->counter = BIT(2);
	hint(net, 0, BIT_ULL(3));
	net_run(net, DEAD / 2);
	KUNIT_EXPECT_EQ(test, view_of(net, 0).epoch, 2ULL);
	KUNIT_EXPECT_EQ(test, view_of(net, 0).count, 2U);
	KUNIT_EXPECT_EQ(test, view_of(net, 0).wedged, 0ULL);
}

static void hint_that_is_wrong_costs_nobody_his_seat(struct kunit *test)
{
	struct net *net = up(test, 0);

	hint(net, 0, BIT_ULL(2) | BIT_ULL(3));
	net_run(net, DEAD / 2);
	KUNIT_EXPECT_EQ(test, view_of(net, 0).epoch, 2ULL);
	KUNIT_EXPECT_EQ(test, view_of(net, 0).count, 3U);
	/* One that flaps is not believed again so soon. */
	hint(net, 0, BIT_ULL(2) | BIT_ULL(3));
	net_run(net, DEAD / 2);
	KUNIT_EXPECT_EQ(test, view_of(net, 0).epoch, 2ULL);
}

static void hint_of_a_farewell(struct kunit *test)
{
	struct samr_event ev = { .type = SAMR_EV_FAREWELL, .quit = true };
	struct net *net = up(test, 0);

	net_step(net, 0, &ev);
	net_flush(net, 0);
	KUNIT_EXPECT_EQ(test, (u32)samr_node_out(net->head[0].node),
			(u32)SAMR_OUT_RETIRED);
	net_run(net, DEAD / 10);
	KUNIT_EXPECT_EQ(test, view_of(net, 1).epoch, 2ULL);
	KUNIT_EXPECT_EQ(test, view_of(net, 1).count, 2U);
	KUNIT_EXPECT_EQ(test, view_of(net, 1).sequencer, 2ULL);
}

static struct kunit_case witness_cases[] = {
	KUNIT_CASE(witness_has_a_seat_and_no_data),
	KUNIT_CASE(witness_that_makes_no_sense),
	KUNIT_CASE(witness_needs_the_same_wish),
	KUNIT_CASE(witness_and_a_half_go_on),
	KUNIT_CASE(witness_dies_and_heads_go_on),
	KUNIT_CASE(witness_dies_with_a_head),
	KUNIT_CASE(hint_is_no_proof_but_helps),
	KUNIT_CASE(hint_that_is_wrong_costs_nobody_his_seat),
	KUNIT_CASE(hint_of_a_farewell),
	{}
};

static struct kunit_suite witness_suite = {
	.name = "samr_witness",
	.init = net_init,
	.exit = net_exit,
	.test_cases = witness_cases,
};

kunit_test_suite(witness_suite);
