// SPDX-License-Identifier: GPL-2.0
/* The wire format: round trips, and each way to be malformed; see leaf.h. */
#include "core/node.h"
#include "core/wire.h"
#include "leaf_check.h"
#include "leaf_wire.h"
#include "memory.h"

#define AT		sizeof(struct samr_hdr)
#define ROOM		512
#define PAYLOAD		24	/* no holes behind it */

static const struct samr_frame_info info = {
	.type = SAMR_FRAME_CORE, .cluster = 7, .src = 3, .inc = 99,
	.len = ROOM,
};

/* Decode the record that stands in @rec, of which @len bytes are there. */
static enum samr_drop decode(const void *rec, u32 len, struct samr_record *r)
{
	struct samr_frame_info own = info;
	struct buffer *b = buffer_new(AT + len);
	u32 at = AT, size = 0;
	enum samr_drop drop;
	struct samr_blob *blob;

	b->len = b->room;
	memcpy(b->bytes + AT, rec, len);
	own.len = AT + len;
	blob = blob_of_buffer(b, 0, b->len);
	memset(r, 0xaa, sizeof(*r));
	drop = samr_wire_record(blob, &own, &at, r);
	if (len >= sizeof(struct samr_rec))
		size = be16_to_cpu(((const struct samr_rec *)rec)->len);
	if (drop == SAMR_DROP_NONE || drop == SAMR_DROP_UNKNOWN)
		check(at == AT + size);
	else
		check(drop == SAMR_DROP_RECORD);
	samr_blob_put(blob);
	buffer_put(b);
	return drop;
}

static bool refused(const void *rec, u32 len)
{
	struct samr_record r;

	return decode(rec, len, &r) == SAMR_DROP_RECORD;
}

static bool taken(const void *rec, u32 len)
{
	struct samr_record r;

	return decode(rec, len, &r) == SAMR_DROP_NONE;
}

/*
 * With any part of it missing, or its own length wrong, it is refused. @fixed is
 * what any record of its type has.
 */
static void cut_off(const void *rec, u32 fixed, u32 len)
{
	u8 copy[ROOM];
	u32 n;

	for (n = 0; n < len; n++)
		check(refused(rec, n));
	memcpy(copy, rec, len);
	for (n = 0; n < fixed; n++) {
		((struct samr_rec *)copy)->len = cpu_to_be16((u16)n);
		check(refused(copy, len));
	}
	((struct samr_rec *)copy)->len = cpu_to_be16((u16)(len + 1));
	check(refused(copy, len));
}

static void random_meta(struct rng *r, struct samr_meta *m)
{
	*m = (struct samr_meta){
		.gseq = rng_u64(r) | 1, .origin = rng_u64(r) | 1,
		.inc = rng_u64(r) | 1, .oseq = rng_u64(r) | 1,
		.time = rng_u64(r) | 1, .arg = rng_u64(r),
		.group = (u32)rng_u64(r) | 1, .port = (u32)rng_u64(r),
		.uid = (u32)rng_u64(r), .gid = (u32)rng_u64(r),
		.len = (u32)rng_range(r, PAYLOAD, SAMR_LEN_MAX),
		.kind = SAMR_KIND_DATA,
		.flags = (u8)rng_below(r, SAMR_MSG_SAFE + 1),
	};
}

static bool equal(const struct samr_meta *a, const struct samr_meta *b)
{
	return a->gseq == b->gseq && a->origin == b->origin &&
	       a->inc == b->inc && a->oseq == b->oseq && a->time == b->time &&
	       a->arg == b->arg && a->group == b->group &&
	       a->port == b->port && a->uid == b->uid && a->gid == b->gid &&
	       a->len == b->len && a->kind == b->kind && a->flags == b->flags;
}

/* A record with @bytes of payload, to be spoilt in one field. */
#define SPOIL(kind, put, field, value)					\
	do {								\
		put;							\
		rec.kind.field = (value);				\
		check(refused(&rec, sizeof(rec)));			\
	} while (0)

