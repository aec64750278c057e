// SPDX-License-Identifier: GPL-2.0
/*
 * The workload, see workload.h.
 *
 * An actor has two timers: it acts (joins, sends, leaves) and it reads. A
 * refused sender waits to be told; anything else that fails is tried again
 * later.
 */
#include <stdlib.h>

#include "check_lock.h"
#include "sim.h"
#include "workload.h"

#define RETRY		(3 * SAMR_MSEC)
#define LONG_BYTES	20000	/* what counts as a long message */
#define STRAY_PORT	999999	/* sends without being a member */
#define CLIENT_PORT	500000
#define CLIENTS_MOST	6
#define CLIENTS_PACE_MOST	10u

enum temper {
	FLOOD,		/* as much as goes, in bursts */
	STEADY,		/* one message at a time */
	PING,		/* answers what others say */
	SILENT,		/* reads */
	TEMPERS,
};

struct actor {
	struct list_head list;
	struct workload *w;
	struct host *host;
	struct member *m;
	struct service *service;
	u32 group;
	bool stateful;
	enum temper temper;
	bool blocked;
	bool leaver;
	u32 burst;
	u64 think;	/* pause between bursts */
	u64 read_delay;
	u32 read_most;
	struct timer act;
	struct timer read;
};

static u64 now(const struct workload *w)
{
	return w->cluster->queue.now;
}

/* Between two things that @a does: what is left at the end goes quickly. */
static u64 pause_of(struct actor *a, u64 most)
{
	struct workload *w = a->w;

	return rng_below(&w->rng, most * (w->calm ? 1 : w->plan->pace));
}

static void act_in(struct actor *a, u64 ns)
{
	queue_set(&a->w->cluster->queue, &a->act,
		  max(now(a->w) + ns, a->host->paused_until));
}

static u32 draw_len(struct workload *w)
{
	const struct plan *p = w->plan;
	u32 len = rng_below(&w->rng, p->len_typical + 1);

	if (rng_one_in(&w->rng, 20))
		len = rng_below(&w->rng, min(p->len_max, 9000u) + 1);
	if (rng_one_in(&w->rng, 60))
		len = rng_below(&w->rng, p->len_max + 1);
	if (rng_one_in(&w->rng, 400))
		len = p->len_max;
	if (len > LONG_BYTES && len > w->long_bytes)
		return 0;
	return len;
}

static u8 draw_flags(struct workload *w)
{
	return rng_ppm(&w->rng, w->plan->safe_ppm) ? SAMR_MSG_SAFE : 0;
}

static int send_one(struct actor *a)
{
	struct workload *w = a->w;
	u32 len = draw_len(w);
	int err = member_send(w->members, a->m, len, draw_flags(w), NULL);

	if (err)
		return err;
	w->left--;
	if (len > LONG_BYTES)
		w->long_bytes -= len;
	return 0;
}

/* What no well-behaved socket does, but a core must bear. */
static void do_odd(struct actor *a)
{
	struct workload *w = a->w;
	struct samr_submit s = {
		.group = a->group,
		.port = STRAY_PORT,
		.kind = rng_below(&w->rng, SAMR_KIND_RETIRE),
		.flags = draw_flags(w),
	};

	if (s.kind == SAMR_KIND_JOIN)
		s.port = a->m->port;	/* a second time */
	else if (rng_one_in(&w->rng, 4))
		s.group ^= 1u << 31;	/* which has no members */
	if (s.kind == SAMR_KIND_DATA)
		s.len = rng_below(&w->rng, 300);
	ledger_submit(w->ledger, a->host, &s, NULL);
}

/* Whoever is refused does not wait: there will be another one. */
static void do_lock(struct actor *a)
{
	struct workload *w = a->w;
	u8 payload[SAMR_LOCK_PAYLOAD_MAX], kind;
	u32 len = lock_request(&w->rng, &kind, payload);

	member_lock(w->members, a->m, kind, rng_u64(&w->rng), payload, len,
		    draw_flags(w));
}

