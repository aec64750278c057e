// SPDX-License-Identifier: GPL-2.0
/* A client node, see remote.h. */
#include "remote.h"
#include "node.h"
#include "state.h"

/* Bounds of the wait before it knocks again. */
#define KNOCK_MIN	(5 * SAMR_MSEC)
#define KNOCK_MAX	(500 * SAMR_MSEC)
/* So often it knocks before it tries those again that have refused. */
#define AVOID_KNOCKS	3

bool samr_remote_init(struct samr_node *n)
{
	n->remote = samr_alloc_table(1, sizeof(*n->remote));
	if (!n->remote)
		return false;
	n->remote->knock_at = SAMR_NEVER;
	INIT_LIST_HEAD(&n->remote->submits);
	return true;
}

/* ---- what was submitted ---- */

static void forget(struct samr_remote *x, struct samr_msg *msg)
{
	list_del_init(&msg->link);
	x->count--;
	x->bytes -= msg->meta.len;
}

/* Its owner hears of it; the reference goes with that. */
static void deliver(struct samr_actions *out, struct samr_msg *msg)
{
	msg->action.type = SAMR_ACT_DELIVER;
	list_add_tail(&msg->action.node, &out->list);
}

/* The pipe has references of its own, and reads what it still sends. */
static void drop_submits(struct samr_remote *x, struct samr_actions *out)
{
	struct samr_msg *msg;

	while (!list_empty(&x->submits)) {
		msg = list_first_entry(&x->submits, struct samr_msg, link);
		forget(x, msg);
		msg->meta.gseq = 0;
		if (out && msg->owner)
			deliver(out, msg);
		else
			samr_msg_put(msg);
	}
}

void samr_remote_fini(struct samr_node *n, struct samr_actions *dropped)
{
	samr_pipe_close(&n->remote->pipe);
	drop_submits(n->remote, dropped);
	samr_free_table(n->remote);
}

/* What acknowledges must not lack room because of what waits for that. */
bool samr_remote_room(struct samr_node *n, u8 kind, u32 len)
{
	struct samr_remote *x = n->remote;

	if (kind == SAMR_KIND_SESSION ? x->count < SAMR_REMOTE_SUBMITS :
	    x->count + SAMR_REMOTE_RESERVE < SAMR_REMOTE_SUBMITS &&
	    (!x->bytes || x->bytes + len <= SAMR_REMOTE_BYTES))
		return true;
	x->refused = true;
	return false;
}

static void room_again(struct samr_node *n)
{
	n->out->writable |= n->remote->refused;
	n->remote->refused = false;
}

static struct samr_msg *message_of(const struct samr_meta *m,
				   struct samr_blob *payload)
{
	struct samr_msg *msg = samr_msg_new(m);

	if (msg && m->len) {
		msg->one.blob = samr_blob_get(payload);
		msg->npieces = 1;
		msg->have = m->len;
	}
	return msg;
}

static bool has_bytes(const struct samr_blob *b, u32 len)
{
	return !len || (b && samr_blob_len(b) == len);
}

static int submit(struct samr_node *n, const struct samr_submit *s)
{
	struct samr_remote *x = n->remote;
	const struct samr_meta m = {
		.origin = n->cfg.self, .inc = n->cfg.inc,
		.oseq = x->number + 1, .arg = s->arg, .group = s->group,
		.port = s->port, .uid = s->uid, .gid = s->gid, .len = s->len,
		.kind = s->kind, .flags = s->flags,
	};
	struct samr_msg *msg;

	if (s->kind != SAMR_KIND_SESSION && s->kind != SAMR_KIND_STREAM &&
	    s->kind != SAMR_KIND_REQUEST)
		return -EOPNOTSUPP;
	if (s->port > SAMR_CARRY_PORT_MAX || (s->flags & SAMR_MSG_GROUP) ||
	    !samr_wire_fits(&m) || !has_bytes(s->payload, s->len))
		return -EINVAL;
	if (s->len > SAMR_LEN_MAX)
		return -EMSGSIZE;
	if (!x->pipe.link)
		return -ENOTCONN;
	if (!samr_remote_room(n, s->kind, s->len))
		return -EAGAIN;
	msg = message_of(&m, s->payload);
	if (!msg || !samr_pipe_put(&x->pipe, SAMR_CARRY_SUBMIT, msg)) {
		samr_msg_put(msg);
		return -ENOMEM;
	}
	msg->owner = s->owner;
	x->number++;
	x->count++;
	x->bytes += s->len;
	list_add_tail(&msg->link, &x->submits);
	n->stats.submitted++;
	return 0;
}

