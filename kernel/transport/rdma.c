// SPDX-License-Identifier: GPL-2.0
/*
 * rdma: reliable connections between heads, over InfiniBand, RoCE and iWARP.
 *
 * A link is bound to a network device's name and to an IP address, as with udp; the
 * RDMA device is the one that the connection manager finds there. It listens on that
 * address; connections come about when there are frames to send (rdma_conn.c). There
 * is no multicast: each head gets a copy.
 *
 * What happens to devices and addresses only wakes rdma_look(), which compares what is
 * there with what there was; it also looks once a second by itself. The link is absent
 * without an RDMA device.
 *
 * Locks: ports_lock protects the list of ports; a port's lock its listener. Neither is
 * taken in a handler of the connection manager, nor under RTNL.
 */
#include <linux/list.h>
#include <linux/module.h>
#include <linux/netlink.h>
#include <linux/rtnetlink.h>
#include <linux/slab.h>

#include "rdma.h"

/* Requests that wait to be accepted. */
#define BACKLOG		16

struct workqueue_struct *rdma_wq;

static DEFINE_SPINLOCK(ports_lock);
static LIST_HEAD(ports);

static struct rdma_port *rdma_port_of(const struct samr_link *link)
{
	return samr_link_priv(link);
}

/* ---- the device ---- */

/* The device's number, 0 when there is none of this name. */
static int find_device(struct rdma_port *p, bool *carries)
{
	struct in6_addr own = ip_of(&p->own);
	struct net_device *dev;
	int ifindex = 0;

	*carries = false;
	rtnl_lock();
	dev = __dev_get_by_name(samr_link_net(p->link), samr_link_device(p->link));
	if (dev) {
		ifindex = dev->ifindex;
		*carries = netif_running(dev) && netif_carrier_ok(dev) &&
			   netif_oper_up(dev) &&
			   ip_is_here(samr_link_net(p->link), &own);
	}
	rtnl_unlock();
	return ifindex;
}

static void set_ifindex(struct rdma_port *p, int ifindex)
{
	rtnl_lock();
	WRITE_ONCE(p->ifindex, ifindex);
	rtnl_unlock();
}

static int listen(struct rdma_port *p, int ifindex)
{
	struct sockaddr_storage own;
	struct rdma_cm_id *id;
	int err;

	lockdep_assert_held(&p->lock);
	id = rdma_create_id(samr_link_net(p->link), rdma_conn_request, p,
			    RDMA_PS_TCP, IB_QPT_RC);
	if (IS_ERR(id))
		return PTR_ERR(id);
	rdma_sockaddr(&p->own, &own, false);
	p->gone = false;
	err = rdma_bind_addr(id, (struct sockaddr *)&own);
	if (!err && (!id->device ||
		     id->route.addr.dev_addr.bound_dev_if != ifindex))
		err = -ENODEV;
	if (!err)
		err = rdma_listen(id, BACKLOG);
	if (err) {
		rdma_destroy_id(id);
		return err;
	}
	p->listener = id;
	set_ifindex(p, ifindex);
	return 0;
}

/* Connections end by themselves; a device on its way out waits for them. */
static void unlisten(struct rdma_port *p)
{
	lockdep_assert_held(&p->lock);
	WRITE_ONCE(p->carries, false);
	set_ifindex(p, 0);
	rdma_conn_kill_all(p);
	rdma_destroy_id(p->listener);
	p->listener = NULL;
	rdma_conn_kill_all(p);	/* that came meanwhile */
}

static void tell(struct rdma_port *p, enum samr_link_change what)
{
	if (p->told == what)
		return;
	p->told = what;
	WRITE_ONCE(p->carries, what == SAMR_LINK_CHANGE_UP);
	samr_link_change(p->link, what);
}

static int look(struct rdma_port *p)
{
	bool carries;
	int ifindex = find_device(p, &carries);
	int err = 0;

	lockdep_assert_held(&p->lock);
	if (READ_ONCE(p->closed))
		return 0;
	if (p->listener && (READ_ONCE(p->gone) || ifindex != p->ifindex)) {
		tell(p, SAMR_LINK_CHANGE_ABSENT);
		unlisten(p);
	}
	if (!p->listener && ifindex && carries)
		err = listen(p, ifindex);
	if (!p->listener)
		tell(p, ifindex && !carries ? SAMR_LINK_CHANGE_DOWN :
					      SAMR_LINK_CHANGE_ABSENT);
	else
		tell(p, carries ? SAMR_LINK_CHANGE_UP : SAMR_LINK_CHANGE_DOWN);
	return err;
}

