// SPDX-License-Identifier: GPL-2.0
/* Encoder and decoder of the wire format, see wire.h. */
#include "wire.h"
#include "event.h"
#include "node.h"

void samr_wire_put_header(struct samr_hdr *h, const struct samr_frame_info *i)
{
	memset(h, 0, sizeof(*h));
	h->version = SAMR_WIRE_VERSION;
	h->type = i->type;
	h->key = i->key;
	h->cluster = cpu_to_be32(i->cluster);
	h->src = cpu_to_be64(i->src);
	h->inc = cpu_to_be64(i->inc);
	h->counter = cpu_to_be64(i->counter);
	h->epoch = cpu_to_be64(i->epoch);
	h->ack = cpu_to_be64(i->ack);
	h->domain = cpu_to_be16(i->domain);
	h->len = cpu_to_be16(i->len);
	h->records = cpu_to_be16(i->records);
}

enum samr_drop samr_wire_header(const struct samr_hdr *h, u32 avail,
				u32 cluster, struct samr_frame_info *info)
{
	if (avail < sizeof(*h))
		return SAMR_DROP_SHORT;
	if (h->version != SAMR_WIRE_VERSION)
		return SAMR_DROP_VERSION;
	info->type = h->type;
	info->key = h->key;
	info->cluster = be32_to_cpu(h->cluster);
	info->src = be64_to_cpu(h->src);
	info->inc = be64_to_cpu(h->inc);
	info->counter = be64_to_cpu(h->counter);
	info->epoch = be64_to_cpu(h->epoch);
	info->ack = be64_to_cpu(h->ack);
	info->domain = be16_to_cpu(h->domain);
	info->len = be16_to_cpu(h->len);
	info->records = be16_to_cpu(h->records);
	if (info->cluster != cluster)
		return SAMR_DROP_CLUSTER;
	if (info->len < sizeof(*h) || info->len > avail)
		return SAMR_DROP_LENGTH;
	if (info->key)
		return SAMR_DROP_KEY;
	if ((h->type != SAMR_FRAME_CORE && h->type != SAMR_FRAME_LINK) ||
	    h->flags || h->reserved || !info->src || !info->inc)
		return SAMR_DROP_HEADER;
	return SAMR_DROP_NONE;
}

void samr_wire_put_submit(struct samr_rec_submit *r, const struct samr_meta *m,
			  u8 flags, u32 off, u32 len)
{
	memset(r, 0, sizeof(*r));
	r->rec.type = SAMR_REC_SUBMIT;
	r->rec.flags = flags;
	r->rec.len = cpu_to_be16((u16)(sizeof(*r) + len));
	r->group = cpu_to_be32(m->group);
	r->oseq = cpu_to_be64(m->oseq);
	r->arg = cpu_to_be64(m->arg);
	r->port = cpu_to_be32(m->port);
	r->uid = cpu_to_be32(m->uid);
	r->gid = cpu_to_be32(m->gid);
	r->total = cpu_to_be32(m->len);
	r->off = cpu_to_be32(off);
	r->kind = m->kind;
	r->mflags = m->flags;
}

void samr_wire_put_order(struct samr_rec_order *r, const struct samr_meta *m,
			 u8 flags, u32 off, u32 len)
{
	memset(r, 0, sizeof(*r));
	r->rec.type = SAMR_REC_ORDER;
	r->rec.flags = flags;
	r->rec.len = cpu_to_be16((u16)(sizeof(*r) + len));
	r->group = cpu_to_be32(m->group);
	r->gseq = cpu_to_be64(m->gseq);
	r->origin = cpu_to_be64(m->origin);
	r->inc = cpu_to_be64(m->inc);
	r->time = cpu_to_be64(m->time);
	r->oseq = cpu_to_be64(m->oseq);
	r->arg = cpu_to_be64(m->arg);
	r->port = cpu_to_be32(m->port);
	r->uid = cpu_to_be32(m->uid);
	r->gid = cpu_to_be32(m->gid);
	r->total = cpu_to_be32(m->len);
	r->off = cpu_to_be32(off);
	r->kind = m->kind;
	r->mflags = m->flags;
}

