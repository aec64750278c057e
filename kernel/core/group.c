// SPDX-License-Identifier: GPL-2.0
/* Groups and delivery in them, see group.h. */
#include "access.h"
#include "group.h"
#include "call.h"
#include "coordinator.h"
#include "credit.h"
#include "learner.h"
#include "place.h"
#include "reply.h"
#include "session.h"
#include "stream.h"
#include "view.h"

void samr_group_init(struct samr_node *n)
{
	u32 i;

	for (i = 0; i < SAMR_GROUP_BUCKETS; i++)
		INIT_LIST_HEAD(&n->groups.bucket[i]);
	INIT_LIST_HEAD(&n->groups.holding);
	INIT_LIST_HEAD(&n->groups.dirty);
	INIT_LIST_HEAD(&n->groups.starving);
	INIT_LIST_HEAD(&n->groups.digests);
	n->groups.digest_at = SAMR_NEVER;
	n->groups.credit_at = SAMR_NEVER;
	n->groups.ask_at = SAMR_NEVER;
	n->groups.alarm_at = SAMR_NEVER;
	samr_session_init(n);
	samr_call_init(n);
}

static void group_free(struct samr_node *n, struct samr_group *g)
{
	list_del(&g->hash);
	list_del(&g->holding);
	list_del(&g->dirty);
	list_del(&g->starving);
	samr_members_put(g->members);
	samr_transfer_forget(g);
	samr_place_forget(g);
	samr_lock_clear(&g->locks);
	samr_session_forget(n, &g->sessions);
	samr_digest_fini(&g->digest);
	samr_alarm_clear(&g->alarms);
	samr_free(g);
}

void samr_group_drop(struct samr_msg *msg, struct samr_actions *dropped)
{
	if (!dropped || !msg->owner)
		return;
	msg->meta.gseq = 0;
	msg->action.type = SAMR_ACT_DELIVER;
	list_add_tail(&samr_msg_get(msg)->action.node, &dropped->list);
}

static void drop_all(struct list_head *held, struct samr_actions *dropped)
{
	struct samr_msg *msg;

	while (!list_empty(held)) {
		msg = list_first_entry(held, struct samr_msg, link);
		list_del_init(&msg->link);
		samr_group_drop(msg, dropped);
		samr_msg_put(msg);
	}
}

void samr_group_fini(struct samr_node *n, struct samr_actions *dropped)
{
	struct samr_session *s;
	struct samr_group *g;
	u32 i;

	for (i = 0; i < SAMR_GROUP_BUCKETS; i++) {
		while (!list_empty(&n->groups.bucket[i])) {
			g = list_first_entry(&n->groups.bucket[i],
					     struct samr_group, hash);
			drop_all(&g->held, dropped);
			group_free(n, g);
		}
	}
	samr_call_fini(n);
	drop_all(&n->sessions.later, dropped);
	while (!list_empty(&n->sessions.ended)) {
		s = list_first_entry(&n->sessions.ended, struct samr_session,
				     ready);
		list_del(&s->ready);
		samr_free(s);
	}
}

static struct list_head *bucket_of(const struct samr_node *n, u32 id)
{
	return (struct list_head *)
		&n->groups.bucket[(id * 2654435761u) >> 26];
}

struct samr_group *samr_group_find(const struct samr_node *n, u32 id)
{
	struct samr_group *g;

	list_for_each_entry(g, bucket_of(n, id), hash)
		if (g->id == id)
			return g;
	return NULL;
}

struct samr_group *samr_group_add(struct samr_node *n, u32 id)
{
	struct samr_group *g = samr_alloc(sizeof(*g));

	if (!g)
		return NULL;
	g->id = id;
	INIT_LIST_HEAD(&g->held);
	INIT_LIST_HEAD(&g->holding);
	INIT_LIST_HEAD(&g->dirty);
	INIT_LIST_HEAD(&g->starving);
	INIT_LIST_HEAD(&g->give.places);
	samr_lock_init(&g->locks);
	samr_session_table_init(&g->sessions);
	samr_digest_init(&g->digest);
	samr_alarm_init(&g->alarms);
	list_add_tail(&g->hash, bucket_of(n, id));
	return g;
}

