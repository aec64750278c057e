// SPDX-License-Identifier: GPL-2.0
/* The frame decoder: what it says is there is there, and a header comes out as it went in. */
#include "fuzz.h"

static void header_again(const struct samr_hdr *h, const struct samr_frame_info *info)
{
	struct samr_hdr again;

	samr_wire_put_header(&again, info);
	fuzz_holds(!memcmp(h, &again, sizeof(again)));
}

int LLVMFuzzerTestOneInput(const u8 *data, size_t size)
{
	u32 cluster = 0, at = sizeof(struct samr_hdr), before, i;
	struct samr_frame_info info;
	struct samr_blob *frame;
	struct samr_seat seat;
	struct samr_record r;
	struct samr_hdr h;
	enum samr_drop drop;

	if (size > SAMR_FRAME_LIMIT || size < sizeof(h))
		return 0;
	memcpy(&h, data, sizeof(h));
	cluster = be32_to_cpu(h.cluster);
	if (samr_wire_header(&h, (u32)size, cluster, &info))
		return 0;
	fuzz_holds(info.len >= sizeof(h) && info.len <= size);
	header_again(&h, &info);
	/* No byte more than the frame has: what is read behind it is found. */
	frame = fuzz_blob(data, info.len);
	for (i = 0; i < info.records; i++) {
		before = at;
		drop = samr_wire_record(frame, &info, &at, &r);
		fuzz_holds(drop == SAMR_DROP_NONE || drop == SAMR_DROP_UNKNOWN ||
			   drop == SAMR_DROP_RECORD);
		if (drop == SAMR_DROP_RECORD)
			break;
		fuzz_holds(at >= before + sizeof(struct samr_rec) && at <= info.len);
		if (drop)
			continue;
		fuzz_holds(r.at > before && r.at <= at && r.len == at - r.at);
		if (r.type == SAMR_REC_SUBMIT || r.type == SAMR_REC_ORDER)
			fuzz_holds(r.meta.len <= SAMR_LEN_MAX &&
				   r.off + (u64)r.len <= r.meta.len &&
				   samr_wire_fits(&r.meta));
		if (r.type == SAMR_REC_HELLO)
			for (before = 0; before < r.hello.count; before++)
				samr_wire_seat(frame, &r, before, &seat);
		if (r.type == SAMR_REC_VIEW || r.type == SAMR_REC_ACCEPT ||
		    r.type == SAMR_REC_TAKEN)
			fuzz_holds(r.plan.count && r.plan.count <= SAMR_HEADS_MAX);
	}
	samr_blob_put(frame);
	fuzz_holds(!memory_use_of(MEMORY_HOMES)->objects);
	return 0;
}