void samr_wire_put_nack(struct samr_rec_nack *r, const struct samr_nack *n)
{
	memset(r, 0, sizeof(*r));
	r->rec.type = SAMR_REC_NACK;
	r->rec.len = cpu_to_be16(sizeof(*r));
	r->origin = cpu_to_be64(n->origin);
	r->first = cpu_to_be64(n->first);
	r->last = cpu_to_be64(n->last);
	r->off = cpu_to_be32(n->off);
	r->len = cpu_to_be32(n->len);
}

/* What holds for the description of any message, wherever it comes from. */
static bool meta_sane(const struct samr_record *r)
{
	const struct samr_meta *m = &r->meta;

	if (!m->origin || !m->inc || !m->oseq || !m->group ||
	    m->kind >= SAMR_KINDS || (m->flags & ~SAMR_MSG_FLAGS) ||
	    m->len > SAMR_LEN_MAX)
		return false;
	if (m->kind != SAMR_KIND_DATA && m->len)
		return false;
	return r->len <= m->len && r->off <= m->len - r->len;
}

static bool get_submit(const struct samr_rec_submit *w,
		       const struct samr_frame_info *info,
		       struct samr_record *r)
{
	struct samr_meta *m = &r->meta;

	m->gseq = 0;
	m->time = 0;
	m->origin = info->src;
	m->inc = info->inc;
	m->oseq = be64_to_cpu(w->oseq);
	m->arg = be64_to_cpu(w->arg);
	m->group = be32_to_cpu(w->group);
	m->port = be32_to_cpu(w->port);
	m->uid = be32_to_cpu(w->uid);
	m->gid = be32_to_cpu(w->gid);
	m->len = be32_to_cpu(w->total);
	m->kind = w->kind;
	m->flags = w->mflags;
	r->off = be32_to_cpu(w->off);
	return !w->reserved && meta_sane(r) && (r->len || !m->len);
}

static bool get_order(const struct samr_rec_order *w, struct samr_record *r)
{
	struct samr_meta *m = &r->meta;

	m->gseq = be64_to_cpu(w->gseq);
	m->time = be64_to_cpu(w->time);
	m->origin = be64_to_cpu(w->origin);
	m->inc = be64_to_cpu(w->inc);
	m->oseq = be64_to_cpu(w->oseq);
	m->arg = be64_to_cpu(w->arg);
	m->group = be32_to_cpu(w->group);
	m->port = be32_to_cpu(w->port);
	m->uid = be32_to_cpu(w->uid);
	m->gid = be32_to_cpu(w->gid);
	m->len = be32_to_cpu(w->total);
	m->kind = w->kind;
	m->flags = w->mflags;
	r->off = be32_to_cpu(w->off);
	return !w->reserved && m->gseq && m->time && meta_sane(r) &&
	       ((r->flags & SAMR_REC_F_REF) || r->len || !m->len);
}

static bool get_nack(const struct samr_rec_nack *w, struct samr_record *r)
{
	struct samr_nack *n = &r->nack;

	n->origin = be64_to_cpu(w->origin);
	n->first = be64_to_cpu(w->first);
	n->last = be64_to_cpu(w->last);
	n->off = be32_to_cpu(w->off);
	n->len = be32_to_cpu(w->len);
	return !w->reserved && !r->len && n->first && n->first <= n->last &&
	       (!n->len || n->first == n->last) && n->len <= SAMR_LEN_MAX &&
	       n->off <= SAMR_LEN_MAX - n->len;
}

static bool get_view(const struct samr_rec_view *w, struct samr_record *r)
{
	r->view.count = be32_to_cpu(w->count);
	r->view.epoch = be64_to_cpu(w->epoch);
	r->view.base = be64_to_cpu(w->base);
	r->view.seed = be64_to_cpu(w->seed);
	r->view.sequencer = be64_to_cpu(w->sequencer);
	return r->view.epoch && r->view.count &&
	       r->view.count <= SAMR_HEADS_MAX &&
	       r->len == r->view.count * sizeof(struct samr_rec_view_member);
}

