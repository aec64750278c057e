// SPDX-License-Identifier: GPL-2.0
/*
 * Generic netlink: the family, changes, and events; see netlink.h.
 *
 * A change runs under the namespace's configuration mutex and is announced
 * before that is given up, so listeners hear of changes in their order. What
 * the clusters tell (notify()) comes in contexts that cannot sleep: it is sent
 * from an ordered workqueue, with the state of the object as it is by then.
 */
#include <linux/ctype.h>
#include <linux/module.h>
#include <linux/random.h>
#include <linux/slab.h>
#include <linux/workqueue.h>
#include <net/sock.h>

#include "netlink.h"
#include "netlink_change.h"
#include "netlink_fill.h"
#include "pernet.h"
#include "service.h"

/* Events that wait to be sent; more are lost, as with a full socket. */
#define PENDING_MAX	1024

static struct workqueue_struct *events_wq;
static atomic_t events_pending;
static atomic_t generation = ATOMIC_INIT(1);

u32 samr_netlink_generation(void)
{
	return (u32)atomic_read(&generation) ?: 1;
}

/* So that a name is never taken for a number or an option. */
static bool name_ok(const char *name)
{
	size_t len = strlen(name);
	const char *p;

	if (len > SAMR_NAME_LEN_MAX || !isascii(*name) || !isalpha(*name))
		return false;
	for (p = name; *p; p++)
		if (!isascii(*p) || (!isalnum(*p) && !strchr("._-", *p)))
			return false;
	return true;
}

/* ---- events ---- */

/* What identifies the object of an event; only what the object needs is set. */
struct about {
	u64 id;
	const char *dev;
	const struct samr_fence *fence;
};

/* An object that is gone, or an event about a part of one: its key alone. */
static int put_key(const struct samr_netlink_msg *m, const struct about *a)
{
	struct sk_buff *skb = m->skb;
	void *hdr;
	int err;

	hdr = genlmsg_put(skb, 0, 0, &samr_netlink_family, 0, m->cmd);
	if (!hdr)
		return -EMSGSIZE;
	switch (m->cmd) {
	case SAMR_CMD_NODE_NTF:
		err = nla_put_u64_64bit(skb, SAMR_A_NODE_ID, a->id,
					SAMR_A_NODE_PAD) ||
		      (a->dev &&
		       nla_put_string(skb, SAMR_A_NODE_DEV, a->dev)) ||
		      nla_put_u32(skb, SAMR_A_NODE_EVENT, m->event);
		break;
	case SAMR_CMD_LINK_NTF:
		err = nla_put_u32(skb, SAMR_A_LINK_ID, a->id) ||
		      (*a->dev &&
		       nla_put_string(skb, SAMR_A_LINK_DEV, a->dev)) ||
		      nla_put_u32(skb, SAMR_A_LINK_EVENT, m->event);
		break;
	case SAMR_CMD_GROUP_NTF:
		err = nla_put_u32(skb, SAMR_A_GROUP_ID, a->id) ||
		      nla_put_u32(skb, SAMR_A_GROUP_EVENT, m->event);
		break;
	default:
		err = -EINVAL;
	}
	if (err) {
		genlmsg_cancel(skb, hdr);
		return -EMSGSIZE;
	}
	genlmsg_end(skb, hdr);
	return 0;
}

static int put_object(const struct samr_netlink_msg *m, struct samr_cluster *c,
		      const struct about *a)
{
	switch (m->cmd) {
	case SAMR_CMD_CLUSTER_NTF:
		return samr_netlink_put_cluster(m, c);
	case SAMR_CMD_NODE_NTF:
		return a->dev ? put_key(m, a) :
				samr_netlink_put_node(m, c, a->id);
	case SAMR_CMD_LINK_NTF:
		return samr_netlink_put_link(m, c, a->id);
	case SAMR_CMD_GROUP_NTF:
		return samr_netlink_put_group(m, c, a->id);
	case SAMR_CMD_VIEW_NTF:
		return samr_netlink_put_view(m, c);
	case SAMR_CMD_FENCE_NTF:
		return samr_netlink_put_fence(m, a->fence);
	}
	return -EINVAL;
}

static bool heard_by_anyone(struct net *net)
{
	return genl_has_listeners(&samr_netlink_family, net, SAMR_NLGRP_EVENTS);
}

