// SPDX-License-Identifier: GPL-2.0
/* Messages put together from pieces. */
#include <linux/slab.h>
#include "net.h"

#define LEN	4096

/**
 * struct pieces - a message, and a frame with all its bytes
 * @test: whose it is
 * @msg: of LEN bytes, none there yet
 * @frame: the bytes
 */
struct pieces {
	struct kunit *test;
	struct samr_msg *msg;
	struct samr_blob *frame;
};

static const struct samr_meta meta = {
	.origin = 1, .inc = 2, .oseq = 3, .arg = 9, .group = 4, .len = LEN,
};

static int msg_init(struct kunit *test)
{
	struct pieces *p = kunit_kzalloc(test, sizeof(*p), GFP_KERNEL);

	if (!p)
		return -ENOMEM;
	p->test = test;
	p->msg = samr_msg_new(&meta);
	p->frame = net_payload(meta.arg, LEN);
	test->priv = p;
	return p->msg && p->frame ? 0 : -ENOMEM;
}

static void msg_exit(struct kunit *test)
{
	struct pieces *p = test->priv;

	samr_msg_put(p->msg);
	samr_blob_put(p->frame);
}

static enum samr_drop add(struct pieces *p, u32 off, u32 len)
{
	return samr_msg_add(p->msg, p->frame, off, off, len);
}

/* All bytes are there, each once and at its place. */
static void expect_whole(struct pieces *p)
{
	u32 off, len, i, at = 0;
	struct samr_blob *out;
	const u8 *b;
	u8 scratch;

	KUNIT_ASSERT_TRUE(p->test, samr_msg_complete(p->msg));
	KUNIT_EXPECT_FALSE(p->test, samr_msg_gap(p->msg, 0, &off, &len));
	for (i = 0; i < p->msg->npieces; i++) {
		KUNIT_EXPECT_EQ(p->test, p->msg->pieces[i].off, at);
		at += samr_blob_len(p->msg->pieces[i].blob);
	}
	KUNIT_EXPECT_EQ(p->test, at, (u32)LEN);

	out = samr_blob_new(LEN);
	KUNIT_ASSERT_NOT_NULL(p->test, out);
	/* In uneven parts, so that they begin and end within pieces. */
	for (at = 0; at < LEN; at += len) {
		len = min_t(u32, 777, LEN - at);
		samr_msg_write(p->msg, out, at, len);
	}
	KUNIT_EXPECT_EQ(p->test, samr_blob_len(out), (u32)LEN);
	for (i = 0; i < LEN; i++) {
		b = samr_blob_peek(out, i, 1, &scratch);
		if (!b || *b != net_payload_byte(meta.arg, i))
			break;
	}
	KUNIT_EXPECT_EQ(p->test, i, (u32)LEN);
	samr_blob_put(out);
}

static void msg_add_whole(struct kunit *test)
{
	struct pieces *p = test->priv;

	KUNIT_EXPECT_FALSE(test, samr_msg_complete(p->msg));
	KUNIT_EXPECT_EQ(test, add(p, 0, LEN), SAMR_DROP_NONE);
	expect_whole(p);
	KUNIT_EXPECT_PTR_EQ(test, p->msg->pieces, &p->msg->one);
}

static void msg_add_in_order(struct kunit *test)
{
	struct pieces *p = test->priv;
	u32 at;

	for (at = 0; at < LEN; at += 512)
		KUNIT_EXPECT_EQ(test, add(p, at, 512), SAMR_DROP_NONE);
	expect_whole(p);
}

static void msg_add_backwards(struct kunit *test)
{
	struct pieces *p = test->priv;
	u32 at;

	for (at = LEN; at; at -= 512)
		KUNIT_EXPECT_EQ(test, add(p, at - 512, 512), SAMR_DROP_NONE);
	expect_whole(p);
}

