/* SPDX-License-Identifier: GPL-2.0 */
/*
 * Streams: sessions whose requests are segments of one input, and whose replies are
 * one output. Documentation/streams.rst says why so.
 *
 * What is ordered is in struct samr_session: @next counts bytes of input, @acked
 * those of output that the client has read. Here is what is no function of the
 * order: the output as far as a member here, or another head, has come; and how far
 * members have read. It is different at each head, and bounded by the window.
 *
 * Invariants: @out has the bytes from some number up to @acked + 1, or above it, to
 * @made - 1 without a gap; @given, @sent and @heard do not exceed @made.
 */
#ifndef SAMR_CORE_STREAM_H
#define SAMR_CORE_STREAM_H

#include "event.h"
#include "session.h"
#include "wire.h"

/* Pieces of output that a member may have unread by the client; what they cost. */
#define SAMR_STREAM_PIECES	32
#define SAMR_STREAM_COST	8192
#define SAMR_STREAM_FRAME	512

/**
 * struct samr_stream - of a session that is a stream
 * @session: it
 * @out: output, struct samr_msg by @link; meta.arg is the number of the first byte,
 *	meta.gseq the commit place
 * @pieces: of @out
 * @made: number of the next byte of output; behind its end, one more
 * @end: enum samr_end: how it has ended
 * @end_commit: commit place of that
 *
 * At the access head:
 * @given: what is before this number was let go, in this attachment
 * @from: head that gives the output; 0: a member here, or nobody
 * @on: it has said that it does
 * @lacks: it was asked for what is missing
 * @blocked: a segment was refused, as members have not read so far
 * @seen: by member index of the view: members there have read up to this number
 *
 * Elsewhere:
 * @pushed: in samr_sessions.pushed
 * @wanted: head that takes the output from here; 0: none
 * @sent: what is before this number was sent to it
 * @heard: and it has said so up to here
 * @awaited: a member is to read on, says the access head
 * @told: it was told that members here have read up to this number
 *
 * @read: they have
 * @full: a member here waits for room
 * @at: when to ask, or to send, again
 * @tries: so often that was done
 *
 * While the group's state is given (place.c):
 * @input: number of the last byte, or of the end, that was ordered when that began
 * @ended: and that was the end
 * @placed: the donor has told, in the order, where its member stood then
 */
struct samr_stream {
	struct samr_session *session;
	struct list_head out;
	u32 pieces;
	u64 made;
	u8 end;
	u64 end_commit;

	u64 given;
	u64 from;
	bool on;
	bool lacks;
	bool blocked;
	u64 seen[SAMR_HEADS_MAX];

	struct list_head pushed;
	u64 wanted;
	u64 sent;
	u64 heard;
	bool awaited;
	u64 told;

	u64 read;
	bool full;
	u64 at;
	u32 tries;

	u64 input;
	bool ended;
	bool placed;
};

/** samr_stream_cost - what a stream takes of what is promised */
static inline u64 samr_stream_cost(u32 window)
{
	return 2 * (u64)window + SAMR_STREAM_COST;
}

static inline u64 samr_stream_promise(const struct samr_session *s)
{
	return samr_stream_cost(s->reply_max);
}

/** samr_stream_most - pieces of output: what comes in frames may be cut into more than were written */
static inline u32 samr_stream_most(u32 window)
{
	return 2 * SAMR_STREAM_PIECES + window / SAMR_STREAM_FRAME;
}

/** samr_stream_new - of a session; NULL without memory */
struct samr_stream *samr_stream_new(struct samr_session *s);

/** samr_stream_free - forget it; NULL is allowed */
void samr_stream_free(struct samr_stream *st);

/** samr_stream_relieve - a member here that waits for room may write again, if into nothing */
void samr_stream_relieve(struct samr_node *n, struct samr_stream *st);

/** samr_stream_made - OUTPUT of a local member, as samr_node_step() */
int samr_stream_made(struct samr_node *n, const struct samr_event *ev);

/**
 * samr_stream_room - how many bytes may a member here write?
 * @from: number of its next one
 *
 * Return: so many; 0 too when there is no such stream, of which OUTPUT tells.
 */
u32 samr_stream_room(const struct samr_node *n, u32 group, u64 session,
		     u64 from);

/** samr_stream_read - INPUT of local members */
void samr_stream_read(struct samr_node *n, const struct samr_event *ev);

/**
 * samr_stream_fits - may a client here send this REQUEST, as far as that is a segment?
 *
 * Return: 0; -EAGAIN: members have to read first, samr_actions.writable tells when
 * it may be tried again; -EMSGSIZE: it is longer than the window.
 */
int samr_stream_fits(struct samr_node *n, const struct samr_submit *s);

/** samr_stream_give - let go what may go: commit places up to @upto; false: later */
bool samr_stream_give(struct samr_node *n, struct samr_session *s, u64 upto);

/** samr_stream_acked - the client has read the output up to a number */
void samr_stream_acked(struct samr_node *n, struct samr_session *s, u64 acked);

/** samr_stream_attach - it has another access head, or none */
void samr_stream_attach(struct samr_node *n, struct samr_session *s);

/** samr_stream_look - the group's members have changed: who writes, who is left? */
void samr_stream_look(struct samr_node *n, struct samr_group *g);

/** samr_stream_add - output behind that which is there; the reference is taken over */
void samr_stream_add(struct samr_stream *st, struct samr_msg *msg);

/** samr_stream_set_end - it ends there */
void samr_stream_set_end(struct samr_node *n, struct samr_stream *st, u8 end,
			 u64 commit);

/** samr_stream_hand_on - there is more output: to the client, or to its access head */
void samr_stream_hand_on(struct samr_node *n, struct samr_stream *st);

/** samr_stream_view - at a view's place: heads may have another index from here on */
void samr_stream_view(struct samr_session *s);

/** samr_stream_start - a view serves */
void samr_stream_start(struct samr_node *n);

/** samr_stream_asked - STREAM_ASK of member @src */
void samr_stream_asked(struct samr_node *n, u64 src,
		       const struct samr_record *r);

/** samr_stream_came - STREAM of the member with that index in the view */
enum samr_drop samr_stream_came(struct samr_node *n, u32 index,
				struct samr_blob *frame,
				const struct samr_record *r);

void samr_stream_timer(struct samr_node *n);

#endif /* SAMR_CORE_STREAM_H */
