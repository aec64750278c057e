// SPDX-License-Identifier: ((GPL-2.0 WITH Linux-syscall-note) OR BSD-3-Clause)
/* Do not edit directly, auto-generated from: */
/*	Documentation/netlink/specs/samr.yaml */
/* YNL-GEN kernel source */

#include <net/netlink.h>
#include <net/genetlink.h>

#include "genl.h"

#include <uapi/linux/samr_netlink.h>
#include <linux/samr.h>

/* Integer value ranges */
static struct netlink_range_validation samr_a_cluster_beat_us_range = {
	.min	= SAMR_BEAT_US_MIN,
	.max	= SAMR_BEAT_US_MAX,
};

static struct netlink_range_validation samr_a_cluster_dead_us_range = {
	.min	= SAMR_DEAD_US_MIN,
	.max	= SAMR_DEAD_US_MAX,
};

static struct netlink_range_validation samr_a_cluster_stuck_us_range = {
	.min	= SAMR_STUCK_US_MIN,
	.max	= SAMR_STUCK_US_MAX,
};

static struct netlink_range_validation samr_a_cluster_reorder_us_range = {
	.min	= SAMR_REORDER_US_MIN,
	.max	= SAMR_REORDER_US_MAX,
};

static struct netlink_range_validation samr_a_cluster_ack_delay_us_range = {
	.min	= SAMR_ACK_DELAY_US_MIN,
	.max	= SAMR_ACK_DELAY_US_MAX,
};

static struct netlink_range_validation samr_a_cluster_history_range = {
	.min	= SAMR_HISTORY_MIN,
	.max	= SAMR_HISTORY_MAX,
};

static struct netlink_range_validation samr_a_cluster_history_bytes_range = {
	.min	= SAMR_HISTORY_BYTES_MIN,
	.max	= SAMR_HISTORY_BYTES_MAX,
};

static struct netlink_range_validation samr_a_cluster_submit_bytes_range = {
	.min	= SAMR_SUBMIT_BYTES_MIN,
	.max	= SAMR_SUBMIT_BYTES_MAX,
};

static struct netlink_range_validation samr_a_cluster_ref_min_range = {
	.min	= SAMR_REF_MIN_MIN,
	.max	= SAMR_REF_MIN_MAX,
};

static struct netlink_range_validation samr_a_link_port_range = {
	.min	= 1ULL,
	.max	= 65535ULL,
};

/* SAMR_CMD_CLUSTER_GET - do */
const struct nla_policy samr_cluster_get_nl_policy[SAMR_A_CLUSTER_PAD + 1] = {
};

/* SAMR_CMD_CLUSTER_ADD - do */
const struct nla_policy samr_cluster_add_nl_policy[SAMR_A_CLUSTER_CLIENT + 1] = {
	[SAMR_A_CLUSTER_NAME] = { .type = NLA_NUL_STRING, .len = SAMR_NAME_LEN_MAX, },
	[SAMR_A_CLUSTER_ID] = NLA_POLICY_MIN(NLA_U32, 1),
	[SAMR_A_CLUSTER_NODE] = NLA_POLICY_RANGE(NLA_U64, 1, SAMR_HEAD_MAX),
	[SAMR_A_CLUSTER_CLIENT] = NLA_POLICY_MAX(NLA_U32, 1),
	[SAMR_A_CLUSTER_RESILIENCE] = NLA_POLICY_MAX(NLA_U32, 1),
	[SAMR_A_CLUSTER_BEAT_US] = NLA_POLICY_FULL_RANGE(NLA_U32, &samr_a_cluster_beat_us_range),
	[SAMR_A_CLUSTER_DEAD_US] = NLA_POLICY_FULL_RANGE(NLA_U32, &samr_a_cluster_dead_us_range),
	[SAMR_A_CLUSTER_STUCK_US] = NLA_POLICY_FULL_RANGE(NLA_U32, &samr_a_cluster_stuck_us_range),
	[SAMR_A_CLUSTER_POLICY] = NLA_POLICY_MAX(NLA_U32, 2),
	[SAMR_A_CLUSTER_REORDER_US] = NLA_POLICY_FULL_RANGE(NLA_U32, &samr_a_cluster_reorder_us_range),
	[SAMR_A_CLUSTER_ACK_DELAY_US] = NLA_POLICY_FULL_RANGE(NLA_U32, &samr_a_cluster_ack_delay_us_range),
	[SAMR_A_CLUSTER_HISTORY] = NLA_POLICY_FULL_RANGE(NLA_U32, &samr_a_cluster_history_range),
	[SAMR_A_CLUSTER_HISTORY_BYTES] = NLA_POLICY_FULL_RANGE(NLA_U32, &samr_a_cluster_history_bytes_range),
	[SAMR_A_CLUSTER_SUBMITS] = NLA_POLICY_RANGE(NLA_U32, SAMR_SUBMITS_MIN, SAMR_SUBMITS_MAX),
	[SAMR_A_CLUSTER_SUBMIT_BYTES] = NLA_POLICY_FULL_RANGE(NLA_U32, &samr_a_cluster_submit_bytes_range),
	[SAMR_A_CLUSTER_REF_MIN] = NLA_POLICY_FULL_RANGE(NLA_U32, &samr_a_cluster_ref_min_range),
};

