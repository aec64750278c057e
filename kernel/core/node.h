/* SPDX-License-Identifier: GPL-2.0 */
/*
 * One node's part in one domain's order: the core's only door.
 *
 * A node is a state machine without input and output of its own. The caller
 * serialises everything below by one lock per node, hands in events with the
 * time in them, runs the actions in order, and calls again at the deadline.
 */
#ifndef SAMR_CORE_NODE_H
#define SAMR_CORE_NODE_H

#include "event.h"
#include "latency.h"
#include "msg.h"
#include "policy.h"
#include "wire.h"

struct samr_node;

/* Client nodes that a head may be told to take, and takes when it is told nothing. */
#define SAMR_ACCESS_MAX		1024
#define SAMR_ACCESS_DEFAULT	64

/**
 * struct samr_node_config - what a node is born with; 0 stands for the default
 * @cluster: id of the cluster
 * @self: head id, 1 .. 63; of a client node another number, not 0
 * @inc: incarnation: random, not 0, never used before
 * @seed: of the node's random numbers, which spread things and are no secret
 * @secret: from which the keys of group random are drawn
 * @domain: id of the order
 * @history: messages kept for those that lack them, a power of two (4096)
 * @history_bytes: bytes of them (16 MiB)
 * @submits: own messages not yet ordered, a power of two (256)
 * @submit_bytes: bytes of them (4 MiB)
 * @ref_min: messages longer than this go from the origin to all heads, and the
 *	order names them only (2048). A message that needs more than one frame
 *	always does
 * @policy: who may go on when heads die. The view is formed with that of its
 *	most senior member, and keeps it
 * @quorum: stable means held by enough members that no view which @policy may
 *	install next lacks it; false: held by all of the view (resilience all)
 * @beat: interval of signs of life, ns (20 ms)
 * @dead: a member not heard for so long is suspect, ns (5 times @beat)
 * @stuck: when nothing could be ordered for so long, senders hear of it, ns (5 s)
 * @reorder: wait for a late frame before asking for it, ns (1 ms)
 * @ack_delay: longest time that an ack waits for a frame to ride on, ns (5 ms)
 */
struct samr_node_config {
	u32 cluster;
	u64 self;
	u64 inc;
	u64 seed;
	struct samr_key secret;
	u16 domain;
	u32 history;
	u32 history_bytes;
	u32 submits;
	u32 submit_bytes;
	u32 ref_min;
	enum samr_policy policy;
	bool quorum;
	u64 beat;
	u64 dead;
	u64 stuck;
	u64 reorder;
	u64 ack_delay;
};

/**
 * samr_node_new - a node that knows nobody
 * @cfg: copied
 *
 * May sleep.
 *
 * Return: it, or NULL without memory or when @cfg makes no sense.
 */
struct samr_node *samr_node_new(const struct samr_node_config *cfg);

/**
 * samr_node_free - the end of a node
 * @node: it, or NULL; no action of it is left to be run
 * @dropped: takes the messages that have an owner and were not delivered, as
 *	DELIVER actions with meta.gseq 0: so each owner is heard of once
 */
void samr_node_free(struct samr_node *node, struct samr_actions *dropped);

