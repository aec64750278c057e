/* SPDX-License-Identifier: GPL-2.0 */
/* Between kernel.c, which follows, and kernel_apply.c, which changes. */
#ifndef SAMRD_KERNEL_INTERNAL_H
#define SAMRD_KERNEL_INTERNAL_H

#include "../netlink/netlink.h"
#include "kernel.h"

/**
 * struct kernel - the connection
 * @ask: requests
 * @hear: events; closed without a loop
 * @diag: sockets; closed before the first question
 * @event: the loop, or NULL
 * @io: of @hear
 * @again: fetches how things stand, once per turn of the loop at most
 * @retry: does so later, when that failed
 * @changed: @groups: @data: the caller's
 * @now: how things stand
 */
struct kernel {
	struct nl_conn ask;
	struct nl_conn hear;
	struct nl_conn diag;
	sd_event *event;
	sd_event_source *io;
	sd_event_source *again;
	sd_event_source *retry;
	kernel_changed_fn *changed;
	kernel_groups_fn *groups;
	void *data;
	struct kernel_state now;
};

/** kernel_request - begin a request in @buffer; flags as NLM_F_DUMP */
struct nlmsghdr *kernel_request(struct kernel *k, char *buffer, uint16_t flags,
				uint8_t cmd);

/**
 * kernel_talk - send it, hand the answer to @cb
 *
 * Return: 0; -errno, with @why filled in.
 */
int kernel_talk(struct kernel *k, struct nlmsghdr *request, nl_message *cb,
		void *data, char *why);

/** kernel_dump - all objects of a command, once more when that breaks */
int kernel_dump(struct kernel *k, uint8_t cmd, nl_message *cb, void *data,
		void (*reset)(void *data), char *why);

#endif /* SAMRD_KERNEL_INTERNAL_H */
