/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* What the files of libsamr share. */
#ifndef SAMR_INTERNAL_H
#define SAMR_INTERNAL_H

#include <stdbool.h>
#include <sys/socket.h>
#include <samr/samr.h>

#define SAMR_CONTROL_SIZE	256

/** struct samr_slot - room for one message of a batch */
struct samr_slot {
	struct iovec iov;
	size_t used;
	_Alignas(struct cmsghdr) char control[SAMR_CONTROL_SIZE];
};

/**
 * struct samr_giver - a member's part in the transfer of the state
 * @ops: @ops.give is NULL when it takes no part
 * @ctx: for @ops
 * @id: of the state that is being given; 0: none
 * @piece: the bytes that are to be sent next, of SAMR_PIECE_SIZE
 * @len: how many
 * @flags: SAMR_SEND_* to send them with; 0: none are there
 */
struct samr_giver {
	struct samr_state_ops ops;
	void *ctx;
	uint64_t id;
	char *piece;
	size_t len;
	uint32_t flags;
};

/**
 * struct samr - a member
 * @fd: its socket
 * @flags: SAMR_OPEN_*
 * @asked: SAMR_JOIN was set
 * @broken: something was lost: the error, for ever
 * @view: copy of the last view
 * @giver: state transfer
 * @locks: number of the last request for a lock
 * @next: the first message of the last batch that was not looked at
 * @have: messages in that batch
 * @area: room for the bytes of SAMR_BATCH_MAX messages
 */
struct samr {
	int fd;
	unsigned int flags;
	bool asked;
	int broken;
	struct samr_view *view;
	struct samr_giver giver;
	uint64_t locks;
	unsigned int next;
	unsigned int have;
	char *area;
	struct samr_slot slot[SAMR_BATCH_MAX];
	struct mmsghdr msg[SAMR_BATCH_MAX];
};

/** samr_piece_send - sendmsg() with SAMR_SEND; 0 or a negative errno value */
int samr_piece_send(int fd, const struct iovec *iov, size_t count,
		    const struct samr_send *how, int flags);

/**
 * samr_state_received - a SNAPSHOT or an INSTALL is next in the order
 *
 * Everything before it has been worked off by the caller of the library.
 * Return: 0, or why the member is broken.
 */
int samr_state_received(struct samr *m, const struct samr_received *r);

/**
 * samr_state_give - send a piece, if one is due and the kernel takes it
 *
 * Return: whether more may be done at once.
 */
bool samr_state_give(struct samr *m);

/** samr_state_hidden - is this what samr_state_received() is for? */
static inline bool samr_state_hidden(const struct samr *m,
				     const struct samr_received *r)
{
	return m->giver.ops.give &&
	       (r->delivery.type == SAMR_TYPE_SNAPSHOT ||
		r->delivery.type == SAMR_TYPE_INSTALL);
}

#endif /* SAMR_INTERNAL_H */
