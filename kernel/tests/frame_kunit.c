// SPDX-License-Identifier: GPL-2.0
/* Frames that leave, and the messages cut to fit them. */
#include "net.h"
#include "../core/emit.h"
#include "../core/frame.h"

/**
 * struct catcher - what a node would send
 * @out: as of a step
 * @n: the node
 * @test: whose it is
 */
struct catcher {
	struct samr_actions out;
	struct samr_node *n;
	struct kunit *test;
};

/* Functions of the core are called in the place of a step. */
static void catch(struct catcher *c, struct net *net, u32 i)
{
	samr_actions_init(&c->out);
	c->n = net->head[i].node;
	c->n->out = &c->out;
	c->test = net->test;
}

/* The next frame that was closed, or NULL; the caller puts it. */
static struct samr_blob *caught(struct catcher *c, u64 *dest,
				struct samr_frame_info *info)
{
	struct samr_action *a;
	struct samr_blob *b;
	struct samr_hdr scratch;
	const struct samr_hdr *h;

	if (list_empty(&c->out.list))
		return NULL;
	a = list_first_entry(&c->out.list, struct samr_action, node);
	list_del_init(&a->node);
	KUNIT_EXPECT_EQ(c->test, a->type, (u32)SAMR_ACT_SEND);
	*dest = a->dest;
	b = samr_blob_of_action(a);
	h = samr_blob_peek(b, 0, sizeof(*h), &scratch);
	KUNIT_EXPECT_EQ(c->test, samr_wire_header(h, samr_blob_len(b),
						  NET_CLUSTER, info),
			SAMR_DROP_NONE);
	KUNIT_EXPECT_EQ(c->test, (u32)info->len, samr_blob_len(b));
	return b;
}

static void beat(struct catcher *c, u64 dest)
{
	struct samr_rec_beat r = {
		.rec = {
			.type = SAMR_REC_BEAT,
			.len = cpu_to_be16(sizeof(r)),
		},
	};
	struct samr_blob *b = samr_frame_record(c->n, dest, sizeof(r));

	KUNIT_ASSERT_NOT_NULL(c->test, b);
	samr_blob_put_data(b, &r, sizeof(r));
}

static void frame_records_share_one(struct kunit *test)
{
	struct net *net = net_up(test, 2, NULL);
	struct samr_frame_info info;
	struct samr_blob *b;
	struct catcher c;
	u64 dest;

	catch(&c, net, 0);
	beat(&c, SAMR_DEST_ALL);
	beat(&c, SAMR_DEST_ALL);
	beat(&c, SAMR_DEST_ALL);
	KUNIT_EXPECT_TRUE(test, list_empty(&c.out.list));
	samr_frame_flush(c.n);

	b = caught(&c, &dest, &info);
	KUNIT_ASSERT_NOT_NULL(test, b);
	KUNIT_EXPECT_EQ(test, dest, (u64)SAMR_DEST_ALL);
	KUNIT_EXPECT_EQ(test, info.records, 3);
	KUNIT_EXPECT_EQ(test, (size_t)info.len, sizeof(struct samr_hdr) +
			3 * sizeof(struct samr_rec_beat));
	KUNIT_EXPECT_EQ(test, info.epoch, c.n->view.epoch);
	KUNIT_EXPECT_EQ(test, info.ack, c.n->rcv.held);
	KUNIT_EXPECT_EQ(test, info.inc, c.n->cfg.inc);
	samr_blob_put(b);
	KUNIT_EXPECT_TRUE(test, list_empty(&c.out.list));
}

static void frame_full_is_closed(struct kunit *test)
{
	struct net *net = net_up(test, 2, NULL);
	struct samr_frame_info info;
	struct samr_blob *b;
	struct catcher c;
	u32 i, room, records = 0;
	u64 dest;

	catch(&c, net, 0);
	room = samr_frame_room(c.n);
	KUNIT_EXPECT_EQ(test, (size_t)room,
			SAMR_FRAME_MIN - sizeof(struct samr_hdr));
	for (i = 0; i < 100; i++)
		beat(&c, SAMR_DEST_ALL);
	samr_frame_flush(c.n);
	while ((b = caught(&c, &dest, &info))) {
		KUNIT_EXPECT_LE(test, info.len, SAMR_FRAME_MIN);
		records += info.records;
		samr_blob_put(b);
	}
	KUNIT_EXPECT_EQ(test, records, 100U);
}

