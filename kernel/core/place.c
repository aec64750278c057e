// SPDX-License-Identifier: GPL-2.0
/* Streams across a state transfer, see place.h. */
#include "place.h"
#include "flow.h"
#include "group.h"
#include "reply.h"
#include "session.h"
#include "stream.h"

/* ---- in the order ---- */

static bool is_older(const struct samr_group *g, const struct samr_session *s)
{
	return s->stream && s->name < g->transfer->id;
}

void samr_place_begin(struct samr_node *n, struct samr_group *g, bool keep)
{
	struct samr_session *s, *next;

	list_for_each_entry_safe(s, next, &g->sessions.sessions, link) {
		if (!s->stream)
			continue;
		if (!keep) {
			samr_mark("stream cut by a state transfer");
			samr_session_end_one(n, g, s);
			continue;
		}
		s->stream->input = s->next - 1;
		s->stream->ended = s->fin;
		s->stream->placed = false;
	}
	samr_reply_ended(n);
}

bool samr_place_all(const struct samr_group *g)
{
	const struct samr_session *s;

	list_for_each_entry(s, &g->sessions.sessions, link)
		if (is_older(g, s) && !s->stream->placed)
			return false;
	return true;
}

/* Who takes part in the stream's output here, or will? */
static bool keeps(const struct samr_node *n, const struct samr_group *g,
		  const struct samr_session *s)
{
	return g->local || samr_session_is_mine(n, s);
}

static bool is_sane(const struct samr_group *g,
		    const struct samr_place_payload *p)
{
	if (be64_to_cpu(p->session) >= g->transfer->id)
		return false;
	if (p->how == SAMR_PLACE_CUT)
		return true;
	return p->how == SAMR_PLACE_KEEP && p->end <= SAMR_END_RESET &&
	       be64_to_cpu(p->read) <= SAMR_NUMBER_MAX &&
	       be64_to_cpu(p->made) < SAMR_NUMBER_MAX;
}

/* Of what was written before nothing lacks here, if the donor's core is honest. */
static void end_output(struct samr_node *n, const struct samr_group *g,
		       struct samr_session *s, const struct samr_msg *msg,
		       const struct samr_place_payload *p)
{
	u64 commit = min(be64_to_cpu(p->commit), msg->meta.gseq - 1);
	struct samr_stream *st = s->stream;

	if (!p->end || st->end || st->made != be64_to_cpu(p->made) + 1 ||
	    !keeps(n, g, s))
		return;
	samr_stream_set_end(n, st, p->end, commit);
	samr_stream_hand_on(n, st);
}

bool samr_place_told(struct samr_node *n, struct samr_group *g,
		     struct samr_session *s, struct samr_msg *msg)
{
	struct samr_place_payload p;

	msg->refused = true;
	if (!samr_msg_read(msg, (u8 *)&p, sizeof(p)) || !is_sane(g, &p) ||
	    (s && (!s->stream || s->stream->placed)) ||
	    (!s && p.how == SAMR_PLACE_CUT))
		return true;
	msg->refused = false;
	msg->session = be64_to_cpu(p.session);
	if (p.how == SAMR_PLACE_CUT) {
		samr_mark("stream cut by the donor");
		msg->result = SAMR_SES_CUT;
		samr_session_end_one(n, g, s);
		samr_reply_ended(n);
		return true;
	}
	if (!s) {
		samr_mark("stream that has ended goes with the state");
		return true;
	}
	samr_mark("stream goes on with the state");
	/* What receivers get next must follow. */
	msg->unwanted = be64_to_cpu(p.read) != s->stream->input ||
			!p.fin == s->stream->ended;
	s->stream->placed = true;
	end_output(n, g, s, msg, &p);
	return true;
}

bool samr_place_output(struct samr_node *n, struct samr_group *g,
		       struct samr_session *s, struct samr_msg *msg)
{
	u32 head = sizeof(struct samr_replies_payload), skip;
	struct samr_stream *st = s->stream;
	struct samr_replies_payload p;
	struct samr_msg *piece;
	u64 from, end, commit;

	if (!samr_msg_read(msg, (u8 *)&p, sizeof(p)))
		return true;
	from = be64_to_cpu(p.request);
	end = from + (msg->meta.len - head);
	commit = be64_to_cpu(p.commit);
	if (!keeps(n, g, s) || st->end || !from || from > st->made ||
	    end <= st->made || end > s->acked + s->reply_max + 1 ||
	    st->pieces >= samr_stream_most(s->reply_max) || commit >= msg->meta.gseq)
		return true;
	skip = (u32)(st->made - from);
	piece = samr_reply_new(n, s, st->made, commit, (u32)(end - st->made));
	if (!piece || !samr_msg_take(piece, 0, msg, head + skip)) {
		samr_msg_put(piece);
		return false;
	}
	samr_mark("output with the state");
	piece->result = SAMR_SES_OUTPUT;
	samr_stream_add(st, piece);
	samr_stream_hand_on(n, st);
	return true;
}

/* ---- the donor ---- */

void samr_place_forget(struct samr_group *g)
{
	struct samr_place_said *at, *next;

	list_for_each_entry_safe(at, next, &g->give.places, link) {
		list_del(&at->link);
		samr_free(at);
	}
	g->give.placed = 0;
}

static bool is_next(const struct samr_group *g, u64 name)
{
	const struct list_head *list = &g->give.places;

	return name < g->transfer->id &&
	       (list_empty(list) ||
		list_last_entry(list, struct samr_place_said, link)->session <
			name);
}

