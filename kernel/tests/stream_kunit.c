// SPDX-License-Identifier: GPL-2.0
/* Streams: bytes in order, once, both ways; who waits for whom; and their ends. */
#include "net.h"
#include "../core/group.h"
#include "../core/session.h"
#include "../core/stream.h"

#define ID		555
#define PORT		90
#define WINDOW		1000
#define LIFE_MS		500

static int change(struct net *net, u32 i, u8 kind, u8 op, u64 acked)
{
	const struct samr_session_payload p = {
		.op = op,
		.id = cpu_to_be64(ID),
		.flags = op == SAMR_SESSION_OPEN ? SAMR_SESSION_STREAM : 0,
		.acked = cpu_to_be64(acked),
		.reply_max = cpu_to_be32(op == SAMR_SESSION_OPEN ? WINDOW : 0),
		.expiry = cpu_to_be32(op == SAMR_SESSION_OPEN ? LIFE_MS : 0),
	};
	struct samr_submit s = { .port = PORT, .kind = kind };

	return net_order(net, i, &s, &p, sizeof(p), 0);
}

static int send(struct net *net, u32 i, u64 number, u32 len, u8 flags)
{
	const struct samr_request_payload p = { .id = cpu_to_be64(ID) };
	struct samr_submit s = {
		.port = PORT, .kind = SAMR_KIND_REQUEST, .arg = number,
		.flags = flags,
	};

	return net_order(net, i, &s, &p, sizeof(p), len);
}

static int put(struct net *net, u32 i, u64 name, u64 from, u32 len, u8 end)
{
	struct samr_event ev = { .type = SAMR_EV_OUTPUT };
	int err;

	ev.output.group = NET_GROUP;
	ev.output.session = name;
	ev.output.from = from;
	ev.output.len = len;
	ev.output.end = end;
	ev.output.payload = len ? net_blob(net, "o", 1, len - 1) : NULL;
	err = net_step(net, i, &ev);
	samr_blob_put(ev.output.payload);
	net_flush(net, i);
	return err;
}

static void read_to(struct net *net, u32 i, u64 name, u64 upto)
{
	struct samr_event ev = { .type = SAMR_EV_INPUT };

	ev.input.group = NET_GROUP;
	ev.input.session = name;
	ev.input.upto = upto;
	net_step(net, i, &ev);
	net_flush(net, i);
}

/* A stream by way of head @i. Returns its name. */
static u64 opened(struct net *net, u32 i)
{
	KUNIT_ASSERT_EQ(net->test, change(net, i, SAMR_KIND_STREAM,
					  SAMR_SESSION_OPEN, 0), 0);
	net_settle(net);
	return net_told(net, i, PORT, SAMR_SES_OPENED)->session;
}

static struct samr_session *at(struct net *net, u32 i, u64 name)
{
	struct samr_session *s = samr_session_named(net->head[i].node,
						    NET_GROUP, name);

	KUNIT_ASSERT_NOT_NULL(net->test, s);
	KUNIT_ASSERT_NOT_NULL(net->test, s->stream);
	return s;
}

static void stream_goes_both_ways(struct kunit *test)
{
	struct net *net = net_up(test, 3, NULL);
	u64 name = opened(net, 1);
	u32 i;

	/* All members accept it. */
	for (i = 0; i < 3; i++)
		KUNIT_EXPECT_EQ(test, net_told(net, i, PORT, SAMR_SES_OPENED)->session,
				name);
	KUNIT_ASSERT_EQ(test, send(net, 1, 1, 100, 0), 0);
	KUNIT_ASSERT_EQ(test, send(net, 1, 101, 20, SAMR_MSG_FIN), 0);
	net_settle(net);
	for (i = 0; i < 3; i++) {
		KUNIT_EXPECT_EQ(test, at(net, i, name)->next, 122ULL);
		KUNIT_EXPECT_TRUE(test, at(net, i, name)->fin);
	}
	KUNIT_ASSERT_EQ(test, put(net, 1, name, 1, 30, SAMR_END_NONE), 0);
	KUNIT_EXPECT_EQ(test, net_told(net, 1, PORT, SAMR_SES_OUTPUT)->meta.len, 30U);
	/* Another member there, that cuts it otherwise. */
	KUNIT_ASSERT_EQ(test, put(net, 1, name, 1, 50, SAMR_END_SHUT), 0);
	KUNIT_EXPECT_EQ(test, net_told(net, 1, PORT, SAMR_SES_SHUT)->meta.arg, 51ULL);
	KUNIT_EXPECT_EQ(test, put(net, 1, name, 51, 1, SAMR_END_NONE), -EPIPE);
	KUNIT_EXPECT_EQ(test, put(net, 0, name, 2, 1, SAMR_END_NONE), -EINVAL);
	KUNIT_ASSERT_EQ(test, change(net, 1, SAMR_KIND_STREAM,
				     SAMR_SESSION_CLOSE, 51), 0);
	net_settle(net);
	for (i = 0; i < 3; i++) {
		KUNIT_EXPECT_EQ(test, net_told(net, i, PORT, SAMR_SES_DONE)->session,
				name);
		KUNIT_EXPECT_EQ(test, net->head[i].node->sessions.promised,
				0ULL);
	}
	KUNIT_EXPECT_EQ(test, put(net, 0, name, 1, 1, SAMR_END_NONE), -ENOENT);
}

