// SPDX-License-Identifier: GPL-2.0
/*
 * Back-pressure is truthful, and the core's account of itself is right: what it
 * says about others is never more than the truth, and what it keeps is bounded.
 */
#include <stdlib.h>

#include "check.h"
#include "core/session.h"
#include "core/state.h"
#include "sim.h"

/* A submission that was refused, until somebody says that it may be repeated. */
struct blocked {
	struct list_head list;
	u32 host;
	u8 kind;
	u32 group;
	u32 len;
};

static struct check *check_of(struct watch *w)
{
	return container_of(w, struct check, flow);
}

static void note_blocked(struct check *k, struct host *h,
			 const struct samr_submit *s)
{
	struct blocked *b;

	list_for_each_entry(b, &k->blocked, list)
		if (b->host == h->id && b->kind == s->kind &&
		    b->group == s->group && b->len == s->len)
			return;
	b = sim_alloc(sizeof(*b));
	b->host = h->id;
	b->kind = s->kind;
	b->group = s->group;
	b->len = s->len;
	list_add_tail(&b->list, &k->blocked);
}

/* It may have to wait for readers, which is none of credit's affairs. */
static bool is_segment(const struct host *h, const struct samr_submit *s)
{
	struct samr_request_payload p;
	const struct samr_session *x;

	if (s->kind != SAMR_KIND_REQUEST)
		return false;
	memcpy(&p, blob_bytes(s->payload), sizeof(p));
	x = samr_session_find(h->node, s->group, be64_to_cpu(p.id));
	return x && x->stream;
}

static void on_submit(struct check *k, struct host *h,
		      const struct samr_submit *s, int err)
{
	const struct sub *sub = s->owner;

	if (k->refusing)
		return;
	switch (err) {
	case 0:
		if (sub->asked && !sub->room)
			sim_fail("node %u takes %u bytes, kind %d, for which it had no room",
				 h->id, s->len, s->kind);
		break;
	case -EAGAIN:
		if (is_segment(h, s))
			break;
		if (sub->asked && sub->room)
			sim_fail("node %u refuses %u bytes, kind %d, for which it had room",
				 h->id, s->len, s->kind);
		note_blocked(k, h, s);
		break;
	case -ENOMEM:
		if (memory_use_of(h->id)->failed == k->failed[h->id])
			sim_fail("node %u lacks memory that nobody refused it",
				 h->id);
		break;
	case -ENOTCONN:
		break;
	case -ESTALE:
		if (s->kind != SAMR_KIND_STATE)
			sim_fail("node %u takes kind %d for a piece of state",
				 h->id, s->kind);
		break;
	case -EMSGSIZE:
		/* A segment; else nobody hands in what is too long. */
		if (s->kind == SAMR_KIND_REQUEST)
			break;
		/* fallthrough */
	default:
		sim_fail("node %u answers %d to a submission", h->id, err);
	}
}

static void check_reply(const struct check *k, struct host *h, int err)
{
	if (err == -ENOENT || (err == -ENOMEM &&
			       memory_use_of(h->id)->failed > k->failed[h->id]))
		return;
	sim_fail("node %u answers %d to a reply", h->id, err);
}

static void on_stepped(struct watch *w, struct host *h,
		       const struct samr_event *ev, int err)
{
	struct check *k = check_of(w);

	k->timers[h->id] += ev->type == SAMR_EV_TIMER;
	/* Whoever has halted says so, and nothing else, for good. */
	if (h->halted && (err != -ENOTRECOVERABLE ||
			  samr_node_deadline(h->node) != U64_MAX))
		sim_fail("node %u has halted and goes on", h->id);
	if (err == -ENOTRECOVERABLE && !h->actions.halted)
		sim_fail("node %u has not halted and says so", h->id);
	if (err == -ENOTRECOVERABLE)
		return;
	if (ev->type == SAMR_EV_SUBMIT)
		on_submit(k, h, &ev->submit, err);
	else if (ev->type == SAMR_EV_REPLY && err)
		check_reply(k, h, err);
	else if (ev->type == SAMR_EV_OUTPUT && err != -ENOMEM)
		return;
	else if (ev->type == SAMR_EV_OUTPUT)
		check_reply(k, h, err);
	else if (ev->type == SAMR_EV_QUERY || ev->type == SAMR_EV_ANSWER ||
		 ev->type == SAMR_EV_CALL || ev->type == SAMR_EV_ALARM)
		return;		/* query.c, caller.c and sleeper.c look at these */
	else if (err && !samr_node_out(h->node) &&
		 ev->type != SAMR_EV_MEMBERS &&
		 !(ev->type == SAMR_EV_RETIRE && err == -EAGAIN))
		sim_fail("node %u answers %d to event %d", h->id, err,
			 ev->type);
}

static void on_writable(struct watch *w, struct host *h)
{
	struct check *k = check_of(w);
	struct blocked *b, *n;

	list_for_each_entry_safe(b, n, &k->blocked, list) {
		if (b->host != h->id)
			continue;
		list_del(&b->list);
		free(b);
	}
}

