/* SPDX-License-Identifier: GPL-2.0 */
/*
 * The part of the wire format that is about replicated state and clients: what a learner is given of
 * groups, locks and sessions, and the payloads of the messages that change these; and what
 * heads and client nodes say to each other.
 *
 * Only wire.h includes this.
 */
#ifndef SAMR_CORE_WIRESTATE_H
#define SAMR_CORE_WIRESTATE_H

#include "plat.h"

/* Largest message, bytes. */
#define SAMR_LEN_MAX		(1U << 20)

/* Longest name and value of a lock, bytes. */
#define SAMR_LOCK_NAME_LEN	47
#define SAMR_LOCK_VALUE_LEN	64

/**
 * struct samr_rec - in front of each record
 * @type: enum samr_rec_type
 * @flags: SAMR_REC_F_*
 * @len: bytes of the record, from here to the end of its payload
 */
struct samr_rec {
	__u8 type;
	__u8 flags;
	__be16 len;
};

/**
 * struct samr_rec_state_ask - a learner asks
 * @after: id of the last group that it has; 0: it has nothing
 */
struct samr_rec_state_ask {
	struct samr_rec rec;
	__be32 after;
};

/**
 * struct samr_rec_state - the answer's beginning when @after was 0, followed by
 *	the number of the next message of each member, by seat, __be64
 * @count: members
 * @time: group time at the view's place
 */
struct samr_rec_state {
	struct samr_rec rec;
	__be32 count;
	__be64 time;
};

/**
 * struct samr_rec_state_group - a group, or a part of one, followed by @count
 *	struct samr_rec_group_member
 * @group: its id; 0: there are no more
 * @after: the group before it, as in the question for it
 * @total: its members
 * @first: which one of them comes first here
 * @count: how many are here
 * @reserved: zero
 * @gseq: as it was at this place
 * @id: place of the change that made its members
 * @transfer: id of its state transfer under way; 0: none
 * @last: place of that one's LAST piece; 0: it has none yet
 */
struct samr_rec_state_group {
	struct samr_rec rec;
	__be32 group;
	__be32 after;
	__be32 total;
	__be32 first;
	__be16 count;
	__be16 reserved;
	__be64 gseq;
	__be64 id;
	__be64 transfer;
	__be64 last;
};

/**
 * struct samr_rec_group_member - one of them
 * @inc: incarnation of its head
 * @node: its head
 * @port: its number there
 * @window: JOIN's arg
 * @flags: SAMR_ID_*
 * @since: it answers requests behind this place
 */
struct samr_rec_group_member {
	__be64 inc;
	__be64 since;
	__be32 node;
	__be32 port;
	__be32 window;
	__be32 flags;
};

/* It takes part in state transfer; lacks the state; could not give it. */
#define SAMR_ID_STATEFUL	0x01
#define SAMR_ID_LACKS		0x02
#define SAMR_ID_FAILED		0x04
/* On the wire only (see struct samr_transfer): it gives the state now, or gets it. */
#define SAMR_ID_GIVES		0x08
#define SAMR_ID_GETS		0x10
#define SAMR_ID_FLAGS		0x1f

/**
 * struct samr_lock_payload - payload of LOCK and UNLOCK messages, followed by the
 *	name and the value
 * @flags: SAMR_LKF_*
 * @name_len: bytes of the name, 1 .. SAMR_LOCK_NAME_LEN, none of them zero; with
 *	SAMR_LKF_NEXT also 0
 * @value_len: bytes of the value; 0 without SAMR_LKF_VALUE
 * @reserved: zero
 */
struct samr_lock_payload {
	__u8 flags;
	__u8 name_len;
	__u8 value_len;
	__u8 reserved;
};

#define SAMR_LOCK_PAYLOAD_MAX	(sizeof(struct samr_lock_payload) +	\
				 SAMR_LOCK_NAME_LEN + SAMR_LOCK_VALUE_LEN)

/* LOCK: do not wait; only tell of the first lock whose name lies behind this. */
#define SAMR_LKF_TRY		0x01
#define SAMR_LKF_NEXT		0x02
/* UNLOCK: keep the lock; a value comes along; give the lock back as it was. */
#define SAMR_LKF_KEEP		0x04
#define SAMR_LKF_VALUE		0x08
#define SAMR_LKF_CANCEL		0x10

