// SPDX-License-Identifier: GPL-2.0
/*
 * Generic netlink: what is asked, see netlink.h.
 *
 * Nothing here changes anything, needs a privilege, or holds the configuration
 * mutex: an object may go between two messages of a dump, and one that a change
 * interrupts says so by NLM_F_DUMP_INTR. A dump keeps its place in
 * netlink_callback.ctx, as the key of the last object that was sent.
 */
#include <linux/cred.h>
#include <net/sock.h>

#include "compat.h"
#include "netlink_fill.h"
#include "service.h"

struct samr_cluster *samr_netlink_cluster(struct net *net,
					  struct netlink_ext_ack *extack)
{
	struct samr_cluster *c = samr_cluster_get(net);

	if (!c)
		NL_SET_ERR_MSG(extack, "no cluster in this network namespace");
	return c;
}

/* ---- one object ---- */

/* Answer with the one message that @put makes of object @key. */
static int answer(struct genl_info *info,
		  int (*put)(const struct samr_netlink_msg *m,
			     struct samr_cluster *c, struct genl_info *info))
{
	struct samr_netlink_msg m = {
		.portid = info->snd_portid,
		.seq = info->snd_seq,
		.cmd = info->genlhdr->cmd,
	};
	struct samr_cluster *c;
	int err;

	c = samr_netlink_cluster(genl_info_net(info), info->extack);
	if (!c)
		return -ENOENT;
	m.skb = genlmsg_new(GENLMSG_DEFAULT_SIZE, GFP_KERNEL);
	if (!m.skb) {
		err = -ENOMEM;
		goto out;
	}
	m.user_ns = current_user_ns();
	err = put(&m, c, info);
	if (err)
		nlmsg_free(m.skb);
	else
		err = genlmsg_reply(m.skb, info);
out:
	samr_cluster_put(c);
	return err;
}

static int one_cluster(const struct samr_netlink_msg *m, struct samr_cluster *c,
		       struct genl_info *info)
{
	return samr_netlink_put_cluster(m, c);
}

int samr_nl_cluster_get_doit(struct sk_buff *skb, struct genl_info *info)
{
	return answer(info, one_cluster);
}

static int one_view(const struct samr_netlink_msg *m, struct samr_cluster *c,
		    struct genl_info *info)
{
	return samr_netlink_put_view(m, c);
}

int samr_nl_view_get_doit(struct sk_buff *skb, struct genl_info *info)
{
	return answer(info, one_view);
}

static int one_node(const struct samr_netlink_msg *m, struct samr_cluster *c,
		    struct genl_info *info)
{
	int err;

	if (samr_netlink_lacks(info, SAMR_A_NODE_ID, "id"))
		return -EINVAL;
	err = samr_netlink_put_node(m, c,
				    nla_get_u64(info->attrs[SAMR_A_NODE_ID]));
	if (err == -ENOENT)
		NL_SET_ERR_MSG_ATTR(info->extack, info->attrs[SAMR_A_NODE_ID],
				    "no such head is configured");
	return err;
}

int samr_nl_node_get_doit(struct sk_buff *skb, struct genl_info *info)
{
	return answer(info, one_node);
}

/* Number of the link on the device that @attr names, of @kind unless that is NULL. */
static u32 link_of(struct samr_cluster *c, struct genl_info *info, int attr,
		   const struct nlattr *kind)
{
	u32 id = samr_link_find(c, kind ? nla_data(kind) : NULL,
				nla_data(info->attrs[attr]));

	if (!id)
		NL_SET_ERR_MSG_ATTR(info->extack, info->attrs[attr],
				    "no link uses this device");
	return id;
}

static int one_link(const struct samr_netlink_msg *m, struct samr_cluster *c,
		    struct genl_info *info)
{
	u32 id;

	if (samr_netlink_lacks(info, SAMR_A_LINK_DEV, "dev"))
		return -EINVAL;
	id = link_of(c, info, SAMR_A_LINK_DEV, info->attrs[SAMR_A_LINK_KIND]);
	return id ? samr_netlink_put_link(m, c, id) : -ENOENT;
}

int samr_nl_link_get_doit(struct sk_buff *skb, struct genl_info *info)
{
	return answer(info, one_link);
}

