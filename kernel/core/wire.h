/* SPDX-License-Identifier: GPL-2.0 */
/*
 * The wire format, and its encoder and decoder.
 *
 * A frame is a header, records, and a trailer (CRC32C, or a tag when there is a
 * key) that belongs to whoever moves frames. All numbers are big-endian, all
 * structures free of holes. A decoder never trusts a length: it checks it
 * against what is there, and says by its return value why it refuses.
 */
#ifndef SAMR_CORE_WIRE_H
#define SAMR_CORE_WIRE_H

#include "event.h"
#include "plat.h"
#include "wirestate.h"

#define SAMR_WIRE_VERSION	2

/* Frame types. The core does not see SAMR_FRAME_LINK. */
#define SAMR_FRAME_CORE		1	/* records of the core */
#define SAMR_FRAME_LINK		2	/* probes of the link layer */
#define SAMR_FRAME_CLIENT	3	/* between a head and a client node */

/* Bytes from the header to the end of the last record. */
#define SAMR_FRAME_MIN		512	/* every link must carry this much */
#define SAMR_FRAME_LIMIT	60000

/* Most members of a view, and ids of heads: 1 .. SAMR_IDS - 1. */
#define SAMR_HEADS_MAX		16
#define SAMR_IDS		64

/* Length of the trailer without a key: CRC32C over header and records. */
#define SAMR_CRC_LEN		4

/**
 * struct samr_hdr - in front of each frame
 * @version: SAMR_WIRE_VERSION
 * @type: SAMR_FRAME_*
 * @key: id of the key of the trailer; 0: none, a CRC32C
 * @flags: zero
 * @cluster: id of the cluster; frames of other clusters are not ours
 * @src: node that sent the frame
 * @inc: its incarnation
 * @counter: of the frames that @src sent in this incarnation, from 1; filled in
 *	by whoever moves frames
 * @epoch: view that the frame belongs to; 0: none is installed
 * @ack: @src holds every message of the order up to this one
 * @domain: order that the frame belongs to
 * @len: bytes from the header to the end of the last record: what follows
 *	after the trailer is padding
 * @records: how many
 * @reserved: zero
 */
struct samr_hdr {
	__u8 version;
	__u8 type;
	__u8 key;
	__u8 flags;
	__be32 cluster;
	__be64 src;
	__be64 inc;
	__be64 counter;
	__be64 epoch;
	__be64 ack;
	__be16 domain;
	__be16 len;
	__be16 records;
	__be16 reserved;
};

/**
 * enum samr_rec_type - records
 * @SAMR_REC_SUBMIT: a message, or a part of one, from its origin
 * @SAMR_REC_ORDER: the place of a message in the order, and its bytes or a part
 *	of them
 * @SAMR_REC_NACK: the sender lacks something
 * @SAMR_REC_BEAT: the sender lives; from the sequencer: the end of the order
 * @SAMR_REC_HELLO: the sender has no view, and wants one
 * @SAMR_REC_VIEW: a view that was decided
 * @SAMR_REC_CREDIT: members on the sender have read up to here
 * @SAMR_REC_CREDIT_ASK: the sender waits for credit
 * @SAMR_REC_PREPARE: the sender wants to change the view
 * @SAMR_REC_ANSWER: promise not to take part in anything older, and what the
 *	sender holds
 * @SAMR_REC_TAKEN: with an ANSWER: the proposal that the sender has accepted
 * @SAMR_REC_ACCEPT: the proposal
 * @SAMR_REC_ACCEPTED: the sender accepts it
 * @SAMR_REC_REFUSE: something newer was promised
 * @SAMR_REC_DEAD: this incarnation is known to be fenced
 * @SAMR_REC_STATE_ASK: a learner asks for the replicated state
 * @SAMR_REC_STATE: where the learner's order begins
 * @SAMR_REC_STATE_GROUP: one group, or the end of them
 * @SAMR_REC_STATE_LOCKS: behind a group: its locks
 * @SAMR_REC_STATE_SESSIONS: behind its locks: its sessions
 * @SAMR_REC_REPLY_ASK: a client of the sender waits for a reply
 * @SAMR_REC_REPLY: it, or a part of it
 * @SAMR_REC_STREAM_ASK: the access head of a stream wants its output, or to know more
 * @SAMR_REC_STREAM: output, or how far members have read
 * @SAMR_REC_BARRIER_ASK: the sender wants to know what may be stable
 * @SAMR_REC_BARRIER: so much is held
 * @SAMR_REC_QUESTION: a query of a client of the sender, or a part of it, for a member
 *	of the receiver
 * @SAMR_REC_VERDICT: the answer to it, or a part of that
 * @SAMR_REC_STATE_ALARMS: between the locks and the sessions of a group: its alarms
 * @SAMR_REC_KNOCK: a client node looks for a head
 * @SAMR_REC_WELCOME: here is one
 * @SAMR_REC_PIPE: in front of all else between a head and a client node
 * @SAMR_REC_CARRY: what one tells the other, or a part of it
 */
