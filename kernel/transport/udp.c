// SPDX-License-Identifier: GPL-2.0
/*
 * udp: datagrams of IPv4 or IPv6, where frames have to pass routers, or a device that
 * is no Ethernet.
 *
 * What goes to all is sent to a multicast group when one was configured, else a copy
 * goes to each head. Without a group a head is found only by those that have its
 * address in their configuration; it learns theirs from them.
 *
 * A link is bound to a device's name, as with eth: what comes in on another device is
 * not for it, and routes through others are not taken, so that two links are two ways.
 * It carries while the device does and the head's own address is there.
 *
 * Datagrams come to encap_rcv() of a socket of the kernel's own, in softirqs; nobody can
 * read them from it, and it never queues one.
 *
 * Locks: RTNL protects the list of ports, and attaching and detaching. Senders and
 * receivers find device and socket under RCU.
 */
#include <linux/igmp.h>
#include <linux/list.h>
#include <linux/netdevice.h>
#include <linux/netlink.h>
#include <linux/rtnetlink.h>
#include <linux/slab.h>
#include <linux/udp.h>
#include <linux/workqueue.h>
#include <net/ipv6.h>
#include <net/ipv6_stubs.h>
#include <net/udp_tunnel.h>

#include "ip.h"
#include "udp.h"

static LIST_HEAD(ports);	/* RTNL */

/* ---- the device ---- */

static bool address_here(const struct udp_port *p)
{
	struct in6_addr own = ip_of(&p->own);

	return ip_is_here(samr_link_net(p->link), &own);
}

static bool carries(const struct udp_port *p, struct net_device *dev)
{
	return netif_running(dev) && netif_carrier_ok(dev) &&
	       netif_oper_up(dev) && address_here(p);
}

static void tell(struct udp_port *p, struct net_device *dev)
{
	samr_link_change(p->link, carries(p, dev) ? SAMR_LINK_CHANGE_UP :
						    SAMR_LINK_CHANGE_DOWN);
}

/* ---- the socket ---- */

static int set_off(struct socket *sock, int level, int option)
{
	int off = 0;

	return sock->ops->setsockopt(sock, level, option, KERNEL_SOCKPTR(&off),
				     sizeof(off));
}

/* It hears the device, whatever addresses that has; what is for us is looked at then. */
static int bind_socket(struct udp_port *p, struct net_device *dev)
{
	struct sockaddr_in6 any6 = {
		.sin6_family = AF_INET6,
		.sin6_port = ip_port_of(&p->own),
	};
	struct sockaddr_in any4 = {
		.sin_family = AF_INET,
		.sin_port = ip_port_of(&p->own),
	};
	struct socket *sock = p->sock;
	int err;

	err = sock_bindtoindex(sock->sk, dev->ifindex, true);
	if (err)
		return err;
	if (!p->v6)
		return set_off(sock, SOL_IP, IP_MULTICAST_LOOP) ?:
		       kernel_bind(sock, (struct sockaddr *)&any4,
				   sizeof(any4));
	return ip6_sock_set_v6only(sock->sk) ?:
	       set_off(sock, SOL_IPV6, IPV6_MULTICAST_LOOP) ?:
	       kernel_bind(sock, (struct sockaddr *)&any6, sizeof(any6));
}

static int join(struct udp_port *p, int ifindex, bool leave)
{
	struct in6_addr group = ip_of(&p->group);
	struct ip_mreqn mreq = {
		.imr_multiaddr.s_addr = group.s6_addr32[3],
		.imr_ifindex = ifindex,
	};
	struct sock *sk = p->sock->sk;
	int err;

	ASSERT_RTNL();
	lock_sock(sk);
	if (p->v6)
		err = leave ? ipv6_stub->ipv6_sock_mc_drop(sk, ifindex, &group) :
			      ipv6_stub->ipv6_sock_mc_join(sk, ifindex, &group);
	else
		err = leave ? ip_mc_leave_group(sk, &mreq) :
			      ip_mc_join_group(sk, &mreq);
	release_sock(sk);
	return err;
}

static void close_socket(struct udp_port *p)
{
	/* Or its end would do it, and wait for RTNL, which we hold. */
	if (p->joined)
		join(p, p->sock->sk->sk_bound_dev_if, true);
	p->joined = false;
	sock_release(p->sock);
	p->sock = NULL;
}

