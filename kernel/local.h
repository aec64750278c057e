/* SPDX-License-Identifier: GPL-2.0 */
/*
 * A member of a service on this head, as its socket sees it.
 *
 * It outlives its socket until whatever it submitted has been ordered, and so
 * holds neither the socket nor the namespace.
 */
#ifndef SAMR_LOCAL_H
#define SAMR_LOCAL_H

#include <linux/poll.h>
#include "install.h"
#include "service.h"

/**
 * struct samr_local_ops - how a member is told
 *
 * All are called under the service's lock, with bottom halves off, and never
 * after samr_local_close().
 *
 * @readable: there is something to read
 * @writable: what was refused may be tried again, or the state has changed
 * @failed: @err (positive) came upon it, or 0: the state has changed
 * @watched: does somebody wait to be told that it is @readable? SAMR_WATCHED_* bits; may
 *	be NULL: nobody does
 */
struct samr_local_ops {
	void (*readable)(void *ctx);
	void (*writable)(void *ctx);
	void (*failed)(void *ctx, int err);
	unsigned int (*watched)(void *ctx);
};

#define SAMR_WATCHED		(1U << 0)	/* somebody sleeps until it is */
#define SAMR_WATCHED_EDGE	(1U << 1)	/* and is told of changes only */

/**
 * enum samr_offer - what has become of a SNAPSHOT that asks a member with a door
 * @SAMR_OFFER_NONE: there is none, or it is not its time yet
 * @SAMR_OFFER_MADE: the door may read it
 * @SAMR_OFFER_TAKEN: and has
 */
enum samr_offer {
	SAMR_OFFER_NONE,
	SAMR_OFFER_MADE,
	SAMR_OFFER_TAKEN,
};

/**
 * struct samr_local - a member; only service.c, local.c and install.c look inside
 * @ref: one of the socket, one of each submission, one of each list
 * @svc: with a reference
 * @port: its number on this head
 * @node: in samr_service.locals
 * @ops: see there; NULL once the socket was closed
 * @ctx: for @ops
 * @state: enum samr_member_state
 * @err: 0, or why its membership was ended from outside (negative)
 * @window: it can hold this much unread
 * @want: (1 << enum samr_kind) of what is to be submitted as soon as possible
 * @pushing: somebody is submitting it
 * @again: and shall try again if it is refused
 * @sending: sends between their check of @state and the order
 * @muted: nothing is kept for it
 * @nospace: was refused for @sndbuf or @state, and is to be told
 * @sndbuf: limit of @charged at the last refusal
 * @charged: cost of what was sent and not delivered here
 * @unsettled: bytes of that
 * @since: group time of its JOIN; 0: it has none
 * @reader: its place in the log
 * @offer: enum samr_offer, of one that accepts streams: what of the log is for its door
 * @install: its part in the transfer of the state
 * @pending: in samr_services.pending or samr_service.joins
 * @starved: in samr_services.starved
 * @queries: messages of SAMR_KIND_QUERY that it has not read; each holds one reference.
 *	The core bounds them, and gives them to others when it leaves
 */
struct samr_local {
	refcount_t ref;
	struct samr_service *svc;
	u32 port;
	struct list_head node;
	const struct samr_local_ops *ops;
	void *ctx;
	u32 state;
	int err;
	u32 window;
	u32 want;
	bool pushing;
	bool again;
	u32 sending;
	bool muted;
	bool nospace;
	u32 sndbuf;
	u64 charged;
	u64 unsettled;
	u64 since;
	struct samr_reader reader;
	u8 offer;
	struct samr_install install;
	struct list_head pending;
	struct list_head starved;
	struct list_head queries;
};

/**
 * struct samr_local_info - where a member stands
 *
 * @state: enum samr_member_state
 * The other fields are those of struct samr_info.
 */
struct samr_local_info {
	u32 service;
	u32 port;
	u32 state;
	u32 members;
	u64 view;
	u64 gseq;
	u64 time;
	u64 queued;
	u64 unsettled;
};

/**
 * samr_local_bind - a member-to-be of a service
 * @c: the cluster; the caller's reference must last until the local was put
 * @net: namespace whose owner grants CAP_NET_BIND_SERVICE
 * @id: of the service
 * @ops: see there
 * @ctx: for @ops
 *
 * Return: it, with one reference; ERR_PTR(): -EADDRNOTAVAIL no such service,
 * -EACCES not allowed to the caller, -ENOMEM, -ENETDOWN, -ENOTRECOVERABLE,
 * -ENOSPC when the incarnation has no port number left.
 */
struct samr_local *samr_local_bind(struct samr_cluster *c, struct net *net,
				     u32 id, const struct samr_local_ops *ops,
				     void *ctx);

