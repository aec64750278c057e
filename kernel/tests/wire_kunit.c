// SPDX-License-Identifier: GPL-2.0
/* The decoder of the wire format: it believes nothing. */
#include "net.h"
#include "../core/strings.h"

#define MOST	512

/**
 * struct wire - one record, as bytes and in a frame
 * @bytes: header of a frame and records
 * @len: bytes in it
 */
struct wire {
	u8 bytes[MOST];
	u32 len;
};

static const struct samr_frame_info info_right = {
	.type = SAMR_FRAME_CORE, .cluster = NET_CLUSTER, .src = 3, .inc = 0x33,
	.counter = 9, .epoch = 5, .ack = 17, .domain = 2, .records = 1,
};

static const struct samr_meta meta_right = {
	.gseq = 11, .origin = 3, .inc = 0x33, .oseq = 5, .time = 99, .arg = 77,
	.group = 7, .port = 2, .uid = 1000, .gid = 100, .len = 600,
	.kind = SAMR_KIND_DATA, .flags = SAMR_MSG_SAFE,
};

static void put(struct wire *w, const void *bytes, u32 len)
{
	memcpy(w->bytes + w->len, bytes, len);
	w->len += len;
}

static struct wire wire_new(void)
{
	return (struct wire){ .len = sizeof(struct samr_hdr) };
}

static struct wire wire_submit(const struct samr_meta *m, u32 off, u32 len)
{
	struct wire w = wire_new();
	struct samr_rec_submit r;

	samr_wire_put_submit(&r, m, SAMR_REC_F_ALL, off, len);
	put(&w, &r, sizeof(r));
	w.len += len;
	return w;
}

static struct wire wire_order(const struct samr_meta *m, u8 flags, u32 off,
			      u32 len)
{
	struct wire w = wire_new();
	struct samr_rec_order r;

	samr_wire_put_order(&r, m, flags, off, len);
	put(&w, &r, sizeof(r));
	w.len += len;
	return w;
}

static struct wire wire_nack(const struct samr_nack *n)
{
	struct wire w = wire_new();
	struct samr_rec_nack r;

	samr_wire_put_nack(&r, n);
	put(&w, &r, sizeof(r));
	return w;
}

/* CREDIT and CREDIT_ASK: a group and a number. */
static struct wire wire_plain(u8 type, u32 group, u64 number)
{
	struct samr_rec_credit r = {
		.rec = { .type = type, .len = cpu_to_be16(sizeof(r)) },
		.group = cpu_to_be32(group),
		.gseq = cpu_to_be64(number),
	};
	struct wire w = wire_new();

	put(&w, &r, sizeof(r));
	return w;
}

static struct wire wire_beat(u32 flags, u64 last)
{
	struct samr_rec_beat r = {
		.rec = { .type = SAMR_REC_BEAT, .len = cpu_to_be16(sizeof(r)) },
		.flags = cpu_to_be32(flags),
		.last = cpu_to_be64(last),
		.hears = cpu_to_be64(0xe),
	};
	struct wire w = wire_new();

	put(&w, &r, sizeof(r));
	return w;
}

static void put_seats(struct wire *w, u32 count)
{
	struct samr_rec_seat s = { };
	u32 i;

	for (i = 0; i < count; i++) {
		s.node = cpu_to_be32(i + 1);
		s.inc = cpu_to_be64(0x100 + i);
		put(w, &s, sizeof(s));
	}
}

static struct wire wire_hello(u32 count, u32 seats)
{
	u32 len = sizeof(struct samr_rec_hello) +
		  seats * sizeof(struct samr_rec_seat);
	struct samr_rec_hello r = {
		.rec = { .type = SAMR_REC_HELLO, .len = cpu_to_be16((u16)len) },
		.count = cpu_to_be32(count),
		.members = cpu_to_be64(0xe),
	};
	struct wire w = wire_new();

	put(&w, &r, sizeof(r));
	put_seats(&w, seats);
	return w;
}

static struct wire wire_view(u32 count, u32 members)
{
	u32 len = sizeof(struct samr_rec_plan) +
		  members * sizeof(struct samr_rec_seat);
	struct samr_rec_plan r = {
		.rec = { .type = SAMR_REC_VIEW, .len = cpu_to_be16((u16)len) },
		.count = cpu_to_be32(count),
		.epoch = cpu_to_be64(1),
		.key = { cpu_to_be64(5), cpu_to_be64(6) },
	};
	struct wire w = wire_new();

