// SPDX-License-Identifier: GPL-2.0
/* Sessions against what clients see, see check_session.h. */
#include <stdlib.h>

#include "check_call.h"
#include "check_session.h"
#include "check_stream.h"
#include "core/group.h"
#include "core/learner.h"
#include "core/state.h"
#include "core/stream.h"
#include "ledger.h"
#include "sim.h"

#define MODEL_SESSIONS	4096
/* Ids of groups that may have sessions. */
#define GROUPS_MOST	15

/* A SESSION or REQUEST as first applied anywhere, or members of a group. */
struct session_place {
	struct samr_meta meta;
	u64 epoch;
	u64 session;
	u64 mark;
	u8 result;
	bool members;		/* the group has others from here on */
	u32 count;		/* so many */
	u8 bytes[sizeof(struct samr_session_payload)];	/* the first ones */
	struct samr_session_payload s;
	struct samr_request_payload r;
};

struct session_era {
	u64 epoch;
	u64 base;
	u32 count;
	u64 node[SAMR_HEADS_MAX];
	u64 inc[SAMR_HEADS_MAX];
};

/* A session as the answers have it. */
struct model {
	u64 id, name;
	u32 group;
	u64 node, inc;
	u32 port;
	u64 attached;		/* at this place, */
	u64 since;		/* and detached at this one, or before */
	u64 next, acked;
	bool gone;
};

static void chains_add(struct chains *c, u64 number, size_t index)
{
	while (number >= c->last_room)
		c->last = sim_grow(c->last, c->last_room, &c->last_room,
				   sizeof(*c->last));
	while (index >= c->before_room)
		c->before = sim_grow(c->before, c->before_room, &c->before_room,
				     sizeof(*c->before));
	c->before[index] = c->last[number];
	c->last[number] = (u32)index + 1;
}

/* 1 + the last index that @number has; chain->before[] leads to the others. */
static u32 chains_of(const struct chains *c, u64 number)
{
	return number < c->last_room ? c->last[number] : 0;
}

static void chains_clear(struct chains *c)
{
	if (c->last)
		memset(c->last, 0, c->last_room * sizeof(*c->last));
}

static void chains_free(struct chains *c)
{
	free(c->last);
	free(c->before);
}

static void on_view(struct watch *w, struct host *h)
{
	struct session_check *k = container_of(w, struct session_check, watch);
	struct samr_view_info v;
	struct session_era *e;
	size_t i;

	samr_node_view(h->node, &v);
	for (i = 0; i < k->eras; i++)
		if (k->era[i].epoch == v.epoch)
			return;
	if (!v.epoch || k->over)
		return;
	k->era = sim_grow(k->era, k->eras, &k->era_room, sizeof(*k->era));
	for (i = k->eras++; i && k->era[i - 1].epoch > v.epoch; i--)
		k->era[i] = k->era[i - 1];
	e = &k->era[i];
	e->epoch = v.epoch;
	e->base = v.base;
	e->count = v.count;
	memcpy(e->node, v.node, sizeof(e->node));
	memcpy(e->inc, v.inc, sizeof(e->inc));
}

u64 session_check_epoch(const struct session_check *k, const struct host *h,
			u64 gseq)
{
	size_t i;

	for (i = k->eras; i-- > 0;)
		if (k->era[i].epoch <= h->node->view.epoch &&
		    k->era[i].base < gseq)
			return k->era[i].epoch;
	return 0;
}

static struct session_place *find(struct session_check *k, u64 epoch,
				  const struct samr_msg *msg)
{
	u32 i;

	for (i = chains_of(&k->place_at, msg->meta.gseq); i;
	     i = k->place_at.before[i - 1])
		if (k->place[i - 1].epoch == epoch)
			return &k->place[i - 1];
	return NULL;
}