/* They hear that they miss something (ENOBUFS), as of events that they did not read in time. */
static void lose_event(struct net *net)
{
	genl_set_err(&samr_netlink_family, net, 0, SAMR_NLGRP_EVENTS, -ENOBUFS);
}

/* A message for the listeners, or NULL. */
static struct sk_buff *make_event(struct net *net, struct samr_cluster *c,
				  u8 cmd, u32 event, const struct about *a)
{
	struct samr_netlink_msg m = {
		.cmd = cmd,
		.event = event,
		.user_ns = net->user_ns,
	};
	int err;

	if (!heard_by_anyone(net))
		return NULL;
	m.skb = genlmsg_new(GENLMSG_DEFAULT_SIZE, GFP_KERNEL);
	if (!m.skb) {
		lose_event(net);
		return NULL;
	}
	if (event == SAMR_NTF_EVENT_DEL && cmd != SAMR_CMD_CLUSTER_NTF &&
	    cmd != SAMR_CMD_VIEW_NTF && cmd != SAMR_CMD_FENCE_NTF)
		err = put_key(&m, a);
	else
		err = put_object(&m, c, a);
	if (err) {
		nlmsg_free(m.skb);
		if (err != -ENOENT)
			lose_event(net);
		return NULL;
	}
	return m.skb;
}

static void send_event(struct net *net, struct sk_buff *skb)
{
	if (skb)
		genlmsg_multicast_netns(&samr_netlink_family, net, skb, 0,
					SAMR_NLGRP_EVENTS, GFP_KERNEL);
}

void samr_netlink_announce(struct net *net, struct samr_cluster *c, u8 cmd,
			   u32 event, u64 id)
{
	const struct about a = { .id = id };

	atomic_inc(&generation);
	send_event(net, make_event(net, c, cmd, event, &a));
}

/**
 * struct pending - an event on its way to the listeners
 * @work: in events_wq
 * @net: with a reference
 * @e: the event; its device's name is @device
 * @device: see @e
 */
struct pending {
	struct work_struct work;
	struct net *net;
	struct samr_cluster_event e;
	char device[IFNAMSIZ];
};

static void tell(struct net *net, struct samr_cluster *c,
		 const struct samr_cluster_event *e)
{
	struct about a = { .dev = e->device, .fence = &e->fence };
	u32 event = SAMR_NTF_EVENT_CHANGE;
	u8 cmd = SAMR_CMD_LINK_NTF;

	switch (e->type) {
	case SAMR_CLUSTER_EV_VIEW:
		cmd = SAMR_CMD_VIEW_NTF;
		event = e->epoch ? SAMR_NTF_EVENT_ADD : SAMR_NTF_EVENT_DEL;
		break;
	case SAMR_CLUSTER_EV_LINK_GONE:
		event = SAMR_NTF_EVENT_DEL;
		fallthrough;
	case SAMR_CLUSTER_EV_LINK:
		a.id = e->link;
		break;
	case SAMR_CLUSTER_EV_HEARD:
	case SAMR_CLUSTER_EV_LOST:
		cmd = SAMR_CMD_NODE_NTF;
		event = e->type == SAMR_CLUSTER_EV_HEARD ?
			SAMR_NTF_EVENT_HEARD : SAMR_NTF_EVENT_LOST;
		a.id = e->node;
		break;
	case SAMR_CLUSTER_EV_GROUP:
		cmd = SAMR_CMD_GROUP_NTF;
		a.id = e->group;
		break;
	case SAMR_CLUSTER_EV_HALTED:
	case SAMR_CLUSTER_EV_OUT:
		cmd = SAMR_CMD_CLUSTER_NTF;
		event = e->type == SAMR_CLUSTER_EV_OUT ?
			SAMR_NTF_EVENT_OUT : SAMR_NTF_EVENT_HALTED;
		break;
	case SAMR_CLUSTER_EV_FENCE:
		event = SAMR_NTF_EVENT_ADD;
		fallthrough;
	case SAMR_CLUSTER_EV_FENCE_CHANGED:
		cmd = SAMR_CMD_FENCE_NTF;
		break;
	case SAMR_CLUSTER_EV_FENCE_OVER:
		cmd = SAMR_CMD_FENCE_NTF;
		event = SAMR_NTF_EVENT_DEL;
		break;
	case SAMR_CLUSTER_EV_TOLD:
		cmd = SAMR_CMD_NODE_NTF;
		a.id = e->node;
		a.dev = NULL;
		break;
	case SAMR_CLUSTER_EV_DOUBT:
		cmd = SAMR_CMD_VIEW_NTF;
		break;
	}
	send_event(net, make_event(net, c, cmd, event, &a));
}

