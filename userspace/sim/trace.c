// SPDX-License-Identifier: GPL-2.0
/* Transcripts, see trace.h. */
#include <stdarg.h>
#include <stdlib.h>

#include "core/strings.h"
#include "sim.h"
#include "trace.h"

/* Width of what stands in front of an event's text. */
#define MARGIN	15

struct text {
	char *buf;
	size_t size;
	size_t at;
};

static void __attribute__((format(printf, 2, 3))) put(struct text *t,
						      const char *fmt, ...)
{
	va_list ap;
	int n;

	va_start(ap, fmt);
	n = vsnprintf(t->buf + t->at, t->size - t->at, fmt, ap);
	va_end(ap);
	t->at = min(t->at + (size_t)n, t->size - 1);
}

static void put_meta(struct text *t, const struct samr_meta *m)
{
	put(t, "%llu:%llu g%u %s", (unsigned long long)m->origin,
	    (unsigned long long)m->oseq, m->group, samr_strings_kind(m->kind));
	if (m->kind == SAMR_KIND_DATA)
		put(t, " %u", m->len);
	if (m->kind == SAMR_KIND_STATE)
		put(t, " %u of %llu", m->len, (unsigned long long)m->arg);
	if (m->kind == SAMR_KIND_READ)
		put(t, " up to %llu", (unsigned long long)m->arg);
	if (m->kind == SAMR_KIND_SNAPSHOT && m->arg)
		put(t, " instead of %llu", (unsigned long long)m->arg);
	if (m->kind == SAMR_KIND_REQUEST || m->kind == SAMR_KIND_REPLY ||
	    m->kind == SAMR_KIND_RETURN ||
	    m->kind == SAMR_KIND_QUERY || m->kind == SAMR_KIND_ANSWER)
		put(t, " %llu", (unsigned long long)m->arg);
	if (m->flags & SAMR_MSG_FIN)
		put(t, " fin");
	if (m->flags & SAMR_MSG_STATEFUL)
		put(t, " stateful");
	if (m->flags & SAMR_MSG_LAST)
		put(t, " last");
	if (m->flags & SAMR_MSG_FAILED)
		put(t, " failed");
	if (m->flags & SAMR_MSG_KEEP && m->kind != SAMR_KIND_REQUEST)
		put(t, " keep");
	if (m->flags & SAMR_MSG_SAFE)
		put(t, " safe");
}

static const char *const call_name[] = {
	[SAMR_CALL_OPEN] = "connect", [SAMR_CALL_CLOSE] = "disconnect",
	[SAMR_CALL_REQUEST] = "call",
};

static const char *const alarm_name[] = {
	[SAMR_ALARM_SET] = "alarm", [SAMR_ALARM_CANCEL] = "cancel",
	[SAMR_ALARM_RING] = "ring",
};

static const char *const alarm_end[] = {
	[SAMR_AL_NONE] = "", [SAMR_AL_RUNG] = "rings",
	[SAMR_AL_FULL] = "has no room", [SAMR_AL_CANCELLED] = "is cancelled",
};

static const char *const end_name[] = {
	[SAMR_END_NONE] = "", [SAMR_END_SHUT] = ", shut",
	[SAMR_END_CLOSED] = ", closed", [SAMR_END_RESET] = ", reset",
};

static void put_stream(struct text *t, const struct samr_record *r)
{
	put(t, " g%u s%llu", r->stream.group,
	    (unsigned long long)r->stream.session);
	if (r->type == SAMR_REC_STREAM)
		put(t, " read %llu", (unsigned long long)r->stream.read);
	if (!r->stream.from)
		return;
	put(t, " from %llu", (unsigned long long)r->stream.from);
	if (r->type == SAMR_REC_STREAM)
		put(t, " %u bytes of place %llu%s", r->len,
		    (unsigned long long)r->stream.commit,
		    end_name[r->stream.end]);
	if (r->flags & SAMR_REC_F_AGAIN)
		put(t, " again");
}

static void put_carry(struct text *t, const struct samr_carry *c)
{
	static const char *const what[] = {
		"?", "submit", "query", "forget", "told", "give",
	};

	put(t, " %llu %s g%u %s %llu", (unsigned long long)c->seq, what[c->what],
	    c->group, samr_strings_kind(c->kind), (unsigned long long)c->arg);
	if (c->off)
		put(t, " from byte %u", c->off);
}

