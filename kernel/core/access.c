// SPDX-License-Identifier: GPL-2.0
/* Client nodes, see access.h. */
#include "access.h"
#include "flow.h"
#include "node.h"
#include "query.h"
#include "session.h"
#include "state.h"

/* A head whose order stands still for so many times the time after which one is dead. */
#define STILL_DEADS	3
/* What was refused for another reason than room is tried again, and sessions are looked at. */
#define RETRY		(10 * SAMR_MSEC)

bool samr_access_init(struct samr_node *n)
{
	struct samr_access *a = &n->access;

	INIT_LIST_HEAD(&a->all);
	a->limit = SAMR_ACCESS_DEFAULT;
	a->at = SAMR_NEVER;
	a->slot = samr_alloc_table(SAMR_ACCESS_SLOTS, sizeof(*a->slot));
	return a->slot;
}

static u32 slot_of(u32 port)
{
	return port >> SAMR_CARRY_PORT_BITS & (SAMR_ACCESS_SLOTS - 1);
}

static u32 port_of(const struct samr_outpost *o, u32 port)
{
	return SAMR_PORT_FAR | o->slot << SAMR_CARRY_PORT_BITS | port;
}

static void soon(struct samr_node *n, u64 at)
{
	n->access.at = min(n->access.at, at);
}

/* ---- they come and go ---- */

static void free_post(struct samr_node *n, struct samr_outpost *o)
{
	struct samr_parcel *x, *next;

	list_for_each_entry_safe(x, next, &o->waiting, link) {
		list_del(&x->link);
		samr_parcel_free(x);
	}
	list_del(&o->link);
	n->access.slot[o->slot].post = NULL;
	n->access.count--;
	samr_pipe_close(&o->pipe);
	samr_free(o);
}

void samr_access_fini(struct samr_node *n)
{
	struct samr_outpost *o, *next;

	if (!n->access.slot)
		return;
	list_for_each_entry_safe(o, next, &n->access.all, link)
		free_post(n, o);
	samr_free_table(n->access.slot);
}

/* Its sessions are detached when there is time; what it asked is forgotten. */
static void close_post(struct samr_node *n, struct samr_outpost *o, bool tell)
{
	struct samr_access *a = &n->access;
	u32 i = a->overs++ % SAMR_ACCESS_OVER;

	samr_mark("client node is gone");
	a->over[i].node = o->pipe.node;
	a->over[i].inc = o->pipe.inc;
	a->over[i].link = o->pipe.link;
	if (tell)
		samr_pipe_bye(n, o->pipe.node, o->pipe.inc, o->pipe.link);
	samr_query_forget_far(n, port_of(o, 0));
	free_post(n, o);
	a->sweep = true;
	soon(n, n->now);
}

static bool was_over(const struct samr_access *a, u64 node, u64 inc, u64 link)
{
	u32 i;

	for (i = 0; i < SAMR_ACCESS_OVER; i++)
		if (a->over[i].node == node && a->over[i].inc == inc &&
		    a->over[i].link >= link)
			return true;
	return false;
}

static struct samr_outpost *find(const struct samr_node *n, u64 node)
{
	struct samr_outpost *o;

	list_for_each_entry(o, &n->access.all, link)
		if (o->pipe.node == node)
			return o;
	return NULL;
}

/* Has nobody the slot, nor anything that is still about whoever had it? */
static bool is_free(const struct samr_node *n, u32 slot)
{
	const struct samr_session *s;

	if (n->access.slot[slot].post || n->access.slot[slot].flying)
		return false;
	list_for_each_entry(s, &n->sessions.mine, mine)
		if ((s->port & SAMR_PORT_FAR) && slot_of(s->port) == slot)
			return false;
	return true;
}

static bool serves(const struct samr_node *n)
{
	return samr_node_serves(n) && !n->view.seat[n->view.self] &&
	       !n->acceptor.leaving && !samr_node_watches(n);
}

static bool is_full(const struct samr_access *a)
{
	return a->count >= a->limit;
}

static struct samr_outpost *admit(struct samr_node *n,
				  const struct samr_frame_info *info,
				  const struct samr_record *r)
{
	struct samr_access *a = &n->access;
	struct samr_outpost *o;
	u32 i;

	for (i = 0; i < SAMR_ACCESS_SLOTS; i++) {
		a->last = (a->last + 1) % SAMR_ACCESS_SLOTS;
		if (is_free(n, a->last))
			break;
	}
	if (i == SAMR_ACCESS_SLOTS)
		return NULL;
	o = samr_alloc(sizeof(*o));
	if (!o)
		return NULL;
	samr_mark("client node comes");
	o->slot = a->last;
	o->since = n->now;
	INIT_LIST_HEAD(&o->waiting);
	samr_pipe_open(n, &o->pipe, info, r->pipe.link,
		       min((u32)r->pipe.size, n->frame_max));
	a->slot[o->slot].post = o;
	a->count++;
	list_add_tail(&o->link, &a->all);
	soon(n, n->now);
	return o;
}

