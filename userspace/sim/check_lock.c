// SPDX-License-Identifier: GPL-2.0
/* Locks against a model, see check_lock.h. */
#include <stdlib.h>

#include "check_lock.h"
#include "core/group.h"
#include "core/learner.h"
#include "core/state.h"
#include "rng.h"
#include "sim.h"

#define NAMES		4
#define MODEL_LOCKS	8
#define MODEL_WAITS	64

/* A place of the order, as first applied anywhere. */
struct lock_place {
	struct samr_meta meta;
	u64 epoch;
	u32 members;
	struct samr_member_id *m;	/* NULL: they did not change */
	u32 notes;
	bool told;			/* delivered somewhere */
	struct samr_lock_note *note;
	u8 bytes[SAMR_LOCK_PAYLOAD_MAX];
};

struct lock_era {
	u64 epoch;
	u64 base;
};

struct model_who {
	u64 node, inc, arg;
	u32 port;
};

struct model_lock {
	char name[64];
	u8 value[SAMR_LOCK_VALUE_LEN];
	u32 value_len;
	bool dead;
	struct model_who owner;
	struct model_who wait[MODEL_WAITS];
	u32 waits;
};

struct model {
	struct lock_check *k;
	u32 group;
	struct samr_member_id *m;
	u32 members;
	struct model_lock lock[MODEL_LOCKS];
	u32 locks;
	struct samr_lock_note want[MODEL_LOCKS + 2];
	u32 wants;
};

u32 lock_request(struct rng *r, u8 *kind, u8 *payload)
{
	static const u8 ask[] = { 0, 0, SAMR_LKF_TRY, SAMR_LKF_NEXT };
	static const u8 give[] = { 0, SAMR_LKF_VALUE, SAMR_LKF_VALUE,
				   SAMR_LKF_KEEP, SAMR_LKF_CANCEL,
				   SAMR_LKF_KEEP | SAMR_LKF_VALUE };
	struct samr_lock_payload *p = (void *)payload;
	u32 len = sizeof(*p);

	*kind = rng_one_in(r, 2) ? SAMR_KIND_LOCK : SAMR_KIND_UNLOCK;
	memset(p, 0, sizeof(*p));
	p->flags = *kind == SAMR_KIND_LOCK ?
		   ask[rng_below(r, ARRAY_SIZE(ask))] :
		   give[rng_below(r, ARRAY_SIZE(give))];
	p->name_len = (u8)rng_range(r, 1, 2);
	payload[len++] = (u8)('a' + rng_below(r, NAMES / 2));
	if (p->name_len == 2)
		payload[len++] = 'x';
	if (p->flags & SAMR_LKF_VALUE && rng_one_in(r, 2)) {
		p->value_len = 1;
		payload[len++] = (u8)rng_below(r, 256);
	}
	return len;
}

static void on_view(struct watch *w, struct host *h)
{
	struct lock_check *k = container_of(w, struct lock_check, watch);
	struct samr_view_info v;
	size_t i;

	samr_node_view(h->node, &v);
	for (i = 0; i < k->eras; i++)
		if (k->era[i].epoch == v.epoch)
			return;
	if (!v.epoch)
		return;
	k->era = sim_grow(k->era, k->eras, &k->era_room, sizeof(*k->era));
	k->era[k->eras].epoch = v.epoch;
	k->era[k->eras++].base = v.base;
}

static bool concerns(const struct samr_msg *msg)
{
	return msg->meta.gseq &&
	       (msg->members || msg->meta.kind == SAMR_KIND_LOCK ||
		msg->meta.kind == SAMR_KIND_UNLOCK);
}

/* The view that the place belongs to, for a node that has come as far as @h. */
static u64 epoch_of(const struct lock_check *k, const struct host *h, u64 gseq)
{
	u64 epoch = 0;
	size_t i;

	for (i = 0; i < k->eras; i++)
		if (k->era[i].epoch <= h->node->view.epoch &&
		    k->era[i].base < gseq)
			epoch = max(epoch, k->era[i].epoch);
	return epoch;
}

static struct lock_place *find(struct lock_check *k, const struct host *h,
			       const struct samr_msg *msg)
{
	u64 epoch = epoch_of(k, h, msg->meta.gseq);
	struct lock_place *p;
	size_t i;

	for (i = k->places; i-- > 0;) {
		p = &k->place[i];
		if (p->meta.gseq == msg->meta.gseq &&
		    p->meta.group == msg->meta.group &&
		    p->meta.kind == msg->meta.kind &&
		    (p->epoch == epoch ||
		     msg->meta.kind == SAMR_KIND_VIEW))
			return p;
	}
	return NULL;
}

