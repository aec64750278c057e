/* SPDX-License-Identifier: GPL-2.0 */
/* What requests that change something have in common: netlink.c and netlink_group.c. */
#ifndef SAMR_NETLINK_CHANGE_H
#define SAMR_NETLINK_CHANGE_H

#include <net/genetlink.h>
#include "cluster.h"

/** samr_netlink_with_cluster - run @change on the requester's, under the configuration mutex */
int samr_netlink_with_cluster(struct genl_info *info,
			      int (*change)(struct samr_cluster *c,
					    struct genl_info *info));

/**
 * samr_netlink_announce - the configuration has changed; under the configuration mutex
 * @cmd: SAMR_CMD_*_NTF
 * @event: enum samr_ntf_event
 * @id: of the object
 */
void samr_netlink_announce(struct net *net, struct samr_cluster *c, u8 cmd,
			   u32 event, u64 id);

/** samr_netlink_check_name - 0, or -EINVAL when @attr holds no good name */
int samr_netlink_check_name(struct genl_info *info, struct nlattr *attr);

#endif /* SAMR_NETLINK_CHANGE_H */
