// SPDX-License-Identifier: GPL-2.0
/* Queries, see query.h. */
#include "query.h"
#include "frame.h"
#include "group.h"
#include "state.h"

void samr_query_init(struct samr_node *n)
{
	struct samr_queries *all = &n->queries;

	INIT_LIST_HEAD(&all->waiting);
	INIT_LIST_HEAD(&all->given);
	INIT_LIST_HEAD(&all->replied);
	all->retry_at = SAMR_NEVER;
	all->barrier.ask_at = SAMR_NEVER;
}

static u64 cost(u32 len, u32 most)
{
	return (u64)len + most + SAMR_QUERY_COST;
}

static void drop(struct samr_node *n, struct samr_query *q)
{
	struct samr_queries *all = &n->queries;

	list_del(&q->link);
	all->count--;
	all->bytes -= cost(q->len, q->most);
	samr_blob_put(q->payload);
	samr_msg_put(q->reply);
	samr_free(q);
	if (!all->refused || !n->out)
		return;
	all->refused = false;
	n->out->writable = true;
}

static void drop_all(struct samr_node *n, struct list_head *list, bool any,
		     u32 group, u32 port)
{
	struct samr_query *q, *next;

	list_for_each_entry_safe(q, next, list, link)
		if (any || (q->group == group && q->port == port))
			drop(n, q);
}

void samr_query_fini(struct samr_node *n)
{
	drop_all(n, &n->queries.waiting, true, 0, 0);
	drop_all(n, &n->queries.given, true, 0, 0);
	drop_all(n, &n->queries.replied, true, 0, 0);
}

void samr_query_forget(struct samr_node *n, u32 group, u32 port)
{
	drop_all(n, &n->queries.waiting, false, group, port);
	drop_all(n, &n->queries.given, false, group, port);
	drop_all(n, &n->queries.replied, false, group, port);
}

static void retry(struct samr_node *n)
{
	samr_mark("query waits for memory");
	samr_node_due(n, &n->queries.retry_at, SAMR_RETRY);
}

/* ---- members here ---- */

static bool may_reply(const struct samr_node *n, const struct samr_member_id *m)
{
	return m->node == n->cfg.self && !(m->flags & SAMR_ID_LACKS);
}

static u32 repliers(const struct samr_node *n, const struct samr_group *g)
{
	u32 i, count = 0;

	for (i = 0; g && g->members && i < g->members->count; i++)
		count += may_reply(n, &g->members->m[i]);
	return count;
}

/* One of several members here: each gets its share. */
static const struct samr_member_id *chosen(const struct samr_node *n,
					   const struct samr_group *g, u64 number)
{
	u32 i, count = repliers(n, g), nth;

	if (!count)
		return NULL;
	nth = (u32)number % count;
	for (i = 0; ; i++)
		if (may_reply(n, &g->members->m[i]) && !nth--)
			return &g->members->m[i];
}

/* ---- from the client, and from the member ---- */

static u32 count_of(const struct list_head *list, u32 group)
{
	const struct samr_query *q;
	u32 count = 0;

	list_for_each_entry(q, list, link)
		count += q->group == group;
	return count;
}

static bool has_room(const struct samr_node *n, const struct samr_group *g,
		     u64 more)
{
	const struct samr_queries *all = &n->queries;

	if (all->count >= SAMR_QUERIES_ALL ||
	    all->bytes + more > SAMR_QUERY_BYTES)
		return false;
	return count_of(&all->waiting, g->id) + count_of(&all->given, g->id) +
	       count_of(&all->replied, g->id) <
	       SAMR_QUERIES_MAX * repliers(n, g);
}

static bool fits(const struct samr_blob *payload, u32 len)
{
	return !len || (payload && samr_blob_len(payload) == len);
}

int samr_query_made(struct samr_node *n, const struct samr_event *ev)
{
	struct samr_queries *all = &n->queries;
	const struct samr_group *g;
	struct samr_query *q;

	if (!ev->query.group || !fits(ev->query.payload, ev->query.len))
		return -EINVAL;
	if (ev->query.len > SAMR_LEN_MAX || ev->query.most > SAMR_REPLY_MAX)
		return -EMSGSIZE;
	g = samr_group_find(n, ev->query.group);
	if (!n->view.epoch || !g || !g->members)
		return -ENOTCONN;
	if (!repliers(n, g))
		return -EHOSTUNREACH;
	if (!has_room(n, g, cost(ev->query.len, ev->query.most))) {
		samr_mark("no room for a query");
		all->refused = true;
		return -EAGAIN;
	}
	q = samr_alloc(sizeof(*q));
	if (!q)
		return -ENOMEM;
	q->number = ++all->number;
	q->barrier = ev->query.linear ? all->barrier.number + 1 : 0;
	q->place = ev->query.seen;
	q->arg = ev->query.arg;
	q->group = ev->query.group;
	q->port = ev->query.port;
	q->uid = ev->query.uid;
	q->gid = ev->query.gid;
	q->most = ev->query.most;
	q->len = ev->query.len;
	if (q->len)
		q->payload = samr_blob_get(ev->query.payload);
	all->count++;
	all->bytes += cost(q->len, q->most);
	list_add_tail(&q->link, &all->waiting);
	return 0;
}

