/* SPDX-License-Identifier: GPL-2.0 */
/*
 * What the core needs of the world around it, and the only #ifdef __KERNEL__.
 *
 * The core is compiled into samr.ko, for KUnit, and into the simulator. All
 * that differs between them stands here; the functions declared at the end are
 * supplied by kernel/plat.c and by userspace/sim/plat.c. An object of the core
 * may refer to nothing else (scripts/check-layers.sh).
 */
#ifndef SAMR_CORE_PLAT_H
#define SAMR_CORE_PLAT_H

#ifdef __KERNEL__

#include <linux/build_bug.h>
#include <linux/compiler.h>
#include <linux/errno.h>
#include <linux/kernel.h>
#include <linux/limits.h>
#include <linux/list.h>
#include <linux/minmax.h>
#include <linux/string.h>
#include <linux/types.h>
#include <asm/byteorder.h>

#else

#include <assert.h>
#include <errno.h>
#include <limits.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>
#include <endian.h>
#include <linux/types.h>
#include "list.h"

typedef uint8_t u8;
typedef uint16_t u16;
typedef uint32_t u32;
typedef uint64_t u64;
typedef int64_t s64;
typedef int32_t s32;

#define U64_MAX			UINT64_MAX
#define U32_MAX			UINT32_MAX
#define U16_MAX			UINT16_MAX
#define U8_MAX			UINT8_MAX
#define __must_check		__attribute__((warn_unused_result))
#define fallthrough		__attribute__((fallthrough))
#define likely(x)		__builtin_expect(!!(x), 1)
#define unlikely(x)		__builtin_expect(!!(x), 0)
#define ARRAY_SIZE(a)		(sizeof(a) / sizeof((a)[0]))
#define BIT_ULL(n)		(1ULL << (n))
#define min(a, b)		({ __typeof__(a) _a = (a); \
				   __typeof__(b) _b = (b); \
				   _a < _b ? _a : _b; })
#define max(a, b)		({ __typeof__(a) _a = (a); \
				   __typeof__(b) _b = (b); \
				   _a > _b ? _a : _b; })
#define min_t(t, a, b)		min((t)(a), (t)(b))
#define max_t(t, a, b)		max((t)(a), (t)(b))
#define cpu_to_be16(x)		htobe16(x)
#define cpu_to_be32(x)		htobe32(x)
#define cpu_to_be64(x)		htobe64(x)
#define be16_to_cpu(x)		be16toh(x)
#define be32_to_cpu(x)		be32toh(x)
#define be64_to_cpu(x)		be64toh(x)

#endif

#define SAMR_MSEC		1000000ULL	/* nanoseconds */
#define SAMR_USEC		1000ULL

/**
 * struct samr_blob - bytes that the core hands on without looking at them
 *
 * Counted and immutable once filled. An sk_buff in the kernel. A blob made by
 * samr_blob_new() is filled by its maker with samr_blob_put_*() before anyone
 * else sees it.
 */
struct samr_blob;

/**
 * struct samr_action - a thing to do, in the place where its object lives
 * @node: in struct samr_actions
 * @type: enum samr_action_type
 * @dest: for SEND: node to send to, or SAMR_DEST_ALL
 *
 * Each blob made by samr_blob_new() has room for one action, and each message
 * holds one: an effect never needs memory of its own.
 */
struct samr_action {
	struct list_head node;
	u32 type;
	u64 dest;
};

/**
 * samr_alloc - memory for the core, zeroed
 * @size: bytes
 *
 * Never sleeps. May fail, at any time; the core treats that as a lost frame.
 *
 * Return: the memory, or NULL.
 */
void *samr_alloc(size_t size);

/**
 * samr_free - give memory of samr_alloc() back
 * @p: it, or NULL
 */
void samr_free(const void *p);

/**
 * samr_alloc_table - a table that lives as long as its node, zeroed
 * @n: elements
 * @size: bytes of each
 *
 * May sleep, so only for samr_node_new(); may be large.
 *
 * Return: the table, or NULL without memory or when @n * @size overflows.
 */
void *samr_alloc_table(size_t n, size_t size);

/**
 * samr_free_table - give a table of samr_alloc_table() back
 * @p: it, or NULL
 *
 * May sleep, so only for samr_node_free() and a samr_node_new() that fails.
 */
void samr_free_table(void *p);

/**
 * samr_blob_new - an empty blob that can be sent
 * @room: bytes that will be put into it at most
 *
 * Return: a blob with one reference, owned by the caller, or NULL.
 */