static void put_transfer(struct text *t, const struct samr_transfer *x)
{
	u32 i;

	if (!x)
		return;
	if (!x->id) {
		put(t, x->lost ? " -> state lost" : " -> no transfer");
		return;
	}
	put(t, " -> transfer %llu from", (unsigned long long)x->id);
	if (x->donor.node)
		put(t, " %llu.%u to", (unsigned long long)x->donor.node,
		    x->donor.port);
	else
		put(t, " nobody any more to");
	for (i = 0; i < x->count; i++)
		put(t, " %llu.%u", (unsigned long long)x->to[i].node,
		    x->to[i].port);
}

static void put_part(struct text *t, const struct samr_record *r)
{
	if (r->len != r->meta.len)
		put(t, " bytes %u..%u", r->off, r->off + r->len);
}

static void put_nack(struct text *t, const struct samr_nack *n)
{
	if (n->origin)
		put(t, " %llu:%llu", (unsigned long long)n->origin,
		    (unsigned long long)n->first);
	else
		put(t, " %llu", (unsigned long long)n->first);
	if (n->last != n->first)
		put(t, "..%llu", (unsigned long long)n->last);
	if (n->len)
		put(t, " bytes %u..%u", n->off, n->off + n->len);
}

static void put_ballot(struct text *t, const struct samr_ballot *b)
{
	put(t, " @%llu.%llu", (unsigned long long)b->counter,
	    (unsigned long long)b->node);
}

static void put_plan(struct text *t, const struct samr_record *r)
{
	const struct samr_plan *p = &r->plan;
	u32 i;

	put(t, " epoch %llu of", (unsigned long long)p->epoch);
	for (i = 0; i < p->count; i++)
		put(t, " %u%s", p->seat[i].node,
		    p->seat[i].flags & SAMR_SEAT_LEARNER ? "(learner)" :
		    p->seat[i].flags & SAMR_SEAT_WITNESS ? "(witness)" : "");
	if (p->base)
		put(t, " at %llu", (unsigned long long)p->base);
	if (r->type == SAMR_REC_ACCEPT && (r->flags & SAMR_PLAN_HOLD))
		put(t, " to be held first");
	if (!r->ballot.counter)
		return;
	put_ballot(t, &r->ballot);
	if (samr_ballot_cmp(&r->ballot, &p->born))
		put_ballot(t, &p->born);
}

static void put_answer(struct text *t, const struct samr_record *r)
{
	put_ballot(t, &r->ballot);
	put(t, " epoch %llu holds %llu hears %#llx",
	    (unsigned long long)r->answer.epoch,
	    (unsigned long long)r->answer.prefix,
	    (unsigned long long)r->answer.hears);
	if (r->answer.accepted.counter) {
		put(t, " accepted");
		put_ballot(t, &r->answer.accepted);
	}
	if (r->answer.flags & SAMR_ANSWER_LEAVING)
		put(t, " leaving");
	if (r->answer.flags & SAMR_ANSWER_READY)
		put(t, " ready");
}

