/* SPDX-License-Identifier: GPL-2.0 */
/* What must hold in a room, see room.h; and the room itself, which it looks at. */
#ifndef SAMR_SIM_ROOM_CHECK_H
#define SAMR_SIM_ROOM_CHECK_H

#include "era.h"
#include "machine.h"
#include "trace.h"
#include "votes.h"

/**
 * struct room - all there is
 * @cfg: of the cores
 * @config: of the policies, but for whose it is
 * @reboot: a machine that was fenced is switched on again
 * @count: machines
 * @id: theirs
 * @machine: by id
 * @calm: nothing is broken
 * @side: of a duel under way, a bit per id; 0: none
 * @newest: what was delivered SAFE last, by anybody
 * @firsts: epochs that were a first view
 * @first: the last one of them
 */
struct room {
	struct cluster cluster;
	struct watch watch;
	struct eras eras;
	struct votes votes;
	struct trace trace;
	struct rng rng;
	struct timer tick;
	struct samr_node_config cfg;
	struct policy_config config;
	bool reboot;
	u32 count;
	u32 id[NET_NODES];
	struct machine machine[NET_NODES];
	bool calm;
	u64 side;
	struct place newest;
	u64 first;
	u32 firsts, shots, confirmed, unplugged, losses, hopeless, duels;
	u32 alerts[32];
	u64 together;
};

/** room_check_view - @m has another view now */
void room_check_view(struct room *r, struct machine *m);

/** room_check_stored - @m was delivered what is at that place, SAFE */
void room_check_stored(struct room *r, struct machine *m, u64 epoch, u64 gseq);

/** room_check_hopeless - can those that have a view never go on? */
bool room_check_hopeless(struct room *r);

/** room_check_duel - @side and all others cannot hear each other from now on */
void room_check_duel(struct room *r, u64 side);

/** room_check_won - one side serves, and nobody of the other one */
bool room_check_won(struct room *r);

/** room_check_waits - without @last nobody has a view */
void room_check_waits(struct room *r, const struct machine *last);

#endif /* SAMR_SIM_ROOM_CHECK_H */
