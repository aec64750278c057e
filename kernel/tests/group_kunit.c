// SPDX-License-Identifier: GPL-2.0
/* Groups: who is a member, and what each of them is told. */
#include "net.h"
#include "../core/group.h"

static int join(struct net *net, u32 i, u32 group, u32 port)
{
	return net_member(net, i, SAMR_KIND_JOIN, group, port, NET_WINDOW);
}

static int leave(struct net *net, u32 i, u32 group, u32 port)
{
	return net_member(net, i, SAMR_KIND_LEAVE, group, port, 0);
}

static u32 members_of(struct net *net, u32 i, u32 group)
{
	struct samr_members *m = samr_node_members(net->head[i].node, group);
	u32 count = m ? m->count : 0;

	samr_members_put(m);
	return count;
}

static void group_members_by_seniority(struct kunit *test)
{
	static const u64 node[] = { 3, 1, 2, 3 };
	static const u32 port[] = { 9, 1, 5, 2 };
	struct net *net = test->priv;
	struct samr_members *m;
	u32 i, k;

	net_heads(net, 3, NULL);
	net_view(net);
	for (k = 0; k < 4; k++) {
		KUNIT_ASSERT_EQ(test, join(net, (u32)node[k] - 1, 42, port[k]),
				0);
		net_settle(net);
	}
	for (i = 0; i < 3; i++) {
		m = samr_node_members(net->head[i].node, 42);
		KUNIT_ASSERT_NOT_NULL(test, m);
		KUNIT_EXPECT_EQ(test, m->count, 4U);
		for (k = 0; k < m->count; k++) {
			KUNIT_EXPECT_EQ(test, m->m[k].node, node[k]);
			KUNIT_EXPECT_EQ(test, m->m[k].port, port[k]);
			KUNIT_EXPECT_EQ(test, m->m[k].inc,
					0x1000 + node[k] - 1);
		}
		samr_members_put(m);
	}
}

static void group_join_twice_is_refused(struct kunit *test)
{
	struct net *net = net_up(test, 1, NULL);

	KUNIT_EXPECT_EQ(test, join(net, 0, NET_GROUP, 1), 0);
	KUNIT_EXPECT_TRUE(test, net_last(net, 0)->refused);
	KUNIT_EXPECT_EQ(test, members_of(net, 0, NET_GROUP), 1U);
	KUNIT_EXPECT_EQ(test, join(net, 0, NET_GROUP, 2), 0);
	KUNIT_EXPECT_FALSE(test, net_last(net, 0)->refused);
	KUNIT_EXPECT_EQ(test, members_of(net, 0, NET_GROUP), 2U);
}

static void group_full(struct kunit *test)
{
	struct net *net = net_up(test, 1, NULL);
	u32 port;

	for (port = 2; port <= SAMR_MEMBERS_MAX; port++)
		KUNIT_ASSERT_EQ(test, join(net, 0, NET_GROUP, port), 0);
	KUNIT_EXPECT_EQ(test, members_of(net, 0, NET_GROUP),
			(u32)SAMR_MEMBERS_MAX);
	KUNIT_EXPECT_FALSE(test, net_last(net, 0)->refused);
	KUNIT_EXPECT_EQ(test, join(net, 0, NET_GROUP, 9999), 0);
	KUNIT_EXPECT_TRUE(test, net_last(net, 0)->refused);
	KUNIT_EXPECT_EQ(test, leave(net, 0, NET_GROUP, 7), 0);
	KUNIT_EXPECT_EQ(test, join(net, 0, NET_GROUP, 9999), 0);
	KUNIT_EXPECT_FALSE(test, net_last(net, 0)->refused);
}

static void group_too_many(struct kunit *test)
{
	struct net *net = net_up(test, 1, NULL);
	u32 id, refused = 0;

	for (id = 100; id < 100 + SAMR_GROUPS_MAX; id++) {
		net->head[0].logged = 0;
		KUNIT_ASSERT_EQ(test, join(net, 0, id, 1), 0);
		refused += net_last(net, 0)->refused;
	}
	/* One was there before. */
	KUNIT_EXPECT_EQ(test, refused, 1U);
	KUNIT_EXPECT_EQ(test, members_of(net, 0, id - 1), 0U);
	KUNIT_EXPECT_EQ(test, leave(net, 0, 100, 1), 0);
	KUNIT_EXPECT_EQ(test, join(net, 0, id - 1, 1), 0);
	KUNIT_EXPECT_EQ(test, members_of(net, 0, id - 1), 1U);
}

