/* SPDX-License-Identifier: GPL-2.0 */
/*
 * The insides of a node, shared by the files of the core and by nobody else.
 *
 * Each part is changed by one file only, the one after which it is named; the
 * others read it.
 */
#ifndef SAMR_CORE_STATE_H
#define SAMR_CORE_STATE_H

#include "access.h"
#include "alarm.h"
#include "call.h"
#include "event.h"
#include "lock.h"
#include "msg.h"
#include "node.h"
#include "query.h"
#include "remote.h"
#include "session.h"
#include "window.h"
#include "wire.h"

#define SAMR_NEVER		U64_MAX
#define SAMR_NO_INDEX		0xff

/* Frames in one burst of a long message, and the pause until the next one. */
#define SAMR_BURST_FRAMES	64
#define SAMR_BURST_GAP		(100 * SAMR_USEC)

/* Bytes that one NACK can make its receiver repeat; the rest is asked again. */
#define SAMR_REPAIR_BYTES	65536
/* Places that the NACKs of one frame can make it look at: more than any asks for. */
#define SAMR_ANSWER_SCAN	2048
/* A second request within this time finds the repair on its way. */
#define SAMR_REPAIR_HOLD	(2 * SAMR_MSEC)

/* Bounds of the wait before lacking frames are asked for again. */
#define SAMR_ASK_MIN		(2 * SAMR_MSEC)
#define SAMR_ASK_MAX		(200 * SAMR_MSEC)
/* Records of one round of asking. */
#define SAMR_ASK_RECORDS	32
/* It looks at this part of a history: a short one meets the limit as a long one does. */
#define SAMR_ASK_SHARE		4

/* Bounds of the wait before an unordered submission is repeated. */
#define SAMR_RESEND_MIN		(10 * SAMR_MSEC)
#define SAMR_RESEND_MAX		(1000 * SAMR_MSEC)

/* Wait before another try where memory was lacking. */
#define SAMR_RETRY		(10 * SAMR_MSEC)

/* Own submissions kept free for joins and leaves. */
#define SAMR_SUBMIT_RESERVE	8

/**
 * struct samr_open - a frame that still takes records
 * @blob: it, or NULL
 * @dest: where it goes
 * @records: in it so far
 */
struct samr_open {
	struct samr_blob *blob;
	u64 dest;
	u16 records;
};

/**
 * struct samr_peer - what is known of a head, by id
 * @inc: incarnation heard last
 * @wanted: whom it has told to want, as a mask of ids; 0: not known
 * @digest: of the incarnations that it names (view.c)
 * @witness: who it thinks is the witness, as a mask
 * @founders: who it thinks shall form the first view, as a mask
 * @saved: what it has told of its disk (keeper.c)
 * @learns: epoch of the view that took it in as a learner (keeper.c)
 * @epoch: of its last frame
 * @viewed_at: when a frame of it came that was of a view, ns; 0: never
 * @hello_at: when it asked for a view, ns; 0: never
 * @heard: when it, in the incarnation of the view, was heard last, ns; 0: never
 * @hears: the heads that it hears (detect.c)
 * @told_at: when it was told the view last (view.c)
 * @admit_at: not taken into the view before (coordinator.c)
 * @penalty: wait before it is taken in the next time, ns
 * @hint_at: no hint about it is believed before (detect.c)
 * @hint_wait: nor so long after the next one, ns
 * @ready: a learner that holds the state
 */
struct samr_peer {
	u64 inc;
	u64 wanted;
	u64 digest;
	u64 witness;
	u64 founders;
	struct samr_saved saved;
	u64 learns;
	u64 epoch;
	u64 viewed_at;
	u64 hello_at;
	u64 heard;
	u64 hears;
	u64 told_at;
	u64 admit_at;
	u64 penalty;
	u64 hint_at;
	u64 hint_wait;
	bool ready;
};

