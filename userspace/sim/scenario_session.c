// SPDX-License-Identifier: GPL-2.0
/* Commands of a scenario that are about sessions. */
#include "core/group.h"
#include "core/stream.h"
#include "scenario_inside.h"
#include "sim.h"

/* Whoever sends it: a client by way of a node, by a port and a group there. */
static struct host *client(struct scenario *sc, struct samr_submit *s)
{
	struct host *h = sc->cluster.host[sc_node(sc, false)];

	s->port = (u32)sc_number(sc);
	s->group = (u32)sc_number(sc);
	return h;
}

static void submit(struct scenario *sc, struct host *h, struct samr_submit *s,
		   const void *bytes)
{
	ledger_submit(&sc->ledger, h, s, bytes);
}

static void be_stream(struct scenario *sc, struct samr_submit *s,
		      struct samr_session_payload *p)
{
	s->kind = SAMR_KIND_STREAM;
	if (p->op != SAMR_SESSION_OPEN)
		return;
	p->flags |= SAMR_SESSION_STREAM;
	p->reply_max = cpu_to_be32((u32)sc_number(sc));
}

static void change(struct scenario *sc, u8 op)
{
	struct samr_session_payload p = { .op = op };
	struct samr_submit s = { .kind = SAMR_KIND_SESSION, .len = sizeof(p) };
	struct host *h = client(sc, &s);

	p.id = cpu_to_be64(sc_number(sc));
	if (op == SAMR_SESSION_OPEN) {
		p.reply_max = cpu_to_be32(10000);
		p.expiry = cpu_to_be32(1000);
	}
	while (sc_more(sc)) {
		if (sc_accept(sc, "acked"))
			p.acked = cpu_to_be64(sc_number(sc));
		else if (sc_accept(sc, "longest"))
			p.reply_max = cpu_to_be32((u32)sc_number(sc));
		else if (sc_accept(sc, "expiry"))
			p.expiry = cpu_to_be32((u32)(sc_span(sc) / SAMR_MSEC));
		else if (sc_accept(sc, "unordered"))
			p.flags |= SAMR_SESSION_UNORDERED;
		else if (sc_accept(sc, "agreed"))
			p.flags |= SAMR_SESSION_AGREED;
		else if (sc_accept(sc, "stream"))
			be_stream(sc, &s, &p);
		else if (sc_accept(sc, "user"))
			s.uid = (u32)sc_number(sc);
		else
			sc_bad(sc, "no such thing of a session");
	}
	submit(sc, h, &s, &p);
}

void do_open(struct scenario *sc)
{
	change(sc, SAMR_SESSION_OPEN);
}

void do_attach(struct scenario *sc)
{
	change(sc, SAMR_SESSION_ATTACH);
}

void do_acked(struct scenario *sc)
{
	change(sc, SAMR_SESSION_ACK);
}

void do_close(struct scenario *sc)
{
	change(sc, SAMR_SESSION_CLOSE);
}

void do_detach(struct scenario *sc)
{
	change(sc, SAMR_SESSION_DETACH);
}

void do_request(struct scenario *sc)
{
	static u8 bytes[SAMR_LEN_MAX];
	struct samr_request_payload p = { };
	struct samr_submit s = { .kind = SAMR_KIND_REQUEST };
	struct host *h = client(sc, &s);
	u64 len;

	p.id = cpu_to_be64(sc_number(sc));
	s.arg = sc_number(sc);
	len = sc_number(sc);
	while (sc_more(sc)) {
		if (sc_accept(sc, "acked"))
			p.acked = cpu_to_be64(sc_number(sc));
		else if (sc_accept(sc, "safe"))
			s.flags |= SAMR_MSG_SAFE;
		else if (sc_accept(sc, "fin"))
			s.flags |= SAMR_MSG_FIN;
		else
			sc_bad(sc, "no such thing of a request");
	}
	if (len > SAMR_LEN_MAX - sizeof(p))
		sc_bad(sc, "a request is not so long");
	memcpy(bytes, &p, sizeof(p));
	s.len = (u32)(sizeof(p) + len);
	submit(sc, h, &s, bytes);
}

