/* SPDX-License-Identifier: GPL-2.0 */
/*
 * The delivery log of a service: each message once, each reader a cursor.
 *
 * Nothing is allocated here: a delivered message is linked by its own list
 * head, so it cannot be lost for want of memory. It leaves the log when no reader
 * is going to read it any more. The owner of the log serialises all calls.
 *
 * A reader that has left its group reads up to its end, whenever it likes. What
 * lies behind that end is not kept for it, and nobody waits for it: @done is
 * about the others.
 *
 * A reader that is held, as it lacks the state that messages are to be applied to,
 * reads nothing. What comes is kept for it, and nobody waits for it either: its
 * owner has to end that when it becomes too much.
 */
#ifndef SAMR_LOG_H
#define SAMR_LOG_H

#include <linux/list.h>
#include <linux/types.h>
#include "core/node.h"
#include "core/msg.h"
#include "point.h"

/** samr_msg_head - bytes in front of a message that are not for its readers */
static inline u32 samr_msg_head(const struct samr_msg *msg)
{
	switch (msg->meta.kind) {
	case SAMR_KIND_REQUEST:
		return sizeof(struct samr_request_payload);
	case SAMR_KIND_RETURN:
		return sizeof(struct samr_return_payload);
	default:
		return 0;
	}
}

/** samr_msg_bytes - bytes that its readers get */
static inline u32 samr_msg_bytes(const struct samr_msg *msg)
{
	return msg->meta.len - samr_msg_head(msg);
}

/**
 * samr_msg_begins_transfer - does the group's state begin to be given to somebody?
 *
 * Unless it has SAMR_MSG_KEEP all streams of the group have ended then.
 */
static inline bool samr_msg_begins_transfer(const struct samr_msg *msg)
{
	return msg->transfer && msg->transfer->id == msg->meta.gseq;
}

/**
 * struct samr_log - messages that some reader is going to read
 * @msgs: struct samr_msg, ascending by gseq; each holds one reference
 * @readers: struct samr_reader, ascending by the message to be read next; those
 *	with nothing to read come last
 * @bytes: payload ever appended
 * @count: messages in @msgs
 * @last: gseq of the message appended last
 * @done: all readers without an end that are not held have passed everything up
 *	to this gseq
 * @cost: what of it was not yet reported, in samr_msg_cost()s
 */
struct samr_log {
	struct list_head msgs;
	struct list_head readers;
	u64 bytes;
	u32 count;
	u64 last;
	u64 done;
	u64 cost;
};

/**
 * struct samr_reader - one member's place in the log
 * @node: in samr_log.readers while it reads; empty otherwise
 * @next: link of the message to be read next, or the log's head
 * @end: gseq of its own LEAVE, where reading ends; 0: not known yet
 * @bytes: samr_log.bytes at @next
 * @limit: samr_log.bytes at @end
 * @seen: the last message that it read
 * @view: the group's view at @next, 0 before the first
 * @members: number of members in @view
 * @views: wants messages that changed the view; others skip them
 * @diverged: wants to know that replicas differ
 * @part: of the next message it has read this much: 0: nothing; n: all but what
 *	is told of locks from number n - 1 on
 * @streams: wants what concerns streams, and nothing else; others want all but that
 * @edges: wants to be woken for each message, not only for the first one
 * @held: see above
 * @kept: cost of what was kept since it is held
 * @head: that it is on, and
 * @port: its number there: SNAPSHOTs that make it the donor are for it, and what is
 *	told of locks. 0: of pieces of state
 */
struct samr_reader {
	struct list_head node;
	struct list_head *next;
	u64 end;
	u64 bytes;
	u64 limit;
	struct samr_point seen;
	u64 view;
	u32 members;
	u32 part;
	bool views;
	bool diverged;
	bool streams;
	bool edges;
	bool held;
	u64 kept;
	u64 head;
	u32 port;
};

/** samr_log_init - an empty log */
void samr_log_init(struct samr_log *log);

/** samr_log_reader_init - a reader that does not read */
void samr_log_reader_init(struct samr_reader *r);

/** samr_log_attach - @r reads, beginning with the next message appended */
void samr_log_attach(struct samr_log *log, struct samr_reader *r);

/**
 * samr_log_detach - @r reads no further
 * @log: its log
 * @r: reader, attached or not
 * @free: messages that nobody else waits for are moved there; the references
 *	go to the caller, see samr_log_free()
 */
void samr_log_detach(struct samr_log *log, struct samr_reader *r,
		     struct list_head *free);

/**
 * samr_log_end - @r has left with message @gseq: it reads up to there
 *
 * That message is not appended yet.
 */
void samr_log_end(struct samr_log *log, struct samr_reader *r, u64 gseq,
		  struct list_head *free);

/** samr_log_hold - @r, just attached, reads nothing until samr_log_unhold() */
void samr_log_hold(struct samr_reader *r);

/** samr_log_unhold - it reads, and is waited for, from here on */
void samr_log_unhold(struct samr_reader *r);

/** samr_log_attached - does it still read? False from the end on */
static inline bool samr_log_attached(const struct samr_reader *r)
{
	return !list_empty(&r->node);
}

/**
 * samr_log_append - a message is delivered
 * @log: the log
 * @msg: its reference belongs to the log from here
 * @free: takes it when no reader wants it
 * @wake: called for each reader that is to be woken
 *
 * A reader is woken when it had nothing to read before, or asked for edges.
 */
void samr_log_append(struct samr_log *log, struct samr_msg *msg,
		     struct list_head *free,
		     void (*wake)(struct samr_reader *r));

/**
 * samr_log_peek - the message that @r is to read next
 *
 * Return: it, without a reference, or NULL when there is none now.
 */
struct samr_msg *samr_log_peek(const struct samr_log *log,
			       const struct samr_reader *r);

/**
 * samr_log_note - what of the message is to be read next
 * @r: reader
 * @msg: what samr_log_peek() said
 *
 * A message that changes the members may also tell of locks: each of that is read
 * by itself, behind the view.
 *
 * Return: what it is told of a lock; NULL: the message itself.
 */
const struct samr_lock_note *samr_log_note(const struct samr_reader *r,
					   const struct samr_msg *msg);

/**
 * samr_log_pass - @r has read a message, or what samr_log_note() said of it
 * @log: the log
 * @r: reader
 * @msg: what samr_log_peek() said; nothing happens when that is not so any more
 * @free: as in samr_log_detach()
 */
void samr_log_pass(struct samr_log *log, struct samr_reader *r,
		   const struct samr_msg *msg, struct list_head *free);

/**
 * samr_log_want_views - change what @r wants, from its place in the log on
 */
void samr_log_want_views(struct samr_log *log, struct samr_reader *r, bool views,
			 struct list_head *free);

/** samr_log_asks - does a transfer of the state begin with @msg, and is @r its donor? */
bool samr_log_asks(const struct samr_reader *r, const struct samr_msg *msg);

/** samr_log_idle - has every reader without an end read all that there is? */
static inline bool samr_log_idle(const struct samr_log *log)
{
	return log->done == log->last;
}

/** samr_log_unread - bytes of payload that @r has not read */
u64 samr_log_unread(const struct samr_log *log, const struct samr_reader *r);

/** samr_log_free - drop the references of messages that left a log */
void samr_log_free(struct list_head *free);

#endif /* SAMR_LOG_H */
