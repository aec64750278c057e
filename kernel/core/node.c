// SPDX-License-Identifier: GPL-2.0
/*
 * The core's one door, see node.h: birth, dispatch, deadline, and answers to
 * questions. What an event means is decided in the other files.
 */
#include "node.h"
#include "acceptor.h"
#include "access.h"
#include "alarm.h"
#include "call.h"
#include "coordinator.h"
#include "credit.h"
#include "detect.h"
#include "digest.h"
#include "fence.h"
#include "flow.h"
#include "frame.h"
#include "group.h"
#include "keeper.h"
#include "learner.h"
#include "place.h"
#include "query.h"
#include "question.h"
#include "receiver.h"
#include "remote.h"
#include "repair.h"
#include "reply.h"
#include "sequencer.h"
#include "session.h"
#include "stable.h"
#include "state.h"
#include "stream.h"
#include "view.h"

#define HISTORY		4096
#define HISTORY_BYTES	(16U << 20)
#define SUBMITS		256
#define SUBMIT_BYTES	(4U << 20)
#define REF_MIN		2048
#define BEAT		(20 * SAMR_MSEC)
#define DEAD_BEATS	5
#define STUCK		(5000 * SAMR_MSEC)
#define REORDER		(1 * SAMR_MSEC)
#define ACK_DELAY	(5 * SAMR_MSEC)

static void set_defaults(struct samr_node_config *c)
{
	c->history = c->history ?: HISTORY;
	c->history_bytes = c->history_bytes ?: HISTORY_BYTES;
	c->submits = c->submits ?: SUBMITS;
	c->submit_bytes = c->submit_bytes ?: SUBMIT_BYTES;
	c->ref_min = c->ref_min ?: REF_MIN;
	c->beat = c->beat ?: BEAT;
	c->dead = c->dead ?: DEAD_BEATS * c->beat;
	c->stuck = c->stuck ?: STUCK;
	c->reorder = c->reorder ?: REORDER;
	c->ack_delay = c->ack_delay ?: ACK_DELAY;
}

static bool init_windows(struct samr_node *n)
{
	u32 i;

	for (i = 0; i < SAMR_HEADS_MAX; i++) {
		if (samr_window_init(&n->origin[i].win, n->cfg.submits))
			return false;
		n->origin[i].ordered = 1;
		n->origin[i].ask_at = SAMR_NEVER;
	}
	/* A view change may ask for more than fits, see receiver.c. */
	return !samr_window_init(&n->rcv.win, 2 * n->cfg.history);
}

struct samr_node *samr_node_new(const struct samr_node_config *cfg)
{
	struct samr_node *n;

	if (!cfg->self || !cfg->inc)
		return NULL;
	n = samr_alloc_table(1, sizeof(*n));
	if (!n)
		return NULL;
	n->cfg = *cfg;
	set_defaults(&n->cfg);
	n->prng = cfg->seed | 1;
	n->frame_max = SAMR_FRAME_MIN;
	n->access.at = SAMR_NEVER;
	n->beat_at = SAMR_NEVER;
	n->tail_at = SAMR_NEVER;
	n->rcv.ask_at = SAMR_NEVER;
	n->rcv.retry_at = SAMR_NEVER;
	n->stab.ack_at = SAMR_NEVER;
	n->flow.next = 1;
	n->flow.resend_at = SAMR_NEVER;
	INIT_LIST_HEAD(&n->flow.jobs);
	n->rcv.limit = U64_MAX;
	samr_group_init(n);
	samr_query_init(n);
	samr_view_init(n);
	samr_acceptor_init(n);
	samr_coordinator_init(n);
	samr_learner_init(n);
	INIT_LIST_HEAD(&n->access.all);
	if (n->cfg.self >= SAMR_IDS) {
		if (samr_remote_init(n))
			return n;
		samr_node_free(n, NULL);
		return NULL;
	}
	if (n->cfg.submits <= SAMR_SUBMIT_RESERVE || !init_windows(n) ||
	    !samr_access_init(n)) {
		samr_node_free(n, NULL);
		return NULL;
	}
	return n;
}

