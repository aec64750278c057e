// SPDX-License-Identifier: GPL-2.0
/* Queries, see query.h. */
#include "query.h"
#include "frame.h"
#include "group.h"
#include "question.h"
#include "state.h"

void samr_query_init(struct samr_node *n)
{
	struct samr_queries *all = &n->queries;

	INIT_LIST_HEAD(&all->waiting);
	INIT_LIST_HEAD(&all->given);
	INIT_LIST_HEAD(&all->replied);
	INIT_LIST_HEAD(&all->asked);
	INIT_LIST_HEAD(&all->aside);
	INIT_LIST_HEAD(&all->foreign);
	all->retry_at = SAMR_NEVER;
	all->ask_at = SAMR_NEVER;
	all->forget_at = SAMR_NEVER;
	all->barrier.ask_at = SAMR_NEVER;
}

static u64 cost(u32 len, u32 most)
{
	return (u64)len + most + SAMR_QUERY_COST;
}

/* Nobody waits for what a member here was given, and may not have read yet. */
static void take_from_member(struct samr_query *q)
{
	if (!q->given)
		return;
	q->given->unwanted = true;
	samr_msg_put(q->given);
	q->given = NULL;
}

void samr_query_drop(struct samr_node *n, struct samr_query *q)
{
	struct samr_queries *all = &n->queries;

	list_del(&q->link);
	list_del(&q->foreign);
	all->count--;
	all->bytes -= cost(q->len, q->most);
	take_from_member(q);
	samr_blob_put(q->payload);
	samr_msg_put(q->reply);
	samr_msg_put(q->question);
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
			samr_query_drop(n, q);
}

void samr_query_fini(struct samr_node *n)
{
	drop_all(n, &n->queries.waiting, true, 0, 0);
	drop_all(n, &n->queries.given, true, 0, 0);
	drop_all(n, &n->queries.replied, true, 0, 0);
	drop_all(n, &n->queries.asked, true, 0, 0);
	drop_all(n, &n->queries.aside, true, 0, 0);
}

void samr_query_forget(struct samr_node *n, u32 group, u32 port)
{
	drop_all(n, &n->queries.waiting, false, group, port);
	drop_all(n, &n->queries.given, false, group, port);
	drop_all(n, &n->queries.replied, false, group, port);
	drop_all(n, &n->queries.asked, false, group, port);
}

static void drop_far(struct samr_node *n, struct list_head *list, u32 port)
{
	struct samr_query *q, *next;

	list_for_each_entry_safe(q, next, list, link)
		if (!q->src && (q->port & ~SAMR_CARRY_PORT_MAX) == port)
			samr_query_drop(n, q);
}

void samr_query_forget_far(struct samr_node *n, u32 port)
{
	drop_far(n, &n->queries.waiting, port);
	drop_far(n, &n->queries.given, port);
	drop_far(n, &n->queries.replied, port);
	drop_far(n, &n->queries.asked, port);
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
	       count_of(&all->replied, g->id) + count_of(&all->asked, g->id) +
	       count_of(&all->aside, g->id) <
	       SAMR_QUERIES_MAX * max(repliers(n, g), 1U);
}

static bool fits(const struct samr_blob *payload, u32 len)
{
	return !len || (payload && samr_blob_len(payload) == len);
}

int samr_query_new(struct samr_node *n, const struct samr_query *about,
		   struct samr_query **made)
{
	const struct samr_group *g = samr_group_find(n, about->group);
	struct samr_queries *all = &n->queries;
	struct samr_query *q;

