/* SPDX-License-Identifier: GPL-2.0 */
/* How far a program has seen the order: a place, and what time it was for the group. */
#ifndef SAMR_POINT_H
#define SAMR_POINT_H

#include "core/wire.h"

/**
 * struct samr_point - see above
 * @gseq: place in the order; 0: it has seen nothing
 * @time: group time there, nanoseconds since 1970
 */
struct samr_point {
	u64 gseq;
	u64 time;
};

/** samr_point_see - it has seen @to, which may be older than what it has seen already */
static inline void samr_point_see(struct samr_point *p,
				  const struct samr_point *to)
{
	if (to->gseq > p->gseq)
		*p = *to;
}

/** samr_point_of - where a message is */
static inline struct samr_point samr_point_of(const struct samr_meta *m)
{
	return (struct samr_point){ .gseq = m->gseq, .time = m->time };
}

#endif /* SAMR_POINT_H */