static void note(struct session_check *k, u64 epoch,
		 const struct samr_msg *msg)
{
	static u8 bytes[SAMR_LEN_MAX];
	struct session_place *p;

	k->place = sim_grow(k->place, k->places, &k->place_room, sizeof(*p));
	chains_add(&k->place_at, msg->meta.gseq, k->places);
	p = &k->place[k->places++];
	memset(p, 0, sizeof(*p));
	p->meta = msg->meta;
	p->epoch = epoch;
	p->session = msg->session;
	p->result = msg->result;
	if (msg->members) {
		p->members = true;
		p->count = msg->members->count;
		return;
	}
	if (!samr_msg_read(msg, bytes, msg->meta.len))
		sim_fail("place %llu has not all its bytes",
			 (unsigned long long)msg->meta.gseq);
	memcpy(p->bytes, bytes, min((size_t)msg->meta.len, sizeof(p->bytes)));
	if (msg->meta.kind == SAMR_KIND_SESSION)
		memcpy(&p->s, bytes, sizeof(p->s));
	if (msg->meta.kind != SAMR_KIND_REQUEST)
		return;
	memcpy(&p->r, bytes, sizeof(p->r));
	memcpy(&p->mark, bytes + sizeof(p->r), sizeof(p->mark));
}

static void see(struct session_check *k, struct host *h,
		const struct samr_msg *msg)
{
	u64 epoch = session_check_epoch(k, h, msg->meta.gseq);
	struct session_place *p = find(k, epoch, msg);

	if (!p) {
		note(k, epoch, msg);
		return;
	}
	if (p->meta.kind != msg->meta.kind || p->result != msg->result ||
	    p->session != msg->session || p->meta.arg != msg->meta.arg)
		sim_fail("node %u makes at place %llu something else of a session than others: %u of %llu, and not %u of %llu",
			 h->id, (unsigned long long)msg->meta.gseq, msg->result,
			 (unsigned long long)msg->session, p->result,
			 (unsigned long long)p->session);
}

static bool concerns(const struct samr_msg *msg)
{
	if (stream_check_is(msg))
		return false;
	return msg->meta.kind == SAMR_KIND_SESSION ||
	       msg->meta.kind == SAMR_KIND_REQUEST ||
	       msg->meta.kind == SAMR_KIND_CONNECT ||
	       msg->meta.kind == SAMR_KIND_RETURN ||
	       (msg->members && msg->meta.kind != SAMR_KIND_VIEW);
}

/* A head that is alone forgets at once what it has gone through. */
static void on_deliver(struct watch *w, struct host *h, struct samr_msg *msg)
{
	struct session_check *k = container_of(w, struct session_check, watch);

	if (!k->over && msg->meta.gseq && concerns(msg))
		see(k, h, msg);
}

/* The group whose sessions it may change. */
static u32 table_of(const struct samr_msg *msg)
{
	struct samr_session_payload connect;
	struct samr_return_payload back;

	if (msg->meta.kind == SAMR_KIND_CONNECT &&
	    samr_msg_read(msg, (u8 *)&connect, sizeof(connect)))
		return be32_to_cpu(connect.other);
	if (msg->meta.kind == SAMR_KIND_RETURN &&
	    samr_msg_read(msg, (u8 *)&back, sizeof(back)))
		return be32_to_cpu(back.service);
	return msg->meta.group;
}

static void on_saw(void *ctx, u64 self, const struct samr_msg *msg)
{
	struct session_check *k = ctx;
	struct host *h = k->cluster->host[self];

	if (k->over || !h || !concerns(msg) ||
	    msg->meta.gseq <= samr_learner_upto(h->node, table_of(msg)))
		return;
	k->saw = sim_grow(k->saw, k->saws, &k->saw_room, sizeof(*k->saw));
	k->saw[k->saws++] = samr_msg_get((struct samr_msg *)msg);
}

/* In what view that was is known behind the step. */
static void see_saws(struct session_check *k, struct host *h)
{
	size_t i;

	for (i = 0; i < k->saws; i++) {
		if (!k->over)
			see(k, h, k->saw[i]);
		samr_msg_put(k->saw[i]);
	}
	k->saws = 0;
}