static struct lock_place *note(struct lock_check *k, const struct host *h,
			       const struct samr_msg *msg)
{
	struct lock_place *p;

	k->place = sim_grow(k->place, k->places, &k->room, sizeof(*p));
	p = &k->place[k->places++];
	memset(p, 0, sizeof(*p));
	p->meta = msg->meta;
	p->epoch = epoch_of(k, h, msg->meta.gseq);
	if (msg->members) {
		p->members = msg->members->count;
		p->m = sim_alloc((p->members + 1) * sizeof(*p->m));
		memcpy(p->m, msg->members->m, p->members * sizeof(*p->m));
	}
	if (msg->locks) {
		p->notes = msg->locks->count;
		p->note = sim_alloc(p->notes * sizeof(*p->note));
		memcpy(p->note, msg->locks->note, p->notes * sizeof(*p->note));
	}
	if (samr_kind_is_load(msg->meta.kind) &&
	    !samr_msg_read(msg, p->bytes, msg->meta.len))
		sim_fail("place %llu has not all its bytes",
			 (unsigned long long)msg->meta.gseq);
	return p;
}

static void see(struct lock_check *k, struct host *h,
		const struct samr_msg *msg, bool told)
{
	struct lock_place *p;

	if (k->over || !concerns(msg))
		return;
	p = find(k, h, msg);
	if (!p)
		p = note(k, h, msg);
	p->told |= told;
	if ((msg->locks ? msg->locks->count : 0) != p->notes ||
	    (p->notes && memcmp(p->note, msg->locks->note,
				p->notes * sizeof(*p->note))))
		sim_fail("node %u tells at place %llu of group %u something else of locks than others",
			 h->id, (unsigned long long)msg->meta.gseq,
			 msg->meta.group);
}

static void on_deliver(struct watch *w, struct host *h, struct samr_msg *msg)
{
	see(container_of(w, struct lock_check, watch), h, msg, true);
}

/*
 * Whoever is no member is told of nothing, and may be the only one that lives to
 * know: look at what the node has gone through.
 */
static void on_batch(struct watch *w, struct host *h)
{
	struct lock_check *k = container_of(w, struct lock_check, watch);
	const struct samr_receiver *rcv = &h->node->rcv;
	const struct samr_slot *slot;
	u64 *at = &k->seen[h->id];

	if (k->inc[h->id] != h->inc || *at > rcv->delivered)
		*at = rcv->win.base - 1;
	k->inc[h->id] = h->inc;
	for (*at = max(*at, rcv->win.base - 1); *at < rcv->delivered; ++*at) {
		slot = samr_window_at(&rcv->win, *at + 1);
		/* What a learner had been given already, it has not applied. */
		if (slot && slot->msg &&
		    *at + 1 > samr_learner_upto(h->node, slot->msg->meta.group))
			see(k, h, slot->msg, false);
	}
}

/* ---- the model ---- */

static bool is(const struct model_who *a, const struct model_who *b)
{
	return a->node == b->node && a->inc == b->inc && a->port == b->port;
}

static bool member(const struct model *md, const struct model_who *who)
{
	u32 i;

	for (i = 0; i < md->members; i++)
		if (md->m[i].node == who->node && md->m[i].inc == who->inc &&
		    md->m[i].port == who->port)
			return true;
	return false;
}

static void expect(struct model *md, const struct model_who *who, u8 result,
		   const struct model_lock *l, const char *name)
{
	struct samr_lock_note *n = &md->want[md->wants++];

	memset(n, 0, sizeof(*n));
	n->node = who->node;
	n->inc = who->inc;
	n->port = who->port;
	n->arg = who->arg;
	n->result = result;
	n->name_len = (u8)strlen(name);
	memcpy(n->name, name, n->name_len);
	if (!l)
		return;
	n->dead = l->dead;
	n->owner_node = l->owner.node;
	n->owner_inc = l->owner.inc;
	n->owner_port = l->owner.port;
	n->waiting = l->waits;
	n->value_len = (u8)l->value_len;
	memcpy(n->value, l->value, l->value_len);
	if (result == SAMR_LK_GRANTED) {
		md->k->granted++;
		md->k->inherited += l->dead;
	}
}

static struct model_lock *model_find(struct model *md, const char *name)
{
	u32 i;

	for (i = 0; i < md->locks; i++)
		if (!strcmp(md->lock[i].name, name))
			return &md->lock[i];
	return NULL;
}

static struct model_lock *model_new(struct model *md, const char *name)
{
	u32 i;

	if (md->locks == MODEL_LOCKS)
		sim_fail("more locks than the model can count");
	for (i = md->locks++; i && strcmp(md->lock[i - 1].name, name) > 0; i--)
		md->lock[i] = md->lock[i - 1];
	memset(&md->lock[i], 0, sizeof(md->lock[i]));
	strcpy(md->lock[i].name, name);
	return &md->lock[i];
}