/* ---- what they want ---- */

/* Tell it that there is nobody who could do that. */
static bool nobody(struct samr_node *n, struct samr_outpost *o,
		   struct samr_parcel *x)
{
	struct samr_meta m = x->msg->meta;
	struct samr_msg *msg;
	bool ok;

	m.gseq = max(n->rcv.delivered, 1ULL);
	m.len = 0;
	if (x->what == SAMR_CARRY_QUERY)
		m.kind = SAMR_KIND_ANSWER;
	m.flags = 0;
	msg = samr_msg_new(&m);
	if (!msg)
		return false;
	msg->result = SAMR_SES_GONE;
	ok = samr_pipe_put(&o->pipe, x->what == SAMR_CARRY_QUERY ?
			   SAMR_CARRY_GIVE : SAMR_CARRY_TOLD, msg);
	samr_msg_put(msg);
	return ok;
}

static int submit(struct samr_node *n, struct samr_outpost *o,
		  const struct samr_msg *msg)
{
	const struct samr_meta *m = &msg->meta;
	const struct samr_submit s = {
		.group = m->group, .port = port_of(o, m->port),
		.kind = m->kind, .flags = m->flags, .uid = m->uid,
		.gid = m->gid, .arg = m->arg, .len = m->len,
		.payload = msg->npieces ? msg->pieces[0].blob : NULL,
		.parts = msg->npieces > 1 ? msg : NULL, .far = m->oseq,
	};
	int err = samr_flow_submit(n, &s);

	if (!err) {
		o->submits++;
		n->access.slot[o->slot].flying++;
	}
	return err;
}

/* Return: the bytes in one piece, NULL without memory or bytes. */
static struct samr_blob *gather(const struct samr_msg *msg)
{
	struct samr_blob *b;

	if (!msg->meta.len)
		return NULL;
	if (msg->npieces == 1)
		return samr_blob_get(msg->one.blob);
	b = samr_blob_new(msg->meta.len);
	if (b)
		samr_msg_write(msg, b, 0, msg->meta.len);
	return b;
}

static int query(struct samr_node *n, struct samr_outpost *o,
		 const struct samr_msg *msg)
{
	const struct samr_meta *m = &msg->meta;
	struct samr_event ev = { .type = SAMR_EV_QUERY };
	int err;

	/* Answers that it does not fetch are not asked for. */
	if (o->pipe.bytes >= SAMR_ACCESS_BYTES)
		return -EAGAIN;
	ev.query.payload = gather(msg);
	if (m->len && !ev.query.payload)
		return -ENOMEM;
	ev.query.group = m->group;
	ev.query.port = port_of(o, m->port);
	ev.query.uid = m->uid;
	ev.query.gid = m->gid;
	ev.query.len = m->len;
	ev.query.most = (u32)msg->next;
	ev.query.arg = m->arg;
	ev.query.seen = m->gseq;
	ev.query.linear = m->flags;
	err = samr_query_made(n, &ev);
	samr_blob_put(ev.query.payload);
	return err;
}

/*
 * Return: 0: that was it; -EAGAIN: later; -EPROTO: it may not say that, or what it is to
 * hear of it cannot be kept.
 */
static int try(struct samr_node *n, struct samr_outpost *o,
	       struct samr_parcel *x)
{
	int err;

	switch (x->what) {
	case SAMR_CARRY_SUBMIT:
		err = submit(n, o, x->msg);
		break;
	case SAMR_CARRY_QUERY:
		err = query(n, o, x->msg);
		break;
	case SAMR_CARRY_FORGET:
		samr_query_forget(n, x->msg->meta.group,
				  port_of(o, x->msg->meta.port));
		return 0;
	default:
		samr_mark("client node speaks as a head");
		return -EPROTO;
	}
	if (err == -ENOMEM)
		soon(n, n->now + RETRY);
	if (!err || err == -EAGAIN)
		return err;
	/* Without a view nothing is known of groups. */
	if (err == -ENOMEM || (err == -ENOTCONN && !serves(n)))
		return -EAGAIN;
	if (err == -ENOTCONN || err == -EHOSTUNREACH)
		return nobody(n, o, x) ? 0 : -EPROTO;
	return -EPROTO;
}

