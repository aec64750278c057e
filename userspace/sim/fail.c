// SPDX-License-Identifier: GPL-2.0
/* Runs in which heads die, see fail.h. */
#include <stdio.h>
#include <stdlib.h>

#include "core/strings.h"
#include "fail.h"
#include "fail_inside.h"
#include "proposal.h"
#include "ramp.h"
#include "sim.h"

#define HEADS_MOST	7
#define TICK		(2 * SAMR_MSEC)
#define EVE		(8 * SAMR_MSEC)
#define CHAOS_TIME	(6000 * SAMR_MSEC)
#define CALM_MOST	(150000 * SAMR_MSEC)
#define WINDOW		65536
#define ALONE_MOST	(10000 * SAMR_MSEC)
#define FOR_GOOD	(U64_MAX / 2)

static struct fail *fail_of(struct watch *w)
{
	return container_of(w, struct fail, watch);
}

/* Is it a machine without data? */
static bool watches(const struct app *a)
{
	return a->fail->cluster.witness & BIT_ULL(a->id);
}

static u64 now_of(const struct fail *f)
{
	return f->cluster.queue.now;
}

static void switch_on(struct app *a)
{
	struct fail *f = a->fail;
	struct host_params p = host_params_draw(&f->rng);
	u32 g;

	if (!f->cluster.host[a->id] && !(f->cluster.mask & BIT_ULL(a->id))) {
		a->host = cluster_add(&f->cluster, a->id, &p, &f->cfg);
	} else {
		a->host = host_new(&f->cluster, a->id, &p, &f->cfg);
		f->cluster.host[a->id] = a->host;
	}
	eras_born(&f->eras, a->host);
	for (g = 0; g < GROUPS; g++) {
		a->joined[g] = false;
		a->asked[g] = false;
		a->unread[g].gseq = 0;
	}
	a->service[0] = watches(a) ? NULL :
			service_new(&f->services, a->host, 1, 1);
	a->service[1] = !watches(a) && rng_one_in(&f->rng, 4) ?
			service_new(&f->services, a->host, 1, 2) : NULL;
	a->service[2] = watches(a) ? NULL :
			service_new(&f->services, a->host, 3, 1);
	a->on_at = 0;
	host_frame_max(a->host, 1500);
	admin_on(&f->admin, a->host);
}

static void switch_off(struct app *a, u64 wait)
{
	struct fail *f = a->fail;
	struct host *h = a->host;

	a->host = NULL;
	f->cluster.host[a->id] = NULL;
	services_gone(&f->services, h);
	streams_leave(&f->streams, a->id);
	admin_off(&f->admin, a->id);
	host_free(h);
	if (!list_empty(&a->notes))
		sim_fail("node %u is gone, and the owner of a message has not heard of it",
			 a->id);
	a->on_at = now_of(f) + wait;
}

static void on_view(struct watch *w, struct host *h)
{
	struct fail *f = fail_of(w);
	u32 formed = f->eras.formed;
	struct samr_view_info v;

	samr_node_view(h->node, &v);
	eras_view(&f->eras, h);
	f->services.formation = f->eras.formed;
	if (formed != f->eras.formed) {
		lock_check_model(&f->locks, false);
		votes_forget(&f->votes);
		session_check_model(&f->sessions);
		streams_forget(&f->streams);
		queries_formed(&f->clients, v.epoch);
	}
	votes_view(&f->votes, h);
	admin_view(&f->admin, h);
}

static void on_sent(struct watch *w, struct host *h, struct samr_blob *frame,
		    u64 dest)
{
	(void)dest;
	votes_sent(&fail_of(w)->votes, h, frame);
}

static void on_batch(struct watch *w, struct host *h)
{
	struct fail *f = fail_of(w);

	eras_settle(&f->eras, h);
	if (h->halted)
		sim_fail("node %u halts", h->id);
}