/**
 * struct samr_rec_state_locks - locks (STATE_LOCKS) or sessions (STATE_SESSIONS) of a
 *	group, or a part of them, followed by @count struct samr_rec_lock, or struct
 *	samr_rec_session
 * @group: its id
 * @after: the group before it, as in the question for it
 * @total: its locks, and the members that wait for them; its sessions
 * @first: which of them comes first here
 * @count: how many are here
 * @reserved: zero
 * @alarms: STATE_SESSIONS: the group's alarms, that came before, and one more; 0: it never
 *	had any. STATE_LOCKS: zero
 * @gseq: as it was at this place, the same as in STATE_GROUP
 */
struct samr_rec_state_locks {
	struct samr_rec rec;
	__be32 group;
	__be32 after;
	__be16 total;
	__be16 first;
	__be16 count;
	__be16 reserved;
	__be32 alarms;
	__be64 gseq;
};

/**
 * struct samr_rec_state_alarms - alarms of a group, or a part of them, followed by @count
 *	struct samr_rec_alarm
 * @group: as in STATE_LOCKS; so are the others up to @gseq
 * @last: number that was asked with last, not 0
 */
struct samr_rec_state_alarms {
	struct samr_rec rec;
	__be32 group;
	__be32 after;
	__be16 total;
	__be16 first;
	__be16 count;
	__be16 reserved;
	__be32 reserved2;
	__be64 gseq;
	__be64 last;
};

/**
 * struct samr_rec_alarm - an alarm; they come by time, then by number
 * @number: its number
 * @due: group time at which it ends
 */
struct samr_rec_alarm {
	__be64 number;
	__be64 due;
};

/**
 * enum samr_alarm_op - what an ALARM message does
 * @SAMR_ALARM_SET: there is a new one
 * @SAMR_ALARM_CANCEL: one is not wanted any more
 * @SAMR_ALARM_RING: one is at its end; from the sequencer
 */
enum samr_alarm_op {
	SAMR_ALARM_SET		= 1,
	SAMR_ALARM_CANCEL	= 2,
	SAMR_ALARM_RING		= 3,
};

/* So many can be asked for at each place that is read. */
#define SAMR_ALARM_ASKS		256

/**
 * struct samr_alarm_payload - payload of ALARM messages; their arg is the number of what is
 *	asked for, and with RING that of the alarm
 * @op: enum samr_alarm_op
 * @reserved: zero
 * @due: SET: group time; otherwise zero
 * @which: CANCEL: number of the alarm; otherwise zero
 */
struct samr_alarm_payload {
	__u8 op;
	__u8 reserved[7];
	__be64 due;
	__be64 which;
};

/**
 * struct samr_rec_lock - a lock, followed by its name and its value; or, behind it,
 *	a member that waits for it
 * @flags: SAMR_LOCK_DEAD
 * @name_len: bytes of the name; 0: it is a member that waits
 * @value_len: bytes of the value
 * @reserved: zero
 * @node: owner, or who waits; 0: nobody owns it
 * @inc: incarnation of @node
 * @arg: the number that the member gave to its request
 * @port: on @node
 * @reserved2: zero
 */
struct samr_rec_lock {
	__u8 flags;
	__u8 name_len;
	__u8 value_len;
	__u8 reserved;
	__be32 node;
	__be64 inc;
	__be64 arg;
	__be32 port;
	__be32 reserved2;
};

#define SAMR_LOCK_DEAD		0x01	/* an owner went without unlocking it */

/* Most open requests of a session, and the longest reply, bytes. */
#define SAMR_SESSION_WINDOW	32
#define SAMR_REPLY_MAX		(SAMR_LEN_MAX - 64)
/* Longest query, bytes: it may have to go to another head at once. */
#define SAMR_QUESTION_MAX	65536
/* Longest time that a session lives while detached, ms. */
#define SAMR_EXPIRY_MAX		86400000U

/**
 * enum samr_session_op - what a SESSION message does
 * @SAMR_SESSION_OPEN: there is a new one
 * @SAMR_SESSION_ATTACH: its client goes on through the sender
 * @SAMR_SESSION_ACK: its client has got replies
 * @SAMR_SESSION_CLOSE: it is needed no more
 * @SAMR_SESSION_DETACH: the sender has lost its client
 * @SAMR_SESSION_EXPIRE: it was detached for too long; from the core
 */
enum samr_session_op {
	SAMR_SESSION_OPEN	= 1,
	SAMR_SESSION_ATTACH	= 2,
	SAMR_SESSION_ACK	= 3,
	SAMR_SESSION_CLOSE	= 4,
	SAMR_SESSION_DETACH	= 5,
	SAMR_SESSION_EXPIRE	= 6,
};

