/* SPDX-License-Identifier: GPL-2.0 */
/*
 * A client of a service on this head, as its socket sees it.
 *
 * It opens a session in the order (core/session.h), sends its requests one after the
 * other, and keeps each until the reply was read. When this head was out of the view
 * it goes on with the same session in the next one, and sends again what
 * was not ordered. It outlives its socket until its session is closed.
 *
 * Its service's lock protects it, as it does members (local.h).
 */
#ifndef SAMR_CLIENT_H
#define SAMR_CLIENT_H

#include <linux/poll.h>
#include "local.h"

struct samr_call;
struct samr_client_stream;
struct sk_buff;

/* What struct samr_session_opts says when nobody set it. */
#define SAMR_CLIENT_REPLY_MAX	65536U
#define SAMR_CLIENT_EXPIRY_MS	60000U

/**
 * struct samr_client - a client; only client.c looks inside
 * @ref: one of the socket, one of each message under way, one of samr_services.clients
 * @svc: with a reference
 * @port: its number on this head, and in samr_service.clients
 * @rcu: to free it
 * @waiting: in samr_services.clients: it has something to submit, later
 * @ops: as of a member; NULL once the socket was closed
 * @ctx: for @ops
 * @state: SAMR_CLIENT_*, or SAMR_MEMBER_BOUND: not connected
 * @err: 0, or why the session is gone (negative); or why connect() failed
 * @opts: of the session
 * @uid: of whom connected it
 * @gid: likewise
 * @id: of its session, random; another one for each OPEN
 * @name: of its session, once it is open
 * @asked: a SESSION is on its way
 * @pushing: somebody submits
 * @again: and is to look once more
 * @full: there was no room at the heads for its next request
 * @tell: it is time to acknowledge
 * @ask: or to ask whether the session is still at the head that it talks to
 * @heard: jiffies of the last thing that was heard of it
 * @shut: no more requests come
 * @ending: GONE: the heads have the session still, and it is to be closed
 * @dirty: poll() said that it is not writable
 * @flying: REQUESTs on their way
 * @next: number of the next request
 * @send: number of the next one to be submitted, again or for the first time
 * @acked: all replies up to this one were read
 * @told: and the heads know that of those up to this one
 * @calls: struct samr_call, those behind @acked, by number
 * @queries: struct samr_call, queries without an end, by number
 * @asks: number of the last query
 * @unread: queries whose end was not read
 * @seen: the highest place that anything shows that it got
 * @asked_here: this core was given queries
 * @mute: nobody could answer one: the next are asked after a while
 * @ready: requests and queries whose ends are to be read, as they came
 * @queued: bytes of replies in @ready
 * @charged: cost of the requests that have no reply
 * @unsettled: bytes of them
 * @stream: its session is one; then it has no @calls, and numbers are those of bytes
 */
struct samr_client {
	refcount_t ref;
	struct samr_service *svc;
	u32 port;
	struct rcu_head rcu;
	struct list_head waiting;
	const struct samr_local_ops *ops;
	void *ctx;
	u32 state;
	int err;
	struct samr_session_opts opts;
	u32 uid;
	u32 gid;
	u64 id;
	u64 name;
	bool asked;
	bool pushing;
	bool again;
	bool full;
	bool tell;
	bool ask;
	unsigned long heard;
	bool shut;
	bool ending;
	bool dirty;
	u32 flying;
	u64 next;
	u64 send;
	u64 acked;
	u64 told;
	struct list_head calls;
	struct list_head queries;
	u64 asks;
	u32 unread;
	u64 seen;
	bool asked_here;
	bool mute;
	struct list_head ready;
	u64 queued;
	u64 charged;
	u64 unsettled;
	struct samr_client_stream *stream;
};

/**
 * struct samr_call - a request or a query of a client, until its reply was read
 * @ref: one of samr_client, one of whoever reads it
 * @link: in samr_client.calls; or in samr_client.queries, until it has an end
 * @ready: in samr_client.ready, once it has an end
 * @number: of the request
 * @cookie: its sender's own number for it
 * @skb: the request, with a struct samr_request_payload in front, or the query; NULL
 *	once ready
 * @len: bytes of the request
 * @flags: SAMR_MSG_*
 * @query: it is a query, and
 * @linear: a linearizable one
 * @sent: how often the order has taken it, or is being asked to
 * @read: the end was read
 * @err: 0, -EREMOTEIO: unknown, -ECANCELED: not executed
 * @reply: NULL when @err
 */
struct samr_call {
	refcount_t ref;
	struct list_head link;
	struct list_head ready;
	u64 number;
	u64 cookie;
	struct sk_buff *skb;
	u32 len;
	u8 flags;
	bool query;
	bool linear;
	u32 sent;
	bool read;
	int err;
	struct samr_msg *reply;
};

/**
 * samr_client_new - a client-to-be of a service
 * @c: the cluster; the caller's reference must last until the client was put
 * @net: namespace
 * @id: of the service
 * @ops: see samr_local_ops
 * @ctx: for @ops
 *
 * Return: as samr_local_bind().
 */