/**
 * samr_node_step - something has happened
 * @node: the node
 * @ev: what; nothing of it is kept but the references that struct samr_event
 *	names
 * @out: actions are appended
 *
 * Return: 0, or for the events of the local side
 * SUBMIT: -EAGAIN: no credit (DATA, JOIN, STATE) or window now, ask again after
 *	@out->writable; REQUEST: or the stream is not read so far;
 *	-ENOTCONN: no view, or DATA and the like for a group without members;
 *	-ESTALE: STATE of a transfer that its sender does not give (any more);
 *	-EMSGSIZE; -EINVAL; -ENOMEM: nothing was taken; -ENOTRECOVERABLE: halted.
 *	-EOPNOTSUPP: this is the witness.
 * MEMBERS: -EINVAL: own id not among them, or more than SAMR_HEADS_MAX, or a
 *	witness that is none of them, all of them, or has no part in the policy, or
 *	founders that are not among them; -EBUSY: one of those left out is in the view,
 *	or is the witness there; -EAGAIN: the view is being changed, and one of those
 *	left out might get into it.
 * SAVED: -EINVAL: that is no memory.
 * REPLY: -ENOENT: no such session, or nobody waits for it any more; -EINVAL: no
 *	such request, or @reply.len is not that of the payload; -EMSGSIZE: longer
 *	than the client takes; -ENOMEM: it was not taken.
 * OUTPUT: -ENOENT: no such stream, or not any more; -EINVAL: bytes before @output.from
 *	are missing, or @output.len is not that of the payload; -EPIPE: the output
 *	has ended before; -EAGAIN: there is less room (samr_stream_room()), ask again
 *	after @out->writable; -ENOMEM: nothing was taken.
 * INPUT: always 0.
 * QUERY: -ENOTCONN: no view, or a group without members; -EHOSTUNREACH: none of them
 *	has the state; -EAGAIN: no room, ask again after @out->writable;
 *	-EMSGSIZE; -EINVAL; -ENOMEM: it was not taken. One that was taken is answered,
 *	with the result SAMR_SES_GONE when no such member is left, or FORGET ends it,
 *	or the node is out.
 * ANSWER: -ENOENT: nobody waits for it any more; -EINVAL, -EMSGSIZE, -ENOMEM: as for
 *	REPLY.
 * A client node has SUBMIT of clients, QUERY and FORGET (remote.h).
 * CALL: 0: it is kept, or the order has it, or there is nothing any more that it could be
 *	for, of which the group is told in the order; -EAGAIN: too much is open or kept, ask
 *	again after @out->writable; -ENOTCONN: no view, or that is no member; -EINVAL: no
 *	such session, or a number is left out; -EMSGSIZE, -ENOMEM: it was not taken.
 * ALARM: 0: it is on its way, or the order has it from another member; -EAGAIN: no room now,
 *	ask again after @out->writable; -ENOTCONN: no view, or that is no member; -EINVAL: what
 *	is no ask, or has the number of a place that is not read; -ENOMEM: it was not taken.
 * RETIRE: -ENOTCONN: no view; -EAGAIN: no window now, or nothing is ordered. The
 *	node is out when the others go on without it.
 * FENCED: -ESTALE: nobody asked for that.
 * FRAME: always 0; what was wrong is counted.
 */
int samr_node_step(struct samr_node *node, const struct samr_event *ev,
		   struct samr_actions *out);

/** samr_node_deadline - monotonic ns at which TIMER is wanted; U64_MAX: never */
u64 samr_node_deadline(const struct samr_node *node);

/**
 * samr_node_room - would a message be taken now?
 * @node: the node
 * @kind: enum samr_kind
 * @group: group that it would go to
 * @len: its length
 *
 * The same rule as SUBMIT's -EAGAIN. A caller that hears no is told by
 * samr_actions.writable when to ask again.
 */
bool samr_node_room(struct samr_node *node, u8 kind, u32 group, u32 len);

/**
 * samr_flow_cost - what a message takes of a group's credit
 * @len: its length
 *
 * The same at the origin and at the reader: bytes, and what keeping them needs.
 */
#define SAMR_FLOW_OVERHEAD	256
static inline u32 samr_flow_cost(u32 len)
{
	return len + SAMR_FLOW_OVERHEAD;
}

/**
 * struct samr_view_info - the node-level view
 * @epoch: its number; 0: none
 * @sequencer: node
 * @count: members
 * @node: their ids, by seniority
 * @inc: their incarnations
 * @flags: SAMR_SEAT_*
 * @policy: who may go on when heads die
 * @holders: members that must hold a message for it to be stable
 * @base: its place in the order
 * @suspects: members not heard lately, one bit per id
 * @wedged: since when nothing is ordered or delivered, as the view changes or
 *	must not go on, monotonic ns; 0: it is in force
 * @learning: this node does not hold the state yet
 * @leaving: it has asked to leave
 * @wanted: whom the admin wants, one bit per id
 * @founders: who of them shall form the first one
 * @heard: which of them asked for the same view, while there is none
 */
