// SPDX-License-Identifier: GPL-2.0
/*
 * The commands of a scenario, see scenario.h.
 *
 * All checkers watch, as in a run from a seed; the network does nothing by
 * chance, only what the rules say that the commands make.
 */
#include <stdlib.h>

#include "chaos.h"
#include "check.h"
#include "core/strings.h"
#include "scenario_inside.h"
#include "sim.h"
#include "trace.h"

void sc_bad(const struct scenario *sc, const char *what)
{
	sim_fail("line %zu: %s", sc->line, what);
}

char *sc_word(struct scenario *sc)
{
	if (sc->next == sc->words)
		sc_bad(sc, "a word is missing");
	return sc->word[sc->next++];
}

bool sc_more(const struct scenario *sc)
{
	return sc->next < sc->words;
}

/* The next word, if it is @is. */
bool sc_accept(struct scenario *sc, const char *is)
{
	if (!sc_more(sc) || strcmp(sc->word[sc->next], is))
		return false;
	sc->next++;
	return true;
}

static u64 number_of(const struct scenario *sc, const char *text, char **rest)
{
	char *end;
	u64 n = strtoull(text, &end, 0);

	if (end == text || (!rest && *end))
		sc_bad(sc, "a number is expected");
	if (rest)
		*rest = end;
	return n;
}

u64 sc_number(struct scenario *sc)
{
	return number_of(sc, sc_word(sc), NULL);
}

/* A time such as 5ms or 200us, in ns. */
u64 sc_span(struct scenario *sc)
{
	char *unit;
	u64 n = number_of(sc, sc_word(sc), &unit);

	if (!strcmp(unit, "ms"))
		return n * SAMR_MSEC;
	if (!strcmp(unit, "us"))
		return n * SAMR_USEC;
	sc_bad(sc, "a time is a number of ms or us");
}

/* A node's id, or 0 for "*". */
u32 sc_node(struct scenario *sc, bool any)
{
	u64 id;

	if (any && sc_accept(sc, "*"))
		return 0;
	id = sc_number(sc);
	if (!id || id >= NET_NODES || !sc->cluster.host[id])
		sc_bad(sc, "there is no such node");
	return id;
}

struct member *sc_member(struct scenario *sc)
{
	u32 id = sc_node(sc, false);
	u64 port = sc_number(sc);

	if (port >= PORTS || !sc->member[id][port])
		sc_bad(sc, "there is no such member");
	return sc->member[id][port];
}

static void on_read(struct timer *t)
{
	struct scenario *sc = container_of(t, struct scenario, read);
	struct member *m;

	list_for_each_entry(m, &sc->members.all, all)
		if (m->count)
			member_read(&sc->members, m, U32_MAX);
}

static void on_arrived(void *ctx, struct member *m, struct samr_msg *msg)
{
	struct scenario *sc = ctx;

	(void)m;
	(void)msg;
	if (sc->reading)
		queue_set(&sc->cluster.queue, &sc->read, sc->cluster.queue.now);
}

static void on_changed(void *ctx, struct member *m)
{
	(void)ctx;
	(void)m;
}

struct scenario *scenario_new(void)
{
	struct scenario *sc = sim_alloc(sizeof(*sc));

	INIT_LIST_HEAD(&sc->rules);
	sc->reading = true;
	sc->read.fire = on_read;
	return sc;
}

void scenario_output(struct scenario *sc, FILE *out)
{
	sc->out = out;
	sc->trace.out = out;
	sc->trace.node = 0;
	sc->trace.mute = !out;
}

