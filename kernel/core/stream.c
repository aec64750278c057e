// SPDX-License-Identifier: GPL-2.0
/* Streams, see stream.h. */
#include "stream.h"
#include "frame.h"
#include "group.h"
#include "reply.h"

/* Members tell that they have read this part of a window. */
#define TELL_PART	4

struct samr_stream *samr_stream_new(struct samr_session *s)
{
	struct samr_stream *st = samr_alloc(sizeof(*st));

	if (!st)
		return NULL;
	st->session = s;
	INIT_LIST_HEAD(&st->out);
	INIT_LIST_HEAD(&st->pushed);
	st->made = s->acked + 1;
	st->given = st->made;
	st->at = SAMR_NEVER;
	return st;
}

static void drop_piece(struct samr_stream *st, struct samr_msg *msg)
{
	list_del_init(&msg->link);
	samr_msg_put(msg);
	st->pieces--;
}

void samr_stream_free(struct samr_stream *st)
{
	if (!st)
		return;
	while (!list_empty(&st->out))
		drop_piece(st, list_first_entry(&st->out, struct samr_msg,
						link));
	list_del(&st->pushed);
	samr_free(st);
}

void samr_stream_relieve(struct samr_node *n, struct samr_stream *st)
{
	/* Where all is freed nobody is told. */
	if (!st->full || !n->out)
		return;
	st->full = false;
	n->out->writable = true;
}

static u64 end_of(const struct samr_msg *msg)
{
	return msg->meta.arg + msg->meta.len;
}

static void due(struct samr_node *n, struct samr_stream *st, u64 wait)
{
	samr_node_due(n, &st->at, wait);
	n->sessions.stream_at = min(n->sessions.stream_at, st->at);
}

static void again(struct samr_node *n, struct samr_stream *st)
{
	st->at = SAMR_NEVER;
	due(n, st, samr_reply_wait(n, st->tries++));
}

static bool is_mine(const struct samr_node *n, const struct samr_stream *st)
{
	return samr_session_is_mine(n, st->session);
}

/* ---- records ---- */

static void send_ask(struct samr_node *n, const struct samr_stream *st,
		     u64 dest, u64 from, u8 flags)
{
	const struct samr_rec_stream_ask rec = {
		.rec = {
			.type  = SAMR_REC_STREAM_ASK,
			.flags = flags,
			.len   = cpu_to_be16(sizeof(rec)),
		},
		.group	 = cpu_to_be32(st->session->group),
		.session = cpu_to_be64(st->session->name),
		.from	 = cpu_to_be64(from),
	};
	struct samr_blob *b = samr_frame_record(n, dest, sizeof(rec));

	if (b)
		samr_blob_put_data(b, &rec, sizeof(rec));
}

/* @msg: piece of which @len bytes from number @from on are sent, or NULL. */
static bool send_part(struct samr_node *n, struct samr_stream *st, u64 dest,
		      const struct samr_msg *msg, u64 from, u32 len, u8 end)
{
	struct samr_rec_stream rec = {
		.rec = {
			.type = SAMR_REC_STREAM,
			.len  = cpu_to_be16((u16)(sizeof(rec) + len)),
		},
		.group	 = cpu_to_be32(st->session->group),
		.session = cpu_to_be64(st->session->name),
		.read	 = cpu_to_be64(st->read),
		.from	 = cpu_to_be64(from),
		.commit	 = cpu_to_be64(msg ? msg->meta.gseq :
				       end ? st->end_commit : 0),
		.end	 = end,
	};
	struct samr_blob *b = samr_frame_record(n, dest, sizeof(rec) + len);

	if (!b)
		return false;
	samr_blob_put_data(b, &rec, sizeof(rec));
	if (len)
		samr_msg_write(msg, b, (u32)(from - msg->meta.arg), len);
	st->told = st->read;
	st->awaited = false;
	return true;
}

/* Until all is confirmed it is to be sent again. */
static void settle(struct samr_node *n, struct samr_stream *st)
{
	st->at = SAMR_NEVER;
	if (st->sent <= st->heard && st->sent >= st->made) {
		list_del_init(&st->pushed);
		return;
	}
	if (list_empty(&st->pushed))
		list_add_tail(&st->pushed, &n->sessions.pushed);
	again(n, st);
}

