// SPDX-License-Identifier: GPL-2.0
/* Locks of groups, see lock.h. */
#include "lock.h"
#include "group.h"

/* At most two are told of one LOCK or UNLOCK: who asked, and who gets the lock. */
#define NOTES_MOST	2

void samr_lock_init(struct samr_lock_table *t)
{
	INIT_LIST_HEAD(&t->locks);
	t->count = 0;
	t->waiting = 0;
}

static void lock_free(struct samr_lock_table *t, struct samr_lock *l)
{
	struct samr_lock_wait *w, *next;

	list_for_each_entry_safe(w, next, &l->queue, link)
		samr_free(w);
	t->count--;
	t->waiting -= l->waiting;
	list_del(&l->link);
	samr_free(l);
}

void samr_lock_clear(struct samr_lock_table *t)
{
	struct samr_lock *l, *next;

	list_for_each_entry_safe(l, next, &t->locks, link)
		lock_free(t, l);
}

static bool name_sane(const u8 *name, u32 len)
{
	u32 i;

	for (i = 0; i < len; i++)
		if (!name[i])
			return false;
	return true;
}

bool samr_lock_parse(u8 kind, const u8 *bytes, u32 len,
		     struct samr_lock_ask *ask)
{
	const struct samr_lock_payload *p = (const void *)bytes;
	u32 allowed = kind == SAMR_KIND_LOCK ?
		      SAMR_LKF_TRY | SAMR_LKF_NEXT :
		      SAMR_LKF_KEEP | SAMR_LKF_VALUE | SAMR_LKF_CANCEL;

	if (len < sizeof(*p) || (p->flags & ~allowed) || p->reserved ||
	    p->name_len > SAMR_LOCK_NAME_LEN ||
	    p->value_len > SAMR_LOCK_VALUE_LEN ||
	    len != sizeof(*p) + p->name_len + p->value_len)
		return false;
	if (!p->name_len && !(p->flags & SAMR_LKF_NEXT))
		return false;
	if (p->value_len && !(p->flags & SAMR_LKF_VALUE))
		return false;
	if ((p->flags & SAMR_LKF_NEXT) && p->flags != SAMR_LKF_NEXT)
		return false;
	/* Who gives it back as it was stores nothing. */
	if ((p->flags & SAMR_LKF_CANCEL) && p->flags != SAMR_LKF_CANCEL)
		return false;
	bytes += sizeof(*p);
	if (!name_sane(bytes, p->name_len))
		return false;
	ask->flags = p->flags;
	ask->name_len = p->name_len;
	ask->value_len = p->value_len;
	samr_lock_copy(ask->name, bytes, p->name_len);
	samr_lock_copy(ask->value, bytes + p->name_len, p->value_len);
	return true;
}

/* As strcmp(): shorter ones first where one begins with the other. */
static int compare(const struct samr_lock *l, const struct samr_lock_ask *ask)
{
	int d = memcmp(l->name, ask->name, min(l->name_len, ask->name_len));

	return d ?: (int)l->name_len - (int)ask->name_len;
}

static struct samr_lock *find(const struct samr_lock_table *t,
			      const struct samr_lock_ask *ask)
{
	struct samr_lock *l;

	list_for_each_entry(l, &t->locks, link)
		if (!compare(l, ask))
			return l;
	return NULL;
}

static bool same(const struct samr_lock_who *a, const struct samr_lock_who *b)
{
	return a->node == b->node && a->inc == b->inc && a->port == b->port;
}

static bool is_member(const struct samr_members *m,
		      const struct samr_lock_who *who)
{
	u32 i;

	for (i = 0; m && i < m->count; i++)
		if (m->m[i].node == who->node && m->m[i].inc == who->inc &&
		    m->m[i].port == who->port)
			return true;
	return false;
}

static struct samr_lock_notes *notes_new(u32 count)
{
	struct samr_lock_notes *notes;

	notes = samr_alloc(sizeof(*notes) + count * sizeof(notes->note[0]));
	if (notes)
		notes->count = 0;
	return notes;
}

/* Tell @who; @l: the lock as it is now, or NULL. */
static void tell(struct samr_lock_notes *notes, const struct samr_lock_who *who,
		 enum samr_lk result, const struct samr_lock *l)
{
	struct samr_lock_note *note = &notes->note[notes->count++];

