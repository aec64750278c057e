// SPDX-License-Identifier: GPL-2.0
/* Streams that go on across a state transfer: what donors say of them, and what nobody believes. */
#include "net.h"
#include "../core/group.h"
#include "../core/place.h"
#include "../core/session.h"
#include "../core/stream.h"

#define ID		555
#define CLIENT		90
#define WINDOW		1000
#define DONOR		0
#define RECEIVER	1
#define ACCESS		2

static int order(struct net *net, u32 i, u8 kind, u8 flags, u64 arg, u32 len)
{
	struct samr_submit s = {
		.kind = kind, .flags = flags, .port = 1, .arg = arg,
	};
	int err = net_order(net, i, &s, "s", min(len, 1U), len - min(len, 1U));

	net_settle(net);
	return err;
}

static struct samr_group *group_at(struct net *net, u32 i)
{
	struct samr_group *g = samr_group_find(net->head[i].node, NET_GROUP);

	KUNIT_ASSERT_NOT_NULL(net->test, g);
	return g;
}

static struct samr_session *session_at(struct net *net, u32 i)
{
	return samr_session_find(net->head[i].node, NET_GROUP, ID);
}

/* Return: the name of a stream that is open at the head without a member. */
static u64 opened(struct net *net)
{
	const struct samr_session_payload p = {
		.op = SAMR_SESSION_OPEN,
		.id = cpu_to_be64(ID),
		.flags = SAMR_SESSION_STREAM,
		.reply_max = cpu_to_be32(WINDOW),
		.expiry = cpu_to_be32(60000),
	};
	struct samr_submit s = { .port = CLIENT, .kind = SAMR_KIND_STREAM };

	KUNIT_ASSERT_EQ(net->test,
			net_order(net, ACCESS, &s, &p, sizeof(p), 0), 0);
	net_settle(net);
	return net_told(net, ACCESS, CLIENT, SAMR_SES_OPENED)->session;
}

/* A stream, whose client has said 10 bytes. Return: the place of the SNAPSHOT behind it. */
static u64 begun(struct net *net, u64 *name)
{
	const struct samr_request_payload p = { .id = cpu_to_be64(ID) };
	struct samr_submit s = {
		.port = CLIENT, .kind = SAMR_KIND_REQUEST, .arg = 1,
	};

	net_heads(net, 3, NULL);
	net_view(net);
	order(net, DONOR, SAMR_KIND_JOIN, SAMR_MSG_STATEFUL, NET_WINDOW, 0);
	*name = opened(net);
	KUNIT_ASSERT_EQ(net->test,
			net_order(net, ACCESS, &s, &p, sizeof(p), 10), 0);
	net_settle(net);
	order(net, RECEIVER, SAMR_KIND_JOIN, SAMR_MSG_STATEFUL, NET_WINDOW, 0);
	order(net, RECEIVER, SAMR_KIND_SNAPSHOT, SAMR_MSG_KEEP, 0, 0);
	KUNIT_ASSERT_NOT_NULL(net->test, group_at(net, DONOR)->transfer);
	return group_at(net, DONOR)->transfer->id;
}

/* What a donor's member says of the stream @name; 0: that was all. */
static int say(struct net *net, u64 id, u64 name, u8 how)
{
	struct samr_event ev = { .type = SAMR_EV_PLACE };
	int err;

	ev.place.group = NET_GROUP;
	ev.place.port = 1;
	ev.place.id = id;
	ev.place.session = name;
	ev.place.how = how;
	ev.place.read = name ? 10 : 0;
	ev.place.node = ACCESS + 1;
	ev.place.client = CLIENT;
	err = net_step(net, DONOR, &ev);
	net_flush(net, DONOR);
	return err;
}

static void expect_given(struct net *net, bool given)
{
	u32 i;

	for (i = 0; i < net->heads; i++) {
		if (given)
			KUNIT_EXPECT_NE(net->test, group_at(net, i)->last, 0ULL);
		else
			KUNIT_EXPECT_NULL(net->test, group_at(net, i)->transfer);
	}
}

