// SPDX-License-Identifier: GPL-2.0
/* Links: what they find out about their peers, carry, and refuse. */
#include <linux/crc32c.h>
#include <linux/delay.h>

#include "hub.h"

static bool sees(struct head *h, u64 node, u32 size, bool multicast)
{
	struct samr_link_peer_info p = head_peer(h, node);

	return p.heard && p.frame_max == size && p.multicast == multicast;
}

static bool carries(struct head *h, u32 size, bool multicast)
{
	struct samr_link_info l = head_link(h);

	return l.state == SAMR_LINK_UP && l.frame_max == size &&
	       l.multicast == multicast;
}

/* Heads 1 .. n, each with a link to the hub, all started. */
static void make_heads(struct kunit *test, struct head **h, u32 n)
{
	u32 i;

	for (i = 0; i < n; i++)
		h[i] = head_new(test, i + 1, "hub");
	for (i = 0; i < n; i++)
		head_start(test, h[i], n);
}

static void link_finds_peers(struct kunit *test)
{
	struct samr_link_peer_info p;
	struct head *h[3];
	int i;

	make_heads(test, h, 3);
	for (i = 0; i < 3; i++)
		KUNIT_EXPECT_TRUE(test, hub_wait(carries(h[i], HUB_MTU - 4, true)));
	/* Of the three it may have heard only one when it carries that much. */
	KUNIT_EXPECT_TRUE(test, hub_wait(sees(h[0], 3, HUB_MTU - 4, true)));
	p = head_peer(h[0], 3);
	KUNIT_EXPECT_EQ(test, p.addr.len, 1);
	KUNIT_EXPECT_EQ(test, p.addr.b[0], 3);
	KUNIT_EXPECT_FALSE(test, p.configured);
}

static void link_copies_without_multicast(struct kunit *test)
{
	struct head *h[3];
	int i;

	hub.no_multicast = true;
	make_heads(test, h, 3);
	for (i = 0; i < 3; i++) {
		KUNIT_EXPECT_TRUE(test, hub_wait(carries(h[i], HUB_MTU - 4, false)));
		KUNIT_EXPECT_TRUE(test, hub_wait(head_state(h[i]) ==
						 SAMR_CLUSTER_SERVING));
	}
	hub.no_multicast = false;
	hub_changed(SAMR_LINK_CHANGE_UP);
	for (i = 0; i < 3; i++)
		KUNIT_EXPECT_TRUE(test, hub_wait(carries(h[i], HUB_MTU - 4, true)));
}

static void link_settles_where_large_frames_are_lost(struct kunit *test)
{
	struct head *h[2];

	hub.mtu = 9000;
	hub.pass = 1400;
	make_heads(test, h, 2);
	KUNIT_EXPECT_TRUE(test, hub_wait(carries(h[0], 1396, true)));
	KUNIT_EXPECT_TRUE(test, hub_wait(carries(h[1], 1396, true)));
	KUNIT_EXPECT_EQ(test, head_link(h[0]).device_max, 8996);
	hub.pass = 9000;
	hub_changed(SAMR_LINK_CHANGE_UP);
	KUNIT_EXPECT_TRUE(test, hub_wait(carries(h[0], 8996, true)));
	/* A smaller MTU counts at once, without any probe. */
	hub.mtu = 1000;
	hub_changed(SAMR_LINK_CHANGE_UP);
	KUNIT_EXPECT_LE(test, head_link(h[0]).frame_max, 996);
}

/* The size of frames right after the core has doubted it. */
static u32 doubt(struct head *h, u64 node)
{
	u32 size;

	local_bh_disable();
	samr_probe_doubt(h->c, BIT_ULL(node));
	size = head_link(h).frame_max;
	local_bh_enable();
	return size;
}