/* Records about views and state. */
static void put_other(struct text *t, const struct samr_record *r)
{
	switch (r->type) {
	case SAMR_REC_PREPARE:
	case SAMR_REC_ACCEPTED:
	case SAMR_REC_REFUSE:
		put_ballot(t, &r->ballot);
		put(t, " epoch %llu", (unsigned long long)r->epoch);
		break;
	case SAMR_REC_ANSWER:
		put_answer(t, r);
		break;
	case SAMR_REC_DEAD:
		put(t, " %llu", (unsigned long long)r->dead.node);
		break;
	case SAMR_REC_STATE_ASK:
		put(t, " after g%u", r->after);
		break;
	case SAMR_REC_STATE_GROUP:
		put(t, " g%u %u+%u of %u", r->group.group, r->group.first,
		    r->group.count, r->group.total);
		break;
	case SAMR_REC_REPLY_ASK:
	case SAMR_REC_REPLY:
		put(t, " g%u s%llu %llu", r->reply.group,
		    (unsigned long long)r->reply.session,
		    (unsigned long long)r->reply.request);
		if (r->type == SAMR_REC_REPLY)
			put(t, " of place %llu",
			    (unsigned long long)r->reply.commit);
		if (r->reply.off || (r->type == SAMR_REC_REPLY &&
				     r->len < r->reply.total))
			put(t, " from byte %u", r->reply.off);
		break;
	case SAMR_REC_STREAM_ASK:
	case SAMR_REC_STREAM:
		put_stream(t, r);
		break;
	case SAMR_REC_BARRIER_ASK:
	case SAMR_REC_BARRIER:
		put(t, " %llu", (unsigned long long)r->barrier.number);
		if (r->type == SAMR_REC_BARRIER)
			put(t, " held %llu",
			    (unsigned long long)r->barrier.held);
		break;
	case SAMR_REC_STATE_LOCKS:
	case SAMR_REC_STATE_ALARMS:
	case SAMR_REC_STATE_SESSIONS:
		put(t, " g%u %u+%u of %u", r->locks.group, r->locks.first,
		    r->locks.count, r->locks.total);
		break;
	case SAMR_REC_CREDIT:
		put(t, " g%u read %llu", r->credit.group,
		    (unsigned long long)r->credit.gseq);
		break;
	case SAMR_REC_CREDIT_ASK:
		put(t, " g%u", r->credit.group);
		break;
	case SAMR_REC_WELCOME:
		put(t, "%s%s", r->welcome.flags & SAMR_WELCOME_SERVES ?
		    "" : " elsewhere", r->welcome.flags & SAMR_WELCOME_FULL ?
		    " full" : "");
		break;
	case SAMR_REC_PIPE:
		put(t, "%s%s got %llu", r->pipe.flags & SAMR_PIPE_BEGIN ?
		    " begin" : "", r->pipe.flags & SAMR_PIPE_BYE ? " bye" : "",
		    (unsigned long long)r->pipe.got);
		break;
	case SAMR_REC_CARRY:
		put_carry(t, &r->carry);
		break;
	}
}

static void put_saved(struct text *t, const struct samr_saved *s)
{
	if (s->told)
		put(t, " saved %llu of %#llx", (unsigned long long)s->epoch,
		    (unsigned long long)s->members);
}

static void put_record(struct text *t, const struct samr_record *r)
{
	put(t, "%s", samr_strings_rec(r->type));
	switch (r->type) {
	case SAMR_REC_SUBMIT:
		put(t, " ");
		put_meta(t, &r->meta);
		put_part(t, r);
		if (r->flags & SAMR_REC_F_ALL)
			put(t, " to all");
		break;
	case SAMR_REC_ORDER:
		put(t, " %llu = ", (unsigned long long)r->meta.gseq);
		put_meta(t, &r->meta);
		if (r->flags & SAMR_REC_F_REF)
			put(t, " by name");
		else
			put_part(t, r);
		if (r->flags & SAMR_REC_F_REPAIR)
			put(t, " again");
		break;
	case SAMR_REC_NACK:
		put_nack(t, &r->nack);
		break;
	case SAMR_REC_BEAT:
		put(t, " last %llu", (unsigned long long)r->beat.last);
		if (r->beat.flags & SAMR_BEAT_READY)
			put(t, " ready");
		if (r->beat.flags & SAMR_BEAT_BYE)
			put(t, " bye");
		put_saved(t, &r->beat.saved);
		break;
	case SAMR_REC_HELLO:
		put(t, " wants %#llx",
		    (unsigned long long)r->hello.members);
		if (r->hello.witness)
			put(t, " witness %#llx",
			    (unsigned long long)r->hello.witness);
		if (r->hello.founders != r->hello.members)
			put(t, " founders %#llx",
			    (unsigned long long)r->hello.founders);
		put_saved(t, &r->hello.saved);
		break;
	case SAMR_REC_VIEW:
	case SAMR_REC_ACCEPT:
	case SAMR_REC_TAKEN:
		put_plan(t, r);
		break;
	default:
		put_other(t, r);
	}
}

static void put_records(struct text *t, const struct samr_blob *frame,
			const struct samr_frame_info *info, u32 hide,
			u32 *shown)
{
	u32 at = sizeof(struct samr_hdr), i;
	struct samr_record r;
	enum samr_drop drop;

	for (i = 0; i < info->records; i++) {
		drop = samr_wire_record(frame, info, &at, &r);
		if (drop == SAMR_DROP_NONE && hide & 1u << r.type)
			continue;
		if ((*shown)++)
			put(t, ", ");
		if (drop) {
			put(t, "? (%s)", samr_strings_drop(drop));
			if (drop == SAMR_DROP_RECORD)
				return;
			continue;
		}
		put_record(t, &r);
	}
}