/* nodes N [history N] [submits N] ... */
static void do_nodes(struct scenario *sc)
{
	struct host_params host = {
		.offset = 1000 * SAMR_MSEC,
		.wall = 1700000000000 * SAMR_MSEC,
		.backlog = 1000,
	};
	struct samr_node_config cfg = { .history = 256, .submits = 64 };
	struct net_params *net = &sc->cluster.net.params;
	u64 i, n = sc_number(sc), witness = 0;
	u32 id;

	if (sc->made || n < 1 || n > SAMR_HEADS_MAX)
		sc_bad(sc, "1 to 16 nodes, once");
	sc->made = true;
	memory_reset(1);
	cluster_init(&sc->cluster, 1);
	sc->cluster.net.judge = scenario_judge;
	net->delay = 50 * SAMR_USEC;
	net->len_max = 1440 + SAMR_CRC_LEN;
	while (sc_more(sc)) {
		if (sc_accept(sc, "history"))
			cfg.history = sc_number(sc);
		else if (sc_accept(sc, "history_bytes"))
			cfg.history_bytes = sc_number(sc);
		else if (sc_accept(sc, "submits"))
			cfg.submits = sc_number(sc);
		else if (sc_accept(sc, "submit_bytes"))
			cfg.submit_bytes = sc_number(sc);
		else if (sc_accept(sc, "ref_min"))
			cfg.ref_min = sc_number(sc);
		else if (sc_accept(sc, "quorum"))
			cfg.quorum = sc->quorum = true;
		else if (sc_accept(sc, "beat"))
			cfg.beat = sc_span(sc);
		else if (sc_accept(sc, "dead"))
			cfg.dead = sc_span(sc);
		else if (sc_accept(sc, "stuck"))
			cfg.stuck = sc_span(sc);
		else if (sc_accept(sc, "reorder"))
			cfg.reorder = sc_span(sc);
		else if (sc_accept(sc, "ack_delay"))
			cfg.ack_delay = sc_span(sc);
		else if (sc_accept(sc, "delay"))
			net->delay = sc_span(sc);
		else if (sc_accept(sc, "backlog"))
			host.backlog = (u32)sc_number(sc);
		else if (sc_accept(sc, "witness"))
			witness = BIT_ULL(sc_number(sc) & 63);
		else
			sc_bad(sc, "no such setting of the nodes");
	}
	sc->cluster.witness = witness;
	for (i = 1; i <= n; i++)
		cluster_add(&sc->cluster, i, &host, &cfg);
	sc->cfg = cfg;
	ledger_init(&sc->ledger, &sc->cluster, 1);
	trace_init(&sc->trace, &sc->cluster, sc->out, 0);
	check_init(&sc->check, &sc->ledger, &sc->members);
	members_init(&sc->members, &sc->ledger);
	sc->check.probe = true;
	sc->check.history = cfg.history;
	sc->members.changed = on_changed;
	sc->members.arrived = on_arrived;
	sc->members.ctx = sc;
	sc->trace.mute = true;
	for (id = 1; id <= n; id++)
		host_frame_max(sc->cluster.host[id], 1440);
	sc->trace.mute = !sc->out;
}

/*
 * want NODE [NODE...|nobody] [founders [NODE...]]: its admin names the heads, all by
 * default, and those that form the first view, all by default; none: it forms none
 */
static void do_want(struct scenario *sc)
{
	struct host *h = sc->cluster.host[sc_node(sc, false)];
	u64 mask = 0, founders = 0;
	bool nobody = false, said = false;

	while (sc_more(sc)) {
		if (sc_accept(sc, "founders"))
			said = true;
		else if (sc_accept(sc, "nobody"))
			nobody = true;
		else
			*(said ? &founders : &mask) |=
				BIT_ULL(sc_number(sc) & 63);
	}
	if (said && !founders)
		founders = SAMR_NO_FOUNDERS;
	if (!mask && !nobody)
		mask = sc->cluster.mask;
	sc->check.grows |= mask != sc->cluster.mask ||
			   (founders && founders != mask);
	host_founders(h, mask, founders);
}

/* save NODE EPOCH [keeper] [NODE...]: what it says of its disk */
static void do_save(struct scenario *sc)
{
	struct host *h = sc->cluster.host[sc_node(sc, false)];
	struct samr_saved s = { .told = true };
	bool keeper;

	s.epoch = sc_number(sc);
	keeper = sc_accept(sc, "keeper");
	while (sc_more(sc))
		s.members |= BIT_ULL(sc_number(sc) & 63);
	host_saved(h, &s, keeper);
}

/* told NODE OF: what the one knows of the other's disk, and of its view */
static void do_told(struct scenario *sc)
{
	struct host *h = sc->cluster.host[sc_node(sc, false)];
	u32 of = (u32)sc_number(sc);
	struct samr_peer_info p = { };

	samr_node_peer(h->node, of, &p);
	trace_note(&sc->trace,
		   "node %u knows of %u: epoch %llu, wants %#llx, saved %llu of %#llx",
		   h->id, of, (unsigned long long)p.epoch,
		   (unsigned long long)p.wanted,
		   (unsigned long long)p.saved.epoch,
		   (unsigned long long)p.saved.members);
}

