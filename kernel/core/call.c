// SPDX-License-Identifier: GPL-2.0
/* Calls, see call.h. */
#include "call.h"
#include "credit.h"
#include "flow.h"
#include "group.h"
#include "learner.h"
#include "reply.h"
#include "session.h"

/* Whoever should send it has not for so long: others do. */
#define CALL_LATE		(500 * SAMR_MSEC)

u64 samr_call_promise(u32 reply_max)
{
	return SAMR_CALL_WINDOW * ((u64)reply_max + SAMR_REQUEST_COST);
}

void samr_call_init(struct samr_node *n)
{
	INIT_LIST_HEAD(&n->calls.kept);
	n->calls.at = SAMR_NEVER;
}

static void forget(struct samr_call *c)
{
	list_del(&c->link);
	samr_msg_put(c->body);
	samr_free(c);
}

void samr_call_fini(struct samr_node *n)
{
	while (!list_empty(&n->calls.kept))
		forget(list_first_entry(&n->calls.kept, struct samr_call,
					link));
	n->calls.due = false;
	n->calls.refused = false;
	n->calls.at = SAMR_NEVER;
}

static bool is_member(const struct samr_node *n, const struct samr_group *g,
		      u32 port)
{
	u32 i;

	for (i = 0; g && g->members && i < g->members->count; i++)
		if (g->members->m[i].node == n->cfg.self &&
		    g->members->m[i].port == port)
			return true;
	return false;
}

/* The session that a request is in, if it can still be executed there. */
static struct samr_session *session_of(const struct samr_node *n,
				       const struct samr_call *c)
{
	struct samr_session *s = samr_session_named(n, c->service, c->session);

	return s && s->client == c->group && !s->over ? s : NULL;
}

/* Does the order have it, or is there nothing any more that it could be for? */
static bool is_settled(const struct samr_node *n, const struct samr_call *c)
{
	const struct samr_session *s;

	if (c->op == SAMR_CALL_REQUEST) {
		s = session_of(n, c);
		return !s || c->number < s->next;
	}
	s = samr_session_of(n, c->service, c->group);
	if (!s || s->id < c->session)
		return false;
	return c->op == SAMR_CALL_OPEN || s->id > c->session ||
	       s->over == SAMR_SESSION_CLOSED;
}

/* Forget what need not be sent any more. Return: whether there was something. */
static bool forget_settled(struct samr_node *n)
{
	struct samr_call *c, *next;
	bool freed = false;

	list_for_each_entry_safe(c, next, &n->calls.kept, link) {
		if (!is_settled(n, c) &&
		    is_member(n, samr_group_find(n, c->group), c->port))
			continue;
		forget(c);
		freed = true;
	}
	n->calls.due = true;
	return freed;
}

/* Whoever was refused may ask again. */
static void room_again(struct samr_node *n)
{
	if (!n->calls.refused)
		return;
	n->calls.refused = false;
	n->out->writable = true;
}

void samr_call_over(struct samr_node *n)
{
	forget_settled(n);
	room_again(n);
}

void samr_call_look(struct samr_node *n)
{
	/* Nothing of this kind: no need to look at it. */
	if (list_empty(&n->calls.kept) && list_empty(&n->sessions.groups))
		return;
	if (forget_settled(n))
		room_again(n);
}

/* ---- what members ask for ---- */

/* What was kept of a member last, of this session. */
static const struct samr_call *last_of(const struct samr_node *n,
				       const struct samr_call *like)
{
	const struct samr_call *c, *last = NULL;

	list_for_each_entry(c, &n->calls.kept, link)
		if (c->group == like->group && c->port == like->port &&
		    c->service == like->service &&
		    (c->op == SAMR_CALL_REQUEST) ==
				(like->op == SAMR_CALL_REQUEST) &&
		    (c->op != SAMR_CALL_REQUEST ||
		     c->session == like->session))
			last = c;
	return last;
}

