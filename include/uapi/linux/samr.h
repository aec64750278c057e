/* SPDX-License-Identifier: GPL-2.0 WITH Linux-syscall-note */
/*
 * AF_SAMR: symmetric active/active replication, the socket interface.
 *
 * A replica of a service is a *member*: a SOCK_SEQPACKET socket that was bound
 * to the service's id and has joined its group. Whatever any member sends is
 * delivered to all members, on every head, in one total order, together with
 * the changes of the membership.
 *
 * A *client* of a service is a SOCK_SEQPACKET socket that was connected to it: what
 * it sends are requests, what it receives are the replies, and each request is
 * executed once, whichever heads die. samr(7) documents each call and its errors.
 */
#ifndef _UAPI_LINUX_SAMR_H
#define _UAPI_LINUX_SAMR_H

#include <linux/types.h>
#include <linux/socket.h>

/*
 * 25 has no owner in the kernel tree since WAN router support was removed
 * (AF_WANPIPE). A build may choose another number; kernel and user space must
 * agree on it.
 */
#ifndef AF_SAMR
#define AF_SAMR			25
#endif
#define PF_SAMR			AF_SAMR

/* Level of samr's socket options and control messages. */
#define SOL_SAMR		325

/* Largest message, in bytes: sendmsg() of more fails with EMSGSIZE. */
#define SAMR_MESSAGE_MAX	(1U << 20)

/* Largest request of a client, and largest reply, in bytes. */
#define SAMR_REQUEST_LEN_MAX	(SAMR_MESSAGE_MAX - 16)
#define SAMR_REPLY_LEN_MAX	(SAMR_MESSAGE_MAX - 64)

/* Largest query, in bytes; its answer may be as long as a reply. */
#define SAMR_QUERY_LEN_MAX	65536

/* Requests and queries that a client may have sent whose replies it has not read. */
#define SAMR_REQUESTS_MAX	32

/* The same of a group that is a client of another service, in each of its sessions. */
#define SAMR_GROUP_REQUESTS_MAX	16

/* Numbers of alarms that a member may use at each place of the order; see samr_group_alarm. */
#define SAMR_ALARM_NUMBERS	256

/* Head ids are 1 .. SAMR_HEAD_MAX; at most SAMR_HEADS of them form a view. */
#define SAMR_HEAD_MAX		63
#define SAMR_HEADS		16

/**
 * struct sockaddr_samr - the address of a service, or of one member of it
 * @family: AF_SAMR
 * @reserved: must be zero
 * @service: id of the service (of its group), 1 .. 2^32 - 1
 * @node: head that the member lives on; zero in bind() and connect(), filled in by
 *	getsockname() and in the msg_name of a received message
 * @port: number of the member on its head; zero in bind() and connect(), which draw
 *	one
 * @reserved2: must be zero
 */
struct sockaddr_samr {
	__kernel_sa_family_t	family;
	__u16			reserved;
	__u32			service;
	__u64			node;
	__u32			port;
	__u32			reserved2;
};

