// SPDX-License-Identifier: GPL-2.0
/* The order as it is held: gaps, contradictions, delivery along it. */
#include "net.h"
#include "../core/receiver.h"

#define NUMBER	5

/* What head 0, the sequencer, would order next as head @origin's message. */
static struct samr_meta next_meta(struct net *net, u32 origin, u32 len)
{
	struct samr_node *n = net->head[0].node;

	return (struct samr_meta){
		.gseq = n->rcv.last + 1,
		.origin = net->head[origin].id,
		.inc = net->head[origin].node->cfg.inc,
		.oseq = net->head[1].node->origin[origin].win.base,
		.time = n->time + 1000,
		.arg = NUMBER,
		.group = NET_GROUP,
		.port = 1,
		.len = len,
	};
}

static void order_from(struct net *net, u32 from, u32 to, struct samr_meta m,
		       u8 flags, u32 off, u32 len)
{
	struct net_craft c = net_craft(net, from);
	struct samr_rec_order r;

	samr_wire_put_order(&r, &m, flags, off, len);
	net_craft_add(&c, &r, sizeof(r));
	net_craft_fill(&c, NUMBER, off, len);
	net_craft_send(net, &c, to);
}

static void submit_all(struct net *net, u32 from, u32 to, struct samr_meta m,
		       u32 off, u32 len)
{
	struct net_craft c = net_craft(net, from);
	struct samr_rec_submit r;

	samr_wire_put_submit(&r, &m, SAMR_REC_F_ALL, off, len);
	net_craft_add(&c, &r, sizeof(r));
	net_craft_fill(&c, NUMBER, off, len);
	net_craft_send(net, &c, to);
}

static void receiver_delivers_what_is_next(struct kunit *test)
{
	struct net *net = net_up(test, 3, NULL);

	order_from(net, 0, 1, next_meta(net, 2, 100), 0, 0, 100);
	KUNIT_EXPECT_EQ(test, net_data(net, 1), 1U);
	/* The same again is a duplicate. */
	order_from(net, 0, 1, (struct samr_meta){
			.gseq = net_last(net, 1)->meta.gseq, .origin = 3,
			.inc = net->head[2].node->cfg.inc, .oseq = 2,
			.time = 1, .group = 7 }, 0, 0, 0);
	KUNIT_EXPECT_EQ(test, net_drops(net, 1, SAMR_DROP_DUPLICATE), 1ULL);
	KUNIT_EXPECT_EQ(test, net_data(net, 1), 1U);
}

static void receiver_waits_for_the_gap(struct kunit *test)
{
	struct net *net = net_up(test, 3, NULL);
	struct samr_node *n = net->head[1].node;
	struct samr_meta a = next_meta(net, 2, 100), b = a;
	u64 nacks = n->stats.nacks_out;

	b.gseq++;
	b.oseq++;
	b.time++;
	order_from(net, 0, 1, b, 0, 0, 100);
	KUNIT_EXPECT_EQ(test, net_data(net, 1), 0U);
	KUNIT_EXPECT_EQ(test, n->rcv.last, b.gseq);
	/* A late frame is not asked for at once ... */
	KUNIT_EXPECT_EQ(test, n->stats.nacks_out, nacks);
	net_run(net, n->cfg.reorder - SAMR_USEC);
	KUNIT_EXPECT_EQ(test, n->stats.nacks_out, nacks);
	net_run(net, 2 * SAMR_USEC);
	KUNIT_EXPECT_EQ(test, n->stats.nacks_out, nacks + 1);
	/* ... and once it is there, both are delivered, in order. */
	order_from(net, 0, 1, a, 0, 0, 100);
	KUNIT_ASSERT_EQ(test, net_data(net, 1), 2U);
	KUNIT_EXPECT_EQ(test, net_last(net, 1)->meta.gseq, b.gseq);
}

static void receiver_late_frame_is_not_asked_for(struct kunit *test)
{
	struct net *net = net_up(test, 3, NULL);
	struct samr_node *n = net->head[1].node;
	struct samr_meta a = next_meta(net, 2, 100), b = a;
	u64 nacks = n->stats.nacks_out;

	b.gseq++;
	b.oseq++;
	b.time++;
	order_from(net, 0, 1, b, 0, 0, 100);
	net_run(net, n->cfg.reorder / 2);
	order_from(net, 0, 1, a, 0, 0, 100);
	KUNIT_EXPECT_EQ(test, net_data(net, 1), 2U);
	net_run(net, 5 * n->cfg.reorder);
	KUNIT_EXPECT_EQ(test, n->stats.nacks_out, nacks);
}