static void frame_exactly_full(struct kunit *test)
{
	struct net *net = net_up(test, 2, NULL);
	u8 bytes[SAMR_FRAME_MIN] = { SAMR_REC_BEAT };
	struct samr_frame_info info;
	struct samr_blob *b;
	struct catcher c;
	u64 dest;
	u32 room;

	catch(&c, net, 0);
	room = samr_frame_room(c.n);
	b = samr_frame_record(c.n, SAMR_DEST_ALL, room);
	KUNIT_ASSERT_NOT_NULL(test, b);
	samr_blob_put_data(b, bytes, room);
	beat(&c, SAMR_DEST_ALL);

	b = caught(&c, &dest, &info);
	KUNIT_ASSERT_NOT_NULL(test, b);
	KUNIT_EXPECT_EQ(test, info.len, SAMR_FRAME_MIN);
	KUNIT_EXPECT_EQ(test, info.records, 1);
	samr_blob_put(b);
	samr_frame_flush(c.n);
	b = caught(&c, &dest, &info);
	KUNIT_ASSERT_NOT_NULL(test, b);
	KUNIT_EXPECT_EQ(test, info.records, 1);
	samr_blob_put(b);
}

static void frame_one_for_each_destination(struct kunit *test)
{
	struct net *net = net_up(test, 3, NULL);
	u64 dest, want[] = { 2, 3, 2, SAMR_DEST_ALL };
	struct samr_frame_info info;
	struct samr_blob *b;
	struct catcher c;
	u32 i;

	catch(&c, net, 0);
	beat(&c, SAMR_DEST_ALL);
	beat(&c, 2);
	beat(&c, 3);
	beat(&c, 2);
	beat(&c, SAMR_DEST_ALL);
	samr_frame_flush(c.n);
	for (i = 0; i < ARRAY_SIZE(want); i++) {
		b = caught(&c, &dest, &info);
		KUNIT_ASSERT_NOT_NULL(test, b);
		KUNIT_EXPECT_EQ(test, dest, want[i]);
		KUNIT_EXPECT_EQ(test, info.records, dest ? 1 : 2);
		samr_blob_put(b);
	}
	KUNIT_EXPECT_TRUE(test, list_empty(&c.out.list));
}

static void frame_ack_needs_no_record(struct kunit *test)
{
	struct net *net = net_up(test, 2, NULL);
	struct samr_frame_info info;
	struct samr_blob *b;
	struct catcher c;
	u64 dest;

	catch(&c, net, 1);
	samr_frame_ack(c.n);
	samr_frame_ack(c.n);
	samr_frame_flush(c.n);
	b = caught(&c, &dest, &info);
	KUNIT_ASSERT_NOT_NULL(test, b);
	KUNIT_EXPECT_EQ(test, info.records, 0);
	KUNIT_EXPECT_EQ(test, dest, (u64)SAMR_DEST_ALL);
	KUNIT_EXPECT_EQ(test, info.ack, c.n->rcv.held);
	samr_blob_put(b);
	KUNIT_EXPECT_TRUE(test, list_empty(&c.out.list));
}

static void frame_without_memory_is_lost(struct kunit *test)
{
	struct net *net = net_up(test, 2, NULL);
	struct samr_blob *b;
	struct catcher c;
	bool spent;

	catch(&c, net, 0);
	net_fail_arm(1);
	b = samr_frame_record(c.n, SAMR_DEST_ALL, 16);
	spent = net_fail_disarm();
	if (!spent) {
		samr_frame_discard(c.n);
		kunit_skip(test, "no fault injection");
	}
	KUNIT_EXPECT_NULL(test, b);
	samr_frame_flush(c.n);
	KUNIT_EXPECT_TRUE(test, list_empty(&c.out.list));
	beat(&c, SAMR_DEST_ALL);
	samr_frame_discard(c.n);
	samr_frame_flush(c.n);
	KUNIT_EXPECT_TRUE(test, list_empty(&c.out.list));
}

static void frame_of_a_lone_node(struct kunit *test)
{
	struct net *net = net_up(test, 1, NULL);
	struct catcher c;

	catch(&c, net, 0);
	KUNIT_EXPECT_NULL(test, samr_frame_record(c.n, SAMR_DEST_ALL, 16));
	samr_frame_ack(c.n);
	samr_frame_flush(c.n);
	KUNIT_EXPECT_TRUE(test, list_empty(&c.out.list));
	KUNIT_EXPECT_EQ(test, net->sent, 0ULL);
}