/* Nobody may wait for room that is there. */
static void check_blocked(struct check *k, struct host *h)
{
	struct blocked *b;

	list_for_each_entry(b, &k->blocked, list)
		if (b->host == h->id &&
		    host_room(h, b->kind, b->group, b->len))
			sim_fail("node %u has room for %u bytes in group %u, kind %d, and does not say so",
				 h->id, b->len, b->group, b->kind);
}

/*
 * Positions and counters go up, in their order. Only where the order ends may lie
 * before where it ended: in a view that cuts it.
 */
static void check_positions(struct check *k, struct host *h,
			    const struct samr_node_stats *was,
			    const struct samr_node_stats *is)
{
	u64 epoch = h->node->view.epoch;
	bool same = epoch == k->viewed[h->id];

	k->viewed[h->id] = epoch;
	if (is->held > is->last || is->delivered > is->held ||
	    is->trimmed > is->delivered || is->trimmed > is->stable)
		sim_fail("node %u: last %llu held %llu delivered %llu stable %llu trimmed %llu",
			 h->id, (unsigned long long)is->last,
			 (unsigned long long)is->held,
			 (unsigned long long)is->delivered,
			 (unsigned long long)is->stable,
			 (unsigned long long)is->trimmed);
	if ((is->last < was->last && same) || is->held < was->held ||
	    is->delivered < was->delivered || is->stable < was->stable ||
	    is->trimmed < was->trimmed)
		sim_fail("node %u: a position goes backwards", h->id);
	if (is->submitted < was->submitted || is->ordered < was->ordered ||
	    is->frames_in < was->frames_in || is->frames_out < was->frames_out ||
	    is->nacks_in < was->nacks_in || is->nacks_out < was->nacks_out ||
	    is->repairs < was->repairs || is->suppressed < was->suppressed ||
	    is->resent < was->resent || is->refused < was->refused)
		sim_fail("node %u: a counter goes backwards", h->id);
}

/* How many heads hold, and how many have delivered, the order up to there? */
static u32 count_held(const struct check *k, u64 gseq, bool delivered)
{
	const struct samr_node_stats *s;
	struct host *h;
	u32 n = 0;

	cluster_for_each(k->cluster, h) {
		if (k->cluster->witness & BIT_ULL(h->id))
			continue;
		s = k->stats[h->id];
		n += (delivered ? s->delivered : s->held) >= gseq;
	}
	return n;
}

/* What was true of the same positions in the same view stays so: others' only go up. */
static bool moved(const struct check *k, const struct host *h,
		  const struct samr_node_stats *was,
		  const struct samr_node_stats *is)
{
	return is->stable != was->stable || is->trimmed != was->trimmed ||
	       h->node->view.epoch != k->viewed[h->id];
}

static void check_stability(struct check *k, struct host *h)
{
	const struct samr_node_stats *s = k->stats[h->id];
	struct samr_view_info view;
	u32 i, keep = 0;

	samr_node_view(h->node, &view);
	for (i = 0; i < view.count; i++)
		keep += !(view.flags[i] & SAMR_SEAT_WITNESS);
	/* What lies before a view is stable by the view itself. */
	if (s->stable <= view.base)
		return;
	if (count_held(k, s->stable, false) < view.holders)
		sim_fail("node %u takes %llu for stable, which fewer than %u hold",
			 h->id, (unsigned long long)s->stable, view.holders);
	if (count_held(k, s->trimmed, false) < keep)
		sim_fail("node %u has forgotten %llu, which not all hold",
			 h->id, (unsigned long long)s->trimmed);
}

/*
 * What nobody did cannot have happened: without hostile frames there is nothing
 * to drop but what is late, repeated or too far ahead.
 */
static void check_drops(struct check *k, struct host *h)
{
	static const enum samr_drop never[] = {
		SAMR_DROP_DOMAIN, SAMR_DROP_INCARNATION, SAMR_DROP_RECORD,
		SAMR_DROP_UNKNOWN, SAMR_DROP_ROLE, SAMR_DROP_CONFLICT,
	};
	const struct samr_node_stats *s = k->stats[h->id];
	size_t i;

	for (i = 0; i < ARRAY_SIZE(never); i++)
		if (s->drops[never[i]] &&
		    !(k->grows && never[i] == SAMR_DROP_INCARNATION))
			sim_fail("node %u drops for reason %d without one",
				 h->id, never[i]);
	/* Heads that the admin has not named yet are strangers until he does. */
	if (s->drops[SAMR_DROP_SOURCE] != k->strangers[h->id] && s->last &&
	    !k->grows)
		sim_fail("node %u takes a member for a stranger", h->id);
	k->strangers[h->id] = s->drops[SAMR_DROP_SOURCE];
	if (s->drops[SAMR_DROP_MEMORY] > memory_use_of(h->id)->failed)
		sim_fail("node %u lacked memory %llu times and was refused it %llu times",
			 h->id, (unsigned long long)s->drops[SAMR_DROP_MEMORY],
			 (unsigned long long)memory_use_of(h->id)->failed);
}