static void tell_work(struct work_struct *work)
{
	struct pending *p = container_of(work, struct pending, work);
	struct samr_cluster *c;

	samr_config_lock(p->net);
	c = samr_cluster_get(p->net);
	if (c) {
		tell(p->net, c, &p->e);
		samr_cluster_put(c);
	}
	samr_config_unlock(p->net);
	put_net(p->net);
	kfree(p);
	atomic_dec(&events_pending);
}

/* See samr_cluster_set_notify(): must neither sleep nor call back. */
static void notify(struct samr_cluster *c, const struct samr_cluster_event *e)
{
	struct net *net = samr_cluster_net(c);
	struct pending *p;

	RCU_LOCKDEP_WARN(!rcu_read_lock_held(), "samr: an event outside of RCU");
	if (!heard_by_anyone(net))
		return;
	if (atomic_inc_return(&events_pending) > PENDING_MAX ||
	    (e->type == SAMR_CLUSTER_EV_GROUP && !e->group))
		goto lost;
	p = kzalloc(sizeof(*p), GFP_ATOMIC);
	if (!p)
		goto lost;
	p->net = maybe_get_net(net);
	if (!p->net) {
		kfree(p);
		goto gone;
	}
	p->e = *e;
	if (e->device)
		strscpy(p->device, e->device, sizeof(p->device));
	p->e.device = p->device;
	INIT_WORK(&p->work, tell_work);
	queue_work(events_wq, &p->work);
	return;
lost:
	lose_event(net);
gone:
	atomic_dec(&events_pending);
}

/* ---- changes ---- */

int samr_netlink_with_cluster(struct genl_info *info,
			      int (*change)(struct samr_cluster *c,
					    struct genl_info *info))
{
	struct net *net = genl_info_net(info);
	struct samr_cluster *c;
	int err = -ENOENT;

	samr_config_lock(net);
	c = samr_netlink_cluster(net, info->extack);
	if (c) {
		err = change(c, info);
		samr_cluster_put(c);
	}
	samr_config_unlock(net);
	return err;
}

int samr_netlink_check_name(struct genl_info *info, struct nlattr *attr)
{
	if (name_ok(nla_data(attr)))
		return 0;
	NL_SET_ERR_MSG_ATTR(info->extack, attr,
			    "a name is a letter, then up to 30 letters, digits, '.', '_' or '-'");
	return -EINVAL;
}

static u32 u32_or(struct genl_info *info, int attr, u32 otherwise)
{
	return info->attrs[attr] ? nla_get_u32(info->attrs[attr]) : otherwise;
}

static int check_power_of_2(struct genl_info *info, int attr, u32 n)
{
	if (is_power_of_2(n))
		return 0;
	NL_SET_ERR_MSG_ATTR(info->extack, info->attrs[attr],
			    "this must be a power of two");
	return -EINVAL;
}

static u32 dead_us_default(const struct samr_node_config *core)
{
	u64 beats = div_u64(5 * core->beat, SAMR_USEC);

	return max_t(u64, beats, SAMR_DEAD_US_DEFAULT);
}

static int check_dead(struct genl_info *info,
		      const struct samr_node_config *core)
{
	if (core->dead >= 3 * core->beat)
		return 0;
	NL_SET_ERR_MSG_ATTR(info->extack, info->attrs[SAMR_A_CLUSTER_DEAD_US],
			    "this must be at least 3 times the beat");
	return -EINVAL;
}

