// SPDX-License-Identifier: GPL-2.0
/*
 * How frames pass through udp: routes out, and datagrams in.
 *
 * A frame is one datagram, which nobody may fragment. Where a router has said that
 * the way is narrower than the device, the route knows, and so does the link, before
 * the next frame for that peer is sent: what is too long by then is lost, as on any
 * wire, and is repeated in smaller frames.
 *
 * A route is remembered by each processor, and asked for anew when the kernel says
 * that it does not hold any more: after a change of routes, of the path's MTU, of a
 * device or of an address.
 */
#include <linux/ip.h>
#include <linux/ipv6.h>
#include <linux/netdevice.h>
#include <linux/security.h>
#include <linux/skbuff.h>
#include <linux/udp.h>
#include <net/ip.h>
#include <net/ip6_checksum.h>
#include <net/ip6_fib.h>
#include <net/ip6_route.h>
#include <net/ipv6.h>
#include <net/ipv6_stubs.h>
#include <net/route.h>
#include <net/udp.h>

#include "ip.h"
#include "udp.h"

/* Of multicasts, unless it is configured: they stay on their network. */
#define GROUP_TTL	1

/* ---- addresses ---- */

u32 udp_overhead(const struct udp_port *p)
{
	return sizeof(struct udphdr) +
	       (p->v6 ? sizeof(struct ipv6hdr) : sizeof(struct iphdr));
}

static __be32 ip4_of(const struct samr_addr *a)
{
	return ip_of(a).s6_addr32[3];
}

/* ---- in ---- */

/* False: it is not for this head. */
static bool read_addresses4(const struct udp_port *p, const struct sk_buff *skb,
			    struct samr_addr *from)
{
	const struct iphdr *ip = ip_hdr(skb);
	struct in6_addr source;

	if (ip->daddr != ip4_of(&p->own) &&
	    !(p->group.len && ip->daddr == ip4_of(&p->group)))
		return false;
	ipv6_addr_set_v4mapped(ip->saddr, &source);
	ip_set_addr(from, &source, udp_hdr(skb)->source);
	return true;
}

static bool read_addresses6(const struct udp_port *p, const struct sk_buff *skb,
			    struct samr_addr *from)
{
	const struct ipv6hdr *ip = ipv6_hdr(skb);
	struct in6_addr own = ip_of(&p->own), group = ip_of(&p->group);

	if (!ipv6_addr_equal(&ip->daddr, &own) &&
	    !(p->group.len && ipv6_addr_equal(&ip->daddr, &group)))
		return false;
	ip_set_addr(from, &ip->saddr, udp_hdr(skb)->source);
	return true;
}

static bool read_addresses(const struct udp_port *p, const struct sk_buff *skb,
			   struct samr_addr *from)
{
	if (!udp_hdr(skb)->source)
		return false;
	return p->v6 ? read_addresses6(p, skb, from) :
		       read_addresses4(p, skb, from);
}

int udp_receive(struct sock *sk, struct sk_buff *skb)
{
	struct udp_port *p = rcu_dereference_sk_user_data(sk);
	struct samr_addr from;

	if (!p) {
		kfree_skb(skb);
		return 0;
	}
	if (!read_addresses(p, skb, &from)) {
		samr_link_foreign(p->link, skb);
		return 0;
	}
	if (!samr_link_knows(p->link, &from) &&
	    !samr_link_is_clients(skb, sizeof(struct udphdr))) {
		samr_link_stranger(p->link, skb);
		return 0;
	}
	skb = skb_share_check(skb, GFP_ATOMIC);
	if (!skb) {
		samr_link_no_memory(p->link);
		return 0;
	}
	__skb_pull(skb, sizeof(struct udphdr));
	samr_link_receive(p->link, skb, &from);
	samr_link_receive_end(p->link);
	return 0;
}

/* ---- the way ---- */

