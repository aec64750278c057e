// SPDX-License-Identifier: GPL-2.0
/*
 * The core's counters against what was seen to happen: each frame, record and
 * submission counts, once.
 */
#include "check.h"
#include "sim.h"

/* Count the records of a frame of the core's own, and the NACKs of them. */
static void count_records(const struct samr_blob *frame, u64 *all, u64 *nacks)
{
	const struct samr_hdr *h = (const struct samr_hdr *)blob_bytes(frame);
	u32 at = sizeof(*h), n = be16_to_cpu(h->records), i;
	struct samr_rec rec;

	for (i = 0; i < n; i++) {
		memcpy(&rec, blob_bytes(frame) + at, sizeof(rec));
		*nacks += rec.type == SAMR_REC_NACK;
		at += be16_to_cpu(rec.len);
	}
	*all += n;
}

static void on_stepped(struct watch *w, struct host *h,
		       const struct samr_event *ev, int err)
{
	struct check *k = container_of(w, struct check, counts);
	struct samr_node_stats *c = &k->counted[h->id];

	/* Who is out counts no more, but for what made it so. */
	if (err == -ENOTRECOVERABLE ||
	    (err == -ENOTCONN && samr_node_out(h->node)))
		return;
	if (ev->type == SAMR_EV_FRAME) {
		c->frames_in++;
		if (k->strict)
			count_records(ev->frame, &c->records_in, &c->nacks_in);
	} else if (ev->type == SAMR_EV_SUBMIT) {
		c->submitted += !err;
		c->refused += err == -EAGAIN;
	} else if (ev->type == SAMR_EV_RETIRE) {
		/* It is a message of the head's own. */
		c->submitted += !err && !samr_node_out(h->node);
	}
}

static void on_sent(struct watch *w, struct host *h, struct samr_blob *frame,
		    u64 dest)
{
	struct check *k = container_of(w, struct check, counts);
	struct samr_node_stats *c = &k->counted[h->id];

	(void)dest;
	c->frames_out++;
	count_records(frame, &c->records_out, &c->nacks_out);
}

#define same(h, counter)						\
	do {								\
		if (is->counter != c->counter)				\
			sim_fail("node %u counts %llu %s, and there were %llu", \
				 (h)->id, (unsigned long long)is->counter, \
				 #counter, (unsigned long long)c->counter); \
	} while (0)

static void on_batch(struct watch *w, struct host *h)
{
	struct check *k = container_of(w, struct check, counts);
	struct samr_node_stats *c = &k->counted[h->id];
	/* check_flow has just asked for them. */
	const struct samr_node_stats *is = k->stats[h->id];
	u64 unread;

	same(h, submitted);
	same(h, refused);
	same(h, frames_in);
	/* Whoever halts, or is put out, throws away what it has not sent. */
	if (h->halted || samr_node_out(h->node))
		return;
	same(h, frames_out);
	same(h, records_out);
	same(h, nacks_out);
	if (!k->strict)
		return;
	/* What is in a frame that is not for this head, or too early, it does not see. */
	unread = is->drops[SAMR_DROP_EPOCH] + is->drops[SAMR_DROP_SOURCE];
	if (c->drops[0] == unread) {
		same(h, records_in);
		same(h, nacks_in);
	}
	c->drops[0] = unread;
	c->records_in = is->records_in;
	c->nacks_in = is->nacks_in;
}

void check_counts_init(struct check *k)
{
	k->counts.stepped = on_stepped;
	k->counts.sent = on_sent;
	k->counts.batch = on_batch;
	cluster_watch(k->cluster, &k->counts);
}
