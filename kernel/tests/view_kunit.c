// SPDX-License-Identifier: GPL-2.0
/* How heads come to a view. */
#include "net.h"

static int want(struct net *net, u32 i, u64 members)
{
	struct samr_event ev = { .type = SAMR_EV_MEMBERS, .members = members };
	int err = net_step(net, i, &ev);

	net_flush(net, i);
	return err;
}

static u64 epoch_of(struct net *net, u32 i)
{
	struct samr_view_info info;

	samr_node_view(net->head[i].node, &info);
	return info.epoch;
}

static void view_of_one_stands_at_once(struct kunit *test)
{
	struct net *net = test->priv;
	struct samr_view_info info;

	net_heads(net, 1, NULL);
	KUNIT_EXPECT_EQ(test, samr_node_deadline(net->head[0].node), U64_MAX);
	KUNIT_EXPECT_EQ(test, want(net, 0, BIT_ULL(1)), 0);

	samr_node_view(net->head[0].node, &info);
	KUNIT_EXPECT_NE(test, info.epoch, 0ULL);
	KUNIT_EXPECT_EQ(test, info.count, 1U);
	KUNIT_EXPECT_EQ(test, info.sequencer, 1ULL);
	KUNIT_EXPECT_EQ(test, info.holders, 1U);
	KUNIT_EXPECT_EQ(test, net->sent, 0ULL);
}

static void view_of_three_is_the_same(struct kunit *test)
{
	struct samr_view_info a, b;
	struct net *net = test->priv;
	u32 i;

	net_heads(net, 3, NULL);
	net_view(net);

	samr_node_view(net->head[0].node, &a);
	KUNIT_EXPECT_EQ(test, a.sequencer, 1ULL);
	KUNIT_EXPECT_EQ(test, a.count, 3U);
	KUNIT_EXPECT_EQ(test, a.holders, 3U);
	for (i = 1; i < 3; i++) {
		samr_node_view(net->head[i].node, &b);
		KUNIT_EXPECT_EQ(test, memcmp(&a, &b, sizeof(a)), 0);
		KUNIT_EXPECT_EQ(test, net->head[i].node->view.key.half[1],
				net->head[0].node->view.key.half[1]);
	}
	/* Once all are in it, neither HELLO nor VIEW is sent any more. */
	for (i = 0; i < 3; i++)
		KUNIT_EXPECT_EQ(test, net->head[i].node->view.send_at,
				SAMR_NEVER);
}

static void view_members_that_make_no_sense(struct kunit *test)
{
	struct net *net = test->priv;
	u64 many = 0;
	u32 id;

	net_heads(net, 1, NULL);
	KUNIT_EXPECT_EQ(test, want(net, 0, BIT_ULL(2) | BIT_ULL(3)), -EINVAL);
	KUNIT_EXPECT_EQ(test, want(net, 0, BIT_ULL(1) | 1), -EINVAL);
	for (id = 1; id <= SAMR_HEADS_MAX + 1; id++)
		many |= BIT_ULL(id);
	KUNIT_EXPECT_EQ(test, want(net, 0, many), -EINVAL);
	KUNIT_EXPECT_EQ(test, epoch_of(net, 0), 0ULL);
	many &= ~BIT_ULL(SAMR_HEADS_MAX + 1);
	KUNIT_EXPECT_EQ(test, want(net, 0, many), 0);
}

static void view_members_change_of_mind(struct kunit *test)
{
	struct net *net = test->priv;

	net_heads(net, 2, NULL);
	KUNIT_EXPECT_EQ(test, want(net, 0, 0xe), 0);
	KUNIT_EXPECT_EQ(test, want(net, 0, 0xe), 0);
	/* While there is no view it can be changed, and called off. */
	KUNIT_EXPECT_EQ(test, want(net, 0, 0x16), 0);
	KUNIT_EXPECT_EQ(test, want(net, 0, 0), 0);
	KUNIT_EXPECT_EQ(test, samr_node_deadline(net->head[0].node), U64_MAX);
	KUNIT_EXPECT_EQ(test, want(net, 0, 0x6), 0);
	KUNIT_EXPECT_EQ(test, want(net, 1, 0x6), 0);
	net_run(net, 100 * SAMR_MSEC);
	KUNIT_EXPECT_NE(test, epoch_of(net, 1), 0ULL);
	KUNIT_EXPECT_EQ(test, want(net, 0, 0), -EBUSY);
	KUNIT_EXPECT_EQ(test, want(net, 0, 0x6), 0);
	/* Who is in the view stays; others may come, and go again. */
	KUNIT_EXPECT_EQ(test, want(net, 0, 0x2), -EBUSY);
	KUNIT_EXPECT_EQ(test, want(net, 0, 0xe), 0);
	KUNIT_EXPECT_EQ(test, want(net, 0, 0x6), 0);
}