static void msg_add_duplicate(struct kunit *test)
{
	struct pieces *p = test->priv;

	KUNIT_EXPECT_EQ(test, add(p, 512, 512), SAMR_DROP_NONE);
	KUNIT_EXPECT_EQ(test, add(p, 512, 512), SAMR_DROP_DUPLICATE);
	KUNIT_EXPECT_EQ(test, add(p, 600, 100), SAMR_DROP_DUPLICATE);
	KUNIT_EXPECT_EQ(test, add(p, 512, 1), SAMR_DROP_DUPLICATE);
	KUNIT_EXPECT_EQ(test, add(p, 1023, 1), SAMR_DROP_DUPLICATE);
	KUNIT_EXPECT_EQ(test, p->msg->have, 512U);
	KUNIT_EXPECT_EQ(test, p->msg->npieces, 1);
}

static void msg_add_overlap_takes_what_is_new(struct kunit *test)
{
	struct pieces *p = test->priv;

	add(p, 1000, 1000);
	/* From the left, from the right, and across a whole piece. */
	KUNIT_EXPECT_EQ(test, add(p, 500, 700), SAMR_DROP_NONE);
	KUNIT_EXPECT_EQ(test, p->msg->have, 1500U);
	KUNIT_EXPECT_EQ(test, add(p, 1900, 600), SAMR_DROP_NONE);
	KUNIT_EXPECT_EQ(test, p->msg->have, 2000U);
	KUNIT_EXPECT_EQ(test, add(p, 3000, 500), SAMR_DROP_NONE);
	KUNIT_EXPECT_EQ(test, add(p, 0, LEN), SAMR_DROP_NONE);
	KUNIT_EXPECT_EQ(test, add(p, 0, LEN), SAMR_DROP_DUPLICATE);
	while (!samr_msg_complete(p->msg)) {
		u32 off, len;

		KUNIT_ASSERT_TRUE(test, samr_msg_gap(p->msg, 0, &off, &len));
		KUNIT_ASSERT_EQ(test, add(p, off, LEN - off), SAMR_DROP_NONE);
	}
	expect_whole(p);
}

static void msg_add_refuses_crumbs(struct kunit *test)
{
	struct pieces *p = test->priv;

	/* One byte in the middle of nowhere would cost a slice of its own. */
	KUNIT_EXPECT_EQ(test, add(p, 1000, 1), SAMR_DROP_LIMIT);
	KUNIT_EXPECT_EQ(test, add(p, 1000, SAMR_PIECE_MIN - 1),
			SAMR_DROP_LIMIT);
	KUNIT_EXPECT_EQ(test, p->msg->have, 0U);
	KUNIT_EXPECT_EQ(test, add(p, 1000, SAMR_PIECE_MIN), SAMR_DROP_NONE);
	/* But a message may begin and end with few, and gaps may be small. */
	KUNIT_EXPECT_EQ(test, add(p, LEN - 1, 1), SAMR_DROP_NONE);
	KUNIT_EXPECT_EQ(test, add(p, 0, 1), SAMR_DROP_NONE);
	KUNIT_EXPECT_EQ(test, add(p, 999, 1), SAMR_DROP_NONE);
	KUNIT_EXPECT_EQ(test, add(p, 1000 + SAMR_PIECE_MIN, 1),
			SAMR_DROP_NONE);
}