static bool formed(const struct scenario *sc)
{
	struct samr_view_info view;
	struct host *h;

	cluster_for_each(&sc->cluster, h) {
		samr_node_view(h->node, &view);
		if (!view.epoch)
			return false;
	}
	return true;
}

/* form: all nodes want each other; run until they have a view. */
static void do_form(struct scenario *sc)
{
	struct queue *q = &sc->cluster.queue;
	u64 end = q->now + SETTLE_MOST;
	struct host *h;

	cluster_for_each(&sc->cluster, h)
		host_members(h, sc->cluster.mask);
	while (!formed(sc) && q->now < end)
		queue_run(q, q->now + SAMR_MSEC);
	if (!formed(sc))
		sc_bad(sc, "no view is formed");
}

static void join(struct scenario *sc, u32 id, u32 port, u32 group, u32 window,
		 u8 flags)
{
	struct member *m = sc->member[id][port];

	if (!m || m->state == MEMBER_LEFT)
		m = member_new(&sc->members, sc->cluster.host[id], group, port,
			       window);
	sc->member[id][port] = m;
	member_join(&sc->members, m, flags);
}

static void settle(struct scenario *sc)
{
	struct queue *q = &sc->cluster.queue;
	u64 end = q->now + SETTLE_MOST;

	while (!check_settled(&sc->check)) {
		if (q->now > end)
			check_unsettled(&sc->check);
		queue_run(q, q->now + SAMR_MSEC);
	}
}

/*
 * start GROUP [window BYTES] NODE...: the view is formed, port 1 of these nodes
 * joins the group, and all becomes quiet. Nothing of this is shown.
 */
static void do_start(struct scenario *sc)
{
	struct queue *q = &sc->cluster.queue;
	u32 group = sc_number(sc), window = WINDOW;

	sc->trace.mute = true;
	if (sc_accept(sc, "window"))
		window = sc_number(sc);
	do_form(sc);
	while (sc_more(sc))
		join(sc, sc_node(sc, false), 1, group, window, 0);
	settle(sc);
	queue_run(q, 100 * SAMR_MSEC);
	sc->trace.mute = !sc->out;
}

/* run TIME */
static void do_run(struct scenario *sc)
{
	queue_run(&sc->cluster.queue, sc->cluster.queue.now + sc_span(sc));
}

/* settle: run until all is delivered, read and forgotten. */
static void do_settle(struct scenario *sc)
{
	settle(sc);
}

/* join NODE PORT GROUP [window BYTES] [stateful] [safe] */
static void do_join(struct scenario *sc)
{
	u32 id = sc_node(sc, false), group, window = WINDOW;
	u64 port = sc_number(sc);
	u8 flags = 0;

	if (!port || port >= PORTS)
		sc_bad(sc, "a port is 1 to 255");
	group = sc_number(sc);
	if (sc_accept(sc, "window"))
		window = sc_number(sc);
	if (sc_accept(sc, "stateful"))
		flags = SAMR_MSG_STATEFUL;
	if (sc_accept(sc, "safe"))
		flags |= SAMR_MSG_SAFE;
	join(sc, id, port, group, window, flags);
}

static void do_leave(struct scenario *sc)
{
	struct member *m = sc_member(sc);

	member_leave(&sc->members, m, sc_accept(sc, "safe") ? SAMR_MSG_SAFE : 0);
}

/* send NODE PORT BYTES [safe] [times N] */
static void do_send(struct scenario *sc)
{
	struct member *m = sc_member(sc);
	u64 len = sc_number(sc), times = 1;
	u8 flags = sc_accept(sc, "safe") ? SAMR_MSG_SAFE : 0;

	if (sc_accept(sc, "times"))
		times = sc_number(sc);
	while (times--)
		member_send(&sc->members, m, len, flags, NULL);
}

/* room NODE GROUP BYTES|join: would they, or a join, be taken? */
static void do_room(struct scenario *sc)
{
	struct host *h = sc->cluster.host[sc_node(sc, false)];
	u32 group = sc_number(sc), len;

	if (sc_accept(sc, "join")) {
		trace_note(&sc->trace, "node %u has %s for a join in group %u",
			   h->id, host_room(h, SAMR_KIND_JOIN, group, 0) ?
				  "room" : "no room", group);
		return;
	}
	len = sc_number(sc);
	trace_note(&sc->trace, "node %u has %s for %u bytes in group %u", h->id,
		   host_room(h, SAMR_KIND_DATA, group, len) ? "room" : "no room",
		   len, group);
}