	note->node = who->node;
	note->inc = who->inc;
	note->port = who->port;
	note->arg = who->arg;
	note->result = result;
	if (!l)
		return;
	note->dead = l->dead;
	note->owner_node = l->owner.node;
	note->owner_inc = l->owner.inc;
	note->owner_port = l->owner.port;
	note->waiting = l->waiting;
	note->name_len = l->name_len;
	note->value_len = l->value_len;
	samr_lock_copy(note->name, l->name, l->name_len);
	samr_lock_copy(note->value, l->value, l->value_len);
}

/* Of a lock that is not there, the name only. */
static void tell_none(struct samr_lock_notes *notes,
		      const struct samr_lock_who *who, enum samr_lk result,
		      const struct samr_lock_ask *ask)
{
	struct samr_lock_note *note = &notes->note[notes->count];

	tell(notes, who, result, NULL);
	note->name_len = ask->name_len;
	samr_lock_copy(note->name, ask->name, ask->name_len);
}

static struct samr_lock *lock_new(struct samr_lock_table *t,
				  const struct samr_lock_ask *ask)
{
	struct samr_lock *l = samr_alloc(sizeof(*l)), *at;

	if (!l)
		return NULL;
	INIT_LIST_HEAD(&l->queue);
	l->name_len = ask->name_len;
	samr_lock_copy(l->name, ask->name, ask->name_len);
	list_for_each_entry(at, &t->locks, link)
		if (compare(at, ask) > 0)
			break;
	list_add_tail(&l->link, &at->link);
	t->count++;
	return l;
}

static struct samr_lock_wait *find_wait(const struct samr_lock *l,
					const struct samr_lock_who *who)
{
	struct samr_lock_wait *w;

	list_for_each_entry(w, &l->queue, link)
		if (same(&w->who, who))
			return w;
	return NULL;
}

static void unqueue(struct samr_node *n, struct samr_lock_table *t,
		    struct samr_lock *l, struct samr_lock_wait *w)
{
	list_del(&w->link);
	samr_free(w);
	l->waiting--;
	t->waiting--;
	n->groups.waiting--;
}

/* Forget a lock that says nothing any more. */
static void release(struct samr_node *n, struct samr_lock_table *t,
		    struct samr_lock *l)
{
	if (l->owner.node || l->waiting || l->value_len || l->dead)
		return;
	samr_mark("lock forgotten");
	lock_free(t, l);
	n->groups.locks--;
}

/* The owner is gone: the first that waits is the next one. */
static void pass_on(struct samr_node *n, struct samr_lock_table *t,
		    struct samr_lock *l, struct samr_lock_notes *notes)
{
	struct samr_lock_wait *w;

	memset(&l->owner, 0, sizeof(l->owner));
	if (list_empty(&l->queue)) {
		release(n, t, l);
		return;
	}
	w = list_first_entry(&l->queue, struct samr_lock_wait, link);
	l->owner = w->who;
	unqueue(n, t, l, w);
	tell(notes, &l->owner, SAMR_LK_GRANTED, l);
}

/* A name that is not in the table, or is, and has no owner: it is taken. */
static bool take(struct samr_node *n, struct samr_lock_table *t,
		 struct samr_lock *l, const struct samr_lock_ask *ask,
		 const struct samr_lock_who *who, struct samr_lock_notes *notes)
{
	if (!l) {
		if (t->count >= SAMR_LOCKS_MAX ||
		    n->groups.locks >= SAMR_LOCKS_ALL) {
			samr_mark("no room for a lock");
			tell_none(notes, who, SAMR_LK_FULL, ask);
			return true;
		}
		l = lock_new(t, ask);
		if (!l)
			return false;
		n->groups.locks++;
	}
	l->owner = *who;
	tell(notes, who, SAMR_LK_GRANTED, l);
	return true;
}

static bool queue_up(struct samr_node *n, struct samr_lock_table *t,
		     struct samr_lock *l, const struct samr_lock_who *who,
		     struct samr_lock_notes *notes)
{
	struct samr_lock_wait *w;

