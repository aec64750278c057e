// SPDX-License-Identifier: GPL-2.0
/*
 * The plan of a run, see plan.h.
 *
 * Small windows and histories are drawn as often as large ones: they are where
 * things happen.
 */
#include "plan.h"

#define PPM		1000000
#define PERCENT		(PPM / 100)

/* Runs with little to do, for each one in which all send as much as they can. */
#define SPARSE_RUNS	3

/* Frames never grow beyond a queue, or nothing would get through. */
#define QUEUE_FRAMES	24

const char *plan_fault_name(enum plan_fault f)
{
	static const char * const name[FAULT_KINDS] = {
		[FAULT_ALLOC]		= "alloc",
		[FAULT_PAUSE]		= "pause",
		[FAULT_CLOCK]		= "clock",
		[FAULT_CUT]		= "partition",
		[FAULT_FRAME_MAX]	= "frame-size",
		[FAULT_STALL]		= "stall",
		[FAULT_HOSTILE]		= "hostile",
	};

	return name[f];
}

static u32 pick(struct rng *r, const u32 *of, u32 n)
{
	return of[rng_below(r, n)];
}

#define PICK(r, ...) \
	pick(r, (const u32[]){ __VA_ARGS__ }, \
	     sizeof((const u32[]){ __VA_ARGS__ }) / sizeof(u32))

static void draw_nodes(struct plan *p, struct rng *r, u32 nodes)
{
	u64 taken = 0;
	u32 i, id;

	p->nodes = nodes ? nodes : PICK(r, 3, 3, 3, 3, 4, 4, 5, 5, 6, 7, 8, 11,
					16);
	for (i = 0; i < p->nodes; ) {
		id = rng_one_in(r, 2) ? rng_range(r, 1, 63) :
					rng_range(r, 1, 20);
		if (taken & BIT_ULL(id))
			continue;
		taken |= BIT_ULL(id);
		i++;
	}
	for (i = 0, id = 1; id < NET_NODES; id++)
		if (taken & BIT_ULL(id))
			p->id[i++] = id;
}

static void draw_core(struct plan *p, struct rng *r)
{
	struct samr_node_config *c = &p->cfg;

	c->domain = rng_below(r, 3);
	c->history = PICK(r, 0, 32, 64, 128, 256, 1024);
	c->history_bytes = PICK(r, 0, 64 << 10, 256 << 10, 1 << 20);
	c->submits = PICK(r, 0, 16, 32, 64, 256);
	c->submit_bytes = PICK(r, 0, 32 << 10, 128 << 10, 1 << 20);
	c->ref_min = PICK(r, 0, 0, 1, 200, 1000, 60000);
	c->quorum = rng_one_in(r, 3);
	c->beat = PICK(r, 0, 0, 5, 10, 50) * SAMR_MSEC;
	c->reorder = PICK(r, 0, 0, 100, 500, 3000) * SAMR_USEC;
	c->ack_delay = PICK(r, 0, 0, 200, 1000, 10000) * SAMR_USEC;
	p->frame_max = PICK(r, 512, 700, 1440, 1440, 1440, 4000, 8900, 60000);
}

static void draw_network(struct plan *p, struct rng *r)
{
	struct net_params *n = &p->net;
	u32 severe = rng_one_in(r, 5) ? 4 : 1, kinds, k;

	n->delay = PICK(r, 5, 20, 50, 200, 2000) * SAMR_USEC;
	n->jitter = rng_one_in(r, 2) ? 0 : rng_below(r, n->delay * 2);
	n->speed = PICK(r, 0, 12, 125, 125, 1250);
	n->queue = QUEUE_FRAMES * max(p->frame_max, 1500u) *
		   (u32)rng_range(r, 1, 8);
	n->tx_queue = PICK(r, 128 << 10, 1 << 20, 4 << 20);
	n->len_max = p->frame_max + SAMR_CRC_LEN;
	n->reorder_by = rng_range(r, 50, 5000) * SAMR_USEC;
	n->burst_len = rng_range(r, 3, 30);

	kinds = rng_u64(r) & 31;
	for (k = rng_below(r, 5); __builtin_popcount(kinds) < 3; k = (k + 1) % 5)
		kinds |= 1u << k;
	if (kinds & 1)
		n->drop = severe * rng_range(r, PERCENT / 2, 5 * PERCENT);
	if (kinds & 2)
		n->burst = severe * rng_range(r, PERCENT / 10, PERCENT / 2);
	if (kinds & 4)
		n->repeat = severe * rng_range(r, PERCENT / 2, 5 * PERCENT);
	if (kinds & 8)
		n->reorder = severe * rng_range(r, PERCENT / 2, 10 * PERCENT);
	if (kinds & 16)
		n->corrupt = severe * rng_range(r, PERCENT / 2, 3 * PERCENT);
}