static void test_submit(struct rng *r)
{
	struct {
		struct samr_rec_submit s;
		u8 payload[PAYLOAD];
	} rec = { .payload = { 0 } };
	struct samr_record out;
	struct samr_meta m;
	u32 off;

	random_meta(r, &m);
	m.origin = info.src;
	m.inc = info.inc;
	off = (u32)rng_below(r, m.len - PAYLOAD + 1);
#define PUT	samr_wire_put_submit(&rec.s, &m, SAMR_REC_F_ALL, off, PAYLOAD)
	PUT;
	check(decode(&rec, sizeof(rec), &out) == SAMR_DROP_NONE);
	m.gseq = m.time = 0;
	check(equal(&m, &out.meta) && out.off == off && out.len == PAYLOAD &&
	      out.type == SAMR_REC_SUBMIT && out.flags == SAMR_REC_F_ALL &&
	      out.at == AT + sizeof(rec.s));
	cut_off(&rec, sizeof(rec.s), sizeof(rec));
	SPOIL(s, PUT, oseq, 0);
	SPOIL(s, PUT, group, 0);
	SPOIL(s, PUT, kind, SAMR_KINDS);
	SPOIL(s, PUT, kind, SAMR_KIND_JOIN);
	SPOIL(s, PUT, mflags, SAMR_MSG_FLAGS + 1);
	SPOIL(s, PUT, mflags, SAMR_MSG_STATEFUL);
	SPOIL(s, PUT, mflags, SAMR_MSG_LAST);
	SPOIL(s, PUT, mflags, SAMR_MSG_FAILED);
	SPOIL(s, PUT, reserved, 1);
	SPOIL(s, PUT, total, cpu_to_be32(PAYLOAD - 1));
	SPOIL(s, PUT, total, cpu_to_be32(SAMR_LEN_MAX + 1));
	SPOIL(s, PUT, off, cpu_to_be32(m.len - PAYLOAD + 1));
	SPOIL(s, PUT, off, U32_MAX);
	/* At its very limits it is right. */
	m.len = SAMR_LEN_MAX;
	off = SAMR_LEN_MAX - PAYLOAD;
	PUT;
	check(taken(&rec, sizeof(rec)));
	/* Without bytes: an empty message, not a part of another one. */
	samr_wire_put_submit(&rec.s, &m, 0, 0, 0);
	check(refused(&rec, sizeof(rec.s)));
	m.len = 0;
	samr_wire_put_submit(&rec.s, &m, 0, 0, 0);
	check(taken(&rec, sizeof(rec.s)));
	m.kind = SAMR_KIND_LEAVE;
	samr_wire_put_submit(&rec.s, &m, 0, 0, 0);
	check(taken(&rec, sizeof(rec.s)));
#undef PUT
}

static void test_order(struct rng *r)
{
	struct {
		struct samr_rec_order o;
		u8 payload[PAYLOAD];
	} rec = { .payload = { 0 } };
	struct samr_record out;
	struct samr_meta m;
	u32 off;

	random_meta(r, &m);
	off = (u32)rng_below(r, m.len - PAYLOAD + 1);
#define PUT	samr_wire_put_order(&rec.o, &m, SAMR_REC_F_REPAIR, off, PAYLOAD)
	PUT;
	check(decode(&rec, sizeof(rec), &out) == SAMR_DROP_NONE);
	check(equal(&m, &out.meta) && out.off == off && out.len == PAYLOAD &&
	      out.type == SAMR_REC_ORDER && out.flags == SAMR_REC_F_REPAIR &&
	      out.at == AT + sizeof(rec.o));
	cut_off(&rec, sizeof(rec.o), sizeof(rec));
	SPOIL(o, PUT, gseq, 0);
	SPOIL(o, PUT, time, 0);
	SPOIL(o, PUT, origin, 0);
	SPOIL(o, PUT, inc, 0);
	SPOIL(o, PUT, oseq, 0);
	SPOIL(o, PUT, group, 0);
	SPOIL(o, PUT, kind, SAMR_KINDS);
	SPOIL(o, PUT, kind, SAMR_KIND_LEAVE);
	SPOIL(o, PUT, mflags, SAMR_MSG_FLAGS + 1);
	SPOIL(o, PUT, reserved, 1);
	SPOIL(o, PUT, total, cpu_to_be32(SAMR_LEN_MAX + 1));
	SPOIL(o, PUT, off, cpu_to_be32(m.len - PAYLOAD + 1));
	/* Without bytes it may name a message that has some. */
	samr_wire_put_order(&rec.o, &m, 0, 0, 0);
	check(refused(&rec, sizeof(rec.o)));
	samr_wire_put_order(&rec.o, &m, SAMR_REC_F_REF, 0, 0);
	check(taken(&rec, sizeof(rec.o)));
	m.len = 0;
	samr_wire_put_order(&rec.o, &m, 0, 0, 0);
	check(taken(&rec, sizeof(rec.o)));
#undef PUT
}

