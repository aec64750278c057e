// SPDX-License-Identifier: GPL-2.0
/*
 * How frames pass through links.
 *
 * Out: a frame gets its counter and trailer, then goes to the best link, as a
 * multicast or as a copy to each peer; where no link reaches all, what is for all
 * goes to several, and what is for one to that which serves it. Frames under way are charged to the
 * link's byte budget until their destructor runs; what exceeds it waits in a
 * bounded queue, so that one large message does not overflow the device's.
 * While anything waits, whatever follows waits behind it: the order is kept.
 *
 * In: nothing of a frame is believed before its header and trailer were found
 * right, and nothing of the way that it came is kept with it.
 */
#include <linux/crc32c.h>
#include <linux/netdevice.h>
#include <linux/pkt_sched.h>

#include "plat.h"
#include "shell.h"
#include "trace.h"

/* Truesize that may be under way in a link, and wait for it, bytes. */
#define BUDGET		(1 << 20)
#define WAIT_MAX	(8 << 20)
/* Frames that one run of the tasklet sends at most. */
#define SEND_FRAMES	64

/**
 * struct out_cb - in skb->cb of a frame that waits in a link
 * @to: for SAMR_CAST_UNI
 * @cast: enum samr_cast
 */
struct out_cb {
	struct samr_addr to;
	u8 cast;
};

static_assert(sizeof(struct out_cb) <= sizeof_field(struct sk_buff, cb));

static struct out_cb *cb_of(struct sk_buff *skb)
{
	return (struct out_cb *)skb->cb;
}

/* ---- out ---- */

static bool within_budget(struct samr_link *l)
{
	return refcount_read(&l->wmem) <= BUDGET;
}

/*
 * The device has let go of a frame. The charge that is given back last keeps
 * the link's memory until then; @waiting is only looked at before.
 */
static void frame_gone(struct sk_buff *skb)
{
	struct samr_link_charge *charge = skb_shinfo(skb)->destructor_arg;
	struct samr_link *l = charge->link;
	unsigned long flags;

	/* One byte is kept back, so that the link stays while it is used. */
	WARN_ON_ONCE(refcount_sub_and_test(charge->bytes - 1, &l->wmem));
	smp_mb();	/* first the charge, then the look: see queue_frame() */
	if (READ_ONCE(l->waiting) && within_budget(l)) {
		spin_lock_irqsave(&l->wait.lock, flags);
		if (l->waiting)
			tasklet_hi_schedule(&l->tasklet);
		spin_unlock_irqrestore(&l->wait.lock, flags);
	}
	samr_link_discharge(l, 1);
}

static void charge(struct samr_link *l, struct sk_buff *skb)
{
	u32 n = min_t(u32, DIV_ROUND_UP(skb->truesize, SAMR_LINK_CHARGE_UNIT),
		      SAMR_LINK_CHARGES - 1);
	struct samr_link_charge *one = &l->charge[n];

	refcount_add(one->bytes, &l->wmem);
	skb_orphan(skb);
	skb_shinfo(skb)->destructor_arg = one;
	skb->destructor = frame_gone;
}

static void lost(struct samr_link *l, struct sk_buff *skb, enum samr_stat why)
{
	samr_stats_inc(l->c->stats, why);
	this_cpu_inc(l->counters->tx_dropped);
	kfree_skb(skb);
}

void samr_link_unsent(struct samr_link *l, u32 frames)
{
	samr_stats_add(l->c->stats, SAMR_STAT_TX_DEVICE, frames);
	this_cpu_add(l->counters->tx_dropped, frames);
}

static void transmit(struct samr_link *l, struct sk_buff *skb,
		     enum samr_cast cast, const struct samr_addr *to)
{
	u32 len = skb->len;

	trace_samr_frame_out(l, (const struct samr_hdr *)skb->data);
	charge(l, skb);
	this_cpu_inc(l->counters->tx_frames);
	this_cpu_add(l->counters->tx_bytes, len);
	if (l->t->send(l, skb, cast, to))
		samr_link_unsent(l, 1);
}

/*
 * Too much is under way. No frame is forgotten here: either this looks at the
 * budget after the last destructor gave its share back, or that destructor
 * looks at @waiting after it was set here.
 */
static void queue_frame(struct samr_link *l, struct sk_buff *skb,
			enum samr_cast cast, const struct samr_addr *to)
{
	unsigned long flags;
	bool full;

