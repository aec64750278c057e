// SPDX-License-Identifier: GPL-2.0
/* State for a node that comes in, see learner.h. */
#include "learner.h"
#include "frame.h"
#include "group.h"
#include "receiver.h"
#include "session.h"
#include "state.h"
#include "stream.h"
#include "view.h"

/* Bytes of state that one question brings at most, about. */
#define ANSWER_BYTES	32768

static void ask(struct samr_node *n)
{
	struct samr_rec_state_ask rec = {
		.rec = {
			.type = SAMR_REC_STATE_ASK,
			.len  = cpu_to_be16(sizeof(rec)),
		},
		.after = cpu_to_be32(n->learner.after),
	};
	struct samr_blob *b;

	n->learner.bytes = 0;
	n->learner.ask_at = n->now + samr_node_patience(n, 1);
	b = samr_frame_record(n, n->view.node[n->learner.donor], sizeof(rec));
	if (b)
		samr_blob_put_data(b, &rec, sizeof(rec));
}

static void drop_group(struct samr_node *n)
{
	samr_members_put(n->learner.group);
	n->learner.group = NULL;
	n->learner.have = 0;
	samr_lock_clear(&n->learner.locks);
	n->learner.locked = false;
	samr_alarm_clear(&n->learner.alarms);
	samr_session_clear(&n->learner.sessions);
}

void samr_learner_init(struct samr_node *n)
{
	samr_lock_init(&n->learner.locks);
	samr_alarm_init(&n->learner.alarms);
	samr_session_table_init(&n->learner.sessions);
	INIT_LIST_HEAD(&n->learner.absent);
	n->learner.ask_at = SAMR_NEVER;
}

/*
 * Not @last, who has not answered; and preferably not the sequencer, who has
 * enough to do.
 */
static void choose(struct samr_node *n, u32 last)
{
	const struct samr_view_state *v = &n->view;
	u32 i, k = last;

	if (last == SAMR_NO_INDEX)
		k = (u32)samr_node_random(n) % v->count;
	n->learner.donor = v->leader;
	for (i = 0; i < v->count; i++, k = (k + 1) % v->count) {
		if (v->seat[k] || k == v->leader || k == last ||
		    (n->detect.suspects & BIT_ULL(v->node[k])))
			continue;
		n->learner.donor = k;
		break;
	}
}

void samr_learner_start(struct samr_node *n)
{
	samr_learner_stop(n);
	samr_mark("learner begins");
	n->learner.active = true;
	choose(n, SAMR_NO_INDEX);
	ask(n);
}

void samr_learner_stop(struct samr_node *n)
{
	struct samr_absent *a, *next;

	drop_group(n);
	list_for_each_entry_safe(a, next, &n->learner.absent, link)
		samr_free(a);
	memset(&n->learner, 0, sizeof(n->learner));
	samr_learner_init(n);
}

u64 samr_learner_upto(const struct samr_node *n, u32 group)
{
	const struct samr_absent *a;

	list_for_each_entry(a, &n->learner.absent, link)
		if (group <= a->last)
			return a->upto;
	return 0;
}

/* Between the last group and this id there was none at place @upto. */
static struct samr_absent *absent_new(u32 last, u64 upto)
{
	struct samr_absent *a = samr_alloc(sizeof(*a));

	if (!a)
		return NULL;
	a->last = last;
	a->upto = upto;
	return a;
}

bool samr_learner_ready(const struct samr_node *n)
{
	return n->view.epoch && !n->learner.active &&
	       (n->view.seat[n->view.self] & SAMR_SEAT_LEARNER) &&
	       n->rcv.delivered == n->rcv.held;
}

static void send_start(struct samr_node *n, u64 dest)
{
	const struct samr_view_state *v = &n->view;
	u32 i, len = sizeof(struct samr_rec_state) + v->count * sizeof(__be64);
	struct samr_rec_state rec;
	struct samr_blob *b;
	__be64 next;

	b = samr_frame_record(n, dest, len);
	if (!b)
		return;
	rec.rec.type = SAMR_REC_STATE;
	rec.rec.flags = 0;
	rec.rec.len = cpu_to_be16((u16)len);
	rec.count = cpu_to_be32(v->count);
	rec.time = cpu_to_be64(v->start_time);
	samr_blob_put_data(b, &rec, sizeof(rec));
	for (i = 0; i < v->count; i++) {
		next = cpu_to_be64(v->start[i]);
		samr_blob_put_data(b, &next, sizeof(next));
	}
}