static void test_nack(struct rng *r)
{
	struct samr_nack n = { .origin = rng_u64(r), .first = rng_u64(r) >> 1 | 1 };
	struct { struct samr_rec_nack n; } rec;
	struct samr_record out;

	n.last = n.first + rng_range(r, 1, 100);
#define PUT	samr_wire_put_nack(&rec.n, &n)
	PUT;
	check(decode(&rec, sizeof(rec), &out) == SAMR_DROP_NONE);
	check(out.type == SAMR_REC_NACK && out.nack.origin == n.origin &&
	      out.nack.first == n.first && out.nack.last == n.last &&
	      !out.nack.off && !out.nack.len);
	cut_off(&rec, sizeof(rec), sizeof(rec));
	SPOIL(n, PUT, reserved, 1);
	SPOIL(n, PUT, first, 0);
	SPOIL(n, PUT, last, cpu_to_be64(n.first - 1));
	SPOIL(n, PUT, len, cpu_to_be32(1));	/* bytes of more than one */
	n.last = n.first;
	n.off = 5;
	n.len = SAMR_LEN_MAX - 5;
	PUT;
	check(decode(&rec, sizeof(rec), &out) == SAMR_DROP_NONE &&
	      out.nack.off == n.off && out.nack.len == n.len);
	SPOIL(n, PUT, off, cpu_to_be32(6));
	SPOIL(n, PUT, len, cpu_to_be32(SAMR_LEN_MAX + 1));
	SPOIL(n, PUT, off, U32_MAX);
#undef PUT
}

/* Those without an encoder of their own: fixed sizes and one number. */
static void test_small(struct rng *r)
{
	static const struct {
		u8 type;
		u8 size;
	} kind[] = {
		{ SAMR_REC_CREDIT, sizeof(struct samr_rec_credit) },
		{ SAMR_REC_CREDIT_ASK, sizeof(struct samr_rec_credit) },
	};
	struct { struct samr_rec_credit c; u8 more; } rec;
	struct samr_record out;
	u64 number = rng_u64(r);
	u32 i;

	for (i = 0; i < ARRAY_SIZE(kind); i++) {
		memset(&rec, 0, sizeof(rec));
		rec.c.rec.type = kind[i].type;
		rec.c.rec.len = cpu_to_be16(kind[i].size);
		rec.c.group = cpu_to_be32(5);
		rec.c.gseq = cpu_to_be64(number);
		check(decode(&rec, kind[i].size, &out) == SAMR_DROP_NONE);
		check(out.credit.group == 5 && out.credit.gseq == number);
		cut_off(&rec, kind[i].size, kind[i].size);
		rec.c.group = 0;
		check(refused(&rec, kind[i].size));
		rec.c.group = cpu_to_be32(1);
		rec.c.rec.len = cpu_to_be16(kind[i].size + 1);
		check(refused(&rec, kind[i].size + 1));
	}
	memset(&rec, 0, sizeof(rec));
	rec.c.rec.type = 200;
	rec.c.rec.len = cpu_to_be16(sizeof(struct samr_rec));
	check(decode(&rec, sizeof(rec), &out) == SAMR_DROP_UNKNOWN);
	rec.c.rec.len = cpu_to_be16(sizeof(struct samr_rec) - 1);
	check(decode(&rec, sizeof(rec), &out) == SAMR_DROP_RECORD);
}

static u32 flags_of(u32 i)
{
	return i == 2 ? SAMR_SEAT_WITNESS : i % 2;
}