/* probe on|off: do checkers ask for room, which makes the core remember that? */
static void do_probe(struct scenario *sc)
{
	sc->check.probe = sc_accept(sc, "on");
	if (!sc->check.probe && !sc_accept(sc, "off"))
		sc_bad(sc, "on or off");
}

/* read NODE PORT [N] */
static void do_read(struct scenario *sc)
{
	struct member *m = sc_member(sc);

	member_read(&sc->members, m, sc_more(sc) ? sc_number(sc) : U32_MAX);
	queue_run(&sc->cluster.queue, sc->cluster.queue.now);
}

static void do_reading(struct scenario *sc)
{
	sc->reading = sc_accept(sc, "on");
	if (!sc->reading && !sc_accept(sc, "off"))
		sc_bad(sc, "on or off");
	if (sc->reading)
		queue_set(&sc->cluster.queue, &sc->read, sc->cluster.queue.now);
}

/* abandon: nothing is awaited at the end; the nodes are freed as they are */
static void do_abandon(struct scenario *sc)
{
	sc->abandoned = true;
}

static u32 hidden(struct scenario *sc)
{
	return sc_accept(sc, "DELIVER") ? TRACE_HIDE_DELIVER :
				       1u << sc_record(sc);
}

static void do_hide(struct scenario *sc)
{
	while (sc_more(sc))
		sc->trace.hide |= hidden(sc);
}

static void do_show(struct scenario *sc)
{
	while (sc_more(sc))
		sc->trace.hide &= ~hidden(sc);
}

static void do_mute(struct scenario *sc)
{
	sc->trace.mute = true;
}

static void do_unmute(struct scenario *sc)
{
	sc->trace.mute = !sc->out;
}

/* view NODE: what it says of the view, or of those who want the same one */
static void do_view(struct scenario *sc)
{
	struct host *h = sc->cluster.host[sc_node(sc, false)];
	struct samr_view_info v;

	samr_node_view(h->node, &v);
	trace_note(&sc->trace,
		   "node %u: view %llu, wants %#llx, which %#llx want%s",
		   h->id, (unsigned long long)v.epoch,
		   (unsigned long long)v.wanted, (unsigned long long)v.heard,
		   samr_node_out(h->node) ? "; it is out" : "");
}

/* laps NODE: its own messages to their places, delivery and stability, by steps of time */
static void do_laps(struct scenario *sc)
{
	static const char *const name[] = { "order", "deliver", "stable" };
	struct host *h = sc->cluster.host[sc_node(sc, false)];
	struct samr_latency l;
	char text[256];
	int lap, n;
	u32 i;

	for (lap = 0; lap < SAMR_LAPS; lap++) {
		samr_node_latency(h->node, lap, &l);
		n = 0;
		for (i = 0; i < SAMR_LATENCY_STEPS; i++)
			if (l.count[i] && n < (int)sizeof(text) - 48)
				n += sprintf(text + n, ", %llu in step %u",
					     (unsigned long long)l.count[i],
					     i);
		trace_note(&sc->trace, "node %u: %s: %llu ns%s", h->id,
			   name[lap], (unsigned long long)l.sum,
			   n ? text : ", none");
	}
}

/* retire N: it asks to leave the view */
static void do_retire(struct scenario *sc)
{
	struct host *h = sc->cluster.host[sc_node(sc, false)];
	struct samr_event ev = { .type = SAMR_EV_RETIRE };

	trace_note(&sc->trace, "answer %d", host_step(h, &ev));
	host_flush(h);
}

/* hint N M...: its machine has no way to these any more */
static void do_hint(struct scenario *sc)
{
	struct host *h = sc->cluster.host[sc_node(sc, false)];
	struct samr_event ev = { .type = SAMR_EV_HINT };

	while (sc_more(sc))
		ev.lost |= BIT_ULL(sc_number(sc) & 63);
	host_step(h, &ev);
	host_flush(h);
}

/* farewell N [quit]: it says that it will not be heard, and may go for good */
static void do_farewell(struct scenario *sc)
{
	struct host *h = sc->cluster.host[sc_node(sc, false)];
	struct samr_event ev = { .type = SAMR_EV_FAREWELL };

	ev.quit = sc_accept(sc, "quit");
	host_step(h, &ev);
	host_flush(h);
}

