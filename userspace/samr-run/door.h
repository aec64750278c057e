/* SPDX-License-Identifier: GPL-2.0 */
/*
 * The listening socket of a replica and its door, by which the service's state comes and
 * goes; see SAMR_STATE_OF in samr(7).
 */
#ifndef SAMR_RUN_DOOR_H
#define SAMR_RUN_DOOR_H

#include <linux/samr.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <sys/types.h>

#define DOOR_PIECE	((size_t)64 << 10)

/**
 * struct door - both
 * @listener: in lock-step, and of no use before the program has called listen()
 * @fd: the door; its calls do not block
 */
struct door {
	int listener;
	int fd;
};

/**
 * door_open - of a service, and join it; ends this process if that cannot be
 * @streams: enum samr_streams: what becomes of its connections when a state is given
 */
void door_open(struct door *d, uint32_t service, enum samr_streams streams);

/**
 * door_info - where the replica stands
 *
 * Return: 0, or why it is a replica no more (negative errno).
 */
int door_info(const struct door *d, struct samr_info *info);

/**
 * struct door_event - what a door was read
 * @type: SAMR_TYPE_SNAPSHOT or SAMR_TYPE_INSTALL
 * @first: of INSTALL: what came before is void
 * @last: of INSTALL: nothing follows
 * @place: that the state is of
 * @len: bytes of it
 */
struct door_event {
	uint32_t type;
	bool first;
	bool last;
	uint64_t place;
	size_t len;
};

/**
 * door_read - what comes next
 * @bytes: room for the longest piece, SAMR_MESSAGE_MAX
 * @flags: MSG_PEEK: look at it only
 *
 * When nothing comes a replica that has saved its state goes on.
 * Return: 1; 0: there is nothing; or as door_info().
 */
int door_read(const struct door *d, struct door_event *e, void *bytes, int flags);

/**
 * door_send - a piece of the state of @place; @how: SAMR_SEND_LAST, SAMR_SEND_FAILED or 0
 *
 * Return: 1; 0: not now; -ESTALE: nobody wants it any more; or as door_info().
 */
int door_send(const struct door *d, uint64_t place, const void *bytes, size_t len,
	      uint32_t how);

#endif /* SAMR_RUN_DOOR_H */
