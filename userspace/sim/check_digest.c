// SPDX-License-Identifier: GPL-2.0
/* Digests of replies against what was said of them, see check_digest.h. */
#include <stdlib.h>

#include "check_digest.h"
#include "core/group.h"
#include "core/state.h"
#include "sim.h"

/* Nobody is told of a request after so many others have been replied to. */
#define GIVEN_NEAR	100000

struct digest_given {
	u32 group;
	u32 host;
	u64 inc;
	u32 port;
	u64 session;
	u64 number;
	u64 place;
	u32 value;
};

struct digest_told {
	u64 gseq;
	u64 epoch;
	u32 group;
	u32 nth, count;
	struct samr_divergence d;
};

u32 digest_check_value(struct digest_check *k, const struct host *h, u32 right)
{
	u32 how = (u32)rng_range(&k->rng, 1, 3);

	if (!k->rare)
		return right;
	if (rng_one_in(&k->rng, k->rare)) {
		k->wrong++;
		if (rng_one_in(&k->rng, 2))
			return right ^ how;
		k->broken[h->id].inc = h->inc;
		k->broken[h->id].how = how;
	}
	return k->broken[h->id].inc == h->inc ? right ^ k->broken[h->id].how :
						right;
}

void digest_check_given(struct digest_check *k, const struct host *h, u32 group,
			u32 port, u64 session, u64 number, u64 place, u32 value)
{
	k->given = sim_grow(k->given, k->gives, &k->give_room,
			    sizeof(*k->given));
	k->given[k->gives++] = (struct digest_given){
		.group = group, .host = h->id, .inc = h->inc, .port = port,
		.session = session, .number = number, .place = place,
		.value = value,
	};
}

/* Has a member of head @id given this value? @other: or any but those told. */
static bool gave(const struct digest_check *k, const struct digest_told *t,
		 u32 id, u32 value, bool other)
{
	const struct samr_divergence *d = &t->d;
	const struct digest_given *g;
	u32 values = 0, first = 0, n;
	size_t i;
	bool told;

	for (i = k->gives; i-- > 0 && k->gives - i < GIVEN_NEAR;) {
		g = &k->given[i];
		if (g->host != id || g->group != t->group ||
		    g->session != d->session || g->number != d->number)
			continue;
		if (!other && g->value == value)
			return true;
		for (n = 0, told = false; n < SAMR_DIV_VALUES; n++)
			told |= d->heads[n] && d->value[n] == g->value;
		if (other && (!told || (values && g->value != first)))
			return true;
		first = g->value;
		values++;
	}
	return false;
}

static void __attribute__((noreturn)) liar(const struct host *h,
					   const struct digest_told *t,
					   const char *what)
{
	sim_fail("node %u is told at place %llu of request %llu of %llu: %s",
		 h->id, (unsigned long long)t->gseq,
		 (unsigned long long)t->d.number,
		 (unsigned long long)t->d.session, what);
}

/* Are these the facts? */
static void check_facts(const struct digest_check *k, const struct host *h,
			const struct digest_told *t)
{
	const struct samr_divergence *d = &t->d;
	u64 said = d->odd, most = 0;
	u32 i, id, values = d->odd ? 2 : 0;

	for (i = 0; i < SAMR_DIV_VALUES; i++) {
		values += d->heads[i] != 0;
		if (said & d->heads[i])
			liar(h, t, "a head says two things");
		said |= d->heads[i];
		if (__builtin_popcountll(d->heads[i]) >
		    __builtin_popcountll(most))
			most = d->heads[i];
		for (id = 1; id < NET_NODES; id++)
			if (d->heads[i] & BIT_ULL(id) &&
			    !gave(k, t, id, d->value[i], false))
				liar(h, t, "a head has not replied so");
	}
	for (id = 1; id < NET_NODES; id++)
		if (d->odd & BIT_ULL(id) && !gave(k, t, id, 0, true))
			liar(h, t, "a head has not replied otherwise");
	if (values < 2)
		liar(h, t, "nothing differs");
	if (d->div == SAMR_DIV_MINORITY) {
		if (d->wrong & most || (said & ~most & ~d->wrong) ||
		    2 * __builtin_popcountll(most) <=
		    __builtin_popcountll(said))
			liar(h, t, "that is no minority");
	} else if (d->wrong != said) {
		liar(h, t, "others have replied");
	}
}

