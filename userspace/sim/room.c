// SPDX-License-Identifier: GPL-2.0
/* A room of machines with samrd, see room.h. */
#include <stdio.h>
#include <stdlib.h>

#include "era.h"
#include "machine.h"
#include "room.h"
#include "room_check.h"
#include "sim.h"
#include "trace.h"
#include "votes.h"

#define HEADS_MOST	5
#define LEN		100
#define TICK		(2 * SAMR_MSEC)
#define CHAOS_TIME	(12000 * SAMR_MSEC)
/* Turns of all heads, penalties of those that come and go, back-offs. */
#define CALM_MOST	(400000 * SAMR_MSEC)
#define HOPELESS	(30000 * SAMR_MSEC)
#define ATTEMPT		(1500 * SAMR_MSEC)

struct machine *room_machine(struct room *r, u32 id)
{
	return &r->machine[id];
}

struct machine *room_nth(struct room *r, u32 i)
{
	return i < r->count ? &r->machine[r->id[i]] : NULL;
}

static u64 now_of(const struct room *r)
{
	return r->cluster.queue.now;
}

void room_born(struct room *r, struct machine *m)
{
	struct host_params p = host_params_draw(&r->rng);

	/* A clock goes on when only the kernel's part begins anew. */
	if (m->policy) {
		p = m->params;
	} else {
		m->params = p;
	}
	m->host = host_new(&r->cluster, m->id, &p, &r->cfg);
	r->cluster.host[m->id] = m->host;
	eras_born(&r->eras, m->host);
	host_frame_max(m->host, 1500);
}

struct shot room_draw_shot(struct room *r)
{
	struct rng *g = &r->rng;
	u64 now = now_of(r), took = rng_range(g, 40, 900) * SAMR_MSEC;
	struct shot s = { .cut_at = now + took, .result = FENCE_IS_OFF };

	s.end_at = s.cut_at + rng_range(g, 1, 300) * SAMR_MSEC;
	/* With more than two a side may be left with too few for the rule. */
	if (r->calm || (r->side && r->count > 2) || rng_one_in(g, 2))
		return s;
	switch (rng_below(g, 4)) {
	case 0:			/* nobody there */
		s.cut_at = 0;
		s.result = FENCE_UNREACHABLE;
		break;
	case 1:			/* it says ok, and does nothing */
		s.cut_at = 0;
		s.result = FENCE_STAYS_ON;
		break;
	case 2:			/* it does it, and does not say so */
		s.end_at = now + ATTEMPT;
		s.result = FENCE_DEADLINE;
		break;
	default:
		s.returns = true;
	}
	return s;
}

void room_alert(struct room *r, const struct policy_action *a)
{
	r->alerts[a->alert]++;
}

static struct room *room_of(struct watch *w)
{
	return container_of(w, struct room, watch);
}

static void on_view(struct watch *w, struct host *h)
{
	struct room *r = room_of(w);
	u32 formed = r->eras.formed;

	eras_view(&r->eras, h);
	/* Epochs begin anew when the power went before any was saved. */
	if (formed != r->eras.formed)
		votes_forget(&r->votes);
	votes_view(&r->votes, h);
	room_check_view(r, &r->machine[h->id]);
}

static void on_sent(struct watch *w, struct host *h, struct samr_blob *frame,
		    u64 dest)
{
	(void)dest;
	votes_sent(&room_of(w)->votes, h, frame);
}

static void on_batch(struct watch *w, struct host *h)
{
	eras_settle(&room_of(w)->eras, h);
	if (h->halted)
		sim_fail("node %u halts", h->id);
}

static void on_received(struct watch *w, struct host *h,
			const struct buffer *frame, enum samr_drop drop)
{
	const struct samr_hdr *hdr = (const struct samr_hdr *)frame->bytes;
	struct samr_frame_info info;

	if (!drop && !samr_wire_header(hdr, frame->len - SAMR_CRC_LEN,
				       CLUSTER_ID, &info))
		machine_frame(&room_of(w)->machine[h->id], (u32)info.src,
			      info.inc);
}

static void on_deliver(struct watch *w, struct host *h, struct samr_msg *msg)
{
	struct room *r = room_of(w);
	struct machine *m = &r->machine[h->id];

	if (!msg->meta.gseq)
		return;
	eras_deliver(&r->eras, h, msg);
	if (talker_take(&m->talker, h, msg))
		room_check_stored(r, m, msg->epoch, msg->meta.gseq);
}

