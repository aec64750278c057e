// SPDX-License-Identifier: GPL-2.0
/* Streams, see stream.h. */
#include <stdio.h>
#include <stdlib.h>

#include "core/state.h"
#include "core/stream.h"
#include "sim.h"
#include "stream.h"
#include "told.h"

#define TURN		(1 * SAMR_MSEC)
#define MOST_BYTES	3000
#define SEGMENT_MOST	700
#define WRITE_MOST	900

/* A segment that is not read yet: it ends before @end, and lies at @place. */
struct segment {
	struct list_head list;
	u64 end;
	u64 place;
};

/*
 * A connection of a member: it has input up to @have, has read up to @read, has
 * written up to @made, and shows what is at @place. @fin: the number of the input's
 * end, 0: it has none yet. @cut: nothing may come any more. @of: transfer with whose state it
 * came. @untold: it has read without having said so.
 * @behind: nobody waited for it while it had no state: it may have more than a window.
 */
struct conn {
	struct list_head list;
	struct list_head segments;
	u32 host;
	u64 inc;
	u64 id, name;
	u32 window;
	u64 have, read, made, place, fin;
	u8 end;
	bool cut, untold, behind;
	u64 of;
};

/* Where the member on a head stood in a stream at place @id, having read @read of it. */
struct stand {
	struct list_head list;
	u32 host;
	u64 id;
	u64 name, read, made;
	u8 end;
	bool fin;
};

/* A message that waits for the state of the member that it is for. */
struct held {
	struct list_head list;
	struct host *host;
	struct samr_msg *msg;
};

static const char *const state_name[] = {
	"has no stream", "opens one", "attaches", "has one", "closes it",
};

static u64 now(const struct streams *all)
{
	return all->cluster->queue.now;
}

/* ---- members ---- */

static void conn_free(struct conn *x)
{
	struct segment *g, *next;

	list_for_each_entry_safe(g, next, &x->segments, list)
		free(g);
	list_del(&x->list);
	free(x);
}

static void drop_kept(struct streams *all, u32 host)
{
	struct conn *x, *nx;
	struct held *d, *nd;

	list_for_each_entry_safe(x, nx, &all->kept, list)
		if (x->host == host)
			conn_free(x);
	list_for_each_entry_safe(d, nd, &all->held, list) {
		if (d->host->id != host)
			continue;
		samr_msg_put(d->msg);
		list_del(&d->list);
		free(d);
	}
}

void streams_drop(struct streams *all, struct host *h)
{
	drop_kept(all, h->id);
}

void streams_leave(struct streams *all, u32 host)
{
	struct conn *x, *next;

	stream_check_leave(&all->check, host);
	drop_kept(all, host);
	list_for_each_entry_safe(x, next, &all->conns, list)
		if (x->host == host)
			conn_free(x);
}

static struct conn *conn_of(struct streams *all, const struct host *h, u64 name)
{
	struct conn *x;

	list_for_each_entry(x, &all->conns, list)
		if (x->host == h->id && x->inc == h->inc && x->name == name)
			return x;
	return NULL;
}

static struct conn *conn_new(struct host *h, const struct opened *o)
{
	struct conn *x = sim_alloc(sizeof(*x));

	x->host = h->id;
	x->inc = h->inc;
	x->id = o->id;
	x->name = o->name;
	x->window = o->window;
	INIT_LIST_HEAD(&x->segments);
	return x;
}

static const struct opened *opened_of(const struct streams *all, u64 name)
{
	size_t i = all->knowns;

	while (i--)
		if (all->known[i].name == name)
			return &all->known[i];
	sim_fail("stream %llu was never accepted", (unsigned long long)name);
}

static void accept(struct streams *all, struct host *h,
		   const struct samr_msg *msg,
		   const struct samr_session_payload *p)
{
	struct opened o = {
		.name = msg->session, .id = be64_to_cpu(p->id),
		.window = be32_to_cpu(p->reply_max),
		.node = msg->meta.origin, .port = msg->meta.port,
	};
	struct conn *x = conn_new(h, &o);

	stream_check_accept(&all->check, h, msg->session);
	all->known = sim_grow(all->known, all->knowns, &all->room,
			      sizeof(*all->known));
	all->known[all->knowns++] = o;
	x->place = msg->meta.gseq;
	list_add_tail(&x->list, &all->conns);
	all->accepted++;
}