static void do_join(struct actor *a)
{
	struct workload *w = a->w;
	u32 window = w->plan->window;
	int err;

	if (!a->m) {
		if (rng_one_in(&w->rng, 8))
			window = rng_range(&w->rng, window / 2, window);
		a->m = member_new(w->members, a->host, a->group, ++w->port,
				  window);
		a->m->user = a;
		if (a->stateful)
			a->service = service_new(&w->services, a->host,
						 a->group, a->m->port);
	}
	err = member_join(w->members, a->m, draw_flags(w) |
			  (a->stateful ? SAMR_MSG_STATEFUL : 0));
	if (err)
		act_in(a, RETRY + rng_below(&w->rng, RETRY));
}

static void do_send(struct actor *a)
{
	struct workload *w = a->w;
	u32 n = a->temper == FLOOD ? rng_range(&w->rng, 1, a->burst) : 1;
	int err = 0;

	while (n-- && w->left && !err)
		err = send_one(a);
	if (err == -EAGAIN) {
		a->blocked = true;
		return;
	}
	if (w->left)
		act_in(a, err ? RETRY : pause_of(a, 2 * a->think));
}

static void on_act(struct timer *t)
{
	struct actor *a = container_of(t, struct actor, act);
	struct workload *w = a->w;

	if (!a->m || a->m->state == MEMBER_NEW) {
		do_join(a);
		return;
	}
	if (a->m->state == MEMBER_LEFT) {
		a->m = NULL;
		do_join(a);
		return;
	}
	if (a->m->state != MEMBER_JOINED)
		return;		/* told when that changes */
	if (a->leaver && !w->calm && rng_one_in(&w->rng, 12)) {
		if (member_leave(w->members, a->m, draw_flags(w)))
			act_in(a, RETRY);
		return;
	}
	if (!w->calm && rng_one_in(&w->rng, 100))
		do_odd(a);
	if (!w->calm && rng_one_in(&w->rng, 10))
		do_lock(a);
	if (a->temper == SILENT || (a->temper == PING && !rng_one_in(&w->rng, 5)))
		act_in(a, pause_of(a, 10 * a->think));
	else
		do_send(a);
}

static void on_read(struct timer *t)
{
	struct actor *a = container_of(t, struct actor, read);
	struct workload *w = a->w;
	u64 delay = rng_below(&w->rng, a->read_delay + 1);
	struct member *m;

	/* Former sockets of this actor have nothing left to read. */
	m = a->m;
	if (!m || !m->count)
		return;
	member_read(w->members, m, w->calm ? 100 : a->read_most);
	if (!w->calm && w->plan->faults & 1u << FAULT_STALL &&
	    rng_one_in(&w->rng, 40)) {
		delay += rng_range(&w->rng, 10, 400) * SAMR_MSEC;
		w->stalls++;
	}
	if (m->count)
		queue_set(&w->cluster->queue, t, now(w) + delay);
}

/* Its socket has something to read. */
static void on_arrived(void *ctx, struct member *m, struct samr_msg *msg)
{
	struct workload *w = ctx;
	struct actor *a = m->user;

	if (a->m == m && !queue_is_set(&a->read))
		queue_set(&w->cluster->queue, &a->read,
			  now(w) + rng_below(&w->rng, a->read_delay + 1));
	if (a->temper == PING && msg->meta.origin != a->host->id &&
	    m->state == MEMBER_JOINED && !a->blocked && w->left &&
	    rng_one_in(&w->rng, 2))
		act_in(a, rng_below(&w->rng, 20 * SAMR_USEC));
}

static void on_changed(void *ctx, struct member *m)
{
	struct workload *w = ctx;
	struct actor *a = m->user;

	if (a->m != m)
		return;
	w->joins += m->state == MEMBER_JOINED;
	w->leaves += m->state == MEMBER_LEFT;
	a->blocked = false;
	if (m->state == MEMBER_LEFT && a->service) {
		service_end(a->service);
		a->service = NULL;
	}
	act_in(a, rng_below(&w->rng, m->state == MEMBER_LEFT ? 50 * SAMR_MSEC :
			    a->think));
}