/* Socket options of level SOL_SAMR. */
enum {
	/*
	 * set, struct samr_join: ask to join the group of the bound service.
	 * Does not block: the first view that is delivered ends it, and the
	 * socket becomes writable.
	 */
	SAMR_JOIN	= 1,
	/* set, no value: ask to leave; ordered; then recvmsg() returns 0. */
	SAMR_LEAVE	= 2,
	/*
	 * set/get, __u32: mask of (1 << type) of notifications wanted, see
	 * enum samr_type. 0 by default: a plain read() gets data only.
	 */
	SAMR_NOTIFY	= 3,
	/* get, struct samr_info: where this member stands. */
	SAMR_INFO	= 4,
	/*
	 * set/get, __u32, 0 or 1: every message of this socket is sent SAFE,
	 * as if each sendmsg() said so.
	 */
	SAMR_SAFE	= 5,
	/*
	 * set before connect(), get: struct samr_session_opts, what a client wants of its
	 * session.
	 */
	SAMR_SESSION	= 6,
	/*
	 * set/get, __u32, 0 or 1: of a stream socket that was bound: lock-step. An input (a
	 * connection, or what came on one) is readable only when the one before it was
	 * read and its program has come back for more.
	 */
	SAMR_LOCK_STEP	= 7,
	/*
	 * set, int: the descriptor of a stream socket that was bound and has not joined.
	 * A new SOCK_SEQPACKET socket becomes its door: that of its member, by which
	 * SAMR_JOIN joins the group, and the state is given and taken. A SNAPSHOT is
	 * delivered when all that came before was read; until the door has been read once
	 * more, and there was nothing, the member gets nothing. close() ends the
	 * membership.
	 */
	SAMR_STATE_OF	= 8,
	/*
	 * set, int, before SAMR_JOIN: of a door, enum samr_streams: what becomes of the
	 * connections of its member's group when the state is given.
	 */
	SAMR_STREAMS	= 9,
	/*
	 * get, __u64: the name of a connection that was accepted. It is the same at all
	 * replicas, no other one of the service has it, and later ones have higher ones.
	 */
	SAMR_STREAM_NAME = 10,
};

/**
 * enum samr_streams - what becomes of connections when the state is given
 * @SAMR_STREAMS_END: they end
 * @SAMR_STREAMS_QUIET: they go on. The state is given where each is quiet: its member has
 *	read all, has written since, and was rid of all that it wrote. Those that are not for a
 *	second end before
 * @SAMR_STREAMS_KEEP: they go on, as the state says what members know of each
 */
enum samr_streams {
	SAMR_STREAMS_END	= 0,
	SAMR_STREAMS_QUIET	= 1,
	SAMR_STREAMS_KEEP	= 2,
};

/* Control messages of level SOL_SAMR. */
enum {
	SAMR_DELIVERY	= 1,	/* struct samr_delivery, from recvmsg() */
	SAMR_SEND	= 2,	/* struct samr_send, to sendmsg() */
	SAMR_REPLY	= 3,	/* struct samr_reply, to sendmsg() of a member */
	SAMR_CALL	= 4,	/* struct samr_group_call, likewise */
	SAMR_ALARM	= 5,	/* struct samr_group_alarm, likewise */
};

/* Flags of struct samr_session. */
#define SAMR_SESSION_ANY_ORDER	(1U << 0)	/* replies as they come */
/*
 * Replies before enough heads hold what they show: sooner, but when heads die a
 * client may have seen what never was. Its session is gone then.
 */
#define SAMR_SESSION_EARLY	(1U << 1)

/**
 * struct samr_session_opts - the value of SAMR_SESSION
 * @flags: SAMR_SESSION_*; unknown flags are refused with EINVAL. Without
 *	%SAMR_SESSION_ANY_ORDER replies come in the order of the requests
 * @reply_max: longest reply that may come, at most SAMR_REPLY_LEN_MAX. The heads set
 *	that much aside for each request; 65536 by default
 * @expiry: milliseconds, 1 .. 86400000, that the session lives when its client can not
 *	be reached; 60000 by default
 * @reserved: must be zero
 */
struct samr_session_opts {
	__u32	flags;
	__u32	reply_max;
	__u32	expiry;
	__u32	reserved;
};

/* Flags of struct samr_join. */
#define SAMR_JOIN_STATE		(1U << 0)	/* takes part in state transfer */

/**
 * struct samr_join - the value of SAMR_JOIN
 * @flags: SAMR_JOIN_*; unknown flags are refused with EINVAL
 * @reserved: must be zero
 *
 * Members that join with %SAMR_JOIN_STATE give each other the service's state.
 * The first of them begins with the state that it has; whoever joins later is
 * INSTALLING until it has read the state from another one, the donor, and then
 * everything that was ordered behind that state, and nothing of before.
 */
struct samr_join {
	__u32	flags;
	__u32	reserved;
};