static void link_doubts_the_size_of_frames(struct kunit *test)
{
	unsigned long then;
	struct head *h[2];

	make_heads(test, h, 2);
	KUNIT_EXPECT_TRUE(test, hub_wait(carries(h[0], HUB_MTU - 4, true)));
	KUNIT_EXPECT_TRUE(test, hub_wait(head_state(h[1]) == SAMR_CLUSTER_SERVING));
	KUNIT_EXPECT_EQ(test, doubt(h[0], 3), HUB_MTU - 4U);
	hub.pass = 1000;
	/* On a slow machine the core may just have doubted it by itself. */
	KUNIT_EXPECT_TRUE(test, hub_wait(doubt(h[0], 2) == SAMR_FRAME_MIN));
	then = jiffies;
	KUNIT_EXPECT_TRUE(test, hub_wait(carries(h[0], 996, true)));
	/* What gets lost for other reasons does not keep frames small. */
	if (time_before(jiffies, then + HZ / 2))
		KUNIT_EXPECT_EQ(test, doubt(h[0], 2), 996U);
	hub.pass = HUB_MTU;
	msleep(1100);
	KUNIT_EXPECT_TRUE(test, hub_wait(doubt(h[0], 2) == SAMR_FRAME_MIN));
	KUNIT_EXPECT_TRUE(test, hub_wait(carries(h[0], HUB_MTU - 4, true)));
}

static void link_carries_large_messages_in_small_frames(struct kunit *test)
{
	struct head *h[2];
	int i;

	make_heads(test, h, 2);
	KUNIT_EXPECT_TRUE(test, hub_wait(carries(h[0], HUB_MTU - 4, true)));
	KUNIT_EXPECT_TRUE(test, hub_wait(carries(h[1], HUB_MTU - 4, true)));
	for (i = 0; i < 2; i++) {
		KUNIT_EXPECT_TRUE(test, hub_wait(head_state(h[i]) == SAMR_CLUSTER_SERVING));
		KUNIT_ASSERT_EQ(test, head_send(h[i], 0, 1 << 20, SAMR_KIND_JOIN), 0);
	}
	for (i = 0; i < 2; i++)
		KUNIT_EXPECT_TRUE(test, hub_wait(READ_ONCE(h[i]->logged)));
	hub.pass = 700;
	KUNIT_EXPECT_EQ(test, head_send(h[0], 1200, 1, SAMR_KIND_DATA), 0);
	KUNIT_EXPECT_TRUE(test, hub_wait(READ_ONCE(h[1]->len) == 1200));
	KUNIT_EXPECT_EQ(test, head_send(h[1], 1201, 2, SAMR_KIND_DATA), 0);
	KUNIT_EXPECT_TRUE(test, hub_wait(READ_ONCE(h[0]->len) == 1201));
	KUNIT_EXPECT_EQ(test, head_state(h[0]), SAMR_CLUSTER_SERVING);
}

static void link_needs_the_smallest_frames(struct kunit *test)
{
	struct head *h = head_new(test, 1, "hub");

	hub.mtu = SAMR_FRAME_MIN + SAMR_CRC_LEN - 1;
	hub_changed(SAMR_LINK_CHANGE_UP);
	KUNIT_EXPECT_EQ(test, head_link(h).state, SAMR_LINK_DOWN);
	hub.mtu++;
	hub_changed(SAMR_LINK_CHANGE_UP);
	KUNIT_EXPECT_EQ(test, head_link(h).state, SAMR_LINK_PROBING);
	hub_changed(SAMR_LINK_CHANGE_ABSENT);
	KUNIT_EXPECT_EQ(test, head_link(h).state, SAMR_LINK_ABSENT);
}

static void link_misses_and_meets_again(struct kunit *test)
{
	struct head *h[2];

	make_heads(test, h, 2);
	KUNIT_EXPECT_TRUE(test, hub_wait(sees(h[0], 2, HUB_MTU - 4, true)));
	hub.cut = true;
	KUNIT_EXPECT_TRUE(test, hub_wait(!head_peer(h[0], 2).heard));
	KUNIT_EXPECT_TRUE(test, hub_wait(head_link(h[0]).state == SAMR_LINK_PROBING));
	hub.cut = false;
	KUNIT_EXPECT_TRUE(test, hub_wait(sees(h[0], 2, HUB_MTU - 4, true)));
}

/* ---- what it refuses ---- */

#define PAD	64

/* A frame of head 2 to head 1, with @len bytes behind its header. */
static struct sk_buff *make_frame(struct kunit *test, u64 src, u32 len)
{
	struct samr_frame_info info = {
		.type = SAMR_FRAME_CORE,
		.cluster = 99,
		.src = src,
		.inc = 77,
		.len = sizeof(struct samr_hdr) + len,
	};
	struct sk_buff *skb = alloc_skb(info.len + SAMR_CRC_LEN + PAD, GFP_KERNEL);
	__be32 crc;