/**
 * struct samr_view_state - the view (view.c)
 * @epoch: 0: none
 * @base: its place in the order
 * @key: of group random
 * @ballot: at which it was decided
 * @born: at which it was proposed
 * @flags: SAMR_PLAN_*
 * @sequencer: node
 * @count: members
 * @self: own index
 * @leader: index of the sequencer
 * @node: members' ids, by seniority: the place is the member's index
 * @inc: their incarnations
 * @seat: their flags, SAMR_SEAT_*
 * @ack: members hold the order up to here (stable.c)
 * @start: number of their next message at @base
 * @start_time: group time at @base
 * @index: by node id, SAMR_NO_INDEX for no member
 * @all: ids of the members
 * @voters: of them, those with a vote and data
 * @learners: of them, those that have none yet
 * @witness: id of the witness, as a mask
 * @retired: ids of members that have left in the order (group.c)
 * @retired_at: place where the first of them did
 * @holders: voters that must hold what is stable
 * @joined: indices of the members heard in this view
 * @wanted: whom the admin wants
 * @referee: who of them shall be the witness, as a mask
 * @founders: who of them shall form the first view, as a mask
 * @before: who was to form it before the admin changed that
 * @asked_at: when the admin began to want a view, ns
 * @slept_at: when we went on after we had stood still, without a view, ns; 0: never
 * @send_at: HELLO, or VIEW, is due
 * @next: a decided view that is still to be installed here; epoch 0: none
 * @next_ballot: at which it was decided
 * @lag_at: not before then do we say again that we lack a view
 * @lost_at: when heads that were left out were heard last, ns; 0: none since the
 *	view was in force
 */
struct samr_view_state {
	u64 epoch;
	u64 base;
	struct samr_key key;
	struct samr_ballot ballot;
	struct samr_ballot born;
	u32 flags;
	u64 sequencer;
	u32 count;
	u32 self;
	u32 leader;
	u64 node[SAMR_HEADS_MAX];
	u64 inc[SAMR_HEADS_MAX];
	u32 seat[SAMR_HEADS_MAX];
	u64 ack[SAMR_HEADS_MAX];
	u64 start[SAMR_HEADS_MAX];
	u64 start_time;
	u8 index[SAMR_IDS];
	u64 all;
	u64 voters;
	u64 learners;
	u64 witness;
	u64 retired;
	u64 retired_at;
	u32 holders;
	u32 joined;
	u64 wanted;
	u64 referee;
	u64 founders;
	u64 before;
	u64 asked_at;
	u64 slept_at;
	u64 send_at;
	struct samr_plan next;
	struct samr_ballot next_ballot;
	u64 lag_at;
	u64 lost_at;
};

/**
 * struct samr_detect - failure detection (detect.c)
 * @suspects: ids of members not heard lately
 * @hinted: of members heard lately, those that may not be heard any more
 * @sure: of @hinted, those that have said so themselves
 */
struct samr_detect {
	u64 suspects;
	u64 hinted;
	u64 sure;
};

/**
 * struct samr_keeper - what is on the disks (keeper.c)
 * @saved: on our own, as far as the admin has said
 * @gate: learners wait until all have them in their memory
 */
struct samr_keeper {
	struct samr_saved saved;
	bool gate;
};

/**
 * struct samr_acceptor - promises in view changes (acceptor.c)
 * @promised: nothing below this is taken part in
 * @accepted: ballot of @plan; counter 0: none
 * @plan: accepted last
 * @asked: ballot of @ask; counter 0: none
 * @ask: to be accepted as soon as its cut is held
 * @from: who asks
 * @hold: an answer is due when the order is held up to here; 0: none is
 * @wedged_at: since then nothing is ordered, delivered or acked, ns; 0: it is
 * @stuck_at: when senders hear of that
 * @stall_at: when somebody else shall try
 * @stalls: how often that came in vain
 * @leaving: RETIRE was submitted: no vote any more
 */
struct samr_acceptor {
	struct samr_ballot promised;
	struct samr_ballot accepted;
	struct samr_plan plan;
	struct samr_ballot asked;
	struct samr_plan ask;
	u64 from;
	u64 hold;
	u64 wedged_at;
	u64 stuck_at;
	u64 stall_at;
	u32 stalls;
	bool leaving;
};