/* SAMR_CMD_CLUSTER_SET - do */
const struct nla_policy samr_cluster_set_nl_policy[SAMR_A_CLUSTER_CLIENTS + 1] = {
	[SAMR_A_CLUSTER_STATE] = NLA_POLICY_MAX(NLA_U32, 1),
	[SAMR_A_CLUSTER_FOUNDERS] = { .type = NLA_U64, },
	[SAMR_A_CLUSTER_KEEPER] = NLA_POLICY_MAX(NLA_U32, 1),
	[SAMR_A_CLUSTER_SAVED_EPOCH] = { .type = NLA_U64, },
	[SAMR_A_CLUSTER_SAVED_MEMBERS] = { .type = NLA_U64, },
	[SAMR_A_CLUSTER_SAVED_FLAGS] = NLA_POLICY_MASK(NLA_U32, 0x3f),
	[SAMR_A_CLUSTER_SAVED_CONFIG] = { .type = NLA_U32, },
	[SAMR_A_CLUSTER_CLIENTS] = NLA_POLICY_MAX(NLA_U32, SAMR_CLIENTS_MAX),
};

/* SAMR_CMD_CLUSTER_DEL - do */
const struct nla_policy samr_cluster_del_nl_policy[SAMR_A_CLUSTER_PAD + 1] = {
};

/* SAMR_CMD_NODE_GET - do */
const struct nla_policy samr_node_get_nl_policy[SAMR_A_NODE_ID + 1] = {
	[SAMR_A_NODE_ID] = NLA_POLICY_RANGE(NLA_U64, 1, SAMR_HEAD_MAX),
};

/* SAMR_CMD_NODE_ADD - do */
const struct nla_policy samr_node_add_nl_policy[SAMR_A_NODE_KIND + 1] = {
	[SAMR_A_NODE_ID] = NLA_POLICY_RANGE(NLA_U64, 1, SAMR_HEAD_MAX),
	[SAMR_A_NODE_DEV] = { .type = NLA_NUL_STRING, .len = SAMR_DEV_LEN_MAX, },
	[SAMR_A_NODE_ADDRESS] = { .type = NLA_BINARY, },
	[SAMR_A_NODE_WITNESS] = { .type = NLA_FLAG, },
	[SAMR_A_NODE_KIND] = { .type = NLA_NUL_STRING, .len = SAMR_DEV_LEN_MAX, },
};

/* SAMR_CMD_NODE_SET - do */
const struct nla_policy samr_node_set_nl_policy[SAMR_A_NODE_KIND + 1] = {
	[SAMR_A_NODE_ID] = NLA_POLICY_RANGE(NLA_U64, 1, SAMR_HEAD_MAX),
	[SAMR_A_NODE_DEV] = { .type = NLA_NUL_STRING, .len = SAMR_DEV_LEN_MAX, },
	[SAMR_A_NODE_ADDRESS] = { .type = NLA_BINARY, },
	[SAMR_A_NODE_KIND] = { .type = NLA_NUL_STRING, .len = SAMR_DEV_LEN_MAX, },
};

/* SAMR_CMD_NODE_DEL - do */
const struct nla_policy samr_node_del_nl_policy[SAMR_A_NODE_ID + 1] = {
	[SAMR_A_NODE_ID] = NLA_POLICY_RANGE(NLA_U64, 1, SAMR_HEAD_MAX),
};

/* SAMR_CMD_LINK_GET - do */
const struct nla_policy samr_link_get_nl_policy[SAMR_A_LINK_DEV + 1] = {
	[SAMR_A_LINK_KIND] = { .type = NLA_NUL_STRING, .len = SAMR_DEV_LEN_MAX, },
	[SAMR_A_LINK_DEV] = { .type = NLA_NUL_STRING, .len = SAMR_DEV_LEN_MAX, },
};