/* Is there room for it? A member that has nothing kept may always ask. */
static bool has_room(const struct samr_node *n, const struct samr_call *like,
		     u32 len)
{
	const struct samr_call *c;
	u32 count = 0, bytes = 0;

	list_for_each_entry(c, &n->calls.kept, link) {
		if (c->group != like->group)
			continue;
		count++;
		bytes += c->body->meta.len;
	}
	return !count ||
	       (count < SAMR_CALLS_MAX && bytes + len <= SAMR_CALL_BYTES);
}

/* 1: it is to be kept; 0: there is nothing to be done. */
static int check_request(const struct samr_node *n, const struct samr_call *c)
{
	const struct samr_session *s = session_of(n, c);
	const struct samr_call *last = last_of(n, c);
	u64 next;

	if (!c->number || c->session > n->rcv.delivered)
		return -EINVAL;
	/* That it is gone its member will read. */
	if (!s)
		return 0;
	next = last ? max(s->next, last->number + 1) : s->next;
	if (c->number < next)
		return 0;
	if (c->number > next)
		return -EINVAL;
	return c->number > s->acked + SAMR_CALL_WINDOW ? -EAGAIN : 1;
}

static int check_connect(const struct samr_node *n, const struct samr_call *c)
{
	const struct samr_session *s = samr_session_of(n, c->service, c->group);
	const struct samr_call *last = last_of(n, c);

	if (!c->session || c->number || c->body->meta.len)
		return -EINVAL;
	if (is_settled(n, c))
		return 0;
	if (c->op == SAMR_CALL_OPEN)
		return !last || c->session > last->session;
	if (last && last->session == c->session)
		return last->op == SAMR_CALL_OPEN;
	return s && s->id == c->session ? 1 : -EINVAL;
}

static int check(struct samr_node *n, const struct samr_call *c)
{
	u32 len = c->body->meta.len;
	int err;

	if (n->view.seat[n->view.self] || !n->view.epoch ||
	    !is_member(n, samr_group_find(n, c->group), c->port))
		return -ENOTCONN;
	if (!c->service || c->service == c->group ||
	    (c->reply_max && c->op != SAMR_CALL_OPEN))
		return -EINVAL;
	if (c->reply_max > SAMR_REPLY_MAX ||
	    len > SAMR_LEN_MAX - sizeof(struct samr_request_payload))
		return -EMSGSIZE;
	err = c->op == SAMR_CALL_REQUEST ? check_request(n, c) :
					   check_connect(n, c);
	if (err > 0 && !has_room(n, c, len))
		err = -EAGAIN;
	n->calls.refused |= err == -EAGAIN;
	return err;
}

static struct samr_call *call_new(struct samr_node *n,
				  const struct samr_event *ev)
{
	const struct samr_meta m = { .len = ev->call.len };
	struct samr_call *c = samr_alloc(sizeof(*c));

	if (!c)
		return NULL;
	INIT_LIST_HEAD(&c->link);
	c->group = ev->call.group;
	c->port = ev->call.port;
	c->service = ev->call.service;
	c->op = ev->call.op;
	c->session = ev->call.session;
	c->number = ev->call.number;
	c->reply_max = ev->call.reply_max;
	c->uid = ev->call.uid;
	c->gid = ev->call.gid;
	c->late_at = n->now + CALL_LATE;
	c->body = samr_msg_new(&m);
	if (!c->body) {
		samr_free(c);
		return NULL;
	}
	if (m.len) {
		c->body->one.blob = samr_blob_get(ev->call.payload);
		c->body->npieces = 1;
		c->body->have = m.len;
	}
	return c;
}

int samr_call_made(struct samr_node *n, const struct samr_event *ev)
{
	u32 len = ev->call.len;
	struct samr_call *c;
	int err;

	if (ev->call.op > SAMR_CALL_REQUEST ||
	    (len && (!ev->call.payload ||
		     samr_blob_len(ev->call.payload) != len)))
		return -EINVAL;
	c = call_new(n, ev);
	if (!c)
		return -ENOMEM;
	err = check(n, c);
	if (err <= 0) {
		forget(c);
		return err;
	}
	list_add_tail(&c->link, &n->calls.kept);
	n->calls.due = true;
	return 0;
}

/* ---- at a place of the order ---- */