void samr_group_release(struct samr_node *n, struct samr_group *g)
{
	if (!g || g->members || g->unordered || g->give.unordered ||
	    !list_empty(&g->held) || g->locks.count || g->sessions.count)
		return;
	samr_mark("group forgotten");
	group_free(n, g);
}

struct samr_members *samr_members_new(u32 count, u64 id)
{
	struct samr_members *m;

	m = samr_alloc(sizeof(*m) + count * sizeof(m->m[0]));
	if (!m)
		return NULL;
	samr_ref_set(&m->ref, 1);
	m->id = id;
	m->count = count;
	return m;
}

struct samr_members *samr_members_get(struct samr_members *m)
{
	samr_ref_get(&m->ref);
	return m;
}

void samr_members_put(struct samr_members *m)
{
	if (m && samr_ref_put(&m->ref))
		samr_free(m);
}

/* The place of a message's sender among the members, or their number. */
static u32 place_of(const struct samr_members *m, const struct samr_meta *who)
{
	u32 i;

	for (i = 0; i < m->count; i++)
		if (m->m[i].node == who->origin && m->m[i].inc == who->inc &&
		    m->m[i].port == who->port)
			break;
	return i;
}

const struct samr_member_id *samr_group_member(const struct samr_group *g,
					       const struct samr_meta *who)
{
	u32 i;

	if (!g || !g->members)
		return NULL;
	i = place_of(g->members, who);
	return i < g->members->count ? &g->members->m[i] : NULL;
}

static void note_change(struct samr_actions *out, u32 id)
{
	u32 i, known = min_t(u32, out->changes, SAMR_CHANGES_MAX);

	for (i = 0; i < known; i++)
		if (out->changed[i] == id)
			return;
	if (known < SAMR_CHANGES_MAX)
		out->changed[known] = id;
	out->changes = known + 1;
}

static void use_members(struct samr_node *n, struct samr_group *g,
			struct samr_members *next)
{
	u32 i;

	if (!g->members)
		n->groups.count++;
	samr_members_put(g->members);
	g->members = NULL;
	g->local = 0;
	for (i = 0; i < next->count; i++)
		g->local += next->m[i].node == n->cfg.self;
	if (next->count)
		g->members = samr_members_get(next);
	else
		n->groups.count--;
}

static void look(struct samr_node *n, struct samr_group *g)
{
	samr_reply_look(n, g);
	samr_stream_look(n, g);
	samr_call_look(n);
}

static void set_members(struct samr_node *n, struct samr_group *g,
			struct samr_msg *msg, struct samr_members *next)
{
	use_members(n, g, next);
	msg->members = next;
	msg->view = next->id;
	samr_credit_members(n, g, msg->meta.gseq);
	samr_digest_renew(n, g, msg->meta.gseq,
			  msg->meta.kind == SAMR_KIND_JOIN);
	note_change(n->out, g->id);
	if (g->members)
		look(n, g);
	else
		samr_session_end(n, g);
	samr_alarm_members(n, g);
	samr_session_orphans(n);
}

void samr_group_flags(struct samr_node *n, struct samr_group *g,
		      struct samr_members *members)
{
	use_members(n, g, members);
	samr_members_put(members);
	note_change(n->out, g->id);
	look(n, g);
}

static bool join(struct samr_node *n, struct samr_group *g,
		 struct samr_msg *msg)
{
	u32 count = g && g->members ? g->members->count : 0;
	struct samr_members *next;

	if (!count ? n->groups.count >= SAMR_GROUPS_MAX :
		     count >= SAMR_MEMBERS_MAX ||
		     place_of(g->members, &msg->meta) < count) {
		samr_mark("join refused");
		msg->refused = true;
		return true;
	}
	next = samr_members_new(count + 1, msg->meta.gseq);
	if (!next)
		return false;
	if (!g)
		g = samr_group_add(n, msg->meta.group);
	if (!g) {
		samr_members_put(next);
		return false;
	}
	if (count)
		memcpy(next->m, g->members->m, count * sizeof(next->m[0]));
	next->m[count] = (struct samr_member_id){
		.node	= msg->meta.origin,
		.inc	= msg->meta.inc,
		.port	= msg->meta.port,
		.window	= (u32)min_t(u64, msg->meta.arg, U32_MAX),
		.flags	= samr_transfer_joiner(g, msg->meta.flags),
		.since	= msg->meta.gseq,
	};
	set_members(n, g, msg, next);
	return true;
}