static void work(struct room *r, struct machine *m)
{
	if (!m->host || now_of(r) < m->host->paused_until ||
	    (r->cluster.witness & BIT_ULL(m->id)) ||
	    samr_node_out(m->host->node))
		return;
	if (!talker_read(&m->talker, m->host) || now_of(r) < m->send_at)
		return;
	m->send_at = now_of(r) + rng_range(&r->rng, 5, 60) * SAMR_MSEC;
	talker_send(m->host, LEN);
}

static void on_tick(struct timer *t)
{
	struct room *r = container_of(t, struct room, tick);
	struct machine *m;
	u32 i;

	for (i = 0; (m = room_nth(r, i)); i++)
		machine_power(m, now_of(r));
	for (i = 0; (m = room_nth(r, i)); i++) {
		if (!m->host && now_of(r) >= m->on_at)
			machine_on(m);
		machine_tick(m, now_of(r));
		work(r, m);
	}
	queue_set(&r->cluster.queue, t, now_of(r) + TICK);
}

static struct machine *any(struct room *r)
{
	u32 k = (u32)rng_below(&r->rng, r->count);

	return &r->machine[r->id[k]];
}

/* Together, or nearly: some have time to form a view of those that are left. */
static void lose_power(struct room *r, u64 within, u64 back)
{
	u32 i;

	r->losses++;
	for (i = 0; i < r->count; i++) {
		if (within)
			queue_run(&r->cluster.queue, now_of(r) +
				  rng_below(&r->rng, within));
		if (r->machine[r->id[i]].host)
			machine_off(&r->machine[r->id[i]], U64_MAX);
	}
	for (i = 0; i < r->count && back; i++)
		r->machine[r->id[i]].on_at = now_of(r) +
					     rng_below(&r->rng, back);
}

static void unplug(struct room *r, struct machine *m)
{
	m->unplugged = true;
	r->unplugged++;
	net_cut(&r->cluster.net, BIT_ULL(m->id));
}

static void mend(struct room *r)
{
	u32 i;

	net_heal(&r->cluster.net);
	for (i = 0; i < r->count; i++)
		r->machine[r->id[i]].unplugged = false;
}

static void disturb(struct room *r)
{
	struct machine *m = any(r);
	u64 wait = rng_range(&r->rng, 10, 2500) * SAMR_MSEC;

	switch (rng_below(&r->rng, 12)) {
	case 0:
	case 1:
		if (m->host)
			machine_off(m, wait);
		break;
	case 2:
		if (m->host)
			host_pause(m->host, rng_range(&r->rng, 20, 1500) *
					    SAMR_MSEC);
		break;
	case 3:
	case 4:
		net_cut(&r->cluster.net, rng_u64(&r->rng));
		break;
	case 5:
		net_cut_one(&r->cluster.net, m->id, any(r)->id);
		break;
	case 6:
		unplug(r, m);
		break;
	case 7:
		if (m->host)
			machine_restart(m);
		break;
	case 8:
		if (rng_one_in(&r->rng, 2))
			lose_power(r, rng_below(&r->rng, 2) * 200 * SAMR_MSEC,
				   2000 * SAMR_MSEC);
		break;
	case 9:			/* an admin walks by */
		if (!m->host)
			m->on_at = now_of(r);
		break;
	default:
		mend(r);
	}
}

static bool settled(struct room *r)
{
	struct samr_view_info v, first = { };
	struct machine *m;
	u32 i, k;

	for (i = 0; i < r->count; i++) {
		m = &r->machine[r->id[i]];
		if (!m->host || samr_node_out(m->host->node))
			return false;
		samr_node_view(m->host->node, &v);
		if (!i)
			first = v;
		if (!v.epoch || v.wedged || v.epoch != first.epoch ||
		    v.count != r->count)
			return false;
		for (k = 0; k < v.count; k++)
			if (v.flags[k] & SAMR_SEAT_LEARNER)
				return false;
	}
	return true;
}

static void unsettled(struct room *r)
{
	struct samr_view_info v;
	struct machine *m;
	char text[1000];
	u32 i;

	for (i = 0; i < r->count; i++) {
		m = &r->machine[r->id[i]];
		if (!m->host) {
			fprintf(stderr, "node %u: off\n", m->id);
			continue;
		}
		samr_node_view(m->host->node, &v);
		policy_start_text(m->policy, text, sizeof(text));
		fprintf(stderr, "node %u: view %llu of %u, suspects %#llx%s%s, %s on disk %llu of %#llx flags %#x: %s\n",
			m->id, (unsigned long long)v.epoch, v.count,
			(unsigned long long)v.suspects,
			v.wedged ? ", wedged" : "",
			v.learning ? ", learning" : "",
			policy_state_word(m->view.state),
			(unsigned long long)m->disk.epoch,
			(unsigned long long)m->disk.members, m->disk.flags,
			text);
	}
	sim_fail("the machines do not come together again");
}

