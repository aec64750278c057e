// SPDX-License-Identifier: GPL-2.0
/* Admins and their daemons, see admin.h. */
#include <stdio.h>

#include "admin.h"
#include "era.h"
#include "sim.h"

#define GROW_MOST	(4000 * SAMR_MSEC)
#define HASTE		(700 * SAMR_MSEC)
/* A memory that was not repeated for so long is not believed any more. */
#define TOLD_LIFE	(300 * SAMR_MSEC)

static u64 now_of(const struct admin *a)
{
	return a->cluster->queue.now;
}

static u64 newcomer_of(const struct admin *a)
{
	return a->newcomer ? BIT_ULL(a->newcomer) : 0;
}

void admin_init(struct admin *a, struct cluster *c, u64 seed, u64 mask)
{
	u64 data = mask & ~c->witness;
	u32 id;

	memset(a, 0, sizeof(*a));
	a->cluster = c;
	a->mask = mask;
	rng_init(&a->rng, seed, 'a');
	a->keeps = rng_one_in(&a->rng, 2);
	a->hasty = rng_one_in(&a->rng, 3);
	if (samr_policy_count(data) > 2 && rng_one_in(&a->rng, 3)) {
		do
			id = (u32)rng_range(&a->rng, 1, SAMR_IDS - 1);
		while (!(data & BIT_ULL(id)));
		a->newcomer = id;
		a->grow_at = rng_range(&a->rng, 300, GROW_MOST / SAMR_MSEC) *
			     SAMR_MSEC;
	}
	for (id = 1; id < SAMR_IDS; id++) {
		a->head[id].wanted = mask & ~newcomer_of(a);
		a->head[id].grows_at = a->grow_at +
			rng_below(&a->rng, 600) * SAMR_MSEC;
		a->head[id].disk.told = true;
		a->head[id].idle = a->keeps && rng_one_in(&a->rng, 8);
	}
}

static void tell(struct admin *a, struct host *h)
{
	struct admin_head *d = &a->head[h->id];

	if (host_founders(h, d->wanted, d->asked) &&
	    !samr_node_out(h->node))
		sim_fail("node %u does not want %#llx", h->id,
			 (unsigned long long)d->wanted);
}

void admin_on(struct admin *a, struct host *h)
{
	struct admin_head *d = &a->head[h->id];

	/* Who comes late is configured with all. */
	if (now_of(a) >= a->grow_at && a->newcomer == h->id)
		d->wanted = a->mask;
	d->asked = a->keeps ? SAMR_NO_FOUNDERS : 0;
	d->waits = max(now_of(a), (u64)1);
	if (a->keeps && host_saved(h, &d->disk, true))
		sim_fail("node %u does not take what is on its disk", h->id);
	tell(a, h);
}

void admin_off(struct admin *a, u32 id)
{
	a->head[id].due = 0;
}

static u64 seats_of(const struct samr_view_info *v, u32 not)
{
	u64 set = 0;
	u32 i;

	for (i = 0; i < v->count; i++)
		if (!(v->flags[i] & not))
			set |= BIT_ULL(v->node[i]);
	return set;
}

/* A first view: may these be the ones? */
static void check_founders(struct admin *a, const struct samr_view_info *v)
{
	u64 had = seats_of(&a->last, SAMR_SEAT_LEARNER | SAMR_SEAT_WITNESS);
	u64 have = seats_of(v, SAMR_SEAT_LEARNER | SAMR_SEAT_WITNESS);
	u32 id;

	for (id = 1; id < SAMR_IDS; id++)
		if ((have & BIT_ULL(id)) && v->epoch <= a->head[id].disk.epoch)
			sim_fail("a first view has number %llu, and node %u has saved %llu",
				 (unsigned long long)v->epoch, id,
				 (unsigned long long)a->head[id].disk.epoch);
	if (a->keeps && (had & ~have) && !a->overridden)
		sim_fail("a view is formed of %#llx, and the last one was of %#llx",
			 (unsigned long long)have, (unsigned long long)had);
	a->overridden = 0;
	a->formed++;
}

void admin_view(struct admin *a, struct host *h)
{
	struct admin_head *d = &a->head[h->id];
	struct samr_view_info v;

	samr_node_view(h->node, &v);
	if (!v.epoch)
		return;
	/* Some may come to it late. */
	if (eras_first(&v, h->id, !d->waits) &&
	    (v.epoch != a->first.epoch ||
	     v.inc[0] != a->first.inc[0])) {
		check_founders(a, &v);
		a->first = v;
		a->last = v;
	}
	if (v.epoch > a->last.epoch)
		a->last = v;
	d->waits = 0;
	if (!a->keeps || d->due)
		return;
	d->due = now_of(a) + rng_range(&a->rng, 1, 30) * SAMR_MSEC;
	if (rng_one_in(&a->rng, 10))
		d->due += rng_below(&a->rng, 2000) * SAMR_MSEC;
}