struct samr_view_info {
	u64 epoch;
	u64 sequencer;
	u32 count;
	u64 node[SAMR_HEADS_MAX];
	u64 inc[SAMR_HEADS_MAX];
	u32 flags[SAMR_HEADS_MAX];
	enum samr_policy policy;
	u32 holders;
	u64 base;
	u64 suspects;
	u64 wedged;
	bool learning;
	bool leaving;
	u64 wanted;
	u64 founders;
	u64 heard;
};

/** samr_node_view - the view installed, or what is known on the way to one */
void samr_node_view(const struct samr_node *node, struct samr_view_info *info);

/** samr_node_out - why the node takes part in nothing any more */
enum samr_out samr_node_out(const struct samr_node *node);

/**
 * enum samr_fence_why - what a fence is for
 * @SAMR_FENCE_NONE: nothing waits for it
 * @SAMR_FENCE_BLOCKED: no view may be installed without it
 * @SAMR_FENCE_EXCLUDED: the view went on without that head
 */
enum samr_fence_why {
	SAMR_FENCE_NONE,
	SAMR_FENCE_BLOCKED,
	SAMR_FENCE_EXCLUDED,
};

/**
 * struct samr_fence - an incarnation that is, or has to be, fenced
 * @id: head
 * @inc: incarnation
 * @token: to be given back in FENCED
 * @epoch: of the view that it is about
 * @at: asked for since, monotonic ns
 * @why: what for
 * @dead: known to be fenced
 */
struct samr_fence {
	u64 id;
	u64 inc;
	u64 token;
	u64 epoch;
	u64 at;
	enum samr_fence_why why;
	bool dead;
};

#define SAMR_FENCES	32

/**
 * samr_node_fence - walk over the fences
 * @node: the node
 * @i: 0 .. SAMR_FENCES - 1
 * @f: filled in
 *
 * Return: false: there is none here.
 */
bool samr_node_fence(const struct samr_node *node, u32 i, struct samr_fence *f);

/**
 * struct samr_members - the members of a group, from one change to the next
 * @ref: references; immutable
 * @id: gseq of the change
 * @count: members, by seniority
 * @m: they; @window is JOIN's arg, @flags are SAMR_ID_* up to SAMR_ID_FAILED; @since:
 *	it answers requests behind this place
 *
 * The flags may differ between two of them with the same @id: they change, too,
 * where no member comes or goes.
 */
struct samr_member_id {
	u64 node;
	u64 inc;
	u32 port;
	u32 window;
	u32 flags;
	u64 since;
};

struct samr_members {
	samr_ref_t ref;
	u64 id;
	u32 count;
	struct samr_member_id m[];
};

/**
 * struct samr_transfer - a transfer of a group's state, as it is from a place on
 * @ref: references; immutable
 * @id: place of the SNAPSHOT that began it: the state is given as it is there;
 *	0: none is under way
 * @donor: who gives it; node 0: it is gone, but its LAST piece has its place
 * @lost: none is under way, and no member is left that holds the state: those
 *	that lack it can not get it
 * @count: those who get it, at least one while it is under way
 * @to: they, by seniority
 */
struct samr_transfer {
	samr_ref_t ref;
	u64 id;
	struct samr_member_id donor;
	bool lost;
	u32 count;
	struct samr_member_id to[];
};

struct samr_transfer *samr_transfer_get(struct samr_transfer *t);
void samr_transfer_put(struct samr_transfer *t);	/* NULL is allowed */

/** samr_members_cost - what a JOIN or LEAVE takes of a group's credit
 * @count: members after it
 */
static inline u32 samr_members_cost(u32 count)
{
	return samr_flow_cost(sizeof(struct samr_members) +
			      count * sizeof(struct samr_member_id));
}

/**
 * enum samr_lk - what has become of a member's request for a lock
 * @SAMR_LK_GRANTED: it has the lock
 * @SAMR_LK_QUEUED: it waits; GRANTED follows
 * @SAMR_LK_BUSY: somebody has it, and the member did not want to wait
 * @SAMR_LK_RELEASED: it has given it back
 * @SAMR_LK_STORED: it has stored a value, and keeps the lock
 * @SAMR_LK_WITHDRAWN: it does not wait any more
 * @SAMR_LK_FOUND: the lock that it asked about
 * @SAMR_LK_NONE: there is none
 * @SAMR_LK_OWNED: refused: it has the lock already, or waits for it
 * @SAMR_LK_FOREIGN: refused: it has not got the lock
 * @SAMR_LK_FULL: refused: there are too many locks, or too many that wait
 */
