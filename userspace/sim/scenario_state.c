// SPDX-License-Identifier: GPL-2.0
/* Commands of a scenario about groups and their state, see scenario_inside.h. */
#include "core/group.h"
#include "core/transfer.h"
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

/* snapshot NODE PORT [keep] [ID]: it asks for the state, with streams or not, and gives up transfer ID */
void do_snapshot(struct scenario *sc)
{
	struct member *m = sc_member(sc);
	u8 flags = sc_accept(sc, "keep") ? SAMR_MSG_KEEP : 0;

	submit(sc, m, SAMR_KIND_SNAPSHOT, flags, sc_more(sc) ? sc_number(sc) : 0,
	       0);
}

/*
 * place NODE PORT ID [cut] [SESSION READ MADE]: where the member stands in a stream, as it
 * gives the state of transfer ID; or that all was told
 */
void do_place(struct scenario *sc)
{
	struct member *m = sc_member(sc);
	struct samr_event ev = { .type = SAMR_EV_PLACE };

	ev.place.group = m->group;
	ev.place.port = m->port;
	ev.place.id = sc_number(sc);
	ev.place.how = sc_accept(sc, "cut") ? SAMR_PLACE_CUT : SAMR_PLACE_KEEP;
	if (sc_more(sc)) {
		ev.place.session = sc_number(sc);
		ev.place.read = sc_number(sc);
		ev.place.made = sc_number(sc);
	}
	host_step(m->host, &ev);
	host_flush(m->host);
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

/* Who is in it, as " 1.1 2.1(lacks, gets)"; @text has room for all. */
static void put_members(char *text, size_t size, const struct samr_group *g)
{
	static const struct {
		u32 flag;
		const char *name;
	} names[] = {
		{ SAMR_ID_STATEFUL, "stateful" }, { SAMR_ID_LACKS, "lacks" },
		{ SAMR_ID_FAILED, "failed" }, { SAMR_ID_GIVES, "gives" },
		{ SAMR_ID_GETS, "gets" },
	};
	const struct samr_members *m = g->members;
	size_t at = 0, k;
	u32 i, flags;

	text[0] = 0;
	for (i = 0; m && i < m->count && at < size; i++) {
		flags = samr_transfer_flags(g, &m->m[i]);
		at += (size_t)snprintf(text + at, size - at, " %llu.%u",
				       (unsigned long long)m->m[i].node,
				       m->m[i].port);
		for (k = 0; k < ARRAY_SIZE(names) && at < size; k++)
			if (flags & names[k].flag)
				at += (size_t)snprintf(text + at, size - at,
						       "/%s", names[k].name);
	}
}

/* group NODE G: what the node has of the group */
void do_group(struct scenario *sc)
{
	struct host *h = sc->cluster.host[sc_node(sc, false)];
	u32 id = (u32)sc_number(sc);
	const struct samr_group *g = samr_group_find(h->node, id);
	char text[4096];

	if (!g || !g->members) {
		trace_note(&sc->trace, "node %u: group %u has no members",
			   h->id, id);
		return;
	}
	put_members(text, sizeof(text), g);
	trace_note(&sc->trace, "node %u: group %u in view %llu of %u:%s", h->id,
		   id, (unsigned long long)g->members->id, g->members->count,
		   text);
	if (g->transfer)
		trace_note(&sc->trace, "transfer %llu, %s",
			   (unsigned long long)g->transfer->id,
			   g->last ? "all of it has its place" : "under way");
}
