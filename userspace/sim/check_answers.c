// SPDX-License-Identifier: GPL-2.0
/*
 * What nodes answer when they are asked, after all has settled: view, peers,
 * groups and members, room; and what they refuse.
 */
#include "check.h"
#include "core/stable.h"
#include "sim.h"

#define must(h, cond)							\
	do {								\
		if (!(cond))						\
			sim_fail("node %u answers wrongly: not %s",	\
				 (h)->id, #cond);			\
	} while (0)

static void check_view(struct check *k, struct host *h, bool quorum)
{
	const struct cluster *c = k->cluster;
	struct samr_view_info v;
	struct host *other;
	u32 i = 0;

	samr_node_view(h->node, &v);
	must(h, v.epoch && v.count == c->count);
	must(h, v.wanted == c->mask && v.heard == c->mask);
	must(h, v.holders == (quorum && c->count > 2 ?
			     c->count / 2 + 1 : c->count));
	must(h, v.sequencer == v.node[0]);
	cluster_for_each(c, other) {
		must(h, v.node[i] == other->id && v.inc[i] == other->inc);
		i++;
	}
}

static void check_peers(struct check *k, struct host *h)
{
	struct samr_peer_info p;
	struct host *other;
	u64 id;

	for (id = 0; id < NET_NODES + 2; id++) {
		other = id < NET_NODES ? k->cluster->host[id] : NULL;
		if (!other || other == h) {
			must(h, !samr_node_peer(h->node, id, &p));
			continue;
		}
		must(h, samr_node_peer(h->node, id, &p));
		must(h, p.id == id && p.inc == other->inc && p.in_view);
		must(h, p.ack == k->places);
		must(h, p.heard && p.heard <= host_now(h));
	}
}

static void check_members(struct check *k, struct host *h, u32 g)
{
	struct samr_members *m = samr_node_members(h->node, k->group[g]);
	const struct model_group *model = &k->model[g];
	u32 i;

	must(h, m ? m->count == model->count : !model->count);
	must(h, k->told[h->id][g] == (m ? m->id : 0));
	if (!m)
		return;
	must(h, m->id == model->view);
	for (i = 0; i < m->count; i++)
		must(h, m->m[i].node == model->m[i].node &&
			m->m[i].port == model->m[i].port &&
			m->m[i].window == model->m[i].window &&
			m->m[i].flags == model->m[i].flags &&
			m->m[i].inc == k->cluster->host[m->m[i].node]->inc);
	samr_members_put(m);
}

static void check_groups(struct check *k, struct host *h)
{
	u32 i, id = 0, next, walked = 0, populated = 0;

	for (i = 0; i < k->groups; i++) {
		check_members(k, h, i);
		populated += k->model[i].count != 0;
	}
	while ((next = samr_node_group(h->node, id))) {
		must(h, next > id);
		must(h, k->model[check_group(k, next)].count);
		id = next;
		walked++;
	}
	must(h, walked == populated);
}

/*
 * All was read, so all credit must be back, or come back when it is asked for:
 * the last report may have been lost, and nobody has missed it yet.
 */
void check_credit(struct check *k, bool last)
{
	struct host *h;
	u32 g;

	cluster_for_each(k->cluster, h)
		for (g = 0; g < k->groups; g++)
			if (!host_room(h, SAMR_KIND_DATA, k->group[g],
				       SAMR_LEN_MAX) && last)
				sim_fail("node %u never gets back its credit in group %u",
					 h->id, k->group[g]);
}

static void check_refusals(struct check *k, struct host *h)
{
	struct samr_submit s = { .group = 1 };
	const struct samr_submit ok = s;
	struct buffer *b = buffer_new(8);

	k->refusing = true;
	b->len = 8;
	s.payload = blob_of_buffer(b, 0, 8);
	s.len = 7;
	must(h, host_submit(h, &s) == -EINVAL);
	s.len = 8;
	s.kind = SAMR_KIND_JOIN;
	must(h, host_submit(h, &s) == -EINVAL);
	samr_blob_put(s.payload);
	buffer_put(b);
	s = ok;
	s.len = 8;
	must(h, host_submit(h, &s) == -EINVAL);
	s.len = SAMR_LEN_MAX + 1;
	must(h, host_submit(h, &s) == -EMSGSIZE);
	s = ok;
	s.kind = SAMR_KINDS;
	must(h, host_submit(h, &s) == -EINVAL);
	s = ok;
	s.flags = SAMR_MSG_FLAGS + 1;
	must(h, host_submit(h, &s) == -EINVAL);
	s = ok;
	s.group = 0;
	must(h, host_submit(h, &s) == -EINVAL);
	must(h, host_members(h, k->cluster->mask) == 0);
	must(h, host_members(h, k->cluster->mask | 1) == -EINVAL);
	must(h, host_members(h, k->cluster->mask & ~BIT_ULL(h->id)) != 0);
	must(h, host_members(h, BIT_ULL(h->id)) ==
		(k->cluster->count == 1 ? 0 : -EBUSY));
	must(h, host_members(h, ~1ULL) == -EINVAL);
	must(h, host_members(h, 0) == -EBUSY);
	k->refusing = false;
}

void check_answers(struct check *k, bool quorum)
{
	struct host *h;

	cluster_for_each(k->cluster, h) {
		check_view(k, h, quorum);
		check_peers(k, h);
		check_groups(k, h);
		check_refusals(k, h);
	}
}
