// SPDX-License-Identifier: GPL-2.0
/* What must hold in a room, see room_check.h. */
#include "room_check.h"
#include "sim.h"

static bool later(const struct place *a, const struct place *b)
{
	return a->epoch != b->epoch ? a->epoch > b->epoch : a->gseq > b->gseq;
}

void room_check_stored(struct room *r, struct machine *m, u64 epoch, u64 gseq)
{
	m->stored = (struct place){ .epoch = epoch, .gseq = gseq };
	if (later(&m->stored, &r->newest))
		r->newest = m->stored;
}

static u64 data_of(const struct room *r, const struct samr_view_info *v)
{
	u64 set = 0;
	u32 i;

	for (i = 0; i < v->count; i++)
		if (!(r->cluster.witness & BIT_ULL(v->node[i])))
			set |= BIT_ULL(v->node[i]);
	return set;
}

/* Whom the newest memory of those in @set names, and who was in that to its end. */
static u64 named_by(struct room *r, u64 set, u64 *epoch)
{
	const struct memory *d;
	u64 need = 0, gone = 0;
	u32 i;

	*epoch = 0;
	for (i = 0; i < r->count; i++) {
		d = &r->machine[r->id[i]].disk;
		if (!(set & BIT_ULL(r->id[i])) || d->epoch <= *epoch)
			continue;
		*epoch = d->epoch;
		need = d->members;
	}
	/* Who knows that he was out of it may have said so, and be off. */
	for (i = 0; i < r->count; i++) {
		d = &r->machine[r->id[i]].disk;
		if (d->epoch == *epoch && (d->flags & MEMORY_GONE))
			gone |= BIT_ULL(r->id[i]);
	}
	return need & ~gone;
}

/* A first view of @set: is that all, and has it what there was? */
static void check_first(struct room *r, u64 epoch, u64 set)
{
	struct place best = { };
	u64 newest, need = named_by(r, set, &newest), known;
	u32 i;

	if (!newest && set != (r->cluster.mask & ~r->cluster.witness))
		sim_fail("the first view of all is one of %#llx only",
			 (unsigned long long)set);
	/* Others may have been heard, and know who was out of it; or were not. */
	if ((need & ~set) && (named_by(r, r->cluster.mask, &known) & ~set))
		sim_fail("first view %llu of %#llx, and view %llu was of %#llx",
			 (unsigned long long)epoch, (unsigned long long)set,
			 (unsigned long long)newest, (unsigned long long)need);
	for (i = 0; i < r->count; i++)
		if ((set & BIT_ULL(r->id[i])) &&
		    later(&r->machine[r->id[i]].stored, &best))
			best = r->machine[r->id[i]].stored;
	if (later(&r->newest, &best))
		sim_fail("first view %llu of %#llx lacks %llu of view %llu, which was delivered SAFE",
			 (unsigned long long)epoch, (unsigned long long)set,
			 (unsigned long long)r->newest.gseq,
			 (unsigned long long)r->newest.epoch);
	for (i = 0; i < r->count; i++)
		if (set & BIT_ULL(r->id[i]))
			r->machine[r->id[i]].stored = best;
}

/* Who has a vote holds what the others do. */
static void catch_up(struct room *r, struct machine *m,
		     const struct samr_view_info *v)
{
	u32 i;

	for (i = 0; i < v->count; i++)
		if (!(v->flags[i] & SAMR_SEAT_LEARNER) &&
		    later(&r->machine[v->node[i]].stored, &m->stored))
			m->stored = r->machine[v->node[i]].stored;
}

void room_check_view(struct room *r, struct machine *m)
{
	struct samr_view_info v;
	u64 set;
	u32 i;

	samr_node_view(m->host->node, &v);
	if (!v.epoch)
		return;
	set = data_of(r, &v);
	if (v.epoch % 1000 == 1 && v.epoch != r->first) {
		for (i = 0; i < v.count; i++)
			if (v.flags[i] & SAMR_SEAT_LEARNER)
				return;
		r->first = v.epoch;
		r->firsts++;
		check_first(r, v.epoch, set);
	}
	if (!v.learning && (set & BIT_ULL(m->id)))
		catch_up(r, m, &v);
}

