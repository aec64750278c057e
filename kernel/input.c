// SPDX-License-Identifier: GPL-2.0
/* Bytes of a stream that were not read yet, see input.h. */
#include <linux/skbuff.h>
#include <linux/spinlock.h>
#include "cluster.h"
#include "input.h"
#include "log.h"
#include "payload.h"

/* Messages of fewer bytes are copied ... */
#define SMALL	1024
/* ... into pieces of this size. */
#define ROOM	SKB_WITH_OVERHEAD(2048)

void samr_input_init(struct samr_input *in)
{
	INIT_LIST_HEAD(&in->msgs);
	in->skip = 0;
	in->bytes = 0;
	in->open = false;
}

void samr_input_add(struct samr_input *in, struct samr_msg *msg)
{
	list_add_tail(&msg->link, &in->msgs);
	in->bytes += samr_msg_bytes(msg);
	in->open = false;
}

/* An empty piece, which is no message that anybody sent. */
static struct samr_msg *piece_new(const struct samr_meta *of)
{
	const struct samr_meta meta = {
		.gseq	= of->gseq,
		.time	= of->time,
		.kind	= SAMR_KIND_REPLY,
	};
	struct samr_msg *msg = samr_msg_new(&meta);
	struct sk_buff *skb;

	if (!msg)
		return NULL;
	skb = alloc_skb(ROOM, GFP_ATOMIC);
	if (!skb) {
		samr_msg_put(msg);
		return NULL;
	}
	msg->one.blob = samr_blob_of_skb(skb);
	msg->npieces = 1;
	return msg;
}

/* The piece that takes @len more bytes, or NULL without memory. */
static struct samr_msg *piece_for(struct samr_input *in, u32 len,
				  const struct samr_meta *of)
{
	struct samr_msg *msg;

	if (in->open) {
		msg = list_last_entry(&in->msgs, struct samr_msg, link);
		if (skb_tailroom(samr_blob_skb(msg->one.blob)) >= (int)len)
			return msg;
	}
	msg = piece_new(of);
	if (msg)
		samr_input_add(in, msg);
	return msg;
}

static bool copy_small(struct samr_input *in, const struct samr_msg *msg,
		       u32 len)
{
	struct samr_msg *to = piece_for(in, len, &msg->meta);

	if (!to)
		return false;
	in->open = true;
	samr_msg_write(msg, to->one.blob, samr_msg_head(msg), len);
	to->meta.len += len;
	to->meta.gseq = msg->meta.gseq;
	to->meta.time = msg->meta.time;
	to->have += len;
	in->bytes += len;
	return true;
}

bool samr_input_share(struct samr_input *in, const struct samr_msg *msg)
{
	u32 len = samr_msg_bytes(msg);
	struct samr_msg *copy;

	if (!len)
		return true;
	if (len < SMALL)
		return copy_small(in, msg, len);
	copy = samr_msg_copy(msg);
	if (!copy)
		return false;
	INIT_LIST_HEAD(&copy->link);
	samr_input_add(in, copy);
	return true;
}

/* The message with the byte behind @off others, of which @off are left in it. */
static struct samr_msg *find(const struct samr_input *in, u32 *off)
{
	struct samr_msg *msg;
	u32 len;

	*off += in->skip;
	list_for_each_entry(msg, &in->msgs, link) {
		len = samr_msg_bytes(msg);
		if (*off < len)
			return msg;
		*off -= len;
	}
	return NULL;
}

int samr_input_copy(struct samr_input *in, u32 from, struct msghdr *msg,
		    u32 size, spinlock_t *lock, struct samr_point *seen)
{
	struct samr_point at;
	struct samr_msg *m;
	u32 off, part = 0;
	int err;

	for (; size; size -= part, from += part) {
		off = from;
		spin_lock_bh(lock);
		m = find(in, &off);
		if (m) {
			part = min(samr_msg_bytes(m) - off, size);
			at = samr_point_of(&m->meta);
			samr_point_see(seen, &at);
		}
		spin_unlock_bh(lock);
		if (WARN_ON_ONCE(!m))
			return -EFAULT;
		err = samr_payload_copy_at(m, off, msg, part);
		if (err)
			return err;
	}
	return 0;
}

u32 samr_input_pass(struct samr_input *in, u32 bytes, struct list_head *free)
{
	struct samr_msg *msg, *next;
	u32 len, count = 0;

	in->bytes -= bytes;
	in->skip += bytes;
	list_for_each_entry_safe(msg, next, &in->msgs, link) {
		len = samr_msg_bytes(msg);
		if (in->skip < len)
			break;
		in->skip -= len;
		list_move_tail(&msg->link, free);
		count++;
	}
	if (list_empty(&in->msgs))
		in->open = false;
	return count;
}

void samr_input_clear(struct samr_input *in, struct list_head *free)
{
	list_splice_tail_init(&in->msgs, free);
	samr_input_init(in);
}
