// SPDX-License-Identifier: GPL-2.0
/* What was lost is asked for, and repeated, and not more than that. */
#include "net.h"
#include "../core/repair.h"

static u64 mute_third(struct net *net, u32 from, u32 to,
		      struct samr_blob *frame)
{
	return from == 2 || to == 2 ? NET_LOST : NET_DELAY;
}

/* Three heads, of which the third lacks @count messages of @len bytes. */
static struct net *lacking(struct kunit *test, u32 count, u32 len)
{
	struct net *net = net_up(test, 3, NULL);
	u32 i;

	net_run(net, 50 * SAMR_MSEC);
	net->fate = mute_third;
	for (i = 0; i < count; i++) {
		KUNIT_ASSERT_EQ(test, net_send(net, 0, NET_GROUP, len, 0), 0);
		net_run(net, 10 * SAMR_MSEC);
	}
	net->fate = NULL;
	net_lose_flying(net);
	return net;
}

static void nack_from(struct net *net, u32 from, u32 to, struct samr_nack n)
{
	struct net_craft c = net_craft(net, from);
	struct samr_rec_nack r;

	samr_wire_put_nack(&r, &n);
	net_craft_add(&c, &r, sizeof(r));
	net_craft_send(net, &c, to);
}

static struct samr_nack lost(struct net *net, u64 last)
{
	return (struct samr_nack){
		.first = net->head[2].node->rcv.held + 1,
		.last = last,
	};
}

static void repair_of_a_range(struct kunit *test)
{
	struct net *net = lacking(test, 5, 10);

	nack_from(net, 2, 1, lost(net, U64_MAX));
	/* Any holder answers, with all that it holds of the range. */
	KUNIT_EXPECT_EQ(test, net_count(net, 2, SAMR_REC_ORDER), 5U);
	KUNIT_EXPECT_EQ(test, net_count(net, 0, SAMR_REC_ORDER), 0U);
	KUNIT_EXPECT_EQ(test, net->head[1].node->stats.repairs, 5ULL);
	net_run(net, NET_DELAY);
	net_agreed(net, 5);
}

static void repair_suppressed_while_on_its_way(struct kunit *test)
{
	struct net *net = lacking(test, 3, 10);
	struct samr_node *n = net->head[1].node;

	nack_from(net, 2, 1, lost(net, U64_MAX));
	net_lose_flying(net);
	nack_from(net, 2, 1, lost(net, U64_MAX));
	KUNIT_EXPECT_EQ(test, n->stats.repairs, 3ULL);
	KUNIT_EXPECT_EQ(test, n->stats.suppressed, 3ULL);
	KUNIT_EXPECT_EQ(test, net_count(net, 2, SAMR_REC_ORDER), 0U);
	/* Not for ever: it may have been lost again. */
	net->now += 3 * SAMR_MSEC;
	nack_from(net, 2, 1, lost(net, U64_MAX));
	KUNIT_EXPECT_EQ(test, n->stats.repairs, 6ULL);
	KUNIT_EXPECT_EQ(test, net_count(net, 2, SAMR_REC_ORDER), 3U);
}

static void repair_for_two_goes_to_all(struct kunit *test)
{
	struct net *net = lacking(test, 1, 10);
	struct samr_node *n = net->head[0].node;
	struct samr_nack nack = lost(net, n->rcv.last);

	nack_from(net, 2, 0, nack);
	KUNIT_EXPECT_EQ(test, net_count(net, 1, SAMR_REC_ORDER), 0U);
	net_lose_flying(net);
	nack_from(net, 1, 0, nack);
	KUNIT_EXPECT_EQ(test, net_count(net, 1, SAMR_REC_ORDER), 1U);
	KUNIT_EXPECT_EQ(test, net_count(net, 2, SAMR_REC_ORDER), 1U);
	/* What goes to all goes to whoever asks next, too. */
	nack_from(net, 2, 0, nack);
	KUNIT_EXPECT_EQ(test, net_count(net, 2, SAMR_REC_ORDER), 1U);
	KUNIT_EXPECT_EQ(test, n->stats.suppressed, 1ULL);
}