	put(&w, &r, sizeof(r));
	put_seats(&w, members);
	return w;
}

/* Decode the first record of @w when only @len bytes of the frame are there. */
static enum samr_drop decode(struct kunit *test, const struct wire *w, u32 len,
			     struct samr_record *r)
{
	struct samr_blob *frame = samr_blob_new(len);
	struct samr_frame_info info = info_right;
	u32 at = sizeof(struct samr_hdr);
	enum samr_drop drop;

	KUNIT_ASSERT_NOT_NULL(test, frame);
	samr_blob_put_data(frame, w->bytes, len);
	info.len = (u16)len;
	drop = samr_wire_record(frame, &info, &at, r);
	if (drop != SAMR_DROP_RECORD) {
		KUNIT_EXPECT_LE(test, at, len);
		KUNIT_EXPECT_GT(test, at, (u32)sizeof(struct samr_hdr));
	}
	if (drop == SAMR_DROP_NONE) {
		KUNIT_EXPECT_LE(test, r->at + r->len, len);
		KUNIT_EXPECT_EQ(test, r->at + r->len, at);
	}
	samr_blob_put(frame);
	return drop;
}

static enum samr_drop whole(struct kunit *test, const struct wire *w,
			    struct samr_record *r)
{
	return decode(test, w, w->len, r);
}

static enum samr_drop header(const struct samr_hdr *h, u32 avail)
{
	struct samr_frame_info info;

	return samr_wire_header(h, avail, NET_CLUSTER, &info);
}

static struct samr_hdr header_of(u16 len)
{
	struct samr_frame_info info = info_right;
	struct samr_hdr h;

	info.len = len;
	samr_wire_put_header(&h, &info);
	return h;
}

static void wire_header_round_trip(struct kunit *test)
{
	struct samr_hdr h = header_of(100);
	struct samr_frame_info info;

	KUNIT_ASSERT_EQ(test, samr_wire_header(&h, 100, NET_CLUSTER, &info),
			SAMR_DROP_NONE);
	KUNIT_EXPECT_EQ(test, info.src, 3ULL);
	KUNIT_EXPECT_EQ(test, info.inc, 0x33ULL);
	KUNIT_EXPECT_EQ(test, info.counter, 9ULL);
	KUNIT_EXPECT_EQ(test, info.epoch, 5ULL);
	KUNIT_EXPECT_EQ(test, info.ack, 17ULL);
	KUNIT_EXPECT_EQ(test, info.domain, 2);
	KUNIT_EXPECT_EQ(test, info.len, 100);
	KUNIT_EXPECT_EQ(test, info.records, 1);
}

static void wire_header_lengths(struct kunit *test)
{
	struct samr_hdr h = header_of(100);

	KUNIT_EXPECT_EQ(test, header(&h, 0), SAMR_DROP_SHORT);
	KUNIT_EXPECT_EQ(test, header(&h, sizeof(h) - 1), SAMR_DROP_SHORT);
	KUNIT_EXPECT_EQ(test, header(&h, 99), SAMR_DROP_LENGTH);
	/* What lies behind is padding. */
	KUNIT_EXPECT_EQ(test, header(&h, 1500), SAMR_DROP_NONE);
	h = header_of(sizeof(h) - 1);
	KUNIT_EXPECT_EQ(test, header(&h, 100), SAMR_DROP_LENGTH);
	h = header_of(0);
	KUNIT_EXPECT_EQ(test, header(&h, 100), SAMR_DROP_LENGTH);
	h = header_of(U16_MAX);
	KUNIT_EXPECT_EQ(test, header(&h, 1500), SAMR_DROP_LENGTH);
	h = header_of(sizeof(h));
	KUNIT_EXPECT_EQ(test, header(&h, sizeof(h)), SAMR_DROP_NONE);
}

