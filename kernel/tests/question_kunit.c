// SPDX-License-Identifier: GPL-2.0
/* Queries of a head that has no member of the group: other heads are asked. */
#include "net.h"
#include "../core/group.h"
#include "../core/query.h"

#define LONG	3000		/* does not fit one frame */
#define HUGE	150000		/* is fetched part by part */

static int query(struct net *net, u32 i, u64 number, u32 len, u64 seen, bool linear)
{
	int err = net_query(net, i, number, len, seen, linear, HUGE);

	net_flush(net, i);
	return err;
}

/* The member on head @i answers what it was asked last. */
static void answer(struct net *net, u32 i, u32 len)
{
	const struct net_delivery *d = net_last(net, i);

	KUNIT_ASSERT_EQ(net->test, (int)d->meta.kind, (int)SAMR_KIND_QUERY);
	KUNIT_ASSERT_EQ(net->test, net_answer(net, i, d->meta.arg, len,
					      net->head[i].node->rcv.delivered), 0);
}

static struct samr_queries *of(struct net *net, u32 i)
{
	return &net->head[i].node->queries;
}

/* Heads, of which the first has no member (any more). */
static struct net *net_without(struct kunit *test, u32 heads)
{
	struct net *net = net_up(test, heads, NULL);

	KUNIT_ASSERT_EQ(test, net_member(net, 0, SAMR_KIND_LEAVE, NET_GROUP, 1, 0), 0);
	net_settle(net);
	return net;
}

static void nothing_is_left(struct net *net)
{
	u32 i;

	for (i = 0; i < net->heads; i++) {
		KUNIT_EXPECT_EQ(net->test, of(net, i)->count, 0U);
		KUNIT_EXPECT_EQ(net->test, of(net, i)->bytes, 0ULL);
		KUNIT_EXPECT_TRUE(net->test, list_empty(&of(net, i)->foreign));
	}
}

static void question_and_verdict(struct kunit *test)
{
	static const u32 lens[] = { 0, 10, LONG };
	struct net *net = net_without(test, 2);
	const struct net_delivery *d;
	u32 i;

	for (i = 0; i < ARRAY_SIZE(lens); i++) {
		KUNIT_ASSERT_EQ(test, query(net, 0, 70 + i, lens[i], 0, i & 1), 0);
		net_run(net, SAMR_MSEC);
		d = net_last(net, 1);
		KUNIT_ASSERT_EQ(test, (int)d->meta.kind, (int)SAMR_KIND_QUERY);
		KUNIT_EXPECT_EQ(test, d->meta.len, lens[i]);
		KUNIT_EXPECT_EQ(test, d->meta.uid, (u32)NET_UID);
		KUNIT_EXPECT_EQ(test, d->meta.gid, (u32)NET_GID);
		KUNIT_EXPECT_EQ(test, d->meta.origin, 1ULL);
		answer(net, 1, lens[i]);
		net_run(net, SAMR_MSEC);
		d = net_last(net, 0);
		KUNIT_ASSERT_EQ(test, (int)d->meta.kind, (int)SAMR_KIND_ANSWER);
		KUNIT_EXPECT_EQ(test, d->meta.port, (u32)NET_ASKER);
		KUNIT_EXPECT_EQ(test, d->meta.arg, 70ULL + i);
		KUNIT_EXPECT_EQ(test, d->meta.len, lens[i]);
		KUNIT_EXPECT_EQ(test, (int)d->ses, (int)SAMR_SES_REPLY);
		nothing_is_left(net);
	}
}

/* A long answer comes part by part, and is kept until the last one was sent. */
static void question_long_verdict(struct kunit *test)
{
	struct net *net = net_without(test, 2);

	KUNIT_ASSERT_EQ(test, query(net, 0, 1, 10, 0, false), 0);
	net_run(net, SAMR_MSEC);
	answer(net, 1, HUGE);
	KUNIT_EXPECT_EQ(test, of(net, 1)->count, 1U);
	net_run(net, 20 * SAMR_MSEC);
	KUNIT_EXPECT_EQ(test, net_delivered(net, 1, SAMR_KIND_QUERY), 1U);
	KUNIT_EXPECT_EQ(test, net_last(net, 0)->meta.len, (u32)HUGE);
	nothing_is_left(net);
}

