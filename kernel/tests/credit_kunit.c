// SPDX-License-Identifier: GPL-2.0
/* Credits: who may send how much, and who is told when it may send again. */
#include "net.h"
#include "../core/credit.h"
#include "../core/group.h"

#define WINDOW	30000

/* @count heads with a member each of NET_GROUP that holds WINDOW bytes. */
static struct net *windows(struct kunit *test, u32 count)
{
	struct net *net = test->priv;
	u32 i;

	net_heads(net, count, NULL);
	net_view(net);
	for (i = 0; i < count; i++)
		KUNIT_ASSERT_EQ(test, net_member(net, i, SAMR_KIND_JOIN,
						 NET_GROUP, 1, WINDOW), 0);
	net_settle(net);
	return net;
}

/* Messages of @len bytes that head @i can send until it is refused. */
static u32 send_all(struct net *net, u32 i, u32 len)
{
	u32 sent = 0;

	while (sent < 1000 && !net_send(net, i, NET_GROUP, len, 0)) {
		sent++;
		net_run(net, SAMR_MSEC);
	}
	return sent;
}

/* Head @i reads all that it was told. */
static void read_all(struct net *net, u32 i)
{
	struct net_head *h = &net->head[i];
	u32 k, cost = 0;

	for (k = 0; k < h->logged; k++)
		cost += samr_flow_cost(h->log[k].meta.len);
	net_consumed(net, i, NET_GROUP, net_last(net, i)->meta.gseq, cost);
	net_flush(net, i);
	h->deaf = false;
}

static void credit_is_a_share(struct kunit *test)
{
	struct net *net = windows(test, 3);
	u32 share = WINDOW / 3 / samr_flow_cost(744), i;

	for (i = 0; i < 3; i++)
		net->head[i].deaf = true;
	KUNIT_EXPECT_EQ(test, send_all(net, 0, 744), share);
	/* One who has spent his share does not take that of others. */
	KUNIT_EXPECT_EQ(test, send_all(net, 1, 744), share);
	KUNIT_EXPECT_EQ(test, send_all(net, 2, 744), share);
	net_settle(net);
	net_agreed(net, 3 * share);
}

static void credit_slowest_reader_counts(struct kunit *test)
{
	struct net *net = windows(test, 3);
	u32 share = WINDOW / 3 / samr_flow_cost(744);

	net->head[2].deaf = true;
	KUNIT_EXPECT_EQ(test, send_all(net, 0, 744), share);
	net->head[0].writable = false;
	net_run(net, 200 * SAMR_MSEC);
	KUNIT_EXPECT_FALSE(test, net->head[0].writable);
	KUNIT_EXPECT_FALSE(test, samr_node_room(net->head[0].node,
						SAMR_KIND_DATA, NET_GROUP, 744));
	read_all(net, 2);
	net_run(net, 20 * SAMR_MSEC);
	KUNIT_EXPECT_TRUE(test, net->head[0].writable);
	KUNIT_EXPECT_EQ(test, net_send(net, 0, NET_GROUP, 744, 0), 0);
	net_settle(net);
	net_agreed(net, share + 1);
}

static void credit_smallest_window_counts(struct kunit *test)
{
	struct net *net = windows(test, 3);
	u32 i;

	KUNIT_ASSERT_EQ(test, net_member(net, 1, SAMR_KIND_JOIN, NET_GROUP, 2,
					 6000), 0);
	net_settle(net);
	for (i = 0; i < 3; i++)
		net->head[i].deaf = true;
	KUNIT_EXPECT_EQ(test, send_all(net, 0, 744), 2U);
	/* When it goes, so does its limit. */
	net->head[0].writable = false;
	KUNIT_ASSERT_EQ(test, net_member(net, 1, SAMR_KIND_LEAVE, NET_GROUP, 2,
					 0), 0);
	net_settle(net);
	KUNIT_EXPECT_TRUE(test, net->head[0].writable);
	KUNIT_EXPECT_EQ(test, send_all(net, 0, 744), 8U);
}