static int one_group(const struct samr_netlink_msg *m, struct samr_cluster *c,
		     struct genl_info *info)
{
	int err;

	if (samr_netlink_lacks(info, SAMR_A_GROUP_ID, "id"))
		return -EINVAL;
	err = samr_netlink_put_group(m, c,
				     nla_get_u32(info->attrs[SAMR_A_GROUP_ID]));
	if (err == -ENOENT)
		NL_SET_ERR_MSG_ATTR(info->extack, info->attrs[SAMR_A_GROUP_ID],
				    "this group is not declared and has no members");
	return err;
}

int samr_nl_group_get_doit(struct sk_buff *skb, struct genl_info *info)
{
	return answer(info, one_group);
}

static int one_member(const struct samr_netlink_msg *m, struct samr_cluster *c,
		      struct genl_info *info)
{
	struct samr_members *members;
	u32 group, port, i;
	int err = -ENOENT;
	u64 node;

	if (samr_netlink_lacks(info, SAMR_A_MEMBER_GROUP, "group") ||
	    samr_netlink_lacks(info, SAMR_A_MEMBER_NODE, "node") ||
	    samr_netlink_lacks(info, SAMR_A_MEMBER_PORT, "port"))
		return -EINVAL;
	group = nla_get_u32(info->attrs[SAMR_A_MEMBER_GROUP]);
	node = nla_get_u64(info->attrs[SAMR_A_MEMBER_NODE]);
	port = nla_get_u32(info->attrs[SAMR_A_MEMBER_PORT]);
	members = samr_cluster_members(c, group);
	for (i = 0; members && i < members->count; i++) {
		if (members->m[i].node != node || members->m[i].port != port)
			continue;
		err = samr_netlink_put_member(m, group, i, &members->m[i]);
		break;
	}
	samr_members_put(members);
	if (err == -ENOENT)
		GENL_SET_ERR_MSG(info, "the group has no such member");
	return err;
}

int samr_nl_member_get_doit(struct sk_buff *skb, struct genl_info *info)
{
	return answer(info, one_member);
}

/* What is asked for, or was done. */
static bool is_news(const struct samr_fence *f)
{
	return f->why != SAMR_FENCE_NONE || f->dead;
}

/* What is asked for comes first, then the last that was done. */
static bool is_newer(const struct samr_fence *f, const struct samr_fence *old)
{
	return old->dead != f->dead ? old->dead : f->at > old->at;
}

static int one_fence(const struct samr_netlink_msg *m, struct samr_cluster *c,
		     struct genl_info *info)
{
	struct samr_fence f, best = { };
	u64 node;
	u32 i;

	if (samr_netlink_lacks(info, SAMR_A_FENCE_NODE, "node"))
		return -EINVAL;
	node = nla_get_u64(info->attrs[SAMR_A_FENCE_NODE]);
	for (i = 0; i < SAMR_FENCES; i++) {
		if (!samr_cluster_fence(c, i, &f) || f.id != node || !is_news(&f))
			continue;
		if (!best.id || is_newer(&f, &best))
			best = f;
	}
	if (!best.id) {
		NL_SET_ERR_MSG_ATTR(info->extack, info->attrs[SAMR_A_FENCE_NODE],
				    "nobody asks for a fence of this head");
		return -ENOENT;
	}
	return samr_netlink_put_fence(m, &best);
}

int samr_nl_fence_get_doit(struct sk_buff *skb, struct genl_info *info)
{
	return answer(info, one_fence);
}

static int one_stats(const struct samr_netlink_msg *m, struct samr_cluster *c,
		     struct genl_info *info)
{
	struct samr_link_info link = { };
	u32 scope, id;

	if (samr_netlink_lacks(info, SAMR_A_STATS_SCOPE, "scope"))
		return -EINVAL;
	scope = nla_get_u32(info->attrs[SAMR_A_STATS_SCOPE]);
	if (scope == SAMR_STATS_SCOPE_LINK) {
		if (samr_netlink_lacks(info, SAMR_A_STATS_DEV, "dev"))
			return -EINVAL;
		id = link_of(c, info, SAMR_A_STATS_DEV,
			     info->attrs[SAMR_A_STATS_KIND]);
		if (!id || samr_link_info(c, id - 1, &link) != id)
			return -ENOENT;
	} else if (info->attrs[SAMR_A_STATS_DEV]) {
		NL_SET_ERR_MSG_ATTR(info->extack, info->attrs[SAMR_A_STATS_DEV],
				    "'dev' goes with scope link only");
		return -EINVAL;
	}
	return samr_netlink_put_stats(m, c, scope, &link);
}