static void check_bytes(const struct samr_msg *msg)
{
	u32 i, len, off = 0;

	for (i = 0; i < msg->npieces; i++, off += len) {
		len = samr_blob_len(msg->pieces[i].blob);
		if (!ramp_is(blob_bytes(msg->pieces[i].blob), len,
			     (u8)(msg->meta.arg + off)))
			sim_fail("place %llu: bytes are not those submitted",
				 (unsigned long long)msg->meta.gseq);
	}
	if (off != msg->meta.len)
		sim_fail("place %llu: %u bytes of %u",
			 (unsigned long long)msg->meta.gseq, off, msg->meta.len);
}

static void on_deliver(struct watch *w, struct host *h, struct samr_msg *msg)
{
	struct fail *f = fail_of(w);
	struct app *a = &f->app[h->id];
	const struct samr_meta *m = &msg->meta;
	struct note *note = msg->owner;

	bool over = fail_clients_deliver(f, h, msg);

	if (note) {
		list_del(&note->list);
		free(note);
	}
	if (!m->gseq || over)
		return;
	if (watches(a))
		sim_fail("node %u is the witness, and delivers", h->id);
	eras_deliver(&f->eras, h, msg);
	if (m->kind == SAMR_KIND_DATA)
		check_bytes(msg);
	if (samr_kind_is_load(m->kind)) {
		a->unread[m->group - 1].gseq = m->gseq;
		a->unread[m->group - 1].cost += samr_msg_cost(msg);
	}
	if (m->group == PLAIN && (m->kind == SAMR_KIND_DATA ||
			      m->kind == SAMR_KIND_REQUEST))
		a->last = m->gseq;
	if (m->kind == SAMR_KIND_JOIN && m->inc == h->inc)
		a->joined[m->group - 1] = true;
	if (m->kind == SAMR_KIND_JOIN && m->inc == h->inc && m->group == PLAIN) {
		a->last = 0;
		a->since = m->gseq;
	}
	if (m->kind == SAMR_KIND_LEAVE && m->inc == h->inc && m->group == PLAIN) {
		if (!f->streams.stateful)
			streams_leave(&f->streams, h->id);
		a->joined[m->group - 1] = false;
		a->asked[m->group - 1] = false;
		a->unread[m->group - 1].gseq = 0;
		a->unread[m->group - 1].cost = 0;
	}
	services_deliver(&f->services, h, msg);
}

int fail_submit(struct app *a, struct samr_submit *s, const u8 *bytes,
		struct client *c)
{
	struct fail *f = a->fail;
	struct note *note = sim_alloc(sizeof(*note));
	struct buffer *b = NULL;
	int err;

	if (s->kind == SAMR_KIND_DATA)
		s->arg = rng_u64(&f->rng);
	if (s->len) {
		b = buffer_new(s->len);
		b->len = s->len;
		if (bytes)
			memcpy(b->bytes, bytes, s->len);
		else
			ramp_fill(b->bytes, s->len, (u8)s->arg);
		s->payload = blob_of_buffer(b, 0, s->len);
	}
	s->owner = note;
	note->what = *s;
	note->client = c;
	note->stream = f->sender;
	note->turn = c ? c->turn : note->stream ? note->stream->turn : 0;
	f->sender = NULL;
	note->at = now_of(f);
	list_add_tail(&note->list, &a->notes);
	err = host_submit(a->host, s);
	if (err) {
		list_del(&note->list);
		free(note);
	} else {
		f->sent++;
		if (s->kind == SAMR_KIND_JOIN)
			a->asked[s->group - 1] = true;
	}
	samr_blob_put(s->payload);
	if (b)
		buffer_put(b);
	return err;
}

static int submit(struct app *a, struct samr_submit *s, const u8 *bytes)
{
	return fail_submit(a, s, bytes, NULL);
}

static int send_of(struct service *s, struct samr_submit *what,
		   const u8 *bytes)
{
	struct fail *f = container_of(s->all, struct fail, services);

	return submit(&f->app[s->host->id], what, bytes);
}

