// SPDX-License-Identifier: GPL-2.0
/* Clients, see client.h. */
#include <stdio.h>
#include <stdlib.h>

#include "check_stream.h"
#include "client.h"
#include "core/state.h"
#include "sim.h"
#include "told.h"

#define TURN		(1 * SAMR_MSEC)

/* A reply that a member will give. */
struct answer {
	struct list_head list;
	u32 host;
	u64 inc;
	u32 group;
	u32 port;
	u64 name;
	u64 number;
	u64 want;
	struct session_shown shown;
	u32 value;
	u64 at;
};

static const char *const state_name[] = {
	"has no session", "opens one", "attaches", "has one", "closes it",
};

static u64 now(const struct clients *all)
{
	return all->cluster->queue.now;
}

/* ---- members that answer ---- */

void clients_answer(struct clients *all, struct host *h, u32 group, u32 port,
		    const struct service_request *r, u64 last, u64 digest)
{
	struct answer *a = sim_alloc(sizeof(*a));

	a->host = h->id;
	a->inc = h->inc;
	a->group = group;
	a->port = port;
	a->name = r->name;
	a->number = r->number;
	a->want = r->want;
	a->shown = (struct session_shown){
		.mark = r->mark, .place = r->place, .epoch = r->epoch,
		.last = last, .digest = digest,
		.last_epoch = session_check_epoch(all->check, h, last),
	};
	session_check_made(all->check, &a->shown);
	a->value = digest_check_value(&all->digests, h,
				      (u32)rng_mix(r->mark ^ digest));
	a->at = now(all) + rng_below(&all->rng, rng_one_in(&all->rng, 10) ?
				     30 * SAMR_MSEC : SAMR_MSEC);
	list_add_tail(&a->list, &all->answers);
}

/* Bytes @from .. @len: eight at a time, which all follow from @mark. */
static void fill(u8 *bytes, size_t from, size_t len, u64 mark)
{
	u64 word = mark;

	for (; from < len; from += sizeof(word)) {
		word = word * 0x9fb21c651e98df25ULL + 1;
		memcpy(bytes + from, &word, min(len - from, sizeof(word)));
	}
}

/* Return: it is done with. */
static bool hand_in(struct clients *all, struct answer *a)
{
	struct host *h = cluster_host(all->cluster, a->host, a->inc);
	u32 len = (u32)(sizeof(a->shown) + a->want);
	struct samr_event ev = { .type = SAMR_EV_REPLY };
	struct buffer *b;
	int err;

	if (!h)
		return true;
	if (now(all) < h->paused_until)
		return false;
	b = buffer_new(len);
	b->len = len;
	memcpy(b->bytes, &a->shown, sizeof(a->shown));
	fill(b->bytes, sizeof(a->shown), len, a->shown.mark);
	ev.reply.group = a->group;
	ev.reply.session = a->name;
	ev.reply.request = a->number;
	ev.reply.upto = a->shown.last;
	ev.reply.len = len;
	ev.reply.payload = blob_of_buffer(b, 0, len);
	ev.reply.port = a->port;
	ev.reply.digested = true;
	ev.reply.digest = a->value;
	err = host_step(h, &ev);
	if (err != -ENOMEM)
		digest_check_given(&all->digests, h, a->group, a->port, a->name,
				   a->number, a->shown.place, a->value);
	samr_blob_put(ev.reply.payload);
	buffer_put(b);
	host_flush(h);
	if (err && err != -ENOENT && err != -ENOMEM && err != -ENOTCONN)
		sim_fail("node %u answers %d to a reply to request %llu of %llu",
			 h->id, err, (unsigned long long)a->number,
			 (unsigned long long)a->name);
	return err != -ENOMEM;
}

bool clients_answered(struct clients *all, struct host *h, u32 group, u32 port)
{
	struct answer *a, *next;

	list_for_each_entry_safe(a, next, &all->answers, list) {
		if (a->host != h->id || a->inc != h->inc ||
		    a->group != group || a->port != port)
			continue;
		if (!hand_in(all, a))
			return false;
		list_del(&a->list);
		free(a);
	}
	return true;
}

/* ---- clients ---- */

static void forget(struct client *c)
{
	queries_over(c);
	c->state = CLIENT_NEW;
	c->host = 0;
	c->turn++;
	c->asked = false;
}

/* Its session is gone: what it has not heard of has an unknown outcome. */
static void lose(struct client *c)
{
	c->all->lost++;
	c->all->unknown += c->next - 1 - c->acked;
	forget(c);
}

/* No stream's. */
static u64 draw_id(struct client *c)
{
	return (rng_u64(&c->all->rng) | STREAM_ID_BITS) ^ 2;
}

