/* SPDX-License-Identifier: GPL-2.0 */
/*
 * What goes into the core and what comes out of it.
 *
 * Everything that happens to a node is a struct samr_event, handed to
 * samr_node_step() under the domain's lock. Everything that the node wants done
 * comes back in a struct samr_actions, and is run by one drainer per domain, in
 * the order in which the steps produced it: no two CPUs may reorder sends or
 * deliveries.
 */
#ifndef SAMR_CORE_EVENT_H
#define SAMR_CORE_EVENT_H

#include "plat.h"

struct samr_msg;
struct samr_view_info;

/**
 * struct samr_saved - a head's memory: the newest view that it knows to be on its disk
 * @epoch: of that view; 0: none ever was
 * @members: heads with data in it, learners too, one bit per id; without an epoch:
 *	those that were about to form the first one, or none
 * @flags: SAMR_SAVED_*
 * @config: a digest of the configuration that all heads should have alike: beside
 *	the memory, for admins; 0: not told
 * @told: this is known; false: nobody keeps a memory there, or has told it
 */
struct samr_saved {
	u64 epoch;
	u64 members;
	u32 flags;
	u32 config;
	bool told;
};

#define SAMR_SAVED_SURVIVOR	0x01	/* the head went on alone: nobody has more */
#define SAMR_SAVED_LEFT		0x02	/* it has left: the others have more */
#define SAMR_SAVED_GONE		0x04	/* it has left, or was put out */
#define SAMR_SAVED_FORCED	0x08	/* no view, but whom an admin wants in the next */
#define SAMR_SAVED_UNREADABLE	0x10	/* what is on the disk cannot be read */
#define SAMR_SAVED_ARMED	0x20	/* its watchdog is armed, and resets it if it hangs */
#define SAMR_SAVED_FLAGS	0x3f

/* A memory with a higher epoch is none: a view's number never wraps. */
#define SAMR_SAVED_EPOCH_MAX	(1ULL << 62)

/* In MEMBERS: a bit that is no head's id. */
#define SAMR_NO_FOUNDERS	1ULL

/* A destination that is no node: every other configured head. */
#define SAMR_DEST_ALL		0

/**
 * enum samr_event_type - what happened
 * @SAMR_EV_TIMER: the deadline of samr_node_deadline() has passed; harmless
 *	when it has not
 * @SAMR_EV_FLUSH: no further event is at hand: frames that were kept open for
 *	more records are closed and sent. The caller must end each run of steps
 *	with it, if samr_actions.flush says so; that is all the batching there is,
 *	no timer adds latency
 * @SAMR_EV_FRAME: a frame has arrived; its trailer was found right
 * @SAMR_EV_SUBMIT: a local member sends
 * @SAMR_EV_CONSUMED: local members have read
 * @SAMR_EV_REPLY: a local member answers a request
 * @SAMR_EV_QUERY: a local client asks for what changes nothing (query.h)
 * @SAMR_EV_ANSWER: a local member answers a query
 * @SAMR_EV_FORGET: a local client is gone: its queries are
 * @SAMR_EV_CALL: a local member is a client of another group, with all others of its
 *	own (call.h)
 * @SAMR_EV_ALARM: a local member sets or cancels an alarm of its group, as all others of it
 *	do (alarm.h)
 * @SAMR_EV_OUTPUT: a local member writes to a stream (stream.h)
 * @SAMR_EV_INPUT: local members have read of a stream
 * @SAMR_EV_PLACE: a local member that gives its group's state says where it stands in a
 *	stream (place.h)
 * @SAMR_EV_MEMBERS: the admin says who the heads of the view shall be, and who of
 *	them may form the first one
 * @SAMR_EV_SAVED: the admin says what is on this head's disk
 * @SAMR_EV_FRAME_MAX: the transports now carry frames up to this size
 * @SAMR_EV_RETIRE: this head wants to leave the view
 * @SAMR_EV_FENCED: a head was fenced, as asked for
 * @SAMR_EV_HINT: heads may not be heard any more; it may be wrong
 * @SAMR_EV_CLIENTS: the admin says how many client nodes this head takes
 * @SAMR_EV_FAREWELL: this head will not be heard any more, in a moment
 */
