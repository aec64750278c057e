// SPDX-License-Identifier: GPL-2.0
/* Commands of a scenario about frames and faults, see scenario_inside.h. */
#include <stdlib.h>

#include "core/strings.h"
#include "forge.h"
#include "scenario_inside.h"
#include "sim.h"

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

u8 sc_record(struct scenario *sc)
{
	const char *w = sc_word(sc);
	u32 t;

	if (!strcmp(w, "*"))
		return ANY_RECORD;
	if (!strcmp(w, "ACK"))
		return 0;
	for (t = SAMR_REC_SUBMIT; t <= SAMR_REC_VERDICT; t++)
		if (!strcmp(samr_strings_rec(t), w))
			return t;
	sc_bad(sc, "there is no such record");
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

bool scenario_judge(void *ctx, u32 from, u32 to, struct buffer *frame,
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

static void add_rule(struct scenario *sc, enum verdict verdict)
{
	struct rule *r = sim_alloc(sizeof(*r));

	r->verdict = verdict;
	r->type = sc_record(sc);
	r->from = sc_node(sc, true);
	r->to = sc_node(sc, true);
	r->count = 1;
	if (verdict != LOSE)
		r->delay = sc_span(sc);
	if (sc_accept(sc, "times"))
		r->count = sc_number(sc);
	if (!r->count)
		sc_bad(sc, "once at least");
	list_add_tail(&r->list, &sc->rules);
}

void do_lose(struct scenario *sc)
{
	add_rule(sc, LOSE);
}

void do_repeat(struct scenario *sc)
{
	add_rule(sc, TWICE);
}

void do_delay(struct scenario *sc)
{
	add_rule(sc, LATE);
}

/* cut NODE...: they and the others do not hear each other */
void do_cut(struct scenario *sc)
{
	u64 mask = 0;

	while (sc_more(sc))
		mask |= BIT_ULL(sc_node(sc, false));
	net_cut(&sc->cluster.net, mask);
}

void do_heal(struct scenario *sc)
{
	net_heal(&sc->cluster.net);
}

/* pause N TIME: its machine stands still so long; what comes waits for it */
void do_pause(struct scenario *sc)
{
	struct host *h = sc->cluster.host[sc_node(sc, false)];

	host_pause(h, sc_span(sc));
}

/* frames NODE|* BYTES: what the shell believes; links BYTES: what is true */
void do_frames(struct scenario *sc)
{
	u32 id = sc_node(sc, true), size = sc_number(sc);
	struct host *h;

	cluster_for_each(&sc->cluster, h)
		if (!id || id == h->id)
			host_frame_max(h, size);
}

void do_links(struct scenario *sc)
{
	sc->cluster.net.params.len_max = sc_number(sc) + SAMR_CRC_LEN;
}

/* fail NODE N [after M]: its next N allocations, but for M before them */
void do_fail(struct scenario *sc)
{
	u32 id = sc_node(sc, false), count = sc_number(sc);

	memory_fail_next(id, count, sc_accept(sc, "after") ? sc_number(sc) : 0);
}

static void forge(struct scenario *sc, struct buffer *b, const char *field,
		  u64 value)
{
	if (!forge_field(b, field, value))
		sc_bad(sc, "the frame has no such field");
}

static void forge_next(struct scenario *sc, struct buffer *b)
{
	const char *field = sc_word(sc);

	forge(sc, b, field, sc_number(sc));
}

static void forge_node(struct scenario *sc, struct buffer *b, const char *id,
		       const char *inc)
{
	struct host *h = sc->cluster.host[sc_node(sc, false)];

	forge(sc, b, id, h->id);
	forge(sc, b, inc, h->inc);
}

/* forge [hello] FROM TO [FIELD VALUE]...: the last one again, with these changed */
void do_forge(struct scenario *sc)
{
	bool hello = sc_accept(sc, "hello");
	u32 from = sc_node(sc, false), to = sc_node(sc, false);
	struct buffer *was = hello ? sc->hello[from][to] : sc->last[from][to];
	struct buffer *b;

	if (!was)
		sc_bad(sc, "no frame was sent there");
	b = buffer_new(was->len);
	b->len = was->len;
	memcpy(b->bytes, was->bytes, was->len);
	while (sc_more(sc)) {
		if (sc_accept(sc, "as"))
			forge_node(sc, b, "source", "incarnation");
		else if (sc_accept(sc, "of"))
			forge_node(sc, b, "origin", "origin-inc");
		else if (sc_accept(sc, "member2"))
			forge_node(sc, b, "node2", "inc2");
		else if (sc_accept(sc, "into"))
			to = sc_node(sc, false);
		else
			forge_next(sc, b);
	}
	host_seal(b, be16_to_cpu(((struct samr_hdr *)b->bytes)->len));
	sc->check.strict = false;
	net_inject(&sc->cluster.net, to, b, 0);
	buffer_put(b);
	queue_run(&sc->cluster.queue, sc->cluster.queue.now);
}

void scenario_net_end(struct scenario *sc)
{
	struct rule *r;

	list_for_each_entry(r, &sc->rules, list)
		sim_fail("a rule about frames from %u to %u was not used %u times",
			 r->from, r->to, r->count);
}

void scenario_net_free(struct scenario *sc)
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
}