	KUNIT_ASSERT_NOT_NULL(test, skb);
	samr_wire_put_header(skb_put(skb, sizeof(struct samr_hdr)), &info);
	skb_put_zero(skb, len);
	crc = cpu_to_be32(~crc32c(~0, skb->data, skb->len));
	skb_put_data(skb, &crc, sizeof(crc));
	return skb;
}

static struct samr_hdr *hdr_of(struct sk_buff *skb)
{
	return (struct samr_hdr *)skb->data;
}

/* With a right trailer again, after a change. */
static void reseal(struct sk_buff *skb)
{
	u32 len = skb->len - SAMR_CRC_LEN;
	__be32 crc = cpu_to_be32(~crc32c(~0, skb->data, len));

	memcpy(skb->data + len, &crc, sizeof(crc));
}

static void inject(struct sk_buff *skb)
{
	static const struct samr_addr from = { .len = 1, .b = { 2 } };

	local_bh_disable();
	rcu_read_lock();
	samr_link_receive(hub.end[0], skb, &from);
	samr_link_receive_end(hub.end[0]);
	rcu_read_unlock();
	local_bh_enable();
}

static u64 dropped(struct head *h, enum samr_drop why)
{
	struct samr_node_stats *s = kmalloc(sizeof(*s), GFP_KERNEL);
	u64 n = U64_MAX;

	if (s) {
		samr_cluster_stats(h->c, s);
		n = s->drops[why];
	}
	kfree(s);
	return n;
}

static u64 counted(struct head *h, enum samr_stat i)
{
	struct samr_stats *s = kmalloc(sizeof(*s), GFP_KERNEL);
	u64 n = U64_MAX;

	if (s) {
		samr_stats_read(h->c, s);
		n = s->n[i];
	}
	kfree(s);
	return n;
}

/* Who speaks another version is named, until it speaks this one. */
static void link_tells_of_other_versions(struct kunit *test)
{
	struct head *h = head_new(test, 1, "hub");
	const u8 other = SAMR_WIRE_VERSION + 6;
	struct sk_buff *skb;

	head_start(test, h, 2);
	skb = make_frame(test, 2, 20);
	hdr_of(skb)->version = other;
	inject(skb);
	KUNIT_EXPECT_EQ(test, head_peer(h, 2).version, 0);	/* damaged */
	skb = make_frame(test, 2, 20);
	hdr_of(skb)->version = other;
	reseal(skb);
	inject(skb);
	KUNIT_EXPECT_EQ(test, head_peer(h, 2).version, other);
	KUNIT_EXPECT_EQ(test, dropped(h, SAMR_DROP_VERSION), 2);
	inject(make_frame(test, 2, 20));
	KUNIT_EXPECT_EQ(test, head_peer(h, 2).version, 0);
}

static void link_counts_what_it_refuses(struct kunit *test)
{
	struct head *h = head_new(test, 1, "hub");
	struct sk_buff *skb;

	skb = make_frame(test, 2, 20);
	__skb_trim(skb, sizeof(struct samr_hdr) + SAMR_CRC_LEN - 1);
	inject(skb);
	KUNIT_EXPECT_EQ(test, dropped(h, SAMR_DROP_SHORT), 1);
	skb = make_frame(test, 2, 20);
	hdr_of(skb)->version++;
	inject(skb);
	KUNIT_EXPECT_EQ(test, dropped(h, SAMR_DROP_VERSION), 1);
	skb = make_frame(test, 2, 20);
	hdr_of(skb)->cluster = cpu_to_be32(98);
	inject(skb);
	KUNIT_EXPECT_EQ(test, dropped(h, SAMR_DROP_CLUSTER), 1);
	skb = make_frame(test, 2, 20);
	__skb_trim(skb, skb->len - 1);
	inject(skb);
	KUNIT_EXPECT_EQ(test, dropped(h, SAMR_DROP_LENGTH), 1);
	skb = make_frame(test, 2, 20);
	hdr_of(skb)->key = 1;
	inject(skb);
	KUNIT_EXPECT_EQ(test, dropped(h, SAMR_DROP_KEY), 1);
	skb = make_frame(test, 2, 20);
	hdr_of(skb)->flags = 1;
	inject(skb);
	KUNIT_EXPECT_EQ(test, dropped(h, SAMR_DROP_HEADER), 1);
	skb = make_frame(test, 2, 20);
	skb->data[60] ^= 1;
	inject(skb);
	KUNIT_EXPECT_EQ(test, dropped(h, SAMR_DROP_CRC), 1);
	inject(make_frame(test, 1, 20));
	KUNIT_EXPECT_EQ(test, dropped(h, SAMR_DROP_SELF), 1);
	KUNIT_EXPECT_EQ(test, counted(h, SAMR_STAT_FRAMES_IN), 0);
	KUNIT_EXPECT_EQ(test, head_link(h).rx_dropped, 8);
}

