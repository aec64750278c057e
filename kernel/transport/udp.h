/* SPDX-License-Identifier: GPL-2.0 */
/* What the two halves of the transport udp share: udp.c and udp_io.c. */
#ifndef SAMR_TRANSPORT_UDP_H
#define SAMR_TRANSPORT_UDP_H

#include <linux/in6.h>
#include <linux/netdevice.h>
#include <linux/rcupdate.h>

#include "link.h"

struct sk_buff;
struct sock;

/**
 * struct udp_way - the route to an address, as one processor remembers it
 * @to: the address
 * @dst: the route, with a reference, or NULL
 * @cookie: tells whether an IPv6 route still holds
 */
struct udp_way {
	struct samr_addr to;
	struct dst_entry *dst;
	u32 cookie;
};

/* By the last byte of the address, so that the heads of a network have one each. */
#define UDP_WAYS	64

/** struct udp_ways - one processor's; bottom halves are off while it is used */
struct udp_ways {
	struct udp_way way[UDP_WAYS];
};

/**
 * struct udp_port - a link's end at a device
 * @node: in the list of all; RTNL
 * @link: the link
 * @dev: the device, or NULL while there is none; written under RTNL
 * @tracker: of the reference to @dev
 * @sk: the socket while there is a device; its user data is this
 * @sock: the same, for RTNL
 * @joined: it is a member of the group; RTNL
 * @v6: IPv6
 * @own: own address
 * @group: to which multicasts go; no length: there are none
 * @ways: routes
 * @rcu: frees it, after the last who asks for its address
 */
struct udp_port {
	struct list_head node;
	struct samr_link *link;
	struct net_device __rcu *dev;
	netdevice_tracker tracker;
	struct sock __rcu *sk;
	struct socket *sock;
	bool joined;
	bool v6;
	struct samr_addr own;
	struct samr_addr group;
	struct udp_ways __percpu *ways;
	struct rcu_head rcu;
};

static inline struct udp_port *udp_port_of(const struct samr_link *link)
{
	return samr_link_priv(link);
}

/** udp_overhead - bytes of headers in front of each frame */
u32 udp_overhead(const struct udp_port *p);

/** udp_receive - encap_rcv() of the socket; takes every datagram over */
int udp_receive(struct sock *sk, struct sk_buff *skb);

/* These three: see struct samr_transport. */
int udp_send(struct samr_link *link, struct sk_buff *skb, enum samr_cast cast,
	     const struct samr_addr *to);
u32 udp_frame_max(const struct samr_link *link);
u32 udp_path_max(const struct samr_link *link, const struct samr_addr *to);

/** udp_forget_ways - all of them; nobody sends */
void udp_forget_ways(struct udp_port *p);

#endif /* SAMR_TRANSPORT_UDP_H */
