// SPDX-License-Identifier: GPL-2.0
/* Proposals that were accepted, see proposal.h. */
#include "core/policy.h"
#include "core/state.h"
#include "host.h"
#include "proposal.h"

/* The newest one that a living head of that view has accepted; NULL: none. */
static const struct samr_acceptor *newest(const struct cluster *c, u64 epoch)
{
	const struct samr_acceptor *a, *best = NULL;
	struct samr_view_info v;
	struct host *h;

	cluster_for_each(c, h) {
		if (samr_node_out(h->node))
			continue;
		samr_node_view(h->node, &v);
		a = &h->node->acceptor;
		if (v.epoch == epoch && a->accepted.counter &&
		    (!best || samr_ballot_cmp(&a->accepted,
					      &best->accepted) > 0))
			best = a;
	}
	return best;
}

bool proposal_stuck(const struct cluster *c, u64 epoch)
{
	const struct samr_acceptor *a = newest(c, epoch);
	u64 voters = 0, witness = 0, alive = 0, bit;
	const struct samr_seat *s;
	struct samr_view_info v;
	const struct host *h;
	u32 i;

	if (!a)
		return false;
	for (i = 0; i < a->plan.count; i++) {
		s = &a->plan.seat[i];
		bit = BIT_ULL(s->node);
		h = c->host[s->node];
		if (h && h->inc == s->inc) {
			samr_node_view(h->node, &v);
			alive |= v.epoch == epoch ? bit : 0;
		}
		if (s->flags & SAMR_SEAT_WITNESS)
			witness |= bit;
		else if (!s->flags)
			voters |= bit;
	}
	/* Whoever is dead will be fenced. */
	return samr_policy_verdict(a->plan.flags & SAMR_PLAN_FENCE ?
				   SAMR_POLICY_FENCE : SAMR_POLICY_MAJORITY,
				   voters, witness, alive, ~alive) !=
	       SAMR_VERDICT_LEGAL;
}