/* Owners of what was not delivered: their messages have a place, or wait for one. */
static void drop_owned(struct samr_node *n, struct samr_actions *dropped)
{
	struct samr_window *own = &n->origin[n->view.self].win;
	struct samr_slot *slot;
	u64 s;

	for (s = n->rcv.delivered + 1; s <= n->rcv.held; s++) {
		slot = samr_window_at(&n->rcv.win, s);
		if (slot && slot->msg)
			samr_group_drop(slot->msg, dropped);
	}
	for (s = own->base; s < n->flow.next; s++) {
		slot = samr_window_at(own, s);
		if (slot && slot->msg)
			samr_group_drop(slot->msg, dropped);
	}
}

void samr_node_free(struct samr_node *n, struct samr_actions *dropped)
{
	struct samr_msg *msg;
	u32 i;

	if (!n)
		return;
	if (n->remote)
		samr_remote_fini(n, dropped);
	else if (dropped)
		drop_owned(n, dropped);
	samr_access_fini(n);
	samr_group_fini(n, dropped);
	samr_query_fini(n);
	while (!list_empty(&n->flow.jobs)) {
		msg = list_first_entry(&n->flow.jobs, struct samr_msg, job);
		list_del_init(&msg->job);
		samr_msg_put(msg);
	}
	samr_frame_discard(n);
	samr_learner_stop(n);
	samr_window_fini(&n->rcv.win);
	for (i = 0; i < SAMR_HEADS_MAX; i++)
		samr_window_fini(&n->origin[i].win);
	samr_free_table(n);
}

u64 samr_node_random(struct samr_node *n)
{
	n->prng ^= n->prng >> 12;
	n->prng ^= n->prng << 25;
	n->prng ^= n->prng >> 27;
	return n->prng * 0x2545f4914f6cdd1dULL;
}

struct samr_key samr_node_key(struct samr_node *n)
{
	u64 x = samr_node_random(n);
	const struct samr_key key = { {
		samr_keyed(&n->cfg.secret, x), samr_keyed(&n->cfg.secret, ~x),
	} };

	return key;
}

void samr_node_quit(struct samr_node *n, enum samr_out why)
{
	n->gone = why;
	n->out->gone = true;
	if (why != SAMR_OUT_HALTED)
		samr_access_quit(n);
	samr_frame_discard(n);
}

void samr_node_halt(struct samr_node *n)
{
	samr_node_quit(n, SAMR_OUT_HALTED);
	n->out->halted = true;
}

static void take_beat(struct samr_node *n, u32 index,
		      const struct samr_record *r)
{
	struct samr_peer *p = &n->peer[n->view.node[index]];

	if (index == n->view.leader && samr_node_serves(n) &&
	    !samr_node_watches(n))
		samr_receiver_last(n, r->beat.last);
	samr_detect_beat(n, index, r->beat.hears);
	samr_keeper_heard(n, n->view.node[index], &r->beat.saved,
			  r->beat.members);
	if (r->beat.flags & SAMR_BEAT_BYE)
		samr_detect_hint(n, BIT_ULL(n->view.node[index]), true);
	if ((r->beat.flags & SAMR_BEAT_READY) && !p->ready) {
		p->ready = true;
		samr_coordinator_consider(n);
	}
}

/* A record of a member, sent in our view. */
static enum samr_drop take_member(struct samr_node *n, u32 index,
				  struct samr_blob *frame,
				  const struct samr_record *r)
{
	u64 src = n->view.node[index];

	switch (r->type) {
	case SAMR_REC_SUBMIT:
		return samr_sequencer_submit(n, index, frame, r);
	case SAMR_REC_ORDER:
		return samr_receiver_order(n, src, frame, r);
	case SAMR_REC_NACK:
		samr_repair_answer(n, src, &r->nack);
		return SAMR_DROP_NONE;
	case SAMR_REC_BEAT:
		take_beat(n, index, r);
		return SAMR_DROP_NONE;
	case SAMR_REC_CREDIT:
		samr_credit_heard(n, index, r->credit.group, r->credit.gseq);
		return SAMR_DROP_NONE;
	case SAMR_REC_CREDIT_ASK:
		samr_credit_asked(n, r->credit.group);
		return SAMR_DROP_NONE;
	case SAMR_REC_STATE_ASK:
		samr_learner_asked(n, src, r->after);
		return SAMR_DROP_NONE;
	case SAMR_REC_STATE:
		return samr_learner_state(n, frame, r);
	case SAMR_REC_STATE_GROUP:
		return samr_learner_group(n, frame, r);
	case SAMR_REC_STATE_LOCKS:
		return samr_learner_locks(n, frame, r);
	case SAMR_REC_STATE_ALARMS:
		return samr_learner_alarms(n, frame, r);
	case SAMR_REC_STATE_SESSIONS:
		return samr_learner_sessions(n, frame, r);
	case SAMR_REC_REPLY_ASK:
		samr_reply_asked(n, src, r);
		return SAMR_DROP_NONE;
	case SAMR_REC_REPLY:
		return samr_reply_came(n, frame, r);
	case SAMR_REC_STREAM_ASK:
		samr_stream_asked(n, src, r);
		return SAMR_DROP_NONE;
	case SAMR_REC_STREAM:
		return samr_stream_came(n, index, frame, r);
	case SAMR_REC_BARRIER_ASK:
		samr_query_asked(n, src, r);
		return SAMR_DROP_NONE;
	case SAMR_REC_BARRIER:
		return samr_query_heard(n, src, r);
	case SAMR_REC_QUESTION:
		return samr_question_came(n, index, frame, r);
	case SAMR_REC_VERDICT:
		return samr_question_answered(n, src, frame, r);
	default:
		return SAMR_DROP_ROLE;
	}
}