/* Look at what the node has gone through. */
static void on_batch(struct watch *w, struct host *h)
{
	struct session_check *k = container_of(w, struct session_check, watch);
	const struct samr_receiver *rcv = &h->node->rcv;
	u64 *at = &k->upto[h->id];
	struct samr_slot *slot;

	see_saws(k, h);
	if (k->over)
		return;
	if (k->inc[h->id] != h->inc) {
		k->inc[h->id] = h->inc;
		*at = 0;
	}
	for (*at = max(*at, rcv->win.base - 1); *at < rcv->delivered; ++*at) {
		slot = samr_window_at((struct samr_window *)&rcv->win, *at + 1);
		/* What a learner had been given already, it has not applied. */
		if (slot && slot->msg && concerns(slot->msg) &&
		    *at + 1 > samr_learner_upto(h->node, table_of(slot->msg)))
			see(k, h, slot->msg);
	}
}

void session_check_made(struct session_check *k, const struct session_shown *s)
{
	const struct session_shown *t;
	u32 i;

	for (i = chains_of(&k->truth_at, s->mark); i;
	     i = k->truth_at.before[i - 1]) {
		t = &k->truth[i - 1];
		if (t->place != s->place || t->epoch != s->epoch)
			continue;
		if (!memcmp(t, s, sizeof(*t)))
			return;
		/* What it waited for may be undone, and come again. */
		if (t->last_epoch == s->last_epoch)
			sim_fail("replicas reply differently to what is at place %llu",
				 (unsigned long long)s->place);
	}
	k->truth = sim_grow(k->truth, k->truths, &k->truth_room, sizeof(*t));
	chains_add(&k->truth_at, s->mark, k->truths);
	k->truth[k->truths++] = *s;
}

void session_check_seen(struct session_check *k, const struct session_shown *s,
			bool may_be_undone)
{
	u32 i;

	if (k->over)
		return;
	for (i = chains_of(&k->truth_at, s->mark); i;
	     i = k->truth_at.before[i - 1])
		if (!memcmp(&k->truth[i - 1], s, sizeof(*s)))
			break;
	if (!i)
		sim_fail("a client has a reply that nobody made, to what is at place %llu",
			 (unsigned long long)s->place);
	if (may_be_undone)
		return;
	k->seen = sim_grow(k->seen, k->seens, &k->seen_room, sizeof(*s));
	k->seen[k->seens++] = *s;
	k->shown++;
}

void session_check_looked(struct session_check *k, u64 last, u64 epoch)
{
	if (k->over || !last)
		return;
	k->looked = sim_grow(k->looked, k->looks, &k->looked_room,
			     sizeof(*k->looked));
	k->looked[k->looks++] = (struct session_shown){ .last = last,
							 .last_epoch = epoch };
}

/* Applied in a view by those who did not live to see the next one, only. */
static bool undone(const struct session_check *k, u64 place, u64 epoch)
{
	u64 untold;
	size_t i;

	/* Of several views at once only the last is told; each takes a place. */
	for (i = 0; i < k->eras; i++) {
		untold = i ? k->era[i].epoch - k->era[i - 1].epoch - 1 : 0;
		if (k->era[i].epoch > epoch &&
		    k->era[i].base <= place + untold)
			return true;
	}
	return false;
}

static int by_place(const void *x, const void *y)
{
	const struct session_place *a = x, *b = y;

	return a->meta.gseq < b->meta.gseq ? -1 : a->meta.gseq > b->meta.gseq;
}

static int by_base(const void *x, const void *y)
{
	const struct session_era *a = x, *b = y;

	return a->base < b->base ? -1 : a->base > b->base;
}

static int by_mark(const void *x, const void *y)
{
	const struct session_place *a = x, *b = y;

	return a->mark < b->mark ? -1 : a->mark > b->mark;
}

struct models {
	struct model m[MODEL_SESSIONS];
	u32 count;
	size_t era;		/* those before it have been gone through */
	bool shaky[16];		/* its sessions may have ended with its state */
	struct call_models calls;
};

static struct model *model_of(struct models *all, u32 group, u64 id)
{
	u32 i;