static void drop_host(struct client *c)
{
	queries_moved(c);
	c->host = 0;
	c->turn++;
	c->asked = false;
	if (c->state == CLIENT_OPEN || c->state == CLIENT_CLOSING)
		c->state = CLIENT_ATTACHING;
	/* An OPEN whose fate is not known may still come: never the same again. */
	if (c->state == CLIENT_OPENING)
		c->id = draw_id(c);
}

static void send_session(struct client *c, u8 op)
{
	struct host *h = cluster_host(c->all->cluster, c->host, c->inc);
	struct samr_session_payload p = {
		.op = op, .id = cpu_to_be64(c->id),
		.acked = op == SAMR_SESSION_OPEN || op == SAMR_SESSION_DETACH ?
			 0 : cpu_to_be64(c->acked),
	};
	struct samr_submit s = {
		.group = c->group, .port = c->port, .kind = SAMR_KIND_SESSION,
		.uid = c->port, .len = sizeof(p),
	};

	if (op == SAMR_SESSION_OPEN) {
		p.reply_max = cpu_to_be32(c->reply_max);
		p.expiry = cpu_to_be32((u32)rng_range(&c->all->rng, 200, 2500));
		p.flags = (c->unordered ? SAMR_SESSION_UNORDERED : 0) |
			  (c->agreed ? SAMR_SESSION_AGREED : 0);
	}
	/* It may be there before this returns. */
	c->asked = true;
	if (c->all->send(c->all, c, h, &s, (const u8 *)&p))
		c->asked = false;
	else if (op == SAMR_SESSION_ACK)
		c->told = c->acked;
}

static struct client_request *open_of(struct client *c, u64 number)
{
	return &c->open[number % CLIENT_WINDOW];
}

static bool send_request(struct client *c, u64 number)
{
	struct host *h = cluster_host(c->all->cluster, c->host, c->inc);
	const struct client_request *r = open_of(c, number);
	static u8 bytes[SAMR_LEN_MAX];
	struct samr_request_payload p = { .id = cpu_to_be64(c->id),
					  .acked = cpu_to_be64(c->acked) };
	struct samr_submit s = {
		.group = c->group, .port = c->port, .kind = SAMR_KIND_REQUEST,
		.uid = c->port, .arg = number,
		.len = (u32)sizeof(p) + 16 + r->len,
		.flags = (r->mark % 7 ? 0 : SAMR_MSG_SAFE) |
			 (c->agreed ? SAMR_MSG_EARLY : 0),
	};

	memcpy(bytes, &p, sizeof(p));
	memcpy(bytes + sizeof(p), &r->mark, 8);
	memcpy(bytes + sizeof(p) + 8, &r->want, 8);
	fill(bytes, sizeof(p) + 16, s.len, r->mark);
	c->told = c->acked;
	return !c->all->send(c->all, c, h, &s, bytes);
}

static void make_request(struct client *c)
{
	struct rng *r = &c->all->rng;
	struct client_request *q = open_of(c, c->next++);
	u32 most = c->reply_max - (u32)sizeof(struct session_shown);

	q->mark = ++c->all->marks;
	q->want = rng_below(r, min(most, rng_one_in(r, 12) ? 9000u : 200u) + 1);
	if (rng_one_in(r, 150))
		q->want = rng_below(r, most + 1);
	q->len = (u32)rng_below(r, rng_one_in(r, 12) ? 6000 : 100);
	c->all->requests++;
}

static void begin(struct client *c)
{
	struct rng *r = &c->all->rng;

	if (c->all->calm)
		return;
	c->id = draw_id(c);
	c->next = 1;
	c->send = 1;
	c->acked = 0;
	c->told = 0;
	c->got = 0;
	c->unordered = rng_one_in(r, 3);
	c->agreed = (c->id >> 8) % 4 == 0;
	c->reply_max = !c->all->steady && rng_one_in(r, 4) ? 200000 : 10000;
	c->state = CLIENT_OPENING;
	c->all->sessions++;
}

static void choose(struct client *c)
{
	struct clients *all = c->all;
	u32 k = (u32)rng_below(&all->rng, NET_NODES), i;
	struct host *h;

	for (i = 0; i < NET_NODES; i++, k = (k + 1) % NET_NODES) {
		h = all->cluster->host[k];
		if (!h || samr_node_out(h->node) || !all->usable(all, h))
			continue;
		c->host = k;
		c->inc = h->inc;
		all->moves++;
		return;
	}
}