static void stream_waits_for_readers(struct kunit *test)
{
	struct net *net = net_up(test, 2, NULL);
	u64 name = opened(net, 1);

	KUNIT_EXPECT_EQ(test, send(net, 1, 1, WINDOW + 1, 0), -EMSGSIZE);
	KUNIT_ASSERT_EQ(test, send(net, 1, 1, WINDOW, 0), 0);
	net_settle(net);
	KUNIT_EXPECT_EQ(test, send(net, 1, WINDOW + 1, 1, 0), -EAGAIN);
	read_to(net, 1, name, WINDOW);
	net_settle(net);
	KUNIT_EXPECT_EQ(test, send(net, 1, WINDOW + 1, 1, 0), -EAGAIN);
	net->head[1].writable = false;
	read_to(net, 0, name, WINDOW / 2);
	net_run(net, 10 * SAMR_MSEC);
	KUNIT_EXPECT_TRUE(test, net->head[1].writable);
	KUNIT_EXPECT_EQ(test, send(net, 1, WINDOW + 1, WINDOW / 2, 0), 0);
	net_settle(net);
	KUNIT_EXPECT_EQ(test, send(net, 1, WINDOW + WINDOW / 2 + 1, 1, 0),
			-EAGAIN);
}

static void stream_waits_for_its_client(struct kunit *test)
{
	struct net *net = net_up(test, 2, NULL);
	u64 name = opened(net, 1);
	struct samr_node *n = net->head[0].node;
	u32 i;

	for (i = 0; i < SAMR_STREAM_PIECES; i++)
		KUNIT_ASSERT_EQ(test, put(net, 0, name, i + 1, 1,
					  SAMR_END_NONE), 0);
	KUNIT_EXPECT_EQ(test, samr_stream_room(n, NET_GROUP, name, i + 1), 0U);
	KUNIT_EXPECT_EQ(test, put(net, 0, name, i + 1, 1, SAMR_END_NONE),
			-EAGAIN);
	net->head[0].writable = false;
	KUNIT_ASSERT_EQ(test, change(net, 1, SAMR_KIND_SESSION,
				     SAMR_SESSION_ACK, 500), 0);
	net_settle(net);
	KUNIT_EXPECT_TRUE(test, net->head[0].writable);
	KUNIT_EXPECT_EQ(test, at(net, 0, name)->stream->pieces, 0U);
	/* A slow replica writes into nothing until it has caught up. */
	KUNIT_EXPECT_EQ(test, put(net, 0, name, i + 1, 500 - i, SAMR_END_NONE),
			0);
	KUNIT_EXPECT_EQ(test, at(net, 0, name)->stream->pieces, 0U);
	KUNIT_EXPECT_EQ(test, samr_stream_room(n, NET_GROUP, name, 501),
			(u32)WINDOW);
}

/* How much it could write at @from; and it hears when that is another answer. */
static int room(struct net *net, u32 i, u64 name, u64 from)
{
	return samr_node_output_room(net->head[i].node, NET_GROUP, name, from);
}

/* A stream whose member on head 0 waits, all of its output being under way. */
static u64 opened_and_full(struct net *net)
{
	u64 name = opened(net, 1);

	KUNIT_ASSERT_EQ(net->test, put(net, 0, name, 1, WINDOW, SAMR_END_NONE), 0);
	KUNIT_EXPECT_EQ(net->test, room(net, 0, name, WINDOW + 1), 0);
	net->head[0].writable = false;
	return name;
}

