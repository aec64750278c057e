/* SPDX-License-Identifier: GPL-2.0 */
/*
 * Groups: their members, as the order changes them, and delivery in each.
 *
 * Membership is replicated state: every node applies every JOIN and LEAVE at
 * its place in the order, whether it has members of the group or not.
 */
#ifndef SAMR_CORE_GROUP_H
#define SAMR_CORE_GROUP_H

#include "alarm.h"
#include "digest.h"
#include "lock.h"
#include "node.h"
#include "session.h"
#include "state.h"
#include "transfer.h"

/* Positions up to which own messages await readers; the newest ones merge. */
#define SAMR_DEBTS		32

/**
 * struct samr_debt - own messages that are not read everywhere
 * @gseq: the last of them
 * @cost: of all of them
 */
struct samr_debt {
	u64 gseq;
	u64 cost;
};

/**
 * struct samr_group - one group
 * @hash: in samr_groups.bucket
 * @held: messages that wait for stability, or behind one that does; references
 * @holding: in samr_groups.holding while @held is not empty
 * @id: its id
 * @members: they, or NULL for none
 * @local: how many of them live here
 * @locks: of the group; they outlive its members
 * @sessions: of its clients
 * @digest: of the replies to these
 * @alarms: that its members wait for
 * @upto: a learner was given it as of this place
 *
 * State transfer (transfer.c):
 * @transfer: the one under way, or NULL
 * @last: place of its LAST piece; 0: it has none yet
 * @got: by receiver: has read up to here; matters on the donor's node only
 * @give: what is given here
 *
 * Credits (credit.c):
 * @dirty: in samr_groups.dirty
 * @starving: in samr_groups.starving
 * @nodes: bit per member index of the view: has members of the group
 * @read: by member index: its members have read up to here
 * @window: bytes that the slowest member can hold unread
 * @unordered: cost of own messages without a place, samr_msg.cost of each
 * @owed: cost of own messages in @debt
 * @debt: ring of own messages with a place, ascending
 * @debt_first: its first entry
 * @debts: entries
 * @unreported: cost of what was read here since the last report
 */
struct samr_group {
	struct list_head hash;
	struct list_head held;
	struct list_head holding;
	u32 id;
	struct samr_members *members;
	u32 local;
	struct samr_lock_table locks;
	struct samr_session_table sessions;
	struct samr_digest digest;
	struct samr_alarm_table alarms;
	u64 upto;

	struct samr_transfer *transfer;
	u64 last;
	u64 *got;
	struct samr_give give;

	struct list_head dirty;
	struct list_head starving;
	u32 nodes;
	u64 read[SAMR_HEADS_MAX];
	u32 window;
	u64 unordered;
	u64 owed;
	struct samr_debt debt[SAMR_DEBTS];
	u32 debt_first;
	u32 debts;
	u64 unreported;
};

static inline struct samr_group *samr_group_of_digest(struct samr_digest *d)
{
	return (struct samr_group *)((char *)d -
				     offsetof(struct samr_group, digest));
}

void samr_group_init(struct samr_node *n);

/** samr_group_fini - forget all groups; owners of held messages go to @dropped */
void samr_group_fini(struct samr_node *n, struct samr_actions *dropped);

/** samr_group_add - one that is not there yet; NULL without memory */
struct samr_group *samr_group_add(struct samr_node *n, u32 id);

/** samr_group_release - it is forgotten when nothing refers to it. NULL is allowed */
void samr_group_release(struct samr_node *n, struct samr_group *g);

/** samr_group_find - a group, or NULL */
struct samr_group *samr_group_find(const struct samr_node *n, u32 id);

/**
 * samr_group_apply - the next message of the gap-free order
 *
 * Return: false without memory; nothing has happened then.
 */
bool samr_group_apply(struct samr_node *n, struct samr_msg *msg);

/**
 * samr_group_view_new - the message that stands at a view's place
 * @gseq: the place
 *
 * Applied, it takes the members on heads that are not in the view out of their
 * groups. The same at every node, so that nobody has to send it.
 *
 * Return: it, or NULL without memory.
 */
struct samr_msg *samr_group_view_new(struct samr_node *n, u64 gseq);

/** samr_group_forget - a node that begins anew: forget all groups */
void samr_group_forget(struct samr_node *n);

/**
 * samr_group_learn - a group as it was at place @upto
 * @members: they, with flags as on the wire; the reference is taken over
 * @transfer: id of its state transfer; 0: none is under way
 * @last: place of its LAST piece; 0: it has none yet
 * @locks: its locks; they are taken over, too
 * @sessions: likewise
 * @alarms: likewise
 *
 * Return: false without memory; nothing was taken over.
 */
bool samr_group_learn(struct samr_node *n, u32 id, u64 upto,
		      struct samr_members *members, u64 transfer, u64 last,
		      struct samr_lock_table *locks,
		      struct samr_session_table *sessions,
		      struct samr_alarm_table *alarms);

/**
 * samr_group_next - the lowest id above @after of a group that has members, or
 *	locks that outlive them; 0: there is none
 */
u32 samr_group_next(const struct samr_node *n, u32 after);

/**
 * samr_group_flags - the same members with other flags
 * @members: they; the reference is taken over
 */
void samr_group_flags(struct samr_node *n, struct samr_group *g,
		      struct samr_members *members);

/** samr_group_member - the sender of @who as a member, or NULL. @g: or NULL */
const struct samr_member_id *samr_group_member(const struct samr_group *g,
					       const struct samr_meta *who);

/** samr_members_new - room for @count members; NULL without memory */
struct samr_members *samr_members_new(u32 count, u64 id);

/** samr_group_emit - deliver a message now */
void samr_group_emit(struct samr_node *n, struct samr_msg *msg);

/** samr_group_append - deliver a message behind what was delivered to @g, a SAFE one when it is stable */
void samr_group_append(struct samr_node *n, struct samr_group *g,
		       struct samr_msg *msg);

/** samr_group_stable - more is stable: deliver what waited for it */
void samr_group_stable(struct samr_node *n);

/** samr_group_drop - tell the owner of @msg that it is not delivered */
void samr_group_drop(struct samr_msg *msg, struct samr_actions *dropped);

#endif /* SAMR_CORE_GROUP_H */
