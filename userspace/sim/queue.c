// SPDX-License-Identifier: GPL-2.0
/*
 * Virtual time, see queue.h: a binary heap of timers.
 *
 * heap[0] is unused; the parent of slot i is slot i / 2 and fires no later.
 */
#include <stdlib.h>

#include "queue.h"

/* What happens at the same instant happens as it was set. */
static bool before(const struct queue_entry *a, const struct queue_entry *b)
{
	return a->at != b->at ? a->at < b->at : a->seq < b->seq;
}

static void place(struct queue *q, const struct queue_entry *e, size_t slot)
{
	q->heap[slot] = *e;
	e->timer->slot = slot;
}

static void sift_up(struct queue *q, struct queue_entry e, size_t slot)
{
	while (slot > 1 && before(&e, &q->heap[slot / 2])) {
		place(q, &q->heap[slot / 2], slot);
		slot /= 2;
	}
	place(q, &e, slot);
}

static void sift_down(struct queue *q, struct queue_entry e, size_t slot)
{
	for (;;) {
		size_t child = slot * 2;

		if (child > q->count)
			break;
		if (child < q->count &&
		    before(&q->heap[child + 1], &q->heap[child]))
			child++;
		if (!before(&q->heap[child], &e))
			break;
		place(q, &q->heap[child], slot);
		slot = child;
	}
	place(q, &e, slot);
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
	if (slot > 1 && before(&last, &q->heap[slot / 2]))
		sift_up(q, last, slot);
	else
		sift_down(q, last, slot);
}

void queue_set(struct queue *q, struct timer *t, u64 at)
{
	struct queue_entry e = { .at = max(at, q->now), .seq = q->seq++,
				 .timer = t };

	queue_cancel(q, t);
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