static int save(struct net *net, u32 i, u64 epoch, u64 members, bool keeper)
{
	struct samr_event ev = {
		.type = SAMR_EV_SAVED,
		.saved = { .epoch = epoch, .members = members, .told = true },
		.keeper = keeper,
	};
	int err = net_step(net, i, &ev);

	net_flush(net, i);
	return err;
}

static int want_of(struct net *net, u32 i, u64 members, u64 founders)
{
	struct samr_event ev = { .type = SAMR_EV_MEMBERS, .members = members,
				 .founders = founders };
	int err = net_step(net, i, &ev);

	net_flush(net, i);
	return err;
}

static void view_memory_that_makes_no_sense(struct kunit *test)
{
	struct net *net = test->priv;

	net_heads(net, 1, NULL);
	KUNIT_EXPECT_EQ(test, save(net, 0, 5, 0, false), -EINVAL);
	KUNIT_EXPECT_EQ(test, save(net, 0, 5, 0x7, false), -EINVAL);
	KUNIT_EXPECT_EQ(test, save(net, 0, SAMR_SAVED_EPOCH_MAX + 1, 2, false),
			-EINVAL);
	KUNIT_EXPECT_EQ(test, save(net, 0, U64_MAX, 2, false), -EINVAL);
	KUNIT_EXPECT_EQ(test, save(net, 0, 0, 0, false), 0);
	KUNIT_EXPECT_EQ(test, save(net, 0, SAMR_SAVED_EPOCH_MAX, 2, false), 0);
	/* The highest that there can be still leaves room. */
	KUNIT_EXPECT_EQ(test, want(net, 0, 2), 0);
	KUNIT_EXPECT_GT(test, epoch_of(net, 0), SAMR_SAVED_EPOCH_MAX);
}

static void view_founders_and_their_memory(struct kunit *test)
{
	struct net *net = test->priv;
	struct samr_peer_info p;
	u32 i;

	net_heads(net, 3, NULL);
	KUNIT_EXPECT_EQ(test, want_of(net, 0, 0xe, 0x12), -EINVAL);
	for (i = 0; i < 3; i++) {
		KUNIT_EXPECT_EQ(test, save(net, i, 5 + i, 0xe, false), 0);
		KUNIT_EXPECT_EQ(test, want_of(net, i, 0xe, SAMR_NO_FOUNDERS), 0);
	}
	net_run(net, 500 * SAMR_MSEC);
	KUNIT_EXPECT_EQ(test, epoch_of(net, 0), 0ULL);
	KUNIT_ASSERT_TRUE(test, samr_node_peer(net->head[0].node, 3, &p));
	KUNIT_EXPECT_EQ(test, p.saved.epoch, 7ULL);
	KUNIT_EXPECT_EQ(test, p.saved.members, 0xeULL);
	KUNIT_EXPECT_EQ(test, p.wanted, 0xeULL);

	KUNIT_EXPECT_EQ(test, want_of(net, 0, 0xe, 0x6), 0);
	KUNIT_EXPECT_EQ(test, want_of(net, 1, 0xe, 0x6), 0);
	net_run(net, 50 * SAMR_MSEC);
	KUNIT_EXPECT_GE(test, epoch_of(net, 0), 1001ULL);
	KUNIT_EXPECT_EQ(test, epoch_of(net, 1), epoch_of(net, 0));
	KUNIT_EXPECT_EQ(test, net->head[0].node->view.node[1], 2ULL);
	net_run(net, 500 * SAMR_MSEC);
	KUNIT_EXPECT_GT(test, epoch_of(net, 2), 1001ULL);
}

