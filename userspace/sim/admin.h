/* SPDX-License-Identifier: GPL-2.0 */
/*
 * What admins and their daemons do in runs in which heads die: whom each head
 * wants, what is on its disk, and who forms a first view.
 *
 * In some runs nobody keeps anything: then all heads that are configured form the
 * first view, and it comes once. In the others each head has a disk that outlives
 * it, and a daemon that saves the view there, late, or for a long time not at all.
 * Then all heads may be lost at once: those that come back form a view when all
 * members of the newest one on their disks are there. At times somebody does not
 * wait for that.
 *
 * Checked: whoever forms a view without being told to are all that had a vote in
 * the last one that was there; and its number lies behind all that they have saved.
 */
#ifndef SAMR_SIM_ADMIN_H
#define SAMR_SIM_ADMIN_H

#include "cluster.h"

/**
 * struct admin_head - one head's
 * @wanted: whom it is told to want
 * @grows_at: when it is told of the newcomer
 * @disk: what is on it; never lost
 * @due: when the view will have been saved; 0: it is
 * @idle: nothing is saved before it is calm
 * @asked: founders that it was told, as in struct samr_event
 * @waits: since when it could form no view; 0: it has one
 */
struct admin_head {
	u64 wanted;
	u64 grows_at;
	struct samr_saved disk;
	u64 due;
	bool idle;
	u64 asked;
	u64 waits;
};

/**
 * struct admin - all of them
 * @keeps: there are disks
 * @calm: everything is saved soon
 * @hasty: somebody overrides the rule
 * @overridden: when that was, for the next view that is formed; 0: not
 * @mask: all heads in the end
 * @newcomer: id of the one that is not there at first; 0: all are
 * @grow_at: when it comes
 * @first: the first view of those that follow each other now
 * @last: the newest one that anybody has had
 */
struct admin {
	struct cluster *cluster;
	struct rng rng;
	bool keeps;
	bool calm;
	bool hasty;
	u64 overridden;
	u64 mask;
	u32 newcomer;
	u64 grow_at;
	struct samr_view_info first;
	struct samr_view_info last;
	struct admin_head head[NET_NODES];
	u64 saves, formed, overrides, blackouts;
};

void admin_init(struct admin *a, struct cluster *c, u64 seed, u64 mask);

/** admin_on - @h is new: it is told what there is to be told */
void admin_on(struct admin *a, struct host *h);

/** admin_off - head @id is off, and what was on its way to the disk is lost */
void admin_off(struct admin *a, u32 id);

/** admin_view - @h has another view */
void admin_view(struct admin *a, struct host *h);

/** admin_tick - now and then */
void admin_tick(struct admin *a);

/** admin_text - what has happened; until the next call */
const char *admin_text(const struct admin *a);

#endif /* SAMR_SIM_ADMIN_H */
