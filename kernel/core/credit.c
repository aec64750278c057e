// SPDX-License-Identifier: GPL-2.0
/* Credits, see credit.h. */
#include "credit.h"
#include "call.h"
#include "flow.h"
#include "frame.h"
#include "group.h"

/* Reading is reported at once when this part of a share was read. */
#define REPORT_PART	4

/* A request for a lock tells two members at most. */
#define LOCK_NOTES	2

static u64 share_of(const struct samr_node *n, const struct samr_group *g)
{
	return g->window / samr_policy_count(n->view.all & ~n->view.witness);
}

/* It costs its bytes, and a group without members does not take it. */
static bool is_plain(u8 kind)
{
	return kind == SAMR_KIND_DATA || kind == SAMR_KIND_REQUEST ||
	       kind == SAMR_KIND_STREAM || kind == SAMR_KIND_CONNECT ||
	       kind == SAMR_KIND_RETURN || kind == SAMR_KIND_ALARM;
}

/* What readers will have to keep for a message, as far as that is known now. */
static u32 cost_of(const struct samr_group *g, u8 kind, u32 len)
{
	if (is_plain(kind))
		return samr_flow_cost(len);
	if (samr_kind_is_load(kind))
		return samr_flow_cost(len) + LOCK_NOTES *
		       (u32)sizeof(struct samr_lock_note);
	return g->members ? samr_members_cost(g->members->count + 1) : 0;
}

/* A leave is charged, but never refused. */
static bool needs_credit(u8 kind)
{
	return samr_kind_is_load(kind) || kind == SAMR_KIND_JOIN;
}

static bool is_charged(u8 kind)
{
	return needs_credit(kind) || kind == SAMR_KIND_LEAVE;
}

static bool fits(const struct samr_node *n, const struct samr_group *g, u8 kind,
		 u32 len)
{
	u64 out = g->unordered + g->owed, most = share_of(n, g);

	if (kind == SAMR_KIND_STATE)
		return !samr_call_owed(n, g) && samr_transfer_room(g, len);
	if (!needs_credit(kind))
		return true;
	if (!is_plain(kind)) {
		if (!g->members)
			return true;
		most *= 2;
	}
	return !out || out + cost_of(g, kind, len) <= most;
}

/* Whoever was refused in this group may ask again. */
static void wake(struct samr_node *n, struct samr_group *g)
{
	if (list_empty(&g->starving))
		return;
	list_del_init(&g->starving);
	n->out->writable = true;
}

bool samr_credit_known(const struct samr_node *n, u32 group)
{
	const struct samr_group *g = samr_group_find(n, group);

	return g && g->members;
}

bool samr_credit_room(const struct samr_node *n, u8 kind, u32 group, u32 len)
{
	const struct samr_group *g = samr_group_find(n, group);

	return !g || fits(n, g, kind, len);
}

bool samr_credit_refused(struct samr_node *n, u8 kind, u32 group, u32 len)
{
	struct samr_group *g = samr_group_find(n, group);

	if (!g || fits(n, g, kind, len))
		return false;
	if (kind == SAMR_KIND_STATE) {
		/* Receivers tell how far they are without being asked. */
		samr_mark("donor waits");
		g->give.refused = true;
		return true;
	}
	if (list_empty(&g->starving)) {
		samr_mark("credit exhausted");
		list_add_tail(&g->starving, &n->groups.starving);
		samr_node_due(n, &n->groups.ask_at, n->cfg.beat);
	}
	return true;
}

void samr_credit_charge(struct samr_node *n, struct samr_msg *msg)
{
	struct samr_group *g = samr_group_find(n, msg->meta.group);

	if (msg->meta.kind == SAMR_KIND_STATE && g)
		samr_transfer_charge(g, msg);
	if (!is_charged(msg->meta.kind))
		return;
	if (!g) {
		samr_assert(!samr_kind_is_load(msg->meta.kind));
		return;
	}
	msg->cost = cost_of(g, msg->meta.kind, msg->meta.len);
	g->unordered += msg->cost;
}

