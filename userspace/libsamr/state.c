// SPDX-License-Identifier: LGPL-2.1-or-later
/*
 * Giving and taking the state of a service.
 *
 * Pieces are sent without waiting. One that the kernel has no room for is kept
 * and is the next to be sent, so give() is asked for each byte once.
 */
#define _GNU_SOURCE
#include <errno.h>
#include <poll.h>
#include <stdlib.h>
#include "internal.h"

/* Small beside the kernel's window, large beside what a message costs. */
#define SAMR_PIECE_SIZE		((size_t)64 << 10)

int samr_state(struct samr *m, const struct samr_state_ops *ops, void *ctx)
{
	if (!ops || !ops->snapshot || !ops->give || !ops->take)
		return -EINVAL;
	if (m->asked)
		return -EISCONN;
	if (!m->giver.piece)
		m->giver.piece = malloc(SAMR_PIECE_SIZE);
	if (!m->giver.piece)
		return -ENOMEM;
	m->giver.ops = *ops;
	m->giver.ctx = ctx;
	return 0;
}

short samr_events(const struct samr *m)
{
	return m->giver.id ? POLLIN | POLLOUT : POLLIN;
}

/* No more of this state is going to be sent. */
static void over(struct samr_giver *g)
{
	g->id = 0;
	g->flags = 0;
}

/* The service does not know yet that it is over. */
static void abandon(struct samr_giver *g)
{
	if (!g->id)
		return;
	if (!(g->flags & (SAMR_SEND_LAST | SAMR_SEND_FAILED)))
		g->ops.give(g->ctx, NULL, 0);
	over(g);
}

static void fail(struct samr_giver *g)
{
	g->len = 0;
	g->flags = SAMR_SEND_STATE | SAMR_SEND_FAILED;
}

static void next_piece(struct samr_giver *g)
{
	ssize_t n = g->ops.give(g->ctx, g->piece, SAMR_PIECE_SIZE);

	if (n < 0 || (size_t)n > SAMR_PIECE_SIZE) {
		fail(g);
		return;
	}
	g->len = (size_t)n;
	g->flags = SAMR_SEND_STATE | (n ? 0 : SAMR_SEND_LAST);
}

bool samr_state_give(struct samr *m)
{
	struct samr_giver *g = &m->giver;
	struct samr_send how = { .request = g->id };
	struct iovec iov;
	int err;

	if (!g->id)
		return false;
	if (!g->flags)
		next_piece(g);
	iov = (struct iovec){ .iov_base = g->piece, .iov_len = g->len };
	how.flags = g->flags;
	err = samr_piece_send(m->fd, &iov, 1, &how, MSG_DONTWAIT);
	if (err == -EAGAIN || err == -ENOMEM)
		return false;
	if (err) {
		abandon(g);
		return false;
	}
	if (g->flags & (SAMR_SEND_LAST | SAMR_SEND_FAILED)) {
		over(g);
		return false;
	}
	g->flags = 0;
	return true;
}

static int begin(struct samr_giver *g, const struct samr_received *r)
{
	const struct samr_snapshot *s = r->data;

	if (r->len < sizeof(*s))
		return -EBADMSG;
	abandon(g);
	g->id = s->id;
	if (g->ops.snapshot(g->ctx, r->delivery.gseq) < 0)
		fail(g);
	return 0;
}

int samr_state_received(struct samr *m, const struct samr_received *r)
{
	const uint32_t flags = SAMR_DELIVERY_FIRST | SAMR_DELIVERY_LAST;
	struct samr_giver *g = &m->giver;
	int err;

	if (r->delivery.type == SAMR_TYPE_SNAPSHOT)
		return begin(g, r);
	err = g->ops.take(g->ctx, r->data, r->len, r->delivery.flags & flags);
	return err < 0 ? err : 0;
}