enum samr_event_type {
	SAMR_EV_TIMER,
	SAMR_EV_FLUSH,
	SAMR_EV_FRAME,
	SAMR_EV_SUBMIT,
	SAMR_EV_CONSUMED,
	SAMR_EV_REPLY,
	SAMR_EV_QUERY,
	SAMR_EV_ANSWER,
	SAMR_EV_FORGET,
	SAMR_EV_CALL,
	SAMR_EV_ALARM,
	SAMR_EV_OUTPUT,
	SAMR_EV_INPUT,
	SAMR_EV_PLACE,
	SAMR_EV_MEMBERS,
	SAMR_EV_SAVED,
	SAMR_EV_FRAME_MAX,
	SAMR_EV_RETIRE,
	SAMR_EV_FENCED,
	SAMR_EV_HINT,
	SAMR_EV_CLIENTS,
	SAMR_EV_FAREWELL,
};

/**
 * enum samr_kind - what an ordered message is for
 * @SAMR_KIND_DATA: payload for the group's members
 * @SAMR_KIND_JOIN: the sending member joins the group
 * @SAMR_KIND_LEAVE: the sending member leaves it
 * @SAMR_KIND_RETIRE: the sending head leaves the view; of no group
 * @SAMR_KIND_LOCK: the sending member wants a lock of the group (lock.h), or
 *	wants to know of one
 * @SAMR_KIND_UNLOCK: it gives one back, or stores a value in one
 * @SAMR_KIND_SNAPSHOT: the sending member lacks the group's state and asks for it
 * @SAMR_KIND_STATE: a piece of that state, from the donor
 * @SAMR_KIND_READ: the sending member has read the state up to a piece
 * @SAMR_KIND_SESSION: a client's session is opened, changed or closed (session.h)
 * @SAMR_KIND_REQUEST: a client's request to the group, in a session
 * @SAMR_KIND_REPLIES: a reply, or output of a stream, that the donor of a state has kept;
 *	with SAMR_MSG_KEEP: where its member stands in a stream, or that the stream ends. From
 *	the core; receivers see where, and members that it ends
 * @SAMR_KIND_STREAM: a client's stream is opened or closed; members see it, when it is
 *	stable
 * @SAMR_KIND_DIGEST: what members of a head have replied (digest.h); from the core;
 *	members see it when it shows that they differ
 * @SAMR_KIND_CONNECT: the group is, or is no more, a client of another one (call.h); from
 *	the core, for a member that wants it
 * @SAMR_KIND_RETURN: what became of a request that the group has made as a client; from
 *	the core
 * @SAMR_KIND_ALARM: an alarm of the group is set, cancelled, or at its end (alarm.h); from the
 *	core. Members see how it ends (enum samr_al), once
 * @SAMR_KIND_VIEW: heads have left the view, and their members the group; no
 *	head sends it, each makes it of the view
 * @SAMR_KIND_REPLY: has no place: a reply, delivered to the client that is here
 * @SAMR_KIND_QUERY: has no place: a client's query, delivered to the member here whose
 *	port it has, behind all that was delivered before; its arg is to be given back
 *	with the reply
 * @SAMR_KIND_ANSWER: has no place: the reply to a query, delivered to the client whose
 *	port it has, with the client's number; its gseq is what the member had read
 */
enum samr_kind {
	SAMR_KIND_DATA,
	SAMR_KIND_JOIN,
	SAMR_KIND_LEAVE,
	SAMR_KIND_RETIRE,
	SAMR_KIND_LOCK,
	SAMR_KIND_UNLOCK,
	SAMR_KIND_SNAPSHOT,
	SAMR_KIND_STATE,
	SAMR_KIND_READ,
	SAMR_KIND_SESSION,
	SAMR_KIND_REQUEST,
	SAMR_KIND_REPLIES,
	SAMR_KIND_STREAM,
	SAMR_KIND_DIGEST,
	SAMR_KIND_CONNECT,
	SAMR_KIND_RETURN,
	SAMR_KIND_ALARM,
	SAMR_KINDS,
	SAMR_KIND_VIEW = SAMR_KINDS,
	SAMR_KIND_REPLY,
	SAMR_KIND_QUERY,
	SAMR_KIND_ANSWER,
};