/* OPEN: replies may be let go out of order. */
#define SAMR_SESSION_UNORDERED	0x01
/* OPEN: and before what they show is stable: it may be undone. */
#define SAMR_SESSION_AGREED	0x02
/* OPEN, of a STREAM message: requests are segments (stream.h). */
#define SAMR_SESSION_STREAM	0x04
#define SAMR_SESSION_FLAGS	0x07
/* In STATE_SESSIONS: of a stream: the donor has said where its member stands. */
#define SAMR_SESSION_PLACED	0x10
/* In STATE_SESSIONS: of a group as a client: the service is gone, and it is not told yet. */
#define SAMR_SESSION_ENDED	0x20
/* Likewise: it has no session any more. */
#define SAMR_SESSION_CLOSED	0x40
/* In STATE_SESSIONS: the stream's input has ended. */
#define SAMR_SESSION_FIN	0x80

/* Longest window of a stream, bytes. */
#define SAMR_STREAM_WINDOW	65536U
/* No byte of a stream has a higher number. */
#define SAMR_NUMBER_MAX		(1ULL << 62)

/**
 * struct samr_session_payload - payload of SESSION, STREAM and CONNECT messages
 * @op: enum samr_session_op
 * @flags: OPEN: SAMR_SESSION_*; otherwise zero
 * @reserved: zero
 * @reply_max: OPEN: longest reply, 0 .. SAMR_REPLY_MAX; of a stream its window,
 *	1 .. SAMR_STREAM_WINDOW; otherwise zero
 * @id: random number that the client's kernel draws, not 0; CONNECT, and EXPIRE of what
 *	one has opened: struct samr_event's call.session of the OPEN
 * @acked: the client has all replies up to this number; OPEN, DETACH, EXPIRE: zero
 * @since: EXPIRE: place at which it was detached; otherwise zero
 * @expiry: OPEN: it lives so long while detached, 1 .. SAMR_EXPIRY_MAX ms;
 *	otherwise, and in CONNECT, zero
 * @other: CONNECT: the service; EXPIRE: the group that is the client; otherwise zero
 */
struct samr_session_payload {
	__u8 op;
	__u8 flags;
	__be16 reserved;
	__be32 reply_max;
	__be64 id;
	__be64 acked;
	__be64 since;
	__be32 expiry;
	__be32 other;
};

/**
 * struct samr_request_payload - in front of the bytes of REQUEST messages
 * @id: of the session; with SAMR_MSG_GROUP its name
 * @acked: the client has all replies up to this number; with SAMR_MSG_GROUP 0
 */
struct samr_request_payload {
	__be64 id;
	__be64 acked;
};

/**
 * struct samr_replies_payload - in front of the bytes of REPLIES messages
 * @session: name of the session, or stream
 * @request: that is replied to; of a stream the number of the first byte
 * @commit: the member that replied had read up to this place
 */
struct samr_replies_payload {
	__be64 session;
	__be64 request;
	__be64 commit;
};

/**
 * enum samr_place - what becomes of a stream where a state is given
 * @SAMR_PLACE_KEEP: it goes on
 * @SAMR_PLACE_CUT: it ends
 */
enum samr_place {
	SAMR_PLACE_KEEP	= 1,
	SAMR_PLACE_CUT	= 2,
};

/**
 * struct samr_place_payload - payload of REPLIES messages with SAMR_MSG_KEEP
 * @session: name of the stream
 * @read: the donor's member had read up to this number, which is all that there was
 * @made: the donor's member had written up to this byte
 * @commit: and its end, having read up to this place; otherwise zero
 * @node: head of the client that opened it
 * @port: of the client, there
 * @how: enum samr_place; when it is CUT all but @session is zero
 * @end: enum samr_end
 * @fin: @read was the end of the input: 1; or 0
 * @reserved: zero
 */
struct samr_place_payload {
	__be64 session;
	__be64 read;
	__be64 made;
	__be64 commit;
	__be32 node;
	__be32 port;
	__u8 how;
	__u8 end;
	__u8 fin;
	__u8 reserved[5];
};

/**
 * enum samr_return - what became of a request of a group
 * @SAMR_RETURN_REPLY: the bytes are the reply
 * @SAMR_RETURN_UNKNOWN: nobody is left who could say
 * @SAMR_RETURN_ENDED: of all of them: the service is gone, and the session with it
 */