/* What the access head has not been sent yet, at most @most bytes of it. */
static void push(struct samr_node *n, struct samr_stream *st, u32 most)
{
	u32 room = samr_frame_room(n) - (u32)sizeof(struct samr_rec_stream);
	u32 len, sum = 0;
	struct samr_msg *msg;

	/* What the client has is not sent, though the other head may not know that. */
	st->heard = max(st->heard, st->session->acked + 1);
	st->sent = max(st->sent, st->heard);
	list_for_each_entry(msg, &st->out, link) {
		while (st->sent >= msg->meta.arg && st->sent < end_of(msg) &&
		       sum < most) {
			len = (u32)min(end_of(msg) - st->sent, (u64)room);
			if (!send_part(n, st, st->wanted, msg, st->sent, len,
				       SAMR_END_NONE))
				goto out;
			st->sent += len;
			sum += len;
		}
	}
	if (st->end && st->sent == st->made - 1 &&
	    send_part(n, st, st->wanted, NULL, st->sent, 0, st->end))
		st->sent = st->made;
out:
	settle(n, st);
}

/* ---- the access head ---- */

static u64 read_at(const struct samr_node *n, const struct samr_stream *st,
		   u64 node)
{
	u32 index = samr_node_index(n, node);

	if (node == n->cfg.self)
		return st->read;
	return index == SAMR_NO_INDEX ? 0 : st->seen[index];
}

/* All that answer have read up to here. */
static u64 slowest(const struct samr_node *n, const struct samr_group *g,
		   const struct samr_stream *st)
{
	const struct samr_members *all = g->members;
	u64 least = st->session->next - 1;
	u32 i;

	for (i = 0; all && i < all->count; i++)
		if (samr_reply_answers(&all->m[i], st->session->name))
			least = min(least, read_at(n, st, all->m[i].node));
	return least;
}

/* Whoever has not told that all is read is asked, each head once. */
static void ask_readers(struct samr_node *n, const struct samr_group *g,
			const struct samr_stream *st)
{
	u64 asked = BIT_ULL(n->cfg.self);
	const struct samr_member_id *m;
	u32 i;

	for (i = 0; g->members && i < g->members->count; i++) {
		m = &g->members->m[i];
		if (asked & BIT_ULL(m->node) ||
		    !samr_reply_answers(m, st->session->name) ||
		    read_at(n, st, m->node) + 1 >= st->session->next)
			continue;
		asked |= BIT_ULL(m->node);
		send_ask(n, st, m->node, 0, 0);
	}
}

/* Is another head to give the output, and has not said yet that it does? */
static bool needs_source(const struct samr_node *n, const struct samr_group *g,
			 const struct samr_stream *st)
{
	return !st->on && !st->end &&
	       !samr_reply_here(n, g, st->session->name);
}

static void ask(struct samr_node *n, struct samr_stream *st)
{
	const struct samr_group *g = samr_group_find(n, st->session->group);
	bool source;

	if (!samr_assert(g))
		return;
	source = needs_source(n, g, st);
	st->at = SAMR_NEVER;
	if (source) {
		st->from = samr_reply_whom(n, g, st->session->name, st->tries);
		if (st->from)
			send_ask(n, st, st->from, st->made, SAMR_REC_F_AGAIN);
	}
	if (st->blocked)
		ask_readers(n, g, st);
	if (source || st->blocked)
		again(n, st);
}

static void expect(struct samr_node *n, struct samr_stream *st)
{
	st->from = 0;
	st->on = false;
	st->lacks = false;
	st->tries = 0;
	due(n, st, 0);
}

static void unblock(struct samr_node *n, struct samr_stream *st)
{
	if (!st->blocked)
		return;
	st->blocked = false;
	n->out->writable = true;
}

int samr_stream_fits(struct samr_node *n, const struct samr_submit *s)
{
	const struct samr_group *g = samr_group_find(n, s->group);
	struct samr_request_payload scratch;
	const struct samr_request_payload *p;
	struct samr_session *x;
	u64 len = s->len - sizeof(*p) + !!(s->flags & SAMR_MSG_FIN);

	p = samr_blob_peek(s->payload, 0, sizeof(*p), &scratch);
	x = p ? samr_session_find(n, s->group, be64_to_cpu(p->id)) : NULL;
	if (!g || !x || !x->stream || !samr_session_is_mine(n, x) ||
	    x->port != s->port)
		return 0;
	if (len > x->reply_max)
		return -EMSGSIZE;
	if (s->arg + len <= slowest(n, g, x->stream) + x->reply_max + 1)
		return 0;
	samr_mark("segment waits for readers");
	n->stats.refused++;
	if (!x->stream->blocked) {
		x->stream->blocked = true;
		x->stream->tries = 0;
		due(n, x->stream, 0);
	}
	return -EAGAIN;
}