/* It writes into nothing from then on, and has to hear that it may. */
static void stream_ends_for_a_writer_that_waits(struct kunit *test)
{
	struct net *net = net_up(test, 2, NULL);
	u64 name = opened_and_full(net);

	KUNIT_ASSERT_EQ(test, change(net, 1, SAMR_KIND_STREAM,
				     SAMR_SESSION_CLOSE, 0), 0);
	net_settle(net);
	KUNIT_EXPECT_TRUE(test, net->head[0].writable);
	KUNIT_EXPECT_EQ(test, room(net, 0, name, WINDOW + 1), -ENOENT);
}

/* One of two members on a head has ended the output, and the other one goes on writing. */
static void stream_ended_by_another_member(struct kunit *test)
{
	struct net *net = net_up(test, 2, NULL);
	u64 name = opened_and_full(net);

	KUNIT_ASSERT_EQ(test, put(net, 0, name, WINDOW + 1, 0, SAMR_END_SHUT), 0);
	KUNIT_EXPECT_TRUE(test, net->head[0].writable);
	KUNIT_EXPECT_EQ(test, room(net, 0, name, WINDOW + 1), -ENOENT);
	KUNIT_EXPECT_EQ(test, put(net, 0, name, WINDOW + 1, 9, SAMR_END_NONE),
			-EPIPE);
	KUNIT_EXPECT_EQ(test, room(net, 0, name, WINDOW + 10), -ENOENT);
	KUNIT_EXPECT_EQ(test, put(net, 0, name, WINDOW + 10, 9, SAMR_END_NONE),
			-EPIPE);
}

/* What was not asked for, or comes from somebody else, is refused. */
static void stream_refuses(struct kunit *test)
{
	struct net *net = net_up(test, 2, NULL);
	u64 name = opened(net, 1);

	KUNIT_ASSERT_EQ(test, send(net, 1, 2, 1, 0), 0);
	net_settle(net);
	KUNIT_EXPECT_EQ(test, net_told(net, 1, PORT, SAMR_SES_AHEAD)->next, 1ULL);
	KUNIT_ASSERT_EQ(test, send(net, 1, 1, 0, 0), 0);
	net_settle(net);
	net_told(net, 1, PORT, SAMR_SES_REPEATED);
	KUNIT_ASSERT_EQ(test, send(net, 0, 1, 1, 0), 0);
	net_settle(net);
	net_told(net, 0, PORT, SAMR_SES_FOREIGN);
	KUNIT_ASSERT_EQ(test, send(net, 1, 1, 0, SAMR_MSG_FIN), 0);
	KUNIT_ASSERT_EQ(test, send(net, 1, 2, 1, 0), 0);
	net_settle(net);
	net_told(net, 1, PORT, SAMR_SES_GONE);
	/* Its members have to hear of its end. */
	KUNIT_ASSERT_EQ(test, change(net, 1, SAMR_KIND_SESSION,
				     SAMR_SESSION_CLOSE, 0), 0);
	net_settle(net);
	net_told(net, 1, PORT, SAMR_SES_FOREIGN);
	KUNIT_EXPECT_EQ(test, change(net, 1, SAMR_KIND_STREAM,
				     SAMR_SESSION_ACK, 0), -EINVAL);
	KUNIT_EXPECT_EQ(test, change(net, 1, SAMR_KIND_SESSION,
				     SAMR_SESSION_OPEN, 0), -EINVAL);
	KUNIT_EXPECT_EQ(test, at(net, 0, name)->next, 2ULL);
}

static struct kunit_case stream_cases[] = {
	KUNIT_CASE(stream_goes_both_ways),
	KUNIT_CASE(stream_waits_for_readers),
	KUNIT_CASE(stream_waits_for_its_client),
	KUNIT_CASE(stream_ends_for_a_writer_that_waits),
	KUNIT_CASE(stream_ended_by_another_member),
	KUNIT_CASE(stream_refuses),
	{}
};

static struct kunit_suite stream_suite = {
	.name = "samr_stream",
	.init = net_init,
	.exit = net_exit,
	.test_cases = stream_cases,
};

kunit_test_suite(stream_suite);