/**
 * samr_local_close - the socket goes
 *
 * What was not read is passed, what was sent stays sent, the membership ends as
 * soon as the order says so. The caller keeps its reference.
 */
void samr_local_close(struct samr_local *l);

/** samr_local_put - give a reference back; NULL is allowed */
void samr_local_put(struct samr_local *l);

/**
 * samr_local_join - ask to join
 * @l: bound
 * @window: bytes that may be delivered to it and not be read
 * @stateful: it takes part in the transfer of the state
 *
 * Does not block; with no view or window now it is done later.
 * Return: 0, -EALREADY, -EISCONN, -ESHUTDOWN, -ENOMEM, or why the cluster is
 * dead.
 */
int samr_local_join(struct samr_local *l, u32 window, bool stateful);

/**
 * samr_local_leave - ask to leave
 *
 * Return: 0, -ENOTCONN when it never asked to join, -EALREADY.
 */
int samr_local_leave(struct samr_local *l);

/**
 * samr_local_mute - shutdown(SHUT_RD): discard what is and what will be there
 */
void samr_local_mute(struct samr_local *l);

/** samr_local_stateful - does it take part in the transfer of the state? */
static inline bool samr_local_stateful(const struct samr_local *l)
{
	return READ_ONCE(l->install.on);
}

/**
 * samr_local_reserve - may a message be sent now?
 * @l: the member
 * @kind: SAMR_KIND_DATA or SAMR_KIND_STATE
 * @len: of the message
 * @sndbuf: limit of what is sent and not yet delivered here
 *
 * Return: 0: it may, and was charged, see samr_local_unreserve();
 * -EAGAIN: ops->writable will say when to ask again; -ENOTCONN, -EPIPE, or why
 * the cluster is dead.
 */
int samr_local_reserve(struct samr_local *l, u8 kind, u32 len, u32 sndbuf);

/** samr_local_unreserve - what was charged is not going to be sent */
void samr_local_unreserve(struct samr_local *l, u32 len);

/**
 * samr_local_send - send what was reserved
 * @l: the member
 * @s: @s->group, @port and @owner are filled in here
 *
 * Return: 0: the charge ends with the delivery; else the charge is still there,
 * -EAGAIN as in samr_local_reserve(), -ENOMEM, -EPIPE, -ESTALE: STATE that nobody
 * wants of it, -EINVAL: no sane request for a lock, -EBUSY: one of a member that
 * lacks the state, or why the cluster is dead.
 */
int samr_local_send(struct samr_local *l, struct samr_submit *s);

/**
 * samr_local_reply - answer a request, or a query
 * @l: the member
 * @r: which one
 * @payload: the reply, or NULL; the caller's reference stays his
 * @len: bytes of it
 * @digest: of these, to be compared; or NULL
 *
 * Return: 0, also when nobody waits for it any more; -EINVAL: no such request;
 * -EMSGSIZE: longer than the client takes; -ENOMEM, -ENOTCONN, -EPIPE, or why the
 * cluster is dead.
 */
int samr_local_reply(struct samr_local *l, const struct samr_reply *r,
		     struct samr_blob *payload, u32 len, const u32 *digest);

/** samr_local_may_send - 0, or why a member in this state may not; under the service's lock */
int samr_local_may_send(const struct samr_local *l);

/**
 * samr_local_call - ask another service for something, as all members of the group do
 * @l: the member
 * @net: namespace whose owner grants CAP_NET_BIND_SERVICE
 * @ev: @ev->call, but for @group and @port; the caller keeps his reference
 *
 * Return: 0: the core has it, or the order does; -EAGAIN: ops->writable will say when to
 * ask again; -EINVAL, -EMSGSIZE: no sane call; -EBUSY: it lacks the state;
 * OPEN: -EADDRNOTAVAIL, -EACCES, -ENOTRECOVERABLE as a client; -ENOMEM, -ENOTCONN, -EPIPE,
 * or why the cluster is dead.
 */
int samr_local_call(struct samr_local *l, struct net *net,
		    struct samr_event *ev);

/**
 * samr_local_alarm - set or cancel an alarm, as all members of the group do
 * @l: the member
 * @ev: @ev->alarm, but for @group and @port
 *
 * Return: as samr_local_call().
 */
int samr_local_alarm(struct samr_local *l, struct samr_event *ev);

/** samr_local_compared - are its replies compared with those of other members? */
bool samr_local_compared(const struct samr_local *l);

/**
 * samr_local_room - would the order take a message of @len bytes now?
 *
 * When not, ops->writable will say when to ask again.
 */