static void receiver_only_the_sequencer_orders(struct kunit *test)
{
	struct net *net = net_up(test, 3, NULL);
	struct samr_meta m = next_meta(net, 2, 100);

	order_from(net, 2, 1, m, 0, 0, 100);
	KUNIT_EXPECT_EQ(test, net_drops(net, 1, SAMR_DROP_ROLE), 1ULL);
	KUNIT_EXPECT_EQ(test, net_data(net, 1), 0U);
	/* Any holder may repeat what was ordered. */
	order_from(net, 2, 1, m, SAMR_REC_F_REPAIR, 0, 100);
	KUNIT_EXPECT_EQ(test, net_drops(net, 1, SAMR_DROP_ROLE), 1ULL);
	KUNIT_EXPECT_EQ(test, net_data(net, 1), 1U);
}

static void receiver_origin_must_be_a_member(struct kunit *test)
{
	struct net *net = net_up(test, 3, NULL);
	struct samr_meta m = next_meta(net, 2, 100);

	m.inc++;
	order_from(net, 0, 1, m, 0, 0, 100);
	m.inc--;
	m.origin = 4;
	order_from(net, 0, 1, m, 0, 0, 100);
	m.origin = U64_MAX;
	order_from(net, 0, 1, m, 0, 0, 100);
	KUNIT_EXPECT_EQ(test, net_drops(net, 1, SAMR_DROP_INCARNATION), 3ULL);
	KUNIT_EXPECT_EQ(test, net->head[1].node->rcv.last, m.gseq - 1);
}

static void receiver_window_has_an_end(struct kunit *test)
{
	struct net *net = net_up(test, 3, NULL);
	struct samr_node *n = net->head[1].node;
	struct samr_meta m = next_meta(net, 2, 100);
	u64 last = n->rcv.last;

	m.gseq = n->rcv.win.base + n->cfg.history;
	order_from(net, 0, 1, m, 0, 0, 100);
	m.gseq = U64_MAX;
	order_from(net, 0, 1, m, 0, 0, 100);
	KUNIT_EXPECT_EQ(test, net_drops(net, 1, SAMR_DROP_WINDOW), 2ULL);
	KUNIT_EXPECT_EQ(test, n->rcv.last, last);
	KUNIT_EXPECT_EQ(test, n->rcv.bytes, 0ULL);
}

static void receiver_refuses_another_message_in_a_place(struct kunit *test)
{
	struct net *net = net_up(test, 3, NULL);
	struct samr_meta a = next_meta(net, 2, 1000), b = a;

	order_from(net, 0, 1, a, 0, 0, 400);
	b.arg++;
	order_from(net, 0, 1, b, 0, 400, 600);
	KUNIT_EXPECT_EQ(test, net_drops(net, 1, SAMR_DROP_CONFLICT), 1ULL);
	KUNIT_EXPECT_EQ(test, net_data(net, 1), 0U);
	order_from(net, 0, 1, a, 0, 400, 600);
	KUNIT_EXPECT_EQ(test, net_data(net, 1), 1U);
}

static void receiver_refuses_another_place_for_a_message(struct kunit *test)
{
	struct net *net = net_up(test, 3, NULL);
	struct samr_meta a = next_meta(net, 2, 1000), b = a;

	submit_all(net, 2, 1, a, 0, 300);
	order_from(net, 0, 1, a, SAMR_REC_F_REF, 0, 0);
	b.gseq++;
	order_from(net, 0, 1, b, SAMR_REC_F_REF, 0, 0);
	KUNIT_EXPECT_EQ(test, net_drops(net, 1, SAMR_DROP_CONFLICT), 1ULL);
	submit_all(net, 2, 1, a, 300, 700);
	KUNIT_EXPECT_EQ(test, net_data(net, 1), 1U);
}