	for (i = all->count; i-- > 0;)
		if (all->m[i].id == id && all->m[i].group == group &&
		    !all->m[i].gone)
			return &all->m[i];
	return NULL;
}

static bool sits(const struct session_era *e, u64 node, u64 inc)
{
	u32 i;

	for (i = 0; i < e->count; i++)
		if (e->node[i] == node && e->inc[i] == inc)
			return true;
	return false;
}

/* Views up to that place: their absent heads have lost their clients. */
static void pass_views(const struct session_check *k, struct models *all,
		       u64 gseq)
{
	const struct session_era *e;
	u32 i;

	for (; all->era < k->eras && k->era[all->era].base < gseq; all->era++) {
		e = &k->era[all->era];
		memset(all->shaky, true, sizeof(all->shaky));
		memset(all->calls.shaky, true, sizeof(all->calls.shaky));
		for (i = 0; i < all->count; i++) {
			if (!all->m[i].node ||
			    sits(e, all->m[i].node, all->m[i].inc))
				continue;
			all->m[i].node = 0;
			all->m[i].inc = 0;
			all->m[i].port = 0;
			all->m[i].since = e->base;
		}
	}
}

static void __attribute__((noreturn)) wrong(const struct session_place *p,
					    const char *what)
{
	sim_fail("place %llu, %s %llu of node %llu port %u, has the answer %u: %s",
		 (unsigned long long)p->meta.gseq,
		 p->meta.kind == SAMR_KIND_REQUEST ? "request" : "session",
		 (unsigned long long)p->meta.arg,
		 (unsigned long long)p->meta.origin, p->meta.port, p->result,
		 what);
}

static void take_access(struct model *m, const struct session_place *p)
{
	m->node = p->meta.origin;
	m->inc = p->meta.inc;
	m->port = p->meta.port;
	m->attached = p->meta.gseq;
}

static bool is_access(const struct model *m, const struct session_place *p)
{
	return m->node == p->meta.origin && m->inc == p->meta.inc &&
	       m->port == p->meta.port;
}

static void take_acked(struct model *m, u64 acked)
{
	if (acked > m->acked && acked < m->next)
		m->acked = acked;
}

static void open(struct models *all, struct model *m,
		 const struct session_place *p)
{
	if (p->result == SAMR_SES_FOREIGN) {
		if (!m)
			wrong(p, "there is none");
	} else if (p->result == SAMR_SES_OPENED) {
		if (m && !all->shaky[p->meta.group & 15])
			wrong(p, "there is one");
		if (m)
			m->gone = true;
		if (p->session != p->meta.gseq)
			wrong(p, "it has another name");
		if (all->count == MODEL_SESSIONS)
			sim_fail("more sessions than the model can count");
		m = &all->m[all->count++];
		*m = (struct model){ .id = be64_to_cpu(p->s.id), .name = p->session,
				     .group = p->meta.group, .next = 1 };
		take_access(m, p);
	}
}

/* A session whose state was lost is gone, and that is seen here first. */
static struct model *still(struct models *all, struct model *m,
			   const struct session_place *p)
{
	if (p->result != SAMR_SES_GONE) {
		if (!m)
			wrong(p, "there is none");
		if (p->session != m->name)
			wrong(p, "it is another one");
		return m;
	}
	if (m && !all->shaky[p->meta.group & 15])
		wrong(p, "it is there");
	if (m)
		m->gone = true;
	return NULL;
}