enum samr_return {
	SAMR_RETURN_REPLY	= 1,
	SAMR_RETURN_UNKNOWN	= 2,
	SAMR_RETURN_ENDED	= 3,
};

/**
 * struct samr_return_payload - in front of the bytes of RETURN messages, whose arg is
 *	the number of the request; ENDED: 0
 * @session: name of the session
 * @service: whose it is
 * @how: enum samr_return
 * @reserved: zero
 */
struct samr_return_payload {
	__be64 session;
	__be32 service;
	__u8 how;
	__u8 reserved[3];
};

/**
 * struct samr_digest_payload - payload of DIGEST messages, followed by up to
 *	SAMR_DIGESTS_EACH struct samr_digest_entry
 * @since: of struct samr_digest, at the sender
 * @first: number of a request
 */
struct samr_digest_payload {
	__be64 since;
	__be64 first;
};

/**
 * struct samr_digest_entry - a reply of the sender's members
 * @request: to this one, counted from @first, and SAMR_DIGEST_ODD
 * @value: its digest
 */
struct samr_digest_entry {
	__be32 request;
	__be32 value;
};

/* Members of the sender differ. */
#define SAMR_DIGEST_ODD		0x80000000U
/* In one message. */
#define SAMR_DIGESTS_EACH	128
#define SAMR_DIGEST_PAYLOAD_MAX	(sizeof(struct samr_digest_payload) +	\
				 SAMR_DIGESTS_EACH *			\
				 sizeof(struct samr_digest_entry))

/**
 * struct samr_rec_session - a session, followed by the places of its open requests,
 *	@acked + 1 to @next - 1, __be64 each; a stream has none
 * @id: as in SESSION
 * @name: place of the OPEN
 * @inc: incarnation of @node
 * @since: place at which it was attached or detached last
 * @next: number of the next request; of the next byte
 * @acked: the client has all replies, or bytes of output, up to this number
 * @node: access head; 0: detached
 * @port: of the client, there
 * @uid: of the client
 * @gid: of the client
 * @reply_max: as in SESSION
 * @expiry: as in SESSION
 * @flags: as in SESSION, and SAMR_SESSION_FIN, SAMR_SESSION_PLACED, SAMR_SESSION_ENDED, SAMR_SESSION_CLOSED
 * @client: the group that is the client; then @inc, @node, @port and @expiry are 0; 0: it
 *	is none
 */
struct samr_rec_session {
	__be64 id;
	__be64 name;
	__be64 inc;
	__be64 since;
	__be64 next;
	__be64 acked;
	__be32 node;
	__be32 port;
	__be32 uid;
	__be32 gid;
	__be32 reply_max;
	__be32 expiry;
	__be32 flags;
	__be32 client;
};

/**
 * struct samr_rec_reply_ask - the sender has no member that will reply
 * @group: of the session
 * @session: its name
 * @request: number of the request
 * @off: first byte lacking
 * @reserved: zero
 */
struct samr_rec_reply_ask {
	struct samr_rec rec;
	__be32 group;
	__be64 session;
	__be64 request;
	__be32 off;
	__be32 reserved;
};

/**
 * struct samr_rec_reply - a reply, followed by its bytes from @off on
 * @group: of the session
 * @session: its name
 * @request: number of the request
 * @commit: the member that replied had read up to this place
 * @total: bytes of the reply
 * @off: position of this record's bytes in it
 */
struct samr_rec_reply {
	struct samr_rec rec;
	__be32 group;
	__be64 session;
	__be64 request;
	__be64 commit;
	__be32 total;
	__be32 off;
};

/**
 * struct samr_rec_stream_ask - from the access head of a stream
 * @group: of the stream
 * @session: its name
 * @from: output is wanted from this number on, and is here up to there; 0: tell only
 *	how far members have read
 *
 * @rec.flags has SAMR_REC_F_AGAIN when it is to be sent from there on.
 */
struct samr_rec_stream_ask {
	struct samr_rec rec;
	__be32 group;
	__be64 session;
	__be64 from;
};

/**
 * struct samr_rec_stream - to the access head, followed by bytes of output
 * @group: of the stream
 * @session: its name
 * @read: members of the sender have read the input up to this number
 * @from: number of the first byte; 0: neither bytes nor an end
 * @commit: the member that wrote them had read up to this place; 0 without them
 * @end: enum samr_end: how the output ends behind these bytes
 * @reserved: zero
 */
