/* SPDX-License-Identifier: GPL-2.0 */
/* Leaves: records of state, right ones and others, at the door of a learner. */
#ifndef SAMR_SIM_LEAF_STATE_H
#define SAMR_SIM_LEAF_STATE_H

void leaf_state_run(void);

#endif /* SAMR_SIM_LEAF_STATE_H */