/*
 * A record of another view. What leads to the next one may be repaired: a member
 * that lacks it asks from the view before, and is answered from the view itself.
 */
static enum samr_drop take_other(struct samr_node *n,
				 const struct samr_frame_info *info,
				 struct samr_blob *frame,
				 const struct samr_record *r)
{
	const struct samr_view_state *v = &n->view;

	if (!v->epoch)
		return SAMR_DROP_EPOCH;
	if (!samr_view_has(n, info->src, info->inc))
		return SAMR_DROP_INCARNATION;
	if (r->type == SAMR_REC_NACK && !r->nack.origin &&
	    info->epoch + 1 == v->epoch) {
		samr_repair_answer(n, info->src, &r->nack);
		return SAMR_DROP_NONE;
	}
	if (r->type == SAMR_REC_ORDER && v->next.epoch &&
	    info->epoch == v->next.epoch && r->meta.gseq < v->next.base)
		return samr_receiver_order(n, info->src, frame, r);
	return SAMR_DROP_EPOCH;
}

/* A record that is about views, in whatever view it was sent. */
static enum samr_drop take_change(struct samr_node *n,
				  const struct samr_frame_info *info,
				  struct samr_blob *frame,
				  const struct samr_record *r)
{
	u64 src = info->src, inc = info->inc;

	switch (r->type) {
	case SAMR_REC_HELLO:
		if (info->epoch)
			return SAMR_DROP_EPOCH;
		return samr_view_hello(n, src, inc, frame, r);
	case SAMR_REC_VIEW:
		return samr_view_told(n, src, inc, &r->ballot, &r->plan);
	case SAMR_REC_PREPARE:
		return samr_acceptor_prepare(n, src, inc, r);
	case SAMR_REC_ANSWER:
		return samr_coordinator_answer(n, src, inc, r);
	case SAMR_REC_TAKEN:
		return samr_coordinator_taken(n, src, inc, r);
	case SAMR_REC_ACCEPT:
		return samr_acceptor_accept(n, src, inc, r);
	case SAMR_REC_ACCEPTED:
		return samr_coordinator_accepted(n, src, inc, r);
	case SAMR_REC_REFUSE:
		return samr_coordinator_refused(n, r);
	default:
		if (samr_view_has(n, r->dead.node, r->dead.inc))
			samr_fence_known(n, r->dead.node, r->dead.inc);
		return SAMR_DROP_NONE;
	}
}

static bool about_views(u8 type)
{
	return type == SAMR_REC_HELLO || type == SAMR_REC_VIEW ||
	       (type >= SAMR_REC_PREPARE && type <= SAMR_REC_DEAD);
}

static enum samr_drop take_record(struct samr_node *n,
				  const struct samr_frame_info *info,
				  u32 index, struct samr_blob *frame,
				  const struct samr_record *r)
{
	if (about_views(r->type))
		return take_change(n, info, frame, r);
	/* R11: the witness has no part in the order. */
	if (samr_node_watches(n) && r->type != SAMR_REC_BEAT)
		return SAMR_DROP_NONE;
	/* A record before it may have changed the view. */
	if (index == SAMR_NO_INDEX || info->epoch != n->view.epoch)
		return take_other(n, info, frame, r);
	return take_member(n, index, frame, r);
}