/* Some members of a group, from number @first on; returns how many. */
static u32 send_part(struct samr_node *n, u64 dest, u32 after,
		     const struct samr_group *g, u32 first)
{
	const struct samr_members *m = g ? g->members : NULL;
	u32 room = samr_frame_room(n) - sizeof(struct samr_rec_state_group);
	u32 i, count = m ? m->count - first : 0, len;
	struct samr_rec_state_group rec;
	struct samr_rec_group_member w;
	struct samr_blob *b;

	count = min_t(u32, count, room / sizeof(w));
	len = sizeof(rec) + count * sizeof(w);
	b = samr_frame_record(n, dest, len);
	if (!b)
		return 0;
	memset(&rec, 0, sizeof(rec));
	rec.rec.type = SAMR_REC_STATE_GROUP;
	rec.rec.len = cpu_to_be16((u16)len);
	rec.group = cpu_to_be32(g ? g->id : 0);
	rec.after = cpu_to_be32(after);
	rec.total = cpu_to_be32(m ? m->count : 0);
	rec.first = cpu_to_be32(first);
	rec.count = cpu_to_be16((u16)count);
	rec.gseq = cpu_to_be64(n->rcv.delivered);
	rec.id = cpu_to_be64(m ? m->id : 0);
	rec.transfer = cpu_to_be64(g && g->transfer ? g->transfer->id : 0);
	rec.last = cpu_to_be64(g && g->transfer ? g->last : 0);
	samr_blob_put_data(b, &rec, sizeof(rec));
	for (i = first; i < first + count; i++) {
		w.inc = cpu_to_be64(m->m[i].inc);
		w.since = cpu_to_be64(m->m[i].since);
		w.node = cpu_to_be32((u32)m->m[i].node);
		w.port = cpu_to_be32(m->m[i].port);
		w.window = cpu_to_be32(m->m[i].window);
		w.flags = cpu_to_be32(samr_transfer_flags(g, &m->m[i]));
		samr_blob_put_data(b, &w, sizeof(w));
	}
	return count;
}

static u32 entry_len(const struct samr_lock_cursor *c)
{
	u32 len = sizeof(struct samr_rec_lock);

	return c->wait ? len : len + c->lock->name_len + c->lock->value_len;
}

static void put_entry(struct samr_blob *b, const struct samr_lock_cursor *c)
{
	const struct samr_lock_who *who = c->wait ? &c->wait->who :
						    &c->lock->owner;
	struct samr_rec_lock w = {
		.node	= cpu_to_be32((u32)who->node),
		.inc	= cpu_to_be64(who->inc),
		.arg	= cpu_to_be64(who->arg),
		.port	= cpu_to_be32(who->port),
	};

	if (!c->wait) {
		w.flags = c->lock->dead ? SAMR_LOCK_DEAD : 0;
		w.name_len = c->lock->name_len;
		w.value_len = c->lock->value_len;
	}
	samr_blob_put_data(b, &w, sizeof(w));
	if (c->wait)
		return;
	samr_blob_put_data(b, c->lock->name, c->lock->name_len);
	samr_blob_put_data(b, c->lock->value, c->lock->value_len);
}

/* As many locks, and members that wait, as fit into a frame; none: no memory. */
static bool send_locks_part(struct samr_node *n, u64 dest, u32 after,
			    const struct samr_group *g, u32 first,
			    struct samr_lock_cursor *c, u32 *count)
{
	u32 room = samr_frame_room(n), len = sizeof(struct samr_rec_state_locks);
	struct samr_lock_cursor ahead = *c;
	struct samr_rec_state_locks rec;
	struct samr_blob *b;

	for (*count = 0; ahead.lock && len + entry_len(&ahead) <= room;
	     ++*count) {
		len += entry_len(&ahead);
		samr_lock_next(&g->locks, &ahead);
	}
	b = samr_frame_record(n, dest, len);
	if (!b)
		return false;
	memset(&rec, 0, sizeof(rec));
	rec.rec.type = SAMR_REC_STATE_LOCKS;
	rec.rec.len = cpu_to_be16((u16)len);
	rec.group = cpu_to_be32(g->id);
	rec.after = cpu_to_be32(after);
	rec.total = cpu_to_be16((u16)(g->locks.count + g->locks.waiting));
	rec.first = cpu_to_be16((u16)first);
	rec.count = cpu_to_be16((u16)*count);
	rec.gseq = cpu_to_be64(n->rcv.delivered);
	samr_blob_put_data(b, &rec, sizeof(rec));
	for (; c->lock != ahead.lock || c->wait != ahead.wait;
	     samr_lock_next(&g->locks, c))
		put_entry(b, c);
	return true;
}