static void wire_header_fields(struct kunit *test)
{
	struct samr_hdr h;

	h = header_of(100);
	h.version++;
	KUNIT_EXPECT_EQ(test, header(&h, 100), SAMR_DROP_VERSION);
	h = header_of(100);
	h.version = 0;
	KUNIT_EXPECT_EQ(test, header(&h, 100), SAMR_DROP_VERSION);
	h = header_of(100);
	h.cluster = cpu_to_be32(NET_CLUSTER + 1);
	KUNIT_EXPECT_EQ(test, header(&h, 100), SAMR_DROP_CLUSTER);
	h = header_of(100);
	h.key = 1;
	KUNIT_EXPECT_EQ(test, header(&h, 100), SAMR_DROP_KEY);
	h = header_of(100);
	h.type = 0;
	KUNIT_EXPECT_EQ(test, header(&h, 100), SAMR_DROP_HEADER);
	h.type = SAMR_FRAME_LINK;
	KUNIT_EXPECT_EQ(test, header(&h, 100), SAMR_DROP_NONE);
	h.type = SAMR_FRAME_CLIENT + 1;
	KUNIT_EXPECT_EQ(test, header(&h, 100), SAMR_DROP_HEADER);
	h = header_of(100);
	h.flags = 1;
	KUNIT_EXPECT_EQ(test, header(&h, 100), SAMR_DROP_HEADER);
	h = header_of(100);
	h.reserved = cpu_to_be16(1);
	KUNIT_EXPECT_EQ(test, header(&h, 100), SAMR_DROP_HEADER);
	h = header_of(100);
	h.src = 0;
	KUNIT_EXPECT_EQ(test, header(&h, 100), SAMR_DROP_HEADER);
	h = header_of(100);
	h.inc = 0;
	KUNIT_EXPECT_EQ(test, header(&h, 100), SAMR_DROP_HEADER);
}

static void wire_submit_round_trip(struct kunit *test)
{
	struct wire w = wire_submit(&meta_right, 200, 64);
	struct samr_meta want = meta_right;
	struct samr_record r;

	KUNIT_ASSERT_EQ(test, whole(test, &w, &r), SAMR_DROP_NONE);
	/* Place and time are not the origin's to say; who it is, the header is. */
	want.gseq = 0;
	want.time = 0;
	KUNIT_EXPECT_TRUE(test, samr_msg_same(&r.meta, &want));
	KUNIT_EXPECT_EQ(test, r.meta.gseq, 0ULL);
	KUNIT_EXPECT_EQ(test, r.type, SAMR_REC_SUBMIT);
	KUNIT_EXPECT_EQ(test, r.flags, SAMR_REC_F_ALL);
	KUNIT_EXPECT_EQ(test, r.off, 200U);
	KUNIT_EXPECT_EQ(test, r.len, 64U);
}

static void wire_order_round_trip(struct kunit *test)
{
	struct wire w = wire_order(&meta_right, SAMR_REC_F_REPAIR, 0, 64);
	struct samr_record r;

	KUNIT_ASSERT_EQ(test, whole(test, &w, &r), SAMR_DROP_NONE);
	KUNIT_EXPECT_TRUE(test, samr_msg_same(&r.meta, &meta_right));
	KUNIT_EXPECT_EQ(test, r.meta.gseq, 11ULL);
	KUNIT_EXPECT_EQ(test, r.meta.time, 99ULL);
	KUNIT_EXPECT_EQ(test, r.len, 64U);
}

/* What is wrong with a message is wrong in either record. */
static void expect_bad_meta(struct kunit *test, const struct samr_meta *m,
			    u32 off, u32 len, const char *what)
{
	struct wire s = wire_submit(m, off, len);
	struct wire o = wire_order(m, 0, off, len);
	struct samr_record r;

	KUNIT_EXPECT_EQ_MSG(test, whole(test, &s, &r), SAMR_DROP_RECORD,
			    "SUBMIT, %s", what);
	KUNIT_EXPECT_EQ_MSG(test, whole(test, &o, &r), SAMR_DROP_RECORD,
			    "ORDER, %s", what);
}

