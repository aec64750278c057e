// SPDX-License-Identifier: GPL-2.0
/*
 * Frames by a grammar, see input.h.
 *
 * A record is a text of fields: bytes, and what usually stands there (value()). Each field takes one
 * byte of input, and a high one makes it odd.
 */
#include "input.h"

#define FRAME_MOST	1400
#define PAYLOAD_MOST	200
#define RECORDS_MOST	6
#define ODD		0xf0
#define HEADS		0x0eULL

u8 input_byte(struct input *in)
{
	if (!in->left)
		return 0;
	in->left--;
	return *in->p++;
}

u64 input_number(struct input *in, u32 bytes)
{
	u64 x = 0;

	while (bytes--)
		x = x << 8 | input_byte(in);
	return x;
}

struct samr_blob *fuzz_blob(const void *bytes, u32 len)
{
	struct buffer *b;
	struct samr_blob *blob;

	memory_enter(0);
	b = buffer_new(len);
	if (len)
		memcpy(b->bytes, bytes, len);
	b->len = len;
	blob = blob_of_buffer(b, 0, len);
	buffer_put(b);
	return blob;
}

/* Seats, group members, and the like, behind a record: so long, and these fields. */
static const struct {
	const char *fields;
	const char *each;
	u32 pad;
} record[] = {
	[SAMR_REC_SUBMIT] = { "4g8o8a4p4z4z4T4z1k1x2z", NULL, 0 },
	[SAMR_REC_ORDER] = { "4g8q8N8i8t8o8a4p4z4z4T4z1k1x2z", NULL, 0 },
	[SAMR_REC_NACK] = { "4z8y8q8r4z4z", NULL, 0 },
	[SAMR_REC_BEAT] = { "4x8q8m8M8e8m4w4z", NULL, 0 },
	[SAMR_REC_HELLO] = { "4C8M8m8e8m4w4z", "8I4n4x", 0 },
	[SAMR_REC_VIEW] = { "4C8c8N8i8c8N8i8e8q8a8a", "8I4n4x", 0 },
	[SAMR_REC_CREDIT] = { "4g8q", NULL, 0 },
	[SAMR_REC_CREDIT_ASK] = { "4g8z", NULL, 0 },
	[SAMR_REC_PREPARE] = { "4z8c8N8i8e", NULL, 0 },
	[SAMR_REC_ANSWER] = { "4x8c8N8i8c8N8i8e8q8m", NULL, 0 },
	[SAMR_REC_TAKEN] = { "4C8c8N8i8c8N8i8e8q8a8a", "8I4n4x", 0 },
	[SAMR_REC_ACCEPT] = { "4C8c8N8i8c8N8i8e8q8a8a", "8I4n4x", 0 },
	[SAMR_REC_ACCEPTED] = { "4z8c8N8i8e", NULL, 0 },
	[SAMR_REC_REFUSE] = { "4z8c8N8i8e", NULL, 0 },
	[SAMR_REC_DEAD] = { "4z8N8i", NULL, 0 },
	[SAMR_REC_STATE_ASK] = { "4g", NULL, 0 },
	[SAMR_REC_STATE] = { "4C8t", "8o", 0 },
	[SAMR_REC_STATE_GROUP] = { "4g4x4C4z2C2z8q8q8z8q", "8I8q4n4p4w4x", 0 },
	[SAMR_REC_STATE_LOCKS] = { "4g4g2C2z2C2z4x8q", "1x1z1z1z4N8i8a4p4z", 0 },
	[SAMR_REC_STATE_SESSIONS] = { "4g4g2C2z2C2z4z8q",
				      "8s8S8i8q8c8x4n4p4z4z4w4w4x4z", 0 },
	[SAMR_REC_REPLY_ASK] = { "4g8S8c4z4z", NULL, 0 },
	[SAMR_REC_REPLY] = { "4g8S8c8q4T4z", "", 0 },
	[SAMR_REC_STREAM_ASK] = { "4g8S8c", NULL, 0 },
	[SAMR_REC_STREAM] = { "4g8S8c8c8q1x7z", "", 0 },
	[SAMR_REC_BARRIER_ASK] = { "4z8c8z", NULL, 0 },
	[SAMR_REC_BARRIER] = { "4z8c8q", NULL, 0 },
	[SAMR_REC_QUESTION] = { "4g8c8q8z4z4w4z4z4T4z", "", 0 },
	[SAMR_REC_VERDICT] = { "4g8c8a8q4T4z", "", 0 },
	[SAMR_REC_STATE_ALARMS] = { "4g4g2C2z2C2z4z8q8a", "8a8t", 0 },
	[SAMR_REC_KNOCK] = { "4z8l", NULL, 900 },
	[SAMR_REC_WELCOME] = { "4S8l8j8M", NULL, 900 },
	[SAMR_REC_PIPE] = { "2x2W8l8j8d8z8M", NULL, 0 },
	[SAMR_REC_CARRY] = { "4g8D8c8q8S8c8a4p4z4z4T4z1h1k1x1c", NULL, 0 },
};