static void view_keeper_holds_learners_back(struct kunit *test)
{
	struct net *net = test->priv;
	struct samr_view_info info;
	u32 i;

	net_heads(net, 2, NULL);
	for (i = 0; i < 2; i++)
		KUNIT_EXPECT_EQ(test, save(net, i, 0, 0, true), 0);
	KUNIT_EXPECT_EQ(test, want_of(net, 0, 0x6, 0x2), 0);
	KUNIT_EXPECT_EQ(test, want_of(net, 1, 0x6, SAMR_NO_FOUNDERS), 0);
	net_run(net, 500 * SAMR_MSEC);
	samr_node_view(net->head[1].node, &info);
	KUNIT_EXPECT_EQ(test, info.epoch, 2ULL);
	KUNIT_EXPECT_EQ(test, info.flags[1], (u32)SAMR_SEAT_LEARNER);
	KUNIT_EXPECT_EQ(test, save(net, 1, 2, 0x6, true), 0);
	KUNIT_EXPECT_EQ(test, save(net, 0, 2, 0x2, true), 0);
	net_run(net, 500 * SAMR_MSEC);
	KUNIT_EXPECT_EQ(test, epoch_of(net, 1), 2ULL);
	KUNIT_EXPECT_EQ(test, save(net, 0, 2, 0x6, true), 0);
	net_run(net, 50 * SAMR_MSEC);
	samr_node_view(net->head[1].node, &info);
	KUNIT_EXPECT_EQ(test, info.epoch, 3ULL);
	KUNIT_EXPECT_EQ(test, info.flags[1], 0U);
}

static void view_waits_for_all(struct kunit *test)
{
	struct samr_view_info info;
	struct net *net = test->priv;

	net_heads(net, 3, NULL);
	want(net, 0, 0xe);
	want(net, 1, 0xe);
	net_run(net, 500 * SAMR_MSEC);
	KUNIT_EXPECT_EQ(test, epoch_of(net, 0), 0ULL);
	KUNIT_EXPECT_EQ(test, epoch_of(net, 1), 0ULL);
	samr_node_view(net->head[0].node, &info);
	KUNIT_EXPECT_EQ(test, info.wanted, 0xeULL);
	KUNIT_EXPECT_EQ(test, info.heard, 0x6ULL);

	want(net, 2, 0xe);
	net_run(net, 100 * SAMR_MSEC);
	KUNIT_EXPECT_NE(test, epoch_of(net, 0), 0ULL);
	KUNIT_EXPECT_NE(test, epoch_of(net, 2), 0ULL);
}

static void view_needs_the_same_wish(struct kunit *test)
{
	struct net *net = test->priv;

	net_heads(net, 2, NULL);
	want(net, 0, 0x6);
	want(net, 1, 0xe);
	net_run(net, 500 * SAMR_MSEC);
	KUNIT_EXPECT_EQ(test, epoch_of(net, 0), 0ULL);
	KUNIT_EXPECT_EQ(test, epoch_of(net, 1), 0ULL);
}

static u64 lose_nth(struct net *net, u32 from, u32 to, struct samr_blob *frame)
{
	return net->sent == net->counter ? NET_LOST : NET_DELAY;
}

/* Whichever frame of the forming is lost, the view comes about. */
static void view_survives_any_loss(struct kunit *test)
{
	struct net *net = test->priv;
	u32 nth;

	for (nth = 1; nth <= 12; nth++) {
		net->sent = 0;
		net->counter = nth;
		net->fate = lose_nth;
		net_heads(net, 3, NULL);
		net_view(net);
		net_exit(test);
		net->heads = 0;
	}
}

static u64 lose_view(struct net *net, u32 from, u32 to, struct samr_blob *frame)
{
	if (!net->counter || to != 2 || !net_has(frame, SAMR_REC_VIEW))
		return NET_DELAY;
	net->counter--;
	return NET_LOST;
}

