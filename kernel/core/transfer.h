/* SPDX-License-Identifier: GPL-2.0 */
/*
 * State transfer between the members of a group.
 *
 * A layer on top of the order, and nothing else: that a member wants the state,
 * each piece of it, and how far it was read are ordered messages. So every node
 * knows at the same place who gives which state to whom, each receiver gets each
 * piece once and in order, and the death of either side is a change of members
 * like any other. What the state is, only the members know: it is as after the
 * SNAPSHOT that began the transfer, and receivers go on behind that place.
 *
 * Who lacks the state:
 *	A member that joins with SAMR_MSG_STATEFUL lacks the state if anybody holds
 *	it; else it is the founder, and its state is the group's. It lacks it until
 *	its READ of the LAST piece has its place, and holds nobody up until then.
 *
 * One transfer at a time, for all that lack the state when it begins; whoever
 * comes later, or has given one up, asks again when it is over. It is over
 *	- when nobody receives any more: all have read all, left, or given up;
 *	- when its donor is gone, or could not give it, BEFORE the LAST piece had its
 *	  place: receivers ask again, and another donor is chosen. Behind that place
 *	  nobody needs the donor.
 *
 * Who holds the state: members that do not lack it; and the receivers, together,
 * once the LAST piece has its place. When none of these is left, it is lost: those
 * that lack it are told so (struct samr_transfer.lost) and stay members without
 * it. None of them becomes a founder by that, since its program did not ask for
 * an empty state; it has to leave, and the first that joins again is one.
 */
#ifndef SAMR_CORE_TRANSFER_H
#define SAMR_CORE_TRANSFER_H

#include "node.h"

struct samr_group;

/* Cost of pieces under way, beyond which a donor waits for the slowest receiver. */
#define SAMR_TRANSFER_WINDOW	(1U << 20)

/* Pieces are accounted for in so many parts, each of a part's cost or more. */
#define SAMR_GIVE_PARTS		20
#define SAMR_GIVE_PART		(SAMR_TRANSFER_WINDOW / 16)

/**
 * struct samr_give - pieces of a donor on this node, in samr_group
 * @unordered: cost of those without a place, samr_msg.cost of each
 * @owed: cost of those in @part
 * @part: ring of those with a place that some receiver has not read: the last
 *	one's place, and their cost
 * @first: its first entry
 * @parts: entries
 * @ended: id of the transfer whose last piece was submitted
 * @refused: somebody waits for room
 * @places: struct samr_place_said, by name: where its member stands in streams (place.c)
 * @placed: enum samr_place: all is told of streams, and the state is given, or not at this
 *	place; 0: it is not
 * @kept: there may be replies to be submitted before it goes on (reply.c)
 */
struct samr_give {
	u64 unordered;
	u64 owed;
	struct {
		u64 gseq;
		u64 cost;
	} part[SAMR_GIVE_PARTS];
	u32 first;
	u32 parts;
	u64 ended;
	bool refused;
	struct list_head places;
	u8 placed;
	bool kept;
};

/** samr_transfer_joiner - flags of a member that joins with these SAMR_MSG_* */
u32 samr_transfer_joiner(const struct samr_group *g, u8 flags);

/**
 * struct samr_next - what a change of members makes of the transfer
 * @changes: something
 * @t: the transfer from then on, with a reference
 * @got: its places read, see struct samr_group
 */
struct samr_next {
	bool changes;
	struct samr_transfer *t;
	u64 *got;
};

/**
 * samr_transfer_thin - the group is about to have fewer members
 * @g: the group
 * @m: they
 * @next: filled in, for samr_transfer_commit() or samr_transfer_abort()
 *
 * Return: false without memory: there is nothing in @next.
 */
bool samr_transfer_thin(const struct samr_group *g,
			const struct samr_members *m, struct samr_next *next);

/** samr_transfer_commit - it has them, and @next changes; @msg says so at its place */
void samr_transfer_commit(struct samr_node *n, struct samr_group *g,
			  struct samr_msg *msg, struct samr_next *next);

/** samr_transfer_abort - it has not */
void samr_transfer_abort(struct samr_next *next);

/**
 * samr_transfer_apply - SNAPSHOT, STATE or READ at its place
 * @g: its group, which has members
 *
 * Return: false without memory; nothing has happened then.
 */
bool samr_transfer_apply(struct samr_node *n, struct samr_group *g,
			 struct samr_msg *msg);

/** samr_transfer_here - does a member on this node receive? */
bool samr_transfer_here(const struct samr_node *n, const struct samr_group *g);

/** samr_transfer_gives - may member @port of this node send a piece of @id? */
bool samr_transfer_gives(const struct samr_node *n, const struct samr_group *g,
			 u32 port, u64 id);

/** samr_transfer_begun_here - does a member here give, and has not ended? */
bool samr_transfer_begun_here(const struct samr_node *n,
			      const struct samr_group *g);

/** samr_transfer_room - may the donor here send @len bytes now? */
bool samr_transfer_room(const struct samr_group *g, u32 len);

/** samr_transfer_charge - an own piece was taken: sets its cost */
void samr_transfer_charge(struct samr_group *g, struct samr_msg *msg);

/** samr_transfer_ordered - it has its place, and was applied */
void samr_transfer_ordered(struct samr_node *n, struct samr_group *g,
			   const struct samr_msg *msg);

/** samr_transfer_flags - a member's flags as a learner is told them */
u32 samr_transfer_flags(const struct samr_group *g,
			const struct samr_member_id *m);

/**
 * samr_transfer_learn - the other way round
 * @g: a new group
 * @m: its members, with such flags; what concerns the transfer is taken out
 * @id: of the transfer; 0: none
 * @last: place of its LAST piece; 0: it has none yet
 *
 * Return: false without memory: nothing has happened.
 */
bool samr_transfer_learn(struct samr_group *g, struct samr_members *m, u64 id,
			 u64 last);

/** samr_transfer_sane - do these members have such flags that it can be learnt? */
bool samr_transfer_sane(const struct samr_members *m, u64 id, u64 last);

/** samr_transfer_forget - the group is gone */
void samr_transfer_forget(struct samr_group *g);

#endif /* SAMR_CORE_TRANSFER_H */
