/* SPDX-License-Identifier: GPL-2.0 */
/*
 * The kernel's side of core/plat.h: what the shell needs of it.
 *
 * A blob is an sk_buff, and the two are the same pointer.
 */
#ifndef SAMR_PLAT_H
#define SAMR_PLAT_H

#include <linux/skbuff.h>
#include "core/plat.h"

/**
 * samr_plat_step_begin - the core is stepped on this CPU from here on
 * @broken: set when an invariant does not hold before samr_plat_step_end()
 *
 * Bottom halves are off.
 */
void samr_plat_step_begin(bool *broken);
void samr_plat_step_end(void);

/**
 * samr_plat_compact - bytes of a received frame, in memory of their own if need be
 * @skb: the frame, data at its first byte; taken over
 * @len: bytes of it that are kept
 * @copied: set when they were copied
 *
 * What is returned is linear, holds @len bytes and no more memory than a
 * frame of that length deserves: a small frame does not keep a driver's page.
 *
 * Return: the frame, or NULL without memory; @skb is gone then.
 */
struct sk_buff *samr_plat_compact(struct sk_buff *skb, u32 len, bool *copied);

#endif /* SAMR_PLAT_H */
