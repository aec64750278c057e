// SPDX-License-Identifier: GPL-2.0
/* What is on the disks, see keeper.h. */
#include "keeper.h"
#include "coordinator.h"
#include "state.h"
#include "view.h"

/*
 * Between two formations. The last views before all heads were lost need not be on
 * any disk: nobody waits for that when heads are left out. Nor may a head that is
 * still in one of them ever meet its number again.
 */
#define EPOCH_STRIDE	1000

static bool same(const struct samr_saved *a, const struct samr_saved *b)
{
	return a->epoch == b->epoch && a->members == b->members &&
	       a->flags == b->flags && a->config == b->config &&
	       a->told == b->told;
}

int samr_keeper_save(struct samr_node *n, const struct samr_saved *saved,
		     bool gate)
{
	if (!samr_wire_saved_ok(saved))
		return -EINVAL;
	n->keeper.gate = gate;
	if (!same(saved, &n->keeper.saved)) {
		n->keeper.saved = *saved;
		n->out->told |= BIT_ULL(n->cfg.self);
		samr_view_news(n);
	}
	samr_coordinator_consider(n);
	return 0;
}

void samr_keeper_heard(struct samr_node *n, u64 id,
		       const struct samr_saved *saved, u64 wanted)
{
	struct samr_peer *p = &n->peer[id];

	if (same(saved, &p->saved) && wanted == p->wanted)
		return;
	p->saved = *saved;
	p->wanted = wanted;
	n->out->told |= BIT_ULL(id);
	samr_coordinator_consider(n);
}

bool samr_keeper_news(const struct samr_node *n)
{
	return n->keeper.saved.told && n->view.learners;
}

void samr_keeper_learners(struct samr_node *n, const struct samr_plan *p)
{
	const struct samr_seat *s;
	u64 was;
	u32 i;

	for (i = 0; i < p->count; i++) {
		s = &p->seat[i];
		was = n->view.epoch ? n->view.learners & BIT_ULL(s->node) : 0;
		if ((s->flags & SAMR_SEAT_LEARNER) &&
		    !(was && samr_view_has(n, s->node, s->inc)))
			n->peer[s->node].learns = p->epoch;
	}
}

bool samr_keeper_allows(const struct samr_node *n, u64 voters, u64 id)
{
	const struct samr_saved *s;
	u64 k, need = voters | BIT_ULL(id);

	if (!n->keeper.gate)
		return true;
	for (k = 1; k < SAMR_IDS; k++) {
		s = k == n->cfg.self ? &n->keeper.saved : &n->peer[k].saved;
		if ((need & BIT_ULL(k)) &&
		    (s->epoch < n->peer[id].learns || !(s->members & BIT_ULL(id))))
			return false;
	}
	return true;
}

bool samr_keeper_is_first(u64 epoch)
{
	return epoch % EPOCH_STRIDE == 1 &&
	       epoch <= SAMR_SAVED_EPOCH_MAX + EPOCH_STRIDE + 1;
}

u64 samr_keeper_first(const struct samr_node *n, u64 founders)
{
	u64 id, highest = 0;

	for (id = 1; id < SAMR_IDS; id++)
		if (founders & BIT_ULL(id))
			highest = max(highest, id == n->cfg.self ?
					       n->keeper.saved.epoch :
					       n->peer[id].saved.epoch);
	if (!highest)
		return 1;
	return highest - highest % EPOCH_STRIDE + EPOCH_STRIDE + 1;
}