/**
 * enum samr_type - what a delivery is
 * @SAMR_TYPE_MESSAGE: data that a member sent; the only type that is
 *	delivered without being asked for
 * @SAMR_TYPE_VIEW: the group's membership from this position on; the payload
 *	is a struct samr_view; MSG_NOTIFICATION is set
 * @SAMR_TYPE_SNAPSHOT: this member is the donor: the state that it has at this
 *	place is to be sent, with %SAMR_SEND_STATE; the payload is a struct
 *	samr_snapshot; MSG_NOTIFICATION is set
 * @SAMR_TYPE_INSTALL: a piece of the state, from the donor; @gseq of the delivery
 *	is the place that the state is of; MSG_NOTIFICATION is set
 *
 * @SAMR_TYPE_LOCK: what has become of this member's request for a lock of its
 *	group; the payload is a struct samr_lock_event; MSG_NOTIFICATION is set.
 *	It is delivered to the member that it concerns, and to no other
 *
 * SNAPSHOT and INSTALL are delivered, without being asked for, to members that
 * joined with %SAMR_JOIN_STATE, and to no others.
 *
 * @SAMR_TYPE_REQUEST: a client's request, to all members, without being asked for.
 *	Each member executes it and answers it with %SAMR_REPLY
 * @SAMR_TYPE_REPLY: to a client: the reply to a request
 * @SAMR_TYPE_UNKNOWN: to a client that asked for it with %SAMR_NOTIFY: there will be
 *	no reply; the request may have been executed, or not; no data;
 *	MSG_NOTIFICATION is set. To others: recvmsg() fails with EREMOTEIO
 * @SAMR_TYPE_UNDONE: likewise, but the request was not executed; or ECANCELED. A query
 *	without an answer ends so, too
 * @SAMR_TYPE_QUERY: a client's query, to one member, without being asked for. It is not
 *	ordered, must change nothing, and is answered with %SAMR_REPLY as a request is
 * @SAMR_TYPE_ANSWER: to a client: the answer to a query
 * @SAMR_TYPE_DIVERGED: members of the group have given different replies to a request;
 *	the payload is one or more struct samr_diverged; MSG_NOTIFICATION is set
 * @SAMR_TYPE_RETURN: to all members of a group that is a client of another service,
 *	without being asked for: the reply to a request that they have made
 * @SAMR_TYPE_CALL: likewise, what else has become of what they have asked for with
 *	%SAMR_CALL; the payload is a struct samr_call_event; MSG_NOTIFICATION is set
 * @SAMR_TYPE_ALARM: likewise, what has become of an alarm that they have set with
 *	%SAMR_ALARM; the payload is a struct samr_alarm_event; MSG_NOTIFICATION is set
 */
enum samr_type {
	SAMR_TYPE_MESSAGE	= 0,
	SAMR_TYPE_VIEW		= 1,
	SAMR_TYPE_SNAPSHOT	= 2,
	SAMR_TYPE_INSTALL	= 3,
	SAMR_TYPE_LOCK		= 4,
	SAMR_TYPE_REQUEST	= 5,
	SAMR_TYPE_REPLY		= 6,
	SAMR_TYPE_UNKNOWN	= 7,
	SAMR_TYPE_UNDONE	= 8,
	SAMR_TYPE_QUERY		= 9,
	SAMR_TYPE_ANSWER	= 10,
	SAMR_TYPE_DIVERGED	= 11,
	SAMR_TYPE_RETURN	= 12,
	SAMR_TYPE_CALL		= 13,
	SAMR_TYPE_ALARM		= 14,
};

/* Flags of struct samr_delivery. */
#define SAMR_DELIVERY_SAFE	(1U << 0)	/* was sent SAFE */
#define SAMR_DELIVERY_OWN	(1U << 1)	/* this socket sent it */
/* INSTALL: the first piece; what was read of a state before is void. */
#define SAMR_DELIVERY_FIRST	(1U << 2)
/* INSTALL: the last piece: the state is complete. */
#define SAMR_DELIVERY_LAST	(1U << 3)

