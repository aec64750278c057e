// SPDX-License-Identifier: GPL-2.0
/*
 * A model of state transfer, to compare what messages said of it with what they
 * should have said. Says nothing of the bytes; service.c does.
 */
#include "check.h"
#include "sim.h"

/* Whom a message names: who gives, who gets. */
static u64 add(u64 hash, u64 node, u32 port)
{
	return rng_mix(hash ^ node << 32 ^ port);
}

u64 check_transfer_hash(const struct samr_transfer *t)
{
	u64 hash;
	u32 i;

	if (!t)
		return 0;
	hash = add(t->id + t->lost, t->donor.node, t->donor.port);
	for (i = 0; i < t->count; i++)
		hash = add(hash, t->to[i].node, t->to[i].port);
	return hash | 1;
}

static u64 hash_of(const struct model_group *g, bool lost)
{
	u64 hash = add(g->transfer + lost, g->donor_node, g->donor_port);
	u32 i;

	for (i = 0; i < g->count; i++)
		if (g->m[i].gets)
			hash = add(hash, g->m[i].node, g->m[i].port);
	return hash | 1;
}

static bool holds(const struct model_member *m)
{
	return m->flags & SAMR_ID_STATEFUL && !(m->flags & SAMR_ID_LACKS);
}

bool check_transfer_held(const struct model_group *g)
{
	u32 i;

	for (i = 0; i < g->count; i++)
		if (holds(&g->m[i]) || (g->last && g->m[i].gets))
			return true;
	return false;
}

static bool anybody(const struct model_group *g, bool gets)
{
	u32 i;

	for (i = 0; i < g->count; i++)
		if (gets ? g->m[i].gets : g->m[i].flags & SAMR_ID_LACKS)
			return true;
	return false;
}

static void end(struct model_group *g)
{
	u32 i;

	g->transfer = 0;
	g->last = 0;
	g->donor_node = 0;
	g->donor_port = 0;
	for (i = 0; i < g->count; i++)
		g->m[i].gets = false;
}

static struct model_member *member(struct model_group *g, u64 node, u32 port)
{
	u32 i;

	for (i = 0; i < g->count; i++)
		if (g->m[i].node == node && g->m[i].port == port)
			return &g->m[i];
	return NULL;
}

static u32 against(const struct model_group *g, const struct model_member *m,
		   u64 sequencer)
{
	u32 i, sum = m->flags & SAMR_ID_FAILED ? 4 : 0;

	if (m->node == sequencer)
		sum += 2;
	for (i = 0; i < g->count; i++)
		if (g->m[i].flags & SAMR_ID_LACKS && g->m[i].node == m->node)
			return sum + 1;
	return sum;
}

/* First the heads without other work, then the others; failed ones at the end. */
static struct model_member *donor(struct model_group *g, u64 sequencer)
{
	u32 pass, i;

	for (pass = 0; pass < 8; pass++)
		for (i = 0; i < g->count; i++)
			if (holds(&g->m[i]) &&
			    against(g, &g->m[i], sequencer) == pass)
				return &g->m[i];
	return NULL;
}

static void begin(struct model_group *g, u64 gseq, struct model_member *from)
{
	bool again = from->flags & SAMR_ID_FAILED;
	u32 i;

	g->transfer = gseq;
	g->donor_node = from->node;
	g->donor_port = from->port;
	for (i = 0; i < g->count; i++) {
		g->m[i].gets = g->m[i].flags & SAMR_ID_LACKS;
		if (again)
			g->m[i].flags &= ~SAMR_ID_FAILED;
	}
}

/* Returns: refused. */
static bool snapshot(struct model_group *g, const struct samr_meta *m,
		     u64 sequencer)
{
	struct model_member *me = member(g, m->origin, m->port), *from;
	bool got;

	if (!me || !(me->flags & SAMR_ID_LACKS) ||
	    (me->gets && m->arg != g->transfer))
		return true;
	got = me->gets;
	me->gets = false;
	if (g->transfer && anybody(g, true))
		return false;
	end(g);
	from = donor(g, sequencer);
	if (from)
		begin(g, m->gseq, from);
	return !from && !got;
}

static bool piece(struct model_group *g, const struct samr_meta *m)
{
	if (!g->transfer || m->arg != g->transfer || g->last ||
	    m->origin != g->donor_node || m->port != g->donor_port)
		return true;
	if (m->flags & SAMR_MSG_FAILED) {
		member(g, m->origin, m->port)->flags |= SAMR_ID_FAILED;
		end(g);
	} else if (m->flags & SAMR_MSG_LAST) {
		g->last = m->gseq;
	}
	return false;
}

static bool reading(struct model_group *g, const struct samr_meta *m)
{
	struct model_member *me = member(g, m->origin, m->port);

	if (!me || !me->gets || m->arg <= g->transfer || m->arg >= m->gseq ||
	    (g->last && m->arg > g->last))
		return true;
	if (m->arg != g->last)
		return false;
	me->gets = false;
	me->flags &= ~SAMR_ID_LACKS;
	if (!anybody(g, true))
		end(g);
	return false;
}

void check_transfer_left(struct model_group *g, u64 node, u32 port)
{
	if (g->transfer && g->donor_node == node && g->donor_port == port) {
		g->donor_node = 0;
		g->donor_port = 0;
		if (!g->last)
			end(g);
	}
	if (g->transfer && !anybody(g, true))
		end(g);
}

void check_transfer(struct model_group *g, const struct place *p,
		    u64 sequencer, bool held, u64 before)
{
	const struct samr_meta *m = &p->meta;
	bool refused = p->refused, lost;
	u64 after;

	if (m->kind == SAMR_KIND_SNAPSHOT)
		refused = snapshot(g, m, sequencer);
	else if (m->kind == SAMR_KIND_STATE)
		refused = piece(g, m);
	else if (m->kind == SAMR_KIND_READ)
		refused = reading(g, m);
	lost = held && !check_transfer_held(g) && anybody(g, false);
	after = hash_of(g, lost);
	if (p->refused != refused)
		sim_fail("place %llu: kind %u %s", (unsigned long long)m->gseq,
			 m->kind, p->refused ? "refused" : "not refused");
	if (p->transfer != (after != before ? after : 0))
		sim_fail("place %llu: what it says of the transfer is wrong",
			 (unsigned long long)m->gseq);
}

u64 check_transfer_now(const struct model_group *g)
{
	return hash_of(g, false);
}

u64 check_transfer_heads(const struct model_group *g)
{
	u64 mask = 0;
	u32 i;

	for (i = 0; i < g->count; i++)
		if (g->m[i].gets)
			mask |= BIT_ULL(g->m[i].node);
	return mask;
}