static struct samr_msg *message(const struct samr_node *n,
				const struct samr_query *q, u8 kind, u64 place,
				struct samr_blob *payload, u32 len)
{
	const struct samr_meta m = {
		.gseq	= max(place, 1ULL),
		.origin	= n->cfg.self,
		.inc	= n->cfg.inc,
		.arg	= kind == SAMR_KIND_QUERY ? q->number : q->arg,
		.group	= q->group,
		.port	= kind == SAMR_KIND_QUERY ? q->member : q->port,
		.uid	= q->uid,
		.gid	= q->gid,
		.len	= len,
		.kind	= kind,
	};
	struct samr_msg *msg = samr_msg_new(&m);

	if (!msg || !len)
		return msg;
	msg->one.blob = samr_blob_get(payload);
	msg->npieces = 1;
	msg->have = len;
	return msg;
}

int samr_query_answered(struct samr_node *n, const struct samr_event *ev)
{
	struct samr_queries *all = &n->queries;
	u32 len = ev->answer.len;
	struct samr_query *q;

	if (!ev->answer.query || ev->answer.query > all->number ||
	    !fits(ev->answer.payload, len))
		return -EINVAL;
	list_for_each_entry(q, &all->given, link)
		if (q->number == ev->answer.query)
			break;
	if (&q->link == &all->given || q->group != ev->answer.group)
		return -ENOENT;
	if (len > q->most)
		return -EMSGSIZE;
	q->reply = message(n, q, SAMR_KIND_ANSWER,
			   min(ev->answer.upto, n->rcv.delivered),
			   ev->answer.payload, len);
	if (!q->reply)
		return -ENOMEM;
	q->reply->result = SAMR_SES_REPLY;
	list_move_tail(&q->link, &all->replied);
	return 0;
}

/* ---- barrier ---- */

static void send(struct samr_node *n, u64 dest, u8 type, u64 number, u64 held)
{
	const struct samr_rec_barrier rec = {
		.rec = {
			.type = type,
			.len  = cpu_to_be16(sizeof(rec)),
		},
		.number	= cpu_to_be64(number),
		.held	= cpu_to_be64(held),
	};
	struct samr_blob *b = samr_frame_record(n, dest, sizeof(rec));

	if (b)
		samr_blob_put_data(b, &rec, sizeof(rec));
}

static void ask(struct samr_node *n)
{
	struct samr_barrier *b = &n->queries.barrier;

	send(n, SAMR_DEST_ALL, SAMR_REC_BARRIER_ASK, b->number, 0);
	b->ask_at = n->now + samr_node_patience(n, b->asks++);
}

/*
 * May what this head holds count? Who leaves does not count behind its leave, which may
 * have its place already; who has promised may be left out of a view that goes on.
 */
static bool may_say(const struct samr_node *n)
{
	return samr_node_serves(n) && !n->acceptor.leaving &&
	       (n->view.voters & BIT_ULL(n->cfg.self));
}

void samr_query_asked(struct samr_node *n, u64 src, const struct samr_record *r)
{
	if (may_say(n))
		send(n, src, SAMR_REC_BARRIER, r->barrier.number, n->rcv.held);
}

enum samr_drop samr_query_heard(struct samr_node *n, u64 src,
				const struct samr_record *r)
{
	struct samr_barrier *b = &n->queries.barrier;

	if (r->barrier.number > b->number)
		return SAMR_DROP_CONFLICT;
	if (!(n->view.voters & BIT_ULL(src)))
		return SAMR_DROP_ROLE;
	/* Late, of one that is over or that another view has cut short. */
	if (b->epoch != n->view.epoch || r->barrier.number != b->number ||
	    !samr_node_serves(n))
		return SAMR_DROP_NONE;
	b->fresh |= BIT_ULL(src);
	b->place = max(b->place, r->barrier.held);
	return SAMR_DROP_NONE;
}

static void begin(struct samr_node *n)
{
	struct samr_barrier *b = &n->queries.barrier;

	b->number++;
	b->epoch = n->view.epoch;
	b->fresh = may_say(n) ? BIT_ULL(n->cfg.self) : 0;
	b->place = n->rcv.held;
	b->asks = 0;
	ask(n);
}

/*
 * Whatever is stable anywhere is held by one of those who have answered: both sets are
 * larger than what may be missing (R10). What lies behind the leave of a member needs
 * fewer holders, and none of those that left: see stable.c.
 */