	cb_of(skb)->cast = cast;
	if (to)
		cb_of(skb)->to = *to;
	spin_lock_irqsave(&l->wait.lock, flags);
	full = READ_ONCE(l->closed) || l->wait_bytes + skb->truesize > WAIT_MAX;
	if (!full) {
		l->wait_bytes += skb->truesize;
		__skb_queue_tail(&l->wait, skb);
		WRITE_ONCE(l->waiting, true);
		smp_mb();	/* first the flag, then the look */
		if (within_budget(l))
			tasklet_hi_schedule(&l->tasklet);
	}
	spin_unlock_irqrestore(&l->wait.lock, flags);
	if (full)
		lost(l, skb, SAMR_STAT_TX_QUEUE);
	else
		this_cpu_inc(l->counters->tx_waited);
}

/* The next frame that may go, or NULL when none waits or none may. */
static struct sk_buff *next_waiting(struct samr_link *l)
{
	struct sk_buff *skb = NULL;
	unsigned long flags;

	spin_lock_irqsave(&l->wait.lock, flags);
	if (within_budget(l)) {
		skb = __skb_dequeue(&l->wait);
		if (skb)
			l->wait_bytes -= skb->truesize;
		else
			WRITE_ONCE(l->waiting, false);
	}
	spin_unlock_irqrestore(&l->wait.lock, flags);
	return skb;
}

static void send_waiting(struct tasklet_struct *t)
{
	struct samr_link *l = from_tasklet(l, t, tasklet);
	struct sk_buff *skb;
	struct out_cb cb;
	int n;

	for (n = 0; n < SEND_FRAMES; n++) {
		skb = next_waiting(l);
		if (!skb)
			return;
		cb = *cb_of(skb);
		transmit(l, skb, cb.cast, &cb.to);
	}
	tasklet_hi_schedule(&l->tasklet);
}

void samr_link_io_init(struct samr_link *l)
{
	int i;

	refcount_set(&l->wmem, 1);
	skb_queue_head_init(&l->wait);
	tasklet_setup(&l->tasklet, send_waiting);
	for (i = 0; i < SAMR_LINK_CHARGES; i++) {
		l->charge[i].link = l;
		l->charge[i].bytes = max(i, 1) * SAMR_LINK_CHARGE_UNIT;
	}
}

void samr_link_io_end(struct samr_link *l)
{
	spin_lock_irq(&l->wait.lock);
	WRITE_ONCE(l->waiting, false);
	spin_unlock_irq(&l->wait.lock);
	tasklet_kill(&l->tasklet);
	skb_queue_purge(&l->wait);
}

/* It tells how long a way takes, not how much is to be sent there. */
static bool is_pulse(const struct sk_buff *skb)
{
	const struct samr_hdr *h = (const struct samr_hdr *)skb->data;
	const struct samr_rec *r = (const struct samr_rec *)(h + 1);

	return h->type == SAMR_FRAME_LINK && r->type == SAMR_LINK_REC_PULSE;
}

void samr_link_out(struct samr_link *l, struct sk_buff *skb,
		   enum samr_cast cast, const struct samr_addr *to)
{
	lockdep_assert_in_softirq();
	if (READ_ONCE(l->closed) || !samr_link_usable(l)) {
		lost(l, skb, SAMR_STAT_TX_NO_LINK);
		return;
	}
	if (skb->len > l->t->frame_max(l)) {
		lost(l, skb, SAMR_STAT_TX_TOO_LONG);
		return;
	}
	if ((READ_ONCE(l->waiting) || !within_budget(l)) && !is_pulse(skb))
		queue_frame(l, skb, cast, to);
	else
		transmit(l, skb, cast, to);
}

/*
 * Frames that carry no message go before other traffic of the device, and those
 * that do at least not after them: a queueing discipline that reorders the two
 * would announce messages before they come.
 */
static u32 priority_of(const struct sk_buff *skb)
{
	const struct samr_hdr *h = (const struct samr_hdr *)skb->data;
	const struct samr_rec *r = (const struct samr_rec *)(h + 1);

	if (h->type == SAMR_FRAME_CORE && skb->len >= sizeof(*h) + sizeof(*r) &&
	    (r->type == SAMR_REC_ORDER || r->type == SAMR_REC_SUBMIT))
		return TC_PRIO_INTERACTIVE;
	return TC_PRIO_CONTROL;
}