static int get_limits(struct genl_info *info, struct samr_node_config *core)
{
	core->quorum = u32_or(info, SAMR_A_CLUSTER_RESILIENCE,
			      SAMR_RESILIENCE_ALL) == SAMR_RESILIENCE_QUORUM;
	core->beat = SAMR_USEC * u32_or(info, SAMR_A_CLUSTER_BEAT_US,
					SAMR_BEAT_US_DEFAULT);
	core->dead = SAMR_USEC * u32_or(info, SAMR_A_CLUSTER_DEAD_US,
					dead_us_default(core));
	core->stuck = SAMR_USEC * u32_or(info, SAMR_A_CLUSTER_STUCK_US,
					 SAMR_STUCK_US_DEFAULT);
	core->policy = u32_or(info, SAMR_A_CLUSTER_POLICY,
			      SAMR_VIEW_POLICY_AUTO);
	core->reorder = SAMR_USEC * u32_or(info, SAMR_A_CLUSTER_REORDER_US,
					   SAMR_REORDER_US_DEFAULT);
	core->ack_delay = SAMR_USEC * u32_or(info, SAMR_A_CLUSTER_ACK_DELAY_US,
					     SAMR_ACK_DELAY_US_DEFAULT);
	core->history = u32_or(info, SAMR_A_CLUSTER_HISTORY,
			       SAMR_HISTORY_DEFAULT);
	core->history_bytes = u32_or(info, SAMR_A_CLUSTER_HISTORY_BYTES,
				     SAMR_HISTORY_BYTES_DEFAULT);
	core->submits = u32_or(info, SAMR_A_CLUSTER_SUBMITS,
			       SAMR_SUBMITS_DEFAULT);
	core->submit_bytes = u32_or(info, SAMR_A_CLUSTER_SUBMIT_BYTES,
				    SAMR_SUBMIT_BYTES_DEFAULT);
	core->ref_min = u32_or(info, SAMR_A_CLUSTER_REF_MIN,
			       SAMR_REF_MIN_DEFAULT);
	return check_dead(info, core) ?:
	       check_power_of_2(info, SAMR_A_CLUSTER_HISTORY, core->history) ?:
	       check_power_of_2(info, SAMR_A_CLUSTER_SUBMITS, core->submits);
}

int samr_nl_cluster_add_doit(struct sk_buff *skb, struct genl_info *info)
{
	struct net *net = genl_info_net(info);
	struct samr_cluster_params p = { };
	struct samr_cluster *c;
	int err;

	if (samr_netlink_lacks(info, SAMR_A_CLUSTER_NAME, "name") ||
	    samr_netlink_lacks(info, SAMR_A_CLUSTER_ID, "id"))
		return -EINVAL;
	p.client = info->attrs[SAMR_A_CLUSTER_CLIENT] &&
		   nla_get_u32(info->attrs[SAMR_A_CLUSTER_CLIENT]);
	if (p.client && info->attrs[SAMR_A_CLUSTER_NODE]) {
		GENL_SET_ERR_MSG(info, "a client node draws its number itself");
		return -EINVAL;
	}
	if (!p.client &&
	    samr_netlink_lacks(info, SAMR_A_CLUSTER_NODE, "node"))
		return -EINVAL;
	err = samr_netlink_check_name(info, info->attrs[SAMR_A_CLUSTER_NAME]) ?:
	      get_limits(info, &p.core);
	if (err)
		return err;
	nla_strscpy(p.name, info->attrs[SAMR_A_CLUSTER_NAME], sizeof(p.name));
	p.id = nla_get_u32(info->attrs[SAMR_A_CLUSTER_ID]);
	p.node = p.client ? get_random_u64() | BIT_ULL(63) :
			    nla_get_u64(info->attrs[SAMR_A_CLUSTER_NODE]);

	samr_config_lock(net);
	err = samr_cluster_create(net, &p, info->extack);
	c = err ? NULL : samr_cluster_get(net);
	if (c) {
		samr_netlink_announce(net, c, SAMR_CMD_CLUSTER_NTF,
				      SAMR_NTF_EVENT_ADD, 0);
		samr_cluster_put(c);
	}
	samr_config_unlock(net);
	return err;
}

