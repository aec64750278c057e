/* SPDX-License-Identifier: GPL-2.0 */
/*
 * Links: one use of a transport by a cluster, on one device.
 *
 * A link knows its peers' addresses, whether multicast reaches them and how
 * large a frame may be. It finds out by probes: frames of type
 * SAMR_FRAME_LINK, which never reach the core. See link.c for how.
 */
#ifndef SAMR_LINK_H
#define SAMR_LINK_H

#include <linux/if.h>
#include <linux/in6.h>
#include "core/wire.h"
#include "path.h"
#include "transport.h"

struct netlink_ext_ack;
struct samr_cluster;
struct samr_link;

/* ---- on the wire ---- */

/**
 * enum samr_link_rec_type - the one record of a SAMR_FRAME_LINK frame
 * @SAMR_LINK_REC_PROBE: do you hear this?
 * @SAMR_LINK_REC_ANSWER: I heard it
 * @SAMR_LINK_REC_PULSE: these I hear
 */
enum samr_link_rec_type {
	SAMR_LINK_REC_PROBE	= 1,
	SAMR_LINK_REC_ANSWER	= 2,
	SAMR_LINK_REC_PULSE	= 3,
};

/**
 * struct samr_link_rec - a probe, or the answer to one
 * @rec: in front; @rec.flags is zero; @rec.len covers the padding, too
 * @cast: enum samr_cast: how the probe was sent
 * @reserved: zero
 * @round: PROBE: number of the sender's round of probes; ANSWER: of the probe
 * @size: length of the probe's frame, from the header to the end of the record
 * @node: PROBE: 0; ANSWER: who sent the probe
 * @inc: PROBE: 0; ANSWER: incarnation of @node
 *
 * A probe is padded with zeros up to @size. epoch, ack and domain of the
 * frame's header are zero, its number of records is one. Answers are unicast.
 */
struct samr_link_rec {
	struct samr_rec rec;
	__u8 cast;
	__u8 reserved[3];
	__be32 round;
	__be32 size;
	__be64 node;
	__be64 inc;
};

_Static_assert(sizeof(struct samr_link_rec) == 32, "link record");

/**
 * struct samr_link_pulse - whom its sender hears on this link
 * @rec: in front; @rec.flags is zero
 * @links: that its sender may use, this one included; 1 to SAMR_LINKS_MAX
 * @reserved: zero
 * @heard: one bit per head id; those that it hears here
 *
 * The frame's header is as that of a probe.
 */
struct samr_link_pulse {
	struct samr_rec rec;
	__u8 links;
	__u8 reserved[3];
	__be64 heard;
};

_Static_assert(sizeof(struct samr_link_pulse) == 16, "pulse");

/*
 * ---- for the faces ----
 *
 * add, del and address: process context, under the configuration mutex
 * (pernet.h). The others: any context but hard interrupts.
 */

/**
 * enum samr_link_state - where a link stands
 * @SAMR_LINK_ABSENT: there is no such device now. The link stays configured and
 *	attaches when a device of that name appears in the namespace
 * @SAMR_LINK_DOWN: the device is down, has no carrier, or belongs to a bridge
 *	or bond
 * @SAMR_LINK_PROBING: up, no peer has answered yet
 * @SAMR_LINK_UP: at least one peer answers
 */
enum samr_link_state {
	SAMR_LINK_ABSENT,
	SAMR_LINK_DOWN,
	SAMR_LINK_PROBING,
	SAMR_LINK_UP,
};

/**
 * struct samr_link_options - what a transport with SAMR_TRANSPORT_IP needs to know
 * @local: own address; IPv4 ones here as IPv6 maps them
 * @group: to which what is for all is multicast; unspecified: a copy to each
 * @port: of all heads
 * @ttl: of all frames; 0: 1 for multicasts, for others what the route says
 */
struct samr_link_options {
	struct in6_addr local;
	struct in6_addr group;
	u16 port;
	u8 ttl;
};

/**
 * samr_link_add - give a cluster one more link
 * @c: the cluster
 * @transport: name, such as "eth"
 * @device: name of the device; "" for a transport without one. It need not
 *	exist yet
 * @o: NULL, or for a transport that takes it
 * @id: filled in with the link's number, unique in the cluster, from 1
 * @extack: says more
 *
 * Return: 0; -ENOENT: no such transport; -EEXIST: the cluster has this link;
 * -EINVAL: not a name, @o is not right, or the device is not;
 * -ENOSPC: SAMR_LINKS_MAX; -ENODEV: no cluster any more; -ENOMEM.
 */