enum samr_lk {
	SAMR_LK_GRANTED,
	SAMR_LK_QUEUED,
	SAMR_LK_BUSY,
	SAMR_LK_RELEASED,
	SAMR_LK_STORED,
	SAMR_LK_WITHDRAWN,
	SAMR_LK_FOUND,
	SAMR_LK_NONE,
	SAMR_LK_OWNED,
	SAMR_LK_FOREIGN,
	SAMR_LK_FULL,
};

/**
 * struct samr_lock_note - what one member is told of one lock, as it is at the
 *	place of the message
 * @node: the member
 * @inc: incarnation of @node
 * @arg: the number that it gave to its request
 * @owner_node: who has the lock; 0: nobody
 * @owner_inc: incarnation of @owner_node
 * @port: the member, on @node
 * @owner_port: on @owner_node
 * @waiting: members that wait for the lock
 * @result: enum samr_lk
 * @dead: an owner went without unlocking it
 * @name_len: bytes of @name
 * @value_len: bytes of @value
 * @name: of the lock
 * @value: that was stored last
 */
struct samr_lock_note {
	u64 node;
	u64 inc;
	u64 arg;
	u64 owner_node;
	u64 owner_inc;
	u32 port;
	u32 owner_port;
	u32 waiting;
	u8 result;
	bool dead;
	u8 name_len;
	u8 value_len;
	u8 name[SAMR_LOCK_NAME_LEN];
	u8 value[SAMR_LOCK_VALUE_LEN];
};

struct samr_lock_notes {
	u32 count;
	struct samr_lock_note note[];
};

/**
 * samr_msg_note - what a member is told of locks with a message
 * @msg: the message
 * @node: the member's head
 * @port: its number there
 * @nth: from 0
 *
 * Return: it, or NULL: there is no more.
 */
const struct samr_lock_note *samr_msg_note(const struct samr_msg *msg, u64 node,
					   u32 port, u32 nth);

/**
 * enum samr_ses - what a session's client is told; those from REPEATED to GONE are
 *	refusals
 * @SAMR_SES_NONE: nothing
 * @SAMR_SES_OPENED: it has a session
 * @SAMR_SES_ATTACHED: it goes on here; requests from samr_msg.next on are expected
 * @SAMR_SES_DONE: acknowledged, closed, detached
 * @SAMR_SES_ORDERED: the request will be executed
 * @SAMR_SES_REPEATED: it had its place before
 * @SAMR_SES_AHEAD: one before it is missing
 * @SAMR_SES_FULL: there is no room for it now
 * @SAMR_SES_FOREIGN: the session is attached elsewhere, or another one's
 * @SAMR_SES_GONE: there is no such session, or nobody to answer
 * @SAMR_SES_REPLY: a reply
 * @SAMR_SES_UNKNOWN: in its place: what became of the request is not known
 * @SAMR_SES_ENDED: the session is gone, and with it whoever could answer
 * @SAMR_SES_OUTPUT: bytes of a stream, from number samr_meta.arg on
 * @SAMR_SES_SHUT: the output has ended, at number samr_meta.arg
 * @SAMR_SES_CLOSED: likewise, and the service reads no more
 * @SAMR_SES_RESET: likewise, as the service gave up
 * @SAMR_SES_CUT: members are told: an EXPIRE has ended the stream
 */
enum samr_ses {
	SAMR_SES_NONE,
	SAMR_SES_OPENED,
	SAMR_SES_ATTACHED,
	SAMR_SES_DONE,
	SAMR_SES_ORDERED,
	SAMR_SES_REPEATED,
	SAMR_SES_AHEAD,
	SAMR_SES_FULL,
	SAMR_SES_FOREIGN,
	SAMR_SES_GONE,
	SAMR_SES_REPLY,
	SAMR_SES_UNKNOWN,
	SAMR_SES_ENDED,
	SAMR_SES_OUTPUT,
	SAMR_SES_SHUT,
	SAMR_SES_CLOSED,
	SAMR_SES_RESET,
	SAMR_SES_CUT,
};

