// SPDX-License-Identifier: GPL-2.0
/* Commands of a scenario about state transfer, see scenario_inside.h. */
#include "scenario_inside.h"

static void submit(struct scenario *sc, struct member *m, u8 kind, u8 flags,
		   u64 arg, u32 len)
{
	struct samr_submit s = {
		.group	= m->group,
		.port	= m->port,
		.kind	= kind,
		.flags	= flags,
		.arg	= arg,
		.len	= len,
	};

	ledger_submit(&sc->ledger, m->host, &s, NULL);
}

/* snapshot NODE PORT [ID]: it asks for the state, and gives up transfer ID */
void do_snapshot(struct scenario *sc)
{
	struct member *m = sc_member(sc);

	submit(sc, m, SAMR_KIND_SNAPSHOT, 0, sc_more(sc) ? sc_number(sc) : 0,
	       0);
}

/* give NODE PORT ID BYTES [last] [times N]; or failed in place of BYTES */
void do_give(struct scenario *sc)
{
	struct member *m = sc_member(sc);
	u64 id = sc_number(sc), times = 1;
	u32 len;
	u8 flags = 0;

	if (sc_accept(sc, "failed")) {
		submit(sc, m, SAMR_KIND_STATE, SAMR_MSG_FAILED, id, 0);
		return;
	}
	len = (u32)sc_number(sc);
	if (sc_accept(sc, "last"))
		flags = SAMR_MSG_LAST;
	if (sc_accept(sc, "times"))
		times = sc_number(sc);
	while (times--)
		submit(sc, m, SAMR_KIND_STATE, flags, id, len);
}

/* took NODE PORT PLACE: it has read the state up to there */
void do_took(struct scenario *sc)
{
	struct member *m = sc_member(sc);

	submit(sc, m, SAMR_KIND_READ, 0, sc_number(sc), 0);
}
