// SPDX-License-Identifier: GPL-2.0
/*
 * State transfer between the members of a group, see transfer.h.
 *
 * Each transition first makes what it needs, and then changes the group: what
 * lacks memory has not happened.
 */
#include "transfer.h"
#include "call.h"
#include "credit.h"
#include "group.h"
#include "place.h"

/* What speaks against a donor, if there is another: the highest counts most. */
#define AGAINST_RECEIVER	1	/* a receiver's head has enough to do */
#define AGAINST_SEQUENCER	2	/* and the sequencer's, for all of them */
#define AGAINST_FAILED		4

static struct samr_transfer *transfer_new(u32 count)
{
	struct samr_transfer *t;

	t = samr_alloc(sizeof(*t) + count * sizeof(t->to[0]));
	if (!t)
		return NULL;
	samr_ref_set(&t->ref, 1);
	t->count = count;
	return t;
}

struct samr_transfer *samr_transfer_get(struct samr_transfer *t)
{
	samr_ref_get(&t->ref);
	return t;
}

void samr_transfer_put(struct samr_transfer *t)
{
	if (t && samr_ref_put(&t->ref))
		samr_free(t);
}

static bool same(const struct samr_member_id *a, const struct samr_member_id *b)
{
	return a->node == b->node && a->inc == b->inc && a->port == b->port;
}

static bool sent_by(const struct samr_msg *msg, const struct samr_member_id *m)
{
	return m->node == msg->meta.origin && m->inc == msg->meta.inc &&
	       m->port == msg->meta.port;
}

static bool holds(const struct samr_member_id *m)
{
	return (m->flags & (SAMR_ID_STATEFUL | SAMR_ID_LACKS)) ==
	       SAMR_ID_STATEFUL;
}

static u32 lacking(const struct samr_members *m)
{
	u32 i, count = 0;

	for (i = 0; i < m->count; i++)
		count += (m->m[i].flags & SAMR_ID_LACKS) != 0;
	return count;
}

/* The place of @who in a list, or its length. */
static u32 place_in(const struct samr_member_id *list, u32 count,
		    const struct samr_member_id *who)
{
	u32 i;

	for (i = 0; i < count; i++)
		if (same(&list[i], who))
			break;
	return i;
}

/* Does anybody hold the state: a member, or the receivers of all of it? */
static bool held(const struct samr_members *m, bool receivers)
{
	u32 i;

	if (receivers)
		return true;
	for (i = 0; m && i < m->count; i++)
		if (holds(&m->m[i]))
			return true;
	return false;
}

u32 samr_transfer_joiner(const struct samr_group *g, u8 flags)
{
	if (!(flags & SAMR_MSG_STATEFUL))
		return 0;
	if (!g || !held(g->members, g->transfer && g->last))
		return SAMR_ID_STATEFUL;
	return SAMR_ID_STATEFUL | SAMR_ID_LACKS;
}

void samr_transfer_abort(struct samr_next *next)
{
	samr_transfer_put(next->t);
	samr_free(next->got);
	memset(next, 0, sizeof(*next));
}

/* Room for what comes next, with @count receivers; 0: none is under way. */
static bool next_new(struct samr_next *next, u32 count)
{
	next->changes = true;
	next->t = transfer_new(count);
	next->got = count ? samr_alloc(count * sizeof(*next->got)) : NULL;
	if (next->t && (next->got || !count))
		return true;
	samr_transfer_abort(next);
	return false;
}

/* The one under way, without those receivers that are not among @m, or @but. */
static bool next_kept(const struct samr_group *g, const struct samr_members *m,
		      const struct samr_member_id *but, struct samr_next *next)
{
	const struct samr_transfer *t = g->transfer;
	u32 i, k = 0, count = 0;
	bool keep[SAMR_MEMBERS_MAX];

	for (i = 0; i < t->count; i++) {
		keep[i] = !(but && same(&t->to[i], but)) &&
			  place_in(m->m, m->count, &t->to[i]) < m->count;
		count += keep[i];
	}
	if (!next_new(next, count))
		return false;
	if (!count)
		return true;
	next->t->id = t->id;
	next->t->donor = t->donor;
	for (i = 0; i < t->count; i++) {
		if (!keep[i])
			continue;
		next->got[k] = g->got[i];
		next->t->to[k++] = t->to[i];
	}
	return true;
}