static void repair_of_some_bytes(struct kunit *test)
{
	struct net *net = lacking(test, 1, 2000);
	struct samr_nack nack = lost(net, net->head[0].node->rcv.last);
	u64 sent;

	nack.off = 500;
	nack.len = 300;
	sent = net->sent;
	nack_from(net, 2, 0, nack);
	KUNIT_EXPECT_EQ(test, net_count(net, 2, SAMR_REC_ORDER), 1U);
	KUNIT_EXPECT_EQ(test, net->sent, sent + 1);
	net_run(net, NET_DELAY);
	KUNIT_ASSERT_NOT_NULL(test, samr_window_at(&net->head[2].node->rcv.win,
						   nack.first)->msg);
	KUNIT_EXPECT_EQ(test, samr_window_at(&net->head[2].node->rcv.win,
					     nack.first)->msg->have, 300U);
	/* Bytes behind the end: nothing but the description. */
	nack.off = 5000;
	net->now += 3 * SAMR_MSEC;
	nack_from(net, 2, 0, nack);
	net_settle(net);
	net_agreed(net, 1);
}

/* One frame cannot make us send without end. */
static void repair_has_a_budget(struct kunit *test)
{
	struct net *net = lacking(test, 120, 370);
	struct net_craft c = net_craft(net, 2);
	struct samr_nack nack = lost(net, U64_MAX);
	struct samr_rec_nack r;
	u32 i;

	samr_wire_put_nack(&r, &nack);
	for (i = 0; i < 1000; i++)
		net_craft_add(&c, &r, sizeof(r));
	net_craft_send(net, &c, 0);
	KUNIT_EXPECT_EQ(test, net->head[0].node->stats.repairs,
			1ULL + SAMR_REPAIR_BYTES / samr_flow_cost(370));
	net_settle(net);
	net_agreed(net, 120);
}

/* Nor can it keep us busy with what is on its way already. */
static void repair_looks_at_so_much(struct kunit *test)
{
	struct net *net = lacking(test, 50, 370);
	struct samr_node *n = net->head[0].node;
	struct samr_nack nack = lost(net, U64_MAX);
	struct samr_rec_nack r;
	struct net_craft c;
	u32 i;

	nack_from(net, 2, 0, nack);
	KUNIT_ASSERT_EQ(test, n->stats.repairs, 50ULL);
	c = net_craft(net, 2);
	samr_wire_put_nack(&r, &nack);
	for (i = 0; i < 1000; i++)
		net_craft_add(&c, &r, sizeof(r));
	net_craft_send(net, &c, 0);
	KUNIT_EXPECT_GE(test, n->stats.suppressed, 50ULL);
	KUNIT_EXPECT_LE(test, n->stats.suppressed, (u64)SAMR_ANSWER_SCAN);
	net_settle(net);
	net_agreed(net, 50);
}

static void repair_of_nothing(struct kunit *test)
{
	struct net *net = lacking(test, 1, 10);
	struct samr_node *n = net->head[0].node;
	u64 sent = net->sent;

	/* Not ordered yet, long forgotten, and of the whole of numbers. */
	nack_from(net, 2, 0, (struct samr_nack){ .first = 100, .last = 200 });
	nack_from(net, 2, 0, (struct samr_nack){ .first = U64_MAX,
						 .last = U64_MAX });
	nack_from(net, 2, 0, (struct samr_nack){ .first = 1, .last = 2 });
	KUNIT_EXPECT_EQ(test, net->sent, sent);
	nack_from(net, 2, 0, (struct samr_nack){ .first = 1, .last = U64_MAX });
	KUNIT_EXPECT_EQ(test, n->stats.repairs, 1ULL);
	KUNIT_EXPECT_EQ(test, n->stats.nacks_in, 4ULL);
}

static void repair_of_submissions_by_their_origin(struct kunit *test)
{
	struct net *net = net_up(test, 3, NULL);
	u64 oseq = net->head[1].node->flow.next;
	struct samr_nack nack = { .origin = 3, .first = oseq, .last = oseq };

	KUNIT_ASSERT_EQ(test, net_send(net, 1, NET_GROUP, 10, 0), 0);
	net_lose_flying(net);
	nack_from(net, 0, 1, nack);
	KUNIT_EXPECT_EQ(test, net_drops(net, 1, SAMR_DROP_ROLE), 1ULL);
	KUNIT_EXPECT_EQ(test, net_count(net, 0, SAMR_REC_SUBMIT), 0U);
	nack.origin = 2;
	nack_from(net, 0, 1, nack);
	KUNIT_EXPECT_EQ(test, net_count(net, 0, SAMR_REC_SUBMIT), 1U);
	net_settle(net);
	net_agreed(net, 1);
}

