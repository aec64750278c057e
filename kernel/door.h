/* SPDX-License-Identifier: GPL-2.0 */
/*
 * The door of a member that accepts streams: by it the service's state goes in and out.
 *
 * It is a socket of its own, as the program that accepts need know nothing of states:
 * whoever started it has the door. Where a transfer begins streams end (listener.c), or go on
 * (keep.c). When the program has read all that came before, and in lock-step has come
 * back for more, a donor's door is offered the SNAPSHOT, and the program is given nothing
 * until the door has been read once more: what is saved between the two is the state of
 * that place.
 *
 * The lock of the listener's service protects it.
 */
#ifndef SAMR_DOOR_H
#define SAMR_DOOR_H

#include <linux/types.h>

struct list_head;
struct samr_listener;
struct samr_local_ops;
struct samr_msg;

/**
 * struct samr_door - of a listener
 * @ops: as of a member; NULL: there is none
 * @ctx: for @ops
 * @given: place of the SNAPSHOT that was dealt with last
 */
struct samr_door {
	const struct samr_local_ops *ops;
	void *ctx;
	u64 given;
};

/**
 * samr_door_open - of a listener that has not asked to join; no lock is held
 *
 * Return: 0, -EBUSY: it has one; -EISCONN: it is too late; -ENOTCONN: its sockets are
 * closed; or why it is dead.
 */
int samr_door_open(struct samr_listener *ls, const struct samr_local_ops *ops,
		   void *ctx);

/** samr_door_close - and its member is none any more; no lock is held */
void samr_door_close(struct samr_listener *ls);

/** samr_door_back - it was read, and there was nothing; no lock is held */
void samr_door_back(struct samr_listener *ls);

/** samr_door_taken - it has read @msg, which asks for the state; the service is locked */
void samr_door_taken(struct samr_listener *ls, const struct samr_msg *msg);

/** samr_door_policy - what becomes of streams (enum samr_streams); no lock is held. -EISCONN: too late */
int samr_door_policy(struct samr_listener *ls, u32 policy);

/** samr_door_holds - does @msg, which begins a transfer, hold up the listener? */
bool samr_door_holds(struct samr_listener *ls, const struct samr_msg *msg);

#endif /* SAMR_DOOR_H */