/* SAMR_CMD_LINK_ADD - do */
const struct nla_policy samr_link_add_nl_policy[SAMR_A_LINK_TTL + 1] = {
	[SAMR_A_LINK_KIND] = { .type = NLA_NUL_STRING, .len = SAMR_DEV_LEN_MAX, },
	[SAMR_A_LINK_DEV] = { .type = NLA_NUL_STRING, .len = SAMR_DEV_LEN_MAX, },
	[SAMR_A_LINK_LOCAL] = NLA_POLICY_EXACT_LEN(16),
	[SAMR_A_LINK_GROUP] = NLA_POLICY_EXACT_LEN(16),
	[SAMR_A_LINK_PORT] = NLA_POLICY_FULL_RANGE(NLA_U32, &samr_a_link_port_range),
	[SAMR_A_LINK_TTL] = NLA_POLICY_RANGE(NLA_U32, 1, 255),
};

/* SAMR_CMD_LINK_DEL - do */
const struct nla_policy samr_link_del_nl_policy[SAMR_A_LINK_DEV + 1] = {
	[SAMR_A_LINK_KIND] = { .type = NLA_NUL_STRING, .len = SAMR_DEV_LEN_MAX, },
	[SAMR_A_LINK_DEV] = { .type = NLA_NUL_STRING, .len = SAMR_DEV_LEN_MAX, },
};

/* SAMR_CMD_GROUP_GET - do */
const struct nla_policy samr_group_get_nl_policy[SAMR_A_GROUP_ID + 1] = {
	[SAMR_A_GROUP_ID] = NLA_POLICY_MIN(NLA_U32, 1),
};

/* SAMR_CMD_GROUP_ADD - do */
const struct nla_policy samr_group_add_nl_policy[SAMR_A_GROUP_DIVERGED_POLICY + 1] = {
	[SAMR_A_GROUP_ID] = NLA_POLICY_MIN(NLA_U32, 1),
	[SAMR_A_GROUP_NAME] = { .type = NLA_NUL_STRING, .len = SAMR_NAME_LEN_MAX, },
	[SAMR_A_GROUP_UID] = { .type = NLA_U32, },
	[SAMR_A_GROUP_GID] = { .type = NLA_U32, },
	[SAMR_A_GROUP_DIVERGED_POLICY] = NLA_POLICY_MAX(NLA_U32, 3),
};

/* SAMR_CMD_GROUP_DEL - do */
const struct nla_policy samr_group_del_nl_policy[SAMR_A_GROUP_ID + 1] = {
	[SAMR_A_GROUP_ID] = NLA_POLICY_MIN(NLA_U32, 1),
};

/* SAMR_CMD_MEMBER_GET - do */
const struct nla_policy samr_member_get_nl_policy[SAMR_A_MEMBER_PORT + 1] = {
	[SAMR_A_MEMBER_GROUP] = NLA_POLICY_MIN(NLA_U32, 1),
	[SAMR_A_MEMBER_NODE] = NLA_POLICY_MIN(NLA_U64, 1),
	[SAMR_A_MEMBER_PORT] = { .type = NLA_U32, },
};

/* SAMR_CMD_MEMBER_DEL - do */
const struct nla_policy samr_member_del_nl_policy[SAMR_A_MEMBER_PORT + 1] = {
	[SAMR_A_MEMBER_GROUP] = NLA_POLICY_MIN(NLA_U32, 1),
	[SAMR_A_MEMBER_PORT] = { .type = NLA_U32, },
};

/* SAMR_CMD_VIEW_GET - do */
const struct nla_policy samr_view_get_nl_policy[SAMR_A_VIEW_PAD + 1] = {
};

/* SAMR_CMD_FENCE_GET - do */
const struct nla_policy samr_fence_get_nl_policy[SAMR_A_FENCE_NODE + 1] = {
	[SAMR_A_FENCE_NODE] = NLA_POLICY_RANGE(NLA_U64, 1, SAMR_HEAD_MAX),
};

/* SAMR_CMD_FENCE_CONFIRM - do */
const struct nla_policy samr_fence_confirm_nl_policy[SAMR_A_FENCE_TOKEN + 1] = {
	[SAMR_A_FENCE_NODE] = NLA_POLICY_RANGE(NLA_U64, 1, SAMR_HEAD_MAX),
	[SAMR_A_FENCE_INCARNATION] = { .type = NLA_U64, },
	[SAMR_A_FENCE_TOKEN] = { .type = NLA_U64, },
};