/* As many alarms as fit into a frame, from @at on; false: no memory. */
static bool send_alarms_part(struct samr_node *n, u64 dest, u32 after,
			     const struct samr_group *g, u32 first,
			     struct list_head **at, u32 *count)
{
	u32 room = samr_frame_room(n) - sizeof(struct samr_rec_state_alarms);
	struct samr_rec_state_alarms rec;
	const struct samr_alarm *a;
	struct samr_rec_alarm w;
	struct samr_blob *b;
	u32 i, len;

	*count = min_t(u32, g->alarms.count - first, room / sizeof(w));
	len = sizeof(rec) + *count * sizeof(w);
	b = samr_frame_record(n, dest, len);
	if (!b)
		return false;
	memset(&rec, 0, sizeof(rec));
	rec.rec.type = SAMR_REC_STATE_ALARMS;
	rec.rec.len = cpu_to_be16((u16)len);
	rec.group = cpu_to_be32(g->id);
	rec.after = cpu_to_be32(after);
	rec.total = cpu_to_be16((u16)g->alarms.count);
	rec.first = cpu_to_be16((u16)first);
	rec.count = cpu_to_be16((u16)*count);
	rec.gseq = cpu_to_be64(n->rcv.delivered);
	rec.last = cpu_to_be64(g->alarms.last);
	samr_blob_put_data(b, &rec, sizeof(rec));
	for (i = 0; i < *count; i++, *at = (*at)->next) {
		a = list_entry(*at, struct samr_alarm, link);
		w.number = cpu_to_be64(a->number);
		w.due = cpu_to_be64(a->due);
		samr_blob_put_data(b, &w, sizeof(w));
	}
	return true;
}

/* Nothing, if the group never had any. */
static bool send_alarms(struct samr_node *n, u64 dest, u32 after,
			const struct samr_group *g)
{
	struct list_head *at = g->alarms.alarms.next;
	u32 first = 0, count;

	if (!g->alarms.last)
		return true;
	do {
		if (!send_alarms_part(n, dest, after, g, first, &at, &count))
			return false;
		first += count;
	} while (first < g->alarms.count);
	return true;
}

/* What its learner is to have of alarms, as the record behind them says. */
static u32 alarms_of(const struct samr_alarm_table *t)
{
	return t->last ? t->count + 1 : 0;
}

static u32 session_len(const struct samr_session *s)
{
	return sizeof(struct samr_rec_session) +
	       (s->stream ? 0 : (u32)(s->next - s->acked - 1) *
				sizeof(__be64));
}

static void put_session(struct samr_blob *b, const struct samr_session *s)
{
	const struct samr_rec_session w = {
		.id	   = cpu_to_be64(s->id),
		.name	   = cpu_to_be64(s->name),
		.inc	   = cpu_to_be64(s->inc),
		.since	   = cpu_to_be64(s->since),
		.next	   = cpu_to_be64(s->next),
		.acked	   = cpu_to_be64(s->acked),
		.node	   = cpu_to_be32((u32)s->node),
		.port	   = cpu_to_be32(s->port),
		.uid	   = cpu_to_be32(s->uid),
		.gid	   = cpu_to_be32(s->gid),
		.reply_max = cpu_to_be32(s->reply_max),
		.expiry	   = cpu_to_be32(s->expiry),
		.flags	   = cpu_to_be32(s->flags | s->over |
					 (s->stream && s->fin ?
					  SAMR_SESSION_FIN : 0) |
					 (s->stream && s->stream->placed ?
					  SAMR_SESSION_PLACED : 0)),
		.client	   = cpu_to_be32(s->client),
	};
	struct samr_request *r;
	__be64 place;

	samr_blob_put_data(b, &w, sizeof(w));
	list_for_each_entry(r, &s->requests, link) {
		place = cpu_to_be64(r->place);
		samr_blob_put_data(b, &place, sizeof(place));
	}
}