static void place_is_known_to_all(struct kunit *test)
{
	struct net *net = test->priv;
	u64 name, id = begun(net, &name);
	u32 i;

	KUNIT_EXPECT_EQ(test, order(net, DONOR, SAMR_KIND_STATE, SAMR_MSG_LAST,
				    id, 0), -EAGAIN);
	KUNIT_EXPECT_EQ(test, say(net, id, name, SAMR_PLACE_KEEP), 0);
	KUNIT_EXPECT_EQ(test, say(net, id, 0, SAMR_PLACE_KEEP), 0);
	net_settle(net);
	for (i = 0; i < net->heads; i++)
		KUNIT_EXPECT_TRUE(test, session_at(net, i)->stream->placed);
	KUNIT_EXPECT_EQ(test, order(net, DONOR, SAMR_KIND_STATE, SAMR_MSG_LAST,
				    id, 0), 0);
	expect_given(net, true);
}

/* Its member has said that it was all, and it was not: nobody has a state that lacks a stream. */
static void place_left_out_ends_the_transfer(struct kunit *test)
{
	struct net *net = test->priv;
	u64 name, id = begun(net, &name);

	KUNIT_EXPECT_EQ(test, say(net, id, 0, SAMR_PLACE_KEEP), 0);
	net_settle(net);
	KUNIT_EXPECT_EQ(test, order(net, DONOR, SAMR_KIND_STATE, SAMR_MSG_LAST,
				    id, 0), 0);
	expect_given(net, false);
	KUNIT_EXPECT_NOT_NULL(test, session_at(net, ACCESS));
}

/* A stream that has to end ends the transfer with it. */
static void place_cut_ends_both(struct kunit *test)
{
	struct net *net = test->priv;
	u64 name, id = begun(net, &name);
	u32 i;

	KUNIT_EXPECT_EQ(test, say(net, id, name, SAMR_PLACE_CUT), 0);
	KUNIT_EXPECT_EQ(test, say(net, id, 0, SAMR_PLACE_KEEP), 0);
	net_settle(net);
	expect_given(net, false);
	for (i = 0; i < net->heads; i++)
		KUNIT_EXPECT_NULL(test, session_at(net, i));
}

static void place_of_who_may_not_say_it(struct kunit *test)
{
	struct net *net = test->priv;
	u64 name, id = begun(net, &name);
	const struct list_head *said = &group_at(net, DONOR)->give.places;

	KUNIT_EXPECT_EQ(test, say(net, id - 1, name, SAMR_PLACE_KEEP), -ESTALE);
	KUNIT_EXPECT_EQ(test, say(net, id + 1, 0, SAMR_PLACE_KEEP), -ESTALE);
	/* Not older than the transfer; not above the last one. */
	KUNIT_EXPECT_EQ(test, say(net, id, id, SAMR_PLACE_KEEP), -EINVAL);
	KUNIT_EXPECT_EQ(test, say(net, id, U64_MAX, SAMR_PLACE_KEEP), -EINVAL);
	KUNIT_EXPECT_EQ(test, say(net, id, name, SAMR_PLACE_KEEP), 0);
	KUNIT_EXPECT_EQ(test, say(net, id, name, SAMR_PLACE_KEEP), -EINVAL);
	KUNIT_EXPECT_EQ(test, say(net, id, name - 1, SAMR_PLACE_KEEP), -EINVAL);
	KUNIT_EXPECT_TRUE(test, list_is_singular(said));
	KUNIT_EXPECT_EQ(test, say(net, id, 0, SAMR_PLACE_KEEP), 0);
	KUNIT_EXPECT_EQ(test, say(net, id, name + 1, SAMR_PLACE_KEEP), -ESTALE);
	KUNIT_EXPECT_EQ(test, say(net, id, 0, SAMR_PLACE_KEEP), -ESTALE);
	net_settle(net);
	KUNIT_EXPECT_TRUE(test, list_empty(said));
}

static void place_said_without_memory(struct kunit *test)
{
	struct net *net = test->priv;
	u64 name, id = begun(net, &name);

	net->fail_nth = 1;
	net->sick = DONOR;
	KUNIT_EXPECT_EQ(test, say(net, id, name, SAMR_PLACE_KEEP), -ENOMEM);
	net->fail_nth = 0;
	KUNIT_EXPECT_TRUE(test, list_empty(&group_at(net, DONOR)->give.places));
	/* As its shell does then: the state is not given here. */
	KUNIT_EXPECT_EQ(test, say(net, id, 0, SAMR_PLACE_CUT), 0);
	net_settle(net);
	expect_given(net, false);
}

