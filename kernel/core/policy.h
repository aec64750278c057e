/* SPDX-License-Identifier: GPL-2.0 */
/*
 * The legal-set rule: which part of a view may decide on the next one.
 *
 * The only place where it stands. Sets are masks of head ids. Any two sets that
 * are legal of the same view meet, or one of them has fenced the other: that is
 * why there is never more than one successor.
 */
#ifndef SAMR_CORE_POLICY_H
#define SAMR_CORE_POLICY_H

#include "plat.h"

/**
 * enum samr_policy - who may go on
 * @SAMR_POLICY_AUTO: FENCE for two heads, MAJORITY for more
 * @SAMR_POLICY_MAJORITY: a strict majority at once; an exact half with the
 *	witness, or, where there is none, once all others are fenced; never less
 * @SAMR_POLICY_FENCE: any set, once all others are fenced
 */
enum samr_policy {
	SAMR_POLICY_AUTO,
	SAMR_POLICY_MAJORITY,
	SAMR_POLICY_FENCE,
};

/**
 * enum samr_verdict - may a set decide?
 * @SAMR_VERDICT_LEGAL: yes
 * @SAMR_VERDICT_UNFENCED: once all that it leaves out are fenced
 * @SAMR_VERDICT_NEVER: no
 */
enum samr_verdict {
	SAMR_VERDICT_LEGAL,
	SAMR_VERDICT_UNFENCED,
	SAMR_VERDICT_NEVER,
};

/**
 * samr_policy_verdict - the rule
 * @policy: not AUTO
 * @voters: of the view, without the witness, without those that have left
 * @witness: of the view; 0: it has none
 * @set: those that agree
 * @fenced: of @voters, known to be fenced
 */
enum samr_verdict samr_policy_verdict(enum samr_policy policy, u64 voters,
				      u64 witness, u64 set, u64 fenced);

/**
 * samr_policy_holders - members that must hold what is stable
 * @policy: not AUTO
 * @quorum: no more than it takes; false: all of them
 * @count: voters of the view
 *
 * With q the size of the smallest set that can be legal, anyhow fenced, h > n - q
 * members: then no such set lacks the message.
 */
u32 samr_policy_holders(enum samr_policy policy, bool quorum, u32 count);

/** samr_policy_count - members of a set */
static inline u32 samr_policy_count(u64 set)
{
	u32 count = 0;

	for (; set; set &= set - 1)
		count++;
	return count;
}

#endif /* SAMR_CORE_POLICY_H */