/* Who says so has a view; or none, as far as a late frame may be believed. */
static void note_epoch(struct samr_node *n, struct samr_peer *p,
		       const struct samr_frame_info *info)
{
	if (!p->epoch != !info->epoch)
		n->out->told |= BIT_ULL(info->src);
	p->epoch = info->epoch;
	if (info->epoch)
		p->viewed_at = max(n->now, 1ULL);
}

/* Is the frame for us at all? Learns from its header if so. */
static enum samr_drop check_frame(struct samr_node *n,
				  const struct samr_frame_info *info,
				  u32 *index)
{
	bool member;

	*index = SAMR_NO_INDEX;
	if (info->domain != n->cfg.domain)
		return SAMR_DROP_DOMAIN;
	if (info->src >= SAMR_IDS || info->src == n->cfg.self ||
	    !(n->view.wanted & BIT_ULL(info->src)))
		return SAMR_DROP_SOURCE;
	note_epoch(n, &n->peer[info->src], info);
	if (!n->view.epoch) {
		n->peer[info->src].heard = n->now;
		return SAMR_DROP_NONE;
	}
	member = samr_view_has(n, info->src, info->inc);
	if (member)
		samr_detect_heard(n, samr_node_index(n, info->src));
	if (info->epoch > n->view.epoch)
		samr_view_lag(n);
	else if (info->epoch && info->epoch < n->view.epoch)
		samr_view_tell(n, info->src);
	if (!member || info->epoch != n->view.epoch)
		return SAMR_DROP_NONE;
	if (samr_node_leads(n) && info->ack > n->rcv.last)
		return SAMR_DROP_CONFLICT;
	*index = samr_node_index(n, info->src);
	samr_view_heard(n, *index);
	return SAMR_DROP_NONE;
}

/*
 * What the sender holds counts after what it sent: an ORDER makes us hold the
 * message before its header says that others do. What the sequencer holds also
 * exists: where no BEAT comes since other frames keep it away, that is how the
 * end of the order is learnt. Nobody else is believed about that.
 */
static void take_ack(struct samr_node *n, const struct samr_frame_info *info,
		     u32 index)
{
	if (index == SAMR_NO_INDEX || info->epoch != n->view.epoch ||
	    !samr_node_serves(n) || samr_node_watches(n))
		return;
	if (index == n->view.leader)
		samr_receiver_last(n, info->ack);
	samr_stable_heard(n, index, info->ack);
}

static void take_frame(struct samr_node *n, struct samr_blob *frame)
{
	u32 i, index, at = sizeof(struct samr_hdr);
	struct samr_frame_info info;
	struct samr_record r;
	struct samr_hdr scratch;
	const struct samr_hdr *h;
	enum samr_drop drop;

	n->stats.frames_in++;
	h = samr_blob_peek(frame, 0, sizeof(*h), &scratch);
	drop = h ? samr_wire_header(h, samr_blob_len(frame), n->cfg.cluster,
				    &info) : SAMR_DROP_SHORT;
	if (!drop && info.type == SAMR_FRAME_CLIENT) {
		drop = samr_access_frame(n, &info, frame);
		if (drop)
			samr_node_drop(n, drop);
		return;
	}
	if (!drop && info.type != SAMR_FRAME_CORE)
		drop = SAMR_DROP_HEADER;
	if (!drop)
		drop = check_frame(n, &info, &index);
	if (drop) {
		samr_node_drop(n, drop);
		return;
	}
	n->repair_left = SAMR_REPAIR_BYTES;
	n->scan_left = SAMR_ANSWER_SCAN;
	for (i = 0; i < info.records && !n->gone; i++) {
		drop = samr_wire_record(frame, &info, &at, &r);
		if (drop == SAMR_DROP_NONE) {
			n->stats.records_in++;
			drop = take_record(n, &info, index, frame, &r);
		}
		if (drop)
			samr_node_drop(n, drop);
		if (drop == SAMR_DROP_RECORD)
			return;
	}
	if (n->gone)
		return;
	take_ack(n, &info, index);
	samr_acceptor_progress(n);
}

