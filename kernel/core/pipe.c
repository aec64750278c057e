// SPDX-License-Identifier: GPL-2.0
/*
 * Pipes between heads and client nodes, see pipe.h.
 *
 * Invariants: acked <= sent <= made, sent <= acked + SAMR_PIPE_WINDOW; the records of the
 * parcels in @out follow each other without a gap, the last one is @made. Each bit of @held
 * has an entry in @early; so may have the next one, until samr_pipe_next() takes it.
 */
#include "pipe.h"
#include "state.h"

/* Bounds of the wait before a record is repeated. */
#define RESEND_MIN	(5 * SAMR_MSEC)
#define RESEND_MAX	(200 * SAMR_MSEC)
/* Records repeated at once when nothing is heard of them. */
#define REPEAT_MOST	8

/* A record that has come before its turn; its frame is kept. */
struct early {
	struct list_head link;
	struct samr_carry carry;
	struct samr_blob *frame;
	u32 at;
	u32 len;
};

void samr_pipe_open(struct samr_node *n, struct samr_pipe *p,
		    const struct samr_frame_info *info, u64 link, u32 size)
{
	memset(p, 0, sizeof(*p));
	p->node = info->src;
	p->inc = info->inc;
	p->link = link;
	p->size = size;
	INIT_LIST_HEAD(&p->out);
	INIT_LIST_HEAD(&p->early);
	p->resend_at = SAMR_NEVER;
	p->heard = n->now;
	p->beat_at = n->now;
}

void samr_parcel_free(struct samr_parcel *x)
{
	if (!x)
		return;
	samr_msg_put(x->msg);
	samr_free(x);
}

static void free_early(struct early *e)
{
	list_del(&e->link);
	samr_blob_put(e->frame);
	samr_free(e);
}

void samr_pipe_close(struct samr_pipe *p)
{
	struct samr_parcel *x, *nx;
	struct early *e, *ne;

	if (!p->link)
		return;
	list_for_each_entry_safe(x, nx, &p->out, link) {
		list_del(&x->link);
		samr_parcel_free(x);
	}
	list_for_each_entry_safe(e, ne, &p->early, link)
		free_early(e);
	samr_parcel_free(p->part);
	samr_blob_put(p->blob);
	p->part = NULL;
	p->blob = NULL;
	p->link = 0;
}

/* ---- frames ---- */

static void send(struct samr_node *n, u64 dest, struct samr_blob *b, u32 records)
{
	struct samr_frame_info info = {
		.type	 = SAMR_FRAME_CLIENT,
		.cluster = n->cfg.cluster,
		.src	 = n->cfg.self,
		.inc	 = n->cfg.inc,
		.epoch	 = n->view.epoch,
		.ack	 = n->stab.stable,
		.domain	 = n->cfg.domain,
		.len	 = samr_blob_len(b),
		.records = records,
	};
	struct samr_action *a = samr_blob_action(b);
	struct samr_hdr h;

	samr_wire_put_header(&h, &info);
	samr_blob_set_data(b, 0, &h, sizeof(h));
	a->type = SAMR_ACT_SEND;
	a->dest = dest;
	list_add_tail(&a->node, &n->out->list);
	n->stats.frames_out++;
	n->stats.records_out += records;
}

static struct samr_blob *new_frame(u32 size)
{
	struct samr_blob *b = samr_blob_new(size);
	struct samr_hdr h = { };

	if (b)
		samr_blob_put_data(b, &h, sizeof(h));
	return b;
}

void samr_pipe_frame(struct samr_node *n, u64 dest, struct samr_rec *rec,
		     u32 len, u32 size)
{
	static const u8 zero[64];
	struct samr_blob *b;
	u32 left;

	size = max(size, (u32)sizeof(struct samr_hdr) + len);
	b = new_frame(size);
	if (!b)
		return;
	left = size - (u32)sizeof(struct samr_hdr);
	rec->len = cpu_to_be16((u16)left);
	samr_blob_put_data(b, rec, len);
	for (left -= len; left; left -= min(left, (u32)sizeof(zero)))
		samr_blob_put_data(b, zero, min(left, (u32)sizeof(zero)));
	send(n, dest, b, 1);
}