/*
 * Forget the debts that all readers have passed, up to a place that was applied
 * here: what lies behind it may still be for one who comes before that.
 */
static void settle_upto(struct samr_node *n, struct samr_group *g, u64 floor)
{
	struct samr_debt *d;
	bool freed = false;
	u32 i;

	for (i = 0; i < n->view.count; i++)
		if (g->nodes & BIT_ULL(i))
			floor = min(floor, g->read[i]);
	while (g->debts) {
		d = &g->debt[g->debt_first];
		if (d->gseq > floor)
			break;
		g->owed -= d->cost;
		g->debt_first = (g->debt_first + 1) % SAMR_DEBTS;
		g->debts--;
		freed = true;
	}
	if (freed)
		wake(n, g);
}

static void settle(struct samr_node *n, struct samr_group *g)
{
	settle_upto(n, g, n->rcv.delivered);
}

static void owe(struct samr_group *g, u64 gseq, u32 cost)
{
	struct samr_debt *d;

	/* Data behind a join may have been noted before it: debts ascend. */
	if (g->debts) {
		d = &g->debt[(g->debt_first + g->debts - 1) % SAMR_DEBTS];
		gseq = max(gseq, d->gseq);
	}
	g->owed += cost;
	if (g->debts < SAMR_DEBTS) {
		d = &g->debt[(g->debt_first + g->debts++) % SAMR_DEBTS];
		d->cost = 0;
	} else {
		samr_mark("debts merged");
		d = &g->debt[(g->debt_first + g->debts - 1) % SAMR_DEBTS];
	}
	d->cost += cost;
	d->gseq = gseq;
}

void samr_credit_ordered(struct samr_node *n, const struct samr_msg *msg)
{
	struct samr_group *g = samr_group_find(n, msg->meta.group);
	u32 cost = samr_msg_cost(msg);

	if (msg->meta.kind == SAMR_KIND_STATE && g)
		samr_transfer_ordered(n, g, msg);
	if (!is_charged(msg->meta.kind))
		return;
	if (!g) {
		samr_assert(!msg->cost);
		return;
	}
	if (!samr_assert(g->unordered >= msg->cost))
		return;
	g->unordered -= msg->cost;
	if (is_plain(msg->meta.kind) && msg->refused) {
		/* No reader ever sees it. */
		wake(n, g);
		return;
	}
	owe(g, msg->meta.gseq, cost);
	settle(n, g);
	/* A join that was refused in order costs less than was thought. */
	if (cost < msg->cost)
		wake(n, g);
}

void samr_credit_applied(struct samr_node *n, struct samr_group *g, u64 gseq)
{
	settle_upto(n, g, gseq);
}

void samr_credit_members(struct samr_node *n, struct samr_group *g, u64 gseq)
{
	const struct samr_member_id *m;
	u32 i, index, nodes = 0;

	g->window = 0;
	for (i = 0; g->members && i < g->members->count; i++) {
		m = &g->members->m[i];
		index = samr_node_index(n, m->node);
		if (!samr_assert(index != SAMR_NO_INDEX) ||
		    (m->flags & SAMR_ID_LACKS))
			continue;
		if (!nodes || m->window < g->window)
			g->window = m->window;
		nodes |= 1u << index;
	}
	/* What was ordered before its first member is not for it to read. */
	for (i = 0; i < n->view.count; i++)
		if (nodes & ~g->nodes & (1u << i))
			g->read[i] = gseq - 1;
	g->nodes = nodes;
	settle(n, g);
	/* The window may have grown, and a join may cost less than before. */
	wake(n, g);
}

static void move(struct samr_group *g, const u8 *to)
{
	u64 read[SAMR_HEADS_MAX] = { };
	u32 i, nodes = 0;

	for (i = 0; i < SAMR_HEADS_MAX; i++) {
		if (!(g->nodes & BIT_ULL(i)) || to[i] == SAMR_NO_INDEX)
			continue;
		nodes |= 1u << to[i];
		read[to[i]] = g->read[i];
	}
	g->nodes = nodes;
	memcpy(g->read, read, sizeof(read));
}