	if (t->waiting >= SAMR_LOCK_QUEUE_MAX ||
	    n->groups.waiting >= SAMR_LOCK_QUEUE_ALL) {
		samr_mark("no room to wait for a lock");
		tell(notes, who, SAMR_LK_FULL, l);
		return true;
	}
	w = samr_alloc(sizeof(*w));
	if (!w)
		return false;
	w->who = *who;
	list_add_tail(&w->link, &l->queue);
	l->waiting++;
	t->waiting++;
	n->groups.waiting++;
	tell(notes, who, SAMR_LK_QUEUED, l);
	return true;
}

static void look(const struct samr_lock_table *t,
		 const struct samr_lock_ask *ask,
		 const struct samr_lock_who *who, struct samr_lock_notes *notes)
{
	struct samr_lock *l;

	list_for_each_entry(l, &t->locks, link) {
		if (compare(l, ask) > 0) {
			tell(notes, who, SAMR_LK_FOUND, l);
			return;
		}
	}
	tell_none(notes, who, SAMR_LK_NONE, ask);
}

static bool lock(struct samr_node *n, struct samr_lock_table *t,
		 const struct samr_lock_ask *ask,
		 const struct samr_lock_who *who, struct samr_lock_notes *notes)
{
	struct samr_lock *l = find(t, ask);

	if (ask->flags & SAMR_LKF_NEXT) {
		look(t, ask, who, notes);
		return true;
	}
	if (!l || !l->owner.node)
		return take(n, t, l, ask, who, notes);
	if (same(&l->owner, who) || find_wait(l, who)) {
		tell(notes, who, SAMR_LK_OWNED, l);
		return true;
	}
	if (ask->flags & SAMR_LKF_TRY) {
		tell(notes, who, SAMR_LK_BUSY, l);
		return true;
	}
	return queue_up(n, t, l, who, notes);
}

static void store(struct samr_lock *l, const struct samr_lock_ask *ask)
{
	if (!(ask->flags & SAMR_LKF_VALUE))
		return;
	l->value_len = ask->value_len;
	samr_lock_copy(l->value, ask->value, ask->value_len);
}

static void unlock(struct samr_node *n, struct samr_lock_table *t,
		   const struct samr_lock_ask *ask,
		   const struct samr_lock_who *who,
		   struct samr_lock_notes *notes)
{
	struct samr_lock *l = find(t, ask);
	struct samr_lock_wait *w;

	if (l && same(&l->owner, who)) {
		store(l, ask);
		if (ask->flags & SAMR_LKF_KEEP) {
			tell(notes, who, SAMR_LK_STORED, l);
			return;
		}
		/* Given back as it was: nobody has put right what was wrong. */
		if (!(ask->flags & SAMR_LKF_CANCEL))
			l->dead = false;
		tell(notes, who, SAMR_LK_RELEASED, l);
		pass_on(n, t, l, notes);
		return;
	}
	w = l ? find_wait(l, who) : NULL;
	if (!w || (ask->flags & SAMR_LKF_KEEP)) {
		tell_none(notes, who, SAMR_LK_FOREIGN, ask);
		return;
	}
	samr_mark("waiting for a lock given up");
	unqueue(n, t, l, w);
	tell(notes, who, SAMR_LK_WITHDRAWN, l);
}

bool samr_lock_apply(struct samr_node *n, struct samr_group *g,
		     struct samr_msg *msg)
{
	const struct samr_lock_who who = {
		.node	= msg->meta.origin,
		.inc	= msg->meta.inc,
		.port	= msg->meta.port,
		.arg	= msg->meta.arg,
	};
	u8 bytes[SAMR_LOCK_PAYLOAD_MAX];
	struct samr_lock_notes *notes;
	struct samr_lock_ask ask;
	bool done = true;

	/* What nobody can have sent rightly has no effect, the same everywhere. */
	if (!g || !is_member(g->members, &who) ||
	    msg->meta.len > sizeof(bytes) ||
	    !samr_msg_read(msg, bytes, msg->meta.len) ||
	    !samr_lock_parse(msg->meta.kind, bytes, msg->meta.len, &ask))
		return true;
	notes = notes_new(NOTES_MOST);
	if (!notes)
		return false;
	if (msg->meta.kind == SAMR_KIND_LOCK)
		done = lock(n, &g->locks, &ask, &who, notes);
	else
		unlock(n, &g->locks, &ask, &who, notes);
	if (done)
		msg->locks = notes;
	else
		samr_free(notes);
	return done;
}