/* Whatever is lost is asked for again. */
static void question_is_repeated(struct kunit *test)
{
	struct net *net = net_without(test, 2);

	KUNIT_ASSERT_EQ(test, query(net, 0, 1, LONG, 0, false), 0);
	net_lose_flying(net);
	net_run(net, 50 * SAMR_MSEC);
	KUNIT_ASSERT_EQ(test, net_delivered(net, 1, SAMR_KIND_QUERY), 1U);
	/* Repeated questions are not given to the member again. */
	net_run(net, 200 * SAMR_MSEC);
	KUNIT_ASSERT_EQ(test, net_delivered(net, 1, SAMR_KIND_QUERY), 1U);
	answer(net, 1, LONG);
	net_lose_flying(net);
	net_run(net, 2000 * SAMR_MSEC);
	KUNIT_ASSERT_EQ(test, net_delivered(net, 1, SAMR_KIND_QUERY), 2U);
	answer(net, 1, 5);
	net_run(net, SAMR_MSEC);
	KUNIT_EXPECT_EQ(test, net_delivered(net, 0, SAMR_KIND_ANSWER), 1U);
	nothing_is_left(net);
}

/* Who is asked waits for what the client has seen, too. */
static void question_waits(struct kunit *test)
{
	struct net *net = net_without(test, 2);
	u64 next = net->head[0].node->rcv.delivered + 1;

	KUNIT_ASSERT_EQ(test, query(net, 0, 1, 10, next, false), 0);
	net_run(net, 20 * SAMR_MSEC);
	KUNIT_EXPECT_EQ(test, net_delivered(net, 1, SAMR_KIND_QUERY), 0U);
	KUNIT_ASSERT_EQ(test, net_send(net, 1, NET_GROUP, 10, 0), 0);
	net_run(net, 20 * SAMR_MSEC);
	KUNIT_EXPECT_EQ(test, net_delivered(net, 1, SAMR_KIND_QUERY), 1U);
}

/* The next head is asked when the member goes, or does not answer; and at last nobody. */
static void question_goes_on(struct kunit *test)
{
	struct net *net = net_without(test, 3);
	u32 first, other;

	KUNIT_ASSERT_EQ(test, query(net, 0, 1, 10, 0, false), 0);
	net_run(net, SAMR_MSEC);
	first = net_delivered(net, 1, SAMR_KIND_QUERY) ? 1 : 2;
	other = 3 - first;
	KUNIT_EXPECT_EQ(test, net_delivered(net, other, SAMR_KIND_QUERY), 0U);
	KUNIT_ASSERT_EQ(test, net_member(net, first, SAMR_KIND_LEAVE, NET_GROUP, 1, 0),
			0);
	net_settle(net);
	KUNIT_ASSERT_EQ(test, net_delivered(net, other, SAMR_KIND_QUERY), 1U);
	KUNIT_EXPECT_EQ(test, of(net, first)->count, 0U);
	KUNIT_ASSERT_EQ(test, net_member(net, other, SAMR_KIND_LEAVE, NET_GROUP, 1, 0),
			0);
	net_settle(net);
	KUNIT_EXPECT_EQ(test, (int)net_last(net, 0)->meta.kind,
			(int)SAMR_KIND_ANSWER);
	KUNIT_EXPECT_EQ(test, (int)net_last(net, 0)->ses, (int)SAMR_SES_GONE);
	nothing_is_left(net);
}

static void question_is_spread(struct kunit *test)
{
	struct net *net = net_without(test, 3);
	u32 i;

	for (i = 0; i < 10; i++)
		KUNIT_ASSERT_EQ(test, query(net, 0, i, 10, 0, false), 0);
	net_run(net, SAMR_MSEC);
	KUNIT_EXPECT_EQ(test, net_delivered(net, 1, SAMR_KIND_QUERY), 5U);
	KUNIT_EXPECT_EQ(test, net_delivered(net, 2, SAMR_KIND_QUERY), 5U);
}

/* What is asked for no more is forgotten. */
static void question_is_forgotten(struct kunit *test)
{
	struct net *net = net_without(test, 2);
	struct samr_event ev = { .type = SAMR_EV_FORGET };

	KUNIT_ASSERT_EQ(test, query(net, 0, 1, 10, 0, false), 0);
	net_run(net, SAMR_MSEC);
	ev.forget.group = NET_GROUP;
	ev.forget.port = NET_ASKER;
	KUNIT_EXPECT_EQ(test, net_step(net, 0, &ev), 0);
	KUNIT_EXPECT_EQ(test, of(net, 0)->count, 0U);
	KUNIT_EXPECT_EQ(test, of(net, 1)->count, 1U);
	net_run(net, 6000 * SAMR_MSEC);
	nothing_is_left(net);
}

static void send_verdict_at(struct net *net, u64 number, u64 tag, u64 commit, u32 total,
			    u32 len)
{
	struct net_craft c = net_craft(net, 1);
	struct {
		struct samr_rec_verdict w;
		u8 bytes[8];
	} rec = {
		.w.rec = { .type = SAMR_REC_VERDICT,
			   .len = cpu_to_be16((u16)(sizeof(rec.w) + len)) },
		.w.group = cpu_to_be32(NET_GROUP),
		.w.number = cpu_to_be64(number),
		.w.tag = cpu_to_be64(tag),
		.w.commit = cpu_to_be64(commit),
		.w.total = cpu_to_be32(total),
	};

	net_craft_add(&c, &rec, sizeof(rec.w) + len);
	net_craft_send(net, &c, 0);
}