static void wire_message_fields(struct kunit *test)
{
	struct samr_meta m = meta_right;

	m.group = 0;
	expect_bad_meta(test, &m, 0, 64, "group 0");
	m = meta_right;
	m.oseq = 0;
	expect_bad_meta(test, &m, 0, 64, "oseq 0");
	m = meta_right;
	m.kind = SAMR_KINDS;
	expect_bad_meta(test, &m, 0, 64, "kind");
	m.kind = 0xff;
	expect_bad_meta(test, &m, 0, 64, "kind 255");
	m = meta_right;
	m.flags = SAMR_MSG_FLAGS + 1;
	expect_bad_meta(test, &m, 0, 64, "flags");
	m.flags = SAMR_MSG_STATEFUL;
	expect_bad_meta(test, &m, 0, 64, "a flag of JOIN");
	m.flags = SAMR_MSG_LAST;
	expect_bad_meta(test, &m, 0, 64, "a flag of STATE");
	m.flags = 0;
	m.kind = SAMR_KIND_STATE;
	m.arg = 0;
	expect_bad_meta(test, &m, 0, 64, "STATE of no transfer");
	m.arg = 7;
	m.flags = SAMR_MSG_FAILED;
	expect_bad_meta(test, &m, 0, 64, "failed STATE with bytes");
	m.flags = SAMR_MSG_STATEFUL;
	expect_bad_meta(test, &m, 0, 64, "STATE with the flag of JOIN");
	m.flags = 0;
	m.kind = SAMR_KIND_READ;
	expect_bad_meta(test, &m, 0, 64, "READ with bytes");
	m.kind = SAMR_KIND_SNAPSHOT;
	expect_bad_meta(test, &m, 0, 64, "SNAPSHOT with bytes");
	m = meta_right;
	m.kind = SAMR_KIND_JOIN;
	expect_bad_meta(test, &m, 0, 64, "JOIN with bytes");
	m = meta_right;
	expect_bad_meta(test, &m, 0, 0, "no bytes of a message that has some");
}

static void wire_message_lengths(struct kunit *test)
{
	struct samr_meta m = meta_right;

	expect_bad_meta(test, &m, m.len, 64, "behind the end");
	expect_bad_meta(test, &m, m.len - 63, 64, "across the end");
	expect_bad_meta(test, &m, U32_MAX, 64, "offset 2^32 - 1");
	expect_bad_meta(test, &m, U32_MAX - 63, 64, "offset that wraps to 0");
	m.len = 63;
	expect_bad_meta(test, &m, 0, 64, "more than there is");
	m.len = SAMR_LEN_MAX + 1;
	expect_bad_meta(test, &m, 0, 64, "above the limit");
	m.len = U32_MAX;
	expect_bad_meta(test, &m, U32_MAX - 64, 64, "length 2^32 - 1");
}

static void wire_message_at_the_limit(struct kunit *test)
{
	struct samr_meta m = meta_right;
	struct samr_record r;
	struct wire w;

	m.len = SAMR_LEN_MAX;
	w = wire_submit(&m, SAMR_LEN_MAX - 64, 64);
	KUNIT_EXPECT_EQ(test, whole(test, &w, &r), SAMR_DROP_NONE);
	w = wire_order(&m, SAMR_REC_F_REF, 0, 0);
	KUNIT_EXPECT_EQ(test, whole(test, &w, &r), SAMR_DROP_NONE);
	m.len = 0;
	w = wire_submit(&m, 0, 0);
	KUNIT_EXPECT_EQ(test, whole(test, &w, &r), SAMR_DROP_NONE);
}

static void wire_order_fields(struct kunit *test)
{
	struct samr_meta m = meta_right;
	struct samr_record r;
	struct wire w;

	m.gseq = 0;
	w = wire_order(&m, 0, 0, 64);
	KUNIT_EXPECT_EQ(test, whole(test, &w, &r), SAMR_DROP_RECORD);
	m = meta_right;
	m.time = 0;
	w = wire_order(&m, 0, 0, 64);
	KUNIT_EXPECT_EQ(test, whole(test, &w, &r), SAMR_DROP_RECORD);
	m = meta_right;
	m.origin = 0;
	w = wire_order(&m, 0, 0, 64);
	KUNIT_EXPECT_EQ(test, whole(test, &w, &r), SAMR_DROP_RECORD);
	m = meta_right;
	m.inc = 0;
	w = wire_order(&m, 0, 0, 64);
	KUNIT_EXPECT_EQ(test, whole(test, &w, &r), SAMR_DROP_RECORD);
	m = meta_right;
	m.gseq = U64_MAX;
	w = wire_order(&m, 0, 0, 64);
	KUNIT_EXPECT_EQ(test, whole(test, &w, &r), SAMR_DROP_NONE);
}

