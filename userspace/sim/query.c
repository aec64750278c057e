// SPDX-License-Identifier: GPL-2.0
/* Queries, see query.h. */
#include <stdlib.h>

#include "client.h"
#include "core/node.h"
#include "sim.h"

/* In front of the meaningless bytes of an answer. */
struct shown {
	u64 mark;
	u64 last;
	u64 epoch;
	u64 since;
};

/* That a member is about to give. */
struct query_answer {
	struct list_head list;
	u32 host;
	u64 inc;
	u32 group;
	u64 number;
	u64 want;
	struct shown shown;
	u64 at;
};

/* In front of the meaningless bytes of a query. */
struct question {
	u64 mark;
	u64 want;
};

/* Longer answers are fetched part by part, longer queries come in parts. */
#define ANSWER_MAX	200000
#define QUESTION_LONG	5000

/* No two answers have the same ones, not even two to one query, if they show more. */
static u8 filler(const struct shown *s)
{
	return (u8)(s->mark * 31 + s->last * 7 + s->since);
}

static u64 now(const struct clients *all)
{
	return all->cluster->queue.now;
}

static u64 *shown_to(struct clients *all, u32 group)
{
	u32 i;

	for (i = 0; i < QUERY_GROUPS; i++) {
		if (!all->queries.group[i].id)
			all->queries.group[i].id = group;
		if (all->queries.group[i].id == group)
			return &all->queries.group[i].shown;
	}
	sim_fail("more groups with clients than are looked at");
}

void queries_saw(struct client *c, u64 commit, u64 shown, u64 epoch)
{
	u64 *most = shown_to(c->all, c->group);

	c->query.seen = max(c->query.seen, commit);
	c->query.shown = max(c->query.shown, shown);
	/* What may be undone binds nobody, nor what heads of a former order still say. */
	if (!c->agreed && epoch >= c->all->queries.epoch)
		*most = max(*most, shown);
}

/* ---- members ---- */

void queries_asked(struct clients *all, struct host *h, const struct samr_msg *msg,
		   u64 last, u64 since)
{
	struct query_answer *a = sim_alloc(sizeof(*a));
	struct rng *r = &all->queries.rng;
	static u8 bytes[QUESTION_LONG + sizeof(struct question)];
	struct question asked;
	u32 i;

	if (msg->meta.len < sizeof(asked) || msg->meta.len > sizeof(bytes) ||
	    !samr_msg_read(msg, bytes, msg->meta.len))
		sim_fail("a query of %u bytes", msg->meta.len);
	memcpy(&asked, bytes, sizeof(asked));
	for (i = sizeof(asked); i < msg->meta.len; i++)
		if (bytes[i] != (u8)asked.mark)
			sim_fail("other bytes of a query than were sent");
	if (max(last, since) > msg->meta.gseq)
		sim_fail("node %u: a query overtakes what is at place %llu",
			 h->id, (unsigned long long)max(last, since));
	a->host = h->id;
	a->inc = h->inc;
	a->group = msg->meta.group;
	a->number = msg->meta.arg;
	a->want = asked.want;
	a->shown = (struct shown){
		.mark = asked.mark, .last = last, .since = since,
		.epoch = session_check_epoch(all->check, h, last),
	};
	a->at = now(all) + rng_below(r, rng_one_in(r, 10) ? 30 * SAMR_MSEC :
				     500 * SAMR_USEC);
	list_add_tail(&a->list, &all->queries.answers);
}

