/* SPDX-License-Identifier: GPL-2.0 */
/*
 * A client node: a machine that is no head, whose clients go through one.
 *
 * It looks for a head (KNOCK, WELCOME), and makes a pipe to it. What its clients submit goes
 * into that, and comes back with what became of it, as if this were the head. When the head is
 * not heard any more, or says that it is over, all that has no answer is given back without a
 * place, the clients are told (samr_actions.lost), and the next head is looked for at once.
 */
#ifndef SAMR_CORE_REMOTE_H
#define SAMR_CORE_REMOTE_H

#include "pipe.h"

struct samr_actions;
struct samr_event;
struct samr_view_info;

/* What its clients may have under way. */
#define SAMR_REMOTE_SUBMITS	256
/* So many of these are kept for what opens, attaches, acknowledges and closes sessions. */
#define SAMR_REMOTE_RESERVE	16
#define SAMR_REMOTE_BYTES	(4U << 20)

/**
 * struct samr_remote - in struct samr_node
 * @wanted: it looks for a head, or has one
 * @pipe: to its access head; .link 0: there is none
 * @links: number of the last pipe
 * @knocks: since it has had none
 * @knock_at: when to knock, ns
 * @size: of the last KNOCK
 * @avoid: heads that have refused lately, one bit per id
 * @submits: struct samr_msg, without an answer yet, as they came, by .link
 * @count: of them
 * @bytes: of them
 * @number: of the last one
 * @refused: somebody was told no
 * @epoch: view of the access head
 * @heads: in that view
 * @losses: how often the access head was lost
 */
struct samr_remote {
	bool wanted;
	struct samr_pipe pipe;
	u64 links;
	u32 knocks;
	u64 knock_at;
	u32 size;
	u64 avoid;
	struct list_head submits;
	u32 count;
	u64 bytes;
	u64 number;
	bool refused;
	u64 epoch;
	u64 heads;
	u64 losses;
};

/** samr_remote_init - of a new client node; false without memory */
bool samr_remote_init(struct samr_node *n);

/** samr_remote_fini - @dropped: as of samr_node_free() */
void samr_remote_fini(struct samr_node *n, struct samr_actions *dropped);

/** samr_remote_step - as samr_node_step(); others than these events do nothing
 *
 * MEMBERS: look for a head, if there are any; FRAME, SUBMIT, QUERY, FORGET, FLUSH, TIMER,
 * FRAME_MAX; FAREWELL.
 */
int samr_remote_step(struct samr_node *n, const struct samr_event *ev);
u64 samr_remote_deadline(const struct samr_node *n);

/** samr_remote_room - would SUBMIT be taken? */
bool samr_remote_room(struct samr_node *n, u8 kind, u32 len);

/** samr_remote_view - the view of the access head: its heads, without what is not known */
void samr_remote_view(const struct samr_node *n, struct samr_view_info *info);

#endif /* SAMR_CORE_REMOTE_H */