/**
 * struct samr_delivery - everything that a delivery means
 * @type: enum samr_type
 * @flags: SAMR_DELIVERY_*
 * @gseq: position in the domain's total order; grows, with gaps, within a group
 * @epoch: epoch of the node-level view in which it was delivered
 * @view: @gseq of the group's view in force
 * @origin: node that submitted it
 * @incarnation: incarnation of @origin
 * @request: what the sender put in struct samr_send.request, or zero; of a REQUEST
 *	and a RETURN: its number in the session; of an ALARM: its number; to a client: what
 *	it put there, or the number
 * @time: group time, nanoseconds since 1970; the same at every member,
 *	strictly growing
 * @random: 64 random bits; the same at every member
 * @service: the group
 * @port: the sending member on @origin
 * @uid: effective user of the sender, in the initial user namespace
 * @gid: effective group of the sender, in the initial user namespace
 * @session: REQUEST: name of the client's session, never used again; RETURN, CALL: name
 *	of the group's own session with another service; otherwise zero
 *
 * All members get the same values, except %SAMR_DELIVERY_OWN and @epoch; of a REQUEST
 * those that sent it again from another head differ in @origin and @port. To a client
 * only @type, @request, @service and @gseq are told: what the reply shows is ordered up
 * to @gseq. Of a QUERY, which has no place, @gseq is one that its member has read up to,
 * @request a number of this head's, and @time, @random, @session and @port are zero.
 */
struct samr_delivery {
	__u32	type;
	__u32	flags;
	__u64	gseq;
	__u64	epoch;
	__u64	view;
	__u64	origin;
	__u64	incarnation;
	__u64	request;
	__u64	time;
	__u64	random;
	__u32	service;
	__u32	port;
	__u32	uid;
	__u32	gid;
	__u64	session;
};

/**
 * struct samr_reply - the message is the reply of a member to a request, or to a query
 * @session: samr_delivery.session of it: of a query, zero
 * @request: samr_delivery.request of it
 * @flags: must be zero
 * @reserved: must be zero
 *
 * It is not ordered: each member answers, and the client gets one of the replies. One
 * that nobody waits for any more is dropped, and sendmsg() says nothing. It fails with
 * EMSGSIZE when the reply is longer than the client takes, and with EINVAL when there
 * was no such request.
 */
struct samr_reply {
	__u64	session;
	__u64	request;
	__u32	flags;
	__u32	reserved;
};

/**
 * enum samr_group_op - what a group wants of another service
 * @SAMR_GROUP_REQUEST: an answer: the data is a request
 * @SAMR_GROUP_OPEN: to be its client from now on; no data
 * @SAMR_GROUP_CLOSE: that no more; no data
 */
enum samr_group_op {
	SAMR_GROUP_REQUEST	= 0,
	SAMR_GROUP_OPEN		= 1,
	SAMR_GROUP_CLOSE	= 2,
};

/**
 * struct samr_group_call - the message is for another service, from the whole group
 * @op: enum samr_group_op
 * @service: which one; not the group's own
 * @session: OPEN: a number above those of all former OPENs of this group with that
 *	service, such as the @gseq of what made it do so; CLOSE: that of the OPEN;
 *	REQUEST: the session's name
 * @request: REQUEST: its number in the session: 1, 2, and so on; otherwise zero
 * @reply_max: OPEN: longest reply that may come, at most SAMR_REPLY_LEN_MAX; otherwise
 *	zero
 * @reserved: must be zero
 *
 * All members of a group are one client of a service. Each of them asks for the same, in
 * the same order, as it follows from what it has read; it is executed once, and what has
 * become of it is delivered to each of them at the same place. What was asked for by
 * others before is known by its numbers: sendmsg() returns as if it was sent.
 *
 * It fails with EINVAL when a number is left out, or the session was never there; EBUSY:
 * the member lacks the state; EAGAIN: SAMR_GROUP_REQUESTS_MAX requests have no end in the
 * order yet, or this head keeps as much as it can of what the order has not; OPEN:
 * EADDRNOTAVAIL, EACCES as connect().
 */