static void group_leave(struct kunit *test)
{
	struct net *net = net_up(test, 3, NULL);
	u32 i;

	KUNIT_ASSERT_EQ(test, leave(net, 1, NET_GROUP, 1), 0);
	net_settle(net);
	for (i = 0; i < 3; i++)
		KUNIT_EXPECT_EQ(test, members_of(net, i, NET_GROUP), 2U);
	/* It is told itself, the last that it hears. */
	KUNIT_EXPECT_EQ(test, net_last(net, 1)->meta.kind, SAMR_KIND_LEAVE);
	KUNIT_EXPECT_EQ(test, net_last(net, 1)->members, 2U);
	net_send(net, 0, NET_GROUP, 10, 0);
	net_settle(net);
	KUNIT_EXPECT_EQ(test, net_data(net, 1), 0U);
	KUNIT_EXPECT_EQ(test, net_data(net, 2), 1U);
	/* Who is no member leaves nothing. */
	KUNIT_ASSERT_EQ(test, leave(net, 1, NET_GROUP, 1), 0);
	net_settle(net);
	KUNIT_EXPECT_EQ(test, net_last(net, 1)->members, 0U);
	KUNIT_EXPECT_EQ(test, members_of(net, 0, NET_GROUP), 2U);
}

static void group_last_one_out(struct kunit *test)
{
	struct net *net = net_up(test, 2, NULL);
	u32 i;

	KUNIT_ASSERT_EQ(test, leave(net, 0, NET_GROUP, 1), 0);
	KUNIT_ASSERT_EQ(test, leave(net, 1, NET_GROUP, 1), 0);
	net_settle(net);
	for (i = 0; i < 2; i++) {
		KUNIT_EXPECT_NULL(test, samr_group_find(net->head[i].node,
							NET_GROUP));
		KUNIT_EXPECT_EQ(test, samr_node_group(net->head[i].node, 0), 0U);
	}
	KUNIT_EXPECT_EQ(test, net_send(net, 0, NET_GROUP, 10, 0), -ENOTCONN);
}

static void group_walk_ascends(struct kunit *test)
{
	static const u32 id[] = { 900, 3, U32_MAX, 64, 128, 5 };
	struct net *net = net_up(test, 1, NULL);
	struct samr_node *n = net->head[0].node;
	u32 i, last = 0, count = 0, next;

	for (i = 0; i < ARRAY_SIZE(id); i++)
		KUNIT_ASSERT_EQ(test, join(net, 0, id[i], 1), 0);
	while ((next = samr_node_group(n, last))) {
		KUNIT_EXPECT_GT(test, next, last);
		last = next;
		count++;
	}
	KUNIT_EXPECT_EQ(test, count, (u32)ARRAY_SIZE(id) + 1);
	KUNIT_EXPECT_EQ(test, last, U32_MAX);
}

/* Only those hear of a message whose head has members of its group. */
static void group_concerns_its_members(struct kunit *test)
{
	struct net *net = test->priv;

	net_heads(net, 3, NULL);
	net_view(net);
	join(net, 0, 1, 1);
	join(net, 1, 2, 1);
	net_settle(net);
	KUNIT_EXPECT_EQ(test, net_send(net, 0, 1, 10, 0), 0);
	KUNIT_EXPECT_EQ(test, net_send(net, 1, 2, 10, 0), 0);
	/* Who is in no group may send to one, and is told of that. */
	KUNIT_EXPECT_EQ(test, net_send(net, 2, 1, 10, 0), 0);
	net_settle(net);
	KUNIT_EXPECT_EQ(test, net_data(net, 0), 2U);
	KUNIT_EXPECT_EQ(test, net_data(net, 1), 1U);
	KUNIT_EXPECT_EQ(test, net_data(net, 2), 1U);
	KUNIT_EXPECT_TRUE(test, net_last(net, 2)->owned);
}

static void group_view_id_and_random(struct kunit *test)
{
	struct net *net = net_up(test, 2, NULL);
	u64 view = net_last(net, 0)->view;

	KUNIT_EXPECT_EQ(test, view, net_last(net, 0)->meta.gseq);
	net_send(net, 0, NET_GROUP, 10, 0);
	net_settle(net);
	KUNIT_EXPECT_EQ(test, net_last(net, 0)->view, view);
	KUNIT_EXPECT_EQ(test, net_last(net, 1)->view, view);
	net_send(net, 1, NET_GROUP, 10, 0);
	net_settle(net);
	net_agreed(net, 2);
	KUNIT_EXPECT_NE(test, net->head[0].log[net->head[0].logged - 1].random,
			net->head[0].log[net->head[0].logged - 2].random);
}

static u64 mute_third(struct net *net, u32 from, u32 to,
		      struct samr_blob *frame)
{
	return from == 2 || to == 2 ? NET_LOST : NET_DELAY;
}