/* The client's end: what was ordered before is read all the same. */
static void cut(struct streams *all, struct host *h, u64 name)
{
	struct conn *x = conn_of(all, h, name);

	if (!x)
		return;
	if (x->cut)
		sim_fail("stream %llu ends twice at node %u",
			 (unsigned long long)name, h->id);
	x->cut = true;
}

static void take(struct streams *all, struct host *h, const struct samr_msg *msg)
{
	u32 head = sizeof(struct samr_request_payload);
	u64 len = msg->meta.len - head;
	struct conn *x = conn_of(all, h, msg->session);
	struct segment *g;

	/* It is no stream's; or was opened before this member has joined. */
	if (!x && !(all->stateful && msg->segment))
		return;
	if (!x)
		sim_fail("node %u does not know stream %llu", h->id,
			 (unsigned long long)msg->session);
	if (x->cut || x->fin)
		sim_fail("node %u has input of stream %llu behind its end",
			 h->id, (unsigned long long)x->name);
	if (msg->meta.arg != x->have + 1)
		sim_fail("node %u has byte %llu of stream %llu behind byte %llu",
			 h->id, (unsigned long long)msg->meta.arg,
			 (unsigned long long)x->name,
			 (unsigned long long)x->have);
	stream_check_bytes(x->id, false, msg->meta.arg, msg, head);
	x->have += len;
	if (msg->meta.flags & SAMR_MSG_FIN)
		x->fin = ++x->have;
	x->behind |= all->late;
	if (!x->behind && x->have - x->read > x->window + 1)
		sim_fail("node %u has %llu bytes unread of stream %llu, whose window is %u",
			 h->id, (unsigned long long)(x->have - x->read),
			 (unsigned long long)x->name, x->window);
	g = sim_alloc(sizeof(*g));
	g->end = x->have;
	g->place = msg->meta.gseq;
	list_add_tail(&g->list, &x->segments);
	all->in += len;
}

static void read_on(struct streams *all, struct host *h, struct conn *x)
{
	struct rng *r = &all->rng;
	struct samr_event ev = { .type = SAMR_EV_INPUT };
	struct segment *g;

	x->untold = false;
	x->behind &= x->read < x->have;
	if (x->end > SAMR_END_SHUT || (all->calm && rng_one_in(r, 2)))
		x->read = x->have;
	else
		x->read += rng_below(r, min(x->have - x->read,
					    (u64)SEGMENT_MOST) + 1);
	while (!list_empty(&x->segments)) {
		g = list_first_entry(&x->segments, struct segment, list);
		/* Of a segment the first byte shows that it was there. */
		if (!x->end)
			x->place = g->place;
		if (g->end > x->read)
			break;
		list_del(&g->list);
		free(g);
	}
	ev.input.group = all->group;
	ev.input.session = x->name;
	ev.input.upto = x->read;
	host_step(h, &ev);
	host_flush(h);
}

static void write_on(struct streams *all, struct host *h, struct conn *x)
{
	bool fin = x->fin && x->read >= x->fin;
	struct stream_made m = stream_made(x->id, x->read - fin, fin);
	u64 left = m.bytes - x->made, room;
	struct samr_event ev = { .type = SAMR_EV_OUTPUT };
	struct buffer *b = NULL;
	u32 len;
	int err;

	room = samr_stream_room(h->node, all->group, x->name, x->made + 1);
	/* A member tries, too, though there is no room: then it is told so. */
	len = (u32)min(left, min(room + rng_one_in(&all->rng, 8),
				 rng_range(&all->rng, 1, WRITE_MOST)));
	if (len) {
		b = buffer_new(len);
		b->len = len;
		stream_bytes(x->id, true, x->made + 1, b->bytes, len);
		ev.output.payload = blob_of_buffer(b, 0, len);
	}
	if (len == left && m.end)
		ev.output.end = m.end;
	ev.output.group = all->group;
	ev.output.session = x->name;
	ev.output.from = x->made + 1;
	ev.output.len = len;
	ev.output.upto = x->place;
	if (!len && !ev.output.end)
		return;
	err = host_step(h, &ev);
	samr_blob_put(ev.output.payload);
	if (b)
		buffer_put(b);
	host_flush(h);
	if (err && err != -ENOENT && err != -EAGAIN && err != -ENOMEM)
		sim_fail("node %u answers %d to output of stream %llu", h->id,
			 err, (unsigned long long)x->name);
	/* Behind the client's end it writes into nothing. */
	if (err && err != -ENOENT)
		return;
	x->made += len;
	x->end = ev.output.end;
	all->out += len;
}