/* The first that is told at a place, or what another one was told there. */
static void hear(struct digest_check *k, const struct host *h,
		 const struct digest_told *t)
{
	struct digest_told *old;
	size_t i;

	for (i = k->tells; i-- > 0;) {
		old = &k->told[i];
		if (old->gseq != t->gseq || old->group != t->group ||
		    old->epoch != t->epoch || old->nth != t->nth)
			continue;
		if (memcmp(&old->d, &t->d, sizeof(t->d)) ||
		    old->count != t->count)
			liar(h, t, "others are told something else");
		return;
	}
	check_facts(k, h, t);
	k->told = sim_grow(k->told, k->tells, &k->told_room, sizeof(*old));
	k->told[k->tells++] = *t;
}

static void on_deliver(struct watch *w, struct host *h, struct samr_msg *msg)
{
	struct digest_check *k = container_of(w, struct digest_check, watch);
	struct digest_told t;

	if (msg->meta.kind != SAMR_KIND_DIGEST || !msg->meta.gseq)
		return;
	if (!msg->diverged || !msg->diverged->count)
		sim_fail("node %u delivers a digest that tells nothing", h->id);
	memset(&t, 0, sizeof(t));
	t.gseq = msg->meta.gseq;
	t.epoch = msg->epoch;
	t.group = msg->meta.group;
	t.count = msg->diverged->count;
	for (t.nth = 0; t.nth < t.count; t.nth++) {
		t.d = msg->diverged->d[t.nth];
		hear(k, h, &t);
	}
}

bool digest_check_done(const struct digest_check *k)
{
	const struct samr_node *n;
	struct host *h;

	/* Nothing is to be said, and nothing that was is on its way. */
	cluster_for_each(k->cluster, h) {
		n = h->node;
		if (!samr_node_out(n) &&
		    (!list_empty(&n->groups.digests) ||
		     n->flow.next != n->origin[n->view.self].win.base))
			return false;
	}
	return true;
}

/* Place of the last thing that made the group's members forget what was not settled. */
static const struct samr_group *group_of(const struct digest_check *k, u32 id)
{
	const struct samr_group *g;
	struct host *h;

	cluster_for_each(k->cluster, h) {
		if (samr_node_out(h->node))
			continue;
		g = samr_group_find(h->node, id);
		if (g && g->members)
			return g;
	}
	return NULL;
}

/* Is a head that has given @a there still, with the member that it had then? */
static bool stays(const struct digest_check *k, const struct samr_group *g,
		  const struct digest_given *a)
{
	const struct host *h = k->cluster->host[a->host];
	u32 i;

	if (!h || h->inc != a->inc)
		return false;
	for (i = 0; i < g->members->count; i++)
		if (g->members->m[i].node == a->host &&
		    g->members->m[i].inc == a->inc &&
		    g->members->m[i].port == a->port)
			return true;
	return false;
}

static bool was_told(const struct digest_check *k, const struct digest_given *a,
		     const struct digest_given *b)
{
	const struct digest_told *t;
	size_t i;

	for (i = 0; i < k->tells; i++) {
		t = &k->told[i];
		if (t->group == a->group &&
		    t->d.wrong & (BIT_ULL(a->host) | BIT_ULL(b->host)))
			return true;
	}
	return false;
}

/* The newest request about which two differ that have been there ever since. */
void digest_check_end(const struct digest_check *k)
{
	const struct digest_given *a, *b;
	const struct samr_group *g;
	struct samr_node_stats s;
	struct host *h;
	size_t i, j;

	cluster_for_each(k->cluster, h) {
		host_stats(h, &s);
		if (!k->wrong && s.diverged)
			sim_fail("node %u counts replies that differ", h->id);
		if (s.digests_unsettled)
			return;
	}
	if (!k->wrong && k->tells)
		sim_fail("replicas are said to differ, and none does");
	for (i = k->gives; i-- > 0;) {
		a = &k->given[i];
		g = group_of(k, a->group);
		if (!g || !stays(k, g, a) || a->place <= g->digest.since)
			continue;
		for (j = i; j-- > 0;) {
			b = &k->given[j];
			if (b->group != a->group || b->session != a->session ||
			    b->number != a->number || b->value == a->value ||
			    !stays(k, g, b))
				continue;
			if (!was_told(k, a, b))
				sim_fail("nobody is told that nodes %u and %u reply differently to request %llu of %llu, at place %llu",
					 a->host, b->host,
					 (unsigned long long)a->number,
					 (unsigned long long)a->session,
					 (unsigned long long)a->place);
		}
	}
}

void digest_check_init(struct digest_check *k, struct cluster *c, u64 seed)
{
	memset(k, 0, sizeof(*k));
	k->cluster = c;
	rng_init(&k->rng, seed, 'd');
	if (rng_one_in(&k->rng, 2))
		k->rare = (u32)rng_range(&k->rng, 50, 1500);
	k->watch.deliver = on_deliver;
	cluster_watch(c, &k->watch);
}

void digest_check_free(struct digest_check *k)
{
	free(k->given);
	free(k->told);
}