static void link_takes_padded_frames(struct kunit *test)
{
	struct head *h = head_new(test, 1, "hub");
	struct sk_buff *skb = make_frame(test, 2, 0);

	skb_put_zero(skb, PAD);
	inject(skb);
	KUNIT_EXPECT_EQ(test, counted(h, SAMR_STAT_FRAMES_IN), 1);
	/* It got as far as the core, which does not know head 2. */
	KUNIT_EXPECT_EQ(test, dropped(h, SAMR_DROP_SOURCE), 1);
}

static struct sk_buff *probe(struct kunit *test, u64 src, u32 size)
{
	struct samr_link_rec r = {
		.rec = { .type = SAMR_LINK_REC_PROBE },
		.size = cpu_to_be32(size),
	};
	struct sk_buff *skb;

	r.rec.len = cpu_to_be16(size - sizeof(struct samr_hdr));
	skb = make_frame(test, src, size - sizeof(struct samr_hdr));
	hdr_of(skb)->type = SAMR_FRAME_LINK;
	hdr_of(skb)->records = cpu_to_be16(1);
	memcpy(skb->data + sizeof(struct samr_hdr), &r, sizeof(r));
	return skb;
}

static void sign(struct sk_buff *skb)
{
	u32 len = skb->len - SAMR_CRC_LEN;
	__be32 crc = cpu_to_be32(~crc32c(~0, skb->data, len));

	memcpy(skb->data + len, &crc, sizeof(crc));
}

static void link_refuses_bad_probes(struct kunit *test)
{
	struct head *h = head_new(test, 1, "hub");
	struct samr_link_rec *r;
	struct sk_buff *skb;

	head_start(test, h, 2);
	skb = probe(test, 3, SAMR_FRAME_MIN);
	sign(skb);
	inject(skb);
	KUNIT_EXPECT_EQ(test, counted(h, SAMR_STAT_DROP_PROBE_SOURCE), 1);
	skb = probe(test, 2, SAMR_FRAME_MIN - 1);
	sign(skb);
	inject(skb);
	KUNIT_EXPECT_EQ(test, counted(h, SAMR_STAT_DROP_PROBE), 1);
	skb = probe(test, 2, SAMR_FRAME_MIN);
	r = (struct samr_link_rec *)(skb->data + sizeof(struct samr_hdr));
	r->cast = SAMR_CASTS;
	sign(skb);
	inject(skb);
	KUNIT_EXPECT_EQ(test, counted(h, SAMR_STAT_DROP_PROBE), 2);
	skb = probe(test, 2, SAMR_FRAME_MIN);
	hdr_of(skb)->records = cpu_to_be16(2);
	sign(skb);
	inject(skb);
	KUNIT_EXPECT_EQ(test, counted(h, SAMR_STAT_DROP_PROBE), 3);
	KUNIT_EXPECT_FALSE(test, head_peer(h, 2).heard);
	skb = probe(test, 2, SAMR_FRAME_MIN);
	sign(skb);
	inject(skb);
	KUNIT_EXPECT_TRUE(test, head_peer(h, 2).heard);
}

static void link_limits_its_answers(struct kunit *test)
{
	struct head *h = head_new(test, 1, "hub");
	struct sk_buff *skb;
	int i;

	head_start(test, h, 2);
	/* All of them come within the time in which they are counted. */
	hub.end[0]->probe.rate_at = jiffies + 600 * HZ;
	for (i = 0; i < 2000 && !counted(h, SAMR_STAT_DROP_PROBE_RATE); i++) {
		skb = probe(test, 2, SAMR_FRAME_MIN);
		sign(skb);
		inject(skb);
	}
	KUNIT_EXPECT_EQ(test, counted(h, SAMR_STAT_DROP_PROBE_RATE), 1);
	KUNIT_EXPECT_GT(test, i, 500);
}

