/* SPDX-License-Identifier: GPL-2.0 */
/*
 * Tracepoints of the shell: what goes in and out of a cluster. Each step of the protocol is a record of a frame
 * (samr_record_in, samr_record_out), or something that a head finds out for itself (the others).
 * Documentation/observing.rst has a line for each.
 */
#undef TRACE_SYSTEM
#define TRACE_SYSTEM samr

#if !defined(SAMR_TRACE_H) || defined(TRACE_HEADER_MULTI_READ)
#define SAMR_TRACE_H

#include <linux/tracepoint.h>
#include "compat.h"
#include "core/msg.h"
#include "core/strings.h"
#include "shell.h"

#ifndef SAMR_RECORD_WORDS
#define SAMR_RECORD_WORDS
/* What stands behind a record's head, as far as it is so long: 4 bytes at 4, 8 at 8, 8 at 16. */
struct samr_record_words {
	u64 number;
	u64 second;
	u32 word;
};
#endif

DECLARE_EVENT_CLASS(samr_frame,
	TP_PROTO(const struct samr_link *l, const struct samr_hdr *h),
	TP_ARGS(l, h),
	TP_STRUCT__entry(
		__field(u32, cluster)
		__field(u64, self)
		__field(u32, link)
		__field(u64, src)
		__field(u64, counter)
		__field(u64, epoch)
		__field(u64, ack)
		__field(u16, len)
		__field(u16, records)
		__field(u8, type)
	),
	TP_fast_assign(
		__entry->cluster = l->c->params.id;
		__entry->self = l->c->params.node;
		__entry->link = l->id;
		__entry->src = be64_to_cpu(h->src);
		__entry->counter = be64_to_cpu(h->counter);
		__entry->epoch = be64_to_cpu(h->epoch);
		__entry->ack = be64_to_cpu(h->ack);
		__entry->len = be16_to_cpu(h->len);
		__entry->records = be16_to_cpu(h->records);
		__entry->type = h->type;
	),
	TP_printk("cluster=%u node=%llu link=%u src=%llu counter=%llu type=%u epoch=%llu ack=%llu len=%u records=%u",
		  __entry->cluster, __entry->self, __entry->link, __entry->src,
		  __entry->counter, __entry->type, __entry->epoch,
		  __entry->ack, __entry->len, __entry->records)
);

DEFINE_EVENT(samr_frame, samr_frame_in,
	TP_PROTO(const struct samr_link *l, const struct samr_hdr *h),
	TP_ARGS(l, h)
);

DEFINE_EVENT(samr_frame, samr_frame_out,
	TP_PROTO(const struct samr_link *l, const struct samr_hdr *h),
	TP_ARGS(l, h)
);

/* What records have in common is where their numbers are, see wire-format.rst. */
DECLARE_EVENT_CLASS(samr_record,
	TP_PROTO(const struct samr_cluster *c, const struct samr_hdr *h, u64 peer,
		 const struct samr_rec *r, const struct samr_record_words *w),
	TP_ARGS(c, h, peer, r, w),
	TP_STRUCT__entry(
		__field(u32, cluster)
		__field(u64, self)
		__field(u64, peer)
		__field(u64, epoch)
		__field(u64, number)
		__field(u64, second)
		__field(u32, word)
		__field(u16, len)
		__field(u8, type)
		__field(u8, flags)
		__string(name, samr_strings_rec(r->type))
	),
	TP_fast_assign(
		__entry->cluster = c->params.id;
		__entry->self = c->params.node;
		__entry->peer = peer;
		__entry->epoch = be64_to_cpu(h->epoch);
		__entry->number = w->number;
		__entry->second = w->second;
		__entry->word = w->word;
		__entry->len = be16_to_cpu(r->len);
		__entry->type = r->type;
		__entry->flags = r->flags;
		samr_assign_str(name, samr_strings_rec(r->type));
	),
	TP_printk("cluster=%u node=%llu peer=%llu epoch=%llu %s flags=%#x len=%u word=%u number=%llu second=%llu",
		  __entry->cluster, __entry->self, __entry->peer,
		  __entry->epoch, __get_str(name), __entry->flags,
		  __entry->len, __entry->word, __entry->number,
		  __entry->second)
);

