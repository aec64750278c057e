// SPDX-License-Identifier: GPL-2.0
/* Streams, see stream.h. */
#include <stdio.h>
#include <stdlib.h>

#include "core/state.h"
#include "core/stream.h"
#include "sim.h"
#include "stream_member.h"
#include "told.h"

#define TURN		(1 * SAMR_MSEC)
#define MOST_BYTES	3000

static const char *const state_name[] = {
	"has no stream", "opens one", "attaches", "has one", "closes it",
};

static u64 now(const struct streams *all)
{
	return all->cluster->queue.now;
}

/* ---- clients ---- */

static void forget(struct stream_client *c)
{
	c->state = STREAM_NEW;
	c->host = 0;
	c->turn++;
	c->asked = false;
}

static void lose(struct stream_client *c)
{
	c->all->lost++;
	forget(c);
}

static void draw_id(struct stream_client *c)
{
	c->id = rng_u64(&c->all->rng) | STREAM_ID_BITS;
}

static void drop_host(struct stream_client *c)
{
	c->host = 0;
	c->turn++;
	c->asked = false;
	if (c->state == STREAM_OPEN || c->state == STREAM_CLOSING)
		c->state = STREAM_ATTACHING;
	/* An OPEN whose fate is not known may still come: never the same again. */
	if (c->state == STREAM_OPENING)
		draw_id(c);
}

static void send_session(struct stream_client *c, u8 kind, u8 op)
{
	struct host *h = cluster_host(c->all->cluster, c->host, c->inc);
	struct samr_session_payload p = {
		.op = op, .id = cpu_to_be64(c->id),
		.acked = op == SAMR_SESSION_OPEN ? 0 : cpu_to_be64(c->read),
	};
	struct samr_submit s = {
		.group = c->group, .port = c->port, .kind = kind,
		.uid = c->port, .len = sizeof(p),
	};

	if (op == SAMR_SESSION_OPEN) {
		p.reply_max = cpu_to_be32(c->window);
		p.expiry = cpu_to_be32((u32)rng_range(&c->all->rng, 200, 2500));
		p.flags = SAMR_SESSION_STREAM;
	}
	/* It may be there before this returns. */
	c->asked = true;
	if (op == SAMR_SESSION_ACK || op == SAMR_SESSION_ATTACH)
		c->told = c->read;
	if (c->all->send(c->all, c, h, &s, (const u8 *)&p))
		c->asked = false;
}

/* The next bytes, or the end, or both. Return: whether they were taken. */
static bool send_segment(struct stream_client *c)
{
	struct host *h = cluster_host(c->all->cluster, c->host, c->inc);
	struct rng *r = &c->all->rng;
	struct samr_request_payload p = { .id = cpu_to_be64(c->id),
					  .acked = cpu_to_be64(c->read) };
	u8 bytes[sizeof(p) + SEGMENT_MOST];
	u64 left = c->total + 1 - c->send, turn = c->turn;
	u32 len = (u32)min(left, rng_range(r, 1, min_t(u32, SEGMENT_MOST,
						       c->window)));
	struct samr_submit s = {
		.group = c->group, .port = c->port, .kind = SAMR_KIND_REQUEST,
		.uid = c->port, .arg = c->send,
	};

	/* The end takes a number, too. */
	if (len == left && (!len || (len < c->window && rng_one_in(r, 2))))
		s.flags = SAMR_MSG_FIN;
	s.len = (u32)sizeof(p) + len;
	memcpy(bytes, &p, sizeof(p));
	stream_bytes(c->id, false, c->send, bytes + sizeof(p), len);
	c->told = c->read;
	c->most = max(c->most, c->send + len - !s.flags);
	c->send += len + !!s.flags;
	if (!c->all->send(c->all, c, h, &s, bytes))
		return true;
	if (turn == c->turn)
		c->send = s.arg;
	return false;
}

