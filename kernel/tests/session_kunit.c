// SPDX-License-Identifier: GPL-2.0
/* Sessions of clients: executed once, answered once, and what is refused. */
#include "net.h"
#include "../core/group.h"
#include "../core/session.h"

#define ID		555
#define PORT		90
#define LONGEST		1000
#define LIFE_MS		500

static struct samr_session_payload payload(u8 op, u64 id, u64 acked)
{
	return (struct samr_session_payload){
		.op = op,
		.id = cpu_to_be64(id),
		.acked = cpu_to_be64(acked),
		.reply_max = cpu_to_be32(op == SAMR_SESSION_OPEN ? LONGEST : 0),
		.expiry = cpu_to_be32(op == SAMR_SESSION_OPEN ? LIFE_MS : 0),
	};
}

static int change(struct net *net, u32 i, u32 port, u8 op, u64 id, u64 acked)
{
	struct samr_session_payload p = payload(op, id, acked);
	struct samr_submit s = { .port = port, .kind = SAMR_KIND_SESSION };

	return net_order(net, i, &s, &p, sizeof(p), 0);
}

static int ask(struct net *net, u32 i, u64 id, u64 number, u64 acked)
{
	struct samr_request_payload p = {
		.id = cpu_to_be64(id), .acked = cpu_to_be64(acked),
	};
	struct samr_submit s = {
		.port = PORT, .kind = SAMR_KIND_REQUEST, .arg = number,
	};

	return net_order(net, i, &s, &p, sizeof(p), 10);
}

static struct samr_session_table *table(struct net *net, u32 i)
{
	struct samr_group *g = samr_group_find(net->head[i].node, NET_GROUP);

	KUNIT_ASSERT_NOT_NULL(net->test, g);
	return &g->sessions;
}

static struct samr_session *first(struct net *net, u32 i)
{
	KUNIT_ASSERT_EQ(net->test, table(net, i)->count, 1U);
	return list_first_entry(&table(net, i)->sessions, struct samr_session,
				link);
}

/* What head @i says when it is asked for the counts. */
static void counts(struct net *net, u32 i, u32 sessions, u32 requests, u32 replies, u64 bytes)
{
	struct samr_session_info info;

	samr_node_sessions(net->head[i].node, NET_GROUP, &info);
	KUNIT_EXPECT_EQ(net->test, info.sessions, sessions);
	KUNIT_EXPECT_EQ(net->test, info.requests, requests);
	KUNIT_EXPECT_EQ(net->test, info.promised,
			(u64)requests * (LONGEST + SAMR_REQUEST_COST));
	KUNIT_EXPECT_EQ(net->test, info.replies, replies);
	KUNIT_EXPECT_EQ(net->test, info.reply_bytes, bytes);
}

/* A session by way of head @i. Returns its name. */
static u64 opened(struct net *net, u32 i)
{
	KUNIT_ASSERT_EQ(net->test, change(net, i, PORT, SAMR_SESSION_OPEN, ID,
					  0), 0);
	net_settle(net);
	return net_told(net, i, PORT, SAMR_SES_OPENED)->session;
}