static void on_writable(struct watch *watch, struct host *h)
{
	struct workload *w = container_of(watch, struct workload, watch);
	struct actor *a;

	list_for_each_entry(a, &w->actors, list) {
		if (a->host != h || !a->blocked)
			continue;
		a->blocked = false;
		act_in(a, rng_below(&w->rng, 100 * SAMR_USEC));
	}
}

static int send_for(struct clients *all, struct client *c, struct host *h,
		    struct samr_submit *s, const u8 *bytes)
{
	struct workload *w = container_of(all, struct workload, clients);
	int err;

	w->ledger->client = c;
	w->ledger->turn = c->turn;
	err = ledger_submit(w->ledger, h, s, (const char *)bytes);
	w->ledger->client = NULL;
	return err;
}

static bool usable(struct clients *all, struct host *h)
{
	(void)all;
	(void)h;
	return true;
}

/* A member without a state: what it replies follows from the place. */
static void on_asked(void *ctx, struct member *m, const struct samr_msg *msg)
{
	struct workload *w = ctx;
	struct service_request r;

	if (msg->meta.kind == SAMR_KIND_QUERY) {
		queries_asked(&w->clients, m->host, msg, m->last, m->since);
		return;
	}
	service_request(msg, session_check_epoch(&w->sessions, m->host,
						 msg->meta.gseq), &r);
	clients_answer(&w->clients, m->host, m->group, m->port, &r, r.place,
		       rng_mix(r.place));
}

static void tell_client(struct workload *w, struct host *h,
			const struct samr_msg *msg)
{
	const struct sub *sub = msg->owner;

	if (msg->meta.kind == SAMR_KIND_REPLY)
		clients_reply(&w->clients, h, msg);
	else if (msg->meta.kind == SAMR_KIND_ANSWER)
		queries_told(&w->clients, h, msg);
	else if (sub && sub->client)
		client_told(sub->client, sub->turn, &sub->what, msg);
}

/* Of groups whose number is even, as their members have no state. */
static void add_clients(struct workload *w)
{
	u32 i, n = (u32)rng_below(&w->clients.rng, CLIENTS_MOST + 1), g;

	for (i = 0; i < n; i++) {
		g = w->group[rng_below(&w->clients.rng, w->plan->groups)];
		if (g % 2 == 0)
			client_new(&w->clients, g, CLIENT_PORT + i);
	}
}

static void on_deliver(struct watch *watch, struct host *h,
		       struct samr_msg *msg)
{
	struct workload *w = container_of(watch, struct workload, watch);

	tell_client(w, h, msg);

	services_deliver(&w->services, h, msg);
}

/* A member's own leaving is its actor's affair, too. */
static int send_of(struct service *s, struct samr_submit *what,
		   const u8 *bytes)
{
	struct workload *w = container_of(s->all, struct workload, services);
	struct actor *a;

	if (what->kind != SAMR_KIND_LEAVE)
		return ledger_submit(w->ledger, s->host, what,
				     (const char *)bytes);
	list_for_each_entry(a, &w->actors, list)
		if (a->service == s && a->m->state == MEMBER_JOINED)
			return member_leave(w->members, a->m, 0);
	return -EAGAIN;
}

static void add_actor(struct workload *w, struct host *h, u32 group,
		      enum temper temper)
{
	static const u64 thinks[] = { 10, 100, 500, 2000, 5000 };
	static const u64 reads[] = { 0, 10, 100, 1000, 10000 };
	struct actor *a = sim_alloc(sizeof(*a));

	a->w = w;
	a->host = h;
	a->group = group;
	a->temper = temper;
	a->leaver = rng_one_in(&w->rng, 6);
	/* Of every other group most members have a state. */
	a->stateful = group % 2 && !w->plan->wild && !rng_one_in(&w->rng, 6);
	a->burst = rng_range(&w->rng, 2, 40);
	a->think = thinks[rng_below(&w->rng, ARRAY_SIZE(thinks))] * SAMR_USEC;
	a->read_delay = reads[rng_below(&w->rng, ARRAY_SIZE(reads))] *
			SAMR_USEC;
	a->read_most = rng_one_in(&w->rng, 2) ? 1 : rng_range(&w->rng, 1, 64);
	a->act.fire = on_act;
	a->read.fire = on_read;
	list_add_tail(&a->list, &w->actors);
	act_in(a, rng_below(&w->rng, 20 * SAMR_MSEC));
}

