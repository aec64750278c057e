// SPDX-License-Identifier: GPL-2.0
/* Who lies to heads and client nodes, see liar.h. */
#include <string.h>

#include "core/state.h"
#include "core/wire.h"
#include "liar.h"
#include "sim.h"

#define WAIT_MOST	(6 * SAMR_MSEC)
#define CARRIES_MOST	5
#define BYTES_MOST	60
#define ROOM		1400
/* Nobody has submitted so many, and no group has this number. */
#define FAR_NUMBER	(1ULL << 40)
#define NO_GROUP	4711

/* A frame as it grows. */
struct lie {
	struct buffer *b;
	struct samr_frame_info info;
	u32 at;
};

static struct lie lie_of(u64 src, u64 inc)
{
	return (struct lie){
		.b = buffer_new(ROOM + SAMR_CRC_LEN),
		.info = {
			.type = SAMR_FRAME_CLIENT, .cluster = CLUSTER_ID,
			.src = src, .inc = inc,
		},
		.at = sizeof(struct samr_hdr),
	};
}

static void add(struct lie *x, void *rec, u32 fixed, const void *bytes, u32 len)
{
	((struct samr_rec *)rec)->len = cpu_to_be16((u16)(fixed + len));
	memcpy(x->b->bytes + x->at, rec, fixed);
	if (len)
		memcpy(x->b->bytes + x->at + fixed, bytes, len);
	x->at += fixed + len;
	x->info.records++;
}

static void say(struct liar *l, u32 to, struct lie *x)
{
	struct samr_hdr h;

	x->info.len = x->at;
	samr_wire_put_header(&h, &x->info);
	memcpy(x->b->bytes, &h, sizeof(h));
	host_seal(x->b, x->at);
	x->b->len = x->at + SAMR_CRC_LEN;
	net_inject(&l->cluster->net, to, x->b, rng_below(&l->rng, SAMR_MSEC));
	buffer_put(x->b);
	l->said++;
}

static u64 odd(struct rng *r, u64 usual)
{
	switch (rng_below(r, 8)) {
	case 0:
		return rng_u64(r);
	case 1:
		return ~0ULL;
	case 2:
		return 0;
	case 3:
		return rng_below(r, 200);
	default:
		return usual;
	}
}

/* ---- to heads ---- */

static u32 draw(struct rng *r, u64 mask)
{
	u32 i = (u32)rng_below(r, (u64)__builtin_popcountll(mask));

	while (i--)
		mask &= mask - 1;
	return (u32)__builtin_ctzll(mask);
}

static void knock(struct liar *l, u32 to, u64 src)
{
	struct samr_rec_knock rec = { .rec.type = SAMR_REC_KNOCK };
	struct lie x = lie_of(src, 7);
	static const u8 zero[ROOM];

	rec.link = cpu_to_be64(odd(&l->rng, 3));
	add(&x, &rec, sizeof(rec), zero, (u32)rng_below(&l->rng, 1200));
	say(l, to, &x);
}

static u8 kind_of(struct rng *r)
{
	static const u8 usual[] = {
		SAMR_KIND_SESSION, SAMR_KIND_STREAM, SAMR_KIND_REQUEST,
		SAMR_KIND_QUERY, SAMR_KIND_REPLY, SAMR_KIND_ANSWER,
	};

	return rng_one_in(r, 4) ? (u8)rng_u64(r) :
				  usual[rng_below(r, ARRAY_SIZE(usual))];
}