enum samr_rec_type {
	SAMR_REC_SUBMIT		= 1,
	SAMR_REC_ORDER		= 2,
	SAMR_REC_NACK		= 3,
	SAMR_REC_BEAT		= 4,
	SAMR_REC_HELLO		= 5,
	SAMR_REC_VIEW		= 6,
	SAMR_REC_CREDIT		= 7,
	SAMR_REC_CREDIT_ASK	= 8,
	SAMR_REC_PREPARE	= 9,
	SAMR_REC_ANSWER		= 10,
	SAMR_REC_TAKEN		= 11,
	SAMR_REC_ACCEPT		= 12,
	SAMR_REC_ACCEPTED	= 13,
	SAMR_REC_REFUSE		= 14,
	SAMR_REC_DEAD		= 15,
	SAMR_REC_STATE_ASK	= 16,
	SAMR_REC_STATE		= 17,
	SAMR_REC_STATE_GROUP	= 18,
	SAMR_REC_STATE_LOCKS	= 19,
	SAMR_REC_STATE_SESSIONS	= 20,
	SAMR_REC_REPLY_ASK	= 21,
	SAMR_REC_REPLY		= 22,
	SAMR_REC_STREAM_ASK	= 23,
	SAMR_REC_STREAM		= 24,
	SAMR_REC_BARRIER_ASK	= 25,
	SAMR_REC_BARRIER	= 26,
	SAMR_REC_QUESTION	= 27,
	SAMR_REC_VERDICT	= 28,
	SAMR_REC_STATE_ALARMS	= 29,
	SAMR_REC_KNOCK		= 30,
	SAMR_REC_WELCOME	= 31,
	SAMR_REC_PIPE		= 32,
	SAMR_REC_CARRY		= 33,
};

/* SUBMIT: sent to all heads, so that the order need not repeat the bytes. */
#define SAMR_REC_F_ALL		0x01
/* ORDER: the bytes come, or came, from the origin. */
#define SAMR_REC_F_REF		0x02
/* ORDER: repeated by a holder on request. */
#define SAMR_REC_F_REPAIR	0x04
/* REPLY: there is more; it has to be asked for. */
#define SAMR_REC_F_MORE		0x08
/* STREAM_ASK: send it, though it may have been sent. */
#define SAMR_REC_F_AGAIN	0x10

/**
 * struct samr_rec_submit - followed by bytes @off .. of the message
 * @oseq: the origin's number for the message, from 1, without a gap
 * @arg: see struct samr_submit
 * @group: it goes to
 * @port: sending member
 * @uid: of the sender
 * @gid: of the sender
 * @total: length of the message
 * @off: position of this record's bytes in it
 * @kind: enum samr_kind
 * @mflags: SAMR_MSG_*
 * @reserved: zero
 */
struct samr_rec_submit {
	struct samr_rec rec;
	__be32 group;
	__be64 oseq;
	__be64 arg;
	__be32 port;
	__be32 uid;
	__be32 gid;
	__be32 total;
	__be32 off;
	__u8 kind;
	__u8 mflags;
	__be16 reserved;
};

