/* SPDX-License-Identifier: GPL-2.0 */
/*
 * A message: what it is (meta) and its bytes, in pieces as they came.
 *
 * Made by the origin, or piece by piece by a receiver. Once complete it never
 * changes; then the history, the delivery log and readers share it by
 * references, which may be dropped on any CPU.
 */
#ifndef SAMR_CORE_MSG_H
#define SAMR_CORE_MSG_H

#include "plat.h"
#include "wire.h"

struct samr_members;
struct samr_transfer;
struct samr_lock_notes;
struct samr_divergences;

/**
 * struct samr_piece - some bytes of a message
 * @off: position of the first one in the message
 * @blob: the bytes
 */
struct samr_piece {
	u32 off;
	struct samr_blob *blob;
};

/* A piece that neither ends a message nor fills a gap has at least this size. */
#define SAMR_PIECE_MIN		256
#define SAMR_PIECES_MAX		(SAMR_LEN_MAX / SAMR_PIECE_MIN + 2)

/**
 * struct samr_msg - a message
 * @action: DELIVER, once
 * @link: in the group's list of held ones. After delivery it is free for use by
 *	the receiver of the delivery
 * @job: at the origin: in the list of messages that are still being sent
 * @ref: references
 * @meta: what it is
 * @have: bytes in @pieces
 * @npieces: pieces held, sorted by @off, without overlap
 * @cap: room in @pieces
 * @all: was, or is being, sent by its origin to all heads
 * @refused: JOIN: the group was full; SNAPSHOT, STATE, READ: not, or not any more,
 *	for its sender to say; SESSION, REQUEST: see @result; the order holds the
 *	message all the same
 * @result: SESSION, REQUEST, REPLY: enum samr_ses; ALARM: enum samr_al
 * @segment: REQUEST: it is one of a stream
 * @unwanted: QUERY: nobody waits for an answer any more. It comes after the delivery, at
 *	any time: a hint that it need not be kept
 * @sent: bytes of it that the origin has sent the first time
 * @cost: at the origin: what it was charged until it had its place (credit.c)
 * @epoch: view in which it was delivered
 * @view: delivered in this group view: gseq of the change that made it
 * @random: group random of this place
 * @session: name of the session that a SESSION, REQUEST or REPLY is about, or 0
 * @next: SESSION, REQUEST: the session's next request, from here on; ALARM: number of the
 *	alarm
 * @members: JOIN and LEAVE that changed the group: its members from here on
 * @transfer: the group's state transfer from here on (id 0: none); NULL: as before
 * @locks: what members are told of locks, or NULL; it belongs to the message
 * @diverged: DIGEST: replicas differ, as was not known before, or NULL; likewise
 * @at: at the origin: when it was taken for the order, ns; 0: its time is not measured
 * @far: of struct samr_submit, at the origin
 * @aloof: with @far: no member here reads it
 * @owner: of struct samr_submit, at the origin
 * @pieces: the bytes; @one is used when there is only one piece
 * @one: see @pieces
 */
struct samr_msg {
	struct samr_action action;
	struct list_head link;
	struct list_head job;
	samr_ref_t ref;
	struct samr_meta meta;
	u32 have;
	u16 npieces;
	u16 cap;
	bool all;
	bool refused;
	bool segment;
	bool unwanted;
	bool aloof;
	u8 result;
	u32 sent;
	u32 cost;
	u64 epoch;
	u64 view;
	u64 random;
	u64 session;
	u64 next;
	struct samr_members *members;
	struct samr_transfer *transfer;
	struct samr_lock_notes *locks;
	struct samr_divergences *diverged;
	u64 at;
	u64 far;
	void *owner;
	struct samr_piece *pieces;
	struct samr_piece one;
};

/**
 * samr_msg_new - a message without bytes
 * @m: what it is
 *
 * Return: it, with one reference, or NULL without memory.
 */
struct samr_msg *samr_msg_new(const struct samr_meta *m);

/**
 * samr_msg_copy - a message with the same bytes
 * @msg: complete
 *
 * Return: it, with one reference, to be delivered by itself, or NULL without memory.
 */
struct samr_msg *samr_msg_copy(const struct samr_msg *msg);

/**
 * samr_msg_take - the rest of a message is the bytes of another one, from @off on
 * @msg: has bytes up to @at
 * @at: position in it
 * @from: complete
 * @off: position in @from
 *
 * Return: false without memory.
 */
bool samr_msg_take(struct samr_msg *msg, u32 at, const struct samr_msg *from,
		   u32 off);

/** samr_msg_get - one more reference */
struct samr_msg *samr_msg_get(struct samr_msg *msg);

/** samr_msg_put - give a reference back; the last one frees it. NULL is allowed */
void samr_msg_put(struct samr_msg *msg);

/** samr_msg_complete - are all bytes there? */
static inline bool samr_msg_complete(const struct samr_msg *msg)
{
	return msg->have == msg->meta.len;
}

/**
 * samr_msg_same - do two descriptions mean the same message?
 * @a: one
 * @b: the other; place and time are compared only when both have them
 */
bool samr_msg_same(const struct samr_meta *a, const struct samr_meta *b);

/**
 * samr_msg_add - add bytes, unless they are there already
 * @msg: not complete
 * @frame: where they are
 * @at: first byte in @frame
 * @off: their position in the message
 * @len: how many; @off + @len is at most the message's length
 *
 * Return: SAMR_DROP_NONE; SAMR_DROP_DUPLICATE when all were there;
 * SAMR_DROP_LIMIT, SAMR_DROP_MEMORY.
 */
enum samr_drop samr_msg_add(struct samr_msg *msg, struct samr_blob *frame,
			    u32 at, u32 off, u32 len);

/**
 * samr_msg_gap - the first run of bytes that lacks at or behind a position
 * @msg: the message
 * @from: position
 * @off: filled in
 * @len: filled in
 *
 * Return: false when none lacks.
 */
bool samr_msg_gap(const struct samr_msg *msg, u32 from, u32 *off, u32 *len);

/**
 * samr_msg_write - append bytes of a message to a frame
 * @msg: message that holds them
 * @out: blob with room for them
 * @off: first byte
 * @len: how many
 */
void samr_msg_write(const struct samr_msg *msg, struct samr_blob *out, u32 off,
		    u32 len);

/**
 * samr_msg_read - copy the first bytes of a message
 * @msg: complete
 * @to: room for them
 * @len: how many
 *
 * Return: false when it has not got so many.
 */
bool samr_msg_read(const struct samr_msg *msg, u8 *to, u32 len);

/** samr_msg_of_action - the message of a DELIVER action */
static inline struct samr_msg *samr_msg_of_action(struct samr_action *a)
{
	return (struct samr_msg *)((char *)a -
				   offsetof(struct samr_msg, action));
}

#endif /* SAMR_CORE_MSG_H */