static struct dst_entry *route4(struct udp_port *p, struct sock *sk,
				const struct samr_addr *to)
{
	struct flowi4 fl = {
		.daddr = ip4_of(to),
		.saddr = ip4_of(&p->own),
		.fl4_dport = ip_port_of(to),
		.fl4_sport = ip_port_of(&p->own),
		.flowi4_oif = sk->sk_bound_dev_if,
		.flowi4_proto = IPPROTO_UDP,
	};
	struct rtable *rt;

	security_sk_classify_flow(sk, flowi4_to_flowi_common(&fl));
	rt = ip_route_output_flow(samr_link_net(p->link), &fl, sk);
	if (IS_ERR(rt))
		return ERR_CAST(rt);
	if (rt->rt_flags & RTCF_BROADCAST) {
		ip_rt_put(rt);
		return ERR_PTR(-EACCES);
	}
	return &rt->dst;
}

static struct dst_entry *route6(struct udp_port *p, struct sock *sk,
				const struct samr_addr *to)
{
	struct flowi6 fl = {
		.daddr = ip_of(to),
		.saddr = ip_of(&p->own),
		.fl6_dport = ip_port_of(to),
		.fl6_sport = ip_port_of(&p->own),
		.flowi6_oif = sk->sk_bound_dev_if,
		.flowi6_proto = IPPROTO_UDP,
	};

	security_sk_classify_flow(sk, flowi6_to_flowi_common(&fl));
	return ipv6_stub->ipv6_dst_lookup_flow(samr_link_net(p->link), sk, &fl,
					       NULL);
}

static bool holds(const struct udp_way *w, const struct samr_addr *to)
{
	return w->dst && !memcmp(&w->to, to, sizeof(*to)) &&
	       dst_check(w->dst, w->cookie);
}

/*
 * The route to @to, as long as bottom halves stay off; @fresh: it is a new one.
 * An ERR_PTR() when there is none.
 */
static struct dst_entry *find_way(struct udp_port *p, struct sock *sk,
				  const struct samr_addr *to, bool *fresh)
{
	u32 slot = to->b[sizeof(struct in6_addr) - 1] % UDP_WAYS;
	struct udp_way *w = &this_cpu_ptr(p->ways)->way[slot];
	struct dst_entry *dst;

	*fresh = !holds(w, to);
	if (!*fresh)
		return w->dst;
	dst_release(w->dst);
	w->dst = NULL;
	dst = p->v6 ? route6(p, sk, to) : route4(p, sk, to);
	if (IS_ERR(dst))
		return dst;
	w->to = *to;
	w->dst = dst;
	w->cookie = p->v6 ? rt6_get_cookie((struct rt6_info *)dst) : 0;
	return dst;
}

void udp_forget_ways(struct udp_port *p)
{
	int cpu, i;

	for_each_possible_cpu(cpu) {
		struct udp_ways *all = per_cpu_ptr(p->ways, cpu);

		for (i = 0; i < UDP_WAYS; i++) {
			dst_release(all->way[i].dst);
			all->way[i].dst = NULL;
		}
	}
}

/* ---- out ---- */

static u8 ttl_of(const struct udp_port *p, enum samr_cast cast)
{
	u8 ttl = samr_link_options(p->link)->ttl;

	return ttl ?: cast == SAMR_CAST_UNI ? 0 : GROUP_TTL;
}

static void push_udp(struct sk_buff *skb, const struct samr_addr *from,
		     const struct samr_addr *to)
{
	struct udphdr *u = __skb_push(skb, sizeof(*u));

	skb_reset_transport_header(skb);
	u->source = ip_port_of(from);
	u->dest = ip_port_of(to);
	u->len = htons(skb->len);
	u->check = 0;
}

static int send4(struct udp_port *p, struct sock *sk, struct sk_buff *skb,
		 const struct samr_addr *to, u8 ttl)
{
	struct iphdr *ip;

	push_udp(skb, &p->own, to);
	udp_set_csum(false, skb, ip4_of(&p->own), ip4_of(to), skb->len);
	ip = __skb_push(skb, sizeof(*ip));
	skb_reset_network_header(skb);
	*ip = (struct iphdr){
		.version = IPVERSION,
		.ihl = sizeof(*ip) / 4,
		.frag_off = htons(IP_DF),
		.ttl = ttl ?: ip4_dst_hoplimit(skb_dst(skb)),
		.protocol = IPPROTO_UDP,
		.saddr = ip4_of(&p->own),
		.daddr = ip4_of(to),
	};
	memset(IPCB(skb), 0, sizeof(*IPCB(skb)));
	return ip_local_out(samr_link_net(p->link), sk, skb);
}

