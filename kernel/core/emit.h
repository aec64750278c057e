/* SPDX-License-Identifier: GPL-2.0 */
/* Messages that leave, cut into records that fit the frames of now. */
#ifndef SAMR_CORE_EMIT_H
#define SAMR_CORE_EMIT_H

#include "msg.h"

struct samr_node;

/** samr_emit_small - does a message of @len bytes fit one frame, ordered too? */
bool samr_emit_small(const struct samr_node *n, u32 len);

/**
 * samr_emit_order - send a message's place, and bytes of it
 * @n: the node
 * @dest: node, or SAMR_DEST_ALL
 * @msg: ordered; holds the bytes asked for
 * @flags: SAMR_REC_F_REPAIR, or SAMR_REC_F_REF to send no bytes
 * @off: first byte
 * @len: how many
 */
void samr_emit_order(struct samr_node *n, u64 dest, const struct samr_msg *msg,
		     u8 flags, u32 off, u32 len);

/**
 * samr_emit_submit - send an own submission, or a part of it
 * @n: the node
 * @dest: the sequencer, or SAMR_DEST_ALL
 * @msg: own message, complete
 * @off: first byte
 * @len: how many
 * @frames: records sent at most, one to a frame when the message is long
 *
 * Return: bytes sent.
 */
u32 samr_emit_submit(struct samr_node *n, u64 dest, const struct samr_msg *msg,
		     u32 off, u32 len, u32 frames);

#endif /* SAMR_CORE_EMIT_H */