struct samr_client *samr_client_new(struct samr_cluster *c, struct net *net,
				    u32 id, const struct samr_local_ops *ops,
				    void *ctx);

/**
 * samr_client_open - ask for a session; does not block
 *
 * Return: 0, -EALREADY, -EISCONN, or why the cluster is dead. ops->writable or
 * ops->failed says how it ends.
 */
int samr_client_open(struct samr_client *cl, const struct samr_session_opts *o);

/**
 * samr_client_opened - how does that stand?
 *
 * Return: 0: connected; -EINPROGRESS; -ECONNREFUSED, -ENOSPC, or why it is dead.
 */
int samr_client_opened(struct samr_client *cl);

/** samr_client_close - the socket goes; the session, when the requests are ordered */
void samr_client_close(struct samr_client *cl);

/** samr_client_put - give a reference back; NULL is allowed */
void samr_client_put(struct samr_client *cl);

/** samr_client_shut - no more requests: reading ends behind the last reply */
void samr_client_shut(struct samr_client *cl);

/**
 * samr_client_room - may a request be sent now?
 *
 * Return: 0, -EAGAIN, -EPIPE, -ENOTCONN, -EHOSTUNREACH, -ECONNRESET, or why the
 * cluster is dead.
 */
int samr_client_room(struct samr_client *cl, u32 sndbuf);

/**
 * samr_client_call - send a request
 * @cl: the client
 * @skb: room for a struct samr_request_payload, and behind it the request; its
 *	reference belongs to the client when 0 is returned
 * @cookie: handed back with the reply; 0: its number is
 * @flags: SAMR_MSG_*
 * @sndbuf: limit of what is without a reply
 *
 * Return: as samr_client_room(); -ENOMEM.
 */
int samr_client_call(struct samr_client *cl, struct sk_buff *skb, u64 cookie,
		     u8 flags, u32 sndbuf);

/**
 * samr_client_query - send a query
 * @cl: the client
 * @skb: the query, NULL when it is empty; its reference belongs to the client when 0 is
 *	returned
 * @len: bytes of it
 * @cookie: handed back with the answer; 0: its number is
 * @linear: the answer shows whatever any client has seen by now
 * @sndbuf: limit of what is without a reply
 *
 * Return: as samr_client_call(); -EOPNOTSUPP: its session is EARLY.
 */
int samr_client_query(struct samr_client *cl, struct sk_buff *skb, u32 len,
		      u64 cookie, bool linear, u32 sndbuf);

/**
 * samr_client_peek - the end of a request that is to be read next
 *
 * Return: it, with a reference for the caller; NULL: no more will come; ERR_PTR():
 * -EAGAIN, -ENOTCONN, -EHOSTUNREACH, -ECONNRESET, or why the cluster is dead.
 */
struct samr_call *samr_client_peek(struct samr_client *cl);
void samr_call_put(struct samr_call *call);

/** samr_client_idle - would samr_client_peek() answer -EAGAIN? */
bool samr_client_idle(struct samr_client *cl);

/** samr_client_pass - it has been read; the caller's reference stays his */
void samr_client_pass(struct samr_client *cl, struct samr_call *call);

/** samr_client_poll - what may be done, as EPOLL* bits */
__poll_t samr_client_poll(struct samr_client *cl, u32 sndbuf);

/** samr_client_info - look at a client */
void samr_client_info(struct samr_client *cl, struct samr_local_info *info);

/* ---- for service.c ---- */

/**
 * samr_client_settle - a SESSION or REQUEST of @cl was delivered, or dropped
 *
 * Its service is locked. samr_client_drive() must follow, without the lock.
 */
void samr_client_settle(struct samr_client *cl, const struct samr_msg *msg);

/**
 * samr_client_reply - a REPLY was delivered; its service is locked
 *
 * Return: whose it was, with a reference for samr_client_drive(), or NULL.
 */
struct samr_client *samr_client_reply(struct samr_service *svc,
				      struct samr_msg *msg);

/** samr_client_answer - likewise, an ANSWER */
struct samr_client *samr_client_answer(struct samr_service *svc,
				       struct samr_msg *msg);

/** samr_client_drive - submit what is to be; no lock is held */
void samr_client_drive(struct samr_client *cl);

/** samr_client_out - the head is in no view any more; its service is locked */
void samr_client_out(struct samr_client *cl, int unused);

/** samr_client_stuck - wake it: nothing is ordered; its service is locked */
void samr_client_stuck(struct samr_client *cl, int unused);

/** samr_client_dead - the cluster is; its service is locked */
void samr_client_dead(struct samr_client *cl, int err);

/** samr_client_feed - those on samr_services.clients may try again */
void samr_client_feed(struct samr_services *all);

/** samr_client_forget - drop the references of that list */
void samr_client_forget(struct samr_services *all);

/** samr_client_tick - timer of samr_services */
void samr_client_tick(struct timer_list *t);

#endif /* SAMR_CLIENT_H */
