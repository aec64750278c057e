// SPDX-License-Identifier: GPL-2.0
/* Answers to what clients ask of their sessions, see told.h. */
#include "core/node.h"
#include "sim.h"
#include "told.h"

enum told told_of_session(const struct samr_msg *msg, u8 op)
{
	switch (msg->result) {
	case SAMR_SES_OPENED:
	case SAMR_SES_ATTACHED:
		return TOLD_OPEN;
	case SAMR_SES_DONE:
		return op == SAMR_SESSION_CLOSE ? TOLD_OVER : TOLD_NOTHING;
	case SAMR_SES_GONE:
		/* There was nothing to lose before it was there. */
		return op == SAMR_SESSION_CLOSE ? TOLD_OVER :
		       op == SAMR_SESSION_OPEN ? TOLD_NOTHING : TOLD_LOST;
	case SAMR_SES_FOREIGN:
		if (op == SAMR_SESSION_OPEN || op == SAMR_SESSION_ATTACH)
			sim_fail("a client is refused its own session");
		return TOLD_MOVED;
	case SAMR_SES_FULL:
		return TOLD_FULL;
	default:
		sim_fail("session message answered by %u", msg->result);
	}
}
