// SPDX-License-Identifier: GPL-2.0
/* Submissions get their places: each once, in their origin's order. */
#include "net.h"

/* A submission of head 2's, or of whoever @from is, made by hand. */
static void submit_to(struct net *net, u32 from, u32 to, u64 oseq, u8 flags,
		      u32 total, u32 off, u32 len)
{
	struct samr_meta m = {
		.oseq = oseq, .group = NET_GROUP, .port = 1, .len = total,
		.arg = 1,
	};
	struct net_craft c = net_craft(net, from);
	struct samr_rec_submit r;

	samr_wire_put_submit(&r, &m, flags, off, len);
	net_craft_add(&c, &r, sizeof(r));
	net_craft_fill(&c, m.arg, off, len);
	net_craft_send(net, &c, to);
}

static void sequencer_orders_each_once(struct kunit *test)
{
	struct net *net = net_up(test, 2, NULL);
	struct samr_node *n = net->head[0].node;
	u64 next = n->origin[1].ordered, ordered = n->stats.ordered;
	u32 i;

	for (i = 0; i < 5; i++)
		submit_to(net, 1, 0, next, 0, 0, 0, 0);
	KUNIT_EXPECT_EQ(test, n->stats.ordered, ordered + 1);
	KUNIT_EXPECT_EQ(test, net_drops(net, 0, SAMR_DROP_DUPLICATE), 4ULL);
	/* Also long after, when nothing remembers it any more. */
	submit_to(net, 1, 0, 1, 0, 0, 0, 0);
	KUNIT_EXPECT_EQ(test, n->stats.ordered, ordered + 1);
	KUNIT_EXPECT_EQ(test, net_drops(net, 0, SAMR_DROP_DUPLICATE), 5ULL);
}

static void sequencer_waits_for_the_gap(struct kunit *test)
{
	struct net *net = net_up(test, 2, NULL);
	struct samr_node *n = net->head[0].node;
	u64 next = n->origin[1].ordered, ordered = n->stats.ordered;

	net_lose_flying(net);
	submit_to(net, 1, 0, next + 2, 0, 0, 0, 0);
	submit_to(net, 1, 0, next + 1, 0, 0, 0, 0);
	KUNIT_EXPECT_EQ(test, n->stats.ordered, ordered);
	/* It asks the origin for what lacks. */
	net_run(net, 2 * SAMR_MSEC);
	KUNIT_EXPECT_GE(test, n->stats.nacks_out, 1ULL);
	submit_to(net, 1, 0, next, 0, 0, 0, 0);
	KUNIT_EXPECT_EQ(test, n->stats.ordered, ordered + 3);
	KUNIT_EXPECT_EQ(test, n->origin[1].ordered, next + 3);
}

static void sequencer_window_has_an_end(struct kunit *test)
{
	struct net *net = net_up(test, 2, NULL);
	struct samr_node *n = net->head[0].node;
	struct samr_origin *o = &n->origin[1];

	submit_to(net, 1, 0, o->win.base + o->win.size, 0, 0, 0, 0);
	submit_to(net, 1, 0, U64_MAX, 0, 0, 0, 0);
	KUNIT_EXPECT_EQ(test, net_drops(net, 0, SAMR_DROP_WINDOW), 2ULL);
	submit_to(net, 1, 0, o->win.base + o->win.size - 1, 0, 0, 0, 0);
	KUNIT_EXPECT_EQ(test, net_drops(net, 0, SAMR_DROP_WINDOW), 2ULL);
	KUNIT_EXPECT_EQ(test, o->bytes, 0ULL);
}

static void sequencer_only_it_orders(struct kunit *test)
{
	struct net *net = net_up(test, 3, NULL);
	u64 next = net->head[1].node->origin[2].ordered;

	submit_to(net, 2, 1, next, 0, 0, 0, 0);
	KUNIT_EXPECT_EQ(test, net_drops(net, 1, SAMR_DROP_ROLE), 1ULL);
	/* Bytes for all are another thing: the order will name them. */
	submit_to(net, 2, 1, next, SAMR_REC_F_ALL, 300, 0, 300);
	KUNIT_EXPECT_EQ(test, net_drops(net, 1, SAMR_DROP_ROLE), 1ULL);
	KUNIT_EXPECT_EQ(test, net->head[1].node->stats.ordered, 0ULL);
	KUNIT_EXPECT_EQ(test, net->head[1].node->origin[2].bytes, 300ULL);
}

