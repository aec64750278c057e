/* SPDX-License-Identifier: GPL-2.0 */
/*
 * How DRBD stands here, as "drbdsetup events2" tells it: it runs all the time,
 * says how all resources stand, then what changes. When it ends nothing is known,
 * and it is started again.
 */
#ifndef SAMRD_DRBD_H
#define SAMRD_DRBD_H

#include <stdbool.h>
#include <stddef.h>
#include <systemd/sd-event.h>

#define DRBD_NAME_MAX		64
#define DRBD_VOLUMES_MAX	16	/* of a resource; those beyond count as bad */
#define DRBD_RESOURCES_MAX	64
#define DRBD_LINE_MAX		1024

/**
 * enum drbd_disk - what data of a volume are worth
 * @DRBD_DISK_UNKNOWN: the other head's, when it has not said
 * @DRBD_DISK_BAD: none, or not whole
 * @DRBD_DISK_OUTDATED: whole, and known not to be the newest
 * @DRBD_DISK_CONSISTENT: whole; whether they are the newest is not known
 * @DRBD_DISK_GOOD: the newest
 */
enum drbd_disk {
	DRBD_DISK_UNKNOWN,
	DRBD_DISK_BAD,
	DRBD_DISK_OUTDATED,
	DRBD_DISK_CONSISTENT,
	DRBD_DISK_GOOD,
};

/**
 * struct drbd_resource - one resource
 * @name: of it
 * @primary: own role
 * @suspended: writes wait for a fence
 * @connected: to the other head
 * @peer_primary: its role
 * @beyond: it has volumes of which nothing can be known here: it is never good
 * @there: volumes that there are, a bit each
 * @disk: own data, by volume
 * @peer_disk: the other head's
 */
struct drbd_resource {
	char name[DRBD_NAME_MAX];
	bool primary;
	bool suspended;
	bool connected;
	bool peer_primary;
	bool beyond;
	unsigned int there;
	enum drbd_disk disk[DRBD_VOLUMES_MAX];
	enum drbd_disk peer_disk[DRBD_VOLUMES_MAX];
};

/**
 * struct drbd_state - all of them
 * @known: all that there are were told
 * @count: of @resource
 */
struct drbd_state {
	bool known;
	size_t count;
	struct drbd_resource resource[DRBD_RESOURCES_MAX];
};

/** drbd_take - one line of events2, which is changed; what is new to us is left out */
void drbd_take(struct drbd_state *s, char *line);

/** drbd_find - the resource of this name, or NULL */
const struct drbd_resource *drbd_find(const struct drbd_state *s,
				      const char *name);

/** drbd_usable - are the data good enough to become primary? */
bool drbd_usable(const struct drbd_resource *r);

/** drbd_peer_outdated - are all of the other head's known not to be the newest? */
bool drbd_peer_outdated(const struct drbd_resource *r);

struct drbd;

/** drbd_changed_fn - something may be different now */
typedef void drbd_changed_fn(void *data);

/**
 * drbd_follow - from now on
 * @program: path of drbdsetup; kept
 *
 * Return: 0 or -errno.
 */
int drbd_follow(struct drbd **d, sd_event *event, const char *program,
		drbd_changed_fn *changed, void *data);

/** drbd_look - how all stands */
const struct drbd_state *drbd_look(const struct drbd *d);

/** drbd_free - NULL is fine */
void drbd_free(struct drbd *d);

#endif /* SAMRD_DRBD_H */
