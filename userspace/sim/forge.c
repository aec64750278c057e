// SPDX-License-Identifier: GPL-2.0
/*
 * Other values in the fields of a frame, see forge.h.
 *
 * The names are those of core/wire.h, but where a record has a field of the same
 * name as the header.
 */
#include <stddef.h>

#include "core/wire.h"
#include "forge.h"

#define HEADER		0	/* instead of a record's type */
#define ANY		0xff

struct field {
	const char *name;
	u8 type;
	u8 off;
	u8 size;
};

#define FIELD(type, of, name, field)					\
	{ name, type, offsetof(struct of, field),			\
	  sizeof(((struct of *)NULL)->field) }

#define SEAT(name, i, field)						\
	{ name, SAMR_REC_VIEW, sizeof(struct samr_rec_plan) +		\
	  (i) * sizeof(struct samr_rec_seat) +				\
	  offsetof(struct samr_rec_seat, field),			\
	  sizeof(((struct samr_rec_seat *)NULL)->field) }

static const struct field fields[] = {
	FIELD(HEADER, samr_hdr, "epoch", epoch),
	FIELD(HEADER, samr_hdr, "incarnation", inc),
	FIELD(HEADER, samr_hdr, "source", src),
	FIELD(HEADER, samr_hdr, "cluster", cluster),
	FIELD(HEADER, samr_hdr, "domain", domain),
	FIELD(HEADER, samr_hdr, "records", records),
	FIELD(HEADER, samr_hdr, "ack", ack),
	FIELD(ANY, samr_rec, "type", type),
	FIELD(ANY, samr_rec, "flags", flags),
	FIELD(SAMR_REC_SUBMIT, samr_rec_submit, "group", group),
	FIELD(SAMR_REC_SUBMIT, samr_rec_submit, "oseq", oseq),
	FIELD(SAMR_REC_SUBMIT, samr_rec_submit, "total", total),
	FIELD(SAMR_REC_ORDER, samr_rec_order, "group", group),
	FIELD(SAMR_REC_ORDER, samr_rec_order, "gseq", gseq),
	FIELD(SAMR_REC_ORDER, samr_rec_order, "origin", origin),
	FIELD(SAMR_REC_ORDER, samr_rec_order, "origin-inc", inc),
	FIELD(SAMR_REC_ORDER, samr_rec_order, "time", time),
	FIELD(SAMR_REC_ORDER, samr_rec_order, "oseq", oseq),
	FIELD(SAMR_REC_ORDER, samr_rec_order, "total", total),
	FIELD(SAMR_REC_NACK, samr_rec_nack, "origin", origin),
	FIELD(SAMR_REC_NACK, samr_rec_nack, "first", first),
	FIELD(SAMR_REC_NACK, samr_rec_nack, "last", last),
	FIELD(SAMR_REC_NACK, samr_rec_nack, "off", off),
	FIELD(SAMR_REC_NACK, samr_rec_nack, "len", len),
	FIELD(SAMR_REC_BEAT, samr_rec_beat, "last", last),
	FIELD(SAMR_REC_HELLO, samr_rec_hello, "members", members),
	FIELD(SAMR_REC_VIEW, samr_rec_plan, "view-epoch", epoch),
	FIELD(SAMR_REC_VIEW, samr_rec_plan, "base", base),
	SEAT("node1", 0, node), SEAT("inc1", 0, inc), SEAT("seat1", 0, flags),
	SEAT("node2", 1, node), SEAT("inc2", 1, inc), SEAT("seat2", 1, flags),
	SEAT("node3", 2, node), SEAT("inc3", 2, inc), SEAT("seat3", 2, flags),
	FIELD(SAMR_REC_CREDIT, samr_rec_credit, "group", group),
	FIELD(SAMR_REC_CREDIT, samr_rec_credit, "gseq", gseq),
};

bool forge_field(struct buffer *frame, const char *name, u64 value)
{
	const struct samr_hdr *h = (const struct samr_hdr *)frame->bytes;
	u8 *at, type = h->records ? frame->bytes[sizeof(*h)] : HEADER;
	const struct field *f;
	u32 i;

	for (f = fields; f < fields + ARRAY_SIZE(fields); f++) {
		if (strcmp(f->name, name) ||
		    (f->type != HEADER && f->type != ANY && f->type != type) ||
		    (f->type != HEADER && !h->records))
			continue;
		at = frame->bytes + f->off + (f->type ? sizeof(*h) : 0);
		for (i = f->size; i--; value >>= 8)
			at[i] = (u8)value;
		return true;
	}
	return false;
}
