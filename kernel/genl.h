/* SPDX-License-Identifier: ((GPL-2.0 WITH Linux-syscall-note) OR BSD-3-Clause) */
/* Do not edit directly, auto-generated from: */
/*	Documentation/netlink/specs/samr.yaml */
/* YNL-GEN kernel header */

#ifndef _LINUX_SAMR_GEN_H
#define _LINUX_SAMR_GEN_H

#include <net/netlink.h>
#include <net/genetlink.h>

#include <uapi/linux/samr_netlink.h>
#include <linux/samr.h>

extern const struct nla_policy samr_cluster_get_nl_policy[SAMR_A_CLUSTER_PAD + 1];

extern const struct nla_policy samr_cluster_add_nl_policy[SAMR_A_CLUSTER_CLIENT + 1];

extern const struct nla_policy samr_cluster_set_nl_policy[SAMR_A_CLUSTER_CLIENTS + 1];

extern const struct nla_policy samr_cluster_del_nl_policy[SAMR_A_CLUSTER_PAD + 1];

extern const struct nla_policy samr_node_get_nl_policy[SAMR_A_NODE_ID + 1];

extern const struct nla_policy samr_node_add_nl_policy[SAMR_A_NODE_KIND + 1];

extern const struct nla_policy samr_node_set_nl_policy[SAMR_A_NODE_KIND + 1];

extern const struct nla_policy samr_node_del_nl_policy[SAMR_A_NODE_ID + 1];

extern const struct nla_policy samr_link_get_nl_policy[SAMR_A_LINK_DEV + 1];

extern const struct nla_policy samr_link_add_nl_policy[SAMR_A_LINK_TTL + 1];

extern const struct nla_policy samr_link_del_nl_policy[SAMR_A_LINK_DEV + 1];

extern const struct nla_policy samr_group_get_nl_policy[SAMR_A_GROUP_ID + 1];

extern const struct nla_policy samr_group_add_nl_policy[SAMR_A_GROUP_DIVERGED_POLICY + 1];

extern const struct nla_policy samr_group_del_nl_policy[SAMR_A_GROUP_ID + 1];

extern const struct nla_policy samr_member_get_nl_policy[SAMR_A_MEMBER_PORT + 1];

extern const struct nla_policy samr_member_del_nl_policy[SAMR_A_MEMBER_PORT + 1];

extern const struct nla_policy samr_view_get_nl_policy[SAMR_A_VIEW_PAD + 1];

extern const struct nla_policy samr_fence_get_nl_policy[SAMR_A_FENCE_NODE + 1];

extern const struct nla_policy samr_fence_confirm_nl_policy[SAMR_A_FENCE_TOKEN + 1];

extern const struct nla_policy samr_fence_own_nl_policy[SAMR_A_FENCE_PAD + 1];

extern const struct nla_policy samr_stats_get_nl_policy[SAMR_A_STATS_KIND + 1];

extern const struct nla_policy samr_group_set_nl_policy[SAMR_A_GROUP_DIVERGED_POLICY + 1];

extern const struct nla_policy samr_client_get_nl_policy[SAMR_A_CLIENT_ID + 1];

/* Ops table for samr */
extern const struct genl_ops samr_nl_ops[23];
extern const struct genl_multicast_group samr_nl_mcgrps[1];

int samr_nl_cluster_get_doit(struct sk_buff *skb, struct genl_info *info);
int samr_nl_cluster_add_doit(struct sk_buff *skb, struct genl_info *info);
int samr_nl_cluster_set_doit(struct sk_buff *skb, struct genl_info *info);
int samr_nl_cluster_del_doit(struct sk_buff *skb, struct genl_info *info);
int samr_nl_node_get_doit(struct sk_buff *skb, struct genl_info *info);
int samr_nl_node_get_dumpit(struct sk_buff *skb, struct netlink_callback *cb);
int samr_nl_node_add_doit(struct sk_buff *skb, struct genl_info *info);
int samr_nl_node_set_doit(struct sk_buff *skb, struct genl_info *info);
int samr_nl_node_del_doit(struct sk_buff *skb, struct genl_info *info);
int samr_nl_link_get_doit(struct sk_buff *skb, struct genl_info *info);
int samr_nl_link_get_dumpit(struct sk_buff *skb, struct netlink_callback *cb);
int samr_nl_link_add_doit(struct sk_buff *skb, struct genl_info *info);
int samr_nl_link_del_doit(struct sk_buff *skb, struct genl_info *info);
int samr_nl_group_get_doit(struct sk_buff *skb, struct genl_info *info);
int samr_nl_group_get_dumpit(struct sk_buff *skb, struct netlink_callback *cb);
int samr_nl_group_add_doit(struct sk_buff *skb, struct genl_info *info);
int samr_nl_group_del_doit(struct sk_buff *skb, struct genl_info *info);
int samr_nl_member_get_doit(struct sk_buff *skb, struct genl_info *info);
int samr_nl_member_get_dumpit(struct sk_buff *skb, struct netlink_callback *cb);
int samr_nl_member_del_doit(struct sk_buff *skb, struct genl_info *info);
int samr_nl_view_get_doit(struct sk_buff *skb, struct genl_info *info);
int samr_nl_fence_get_doit(struct sk_buff *skb, struct genl_info *info);
int samr_nl_fence_get_dumpit(struct sk_buff *skb, struct netlink_callback *cb);
int samr_nl_fence_confirm_doit(struct sk_buff *skb, struct genl_info *info);
int samr_nl_fence_own_doit(struct sk_buff *skb, struct genl_info *info);
int samr_nl_stats_get_doit(struct sk_buff *skb, struct genl_info *info);
int samr_nl_stats_get_dumpit(struct sk_buff *skb, struct netlink_callback *cb);
int samr_nl_group_set_doit(struct sk_buff *skb, struct genl_info *info);
int samr_nl_client_get_doit(struct sk_buff *skb, struct genl_info *info);
int samr_nl_client_get_dumpit(struct sk_buff *skb, struct netlink_callback *cb);

enum {
	SAMR_NLGRP_EVENTS,
};

#endif /* _LINUX_SAMR_GEN_H */
