/* SPDX-License-Identifier: GPL-2.0 */
/*
 * The core's leaves on their own: messages in pieces, windows and the wire
 * format against models of them, with inputs from a seed.
 */
#ifndef SAMR_SIM_LEAF_H
#define SAMR_SIM_LEAF_H

#include "core/plat.h"

/** leaf_run - all tests once; does not return when one fails */
void leaf_run(u64 seed);

#endif /* SAMR_SIM_LEAF_H */
