// SPDX-License-Identifier: GPL-2.0
/* Queries: given to a member here, answered when stable, and the barrier. */
#include "net.h"
#include "../core/group.h"
#include "../core/query.h"

#define LONGEST	1000

static int query(struct net *net, u32 i, u64 number, u64 seen, bool linear)
{
	int err = net_query(net, i, number, 10, seen, linear, LONGEST);

	net_flush(net, i);
	return err;
}

static void forget(struct net *net, u32 i)
{
	struct samr_event ev = { .type = SAMR_EV_FORGET };

	ev.forget.group = NET_GROUP;
	ev.forget.port = NET_ASKER;
	KUNIT_EXPECT_EQ(net->test, net_step(net, i, &ev), 0);
	net_flush(net, i);
}

static struct samr_queries *of(struct net *net, u32 i)
{
	return &net->head[i].node->queries;
}

static void query_given_and_answered(struct kunit *test)
{
	struct net *net = net_up(test, 3, NULL);
	u64 upto = net->head[1].node->rcv.delivered;
	const struct net_delivery *d;

	KUNIT_ASSERT_EQ(test, query(net, 1, 77, 0, false), 0);
	d = net_last(net, 1);
	KUNIT_EXPECT_EQ(test, (int)d->meta.kind, (int)SAMR_KIND_QUERY);
	KUNIT_EXPECT_EQ(test, d->meta.port, 1U);
	KUNIT_EXPECT_EQ(test, d->meta.len, 10U);
	KUNIT_EXPECT_EQ(test, net_answer(net, 1, d->meta.arg, LONGEST + 1, upto),
			-EMSGSIZE);
	KUNIT_EXPECT_EQ(test, net_answer(net, 1, d->meta.arg + 1, 5, upto), -EINVAL);
	KUNIT_EXPECT_EQ(test, net_answer(net, 1, 0, 5, upto), -EINVAL);
	KUNIT_ASSERT_EQ(test, net_answer(net, 1, d->meta.arg, 5, upto), 0);
	d = net_last(net, 1);
	KUNIT_EXPECT_EQ(test, (int)d->meta.kind, (int)SAMR_KIND_ANSWER);
	KUNIT_EXPECT_EQ(test, d->meta.port, (u32)NET_ASKER);
	KUNIT_EXPECT_EQ(test, d->meta.arg, 77ULL);
	KUNIT_EXPECT_EQ(test, d->meta.len, 5U);
	KUNIT_EXPECT_EQ(test, (int)d->ses, (int)SAMR_SES_REPLY);
	KUNIT_EXPECT_EQ(test, net_answer(net, 1, 1, 5, upto), -ENOENT);
	KUNIT_EXPECT_EQ(test, of(net, 1)->count, 0U);
	KUNIT_EXPECT_EQ(test, of(net, 1)->bytes, 0ULL);
}

/* It waits for what its client has seen, and the answer for stability. */
static void query_waits(struct kunit *test)
{
	struct net *net = net_up(test, 2, NULL);
	u64 next = net->head[0].node->rcv.delivered + 1;

	KUNIT_ASSERT_EQ(test, query(net, 0, 1, next, false), 0);
	KUNIT_EXPECT_EQ(test, net_delivered(net, 0, SAMR_KIND_QUERY), 0U);
	KUNIT_ASSERT_EQ(test, net_send(net, 0, NET_GROUP, 10, 0), 0);
	KUNIT_EXPECT_EQ(test, net_delivered(net, 0, SAMR_KIND_QUERY), 1U);
	KUNIT_ASSERT_EQ(test, net_answer(net, 0, 1, 5, next), 0);
	KUNIT_EXPECT_EQ(test, net_delivered(net, 0, SAMR_KIND_ANSWER), 0U);
	net_settle(net);
	KUNIT_EXPECT_EQ(test, net_delivered(net, 0, SAMR_KIND_ANSWER), 1U);
}

