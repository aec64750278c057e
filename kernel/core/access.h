/* SPDX-License-Identifier: GPL-2.0 */
/*
 * Client nodes, as their access head sees them.
 *
 * A client node is a machine that is no head. Its clients' messages come through a pipe, and are
 * submitted here; so this head is their access head, and vouches for them. The order knows
 * nothing of client nodes: a client's port is the one that it has on its node, with the
 * node's slot and SAMR_PORT_FAR in front. When the node is not heard any more this head
 * detaches what it had attached.
 *
 * Nothing that a client node sends is believed but what concerns its own clients. It is
 * admitted as long as there is room, without a vote, and bounded in what it makes this head keep.
 */
#ifndef SAMR_CORE_ACCESS_H
#define SAMR_CORE_ACCESS_H

#include "node.h"
#include "pipe.h"

/* Numbers that client nodes have in ports: more than there are, so that each rests. */
#define SAMR_ACCESS_SLOTS	2048
/* What one makes its head keep that the order has no room for; bytes: besides the first. */
#define SAMR_ACCESS_WAITING	256
#define SAMR_ACCESS_BYTES	(4U << 20)
/* Pipes that are over and remembered, so that what is late of them begins none. */
#define SAMR_ACCESS_OVER	64

/**
 * struct samr_outpost - a client node
 * @link: in samr_access.all
 * @pipe: to it
 * @slot: its number in ports
 * @waiting: struct samr_parcel, what the core refused for want of room
 * @count: of them
 * @bytes: of them
 * @broken: what it is to be told could not be kept: it is closed at the end of the step
 * @since: ns
 * @submits: messages submitted for it
 * @given: replies and answers given to it
 */
struct samr_outpost {
	struct list_head link;
	struct samr_pipe pipe;
	u32 slot;
	struct list_head waiting;
	u32 count;
	u64 bytes;
	bool broken;
	u64 since;
	u64 submits;
	u64 given;
};

/**
 * struct samr_access_slot - who has it
 * @post: it, or NULL
 * @flying: messages with this slot that have no place yet
 */
struct samr_access_slot {
	struct samr_outpost *post;
	u32 flying;
};

/**
 * struct samr_access - in struct samr_node
 * @all: struct samr_outpost
 * @count: of them
 * @limit: so many are taken
 * @slot: by slot
 * @last: the slot given last
 * @over: pipes that are over
 * @overs: how many there were
 * @at: when to look at them
 * @sweep: there may be sessions whose node is gone
 * @refused: nodes for which there was no room
 */
struct samr_access {
	struct list_head all;
	u32 count;
	u32 limit;
	struct samr_access_slot *slot;
	u32 last;
	struct {
		u64 node;
		u64 inc;
		u64 link;
	} over[SAMR_ACCESS_OVER];
	u32 overs;
	u64 at;
	bool sweep;
	u64 refused;
};

/** samr_access_init - of a new node; false without memory */
bool samr_access_init(struct samr_node *n);
void samr_access_fini(struct samr_node *n);

/** samr_access_frame - a frame of a client node */
enum samr_drop samr_access_frame(struct samr_node *n,
				 const struct samr_frame_info *info,
				 struct samr_blob *frame);

/**
 * samr_access_told - what was submitted for a client node has its place
 * @msg: samr_msg.far is not 0
 */
void samr_access_told(struct samr_node *n, struct samr_msg *msg);

/** samr_access_give - REPLY or ANSWER to a port with SAMR_PORT_FAR */
void samr_access_give(struct samr_node *n, struct samr_msg *msg);

/** samr_access_limit - so many client nodes; those that are there stay */
int samr_access_limit(struct samr_node *n, u32 limit);

/** samr_access_narrow - frames are smaller now: what is too large for them ends */
void samr_access_narrow(struct samr_node *n);

/** samr_access_quit - the node takes part in nothing any more: they go elsewhere */
void samr_access_quit(struct samr_node *n);

/** samr_access_run - at the end of each step; @flush: send what there is */
void samr_access_run(struct samr_node *n, bool flush);
void samr_access_timer(struct samr_node *n);

#endif /* SAMR_CORE_ACCESS_H */
