/* SPDX-License-Identifier: GPL-2.0 */
/* What samr-run says to its user, and its exit statuses. */
#ifndef SAMR_RUN_SAY_H
#define SAMR_RUN_SAY_H

/**
 * enum samr_run_status - why samr-run ended, when it was not the program that did
 * @USAGE: wrong usage
 * @NO_STATE: the service has a state that its replica here cannot begin with
 * @PUT_OUT: the replica was put out of the service
 * @CANNOT: the program cannot be run like this
 * @NOT_FOUND: there is no such program
 */
enum samr_run_status {
	USAGE = 2,
	NO_STATE = 66,
	PUT_OUT = 75,
	CANNOT = 126,
	NOT_FOUND = 127,
};

/** say - a line on standard error; %m is errno's text */
__attribute__((format(printf, 1, 2)))
void say(const char *format, ...);

/** die - the same, and the end */
__attribute__((noreturn, format(printf, 2, 3)))
void die(int status, const char *format, ...);

#endif /* SAMR_RUN_SAY_H */
