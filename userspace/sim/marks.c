// SPDX-License-Identifier: GPL-2.0
/*
 * Coverage marks of the core: which branches of interest a set of runs has
 * reached. The list of all names is made from the core's sources at build.
 */
#include <stdio.h>
#include <stdlib.h>
#include <sys/mman.h>

#include "memory.h"

static const char * const names[] = {
#include "marks-list.h"
};

#define COUNT		ARRAY_SIZE(names)
#define SLOTS		1024	/* of the index by address; a power of two */

/* Shared by all worker processes. */
static u64 *hits;

/* Literals of equal text may have several addresses. */
static struct {
	const char *name;
	u32 i;
} slot[SLOTS];

void marks_init(void)
{
	hits = mmap(NULL, sizeof(*hits) * (COUNT + 1), PROT_READ | PROT_WRITE,
		    MAP_SHARED | MAP_ANONYMOUS, -1, 0);
	if (hits == MAP_FAILED)
		abort();
}

u32 marks_count(void)
{
	return COUNT;
}

const char *marks_name(u32 i)
{
	return names[i];
}

u64 marks_hits(u32 i)
{
	return hits[i];
}

static u32 index_of(const char *name)
{
	u32 i;

	for (i = 0; i < COUNT; i++)
		if (!strcmp(names[i], name))
			break;
	return i;
}

static void (*saw)(void *ctx, u64 self, const struct samr_msg *msg);
static void *saw_ctx;

/* Who is told of what takes effect without a delivery. */
void marks_saw(void (*fn)(void *ctx, u64 self, const struct samr_msg *msg),
	       void *ctx)
{
	saw = fn;
	saw_ctx = ctx;
}

void samr_saw(u64 self, const struct samr_msg *msg)
{
	if (saw)
		saw(saw_ctx, self, msg);
}

void samr_mark(const char *name)
{
	size_t s = ((uintptr_t)name * 0x9e3779b97f4a7c15ULL) >> 54;

	while (slot[s].name && slot[s].name != name)
		s = (s + 1) % SLOTS;
	if (!slot[s].name) {
		slot[s].name = name;
		slot[s].i = index_of(name);
	}
	__atomic_fetch_add(&hits[slot[s].i], 1, __ATOMIC_RELAXED);
}
