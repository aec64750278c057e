// SPDX-License-Identifier: GPL-2.0
/* The members' side of streams, see stream_member.h. */
#include <stdio.h>
#include <stdlib.h>

#include "core/state.h"
#include "core/stream.h"
#include "sim.h"
#include "stream_member.h"

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

static u64 now(const struct streams *all)
{
	return all->cluster->queue.now;
}

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

void stream_members_accept(struct streams *all, struct host *h,
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
void stream_members_cut(struct streams *all, struct host *h, u64 name)
{
	struct conn *x = conn_of(all, h, name);

	if (!x)
		return;
	if (x->cut)
		sim_fail("stream %llu ends twice at node %u",
			 (unsigned long long)name, h->id);
	x->cut = true;
}

void stream_members_take(struct streams *all, struct host *h, const struct samr_msg *msg)
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

/* A state is given to somebody, and the streams do not go on. */
void stream_members_cut_all(struct streams *all, struct host *h)
{
	struct conn *x;

	list_for_each_entry(x, &all->conns, list)
		if (x->host == h->id && x->inc == h->inc)
			x->cut = true;
}

/* ---- giving and getting a state ---- */

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

void stream_members_turn(struct streams *all)
{
	struct conn *x, *next;

	list_for_each_entry_safe(x, next, &all->conns, list)
		serve(all, x);
}

void stream_members_stuck(const struct streams *all)
{
	const struct conn *x;

	list_for_each_entry(x, &all->conns, list)
		fprintf(stderr, "node %u: stream %llu, input up to %llu, read up to %llu, written up to %llu, end %u\n",
			x->host, (unsigned long long)x->name,
			(unsigned long long)x->have,
			(unsigned long long)x->read,
			(unsigned long long)x->made, x->end);
}

void stream_members_free(struct streams *all)
{
	struct conn *x, *nx;
	u32 i;

	for (i = 0; i < NET_NODES; i++) {
		drop_kept(all, i);
		drop_stands(all, i);
	}
	free(all->known);
	list_for_each_entry_safe(x, nx, &all->conns, list)
		conn_free(x);
}