static void credit_of_one_group_only(struct kunit *test)
{
	struct net *net = windows(test, 3);
	u32 i;

	for (i = 0; i < 3; i++)
		KUNIT_ASSERT_EQ(test, net_member(net, i, SAMR_KIND_JOIN, 8, 1,
						 WINDOW), 0);
	net_settle(net);
	for (i = 0; i < 3; i++)
		net->head[i].deaf = true;
	send_all(net, 0, 744);
	KUNIT_EXPECT_EQ(test, net_send(net, 0, NET_GROUP, 744, 0), -EAGAIN);
	KUNIT_EXPECT_EQ(test, net_send(net, 0, 8, 744, 0), 0);
	KUNIT_EXPECT_EQ(test, net_send(net, 1, NET_GROUP, 744, 0), 0);
	net_settle(net);
}

static void credit_message_above_the_share(struct kunit *test)
{
	struct net *net = windows(test, 3);
	u32 i;

	for (i = 0; i < 3; i++)
		net->head[i].deaf = true;
	/* Larger than all that may be out: it goes when nothing else is out. */
	KUNIT_EXPECT_TRUE(test, samr_node_room(net->head[0].node,
					       SAMR_KIND_DATA, NET_GROUP, 50000));
	KUNIT_EXPECT_EQ(test, net_send(net, 0, NET_GROUP, 50000, 0), 0);
	net_settle(net);
	KUNIT_EXPECT_EQ(test, net_send(net, 0, NET_GROUP, 1, 0), -EAGAIN);
	for (i = 0; i < 3; i++)
		read_all(net, i);
	net_run(net, 20 * SAMR_MSEC);
	KUNIT_EXPECT_EQ(test, net_send(net, 0, NET_GROUP, 1, 0), 0);
	net_settle(net);
}

static u64 lose_reports(struct net *net, u32 from, u32 to,
			struct samr_blob *frame)
{
	return net->counter && net_has(frame, SAMR_REC_CREDIT) ? NET_LOST :
								 NET_DELAY;
}

/* A report that is lost is asked for. */
static void credit_lost_report(struct kunit *test)
{
	struct net *net = windows(test, 3);

	net->fate = lose_reports;
	net->counter = 1;
	send_all(net, 0, 744);
	net->head[0].writable = false;
	net_run(net, 300 * SAMR_MSEC);
	KUNIT_EXPECT_FALSE(test, net->head[0].writable);
	net->counter = 0;
	net_run(net, 50 * SAMR_MSEC);
	KUNIT_EXPECT_TRUE(test, net->head[0].writable);
	net_settle(net);
}

/* More messages are out than places to note them: the newest are one. */
static void credit_many_small_messages(struct kunit *test)
{
	struct net *net = windows(test, 1);
	struct samr_group *g = samr_group_find(net->head[0].node, NET_GROUP);
	u64 first;
	u32 sent;

	net->head[0].deaf = true;
	first = net->head[0].node->rcv.last + 1;
	sent = send_all(net, 0, 0);
	KUNIT_EXPECT_EQ(test, sent, (u32)WINDOW / samr_flow_cost(0));
	KUNIT_EXPECT_GT(test, sent, (u32)SAMR_DEBTS);
	KUNIT_EXPECT_EQ(test, g->debts, (u32)SAMR_DEBTS);
	KUNIT_EXPECT_EQ(test, g->owed, (u64)sent * samr_flow_cost(0));
	/* One read, one may be sent. */
	net_consumed(net, 0, NET_GROUP, first, samr_flow_cost(0));
	KUNIT_EXPECT_EQ(test, send_all(net, 0, 0), 1U);
	read_all(net, 0);
	KUNIT_EXPECT_EQ(test, g->owed, 0ULL);
	KUNIT_EXPECT_EQ(test, g->debts, 0U);
	net_settle(net);
}

/* The debt of those who leave is forgiven, the order goes on. */
static void credit_reader_that_leaves(struct kunit *test)
{
	struct net *net = windows(test, 3);

	net->head[2].deaf = true;
	send_all(net, 0, 744);
	KUNIT_EXPECT_EQ(test, net_send(net, 0, NET_GROUP, 744, 0), -EAGAIN);
	net->head[0].writable = false;
	KUNIT_ASSERT_EQ(test, net_member(net, 2, SAMR_KIND_LEAVE, NET_GROUP, 1,
					 0), 0);
	net_run(net, 100 * SAMR_MSEC);
	KUNIT_EXPECT_TRUE(test, net->head[0].writable);
	KUNIT_EXPECT_EQ(test, net_send(net, 0, NET_GROUP, 744, 0), 0);
	net_settle(net);
}