/* As many sessions as fit into a frame, from @s on; false: no memory. */
static bool send_sessions_part(struct samr_node *n, u64 dest, u32 after,
			       const struct samr_group *g, u32 first,
			       struct list_head **at, u32 *count)
{
	u32 room = samr_frame_room(n), len = sizeof(struct samr_rec_state_locks);
	struct list_head *s = *at;
	struct samr_rec_state_locks rec;
	struct samr_blob *b;

	for (*count = 0; s != &g->sessions.sessions; s = s->next, ++*count) {
		u32 more = session_len(list_entry(s, struct samr_session,
						  link));

		if (len + more > room)
			break;
		len += more;
	}
	b = samr_frame_record(n, dest, len);
	if (!b)
		return false;
	memset(&rec, 0, sizeof(rec));
	rec.rec.type = SAMR_REC_STATE_SESSIONS;
	rec.alarms = cpu_to_be32(alarms_of(&g->alarms));
	rec.rec.len = cpu_to_be16((u16)len);
	rec.group = cpu_to_be32(g->id);
	rec.after = cpu_to_be32(after);
	rec.total = cpu_to_be16((u16)g->sessions.count);
	rec.first = cpu_to_be16((u16)first);
	rec.count = cpu_to_be16((u16)*count);
	rec.gseq = cpu_to_be64(n->rcv.delivered);
	samr_blob_put_data(b, &rec, sizeof(rec));
	for (; *at != s; *at = (*at)->next)
		put_session(b, list_entry(*at, struct samr_session, link));
	return true;
}

static bool send_sessions(struct samr_node *n, u64 dest, u32 after,
			  const struct samr_group *g)
{
	struct list_head *at = g->sessions.sessions.next;
	u32 first = 0, count;

	do {
		if (!send_sessions_part(n, dest, after, g, first, &at, &count))
			return false;
		first += count;
	} while (at != &g->sessions.sessions);
	return true;
}

/* A record at least, so that the learner knows that there is nothing more. */
static bool send_locks(struct samr_node *n, u64 dest, u32 after,
		       const struct samr_group *g)
{
	struct samr_lock_cursor c;
	u32 first = 0, count;

	samr_lock_first(&g->locks, &c);
	do {
		if (!send_locks_part(n, dest, after, g, first, &c, &count))
			return false;
		first += count;
	} while (c.lock);
	return true;
}

/* One group, all of it. */
static bool send_group(struct samr_node *n, u64 dest, u32 after,
		       const struct samr_group *g)
{
	u32 first = 0, total = g->members ? g->members->count : 0, sent;

	do {
		sent = send_part(n, dest, after, g, first);
		if (!sent && total)
			return false;
		first += sent;
	} while (first < total);
	return send_locks(n, dest, after, g) &&
	       send_alarms(n, dest, after, g) &&
	       send_sessions(n, dest, after, g);
}

/* What a group takes of an answer, about; donor and learner count alike. */
static u32 cost_of(const struct samr_members *m,
		   const struct samr_lock_table *locks,
		   const struct samr_alarm_table *alarms,
		   const struct samr_session_table *sessions)
{
	return (u32)(sizeof(struct samr_rec_state_group) +
		     2 * sizeof(struct samr_rec_state_locks)) +
	       alarms->count * (u32)sizeof(struct samr_rec_alarm) +
	       sessions->count * (u32)sizeof(struct samr_rec_session) +
	       (m ? m->count * (u32)sizeof(struct samr_rec_group_member) : 0) +
	       locks->count * (u32)sizeof(struct samr_lock) +
	       locks->waiting * (u32)sizeof(struct samr_rec_lock);
}

void samr_learner_asked(struct samr_node *n, u64 src, u32 after)
{
	const struct samr_group *g;
	u32 id, bytes = 0;

	if (n->learner.active || n->view.seat[n->view.self])
		return;
	if (!after)
		send_start(n, src);
	while (bytes < ANSWER_BYTES) {
		id = samr_group_next(n, after);
		if (!id) {
			send_part(n, src, after, NULL, 0);
			return;
		}
		g = samr_group_find(n, id);
		if (!send_group(n, src, after, g))
			return;
		bytes += cost_of(g->members, &g->locks, &g->alarms,
				 &g->sessions);
		after = id;
	}
}

