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
#include "forge.h"
#include "scenario.h"
#include "sim.h"
#include "trace.h"

#define WORDS		24
#define PORTS		256
#define SETTLE_MOST	(20000 * SAMR_MSEC)
#define WINDOW		(1U << 20)
#define ANY_RECORD	0xff

enum verdict {
	LOSE,
	TWICE,
	LATE,
};

/* What will happen to frames. */
struct rule {
	struct list_head list;
	enum verdict verdict;
	u8 type;
	u32 from;		/* 0: any */
	u32 to;
	u32 count;
	u64 delay;
};

struct scenario {
	struct cluster cluster;
	struct ledger ledger;
	struct members members;
	struct check check;
	struct trace trace;
	struct list_head rules;
	struct buffer *last[NET_NODES][NET_NODES];	/* from, to */
	struct buffer *hello[NET_NODES][NET_NODES];	/* of them, a HELLO */
	struct member *member[NET_NODES][PORTS];
	bool reading;
	struct timer read;
	bool made;
	bool quorum;
	bool abandoned;
	FILE *out;
	/* of the command under way */
	size_t line;
	char *word[WORDS];
	u32 words;
	u32 next;
};

static void __attribute__((noreturn)) bad(const struct scenario *sc,
					  const char *what)
{
	sim_fail("line %zu: %s", sc->line, what);
}

static char *word(struct scenario *sc)
{
	if (sc->next == sc->words)
		bad(sc, "a word is missing");
	return sc->word[sc->next++];
}

static bool more(const struct scenario *sc)
{
	return sc->next < sc->words;
}

/* The next word, if it is @is. */
static bool accept(struct scenario *sc, const char *is)
{
	if (!more(sc) || strcmp(sc->word[sc->next], is))
		return false;
	sc->next++;
	return true;
}

static u64 number_of(const struct scenario *sc, const char *text, char **rest)
{
	char *end;
	u64 n = strtoull(text, &end, 0);

	if (end == text || (!rest && *end))
		bad(sc, "a number is expected");
	if (rest)
		*rest = end;
	return n;
}

static u64 number(struct scenario *sc)
{
	return number_of(sc, word(sc), NULL);
}

/* A time such as 5ms or 200us, in ns. */
static u64 span(struct scenario *sc)
{
	char *unit;
	u64 n = number_of(sc, word(sc), &unit);

	if (!strcmp(unit, "ms"))
		return n * SAMR_MSEC;
	if (!strcmp(unit, "us"))
		return n * SAMR_USEC;
	bad(sc, "a time is a number of ms or us");
}

/* A node's id, or 0 for "*". */
static u32 node(struct scenario *sc, bool any)
{
	u64 id;

	if (any && accept(sc, "*"))
		return 0;
	id = number(sc);
	if (!id || id >= NET_NODES || !sc->cluster.host[id])
		bad(sc, "there is no such node");
	return id;
}

static u8 record_type(struct scenario *sc)
{
	const char *w = word(sc);
	u32 t;

	if (!strcmp(w, "*"))
		return ANY_RECORD;
	if (!strcmp(w, "ACK"))
		return 0;
	for (t = SAMR_REC_SUBMIT; t <= SAMR_REC_CREDIT_ASK; t++)
		if (!strcmp(samr_strings_rec(t), w))
			return t;
	bad(sc, "there is no such record");
}

static struct member *member(struct scenario *sc)
{
	u32 id = node(sc, false);
	u64 port = number(sc);

	if (port >= PORTS || !sc->member[id][port])
		bad(sc, "there is no such member");
	return sc->member[id][port];
}

/* Has the frame a record of that type? Type 0: has it none at all? */
static bool frame_has(const struct buffer *frame, u8 type)
{
	const struct samr_hdr *h = (const struct samr_hdr *)frame->bytes;
	u32 at = sizeof(*h), i;
	struct samr_rec rec;

	if (type == ANY_RECORD)
		return true;
	if (!type)
		return !h->records;
	for (i = 0; i < be16_to_cpu(h->records); i++) {
		memcpy(&rec, frame->bytes + at, sizeof(rec));
		if (rec.type == type)
			return true;
		at += be16_to_cpu(rec.len);
	}
	return false;
}

static void apply_rule(struct scenario *sc, struct rule *r, u32 from, u32 to,
		       struct buffer *frame, u64 *delay)
{
	static const char * const does[] = {
		[LOSE] = "loses", [TWICE] = "repeats", [LATE] = "holds back",
	};
	const struct samr_hdr *h = (const struct samr_hdr *)frame->bytes;
	char text[1024];