static void fill_pipe(const struct samr_node *n, const struct samr_pipe *p,
		      struct samr_rec_pipe *rec)
{
	*rec = (struct samr_rec_pipe){
		.rec = {
			.type = SAMR_REC_PIPE,
			.len  = cpu_to_be16(sizeof(*rec)),
		},
		.flags = cpu_to_be16(p->begin ? SAMR_PIPE_BEGIN : 0),
		.size  = cpu_to_be16(p->begin ? (u16)p->size : 0),
		.link  = cpu_to_be64(p->link),
		.inc   = cpu_to_be64(p->inc),
		.got   = cpu_to_be64(p->got),
		.early = cpu_to_be64(p->held),
		.heads = cpu_to_be64(n->view.voters & ~1ULL),
	};
}

void samr_pipe_bye(struct samr_node *n, u64 node, u64 inc, u64 link)
{
	struct samr_rec_pipe rec = {
		.rec.type = SAMR_REC_PIPE,
		.flags = cpu_to_be16(SAMR_PIPE_BYE),
		.link  = cpu_to_be64(link),
		.inc   = cpu_to_be64(inc),
	};

	samr_pipe_frame(n, node, &rec.rec, sizeof(rec), 0);
}

static bool open_frame(struct samr_pipe *p)
{
	struct samr_rec_pipe rec = { };

	if (p->blob)
		return true;
	p->blob = new_frame(p->size);
	if (!p->blob)
		return false;
	samr_blob_put_data(p->blob, &rec, sizeof(rec));
	p->records = 1;
	return true;
}

/* What its first record says is as it is now. */
static void close_frame(struct samr_node *n, struct samr_pipe *p)
{
	struct samr_rec_pipe rec;

	if (!p->blob)
		return;
	fill_pipe(n, p, &rec);
	samr_blob_set_data(p->blob, sizeof(struct samr_hdr), &rec, sizeof(rec));
	send(n, p->node, p->blob, p->records);
	p->blob = NULL;
	p->owes = false;
	p->beat_at = n->now + n->cfg.beat;
}

/* ---- out ---- */

/* Bytes of a parcel that one record takes. */
static u32 share(const struct samr_pipe *p)
{
	return p->size - (u32)(sizeof(struct samr_hdr) +
			       sizeof(struct samr_rec_pipe) +
			       sizeof(struct samr_rec_carry));
}

bool samr_pipe_put(struct samr_pipe *p, u8 what, struct samr_msg *msg)
{
	struct samr_parcel *x;

	if (p->parcels >= SAMR_PIPE_PARCELS ||
	    p->bytes + msg->meta.len > SAMR_PIPE_BYTES) {
		samr_mark("pipe holds too much");
		return false;
	}
	x = samr_alloc(sizeof(*x));
	if (!x)
		return false;
	x->what = what;
	x->seq = p->made + 1;
	x->count = max((msg->meta.len + share(p) - 1) / share(p), 1U);
	x->msg = samr_msg_get(msg);
	p->made += x->count;
	p->parcels++;
	p->bytes += msg->meta.len;
	list_add_tail(&x->link, &p->out);
	return true;
}

static struct samr_parcel *parcel_of(const struct samr_pipe *p, u64 seq)
{
	struct samr_parcel *x;

	list_for_each_entry(x, &p->out, link)
		if (seq < x->seq + x->count)
			return x;
	return NULL;
}

static u32 resend_wait(const struct samr_pipe *p)
{
	u64 wait = max(RESEND_MIN, 2 * p->rtt);

	return (u32)min(wait << min(p->backoff, 6u), RESEND_MAX);
}

static bool send_record(struct samr_node *n, struct samr_pipe *p, u64 seq)
{
	const struct samr_parcel *x = parcel_of(p, seq);
	const struct samr_meta *m;
	struct samr_rec_carry rec;
	u32 off, len;

	if (!samr_assert(x && seq >= x->seq))
		return false;
	m = &x->msg->meta;
	off = (u32)(seq - x->seq) * share(p);
	len = min(m->len - off, share(p));
	if (p->blob && samr_blob_len(p->blob) + sizeof(rec) + len > p->size)
		close_frame(n, p);
	if (!open_frame(p))
		return false;
	rec = (struct samr_rec_carry){
		.rec = {
			.type = SAMR_REC_CARRY,
			.len  = cpu_to_be16((u16)(sizeof(rec) + len)),
		},
		.group	 = cpu_to_be32(m->group),
		.seq	 = cpu_to_be64(seq),
		.number	 = cpu_to_be64(m->oseq),
		.place	 = cpu_to_be64(m->gseq),
		.session = cpu_to_be64(x->msg->session),
		.next	 = cpu_to_be64(x->msg->next),
		.arg	 = cpu_to_be64(m->arg),
		.port	 = cpu_to_be32(m->port & SAMR_CARRY_PORT_MAX),
		.uid	 = cpu_to_be32(m->uid),
		.gid	 = cpu_to_be32(m->gid),
		.total	 = cpu_to_be32(m->len),
		.off	 = cpu_to_be32(off),
		.what	 = x->what,
		.kind	 = m->kind,
		.mflags	 = m->flags,
		.result	 = x->msg->result,
	};
	samr_blob_put_data(p->blob, &rec, sizeof(rec));
	samr_msg_write(x->msg, p->blob, off, len);
	p->records++;
	return true;
}

