/* SPDX-License-Identifier: GPL-2.0 */
/*
 * What was lost: asking for it, and answering those who ask.
 *
 * Two spaces of numbers share this: places of the order, asked of any holder,
 * and an origin's submissions, asked of the origin by the sequencer.
 */
#ifndef SAMR_CORE_REPAIR_H
#define SAMR_CORE_REPAIR_H

#include "plat.h"
#include "window.h"
#include "wire.h"

struct samr_node;
struct samr_trip;

/**
 * samr_repair_want - remember that messages lack
 * @n: the node
 * @win: window they belong to
 * @from: first
 * @to: last; those outside the window are left out
 * @ask_at: moved forward to when the first of them is to be asked for
 *
 * Those that are complete, or wanted already, are left alone.
 */
void samr_repair_want(struct samr_node *n, struct samr_window *win, u64 from,
		      u64 to, u64 *ask_at);

/**
 * samr_repair_renew - whatever was asked before, ask for what lacks now
 *
 * As samr_repair_want(), when there is somebody else to ask.
 */
void samr_repair_renew(struct samr_node *n, struct samr_window *win, u64 from,
		       u64 to, u64 *ask_at);

/**
 * samr_repair_progress - bytes of a message came: wait for the rest of them
 * @n: the node
 * @slot: of the message
 * @ask_at: as above
 */
void samr_repair_progress(struct samr_node *n, struct samr_slot *slot,
			  u64 *ask_at);

/**
 * samr_repair_came - what was asked for, or a part of it, is here
 * @n: the node
 * @win: window it belongs to
 * @s: its number
 * @slot: of @s
 *
 * How long that took says how long to wait for the next. The time from submission
 * to order would not do: in it is what the sequencer lets wait for others to catch
 * up, who would then wait as long before they ask for what they lack.
 */
void samr_repair_came(struct samr_node *n, struct samr_window *win, u64 s,
		      struct samr_slot *slot);

/** samr_trip_learn - an answer took @rtt, since the first of @asks + 1 questions */
void samr_trip_learn(struct samr_trip *t, u64 rtt, u32 asks);

/**
 * samr_repair_ask - ask for what lacks and is due
 * @n: the node
 * @win: window
 * @from: first that may lack
 * @to: last
 * @origin: 0 for the order, else whose submissions they are
 *
 * Return: when to call again, SAMR_NEVER if nothing lacks.
 */
u64 samr_repair_ask(struct samr_node *n, struct samr_window *win, u64 from,
		    u64 to, u64 origin);

/** samr_repair_answer - member @src asks for @nack */
void samr_repair_answer(struct samr_node *n, u64 src,
			const struct samr_nack *nack);

#endif /* SAMR_CORE_REPAIR_H */