/* Stateful members come, and come back when they have lost the state. */
static void join_services(struct app *a)
{
	struct samr_submit s;
	u32 i;

	for (i = 0; i < SERVICES; i++) {
		if (!a->service[i] || a->service[i]->joining ||
		    a->service[i]->state != SERVICE_OUT)
			continue;
		s = (struct samr_submit){ .group = a->service[i]->group,
			.arg = WINDOW, .port = a->service[i]->port, .kind = SAMR_KIND_JOIN,
			.flags = SAMR_MSG_STATEFUL };
		a->service[i]->joining = true;
		if (submit(a, &s, NULL))
			a->service[i]->joining = false;
	}
}

/* Requests of all sorts; at times the member leaves, and comes again. */
static void ask_for_lock(struct app *a)
{
	struct fail *f = a->fail;
	u8 payload[SAMR_LOCK_PAYLOAD_MAX];
	struct samr_submit s = {
		.group	= (u32)rng_range(&f->rng, 1, GROUPS),
		.port	= 1,
		.arg	= rng_u64(&f->rng),
	};

	if (!a->joined[s.group - 1] || !rng_one_in(&f->rng, 3))
		return;
	if (s.group == PLAIN && rng_one_in(&f->rng, 20)) {
		s.arg = 0;
		s.kind = SAMR_KIND_LEAVE;
		submit(a, &s, NULL);
		return;
	}
	s.len = lock_request(&f->rng, &s.kind, payload);
	submit(a, &s, payload);
}

static void refuse(struct app *a)
{
	struct samr_submit s = { .kind = SAMR_KIND_JOIN, .group = 1,
				 .arg = WINDOW };

	if (host_submit(a->host, &s) != -EOPNOTSUPP)
		sim_fail("node %u is the witness, and takes messages", a->id);
}

/* Shortly before something fails all send: then it matters who has got what. */
static bool is_eve(const struct fail *f)
{
	return now_of(f) < f->trouble_at && now_of(f) + EVE >= f->trouble_at;
}

static void work(struct app *a)
{
	struct fail *f = a->fail;
	struct samr_submit s = { };
	u32 g;

	if (watches(a)) {
		refuse(a);
		return;
	}
	join_services(a);
	for (g = 0; g < GROUPS; g++) {
		if (a->unread[g].gseq) {
			host_consumed(a->host, g + 1, a->unread[g].gseq,
				      a->unread[g].cost);
			a->unread[g].gseq = 0;
			a->unread[g].cost = 0;
		}
		if (g + 1 == PLAIN && !a->asked[g]) {
			s = (struct samr_submit){ .group = g + 1,
				.kind = SAMR_KIND_JOIN, .arg = WINDOW,
				.port = 1 };
			submit(a, &s, NULL);
		}
	}
	if (now_of(f) < a->send_at && !is_eve(f))
		return;
	a->send_at = now_of(f) + rng_below(&f->rng, 2 * a->wait);
	s = (struct samr_submit){ .kind = SAMR_KIND_DATA, .port = 1 };
	s.group = (u32)rng_range(&f->rng, 1, GROUPS);
	if (f->calm) {
		/* Some are answered when the next message comes; nobody asks for more. */
		if (a->joined[s.group - 1] && s.group != PLAIN &&
		    (!clients_idle(&f->clients) ||
		     services_calling(&f->services)))
			submit(a, &s, NULL);
		return;
	}
	if (!a->joined[s.group - 1])
		return;
	s.len = (u32)rng_below(&f->rng, rng_one_in(&f->rng, 8) ? 9000 : 300);
	if (rng_one_in(&f->rng, 4))
		s.flags = SAMR_MSG_SAFE;
	submit(a, &s, NULL);
	ask_for_lock(a);
}

static bool has_job(const struct fail *f, const struct samr_fence *w, u64 by)
{
	u32 i;

	for (i = 0; i < JOBS_MOST; i++)
		if (f->job[i].by == by && f->job[i].inc == w->inc)
			return true;
	return false;
}

