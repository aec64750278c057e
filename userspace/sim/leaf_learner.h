/* SPDX-License-Identifier: GPL-2.0 */
/* How a learner takes groups, see leaf.h. */
#ifndef SAMR_SIM_LEAF_LEARNER_H
#define SAMR_SIM_LEAF_LEARNER_H

void leaf_learner_run(void);

#endif /* SAMR_SIM_LEAF_LEARNER_H */
