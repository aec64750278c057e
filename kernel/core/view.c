// SPDX-License-Identifier: GPL-2.0
/* The view and how it is formed, see view.h. */
#include "view.h"
#include "flow.h"
#include "frame.h"
#include "stable.h"
#include "state.h"

/* A HELLO counts this many intervals of signs of life. */
#define HELLO_LIFE	10

#define FIRST_EPOCH	1

void samr_view_init(struct samr_node *n)
{
	memset(n->view.index, SAMR_NO_INDEX, sizeof(n->view.index));
	n->view.send_at = SAMR_NEVER;
}

bool samr_view_has(const struct samr_node *n, u64 id, u64 inc)
{
	u32 index = samr_node_index(n, id);

	return index != SAMR_NO_INDEX && n->view.inc[index] == inc;
}

static u32 members_in(u64 mask)
{
	u32 count = 0;

	for (; mask; mask &= mask - 1)
		count++;
	return count;
}

static u64 lowest_of(u64 mask)
{
	u64 id = 1;

	while (!(mask & BIT_ULL(id)))
		id++;
	return id;
}

/* n->view.node[], .inc[], .count and .sequencer say what is to be installed. */
static void install(struct samr_node *n, u64 epoch, u64 seed)
{
	struct samr_view_state *v = &n->view;
	u32 i;

	for (i = 0; i < v->count; i++) {
		v->index[v->node[i]] = (u8)i;
		v->ack[i] = 0;
		if (v->node[i] == v->sequencer)
			v->leader = i;
		if (v->node[i] == n->cfg.self)
			v->self = i;
	}
	v->epoch = epoch;
	v->seed = seed;
	v->holders = samr_stable_holders(v->count, n->cfg.quorum);
	v->joined = 1u << v->self;
	v->send_at = v->leader == v->self && v->count > 1 ? n->now : SAMR_NEVER;
	n->beat_at = v->count > 1 ? n->now : SAMR_NEVER;
	n->out->view = true;
	n->flow.refused = true;
	samr_flow_freed(n);
}

/* As the head with the lowest id: does everyone want this view now? */
static void form(struct samr_node *n)
{
	struct samr_view_state *v = &n->view;
	u64 id, life = HELLO_LIFE * n->cfg.beat;
	struct samr_peer *p;

	if (v->epoch || !v->wanted || lowest_of(v->wanted) != n->cfg.self)
		return;
	for (id = 1; id < SAMR_IDS; id++) {
		p = &n->peer[id];
		if (id == n->cfg.self || !(v->wanted & BIT_ULL(id)))
			continue;
		if (p->wanted != v->wanted || !p->hello_at ||
		    n->now - p->hello_at > life)
			return;
	}
	v->count = 0;
	for (id = 1; id < SAMR_IDS; id++) {
		if (!(v->wanted & BIT_ULL(id)))
			continue;
		v->node[v->count] = id;
		v->inc[v->count++] = id == n->cfg.self ? n->cfg.inc :
							 n->peer[id].inc;
	}
	v->sequencer = n->cfg.self;
	install(n, FIRST_EPOCH, samr_node_random(n));
}

int samr_view_want(struct samr_node *n, u64 members)
{
	if (!members) {
		if (n->view.epoch)
			return -EBUSY;
		n->view.wanted = 0;
		n->view.send_at = SAMR_NEVER;
		return 0;
	}
	if (!(members & BIT_ULL(n->cfg.self)) || (members & 1) ||
	    members_in(members) > SAMR_HEADS_MAX)
		return -EINVAL;
	if (n->view.wanted && n->view.wanted != members)
		return -EBUSY;
	n->view.wanted = members;
	if (!n->view.epoch)
		n->view.send_at = n->now;
	form(n);
	return 0;
}

void samr_view_heard(struct samr_node *n, u32 index)
{
	n->view.joined |= 1u << index;
}

