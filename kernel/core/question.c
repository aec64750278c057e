// SPDX-License-Identifier: GPL-2.0
/* Queries for members of other heads, see question.h. */
#include "question.h"
#include "frame.h"
#include "group.h"
#include "query.h"
#include "reply.h"
#include "state.h"
#include "view.h"

/* What another head has not asked for so long it does not want any more. */
#define FORGET		(5000 * SAMR_MSEC)
/* So often one head is asked before the next one is: some of its queries take their time. */
#define HEAD_ASKS	10

/*
 * An answer so long is a few frames, which arrive together as a rule: if not, it is made
 * anew. Of a longer one some may get lost each time, so it is kept until all of it is there.
 */
#define SHORT_ANSWER	8192

/* ---- the head that asks ---- */

static bool could_answer(const struct samr_member_id *m, u64 self, u64 not)
{
	return m->node != self && !(m->flags & SAMR_ID_LACKS) &&
	       !(not & BIT_ULL(m->node));
}

static u32 count_of(const struct samr_group *g, u64 self, u64 not)
{
	u32 i, count = 0;

	for (i = 0; g && g->members && i < g->members->count; i++)
		count += could_answer(&g->members->m[i], self, not);
	return count;
}

bool samr_question_possible(const struct samr_group *g, u64 self)
{
	return count_of(g, self, 0);
}

static bool answers(const struct samr_group *g, u64 self, u64 node, u64 not)
{
	u32 i;

	for (i = 0; g && g->members && i < g->members->count; i++)
		if (g->members->m[i].node == node &&
		    could_answer(&g->members->m[i], self, not))
			return true;
	return false;
}

/*
 * Who has begun to answer is asked for the rest: another one begins anew. Else they are
 * spread over the heads by number; the next one after some questions. 0: nobody.
 */
static u64 whom(const struct samr_node *n, const struct samr_group *g,
		const struct samr_query *q, u64 not)
{
	u32 i, count = count_of(g, n->cfg.self, not), nth;

	if (!count)
		return 0;
	if (q->reply && q->asks < HEAD_ASKS && answers(g, n->cfg.self, q->from, not))
		return q->from;
	nth = ((u32)q->number + q->asks / HEAD_ASKS) % count;
	for (i = 0; ; i++)
		if (could_answer(&g->members->m[i], n->cfg.self, not) && !nth--)
			return g->members->m[i].node;
}

static void send_part(struct samr_node *n, const struct samr_query *q, u64 dest,
		      u32 off, u32 part)
{
	struct samr_rec_question rec = {
		.rec = {
			.type = SAMR_REC_QUESTION,
			.len  = cpu_to_be16((u16)(sizeof(rec) + part)),
		},
		.group	= cpu_to_be32(q->group),
		.number	= cpu_to_be64(q->number),
		.place	= cpu_to_be64(q->place),
		.most	= cpu_to_be32(q->most),
		.uid	= cpu_to_be32(q->uid),
		.gid	= cpu_to_be32(q->gid),
		.total	= cpu_to_be32(q->len),
		.off	= cpu_to_be32(off),
	};
	struct samr_blob *b;
	u32 from, len;

	if (q->reply && samr_msg_gap(q->reply, 0, &from, &len)) {
		rec.tag = cpu_to_be64(q->tag);
		rec.from = cpu_to_be32(from);
	}
	b = samr_frame_record(n, dest, sizeof(rec) + part);
	if (!b)
		return;
	samr_blob_put_data(b, &rec, sizeof(rec));
	if (part)
		samr_blob_put_blob(b, q->payload, off, part);
}

/*
 * All of a long answer is here: it need not be kept any more. No question asks for what
 * lies behind the longest answer. If this is lost the answer is forgotten, in time.
 */