static void wire_nack_fields(struct kunit *test)
{
	struct samr_nack n = { .first = 1, .last = U64_MAX };
	struct samr_record r;
	struct wire w;

	w = wire_nack(&n);
	KUNIT_EXPECT_EQ(test, whole(test, &w, &r), SAMR_DROP_NONE);
	n.first = 0;
	w = wire_nack(&n);
	KUNIT_EXPECT_EQ(test, whole(test, &w, &r), SAMR_DROP_RECORD);
	n = (struct samr_nack){ .first = 6, .last = 5 };
	w = wire_nack(&n);
	KUNIT_EXPECT_EQ(test, whole(test, &w, &r), SAMR_DROP_RECORD);
	n = (struct samr_nack){ .first = 5, .last = 6, .len = 1 };
	w = wire_nack(&n);
	KUNIT_EXPECT_EQ(test, whole(test, &w, &r), SAMR_DROP_RECORD);
	n = (struct samr_nack){ .first = 5, .last = 5, .off = 1,
				.len = SAMR_LEN_MAX };
	w = wire_nack(&n);
	KUNIT_EXPECT_EQ(test, whole(test, &w, &r), SAMR_DROP_RECORD);
	n.off = U32_MAX;
	n.len = 2;
	w = wire_nack(&n);
	KUNIT_EXPECT_EQ(test, whole(test, &w, &r), SAMR_DROP_RECORD);
	n.off = SAMR_LEN_MAX - 2;
	w = wire_nack(&n);
	KUNIT_EXPECT_EQ(test, whole(test, &w, &r), SAMR_DROP_NONE);
}

static void wire_view_counts(struct kunit *test)
{
	struct samr_record r;
	struct wire w;

	w = wire_view(SAMR_HEADS_MAX, SAMR_HEADS_MAX);
	KUNIT_EXPECT_EQ(test, whole(test, &w, &r), SAMR_DROP_NONE);
	w = wire_view(0, 0);
	KUNIT_EXPECT_EQ(test, whole(test, &w, &r), SAMR_DROP_RECORD);
	w = wire_view(SAMR_HEADS_MAX + 1, SAMR_HEADS_MAX + 1);
	KUNIT_EXPECT_EQ(test, whole(test, &w, &r), SAMR_DROP_RECORD);
	w = wire_view(3, 2);
	KUNIT_EXPECT_EQ(test, whole(test, &w, &r), SAMR_DROP_RECORD);
	w = wire_view(2, 3);
	KUNIT_EXPECT_EQ(test, whole(test, &w, &r), SAMR_DROP_RECORD);
	/* count * 16 in 32 bits is 32 again. */
	w = wire_view(0x10000002, 2);
	KUNIT_EXPECT_EQ(test, whole(test, &w, &r), SAMR_DROP_RECORD);
}

static enum samr_drop saved(struct kunit *test, u64 epoch, u64 members,
			    u32 flags, u32 config, struct samr_record *r)
{
	struct samr_rec_beat b = {
		.rec = { .type = SAMR_REC_BEAT, .len = cpu_to_be16(sizeof(b)) },
		.members = cpu_to_be64(0xe),
		.saved = {
			.epoch = cpu_to_be64(epoch),
			.members = cpu_to_be64(members),
			.flags = cpu_to_be32(flags),
			.config = cpu_to_be32(config),
		},
	};
	struct wire w = wire_new();

	put(&w, &b, sizeof(b));
	return whole(test, &w, r);
}