static int query(struct samr_node *n, const struct samr_event *ev)
{
	struct samr_remote *x = n->remote;
	const struct samr_meta m = {
		.gseq = ev->query.seen, .arg = ev->query.arg,
		.group = ev->query.group, .port = ev->query.port,
		.uid = ev->query.uid, .gid = ev->query.gid,
		.len = ev->query.len, .kind = SAMR_KIND_QUERY,
		.flags = ev->query.linear,
	};
	struct samr_msg *msg;
	bool ok;

	if (ev->query.len > SAMR_QUESTION_MAX || ev->query.most > SAMR_REPLY_MAX)
		return -EMSGSIZE;
	if (!m.group || m.port > SAMR_CARRY_PORT_MAX ||
	    !has_bytes(ev->query.payload, m.len))
		return -EINVAL;
	if (!x->pipe.link)
		return -ENOTCONN;
	if (x->pipe.parcels >= 2 * SAMR_REMOTE_SUBMITS) {
		x->refused = true;
		return -EAGAIN;
	}
	msg = message_of(&m, ev->query.payload);
	if (!msg)
		return -ENOMEM;
	msg->next = ev->query.most;
	ok = samr_pipe_put(&x->pipe, SAMR_CARRY_QUERY, msg);
	samr_msg_put(msg);
	return ok ? 0 : -ENOMEM;
}

/* ---- the access head ---- */

static void look(struct samr_node *n)
{
	n->remote->knocks = 0;
	n->remote->knock_at = n->remote->wanted ? n->now : SAMR_NEVER;
}

static void lose(struct samr_node *n, bool tell)
{
	struct samr_remote *x = n->remote;

	samr_mark("client node loses its head");
	if (tell)
		samr_pipe_bye(n, x->pipe.node, x->pipe.inc, x->pipe.link);
	samr_pipe_close(&x->pipe);
	drop_submits(x, n->out);
	x->losses++;
	n->out->lost = true;
	n->out->view = true;
	look(n);
}

/* Large frames first: where they do not pass, small ones do. */
static void knock(struct samr_node *n)
{
	struct samr_remote *x = n->remote;
	struct samr_rec_knock rec = { .rec.type = SAMR_REC_KNOCK };

	x->size = x->knocks & 1 ? (u32)SAMR_FRAME_MIN : n->frame_max;
	rec.link = cpu_to_be64(++x->links);
	samr_pipe_frame(n, SAMR_DEST_ALL, &rec.rec, sizeof(rec), x->size);
	x->knock_at = n->now + min(KNOCK_MIN << min(x->knocks / 2, 8u), KNOCK_MAX);
	if (++x->knocks % AVOID_KNOCKS == 0)
		x->avoid = 0;
}

static void welcomed(struct samr_node *n, const struct samr_frame_info *info,
		     const struct samr_record *r)
{
	struct samr_remote *x = n->remote;

	if (x->pipe.link || !x->wanted || r->welcome.link != x->links ||
	    r->welcome.inc != n->cfg.inc || info->len > n->frame_max ||
	    info->len < SAMR_FRAME_MIN || x->avoid & BIT_ULL(info->src) ||
	    r->welcome.flags != SAMR_WELCOME_SERVES)
		return;
	samr_mark("client node has a head");
	samr_pipe_open(n, &x->pipe, info, x->links, info->len);
	x->pipe.begin = true;
	x->knock_at = SAMR_NEVER;
	x->epoch = info->epoch;
	x->heads = r->welcome.heads;
	n->out->writable = true;
	n->out->view = true;
}

/* ---- what it says ---- */

static void told(struct samr_node *n, const struct samr_msg *t)
{
	struct samr_remote *x = n->remote;
	struct samr_msg *msg;

	list_for_each_entry(msg, &x->submits, link)
		if (msg->meta.oseq == t->meta.oseq)
			break;
	if (&msg->link == &x->submits) {
		samr_node_drop(n, SAMR_DROP_SESSION);
		return;
	}
	forget(x, msg);
	msg->meta.gseq = t->meta.gseq;
	msg->session = t->session;
	msg->next = t->next;
	msg->result = t->result;
	msg->refused = true;
	deliver(n->out, msg);
	room_again(n);
}

