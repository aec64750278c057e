// SPDX-License-Identifier: GPL-2.0
/*
 * The transport udp, as far as it needs no network: what links and addresses it takes,
 * and who is known by his address. The device is one that never appears.
 */
#include <linux/inet.h>
#include <net/ipv6.h>

#include "hub.h"

#define NO_DEVICE	"no-such-dev"
#define PORT		7374

static struct in6_addr ip(const char *text)
{
	struct in6_addr a;
	__be32 v4;

	if (in6_pton(text, -1, a.s6_addr, -1, NULL))
		return a;
	if (!in4_pton(text, -1, (u8 *)&v4, -1, NULL))
		return in6addr_any;
	ipv6_addr_set_v4mapped(v4, &a);
	return a;
}

static struct samr_addr addr(const char *text, u16 port)
{
	struct samr_addr a = { .len = sizeof(struct in6_addr) };
	struct in6_addr bytes = ip(text);

	memcpy(a.b, &bytes, sizeof(bytes));
	if (port) {
		a.b[a.len++] = port >> 8;
		a.b[a.len++] = port;
	}
	return a;
}

static int add(struct head *h, const char *local, const char *group, u16 port,
	       u32 *id)
{
	struct samr_link_options o = {
		.local = ip(local),
		.group = *group ? ip(group) : in6addr_any,
		.port = port,
	};

	lockdep_assert_held(h->c->config);
	return samr_link_add(h->c, "udp", NO_DEVICE, &o, id, NULL);
}

static void udp_needs_its_own_address(struct kunit *test)
{
	static const char *const bad[] = {
		"0.0.0.0", "224.0.0.1", "239.1.2.3", "255.255.255.255", "::",
		"ff02::1",
	};
	struct samr_link_options o = { .local = ip("10.0.0.1"), .port = PORT };
	struct head *h = head_new(test, 1, "loop");
	u32 id, i;

	mutex_lock(h->c->config);
	for (i = 0; i < ARRAY_SIZE(bad); i++)
		KUNIT_EXPECT_EQ_MSG(test, add(h, bad[i], "", PORT, &id), -EINVAL,
				    "local %s", bad[i]);
	KUNIT_EXPECT_EQ(test, add(h, "10.0.0.1", "", 0, &id), -EINVAL);
	KUNIT_EXPECT_EQ(test, samr_link_add(h->c, "udp", NO_DEVICE, NULL, &id, NULL), -EINVAL);
	KUNIT_EXPECT_EQ(test, samr_link_add(h->c, "udp", "", &o, &id, NULL), -EINVAL);
	KUNIT_EXPECT_EQ(test, samr_link_add(h->c, "eth", NO_DEVICE, &o, &id, NULL), -EINVAL);
	KUNIT_EXPECT_EQ(test, add(h, "10.0.0.1", "", PORT, &id), 0);
	KUNIT_EXPECT_EQ(test, add(h, "10.0.0.1", "", PORT, &id), -EEXIST);
	mutex_unlock(h->c->config);
}

static void udp_multicasts_to_a_group_only(struct kunit *test)
{
	struct head *h = head_new(test, 1, "loop");
	u32 id;

	mutex_lock(h->c->config);
	KUNIT_EXPECT_EQ(test, add(h, "10.0.0.1", "10.0.0.2", PORT, &id), -EINVAL);
	KUNIT_EXPECT_EQ(test, add(h, "10.0.0.1", "ff05::1", PORT, &id), -EINVAL);
	KUNIT_EXPECT_EQ(test, add(h, "fd00::1", "239.0.0.1", PORT, &id), -EINVAL);
	KUNIT_EXPECT_EQ(test, add(h, "10.0.0.1", "239.0.0.1", PORT, &id), 0);
	KUNIT_EXPECT_EQ(test, samr_link_del(h->c, id, NULL), 0);
	KUNIT_EXPECT_EQ(test, add(h, "fd00::1", "ff05::1", PORT, &id), 0);
	mutex_unlock(h->c->config);
}

static int set(struct head *h, u32 link, u64 node, struct samr_addr a)
{
	return samr_link_address(h->c, link, node, &a, NULL);
}