/**
 * enum samr_phase - what a coordinator waits for
 * @SAMR_PHASE_IDLE: nothing: it is none
 * @SAMR_PHASE_PREPARE: answers
 * @SAMR_PHASE_BLOCKED: more answers, or fences: those that it has must not decide
 * @SAMR_PHASE_PULL: what it lacks of the cut
 * @SAMR_PHASE_HOLD: that all who will be members with data hold the cut
 * @SAMR_PHASE_ACCEPT: accepts
 */
enum samr_phase {
	SAMR_PHASE_IDLE,
	SAMR_PHASE_PREPARE,
	SAMR_PHASE_BLOCKED,
	SAMR_PHASE_PULL,
	SAMR_PHASE_HOLD,
	SAMR_PHASE_ACCEPT,
};

/**
 * struct samr_coordinator - a view change that this node tries (coordinator.c)
 * @phase: where it stands
 * @ballot: of the try
 * @until: patience ends, ns
 * @grace: patience with those that only a hint speaks against ends, ns
 * @send_at: say it again
 * @seen: highest ballot counter heard of
 * @answered: ids whose answer is complete
 * @answer: by id
 * @best: ballot of @adopt; counter 0: none
 * @adopt: what was accepted before, and has to be proposed again
 * @plan: the proposal
 * @accepts: ids that have accepted it
 * @again_at: not before, as another one tries, ns; 0: now
 * @look_at: see whether there is something to do, ns
 * @wanted: a member waits for a view change
 * @due: see at the end of this step
 */
struct samr_coordinator {
	enum samr_phase phase;
	struct samr_ballot ballot;
	u64 until;
	u64 grace;
	u64 send_at;
	u64 seen;
	u64 answered;
	struct samr_answer answer[SAMR_IDS];
	struct samr_ballot best;
	struct samr_plan adopt;
	struct samr_plan plan;
	u64 accepts;
	u64 again_at;
	u64 look_at;
	bool wanted;
	bool due;
};

/**
 * struct samr_absent - ids of which a learner knows that there was no such group
 * @link: in samr_learner.absent
 * @last: the highest one, the lowest lies behind the entry before it; those that
 *	the learner was given are none of them
 * @upto: at this place
 */
struct samr_absent {
	struct list_head link;
	u32 last;
	u64 upto;
};

/**
 * struct samr_learner - replicated state on its way here (learner.c)
 * @active: it is not all here yet: the order is kept, not looked at
 * @begun: the numbers are here
 * @donor: who is asked, index
 * @after: groups up to this id are here
 * @group: the one under way, or NULL
 * @id: of @group
 * @upto: place at which it was so
 * @have: members of it so far
 * @transfer: id of its state transfer
 * @last: place of the last piece of that
 * @locks: its locks so far
 * @locked: those are all
 * @alarms: its alarms so far
 * @sessions: its sessions so far
 * @absent: struct samr_absent, by id
 * @bytes: of the answer to the last question, so far, about
 * @ask_at: ask again
 */
struct samr_learner {
	bool active;
	bool begun;
	u32 donor;
	u32 after;
	struct samr_members *group;
	u32 id;
	u64 upto;
	u32 have;
	u64 transfer;
	u64 last;
	struct samr_lock_table locks;
	bool locked;
	struct samr_alarm_table alarms;
	struct samr_session_table sessions;
	struct list_head absent;
	u32 bytes;
	u64 ask_at;
};

/**
 * struct samr_origin - one member's submissions, by index (sequencer.c)
 * @win: by oseq; its base is the first that is not in the gap-free order here
 * @ordered: sequencer: the first that has no place yet
 * @seen: highest one heard of
 * @bytes: of the messages in @win that are not in the order yet
 * @ask_at: sequencer: time to ask for what lacks
 */
struct samr_origin {
	struct samr_window win;
	u64 ordered;
	u64 seen;
	u64 bytes;
	u64 ask_at;
};