/* A frame that is ours alone, with the room that send() promises. */
static struct sk_buff *own(struct sk_buff *skb)
{
	struct sk_buff *n = skb;

	if (skb_shared(skb) || skb_cloned(skb) ||
	    skb_tailroom(skb) < SAMR_LINK_TAILROOM ||
	    skb_headroom(skb) < SAMR_LINK_HEADROOM) {
		n = skb_copy_expand(skb, SAMR_LINK_HEADROOM, SAMR_LINK_TAILROOM,
				    GFP_ATOMIC | __GFP_NOWARN);
		consume_skb(skb);
	}
	return n;
}

struct sk_buff *samr_link_seal(struct samr_cluster *c, struct sk_buff *skb)
{
	struct samr_hdr *h;
	__be32 crc;

	skb = own(skb);
	if (!skb) {
		samr_stats_inc(c->stats, SAMR_STAT_TX_MEMORY);
		return NULL;
	}
	h = (struct samr_hdr *)skb->data;
	h->counter = cpu_to_be64(atomic64_inc_return(&c->counter));
	skb->priority = priority_of(skb);
	crc = cpu_to_be32(~crc32c(~0, skb->data, skb->len));
	skb_put_data(skb, &crc, sizeof(crc));
	return skb;
}

static bool address_of(struct samr_link *l, unsigned int id,
		       struct samr_addr *to)
{
	spin_lock(&l->lock);
	*to = l->peer[id].addr;
	spin_unlock(&l->lock);
	return to->len;
}

static void send_one(struct samr_link *l, struct sk_buff *skb, unsigned int id)
{
	struct samr_addr to;

	if (address_of(l, id, &to))
		samr_link_out(l, skb, SAMR_CAST_UNI, &to);
	else
		lost(l, skb, SAMR_STAT_TX_NO_ADDRESS);
}

/*
 * Multicast does not reach all: a copy to each whose address is known. They can
 * not share memory, as the link-level header lies in front of the frame.
 */
static void send_each(struct samr_link *l, struct sk_buff *skb, u64 heads)
{
	struct samr_addr to, prev = { };
	struct sk_buff *copy;
	unsigned int id;

	samr_for_each_head(id, heads) {
		if (!address_of(l, id, &to))
			continue;
		if (prev.len) {
			copy = skb_copy_expand(skb, SAMR_LINK_HEADROOM,
					       SAMR_LINK_TAILROOM,
					       GFP_ATOMIC | __GFP_NOWARN);
			if (copy)
				samr_link_out(l, copy, SAMR_CAST_UNI, &prev);
			else
				lost(l, NULL, SAMR_STAT_TX_MEMORY);
		}
		prev = to;
	}
	if (prev.len)
		samr_link_out(l, skb, SAMR_CAST_UNI, &prev);
	else
		lost(l, skb, SAMR_STAT_TX_NO_ADDRESS);
}

void samr_link_send_on(struct samr_link *l, struct sk_buff *skb, u64 each)
{
	if (each)
		send_each(l, skb, each);
	else
		samr_link_out(l, skb, SAMR_CAST_MULTI, NULL);
}

/* The link that serves this head, the best one if none does. */
static struct samr_link *link_to(struct samr_cluster *c, unsigned int id,
				 struct samr_link *best)
{
	struct samr_link *l;

	if (!READ_ONCE(c->spread))
		return best;
	list_for_each_entry_rcu(l, &c->links, node)
		if (READ_ONCE(l->serves) & BIT_ULL(id))
			return l;
	return best;
}

static void send_to(struct samr_link *l, struct sk_buff *skb, u64 heads)
{
	samr_link_send_on(l, skb, READ_ONCE(l->multicast) ? 0 : heads);
}

/* No link reaches all. Who gets a frame twice does not mind. */
static void send_spread(struct samr_cluster *c, struct sk_buff *skb,
			struct samr_link *best, u64 heads)
{
	struct sk_buff *copy;
	struct samr_link *l;
	u64 serves;

	list_for_each_entry_rcu(l, &c->links, node) {
		serves = READ_ONCE(l->serves) & heads;
		if (l == best || !serves)
			continue;
		heads &= ~serves;
		copy = skb_copy_expand(skb, SAMR_LINK_HEADROOM,
				       SAMR_LINK_TAILROOM,
				       GFP_ATOMIC | __GFP_NOWARN);
		if (copy)
			send_to(l, copy, serves);
		else
			lost(l, NULL, SAMR_STAT_TX_MEMORY);
	}
	if (heads)
		send_to(best, skb, heads);
	else
		consume_skb(skb);
}