void do_reply(struct scenario *sc)
{
	struct host *h = sc->cluster.host[sc_node(sc, false)];
	struct samr_event ev = { .type = SAMR_EV_REPLY };
	struct buffer *b;

	ev.reply.group = (u32)sc_number(sc);
	ev.reply.session = sc_number(sc);
	ev.reply.request = sc_number(sc);
	ev.reply.len = (u32)sc_number(sc);
	ev.reply.port = 1;
	while (sc_more(sc)) {
		if (sc_accept(sc, "upto"))
			ev.reply.upto = sc_number(sc);
		else if (sc_accept(sc, "port"))
			ev.reply.port = (u32)sc_number(sc);
		else if ((ev.reply.digested = sc_accept(sc, "digest")))
			ev.reply.digest = (u32)sc_number(sc);
		else
			sc_bad(sc, "no such thing of a reply");
	}
	b = buffer_new(ev.reply.len);
	b->len = ev.reply.len;
	memset(b->bytes, 'r', b->len);
	ev.reply.payload = ev.reply.len ? blob_of_buffer(b, 0, b->len) : NULL;
	host_step(h, &ev);
	samr_blob_put(ev.reply.payload);
	buffer_put(b);
	host_flush(h);
}

void do_output(struct scenario *sc)
{
	struct host *h = sc->cluster.host[sc_node(sc, false)];
	struct samr_event ev = { .type = SAMR_EV_OUTPUT };
	struct buffer *b;

	ev.output.group = (u32)sc_number(sc);
	ev.output.session = sc_number(sc);
	ev.output.from = sc_number(sc);
	ev.output.len = (u32)sc_number(sc);
	while (sc_more(sc)) {
		if (sc_accept(sc, "upto"))
			ev.output.upto = sc_number(sc);
		else if (sc_accept(sc, "shut"))
			ev.output.end = SAMR_END_SHUT;
		else if (sc_accept(sc, "closed"))
			ev.output.end = SAMR_END_CLOSED;
		else if (sc_accept(sc, "reset"))
			ev.output.end = SAMR_END_RESET;
		else
			sc_bad(sc, "no such thing of output");
	}
	b = buffer_new(ev.output.len);
	b->len = ev.output.len;
	memset(b->bytes, 'o', b->len);
	ev.output.payload = ev.output.len ? blob_of_buffer(b, 0, b->len) : NULL;
	host_step(h, &ev);
	samr_blob_put(ev.output.payload);
	buffer_put(b);
	host_flush(h);
}

void do_input(struct scenario *sc)
{
	struct host *h = sc->cluster.host[sc_node(sc, false)];
	struct samr_event ev = { .type = SAMR_EV_INPUT };

	ev.input.group = (u32)sc_number(sc);
	ev.input.session = sc_number(sc);
	ev.input.upto = sc_number(sc);
	host_step(h, &ev);
	host_flush(h);
}

static void show_stream(struct scenario *sc, const struct host *h,
			const struct samr_session *s)
{
	const struct samr_stream *st = s->stream;

	trace_note(&sc->trace, "node %u: stream %llu of %llu.%u, next %llu%s, acked %llu, read %llu, made up to %llu in %u%s, room for %u%s",
		   h->id, (unsigned long long)s->name,
		   (unsigned long long)s->node, s->port,
		   (unsigned long long)s->next, s->fin ? " (fin)" : "",
		   (unsigned long long)s->acked, (unsigned long long)st->read,
		   (unsigned long long)st->made - 1, st->pieces,
		   st->end ? " (ended)" : "",
		   samr_stream_room(h->node, s->group, s->name, st->made),
		   st->placed ? ", goes on with the state" : "");
}

static void show(struct scenario *sc, const struct host *h,
		 const struct samr_session *s)
{
	const struct samr_request *r;
	char open[256] = "", client[64];
	int at = 0;

	if (s->stream) {
		show_stream(sc, h, s);
		return;
	}
	list_for_each_entry(r, &s->requests, link)
		at += snprintf(open + at, sizeof(open) - at, " %llu at %llu%s%s",
			       (unsigned long long)r->number,
			       (unsigned long long)r->place,
			       r->reply ? samr_msg_complete(r->reply) ?
			       " replied" : " partly replied" : "",
			       r->given ? " given" : "");
	if (s->client)
		snprintf(client, sizeof(client), "g%u%s", s->client,
			 s->over == SAMR_SESSION_ENDED ? " (ended)" :
			 s->over ? " (closed)" : "");
	else
		snprintf(client, sizeof(client), "%llu.%u",
			 (unsigned long long)s->node, s->port);
	trace_note(&sc->trace, "node %u: session %llu of %s, next %llu, acked %llu%s",
		   h->id, (unsigned long long)s->name, client,
		   (unsigned long long)s->next, (unsigned long long)s->acked,
		   open);
}

void do_sessions(struct scenario *sc)
{
	struct host *h = sc->cluster.host[sc_node(sc, false)];
	const struct samr_group *g = samr_group_find(h->node, sc_number(sc));
	const struct samr_session *s;

	if (!g || !g->sessions.count) {
		trace_note(&sc->trace, "node %u has no sessions", h->id);
		return;
	}
	list_for_each_entry(s, &g->sessions.sessions, link)
		show(sc, h, s);
}
