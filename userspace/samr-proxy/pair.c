// SPDX-License-Identifier: GPL-2.0
/* Two connections that are one; see pair.h. */
#include <errno.h>
#include <event2/buffer.h>
#include <event2/bufferevent.h>
#include <netinet/in.h>
#include <netinet/tcp.h>
#include <stdlib.h>
#include <unistd.h>

#include "pair.h"

/**
 * struct side - one connection of a pair
 * @bev: the connection; what waits to be written to it is in its output buffer
 * @ended: nothing more comes from it
 * @shut: it has been told that nothing more goes to it
 */
struct side {
	struct bufferevent *bev;
	bool ended, shut;
};

/**
 * struct pair - both
 * @side: by enum pair_side
 * @connected: the far side is there
 * @held: the far side's end is not passed on yet, and whether that was a failure
 */
struct pair {
	struct side side[2];
	const struct pair_ops *ops;
	void *owner;
	bool connected, held, held_reset;
};

void reset_socket(evutil_socket_t fd)
{
	const struct linger now = { 1, 0 };

	setsockopt(fd, SOL_SOCKET, SO_LINGER, &now, sizeof(now));
	close(fd);
}

static void pair_free(struct pair *p, bool reset)
{
	const struct linger now = { 1, 0 };
	void *owner = p->owner;
	evutil_socket_t fd;
	int i;

	for (i = PAIR_NEAR; i <= PAIR_FAR; i++) {
		fd = bufferevent_getfd(p->side[i].bev);
		if (reset && fd >= 0)
			setsockopt(fd, SOL_SOCKET, SO_LINGER, &now, sizeof(now));
		bufferevent_free(p->side[i].bev);
	}
	p->ops->over(p, owner);
	free(p);
}

void pair_reset(struct pair *p)
{
	pair_free(p, true);
}

bool pair_connected(const struct pair *p)
{
	return p->connected;
}

static struct side *side_of(struct pair *p, struct bufferevent *bev)
{
	return &p->side[p->side[PAIR_FAR].bev == bev];
}

static struct side *other_of(struct pair *p, struct side *s)
{
	return &p->side[s == &p->side[PAIR_NEAR]];
}

static size_t unwritten(const struct side *s)
{
	return evbuffer_get_length(bufferevent_get_output(s->bev));
}

/* The end of @from goes to @to behind all bytes; true when that ended the pair. */
static bool pass_end(struct pair *p, struct side *from, struct side *to)
{
	if (!from->ended || to->shut || unwritten(to) ||
	    (to == &p->side[PAIR_FAR] && !p->connected) ||
	    (from == &p->side[PAIR_FAR] && p->held))
		return false;
	if (shutdown(bufferevent_getfd(to->bev), SHUT_WR) && errno != ENOTCONN) {
		pair_free(p, true);
		return true;
	}
	to->shut = true;
	if (!from->shut)
		return false;
	pair_free(p, false);
	return true;
}

/* @from has bytes for the other side. */
static void on_read(struct bufferevent *bev, void *arg)
{
	struct pair *p = arg;
	struct side *from = side_of(p, bev), *to = other_of(p, from);

	bufferevent_write_buffer(to->bev, bufferevent_get_input(bev));
	if (unwritten(to) >= PAIR_BYTES)
		bufferevent_disable(bev, EV_READ);
}

/* What waited for @bev is written, but for half of what may wait. */
static void on_written(struct bufferevent *bev, void *arg)
{
	struct pair *p = arg;
	struct side *to = side_of(p, bev), *from = other_of(p, to);

	if (pass_end(p, from, to) || from->ended)
		return;
	bufferevent_enable(from->bev, EV_READ);
}

static void end_of(struct pair *p, struct side *s, bool reset)
{
	struct side *other = other_of(p, s);

	s->ended = true;
	if (s == &p->side[PAIR_FAR] && p->ops->far_ended) {
		p->held = true;
		p->held_reset = reset;
		if (!p->ops->far_ended(p, p->owner))
			return;
		p->held = false;
	}
	if (reset)
		pair_free(p, true);
	else
		pass_end(p, s, other);
}

void pair_go_on(struct pair *p)
{
	if (!p->held)
		return;
	p->held = false;
	if (p->held_reset)
		pair_free(p, true);
	else
		pass_end(p, &p->side[PAIR_FAR], &p->side[PAIR_NEAR]);
}

/* What a TCP connection ought to have; others know nothing of it. */
static void tune(evutil_socket_t fd)
{
	const int on = 1;

	setsockopt(fd, IPPROTO_TCP, TCP_NODELAY, &on, sizeof(on));
	setsockopt(fd, SOL_SOCKET, SO_KEEPALIVE, &on, sizeof(on));
}

static void on_event(struct bufferevent *bev, short what, void *arg)
{
	struct pair *p = arg;
	struct side *s = side_of(p, bev);

	if (what & BEV_EVENT_CONNECTED) {
		p->connected = true;
		tune(bufferevent_getfd(bev));
		/* The near side may have ended before. */
		pass_end(p, &p->side[PAIR_NEAR], s);
	} else if (s == &p->side[PAIR_FAR] && !p->connected) {
		p->ops->far_failed(p, p->owner, EVUTIL_SOCKET_ERROR());
		pair_free(p, true);
	} else {
		/* An end is not told twice: what was held back stays so. */
		if (p->held && s == &p->side[PAIR_FAR])
			p->held_reset = true;
		else
			end_of(p, s, !(what & BEV_EVENT_EOF));
	}
}

struct pair *pair_new(struct event_base *base, evutil_socket_t near,
		      const struct sockaddr *to, socklen_t len,
		      const struct pair_ops *ops, void *owner)
{
	/* Deferred: nothing is told before this returns, a refusal neither. */
	const int how = BEV_OPT_CLOSE_ON_FREE | BEV_OPT_DEFER_CALLBACKS;
	struct pair *p = calloc(1, sizeof(*p));
	struct bufferevent *far, *b;
	int i;

	far = p ? bufferevent_socket_new(base, -1, how) : NULL;
	b = far ? bufferevent_socket_new(base, near, how) : NULL;
	if (!b) {
		if (far)
			bufferevent_free(far);
		free(p);
		reset_socket(near);
		return NULL;
	}
	p->side[PAIR_NEAR].bev = b;
	p->side[PAIR_FAR].bev = far;
	p->ops = ops;
	p->owner = owner;
	tune(near);
	for (i = PAIR_NEAR; i <= PAIR_FAR; i++) {
		b = p->side[i].bev;
		bufferevent_setcb(b, on_read, on_written, on_event, p);
		bufferevent_setwatermark(b, EV_READ, 0, PAIR_BYTES);
		bufferevent_setwatermark(b, EV_WRITE, PAIR_BYTES / 2, 0);
	}
	/* What fails here is told by an event, too. */
	bufferevent_socket_connect(far, to, len);
	for (i = PAIR_NEAR; i <= PAIR_FAR; i++)
		bufferevent_enable(p->side[i].bev, EV_READ | EV_WRITE);
	return p;
}
