/* SPDX-License-Identifier: GPL-2.0 */
/* Addresses of transports that run over IP: see struct samr_addr. */
#ifndef SAMR_TRANSPORT_IP_H
#define SAMR_TRANSPORT_IP_H

#include <linux/inetdevice.h>
#include <linux/netdevice.h>
#include <linux/netlink.h>
#include <net/addrconf.h>
#include <net/ipv6.h>

#include "link.h"

/* An address and a port. */
#define IP_ADDR_LEN	(sizeof(struct in6_addr) + sizeof(__be16))

/** ip_set_addr - @ip and @port as an address */
static inline void ip_set_addr(struct samr_addr *a, const struct in6_addr *ip,
			       __be16 port)
{
	memset(a, 0, sizeof(*a));
	a->len = IP_ADDR_LEN;
	memcpy(a->b, ip, sizeof(*ip));
	memcpy(a->b + sizeof(*ip), &port, sizeof(port));
}

/** ip_of - the first part of it */
static inline struct in6_addr ip_of(const struct samr_addr *a)
{
	struct in6_addr ip;

	memcpy(&ip, a->b, sizeof(ip));
	return ip;
}

/** ip_port_of - and the second one */
static inline __be16 ip_port_of(const struct samr_addr *a)
{
	__be16 port;

	memcpy(&port, a->b + sizeof(struct in6_addr), sizeof(port));
	return port;
}

static inline bool ip_is_v4(const struct in6_addr *ip)
{
	return ipv6_addr_v4mapped(ip);
}

/** ip_is_unicast - of one machine, not of many, and one that something can come from */
static inline bool ip_is_unicast(const struct in6_addr *ip)
{
	__be32 v4 = ip->s6_addr32[3];

	if (ip_is_v4(ip))
		return !ipv4_is_multicast(v4) && !ipv4_is_lbcast(v4) &&
		       !ipv4_is_zeronet(v4);
	return !ipv6_addr_any(ip) && !ipv6_addr_is_multicast(ip);
}

/** ip_is_here - is it an address of this machine, in @net? */
static inline bool ip_is_here(struct net *net, const struct in6_addr *ip)
{
	bool here;

#if IS_ENABLED(CONFIG_IPV6)
	/* One that is still looked for on the network is good enough: it passes. */
	if (!ip_is_v4(ip))
		return ipv6_chk_addr_and_flags(net, ip, NULL, true, 0, 0);
#endif
	rcu_read_lock();
	here = __ip_dev_find(net, ip->s6_addr32[3], false);
	rcu_read_unlock();
	return here;
}

/**
 * ip_check_peer - may @a be an address of a head, for a link with these options?
 *
 * Return: 0, or -EINVAL, and @extack says why not.
 */
static inline int ip_check_peer(const struct samr_link_options *o,
				const struct samr_addr *a,
				struct netlink_ext_ack *extack)
{
	struct in6_addr ip = ip_of(a);

	if (a->len != IP_ADDR_LEN || !ip_is_unicast(&ip) || !ip_port_of(a)) {
		NL_SET_ERR_MSG(extack, "not the IP address and port of a machine");
		return -EINVAL;
	}
	if (ip_is_v4(&ip) != ip_is_v4(&o->local)) {
		NL_SET_ERR_MSG(extack, "the link uses the other version of IP");
		return -EINVAL;
	}
	if (ipv6_addr_equal(&ip, &o->local) && ip_port_of(a) == htons(o->port)) {
		NL_SET_ERR_MSG(extack, "this is the link's own address");
		return -EINVAL;
	}
	return 0;
}

/**
 * ip_check_local - have a link's options an address and a port of its own?
 *
 * Return: 0, or -EINVAL, and @extack says why not.
 */
static inline int ip_check_local(const struct samr_link_options *o,
				 struct netlink_ext_ack *extack)
{
	if (!ip_is_unicast(&o->local)) {
		NL_SET_ERR_MSG(extack, "'local' is not the IP address of a machine");
		return -EINVAL;
	}
	if (!o->port) {
		NL_SET_ERR_MSG(extack, "'port' is 1 to 65535");
		return -EINVAL;
	}
	return 0;
}

#endif /* SAMR_TRANSPORT_IP_H */
