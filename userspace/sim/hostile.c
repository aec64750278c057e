// SPDX-License-Identifier: GPL-2.0
/*
 * Frames that nobody sent, with a right trailer, see chaos.h.
 *
 * Without a key the trailer proves nothing, so a core must bear any bytes. What
 * it must not even notice are frames whose header does not belong to its view,
 * lengths that do not fit, and old frames that come again: those are the tame
 * ones, and no checker is switched off for them.
 */
#include "chaos.h"

#define KINDS	14

static struct buffer *copy(const struct buffer *frame, u32 len)
{
	struct buffer *b = buffer_new(frame->len);

	b->len = max(len + SAMR_CRC_LEN, 1u);
	b->len = min(b->len, b->room);
	memcpy(b->bytes, frame->bytes, b->len);
	return b;
}

static u64 other_u64(struct rng *r, __be64 is)
{
	u64 v = be64_to_cpu(is), n;

	do {
		switch (rng_below(r, 4)) {
		case 0:
			n = v + 1;
			break;
		case 1:
			n = v - 1;
			break;
		case 2:
			n = 0;
			break;
		default:
			n = rng_u64(r);
		}
	} while (n == v);
	return cpu_to_be64(n);
}

/*
 * Where the frame's last record begins; 0: it has none, or is a hostile one
 * itself.
 */
static u32 last_record(const struct buffer *frame)
{
	const struct samr_hdr *h = (const struct samr_hdr *)frame->bytes;
	u32 at = sizeof(*h), i, len = be16_to_cpu(h->len);
	struct samr_rec rec;

	for (i = 0; i < be16_to_cpu(h->records); i++) {
		if (at + sizeof(rec) > len)
			return 0;
		if (i + 1 == be16_to_cpu(h->records))
			return at;
		memcpy(&rec, frame->bytes + at, sizeof(rec));
		at += be16_to_cpu(rec.len);
	}
	return 0;
}

/* Another type or length of the last record: the others are as they were. */
static void spoil_record(struct rng *r, struct buffer *b)
{
	u32 at = last_record(b);
	struct samr_rec rec;

	if (!at)
		return;
	memcpy(&rec, b->bytes + at, sizeof(rec));
	if (rng_one_in(r, 2))
		rec.type = rng_range(r, SAMR_REC_BARRIER + 1, 255);
	else if (rng_one_in(r, 2))
		rec.len = cpu_to_be16(be16_to_cpu(rec.len) +
				      (u16)rng_range(r, 1, 100));
	else
		rec.len = cpu_to_be16((u16)rng_below(r, sizeof(rec)));
	memcpy(b->bytes + at, &rec, sizeof(rec));
}

static void spoil_header(struct rng *r, struct buffer *b, u32 kind)
{
	struct samr_hdr *h = (struct samr_hdr *)b->bytes;

	switch (kind) {
	case 0:
		do
			h->epoch = other_u64(r, h->epoch);
		while (!h->epoch);
		break;
	case 1:
		h->inc = other_u64(r, h->inc);
		break;
	case 2:
		h->src = other_u64(r, h->src);
		h->inc = other_u64(r, h->inc);
		break;
	case 3:
		h->domain ^= cpu_to_be16((u16)rng_range(r, 1, 65535));
		break;
	case 4:
		h->cluster ^= cpu_to_be32(1u << rng_below(r, 32));
		break;
	case 5:
		h->version += 1 + rng_below(r, 254);
		break;
	case 6:
		h->type = rng_one_in(r, 2) ? SAMR_FRAME_LINK :
					     rng_range(r, 3, 255);
		break;
	case 7:
		h->key = rng_range(r, 1, 255);
		break;
	case 8:
		h->flags = rng_range(r, 1, 255);
		break;
	case 9:
		h->records = cpu_to_be16(be16_to_cpu(h->records) +
					 (u16)rng_range(r, 1, 1000));
		break;
	}
}

static struct buffer *tame(struct rng *r, const struct buffer *frame)
{
	const struct samr_hdr *h = (const struct samr_hdr *)frame->bytes;
	u32 len = be16_to_cpu(h->len), kind = rng_below(r, KINDS);
	struct buffer *b = copy(frame, len);

	switch (kind) {
	case 10:
		/* Cut off, and the trailer is right for what is left. */
		len = rng_below(r, len);
		b->len = len + SAMR_CRC_LEN;
		if (len >= sizeof(*h) && rng_one_in(r, 2))
			((struct samr_hdr *)b->bytes)->len =
				cpu_to_be16((u16)len);
		break;
	case 11:
		/* Says that it is longer than it is. */
		((struct samr_hdr *)b->bytes)->len =
			cpu_to_be16((u16)(len + rng_range(r, 1, 100)));
		break;
	case 12:
		spoil_record(r, b);
		break;
	case 13:
		break;		/* as it was: it comes again */
	default:
		spoil_header(r, b, kind);
	}
	host_seal(b, len);
	return b;
}

static struct buffer *wild(struct rng *r, const struct buffer *frame)
{
	const struct samr_hdr *h = (const struct samr_hdr *)frame->bytes;
	u32 len = be16_to_cpu(h->len), n = rng_range(r, 1, 4), at;
	struct buffer *b = copy(frame, len);
	u64 word;

	while (n--) {
		at = sizeof(*h) - 40 + rng_below(r, len - sizeof(*h) + 40);
		if (rng_one_in(r, 2))
			at = min(at, (u32)sizeof(*h) + 100) % len;
		word = rng_one_in(r, 2) ? rng_u64(r) :
		       rng_one_in(r, 2) ? 0 : ~0ULL;
		memcpy(b->bytes + at, &word,
		       min((u64)(len - at), rng_range(r, 1, 8)));
	}
	host_seal(b, len);
	return b;
}

struct buffer *hostile_frame(struct rng *r, const struct buffer *frame,
			     bool anything)
{
	return anything ? wild(r, frame) : tame(r, frame);
}