/* A learner has the service as it was later than this, or knows that it was not. */
static bool is_known(const struct samr_node *n, const struct samr_group *g,
		     u32 service, u64 place)
{
	return place <= (g ? g->upto : samr_learner_upto(n, service));
}

static bool is_full(const struct samr_node *n, const struct samr_group *g,
		    u32 reply_max)
{
	u64 more = samr_session_served(g) ? samr_call_promise(reply_max) : 0;
	const struct samr_session *s;
	u32 count = 0;

	list_for_each_entry(s, &n->sessions.groups, mine)
		count++;
	return count >= SAMR_CALL_SESSIONS ||
	       n->sessions.count >= SAMR_SESSIONS_ALL ||
	       n->sessions.promised + more > SAMR_PROMISED_ALL ||
	       (g && (g->sessions.count >= SAMR_SESSIONS_MAX ||
		      g->sessions.promised + more > SAMR_PROMISED_MAX));
}

/* It is not remembered that there was no room: what is kept of it is dropped here. */
static void give_up(struct samr_node *n, u32 group, u32 service, u64 upto)
{
	struct samr_call *c, *next;

	list_for_each_entry_safe(c, next, &n->calls.kept, link)
		if (c->group == group && c->service == service &&
		    c->op != SAMR_CALL_REQUEST && c->session <= upto)
			forget(c);
}

/*
 * What a service that is not there would say is remembered, too: what others of the
 * group have under way comes late, and must not be answered otherwise.
 */
static bool open(struct samr_node *n, struct samr_group *g,
		 struct samr_msg *msg, const struct samr_session_payload *p)
{
	u32 client = msg->meta.group, service = be32_to_cpu(p->other);
	struct samr_session *old = samr_session_of(n, service, client), *s;
	bool served = samr_session_served(g);

	if (old && old->id >= be64_to_cpu(p->id)) {
		msg->result = SAMR_SES_REPEATED;
		return true;
	}
	if (is_full(n, g, be32_to_cpu(p->reply_max))) {
		samr_mark("no room for a group as a client");
		msg->result = SAMR_SES_FULL;
		give_up(n, client, service, be64_to_cpu(p->id));
		return true;
	}
	if (!g)
		g = samr_group_add(n, service);
	s = g ? samr_session_add(n, g, msg, p, client) : NULL;
	if (!s) {
		samr_group_release(n, g);
		return false;
	}
	if (old)
		samr_session_drop(n, g, old);
	msg->session = s->name;
	msg->next = s->next;
	msg->result = served ? SAMR_SES_OPENED : SAMR_SES_GONE;
	if (!served)
		samr_session_over(n, g, s, SAMR_SESSION_CLOSED);
	return true;
}

static void close(struct samr_node *n, struct samr_group *g,
		  struct samr_msg *msg, const struct samr_session_payload *p)
{
	struct samr_session *s = samr_session_of(n, be32_to_cpu(p->other),
						 msg->meta.group);

	msg->result = SAMR_SES_REPEATED;
	if (!s || s->id != be64_to_cpu(p->id) || s->over == SAMR_SESSION_CLOSED)
		return;
	msg->session = s->name;
	msg->result = SAMR_SES_DONE;
	samr_session_over(n, g, s, SAMR_SESSION_CLOSED);
}

static bool connect(struct samr_node *n, struct samr_msg *msg)
{
	struct samr_session_payload p;
	struct samr_group *g;
	u32 service;

	msg->refused = true;
	if (!samr_msg_read(msg, (u8 *)&p, sizeof(p)) ||
	    !samr_session_parse(msg->meta.kind, &p) ||
	    be32_to_cpu(p.other) == msg->meta.group)
		return true;
	service = be32_to_cpu(p.other);
	g = samr_group_find(n, service);
	if (is_known(n, g, service, msg->meta.gseq))
		return true;
	if (p.op == SAMR_SESSION_CLOSE)
		close(n, g, msg, &p);
	else if (!open(n, g, msg, &p))
		return false;
	msg->refused = msg->result == SAMR_SES_REPEATED;
	samr_session_orphans(n);
	return true;
}