bool trace_frame(const struct trace *t, const u8 *bytes, u32 len, char *buf,
		 size_t size)
{
	struct text text = { .buf = buf, .size = size };
	struct samr_frame_info info;
	struct buffer *buffer;
	struct samr_blob *blob;
	enum samr_drop drop;
	u32 shown = 0;

	buf[0] = 0;
	drop = samr_wire_header((const struct samr_hdr *)bytes, len,
				CLUSTER_ID, &info);
	if (drop) {
		put(&text, "a frame (%s)", samr_strings_drop(drop));
		return true;
	}
	buffer = buffer_new(len);
	buffer->len = len;
	memcpy(buffer->bytes, bytes, len);
	blob = blob_of_buffer(buffer, 0, len);
	put_records(&text, blob, &info, t->hide, &shown);
	samr_blob_put(blob);
	buffer_put(buffer);
	if (!info.records && !(t->hide & 1)) {
		put(&text, "ACK");
		shown++;
	}
	put(&text, ", ack %llu", (unsigned long long)info.ack);
	return shown;
}

static bool silent(const struct trace *t)
{
	return t->mute || t->cluster->queue.now < t->from;
}

static void stamp(struct trace *t, const char *who)
{
	u64 now = t->cluster->queue.now;

	t->at = now;
	fprintf(t->out, "[%4llu.%03llu] %s ",
		(unsigned long long)(now / SAMR_MSEC),
		(unsigned long long)(now / SAMR_USEC % 1000), who);
}

/* A line of an event of @h. */
static void event(struct trace *t, const struct host *h)
{
	char who[16];

	snprintf(who, sizeof(who), "%u >", h->id);
	stamp(t, who);
	t->node = h->id;
}

/* A line of what follows from @h's event. */
static void effect(struct trace *t, struct host *h)
{
	if (t->node != h->id || t->at != t->cluster->queue.now) {
		event(t, h);
		fprintf(t->out, "timer\n");
	}
	fprintf(t->out, "%*s", MARGIN, "");
}

void trace_note(struct trace *t, const char *fmt, ...)
{
	va_list ap;

	if (silent(t))
		return;
	stamp(t, "- -");
	va_start(ap, fmt);
	vfprintf(t->out, fmt, ap);
	va_end(ap);
	fprintf(t->out, "\n");
}

static struct trace *trace_of(struct watch *w)
{
	return container_of(w, struct trace, watch);
}

static void on_received(struct watch *w, struct host *h,
			const struct buffer *frame, enum samr_drop drop)
{
	struct trace *t = trace_of(w);
	const struct samr_hdr *hdr = (const struct samr_hdr *)frame->bytes;
	char text[1024];

	if (silent(t))
		return;
	if (drop) {
		event(t, h);
		fprintf(t->out, "recv a frame -> dropped: %s\n",
			samr_strings_drop(drop));
		return;
	}
	if (!trace_frame(t, frame->bytes, be16_to_cpu(hdr->len), text,
			 sizeof(text)))
		return;
	event(t, h);
	fprintf(t->out, "recv %s from %llu\n", text,
		(unsigned long long)be64_to_cpu(hdr->src));
}

