/* SPDX-License-Identifier: GPL-2.0 */
/*
 * Somebody on the network who says what he likes in frames between heads and client nodes: he is
 * a client node that speaks as a head, or is many of them, or a head that there is not.
 *
 * Without a key his frames are as good as any. He does not speak in the name of whoever is there,
 * or only to end a pipe: so nothing that the others have promised suffers, and no checker is
 * switched off for him.
 */
#ifndef SAMR_SIM_LIAR_H
#define SAMR_SIM_LIAR_H

#include "cluster.h"

/**
 * struct liar - he
 * @free: network ids that nobody has: his client nodes
 * @turn: when he speaks
 * @said: frames
 */
struct liar {
	struct cluster *cluster;
	struct rng rng;
	u64 free;
	struct timer turn;
	u64 said;
};

/** liar_init - he begins; @taken: network ids of heads and client nodes */
void liar_init(struct liar *l, struct cluster *c, u64 taken, u64 seed);

/** liar_end - he says nothing more, and each head takes client nodes as before */
void liar_end(struct liar *l);

#endif /* SAMR_SIM_LIAR_H */