static void send_beat(struct samr_node *n, u32 flags)
{
	struct samr_rec_beat rec = {
		.rec = {
			.type = SAMR_REC_BEAT,
			.len  = cpu_to_be16(sizeof(rec)),
		},
		.flags = cpu_to_be32(flags),
		.last  = cpu_to_be64(n->rcv.last),
		.hears = cpu_to_be64(samr_detect_hears(n)),
		.members = cpu_to_be64(n->view.wanted),
	};
	struct samr_blob *b = samr_frame_record(n, SAMR_DEST_ALL, sizeof(rec));

	if (!b)
		return;
	samr_wire_put_saved(&rec.saved, &n->keeper.saved);
	samr_blob_put_data(b, &rec, sizeof(rec));
}

static void run_timers(struct samr_node *n)
{
	samr_view_timer(n);
	samr_access_timer(n);
	if (!n->view.epoch)
		return;
	samr_detect_timer(n);
	samr_acceptor_timer(n);
	samr_coordinator_timer(n);
	if (n->gone)
		return;
	samr_learner_timer(n);
	samr_receiver_timer(n);
	samr_sequencer_timer(n);
	samr_flow_timer(n);
	samr_credit_timer(n);
	samr_session_timer(n);
	samr_query_timer(n);
	samr_digest_timer(n);
	samr_call_timer(n);
	samr_alarm_timer(n);
	samr_stable_timer(n);
	if (n->now >= n->beat_at) {
		n->beat_at = n->now + n->cfg.beat;
		if (n->beat_news)
			n->beat_news--;
		send_beat(n, samr_learner_ready(n) ? SAMR_BEAT_READY : 0);
	}
}

/* The others need not wait for long to find out that we are silent. */
static int farewell(struct samr_node *n, bool quit)
{
	if (n->view.epoch) {
		send_beat(n, SAMR_BEAT_BYE);
		samr_frame_flush(n);
	}
	if (quit)
		samr_node_quit(n, SAMR_OUT_RETIRED);
	return 0;
}

static int set_frame_max(struct samr_node *n, u32 max)
{
	u32 before = n->frame_max;

	samr_frame_flush(n);
	n->frame_max = min(max(max, (u32)SAMR_FRAME_MIN),
			   (u32)SAMR_FRAME_LIMIT);
	if (n->frame_max < before) {
		samr_flow_again(n);
		samr_access_narrow(n);
	}
	return 0;
}

/* Leave the view: it is told to all in the order; the last head just goes. */
static int retire(struct samr_node *n)
{
	const struct samr_submit s = { .kind = SAMR_KIND_RETIRE };
	int err;

	if (n->acceptor.leaving)
		return 0;
	if (!n->view.epoch)
		return -ENOTCONN;
	if (!(n->view.voters & ~BIT_ULL(n->cfg.self)) ||
	    n->view.seat[n->view.self])
		return farewell(n, true);
	/* A wedged head may be the last that holds the order. */
	err = samr_node_wedged(n) ? -EAGAIN : samr_flow_submit(n, &s);
	if (!err)
		samr_acceptor_leave(n);
	return err;
}

static int dispatch(struct samr_node *n, const struct samr_event *ev)
{
	switch (ev->type) {
	case SAMR_EV_TIMER:
		run_timers(n);
		return 0;
	case SAMR_EV_FLUSH:
		samr_flow_flush(n);
		return 0;
	case SAMR_EV_FRAME:
		take_frame(n, ev->frame);
		return 0;
	case SAMR_EV_SUBMIT:
		/* A head leaves by RETIRE; the core speaks of replies, and for groups. */
		if (ev->submit.kind == SAMR_KIND_RETIRE ||
		    ev->submit.kind == SAMR_KIND_REPLIES ||
		    ev->submit.kind == SAMR_KIND_DIGEST ||
		    ev->submit.kind == SAMR_KIND_CONNECT ||
		    ev->submit.kind == SAMR_KIND_RETURN ||
		    ev->submit.kind == SAMR_KIND_ALARM ||
		    (ev->submit.flags & SAMR_MSG_GROUP))
			return -EINVAL;
		return samr_flow_submit(n, &ev->submit);
	case SAMR_EV_CONSUMED:
		if (n->view.epoch)
			samr_credit_consumed(n, ev->consumed.group,
					     ev->consumed.gseq,
					     ev->consumed.cost);
		return 0;
	case SAMR_EV_REPLY:
		return samr_reply_made(n, ev);
	case SAMR_EV_QUERY:
		return samr_query_made(n, ev);
	case SAMR_EV_ANSWER:
		return samr_query_answered(n, ev);
	case SAMR_EV_FORGET:
		samr_query_forget(n, ev->forget.group, ev->forget.port);
		return 0;
	case SAMR_EV_CALL:
		return samr_call_made(n, ev);
	case SAMR_EV_ALARM:
		return samr_alarm_asked(n, ev);
	case SAMR_EV_OUTPUT:
		return samr_stream_made(n, ev);
	case SAMR_EV_INPUT:
		samr_stream_read(n, ev);
		return 0;
	case SAMR_EV_PLACE:
		return samr_place_made(n, ev);
	case SAMR_EV_MEMBERS:
		return samr_view_want(n, ev->members, ev->witness,
				      ev->founders);
	case SAMR_EV_SAVED:
		return samr_keeper_save(n, &ev->saved, ev->keeper);
	case SAMR_EV_FRAME_MAX:
		return set_frame_max(n, ev->frame_max);
	case SAMR_EV_RETIRE:
		return retire(n);
	case SAMR_EV_FENCED:
		return samr_fence_confirm(n, ev->fenced.node, ev->fenced.inc,
					  ev->fenced.token);
	case SAMR_EV_HINT:
		if (n->view.epoch)
			samr_detect_hint(n, ev->lost, false);
		return 0;
	case SAMR_EV_CLIENTS:
		return samr_access_limit(n, ev->clients);
	case SAMR_EV_FAREWELL:
		return farewell(n, ev->quit);
	}
	samr_assert(!"event of unknown type");
	return -EINVAL;
}