static void send_thanks(struct samr_node *n, const struct samr_query *q)
{
	struct samr_rec_question rec = {
		.rec = {
			.type = SAMR_REC_QUESTION,
			.len  = cpu_to_be16(sizeof(rec)),
		},
		.group	= cpu_to_be32(q->group),
		.number	= cpu_to_be64(q->number),
		.tag	= cpu_to_be64(q->tag),
		.from	= cpu_to_be32(q->most),
		.most	= cpu_to_be32(q->most),
	};
	struct samr_blob *b = samr_frame_record(n, q->from, sizeof(rec));

	if (b)
		samr_blob_put_data(b, &rec, sizeof(rec));
}

static void send_question(struct samr_node *n, const struct samr_query *q, u64 dest)
{
	u32 room = samr_frame_room(n) - sizeof(struct samr_rec_question);
	u32 off = 0, part;

	do {
		part = min(q->len - off, room);
		send_part(n, q, dest, off, part);
		off += part;
	} while (off < q->len);
}

bool samr_question_ask(struct samr_node *n, struct samr_query *q)
{
	const struct samr_group *g = samr_group_find(n, q->group);
	u64 dest = whom(n, g, q, n->detect.suspects) ?: whom(n, g, q, 0);

	if (!dest)
		return false;
	if (q->head && q->head != dest)
		samr_mark("another head is asked a query");
	q->head = dest;
	if (samr_node_serves(n))
		send_question(n, q, dest);
	q->ask_at = n->now + samr_reply_wait(n, q->asks++);
	n->queries.ask_at = min(n->queries.ask_at, q->ask_at);
	list_move_tail(&q->link, &n->queries.asked);
	return true;
}

/* Who was asked can not answer any more: the next one is asked at once. */
static void look_again(struct samr_node *n, struct samr_query *q)
{
	q->asks = 0;
	q->ask_at = SAMR_NEVER;
	/* It goes to a member here, if there is one by now, or to another head. */
	list_move_tail(&q->link, &n->queries.waiting);
}

static bool still_answers(const struct samr_node *n, const struct samr_query *q)
{
	return answers(samr_group_find(n, q->group), n->cfg.self, q->head, 0);
}

static bool is_member(const struct samr_node *n, const struct samr_query *q)
{
	return samr_view_has(n, q->src, q->inc);
}

void samr_question_look(struct samr_node *n)
{
	struct samr_query *q, *next;

	list_for_each_entry_safe(q, next, &n->queries.asked, link)
		if (n->out->view || !still_answers(n, q))
			look_again(n, q);
	list_for_each_entry_safe(q, next, &n->queries.foreign, foreign)
		if (!is_member(n, q))
			samr_query_drop(n, q);
}

/* Parts of two answers never mix: each has a tag of its own. */
static bool is_another(const struct samr_query *q, u64 src,
		       const struct samr_record *r)
{
	return !q->reply || q->from != src || q->tag != r->verdict.tag;
}

static struct samr_query *asked(struct samr_node *n, const struct samr_record *r)
{
	struct samr_query *q;

	list_for_each_entry(q, &n->queries.asked, link)
		if (q->number == r->verdict.number &&
		    q->group == r->verdict.group)
			return q;
	return NULL;
}

/*
 * Something new of an answer is here, so that head is at it. The last part that was sent,
 * which says that there is more, is the first one that a full queue on the way drops: what
 * is not here soon is asked for without having been told so.
 */
static void goes_on(struct samr_node *n, struct samr_query *q, bool more)
{
	q->asks = 0;
	q->head = q->from;
	if (more) {
		samr_mark("an answer is fetched part by part");
		send_question(n, q, q->from);
	}
	q->ask_at = n->now + samr_reply_wait(n, q->asks++);
	n->queries.ask_at = min(n->queries.ask_at, q->ask_at);
}

