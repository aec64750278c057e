// SPDX-License-Identifier: GPL-2.0
/*
 * How frames pass through a connection.
 *
 * All memory that the device sees is mapped for DMA and named by the local key of the
 * connection's PD; nothing is registered anew, and no peer can read or write memory.
 * What fits is copied by the device's driver when it is posted.
 *
 * The sender posts a frame only when the other end has a receive posted for it: with
 * iWARP a frame without one ends the connection, with InfiniBand it would stall it.
 * The credits for this come back on the same connection. That a send has completed, or
 * that a credit came, tells nothing about the frame beyond its memory: what was
 * received, and by whom, is known above.
 *
 * Completions come in softirqs, at most as many at a time as irq_poll lets pass.
 */
#include <linux/slab.h>
#include <rdma/ib_verbs.h>

#include "rdma.h"

/* What is shorter is copied out of its buffer, which is posted again as it is. */
#define COPY_BREAK	512
/* Sends that the driver copied report their completion only now and then. */
#define SIGNAL_EVERY	16

/* ---- sends ---- */

static void unmap_tx(struct rdma_conn *c, struct rdma_slot *s)
{
	if (s->len)
		ib_dma_unmap_single(c->id->device, s->dma, s->len, DMA_TO_DEVICE);
	s->len = 0;
}

/* Those up to @last are done: their frames go to @done. */
static void reap(struct rdma_conn *c, const struct rdma_slot *last,
		 struct sk_buff_head *done)
{
	struct rdma_slot *s;

	lockdep_assert_held(&c->lock);
	do {
		s = &c->tx[c->tx_tail++ % c->tx_size];
		unmap_tx(c, s);
		if (s->skb)
			__skb_queue_tail(done, s->skb);
		s->skb = NULL;
	} while (s != last && c->tx_tail != c->tx_head);
}

static void sent(struct ib_cq *cq, struct ib_wc *wc);

/* 0: @skb is the ring's, or freed; else it is still the caller's. */
static int post(struct rdma_conn *c, struct sk_buff *skb)
{
	struct rdma_slot *s = &c->tx[c->tx_head % c->tx_size];
	bool inlined = skb->len <= c->inlined;
	struct ib_sge sge = {
		.length = skb->len,
		.lkey = c->pd->local_dma_lkey,
	};
	struct ib_send_wr wr = {
		.wr_cqe = &s->cqe,
		.sg_list = &sge,
		.num_sge = 1,
		.opcode = IB_WR_SEND,
	};
	int err;

	lockdep_assert_held(&c->lock);
	s->conn = c;
	s->cqe.done = sent;
	s->len = 0;
	if (inlined) {
		sge.addr = (uintptr_t)skb->data;
		wr.send_flags = IB_SEND_INLINE;
	} else {
		s->dma = ib_dma_map_single(c->id->device, skb->data, skb->len,
					   DMA_TO_DEVICE);
		if (ib_dma_mapping_error(c->id->device, s->dma))
			return -ENOMEM;
		s->len = skb->len;
		sge.addr = s->dma;
	}
	if (!inlined || c->tx_head % SIGNAL_EVERY == SIGNAL_EVERY - 1)
		wr.send_flags |= IB_SEND_SIGNALED;
	err = ib_post_send(c->id->qp, &wr, NULL);
	if (err) {
		unmap_tx(c, s);
		return err;
	}
	c->tx_head++;
	s->skb = inlined ? NULL : skb;
	if (inlined)
		consume_skb(skb);
	return 0;
}

static bool may_post(const struct rdma_conn *c)
{
	return c->tx_head - c->tx_tail < c->tx_size &&
	       (!c->out || (s32)(c->allowed - c->sent) > 0);
}

/* Credits are nobody's frames. */
static void not_sent(const struct rdma_conn *c, u32 frames)
{
	if (c->out && frames)
		samr_link_unsent(c->port->link, frames);
}