static void note_fences(struct app *a)
{
	struct fail *f = a->fail;
	struct samr_fence w;
	u32 i, k;

	for (i = 0; i < SAMR_FENCES; i++) {
		if (!samr_node_fence(a->host->node, i, &w) || w.dead ||
		    w.why == SAMR_FENCE_NONE || has_job(f, &w, a->host->inc))
			continue;
		for (k = 0; k < JOBS_MOST && f->job[k].by; k++)
			;
		if (k == JOBS_MOST)
			return;
		f->job[k] = (struct job){
			.by = a->host->inc, .inc = w.inc, .token = w.token,
			.from = a->id, .to = (u32)w.id,
			.at = now_of(f) + rng_range(&f->rng, 20, 900) *
					  SAMR_MSEC,
		};
	}
}

static void fence(struct fail *f, struct job *j)
{
	struct samr_event ev = { .type = SAMR_EV_FENCED };
	struct app *by = &f->app[j->from], *to = &f->app[j->to];
	bool same = by->host && by->host->inc == j->by &&
		    !samr_node_out(by->host->node);
	struct job job = *j;

	j->by = 0;
	if (!same)
		return;
	if (to->host && to->host->inc == job.inc)
		switch_off(to, rng_range(&f->rng, 50, 1500) * SAMR_MSEC);
	f->fences++;
	ev.fenced.node = job.to;
	ev.fenced.inc = job.inc;
	ev.fenced.token = job.token + 1;
	if (host_step(by->host, &ev) != -ESTALE)
		sim_fail("node %u takes a fence with a wrong token", by->id);
	ev.fenced.token = job.token;
	host_step(by->host, &ev);
	host_flush(by->host);
}

static void on_tick(struct timer *t)
{
	struct fail *f = container_of(t, struct fail, tick);
	u64 now = now_of(f), left;
	struct app *a;
	u32 i;

	for (left = f->mask; left; left &= left - 1) {
		a = &f->app[__builtin_ctzll(left)];
		if (!a->host) {
			if (now >= a->on_at)
				switch_on(a);
			continue;
		}
		if (now < a->host->paused_until)
			continue;
		if (samr_node_out(a->host->node)) {
			f->expelled++;
			switch_off(a, rng_range(&f->rng, 5, 50) * SAMR_MSEC);
			continue;
		}
		work(a);
		note_fences(a);
	}
	fail_outposts_tick(f);
	for (i = 0; i < JOBS_MOST; i++)
		if (f->job[i].by && now >= f->job[i].at)
			fence(f, &f->job[i]);
	admin_tick(&f->admin);
	queue_set(&f->cluster.queue, t, now + TICK);
}

/* The newest view that anybody alive has. */
static struct app *newest(struct fail *f, struct samr_view_info *v)
{
	struct samr_view_info w;
	struct app *best = NULL;
	u32 id;

	memset(v, 0, sizeof(*v));
	for (id = 1; id < NET_NODES; id++) {
		if (!f->app[id].host || f->app[id].far ||
		    samr_node_out(f->app[id].host->node))
			continue;
		samr_node_view(f->app[id].host->node, &w);
		if (w.epoch > v->epoch) {
			*v = w;
			best = &f->app[id];
		}
	}
	return best;
}

static bool lives(const struct fail *f, const struct samr_view_info *v, u32 i)
{
	return f->app[v->node[i]].host &&
	       f->app[v->node[i]].host->inc == v->inc[i];
}

static u32 alive_in(const struct fail *f, const struct samr_view_info *v,
		    u32 *voters)
{
	u32 i, n = 0;

	*voters = 0;
	for (i = 0; i < v->count; i++) {
		if (v->flags[i])
			continue;
		++*voters;
		n += lives(f, v, i);
	}
	return n;
}