static void carry(struct liar *l, struct lie *x, u64 seq, u32 group, u8 first, u8 last)
{
	struct rng *r = &l->rng;
	u8 bytes[BYTES_MOST];
	u32 len = (u32)rng_below(r, BYTES_MOST), i;
	struct samr_rec_carry rec = {
		.rec.type = SAMR_REC_CARRY,
		.group	  = cpu_to_be32(group),
		.seq	  = cpu_to_be64(odd(r, seq)),
		.number	  = cpu_to_be64(FAR_NUMBER + rng_u64(r) % FAR_NUMBER),
		.place	  = cpu_to_be64(odd(r, 10)),
		.session  = cpu_to_be64(rng_u64(r)),
		.next	  = cpu_to_be64(odd(r, 100)),
		.arg	  = cpu_to_be64(odd(r, 1)),
		.port	  = cpu_to_be32((u32)odd(r, 5)),
		.uid	  = cpu_to_be32((u32)odd(r, 0)),
		.what	  = (u8)rng_range(r, first, last),
		.kind	  = kind_of(r),
		.mflags	  = rng_one_in(r, 4) ? (u8)rng_u64(r) : 0,
		.result	  = (u8)rng_below(r, 40),
	};

	for (i = 0; i < len; i++)
		bytes[i] = rng_one_in(r, 2) ? (u8)rng_below(r, 4) : (u8)rng_u64(r);
	if (rec.what >= SAMR_CARRY_FORGET && rng_one_in(r, 2))
		len = 0;
	/* Members of the others know what they are asked. */
	if (rec.what == SAMR_CARRY_QUERY)
		rec.group = cpu_to_be32(NO_GROUP);
	rec.total = cpu_to_be32((u32)odd(r, len));
	rec.off = cpu_to_be32((u32)odd(r, 0));
	if (rng_one_in(r, 2)) {
		rec.total = cpu_to_be32(len);
		rec.off = 0;
	}
	add(x, &rec, sizeof(rec), bytes, len);
}

/* One of many client nodes: their pipes have as many numbers as incarnations. */
static void far(struct liar *l, struct host *h, u64 src)
{
	struct rng *r = &l->rng;
	u64 link = rng_range(r, 1, 3), seq = rng_range(r, 1, 4);
	u32 n = (u32)rng_below(r, CARRIES_MOST), i;
	u16 flags = (u16)(rng_one_in(r, 10) ? rng_u64(r) : SAMR_PIPE_BEGIN);
	struct lie x = lie_of(src, rng_range(r, 1, 2));
	struct samr_rec_pipe rec = {
		.rec.type = SAMR_REC_PIPE,
		.flags = cpu_to_be16(flags),
		.size  = cpu_to_be16(flags & SAMR_PIPE_BEGIN ? 1000 : 0),
		.link  = cpu_to_be64(link),
		.inc   = cpu_to_be64(odd(r, h->inc)),
		.got   = cpu_to_be64(odd(r, 0)),
		.early = cpu_to_be64(odd(r, 0)),
		.heads = cpu_to_be64(rng_one_in(r, 4) ? rng_u64(r) : 0),
	};

	if (rng_one_in(r, 2)) {
		rec.inc = cpu_to_be64(h->inc);
		rec.got = 0;
	}
	add(&x, &rec, sizeof(rec), NULL, 0);
	for (i = 0; i < n; i++)
		carry(l, &x, seq + i, rng_one_in(r, 3) ? NO_GROUP :
		      (u32)rng_range(r, 1, 3), 0, 6);
	say(l, h->id, &x);
}

static void check_bounds(struct host *h)
{
	struct samr_access *a = &h->node->access;
	struct samr_outpost *o;
	u32 count = 0;

	list_for_each_entry(o, &a->all, link) {
		count++;
		if (o->count > SAMR_ACCESS_WAITING ||
		    o->bytes > SAMR_ACCESS_BYTES + 2 * SAMR_LEN_MAX ||
		    o->pipe.parcels > SAMR_PIPE_PARCELS ||
		    o->pipe.bytes > SAMR_PIPE_BYTES)
			sim_fail("node %u keeps too much for a client node", h->id);
	}
	if (count != a->count || count > SAMR_ACCESS_DEFAULT)
		sim_fail("node %u has %u client nodes, and counts %u", h->id,
			 count, a->count);
}

static void limit(struct host *h, u32 clients)
{
	struct samr_event ev = { .type = SAMR_EV_CLIENTS, .clients = clients };

	host_step(h, &ev);
}

static void lie_to_head(struct liar *l, struct host *h)
{
	u64 src = HOST_FAR + draw(&l->rng, l->free);

	check_bounds(h);
	if (rng_one_in(&l->rng, 20))
		limit(h, (u32)rng_range(&l->rng, 0, 8));
	if (rng_one_in(&l->rng, 20))
		src = rng_below(&l->rng, SAMR_IDS);
	if (rng_one_in(&l->rng, 8))
		knock(l, h->id, src);
	else
		far(l, h, src);
}

/* ---- to client nodes ---- */