static struct host *draw_host(struct workload *w)
{
	const struct plan *p = w->plan;

	return w->cluster->host[p->id[rng_below(&w->rng, p->nodes)]];
}

void workload_start(struct workload *w)
{
	const struct plan *p = w->plan;
	u32 i;

	for (i = 0; i < p->groups; i++) {
		w->group[i] = rng_one_in(&w->rng, 3) ? rng_u64(&w->rng) | 1 :
						       i + 1;
		add_actor(w, draw_host(w), w->group[i], STEADY);
	}
	if (!p->wild)
		add_clients(w);
	for (i = p->groups; i < p->members; i++)
		add_actor(w, draw_host(w), w->group[rng_below(&w->rng,
							      p->groups)],
			  rng_below(&w->rng, TEMPERS));
}

void workload_calm(struct workload *w)
{
	struct actor *a;

	w->clients.calm = true;
	w->calm = true;
	w->services.calm = true;
	list_for_each_entry(a, &w->actors, list) {
		if (a->m && a->m->count)
			queue_set(&w->cluster->queue, &a->read, now(w));
		a->read_delay = min(a->read_delay, (u64)SAMR_MSEC);
	}
}

bool workload_done(const struct workload *w)
{
	struct actor *a;

	if (w->left)
		return false;
	list_for_each_entry(a, &w->actors, list)
		if (!a->m || a->m->state != MEMBER_JOINED)
			return false;
	return services_settled(&w->services) && clients_done(&w->clients);
}

void workload_stuck(const struct workload *w)
{
	struct actor *a;

	services_stuck(&w->services);
	clients_stuck(&w->clients);
	list_for_each_entry(a, &w->actors, list)
		if (a->blocked || !a->m || a->m->state != MEMBER_JOINED)
			sim_fail("%u messages are not sent: port %u of node %u, group %u, is in state %d%s, %s act",
				 w->left, a->m ? a->m->port : 0, a->host->id,
				 a->group, a->m ? (int)a->m->state : -1,
				 a->blocked ? " and waits for room" : "",
				 queue_is_set(&a->act) ? "will" : "will not");
	sim_fail("%u messages are not sent and nobody waits: the workload is wrong",
		 w->left);
}

void workload_init(struct workload *w, const struct plan *p,
		   struct members *ms, u64 seed)
{
	memset(w, 0, sizeof(*w));
	w->cluster = ms->cluster;
	w->ledger = ms->ledger;
	w->members = ms;
	w->plan = p;
	w->left = p->messages;
	w->long_bytes = p->bytes_max;
	w->group = sim_alloc(p->groups * sizeof(*w->group));
	rng_init(&w->rng, seed, 'w');
	INIT_LIST_HEAD(&w->actors);
	services_init(&w->services, ms->cluster, seed);
	w->services.send = send_of;
	session_check_init(&w->sessions, ms->cluster);
	clients_init(&w->clients, ms->cluster, &w->sessions, seed);
	w->clients.send = send_for;
	w->clients.usable = usable;
	w->clients.steady = true;
	w->clients.pace = min(p->pace, CLIENTS_PACE_MOST);
	ms->asked = on_asked;
	ms->changed = on_changed;
	ms->arrived = on_arrived;
	ms->ctx = w;
	w->watch.writable = on_writable;
	if (!p->wild)
		w->watch.deliver = on_deliver;
	cluster_watch(w->cluster, &w->watch);
}

void workload_free(struct workload *w)
{
	struct actor *a, *n;

	list_for_each_entry_safe(a, n, &w->actors, list) {
		queue_cancel(&w->cluster->queue, &a->act);
		queue_cancel(&w->cluster->queue, &a->read);
		free(a);
	}
	services_free(&w->services);
	clients_free(&w->clients);
	session_check_free(&w->sessions);
	free(w->group);
}