/* What is left of the one under way when the group has only the members @m. */
static bool thin(const struct samr_group *g, const struct samr_members *m,
		 struct samr_next *next)
{
	const struct samr_transfer *t = g->transfer;
	bool gone = t->donor.node &&
		    place_in(m->m, m->count, &t->donor) == m->count;

	if (gone && !g->last)
		return next_new(next, 0);
	if (!next_kept(g, m, NULL, next))
		return false;
	if (!gone && next->t->count == t->count)
		samr_transfer_abort(next);
	else if (gone && next->t->id)
		memset(&next->t->donor, 0, sizeof(next->t->donor));
	return true;
}

bool samr_transfer_thin(const struct samr_group *g,
			const struct samr_members *m, struct samr_next *next)
{
	const struct samr_transfer *t = g->transfer;
	bool receivers;

	memset(next, 0, sizeof(*next));
	if (t && !thin(g, m, next))
		return false;
	receivers = g->last && (next->changes ? next->t->id : t->id);
	if (!lacking(m) || held(m, receivers) || !held(g->members, g->last))
		return true;
	samr_mark("state lost");
	if (!next->changes && !next_new(next, 0))
		return false;
	next->t->lost = true;
	return true;
}

/* Whoever waits for room may ask again. */
static void wake(struct samr_node *n, struct samr_give *v)
{
	if (!v->refused)
		return;
	v->refused = false;
	n->out->writable = true;
}

/* Forget pieces here that all receivers have read. */
static void settle(struct samr_node *n, struct samr_group *g)
{
	struct samr_give *v = &g->give;
	u64 floor = U64_MAX;
	u32 i;

	for (i = 0; i < g->transfer->count; i++)
		floor = min(floor, g->got[i]);
	while (v->parts && v->part[v->first].gseq <= floor) {
		v->owed -= v->part[v->first].cost;
		v->first = (v->first + 1) % SAMR_GIVE_PARTS;
		v->parts--;
		wake(n, v);
	}
}

void samr_transfer_commit(struct samr_node *n, struct samr_group *g,
			  struct samr_msg *msg, struct samr_next *next)
{
	bool same_one = g->transfer && g->transfer->id == next->t->id;

	samr_transfer_put(g->transfer);
	samr_free(g->got);
	g->transfer = next->t->id ? samr_transfer_get(next->t) : NULL;
	g->got = next->got;
	msg->transfer = next->t;
	if (same_one) {
		settle(n, g);
		return;
	}
	g->last = 0;
	g->give.owed = 0;
	g->give.parts = 0;
	samr_place_forget(g);
	g->give.kept = g->sessions.count && samr_transfer_begun_here(n, g);
	n->sessions.giving |= g->give.kept;
	wake(n, &g->give);
	samr_call_look(n);
	samr_session_orphans(n);
	if (next->t->lost)
		samr_session_end(n, g);
	else if (g->transfer)
		samr_place_begin(n, g, msg->meta.flags & SAMR_MSG_KEEP);
}

/* The members as they are, to change flags of. */
static struct samr_members *copy_of(const struct samr_members *m)
{
	struct samr_members *copy = samr_members_new(m->count, m->id);

	if (copy)
		memcpy(copy->m, m->m, m->count * sizeof(m->m[0]));
	return copy;
}

static u32 sender_of(const struct samr_members *m, const struct samr_msg *msg)
{
	u32 i;

	for (i = 0; i < m->count; i++)
		if (sent_by(msg, &m->m[i]))
			break;
	return i;
}