static void session_asks_and_hears(struct kunit *test)
{
	struct net *net = net_up(test, 3, NULL);
	u64 name = opened(net, 1);
	u32 i;

	KUNIT_ASSERT_EQ(test, ask(net, 1, ID, 1, 0), 0);
	net_settle(net);
	net_told(net, 1, PORT, SAMR_SES_ORDERED);
	for (i = 0; i < 3; i++) {
		KUNIT_EXPECT_EQ(test, first(net, i)->next, 2ULL);
		KUNIT_EXPECT_EQ(test, table(net, i)->promised,
				(u64)LONGEST + SAMR_REQUEST_COST);
		KUNIT_ASSERT_EQ(test, net_reply(net, i, name, 1, 100), 0);
	}
	KUNIT_EXPECT_EQ(test, net_told(net, 1, PORT, SAMR_SES_REPLY)->meta.len, 100U);
	KUNIT_EXPECT_EQ(test, net_told(net, 1, PORT, SAMR_SES_REPLY)->meta.arg, 1ULL);
	counts(net, 0, 1, 1, 1, 100);
	/* A member's second reply, and one that nobody waits for any more. */
	KUNIT_EXPECT_EQ(test, net_reply(net, 1, name, 1, 200), 0);
	KUNIT_EXPECT_EQ(test, net_told(net, 1, PORT, SAMR_SES_REPLY)->meta.len, 100U);
	KUNIT_ASSERT_EQ(test, change(net, 1, PORT, SAMR_SESSION_ACK, ID, 1), 0);
	net_settle(net);
	KUNIT_EXPECT_EQ(test, net_reply(net, 1, name, 1, 100), -ENOENT);
	for (i = 0; i < 3; i++)
		KUNIT_EXPECT_EQ(test, table(net, i)->promised, 0ULL);
	KUNIT_ASSERT_EQ(test, change(net, 1, PORT, SAMR_SESSION_CLOSE, ID, 1),
			0);
	net_settle(net);
	for (i = 0; i < 3; i++) {
		KUNIT_EXPECT_EQ(test, net->head[i].node->sessions.count, 0U);
		counts(net, i, 0, 0, 0, 0);
	}
}

static void session_refuses(struct kunit *test)
{
	struct net *net = net_up(test, 2, NULL);

	opened(net, 1);
	KUNIT_ASSERT_EQ(test, ask(net, 1, ID, 2, 0), 0);
	net_settle(net);
	KUNIT_EXPECT_EQ(test, net_told(net, 1, PORT, SAMR_SES_AHEAD)->next, 1ULL);
	KUNIT_ASSERT_EQ(test, ask(net, 1, ID, 1, 0), 0);
	KUNIT_ASSERT_EQ(test, ask(net, 1, ID, 1, 0), 0);
	net_settle(net);
	KUNIT_EXPECT_EQ(test, net_told(net, 1, PORT, SAMR_SES_REPEATED)->next, 2ULL);
	KUNIT_ASSERT_EQ(test, ask(net, 1, ID + 1, 1, 0), 0);
	net_settle(net);
	net_told(net, 1, PORT, SAMR_SES_GONE);
	KUNIT_ASSERT_EQ(test, ask(net, 0, ID, 2, 0), 0);
	net_settle(net);
	net_told(net, 0, PORT, SAMR_SES_FOREIGN);
	/* What was not ordered can not be acknowledged. */
	KUNIT_ASSERT_EQ(test, change(net, 1, PORT, SAMR_SESSION_ACK, ID, 2), 0);
	net_settle(net);
	KUNIT_EXPECT_EQ(test, first(net, 0)->acked, 0ULL);
	KUNIT_EXPECT_EQ(test, net->head[0].node->stats.requests, 1ULL);
	KUNIT_EXPECT_EQ(test, net->head[0].node->stats.requests_refused, 4ULL);
}

/* Credit of what is refused comes back without a reader. */
static void session_refused_costs_nothing(struct kunit *test)
{
	struct net *net = net_up(test, 2, NULL);
	struct samr_group *g;
	u32 i;

	opened(net, 1);
	net->head[0].deaf = true;
	net->head[1].deaf = true;
	for (i = 0; i < 50; i++) {
		KUNIT_ASSERT_EQ(test, ask(net, 1, ID, 7, 0), 0);
		net_settle(net);
	}
	g = samr_group_find(net->head[1].node, NET_GROUP);
	KUNIT_EXPECT_EQ(test, g->unordered, 0ULL);
	KUNIT_EXPECT_EQ(test, g->owed, 0ULL);
}