/* Whoever sends the smallest pieces makes us keep a bounded number of them. */
static void msg_add_bounds_pieces(struct kunit *test)
{
	struct samr_meta m = meta;
	struct samr_blob *frame;
	struct samr_msg *msg;
	enum samr_drop drop;
	u32 off, taken = 0;

	m.len = SAMR_LEN_MAX;
	msg = samr_msg_new(&m);
	frame = net_payload(1, SAMR_PIECE_MIN);
	KUNIT_ASSERT_NOT_NULL(test, msg);
	KUNIT_ASSERT_NOT_NULL(test, frame);
	for (off = 2; off + 1 < SAMR_LEN_MAX; off += SAMR_PIECE_MIN + 1) {
		drop = samr_msg_add(msg, frame, 0, off,
				    min_t(u32, SAMR_PIECE_MIN,
					  SAMR_LEN_MAX - 1 - off));
		if (drop != SAMR_DROP_NONE)
			break;
		taken++;
	}
	/* Then the gaps of one byte between them: some fit, no more. */
	for (off = 1; off < SAMR_LEN_MAX; off += SAMR_PIECE_MIN + 1)
		taken += samr_msg_add(msg, frame, 0, off, 1) == SAMR_DROP_NONE;

	KUNIT_EXPECT_LE(test, taken, (u32)SAMR_PIECES_MAX);
	KUNIT_EXPECT_EQ(test, msg->npieces, taken);
	KUNIT_EXPECT_GT(test, taken, (u32)SAMR_PIECES_MAX / 2);
	samr_msg_put(msg);
	samr_blob_put(frame);
}

static void msg_gap_lists_what_lacks(struct kunit *test)
{
	struct pieces *p = test->priv;
	u32 off, len;

	KUNIT_ASSERT_TRUE(test, samr_msg_gap(p->msg, 0, &off, &len));
	KUNIT_EXPECT_EQ(test, off, 0U);
	KUNIT_EXPECT_EQ(test, len, (u32)LEN);
	add(p, 500, 500);
	add(p, 2000, 500);

	KUNIT_ASSERT_TRUE(test, samr_msg_gap(p->msg, 0, &off, &len));
	KUNIT_EXPECT_EQ(test, off, 0U);
	KUNIT_EXPECT_EQ(test, len, 500U);
	KUNIT_ASSERT_TRUE(test, samr_msg_gap(p->msg, 500, &off, &len));
	KUNIT_EXPECT_EQ(test, off, 1000U);
	KUNIT_EXPECT_EQ(test, len, 1000U);
	KUNIT_ASSERT_TRUE(test, samr_msg_gap(p->msg, 1500, &off, &len));
	KUNIT_EXPECT_EQ(test, off, 1500U);
	KUNIT_EXPECT_EQ(test, len, 500U);
	KUNIT_ASSERT_TRUE(test, samr_msg_gap(p->msg, 2499, &off, &len));
	KUNIT_EXPECT_EQ(test, off, 2500U);
	KUNIT_EXPECT_EQ(test, len, (u32)LEN - 2500);
	KUNIT_EXPECT_FALSE(test, samr_msg_gap(p->msg, LEN, &off, &len));
	KUNIT_EXPECT_FALSE(test, samr_msg_gap(p->msg, U32_MAX, &off, &len));
}

/* Any pieces in any order make the message, and never anything else. */
static void msg_add_at_random(struct kunit *test)
{
	struct net net = { .prng = 4711 };
	struct pieces *p = test->priv;
	u32 round, off, len, tries;

	for (round = 0; round < 20; round++) {
		for (tries = 0; tries < 20 && !samr_msg_complete(p->msg); tries++) {
			off = net_random(&net, LEN);
			len = 1 + net_random(&net, LEN - off);
			add(p, off, len);
			KUNIT_ASSERT_LE(test, p->msg->have, (u32)LEN);
		}
		while (samr_msg_gap(p->msg, 0, &off, &len))
			KUNIT_ASSERT_EQ(test, add(p, off, len), SAMR_DROP_NONE);
		expect_whole(p);
		samr_msg_put(p->msg);
		p->msg = samr_msg_new(&meta);
		KUNIT_ASSERT_NOT_NULL(test, p->msg);
	}
}

