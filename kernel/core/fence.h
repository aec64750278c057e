/* SPDX-License-Identifier: GPL-2.0 */
/*
 * Fences: of whom it must be certain that they do nothing any more.
 *
 * The core asks, somebody with power over the machines answers. An answer names
 * the incarnation and the token of the question: a late one proves nothing about
 * a machine that has started again since.
 */
#ifndef SAMR_CORE_FENCE_H
#define SAMR_CORE_FENCE_H

#include "node.h"

/** samr_fence_want - head @id is to be fenced, for view @epoch */
void samr_fence_want(struct samr_node *n, u64 id, u64 inc, u64 epoch,
		     enum samr_fence_why why);

/** samr_fence_needless - nobody has to be fenced for a view any more */
void samr_fence_needless(struct samr_node *n);

/** samr_fence_confirm - the FENCED event; errors as in samr_node_step() */
int samr_fence_confirm(struct samr_node *n, u64 id, u64 inc, u64 token);

/** samr_fence_known - incarnation @inc of @id is known to be dead */
void samr_fence_known(struct samr_node *n, u64 id, u64 inc);

/** samr_fence_forget - incarnations of @id but @inc are of no interest now */
void samr_fence_forget(struct samr_node *n, u64 id, u64 inc);

/** samr_fence_dead - ids of the view's members that are known to be dead */
u64 samr_fence_dead(const struct samr_node *n);

/** samr_fence_tell - tell @dest of them */
void samr_fence_tell(struct samr_node *n, u64 dest);

#endif /* SAMR_CORE_FENCE_H */