static void draw_faults(struct plan *p, struct rng *r)
{
	u32 k;

	for (k = 0; k < FAULT_KINDS; k++)
		if (rng_one_in(r, 3))
			p->faults |= 1u << k;
	p->alloc_ppm = p->faults & 1u << FAULT_ALLOC ?
		       PICK(r, 1000, 5000, 20000, 50000) : 0;
	p->host.slack = PICK(r, 0, 1, 50, 1000, 4000) * SAMR_USEC;
	p->host.busy = PICK(r, 0, 2, 10, 50, 500) * SAMR_USEC;
	p->host.backlog = PICK(r, 64, 256, 1000);
	p->chaos = rng_range(r, 200, 1500) * SAMR_MSEC;
}

static void draw_work(struct plan *p, struct rng *r)
{
	p->groups = PICK(r, 1, 1, 2, 3, 6, 12);
	p->members = rng_range(r, max(p->nodes, 2 * p->groups),
			       3 * p->nodes + 2 * p->groups);
	p->window = PICK(r, 2 << 10, 16 << 10, 64 << 10, 256 << 10, 4 << 20);
	p->messages = rng_range(r, 1000, 2000);
	p->len_typical = PICK(r, 0, 16, 100, 100, 400, 1200, 4000);
	p->len_max = PICK(r, 200, 3000, 9000, 65536, SAMR_LEN_MAX);
	p->len_max = max(p->len_max, p->len_typical);
	p->bytes_max = 6ULL << 20;
	p->safe_ppm = PICK(r, 0, PERCENT, 20 * PERCENT, 50 * PERCENT, PPM);
}

/*
 * Most clusters have little to do at most times. Then nothing that comes next shows what
 * was lost, and it is timers that must: what is not asked for by chance, as another
 * message came. It costs little, too, so there are three such runs for each busy one.
 */
static void draw_pace(struct plan *p, struct rng *r)
{
	p->pace = 1;
	if (rng_one_in(r, SPARSE_RUNS + 1))
		return;
	p->pace = PICK(r, 10, 30, 100);
	p->messages = rng_range(r, 150, 500);
	p->bytes_max = 1ULL << 20;
	p->chaos = rng_range(r, 1000, 5000) * SAMR_MSEC;
}

void plan_draw(struct plan *p, u64 seed, u32 nodes)
{
	struct rng r;

	memset(p, 0, sizeof(*p));
	rng_init(&r, seed, 'p');
	draw_nodes(p, &r, nodes);
	draw_core(p, &r);
	draw_network(p, &r);
	draw_faults(p, &r);
	draw_work(p, &r);
	draw_pace(p, &r);
	p->wild = rng_one_in(&r, 16);
	p->abrupt = !p->wild && rng_one_in(&r, 10);
}

void plan_host(const struct plan *p, struct rng *r, struct host_params *h)
{
	*h = p->host;
	h->drift = (s32)rng_range(r, 0, 400) - 200;
	h->offset = rng_range(r, 1, 100000) * SAMR_MSEC;
	h->wall = 1700000000ULL * 1000 * SAMR_MSEC +
		  rng_range(r, 0, 60000) * SAMR_MSEC;
}

void plan_heal(struct net_params *net)
{
	net->drop = 0;
	net->burst = 0;
	net->repeat = 0;
	net->reorder = 0;
	net->corrupt = 0;
	net->jitter = 0;
}