/* A pulse of head 2, in the incarnation of make_frame(), that hears @heard. */
static struct sk_buff *pulse(struct kunit *test, u8 links, u64 heard)
{
	struct samr_link_pulse r = {
		.rec = { .type = SAMR_LINK_REC_PULSE },
		.links = links,
		.heard = cpu_to_be64(heard),
	};
	struct sk_buff *skb;

	r.rec.len = cpu_to_be16(sizeof(r));
	skb = make_frame(test, 2, sizeof(r));
	hdr_of(skb)->type = SAMR_FRAME_LINK;
	hdr_of(skb)->records = cpu_to_be16(1);
	memcpy(skb->data + sizeof(struct samr_hdr), &r, sizeof(r));
	return skb;
}

static struct samr_link_pulse *pulse_of(struct sk_buff *skb)
{
	return (struct samr_link_pulse *)(skb->data + sizeof(struct samr_hdr));
}

static void inject_right(struct sk_buff *skb)
{
	sign(skb);
	inject(skb);
}

static void link_refuses_bad_pulses(struct kunit *test)
{
	struct head *h = head_new(test, 1, "hub");
	struct sk_buff *skb;

	head_start(test, h, 2);
	inject_right(pulse(test, 0, 0));
	inject_right(pulse(test, SAMR_LINKS_MAX + 1, 0));
	skb = pulse(test, 2, 0);
	pulse_of(skb)->reserved[1] = 1;
	inject_right(skb);
	skb = pulse(test, 2, 0);
	pulse_of(skb)->rec.flags = 1;
	inject_right(skb);
	skb = pulse(test, 2, 0);
	hdr_of(skb)->epoch = cpu_to_be64(1);
	inject_right(skb);
	KUNIT_EXPECT_EQ(test, counted(h, SAMR_STAT_DROP_PROBE), 5);
	KUNIT_EXPECT_EQ(test, head_link(h).pulses_in, 0);
	/* One of a head that no probe has shown changes nothing. */
	inject_right(pulse(test, 2, BIT_ULL(1)));
	KUNIT_EXPECT_EQ(test, head_link(h).pulses_in, 1);
	KUNIT_EXPECT_FALSE(test, head_peer(h, 2).heard);
	KUNIT_EXPECT_EQ(test, (int)head_peer(h, 2).state, (int)SAMR_PATH_UNHEARD);
	/* Nor does one for a link that is about to go. */
	WRITE_ONCE(hub.end[0]->closed, true);
	inject_right(pulse(test, 2, BIT_ULL(1)));
	WRITE_ONCE(hub.end[0]->closed, false);
	KUNIT_EXPECT_EQ(test, head_link(h).pulses_in, 1);
	KUNIT_EXPECT_EQ(test, counted(h, SAMR_STAT_DROP_ENDED), 1);
	KUNIT_EXPECT_EQ(test, head_link(h).rx_dropped, 6);
}

/* With one link there are pulses only while a head with several sends some. */
static void link_pulses_when_others_have_several(struct kunit *test)
{
	struct head *h = head_new(test, 1, "hub");
	struct sk_buff *skb;

	head_start(test, h, 2);
	skb = probe(test, 2, SAMR_FRAME_MIN);
	inject_right(skb);
	inject_right(pulse(test, 1, 0));
	KUNIT_EXPECT_TRUE(test, head_peer(h, 2).deaf);
	KUNIT_EXPECT_EQ(test, (int)head_peer(h, 2).state, (int)SAMR_PATH_BROKEN);
	msleep(100);
	KUNIT_EXPECT_EQ(test, head_link(h).pulses_out, 0);
	inject_right(pulse(test, 2, BIT_ULL(1)));
	KUNIT_EXPECT_EQ(test, (int)head_peer(h, 2).state, (int)SAMR_PATH_GOOD);
	KUNIT_EXPECT_TRUE(test, hub_wait(head_link(h).pulses_out > 2));
	KUNIT_EXPECT_TRUE(test, hub_wait(!READ_ONCE(h->c->pulse.on)));
	KUNIT_EXPECT_EQ(test, head_peer(h, 2).breaks, 0);
}

/* ---- what it carries ---- */