/* What it does that others do not expect. */
static bool misbehave(struct client *c)
{
	struct rng *r = &c->all->rng;

	if (c->all->calm || !rng_one_in(r, 250))
		return false;
	switch (rng_range(r, c->all->steady ? 2 : 0, 3)) {
	case 0:
		/* Without a word. */
		forget(c);
		break;
	case 1:
		if (c->state == CLIENT_OPEN)
			send_session(c, SAMR_SESSION_DETACH);
		drop_host(c);
		c->at = now(c->all) + rng_below(r, 1500 * SAMR_MSEC);
		break;
	case 2:
		/* What it has sent is sent again, though nobody asked for it. */
		c->all->again++;
		c->send = c->acked + 1;
		break;
	default:
		drop_host(c);
	}
	return true;
}

/*
 * An ATTACH that it has given up may have its place behind a newer one: then the session
 * is at a head that it does not talk to. Whoever only waits has to ask, to hear that.
 */
static bool in_doubt(struct client *c)
{
	return c->all->calm && c->send == c->next && c->next > c->acked + 1 &&
	       rng_one_in(&c->all->rng, 500);
}

static void work(struct client *c)
{
	struct rng *r = &c->all->rng;
	bool empty = c->next == c->acked + 1;

	if (!c->all->calm && rng_one_in(r, 4))
		while (c->next - c->acked <= CLIENT_WINDOW && rng_one_in(r, 2))
			make_request(c);
	while (c->send < c->next && c->state == CLIENT_OPEN &&
	       send_request(c, c->send))
		c->send++;
	if (c->asked || c->state != CLIENT_OPEN)
		return;
	if ((c->acked > c->told && c->send == c->next && rng_one_in(r, 20)) ||
	    in_doubt(c))
		send_session(c, SAMR_SESSION_ACK);
	else if (empty && !queries_pending(c) && (c->all->calm || rng_one_in(r, 200)))
		c->state = CLIENT_CLOSING;
}

/* Where no head loses a client, none may wait for one that never comes. */
static bool may_leave(const struct client *c)
{
	return !c->all->steady || c->state != CLIENT_OPENING;
}

/* A head that stands still is left at last. */
static bool gives_up(struct client *c)
{
	if (!c->asked || !rng_one_in(&c->all->rng, 1500))
		return false;
	drop_host(c);
	return true;
}

static void act(struct client *c)
{
	if (now(c->all) < c->at && !c->all->calm)
		return;
	if (c->state == CLIENT_NEW)
		begin(c);
	if (c->state == CLIENT_NEW)
		return;
	if (c->host && !cluster_host(c->all->cluster, c->host, c->inc))
		drop_host(c);
	if (!c->host)
		choose(c);
	if (!c->host || (may_leave(c) && (misbehave(c) || gives_up(c))))
		return;
	if (c->state == CLIENT_OPEN || c->state == CLIENT_ATTACHING)
		queries_work(c);
	if (!c->host || c->state == CLIENT_NEW)
		return;
	if (c->state == CLIENT_OPEN)
		work(c);
	else if (!c->asked)
		send_session(c, c->state == CLIENT_OPENING ? SAMR_SESSION_OPEN :
				c->state == CLIENT_CLOSING ?
				SAMR_SESSION_CLOSE : SAMR_SESSION_ATTACH);
}

/* ---- access heads ---- */

/* At a client node: whether that is one of this head's the head itself looks after. */
static bool is_far(const struct clients *all, const struct client *c)
{
	const struct host *h = c->host ? all->cluster->host[c->host] : NULL;

	return h && h->far;
}

static bool is_there(const struct clients *all, const struct host *h,
		     const struct samr_session *s)
{
	const struct client *c;

	list_for_each_entry(c, &all->list, list)
		if (c->state != CLIENT_NEW && c->id == s->id &&
		    (s->port & SAMR_PORT_FAR ? is_far(all, c) :
		     c->host == h->id && c->inc == h->inc))
			return true;
	return false;
}

/* A head finds out, sooner or later, that a client does not talk to it any more. */
static void detach_one(struct clients *all, struct host *h)
{
	struct samr_session_payload p = { .op = SAMR_SESSION_DETACH };
	struct samr_submit what = {
		.kind = SAMR_KIND_SESSION, .len = sizeof(p),
	};
	struct samr_session *s;

	list_for_each_entry(s, &h->node->sessions.mine, mine) {
		if (is_there(all, h, s))
			continue;
		p.id = cpu_to_be64(s->id);
		what.group = s->group;
		what.port = s->port;
		all->send(all, NULL, h, &what, (const u8 *)&p);
		return;
	}
}