static bool let_go(struct samr_node *n, struct samr_session *s,
		   struct samr_msg *msg, u64 number, u8 result)
{
	struct samr_msg *copy = msg ? samr_msg_copy(msg) :
				samr_reply_new(n, s, number,
					       s->stream->end_commit, 0);

	if (!copy) {
		samr_reply_retry(n);
		return false;
	}
	copy->meta.port = s->port;
	copy->result = result;
	n->stats.replies++;
	samr_group_emit(n, copy);
	samr_msg_put(copy);
	return true;
}

bool samr_stream_give(struct samr_node *n, struct samr_session *s, u64 upto)
{
	static const u8 how[] = {
		[SAMR_END_SHUT]		= SAMR_SES_SHUT,
		[SAMR_END_CLOSED]	= SAMR_SES_CLOSED,
		[SAMR_END_RESET]	= SAMR_SES_RESET,
	};
	struct samr_stream *st = s->stream;
	struct samr_msg *msg;

	list_for_each_entry(msg, &st->out, link) {
		if (end_of(msg) <= st->given)
			continue;
		if (msg->meta.gseq > upto ||
		    !let_go(n, s, msg, 0, SAMR_SES_OUTPUT))
			return false;
		st->given = end_of(msg);
	}
	if (!st->end || st->given != st->made - 1)
		return true;
	if (st->end_commit > upto ||
	    !let_go(n, s, NULL, st->given, how[st->end]))
		return false;
	st->given = st->made;
	return true;
}

void samr_stream_acked(struct samr_node *n, struct samr_session *s, u64 acked)
{
	struct samr_stream *st = s->stream;
	struct samr_msg *msg, *next;

	if (acked <= s->acked || acked >= SAMR_NUMBER_MAX)
		return;
	s->acked = acked;
	list_for_each_entry_safe(msg, next, &st->out, link) {
		if (end_of(msg) > acked + 1)
			break;
		drop_piece(st, msg);
	}
	/* A replica that is so slow writes into nothing. */
	if (st->made <= acked) {
		samr_mark("output that the client has already");
		st->made = acked + 1;
	}
	st->given = max(st->given, acked + 1);
	samr_stream_relieve(n, st);
}

void samr_stream_attach(struct samr_node *n, struct samr_session *s)
{
	struct samr_stream *st = s->stream;

	st->given = s->acked + 1;
	st->wanted = 0;
	st->awaited = false;
	list_del_init(&st->pushed);
	st->at = SAMR_NEVER;
	samr_stream_view(s);
	unblock(n, st);
	if (is_mine(n, st))
		expect(n, st);
}

void samr_stream_view(struct samr_session *s)
{
	memset(s->stream->seen, 0, sizeof(s->stream->seen));
}

void samr_stream_start(struct samr_node *n)
{
	struct samr_session *s;

	n->sessions.stream_at = list_empty(&n->sessions.pushed) ? SAMR_NEVER :
								  n->now;
	list_for_each_entry(s, &n->sessions.mine, mine) {
		if (!s->stream)
			continue;
		samr_stream_view(s);
		expect(n, s->stream);
	}
}

static bool anybody(const struct samr_group *g, const struct samr_session *s)
{
	u32 i;

	for (i = 0; g->members && i < g->members->count; i++)
		if (samr_reply_answers(&g->members->m[i], s->name))
			return true;
	return false;
}

void samr_stream_look(struct samr_node *n, struct samr_group *g)
{
	struct samr_session *s, *next;

	list_for_each_entry_safe(s, next, &g->sessions.sessions, link) {
		if (!s->stream)
			continue;
		if (!anybody(g, s)) {
			samr_mark("stream ends with its audience");
			samr_session_end_one(n, g, s);
			continue;
		}
		if (!is_mine(n, s->stream))
			continue;
		/* Who was waited for may be gone. */
		unblock(n, s->stream);
		expect(n, s->stream);
	}
	samr_reply_ended(n);
}

/* ---- output ---- */

u32 samr_stream_room(const struct samr_node *n, u32 group, u64 session,
		     u64 from)
{
	const struct samr_session *s = samr_session_named(n, group, session);
	const struct samr_stream *st = s ? s->stream : NULL;
	u64 room;

	if (!st || from > st->made || from > s->acked + s->reply_max)
		return 0;
	room = s->acked + s->reply_max + 1 - from;
	if (st->pieces >= SAMR_STREAM_PIECES)
		room = min(room, st->made - from);
	return (u32)min_t(u64, room, U32_MAX);
}

