// SPDX-License-Identifier: GPL-2.0
/* Groups as clients of others: asked for by all of them, executed once, returned to all. */
#include "net.h"
#include "../core/call.h"
#include "../core/group.h"
#include "../core/session.h"

#define CLIENT		5
#define PORT		2
#define KEY		77
#define LONGEST		1000

static int call(struct net *net, u32 i, u8 op, u64 session, u64 number, u32 len)
{
	struct samr_event ev = { .type = SAMR_EV_CALL };
	int err;

	ev.call.group = CLIENT;
	ev.call.port = PORT;
	ev.call.service = NET_GROUP;
	ev.call.op = op;
	ev.call.session = session;
	ev.call.number = number;
	ev.call.reply_max = op == SAMR_CALL_OPEN ? LONGEST : 0;
	ev.call.len = len;
	ev.call.payload = len ? net_blob(net, "c", 1, len - 1) : NULL;
	err = net_step(net, i, &ev);
	samr_blob_put(ev.call.payload);
	net_flush(net, i);
	return err;
}

/* Heads with a member of the service each, and one of the client. */
static struct net *up(struct kunit *test, u32 count)
{
	struct net *net = net_up(test, count, NULL);
	u32 i;

	for (i = 0; i < count; i++)
		KUNIT_ASSERT_EQ(test, net_member(net, i, SAMR_KIND_JOIN, CLIENT,
						 PORT, NET_WINDOW), 0);
	net_settle(net);
	return net;
}

static const struct samr_session *session(struct net *net, u32 i)
{
	return samr_session_of(net->head[i].node, NET_GROUP, CLIENT);
}

/* How often head @i was told this. */
static u32 heard(struct net *net, u32 i, u8 kind, u8 ses)
{
	u32 k, count = 0;

	for (k = 0; k < net->head[i].logged; k++)
		count += net->head[i].log[k].meta.kind == kind &&
			 net->head[i].log[k].ses == ses &&
			 !net->head[i].log[k].refused;
	return count;
}

/* A session that all members have asked for. Returns its name. */
static u64 connected(struct net *net)
{
	u32 i;

	for (i = 0; i < net->heads; i++)
		KUNIT_ASSERT_EQ(net->test, call(net, i, SAMR_CALL_OPEN, KEY, 0,
						0), 0);
	net_settle(net);
	KUNIT_ASSERT_NOT_NULL(net->test, session(net, 0));
	return session(net, 0)->name;
}

static void call_executed_once(struct kunit *test)
{
	struct net *net = up(test, 3);
	u64 name = connected(net);
	u32 i;

	for (i = 3; i--; )
		KUNIT_ASSERT_EQ(test, call(net, i, SAMR_CALL_REQUEST, name, 1,
					   10), 0);
	net_settle(net);
	for (i = 0; i < 3; i++) {
		KUNIT_EXPECT_EQ(test, heard(net, i, SAMR_KIND_CONNECT,
					    SAMR_SES_OPENED), 1U);
		KUNIT_EXPECT_EQ(test, heard(net, i, SAMR_KIND_REQUEST,
					    SAMR_SES_ORDERED), 1U);
		KUNIT_EXPECT_EQ(test, session(net, i)->next, 2ULL);
		KUNIT_EXPECT_TRUE(test,
				  list_empty(&net->head[i].node->calls.kept));
		KUNIT_ASSERT_EQ(test, net_reply(net, i, name, 1, 100), 0);
	}
	net_settle(net);
	for (i = 0; i < 3; i++) {
		KUNIT_EXPECT_EQ(test, heard(net, i, SAMR_KIND_RETURN,
					    SAMR_SES_REPLY), 1U);
		KUNIT_EXPECT_EQ(test, session(net, i)->acked, 1ULL);
		KUNIT_EXPECT_EQ(test, net->head[i].node->sessions.promised,
				samr_call_promise(LONGEST));
		KUNIT_ASSERT_EQ(test, call(net, i, SAMR_CALL_CLOSE, KEY, 0, 0),
				0);
	}
	net_settle(net);
	for (i = 0; i < 3; i++) {
		KUNIT_EXPECT_EQ(test, heard(net, i, SAMR_KIND_CONNECT,
					    SAMR_SES_DONE), 1U);
		KUNIT_EXPECT_EQ(test, net->head[i].node->sessions.promised,
				0ULL);
	}
}

/* Whoever should send does not: the others wait, but not for ever. */
static void call_sent_by_another(struct kunit *test)
{
	struct net *net = up(test, 3);
	u64 name = connected(net);

	KUNIT_ASSERT_EQ(test, call(net, 2, SAMR_CALL_REQUEST, name, 1, 10), 0);
	net_run(net, 400 * SAMR_MSEC);
	KUNIT_EXPECT_EQ(test, session(net, 0)->next, 1ULL);
	net_run(net, 200 * SAMR_MSEC);
	KUNIT_EXPECT_EQ(test, session(net, 0)->next, 2ULL);
	KUNIT_ASSERT_EQ(test, net_reply(net, 2, name, 1, 10), 0);
	net_run(net, 400 * SAMR_MSEC);
	KUNIT_EXPECT_EQ(test, session(net, 0)->acked, 0ULL);
	net_run(net, 200 * SAMR_MSEC);
	KUNIT_EXPECT_EQ(test, session(net, 0)->acked, 1ULL);
	/* Too late: nothing is done again. */
	KUNIT_EXPECT_EQ(test, call(net, 0, SAMR_CALL_REQUEST, name, 1, 10), 0);
	KUNIT_EXPECT_EQ(test, net_reply(net, 0, name, 1, 10), -ENOENT);
	net_settle(net);
	KUNIT_EXPECT_EQ(test, heard(net, 1, SAMR_KIND_RETURN, SAMR_SES_REPLY),
			1U);
}

