// SPDX-License-Identifier: GPL-2.0
/* Commands of a scenario that are about groups as clients of others. */
#include "scenario_inside.h"
#include "sim.h"

static void call(struct scenario *sc, u8 op)
{
	struct host *h = sc->cluster.host[sc_node(sc, false)];
	struct samr_event ev = { .type = SAMR_EV_CALL };
	struct buffer *b = NULL;

	ev.call.op = op;
	ev.call.port = (u32)sc_number(sc);
	ev.call.group = (u32)sc_number(sc);
	ev.call.service = (u32)sc_number(sc);
	ev.call.session = sc_number(sc);
	if (op == SAMR_CALL_OPEN)
		ev.call.reply_max = 10000;
	if (op == SAMR_CALL_REQUEST) {
		ev.call.number = sc_number(sc);
		ev.call.len = (u32)sc_number(sc);
	}
	while (sc_more(sc)) {
		if (op == SAMR_CALL_OPEN && sc_accept(sc, "longest"))
			ev.call.reply_max = (u32)sc_number(sc);
		else
			sc_bad(sc, "no such thing of a call");
	}
	if (ev.call.len) {
		b = buffer_new(ev.call.len);
		b->len = ev.call.len;
		memset(b->bytes, 'c', b->len);
		ev.call.payload = blob_of_buffer(b, 0, b->len);
	}
	host_step(h, &ev);
	samr_blob_put(ev.call.payload);
	if (b)
		buffer_put(b);
	host_flush(h);
}

void do_connect(struct scenario *sc)
{
	call(sc, SAMR_CALL_OPEN);
}

void do_disconnect(struct scenario *sc)
{
	call(sc, SAMR_CALL_CLOSE);
}

void do_call(struct scenario *sc)
{
	call(sc, SAMR_CALL_REQUEST);
}
