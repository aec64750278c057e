// SPDX-License-Identifier: GPL-2.0
/* Sessions, see session.h. */
#include "session.h"
#include "call.h"
#include "flow.h"
#include "group.h"
#include "reply.h"
#include "stream.h"
#include "view.h"

void samr_session_init(struct samr_node *n)
{
	struct samr_sessions *all = &n->sessions;
	u32 i;

	for (i = 0; i < SAMR_SESSION_BUCKETS; i++) {
		INIT_LIST_HEAD(&all->by_id[i]);
		INIT_LIST_HEAD(&all->by_name[i]);
	}
	INIT_LIST_HEAD(&all->mine);
	INIT_LIST_HEAD(&all->groups);
	INIT_LIST_HEAD(&all->ready);
	INIT_LIST_HEAD(&all->ended);
	INIT_LIST_HEAD(&all->later);
	INIT_LIST_HEAD(&all->pushed);
	all->ask_at = SAMR_NEVER;
	all->stream_at = SAMR_NEVER;
	all->expire_at = SAMR_NEVER;
	all->retry_at = SAMR_NEVER;
}

void samr_session_table_init(struct samr_session_table *t)
{
	INIT_LIST_HEAD(&t->sessions);
	t->count = 0;
	t->promised = 0;
}

/* The longest reply, or the window of a stream. */
static bool length_sane(u32 flags, u32 len)
{
	if (!(flags & SAMR_SESSION_STREAM))
		return len <= SAMR_REPLY_MAX;
	return len && len <= SAMR_STREAM_WINDOW &&
	       !(flags & SAMR_SESSION_UNORDERED);
}

static bool open_sane(u8 kind, const struct samr_session_payload *p)
{
	u32 expiry = be32_to_cpu(p->expiry);

	return !p->acked && !p->since && !(p->flags & ~SAMR_SESSION_FLAGS) &&
	       (kind == SAMR_KIND_STREAM) ==
			!!(p->flags & SAMR_SESSION_STREAM) &&
	       length_sane(p->flags, be32_to_cpu(p->reply_max)) && expiry &&
	       expiry <= SAMR_EXPIRY_MAX;
}

static bool connect_sane(const struct samr_session_payload *p)
{
	if (!p->other || p->flags || p->acked || p->since || p->expiry)
		return false;
	return p->op == SAMR_SESSION_OPEN ?
		       be32_to_cpu(p->reply_max) <= SAMR_REPLY_MAX :
		       p->op == SAMR_SESSION_CLOSE && !p->reply_max;
}

bool samr_session_parse(u8 kind, const struct samr_session_payload *p)
{
	if (!p->id || p->reserved)
		return false;
	if (kind == SAMR_KIND_CONNECT)
		return connect_sane(p);
	if (p->other && p->op != SAMR_SESSION_EXPIRE)
		return false;
	if (p->op == SAMR_SESSION_OPEN)
		return open_sane(kind, p);
	if (p->flags || p->reply_max || p->expiry ||
	    (kind == SAMR_KIND_STREAM && p->op != SAMR_SESSION_CLOSE))
		return false;
	switch (p->op) {
	case SAMR_SESSION_ATTACH:
	case SAMR_SESSION_ACK:
	case SAMR_SESSION_CLOSE:
		return !p->since;
	case SAMR_SESSION_DETACH:
		return !p->since && !p->acked;
	case SAMR_SESSION_EXPIRE:
		return p->since && !p->acked;
	default:
		return false;
	}
}

static struct list_head *bucket_of(const struct list_head *table, u64 key)
{
	return (struct list_head *)
		&table[(key * 0x9e3779b97f4a7c15ULL) >> 56];
}

struct samr_session *samr_session_find(const struct samr_node *n, u32 group,
				       u64 id)
{
	struct samr_session *s;

	list_for_each_entry(s, bucket_of(n->sessions.by_id, id), by_id)
		if (s->id == id && s->group == group && !s->client)
			return s;
	return NULL;
}

struct samr_session *samr_session_of(const struct samr_node *n, u32 group,
				     u32 client)
{
	struct samr_session *s;

	list_for_each_entry(s, &n->sessions.groups, mine)
		if (s->group == group && s->client == client)
			return s;
	return NULL;
}