/*
 * A reader's unread data: of each origin its share, or a single message; with the
 * joins, each of which has a list of at least one member, two shares.
 */
static void check_unread(struct check *k, struct host *h)
{
	const struct check_given *given = &k->given[h->id];
	u64 share, id = given->origin;
	struct member *m;

	/* Only those to whom the last delivery went have more than before. */
	if (!id)
		return;
	share = k->share[check_group(k, given->group)];
	list_for_each_entry(m, &k->members->all, all) {
		if (m->host != h || m->group != given->group || !m->count)
			continue;
		if (m->bytes[id] > share && m->messages[id] > 1)
			sim_fail("node %u port %u: %llu bytes of node %llu unread, and %llu are allowed",
				 h->id, m->port,
				 (unsigned long long)m->bytes[id],
				 (unsigned long long)id,
				 (unsigned long long)share);
		if (m->joins[id] * samr_members_cost(1) > 2 * share &&
		    m->joins[id] > 1)
			sim_fail("node %u port %u: %u joins of node %llu unread, and %llu bytes are allowed",
				 h->id, m->port, m->joins[id],
				 (unsigned long long)id,
				 2 * (unsigned long long)share);
	}
}

static void check_history(const struct check *k, const struct host *h)
{
	const struct samr_node_stats *s = k->stats[h->id];

	if (k->history && s->last - s->trimmed > k->history &&
	    s->stable > h->node->view.base)
		sim_fail("node %u keeps %llu messages, and %llu are allowed",
			 h->id, (unsigned long long)(s->last - s->trimmed),
			 (unsigned long long)k->history);
}

static void check_memory(struct check *k, struct host *h)
{
	if (k->memory_max && memory_use_of(h->id)->bytes > k->memory_max)
		sim_fail("node %u holds %llu bytes of memory, and %llu are allowed",
			 h->id,
			 (unsigned long long)memory_use_of(h->id)->bytes,
			 (unsigned long long)k->memory_max);
}

static void on_batch(struct watch *w, struct host *h)
{
	struct check *k = check_of(w);
	struct samr_node_stats *was = k->stats[h->id], *is = k->fresh;
	bool look;

	samr_node_stats(h->node, is);
	look = moved(k, h, was, is);
	check_positions(k, h, was, is);
	k->stats[h->id] = is;
	k->fresh = was;
	k->failed[h->id] = memory_use_of(h->id)->failed;
	if (look)
		check_stability(k, h);
	check_history(k, h);
	if (k->strict) {
		check_drops(k, h);
		if (h->halted)
			sim_fail("node %u has halted", h->id);
	}
	if (k->probe)
		check_blocked(k, h);
	check_memory(k, h);
	check_unread(k, h);
	k->given[h->id].origin = 0;
}

static void on_batch_blind(struct watch *w, struct host *h)
{
	check_memory(check_of(w), h);
}

static void on_deliver(struct watch *w, struct host *h, struct samr_msg *msg)
{
	struct check *k = check_of(w);

	/* Members have what was delivered before this, and not yet this. */
	check_unread(k, h);
	k->given[h->id].group = msg->meta.group;
	k->given[h->id].origin = msg->meta.gseq ? msg->meta.origin : 0;
}

static void on_sent(struct watch *w, struct host *h, struct samr_blob *frame,
		    u64 dest)
{
	struct check *k = check_of(w);

	(void)frame;
	k->frames[h->id]++;
	if (dest == SAMR_DEST_ALL) {
		k->silence[h->id] = max(k->silence[h->id],
					k->cluster->queue.now -
					k->sent_at[h->id]);
		k->sent_at[h->id] = k->cluster->queue.now;
	}
}

static void look_at_members(struct check *k, struct host *h, u32 g)
{
	struct samr_members *m = samr_node_members(h->node, k->group[g]);

	k->told[h->id][g] = m ? m->id : 0;
	samr_members_put(m);
}

/* check_answers() sees whether any change was kept back. */
static void on_members(struct watch *w, struct host *h, u32 group)
{
	struct check *k = check_of(w);
	u32 g, id = 0;

	if (group) {
		look_at_members(k, h, check_group(k, group));
		return;
	}
	while ((id = samr_node_group(h->node, id)))
		check_group(k, id);
	for (g = 0; g < k->groups; g++)
		look_at_members(k, h, g);
}

void check_flow_init_blind(struct check *k)
{
	INIT_LIST_HEAD(&k->blocked);
	k->flow.batch = on_batch_blind;
	cluster_watch(k->cluster, &k->flow);
}

void check_flow_init(struct check *k)
{
	INIT_LIST_HEAD(&k->blocked);
	k->flow.stepped = on_stepped;
	k->flow.writable = on_writable;
	k->flow.deliver = on_deliver;
	k->flow.members = on_members;
	k->flow.sent = on_sent;
	k->flow.batch = on_batch;
	cluster_watch(k->cluster, &k->flow);
}

void check_flow_free(struct check *k)
{
	struct blocked *b, *n;

	list_for_each_entry_safe(b, n, &k->blocked, list)
		free(b);
}