static void send_verdict(struct net *net, u64 number, u64 tag, u32 total, u32 len)
{
	send_verdict_at(net, number, tag, 1, total, len);
}

static void question_to_a_liar(struct kunit *test)
{
	struct net *net = net_without(test, 2);

	send_verdict(net, 1, 1, 4, 4);
	KUNIT_EXPECT_EQ(test, net_drops(net, 0, SAMR_DROP_SESSION), 1ULL);
	KUNIT_ASSERT_EQ(test, query(net, 0, 1, 10, 0, false), 0);
	net_lose_flying(net);
	send_verdict(net, 1, 1, HUGE + 1, 8);
	KUNIT_EXPECT_EQ(test, net_drops(net, 0, SAMR_DROP_LIMIT), 1ULL);
	send_verdict(net, 1, 1, 12, 8);
	send_verdict(net, 1, 1, 13, 8);
	KUNIT_EXPECT_EQ(test, net_drops(net, 0, SAMR_DROP_CONFLICT), 1ULL);
	/* Of another answer: the parts of the first are worth nothing. */
	send_verdict(net, 1, 2, 12, 8);
	send_verdict(net, 1, 0, 12, 8);
	send_verdict(net, 1, 1, 4, 8);
	KUNIT_EXPECT_EQ(test, net_drops(net, 0, SAMR_DROP_RECORD), 2ULL);
	/* Nothing can be so far ahead: its client would not get an answer ever again. */
	send_verdict_at(net, 1, 4, U64_MAX, 8, 8);
	KUNIT_EXPECT_EQ(test, net_drops(net, 0, SAMR_DROP_WINDOW), 1ULL);
	KUNIT_EXPECT_EQ(test, net_delivered(net, 0, SAMR_KIND_ANSWER), 0U);
	send_verdict(net, 1, 3, 8, 8);
	KUNIT_EXPECT_EQ(test, net_delivered(net, 0, SAMR_KIND_ANSWER), 1U);
}

static void send_question(struct net *net, u64 number, u32 total, u32 len)
{
	struct net_craft c = net_craft(net, 0);
	struct {
		struct samr_rec_question w;
		u8 bytes[8];
	} rec = {
		.w.rec = { .type = SAMR_REC_QUESTION,
			   .len = cpu_to_be16((u16)(sizeof(rec.w) + len)) },
		.w.group = cpu_to_be32(NET_GROUP),
		.w.number = cpu_to_be64(number),
		.w.place = cpu_to_be64(U64_MAX),
		.w.most = cpu_to_be32(1000),
		.w.total = cpu_to_be32(total),
	};

	net_craft_add(&c, &rec, sizeof(rec.w) + len);
	net_craft_send(net, &c, 1);
}

/* A head can make another one keep so much and no more, and not for ever. */
static void question_of_a_liar(struct kunit *test)
{
	struct net *net = net_without(test, 2);
	u32 i;

	for (i = 1; i <= SAMR_QUERIES_MAX; i++)
		send_question(net, i, 8, 8);
	KUNIT_EXPECT_EQ(test, of(net, 1)->count, (u32)SAMR_QUERIES_MAX);
	send_question(net, i, 8, 8);
	KUNIT_EXPECT_EQ(test, net_drops(net, 1, SAMR_DROP_LIMIT), 1ULL);
	send_question(net, 1, 12, 8);
	KUNIT_EXPECT_EQ(test, net_drops(net, 1, SAMR_DROP_CONFLICT), 1ULL);
	send_question(net, 1, SAMR_QUESTION_MAX + 1, 8);
	KUNIT_EXPECT_EQ(test, net_drops(net, 1, SAMR_DROP_RECORD), 1ULL);
	KUNIT_EXPECT_EQ(test, net_delivered(net, 1, SAMR_KIND_QUERY), 0U);
	net_run(net, 6000 * SAMR_MSEC);
	nothing_is_left(net);
}

static struct kunit_case question_cases[] = {
	KUNIT_CASE(question_and_verdict),
	KUNIT_CASE(question_long_verdict),
	KUNIT_CASE(question_is_repeated),
	KUNIT_CASE(question_waits),
	KUNIT_CASE(question_goes_on),
	KUNIT_CASE(question_is_spread),
	KUNIT_CASE(question_is_forgotten),
	KUNIT_CASE(question_to_a_liar),
	KUNIT_CASE(question_of_a_liar),
	{}
};

static struct kunit_suite question_suite = {
	.name = "samr_question",
	.init = net_init,
	.exit = net_exit,
	.test_cases = question_cases,
};
kunit_test_suite(question_suite);