/* The first that waits and stays. */
static bool has_heir(const struct samr_lock *l, const struct samr_members *next)
{
	const struct samr_lock_wait *w;

	list_for_each_entry(w, &l->queue, link)
		if (is_member(next, &w->who))
			return true;
	return false;
}

static bool bereft(const struct samr_lock *l, const struct samr_members *next)
{
	return l->owner.node && !is_member(next, &l->owner);
}

bool samr_lock_thin(struct samr_node *n, struct samr_group *g,
		    const struct samr_members *next, struct samr_msg *msg)
{
	struct samr_lock_notes *notes = NULL;
	struct samr_lock_table *t = &g->locks;
	struct samr_lock_wait *w, *nw;
	struct samr_lock *l, *nl;
	u32 heirs = 0;

	list_for_each_entry(l, &t->locks, link)
		heirs += bereft(l, next) && has_heir(l, next);
	if (heirs) {
		notes = notes_new(heirs);
		if (!notes)
			return false;
	}
	list_for_each_entry_safe(l, nl, &t->locks, link) {
		list_for_each_entry_safe(w, nw, &l->queue, link)
			if (!is_member(next, &w->who))
				unqueue(n, t, l, w);
		if (!bereft(l, next))
			continue;
		samr_mark("owner of a lock is gone");
		l->dead = true;
		pass_on(n, t, l, notes);
	}
	samr_assert(!notes || notes->count == heirs);
	msg->locks = notes;
	return true;
}

void samr_lock_first(const struct samr_lock_table *t,
		     struct samr_lock_cursor *c)
{
	c->wait = NULL;
	c->lock = list_empty(&t->locks) ? NULL :
		  list_first_entry(&t->locks, struct samr_lock, link);
}

void samr_lock_next(const struct samr_lock_table *t, struct samr_lock_cursor *c)
{
	const struct list_head *next = c->wait ? c->wait->link.next :
						 c->lock->queue.next;

	if (next != &c->lock->queue) {
		c->wait = list_entry(next, struct samr_lock_wait, link);
		return;
	}
	c->wait = NULL;
	next = c->lock->link.next;
	c->lock = next == &t->locks ? NULL :
		  list_entry(next, struct samr_lock, link);
}

static enum samr_drop learn_lock(struct samr_lock_table *t,
				 const struct samr_lock_ask *name, bool dead,
				 const struct samr_lock_who *owner)
{
	struct samr_lock *l = NULL;

	if (!list_empty(&t->locks))
		l = list_last_entry(&t->locks, struct samr_lock, link);
	/* One that says nothing is not kept, and none comes twice. */
	if (t->count >= SAMR_LOCKS_MAX || (l && compare(l, name) >= 0) ||
	    !name_sane(name->name, name->name_len) ||
	    (!owner->node && !dead && !name->value_len))
		return SAMR_DROP_RECORD;
	l = lock_new(t, name);
	if (!l)
		return SAMR_DROP_MEMORY;
	l->owner = *owner;
	l->dead = dead;
	l->value_len = name->value_len;
	samr_lock_copy(l->value, name->value, name->value_len);
	return SAMR_DROP_NONE;
}

enum samr_drop samr_lock_learn(struct samr_lock_table *t,
			       const struct samr_lock_ask *name, bool dead,
			       const struct samr_lock_who *who)
{
	struct samr_lock_wait *w;
	struct samr_lock *l;

	if (name)
		return learn_lock(t, name, dead, who);
	if (list_empty(&t->locks) || t->waiting >= SAMR_LOCK_QUEUE_MAX)
		return SAMR_DROP_RECORD;
	l = list_last_entry(&t->locks, struct samr_lock, link);
	if (!who->node || !l->owner.node || same(&l->owner, who) ||
	    find_wait(l, who))
		return SAMR_DROP_RECORD;
	w = samr_alloc(sizeof(*w));
	if (!w)
		return SAMR_DROP_MEMORY;
	w->who = *who;
	list_add_tail(&w->link, &l->queue);
	l->waiting++;
	t->waiting++;
	return SAMR_DROP_NONE;
}