static void frame_size_is_clamped(struct kunit *test)
{
	struct net *net = net_up(test, 2, NULL);
	struct samr_event ev = { .type = SAMR_EV_FRAME_MAX };

	ev.frame_max = 0;
	net_step(net, 0, &ev);
	KUNIT_EXPECT_EQ(test, net->head[0].node->frame_max,
			(u32)SAMR_FRAME_MIN);
	ev.frame_max = U32_MAX;
	net_step(net, 0, &ev);
	KUNIT_EXPECT_EQ(test, net->head[0].node->frame_max,
			(u32)SAMR_FRAME_LIMIT);
	ev.frame_max = 1486;
	net_step(net, 0, &ev);
	KUNIT_EXPECT_EQ(test, net->head[0].node->frame_max, 1486U);
}

/* The message that emit_*() cut, put together again from its records. */
static u32 reassemble(struct catcher *c, struct samr_msg *got, u8 type)
{
	struct samr_frame_info info;
	u32 i, at, records = 0;
	struct samr_record r;
	struct samr_blob *b;
	u64 dest;

	while ((b = caught(c, &dest, &info))) {
		KUNIT_EXPECT_LE(c->test, (u32)info.len, c->n->frame_max);
		at = sizeof(struct samr_hdr);
		for (i = 0; i < info.records; i++) {
			KUNIT_EXPECT_EQ(c->test,
					samr_wire_record(b, &info, &at, &r),
					SAMR_DROP_NONE);
			KUNIT_EXPECT_EQ(c->test, r.type, type);
			records++;
			if (r.len)
				samr_msg_add(got, b, r.at, r.off, r.len);
		}
		samr_blob_put(b);
	}
	return records;
}

static struct samr_msg *message(struct kunit *test, u64 number, u32 len,
				bool bytes)
{
	struct samr_meta m = {
		.gseq = 9, .origin = 1, .inc = 0x1000, .oseq = 5, .time = 77,
		.arg = number, .group = NET_GROUP, .len = len,
	};
	struct samr_msg *msg = samr_msg_new(&m);

	KUNIT_ASSERT_NOT_NULL(test, msg);
	if (bytes) {
		msg->one.blob = net_payload(number, len);
		KUNIT_ASSERT_NOT_NULL(test, msg->one.blob);
		msg->npieces = 1;
		msg->have = len;
	}
	return msg;
}

static void expect_payload(struct kunit *test, struct samr_msg *got)
{
	struct samr_blob *out = samr_blob_new(got->meta.len);
	const u8 *b;
	u8 scratch;
	u32 i;

	KUNIT_ASSERT_NOT_NULL(test, out);
	KUNIT_ASSERT_TRUE(test, samr_msg_complete(got));
	samr_msg_write(got, out, 0, got->meta.len);
	for (i = 0; i < got->meta.len; i++) {
		b = samr_blob_peek(out, i, 1, &scratch);
		if (!b || *b != net_payload_byte(got->meta.arg, i))
			break;
	}
	KUNIT_EXPECT_EQ(test, i, got->meta.len);
	samr_blob_put(out);
}

static void emit_order_cuts_to_size(struct kunit *test)
{
	static const u32 lengths[] = { 0, 1, 375, 376, 377, 752, 753, 5000 };
	struct net *net = net_up(test, 2, NULL);
	struct samr_msg *msg, *got;
	struct catcher c;
	u32 i, records, room;

	room = SAMR_FRAME_MIN - sizeof(struct samr_hdr) -
	       sizeof(struct samr_rec_order);
	KUNIT_ASSERT_EQ(test, room, 376U);
	for (i = 0; i < ARRAY_SIZE(lengths); i++) {
		msg = message(test, i, lengths[i], lengths[i]);
		got = message(test, i, lengths[i], false);
		catch(&c, net, 0);
		KUNIT_EXPECT_EQ(test, samr_emit_small(c.n, lengths[i]),
				lengths[i] <= room);
		samr_emit_order(c.n, SAMR_DEST_ALL, msg, 0, 0, lengths[i]);
		samr_frame_flush(c.n);
		records = reassemble(&c, got, SAMR_REC_ORDER);
		KUNIT_EXPECT_EQ(test, records, lengths[i] ?
				(lengths[i] + room - 1) / room : 1);
		expect_payload(test, got);
		samr_msg_put(msg);
		samr_msg_put(got);
	}
}