/* What the checkers know of a node is of the incarnation that is gone. */
static void forget(struct check *k, u32 id)
{
	memset(k->stats[id], 0, sizeof(*k->stats[id]));
	memset(&k->counted[id], 0, sizeof(k->counted[id]));
	memset(k->last[id], 0, sizeof(k->last[id]));
	memset(k->told[id], 0, sizeof(k->told[id]));
	k->grows = true;
	k->installed[id] = 0;
	k->epoch[id] = 0;
	k->strangers[id] = 0;
}

/*
 * restart N: it forgets everything, and comes back in another incarnation. Not a
 * head that members were on: the checkers take what they sent, and what they were
 * given, as that of one life.
 */
static void do_restart(struct scenario *sc)
{
	u32 id = sc_node(sc, false), port;
	struct host *h = sc->cluster.host[id];
	struct host_params p = h->params;

	for (port = 0; port < PORTS; port++)
		if (sc->member[id][port])
			sc_bad(sc, "only a node without members, now and before, is restarted");
	if (sc->ledger.by_host[id].count)
		sc_bad(sc, "only a node that has sent nothing is restarted");
	host_free(h);
	forget(&sc->check, id);
	sc->cluster.host[id] = host_new(&sc->cluster, id, &p, &sc->cfg);
	host_frame_max(sc->cluster.host[id], 1440);
	host_members(sc->cluster.host[id], sc->cluster.mask);
}

/* fence N [M]: what it knows of fences; and that of M is confirmed to it */
static void do_fence(struct scenario *sc)
{
	struct host *h = sc->cluster.host[sc_node(sc, false)];
	u64 done = sc_more(sc) ? sc_number(sc) : 0;
	struct samr_event ev = { .type = SAMR_EV_FENCED };
	struct samr_fence f;
	u32 i;

	for (i = 0; i < SAMR_FENCES; i++) {
		if (!samr_node_fence(h->node, i, &f))
			continue;
		trace_note(&sc->trace, "fence of %u for view %u: %s%s",
			   (u32)f.id, (u32)f.epoch, f.dead ? "done" :
			   f.why == SAMR_FENCE_BLOCKED ? "blocked" :
			   f.why == SAMR_FENCE_EXCLUDED ? "excluded" : "needless",
			   f.id == done ? ", confirmed" : "");
		ev.fenced.node = f.id;
		ev.fenced.inc = f.inc;
		ev.fenced.token = f.token;
		if (f.id == done && host_step(h, &ev))
			sc_bad(sc, "this is refused");
	}
	host_flush(h);
}

/* where: positions of all nodes */
static void do_where(struct scenario *sc)
{
	struct samr_node_stats s;
	struct host *h;

	cluster_for_each(&sc->cluster, h) {
		host_stats(h, &s);
		trace_note(&sc->trace,
			   "node %u: last %llu held %llu delivered %llu stable %llu trimmed %llu",
			   h->id, (unsigned long long)s.last,
			   (unsigned long long)s.held,
			   (unsigned long long)s.delivered,
			   (unsigned long long)s.stable,
			   (unsigned long long)s.trimmed);
	}
}

/* drops NODE: what it dropped, by reason */
static void do_drops(struct scenario *sc)
{
	struct host *h = sc->cluster.host[sc_node(sc, false)];
	struct samr_node_stats s;
	u32 d, n = 0;

	host_stats(h, &s);
	for (d = 1; d < SAMR_DROPS; d++) {
		if (!s.drops[d] && !h->drops[d])
			continue;
		n++;
		trace_note(&sc->trace, "node %u dropped %llu: %s", h->id,
			   (unsigned long long)(s.drops[d] + h->drops[d]),
			   samr_strings_drop(d));
	}
	if (!n)
		trace_note(&sc->trace, "node %u dropped nothing", h->id);
}

/* counts NODE: its counters that are not 0 */
static void do_counts(struct scenario *sc)
{
	struct host *h = sc->cluster.host[sc_node(sc, false)];
	struct samr_node_stats s;

	host_stats(h, &s);
	trace_note(&sc->trace,
		   "node %u: submitted %llu, ordered %llu, NACKs in %llu out %llu, repairs %llu, suppressed %llu, resent %llu, refused %llu",
		   h->id, (unsigned long long)s.submitted,
		   (unsigned long long)s.ordered,
		   (unsigned long long)s.nacks_in,
		   (unsigned long long)s.nacks_out,
		   (unsigned long long)s.repairs,
		   (unsigned long long)s.suppressed,
		   (unsigned long long)s.resent,
		   (unsigned long long)s.refused);
}