static void serve(struct streams *all, struct conn *x)
{
	struct host *h = cluster_host(all->cluster, x->host, x->inc);

	if (!h) {
		conn_free(x);
		return;
	}
	if (now(all) < h->paused_until || now(all) < all->still[x->host])
		return;
	if ((x->have > x->read || x->untold) && rng_one_in(&all->rng, 3))
		read_on(all, h, x);
	if (!x->end && rng_one_in(&all->rng, 3))
		write_on(all, h, x);
	if (x->cut && x->read == x->have)
		conn_free(x);
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

/* A state is given to somebody, and the streams do not go on. */
static void cut_all(struct streams *all, struct host *h)
{
	struct conn *x;

	list_for_each_entry(x, &all->conns, list)
		if (x->host == h->id && x->inc == h->inc)
			x->cut = true;
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
		take(all, h, msg);
		break;
	case SAMR_KIND_SESSION:
	case SAMR_KIND_REPLIES:
		if (msg->result == SAMR_SES_CUT)
			cut(all, h, msg->session);
		break;
	case SAMR_KIND_SNAPSHOT:
		if (msg->transfer && msg->transfer->id == msg->meta.gseq &&
		    !(msg->meta.flags & SAMR_MSG_KEEP))
			cut_all(all, h);
		break;
	case SAMR_KIND_STREAM:
		if (!samr_msg_read(msg, (u8 *)&p, sizeof(p)))
			sim_fail("a STREAM of %u bytes", msg->meta.len);
		if (p.op == SAMR_SESSION_OPEN)
			accept(all, h, msg, &p);
		else
			cut(all, h, msg->session);
		break;
	}
}

/* ---- members that give and get a state ---- */

/* What was ordered before it has read, whenever it says so. */
static void read_all(struct conn *x)
{
	struct segment *g, *next;

	x->untold = true;
	x->read = x->have;
	list_for_each_entry_safe(g, next, &x->segments, list) {
		if (!x->end)
			x->place = g->place;
		list_del(&g->list);
		free(g);
	}
}

static void drop_stands(struct streams *all, u32 host)
{
	struct stand *t, *next;

	list_for_each_entry_safe(t, next, &all->stands, list) {
		if (t->host != host)
			continue;
		list_del(&t->list);
		free(t);
	}
}

void streams_snapshot(struct streams *all, struct host *h, u64 id)
{
	struct stand *t;
	struct conn *x;

	drop_stands(all, h->id);
	list_for_each_entry(x, &all->conns, list) {
		if (x->host != h->id || x->inc != h->inc)
			continue;
		read_all(x);
		/* The client's end was read, too: nothing follows. */
		if (x->cut)
			continue;
		t = sim_alloc(sizeof(*t));
		t->host = h->id;
		t->id = id;
		t->name = x->name;
		t->read = x->have;
		t->fin = x->fin;
		t->made = x->made;
		t->end = x->end;
		list_add_tail(&t->list, &all->stands);
	}
}

static int say(struct streams *all, struct host *h, u32 port, u64 id,
	       const struct stand *t, u8 how)
{
	struct samr_event ev = { .type = SAMR_EV_PLACE };
	const struct opened *o = t ? opened_of(all, t->name) : NULL;

	ev.place.group = all->group;
	ev.place.port = port;
	ev.place.id = id;
	ev.place.how = how;
	if (t) {
		ev.place.session = t->name;
		ev.place.read = t->read;
		ev.place.fin = t->fin;
		ev.place.made = t->made;
		ev.place.end = t->end;
		ev.place.node = (u32)o->node;
		ev.place.client = o->port;
	}
	return host_step(h, &ev);
}