/* What is saved, and whether somebody keeps it, as far as it is said. */
static int set_saved(struct samr_cluster *c, struct genl_info *info)
{
	struct nlattr **attrs = info->attrs;
	struct samr_cluster_info is;

	if (!attrs[SAMR_A_CLUSTER_SAVED_EPOCH] && !attrs[SAMR_A_CLUSTER_KEEPER])
		return 0;
	samr_cluster_info(c, &is);
	if (attrs[SAMR_A_CLUSTER_KEEPER])
		is.keeper = nla_get_u32(attrs[SAMR_A_CLUSTER_KEEPER]);
	if (attrs[SAMR_A_CLUSTER_SAVED_EPOCH])
		is.saved = (struct samr_saved){
			.epoch = nla_get_u64(attrs[SAMR_A_CLUSTER_SAVED_EPOCH]),
			.members = nla_get_u64(attrs[SAMR_A_CLUSTER_SAVED_MEMBERS]),
			.flags = u32_or(info, SAMR_A_CLUSTER_SAVED_FLAGS, 0),
			.config = u32_or(info, SAMR_A_CLUSTER_SAVED_CONFIG, 0),
			.told = true,
		};
	return samr_cluster_save(c, &is.saved, is.keeper, info->extack);
}

static int set_state(struct samr_cluster *c, struct genl_info *info)
{
	struct nlattr *state = info->attrs[SAMR_A_CLUSTER_STATE];
	struct nlattr *founders = info->attrs[SAMR_A_CLUSTER_FOUNDERS];
	u64 mask = 0;

	if (!state)
		return 0;
	if (nla_get_u32(state) != SAMR_RUN_STATE_UP)
		return samr_cluster_stop(c, info->extack);
	if (founders)
		mask = nla_get_u64(founders) ?: SAMR_NO_FOUNDERS;
	return samr_cluster_start(c, mask, info->extack);
}

static int set_clients(struct samr_cluster *c, struct genl_info *info)
{
	struct nlattr *clients = info->attrs[SAMR_A_CLUSTER_CLIENTS];

	return clients ? samr_cluster_clients(c, nla_get_u32(clients),
					      info->extack) : 0;
}

static int set_cluster(struct samr_cluster *c, struct genl_info *info)
{
	int err = set_saved(c, info) ?: set_clients(c, info) ?:
		  set_state(c, info);

	if (!err)
		samr_netlink_announce(genl_info_net(info), c,
				      SAMR_CMD_CLUSTER_NTF,
				      SAMR_NTF_EVENT_CHANGE, 0);
	return err;
}

/* Do the attributes of a request go together? */
static int check_set(struct genl_info *info)
{
	struct nlattr **attrs = info->attrs;
	struct nlattr *state = attrs[SAMR_A_CLUSTER_STATE];
	struct nlattr *founders = attrs[SAMR_A_CLUSTER_FOUNDERS];

	if (!state && !attrs[SAMR_A_CLUSTER_KEEPER] &&
	    !attrs[SAMR_A_CLUSTER_CLIENTS] &&
	    !attrs[SAMR_A_CLUSTER_SAVED_EPOCH] &&
	    samr_netlink_lacks(info, SAMR_A_CLUSTER_STATE, "state"))
		return -EINVAL;
	if (!attrs[SAMR_A_CLUSTER_SAVED_EPOCH] !=
	    !attrs[SAMR_A_CLUSTER_SAVED_MEMBERS]) {
		GENL_SET_ERR_MSG(info, "'saved-epoch' and 'saved-members' belong together");
		return -EINVAL;
	}
	if ((attrs[SAMR_A_CLUSTER_SAVED_FLAGS] ||
	     attrs[SAMR_A_CLUSTER_SAVED_CONFIG]) &&
	    samr_netlink_lacks(info, SAMR_A_CLUSTER_SAVED_EPOCH, "saved-epoch"))
		return -EINVAL;
	if (!founders)
		return 0;
	if (!state || nla_get_u32(state) != SAMR_RUN_STATE_UP) {
		NL_SET_ERR_MSG_ATTR(info->extack, founders,
				    "founders go with the state 'up'");
		return -EINVAL;
	}
	if (nla_get_u64(founders) & 1) {
		NL_SET_ERR_MSG_ATTR(info->extack, founders,
				    "founders are ids of heads, 1 to 63, one bit each");
		return -EINVAL;
	}
	return 0;
}

int samr_nl_cluster_set_doit(struct sk_buff *skb, struct genl_info *info)
{
	return check_set(info) ?: samr_netlink_with_cluster(info, set_cluster);
}