/* False: no head says that. */
static bool take_parcel(struct samr_node *n, struct samr_parcel *p)
{
	struct samr_msg *msg = p->msg;

	if (p->what == SAMR_CARRY_TOLD) {
		told(n, msg);
	} else if (p->what == SAMR_CARRY_GIVE) {
		n->stats.replies++;
		msg->meta.origin = n->cfg.self;
		msg->meta.inc = n->cfg.inc;
		msg->epoch = n->remote->epoch;
		deliver(n->out, samr_msg_get(msg));
	} else {
		return false;
	}
	return true;
}

static bool take_carry(struct samr_node *n, struct samr_blob *frame,
		       const struct samr_record *r)
{
	struct samr_pipe *pipe = &n->remote->pipe;
	struct samr_parcel *p;
	enum samr_drop drop;
	bool ok = true;

	drop = samr_pipe_take(pipe, frame, r);
	if (drop)
		samr_node_drop(n, drop);
	if (drop == SAMR_DROP_CONFLICT)
		return false;
	while (ok && (p = samr_pipe_next(n, pipe))) {
		ok = take_parcel(n, p);
		samr_parcel_free(p);
	}
	return ok;
}

static void note_view(struct samr_node *n, const struct samr_frame_info *info,
		      u64 heads)
{
	struct samr_remote *x = n->remote;

	n->stab.stable = max(n->stab.stable, info->ack);
	if (info->epoch <= x->epoch && (!info->epoch || x->heads == heads))
		return;
	x->epoch = info->epoch;
	x->heads = heads;
	n->out->view = true;
}

static enum samr_drop take_pipe(struct samr_node *n,
				const struct samr_frame_info *info,
				struct samr_blob *frame, u32 at,
				const struct samr_record *first)
{
	struct samr_remote *x = n->remote;
	struct samr_record r;
	enum samr_drop drop;
	u32 i;

	if (!x->pipe.link || first->pipe.link != x->pipe.link ||
	    info->src != x->pipe.node || first->pipe.inc != n->cfg.inc)
		return SAMR_DROP_VIEW;
	if (first->pipe.flags & SAMR_PIPE_BYE) {
		x->avoid |= BIT_ULL(info->src);
		lose(n, false);
		return SAMR_DROP_NONE;
	}
	if (info->inc != x->pipe.inc)
		return SAMR_DROP_INCARNATION;
	if (!samr_pipe_heard(n, &x->pipe, first)) {
		lose(n, true);
		return SAMR_DROP_CONFLICT;
	}
	note_view(n, info, first->pipe.heads);
	room_again(n);
	for (i = 1; i < info->records; i++) {
		drop = samr_wire_record(frame, info, &at, &r);
		if (drop == SAMR_DROP_UNKNOWN)
			continue;
		if (drop || r.type != SAMR_REC_CARRY || !take_carry(n, frame, &r)) {
			lose(n, true);
			return drop ?: SAMR_DROP_ROLE;
		}
	}
	return SAMR_DROP_NONE;
}

static enum samr_drop take(struct samr_node *n, struct samr_blob *frame)
{
	u32 at = sizeof(struct samr_hdr);
	struct samr_frame_info info;
	struct samr_hdr scratch;
	const struct samr_hdr *h;
	struct samr_record r;
	enum samr_drop drop;

	h = samr_blob_peek(frame, 0, sizeof(*h), &scratch);
	drop = h ? samr_wire_header(h, samr_blob_len(frame), n->cfg.cluster,
				    &info) : SAMR_DROP_SHORT;
	if (drop)
		return drop;
	/* What heads say to each other is none of ours. */
	if (info.type != SAMR_FRAME_CLIENT || info.src >= SAMR_IDS)
		return SAMR_DROP_SOURCE;
	if (info.domain != n->cfg.domain)
		return SAMR_DROP_DOMAIN;
	if (!info.records)
		return SAMR_DROP_RECORD;
	drop = samr_wire_record(frame, &info, &at, &r);
	if (drop)
		return drop;
	n->stats.records_in++;
	if (r.type == SAMR_REC_PIPE)
		return take_pipe(n, &info, frame, at, &r);
	if (r.type != SAMR_REC_WELCOME)
		return SAMR_DROP_ROLE;
	welcomed(n, &info, &r);
	return SAMR_DROP_NONE;
}

