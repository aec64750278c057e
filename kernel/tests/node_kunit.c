// SPDX-License-Identifier: GPL-2.0
/* The one door: birth, death, and whole clusters in bad weather. */
#include "net.h"

static void node_config_that_makes_no_sense(struct kunit *test)
{
	struct samr_node_config right = net_config(), c;

	right.self = 1;
	right.inc = 1;
	c = right;
	c.self = 0;
	KUNIT_EXPECT_NULL(test, samr_node_new(&c));
	c = right;
	c.inc = 0;
	KUNIT_EXPECT_NULL(test, samr_node_new(&c));
	c = right;
	c.history = 100;
	KUNIT_EXPECT_NULL(test, samr_node_new(&c));
	c = right;
	c.submits = 48;
	KUNIT_EXPECT_NULL(test, samr_node_new(&c));
	c = right;
	c.submits = SAMR_SUBMIT_RESERVE;
	KUNIT_EXPECT_NULL(test, samr_node_new(&c));
	samr_node_free(NULL, NULL);
}

static void node_new_without_memory(struct kunit *test)
{
	struct samr_node_config c = net_config();
	struct samr_node *n = NULL;
	u32 nth;

	if (!net_fail_sleeping())
		kunit_skip(test, "failslab/ignore-gfp-wait is not N");
	c.self = 1;
	c.inc = 1;
	/* Small tables, that no other kind of memory can stand in for. */
	c.history = 16;
	c.submits = 16;
	for (nth = 1; nth < 200; nth++) {
		net_fail_arm(nth);
		n = samr_node_new(&c);
		if (!net_fail_disarm())
			break;
		samr_node_free(n, NULL);
		n = NULL;
	}
	/* Itself, a table for the order, and one for each member. */
	KUNIT_EXPECT_GT(test, nth, (u32)SAMR_HEADS_MAX + 1);
	KUNIT_EXPECT_NOT_NULL(test, n);
	samr_node_free(n, NULL);
}

static void node_without_a_view_is_silent(struct kunit *test)
{
	struct samr_event ev = { .type = SAMR_EV_TIMER };
	struct samr_node_stats stats;
	struct samr_peer_info peer;
	struct net *net = test->priv;

	net_heads(net, 2, NULL);
	net_run(net, 1000 * SAMR_MSEC);
	net_step(net, 0, &ev);
	net_flush(net, 0);
	net_consumed(net, 0, 1, 1, 1);
	KUNIT_EXPECT_EQ(test, net->sent, 0ULL);
	KUNIT_EXPECT_EQ(test, samr_node_deadline(net->head[0].node), U64_MAX);
	samr_node_stats(net->head[0].node, &stats);
	KUNIT_EXPECT_EQ(test, stats.last, 0ULL);
	KUNIT_EXPECT_FALSE(test, samr_node_peer(net->head[0].node, 2, &peer));
	KUNIT_EXPECT_FALSE(test, samr_node_peer(net->head[0].node, 0, &peer));
	KUNIT_EXPECT_FALSE(test, samr_node_peer(net->head[0].node, U64_MAX,
						&peer));
}

static void node_frames_that_are_none(struct kunit *test)
{
	struct net *net = net_up(test, 2, NULL);
	struct samr_event ev = { .type = SAMR_EV_FRAME };
	struct net_craft c;
	u8 byte = 1;

	ev.frame = samr_blob_new(16);
	KUNIT_ASSERT_NOT_NULL(test, ev.frame);
	net_step(net, 0, &ev);
	samr_blob_put_data(ev.frame, &byte, 1);
	net_step(net, 0, &ev);
	samr_blob_put(ev.frame);
	KUNIT_EXPECT_EQ(test, net_drops(net, 0, SAMR_DROP_SHORT), 2ULL);
	c = net_craft(net, 1);
	c.info.cluster++;
	net_craft_send(net, &c, 0);
	KUNIT_EXPECT_EQ(test, net_drops(net, 0, SAMR_DROP_CLUSTER), 1ULL);
	/* More records announced than there are: the first is believed. */
	c = net_craft(net, 1);
	c.info.records = U16_MAX;
	net_craft_send(net, &c, 0);
	KUNIT_EXPECT_EQ(test, net_drops(net, 0, SAMR_DROP_RECORD), 1ULL);
	c = net_craft(net, 1);
	c.info.len = U16_MAX;
	net_craft_send(net, &c, 0);
	KUNIT_EXPECT_EQ(test, net_drops(net, 0, SAMR_DROP_LENGTH), 1ULL);
}

