/* SPDX-License-Identifier: GPL-2.0 */
/* Frames that leave: records are gathered until a frame is full or flushed. */
#ifndef SAMR_CORE_FRAME_H
#define SAMR_CORE_FRAME_H

#include "plat.h"

struct samr_node;

/**
 * samr_frame_record - room for one record
 * @n: the node
 * @dest: node, or SAMR_DEST_ALL
 * @len: bytes of the record with its payload, at most samr_frame_room()
 *
 * Return: the blob to which exactly @len bytes must be appended now, or NULL
 * without memory (a lost frame) or without anybody to send to.
 */
struct samr_blob *samr_frame_record(struct samr_node *n, u64 dest, u32 len);

/** samr_frame_room - bytes that the records of one frame have at most */
u32 samr_frame_room(const struct samr_node *n);

/**
 * samr_frame_in_vain - what was repeated for head @id did not help
 *
 * Small frames may still reach it. Who looks after the links is told.
 */
void samr_frame_in_vain(struct samr_node *n, u64 id);

/** samr_frame_ack - see to it that a frame goes to all, if only for its header */
void samr_frame_ack(struct samr_node *n);

/** samr_frame_flush - close the open frames and hand them out */
void samr_frame_flush(struct samr_node *n);

/** samr_frame_discard - drop the open frames */
void samr_frame_discard(struct samr_node *n);

#endif /* SAMR_CORE_FRAME_H */
