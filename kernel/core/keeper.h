/* SPDX-License-Identifier: GPL-2.0 */
/*
 * What heads have on their disks, as somebody in user space keeps it there.
 *
 * The kernel only passes it on: each head tells the others its memory, the newest
 * view that it knows to be saved. Two things depend on it. The first view after
 * all heads were lost has a number that none before had. And where memories are
 * kept, a learner has no vote before all have saved a view that it is in: so
 * whoever starts with one of their disks knows whom to wait for.
 *
 * Nothing here makes a view legal or not. A memory that is wrong delays a learner,
 * or wastes numbers of views.
 */
#ifndef SAMR_CORE_KEEPER_H
#define SAMR_CORE_KEEPER_H

#include "wire.h"

struct samr_node;

/** samr_keeper_save - the admin's SAVED event; -EINVAL: that is no memory */
int samr_keeper_save(struct samr_node *n, const struct samr_saved *saved,
		     bool gate);

/** samr_keeper_heard - head @id has told its memory, and whom it wants */
void samr_keeper_heard(struct samr_node *n, u64 id,
		       const struct samr_saved *saved, u64 wanted);

/** samr_keeper_news - shall a BEAT go in time, as others wait for what it says? */
bool samr_keeper_news(const struct samr_node *n);

/** samr_keeper_learners - @p is installed next: who learns since when? */
void samr_keeper_learners(struct samr_node *n, const struct samr_plan *p);

/** samr_keeper_allows - may learner @id get a vote beside those of @voters? */
bool samr_keeper_allows(const struct samr_node *n, u64 voters, u64 id);

/** samr_keeper_is_first - can that be the number of a first view? */
bool samr_keeper_is_first(u64 epoch);

/** samr_keeper_first - number of a first view that @founders form */
u64 samr_keeper_first(const struct samr_node *n, u64 founders);

#endif /* SAMR_CORE_KEEPER_H */
