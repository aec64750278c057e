// SPDX-License-Identifier: GPL-2.0
/* Faults that are not a matter of single frames, see chaos.h. */
#include "chaos.h"

/* Share of the frames received that are answered by a hostile one. */
#define HOSTILE_PPM	10000
#define WILD_PPM	30000

static const u32 frame_sizes[] = { 512, 700, 1000, 1440, 4000, 8900, 60000 };

static bool has(const struct chaos *x, enum plan_fault f)
{
	return x->plan->faults & 1u << f;
}

static struct queue *queue_of(struct chaos *x)
{
	return &x->cluster->queue;
}

static struct host *draw_host(struct chaos *x)
{
	const struct plan *p = x->plan;

	return x->cluster->host[p->id[rng_below(&x->rng, p->nodes)]];
}

static void do_cut(struct chaos *x)
{
	u64 side = 0;
	u32 i;

	if (queue_is_set(&x->mend))
		return;
	if (rng_one_in(&x->rng, 3)) {
		net_cut_one(&x->cluster->net, draw_host(x)->id,
			    draw_host(x)->id);
	} else {
		for (i = 0; i < x->plan->nodes; i++)
			if (rng_one_in(&x->rng, 2))
				side |= BIT_ULL(x->plan->id[i]);
		net_cut(&x->cluster->net, side);
	}
	x->count[FAULT_CUT]++;
	queue_set(queue_of(x), &x->mend, queue_of(x)->now +
		  rng_range(&x->rng, 1, 300) * SAMR_MSEC);
}

static void on_mend(struct timer *t)
{
	struct chaos *x = container_of(t, struct chaos, mend);

	net_heal(&x->cluster->net);
}

/*
 * The links carry another size from now on. The shells hear of it one after the
 * other; what is sent in between and is too long gets lost.
 */
static void do_frame_max(struct chaos *x)
{
	u32 size = frame_sizes[rng_below(&x->rng, ARRAY_SIZE(frame_sizes))];
	struct net_params *p = &x->cluster->net.params;
	struct host *h;

	/* A queue must have room for some of them. */
	if (p->speed && size > p->queue / 8)
		return;
	/* Some changes come to the links first, some to the shells. */
	if (rng_one_in(&x->rng, 2))
		p->len_max = size + SAMR_CRC_LEN;
	x->count[FAULT_FRAME_MAX]++;
	x->frame_max = size;
	cluster_for_each(x->cluster, h)
		queue_set(queue_of(x), &x->resize[h->id].timer,
			  queue_of(x)->now +
			  rng_below(&x->rng, 30 * SAMR_MSEC));
}

static void on_resize(struct timer *t)
{
	struct chaos_resize *z = container_of(t, struct chaos_resize, timer);
	struct chaos *x = z->chaos;

	host_frame_max(x->cluster->host[z->host], x->frame_max);
	x->cluster->net.params.len_max = x->frame_max + SAMR_CRC_LEN;
}

static void do_clock(struct chaos *x)
{
	struct host *h = draw_host(x);
	u64 by = rng_range(&x->rng, 1, 2000) * SAMR_MSEC;

	if (rng_one_in(&x->rng, 2))
		h->params.wall += by;
	else
		h->params.wall -= by;
	x->count[FAULT_CLOCK]++;
}

static void on_trouble(struct timer *t)
{
	struct chaos *x = container_of(t, struct chaos, trouble);

	switch (rng_below(&x->rng, FAULT_KINDS)) {
	case FAULT_PAUSE:
		if (!has(x, FAULT_PAUSE))
			break;
		host_pause(draw_host(x),
			   rng_range(&x->rng, 1, 150) * SAMR_MSEC);
		x->count[FAULT_PAUSE]++;
		break;
	case FAULT_CLOCK:
		if (has(x, FAULT_CLOCK))
			do_clock(x);
		break;
	case FAULT_CUT:
		if (has(x, FAULT_CUT))
			do_cut(x);
		break;
	case FAULT_FRAME_MAX:
		if (has(x, FAULT_FRAME_MAX))
			do_frame_max(x);
		break;
	default:
		break;
	}
	queue_set(queue_of(x), t, queue_of(x)->now +
		  rng_range(&x->rng, 1, 40) * SAMR_MSEC);
}

/* Somebody listens, and answers with rubbish of his own. */
static void on_received(struct watch *w, struct host *h,
			const struct buffer *frame, enum samr_drop drop)
{
	struct chaos *x = container_of(w, struct chaos, watch);
	bool wild = x->plan->wild;
	struct buffer *bad;

	if (!x->on || !x->formed || drop ||
	    !(wild || has(x, FAULT_HOSTILE)) ||
	    !rng_ppm(&x->rng, wild ? WILD_PPM : HOSTILE_PPM))
		return;
	bad = hostile_frame(&x->rng, frame, wild);
	if (!bad)
		return;
	x->count[FAULT_HOSTILE]++;
	if (rng_one_in(&x->rng, 4))
		h = draw_host(x);
	net_inject(&x->cluster->net, h->id, bad,
		   rng_below(&x->rng, 20 * SAMR_MSEC));
	buffer_put(bad);
}

static void on_view(struct watch *w, struct host *h)
{
	struct chaos *x = container_of(w, struct chaos, watch);
	struct samr_view_info view;

	(void)h;
	cluster_for_each(x->cluster, h) {
		samr_node_view(h->node, &view);
		if (!view.epoch)
			return;
	}
	x->formed = true;
}

void chaos_init(struct chaos *x, struct cluster *c, const struct plan *p,
		u64 seed)
{
	u32 i;

	memset(x, 0, sizeof(*x));
	x->cluster = c;
	x->plan = p;
	rng_init(&x->rng, seed, 'x');
	x->trouble.fire = on_trouble;
	x->mend.fire = on_mend;
	for (i = 0; i < NET_NODES; i++) {
		x->resize[i].timer.fire = on_resize;
		x->resize[i].chaos = x;
		x->resize[i].host = i;
	}
	x->watch.received = on_received;
	x->watch.view = on_view;
	cluster_watch(c, &x->watch);
}

void chaos_start(struct chaos *x)
{
	u32 i;

	x->on = true;
	x->cluster->net.params = x->plan->net;
	for (i = 0; i < x->plan->nodes; i++)
		memory_fail_rate(x->plan->id[i], x->plan->alloc_ppm);
	queue_set(queue_of(x), &x->trouble, queue_of(x)->now + SAMR_MSEC);
}

void chaos_stop(struct chaos *x)
{
	u32 i;

	x->on = false;
	plan_heal(&x->cluster->net.params);
	net_heal(&x->cluster->net);
	for (i = 0; i < x->plan->nodes; i++)
		memory_fail_rate(x->plan->id[i], 0);
	queue_cancel(queue_of(x), &x->trouble);
	queue_cancel(queue_of(x), &x->mend);
}
