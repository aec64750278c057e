// SPDX-License-Identifier: LGPL-2.1-or-later
/*
 * Services that are clients of others.
 *
 * What is counted here is the same at all members, and goes with the state: what is in a
 * struct samr_group_client decides what a call does, so that all of them do the same.
 */
#define _GNU_SOURCE
#include <errno.h>
#include <string.h>
#include "internal.h"

/* Waits when this head has no room: what is refused here is not refused elsewhere. */
static int hand_in(struct samr *m, const struct samr_group_call *call,
		   const void *data, size_t len)
{
	union {
		struct cmsghdr align;
		char space[CMSG_SPACE(sizeof(*call))];
	} control = { .align.cmsg_len = 0 };
	struct iovec iov = { .iov_base = (void *)data, .iov_len = len };
	struct msghdr h = {
		.msg_iov = &iov, .msg_iovlen = 1,
		.msg_control = control.space,
		.msg_controllen = sizeof(control.space),
	};
	struct cmsghdr *c = CMSG_FIRSTHDR(&h);

	c->cmsg_level = SOL_SAMR;
	c->cmsg_type = SAMR_CALL;
	c->cmsg_len = CMSG_LEN(sizeof(*call));
	memcpy(CMSG_DATA(c), call, sizeof(*call));
	return sendmsg(m->fd, &h, MSG_NOSIGNAL) < 0 ? -errno : 0;
}

int samr_group_open(struct samr *m, struct samr_group_client *g,
		    uint32_t service, uint64_t key, uint32_t reply_max)
{
	const struct samr_group_call call = {
		.op = SAMR_GROUP_OPEN, .service = service, .session = key,
		.reply_max = reply_max,
	};
	int err;

	if (g->state != SAMR_GROUP_NONE)
		return -EISCONN;
	if (g->service == service && key <= g->key)
		return -EINVAL;
	err = hand_in(m, &call, NULL, 0);
	if (err)
		return err;
	*g = (struct samr_group_client){
		.service = service, .state = SAMR_GROUP_OPENING, .key = key,
	};
	return 0;
}

int samr_group_call(struct samr *m, struct samr_group_client *g,
		    const void *data, size_t len)
{
	const struct samr_group_call call = {
		.service = g->service, .session = g->session,
		.request = g->made + 1,
	};
	int err;

	if (g->state != SAMR_GROUP_OPENED)
		return -ENOTCONN;
	if (g->made - g->ended == SAMR_GROUP_REQUESTS_MAX)
		return -EAGAIN;
	err = hand_in(m, &call, data, len);
	if (!err)
		g->made++;
	return err;
}

int samr_group_close(struct samr *m, struct samr_group_client *g)
{
	const struct samr_group_call call = {
		.op = SAMR_GROUP_CLOSE, .service = g->service,
		.session = g->key,
	};
	int err;

	if (g->state != SAMR_GROUP_OPENED)
		return -ENOTCONN;
	err = hand_in(m, &call, NULL, 0);
	if (!err)
		g->state = SAMR_GROUP_CLOSING;
	return err;
}

static int returned(struct samr_group_client *g, uint64_t session,
		    uint64_t request)
{
	if (g->state != SAMR_GROUP_OPENED && g->state != SAMR_GROUP_CLOSING)
		return 0;
	if (session != g->session)
		return 0;
	if (request != g->ended + 1 || request > g->made)
		return -EBADMSG;
	g->ended++;
	return 1;
}

/* There is no session any more, or none came to be. */
static int over(struct samr_group_client *g)
{
	g->state = SAMR_GROUP_NONE;
	g->session = 0;
	g->made = 0;
	g->ended = 0;
	return 1;
}

static int heard(struct samr_group_client *g, const struct samr_call_event *e)
{
	if (!g->service || e->service != g->service)
		return 0;
	switch (e->result) {
	case SAMR_CALL_OPENED:
		if (g->state != SAMR_GROUP_OPENING || e->request != g->key)
			return 0;
		g->state = SAMR_GROUP_OPENED;
		g->session = e->session;
		return 1;
	case SAMR_CALL_GONE:
	case SAMR_CALL_FULL:
		return g->state == SAMR_GROUP_OPENING && e->request == g->key ?
		       over(g) : 0;
	case SAMR_CALL_CLOSED:
	case SAMR_CALL_ENDED:
		return g->session == e->session && g->session ? over(g) : 0;
	case SAMR_CALL_UNKNOWN:
		return returned(g, e->session, e->request);
	default:
		return 0;
	}
}

int samr_group_received(struct samr_group_client *g,
			const struct samr_received *r)
{
	struct samr_call_event e;

	if (r->delivery.type == SAMR_TYPE_RETURN)
		return returned(g, r->delivery.session, r->delivery.request);
	if (r->delivery.type != SAMR_TYPE_CALL)
		return 0;
	if (r->len < sizeof(e))
		return -EBADMSG;
	memcpy(&e, r->data, sizeof(e));
	return heard(g, &e);
}
