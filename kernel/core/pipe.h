/* SPDX-License-Identifier: GPL-2.0 */
/*
 * A pipe between a head and a client node: what one tells the other arrives once, complete and
 * in its order, or the pipe ends.
 *
 * What is put in is cut into records, which are numbered. A record is repeated until the other
 * side has it; at most SAMR_PIPE_WINDOW are under way, so that 64 bits say which of them are
 * there. A pipe never comes back: whoever has lost it makes another one, with a higher
 * number. Both sides send a frame each beat, and so hear when the other one is gone.
 */
#ifndef SAMR_CORE_PIPE_H
#define SAMR_CORE_PIPE_H

#include "plat.h"
#include "wire.h"

struct samr_msg;
struct samr_node;

/* Records under way in one direction: the next one, and those that PIPE has a bit for. */
#define SAMR_PIPE_WINDOW	64
/* What waits to be sent on one pipe; who would need more has lost touch. */
#define SAMR_PIPE_PARCELS	16384
/* And in bytes: all replies that the session tables of a head may keep. */
#define SAMR_PIPE_BYTES		(128U << 20)

/**
 * struct samr_parcel - one thing that is told
 * @link: in samr_pipe.out, or wherever its receiver keeps it
 * @seq: of its first record
 * @count: records
 * @what: enum samr_carry_what
 * @msg: what is told: its meta.gseq is samr_carry.place and its meta.oseq is
 *	samr_carry.number; a reference
 */
struct samr_parcel {
	struct list_head link;
	u64 seq;
	u32 count;
	u8 what;
	struct samr_msg *msg;
};

/**
 * struct samr_pipe - one
 * @node: who is at the other end
 * @inc: its incarnation
 * @link: number of the pipe; 0: there is none
 * @size: bytes of its frames
 * @begin: SAMR_PIPE_BEGIN, until the other side was heard
 * @blob: a frame that still takes records, or NULL
 * @records: in it so far
 * @out: struct samr_parcel, by @seq, those that the other side has not got as a whole
 * @parcels: of them
 * @bytes: of them
 * @made: number of the last record
 * @sent: number of the last one that was sent
 * @acked: the other side has all up to here
 * @others: and of those behind the next one these, as in PIPE
 * @resend_at: when the first that is not acknowledged is repeated
 * @backoff: how often that was done in vain
 * @again: those up to this one were repeated as a later one had come
 * @rtt: from record to acknowledgement, smoothed, ns; 0: not known
 * @timed: record that is timed; 0: none is
 * @timed_at: when it was sent
 * @got: all records up to here have come
 * @held: and of those behind the next one these, as in PIPE
 * @early: struct early: these
 * @part: what has come of what is not complete, or NULL
 * @owes: something came that is to be acknowledged
 * @heard: when the other side was heard last
 * @beat_at: when a frame is due, if no other goes
 */
struct samr_pipe {
	u64 node;
	u64 inc;
	u64 link;
	u32 size;
	bool begin;
	struct samr_blob *blob;
	u32 records;
	struct list_head out;
	u32 parcels;
	u64 bytes;
	u64 made;
	u64 sent;
	u64 acked;
	u64 others;
	u64 resend_at;
	u32 backoff;
	u64 again;
	u64 rtt;
	u64 timed;
	u64 timed_at;
	u64 got;
	u64 held;
	struct list_head early;
	struct samr_parcel *part;
	bool owes;
	u64 heard;
	u64 beat_at;
};

/**
 * samr_pipe_open - a new one, with nothing in it
 * @n: the node
 * @p: of which nothing is kept
 * @info: header of a frame of the other side
 * @link: number
 * @size: bytes of a frame
 */
void samr_pipe_open(struct samr_node *n, struct samr_pipe *p,
		    const struct samr_frame_info *info, u64 link, u32 size);

/** samr_pipe_close - it is no more; what was put in and not got is forgotten */
void samr_pipe_close(struct samr_pipe *p);

/**
 * samr_pipe_put - tell something
 * @p: open
 * @what: enum samr_carry_what
 * @msg: complete; a reference is taken
 *
 * Return: false without memory, or when too much waits: then the pipe is to be closed.
 */
bool samr_pipe_put(struct samr_pipe *p, u8 what, struct samr_msg *msg);

/** samr_pipe_heard - PIPE; false: it cannot be, and the rest of the frame does not count */
bool samr_pipe_heard(struct samr_node *n, struct samr_pipe *p,
		     const struct samr_record *r);

/**
 * samr_pipe_take - CARRY
 *
 * What is in turn stays in the pipe until samr_pipe_next() has given it.
 * Return: SAMR_DROP_NONE, or why it was not taken.
 */
enum samr_drop samr_pipe_take(struct samr_pipe *p, struct samr_blob *frame,
			      const struct samr_record *r);

/** samr_pipe_next - the next thing that has come as a whole, the caller's now, or NULL */
struct samr_parcel *samr_pipe_next(struct samr_node *n, struct samr_pipe *p);

/** samr_parcel_free - with its reference */
void samr_parcel_free(struct samr_parcel *x);

/** samr_pipe_flush - send what may be sent */
void samr_pipe_flush(struct samr_node *n, struct samr_pipe *p);

/** samr_pipe_timer - repeat what has not arrived, and send a sign of life */
void samr_pipe_timer(struct samr_node *n, struct samr_pipe *p);
u64 samr_pipe_deadline(const struct samr_pipe *p);

/** samr_pipe_bye - tell that pipe @link of a client node, or of a head, is over */
void samr_pipe_bye(struct samr_node *n, u64 node, u64 inc, u64 link);

/**
 * samr_pipe_frame - a frame of one record, padded with zeros to @size
 * @rec: it; its length is filled in
 * @len: bytes of it
 */
void samr_pipe_frame(struct samr_node *n, u64 dest, struct samr_rec *rec,
		     u32 len, u32 size);

#endif /* SAMR_CORE_PIPE_H */