	if (sc->out && trace_frame(&sc->trace, frame->bytes,
				   be16_to_cpu(h->len), text, sizeof(text)))
		trace_note(&sc->trace, "the network %s %s from %u to %u",
			   does[r->verdict], text, from, to);
	if (r->verdict == TWICE)
		net_inject(&sc->cluster.net, to, frame,
			   sc->cluster.net.params.delay + r->delay);
	if (r->verdict == LATE)
		*delay = r->delay;
	if (--r->count)
		return;
	list_del(&r->list);
	free(r);
}

static void keep(struct buffer **kept, struct buffer *frame)
{
	if (*kept)
		buffer_put(*kept);
	*kept = frame ? buffer_get(frame) : NULL;
}

static bool judge(void *ctx, u32 from, u32 to, struct buffer *frame,
		  u64 *delay)
{
	struct cluster *c = ctx;
	struct scenario *sc = container_of(c, struct scenario, cluster);
	struct rule *r, *n;
	bool pass = true;

	keep(&sc->last[from][to], frame);
	if (frame_has(frame, SAMR_REC_HELLO))
		keep(&sc->hello[from][to], frame);
	list_for_each_entry_safe(r, n, &sc->rules, list) {
		if ((r->from && r->from != from) || (r->to && r->to != to) ||
		    !frame_has(frame, r->type))
			continue;
		pass = r->verdict != LOSE;
		apply_rule(sc, r, from, to, frame, delay);
		break;
	}
	return pass;
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
	u64 i, n = number(sc);
	u32 id;

	if (sc->made || n < 1 || n > SAMR_HEADS_MAX)
		bad(sc, "1 to 16 nodes, once");
	sc->made = true;
	memory_reset(1);
	cluster_init(&sc->cluster, 1);
	sc->cluster.net.judge = judge;
	net->delay = 50 * SAMR_USEC;
	net->len_max = 1440 + SAMR_CRC_LEN;
	while (more(sc)) {
		if (accept(sc, "history"))
			cfg.history = number(sc);
		else if (accept(sc, "history_bytes"))
			cfg.history_bytes = number(sc);
		else if (accept(sc, "submits"))
			cfg.submits = number(sc);
		else if (accept(sc, "submit_bytes"))
			cfg.submit_bytes = number(sc);
		else if (accept(sc, "ref_min"))
			cfg.ref_min = number(sc);
		else if (accept(sc, "quorum"))
			cfg.quorum = sc->quorum = true;
		else if (accept(sc, "beat"))
			cfg.beat = span(sc);
		else if (accept(sc, "dead"))
			cfg.dead = span(sc);
		else if (accept(sc, "reorder"))
			cfg.reorder = span(sc);
		else if (accept(sc, "ack_delay"))
			cfg.ack_delay = span(sc);
		else if (accept(sc, "delay"))
			net->delay = span(sc);
		else
			bad(sc, "no such setting of the nodes");
	}
	for (i = 1; i <= n; i++)
		cluster_add(&sc->cluster, i, &host, &cfg);
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

/* want NODE [NODE...|nobody]: its admin names the heads; all by default */
static void do_want(struct scenario *sc)
{
	struct host *h = sc->cluster.host[node(sc, false)];
	u64 mask = 0;

	if (!more(sc))
		mask = sc->cluster.mask;
	else if (!accept(sc, "nobody"))
		while (more(sc))
			mask |= BIT_ULL(number(sc) & 63);
	host_members(h, mask);
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
		bad(sc, "no view is formed");
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
	u32 group = number(sc), window = WINDOW;

	sc->trace.mute = true;
	if (accept(sc, "window"))
		window = number(sc);
	do_form(sc);
	while (more(sc))
		join(sc, node(sc, false), 1, group, window, 0);
	settle(sc);
	queue_run(q, 100 * SAMR_MSEC);
	sc->trace.mute = !sc->out;
}

/* run TIME */
static void do_run(struct scenario *sc)
{
	queue_run(&sc->cluster.queue, sc->cluster.queue.now + span(sc));
}

/* settle: run until all is delivered, read and forgotten. */
static void do_settle(struct scenario *sc)
{
	settle(sc);
}

/* join NODE PORT GROUP [window BYTES] [safe] */
static void do_join(struct scenario *sc)
{
	u32 id = node(sc, false), group, window = WINDOW;
	u64 port = number(sc);
	u8 flags = 0;

	if (!port || port >= PORTS)
		bad(sc, "a port is 1 to 255");
	group = number(sc);
	if (accept(sc, "window"))
		window = number(sc);
	if (accept(sc, "safe"))
		flags = SAMR_MSG_SAFE;
	join(sc, id, port, group, window, flags);
}

static void do_leave(struct scenario *sc)
{
	struct member *m = member(sc);

	member_leave(&sc->members, m, accept(sc, "safe") ? SAMR_MSG_SAFE : 0);
}

/* send NODE PORT BYTES [safe] [times N] */
static void do_send(struct scenario *sc)
{
	struct member *m = member(sc);
	u64 len = number(sc), times = 1;
	u8 flags = accept(sc, "safe") ? SAMR_MSG_SAFE : 0;

	if (accept(sc, "times"))
		times = number(sc);
	while (times--)
		member_send(&sc->members, m, len, flags, NULL);
}

/* room NODE GROUP BYTES|join: would they, or a join, be taken? */
static void do_room(struct scenario *sc)
{
	struct host *h = sc->cluster.host[node(sc, false)];
	u32 group = number(sc), len;

	if (accept(sc, "join")) {
		trace_note(&sc->trace, "node %u has %s for a join in group %u",
			   h->id, host_room(h, SAMR_KIND_JOIN, group, 0) ?
				  "room" : "no room", group);
		return;
	}
	len = number(sc);
	trace_note(&sc->trace, "node %u has %s for %u bytes in group %u", h->id,
		   host_room(h, SAMR_KIND_DATA, group, len) ? "room" : "no room",
		   len, group);
}

/* probe on|off: do checkers ask for room, which makes the core remember that? */
static void do_probe(struct scenario *sc)
{
	sc->check.probe = accept(sc, "on");
	if (!sc->check.probe && !accept(sc, "off"))
		bad(sc, "on or off");
}

/* read NODE PORT [N] */
static void do_read(struct scenario *sc)
{
	struct member *m = member(sc);

	member_read(&sc->members, m, more(sc) ? number(sc) : U32_MAX);
	queue_run(&sc->cluster.queue, sc->cluster.queue.now);
}

static void do_reading(struct scenario *sc)
{
	sc->reading = accept(sc, "on");
	if (!sc->reading && !accept(sc, "off"))
		bad(sc, "on or off");
	if (sc->reading)
		queue_set(&sc->cluster.queue, &sc->read, sc->cluster.queue.now);
}

static void add_rule(struct scenario *sc, enum verdict verdict)
{
	struct rule *r = sim_alloc(sizeof(*r));

	r->verdict = verdict;
	r->type = record_type(sc);
	r->from = node(sc, true);
	r->to = node(sc, true);
	r->count = 1;
	if (verdict != LOSE)
		r->delay = span(sc);
	if (accept(sc, "times"))
		r->count = number(sc);
	if (!r->count)
		bad(sc, "once at least");
	list_add_tail(&r->list, &sc->rules);
}

static void do_lose(struct scenario *sc)
{
	add_rule(sc, LOSE);
}

static void do_repeat(struct scenario *sc)
{
	add_rule(sc, TWICE);
}

static void do_delay(struct scenario *sc)
{
	add_rule(sc, LATE);
}

/* cut NODE...: they and the others do not hear each other */
static void do_cut(struct scenario *sc)
{
	u64 mask = 0;

	while (more(sc))
		mask |= BIT_ULL(node(sc, false));
	net_cut(&sc->cluster.net, mask);
}

static void do_heal(struct scenario *sc)
{
	net_heal(&sc->cluster.net);
}

/* frames NODE|* BYTES: what the shell believes; links BYTES: what is true */
static void do_frames(struct scenario *sc)
{
	u32 id = node(sc, true), size = number(sc);
	struct host *h;

	cluster_for_each(&sc->cluster, h)
		if (!id || id == h->id)
			host_frame_max(h, size);
}

static void do_links(struct scenario *sc)
{
	sc->cluster.net.params.len_max = number(sc) + SAMR_CRC_LEN;
}

/* fail NODE N [after M]: its next N allocations, but for M before them */
static void do_fail(struct scenario *sc)
{
	u32 id = node(sc, false), count = number(sc);

	memory_fail_next(id, count, accept(sc, "after") ? number(sc) : 0);
}

static void forge(struct scenario *sc, struct buffer *b, const char *field,
		  u64 value)
{
	if (!forge_field(b, field, value))
		bad(sc, "the frame has no such field");
}

static void forge_next(struct scenario *sc, struct buffer *b)
{
	const char *field = word(sc);

	forge(sc, b, field, number(sc));
}

static void forge_node(struct scenario *sc, struct buffer *b, const char *id,
		       const char *inc)
{
	struct host *h = sc->cluster.host[node(sc, false)];

	forge(sc, b, id, h->id);
	forge(sc, b, inc, h->inc);
}

/* forge [hello] FROM TO [FIELD VALUE]...: the last one again, with these changed */
static void do_forge(struct scenario *sc)
{
	bool hello = accept(sc, "hello");
	u32 from = node(sc, false), to = node(sc, false);
	struct buffer *was = hello ? sc->hello[from][to] : sc->last[from][to];
	struct buffer *b;

	if (!was)
		bad(sc, "no frame was sent there");
	b = buffer_new(was->len);
	b->len = was->len;
	memcpy(b->bytes, was->bytes, was->len);
	while (more(sc)) {
		if (accept(sc, "as"))
			forge_node(sc, b, "source", "incarnation");
		else if (accept(sc, "of"))
			forge_node(sc, b, "origin", "origin-inc");
		else if (accept(sc, "member2"))
			forge_node(sc, b, "node2", "inc2");
		else if (accept(sc, "into"))
			to = node(sc, false);
		else
			forge_next(sc, b);
	}
	host_seal(b, be16_to_cpu(((struct samr_hdr *)b->bytes)->len));
	sc->check.strict = false;
	net_inject(&sc->cluster.net, to, b, 0);
	buffer_put(b);
	queue_run(&sc->cluster.queue, sc->cluster.queue.now);
}

/* abandon: nothing is awaited at the end; the nodes are freed as they are */
static void do_abandon(struct scenario *sc)
{
	sc->abandoned = true;
}

static u32 hidden(struct scenario *sc)
{
	return accept(sc, "DELIVER") ? TRACE_HIDE_DELIVER :
				       1u << record_type(sc);
}

static void do_hide(struct scenario *sc)
{
	while (more(sc))
		sc->trace.hide |= hidden(sc);
}

static void do_show(struct scenario *sc)
{
	while (more(sc))
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
	struct host *h = sc->cluster.host[node(sc, false)];
	struct samr_view_info v;

	samr_node_view(h->node, &v);
	trace_note(&sc->trace,
		   "node %u: view %llu, wants %#llx, which %#llx want",
		   h->id, (unsigned long long)v.epoch,
		   (unsigned long long)v.wanted, (unsigned long long)v.heard);
}

/* retire N: it asks to leave the view */
static void do_retire(struct scenario *sc)
{
	struct host *h = sc->cluster.host[node(sc, false)];
	struct samr_event ev = { .type = SAMR_EV_RETIRE };

	trace_note(&sc->trace, "answer %d", host_step(h, &ev));
	host_flush(h);
}

/* fence N [M]: what it knows of fences; and that of M is confirmed to it */
static void do_fence(struct scenario *sc)
{
	struct host *h = sc->cluster.host[node(sc, false)];
	u64 done = more(sc) ? number(sc) : 0;
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
			bad(sc, "this is refused");
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
	struct host *h = sc->cluster.host[node(sc, false)];
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
	struct host *h = sc->cluster.host[node(sc, false)];
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
	{ "counts", do_counts },
	{ "cut", do_cut },
	{ "delay", do_delay },
	{ "drops", do_drops },
	{ "fail", do_fail },
	{ "fence", do_fence },
	{ "forge", do_forge },
	{ "form", do_form },
	{ "frames", do_frames },
	{ "heal", do_heal },
	{ "hide", do_hide },
	{ "join", do_join },
	{ "leave", do_leave },
	{ "links", do_links },
	{ "lose", do_lose },
	{ "mute", do_mute },
	{ "nodes", do_nodes },
	{ "probe", do_probe },
	{ "read", do_read },
	{ "reading", do_reading },
	{ "repeat", do_repeat },
	{ "retire", do_retire },
	{ "room", do_room },
	{ "run", do_run },
	{ "send", do_send },
	{ "settle", do_settle },
	{ "show", do_show },
	{ "start", do_start },
	{ "unmute", do_unmute },
	{ "view", do_view },
	{ "want", do_want },
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
			bad(sc, "too many words");
		sc->word[sc->words++] = w;
	}
	w = word(sc);
	if (!sc->made && strcmp(w, "nodes"))
		bad(sc, "a scenario begins with its nodes");
	for (i = 0; i < ARRAY_SIZE(commands); i++)
		if (!strcmp(commands[i].name, w))
			break;
	if (i == ARRAY_SIZE(commands))
		bad(sc, "no such command");
	commands[i].run(sc);
	if (more(sc))
		bad(sc, "there is a word too many");
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
	struct rule *r, *n;
	u32 from, to;

	list_for_each_entry_safe(r, n, &sc->rules, list)
		free(r);
	for (from = 0; from < NET_NODES; from++)
		for (to = 0; to < NET_NODES; to++) {
			keep(&sc->last[from][to], NULL);
			keep(&sc->hello[from][to], NULL);
		}
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
	struct rule *r;

	if (!sc->made)
		sim_fail("nothing happens");
	list_for_each_entry(r, &sc->rules, list)
		sim_fail("a rule about frames from %u to %u was not used %u times",
			 r->from, r->to, r->count);
	sc->trace.mute = true;
	if (!sc->abandoned)
		finish(sc);
	free_all(sc);
}