static void save(struct admin *a, struct host *h)
{
	struct admin_head *d = &a->head[h->id];
	struct samr_view_info v;

	samr_node_view(h->node, &v);
	d->due = 0;
	if (!v.epoch || samr_node_out(h->node) ||
	    (v.flags[0] & SAMR_SEAT_WITNESS && v.count == 1))
		return;
	d->disk.epoch = v.epoch;
	d->disk.members = seats_of(&v, SAMR_SEAT_WITNESS);
	d->disk.told = true;
	a->saves++;
	host_saved(h, &d->disk, true);
}

/* Whom to form a view with, as far as @h can know, by @best; 0: not yet. */
static u64 founders_for(struct admin *a, struct host *h, u64 *there,
			struct samr_saved *best)
{
	const struct admin_head *d = &a->head[h->id];
	struct samr_peer_info p;
	u64 need;
	u32 id;

	*there = BIT_ULL(h->id);
	*best = d->disk;
	for (id = 1; id < SAMR_IDS; id++) {
		if (!(d->wanted & BIT_ULL(id)) ||
		    !samr_node_peer(h->node, id, &p) || !p.saved.told ||
		    p.epoch || host_now(h) - p.heard > TOLD_LIFE)
			continue;
		*there |= BIT_ULL(id);
		if (p.saved.epoch > best->epoch)
			*best = p.saved;
	}
	*there &= ~a->cluster->witness;
	need = best->epoch ? best->members : d->wanted & ~a->cluster->witness;
	return (need & ~*there) ? 0 : need;
}

/*
 * Who overrides the rule sees to it that nobody has a view, and that those who are
 * left out are off: they could start as well, where they are not heard.
 */
static bool may_override(const struct admin *a, u64 there)
{
	struct samr_view_info v;
	struct host *h;
	u32 id;

	for (id = 1; id < SAMR_IDS; id++) {
		h = a->cluster->host[id];
		if (!h || samr_node_out(h->node) ||
		    (a->cluster->witness & BIT_ULL(id)))
			continue;
		samr_node_view(h->node, &v);
		if (v.epoch || !(there & BIT_ULL(id)))
			return false;
	}
	return true;
}

/*
 * Before a first view is formed those that it is formed of are on the disks of
 * all of them: an older memory, of a head alone, would let it start alone.
 */
static void adopt(struct admin *a, struct host *h, const struct samr_saved *s)
{
	a->head[h->id].disk = *s;
	a->saves++;
	host_saved(h, s, true);
}

/* Somebody says to all that are there: go on without the others. */
static void override(struct admin *a, u64 there)
{
	struct samr_saved next = { .members = there, .told = true };
	struct host *h;
	u32 id;

	a->overridden = now_of(a);
	a->overrides++;
	for (id = 1; id < SAMR_IDS; id++)
		if (there & BIT_ULL(id))
			next.epoch = max(next.epoch,
					 a->head[id].disk.epoch + 1);
	for (id = 1; id < SAMR_IDS; id++) {
		h = a->cluster->host[id];
		/* What those know that are left out must not count any more. */
		if (!(there & BIT_ULL(id)))
			a->head[id].disk = (struct samr_saved){ .told = true };
		if (!h || !(there & BIT_ULL(id)) || samr_node_out(h->node))
			continue;
		/* Who is named must be configured there, and a newcomer may not be yet. */
		a->head[id].wanted |= there;
		a->head[id].asked = there;
		adopt(a, h, &next);
		tell(a, h);
	}
}

static void decide(struct admin *a, struct host *h)
{
	struct admin_head *d = &a->head[h->id];
	struct samr_saved best;
	u64 there, founders;

	if (!a->keeps || (a->cluster->witness & BIT_ULL(h->id)))
		return;
	/* Who was told by hand waits for those that were told the same. */
	if (a->overridden && now_of(a) - a->overridden < HASTE)
		return;
	founders = founders_for(a, h, &there, &best);
	if (!founders && a->hasty && a->formed && may_override(a, there) &&
	    now_of(a) - d->waits > HASTE) {
		override(a, there);
		return;
	}
	if (founders && best.epoch > d->disk.epoch)
		adopt(a, h, &best);
	founders = founders ?: SAMR_NO_FOUNDERS;
	if (founders == d->asked)
		return;
	d->asked = founders;
	tell(a, h);
}

void admin_tick(struct admin *a)
{
	struct admin_head *d;
	struct host *h;
	u32 id;

	for (id = 1; id < SAMR_IDS; id++) {
		h = a->cluster->host[id];
		d = &a->head[id];
		if (!h || samr_node_out(h->node) ||
		    now_of(a) < h->paused_until)
			continue;
		if (d->due && now_of(a) >= d->due && (!d->idle || a->calm))
			save(a, h);
		if (a->newcomer && d->wanted != a->mask &&
		    now_of(a) >= d->grows_at) {
			d->wanted = a->mask;
			tell(a, h);
		}
		if (d->waits)
			decide(a, h);
	}
}

const char *admin_text(const struct admin *a)
{
	static char text[128];

	snprintf(text, sizeof(text),
		 "%llu saved, %llu formed, %llu overrides, %llu black-outs",
		 (unsigned long long)a->saves, (unsigned long long)a->formed,
		 (unsigned long long)a->overrides,
		 (unsigned long long)a->blackouts);
	return text;
}
