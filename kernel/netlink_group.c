// SPDX-License-Identifier: GPL-2.0
/* Generic netlink: changes of groups and members, see netlink_change.h. */
#include "netlink_change.h"
#include "netlink_fill.h"
#include "service.h"

static enum samr_diverged_policy policy_of(struct genl_info *info)
{
	return nla_get_u32(info->attrs[SAMR_A_GROUP_DIVERGED_POLICY]);
}

static int add_group(struct samr_cluster *c, struct genl_info *info)
{
	struct nlattr *name = info->attrs[SAMR_A_GROUP_NAME];
	struct nlattr *uid = info->attrs[SAMR_A_GROUP_UID];
	struct nlattr *gid = info->attrs[SAMR_A_GROUP_GID];
	u32 id = nla_get_u32(info->attrs[SAMR_A_GROUP_ID]);
	kuid_t kuid = INVALID_UID;
	kgid_t kgid = INVALID_GID;
	int err;

	if (uid) {
		kuid = make_kuid(current_user_ns(), nla_get_u32(uid));
		if (!uid_valid(kuid)) {
			NL_SET_ERR_MSG_ATTR(info->extack, uid,
					    "no such user in this user namespace");
			return -EINVAL;
		}
	}
	if (gid) {
		kgid = make_kgid(current_user_ns(), nla_get_u32(gid));
		if (!gid_valid(kgid)) {
			NL_SET_ERR_MSG_ATTR(info->extack, gid,
					    "no such group of users in this user namespace");
			return -EINVAL;
		}
	}
	err = samr_service_add(c, id, name ? nla_data(name) : NULL, kuid, kgid,
			       info->extack);
	if (!err && info->attrs[SAMR_A_GROUP_DIVERGED_POLICY])
		err = samr_service_set(c, id, policy_of(info), info->extack);
	if (!err)
		samr_netlink_announce(genl_info_net(info), c,
				      SAMR_CMD_GROUP_NTF, SAMR_NTF_EVENT_ADD,
				      id);
	return err;
}

int samr_nl_group_add_doit(struct sk_buff *skb, struct genl_info *info)
{
	int err;

	if (samr_netlink_lacks(info, SAMR_A_GROUP_ID, "id"))
		return -EINVAL;
	if (info->attrs[SAMR_A_GROUP_NAME]) {
		err = samr_netlink_check_name(info,
					      info->attrs[SAMR_A_GROUP_NAME]);
		if (err)
			return err;
	}
	return samr_netlink_with_cluster(info, add_group);
}

static int set_group(struct samr_cluster *c, struct genl_info *info)
{
	u32 id = nla_get_u32(info->attrs[SAMR_A_GROUP_ID]);
	int err = samr_service_set(c, id, policy_of(info), info->extack);

	if (!err)
		samr_netlink_announce(genl_info_net(info), c,
				      SAMR_CMD_GROUP_NTF, SAMR_NTF_EVENT_CHANGE,
				      id);
	return err;
}

int samr_nl_group_set_doit(struct sk_buff *skb, struct genl_info *info)
{
	if (samr_netlink_lacks(info, SAMR_A_GROUP_ID, "id") ||
	    samr_netlink_lacks(info, SAMR_A_GROUP_DIVERGED_POLICY,
			       "diverged-policy"))
		return -EINVAL;
	return samr_netlink_with_cluster(info, set_group);
}

static int del_group(struct samr_cluster *c, struct genl_info *info)
{
	u32 id = nla_get_u32(info->attrs[SAMR_A_GROUP_ID]);
	int err = samr_service_del(c, id, info->extack);

	if (!err)
		samr_netlink_announce(genl_info_net(info), c,
				      SAMR_CMD_GROUP_NTF, SAMR_NTF_EVENT_DEL,
				      id);
	return err;
}

int samr_nl_group_del_doit(struct sk_buff *skb, struct genl_info *info)
{
	if (samr_netlink_lacks(info, SAMR_A_GROUP_ID, "id"))
		return -EINVAL;
	return samr_netlink_with_cluster(info, del_group);
}

static int del_member(struct samr_cluster *c, struct genl_info *info)
{
	return samr_service_expel(c,
				  nla_get_u32(info->attrs[SAMR_A_MEMBER_GROUP]),
				  nla_get_u32(info->attrs[SAMR_A_MEMBER_PORT]),
				  info->extack);
}

int samr_nl_member_del_doit(struct sk_buff *skb, struct genl_info *info)
{
	if (samr_netlink_lacks(info, SAMR_A_MEMBER_GROUP, "group") ||
	    samr_netlink_lacks(info, SAMR_A_MEMBER_PORT, "port"))
		return -EINVAL;
	return samr_netlink_with_cluster(info, del_member);
}