/**
 * enum samr_al - what members are told of an alarm
 * @SAMR_AL_NONE: nothing
 * @SAMR_AL_RUNG: it is at its end
 * @SAMR_AL_FULL: it was not set: there is no room for it
 * @SAMR_AL_CANCELLED: it was cancelled before
 */
enum samr_al {
	SAMR_AL_NONE,
	SAMR_AL_RUNG,
	SAMR_AL_FULL,
	SAMR_AL_CANCELLED,
};

/**
 * enum samr_div - how replicas differ
 * @SAMR_DIV_NONE: they do not, as far as is known
 * @SAMR_DIV_OPEN: some do; not all have replied, and none is in the majority yet
 * @SAMR_DIV_TIE: all have replied, and none is in the majority
 * @SAMR_DIV_MINORITY: from what most of them reply
 */
enum samr_div {
	SAMR_DIV_NONE,
	SAMR_DIV_OPEN,
	SAMR_DIV_TIE,
	SAMR_DIV_MINORITY,
};

#define SAMR_DIV_VALUES	3

/**
 * struct samr_divergence - replicas of a group have given different replies
 * @div: enum samr_div
 * @place: of the request
 * @session: name of its session
 * @number: in it
 * @wrong: MINORITY: heads whose members differ from most others, one bit per id;
 *	otherwise those that have replied
 * @odd: of those, that give yet other replies, or whose own members differ
 * @value: digests of the replies
 * @heads: that give them, one bit per id; 0: nobody
 */
struct samr_divergence {
	u8 div;
	u64 place;
	u64 session;
	u64 number;
	u64 wrong;
	u64 odd;
	u32 value[SAMR_DIV_VALUES];
	u64 heads[SAMR_DIV_VALUES];
};

struct samr_divergences {
	u32 count;
	struct samr_divergence d[];
};

/** samr_msg_cost - what a message that has its place takes of it */
static inline u32 samr_msg_cost(const struct samr_msg *msg)
{
	u32 cost = msg->members ? samr_members_cost(msg->members->count) :
				  samr_flow_cost(msg->meta.len);

	if (msg->locks)
		cost += msg->locks->count * (u32)sizeof(struct samr_lock_note);
	return cost;
}

/* Limits on what the order can make every node keep. */
#define SAMR_GROUPS_MAX		1024
#define SAMR_MEMBERS_MAX	256

struct samr_members *samr_members_get(struct samr_members *m);
void samr_members_put(struct samr_members *m);	/* NULL is allowed */

/**
 * samr_node_members - members of a group now
 * @node: the node
 * @group: its id
 *
 * Return: them, with a reference for the caller, or NULL for none.
 */
struct samr_members *samr_node_members(struct samr_node *node, u32 group);

/**
 * samr_node_group - walk over the groups
 * @node: the node
 * @after: id; 0 to begin
 *
 * Return: the lowest id of a group with members above @after, or 0.
 */
u32 samr_node_group(const struct samr_node *node, u32 after);

/**
 * struct samr_session_info - the sessions of a group
 *
 * All but @replies and @reply_bytes are the same at all nodes at the same place.
 *
 * @sessions: of clients
 * @detached: of them, those that wait for their clients to come back
 * @requests: ordered, and not acknowledged
 * @promised: bytes set aside for their replies
 * @replies: kept here
 * @reply_bytes: of these
 */
struct samr_session_info {
	u32 sessions;
	u32 detached;
	u32 requests;
	u64 promised;
	u32 replies;
	u64 reply_bytes;
};

/**
 * samr_node_sessions - count the sessions of a group
 * @node: the node
 * @group: its id
 * @info: filled in; all zero when there is no such group
 */
void samr_node_sessions(const struct samr_node *node, u32 group,
			struct samr_session_info *info);

/**
 * samr_node_output_room - how many bytes of a stream may a member here write?
 * @node: the node
 * @group: of the stream
 * @session: its name
 * @from: number of the member's next byte
 *
 * A caller that hears 0 is told by samr_actions.writable when to ask again.
 * Return: so many; -ENOENT: there is no such stream, or not any more.
 */