/* Bytes that came for what another message turned out to be are not owed. */
static void receiver_bytes_of_another_message(struct kunit *test)
{
	struct net *net = net_up(test, 3, NULL);
	struct samr_node *n = net->head[1].node;
	struct samr_meta a = next_meta(net, 2, 300), b = next_meta(net, 2, 1000);

	submit_all(net, 2, 1, a, 0, 300);
	KUNIT_EXPECT_EQ(test, n->origin[2].bytes, 300ULL);
	order_from(net, 0, 1, b, 0, 0, 1000);
	KUNIT_EXPECT_EQ(test, net_data(net, 1), 1U);
	KUNIT_EXPECT_EQ(test, n->origin[2].bytes, 0ULL);
}

static void receiver_bytes_before_the_place(struct kunit *test)
{
	struct net *net = net_up(test, 3, NULL);
	struct samr_meta m = next_meta(net, 2, 1000);

	submit_all(net, 2, 1, m, 0, 500);
	submit_all(net, 2, 1, m, 500, 500);
	KUNIT_EXPECT_EQ(test, net->head[1].node->origin[2].bytes, 1000ULL);
	KUNIT_EXPECT_EQ(test, net_data(net, 1), 0U);
	order_from(net, 0, 1, m, SAMR_REC_F_REF, 0, 0);
	KUNIT_EXPECT_EQ(test, net_data(net, 1), 1U);
	KUNIT_EXPECT_EQ(test, net->head[1].node->origin[2].bytes, 0ULL);
}

static void receiver_place_before_the_bytes(struct kunit *test)
{
	struct net *net = net_up(test, 3, NULL);
	struct samr_meta m = next_meta(net, 2, 1000);

	order_from(net, 0, 1, m, SAMR_REC_F_REF, 0, 0);
	KUNIT_EXPECT_EQ(test, net_data(net, 1), 0U);
	submit_all(net, 2, 1, m, 0, 500);
	KUNIT_EXPECT_EQ(test, net_data(net, 1), 0U);
	submit_all(net, 2, 1, m, 500, 500);
	KUNIT_EXPECT_EQ(test, net_data(net, 1), 1U);
	KUNIT_EXPECT_EQ(test, net->head[1].node->origin[2].bytes, 0ULL);
}

/* Bytes of the order's own frames and of the origin's mix. */
static void receiver_bytes_of_both(struct kunit *test)
{
	struct net *net = net_up(test, 3, NULL);
	struct samr_meta m = next_meta(net, 2, 1000);

	submit_all(net, 2, 1, m, 0, 300);
	order_from(net, 0, 1, m, 0, 700, 300);
	submit_all(net, 2, 1, m, 200, 300);
	order_from(net, 2, 1, m, SAMR_REC_F_REPAIR, 400, 400);
	KUNIT_EXPECT_EQ(test, net_data(net, 1), 1U);
}

static bool halted_by(struct net *net, struct samr_meta m)
{
	order_from(net, 0, 1, m, 0, 0, m.len);
	return net->head[1].node->gone == SAMR_OUT_HALTED;
}

/* An order that contradicts itself is no order: better none than two. */
static void receiver_halts_on_a_repeated_message(struct kunit *test)
{
	struct net *net = net_up(test, 3, NULL);
	struct samr_meta m = next_meta(net, 2, 10);
	struct samr_event ev = { .type = SAMR_EV_TIMER };

	KUNIT_EXPECT_FALSE(test, halted_by(net, m));
	m.gseq++;
	m.time++;
	KUNIT_EXPECT_TRUE(test, halted_by(net, m));
	KUNIT_EXPECT_EQ(test, net_data(net, 1), 1U);
	KUNIT_EXPECT_EQ(test, net_step(net, 1, &ev), -ENOTRECOVERABLE);
	KUNIT_EXPECT_EQ(test, samr_node_deadline(net->head[1].node), U64_MAX);
	KUNIT_EXPECT_EQ(test, net_submit(net, 1, 10, 0), -ENOTRECOVERABLE);
}

static void receiver_halts_on_a_skipped_message(struct kunit *test)
{
	struct net *net = net_up(test, 3, NULL);
	struct samr_meta m = next_meta(net, 2, 10);

	m.oseq++;
	KUNIT_EXPECT_TRUE(test, halted_by(net, m));
	KUNIT_EXPECT_EQ(test, net_data(net, 1), 0U);
}