int samr_nl_stats_get_doit(struct sk_buff *skb, struct genl_info *info)
{
	return answer(info, one_stats);
}

/* ---- all of them ---- */

/**
 * struct place - where a dump stands, in netlink_callback.ctx
 * @key: of the last object sent; members: their group; stats: scope + 1, or
 *	that of links and the last link's number
 * @index: members: those sent of the group @key; fences: entries looked at
 * @view: members: view of the group that they belong to
 * @done: nothing is left
 */
struct place {
	u64 key;
	u32 index;
	u64 view;
	bool done;
};

static struct place *place_of(struct netlink_callback *cb)
{
	BUILD_BUG_ON(sizeof(struct place) > sizeof(cb->ctx));
	return (struct place *)cb->ctx;
}

/*
 * Fill @skb with what @more finds: it sends the objects after the place and
 * moves that, until it returns an error, for lack of room, or 0: all sent.
 */
static int dump(struct sk_buff *skb, struct netlink_callback *cb,
		int (*more)(const struct samr_netlink_msg *m,
			    struct samr_cluster *c, struct place *p))
{
	struct samr_netlink_msg m = {
		.skb = skb,
		.cb = cb,
		.portid = NETLINK_CB(cb->skb).portid,
		.seq = cb->nlh->nlmsg_seq,
		.cmd = ((struct genlmsghdr *)nlmsg_data(cb->nlh))->cmd,
		.user_ns = sk_user_ns(NETLINK_CB(cb->skb).sk),
	};
	struct place *p = place_of(cb);
	struct samr_cluster *c;
	int err;

	if (p->done)
		return 0;
	c = samr_netlink_cluster(sock_net(skb->sk), cb->extack);
	if (!c)
		return -ENOENT;
	cb->seq = samr_netlink_generation();
	err = more(&m, c, p);
	samr_cluster_put(c);
	p->done = !err;
	/* Room was lacking: what fitted is sent, and the next call goes on. */
	return err == -EMSGSIZE && skb->len ? skb->len : err ?: skb->len;
}

static int more_nodes(const struct samr_netlink_msg *m, struct samr_cluster *c,
		      struct place *p)
{
	struct samr_cluster_node n;
	u64 id;
	int err;

	while ((id = samr_cluster_node_info(c, p->key, &n))) {
		err = samr_netlink_put_node(m, c, id);
		if (err && err != -ENOENT)
			return err;
		p->key = id;
	}
	return 0;
}

int samr_nl_node_get_dumpit(struct sk_buff *skb, struct netlink_callback *cb)
{
	return dump(skb, cb, more_nodes);
}

static int more_links(const struct samr_netlink_msg *m, struct samr_cluster *c,
		      struct place *p)
{
	struct samr_link_info l;
	u32 id;
	int err;

	while ((id = samr_link_info(c, p->key, &l))) {
		err = samr_netlink_put_link(m, c, id);
		if (err && err != -ENOENT)
			return err;
		p->key = id;
	}
	return 0;
}

int samr_nl_link_get_dumpit(struct sk_buff *skb, struct netlink_callback *cb)
{
	return dump(skb, cb, more_links);
}

/* The lowest group above @after that is declared here or has members. */
static u32 next_group(struct samr_cluster *c, u32 after)
{
	struct samr_service_info s;
	u32 here = samr_service_next(c, after, &s);
	u32 ordered = samr_cluster_group(c, after);

	return here && ordered ? min(here, ordered) : here ?: ordered;
}

static int more_groups(const struct samr_netlink_msg *m, struct samr_cluster *c,
		       struct place *p)
{
	u32 id;
	int err;

	while ((id = next_group(c, p->key))) {
		err = samr_netlink_put_group(m, c, id);
		if (err && err != -ENOENT)
			return err;
		p->key = id;
	}
	return 0;
}