/* Has it a payload, and is it charged to the sender's credit as data is? */
static inline bool samr_kind_is_load(u8 kind)
{
	return kind == SAMR_KIND_DATA || kind == SAMR_KIND_LOCK ||
	       kind == SAMR_KIND_UNLOCK || kind == SAMR_KIND_REQUEST ||
	       kind == SAMR_KIND_STREAM || kind == SAMR_KIND_CONNECT ||
	       kind == SAMR_KIND_RETURN || kind == SAMR_KIND_ALARM;
}

/* Message flags, also on the wire; all but the first go with one kind only. */
#define SAMR_MSG_SAFE		0x01	/* deliver when stable */
#define SAMR_MSG_STATEFUL	0x02	/* JOIN: takes part in state transfer */
#define SAMR_MSG_LAST		0x04	/* STATE: the last piece */
#define SAMR_MSG_FAILED		0x08	/* STATE: the donor can not give it */
#define SAMR_MSG_FIN		0x10	/* REQUEST: the stream's input ends behind it */
#define SAMR_MSG_GROUP		0x20	/* REQUEST: its client is a group, in the session of that name */
#define SAMR_MSG_EARLY		0x40	/* REQUEST: its client does not wait until it is stable */
#define SAMR_MSG_KEEP		0x40	/* SNAPSHOT: streams go on, if the donor can; REPLIES: where one is */
#define SAMR_MSG_FLAGS		0x7f

/*
 * Whoever waits for it waits for stability: all ack it at once. For what a group asks of
 * another one nobody waits before the RETURN, which comes behind it; and some clients do not want to.
 */
static inline bool samr_is_prompt(u8 kind, u8 flags)
{
	return (flags & SAMR_MSG_SAFE) || kind == SAMR_KIND_SESSION ||
	       (kind == SAMR_KIND_REQUEST &&
		!(flags & (SAMR_MSG_GROUP | SAMR_MSG_EARLY))) ||
	       kind == SAMR_KIND_STREAM || kind == SAMR_KIND_RETURN;
}

/**
 * enum samr_call_op - what a group wants of another one as its client
 * @SAMR_CALL_OPEN: a session
 * @SAMR_CALL_CLOSE: no session any more
 * @SAMR_CALL_REQUEST: an answer
 */
enum samr_call_op {
	SAMR_CALL_OPEN,
	SAMR_CALL_CLOSE,
	SAMR_CALL_REQUEST,
};

/**
 * struct samr_submit - one message of a local member
 * @group: group that it goes to
 * @port: the sending member's, or client's, number on this head
 * @kind: enum samr_kind
 * @flags: SAMR_MSG_*
 * @uid: of the sender
 * @gid: of the sender
 * @arg: DATA, LOCK, UNLOCK: the sender's own number, carried along; JOIN: bytes
 *	that the member can hold unread (the group's credits are derived from the
 *	smallest);
 *	SNAPSHOT: id of the transfer that the sender gives up, 0: none; STATE: id of
 *	the transfer; READ: place of the piece; REQUEST: its number in the session,
 *	or of its first byte in the stream;
 *	otherwise zero
 * @payload: the bytes, or NULL for none. The core takes a reference of its own
 *	when it accepts the message; the caller keeps his
 * @len: bytes of @payload, at most SAMR_LEN_MAX
 * @parts: NULL, or a message that has the bytes; then @payload are the first of them
 * @far: the client is on a client node: its number for the message (access.h); from the core
 * @owner: handed back in samr_msg_owner() with this node's own delivery of the
 *	message. A message with an owner is delivered here even when the group
 *	has no member left on this node: that is the end of the submission
 */
struct samr_submit {
	u32 group;
	u32 port;
	u8 kind;
	u8 flags;
	u32 uid;
	u32 gid;
	u64 arg;
	struct samr_blob *payload;
	const struct samr_msg *parts;
	u32 len;
	u64 far;
	void *owner;
};