/* May @up of @voters ever go on, without @gone? */
static bool suffice(const struct fail *f, const struct samr_view_info *v,
		    u32 up, u32 voters, u64 gone)
{
	u32 i;

	if (v->policy != SAMR_POLICY_MAJORITY)
		return up;
	for (i = 0; i < v->count && 2 * up == voters; i++)
		if (v->flags[i] & SAMR_SEAT_WITNESS)
			return lives(f, v, i) && v->node[i] != gone;
	return 2 * up >= voters;
}

static struct app *any_head(struct fail *f)
{
	u32 k = (u32)rng_below(&f->rng, NET_NODES), i;

	for (i = 0; i < NET_NODES; i++, k = (k + 1) % NET_NODES)
		if (f->app[k].host)
			return &f->app[k];
	return NULL;
}

static void say_bye(struct app *a, bool quit)
{
	struct samr_event ev = { .type = SAMR_EV_FAREWELL, .quit = quit };

	a->fail->hints++;
	host_step(a->host, &ev);
	host_flush(a->host);
}

/* True or not: a carrier that is lost, and maybe back at once. */
static void hint(struct app *a)
{
	struct samr_event ev = { .type = SAMR_EV_HINT };

	a->fail->hints++;
	ev.lost = rng_one_in(&a->fail->rng, 2) ? a->fail->mask :
						 rng_u64(&a->fail->rng);
	host_step(a->host, &ev);
	host_flush(a->host);
}

/* Never so many that nobody may go on. */
static void crash(struct fail *f, struct app *a)
{
	struct samr_view_info v;
	u32 voters, up;

	if (a->far) {
		fail_outpost_off(a, rng_range(&f->rng, 10, 1500) * SAMR_MSEC);
		return;
	}
	if (f->eras.lives > ERA_LIVES - 2 * f->count)
		return;
	newest(f, &v);
	up = alive_in(f, &v, &voters);
	if (up < 2 || !suffice(f, &v, up - !watches(a), voters, a->id))
		return;
	f->crashes++;
	/* Some have the time to say so. */
	if (rng_one_in(&f->rng, 4))
		say_bye(a, true);
	switch_off(a, rng_range(&f->rng, 10, 1500) * SAMR_MSEC);
}

/* All power is lost, and comes back here and there. */
static bool blackout(struct fail *f)
{
	u32 id;

	if (!f->admin.keeps || !rng_one_in(&f->admin.rng, 40) ||
	    f->eras.lives > ERA_LIVES - 3 * f->count - 3)
		return false;
	f->admin.blackouts++;
	for (id = 1; id < NET_NODES; id++)
		if (f->app[id].host && !f->app[id].far)
			switch_off(&f->app[id], rng_range(&f->rng, 20, 2500) *
						SAMR_MSEC);
	return true;
}

static void on_trouble(struct timer *t)
{
	struct fail *f = container_of(t, struct fail, trouble);
	struct app *a = any_head(f);
	struct samr_event ev = { .type = SAMR_EV_RETIRE };

	f->trouble_at = now_of(f) + rng_range(&f->rng, 5, 500) * SAMR_MSEC;
	queue_set(&f->cluster.queue, t, f->trouble_at);
	if (!a || blackout(f))
		return;
	switch (rng_below(&f->rng, 10)) {
	case 0:
	case 1:
		crash(f, a);
		break;
	case 2:
		f->pauses++;
		host_pause(a->host, rng_range(&f->rng, 20, 900) * SAMR_MSEC);
		break;
	case 3:
		f->cuts++;
		net_cut(&f->cluster.net, rng_u64(&f->rng));
		break;
	case 4:
		f->cuts++;
		net_cut_one(&f->cluster.net, a->id, any_head(f)->id);
		break;
	case 5:
	case 6:
		net_heal(&f->cluster.net);
		break;
	case 7:
		if (a->far)
			break;
		if (f->eras.lives > ERA_LIVES - 2 * f->count)
			break;
		f->leaves += !host_step(a->host, &ev);
		host_flush(a->host);
		break;
	case 8:
		hint(a);
		break;
	case 9:
		say_bye(a, false);
	}
}