/* Does nobody answer it, whatever happens? The same everywhere at the same place. */
static bool is_lost(const struct samr_group *g, const struct samr_request *r)
{
	u32 i;

	for (i = 0; g && g->members && i < g->members->count; i++)
		if (g->members->m[i].flags & SAMR_ID_LACKS ||
		    samr_reply_answers(&g->members->m[i], r->place))
			return false;
	return true;
}

/* The end of the oldest open request, if it can have this one. */
static enum samr_ses settle(struct samr_node *n, struct samr_group *g,
			    struct samr_session *s, const struct samr_msg *msg,
			    u8 how)
{
	u32 len = msg->meta.len - (u32)sizeof(struct samr_return_payload);
	struct samr_request *r = samr_session_request(s, msg->meta.arg);
	bool lost = how == SAMR_RETURN_UNKNOWN;

	if (s->over || !r || msg->meta.arg != s->acked + 1 ||
	    (lost ? len || !is_lost(g, r) : len > s->reply_max))
		return SAMR_SES_REPEATED;
	if (lost)
		samr_mark("outcome of a group's request unknown");
	samr_session_trim(n, g, s, msg->meta.arg);
	return lost ? SAMR_SES_UNKNOWN : SAMR_SES_REPLY;
}

/*
 * Is it of a session that the group had before it lost its state? Those who have begun anew
 * know of none. Only heads with members are asked, and these know the members.
 */
static bool is_of_before(const struct samr_node *n,
			 const struct samr_session *s,
			 const struct samr_msg *msg)
{
	const struct samr_group *g = samr_group_find(n, msg->meta.group);
	u32 i;

	for (i = 0; g && g->members && i < g->members->count; i++)
		if (!(g->members->m[i].flags & SAMR_ID_LACKS) &&
		    g->members->m[i].since < s->name)
			return false;
	return !g || !g->transfer || !g->last;
}

static void take_return(struct samr_node *n, struct samr_msg *msg)
{
	struct samr_return_payload p;
	struct samr_session *s;
	struct samr_group *g;
	u32 service;

	msg->refused = true;
	if (!samr_msg_read(msg, (u8 *)&p, sizeof(p)) || p.reserved[0] ||
	    p.reserved[1] || p.reserved[2] || !p.how ||
	    p.how > SAMR_RETURN_ENDED)
		return;
	service = be32_to_cpu(p.service);
	g = samr_group_find(n, service);
	s = samr_session_named(n, service, be64_to_cpu(p.session));
	if (is_known(n, g, service, msg->meta.gseq) || !s ||
	    s->client != msg->meta.group)
		return;
	msg->session = s->name;
	if (p.how != SAMR_RETURN_ENDED) {
		msg->result = settle(n, g, s, msg, p.how);
	} else if (s->over == SAMR_SESSION_ENDED && !msg->meta.arg &&
		   msg->meta.len == sizeof(p)) {
		samr_mark("group told that a service is gone");
		s->over = SAMR_SESSION_CLOSED;
		msg->result = SAMR_SES_ENDED;
	} else {
		msg->result = SAMR_SES_REPEATED;
	}
	msg->refused = msg->result == SAMR_SES_REPEATED ||
		       is_of_before(n, s, msg);
}

bool samr_call_apply(struct samr_node *n, struct samr_msg *msg)
{
	if (msg->meta.kind == SAMR_KIND_RETURN)
		take_return(n, msg);
	else if (!connect(n, msg))
		return false;
	if (msg->refused)
		samr_mark("call known already");
	samr_call_over(n);
	return true;
}

/* ---- what is sent from here ---- */

/* The member that speaks for a group; suspects only when there is nobody else. */
static const struct samr_member_id *speaker(const struct samr_node *n,
					    const struct samr_group *g,
					    u64 place)
{
	const struct samr_member_id *m, *best = NULL;
	u32 i;

	for (i = 0; g && g->members && i < g->members->count; i++) {
		m = &g->members->m[i];
		if (!samr_reply_answers(m, place))
			continue;
		if (!(n->detect.suspects & BIT_ULL(m->node)))
			return m;
		best = best ?: m;
	}
	return best;
}

