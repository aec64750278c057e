// SPDX-License-Identifier: GPL-2.0
/*
 * loop: a link that ends where it begins, for a cluster without a wire.
 *
 * What is sent comes back as a received frame. A cluster of one head needs no
 * other link.
 */
#include "link.h"

static int loop_open(struct samr_link *link, struct netlink_ext_ack *extack)
{
	samr_link_change(link, SAMR_LINK_CHANGE_UP);
	return 0;
}

static void loop_close(struct samr_link *link)
{
}

static int loop_send(struct samr_link *link, struct sk_buff *skb,
		     enum samr_cast cast, const struct samr_addr *to)
{
	static const struct samr_addr none;

	samr_link_receive(link, skb, &none);
	samr_link_receive_end(link);
	return 0;
}

static u32 loop_frame_max(const struct samr_link *link)
{
	return SAMR_FRAME_LIMIT + SAMR_CRC_LEN;
}

static struct samr_transport loop = {
	.name = "loop",
	.flags = SAMR_TRANSPORT_LOCAL | SAMR_TRANSPORT_MULTICAST |
		 SAMR_TRANSPORT_RELIABLE,
	.frame_limit = SAMR_FRAME_LIMIT + SAMR_CRC_LEN,
	.open = loop_open,
	.close = loop_close,
	.send = loop_send,
	.frame_max = loop_frame_max,
};

int samr_loop_register(void)
{
	return samr_transport_register(&loop);
}

void samr_loop_unregister(void)
{
	samr_transport_unregister(&loop);
}