/* Does it say nothing but what its client has? */
static bool acknowledges(const struct samr_parcel *x)
{
	struct samr_session_payload p;

	return x->what == SAMR_CARRY_SUBMIT &&
	       x->msg->meta.kind == SAMR_KIND_SESSION &&
	       samr_msg_read(x->msg, (u8 *)&p, sizeof(p)) &&
	       p.op == SAMR_SESSION_ACK;
}

/*
 * Does something of the same client wait before it? Requests wait for readers, who may
 * wait for room in what they write: so what makes that room goes past them.
 */
static bool is_behind(const struct samr_outpost *o, const struct samr_parcel *x)
{
	bool past = !list_empty(&o->waiting) && acknowledges(x);
	const struct samr_parcel *y;

	list_for_each_entry(y, &o->waiting, link) {
		if (y == x)
			break;
		if (y->msg->meta.port == x->msg->meta.port &&
		    y->msg->meta.group == x->msg->meta.group &&
		    !(past && y->msg->meta.kind == SAMR_KIND_REQUEST))
			return true;
	}
	if (past)
		samr_mark("acknowledgement goes past what waits");
	return false;
}

/* Return: false: it is to be closed. */
static bool try_again(struct samr_node *n, struct samr_outpost *o)
{
	struct samr_parcel *x, *next;
	int err;

	list_for_each_entry_safe(x, next, &o->waiting, link) {
		if (is_behind(o, x))
			continue;
		err = try(n, o, x);
		if (err == -EPROTO)
			return false;
		if (err)
			continue;
		list_del(&x->link);
		o->count--;
		o->bytes -= x->msg->meta.len;
		samr_parcel_free(x);
	}
	return true;
}

/* What a client node may have under way (remote.h) has room here, so that it is all seen. */
static bool has_room(const struct samr_outpost *o)
{
	const struct samr_parcel *first;

	if (list_empty(&o->waiting))
		return true;
	first = list_first_entry(&o->waiting, struct samr_parcel, link);
	return o->count < SAMR_ACCESS_WAITING &&
	       o->bytes - first->msg->meta.len < SAMR_ACCESS_BYTES;
}

/* Return: false: it is to be closed. */
static bool take_all(struct samr_node *n, struct samr_outpost *o)
{
	struct samr_parcel *x;
	int err;

	while (has_room(o)) {
		x = samr_pipe_next(n, &o->pipe);
		if (!x)
			return true;
		err = is_behind(o, x) ? -EAGAIN : try(n, o, x);
		if (err == -EAGAIN) {
			samr_mark("message of a client node waits");
			list_add_tail(&x->link, &o->waiting);
			o->count++;
			o->bytes += x->msg->meta.len;
			continue;
		}
		samr_parcel_free(x);
		if (err)
			return false;
	}
	return true;
}

/* ---- their frames ---- */

static void welcome(struct samr_node *n, const struct samr_frame_info *info,
		    const struct samr_record *r)
{
	struct samr_rec_welcome rec = {
		.rec.type = SAMR_REC_WELCOME,
		.flags = cpu_to_be32((serves(n) ? SAMR_WELCOME_SERVES : 0) |
				     (is_full(&n->access) ? SAMR_WELCOME_FULL : 0)),
		.link  = cpu_to_be64(r->welcome.link),
		.inc   = cpu_to_be64(info->inc),
		.heads = cpu_to_be64(n->view.voters & ~1ULL),
	};

	samr_pipe_frame(n, info->src, &rec.rec, sizeof(rec),
			min((u32)info->len, n->frame_max));
}

/*
 * The pipe that a frame is of, which it may begin. A client node has one at a time: who begins
 * another has lost the one before.
 */
