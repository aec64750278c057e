// SPDX-License-Identifier: GPL-2.0
/* A head, see host.h. */
#include <stdlib.h>

#include "cluster.h"
#include "crc32c.h"
#include "host.h"
#include "pool.h"
#include "sim.h"

/* Ethernet pads what is shorter. */
#define FRAME_PAD	46
/* Frames looked at in one run of steps. */
#define POLL_BUDGET	64
/* A deadline that TIMER does not move is an endless loop. */
#define SPINS_MAX	100

/* Where nobody dies nobody is suspect, however long a head is paused. */
#define DEAD_NEVER	(86400ULL * 1000 * SAMR_MSEC)

struct waiting {
	struct list_head list;
	struct buffer *frame;
};

static struct queue *queue_of(const struct host *h)
{
	return &h->cluster->queue;
}

static u64 clock_at(const struct host *h, u64 t)
{
	return h->params.offset + t + (s64)t / 1000 * h->params.drift / 1000;
}

/* The first instant of virtual time at which the clock shows @local. */
static u64 instant_of(const struct host *h, u64 local)
{
	u64 t;

	if (local <= h->params.offset)
		return 0;
	t = (local - h->params.offset) / 1000 * 1000000 /
	    (1000000 + h->params.drift) * 1000;
	t -= min(t, (u64)5000);
	while (clock_at(h, t) < local)
		t += min(local - clock_at(h, t), (u64)1000);
	return t;
}

u64 host_now(const struct host *h)
{
	return clock_at(h, queue_of(h)->now);
}

u64 host_wall(const struct host *h)
{
	return host_now(h) + h->params.wall;
}

static u64 awake_at(const struct host *h, u64 at)
{
	return max(at, h->paused_until);
}

int host_step(struct host *h, struct samr_event *ev)
{
	int err;

	ev->now = host_now(h);
	ev->wall = host_wall(h);
	memory_enter(h->id);
	err = samr_node_step(h->node, ev, &h->actions);
	memory_enter(0);
	if (ev->type != SAMR_EV_FLUSH)
		cluster_tell(h->cluster, stepped, h, ev, err);
	return err;
}

void host_seal(struct buffer *frame, u32 len)
{
	u32 crc = cpu_to_be32(crc32c(frame->bytes, len));

	memcpy(frame->bytes + len, &crc, sizeof(crc));
}

struct buffer *host_wire(struct host *h, const struct samr_blob *frame)
{
	u32 len = samr_blob_len(frame);
	u32 room = max(len + SAMR_CRC_LEN, (u32)FRAME_PAD);
	struct buffer *b = buffer_new(room);
	struct samr_hdr *hdr = (struct samr_hdr *)b->bytes;

	memset(b->bytes + len, 0, room - len);
	memcpy(b->bytes, blob_bytes(frame), len);
	hdr->counter = cpu_to_be64(++h->counter);
	host_seal(b, len);
	b->len = room;
	return b;
}

static void run_send(struct host *h, struct samr_action *a)
{
	struct samr_blob *blob = samr_blob_of_action(a);
	u64 dest = a->dest;
	struct buffer *frame;

	if (samr_blob_len(blob) > h->frame_max)
		sim_fail("node %u sends %u bytes over links for %u", h->id,
			 samr_blob_len(blob), h->frame_max);
	cluster_tell(h->cluster, sent, h, blob, dest);
	frame = host_wire(h, blob);
	samr_blob_put(blob);
	net_send(&h->cluster->net, h->id,
		 dest < SAMR_IDS ? dest : dest - HOST_FAR, frame);
	buffer_put(frame);
}

static void run_deliver(struct host *h, struct samr_action *a)
{
	struct samr_msg *msg = samr_msg_of_action(a);

	cluster_tell(h->cluster, deliver, h, msg);
	samr_msg_put(msg);
}

/* Group 0 stands for all of them: more have changed than are named. */
static void run_changes(struct host *h)
{
	struct samr_actions *acts = &h->actions;
	u32 i, k, n = min(acts->changes, (u32)SAMR_CHANGES_MAX);

	for (i = 1; i < n; i++)
		for (k = 0; k < i; k++)
			if (acts->changed[k] == acts->changed[i])
				sim_fail("node %u says twice that group %u has changed",
					 h->id, acts->changed[i]);
	for (i = 0; i < n; i++)
		cluster_tell(h->cluster, members, h, acts->changed[i]);
	if (acts->changes > n)
		cluster_tell(h->cluster, members, h, 0);
	acts->changes = 0;
}