/* SAMR_CMD_FENCE_OWN - do */
const struct nla_policy samr_fence_own_nl_policy[SAMR_A_FENCE_PAD + 1] = {
};

/* SAMR_CMD_STATS_GET - do */
const struct nla_policy samr_stats_get_nl_policy[SAMR_A_STATS_KIND + 1] = {
	[SAMR_A_STATS_SCOPE] = NLA_POLICY_MAX(NLA_U32, 4),
	[SAMR_A_STATS_DEV] = { .type = NLA_NUL_STRING, .len = SAMR_DEV_LEN_MAX, },
	[SAMR_A_STATS_KIND] = { .type = NLA_NUL_STRING, .len = SAMR_DEV_LEN_MAX, },
};

/* SAMR_CMD_GROUP_SET - do */
const struct nla_policy samr_group_set_nl_policy[SAMR_A_GROUP_DIVERGED_POLICY + 1] = {
	[SAMR_A_GROUP_ID] = NLA_POLICY_MIN(NLA_U32, 1),
	[SAMR_A_GROUP_DIVERGED_POLICY] = NLA_POLICY_MAX(NLA_U32, 3),
};

/* SAMR_CMD_CLIENT_GET - do */
const struct nla_policy samr_client_get_nl_policy[SAMR_A_CLIENT_ID + 1] = {
	[SAMR_A_CLIENT_ID] = { .type = NLA_U64, },
};

