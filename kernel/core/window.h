/* SPDX-License-Identifier: GPL-2.0 */
/*
 * A window of numbered messages: a ring of slots that moves upwards.
 *
 * The same structure serves the order (by gseq) and each origin's submissions
 * (by oseq). A slot exists for every number of the window, also while its
 * message is not here: that is where asking for it is remembered.
 */
#ifndef SAMR_CORE_WINDOW_H
#define SAMR_CORE_WINDOW_H

#include "plat.h"
#include "msg.h"

/**
 * struct samr_slot - one number
 * @msg: its message, a reference; NULL: not here
 * @ask_at: when to ask for it, or to repeat it, ns; 0: not wanted
 * @sent_at: own submissions: when it was first sent, ns; others: when it was asked
 *	for, and has not come since; 0: it was not
 * @repair_at: when it was last repaired, ns
 * @repair_off: first byte that was repaired then
 * @repair_end: behind the last one
 * @repair_to: node that it went to, or SAMR_DEST_ALL
 * @had: bytes of it that were here when it was asked for last
 * @asked: bytes asked for then; 0: not asked for yet
 * @asks: how often it was asked for in vain, or repeated
 */
struct samr_slot {
	struct samr_msg *msg;
	u64 ask_at;
	u64 sent_at;
	u64 repair_at;
	u32 repair_off;
	u32 repair_end;
	u32 had;
	u32 asked;
	u8 repair_to;
	u8 asks;
};

/**
 * struct samr_window - the ring
 * @slot: @size of them
 * @size: a power of two
 * @base: lowest number of the window
 * @came: highest number that was repaired since some were asked for last; 0: none
 */
struct samr_window {
	struct samr_slot *slot;
	u32 size;
	u64 base;
	u64 came;
};

/**
 * samr_window_init - an empty window from number 1 on; may sleep
 * @w: the window
 * @size: slots, a power of two
 *
 * Return: 0, -EINVAL, -ENOMEM.
 */
int __must_check samr_window_init(struct samr_window *w, u32 size);

/** samr_window_fini - drop all messages and the ring; also after a failed init */
void samr_window_fini(struct samr_window *w);

/** samr_window_at - the slot of number @s, or NULL when it is outside */
struct samr_slot *samr_window_at(const struct samr_window *w, u64 s);

/**
 * samr_window_advance - move the window's base up, dropping what falls out
 * @w: the window
 * @base: the new base; lower than the present one: nothing happens
 */
void samr_window_advance(struct samr_window *w, u64 base);

/** samr_window_clear - drop the message of a slot, and all that is known of it */
void samr_window_clear(struct samr_slot *slot);

/** samr_window_reset - drop all messages; the lowest number is @base from now on */
void samr_window_reset(struct samr_window *w, u64 base);

#endif /* SAMR_CORE_WINDOW_H */
