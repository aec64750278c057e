/* SPDX-License-Identifier: GPL-2.0 */
/*
 * One side of a stream on this head, as its socket sees it: a client's
 * (client_stream.h) or a member's (connection.h).
 *
 * Its service's lock protects it.
 */
#ifndef SAMR_SIDE_H
#define SAMR_SIDE_H

#include <linux/poll.h>
#include "input.h"
#include "local.h"

struct samr_side;

/**
 * struct samr_side_ops - what the two do in ways of their own
 *
 * All are called without a lock; @write and @shut in process context.
 *
 * @room: how many bytes may be written now? -EAGAIN: none, the socket will be told;
 *	-EPIPE, -ENOTCONN
 * @write: take at most @len bytes of @msg, as many as there is room for. Return: how many
 *	were taken, or as @room; -ENOMEM, -EFAULT
 * @passed: bytes were read, and with them so many pieces as they came
 * @shut: no more is written
 */
struct samr_side_ops {
	int (*room)(struct samr_side *x);
	int (*write)(struct samr_side *x, struct msghdr *msg, u32 len,
		     gfp_t gfp);
	void (*passed)(struct samr_side *x, u32 pieces);
	void (*shut)(struct samr_side *x);
};

/**
 * struct samr_side - one of both
 * @how: see there
 * @svc: with a reference of whoever it is a part of
 * @ops: as of a member; NULL: it has no socket, not yet or not any more
 * @ctx: for @ops
 * @in: what was not read
 * @seen: what was read, or looked at, shows
 * @over: nothing comes behind @in any more
 * @deaf: nor is any of it wanted
 * @shut: nothing more is written by its program
 * @broken: writing fails: EPIPE
 * @full: there was no room; to be told when there is
 * @owes: its program was not rid of all that it wanted to write
 * @sndbuf: what may be written and not be settled, for a client
 * @err: what its socket is to be told when it gets one (positive)
 */
struct samr_side {
	const struct samr_side_ops *how;
	struct samr_service *svc;
	const struct samr_local_ops *ops;
	void *ctx;
	struct samr_input in;
	struct samr_point seen;
	bool over;
	bool deaf;
	bool shut;
	bool broken;
	bool full;
	bool owes;
	u32 sndbuf;
	int err;
};

static inline void samr_side_readable(struct samr_side *x)
{
	if (x->ops)
		x->ops->readable(x->ctx);
}

static inline void samr_side_writable(struct samr_side *x)
{
	x->full = false;
	if (x->ops)
		x->ops->writable(x->ctx);
}

/** samr_side_changed - its state has; @err (positive): something came upon it, or 0 */
static inline void samr_side_changed(struct samr_side *x, int err)
{
	if (x->ops)
		x->ops->failed(x->ctx, err);
	else if (err)
		x->err = err;
}

/** samr_side_break - it ends, with an error (positive) behind what is unread, or 0 */
static inline void samr_side_break(struct samr_side *x, int err)
{
	x->over = true;
	x->broken = true;
	samr_side_changed(x, err);
}

#endif /* SAMR_SIDE_H */
