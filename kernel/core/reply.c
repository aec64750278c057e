// SPDX-License-Identifier: GPL-2.0
/* Replies, see reply.h. */
#include "reply.h"
#include "call.h"
#include "digest.h"
#include "flow.h"
#include "frame.h"
#include "group.h"
#include "place.h"
#include "session.h"
#include "stream.h"

/* A member here that has not replied for so long: others are asked, too. */
#define LATE		(1000 * SAMR_MSEC)
/* So often one head is asked before the next one is. */
#define ASKS_EACH	4
/* So often one is asked with growing waits; whoever still waits has time. */
#define ASKS_SOON	8

static bool complete(const struct samr_request *r)
{
	return r->reply && samr_msg_complete(r->reply);
}

bool samr_reply_here(const struct samr_node *n, const struct samr_group *g,
		     u64 place)
{
	u32 i;

	for (i = 0; g->members && i < g->members->count; i++)
		if (g->members->m[i].node == n->cfg.self &&
		    samr_reply_answers(&g->members->m[i], place))
			return true;
	return false;
}

static bool may_answer(const struct samr_node *n,
		       const struct samr_member_id *m, u64 place, u64 not)
{
	return m->node != n->cfg.self && samr_reply_answers(m, place) &&
	       !(not & BIT_ULL(m->node));
}

/* The head to be asked, the most senior first; 0: there is none. */
static u64 whom(const struct samr_node *n, const struct samr_group *g,
		u64 place, u32 asks, u64 not)
{
	const struct samr_members *all = g->members;
	u32 i, count = 0, nth;

	for (i = 0; all && i < all->count; i++)
		count += may_answer(n, &all->m[i], place, not);
	if (!count)
		return 0;
	nth = asks / ASKS_EACH % count;
	for (i = 0; ; i++)
		if (may_answer(n, &all->m[i], place, not) && !nth--)
			return all->m[i].node;
}

u64 samr_reply_whom(const struct samr_node *n, const struct samr_group *g,
		    u64 place, u32 asks)
{
	return whom(n, g, place, asks, n->detect.suspects) ?:
	       whom(n, g, place, asks, 0);
}

static bool lacks_any(const struct samr_group *g)
{
	u32 i;

	for (i = 0; g->members && i < g->members->count; i++)
		if (g->members->m[i].flags & SAMR_ID_LACKS)
			return true;
	return false;
}

struct samr_msg *samr_reply_new(const struct samr_node *n,
				const struct samr_session *s, u64 number,
				u64 commit, u32 len)
{
	const struct samr_meta m = {
		.gseq	= commit,
		.origin	= n->cfg.self,
		.inc	= n->cfg.inc,
		.arg	= number,
		.group	= s->group,
		.port	= s->port,
		.uid	= s->uid,
		.gid	= s->gid,
		.len	= len,
		.kind	= SAMR_KIND_REPLY,
	};
	struct samr_msg *msg = samr_msg_new(&m);

	if (!msg)
		return NULL;
	msg->session = s->name;
	msg->result = SAMR_SES_REPLY;
	return msg;
}

void samr_reply_retry(struct samr_node *n)
{
	samr_mark("reply waits for memory");
	samr_node_due(n, &n->sessions.retry_at, SAMR_RETRY);
}

static bool let_go(struct samr_node *n, struct samr_session *s,
		   struct samr_request *r)
{
	struct samr_msg *msg = samr_msg_copy(r->reply);

	if (!msg)
		return false;
	msg->meta.port = s->port;
	r->given = true;
	r->ask_at = SAMR_NEVER;
	n->stats.replies++;
	samr_group_emit(n, msg);
	samr_msg_put(msg);
	return true;
}

void samr_reply_later(struct samr_node *n, struct samr_session *s)
{
	if (list_empty(&s->ready))
		list_add_tail(&s->ready, &n->sessions.ready);
}

/*
 * All that may go; what waits for stability will be looked at again. The client
 * hears first that it is attached.
 */