static void sequencer_refuses_contradictions(struct kunit *test)
{
	struct net *net = net_up(test, 2, NULL);
	struct samr_node *n = net->head[0].node;
	u64 next = n->origin[1].ordered, ordered = n->stats.ordered;

	submit_to(net, 1, 0, next, 0, 1000, 0, 300);
	submit_to(net, 1, 0, next, 0, 1001, 300, 300);
	submit_to(net, 1, 0, next, 0, 300, 0, 300);
	KUNIT_EXPECT_EQ(test, net_drops(net, 0, SAMR_DROP_CONFLICT), 2ULL);
	submit_to(net, 1, 0, next, 0, 1000, 0, 300);
	KUNIT_EXPECT_EQ(test, net_drops(net, 0, SAMR_DROP_DUPLICATE), 1ULL);
	submit_to(net, 1, 0, next, 0, 1000, 300, 350);
	KUNIT_EXPECT_EQ(test, n->stats.ordered, ordered);
	submit_to(net, 1, 0, next, 0, 1000, 650, 350);
	KUNIT_EXPECT_EQ(test, n->stats.ordered, ordered + 1);
}

/* An origin that announces much and sends little. */
static void sequencer_bounds_what_it_keeps(struct kunit *test)
{
	struct samr_node_config cfg = net_config();
	struct samr_origin *o;
	struct net *net;
	u64 next;
	u32 i;

	cfg.submit_bytes = 65536;
	net = net_up(test, 2, &cfg);
	o = &net->head[0].node->origin[1];
	next = o->ordered;
	for (i = 0; i < 20; i++)
		submit_to(net, 1, 0, next + i, 0, SAMR_LEN_MAX, 0, 300);
	KUNIT_EXPECT_LE(test, o->bytes, 2ULL * 65536 + SAMR_LEN_MAX);
	KUNIT_EXPECT_GT(test, net_drops(net, 0, SAMR_DROP_LIMIT), 0ULL);
}

static u64 mute_third(struct net *net, u32 from, u32 to,
		      struct samr_blob *frame)
{
	return from == 2 || to == 2 ? NET_LOST : NET_DELAY;
}

/* Of several that wait, nobody gets two places in a row. */
static void sequencer_takes_turns(struct kunit *test)
{
	struct samr_node_config cfg = net_config();
	const struct net_delivery *d;
	u32 i, k, turns = 0;
	struct net *net;
	u64 last = 0;

	cfg.history = 32;
	net = net_up(test, 3, &cfg);
	net->fate = mute_third;
	for (k = 0; k < 16; k++)
		KUNIT_ASSERT_EQ(test, net_send(net, 0, NET_GROUP, 10, 0), 0);
	for (k = 0; k < 6; k++)
		for (i = 0; i < 2; i++)
			KUNIT_ASSERT_EQ(test, net_send(net, i, NET_GROUP, 10, 0),
					0);
	net_run(net, 50 * SAMR_MSEC);
	KUNIT_ASSERT_EQ(test, net_data(net, 0), 16U);
	net->fate = NULL;
	net_settle(net);
	net_agreed(net, 28);
	for (k = 0; k < net->head[0].logged; k++) {
		d = &net->head[0].log[k];
		if (d->meta.kind == SAMR_KIND_DATA && d->meta.gseq > 3 + 16) {
			KUNIT_EXPECT_NE(test, d->meta.origin, last);
			last = d->meta.origin;
			turns++;
		}
	}
	KUNIT_EXPECT_EQ(test, turns, 12U);
}

/* The history is full while one member does not ack: ordering stops, and goes
 * on when it does.
 */
