// SPDX-License-Identifier: GPL-2.0
/* The legal-set rule, see policy.h. */
#include "policy.h"

enum samr_verdict samr_policy_verdict(enum samr_policy policy, u64 voters,
				      u64 witness, u64 set, u64 fenced)
{
	u32 n = samr_policy_count(voters);
	u32 k = samr_policy_count(voters & set);

	if (!k)
		return SAMR_VERDICT_NEVER;
	if (k == n)
		return SAMR_VERDICT_LEGAL;
	if (policy == SAMR_POLICY_MAJORITY) {
		if (2 * k > n)
			return SAMR_VERDICT_LEGAL;
		if (2 * k < n)
			return SAMR_VERDICT_NEVER;
		/* R11: an exact half needs the witness; no fence replaces it. */
		if (witness)
			return (set & witness) ? SAMR_VERDICT_LEGAL :
						 SAMR_VERDICT_NEVER;
	}
	return (voters & ~set & ~fenced) ? SAMR_VERDICT_UNFENCED :
					   SAMR_VERDICT_LEGAL;
}

/* R10: h > n - q. An exact half may go on, so q is n / 2, rounded up. */
u32 samr_policy_holders(enum samr_policy policy, bool quorum, u32 count)
{
	u32 smallest = 1;

	if (policy == SAMR_POLICY_MAJORITY && quorum)
		smallest = (count + 1) / 2;
	return count - smallest + 1;
}