int streams_place(struct streams *all, struct host *h, u32 port, u64 id)
{
	bool odd = !all->calm && rng_one_in(&all->rng, 6);
	bool fails = false;
	struct stand *t;
	u8 how;
	int err = 0;

	list_for_each_entry(t, &all->stands, list) {
		if (t->host != h->id || t->id != id)
			continue;
		how = odd && rng_one_in(&all->rng, 4) ? SAMR_PLACE_CUT :
							SAMR_PLACE_KEEP;
		err = say(all, h, port, id, t, how);
		if (err == -ESTALE)
			return err;
		fails |= err || how == SAMR_PLACE_CUT;
		/* As a member without memory does: at another place. */
		if (err)
			break;
	}
	fails |= odd && rng_one_in(&all->rng, 2);
	err = say(all, h, port, id, NULL,
		  fails ? SAMR_PLACE_CUT : SAMR_PLACE_KEEP);
	host_flush(h);
	return err ? err : !fails;
}

/* Where a stream is that it gets with the state. */
static void keep(struct streams *all, struct host *h, const struct samr_msg *msg)
{
	const struct opened *o = opened_of(all, msg->session);
	struct conn *x = conn_new(h, o);
	struct samr_place_payload p;

	if (!samr_msg_read(msg, (u8 *)&p, sizeof(p)))
		sim_fail("a place of %u bytes", msg->meta.len);
	if (be32_to_cpu(p.node) != o->node || be32_to_cpu(p.port) != o->port)
		sim_fail("node %u gets stream %llu from another client", h->id,
			 (unsigned long long)o->name);
	x->of = msg->meta.arg;
	x->have = be64_to_cpu(p.read);
	x->read = x->have;
	x->untold = true;
	x->behind = true;
	x->made = be64_to_cpu(p.made);
	x->end = p.end;
	x->place = msg->meta.arg;
	if (p.fin)
		x->fin = x->have;
	if (msg->unwanted)
		sim_fail("node %u gets stream %llu at another place than that of the state",
			 h->id, (unsigned long long)o->name);
	list_add_tail(&x->list, &all->kept);
}

void streams_hold(struct streams *all, struct host *h, const struct samr_msg *msg)
{
	struct held *d;

	if (!msg->meta.gseq || msg->meta.group != all->group || msg->refused ||
	    msg->meta.kind == SAMR_KIND_SNAPSHOT)
		return;
	if (msg->meta.kind == SAMR_KIND_REPLIES && msg->result != SAMR_SES_CUT) {
		keep(all, h, msg);
		return;
	}
	d = sim_alloc(sizeof(*d));
	d->host = h;
	d->msg = samr_msg_get((struct samr_msg *)msg);
	list_add_tail(&d->list, &all->held);
}

void streams_install(struct streams *all, struct host *h, u64 id)
{
	struct conn *x, *nx;
	struct held *d, *nd;

	list_for_each_entry_safe(x, nx, &all->kept, list) {
		if (x->host != h->id)
			continue;
		if (x->of != id)
			sim_fail("node %u: stream %llu came with another state",
				 h->id, (unsigned long long)x->name);
		stream_check_kept(&all->check, h, x->name, id);
		list_del(&x->list);
		list_add_tail(&x->list, &all->conns);
		all->given++;
	}
	stream_check_begin(&all->check, h, id);
	all->late = true;
	list_for_each_entry_safe(d, nd, &all->held, list) {
		if (d->host != h)
			continue;
		if (d->msg->meta.gseq > id)
			streams_deliver(all, h, d->msg);
		samr_msg_put(d->msg);
		list_del(&d->list);
		free(d);
	}
	all->late = false;
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
	struct conn *x, *next;
	struct stream_client *c;
	struct host *h;

	list_for_each_entry_safe(x, next, &all->conns, list)
		serve(all, x);
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
	const struct conn *x;

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
	list_for_each_entry(x, &all->conns, list)
		fprintf(stderr, "node %u: stream %llu, input up to %llu, read up to %llu, written up to %llu, end %u\n",
			x->host, (unsigned long long)x->name,
			(unsigned long long)x->have,
			(unsigned long long)x->read,
			(unsigned long long)x->made, x->end);
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
	struct conn *x, *nx;
	u32 i;

	for (i = 0; i < NET_NODES; i++) {
		drop_kept(all, i);
		drop_stands(all, i);
	}
	free(all->known);
	queue_cancel(&all->cluster->queue, &all->turn);
	list_for_each_entry_safe(x, nx, &all->conns, list)
		conn_free(x);
	list_for_each_entry_safe(c, nc, &all->list, list)
		free(c);
	free(all->check.name);
}
