/* SPDX-License-Identifier: GPL-2.0 */
/*
 * Bytes of a stream that came here and were not read yet.
 *
 * They are queued as messages by their own list heads. Small ones are copied together,
 * lest a client that writes single bytes makes others keep a message for each.
 *
 * Whoever owns it serialises all calls, and is the only one that reads: so the front
 * may be copied out without his lock.
 */
#ifndef SAMR_INPUT_H
#define SAMR_INPUT_H

#include <linux/list.h>
#include <linux/types.h>
#include "point.h"

struct msghdr;
struct samr_msg;

/**
 * struct samr_input - a queue of bytes
 * @msgs: struct samr_msg by @link, each with a reference, and for nobody else; its
 *	meta.gseq and meta.time are what is seen by whoever reads of it
 * @skip: bytes of the first one that were read
 * @bytes: that were not
 * @open: the last one is of copied bytes, and has room for more
 */
struct samr_input {
	struct list_head msgs;
	u32 skip;
	u32 bytes;
	bool open;
};

void samr_input_init(struct samr_input *in);

/** samr_input_add - @msg, which is for nobody else; its reference belongs to the queue */
void samr_input_add(struct samr_input *in, struct samr_msg *msg);

/**
 * samr_input_share - the bytes of @msg, which others may have, too
 *
 * Return: false without memory.
 */
bool samr_input_share(struct samr_input *in, const struct samr_msg *msg);

/**
 * samr_input_copy - copy unread bytes out, without passing them
 * @in: not empty, or @size is 0
 * @from: behind so many unread ones
 * @msg: where to
 * @size: how many, at most what is unread behind @from
 * @lock: the owner's, not held, under which the queue grows
 * @seen: what these show is seen
 *
 * Return: 0, -EFAULT.
 */
int samr_input_copy(struct samr_input *in, u32 from, struct msghdr *msg,
		    u32 size, spinlock_t *lock, struct samr_point *seen);

/**
 * samr_input_pass - so many bytes were read
 * @free: messages that were read to their ends; see samr_log_free()
 *
 * Return: how many these are.
 */
u32 samr_input_pass(struct samr_input *in, u32 bytes, struct list_head *free);

/** samr_input_clear - forget all */
void samr_input_clear(struct samr_input *in, struct list_head *free);

#endif /* SAMR_INPUT_H */
