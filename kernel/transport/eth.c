// SPDX-License-Identifier: GPL-2.0
/*
 * eth: raw Ethernet frames of EtherType 0x88B5 (local experimental).
 *
 * What goes to all is sent to a group address derived from the cluster's id. The
 * id is in the frame, too, where the link looks at it: two clusters whose
 * addresses collide stay deaf to each other all the same.
 *
 * A link is bound to a device's name. When the device goes away, also into
 * another namespace, the link stays configured and attaches to the next device
 * of that name that appears in its namespace. A device that is renamed while
 * attached keeps its link. A device that becomes a port of a bridge or a bond
 * does not carry until it is released.
 *
 * Locks: RTNL protects the list of ports, and attaching and detaching. Senders
 * and receivers find the device under RCU.
 */
#include <linux/etherdevice.h>
#include <linux/if_arp.h>
#include <linux/list.h>
#include <linux/netdevice.h>
#include <linux/netlink.h>
#include <linux/rtnetlink.h>
#include <linux/slab.h>

#include "link.h"

#define ETHERTYPE	0x88B5

/**
 * struct port - a link's end at a device
 * @node: in the list of all; RTNL
 * @link: the link
 * @dev: the device, or NULL while there is none; written under RTNL
 * @tracker: of the reference to @dev
 * @pt: how frames come
 * @group: address of what goes to all
 * @rcu: frees it, after the last who asks for its address
 */
struct port {
	struct list_head node;
	struct samr_link *link;
	struct net_device __rcu *dev;
	netdevice_tracker tracker;
	struct packet_type pt;
	u8 group[ETH_ALEN];
	struct rcu_head rcu;
};

static LIST_HEAD(ports);	/* RTNL */

static struct port *port_of(const struct samr_link *link)
{
	return samr_link_priv(link);
}

static void set_addr(struct samr_addr *a, const u8 *mac)
{
	memset(a, 0, sizeof(*a));
	a->len = ETH_ALEN;
	memcpy(a->b, mac, ETH_ALEN);
}

/* ---- in ---- */

/* Takes the frame over. */
static void receive_one(struct port *p, struct sk_buff *skb)
{
	struct samr_addr from;

	if (skb->pkt_type == PACKET_OTHERHOST) {
		samr_link_foreign(p->link, skb);
		return;
	}
	skb = skb_share_check(skb, GFP_ATOMIC);
	if (!skb) {
		samr_link_no_memory(p->link);
		return;
	}
	set_addr(&from, eth_hdr(skb)->h_source);
	if (!is_valid_ether_addr(from.b)) {
		samr_link_foreign(p->link, skb);
		return;
	}
	samr_link_receive(p->link, skb, &from);
}

static int receive(struct sk_buff *skb, struct net_device *dev,
		   struct packet_type *pt, struct net_device *orig)
{
	struct port *p = container_of(pt, struct port, pt);

	receive_one(p, skb);
	samr_link_receive_end(p->link);
	return NET_RX_SUCCESS;
}

/* Several frames that the device had at hand together stay together. */
static void receive_list(struct list_head *head, struct packet_type *pt,
			 struct net_device *orig)
{
	struct port *p = container_of(pt, struct port, pt);
	struct sk_buff *skb, *next;

	list_for_each_entry_safe(skb, next, head, list) {
		skb_list_del_init(skb);
		receive_one(p, skb);
	}
	samr_link_receive_end(p->link);
}

/* ---- out ---- */

static int eth_send(struct samr_link *link, struct sk_buff *skb,
		    enum samr_cast cast, const struct samr_addr *to)
{
	struct port *p = port_of(link);
	struct net_device *dev;
	const u8 *mac;
	int err = -ENETDOWN;