/**
 * struct samr_event - one event
 * @type: what
 * @now: monotonic time, ns; never runs backwards from one event to the next
 * @wall: wall clock, ns since 1970; may jump, group time does not follow it
 *	backwards
 * @frame: FRAME: the bytes, header first. The caller keeps its reference
 * @submit: SUBMIT
 * @consumed: CONSUMED: all local members of @group have read the messages up to
 *	position @gseq; @cost is what that frees, in units of samr_flow_cost()
 * @reply: REPLY: @len bytes of @payload (NULL: none) to number @request of the
 *	session that @session names, in @group; its member had read up to place
 *	@upto; @port: it. @digested: @digest stands for the bytes, and is to be
 *	compared with those of other members. The caller keeps its reference
 * @query: QUERY: @len bytes of @payload (NULL: none) from the client @port, with its
 *	number @arg, to a member of @group that has read up to place @seen; @linear:
 *	and up to all that any client can have seen before. @most: longest reply. The
 *	caller keeps its reference
 * @answer: ANSWER: @len bytes of @payload (NULL: none) to query @query of @group; its
 *	member had read up to place @upto. The caller keeps its reference
 * @forget: FORGET: client @port of @group
 * @call: CALL: member @port of @group wants, as all members of @group do, @op of
 *	@service: to be its client from now on (SAMR_CALL_OPEN), with replies of up to
 *	@reply_max bytes; that no more (SAMR_CALL_CLOSE); or @len bytes of @payload
 *	(NULL: none) executed as request @number (SAMR_CALL_REQUEST). @session: OPEN: a
 *	number above those of all former OPENs of @group; CLOSE: that of the OPEN;
 *	REQUEST: the session's name. The caller keeps its reference
 * @alarm: ALARM: member @port of @group wants, as all members of @group do, @op: an alarm at
 *	group time @due (SAMR_ALARM_SET), or that the one with the number @which does not come
 *	(SAMR_ALARM_CANCEL). @number: above that of all that it asked for before, at least
 *	SAMR_ALARM_ASKS times the place that it has read, and not SAMR_ALARM_ASKS more
 * @output: OUTPUT: @len bytes of @payload (NULL: none) from number @from on, in the
 *	stream that @session names, in @group; its member had read up to place
 *	@upto; @end: enum samr_end, behind these bytes. The caller keeps its reference
 * @input: INPUT: all local members have read that stream up to number @upto
 * @place: PLACE: member @port of @group, which gives the state of transfer @id, had read all
 *	of the stream that @session names that was ordered before, up to number @read (@fin:
 *	its end), and written up to byte @made, behind which the output has ended by @end (enum samr_end). Its client was
 *	@client of head @node. @how: enum samr_place; of @session 0: of all was
 *	told, by ascending names
 * @members: MEMBERS: one bit per head id, the own one among them; 0: nobody any
 *	more, which is refused once the view stands. Then heads can be added, and
 *	those that are not in the view be left out
 * @witness: MEMBERS: the bit of the one that has a vote and no data; 0: none
 * @founders: MEMBERS: of @members, those that form the first view; 0: all of them;
 *	SAMR_NO_FOUNDERS: there is to be none but one that others have
 * @saved: SAVED: the memory, told to all from now on
 * @keeper: SAVED: learners get their vote only when all have them in their memory
 * @frame_max: FRAME_MAX: bytes from header to the end of the last record,
 *	without the trailer
 * @fenced: FENCED: incarnation @inc of head @node does nothing any more; @token
 *	is that of the request (struct samr_fence)
 * @lost: HINT: heads, one bit per id, whose only way here is broken
 * @clients: CLIENTS
 * @quit: FAREWELL: for good: the node is out. False: it goes on where it is heard
 */
struct samr_event {
	enum samr_event_type type;
	u64 now;
	u64 wall;
	union {
		struct samr_blob *frame;
		struct samr_submit submit;
		struct {
			u32 group;
			u32 cost;
			u64 gseq;
		} consumed;
		struct {
			u32 group;
			u32 len;
			u64 session;
			u64 request;
			u64 upto;
			u32 port;
			u32 digest;
			bool digested;
			struct samr_blob *payload;
		} reply;
		struct {
			u32 group;
			u32 len;
			u64 session;
			u64 from;
			u64 upto;
			u8 end;
			struct samr_blob *payload;
		} output;
		struct {
			u32 group;
			u64 session;
			u64 upto;
		} input;
		struct {
			u32 group;
			u32 port;
			u64 id;
			u64 session;
			u64 read;
			u64 made;
			u32 node;
			u32 client;
			u8 how;
			u8 end;
			bool fin;
		} place;
		struct {
			u32 group;
			u32 port;
			u32 uid;
			u32 gid;
			u32 len;
			u32 most;
			u64 arg;
			u64 seen;
			bool linear;
			struct samr_blob *payload;
		} query;
		struct {
			u32 group;
			u32 len;
			u64 query;
			u64 upto;
			struct samr_blob *payload;
		} answer;
		struct {
			u32 group;
			u32 port;
		} forget;
		struct {
			u32 group;
			u32 port;
			u32 service;
			u32 uid;
			u32 gid;
			u32 reply_max;
			u32 len;
			u8 op;
			u64 session;
			u64 number;
			struct samr_blob *payload;
		} call;
		struct {
			u32 group;
			u32 port;
			u8 op;
			u64 number;
			u64 due;
			u64 which;
		} alarm;
		struct {
			u64 members;
			u64 witness;
			u64 founders;
		};
		struct {
			struct samr_saved saved;
			bool keeper;
		};
		u32 frame_max;
		struct {
			u64 node;
			u64 inc;
			u64 token;
		} fenced;
		u64 lost;
		u32 clients;
		bool quit;
	};
};