	if (!n->view.epoch || !g || !g->members)
		return -ENOTCONN;
	if (!repliers(n, g) &&
	    (about->src || !samr_question_possible(g, n->cfg.self)))
		return -EHOSTUNREACH;
	if (!has_room(n, g, cost(about->len, about->most))) {
		samr_mark("no room for a query");
		all->refused |= !about->src;
		return -EAGAIN;
	}
	q = samr_alloc(sizeof(*q));
	if (!q)
		return -ENOMEM;
	*q = *about;
	q->number = ++all->number;
	q->ask_at = SAMR_NEVER;
	INIT_LIST_HEAD(&q->foreign);
	if (q->src)
		list_add_tail(&q->foreign, &all->foreign);
	if (q->payload)
		samr_blob_get(q->payload);
	all->count++;
	all->bytes += cost(q->len, q->most);
	list_add_tail(&q->link, &all->waiting);
	*made = q;
	return 0;
}

int samr_query_made(struct samr_node *n, const struct samr_event *ev)
{
	struct samr_query about = {}, *q;

	if (!ev->query.group || !fits(ev->query.payload, ev->query.len))
		return -EINVAL;
	if (ev->query.len > SAMR_QUESTION_MAX || ev->query.most > SAMR_REPLY_MAX)
		return -EMSGSIZE;
	about.linear = ev->query.linear;
	about.barrier = about.linear ? n->queries.barrier.number + 1 : 0;
	about.seen = ev->query.seen;
	about.place = ev->query.seen;
	about.arg = ev->query.arg;
	about.group = ev->query.group;
	about.port = ev->query.port;
	about.uid = ev->query.uid;
	about.gid = ev->query.gid;
	about.most = ev->query.most;
	about.len = ev->query.len;
	about.payload = about.len ? ev->query.payload : NULL;
	return samr_query_new(n, &about, &q);
}

struct samr_msg *samr_query_message(const struct samr_node *n,
				    const struct samr_query *q, u8 kind,
				    u64 place, u32 len)
{
	const struct samr_meta m = {
		.gseq	= max(place, 1ULL),
		.origin	= q->src ?: n->cfg.self,
		.inc	= q->src ? q->inc : n->cfg.inc,
		.arg	= kind == SAMR_KIND_QUERY ? q->number : q->arg,
		.group	= q->group,
		.port	= kind == SAMR_KIND_QUERY ? q->member : q->port,
		.uid	= q->uid,
		.gid	= q->gid,
		.len	= len,
		.kind	= kind,
	};

	return samr_msg_new(&m);
}

static struct samr_msg *with_bytes(struct samr_msg *msg, struct samr_blob *payload)
{
	u32 len = msg ? msg->meta.len : 0;

	if (!len)
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
	q->reply = samr_query_message(n, q, SAMR_KIND_ANSWER,
				      min(ev->answer.upto, n->rcv.delivered), len);
	q->reply = with_bytes(q->reply, ev->answer.payload);
	if (!q->reply)
		return -ENOMEM;
	q->reply->result = SAMR_SES_REPLY;
	take_from_member(q);
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

bool samr_query_place_sane(const struct samr_node *n, u64 place)
{
	return place < n->rcv.win.base + n->rcv.win.size;
}

enum samr_drop samr_query_heard(struct samr_node *n, u64 src,
				const struct samr_record *r)
{
	struct samr_barrier *b = &n->queries.barrier;

	if (r->barrier.number > b->number)
		return SAMR_DROP_CONFLICT;
	if (!(n->view.voters & BIT_ULL(src)))
		return SAMR_DROP_ROLE;
	if (!samr_query_place_sane(n, r->barrier.held))
		return SAMR_DROP_WINDOW;
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
		q->epoch = b->epoch;
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
		take_from_member(q);
		list_move_tail(&q->link, &n->queries.waiting);
	}
}

/* Parts of an answer that came from elsewhere are of no use any more. */
static void drop_parts(struct samr_query *q)
{
	samr_msg_put(q->reply);
	q->reply = NULL;
	q->from = 0;
}

/* Nobody can reply any more: the client has to ask again, later or elsewhere. */
static bool refuse(struct samr_node *n, struct samr_query *q)
{
	drop_parts(q);
	q->reply = samr_query_message(n, q, SAMR_KIND_ANSWER, 0, 0);
	if (!q->reply)
		return false;
	samr_mark("no member for a query");
	q->reply->result = SAMR_SES_GONE;
	list_move_tail(&q->link, &n->queries.replied);
	return true;
}