static bool speaks(const struct samr_node *n, u32 group)
{
	const struct samr_member_id *m =
		speaker(n, samr_group_find(n, group), U64_MAX);

	return m && m->node == n->cfg.self;
}

static void look_at(struct samr_node *n, u64 at)
{
	n->calls.at = min(n->calls.at, at);
}

/* Is it for us to send this one now? Who gives the state has sent all. */
static bool is_ours(const struct samr_node *n, const struct samr_call *c)
{
	const struct samr_group *g = samr_group_find(n, c->group);
	const struct samr_member_id *m = speaker(n, g, U64_MAX);

	return n->now >= c->late_at || (g && samr_transfer_begun_here(n, g)) ||
	       (m && m->node == n->cfg.self && m->port == c->port);
}

/* The message, without the body. */
static struct samr_msg *head_of(struct samr_node *n, const struct samr_call *c)
{
	const struct samr_session_payload connect = {
		.op = c->op == SAMR_CALL_OPEN ? SAMR_SESSION_OPEN :
						SAMR_SESSION_CLOSE,
		.reply_max = cpu_to_be32(c->reply_max),
		.id = cpu_to_be64(c->session),
		.other = cpu_to_be32(c->service),
	};
	const struct samr_request_payload request = {
		.id = cpu_to_be64(c->session),
	};
	struct samr_meta m = {
		.group	= c->group,
		.port	= c->port,
		.uid	= c->uid,
		.gid	= c->gid,
		.len	= sizeof(connect),
		.kind	= SAMR_KIND_CONNECT,
	};

	if (c->op != SAMR_CALL_REQUEST)
		return samr_flow_message(n, &m, &connect, sizeof(connect));
	m.group = c->service;
	m.arg = c->number;
	m.len = (u32)sizeof(request) + c->body->meta.len;
	m.kind = SAMR_KIND_REQUEST;
	m.flags = SAMR_MSG_GROUP;
	return samr_flow_message(n, &m, &request, sizeof(request));
}

/* The first bytes are there: the rest is @body, and then it goes. Return: was it taken? */
static bool send(struct samr_node *n, struct samr_msg *msg,
		 const struct samr_msg *body)
{
	if (msg && samr_msg_take(msg, msg->have, body, 0))
		return samr_flow_own(n, msg);
	samr_msg_put(msg);
	return false;
}

/* Would it be taken? If not for credit, somebody is asked for that. */
static bool room(struct samr_node *n, u8 kind, u32 group, u32 len)
{
	if (!samr_credit_known(n, group))
		return false;
	if (samr_flow_room(n, kind, group, len))
		return true;
	samr_credit_refused(n, kind, group, len);
	return false;
}

/* Behind what its member has asked for a donor may go on with the state. */
static void let_give(struct samr_node *n, u32 group)
{
	struct samr_group *g = samr_group_find(n, group);

	if (!g || !g->give.refused || samr_call_owed(n, g))
		return;
	samr_mark("calls before the state");
	g->give.refused = false;
	n->out->writable = true;
}

static bool send_call(struct samr_node *n, struct samr_call *c)
{
	bool connect = c->op != SAMR_CALL_REQUEST;
	u32 len = connect ? sizeof(struct samr_session_payload) :
			    (u32)sizeof(struct samr_request_payload) +
			    c->body->meta.len;

	if (!room(n, connect ? SAMR_KIND_CONNECT : SAMR_KIND_REQUEST,
		  connect ? c->group : c->service, len))
		return false;
	c->sent = send(n, head_of(n, c), c->body);
	if (c->sent)
		let_give(n, c->group);
	return c->sent;
}

/* Does one of the same member wait before it? */
static bool is_behind(const struct samr_node *n, const struct samr_call *c)
{
	const struct samr_call *before;

	list_for_each_entry(before, &n->calls.kept, link) {
		if (before == c)
			return false;
		if (before->group == c->group && before->port == c->port &&
		    !before->sent)
			return true;
	}
	return false;
}