	if (cast == SAMR_CAST_UNI)
		mac = to->b;
	else
		mac = cast == SAMR_CAST_MULTI ? p->group : NULL;
	rcu_read_lock();
	dev = rcu_dereference(p->dev);
	if (!dev || skb_cow_head(skb, LL_RESERVED_SPACE(dev)))
		goto lost;
	skb->dev = dev;
	skb->protocol = htons(ETHERTYPE);
	skb_reset_network_header(skb);
	if (dev_hard_header(skb, dev, ETHERTYPE, mac ?: dev->broadcast, NULL,
			    skb->len) < 0)
		goto lost;
	skb_reset_mac_header(skb);
	err = dev_queue_xmit(skb);
	err = net_xmit_eval(err);	/* a macro that evaluates its argument twice */
	rcu_read_unlock();
	return err;

lost:
	rcu_read_unlock();
	kfree_skb(skb);
	return err;
}

static u32 eth_frame_max(const struct samr_link *link)
{
	struct port *p = port_of(link);
	struct net_device *dev;
	u32 max = 0;

	if (!p)
		return 0;
	rcu_read_lock();
	dev = rcu_dereference(p->dev);
	if (dev)
		max = READ_ONCE(dev->mtu);
	rcu_read_unlock();
	return max;
}

static bool eth_address(const struct samr_link *link, struct samr_addr *a)
{
	struct port *p = port_of(link);
	struct net_device *dev;

	if (!p)
		return false;
	rcu_read_lock();
	dev = rcu_dereference(p->dev);
	if (dev)
		set_addr(a, dev->dev_addr);
	rcu_read_unlock();
	return dev;
}

static int eth_check(const struct samr_link *link, const struct samr_addr *a,
		     struct netlink_ext_ack *extack)
{
	if (a->len == ETH_ALEN && is_valid_ether_addr(a->b))
		return 0;
	NL_SET_ERR_MSG(extack, "not the MAC address of a station");
	return -EINVAL;
}

/* ---- the device ---- */

static bool carries(struct net_device *dev)
{
	return netif_running(dev) && netif_carrier_ok(dev) &&
	       netif_oper_up(dev) &&
	       !netdev_master_upper_dev_get(dev);
}

static void tell(struct port *p, struct net_device *dev)
{
	samr_link_change(p->link, carries(dev) ? SAMR_LINK_CHANGE_UP :
						 SAMR_LINK_CHANGE_DOWN);
}

static int check_device(struct net_device *dev, struct netlink_ext_ack *extack)
{
	if (dev->type != ARPHRD_ETHER || (dev->flags & IFF_LOOPBACK)) {
		NL_SET_ERR_MSG(extack, "not an Ethernet device");
		return -EINVAL;
	}
	if (netdev_master_upper_dev_get(dev)) {
		NL_SET_ERR_MSG(extack, "the device belongs to a bridge or bond: use that one");
		return -EINVAL;
	}
	return 0;
}

static int attach(struct port *p, struct net_device *dev)
{
	int err;

	ASSERT_RTNL();
	err = dev_mc_add(dev, p->group);
	if (err)
		return err;
	netdev_hold(dev, &p->tracker, GFP_KERNEL);
	rcu_assign_pointer(p->dev, dev);
	p->pt.type = htons(ETHERTYPE);
	p->pt.dev = dev;
	p->pt.func = receive;
	p->pt.list_func = receive_list;
	dev_add_pack(&p->pt);
	tell(p, dev);
	return 0;
}

static void detach(struct port *p)
{
	struct net_device *dev = rtnl_dereference(p->dev);

	samr_link_change(p->link, SAMR_LINK_CHANGE_ABSENT);
	RCU_INIT_POINTER(p->dev, NULL);
	dev_remove_pack(&p->pt);	/* and waits for senders and receivers */
	dev_mc_del(dev, p->group);
	netdev_put(dev, &p->tracker);
}

/*
 * One that is on its way out of the namespace still has its name, and others
 * who let go of it then cause events; but it is not found by its name any more.
 */
static bool is_wanted(const struct port *p, struct net_device *dev)
{
	return !rcu_access_pointer(p->dev) &&
	       net_eq(dev_net(dev), samr_link_net(p->link)) &&
	       !strcmp(dev->name, samr_link_device(p->link)) &&
	       __dev_get_by_name(dev_net(dev), dev->name) == dev;
}