/* Return: it is done with. */
static bool hand_in(struct clients *all, const struct query_answer *a)
{
	struct host *h = cluster_host(all->cluster, a->host, a->inc);
	u32 len = (u32)(sizeof(a->shown) + a->want);
	struct samr_event ev = { .type = SAMR_EV_ANSWER };
	struct buffer *b;
	int err;

	if (!h)
		return true;
	if (now(all) < h->paused_until)
		return false;
	b = buffer_new(len);
	b->len = len;
	memset(b->bytes, filler(&a->shown), len);
	memcpy(b->bytes, &a->shown, sizeof(a->shown));
	ev.answer.group = a->group;
	ev.answer.query = a->number;
	ev.answer.upto = a->shown.last;
	ev.answer.len = len;
	ev.answer.payload = blob_of_buffer(b, 0, len);
	err = host_step(h, &ev);
	samr_blob_put(ev.answer.payload);
	buffer_put(b);
	host_flush(h);
	if (err && err != -ENOENT && err != -ENOMEM && err != -ENOTCONN)
		sim_fail("node %u answers %d to an answer", h->id, err);
	return err != -ENOMEM;
}

void queries_turn(struct clients *all)
{
	struct query_answer *a, *next;

	list_for_each_entry_safe(a, next, &all->queries.answers, list) {
		if (now(all) < a->at || !hand_in(all, a))
			continue;
		list_del(&a->list);
		free(a);
	}
}

/* ---- clients ---- */

bool queries_pending(const struct client *c)
{
	u32 i;

	for (i = 0; i < QUERY_SLOTS; i++)
		if (c->query.open[i].mark)
			return true;
	return false;
}

static void make(struct client *c, struct query_open *q)
{
	struct queries *all = &c->all->queries;
	struct rng *r = &all->rng;

	q->mark = ++all->marks;
	q->want = rng_below(r, rng_one_in(r, 12) ? 4000 : 100);
	if (rng_one_in(r, 200))
		q->want = rng_below(r, ANSWER_MAX);
	q->len = (u32)rng_below(r, rng_one_in(r, 12) ? QUESTION_LONG : 50);
	q->linear = rng_one_in(r, 2);
	q->need = q->linear ? *shown_to(c->all, c->group) : c->query.shown;
	q->sent = false;
	all->made++;
	all->linear += q->linear;
}

/* What a head has of a client that was there before, it forgets when that is known. */
static void clean(struct client *c)
{
	struct host *h = cluster_host(c->all->cluster, c->query.host, c->query.inc);
	struct samr_event ev = { .type = SAMR_EV_FORGET };

	if (h && now(c->all) < h->paused_until)
		return;
	c->query.host = 0;
	if (!h)
		return;
	ev.forget.group = c->group;
	ev.forget.port = c->port;
	host_step(h, &ev);
	host_flush(h);
}

static void send(struct client *c, struct query_open *q)
{
	struct host *h = cluster_host(c->all->cluster, c->host, c->inc);
	const struct question asked = { .mark = q->mark, .want = q->want };
	struct samr_event ev = { .type = SAMR_EV_QUERY };
	u32 len = (u32)sizeof(asked) + q->len;
	struct buffer *b = buffer_new(len);
	int err;

	b->len = len;
	memset(b->bytes, (u8)q->mark, len);
	memcpy(b->bytes, &asked, sizeof(asked));
	ev.query.group = c->group;
	ev.query.port = c->port;
	ev.query.uid = c->port;
	ev.query.len = len;
	ev.query.most = (u32)max(q->want + sizeof(struct shown), 5000ULL);
	ev.query.arg = q->mark;
	ev.query.seen = c->query.seen;
	ev.query.linear = q->linear;
	ev.query.payload = blob_of_buffer(b, 0, len);
	/* The answer may be there before this returns. */
	q->sent = true;
	err = host_step(h, &ev);
	samr_blob_put(ev.query.payload);
	buffer_put(b);
	if (err == -EHOSTUNREACH || err == -ENOTCONN) {
		c->all->queries.nobody++;
		q->mark = 0;
	} else if (err == -EAGAIN || err == -ENOMEM) {
		q->sent = false;
	} else if (err) {
		sim_fail("node %u answers %d to a query", h->id, err);
	}
	host_flush(h);
}