/* There is no member here. */
static bool give_away(struct samr_node *n, struct samr_query *q)
{
	if (q->src) {
		/* Who has asked for it sees that, too, and asks elsewhere. */
		samr_query_drop(n, q);
		return true;
	}
	if (!samr_question_possible(samr_group_find(n, q->group), n->cfg.self))
		return refuse(n, q);
	if (!q->barrier)
		samr_question_ask(n, q);
	return true;
}

static struct samr_msg *for_member(const struct samr_node *n,
				   const struct samr_query *q)
{
	struct samr_msg *msg;

	msg = samr_query_message(n, q, SAMR_KIND_QUERY, n->rcv.delivered, q->len);
	if (!q->question)
		return with_bytes(msg, q->payload);
	if (msg && samr_msg_take(msg, 0, q->question, 0))
		return msg;
	samr_msg_put(msg);
	return NULL;
}

static bool give(struct samr_node *n, struct samr_query *q)
{
	struct samr_group *g = samr_group_find(n, q->group);
	const struct samr_member_id *m = chosen(n, g, q->number);
	struct samr_msg *msg;

	if (!m)
		return give_away(n, q);
	if (q->barrier || q->place > n->rcv.delivered)
		return true;
	drop_parts(q);
	q->member = m->port;
	q->since = m->since;
	msg = for_member(n, q);
	if (!msg)
		return false;
	list_move_tail(&q->link, &n->queries.given);
	samr_group_append(n, g, msg);
	q->given = msg;
	return true;
}

/*
 * What a barrier found may have been held by heads that are gone, and not be in the order
 * any more: to wait for that place could be to wait for ever.
 */
static void view_changed(struct samr_node *n)
{
	struct samr_queries *all = &n->queries;
	struct samr_query *q;

	list_for_each_entry(q, &all->waiting, link) {
		if (!q->linear || q->barrier || q->epoch == n->view.epoch)
			continue;
		samr_mark("a query needs a barrier of the next view");
		q->barrier = all->barrier.number + 1;
		q->place = q->seen;
	}
}

/* A place that another head calls stable is: it need not be so here. */
static bool may_go(const struct samr_node *n, const struct samr_query *q)
{
	return q->reply->result != SAMR_SES_REPLY || q->from ||
	       q->reply->meta.gseq <= n->stab.stable;
}

static void let_go(struct samr_node *n, struct samr_query *q)
{
	if (q->src) {
		samr_question_reply(n, q);
		return;
	}
	samr_group_emit(n, q->reply);
	samr_query_drop(n, q);
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
	if (n->out->changes || n->out->view)
		samr_question_look(n);
	if (n->out->view)
		view_changed(n);
	run_barrier(n);
	list_for_each_entry_safe(q, next, &n->queries.waiting, link) {
		if (!give(n, q)) {
			retry(n);
			break;
		}
	}
	list_for_each_entry_safe(q, next, &n->queries.replied, link) {
		if (may_go(n, q))
			let_go(n, q);
	}
}

void samr_query_timer(struct samr_node *n)
{
	struct samr_barrier *b = &n->queries.barrier;

	/* What is to be done is done at the end of the step. */
	if (n->now >= n->queries.retry_at)
		n->queries.retry_at = SAMR_NEVER;
	samr_question_timer(n);
	if (n->now < b->ask_at)
		return;
	b->ask_at = SAMR_NEVER;
	if (samr_node_serves(n) && b->epoch == n->view.epoch && is_wanted(n))
		ask(n);
}

u64 samr_query_deadline(const struct samr_node *n)
{
	const struct samr_queries *all = &n->queries;

	return min(min(all->retry_at, all->barrier.ask_at),
		   min(all->ask_at, all->forget_at));
}
