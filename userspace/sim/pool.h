/* SPDX-License-Identifier: GPL-2.0 */
/*
 * Small pieces of memory that come and go with each frame: what was given back is
 * kept, by size, and handed out again. Its bytes stay as they are.
 */
#ifndef SAMR_SIM_POOL_H
#define SAMR_SIM_POOL_H

#include <stddef.h>

/** pool_get - @size bytes, with anything in them; never fails */
void *pool_get(size_t size);

/** pool_put - give back what pool_get() gave for this @size */
void pool_put(void *p, size_t size);

#endif /* SAMR_SIM_POOL_H */