struct samr_rec_stream {
	struct samr_rec rec;
	__be32 group;
	__be64 session;
	__be64 read;
	__be64 from;
	__be64 commit;
	__u8 end;
	__u8 reserved[7];
};

/**
 * enum samr_end - how a member ends the output of a stream
 * @SAMR_END_NONE: it does not
 * @SAMR_END_SHUT: it writes no more, and reads on
 * @SAMR_END_CLOSED: it has closed the connection
 * @SAMR_END_RESET: it has given it up
 */
enum samr_end {
	SAMR_END_NONE	= 0,
	SAMR_END_SHUT	= 1,
	SAMR_END_CLOSED	= 2,
	SAMR_END_RESET	= 3,
};

_Static_assert(sizeof(struct samr_rec_stream_ask) == 24, "stream ask");
_Static_assert(sizeof(struct samr_rec_stream) == 48, "stream");
/**
 * struct samr_rec_barrier - up to where is the order held now? (BARRIER_ASK), and here
 *	(BARRIER)
 * @reserved: zero
 * @number: of the barrier, at the head that asks
 * @held: BARRIER: the sender holds the order up to this place; BARRIER_ASK: 0
 */
struct samr_rec_barrier {
	struct samr_rec rec;
	__be32 reserved;
	__be64 number;
	__be64 held;
};

/**
 * struct samr_rec_question - a query for a member of another head, or a part of it
 * @group: whose member
 * @number: of the query, at the head that asks
 * @place: the member is to have read up to here
 * @tag: samr_rec_verdict.tag of the answer of which the sender has parts; 0: none
 * @from: of that answer it lacks what is from here on
 * @most: longest answer
 * @uid: of the client
 * @gid: likewise
 * @total: bytes of the query
 * @off: of them, where those behind this record begin
 */
struct samr_rec_question {
	struct samr_rec rec;
	__be32 group;
	__be64 number;
	__be64 place;
	__be64 tag;
	__be32 from;
	__be32 most;
	__be32 uid;
	__be32 gid;
	__be32 total;
	__be32 off;
};

/**
 * struct samr_rec_verdict - the answer to a QUESTION, or a part of it
 * @group: as asked
 * @number: as asked
 * @tag: another one for each time that the query was answered
 * @commit: what it shows is ordered up to here, and stable
 * @total: bytes of the answer
 * @off: of them, where those behind this record begin
 */
struct samr_rec_verdict {
	struct samr_rec rec;
	__be32 group;
	__be64 number;
	__be64 tag;
	__be64 commit;
	__be32 total;
	__be32 off;
};

_Static_assert(sizeof(struct samr_rec_question) == 56, "question");
_Static_assert(sizeof(struct samr_rec_verdict) == 40, "verdict");
_Static_assert(sizeof(struct samr_rec_barrier) == 24, "barrier");
_Static_assert(sizeof(struct samr_rec_state_ask) == 8, "state ask");
_Static_assert(sizeof(struct samr_rec_state) == 16, "state");
_Static_assert(sizeof(struct samr_rec_state_group) == 56, "state group");
_Static_assert(sizeof(struct samr_rec_group_member) == 32, "group member");
_Static_assert(sizeof(struct samr_session_payload) == 40, "session payload");
_Static_assert(sizeof(struct samr_request_payload) == 16, "request payload");
_Static_assert(sizeof(struct samr_replies_payload) == 24, "replies payload");
_Static_assert(sizeof(struct samr_place_payload) == 48, "place payload");
_Static_assert(sizeof(struct samr_return_payload) == 16, "return payload");
_Static_assert(sizeof(struct samr_digest_payload) == 16, "digest payload");
_Static_assert(sizeof(struct samr_digest_entry) == 8, "digest entry");
_Static_assert(sizeof(struct samr_rec_state_alarms) == 40, "state alarms");
_Static_assert(sizeof(struct samr_rec_alarm) == 16, "alarm");
_Static_assert(sizeof(struct samr_alarm_payload) == 24, "alarm payload");
_Static_assert(sizeof(struct samr_rec_session) == 80, "session");
_Static_assert(sizeof(struct samr_rec_reply_ask) == 32, "reply ask");
_Static_assert(sizeof(struct samr_rec_reply) == 40, "reply");
_Static_assert(sizeof(struct samr_lock_payload) == 4, "lock payload");
_Static_assert(sizeof(struct samr_rec_state_locks) == 32, "state locks");
_Static_assert(sizeof(struct samr_rec_lock) == 32, "lock");

