// SPDX-License-Identifier: GPL-2.0
/*
 * Frames that leave, see frame.h.
 *
 * A frame's header is written when it is closed, so that it carries the newest
 * ack.
 */
#include "frame.h"
#include "keeper.h"
#include "learner.h"
#include "stable.h"
#include "state.h"

/* BEATs that go in time when there is nothing special to say any more. */
#define BEAT_NEWS	5

u32 samr_frame_room(const struct samr_node *n)
{
	return n->frame_max - sizeof(struct samr_hdr);
}

/*
 * What only a BEAT says: whom a head does not hear, what it has on disk, that a
 * learner holds the state. While there is any of it, BEATs go in time, whatever other
 * frames do; and some more of them behind it, as that it is over may get lost.
 */
static bool beats_in_time(struct samr_node *n)
{
	if (n->detect.suspects || samr_learner_ready(n) ||
	    samr_keeper_news(n))
		n->beat_news = BEAT_NEWS;
	return n->beat_news;
}

void samr_frame_in_vain(struct samr_node *n, u64 id)
{
	if (n->frame_max == SAMR_FRAME_MIN || id == n->cfg.self)
		return;
	samr_mark("frames may be too large");
	n->out->narrow |= BIT_ULL(id);
}

static void send_frame(struct samr_node *n, struct samr_open *o)
{
	struct samr_frame_info info = {
		.type	 = SAMR_FRAME_CORE,
		.cluster = n->cfg.cluster,
		.src	 = n->cfg.self,
		.inc	 = n->cfg.inc,
		.epoch	 = n->view.epoch,
		.ack	 = samr_node_wedged(n) ? 0 : n->rcv.held,
		.domain	 = n->cfg.domain,
		.records = o->records,
	};
	struct samr_action *a;
	struct samr_hdr h;

	info.len = samr_blob_len(o->blob);
	samr_wire_put_header(&h, &info);
	samr_blob_set_data(o->blob, 0, &h, sizeof(h));
	a = samr_blob_action(o->blob);
	a->type = SAMR_ACT_SEND;
	a->dest = o->dest;
	list_add_tail(&a->node, &n->out->list);
	o->blob = NULL;
	n->stats.frames_out++;
	n->stats.records_out += o->records;
	if (o->dest == SAMR_DEST_ALL) {
		samr_stable_acked(n);
		/* A large one may not get through where small ones do. */
		if (info.len <= SAMR_FRAME_MIN && !beats_in_time(n))
			n->beat_at = n->now + n->cfg.beat;
	}
}

static void close_frame(struct samr_node *n, struct samr_open *o)
{
	if (o->blob)
		send_frame(n, o);
}

static bool open_frame(struct samr_node *n, struct samr_open *o, u64 dest)
{
	struct samr_hdr h;

	o->blob = samr_blob_new(n->frame_max);
	if (!o->blob)
		return false;
	memset(&h, 0, sizeof(h));
	samr_blob_put_data(o->blob, &h, sizeof(h));
	o->dest = dest;
	o->records = 0;
	return true;
}

static bool alone(const struct samr_node *n)
{
	return n->view.wanted == BIT_ULL(n->cfg.self);
}

struct samr_blob *samr_frame_record(struct samr_node *n, u64 dest, u32 len)
{
	struct samr_open *o = dest == SAMR_DEST_ALL ? &n->open_all : &n->open_one;

	if (alone(n) || !samr_assert(len <= samr_frame_room(n)))
		return NULL;
	if (o->blob && (o->dest != dest ||
			samr_blob_len(o->blob) + len > n->frame_max))
		close_frame(n, o);
	if (!o->blob && !open_frame(n, o, dest))
		return NULL;
	o->records++;
	return o->blob;
}

void samr_frame_ack(struct samr_node *n)
{
	if (!alone(n) && !n->open_all.blob)
		open_frame(n, &n->open_all, SAMR_DEST_ALL);
}

void samr_frame_flush(struct samr_node *n)
{
	close_frame(n, &n->open_one);
	close_frame(n, &n->open_all);
}

void samr_frame_discard(struct samr_node *n)
{
	samr_blob_put(n->open_one.blob);
	samr_blob_put(n->open_all.blob);
	n->open_one.blob = NULL;
	n->open_all.blob = NULL;
}
