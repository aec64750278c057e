/* SPDX-License-Identifier: GPL-2.0 */
/*
 * What systemd is told: how the daemon stands, and that its event loop runs.
 *
 * sd_notify() waits for a process 1 that does not read, and with it the daemon would.
 * Here nothing is waited for: what is not taken at once is said again a little later,
 * the newest of it. Where no systemd asks (NOTIFY_SOCKET) nothing is said.
 */
#ifndef SAMRD_NOTIFY_H
#define SAMRD_NOTIFY_H

#include <systemd/sd-event.h>

struct notify;

/**
 * notify_new - before anything is said
 * @np: the caller's, as long as there is something to say
 * @event: loop that says things again, and WATCHDOG=1 where that is wanted
 *	(WATCHDOG_USEC), which stops when the loop does; it outlives this
 *
 * Return: 0 or -errno. @np is to be freed in either case.
 */
int notify_new(struct notify **np, sd_event *event);

/**
 * notify_state - as in sd_notify(3): "READY=1", or RELOADING, STOPPING and what
 * belongs to them
 *
 * A later one takes the place of one that nobody has taken yet.
 */
void notify_state(struct notify *n, const char *format, ...)
	__attribute__((format(printf, 2, 3)));

/** notify_status - a line for people, which is cut off where it is too long */
void notify_status(struct notify *n, const char *line);

void notify_free(struct notify *n);

#endif /* SAMRD_NOTIFY_H */
