// SPDX-License-Identifier: GPL-2.0
/*
 * Virtual time, see queue.h: a heap of timers, in which each has up to four children.
 *
 * heap[0] is unused; the parent of slot i is slot (i + 2) / 4 and fires no later.
 */
#include <stdlib.h>

#include "queue.h"

/* Fewer levels, and so fewer timers to be told where they are now. */
#define FANOUT	4

/* What happens at the same instant happens as it was set. */
static bool before(const struct queue_entry *a, const struct queue_entry *b)
{
	/* As one number, lest the processor guess which of the two decides. */
	return ((unsigned __int128)a->at << 64 | a->seq) <
	       ((unsigned __int128)b->at << 64 | b->seq);
}

static void place(struct queue *q, const struct queue_entry *e, size_t slot)
{
	q->heap[slot] = *e;
	e->timer->slot = slot;
}

static size_t parent_of(size_t slot)
{
	return (slot + 2) / FANOUT;
}

static void sift_up(struct queue *q, struct queue_entry e, size_t slot)
{
	while (slot > 1 && before(&e, &q->heap[parent_of(slot)])) {
		place(q, &q->heap[parent_of(slot)], slot);
		slot = parent_of(slot);
	}
	place(q, &e, slot);
}

/* The first one of @slot's children to fire; 0: it has none. */
static size_t first_child(const struct queue *q, size_t slot)
{
	size_t child = slot * FANOUT - 2, end, best;

	if (child > q->count)
		return 0;
	end = min(child + FANOUT, q->count + 1);
	for (best = child++; child < end; child++)
		if (before(&q->heap[child], &q->heap[best]))
			best = child;
	return best;
}

static void sift_down(struct queue *q, struct queue_entry e, size_t slot)
{
	size_t child;

	while ((child = first_child(q, slot)) &&
	       before(&q->heap[child], &e)) {
		place(q, &q->heap[child], slot);
		slot = child;
	}
	place(q, &e, slot);
}

/* @e belongs where @slot is, or above, or below. */
static void sift(struct queue *q, struct queue_entry e, size_t slot)
{
	if (slot > 1 && before(&e, &q->heap[parent_of(slot)]))
		sift_up(q, e, slot);
	else
		sift_down(q, e, slot);
}

void queue_init(struct queue *q)
{
	memset(q, 0, sizeof(*q));
}

void queue_free(struct queue *q)
{
	while (q->count)
		queue_cancel(q, q->heap[1].timer);
	free(q->heap);
	memset(q, 0, sizeof(*q));
}

void queue_cancel(struct queue *q, struct timer *t)
{
	size_t slot = t->slot;
	struct queue_entry last;

	if (!slot)
		return;
	t->slot = 0;
	last = q->heap[q->count--];
	if (last.timer == t)
		return;
	sift(q, last, slot);
}

void queue_set(struct queue *q, struct timer *t, u64 at)
{
	struct queue_entry e = { .at = max(at, q->now), .seq = q->seq++,
				 .timer = t };

	if (t->slot) {
		sift(q, e, t->slot);
		return;
	}
	if (q->count + 2 > q->room) {
		q->room = q->room ? q->room * 2 : 1024;
		q->heap = realloc(q->heap, q->room * sizeof(*q->heap));
		if (!q->heap)
			abort();
	}
	sift_up(q, e, ++q->count);
}

u64 queue_next(const struct queue *q)
{
	return q->count ? q->heap[1].at : U64_MAX;
}

bool queue_step(struct queue *q, u64 until)
{
	struct timer *t;

	if (!q->count || q->heap[1].at > until)
		return false;
	t = q->heap[1].timer;
	q->now = q->heap[1].at;
	queue_cancel(q, t);
	t->fire(t);
	return true;
}

void queue_run(struct queue *q, u64 until)
{
	while (queue_step(q, until))
		;
	q->now = max(q->now, until);
}
