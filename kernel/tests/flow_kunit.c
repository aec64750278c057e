// SPDX-License-Identifier: GPL-2.0
/* Own submissions: taken or refused, and what becomes of them. */
#include "net.h"
#include "../core/flow.h"

static int submit_raw(struct net *net, struct samr_submit s)
{
	struct samr_event ev = { .type = SAMR_EV_SUBMIT, .submit = s };
	int err = net_step(net, 0, &ev);

	net_flush(net, 0);
	return err;
}

static u64 lose_all(struct net *net, u32 from, u32 to, struct samr_blob *frame)
{
	return NET_LOST;
}

static void flow_wrong_submissions(struct kunit *test)
{
	struct net *net = net_up(test, 1, NULL);
	struct samr_submit right = { .group = NET_GROUP, .port = 1, .len = 10 };
	u64 submitted = net->head[0].node->stats.submitted;
	struct samr_submit s;

	right.payload = net_payload(0, 10);
	KUNIT_ASSERT_NOT_NULL(test, right.payload);
	s = right;
	s.group = 0;
	KUNIT_EXPECT_EQ(test, submit_raw(net, s), -EINVAL);
	s = right;
	s.kind = SAMR_KINDS;
	KUNIT_EXPECT_EQ(test, submit_raw(net, s), -EINVAL);
	s = right;
	s.flags = 0x80;
	KUNIT_EXPECT_EQ(test, submit_raw(net, s), -EINVAL);
	s = right;
	s.kind = SAMR_KIND_JOIN;
	KUNIT_EXPECT_EQ(test, submit_raw(net, s), -EINVAL);
	s = right;
	s.len = 9;
	KUNIT_EXPECT_EQ(test, submit_raw(net, s), -EINVAL);
	s = right;
	s.payload = NULL;
	KUNIT_EXPECT_EQ(test, submit_raw(net, s), -EINVAL);
	s = right;
	s.len = SAMR_LEN_MAX + 1;
	KUNIT_EXPECT_EQ(test, submit_raw(net, s), -EMSGSIZE);
	s.len = U32_MAX;
	KUNIT_EXPECT_EQ(test, submit_raw(net, s), -EMSGSIZE);
	s = right;
	s.group = NET_GROUP + 1;
	KUNIT_EXPECT_EQ(test, submit_raw(net, s), -ENOTCONN);
	samr_blob_put(right.payload);
	KUNIT_EXPECT_EQ(test, net->head[0].node->stats.submitted, submitted);
	KUNIT_EXPECT_EQ(test, net_data(net, 0), 0U);
}

static void flow_without_a_view(struct kunit *test)
{
	struct net *net = test->priv;

	net_heads(net, 2, NULL);
	KUNIT_EXPECT_EQ(test, net_send(net, 0, NET_GROUP, 10, 0), -ENOTCONN);
	KUNIT_EXPECT_EQ(test, net_member(net, 0, SAMR_KIND_JOIN, NET_GROUP, 1,
					 NET_WINDOW), -ENOTCONN);
	KUNIT_EXPECT_FALSE(test, samr_node_room(net->head[0].node,
						SAMR_KIND_DATA, NET_GROUP, 1));
	net_view(net);
	KUNIT_EXPECT_TRUE(test, net->head[0].writable);
}

static void flow_window_full(struct kunit *test)
{
	struct samr_node_config cfg = net_config();
	struct samr_node *n;
	struct net *net;
	u32 i, sent = 0;

	cfg.submits = 16;
	net = net_up(test, 2, &cfg);
	n = net->head[1].node;
	net->fate = lose_all;
	while (samr_node_room(n, SAMR_KIND_DATA, NET_GROUP, 10)) {
		KUNIT_ASSERT_EQ(test, net_send(net, 1, NET_GROUP, 10, 0), 0);
		sent++;
	}
	KUNIT_EXPECT_EQ(test, sent, 16U - SAMR_SUBMIT_RESERVE);
	KUNIT_EXPECT_EQ(test, net_send(net, 1, NET_GROUP, 10, 0), -EAGAIN);
	/* Joins and leaves find a place that was kept free for them. */
	for (i = 0; i < SAMR_SUBMIT_RESERVE; i++)
		KUNIT_EXPECT_EQ(test, net_member(net, 1, SAMR_KIND_JOIN,
						 NET_GROUP, 50 + i, 4096), 0);
	KUNIT_EXPECT_EQ(test, net_member(net, 1, SAMR_KIND_JOIN, NET_GROUP, 99,
					 4096), -EAGAIN);
	net->head[1].writable = false;

	net->fate = NULL;
	net_settle(net);
	KUNIT_EXPECT_TRUE(test, net->head[1].writable);
	KUNIT_EXPECT_TRUE(test, samr_node_room(n, SAMR_KIND_DATA, NET_GROUP, 10));
	net_agreed(net, sent);
}