static void wire_memory(struct kunit *test)
{
	const u32 told = SAMR_SAVED_TOLD;
	struct samr_record r;

	KUNIT_EXPECT_EQ(test, saved(test, 0, 0, 0, 0, &r), SAMR_DROP_NONE);
	KUNIT_EXPECT_FALSE(test, r.beat.saved.told);
	KUNIT_EXPECT_EQ(test, saved(test, 7, 0xe, told | SAMR_SAVED_LEFT, 0, &r),
			SAMR_DROP_NONE);
	KUNIT_EXPECT_TRUE(test, r.beat.saved.told);
	KUNIT_EXPECT_EQ(test, r.beat.saved.epoch, 7ULL);
	KUNIT_EXPECT_EQ(test, r.beat.saved.members, 0xeULL);
	KUNIT_EXPECT_EQ(test, r.beat.saved.flags, (u32)SAMR_SAVED_LEFT);
	KUNIT_EXPECT_EQ(test, r.beat.members, 0xeULL);
	/* An empty one is one, too. */
	KUNIT_EXPECT_EQ(test, saved(test, 0, 0, told, 0, &r), SAMR_DROP_NONE);
	KUNIT_EXPECT_EQ(test, saved(test, SAMR_SAVED_EPOCH_MAX, 2, told, 0, &r),
			SAMR_DROP_NONE);
	KUNIT_EXPECT_EQ(test, saved(test, SAMR_SAVED_EPOCH_MAX + 1, 2, told, 0,
				    &r), SAMR_DROP_RECORD);
	KUNIT_EXPECT_EQ(test, saved(test, U64_MAX, 2, told, 0, &r),
			SAMR_DROP_RECORD);
	KUNIT_EXPECT_EQ(test, saved(test, 7, 0xe, 0, 0, &r), SAMR_DROP_RECORD);
	KUNIT_EXPECT_EQ(test, saved(test, 7, 0, told, 0, &r), SAMR_DROP_RECORD);
	KUNIT_EXPECT_EQ(test, saved(test, 0, 2, told, 0, &r), SAMR_DROP_NONE);
	KUNIT_EXPECT_EQ(test, r.beat.saved.members, 2ULL);
	KUNIT_EXPECT_EQ(test, saved(test, 7, 1, told, 0, &r), SAMR_DROP_RECORD);
	KUNIT_EXPECT_EQ(test, saved(test, 7, 2, told | SAMR_SAVED_ARMED, 0, &r),
			SAMR_DROP_NONE);
	KUNIT_EXPECT_EQ(test, r.beat.saved.flags, (u32)SAMR_SAVED_ARMED);
	KUNIT_EXPECT_EQ(test, saved(test, 0, 0, SAMR_SAVED_ARMED, 0, &r),
			SAMR_DROP_RECORD);
	KUNIT_EXPECT_EQ(test, saved(test, 7, 2, told | 0x40, 0, &r),
			SAMR_DROP_RECORD);
	KUNIT_EXPECT_EQ(test, saved(test, 7, 2, told, 0xdeadbeef, &r),
			SAMR_DROP_NONE);
	KUNIT_EXPECT_EQ(test, r.beat.saved.config, 0xdeadbeefU);
	KUNIT_EXPECT_EQ(test, saved(test, 0, 0, 0, 1, &r), SAMR_DROP_RECORD);
}

static void wire_plain_records(struct kunit *test)
{
	struct samr_record r;
	struct wire w;

	w = wire_beat(SAMR_BEAT_READY, 123);
	KUNIT_ASSERT_EQ(test, whole(test, &w, &r), SAMR_DROP_NONE);
	KUNIT_EXPECT_EQ(test, r.beat.last, 123ULL);
	KUNIT_EXPECT_EQ(test, r.beat.hears, 0xeULL);
	KUNIT_EXPECT_EQ(test, r.beat.flags, (u32)SAMR_BEAT_READY);
	w = wire_beat(SAMR_BEAT_FLAGS + 1, 123);
	KUNIT_EXPECT_EQ(test, whole(test, &w, &r), SAMR_DROP_RECORD);
	w = wire_hello(3, 3);
	KUNIT_ASSERT_EQ(test, whole(test, &w, &r), SAMR_DROP_NONE);
	KUNIT_EXPECT_EQ(test, r.hello.members, 0xeULL);
	KUNIT_EXPECT_EQ(test, r.hello.count, 3U);
	KUNIT_EXPECT_EQ(test, r.hello.witness, 0ULL);
	/* The witness is one of those that are wanted. */
	w.bytes[sizeof(struct samr_hdr) + offsetof(struct samr_rec, flags)] = 3;
	KUNIT_ASSERT_EQ(test, whole(test, &w, &r), SAMR_DROP_NONE);
	KUNIT_EXPECT_EQ(test, r.hello.witness, BIT_ULL(3));
	w.bytes[sizeof(struct samr_hdr) + offsetof(struct samr_rec, flags)] = 4;
	KUNIT_EXPECT_EQ(test, whole(test, &w, &r), SAMR_DROP_RECORD);
	w.bytes[sizeof(struct samr_hdr) + offsetof(struct samr_rec, flags)] = 64;
	KUNIT_EXPECT_EQ(test, whole(test, &w, &r), SAMR_DROP_RECORD);
	/* And so are the founders. */
	w = wire_hello(3, 3);
	w.bytes[sizeof(struct samr_hdr) +
		offsetof(struct samr_rec_hello, founders) + 7] = 0x0c;
	KUNIT_ASSERT_EQ(test, whole(test, &w, &r), SAMR_DROP_NONE);
	KUNIT_EXPECT_EQ(test, r.hello.founders, 0xcULL);
	w.bytes[sizeof(struct samr_hdr) +
		offsetof(struct samr_rec_hello, founders) + 7] = 0x10;
	KUNIT_EXPECT_EQ(test, whole(test, &w, &r), SAMR_DROP_RECORD);
	w = wire_hello(2, 3);
	KUNIT_EXPECT_EQ(test, whole(test, &w, &r), SAMR_DROP_RECORD);
	w = wire_hello(0, 0);
	KUNIT_EXPECT_EQ(test, whole(test, &w, &r), SAMR_DROP_RECORD);
	w = wire_hello(SAMR_HEADS_MAX + 1, SAMR_HEADS_MAX + 1);
	KUNIT_EXPECT_EQ(test, whole(test, &w, &r), SAMR_DROP_RECORD);
	w = wire_plain(SAMR_REC_CREDIT, 7, 5);
	KUNIT_ASSERT_EQ(test, whole(test, &w, &r), SAMR_DROP_NONE);
	KUNIT_EXPECT_EQ(test, r.credit.group, 7U);
	KUNIT_EXPECT_EQ(test, r.credit.gseq, 5ULL);
	w = wire_plain(SAMR_REC_CREDIT, 0, 5);
	KUNIT_EXPECT_EQ(test, whole(test, &w, &r), SAMR_DROP_RECORD);
}