void queries_work(struct client *c)
{
	struct rng *r = &c->all->queries.rng;
	u32 i;

	if (c->query.host && (c->query.host == c->host || rng_one_in(r, 20)))
		clean(c);
	if (!c->host || !cluster_host(c->all->cluster, c->host, c->inc) || c->agreed ||
	    c->query.host == c->host)
		return;
	for (i = 0; i < QUERY_SLOTS; i++) {
		if (!c->query.open[i].mark && !c->all->calm &&
		    rng_one_in(r, 15))
			make(c, &c->query.open[i]);
		if (c->query.open[i].mark && !c->query.open[i].sent)
			send(c, &c->query.open[i]);
	}
}

void queries_moved(struct client *c)
{
	u32 i;

	/* A second head that it has left has died, or keeps what it keeps until then. */
	if (c->host && queries_pending(c)) {
		c->query.host = c->host;
		c->query.inc = c->inc;
	}
	for (i = 0; i < QUERY_SLOTS; i++) {
		c->all->queries.again += c->query.open[i].mark &&
					 c->query.open[i].sent;
		c->query.open[i].sent = false;
	}
}

void queries_over(struct client *c)
{
	queries_moved(c);
	memset(c->query.open, 0, sizeof(c->query.open));
	c->query.seen = 0;
	c->query.shown = 0;
}

void queries_formed(struct clients *all, u64 epoch)
{
	struct client *c;

	all->queries.epoch = epoch;
	memset(all->queries.group, 0, sizeof(all->queries.group));
	list_for_each_entry(c, &all->list, list) {
		memset(c->query.open, 0, sizeof(c->query.open));
		c->query.seen = 0;
		c->query.shown = 0;
	}
}

static void take(struct client *c, struct query_open *q, const struct samr_msg *msg)
{
	static u8 bytes[SAMR_LEN_MAX];
	struct shown s;
	u32 i;

	if (msg->meta.len != sizeof(s) + q->want ||
	    !samr_msg_read(msg, bytes, msg->meta.len))
		sim_fail("an answer of %u bytes", msg->meta.len);
	memcpy(&s, bytes, sizeof(s));
	if (s.mark != q->mark)
		sim_fail("a client gets the answer to another query");
	for (i = sizeof(s); i < msg->meta.len; i++)
		if (bytes[i] != filler(&s))
			sim_fail("a client gets parts of several answers");
	if (max(s.last, s.since) < q->need)
		sim_fail("%s answer shows what is up to place %llu, and %s had seen place %llu",
			 q->linear ? "a linearizable" : "an",
			 (unsigned long long)max(s.last, s.since),
			 q->linear ? "a client" : "its own client",
			 (unsigned long long)q->need);
	if (s.epoch >= c->all->queries.epoch)
		session_check_looked(c->all->check, s.last, s.epoch);
	queries_saw(c, msg->meta.gseq, s.last, s.epoch);
	c->all->queries.answered++;
}

static void told(struct client *c, const struct samr_msg *msg)
{
	struct query_open *q;
	u32 i;

	for (i = 0; i < QUERY_SLOTS; i++) {
		q = &c->query.open[i];
		if (!q->mark || q->mark != msg->meta.arg || !q->sent)
			continue;
		if (msg->result == SAMR_SES_REPLY)
			take(c, q, msg);
		else
			c->all->queries.nobody++;
		q->mark = 0;
	}
}

void queries_told(struct clients *all, struct host *h, const struct samr_msg *msg)
{
	struct client *c;

	list_for_each_entry(c, &all->list, list)
		if (c->port == msg->meta.port && c->group == msg->meta.group &&
		    c->host == h->id && c->inc == h->inc)
			told(c, msg);
}

void queries_init(struct clients *all, u64 seed)
{
	rng_init(&all->queries.rng, seed, 'q');
	INIT_LIST_HEAD(&all->queries.answers);
}

void queries_free(struct clients *all)
{
	struct query_answer *a, *next;

	list_for_each_entry_safe(a, next, &all->queries.answers, list)
		free(a);
}