struct samr_blob *samr_blob_new(u32 room);

/**
 * samr_blob_put_data - append bytes; the room asked for must suffice
 * @b: blob of samr_blob_new() that nobody else has seen
 * @data: the bytes, copied
 * @len: how many
 */
void samr_blob_put_data(struct samr_blob *b, const void *data, u32 len);

/**
 * samr_blob_put_blob - append a part of another blob
 * @b: blob of samr_blob_new() that nobody else has seen
 * @src: where the bytes come from; @off + @len lies within it
 * @off: first byte
 * @len: how many
 */
void samr_blob_put_blob(struct samr_blob *b, const struct samr_blob *src,
			u32 off, u32 len);

/**
 * samr_blob_set_data - overwrite bytes that were appended before
 * @b: blob of samr_blob_new() that nobody else has seen
 * @off: first byte; @off + @len lies within @b
 * @data: the bytes, copied
 * @len: how many
 */
void samr_blob_set_data(struct samr_blob *b, u32 off, const void *data,
			u32 len);

/**
 * samr_blob_slice - a blob that is a part of another one
 * @b: the other one; the caller keeps its reference
 * @off: first byte; @off + @len lies within @b
 * @len: how many
 *
 * Return: a reference owned by the caller, or NULL without memory.
 */
struct samr_blob *samr_blob_slice(struct samr_blob *b, u32 off, u32 len);

/**
 * samr_blob_peek - look at bytes of a blob
 * @b: the blob
 * @off: first byte
 * @len: how many
 * @scratch: room for @len bytes, used where they do not lie in one piece
 *
 * Return: the bytes, valid as long as @b and @scratch, or NULL when they are
 * not all within @b.
 */
const void *samr_blob_peek(const struct samr_blob *b, u32 off, u32 len,
			   void *scratch);

/** samr_blob_len - bytes in a blob */
u32 samr_blob_len(const struct samr_blob *b);

/** samr_blob_get - one more reference; returns @b */
struct samr_blob *samr_blob_get(struct samr_blob *b);

/** samr_blob_put - give a reference back; NULL is allowed */
void samr_blob_put(struct samr_blob *b);

/**
 * samr_blob_action - the action that lives in a blob of samr_blob_new()
 * @b: the blob; the caller hands its reference over with the action
 */
struct samr_action *samr_blob_action(struct samr_blob *b);

/** samr_blob_of_action - the inverse of samr_blob_action() */
struct samr_blob *samr_blob_of_action(struct samr_action *a);

/** struct samr_key - 128 bits to be kept from clients */
struct samr_key {
	u64 half[2];
};

/**
 * samr_keyed - the number that belongs to @x: SipHash-2-4 of its eight bytes, lowest first
 *
 * Who lacks the key can tell none of them, however many others he has seen.
 */
u64 samr_keyed(const struct samr_key *key, u64 x);

/* Reference counts that are dropped outside the domain's lock, too. */
typedef struct { int refs; } samr_ref_t;
void samr_ref_set(samr_ref_t *r, int n);
void samr_ref_get(samr_ref_t *r);
bool __must_check samr_ref_put(samr_ref_t *r);	/* true: that was the last */

/**
 * samr_broken - an invariant of the core does not hold
 * @what: the condition, as text
 * @file: where
 * @line: where
 *
 * The simulator stops there. The kernel warns once and halts the domain that
 * it is stepping; the machine is never brought down.
 */
void samr_broken(const char *what, const char *file, int line);

#define samr_assert(cond)						\
	({								\
		bool _holds = !!(cond);					\
		if (unlikely(!_holds))					\
			samr_broken(#cond, __FILE__, __LINE__);		\
		_holds;							\
	})

/**
 * samr_mark - coverage mark: this branch was reached
 *
 * Nothing in the kernel; the simulator counts them, so that a scenario can
 * show that it tested what it means to test.
 */
#ifdef SAMR_SIM
void samr_mark(const char *name);
#else
#define samr_mark(name)		do { } while (0)
#endif

/**
 * samr_saw - a message took effect at its place at node @self, and no delivery tells of that
 *
 * Nothing in the kernel; the simulator's checkers would miss it where nobody keeps it.
 */
#ifdef SAMR_SIM
struct samr_msg;
void samr_saw(u64 self, const struct samr_msg *msg);
#else
#define samr_saw(self, msg)	do { } while (0)
#endif

#endif /* SAMR_CORE_PLAT_H */