static void call_window_full(struct kunit *test)
{
	struct net *net = up(test, 1);
	u64 name = connected(net), n;

	for (n = 1; n <= SAMR_CALL_WINDOW; n++)
		KUNIT_ASSERT_EQ(test, call(net, 0, SAMR_CALL_REQUEST, name, n,
					   10), 0);
	net_settle(net);
	KUNIT_EXPECT_EQ(test, call(net, 0, SAMR_CALL_REQUEST, name, n, 10),
			-EAGAIN);
	/* Not in their order: the first is what all wait for. */
	KUNIT_ASSERT_EQ(test, net_reply(net, 0, name, 2, 10), 0);
	net_settle(net);
	KUNIT_EXPECT_EQ(test, session(net, 0)->acked, 0ULL);
	net->head[0].writable = false;
	KUNIT_ASSERT_EQ(test, net_reply(net, 0, name, 1, 10), 0);
	net_settle(net);
	KUNIT_EXPECT_EQ(test, session(net, 0)->acked, 2ULL);
	/* Nothing of it was kept: the place of the reply makes room. */
	KUNIT_EXPECT_TRUE(test, net->head[0].writable);
	KUNIT_EXPECT_EQ(test, call(net, 0, SAMR_CALL_REQUEST, name, n, 10), 0);
}

static void call_made_wrongly(struct kunit *test)
{
	struct net *net = up(test, 1);
	struct samr_event ev = { .type = SAMR_EV_CALL };
	struct samr_submit s = { .kind = SAMR_KIND_RETURN };
	struct samr_return_payload p = { .how = SAMR_RETURN_REPLY };
	u64 name = connected(net);

	KUNIT_EXPECT_EQ(test, call(net, 0, SAMR_CALL_REQUEST, name, 0, 10),
			-EINVAL);
	KUNIT_EXPECT_EQ(test, call(net, 0, SAMR_CALL_REQUEST, name, 2, 10),
			-EINVAL);
	KUNIT_EXPECT_EQ(test, call(net, 0, SAMR_CALL_REQUEST, name + 99, 1, 10),
			-EINVAL);
	KUNIT_EXPECT_EQ(test, call(net, 0, SAMR_CALL_REQUEST, name, 1,
				   SAMR_LEN_MAX), -EMSGSIZE);
	KUNIT_EXPECT_EQ(test, call(net, 0, SAMR_CALL_CLOSE, KEY + 1, 0, 0),
			-EINVAL);
	KUNIT_EXPECT_EQ(test, call(net, 0, SAMR_CALL_OPEN, 0, 0, 0), -EINVAL);
	KUNIT_EXPECT_EQ(test, call(net, 0, SAMR_CALL_REQUEST + 1, name, 1, 0),
			-EINVAL);
	ev.call.group = CLIENT;
	ev.call.port = PORT + 1;
	ev.call.service = NET_GROUP;
	ev.call.session = KEY + 2;
	KUNIT_EXPECT_EQ(test, net_step(net, 0, &ev), -ENOTCONN);
	ev.call.port = PORT;
	ev.call.service = CLIENT;
	KUNIT_EXPECT_EQ(test, net_step(net, 0, &ev), -EINVAL);
	ev.call.service = NET_GROUP;
	ev.call.len = 4;
	KUNIT_EXPECT_EQ(test, net_step(net, 0, &ev), -EINVAL);
	/* Only the core says what groups ask for, and what they get. */
	s.arg = 1;
	KUNIT_EXPECT_EQ(test, net_order(net, 0, &s, &p, sizeof(p), 0), -EINVAL);
	s.kind = SAMR_KIND_REQUEST;
	s.flags = SAMR_MSG_GROUP;
	KUNIT_EXPECT_EQ(test, net_order(net, 0, &s, &p, sizeof(p), 0), -EINVAL);
}

/* A head that is out of its mind sends @p to the sequencer, as number @nth of its own. */
static void forge(struct net *net, u8 kind, u8 flags, u64 arg, u32 group,
		  const void *p, u32 len)
{
	struct samr_rec_submit rec = {
		.rec = { .type = SAMR_REC_SUBMIT,
			 .len = cpu_to_be16((u16)(sizeof(rec) + len)) },
		.group = cpu_to_be32(group),
		.oseq = cpu_to_be64(net->head[1].node->flow.next),
		.arg = cpu_to_be64(arg),
		.port = cpu_to_be32(PORT),
		.total = cpu_to_be32(len),
		.kind = kind,
		.mflags = flags,
	};
	struct net_craft c = net_craft(net, 1);

	/* It would be surprised. */
	net->head[1].deaf = true;
	net_craft_add(&c, &rec, sizeof(rec));
	samr_blob_put_data(c.blob, p, len);
	net_craft_send(net, &c, 0);
}

