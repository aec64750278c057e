// SPDX-License-Identifier: GPL-2.0
/* Who holds what, and what follows from it. */
#include "net.h"
#include "../core/stable.h"

static u64 mute_third(struct net *net, u32 from, u32 to,
		      struct samr_blob *frame)
{
	return from == 2 || to == 2 ? NET_LOST : NET_DELAY;
}

static void stable_safe_needs_all(struct kunit *test)
{
	struct net *net = net_up(test, 3, NULL);
	u32 i;

	net->fate = mute_third;
	KUNIT_EXPECT_EQ(test, net_send(net, 0, NET_GROUP, 10, SAMR_MSG_SAFE), 0);
	net_run(net, 300 * SAMR_MSEC);
	for (i = 0; i < 3; i++)
		KUNIT_EXPECT_EQ(test, net_data(net, i), 0U);
	KUNIT_EXPECT_EQ(test, net->head[1].node->rcv.held,
			net->head[0].node->rcv.last);

	net->fate = NULL;
	net_settle(net);
	net_agreed(net, 1);
}

static void stable_safe_needs_a_quorum(struct kunit *test)
{
	struct samr_node_config cfg = net_config();
	struct net *net;

	cfg.quorum = true;
	net = net_up(test, 3, &cfg);
	net->fate = mute_third;
	net_send(net, 0, NET_GROUP, 10, SAMR_MSG_SAFE);
	net_run(net, 300 * SAMR_MSEC);
	KUNIT_EXPECT_EQ(test, net_data(net, 0), 1U);
	KUNIT_EXPECT_EQ(test, net_data(net, 1), 1U);
	KUNIT_EXPECT_EQ(test, net_data(net, 2), 0U);
	/* History is kept until every member has it, quorum or not. */
	KUNIT_EXPECT_LT(test, net->head[0].node->stab.trimmed,
			net->head[0].node->stab.stable);
	net->fate = NULL;
	net_settle(net);
	net_agreed(net, 1);
}

static void stable_agreed_needs_nobody(struct kunit *test)
{
	struct net *net = net_up(test, 3, NULL);

	net->fate = mute_third;
	net_send(net, 0, NET_GROUP, 10, 0);
	KUNIT_EXPECT_EQ(test, net_data(net, 0), 1U);
	net_run(net, NET_DELAY);
	KUNIT_EXPECT_EQ(test, net_data(net, 1), 1U);
	net->fate = NULL;
	net_settle(net);
}

/* Safe at hop three: submission, order, acks of all to all. */
static void stable_safe_at_hop_three(struct kunit *test)
{
	struct net *net = net_up(test, 3, NULL);
	u64 at;
	u32 i;

	net_run(net, 50 * SAMR_MSEC);
	at = net->now;
	net_send(net, 1, NET_GROUP, 10, SAMR_MSG_SAFE);
	net_run(net, 10 * SAMR_MSEC);
	for (i = 0; i < 3; i++) {
		KUNIT_ASSERT_EQ(test, net_data(net, i), 1U);
		KUNIT_EXPECT_LE(test, net_last(net, i)->at, at + 3 * NET_DELAY);
	}
}

/* Where nothing waits for it, an ack waits for a frame to ride on. */
static void stable_ack_waits(struct kunit *test)
{
	struct net *net = net_up(test, 2, NULL);
	struct samr_node *n = net->head[1].node;
	u64 sent;

	net_run(net, 50 * SAMR_MSEC);
	net_send(net, 0, NET_GROUP, 10, 0);
	sent = n->stats.frames_out;
	net_run(net, 2 * SAMR_MSEC);
	KUNIT_EXPECT_EQ(test, net_data(net, 1), 1U);
	KUNIT_EXPECT_EQ(test, n->stats.frames_out, sent);
	net_run(net, 4 * SAMR_MSEC);
	KUNIT_EXPECT_EQ(test, n->stats.frames_out, sent + 1);
	net_run(net, SAMR_MSEC);
	KUNIT_EXPECT_EQ(test, net->head[0].node->stab.trimmed,
			net->head[0].node->rcv.last);
}

static void stable_trim_returns_bytes(struct kunit *test)
{
	struct net *net = net_up(test, 3, NULL);
	u32 i, k;

	for (k = 0; k < 20; k++)
		net_send(net, k % 3, NET_GROUP, 100 + 200 * k, k % 2);
	net_settle(net);
	net_agreed(net, 20);
	for (i = 0; i < 3; i++) {
		struct samr_node *n = net->head[i].node;

		KUNIT_EXPECT_EQ(test, n->rcv.bytes, 0ULL);
		for (k = 0; k < 3; k++)
			KUNIT_EXPECT_EQ(test, n->origin[k].bytes, 0ULL);
		KUNIT_EXPECT_EQ(test, n->stab.stable, n->rcv.last);
		KUNIT_EXPECT_EQ(test, n->rcv.win.base, n->rcv.last + 1);
	}
}

static void stable_acks_never_go_back(struct kunit *test)
{
	struct net *net = net_up(test, 2, NULL);
	struct samr_node *n = net->head[0].node;
	struct net_craft c;
	u64 stable;

	net_send(net, 0, NET_GROUP, 10, 0);
	net_settle(net);
	stable = n->stab.stable;
	c = net_craft(net, 1);
	c.info.ack = 1;
	net_craft_send(net, &c, 0);
	KUNIT_EXPECT_EQ(test, n->view.ack[1], stable);
	KUNIT_EXPECT_EQ(test, n->stab.stable, stable);
}

/* Nobody can hold what the sequencer has not ordered. */
static void stable_ack_beyond_the_order(struct kunit *test)
{
	struct net *net = net_up(test, 2, NULL);
	struct samr_node *n = net->head[0].node;
	struct net_craft c;

	c = net_craft(net, 1);
	c.info.ack = U64_MAX;
	net_craft_send(net, &c, 0);
	KUNIT_EXPECT_EQ(test, net_drops(net, 0, SAMR_DROP_CONFLICT), 1ULL);
	KUNIT_EXPECT_LE(test, n->view.ack[1], n->rcv.last);
	net_send(net, 0, NET_GROUP, 10, SAMR_MSG_SAFE);
	KUNIT_EXPECT_EQ(test, net_data(net, 0), 0U);
	net_settle(net);
	net_agreed(net, 1);
}

/* Places that nobody has here are many when a head comes late: they are not looked at. */
static void stable_start_far_ahead(struct kunit *test)
{
	struct net *net = net_up(test, 1, NULL);
	struct samr_node *n = net->head[0].node;

	n->stab.stable = 0;
	n->view.base = U64_MAX / 2;
	samr_stable_start(n);
	KUNIT_EXPECT_EQ(test, n->stab.stable, U64_MAX / 2);
}

static struct kunit_case stable_cases[] = {
	KUNIT_CASE(stable_safe_needs_all),
	KUNIT_CASE(stable_safe_needs_a_quorum),
	KUNIT_CASE(stable_agreed_needs_nobody),
	KUNIT_CASE(stable_safe_at_hop_three),
	KUNIT_CASE(stable_ack_waits),
	KUNIT_CASE(stable_trim_returns_bytes),
	KUNIT_CASE(stable_acks_never_go_back),
	KUNIT_CASE(stable_ack_beyond_the_order),
	KUNIT_CASE(stable_start_far_ahead),
	{}
};

static struct kunit_suite stable_suite = {
	.name = "samr_stable",
	.init = net_init,
	.exit = net_exit,
	.test_cases = stable_cases,
};

kunit_test_suite(stable_suite);