static int open_socket(struct udp_port *p, struct net_device *dev)
{
	struct sock *sk;
	int err;

	err = sock_create_kern(samr_link_net(p->link), p->v6 ? AF_INET6 : AF_INET,
			       SOCK_DGRAM, IPPROTO_UDP, &p->sock);
	if (err)
		return err;
	sk = p->sock->sk;
	udp_sk(sk)->encap_type = 1;
	udp_sk(sk)->encap_rcv = udp_receive;
	udp_tunnel_encap_enable(sk);
	err = bind_socket(p, dev);
	if (!err && p->group.len) {
		err = join(p, dev->ifindex, false);
		p->joined = !err;
	}
	if (err)
		close_socket(p);
	return err;
}

/* ---- with a device and without ---- */

static int attach(struct udp_port *p, struct net_device *dev)
{
	int err;

	ASSERT_RTNL();
	err = open_socket(p, dev);
	if (err)
		return err;
	netdev_hold(dev, &p->tracker, GFP_KERNEL);
	rcu_assign_pointer(p->dev, dev);
	rcu_assign_pointer(p->sk, p->sock->sk);
	rcu_assign_sk_user_data(p->sock->sk, p);
	tell(p, dev);
	return 0;
}

static void detach(struct udp_port *p)
{
	struct net_device *dev = rtnl_dereference(p->dev);

	samr_link_change(p->link, SAMR_LINK_CHANGE_ABSENT);
	rcu_assign_sk_user_data(p->sock->sk, NULL);
	RCU_INIT_POINTER(p->sk, NULL);
	RCU_INIT_POINTER(p->dev, NULL);
	synchronize_net();	/* the last senders and receivers */
	close_socket(p);
	udp_forget_ways(p);	/* they hold the device, too */
	netdev_put(dev, &p->tracker);
}

/* See eth.c: one on its way out has its name, but is not found by it any more. */
static bool is_wanted(const struct udp_port *p, struct net_device *dev)
{
	return !rcu_access_pointer(p->dev) &&
	       net_eq(dev_net(dev), samr_link_net(p->link)) &&
	       !strcmp(dev->name, samr_link_device(p->link)) &&
	       __dev_get_by_name(dev_net(dev), dev->name) == dev;
}

static void appeared(struct net_device *dev)
{
	struct udp_port *p;

	list_for_each_entry(p, &ports, node)
		if (is_wanted(p, dev) && attach(p, dev))
			netdev_warn(dev, "samr: cannot attach\n");
}

static void port_event(struct udp_port *p, struct net_device *dev,
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
		if (carries(p, dev))
			samr_link_change(p->link, SAMR_LINK_CHANGE_GOING);
		break;
	case NETDEV_UP:
	case NETDEV_DOWN:
	case NETDEV_CHANGE:
	case NETDEV_CHANGEMTU:
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
	struct udp_port *p;

	ASSERT_RTNL();
	list_for_each_entry(p, &ports, node)
		if (rtnl_dereference(p->dev) == dev)
			port_event(p, dev, event);
	if (event == NETDEV_REGISTER || event == NETDEV_CHANGENAME ||
	    (event == NETDEV_UP && !list_empty(&ports)))
		appeared(dev);
	return NOTIFY_DONE;
}

/*
 * Addresses come and go in contexts of all kinds, some without RTNL: work looks at all
 * ports again, and tells only what is new.
 */
static void look_at_addresses(struct work_struct *work)
{
	struct net_device *dev;
	struct udp_port *p;

	rtnl_lock();
	list_for_each_entry(p, &ports, node) {
		dev = rtnl_dereference(p->dev);
		if (dev && carries(p, dev) != samr_link_carries(p->link))
			tell(p, dev);
	}
	rtnl_unlock();
}

static DECLARE_WORK(address_work, look_at_addresses);

