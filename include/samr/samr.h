/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * libsamr: members and clients of replicated services, in C.
 *
 * A service is replicated by running it on several heads. Each copy opens a
 * member, joins, and from then on acts on nothing but what samr_recv() returns:
 * every member gets the same messages, in the same order.
 *
 * Calls return 0 or a positive number when they worked and a negative errno
 * value when not; samr_strerror() has a sentence for each. Times to wait are in
 * milliseconds: -1 waits for ever, 0 not at all (-EAGAIN then), and when the
 * time is over the result is -ETIMEDOUT. A caught signal ends a wait with
 * -EINTR.
 *
 * Threads: any number may send on one member, one at a time may do everything
 * else with it. Different members have nothing in common. A client is for one thread
 * at a time.
 */
#ifndef SAMR_SAMR_H
#define SAMR_SAMR_H

#include <stddef.h>
#include <stdint.h>
#include <sys/types.h>
#include <sys/uio.h>
#include <linux/samr.h>

#ifdef __cplusplus
extern "C" {
#endif

/** struct samr - a member of a service; only libsamr knows what is inside */
struct samr;

/* Flags of samr_open(). */
#define SAMR_OPEN_SAFE		(1U << 0)	/* every message is sent SAFE */
#define SAMR_OPEN_NO_VIEWS	(1U << 1)	/* samr_recv() gives messages only */
#define SAMR_OPEN_LOCKS		(1U << 2)	/* for samr_lock() and its like */
#define SAMR_OPEN_DIVERGED	(1U << 3)	/* samr_recv() tells of wrong replies */

/**
 * samr_open - make a member of a service
 * @out: filled in; samr_close() frees it
 * @service: the service's id, 1 .. 2^32 - 1
 * @flags: SAMR_OPEN_*
 *
 * The member receives nothing before samr_join().
 *
 * Return: 0; -EINVAL: @service is 0 or a flag is unknown; -ENOMEM;
 * -EAFNOSUPPORT: the kernel has no AF_SAMR; -ENETDOWN: no cluster is configured
 * in this network namespace; -EADDRNOTAVAIL: the admin gave this head no such
 * service; -EACCES: this user may not have it; or another error of socket(2) and
 * bind(2).
 */
int samr_open(struct samr **out, uint32_t service, unsigned int flags);

/**
 * struct samr_state_ops - how a service's state is given and taken
 * @snapshot: the state as it is now, behind everything that samr_recv() has
 *	returned, is going to be asked for: keep it, or a way to it, while the
 *	service goes on. @gseq: the place in the order that it is of. Returns 0,
 *	or a negative number when that is not possible: another member is asked
 *	then
 * @give: fill in up to @len more bytes of that state. Returns how many; 0 at its
 *	end; a negative number when it cannot be given: another member is asked.
 *	Neither is called again for this state then. With a @buf of NULL: nobody
 *	waits for the rest any more, or a new snapshot follows; what it returns is
 *	not looked at
 * @take: the next bytes of the state. With SAMR_DELIVERY_FIRST in @flags: they
 *	are the first ones, and all that this member had before is void; it may
 *	come again, when the state has to be taken anew. With SAMR_DELIVERY_LAST:
 *	the state is complete with them. @len may be 0. Returns 0, or a negative
 *	number when the state cannot be taken: samr_recv() returns it from then
 *	on, and the member should be closed
 *
 * They are called by samr_recv() and samr_recv_batch(), in the caller's thread,
 * and must not call these, samr_join() or samr_close() for the same member. @ctx
 * is that of samr_state().
 */
struct samr_state_ops {
	int (*snapshot)(void *ctx, uint64_t gseq);
	ssize_t (*give)(void *ctx, void *buf, size_t len);
	int (*take)(void *ctx, const void *data, size_t len,
		    unsigned int flags);
};

/**
 * samr_state - take part in the transfer of the service's state
 * @m: member, before its samr_join()
 * @ops: all three; copied
 * @ctx: handed to them
 *
 * The first member of a group that does so begins with what it has. Whoever joins
 * later is given the state by one of the others, while these go on: samr_recv()
 * takes it before it returns the first message, and then returns everything that
 * was ordered behind that state. Until it is complete samr_info() tells
 * SAMR_MEMBER_INSTALLING.
 *
 * The state flows while samr_recv() or samr_recv_batch() is called, at both ends.
 *
 * Return: 0; -EINVAL: a function is missing; -EISCONN: samr_join() was called
 * before; -ENOMEM.
 */
int samr_state(struct samr *m, const struct samr_state_ops *ops, void *ctx);

/**
 * samr_join - become part of the group
 * @m: member
 * @timeout_ms: how long to wait for the first view
 *
 * When it returns 0, samr_view() answers, and everything that was ordered after
 * this view will be received. Called again after -ETIMEDOUT or -EINTR it goes
 * on waiting. With a @timeout_ms of 0 it only asks and returns -EINPROGRESS;
 * the first view is then received by samr_recv(), as every later one.
 *
 * Return: 0; -ETIMEDOUT, -EINTR, -EINPROGRESS: not yet; or an error: -EISCONN:
 * joined before; -ENETDOWN: the cluster is gone.
 */
int samr_join(struct samr *m, int timeout_ms);

/* Flag of samr_send() besides SAMR_SEND_SAFE: return -EAGAIN, do not wait. */
#define SAMR_SEND_NOWAIT	(1U << 31)

/**
 * samr_send - give a message to the order
 * @m: member that has joined
 * @data: the message; copied, the caller may change it at once
 * @len: bytes, 0 .. SAMR_MESSAGE_MAX
 * @request: any number; each member finds it in delivery.request
 * @flags: SAMR_SEND_SAFE: deliver it when enough heads hold it;
 *	SAMR_SEND_NOWAIT
 *
 * Returns when the message is queued. It has its place in the order when the
 * member itself receives it, with SAMR_DELIVERY_OWN among its flags.
 *
 * A sender waits while the group is full of messages that some member has not
 * read. A program that reads and sends in one thread must use SAMR_SEND_NOWAIT
 * and read on when it gets -EAGAIN, or it could wait for itself.
 *
 * Return: 0; -EAGAIN; -EMSGSIZE: longer than SAMR_MESSAGE_MAX; -ENOTCONN: has
 * not joined, or the head has no view now; -EPIPE: has left; -EINVAL: unknown
 * flag; -EHOSTUNREACH: this head cannot order anything for now: it is cut off, or
 * waits for a fence; -ENETRESET: the head has left the view, and the membership is
 * over; -EINTR; -ENOMEM; -ENETDOWN; -ENOTRECOVERABLE.
 */
int samr_send(struct samr *m, const void *data, size_t len, uint64_t request,
	      unsigned int flags);

/**
 * samr_sendv - samr_send() of several pieces that make one message
 * @m: member that has joined
 * @iov: pieces
 * @count: how many, at most IOV_MAX
 * @request: as samr_send()
 * @flags: as samr_send()
 */
int samr_sendv(struct samr *m, const struct iovec *iov, int count,
	       uint64_t request, unsigned int flags);

/**
 * struct samr_received - something that every member receives at this place
 * @delivery: what it is and where it stands in the order
 * @data: the message's bytes. They belong to the member and are valid until the
 *	next samr_recv(), samr_recv_batch() or samr_close() of it. Aligned for
 *	any type
 * @len: how many
 * @view: for a view, the same bytes, their length checked; otherwise NULL
 * @reserved: zero
 */
struct samr_received {
	struct samr_delivery delivery;
	const void *data;
	size_t len;
	const struct samr_view *view;
	uint64_t reserved[4];
};

/**
 * samr_recv - receive what comes next in the order
 * @m: member
 * @out: filled in when the result is 1
 * @timeout_ms: how long to wait
 *
 * Callers ignore delivery.type values that they do not know.
 *
 * Return: 1: received; 0: the end, this member has left; -EAGAIN, -ETIMEDOUT,
 * -EINTR; -ENOTCONN: samr_join() was not called; -ENODATA: all members that had
 * the state are gone, and the membership is over; -ENETDOWN, -ENOTRECOVERABLE.
 * -EBADMSG (the kernel and this library do not understand each other) and
 * -ENOMEM mean that something was lost: the member returns the same from now on.
 */
int samr_recv(struct samr *m, struct samr_received *out, int timeout_ms);

/* samr_recv_batch() gives at most so many at once. */
#define SAMR_BATCH_MAX		64

/**
 * samr_recv_batch - receive what is there, in one system call
 * @m: member
 * @out: array, filled in from its start
 * @count: its length, at least 1
 * @timeout_ms: how long to wait for the first
 *
 * Return: number received; otherwise as samr_recv(). When the end follows what
 * was received, the next call returns 0.
 */
int samr_recv_batch(struct samr *m, struct samr_received *out,
		    unsigned int count, int timeout_ms);

/*
 * Locks of the group: one member at most has a lock, whichever head it lives on,
 * and those that wait get it in the order of their requests. A lock has a name and
 * a value of up to SAMR_LOCK_VALUE_MAX bytes, which its owner stores and the next
 * one is given. When the owner dies, or its head does, the lock goes to the next
 * one, with the value stored last, and the call returns -EOWNERDEAD: *the lock is
 * held then*, and samr_unlock() says that all is well again. A lock that nobody
 * has is remembered as long as it has a value, or a dead owner.
 *
 * These calls wait for their answer and read past everything else, so they need a
 * member of its own that was opened with SAMR_OPEN_LOCKS and has joined; to any
 * other they return -EINVAL. Its messages are of no concern to it.
 *
 * A head that is cut off cannot tell: what its members hold may have been given
 * to others already, until they are told (-EHOSTUNREACH, -ENETRESET).
 */

/**
 * samr_lock - take a lock
 * @m: member
 * @name: 1 .. SAMR_LOCK_NAME_MAX bytes
 * @timeout_ms: how long to wait
 * @out: the lock as it was then, its value among it; filled in when there was an
 *	answer; or NULL
 *
 * Return: 0: the member has it; -EOWNERDEAD: it has it, and an owner before died
 * with it; -ETIMEDOUT, -EINTR: it has not got it, and does not wait any more;
 * -EDEADLK: it has it already; -ENOSPC: too many locks, or too many that wait;
 * -EINVAL; or an error of samr_send() or samr_recv().
 */
int samr_lock(struct samr *m, const char *name, int timeout_ms,
	      struct samr_lock_event *out);

/**
 * samr_trylock - take a lock if nobody has it
 * @m: member
 * @name: as samr_lock()
 * @out: as samr_lock()
 *
 * Return: as samr_lock(); -EBUSY: somebody else has it.
 */
int samr_trylock(struct samr *m, const char *name, struct samr_lock_event *out);

/**
 * samr_unlock - give a lock back
 * @m: member that has it
 * @name: of the lock
 * @value: what the next one is given; NULL: the value stays. When it is empty (@len
 *	of 0) and nobody waits, the lock is forgotten
 * @len: bytes of @value, at most SAMR_LOCK_VALUE_MAX
 *
 * Return: 0; -EPERM: it has not got it; -EMSGSIZE: @value is too long; -EINVAL; or
 * an error of samr_send() or samr_recv().
 */
int samr_unlock(struct samr *m, const char *name, const void *value, size_t len);

/**
 * samr_lock_store - store a value and keep the lock
 * @m: member that has it
 * @name: of the lock
 * @value: what the next one is given
 * @len: bytes of @value, at most SAMR_LOCK_VALUE_MAX
 *
 * When it has returned 0, whoever gets the lock later gets this value, whatever
 * happens to this member and its head.
 *
 * Return: as samr_unlock().
 */
int samr_lock_store(struct samr *m, const char *name, const void *value,
		    size_t len);

/**
 * samr_lock_return - give a lock back as it was
 * @m: member that has it
 * @name: of the lock
 *
 * As samr_unlock(), but the next one is still told of a dead owner.
 *
 * Return: as samr_unlock().
 */
int samr_lock_return(struct samr *m, const char *name);

/**
 * samr_lock_next - look at the group's locks
 * @m: member
 * @name: "" to begin, or the name found last
 * @timeout_ms: how long to wait for the answer
 * @out: the first lock whose name lies behind @name
 *
 * Return: 1: @out is filled in; 0: there is none; -ETIMEDOUT, -EINTR, -EINVAL; or
 * an error of samr_send() or samr_recv().
 */
int samr_lock_next(struct samr *m, const char *name, int timeout_ms,
		   struct samr_lock_event *out);

/**
 * samr_lock_request - send a request for a lock, and do not wait
 * @m: any member that has joined
 * @send: SAMR_SEND_LOCK or SAMR_SEND_UNLOCK, and perhaps SAMR_SEND_NOWAIT
 * @flags: SAMR_LOCK_* that go with it
 * @name: of the lock
 * @value: with SAMR_LOCK_VALUE
 * @len: bytes of @value, at most SAMR_LOCK_VALUE_MAX
 * @request: any number
 *
 * For programs that receive messages as well: samr_recv() returns the answer, with
 * a delivery.type of SAMR_TYPE_LOCK, @request in delivery.request, and a struct
 * samr_lock_event for its data.
 *
 * Return: 0; -EINVAL: the request makes no sense; -EMSGSIZE: @value is too long; or
 * an error of samr_send().
 */
int samr_lock_request(struct samr *m, unsigned int send, unsigned int flags,
		      const char *name, const void *value, size_t len,
		      uint64_t request);

/**
 * samr_reply - answer a request, or a query, of a client
 * @m: member that received it
 * @request: its delivery, of type SAMR_TYPE_REQUEST or SAMR_TYPE_QUERY
 * @data: the reply; copied
 * @len: bytes
 *
 * Every member answers every request, in any order, and at last before it gives its
 * state; the client gets one of the replies. All must be the same. A query is given to
 * one member, which answers it from what it has executed so far, and changes nothing.
 *
 * Return: 0, also when nobody waits for it any more; -EMSGSIZE: longer than the client
 * takes: answer something shorter; -EINVAL: that is no request; -ENOTCONN, -EPIPE: no
 * member (any more); -ENOMEM; -ENETRESET; -ENETDOWN; -ENOTRECOVERABLE.
 */
int samr_reply(struct samr *m, const struct samr_delivery *request,
	       const void *data, size_t len);

/*
 * Services that are clients of others. All members of a service together are one client of
 * another one: each calls the same, in the same order, as it follows from what it has
 * received; it is executed once, and each of them receives the reply at the same place.
 *
 * The calls wait when this head has no room for what is asked for, and so may have to be made
 * again after -EINTR and -ENOMEM: what is left out by one member is missing in its state.
 */

/** enum samr_group_state - of a struct samr_group_client */
enum samr_group_state {
	SAMR_GROUP_NONE		= 0,	/* no session */
	SAMR_GROUP_OPENING	= 1,
	SAMR_GROUP_OPENED	= 2,
	SAMR_GROUP_CLOSING	= 3,
};

/**
 * struct samr_group_client - a session of this service with another one
 * @service: the other one
 * @state: enum samr_group_state
 * @key: of the last samr_group_open()
 * @session: its name: delivery.session of what is received of it
 * @made: number of the last request
 * @ended: requests up to this one have a reply, or another end
 *
 * All zero at first. It belongs to the service's state and is given with it, as these bytes; only
 * the calls below change it.
 */
struct samr_group_client {
	uint32_t service;
	uint32_t state;
	uint64_t key;
	uint64_t session;
	uint64_t made;
	uint64_t ended;
};

/**
 * samr_group_open - become a client of a service
 * @m: member that has joined, and has the state
 * @g: without a session
 * @service: the other service's id
 * @key: the same at all members, and above all former ones with that service:
 *	delivery.gseq of what is being executed
 * @reply_max: longest reply that may come, at most SAMR_REPLY_LEN_MAX
 *
 * What comes of it is received, with a type of SAMR_TYPE_CALL, for
 * samr_group_received().
 *
 * Return: 0; -EISCONN: there is a session, or will be; -EINVAL: @key, @service;
 * -EMSGSIZE: @reply_max; -EADDRNOTAVAIL: the admin gave this head no such service;
 * -EACCES: this user may not use it; -EBUSY: the member lacks the state; -EINTR;
 * -ENOMEM; -ENOTCONN, -EPIPE: no member (any more); -ENETRESET; -ENETDOWN;
 * -ENOTRECOVERABLE.
 */
int samr_group_open(struct samr *m, struct samr_group_client *g,
		    uint32_t service, uint64_t key, uint32_t reply_max);

/**
 * samr_group_call - have a request executed by the other service
 * @m: member
 * @g: with a session
 * @data: the request; copied
 * @len: bytes, 0 .. SAMR_REQUEST_LEN_MAX
 *
 * Its number is @g->made then. Its reply is received by all members, in the order of the
 * requests, with a type of SAMR_TYPE_RETURN, and this number in delivery.request.
 *
 * Return: 0; -ENOTCONN: there is no session now; -EAGAIN: SAMR_GROUP_REQUESTS_MAX
 * requests have no end: both the same at all members. Or -EMSGSIZE, or as
 * samr_group_open().
 */
int samr_group_call(struct samr *m, struct samr_group_client *g,
		    const void *data, size_t len);

/**
 * samr_group_close - be a client no more
 * @m: member
 * @g: with a session
 *
 * Requests without an end will have none; that it is closed is received.
 *
 * Return: as samr_group_call().
 */
int samr_group_close(struct samr *m, struct samr_group_client *g);

/**
 * samr_group_received - note what was received
 * @g: a session
 * @r: of type SAMR_TYPE_RETURN or SAMR_TYPE_CALL; of any other nothing is noted
 *
 * To be called for all of these, in their order, before anything else is done with them.
 * RETURN: @r->data is the reply. CALL: it is a struct samr_call_event.
 *
 * Return: 1: it was of this session; 0: it was not; -EBADMSG: it cannot be, by what @g says:
 * the state is not that of this place.
 */
int samr_group_received(struct samr_group_client *g,
			const struct samr_received *r);

/*
 * Alarms: timers of a service, which end at a place of the order. All members set the same ones,
 * in the same order, as it follows from what they have received; each of them receives the end
 * of each, with a type of SAMR_TYPE_ALARM, at the same place, and once. Which ones are awaited
 * belongs to the service's state; the alarms themselves are kept by the heads.
 *
 * As the calls above they wait while this head has no room, and may have to be made again.
 */

/**
 * samr_alarm_number - the number of what is asked for next
 * @d: of what is being executed
 * @nth: how many alarms were set and cancelled by it so far
 *
 * Return: it, above all of before; 0 when @nth is too high: SAMR_ALARM_NUMBERS is the most that
 * may be asked for at one place.
 */
uint64_t samr_alarm_number(const struct samr_delivery *d, unsigned int nth);

/**
 * samr_alarm_set - set an alarm
 * @m: member that has joined, and has the state
 * @number: samr_alarm_number(): by which its end is known
 * @due: group time, nanoseconds since 1970: delivery.time of what is being executed, and what
 *	is to be waited
 *
 * Its end is received: a struct samr_alarm_event, and @number also in delivery.request.
 *
 * Return: 0; -EINVAL: @number, @due; -EBUSY: the member lacks the state; -EINTR; -ENOMEM;
 * -ENOTCONN, -EPIPE: no member (any more); -ENETRESET; -ENETDOWN; -ENOTRECOVERABLE.
 */
int samr_alarm_set(struct samr *m, uint64_t number, uint64_t due);

/**
 * samr_alarm_cancel - have it end before its time
 * @m: member
 * @number: samr_alarm_number(): of this
 * @which: of the alarm
 *
 * When it had come to its end before the place of this, nothing more is received.
 *
 * Return: as samr_alarm_set().
 */
int samr_alarm_cancel(struct samr *m, uint64_t number, uint64_t which);

/*
 * Clients. A client has a session with a service: each of its requests is executed by
 * all members, once, whichever heads die, and answered once.
 */

/** struct samr_client - a client of a service; only libsamr knows what is inside */
struct samr_client;

/**
 * samr_connect - open a session with a service
 * @out: filled in; samr_disconnect() frees it
 * @service: the service's id
 * @opts: what is wanted of the session; NULL for the usual
 * @timeout_ms: how long to wait
 *
 * Return: 0; -ECONNREFUSED: the service has no members; -ENOSPC: it has as many
 * sessions as it can; -ETIMEDOUT; -EINTR; -EINVAL: @service or @opts;
 * -EADDRNOTAVAIL: the admin gave this head no such service; -EACCES: this user may not
 * use it; -EHOSTUNREACH; -EAFNOSUPPORT; -ENETDOWN; -ENOTRECOVERABLE; -ENOMEM.
 */
int samr_connect(struct samr_client **out, uint32_t service,
		 const struct samr_session_opts *opts, int timeout_ms);

/**
 * samr_call - send a request and wait for its reply
 * @c: client
 * @data: the request; copied
 * @len: bytes, 0 .. SAMR_REQUEST_LEN_MAX
 * @reply: room for the reply
 * @size: bytes of it
 * @timeout_ms: how long to wait
 *
 * Return: bytes of the reply. Or: -EAGAIN: @timeout_ms passed before the request could
 * be sent: nothing was done; -ETIMEDOUT, -EINTR: it was sent, and *will be executed if
 * it was not yet*; its reply will be dropped; -EREMOTEIO: the session is gone, and the
 * outcome of the request unknown: it was executed once, or not at all; -ECANCELED: the
 * session is gone, and the request was not executed; -EMSGSIZE: the request is too
 * long, or it was executed and its reply is longer than @size; -ECONNRESET: the session
 * is gone, from an earlier call on: connect anew; -EHOSTUNREACH: this head can not
 * order anything for now: what was sent may still be executed; -EBADMSG; -ENETDOWN;
 * -ENOTRECOVERABLE; -ENOMEM.
 */
ssize_t samr_call(struct samr_client *c, const void *data, size_t len,
		  void *reply, size_t size, int timeout_ms);

/**
 * samr_done_fn - a request has its end
 * @ctx: of samr_call_async()
 * @result: 0: there is a reply; -EREMOTEIO, -ECANCELED: as samr_call()
 * @reply: valid until it returns
 * @len: bytes of it
 *
 * It may call samr_call_async() and samr_query_async(), and nothing else of the same client.
 */
typedef void samr_done_fn(void *ctx, int result, const void *reply, size_t len);

/**
 * samr_call_async - send a request and do not wait
 * @c: client
 * @data: the request; copied
 * @len: bytes, 0 .. SAMR_REQUEST_LEN_MAX
 * @done: called with its end, by samr_client_run() or samr_call(); or NULL
 * @ctx: for @done
 *
 * Requests are executed in the order in which they were sent.
 *
 * Return: 0; -EAGAIN: SAMR_REQUESTS_MAX, with queries, are without an end:
 * samr_client_run() makes room; -EMSGSIZE; -ECONNRESET, -EHOSTUNREACH, -ENETDOWN, -ENOTRECOVERABLE, -ENOMEM as
 * samr_call().
 */
int samr_call_async(struct samr_client *c, const void *data, size_t len,
		    samr_done_fn *done, void *ctx);

/* Flags of samr_query(). */
#define SAMR_QUERY_LINEAR	(1U << 0)

/**
 * samr_query - ask one member for what changes nothing, and wait for the answer
 * @c: client; its session must not be EARLY
 * @data: the query; copied
 * @len: bytes, 0 .. SAMR_QUERY_LEN_MAX
 * @flags: SAMR_QUERY_LINEAR, or 0
 * @reply: room for the answer
 * @size: bytes of it
 * @timeout_ms: how long to wait
 *
 * A query is not ordered: no member but the one that answers it hears of it. The answer
 * shows at least what this client has seen, from replies and answers, whichever heads died
 * since; it may lack what other clients have done just now. With SAMR_QUERY_LINEAR it
 * shows all that any client had seen when the query was sent, for one round trip
 * between the heads. Requests that have no reply yet may be shown or not.
 *
 * Return: as samr_call(), but nothing was executed in any case: after -ETIMEDOUT and
 * -EINTR the answer is dropped, and -ECANCELED is that the session is gone. -EOPNOTSUPP:
 * an EARLY session has no queries; -EINVAL: @flags.
 */
ssize_t samr_query(struct samr_client *c, const void *data, size_t len,
		   unsigned int flags, void *reply, size_t size, int timeout_ms);

/**
 * samr_query_async - send a query and do not wait
 * @c: client
 * @data: the query; copied
 * @len: bytes, 0 .. SAMR_QUERY_LEN_MAX
 * @flags: SAMR_QUERY_LINEAR, or 0
 * @done: called with its end, as for samr_call_async()
 * @ctx: for @done
 *
 * Answers come as they come, before or after those to requests and other queries.
 *
 * Return: as samr_call_async(); -EOPNOTSUPP, -EINVAL as samr_query().
 */
int samr_query_async(struct samr_client *c, const void *data, size_t len,
		     unsigned int flags, samr_done_fn *done, void *ctx);

/**
 * samr_client_run - receive what ends requests and queries
 * @c: client
 * @timeout_ms: how long to wait for the first, if any is to come
 *
 * Return: how many ends there were; -ETIMEDOUT, -EINTR; -ECONNRESET,
 * -EHOSTUNREACH, -EBADMSG, -ENETDOWN, -ENOTRECOVERABLE as samr_call().
 */
int samr_client_run(struct samr_client *c, int timeout_ms);

/**
 * samr_client_fd - the client's file descriptor, for poll(2) and its like
 * @c: client
 *
 * It is readable when samr_client_run() would not wait, and writable when
 * samr_call_async() would not return -EAGAIN. Do not close it or read from it.
 */
int samr_client_fd(const struct samr_client *c);

/**
 * samr_disconnect - the end of a client
 * @c: client or NULL; invalid from here on
 *
 * What was sent is executed; nobody hears of its end. The session is closed.
 */
void samr_disconnect(struct samr_client *c);

/**
 * samr_view - the group's members
 * @m: member
 *
 * Return: the view in force behind what was received last, or NULL before the
 * first. It belongs to the member and is valid until the next samr_join(),
 * samr_recv(), samr_recv_batch() or samr_close() of it.
 */
const struct samr_view *samr_view(const struct samr *m);

/**
 * samr_self - this member's own entry in samr_view()
 * @m: member
 *
 * Return: as samr_view(); NULL also when it is not among them.
 */
const struct samr_view_member *samr_self(const struct samr *m);

/**
 * samr_info - where this member stands
 * @m: member
 * @out: filled in
 *
 * Return: 0 or a negative errno value.
 */
int samr_info(struct samr *m, struct samr_info *out);

/**
 * samr_fd - the member's file descriptor, for poll(2) and its like
 * @m: member
 *
 * It is readable when samr_recv() would not wait, and writable when samr_send()
 * of a short message would not. It belongs to the member: do not close it or
 * read from it. It is close-on-exec.
 */
int samr_fd(const struct samr *m);

/**
 * samr_events - what to wait for before the next samr_recv()
 * @m: member
 *
 * For programs that wait on samr_fd() themselves: POLLIN, and POLLOUT as long as
 * this member gives its state and samr_recv() has more of it to send. Such a
 * program calls samr_recv_batch() until it returns -EAGAIN before it waits: what
 * belongs to the state may have been read already, which poll(2) does not know.
 *
 * Return: events for poll(2).
 */
short samr_events(const struct samr *m);

/**
 * samr_leave - ask to leave the group
 * @m: member
 *
 * Leaving is ordered. What comes before it is still received, then samr_recv()
 * returns 0.
 *
 * Return: 0; -ENOTCONN: has not joined; -ENETDOWN.
 */
int samr_leave(struct samr *m);

/**
 * samr_close - the end of a member
 * @m: member or NULL; invalid from here on
 *
 * A member that is in its group leaves it.
 */
void samr_close(struct samr *m);

/**
 * samr_strerror - what an error means and what to do about it
 * @err: what a call of this library returned; its sign does not matter
 *
 * Return: a text that is never changed or freed.
 */
const char *samr_strerror(int err);

/** samr_version - the library's version, as "0.1.0" */
const char *samr_version(void);

/*
 * Random numbers that are the same at every member: a generator that is seeded
 * from the order. The sequence of a seed never changes between versions of the
 * library. Not for secrets.
 */

/** struct samr_random - a generator's state; the caller owns it */
struct samr_random {
	uint64_t state[4];
};

/**
 * samr_random_init - begin a sequence
 * @r: generator
 * @seed: any number
 */
void samr_random_init(struct samr_random *r, uint64_t seed);

/**
 * samr_random_delivery - begin the sequence of something received
 * @r: generator
 * @d: its delivery
 * @stream: any number; different ones give independent sequences
 */
void samr_random_delivery(struct samr_random *r, const struct samr_delivery *d,
			  uint64_t stream);

/** samr_random_next - the next 64 bits */
uint64_t samr_random_next(struct samr_random *r);

/**
 * samr_random_below - the next number in 0 .. @bound - 1, all equally likely
 * @r: generator
 * @bound: 0 stands for 2^64
 */
uint64_t samr_random_below(struct samr_random *r, uint64_t bound);

/**
 * samr_random_bytes - the next bytes
 * @r: generator
 * @data: filled in
 * @len: how many; each begun 8 use up one samr_random_next(), little end first
 */
void samr_random_bytes(struct samr_random *r, void *data, size_t len);

#ifdef __cplusplus
}
#endif

#endif /* SAMR_SAMR_H */