/* Does the other side say that it has this one, which is behind the next? */
static bool is_there(const struct samr_pipe *p, u64 seq)
{
	return seq > p->acked + 1 && seq - p->acked - 2 < 64 &&
	       p->others & BIT_ULL(seq - p->acked - 2);
}

/* What lacks before a record that has come: it is lost, or late. */
static void send_gaps(struct samr_node *n, struct samr_pipe *p)
{
	u64 seq, top = p->others ? p->acked + 2 + 63 -
		       (u64)__builtin_clzll(p->others) : 0;

	for (seq = max(p->acked, p->again) + 1; seq < top && seq <= p->sent; seq++) {
		if (!is_there(p, seq) && !send_record(n, p, seq))
			return;
		samr_mark("pipe repeats what was overtaken");
		p->again = seq;
	}
}

void samr_pipe_flush(struct samr_node *n, struct samr_pipe *p)
{
	send_gaps(n, p);
	while (p->sent < p->made && p->sent < p->acked + SAMR_PIPE_WINDOW) {
		if (!send_record(n, p, p->sent + 1))
			break;
		p->sent++;
		if (!p->timed) {
			p->timed = p->sent;
			p->timed_at = n->now;
		}
		if (p->resend_at == SAMR_NEVER)
			p->resend_at = n->now + resend_wait(p);
	}
	/* What memory lacked for is sent when it would be repeated. */
	if (p->sent < p->made && p->sent == p->acked &&
	    p->resend_at == SAMR_NEVER)
		p->resend_at = n->now + RESEND_MIN;
	if (p->owes || n->now >= p->beat_at)
		open_frame(p);
	close_frame(n, p);
}

void samr_pipe_timer(struct samr_node *n, struct samr_pipe *p)
{
	u32 left = REPEAT_MOST;
	u64 seq;

	if (n->now >= p->resend_at) {
		p->resend_at = SAMR_NEVER;
		for (seq = p->acked + 1; seq <= p->sent && left; seq++) {
			if (is_there(p, seq))
				continue;
			samr_mark("pipe repeats what was not acknowledged");
			send_record(n, p, seq);
			left--;
		}
		p->backoff++;
		p->timed = 0;
		if (p->acked < p->made)
			p->resend_at = n->now + resend_wait(p);
	}
	samr_pipe_flush(n, p);
	/* Without memory for a frame: soon again. */
	if (n->now >= p->beat_at)
		p->beat_at = n->now + SAMR_MSEC;
}

u64 samr_pipe_deadline(const struct samr_pipe *p)
{
	return min(p->resend_at, p->beat_at);
}

/* ---- in ---- */

static void acknowledge(struct samr_node *n, struct samr_pipe *p, u64 got)
{
	struct samr_parcel *x;
	u64 took;

	if (p->timed && got >= p->timed) {
		took = n->now - p->timed_at;
		p->rtt = p->rtt ? (7 * p->rtt + took) / 8 : took;
		p->timed = 0;
	}
	p->acked = got;
	p->backoff = 0;
	p->resend_at = got == p->made ? SAMR_NEVER : n->now + resend_wait(p);
	while (!list_empty(&p->out)) {
		x = list_first_entry(&p->out, struct samr_parcel, link);
		if (x->seq + x->count > got + 1)
			break;
		list_del(&x->link);
		p->parcels--;
		p->bytes -= x->msg->meta.len;
		samr_parcel_free(x);
	}
}