static struct samr_outpost *post_of(struct samr_node *n,
				    const struct samr_frame_info *info,
				    const struct samr_record *r)
{
	struct samr_access *a = &n->access;
	struct samr_outpost *o = find(n, info->src);

	if (r->pipe.flags & SAMR_PIPE_BYE) {
		if (o && o->pipe.inc == info->inc &&
		    o->pipe.link == r->pipe.link)
			close_post(n, o, false);
		return NULL;
	}
	if (o && o->pipe.inc == info->inc && o->pipe.link == r->pipe.link)
		return o;
	if (!(r->pipe.flags & SAMR_PIPE_BEGIN) || r->pipe.got || !serves(n) ||
	    was_over(a, info->src, info->inc, r->pipe.link) ||
	    (o && o->pipe.inc == info->inc && o->pipe.link > r->pipe.link))
		goto bye;
	if (o)
		close_post(n, o, false);
	if (is_full(a)) {
		samr_mark("too many client nodes");
		a->refused++;
		samr_node_drop(n, SAMR_DROP_LIMIT);
		goto bye;
	}
	o = admit(n, info, r);
	if (o)
		return o;
	samr_node_drop(n, SAMR_DROP_MEMORY);
	return NULL;

bye:
	samr_pipe_bye(n, info->src, info->inc, r->pipe.link);
	return NULL;
}

static enum samr_drop take_carries(struct samr_node *n, struct samr_outpost *o,
				   const struct samr_frame_info *info,
				   struct samr_blob *frame, u32 at)
{
	enum samr_drop drop = SAMR_DROP_NONE;
	struct samr_record r;
	u32 i;

	for (i = 1; i < info->records && !n->gone; i++) {
		drop = samr_wire_record(frame, info, &at, &r);
		if (drop == SAMR_DROP_NONE && r.type != SAMR_REC_CARRY)
			drop = SAMR_DROP_ROLE;
		if (drop == SAMR_DROP_NONE) {
			n->stats.records_in++;
			drop = samr_pipe_take(&o->pipe, frame, &r);
		}
		if (drop == SAMR_DROP_RECORD || drop == SAMR_DROP_ROLE ||
		    drop == SAMR_DROP_CONFLICT || !take_all(n, o)) {
			close_post(n, o, true);
			return drop ?: SAMR_DROP_ROLE;
		}
		if (drop)
			samr_node_drop(n, drop);
	}
	return SAMR_DROP_NONE;
}

enum samr_drop samr_access_frame(struct samr_node *n,
				 const struct samr_frame_info *info,
				 struct samr_blob *frame)
{
	u32 at = sizeof(struct samr_hdr);
	struct samr_outpost *o;
	enum samr_drop drop;
	struct samr_record r;

	if (info->src < SAMR_IDS)
		return SAMR_DROP_SOURCE;
	if (info->domain != n->cfg.domain)
		return SAMR_DROP_DOMAIN;
	if (samr_node_watches(n))
		return SAMR_DROP_ROLE;
	if (!info->records)
		return SAMR_DROP_RECORD;
	drop = samr_wire_record(frame, info, &at, &r);
	if (drop)
		return drop;
	n->stats.records_in++;
	if (r.type == SAMR_REC_KNOCK) {
		welcome(n, info, &r);
		return SAMR_DROP_NONE;
	}
	if (r.type != SAMR_REC_PIPE)
		return SAMR_DROP_ROLE;
	if (r.pipe.inc != n->cfg.inc) {
		/* It speaks to the head that was here before. */
		if (!(r.pipe.flags & SAMR_PIPE_BYE))
			samr_pipe_bye(n, info->src, info->inc, r.pipe.link);
		return SAMR_DROP_INCARNATION;
	}
	o = post_of(n, info, &r);
	if (!o)
		return SAMR_DROP_NONE;
	if (!samr_pipe_heard(n, &o->pipe, &r)) {
		close_post(n, o, true);
		return SAMR_DROP_CONFLICT;
	}
	/* Until it has heard us it says so each time, and each time it is answered. */
	if (r.pipe.flags & SAMR_PIPE_BEGIN)
		o->pipe.owes = true;
	return take_carries(n, o, info, frame, at);
}

/* ---- what they are told ---- */

void samr_access_told(struct samr_node *n, struct samr_msg *msg)
{
	struct samr_access_slot *slot = &n->access.slot[slot_of(msg->meta.port)];
	struct samr_outpost *o = slot->post;
	struct samr_meta m = msg->meta;
	struct samr_msg *told;

	samr_assert(slot->flying);
	slot->flying--;
	if (!o) {
		n->access.sweep = true;
		soon(n, n->now);
		return;
	}
	m.oseq = msg->far;
	m.len = 0;
	m.flags = 0;
	told = samr_msg_new(&m);
	if (told) {
		told->session = msg->session;
		told->next = msg->next;
		told->result = msg->result;
	}
	if (!told || !samr_pipe_put(&o->pipe, SAMR_CARRY_TOLD, told))
		o->broken = true;
	samr_msg_put(told);
}

