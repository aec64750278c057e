/* SPDX-License-Identifier: GPL-2.0 */
/*
 * What the parts of the transport rdma share: rdma.c (links), rdma_conn.c
 * (connections), rdma_io.c (frames).
 */
#ifndef SAMR_TRANSPORT_RDMA_H
#define SAMR_TRANSPORT_RDMA_H

#include <linux/mutex.h>
#include <linux/netdevice.h>
#include <linux/rcupdate.h>
#include <linux/skbuff.h>
#include <linux/workqueue.h>
#include <rdma/rdma_cm.h>

#include "ip.h"
#include "link.h"

/* Of a frame, trailer included: with what the kernel puts around it, 8 KiB of memory. */
#define RDMA_FRAME		7680
/* Receives posted ahead: so many frames may be under way to a head. */
#define RDMA_DEPTH		64
/* After so many frames the receiver says that it has room again. */
#define RDMA_CREDIT_STEP	(RDMA_DEPTH / 4)
/* So many frames without a credit, and one is owed. */
#define RDMA_OWED		(RDMA_CREDIT_STEP * 2)
/* Credits that can be under way at once, and one to spare. */
#define RDMA_CREDITS		(RDMA_DEPTH / RDMA_CREDIT_STEP + 1)
/* Bytes that wait in a connection for its end to have room, and before that is there. */
#define RDMA_WAIT_MAX		(256 << 10)
#define RDMA_EARLY_MAX		(32 << 10)
/* Connections that a link accepts: those of 64 heads, and as many of clients. */
#define RDMA_ACCEPT_MAX		128

#define RDMA_CONNECT_MS		5000	/* or it is given up */
#define RDMA_IDLE_MS		30000	/* nothing came: its other end is gone */
#define RDMA_STUCK_MS		3000	/* a credit is owed, and does not come */
#define RDMA_LOOK_MS		1000	/* between looks at the device and connections */
#define RDMA_REST_MIN_MS	100	/* before the next attempt */
#define RDMA_REST_MAX_MS	1600
/* 4.096 us * 2^15 = 134 ms, eight times: a QP whose other end is silent fails after 1.1 s. */
#define RDMA_ACK_TIMEOUT	15
#define RDMA_RETRIES		7

/* ---- on the wire, besides frames ---- */

#define RDMA_MAGIC	0x53414d52
#define RDMA_VERSION	1

/**
 * struct rdma_hello - private data of a request to connect, and of its acceptance
 * @magic: RDMA_MAGIC
 * @version: RDMA_VERSION
 * @reserved: zero
 * @port: on which the sender listens: with its IP address it is whom frames come from
 * @cluster: id
 * @frame: largest that it takes
 * @depth: receives that it has posted ahead
 */
struct rdma_hello {
	__be32 magic;
	u8 version;
	u8 reserved;
	__be16 port;
	__be32 cluster;
	__be16 frame;
	__be16 depth;
};

static_assert(sizeof(struct rdma_hello) == 16);

/** struct rdma_credit - how many frames its sender has taken on this connection; wraps */
struct rdma_credit {
	__be32 taken;
};

/* ---- in memory ---- */

/**
 * struct rdma_slot - one posted send or receive
 * @cqe: how its completion finds it
 * @conn: of the connection
 * @skb: what is sent, NULL when the device has copied it; where it is received
 * @dma: of its data
 * @len: of the mapping
 */
struct rdma_slot {
	struct ib_cqe cqe;
	struct rdma_conn *conn;
	struct sk_buff *skb;
	u64 dma;
	u32 len;
};

/* Bits of struct rdma_conn's flags. */
enum {
	RDMA_CONN_LIVE,		/* frames may be posted */
	RDMA_CONN_DEAD,		/* it is taken down; nothing may be posted any more */
};

/**
 * struct rdma_conn - a connection: frames go from the head that asked for it to the
 *	one that accepted it, credits the other way
 * @node: in the list of the link; its lock. RCU
 * @port: the link's end
 * @peer: the other head's address
 * @out: asked for by us
 * @flags: RDMA_CONN_*
 * @id: of the connection manager; set before anything happens on it
 * @pd: and @cq: of its own, so that a connection takes all it has with it
 * @work: asks for the connection, later takes it down
 * @limit: ends a connection that does not come about
 * @stamp: jiffies; when a frame came last; @out: a credit, or one began to be owed
 * @inlined: largest frame that the device copies when it is posted
 * @lock: protects what follows
 * @wait: frames that wait, @wait_bytes of them
 * @tx: ring of @tx_size sends; those from @tx_tail to @tx_head are posted
 * @room: largest frame that the other end takes
 * @allowed: number of the first frame that may not be sent yet; it wraps
 * @sent: frames posted; @acked: of these, credits have come back; they wrap
 * @rx: @rx_size receives; only completions look at them
 * @taken: frames that came; @told: of these, the other end knows. Completions only
 * @rcu: frees it
 */