static void emit_reference_has_no_bytes(struct kunit *test)
{
	struct net *net = net_up(test, 2, NULL);
	struct samr_msg *msg = message(test, 1, 5000, true);
	struct samr_msg *got = message(test, 1, 5000, false);
	struct catcher c;

	catch(&c, net, 0);
	samr_emit_order(c.n, 2, msg, SAMR_REC_F_REF, 0, 5000);
	samr_frame_flush(c.n);
	KUNIT_EXPECT_EQ(test, reassemble(&c, got, SAMR_REC_ORDER), 1U);
	KUNIT_EXPECT_EQ(test, got->have, 0U);
	samr_msg_put(msg);
	samr_msg_put(got);
}

static void emit_submit_in_bursts(struct kunit *test)
{
	struct net *net = net_up(test, 2, NULL);
	struct samr_msg *msg = message(test, 1, 5000, true);
	struct samr_msg *got = message(test, 1, 5000, false);
	u32 room, sent = 0, bursts = 0;
	struct catcher c;

	room = SAMR_FRAME_MIN - sizeof(struct samr_hdr) -
	       sizeof(struct samr_rec_submit);
	catch(&c, net, 1);
	while (sent < 5000) {
		u32 now = samr_emit_submit(c.n, SAMR_DEST_ALL, msg, sent,
					   5000 - sent, 3);

		KUNIT_ASSERT_EQ(test, now, min(5000 - sent, 3 * room));
		sent += now;
		bursts++;
	}
	samr_frame_flush(c.n);
	reassemble(&c, got, SAMR_REC_SUBMIT);
	expect_payload(test, got);
	KUNIT_EXPECT_EQ(test, bursts, (5000 + 3 * room - 1) / (3 * room));
	samr_msg_put(msg);
	samr_msg_put(got);
}

/* Allocation @nth fails; has it? Less than all is sent then, in @stopped it is counted. */
static bool emit_failing(struct catcher *c, u32 nth, u32 *stopped)
{
	struct samr_msg *msg = message(c->test, 1, 5000, true);
	struct samr_msg *got = message(c->test, 1, 5000, false);
	bool spent;
	u32 sent;

	net_fail_arm(nth);
	sent = samr_emit_submit(c->n, SAMR_DEST_ALL, msg, 0, 5000, U32_MAX);
	spent = net_fail_disarm();
	samr_frame_flush(c->n);
	reassemble(c, got, SAMR_REC_SUBMIT);
	/* What it says it sent has left. */
	KUNIT_EXPECT_EQ(c->test, got->have, sent);
	*stopped += sent < 5000;
	samr_msg_put(msg);
	samr_msg_put(got);
	return spent;
}

/* One that fails need not be ours: the allocator has some that it can do without. */
static void emit_submit_stops_without_memory(struct kunit *test)
{
	struct net *net = net_up(test, 2, NULL);
	u32 nth, stopped = 0, spent = 0;
	struct catcher c;

	catch(&c, net, 1);
	for (nth = 1; nth <= 5; nth++)
		spent += emit_failing(&c, nth, &stopped);
	if (spent)
		KUNIT_EXPECT_GT(test, stopped, 0U);
	KUNIT_EXPECT_LE(test, stopped, spent);
}

static struct kunit_case frame_cases[] = {
	KUNIT_CASE(frame_records_share_one),
	KUNIT_CASE(frame_full_is_closed),
	KUNIT_CASE(frame_exactly_full),
	KUNIT_CASE(frame_one_for_each_destination),
	KUNIT_CASE(frame_ack_needs_no_record),
	KUNIT_CASE(frame_without_memory_is_lost),
	KUNIT_CASE(frame_of_a_lone_node),
	KUNIT_CASE(frame_size_is_clamped),
	KUNIT_CASE(emit_order_cuts_to_size),
	KUNIT_CASE(emit_reference_has_no_bytes),
	KUNIT_CASE(emit_submit_in_bursts),
	KUNIT_CASE(emit_submit_stops_without_memory),
	{}
};

static struct kunit_suite frame_suite = {
	.name = "samr_frame",
	.init = net_init,
	.exit = net_exit,
	.test_cases = frame_cases,
};

kunit_test_suite(frame_suite);