/* Then this is no place for the state: receivers would lack what comes before the end. */
static bool ends_any(const struct samr_group *g)
{
	const struct samr_place_said *at;

	list_for_each_entry(at, &g->give.places, link)
		if (at->how == SAMR_PLACE_CUT)
			return true;
	return false;
}

int samr_place_made(struct samr_node *n, const struct samr_event *ev)
{
	struct samr_group *g = samr_group_find(n, ev->place.group);
	struct samr_place_said *at;

	if (!g || !samr_transfer_gives(n, g, ev->place.port, ev->place.id) ||
	    g->give.placed)
		return -ESTALE;
	if (!ev->place.session) {
		g->give.placed = ends_any(g) ? SAMR_PLACE_CUT : ev->place.how;
		g->give.kept = true;
		n->sessions.giving = true;
		return 0;
	}
	if (!is_next(g, ev->place.session))
		return -EINVAL;
	at = samr_alloc(sizeof(*at));
	if (!at)
		return -ENOMEM;
	at->session = ev->place.session;
	at->read = ev->place.read;
	at->made = ev->place.made;
	at->node = ev->place.node;
	at->port = ev->place.client;
	at->how = ev->place.how;
	at->end = ev->place.end;
	at->fin = ev->place.fin;
	list_add_tail(&at->link, &g->give.places);
	return 0;
}

static struct samr_meta meta_of(const struct samr_group *g, u8 kind, u8 flags,
				u32 len)
{
	return (struct samr_meta){
		.arg	= g->transfer->id,
		.group	= g->id,
		.port	= g->transfer->donor.port,
		.len	= len,
		.kind	= kind,
		.flags	= flags,
	};
}

/* Return: whether it was taken. */
static bool give_piece(struct samr_node *n, const struct samr_group *g,
		       const struct samr_session *s,
		       const struct samr_msg *piece)
{
	const struct samr_replies_payload p = {
		.session = cpu_to_be64(s->name),
		.request = cpu_to_be64(piece->meta.arg),
		.commit	 = cpu_to_be64(piece->meta.gseq),
	};
	const struct samr_meta m = meta_of(g, SAMR_KIND_REPLIES, 0,
					   sizeof(p) + piece->meta.len);
	struct samr_msg *msg;

	if (!samr_flow_room(n, m.kind, m.group, m.len))
		return false;
	msg = samr_flow_message(n, &m, &p, sizeof(p));
	if (msg && samr_msg_take(msg, sizeof(p), piece, 0))
		return samr_flow_own(n, msg);
	samr_msg_put(msg);
	samr_reply_retry(n);
	return false;
}

static bool give_place(struct samr_node *n, const struct samr_group *g,
		       const struct samr_session *s,
		       const struct samr_place_said *at)
{
	struct samr_place_payload p = {
		.session = cpu_to_be64(at->session),
		.how	 = at->how,
	};
	const struct samr_meta m = meta_of(g, SAMR_KIND_REPLIES, SAMR_MSG_KEEP,
					   sizeof(p));
	struct samr_msg *msg;

	if (at->how == SAMR_PLACE_KEEP) {
		p.read = cpu_to_be64(at->read);
		p.made = cpu_to_be64(at->made);
		p.commit = cpu_to_be64(s && at->end ? s->stream->end_commit : 0);
		p.node = cpu_to_be32(at->node);
		p.port = cpu_to_be32(at->port);
		p.end = at->end;
		p.fin = at->fin;
	}
	if (!samr_flow_room(n, m.kind, m.group, m.len))
		return false;
	msg = samr_flow_message(n, &m, &p, sizeof(p));
	if (msg)
		return samr_flow_own(n, msg);
	samr_reply_retry(n);
	return false;
}

/* Its output, as far as the client has not said that it has it. */
static bool give_output(struct samr_node *n, const struct samr_group *g,
			const struct samr_session *s, struct samr_place_said *at)
{
	struct samr_msg *piece;

	list_for_each_entry(piece, &s->stream->out, link) {
		if (piece->meta.arg < at->gave)
			continue;
		if (!give_piece(n, g, s, piece))
			return false;
		at->gave = piece->meta.arg + 1;
	}
	return true;
}

static bool give_one(struct samr_node *n, const struct samr_group *g,
		     struct samr_place_said *at)
{
	struct samr_session *s = samr_session_named(n, g->id, at->session);

	if (s && !s->stream)
		return true;
	/* Without a state only what ends is said, and what has ended is not. */
	if (at->how == SAMR_PLACE_KEEP ? g->give.placed != SAMR_PLACE_KEEP : !s)
		return true;
	if (s && at->how == SAMR_PLACE_KEEP && !give_output(n, g, s, at))
		return false;
	return give_place(n, g, s, at);
}

/* The state is not given at this place. */
static bool give_up(struct samr_node *n, struct samr_group *g)
{
	const struct samr_meta m = meta_of(g, SAMR_KIND_STATE, SAMR_MSG_FAILED,
					   0);
	struct samr_msg *msg = samr_flow_message(n, &m, NULL, 0);

	if (!msg) {
		samr_reply_retry(n);
		return false;
	}
	/* What has to be in front of it is. */
	g->give.kept = false;
	if (samr_flow_own(n, msg)) {
		samr_mark("no state at this place");
		return true;
	}
	g->give.kept = true;
	return false;
}

bool samr_place_give(struct samr_node *n, struct samr_group *g)
{
	struct samr_place_said *at, *next;

	if (!g->give.placed)
		return samr_place_all(g);
	list_for_each_entry_safe(at, next, &g->give.places, link) {
		if (!give_one(n, g, at))
			return false;
		list_del(&at->link);
		samr_free(at);
	}
	return g->give.placed != SAMR_PLACE_CUT || give_up(n, g);
}