enum samr_drop samr_learner_state(struct samr_node *n,
				  const struct samr_blob *frame,
				  const struct samr_record *r)
{
	const __be64 *next;
	__be64 scratch;
	u32 i;

	if (!n->learner.active || r->state.count != n->view.count)
		return SAMR_DROP_VIEW;
	if (n->learner.begun)
		return SAMR_DROP_DUPLICATE;
	for (i = 0; i < r->state.count; i++) {
		next = samr_blob_peek(frame, r->at + i * (u32)sizeof(*next),
				      sizeof(*next), &scratch);
		if (!next || !*next)
			return SAMR_DROP_RECORD;
		samr_window_reset(&n->origin[i].win, be64_to_cpu(*next));
		n->origin[i].ordered = be64_to_cpu(*next);
		n->origin[i].bytes = 0;
		n->view.start[i] = be64_to_cpu(*next);
	}
	samr_node_passed(n, r->state.time);
	n->view.start_time = r->state.time;
	n->learner.begun = true;
	return SAMR_DROP_NONE;
}

static void finish(struct samr_node *n)
{
	samr_mark("learner holds the state");
	drop_group(n);
	n->learner.active = false;
	n->learner.ask_at = SAMR_NEVER;
	samr_receiver_go_on(n);
	n->beat_at = n->now;
}

/* The beginning of a group, or its next part. */
static bool fits(struct samr_node *n, const struct samr_record *r)
{
	struct samr_learner *l = &n->learner;

	if (!r->group.first) {
		drop_group(n);
		l->group = samr_members_new(r->group.total, r->group.id);
		l->id = r->group.group;
		l->upto = r->group.gseq;
	}
	return l->group && l->id == r->group.group &&
	       l->upto == r->group.gseq && l->have == r->group.first &&
	       l->group->count == r->group.total;
}

/* Something before it was lost, or has come twice. */
static enum samr_drop out_of_turn(u32 first, u32 have)
{
	return first < have ? SAMR_DROP_DUPLICATE : SAMR_DROP_WINDOW;
}

enum samr_drop samr_learner_group(struct samr_node *n,
				  const struct samr_blob *frame,
				  const struct samr_record *r)
{
	struct samr_learner *l = &n->learner;
	const struct samr_rec_group_member *w;
	struct samr_rec_group_member scratch;
	struct samr_absent *a;
	u32 i, at = r->at;

	if (!l->active || !l->begun)
		return SAMR_DROP_VIEW;
	if (r->group.after != l->after)
		return SAMR_DROP_DUPLICATE;
	if (!r->group.group) {
		a = absent_new(U32_MAX, r->group.gseq);
		if (!a)
			return SAMR_DROP_MEMORY;
		list_add_tail(&a->link, &l->absent);
		finish(n);
		return SAMR_DROP_NONE;
	}
	if (!fits(n, r))
		return r->group.first ? out_of_turn(r->group.first, l->have) :
					SAMR_DROP_MEMORY;
	for (i = 0; i < r->group.count; i++, at += sizeof(*w)) {
		w = samr_blob_peek(frame, at, sizeof(*w), &scratch);
		if (!w || !samr_view_has(n, be32_to_cpu(w->node),
					 be64_to_cpu(w->inc)))
			goto malformed;
		l->group->m[l->have++] = (struct samr_member_id){
			.node	= be32_to_cpu(w->node),
			.inc	= be64_to_cpu(w->inc),
			.port	= be32_to_cpu(w->port),
			.window	= be32_to_cpu(w->window),
			.flags	= be32_to_cpu(w->flags),
			.since	= be64_to_cpu(w->since),
		};
	}
	if (l->have < r->group.total)
		return SAMR_DROP_NONE;
	if (!samr_transfer_sane(l->group, r->group.transfer, r->group.last))
		goto malformed;
	l->transfer = r->group.transfer;
	l->last = r->group.last;
	return SAMR_DROP_NONE;

malformed:
	/* Or the locks that come behind it would make it whole. */
	drop_group(n);
	return SAMR_DROP_RECORD;
}