static void appeared(struct net_device *dev)
{
	struct port *p;

	if (check_device(dev, NULL))
		return;
	list_for_each_entry(p, &ports, node)
		if (is_wanted(p, dev) && attach(p, dev))
			netdev_warn(dev, "samr: cannot attach\n");
}

static void port_event(struct port *p, struct net_device *dev,
		       unsigned long event)
{
	switch (event) {
	case NETDEV_UNREGISTER:
		detach(p);
		break;
	case NETDEV_CHANGENAME:
		samr_link_rename(p->link, dev->name);
		break;
	case NETDEV_GOING_DOWN:
		if (carries(dev))
			samr_link_change(p->link, SAMR_LINK_CHANGE_GOING);
		break;
	case NETDEV_UP:
	case NETDEV_DOWN:
	case NETDEV_CHANGE:
	case NETDEV_CHANGEMTU:
	case NETDEV_CHANGEADDR:
	case NETDEV_CHANGEUPPER:
		tell(p, dev);
		break;
	default:
		break;
	}
}

static int netdev_event(struct notifier_block *nb, unsigned long event,
			void *ptr)
{
	struct net_device *dev = netdev_notifier_info_to_dev(ptr);
	struct port *p;

	ASSERT_RTNL();
	list_for_each_entry(p, &ports, node)
		if (rtnl_dereference(p->dev) == dev)
			port_event(p, dev, event);
	if (event == NETDEV_REGISTER || event == NETDEV_CHANGENAME ||
	    event == NETDEV_CHANGEUPPER)
		appeared(dev);
	return NOTIFY_DONE;
}

static struct notifier_block notifier = {
	.notifier_call = netdev_event,
};

/* ---- the link ---- */

/* Locally administered, a group, and different for different clusters. */
static void group_address(u8 *mac, u32 cluster)
{
	mac[0] = 0x03;
	mac[1] = 'S';
	mac[2] = cluster >> 24;
	mac[3] = cluster >> 16;
	mac[4] = cluster >> 8;
	mac[5] = cluster;
}

static int eth_open(struct samr_link *link, struct netlink_ext_ack *extack)
{
	struct net_device *dev;
	struct port *p;
	int err = 0;

	p = kzalloc(sizeof(*p), GFP_KERNEL_ACCOUNT);
	if (!p)
		return -ENOMEM;
	p->link = link;
	group_address(p->group, samr_link_cluster_id(link));
	rtnl_lock();
	dev = __dev_get_by_name(samr_link_net(link), samr_link_device(link));
	if (dev)
		err = check_device(dev, extack);
	if (err)
		goto refused;
	samr_link_set_priv(link, p);
	if (dev)
		err = attach(p, dev);
	if (err)
		goto refused;
	list_add_tail(&p->node, &ports);
	rtnl_unlock();
	return 0;

refused:
	samr_link_set_priv(link, NULL);
	rtnl_unlock();
	kfree_rcu(p, rcu);	/* the link may be asked for its address */
	return err;
}

static void eth_close(struct samr_link *link)
{
	struct port *p = port_of(link);

	rtnl_lock();
	list_del(&p->node);
	if (rtnl_dereference(p->dev))
		detach(p);
	rtnl_unlock();
	samr_link_set_priv(link, NULL);
	kfree_rcu(p, rcu);
}

static struct samr_transport eth = {
	.name = "eth",
	.flags = SAMR_TRANSPORT_MULTICAST | SAMR_TRANSPORT_BROADCAST |
		 SAMR_TRANSPORT_DEVICE,
	.addr_len = ETH_ALEN,
	.frame_limit = SAMR_FRAME_LIMIT + SAMR_CRC_LEN,
	.open = eth_open,
	.close = eth_close,
	.send = eth_send,
	.frame_max = eth_frame_max,
	.address = eth_address,
	.check = eth_check,
};

int samr_eth_register(void)
{
	int err;

	err = samr_transport_register(&eth);
	if (err)
		return err;
	err = register_netdevice_notifier(&notifier);
	if (err)
		samr_transport_unregister(&eth);
	return err;
}

void samr_eth_unregister(void)
{
	unregister_netdevice_notifier(&notifier);
	samr_transport_unregister(&eth);
}