DEFINE_EVENT(samr_record, samr_record_in,
	TP_PROTO(const struct samr_cluster *c, const struct samr_hdr *h, u64 peer,
		 const struct samr_rec *r, const struct samr_record_words *w),
	TP_ARGS(c, h, peer, r, w)
);

DEFINE_EVENT(samr_record, samr_record_out,
	TP_PROTO(const struct samr_cluster *c, const struct samr_hdr *h, u64 peer,
		 const struct samr_rec *r, const struct samr_record_words *w),
	TP_ARGS(c, h, peer, r, w)
);

TRACE_EVENT(samr_drop,
	TP_PROTO(const struct samr_link *l, u32 len, const char *reason),
	TP_ARGS(l, len, reason),
	TP_STRUCT__entry(
		__field(u32, cluster)
		__field(u64, self)
		__field(u32, link)
		__field(u32, len)
		__string(reason, reason)
	),
	TP_fast_assign(
		__entry->cluster = l->c->params.id;
		__entry->self = l->c->params.node;
		__entry->link = l->id;
		__entry->len = len;
		samr_assign_str(reason, reason);
	),
	TP_printk("cluster=%u node=%llu link=%u len=%u reason=%s",
		  __entry->cluster, __entry->self, __entry->link, __entry->len,
		  __get_str(reason))
);

TRACE_EVENT(samr_submit,
	TP_PROTO(const struct samr_cluster *c, const struct samr_submit *s,
		 int ret),
	TP_ARGS(c, s, ret),
	TP_STRUCT__entry(
		__field(u32, cluster)
		__field(u64, self)
		__field(u32, group)
		__field(u32, port)
		__field(u32, len)
		__field(u8, kind)
		__field(u8, flags)
		__field(int, ret)
	),
	TP_fast_assign(
		__entry->cluster = c->params.id;
		__entry->self = c->params.node;
		__entry->group = s->group;
		__entry->port = s->port;
		__entry->len = s->len;
		__entry->kind = s->kind;
		__entry->flags = s->flags;
		__entry->ret = ret;
	),
	TP_printk("cluster=%u node=%llu group=%u port=%u kind=%u flags=%#x len=%u ret=%d",
		  __entry->cluster, __entry->self, __entry->group,
		  __entry->port, __entry->kind, __entry->flags, __entry->len,
		  __entry->ret)
);

TRACE_EVENT(samr_deliver,
	TP_PROTO(const struct samr_cluster *c, const struct samr_msg *m),
	TP_ARGS(c, m),
	TP_STRUCT__entry(
		__field(u32, cluster)
		__field(u64, self)
		__field(u64, gseq)
		__field(u64, origin)
		__field(u64, oseq)
		__field(u64, epoch)
		__field(u32, group)
		__field(u32, len)
		__field(u8, kind)
	),
	TP_fast_assign(
		__entry->cluster = c->params.id;
		__entry->self = c->params.node;
		__entry->gseq = m->meta.gseq;
		__entry->origin = m->meta.origin;
		__entry->oseq = m->meta.oseq;
		__entry->epoch = m->epoch;
		__entry->group = m->meta.group;
		__entry->len = m->meta.len;
		__entry->kind = m->meta.kind;
	),
	TP_printk("cluster=%u node=%llu gseq=%llu epoch=%llu origin=%llu oseq=%llu group=%u kind=%u len=%u",
		  __entry->cluster, __entry->self, __entry->gseq,
		  __entry->epoch, __entry->origin, __entry->oseq,
		  __entry->group, __entry->kind, __entry->len)
);

TRACE_EVENT(samr_view,
	TP_PROTO(const struct samr_cluster *c, const struct samr_view_info *v),
	TP_ARGS(c, v),
	TP_STRUCT__entry(
		__field(u32, cluster)
		__field(u64, self)
		__field(u64, epoch)
		__field(u64, sequencer)
		__field(u32, count)
	),
	TP_fast_assign(
		__entry->cluster = c->params.id;
		__entry->self = c->params.node;
		__entry->epoch = v->epoch;
		__entry->sequencer = v->sequencer;
		__entry->count = v->count;
	),
	TP_printk("cluster=%u node=%llu epoch=%llu sequencer=%llu members=%u",
		  __entry->cluster, __entry->self, __entry->epoch,
		  __entry->sequencer, __entry->count)
);