static void rdma_look(struct work_struct *work)
{
	struct rdma_port *p = container_of(to_delayed_work(work),
					   struct rdma_port, look);

	mutex_lock(&p->lock);
	look(p);
	mutex_unlock(&p->lock);
	rdma_conn_sweep(p);
	queue_delayed_work(rdma_wq, &p->look, msecs_to_jiffies(RDMA_LOOK_MS));
}

static void look_at_all(void)
{
	struct rdma_port *p;

	spin_lock_bh(&ports_lock);
	list_for_each_entry(p, &ports, node)
		mod_delayed_work(rdma_wq, &p->look, 0);
	spin_unlock_bh(&ports_lock);
}

/* What cannot wait for rdma_look(): a new name, and the farewell. */
static void port_event(struct rdma_port *p, struct net_device *dev,
		       unsigned long event)
{
	if (event == NETDEV_CHANGENAME)
		samr_link_rename(p->link, dev->name);
	else if (event == NETDEV_GOING_DOWN && READ_ONCE(p->carries))
		samr_link_change(p->link, SAMR_LINK_CHANGE_GOING);
}

static int netdev_event(struct notifier_block *nb, unsigned long event,
			void *ptr)
{
	struct net_device *dev = netdev_notifier_info_to_dev(ptr);
	struct rdma_port *p;

	spin_lock_bh(&ports_lock);
	list_for_each_entry(p, &ports, node)
		if (READ_ONCE(p->ifindex) == dev->ifindex &&
		    net_eq(dev_net(dev), samr_link_net(p->link)))
			port_event(p, dev, event);
	spin_unlock_bh(&ports_lock);
	look_at_all();
	return NOTIFY_DONE;
}

static int address_event(struct notifier_block *nb, unsigned long event,
			 void *ptr)
{
	look_at_all();
	return NOTIFY_DONE;
}

static struct notifier_block netdev_notifier = {
	.notifier_call = netdev_event,
};

static struct notifier_block address4_notifier = {
	.notifier_call = address_event,
};

static struct notifier_block address6_notifier = {
	.notifier_call = address_event,
};

/* That one goes is told to each listener and connection. */
static int device_added(struct ib_device *dev)
{
	look_at_all();
	return 0;
}

static struct ib_client client = {
	.name = "samr",
	.add = device_added,
};

/* ---- addresses ---- */

static int rdma_check(const struct samr_link *link, const struct samr_addr *a,
		      struct netlink_ext_ack *extack)
{
	return ip_check_peer(samr_link_options(link), a, extack);
}

static int check_options(const struct samr_link_options *o,
			 struct netlink_ext_ack *extack)
{
	int err = ip_check_local(o, extack);

	if (err)
		return err;
	if (ipv6_addr_type(&o->local) & IPV6_ADDR_LINKLOCAL) {
		NL_SET_ERR_MSG(extack, "'local' is an address of one network only, which rdma cannot have");
		return -EINVAL;
	}
	if (!ipv6_addr_any(&o->group) || o->ttl) {
		NL_SET_ERR_MSG(extack, "a link of kind rdma has no 'group' or 'ttl'");
		return -EINVAL;
	}
	return 0;
}

static bool rdma_address(const struct samr_link *link, struct samr_addr *a)
{
	struct rdma_port *p = rdma_port_of(link);

	if (!p || !READ_ONCE(p->ifindex))
		return false;
	*a = p->own;
	return true;
}

/* ---- the link ---- */

static struct rdma_port *make_port(struct samr_link *link)
{
	const struct samr_link_options *o = samr_link_options(link);
	struct rdma_port *p;

	p = kzalloc(sizeof(*p), GFP_KERNEL_ACCOUNT);
	if (!p)
		return NULL;
	p->link = link;
	ip_set_addr(&p->own, &o->local, htons(o->port));
	INIT_DELAYED_WORK(&p->look, rdma_look);
	mutex_init(&p->lock);
	spin_lock_init(&p->conns_lock);
	INIT_LIST_HEAD(&p->conns);
	init_waitqueue_head(&p->empty);
	p->told = SAMR_LINK_CHANGE_ABSENT;	/* so a link begins */
	return p;
}