int samr_node_output_room(struct samr_node *n, u32 group, u64 session,
			  u64 from)
{
	struct samr_session *s = samr_session_named(n, group, session);
	u32 room;

	/* Another member here may have ended it already. */
	if (!s || !s->stream || (s->stream->end && from >= s->stream->made - 1))
		return -ENOENT;
	room = samr_stream_room(n, group, session, from);
	if (!room)
		s->stream->full = true;
	return (int)min_t(u32, room, SAMR_STREAM_WINDOW);
}

u32 samr_node_output_left(const struct samr_node *n, u32 group, u64 session,
			  u64 made)
{
	const struct samr_session *s = samr_session_named(n, group, session);

	if (!s || !s->stream || made <= s->acked)
		return 0;
	return (u32)min_t(u64, made - s->acked, U32_MAX);
}

/* Few bytes are copied, lest they keep a whole frame. */
static struct samr_blob *bytes_of(struct samr_blob *blob, u32 off, u32 len)
{
	struct samr_blob *b;

	if (len >= SAMR_PIECE_MIN)
		return samr_blob_slice(blob, off, len);
	b = samr_blob_new(len);
	if (b)
		samr_blob_put_blob(b, blob, off, len);
	return b;
}

/* @len bytes at @off of @blob are those from @made on; false: no memory. */
static bool append(struct samr_node *n, struct samr_stream *st, u64 commit,
		   struct samr_blob *blob, u32 off, u32 len)
{
	struct samr_msg *msg = samr_reply_new(n, st->session, st->made, commit,
					      len);

	if (!msg)
		return false;
	msg->one.blob = bytes_of(blob, off, len);
	if (!msg->one.blob) {
		samr_msg_put(msg);
		return false;
	}
	msg->npieces = 1;
	msg->have = len;
	msg->result = SAMR_SES_OUTPUT;
	samr_stream_add(st, msg);
	return true;
}

void samr_stream_add(struct samr_stream *st, struct samr_msg *msg)
{
	list_add_tail(&msg->link, &st->out);
	st->pieces++;
	st->made += msg->meta.len;
}

void samr_stream_set_end(struct samr_node *n, struct samr_stream *st, u8 end,
			 u64 commit)
{
	st->end = end;
	st->end_commit = commit;
	st->made++;
	samr_stream_relieve(n, st);
}

void samr_stream_hand_on(struct samr_node *n, struct samr_stream *st)
{
	if (is_mine(n, st))
		samr_reply_let_go(n, st->session);
	else if (st->wanted && samr_node_serves(n))
		push(n, st, SAMR_STREAM_WINDOW);
}

int samr_stream_made(struct samr_node *n, const struct samr_event *ev)
{
	u64 from = ev->output.from, commit = ev->output.upto;
	u32 len = ev->output.len, skip;
	struct samr_session *s;
	struct samr_stream *st;

	s = samr_session_named(n, ev->output.group, ev->output.session);
	st = s ? s->stream : NULL;
	if (!st)
		return -ENOENT;
	if (!from || ev->output.end > SAMR_END_RESET ||
	    (len && (!ev->output.payload ||
		     samr_blob_len(ev->output.payload) != len)))
		return -EINVAL;
	/* The end has the last number. */
	if (st->end && from + len >= st->made)
		return -EPIPE;
	if (from > st->made)
		return -EINVAL;
	if (len > samr_stream_room(n, s->group, s->name, from)) {
		st->full = true;
		return -EAGAIN;
	}
	commit = max(s->name, min(commit, n->rcv.delivered));
	if (from + len > st->made) {
		skip = (u32)(st->made - from);
		if (!append(n, st, commit, ev->output.payload, skip,
			    len - skip))
			return -ENOMEM;
	}
	if (ev->output.end && from + len == st->made && !st->end)
		samr_stream_set_end(n, st, ev->output.end, commit);
	samr_stream_hand_on(n, st);
	return 0;
}

void samr_stream_asked(struct samr_node *n, u64 src,
		       const struct samr_record *r)
{
	struct samr_session *s = samr_session_named(n, r->stream.group,
						    r->stream.session);
	struct samr_stream *st = s ? s->stream : NULL;
	u64 from = r->stream.from;

	if (!st || s->node != src)
		return;
	if (!from) {
		send_part(n, st, src, NULL, 0, 0, SAMR_END_NONE);
		/* That may not be enough: it hears of more at once. */
		st->awaited = st->read + 1 < s->next;
		return;
	}
	if (r->flags & SAMR_REC_F_AGAIN) {
		st->wanted = src;
		st->sent = from;
		st->heard = from;
		st->tries = 0;
		if (from >= st->made || !n->repair_left)
			send_part(n, st, src, NULL, 0, 0, SAMR_END_NONE);
		push(n, st, n->repair_left);
		n->repair_left -= min(n->repair_left, s->reply_max);
	} else if (st->wanted == src && from > st->heard) {
		st->heard = min(from, st->sent);
		st->tries = 0;
		push(n, st, SAMR_STREAM_WINDOW);
	}
}

