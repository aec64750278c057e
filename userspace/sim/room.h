/* SPDX-License-Identifier: GPL-2.0 */
/*
 * A room of machines on which samrd runs: they lose power, one by one and all at
 * once, their cables are pulled, they fence each other through devices that work,
 * fail, take long, or cut the power of a machine that comes on again by itself.
 *
 * Checked, beside what era.h and votes.h check:
 *
 *	- nobody is confirmed dead whose incarnation runs;
 *	- nobody is shot who was heard within the delay, nor by a machine without
 *	  carrier, nor by one that is in no view;
 *	- two halves that are cut off from each other: one side shoots at a time,
 *	  and one survives;
 *	- a first view is formed of all that the newest memory of its heads names;
 *	  what was delivered SAFE anywhere is held by one of its heads;
 *	- when all is mended all are in one view again by themselves; after a loss
 *	  of all power not before the last one of them is back.
 */
#ifndef SAMR_SIM_ROOM_H
#define SAMR_SIM_ROOM_H

#include "run.h"

/** room_seed - as run_seed() */
void room_seed(const struct run_options *o, char *line, size_t size);

#endif /* SAMR_SIM_ROOM_H */
