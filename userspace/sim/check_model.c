// SPDX-License-Identifier: GPL-2.0
/*
 * Afterwards: go along the order with a model of groups, and compare what was
 * delivered where with what should have been.
 */
#include "check.h"
#include "sim.h"

struct model {
	struct check *check;
	struct model_group *group;
	u64 oseq[NET_NODES];
	u64 time;
};

static u64 nodes_of(const struct model_group *g)
{
	u64 mask = 0;
	u32 i;

	for (i = 0; i < g->count; i++)
		mask |= BIT_ULL(g->m[i].node);
	return mask;
}

static u32 find(const struct model_group *g, const struct samr_meta *m)
{
	u32 i;

	for (i = 0; i < g->count; i++)
		if (g->m[i].node == m->origin && g->m[i].port == m->port)
			break;
	return i;
}

/* The list that @p's delivery must have carried. */
static u64 hash_of(const struct model *md, const struct model_group *g)
{
	u64 hash = rng_mix(g->view ^ (u64)g->count << 48);
	u32 i;

	for (i = 0; i < g->count; i++)
		hash = rng_mix(hash ^ rng_mix(g->m[i].node) ^
			       md->check->cluster->host[g->m[i].node]->inc ^
			       ((u64)g->m[i].window << 32 | g->m[i].port) ^
			       (u64)g->m[i].flags << 60);
	return hash | 1;
}

/* Apply a JOIN or a LEAVE; true: the group has changed. */
static bool apply(struct model_group *g, const struct place *p)
{
	const struct samr_meta *m = &p->meta;
	u32 i = find(g, m), flags = 0;

	if (m->flags & SAMR_MSG_STATEFUL)
		flags = SAMR_ID_STATEFUL |
			(check_transfer_held(g) ? SAMR_ID_LACKS : 0);
	if (m->kind == SAMR_KIND_JOIN) {
		if (i < g->count || g->count == SAMR_MEMBERS_MAX)
			return false;
		g->m[g->count++] = (struct model_member){
			.node = m->origin,
			.port = m->port,
			.window = m->arg,
			.flags = flags,
		};
	} else {
		if (i == g->count)
			return false;
		g->count--;
		memmove(&g->m[i], &g->m[i + 1],
			(g->count - i) * sizeof(g->m[0]));
		check_transfer_left(g, m->origin, m->port);
	}
	g->view = m->gseq;
	return true;
}

static void compare_group(const struct model *md, const struct place *p,
			  const struct model_group *g, bool changed)
{
	u64 view = g->count || changed ? g->view : 0;
	bool join = p->meta.kind == SAMR_KIND_JOIN;

	if (p->view != view)
		sim_fail("place %llu is in group view %llu and not %llu",
			 (unsigned long long)p->meta.gseq,
			 (unsigned long long)p->view,
			 (unsigned long long)view);
	if (join && p->refused == changed)
		sim_fail("place %llu: join %s", (unsigned long long)p->meta.gseq,
			 p->refused ? "refused" : "not refused");
	if (p->members != (changed ? hash_of(md, g) : 0))
		sim_fail("place %llu: the list of members is wrong",
			 (unsigned long long)p->meta.gseq);
}

/* What must hold from one place to the next. */
static void check_sequence(struct model *md, const struct place *p)
{
	const struct samr_meta *m = &p->meta;

	if (m->oseq != ++md->oseq[m->origin])
		sim_fail("place %llu has number %llu of node %llu, and %llu is next",
			 (unsigned long long)m->gseq,
			 (unsigned long long)m->oseq,
			 (unsigned long long)m->origin,
			 (unsigned long long)md->oseq[m->origin]);
	if (m->time <= md->time)
		sim_fail("group time stands still at place %llu",
			 (unsigned long long)m->gseq);
	md->time = m->time;
	if (!p->random || (m->gseq > 1 && p->random == p[-1].random))
		sim_fail("group random repeats itself at place %llu",
			 (unsigned long long)m->gseq);
}

static void check_place(struct model *md, const struct place *p)
{
	struct model_group *g = &md->group[check_group(md->check,
						       p->meta.group)];
	u64 must = nodes_of(g), before = check_transfer_now(g);
	bool changed = false, held = check_transfer_held(g);
	u8 kind = p->meta.kind;
	struct host *h;

	if (kind == SAMR_KIND_JOIN || kind == SAMR_KIND_LEAVE)
		changed = apply(g, p);
	must |= nodes_of(g);
	check_transfer(g, p, cluster_next(md->check->cluster, NULL)->id, held,
		       before);
	if (member_private(&p->meta, p->refused) ||
	    (p->unheard && kind == SAMR_KIND_DIGEST))
		must = 0;
	else if (kind == SAMR_KIND_REPLIES)
		/* Of streams, where they are or that they end: for receivers, or for all. */
		must = p->seen;
	else if (kind >= SAMR_KIND_SNAPSHOT && kind <= SAMR_KIND_READ &&
		 !p->transfer)
		must = kind == SAMR_KIND_STATE && !p->refused ?
		       check_transfer_heads(g) : 0;
	if (!p->own)
		must |= BIT_ULL(p->meta.origin);
	compare_group(md, p, g, changed);
	cluster_for_each(md->check->cluster, h) {
		if ((p->seen & BIT_ULL(h->id)) == (must & BIT_ULL(h->id)))
			continue;
		sim_fail("node %u %s %llu, group %u", h->id,
			 p->seen & BIT_ULL(h->id) ? "need not deliver" :
						    "leaves out",
			 (unsigned long long)p->meta.gseq, p->meta.group);
	}
}

void check_model(struct check *k)
{
	struct model md = { .check = k };
	struct host *h;
	size_t i;

	k->model = sim_alloc(CHECK_GROUPS * sizeof(*k->model));
	md.group = k->model;
	for (i = 0; i < k->places; i++) {
		if (k->place[i].meta.gseq != i + 1)
			sim_fail("place %zu of %zu was never delivered", i + 1,
				 k->places);
		check_sequence(&md, &k->place[i]);
		check_place(&md, &k->place[i]);
	}
	cluster_for_each(k->cluster, h)
		if (md.oseq[h->id] != k->ledger->by_host[h->id].count)
			sim_fail("node %u submitted %zu messages, %llu are in the order",
				 h->id, k->ledger->by_host[h->id].count,
				 (unsigned long long)md.oseq[h->id]);
}