static void run_actions(struct host *h)
{
	struct samr_actions *acts = &h->actions;
	bool view = acts->view, writable = acts->writable;
	bool stuck = acts->stuck;
	u64 narrow = acts->narrow;
	struct samr_action *a;

	h->halted |= acts->halted;
	acts->view = false;
	acts->writable = false;
	acts->stuck = false;
	acts->narrow = 0;
	if (view)
		cluster_tell(h->cluster, view, h);
	run_changes(h);
	while (!list_empty(&acts->list)) {
		a = list_first_entry(&acts->list, struct samr_action, node);
		list_del_init(&a->node);
		if (a->type == SAMR_ACT_SEND)
			run_send(h, a);
		else if (a->type == SAMR_ACT_DELIVER)
			run_deliver(h, a);
		else
			sim_fail("node %u: action of type %u", h->id, a->type);
	}
	if (writable)
		cluster_tell(h->cluster, writable, h);
	if (stuck)
		cluster_tell(h->cluster, stuck, h);
	if (narrow)
		cluster_tell(h->cluster, narrow, h, narrow);
}

static void arm(struct host *h)
{
	u64 deadline = samr_node_deadline(h->node), at;

	if (deadline == U64_MAX) {
		queue_cancel(queue_of(h), &h->timer);
		return;
	}
	if (deadline == h->deadline && queue_is_set(&h->timer))
		return;
	h->deadline = deadline;
	at = instant_of(h, deadline);
	if (h->params.slack)
		at += rng_below(&h->cluster->rng, h->params.slack);
	queue_set(queue_of(h), &h->timer, awake_at(h, at));
}

void host_flush(struct host *h)
{
	struct samr_event ev = { .type = SAMR_EV_FLUSH };
	int err = h->actions.flush ? host_step(h, &ev) : 0;

	if (err && !samr_node_out(h->node))
		sim_fail("node %u answers %d to FLUSH", h->id, err);
	run_actions(h);
	arm(h);
	cluster_tell(h->cluster, batch, h);
}

static void on_deadline(struct timer *t)
{
	struct host *h = container_of(t, struct host, timer);
	struct samr_event ev = { .type = SAMR_EV_TIMER };
	u64 now = host_now(h);

	if (queue_of(h)->now < h->paused_until) {
		queue_set(queue_of(h), t, h->paused_until);
		return;
	}
	host_step(h, &ev);
	host_flush(h);
	if (samr_node_deadline(h->node) > now)
		h->spins = 0;
	else if (++h->spins > SPINS_MAX)
		sim_fail("node %u: TIMER does not move the deadline", h->id);
}

/* What the shell checks of a frame before the core sees it. */
static enum samr_drop check_frame(const struct host *h,
				  const struct buffer *frame,
				  struct samr_frame_info *info)
{
	const struct samr_hdr *hdr = (const struct samr_hdr *)frame->bytes;
	enum samr_drop drop;
	u32 crc;

	if (frame->len < sizeof(*hdr) + SAMR_CRC_LEN)
		return SAMR_DROP_SHORT;
	drop = samr_wire_header(hdr, frame->len - SAMR_CRC_LEN, CLUSTER_ID,
				info);
	if (drop)
		return drop;
	crc = cpu_to_be32(crc32c(frame->bytes, info->len));
	if (memcmp(frame->bytes + info->len, &crc, sizeof(crc)))
		return SAMR_DROP_CRC;
	if (info->type == SAMR_FRAME_LINK)
		return SAMR_DROP_HEADER;
	return info->src == (h->far ? HOST_FAR + h->id : h->id) ? SAMR_DROP_SELF : SAMR_DROP_NONE;
}

static void take_frame(struct host *h, struct buffer *frame)
{
	struct samr_event ev = { .type = SAMR_EV_FRAME };
	struct samr_frame_info info;
	enum samr_drop drop = check_frame(h, frame, &info);

	h->drops[drop]++;
	cluster_tell(h->cluster, received, h, frame, drop);
	if (drop)
		return;
	memory_enter(h->id);
	ev.frame = blob_of_buffer(frame, 0, info.len);
	memory_enter(0);
	host_step(h, &ev);
	samr_blob_put(ev.frame);
}

static void on_poll(struct timer *t)
{
	struct host *h = container_of(t, struct host, poll);
	struct queue *q = queue_of(h);
	struct waiting *wait;
	u32 budget = POLL_BUDGET;

	if (q->now < h->paused_until) {
		queue_set(q, t, h->paused_until);
		return;
	}
	while (budget-- && !list_empty(&h->frames)) {
		wait = list_first_entry(&h->frames, struct waiting, list);
		list_del(&wait->list);
		h->nframes--;
		take_frame(h, wait->frame);
		buffer_put(wait->frame);
		pool_put(wait, sizeof(*wait));
	}
	host_flush(h);
	h->busy_until = q->now + h->params.busy;
	if (!list_empty(&h->frames))
		queue_set(q, t, h->busy_until);
}