static void session_goes_on_elsewhere(struct kunit *test)
{
	struct net *net = net_up(test, 3, NULL);
	u64 name = opened(net, 1);
	u32 before;

	KUNIT_ASSERT_EQ(test, ask(net, 1, ID, 1, 0), 0);
	KUNIT_ASSERT_EQ(test, ask(net, 1, ID, 2, 0), 0);
	net_settle(net);
	KUNIT_ASSERT_EQ(test, net_reply(net, 2, name, 2, 20), 0);
	counts(net, 0, 1, 2, 0, 0);
	counts(net, 2, 1, 2, 1, 20);
	before = net->head[2].logged;
	KUNIT_ASSERT_EQ(test, change(net, 2, PORT, SAMR_SESSION_ATTACH, ID, 0),
			0);
	net_settle(net);
	/* In order: the second waits for the first. */
	KUNIT_EXPECT_EQ(test, net_told(net, 2, PORT, SAMR_SES_ATTACHED)->next, 3ULL);
	KUNIT_EXPECT_EQ(test, net->head[2].logged, before + 1);
	KUNIT_ASSERT_EQ(test, net_reply(net, 2, name, 1, 10), 0);
	KUNIT_EXPECT_EQ(test, net->head[2].logged, before + 3);
	KUNIT_EXPECT_EQ(test, net_told(net, 2, PORT, SAMR_SES_REPLY)->meta.arg, 2ULL);
	KUNIT_ASSERT_EQ(test, change(net, 1, PORT, SAMR_SESSION_CLOSE, ID, 0),
			0);
	net_settle(net);
	net_told(net, 1, PORT, SAMR_SES_FOREIGN);
	/* Again at the same head: what is not acknowledged comes again. */
	KUNIT_ASSERT_EQ(test, change(net, 2, PORT, SAMR_SESSION_ATTACH, ID, 1),
			0);
	net_settle(net);
	KUNIT_EXPECT_EQ(test, net->head[2].logged, before + 5);
}

static void session_reply_fetched(struct kunit *test)
{
	struct net *net = net_up(test, 3, NULL);
	u64 name;

	KUNIT_ASSERT_EQ(test, net_member(net, 2, SAMR_KIND_LEAVE, NET_GROUP, 1,
					 0), 0);
	net_settle(net);
	name = opened(net, 2);
	KUNIT_ASSERT_EQ(test, ask(net, 2, ID, 1, 0), 0);
	net_settle(net);
	KUNIT_ASSERT_EQ(test, net_reply(net, 0, name, 1, LONGEST), 0);
	net_run(net, 10 * SAMR_MSEC);
	KUNIT_EXPECT_EQ(test, net_told(net, 2, PORT, SAMR_SES_REPLY)->meta.len,
			(u32)LONGEST);
	/* Those who could answer go: nobody knows. */
	KUNIT_ASSERT_EQ(test, ask(net, 2, ID, 2, 1), 0);
	net_settle(net);
	KUNIT_ASSERT_EQ(test, net_member(net, 2, SAMR_KIND_JOIN, NET_GROUP, 5,
					 NET_WINDOW), 0);
	net_settle(net);
	KUNIT_ASSERT_EQ(test, net_member(net, 0, SAMR_KIND_LEAVE, NET_GROUP, 1,
					 0), 0);
	KUNIT_ASSERT_EQ(test, net_member(net, 1, SAMR_KIND_LEAVE, NET_GROUP, 1,
					 0), 0);
	net_run(net, 50 * SAMR_MSEC);
	KUNIT_EXPECT_EQ(test, net_told(net, 2, PORT, SAMR_SES_UNKNOWN)->meta.arg, 2ULL);
	/* And the last one. */
	KUNIT_ASSERT_EQ(test, net_member(net, 2, SAMR_KIND_LEAVE, NET_GROUP, 5,
					 0), 0);
	net_run(net, 50 * SAMR_MSEC);
	net_told(net, 2, PORT, SAMR_SES_ENDED);
	KUNIT_EXPECT_EQ(test, net->head[0].node->sessions.count, 0U);
}