/* HELLO and the like from a member, at a time when they mean nothing. */
static void node_record_out_of_place(struct kunit *test)
{
	struct net *net = net_up(test, 2, NULL);
	struct {
		struct samr_rec_hello head;
		struct samr_rec_seat seat;
	} hello = {
		.head = {
			.rec = {
				.type = SAMR_REC_HELLO,
				.len = cpu_to_be16(sizeof(hello)),
			},
			.count = cpu_to_be32(1),
			.members = cpu_to_be64(0x6),
		},
		.seat = {
			.inc = cpu_to_be64(1),
			.node = cpu_to_be32(2),
		},
	};
	struct samr_rec_beat beat = {
		.rec = {
			.type = SAMR_REC_BEAT,
			.len = cpu_to_be16(sizeof(beat)),
		},
	};
	struct net_craft c = net_craft(net, 1);

	net_craft_add(&c, &hello, sizeof(hello));
	net_craft_send(net, &c, 0);
	KUNIT_EXPECT_EQ(test, net_drops(net, 0, SAMR_DROP_EPOCH), 1ULL);
	c = net_craft(net, 1);
	c.info.epoch = 0;
	net_craft_add(&c, &beat, sizeof(beat));
	net_craft_send(net, &c, 0);
	KUNIT_EXPECT_EQ(test, net_drops(net, 0, SAMR_DROP_EPOCH), 2ULL);
}

static void node_idle_cluster_beats(struct kunit *test)
{
	struct net *net = net_up(test, 3, NULL);
	u64 sent;

	net_run(net, 100 * SAMR_MSEC);
	sent = net->sent;
	net_run(net, 1000 * SAMR_MSEC);
	/* Each of three heads to two others, every 20 ms. */
	KUNIT_EXPECT_GE(test, net->sent - sent, 290ULL);
	KUNIT_EXPECT_LE(test, net->sent - sent, 306ULL);
}

static void node_messages_of_all_sizes(struct kunit *test)
{
	static const u32 len[] = { 0, 1, 375, 376, 377, 2048, 2049, 30000 };
	struct net *net = net_up(test, 3, NULL);
	u32 i, k, f;

	for (f = 0; f < 2; f++) {
		for (k = 0; k < ARRAY_SIZE(len); k++)
			for (i = 0; i < 3; i++)
				KUNIT_ASSERT_EQ(test, net_send(net, i, NET_GROUP,
							       len[k], k % 2), 0);
		net_settle(net);
		net_agreed(net, (f + 1) * 3 * ARRAY_SIZE(len));
		/* And with larger frames. */
		for (i = 0; i < 3; i++) {
			struct samr_event ev = {
				.type = SAMR_EV_FRAME_MAX,
				.frame_max = 1486,
			};

			net_step(net, i, &ev);
		}
	}
}

/* 20 % lost, others late by up to 2 ms, so out of order; some twice. */
static u64 weather(struct net *net, u32 from, u32 to, struct samr_blob *frame)
{
	if (!net_random(net, 5))
		return NET_LOST;
	return NET_DELAY + net_random(net, 2000) * SAMR_USEC;
}

static void in_bad_weather(struct kunit *test, struct net *net, u32 count)
{
	u32 sent = 0, i;

	net->fate = weather;
	while (sent < count) {
		i = net_random(net, net->heads);
		if (!net_send(net, i, NET_GROUP, net_random(net, 3000),
			      !net_random(net, 3)))
			sent++;
		net_run(net, net_random(net, 2000) * SAMR_USEC);
	}
	net_settle(net);
	net_agreed(net, count);
}

static void node_three_in_bad_weather(struct kunit *test)
{
	in_bad_weather(test, net_up(test, 3, NULL), 200);
}

static void node_five_in_bad_weather(struct kunit *test)
{
	in_bad_weather(test, net_up(test, 5, NULL), 100);
}

