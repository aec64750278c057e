// SPDX-License-Identifier: GPL-2.0
/* A file of what is sent, see capture.h: pcap with times in ns, each frame behind an Ethernet header as eth has it. */
#include <stdio.h>

#include "capture.h"

#define MAGIC_NS	0xa1b23c4d
#define LINK_ETHERNET	1
#define ETHERTYPE	0x88B5
#define SNAP_LEN	262144

static FILE *file;

struct file_header {
	u32 magic;
	u16 major, minor;
	u32 zone, accuracy;
	u32 snap, link;
};

struct packet_header {
	u32 sec, nsec;
	u32 kept, len;
};

bool capture_open(const char *path)
{
	struct file_header h = { .magic = MAGIC_NS, .major = 2, .minor = 4,
				 .snap = SNAP_LEN, .link = LINK_ETHERNET };

	file = fopen(path, "we");
	return file && fwrite(&h, sizeof(h), 1, file) == 1 && !fflush(file);
}

void capture_frame(u64 now, u32 from, u64 dest, const void *bytes, u32 len)
{
	u8 ether[14] = { 0x02, 0x53, 0x4d, 0, 0, (u8)dest, 0x02, 0x53, 0x4d, 0, 0, (u8)from,
			 ETHERTYPE >> 8, ETHERTYPE & 0xff };
	struct packet_header h = { .sec = (u32)(now / 1000000000), .nsec = (u32)(now % 1000000000) };

	if (!file)
		return;
	if (!dest)
		ether[0] |= 1;
	h.kept = h.len = len + sizeof(ether);
	fwrite(&h, sizeof(h), 1, file);
	fwrite(ether, sizeof(ether), 1, file);
	fwrite(bytes, len, 1, file);
	/* A run that ends badly ends at once, and its last frames are those that one wants to see. */
	fflush(file);
}