static void session_expires(struct kunit *test)
{
	struct net *net = net_up(test, 2, NULL);
	struct samr_session_payload p = payload(SAMR_SESSION_EXPIRE, ID, 0);
	struct samr_node *n = net->head[0].node;
	struct samr_meta m = { .kind = SAMR_KIND_SESSION, .group = NET_GROUP,
			       .len = sizeof(p), .gseq = 1000 };
	struct samr_msg *msg;

	opened(net, 1);
	KUNIT_ASSERT_EQ(test, change(net, 1, PORT, SAMR_SESSION_DETACH, ID, 0),
			0);
	net_settle(net);
	p.since = cpu_to_be64(first(net, 0)->since);
	/* It comes back in time, and what is late has no effect. */
	net_run(net, (LIFE_MS - 100) * SAMR_MSEC);
	KUNIT_ASSERT_EQ(test, change(net, 1, PORT, SAMR_SESSION_ATTACH, ID, 0),
			0);
	net_settle(net);
	msg = samr_msg_new(&m);
	KUNIT_ASSERT_NOT_NULL(test, msg);
	msg->one.blob = net_blob(net, &p, sizeof(p), 0);
	msg->npieces = 1;
	msg->have = sizeof(p);
	KUNIT_EXPECT_TRUE(test, samr_session_apply(n, samr_group_find(n,
							NET_GROUP), msg));
	KUNIT_EXPECT_EQ(test, msg->result, (u8)SAMR_SES_FOREIGN);
	samr_msg_put(msg);
	net_run(net, 3 * LIFE_MS * SAMR_MSEC);
	KUNIT_EXPECT_EQ(test, table(net, 1)->count, 1U);
	KUNIT_ASSERT_EQ(test, change(net, 1, PORT, SAMR_SESSION_DETACH, ID, 0),
			0);
	net_run(net, (LIFE_MS + 100) * SAMR_MSEC);
	KUNIT_EXPECT_EQ(test, table(net, 0)->count, 0U);
	KUNIT_EXPECT_EQ(test, table(net, 1)->count, 0U);
	KUNIT_EXPECT_EQ(test, n->stats.sessions_expired, 1ULL);
	KUNIT_ASSERT_EQ(test, change(net, 1, PORT, SAMR_SESSION_ATTACH, ID, 0),
			0);
	net_settle(net);
	net_told(net, 1, PORT, SAMR_SES_GONE);
}

static void session_window_full(struct kunit *test)
{
	struct net *net = net_up(test, 1, NULL);
	u64 i;

	opened(net, 0);
	for (i = 1; i <= SAMR_SESSION_WINDOW; i++) {
		net->head[0].logged = 0;
		KUNIT_ASSERT_EQ(test, ask(net, 0, ID, i, 0), 0);
		net_told(net, 0, PORT, SAMR_SES_ORDERED);
	}
	KUNIT_ASSERT_EQ(test, ask(net, 0, ID, i, 0), 0);
	net_told(net, 0, PORT, SAMR_SES_FULL);
	net->head[0].writable = false;
	KUNIT_ASSERT_EQ(test, ask(net, 0, ID, i, 1), 0);
	net_told(net, 0, PORT, SAMR_SES_ORDERED);
	KUNIT_EXPECT_TRUE(test, net->head[0].writable);
}

/* What a session that ends was promised is room for others. */
static void session_ends_and_makes_room(struct kunit *test)
{
	struct net *net = net_up(test, 1, NULL);
	u64 i;

	opened(net, 0);
	KUNIT_ASSERT_EQ(test, change(net, 0, PORT, SAMR_SESSION_OPEN, 77, 0), 0);
	for (i = 1; i <= SAMR_SESSION_WINDOW + 1; i++)
		KUNIT_ASSERT_EQ(test, ask(net, 0, ID, i, 0), 0);
	net_told(net, 0, PORT, SAMR_SES_FULL);
	net->head[0].writable = false;
	KUNIT_ASSERT_EQ(test, change(net, 0, PORT, SAMR_SESSION_CLOSE, 77, 0),
			0);
	net_told(net, 0, PORT, SAMR_SES_DONE);
	KUNIT_EXPECT_TRUE(test, net->head[0].writable);
}

