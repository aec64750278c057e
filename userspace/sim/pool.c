// SPDX-License-Identifier: GPL-2.0
/* Memory that is used again and again, see pool.h. */
#include <stdlib.h>

#include "pool.h"
#include "sim.h"

#define CLASS_BYTES	64
#define CLASSES		32
#define KEPT_MOST	256	/* of a class */

/*
 * The pointers lie apart from what they point to, so that a piece keeps the
 * rubbish that was written over it.
 */
static struct {
	u32 count;
	void *kept[KEPT_MOST];
} class[CLASSES];

/* The class of @size; CLASSES: it is not kept. */
static u32 class_of(size_t size)
{
#ifdef __SANITIZE_ADDRESS__
	/* The sanitizer finds more in what is really given back. */
	return CLASSES;
#endif
	return (u32)min(size / CLASS_BYTES, (size_t)CLASSES);
}

void *pool_get(size_t size)
{
	u32 c = class_of(size);
	void *p;

	if (c < CLASSES && class[c].count)
		return class[c].kept[--class[c].count];
	p = malloc(c < CLASSES ? (size_t)(c + 1) * CLASS_BYTES : size);
	if (!p)
		sim_fail("the simulator itself is out of memory");
	return p;
}

void pool_put(void *p, size_t size)
{
	u32 c = class_of(size);

	if (c < CLASSES && class[c].count < KEPT_MOST)
		class[c].kept[class[c].count++] = p;
	else
		free(p);
}