static bool is_over(const struct samr_node *n)
{
	u64 fresh = n->queries.barrier.fresh;
	u64 stay = n->view.voters & ~n->view.retired;
	u32 need = min(n->view.holders, samr_policy_count(stay));

	return samr_policy_count(fresh & stay) >= need;
}

static bool is_wanted(const struct samr_node *n)
{
	const struct samr_query *q;

	list_for_each_entry(q, &n->queries.waiting, link)
		if (q->barrier)
			return true;
	return false;
}

static void pass_barrier(struct samr_node *n)
{
	const struct samr_barrier *b = &n->queries.barrier;
	struct samr_query *q;

	samr_mark("barrier passed");
	list_for_each_entry(q, &n->queries.waiting, link) {
		if (!q->barrier || q->barrier > b->number)
			continue;
		q->barrier = 0;
		q->place = max(q->place, b->place);
	}
}

static void end_barrier(struct samr_node *n)
{
	n->queries.barrier.epoch = 0;
	n->queries.barrier.ask_at = SAMR_NEVER;
}

static void run_barrier(struct samr_node *n)
{
	struct samr_barrier *b = &n->queries.barrier;

	if (!samr_node_serves(n))
		return;
	while (is_wanted(n)) {
		if (b->epoch && b->epoch != n->view.epoch)
			samr_mark("barrier begins anew in another view");
		if (b->epoch != n->view.epoch)
			begin(n);
		if (!is_over(n))
			return;
		pass_barrier(n);
		end_barrier(n);
	}
	end_barrier(n);
}

/* ---- what can go on ---- */

static bool has_it(const struct samr_node *n, const struct samr_query *q)
{
	const struct samr_group *g = samr_group_find(n, q->group);
	u32 i;

	for (i = 0; g && g->members && i < g->members->count; i++)
		if (may_reply(n, &g->members->m[i]) &&
		    g->members->m[i].port == q->member &&
		    g->members->m[i].since == q->since)
			return true;
	return false;
}

/* The member is gone: nothing was executed, so another one may be asked. */
static void take_back(struct samr_node *n)
{
	struct samr_query *q, *next;

	list_for_each_entry_safe(q, next, &n->queries.given, link) {
		if (has_it(n, q))
			continue;
		samr_mark("query outlives its member");
		list_move_tail(&q->link, &n->queries.waiting);
	}
}

/* No member here can reply any more: the client has to ask elsewhere. */
static bool refuse(struct samr_node *n, struct samr_query *q)
{
	q->reply = message(n, q, SAMR_KIND_ANSWER, 0, NULL, 0);
	if (!q->reply)
		return false;
	samr_mark("no member here for a query");
	q->reply->result = SAMR_SES_GONE;
	list_move_tail(&q->link, &n->queries.replied);
	return true;
}

static bool give(struct samr_node *n, struct samr_query *q)
{
	struct samr_group *g = samr_group_find(n, q->group);
	const struct samr_member_id *m = chosen(n, g, q->number);
	struct samr_msg *msg;

	if (!m)
		return refuse(n, q);
	if (q->barrier || q->place > n->rcv.delivered)
		return true;
	q->member = m->port;
	q->since = m->since;
	msg = message(n, q, SAMR_KIND_QUERY, n->rcv.delivered, q->payload,
		      q->len);
	if (!msg)
		return false;
	list_move_tail(&q->link, &n->queries.given);
	samr_group_append(n, g, msg);
	samr_msg_put(msg);
	return true;
}

void samr_query_run(struct samr_node *n)
{
	struct samr_query *q, *next;

	if (!n->queries.count) {
		end_barrier(n);
		return;
	}
	if (n->out->changes)
		take_back(n);
	run_barrier(n);
	list_for_each_entry_safe(q, next, &n->queries.waiting, link) {
		if (!give(n, q)) {
			retry(n);
			break;
		}
	}
	list_for_each_entry_safe(q, next, &n->queries.replied, link) {
		if (q->reply->result == SAMR_SES_REPLY &&
		    q->reply->meta.gseq > n->stab.stable)
			continue;
		samr_group_emit(n, q->reply);
		drop(n, q);
	}
}

void samr_query_timer(struct samr_node *n)
{
	struct samr_barrier *b = &n->queries.barrier;

	/* What is to be done is done at the end of the step. */
	if (n->now >= n->queries.retry_at)
		n->queries.retry_at = SAMR_NEVER;
	if (n->now < b->ask_at)
		return;
	b->ask_at = SAMR_NEVER;
	if (samr_node_serves(n) && b->epoch == n->view.epoch && is_wanted(n))
		ask(n);
}

u64 samr_query_deadline(const struct samr_node *n)
{
	return min(n->queries.retry_at, n->queries.barrier.ask_at);
}