static const struct {
	const char *name;
	void (*run)(struct scenario *sc);
} commands[] = {
	{ "abandon", do_abandon },
	{ "acked", do_acked },
	{ "attach", do_attach },
	{ "close", do_close },
	{ "counts", do_counts },
	{ "cut", do_cut },
	{ "delay", do_delay },
	{ "detach", do_detach },
	{ "drops", do_drops },
	{ "fail", do_fail },
	{ "farewell", do_farewell },
	{ "fence", do_fence },
	{ "forge", do_forge },
	{ "form", do_form },
	{ "frames", do_frames },
	{ "give", do_give },
	{ "group", do_group },
	{ "heal", do_heal },
	{ "hide", do_hide },
	{ "hint", do_hint },
	{ "input", do_input },
	{ "join", do_join },
	{ "laps", do_laps },
	{ "leave", do_leave },
	{ "links", do_links },
	{ "lock", do_lock },
	{ "locks", do_locks },
	{ "lose", do_lose },
	{ "mute", do_mute },
	{ "nodes", do_nodes },
	{ "open", do_open },
	{ "output", do_output },
	{ "pause", do_pause },
	{ "probe", do_probe },
	{ "read", do_read },
	{ "reading", do_reading },
	{ "repeat", do_repeat },
	{ "connect", do_connect },
	{ "disconnect", do_disconnect },
	{ "alarm", do_alarm },
	{ "call", do_call },
	{ "cancel", do_cancel },
	{ "reply", do_reply },
	{ "query", do_query },
	{ "answer", do_answer },
	{ "forget", do_forget },
	{ "request", do_request },
	{ "restart", do_restart },
	{ "retire", do_retire },
	{ "room", do_room },
	{ "run", do_run },
	{ "send", do_send },
	{ "sessions", do_sessions },
	{ "settle", do_settle },
	{ "show", do_show },
	{ "start", do_start },
	{ "place", do_place },
	{ "snapshot", do_snapshot },
	{ "took", do_took },
	{ "unlock", do_unlock },
	{ "unmute", do_unmute },
	{ "view", do_view },
	{ "want", do_want },
	{ "save", do_save },
	{ "told", do_told },
	{ "where", do_where },
};

void scenario_command(struct scenario *sc, const char *text, size_t line)
{
	char copy[512], *rest = copy, *w;
	size_t i;

	sc->line = line;
	sc->words = 0;
	sc->next = 0;
	snprintf(copy, sizeof(copy), "%s", text);
	while ((w = strsep(&rest, " \t"))) {
		if (!*w)
			continue;
		if (sc->words == WORDS)
			sc_bad(sc, "too many words");
		sc->word[sc->words++] = w;
	}
	w = sc_word(sc);
	if (!sc->made && strcmp(w, "nodes"))
		sc_bad(sc, "a scenario begins with its nodes");
	for (i = 0; i < ARRAY_SIZE(commands); i++)
		if (!strcmp(commands[i].name, w))
			break;
	if (i == ARRAY_SIZE(commands))
		sc_bad(sc, "no such command");
	commands[i].run(sc);
	if (sc_more(sc))
		sc_bad(sc, "there is a word too many");
}

static void finish(struct scenario *sc)
{
	sc->reading = true;
	queue_set(&sc->cluster.queue, &sc->read, sc->cluster.queue.now);
	net_heal(&sc->cluster.net);
	settle(sc);
	check_model(&sc->check);
	check_credit(&sc->check, false);
	queue_run(&sc->cluster.queue, sc->cluster.queue.now + 200 * SAMR_MSEC);
	check_credit(&sc->check, true);
	check_answers(&sc->check, sc->quorum);
}

static void free_all(struct scenario *sc)
{
	scenario_net_free(sc);
	cluster_free(&sc->cluster);
	check_owners(&sc->check);
	members_free(&sc->members);
	check_free(&sc->check);
	ledger_free(&sc->ledger);
	if (memory_use_of(MEMORY_HOMES)->objects)
		sim_fail("%llu objects are left",
			 (unsigned long long)
			 memory_use_of(MEMORY_HOMES)->objects);
	free(sc);
}

void scenario_end(struct scenario *sc)
{
	if (!sc->made)
		sim_fail("nothing happens");
	scenario_net_end(sc);
	sc->trace.mute = true;
	if (!sc->abandoned)
		finish(sc);
	free_all(sc);
}