enum samr_drop samr_view_hello(struct samr_node *n, u64 src, u64 inc,
			       u64 members)
{
	struct samr_peer *p = &n->peer[src];

	if (n->view.epoch) {
		if (!samr_view_has(n, src, inc))
			return SAMR_DROP_INCARNATION;
		if (samr_node_leads(n)) {
			samr_mark("member without the view");
			n->view.joined &= ~(1u << samr_node_index(n, src));
			if (n->view.send_at == SAMR_NEVER)
				n->view.send_at = n->now;
		}
		return SAMR_DROP_NONE;
	}
	p->inc = inc;
	p->wanted = members;
	p->hello_at = n->now;
	form(n);
	return SAMR_DROP_NONE;
}

enum samr_drop samr_view_install(struct samr_node *n, u64 src,
				 const struct samr_blob *frame,
				 const struct samr_record *r)
{
	struct samr_view_state *v = &n->view;
	u64 node, inc, mask = 0;
	bool mine = false;
	u32 i;

	if (v->epoch)
		return v->epoch == r->view.epoch ? SAMR_DROP_DUPLICATE :
						   SAMR_DROP_VIEW;
	if (src != r->view.sequencer || r->view.base)
		return SAMR_DROP_VIEW;
	for (i = 0; i < r->view.count; i++) {
		samr_wire_view_member(frame, r, i, &node, &inc);
		if (!node || node >= SAMR_IDS || !inc || mask >= BIT_ULL(node))
			return SAMR_DROP_VIEW;
		mask |= BIT_ULL(node);
		mine |= node == n->cfg.self && inc == n->cfg.inc;
	}
	if (!mine || mask != v->wanted || !(mask & BIT_ULL(src)))
		return SAMR_DROP_VIEW;
	v->count = r->view.count;
	for (i = 0; i < v->count; i++)
		samr_wire_view_member(frame, r, i, &v->node[i], &v->inc[i]);
	v->sequencer = src;
	install(n, r->view.epoch, r->view.seed);
	return SAMR_DROP_NONE;
}

static void send_hello(struct samr_node *n)
{
	struct samr_rec_hello rec = {
		.rec = {
			.type = SAMR_REC_HELLO,
			.len  = cpu_to_be16(sizeof(rec)),
		},
		.members = cpu_to_be64(n->view.wanted),
	};
	struct samr_blob *b = samr_frame_record(n, SAMR_DEST_ALL, sizeof(rec));

	if (b)
		samr_blob_put_data(b, &rec, sizeof(rec));
}

static void send_view(struct samr_node *n)
{
	const struct samr_view_state *v = &n->view;
	struct samr_rec_view_member m;
	struct samr_rec_view rec;
	struct samr_blob *b;
	u32 i, len = sizeof(rec) + v->count * sizeof(m);

	b = samr_frame_record(n, SAMR_DEST_ALL, len);
	if (!b)
		return;
	memset(&rec, 0, sizeof(rec));
	rec.rec.type = SAMR_REC_VIEW;
	rec.rec.len = cpu_to_be16((u16)len);
	rec.count = cpu_to_be32(v->count);
	rec.epoch = cpu_to_be64(v->epoch);
	rec.seed = cpu_to_be64(v->seed);
	rec.sequencer = cpu_to_be64(v->sequencer);
	samr_blob_put_data(b, &rec, sizeof(rec));
	for (i = 0; i < v->count; i++) {
		m.node = cpu_to_be64(v->node[i]);
		m.inc = cpu_to_be64(v->inc[i]);
		samr_blob_put_data(b, &m, sizeof(m));
	}
}

void samr_view_timer(struct samr_node *n)
{
	struct samr_view_state *v = &n->view;

	if (n->now < v->send_at)
		return;
	v->send_at = n->now + n->cfg.beat;
	if (!v->epoch)
		send_hello(n);
	else if (v->joined != BIT_ULL(v->count) - 1)
		send_view(n);
	else
		v->send_at = SAMR_NEVER;
}