static void change(struct models *all, const struct session_place *p)
{
	struct model *m = model_of(all, p->meta.group, be64_to_cpu(p->s.id));
	u8 op = p->s.op;
	bool mine;

	if (op == SAMR_SESSION_OPEN) {
		open(all, m, p);
		return;
	}
	m = still(all, m, p);
	if (!m)
		return;
	mine = is_access(m, p);
	if (op == SAMR_SESSION_ATTACH) {
		if (p->result != SAMR_SES_ATTACHED)
			wrong(p, "its client may come");
		take_acked(m, be64_to_cpu(p->s.acked));
		take_access(m, p);
	} else if (op == SAMR_SESSION_EXPIRE) {
		/* Of two views at once the first is told by nobody. */
		mine = !m->node && be64_to_cpu(p->s.since) > m->attached &&
		       be64_to_cpu(p->s.since) <= m->since;
		if (mine != (p->result == SAMR_SES_DONE))
			wrong(p, "it has, or has not, expired");
		m->gone = mine;
	} else {
		if (mine != (p->result == SAMR_SES_DONE))
			wrong(p, "its sender is, or is not, the access head");
		if (!mine)
			return;
		take_acked(m, be64_to_cpu(p->s.acked));
		m->gone = op == SAMR_SESSION_CLOSE;
		if (op != SAMR_SESSION_DETACH)
			return;
		m->node = 0;
		m->since = p->meta.gseq;
	}
}

static void request(struct session_check *k, struct models *all,
		    const struct session_place *p)
{
	struct model *m = model_of(all, p->meta.group, be64_to_cpu(p->r.id));
	u64 number = p->meta.arg;
	bool full;

	k->refused += p->result != SAMR_SES_ORDERED;
	k->repeated += p->result == SAMR_SES_REPEATED;
	m = still(all, m, p);
	if (!m)
		return;
	if (is_access(m, p) == (p->result == SAMR_SES_FOREIGN))
		wrong(p, "its sender is, or is not, the access head");
	if (!is_access(m, p))
		return;
	take_acked(m, be64_to_cpu(p->r.acked));
	full = m->next - 1 - m->acked >= SAMR_SESSION_WINDOW;
	switch (p->result) {
	case SAMR_SES_ORDERED:
		if (number != m->next || full)
			wrong(p, "another one is next");
		m->next++;
		k->executed++;
		break;
	case SAMR_SES_REPEATED:
		if (number >= m->next)
			wrong(p, "it never was there");
		break;
	case SAMR_SES_AHEAD:
		if (number <= m->next)
			wrong(p, "none is missing");
		break;
	case SAMR_SES_FULL:
		if (number != m->next)
			wrong(p, "it is not the next one");
		break;
	default:
		wrong(p, "there is no such answer");
	}
}

/* What a client asked once is executed once. */
static void check_once(struct session_check *k)
{
	size_t i, n = 0;

	for (i = 0; i < k->places; i++)
		if (k->place[i].meta.kind == SAMR_KIND_REQUEST &&
		    k->place[i].result == SAMR_SES_ORDERED)
			k->place[n++] = k->place[i];
	if (n)
		qsort(k->place, n, sizeof(*k->place), by_mark);
	for (i = 1; i < n; i++)
		if (k->place[i].mark == k->place[i - 1].mark)
			sim_fail("the same request is executed at places %llu and %llu",
				 (unsigned long long)k->place[i - 1].meta.gseq,
				 (unsigned long long)k->place[i].meta.gseq);
	for (i = 0; i < k->seens; i++) {
		const struct session_place key = { .mark = k->seen[i].mark };
		const struct session_place *p =
			bsearch(&key, k->place, n, sizeof(key), by_mark);

		if (!p || p->meta.gseq != k->seen[i].place)
			sim_fail("a client has a reply to what is not at place %llu",
				 (unsigned long long)k->seen[i].place);
	}
}

static void check_seen(const struct session_check *k)
{
	const struct session_shown *s;
	size_t i;

	for (i = 0; i < k->seens; i++) {
		s = &k->seen[i];
		if (undone(k, s->place, s->epoch))
			sim_fail("a client has a reply to what was at place %llu, and was undone",
				 (unsigned long long)s->place);
		if (undone(k, s->last, s->last_epoch))
			sim_fail("a client has a reply that shows what was at place %llu, and was undone",
				 (unsigned long long)s->last);
	}
}

static void check_looked(const struct session_check *k)
{
	size_t i;

	for (i = 0; i < k->looks; i++)
		if (undone(k, k->looked[i].last, k->looked[i].last_epoch))
			sim_fail("a client has an answer that shows what was at place %llu, and was undone",
				 (unsigned long long)k->looked[i].last);
}