/**
 * struct samr_rec_knock - a client node looks for a head; padded to the size that it would use
 * @reserved: zero
 * @link: number of the pipe that it wants, above all that it has asked for before
 */
struct samr_rec_knock {
	struct samr_rec rec;
	__be32 reserved;
	__be64 link;
};

/**
 * struct samr_rec_welcome - the answer, padded to the same size
 * @flags: SAMR_WELCOME_*
 * @link: of the KNOCK
 * @inc: of the client node
 * @heads: in the view, one bit per id
 */
struct samr_rec_welcome {
	struct samr_rec rec;
	__be32 flags;
	__be64 link;
	__be64 inc;
	__be64 heads;
};

#define SAMR_WELCOME_SERVES	0x01	/* it would take client nodes */
#define SAMR_WELCOME_FULL	0x02	/* but for want of room */
#define SAMR_WELCOME_FLAGS	0x03

/**
 * struct samr_rec_pipe - the first record of a frame between a head and a client node that
 *	have a pipe
 * @flags: SAMR_PIPE_*
 * @size: BEGIN: bytes of a frame of this pipe; else zero
 * @link: its number
 * @inc: incarnation of the receiver
 * @got: the sender has all records up to this number
 * @early: and of those behind the next one that lacks these, from bit 0 on
 * @heads: from a head: in the view, one bit per id
 */
struct samr_rec_pipe {
	struct samr_rec rec;
	__be16 flags;
	__be16 size;
	__be64 link;
	__be64 inc;
	__be64 got;
	__be64 early;
	__be64 heads;
};

#define SAMR_PIPE_BEGIN		0x01	/* from a client node: it has not heard the head yet */
#define SAMR_PIPE_BYE		0x02	/* it is over, or never was */
#define SAMR_PIPE_FLAGS		0x03

/**
 * enum samr_carry_what - what a CARRY is
 * @SAMR_CARRY_SUBMIT: from a client node: a message for the order
 * @SAMR_CARRY_QUERY: likewise: a query
 * @SAMR_CARRY_FORGET: likewise: a client is gone
 * @SAMR_CARRY_TOLD: from a head: what became of a SUBMIT
 * @SAMR_CARRY_GIVE: likewise: a reply, output, or the answer to a query
 */
enum samr_carry_what {
	SAMR_CARRY_SUBMIT	= 1,
	SAMR_CARRY_QUERY	= 2,
	SAMR_CARRY_FORGET	= 3,
	SAMR_CARRY_TOLD		= 4,
	SAMR_CARRY_GIVE		= 5,
};

/**
 * struct samr_rec_carry - followed by bytes @off .. of what it carries
 * @group: that it is about
 * @seq: number of the record in its direction, from 1, without a gap
 * @number: SUBMIT: of the message, drawn by its sender; TOLD: of that message; else 0
 * @place: QUERY: its member must have read up to here; TOLD, GIVE: place in the order
 * @session: TOLD, GIVE: name of the session, or 0
 * @next: TOLD, GIVE: as in struct samr_msg; QUERY: longest reply
 * @arg: as in struct samr_meta
 * @port: of the client, on its node
 * @uid: of the client
 * @gid: of the client
 * @total: bytes in all
 * @off: position of this record's bytes
 * @what: enum samr_carry_what
 * @kind: enum samr_kind
 * @mflags: SUBMIT: SAMR_MSG_*; QUERY: 1: a linearizable one
 * @result: TOLD, GIVE: enum samr_ses
 */
struct samr_rec_carry {
	struct samr_rec rec;
	__be32 group;
	__be64 seq;
	__be64 number;
	__be64 place;
	__be64 session;
	__be64 next;
	__be64 arg;
	__be32 port;
	__be32 uid;
	__be32 gid;
	__be32 total;
	__be32 off;
	__u8 what;
	__u8 kind;
	__u8 mflags;
	__u8 result;
};

/* Ports of a client node: a head puts the node's own number in front. */
#define SAMR_CARRY_PORT_BITS	20
#define SAMR_CARRY_PORT_MAX	((1U << SAMR_CARRY_PORT_BITS) - 1)
/* And this, which no port has that is a head's own. */
#define SAMR_PORT_FAR		0x80000000U

#endif /* SAMR_CORE_WIRESTATE_H */
