/* SPDX-License-Identifier: GPL-2.0 */
/*
 * Votes: who accepted a view, by what was sent, and what the witness does.
 *
 * Checked, from the frames and views alone, where a view has a witness:
 *
 *	- its successor was accepted by more than half of those with data, or by
 *	  half of them and the very incarnation that is the witness of the view
 *	  (R11: no fence, and no restarted witness, takes its place);
 *	- the witness sends nothing of the order, coordinates nothing, is given
 *	  nothing and is nobody's sequencer.
 */
#ifndef SAMR_SIM_VOTES_H
#define SAMR_SIM_VOTES_H

#include "cluster.h"

#define VOTES_MOST	64

/**
 * struct vote - about one view
 * @view: as first installed; epoch 0: not yet
 * @inc: incarnations that accepted it
 * @count: of @inc
 * @gone_at: by id: place of the member's RETIRE in the view; 0: none
 */
struct vote {
	struct samr_view_info view;
	u64 inc[VOTES_MOST];
	u32 count;
	u64 gone_at[NET_NODES];
};

struct votes {
	struct vote *vote;	/* by epoch */
	size_t room;
	u64 halves;		/* views that an exact half and the witness made */
};

void votes_init(struct votes *v);

/** votes_forget - a view was formed from nothing: all that was is over */
void votes_forget(struct votes *v);

void votes_free(struct votes *v);

/** votes_sent - @h sends @frame */
void votes_sent(struct votes *v, struct host *h, struct samr_blob *frame);

/** votes_view - @h has another view */
void votes_view(struct votes *v, struct host *h);

#endif /* SAMR_SIM_VOTES_H */