/* Who joins later need not read what was before. */
static void credit_reader_that_joins(struct kunit *test)
{
	struct net *net = test->priv;

	net_heads(net, 2, NULL);
	net_view(net);
	net_member(net, 0, SAMR_KIND_JOIN, NET_GROUP, 1, WINDOW);
	net_settle(net);
	send_all(net, 0, 744);
	net_settle(net);
	net_member(net, 1, SAMR_KIND_JOIN, NET_GROUP, 1, WINDOW);
	net_settle(net);
	net_run(net, 100 * SAMR_MSEC);
	KUNIT_EXPECT_EQ(test, samr_group_find(net->head[0].node,
					      NET_GROUP)->owed, 0ULL);
	KUNIT_EXPECT_EQ(test, net_send(net, 0, NET_GROUP, 744, 0), 0);
	net_settle(net);
	KUNIT_EXPECT_EQ(test, net_data(net, 1), 1U);
}

static void credit_wild_report(struct kunit *test)
{
	struct net *net = windows(test, 3);
	struct samr_rec_credit r = {
		.rec = {
			.type = SAMR_REC_CREDIT,
			.len = cpu_to_be16(sizeof(r)),
		},
		.gseq = cpu_to_be64(U64_MAX),
	};
	struct net_craft c = net_craft(net, 2);
	struct samr_group *g;
	u32 i;

	/* Of a group that nobody knows, of one without members there, twice. */
	r.group = cpu_to_be32(99);
	net_craft_add(&c, &r, sizeof(r));
	r.group = cpu_to_be32(NET_GROUP);
	net_craft_add(&c, &r, sizeof(r));
	net_craft_add(&c, &r, sizeof(r));
	r.rec.type = SAMR_REC_CREDIT_ASK;
	r.group = cpu_to_be32(99);
	net_craft_add(&c, &r, sizeof(r));
	net_craft_send(net, &c, 0);
	KUNIT_EXPECT_NULL(test, samr_group_find(net->head[0].node, 99));
	/* Whoever lies about his own reading helps nobody else. */
	for (i = 0; i < 3; i++)
		net->head[i].deaf = true;
	KUNIT_EXPECT_EQ(test, send_all(net, 0, 744), 10U);
	g = samr_group_find(net->head[0].node, NET_GROUP);
	KUNIT_EXPECT_EQ(test, g->owed, 10ULL * samr_flow_cost(744));
	net_settle(net);
}

static void credit_reading_never_goes_back(struct kunit *test)
{
	struct net *net = windows(test, 2);
	struct samr_group *g = samr_group_find(net->head[0].node, NET_GROUP);
	u64 read;

	net_send(net, 0, NET_GROUP, 10, 0);
	net_settle(net);
	net_run(net, 20 * SAMR_MSEC);
	read = g->read[0];
	KUNIT_EXPECT_EQ(test, read, net_last(net, 0)->meta.gseq);
	net_consumed(net, 0, NET_GROUP, 1, 100);
	net_consumed(net, 0, 4711, 1, 100);
	KUNIT_EXPECT_EQ(test, g->read[0], read);
	KUNIT_EXPECT_EQ(test, g->read[1], read);
}

/* Reading much is reported at once, reading little with a later frame. */
static void credit_reports_are_few(struct kunit *test)
{
	struct net *net = windows(test, 2);
	u32 i, reports;

	net_run(net, 50 * SAMR_MSEC);
	net_send(net, 0, NET_GROUP, 10, 0);
	net_run(net, NET_DELAY);
	KUNIT_EXPECT_EQ(test, net_count(net, 0, SAMR_REC_CREDIT), 0U);
	net_run(net, 5025 * SAMR_USEC);
	reports = net_count(net, 0, SAMR_REC_CREDIT);
	KUNIT_EXPECT_EQ(test, reports, 1U);
	net_settle(net);
	for (i = 0; i < 4; i++)
		KUNIT_ASSERT_EQ(test, net_send(net, 0, NET_GROUP, 744, 0), 0);
	net_run(net, NET_DELAY);
	KUNIT_EXPECT_EQ(test, net_count(net, 0, SAMR_REC_CREDIT), 1U);
	net_settle(net);
}

static int join(struct net *net, u32 i, u32 port)
{
	return net_member(net, i, SAMR_KIND_JOIN, NET_GROUP, port, WINDOW);
}