static void forget(struct session_check *k)
{
	k->looks = 0;
	k->places = 0;
	k->eras = 0;
	k->seens = 0;
	k->truths = 0;
	chains_clear(&k->place_at);
	chains_clear(&k->truth_at);
}

/* Is it about a group as a client? */
static bool is_call(const struct session_place *p)
{
	return p->meta.kind == SAMR_KIND_CONNECT ||
	       p->meta.kind == SAMR_KIND_RETURN || p->s.other ||
	       (p->meta.flags & SAMR_MSG_GROUP);
}

static void call(struct session_check *k, struct models *all,
		 const struct session_place *p)
{
	const struct call_place place = {
		.meta = &p->meta, .result = p->result, .session = p->session,
		.bytes = p->bytes,
	};

	call_check(&all->calls, &place);
	k->called += p->meta.kind == SAMR_KIND_REQUEST &&
		     p->result == SAMR_SES_ORDERED;
}

void session_check_model(struct session_check *k)
{
	static struct models all;
	struct session_place *p;
	size_t i, n = 0;
	u32 m;

	memset(&all, 0, sizeof(all));
	for (i = 0; i < k->places; i++)
		if (!undone(k, k->place[i].meta.gseq, k->place[i].epoch))
			k->place[n++] = k->place[i];
	k->places = n;
	if (n)
		qsort(k->place, n, sizeof(*k->place), by_place);
	if (k->eras)
		qsort(k->era, k->eras, sizeof(*k->era), by_base);
	for (i = 0; i < n; i++) {
		p = &k->place[i];
		pass_views(k, &all, p->meta.gseq);
		if (p->members) {
			all.shaky[p->meta.group & 15] = true;
			all.calls.shaky[p->meta.group & 15] = true;
			if (!p->count)
				call_check_gone(&all.calls, p->meta.group);
			for (m = 0; m < all.count && !p->count; m++)
				all.m[m].gone |= all.m[m].group == p->meta.group;
		} else if (is_call(p)) {
			call(k, &all, p);
		} else if (p->meta.kind == SAMR_KIND_SESSION) {
			change(&all, p);
		} else if (p->meta.kind == SAMR_KIND_REQUEST) {
			request(k, &all, p);
		}
	}
	check_seen(k);
	check_looked(k);
	check_once(k);
	forget(k);
}

static void compare_reply(const struct host *h, const struct samr_session *s,
			  const struct samr_request *a,
			  const struct samr_request *b)
{
	if (a->number != b->number || a->place != b->place)
		sim_fail("node %u: session %llu has other open requests",
			 h->id, (unsigned long long)s->name);
	if (!a->reply || !b->reply || a->reply->result != SAMR_SES_REPLY ||
	    b->reply->result != SAMR_SES_REPLY ||
	    !samr_msg_complete(a->reply) || !samr_msg_complete(b->reply))
		return;
	if (a->reply->meta.len != b->reply->meta.len ||
	    ledger_hash_msg(a->reply) != ledger_hash_msg(b->reply))
		sim_fail("node %u: session %llu has another reply to request %llu",
			 h->id, (unsigned long long)s->name,
			 (unsigned long long)a->number);
}

static void compare_session(const struct host *h, const struct samr_session *a,
			    const struct samr_session *b)
{
	const struct list_head *x, *y;

	if (a->id != b->id || a->name != b->name || a->group != b->group ||
	    a->node != b->node || a->inc != b->inc || a->port != b->port ||
	    a->since != b->since || a->uid != b->uid || a->gid != b->gid ||
	    a->reply_max != b->reply_max || a->expiry != b->expiry ||
	    a->flags != b->flags || a->next != b->next ||
	    a->acked != b->acked || (a->fin != b->fin && !a->client) ||
	    a->client != b->client || a->over != b->over)
		sim_fail("node %u has session %llu otherwise than others",
			 h->id, (unsigned long long)b->name);
	y = b->requests.next;
	for (x = a->requests.next; x != &a->requests && y != &b->requests;
	     x = x->next, y = y->next)
		compare_reply(h, a, list_entry(x, struct samr_request, link),
			      list_entry(y, struct samr_request, link));
	if (x != &a->requests || y != &b->requests)
		sim_fail("node %u: session %llu has more or fewer open requests",
			 h->id, (unsigned long long)a->name);
}