static void flow_bytes_full(struct kunit *test)
{
	struct samr_node_config cfg = net_config();
	struct samr_node *n;
	struct net *net;

	cfg.submit_bytes = 10000;
	net = net_up(test, 2, &cfg);
	n = net->head[1].node;
	net->fate = lose_all;
	/* One message may be longer than all that when nothing else is there. */
	KUNIT_EXPECT_EQ(test, net_send(net, 1, NET_GROUP, 20000, 0), 0);
	KUNIT_EXPECT_FALSE(test, samr_node_room(n, SAMR_KIND_DATA, NET_GROUP, 1));
	KUNIT_EXPECT_EQ(test, net_send(net, 1, NET_GROUP, 1, 0), -EAGAIN);
	net->fate = NULL;
	net_settle(net);
	KUNIT_EXPECT_EQ(test, n->origin[1].bytes, 0ULL);
	net_agreed(net, 1);
}

static u64 lose_some(struct net *net, u32 from, u32 to, struct samr_blob *frame)
{
	if (!net->counter || !net_has(frame, SAMR_REC_SUBMIT))
		return NET_DELAY;
	net->counter--;
	return NET_LOST;
}

static void flow_lost_submission_is_repeated(struct kunit *test)
{
	struct net *net = net_up(test, 2, NULL);
	struct samr_node *n = net->head[1].node;

	net->fate = lose_some;
	net->counter = 3;
	net_send(net, 1, NET_GROUP, 10, 0);
	net_run(net, 9 * SAMR_MSEC);
	KUNIT_EXPECT_EQ(test, n->stats.resent, 0ULL);
	net_run(net, 200 * SAMR_MSEC);
	KUNIT_EXPECT_EQ(test, n->stats.resent, 3ULL);
	KUNIT_EXPECT_EQ(test, n->flow.resend_at, SAMR_NEVER);
	KUNIT_EXPECT_EQ(test, n->flow.backoff, 0U);
	net_agreed(net, 1);
}

static void flow_repeats_less_and_less(struct kunit *test)
{
	struct net *net = net_up(test, 2, NULL);
	struct samr_node *n = net->head[1].node;

	net->fate = lose_all;
	net_send(net, 1, NET_GROUP, 10, 0);
	net_run(net, 10000 * SAMR_MSEC);
	KUNIT_EXPECT_GT(test, n->stats.resent, 10ULL);
	KUNIT_EXPECT_LT(test, n->stats.resent, 20ULL);
	net->fate = NULL;
	net_settle(net);
	net_agreed(net, 1);
}

static u64 lose_answers(struct net *net, u32 from, u32 to,
			struct samr_blob *frame)
{
	return from == 0 ? NET_LOST : NET_DELAY;
}

static void flow_ordered_late_is_not_ordered_twice(struct kunit *test)
{
	struct net *net = net_up(test, 2, NULL);
	struct samr_node *n = net->head[1].node;
	u64 ordered = net->head[0].node->stats.ordered;

	/* The answer comes after the question was repeated. */
	net->fate = lose_answers;
	net_send(net, 1, NET_GROUP, 10, 0);
	net_run(net, 50 * SAMR_MSEC);
	KUNIT_EXPECT_GE(test, n->stats.resent, 1ULL);
	net->fate = NULL;
	net_settle(net);
	KUNIT_EXPECT_EQ(test, net->head[0].node->stats.ordered, ordered + 1);
	net_agreed(net, 1);
}

static void flow_long_message_in_bursts(struct kunit *test)
{
	struct net *net = net_up(test, 3, NULL);
	u32 i;

	/* Three bursts of 64 frames of 512 bytes, at the least. */
	for (i = 0; i < 3; i++)
		KUNIT_ASSERT_EQ(test, net_send(net, i, NET_GROUP, 60000, i % 2),
				0);
	KUNIT_EXPECT_FALSE(test, list_empty(&net->head[0].node->flow.jobs));
	net_settle(net);
	net_agreed(net, 3);
	KUNIT_EXPECT_TRUE(test, list_empty(&net->head[0].node->flow.jobs));
	KUNIT_EXPECT_EQ(test, net->head[0].node->stats.repairs, 0ULL);
}

/* Only a message of many frames waits for the next burst. */
static void flow_medium_message_does_not_wait(struct kunit *test)
{
	struct net *net = net_up(test, 2, NULL);
	u64 at;
	u32 k;

	net_run(net, 50 * SAMR_MSEC);
	at = net->now;
	for (k = 0; k < 3; k++) {
		net_flush(net, 0);
		KUNIT_ASSERT_EQ(test, net_send(net, 0, NET_GROUP, 3000, 0), 0);
		KUNIT_EXPECT_EQ(test, net_data(net, 0), k + 1);
	}
	net_run(net, NET_DELAY);
	KUNIT_ASSERT_EQ(test, net_data(net, 1), 3U);
	KUNIT_EXPECT_EQ(test, net_last(net, 1)->at, at + NET_DELAY);
	net_settle(net);
}