struct samr_group_call {
	__u32	op;
	__u32	service;
	__u64	session;
	__u64	request;
	__u32	reply_max;
	__u32	reserved;
};

/**
 * enum samr_call_result - what has become of it
 * @SAMR_CALL_OPENED: there is a session
 * @SAMR_CALL_GONE: OPEN: the service has no members that could answer
 * @SAMR_CALL_FULL: OPEN: there is no room for one more session
 * @SAMR_CALL_CLOSED: the session is closed; requests without an end will have none
 * @SAMR_CALL_UNKNOWN: the request has no reply: it was executed once, or not at all, and
 *	whoever could tell is gone
 * @SAMR_CALL_ENDED: the service is gone, and with it the session; what became of the
 *	requests without an end is not known. The group may OPEN another one
 */
enum samr_call_result {
	SAMR_CALL_OPENED	= 0,
	SAMR_CALL_GONE		= 1,
	SAMR_CALL_FULL		= 2,
	SAMR_CALL_CLOSED	= 3,
	SAMR_CALL_UNKNOWN	= 4,
	SAMR_CALL_ENDED		= 5,
};

/**
 * struct samr_call_event - payload of %SAMR_TYPE_CALL
 * @result: enum samr_call_result
 * @service: that was called
 * @session: name of the session; zero: there is none
 * @request: of an OPEN or CLOSE: its samr_group_call.session; UNKNOWN: number of the
 *	request; ENDED: zero
 */
struct samr_call_event {
	__u32	result;
	__u32	service;
	__u64	session;
	__u64	request;
};

/**
 * enum samr_group_alarm_op - what a group wants of its alarms
 * @SAMR_GROUP_SET: one more
 * @SAMR_GROUP_CANCEL: that one does not come
 */
enum samr_group_alarm_op {
	SAMR_GROUP_SET		= 0,
	SAMR_GROUP_CANCEL	= 1,
};

/**
 * struct samr_group_alarm - an alarm of the whole group, which ends at a place of the order
 * @op: enum samr_group_alarm_op
 * @reserved: must be zero
 * @number: of what is asked for: %SAMR_ALARM_NUMBERS times the @gseq of what made the
 *	member do so, plus how many it has asked for at that place before
 * @due: SET: group time, nanoseconds since 1970, not zero. CANCEL: zero
 * @which: CANCEL: @number of the SET. SET: zero
 *
 * The message has no data. All members of a group ask for the same, in the same order, as it
 * follows from what they have read; it is done once, and what has become of it is delivered to
 * each of them at the same place. What was asked for by others before is known by its number:
 * sendmsg() returns as if it was sent.
 *
 * It fails with EINVAL when it makes no sense, or @number is of a place that the order has not
 * come to; EBUSY: the member lacks the state; EAGAIN: there is no room now.
 */
struct samr_group_alarm {
	__u32	op;
	__u32	reserved;
	__u64	number;
	__u64	due;
	__u64	which;
};

/**
 * enum samr_alarm_result - what has become of an alarm; of each exactly one of these
 * @SAMR_ALARM_RUNG: its time has come
 * @SAMR_ALARM_CANCELLED: it was cancelled before
 * @SAMR_ALARM_FULL: it was not set: there is no room for so many
 */
enum samr_alarm_result {
	SAMR_ALARM_RUNG		= 0,
	SAMR_ALARM_CANCELLED	= 1,
	SAMR_ALARM_FULL		= 2,
};

/**
 * struct samr_alarm_event - payload of %SAMR_TYPE_ALARM
 * @result: enum samr_alarm_result
 * @reserved: zero
 * @number: samr_group_alarm.number of its SET; also in samr_delivery.request
 */
