// SPDX-License-Identifier: GPL-2.0
/*
 * Members, see member.h.
 *
 * Invariant: an entry of a local_group's log counts the members that have it in
 * their unread lists; the log's head is the first delivery that is not read by
 * all of them.
 */
#include <stdlib.h>

#include "member.h"
#include "sim.h"

/* Longer messages are not looked at a second time. */
#define VERIFY_MAX	4096

/* A delivery to the members of a group on one head. */
struct entry {
	struct list_head list;
	u64 gseq;
	u32 cost;
	u32 readers;
};

struct unread {
	struct list_head list;
	struct entry *entry;
	struct samr_msg *msg;
	bool charged;		/* a JOIN that needed credit */
};

struct local_group {
	struct list_head list;
	struct host *host;
	u32 group;
	struct list_head members;
	struct list_head log;
	struct timer report;
};

static struct local_group *find_local(struct members *ms, struct host *h,
				      u32 group)
{
	struct local_group *lg;

	list_for_each_entry(lg, &ms->groups, list)
		if (lg->host == h && lg->group == group)
			return lg;
	return NULL;
}

/* Tell the core what is read by all now. */
static void on_report(struct timer *t)
{
	struct local_group *lg = container_of(t, struct local_group, report);
	struct entry *e, *n;
	u64 gseq = 0;
	u32 cost = 0;

	list_for_each_entry_safe(e, n, &lg->log, list) {
		if (e->readers)
			break;
		gseq = max(gseq, e->gseq);
		cost += e->cost;
		list_del(&e->list);
		free(e);
	}
	if (gseq)
		host_consumed(lg->host, lg->group, gseq, cost);
}

static void report(struct members *ms, struct local_group *lg)
{
	queue_set(&ms->cluster->queue, &lg->report, ms->cluster->queue.now);
}

static struct local_group *get_local(struct members *ms, struct host *h,
				     u32 group)
{
	struct local_group *lg = find_local(ms, h, group);

	if (lg)
		return lg;
	lg = sim_alloc(sizeof(*lg));
	lg->host = h;
	lg->group = group;
	lg->report.fire = on_report;
	INIT_LIST_HEAD(&lg->members);
	INIT_LIST_HEAD(&lg->log);
	list_add_tail(&lg->list, &ms->groups);
	return lg;
}

struct member *member_new(struct members *ms, struct host *h, u32 group,
			  u32 port, u32 window)
{
	struct member *m = sim_alloc(sizeof(*m));

	m->host = h;
	m->group = group;
	m->port = port;
	m->window = window;
	m->lg = get_local(ms, h, group);
	INIT_LIST_HEAD(&m->unread);
	list_add_tail(&m->all, &ms->all);
	list_add_tail(&m->local, &m->lg->members);
	return m;
}

static int submit(struct members *ms, struct member *m, u8 kind, u8 flags,
		  u32 len, const char *text)
{
	struct samr_submit s = {
		.group	= m->group,
		.port	= m->port,
		.kind	= kind,
		.flags	= flags,
		.uid	= 1000 + m->port,
		.gid	= 100 + m->host->id,
		.arg	= kind == SAMR_KIND_JOIN ? m->window : 0,
		.len	= len,
	};

	return ledger_submit(ms->ledger, m->host, &s, text);
}

int member_join(struct members *ms, struct member *m, u8 flags)
{
	enum member_state before = m->state;
	int err;

	/* It may be delivered before submit() returns. */
	m->state = MEMBER_JOINING;
	err = submit(ms, m, SAMR_KIND_JOIN, flags, 0, NULL);
	if (err)
		m->state = before;
	return err;
}

int member_leave(struct members *ms, struct member *m, u8 flags)
{
	enum member_state before = m->state;
	int err;

	m->state = MEMBER_LEAVING;
	err = submit(ms, m, SAMR_KIND_LEAVE, flags, 0, NULL);
	if (err)
		m->state = before;
	return err;
}

int member_send(struct members *ms, struct member *m, u32 len, u8 flags,
		const char *text)
{
	return submit(ms, m, SAMR_KIND_DATA, flags, len, text);
}

