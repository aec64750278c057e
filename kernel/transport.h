/* SPDX-License-Identifier: GPL-2.0 */
/*
 * Transports: how a frame gets to a peer, or to all of them.
 *
 * A transport is constant and registered once; a link (link.h) is one use of
 * it, on one device. A transport moves bytes and never looks into them: what a
 * peer's address looks like is all that it knows of a peer.
 */
#ifndef SAMR_TRANSPORT_H
#define SAMR_TRANSPORT_H

#include <linux/list.h>
#include <linux/module.h>
#include <linux/skbuff.h>

struct netlink_ext_ack;
struct samr_link;

#define SAMR_TRANSPORT_NAME	16	/* with the 0 */
#define SAMR_ADDR_MAX		32

/**
 * struct samr_addr - a peer's address on a link, in the transport's own form
 * @len: bytes of @b; 0: no address
 * @b: the bytes; what lies behind @len is zero. eth: the 6 bytes of a MAC; udp, rdma: the
 *	16 of an IPv6 address, or of an IPv4 one as IPv6 maps it, and the 2 of a port
 */
struct samr_addr {
	u8 len;
	u8 b[SAMR_ADDR_MAX - 1];
};

/**
 * enum samr_cast - whom a frame is for
 * @SAMR_CAST_UNI: one peer
 * @SAMR_CAST_MULTI: all peers that listen
 * @SAMR_CAST_BROAD: everyone; only probes are sent so
 */
enum samr_cast {
	SAMR_CAST_UNI,
	SAMR_CAST_MULTI,
	SAMR_CAST_BROAD,
	SAMR_CASTS,
};

/* What a transport can do. */
#define SAMR_TRANSPORT_MULTICAST	0x01	/* takes SAMR_CAST_MULTI */
#define SAMR_TRANSPORT_BROADCAST	0x02	/* takes SAMR_CAST_BROAD */
#define SAMR_TRANSPORT_RELIABLE		0x04	/* loses nothing while up */
#define SAMR_TRANSPORT_LOCAL		0x08	/* reaches no other node: no probes */
#define SAMR_TRANSPORT_DEVICE		0x10	/* a link needs a device's name */
#define SAMR_TRANSPORT_IP		0x20	/* and struct samr_link_options; it multicasts
						 * where they name a group
						 */

/**
 * struct samr_transport - a way to move frames
 * @name: "eth", ...; at most SAMR_TRANSPORT_NAME - 1 characters
 * @owner: module; held while a link uses the transport
 * @flags: SAMR_TRANSPORT_*
 * @addr_len: length of its addresses
 * @frame_limit: most bytes of a frame, trailer included, whatever the device
 * @open: start a link on the device that samr_link_device() names; sets
 *	samr_link_set_priv(). A device that is not there yet is no error: the
 *	transport attaches when it appears. From its call on, until @close
 *	returns, samr_link_receive() and samr_link_change() may be called.
 *	Process context. 0, or an error with @extack: then neither is called
 *	any more, and @close is not, either
 * @close: stop it; when it returns no call for this link is under way any more.
 *	Process context
 * @send: send a frame. @skb belongs to the transport from here, it frees it on
 *	error too; @skb is linear, nobody else's, and keeps SAMR_LINK_HEADROOM
 *	free in front. @to is set for SAMR_CAST_UNI only. Bottom halves are off.
 *	0, or the error for which the frame was lost
 * @frame_max: most bytes of a frame, trailer included, that may pass now; 0:
 *	none. Any context
 * @path_max: the same for the way to @to, as far as it is known; NULL: no way differs.
 *	Bottom halves are off, or the caller can sleep
 * @address: this end's address; false when there is none now. Any context
 * @check: is @a an address that a peer may have? 0, or -EINVAL with @extack
 * @node: in the registry
 */
struct samr_transport {
	const char *name;
	struct module *owner;
	u32 flags;
	u8 addr_len;
	u32 frame_limit;
	int (*open)(struct samr_link *link, struct netlink_ext_ack *extack);
	void (*close)(struct samr_link *link);
	int (*send)(struct samr_link *link, struct sk_buff *skb,
		    enum samr_cast cast, const struct samr_addr *to);
	u32 (*frame_max)(const struct samr_link *link);
	u32 (*path_max)(const struct samr_link *link,
			const struct samr_addr *to);
	bool (*address)(const struct samr_link *link, struct samr_addr *a);
	int (*check)(const struct samr_link *link, const struct samr_addr *a,
		     struct netlink_ext_ack *extack);
	struct list_head node;
};

/**
 * samr_transport_register - links may use it from now on
 * @t: constant from here on
 *
 * Return: 0; -EEXIST when the name is taken; -EINVAL.
 */
int samr_transport_register(struct samr_transport *t);

/** samr_transport_unregister - the inverse; no link may use @t any more */
void samr_transport_unregister(struct samr_transport *t);

/**
 * samr_transport_get - find a transport by its name
 * @name: such as "eth"; the module samr-transport-NAME is loaded when need be
 *
 * May sleep.
 * Return: it, with its module held, or NULL.
 */
struct samr_transport *samr_transport_get(const char *name);

/** samr_transport_put - let go of what samr_transport_get() returned */
void samr_transport_put(struct samr_transport *t);

/* The built-in ones. */
int samr_loop_register(void);
void samr_loop_unregister(void);
int samr_eth_register(void);
void samr_eth_unregister(void);
int samr_udp_register(void);
void samr_udp_unregister(void);

#endif /* SAMR_TRANSPORT_H */