static void test_view(struct rng *r)
{
	struct {
		struct samr_rec_plan v;
		struct samr_rec_seat m[SAMR_HEADS_MAX + 1];
	} rec;
	const struct samr_ballot ballot = { 9, 8, 7 }, born = { 9, 8, 6 };
	u32 n = (u32)rng_range(r, 1, SAMR_HEADS_MAX), i, len;
	struct samr_record out;
	struct samr_seat seat;

	len = sizeof(rec.v) + n * sizeof(rec.m[0]);
	memset(&rec, 0, sizeof(rec));
	rec.v.rec.type = (u8)rng_range(r, 0, 2);
	rec.v.rec.type = rec.v.rec.type ? SAMR_REC_TAKEN + rec.v.rec.type - 1 :
					  SAMR_REC_VIEW;
	rec.v.rec.flags = SAMR_PLAN_QUORUM;
	rec.v.rec.len = cpu_to_be16((u16)len);
	rec.v.count = cpu_to_be32(n);
	samr_wire_put_ballot(&rec.v.ballot, &ballot);
	samr_wire_put_ballot(&rec.v.born, &born);
	rec.v.epoch = cpu_to_be64(4);
	rec.v.base = cpu_to_be64(5);
	rec.v.key[0] = cpu_to_be64(6);
	rec.v.key[1] = cpu_to_be64(7);
	for (i = 0; i < n; i++) {
		seat.node = 10 + i;
		seat.inc = 1000 + i;
		seat.flags = flags_of(i);
		samr_wire_put_seat(&rec.m[i], &seat);
	}
	check(decode(&rec, len, &out) == SAMR_DROP_NONE);
	check(!samr_ballot_cmp(&out.ballot, &ballot) &&
	      !samr_ballot_cmp(&out.plan.born, &born));
	check(out.plan.epoch == 4 && out.plan.base == 5 && out.plan.key.half[0] == 6 &&
	      out.plan.key.half[1] == 7 &&
	      out.plan.flags == SAMR_PLAN_QUORUM && out.plan.count == n);
	for (i = 0; i < n; i++)
		check(out.plan.seat[i].node == 10 + i &&
		      out.plan.seat[i].inc == 1000 + i &&
		      out.plan.seat[i].flags == flags_of(i));
	cut_off(&rec, sizeof(rec.v), len);
#define SPOILT(field, bad, good)					\
	do {								\
		rec.field = bad;					\
		check(refused(&rec, len));				\
		rec.field = good;					\
	} while (0)
	SPOILT(v.count, cpu_to_be32(n + 1), cpu_to_be32(n));
	SPOILT(v.count, cpu_to_be32(n - 1), cpu_to_be32(n));
	SPOILT(v.epoch, 0, cpu_to_be64(1));
	SPOILT(v.rec.flags, 8, 0);
	/* Only what is still to be accepted can be held first. */
	rec.v.rec.flags = SAMR_PLAN_HOLD;
	check(refused(&rec, len) == (rec.v.rec.type != SAMR_REC_ACCEPT));
	rec.v.rec.flags = 0;
	if (n > 3)
		SPOILT(m[3].flags, cpu_to_be32(SAMR_SEAT_WITNESS),
		       cpu_to_be32(SAMR_SEAT_LEARNER));
	SPOILT(v.born.inc, cpu_to_be64(8), cpu_to_be64(6));
	SPOILT(m[0].inc, 0, cpu_to_be64(1));
	SPOILT(m[0].node, 0, cpu_to_be32(1));
	SPOILT(m[0].node, cpu_to_be32(SAMR_IDS), cpu_to_be32(1));
	SPOILT(m[0].flags, cpu_to_be32(3), 0);
	for (i = 0; i < n; i++)
		rec.m[i].flags = cpu_to_be32(SAMR_SEAT_LEARNER);
	check(refused(&rec, len));
	rec.m[0].flags = 0;
	check(decode(&rec, len, &out) == SAMR_DROP_NONE);
	rec.m[n - 1].node = rec.m[0].node;
	check(n == 1 || refused(&rec, len));
#undef SPOILT
	rec.v.count = cpu_to_be32(SAMR_HEADS_MAX + 1);
	rec.v.rec.len = cpu_to_be16(sizeof(rec));
	check(refused(&rec, sizeof(rec)));
	rec.v.count = 0;
	rec.v.rec.len = cpu_to_be16(sizeof(rec.v));
	check(refused(&rec, sizeof(rec.v)));
}

