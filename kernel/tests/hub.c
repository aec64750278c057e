// SPDX-License-Identifier: GPL-2.0
/* The hub and the heads of the shell's suites, see hub.h. */
#include <linux/delay.h>
#include <linux/module.h>
#include <linux/netdevice.h>
#include <linux/netlink.h>

#include "hub.h"

#define CLUSTER	99
#define GROUP	1

struct hub hub;

/* The face's priv is the cluster itself: open() knows no more. */
static struct head *heads[HUB_ENDS];

/**
 * struct hub_cb - in skb->cb of a frame on its way
 * @from: number of the end that sent it
 * @to: number of the end that it is for, 0: all
 */
struct hub_cb {
	u8 from;
	u8 to;
};

static struct hub_cb *cb_of(struct sk_buff *skb)
{
	return (struct hub_cb *)skb->cb;
}

static unsigned int end_of(const struct samr_link *link)
{
	return (unsigned long)samr_link_priv(link);
}

static void deliver_to(unsigned int to, struct sk_buff *skb)
{
	struct samr_addr from = { .len = 1, .b = { cb_of(skb)->from } };
	struct samr_link *link;
	struct sk_buff *copy;

	link = READ_ONCE(hub.end[to - 1]);
	if (!link)
		return;
	copy = skb_copy(skb, GFP_ATOMIC);
	if (!copy)
		return;
	samr_link_receive(link, copy, &from);
	samr_link_receive_end(link);
}

static void hub_deliver(struct tasklet_struct *t)
{
	struct sk_buff *skb;
	unsigned int i;

	rcu_read_lock();
	while ((skb = skb_dequeue(&hub.queue))) {
		for (i = 1; i <= HUB_ENDS; i++)
			if (i != cb_of(skb)->from &&
			    (!cb_of(skb)->to || cb_of(skb)->to == i))
				deliver_to(i, skb);
		consume_skb(skb);
	}
	rcu_read_unlock();
}

static DECLARE_TASKLET(hub_tasklet, hub_deliver);

static int hub_open(struct samr_link *link, struct netlink_ext_ack *extack)
{
	unsigned long i;

	for (i = 0; i < HUB_ENDS && hub.end[i]; i++)
		;
	if (i == HUB_ENDS)
		return -ENOSPC;
	samr_link_set_priv(link, (void *)(i + 1));
	WRITE_ONCE(hub.end[i], link);
	samr_link_change(link, SAMR_LINK_CHANGE_UP);
	if (!hub.refuse)
		return 0;
	WRITE_ONCE(hub.end[i], NULL);
	return -EIO;
}

static void hub_close(struct samr_link *link)
{
	WRITE_ONCE(hub.end[end_of(link) - 1], NULL);
	synchronize_net();
	tasklet_unlock_wait(&hub_tasklet);
}

static int hub_send(struct samr_link *link, struct sk_buff *skb,
		    enum samr_cast cast, const struct samr_addr *to)
{
	bool lost, hold;

	spin_lock_bh(&hub.lock);
	hub.sent++;
	hold = hub.hold;
	lost = hub.cut || skb->len > hub.pass ||
	       (cast == SAMR_CAST_MULTI && hub.no_multicast);
	cb_of(skb)->from = end_of(link);
	cb_of(skb)->to = cast == SAMR_CAST_UNI ? to->b[0] : 0;
	if (hold) {
		hub.held_size += skb->truesize;
		hub.most = max(hub.most, hub.held_size);
		__skb_queue_tail(&hub.held, skb);
	}
	spin_unlock_bh(&hub.lock);
	if (hold)
		return 0;
	if (lost) {
		kfree_skb(skb);
		return 0;
	}
	skb_queue_tail(&hub.queue, skb);
	tasklet_schedule(&hub_tasklet);
	return 0;
}

static u32 hub_frame_max(const struct samr_link *link)
{
	return READ_ONCE(hub.mtu);
}

static bool hub_address(const struct samr_link *link, struct samr_addr *a)
{
	*a = (struct samr_addr){ .len = 1, .b = { end_of(link) } };
	return true;
}

static int hub_check(const struct samr_link *link, const struct samr_addr *a,
		     struct netlink_ext_ack *extack)
{
	return a->b[0] && a->b[0] <= HUB_ENDS ? 0 : -EINVAL;
}

static struct samr_transport hub_transport = {
	.name = "hub",
	.owner = THIS_MODULE,
	.flags = SAMR_TRANSPORT_MULTICAST | SAMR_TRANSPORT_BROADCAST,
	.addr_len = 1,
	.frame_limit = 9000,
	.open = hub_open,
	.close = hub_close,
	.send = hub_send,
	.frame_max = hub_frame_max,
	.address = hub_address,
	.check = hub_check,
};

int hub_init(struct kunit *test)
{
	memset(&hub, 0, sizeof(hub));
	spin_lock_init(&hub.lock);
	skb_queue_head_init(&hub.queue);
	skb_queue_head_init(&hub.held);
	hub.mtu = HUB_MTU;
	hub.pass = HUB_MTU;
	return samr_transport_register(&hub_transport);
}