void samr_access_give(struct samr_node *n, struct samr_msg *msg)
{
	struct samr_outpost *o = n->access.slot[slot_of(msg->meta.port)].post;

	if (!o)
		return;
	o->given++;
	msg->meta.oseq = 0;
	msg->meta.flags = 0;
	if (!samr_pipe_put(&o->pipe, SAMR_CARRY_GIVE, msg))
		o->broken = true;
}

int samr_access_limit(struct samr_node *n, u32 limit)
{
	if (limit > SAMR_ACCESS_MAX)
		return -EINVAL;
	n->access.limit = limit;
	return 0;
}

void samr_access_narrow(struct samr_node *n)
{
	struct samr_outpost *o;

	list_for_each_entry(o, &n->access.all, link)
		o->broken |= o->pipe.size > n->frame_max;
}

void samr_access_quit(struct samr_node *n)
{
	struct samr_outpost *o;

	list_for_each_entry(o, &n->access.all, link)
		samr_pipe_bye(n, o->pipe.node, o->pipe.inc, o->pipe.link);
}

bool samr_node_client(const struct samr_node *n, u64 after,
		      struct samr_client_node *info)
{
	const struct samr_outpost *o, *best = NULL;

	if (n->remote)
		return false;
	list_for_each_entry(o, &n->access.all, link)
		if (o->pipe.node > after &&
		    (!best || o->pipe.node < best->pipe.node))
			best = o;
	if (!best)
		return false;
	*info = (struct samr_client_node){
		.id = best->pipe.node, .inc = best->pipe.inc,
		.since = best->since, .heard = best->pipe.heard,
		.submits = best->submits, .given = best->given,
		.waiting = best->count,
	};
	return true;
}

/* ---- time ---- */

/* Sessions that were attached here by client nodes that are gone. */
static void detach_all(struct samr_node *n)
{
	struct samr_session_payload p = { .op = SAMR_SESSION_DETACH };
	struct samr_submit s = {
		.kind = SAMR_KIND_SESSION, .len = sizeof(p),
	};
	struct samr_session *x, *next;
	int err;

	n->access.sweep = false;
	list_for_each_entry_safe(x, next, &n->sessions.mine, mine) {
		if (!(x->port & SAMR_PORT_FAR) || x->leaving ||
		    n->access.slot[slot_of(x->port)].post)
			continue;
		p.id = cpu_to_be64(x->id);
		s.group = x->group;
		s.port = x->port;
		s.payload = samr_blob_new(sizeof(p));
		if (s.payload)
			samr_blob_put_data(s.payload, &p, sizeof(p));
		err = s.payload ? samr_flow_submit(n, &s) : -ENOMEM;
		samr_blob_put(s.payload);
		if (err) {
			n->access.sweep = true;
			soon(n, n->now + RETRY);
			return;
		}
		samr_mark("session of a client node is detached");
		x->leaving = true;
	}
}

static bool is_still(const struct samr_node *n)
{
	return !n->view.epoch || (samr_node_wedged(n) && n->now >=
		n->acceptor.wedged_at + STILL_DEADS * n->cfg.dead);
}

void samr_access_timer(struct samr_node *n)
{
	struct samr_access *a = &n->access;
	struct samr_outpost *o, *next;

	if (n->now < a->at)
		return;
	a->at = SAMR_NEVER;
	list_for_each_entry_safe(o, next, &a->all, link) {
		if (o->broken || n->now >= o->pipe.heard + n->cfg.dead || is_still(n)) {
			close_post(n, o, true);
			continue;
		}
		samr_pipe_timer(n, &o->pipe);
		if (!try_again(n, o) || !take_all(n, o)) {
			close_post(n, o, true);
			continue;
		}
		soon(n, samr_pipe_deadline(&o->pipe));
		soon(n, o->pipe.heard + n->cfg.dead);
		if (samr_node_wedged(n))
			soon(n, n->acceptor.wedged_at + STILL_DEADS * n->cfg.dead);
	}
	if (a->sweep && samr_node_serves(n))
		detach_all(n);
	else if (a->sweep)
		soon(n, n->now + RETRY);
}

void samr_access_run(struct samr_node *n, bool flush)
{
	struct samr_outpost *o, *next;

	if (!flush && !n->out->writable)
		return;
	list_for_each_entry_safe(o, next, &n->access.all, link) {
		if (o->broken || (n->out->writable && o->count &&
				  (!try_again(n, o) || !take_all(n, o)))) {
			close_post(n, o, true);
			continue;
		}
		if (flush)
			samr_pipe_flush(n, &o->pipe);
		soon(n, samr_pipe_deadline(&o->pipe));
	}
}