/* Posts what waits and may go. An error: the connection is of no use any more. */
static int pump(struct rdma_conn *c)
{
	struct sk_buff *skb;
	int err;

	lockdep_assert_held(&c->lock);
	if (!test_bit(RDMA_CONN_LIVE, &c->flags) ||
	    test_bit(RDMA_CONN_DEAD, &c->flags))
		return 0;
	while (may_post(c)) {
		skb = __skb_dequeue(&c->wait);
		if (!skb)
			break;
		c->wait_bytes -= skb->truesize;
		if (++c->sent - c->acked == RDMA_OWED)
			WRITE_ONCE(c->stamp, jiffies);
		err = post(c, skb);
		if (err) {
			kfree_skb(skb);
			not_sent(c, 1);
			return err;
		}
	}
	return 0;
}

static void sent(struct ib_cq *cq, struct ib_wc *wc)
{
	struct rdma_slot *s = container_of(wc->wr_cqe, struct rdma_slot, cqe);
	struct rdma_conn *c = s->conn;
	struct sk_buff_head done;
	int err;

	if (wc->status != IB_WC_SUCCESS) {
		rdma_conn_kill(c);
		return;
	}
	__skb_queue_head_init(&done);
	spin_lock_bh(&c->lock);
	reap(c, s, &done);
	err = pump(c);
	spin_unlock_bh(&c->lock);
	__skb_queue_purge(&done);
	if (err)
		rdma_conn_kill(c);
}

/* Takes it over unless there is an error. */
static int enqueue(struct rdma_conn *c, struct sk_buff *skb)
{
	u32 max = test_bit(RDMA_CONN_LIVE, &c->flags) ? RDMA_WAIT_MAX :
						       RDMA_EARLY_MAX;

	lockdep_assert_held(&c->lock);
	if (test_bit(RDMA_CONN_DEAD, &c->flags))
		return -ENETDOWN;
	if (skb->len > c->room)
		return -EMSGSIZE;
	if (c->wait_bytes + skb->truesize > max)
		return -ENOBUFS;
	__skb_queue_tail(&c->wait, skb);
	c->wait_bytes += skb->truesize;
	return 0;
}

int rdma_io_send(struct rdma_conn *c, struct sk_buff *skb)
{
	int err, broken = 0;

	spin_lock_bh(&c->lock);
	err = enqueue(c, skb);
	if (!err)
		broken = pump(c);
	spin_unlock_bh(&c->lock);
	if (err)
		kfree_skb(skb);
	if (broken)
		rdma_conn_kill(c);
	return err;
}

void rdma_io_begin(struct rdma_conn *c, u32 room, u32 depth)
{
	int err;

	spin_lock_bh(&c->lock);
	c->room = min(c->room, room);
	c->allowed = depth;
	c->stamp = jiffies;
	set_bit(RDMA_CONN_LIVE, &c->flags);
	err = pump(c);
	spin_unlock_bh(&c->lock);
	if (err)
		rdma_conn_kill(c);
}

/* ---- receives ---- */

static u32 buffer_size(const struct rdma_conn *c)
{
	return c->out ? sizeof(struct rdma_credit) : RDMA_FRAME;
}

/* A mapped buffer; @skb is freed when it cannot be mapped. */
static bool map_rx(struct rdma_conn *c, struct rdma_slot *s, struct sk_buff *skb)
{
	u64 dma;

	if (!skb)
		return false;
	dma = ib_dma_map_single(c->id->device, skb->data, buffer_size(c),
				DMA_FROM_DEVICE);
	if (ib_dma_mapping_error(c->id->device, dma)) {
		kfree_skb(skb);
		return false;
	}
	s->skb = skb;
	s->dma = dma;
	s->len = buffer_size(c);
	return true;
}

static void unmap_rx(struct rdma_conn *c, struct rdma_slot *s)
{
	ib_dma_unmap_single(c->id->device, s->dma, s->len, DMA_FROM_DEVICE);
}

static void received(struct ib_cq *cq, struct ib_wc *wc);