static void link_waits_for_its_budget(struct kunit *test)
{
	struct head *h[2];
	u32 sent = 0, n;

	make_heads(test, h, 2);
	KUNIT_ASSERT_TRUE(test, hub_wait(head_state(h[0]) == SAMR_CLUSTER_SERVING));
	KUNIT_ASSERT_EQ(test, head_send(h[0], 0, 16 << 20, SAMR_KIND_JOIN), 0);
	KUNIT_ASSERT_TRUE(test, hub_wait(h[0]->logged == 1));
	hub.hold = true;
	for (n = 0; n < 6 && !head_send(h[0], 300000, n, SAMR_KIND_DATA); n++)
		;
	KUNIT_EXPECT_GT(test, n, 2);
	KUNIT_EXPECT_TRUE(test, hub_wait(head_link(h[0]).tx_waited > 0));
	/* The budget of two links, and the frame that exceeds each. */
	KUNIT_EXPECT_LE(test, hub.most, 2 * ((1 << 20) + 8192));
	hub_wait(!head_link(h[0]).tx_queued ||
		 (sent += hub_release(50), false));
	KUNIT_EXPECT_GT(test, sent, 0);
	KUNIT_EXPECT_EQ(test, head_link(h[0]).tx_queued, 0);
	hub.hold = false;
	hub_release(U32_MAX);
}

static void link_outlives_its_end_in_devices(struct kunit *test)
{
	struct head *h[2];

	make_heads(test, h, 2);
	KUNIT_ASSERT_TRUE(test, hub_wait(head_state(h[0]) == SAMR_CLUSTER_SERVING));
	hub.hold = true;
	KUNIT_ASSERT_TRUE(test, hub_wait(hub.held_size > 0));
	head_end(h[0]);
	head_end(h[1]);
	/* KASAN looks on: the frames' destructors touch the links. */
	KUNIT_EXPECT_GT(test, hub_release(U32_MAX), 0);
}

static void link_addresses_can_be_configured(struct kunit *test)
{
	struct samr_addr bad = { .len = 2 }, good = { .len = 1, .b = { 2 } };
	struct head *h = head_new(test, 1, "hub");
	struct samr_link_peer_info p;

	head_start(test, h, 2);
	mutex_lock(h->c->config);
	KUNIT_EXPECT_EQ(test, samr_link_address(h->c, h->link, 2, &bad, NULL), -EINVAL);
	KUNIT_EXPECT_EQ(test, samr_link_address(h->c, h->link, 3, &good, NULL), -ENOENT);
	KUNIT_EXPECT_EQ(test, samr_link_address(h->c, h->link, 1, &good, NULL), -ENOENT);
	KUNIT_EXPECT_EQ(test, samr_link_address(h->c, 9, 2, &good, NULL), -ENOENT);
	KUNIT_EXPECT_EQ(test, samr_link_address(h->c, h->link, 2, &good, NULL), 0);
	p = head_peer(h, 2);
	KUNIT_EXPECT_TRUE(test, p.configured);
	KUNIT_EXPECT_EQ(test, p.addr.b[0], 2);
	KUNIT_EXPECT_EQ(test, samr_link_address(h->c, h->link, 2, NULL, NULL), 0);
	KUNIT_EXPECT_FALSE(test, head_peer(h, 2).configured);
	mutex_unlock(h->c->config);
}

static struct samr_link *first_link(struct head *h)
{
	return list_first_entry_or_null(&h->c->links, struct samr_link, node);
}

/* The size of frames right after the way to an address has become narrow. */
static u32 narrow(struct head *h, u8 address, u32 max)
{
	struct samr_addr to = { .len = 1, .b = { address } };
	u32 size;

	local_bh_disable();
	samr_link_narrow(first_link(h), &to, max);
	size = head_link(h).frame_max;
	local_bh_enable();
	return size;
}

/*
 * The transport knows that a way has become narrow: that counts at once. The answer to a
 * probe under way may widen it before one looks: then once more.
 */
static void link_narrows_at_once(struct kunit *test)
{
	const u32 wide = HUB_MTU - SAMR_CRC_LEN;
	struct head *h[2];

	make_heads(test, h, 2);
	KUNIT_ASSERT_TRUE(test, hub_wait(head_link(h[0]).frame_max == wide));
	KUNIT_EXPECT_TRUE(test, hub_wait(narrow(h[0], 3, 700) == wide));
	KUNIT_EXPECT_TRUE(test,
			  hub_wait(narrow(h[0], 2, 700) == 700 - SAMR_CRC_LEN));
	/* It is looked for again, as the way may have another opinion: this one has. */
	KUNIT_EXPECT_TRUE(test, hub_wait(head_link(h[0]).frame_max == wide));
	KUNIT_EXPECT_TRUE(test, hub_wait(narrow(h[0], 2, 1) == SAMR_FRAME_MIN));
}

