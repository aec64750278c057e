/* SPDX-License-Identifier: GPL-2.0 */
/* The parts of "samrctl status". */
#ifndef SAMRCTL_STATUS_H
#define SAMRCTL_STATUS_H

#include "verdict.h"

/** status_text - the screen */
void status_text(const struct facts *f, const struct findings *v);

/** status_json - the same facts as one object */
void status_json(const struct facts *f, const struct findings *v);

/**
 * watch - show it again and again, until interrupted
 * @interval_us: at least so often
 * @show: prints it once, and returns an exit status; runs in a process of its
 *	own, so that it may end that
 *
 * On a terminal each takes the place of the one before; else each is printed
 * when it differs from that. Whatever changes in the kernel is shown at once.
 *
 * Return: the exit status of the last one.
 */
int watch(uint64_t interval_us, int (*show)(void));

#endif /* SAMRCTL_STATUS_H */