int samr_node_output_room(struct samr_node *node, u32 group, u64 session,
			  u64 from);

/** samr_node_output_left - of what was made up to a number, the client has not so much */
u32 samr_node_output_left(const struct samr_node *node, u32 group, u64 session,
			  u64 made);

/** samr_node_stable - up to this place nothing can be undone any more */
u64 samr_node_stable(const struct samr_node *node);

/**
 * struct samr_node_stats - where a node stands, and what it did
 *
 * Positions: @last known to exist, @held gap-free, @delivered, @stable, @trimmed
 * from the history. Counters grow only.
 */
struct samr_node_stats {
	u64 last;
	u64 held;
	u64 delivered;
	u64 stable;
	u64 trimmed;
	u64 submitted;		/* own messages taken */
	u64 ordered;		/* messages given a place, by this sequencer */
	u64 frames_in;
	u64 frames_out;
	u64 records_in;
	u64 records_out;
	u64 nacks_in;
	u64 nacks_out;
	u64 repairs;		/* ORDER and SUBMIT repeated on request */
	u64 suppressed;		/* repairs not sent, as one was on its way */
	u64 resent;		/* submissions repeated unasked */
	u64 refused;		/* submissions answered by -EAGAIN */
	u64 history_bytes;	/* held now */
	u64 recoveries;		/* views in force that heads were left out of */
	u64 recovery_ns;	/* for each, since they were heard: the sum, */
	u64 recovery_ns_last;	/* the last one */
	u64 recovery_ns_max;	/* and the longest one */
	u64 sessions;		/* in the tables now */
	u64 requests;		/* of sessions, to be executed */
	u64 requests_refused;	/* not to be executed, whatever the reason */
	u64 replies;		/* let go to clients here */
	u64 reply_asks;		/* for replies that no member here will make */
	u64 sessions_expired;
	u64 diverged;		/* requests that were replied to differently */
	u64 digests_unsettled;	/* whose replies were not all compared */
	u64 drops[SAMR_DROPS];
};

/** samr_node_stats - copy them out */
void samr_node_stats(const struct samr_node *node, struct samr_node_stats *s);

/**
 * samr_node_latency - copy out how long own messages took
 * @node: the node
 * @lap: until when
 * @l: filled in
 */
void samr_node_latency(const struct samr_node *node, enum samr_lap lap,
		       struct samr_latency *l);

/**
 * struct samr_peer_info - what a node knows of a head
 * @id: head
 * @inc: incarnation in the view, or heard; 0: none
 * @ack: holds the order up to here
 * @heard: monotonic ns of the last frame taken from it; 0: never
 * @in_view: a member
 * @epoch: of the view that it was in when it was heard last; 0: none
 * @wanted: whom its admin wants, one bit per id; 0: not known
 * @saved: what it has on its disk
 */
struct samr_peer_info {
	u64 id;
	u64 inc;
	u64 ack;
	u64 heard;
	bool in_view;
	u64 epoch;
	u64 wanted;
	struct samr_saved saved;
};

/**
 * struct samr_client_node - a client node, as its access head knows it
 * @id: its number
 * @inc: incarnation
 * @since: admitted, monotonic ns
 * @heard: its last frame, monotonic ns
 * @submits: messages submitted for it
 * @given: replies and answers given to it
 * @waiting: messages that wait for room
 */
struct samr_client_node {
	u64 id;
	u64 inc;
	u64 since;
	u64 heard;
	u64 submits;
	u64 given;
	u32 waiting;
};

/** samr_node_client - the client node with the lowest id above @after; false: none */
bool samr_node_client(const struct samr_node *node, u64 after,
		      struct samr_client_node *info);

/** samr_node_access - of a client node: its access head, 0: none; and how often it lost one */
u64 samr_node_access(const struct samr_node *node, u64 *losses);

/** samr_node_peer - about another head @id; false when nothing is known of it */
bool samr_node_peer(const struct samr_node *node, u64 id,
		    struct samr_peer_info *info);

#endif /* SAMR_CORE_NODE_H */
