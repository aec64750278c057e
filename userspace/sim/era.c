// SPDX-License-Identifier: GPL-2.0
/* What was delivered in each view, see era.h. */
#include <stdlib.h>

#include "era.h"
#include "sim.h"

void eras_init(struct eras *e)
{
	memset(e, 0, sizeof(*e));
}

static void forget(struct eras *e)
{
	size_t i;

	for (i = 0; i < e->count; i++)
		free(e->era[i].place);
	free(e->era);
	e->era = NULL;
	e->count = 0;
	e->room = 0;
}

void eras_free(struct eras *e)
{
	forget(e);
}

static struct life *life_of(struct eras *e, u64 inc)
{
	u32 i;

	for (i = 0; i < e->lives; i++)
		if (e->life[i].inc == inc)
			return &e->life[i];
	sim_fail("nobody has incarnation %#llx", (unsigned long long)inc);
}

static u32 index_of(const struct eras *e, const struct life *l)
{
	return (u32)(l - e->life);
}

void eras_born(struct eras *e, struct host *h)
{
	struct life *l = &e->life[e->lives++];

	if (e->lives > ERA_LIVES)
		sim_fail("more than %u incarnations", ERA_LIVES);
	l->inc = h->inc;
	l->id = h->id;
}

static struct era *era_at(struct eras *e, u64 epoch)
{
	return epoch && epoch <= e->count && e->era[epoch - 1].epoch ?
	       &e->era[epoch - 1] : NULL;
}

static u64 digest_of(const struct samr_view_info *v)
{
	u64 z = rng_mix(v->base);
	u32 i;

	for (i = 0; i < v->count; i++)
		z = rng_mix(z ^ v->node[i]) + v->inc[i] * 3 + v->flags[i];
	return z;
}

/* The head passes from @was to @now: what has it delivered in between? */
static void check_passage(struct eras *e, struct host *h, struct life *l,
			  struct era *was, const struct era *now)
{
	u64 bit = BIT_ULL(index_of(e, l)), g;
	const struct era_place *p;
	size_t i;

	for (i = 0; i < was->places; i++) {
		p = &was->place[i];
		g = p->meta.gseq;
		if (!g || p->meta.group > ERA_GROUPS)
			continue;
		if (g >= now->base && (p->seen & bit))
			sim_fail("node %u delivered %llu in view %llu, and passes to view %llu, whose place is %llu",
				 h->id, (unsigned long long)g,
				 (unsigned long long)was->epoch,
				 (unsigned long long)now->epoch,
				 (unsigned long long)now->base);
		if (g < now->base && !(p->seen & bit) && !p->for_some &&
		    l->joined[p->meta.group - 1] &&
		    l->joined[p->meta.group - 1] < g)
			sim_fail("node %u passes from view %llu to %llu without %llu, which others delivered",
				 h->id, (unsigned long long)was->epoch,
				 (unsigned long long)now->epoch,
				 (unsigned long long)g);
	}
}

static void check_safe(const struct era *was, const struct era *now)
{
	if (was->safe >= now->base)
		sim_fail("%llu was delivered SAFE in view %llu, and the place of view %llu is %llu",
			 (unsigned long long)was->safe,
			 (unsigned long long)was->epoch,
			 (unsigned long long)now->epoch,
			 (unsigned long long)now->base);
}

bool eras_first(const struct samr_view_info *v, u32 id, bool had_one)
{
	u32 i;

	for (i = 0; i < v->count && v->node[i] != id; i++)
		;
	return !v->base || (!had_one && !v->flags[i]);
}

void eras_view(struct eras *e, struct host *h)
{
	struct life *l = life_of(e, h->inc);
	struct samr_view_info v;
	struct era *now, *was;

	samr_node_view(h->node, &v);
	if (!v.epoch || v.epoch == l->epoch)
		return;
	if (v.epoch < l->epoch)
		sim_fail("node %u goes back from view %llu to %llu", h->id,
			 (unsigned long long)l->epoch,
			 (unsigned long long)v.epoch);
	now = era_at(e, v.epoch);
	if (eras_first(&v, h->id, l->epoch) && (!now || now->digest != digest_of(&v))) {
		/* From nothing, as all had died: nothing of old is known. */
		forget(e);
		e->formed++;
		now = NULL;
	}
	while (v.epoch > e->room)
		e->era = sim_grow(e->era, e->room, &e->room, sizeof(*e->era));
	e->count = max(e->count, (size_t)v.epoch);
	if (!now) {
		now = &e->era[v.epoch - 1];
		now->epoch = v.epoch;
		now->base = v.base;
		now->digest = digest_of(&v);
	} else if (now->digest != digest_of(&v)) {
		sim_fail("node %u installs another view %llu than others",
			 h->id, (unsigned long long)v.epoch);
	}
	was = era_at(e, v.epoch - 1);
	if (was)
		check_safe(was, now);
	l->came_from = l->epoch;
	l->epoch = v.epoch;
}