/* What comes behind a SAFE message waits for it: one order per group. */
static void group_safe_holds_up_its_group_only(struct kunit *test)
{
	struct net *net = net_up(test, 3, NULL);
	u32 i;

	for (i = 0; i < 3; i++)
		join(net, i, 8, 1);
	net_settle(net);
	net->fate = mute_third;
	net_send(net, 0, NET_GROUP, 10, SAMR_MSG_SAFE);
	net_send(net, 0, NET_GROUP, 10, 0);
	net_send(net, 0, 8, 10, 0);
	net_run(net, 50 * SAMR_MSEC);
	KUNIT_ASSERT_EQ(test, net_data(net, 1), 1U);
	KUNIT_EXPECT_EQ(test, net_last(net, 1)->meta.group, 8U);
	net->fate = NULL;
	net_settle(net);
	KUNIT_EXPECT_EQ(test, net_data(net, 0), 3U);
	KUNIT_EXPECT_EQ(test, net_data(net, 2), 3U);
	KUNIT_EXPECT_EQ(test, net_last(net, 1)->meta.flags, 0);
	KUNIT_EXPECT_EQ(test, net->head[1].log[net->head[1].logged - 2].meta.flags,
			SAMR_MSG_SAFE);
}

/* A group ends while a SAFE message of it waits: it is delivered all the same. */
static void group_ends_while_a_message_waits(struct kunit *test)
{
	struct net *net = test->priv;
	struct samr_group *g;
	u32 i;

	net_heads(net, 3, NULL);
	net_view(net);
	join(net, 0, 5, 1);
	join(net, 1, 5, 1);
	net_settle(net);
	net->fate = mute_third;
	KUNIT_ASSERT_EQ(test, net_send(net, 0, 5, 10, SAMR_MSG_SAFE), 0);
	KUNIT_ASSERT_EQ(test, leave(net, 0, 5, 1), 0);
	KUNIT_ASSERT_EQ(test, leave(net, 1, 5, 1), 0);
	net_run(net, 50 * SAMR_MSEC);
	g = samr_group_find(net->head[1].node, 5);
	KUNIT_ASSERT_NOT_NULL(test, g);
	KUNIT_EXPECT_NULL(test, g->members);
	KUNIT_EXPECT_FALSE(test, list_empty(&g->held));
	KUNIT_EXPECT_EQ(test, net_send(net, 0, 5, 10, SAMR_MSG_SAFE),
			-ENOTCONN);
	net->fate = NULL;
	net_settle(net);
	KUNIT_EXPECT_EQ(test, net_data(net, 0), 1U);
	KUNIT_EXPECT_EQ(test, net_data(net, 1), 1U);
	KUNIT_EXPECT_EQ(test, net_last(net, 1)->meta.kind, SAMR_KIND_LEAVE);
	for (i = 0; i < 3; i++)
		KUNIT_EXPECT_NULL(test, samr_group_find(net->head[i].node, 5));
}

static u64 delay_third(struct net *net, u32 from, u32 to,
		       struct samr_blob *frame)
{
	return from == 2 && net_has(frame, SAMR_REC_SUBMIT) ? 5 * SAMR_MSEC :
							      NET_DELAY;
}

/* A message on its way to a group that has ended when it gets its place. */
static void group_ends_before_a_message_comes(struct kunit *test)
{
	struct net *net = test->priv;
	u32 i;

	net_heads(net, 3, NULL);
	net_view(net);
	join(net, 0, 5, 1);
	join(net, 1, 5, 1);
	net_settle(net);
	net->fate = delay_third;
	KUNIT_ASSERT_EQ(test, net_send(net, 2, 5, 10, SAMR_MSG_SAFE), 0);
	KUNIT_ASSERT_EQ(test, leave(net, 0, 5, 1), 0);
	KUNIT_ASSERT_EQ(test, leave(net, 1, 5, 1), 0);
	net_settle(net);
	KUNIT_EXPECT_EQ(test, net_data(net, 0), 0U);
	KUNIT_EXPECT_EQ(test, net_data(net, 1), 0U);
	/* Nobody read it, but its sender hears that it is done. */
	KUNIT_EXPECT_EQ(test, net_data(net, 2), 1U);
	KUNIT_EXPECT_TRUE(test, net_last(net, 2)->owned);
	for (i = 0; i < 3; i++)
		KUNIT_EXPECT_NULL(test, samr_group_find(net->head[i].node, 5));
}

/* A change that finds no memory has not happened, and happens later. */
static void group_change_without_memory(struct kunit *test)
{
	struct net *net = net_up(test, 1, NULL);
	u32 nth, failed = 0;

	for (nth = 1; nth <= 6; nth++) {
		struct samr_event ev = {
			.type = SAMR_EV_SUBMIT,
			.submit = {
				.group = 20 + nth,
				.port = 1,
				.kind = SAMR_KIND_JOIN,
				.arg = NET_WINDOW,
				.owner = net,
			},
		};

		net->fail_nth = nth;
		if (net_step(net, 0, &ev)) {
			net->fail_nth = 0;
			failed++;
			continue;
		}
		failed += net->head[0].failed;
		net->fail_nth = 0;
		if (net->head[0].node->rcv.retry_at != SAMR_NEVER)
			KUNIT_EXPECT_EQ(test, members_of(net, 0, 20 + nth), 0U);
		net_settle(net);
		KUNIT_EXPECT_EQ(test, members_of(net, 0, 20 + nth), 1U);
		KUNIT_EXPECT_EQ(test, net_last(net, 0)->members, 1U);
	}
	if (!failed)
		kunit_skip(test, "no fault injection");
}