static u64 lose_a_third(struct net *net, u32 from, u32 to,
			struct samr_blob *frame)
{
	return net_random(net, 3) ? NET_DELAY : NET_LOST;
}

static void flow_long_message_with_loss(struct kunit *test)
{
	struct net *net = net_up(test, 3, NULL);
	u32 i;

	net->fate = lose_a_third;
	for (i = 0; i < 3; i++)
		KUNIT_ASSERT_EQ(test, net_send(net, i, NET_GROUP, 60000, i % 2),
				0);
	net_settle(net);
	net_agreed(net, 3);
}

/* Without memory nothing was taken, and nothing is missing afterwards. */
static void flow_submit_without_memory(struct kunit *test)
{
	struct net *net = net_up(test, 2, NULL);
	struct samr_node *n = net->head[1].node;
	u32 taken = 0, nth, refused = 0;
	u64 next;
	int err;

	for (nth = 1; nth <= 4; nth++) {
		next = n->flow.next;
		net->fail_nth = nth;
		net->sick = 1;
		err = net_submit(net, 1, 100, 0);
		net->fail_nth = 0;
		net_flush(net, 1);
		KUNIT_EXPECT_TRUE(test, !err || err == -ENOMEM);
		KUNIT_EXPECT_EQ(test, n->flow.next, next + !err);
		taken += !err;
		refused += err == -ENOMEM;
	}
	net_settle(net);
	net_agreed(net, taken);
	if (!refused)
		kunit_skip(test, "no fault injection");
}

static void flow_owner_is_heard_of_once(struct kunit *test)
{
	struct net *net = net_up(test, 2, NULL);
	u32 i, k, owned[2] = {};

	net_send(net, 0, NET_GROUP, 10, 0);
	net_send(net, 1, NET_GROUP, 10, SAMR_MSG_SAFE);
	net_settle(net);
	for (i = 0; i < 2; i++)
		for (k = 0; k < net->head[i].logged; k++)
			if (net->head[i].log[k].owned) {
				KUNIT_EXPECT_EQ(test, net->head[i].id,
						net->head[i].log[k].meta.origin);
				owned[i]++;
			}
	/* Its join, and its message. */
	KUNIT_EXPECT_EQ(test, owned[0], 2U);
	KUNIT_EXPECT_EQ(test, owned[1], 2U);
}

/* A head that ends tells the owners of what was not delivered. */
static void flow_owner_is_heard_of_at_the_end(struct kunit *test)
{
	struct net *net = net_up(test, 3, NULL);
	struct samr_action *a, *next;
	struct samr_actions dropped;
	struct samr_msg *msg;
	u32 count = 0;

	net->fate = lose_all;
	KUNIT_ASSERT_EQ(test, net_send(net, 0, NET_GROUP, 10, SAMR_MSG_SAFE), 0);
	KUNIT_ASSERT_EQ(test, net_send(net, 0, NET_GROUP, 10, 0), 0);
	KUNIT_ASSERT_EQ(test, net_send(net, 0, NET_GROUP, 50000, 0), 0);
	KUNIT_ASSERT_EQ(test, net_data(net, 0), 0U);

	samr_actions_init(&dropped);
	samr_node_free(net->head[0].node, &dropped);
	net->head[0].node = NULL;
	list_for_each_entry_safe(a, next, &dropped.list, node) {
		list_del_init(&a->node);
		KUNIT_EXPECT_EQ(test, a->type, (u32)SAMR_ACT_DELIVER);
		msg = samr_msg_of_action(a);
		KUNIT_EXPECT_EQ(test, msg->meta.gseq, 0ULL);
		KUNIT_EXPECT_PTR_EQ(test, msg->owner, (void *)net);
		samr_msg_put(msg);
		count++;
	}
	KUNIT_EXPECT_EQ(test, count, 3U);
}

static struct kunit_case flow_cases[] = {
	KUNIT_CASE(flow_wrong_submissions),
	KUNIT_CASE(flow_without_a_view),
	KUNIT_CASE(flow_window_full),
	KUNIT_CASE(flow_bytes_full),
	KUNIT_CASE(flow_lost_submission_is_repeated),
	KUNIT_CASE(flow_repeats_less_and_less),
	KUNIT_CASE(flow_ordered_late_is_not_ordered_twice),
	KUNIT_CASE(flow_long_message_in_bursts),
	KUNIT_CASE(flow_medium_message_does_not_wait),
	KUNIT_CASE(flow_long_message_with_loss),
	KUNIT_CASE(flow_submit_without_memory),
	KUNIT_CASE(flow_owner_is_heard_of_once),
	KUNIT_CASE(flow_owner_is_heard_of_at_the_end),
	{}
};

static struct kunit_suite flow_suite = {
	.name = "samr_flow",
	.init = net_init,
	.exit = net_exit,
	.test_cases = flow_cases,
};

kunit_test_suite(flow_suite);
