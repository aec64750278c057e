/* SPDX-License-Identifier: GPL-2.0 */
/*
 * How objects become messages: shared by netlink.c, which changes and notifies,
 * and netlink_get.c, which answers.
 */
#ifndef SAMR_NETLINK_FILL_H
#define SAMR_NETLINK_FILL_H

#include <net/genetlink.h>
#include "cluster.h"
#include "genl.h"
#include "link.h"

extern struct genl_family samr_netlink_family;

/**
 * struct samr_netlink_msg - a message that is being made
 * @skb: where it goes
 * @cb: the dump that it belongs to, or NULL
 * @portid: whom it answers, 0 for a notification
 * @seq: which request
 * @cmd: SAMR_CMD_*
 * @event: enum samr_ntf_event, 0 for an answer
 * @user_ns: users and groups are named as seen from there
 */
struct samr_netlink_msg {
	struct sk_buff *skb;
	struct netlink_callback *cb;
	u32 portid;
	u32 seq;
	u8 cmd;
	u32 event;
	struct user_namespace *user_ns;
};

/*
 * Each adds one message. Return: 0, -ENOENT when there is no such object any
 * more, or -EMSGSIZE; then nothing was added.
 */
int samr_netlink_put_client(const struct samr_netlink_msg *m,
			    const struct samr_client_node *n);
int samr_netlink_put_cluster(const struct samr_netlink_msg *m,
			     struct samr_cluster *c);
int samr_netlink_put_node(const struct samr_netlink_msg *m,
			  struct samr_cluster *c, u64 id);
int samr_netlink_put_link(const struct samr_netlink_msg *m,
			  struct samr_cluster *c, u32 id);
int samr_netlink_put_group(const struct samr_netlink_msg *m,
			   struct samr_cluster *c, u32 id);
int samr_netlink_put_view(const struct samr_netlink_msg *m,
			  struct samr_cluster *c);

/* @f: as it is, or was when an event happened */
int samr_netlink_put_fence(const struct samr_netlink_msg *m,
			   const struct samr_fence *f);

/* @rank: place by seniority */
int samr_netlink_put_member(const struct samr_netlink_msg *m, u32 group,
			    u32 rank, const struct samr_member_id *id);

/* @scope: enum samr_stats_scope; @link: for that scope only */
int samr_netlink_put_stats(const struct samr_netlink_msg *m,
			   struct samr_cluster *c, u32 scope,
			   const struct samr_link_info *link);

/**
 * samr_netlink_cluster - the cluster that a request is about
 * @net: its namespace
 * @extack: is told when there is none
 *
 * Return: it, with a reference, or NULL.
 */
struct samr_cluster *samr_netlink_cluster(struct net *net,
					  struct netlink_ext_ack *extack);

/**
 * samr_netlink_generation - number of the configuration's last change
 *
 * Never 0. A dump that sees it change was not consistent.
 */
u32 samr_netlink_generation(void);

/* Is an attribute that must be there missing? Then it says so. */
#define samr_netlink_lacks(info, attr, name)				\
	({								\
		bool _lacks = GENL_REQ_ATTR_CHECK(info, attr);		\
		if (_lacks)						\
			NL_SET_ERR_MSG((info)->extack,			\
				       "attribute '" name "' is needed"); \
		_lacks;							\
	})

#endif /* SAMR_NETLINK_FILL_H */