static int post_rx(struct rdma_conn *c, struct rdma_slot *s)
{
	struct ib_sge sge = {
		.addr = s->dma,
		.length = s->len,
		.lkey = c->pd->local_dma_lkey,
	};
	struct ib_recv_wr wr = {
		.wr_cqe = &s->cqe,
		.sg_list = &sge,
		.num_sge = 1,
	};

	s->conn = c;
	s->cqe.done = received;
	return ib_post_recv(c->id->qp, &wr, NULL);
}

/*
 * The frame in @s as an skb of its own, and @s ready to be posted again; NULL: no
 * memory, the frame is lost.
 */
static struct sk_buff *take_frame(struct rdma_conn *c, struct rdma_slot *s,
				  u32 len)
{
	struct rdma_slot old = *s;
	struct sk_buff *skb;

	if (len > COPY_BREAK) {
		if (!map_rx(c, s, __alloc_skb(RDMA_FRAME, GFP_ATOMIC | __GFP_NOWARN,
					      0, NUMA_NO_NODE)))
			return NULL;
		unmap_rx(c, &old);
		skb_put(old.skb, len);
		return old.skb;
	}
	skb = alloc_skb(len, GFP_ATOMIC | __GFP_NOWARN);
	if (!skb)
		return NULL;
	ib_dma_sync_single_for_cpu(c->id->device, s->dma, len, DMA_FROM_DEVICE);
	skb_put_data(skb, s->skb->data, len);
	ib_dma_sync_single_for_device(c->id->device, s->dma, len,
				      DMA_FROM_DEVICE);
	return skb;
}

/* Says that the frames so far were taken; without memory the next one says it. */
static void tell_taken(struct rdma_conn *c)
{
	struct rdma_credit credit = { .taken = cpu_to_be32(c->taken) };
	struct sk_buff *skb;

	if (c->taken - c->told < RDMA_CREDIT_STEP)
		return;
	skb = alloc_skb(sizeof(credit), GFP_ATOMIC | __GFP_NOWARN);
	if (!skb)
		return;
	skb_put_data(skb, &credit, sizeof(credit));
	if (!rdma_io_send(c, skb))
		c->told = c->taken;
}

static void frame_in(struct rdma_conn *c, struct rdma_slot *s, u32 len)
{
	struct samr_link *link = c->port->link;
	struct sk_buff *skb = take_frame(c, s, len);

	if (post_rx(c, s))
		rdma_conn_kill(c);
	c->taken++;
	tell_taken(c);
	WRITE_ONCE(c->stamp, jiffies);
	if (!skb) {
		samr_link_no_memory(link);
	} else if (!samr_link_knows(link, &c->peer)) {
		samr_link_stranger(link, skb);
	} else {
		samr_link_receive(link, skb, &c->peer);
		samr_link_receive_end(link);
	}
}

static void credit_in(struct rdma_conn *c, struct rdma_slot *s, u32 len)
{
	struct rdma_credit credit;
	bool wrong;
	u32 taken;
	int err = 0;

	ib_dma_sync_single_for_cpu(c->id->device, s->dma, s->len, DMA_FROM_DEVICE);
	memcpy(&credit, s->skb->data, sizeof(credit));
	ib_dma_sync_single_for_device(c->id->device, s->dma, s->len,
				      DMA_FROM_DEVICE);
	taken = be32_to_cpu(credit.taken);
	spin_lock_bh(&c->lock);
	/* Not more than was sent: it would have room for what it has no buffers for. */
	wrong = len != sizeof(credit) || c->sent - taken > RDMA_DEPTH;
	if (!wrong) {
		c->acked = taken;
		c->allowed = taken + RDMA_DEPTH;
		WRITE_ONCE(c->stamp, jiffies);
		err = pump(c);
	}
	spin_unlock_bh(&c->lock);
	if (wrong || err || post_rx(c, s))
		rdma_conn_kill(c);
}