static void receiver_halts_when_time_runs_back(struct kunit *test)
{
	struct net *net = net_up(test, 3, NULL);
	struct samr_meta m = next_meta(net, 2, 10);

	m.time = net->head[1].node->time;
	KUNIT_EXPECT_TRUE(test, halted_by(net, m));
}

/* A wild claim makes us ask, no more than that. */
static void receiver_wild_end_of_the_order(struct kunit *test)
{
	struct samr_rec_beat r = {
		.rec = {
			.type = SAMR_REC_BEAT,
			.len = cpu_to_be16(sizeof(r)),
		},
		.last = cpu_to_be64(U64_MAX),
	};
	struct net *net = net_up(test, 3, NULL);
	struct samr_node *n = net->head[1].node;
	struct net_craft c;
	u64 nacks, i;

	for (i = 0; i < 2; i++) {
		c = net_craft(net, 2);
		net_craft_add(&c, &r, sizeof(r));
		net_craft_send(net, &c, 1);
	}
	/* A member is not asked where the order ends, the sequencer is. */
	KUNIT_EXPECT_EQ(test, n->rcv.last + 1, n->rcv.win.base);
	c = net_craft(net, 0);
	net_craft_add(&c, &r, sizeof(r));
	net_craft_send(net, &c, 1);
	KUNIT_EXPECT_EQ(test, n->rcv.last + 1, n->rcv.win.base + n->cfg.history);
	nacks = n->stats.nacks_out;
	net_run(net, 1000 * SAMR_MSEC);
	KUNIT_EXPECT_LT(test, n->stats.nacks_out - nacks, 1000ULL);
	for (i = 0; i < 10; i++)
		KUNIT_EXPECT_EQ(test, net_send(net, i % 3, NET_GROUP, 10, 0), 0);
	net_run(net, 500 * SAMR_MSEC);
	net_agreed(net, 10);
}

/* Nobody tells the sequencer where the order ends. */
static void receiver_wild_end_at_the_sequencer(struct kunit *test)
{
	struct samr_rec_beat r = {
		.rec = {
			.type = SAMR_REC_BEAT,
			.len = cpu_to_be16(sizeof(r)),
		},
		.last = cpu_to_be64(U64_MAX),
	};
	struct net *net = net_up(test, 3, NULL);
	struct net_craft c = net_craft(net, 2);
	u64 last = net->head[0].node->rcv.last;

	net_craft_add(&c, &r, sizeof(r));
	net_craft_send(net, &c, 0);
	KUNIT_EXPECT_EQ(test, net->head[0].node->rcv.last, last);
	KUNIT_EXPECT_EQ(test, net_send(net, 0, NET_GROUP, 10, 0), 0);
	KUNIT_EXPECT_EQ(test, net_send(net, 1, NET_GROUP, 10, 0), 0);
	net_settle(net);
	net_agreed(net, 2);
}

/* Nor does anyone give it messages that it has not ordered. */
static void receiver_order_at_the_sequencer(struct kunit *test)
{
	struct net *net = net_up(test, 3, NULL);
	struct samr_meta m = next_meta(net, 2, 10);
	struct samr_node *n = net->head[0].node;
	u64 last = n->rcv.last;

	order_from(net, 2, 0, m, SAMR_REC_F_REPAIR, 0, 10);
	m.gseq += 5;
	order_from(net, 2, 0, m, SAMR_REC_F_REPAIR, 0, 10);
	KUNIT_EXPECT_EQ(test, n->rcv.last, last);
	KUNIT_EXPECT_EQ(test, n->rcv.bytes, 0ULL);
	KUNIT_EXPECT_EQ(test, net_send(net, 0, NET_GROUP, 10, 0), 0);
	net_settle(net);
	net_agreed(net, 1);
}

