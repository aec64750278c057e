// SPDX-License-Identifier: GPL-2.0
/* Messages and their pieces, see msg.h. */
#include "msg.h"
#include "node.h"

/* Room for pieces grows from this by doubling. */
#define PIECES_FIRST	8

struct samr_msg *samr_msg_new(const struct samr_meta *m)
{
	struct samr_msg *msg = samr_alloc(sizeof(*msg));

	if (!msg)
		return NULL;
	INIT_LIST_HEAD(&msg->action.node);
	INIT_LIST_HEAD(&msg->link);
	INIT_LIST_HEAD(&msg->job);
	samr_ref_set(&msg->ref, 1);
	msg->meta = *m;
	msg->pieces = &msg->one;
	msg->cap = 1;
	return msg;
}

struct samr_msg *samr_msg_get(struct samr_msg *msg)
{
	samr_ref_get(&msg->ref);
	return msg;
}

void samr_msg_put(struct samr_msg *msg)
{
	u32 i;

	if (!msg || !samr_ref_put(&msg->ref))
		return;
	for (i = 0; i < msg->npieces; i++)
		samr_blob_put(msg->pieces[i].blob);
	if (msg->pieces != &msg->one)
		samr_free(msg->pieces);
	samr_members_put(msg->members);
	samr_transfer_put(msg->transfer);
	samr_free(msg->locks);
	samr_free(msg->diverged);
	samr_free(msg);
}

bool samr_msg_same(const struct samr_meta *a, const struct samr_meta *b)
{
	if (a->gseq && b->gseq && (a->gseq != b->gseq || a->time != b->time))
		return false;
	return a->origin == b->origin && a->inc == b->inc &&
	       a->oseq == b->oseq && a->arg == b->arg &&
	       a->group == b->group && a->port == b->port &&
	       a->uid == b->uid && a->gid == b->gid && a->len == b->len &&
	       a->kind == b->kind && a->flags == b->flags;
}

static u32 piece_end(const struct samr_piece *p)
{
	return p->off + samr_blob_len(p->blob);
}

static enum samr_drop grow(struct samr_msg *msg)
{
	u32 cap = max_t(u32, PIECES_FIRST, msg->cap * 2);
	struct samr_piece *p;

	if (msg->npieces < msg->cap)
		return SAMR_DROP_NONE;
	cap = min_t(u32, cap, SAMR_PIECES_MAX);
	if (cap <= msg->cap)
		return SAMR_DROP_LIMIT;
	p = samr_alloc(cap * sizeof(*p));
	if (!p)
		return SAMR_DROP_MEMORY;
	memcpy(p, msg->pieces, msg->npieces * sizeof(*p));
	if (msg->pieces != &msg->one)
		samr_free(msg->pieces);
	msg->pieces = p;
	msg->cap = cap;
	return SAMR_DROP_NONE;
}

/*
 * Index of the piece before which bytes at @off belong. Pieces come mostly in
 * order: look from the end.
 */
static u32 place_of(const struct samr_msg *msg, u32 off)
{
	u32 i = msg->npieces;

	while (i && msg->pieces[i - 1].off > off)
		i--;
	return i;
}

enum samr_drop samr_msg_add(struct samr_msg *msg, struct samr_blob *frame,
			    u32 at, u32 off, u32 len)
{
	u32 i = place_of(msg, off), low = 0, high = msg->meta.len, end;
	struct samr_blob *blob;
	enum samr_drop drop;

	if (!samr_assert(len <= msg->meta.len && off <= msg->meta.len - len))
		return SAMR_DROP_RECORD;
	if (i)
		low = piece_end(&msg->pieces[i - 1]);
	if (i < msg->npieces)
		high = msg->pieces[i].off;
	end = min(off + len, high);
	if (off < low) {
		at += min(low, end) - off;
		off = min(low, end);
	}
	if (off >= end)
		return SAMR_DROP_DUPLICATE;
	len = end - off;
	if (len < SAMR_PIECE_MIN && off != low && end != high)
		return SAMR_DROP_LIMIT;

	drop = grow(msg);
	if (drop)
		return drop;
	blob = samr_blob_slice(frame, at, len);
	if (!blob)
		return SAMR_DROP_MEMORY;
	memmove(&msg->pieces[i + 1], &msg->pieces[i],
		(msg->npieces - i) * sizeof(msg->pieces[0]));
	msg->pieces[i].off = off;
	msg->pieces[i].blob = blob;
	msg->npieces++;
	msg->have += len;
	samr_assert(msg->have <= msg->meta.len);
	return SAMR_DROP_NONE;
}

bool samr_msg_gap(const struct samr_msg *msg, u32 from, u32 *off, u32 *len)
{
	u32 i;

	for (i = 0; i < msg->npieces && msg->pieces[i].off <= from; i++)
		from = max(from, piece_end(&msg->pieces[i]));
	if (from >= msg->meta.len)
		return false;
	*off = from;
	*len = (i < msg->npieces ? msg->pieces[i].off : msg->meta.len) - from;
	return true;
}

void samr_msg_write(const struct samr_msg *msg, struct samr_blob *out, u32 off,
		    u32 len)
{
	u32 i, skip, n;

	i = place_of(msg, off);
	if (i)
		i--;
	for (; len && i < msg->npieces; i++) {
		skip = off - msg->pieces[i].off;
		n = min(len, samr_blob_len(msg->pieces[i].blob) - skip);
		samr_blob_put_blob(out, msg->pieces[i].blob, skip, n);
		off += n;
		len -= n;
	}
	samr_assert(!len);
}

bool samr_msg_read(const struct samr_msg *msg, u8 *to, u32 len)
{
	const void *bytes;
	u32 i, part;

	for (i = 0; len && i < msg->npieces; i++) {
		part = min(len, samr_blob_len(msg->pieces[i].blob));
		bytes = samr_blob_peek(msg->pieces[i].blob, 0, part, to);
		if (!bytes)
			return false;
		if (bytes != to)
			memcpy(to, bytes, part);
		to += part;
		len -= part;
	}
	return !len;
}

bool samr_msg_take(struct samr_msg *msg, u32 at, const struct samr_msg *from,
		   u32 off)
{
	const struct samr_piece *p;
	u32 i, skip;

	for (i = 0; i < from->npieces; i++) {
		p = &from->pieces[i];
		if (piece_end(p) <= off)
			continue;
		skip = max(off, p->off) - p->off;
		if (samr_msg_add(msg, p->blob, skip, at + p->off + skip - off,
				 samr_blob_len(p->blob) - skip))
			return false;
	}
	return samr_assert(samr_msg_complete(msg));
}

struct samr_msg *samr_msg_copy(const struct samr_msg *msg)
{
	struct samr_msg *copy = samr_msg_new(&msg->meta);

	if (!copy)
		return NULL;
	copy->result = msg->result;
	copy->session = msg->session;
	if (samr_msg_take(copy, 0, msg, 0))
		return copy;
	samr_msg_put(copy);
	return NULL;
}

const struct samr_lock_note *samr_msg_note(const struct samr_msg *msg, u64 node,
					   u32 port, u32 nth)
{
	const struct samr_lock_note *note;
	u32 i;

	for (i = 0; msg->locks && i < msg->locks->count; i++) {
		note = &msg->locks->note[i];
		if (note->node == node && note->port == port && !nth--)
			return note;
	}
	return NULL;
}