static int leave(struct net *net, u32 i, u32 port)
{
	return net_member(net, i, SAMR_KIND_LEAVE, NET_GROUP, port, 0);
}

static u64 out_of(struct net *net, u32 i)
{
	struct samr_group *g = samr_group_find(net->head[i].node, NET_GROUP);

	return g ? g->unordered + g->owed : 0;
}

#define CHURN	200

/* Members of head @i that come and go until one is refused, CHURN at most. */
static u32 churn(struct net *net, u32 i)
{
	u32 n;

	for (n = 0; n < CHURN && !join(net, i, 100 + n); n++) {
		net_run(net, SAMR_MSEC);
		KUNIT_EXPECT_EQ(net->test, leave(net, i, 100 + n), 0);
		net_run(net, SAMR_MSEC);
	}
	return n;
}

/* Joins and leaves have an end where somebody does not read; they have two shares. */
static void credit_joins_are_charged(struct kunit *test)
{
	struct net *net = windows(test, 3);
	u32 pair = samr_members_cost(4) + samr_members_cost(3), n;

	net->head[2].deaf = true;
	n = churn(net, 0);
	/* The one before the last may go over it by its leave. */
	KUNIT_EXPECT_GE(test, n, 2 * (WINDOW / 3) / pair);
	KUNIT_EXPECT_LE(test, n, 2 * (WINDOW / 3) / pair + 1);
	KUNIT_EXPECT_EQ(test, out_of(net, 0), (u64)n * pair);
	KUNIT_EXPECT_FALSE(test, samr_node_room(net->head[0].node,
						SAMR_KIND_JOIN, NET_GROUP, 0));
	KUNIT_EXPECT_EQ(test, net_send(net, 0, NET_GROUP, 1, 0), -EAGAIN);
	/* That was its own share. */
	KUNIT_EXPECT_EQ(test, join(net, 1, 50), 0);
	net_run(net, SAMR_MSEC);
	KUNIT_EXPECT_EQ(test, join(net, 0, 51), -EAGAIN);
	net->head[0].writable = false;
	net_run(net, 100 * SAMR_MSEC);
	KUNIT_EXPECT_FALSE(test, net->head[0].writable);

	read_all(net, 2);
	net_run(net, 20 * SAMR_MSEC);
	KUNIT_EXPECT_TRUE(test, net->head[0].writable);
	KUNIT_EXPECT_EQ(test, out_of(net, 0), 0ULL);
	KUNIT_EXPECT_EQ(test, join(net, 0, 51), 0);
	net_settle(net);
}

/* Data does not keep members out, and a leave is never refused. */
static void credit_join_beside_data(struct kunit *test)
{
	struct net *net = windows(test, 3);
	u32 n;

	net->head[2].deaf = true;
	send_all(net, 0, 744);
	n = churn(net, 0);
	KUNIT_EXPECT_GT(test, n, 5U);
	KUNIT_EXPECT_LT(test, n, 20U);
	KUNIT_EXPECT_EQ(test, join(net, 0, 2), -EAGAIN);
	KUNIT_EXPECT_EQ(test, leave(net, 0, 1), 0);
	net_settle(net);
}

/* Where nobody is a member nobody keeps anything. */
static void credit_join_is_free_without_members(struct kunit *test)
{
	struct net *net = test->priv;

	net_heads(net, 2, NULL);
	net_view(net);
	KUNIT_EXPECT_EQ(test, churn(net, 0), (u32)CHURN);
	KUNIT_EXPECT_EQ(test, churn(net, 1), (u32)CHURN);
	KUNIT_EXPECT_EQ(test, out_of(net, 0), 0ULL);
	KUNIT_EXPECT_EQ(test, out_of(net, 1), 0ULL);
}