static void on_stepped(struct watch *w, struct host *h,
		       const struct samr_event *ev, int err)
{
	static const char * const answer[] = {
		[EAGAIN] = "no room now", [ENOTCONN] = "not connected",
		[ENOMEM] = "no memory", [EINVAL] = "invalid",
		[EMSGSIZE] = "too long", [EBUSY] = "busy", [ESTALE] = "stale",
		[ENOTRECOVERABLE] = "halted", [ENOENT] = "nobody waits",
		[EPIPE] = "has ended",
		[EHOSTUNREACH] = "no member here",
	};
	const struct samr_submit *s = &ev->submit;
	struct trace *t = trace_of(w);
	const char *what = "taken";

	if (silent(t))
		return;
	if (err)
		what = -err < (int)ARRAY_SIZE(answer) && answer[-err] ?
		       answer[-err] : "error";
	switch (ev->type) {
	case SAMR_EV_SUBMIT:
		event(t, h);
		fprintf(t->out, "submit g%u %s", s->group,
			samr_strings_kind(s->kind));
		if (s->kind == SAMR_KIND_DATA)
			fprintf(t->out, " %u", s->len);
		if (s->kind == SAMR_KIND_STATE)
			fprintf(t->out, " %u of %llu", s->len,
				(unsigned long long)s->arg);
		if (s->kind == SAMR_KIND_REQUEST)
			fprintf(t->out, " %llu", (unsigned long long)s->arg);
		fprintf(t->out, "%s -> %s\n",
			s->flags & SAMR_MSG_SAFE ? " safe" : "", what);
		break;
	case SAMR_EV_REPLY:
		event(t, h);
		fprintf(t->out, "reply g%u s%llu %llu, %u bytes -> %s\n",
			ev->reply.group, (unsigned long long)ev->reply.session,
			(unsigned long long)ev->reply.request, ev->reply.len,
			what);
		break;
	case SAMR_EV_CALL:
		event(t, h);
		fprintf(t->out, "%s port %u of g%u to g%u ",
			call_name[ev->call.op], ev->call.port, ev->call.group,
			ev->call.service);
		if (ev->call.op == SAMR_CALL_REQUEST)
			fprintf(t->out, "s%llu %llu, %u bytes -> %s\n",
				(unsigned long long)ev->call.session,
				(unsigned long long)ev->call.number,
				ev->call.len, what);
		else
			fprintf(t->out, "%llu -> %s\n",
				(unsigned long long)ev->call.session, what);
		break;
	case SAMR_EV_ALARM:
		event(t, h);
		fprintf(t->out, "%s %llu of g%u port %u",
			alarm_name[ev->alarm.op],
			(unsigned long long)(ev->alarm.which ?:
					     ev->alarm.number),
			ev->alarm.group, ev->alarm.port);
		if (ev->alarm.which)
			fprintf(t->out, " by %llu",
				(unsigned long long)ev->alarm.number);
		fprintf(t->out, " -> %s\n", what);
		break;
	case SAMR_EV_OUTPUT:
		event(t, h);
		fprintf(t->out, "output g%u s%llu from %llu, %u bytes%s -> %s\n",
			ev->output.group,
			(unsigned long long)ev->output.session,
			(unsigned long long)ev->output.from, ev->output.len,
			end_name[ev->output.end], what);
		break;
	case SAMR_EV_INPUT:
		event(t, h);
		fprintf(t->out, "input g%u s%llu read up to %llu\n",
			ev->input.group, (unsigned long long)ev->input.session,
			(unsigned long long)ev->input.upto);
		break;
	case SAMR_EV_PLACE:
		event(t, h);
		fprintf(t->out, "place g%u port %u of %llu: s%llu %s read up to %llu%s, made up to %llu, end %u -> %s\n",
			ev->place.group, ev->place.port,
			(unsigned long long)ev->place.id,
			(unsigned long long)ev->place.session,
			ev->place.how == SAMR_PLACE_KEEP ? "goes on" : "ends",
			(unsigned long long)ev->place.read,
			ev->place.fin ? " fin" : "",
			(unsigned long long)ev->place.made, ev->place.end,
			what);
		break;
	case SAMR_EV_QUERY:
		event(t, h);
		fprintf(t->out, "query g%u %llu from port %u%s -> %s\n",
			ev->query.group, (unsigned long long)ev->query.arg,
			ev->query.port, ev->query.linear ? " linear" : "", what);
		break;
	case SAMR_EV_ANSWER:
		event(t, h);
		fprintf(t->out, "answer g%u %llu, %u bytes -> %s\n",
			ev->answer.group, (unsigned long long)ev->answer.query,
			ev->answer.len, what);
		break;
	case SAMR_EV_FORGET:
		event(t, h);
		fprintf(t->out, "forget g%u port %u\n", ev->forget.group,
			ev->forget.port);
		break;
	case SAMR_EV_CONSUMED:
		event(t, h);
		fprintf(t->out, "read g%u up to %llu\n", ev->consumed.group,
			(unsigned long long)ev->consumed.gseq);
		break;
	case SAMR_EV_MEMBERS:
		event(t, h);
		fprintf(t->out, "members %#llx",
			(unsigned long long)ev->members);
		if (ev->founders)
			fprintf(t->out, " founders %#llx",
				(unsigned long long)(ev->founders &
						     ~SAMR_NO_FOUNDERS));
		fprintf(t->out, "%s%s\n", err ? " -> " : "", err ? what : "");
		break;
	case SAMR_EV_SAVED:
		event(t, h);
		fprintf(t->out, "saved %llu of %#llx%s%s%s\n",
			(unsigned long long)ev->saved.epoch,
			(unsigned long long)ev->saved.members,
			ev->keeper ? ", keeps" : "", err ? " -> " : "",
			err ? what : "");
		break;
	case SAMR_EV_FRAME_MAX:
		event(t, h);
		fprintf(t->out, "frames up to %u\n", ev->frame_max);
		break;
	case SAMR_EV_HINT:
		event(t, h);
		fprintf(t->out, "hint: no way to %#llx\n",
			(unsigned long long)ev->lost);
		break;
	case SAMR_EV_FAREWELL:
		event(t, h);
		fprintf(t->out, "farewell%s\n", ev->quit ? ", for good" : "");
		break;
	default:
		break;
	}
}