struct samr_session *samr_session_named(const struct samr_node *n, u32 group,
					u64 name)
{
	struct samr_session *s;

	list_for_each_entry(s, bucket_of(n->sessions.by_name, name), by_name)
		if (s->name == name && s->group == group)
			return s;
	return NULL;
}

struct samr_request *samr_session_request(const struct samr_session *s,
					  u64 number)
{
	struct samr_request *r;

	if (number <= s->acked || number >= s->next)
		return NULL;
	list_for_each_entry(r, &s->requests, link)
		if (r->number == number)
			return r;
	return NULL;
}

bool samr_session_is_mine(const struct samr_node *n,
			  const struct samr_session *s)
{
	return s->node == n->cfg.self && s->inc == n->cfg.inc;
}

static struct samr_session *session_new(u32 group, u64 id, u64 name)
{
	struct samr_session *s = samr_alloc(sizeof(*s));

	if (!s)
		return NULL;
	INIT_LIST_HEAD(&s->link);
	INIT_LIST_HEAD(&s->by_id);
	INIT_LIST_HEAD(&s->by_name);
	INIT_LIST_HEAD(&s->mine);
	INIT_LIST_HEAD(&s->ready);
	INIT_LIST_HEAD(&s->requests);
	s->group = group;
	s->id = id;
	s->name = name;
	s->next = 1;
	s->idle_at = SAMR_NEVER;
	return s;
}

/* It can be found from here on. */
static void enter(struct samr_node *n, struct samr_session *s)
{
	list_add_tail(&s->by_id, bucket_of(n->sessions.by_id, s->id));
	list_add_tail(&s->by_name, bucket_of(n->sessions.by_name, s->name));
	if (s->client)
		list_add_tail(&s->mine, &n->sessions.groups);
	n->sessions.count++;
	n->stats.sessions++;
}

static void session_free(struct samr_session *s)
{
	samr_stream_free(s->stream);
	samr_free(s);
}

static void drop_request(struct samr_request *r)
{
	list_del(&r->link);
	samr_msg_put(r->reply);
	samr_free(r);
}

/* Whoever was refused as FULL may ask again. */
static void room_again(struct samr_node *n)
{
	if (!n->sessions.refused)
		return;
	n->sessions.refused = false;
	n->out->writable = true;
}

u64 samr_session_keep(const struct samr_session *s)
{
	if (s->stream)
		return samr_stream_promise(s);
	return s->client && !s->over ? samr_call_promise(s->reply_max) : 0;
}

static void promise_more(struct samr_node *n, struct samr_session_table *t,
			 u64 more)
{
	t->promised += more;
	n->sessions.promised += more;
}

static void promise_less(struct samr_node *n, struct samr_session_table *t,
			 u64 less)
{
	t->promised -= less;
	n->sessions.promised -= less;
}

void samr_session_trim(struct samr_node *n, struct samr_group *g,
		       struct samr_session *s, u64 upto)
{
	struct samr_request *r, *next;

	list_for_each_entry_safe(r, next, &s->requests, link) {
		if (r->number > upto)
			break;
		drop_request(r);
		promise_less(n, &g->sessions, samr_session_promise(s));
	}
	s->acked = upto;
	/* For these there is room again. */
	room_again(n);
}

/* Take it out of everything; it is not freed. */
static void leave_table(struct samr_node *n, struct samr_session_table *t,
			struct samr_session *s)
{
	struct samr_request *r, *next;

	list_for_each_entry_safe(r, next, &s->requests, link) {
		drop_request(r);
		promise_less(n, t, samr_session_promise(s));
	}
	promise_less(n, t, samr_session_keep(s));
	if (s->stream) {
		samr_stream_relieve(n, s->stream);
		/* What is to be told of its end needs no output. */
		samr_stream_free(s->stream);
		s->stream = NULL;
	}
	list_del_init(&s->link);
	list_del_init(&s->by_id);
	list_del_init(&s->by_name);
	list_del_init(&s->mine);
	list_del_init(&s->ready);
	t->count--;
	n->sessions.count--;
	n->stats.sessions--;
}