static void session_table_full(struct kunit *test)
{
	struct net *net = net_up(test, 1, NULL);
	u32 i;

	for (i = 0; i <= SAMR_SESSIONS_MAX; i++) {
		net->head[0].logged = 0;
		KUNIT_ASSERT_EQ(test, change(net, 0, PORT, SAMR_SESSION_OPEN,
					     1 + i, 0), 0);
		net_told(net, 0, PORT, i < SAMR_SESSIONS_MAX ? SAMR_SES_OPENED :
						     SAMR_SES_FULL);
	}
	KUNIT_ASSERT_EQ(test, change(net, 0, PORT, SAMR_SESSION_CLOSE, 77, 0),
			0);
	net->head[0].logged = 0;
	KUNIT_ASSERT_EQ(test, change(net, 0, PORT, SAMR_SESSION_OPEN, 1 + i, 0),
			0);
	net_told(net, 0, PORT, SAMR_SES_OPENED);
	/* An id is good for one OPEN. */
	KUNIT_ASSERT_EQ(test, change(net, 0, PORT, SAMR_SESSION_OPEN, 1 + i, 0),
			0);
	net_told(net, 0, PORT, SAMR_SES_FOREIGN);
	KUNIT_EXPECT_EQ(test, table(net, 0)->count, (u32)SAMR_SESSIONS_MAX);
}

static void session_submitted_wrongly(struct kunit *test)
{
	struct net *net = net_up(test, 1, NULL);
	struct samr_submit s = { .port = PORT, .kind = SAMR_KIND_SESSION };
	struct samr_session_payload p;
	u64 name = opened(net, 0);

	KUNIT_EXPECT_EQ(test, change(net, 0, PORT, SAMR_SESSION_OPEN, 0, 0),
			-EINVAL);
	KUNIT_EXPECT_EQ(test, change(net, 0, PORT, SAMR_SESSION_OPEN, 1, 1),
			-EINVAL);
	KUNIT_EXPECT_EQ(test, change(net, 0, PORT, SAMR_SESSION_DETACH, 1, 1),
			-EINVAL);
	KUNIT_EXPECT_EQ(test, change(net, 0, PORT, 7, 1, 0), -EINVAL);
	p = payload(SAMR_SESSION_EXPIRE, ID, 0);
	p.since = cpu_to_be64(name);
	KUNIT_EXPECT_TRUE(test, samr_session_parse(SAMR_KIND_SESSION, &p));
	KUNIT_EXPECT_EQ(test, net_order(net, 0, &s, &p, sizeof(p), 0), -EINVAL);
	p = payload(SAMR_SESSION_OPEN, 1, 0);
	KUNIT_EXPECT_EQ(test, net_order(net, 0, &s, &p, sizeof(p), 1), -EINVAL);
	p.reply_max = cpu_to_be32(SAMR_REPLY_MAX + 1);
	KUNIT_EXPECT_FALSE(test, samr_session_parse(SAMR_KIND_SESSION, &p));
	p = payload(SAMR_SESSION_OPEN, 1, 0);
	p.expiry = 0;
	KUNIT_EXPECT_FALSE(test, samr_session_parse(SAMR_KIND_SESSION, &p));
	p.expiry = cpu_to_be32(SAMR_EXPIRY_MAX + 1);
	KUNIT_EXPECT_FALSE(test, samr_session_parse(SAMR_KIND_SESSION, &p));
	p = payload(SAMR_SESSION_ACK, 1, 0);
	p.flags = SAMR_SESSION_UNORDERED;
	KUNIT_EXPECT_FALSE(test, samr_session_parse(SAMR_KIND_SESSION, &p));
	KUNIT_EXPECT_EQ(test, ask(net, 0, ID, 0, 0), -EINVAL);
	s.kind = SAMR_KIND_REPLIES;
	s.arg = 1;
	KUNIT_EXPECT_EQ(test, net_order(net, 0, &s, &p, sizeof(p), 0), -EINVAL);
	s = (struct samr_submit){ .kind = SAMR_KIND_SESSION, .group = 99 };
	KUNIT_EXPECT_EQ(test, net_order(net, 0, &s, &p, sizeof(p), 0), -EINVAL);
	p = payload(SAMR_SESSION_OPEN, 1, 0);
	KUNIT_EXPECT_EQ(test, net_order(net, 0, &s, &p, sizeof(p), 0), -ENOTCONN);
	KUNIT_EXPECT_EQ(test, table(net, 0)->count, 1U);
}