void eras_settle(struct eras *e, struct host *h)
{
	struct life *l = life_of(e, h->inc);
	struct era *was = era_at(e, l->came_from);

	if (was && l->came_from + 1 == l->epoch)
		check_passage(e, h, l, was, era_at(e, l->epoch));
	l->came_from = 0;
}

static bool same(const struct samr_meta *a, const struct samr_meta *b)
{
	return a->origin == b->origin && a->inc == b->inc &&
	       a->oseq == b->oseq && a->kind == b->kind &&
	       a->group == b->group && a->time == b->time &&
	       a->arg == b->arg && a->len == b->len && a->flags == b->flags;
}

static u64 members_hash(const struct samr_msg *msg)
{
	const struct samr_transfer *t = msg->transfer;
	u64 z = msg->view + msg->refused;
	u32 i;

	for (i = 0; msg->members && i < msg->members->count; i++)
		z = rng_mix(z ^ msg->members->m[i].inc) +
		    msg->members->m[i].port +
		    ((u64)msg->members->m[i].flags << 32);
	if (!t)
		return z;
	z = rng_mix(z ^ t->id ^ t->donor.inc) + t->donor.port + t->lost;
	for (i = 0; i < t->count; i++)
		z = rng_mix(z ^ t->to[i].inc) + t->to[i].port;
	return z;
}

/* What only gives, or asks for, state is delivered where it concerns somebody. */
static bool for_some(const struct samr_msg *msg)
{
	if (msg->meta.kind == SAMR_KIND_REPLIES)
		return msg->result != SAMR_SES_CUT;
	return msg->meta.kind >= SAMR_KIND_SNAPSHOT &&
	       msg->meta.kind <= SAMR_KIND_READ && !msg->transfer;
}

/* A message of the view itself concerns each group: it is no place of one. */
static struct era_place *place_of(struct era *era, const struct samr_meta *m)
{
	u64 i = m->gseq - era->base;

	while (i >= era->room)
		era->place = sim_grow(era->place, era->room, &era->room,
				      sizeof(*era->place));
	era->places = max(era->places, (size_t)i + 1);
	return &era->place[i];
}

static void note_sender(struct eras *e, struct host *h, struct life *l,
			const struct samr_meta *m)
{
	u32 from = index_of(e, life_of(e, m->inc));

	u64 *last = &l->last[from][m->group - 1];

	if (m->oseq <= *last)
		sim_fail("node %u delivers message %llu of node %llu after %llu",
			 h->id, (unsigned long long)m->oseq,
			 (unsigned long long)m->origin,
			 (unsigned long long)*last);
	*last = m->oseq;
	if (m->inc == l->inc && m->kind == SAMR_KIND_JOIN)
		l->joined[m->group - 1] = m->gseq;
	if (m->inc == l->inc && m->kind == SAMR_KIND_LEAVE)
		l->joined[m->group - 1] = 0;
}

void eras_deliver(struct eras *e, struct host *h, const struct samr_msg *msg)
{
	struct life *l = life_of(e, h->inc);
	const struct samr_meta *m = &msg->meta;
	struct era *era, *next;
	struct era_place *p;

	e->delivered++;
	if (m->kind == SAMR_KIND_VIEW)
		return;
	era = era_at(e, msg->epoch);
	/* It has gone through two views at once, of which nobody told. */
	if (!era)
		return;
	if (m->gseq <= era->base)
		sim_fail("node %u delivers %llu in view %llu, whose place is %llu",
			 h->id, (unsigned long long)m->gseq,
			 (unsigned long long)msg->epoch,
			 (unsigned long long)era->base);
	p = place_of(era, m);
	if (!p->meta.gseq) {
		p->meta = *m;
		p->members = members_hash(msg);
		p->for_some = for_some(msg);
	} else if (!same(&p->meta, m) || p->members != members_hash(msg)) {
		sim_fail("node %u delivers another message at %llu of view %llu than those before it",
			 h->id, (unsigned long long)m->gseq,
			 (unsigned long long)msg->epoch);
	}
	p->seen |= BIT_ULL(index_of(e, l));
	note_sender(e, h, l, m);
	next = era_at(e, msg->epoch + 1);
	if (m->flags & SAMR_MSG_SAFE) {
		e->safe++;
		era->safe = max(era->safe, m->gseq);
		if (next)
			check_safe(era, next);
	}
}