void host_arrive(struct host *h, struct buffer *frame)
{
	struct queue *q = queue_of(h);
	struct waiting *wait;
	u64 at;

	if (h->nframes >= h->params.backlog) {
		h->dropped_backlog++;
		return;
	}
	wait = pool_get(sizeof(*wait));
	wait->frame = buffer_get(frame);
	list_add_tail(&wait->list, &h->frames);
	h->nframes++;
	if (queue_is_set(&h->poll))
		return;
	at = awake_at(h, h->busy_until);
	/* Nothing else happens now: no need to wait for the queue. */
	if (at <= q->now && queue_next(q) > q->now)
		on_poll(&h->poll);
	else
		queue_set(q, &h->poll, at);
}

void host_pause(struct host *h, u64 ns)
{
	h->paused_until = max(h->paused_until, queue_of(h)->now + ns);
}

int host_submit(struct host *h, const struct samr_submit *s)
{
	struct samr_event ev = { .type = SAMR_EV_SUBMIT, .submit = *s };
	int err = host_step(h, &ev);

	host_flush(h);
	return err;
}

int host_members(struct host *h, u64 members)
{
	return host_founders(h, members, 0);
}

int host_founders(struct host *h, u64 members, u64 founders)
{
	struct samr_event ev = { .type = SAMR_EV_MEMBERS, .members = members,
				 .witness = members & h->cluster->witness,
				 .founders = founders };
	int err = host_step(h, &ev);

	host_flush(h);
	return err;
}

int host_saved(struct host *h, const struct samr_saved *saved, bool keeper)
{
	struct samr_event ev = { .type = SAMR_EV_SAVED, .saved = *saved,
				 .keeper = keeper };
	int err = host_step(h, &ev);

	host_flush(h);
	return err;
}

int host_frame_max(struct host *h, u32 frame_max)
{
	struct samr_event ev = { .type = SAMR_EV_FRAME_MAX,
				 .frame_max = frame_max };
	int err = host_step(h, &ev);

	/* Frames that were closed before may still be longer. */
	h->frame_max = max(h->frame_max, frame_max);
	host_flush(h);
	h->frame_max = frame_max;
	return err;
}

void host_consumed(struct host *h, u32 group, u64 gseq, u32 cost)
{
	struct samr_event ev = { .type = SAMR_EV_CONSUMED };

	ev.consumed.group = group;
	ev.consumed.gseq = gseq;
	ev.consumed.cost = cost;
	host_step(h, &ev);
	host_flush(h);
}

bool host_room(struct host *h, u8 kind, u32 group, u32 len)
{
	bool room = samr_node_room(h->node, kind, group, len);

	/* After a no the core wants to ask for credit. */
	if (!room)
		arm(h);
	return room;
}

void host_stats(struct host *h, struct samr_node_stats *s)
{
	memset(s, 0, sizeof(*s));
	samr_node_stats(h->node, s);
}

struct host_params host_params_draw(struct rng *rng)
{
	struct host_params p = {
		.wall	 = 1700000000000000000ULL,
		.slack	 = 100 * SAMR_USEC,
		.busy	 = 2 * SAMR_USEC,
		.backlog = 1000,
	};

	p.drift = (s32)rng_below(rng, 200) - 100;
	p.offset = rng_below(rng, 1000000) * SAMR_MSEC;
	return p;
}

struct host *host_new(struct cluster *c, u32 id, const struct host_params *p,
		      const struct samr_node_config *cfg)
{
	struct samr_node_config own = *cfg;
	struct host *h = sim_alloc(sizeof(*h));

	h->cluster = c;
	h->id = id;
	h->params = *p;
	h->timer.fire = on_deadline;
	h->poll.fire = on_poll;
	INIT_LIST_HEAD(&h->frames);
	samr_actions_init(&h->actions);
	h->frame_max = SAMR_FRAME_MIN;
	h->inc = rng_u64(&c->rng) | 1;
	own.cluster = CLUSTER_ID;
	own.dead = own.dead ?: DEAD_NEVER;
	h->far = own.self >= SAMR_IDS;
	own.self = h->far ? own.self : id;
	own.inc = h->inc;
	own.seed = rng_u64(&c->rng);
	own.secret.half[0] = rng_mix(own.seed);
	own.secret.half[1] = rng_mix(~own.seed);
	memory_enter(id);
	do
		h->node = samr_node_new(&own);
	while (!h->node && memory_use_of(id)->failed &&
	       memory_use_of(id)->failed < 1000);
	memory_enter(0);
	if (!h->node)
		sim_fail("node %u cannot be made", id);
	return h;
}

void host_free(struct host *h)
{
	struct waiting *wait, *next;

	queue_cancel(queue_of(h), &h->timer);
	queue_cancel(queue_of(h), &h->poll);
	list_for_each_entry_safe(wait, next, &h->frames, list) {
		buffer_put(wait->frame);
		pool_put(wait, sizeof(*wait));
	}
	memory_enter(h->id);
	samr_node_free(h->node, &h->actions);
	memory_enter(0);
	h->node = NULL;
	run_actions(h);
	free(h);
}