/**
 * struct samr_rec_order - followed by bytes @off .. of the message
 * @gseq: place in the order
 * @origin: node that submitted it
 * @inc: its incarnation
 * @time: group time, ns
 *
 * The other fields are those of struct samr_rec_submit.
 */
struct samr_rec_order {
	struct samr_rec rec;
	__be32 group;
	__be64 gseq;
	__be64 origin;
	__be64 inc;
	__be64 time;
	__be64 oseq;
	__be64 arg;
	__be32 port;
	__be32 uid;
	__be32 gid;
	__be32 total;
	__be32 off;
	__u8 kind;
	__u8 mflags;
	__be16 reserved;
};

/**
 * struct samr_rec_nack - what the sender lacks
 * @origin: 0: places of the order; else the numbers are those of this origin,
 *	and the frame goes to it
 * @first: first message
 * @last: last message
 * @off: first byte lacking, of @first, when @len is not 0
 * @len: bytes lacking; 0: all of the messages @first to @last
 */
struct samr_rec_nack {
	struct samr_rec rec;
	__be32 reserved;
	__be64 origin;
	__be64 first;
	__be64 last;
	__be32 off;
	__be32 len;
};

/**
 * struct samr_rec_saved - what the sender has on its disk, see struct samr_saved
 * @epoch: of the view; 0: none
 * @members: of it, one bit per id
 * @flags: SAMR_SAVED_*, SAMR_SAVED_TOLD; without the latter all is 0
 * @config: digest of the sender's configuration; 0: not told
 */
struct samr_rec_saved {
	__be64 epoch;
	__be64 members;
	__be32 flags;
	__be32 config;
};

#define SAMR_SAVED_TOLD		0x80	/* somebody keeps a memory there */

/**
 * struct samr_rec_beat - a sign of life
 * @flags: SAMR_BEAT_*
 * @last: last place that the sender knows to be taken
 * @hears: the heads that it hears, one bit per id, itself among them
 * @members: whom its admin wants in the view, one bit per id
 * @saved: its memory
 */
struct samr_rec_beat {
	struct samr_rec rec;
	__be32 flags;
	__be64 last;
	__be64 hears;
	__be64 members;
	struct samr_rec_saved saved;
};

#define SAMR_BEAT_READY		0x01	/* a learner that holds the state */
#define SAMR_BEAT_BYE		0x02	/* the sender will not be heard any more */
#define SAMR_BEAT_FLAGS		0x03

/**
 * struct samr_ballot - who tries to change the view, and for which time
 * @counter: compared first; 0: nobody
 * @node: compared next
 * @inc: incarnation of @node, compared last
 */
struct samr_rec_ballot {
	__be64 counter;
	__be64 node;
	__be64 inc;
};

/**
 * struct samr_rec_seat - one member of a view
 * @inc: incarnation
 * @node: head
 * @flags: SAMR_SEAT_*
 */
struct samr_rec_seat {
	__be64 inc;
	__be32 node;
	__be32 flags;
};

/*
 * A seat with a vote and data has no flags. A learner has no vote, and need not
 * hold anything yet; the witness has a vote and never holds anything.
 */
#define SAMR_SEAT_LEARNER	0x01
#define SAMR_SEAT_WITNESS	0x02
#define SAMR_SEAT_FLAGS		0x03

/**
 * struct samr_rec_hello - a head without a view, followed by @count seats: the
 *	incarnations that it hears of the heads that it wants, and its own
 * @count: seats
 * @members: whom its admin wants in the view, one bit per id
 * @founders: of them, those that shall form the first one; 0: it shall form none
 * @saved: its memory
 *
 * @rec.flags is the id of the one of them that is the witness; 0: none.
 */
struct samr_rec_hello {
	struct samr_rec rec;
	__be32 count;
	__be64 members;
	__be64 founders;
	struct samr_rec_saved saved;
};