/* What nobody has asked for changes nothing, and is delivered to nobody. */
static void call_forged(struct kunit *test)
{
	static const struct {
		u32 session;	/* added to the name */
		u32 service;
		u8 how;
		u64 arg;
		u8 reserved;
	} wrong[] = {
		{ 0, NET_GROUP, SAMR_RETURN_REPLY, 2, 0 },
		{ 0, NET_GROUP, SAMR_RETURN_REPLY, 0, 0 },
		{ 1, NET_GROUP, SAMR_RETURN_REPLY, 1, 0 },
		{ 0, CLIENT, SAMR_RETURN_REPLY, 1, 0 },
		{ 0, 99, SAMR_RETURN_REPLY, 1, 0 },
		{ 0, NET_GROUP, SAMR_RETURN_REPLY, 1, 7 },
		{ 0, NET_GROUP, SAMR_RETURN_UNKNOWN, 1, 0 },
		{ 0, NET_GROUP, SAMR_RETURN_ENDED, 0, 0 },
		{ 0, NET_GROUP, SAMR_RETURN_ENDED + 1, 1, 0 },
		{ 0, NET_GROUP, 0, 1, 0 },
	};
	u32 i;

	for (i = 0; i < ARRAY_SIZE(wrong); i++) {
		struct net *net = up(test, 2);
		u64 name = connected(net);
		struct samr_return_payload p = {
			.session = cpu_to_be64(name + wrong[i].session),
			.service = cpu_to_be32(wrong[i].service),
			.how = wrong[i].how,
			.reserved = { wrong[i].reserved },
		};

		KUNIT_ASSERT_EQ(test, call(net, 0, SAMR_CALL_REQUEST, name, 1,
					   10), 0);
		net_settle(net);
		forge(net, SAMR_KIND_RETURN, 0, wrong[i].arg, CLIENT, &p,
		      sizeof(p));
		KUNIT_EXPECT_EQ(test, session(net, 0)->acked, 0ULL);
		KUNIT_EXPECT_EQ(test, session(net, 0)->over, 0);
		KUNIT_EXPECT_NE(test, net_last(net, 0)->meta.kind,
				SAMR_KIND_RETURN);
		net_exit(test);
		KUNIT_ASSERT_EQ(test, net_init(test), 0);
	}
}

/* Memory lacks at one head when a CONNECT has its place: it comes to the same later. */
static void call_without_memory(struct kunit *test)
{
	u32 nth;

	for (nth = 1; nth < 6; nth++) {
		struct net *net = up(test, 2);
		struct samr_event ev = { .type = SAMR_EV_CALL };

		ev.call.group = CLIENT;
		ev.call.port = PORT;
		ev.call.service = 99;
		ev.call.session = KEY;
		KUNIT_ASSERT_EQ(test, net_step(net, 0, &ev), 0);
		net->fail_nth = nth;
		net->sick = 1;
		net_flush(net, 0);
		net_run(net, 5 * SAMR_MSEC);
		net->fail_nth = 0;
		net_settle(net);
		/* A service that is not there has said so, and that is remembered. */
		KUNIT_EXPECT_EQ(test, heard(net, 1, SAMR_KIND_CONNECT,
					    SAMR_SES_GONE), 1U);
		KUNIT_ASSERT_NOT_NULL(test, samr_session_of(net->head[1].node,
							    99, CLIENT));
		net_exit(test);
		KUNIT_ASSERT_EQ(test, net_init(test), 0);
	}
}

/* The client goes: its sessions are forgotten, and groups that were there for them. */
static void call_orphaned(struct kunit *test)
{
	struct net *net = up(test, 2);
	u32 i;

	connected(net);
	for (i = 0; i < 2; i++)
		KUNIT_ASSERT_EQ(test, net_member(net, i, SAMR_KIND_LEAVE,
						 CLIENT, PORT, 0), 0);
	net_run(net, 50 * SAMR_MSEC);
	net_settle(net);
	for (i = 0; i < 2; i++) {
		KUNIT_EXPECT_NULL(test, session(net, i));
		KUNIT_EXPECT_EQ(test, net->head[i].node->sessions.promised,
				0ULL);
	}
}

static struct kunit_case call_cases[] = {
	KUNIT_CASE(call_executed_once),
	KUNIT_CASE(call_sent_by_another),
	KUNIT_CASE(call_window_full),
	KUNIT_CASE(call_made_wrongly),
	KUNIT_CASE(call_forged),
	KUNIT_CASE(call_without_memory),
	KUNIT_CASE(call_orphaned),
	{}
};

static struct kunit_suite call_suite = {
	.name = "samr_call",
	.init = net_init,
	.exit = net_exit,
	.test_cases = call_cases,
};

kunit_test_suite(call_suite);