enum samr_drop samr_question_answered(struct samr_node *n, u64 src,
				      struct samr_blob *frame,
				      const struct samr_record *r)
{
	enum samr_drop drop = SAMR_DROP_NONE;
	struct samr_query *q = asked(n, r);

	if (!q)
		return SAMR_DROP_SESSION;
	if (r->verdict.total > q->most)
		return SAMR_DROP_LIMIT;
	if (!samr_query_place_sane(n, r->verdict.commit))
		return SAMR_DROP_WINDOW;
	if (is_another(q, src, r)) {
		samr_msg_put(q->reply);
		q->reply = samr_query_message(n, q, SAMR_KIND_ANSWER,
					      r->verdict.commit,
					      r->verdict.total);
		if (!q->reply)
			return SAMR_DROP_MEMORY;
		q->from = src;
		q->tag = r->verdict.tag;
	}
	if (q->reply->meta.len != r->verdict.total ||
	    q->reply->meta.gseq != r->verdict.commit)
		return SAMR_DROP_CONFLICT;
	if (r->len)
		drop = samr_msg_add(q->reply, frame, r->at, r->verdict.off,
				    r->len);
	if (samr_msg_complete(q->reply)) {
		samr_mark("answer of another head");
		q->reply->result = SAMR_SES_REPLY;
		list_move_tail(&q->link, &n->queries.replied);
		if (r->verdict.total > SHORT_ANSWER)
			send_thanks(n, q);
	} else if (!drop) {
		goes_on(n, q, r->flags & SAMR_REC_F_MORE);
	}
	return drop;
}

/* ---- the head that is asked ---- */

static struct samr_query *find(struct samr_node *n, u64 src, u64 inc, u64 number)
{
	struct samr_query *q;

	list_for_each_entry(q, &n->queries.foreign, foreign)
		if (q->src == src && q->inc == inc && q->arg == number)
			return q;
	return NULL;
}

static enum samr_drop begin(struct samr_node *n, u32 index,
			    const struct samr_record *r, struct samr_query **made)
{
	const struct samr_query about = {
		.place	= r->question.place,
		.arg	= r->question.number,
		.group	= r->question.group,
		.uid	= r->question.uid,
		.gid	= r->question.gid,
		.most	= r->question.most,
		.len	= r->question.total,
		.src	= n->view.node[index],
		.inc	= n->view.inc[index],
		.heard	= n->now,
	};
	int err = samr_query_new(n, &about, made);

	if (err == -EHOSTUNREACH || err == -ENOTCONN)
		return SAMR_DROP_SESSION;
	if (err)
		return err == -EAGAIN ? SAMR_DROP_LIMIT : SAMR_DROP_MEMORY;
	list_move_tail(&(*made)->link, &n->queries.aside);
	if (!r->question.total)
		return SAMR_DROP_NONE;
	(*made)->question = samr_query_message(n, *made, SAMR_KIND_QUERY, 1,
					       r->question.total);
	if ((*made)->question)
		return SAMR_DROP_NONE;
	samr_query_drop(n, *made);
	return SAMR_DROP_MEMORY;
}

static bool is_whole(const struct samr_query *q)
{
	return !q->question || samr_msg_complete(q->question);
}

/* Its answer, from @from on, as much as one question brings. */
static void send_answer(struct samr_node *n, const struct samr_query *q, u32 from)
{
	u32 total = q->reply->meta.len, room, part, off = from, end;
	struct samr_rec_verdict rec;
	struct samr_blob *b;

	end = off + min(total - off, (u32)SAMR_REPAIR_BYTES);
	room = samr_frame_room(n) - sizeof(rec);
	do {
		part = min(end - off, room);
		b = samr_frame_record(n, q->src, sizeof(rec) + part);
		if (!b)
			return;
		memset(&rec, 0, sizeof(rec));
		rec.rec.type = SAMR_REC_VERDICT;
		rec.rec.len = cpu_to_be16((u16)(sizeof(rec) + part));
		if (off + part == end && end < total)
			rec.rec.flags = SAMR_REC_F_MORE;
		rec.group = cpu_to_be32(q->group);
		rec.number = cpu_to_be64(q->arg);
		rec.tag = cpu_to_be64(q->number);
		rec.commit = cpu_to_be64(q->reply->meta.gseq);
		rec.total = cpu_to_be32(total);
		rec.off = cpu_to_be32(off);
		samr_blob_put_data(b, &rec, sizeof(rec));
		samr_msg_write(q->reply, b, off, part);
		off += part;
	} while (off < end);
}