/* Fewer members, @next: with them the state transfer and locks may change. */
static bool lessen(struct samr_node *n, struct samr_group *g,
		   struct samr_msg *msg, struct samr_members *next)
{
	struct samr_next transfer;

	if (!samr_transfer_thin(g, next, &transfer)) {
		samr_members_put(next);
		return false;
	}
	if (!samr_lock_thin(n, g, next, msg)) {
		samr_transfer_abort(&transfer);
		samr_members_put(next);
		return false;
	}
	if (transfer.changes)
		samr_transfer_commit(n, g, msg, &transfer);
	set_members(n, g, msg, next);
	return true;
}

static bool leave(struct samr_node *n, struct samr_group *g,
		  struct samr_msg *msg)
{
	u32 count = g && g->members ? g->members->count : 0;
	struct samr_members *next;
	u32 i;

	if (!count)
		return true;
	i = place_of(g->members, &msg->meta);
	if (i == count)
		return true;
	next = samr_members_new(count - 1, msg->meta.gseq);
	if (!next)
		return false;
	memcpy(next->m, g->members->m, i * sizeof(next->m[0]));
	memcpy(&next->m[i], &g->members->m[i + 1],
	       (count - 1 - i) * sizeof(next->m[0]));
	return lessen(n, g, msg, next);
}

/* It has no place, and is for a client. */
static bool is_given(const struct samr_msg *msg)
{
	return msg->meta.kind == SAMR_KIND_REPLY ||
	       msg->meta.kind == SAMR_KIND_ANSWER;
}

/* Concerns nobody but its sender. */
static bool is_private(const struct samr_msg *msg)
{
	switch (msg->meta.kind) {
	case SAMR_KIND_SESSION:
		return msg->result != SAMR_SES_CUT;
	case SAMR_KIND_REQUEST:
	case SAMR_KIND_STREAM:
	case SAMR_KIND_DIGEST:
	case SAMR_KIND_CONNECT:
	case SAMR_KIND_RETURN:
	case SAMR_KIND_ALARM:
		return msg->refused;
	default:
		return msg->meta.kind == SAMR_KIND_REPLIES &&
		       (msg->refused || !(msg->meta.flags & SAMR_MSG_KEEP));
	}
}

void samr_group_emit(struct samr_node *n, struct samr_msg *msg)
{
	if (is_given(msg) && msg->meta.port & SAMR_PORT_FAR) {
		samr_access_give(n, msg);
		return;
	}
	if (msg->far)
		samr_access_told(n, msg);
	if (msg->far && (is_private(msg) || msg->aloof))
		return;
	samr_node_lap(n, msg, SAMR_LAP_DELIVER);
	msg->epoch = n->view.epoch;
	msg->action.type = SAMR_ACT_DELIVER;
	list_add_tail(&samr_msg_get(msg)->action.node, &n->out->list);
}

/* What is told of locks and streams must not be undone: it is stable first. */
static bool is_safe(const struct samr_msg *msg)
{
	return (msg->meta.flags & SAMR_MSG_SAFE) || msg->locks ||
	       msg->meta.kind == SAMR_KIND_STREAM;
}

void samr_group_append(struct samr_node *n, struct samr_group *g,
		       struct samr_msg *msg)
{
	bool wait = is_safe(msg) && msg->meta.gseq > n->stab.stable;

	/* Without a group nobody reads it: its owner only hears of its end. */
	if (!g || (!wait && list_empty(&g->held))) {
		samr_group_emit(n, msg);
		return;
	}
	list_add_tail(&samr_msg_get(msg)->link, &g->held);
	if (list_empty(&g->holding))
		list_add_tail(&g->holding, &n->groups.holding);
}

static u32 staying(const struct samr_node *n, const struct samr_members *m)
{
	u32 i, count = 0;

	for (i = 0; i < m->count; i++)
		count += samr_view_has(n, m->m[i].node, m->m[i].inc);
	return count;
}

