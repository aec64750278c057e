/* SPDX-License-Identifier: GPL-2.0 */
/* Leaves: requests for locks, what is told of them, and owners that are gone. */
#ifndef SAMR_SIM_LEAF_LOCK_H
#define SAMR_SIM_LEAF_LOCK_H

void leaf_lock_run(void);

#endif /* SAMR_SIM_LEAF_LOCK_H */