/* What the fields of one record have to do with each other. */
struct making {
	struct input *in;
	const struct usual *u;
	u64 node;
	u64 last;
	u32 total;
	u32 count;
	u8 kind;
};

static u64 value(struct making *m, char what, u8 b)
{
	const struct samr_node *n = m->u->node;
	u64 id;

	switch (what) {
	case 'N':		/* a head, and then its incarnation */
		m->node = 1 + b % 3;
		return m->node;
	case 'I':		/* the other way round */
		m->node = 1 + (m->node + b) % 3;
		return m->u->inc[m->node];
	case 'n':
		return m->node;
	case 'i':
		return m->u->inc[m->node];
	case 'j':
		return m->u->inc[0];
	case 'y':
		return b & 1 ? n->cfg.self : 0;
	case 'g':
		return 1 + b % 3;
	case 'q':
		return n->rcv.held + b % 8 + !n->rcv.held;
	case 'r':
		return m->last + b % 4;
	case 'e':
		return n->view.epoch + b % 3;
	case 'o':
		for (id = 0; id < n->view.count; id++)
			if (n->view.node[id] == m->node)
				return n->origin[id].win.base + b % 4;
		return 1 + b;
	case 't':
		return n->time + 1 + b;
	case 'm':
		return b & HEADS;
	case 'M':
		return HEADS;
	case 's':
	case 'h':
		return 1 + b % 6;
	case 'S':
		return b < FUZZ_SESSIONS ? m->u->session[b] : 1;
	case 'k':
		return m->kind;
	case 'l':
		return m->u->pipe ? m->u->pipe->link : 1 + b % 2;
	case 'd':
		return m->u->pipe ? m->u->pipe->acked + b % 4 : b % 4;
	case 'D':
		return m->u->pipe ? m->u->pipe->got + 1 + b % 4 : 1 + b % 4;
	case 'W':
		return b < 0xe0 ? 0 : 956;
	case 'w':
		return b ? (u64)b << 7 : 10000;
	case 'x':
		return b < 0xe0 ? 0 : b & 0x7f;
	case 'c':
	case 'p':
		return b % 16;
	case 'a':
		return b;
	case 'T':
		return m->total;
	case 'C':
		return m->count;
	default:
		return 0;
	}
}

static u64 odd(struct making *m, u8 b, u32 bytes)
{
	switch (b & 3) {
	case 0:
		return 0;
	case 1:
		return U64_MAX;
	case 2:
		return 1ULL << (bytes * 8 - 1);
	default:
		return input_number(m->in, bytes);
	}
}

/* The fields of @text to @to; their bytes. */
static u32 fields(struct making *m, const char *text, u8 *to)
{
	u32 at = 0, n, i;
	u64 x;
	u8 b;

	for (; *text; text += 2) {
		n = (u32)(text[0] - '0');
		b = text[1] == 'z' || text[1] == 'T' || text[1] == 'C' ||
		    text[1] == 'k' ? 0 : input_byte(m->in);
		x = b < ODD ? value(m, text[1], b) : odd(m, b, n);
		m->last = x;
		for (i = n; i--; x >>= 8)
			to[at + i] = (u8)x;
		at += n;
	}
	return at;
}

static u32 raw(struct input *in, u8 *to)
{
	u32 n = input_byte(in) % 64, i;

	for (i = 0; i < n; i++)
		to[i] = input_byte(in);
	return n;
}

