// SPDX-License-Identifier: GPL-2.0
/* Messages that leave, see emit.h. */
#include "emit.h"
#include "frame.h"
#include "state.h"

static u32 order_room(const struct samr_node *n)
{
	return samr_frame_room(n) - sizeof(struct samr_rec_order);
}

static u32 submit_room(const struct samr_node *n)
{
	return samr_frame_room(n) - sizeof(struct samr_rec_submit);
}

bool samr_emit_small(const struct samr_node *n, u32 len)
{
	return len <= order_room(n);
}

void samr_emit_order(struct samr_node *n, u64 dest, const struct samr_msg *msg,
		     u8 flags, u32 off, u32 len)
{
	struct samr_rec_order rec;
	struct samr_blob *b;
	u32 part;

	if (flags & SAMR_REC_F_REF)
		len = 0;
	do {
		part = min(len, order_room(n));
		b = samr_frame_record(n, dest, sizeof(rec) + part);
		if (!b)
			return;
		samr_wire_put_order(&rec, &msg->meta, flags, off, part);
		samr_blob_put_data(b, &rec, sizeof(rec));
		samr_msg_write(msg, b, off, part);
		off += part;
		len -= part;
	} while (len);
}

u32 samr_emit_submit(struct samr_node *n, u64 dest, const struct samr_msg *msg,
		     u32 off, u32 len, u32 frames)
{
	u8 flags = msg->all ? SAMR_REC_F_ALL : 0;
	struct samr_rec_submit rec;
	struct samr_blob *b;
	u32 part, sent = 0;

	do {
		part = min(len - sent, submit_room(n));
		b = samr_frame_record(n, dest, sizeof(rec) + part);
		if (!b)
			break;
		samr_wire_put_submit(&rec, &msg->meta, flags, off + sent, part);
		samr_blob_put_data(b, &rec, sizeof(rec));
		samr_msg_write(msg, b, off + sent, part);
		sent += part;
	} while (sent < len && --frames);
	return sent;
}