struct samr_alarm_event {
	__u32	result;
	__u32	reserved;
	__u64	number;
};

/* Flags of struct samr_send. */
#define SAMR_SEND_SAFE		(1U << 0)	/* deliver when stable */
#define SAMR_SEND_STATE		(1U << 1)	/* a piece of the state */
#define SAMR_SEND_LAST		(1U << 2)	/* STATE: the last piece */
/* STATE, without data: this member cannot give the state; another one is asked. */
#define SAMR_SEND_FAILED	(1U << 3)

/* The data is a struct samr_lock_request, and no message for the members. */
#define SAMR_SEND_LOCK		(1U << 4)	/* this member wants a lock */
#define SAMR_SEND_UNLOCK	(1U << 5)	/* it gives one back, or stores */

/* Of a client: not a request but a query, which one member answers, and not ordered. */
#define SAMR_SEND_QUERY		(1U << 6)
/* QUERY: the answer shows whatever any client had seen when it was sent. */
#define SAMR_SEND_LINEAR	(1U << 7)

/**
 * struct samr_send - how a message is to be sent
 * @flags: SAMR_SEND_*; unknown flags, and combinations that mean nothing, are
 *	refused with EINVAL
 * @reserved: must be zero
 * @request: the sender's own number for the message, given back in
 *	samr_delivery.request at every member; samr does not look at it. With
 *	%SAMR_SEND_STATE: samr_snapshot.id; when nobody waits for a state of that
 *	id from this member any more sendmsg() fails with ESTALE. Of a client: given
 *	back with the reply
 */
struct samr_send {
	__u32	flags;
	__u32	reserved;
	__u64	request;
};

/**
 * struct samr_view_member - one member of a group
 * @node: head that it lives on
 * @incarnation: of that head
 * @port: its number on that head
 * @flags: SAMR_MEMBER_*
 */
struct samr_view_member {
	__u64	node;
	__u64	incarnation;
	__u32	port;
	__u32	flags;
};

#define SAMR_MEMBER_SELF	(1U << 0)	/* the receiving socket */

/**
 * struct samr_view - payload of %SAMR_TYPE_VIEW
 * @id: identity of the view: gseq of the change that made it
 * @count: number of @members
 * @reserved: zero
 * @members: sorted by seniority, that is by the order of their joins
 */
struct samr_view {
	__u64	id;
	__u32	count;
	__u32	reserved;
	struct samr_view_member members[];
};

/**
 * struct samr_snapshot - payload of %SAMR_TYPE_SNAPSHOT
 * @id: what to put into samr_send.request of each piece; gseq of this delivery
 * @count: number of @to
 * @reserved: zero
 * @to: the members that wait for the state
 */
struct samr_snapshot {
	__u64	id;
	__u32	count;
	__u32	reserved;
	struct samr_view_member to[];
};

/* Longest name and value of a lock, in bytes. */
#define SAMR_LOCK_NAME_MAX	47
#define SAMR_LOCK_VALUE_MAX	64

/**
 * struct samr_lock_request - what is sent with %SAMR_SEND_LOCK and %SAMR_SEND_UNLOCK
 * @flags: SAMR_LOCK_*
 * @name_len: bytes of the name, 1 .. SAMR_LOCK_NAME_MAX
 * @value_len: bytes of the value, at most SAMR_LOCK_VALUE_MAX
 * @reserved: must be zero
 * @bytes: the name, which has no zero byte, and behind it the value
 *
 * Each request has one answer, a delivery of %SAMR_TYPE_LOCK with the number in
 * samr_send.request: ordered like everything else, and delivered when enough
 * heads hold it. A request that is QUEUED has a second one, GRANTED.
 */
struct samr_lock_request {
	__u8	flags;
	__u8	name_len;
	__u8	value_len;
	__u8	reserved;
	__u8	bytes[];
};

