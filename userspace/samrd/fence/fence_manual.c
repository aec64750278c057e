// SPDX-License-Identifier: GPL-2.0
/* Devices of the kind manual: an admin goes there, and says so by samrctl. */
#include "fence_attempt.h"

void fence_manual_start(struct fence_attempt *a)
{
	fence_attempt_end(a, FENCE_WAITS, "switch it off by hand, then: "
			  "samrctl fence confirm");
}