void samr_session_forget(struct samr_node *n, struct samr_session_table *t)
{
	struct samr_session *s, *next;

	list_for_each_entry_safe(s, next, &t->sessions, link) {
		leave_table(n, t, s);
		samr_free(s);
	}
}

void samr_session_clear(struct samr_session_table *t)
{
	struct samr_session *s, *next;
	struct samr_request *r, *nr;

	list_for_each_entry_safe(s, next, &t->sessions, link) {
		list_for_each_entry_safe(r, nr, &s->requests, link)
			drop_request(r);
		list_del(&s->link);
		session_free(s);
	}
	samr_session_table_init(t);
}

void samr_session_end_one(struct samr_node *n, struct samr_group *g,
			  struct samr_session *s)
{
	leave_table(n, &g->sessions, s);
	s->since = n->rcv.delivered + 1;
	if (samr_session_is_mine(n, s))
		list_add_tail(&s->ready, &n->sessions.ended);
	else
		session_free(s);
	room_again(n);
}

void samr_session_end(struct samr_node *n, struct samr_group *g)
{
	struct samr_session *s, *next;

	list_for_each_entry_safe(s, next, &g->sessions.sessions, link) {
		if (s->over)
			continue;
		samr_mark("session ends with its group");
		if (s->client)
			samr_session_over(n, g, s, SAMR_SESSION_ENDED);
		else
			samr_session_end_one(n, g, s);
	}
	samr_reply_ended(n);
}

void samr_session_over(struct samr_node *n, struct samr_group *g,
		       struct samr_session *s, u8 how)
{
	promise_less(n, &g->sessions, samr_session_keep(s));
	s->over = how;
	s->fin = false;
	s->idle_at = SAMR_NEVER;
	samr_session_trim(n, g, s, s->next - 1);
	samr_call_over(n);
}

static void detach(struct samr_node *n, struct samr_session *s, u64 gseq)
{
	s->node = 0;
	s->inc = 0;
	s->port = 0;
	s->since = gseq;
	list_del_init(&s->mine);
	list_del_init(&s->ready);
	if (s->stream)
		samr_stream_attach(n, s);
	samr_session_watch(n, s);
}

static void attach(struct samr_node *n, struct samr_session *s,
		   const struct samr_meta *m)
{
	struct samr_request *r;

	s->node = m->origin;
	s->inc = m->inc;
	s->port = m->port;
	s->leaving = false;
	s->since = m->gseq;
	list_del_init(&s->mine);
	list_del_init(&s->ready);
	list_for_each_entry(r, &s->requests, link) {
		r->given = false;
		r->wanted = 0;
	}
	if (samr_session_is_mine(n, s))
		list_add_tail(&s->mine, &n->sessions.mine);
	if (s->stream)
		samr_stream_attach(n, s);
	if (!samr_session_is_mine(n, s))
		return;
	list_for_each_entry(r, &s->requests, link)
		samr_reply_expect(n, s, r);
	samr_reply_later(n, s);
}

bool samr_session_served(const struct samr_group *g)
{
	u32 i;

	for (i = 0; g && g->members && i < g->members->count; i++)
		if (!(g->members->m[i].flags & SAMR_ID_LACKS))
			return true;
	return false;
}

static bool no_room(const struct samr_node *n, const struct samr_group *g,
		    const struct samr_session_payload *p)
{
	u64 more = samr_stream_cost(be32_to_cpu(p->reply_max));

	return g->sessions.promised + more > SAMR_PROMISED_MAX ||
	       n->sessions.promised + more > SAMR_PROMISED_ALL;
}

static bool be_stream(struct samr_session *s)
{
	s->stream = samr_stream_new(s);
	return s->stream;
}

