// SPDX-License-Identifier: GPL-2.0
/* Connections that go on when the state is given, see keep.h. */
#include <linux/jiffies.h>
#include "connection.h"
#include "keep.h"

/* A connection that is never quiet holds up for so long who waits for the state. */
#define PATIENCE	HZ

void samr_keep_init(struct samr_keep *k)
{
	INIT_LIST_HEAD(&k->kept);
}

/* ---- a donor ---- */

/* Has its program answered all that it has read of it, as far as can be seen from here? */
static bool is_quiet(const struct samr_connection *x)
{
	if (x->closed || x->cut)
		return true;
	return !x->asked && !READ_ONCE(x->side.owes) && !x->writing && !x->fin &&
	       !x->end && !x->ending && !x->side.deaf;
}

static bool may_keep(struct samr_connection *x)
{
	x->doomed = false;
	if (is_quiet(x)) {
		x->loud_at = 0;
		return true;
	}
	/* 0 is quiet. */
	if (!x->loud_at)
		x->loud_at = jiffies | 1;
	x->doomed = time_after(jiffies, x->loud_at + PATIENCE);
	return false;
}

bool samr_keep_may(struct samr_listener *ls)
{
	struct samr_connection *x;
	bool may = true;
	unsigned int i;

	lockdep_assert_held(&ls->local->svc->lock);
	for (i = 0; i < SAMR_LISTENER_BUCKETS; i++) {
		hlist_for_each_entry(x, &ls->conns[i], hash) {
			if (ls->keep.policy == SAMR_STREAMS_QUIET)
				may &= may_keep(x);
			else if (ls->keep.policy != SAMR_STREAMS_KEEP)
				may = false;
		}
	}
	return may;
}

void samr_keep_say(struct samr_listener *ls, u64 id, u8 how)
{
	lockdep_assert_held(&ls->local->svc->lock);
	ls->keep.telling = id;
	ls->keep.how = how;
}

/* The one with the lowest name above @after. */
static struct samr_connection *next(const struct samr_listener *ls, u64 after)
{
	struct samr_connection *x, *best = NULL;
	unsigned int i;

	for (i = 0; i < SAMR_LISTENER_BUCKETS; i++)
		hlist_for_each_entry(x, &ls->conns[i], hash)
			if (x->name > after && (!best || x->name < best->name))
				best = x;
	return best;
}

static struct samr_event event_of(const struct samr_listener *ls, u64 id)
{
	return (struct samr_event){
		.type = SAMR_EV_PLACE,
		.place = {
			.group	= ls->local->svc->id,
			.port	= ls->local->port,
			.id	= id,
		},
	};
}

static void say(const struct samr_connection *x, struct samr_event *ev)
{
	ev->place.session = x->name;
	ev->place.how = x->doomed ? SAMR_PLACE_CUT : SAMR_PLACE_KEEP;
	ev->place.read = x->have;
	ev->place.fin = x->fin;
	ev->place.made = x->made;
	ev->place.end = x->end ?: x->ending;
	ev->place.node = x->node;
	ev->place.client = x->port;
}

/* Return: 0, or why there is nothing more to be told. */
static int tell_all(struct samr_service *svc, struct samr_listener *ls, u64 id,
		    u8 how)
	__must_hold(&svc->lock)
{
	struct samr_event ev = event_of(ls, id);
	struct samr_connection *x;
	u64 name = 0;
	int err = 0;

	while (!err && (x = next(ls, name)) && x->name < id) {
		name = x->name;
		say(x, &ev);
		/* Of what it has read nothing follows. */
		if (x->cut)
			continue;
		spin_unlock_bh(&svc->lock);
		err = samr_cluster_ask(svc->all->c, &ev);
		spin_lock_bh(&svc->lock);
	}
	ev = event_of(ls, id);
	ev.place.how = err ? SAMR_PLACE_CUT : how;
	spin_unlock_bh(&svc->lock);
	err = samr_cluster_ask(svc->all->c, &ev);
	spin_lock_bh(&svc->lock);
	return err;
}

static struct samr_listener *first(const struct samr_service *svc)
{
	struct samr_listener *ls;

	list_for_each_entry(ls, &svc->listeners, link)
		if (ls->keep.telling)
			return ls;
	return NULL;
}

void samr_keep_tell(struct samr_service *svc)
	__must_hold(&svc->lock)
{
	struct samr_listener *ls;
	u64 id;

	while ((ls = first(svc))) {
		id = ls->keep.telling;
		ls->keep.telling = 0;
		refcount_inc(&ls->ref);
		tell_all(svc, ls, id, ls->keep.how);
		spin_unlock_bh(&svc->lock);
		samr_listener_put(ls);
		spin_lock_bh(&svc->lock);
	}
}

/* ---- a receiver ---- */

bool samr_keep_take(struct samr_listener *ls, const struct samr_msg *msg)
{
	struct samr_place_payload p;
	struct samr_connection *x;

	lockdep_assert_held(&ls->local->svc->lock);
	if (!samr_msg_read(msg, (u8 *)&p, sizeof(p)) || msg->unwanted ||
	    msg->session <= ls->keep.last)
		return false;
	x = samr_connection_kept(ls, msg, &p);
	if (!x)
		return false;
	ls->keep.last = x->name;
	list_add_tail(&x->link, &ls->keep.kept);
	return true;
}

void samr_keep_drop(struct samr_listener *ls)
{
	struct samr_connection *x, *next;

	lockdep_assert_held(&ls->local->svc->lock);
	ls->keep.last = 0;
	list_for_each_entry_safe(x, next, &ls->keep.kept, link) {
		list_del_init(&x->link);
		samr_connection_put(x);
	}
}

/* One whose output had ended is there for what its client still sends. */
static void begin_one(struct samr_listener *ls, struct samr_connection *x)
{
	samr_connection_enter(x);
	if (x->end == SAMR_END_CLOSED || x->end == SAMR_END_RESET || !ls->ops) {
		x->closed = true;
		samr_connection_end(x, SAMR_END_RESET);
		samr_connection_put(x);
		return;
	}
	list_add_tail(&x->link, &ls->backlog);
	ls->waiting++;
}

void samr_keep_begin(struct samr_listener *ls)
{
	struct samr_connection *x, *next;

	lockdep_assert_held(&ls->local->svc->lock);
	list_for_each_entry_safe(x, next, &ls->keep.kept, link) {
		list_del_init(&x->link);
		begin_one(ls, x);
	}
	ls->keep.last = 0;
	if (!ls->waiting)
		return;
	samr_turn_give(ls, NULL);
	ls->ops->readable(ls->ctx);
}