/* Take the members on heads that are gone out of one group. */
static bool thin(struct samr_node *n, struct samr_group *g,
		 const struct samr_meta *at)
{
	u32 i, count = staying(n, g->members), k = 0, local = g->local;
	struct samr_meta meta = *at;
	struct samr_members *next;
	struct samr_msg *msg;

	if (count == g->members->count)
		return true;
	meta.group = g->id;
	msg = samr_msg_new(&meta);
	next = samr_members_new(count, at->gseq);
	if (!msg || !next) {
		samr_msg_put(msg);
		samr_members_put(next);
		return false;
	}
	samr_mark("members gone with their head");
	for (i = 0; i < g->members->count; i++)
		if (samr_view_has(n, g->members->m[i].node,
				  g->members->m[i].inc))
			next->m[k++] = g->members->m[i];
	if (!lessen(n, g, msg, next)) {
		samr_msg_put(msg);
		return false;
	}
	msg->random = samr_keyed(&n->view.key, at->gseq);
	if (local)
		samr_group_emit(n, msg);
	samr_msg_put(msg);
	return true;
}

/* May be repeated: what was done before a lack of memory is not done again. */
static bool apply_view(struct samr_node *n, const struct samr_msg *msg)
{
	struct samr_group *g, *next;
	u32 i;

	for (i = 0; i < SAMR_GROUP_BUCKETS; i++) {
		list_for_each_entry_safe(g, next, &n->groups.bucket[i], hash) {
			if (!g->members)
				continue;
			samr_session_view(n, g, msg->meta.gseq);
			if (!thin(n, g, &msg->meta))
				return false;
			samr_digest_renew(n, g, msg->meta.gseq, false);
			samr_group_release(n, g);
		}
	}
	samr_credit_start(n);
	return true;
}

struct samr_msg *samr_group_view_new(struct samr_node *n, u64 gseq)
{
	const struct samr_meta meta = {
		.gseq	= gseq,
		.time	= n->time + 1,
		.kind	= SAMR_KIND_VIEW,
	};

	return samr_msg_new(&meta);
}

void samr_group_forget(struct samr_node *n)
{
	samr_group_fini(n, NULL);
	n->groups.count = 0;
	n->groups.locks = 0;
	n->groups.waiting = 0;
	n->groups.alarms = 0;
}

u32 samr_group_next(const struct samr_node *n, u32 after)
{
	const struct samr_group *g;
	u32 i, best = 0;

	for (i = 0; i < SAMR_GROUP_BUCKETS; i++)
		list_for_each_entry(g, &n->groups.bucket[i], hash)
			if ((g->members || g->locks.count ||
			     g->sessions.count) && g->id > after &&
			    (!best || g->id < best))
				best = g->id;
	return best;
}

bool samr_group_learn(struct samr_node *n, u32 id, u64 upto,
		      struct samr_members *members, u64 transfer, u64 last,
		      struct samr_lock_table *locks,
		      struct samr_session_table *sessions,
		      struct samr_alarm_table *alarms)
{
	struct samr_group *g = samr_group_add(n, id);

	if (!g)
		return false;
	if (!samr_transfer_learn(g, members, transfer, last)) {
		group_free(n, g);
		return false;
	}
	g->upto = upto;
	samr_session_adopt(n, g, sessions);
	list_splice_init(&locks->locks, &g->locks.locks);
	g->locks.count = locks->count;
	g->locks.waiting = locks->waiting;
	n->groups.locks += locks->count;
	n->groups.waiting += locks->waiting;
	samr_lock_init(locks);
	list_splice_init(&alarms->alarms, &g->alarms.alarms);
	g->alarms.count = alarms->count;
	g->alarms.last = alarms->last;
	n->groups.alarms += alarms->count;
	samr_alarm_init(alarms);
	use_members(n, g, members);
	samr_members_put(members);
	samr_credit_members(n, g, upto);
	return true;
}