/* Room that has come back is for these, too. */
static void run_calls(struct samr_node *n)
{
	if ((n->calls.due || n->out->writable) && samr_node_serves(n) &&
	    !n->gone)
		samr_call_run(n);
}

/* Is there anything for a FLUSH to send? */
static bool unsent(const struct samr_node *n)
{
	return n->open_one.blob || n->open_all.blob ||
	       !list_empty(&n->flow.jobs) || samr_stable_due(n) ||
	       !list_empty(&n->access.all);
}

static int step_head(struct samr_node *n, const struct samr_event *ev)
{
	bool flush = ev->type == SAMR_EV_FLUSH;
	bool slept = ev->now > n->now + n->cfg.dead / 2;
	int err;

	n->now = max(n->now, ev->now);
	if (slept && n->view.epoch)
		samr_detect_slept(n);
	else if (slept && n->view.wanted)
		n->view.slept_at = n->now;
	err = dispatch(n, ev);
	if (n->sessions.giving && !n->gone)
		samr_reply_give(n);
	run_calls(n);
	samr_coordinator_run(n);
	while (n->order_due && samr_node_leads(n) && samr_node_serves(n) &&
	       !n->gone) {
		n->order_due = false;
		samr_sequencer_run(n);
		run_calls(n);
		samr_coordinator_run(n);
	}
	if (!n->gone)
		samr_query_run(n);
	if (!n->gone)
		samr_access_run(n, flush);
	if (flush && !n->gone) {
		samr_stable_flush(n);
		samr_frame_flush(n);
	}
	n->out->flush = !flush && !n->gone && (n->out->flush || unsent(n));
	return err;
}

/* A client node is nothing but a client's end. */
static int step_remote(struct samr_node *n, const struct samr_event *ev)
{
	n->now = max(n->now, ev->now);
	n->out->flush = ev->type != SAMR_EV_FLUSH;
	return samr_remote_step(n, ev);
}

int samr_node_step(struct samr_node *n, const struct samr_event *ev,
		   struct samr_actions *out)
{
	int err;

	if (n->gone)
		return n->gone == SAMR_OUT_HALTED ? -ENOTRECOVERABLE :
						    -ENOTCONN;
	n->out = out;
	n->wall = ev->wall;
	err = n->remote ? step_remote(n, ev) : step_head(n, ev);
	n->out = NULL;
	return err;
}

u64 samr_node_deadline(const struct samr_node *n)
{
	u64 at = n->view.send_at;

	if (n->gone)
		return SAMR_NEVER;
	if (n->remote)
		return samr_remote_deadline(n);
	at = min(at, n->access.at);
	if (!n->view.epoch)
		return at;
	at = min(at, samr_detect_deadline(n));
	at = min(at, n->acceptor.stuck_at);
	at = min(at, samr_coordinator_deadline(n));
	at = min(at, samr_learner_deadline(n));
	at = min(at, n->beat_at);
	at = min(at, n->rcv.ask_at);
	at = min(at, n->rcv.retry_at);
	at = min(at, n->stab.ack_at);
	at = min(at, samr_sequencer_deadline(n));
	at = min(at, samr_flow_deadline(n));
	at = min(at, samr_session_deadline(n));
	at = min(at, samr_query_deadline(n));
	at = min(at, samr_digest_deadline(n));
	at = min(at, samr_call_deadline(n));
	at = min(at, samr_alarm_deadline(n));
	return min(at, samr_credit_deadline(n));
}