static int rdma_open(struct samr_link *link, struct netlink_ext_ack *extack)
{
	struct rdma_port *p;
	int err;

	err = check_options(samr_link_options(link), extack);
	if (err)
		return err;
	p = make_port(link);
	if (!p)
		return -ENOMEM;
	samr_link_set_priv(link, p);
	mutex_lock(&p->lock);
	err = look(p);
	mutex_unlock(&p->lock);
	if (err == -EADDRINUSE) {
		NL_SET_ERR_MSG(extack, "the port is used by another program, or another link");
		samr_link_set_priv(link, NULL);
		kfree_rcu(p, rcu);	/* the link may be asked for its address */
		return err;
	}
	spin_lock_bh(&ports_lock);
	list_add_tail(&p->node, &ports);
	spin_unlock_bh(&ports_lock);
	queue_delayed_work(rdma_wq, &p->look, 0);
	return 0;
}

static void rdma_close(struct samr_link *link)
{
	struct rdma_port *p = rdma_port_of(link);

	spin_lock_bh(&ports_lock);
	list_del(&p->node);
	spin_unlock_bh(&ports_lock);
	spin_lock_bh(&p->conns_lock);
	WRITE_ONCE(p->closed, true);
	spin_unlock_bh(&p->conns_lock);
	cancel_delayed_work_sync(&p->look);
	mutex_lock(&p->lock);
	if (p->listener)
		unlisten(p);
	mutex_unlock(&p->lock);
	rdma_conn_kill_all(p);
	wait_event(p->empty, !atomic_read(&p->alive));
	cancel_delayed_work_sync(&p->look);	/* the listener may have woken it */
	samr_link_set_priv(link, NULL);
	kfree_rcu(p, rcu);
}

static int rdma_send(struct samr_link *link, struct sk_buff *skb,
		     enum samr_cast cast, const struct samr_addr *to)
{
	struct rdma_port *p = rdma_port_of(link);
	struct rdma_conn *c;
	int err = -ENOTCONN;

	if (cast != SAMR_CAST_UNI) {
		kfree_skb(skb);
		return -EOPNOTSUPP;
	}
	rcu_read_lock();
	c = rdma_conn_find(p, to);
	if (c)
		err = rdma_io_send(c, skb);
	else
		kfree_skb(skb);
	rcu_read_unlock();
	return err;
}

static u32 rdma_frame_max(const struct samr_link *link)
{
	struct rdma_port *p = rdma_port_of(link);

	return p && READ_ONCE(p->ifindex) ? RDMA_FRAME : 0;
}

static struct samr_transport rdma = {
	.name = "rdma",
	.owner = THIS_MODULE,
	.flags = SAMR_TRANSPORT_DEVICE | SAMR_TRANSPORT_IP,
	.addr_len = IP_ADDR_LEN,
	.frame_limit = RDMA_FRAME,
	.open = rdma_open,
	.close = rdma_close,
	.send = rdma_send,
	.frame_max = rdma_frame_max,
	.address = rdma_address,
	.check = rdma_check,
};

/* ---- the module ---- */

static int __init rdma_init(void)
{
	int err = -ENOMEM;

	rdma_wq = alloc_workqueue("samr_rdma", WQ_UNBOUND, 0);
	if (!rdma_wq)
		return err;
	err = ib_register_client(&client);
	if (err)
		goto no_client;
	err = register_netdevice_notifier(&netdev_notifier);
	if (err)
		goto no_devices;
	err = register_inetaddr_notifier(&address4_notifier);
	if (err)
		goto no_addresses4;
	err = register_inet6addr_notifier(&address6_notifier);
	if (err)
		goto no_addresses6;
	err = samr_transport_register(&rdma);
	if (err)
		goto no_transport;
	return 0;

no_transport:
	unregister_inet6addr_notifier(&address6_notifier);
no_addresses6:
	unregister_inetaddr_notifier(&address4_notifier);
no_addresses4:
	unregister_netdevice_notifier(&netdev_notifier);
no_devices:
	ib_unregister_client(&client);
no_client:
	destroy_workqueue(rdma_wq);
	return err;
}

/* No link is left: each holds the module. */
static void __exit rdma_exit(void)
{
	samr_transport_unregister(&rdma);
	unregister_inet6addr_notifier(&address6_notifier);
	unregister_inetaddr_notifier(&address4_notifier);
	unregister_netdevice_notifier(&netdev_notifier);
	ib_unregister_client(&client);
	destroy_workqueue(rdma_wq);
	rcu_barrier();
}

module_init(rdma_init);
module_exit(rdma_exit);

MODULE_DESCRIPTION("samr over RDMA");
MODULE_LICENSE("GPL");
MODULE_ALIAS("samr-transport-rdma");