struct samr_session *samr_session_add(struct samr_node *n, struct samr_group *g,
				      const struct samr_msg *msg,
				      const struct samr_session_payload *p,
				      u32 client)
{
	struct samr_session *s;

	s = session_new(g->id, be64_to_cpu(p->id), msg->meta.gseq);
	if (!s)
		return NULL;
	s->client = client;
	s->since = msg->meta.gseq;
	s->uid = msg->meta.uid;
	s->gid = msg->meta.gid;
	s->reply_max = be32_to_cpu(p->reply_max);
	s->expiry = be32_to_cpu(p->expiry);
	s->flags = p->flags;
	if (s->flags & SAMR_SESSION_STREAM && !be_stream(s)) {
		session_free(s);
		return NULL;
	}
	list_add_tail(&s->link, &g->sessions.sessions);
	g->sessions.count++;
	promise_more(n, &g->sessions, samr_session_keep(s));
	enter(n, s);
	return s;
}

static bool open(struct samr_node *n, struct samr_group *g,
		 struct samr_msg *msg, const struct samr_session_payload *p)
{
	struct samr_session *s;

	if (!samr_session_served(g)) {
		msg->result = SAMR_SES_GONE;
		return true;
	}
	if (g->sessions.count >= SAMR_SESSIONS_MAX ||
	    n->sessions.count >= SAMR_SESSIONS_ALL ||
	    (p->flags & SAMR_SESSION_STREAM && no_room(n, g, p))) {
		samr_mark("no room for a session");
		msg->result = SAMR_SES_FULL;
		return true;
	}
	s = samr_session_add(n, g, msg, p, 0);
	if (!s)
		return false;
	attach(n, s, &msg->meta);
	msg->result = SAMR_SES_OPENED;
	msg->session = s->name;
	msg->next = s->next;
	return true;
}

static bool from_access(const struct samr_session *s, const struct samr_meta *m)
{
	return s->node == m->origin && s->inc == m->inc && s->port == m->port;
}

/* The client has what it says that it has; never what was not ordered. */
static void acknowledge(struct samr_node *n, struct samr_group *g,
			struct samr_session *s, u64 acked)
{
	if (s->stream)
		samr_stream_acked(n, s, acked);
	else if (acked > s->acked && acked < s->next)
		samr_session_trim(n, g, s, acked);
}

static void reattach(struct samr_node *n, struct samr_group *g,
		     struct samr_session *s, struct samr_msg *msg, u64 acked)
{
	if (s->uid != msg->meta.uid) {
		samr_mark("session of another user");
		msg->result = SAMR_SES_FOREIGN;
		return;
	}
	samr_mark("session attached");
	acknowledge(n, g, s, acked);
	attach(n, s, &msg->meta);
	msg->result = SAMR_SES_ATTACHED;
}

void samr_session_drop(struct samr_node *n, struct samr_group *g,
		       struct samr_session *s)
{
	leave_table(n, &g->sessions, s);
	session_free(s);
	room_again(n);
}

static void expire(struct samr_node *n, struct samr_group *g,
		   struct samr_session *s, struct samr_msg *msg, u64 since)
{
	if (s->node || s->since != since) {
		samr_mark("session not expired: attached again");
		msg->result = SAMR_SES_FOREIGN;
		return;
	}
	samr_mark("session expired");
	n->stats.sessions_expired++;
	msg->result = s->stream ? SAMR_SES_CUT : SAMR_SES_DONE;
	samr_session_drop(n, g, s);
}

/* What its access head asks for. */
static void change(struct samr_node *n, struct samr_group *g,
		   struct samr_session *s, struct samr_msg *msg,
		   const struct samr_session_payload *p)
{
	/* Of the end of a stream its members hear. */
	if (!from_access(s, &msg->meta) ||
	    (p->op == SAMR_SESSION_CLOSE &&
	     !s->stream == (msg->meta.kind == SAMR_KIND_STREAM))) {
		msg->result = SAMR_SES_FOREIGN;
		return;
	}
	msg->result = SAMR_SES_DONE;
	acknowledge(n, g, s, be64_to_cpu(p->acked));
	if (p->op == SAMR_SESSION_DETACH)
		detach(n, s, msg->meta.gseq);
	else if (p->op == SAMR_SESSION_CLOSE)
		samr_session_drop(n, g, s);
}

static bool session(struct samr_node *n, struct samr_group *g,
		    struct samr_msg *msg)
{
	struct samr_session_payload p;
	struct samr_session *s;

