/* SPDX-License-Identifier: GPL-2.0 */
/* Bytes that count up from a number: payload that anybody can check. */
#ifndef SAMR_SIM_RAMP_H
#define SAMR_SIM_RAMP_H

#include "core/plat.h"

/** ramp_fill - @len bytes at @to: @first, @first + 1, ... */
void ramp_fill(u8 *to, u32 len, u8 first);

/** ramp_is - are these such bytes? */
bool ramp_is(const u8 *bytes, u32 len, u8 first);

#endif /* SAMR_SIM_RAMP_H */