/**
 * struct samr_receiver - the order as held here (receiver.c)
 * @win: by gseq; its base is the first that is kept
 * @last: highest place known to be taken
 * @top: places above this one and @last were not touched in this view
 * @held: every message up to here is complete here
 * @delivered: up to here handed to the groups
 * @bytes: of the messages in @win
 * @ask_at: time to ask for what lacks
 * @retry_at: time to try delivery again, which lacked memory
 * @limit: @held must not pass this: a view change is under way
 * @target: what is asked for meanwhile; 0: nothing
 * @giver: id of one who certainly holds it; 0: nobody is known
 * @sources: ids of those who may hold it
 */
struct samr_receiver {
	struct samr_window win;
	u64 last;
	u64 top;
	u64 held;
	u64 delivered;
	u64 bytes;
	u64 ask_at;
	u64 retry_at;
	u64 limit;
	u64 target;
	u64 giver;
	u64 sources;
};

/**
 * struct samr_stability - what all hold (stable.c)
 * @stable: enough members hold the order up to here
 * @trimmed: all members hold, and we have delivered, up to here
 * @acked: what our last frame to all heads said
 * @safe: last place with a message to be delivered when stable
 * @ack_at: an ack is due
 * @ack_now: with the next FLUSH
 */
struct samr_stability {
	u64 stable;
	u64 trimmed;
	u64 acked;
	u64 safe;
	u64 ack_at;
	bool ack_now;
};

/**
 * struct samr_trip - how long an answer takes
 * @rtt: smoothed, ns; 0: not known
 * @least: the shortest one, ns; 0: not known
 * @guessed: @rtt is an upper bound
 */
struct samr_trip {
	u64 rtt;
	u64 least;
	bool guessed;
};

/**
 * struct samr_flow - own submissions (flow.c)
 * @next: number of the next one
 * @jobs: long ones that are being sent to all heads; each has a reference
 * @burst_at: when the next burst of @jobs may leave
 * @resend_at: when the oldest unordered one is repeated
 * @backoff: how often that happened without progress
 * @again: those below this number were repeated
 * @again_at: the last of them, ns
 * @trip: from submission to order; what the sequencer lets wait counts, too
 * @refused: somebody was told no, for another reason than credit, and waits
 */
struct samr_flow {
	u64 next;
	struct list_head jobs;
	u64 burst_at;
	u64 resend_at;
	u32 backoff;
	u64 again;
	u64 again_at;
	struct samr_trip trip;
	bool refused;
};

#define SAMR_GROUP_BUCKETS	64

/**
 * struct samr_groups - the groups (group.c)
 * @bucket: by id
 * @count: of them with members
 * @locks: of all of them (lock.c)
 * @waiting: members at all locks (lock.c)
 * @holding: those that wait for stability
 * @dirty: those whose reading is to be reported (credit.c)
 * @starving: those that wait for credit (credit.c)
 * @credit_at: when @dirty is to be reported
 * @ask_at: when credit is asked for
 * @alarms: of all of them (alarm.c)
 * @alarm_at: sequencer: look at them
 * @digests: struct samr_digest with something to be said (digest.c)
 * @digest_at: when the first of these is due
 */
struct samr_groups {
	struct list_head bucket[SAMR_GROUP_BUCKETS];
	u32 count;
	u32 locks;
	u32 waiting;
	struct list_head holding;
	struct list_head dirty;
	struct list_head starving;
	u64 credit_at;
	u64 ask_at;
	u32 alarms;
	u64 alarm_at;
	struct list_head digests;
	u64 digest_at;
};

