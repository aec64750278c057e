/* SPDX-License-Identifier: GPL-2.0 */
/* Each network namespace is a head of its own: what samr keeps there. */
#ifndef SAMR_PERNET_H
#define SAMR_PERNET_H

#include <linux/mutex.h>
#include <net/net_namespace.h>

/**
 * samr_config_lock - one change of the configuration at a time
 * @net: namespace
 *
 * Held around all calls of cluster.h, link.h and service.h that change
 * something and are said to be under the configuration mutex. Outside RTNL.
 */
void samr_config_lock(struct net *net);
void samr_config_unlock(struct net *net);

int samr_pernet_register(void);
void samr_pernet_unregister(void);

#endif /* SAMR_PERNET_H */
