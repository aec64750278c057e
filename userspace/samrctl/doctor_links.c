// SPDX-License-Identifier: GPL-2.0
/* Checks of the links: devices, who is heard, multicast, and what gets through. */
#define _GNU_SOURCE
#include <net/if.h>
#include <stdio.h>
#include <string.h>
#include <sys/ioctl.h>
#include <sys/socket.h>
#include <unistd.h>

#include <linux/samr_netlink.h>

#include "doctor.h"

/* The device's MTU; 0: it cannot be asked. */
static unsigned int mtu_of(const char *dev)
{
	int fd = socket(AF_INET, SOCK_DGRAM | SOCK_CLOEXEC, 0);
	unsigned int mtu = 0;
	struct ifreq req = { };

	if (fd < 0)
		return 0;
	snprintf(req.ifr_name, sizeof(req.ifr_name), "%.15s", dev);
	if (!ioctl(fd, SIOCGIFMTU, &req))
		mtu = req.ifr_mtu;
	close(fd);
	return mtu;
}

static int others(const struct facts *f)
{
	int id, n = 0;

	for (id = 1; id < FACT_IDS; id++)
		n += f->head[id].configured && !f->head[id].self;
	return n;
}

static void check_number(const struct facts *f)
{
	size_t i, n = 0;

	for (i = 0; i < f->links; i++)
		n += *f->link[i].dev != 0;
	if (n == 1 && others(f))
		doctor_say(DOCTOR_WARN, "links",
			   "samrctl link add kind eth dev DEV, on each head, over another switch",
			   "there is one link: when it fails the heads do not hear each other any more");
	else if (n > 1)
		doctor_say(DOCTOR_OK, "links", NULL, "there are %zu links", n);
}

static void check_carrier(const struct fact_link *l)
{
	switch (l->state) {
	case SAMR_CARRIER_ABSENT:
		doctor_say(DOCTOR_FAIL, "carrier",
			   "give the device this name, or use another one: samrctl link add, samrctl link del",
			   "link %s has no device", l->dev);
		break;
	case SAMR_CARRIER_DOWN:
		doctor_say(DOCTOR_FAIL, "carrier",
			   "ip link set DEV up; then the cable; a device in a bridge or bond carries no link: use the bridge or bond itself",
			   "link %s is down, or without carrier", l->dev);
		break;
	default:
		doctor_say(DOCTOR_OK, "carrier", NULL, "link %s has carrier",
			   l->dev);
	}
}

static void check_heard(const struct facts *f, const struct fact_link *l)
{
	char text[256], span[48];
	uint64_t heard = 0;
	int id;

	for (id = 1; id < FACT_IDS; id++) {
		const struct fact_path *p = &l->path[id];

		if (!p->there)
			continue;
		if (p->heard) {
			heard |= 1ULL << id;
		} else if (p->version) {
			doctor_say(DOCTOR_FAIL, "heard",
				   "load the same samr.ko on all heads",
				   "head %d speaks version %u of the protocol on %s, this head %u",
				   id, p->version, l->dev, p->version_needed);
		} else {
			doctor_say(f->head[id].links ? DOCTOR_WARN :
				   DOCTOR_FAIL, "heard",
				   "is it on, is its samr.ko loaded and configured with the same cluster id, is its device in the same VLAN? There: samrctl doctor",
				   "head %d is not heard on %s%s%s", id, l->dev,
				   p->silent_known ? ", since " : ", and never was",
				   p->silent_known ? verdict_span(p->silent_ms,
						span, sizeof(span)) : "");
		}
	}
	if (heard)
		doctor_say(DOCTOR_OK, "heard", NULL, "%s %s heard on %s",
			   verdict_heads(heard, text, sizeof(text)),
			   heard & (heard - 1) ? "are" : "is", l->dev);
}

static void check_multicast(const struct fact_link *l)
{
	uint64_t deaf = 0;
	char text[256];
	int id;

	for (id = 1; id < FACT_IDS; id++)
		if (l->path[id].heard && !l->path[id].multicast)
			deaf |= 1ULL << id;
	if (!deaf)
		doctor_say(DOCTOR_OK, "multicast", NULL,
			   "multicast reaches all who are heard on %s", l->dev);
	else
		doctor_say(DOCTOR_WARN, "multicast",
			   strcmp(l->kind, "udp") ?
			   "let the switch pass multicast of EtherType 0x88b5 on these ports; until then each gets a copy of its own, which costs bandwidth" :
			   "let switches and routers pass the link's group, and give it a ttl that reaches them; until then each gets a copy of its own, which costs bandwidth",
			   "multicast on %s does not reach %s", l->dev,
			   verdict_heads(deaf, text, sizeof(text)));
}

static void check_mtu(const struct fact_link *l)
{
	unsigned int mtu = mtu_of(l->dev);
	uint64_t small = 0;
	char text[256];
	int id;

	for (id = 1; id < FACT_IDS; id++)
		if (l->path[id].heard && l->path[id].frame_max < l->device_max)
			small |= 1ULL << id;
	if (!small)
		doctor_say(DOCTOR_OK, "mtu", NULL,
			   "frames as large as %s takes get through (MTU %u, frames of %u bytes)",
			   l->dev, mtu, l->device_max);
	else
		doctor_say(DOCTOR_WARN, "mtu",
			   "the same MTU on all heads and on the switches between: ip link show DEV",
			   "%s takes frames of %u bytes (MTU %u), and to %s only %u get through",
			   l->dev, l->device_max, mtu,
			   verdict_heads(small, text, sizeof(text)),
			   l->frame_max);
}

void doctor_links(const struct facts *f)
{
	const struct fact_link *l;

	if (!f->cluster)
		return;
	check_number(f);
	for (l = f->link; l < f->link + f->links; l++) {
		if (!*l->dev)
			continue;
		check_carrier(l);
		if (l->state != SAMR_CARRIER_UP &&
		    l->state != SAMR_CARRIER_PROBING)
			continue;
		check_heard(f, l);
		if (l->state == SAMR_CARRIER_UP) {
			if (!l->copies)
				check_multicast(l);
			check_mtu(l);
		}
	}
}
