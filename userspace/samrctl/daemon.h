/* SPDX-License-Identifier: GPL-2.0 */
/*
 * Asking samrd through its control socket; control.h of samrd says how that
 * goes. The socket is /run/samr/control, with --netns NAME /run/samr/NAME/control,
 * or what the environment variable SAMRD_SOCKET says.
 */
#ifndef SAMRCTL_DAEMON_H
#define SAMRCTL_DAEMON_H

#include <jansson.h>
#include <stdbool.h>

#define DAEMON_WHY_MAX	1200
#define DAEMON_NOW_MS	5000	/* for answers that wait for nothing */

/**
 * enum daemon_end - how asking ended
 * @DAEMON_OK: there is a result
 * @DAEMON_ABSENT: no samrd answers there
 * @DAEMON_REFUSED: it does, and says why not
 * @DAEMON_SILENT: it does not answer in time, or nothing that makes sense
 */
enum daemon_end {
	DAEMON_OK,
	DAEMON_ABSENT,
	DAEMON_REFUSED,
	DAEMON_SILENT,
};

/** daemon_netns - ask the one of this network namespace */
void daemon_netns(const char *name);

/** daemon_is_default - it is the one of this machine that is asked */
bool daemon_is_default(void);

/**
 * daemon_ask - one request
 * @request: as json_pack() makes it, which is taken over
 * @limit_ms: for all of it
 * @result: on DAEMON_OK, to be given to json_decref()
 * @why: else what is wrong, and what to do; DAEMON_WHY_MAX bytes
 */
enum daemon_end daemon_ask(json_t *request, unsigned int limit_ms,
			   json_t **result, char *why);

/** daemon_must - the same; dies where there is no result */
json_t *daemon_must(json_t *request, unsigned int limit_ms);

#endif /* SAMRCTL_DAEMON_H */