void samr_credit_move(struct samr_node *n, const u8 *to)
{
	struct samr_group *g;
	u32 i;

	for (i = 0; i < SAMR_GROUP_BUCKETS; i++)
		list_for_each_entry(g, &n->groups.bucket[i], hash)
			move(g, to);
}

void samr_credit_start(struct samr_node *n)
{
	struct samr_group *g;
	u32 i;

	for (i = 0; i < SAMR_GROUP_BUCKETS; i++)
		list_for_each_entry(g, &n->groups.bucket[i], hash)
			settle(n, g);
}

static void report(struct samr_node *n, struct samr_group *g)
{
	struct samr_rec_credit rec = {
		.rec = {
			.type = SAMR_REC_CREDIT,
			.len  = cpu_to_be16(sizeof(rec)),
		},
		.group = cpu_to_be32(g->id),
		.gseq  = cpu_to_be64(g->read[n->view.self]),
	};
	struct samr_blob *b;

	list_del_init(&g->dirty);
	g->unreported = 0;
	b = samr_frame_record(n, SAMR_DEST_ALL, sizeof(rec));
	if (b)
		samr_blob_put_data(b, &rec, sizeof(rec));
}

void samr_credit_consumed(struct samr_node *n, u32 group, u64 gseq, u32 cost)
{
	struct samr_group *g = samr_group_find(n, group);
	u32 self = n->view.self;

	if (!g || !(g->nodes & (1u << self)) || gseq <= g->read[self] ||
	    gseq > n->rcv.delivered)
		return;
	g->read[self] = gseq;
	g->unreported += cost;
	settle(n, g);
	if (n->view.count == 1)
		return;
	if (g->unreported >= share_of(n, g) / REPORT_PART) {
		report(n, g);
		return;
	}
	if (list_empty(&g->dirty))
		list_add_tail(&g->dirty, &n->groups.dirty);
	samr_node_due(n, &n->groups.credit_at, n->cfg.ack_delay);
}

void samr_credit_heard(struct samr_node *n, u32 index, u32 group, u64 gseq)
{
	struct samr_group *g = samr_group_find(n, group);

	if (!g || !(g->nodes & (1u << index)) || gseq <= g->read[index])
		return;
	g->read[index] = gseq;
	settle(n, g);
}

void samr_credit_asked(struct samr_node *n, u32 group)
{
	struct samr_group *g = samr_group_find(n, group);

	if (g && (g->nodes & (1u << n->view.self)))
		report(n, g);
}

static void ask(struct samr_node *n, struct samr_group *g)
{
	struct samr_rec_credit rec = {
		.rec = {
			.type = SAMR_REC_CREDIT_ASK,
			.len  = cpu_to_be16(sizeof(rec)),
		},
		.group = cpu_to_be32(g->id),
	};
	struct samr_blob *b = samr_frame_record(n, SAMR_DEST_ALL, sizeof(rec));

	if (b)
		samr_blob_put_data(b, &rec, sizeof(rec));
}

void samr_credit_timer(struct samr_node *n)
{
	struct samr_group *g, *next;

	if (n->now >= n->groups.credit_at) {
		n->groups.credit_at = SAMR_NEVER;
		list_for_each_entry_safe(g, next, &n->groups.dirty, dirty)
			report(n, g);
	}
	if (n->now >= n->groups.ask_at) {
		n->groups.ask_at = SAMR_NEVER;
		list_for_each_entry(g, &n->groups.starving, starving)
			ask(n, g);
		if (!list_empty(&n->groups.starving))
			n->groups.ask_at = n->now + n->cfg.beat;
	}
}

u64 samr_credit_deadline(const struct samr_node *n)
{
	return min(n->groups.credit_at, n->groups.ask_at);
}