/**
 * struct samr_rec_plan - VIEW, ACCEPT, TAKEN: a view, followed by @count seats
 * @count: members
 * @ballot: VIEW: at which it was decided; ACCEPT: at which it is to be accepted;
 *	TAKEN: at which it was accepted
 * @born: ballot at which it was proposed first
 * @epoch: its number
 * @base: its place in the order: all before it belongs to earlier views
 * @key: two halves: group random is drawn with it from the place in the order
 *
 * @rec.flags is SAMR_PLAN_*. The seats are sorted by seniority. The first with a
 * vote and data is the sequencer's.
 */
struct samr_rec_plan {
	struct samr_rec rec;
	__be32 count;
	struct samr_rec_ballot ballot;
	struct samr_rec_ballot born;
	__be64 epoch;
	__be64 base;
	__be64 key[2];
};

/* Policy `fence`; without it `majority`. Stable: held by all, or by enough. */
#define SAMR_PLAN_FENCE		0x01
#define SAMR_PLAN_QUORUM	0x02
#define SAMR_PLAN_FLAGS		0x03
/* ACCEPT: hold all before @base and answer again; it is not to be accepted yet. */
#define SAMR_PLAN_HOLD		0x04

/**
 * struct samr_rec_ask - PREPARE, ACCEPTED, REFUSE
 * @reserved: zero
 * @ballot: PREPARE: its own; ACCEPTED: the one accepted at; REFUSE: the one
 *	promised
 * @epoch: the view that the sender has installed; ACCEPTED: that of the proposal
 */
struct samr_rec_ask {
	struct samr_rec rec;
	__be32 reserved;
	struct samr_rec_ballot ballot;
	__be64 epoch;
};

/**
 * struct samr_rec_answer - ANSWER
 * @flags: SAMR_ANSWER_*
 * @ballot: that it answers
 * @accepted: ballot of the TAKEN that goes with it; counter 0: none
 * @epoch: the view that the sender has installed
 * @prefix: it holds the order up to here
 * @hears: the heads that it hears, one bit per id, itself among them
 */
struct samr_rec_answer {
	struct samr_rec rec;
	__be32 flags;
	struct samr_rec_ballot ballot;
	struct samr_rec_ballot accepted;
	__be64 epoch;
	__be64 prefix;
	__be64 hears;
};

#define SAMR_ANSWER_LEAVING	0x01	/* it is about to leave: it has no vote */
#define SAMR_ANSWER_READY	0x02	/* a learner that holds the state */
#define SAMR_ANSWER_FLAGS	0x03

/**
 * struct samr_rec_dead - an incarnation that was fenced
 * @reserved: zero
 * @node: head
 * @inc: incarnation
 */
struct samr_rec_dead {
	struct samr_rec rec;
	__be32 reserved;
	__be64 node;
	__be64 inc;
};

/**
 * struct samr_rec_credit - reading goes on (CREDIT), or is asked for (CREDIT_ASK)
 * @group: of which group
 * @gseq: CREDIT: all members on the sender have read up to here; CREDIT_ASK: 0
 */
struct samr_rec_credit {
	struct samr_rec rec;
	__be32 group;
	__be64 gseq;
};

_Static_assert(sizeof(struct samr_hdr) == 56, "header");
_Static_assert(sizeof(struct samr_rec_submit) == 48, "submit");
_Static_assert(sizeof(struct samr_rec_order) == 80, "order");
_Static_assert(sizeof(struct samr_rec_nack) == 40, "nack");
_Static_assert(sizeof(struct samr_rec_saved) == 24, "saved");
_Static_assert(sizeof(struct samr_rec_beat) == 56, "beat");
_Static_assert(sizeof(struct samr_rec_seat) == 16, "seat");
_Static_assert(sizeof(struct samr_rec_hello) == 48, "hello");
_Static_assert(sizeof(struct samr_rec_plan) == 88, "plan");
_Static_assert(sizeof(struct samr_rec_ask) == 40, "ask");
_Static_assert(sizeof(struct samr_rec_answer) == 80, "answer");
_Static_assert(sizeof(struct samr_rec_dead) == 24, "dead");
/* And so does a lock with the longest name and value. */
_Static_assert(sizeof(struct samr_hdr) + sizeof(struct samr_rec_state_locks) +
	       sizeof(struct samr_rec_lock) + SAMR_LOCK_NAME_LEN +
	       SAMR_LOCK_VALUE_LEN <= SAMR_FRAME_MIN, "a lock in one frame");