static void query_behind_a_barrier(struct kunit *test)
{
	struct net *net = net_up(test, 3, NULL);

	KUNIT_ASSERT_EQ(test, query(net, 1, 1, 0, true), 0);
	KUNIT_EXPECT_EQ(test, net_count(net, 0, SAMR_REC_BARRIER_ASK), 1U);
	KUNIT_EXPECT_EQ(test, net_count(net, 2, SAMR_REC_BARRIER_ASK), 1U);
	/* Those that come while one is under way wait for the next one. */
	KUNIT_ASSERT_EQ(test, query(net, 1, 2, 0, true), 0);
	KUNIT_ASSERT_EQ(test, query(net, 1, 3, 0, true), 0);
	KUNIT_EXPECT_EQ(test, net_delivered(net, 1, SAMR_KIND_QUERY), 0U);
	net_run(net, 2 * NET_DELAY + SAMR_USEC);
	KUNIT_EXPECT_EQ(test, net_delivered(net, 1, SAMR_KIND_QUERY), 1U);
	KUNIT_EXPECT_EQ(test, of(net, 1)->barrier.number, 2ULL);
	/* What is lost is asked for again. */
	net_lose_flying(net);
	net_run(net, 50 * SAMR_MSEC);
	KUNIT_EXPECT_EQ(test, net_delivered(net, 1, SAMR_KIND_QUERY), 3U);
	KUNIT_EXPECT_EQ(test, of(net, 1)->barrier.number, 2ULL);
	KUNIT_EXPECT_EQ(test, samr_query_deadline(net->head[1].node), SAMR_NEVER);
}

static void query_alone(struct kunit *test)
{
	struct net *net = net_up(test, 1, NULL);

	KUNIT_ASSERT_EQ(test, query(net, 0, 1, 0, true), 0);
	KUNIT_EXPECT_EQ(test, net_delivered(net, 0, SAMR_KIND_QUERY), 1U);
}

static void send_barrier(struct net *net, u8 type, u64 number, u64 held, u32 more)
{
	struct net_craft c = net_craft(net, 2);
	struct {
		struct samr_rec_barrier w;
		u8 more[4];
	} rec = {
		.w.rec = { .type = type,
			   .len = cpu_to_be16((u16)(sizeof(rec.w) + more)) },
		.w.number = cpu_to_be64(number),
		.w.held = cpu_to_be64(held),
	};

	net_craft_add(&c, &rec, sizeof(rec.w) + more);
	net_craft_send(net, &c, 1);
}

static void query_barrier_of_a_liar(struct kunit *test)
{
	struct net *net = net_up(test, 3, NULL);

	KUNIT_ASSERT_EQ(test, query(net, 1, 1, 0, true), 0);
	net_lose_flying(net);
	send_barrier(net, SAMR_REC_BARRIER, 2, 3, 0);
	KUNIT_EXPECT_EQ(test, net_drops(net, 1, SAMR_DROP_CONFLICT), 1ULL);
	send_barrier(net, SAMR_REC_BARRIER, 0, 3, 0);
	send_barrier(net, SAMR_REC_BARRIER, 1, 3, 4);
	send_barrier(net, SAMR_REC_BARRIER_ASK, 1, 3, 0);
	KUNIT_EXPECT_EQ(test, net_drops(net, 1, SAMR_DROP_RECORD), 3ULL);
	/* Nothing can be so far ahead: whoever waited for it would wait for ever. */
	send_barrier(net, SAMR_REC_BARRIER, 1, U64_MAX, 0);
	KUNIT_EXPECT_EQ(test, net_drops(net, 1, SAMR_DROP_WINDOW), 1ULL);
	/* One head that answers often is one head. */
	send_barrier(net, SAMR_REC_BARRIER, 1, 3, 0);
	send_barrier(net, SAMR_REC_BARRIER, 1, 3, 0);
	KUNIT_EXPECT_EQ(test, net_delivered(net, 1, SAMR_KIND_QUERY), 0U);
	KUNIT_EXPECT_EQ(test, samr_policy_count(of(net, 1)->barrier.fresh),
			2U);
	net_settle(net);
	net_run(net, 50 * SAMR_MSEC);
	KUNIT_EXPECT_EQ(test, net_delivered(net, 1, SAMR_KIND_QUERY), 1U);
}

