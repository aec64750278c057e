/* SPDX-License-Identifier: GPL-2.0 */
/*
 * What comes before what in a turn of the loop, which serves one source at a time
 * and of several the one with the lowest number.
 *
 * Facts come first, and what was begun goes on. Whatever others can keep busy for
 * as long as they like comes last: it must not hold up a decision, and least of
 * all the feeding of the watchdog.
 */
#ifndef SAMRD_TURN_H
#define SAMRD_TURN_H

#include <systemd/sd-event.h>

enum turn {
	TURN_FACTS	= SD_EVENT_PRIORITY_NORMAL,
	TURN_LOOK,	/* the kernel is asked how things stand */
	TURN_DECIDE,	/* the policy's own deadline */
	TURN_SERVE,	/* clients of the control socket, the output of programs */
};

#endif /* SAMRD_TURN_H */