/* Windows so small that they are full all the time, and wrap often. */
static void node_small_windows_in_bad_weather(struct kunit *test)
{
	struct samr_node_config cfg = net_config();

	cfg.history = 16;
	cfg.submits = 16;
	cfg.history_bytes = 8192;
	cfg.submit_bytes = 4096;
	in_bad_weather(test, net_up(test, 3, &cfg), 150);
}

static u64 weather_without_third(struct net *net, u32 from, u32 to,
				 struct samr_blob *frame)
{
	return from == 2 || to == 2 ? NET_LOST : NET_DELAY;
}

/* One head is cut off while the others fill their windows, and comes back. */
static void node_cut_off_and_back(struct kunit *test)
{
	struct samr_node_config cfg = net_config();
	u32 round, i, sent = 0, tries;
	struct net *net;

	cfg.history = 32;
	net = net_up(test, 3, &cfg);
	for (round = 0; round < 5; round++) {
		net->fate = weather_without_third;
		for (tries = 0; tries < 60; tries++) {
			for (i = 0; i < 3; i++)
				sent += !net_send(net, i, NET_GROUP, 50, 0);
			net_run(net, 200 * SAMR_USEC);
		}
		net->fate = NULL;
		net_settle(net);
		net_agreed(net, sent);
	}
	KUNIT_EXPECT_GT(test, sent, 5U * 16);
}

/* The n-th allocation of every step fails at one head, for each n. */
static void node_each_allocation_fails(struct kunit *test)
{
	struct net *net = net_up(test, 3, NULL);
	u32 nth, i, k, sent = 0, failed = 0;

	for (nth = 1; nth <= 10; nth++) {
		net->fail_nth = nth;
		net->sick = nth % 3;
		for (k = 0; k < 4; k++) {
			for (i = 0; i < 3; i++)
				sent += !net_send(net, i, NET_GROUP,
						  k * 700, k % 2);
			net_run(net, SAMR_MSEC);
			failed += net->head[net->sick].failed;
		}
		net_run(net, 50 * SAMR_MSEC);
		net->fail_nth = 0;
		net_settle(net);
		net_agreed(net, sent);
	}
	KUNIT_EXPECT_GT(test, sent, 80U);
}

/* Nodes end in the midst of everything; KASAN and kmemleak look on. */
static void node_ends_at_any_time(struct kunit *test)
{
	struct net *net = test->priv;
	u32 round, i;

	for (round = 0; round < 8; round++) {
		net_heads(net, 3, NULL);
		net_view(net);
		for (i = 0; i < 3; i++)
			net_member(net, i, SAMR_KIND_JOIN, NET_GROUP, 1,
				   NET_WINDOW);
		net_settle(net);
		net->fate = weather;
		for (i = 0; i < 3; i++) {
			net_submit(net, i, 100, 0);
			net_send(net, i, NET_GROUP, 20000, SAMR_MSG_SAFE);
			net_submit(net, i, 3000, 0);
		}
		net_run(net, round * 300 * SAMR_USEC);
		net_lose_flying(net);
		for (i = 0; i < 3; i++)
			samr_node_free(net->head[i].node, NULL);
		net->heads = 0;
		net->fate = NULL;
		memset(net->head, 0, sizeof(net->head));
	}
}

static struct kunit_case node_cases[] = {
	KUNIT_CASE(node_config_that_makes_no_sense),
	KUNIT_CASE(node_new_without_memory),
	KUNIT_CASE(node_without_a_view_is_silent),
	KUNIT_CASE(node_frames_that_are_none),
	KUNIT_CASE(node_record_out_of_place),
	KUNIT_CASE(node_idle_cluster_beats),
	KUNIT_CASE(node_messages_of_all_sizes),
	KUNIT_CASE(node_three_in_bad_weather),
	KUNIT_CASE(node_five_in_bad_weather),
	KUNIT_CASE(node_small_windows_in_bad_weather),
	KUNIT_CASE(node_cut_off_and_back),
	KUNIT_CASE(node_each_allocation_fails),
	KUNIT_CASE(node_ends_at_any_time),
	{}
};

static struct kunit_suite node_suite = {
	.name = "samr_node",
	.init = net_init,
	.exit = net_exit,
	.test_cases = node_cases,
};

kunit_test_suite(node_suite);