/* Flags of %SAMR_SEND_LOCK. */
#define SAMR_LOCK_TRY		(1U << 0)	/* do not wait: BUSY */
/*
 * Lock nothing: tell of the first lock whose name lies behind this one, which may
 * be empty. No other flag.
 */
#define SAMR_LOCK_NEXT		(1U << 1)
/* Flags of %SAMR_SEND_UNLOCK. */
#define SAMR_LOCK_KEEP		(1U << 2)	/* only store the value */
#define SAMR_LOCK_VALUE		(1U << 3)	/* a value comes along; may be empty */
/* Do not wait any more, or give it back as it was. No other flag. */
#define SAMR_LOCK_CANCEL	(1U << 4)

/**
 * enum samr_lock_result - what has become of a request
 * @SAMR_LOCK_GRANTED: this member has the lock
 * @SAMR_LOCK_QUEUED: it waits for it
 * @SAMR_LOCK_BUSY: with TRY: somebody else has it
 * @SAMR_LOCK_RELEASED: it has given the lock back
 * @SAMR_LOCK_STORED: with KEEP: the value is stored
 * @SAMR_LOCK_WITHDRAWN: it does not wait any more
 * @SAMR_LOCK_FOUND: with NEXT: this lock
 * @SAMR_LOCK_NONE: with NEXT: there is none
 * @SAMR_LOCK_OWNED: refused: it has the lock, or waits for it, already
 * @SAMR_LOCK_FOREIGN: refused: it has not got the lock
 * @SAMR_LOCK_FULL: refused: too many locks, or too many members that wait
 */
enum samr_lock_result {
	SAMR_LOCK_GRANTED	= 0,
	SAMR_LOCK_QUEUED	= 1,
	SAMR_LOCK_BUSY		= 2,
	SAMR_LOCK_RELEASED	= 3,
	SAMR_LOCK_STORED	= 4,
	SAMR_LOCK_WITHDRAWN	= 5,
	SAMR_LOCK_FOUND		= 6,
	SAMR_LOCK_NONE		= 7,
	SAMR_LOCK_OWNED		= 8,
	SAMR_LOCK_FOREIGN	= 9,
	SAMR_LOCK_FULL		= 10,
};

/**
 * struct samr_lock_event - payload of %SAMR_TYPE_LOCK: a lock, at this place
 * @result: enum samr_lock_result
 * @flags: SAMR_LOCK_OWNERDEAD
 * @owner_node: head of the member that has the lock; zero: nobody has it
 * @owner_incarnation: of that head
 * @owner_port: the member's number on that head
 * @waiting: members that wait for the lock
 * @name_len: bytes of @name
 * @value_len: bytes of @value
 * @name: of the lock, with a zero byte behind it
 * @value: stored last, zeros behind it
 */
struct samr_lock_event {
	__u32	result;
	__u32	flags;
	__u64	owner_node;
	__u64	owner_incarnation;
	__u32	owner_port;
	__u32	waiting;
	__u32	name_len;
	__u32	value_len;
	__u8	name[SAMR_LOCK_NAME_MAX + 1];
	__u8	value[SAMR_LOCK_VALUE_MAX];
};

/* An owner went without giving it back; until one does, all next ones are told. */
#define SAMR_LOCK_OWNERDEAD	(1U << 0)

/**
 * enum samr_diverged_kind - what is known of members that differ
 * @SAMR_DIVERGED_OPEN: some do; not all have replied, and none is in the majority yet
 * @SAMR_DIVERGED_TIE: all have replied, and none is in the majority
 * @SAMR_DIVERGED_MINORITY: most of them reply the same, and some do not
 */
enum samr_diverged_kind {
	SAMR_DIVERGED_OPEN	= 1,
	SAMR_DIVERGED_TIE	= 2,
	SAMR_DIVERGED_MINORITY	= 3,
};

/* Different replies that are told apart. */
#define SAMR_DIVERGED_SAYS	3