/* The donor's place among the members, or their number. */
static u32 choose(const struct samr_node *n, const struct samr_members *m)
{
	u32 i, against, least = U32_MAX, best = m->count;
	u64 receiving = 0;

	for (i = 0; i < m->count; i++)
		if (m->m[i].flags & SAMR_ID_LACKS)
			receiving |= BIT_ULL(m->m[i].node);
	for (i = 0; i < m->count; i++) {
		if (!holds(&m->m[i]))
			continue;
		against = 0;
		if (m->m[i].flags & SAMR_ID_FAILED)
			against += AGAINST_FAILED;
		if (m->m[i].node == n->view.sequencer)
			against += AGAINST_SEQUENCER;
		if (receiving & BIT_ULL(m->m[i].node))
			against += AGAINST_RECEIVER;
		if (against < least) {
			least = against;
			best = i;
		}
	}
	return best;
}

/* A transfer from @donor to all that lack the state. */
static bool next_begun(const struct samr_members *m, u32 donor, u64 id,
		       struct samr_next *next)
{
	u32 i, k = 0;

	if (!next_new(next, lacking(m)))
		return false;
	next->t->id = id;
	next->t->donor = m->m[donor];
	next->t->donor.flags = SAMR_ID_STATEFUL;
	for (i = 0; i < m->count; i++)
		if (m->m[i].flags & SAMR_ID_LACKS)
			next->t->to[k++] = m->m[i];
	return true;
}

static bool begin(struct samr_node *n, struct samr_group *g,
		  struct samr_msg *msg, u32 donor)
{
	bool again = g->members->m[donor].flags & SAMR_ID_FAILED;
	struct samr_members *m = NULL;
	struct samr_next next = { };
	u32 i;

	if (again) {
		/* There is no other: none counts as failed any more. */
		samr_mark("donors all failed");
		m = copy_of(g->members);
		for (i = 0; m && i < m->count; i++)
			m->m[i].flags &= ~SAMR_ID_FAILED;
	}
	if ((again && !m) ||
	    !next_begun(g->members, donor, msg->meta.gseq, &next)) {
		samr_members_put(m);
		return false;
	}
	samr_mark("transfer begun");
	if (m)
		samr_group_flags(n, g, m);
	samr_transfer_commit(n, g, msg, &next);
	return true;
}

static bool snapshot(struct samr_node *n, struct samr_group *g,
		     struct samr_msg *msg)
{
	const struct samr_transfer *t = g->transfer;
	const struct samr_members *m = g->members;
	u32 i = sender_of(m, msg), donor;
	struct samr_next next = { };
	bool receives;

	if (i == m->count || !(m->m[i].flags & SAMR_ID_LACKS)) {
		msg->refused = true;
		return true;
	}
	receives = t && place_in(t->to, t->count, &m->m[i]) < t->count;
	if (receives && msg->meta.arg != t->id) {
		samr_mark("snapshot comes late");
		msg->refused = true;
		return true;
	}
	/* Whoever waits for the end of one that is for others asks again then. */
	if (t && !receives)
		return true;
	if (receives && t->count > 1) {
		samr_mark("receiver gives up");
		if (!next_kept(g, m, &m->m[i], &next))
			return false;
		samr_transfer_commit(n, g, msg, &next);
		return true;
	}
	donor = choose(n, m);
	if (donor < m->count)
		return begin(n, g, msg, donor);
	if (!receives) {
		msg->refused = true;
		return true;
	}
	samr_mark("state given up");
	if (!next_new(&next, 0))
		return false;
	next.t->lost = true;
	samr_transfer_commit(n, g, msg, &next);
	return true;
}

static bool failed(struct samr_node *n, struct samr_group *g,
		   struct samr_msg *msg)
{
	struct samr_members *m = copy_of(g->members);
	struct samr_next next;

	if (!m || !next_new(&next, 0)) {
		samr_members_put(m);
		return false;
	}
	samr_mark("donor failed");
	m->m[sender_of(m, msg)].flags |= SAMR_ID_FAILED;
	samr_group_flags(n, g, m);
	samr_transfer_commit(n, g, msg, &next);
	return true;
}