static void watch_clients(struct clients *all)
{
	struct host *h;

	cluster_for_each(all->cluster, h)
		if (now(all) >= h->paused_until && !samr_node_out(h->node) &&
		    rng_one_in(&all->rng, 30))
			detach_one(all, h);
}

static void on_turn(struct timer *t)
{
	struct clients *all = container_of(t, struct clients, turn);
	struct answer *a, *next;
	struct client *c;
	struct host *h;

	list_for_each_entry_safe(a, next, &all->answers, list) {
		if (now(all) < a->at || !hand_in(all, a))
			continue;
		list_del(&a->list);
		free(a);
	}
	queries_turn(all);
	list_for_each_entry(c, &all->list, list) {
		h = c->host ? all->cluster->host[c->host] : NULL;
		if (!h || now(all) >= h->paused_until)
			act(c);
		else if (may_leave(c) && rng_one_in(&all->rng, 300))
			drop_host(c);
	}
	if (!all->steady)
		watch_clients(all);
	queue_set(&all->cluster->queue, t, now(all) + TURN * (all->calm ? 1 : all->pace));
}

/* Number of the last request that it has a reply to. */
static u64 highest(const struct client *c)
{
	return c->acked + (c->got ? 64 - (u64)__builtin_clzll(c->got) : 0);
}

static void opened(struct client *c, const struct samr_msg *msg, u8 op)
{
	if (c->name != msg->session && op == SAMR_SESSION_ATTACH)
		sim_fail("a session has another name than before");
	/* What it has seen was undone: it can not go on from there. */
	if (msg->next <= highest(c)) {
		if (!c->agreed)
			sim_fail("a client has replies to requests that are no more");
		lose(c);
		return;
	}
	c->name = msg->session;
	c->state = CLIENT_OPEN;
	c->send = max(c->acked + 1, min(msg->next, c->next));
}

static void told(struct client *c, const struct samr_msg *msg, u8 op)
{
	c->asked = false;
	switch (told_of_session(msg, op)) {
	case TOLD_OPEN:
		opened(c, msg, op);
		break;
	case TOLD_OVER:
		forget(c);
		break;
	case TOLD_LOST:
		lose(c);
		break;
	case TOLD_MOVED:
		drop_host(c);
		break;
	case TOLD_FULL:
		c->at = now(c->all) + 50 * SAMR_MSEC;
		break;
	case TOLD_NOTHING:
		break;
	}
}

void client_told(struct client *c, u64 turn, const struct samr_submit *s,
		 const struct samr_msg *msg)
{
	const struct samr_session_payload *p;

	if (turn != c->turn)
		return;
	if (!msg->meta.gseq) {
		if (s->kind == SAMR_KIND_SESSION)
			drop_host(c);
		return;
	}
	if (s->kind == SAMR_KIND_SESSION) {
		p = (const void *)blob_bytes(msg->pieces[0].blob);
		told(c, msg, p->op);
		return;
	}
	switch (msg->result) {
	case SAMR_SES_ORDERED:
	case SAMR_SES_REPEATED:
		break;
	case SAMR_SES_AHEAD:
	case SAMR_SES_FULL:
		c->send = min(c->send, max(c->acked + 1, msg->next));
		break;
	case SAMR_SES_FOREIGN:
		drop_host(c);
		break;
	case SAMR_SES_GONE:
		lose(c);
		break;
	default:
		sim_fail("request answered by %u", msg->result);
	}
}

static void take_reply(struct client *c, const struct samr_msg *msg)
{
	const struct client_request *r = open_of(c, msg->meta.arg);
	static u8 bytes[SAMR_LEN_MAX], want[SAMR_LEN_MAX];
	struct session_shown s;

	if (msg->meta.len < sizeof(s) ||
	    !samr_msg_read(msg, bytes, msg->meta.len))
		sim_fail("a reply of %u bytes", msg->meta.len);
	memcpy(&s, bytes, sizeof(s));
	memcpy(want, bytes, sizeof(s));
	fill(want, sizeof(s), msg->meta.len, s.mark);
	if (s.mark != r->mark || msg->meta.len != sizeof(s) + r->want ||
	    memcmp(want, bytes, msg->meta.len))
		sim_fail("a client gets the reply to another request, or other bytes");
	session_check_seen(c->all->check, &s, c->agreed);
	queries_saw(c, msg->meta.gseq, s.last, s.last_epoch);
	c->all->replies++;
}