static void udp_peers_have_addresses_of_one_version(struct kunit *test)
{
	struct head *h = head_new(test, 1, "loop");
	struct samr_addr mac = { .len = 6, .b = { 2, 0, 0, 0, 0, 1 } }, want;
	struct samr_link_peer_info p;
	u32 id;

	head_start(test, h, 2);
	mutex_lock(h->c->config);
	KUNIT_ASSERT_EQ(test, add(h, "10.0.0.1", "", PORT, &id), 0);
	KUNIT_EXPECT_EQ(test, set(h, id, 2, mac), -EINVAL);
	KUNIT_EXPECT_EQ(test, set(h, id, 2, addr("fd00::2", PORT)), -EINVAL);
	KUNIT_EXPECT_EQ(test, set(h, id, 2, addr("239.0.0.1", PORT)), -EINVAL);
	KUNIT_EXPECT_EQ(test, set(h, id, 2, addr("0.0.0.0", PORT)), -EINVAL);
	KUNIT_EXPECT_EQ(test, set(h, id, 2, addr("10.0.0.1", PORT)), -EINVAL);
	KUNIT_EXPECT_EQ(test, set(h, id, 2, addr("10.0.0.1", PORT + 1)), 0);
	KUNIT_EXPECT_EQ(test, set(h, id, 2, addr("10.0.0.2", 0)), 0);
	want = addr("10.0.0.2", PORT);
	samr_link_peer_info(h->c, id, 1, &p);
	KUNIT_EXPECT_EQ(test, memcmp(&p.addr, &want, sizeof(want)), 0);
	mutex_unlock(h->c->config);
}

static bool knows(struct head *h, u32 id, struct samr_addr from)
{
	struct samr_link *l, *found = NULL;
	bool known;

	list_for_each_entry(l, &h->c->links, node)
		if (l->id == id)
			found = l;
	local_bh_disable();
	known = found && samr_link_knows(found, &from);
	local_bh_enable();
	return known;
}

static void udp_knows_heads_by_their_addresses(struct kunit *test)
{
	struct head *h = head_new(test, 1, "loop");
	u32 id;

	head_start(test, h, 3);
	mutex_lock(h->c->config);
	KUNIT_ASSERT_EQ(test, add(h, "10.0.0.1", "", PORT, &id), 0);
	KUNIT_EXPECT_TRUE(test, knows(h, id, addr("10.9.9.9", 99)));
	KUNIT_EXPECT_EQ(test, set(h, id, 2, addr("10.0.0.2", 0)), 0);
	KUNIT_EXPECT_TRUE(test, knows(h, id, addr("10.9.9.9", 99)));
	KUNIT_EXPECT_EQ(test, set(h, id, 3, addr("10.0.0.3", 0)), 0);
	KUNIT_EXPECT_FALSE(test, knows(h, id, addr("10.9.9.9", 99)));
	KUNIT_EXPECT_FALSE(test, knows(h, id, addr("10.0.0.2", 99)));
	KUNIT_EXPECT_FALSE(test, knows(h, id, addr("10.0.0.1", PORT)));
	KUNIT_EXPECT_TRUE(test, knows(h, id, addr("10.0.0.2", PORT)));
	KUNIT_EXPECT_TRUE(test, knows(h, id, addr("10.0.0.3", PORT)));
	mutex_unlock(h->c->config);
}

static void udp_link_waits_for_its_device(struct kunit *test)
{
	struct head *h = head_new(test, 1, "loop");
	struct samr_link_info info;
	u32 id;

	mutex_lock(h->c->config);
	KUNIT_ASSERT_EQ(test, add(h, "fd00::1", "ff05::1", PORT, &id), 0);
	KUNIT_EXPECT_EQ(test, samr_link_info(h->c, id - 1, &info), id);
	KUNIT_EXPECT_EQ(test, info.state, SAMR_LINK_ABSENT);
	KUNIT_EXPECT_EQ(test, info.addr.len, 0);
	KUNIT_EXPECT_EQ(test, info.device_max, 0);
	KUNIT_EXPECT_EQ(test, info.options.port, PORT);
	mutex_unlock(h->c->config);
}

static struct kunit_case udp_cases[] = {
	KUNIT_CASE(udp_needs_its_own_address),
	KUNIT_CASE(udp_multicasts_to_a_group_only),
	KUNIT_CASE(udp_peers_have_addresses_of_one_version),
	KUNIT_CASE(udp_knows_heads_by_their_addresses),
	KUNIT_CASE(udp_link_waits_for_its_device),
	{ }
};

static struct kunit_suite udp_suite = {
	.name = "samr_udp",
	.init = hub_init,
	.exit = hub_exit,
	.test_cases = udp_cases,
};
kunit_test_suite(udp_suite);