static struct wire wire_any(u32 which)
{
	static const struct samr_nack nack = { .first = 3, .last = 9 };

	switch (which) {
	case 0:
		return wire_submit(&meta_right, 0, 64);
	case 1:
		return wire_order(&meta_right, 0, 0, 64);
	case 2:
		return wire_order(&meta_right, SAMR_REC_F_REF, 0, 0);
	case 3:
		return wire_nack(&nack);
	case 4:
		return wire_beat(0, 123);
	case 5:
		return wire_hello(3, 3);
	case 6:
		return wire_view(3, 3);
	case 7:
		return wire_plain(SAMR_REC_CREDIT, 7, 5);
	default:
		return wire_plain(SAMR_REC_CREDIT_ASK, 7, 0);
	}
}

#define ANY	9

/* A frame that ends anywhere within a record is refused, not overrun. */
static void wire_truncated_anywhere(struct kunit *test)
{
	struct samr_record r;
	u32 which, len;

	for (which = 0; which < ANY; which++) {
		struct wire w = wire_any(which);

		KUNIT_ASSERT_EQ(test, whole(test, &w, &r), SAMR_DROP_NONE);
		for (len = sizeof(struct samr_hdr); len < w.len; len++)
			KUNIT_EXPECT_EQ_MSG(test, decode(test, &w, len, &r),
					    SAMR_DROP_RECORD,
					    "record %u cut at %u", which, len);
	}
}

/* A record's own length may lie in either direction. */
static void wire_record_lengths(struct kunit *test)
{
	u32 which, len, right, start = sizeof(struct samr_hdr);
	struct samr_record r;
	enum samr_drop drop;

	for (which = 0; which < ANY; which++) {
		struct wire w = wire_any(which);
		struct samr_rec *rec = (struct samr_rec *)(w.bytes + start);

		right = w.len - start;
		for (len = 0; len < 2 * right; len++) {
			rec->len = cpu_to_be16((u16)len);
			drop = whole(test, &w, &r);
			if (len < sizeof(*rec) || len > right)
				KUNIT_EXPECT_EQ(test, drop, SAMR_DROP_RECORD);
			if (len == right)
				KUNIT_EXPECT_EQ(test, drop, SAMR_DROP_NONE);
			/* Only messages may have fewer bytes than they had. */
			if (len < right && which > 1)
				KUNIT_EXPECT_EQ(test, drop, SAMR_DROP_RECORD);
		}
		rec->len = cpu_to_be16(U16_MAX);
		KUNIT_EXPECT_EQ(test, whole(test, &w, &r), SAMR_DROP_RECORD);
	}
}

static void wire_unknown_type_is_skipped(struct kunit *test)
{
	u32 start = sizeof(struct samr_hdr), at = start;
	struct wire w = wire_plain(200, 7, 5);
	struct wire beat = wire_beat(0, 9);
	struct samr_frame_info info = info_right;
	struct samr_blob *frame;
	struct samr_record r;

	put(&w, beat.bytes + start, beat.len - start);
	frame = samr_blob_new(w.len);
	KUNIT_ASSERT_NOT_NULL(test, frame);
	samr_blob_put_data(frame, w.bytes, w.len);
	info.len = (u16)w.len;

	KUNIT_EXPECT_EQ(test, samr_wire_record(frame, &info, &at, &r),
			SAMR_DROP_UNKNOWN);
	KUNIT_EXPECT_EQ(test, samr_wire_record(frame, &info, &at, &r),
			SAMR_DROP_NONE);
	KUNIT_EXPECT_EQ(test, r.beat.last, 9ULL);
	KUNIT_EXPECT_EQ(test, samr_wire_record(frame, &info, &at, &r),
			SAMR_DROP_RECORD);
	/* A position behind the frame's end is no record either. */
	at = info.len + 1;
	KUNIT_EXPECT_EQ(test, samr_wire_record(frame, &info, &at, &r),
			SAMR_DROP_RECORD);
	at = U32_MAX;
	KUNIT_EXPECT_EQ(test, samr_wire_record(frame, &info, &at, &r),
			SAMR_DROP_RECORD);
	samr_blob_put(frame);
}

