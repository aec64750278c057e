// SPDX-License-Identifier: GPL-2.0
/* Time in sessions, see session.h: the sequencer ends those whose clients do not come back. */
#include "call.h"
#include "flow.h"
#include "group.h"
#include "reply.h"
#include "session.h"
#include "stream.h"

static u64 life_of(const struct samr_session *s)
{
	return s->expiry * SAMR_MSEC;
}

void samr_session_watch(struct samr_node *n, struct samr_session *s)
{
	s->idle_at = n->now;
	s->expiring = false;
	if (samr_node_leads(n))
		samr_node_due(n, &n->sessions.expire_at, life_of(s));
}

void samr_session_start(struct samr_node *n)
{
	struct samr_session *s;
	struct samr_group *g;
	u32 i;

	n->sessions.expire_at = SAMR_NEVER;
	if (!list_empty(&n->sessions.mine))
		n->sessions.ask_at = n->now;
	samr_stream_start(n);
	samr_call_look(n);
	if (!samr_node_leads(n))
		return;
	samr_session_orphans(n);
	for (i = 0; i < SAMR_GROUP_BUCKETS; i++)
		list_for_each_entry(g, &n->groups.bucket[i], hash)
			list_for_each_entry(s, &g->sessions.sessions, link)
				if (samr_session_detached(s))
					samr_session_watch(n, s);
}

static bool submit_expire(struct samr_node *n, const struct samr_session *s)
{
	const struct samr_session_payload p = {
		.op	= SAMR_SESSION_EXPIRE,
		.id	= cpu_to_be64(s->id),
		.since	= cpu_to_be64(s->since),
		.other	= cpu_to_be32(s->client),
	};
	const struct samr_meta m = {
		.group	= s->group,
		.len	= sizeof(p),
		.kind	= SAMR_KIND_SESSION,
	};
	struct samr_msg *msg = samr_flow_message(n, &m, &p, sizeof(p));

	return msg && samr_flow_own(n, msg);
}

/* The group that was the client is gone, or its state is: its next members know of nothing. */
static bool is_orphan(const struct samr_node *n, const struct samr_session *s)
{
	const struct samr_group *g = samr_group_find(n, s->client);

	return !samr_session_served(g) && !(g && g->transfer && g->last);
}

static void look_at(struct samr_node *n, struct samr_session *s)
{
	u64 at = s->idle_at + life_of(s);

	if (n->now >= at)
		s->expiring = submit_expire(n, s);
	if (!s->expiring)
		n->sessions.expire_at = min(n->sessions.expire_at,
					    max(at, n->now + SAMR_RETRY));
}

void samr_session_orphans(struct samr_node *n)
{
	if (!list_empty(&n->sessions.groups) && samr_node_leads(n))
		n->sessions.expire_at = n->now;
}

static void look_for_orphans(struct samr_node *n)
{
	struct samr_session *s;

	list_for_each_entry(s, &n->sessions.groups, mine) {
		if (s->expiring || !is_orphan(n, s))
			continue;
		s->expiring = submit_expire(n, s);
		if (!s->expiring)
			samr_node_due(n, &n->sessions.expire_at, SAMR_RETRY);
	}
}

static void look_for_expired(struct samr_node *n)
{
	struct samr_session *s;
	struct samr_group *g;
	u32 i;

	n->sessions.expire_at = SAMR_NEVER;
	if (!samr_node_leads(n) || !samr_node_serves(n))
		return;
	look_for_orphans(n);
	for (i = 0; i < SAMR_GROUP_BUCKETS; i++)
		list_for_each_entry(g, &n->groups.bucket[i], hash)
			list_for_each_entry(s, &g->sessions.sessions, link)
				if (samr_session_detached(s) && !s->expiring)
					look_at(n, s);
}

void samr_session_timer(struct samr_node *n)
{
	if (n->now >= n->sessions.retry_at) {
		n->sessions.retry_at = SAMR_NEVER;
		samr_reply_ended(n);
		samr_reply_stable(n);
	}
	if (n->now >= n->sessions.ask_at)
		samr_reply_timer(n);
	if (n->now >= n->sessions.stream_at)
		samr_stream_timer(n);
	if (n->now >= n->sessions.expire_at)
		look_for_expired(n);
}

u64 samr_session_deadline(const struct samr_node *n)
{
	u64 at = min(min(n->sessions.ask_at, n->sessions.stream_at),
		     n->sessions.retry_at);

	return samr_node_serves(n) ? min(at, n->sessions.expire_at) : at;
}
