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
	if (h->type < SAMR_FRAME_CORE || h->type > SAMR_FRAME_CLIENT ||
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

/* A piece of state has bytes, unless it only says that this was all, or failed. */
static bool state_fits(const struct samr_meta *m)
{
	if (!m->arg)
		return false;
	if (m->flags & SAMR_MSG_FAILED)
		return !m->len && !(m->flags & SAMR_MSG_LAST);
	return m->len || (m->flags & SAMR_MSG_LAST);
}

/* What a request is of: each excludes the others. */
#define REQUEST_FLAGS	(SAMR_MSG_FIN | SAMR_MSG_GROUP | SAMR_MSG_EARLY)

static bool is_one_at_most(u8 flags)
{
	return !(flags & (flags - 1));
}

bool samr_wire_fits(const struct samr_meta *m)
{
	static const u8 flags[SAMR_KINDS] = {
		[SAMR_KIND_JOIN]	= SAMR_MSG_STATEFUL,
		[SAMR_KIND_SNAPSHOT]	= SAMR_MSG_KEEP,
		[SAMR_KIND_STATE]	= SAMR_MSG_LAST | SAMR_MSG_FAILED,
		[SAMR_KIND_REQUEST]	= REQUEST_FLAGS,
		[SAMR_KIND_REPLIES]	= SAMR_MSG_KEEP,
	};

	if (m->kind >= SAMR_KINDS ||
	    (m->flags & ~(flags[m->kind] | SAMR_MSG_SAFE)) ||
	    !m->group != (m->kind == SAMR_KIND_RETIRE))
		return false;
	switch (m->kind) {
	case SAMR_KIND_DATA:
		return true;
	case SAMR_KIND_LOCK:
	case SAMR_KIND_UNLOCK:
		return m->len >= sizeof(struct samr_lock_payload) &&
		       m->len <= SAMR_LOCK_PAYLOAD_MAX;
	case SAMR_KIND_STATE:
		return state_fits(m);
	case SAMR_KIND_SESSION:
	case SAMR_KIND_STREAM:
	case SAMR_KIND_CONNECT:
		return m->len == sizeof(struct samr_session_payload);
	case SAMR_KIND_REQUEST:
		return m->arg && m->len >= sizeof(struct samr_request_payload) &&
		       is_one_at_most(m->flags & REQUEST_FLAGS);
	case SAMR_KIND_RETURN:
		return m->len >= sizeof(struct samr_return_payload) &&
		       m->len <= sizeof(struct samr_return_payload) +
				 SAMR_REPLY_MAX;
	case SAMR_KIND_REPLIES:
		if (m->flags & SAMR_MSG_KEEP)
			return m->arg && m->len == sizeof(struct samr_place_payload);
		return m->arg && m->len >= sizeof(struct samr_replies_payload) &&
		       m->len <= sizeof(struct samr_replies_payload) +
				 SAMR_REPLY_MAX;
	case SAMR_KIND_ALARM:
		return m->arg && m->len == sizeof(struct samr_alarm_payload);
	case SAMR_KIND_DIGEST:
		return m->len > sizeof(struct samr_digest_payload) &&
		       m->len <= SAMR_DIGEST_PAYLOAD_MAX && m->len % 8 == 0;
	case SAMR_KIND_READ:
		return m->arg && !m->len;
	default:
		return !m->len;
	}
}

/* What holds for the description of any message, wherever it comes from. */
static bool meta_sane(const struct samr_record *r)
{
	const struct samr_meta *m = &r->meta;

	return m->origin && m->inc && m->oseq && samr_wire_fits(m) &&
	       m->len <= SAMR_LEN_MAX &&
	       r->len <= m->len && r->off <= m->len - r->len;
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

static void get_ballot(const struct samr_rec_ballot *w, struct samr_ballot *b)
{
	b->counter = be64_to_cpu(w->counter);
	b->node = be64_to_cpu(w->node);
	b->inc = be64_to_cpu(w->inc);
}

void samr_wire_put_ballot(struct samr_rec_ballot *r,
			  const struct samr_ballot *b)
{
	r->counter = cpu_to_be64(b->counter);
	r->node = cpu_to_be64(b->node);
	r->inc = cpu_to_be64(b->inc);
}

static bool get_seat(const struct samr_rec_seat *w, struct samr_seat *s)
{
	s->inc = be64_to_cpu(w->inc);
	s->node = be32_to_cpu(w->node);
	s->flags = be32_to_cpu(w->flags);
	return s->inc && s->node && s->node < SAMR_IDS &&
	       !(s->flags & ~SAMR_SEAT_FLAGS) && s->flags != SAMR_SEAT_FLAGS;
}

void samr_wire_put_seat(struct samr_rec_seat *r, const struct samr_seat *s)
{
	r->inc = cpu_to_be64(s->inc);
	r->node = cpu_to_be32(s->node);
	r->flags = cpu_to_be32(s->flags);
}

void samr_wire_put_saved(struct samr_rec_saved *r, const struct samr_saved *s)
{
	memset(r, 0, sizeof(*r));
	if (!s->told)
		return;
	r->epoch = cpu_to_be64(s->epoch);
	r->members = cpu_to_be64(s->members);
	r->flags = cpu_to_be32(s->flags | SAMR_SAVED_TOLD);
	r->config = cpu_to_be32(s->config);
}

bool samr_wire_saved_ok(const struct samr_saved *s)
{
	if (!s->told)
		return !s->epoch && !s->members && !s->flags && !s->config;
	/* No head has the id 0. */
	return s->epoch <= SAMR_SAVED_EPOCH_MAX && !(s->members & 1) &&
	       (s->members || !s->epoch) && !(s->flags & ~SAMR_SAVED_FLAGS);
}

static bool get_saved(const struct samr_rec_saved *w, struct samr_saved *s)
{
	u32 flags = be32_to_cpu(w->flags);

	s->epoch = be64_to_cpu(w->epoch);
	s->members = be64_to_cpu(w->members);
	s->flags = flags & ~SAMR_SAVED_TOLD;
	s->config = be32_to_cpu(w->config);
	s->told = flags & SAMR_SAVED_TOLD;
	return samr_wire_saved_ok(s);
}

static bool get_hello(const struct samr_rec_hello *w, struct samr_record *r)
{
	r->hello.count = be32_to_cpu(w->count);
	r->hello.members = be64_to_cpu(w->members);
	r->hello.founders = be64_to_cpu(w->founders);
	if (r->flags >= SAMR_IDS)
		return false;
	r->hello.witness = r->flags ? BIT_ULL(r->flags) : 0;
	return !(r->hello.witness & ~r->hello.members) &&
	       !(r->hello.founders & ~r->hello.members) &&
	       r->hello.count && r->hello.count <= SAMR_HEADS_MAX &&
	       r->len == r->hello.count * sizeof(struct samr_rec_seat) &&
	       get_saved(&w->saved, &r->hello.saved);
}

/* The seats: nobody twice, one witness, and somebody who can be the sequencer. */
static bool get_seats(const struct samr_blob *frame, struct samr_record *r)
{
	struct samr_rec_seat scratch;
	const struct samr_rec_seat *w;
	bool leader = false, witness = false;
	struct samr_seat *s;
	u64 seen = 0;
	u32 i;

	for (i = 0; i < r->plan.count; i++) {
		w = samr_blob_peek(frame, r->at + i * (u32)sizeof(*w),
				   sizeof(*w), &scratch);
		s = &r->plan.seat[i];
		if (!w || !get_seat(w, s) || (seen & BIT_ULL(s->node)))
			return false;
		seen |= BIT_ULL(s->node);
		leader |= !s->flags;
		if ((s->flags & SAMR_SEAT_WITNESS) && witness)
			return false;
		witness |= s->flags & SAMR_SEAT_WITNESS;
	}
	return leader;
}

static bool get_plan(const struct samr_rec_plan *w,
		     const struct samr_blob *frame, struct samr_record *r)
{
	struct samr_plan *p = &r->plan;

	get_ballot(&w->ballot, &r->ballot);
	get_ballot(&w->born, &p->born);
	p->count = be32_to_cpu(w->count);
	p->epoch = be64_to_cpu(w->epoch);
	p->base = be64_to_cpu(w->base);
	p->key.half[0] = be64_to_cpu(w->key[0]);
	p->key.half[1] = be64_to_cpu(w->key[1]);
	p->flags = w->rec.flags;
	if (r->type == SAMR_REC_ACCEPT)
		p->flags &= ~(u32)SAMR_PLAN_HOLD;
	return p->epoch && !(p->flags & ~SAMR_PLAN_FLAGS) &&
	       p->count && p->count <= SAMR_HEADS_MAX &&
	       samr_ballot_cmp(&p->born, &r->ballot) <= 0 &&
	       r->len == p->count * sizeof(struct samr_rec_seat) &&
	       get_seats(frame, r);
}

static bool get_ask(const struct samr_rec_ask *w, struct samr_record *r)
{
	get_ballot(&w->ballot, &r->ballot);
	r->epoch = be64_to_cpu(w->epoch);
	return !w->reserved && !r->len && r->ballot.counter;
}

static bool get_answer(const struct samr_rec_answer *w, struct samr_record *r)
{
	struct samr_answer *a = &r->answer;

	get_ballot(&w->ballot, &r->ballot);
	get_ballot(&w->accepted, &a->accepted);
	a->epoch = be64_to_cpu(w->epoch);
	a->prefix = be64_to_cpu(w->prefix);
	a->hears = be64_to_cpu(w->hears);
	a->flags = be32_to_cpu(w->flags);
	return !r->len && r->ballot.counter &&
	       !(a->flags & ~SAMR_ANSWER_FLAGS);
}

static bool get_beat(const struct samr_rec_beat *w, struct samr_record *r)
{
	r->beat.flags = be32_to_cpu(w->flags);
	r->beat.last = be64_to_cpu(w->last);
	r->beat.hears = be64_to_cpu(w->hears);
	r->beat.members = be64_to_cpu(w->members);
	return !r->len && !(r->beat.flags & ~SAMR_BEAT_FLAGS) &&
	       get_saved(&w->saved, &r->beat.saved);
}

static bool get_dead(const struct samr_rec_dead *w, struct samr_record *r)
{
	r->dead.node = be64_to_cpu(w->node);
	r->dead.inc = be64_to_cpu(w->inc);
	return !r->len && !w->reserved && r->dead.node &&
	       r->dead.node < SAMR_IDS && r->dead.inc;
}

static bool get_state(const struct samr_rec_state *w, struct samr_record *r)
{
	r->state.count = be32_to_cpu(w->count);
	r->state.time = be64_to_cpu(w->time);
	return r->state.count && r->state.count <= SAMR_HEADS_MAX &&
	       r->len == r->state.count * sizeof(__be64);
}

static bool get_group(const struct samr_rec_state_group *w,
		      struct samr_record *r)
{
	r->group.group = be32_to_cpu(w->group);
	r->group.after = be32_to_cpu(w->after);
	r->group.total = be32_to_cpu(w->total);
	r->group.first = be32_to_cpu(w->first);
	r->group.count = be16_to_cpu(w->count);
	r->group.gseq = be64_to_cpu(w->gseq);
	r->group.id = be64_to_cpu(w->id);
	r->group.transfer = be64_to_cpu(w->transfer);
	r->group.last = be64_to_cpu(w->last);
	if (w->reserved ||
	    r->len != r->group.count * sizeof(struct samr_rec_group_member))
		return false;
	if (!r->group.group)
		return !r->group.total && !r->group.first &&
		       !r->group.count && !r->group.transfer && !r->group.last;
	if (r->group.transfer > r->group.gseq || r->group.last > r->group.gseq ||
	    (r->group.last && (!r->group.transfer ||
			       r->group.last <= r->group.transfer)))
		return false;
	/* Of some groups there is nothing left but locks. */
	if (r->group.group > r->group.after && !r->group.total)
		return !r->group.id && !r->group.first && !r->group.count &&
		       !r->group.transfer;
	return r->group.group > r->group.after && r->group.id &&
	       r->group.id <= r->group.gseq && r->group.count &&
	       r->group.total <= SAMR_MEMBERS_MAX &&
	       r->group.first < r->group.total &&
	       r->group.count <= r->group.total - r->group.first;
}

/* So many entries, from one on, of a total. */
static bool is_part(const struct samr_record *r)
{
	if (!r->locks.total)
		return !r->locks.first && !r->locks.count && !r->len;
	return r->locks.count && r->locks.first < r->locks.total &&
	       r->locks.count <= r->locks.total - r->locks.first;
}

static bool get_locks(const struct samr_rec_state_locks *w,
		      struct samr_record *r)
{
	r->locks.group = be32_to_cpu(w->group);
	r->locks.after = be32_to_cpu(w->after);
	r->locks.total = be16_to_cpu(w->total);
	r->locks.first = be16_to_cpu(w->first);
	r->locks.count = be16_to_cpu(w->count);
	r->locks.alarms = be32_to_cpu(w->alarms);
	r->locks.gseq = be64_to_cpu(w->gseq);
	if (w->reserved || r->locks.group <= r->locks.after ||
	    (w->alarms && r->type == SAMR_REC_STATE_LOCKS) ||
	    r->len < r->locks.count * (r->type == SAMR_REC_STATE_LOCKS ?
				       sizeof(struct samr_rec_lock) :
				       sizeof(struct samr_rec_session)))
		return false;
	return is_part(r);
}

static bool get_alarms(const struct samr_rec_state_alarms *w,
		       struct samr_record *r)
{
	r->locks.group = be32_to_cpu(w->group);
	r->locks.after = be32_to_cpu(w->after);
	r->locks.total = be16_to_cpu(w->total);
	r->locks.first = be16_to_cpu(w->first);
	r->locks.count = be16_to_cpu(w->count);
	r->locks.gseq = be64_to_cpu(w->gseq);
	r->locks.last = be64_to_cpu(w->last);
	return !w->reserved && !w->reserved2 &&
	       r->locks.group > r->locks.after && r->locks.last &&
	       r->len == r->locks.count * sizeof(struct samr_rec_alarm) &&
	       is_part(r);
}

static bool get_reply_ask(const struct samr_rec_reply_ask *w,
			  struct samr_record *r)
{
	r->reply.group = be32_to_cpu(w->group);
	r->reply.session = be64_to_cpu(w->session);
	r->reply.request = be64_to_cpu(w->request);
	r->reply.off = be32_to_cpu(w->off);
	return !w->reserved && !r->len && r->reply.group && r->reply.session &&
	       r->reply.request && r->reply.off <= SAMR_REPLY_MAX;
}

static bool get_reply(const struct samr_rec_reply *w, struct samr_record *r)
{
	r->reply.group = be32_to_cpu(w->group);
	r->reply.session = be64_to_cpu(w->session);
	r->reply.request = be64_to_cpu(w->request);
	r->reply.commit = be64_to_cpu(w->commit);
	r->reply.total = be32_to_cpu(w->total);
	r->reply.off = be32_to_cpu(w->off);
	return r->reply.group && r->reply.session && r->reply.request &&
	       r->reply.commit > r->reply.session &&
	       r->reply.total <= SAMR_REPLY_MAX && r->len <= r->reply.total &&
	       r->reply.off <= r->reply.total - r->len &&
	       (r->len || !r->reply.total);
}

static bool get_stream_ask(const struct samr_rec_stream_ask *w,
			   struct samr_record *r)
{
	r->stream.group = be32_to_cpu(w->group);
	r->stream.session = be64_to_cpu(w->session);
	r->stream.from = be64_to_cpu(w->from);
	return !r->len && r->stream.group && r->stream.session;
}

static bool get_stream(const struct samr_rec_stream *w, struct samr_record *r)
{
	static const u8 zero[sizeof(w->reserved)];
	bool any = r->len || w->end;

	r->stream.group = be32_to_cpu(w->group);
	r->stream.session = be64_to_cpu(w->session);
	r->stream.read = be64_to_cpu(w->read);
	r->stream.from = be64_to_cpu(w->from);
	r->stream.commit = be64_to_cpu(w->commit);
	r->stream.end = w->end;
	return r->stream.group && r->stream.session &&
	       any == !!r->stream.from &&
	       (any ? r->stream.commit >= r->stream.session :
		      !r->stream.commit) &&
	       r->stream.from <= SAMR_NUMBER_MAX && w->end <= SAMR_END_RESET &&
	       !memcmp(w->reserved, zero, sizeof(zero));
}

static bool get_barrier(const struct samr_rec_barrier *w, struct samr_record *r)
{
	r->barrier.number = be64_to_cpu(w->number);
	r->barrier.held = be64_to_cpu(w->held);
	return !w->reserved && !r->len && r->barrier.number &&
	       (r->type == SAMR_REC_BARRIER || !w->held);
}

static bool get_question(const struct samr_rec_question *w,
			 struct samr_record *r)
{
	r->question.group = be32_to_cpu(w->group);
	r->question.number = be64_to_cpu(w->number);
	r->question.place = be64_to_cpu(w->place);
	r->question.tag = be64_to_cpu(w->tag);
	r->question.from = be32_to_cpu(w->from);
	r->question.most = be32_to_cpu(w->most);
	r->question.uid = be32_to_cpu(w->uid);
	r->question.gid = be32_to_cpu(w->gid);
	r->question.total = be32_to_cpu(w->total);
	r->question.off = be32_to_cpu(w->off);
	return r->question.group && r->question.number &&
	       r->question.most <= SAMR_REPLY_MAX &&
	       r->question.from <= r->question.most &&
	       (r->question.tag || !r->question.from) &&
	       r->question.total <= SAMR_QUESTION_MAX &&
	       r->len <= r->question.total &&
	       r->question.off <= r->question.total - r->len &&
	       (r->len || !r->question.total);
}

static bool get_verdict(const struct samr_rec_verdict *w, struct samr_record *r)
{
	r->verdict.group = be32_to_cpu(w->group);
	r->verdict.number = be64_to_cpu(w->number);
	r->verdict.tag = be64_to_cpu(w->tag);
	r->verdict.commit = be64_to_cpu(w->commit);
	r->verdict.total = be32_to_cpu(w->total);
	r->verdict.off = be32_to_cpu(w->off);
	return r->verdict.group && r->verdict.number && r->verdict.tag &&
	       r->verdict.commit && r->verdict.total <= SAMR_REPLY_MAX &&
	       r->len <= r->verdict.total &&
	       r->verdict.off <= r->verdict.total - r->len &&
	       (r->len || !r->verdict.total);
}

static bool get_knock(const struct samr_rec_knock *w, struct samr_record *r)
{
	r->welcome.link = be64_to_cpu(w->link);
	return !w->reserved && r->welcome.link;
}

static bool get_welcome(const struct samr_rec_welcome *w,
			struct samr_record *r)
{
	r->welcome.link = be64_to_cpu(w->link);
	r->welcome.inc = be64_to_cpu(w->inc);
	r->welcome.heads = be64_to_cpu(w->heads);
	r->welcome.flags = be32_to_cpu(w->flags);
	return r->welcome.link && r->welcome.inc && !(r->welcome.heads & 1) &&
	       !(r->welcome.flags & ~SAMR_WELCOME_FLAGS);
}

static bool get_pipe(const struct samr_rec_pipe *w, struct samr_record *r)
{
	r->pipe.link = be64_to_cpu(w->link);
	r->pipe.inc = be64_to_cpu(w->inc);
	r->pipe.got = be64_to_cpu(w->got);
	r->pipe.early = be64_to_cpu(w->early);
	r->pipe.heads = be64_to_cpu(w->heads);
	r->pipe.flags = be16_to_cpu(w->flags);
	r->pipe.size = be16_to_cpu(w->size);
	if (r->pipe.flags & SAMR_PIPE_BEGIN ?
	    r->pipe.size < SAMR_FRAME_MIN || r->pipe.size > SAMR_FRAME_LIMIT :
	    r->pipe.size)
		return false;
	return !r->len && r->pipe.link && r->pipe.inc && !(r->pipe.heads & 1) &&
	       !(r->pipe.flags & ~SAMR_PIPE_FLAGS);
}

/* Does what is carried go together? Whether its sender may send it is not asked here. */
static bool carry_fits(const struct samr_carry *c)
{
	const struct samr_meta m = {
		.arg = c->arg, .group = c->group, .len = c->total,
		.kind = c->kind, .flags = c->mflags,
	};

	switch (c->what) {
	case SAMR_CARRY_SUBMIT:
		return c->number && !(c->mflags & SAMR_MSG_GROUP) &&
		       (c->kind == SAMR_KIND_SESSION ||
			c->kind == SAMR_KIND_STREAM ||
			c->kind == SAMR_KIND_REQUEST) && samr_wire_fits(&m);
	case SAMR_CARRY_QUERY:
		return c->kind == SAMR_KIND_QUERY && c->mflags <= 1 &&
		       c->total <= SAMR_QUESTION_MAX &&
		       c->next <= SAMR_REPLY_MAX;
	case SAMR_CARRY_FORGET:
		return !c->total;
	case SAMR_CARRY_TOLD:
		return c->number && c->place && !c->total;
	case SAMR_CARRY_GIVE:
		return c->kind == SAMR_KIND_REPLY || c->kind == SAMR_KIND_ANSWER;
	default:
		return false;
	}
}

static bool get_carry(const struct samr_rec_carry *w, struct samr_record *r)
{
	struct samr_carry *c = &r->carry;

	c->seq = be64_to_cpu(w->seq);
	c->number = be64_to_cpu(w->number);
	c->place = be64_to_cpu(w->place);
	c->session = be64_to_cpu(w->session);
	c->next = be64_to_cpu(w->next);
	c->arg = be64_to_cpu(w->arg);
	c->group = be32_to_cpu(w->group);
	c->port = be32_to_cpu(w->port);
	c->uid = be32_to_cpu(w->uid);
	c->gid = be32_to_cpu(w->gid);
	c->total = be32_to_cpu(w->total);
	c->off = be32_to_cpu(w->off);
	c->what = w->what;
	c->kind = w->kind;
	c->mflags = w->mflags;
	c->result = w->result;
	return c->seq && c->group && c->port <= SAMR_CARRY_PORT_MAX &&
	       c->total <= SAMR_LEN_MAX && r->len <= c->total &&
	       c->off <= c->total - r->len && (r->len || !c->total) &&
	       carry_fits(c);
}

/* Bytes of a record without its payload; 0: not a type of this version. */
static u32 fixed_len(u8 type)
{
	static const u8 len[] = {
		[SAMR_REC_SUBMIT]	= sizeof(struct samr_rec_submit),
		[SAMR_REC_ORDER]	= sizeof(struct samr_rec_order),
		[SAMR_REC_NACK]		= sizeof(struct samr_rec_nack),
		[SAMR_REC_BEAT]		= sizeof(struct samr_rec_beat),
		[SAMR_REC_HELLO]	= sizeof(struct samr_rec_hello),
		[SAMR_REC_VIEW]		= sizeof(struct samr_rec_plan),
		[SAMR_REC_CREDIT]	= sizeof(struct samr_rec_credit),
		[SAMR_REC_CREDIT_ASK]	= sizeof(struct samr_rec_credit),
		[SAMR_REC_PREPARE]	= sizeof(struct samr_rec_ask),
		[SAMR_REC_ANSWER]	= sizeof(struct samr_rec_answer),
		[SAMR_REC_TAKEN]	= sizeof(struct samr_rec_plan),
		[SAMR_REC_ACCEPT]	= sizeof(struct samr_rec_plan),
		[SAMR_REC_ACCEPTED]	= sizeof(struct samr_rec_ask),
		[SAMR_REC_REFUSE]	= sizeof(struct samr_rec_ask),
		[SAMR_REC_DEAD]		= sizeof(struct samr_rec_dead),
		[SAMR_REC_STATE_ASK]	= sizeof(struct samr_rec_state_ask),
		[SAMR_REC_STATE]	= sizeof(struct samr_rec_state),
		[SAMR_REC_STATE_GROUP]	= sizeof(struct samr_rec_state_group),
		[SAMR_REC_STATE_LOCKS]	= sizeof(struct samr_rec_state_locks),
		[SAMR_REC_STATE_SESSIONS] = sizeof(struct samr_rec_state_locks),
		[SAMR_REC_REPLY_ASK]	= sizeof(struct samr_rec_reply_ask),
		[SAMR_REC_REPLY]	= sizeof(struct samr_rec_reply),
		[SAMR_REC_STREAM_ASK]	= sizeof(struct samr_rec_stream_ask),
		[SAMR_REC_STREAM]	= sizeof(struct samr_rec_stream),
		[SAMR_REC_BARRIER_ASK]	= sizeof(struct samr_rec_barrier),
		[SAMR_REC_BARRIER]	= sizeof(struct samr_rec_barrier),
		[SAMR_REC_QUESTION]	= sizeof(struct samr_rec_question),
		[SAMR_REC_VERDICT]	= sizeof(struct samr_rec_verdict),
		[SAMR_REC_STATE_ALARMS]	= sizeof(struct samr_rec_state_alarms),
		[SAMR_REC_KNOCK]	= sizeof(struct samr_rec_knock),
		[SAMR_REC_WELCOME]	= sizeof(struct samr_rec_welcome),
		[SAMR_REC_PIPE]		= sizeof(struct samr_rec_pipe),
		[SAMR_REC_CARRY]	= sizeof(struct samr_rec_carry),
	};

	return type < ARRAY_SIZE(len) ? len[type] : 0;
}

static bool get_credit(const struct samr_rec_credit *w, struct samr_record *r)
{
	r->credit.group = be32_to_cpu(w->group);
	r->credit.gseq = be64_to_cpu(w->gseq);
	return r->credit.group && !r->len;
}

/* The rest of a record whose bytes @p are all there and of the right length. */
static bool get_body(const void *p, const struct samr_blob *frame,
		     const struct samr_frame_info *info,
		     struct samr_record *r)
{
	const struct samr_rec_state_ask *ask = p;

	switch (r->type) {
	case SAMR_REC_SUBMIT:
		return get_submit(p, info, r);
	case SAMR_REC_ORDER:
		return get_order(p, r);
	case SAMR_REC_NACK:
		return get_nack(p, r);
	case SAMR_REC_BEAT:
		return get_beat(p, r);
	case SAMR_REC_HELLO:
		return get_hello(p, r);
	case SAMR_REC_VIEW:
	case SAMR_REC_TAKEN:
	case SAMR_REC_ACCEPT:
		return get_plan(p, frame, r);
	case SAMR_REC_CREDIT:
	case SAMR_REC_CREDIT_ASK:
		return get_credit(p, r);
	case SAMR_REC_ANSWER:
		return get_answer(p, r);
	case SAMR_REC_DEAD:
		return get_dead(p, r);
	case SAMR_REC_STATE_ASK:
		r->after = be32_to_cpu(ask->after);
		return !r->len;
	case SAMR_REC_STATE:
		return get_state(p, r);
	case SAMR_REC_STATE_GROUP:
		return get_group(p, r);
	case SAMR_REC_STATE_LOCKS:
	case SAMR_REC_STATE_SESSIONS:
		return get_locks(p, r);
	case SAMR_REC_STATE_ALARMS:
		return get_alarms(p, r);
	case SAMR_REC_REPLY_ASK:
		return get_reply_ask(p, r);
	case SAMR_REC_REPLY:
		return get_reply(p, r);
	case SAMR_REC_STREAM_ASK:
		return get_stream_ask(p, r);
	case SAMR_REC_STREAM:
		return get_stream(p, r);
	case SAMR_REC_BARRIER_ASK:
	case SAMR_REC_BARRIER:
		return get_barrier(p, r);
	case SAMR_REC_QUESTION:
		return get_question(p, r);
	case SAMR_REC_VERDICT:
		return get_verdict(p, r);
	case SAMR_REC_KNOCK:
		return get_knock(p, r);
	case SAMR_REC_WELCOME:
		return get_welcome(p, r);
	case SAMR_REC_PIPE:
		return get_pipe(p, r);
	case SAMR_REC_CARRY:
		return get_carry(p, r);
	default:
		return get_ask(p, r);
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
		struct samr_rec_plan plan;
		struct samr_rec_carry carry;
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
	if (!get_body(p, frame, info, r))
		return SAMR_DROP_RECORD;
	*at += len;
	return SAMR_DROP_NONE;
}

void samr_wire_seat(const struct samr_blob *frame, const struct samr_record *r,
		    u32 i, struct samr_seat *seat)
{
	struct samr_rec_seat scratch;
	const struct samr_rec_seat *w;

	w = samr_blob_peek(frame, r->at + i * (u32)sizeof(*w), sizeof(*w),
			   &scratch);
	if (!w || !get_seat(w, seat))
		memset(seat, 0, sizeof(*seat));
}