/* What a link has begun ends with it, also when its transport refuses in the end. */
static void link_that_is_not_opened(struct kunit *test)
{
	struct head *h = head_new(test, 1, "loop");
	u32 id, i;

	head_start(test, h, 2);
	hub.refuse = true;
	mutex_lock(h->c->config);
	for (i = 0; i < 3; i++)
		KUNIT_EXPECT_EQ(test, samr_link_add(h->c, "hub", "", NULL, &id, NULL), -EIO);
	mutex_unlock(h->c->config);
	KUNIT_EXPECT_EQ(test, head_send(h, 10, 0, SAMR_KIND_DATA), -ENOTCONN);
	/* KASAN looks on: a round of probes would come now. */
	msleep(50);
	hub.refuse = false;
	mutex_lock(h->c->config);
	KUNIT_EXPECT_EQ(test, samr_link_add(h->c, "hub", "", NULL, &id, NULL), 0);
	KUNIT_EXPECT_EQ(test, samr_link_del(h->c, id, NULL), 0);
	mutex_unlock(h->c->config);
}

/* One run of the tasklet sends some frames and comes back for the others. */
static void link_sends_so_many_at_a_time(struct kunit *test)
{
	struct head *h[2];
	struct samr_link *l;
	u64 sent;
	u32 n;

	make_heads(test, h, 2);
	KUNIT_ASSERT_TRUE(test, hub_wait(head_state(h[0]) == SAMR_CLUSTER_SERVING));
	KUNIT_ASSERT_EQ(test, head_send(h[0], 0, 16 << 20, SAMR_KIND_JOIN), 0);
	KUNIT_ASSERT_TRUE(test, hub_wait(h[0]->logged == 1));
	l = first_link(h[0]);
	hub.hold = true;
	for (n = 0; n < 6 && !head_send(h[0], 500000, n, SAMR_KIND_DATA); n++)
		;
	KUNIT_ASSERT_TRUE(test, hub_wait(head_link(h[0]).tx_queued > 200));
	tasklet_disable(&l->tasklet);
	/* A device without a queue: what it is given is gone at once. */
	hub.hold = false;
	hub.cut = true;
	hub_release(U32_MAX);
	/* While frames wait nothing else is sent. */
	sent = head_link(h[0]).tx_frames;
	local_bh_disable();
	l->tasklet.callback(&l->tasklet);
	local_bh_enable();
	KUNIT_EXPECT_EQ(test, head_link(h[0]).tx_frames - sent, 64);
	tasklet_enable(&l->tasklet);
	KUNIT_EXPECT_TRUE(test, hub_wait(!head_link(h[0]).tx_queued));
}

static struct kunit_case link_cases[] = {
	KUNIT_CASE(link_that_is_not_opened),
	KUNIT_CASE(link_sends_so_many_at_a_time),
	KUNIT_CASE(link_finds_peers),
	KUNIT_CASE(link_copies_without_multicast),
	KUNIT_CASE(link_settles_where_large_frames_are_lost),
	KUNIT_CASE(link_doubts_the_size_of_frames),
	KUNIT_CASE(link_carries_large_messages_in_small_frames),
	KUNIT_CASE(link_needs_the_smallest_frames),
	KUNIT_CASE(link_misses_and_meets_again),
	KUNIT_CASE(link_counts_what_it_refuses),
	KUNIT_CASE(link_tells_of_other_versions),
	KUNIT_CASE(link_takes_padded_frames),
	KUNIT_CASE(link_refuses_bad_probes),
	KUNIT_CASE(link_limits_its_answers),
	KUNIT_CASE(link_refuses_bad_pulses),
	KUNIT_CASE(link_pulses_when_others_have_several),
	KUNIT_CASE(link_waits_for_its_budget),
	KUNIT_CASE(link_outlives_its_end_in_devices),
	KUNIT_CASE(link_addresses_can_be_configured),
	KUNIT_CASE(link_narrows_at_once),
	{ }
};

static struct kunit_suite link_suite = {
	.name = "samr_link",
	.init = hub_init,
	.exit = hub_exit,
	.test_cases = link_cases,
};
kunit_test_suite(link_suite);