static void plan(struct fail *f, const struct run_options *o)
{
	struct rng *r = &f->rng;
	bool watched, idle;
	u32 id, i;

	f->count = o->nodes ?: (u32)rng_range(r, 2, HEADS_MOST);
	watched = f->count < HEADS_MOST && rng_one_in(r, 3);
	f->cfg.policy = rng_one_in(r, 4) && !watched ? SAMR_POLICY_FENCE :
						       SAMR_POLICY_AUTO;
	f->cfg.quorum = rng_one_in(r, 2);
	f->cfg.history = 512;
	f->cfg.submits = 64;
	f->net.delay = rng_range(r, 10, 300) * SAMR_USEC;
	f->net.jitter = rng_below(r, 200) * SAMR_USEC;
	if (rng_one_in(r, 2)) {
		f->net.drop = (u32)rng_below(r, 50000);
		f->net.repeat = (u32)rng_below(r, 30000);
		f->net.reorder = (u32)rng_below(r, 50000);
		f->net.reorder_by = 2 * SAMR_MSEC;
	}
	f->net.speed = 1000;
	f->net.queue = 1 << 20;
	f->net.tx_queue = 1 << 20;
	f->net.len_max = 2000;
	/* In most runs there is silence, but when something is about to fail. */
	idle = !rng_one_in(r, 4);
	/* Two heads and a witness is what there is one for. */
	if (watched && rng_one_in(r, 2) && !o->nodes)
		f->count = 2;
	for (i = 0; i < f->count + watched; i++) {
		do
			id = (u32)rng_range(r, 1, SAMR_IDS - 1);
		while (f->mask & BIT_ULL(id));
		f->mask |= BIT_ULL(id);
		if (i == f->count)
			f->cluster.witness = BIT_ULL(id);
		f->app[id].fail = f;
		f->app[id].id = id;
		f->app[id].wait = rng_range(r, 1, 20) * (idle ? 10 : 1) *
				  SAMR_MSEC;
		INIT_LIST_HEAD(&f->app[id].notes);
	}
}

/* May those that are left of the newest view go on at all? */
static bool hopeless(struct fail *f)
{
	struct samr_view_info v;
	u32 voters, up;

	if (!newest(f, &v))
		return false;
	up = alive_in(f, &v, &voters);
	return !suffice(f, &v, up, voters, 0) ||
	       proposal_stuck(&f->cluster, v.epoch);
}

static bool settled(struct fail *f)
{
	struct samr_view_info v, w;
	struct samr_node_stats s;
	u64 upto = 0;
	struct app *a;
	u32 id, i, g;

	if (!newest(f, &v) || v.wedged ||
	    v.count != f->count + !!f->cluster.witness)
		return false;
	for (id = 1; id < NET_NODES; id++) {
		a = &f->app[id];
		if (!a->fail || a->far)
			continue;
		if (!a->host)
			return false;
		samr_node_view(a->host->node, &w);
		if (w.epoch != v.epoch || w.wedged || !list_empty(&a->notes))
			return false;
		for (i = 0; i < w.count; i++)
			if (w.flags[i] & SAMR_SEAT_LEARNER)
				return false;
		if (watches(a))
			continue;
		host_stats(a->host, &s);
		if (upto && s.delivered != upto)
			return false;
		upto = s.delivered;
		for (g = 0; g < GROUPS; g++)
			if (!a->joined[g])
				return false;
	}
	return services_settled(&f->services) && streams_done(&f->streams) &&
	       clients_done(&f->clients);
}