/* Bytes of a record without its payload; 0: not a type of this version. */
static u32 fixed_len(u8 type)
{
	switch (type) {
	case SAMR_REC_SUBMIT:
		return sizeof(struct samr_rec_submit);
	case SAMR_REC_ORDER:
		return sizeof(struct samr_rec_order);
	case SAMR_REC_NACK:
		return sizeof(struct samr_rec_nack);
	case SAMR_REC_BEAT:
		return sizeof(struct samr_rec_beat);
	case SAMR_REC_HELLO:
		return sizeof(struct samr_rec_hello);
	case SAMR_REC_VIEW:
		return sizeof(struct samr_rec_view);
	case SAMR_REC_CREDIT:
	case SAMR_REC_CREDIT_ASK:
		return sizeof(struct samr_rec_credit);
	default:
		return 0;
	}
}

/* The rest of a record whose bytes @p are all there and of the right length. */
static bool get_body(const void *p, const struct samr_frame_info *info,
		     struct samr_record *r)
{
	const struct samr_rec_beat *beat = p;
	const struct samr_rec_hello *hello = p;
	const struct samr_rec_credit *credit = p;

	switch (r->type) {
	case SAMR_REC_SUBMIT:
		return get_submit(p, info, r);
	case SAMR_REC_ORDER:
		return get_order(p, r);
	case SAMR_REC_NACK:
		return get_nack(p, r);
	case SAMR_REC_BEAT:
		r->last = be64_to_cpu(beat->last);
		return !beat->reserved && !r->len;
	case SAMR_REC_HELLO:
		r->members = be64_to_cpu(hello->members);
		return !hello->reserved && !r->len;
	case SAMR_REC_VIEW:
		return get_view(p, r);
	default:
		r->credit.group = be32_to_cpu(credit->group);
		r->credit.gseq = be64_to_cpu(credit->gseq);
		return r->credit.group && !r->len;
	}
}

enum samr_drop samr_wire_record(const struct samr_blob *frame,
				const struct samr_frame_info *info, u32 *at,
				struct samr_record *r)
{
	union {
		struct samr_rec rec;
		struct samr_rec_submit submit;
		struct samr_rec_order order;
		struct samr_rec_nack nack;
		struct samr_rec_view view;
	} scratch;
	const struct samr_rec *rec;
	u32 left = info->len - *at, len, fixed;
	const void *p;

	if (*at > info->len || left < sizeof(*rec))
		return SAMR_DROP_RECORD;
	rec = samr_blob_peek(frame, *at, sizeof(*rec), &scratch);
	if (!rec)
		return SAMR_DROP_RECORD;
	len = be16_to_cpu(rec->len);
	if (len < sizeof(*rec) || len > left)
		return SAMR_DROP_RECORD;
	r->type = rec->type;
	r->flags = rec->flags;
	fixed = fixed_len(r->type);
	if (!fixed) {
		*at += len;
		return SAMR_DROP_UNKNOWN;
	}
	if (len < fixed)
		return SAMR_DROP_RECORD;
	p = samr_blob_peek(frame, *at, fixed, &scratch);
	if (!p)
		return SAMR_DROP_RECORD;
	r->at = *at + fixed;
	r->len = len - fixed;
	if (!get_body(p, info, r))
		return SAMR_DROP_RECORD;
	*at += len;
	return SAMR_DROP_NONE;
}

void samr_wire_view_member(const struct samr_blob *frame,
			   const struct samr_record *r, u32 i,
			   u64 *node, u64 *inc)
{
	struct samr_rec_view_member scratch;
	const struct samr_rec_view_member *m;

	m = samr_blob_peek(frame, r->at + i * sizeof(*m), sizeof(*m), &scratch);
	*node = m ? be64_to_cpu(m->node) : 0;
	*inc = m ? be64_to_cpu(m->inc) : 0;
}
