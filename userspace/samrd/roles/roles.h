/* SPDX-License-Identifier: GPL-2.0 */
/*
 * Services that run on one of two heads: what standby.c decides, done. Each step
 * is a program that is run with a deadline.
 *
 *	primary		drbdadm primary RESOURCE
 *	mount		mount [-t TYPE] [-o OPTIONS] DEVICE FOLDER
 *	start		systemctl start UNIT, or PROGRAM start
 *	stop		systemctl stop UNIT, or PROGRAM stop
 *	umount		umount FOLDER
 *	secondary	drbdadm secondary RESOURCE
 *
 * On a machine that systemd runs, each but systemctl is run by systemd-run as a
 * unit of its own: samrd has neither the privilege nor the mounts.
 *
 * The elected head is the most senior voter of the view of the two that have the
 * data. All heads with the same view agree on that, and it changes only when that
 * head leaves the view: one that comes back is the most junior.
 */
#ifndef SAMRD_ROLES_H
#define SAMRD_ROLES_H

#include <jansson.h>
#include <stdbool.h>
#include <stddef.h>

#include "config/config.h"
#include "drbd.h"

struct samrd;
struct roles;

/** roles_new - of d->config; 0 or -errno. Nothing is done before roles_update() */
int roles_new(struct roles **r, struct samrd *d);

/** roles_free - what runs stays; NULL is fine */
void roles_free(struct roles *r);

/** roles_any - are there any on this head? */
bool roles_any(const struct roles *r);

/** roles_stop_ms - how long it may take to take them down; 0: there are none */
uint64_t roles_stop_ms(const struct roles *r);

/** roles_update - something may be known that was not; NULL is fine */
void roles_update(struct roles *r);

/** roles_again - the admin wants another try of what was given up */
void roles_again(struct roles *r);

/**
 * roles_quit - take all of them down, for good
 *
 * Return: true when that is done. Else samrd_roles_down() is called when it is.
 */
bool roles_quit(struct roles *r);

/** roles_drbd - what DRBD says of a resource of theirs; NULL: nothing is known */
const struct drbd_resource *roles_drbd(const struct roles *r, const char *name);

/** roles_json - of the service with this id; NULL: it has no role */
json_t *roles_json(const struct roles *r, uint32_t id);

#endif /* SAMRD_ROLES_H */