static bool state(struct samr_node *n, struct samr_group *g,
		  struct samr_msg *msg)
{
	const struct samr_transfer *t = g->transfer;

	if (!t || msg->meta.arg != t->id || g->last ||
	    !sent_by(msg, &t->donor)) {
		samr_mark("stale piece");
		msg->refused = true;
		return true;
	}
	if (msg->meta.flags & SAMR_MSG_FAILED)
		return failed(n, g, msg);
	if (msg->meta.flags & SAMR_MSG_LAST && !samr_place_all(g)) {
		samr_mark("donor leaves out a stream");
		return failed(n, g, msg);
	}
	if (msg->meta.flags & SAMR_MSG_LAST)
		g->last = msg->meta.gseq;
	return true;
}

/* Whoever holds the state answers for what any of those does that hold it. */
static u64 answers_since(const struct samr_members *m)
{
	u64 since = U64_MAX;
	u32 i;

	for (i = 0; i < m->count; i++)
		if (holds(&m->m[i]))
			since = min(since, m->m[i].since);
	return since == U64_MAX ? 0 : since;
}

/* A receiver has it all: it counts from here on. */
static bool complete(struct samr_node *n, struct samr_group *g,
		     struct samr_msg *msg, u32 i)
{
	struct samr_members *m = copy_of(g->members);
	struct samr_next next;

	if (!m || !next_kept(g, m, &m->m[i], &next)) {
		samr_members_put(m);
		return false;
	}
	samr_mark("state installed");
	m->m[i].since = answers_since(m);
	m->m[i].flags &= ~SAMR_ID_LACKS;
	samr_group_flags(n, g, m);
	samr_transfer_commit(n, g, msg, &next);
	samr_credit_members(n, g, msg->meta.gseq);
	samr_digest_renew(n, g, msg->meta.gseq, true);
	return true;
}

static bool read(struct samr_node *n, struct samr_group *g,
		 struct samr_msg *msg)
{
	u32 i = sender_of(g->members, msg), k = 0;
	struct samr_transfer *t = g->transfer;
	u64 place = msg->meta.arg;

	if (t && i < g->members->count)
		k = place_in(t->to, t->count, &g->members->m[i]);
	if (!t || i == g->members->count || k == t->count || place <= t->id ||
	    place >= msg->meta.gseq || (g->last && place > g->last)) {
		msg->refused = true;
		return true;
	}
	if (place == g->last)
		return complete(n, g, msg, i);
	g->got[k] = max(g->got[k], place);
	settle(n, g);
	return true;
}

bool samr_transfer_apply(struct samr_node *n, struct samr_group *g,
			 struct samr_msg *msg)
{
	switch (msg->meta.kind) {
	case SAMR_KIND_SNAPSHOT:
		return snapshot(n, g, msg);
	case SAMR_KIND_STATE:
		return state(n, g, msg);
	default:
		return read(n, g, msg);
	}
}

bool samr_transfer_here(const struct samr_node *n, const struct samr_group *g)
{
	u32 i;

	for (i = 0; g->transfer && i < g->transfer->count; i++)
		if (g->transfer->to[i].node == n->cfg.self)
			return true;
	return false;
}

bool samr_transfer_begun_here(const struct samr_node *n,
			      const struct samr_group *g)
{
	const struct samr_transfer *t = g->transfer;

	return t && !g->last && g->give.ended != t->id &&
	       t->donor.node == n->cfg.self && t->donor.inc == n->cfg.inc;
}

bool samr_transfer_gives(const struct samr_node *n, const struct samr_group *g,
			 u32 port, u64 id)
{
	return samr_transfer_begun_here(n, g) && g->transfer->id == id &&
	       g->transfer->donor.port == port;
}