int samr_link_add(struct samr_cluster *c, const char *transport,
		  const char *device, const struct samr_link_options *o,
		  u32 *id, struct netlink_ext_ack *extack);

#define SAMR_LINKS_MAX		16

/**
 * samr_link_find - number of a link
 * @c: the cluster
 * @transport: name, or NULL for any
 * @device: name
 *
 * Return: the number, or 0 when there is none.
 */
u32 samr_link_find(struct samr_cluster *c, const char *transport,
		   const char *device);

/**
 * samr_link_del - take a link away
 * @c: the cluster
 * @id: its number
 *
 * Return: 0, -ENOENT.
 */
int samr_link_del(struct samr_cluster *c, u32 id,
		  struct netlink_ext_ack *extack);

/**
 * samr_link_address - configure a peer's address on a link
 * @c: the cluster
 * @id: the link's number
 * @node: the peer, a configured head; on a client node any head
 * @addr: its address there, which wins over a learned one; NULL or @addr->len 0:
 *	forget the configured one
 *
 * Return: 0; -ENOENT: no such link or head; -EINVAL: not an address.
 */
int samr_link_address(struct samr_cluster *c, u32 id, u64 node,
		      const struct samr_addr *addr,
		      struct netlink_ext_ack *extack);

/** samr_link_forget - of @node no address is configured any more, on any link */
void samr_link_forget(struct samr_cluster *c, u64 node);

/**
 * struct samr_link_info - one link
 * @id: number
 * @transport: name
 * @device: name, or ""
 * @options: as given
 * @state: where it stands
 * @best: the one that carries now
 * @addr: own address; @addr.len 0: none now
 * @frame_max: largest frame that every heard peer was found to get, from header
 *	to the last record; bytes
 * @device_max: largest that the device would take
 * @multicast: what goes to all is multicast; false: a copy to each
 * @tx_frames: given to the transport
 * @tx_bytes: of them
 * @tx_dropped: lost here: refused by the transport, no address, no memory, or
 *	the queue was full
 * @tx_queued: waiting for the byte budget now
 * @tx_waited: had to wait
 * @rx_frames: taken
 * @rx_bytes: of them
 * @rx_dropped: not taken; samr_stats_drop() has the reasons
 * @probes_out: probes sent
 * @answers_in: answers that counted
 * @rounds: rounds of probes ended
 * @pulses_out: pulses sent
 * @pulses_in: and taken
 * @breaks: times that a head's path here broke while another link reached it
 */
struct samr_link_info {
	u32 id;
	char transport[SAMR_TRANSPORT_NAME];
	char device[IFNAMSIZ];
	struct samr_link_options options;
	enum samr_link_state state;
	bool best;
	struct samr_addr addr;
	u32 frame_max;
	u32 device_max;
	bool multicast;
	u64 tx_frames;
	u64 tx_bytes;
	u64 tx_dropped;
	u64 tx_queued;
	u64 tx_waited;
	u64 rx_frames;
	u64 rx_bytes;
	u64 rx_dropped;
	u64 probes_out;
	u64 answers_in;
	u64 rounds;
	u64 pulses_out;
	u64 pulses_in;
	u64 breaks;
};

/**
 * samr_link_info - walk over the links
 * @c: the cluster
 * @after: number; 0 to begin
 * @info: filled in
 *
 * Return: the lowest number above @after, or 0.
 */
u32 samr_link_info(struct samr_cluster *c, u32 after,
		   struct samr_link_info *info);

/**
 * struct samr_link_peer_info - one head as seen through one link
 * @node: head
 * @addr: its address; @addr.len 0: not known
 * @configured: @addr was configured, not learned
 * @heard: it is heard now
 * @age: ms since it was last heard; U64_MAX: never
 * @multicast: it hears multicast
 * @frame_max: largest frame that it answered
 * @version: of the wire format, when frames of another one came lately; else 0
 * @state: of the way through this link
 * @deaf: it says that it does not hear this head here
 * @breaks: times that this way broke while another link reached it
 * @hold_ms: how long it is held after it broke; 0: it never did
 */
struct samr_link_peer_info {
	u64 node;
	struct samr_addr addr;
	bool configured;
	bool heard;
	u64 age;
	bool multicast;
	u32 frame_max;
	u8 version;
	enum samr_path_state state;
	bool deaf;
	u32 breaks;
	u32 hold_ms;
};

/**
 * samr_link_peer_info - walk over the peers of a link
 * @c: the cluster
 * @id: the link's number
 * @after: head id; 0 to begin
 * @info: filled in
 *
 * Return: the lowest configured head above @after (never the own one), or 0.
 */