void samr_question_reply(struct samr_node *n, struct samr_query *q)
{
	send_answer(n, q, 0);
	if (q->reply->meta.len <= SHORT_ANSWER)
		samr_query_drop(n, q);
	else
		list_move_tail(&q->link, &n->queries.aside);
}

/* It is asked again: for the rest of an answer, or as the answer does not come. */
static enum samr_drop again(struct samr_node *n, struct samr_query *q,
			    const struct samr_record *r)
{
	u32 from = r->question.tag == q->number ? r->question.from : 0;

	if (!q->reply || q->reply->meta.gseq > n->stab.stable)
		return SAMR_DROP_DUPLICATE;
	if (r->question.off)
		return SAMR_DROP_NONE;
	if (from >= q->reply->meta.len || !n->repair_left)
		return SAMR_DROP_NONE;
	n->repair_left -= min(n->repair_left,
			      q->reply->meta.len - from + SAMR_FLOW_OVERHEAD);
	send_answer(n, q, from);
	return SAMR_DROP_NONE;
}

/*
 * All that is new of a part. Parts are cut as frames are long, and that may change: what
 * came before may lie in the middle of one, with holes on both sides.
 */
static enum samr_drop add_part(struct samr_query *q, struct samr_blob *frame,
			       const struct samr_record *r)
{
	u32 at = r->question.off, end = at + r->len, hole, len;
	enum samr_drop drop = SAMR_DROP_DUPLICATE;

	while (samr_msg_gap(q->question, at, &hole, &len) && hole < end) {
		len = min(len, end - hole);
		drop = samr_msg_add(q->question, frame,
				    r->at + hole - r->question.off, hole, len);
		if (drop)
			break;
		at = hole + len;
	}
	return drop;
}

static bool is_thanks(const struct samr_record *r)
{
	return r->question.tag && r->question.from == r->question.most;
}

enum samr_drop samr_question_came(struct samr_node *n, u32 index,
				  struct samr_blob *frame,
				  const struct samr_record *r)
{
	struct samr_query *q;
	enum samr_drop drop;

	q = find(n, n->view.node[index], n->view.inc[index], r->question.number);
	if (is_thanks(r)) {
		if (q && q->reply && q->number == r->question.tag)
			samr_query_drop(n, q);
		return SAMR_DROP_NONE;
	}
	drop = q ? SAMR_DROP_NONE : begin(n, index, r, &q);
	if (drop)
		return drop;
	if (q->group != r->question.group || q->len != r->question.total)
		return SAMR_DROP_CONFLICT;
	samr_node_due(n, &n->queries.forget_at, FORGET);
	q->heard = n->now;
	q->place = r->question.place;
	if (q->whole)
		return again(n, q, r);
	if (r->len)
		drop = add_part(q, frame, r);
	if (is_whole(q)) {
		q->whole = true;
		list_move_tail(&q->link, &n->queries.waiting);
	}
	return drop;
}

/* ---- both ---- */

static void forget(struct samr_node *n)
{
	struct samr_query *q, *next;

	n->queries.forget_at = SAMR_NEVER;
	list_for_each_entry_safe(q, next, &n->queries.foreign, foreign) {
		if (n->now >= q->heard + FORGET) {
			samr_mark("a query of another head is forgotten");
			samr_query_drop(n, q);
			continue;
		}
		n->queries.forget_at = min(n->queries.forget_at,
					   q->heard + FORGET);
	}
}

void samr_question_timer(struct samr_node *n)
{
	struct samr_queries *all = &n->queries;
	struct samr_query *q, *next;
	u64 at = SAMR_NEVER;

	if (n->now >= all->forget_at)
		forget(n);
	if (n->now < all->ask_at)
		return;
	all->ask_at = SAMR_NEVER;
	list_for_each_entry_safe(q, next, &all->asked, link) {
		if (n->now < q->ask_at)
			at = min(at, q->ask_at);
		else if (!samr_question_ask(n, q))
			look_again(n, q);
	}
	all->ask_at = min(all->ask_at, at);
}