/* ---- the door ---- */

static void timer(struct samr_node *n)
{
	struct samr_remote *x = n->remote;

	if (x->pipe.link && n->now >= x->pipe.heard + n->cfg.dead)
		lose(n, true);
	if (x->pipe.link && n->now >= samr_pipe_deadline(&x->pipe))
		samr_pipe_timer(n, &x->pipe);
	if (!x->pipe.link && n->now >= x->knock_at)
		knock(n);
}

static void want(struct samr_node *n, bool wanted)
{
	struct samr_remote *x = n->remote;

	if (wanted == x->wanted)
		return;
	x->wanted = wanted;
	if (x->pipe.link)
		lose(n, true);
	else
		look(n);
}

static void set_frame_max(struct samr_node *n, u32 size)
{
	n->frame_max = min(max(size, (u32)SAMR_FRAME_MIN),
			   (u32)SAMR_FRAME_LIMIT);
	if (n->remote->pipe.link && n->remote->pipe.size > n->frame_max)
		lose(n, true);
}

static void forget_queries(struct samr_node *n, u32 group, u32 port)
{
	struct samr_pipe *p = &n->remote->pipe;
	const struct samr_meta m = { .group = group, .port = port };
	struct samr_msg *msg = p->link ? samr_msg_new(&m) : NULL;

	/* Without memory they are answered for nobody. */
	if (msg)
		samr_pipe_put(p, SAMR_CARRY_FORGET, msg);
	samr_msg_put(msg);
}

int samr_remote_step(struct samr_node *n, const struct samr_event *ev)
{
	enum samr_drop drop;

	switch (ev->type) {
	case SAMR_EV_TIMER:
		timer(n);
		return 0;
	case SAMR_EV_FLUSH:
		if (n->remote->pipe.link)
			samr_pipe_flush(n, &n->remote->pipe);
		return 0;
	case SAMR_EV_FRAME:
		n->stats.frames_in++;
		drop = take(n, ev->frame);
		if (drop)
			samr_node_drop(n, drop);
		return 0;
	case SAMR_EV_SUBMIT:
		return submit(n, &ev->submit);
	case SAMR_EV_QUERY:
		return query(n, ev);
	case SAMR_EV_FORGET:
		forget_queries(n, ev->forget.group, ev->forget.port);
		return 0;
	case SAMR_EV_MEMBERS:
		want(n, ev->members);
		return 0;
	case SAMR_EV_FRAME_MAX:
		set_frame_max(n, ev->frame_max);
		return 0;
	case SAMR_EV_FAREWELL:
		/* It goes for good, or the way that it had. */
		if (ev->quit)
			want(n, false);
		else if (n->remote->pipe.link)
			lose(n, true);
		return 0;
	case SAMR_EV_SAVED:
	case SAMR_EV_HINT:
	case SAMR_EV_CONSUMED:
	case SAMR_EV_INPUT:
		return 0;
	default:
		return -EOPNOTSUPP;
	}
}

u64 samr_remote_deadline(const struct samr_node *n)
{
	const struct samr_remote *x = n->remote;

	if (!x->pipe.link)
		return x->knock_at;
	return min(samr_pipe_deadline(&x->pipe), x->pipe.heard + n->cfg.dead);
}

void samr_remote_view(const struct samr_node *n, struct samr_view_info *info)
{
	const struct samr_remote *x = n->remote;
	u64 id;

	info->wanted = x->heads;
	if (!x->pipe.link)
		return;
	info->epoch = x->epoch;
	info->sequencer = 0;
	for (id = 1; id < SAMR_IDS && info->count < SAMR_HEADS_MAX; id++)
		if (x->heads & BIT_ULL(id))
			info->node[info->count++] = id;
}

u64 samr_node_access(const struct samr_node *n, u64 *losses)
{
	*losses = n->remote ? n->remote->losses : 0;
	return n->remote && n->remote->pipe.link ? n->remote->pipe.node : 0;
}
