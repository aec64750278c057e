// SPDX-License-Identifier: GPL-2.0
/* Fences, see fence.h. */
#include "fence.h"
#include "coordinator.h"
#include "frame.h"
#include "state.h"
#include "view.h"

static struct samr_fence *find(struct samr_node *n, u64 id, u64 inc)
{
	u32 i;

	for (i = 0; i < SAMR_FENCES; i++)
		if (n->fence[i].id == id && n->fence[i].inc == inc)
			return &n->fence[i];
	return NULL;
}

/* An entry for one more; the oldest that nobody waits for makes room. */
static struct samr_fence *entry(struct samr_node *n, u64 id, u64 inc)
{
	struct samr_fence *f = find(n, id, inc), *old = NULL;
	u32 i;

	if (f)
		return f;
	for (i = 0; i < SAMR_FENCES; i++) {
		f = &n->fence[i];
		if (!f->id) {
			old = f;
			break;
		}
		if (samr_view_has(n, f->id, f->inc))
			continue;
		if (!old || f->at < old->at)
			old = f;
	}
	if (!samr_assert(old))
		return NULL;
	*old = (struct samr_fence){
		.id	= id,
		.inc	= inc,
		.token	= samr_node_random(n),
		.at	= n->now,
	};
	return old;
}

void samr_fence_want(struct samr_node *n, u64 id, u64 inc, u64 epoch,
		     enum samr_fence_why why)
{
	struct samr_fence *f = entry(n, id, inc);

	if (!f || f->dead || (f->why == why && f->epoch == epoch))
		return;
	samr_mark("fence wanted");
	f->epoch = epoch;
	f->why = why;
	n->out->fence = true;
}

void samr_fence_needless(struct samr_node *n)
{
	u32 i;

	for (i = 0; i < SAMR_FENCES; i++) {
		if (n->fence[i].why != SAMR_FENCE_BLOCKED)
			continue;
		n->fence[i].why = SAMR_FENCE_NONE;
		n->out->fence = true;
	}
}

void samr_fence_known(struct samr_node *n, u64 id, u64 inc)
{
	struct samr_fence *f;

	if (id == n->cfg.self)
		return;
	f = entry(n, id, inc);
	if (!f || f->dead)
		return;
	f->dead = true;
	if (f->why != SAMR_FENCE_NONE)
		n->out->fence = true;
	f->why = SAMR_FENCE_NONE;
	samr_coordinator_consider(n);
}

int samr_fence_confirm(struct samr_node *n, u64 id, u64 inc, u64 token)
{
	struct samr_fence *f = id ? find(n, id, inc) : NULL;

	if (!f || f->token != token)
		return -ESTALE;
	if (f->dead)
		return 0;
	samr_fence_known(n, id, inc);
	samr_fence_tell(n, SAMR_DEST_ALL);
	return 0;
}

void samr_fence_forget(struct samr_node *n, u64 id, u64 inc)
{
	u32 i;

	for (i = 0; i < SAMR_FENCES; i++) {
		if (n->fence[i].id != id || n->fence[i].inc == inc)
			continue;
		if (n->fence[i].why != SAMR_FENCE_NONE)
			n->out->fence = true;
		memset(&n->fence[i], 0, sizeof(n->fence[i]));
	}
}

u64 samr_fence_dead(const struct samr_node *n)
{
	const struct samr_fence *f;
	u64 dead = 0;
	u32 i;

	for (i = 0; i < SAMR_FENCES; i++) {
		f = &n->fence[i];
		if (f->id && f->dead && samr_view_has(n, f->id, f->inc))
			dead |= BIT_ULL(f->id);
	}
	return dead;
}

void samr_fence_tell(struct samr_node *n, u64 dest)
{
	const struct samr_fence *f;
	struct samr_rec_dead rec;
	struct samr_blob *b;
	u32 i;

	for (i = 0; i < SAMR_FENCES; i++) {
		f = &n->fence[i];
		if (!f->id || !f->dead || !samr_view_has(n, f->id, f->inc))
			continue;
		b = samr_frame_record(n, dest, sizeof(rec));
		if (!b)
			return;
		memset(&rec, 0, sizeof(rec));
		rec.rec.type = SAMR_REC_DEAD;
		rec.rec.len = cpu_to_be16(sizeof(rec));
		rec.node = cpu_to_be64(f->id);
		rec.inc = cpu_to_be64(f->inc);
		samr_blob_put_data(b, &rec, sizeof(rec));
	}
}