static void compare_group(const struct host *h, const struct samr_group *a,
			  const struct samr_group *b)
{
	const struct list_head *x, *y;

	if ((a ? a->sessions.count : 0) != (b ? b->sessions.count : 0))
		sim_fail("node %u has %u sessions, and others have %u", h->id,
			 b ? b->sessions.count : 0, a ? a->sessions.count : 0);
	if (!a || !b)
		return;
	if (a->sessions.promised != b->sessions.promised)
		sim_fail("node %u has promised another sum", h->id);
	y = b->sessions.sessions.next;
	for (x = a->sessions.sessions.next; x != &a->sessions.sessions;
	     x = x->next, y = y->next)
		compare_session(h, list_entry(x, struct samr_session, link),
				list_entry(y, struct samr_session, link));
}

/* What it says when it is asked is what its table holds. */
static void check_counts(const struct host *h, u32 id)
{
	const struct samr_group *g = samr_group_find(h->node, id);
	struct samr_session_info info;
	const struct samr_session *s;
	u32 sessions = 0, detached = 0;
	u64 requests = 0, promised = 0;

	samr_node_sessions(h->node, id, &info);
	if (g)
		list_for_each_entry(s, &g->sessions.sessions, link) {
			sessions++;
			detached += !s->node && !s->client;
			if (s->stream) {
				promised += samr_stream_promise(s);
				continue;
			}
			requests += s->next - s->acked - 1;
			if (s->client)
				promised += s->over ? 0 : SAMR_CALL_WINDOW *
					    ((u64)s->reply_max +
					     SAMR_REQUEST_COST);
			promised += (s->next - s->acked - 1) *
				    samr_session_promise(s);
		}
	if (info.sessions != sessions || info.detached != detached ||
	    info.requests != requests || info.promised != promised ||
	    info.replies > requests || info.reply_bytes > promised)
		sim_fail("node %u counts %u sessions of group %u, and has %u",
			 h->id, info.sessions, id, sessions);
}

/* Sessions of groups, which last as long as these. */
static u32 groups(const struct host *h)
{
	const struct samr_session *s;
	u32 count = 0;

	list_for_each_entry(s, &h->node->sessions.groups, mine)
		count++;
	return count;
}

u32 session_check_tables(struct session_check *k)
{
	struct host *h, *first = NULL;
	u32 id, count = 0;

	cluster_for_each(k->cluster, h) {
		if (k->cluster->witness & BIT_ULL(h->id))
			continue;
		first = first ?: h;
		if (h->node->rcv.delivered != first->node->rcv.delivered)
			continue;
		for (id = 1; id <= GROUPS_MOST; id++) {
			compare_group(h, samr_group_find(first->node, id),
				      samr_group_find(h->node, id));
			check_counts(h, id);
		}
		count = max(count, h->node->sessions.count - groups(h));
		if (!h->node->sessions.count && h->node->sessions.promised)
			sim_fail("node %u has promised %llu bytes to nobody",
				 h->id, (unsigned long long)
				 h->node->sessions.promised);
	}
	return count;
}

void session_check_init(struct session_check *k, struct cluster *c)
{
	memset(k, 0, sizeof(*k));
	k->cluster = c;
	k->watch.view = on_view;
	k->watch.deliver = on_deliver;
	k->watch.batch = on_batch;
	cluster_watch(c, &k->watch);
	marks_saw(on_saw, k);
}

void session_check_free(struct session_check *k)
{
	marks_saw(NULL, NULL);
	free(k->saw);
	chains_free(&k->place_at);
	chains_free(&k->truth_at);
	free(k->place);
	free(k->era);
	free(k->seen);
	free(k->truth);
	free(k->looked);
}