static void send_calls(struct samr_node *n)
{
	struct samr_call *c;

	list_for_each_entry(c, &n->calls.kept, link) {
		if (c->sent || is_behind(n, c))
			continue;
		if (!is_ours(n, c)) {
			look_at(n, c->late_at);
			continue;
		}
		if (!send_call(n, c))
			look_at(n, n->now + SAMR_RETRY);
	}
}

static bool send_return(struct samr_node *n, const struct samr_session *s,
			u64 number, enum samr_return how,
			const struct samr_msg *body)
{
	const struct samr_return_payload p = {
		.session = cpu_to_be64(s->name),
		.service = cpu_to_be32(s->group),
		.how	 = (u8)how,
	};
	const struct samr_meta m = {
		.arg	= number,
		.group	= s->client,
		.uid	= s->uid,
		.gid	= s->gid,
		.len	= (u32)sizeof(p) + (body ? body->meta.len : 0),
		.kind	= SAMR_KIND_RETURN,
	};
	struct samr_msg *msg;

	if (!room(n, m.kind, m.group, m.len)) {
		look_at(n, n->now + SAMR_RETRY);
		return false;
	}
	msg = samr_flow_message(n, &m, &p, sizeof(p));
	if (msg && (body ? send(n, msg, body) : samr_flow_own(n, msg)))
		return true;
	look_at(n, n->now + SAMR_RETRY);
	return false;
}

/* Ours at once, or @mine says no and it is late. @at: of whoever waits for that. */
static bool is_time(struct samr_node *n, bool mine, u64 *at)
{
	if (mine)
		return true;
	if (*at == SAMR_NEVER)
		*at = n->now + CALL_LATE;
	if (n->now >= *at)
		return true;
	look_at(n, *at);
	return false;
}

static bool is_replied(const struct samr_request *r)
{
	return r->reply && samr_msg_complete(r->reply) &&
	       r->reply->result == SAMR_SES_REPLY;
}

/* Of one session: what may go, in the order of the numbers. */
static void send_returns(struct samr_node *n, struct samr_session *s)
{
	const struct samr_group *g = samr_group_find(n, s->group);
	const struct samr_member_id *m;
	struct samr_request *r;
	bool replied, mine;

	list_for_each_entry(r, &s->requests, link) {
		if (r->given)
			continue;
		replied = is_replied(r);
		m = speaker(n, g, r->place);
		mine = replied ? !m || m->node == n->cfg.self :
				 speaks(n, s->client);
		if ((!replied && !is_lost(g, r)) ||
		    !is_time(n, mine, &r->ask_at))
			return;
		r->given = send_return(n, s, r->number,
				       replied ? SAMR_RETURN_REPLY :
						 SAMR_RETURN_UNKNOWN,
				       replied ? r->reply : NULL);
		if (!r->given)
			return;
	}
}

static void send_end(struct samr_node *n, struct samr_session *s)
{
	if (!s->fin && samr_credit_known(n, s->client) &&
	    is_time(n, speaks(n, s->client), &s->idle_at))
		s->fin = send_return(n, s, 0, SAMR_RETURN_ENDED, NULL);
}

void samr_call_run(struct samr_node *n)
{
	struct samr_session *s;

	n->calls.due = false;
	n->calls.at = SAMR_NEVER;
	send_calls(n);
	list_for_each_entry(s, &n->sessions.groups, mine) {
		if (s->over == SAMR_SESSION_ENDED)
			send_end(n, s);
		else if (!s->over && samr_credit_known(n, s->client))
			send_returns(n, s);
	}
}

bool samr_call_owed(const struct samr_node *n, const struct samr_group *g)
{
	const struct samr_call *c;

	list_for_each_entry(c, &n->calls.kept, link)
		if (c->group == g->id && !c->sent)
			return true;
	return false;
}

void samr_call_timer(struct samr_node *n)
{
	if (n->now >= n->calls.at) {
		n->calls.at = SAMR_NEVER;
		n->calls.due = true;
	}
}

u64 samr_call_deadline(const struct samr_node *n)
{
	return samr_node_serves(n) ? n->calls.at : SAMR_NEVER;
}