/* A piece that finds no memory leaves the message as it was. */
static void msg_add_without_memory(struct kunit *test)
{
	struct pieces *p = test->priv;
	enum samr_drop drop;
	u32 nth, at = 0, failed = 0;
	bool spent;

	for (at = 0; at < LEN; at += 256) {
		for (nth = 1;; nth++) {
			u32 have = p->msg->have, pieces = p->msg->npieces;

			net_fail_arm(nth);
			drop = add(p, at, 256);
			spent = net_fail_disarm();
			/* The kernel may have had another way to get it. */
			if (drop == SAMR_DROP_NONE || !spent)
				break;
			failed++;
			KUNIT_ASSERT_EQ(test, drop, SAMR_DROP_MEMORY);
			KUNIT_ASSERT_EQ(test, p->msg->have, have);
			KUNIT_ASSERT_EQ(test, p->msg->npieces, pieces);
		}
		KUNIT_ASSERT_EQ(test, drop, SAMR_DROP_NONE);
	}
	if (!failed)
		kunit_skip(test, "no fault injection");
	expect_whole(p);
}

static void msg_new_without_memory(struct kunit *test)
{
	struct samr_msg *msg;
	bool spent;

	net_fail_arm(1);
	msg = samr_msg_new(&meta);
	spent = net_fail_disarm();
	if (!spent) {
		samr_msg_put(msg);
		kunit_skip(test, "no fault injection");
	}
	KUNIT_EXPECT_NULL(test, msg);
}

static void msg_same_looks_at_every_field(struct kunit *test)
{
	struct samr_meta a = meta, b;

	a.gseq = 5;
	a.time = 6;
	KUNIT_EXPECT_TRUE(test, samr_msg_same(&a, &a));
	/* A description without a place may mean any place. */
	b = a;
	b.gseq = 0;
	b.time = 0;
	KUNIT_EXPECT_TRUE(test, samr_msg_same(&a, &b));
	KUNIT_EXPECT_TRUE(test, samr_msg_same(&b, &a));

#define DIFFERS(field) do {						\
	b = a;								\
	b.field++;							\
	KUNIT_EXPECT_FALSE_MSG(test, samr_msg_same(&a, &b), #field);	\
	KUNIT_EXPECT_FALSE_MSG(test, samr_msg_same(&b, &a), #field);	\
} while (0)
	DIFFERS(gseq);
	DIFFERS(time);
	DIFFERS(origin);
	DIFFERS(inc);
	DIFFERS(oseq);
	DIFFERS(arg);
	DIFFERS(group);
	DIFFERS(port);
	DIFFERS(uid);
	DIFFERS(gid);
	DIFFERS(len);
	DIFFERS(kind);
	DIFFERS(flags);
#undef DIFFERS
}

static void msg_empty_is_complete(struct kunit *test)
{
	struct samr_meta m = meta;
	struct samr_msg *msg;
	u32 off, len;

	m.len = 0;
	msg = samr_msg_new(&m);
	KUNIT_ASSERT_NOT_NULL(test, msg);
	KUNIT_EXPECT_TRUE(test, samr_msg_complete(msg));
	KUNIT_EXPECT_FALSE(test, samr_msg_gap(msg, 0, &off, &len));
	samr_msg_put(msg);
	samr_msg_put(NULL);
}

static struct kunit_case msg_cases[] = {
	KUNIT_CASE(msg_add_whole),
	KUNIT_CASE(msg_add_in_order),
	KUNIT_CASE(msg_add_backwards),
	KUNIT_CASE(msg_add_duplicate),
	KUNIT_CASE(msg_add_overlap_takes_what_is_new),
	KUNIT_CASE(msg_add_refuses_crumbs),
	KUNIT_CASE(msg_add_bounds_pieces),
	KUNIT_CASE(msg_gap_lists_what_lacks),
	KUNIT_CASE(msg_add_at_random),
	KUNIT_CASE(msg_add_without_memory),
	KUNIT_CASE(msg_new_without_memory),
	KUNIT_CASE(msg_same_looks_at_every_field),
	KUNIT_CASE(msg_empty_is_complete),
	{}
};

static struct kunit_suite msg_suite = {
	.name = "samr_msg",
	.init = msg_init,
	.exit = msg_exit,
	.test_cases = msg_cases,
};

kunit_test_suite(msg_suite);