	msg->result = SAMR_SES_GONE;
	if (!samr_msg_read(msg, (u8 *)&p, sizeof(p)) ||
	    !samr_session_parse(msg->meta.kind, &p))
		return true;
	if (p.other)
		s = samr_session_of(n, msg->meta.group, be32_to_cpu(p.other));
	else
		s = samr_session_find(n, msg->meta.group, be64_to_cpu(p.id));
	if (!s)
		return p.op != SAMR_SESSION_OPEN || open(n, g, msg, &p);
	msg->session = s->name;
	msg->next = s->next;
	switch (p.op) {
	case SAMR_SESSION_OPEN:
		/* An id is good for one OPEN, so that none ever comes back. */
		msg->result = SAMR_SES_FOREIGN;
		break;
	case SAMR_SESSION_ATTACH:
		reattach(n, g, s, msg, be64_to_cpu(p.acked));
		break;
	case SAMR_SESSION_EXPIRE:
		expire(n, g, s, msg, be64_to_cpu(p.since));
		break;
	default:
		change(n, g, s, msg, &p);
	}
	return true;
}

static struct samr_request *request_new(struct samr_session *s, u64 place)
{
	struct samr_request *r = samr_alloc(sizeof(*r));

	if (!r)
		return NULL;
	r->number = s->next;
	r->place = place;
	r->ask_at = SAMR_NEVER;
	return r;
}

static void promise(struct samr_node *n, struct samr_session_table *t,
		    struct samr_session *s, struct samr_request *r)
{
	list_add_tail(&r->link, &s->requests);
	promise_more(n, t, samr_session_promise(s));
	s->next++;
}

static bool is_full(const struct samr_node *n, const struct samr_group *g,
		    const struct samr_session *s)
{
	u64 more = samr_session_promise(s);

	if (s->client)
		return s->next - s->acked > SAMR_CALL_WINDOW;
	return s->next - s->acked > SAMR_SESSION_WINDOW ||
	       g->sessions.promised + more > SAMR_PROMISED_MAX ||
	       n->sessions.promised + more > SAMR_PROMISED_ALL;
}

/* What is there to be said against executing it? */
static enum samr_ses verdict(const struct samr_node *n,
			     const struct samr_group *g,
			     const struct samr_session *s, u64 number)
{
	if (number != s->next)
		return number < s->next ? SAMR_SES_REPEATED : SAMR_SES_AHEAD;
	return is_full(n, g, s) ? SAMR_SES_FULL : SAMR_SES_ORDERED;
}

/* The next bytes of a stream, or its end, or both. */
static void segment(struct samr_session *s, struct samr_msg *msg)
{
	bool fin = msg->meta.flags & SAMR_MSG_FIN;
	u64 number = msg->meta.arg, len;

	msg->segment = true;
	len = msg->meta.len - sizeof(struct samr_request_payload) + fin;
	if (number != s->next) {
		msg->result = number < s->next ? SAMR_SES_REPEATED :
						 SAMR_SES_AHEAD;
		return;
	}
	if (s->fin || number + len > SAMR_NUMBER_MAX) {
		msg->result = SAMR_SES_GONE;
		return;
	}
	msg->result = len ? SAMR_SES_ORDERED : SAMR_SES_REPEATED;
	s->next += len;
	s->fin = fin;
	msg->next = s->next;
}

/* What a group asks each of its members sends: the number is enough to know it again. */
static struct samr_session *session_of_request(const struct samr_node *n,
					       const struct samr_msg *msg,
					       u64 id)
{
	struct samr_session *s;

	if (!(msg->meta.flags & SAMR_MSG_GROUP))
		return samr_session_find(n, msg->meta.group, id);
	s = samr_session_named(n, msg->meta.group, id);
	return s && s->client && !s->over ? s : NULL;
}

static bool request(struct samr_node *n, struct samr_group *g,
		    struct samr_msg *msg)
{
	struct samr_request_payload p;
	struct samr_session *s = NULL;
	struct samr_request *r;

