/* SPDX-License-Identifier: GPL-2.0 */
/*
 * Sessions: a client's channel to a group, exactly once.
 *
 * Each group has a table of sessions. It is replicated state: a SESSION or a REQUEST
 * does the same to it at its place of the order, at every node. A request is executed
 * when it comes from its session's access head with the number that is expected;
 * whatever else comes is refused, at its place, and only its sender hears of it.
 *
 * Invariants: acked < next; a session has an entry in @requests for each number
 * behind @acked and before @next, in their order; table.promised is the sum over
 * these of what samr_session_promise() says, and over streams of what
 * samr_stream_promise() says, and over groups that are clients of what samr_session_keep()
 * says. Sessions end with the last member of their group, or with its state; those of
 * groups are kept, as they are to hear of it. Replies: reply.h. Groups: call.h.
 */
#ifndef SAMR_CORE_SESSION_H
#define SAMR_CORE_SESSION_H

#include "plat.h"
#include "wire.h"

struct samr_group;
struct samr_msg;
struct samr_node;
struct samr_stream;

/* What one group can make every node keep, and what all of them can. */
#define SAMR_SESSIONS_MAX	1024
#define SAMR_SESSIONS_ALL	8192
#define SAMR_PROMISED_MAX	(32U << 20)
#define SAMR_PROMISED_ALL	(128U << 20)
/* What an open request needs besides the bytes of its reply. */
#define SAMR_REQUEST_COST	512

#define SAMR_SESSION_BUCKETS	256

/**
 * struct samr_request - one that is ordered and not acknowledged
 * @link: in samr_session.requests
 * @number: in its session
 * @place: in the order
 * @reply: it, complete, or what is here of it; NULL: nothing. meta.gseq is its commit
 *	place
 * @given: it was let go to the client, in this attachment
 * @gave: transfer in which it was submitted for those that receive
 * @wanted: head that has asked for it before it was there; 0: none
 * @ask_at: access head: when another head is asked for it; SAMR_NEVER: not
 * @asks: how often that was done
 */
struct samr_request {
	struct list_head link;
	u64 number;
	u64 place;
	struct samr_msg *reply;
	bool given;
	u64 gave;
	u64 wanted;
	u64 ask_at;
	u32 asks;
};

/**
 * struct samr_session - one
 * @link: in samr_session_table.sessions, which is sorted by name
 * @by_id: in samr_sessions.by_id
 * @by_name: in samr_sessions.by_name
 * @mine: in samr_sessions.mine: its access head is this node; or in samr_sessions.groups
 * @ready: in samr_sessions.ready: it may have replies to let go; or, behind its
 *	end, in samr_sessions.ended
 * @id: random number that its client drew
 * @name: place of its OPEN
 * @group: id of its group
 * @node: access head; 0: detached
 * @inc: incarnation of @node
 * @port: of the client, there
 * @since: place at which it was attached or detached last
 * @idle_at: detached: since then here, ns
 * @expiring: its EXPIRE is on its way from here
 * @leaving: its DETACH is: its client node is gone
 * @uid: of the client
 * @gid: of the client
 * @reply_max: longest reply
 * @expiry: it lives so long while detached, ms
 * @flags: SAMR_SESSION_*
 * @next: number of the next request
 * @acked: the client has all replies up to this number
 * @requests: struct samr_request
 * @stream: it is one (stream.h), and has no @requests; then numbers are those of bytes
 * @fin: the stream's input has ended; of a group: that it is over is told from here
 * @client: the group that is the client (call.h); then @id is the number that it gave the
 *	OPEN, and there is no access head; 0: it is none
 * @over: SAMR_SESSION_ENDED, SAMR_SESSION_CLOSED: of a group: nothing is executed any more
 */
struct samr_session {
	struct list_head link;
	struct list_head by_id;
	struct list_head by_name;
	struct list_head mine;
	struct list_head ready;
	u64 id;
	u64 name;
	u32 group;
	u64 node;
	u64 inc;
	u32 port;
	u64 since;
	u64 idle_at;
	bool expiring;
	bool leaving;
	u32 uid;
	u32 gid;
	u32 reply_max;
	u32 expiry;
	u32 flags;
	u64 next;
	u64 acked;
	struct list_head requests;
	struct samr_stream *stream;
	bool fin;
	u32 client;
	u8 over;
};

/**
 * struct samr_session_table - the sessions of a group
 * @sessions: struct samr_session
 * @count: of them
 * @promised: bytes that their open requests' replies may have, and their streams
 */
struct samr_session_table {
	struct list_head sessions;
	u32 count;
	u64 promised;
};

/**
 * struct samr_sessions - all of them, in struct samr_node
 * @by_id: of all groups
 * @by_name: likewise
 * @count: of them
 * @promised: of all tables
 * @mine: their access head is this node
 * @groups: their clients are groups
 * @ready: of @mine: may have replies to let go
 * @ended: of @mine: gone, which their clients are still to be told
 * @later: SESSION and refused REQUEST of clients here, that wait for stability
 * @refused: a REQUEST was refused as FULL: whoever sent it waits
 * @giving: a donor here may have replies to submit
 * @pushed: struct samr_stream, whose output was sent to other heads and is not confirmed
 * @ask_at: when other heads are asked for replies
 * @stream_at: when streams are looked at
 * @expire_at: sequencer: when to look for sessions that expire
 * @retry_at: when to try again what lacked memory
 */
