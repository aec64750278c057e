/* SPDX-License-Identifier: GPL-3.0-or-later */
/* A session with a BMC by libfreeipmi: its power, and how asking can end. */
#ifndef BMC_H
#define BMC_H

#include <stdbool.h>

#include "request.h"

/**
 * enum outcome - how it ended; the exit status of the program
 * @DONE: power is as asked for, or was read
 * @INTERNAL: this program or its machine is the trouble
 * @USAGE: the request is wrong
 * @REFUSED: user, password, K_g, privilege, or the cipher suite
 * @UNREACHABLE: no answer
 * @NO_STATUS: answers, and does not say whether power is on
 * @STAYS_ON: takes the command, and power is on all the same
 * @STAYS_OFF: the other way round
 * @CAME_BACK: power was off and is on again
 */
enum outcome {
	DONE		= 0,
	INTERNAL	= 1,
	USAGE		= 2,
	REFUSED		= 3,
	UNREACHABLE	= 4,
	NO_STATUS	= 5,
	STAYS_ON	= 6,
	STAYS_OFF	= 7,
	CAME_BACK	= 8,
};

struct bmc;

/**
 * bmc_open - log in
 * @r: where and as whom; its secrets are not needed any more afterwards
 * @session: is set, to be used until the program ends
 * @why: what was wrong; TEXT_MAX bytes
 */
enum outcome bmc_open(const struct request *r, struct bmc **session, char *why);

/** bmc_suite - the cipher suite that was agreed on */
int bmc_suite(const struct bmc *b);

/** bmc_power - cut the power, or switch it on: DONE says that it was accepted */
enum outcome bmc_power(struct bmc *b, bool on, char *why);

/** bmc_is_on - read the power status; DONE, and @on, or NO_STATUS */
enum outcome bmc_is_on(struct bmc *b, bool *on, char *why);

#endif /* BMC_H */