void samr_reply_let_go(struct samr_node *n, struct samr_session *s)
{
	u64 upto = s->flags & SAMR_SESSION_AGREED ? n->rcv.delivered :
						    n->stab.stable;
	struct samr_request *r;

	list_del_init(&s->ready);
	if (s->since > n->stab.stable) {
		samr_reply_later(n, s);
		return;
	}
	if (s->stream) {
		if (!samr_stream_give(n, s, upto))
			samr_reply_later(n, s);
		return;
	}
	list_for_each_entry(r, &s->requests, link) {
		if (r->given)
			continue;
		if (complete(r) && r->reply->meta.gseq > upto) {
			samr_reply_later(n, s);
		} else if (complete(r)) {
			if (let_go(n, s, r))
				continue;
			samr_reply_retry(n);
			samr_reply_later(n, s);
			return;
		}
		if (!(s->flags & SAMR_SESSION_UNORDERED))
			return;
	}
}

void samr_reply_ended(struct samr_node *n)
{
	struct samr_session *s, *next;
	struct samr_msg *msg;

	list_for_each_entry_safe(s, next, &n->sessions.ended, ready) {
		if (s->since > n->stab.stable)
			continue;
		msg = samr_reply_new(n, s, 0, s->since, 0);
		if (!msg) {
			samr_reply_retry(n);
			return;
		}
		msg->result = SAMR_SES_ENDED;
		samr_group_emit(n, msg);
		samr_msg_put(msg);
		list_del_init(&s->ready);
		samr_free(s);
	}
}

void samr_reply_stable(struct samr_node *n)
{
	struct samr_sessions *all = &n->sessions;
	struct list_head work;
	struct samr_msg *msg;

	while (!list_empty(&all->later)) {
		msg = list_first_entry(&all->later, struct samr_msg, link);
		if (msg->meta.gseq > n->stab.stable)
			break;
		list_del_init(&msg->link);
		samr_group_emit(n, msg);
		samr_msg_put(msg);
	}
	INIT_LIST_HEAD(&work);
	list_splice_init(&all->ready, &work);
	while (!list_empty(&work))
		samr_reply_let_go(n, list_first_entry(&work, struct samr_session,
					       ready));
	if (!list_empty(&all->ended))
		samr_reply_ended(n);
}

/* Nobody is left who could answer it: then that is the answer. */
static void give_up(struct samr_node *n, struct samr_session *s,
		    struct samr_request *r)
{
	struct samr_msg *msg = samr_reply_new(n, s, r->number, n->rcv.delivered, 0);

	if (!msg) {
		samr_reply_retry(n);
		r->ask_at = n->now + SAMR_RETRY;
		return;
	}
	samr_mark("outcome unknown");
	msg->result = SAMR_SES_UNKNOWN;
	samr_msg_put(r->reply);
	r->reply = msg;
	r->ask_at = SAMR_NEVER;
	samr_reply_let_go(n, s);
}

static void send_ask(struct samr_node *n, u64 dest, const struct samr_session *s,
		     const struct samr_request *r)
{
	struct samr_rec_reply_ask rec = {
		.rec = {
			.type = SAMR_REC_REPLY_ASK,
			.len  = cpu_to_be16(sizeof(rec)),
		},
		.group	 = cpu_to_be32(s->group),
		.session = cpu_to_be64(s->name),
		.request = cpu_to_be64(r->number),
	};
	struct samr_blob *b;
	u32 off, len;

	if (r->reply && samr_msg_gap(r->reply, 0, &off, &len))
		rec.off = cpu_to_be32(off);
	n->stats.reply_asks++;
	b = samr_frame_record(n, dest, sizeof(rec));
	if (b)
		samr_blob_put_data(b, &rec, sizeof(rec));
}

u64 samr_reply_wait(const struct samr_node *n, u32 asks)
{
	return asks < ASKS_SOON ? samr_node_patience(n, asks) : LATE;
}

/* Ask for the reply, if anybody but a member here can have it. */
static void ask(struct samr_node *n, const struct samr_group *g,
		struct samr_session *s, struct samr_request *r)
{
	u64 dest = samr_reply_whom(n, g, r->place, r->asks);