/* What it was charged is taken off, whatever became of the group meanwhile. */
static void credit_join_of_another_length(struct kunit *test)
{
	struct net *net = windows(test, 3);
	struct samr_group *g = samr_group_find(net->head[1].node, NET_GROUP);

	net->head[1].deaf = true;
	net->head[2].deaf = true;
	KUNIT_EXPECT_EQ(test, join(net, 1, 2), 0);
	KUNIT_EXPECT_EQ(test, g->unordered, (u64)samr_members_cost(4));
	/* One comes before it, so that its list is longer. */
	KUNIT_EXPECT_EQ(test, join(net, 0, 2), 0);
	net_run(net, SAMR_MSEC);
	KUNIT_EXPECT_EQ(test, g->unordered, 0ULL);
	KUNIT_EXPECT_EQ(test, g->owed, (u64)samr_members_cost(5));
	/* Twice the same member: refused in order, and it has no list. */
	KUNIT_EXPECT_EQ(test, join(net, 1, 2), 0);
	net_run(net, SAMR_MSEC);
	KUNIT_EXPECT_EQ(test, g->unordered, 0ULL);
	KUNIT_EXPECT_EQ(test, g->owed, (u64)samr_members_cost(5) +
				       samr_flow_cost(0));
	read_all(net, 1);
	read_all(net, 2);
	net_run(net, 20 * SAMR_MSEC);
	KUNIT_EXPECT_EQ(test, g->owed, 0ULL);
	net_settle(net);
}

/* All go while it is on its way: it makes the group anew, and owes nothing. */
static void credit_join_behind_the_last_leave(struct kunit *test)
{
	struct net *net = windows(test, 3);
	u32 i;

	KUNIT_EXPECT_EQ(test, leave(net, 1, 1), 0);
	KUNIT_EXPECT_EQ(test, join(net, 1, 2), 0);
	KUNIT_EXPECT_GT(test, out_of(net, 1), (u64)samr_members_cost(4));
	KUNIT_EXPECT_EQ(test, leave(net, 2, 1), 0);
	KUNIT_EXPECT_EQ(test, leave(net, 0, 1), 0);
	net_settle(net);
	net_run(net, 20 * SAMR_MSEC);
	for (i = 0; i < 3; i++)
		KUNIT_EXPECT_EQ(test, out_of(net, i), 0ULL);
	KUNIT_EXPECT_EQ(test, leave(net, 1, 2), 0);
	net_settle(net);
	for (i = 0; i < 3; i++)
		KUNIT_EXPECT_NULL(test, samr_group_find(net->head[i].node,
							NET_GROUP));
}

/* A shorter list makes room where nobody has read anything. */
static void credit_join_waits_for_a_shorter_list(struct kunit *test)
{
	struct net *net = windows(test, 2);
	bool taken = false;
	u32 i;

	for (i = 0; i < 200; i++) {
		KUNIT_ASSERT_EQ(test, join(net, 1, 10 + i), 0);
		net_run(net, 10 * SAMR_MSEC);
	}
	net->head[1].deaf = true;
	while (!join(net, 0, 500 + i++))
		net_run(net, SAMR_MSEC);
	net->head[0].writable = false;
	/* It asks again when it is told, and only then. */
	for (i = 0; i < 200 && !taken; i++) {
		KUNIT_ASSERT_EQ(test, leave(net, 1, 10 + i), 0);
		net_run(net, SAMR_MSEC);
		if (!net->head[0].writable)
			continue;
		net->head[0].writable = false;
		taken = !join(net, 0, 499);
	}
	KUNIT_EXPECT_TRUE(test, taken);
	net_settle(net);
}

static struct kunit_case credit_cases[] = {
	KUNIT_CASE(credit_is_a_share),
	KUNIT_CASE(credit_slowest_reader_counts),
	KUNIT_CASE(credit_smallest_window_counts),
	KUNIT_CASE(credit_of_one_group_only),
	KUNIT_CASE(credit_message_above_the_share),
	KUNIT_CASE(credit_lost_report),
	KUNIT_CASE(credit_many_small_messages),
	KUNIT_CASE(credit_reader_that_leaves),
	KUNIT_CASE(credit_reader_that_joins),
	KUNIT_CASE(credit_wild_report),
	KUNIT_CASE(credit_reading_never_goes_back),
	KUNIT_CASE(credit_reports_are_few),
	KUNIT_CASE(credit_joins_are_charged),
	KUNIT_CASE(credit_join_beside_data),
	KUNIT_CASE(credit_join_is_free_without_members),
	KUNIT_CASE(credit_join_of_another_length),
	KUNIT_CASE(credit_join_behind_the_last_leave),
	KUNIT_CASE(credit_join_waits_for_a_shorter_list),
	{}
};

static struct kunit_suite credit_suite = {
	.name = "samr_credit",
	.init = net_init,
	.exit = net_exit,
	.test_cases = credit_cases,
};

kunit_test_suite(credit_suite);