/* One lock, or a member that waits for the last one; moves @at behind it. */
static enum samr_drop take_entry(struct samr_node *n,
				 const struct samr_blob *frame, u32 *at,
				 u32 end)
{
	u8 scratch[SAMR_LOCK_NAME_LEN + SAMR_LOCK_VALUE_LEN];
	const struct samr_rec_lock *w;
	struct samr_rec_lock fixed;
	struct samr_lock_ask name;
	struct samr_lock_who who;
	const u8 *bytes;
	u32 len;

	w = samr_blob_peek(frame, *at, sizeof(*w), &fixed);
	if (!w || end - *at < sizeof(*w))
		return SAMR_DROP_RECORD;
	*at += sizeof(*w);
	len = w->name_len + w->value_len;
	if ((w->flags & ~SAMR_LOCK_DEAD) || w->reserved || w->reserved2 ||
	    w->name_len > SAMR_LOCK_NAME_LEN ||
	    w->value_len > SAMR_LOCK_VALUE_LEN || end - *at < len ||
	    (!w->name_len && (w->value_len || w->flags)))
		return SAMR_DROP_RECORD;
	who.node = be32_to_cpu(w->node);
	who.inc = be64_to_cpu(w->inc);
	who.arg = be64_to_cpu(w->arg);
	who.port = be32_to_cpu(w->port);
	if (who.node ? !samr_view_has(n, who.node, who.inc) :
		       who.inc || who.arg || who.port)
		return SAMR_DROP_RECORD;
	name.name_len = w->name_len;
	name.value_len = w->value_len;
	if (!name.name_len)
		return samr_lock_learn(&n->learner.locks, NULL, false, &who);
	bytes = samr_blob_peek(frame, *at, len, scratch);
	if (!bytes)
		return SAMR_DROP_RECORD;
	samr_lock_copy(name.name, bytes, name.name_len);
	samr_lock_copy(name.value, bytes + name.name_len,
		       name.value_len);
	*at += len;
	return samr_lock_learn(&n->learner.locks, &name,
			       w->flags & SAMR_LOCK_DEAD, &who);
}

/* All of a group is here. */
static enum samr_drop learnt(struct samr_node *n)
{
	struct samr_learner *l = &n->learner;
	struct samr_absent *a = absent_new(l->id, l->upto);
	u32 cost = cost_of(l->group, &l->locks, &l->alarms, &l->sessions);

	if (!a || !samr_group_learn(n, l->id, l->upto, l->group, l->transfer,
				    l->last, &l->locks, &l->sessions,
				    &l->alarms)) {
		samr_free(a);
		return SAMR_DROP_MEMORY;
	}
	list_add_tail(&a->link, &l->absent);
	l->group = NULL;
	l->have = 0;
	l->locked = false;
	l->after = l->id;
	l->bytes += cost;
	/* Not before the answer is over: each question brings as much again. */
	if (l->bytes >= ANSWER_BYTES)
		ask(n);
	else
		l->ask_at = n->now + samr_node_patience(n, 1);
	return SAMR_DROP_NONE;
}

/* Is what is behind a group for us, and behind the group that is next? */
static enum samr_drop due(const struct samr_learner *l,
			  const struct samr_record *r)
{
	if (!l->active || !l->begun)
		return SAMR_DROP_VIEW;
	return r->locks.after == l->after ? SAMR_DROP_NONE :
					    SAMR_DROP_DUPLICATE;
}

/* All entries of a record; with one that is wrong the group begins anew. */
static enum samr_drop take_all(struct samr_node *n,
			       const struct samr_blob *frame,
			       const struct samr_record *r,
			       enum samr_drop (*take)(struct samr_node *n,
						      const struct samr_blob *frame,
						      u32 *at, u32 end))
{
	u32 i, at = r->at, end = r->at + r->len;
	enum samr_drop drop = SAMR_DROP_NONE;

	for (i = 0; !drop && i < r->locks.count; i++)
		drop = take(n, frame, &at, end);
	if (!drop && at != end)
		drop = SAMR_DROP_RECORD;
	if (drop)
		drop_group(n);
	return drop;
}

enum samr_drop samr_learner_locks(struct samr_node *n,
				  const struct samr_blob *frame,
				  const struct samr_record *r)
{
	struct samr_learner *l = &n->learner;
	enum samr_drop drop = due(l, r);

	if (drop)
		return drop;
	if (!l->group || l->have < l->group->count || l->locked ||
	    l->id != r->locks.group || l->upto != r->locks.gseq ||
	    r->locks.first != l->locks.count + l->locks.waiting)
		return out_of_turn(r->locks.first,
				   l->locks.count + l->locks.waiting);
	drop = take_all(n, frame, r, take_entry);
	if (drop)
		return drop;
	l->locked = l->locks.count + l->locks.waiting == r->locks.total;
	return SAMR_DROP_NONE;
}