static void query_limits(struct kunit *test)
{
	struct net *net = net_up(test, 2, NULL);
	struct samr_event ev = { .type = SAMR_EV_QUERY };
	u64 far = net->head[0].node->rcv.delivered + 1000;
	u32 i;

	for (i = 0; i < SAMR_QUERIES_MAX; i++)
		KUNIT_ASSERT_EQ(test, query(net, 0, i, far, false), 0);
	KUNIT_EXPECT_EQ(test, query(net, 0, i, far, false), -EAGAIN);
	net->head[0].writable = false;
	forget(net, 0);
	KUNIT_EXPECT_TRUE(test, net->head[0].writable);
	KUNIT_EXPECT_EQ(test, of(net, 0)->count, 0U);
	KUNIT_EXPECT_EQ(test, of(net, 0)->bytes, 0ULL);
	ev.query.group = NET_GROUP;
	ev.query.most = SAMR_REPLY_MAX + 1;
	KUNIT_EXPECT_EQ(test, net_step(net, 0, &ev), -EMSGSIZE);
	ev.query.most = SAMR_REPLY_MAX;
	for (i = 0; i < SAMR_QUERY_BYTES / (SAMR_REPLY_MAX + SAMR_QUERY_COST); i++)
		KUNIT_ASSERT_EQ(test, net_step(net, 0, &ev), 0);
	KUNIT_EXPECT_EQ(test, net_step(net, 0, &ev), -EAGAIN);
	ev.query.group = NET_GROUP + 1;
	KUNIT_EXPECT_EQ(test, net_step(net, 0, &ev), -ENOTCONN);
	ev.query.group = 0;
	KUNIT_EXPECT_EQ(test, net_step(net, 0, &ev), -EINVAL);
	ev.query.group = NET_GROUP;
	ev.query.len = 5;
	KUNIT_EXPECT_EQ(test, net_step(net, 0, &ev), -EINVAL);
}

/* What nobody waits for need not lie with a member that does not read. */
static void query_unwanted(struct kunit *test)
{
	struct net *net = net_up(test, 1, NULL);
	struct samr_msg *msg;

	KUNIT_ASSERT_EQ(test, query(net, 0, 1, 0, false), 0);
	msg = list_first_entry(&of(net, 0)->given, struct samr_query, link)->given;
	KUNIT_ASSERT_NOT_NULL(test, msg);
	samr_msg_get(msg);
	KUNIT_EXPECT_FALSE(test, msg->unwanted);
	forget(net, 0);
	KUNIT_EXPECT_TRUE(test, msg->unwanted);
	samr_msg_put(msg);
}

/* Another member here is asked when one leaves; the last one's client is told. */
static void query_outlives_its_member(struct kunit *test)
{
	struct net *net = net_up(test, 1, NULL);
	const struct net_delivery *d;
	u32 first;

	KUNIT_ASSERT_EQ(test, net_member(net, 0, SAMR_KIND_JOIN, NET_GROUP, 2,
					 NET_WINDOW), 0);
	net_settle(net);
	KUNIT_ASSERT_EQ(test, query(net, 0, 5, 0, false), 0);
	d = net_last(net, 0);
	KUNIT_ASSERT_EQ(test, (int)d->meta.kind, (int)SAMR_KIND_QUERY);
	first = d->meta.port;
	KUNIT_ASSERT_EQ(test, net_member(net, 0, SAMR_KIND_LEAVE, NET_GROUP,
					 first, 0), 0);
	net_settle(net);
	KUNIT_EXPECT_EQ(test, net_delivered(net, 0, SAMR_KIND_QUERY), 2U);
	KUNIT_ASSERT_EQ(test, net_member(net, 0, SAMR_KIND_LEAVE, NET_GROUP,
					 3 - first, 0), 0);
	net_settle(net);
	KUNIT_EXPECT_EQ(test, net_delivered(net, 0, SAMR_KIND_ANSWER), 1U);
	KUNIT_EXPECT_EQ(test, of(net, 0)->count, 0U);
	KUNIT_EXPECT_EQ(test, query(net, 0, 6, 0, false), -ENOTCONN);
}