static void unsettled(struct fail *f)
{
	struct samr_view_info v;
	struct note *note;
	struct app *a;
	u32 id;

	for (id = 1; id < NET_NODES; id++) {
		a = &f->app[id];
		if (!a->host)
			continue;
		list_for_each_entry(note, &a->notes, list)
			fprintf(stderr, "node %u: open since %llu ms: %s of group %u, %u bytes%s\n",
				id, (unsigned long long)(note->at / SAMR_MSEC),
				samr_strings_kind(note->what.kind),
				note->what.group, note->what.len,
				note->what.flags ? ", safe" : "");
		samr_node_view(a->host->node, &v);
		fprintf(stderr, "node %u: view %llu of %u, suspects %#llx%s%s%s\n",
			id, (unsigned long long)v.epoch, v.count,
			(unsigned long long)v.suspects,
			v.wedged ? ", wedged" : "",
			v.learning ? ", learning" : "",
			list_empty(&a->notes) ? "" : ", messages open");
	}
	services_stuck(&f->services);
	clients_stuck(&f->clients);
	streams_stuck(&f->streams);
	sim_fail("the cluster does not come together again");
}

/* Somebody is in a view in which all are alive and messages are ordered. */
static bool goes_on(struct fail *f)
{
	struct samr_view_info v;
	u32 i;

	if (!newest(f, &v) || v.wedged)
		return false;
	for (i = 0; i < v.count; i++)
		if (!(v.flags[i] & SAMR_SEAT_LEARNER) && !lives(f, &v, i))
			return false;
	return true;
}

/*
 * When all have come together they die for good, one after the other, down to
 * the last: each time the rest goes on, after the fence where that is needed.
 */
static void last_stand(struct fail *f)
{
	struct queue *q = &f->cluster.queue;
	struct samr_view_info v;
	struct app *a;
	u32 voters;
	u64 end;

	/* A fence of before that is not needed any more would kill one more. */
	memset(f->job, 0, sizeof(f->job));
	while (newest(f, &v) && alive_in(f, &v, &voters) > 1) {
		a = &f->app[v.node[rng_below(&f->rng, v.count)]];
		if (!a->host)
			continue;
		switch_off(a, FOR_GOOD);
		/* Under `fence` the next one may die before that is dealt with. */
		if (v.policy == SAMR_POLICY_FENCE && rng_one_in(&f->rng, 3)) {
			queue_run(q, q->now + rng_below(&f->rng, 400) *
					      SAMR_MSEC);
			continue;
		}
		end = q->now + ALONE_MOST;
		while (!goes_on(f)) {
			if (q->now >= end)
				sim_fail("the rest does not go on without node %u",
					 a->id);
			queue_run(q, q->now + 10 * SAMR_MSEC);
		}
	}
}

/* Of heads, of those that come later, and of client nodes. */
static u64 network_ids(const struct fail *f)
{
	u64 mask = f->mask;
	u32 id;

	for (id = 1; id < NET_NODES; id++)
		if (f->app[id].fail)
			mask |= BIT_ULL(id);
	return mask;
}