static void view_is_repeated_until_heard(struct kunit *test)
{
	struct net *net = test->priv;

	net->fate = lose_view;
	net->counter = 3;
	net_heads(net, 3, NULL);
	want(net, 0, 0xe);
	want(net, 1, 0xe);
	want(net, 2, 0xe);
	net_run(net, SAMR_MSEC);
	KUNIT_EXPECT_NE(test, epoch_of(net, 0), 0ULL);
	KUNIT_EXPECT_EQ(test, epoch_of(net, 2), 0ULL);
	net_run(net, 100 * SAMR_MSEC);
	KUNIT_EXPECT_EQ(test, net->counter, 0U);
	KUNIT_EXPECT_NE(test, epoch_of(net, 2), 0ULL);
}

/* A VIEW for head 2 of heads 1 and 2 that wait for each other. */
static struct net_craft view_frame(struct net *net, struct samr_rec_plan *r,
				   struct samr_rec_seat m[2])
{
	u32 i;

	*r = (struct samr_rec_plan){
		.rec = {
			.type = SAMR_REC_VIEW,
			.len = cpu_to_be16(sizeof(*r) + 2 * sizeof(*m)),
		},
		.count = cpu_to_be32(2),
		.epoch = cpu_to_be64(1),
		.key = { cpu_to_be64(5), cpu_to_be64(6) },
	};
	for (i = 0; i < 2; i++) {
		m[i].node = cpu_to_be32((u32)net->head[i].id);
		m[i].inc = cpu_to_be64(net->head[i].node->cfg.inc);
		m[i].flags = 0;
	}
	return net_craft(net, 0);
}

/* Was it refused: as a view, or as a record that makes no sense at all? */
static u64 install(struct net *net, struct net_craft c,
		   const struct samr_rec_plan *r,
		   const struct samr_rec_seat m[2])
{
	u64 was = net_drops(net, 1, SAMR_DROP_VIEW) +
		  net_drops(net, 1, SAMR_DROP_RECORD);

	net_craft_add(&c, r, sizeof(*r));
	samr_blob_put_data(c.blob, m, 2 * sizeof(*m));
	c.info.epoch = be64_to_cpu(r->epoch);
	net_craft_send(net, &c, 1);
	return net_drops(net, 1, SAMR_DROP_VIEW) +
	       net_drops(net, 1, SAMR_DROP_RECORD) - was;
}

/* The second head hears that the first one is there, and nothing else. */
static u64 one_hello(struct net *net, u32 from, u32 to, struct samr_blob *frame)
{
	return !from && net_has(frame, SAMR_REC_HELLO) ? NET_DELAY : NET_LOST;
}

static void view_that_does_not_concern_us(struct kunit *test)
{
	struct net *net = test->priv;
	struct samr_rec_seat m[2];
	struct samr_rec_plan r;
	struct net_craft c;

	net->fate = one_hello;
	net_heads(net, 2, NULL);
	want(net, 0, 0x6);
	want(net, 1, 0x6);
	net_run(net, SAMR_MSEC);

	c = view_frame(net, &r, m);
	r.base = cpu_to_be64(9);
	KUNIT_EXPECT_EQ(test, install(net, c, &r, m), 1ULL);
	c = view_frame(net, &r, m);
	m[1].inc = cpu_to_be64(0xbad);
	KUNIT_EXPECT_EQ(test, install(net, c, &r, m), 1ULL);
	c = view_frame(net, &r, m);
	m[0].inc = 0;
	KUNIT_EXPECT_EQ(test, install(net, c, &r, m), 1ULL);
	c = view_frame(net, &r, m);
	m[1] = m[0];
	KUNIT_EXPECT_EQ(test, install(net, c, &r, m), 1ULL);
	c = view_frame(net, &r, m);
	m[0].flags = cpu_to_be32(SAMR_SEAT_LEARNER);
	m[1].flags = cpu_to_be32(SAMR_SEAT_LEARNER);
	KUNIT_EXPECT_EQ(test, install(net, c, &r, m), 1ULL);
	c = view_frame(net, &r, m);
	m[0].node = 0;
	KUNIT_EXPECT_EQ(test, install(net, c, &r, m), 1ULL);
	c = view_frame(net, &r, m);
	m[0].node = cpu_to_be32(SAMR_IDS);
	KUNIT_EXPECT_EQ(test, install(net, c, &r, m), 1ULL);
	c = view_frame(net, &r, m);
	m[0].node = cpu_to_be32(U32_MAX);
	KUNIT_EXPECT_EQ(test, install(net, c, &r, m), 1ULL);
	KUNIT_EXPECT_EQ(test, epoch_of(net, 1), 0ULL);

	c = view_frame(net, &r, m);
	KUNIT_EXPECT_EQ(test, install(net, c, &r, m), 0ULL);
	KUNIT_EXPECT_EQ(test, epoch_of(net, 1), 1ULL);
	/* The same again is a duplicate, another one is refused. */
	c = view_frame(net, &r, m);
	KUNIT_EXPECT_EQ(test, install(net, c, &r, m), 0ULL);
	KUNIT_EXPECT_EQ(test, net_drops(net, 1, SAMR_DROP_DUPLICATE), 1ULL);
	c = view_frame(net, &r, m);
	r.epoch = cpu_to_be64(2);
	install(net, c, &r, m);
	KUNIT_EXPECT_EQ(test, epoch_of(net, 1), 1ULL);
}

