// SPDX-License-Identifier: GPL-2.0
/* State transfer between the members of a group, see transfer.h. */
#include "transfer.h"

struct samr_transfer *samr_transfer_new(u32 count)
{
	struct samr_transfer *t;

	t = samr_alloc(sizeof(*t) + count * sizeof(t->to[0]));
	if (!t)
		return NULL;
	samr_ref_set(&t->ref, 1);
	t->count = count;
	return t;
}

struct samr_transfer *samr_transfer_get(struct samr_transfer *t)
{
	samr_ref_get(&t->ref);
	return t;
}

void samr_transfer_put(struct samr_transfer *t)
{
	if (t && samr_ref_put(&t->ref))
		samr_free(t);
}