static void test_header(struct rng *r)
{
	struct samr_frame_info in = info, out;
	struct samr_hdr h;

	in.counter = rng_u64(r);
	in.epoch = rng_u64(r);
	in.ack = rng_u64(r);
	in.domain = (u16)rng_u64(r);
	in.records = (u16)rng_u64(r);
	samr_wire_put_header(&h, &in);
	check(samr_wire_header(&h, ROOM, 7, &out) == SAMR_DROP_NONE);
	check(out.type == in.type && out.cluster == 7 && out.src == in.src &&
	      out.inc == in.inc && out.counter == in.counter &&
	      out.epoch == in.epoch && out.ack == in.ack &&
	      out.domain == in.domain && out.len == in.len &&
	      out.records == in.records && !out.key);
	check(samr_wire_header(&h, ROOM - 1, 7, &out) == SAMR_DROP_LENGTH);
	check(samr_wire_header(&h, sizeof(h) - 1, 7, &out) == SAMR_DROP_SHORT);
	check(samr_wire_header(&h, ROOM, 8, &out) == SAMR_DROP_CLUSTER);
	check(out.cluster == 7);
#define SPOILT(field, value, why)					\
	do {								\
		samr_wire_put_header(&h, &in);				\
		h.field = (value);					\
		check(samr_wire_header(&h, ROOM, 7, &out) == (why));	\
	} while (0)
	SPOILT(version, SAMR_WIRE_VERSION - 1, SAMR_DROP_VERSION);
	SPOILT(version, SAMR_WIRE_VERSION + 1, SAMR_DROP_VERSION);
	SPOILT(version, 0, SAMR_DROP_VERSION);
	SPOILT(type, 0, SAMR_DROP_HEADER);
	SPOILT(type, SAMR_FRAME_CLIENT + 1, SAMR_DROP_HEADER);
	SPOILT(type, SAMR_FRAME_LINK, SAMR_DROP_NONE);
	SPOILT(key, 1, SAMR_DROP_KEY);
	SPOILT(flags, 1, SAMR_DROP_HEADER);
	SPOILT(reserved, 1, SAMR_DROP_HEADER);
	SPOILT(src, 0, SAMR_DROP_HEADER);
	SPOILT(inc, 0, SAMR_DROP_HEADER);
	SPOILT(len, cpu_to_be16(sizeof(h) - 1), SAMR_DROP_LENGTH);
	SPOILT(len, cpu_to_be16(sizeof(h)), SAMR_DROP_NONE);
	SPOILT(len, cpu_to_be16(ROOM + 1), SAMR_DROP_LENGTH);
#undef SPOILT
}

static void test_reply(struct rng *r)
{
	struct {
		struct samr_rec_reply w;
		u8 payload[PAYLOAD];
	} rec;
	struct samr_record out;
	u64 name = rng_range(r, 1, 1000);

#define PUT								\
	memset(&rec, 0, sizeof(rec));					\
	rec.w.rec.type = SAMR_REC_REPLY;				\
	rec.w.rec.len = cpu_to_be16(sizeof(rec));			\
	rec.w.group = cpu_to_be32(5);					\
	rec.w.session = cpu_to_be64(name);				\
	rec.w.request = cpu_to_be64(7);					\
	rec.w.commit = cpu_to_be64(name + 1);				\
	rec.w.total = cpu_to_be32(PAYLOAD + 3);				\
	rec.w.off = cpu_to_be32(3)
	PUT;
	check(decode(&rec, sizeof(rec), &out) == SAMR_DROP_NONE);
	check(out.reply.group == 5 && out.reply.session == name &&
	      out.reply.request == 7 && out.reply.commit == name + 1 &&
	      out.reply.total == PAYLOAD + 3 && out.reply.off == 3 &&
	      out.len == PAYLOAD);
	SPOIL(w, PUT, group, 0);
	SPOIL(w, PUT, session, 0);
	SPOIL(w, PUT, request, 0);
	SPOIL(w, PUT, commit, cpu_to_be64(name));
	SPOIL(w, PUT, off, cpu_to_be32(4));
	SPOIL(w, PUT, off, U32_MAX);
	SPOIL(w, PUT, total, cpu_to_be32(PAYLOAD + 2));
	SPOIL(w, PUT, total, cpu_to_be32(SAMR_REPLY_MAX + 1));
	PUT;
	rec.w.rec.len = cpu_to_be16(sizeof(rec.w));
	check(refused(&rec, sizeof(rec.w)));
	rec.w.total = 0;
	rec.w.off = 0;
	check(taken(&rec, sizeof(rec.w)));
	cut_off(&rec, sizeof(rec.w), sizeof(rec.w));
#undef PUT
}

