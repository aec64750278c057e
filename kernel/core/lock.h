/* SPDX-License-Identifier: GPL-2.0 */
/*
 * Locks of groups: distributed mutual exclusion among their members.
 *
 * Each group has a table of locks by name. It is replicated state: a LOCK or an
 * UNLOCK of a member does the same to it at its place of the order, at every
 * node. Those that wait stand in a queue, in the order of their requests.
 *
 * An owner that leaves its group, or whose head leaves the view, does not take
 * the lock with it: the next one gets it together with the value that was stored
 * last, and is told that the owner is dead. So it is until somebody unlocks it in
 * the ordinary way. The lock outlives the members: it is forgotten when nobody
 * owns it, nobody waits, it has no value and no owner died.
 */
#ifndef SAMR_CORE_LOCK_H
#define SAMR_CORE_LOCK_H

#include "plat.h"
#include "wire.h"

struct samr_node;
struct samr_group;
struct samr_members;
struct samr_msg;

/* What one group can make every node keep, and what all of them can. */
#define SAMR_LOCKS_MAX		256
#define SAMR_LOCK_QUEUE_MAX	1024
#define SAMR_LOCKS_ALL		4096
#define SAMR_LOCK_QUEUE_ALL	16384

/**
 * struct samr_lock_who - a member, and what it asked with
 * @node: 0: nobody
 * @inc: incarnation of @node
 * @arg: the number that it gave to its request
 * @port: on @node
 */
struct samr_lock_who {
	u64 node;
	u64 inc;
	u64 arg;
	u32 port;
};

/**
 * struct samr_lock_wait - a member that waits
 * @link: in samr_lock.queue
 * @who: it
 */
struct samr_lock_wait {
	struct list_head link;
	struct samr_lock_who who;
};

/**
 * struct samr_lock - a lock
 * @link: in samr_lock_table.locks, which is sorted by name
 * @queue: those that wait
 * @waiting: how many
 * @owner: who has it
 * @dead: an owner went without unlocking it
 * @name_len: bytes of @name
 * @value_len: bytes of @value
 * @name: without a zero byte
 * @value: stored last
 */
struct samr_lock {
	struct list_head link;
	struct list_head queue;
	u32 waiting;
	struct samr_lock_who owner;
	bool dead;
	u8 name_len;
	u8 value_len;
	u8 name[SAMR_LOCK_NAME_LEN];
	u8 value[SAMR_LOCK_VALUE_LEN];
};

/**
 * struct samr_lock_table - the locks of a group
 * @locks: struct samr_lock
 * @count: of them
 * @waiting: at all of them
 */
struct samr_lock_table {
	struct list_head locks;
	u32 count;
	u32 waiting;
};

/**
 * struct samr_lock_ask - payload of LOCK and UNLOCK, decoded
 * @flags: SAMR_LKF_*
 * @name_len: bytes of @name
 * @value_len: bytes of @value
 */
struct samr_lock_ask {
	u8 flags;
	u8 name_len;
	u8 value_len;
	u8 name[SAMR_LOCK_NAME_LEN];
	u8 value[SAMR_LOCK_VALUE_LEN];
};

/* A name, or a value: its length was checked, which memcpy() can not know. */
static inline void samr_lock_copy(u8 *to, const u8 *from, u32 len)
{
	while (len--)
		*to++ = *from++;
}

/**
 * samr_lock_parse - decode and check the payload of a LOCK or UNLOCK
 * @kind: which
 * @bytes: the payload
 * @len: its length
 * @ask: filled in
 *
 * Return: whether it is well-formed.
 */
bool samr_lock_parse(u8 kind, const u8 *bytes, u32 len,
		     struct samr_lock_ask *ask);

/** samr_lock_init - an empty table */
void samr_lock_init(struct samr_lock_table *t);

/** samr_lock_clear - forget all locks of a table */
void samr_lock_clear(struct samr_lock_table *t);

/**
 * samr_lock_apply - LOCK or UNLOCK of a group's member
 * @msg: gets what there is to be told
 *
 * Return: false without memory; nothing has happened then.
 */
bool samr_lock_apply(struct samr_node *n, struct samr_group *g,
		     struct samr_msg *msg);

/**
 * samr_lock_thin - members leave the group
 * @next: those that stay
 * @msg: gets what there is to be told to them
 *
 * Return: false without memory; nothing has happened then.
 */
bool samr_lock_thin(struct samr_node *n, struct samr_group *g,
		    const struct samr_members *next, struct samr_msg *msg);

/**
 * struct samr_lock_cursor - a walk over a table: each lock, then its queue
 * @lock: NULL: at the end
 * @wait: NULL: at @lock itself
 */
struct samr_lock_cursor {
	const struct samr_lock *lock;
	const struct samr_lock_wait *wait;
};

/** samr_lock_first - begin a walk */
void samr_lock_first(const struct samr_lock_table *t,
		     struct samr_lock_cursor *c);

/** samr_lock_next - go on */
void samr_lock_next(const struct samr_lock_table *t,
		    struct samr_lock_cursor *c);

/**
 * samr_lock_learn - append what a walk elsewhere came by
 * @t: table
 * @name: of the lock, or NULL for one more that waits for the last one
 * @who: owner, or who waits
 *
 * Return: SAMR_DROP_NONE; SAMR_DROP_RECORD when that can not be;
 * SAMR_DROP_MEMORY.
 */
enum samr_drop samr_lock_learn(struct samr_lock_table *t,
			       const struct samr_lock_ask *name, bool dead,
			       const struct samr_lock_who *who);

#endif /* SAMR_CORE_LOCK_H */