static void view_knows_incarnations(struct kunit *test)
{
	struct net *net = net_up(test, 2, NULL);
	struct samr_rec_beat beat = {
		.rec = {
			.type = SAMR_REC_BEAT,
			.len = cpu_to_be16(sizeof(beat)),
		},
	};
	struct net_craft c;

	c = net_craft(net, 1);
	c.info.inc++;
	net_craft_add(&c, &beat, sizeof(beat));
	net_craft_send(net, &c, 0);
	KUNIT_EXPECT_EQ(test, net_drops(net, 0, SAMR_DROP_INCARNATION), 1ULL);

	c = net_craft(net, 1);
	c.info.epoch++;
	net_craft_add(&c, &beat, sizeof(beat));
	net_craft_send(net, &c, 0);
	KUNIT_EXPECT_EQ(test, net_drops(net, 0, SAMR_DROP_EPOCH), 1ULL);

	c = net_craft(net, 1);
	c.info.domain++;
	net_craft_add(&c, &beat, sizeof(beat));
	net_craft_send(net, &c, 0);
	KUNIT_EXPECT_EQ(test, net_drops(net, 0, SAMR_DROP_DOMAIN), 1ULL);

	c = net_craft(net, 1);
	c.info.src = 3;
	net_craft_add(&c, &beat, sizeof(beat));
	net_craft_send(net, &c, 0);
	c = net_craft(net, 1);
	c.info.src = SAMR_IDS;
	net_craft_add(&c, &beat, sizeof(beat));
	net_craft_send(net, &c, 0);
	c = net_craft(net, 1);
	c.info.src = U64_MAX;
	net_craft_add(&c, &beat, sizeof(beat));
	net_craft_send(net, &c, 0);
	c = net_craft(net, 0);
	net_craft_add(&c, &beat, sizeof(beat));
	net_craft_send(net, &c, 0);
	KUNIT_EXPECT_EQ(test, net_drops(net, 0, SAMR_DROP_SOURCE), 4ULL);
}

static struct kunit_case view_cases[] = {
	KUNIT_CASE(view_of_one_stands_at_once),
	KUNIT_CASE(view_of_three_is_the_same),
	KUNIT_CASE(view_members_that_make_no_sense),
	KUNIT_CASE(view_members_change_of_mind),
	KUNIT_CASE(view_memory_that_makes_no_sense),
	KUNIT_CASE(view_founders_and_their_memory),
	KUNIT_CASE(view_keeper_holds_learners_back),
	KUNIT_CASE(view_waits_for_all),
	KUNIT_CASE(view_needs_the_same_wish),
	KUNIT_CASE(view_survives_any_loss),
	KUNIT_CASE(view_is_repeated_until_heard),
	KUNIT_CASE(view_that_does_not_concern_us),
	KUNIT_CASE(view_knows_incarnations),
	{}
};

static struct kunit_suite view_suite = {
	.name = "samr_view",
	.init = net_init,
	.exit = net_exit,
	.test_cases = view_cases,
};

kunit_test_suite(view_suite);