static int del_cluster(struct samr_cluster *c, struct genl_info *info)
{
	struct net *net = genl_info_net(info);
	const struct about nothing = { };
	struct sk_buff *event;
	int err;

	event = make_event(net, c, SAMR_CMD_CLUSTER_NTF, SAMR_NTF_EVENT_DEL,
			   &nothing);
	err = samr_cluster_destroy(net, info->extack);
	if (err) {
		nlmsg_free(event);
		return err;
	}
	atomic_inc(&generation);
	send_event(net, event);
	return 0;
}

int samr_nl_cluster_del_doit(struct sk_buff *skb, struct genl_info *info)
{
	return samr_netlink_with_cluster(info, del_cluster);
}

/* Configure, or with no bytes forget, the address of @node on a link. */
static int set_address(struct samr_cluster *c, struct genl_info *info, u64 node)
{
	struct nlattr *dev = info->attrs[SAMR_A_NODE_DEV];
	struct nlattr *kind = info->attrs[SAMR_A_NODE_KIND];
	struct nlattr *address = info->attrs[SAMR_A_NODE_ADDRESS];
	struct samr_addr addr = { };
	u32 link;

	if (nla_len(address) > sizeof(addr.b)) {
		NL_SET_ERR_MSG_ATTR(info->extack, address,
				    "no address is that long");
		return -EINVAL;
	}
	link = samr_link_find(c, kind ? nla_data(kind) : NULL, nla_data(dev));
	if (!link) {
		NL_SET_ERR_MSG_ATTR(info->extack, dev,
				    "no link uses this device, or none of this kind");
		return -ENOENT;
	}
	addr.len = nla_len(address);
	memcpy(addr.b, nla_data(address), addr.len);
	return samr_link_address(c, link, node, &addr, info->extack);
}

/* This node is. */
static int make_witness(struct samr_cluster *c, struct genl_info *info, u64 id)
{
	int err;

	if (info->attrs[SAMR_A_NODE_ADDRESS]) {
		NL_SET_ERR_MSG_ATTR(info->extack,
				    info->attrs[SAMR_A_NODE_ADDRESS],
				    "this is the node itself: it has no address here");
		return -EINVAL;
	}
	err = samr_cluster_witness(c, id, info->extack);
	if (!err)
		samr_netlink_announce(genl_info_net(info), c, SAMR_CMD_NODE_NTF,
				      SAMR_NTF_EVENT_CHANGE, id);
	return err;
}

static int add_node(struct samr_cluster *c, struct genl_info *info)
{
	u64 id = nla_get_u64(info->attrs[SAMR_A_NODE_ID]);
	int err = 0;

	/* The witness is told with the same words as the heads are. */
	if (id == samr_cluster_self(c, NULL) &&
	    info->attrs[SAMR_A_NODE_WITNESS])
		return make_witness(c, info, id);
	if (samr_cluster_far(c) && !info->attrs[SAMR_A_NODE_ADDRESS]) {
		GENL_SET_ERR_MSG(info, "a client node learns by itself which heads there are: all that it takes is an 'address'");
		return -EOPNOTSUPP;
	}
	err = samr_cluster_node_add(c, id, info->extack);
	if (err)
		return err;
	if (info->attrs[SAMR_A_NODE_WITNESS])
		err = samr_cluster_witness(c, id, info->extack);
	if (!err && info->attrs[SAMR_A_NODE_ADDRESS])
		err = set_address(c, info, id);
	if (err) {
		samr_cluster_node_del(c, id, NULL);
		return err;
	}
	samr_netlink_announce(genl_info_net(info), c, SAMR_CMD_NODE_NTF,
			      SAMR_NTF_EVENT_ADD, id);
	return 0;
}

int samr_nl_node_add_doit(struct sk_buff *skb, struct genl_info *info)
{
	if (samr_netlink_lacks(info, SAMR_A_NODE_ID, "id"))
		return -EINVAL;
	if (!info->attrs[SAMR_A_NODE_ADDRESS] != !info->attrs[SAMR_A_NODE_DEV]) {
		GENL_SET_ERR_MSG(info, "'address' and 'dev' belong together");
		return -EINVAL;
	}
	return samr_netlink_with_cluster(info, add_node);
}