static bool apply_to_members(struct samr_node *n, struct samr_group *g,
			     struct samr_msg *msg)
{
	if (msg->meta.kind == SAMR_KIND_CONNECT ||
	    msg->meta.kind == SAMR_KIND_RETURN)
		return samr_call_apply(n, msg);
	/* A learner has it as it was later than this, or knows that it was not. */
	if (msg->meta.gseq <= (g ? g->upto :
			       samr_learner_upto(n, msg->meta.group)))
		return true;
	switch (msg->meta.kind) {
	case SAMR_KIND_JOIN:
		return join(n, g, msg);
	case SAMR_KIND_LEAVE:
		return leave(n, g, msg);
	case SAMR_KIND_LOCK:
	case SAMR_KIND_UNLOCK:
		return samr_lock_apply(n, g, msg);
	case SAMR_KIND_SESSION:
	case SAMR_KIND_STREAM:
	case SAMR_KIND_REQUEST:
		return samr_session_apply(n, g, msg);
	case SAMR_KIND_REPLIES:
		return samr_reply_taken(n, g, msg);
	case SAMR_KIND_DIGEST:
		return samr_digest_apply(n, g, msg);
	case SAMR_KIND_ALARM:
		return samr_alarm_apply(n, g, msg);
	case SAMR_KIND_DATA:
		return true;
	default:
		if (!g || !g->members) {
			msg->refused = true;
			return true;
		}
		if (!samr_transfer_apply(n, g, msg))
			return false;
		samr_alarm_members(n, g);
		return true;
	}
}

/*
 * Is it for anybody here? Pieces of state are for receivers only; what else there
 * is of a transfer is told where it changes the transfer.
 */
static bool wanted_here(const struct samr_node *n, const struct samr_group *g,
			const struct samr_msg *msg, u32 local)
{
	if (msg->owner || msg->far)
		return true;
	if (msg->meta.kind == SAMR_KIND_REPLIES &&
	    msg->result != SAMR_SES_CUT)
		return g && samr_transfer_here(n, g);
	if (msg->meta.kind >= SAMR_KIND_SNAPSHOT &&
	    msg->meta.kind <= SAMR_KIND_READ && !msg->transfer)
		return msg->meta.kind == SAMR_KIND_STATE && !msg->refused &&
		       g && samr_transfer_here(n, g);
	return local || (g && g->local);
}

/* A client acts on what it is told of its session: that must not be undone. */
static void tell_sender(struct samr_node *n, struct samr_msg *msg)
{
	if (!msg->owner)
		samr_saw(n->cfg.self, msg);
	if (msg->owner || msg->far)
		samr_session_hold(n, msg);
	if (msg->meta.gseq <= n->stab.stable)
		samr_reply_stable(n);
}

bool samr_group_apply(struct samr_node *n, struct samr_msg *msg)
{
	struct samr_group *g;
	u32 local;

	if (msg->meta.kind == SAMR_KIND_VIEW)
		return apply_view(n, msg);
	if (msg->meta.kind == SAMR_KIND_RETIRE) {
		if (!n->view.retired)
			n->view.retired_at = msg->meta.gseq;
		n->view.retired |= BIT_ULL(msg->meta.origin);
		samr_coordinator_consider(n);
		return true;
	}
	g = samr_group_find(n, msg->meta.group);
	local = g ? g->local : 0;
	if (!apply_to_members(n, g, msg))
		return false;
	if (msg->meta.kind != SAMR_KIND_DATA && msg->meta.origin == n->cfg.self)
		samr_credit_ordered(n, msg);
	g = samr_group_find(n, msg->meta.group);
	if (g && msg->meta.origin == n->cfg.self)
		samr_credit_applied(n, g, msg->meta.gseq);
	if (msg->locks || msg->meta.kind == SAMR_KIND_STREAM)
		n->stab.safe = max(n->stab.safe, msg->meta.gseq);
	msg->random = samr_keyed(&n->view.key, msg->meta.gseq);
	if (g && g->members)
		msg->view = g->members->id;
	if (msg->far)
		samr_saw(n->cfg.self, msg);
	msg->aloof = msg->far && !local && !(g && g->local);
	if (is_private(msg))
		tell_sender(n, msg);
	else if (wanted_here(n, g, msg, local))
		samr_group_append(n, g, msg);
	samr_group_release(n, g);
	return true;
}

void samr_group_stable(struct samr_node *n)
{
	struct samr_group *g, *next;
	struct samr_msg *msg;

	list_for_each_entry_safe(g, next, &n->groups.holding, holding) {
		while (!list_empty(&g->held)) {
			msg = list_first_entry(&g->held, struct samr_msg, link);
			if (is_safe(msg) && msg->meta.gseq > n->stab.stable)
				break;
			list_del_init(&msg->link);
			samr_group_emit(n, msg);
			samr_msg_put(msg);
		}
		if (list_empty(&g->held)) {
			list_del_init(&g->holding);
			samr_group_release(n, g);
		}
	}
	samr_reply_stable(n);
}