u32 grammar_payload(struct input *in, const struct usual *u, u8 kind, u8 *to,
		    u32 room)
{
	static const char * const text[SAMR_KINDS] = {
		[SAMR_KIND_LOCK] = "1x1c1z1z",
		[SAMR_KIND_UNLOCK] = "1x1c1z1z",
		[SAMR_KIND_SESSION] = "1h1x2z4w8s8c8q4w4g",
		[SAMR_KIND_STREAM] = "1h1x2z4w8s8c8q4w4g",
		[SAMR_KIND_CONNECT] = "1h1x2z4w8s8c8q4w4g",
		[SAMR_KIND_REQUEST] = "8s8c",
		[SAMR_KIND_REPLIES] = "8S8c8q",
		[SAMR_KIND_RETURN] = "8S4g1h3z",
		[SAMR_KIND_DIGEST] = "8q8q4c4c",
		[SAMR_KIND_ALARM] = "1h7z8t8a",
		[SAMR_KIND_DATA] = "",
		[SAMR_KIND_STATE] = "",
	};
	struct making m = { .in = in, .u = u, .node = 1 };
	u32 n;

	if (kind >= SAMR_KINDS || !text[kind] || room < PAYLOAD_MOST)
		return 0;
	n = fields(&m, text[kind], to);
	if (kind != SAMR_KIND_SESSION && kind != SAMR_KIND_STREAM &&
	    kind != SAMR_KIND_CONNECT && kind != SAMR_KIND_ALARM &&
	    kind != SAMR_KIND_DIGEST)
		n += raw(in, to + n);
	return n;
}

/* One record to @to, of which there are @room bytes; its length, 0: it does not fit. */
static u32 one_record(struct input *in, const struct usual *u, u64 src, u8 type,
		      u8 *to, u32 room)
{
	struct making m = { .in = in, .u = u, .node = src % 4 };
	struct samr_rec rec = { .type = type };
	u8 body[PAYLOAD_MOST + 16 * 80], b;
	u32 len = 0, fixed, i;

	if (!record[type].fields || room < 1000)
		return 0;
	b = input_byte(in);
	rec.flags = b >= ODD ? input_byte(in) : b & 1 ? b >> 1 & 0x1f : 0;
	if (type == SAMR_REC_SUBMIT || type == SAMR_REC_ORDER || type == SAMR_REC_CARRY) {
		m.kind = input_byte(in) % (SAMR_KINDS + 4);
		len = grammar_payload(in, u, m.kind, body, sizeof(body));
	} else if (record[type].each && !*record[type].each) {
		len = raw(in, body);
	} else if (record[type].each) {
		m.count = input_byte(in) % 4;
		for (i = 0; i < m.count; i++)
			len += fields(&m, record[type].each, body + len);
		m.node = src % 4;
	}
	m.total = len;
	fixed = sizeof(rec) + fields(&m, record[type].fields, to + sizeof(rec));
	memcpy(to + fixed, body, len);
	memset(to + fixed + len, 0, record[type].pad);
	fixed += len + record[type].pad;
	rec.len = cpu_to_be16((u16)fixed);
	b = input_byte(in);
	if (b >= ODD)
		rec.len = cpu_to_be16((u16)(fixed + (b & 7) - 4));
	memcpy(to, &rec, sizeof(rec));
	return fixed;
}

struct samr_blob *grammar_frame(struct input *in, const struct usual *u, u8 type,
				u64 src, u64 inc)
{
	u8 bytes[FRAME_MOST + 1200], b = input_byte(in);
	struct samr_frame_info info = {
		.type = type, .cluster = FUZZ_CLUSTER, .src = src, .inc = inc,
		.epoch = u->node->view.epoch,
		.ack = u->node->rcv.held,
	};
	u32 at = sizeof(struct samr_hdr), n = 1 + input_byte(in) % RECORDS_MOST, len, i;
	struct samr_hdr h;

	if (b & 0x10)
		info.epoch += (b & 3) - 1;
	if (b & 0x20)
		info.ack = input_number(in, 2);
	if (b & 0x40)
		info.inc += 1;
	for (i = 0; i < n; i++) {
		u8 which = type == SAMR_FRAME_CORE ? 1 + input_byte(in) % 29 :
			   !i && input_byte(in) % 4 ? SAMR_REC_PIPE :
			   SAMR_REC_KNOCK + input_byte(in) % 4;

		len = one_record(in, u, src, which, bytes + at, FRAME_MOST - at);
		if (!len)
			break;
		at += len;
		info.records++;
	}
	if (b >= 0xf8)
		info.records += 7;
	info.len = (u16)at;
	samr_wire_put_header(&h, &info);
	memcpy(bytes, &h, sizeof(h));
	/* A few bytes of them arbitrary. */
	for (n = b & 0x80 ? input_byte(in) % 4 : 0; n--;)
		bytes[input_number(in, 2) % at] = input_byte(in);
	return fuzz_blob(bytes, at);
}