static void reply(struct client *c, const struct samr_msg *msg)
{
	u64 number = msg->meta.arg;

	if (msg->result == SAMR_SES_ENDED) {
		lose(c);
		return;
	}
	if (number >= c->next)
		sim_fail("a client gets a reply to what it never asked");
	if (number <= c->acked || c->got & BIT_ULL(number - c->acked - 1))
		return;
	if (!c->unordered && number != c->acked + 1)
		sim_fail("a client gets the reply to request %llu after that to %llu",
			 (unsigned long long)number,
			 (unsigned long long)c->acked);
	if (msg->result == SAMR_SES_REPLY)
		take_reply(c, msg);
	else
		c->all->unknown++;
	c->got |= BIT_ULL(number - c->acked - 1);
	while (c->got & 1) {
		c->got >>= 1;
		c->acked++;
	}
	c->send = max(c->send, c->acked + 1);
}

void clients_reply(struct clients *all, struct host *h,
		   const struct samr_msg *msg)
{
	struct client *c;

	list_for_each_entry(c, &all->list, list) {
		if (c->port != msg->meta.port || c->host != h->id ||
		    c->inc != h->inc || c->name != msg->session ||
		    (c->state != CLIENT_OPEN && c->state != CLIENT_CLOSING))
			continue;
		/* Lost on the way, and then the connection is. */
		if (!all->calm && rng_one_in(&all->rng, 300))
			drop_host(c);
		else
			reply(c, msg);
	}
}

void clients_lost(struct clients *all, const struct host *h)
{
	struct client *c;

	list_for_each_entry(c, &all->list, list)
		if (c->host == h->id && c->inc == h->inc)
			drop_host(c);
}

bool clients_idle(const struct clients *all)
{
	const struct client *c;

	list_for_each_entry(c, &all->list, list)
		if (c->state != CLIENT_NEW)
			return false;
	return true;
}

bool clients_done(const struct clients *all)
{
	return clients_idle(all) && digest_check_done(&all->digests) &&
	       !session_check_tables(all->check);
}

const char *clients_text(const struct clients *all)
{
	static char text[256];

	snprintf(text, sizeof(text),
		 "%llu sessions, %llu attached, %llu requests, %llu executed, %llu refused, %llu replies, %llu unknown, %llu lost; %llu queries, %llu answered",
		 (unsigned long long)all->sessions,
		 (unsigned long long)all->moves,
		 (unsigned long long)all->requests,
		 (unsigned long long)all->check->executed,
		 (unsigned long long)all->check->refused,
		 (unsigned long long)all->replies,
		 (unsigned long long)all->unknown,
		 (unsigned long long)all->lost,
		 (unsigned long long)all->queries.made,
		 (unsigned long long)all->queries.answered);
	return text;
}

void clients_stuck(const struct clients *all)
{
	const struct client *c;

	list_for_each_entry(c, &all->list, list)
		if (c->state != CLIENT_NEW)
			fprintf(stderr, "client %u of group %u %s at node %u%s: replies up to %llu, sent up to %llu, made up to %llu, session %llu\n",
				c->port, c->group, state_name[c->state],
				c->host, c->asked ? ", has asked" : "",
				(unsigned long long)c->acked,
				(unsigned long long)c->send - 1,
				(unsigned long long)c->next - 1,
				(unsigned long long)c->name);
	list_for_each_entry(c, &all->list, list)
		if (queries_pending(c))
			fprintf(stderr, "client %u waits for answers to queries\n",
				c->port);
	fprintf(stderr, "%u sessions are left\n",
		session_check_tables(all->check));
}

struct client *client_new(struct clients *all, u32 group, u32 port)
{
	struct client *c = sim_alloc(sizeof(*c));

	c->all = all;
	c->group = group;
	c->port = port;
	c->at = now(all) + rng_below(&all->rng, 1000 * SAMR_MSEC);
	list_add_tail(&c->list, &all->list);
	return c;
}

void clients_init(struct clients *all, struct cluster *c,
		  struct session_check *k, u64 seed)
{
	memset(all, 0, sizeof(*all));
	all->cluster = c;
	all->check = k;
	rng_init(&all->rng, seed, 'k');
	INIT_LIST_HEAD(&all->list);
	INIT_LIST_HEAD(&all->answers);
	queries_init(all, seed);
	all->pace = 1;
	digest_check_init(&all->digests, c, seed);
	all->turn.fire = on_turn;
	queue_set(&c->queue, &all->turn, TURN);
}

void clients_free(struct clients *all)
{
	struct answer *a, *na;
	struct client *c, *nc;

	queue_cancel(&all->cluster->queue, &all->turn);
	list_for_each_entry_safe(a, na, &all->answers, list)
		free(a);
	queries_free(all);
	digest_check_free(&all->digests);
	list_for_each_entry_safe(c, nc, &all->list, list)
		free(c);
}