static int address_event(struct notifier_block *nb, unsigned long event,
			 void *ptr)
{
	schedule_work(&address_work);
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

/* ---- addresses ---- */

static bool is_group(const struct in6_addr *ip)
{
	return ip_is_v4(ip) ? ipv4_is_multicast(ip->s6_addr32[3]) :
			   ipv6_addr_is_multicast(ip);
}

static int udp_check(const struct samr_link *link, const struct samr_addr *a,
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
	if (!IS_ENABLED(CONFIG_IPV6) && !ip_is_v4(&o->local)) {
		NL_SET_ERR_MSG(extack, "this kernel has no IPv6");
		return -EAFNOSUPPORT;
	}
	if (ipv6_addr_any(&o->group))
		return 0;
	if (ip_is_v4(&o->group) != ip_is_v4(&o->local)) {
		NL_SET_ERR_MSG(extack, "'local' and 'group' are of different versions of IP");
		return -EINVAL;
	}
	if (!is_group(&o->group)) {
		NL_SET_ERR_MSG(extack, "'group' is no multicast address");
		return -EINVAL;
	}
	return 0;
}

static bool udp_address(const struct samr_link *link, struct samr_addr *a)
{
	struct udp_port *p = udp_port_of(link);

	if (!p || !rcu_access_pointer(p->dev))
		return false;
	*a = p->own;
	return true;
}

/* ---- the link ---- */

static void free_port(struct rcu_head *rcu)
{
	struct udp_port *p = container_of(rcu, struct udp_port, rcu);

	free_percpu(p->ways);
	kfree(p);
}

static struct udp_port *make_port(struct samr_link *link)
{
	const struct samr_link_options *o = samr_link_options(link);
	struct udp_port *p;

	p = kzalloc(sizeof(*p), GFP_KERNEL_ACCOUNT);
	if (!p)
		return NULL;
	p->ways = alloc_percpu(struct udp_ways);
	if (!p->ways) {
		kfree(p);
		return NULL;
	}
	p->link = link;
	p->v6 = !ip_is_v4(&o->local);
	ip_set_addr(&p->own, &o->local, htons(o->port));
	if (!ipv6_addr_any(&o->group))
		ip_set_addr(&p->group, &o->group, htons(o->port));
	samr_link_set_overhead(link, udp_overhead(p));
	return p;
}

static int attach_first(struct udp_port *p, struct net_device *dev,
			struct netlink_ext_ack *extack)
{
	int err = attach(p, dev);

	if (err == -EADDRINUSE)
		NL_SET_ERR_MSG(extack, "the port is used by another program, or another link");
	else if (err)
		NL_SET_ERR_MSG(extack, "no socket on this device, or it cannot join the group");
	return err;
}

static int udp_open(struct samr_link *link, struct netlink_ext_ack *extack)
{
	struct net_device *dev;
	struct udp_port *p;
	int err;

	err = check_options(samr_link_options(link), extack);
	if (err)
		return err;
	p = make_port(link);
	if (!p)
		return -ENOMEM;
	rtnl_lock();
	samr_link_set_priv(link, p);
	dev = __dev_get_by_name(samr_link_net(link), samr_link_device(link));
	if (dev)
		err = attach_first(p, dev, extack);
	if (err)
		samr_link_set_priv(link, NULL);
	else
		list_add_tail(&p->node, &ports);
	rtnl_unlock();
	if (err)
		call_rcu(&p->rcu, free_port);	/* the link may be asked for its address */
	return err;
}

static void udp_close(struct samr_link *link)
{
	struct udp_port *p = udp_port_of(link);

	rtnl_lock();
	list_del(&p->node);
	if (rtnl_dereference(p->dev))
		detach(p);
	rtnl_unlock();
	samr_link_set_priv(link, NULL);
	call_rcu(&p->rcu, free_port);
}

static struct samr_transport udp = {
	.name = "udp",
	.flags = SAMR_TRANSPORT_MULTICAST | SAMR_TRANSPORT_DEVICE |
		 SAMR_TRANSPORT_IP,
	.addr_len = IP_ADDR_LEN,
	.frame_limit = SAMR_FRAME_LIMIT + SAMR_CRC_LEN,
	.open = udp_open,
	.close = udp_close,
	.send = udp_send,
	.frame_max = udp_frame_max,
	.path_max = udp_path_max,
	.address = udp_address,
	.check = udp_check,
};

int samr_udp_register(void)
{
	int err;

	err = samr_transport_register(&udp);
	if (err)
		return err;
	err = register_netdevice_notifier(&netdev_notifier);
	if (err)
		goto no_devices;
	err = register_inetaddr_notifier(&address4_notifier);
	if (err)
		goto no_addresses4;
	err = register_inet6addr_notifier(&address6_notifier);
	if (err)
		goto no_addresses6;
	return 0;

no_addresses6:
	unregister_inetaddr_notifier(&address4_notifier);
no_addresses4:
	unregister_netdevice_notifier(&netdev_notifier);
no_devices:
	samr_transport_unregister(&udp);
	return err;
}

void samr_udp_unregister(void)
{
	unregister_inet6addr_notifier(&address6_notifier);
	unregister_inetaddr_notifier(&address4_notifier);
	unregister_netdevice_notifier(&netdev_notifier);
	cancel_work_sync(&address_work);
	samr_transport_unregister(&udp);
}
