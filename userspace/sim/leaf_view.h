/* SPDX-License-Identifier: GPL-2.0 */
/* Parts of the view change on their own, see leaf.h. */
#ifndef SAMR_SIM_LEAF_VIEW_H
#define SAMR_SIM_LEAF_VIEW_H

void leaf_view_run(void);

#endif /* SAMR_SIM_LEAF_VIEW_H */