static void session_replied_wrongly(struct kunit *test)
{
	struct net *net = net_up(test, 1, NULL);
	u64 name = opened(net, 0);

	KUNIT_EXPECT_EQ(test, net_reply(net, 0, name + 1, 1, 10), -ENOENT);
	KUNIT_EXPECT_EQ(test, net_reply(net, 0, name, 1, 10), -EINVAL);
	KUNIT_ASSERT_EQ(test, ask(net, 0, ID, 1, 0), 0);
	KUNIT_EXPECT_EQ(test, net_reply(net, 0, name, 0, 10), -EINVAL);
	KUNIT_EXPECT_EQ(test, net_reply(net, 0, name, 2, 10), -EINVAL);
	KUNIT_EXPECT_EQ(test, net_reply(net, 0, name, 1, LONGEST + 1), -EMSGSIZE);
	net_told(net, 0, PORT, SAMR_SES_ORDERED);
	KUNIT_EXPECT_EQ(test, net_reply(net, 0, name, 1, LONGEST), 0);
	net_told(net, 0, PORT, SAMR_SES_REPLY);
}

/* What finds no memory has not happened, and happens later. */
static void session_without_memory(struct kunit *test)
{
	struct net *net = net_up(test, 1, NULL);
	u32 nth, failed = 0;
	u64 name, id;

	for (nth = 1; nth <= 6; nth++) {
		id = 100 + nth;
		net->fail_nth = nth;
		if (change(net, 0, PORT, SAMR_SESSION_OPEN, id, 0)) {
			net->fail_nth = 0;
			failed++;
			KUNIT_ASSERT_EQ(test, change(net, 0, PORT,
						     SAMR_SESSION_OPEN, id, 0),
					0);
		}
		net->fail_nth = 0;
		net_run(net, 50 * SAMR_MSEC);
		name = net_told(net, 0, PORT, SAMR_SES_OPENED)->session;
		net->fail_nth = nth;
		if (ask(net, 0, id, 1, 0)) {
			net->fail_nth = 0;
			failed++;
			KUNIT_ASSERT_EQ(test, ask(net, 0, id, 1, 0), 0);
		}
		net->fail_nth = 0;
		net_run(net, 50 * SAMR_MSEC);
		net_told(net, 0, PORT, SAMR_SES_ORDERED);
		net->fail_nth = nth;
		if (net_reply(net, 0, name, 1, 10)) {
			net->fail_nth = 0;
			failed++;
			KUNIT_ASSERT_EQ(test, net_reply(net, 0, name, 1, 10), 0);
		}
		net->fail_nth = 0;
		net_run(net, 50 * SAMR_MSEC);
		net_told(net, 0, PORT, SAMR_SES_REPLY);
		KUNIT_EXPECT_EQ(test, table(net, 0)->count, nth);
	}
	if (!failed)
		kunit_skip(test, "no fault injection");
}