void fail_seed(const struct run_options *o, char *line, size_t size)
{
	struct fail *f = sim_alloc(sizeof(*f));
	struct queue *q = &f->cluster.queue;
	bool lost = false;
	u64 end, since;
	u32 id;

	sim_run.seed = o->seed;
	sim_watchdog(o->patience);
	memory_reset(o->seed);
	cluster_init(&f->cluster, o->seed);
	rng_init(&f->rng, o->seed, 'x');
	eras_init(&f->eras);
	services_init(&f->services, &f->cluster, o->seed);
	f->services.send = send_of;
	votes_init(&f->votes);
	plan(f, o);
	admin_init(&f->admin, &f->cluster, o->seed, f->mask);
	if (f->admin.newcomer)
		f->app[f->admin.newcomer].on_at = f->admin.grow_at;
	f->cfg.dead = 100 * SAMR_MSEC;
	f->cluster.net.params = f->net;
	f->watch.view = on_view;
	f->watch.sent = on_sent;
	f->watch.deliver = on_deliver;
	f->watch.batch = on_batch;
	cluster_watch(&f->cluster, &f->watch);
	lock_check_init(&f->locks, &f->cluster);
	session_check_init(&f->sessions, &f->cluster);
	fail_clients_init(f, o->seed);
	fail_outposts_init(f, o->seed);
	liar_init(&f->liar, &f->cluster, network_ids(f), o->seed);
	if (o->trace)
		trace_init(&f->trace, &f->cluster, stdout, o->from);
	f->tick.fire = on_tick;
	f->trouble.fire = on_trouble;
	queue_set(q, &f->tick, 0);
	queue_set(q, &f->trouble, 200 * SAMR_MSEC);
	queue_run(q, o->until ?: CHAOS_TIME);
	queue_cancel(q, &f->trouble);
	liar_end(&f->liar);
	net_heal(&f->cluster.net);
	f->net.drop = 0;
	f->cluster.net.params = f->net;
	f->calm = f->admin.calm = f->services.calm = f->clients.calm = true;
	f->streams.calm = true;
	since = q->now;
	for (end = since; !o->until && !settled(f); end += 10 * SAMR_MSEC) {
		if (hopeless(f) && end - since > 2000 * SAMR_MSEC) {
			lost = true;
			break;
		}
		if (end - since > CALM_MOST)
			unsettled(f);
		queue_run(q, end);
	}
	if (!o->until) {
		lock_check_model(&f->locks, !lost);
		session_check_model(&f->sessions);
		if (!lost)
			digest_check_end(&f->clients.digests);
	}
	f->locks.over = true;
	f->sessions.over = true;
	if (!o->until && !lost)
		last_stand(f);
	snprintf(line, size,
		 "%u heads%s, %s%s: %llu views, %u lives, %llu sent, %llu delivered, %llu safe, %llu crashes, %llu pauses, %llu cuts, %llu fences, %llu leaves, %llu out, %llu hints, %llu halves; %s; %s; %llu lock requests, %llu granted, %llu of dead owners; %s; %s; %s; together after %llu ms%s",
		 f->count, f->cluster.witness ? " and a witness" : "",
		 f->cfg.policy == SAMR_POLICY_FENCE ||
		 (f->count < 3 && !f->cluster.witness) ? "fence" : "majority",
		 f->cfg.quorum ? ", quorum" : "",
		 (unsigned long long)f->eras.count, f->eras.lives,
		 (unsigned long long)f->sent,
		 (unsigned long long)f->eras.delivered,
		 (unsigned long long)f->eras.safe,
		 (unsigned long long)f->crashes, (unsigned long long)f->pauses,
		 (unsigned long long)f->cuts, (unsigned long long)f->fences,
		 (unsigned long long)f->leaves, (unsigned long long)f->expelled,
		 (unsigned long long)f->hints,
		 (unsigned long long)f->votes.halves,
		 admin_text(&f->admin), services_text(&f->services),
		 (unsigned long long)f->locks.requests,
		 (unsigned long long)f->locks.granted,
		 (unsigned long long)f->locks.inherited,
		 clients_text(&f->clients), streams_text(&f->streams),
		 caller_text(&f->callers),
		 (unsigned long long)((q->now - since) / SAMR_MSEC),
		 lost ? " LOST" : "");
	queue_cancel(q, &f->tick);
	liar_end(&f->liar);
	for (id = 1; id < NET_NODES; id++)
		if (f->app[id].host && f->app[id].far)
			fail_outpost_off(&f->app[id], 0);
		else if (f->app[id].host)
			switch_off(&f->app[id], 0);
	cluster_free(&f->cluster);
	eras_free(&f->eras);
	services_free(&f->services);
	lock_check_free(&f->locks);
	clients_free(&f->clients);
	streams_free(&f->streams);
	session_check_free(&f->sessions);
	votes_free(&f->votes);
	if (memory_use_of(MEMORY_HOMES)->objects)
		sim_fail("%llu objects are left",
			 (unsigned long long)memory_use_of(MEMORY_HOMES)->objects);
	sim_watchdog(0);
	free(f);
}