/* A view of the largest size fits into the smallest frame. */
_Static_assert(sizeof(struct samr_hdr) + sizeof(struct samr_rec_plan) +
	       SAMR_HEADS_MAX * sizeof(struct samr_rec_seat) <= SAMR_FRAME_MIN,
	       "a view in one frame");
_Static_assert(sizeof(struct samr_rec_credit) == 16, "credit");
_Static_assert(sizeof(struct samr_rec_knock) == 16, "knock");
_Static_assert(sizeof(struct samr_rec_welcome) == 32, "welcome");
_Static_assert(sizeof(struct samr_rec_pipe) == 48, "pipe");
_Static_assert(sizeof(struct samr_rec_carry) == 80, "carry");

/**
 * enum samr_drop - why a frame, a record or a message was not taken
 *
 * The one list of reasons; each has a counter (samr_node_drops()) and a name
 * (samr_strings_drop()).
 */
enum samr_drop {
	SAMR_DROP_NONE,			/* taken */
	/* counted by whoever moves frames */
	SAMR_DROP_SHORT,		/* shorter than a header */
	SAMR_DROP_VERSION,		/* another version of the wire format */
	SAMR_DROP_CLUSTER,		/* another cluster */
	SAMR_DROP_LENGTH,		/* header's length against the frame's */
	SAMR_DROP_CRC,			/* trailer wrong */
	SAMR_DROP_KEY,			/* no such key */
	SAMR_DROP_HEADER,		/* type, flags or reserved field */
	SAMR_DROP_SELF,			/* own frame came back */
	/* counted by the core */
	SAMR_DROP_DOMAIN,		/* another order */
	SAMR_DROP_SOURCE,		/* sender not a configured head */
	SAMR_DROP_INCARNATION,		/* not the one in the view */
	SAMR_DROP_EPOCH,		/* another view's */
	SAMR_DROP_RECORD,		/* record malformed: the frame's rest is dropped */
	SAMR_DROP_UNKNOWN,		/* record of unknown type */
	SAMR_DROP_ROLE,			/* record that its sender may not send, or not to us */
	SAMR_DROP_WINDOW,		/* too far ahead of what is held */
	SAMR_DROP_DUPLICATE,		/* held already */
	SAMR_DROP_CONFLICT,		/* contradicts what is held */
	SAMR_DROP_MEMORY,		/* no memory for it */
	SAMR_DROP_LIMIT,		/* more than a peer may make us keep */
	SAMR_DROP_VIEW,			/* no view, or one that does not concern us */
	SAMR_DROP_SESSION,		/* a reply that no client here waits for */
	SAMR_DROPS,
};

/**
 * struct samr_frame_info - a header in host order
 *
 * The fields are those of struct samr_hdr.
 */
struct samr_frame_info {
	u8 type;
	u8 key;
	u32 cluster;
	u64 src;
	u64 inc;
	u64 counter;
	u64 epoch;
	u64 ack;
	u16 domain;
	u16 len;
	u16 records;
};

/**
 * samr_wire_header - decode and check a header
 * @h: the bytes
 * @avail: bytes that are there from @h on, without the trailer
 * @info: filled in, also when the header is refused for another cluster
 * @cluster: our cluster's id
 *
 * Return: SAMR_DROP_NONE, or why the frame must be dropped.
 */
enum samr_drop samr_wire_header(const struct samr_hdr *h, u32 avail,
				u32 cluster, struct samr_frame_info *info);

/**
 * struct samr_meta - all of a message but its bytes
 * @gseq: place in the order; 0: not ordered yet
 * @origin: node that submitted it
 * @inc: incarnation of @origin
 * @oseq: the origin's number for it
 * @time: group time, ns; 0: not ordered yet
 * @arg: see struct samr_submit
 * @group: it goes to
 * @port: sending member on @origin
 * @uid: of the sender
 * @gid: of the sender
 * @len: bytes
 * @kind: enum samr_kind
 * @flags: SAMR_MSG_*
 */
