/* SPDX-License-Identifier: GPL-2.0 */
#ifndef SAMR_SIM_LEAF_WIRE_H
#define SAMR_SIM_LEAF_WIRE_H

#include "rng.h"

/** leaf_wire_run - what is encoded is decoded, and nothing else is */
void leaf_wire_run(struct rng *r);

#endif /* SAMR_SIM_LEAF_WIRE_H */
