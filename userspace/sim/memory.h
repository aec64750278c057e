/* SPDX-License-Identifier: GPL-2.0 */
/*
 * The simulator's side of plat.c: memory that is counted, and that fails when
 * it is told to.
 *
 * Whatever the core allocates is charged to the node that is being stepped
 * (its *home*), so that each node's memory can be bounded, and so that
 * nothing may be left when all nodes are gone.
 */
#ifndef SAMR_SIM_MEMORY_H
#define SAMR_SIM_MEMORY_H

#include "core/plat.h"
#include "rng.h"

/* Homes: 1 .. 63 are node ids; 0 is the simulator itself, which never fails. */
#define MEMORY_HOMES	64

/**
 * struct memory_use - what a home has now, and had at most
 * @bytes: allocations, blobs with their buffers (a slice: its length)
 * @objects: how many of them
 * @peak: of @bytes
 * @failed: allocations refused
 */
struct memory_use {
	u64 bytes;
	u64 objects;
	u64 peak;
	u64 failed;
};

/** memory_enter - what is allocated from here on belongs to @home */
void memory_enter(u32 home);

/** memory_use_of - of a home, or of all when @home is MEMORY_HOMES */
const struct memory_use *memory_use_of(u32 home);

/** memory_reset - forget peaks and failures; for a new run */
void memory_reset(u64 seed);

/** memory_fail_rate - refuse @ppm of a million allocations of @home */
void memory_fail_rate(u32 home, u32 ppm);

/** memory_fail_next - refuse @count allocations of @home, after @after more */
void memory_fail_next(u32 home, u32 count, u32 after);

/**
 * struct buffer - bytes that blobs refer to
 * @refs: references
 * @len: bytes in it
 * @room: bytes that it can take
 * @bytes: they
 */
struct buffer {
	u32 refs;
	u32 len;
	u32 room;
	u8 bytes[] __attribute__((aligned(8)));
};

struct buffer *buffer_new(u32 room);
struct buffer *buffer_get(struct buffer *b);
void buffer_put(struct buffer *b);

/** blob_of_buffer - a blob of bytes @off .. of a buffer; takes a reference */
struct samr_blob *blob_of_buffer(struct buffer *b, u32 off, u32 len);

/** blob_bytes - the bytes of a blob; as long as the blob lives */
const u8 *blob_bytes(const struct samr_blob *b);

/** marks_* - how often each samr_mark() of the core was reached, see marks.c */
u32 marks_count(void);
const char *marks_name(u32 i);
u64 marks_hits(u32 i);
void marks_init(void);

/** marks_saw - call @fn for each samr_saw() of the core from now on; NULL: nobody */
void marks_saw(void (*fn)(void *ctx, u64 self, const struct samr_msg *msg),
	       void *ctx);

#endif /* SAMR_SIM_MEMORY_H */
