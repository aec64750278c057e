/* SPDX-License-Identifier: GPL-2.0 */
/* What the answer to a client's SESSION or STREAM means to it, whatever it does next. */
#ifndef SAMR_SIM_TOLD_H
#define SAMR_SIM_TOLD_H

#include "core/msg.h"

/**
 * enum told - what it means
 * @TOLD_NOTHING: nothing new
 * @TOLD_OPEN: the head that it talks to is the one that it has the session by
 * @TOLD_OVER: the session is closed, as it wanted
 * @TOLD_LOST: the session is gone, though it did not want that
 * @TOLD_MOVED: another connection of it has the session
 * @TOLD_FULL: it may try again later
 */
enum told {
	TOLD_NOTHING,
	TOLD_OPEN,
	TOLD_OVER,
	TOLD_LOST,
	TOLD_MOVED,
	TOLD_FULL,
};

/** told_of_session - @op was answered by @msg */
enum told told_of_session(const struct samr_msg *msg, u8 op);

#endif /* SAMR_SIM_TOLD_H */