static void on_sent(struct watch *w, struct host *h, struct samr_blob *frame,
		    u64 dest)
{
	struct trace *t = trace_of(w);
	char text[1024];

	if (silent(t) || !trace_frame(t, blob_bytes(frame),
				      samr_blob_len(frame), text, sizeof(text)))
		return;
	effect(t, h);
	if (dest == SAMR_DEST_ALL)
		fprintf(t->out, "send %s to all\n", text);
	else
		fprintf(t->out, "send %s to %llu\n", text,
			(unsigned long long)dest);
}

static void put_notes(struct text *t, const struct samr_msg *msg)
{
	static const char * const what[] = {
		[SAMR_LK_GRANTED] = "has", [SAMR_LK_QUEUED] = "waits for",
		[SAMR_LK_BUSY] = "does not get", [SAMR_LK_RELEASED] = "gives back",
		[SAMR_LK_STORED] = "stores in",
		[SAMR_LK_WITHDRAWN] = "does not wait for",
		[SAMR_LK_FOUND] = "finds", [SAMR_LK_NONE] = "finds none behind",
		[SAMR_LK_OWNED] = "asks again for",
		[SAMR_LK_FOREIGN] = "has not got",
		[SAMR_LK_FULL] = "finds no room for",
	};
	const struct samr_lock_note *n;
	u32 i;

	for (i = 0; msg->locks && i < msg->locks->count; i++) {
		n = &msg->locks->note[i];
		put(t, "; %llu.%u %s %.*s", (unsigned long long)n->node,
		    n->port, what[n->result], n->name_len,
		    (const char *)n->name);
		if (n->dead)
			put(t, " (dead owner)");
		if (n->value_len)
			put(t, " = %.*s", n->value_len, (const char *)n->value);
	}
}

static void put_heads(struct text *t, u64 heads)
{
	u32 id;

	for (id = 1; id < NET_NODES; id++)
		if (heads & BIT_ULL(id))
			put(t, " %u", id);
}

static void put_diverged(struct text *t, const struct samr_msg *msg)
{
	static const char * const what[] = {
		[SAMR_DIV_OPEN] = "so far", [SAMR_DIV_TIE] = "no majority",
		[SAMR_DIV_MINORITY] = "wrong",
	};
	const struct samr_divergence *d;
	u32 i, k;

	for (i = 0; msg->diverged && i < msg->diverged->count; i++) {
		d = &msg->diverged->d[i];
		put(t, "; s%llu: replies to %llu at %llu differ:",
		    (unsigned long long)d->session,
		    (unsigned long long)d->number,
		    (unsigned long long)d->place);
		for (k = 0; k < SAMR_DIV_VALUES; k++) {
			if (!d->heads[k])
				continue;
			put(t, " %x of", d->value[k]);
			put_heads(t, d->heads[k]);
			put(t, ",");
		}
		if (d->odd) {
			put(t, " others of");
			put_heads(t, d->odd);
			put(t, ",");
		}
		put(t, " %s", what[d->div]);
		put_heads(t, d->wrong);
	}
}