void room_shoots(struct room *r, struct machine *by, struct machine *at,
		 const struct policy_action *a)
{
	const struct samr_fence *f = &by->fence[at->id];
	u64 now = host_now(by->host), silent, delay;
	struct samr_view_info v;
	struct machine *m;
	u32 i, k;

	r->shots++;
	silent = by->frame_at[at->id] ? now - by->frame_at[at->id] : U64_MAX;
	delay = f->why == SAMR_FENCE_BLOCKED ? r->config.delay_blocked :
					       r->config.delay;
	if (silent < delay || silent < r->config.dead)
		sim_fail("node %u shoots node %u, which it heard %llu us ago",
			 by->id, at->id, (unsigned long long)silent / 1000);
	if (f->inc != a->inc || f->token != a->token)
		sim_fail("node %u shoots node %u, and nobody has asked for that",
			 by->id, at->id);
	if (by->unplugged && !by->carrier)
		sim_fail("node %u shoots node %u, and has no carrier", by->id,
			 at->id);
	samr_node_view(by->host->node, &v);
	if (!v.epoch || v.learning)
		sim_fail("node %u shoots node %u, and is in no view", by->id,
			 at->id);
	for (i = 0; i < r->count && r->side; i++) {
		m = &r->machine[r->id[i]];
		if (!(r->side & BIT_ULL(m->id)) ==
		    !(r->side & BIT_ULL(by->id)))
			continue;
		for (k = 0; k < r->count; k++)
			if (r->machine[r->id[k]].shot[m->id].on &&
			    !r->machine[r->id[k]].shot[m->id].power_on)
				sim_fail("node %u shoots node %u while node %u shoots node %u",
					 by->id, at->id, m->id, r->id[k]);
	}
}

void room_confirms(struct room *r, struct machine *by,
		   const struct policy_action *a)
{
	struct machine *at = &r->machine[a->node];

	r->confirmed++;
	if (at->host && at->host->inc == a->inc)
		sim_fail("node %u confirms that node %u is off, and it runs",
			 by->id, at->id);
}

/*
 * Those that are wedged, and nobody else who was in their view is there any more:
 * too few for the rule, and no fence will help.
 */
bool room_check_hopeless(struct room *r)
{
	struct samr_view_info v;
	struct machine *m;
	bool wedged = false;
	u32 i;

	for (i = 0; i < r->count; i++) {
		m = &r->machine[r->id[i]];
		if (!m->host || samr_node_out(m->host->node))
			continue;
		samr_node_view(m->host->node, &v);
		if (v.epoch && !v.wedged)
			return false;
		wedged |= v.epoch != 0;
	}
	return wedged && r->config.rule == POLICY_MAJORITY;
}

void room_check_duel(struct room *r, u64 side)
{
	r->side = side;
}

/* In a view of its own side, which orders. */
static bool serves(const struct room *r, const struct machine *m)
{
	struct samr_view_info v;
	bool here = r->side & BIT_ULL(m->id);

	if (!m->host || samr_node_out(m->host->node))
		return false;
	samr_node_view(m->host->node, &v);
	return v.epoch && !v.wedged && !v.learning &&
	       !(data_of(r, &v) & (here ? ~r->side : r->side));
}

bool room_check_won(struct room *r)
{
	u32 here = 0, there = 0, i;
	struct machine *m;

	for (i = 0; i < r->count; i++) {
		m = &r->machine[r->id[i]];
		if (r->side & BIT_ULL(m->id))
			here += serves(r, m);
		else
			there += serves(r, m);
	}
	if (here && there)
		sim_fail("both sides go on");
	return !here != !there;
}

void room_check_waits(struct room *r, const struct machine *last)
{
	struct samr_view_info v;
	u32 i;

	for (i = 0; i < r->count; i++) {
		if (!r->machine[r->id[i]].host)
			continue;
		samr_node_view(r->machine[r->id[i]].host->node, &v);
		if (v.epoch)
			sim_fail("node %u has view %llu, and node %u is not back yet",
				 r->id[i], (unsigned long long)v.epoch,
				 last->id);
	}
}