int member_lock(struct members *ms, struct member *m, u8 kind, u64 arg,
		const u8 *payload, u32 len, u8 flags)
{
	struct samr_submit s = {
		.group	= m->group,
		.port	= m->port,
		.kind	= kind,
		.flags	= flags,
		.arg	= arg,
		.len	= len,
	};

	return ledger_submit(ms->ledger, m->host, &s, (const char *)payload);
}

bool member_private(const struct samr_meta *m, bool refused)
{
	return m->kind == SAMR_KIND_SESSION ||
	       (m->kind == SAMR_KIND_REPLIES &&
		(refused || !(m->flags & SAMR_MSG_KEEP))) ||
	       ((m->kind == SAMR_KIND_REQUEST || m->kind == SAMR_KIND_STREAM ||
		 m->kind == SAMR_KIND_CONNECT || m->kind == SAMR_KIND_RETURN ||
		 m->kind == SAMR_KIND_ALARM) &&
		refused);
}

static bool is_data(const struct samr_msg *msg)
{
	return msg->meta.kind == SAMR_KIND_DATA ||
	       msg->meta.kind == SAMR_KIND_REQUEST ||
	       msg->meta.kind == SAMR_KIND_STREAM ||
	       msg->meta.kind == SAMR_KIND_CONNECT ||
	       msg->meta.kind == SAMR_KIND_RETURN ||
	       msg->meta.kind == SAMR_KIND_ALARM;
}

static void drop_first(struct member *m)
{
	struct unread *u = list_first_entry(&m->unread, struct unread, list);

	if (is_data(u->msg)) {
		m->bytes[u->msg->meta.origin] -= u->entry->cost;
		m->messages[u->msg->meta.origin]--;
	}
	m->joins[u->msg->meta.origin] -= u->charged;
	u->entry->readers--;
	m->count--;
	samr_msg_put(u->msg);
	list_del(&u->list);
	free(u);
}

/* What a reader sees must be what was delivered, however late it reads. */
static void verify(const struct members *ms, const struct samr_msg *msg)
{
	const struct sub *sub = ledger_find(ms->ledger, msg->meta.origin,
					    msg->meta.oseq);

	if (msg->meta.kind >= SAMR_KIND_VIEW)
		return;
	if (!sub || sub->hash != ledger_hash_msg(msg))
		sim_fail("message %llu has changed since it was delivered",
			 (unsigned long long)msg->meta.gseq);
}

u32 member_read(struct members *ms, struct member *m, u32 most)
{
	struct unread *u;
	u32 n;

	for (n = 0; n < most && m->count; n++) {
		u = list_first_entry(&m->unread, struct unread, list);
		if (!ms->trusting && u->msg->meta.len <= VERIFY_MAX)
			verify(ms, u->msg);
		if (is_data(u->msg))
			m->last = u->msg->meta.gseq;
		if ((u->msg->meta.kind == SAMR_KIND_REQUEST ||
		     u->msg->meta.kind == SAMR_KIND_QUERY) && ms->asked)
			ms->asked(ms->ctx, m, u->msg);
		drop_first(m);
	}
	if (n)
		report(ms, m->lg);
	return n;
}

static void give(const struct members *ms, struct member *m, struct entry *e,
		 struct samr_msg *msg)
{
	const struct sub *sub = ledger_find(ms->ledger, msg->meta.origin,
					    msg->meta.oseq);
	struct unread *u = sim_alloc(sizeof(*u));

	u->entry = e;
	u->msg = samr_msg_get(msg);
	e->readers++;
	list_add_tail(&u->list, &m->unread);
	m->count++;
	if (is_data(msg)) {
		m->bytes[msg->meta.origin] += e->cost;
		m->messages[msg->meta.origin]++;
	}
	u->charged = msg->meta.kind == SAMR_KIND_JOIN && sub && !sub->alone;
	m->joins[msg->meta.origin] += u->charged;
}

static bool is_sender(const struct member *m, const struct samr_msg *msg)
{
	return msg->meta.origin == m->host->id && msg->meta.port == m->port;
}

static bool in_group(const struct member *m)
{
	return m->state == MEMBER_JOINED || m->state == MEMBER_LEAVING;
}

static bool lacks(const struct member *m, const struct samr_members *all)
{
	u32 i;

	for (i = 0; i < all->count; i++)
		if (all->m[i].node == m->host->id && all->m[i].port == m->port)
			return all->m[i].flags & SAMR_ID_LACKS;
	return false;
}