	if (!dest && !samr_reply_here(n, g, r->place) && !lacks_any(g)) {
		give_up(n, s, r);
		return;
	}
	if (dest)
		send_ask(n, dest, s, r);
	r->ask_at = n->now + samr_reply_wait(n, r->asks);
	r->asks++;
}

static void ask_soon(struct samr_node *n, u64 at)
{
	n->sessions.ask_at = min(n->sessions.ask_at, at);
}

void samr_reply_expect(struct samr_node *n, struct samr_session *s,
		       struct samr_request *r)
{
	const struct samr_group *g = samr_group_find(n, s->group);

	r->asks = 0;
	r->ask_at = SAMR_NEVER;
	if (complete(r))
		return;
	if (samr_reply_here(n, g, r->place))
		r->ask_at = n->now + LATE;
	else if (samr_node_serves(n))
		ask(n, g, s, r);
	else
		r->ask_at = n->now;
	ask_soon(n, r->ask_at);
}

void samr_reply_look(struct samr_node *n, struct samr_group *g)
{
	struct samr_session *s;
	struct samr_request *r;

	list_for_each_entry(s, &n->sessions.mine, mine) {
		if (s->group != g->id)
			continue;
		list_for_each_entry(r, &s->requests, link) {
			if (complete(r) || samr_reply_here(n, g, r->place))
				continue;
			r->asks = 0;
			r->ask_at = n->now;
			ask_soon(n, r->ask_at);
		}
	}
}

void samr_reply_timer(struct samr_node *n)
{
	struct samr_session *s, *next;
	struct samr_group *g;
	struct samr_request *r;
	u64 at = SAMR_NEVER;

	n->sessions.ask_at = SAMR_NEVER;
	if (!samr_node_serves(n))
		return;
	list_for_each_entry_safe(s, next, &n->sessions.mine, mine) {
		g = samr_group_find(n, s->group);
		list_for_each_entry(r, &s->requests, link) {
			if (complete(r))
				continue;
			if (n->now >= r->ask_at)
				ask(n, g, s, r);
			at = min(at, r->ask_at);
		}
	}
	ask_soon(n, at);
}

/* What the reply has from @off on, as much as one question brings. */
static void send_reply(struct samr_node *n, u64 dest,
		       const struct samr_session *s,
		       const struct samr_request *r, u32 off, u32 most)
{
	u32 total = r->reply->meta.len, end, part, room;
	struct samr_rec_reply rec;
	struct samr_blob *b;

	if (off > total || (off == total && total))
		return;
	end = off + min(total - off, most);
	room = samr_frame_room(n) - sizeof(rec);
	do {
		part = min(end - off, room);
		b = samr_frame_record(n, dest, sizeof(rec) + part);
		if (!b)
			return;
		memset(&rec, 0, sizeof(rec));
		rec.rec.type = SAMR_REC_REPLY;
		rec.rec.len = cpu_to_be16((u16)(sizeof(rec) + part));
		if (off + part == end && end < total)
			rec.rec.flags = SAMR_REC_F_MORE;
		rec.group = cpu_to_be32(s->group);
		rec.session = cpu_to_be64(s->name);
		rec.request = cpu_to_be64(r->number);
		rec.commit = cpu_to_be64(r->reply->meta.gseq);
		rec.total = cpu_to_be32(total);
		rec.off = cpu_to_be32(off);
		samr_blob_put_data(b, &rec, sizeof(rec));
		samr_msg_write(r->reply, b, off, part);
		off += part;
	} while (off < end);
}

void samr_reply_asked(struct samr_node *n, u64 src, const struct samr_record *w)
{
	const struct samr_group *g = samr_group_find(n, w->reply.group);
	struct samr_session *s;
	struct samr_request *r;

	s = samr_session_named(n, w->reply.group, w->reply.session);
	r = s ? samr_session_request(s, w->reply.request) : NULL;
	if (!r)
		return;
	if (!complete(r)) {
		if (samr_reply_here(n, g, r->place))
			r->wanted = src;
		return;
	}
	/* What is not known here is not the others' answer. */
	if (r->reply->result != SAMR_SES_REPLY || !n->repair_left)
		return;
	send_reply(n, src, s, r, w->reply.off, n->repair_left);
	n->repair_left -= min(n->repair_left,
			      r->reply->meta.len + SAMR_FLOW_OVERHEAD);
}