TRACE_EVENT(samr_doubt,
	TP_PROTO(const struct samr_cluster *c, const struct samr_view_info *v),
	TP_ARGS(c, v),
	TP_STRUCT__entry(
		__field(u32, cluster)
		__field(u64, self)
		__field(u64, epoch)
		__field(u64, suspects)
	),
	TP_fast_assign(
		__entry->cluster = c->params.id;
		__entry->self = c->params.node;
		__entry->epoch = v->epoch;
		__entry->suspects = v->suspects;
	),
	TP_printk("cluster=%u node=%llu epoch=%llu suspects=%llx",
		  __entry->cluster, __entry->self, __entry->epoch,
		  __entry->suspects)
);

TRACE_EVENT(samr_places,
	TP_PROTO(const struct samr_cluster *c, const struct samr_node_stats *s),
	TP_ARGS(c, s),
	TP_STRUCT__entry(
		__field(u32, cluster)
		__field(u64, self)
		__field(u64, last)
		__field(u64, held)
		__field(u64, delivered)
		__field(u64, stable)
		__field(u64, trimmed)
	),
	TP_fast_assign(
		__entry->cluster = c->params.id;
		__entry->self = c->params.node;
		__entry->last = s->last;
		__entry->held = s->held;
		__entry->delivered = s->delivered;
		__entry->stable = s->stable;
		__entry->trimmed = s->trimmed;
	),
	TP_printk("cluster=%u node=%llu last=%llu held=%llu delivered=%llu stable=%llu trimmed=%llu",
		  __entry->cluster, __entry->self, __entry->last,
		  __entry->held, __entry->delivered, __entry->stable,
		  __entry->trimmed)
);

TRACE_EVENT(samr_fence,
	TP_PROTO(const struct samr_cluster *c, const struct samr_fence *f),
	TP_ARGS(c, f),
	TP_STRUCT__entry(
		__field(u32, cluster)
		__field(u64, self)
		__field(u64, victim)
		__field(u64, inc)
		__field(u64, epoch)
		__field(u32, why)
		__field(bool, dead)
	),
	TP_fast_assign(
		__entry->cluster = c->params.id;
		__entry->self = c->params.node;
		__entry->victim = f->id;
		__entry->inc = f->inc;
		__entry->epoch = f->epoch;
		__entry->why = f->why;
		__entry->dead = f->dead;
	),
	TP_printk("cluster=%u node=%llu victim=%llu inc=%llx epoch=%llu why=%u dead=%d",
		  __entry->cluster, __entry->self, __entry->victim,
		  __entry->inc, __entry->epoch, __entry->why, __entry->dead)
);

TRACE_EVENT(samr_end,
	TP_PROTO(const struct samr_cluster *c, const char *why),
	TP_ARGS(c, why),
	TP_STRUCT__entry(
		__field(u32, cluster)
		__field(u64, self)
		__string(why, why)
	),
	TP_fast_assign(
		__entry->cluster = c->params.id;
		__entry->self = c->params.node;
		samr_assign_str(why, why);
	),
	TP_printk("cluster=%u node=%llu why=%s", __entry->cluster,
		  __entry->self, __get_str(why))
);

TRACE_EVENT(samr_link_state,
	TP_PROTO(const struct samr_link *l, u32 state),
	TP_ARGS(l, state),
	TP_STRUCT__entry(
		__field(u32, cluster)
		__field(u64, self)
		__field(u32, link)
		__field(u32, state)
	),
	TP_fast_assign(
		__entry->cluster = l->c->params.id;
		__entry->self = l->c->params.node;
		__entry->link = l->id;
		__entry->state = state;
	),
	TP_printk("cluster=%u node=%llu link=%u state=%u", __entry->cluster,
		  __entry->self, __entry->link, __entry->state)
);

#endif /* SAMR_TRACE_H */

#undef TRACE_INCLUDE_PATH
#undef TRACE_INCLUDE_FILE
#define TRACE_INCLUDE_PATH .
#define TRACE_INCLUDE_FILE trace
#include <trace/define_trace.h>