void samr_link_send(struct samr_cluster *c, struct sk_buff *skb, u64 dest)
{
	u64 others = samr_link_others(c);
	struct samr_link *l;

	if (samr_cluster_is_client(c) || dest > SAMR_HEAD_MAX) {
		samr_trail_send(c, skb, dest);
		return;
	}
	if (dest == SAMR_DEST_ALL && !others) {
		consume_skb(skb);	/* nobody to be told */
		return;
	}
	rcu_read_lock();
	l = rcu_dereference(c->best);
	if (!l) {
		samr_stats_inc(c->stats, SAMR_STAT_TX_NO_LINK);
		kfree_skb(skb);
		goto out;
	}
	skb = samr_link_seal(c, skb);
	if (!skb)
		goto out;
	if (dest != SAMR_DEST_ALL)
		send_one(link_to(c, dest, l), skb, dest);
	else if (READ_ONCE(c->spread))
		send_spread(c, skb, l, others);
	else
		send_to(l, skb, others);
out:
	rcu_read_unlock();
}

/* ---- in ---- */

static void refuse(struct samr_link *l, struct sk_buff *skb,
		   enum samr_drop why)
{
	samr_stats_drop(l->c->stats, why);
	this_cpu_inc(l->counters->rx_dropped);
	trace_samr_drop(l, skb->len, samr_strings_drop(why));
	kfree_skb(skb);
}

static enum samr_drop check_header(struct samr_link *l, struct sk_buff *skb,
				   struct samr_frame_info *info)
{
	struct samr_cluster *c = l->c;
	const struct samr_hdr *h;
	enum samr_drop why;
	struct samr_hdr copy;

	if (skb->len < sizeof(*h) + SAMR_CRC_LEN)
		return SAMR_DROP_SHORT;
	h = skb_header_pointer(skb, 0, sizeof(copy), &copy);
	if (!h)
		return SAMR_DROP_SHORT;
	why = samr_wire_header(h, skb->len - SAMR_CRC_LEN, c->params.id, info);
	if (why != SAMR_DROP_NONE)
		return why;
	if (info->src == c->params.node) {
		if (info->inc != READ_ONCE(c->inc))
			net_warn_ratelimited("samr: cluster %s: another machine says that it is node %llu\n",
					     c->params.name, info->src);
		return SAMR_DROP_SELF;
	}
	return SAMR_DROP_NONE;
}

static bool trailer_right(const struct sk_buff *skb, u32 len)
{
	__be32 crc;

	memcpy(&crc, skb->data + len, sizeof(crc));
	return be32_to_cpu(crc) == ~crc32c(~0, skb->data, len);
}

/*
 * Where version, cluster, source, length and trailer are stays the same in all
 * versions: so a head that can not be understood is named, and a frame that was
 * damaged on its way is not taken for one of another version.
 */
static void note_version(struct samr_link *l, struct sk_buff *skb,
			 const struct samr_addr *from)
{
	const struct samr_hdr *h;
	u32 len;
	u64 id;

	if (skb_linearize(skb))
		return;
	h = (const struct samr_hdr *)skb->data;
	len = be16_to_cpu(h->len);
	id = be64_to_cpu(h->src);
	if (len < sizeof(*h) || len > skb->len - SAMR_CRC_LEN ||
	    be32_to_cpu(h->cluster) != l->c->params.id ||
	    id == l->c->params.node || id > SAMR_HEAD_MAX ||
	    !(READ_ONCE(l->c->heads) & BIT_ULL(id)) || !trailer_right(skb, len))
		return;
	WRITE_ONCE(l->peer[id].version_at, jiffies);
	if (READ_ONCE(l->peer[id].version) == h->version)
		return;
	WRITE_ONCE(l->peer[id].version, h->version);
	net_warn_ratelimited("samr: cluster %s: node %llu at %*phC on link %u speaks version %u of the protocol, this head version %u: they do not hear each other\n",
			     l->c->params.name, id, from->len, from->b, l->id,
			     h->version, SAMR_WIRE_VERSION);
}

/* Nothing of the way that it came stays with the frame. */
static void forget_way(struct sk_buff *skb)
{
	skb_orphan(skb);
	skb_scrub_packet(skb, true);
	skb->dev = NULL;
	skb->ip_summed = CHECKSUM_NONE;
	skb->priority = 0;
}

