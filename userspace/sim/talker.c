// SPDX-License-Identifier: GPL-2.0
/* A member that reads and sends, see talker.h. */
#include "talker.h"

#define GROUP		1
#define PORT		1
#define WINDOW		262144
#define FILLER		0x5a

bool talker_take(struct talker *t, const struct host *h,
		 const struct samr_msg *msg)
{
	if (msg->meta.kind == SAMR_KIND_JOIN && msg->meta.inc == h->inc)
		t->joined = true;
	if (!samr_kind_is_load(msg->meta.kind))
		return false;
	t->unread = msg->meta.gseq;
	t->cost += samr_msg_cost(msg);
	return true;
}

static int hand_in(struct host *h, u8 kind, u64 arg, u32 len)
{
	struct samr_submit s = {
		.group = GROUP, .port = PORT, .kind = kind, .arg = arg,
		.len = len,
	};
	struct buffer *b = NULL;
	int err;

	if (len) {
		b = buffer_new(len);
		b->len = len;
		memset(b->bytes, FILLER, len);
		s.payload = blob_of_buffer(b, 0, len);
		s.flags = SAMR_MSG_SAFE;
	}
	err = host_submit(h, &s);
	samr_blob_put(s.payload);
	if (b)
		buffer_put(b);
	return err;
}

bool talker_read(struct talker *t, struct host *h)
{
	if (t->unread) {
		host_consumed(h, GROUP, t->unread, t->cost);
		t->unread = 0;
		t->cost = 0;
	}
	if (!t->asked)
		t->asked = !hand_in(h, SAMR_KIND_JOIN, WINDOW, 0);
	return t->joined;
}

void talker_send(struct host *h, u32 len)
{
	hand_in(h, SAMR_KIND_DATA, 0, len);
}