static void drop_wait(struct model_lock *l, u32 i)
{
	memmove(&l->wait[i], &l->wait[i + 1],
		(--l->waits - i) * sizeof(l->wait[0]));
}

/* Nobody has it: the first that waits, or forget it if nothing is left of it. */
static void model_pass(struct model *md, struct model_lock *l)
{
	u32 i = (u32)(l - md->lock);

	memset(&l->owner, 0, sizeof(l->owner));
	if (l->waits) {
		l->owner = l->wait[0];
		drop_wait(l, 0);
		expect(md, &l->owner, SAMR_LK_GRANTED, l, l->name);
	} else if (!l->value_len && !l->dead) {
		memmove(l, l + 1, (--md->locks - i) * sizeof(*l));
	}
}

static void model_thin(struct model *md, const struct lock_place *p)
{
	struct model_lock *l;
	u32 i, k, before;

	md->m = p->m;
	md->members = p->members;
	for (i = 0; i < md->locks; i += before == md->locks) {
		l = &md->lock[i];
		before = md->locks;
		for (k = 0; k < l->waits;)
			if (member(md, &l->wait[k]))
				k++;
			else
				drop_wait(l, k);
		if (l->owner.node && !member(md, &l->owner)) {
			l->dead = true;
			model_pass(md, l);
		}
	}
}

static void model_lock(struct model *md, const struct model_who *who, u8 flags,
		       const char *name)
{
	struct model_lock *l = model_find(md, name);
	u32 i;

	if (flags & SAMR_LKF_NEXT) {
		for (i = 0; i < md->locks; i++)
			if (strcmp(md->lock[i].name, name) > 0)
				break;
		l = i < md->locks ? &md->lock[i] : NULL;
		expect(md, who, l ? SAMR_LK_FOUND : SAMR_LK_NONE, l,
		       l ? l->name : name);
		return;
	}
	if (!l)
		l = model_new(md, name);
	if (!l->owner.node) {
		l->owner = *who;
		expect(md, who, SAMR_LK_GRANTED, l, name);
		return;
	}
	for (i = 0; i < l->waits && !is(&l->wait[i], who); i++)
		;
	if (is(&l->owner, who) || i < l->waits) {
		expect(md, who, SAMR_LK_OWNED, l, name);
	} else if (flags & SAMR_LKF_TRY) {
		expect(md, who, SAMR_LK_BUSY, l, name);
	} else if (l->waits == MODEL_WAITS) {
		sim_fail("more wait for a lock than the model can count");
	} else {
		l->wait[l->waits++] = *who;
		expect(md, who, SAMR_LK_QUEUED, l, name);
	}
}

static void model_unlock(struct model *md, const struct model_who *who,
			 u8 flags, const char *name, const u8 *value, u32 len)
{
	struct model_lock *l = model_find(md, name);
	u32 i;

	if (l && is(&l->owner, who)) {
		if (flags & SAMR_LKF_VALUE) {
			memcpy(l->value, value, len);
			l->value_len = len;
		}
		if (!(flags & (SAMR_LKF_KEEP | SAMR_LKF_CANCEL)))
			l->dead = false;
		expect(md, who, flags & SAMR_LKF_KEEP ? SAMR_LK_STORED :
							SAMR_LK_RELEASED,
		       l, name);
		if (!(flags & SAMR_LKF_KEEP))
			model_pass(md, l);
		return;
	}
	for (i = 0; l && i < l->waits; i++) {
		if (!is(&l->wait[i], who) || flags & SAMR_LKF_KEEP)
			continue;
		drop_wait(l, i);
		expect(md, who, SAMR_LK_WITHDRAWN, l, name);
		return;
	}
	expect(md, who, SAMR_LK_FOREIGN, NULL, name);
}

static void model_request(struct model *md, const struct lock_place *p)
{
	const struct samr_lock_payload *ask = (const void *)p->bytes;
	const u8 *bytes = p->bytes + sizeof(*ask);
	const struct model_who who = {
		.node = p->meta.origin, .inc = p->meta.inc,
		.port = p->meta.port, .arg = p->meta.arg,
	};
	char name[64] = "";

	if (!member(md, &who))
		return;
	md->k->requests++;
	memcpy(name, bytes, ask->name_len);
	if (p->meta.kind == SAMR_KIND_LOCK)
		model_lock(md, &who, ask->flags, name);
	else
		model_unlock(md, &who, ask->flags, name,
			     bytes + ask->name_len, ask->value_len);
}