struct samr_meta {
	u64 gseq;
	u64 origin;
	u64 inc;
	u64 oseq;
	u64 time;
	u64 arg;
	u32 group;
	u32 port;
	u32 uid;
	u32 gid;
	u32 len;
	u8 kind;
	u8 flags;
};

/**
 * samr_wire_fits - do kind, flags, group, length and arg of a message go together?
 * @m: the message; nothing else of it is looked at
 */
bool samr_wire_fits(const struct samr_meta *m);

/**
 * struct samr_nack - a NACK in host order, see struct samr_rec_nack
 */
struct samr_nack {
	u64 origin;
	u64 first;
	u64 last;
	u32 off;
	u32 len;
};

/**
 * struct samr_ballot - a ballot in host order, see struct samr_rec_ballot
 */
struct samr_ballot {
	u64 counter;
	u64 node;
	u64 inc;
};

/** samr_ballot_cmp - below, equal to or above 0 as in memcmp() */
static inline int samr_ballot_cmp(const struct samr_ballot *a,
				  const struct samr_ballot *b)
{
	if (a->counter != b->counter)
		return a->counter < b->counter ? -1 : 1;
	if (a->node != b->node)
		return a->node < b->node ? -1 : 1;
	return a->inc == b->inc ? 0 : a->inc < b->inc ? -1 : 1;
}

/**
 * struct samr_seat - a member of a view, see struct samr_rec_seat
 */
struct samr_seat {
	u64 inc;
	u32 node;
	u32 flags;
};

/**
 * struct samr_plan - a view, proposed or decided, see struct samr_rec_plan
 */
struct samr_plan {
	struct samr_ballot born;
	u64 epoch;
	u64 base;
	struct samr_key key;
	u32 flags;
	u32 count;
	struct samr_seat seat[SAMR_HEADS_MAX];
};

/**
 * struct samr_answer - an ANSWER in host order, see struct samr_rec_answer
 */
struct samr_answer {
	struct samr_ballot accepted;
	u64 epoch;
	u64 prefix;
	u64 hears;
	u32 flags;
};

/**
 * struct samr_carry - a CARRY in host order, see struct samr_rec_carry
 */
struct samr_carry {
	u64 seq;
	u64 number;
	u64 place;
	u64 session;
	u64 next;
	u64 arg;
	u32 group;
	u32 port;
	u32 uid;
	u32 gid;
	u32 total;
	u32 off;
	u8 what;
	u8 kind;
	u8 mflags;
	u8 result;
};

/**
 * struct samr_record - a record, decoded
 * @type: enum samr_rec_type
 * @flags: SAMR_REC_F_*
 * @meta: SUBMIT, ORDER
 * @off: SUBMIT, ORDER: position of the bytes in the message
 * @at: where the record's payload starts in the frame
 * @len: bytes of payload
 * @nack: NACK
 * @beat: BEAT
 * @hello: HELLO; its seats are at @at, @witness is a mask
 * @credit: CREDIT, CREDIT_ASK
 * @ballot: of all that have one
 * @epoch: PREPARE, ACCEPTED, REFUSE
 * @plan: VIEW, ACCEPT, TAKEN
 * @answer: ANSWER
 * @dead: DEAD
 * @after: STATE_ASK
 * @state: STATE; the numbers are at @at
 * @group: STATE_GROUP; its members are at @at
 * @locks: STATE_LOCKS, STATE_ALARMS, STATE_SESSIONS; they are at @at
 * @reply: REPLY_ASK, REPLY; its bytes are at @at
 * @stream: STREAM_ASK, STREAM; its bytes are at @at
 * @barrier: BARRIER_ASK, BARRIER
 * @question: QUESTION; its bytes are at @at
 * @verdict: VERDICT; its bytes are at @at
 * @welcome: WELCOME, KNOCK (@link only); padding is at @at
 * @pipe: PIPE
 * @carry: CARRY; its bytes are at @at
 */
