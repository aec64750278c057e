/* SPDX-License-Identifier: GPL-2.0 */
/*
 * Positions in an order, and the origins' numbers of their messages: u64, from
 * 1; 0 means "none". At 10^9 a second they last for centuries, but a hostile
 * frame may name any value: compare with these, never by a sum that can wrap.
 */
#ifndef SAMR_CORE_SEQNO_H
#define SAMR_CORE_SEQNO_H

#include "plat.h"

/** samr_seqno_in - is @s one of the @size numbers from @base on? */
static inline bool samr_seqno_in(u64 s, u64 base, u32 size)
{
	return s >= base && s - base < size;
}

/** samr_seqno_last - the last number of a window, or the largest there is */
static inline u64 samr_seqno_last(u64 base, u32 size)
{
	return base > U64_MAX - size ? U64_MAX : base + size - 1;
}

#endif /* SAMR_CORE_SEQNO_H */