static int set_node(struct samr_cluster *c, struct genl_info *info)
{
	u64 id = nla_get_u64(info->attrs[SAMR_A_NODE_ID]);
	int err = set_address(c, info, id);

	if (!err)
		samr_netlink_announce(genl_info_net(info), c, SAMR_CMD_NODE_NTF,
				      SAMR_NTF_EVENT_CHANGE, id);
	return err;
}

int samr_nl_node_set_doit(struct sk_buff *skb, struct genl_info *info)
{
	if (samr_netlink_lacks(info, SAMR_A_NODE_ID, "id") ||
	    samr_netlink_lacks(info, SAMR_A_NODE_DEV, "dev") ||
	    samr_netlink_lacks(info, SAMR_A_NODE_ADDRESS, "address"))
		return -EINVAL;
	return samr_netlink_with_cluster(info, set_node);
}

static int del_node(struct samr_cluster *c, struct genl_info *info)
{
	u64 id = nla_get_u64(info->attrs[SAMR_A_NODE_ID]);
	int err = samr_cluster_node_del(c, id, info->extack);

	if (!err)
		samr_netlink_announce(genl_info_net(info), c, SAMR_CMD_NODE_NTF,
				      SAMR_NTF_EVENT_DEL, id);
	return err;
}

int samr_nl_node_del_doit(struct sk_buff *skb, struct genl_info *info)
{
	if (samr_netlink_lacks(info, SAMR_A_NODE_ID, "id"))
		return -EINVAL;
	return samr_netlink_with_cluster(info, del_node);
}

/* A link of a kind without devices has the empty name for one. */
static const char *device_of(struct genl_info *info)
{
	struct nlattr *dev = info->attrs[SAMR_A_LINK_DEV];

	return dev ? nla_data(dev) : "";
}

/* What a link of kind udp or rdma needs besides; NULL: nothing of it is said. */
static const struct samr_link_options *
get_link_options(struct genl_info *info, struct samr_link_options *o)
{
	struct nlattr **attrs = info->attrs;

	if (!attrs[SAMR_A_LINK_LOCAL] && !attrs[SAMR_A_LINK_GROUP] &&
	    !attrs[SAMR_A_LINK_PORT] && !attrs[SAMR_A_LINK_TTL])
		return NULL;
	if (attrs[SAMR_A_LINK_LOCAL])
		o->local = nla_get_in6_addr(attrs[SAMR_A_LINK_LOCAL]);
	if (attrs[SAMR_A_LINK_GROUP])
		o->group = nla_get_in6_addr(attrs[SAMR_A_LINK_GROUP]);
	o->port = u32_or(info, SAMR_A_LINK_PORT, SAMR_UDP_PORT_DEFAULT);
	o->ttl = u32_or(info, SAMR_A_LINK_TTL, 0);
	return o;
}

static int add_link(struct samr_cluster *c, struct genl_info *info)
{
	struct samr_link_options options = { };
	u32 id;
	int err;

	err = samr_link_add(c, nla_data(info->attrs[SAMR_A_LINK_KIND]),
			    device_of(info), get_link_options(info, &options), &id,
			    info->extack);
	if (!err)
		samr_netlink_announce(genl_info_net(info), c, SAMR_CMD_LINK_NTF,
				      SAMR_NTF_EVENT_ADD, id);
	return err;
}

int samr_nl_link_add_doit(struct sk_buff *skb, struct genl_info *info)
{
	if (samr_netlink_lacks(info, SAMR_A_LINK_KIND, "kind"))
		return -EINVAL;
	return samr_netlink_with_cluster(info, add_link);
}

/* The link announces its end itself. */
static int del_link(struct samr_cluster *c, struct genl_info *info)
{
	struct nlattr *kind = info->attrs[SAMR_A_LINK_KIND];
	struct nlattr *dev = info->attrs[SAMR_A_LINK_DEV];
	u32 id = samr_link_find(c, kind ? nla_data(kind) : NULL,
				device_of(info));
	int err;

	if (!id && !dev) {
		GENL_SET_ERR_MSG(info, "there is no link of this kind without a device");
		return -ENOENT;
	}
	if (!id) {
		NL_SET_ERR_MSG_ATTR(info->extack, dev,
				    "no link uses this device");
		return -ENOENT;
	}
	err = samr_link_del(c, id, info->extack);
	if (!err)
		atomic_inc(&generation);
	return err;
}

