// SPDX-License-Identifier: GPL-2.0
/*
 * Listening to the links themselves, for what samr.ko takes no notice of: frames
 * of one head from two machines.
 */
#include <arpa/inet.h>
#include <endian.h>
#include <errno.h>
#include <linux/if_packet.h>
#include <net/ethernet.h>
#include <net/if.h>
#include <stdio.h>
#include <string.h>
#include <sys/socket.h>
#include <unistd.h>

#include <linux/samr_netlink.h>

#include "doctor.h"

#define ETHERTYPE	0x88b5

/* How a frame begins, in any version of the wire format; wire-format.rst. */
struct begin {
	uint8_t version;
	uint8_t type;
	uint8_t key;
	uint8_t flags;
	uint32_t cluster;
	uint64_t source;
};

bool doctor_wire_open(struct doctor_wire *w, const struct facts *f)
{
	struct sockaddr_ll to = {
		.sll_family = AF_PACKET, .sll_protocol = htons(ETHERTYPE),
	};
	size_t i;

	memset(w, 0, sizeof(*w));
	for (i = 0; i < f->links; i++) {
		w->fd[i] = -1;
		to.sll_ifindex = if_nametoindex(f->link[i].dev);
		if (strcmp(f->link[i].kind, "eth") || !to.sll_ifindex)
			continue;
		w->fd[i] = socket(AF_PACKET, SOCK_DGRAM | SOCK_CLOEXEC |
				  SOCK_NONBLOCK, 0);
		w->err = w->fd[i] < 0 ||
			 bind(w->fd[i], (struct sockaddr *)&to, sizeof(to)) ?
			 errno : 0;
		if (w->err)
			break;
	}
	w->links = i < f->links ? i + 1 : i;
	return !w->err;
}

/* A frame of head @id came from @from. */
static void note(struct doctor_source *s, const struct sockaddr_ll *from)
{
	int i;

	for (i = 0; i < DOCTOR_ADDRESSES; i++) {
		if (i < s->count && !memcmp(s->address[i], from->sll_addr, 6))
			return;
		if (i == s->count) {
			memcpy(s->address[s->count++], from->sll_addr, 6);
			return;
		}
	}
}

static void drain(struct doctor_wire *w, size_t link, uint32_t cluster)
{
	struct sockaddr_ll from;
	socklen_t len = sizeof(from);
	struct begin b;
	uint64_t id;

	/* Only the beginning is wanted; the rest of a frame is thrown away. */
	while (recvfrom(w->fd[link], &b, sizeof(b), MSG_TRUNC,
			(struct sockaddr *)&from, &len) >= (ssize_t)sizeof(b)) {
		len = sizeof(from);
		id = be64toh(b.source);
		if (be32toh(b.cluster) == cluster && id < FACT_IDS &&
		    from.sll_pkttype != PACKET_OTHERHOST &&
		    from.sll_halen == 6)
			note(&w->source[link][id], &from);
	}
}

void doctor_wire_read(struct doctor_wire *w, uint32_t cluster)
{
	size_t i;

	for (i = 0; i < w->links; i++)
		if (w->fd[i] >= 0)
			drain(w, i, cluster);
}

void doctor_wire_close(struct doctor_wire *w)
{
	size_t i;

	for (i = 0; i < w->links; i++)
		if (w->fd[i] >= 0)
			close(w->fd[i]);
}

static const char *address_text(const unsigned char *a, char text[18])
{
	sprintf(text, "%02x:%02x:%02x:%02x:%02x:%02x", a[0], a[1], a[2], a[3],
		a[4], a[5]);
	return text;
}

bool doctor_wire_check(const struct doctor_wire *w, const struct facts *f)
{
	char one[18], other[18];
	bool found = false;
	size_t i;
	int id;

	for (i = 0; i < w->links && i < f->links; i++) {
		for (id = 1; id < FACT_IDS; id++) {
			const struct doctor_source *s = &w->source[i][id];

			if (s->count < 2)
				continue;
			doctor_say(DOCTOR_FAIL, "duplicates",
				   "give one of them another id: samrctl cluster show there; or look for what changes source addresses on the way",
				   "two machines say that they are head %d: %s and %s, on link %s",
				   id, address_text(s->address[0], one),
				   address_text(s->address[1], other),
				   f->link[i].dev);
			found = true;
		}
	}
	return found;
}