static struct samr_rec_session learnable(u64 name)
{
	return (struct samr_rec_session){
		.id	= cpu_to_be64(name + 1000),
		.name	= cpu_to_be64(name),
		.since	= cpu_to_be64(name),
		.next	= cpu_to_be64(1),
		.expiry	= cpu_to_be32(1),
	};
}

static void session_learnt_piece_by_piece(struct kunit *test)
{
	struct net *net = net_up(test, 1, NULL);
	struct samr_node *n = net->head[0].node;
	struct samr_rec_session w = learnable(10);
	struct samr_session_table t;

	samr_session_table_init(&t);
#define LEARN(upto)	samr_session_learn(n, &t, NET_GROUP, &w, upto)
	KUNIT_EXPECT_EQ(test, LEARN(9), SAMR_DROP_RECORD);
	w.next = 0;
	KUNIT_EXPECT_EQ(test, LEARN(20), SAMR_DROP_RECORD);
	w = learnable(10);
	w.next = cpu_to_be64(SAMR_SESSION_WINDOW + 2);
	KUNIT_EXPECT_EQ(test, LEARN(20), SAMR_DROP_RECORD);
	w = learnable(10);
	w.node = cpu_to_be32(9);
	KUNIT_EXPECT_EQ(test, LEARN(20), SAMR_DROP_RECORD);
	w = learnable(10);
	w.port = cpu_to_be32(1);
	KUNIT_EXPECT_EQ(test, LEARN(20), SAMR_DROP_RECORD);
	w = learnable(10);
	w.since = cpu_to_be64(9);
	KUNIT_EXPECT_EQ(test, LEARN(20), SAMR_DROP_RECORD);
	w = learnable(10);
	w.expiry = 0;
	KUNIT_EXPECT_EQ(test, LEARN(20), SAMR_DROP_RECORD);
	w = learnable(10);
	w.client = cpu_to_be32(9);
	KUNIT_EXPECT_EQ(test, LEARN(20), SAMR_DROP_RECORD);
	w = learnable(10);
	KUNIT_EXPECT_EQ(test, LEARN(20), SAMR_DROP_NONE);
	KUNIT_EXPECT_EQ(test, LEARN(20), SAMR_DROP_RECORD);
	KUNIT_EXPECT_EQ(test, samr_session_learn_place(&t, 10, 20),
			SAMR_DROP_RECORD);
	KUNIT_EXPECT_EQ(test, samr_session_learn_place(&t, 15, 20),
			SAMR_DROP_NONE);
	KUNIT_EXPECT_EQ(test, samr_session_learn_place(&t, 15, 20),
			SAMR_DROP_RECORD);
	KUNIT_EXPECT_EQ(test, samr_session_learn_place(&t, 21, 20),
			SAMR_DROP_RECORD);
#undef LEARN
	KUNIT_EXPECT_EQ(test, t.count, 1U);
	samr_session_clear(&t);
	KUNIT_EXPECT_EQ(test, t.count, 0U);
	KUNIT_EXPECT_EQ(test, n->sessions.count, 0U);
}

static struct kunit_case session_cases[] = {
	KUNIT_CASE(session_asks_and_hears),
	KUNIT_CASE(session_refuses),
	KUNIT_CASE(session_refused_costs_nothing),
	KUNIT_CASE(session_goes_on_elsewhere),
	KUNIT_CASE(session_reply_fetched),
	KUNIT_CASE(session_expires),
	KUNIT_CASE(session_window_full),
	KUNIT_CASE(session_ends_and_makes_room),
	KUNIT_CASE(session_table_full),
	KUNIT_CASE(session_submitted_wrongly),
	KUNIT_CASE(session_replied_wrongly),
	KUNIT_CASE(session_without_memory),
	KUNIT_CASE(session_learnt_piece_by_piece),
	{}
};

static struct kunit_suite session_suite = {
	.name = "samr_session",
	.init = net_init,
	.exit = net_exit,
	.test_cases = session_cases,
};

kunit_test_suite(session_suite);