static void begin(struct stream_client *c)
{
	struct rng *r = &c->all->rng;

	if (c->all->calm)
		return;
	draw_id(c);
	c->window = (u32)rng_range(r, 200, rng_one_in(r, 4) ? 8000 : 1500);
	c->total = rng_below(r, MOST_BYTES);
	c->send = 1;
	c->most = 0;
	c->got = 0;
	c->read = 0;
	c->told = 0;
	c->end = SAMR_END_NONE;
	c->state = STREAM_OPENING;
}

static void choose(struct stream_client *c)
{
	struct streams *all = c->all;
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

/* What a service does not expect. */
static bool misbehave(struct stream_client *c)
{
	struct rng *r = &c->all->rng;

	if (c->all->calm || !rng_one_in(r, 400))
		return false;
	switch (rng_below(r, 5)) {
	case 0:
		/* Without a word. */
		forget(c);
		break;
	case 1:
		if (c->state != STREAM_OPEN)
			return false;
		c->all->aborted++;
		c->state = STREAM_CLOSING;
		break;
	case 2:
		/* What it has sent is sent again, though nobody asked for it. */
		if (c->send > 1)
			c->send -= rng_below(r, c->send);
		break;
	case 3:
		c->at = now(c->all) + rng_below(r, 300 * SAMR_MSEC);
		break;
	default:
		drop_host(c);
	}
	return true;
}

/* All is said and heard, or the service has given up. */
static bool is_over(const struct stream_client *c)
{
	return c->end && c->read == c->got &&
	       (c->end == SAMR_END_RESET || c->send > c->total + 1);
}

static void work(struct stream_client *c)
{
	struct rng *r = &c->all->rng;
	u64 unread = c->got - c->read;

	if (unread && (c->all->calm || rng_one_in(r, 4)))
		c->read += rng_below(r, unread) + 1;
	if (c->end != SAMR_END_RESET && rng_one_in(r, 2))
		while (c->send <= c->total + 1 && c->state == STREAM_OPEN &&
		       send_segment(c) && rng_one_in(r, 2))
			;
	if (c->asked || c->state != STREAM_OPEN)
		return;
	if (is_over(c))
		c->state = STREAM_CLOSING;
	else if (c->read > c->told && (c->read - c->told >= c->window / 2 ||
				       rng_one_in(r, 20)))
		send_session(c, SAMR_KIND_SESSION, SAMR_SESSION_ACK);
	else if (rng_one_in(r, 500))
		/* It may be at a head that it does not talk to. */
		send_session(c, SAMR_KIND_SESSION, SAMR_SESSION_ACK);
}

static void act(struct stream_client *c)
{
	if (now(c->all) < c->at && !c->all->calm)
		return;
	if (c->state == STREAM_NEW && rng_one_in(&c->all->rng, 20))
		begin(c);
	if (c->state == STREAM_NEW)
		return;
	if (c->host && !cluster_host(c->all->cluster, c->host, c->inc))
		drop_host(c);
	if (!c->host)
		choose(c);
	if (!c->host || misbehave(c))
		return;
	if (c->asked && rng_one_in(&c->all->rng, 1500)) {
		drop_host(c);
		return;
	}
	if (c->state == STREAM_OPEN)
		work(c);
	else if (!c->asked && c->state == STREAM_ATTACHING)
		send_session(c, SAMR_KIND_SESSION, SAMR_SESSION_ATTACH);
	else if (!c->asked)
		send_session(c, SAMR_KIND_STREAM, c->state == STREAM_OPENING ?
			     SAMR_SESSION_OPEN : SAMR_SESSION_CLOSE);
}

/* What it has seen must follow from what the order has, and always will. */
static void attached(struct stream_client *c, const struct samr_msg *msg)
{
	u64 have = msg->next - 1, count = min(have, c->total);
	struct stream_made m = stream_made(c->id, count, have > c->total);

	if (have > c->most)
		sim_fail("stream %llu has more input than was sent",
			 (unsigned long long)msg->session);
	if (c->got > m.bytes + !!m.end)
		sim_fail("a client has output up to %llu of stream %llu, whose input goes up to %llu",
			 (unsigned long long)c->got,
			 (unsigned long long)msg->session,
			 (unsigned long long)have);
	c->name = msg->session;
	c->state = STREAM_OPEN;
	c->send = msg->next;
	c->from = 0;
}

static void told(struct stream_client *c, const struct samr_msg *msg, u8 op)
{
	c->asked = false;
	switch (told_of_session(msg, op)) {
	case TOLD_OPEN:
		c->all->opened += op == SAMR_SESSION_OPEN;
		attached(c, msg);
		break;
	case TOLD_OVER:
		c->all->ended += msg->result == SAMR_SES_DONE && is_over(c);
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

void streams_lost(struct streams *all, const struct host *h)
{
	struct stream_client *c;

	list_for_each_entry(c, &all->list, list)
		if (c->host == h->id && c->inc == h->inc)
			drop_host(c);
}

void streams_told(struct stream_client *c, u64 turn, const struct samr_submit *s,
		  const struct samr_msg *msg)
{
	const struct samr_session_payload *p;

	if (turn != c->turn)
		return;
	if (!msg->meta.gseq) {
		if (s->kind != SAMR_KIND_REQUEST)
			drop_host(c);
		return;
	}
	if (s->kind != SAMR_KIND_REQUEST) {
		p = (const void *)blob_bytes(msg->pieces[0].blob);
		told(c, msg, p->op);
		return;
	}
	switch (msg->result) {
	case SAMR_SES_ORDERED:
		break;
	case SAMR_SES_REPEATED:
		/* It may have been cut otherwise, and the rest of it is not there. */
	case SAMR_SES_AHEAD:
		c->send = min(c->send, msg->next);
		break;
	case SAMR_SES_FOREIGN:
		drop_host(c);
		break;
	case SAMR_SES_GONE:
		/* Behind the end: it sends again what it had sent. */
		if (!msg->session)
			lose(c);
		break;
	default:
		sim_fail("a segment is answered by %u", msg->result);
	}
}

static u8 end_of(u8 result)
{
	return result == SAMR_SES_SHUT ? SAMR_END_SHUT :
	       result == SAMR_SES_CLOSED ? SAMR_END_CLOSED :
	       result == SAMR_SES_RESET ? SAMR_END_RESET : SAMR_END_NONE;
}

/* The end has the kind, and the number, that the input asks for. */
static void take_end(struct stream_client *c, const struct samr_msg *msg)
{
	struct stream_made m = stream_made(c->id, min(c->most, c->total),
					   c->most > c->total);

	if (c->end)
		return;
	c->end = end_of(msg->result);
	if (c->end != m.end || msg->meta.arg != m.bytes + 1)
		sim_fail("stream %llu ends by %u at %llu, and not by %u at %llu",
			 (unsigned long long)c->name, c->end,
			 (unsigned long long)msg->meta.arg, m.end,
			 (unsigned long long)m.bytes + 1);
	c->got = msg->meta.arg;
}

static void output(struct stream_client *c, const struct samr_msg *msg)
{
	u64 number = msg->meta.arg, last = number + msg->meta.len - 1;
	struct stream_made m = stream_made(c->id, min(c->most, c->total),
					   c->most > c->total);

	if (msg->result == SAMR_SES_ENDED) {
		lose(c);
		return;
	}
	/* What it has said that it has may be left out. */
	if (number > c->got + 1 || number < c->from ||
	    (number > c->from && c->from && number > c->told + 1))
		sim_fail("a client has byte %llu of stream %llu behind byte %llu",
			 (unsigned long long)number,
			 (unsigned long long)c->name,
			 (unsigned long long)(c->from ? c->from - 1 : c->got));
	if (end_of(msg->result)) {
		c->from = number + 1;
		take_end(c, msg);
		return;
	}
	if (msg->result != SAMR_SES_OUTPUT || !msg->meta.len)
		sim_fail("a client is given %u of stream %llu", msg->result,
			 (unsigned long long)c->name);
	stream_check_bytes(c->id, true, number, msg, 0);
	if (last > m.bytes)
		sim_fail("a client has byte %llu of stream %llu, which nothing asked for",
			 (unsigned long long)last,
			 (unsigned long long)c->name);
	c->from = last + 1;
	c->got = max(c->got, last);
	/* The end, which may have come before, takes a number and no room. */
	if (last > c->read + c->window)
		sim_fail("a client is given more than the window of stream %llu",
			 (unsigned long long)c->name);
}

static void give(struct streams *all, struct host *h, const struct samr_msg *msg)
{
	struct stream_client *c;

	list_for_each_entry(c, &all->list, list) {
		if (c->port != msg->meta.port || c->host != h->id ||
		    c->inc != h->inc || c->name != msg->session ||
		    (c->state != STREAM_OPEN && c->state != STREAM_CLOSING))
			continue;
		/* Lost on the way, and then the connection is. */
		if (!all->calm && rng_one_in(&all->rng, 300))
			drop_host(c);
		else
			output(c, msg);
	}
}

void streams_deliver(struct streams *all, struct host *h,
		     const struct samr_msg *msg)
{
	struct samr_session_payload p;

	if (!msg->meta.gseq || msg->meta.group != all->group || msg->refused)
		return;
	switch (msg->meta.kind) {
	case SAMR_KIND_REPLY:
		give(all, h, msg);
		break;
	case SAMR_KIND_REQUEST:
		stream_members_take(all, h, msg);
		break;
	case SAMR_KIND_SESSION:
	case SAMR_KIND_REPLIES:
		if (msg->result == SAMR_SES_CUT)
			stream_members_cut(all, h, msg->session);
		break;
	case SAMR_KIND_SNAPSHOT:
		if (msg->transfer && msg->transfer->id == msg->meta.gseq &&
		    !(msg->meta.flags & SAMR_MSG_KEEP))
			stream_members_cut_all(all, h);
		break;
	case SAMR_KIND_STREAM:
		if (!samr_msg_read(msg, (u8 *)&p, sizeof(p)))
			sim_fail("a STREAM of %u bytes", msg->meta.len);
		if (p.op == SAMR_SESSION_OPEN)
			stream_members_accept(all, h, msg, &p);
		else
			stream_members_cut(all, h, msg->session);
		break;
	}
}

/* ---- all ---- */

/* At a client node, see client.c. */
static bool is_far(const struct streams *all, const struct stream_client *c)
{
	const struct host *h = c->host ? all->cluster->host[c->host] : NULL;

	return h && h->far;
}

static bool is_there(const struct streams *all, const struct host *h,
		     const struct samr_session *s)
{
	const struct stream_client *c;

	list_for_each_entry(c, &all->list, list)
		if (c->state != STREAM_NEW && c->id == s->id &&
		    (s->port & SAMR_PORT_FAR ? is_far(all, c) :
		     c->host == h->id && c->inc == h->inc))
			return true;
	return false;
}

/* A head finds out, sooner or later, that a client does not talk to it any more. */
static void detach_one(struct streams *all, struct host *h)
{
	struct samr_session_payload p = { .op = SAMR_SESSION_DETACH };
	struct samr_submit what = {
		.kind = SAMR_KIND_SESSION, .len = sizeof(p),
	};
	struct samr_session *s;

	list_for_each_entry(s, &h->node->sessions.mine, mine) {
		if (!s->stream || is_there(all, h, s))
			continue;
		p.id = cpu_to_be64(s->id);
		what.group = s->group;
		what.port = s->port;
		all->send(all, NULL, h, &what, (const u8 *)&p);
		return;
	}
}

static void watch_heads(struct streams *all)
{
	struct host *h;

	cluster_for_each(all->cluster, h) {
		if (now(all) >= h->paused_until && !samr_node_out(h->node) &&
		    rng_one_in(&all->rng, 30))
			detach_one(all, h);
		if (!all->calm && rng_one_in(&all->rng, 1000))
			all->still[h->id] = now(all) +
				rng_below(&all->rng, 400 * SAMR_MSEC);
	}
}

static void on_turn(struct timer *t)
{
	struct streams *all = container_of(t, struct streams, turn);
	struct stream_client *c;
	struct host *h;

	stream_members_turn(all);
	list_for_each_entry(c, &all->list, list) {
		h = c->host ? all->cluster->host[c->host] : NULL;
		if (!h || now(all) >= h->paused_until)
			act(c);
		else if (rng_one_in(&all->rng, 300))
			drop_host(c);
	}
	if (!list_empty(&all->list))
		watch_heads(all);
	queue_set(&all->cluster->queue, t, now(all) + TURN * (all->calm ? 1 : all->pace));
}

void streams_forget(struct streams *all)
{
	stream_check_forget(&all->check);
	all->knowns = 0;
}

bool streams_done(const struct streams *all)
{
	const struct stream_client *c;

	list_for_each_entry(c, &all->list, list)
		if (c->state != STREAM_NEW)
			return false;
	return true;
}

void streams_stuck(const struct streams *all)
{
	const struct stream_client *c;

	list_for_each_entry(c, &all->list, list)
		if (c->state != STREAM_NEW)
			fprintf(stderr, "client %u %s at node %u%s: stream %llu, sent up to %llu of %llu, output up to %llu, read up to %llu, end %u\n",
				c->port, state_name[c->state], c->host,
				c->asked ? ", has asked" : "",
				(unsigned long long)c->name,
				(unsigned long long)c->send - 1,
				(unsigned long long)c->total + 1,
				(unsigned long long)c->got,
				(unsigned long long)c->read, c->end);
	stream_members_stuck(all);
}

const char *streams_text(const struct streams *all)
{
	static char text[240];

	snprintf(text, sizeof(text),
		 "%llu streams, %llu attached, %llu accepted, %llu given, %llu ended, %llu aborted, %llu lost, %llu bytes in, %llu out",
		 (unsigned long long)all->opened,
		 (unsigned long long)all->moves,
		 (unsigned long long)all->accepted,
		 (unsigned long long)all->given,
		 (unsigned long long)all->ended,
		 (unsigned long long)all->aborted,
		 (unsigned long long)all->lost, (unsigned long long)all->in,
		 (unsigned long long)all->out);
	return text;
}

void streams_client(struct streams *all, u32 port)
{
	struct stream_client *c = sim_alloc(sizeof(*c));

	c->all = all;
	c->group = all->group;
	c->port = port;
	c->at = now(all) + rng_below(&all->rng, 1000 * SAMR_MSEC);
	list_add_tail(&c->list, &all->list);
}

void streams_init(struct streams *all, struct cluster *c, u32 group, u64 seed)
{
	memset(all, 0, sizeof(*all));
	all->cluster = c;
	all->group = group;
	rng_init(&all->rng, seed, 't');
	INIT_LIST_HEAD(&all->list);
	INIT_LIST_HEAD(&all->conns);
	INIT_LIST_HEAD(&all->kept);
	INIT_LIST_HEAD(&all->held);
	INIT_LIST_HEAD(&all->stands);
	all->pace = 1;
	all->turn.fire = on_turn;
	queue_set(&c->queue, &all->turn, TURN);
}

void streams_free(struct streams *all)
{
	struct stream_client *c, *nc;

	queue_cancel(&all->cluster->queue, &all->turn);
	stream_members_free(all);
	list_for_each_entry_safe(c, nc, &all->list, list)
		free(c);
	free(all->check.name);
}