enum samr_drop samr_reply_came(struct samr_node *n, struct samr_blob *frame,
			       const struct samr_record *w)
{
	enum samr_drop drop = SAMR_DROP_NONE;
	struct samr_session *s;
	struct samr_request *r;

	s = samr_session_named(n, w->reply.group, w->reply.session);
	r = s && samr_session_is_mine(n, s) ?
	    samr_session_request(s, w->reply.request) : NULL;
	if (!r)
		return SAMR_DROP_SESSION;
	if (complete(r))
		return SAMR_DROP_DUPLICATE;
	/* What shows more than is delivered here might still be undone. */
	if (w->reply.commit > n->rcv.delivered)
		return SAMR_DROP_WINDOW;
	if (w->reply.total > s->reply_max)
		return SAMR_DROP_LIMIT;
	if (!r->reply) {
		r->reply = samr_reply_new(n, s, r->number, w->reply.commit,
				     w->reply.total);
		if (!r->reply)
			return SAMR_DROP_MEMORY;
	} else if (r->reply->meta.len != w->reply.total) {
		return SAMR_DROP_CONFLICT;
	}
	r->reply->meta.gseq = max(r->reply->meta.gseq, w->reply.commit);
	if (w->len)
		drop = samr_msg_add(r->reply, frame, w->at, w->reply.off,
				    w->len);
	if (complete(r)) {
		samr_mark("reply from another head");
		samr_reply_let_go(n, s);
	} else if (w->flags & SAMR_REC_F_MORE) {
		r->asks = 0;
		ask(n, samr_group_find(n, s->group), s, r);
		ask_soon(n, r->ask_at);
	}
	return drop;
}

/* The reply is here, from whomever: what is here of another one is needed no more. */
static void keep(struct samr_node *n, struct samr_session *s,
		 struct samr_request *r, struct samr_msg *msg)
{
	samr_msg_put(r->reply);
	r->reply = msg;
	if (r->wanted && r->wanted != n->cfg.self && samr_node_serves(n))
		send_reply(n, r->wanted, s, r, 0, SAMR_REPAIR_BYTES);
	r->wanted = 0;
	if (samr_session_is_mine(n, s))
		samr_reply_let_go(n, s);
	else if (s->client)
		samr_call_look(n);
}

int samr_reply_made(struct samr_node *n, const struct samr_event *ev)
{
	struct samr_group *g = samr_group_find(n, ev->reply.group);
	u32 len = ev->reply.len;
	struct samr_session *s;
	struct samr_request *r;
	struct samr_msg *msg;

	s = samr_session_named(n, ev->reply.group, ev->reply.session);
	if (!s) {
		samr_digest_made(n, ev, NULL);
		return -ENOENT;
	}
	if (!ev->reply.request || ev->reply.request >= s->next ||
	    (len && (!ev->reply.payload ||
		     samr_blob_len(ev->reply.payload) != len)))
		return -EINVAL;
	r = samr_session_request(s, ev->reply.request);
	if (!r) {
		samr_digest_made(n, ev, NULL);
		return -ENOENT;
	}
	if (len > s->reply_max)
		return -EMSGSIZE;
	if (complete(r)) {
		samr_digest_made(n, ev, r);
		return 0;
	}
	msg = samr_reply_new(n, s, r->number,
			max(r->place, min(ev->reply.upto, n->rcv.delivered)),
			len);
	if (!msg)
		return -ENOMEM;
	if (len) {
		msg->one.blob = samr_blob_get(ev->reply.payload);
		msg->npieces = 1;
		msg->have = len;
	}
	samr_digest_made(n, ev, r);
	keep(n, s, r, msg);
	if (samr_transfer_begun_here(n, g)) {
		g->give.kept = true;
		n->sessions.giving = true;
	}
	return 0;
}

