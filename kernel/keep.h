/* SPDX-License-Identifier: GPL-2.0 */
/*
 * Connections that go on when the state is given (core/place.h): those of a donor with a
 * door, of which the order is told where they stand, and those that a receiver gets.
 *
 * A donor's program has read all that came before the SNAPSHOT. Whether a connection has
 * more to it than that, only the program knows; what its door was told (enum samr_streams)
 * says what is to be thought of it.
 *
 * The lock of the listener's service protects it.
 */
#ifndef SAMR_KEEP_H
#define SAMR_KEEP_H

#include <linux/types.h>

struct list_head;
struct samr_connection;
struct samr_listener;
struct samr_msg;
struct samr_service;

/**
 * struct samr_keep - of a listener
 * @policy: enum samr_streams
 * @telling: the order is to be told where its connections stand, in this transfer; 0: no
 * @how: enum samr_place: the state is given there, or not
 * @kept: struct samr_connection by @link, by name: came with a state that is not there yet
 * @last: name of the last one of @kept
 */
struct samr_keep {
	u32 policy;
	u64 telling;
	u8 how;
	struct list_head kept;
	u64 last;
};

/** samr_keep_init - streams end */
void samr_keep_init(struct samr_keep *k);

/** samr_keep_may - may the state be given at the place where the listener stands? */
bool samr_keep_may(struct samr_listener *ls);

/** samr_keep_say - the order is told where connections stand, at transfer @id */
void samr_keep_say(struct samr_listener *ls, u64 id, u8 how);

/** samr_keep_tell - it is; the lock is dropped meanwhile */
void samr_keep_tell(struct samr_service *svc)
	__must_hold(&svc->lock);

/** samr_keep_take - a connection comes with the state; false: it can not be kept */
bool samr_keep_take(struct samr_listener *ls, const struct samr_msg *msg);

/** samr_keep_drop - what came is void */
void samr_keep_drop(struct samr_listener *ls);

/** samr_keep_begin - the state is there: its connections wait to be accepted */
void samr_keep_begin(struct samr_listener *ls);

#endif /* SAMR_KEEP_H */