/* Ops table for samr */
const struct genl_ops samr_nl_ops[23] = {
	{
		.cmd		= SAMR_CMD_CLUSTER_GET,
		.doit		= samr_nl_cluster_get_doit,
		.policy		= samr_cluster_get_nl_policy,
		.maxattr	= SAMR_A_CLUSTER_PAD,
	},
	{
		.cmd		= SAMR_CMD_CLUSTER_ADD,
		.doit		= samr_nl_cluster_add_doit,
		.policy		= samr_cluster_add_nl_policy,
		.maxattr	= SAMR_A_CLUSTER_CLIENT,
		.flags		= GENL_UNS_ADMIN_PERM,
	},
	{
		.cmd		= SAMR_CMD_CLUSTER_SET,
		.doit		= samr_nl_cluster_set_doit,
		.policy		= samr_cluster_set_nl_policy,
		.maxattr	= SAMR_A_CLUSTER_CLIENTS,
		.flags		= GENL_UNS_ADMIN_PERM,
	},
	{
		.cmd		= SAMR_CMD_CLUSTER_DEL,
		.doit		= samr_nl_cluster_del_doit,
		.policy		= samr_cluster_del_nl_policy,
		.maxattr	= SAMR_A_CLUSTER_PAD,
		.flags		= GENL_UNS_ADMIN_PERM,
	},
	{
		.cmd		= SAMR_CMD_NODE_GET,
		.doit		= samr_nl_node_get_doit,
		.dumpit		= samr_nl_node_get_dumpit,
		.policy		= samr_node_get_nl_policy,
		.maxattr	= SAMR_A_NODE_ID,
	},
	{
		.cmd		= SAMR_CMD_NODE_ADD,
		.doit		= samr_nl_node_add_doit,
		.policy		= samr_node_add_nl_policy,
		.maxattr	= SAMR_A_NODE_KIND,
		.flags		= GENL_UNS_ADMIN_PERM,
	},
	{
		.cmd		= SAMR_CMD_NODE_SET,
		.doit		= samr_nl_node_set_doit,
		.policy		= samr_node_set_nl_policy,
		.maxattr	= SAMR_A_NODE_KIND,
		.flags		= GENL_UNS_ADMIN_PERM,
	},
	{
		.cmd		= SAMR_CMD_NODE_DEL,
		.doit		= samr_nl_node_del_doit,
		.policy		= samr_node_del_nl_policy,
		.maxattr	= SAMR_A_NODE_ID,
		.flags		= GENL_UNS_ADMIN_PERM,
	},
	{
		.cmd		= SAMR_CMD_LINK_GET,
		.doit		= samr_nl_link_get_doit,
		.dumpit		= samr_nl_link_get_dumpit,
		.policy		= samr_link_get_nl_policy,
		.maxattr	= SAMR_A_LINK_DEV,
	},
	{
		.cmd		= SAMR_CMD_LINK_ADD,
		.doit		= samr_nl_link_add_doit,
		.policy		= samr_link_add_nl_policy,
		.maxattr	= SAMR_A_LINK_TTL,
		.flags		= GENL_UNS_ADMIN_PERM,
	},
	{
		.cmd		= SAMR_CMD_LINK_DEL,
		.doit		= samr_nl_link_del_doit,
		.policy		= samr_link_del_nl_policy,
		.maxattr	= SAMR_A_LINK_DEV,
		.flags		= GENL_UNS_ADMIN_PERM,
	},
	{
		.cmd		= SAMR_CMD_GROUP_GET,
		.doit		= samr_nl_group_get_doit,
		.dumpit		= samr_nl_group_get_dumpit,
		.policy		= samr_group_get_nl_policy,
		.maxattr	= SAMR_A_GROUP_ID,
	},
	{
		.cmd		= SAMR_CMD_GROUP_ADD,
		.doit		= samr_nl_group_add_doit,
		.policy		= samr_group_add_nl_policy,
		.maxattr	= SAMR_A_GROUP_DIVERGED_POLICY,
		.flags		= GENL_UNS_ADMIN_PERM,
	},
	{
		.cmd		= SAMR_CMD_GROUP_DEL,
		.doit		= samr_nl_group_del_doit,
		.policy		= samr_group_del_nl_policy,
		.maxattr	= SAMR_A_GROUP_ID,
		.flags		= GENL_UNS_ADMIN_PERM,
	},
	{
		.cmd		= SAMR_CMD_MEMBER_GET,
		.doit		= samr_nl_member_get_doit,
		.dumpit		= samr_nl_member_get_dumpit,
		.policy		= samr_member_get_nl_policy,
		.maxattr	= SAMR_A_MEMBER_PORT,
	},
	{
		.cmd		= SAMR_CMD_MEMBER_DEL,
		.doit		= samr_nl_member_del_doit,
		.policy		= samr_member_del_nl_policy,
		.maxattr	= SAMR_A_MEMBER_PORT,
		.flags		= GENL_UNS_ADMIN_PERM,
	},
	{
		.cmd		= SAMR_CMD_VIEW_GET,
		.doit		= samr_nl_view_get_doit,
		.policy		= samr_view_get_nl_policy,
		.maxattr	= SAMR_A_VIEW_PAD,
	},
	{
		.cmd		= SAMR_CMD_FENCE_GET,
		.doit		= samr_nl_fence_get_doit,
		.dumpit		= samr_nl_fence_get_dumpit,
		.policy		= samr_fence_get_nl_policy,
		.maxattr	= SAMR_A_FENCE_NODE,
	},
	{
		.cmd		= SAMR_CMD_FENCE_CONFIRM,
		.doit		= samr_nl_fence_confirm_doit,
		.policy		= samr_fence_confirm_nl_policy,
		.maxattr	= SAMR_A_FENCE_TOKEN,
		.flags		= GENL_UNS_ADMIN_PERM,
	},
	{
		.cmd		= SAMR_CMD_FENCE_OWN,
		.doit		= samr_nl_fence_own_doit,
		.policy		= samr_fence_own_nl_policy,
		.maxattr	= SAMR_A_FENCE_PAD,
		.flags		= GENL_UNS_ADMIN_PERM,
	},
	{
		.cmd		= SAMR_CMD_STATS_GET,
		.doit		= samr_nl_stats_get_doit,
		.dumpit		= samr_nl_stats_get_dumpit,
		.policy		= samr_stats_get_nl_policy,
		.maxattr	= SAMR_A_STATS_KIND,
	},
	{
		.cmd		= SAMR_CMD_GROUP_SET,
		.doit		= samr_nl_group_set_doit,
		.policy		= samr_group_set_nl_policy,
		.maxattr	= SAMR_A_GROUP_DIVERGED_POLICY,
		.flags		= GENL_UNS_ADMIN_PERM,
	},
	{
		.cmd		= SAMR_CMD_CLIENT_GET,
		.doit		= samr_nl_client_get_doit,
		.dumpit		= samr_nl_client_get_dumpit,
		.policy		= samr_client_get_nl_policy,
		.maxattr	= SAMR_A_CLIENT_ID,
	},
};

const struct genl_multicast_group samr_nl_mcgrps[] = {
	[SAMR_NLGRP_EVENTS] = { "events", },
};
