/* SPDX-License-Identifier: GPL-2.0 */
/* One head on its own: its wake-ups and what it keeps. */
#ifndef SAMR_SIM_LEAF_NODE_H
#define SAMR_SIM_LEAF_NODE_H

/** leaf_node_run - all tests once; does not return when one fails */
void leaf_node_run(void);

#endif /* SAMR_SIM_LEAF_NODE_H */