/* Those who waited for a barrier are gone, and with them the barrier. */
static void query_barrier_forgotten(struct kunit *test)
{
	struct net *net = net_up(test, 3, NULL);

	KUNIT_ASSERT_EQ(test, query(net, 1, 1, 0, true), 0);
	forget(net, 1);
	net_lose_flying(net);
	net_run(net, 20 * SAMR_MSEC);
	KUNIT_ASSERT_EQ(test, query(net, 1, 2, 0, true), 0);
	net_run(net, 50 * SAMR_MSEC);
	KUNIT_EXPECT_EQ(test, net_delivered(net, 1, SAMR_KIND_QUERY), 1U);
}

/* Whichever allocation fails: it is tried again, or the caller is told. */
static void query_without_memory(struct kunit *test)
{
	struct net *net = net_up(test, 2, NULL);
	u64 upto = net->head[0].node->rcv.delivered;
	u32 nth, failed = 0;
	int err;

	for (nth = 1; nth < 6; nth++) {
		u32 given = net_delivered(net, 0, SAMR_KIND_QUERY);
		u32 told = net_delivered(net, 0, SAMR_KIND_ANSWER);

		net->fail_nth = nth;
		err = query(net, 0, nth, 0, true);
		net->fail_nth = 0;
		if (err)
			KUNIT_ASSERT_EQ(test, query(net, 0, nth, 0, true), 0);
		failed += err == -ENOMEM;
		net_run(net, 100 * SAMR_MSEC);
		KUNIT_ASSERT_EQ(test, net_delivered(net, 0, SAMR_KIND_QUERY),
				given + 1);
		net->fail_nth = nth;
		err = net_answer(net, 0, of(net, 0)->number, 5, upto);
		net->fail_nth = 0;
		if (err)
			KUNIT_ASSERT_EQ(test, net_answer(net, 0,
						     of(net, 0)->number, 5,
						     upto), 0);
		failed += err == -ENOMEM;
		net_run(net, 100 * SAMR_MSEC);
		KUNIT_ASSERT_EQ(test, net_delivered(net, 0, SAMR_KIND_ANSWER),
				told + 1);
	}
	KUNIT_EXPECT_EQ(test, of(net, 0)->count, 0U);
	if (!failed)
		kunit_skip(test, "nothing makes allocations fail here");
}

/* It is there, and cannot be given: no other event need come for it to be tried again. */
static void query_retries(struct kunit *test)
{
	struct net *net = net_up(test, 1, NULL);
	struct samr_queries *all = of(net, 0);
	u32 nth, waited = 0;

	/* A debug kernel allocates now and then for itself: the one that matters may be later. */
	for (nth = 1; nth < 9; nth++) {
		u32 given = net_delivered(net, 0, SAMR_KIND_QUERY);
		int err;

		net->fail_nth = nth;
		err = net_query(net, 0, nth, 10, 0, false, LONGEST);
		net->fail_nth = 0;
		if (!list_empty(&all->waiting)) {
			waited++;
			KUNIT_EXPECT_NE(test,
					samr_query_deadline(net->head[0].node),
					SAMR_NEVER);
		}
		net_run(net, 100 * SAMR_MSEC);
		KUNIT_EXPECT_TRUE(test, list_empty(&all->waiting));
		KUNIT_EXPECT_EQ(test, net_delivered(net, 0, SAMR_KIND_QUERY),
				given + !err);
		forget(net, 0);
	}
	if (!waited)
		kunit_skip(test, "nothing makes allocations fail here");
}

static struct kunit_case query_cases[] = {
	KUNIT_CASE(query_given_and_answered),
	KUNIT_CASE(query_waits),
	KUNIT_CASE(query_behind_a_barrier),
	KUNIT_CASE(query_alone),
	KUNIT_CASE(query_barrier_of_a_liar),
	KUNIT_CASE(query_limits),
	KUNIT_CASE(query_unwanted),
	KUNIT_CASE(query_outlives_its_member),
	KUNIT_CASE(query_barrier_forgotten),
	KUNIT_CASE(query_without_memory),
	KUNIT_CASE(query_retries),
	{}
};

static struct kunit_suite query_suite = {
	.name = "samr_query",
	.init = net_init,
	.exit = net_exit,
	.test_cases = query_cases,
};

kunit_test_suite(query_suite);