struct samr_sessions {
	struct list_head by_id[SAMR_SESSION_BUCKETS];
	struct list_head by_name[SAMR_SESSION_BUCKETS];
	u32 count;
	u64 promised;
	struct list_head mine;
	struct list_head groups;
	struct list_head ready;
	struct list_head ended;
	struct list_head later;
	struct list_head pushed;
	bool refused;
	bool giving;
	u64 ask_at;
	u64 stream_at;
	u64 expire_at;
	u64 retry_at;
};

/** samr_session_init - of a new node */
void samr_session_init(struct samr_node *n);

/** samr_session_table_init - an empty table */
void samr_session_table_init(struct samr_session_table *t);

/** samr_session_parse - is the payload of a SESSION or STREAM well-formed? */
bool samr_session_parse(u8 kind, const struct samr_session_payload *p);

/** samr_session_promise - what an open request takes of what is promised */
static inline u64 samr_session_promise(const struct samr_session *s)
{
	return s->client ? 0 : (u64)s->reply_max + SAMR_REQUEST_COST;
}

/** samr_session_keep - what a session takes of it, whether there are open requests or not */
u64 samr_session_keep(const struct samr_session *s);

/** samr_session_find - a session, by the id that its client drew, or NULL */
struct samr_session *samr_session_find(const struct samr_node *n, u32 group,
				       u64 id);

/** samr_session_named - a session, or NULL */
struct samr_session *samr_session_named(const struct samr_node *n, u32 group,
					u64 name);

/** samr_session_request - an open request of it, or NULL */
struct samr_request *samr_session_request(const struct samr_session *s,
					  u64 number);

/** samr_session_of - that of group @client, or NULL */
struct samr_session *samr_session_of(const struct samr_node *n, u32 group,
				     u32 client);

/**
 * samr_session_add - a group has a new one, from @msg
 * @client: the client is this group; 0: it is none
 *
 * Return: NULL without memory.
 */
struct samr_session *samr_session_add(struct samr_node *n, struct samr_group *g,
				      const struct samr_msg *msg,
				      const struct samr_session_payload *p,
				      u32 client);

/** samr_session_drop - it is gone, and nobody is told */
void samr_session_drop(struct samr_node *n, struct samr_group *g,
		       struct samr_session *s);

/** samr_session_trim - its open requests up to a number are settled */
void samr_session_trim(struct samr_node *n, struct samr_group *g,
		       struct samr_session *s, u64 upto);

/** samr_session_over - that of a group is: its requests are forgotten; @how: @over */
void samr_session_over(struct samr_node *n, struct samr_group *g,
		       struct samr_session *s, u8 how);

/** samr_session_detached - does it wait for its client to come back? */
static inline bool samr_session_detached(const struct samr_session *s)
{
	return !s->node && !s->client;
}

/** samr_session_watch - it does from now on */
void samr_session_watch(struct samr_node *n, struct samr_session *s);

/** samr_session_orphans - the sequencer: those of groups without members end */
void samr_session_orphans(struct samr_node *n);

/** samr_session_served - does anybody who could answer serve the group? */
bool samr_session_served(const struct samr_group *g);

/** samr_session_is_mine - is this node its access head? */
bool samr_session_is_mine(const struct samr_node *n,
			  const struct samr_session *s);

/**
 * samr_session_apply - SESSION, STREAM or REQUEST at its place
 * @g: its group, or NULL
 * @msg: gets what there is to be told
 *
 * Return: false without memory; nothing has happened then.
 */
bool samr_session_apply(struct samr_node *n, struct samr_group *g,
			struct samr_msg *msg);

/** samr_session_view - those whose access head is not in the view are detached
 * @gseq: the view's place
 */
void samr_session_view(struct samr_node *n, struct samr_group *g, u64 gseq);

/** samr_session_end - the group's members, or its state, are gone */
void samr_session_end(struct samr_node *n, struct samr_group *g);

/** samr_session_end_one - so are those that one was for */
void samr_session_end_one(struct samr_node *n, struct samr_group *g,
			  struct samr_session *s);

/** samr_session_forget - all of a group, without telling anybody */
void samr_session_forget(struct samr_node *n, struct samr_session_table *t);

/** samr_session_clear - forget a table that is no group's yet */
void samr_session_clear(struct samr_session_table *t);

/** samr_session_hold - @msg is told to its sender when it is stable */
void samr_session_hold(struct samr_node *n, struct samr_msg *msg);

/** samr_session_start - a view serves: the time of those detached begins anew */
void samr_session_start(struct samr_node *n);

/** samr_session_learn - append a session that a learner was given
 * @t: table
 * @w: it
 * @upto: as it was at this place
 *
 * Its open requests follow by samr_session_learn_place().
 *
 * Return: SAMR_DROP_NONE, SAMR_DROP_RECORD when it can not be, SAMR_DROP_MEMORY.
 */
enum samr_drop samr_session_learn(struct samr_node *n,
				  struct samr_session_table *t, u32 group,
				  const struct samr_rec_session *w, u64 upto);

/** samr_session_learn_place - the next open request of the last one */
enum samr_drop samr_session_learn_place(struct samr_session_table *t,
					u64 place, u64 upto);

/** samr_session_adopt - a table that was learnt is the group's now */
void samr_session_adopt(struct samr_node *n, struct samr_group *g,
			struct samr_session_table *t);

/** samr_session_timer - sessions expire; what lacked memory is tried again */
void samr_session_timer(struct samr_node *n);
u64 samr_session_deadline(const struct samr_node *n);

#endif /* SAMR_CORE_SESSION_H */