	msg->result = SAMR_SES_GONE;
	if (samr_msg_read(msg, (u8 *)&p, sizeof(p)))
		s = session_of_request(n, msg, be64_to_cpu(p.id));
	if (!s)
		return true;
	msg->session = s->name;
	msg->next = s->next;
	msg->result = SAMR_SES_FOREIGN;
	if (!s->client && !from_access(s, &msg->meta))
		return true;
	if (s->stream) {
		acknowledge(n, g, s, be64_to_cpu(p.acked));
		segment(s, msg);
		return true;
	}
	r = request_new(s, msg->meta.gseq);
	if (!r || !samr_digest_room(g)) {
		samr_free(r);
		return false;
	}
	if (!s->client)
		acknowledge(n, g, s, be64_to_cpu(p.acked));
	msg->result = verdict(n, g, s, msg->meta.arg);
	if (msg->result != SAMR_SES_ORDERED) {
		samr_free(r);
		n->sessions.refused |= msg->result == SAMR_SES_FULL &&
				       samr_session_is_mine(n, s);
		return true;
	}
	promise(n, &g->sessions, s, r);
	samr_digest_expect(n, g, s, r);
	msg->next = s->next;
	if (samr_session_is_mine(n, s))
		samr_reply_expect(n, s, r);
	return true;
}

bool samr_session_apply(struct samr_node *n, struct samr_group *g,
			struct samr_msg *msg)
{
	bool is_request = msg->meta.kind == SAMR_KIND_REQUEST;

	if (!(is_request ? request(n, g, msg) : session(n, g, msg)))
		return false;
	samr_call_look(n);
	msg->refused = msg->result >= SAMR_SES_REPEATED &&
		       msg->result != SAMR_SES_CUT;
	if (!is_request)
		return true;
	if (msg->refused) {
		samr_mark("request refused");
		n->stats.requests_refused++;
	} else {
		n->stats.requests++;
	}
	return true;
}

void samr_session_view(struct samr_node *n, struct samr_group *g, u64 gseq)
{
	struct samr_session *s;

	list_for_each_entry(s, &g->sessions.sessions, link) {
		if (s->stream)
			samr_stream_view(s);
		if (!s->node || samr_view_has(n, s->node, s->inc))
			continue;
		samr_mark("session loses its access head");
		detach(n, s, gseq);
	}
}

void samr_session_hold(struct samr_node *n, struct samr_msg *msg)
{
	list_add_tail(&samr_msg_get(msg)->link, &n->sessions.later);
}

/* A group has no access head; behind the end of its session there is nothing open. */
static bool client_sane(const struct samr_rec_session *w, u32 group)
{
	u32 flags = be32_to_cpu(w->flags);

	if (!w->client)
		return w->expiry && be32_to_cpu(w->expiry) <= SAMR_EXPIRY_MAX;
	return !w->node && !w->expiry && w->since == w->name &&
	       be32_to_cpu(w->client) != group &&
	       (!flags || ((flags == SAMR_SESSION_ENDED ||
			    flags == SAMR_SESSION_CLOSED) &&
			   be64_to_cpu(w->next) == be64_to_cpu(w->acked) + 1));
}

/* Those of a session have open requests between them, those of a stream nothing. */
static bool numbers_sane(const struct samr_rec_session *w)
{
	u64 next = be64_to_cpu(w->next), acked = be64_to_cpu(w->acked);
	u32 flags = be32_to_cpu(w->flags);

	if (flags & SAMR_SESSION_STREAM)
		return next && next <= SAMR_NUMBER_MAX &&
		       acked < SAMR_NUMBER_MAX &&
		       !(flags & ~(SAMR_SESSION_FLAGS | SAMR_SESSION_FIN |
				   SAMR_SESSION_PLACED));
	return next > acked && next - acked - 1 <= SAMR_SESSION_WINDOW &&
	       (w->client || !(flags & ~SAMR_SESSION_FLAGS));
}

