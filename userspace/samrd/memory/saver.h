/* SPDX-License-Identifier: GPL-2.0 */
/*
 * Puts the memory on disk in a process of its own: a disk may take seconds, or
 * not answer at all, and nothing is to wait for it.
 *
 * Nothing of the daemon is open in that process, so that one which hangs for ever
 * is not in the way of the next daemon: neither at the control socket, nor as the
 * owner of the fences, nor at the watchdog. It ends with the daemon.
 */
#ifndef SAMRD_SAVER_H
#define SAMRD_SAVER_H

#include <systemd/sd-event.h>

#include "memory.h"

struct saver;

/**
 * saver_done_fn - it is over, and the saver is gone
 * @err: 0, or -errno of memory_save(); -ECANCELED: the process was killed
 * @data: of the caller
 */
typedef void saver_done_fn(int err, void *data);

/**
 * saver_start - begin
 * @s: set
 * @event: the loop; SIGCHLD has to be blocked
 * @folder: @m: as for memory_save()
 * @done: is called from the loop, once, unless saver_stop() comes first
 * @data: for @done
 *
 * Return: 0 or -errno.
 */
int saver_start(struct saver **s, sd_event *event, const char *folder,
		const struct memory *m, saver_done_fn *done, void *data);

/** saver_stop - kill it, without a call of @done; NULL is fine */
void saver_stop(struct saver *s);

#endif /* SAMRD_SAVER_H */