u64 samr_link_peer_info(struct samr_cluster *c, u32 id, u64 after,
			struct samr_link_peer_info *info);

/* ---- for the cluster ---- */

/**
 * samr_link_send - send a frame through the best link, or those that are needed
 * @c: the cluster; in an RCU read-side section with bottom halves off
 * @skb: the frame, complete but for counter and trailer; taken over
 * @dest: head id or SAMR_DEST_ALL
 */
void samr_link_send(struct samr_cluster *c, struct sk_buff *skb, u64 dest);

/** samr_link_del_all - the cluster ends; process context */
void samr_link_del_all(struct samr_cluster *c);

/** samr_link_heads_changed - probe at once: the configured heads changed */
void samr_link_heads_changed(struct samr_cluster *c);


/* ---- for transports ---- */

/**
 * enum samr_link_change - what has happened to a link's device
 * @SAMR_LINK_CHANGE_ABSENT: it is gone
 * @SAMR_LINK_CHANGE_DOWN: it carries nothing now
 * @SAMR_LINK_CHANGE_GOING: it still carries, and will not in a moment
 * @SAMR_LINK_CHANGE_UP: it carries, or carries again, or its address or MTU
 *	has changed
 */
enum samr_link_change {
	SAMR_LINK_CHANGE_ABSENT,
	SAMR_LINK_CHANGE_DOWN,
	SAMR_LINK_CHANGE_GOING,
	SAMR_LINK_CHANGE_UP,
};

/** samr_link_change - tell the link; any context but hard interrupts */
void samr_link_change(struct samr_link *link, enum samr_link_change what);

/**
 * samr_link_receive - a frame has arrived
 * @link: here
 * @skb: from the header on; taken over. Softirq, or bottom halves off
 * @from: who sent it, on the transport's level
 *
 * What is queued is worked off by samr_link_receive_end().
 */
void samr_link_receive(struct samr_link *link, struct sk_buff *skb,
		       const struct samr_addr *from);

/** samr_link_receive_end - no further frame is at hand; same context */
void samr_link_receive_end(struct samr_link *link);

/** samr_link_unsent - so many frames that the transport has taken over are lost here */
void samr_link_unsent(struct samr_link *link, u32 frames);

/** samr_link_no_memory - a frame has arrived and was lost for want of memory */
void samr_link_no_memory(struct samr_link *link);

/** samr_link_foreign - a frame for another station has arrived; taken over */
void samr_link_foreign(struct samr_link *link, struct sk_buff *skb);

void samr_link_set_priv(struct samr_link *link, void *priv);
void *samr_link_priv(const struct samr_link *link);
struct net *samr_link_net(const struct samr_link *link);
u32 samr_link_cluster_id(const struct samr_link *link);

/** samr_link_device - name of its device; under RTNL or the caller's own lock */
const char *samr_link_device(const struct samr_link *link);

/** samr_link_carries - as samr_link_change() told last, and room for frames */
bool samr_link_carries(const struct samr_link *link);

/** samr_link_options - as given; zero for a transport without */
const struct samr_link_options *samr_link_options(const struct samr_link *link);

/** samr_link_set_overhead - bytes of a packet in front of each frame; in open() */
void samr_link_set_overhead(struct samr_link *link, u32 bytes);

/**
 * samr_link_knows - may a frame come from @from?
 *
 * Not, when all other heads have configured addresses and it is none of them; at a client
 * node not, when it is none of those, unless the link has a group.
 * Softirq, or bottom halves off.
 */
bool samr_link_knows(struct samr_link *link, const struct samr_addr *from);

/**
 * samr_link_is_clients - is this frame of a client node, whose address nobody knows before?
 * @at: bytes in front of it
 */
bool samr_link_is_clients(const struct sk_buff *skb, u32 at);

/** samr_link_stranger - a frame of one whom samr_link_knows() not; taken over */
void samr_link_stranger(struct samr_link *link, struct sk_buff *skb);

/**
 * samr_link_narrow - the way to @to has become narrow
 * @link: here
 * @to: a peer's address, or another one
 * @max: most bytes of a frame that may pass there now, trailer included
 *
 * Counts at once. Softirq, or bottom halves off; not under a lock of the link.
 */
void samr_link_narrow(struct samr_link *link, const struct samr_addr *to,
		      u32 max);

/** samr_link_rename - the device has a new name; under RTNL */
void samr_link_rename(struct samr_link *link, const char *device);

/* Bytes in front of each frame that a transport may use for its headers. */
#define SAMR_LINK_HEADROOM	128
/* And behind it: the trailer, with a key or without. */
#define SAMR_LINK_TAILROOM	16

#endif /* SAMR_LINK_H */