int samr_nl_group_get_dumpit(struct sk_buff *skb, struct netlink_callback *cb)
{
	return dump(skb, cb, more_groups);
}

/* The members of one group, from p->index on. */
static int more_of_group(const struct samr_netlink_msg *m,
			 struct samr_cluster *c, u32 group, struct place *p)
{
	struct samr_members *members = samr_cluster_members(c, group);
	int err = 0;

	if (p->index && (!members || members->id != p->view))
		m->cb->seq++;	/* it has changed since the first part */
	for (; members && p->index < members->count; p->index++) {
		err = samr_netlink_put_member(m, group, p->index, &members->m[p->index]);
		if (err)
			break;
	}
	p->view = members ? members->id : 0;
	samr_members_put(members);
	return err;
}

static int more_members(const struct samr_netlink_msg *m,
			struct samr_cluster *c, struct place *p)
{
	struct nlattr *only;
	u32 group;
	int err;

	only = genl_info_dump(m->cb)->attrs[SAMR_A_MEMBER_GROUP];
	if (only)
		return more_of_group(m, c, nla_get_u32(only), p);
	while ((group = samr_cluster_group(c, p->key))) {
		err = more_of_group(m, c, group, p);
		if (err)
			return err;
		p->key = group;
		p->index = 0;
	}
	return 0;
}

int samr_nl_member_get_dumpit(struct sk_buff *skb, struct netlink_callback *cb)
{
	return dump(skb, cb, more_members);
}

static int more_fences(const struct samr_netlink_msg *m,
		       struct samr_cluster *c, struct place *p)
{
	struct samr_fence f;
	int err;

	for (; p->index < SAMR_FENCES; p->index++) {
		if (!samr_cluster_fence(c, p->index, &f) || !is_news(&f))
			continue;
		err = samr_netlink_put_fence(m, &f);
		if (err)
			return err;
	}
	return 0;
}

int samr_nl_fence_get_dumpit(struct sk_buff *skb, struct netlink_callback *cb)
{
	return dump(skb, cb, more_fences);
}

static int one_client(const struct samr_netlink_msg *m, struct samr_cluster *c,
		      struct genl_info *info)
{
	struct samr_client_node n;
	u64 id;

	if (samr_netlink_lacks(info, SAMR_A_CLIENT_ID, "id"))
		return -EINVAL;
	id = nla_get_u64(info->attrs[SAMR_A_CLIENT_ID]);
	if (id && samr_cluster_client(c, id - 1, &n) && n.id == id)
		return samr_netlink_put_client(m, &n);
	NL_SET_ERR_MSG_ATTR(info->extack, info->attrs[SAMR_A_CLIENT_ID],
			    "no such client node goes through this head");
	return -ENOENT;
}

int samr_nl_client_get_doit(struct sk_buff *skb, struct genl_info *info)
{
	return answer(info, one_client);
}

static int more_clients(const struct samr_netlink_msg *m,
			struct samr_cluster *c, struct place *p)
{
	struct samr_client_node n;
	int err;

	while (samr_cluster_client(c, p->key, &n)) {
		err = samr_netlink_put_client(m, &n);
		if (err)
			return err;
		p->key = n.id;
	}
	return 0;
}

int samr_nl_client_get_dumpit(struct sk_buff *skb, struct netlink_callback *cb)
{
	return dump(skb, cb, more_clients);
}

static int more_stats(const struct samr_netlink_msg *m, struct samr_cluster *c,
		      struct place *p)
{
	struct samr_link_info l = { };
	u32 id;
	int err;

	for (; p->key < SAMR_STATS_SCOPE_LINK; p->key++) {
		err = samr_netlink_put_stats(m, c, p->key, NULL);
		if (err)
			return err;
	}
	while ((id = samr_link_info(c, p->index, &l))) {
		err = samr_netlink_put_stats(m, c, SAMR_STATS_SCOPE_LINK, &l);
		if (err)
			return err;
		p->index = id;
	}
	return 0;
}

int samr_nl_stats_get_dumpit(struct sk_buff *skb, struct netlink_callback *cb)
{
	return dump(skb, cb, more_stats);
}