/* Memory lacks where it has its place, or at the donor: it comes to the same end later. */
static void place_without_memory(struct kunit *test)
{
	u32 sick, nth;

	for (sick = 0; sick < 3; sick++) {
		for (nth = 1; nth < 6; nth++) {
			struct net *net = test->priv;
			u64 name, id = begun(net, &name);
			u32 i;

			KUNIT_EXPECT_EQ(test, say(net, id, name,
						  SAMR_PLACE_KEEP), 0);
			net->fail_nth = nth;
			net->sick = sick;
			say(net, id, 0, SAMR_PLACE_KEEP);
			net_run(net, SAMR_MSEC);
			net->fail_nth = 0;
			net_run(net, 100 * SAMR_MSEC);
			net_settle(net);
			for (i = 0; i < net->heads; i++)
				KUNIT_EXPECT_TRUE(test, session_at(net, i)->stream->placed);
			net_exit(test);
			KUNIT_ASSERT_EQ(test, net_init(test), 0);
		}
	}
}

/* ---- what comes from other heads ---- */

static struct samr_msg *message(struct net *net, u64 gseq, const void *bytes,
				u32 len, u32 more)
{
	const struct samr_meta meta = {
		.gseq = gseq, .kind = SAMR_KIND_REPLIES, .group = NET_GROUP,
		.len = len + more,
	};
	struct samr_msg *msg = samr_msg_new(&meta);

	KUNIT_ASSERT_NOT_NULL(net->test, msg);
	msg->one.blob = net_blob(net, bytes, len, more);
	msg->npieces = 1;
	msg->have = meta.len;
	return msg;
}

static struct samr_place_payload payload(u64 name)
{
	return (struct samr_place_payload){
		.session = cpu_to_be64(name), .how = SAMR_PLACE_KEEP,
		.read = cpu_to_be64(10),
	};
}

/* Is it refused by the head of @s, without a change? */
static bool is_refused(struct net *net, u64 id, struct samr_session *s,
		       const struct samr_place_payload *p, u32 len)
{
	struct samr_msg *msg = message(net, id + 1, p, len, 0);
	bool before = s && s->stream->placed, refused;

	KUNIT_EXPECT_TRUE(net->test,
			  samr_place_told(net->head[RECEIVER].node,
					  group_at(net, RECEIVER), s, msg));
	refused = msg->refused;
	samr_msg_put(msg);
	return refused && (!s || before == s->stream->placed);
}

static void place_that_no_donor_says(struct kunit *test)
{
	struct net *net = test->priv;
	u64 name, id = begun(net, &name);
	struct samr_session *s = session_at(net, RECEIVER);
	struct samr_place_payload good = payload(name), bad;
	u32 len = sizeof(bad);

	KUNIT_EXPECT_TRUE(test, is_refused(net, id, s, &good, len - 1));
	bad = payload(id);
	KUNIT_EXPECT_TRUE(test, is_refused(net, id, s, &bad, len));
	bad = good;
	bad.how = 0;
	KUNIT_EXPECT_TRUE(test, is_refused(net, id, s, &bad, len));
	bad.how = SAMR_PLACE_CUT + 1;
	KUNIT_EXPECT_TRUE(test, is_refused(net, id, s, &bad, len));
	bad = good;
	bad.end = SAMR_END_RESET + 1;
	KUNIT_EXPECT_TRUE(test, is_refused(net, id, s, &bad, len));
	bad = good;
	bad.read = cpu_to_be64(SAMR_NUMBER_MAX + 1ULL);
	KUNIT_EXPECT_TRUE(test, is_refused(net, id, s, &bad, len));
	bad = good;
	bad.made = cpu_to_be64(SAMR_NUMBER_MAX);
	KUNIT_EXPECT_TRUE(test, is_refused(net, id, s, &bad, len));
	/* Nothing can be cut that is not there. */
	bad = payload(name - 1);
	bad.how = SAMR_PLACE_CUT;
	KUNIT_EXPECT_TRUE(test, is_refused(net, id, NULL, &bad, len));
	/* Once only. */
	s->stream->placed = true;
	KUNIT_EXPECT_TRUE(test, is_refused(net, id, s, &good, len));
	s->stream->placed = false;
	KUNIT_EXPECT_FALSE(test, is_refused(net, id, s, &good, len));
}