/* The long message's bytes came from its origin: its place alone is repeated. */
static void repair_by_reference(struct kunit *test)
{
	struct net *net = net_up(test, 3, NULL);
	struct samr_nack nack;

	net->fate = mute_third;
	KUNIT_ASSERT_EQ(test, net_send(net, 0, NET_GROUP, 5000, 0), 0);
	net_run(net, SAMR_MSEC);
	net->fate = NULL;
	net_lose_flying(net);
	nack = lost(net, net->head[0].node->rcv.last);
	nack_from(net, 2, 0, nack);
	KUNIT_EXPECT_EQ(test, net_count(net, 2, SAMR_REC_ORDER), 1U);
	net_run(net, NET_DELAY);
	/* Now it knows which bytes lack, and gets them. */
	net_settle(net);
	net_agreed(net, 1);
}

static u64 lose_repairs(struct net *net, u32 from, u32 to,
			struct samr_blob *frame)
{
	if (to != 2)
		return NET_DELAY;
	/* The sequencer's frames never arrive. */
	return from == 0 ? NET_LOST : NET_DELAY;
}

/* Who is not answered asks another holder. */
static void repair_by_another_holder(struct kunit *test)
{
	struct net *net = lacking(test, 3, 10);
	struct samr_rec_beat r = {
		.rec = {
			.type = SAMR_REC_BEAT,
			.len = cpu_to_be16(sizeof(r)),
		},
	};
	struct net_craft c = net_craft(net, 0);

	net->fate = lose_repairs;
	r.last = cpu_to_be64(net->head[0].node->rcv.last);
	net_craft_add(&c, &r, sizeof(r));
	net_craft_send(net, &c, 2);
	net_run(net, 1000 * SAMR_MSEC);
	net_agreed(net, 3);
	KUNIT_EXPECT_EQ(test, net->head[1].node->stats.repairs, 3ULL);
}

static void repair_asks_less_and_less(struct kunit *test)
{
	struct net *net = lacking(test, 1, 10);
	struct samr_node *n = net->head[2].node;
	struct samr_rec_beat r = {
		.rec = {
			.type = SAMR_REC_BEAT,
			.len = cpu_to_be16(sizeof(r)),
		},
	};
	struct net_craft c = net_craft(net, 0);
	u64 nacks = n->stats.nacks_out;

	net->fate = mute_third;
	r.last = cpu_to_be64(net->head[0].node->rcv.last);
	net_craft_add(&c, &r, sizeof(r));
	net_craft_send(net, &c, 2);
	net_run(net, 2000 * SAMR_MSEC);
	/* 2, 4, ... 200 ms, and then every 200 ms. */
	KUNIT_EXPECT_GT(test, n->stats.nacks_out - nacks, 10ULL);
	KUNIT_EXPECT_LT(test, n->stats.nacks_out - nacks, 20ULL);
	net->fate = NULL;
	net_settle(net);
	net_agreed(net, 1);
}

/* Many gaps are asked for in few records. */
static void repair_asks_in_ranges(struct kunit *test)
{
	struct net *net = lacking(test, 40, 10);
	struct samr_node *n = net->head[2].node;
	struct samr_rec_beat r = {
		.rec = {
			.type = SAMR_REC_BEAT,
			.len = cpu_to_be16(sizeof(r)),
		},
	};
	struct net_craft c = net_craft(net, 0);
	u64 nacks = n->stats.nacks_out;

	r.last = cpu_to_be64(net->head[0].node->rcv.last);
	net_craft_add(&c, &r, sizeof(r));
	net_craft_send(net, &c, 2);
	net_run(net, 2 * SAMR_MSEC);
	KUNIT_EXPECT_EQ(test, n->stats.nacks_out, nacks + 1);
	net_settle(net);
	net_agreed(net, 40);
}

static struct kunit_case repair_cases[] = {
	KUNIT_CASE(repair_of_a_range),
	KUNIT_CASE(repair_suppressed_while_on_its_way),
	KUNIT_CASE(repair_for_two_goes_to_all),
	KUNIT_CASE(repair_of_some_bytes),
	KUNIT_CASE(repair_has_a_budget),
	KUNIT_CASE(repair_looks_at_so_much),
	KUNIT_CASE(repair_of_nothing),
	KUNIT_CASE(repair_of_submissions_by_their_origin),
	KUNIT_CASE(repair_by_reference),
	KUNIT_CASE(repair_by_another_holder),
	KUNIT_CASE(repair_asks_less_and_less),
	KUNIT_CASE(repair_asks_in_ranges),
	{}
};

static struct kunit_suite repair_suite = {
	.name = "samr_repair",
	.init = net_init,
	.exit = net_exit,
	.test_cases = repair_cases,
};

kunit_test_suite(repair_suite);