static void test_reply_ask(void)
{
	struct { struct samr_rec_reply_ask w; u8 more; } rec;
	struct samr_record out;
	u32 size = sizeof(rec.w);

#define PUT								\
	memset(&rec, 0, sizeof(rec));					\
	rec.w.rec.type = SAMR_REC_REPLY_ASK;				\
	rec.w.rec.len = cpu_to_be16((u16)size);				\
	rec.w.group = cpu_to_be32(5);					\
	rec.w.session = cpu_to_be64(6);					\
	rec.w.request = cpu_to_be64(7);					\
	rec.w.off = cpu_to_be32(SAMR_REPLY_MAX)
	PUT;
	check(decode(&rec, size, &out) == SAMR_DROP_NONE);
	check(out.reply.group == 5 && out.reply.session == 6 &&
	      out.reply.request == 7 && out.reply.off == SAMR_REPLY_MAX);
	SPOIL(w, PUT, group, 0);
	SPOIL(w, PUT, session, 0);
	SPOIL(w, PUT, request, 0);
	SPOIL(w, PUT, off, cpu_to_be32(SAMR_REPLY_MAX + 1));
	SPOIL(w, PUT, reserved, 1);
	SPOIL(w, PUT, rec.len, cpu_to_be16((u16)(size + 1)));
	PUT;
	cut_off(&rec, size, size);
#undef PUT
}

static void test_stream(struct rng *r)
{
	struct {
		struct samr_rec_stream w;
		u8 payload[PAYLOAD];
	} rec;
	struct samr_record out;
	u64 name = rng_range(r, 1, 1000);

#define PUT								\
	memset(&rec, 0, sizeof(rec));					\
	rec.w.rec.type = SAMR_REC_STREAM;				\
	rec.w.rec.len = cpu_to_be16(sizeof(rec));			\
	rec.w.group = cpu_to_be32(5);					\
	rec.w.session = cpu_to_be64(name);				\
	rec.w.read = cpu_to_be64(7);					\
	rec.w.from = cpu_to_be64(SAMR_NUMBER_MAX);			\
	rec.w.commit = cpu_to_be64(name);				\
	rec.w.end = SAMR_END_RESET
	PUT;
	check(decode(&rec, sizeof(rec), &out) == SAMR_DROP_NONE);
	check(out.stream.group == 5 && out.stream.session == name &&
	      out.stream.read == 7 && out.stream.from == SAMR_NUMBER_MAX &&
	      out.stream.commit == name && out.stream.end == SAMR_END_RESET &&
	      out.len == PAYLOAD);
	SPOIL(w, PUT, group, 0);
	SPOIL(w, PUT, session, 0);
	SPOIL(w, PUT, from, 0);
	SPOIL(w, PUT, from, cpu_to_be64(SAMR_NUMBER_MAX + 1));
	SPOIL(w, PUT, commit, cpu_to_be64(name - 1));
	SPOIL(w, PUT, end, SAMR_END_RESET + 1);
	SPOIL(w, PUT, reserved[6], 1);
	/* An end without bytes, and neither. */
	PUT;
	rec.w.rec.len = cpu_to_be16(sizeof(rec.w));
	check(taken(&rec, sizeof(rec.w)));
	rec.w.end = SAMR_END_NONE;
	check(refused(&rec, sizeof(rec.w)));
	rec.w.from = 0;
	check(refused(&rec, sizeof(rec.w)));
	rec.w.commit = 0;
	check(taken(&rec, sizeof(rec.w)));
	cut_off(&rec, sizeof(rec.w), sizeof(rec.w));
#undef PUT
}

static void test_stream_ask(void)
{
	struct { struct samr_rec_stream_ask w; u8 more; } rec;
	struct samr_record out;
	u32 size = sizeof(rec.w);

#define PUT								\
	memset(&rec, 0, sizeof(rec));					\
	rec.w.rec.type = SAMR_REC_STREAM_ASK;				\
	rec.w.rec.flags = SAMR_REC_F_AGAIN;				\
	rec.w.rec.len = cpu_to_be16((u16)size);				\
	rec.w.group = cpu_to_be32(5);					\
	rec.w.session = cpu_to_be64(6);					\
	rec.w.from = cpu_to_be64(7)
	PUT;
	check(decode(&rec, size, &out) == SAMR_DROP_NONE);
	check(out.stream.group == 5 && out.stream.session == 6 &&
	      out.stream.from == 7 && out.flags == SAMR_REC_F_AGAIN);
	SPOIL(w, PUT, group, 0);
	SPOIL(w, PUT, session, 0);
	SPOIL(w, PUT, rec.len, cpu_to_be16((u16)(size + 1)));
	PUT;
	cut_off(&rec, size, size);
#undef PUT
}