void hub_exit(struct kunit *test)
{
	int i;

	for (i = 0; i < HUB_ENDS; i++)
		if (heads[i])
			head_end(heads[i]);
	samr_transport_unregister(&hub_transport);
	tasklet_kill(&hub_tasklet);
	skb_queue_purge(&hub.queue);
	skb_queue_purge(&hub.held);
}

u32 hub_release(u32 n)
{
	struct sk_buff *skb;
	u32 i;

	for (i = 0; i < n; i++) {
		spin_lock_bh(&hub.lock);
		skb = __skb_dequeue(&hub.held);
		if (skb)
			hub.held_size -= skb->truesize;
		spin_unlock_bh(&hub.lock);
		if (!skb)
			break;
		consume_skb(skb);
	}
	return i;
}

void hub_changed(enum samr_link_change what)
{
	int i;

	for (i = 0; i < HUB_ENDS; i++)
		if (hub.end[i])
			samr_link_change(hub.end[i], what);
}

/* ---- heads ---- */

static struct head *head_of(struct samr_cluster *c)
{
	int i;

	for (i = 0; i < HUB_ENDS; i++)
		if (heads[i] && heads[i]->c == c)
			return heads[i];
	return NULL;
}

static void *face_open(struct samr_cluster *c)
{
	return c;
}

static void face_close(void *priv)
{
}

static void face_deliver(void *priv, struct samr_msg *msg)
{
	struct head *h = head_of(priv);

	spin_lock_bh(&h->lock);
	if (msg->owner)
		h->owners++;
	if (msg->meta.gseq && h->logged < HEAD_LOG) {
		h->log[h->logged].gseq = msg->meta.gseq;
		h->log[h->logged].origin = msg->meta.origin;
		h->log[h->logged].arg = msg->meta.arg;
		h->logged++;
	}
	h->len = msg->meta.len;
	spin_unlock_bh(&h->lock);
	samr_msg_put(msg);
}

static void face_halted(void *priv, int err)
{
	struct head *h = head_of(priv);

	if (h)
		h->halted = err;
}

static const struct samr_cluster_face face = {
	.open = face_open,
	.close = face_close,
	.deliver = face_deliver,
	.halted = face_halted,
};

static DEFINE_MUTEX(config);

struct head *head_new(struct kunit *test, u64 node, const char *transport)
{
	struct samr_cluster_params p = {
		.name = "kunit",
		.id = CLUSTER,
		.node = node,
		/* Slow machines starve a thread for longer than heads may be silent. */
		.core.dead = HEAD_DEAD_MS * SAMR_MSEC,
	};
	struct head *h = kunit_kzalloc(test, sizeof(*h), GFP_KERNEL);

	KUNIT_ASSERT_NOT_NULL(test, h);
	spin_lock_init(&h->lock);
	mutex_lock(&config);
	h->c = samr_cluster_new(&init_net, &config, &p, &face, NULL);
	if (!IS_ERR(h->c)) {
		heads[node - 1] = h;
		if (samr_link_add(h->c, transport, "", NULL, &h->link, NULL))
			h->link = 0;
	}
	mutex_unlock(&config);
	KUNIT_ASSERT_FALSE(test, IS_ERR(h->c));
	KUNIT_EXPECT_NE(test, h->link, 0);
	return h;
}

void head_start(struct kunit *test, struct head *h, u32 n)
{
	int err = 0;
	u32 i;

	mutex_lock(&config);
	for (i = 1; i <= n && !err; i++)
		if (i != h->c->params.node)
			err = samr_cluster_node_add(h->c, i, NULL);
	if (!err)
		err = samr_cluster_start(h->c, 0, NULL);
	mutex_unlock(&config);
	KUNIT_ASSERT_EQ(test, err, 0);
}

void head_end(struct head *h)
{
	u64 node = h->c->params.node;

	mutex_lock(&config);
	samr_cluster_end(h->c);
	heads[node - 1] = NULL;
	h->c = NULL;
	mutex_unlock(&config);
}

int head_send(struct head *h, u32 len, u64 arg, u8 kind)
{
	struct samr_submit s = {
		.group = GROUP,
		.port = 1,
		.kind = kind,
		.arg = arg,
		.len = len,
		.owner = h,
	};
	struct sk_buff *skb = NULL;
	int ret;

	if (len) {
		skb = alloc_skb(len, GFP_KERNEL);
		if (!skb)
			return -ENOMEM;
		skb_put_zero(skb, len);
		s.payload = samr_blob_of_skb(skb);
	}
	ret = samr_cluster_submit(h->c, &s);
	consume_skb(skb);
	return ret;
}

struct samr_link_info head_link(struct head *h)
{
	struct samr_link_info info = { };

	samr_link_info(h->c, h->link - 1, &info);
	return info;
}

struct samr_link_peer_info head_peer(struct head *h, u64 node)
{
	struct samr_link_peer_info info = { };

	samr_link_peer_info(h->c, h->link, node - 1, &info);
	return info;
}

enum samr_cluster_state head_state(struct head *h)
{
	struct samr_cluster_info info;

	samr_cluster_info(h->c, &info);
	return info.state;
}

MODULE_LICENSE("GPL");
MODULE_DESCRIPTION("KUnit suites of samr's shell");
MODULE_IMPORT_NS(EXPORTED_FOR_KUNIT_TESTING);