static void put_result(struct text *t, const struct samr_msg *msg)
{
	static const char * const what[] = {
		[SAMR_SES_OPENED] = "opened", [SAMR_SES_ATTACHED] = "attached",
		[SAMR_SES_DONE] = "done", [SAMR_SES_ORDERED] = "ordered",
		[SAMR_SES_REPEATED] = "repeated", [SAMR_SES_AHEAD] = "ahead",
		[SAMR_SES_FULL] = "full", [SAMR_SES_FOREIGN] = "foreign",
		[SAMR_SES_GONE] = "gone", [SAMR_SES_REPLY] = "a reply",
		[SAMR_SES_UNKNOWN] = "unknown", [SAMR_SES_ENDED] = "ended",
		[SAMR_SES_OUTPUT] = "output", [SAMR_SES_SHUT] = "shut",
		[SAMR_SES_CLOSED] = "closed", [SAMR_SES_RESET] = "reset",
		[SAMR_SES_CUT] = "cut",
	};

	if (msg->meta.kind == SAMR_KIND_ALARM) {
		if (!msg->refused)
			put(t, " %llu %s", (unsigned long long)msg->next,
			    alarm_end[msg->result]);
		return;
	}
	if (msg->meta.kind == SAMR_KIND_QUERY)
		put(t, " to port %u, %u bytes", msg->meta.port, msg->meta.len);
	if (msg->meta.kind == SAMR_KIND_ANSWER)
		put(t, " to port %u: %s, %u bytes", msg->meta.port,
		    what[msg->result], msg->meta.len);
	if (!msg->result || msg->meta.kind == SAMR_KIND_ANSWER)
		return;
	put(t, "; s%llu: %s", (unsigned long long)msg->session,
	    what[msg->result]);
	if (msg->meta.kind == SAMR_KIND_REPLY)
		put(t, " to port %u, %u bytes", msg->meta.port, msg->meta.len);
	else if (msg->next)
		put(t, ", next is %llu", (unsigned long long)msg->next);
}

static void on_deliver(struct watch *w, struct host *h, struct samr_msg *msg)
{
	struct trace *t = trace_of(w);
	char buf[512];
	struct text text = { .buf = buf, .size = sizeof(buf) };
	u32 i;

	if (silent(t) || t->hide & TRACE_HIDE_DELIVER)
		return;
	if (!msg->meta.gseq)
		put(&text, "give up ");
	else
		put(&text, "deliver %llu = ",
		    (unsigned long long)msg->meta.gseq);
	put_meta(&text, &msg->meta);
	if (msg->refused)
		put(&text, " refused");
	if (msg->members)
		put(&text, " -> view %llu of",
		    (unsigned long long)msg->members->id);
	for (i = 0; msg->members && i < msg->members->count; i++)
		put(&text, " %llu.%u%s",
		    (unsigned long long)msg->members->m[i].node,
		    msg->members->m[i].port,
		    msg->members->m[i].flags & SAMR_ID_LACKS ? "(lacks)" : "");
	put_transfer(&text, msg->transfer);
	put_notes(&text, msg);
	put_diverged(&text, msg);
	put_result(&text, msg);
	effect(t, h);
	fprintf(t->out, "%s%s\n", buf, msg->owner ? " (own)" : "");
}

static void on_view(struct watch *w, struct host *h)
{
	struct trace *t = trace_of(w);
	struct samr_view_info view;

	if (silent(t))
		return;
	samr_node_view(h->node, &view);
	effect(t, h);
	fprintf(t->out, "view %llu of %u heads, sequencer %llu\n",
		(unsigned long long)view.epoch, view.count,
		(unsigned long long)view.sequencer);
}

static void on_writable(struct watch *w, struct host *h)
{
	struct trace *t = trace_of(w);

	if (silent(t))
		return;
	effect(t, h);
	fprintf(t->out, "writable\n");
}

static void on_stuck(struct watch *w, struct host *h)
{
	struct trace *t = trace_of(w);

	if (silent(t))
		return;
	effect(t, h);
	fprintf(t->out, "stuck\n");
}

static void on_narrow(struct watch *w, struct host *h, u64 heads)
{
	struct trace *t = trace_of(w);
	unsigned int id;

	if (silent(t))
		return;
	effect(t, h);
	fprintf(t->out, "frames may be too large for");
	for (id = 1; id < SAMR_IDS; id++)
		if (heads & BIT_ULL(id))
			fprintf(t->out, " %u", id);
	fprintf(t->out, "\n");
}

void trace_init(struct trace *t, struct cluster *c, FILE *out, u64 from)
{
	memset(t, 0, sizeof(*t));
	t->cluster = c;
	t->out = out;
	t->from = from;
	t->watch.received = on_received;
	t->watch.stepped = on_stepped;
	t->watch.sent = on_sent;
	t->watch.deliver = on_deliver;
	t->watch.view = on_view;
	t->watch.writable = on_writable;
	t->watch.stuck = on_stuck;
	t->watch.narrow = on_narrow;
	cluster_watch(c, &t->watch);
	cluster_watch_far(c, &t->watch);
}