struct samr_record {
	u8 type;
	u8 flags;
	u32 at;
	u32 len;
	struct samr_ballot ballot;
	union {
		struct {
			struct samr_meta meta;
			u32 off;
		};
		struct samr_nack nack;
		struct {
			u64 last;
			u64 hears;
			u64 members;
			u32 flags;
			struct samr_saved saved;
		} beat;
		struct {
			u64 members;
			u64 witness;
			u64 founders;
			u32 count;
			struct samr_saved saved;
		} hello;
		struct {
			u32 group;
			u64 gseq;
		} credit;
		u64 epoch;
		struct samr_plan plan;
		struct samr_answer answer;
		struct {
			u64 node;
			u64 inc;
		} dead;
		u32 after;
		struct {
			u64 time;
			u32 count;
		} state;
		struct {
			u64 gseq;
			u64 id;
			u64 transfer;
			u64 last;
			u32 group;
			u32 after;
			u32 total;
			u32 first;
			u32 count;
		} group;
		struct {
			u64 gseq;
			u32 group;
			u32 after;
			u32 total;
			u32 first;
			u32 count;
			u32 alarms;
			u64 last;
		} locks;
		struct {
			u64 session;
			u64 request;
			u64 commit;
			u32 group;
			u32 total;
			u32 off;
		} reply;
		struct {
			u64 session;
			u64 from;
			u64 read;
			u64 commit;
			u32 group;
			u8 end;
		} stream;
		struct {
			u64 number;
			u64 held;
		} barrier;
		struct {
			u64 number;
			u64 place;
			u64 tag;
			u32 group;
			u32 uid;
			u32 gid;
			u32 most;
			u32 total;
			u32 off;
			u32 from;
		} question;
		struct {
			u64 number;
			u64 tag;
			u64 commit;
			u32 group;
			u32 total;
			u32 off;
		} verdict;
		struct {
			u64 link;
			u64 inc;
			u64 heads;
			u32 flags;
		} welcome;
		struct {
			u64 link;
			u64 inc;
			u64 got;
			u64 early;
			u64 heads;
			u16 flags;
			u16 size;
		} pipe;
		struct samr_carry carry;
	};
};

/**
 * samr_wire_record - decode and check the next record of a frame
 * @frame: the frame
 * @info: its header
 * @at: where the record starts; moved behind it
 * @r: filled in
 *
 * Return: SAMR_DROP_NONE; SAMR_DROP_UNKNOWN for a type that this version does
 * not know (@at was moved, the next record can be read); SAMR_DROP_RECORD when
 * nothing further in the frame can be believed.
 */
enum samr_drop samr_wire_record(const struct samr_blob *frame,
				const struct samr_frame_info *info, u32 *at,
				struct samr_record *r);

/**
 * samr_wire_seat - decode one seat behind a HELLO record
 * @frame: the frame
 * @r: the record
 * @i: which one, below @r->hello.count
 * @seat: filled in
 */
void samr_wire_seat(const struct samr_blob *frame, const struct samr_record *r,
		    u32 i, struct samr_seat *seat);

/* Encoders: @m and the like in host order, to the structure on the wire. */
void samr_wire_put_header(struct samr_hdr *h, const struct samr_frame_info *i);
void samr_wire_put_submit(struct samr_rec_submit *r, const struct samr_meta *m,
			  u8 flags, u32 off, u32 len);
void samr_wire_put_order(struct samr_rec_order *r, const struct samr_meta *m,
			 u8 flags, u32 off, u32 len);
void samr_wire_put_nack(struct samr_rec_nack *r, const struct samr_nack *n);
void samr_wire_put_ballot(struct samr_rec_ballot *r,
			  const struct samr_ballot *b);
void samr_wire_put_seat(struct samr_rec_seat *r, const struct samr_seat *s);
void samr_wire_put_saved(struct samr_rec_saved *r, const struct samr_saved *s);

/** samr_wire_saved_ok - can this be a memory? */
bool samr_wire_saved_ok(const struct samr_saved *s);

#endif /* SAMR_CORE_WIRE_H */