/**
 * struct samr_diverged - payload of %SAMR_TYPE_DIVERGED: of one request
 * @result: enum samr_diverged_kind
 * @reserved: zero
 * @gseq: place of the request
 * @session: name of its session
 * @request: its number in it
 * @wrong: MINORITY: the heads whose members reply otherwise than most, one bit per id,
 *	the lowest bit being head 0, which there is not; otherwise those that have replied
 * @odd: heads that give yet other replies, or whose own members differ
 * @says: the different replies
 * @says.heads: that give it; 0: there is no such reply
 * @says.digest: of it: CRC32C
 * @says.reserved: zero
 *
 * It is told once about each head, and once about a tie, until the members of the group
 * or the heads change.
 */
struct samr_diverged {
	__u32	result;
	__u32	reserved;
	__u64	gseq;
	__u64	session;
	__u64	request;
	__u64	wrong;
	__u64	odd;
	struct {
		__u64	heads;
		__u32	digest;
		__u32	reserved;
	} says[SAMR_DIVERGED_SAYS];
};

/**
 * struct samr_info - the value of SAMR_INFO
 *
 * Of a client: @view, @gseq and @members are zero, @queued are bytes of replies not
 * read, @unsettled bytes of requests without a reply.
 *
 * @epoch: epoch of the node-level view, zero without one
 * @view: the group's view in force for this socket's reader, zero before the first
 * @gseq: position of the last delivery read
 * @node: this head's id
 * @incarnation: this head's incarnation
 * @members: members in @view
 * @state: enum samr_member_state
 * @queued: bytes delivered and not yet read
 * @unsettled: bytes sent and not yet delivered to this head
 * @time: group time of @gseq, as samr_delivery.time; of a stream that was accepted: of what
 *	its process has read last of any of them. Zero before the first, and of a client; of
 *	a socket that listens, before the first, that of its join
 */
struct samr_info {
	__u64	epoch;
	__u64	view;
	__u64	gseq;
	__u64	node;
	__u64	incarnation;
	__u32	members;
	__u32	state;
	__u32	queued;
	__u32	unsettled;
	__u64	time;
};

/**
 * enum samr_member_state - the life of a member socket
 * @SAMR_MEMBER_NEW: created, not bound
 * @SAMR_MEMBER_BOUND: bound to a service
 * @SAMR_MEMBER_JOINING: SAMR_JOIN asked, the first view not yet delivered
 * @SAMR_MEMBER_JOINED: in the group
 * @SAMR_MEMBER_LEAVING: SAMR_LEAVE or shutdown(SHUT_WR) asked, not yet ordered
 * @SAMR_MEMBER_LEFT: out of the group
 * @SAMR_MEMBER_INSTALLING: in the group, and waits for the state or reads it
 * @SAMR_CLIENT_CONNECTING: connect() under way
 * @SAMR_CLIENT_CONNECTED: has a session
 * @SAMR_CLIENT_RESUMING: has lost the service, and looks for its session
 * @SAMR_CLIENT_GONE: the session is gone
 * @SAMR_STREAM_ACCEPTED: a member's connection
 * @SAMR_STREAM_ENDED: likewise, and both directions have ended
 */
enum samr_member_state {
	SAMR_MEMBER_NEW,
	SAMR_MEMBER_BOUND,
	SAMR_MEMBER_JOINING,
	SAMR_MEMBER_JOINED,
	SAMR_MEMBER_LEAVING,
	SAMR_MEMBER_LEFT,
	SAMR_MEMBER_INSTALLING,
	SAMR_CLIENT_CONNECTING,
	SAMR_CLIENT_CONNECTED,
	SAMR_CLIENT_RESUMING,
	SAMR_CLIENT_GONE,
	SAMR_STREAM_ACCEPTED,
	SAMR_STREAM_ENDED,
};

/* As in SCTP: the received bytes are a notification, not data. */
#ifndef MSG_NOTIFICATION
#define MSG_NOTIFICATION	0x8000
#endif

#endif /* _UAPI_LINUX_SAMR_H */