/* Any byte may be anything: what is believed obeys the limits. */
static void wire_any_byte_any_value(struct kunit *test)
{
	static const u8 values[] = {
		0, 1, 2, 3, 4, 9, 0x10, 0x40, 0x7f, 0x80, 0xfe, 0xff,
	};
	u32 which, at, i, start = sizeof(struct samr_hdr);
	struct samr_record r;

	for (which = 0; which < ANY; which++) {
		struct wire w = wire_any(which);

		for (at = start; at < w.len && at < start + 80; at++) {
			u8 was = w.bytes[at];

			for (i = 0; i < ARRAY_SIZE(values); i++) {
				w.bytes[at] = values[i];
				if (whole(test, &w, &r) != SAMR_DROP_NONE ||
				    r.type > SAMR_REC_ORDER)
					continue;
				KUNIT_EXPECT_LE(test, r.meta.len, SAMR_LEN_MAX);
				KUNIT_EXPECT_LE(test, (u64)r.off + r.len,
						(u64)r.meta.len);
				KUNIT_EXPECT_LT(test, r.meta.kind, SAMR_KINDS);
			}
			w.bytes[at] = was;
		}
	}
}

static void wire_names_are_distinct(struct kunit *test)
{
	u32 i, k;

	for (i = 0; i < SAMR_DROPS; i++) {
		KUNIT_ASSERT_NOT_NULL(test, samr_strings_drop(i));
		KUNIT_EXPECT_STRNEQ(test, samr_strings_drop(i), "?");
		for (k = 0; k < i; k++)
			KUNIT_EXPECT_STRNEQ(test, samr_strings_drop(i),
					    samr_strings_drop(k));
	}
	KUNIT_EXPECT_STREQ(test, samr_strings_drop(SAMR_DROPS), "?");
	for (i = SAMR_REC_SUBMIT; i <= SAMR_REC_BARRIER; i++)
		KUNIT_EXPECT_STRNEQ(test, samr_strings_rec(i), "?");
	KUNIT_EXPECT_STREQ(test, samr_strings_rec(0), "?");
	KUNIT_EXPECT_STREQ(test, samr_strings_rec(255), "?");
	KUNIT_EXPECT_STREQ(test, samr_strings_kind(SAMR_KIND_LEAVE), "leave");
	KUNIT_EXPECT_STREQ(test, samr_strings_kind(SAMR_KIND_VIEW), "view");
	KUNIT_EXPECT_STREQ(test, samr_strings_kind(SAMR_KIND_ANSWER + 1), "?");
}

static struct kunit_case wire_cases[] = {
	KUNIT_CASE(wire_header_round_trip),
	KUNIT_CASE(wire_header_lengths),
	KUNIT_CASE(wire_header_fields),
	KUNIT_CASE(wire_submit_round_trip),
	KUNIT_CASE(wire_order_round_trip),
	KUNIT_CASE(wire_message_fields),
	KUNIT_CASE(wire_message_lengths),
	KUNIT_CASE(wire_message_at_the_limit),
	KUNIT_CASE(wire_order_fields),
	KUNIT_CASE(wire_nack_fields),
	KUNIT_CASE(wire_view_counts),
	KUNIT_CASE(wire_plain_records),
	KUNIT_CASE(wire_memory),
	KUNIT_CASE(wire_truncated_anywhere),
	KUNIT_CASE(wire_record_lengths),
	KUNIT_CASE(wire_unknown_type_is_skipped),
	KUNIT_CASE(wire_any_byte_any_value),
	KUNIT_CASE(wire_names_are_distinct),
	{}
};

static struct kunit_suite wire_suite = {
	.name = "samr_wire",
	.test_cases = wire_cases,
};

kunit_test_suite(wire_suite);
