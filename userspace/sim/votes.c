// SPDX-License-Identifier: GPL-2.0
/* Who accepted what, see votes.h. */
#include <stdlib.h>

#include "core/strings.h"
#include "sim.h"
#include "votes.h"

void votes_init(struct votes *v)
{
	memset(v, 0, sizeof(*v));
}

void votes_free(struct votes *v)
{
	free(v->vote);
	votes_init(v);
}

void votes_forget(struct votes *v)
{
	if (v->vote)
		memset(v->vote, 0, v->room * sizeof(*v->vote));
}

static struct vote *vote_of(struct votes *v, u64 epoch)
{
	while (epoch >= v->room)
		v->vote = sim_grow(v->vote, v->room, &v->room,
				   sizeof(*v->vote));
	return &v->vote[epoch];
}

static bool has_voted(const struct vote *vote, u64 inc)
{
	u32 i;

	for (i = 0; i < vote->count; i++)
		if (vote->inc[i] == inc)
			return true;
	return false;
}

static void note(struct votes *v, u64 epoch, u64 inc)
{
	struct vote *vote = vote_of(v, epoch);

	if (!has_voted(vote, inc) && vote->count < VOTES_MOST)
		vote->inc[vote->count++] = inc;
}

/* What the witness may say: that it lives, what it hears, how it votes. */
static bool fits_witness(u8 type)
{
	switch (type) {
	case SAMR_REC_BEAT:
	case SAMR_REC_HELLO:
	case SAMR_REC_VIEW:
	case SAMR_REC_ANSWER:
	case SAMR_REC_TAKEN:
	case SAMR_REC_ACCEPTED:
	case SAMR_REC_REFUSE:
	case SAMR_REC_DEAD:
		return true;
	default:
		return false;
	}
}

static void look_at(struct votes *v, struct host *h,
		    const struct samr_frame_info *info,
		    const struct samr_record *r)
{
	struct vote *vote;

	if ((h->cluster->witness & BIT_ULL(h->id)) && !fits_witness(r->type))
		sim_fail("node %u is the witness, and sends %s", h->id,
			 samr_strings_rec(r->type));
	if (r->type == SAMR_REC_ACCEPTED)
		note(v, r->epoch, h->inc);
	/* Who asks for it has accepted it. */
	if (r->type == SAMR_REC_ACCEPT && !(r->flags & SAMR_PLAN_HOLD))
		note(v, r->plan.epoch, h->inc);
	if (r->type == SAMR_REC_ORDER && r->meta.kind == SAMR_KIND_RETIRE) {
		vote = vote_of(v, info->epoch);
		vote->gone_at[r->meta.origin] = r->meta.gseq;
	}
}

void votes_sent(struct votes *v, struct host *h, struct samr_blob *frame)
{
	u32 at = sizeof(struct samr_hdr), i;
	struct samr_frame_info info;
	struct samr_record r;

	if (!h->cluster->witness ||
	    samr_wire_header((const struct samr_hdr *)blob_bytes(frame),
			     samr_blob_len(frame), CLUSTER_ID, &info))
		return;
	for (i = 0; i < info.records; i++)
		if (!samr_wire_record(frame, &info, &at, &r))
			look_at(v, h, &info, &r);
}

/* @now succeeds @was: who has decided that? */
static void check(struct votes *v, const struct vote *was,
		  const struct vote *now)
{
	const struct samr_view_info *w = &was->view;
	u32 i, n = 0, yes = 0;
	bool there = false, agrees = false;

	for (i = 0; i < w->count; i++) {
		if (w->flags[i] & SAMR_SEAT_WITNESS) {
			there = true;
			agrees = has_voted(now, w->inc[i]);
		}
		if (w->flags[i] || (was->gone_at[w->node[i]] &&
				    was->gone_at[w->node[i]] < now->view.base))
			continue;
		n++;
		yes += has_voted(now, w->inc[i]);
	}
	if (!there)
		return;
	if (2 * yes < n || (2 * yes == n && n && !agrees))
		sim_fail("view %llu was accepted by %u of %u, and the witness has %s",
			 (unsigned long long)now->view.epoch, yes, n,
			 agrees ? "accepted it" : "not");
	v->halves += n && 2 * yes == n;
}

void votes_view(struct votes *v, struct host *h)
{
	struct samr_view_info view;
	struct vote *was, *now;

	samr_node_view(h->node, &view);
	if (!h->cluster->witness || !view.epoch)
		return;
	if (h->cluster->witness & BIT_ULL(view.sequencer))
		sim_fail("node %u is the witness, and the sequencer",
			 (u32)view.sequencer);
	now = vote_of(v, view.epoch);
	if (now->view.epoch)
		return;
	now->view = view;
	/* Nobody has asked for what one alone decides. */
	note(v, view.epoch, h->inc);
	was = vote_of(v, view.epoch - 1);
	now = vote_of(v, view.epoch);
	if (was->view.epoch)
		check(v, was, now);
}