bool samr_transfer_room(const struct samr_group *g, u32 len)
{
	u64 out = g->give.unordered + g->give.owed;

	/* What has been replied to is in the order before the state is. */
	if (g->give.kept)
		return false;
	/* Without bytes it is the end, and there is one. */
	return !len || !out || out + samr_flow_cost(len) <= SAMR_TRANSFER_WINDOW;
}

void samr_transfer_charge(struct samr_group *g, struct samr_msg *msg)
{
	msg->cost = samr_flow_cost(msg->meta.len);
	g->give.unordered += msg->cost;
	if (msg->meta.flags & (SAMR_MSG_LAST | SAMR_MSG_FAILED))
		g->give.ended = msg->meta.arg;
}

void samr_transfer_ordered(struct samr_node *n, struct samr_group *g,
			   const struct samr_msg *msg)
{
	struct samr_give *v = &g->give;
	u32 at;

	if (!samr_assert(v->unordered >= msg->cost))
		return;
	v->unordered -= msg->cost;
	if (msg->refused || !g->transfer) {
		wake(n, v);
		return;
	}
	at = (v->first + v->parts - 1) % SAMR_GIVE_PARTS;
	if (!v->parts || (v->part[at].cost >= SAMR_GIVE_PART &&
			  v->parts < SAMR_GIVE_PARTS)) {
		at = (v->first + v->parts++) % SAMR_GIVE_PARTS;
		v->part[at].cost = 0;
	}
	v->part[at].gseq = msg->meta.gseq;
	v->part[at].cost += msg->cost;
	v->owed += msg->cost;
}

u32 samr_transfer_flags(const struct samr_group *g,
			const struct samr_member_id *m)
{
	const struct samr_transfer *t = g->transfer;
	u32 flags = m->flags;

	if (t && same(&t->donor, m))
		flags |= SAMR_ID_GIVES;
	if (t && place_in(t->to, t->count, m) < t->count)
		flags |= SAMR_ID_GETS;
	return flags;
}

bool samr_transfer_sane(const struct samr_members *m, u64 id, u64 last)
{
	u32 i, flags, give = 0, get = 0;

	for (i = 0; i < m->count; i++) {
		flags = m->m[i].flags;
		give += (flags & SAMR_ID_GIVES) != 0;
		get += (flags & SAMR_ID_GETS) != 0;
		if ((flags & ~SAMR_ID_FLAGS) ||
		    (flags && !(flags & SAMR_ID_STATEFUL)) ||
		    ((flags & SAMR_ID_LACKS) ?
		     (flags & (SAMR_ID_FAILED | SAMR_ID_GIVES)) :
		     (flags & SAMR_ID_GETS)))
			return false;
	}
	if (!id)
		return !give && !get && !last;
	return get && (give == 1 || (!give && last));
}

bool samr_transfer_learn(struct samr_group *g, struct samr_members *m, u64 id,
			 u64 last)
{
	struct samr_next next = { };
	u32 i, k = 0, count = 0;

	for (i = 0; i < m->count; i++)
		count += (m->m[i].flags & SAMR_ID_GETS) != 0;
	if (id && !next_new(&next, count))
		return false;
	for (i = 0; i < m->count; i++) {
		struct samr_member_id who = m->m[i];

		who.flags &= SAMR_ID_STATEFUL | SAMR_ID_LACKS;
		if (m->m[i].flags & SAMR_ID_GETS)
			next.t->to[k++] = who;
		if (m->m[i].flags & SAMR_ID_GIVES)
			next.t->donor = who;
		m->m[i].flags &= ~(SAMR_ID_GIVES | SAMR_ID_GETS);
	}
	if (!id)
		return true;
	samr_mark("transfer learnt");
	next.t->id = id;
	g->transfer = next.t;
	g->got = next.got;
	g->last = last;
	return true;
}

void samr_transfer_forget(struct samr_group *g)
{
	samr_transfer_put(g->transfer);
	samr_free(g->got);
	g->transfer = NULL;
	g->got = NULL;
}
