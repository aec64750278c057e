/* SPDX-License-Identifier: GPL-2.0 */
/*
 * Virtual time: what happens next.
 *
 * A timer lives in the object that it is for. Two timers of the same instant
 * fire in the order in which they were set, so that a run depends on nothing
 * but its seed.
 */
#ifndef SAMR_SIM_QUEUE_H
#define SAMR_SIM_QUEUE_H

#include "core/plat.h"

/**
 * struct timer - one thing that will happen
 * @slot: place in the heap, from 1; 0: not set
 * @fire: called once, when its time has come; may set the timer again
 */
struct timer {
	size_t slot;
	void (*fire)(struct timer *t);
};

/* A timer in the heap, with what it is compared by. */
struct queue_entry {
	u64 at;
	u64 seq;
	struct timer *timer;
};

struct queue {
	u64 now;
	u64 seq;
	size_t count;
	size_t room;
	struct queue_entry *heap;
};

void queue_init(struct queue *q);
void queue_free(struct queue *q);

/** queue_set - let @t fire at @at, or now when that is past; moves a set one */
void queue_set(struct queue *q, struct timer *t, u64 at);

/** queue_cancel - let it not fire; harmless when it is not set */
void queue_cancel(struct queue *q, struct timer *t);

static inline bool queue_is_set(const struct timer *t)
{
	return t->slot != 0;
}

/** queue_next - when the next timer fires; U64_MAX: never */
u64 queue_next(const struct queue *q);

/** queue_run - fire all that is due up to @until; now is @until then */
void queue_run(struct queue *q, u64 until);

/** queue_step - fire the next one; false when there is none up to @until */
bool queue_step(struct queue *q, u64 until);

#endif /* SAMR_SIM_QUEUE_H */