/* A head that there is not: whoever goes to it finds out by its silence, or by what it says. */
static void welcome(struct liar *l, struct host *h)
{
	struct rng *r = &l->rng;
	struct samr_rec_welcome rec = {
		.rec.type = SAMR_REC_WELCOME,
		.flags = cpu_to_be32(SAMR_WELCOME_SERVES),
		.link  = cpu_to_be64(odd(r, h->node->remote->links)),
		.inc   = cpu_to_be64(h->inc),
		.heads = cpu_to_be64(rng_u64(r)),
	};
	struct lie x = lie_of(rng_below(r, SAMR_IDS + 2), 99);
	static const u8 zero[ROOM];

	add(&x, &rec, sizeof(rec), zero, 900);
	say(l, h->id, &x);
}

/* In the name of its head: that it is over, or what shows that this pipe is none. */
static void breakage(struct liar *l, struct host *h)
{
	const struct samr_pipe *p = &h->node->remote->pipe;
	struct rng *r = &l->rng;
	struct samr_rec_pipe rec = {
		.rec.type = SAMR_REC_PIPE,
		.link = cpu_to_be64(p->link),
		.inc  = cpu_to_be64(h->inc),
	};
	struct lie x = lie_of(p->node, p->inc);

	switch (rng_below(r, 4)) {
	case 0:
		rec.flags = cpu_to_be16(SAMR_PIPE_BYE);
		add(&x, &rec, sizeof(rec), NULL, 0);
		break;
	case 1:
		rec.got = cpu_to_be64(~0ULL - rng_below(r, 3));
		add(&x, &rec, sizeof(rec), NULL, 0);
		break;
	case 2:
		x.info.inc++;
		add(&x, &rec, sizeof(rec), NULL, 0);
		carry(l, &x, p->got + 1, 1, SAMR_CARRY_TOLD, SAMR_CARRY_GIVE);
		break;
	default:
		/* What is no record ends it, whatever its type. */
		rec.got = cpu_to_be64(p->acked);
		add(&x, &rec, sizeof(rec), NULL, 0);
		add(&x, &rec, sizeof(rec), NULL, 0);
	}
	say(l, h->id, &x);
}

/* Of the head that there is not. */
static void speak(struct liar *l, struct host *h)
{
	struct samr_rec_pipe rec = {
		.rec.type = SAMR_REC_PIPE,
		.link = cpu_to_be64(h->node->remote->pipe.link),
		.inc  = cpu_to_be64(h->inc),
		.heads = cpu_to_be64(rng_u64(&l->rng) & ~1ULL),
	};
	struct lie x = lie_of(h->node->remote->pipe.node, 99);
	u32 i;

	add(&x, &rec, sizeof(rec), NULL, 0);
	for (i = 0; i < 3; i++)
		carry(l, &x, h->node->remote->pipe.got + 1 + i, NO_GROUP,
		      SAMR_CARRY_SUBMIT, SAMR_CARRY_GIVE);
	say(l, h->id, &x);
}

static void lie_to_far(struct liar *l, struct host *h)
{
	const struct samr_pipe *p = &h->node->remote->pipe;

	if (!p->link)
		welcome(l, h);
	else if (p->inc == 99)
		speak(l, h);
	else if (rng_one_in(&l->rng, 20))
		breakage(l, h);
}

static void on_turn(struct timer *t)
{
	struct liar *l = container_of(t, struct liar, turn);
	struct queue *q = &l->cluster->queue;
	u32 id = (u32)rng_below(&l->rng, NET_NODES);
	struct host *h = NULL;
	u32 i;

	for (i = 0; i < NET_NODES && !h; i++)
		h = l->cluster->host[(id + i) % NET_NODES];
	if (h && h->far)
		lie_to_far(l, h);
	else if (h && !samr_node_out(h->node))
		lie_to_head(l, h);
	queue_set(q, t, q->now + rng_below(&l->rng, WAIT_MOST));
}

void liar_init(struct liar *l, struct cluster *c, u64 taken, u64 seed)
{
	l->cluster = c;
	l->free = ~taken & ~1ULL;
	rng_init(&l->rng, seed, 'l');
	l->turn.fire = on_turn;
	if (rng_one_in(&l->rng, 2))
		queue_set(&c->queue, &l->turn, 100 * SAMR_MSEC);
}

void liar_end(struct liar *l)
{
	struct host *h;

	if (!queue_is_set(&l->turn))
		return;
	queue_cancel(&l->cluster->queue, &l->turn);
	cluster_for_each(l->cluster, h)
		limit(h, SAMR_ACCESS_DEFAULT);
}
