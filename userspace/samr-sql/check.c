// SPDX-License-Identifier: GPL-2.0
/* The table of comparisons. */
#include <string.h>
#include "check.h"

struct samr_check *samr_checks_add(struct samr_checks *c, uint64_t gseq,
				   bool own)
{
	struct samr_check *k = &c->one[0];
	unsigned int i;

	/* A free one, or the oldest. */
	for (i = 0; i < SAMR_CHECKS_MAX; i++)
		if (c->one[i].gseq < k->gseq)
			k = &c->one[i];
	memset(k, 0, sizeof(*k));
	k->gseq = gseq;
	k->own = own;
	return k;
}

struct samr_check *samr_checks_answer(struct samr_checks *c,
				      const struct samr_batch_digest *d,
				      bool *differs)
{
	unsigned int i;

	for (i = 0; d->gseq && i < SAMR_CHECKS_MAX; i++) {
		struct samr_check *k = &c->one[i];

		if (k->gseq != d->gseq)
			continue;
		k->answers++;
		*differs = memcmp(k->digest, d->digest, SAMR_DIGEST_SIZE);
		k->differs |= *differs;
		return k;
	}
	return NULL;
}