enum samr_drop samr_session_learn(struct samr_node *n,
				  struct samr_session_table *t, u32 group,
				  const struct samr_rec_session *w, u64 upto)
{
	u64 name = be64_to_cpu(w->name), node = be32_to_cpu(w->node);
	u32 flags = be32_to_cpu(w->flags);
	struct samr_session *s = NULL;

	if (!list_empty(&t->sessions))
		s = list_last_entry(&t->sessions, struct samr_session, link);
	if (t->count >= SAMR_SESSIONS_MAX || !w->id || !name || name > upto ||
	    (s && name <= s->name) || be64_to_cpu(w->since) > upto ||
	    be64_to_cpu(w->since) < name ||
	    !numbers_sane(w) ||
	    (node ? !samr_view_has(n, node, be64_to_cpu(w->inc)) :
		    w->inc || w->port) ||
	    !length_sane(flags, be32_to_cpu(w->reply_max)) ||
	    !client_sane(w, group))
		return SAMR_DROP_RECORD;
	s = session_new(group, be64_to_cpu(w->id), name);
	if (!s)
		return SAMR_DROP_MEMORY;
	s->node = node;
	s->inc = be64_to_cpu(w->inc);
	s->port = be32_to_cpu(w->port);
	s->since = be64_to_cpu(w->since);
	s->uid = be32_to_cpu(w->uid);
	s->gid = be32_to_cpu(w->gid);
	s->reply_max = be32_to_cpu(w->reply_max);
	s->expiry = be32_to_cpu(w->expiry);
	s->flags = flags & SAMR_SESSION_FLAGS;
	s->client = be32_to_cpu(w->client);
	s->over = flags & (SAMR_SESSION_ENDED | SAMR_SESSION_CLOSED);
	s->acked = be64_to_cpu(w->acked);
	s->next = s->acked + 1;
	if (flags & SAMR_SESSION_STREAM) {
		s->next = be64_to_cpu(w->next);
		s->fin = flags & SAMR_SESSION_FIN;
		if (!be_stream(s)) {
			session_free(s);
			return SAMR_DROP_MEMORY;
		}
		s->stream->placed = flags & SAMR_SESSION_PLACED;
	}
	t->promised += samr_session_keep(s);
	list_add_tail(&s->link, &t->sessions);
	t->count++;
	return SAMR_DROP_NONE;
}

enum samr_drop samr_session_learn_place(struct samr_session_table *t,
					u64 place, u64 upto)
{
	struct samr_session *s = list_last_entry(&t->sessions,
						 struct samr_session, link);
	struct samr_request *r = NULL;
	u64 after = s->name;

	if (!list_empty(&s->requests))
		after = list_last_entry(&s->requests, struct samr_request,
					link)->place;
	if (place <= after || place > upto)
		return SAMR_DROP_RECORD;
	r = request_new(s, place);
	if (!r)
		return SAMR_DROP_MEMORY;
	list_add_tail(&r->link, &s->requests);
	t->promised += samr_session_promise(s);
	s->next++;
	return SAMR_DROP_NONE;
}

void samr_session_adopt(struct samr_node *n, struct samr_group *g,
			struct samr_session_table *t)
{
	struct samr_session *s;

	list_for_each_entry(s, &t->sessions, link) {
		enter(n, s);
		if (samr_session_detached(s))
			samr_session_watch(n, s);
	}
	n->sessions.promised += t->promised;
	list_splice_init(&t->sessions, &g->sessions.sessions);
	g->sessions.count = t->count;
	g->sessions.promised = t->promised;
	samr_session_table_init(t);
}

static void count(const struct samr_session *s, struct samr_session_info *info)
{
	const struct samr_request *r;

	info->sessions++;
	info->detached += samr_session_detached(s);
	list_for_each_entry(r, &s->requests, link) {
		info->requests++;
		if (!r->reply || !samr_msg_complete(r->reply))
			continue;
		info->replies++;
		info->reply_bytes += r->reply->meta.len;
	}
}

void samr_node_sessions(const struct samr_node *n, u32 group,
			struct samr_session_info *info)
{
	const struct samr_group *g = samr_group_find(n, group);
	const struct samr_session *s;

	memset(info, 0, sizeof(*info));
	if (!g)
		return;
	info->promised = g->sessions.promised;
	list_for_each_entry(s, &g->sessions.sessions, link)
		count(s, info);
	samr_assert(info->sessions == g->sessions.count);
}