struct samr_node {
	struct samr_node_config cfg;
	u64 now;
	u64 wall;
	u64 prng;
	u64 time;		/* group time given or seen last */
	u64 timed_at;		/* when that was, ns */
	u32 frame_max;
	enum samr_out gone;
	struct samr_actions *out;	/* of the step under way */
	struct samr_open open_all;
	struct samr_open open_one;
	u64 beat_at;		/* a sign of life is due, unless other frames go */
	u32 beat_news;		/* BEATs that go in time whatever else does */
	u64 tail_at;		/* sequencer: end of the order to be repeated */
	struct samr_peer peer[SAMR_IDS];
	struct samr_view_state view;
	struct samr_detect detect;
	struct samr_keeper keeper;
	struct samr_acceptor acceptor;
	struct samr_coordinator coordinator;
	struct samr_learner learner;
	struct samr_fence fence[SAMR_FENCES];
	struct samr_origin origin[SAMR_HEADS_MAX];
	struct samr_receiver rcv;
	struct samr_stability stab;
	struct samr_flow flow;
	struct samr_groups groups;
	struct samr_sessions sessions;
	struct samr_calls calls;
	struct samr_queries queries;
	struct samr_access access;
	struct samr_remote *remote;	/* a client node is nothing else */
	u32 turn;		/* sequencer: origin whose turn it is */
	bool order_due;		/* sequencer: look for messages to order */
	struct samr_trip repair;	/* from request to repair */
	u32 repair_left;	/* bytes that this event may make us repeat */
	u32 scan_left;		/* places that it may make us look at */
	struct samr_node_stats stats;
	struct samr_latency latency[SAMR_LAPS];
};

/** samr_node_lap - an own message got so far now */
static inline void samr_node_lap(struct samr_node *n,
				 const struct samr_msg *msg, enum samr_lap lap)
{
	if (msg->at)
		samr_latency_add(&n->latency[lap], n->now - msg->at);
}

static inline bool samr_node_leads(const struct samr_node *n)
{
	return n->view.epoch && n->view.leader == n->view.self;
}

/* R8: a promise wedges: no ordering, delivery or ack until a fresh view. */
static inline bool samr_node_wedged(const struct samr_node *n)
{
	return n->acceptor.wedged_at;
}

/* Ordering, sending and delivering go on. */
static inline bool samr_node_serves(const struct samr_node *n)
{
	return n->view.epoch && !samr_node_wedged(n);
}

/* R11: the witness has a vote and nothing else. */
static inline bool samr_node_watches(const struct samr_node *n)
{
	return n->view.referee & BIT_ULL(n->cfg.self);
}

static inline u32 samr_node_index(const struct samr_node *n, u64 id)
{
	return id < SAMR_IDS ? n->view.index[id] : SAMR_NO_INDEX;
}

static inline void samr_node_drop(struct samr_node *n, enum samr_drop d)
{
	n->stats.drops[d]++;
}

/* The earlier of a deadline and now + @wait. */
static inline void samr_node_due(const struct samr_node *n, u64 *at, u64 wait)
{
	*at = min(*at, n->now + wait);
}

/* How long to wait for an answer before asking for the @asks'th time again. */
static inline u64 samr_node_patience(const struct samr_node *n, u32 asks)
{
	u64 rtt = n->repair.rtt ?: n->flow.trip.least;
	u64 wait = max(SAMR_ASK_MIN, 2 * rtt);

	return min(wait << min(asks, 8u), SAMR_ASK_MAX);
}

/** samr_node_passed - group time has come to this */
static inline void samr_node_passed(struct samr_node *n, u64 time)
{
	n->time = time;
	n->timed_at = n->now;
}

/*
 * Group time now, if we are the sequencer. It never runs backwards, nor does it stand still:
 * where it is ahead of our clock, as another head's was or ours was set back, it goes on at half
 * the speed until the clock has come up with it.
 */
static inline u64 samr_node_time(const struct samr_node *n)
{
	u64 slow = n->time + max((n->now - n->timed_at) / 2, 1ULL);

	return max(slow, n->wall);
}

/** samr_node_random - xorshift64*: no secret, only to spread */
u64 samr_node_random(struct samr_node *n);

/** samr_node_key - another key each time, which only who has our secret can tell */
struct samr_key samr_node_key(struct samr_node *n);

/** samr_node_quit - take part in nothing any more */
void samr_node_quit(struct samr_node *n, enum samr_out why);

/** samr_node_halt - stop for good: the order contradicts itself */
void samr_node_halt(struct samr_node *n);

#endif /* SAMR_CORE_STATE_H */