static void compare(const struct model *md, const struct lock_place *p)
{
	const struct samr_lock_note *a, *b;
	u32 i;

	for (i = 0; i < max(md->wants, p->notes); i++) {
		a = &md->want[i];
		b = &p->note[i];
		if (i < md->wants && i < p->notes && a->node == b->node &&
		    a->inc == b->inc && a->port == b->port &&
		    a->arg == b->arg && a->result == b->result &&
		    a->dead == b->dead && a->owner_node == b->owner_node &&
		    a->owner_inc == b->owner_inc &&
		    a->owner_port == b->owner_port &&
		    a->waiting == b->waiting && a->name_len == b->name_len &&
		    a->value_len == b->value_len &&
		    !memcmp(a->name, b->name, a->name_len) &&
		    !memcmp(a->value, b->value, a->value_len))
			continue;
		sim_fail("place %llu of group %u: %u are told of locks and %u must be; number %u is not what the model says",
			 (unsigned long long)p->meta.gseq, md->group, p->notes,
			 md->wants, i + 1);
	}
}

static int by_place(const void *x, const void *y)
{
	const struct lock_place *a = x, *b = y;

	if (a->meta.group != b->meta.group)
		return a->meta.group < b->meta.group ? -1 : 1;
	return a->meta.gseq < b->meta.gseq ? -1 : a->meta.gseq > b->meta.gseq;
}

/* Applied in a view by those who did not live to see the next one, only. */
static bool undone(const struct lock_check *k, const struct lock_place *p)
{
	size_t i;

	for (i = 0; i < k->eras; i++)
		if (k->era[i].epoch > p->epoch &&
		    k->era[i].base <= p->meta.gseq &&
		    p->meta.kind != SAMR_KIND_VIEW)
			return true;
	return false;
}

static void compare_lock(const struct host *h, const struct model *md,
			 const struct model_lock *a, const struct samr_lock *b)
{
	const struct samr_lock_wait *w;
	bool same;
	u32 i = 0;

	same = strlen(a->name) == b->name_len &&
	       !memcmp(a->name, b->name, b->name_len) &&
	       a->value_len == b->value_len &&
	       !memcmp(a->value, b->value, b->value_len) &&
	       a->dead == b->dead && a->owner.node == b->owner.node &&
	       a->owner.inc == b->owner.inc && a->owner.port == b->owner.port &&
	       a->waits == b->waiting;
	list_for_each_entry(w, &b->queue, link) {
		same = same && a->wait[i].node == w->who.node &&
		       a->wait[i].inc == w->who.inc &&
		       a->wait[i].port == w->who.port &&
		       a->wait[i].arg == w->who.arg;
		i += same;
	}
	if (!same)
		sim_fail("node %u: lock %s of group %u is not what the model has",
			 h->id, a->name, md->group);
}

static void compare_tables(const struct model *md)
{
	const struct samr_group *g;
	const struct samr_lock *l;
	struct host *h;
	u32 i;

	cluster_for_each(md->k->cluster, h) {
		if (md->k->cluster->witness & BIT_ULL(h->id))
			continue;
		g = samr_group_find(h->node, md->group);
		if ((g ? g->locks.count : 0) != md->locks)
			sim_fail("node %u has %u locks of group %u, and the model %u",
				 h->id, g ? g->locks.count : 0, md->group,
				 md->locks);
		i = 0;
		if (g)
			list_for_each_entry(l, &g->locks.locks, link)
				compare_lock(h, md, &md->lock[i++], l);
	}
}

static void forget(struct lock_check *k)
{
	size_t i;

	for (i = 0; i < k->places; i++) {
		free(k->place[i].m);
		free(k->place[i].note);
	}
	k->places = 0;
	k->eras = 0;
}

void lock_check_model(struct lock_check *k, bool tables)
{
	static struct model md;
	struct lock_place *p;
	size_t i;

	if (k->places)
		qsort(k->place, k->places, sizeof(*k->place), by_place);
	memset(&md, 0, sizeof(md));
	for (i = 0; i < k->places; i++) {
		p = &k->place[i];
		if (p->meta.group != md.group) {
			if (md.group && tables)
				compare_tables(&md);
			memset(&md, 0, sizeof(md));
			md.k = k;
			md.group = p->meta.group;
		}
		if (undone(k, p)) {
			if (p->notes && p->told)
				sim_fail("place %llu told of locks, and was undone",
					 (unsigned long long)p->meta.gseq);
			continue;
		}
		md.wants = 0;
		if (p->m)
			model_thin(&md, p);
		else
			model_request(&md, p);
		compare(&md, p);
	}
	if (md.group && tables)
		compare_tables(&md);
	forget(k);
}

void lock_check_init(struct lock_check *k, struct cluster *c)
{
	memset(k, 0, sizeof(*k));
	k->cluster = c;
	k->watch.view = on_view;
	k->watch.deliver = on_deliver;
	k->watch.batch = on_batch;
	cluster_watch(c, &k->watch);
}

void lock_check_free(struct lock_check *k)
{
	forget(k);
	free(k->place);
	free(k->era);
}