static void received(struct ib_cq *cq, struct ib_wc *wc)
{
	struct rdma_slot *s = container_of(wc->wr_cqe, struct rdma_slot, cqe);
	struct rdma_conn *c = s->conn;

	if (wc->status != IB_WC_SUCCESS || wc->byte_len > s->len) {
		rdma_conn_kill(c);
		return;
	}
	if (test_bit(RDMA_CONN_DEAD, &c->flags))
		return;
	/* Completions come in softirqs, and drained ones perhaps elsewhere. */
	local_bh_disable();
	if (c->out)
		credit_in(c, s, wc->byte_len);
	else
		frame_in(c, s, wc->byte_len);
	local_bh_enable();
}

static int post_first(struct rdma_conn *c)
{
	u32 i;
	int err;

	for (i = 0; i < c->rx_size; i++) {
		if (!map_rx(c, &c->rx[i], alloc_skb(buffer_size(c), GFP_KERNEL)))
			return -ENOMEM;
		err = post_rx(c, &c->rx[i]);
		if (err)
			return err;
	}
	return 0;
}

/* ---- begin and end ---- */

/* Devices differ in what they copy; some refuse to be asked for too much. */
static int make_qp(struct rdma_conn *c)
{
	static const u32 sizes[] = { 256, 64, 0 };
	int err = -EINVAL;
	size_t i;

	for (i = 0; err && i < ARRAY_SIZE(sizes); i++) {
		struct ib_qp_init_attr attr = {
			.send_cq = c->cq,
			.recv_cq = c->cq,
			.cap = {
				.max_send_wr = c->tx_size + 1,	/* to drain it */
				.max_recv_wr = c->rx_size + 1,
				.max_send_sge = 1,
				.max_recv_sge = 1,
				.max_inline_data = sizes[i],
			},
			.sq_sig_type = IB_SIGNAL_REQ_WR,
			.qp_type = IB_QPT_RC,
		};

		err = rdma_create_qp(c->id, c->pd, &attr);
		c->inlined = sizes[i];
	}
	return err;
}

int rdma_io_make(struct rdma_conn *c)
{
	struct ib_device *dev = c->id->device;
	int err;

	c->tx_size = c->out ? RDMA_DEPTH : SIGNAL_EVERY * 2;
	c->rx_size = c->out ? RDMA_CREDITS : RDMA_DEPTH;
	c->tx = kcalloc(c->tx_size, sizeof(*c->tx), GFP_KERNEL_ACCOUNT);
	c->rx = kcalloc(c->rx_size, sizeof(*c->rx), GFP_KERNEL_ACCOUNT);
	if (!c->tx || !c->rx)
		return -ENOMEM;
	c->pd = ib_alloc_pd(dev, 0);
	if (IS_ERR(c->pd)) {
		err = PTR_ERR(c->pd);
		c->pd = NULL;
		return err;
	}
	c->cq = ib_alloc_cq_any(dev, c, c->tx_size + c->rx_size + 2,
				IB_POLL_SOFTIRQ);
	if (IS_ERR(c->cq)) {
		err = PTR_ERR(c->cq);
		c->cq = NULL;
		return err;
	}
	return make_qp(c) ?: post_first(c);
}

static void free_buffers(struct rdma_conn *c)
{
	u32 i;

	for (i = 0; c->tx && i < c->tx_size; i++) {
		unmap_tx(c, &c->tx[i]);
		kfree_skb(c->tx[i].skb);
	}
	for (i = 0; c->rx && i < c->rx_size; i++) {
		if (!c->rx[i].skb)
			continue;
		unmap_rx(c, &c->rx[i]);
		kfree_skb(c->rx[i].skb);
	}
	kfree(c->tx);
	kfree(c->rx);
	c->tx = c->rx = NULL;
	not_sent(c, skb_queue_len(&c->wait));
	skb_queue_purge(&c->wait);
}

void rdma_io_end(struct rdma_conn *c)
{
	if (c->id && c->id->qp) {
		ib_drain_qp(c->id->qp);
		rdma_destroy_qp(c->id);
	}
	if (c->cq)
		ib_free_cq(c->cq);
	free_buffers(c);
	if (c->pd)
		ib_dealloc_pd(c->pd);
	c->cq = NULL;
	c->pd = NULL;
}