static void test_question(void)
{
	struct {
		struct samr_rec_question w;
		u8 payload[PAYLOAD];
	} rec;
	struct samr_record out;

#define PUT								\
	memset(&rec, 0, sizeof(rec));					\
	rec.w.rec.type = SAMR_REC_QUESTION;				\
	rec.w.rec.len = cpu_to_be16(sizeof(rec));			\
	rec.w.group = cpu_to_be32(5);					\
	rec.w.number = cpu_to_be64(6);					\
	rec.w.place = cpu_to_be64(7);					\
	rec.w.tag = cpu_to_be64(8);					\
	rec.w.from = cpu_to_be32(9);					\
	rec.w.most = cpu_to_be32(10);					\
	rec.w.uid = cpu_to_be32(11);					\
	rec.w.gid = cpu_to_be32(12);					\
	rec.w.total = cpu_to_be32(PAYLOAD + 3);				\
	rec.w.off = cpu_to_be32(3)
	PUT;
	check(decode(&rec, sizeof(rec), &out) == SAMR_DROP_NONE);
	check(out.question.group == 5 && out.question.number == 6 &&
	      out.question.place == 7 && out.question.tag == 8 &&
	      out.question.from == 9 && out.question.most == 10 &&
	      out.question.uid == 11 && out.question.gid == 12 &&
	      out.question.total == PAYLOAD + 3 && out.question.off == 3 &&
	      out.len == PAYLOAD);
	SPOIL(w, PUT, group, 0);
	SPOIL(w, PUT, number, 0);
	SPOIL(w, PUT, tag, 0);
	SPOIL(w, PUT, from, cpu_to_be32(11));
	SPOIL(w, PUT, most, cpu_to_be32(SAMR_REPLY_MAX + 1));
	SPOIL(w, PUT, off, cpu_to_be32(4));
	SPOIL(w, PUT, off, U32_MAX);
	SPOIL(w, PUT, total, cpu_to_be32(PAYLOAD + 2));
	SPOIL(w, PUT, total, cpu_to_be32(SAMR_QUESTION_MAX + 1));
	PUT;
	rec.w.rec.len = cpu_to_be16(sizeof(rec.w));
	check(refused(&rec, sizeof(rec.w)));
	rec.w.total = 0;
	rec.w.off = 0;
	rec.w.tag = 0;
	rec.w.from = 0;
	check(taken(&rec, sizeof(rec.w)));
	cut_off(&rec, sizeof(rec.w), sizeof(rec.w));
#undef PUT
}

static void test_verdict(void)
{
	struct {
		struct samr_rec_verdict w;
		u8 payload[PAYLOAD];
	} rec;
	struct samr_record out;

#define PUT								\
	memset(&rec, 0, sizeof(rec));					\
	rec.w.rec.type = SAMR_REC_VERDICT;				\
	rec.w.rec.flags = SAMR_REC_F_MORE;				\
	rec.w.rec.len = cpu_to_be16(sizeof(rec));			\
	rec.w.group = cpu_to_be32(5);					\
	rec.w.number = cpu_to_be64(6);					\
	rec.w.tag = cpu_to_be64(7);					\
	rec.w.commit = cpu_to_be64(8);					\
	rec.w.total = cpu_to_be32(PAYLOAD + 3);				\
	rec.w.off = cpu_to_be32(3)
	PUT;
	check(decode(&rec, sizeof(rec), &out) == SAMR_DROP_NONE);
	check(out.verdict.group == 5 && out.verdict.number == 6 &&
	      out.verdict.tag == 7 && out.verdict.commit == 8 &&
	      out.verdict.total == PAYLOAD + 3 && out.verdict.off == 3 &&
	      out.len == PAYLOAD && out.flags == SAMR_REC_F_MORE);
	SPOIL(w, PUT, group, 0);
	SPOIL(w, PUT, number, 0);
	SPOIL(w, PUT, tag, 0);
	SPOIL(w, PUT, commit, 0);
	SPOIL(w, PUT, off, cpu_to_be32(4));
	SPOIL(w, PUT, off, U32_MAX);
	SPOIL(w, PUT, total, cpu_to_be32(PAYLOAD + 2));
	SPOIL(w, PUT, total, cpu_to_be32(SAMR_REPLY_MAX + 1));
	PUT;
	rec.w.rec.len = cpu_to_be16(sizeof(rec.w));
	check(refused(&rec, sizeof(rec.w)));
	rec.w.total = 0;
	rec.w.off = 0;
	check(taken(&rec, sizeof(rec.w)));
	cut_off(&rec, sizeof(rec.w), sizeof(rec.w));
#undef PUT
}

