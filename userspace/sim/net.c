// SPDX-License-Identifier: GPL-2.0
/*
 * The network, see net.h.
 *
 * A copy of a frame is a packet. Its timer fires twice: when it has reached the
 * queue of the receiver's port, and when it has left it.
 */
#include <stdlib.h>

#include "capture.h"
#include "net.h"
#include "pool.h"

struct packet {
	struct timer timer;
	struct list_head flying;
	struct net *net;
	struct buffer *frame;
	u32 to;
	bool queued;		/* has passed the port's queue */
};

const char *net_fault_name(enum net_fault f)
{
	static const char * const name[NET_FAULTS] = {
		[NET_DROP]	= "drop",
		[NET_BURST]	= "burst",
		[NET_REPEAT]	= "repeat",
		[NET_REORDER]	= "reorder",
		[NET_CORRUPT]	= "corrupt",
		[NET_CUT]	= "cut",
		[NET_OVERFLOW]	= "overflow",
		[NET_TOO_LONG]	= "too-long",
	};

	return name[f];
}

void net_init(struct net *net, struct queue *q, u64 seed)
{
	memset(net, 0, sizeof(*net));
	net->queue = q;
	rng_init(&net->rng, seed, 'n');
	INIT_LIST_HEAD(&net->flying);
}

static void packet_free(struct packet *p)
{
	queue_cancel(p->net->queue, &p->timer);
	list_del(&p->flying);
	buffer_put(p->frame);
	pool_put(p, sizeof(*p));
}

void net_free(struct net *net)
{
	struct packet *p, *n;

	list_for_each_entry_safe(p, n, &net->flying, flying)
		packet_free(p);
}

void net_add(struct net *net, u32 node)
{
	net->nodes |= BIT_ULL(node);
}

static void fault(struct net *net, enum net_fault f)
{
	net->count[f]++;
}

/* ns that @len bytes take on a port. */
static u64 wire_time(const struct net *net, u32 len)
{
	return net->params.speed ? (u64)len * 1000 / net->params.speed : 0;
}

/* Bytes that wait at a port which will be free at @at. */
static u64 backlog(const struct net *net, u64 at)
{
	if (at <= net->queue->now)
		return 0;
	return (at - net->queue->now) * net->params.speed / 1000;
}

static void packet_fire(struct timer *t)
{
	struct packet *p = container_of(t, struct packet, timer);
	struct net *net = p->net;
	struct net_port *port = &net->port[p->to];

	if (!p->queued && net->params.speed) {
		p->queued = true;
		if (backlog(net, port->rx_free) + p->frame->len >
		    net->params.queue) {
			fault(net, NET_OVERFLOW);
			packet_free(p);
			return;
		}
		port->rx_free = max(port->rx_free, net->queue->now) +
				wire_time(net, p->frame->len);
		queue_set(net->queue, t, port->rx_free);
		return;
	}
	net->deliver(net->ctx, p->to, p->frame);
	packet_free(p);
}

static void launch(struct net *net, u32 to, struct buffer *frame, u64 at,
		   bool queued)
{
	struct packet *p = pool_get(sizeof(*p));

	memset(p, 0, sizeof(*p));
	p->timer.fire = packet_fire;
	p->net = net;
	p->frame = buffer_get(frame);
	p->to = to;
	p->queued = queued;
	list_add_tail(&p->flying, &net->flying);
	queue_set(net->queue, &p->timer, at);
}

void net_inject(struct net *net, u32 to, struct buffer *frame, u64 delay)
{
	launch(net, to, frame, net->queue->now + delay, true);
}

/* A copy with one to eight bits flipped, some of them next to each other. */
static struct buffer *flip_bits(struct net *net, const struct buffer *frame)
{
	struct buffer *b = buffer_new(frame->len);
	u32 n = rng_range(&net->rng, 1, 8), at;

	b->len = frame->len;
	memcpy(b->bytes, frame->bytes, frame->len);
	at = rng_below(&net->rng, b->len * 8);
	while (n--) {
		b->bytes[at / 8] ^= 1 << (at % 8);
		if (rng_one_in(&net->rng, 2))
			at = rng_below(&net->rng, b->len * 8);
		else
			at = (at + 1) % (b->len * 8);
	}
	return b;
}

static bool lost(struct net *net, u32 from, u32 to, const struct buffer *frame)
{
	const struct net_params *p = &net->params;

	if (net->cut[from] & BIT_ULL(to)) {
		fault(net, NET_CUT);
		return true;
	}
	if (frame->len > p->len_max) {
		fault(net, NET_TOO_LONG);
		return true;
	}
	if (!net->burst[from][to] && rng_ppm(&net->rng, p->burst))
		net->burst[from][to] = rng_range(&net->rng, 2, p->burst_len);
	if (net->burst[from][to]) {
		net->burst[from][to]--;
		fault(net, NET_BURST);
		return true;
	}
	if (rng_ppm(&net->rng, p->drop)) {
		fault(net, NET_DROP);
		return true;
	}
	return false;
}

static void copy_to(struct net *net, u32 from, u32 to, struct buffer *frame,
		    u64 at)
{
	const struct net_params *p = &net->params;
	struct buffer *copy;
	u64 extra = 0;

	if (net->judge && !net->judge(net->ctx, from, to, frame, &extra))
		return;
	if (lost(net, from, to, frame))
		return;
	at += p->delay + rng_below(&net->rng, p->jitter + 1) + extra;
	if (rng_ppm(&net->rng, p->reorder)) {
		fault(net, NET_REORDER);
		at += rng_below(&net->rng, p->reorder_by + 1);
	}
	if (rng_ppm(&net->rng, p->repeat)) {
		fault(net, NET_REPEAT);
		launch(net, to, frame,
		       at + rng_below(&net->rng, p->reorder_by + 1), false);
	}
	if (rng_ppm(&net->rng, p->corrupt)) {
		fault(net, NET_CORRUPT);
		copy = flip_bits(net, frame);
		launch(net, to, copy, at, false);
		buffer_put(copy);
		return;
	}
	launch(net, to, frame, at, false);
}

void net_send(struct net *net, u32 from, u64 dest, struct buffer *frame)
{
	struct net_port *port = &net->port[from];
	u64 left;
	u32 to;

	net->frames++;
	net->bytes += frame->len;
	capture_frame(net->queue->now, from, dest, frame->bytes, frame->len);
	if (net->params.speed &&
	    backlog(net, port->tx_free) + frame->len > net->params.tx_queue) {
		fault(net, NET_OVERFLOW);
		return;
	}
	port->tx_free = max(port->tx_free, net->queue->now) +
			wire_time(net, frame->len);
	for (left = net->nodes & ~BIT_ULL(from); left; left &= left - 1) {
		to = (u32)__builtin_ctzll(left);
		if (!dest || dest == to)
			copy_to(net, from, to, frame, port->tx_free);
	}
}

void net_cut(struct net *net, u64 a)
{
	u32 i;

	for (i = 1; i < NET_NODES; i++)
		net->cut[i] |= a & BIT_ULL(i) ? ~a : a;
}

void net_cut_one(struct net *net, u32 from, u32 to)
{
	net->cut[from] |= BIT_ULL(to);
}

void net_heal(struct net *net)
{
	memset(net->cut, 0, sizeof(net->cut));
}
