/* SPDX-License-Identifier: GPL-2.0 */
/*
 * Lock-step: a program that accepts streams gets one input at a time, a connection or what
 * came on one. It has its turn until it has read that and comes back for more: asks, of
 * any of its sockets, for what is not there. So programs that wait for all of their
 * connections at once take their inputs in the order of the group, at every head, and
 * threads of one program never act at the same time.
 *
 * So it has one from listen() on until it first asks: what came meanwhile would otherwise be
 * there all at once, and a program that begins behind the others has much to catch up with.
 *
 * Nobody waits for a turn that is not taken: when the socket that the input is for is
 * watched by nobody, or not for input, the next one follows at once.
 *
 * The lock of the listener's service protects it.
 */
#ifndef SAMR_TURN_H
#define SAMR_TURN_H

#include <linux/types.h>

struct samr_connection;
struct samr_listener;

/**
 * struct samr_turn - of a listener
 * @on: lock-step is wanted (SAMR_LOCK_STEP)
 * @taken: an input is out
 * @shown: its program knows: it has read of it, or was told that there is something
 * @of: who got it; NULL: the backlog. No reference: who is closed has its turn no more
 */
struct samr_turn {
	bool on;
	bool taken;
	bool shown;
	struct samr_connection *of;
};

/** samr_turn_give - an input has come: to @x, or to the backlog (NULL) */
void samr_turn_give(struct samr_listener *ls, struct samr_connection *x);

/** samr_turn_begin - it listens from here on */
void samr_turn_begin(struct samr_listener *ls);

/**
 * samr_turn_end - a socket goes: @x, or the listener's own (NULL); it has no turn any more
 *
 * Who calls lets the listener read on.
 */
void samr_turn_end(struct samr_listener *ls, struct samr_connection *x);

/** samr_turn_pass - some of @x was read; the listener may read on */
void samr_turn_pass(struct samr_listener *ls, struct samr_connection *x,
		    struct list_head *free);

/**
 * samr_turn_show - a program was told that @x is readable, or has ended; no lock is held
 *
 * An end has no bytes that would have to be read: this is all that tells whether it was
 * noticed.
 */
void samr_turn_show(struct samr_listener *ls, struct samr_connection *x);

/** samr_turn_back - a program found nothing to read; no lock is held */
void samr_turn_back(struct samr_listener *ls);

/** samr_turn_set - lock-step or not; no lock is held */
void samr_turn_set(struct samr_listener *ls, bool on);

#endif /* SAMR_TURN_H */