/*
 * All is mended, and an admin switches on what is off. Where those are lost that
 * the rest would need, who is left waits for ever: then the admin takes power off
 * all, and memory has to do.
 */
static void settle(struct room *r)
{
	struct queue *q = &r->cluster.queue;
	u64 since = q->now;
	bool again = false;
	u32 i;

	mend(r);
	r->calm = true;
	while (!settled(r)) {
		for (i = 0; i < r->count; i++)
			if (!r->machine[r->id[i]].host &&
			    r->machine[r->id[i]].on_at == U64_MAX)
				r->machine[r->id[i]].on_at = q->now +
					rng_below(&r->rng, 3000) * SAMR_MSEC;
		if (q->now - since > CALM_MOST)
			unsettled(r);
		if (!again && q->now - since > HOPELESS &&
		    room_check_hopeless(r)) {
			again = true;
			r->hopeless++;
			lose_power(r, 0, 3000 * SAMR_MSEC);
		}
		queue_run(q, q->now + 20 * SAMR_MSEC);
	}
	r->calm = false;
	r->together = max(r->together, q->now - since);
}

/* Two halves, each of which may go on when the other one is off. */
static u64 half_of(struct room *r)
{
	u64 set = 0;
	u32 left = r->count / 2, i;

	if (r->config.rule == POLICY_MAJORITY && (r->count % 2 || r->count < 2))
		return 0;
	while (left) {
		i = r->id[rng_below(&r->rng, r->count)];
		left -= !(set & BIT_ULL(i));
		set |= BIT_ULL(i);
	}
	return set;
}

static void duel(struct room *r)
{
	struct queue *q = &r->cluster.queue;
	u64 side = half_of(r), end;

	if (!side || r->cluster.witness)
		return;
	queue_run(q, q->now + 3000 * SAMR_MSEC);
	if (!settled(r))
		return;
	r->duels++;
	room_check_duel(r, side);
	net_cut(&r->cluster.net, side);
	end = q->now + CALM_MOST;
	while (!room_check_won(r)) {
		if (q->now > end)
			sim_fail("neither side goes on");
		queue_run(q, q->now + 20 * SAMR_MSEC);
	}
	queue_run(q, q->now + 3000 * SAMR_MSEC);
	if (!room_check_won(r))
		sim_fail("the side that went on does not go on");
	room_check_duel(r, 0);
}

/* Power goes, and comes back for all but one: nothing may begin. */
static void black_out(struct room *r)
{
	struct queue *q = &r->cluster.queue;
	struct machine *last = any(r);
	u64 end;
	u32 i;

	if (r->cluster.witness & BIT_ULL(last->id))
		return;
	/* What is being written of the view of all is on disk by now. */
	queue_run(q, q->now + 5000 * SAMR_MSEC);
	if (!settled(r))
		return;
	lose_power(r, 0, 0);
	for (i = 0; i < r->count; i++)
		if (r->id[i] != last->id)
			r->machine[r->id[i]].on_at = q->now +
				rng_below(&r->rng, 1000) * SAMR_MSEC;
	for (end = q->now + 6000 * SAMR_MSEC; q->now < end;) {
		queue_run(q, q->now + 20 * SAMR_MSEC);
		room_check_waits(r, last);
	}
	last->on_at = q->now;
	settle(r);
}

static void plan(struct room *r, const struct run_options *o)
{
	struct rng *g = &r->rng;
	struct policy_config *c = &r->config;
	bool watched = rng_one_in(g, 4);
	u32 i;

	r->count = o->nodes ?: (u32)rng_range(g, 2, HEADS_MOST - watched);
	if (rng_one_in(g, 3) && !o->nodes)
		r->count = 2;
	r->cfg.policy = rng_one_in(g, 3) && !watched ? SAMR_POLICY_FENCE :
						       SAMR_POLICY_AUTO;
	r->cfg.dead = 100 * SAMR_MSEC;
	c->rule = r->cfg.policy == SAMR_POLICY_FENCE ||
		  (r->count < 3 && !watched) ? POLICY_FENCE : POLICY_MAJORITY;
	r->count += watched;
	for (i = 0; i < r->count; i++)
		r->id[i] = 1 + 3 * i;
	if (watched) {
		c->witness = r->id[r->count - 1];
		r->cluster.witness = BIT_ULL(c->witness);
	}
	c->cluster = 7;
	c->delay = rng_below(g, 4) * 300 * SAMR_MSEC;
	c->delay_blocked = rng_below(g, 4) * 200 * SAMR_MSEC;
	c->dead = r->cfg.dead;
	if (rng_one_in(g, 2))
		c->preferred = r->id[rng_below(g, r->count)];
	r->reboot = rng_one_in(g, 2);
	r->cluster.net.params = (struct net_params){
		.delay = rng_range(g, 10, 300) * SAMR_USEC,
		.jitter = rng_below(g, 200) * SAMR_USEC,
		.drop = (u32)rng_below(g, 20000), .speed = 1000,
		.queue = 1 << 20, .tx_queue = 1 << 20, .len_max = 2000,
	};
}

