/* SPDX-License-Identifier: GPL-2.0 */
/*
 * The hardware watchdog of this machine: armed from watchdog_open() on, and fed by
 * the daemon's own loop, so that a loop that hangs ends in a reset.
 *
 * It is only disarmed when this head has left the cluster: whoever ends in any
 * other way leaves it running, and a new daemon has its time-out to take over.
 */
#ifndef SAMRD_WATCHDOG_H
#define SAMRD_WATCHDOG_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#define WATCHDOG_TEXT_MAX	300

struct watchdog;

/**
 * watchdog_open - arm it
 * @w: set
 * @device: its path
 * @timeout_ms: wanted; it may have other steps, see watchdog_timeout()
 * @why: WATCHDOG_TEXT_MAX bytes: what is wrong, and what to do
 *
 * Return: 0 or -errno; nothing is armed then.
 */
int watchdog_open(struct watchdog **w, const char *device, uint32_t timeout_ms,
		  char *why);

/** watchdog_close - @disarm it, or leave it running; NULL is fine */
void watchdog_close(struct watchdog *w, bool disarm);

/** watchdog_timeout - what the device really has, ms */
uint32_t watchdog_timeout(const struct watchdog *w);

/** watchdog_feed - once; 0 or -errno */
int watchdog_feed(struct watchdog *w);

/** watchdog_starve - watchdog_close() does not disarm it until it is fed again */
void watchdog_starve(struct watchdog *w);

/** watchdog_starved - is it starved now? */
bool watchdog_starved(const struct watchdog *w);

#endif /* SAMRD_WATCHDOG_H */