/* Bytes kept after output @from, @len of them, with @commit. */
static u64 kept(struct net *net, u64 id, u64 from, u64 commit, u32 len)
{
	const struct samr_replies_payload p = {
		.request = cpu_to_be64(from), .commit = cpu_to_be64(commit),
	};
	struct samr_session *s = session_at(net, RECEIVER);
	struct samr_msg *msg = message(net, id + 1, &p, sizeof(p), len);

	KUNIT_EXPECT_TRUE(net->test,
			  samr_place_output(net->head[RECEIVER].node,
					    group_at(net, RECEIVER), s, msg));
	samr_msg_put(msg);
	return s->stream->made - 1;
}

static void place_output_is_bounded(struct kunit *test)
{
	struct net *net = test->priv;
	u64 name, id = begun(net, &name), n;
	struct samr_stream *st = session_at(net, RECEIVER)->stream;

	KUNIT_EXPECT_EQ(test, kept(net, id, 0, id, 10), 0ULL);
	KUNIT_EXPECT_EQ(test, kept(net, id, 2, id, 10), 0ULL);
	KUNIT_EXPECT_EQ(test, kept(net, id, U64_MAX, id, 10), 0ULL);
	KUNIT_EXPECT_EQ(test, kept(net, id, 1, id + 1, 10), 0ULL);
	KUNIT_EXPECT_EQ(test, kept(net, id, 1, id, 0), 0ULL);
	KUNIT_EXPECT_EQ(test, kept(net, id, 1, id, WINDOW + 1), 0ULL);
	KUNIT_EXPECT_EQ(test, kept(net, id, 1, id, 10), 10ULL);
	/* What overlaps is cut to what is new. */
	KUNIT_EXPECT_EQ(test, kept(net, id, 6, id, 10), 15ULL);
	KUNIT_EXPECT_EQ(test, kept(net, id, 3, id, 10), 15ULL);
	for (n = 16; n < WINDOW; n++)
		kept(net, id, n, id, 1);
	KUNIT_EXPECT_EQ(test, st->pieces, samr_stream_most(WINDOW));
}

static void place_output_without_memory(struct kunit *test)
{
	struct net *net = test->priv;
	u64 name, id = begun(net, &name);
	struct samr_session *s = session_at(net, RECEIVER);
	const struct samr_replies_payload p = {
		.request = cpu_to_be64(1), .commit = cpu_to_be64(id),
	};
	struct samr_msg *msg = message(net, id + 1, &p, sizeof(p), 10);
	bool taken;

	net_fail_arm(1);
	taken = samr_place_output(net->head[RECEIVER].node,
				  group_at(net, RECEIVER), s, msg);
	if (net_fail_disarm()) {
		KUNIT_EXPECT_FALSE(test, taken);
		KUNIT_EXPECT_EQ(test, s->stream->made, 1ULL);
		KUNIT_EXPECT_EQ(test, s->stream->pieces, 0U);
	}
	samr_msg_put(msg);
}

static struct kunit_case place_cases[] = {
	KUNIT_CASE(place_is_known_to_all),
	KUNIT_CASE(place_left_out_ends_the_transfer),
	KUNIT_CASE(place_cut_ends_both),
	KUNIT_CASE(place_of_who_may_not_say_it),
	KUNIT_CASE(place_said_without_memory),
	KUNIT_CASE(place_without_memory),
	KUNIT_CASE(place_that_no_donor_says),
	KUNIT_CASE(place_output_is_bounded),
	KUNIT_CASE(place_output_without_memory),
	{}
};

static struct kunit_suite place_suite = {
	.name = "samr_place",
	.init = net_init,
	.exit = net_exit,
	.test_cases = place_cases,
};

kunit_test_suite(place_suite);