static void sequencer_stops_at_a_full_history(struct kunit *test)
{
	struct samr_node_config cfg = net_config();
	u32 sent = 0, refused = 0;
	struct samr_node *n;
	struct net *net;

	cfg.history = 32;
	net = net_up(test, 3, &cfg);
	n = net->head[0].node;
	net->fate = mute_third;
	while (refused < 50) {
		if (net_send(net, 1, NET_GROUP, 10, 0))
			refused++;
		else
			sent++;
		net_run(net, 100 * SAMR_USEC);
	}
	KUNIT_EXPECT_EQ(test, n->rcv.last - n->stab.trimmed, 16ULL);
	KUNIT_EXPECT_LT(test, net_data(net, 0), sent);
	net->head[1].writable = false;

	net->fate = NULL;
	net_settle(net);
	net_agreed(net, sent);
	KUNIT_EXPECT_TRUE(test, net->head[1].writable);
}

static void sequencer_history_bytes(struct kunit *test)
{
	struct samr_node_config cfg = net_config();
	struct samr_node *n;
	struct net *net;
	u32 sent = 0, tries;

	cfg.history_bytes = 20000;
	net = net_up(test, 3, &cfg);
	n = net->head[0].node;
	net->fate = mute_third;
	for (tries = 0; tries < 40; tries++)
		sent += !net_send(net, 0, NET_GROUP, 1500, 0);
	net_run(net, 10 * SAMR_MSEC);
	KUNIT_EXPECT_LE(test, n->rcv.bytes, 20000ULL);
	KUNIT_EXPECT_GT(test, n->rcv.bytes, 15000ULL);
	net->fate = NULL;
	net_settle(net);
	net_agreed(net, sent);
}

/* Group time goes up by itself when the clock stands, or jumps back. */
static void sequencer_time_never_goes_back(struct kunit *test)
{
	struct net *net = net_up(test, 2, NULL);
	u32 i;

	for (i = 0; i < 10; i++) {
		net->wall -= 1000 * SAMR_MSEC;
		KUNIT_ASSERT_EQ(test, net_submit(net, 0, 10, 0), 0);
		KUNIT_ASSERT_EQ(test, net_submit(net, 0, 10, 0), 0);
		net_flush(net, 0);
	}
	net_settle(net);
	net_agreed(net, 20);
	net->wall += 1000000 * SAMR_MSEC;
	net_send(net, 0, NET_GROUP, 10, 0);
	KUNIT_EXPECT_EQ(test, net_last(net, 0)->meta.time,
			net->wall + net->now);
	net_settle(net);
}

/* The end of the order is lost, and nothing comes behind it. */
static u64 lose_order(struct net *net, u32 from, u32 to,
		      struct samr_blob *frame)
{
	if (!net->counter || !net_has(frame, SAMR_REC_ORDER))
		return NET_DELAY;
	net->counter--;
	return NET_LOST;
}

static void sequencer_repeats_the_end(struct kunit *test)
{
	struct net *net = net_up(test, 3, NULL);

	net_run(net, 50 * SAMR_MSEC);
	net->fate = lose_order;
	net->counter = 2;
	net_send(net, 0, NET_GROUP, 10, 0);
	net_run(net, 60 * SAMR_MSEC);
	KUNIT_EXPECT_EQ(test, net->counter, 0U);
	net_agreed(net, 1);
}

static struct kunit_case sequencer_cases[] = {
	KUNIT_CASE(sequencer_orders_each_once),
	KUNIT_CASE(sequencer_waits_for_the_gap),
	KUNIT_CASE(sequencer_window_has_an_end),
	KUNIT_CASE(sequencer_only_it_orders),
	KUNIT_CASE(sequencer_refuses_contradictions),
	KUNIT_CASE(sequencer_bounds_what_it_keeps),
	KUNIT_CASE(sequencer_takes_turns),
	KUNIT_CASE(sequencer_stops_at_a_full_history),
	KUNIT_CASE(sequencer_history_bytes),
	KUNIT_CASE(sequencer_time_never_goes_back),
	KUNIT_CASE(sequencer_repeats_the_end),
	{}
};

static struct kunit_suite sequencer_suite = {
	.name = "samr_sequencer",
	.init = net_init,
	.exit = net_exit,
	.test_cases = sequencer_cases,
};

kunit_test_suite(sequencer_suite);