/* One reply, for those that receive the state. Return: whether it was taken. */
static bool give_one(struct samr_node *n, const struct samr_group *g,
		     const struct samr_session *s,
		     const struct samr_request *r)
{
	const struct samr_replies_payload p = {
		.session = cpu_to_be64(s->name),
		.request = cpu_to_be64(r->number),
		.commit	 = cpu_to_be64(r->reply->meta.gseq),
	};
	const struct samr_meta m = {
		.arg	= g->transfer->id,
		.group	= g->id,
		.port	= g->transfer->donor.port,
		.len	= sizeof(p) + r->reply->meta.len,
		.kind	= SAMR_KIND_REPLIES,
	};
	struct samr_msg *msg;

	if (!samr_flow_room(n, m.kind, m.group, m.len))
		return false;
	msg = samr_flow_message(n, &m, &p, sizeof(p));
	if (msg && samr_msg_take(msg, sizeof(p), r->reply, 0))
		return samr_flow_own(n, msg);
	samr_msg_put(msg);
	samr_reply_retry(n);
	return false;
}

static bool give_all(struct samr_node *n, const struct samr_group *g)
{
	u64 id = g->transfer->id;
	struct samr_session *s;
	struct samr_request *r;

	list_for_each_entry(s, &g->sessions.sessions, link) {
		list_for_each_entry(r, &s->requests, link) {
			if (!complete(r) || r->gave == id ||
			    r->reply->result != SAMR_SES_REPLY)
				continue;
			if (!give_one(n, g, s, r))
				return false;
			r->gave = id;
		}
	}
	return true;
}

void samr_reply_give(struct samr_node *n)
{
	struct samr_group *g;
	u32 i;

	n->sessions.giving = false;
	for (i = 0; i < SAMR_GROUP_BUCKETS; i++) {
		list_for_each_entry(g, &n->groups.bucket[i], hash) {
			if (!g->give.kept || !samr_transfer_begun_here(n, g))
				continue;
			if (!give_all(n, g) || !samr_place_give(n, g)) {
				n->sessions.giving = true;
				continue;
			}
			samr_mark("kept replies given");
			g->give.kept = false;
			if (g->give.refused) {
				g->give.refused = false;
				n->out->writable = true;
			}
		}
	}
}

bool samr_reply_taken(struct samr_node *n, struct samr_group *g,
		      struct samr_msg *msg)
{
	const struct samr_transfer *t = g ? g->transfer : NULL;
	struct samr_replies_payload p;
	struct samr_session *s;
	struct samr_request *r;
	struct samr_msg *reply;
	u64 commit;

	msg->refused = true;
	if (!t || msg->meta.arg != t->id || g->last ||
	    t->donor.node != msg->meta.origin || t->donor.inc != msg->meta.inc ||
	    t->donor.port != msg->meta.port ||
	    !samr_msg_read(msg, (u8 *)&p, sizeof(p)))
		return true;
	msg->refused = false;
	s = samr_session_named(n, g->id, be64_to_cpu(p.session));
	if (msg->meta.flags & SAMR_MSG_KEEP)
		return samr_place_told(n, g, s, msg);
	if (s && s->stream)
		return samr_place_output(n, g, s, msg);
	r = s ? samr_session_request(s, be64_to_cpu(p.request)) : NULL;
	commit = be64_to_cpu(p.commit);
	if (!r || complete(r) || !(g->local || samr_session_is_mine(n, s)) ||
	    commit < r->place || commit >= msg->meta.gseq)
		return true;
	reply = samr_reply_new(n, s, r->number, commit,
			  msg->meta.len - (u32)sizeof(p));
	if (!reply || !samr_msg_take(reply, 0, msg, sizeof(p))) {
		samr_msg_put(reply);
		return false;
	}
	samr_mark("reply with the state");
	keep(n, s, r, reply);
	return true;
}