struct rdma_conn {
	struct list_head node;
	struct rdma_port *port;
	struct samr_addr peer;
	bool out;
	unsigned long flags;
	struct rdma_cm_id *id;
	struct ib_pd *pd;
	struct ib_cq *cq;
	struct work_struct work;
	struct delayed_work limit;
	unsigned long stamp;
	u32 inlined;
	spinlock_t lock;
	struct sk_buff_head wait;
	u32 wait_bytes;
	struct rdma_slot *tx;
	u32 tx_size, tx_head, tx_tail;
	u32 room;
	u32 allowed, sent, acked;
	struct rdma_slot *rx;
	u32 rx_size;
	u32 taken, told;
	struct rcu_head rcu;
};

/**
 * struct rdma_rest - a head that could not be reached: when it is tried again
 * @to: its address
 * @until: jiffies
 * @ms: how long it rests next time
 */
struct rdma_rest {
	struct samr_addr to;
	unsigned long until;
	u32 ms;
};

/* By the last byte of the address, so that the heads of a network have one each. */
#define RDMA_RESTS	64

/**
 * struct rdma_port - a link's end at a device
 * @node: in the list of all
 * @link: the link
 * @own: own address
 * @look: looks what has become of the device
 * @lock: of what only rdma_look() and the end of a link change: @listener
 * @listener: takes requests; NULL: there is no RDMA device
 * @gone: its device is on its way out
 * @closed: the link ends, no connection begins any more
 * @ifindex: of the device while there is a listener, else 0; written under RTNL
 * @carries: the link has been told so; written under @lock
 * @told: what the link was told last; @lock
 * @conns_lock: protects the list of connections, @accepted and @rest
 * @conns: all but those that are taken down
 * @accepted: of them
 * @rest: heads that are not to be tried now
 * @alive: connections whose memory and device are still used
 * @empty: where the end waits for them
 * @rcu: frees it, after the last who asks for its address
 */
struct rdma_port {
	struct list_head node;
	struct samr_link *link;
	struct samr_addr own;
	struct delayed_work look;
	struct mutex lock;
	struct rdma_cm_id *listener;
	bool gone;
	bool closed;
	int ifindex;
	bool carries;
	enum samr_link_change told;
	spinlock_t conns_lock;
	struct list_head conns;
	u32 accepted;
	struct rdma_rest rest[RDMA_RESTS];
	atomic_t alive;
	wait_queue_head_t empty;
	struct rcu_head rcu;
};

extern struct workqueue_struct *rdma_wq;

/* ---- rdma_conn.c ---- */

/** rdma_sockaddr - @a for the connection manager; without a port if @any_port */
void rdma_sockaddr(const struct samr_addr *a, struct sockaddr_storage *s,
		   bool any_port);

/**
 * rdma_conn_find - the connection on which frames go to @to; one is made when need be
 *
 * Bottom halves off, in an RCU read-side section, as long as it is used.
 * Return: it, or NULL when there can be none now.
 */
struct rdma_conn *rdma_conn_find(struct rdma_port *p, const struct samr_addr *to);

/** rdma_conn_kill - it is of no use any more; any context but hard interrupts */
void rdma_conn_kill(struct rdma_conn *c);

/** rdma_conn_kill_all - all of them; they are gone when p->alive is 0 */
void rdma_conn_kill_all(struct rdma_port *p);

/** rdma_conn_sweep - kills those that have been silent or stuck for too long */
void rdma_conn_sweep(struct rdma_port *p);

/** rdma_conn_request - event handler of listeners */
int rdma_conn_request(struct rdma_cm_id *id, struct rdma_cm_event *event);

/* ---- rdma_io.c ---- */

/** rdma_io_make - CQ, PD, QP and posted receives, on c->id's device. 0, or an error:
 * then rdma_io_end() takes back what there is
 */
int rdma_io_make(struct rdma_conn *c);

/** rdma_io_end - the inverse; nothing is under way when it returns. May sleep */
void rdma_io_end(struct rdma_conn *c);

/** rdma_io_begin - the other end is there: send what waits. Any context but hard interrupts */
void rdma_io_begin(struct rdma_conn *c, u32 room, u32 depth);

/** rdma_io_send - @skb is taken over; bottom halves off. 0 or an error */
int rdma_io_send(struct rdma_conn *c, struct sk_buff *skb);

#endif /* SAMR_TRANSPORT_RDMA_H */
