/* SPDX-License-Identifier: GPL-2.0 */
/*
 * Machines: what is around a head when samrd runs on it. Each has power, devices
 * by which others cut it, a cable, a disk that survives, and, while it is on, a
 * host and the policy of samrd.
 *
 * The policy is samrd's own. What a machine tells it, and does for it, is what the
 * daemon does: it looks how things stand in the core, and tells what has changed.
 */
#ifndef SAMR_SIM_MACHINE_H
#define SAMR_SIM_MACHINE_H

#include "cluster.h"
#include "policy/policy.h"
#include "talker.h"

struct room;

/* One attempt at a machine's power, by another one. */
struct shot {
	bool on;		/* it is under way */
	bool power_on;		/* to switch it on */
	u64 inc;		/* as the policy named them */
	u64 token;
	u64 cut_at;		/* virtual: the power changes then; 0: it does not */
	u64 end_at;		/* virtual: the device answers then */
	enum fence_result result;
	bool returns;		/* the machine comes on by itself at once */
};

/**
 * struct place - how far a service has come that puts down what it does
 * @epoch: of the view
 * @gseq: place in it
 */
struct place {
	u64 epoch;
	u64 gseq;
};

/**
 * struct machine - one of them
 * @host: NULL while it is off
 * @params: of it
 * @policy: of its samrd; NULL while it is off
 * @unplugged: it has no carrier
 * @on_at: virtual: power comes back by itself; U64_MAX: it does not
 * @config: of the policy
 * @acts: of one step
 * @view: as last told to the policy
 * @viewed: it was
 * @up: START was asked for
 * @founders: with these
 * @carrier: as last told
 * @frame_at: by id: its own clock, when a frame of it was taken last; 0: never
 * @frame_inc: by id: of which incarnation
 * @heard: by id: as last told
 * @heard_inc: by id
 * @fresh: of these nothing was told since samrd is up, a bit per id
 * @fence: by id: as last told
 * @saved: by id: as last told
 * @shot: by id of the shooter: at this machine
 * @disk_state: of what is on disk
 * @disk: it
 * @writing: is on its way there
 * @write_at: virtual, until then; 0: nothing is
 * @stored: by the service, on the same disk
 * @talker: its member
 * @send_at: virtual
 */
struct machine {
	struct room *room;
	u32 id;
	struct host *host;
	struct host_params params;
	struct policy *policy;
	bool unplugged;
	u64 on_at;
	struct policy_config config;
	struct policy_actions acts;
	struct policy_view view;
	bool viewed;
	bool up;
	u64 founders;
	bool carrier;
	u64 frame_at[NET_NODES];
	u64 frame_inc[NET_NODES];
	bool heard[NET_NODES];
	u64 heard_inc[NET_NODES];
	u64 fresh;
	struct samr_fence fence[NET_NODES];
	struct samr_saved saved[NET_NODES];
	struct shot shot[NET_NODES];
	enum memory_state disk_state;
	struct memory disk;
	struct memory writing;
	u64 write_at;
	struct place stored;
	struct talker talker;
	u64 send_at;
};

/** machine_on - power; the disk is as it was */
void machine_on(struct machine *m);

/** machine_off - no power any more; it comes back after @wait, U64_MAX: never */
void machine_off(struct machine *m, u64 wait);

/** machine_restart - samrd is started anew, all else goes on */
void machine_restart(struct machine *m);

/**
 * machine_power - it is @now: the devices of @m cut or give power, whoever asked
 *
 * For all machines before machine_tick() of any: a device answers when it has done
 * what it says, and never the other way round.
 */
void machine_power(struct machine *m, u64 now);

/** machine_tick - it is @now: look what has changed, let answers and disk come */
void machine_tick(struct machine *m, u64 now);

/** machine_frame - @m has taken a frame of incarnation @inc of @from */
void machine_frame(struct machine *m, u32 from, u64 inc);

/* What the room is told of, see room.c: it checks, and it counts. */
void room_born(struct room *r, struct machine *m);
void room_shoots(struct room *r, struct machine *by, struct machine *at,
		 const struct policy_action *a);
void room_confirms(struct room *r, struct machine *by,
		   const struct policy_action *a);
void room_alert(struct room *r, const struct policy_action *a);
struct shot room_draw_shot(struct room *r);
struct machine *room_machine(struct room *r, u32 id);

/** room_nth - of the room's machines, by id; NULL: there are not so many */
struct machine *room_nth(struct room *r, u32 i);

#endif /* SAMR_SIM_MACHINE_H */