/* What we have submitted is known here better than anywhere. */
static void receiver_order_of_own_messages(struct kunit *test)
{
	struct net *net = net_up(test, 3, NULL);
	struct samr_node *n = net->head[1].node;
	struct samr_meta m = next_meta(net, 1, 10);
	u64 first = m.oseq;

	/* Never sent, beyond the window, and sent as something else. */
	order_from(net, 0, 1, m, 0, 0, 10);
	m.oseq += 1000;
	order_from(net, 0, 1, m, 0, 0, 10);
	KUNIT_EXPECT_EQ(test, net_submit(net, 1, 20, 0), 0);
	m.oseq = first;
	order_from(net, 0, 1, m, 0, 0, 10);
	KUNIT_EXPECT_EQ(test, net_drops(net, 1, SAMR_DROP_CONFLICT), 3ULL);
	KUNIT_EXPECT_EQ(test, (int)n->gone, (int)SAMR_OUT_NO);
	KUNIT_EXPECT_EQ(test, n->rcv.bytes, 0ULL);
	net_settle(net);
	net_agreed(net, 1);
}

/* Messages that are named and never come are bounded in number and bytes. */
static void receiver_bounds_what_it_keeps(struct kunit *test)
{
	struct samr_node_config cfg = net_config();
	struct samr_node *n;
	struct samr_meta m;
	struct net *net;
	u32 i;

	cfg.history_bytes = 65536;
	net = net_up(test, 3, &cfg);
	n = net->head[1].node;
	m = next_meta(net, 2, SAMR_LEN_MAX);
	for (i = 0; i < 20; i++, m.gseq++, m.oseq++)
		order_from(net, 0, 1, m, 0, 0, 300);
	KUNIT_EXPECT_LE(test, n->rcv.bytes, 2ULL * 65536 + SAMR_LEN_MAX);
	KUNIT_EXPECT_GE(test, net_drops(net, 1, SAMR_DROP_LIMIT), 15ULL);
}

/* Whatever allocation fails on the way to delivery, it is delivered once. */
static void receiver_without_memory(struct kunit *test)
{
	struct net *net = net_up(test, 3, NULL);
	u32 nth, failed = 0;

	for (nth = 1; nth <= 8; nth++) {
		net->fail_nth = nth;
		net->sick = 1;
		net_send(net, 2, NET_GROUP, 100 * nth, 0);
		net_member(net, 2, SAMR_KIND_JOIN, NET_GROUP, 100 + nth, 4096);
		net_run(net, 100 * SAMR_MSEC);
		failed += net->head[1].node->stats.drops[SAMR_DROP_MEMORY];
		net->fail_nth = 0;
		net_settle(net);
		net_agreed(net, nth);
		KUNIT_EXPECT_EQ(test, net_last(net, 1)->meta.kind,
				SAMR_KIND_JOIN);
		KUNIT_EXPECT_EQ(test, net_last(net, 1)->members, 3 + nth);
	}
	if (!failed)
		kunit_skip(test, "no fault injection");
}

static struct kunit_case receiver_cases[] = {
	KUNIT_CASE(receiver_delivers_what_is_next),
	KUNIT_CASE(receiver_waits_for_the_gap),
	KUNIT_CASE(receiver_late_frame_is_not_asked_for),
	KUNIT_CASE(receiver_only_the_sequencer_orders),
	KUNIT_CASE(receiver_origin_must_be_a_member),
	KUNIT_CASE(receiver_window_has_an_end),
	KUNIT_CASE(receiver_refuses_another_message_in_a_place),
	KUNIT_CASE(receiver_refuses_another_place_for_a_message),
	KUNIT_CASE(receiver_bytes_of_another_message),
	KUNIT_CASE(receiver_bytes_before_the_place),
	KUNIT_CASE(receiver_place_before_the_bytes),
	KUNIT_CASE(receiver_bytes_of_both),
	KUNIT_CASE(receiver_halts_on_a_repeated_message),
	KUNIT_CASE(receiver_halts_on_a_skipped_message),
	KUNIT_CASE(receiver_halts_when_time_runs_back),
	KUNIT_CASE(receiver_wild_end_of_the_order),
	KUNIT_CASE(receiver_wild_end_at_the_sequencer),
	KUNIT_CASE(receiver_order_at_the_sequencer),
	KUNIT_CASE(receiver_order_of_own_messages),
	KUNIT_CASE(receiver_bounds_what_it_keeps),
	KUNIT_CASE(receiver_without_memory),
	{}
};

static struct kunit_suite receiver_suite = {
	.name = "samr_receiver",
	.init = net_init,
	.exit = net_exit,
	.test_cases = receiver_cases,
};

kunit_test_suite(receiver_suite);