/* Bytes of output, or its end, of which some may be new. */
static enum samr_drop take(struct samr_node *n, struct samr_stream *st,
			   struct samr_blob *frame, const struct samr_record *r)
{
	u64 from = r->stream.from, end = from + r->len + !!r->stream.end;
	const struct samr_session *s = st->session;
	u32 skip = (u32)(st->made - from);

	if (end <= st->made)
		return SAMR_DROP_DUPLICATE;
	/* What shows more than is delivered here might still be undone. */
	if (r->stream.commit > n->rcv.delivered)
		return SAMR_DROP_WINDOW;
	if (st->end)
		return SAMR_DROP_CONFLICT;
	if (r->len > skip) {
		if (from + r->len > s->acked + s->reply_max + 1 ||
		    st->pieces >= samr_stream_most(s->reply_max))
			return SAMR_DROP_LIMIT;
		if (!append(n, st, r->stream.commit, frame, r->at + skip,
			    r->len - skip))
			return SAMR_DROP_MEMORY;
	}
	if (r->stream.end)
		samr_stream_set_end(n, st, r->stream.end, r->stream.commit);
	return SAMR_DROP_NONE;
}

enum samr_drop samr_stream_came(struct samr_node *n, u32 index,
				struct samr_blob *frame,
				const struct samr_record *r)
{
	struct samr_session *s = samr_session_named(n, r->stream.group,
						    r->stream.session);
	struct samr_stream *st = s ? s->stream : NULL;
	u64 src = n->view.node[index];
	enum samr_drop drop;

	if (!st || !is_mine(n, st))
		return SAMR_DROP_SESSION;
	if (r->stream.read > st->seen[index]) {
		st->seen[index] = min(r->stream.read, s->next - 1);
		unblock(n, st);
	}
	if (src != st->from)
		return r->stream.from ? SAMR_DROP_SESSION : SAMR_DROP_NONE;
	st->on = true;
	if (!r->stream.from)
		return SAMR_DROP_NONE;
	if (r->stream.from > st->made) {
		if (!st->lacks)
			send_ask(n, st, src, st->made, SAMR_REC_F_AGAIN);
		samr_mark("gap in the output of a stream");
		st->lacks = true;
		return SAMR_DROP_NONE;
	}
	drop = take(n, st, frame, r);
	if (drop == SAMR_DROP_NONE) {
		st->lacks = false;
		samr_mark("output from another head");
		samr_reply_let_go(n, s);
	}
	if (drop == SAMR_DROP_NONE || drop == SAMR_DROP_DUPLICATE)
		send_ask(n, st, src, st->made, 0);
	return drop;
}

/* ---- input ---- */

void samr_stream_read(struct samr_node *n, const struct samr_event *ev)
{
	struct samr_session *s = samr_session_named(n, ev->input.group,
						    ev->input.session);
	struct samr_stream *st = s ? s->stream : NULL;
	u64 upto;

	if (!st)
		return;
	upto = min(ev->input.upto, s->next - 1);
	if (upto <= st->read)
		return;
	st->read = upto;
	if (is_mine(n, st))
		unblock(n, st);
	else if (s->node && samr_node_serves(n) &&
		 (st->awaited ||
		  st->read - st->told >= s->reply_max / TELL_PART))
		send_part(n, st, s->node, NULL, 0, 0, SAMR_END_NONE);
}

/* ---- time ---- */

static void turn(struct samr_node *n, struct samr_stream *st)
{
	if (n->now < st->at)
		return;
	if (is_mine(n, st)) {
		ask(n, st);
		return;
	}
	samr_mark("output sent again");
	st->sent = st->heard;
	push(n, st, SAMR_STREAM_WINDOW);
}

void samr_stream_timer(struct samr_node *n)
{
	struct samr_session *s, *ns;
	struct samr_stream *st, *nst;
	u64 at = SAMR_NEVER;

	n->sessions.stream_at = SAMR_NEVER;
	if (!samr_node_serves(n))
		return;
	list_for_each_entry_safe(s, ns, &n->sessions.mine, mine) {
		if (!s->stream)
			continue;
		turn(n, s->stream);
		at = min(at, s->stream->at);
	}
	list_for_each_entry_safe(st, nst, &n->sessions.pushed, pushed) {
		turn(n, st);
		at = min(at, st->at);
	}
	n->sessions.stream_at = min(n->sessions.stream_at, at);
}
