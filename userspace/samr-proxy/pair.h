/* SPDX-License-Identifier: GPL-2.0 */
/*
 * Two connections that are one: what comes from either goes to the other, with its end
 * and its failure, and about PAIR_BYTES of it lie here in each direction, at most.
 */
#ifndef SAMR_PROXY_PAIR_H
#define SAMR_PROXY_PAIR_H

#include <event2/event.h>
#include <event2/util.h>
#include <stdbool.h>
#include <sys/socket.h>

/* So much of one direction may wait for the other side; no more is read then. */
#define PAIR_BYTES	65536

/* Which side of a pair. */
enum pair_side { PAIR_NEAR, PAIR_FAR };

struct pair;

/**
 * struct pair_ops - what the owner of a pair is told
 * @far_failed: the far side could not be connected; @error is an errno. The pair resets
 *	the near side when this returns, and is over
 * @far_ended: the far side ended by itself, whether in order or not. When this returns
 *	false the pair does not pass it on: it waits for pair_go_on() or pair_reset().
 *	May be NULL
 * @over: the pair is gone; the last call
 */
struct pair_ops {
	void (*far_failed)(struct pair *p, void *owner, int error);
	bool (*far_ended)(struct pair *p, void *owner);
	void (*over)(struct pair *p, void *owner);
};

/**
 * pair_new - join a connection that was accepted to one that is to be made
 * @base: where events come from
 * @near: the accepted connection, not blocking; the pair's from now on, even if this fails
 * @to, @len: where to connect
 * @ops, @owner: whom to tell
 *
 * Returns the pair, or NULL without memory or sockets; @near is reset then.
 */
struct pair *pair_new(struct event_base *base, evutil_socket_t near,
		      const struct sockaddr *to, socklen_t len,
		      const struct pair_ops *ops, void *owner);

/** pair_go_on - pass on the end of the far side that pair_ops.far_ended() held back */
void pair_go_on(struct pair *p);

/** pair_reset - give up both connections, as by a reset; @over is called */
void pair_reset(struct pair *p);

/** pair_connected - the far side has answered */
bool pair_connected(const struct pair *p);

/** reset_socket - close @fd so that its peer sees a reset, where its family can say that */
void reset_socket(evutil_socket_t fd);

#endif /* SAMR_PROXY_PAIR_H */