/* One session with the places of its open requests; moves @at behind it. */
static enum samr_drop take_session(struct samr_node *n,
				   const struct samr_blob *frame, u32 *at,
				   u32 end)
{
	struct samr_learner *l = &n->learner;
	const struct samr_rec_session *w;
	struct samr_rec_session fixed;
	const __be64 *place;
	enum samr_drop drop;
	__be64 scratch;
	u64 open;

	w = samr_blob_peek(frame, *at, sizeof(*w), &fixed);
	if (!w || end - *at < sizeof(*w))
		return SAMR_DROP_RECORD;
	*at += sizeof(*w);
	open = be32_to_cpu(w->flags) & SAMR_SESSION_STREAM ? 0 :
	       be64_to_cpu(w->next) - be64_to_cpu(w->acked) - 1;
	/* Where nobody is there is nobody who could answer; groups are told of that. */
	if (!l->group->count &&
	    !(be32_to_cpu(w->flags) & (SAMR_SESSION_ENDED | SAMR_SESSION_CLOSED)))
		return SAMR_DROP_RECORD;
	drop = samr_session_learn(n, &l->sessions, l->id, w, l->upto);
	if (!drop && (end - *at) / sizeof(*place) < open)
		return SAMR_DROP_RECORD;
	for (; !drop && open; open--, *at += sizeof(*place)) {
		place = samr_blob_peek(frame, *at, sizeof(*place), &scratch);
		if (!place)
			return SAMR_DROP_RECORD;
		drop = samr_session_learn_place(&l->sessions,
						be64_to_cpu(*place), l->upto);
	}
	return drop;
}

static enum samr_drop take_alarm(struct samr_node *n,
				 const struct samr_blob *frame, u32 *at,
				 u32 end)
{
	const struct samr_rec_alarm *w;
	struct samr_rec_alarm fixed;

	w = samr_blob_peek(frame, *at, sizeof(*w), &fixed);
	if (!w || end - *at < sizeof(*w))
		return SAMR_DROP_RECORD;
	*at += sizeof(*w);
	return samr_alarm_learn(&n->learner.alarms, be64_to_cpu(w->number),
				be64_to_cpu(w->due));
}

enum samr_drop samr_learner_alarms(struct samr_node *n,
				   const struct samr_blob *frame,
				   const struct samr_record *r)
{
	struct samr_learner *l = &n->learner;
	enum samr_drop drop = due(l, r);

	if (drop)
		return drop;
	if (!l->locked || l->id != r->locks.group ||
	    l->upto != r->locks.gseq || l->sessions.count ||
	    r->locks.first != l->alarms.count ||
	    (l->alarms.last && l->alarms.last != r->locks.last))
		return out_of_turn(r->locks.first, l->alarms.count);
	/* Who is not there asks for nothing; nor does who has read more than there is. */
	if (!l->group->count || r->locks.last / SAMR_ALARM_ASKS >= l->upto) {
		drop_group(n);
		return SAMR_DROP_RECORD;
	}
	l->alarms.last = r->locks.last;
	return take_all(n, frame, r, take_alarm);
}

enum samr_drop samr_learner_sessions(struct samr_node *n,
				     const struct samr_blob *frame,
				     const struct samr_record *r)
{
	struct samr_learner *l = &n->learner;
	enum samr_drop drop = due(l, r);

	if (drop)
		return drop;
	if (!l->locked || l->id != r->locks.group ||
	    l->upto != r->locks.gseq || r->locks.first != l->sessions.count ||
	    r->locks.alarms != alarms_of(&l->alarms))
		return out_of_turn(r->locks.first, l->sessions.count);
	drop = take_all(n, frame, r, take_session);
	if (drop)
		return drop;
	if (l->sessions.count < r->locks.total)
		return SAMR_DROP_NONE;
	return learnt(n);
}

void samr_learner_timer(struct samr_node *n)
{
	if (n->now < n->learner.ask_at)
		return;
	choose(n, n->learner.donor);
	ask(n);
}

u64 samr_learner_deadline(const struct samr_node *n)
{
	return n->learner.ask_at;
}