static void build(struct room *r)
{
	struct machine *m;
	u32 i;

	for (i = 0; i < r->count; i++)
		r->config.nodes[r->id[i]] = (struct policy_node){
			.configured = true, .devices = true,
			.reboot = r->reboot, .attempt = ATTEMPT,
		};
	for (i = 0; i < r->count; i++) {
		m = &r->machine[r->id[i]];
		m->room = r;
		m->id = r->id[i];
		m->config = r->config;
		m->config.self = m->id;
		m->disk = (struct memory){ .cluster = 7, .node = m->id };
		m->disk_state = MEMORY_NONE;
		m->on_at = rng_below(&r->rng, 1000) * SAMR_MSEC;
		r->cluster.mask |= BIT_ULL(m->id);
		r->cluster.count++;
		net_add(&r->cluster.net, m->id);
	}
}

static void live(struct room *r)
{
	struct queue *q = &r->cluster.queue;
	u64 end;

	settle(r);
	for (end = q->now + CHAOS_TIME; q->now < end;) {
		if (r->eras.lives + 4 * r->count > ERA_LIVES)
			break;
		disturb(r);
		queue_run(q, q->now + rng_range(&r->rng, 5, 1500) * SAMR_MSEC);
	}
	settle(r);
	if (r->eras.lives + 4 * r->count <= ERA_LIVES) {
		duel(r);
		settle(r);
	}
	if (r->eras.lives + 3 * r->count <= ERA_LIVES)
		black_out(r);
}

static void take_down(struct room *r)
{
	u32 i;

	queue_cancel(&r->cluster.queue, &r->tick);
	for (i = 0; i < r->count; i++)
		if (r->machine[r->id[i]].host)
			machine_off(&r->machine[r->id[i]], U64_MAX);
	cluster_free(&r->cluster);
	eras_free(&r->eras);
	votes_free(&r->votes);
	if (memory_use_of(MEMORY_HOMES)->objects)
		sim_fail("%llu objects are left",
			 (unsigned long long)memory_use_of(MEMORY_HOMES)->objects);
	sim_watchdog(0);
}

void room_seed(const struct run_options *o, char *line, size_t size)
{
	struct room *r = sim_alloc(sizeof(*r));

	sim_run.seed = o->seed;
	sim_watchdog(o->patience);
	memory_reset(o->seed);
	cluster_init(&r->cluster, o->seed);
	rng_init(&r->rng, o->seed, 'r');
	eras_init(&r->eras);
	votes_init(&r->votes);
	r->watch.view = on_view;
	r->watch.sent = on_sent;
	r->watch.received = on_received;
	r->watch.deliver = on_deliver;
	r->watch.batch = on_batch;
	cluster_watch(&r->cluster, &r->watch);
	if (o->trace)
		trace_init(&r->trace, &r->cluster, stdout, o->from);
	r->tick.fire = on_tick;
	plan(r, o);
	build(r);
	queue_set(&r->cluster.queue, &r->tick, 0);
	if (o->until)
		queue_run(&r->cluster.queue, o->until);
	else
		live(r);
	snprintf(line, size,
		 "seed %llu: %u machines%s, %s%s: %u lives, %u first views, %llu delivered; %u shots, %u confirmed, %u failed, %u in vain; %u unplugged, %u losses of all power, %u hopeless, %u duels; together after %llu ms at most",
		 (unsigned long long)o->seed, r->count,
		 r->cluster.witness ? " with a witness" : "",
		 r->config.rule == POLICY_FENCE ? "fence" : "majority",
		 r->reboot ? ", reboot" : "", r->eras.lives, r->firsts,
		 (unsigned long long)r->eras.delivered, r->shots, r->confirmed,
		 r->alerts[POLICY_ALERT_FENCE_FAILED],
		 r->alerts[POLICY_ALERT_FENCE_VOID], r->unplugged, r->losses,
		 r->hopeless, r->duels,
		 (unsigned long long)(r->together / SAMR_MSEC));
	take_down(r);
	free(r);
}
