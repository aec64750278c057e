// SPDX-License-Identifier: GPL-2.0
/* Commands of a scenario that are about queries. */
#include "scenario_inside.h"
#include "sim.h"

static struct buffer *bytes(u32 len)
{
	struct buffer *b = buffer_new(len);

	b->len = len;
	memset(b->bytes, 'q', len);
	return b;
}

void do_query(struct scenario *sc)
{
	struct host *h = sc->cluster.host[sc_node(sc, false)];
	struct samr_event ev = { .type = SAMR_EV_QUERY };
	struct buffer *b;

	ev.query.port = (u32)sc_number(sc);
	ev.query.group = (u32)sc_number(sc);
	ev.query.arg = sc_number(sc);
	ev.query.len = (u32)sc_number(sc);
	ev.query.most = 10000;
	while (sc_more(sc)) {
		if (sc_accept(sc, "seen"))
			ev.query.seen = sc_number(sc);
		else if (sc_accept(sc, "linear"))
			ev.query.linear = true;
		else if (sc_accept(sc, "longest"))
			ev.query.most = (u32)sc_number(sc);
		else
			sc_bad(sc, "no such thing of a query");
	}
	b = bytes(ev.query.len);
	ev.query.payload = blob_of_buffer(b, 0, b->len);
	host_step(h, &ev);
	samr_blob_put(ev.query.payload);
	buffer_put(b);
	host_flush(h);
}

void do_answer(struct scenario *sc)
{
	struct host *h = sc->cluster.host[sc_node(sc, false)];
	struct samr_event ev = { .type = SAMR_EV_ANSWER };
	struct buffer *b;

	ev.answer.group = (u32)sc_number(sc);
	ev.answer.query = sc_number(sc);
	ev.answer.len = (u32)sc_number(sc);
	if (sc_accept(sc, "upto"))
		ev.answer.upto = sc_number(sc);
	b = bytes(ev.answer.len);
	ev.answer.payload = blob_of_buffer(b, 0, b->len);
	host_step(h, &ev);
	samr_blob_put(ev.answer.payload);
	buffer_put(b);
	host_flush(h);
}

void do_forget(struct scenario *sc)
{
	struct host *h = sc->cluster.host[sc_node(sc, false)];
	struct samr_event ev = { .type = SAMR_EV_FORGET };

	ev.forget.port = (u32)sc_number(sc);
	ev.forget.group = (u32)sc_number(sc);
	host_step(h, &ev);
	host_flush(h);
}