static int send6(struct udp_port *p, struct sock *sk, struct sk_buff *skb,
		 const struct samr_addr *to, u8 ttl)
{
	struct in6_addr own = ip_of(&p->own), dest = ip_of(to);
	struct ipv6hdr *ip;

	push_udp(skb, &p->own, to);
	udp6_set_csum(false, skb, &own, &dest, skb->len);
	ip = __skb_push(skb, sizeof(*ip));
	skb_reset_network_header(skb);
	ip6_flow_hdr(ip, 0, 0);
	ip->payload_len = htons(skb->len - sizeof(*ip));
	ip->nexthdr = IPPROTO_UDP;
	ip->hop_limit = ttl ?: ip6_dst_hoplimit(skb_dst(skb));
	ip->saddr = own;
	ip->daddr = dest;
	memset(IP6CB(skb), 0, sizeof(*IP6CB(skb)));
	skb->protocol = htons(ETH_P_IPV6);
	return ip6_local_out(samr_link_net(p->link), sk, skb);
}

static u32 room_of(const struct udp_port *p, const struct dst_entry *dst)
{
	u32 mtu = min_t(u32, dst_mtu(dst), IP_MAX_MTU);

	return mtu > udp_overhead(p) ? mtu - udp_overhead(p) : 0;
}

int udp_send(struct samr_link *link, struct sk_buff *skb, enum samr_cast cast,
	     const struct samr_addr *to)
{
	struct udp_port *p = udp_port_of(link);
	int err = -ENETDOWN;
	struct dst_entry *dst;
	struct sock *sk;
	bool fresh;
	u32 room;

	if (cast != SAMR_CAST_UNI)
		to = &p->group;
	rcu_read_lock();
	sk = rcu_dereference(p->sk);
	if (!sk)
		goto lost;
	dst = find_way(p, sk, to, &fresh);
	if (IS_ERR(dst)) {
		err = PTR_ERR(dst);
		goto lost;
	}
	skb_dst_set(skb, dst_clone(dst));
	room = room_of(p, dst);
	if (cast == SAMR_CAST_UNI && (fresh || skb->len > room))
		samr_link_narrow(link, to, room);	/* may send, too */
	err = -EMSGSIZE;
	if (skb->len > room)
		goto lost;
	err = -ENOMEM;
	if (skb_cow_head(skb, LL_RESERVED_SPACE(dst->dev) + dst->header_len +
			 udp_overhead(p)))
		goto lost;
	if (p->v6)
		err = send6(p, sk, skb, to, ttl_of(p, cast));
	else
		err = send4(p, sk, skb, to, ttl_of(p, cast));
	rcu_read_unlock();
	return net_xmit_eval(err);

lost:
	rcu_read_unlock();
	kfree_skb(skb);
	return err;
}

u32 udp_frame_max(const struct samr_link *link)
{
	struct udp_port *p = udp_port_of(link);
	struct net_device *dev;
	u32 mtu = 0;

	if (!p)
		return 0;
	rcu_read_lock();
	dev = rcu_dereference(p->dev);
	if (dev)
		mtu = min_t(u32, READ_ONCE(dev->mtu), IP_MAX_MTU);
	rcu_read_unlock();
	return mtu > udp_overhead(p) ? mtu - udp_overhead(p) : 0;
}

u32 udp_path_max(const struct samr_link *link, const struct samr_addr *to)
{
	struct udp_port *p = udp_port_of(link);
	u32 max = udp_frame_max(link);
	struct dst_entry *dst;
	struct sock *sk;
	bool fresh;

	if (!p)
		return 0;
	local_bh_disable();
	rcu_read_lock();
	sk = rcu_dereference(p->sk);
	dst = sk ? find_way(p, sk, to, &fresh) : NULL;
	if (!IS_ERR_OR_NULL(dst))
		max = min(max, room_of(p, dst));
	rcu_read_unlock();
	local_bh_enable();
	return max;
}