int samr_nl_link_del_doit(struct sk_buff *skb, struct genl_info *info)
{
	if (!info->attrs[SAMR_A_LINK_KIND] &&
	    samr_netlink_lacks(info, SAMR_A_LINK_DEV, "dev"))
		return -EINVAL;
	return samr_netlink_with_cluster(info, del_link);
}

/* ---- the fencing role ---- */

static int own_fences(struct samr_cluster *c, struct genl_info *info)
{
	int err = samr_cluster_fence_own(c, info->snd_portid, info->extack);

	if (!err)
		samr_netlink_announce(genl_info_net(info), c,
				      SAMR_CMD_CLUSTER_NTF,
				      SAMR_NTF_EVENT_CHANGE, 0);
	return err;
}

int samr_nl_fence_own_doit(struct sk_buff *skb, struct genl_info *info)
{
	return samr_netlink_with_cluster(info, own_fences);
}

/* A socket is closed: whoever had the role with it has it no more. */
static int port_gone(struct notifier_block *nb, unsigned long what, void *data)
{
	const struct netlink_notify *n = data;
	struct samr_cluster *c;

	if (what != NETLINK_URELEASE || n->protocol != NETLINK_GENERIC)
		return NOTIFY_DONE;
	c = samr_cluster_get(n->net);
	if (c) {
		samr_cluster_fence_disown(c, n->portid);
		samr_cluster_put(c);
	}
	return NOTIFY_DONE;
}

static struct notifier_block ports = {
	.notifier_call = port_gone,
};

static int confirm_fence(struct samr_cluster *c, struct genl_info *info)
{
	struct nlattr **attrs = info->attrs;
	struct samr_cluster_info is;

	samr_cluster_info(c, &is);
	if (is.fence_owner && is.fence_owner != info->snd_portid) {
		GENL_SET_ERR_MSG(info, "a daemon has the fencing role: it is the one that confirms");
		return -EPERM;
	}
	return samr_cluster_fenced(c, nla_get_u64(attrs[SAMR_A_FENCE_NODE]),
				   nla_get_u64(attrs[SAMR_A_FENCE_INCARNATION]),
				   nla_get_u64(attrs[SAMR_A_FENCE_TOKEN]),
				   info->extack);
}

int samr_nl_fence_confirm_doit(struct sk_buff *skb, struct genl_info *info)
{
	if (samr_netlink_lacks(info, SAMR_A_FENCE_NODE, "node") ||
	    samr_netlink_lacks(info, SAMR_A_FENCE_INCARNATION, "incarnation") ||
	    samr_netlink_lacks(info, SAMR_A_FENCE_TOKEN, "token"))
		return -EINVAL;
	return samr_netlink_with_cluster(info, confirm_fence);
}

/* ---- the family ---- */

struct genl_family samr_netlink_family __ro_after_init = {
	.name = SAMR_FAMILY_NAME,
	.version = SAMR_FAMILY_VERSION,
	.netnsok = true,
	.parallel_ops = true,
	.module = THIS_MODULE,
	.ops = samr_nl_ops,
	.n_ops = ARRAY_SIZE(samr_nl_ops),
	.mcgrps = samr_nl_mcgrps,
	.n_mcgrps = ARRAY_SIZE(samr_nl_mcgrps),
};

int __init samr_netlink_init(void)
{
	int err;

	events_wq = alloc_ordered_workqueue("samr_events", 0);
	if (!events_wq)
		return -ENOMEM;
	err = netlink_register_notifier(&ports);
	if (err)
		goto no_ports;
	samr_cluster_set_notify(notify);
	err = genl_register_family(&samr_netlink_family);
	if (err)
		goto no_family;
	return 0;

no_family:
	samr_cluster_set_notify(NULL);
	netlink_unregister_notifier(&ports);
no_ports:
	destroy_workqueue(events_wq);
	return err;
}

void samr_netlink_exit(void)
{
	samr_cluster_set_notify(NULL);
	synchronize_rcu();	/* notify() runs under RCU: none is left */
	destroy_workqueue(events_wq);
	genl_unregister_family(&samr_netlink_family);
	netlink_unregister_notifier(&ports);
}