static void test_barrier(void)
{
	struct { struct samr_rec_barrier w; u8 more; } rec;
	struct samr_record out;
	u32 size = sizeof(rec.w);

#define PUT								\
	memset(&rec, 0, sizeof(rec));					\
	rec.w.rec.type = SAMR_REC_BARRIER;				\
	rec.w.rec.len = cpu_to_be16((u16)size);				\
	rec.w.number = cpu_to_be64(6);					\
	rec.w.held = cpu_to_be64(7)
	PUT;
	check(decode(&rec, size, &out) == SAMR_DROP_NONE);
	check(out.barrier.number == 6 && out.barrier.held == 7);
	SPOIL(w, PUT, number, 0);
	SPOIL(w, PUT, reserved, 1);
	SPOIL(w, PUT, rec.type, SAMR_REC_BARRIER_ASK);
	SPOIL(w, PUT, rec.len, cpu_to_be16((u16)(size + 1)));
	PUT;
	rec.w.rec.type = SAMR_REC_BARRIER_ASK;
	rec.w.held = 0;
	check(taken(&rec, size));
	cut_off(&rec, size, size);
#undef PUT
}

/* Kind, length and arg of what concerns sessions. */
static void test_session_kinds(void)
{
	static const struct {
		u8 kind;
		u64 arg;
		u32 len;
		bool fits;
	} is[] = {
		{ SAMR_KIND_SESSION, 0, 40, true },
		{ SAMR_KIND_SESSION, 0, 39, false },
		{ SAMR_KIND_SESSION, 0, 41, false },
		{ SAMR_KIND_STREAM, 0, 40, true },
		{ SAMR_KIND_STREAM, 0, 39, false },
		{ SAMR_KIND_STREAM, 0, 41, false },
		{ SAMR_KIND_REQUEST, 1, 16, true },
		{ SAMR_KIND_REQUEST, 1, 15, false },
		{ SAMR_KIND_REQUEST, 0, 16, false },
		{ SAMR_KIND_REPLIES, 1, 24, true },
		{ SAMR_KIND_REPLIES, 0, 24, false },
		{ SAMR_KIND_REPLIES, 1, 23, false },
		{ SAMR_KIND_REPLIES, 1, 24 + SAMR_REPLY_MAX, true },
		{ SAMR_KIND_REPLIES, 1, 25 + SAMR_REPLY_MAX, false },
		{ SAMR_KIND_CONNECT, 0, 40, true },
		{ SAMR_KIND_CONNECT, 0, 39, false },
		{ SAMR_KIND_CONNECT, 0, 41, false },
		{ SAMR_KIND_RETURN, 0, 16, true },
		{ SAMR_KIND_RETURN, 1, 15, false },
		{ SAMR_KIND_RETURN, 1, 16 + SAMR_REPLY_MAX, true },
		{ SAMR_KIND_RETURN, 1, 17 + SAMR_REPLY_MAX, false },
		{ SAMR_KIND_ALARM, 1, 24, true },
		{ SAMR_KIND_ALARM, 0, 24, false },
		{ SAMR_KIND_ALARM, 1, 23, false },
		{ SAMR_KIND_ALARM, 1, 25, false },
		{ SAMR_KIND_VIEW, 1, 0, false },
		{ SAMR_KIND_REPLY, 1, 0, false },
	};
	struct samr_meta m;
	u32 i;

	for (i = 0; i < ARRAY_SIZE(is); i++) {
		m = (struct samr_meta){ .group = 1, .kind = is[i].kind,
					.arg = is[i].arg, .len = is[i].len };
		check(samr_wire_fits(&m) == is[i].fits);
		m.group = 0;
		check(!samr_wire_fits(&m));
		m.group = 1;
		m.flags = SAMR_MSG_LAST;
		check(!samr_wire_fits(&m));
		m.flags = SAMR_MSG_GROUP;
		check(samr_wire_fits(&m) ==
		      (is[i].fits && m.kind == SAMR_KIND_REQUEST));
		m.flags |= SAMR_MSG_FIN;
		check(!samr_wire_fits(&m));
		m.flags = SAMR_MSG_EARLY | SAMR_MSG_GROUP;
		check(!samr_wire_fits(&m));
	}
}

void leaf_wire_run(struct rng *r)
{
	u32 i;

	for (i = 0; i < 20; i++) {
		test_header(r);
		test_submit(r);
		test_order(r);
		test_nack(r);
		test_small(r);
		test_view(r);
		test_reply(r);
		test_stream(r);
	}
	test_reply_ask();
	test_stream_ask();
	test_barrier();
	test_question();
	test_verdict();
	test_session_kinds();
}