bool samr_local_room(struct samr_local *l, u8 kind, u32 len);

/**
 * samr_local_writable - would a message of @len bytes be taken, or refused
 * for another reason than -EAGAIN?
 *
 * When not, ops->writable will be called.
 */
bool samr_local_writable(struct samr_local *l, u8 kind, u32 len, u32 sndbuf);

/**
 * samr_local_peek - what is to be read next
 * @l: the member
 * @first: set to whether it is the first piece of a state; or NULL
 *
 * Return: a message with a reference for the caller; NULL: the end was reached;
 * ERR_PTR(): -EAGAIN nothing now, -ENOTCONN, or why the cluster is dead.
 */
struct samr_msg *samr_local_peek(struct samr_local *l, bool *first);

/** samr_local_note - samr_log_note() of it */
const struct samr_lock_note *samr_local_note(struct samr_local *l,
					     const struct samr_msg *msg);

/** samr_local_idle - would samr_local_peek() answer -EAGAIN? */
bool samr_local_idle(const struct samr_local *l);

/** samr_local_pass - it has been read; the caller's reference stays his */
void samr_local_pass(struct samr_local *l, const struct samr_msg *msg);

/** samr_local_poll - what may be read, as EPOLL* bits; edges are told from now on */
__poll_t samr_local_poll(struct samr_local *l);

/** samr_local_notify - want these from here on: (1 << type) of enum samr_type */
void samr_local_notify(struct samr_local *l, u32 mask);

/** samr_local_info - look at a member */
void samr_local_info(struct samr_local *l, struct samr_local_info *info);

/** samr_local_err - 0, or why it or the cluster is dead (negative) */
static inline int samr_local_err(const struct samr_local *l)
{
	return READ_ONCE(l->err) ?: READ_ONCE(l->svc->all->err);
}

/* ---- for service.c ---- */

/**
 * samr_local_settle - an own message was delivered, or dropped (gseq 0)
 * @l: its owner; its service is locked
 * @msg: the message, not in the log yet
 * @free: takes what leaves the log
 */
void samr_local_settle(struct samr_local *l, struct samr_msg *msg,
		       struct list_head *free);

/**
 * samr_local_out - the head is in no view any more, and so it is no member
 * @l: its service is locked
 * @free: messages that it had not read; worth nothing now
 */
void samr_local_out(struct samr_local *l, struct list_head *free);

/**
 * samr_local_query - a client's query, for one member
 * @svc: the service, locked
 * @msg: the query; its reference goes to the member, or to @free
 * @free: takes it when there is no such member
 */
void samr_local_query(struct samr_service *svc, struct samr_msg *msg,
		      struct list_head *free);

/**
 * samr_local_query_before - the query that is to be read next
 * @l: the member; its service is locked
 * @next: what is to be read next of the log, or NULL
 *
 * Return: the query, if it comes before that; without a reference.
 */
struct samr_msg *samr_local_query_before(const struct samr_local *l,
					 const struct samr_msg *next);

/** samr_local_query_pass - it was read, unless it was taken away meanwhile */
void samr_local_query_pass(struct samr_local *l, const struct samr_msg *msg,
			   struct list_head *free);

/** samr_local_query_bytes - of queries not read */
u64 samr_local_query_bytes(const struct samr_local *l);

/** samr_local_stuck - nothing is ordered for long; its service is locked */
void samr_local_stuck(struct samr_local *l);

/** samr_local_starve - ops->writable is to be called when there is room */
void samr_local_starve(struct samr_local *l);

/** samr_local_wake - the reader in a member has something to read */
void samr_local_wake(struct samr_reader *r);

/**
 * samr_local_submit - @l->want was set
 * @l: its service is locked, and unlocked by samr_service_unlock()
 * @ms: how long it may wait; 0: not at all
 */
void samr_local_submit(struct samr_local *l, u32 ms);

/**
 * samr_local_lost - nobody has the state that it lacks
 *
 * So it can not be a member: it leaves, and its calls fail.
 */
void samr_local_lost(struct samr_local *l, struct list_head *free);

/**
 * samr_local_expel - so does one that is put out
 * @err: with which its calls fail
 *
 * Return: false: it is no member.
 */
bool samr_local_expel(struct samr_local *l, int err, struct list_head *free);

/** samr_local_kick - submit the joins, leaves and the like that wait */
void samr_local_kick(struct samr_services *all);

/** samr_local_feed - let those on samr_services.starved try again */
void samr_local_feed(struct samr_services *all);

/** samr_local_forget - drop the references of all lists */
void samr_local_forget(struct samr_services *all);

#endif /* SAMR_LOCAL_H */
