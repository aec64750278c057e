/* SPDX-License-Identifier: GPL-2.0 */
/* What a view change that was not finished leaves behind. */
#ifndef SAMR_SIM_PROPOSAL_H
#define SAMR_SIM_PROPOSAL_H

#include "cluster.h"

/**
 * proposal_stuck - has the end of view @epoch been accepted with too many dead?
 *
 * What was accepted may have been decided, so it is proposed again as it is
 * (R7). When those of its members that still live are not enough to go on in it,
 * nobody can know what the others did there before they died. Only those of the
 * view before can accept it (R5): a witness that it takes in does not count.
 */
bool proposal_stuck(const struct cluster *c, u64 epoch);

#endif /* SAMR_SIM_PROPOSAL_H */