/* What the order says of @m, who sent it. */
static void take_own(struct member *m, const struct samr_msg *msg)
{
	if (msg->meta.kind == SAMR_KIND_JOIN && !in_group(m)) {
		m->state = msg->refused ? MEMBER_LEFT : MEMBER_JOINED;
		m->lacks = msg->members && lacks(m, msg->members);
		m->last = 0;
		m->since = msg->meta.gseq;
	}
	/* Only the end of the state changes the transfer when it is read. */
	if (msg->meta.kind == SAMR_KIND_READ && msg->transfer)
		m->lacks = false;
}

/* Is it for the socket's reader? What is of a transfer goes to the service. */
static bool for_reader(const struct member *m, const struct samr_msg *msg)
{
	return in_group(m) && !m->lacks &&
	       msg->meta.kind != SAMR_KIND_REPLIES &&
	       !(msg->meta.kind >= SAMR_KIND_SNAPSHOT &&
		 msg->meta.kind <= SAMR_KIND_READ);
}

/* It goes to one member, and takes no credit. */
static void deliver_query(struct members *ms, struct local_group *lg,
			  struct samr_msg *msg)
{
	struct entry *e;
	struct member *m;

	list_for_each_entry(m, &lg->members, local) {
		if (m->port != msg->meta.port || !for_reader(m, msg))
			continue;
		e = sim_alloc(sizeof(*e));
		list_add_tail(&e->list, &lg->log);
		give(ms, m, e, msg);
		ms->arrived(ms->ctx, m, msg);
		return;
	}
}

static void on_deliver(struct watch *w, struct host *h, struct samr_msg *msg)
{
	struct members *ms = container_of(w, struct members, watch);
	struct local_group *lg = find_local(ms, h, msg->meta.group);
	struct entry *e;
	struct member *m;

	if (msg->meta.kind == SAMR_KIND_QUERY && lg)
		deliver_query(ms, lg, msg);
	if (!msg->meta.gseq || !lg || msg->meta.kind > SAMR_KIND_VIEW ||
	    member_private(&msg->meta, msg->refused))
		return;
	list_for_each_entry(m, &lg->members, local)
		if (is_sender(m, msg))
			take_own(m, msg);
	e = sim_alloc(sizeof(*e));
	e->gseq = msg->meta.gseq;
	e->cost = samr_msg_cost(msg);
	list_add_tail(&e->list, &lg->log);
	list_for_each_entry(m, &lg->members, local) {
		if (!in_group(m))
			continue;
		if (for_reader(m, msg))
			give(ms, m, e, msg);
		if (is_sender(m, msg) && msg->meta.kind == SAMR_KIND_LEAVE) {
			m->state = MEMBER_LEFT;
			while (m->count)
				drop_first(m);
		}
	}
	if (!e->readers)
		report(ms, lg);
	list_for_each_entry(m, &lg->members, local) {
		if (m->state == MEMBER_NEW)
			continue;
		if (is_sender(m, msg) && (msg->meta.kind == SAMR_KIND_JOIN ||
					  msg->meta.kind == SAMR_KIND_LEAVE))
			ms->changed(ms->ctx, m);
		if (m->count)
			ms->arrived(ms->ctx, m, msg);
	}
}

void members_init(struct members *ms, struct ledger *l)
{
	memset(ms, 0, sizeof(*ms));
	ms->ledger = l;
	ms->cluster = l->cluster;
	INIT_LIST_HEAD(&ms->all);
	INIT_LIST_HEAD(&ms->groups);
	ms->watch.deliver = on_deliver;
	cluster_watch(ms->cluster, &ms->watch);
}

void members_free(struct members *ms)
{
	struct local_group *lg, *nlg;
	struct member *m, *nm;
	struct entry *e, *ne;

	list_for_each_entry_safe(m, nm, &ms->all, all) {
		while (m->count)
			drop_first(m);
		free(m);
	}
	list_for_each_entry_safe(lg, nlg, &ms->groups, list) {
		list_for_each_entry_safe(e, ne, &lg->log, list)
			free(e);
		queue_cancel(&ms->cluster->queue, &lg->report);
		free(lg);
	}
}
