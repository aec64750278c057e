/* SPDX-License-Identifier: GPL-2.0 */
/* Comparisons of the heads' databases that wait for answers. */
#ifndef SAMR_SQL_CHECK_H
#define SAMR_SQL_CHECK_H

#include <stdbool.h>
#include <stdint.h>
#include "batch.h"

#define SAMR_CHECKS_MAX		16

/**
 * struct samr_check - a comparison
 * @gseq: its place in the order; 0: there is none
 * @digest: of this head's database there
 * @answers: so many heads have said what they have
 * @differs: not all have the same
 * @own: this head has asked
 */
struct samr_check {
	uint64_t gseq;
	uint8_t digest[SAMR_DIGEST_SIZE];
	unsigned int answers;
	bool differs;
	bool own;
};

/** struct samr_checks - all of them; zero is none */
struct samr_checks {
	struct samr_check one[SAMR_CHECKS_MAX];
};

/** samr_checks_add - one more, in the place of the oldest; its digest is zero */
struct samr_check *samr_checks_add(struct samr_checks *c, uint64_t gseq,
				   bool own);

/** samr_checks_answer - a head has answered: to which one, or NULL: to none */
struct samr_check *samr_checks_answer(struct samr_checks *c,
				      const struct samr_batch_digest *d,
				      bool *differs);

#endif