u64 samr_node_stable(const struct samr_node *n)
{
	return n->stab.stable;
}

bool samr_node_room(struct samr_node *n, u8 kind, u32 group, u32 len)
{
	if (n->remote)
		return samr_remote_room(n, kind, len);
	if (samr_flow_room(n, kind, group, len))
		return true;
	if (!samr_credit_refused(n, kind, group, len))
		n->flow.refused = true;
	return false;
}

void samr_node_view(const struct samr_node *n, struct samr_view_info *info)
{
	const struct samr_view_state *v = &n->view;
	u64 id;

	memset(info, 0, sizeof(*info));
	if (n->remote) {
		samr_remote_view(n, info);
		return;
	}
	info->epoch = v->epoch;
	info->wanted = v->wanted;
	info->founders = v->founders;
	if (v->epoch) {
		info->sequencer = v->sequencer;
		info->count = v->count;
		info->holders = v->holders;
		info->policy = samr_view_policy(n);
		info->base = v->base;
		info->suspects = n->detect.suspects | n->detect.hinted;
		info->wedged = n->acceptor.wedged_at;
		info->learning = n->learner.active ||
				 (v->seat[v->self] & SAMR_SEAT_LEARNER);
		info->leaving = n->acceptor.leaving;
		memcpy(info->flags, v->seat, sizeof(info->flags));
		memcpy(info->node, v->node, sizeof(info->node));
		memcpy(info->inc, v->inc, sizeof(info->inc));
		info->heard = v->wanted;
		return;
	}
	for (id = 1; id < SAMR_IDS; id++)
		if (id == n->cfg.self || (n->peer[id].hello_at &&
					  n->peer[id].wanted == v->wanted &&
					  n->peer[id].witness == v->referee &&
					  n->peer[id].founders == v->founders))
			info->heard |= BIT_ULL(id) & v->wanted;
}

enum samr_out samr_node_out(const struct samr_node *n)
{
	return n->gone;
}

bool samr_node_fence(const struct samr_node *n, u32 i, struct samr_fence *f)
{
	if (i >= SAMR_FENCES || !n->fence[i].id)
		return false;
	*f = n->fence[i];
	return true;
}

struct samr_members *samr_node_members(struct samr_node *n, u32 group)
{
	struct samr_group *g = samr_group_find(n, group);

	return g && g->members ? samr_members_get(g->members) : NULL;
}

u32 samr_node_group(const struct samr_node *n, u32 after)
{
	const struct samr_group *g;
	u32 i, best = 0;

	for (i = 0; i < SAMR_GROUP_BUCKETS; i++)
		list_for_each_entry(g, &n->groups.bucket[i], hash)
			if (g->members && g->id > after &&
			    (!best || g->id < best))
				best = g->id;
	return best;
}

void samr_node_stats(const struct samr_node *n, struct samr_node_stats *s)
{
	*s = n->stats;
	s->last = n->rcv.last;
	s->held = n->rcv.held;
	s->delivered = n->rcv.delivered;
	s->stable = n->stab.stable;
	s->trimmed = n->stab.trimmed;
	s->history_bytes = n->rcv.bytes;
}

void samr_node_latency(const struct samr_node *n, enum samr_lap lap,
		       struct samr_latency *l)
{
	*l = n->latency[lap];
}

bool samr_node_peer(const struct samr_node *n, u64 id,
		    struct samr_peer_info *info)
{
	const struct samr_peer *p;
	u32 index;

	if (!id || id >= SAMR_IDS || !n->peer[id].heard)
		return false;
	p = &n->peer[id];
	index = samr_node_index(n, id);
	info->id = id;
	info->saved = p->saved;
	info->wanted = p->wanted;
	info->epoch = p->epoch;
	info->in_view = index != SAMR_NO_INDEX;
	info->inc = info->in_view ? n->view.inc[index] : p->inc;
	info->ack = info->in_view ? n->view.ack[index] : 0;
	info->heard = p->heard;
	return true;
}