/**
 * enum samr_action_type - what is to be done
 * @SAMR_ACT_SEND: send the blob (samr_blob_of_action()) to @dest; its reference
 *	belongs to whoever runs the action. The frame's counter and trailer are
 *	still to be added
 * @SAMR_ACT_DELIVER: deliver the message (samr_msg_of_action()); its reference
 *	belongs to whoever runs the action
 */
enum samr_action_type {
	SAMR_ACT_SEND,
	SAMR_ACT_DELIVER,
};

#define SAMR_CHANGES_MAX	8

/**
 * enum samr_out - why a node takes part in nothing any more
 * @SAMR_OUT_NO: it does
 * @SAMR_OUT_EXPELLED: the others went on without it
 * @SAMR_OUT_RETIRED: it has left, as it wanted
 * @SAMR_OUT_HALTED: an invariant broke
 */
enum samr_out {
	SAMR_OUT_NO,
	SAMR_OUT_EXPELLED,
	SAMR_OUT_RETIRED,
	SAMR_OUT_HALTED,
};

/**
 * struct samr_actions - what steps want done
 * @list: struct samr_action, in the order in which they must be run
 * @writable: credit has come back, or the view has changed: members that were
 *	refused may ask again
 * @view: a view was installed or taken down, see samr_node_view(). It takes
 *	effect BEFORE the deliveries of @list that carry its epoch
 * @changes: groups whose members have changed, see samr_node_members(); above
 *	SAMR_CHANGES_MAX: more than @changed names
 * @changed: their ids, each once
 * @fence: what samr_node_fence() tells has changed
 * @told: heads of which something else is known now: what they have saved, whom
 *	they want, whether they are in a view; one bit per id, see samr_node_peer()
 * @narrow: heads that still lack what was repeated for them, or give no sign of it:
 *	frames as large as those may not reach them; one bit per id. A guess
 * @doubt: members are suspected that were not, or the other way round; or the
 *	view does not order any more until the next one: see samr_node_view()
 * @lost: a client node has lost its access head, and with it all that was submitted
 * @stuck: nothing could be ordered for samr_node_config.stuck, as the view can not
 *	be changed; over with the next @view
 * @gone: the node is out (samr_node_out()); a new one, of another incarnation,
 *	has to take its place
 * @halted: an invariant broke; this node takes part in nothing any more
 * @flush: a FLUSH has something to do; without it there need not be one
 */
struct samr_actions {
	struct list_head list;
	u32 changes;
	u32 changed[SAMR_CHANGES_MAX];
	u64 told;
	u64 narrow;
	bool writable;
	bool view;
	bool fence;
	bool doubt;
	bool lost;
	bool stuck;
	bool gone;
	bool halted;
	bool flush;
};

static inline void samr_actions_init(struct samr_actions *a)
{
	INIT_LIST_HEAD(&a->list);
	a->changes = 0;
	a->told = 0;
	a->narrow = 0;
	a->writable = false;
	a->view = false;
	a->fence = false;
	a->doubt = false;
	a->lost = false;
	a->stuck = false;
	a->gone = false;
	a->halted = false;
	a->flush = false;
}

/** samr_actions_none - is nothing to be done? */
static inline bool samr_actions_none(const struct samr_actions *a)
{
	return list_empty(&a->list) && !a->changes && !a->told && !a->narrow &&
	       !a->writable && !a->view && !a->fence && !a->doubt && !a->lost &&
	       !a->stuck && !a->gone && !a->halted && !a->flush;
}

#endif /* SAMR_CORE_EVENT_H */