bool samr_pipe_heard(struct samr_node *n, struct samr_pipe *p,
		     const struct samr_record *r)
{
	if (r->pipe.got > p->sent)
		return false;
	p->heard = n->now;
	p->begin = false;
	if (r->pipe.got < p->acked)
		return true;
	p->others = r->pipe.early;
	if (r->pipe.got > p->acked)
		acknowledge(n, p, r->pipe.got);
	return true;
}

/* One more part of what is in turn: which must be the rest of what came before. */
static enum samr_drop append(struct samr_pipe *p, struct samr_blob *frame,
			     const struct samr_carry *c, u32 at, u32 len)
{
	const struct samr_meta m = {
		.gseq = c->place, .oseq = c->number, .arg = c->arg,
		.group = c->group, .port = c->port, .uid = c->uid,
		.gid = c->gid, .len = c->total, .kind = c->kind,
		.flags = c->mflags,
	};
	struct samr_parcel *x = p->part;

	if (x && (x->what != c->what || x->msg->meta.len != c->total))
		return SAMR_DROP_CONFLICT;
	if (!x) {
		x = samr_alloc(sizeof(*x));
		if (!x)
			return SAMR_DROP_MEMORY;
		x->msg = samr_msg_new(&m);
		if (!x->msg) {
			samr_free(x);
			return SAMR_DROP_MEMORY;
		}
		x->what = c->what;
		x->msg->session = c->session;
		x->msg->next = c->next;
		x->msg->result = c->result;
		p->part = x;
	}
	if (c->off != x->msg->have)
		return SAMR_DROP_CONFLICT;
	return len ? samr_msg_add(x->msg, frame, at, c->off, len) :
		     SAMR_DROP_NONE;
}

static enum samr_drop keep(struct samr_pipe *p, struct samr_blob *frame,
			   const struct samr_record *r)
{
	u64 bit = BIT_ULL(r->carry.seq - p->got - 2);
	struct early *e;

	if (p->held & bit)
		return SAMR_DROP_DUPLICATE;
	e = samr_alloc(sizeof(*e));
	if (!e)
		return SAMR_DROP_MEMORY;
	e->carry = r->carry;
	e->frame = samr_blob_get(frame);
	e->at = r->at;
	e->len = r->len;
	list_add_tail(&e->link, &p->early);
	p->held |= bit;
	return SAMR_DROP_NONE;
}

static void advance(struct samr_pipe *p)
{
	p->got++;
	p->held >>= 1;
}

enum samr_drop samr_pipe_take(struct samr_pipe *p, struct samr_blob *frame,
			      const struct samr_record *r)
{
	u64 seq = r->carry.seq;
	enum samr_drop drop;

	p->owes = true;
	if (seq <= p->got)
		return SAMR_DROP_DUPLICATE;
	if (seq > p->got + SAMR_PIPE_WINDOW)
		return SAMR_DROP_WINDOW;
	/* What is complete waits to be taken: nothing goes in before. */
	if (seq > p->got + 1 ||
	    (p->part && samr_msg_complete(p->part->msg)))
		return seq == p->got + 1 ? SAMR_DROP_LIMIT : keep(p, frame, r);
	drop = append(p, frame, &r->carry, r->at, r->len);
	if (!drop)
		advance(p);
	return drop;
}

/* The one whose turn it is, or NULL; one that came again before was taken then. */
static struct early *in_turn(struct samr_pipe *p)
{
	struct early *e, *next;

	list_for_each_entry_safe(e, next, &p->early, link) {
		if (e->carry.seq == p->got + 1)
			return e;
		if (e->carry.seq <= p->got)
			free_early(e);
	}
	return NULL;
}

struct samr_parcel *samr_pipe_next(struct samr_node *n, struct samr_pipe *p)
{
	struct samr_parcel *x = p->part;
	enum samr_drop drop;
	struct early *e;

	while (!x || !samr_msg_complete(x->msg)) {
		e = in_turn(p);
		if (!e)
			return NULL;
		drop = append(p, e->frame, &e->carry, e->at, e->len);
		if (drop == SAMR_DROP_MEMORY)
			return NULL;
		if (drop)
			samr_node_drop(n, drop);
		free_early(e);
		/* It is not acknowledged: when it comes again the pipe is found to be broken. */
		if (drop)
			return NULL;
		advance(p);
		x = p->part;
	}
	p->part = NULL;
	return x;
}
