/* SPDX-License-Identifier: GPL-2.0 */
/*
 * Generic netlink family "samr": configuration, state, events.
 *
 * What it takes and answers is specified in
 * Documentation/netlink/specs/samr.yaml; genl.[ch] are generated from that.
 */
#ifndef SAMR_NETLINK_H
#define SAMR_NETLINK_H

/**
 * samr_netlink_init - register the family and listen to the clusters' events
 *
 * To be called last, when everything that can be configured is there.
 * Return: 0 or an error.
 */
int samr_netlink_init(void);

/**
 * samr_netlink_exit - the inverse; to be called first
 *
 * When it returns no request is under way and no event waits to be sent.
 */
void samr_netlink_exit(void);

#endif /* SAMR_NETLINK_H */