static void heard_of(struct samr_link_peer *p)
{
	WRITE_ONCE(p->stamp, jiffies);
	if (!READ_ONCE(p->fresh))
		WRITE_ONCE(p->fresh, true);
	if (READ_ONCE(p->version))
		WRITE_ONCE(p->version, 0);
}

static void accept_frame(struct samr_link *l, struct sk_buff *skb,
			 const struct samr_frame_info *info,
			 const struct samr_addr *from)
{
	this_cpu_inc(l->counters->rx_frames);
	this_cpu_add(l->counters->rx_bytes, skb->len);
	trace_samr_frame_in(l, (const struct samr_hdr *)skb->data);
	if (info->src <= SAMR_HEAD_MAX &&
	    (READ_ONCE(l->c->heads) & BIT_ULL(info->src)))
		heard_of(&l->peer[info->src]);
	if (info->type == SAMR_FRAME_CLIENT &&
	    samr_cluster_is_client(l->c) == (info->src <= SAMR_HEAD_MAX))
		samr_trail_heard(l, info->src, from);
	if (info->type != SAMR_FRAME_LINK) {
		samr_drain_input(l->c, skb);
		return;
	}
	if (!samr_probe_receive(l, skb, info, from)) {
		this_cpu_inc(l->counters->rx_dropped);
		trace_samr_drop(l, skb->len, "probe");
	}
	consume_skb(skb);
}

void samr_link_no_memory(struct samr_link *l)
{
	samr_stats_inc(l->c->stats, SAMR_STAT_DROP_MEMORY);
	this_cpu_inc(l->counters->rx_dropped);
}

void samr_link_receive(struct samr_link *l, struct sk_buff *skb,
		       const struct samr_addr *from)
{
	struct samr_frame_info info;
	enum samr_drop why;
	bool copied;

	why = check_header(l, skb, &info);
	if (why == SAMR_DROP_VERSION)
		note_version(l, skb, from);
	if (why != SAMR_DROP_NONE) {
		refuse(l, skb, why);
		return;
	}
	forget_way(skb);
	skb = samr_plat_compact(skb, info.len + SAMR_CRC_LEN, &copied);
	if (!skb) {
		samr_link_no_memory(l);
		return;
	}
	if (copied)
		samr_stats_inc(l->c->stats, SAMR_STAT_COPIED);
	if (!trailer_right(skb, info.len)) {
		refuse(l, skb, SAMR_DROP_CRC);
		return;
	}
	__skb_trim(skb, info.len);
	accept_frame(l, skb, &info, from);
}

void samr_link_foreign(struct samr_link *l, struct sk_buff *skb)
{
	samr_stats_inc(l->c->stats, SAMR_STAT_DROP_FOREIGN);
	this_cpu_inc(l->counters->rx_dropped);
	kfree_skb(skb);
}

bool samr_link_knows(struct samr_link *l, const struct samr_addr *from)
{
	bool client = samr_cluster_is_client(l->c);
	bool known = client && samr_link_has_group(l);
	u64 heads = client ? ~1ULL : samr_link_others(l->c);

	/* A client node without a group has asked those only whose addresses it was told. */
	spin_lock(&l->lock);
	for (; heads && !known; heads &= heads - 1) {
		const struct samr_link_peer *p = &l->peer[__ffs64(heads)];

		known = p->configured ?
			!memcmp(&p->addr, from, sizeof(*from)) : !client;
	}
	spin_unlock(&l->lock);
	return known;
}

bool samr_link_is_clients(const struct sk_buff *skb, u32 at)
{
	const struct samr_hdr *h;
	struct samr_hdr scratch;

	h = skb_header_pointer(skb, at, sizeof(scratch), &scratch);
	return h && h->type == SAMR_FRAME_CLIENT &&
	       be64_to_cpu(h->src) > SAMR_HEAD_MAX;
}

void samr_link_stranger(struct samr_link *l, struct sk_buff *skb)
{
	samr_stats_inc(l->c->stats, SAMR_STAT_DROP_STRANGER);
	this_cpu_inc(l->counters->rx_dropped);
	kfree_skb(skb);
}

void samr_link_receive_end(struct samr_link *l)
{
	if (!skb_queue_empty_lockless(&l->c->rx))
		samr_drain_kick(l->c);
}