/* What head @i was told of changes since this was asked last. */
static u32 changes_of(struct net *net, u32 i)
{
	u32 n;

	net_settle(net);
	n = net->head[i].changes;
	net->head[i].changes = 0;
	return n;
}

static void group_changes_are_told(struct kunit *test)
{
	struct net *net = net_up(test, 2, NULL);
	u32 i;

	changes_of(net, 0);
	changes_of(net, 1);
	for (i = 0; i < 2; i++) {
		KUNIT_EXPECT_EQ(test, join(net, 0, 42 + i, 1), 0);
		KUNIT_EXPECT_EQ(test, changes_of(net, 0), 1U);
		KUNIT_EXPECT_EQ(test, changes_of(net, 1), 1U);
		KUNIT_EXPECT_EQ(test, net->head[1].changed[0], 42 + i);
	}
	KUNIT_EXPECT_EQ(test, net_send(net, 0, 42, 10, 0), 0);
	KUNIT_EXPECT_EQ(test, join(net, 0, 42, 1), 0);
	KUNIT_EXPECT_EQ(test, leave(net, 0, 42, 7), 0);
	KUNIT_EXPECT_EQ(test, changes_of(net, 1), 0U);
	KUNIT_EXPECT_EQ(test, leave(net, 0, 42, 1), 0);
	KUNIT_EXPECT_EQ(test, changes_of(net, 1), 1U);
	KUNIT_EXPECT_EQ(test, net->head[1].changed[0], 42U);
	KUNIT_EXPECT_EQ(test, members_of(net, 1, 42), 0U);
}

/* @count joins in one frame, to @groups groups from @first on, in turn. */
static void join_many(struct net *net, u32 first, u32 groups, u32 count)
{
	struct samr_event ev = {
		.type = SAMR_EV_SUBMIT,
		.submit = { .kind = SAMR_KIND_JOIN, .arg = NET_WINDOW },
	};
	struct samr_event large = {
		.type = SAMR_EV_FRAME_MAX,
		.frame_max = 1486,
	};
	u32 i;

	net_step(net, 0, &large);
	for (i = 0; i < count; i++) {
		ev.submit.group = first + i % groups;
		ev.submit.port = 1 + i;
		KUNIT_EXPECT_EQ(net->test, net_step(net, 0, &ev), 0);
	}
	net_flush(net, 0);
}

static void group_changes_that_come_together(struct kunit *test)
{
	struct net *net = net_up(test, 2, NULL);
	u32 i;

	changes_of(net, 1);
	join_many(net, 100, 3, 6);
	KUNIT_EXPECT_EQ(test, changes_of(net, 1), 3U);
	for (i = 0; i < 3; i++)
		KUNIT_EXPECT_EQ(test, net->head[1].changed[i], 100 + i);
	join_many(net, 200, SAMR_CHANGES_MAX + 3, SAMR_CHANGES_MAX + 3);
	KUNIT_EXPECT_GT(test, changes_of(net, 1), (u32)SAMR_CHANGES_MAX);
	for (i = 0; i < SAMR_CHANGES_MAX; i++)
		KUNIT_EXPECT_EQ(test, net->head[1].changed[i], 200 + i);
}

static struct kunit_case group_cases[] = {
	KUNIT_CASE(group_changes_are_told),
	KUNIT_CASE(group_changes_that_come_together),
	KUNIT_CASE(group_members_by_seniority),
	KUNIT_CASE(group_join_twice_is_refused),
	KUNIT_CASE(group_full),
	KUNIT_CASE(group_too_many),
	KUNIT_CASE(group_leave),
	KUNIT_CASE(group_last_one_out),
	KUNIT_CASE(group_walk_ascends),
	KUNIT_CASE(group_concerns_its_members),
	KUNIT_CASE(group_view_id_and_random),
	KUNIT_CASE(group_safe_holds_up_its_group_only),
	KUNIT_CASE(group_ends_while_a_message_waits),
	KUNIT_CASE(group_ends_before_a_message_comes),
	KUNIT_CASE(group_change_without_memory),
	{}
};

static struct kunit_suite group_suite = {
	.name = "samr_group",
	.init = net_init,
	.exit = net_exit,
	.test_cases = group_cases,
};

kunit_test_suite(group_suite);
