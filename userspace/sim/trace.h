/* SPDX-License-Identifier: GPL-2.0 */
/*
 * A transcript of the protocol, as people read it:
 *
 *	[ 110.002] 2 > recv ORDER 7 = 2:1 g5 data 5 from 1 ack 6
 *	               deliver 7 = 2:1 g5 data 5
 *
 * The first number is the time in ms, the second the node. What follows from
 * an event stands indented below it.
 */
#ifndef SAMR_SIM_TRACE_H
#define SAMR_SIM_TRACE_H

#include <stdio.h>

#include "cluster.h"

#define TRACE_HIDE_DELIVER	(1u << 31)

/**
 * struct trace - where to and what
 * @from: nothing before this instant
 * @hide: mask of record types that are not shown; bit 0: frames without records;
 *	TRACE_HIDE_DELIVER
 * @mute: nothing at all
 */
struct trace {
	struct watch watch;
	struct cluster *cluster;
	FILE *out;
	u64 from;
	u32 hide;
	bool mute;
	u32 node;		/* whose event was written last */
	u64 at;
};

void trace_init(struct trace *t, struct cluster *c, FILE *out, u64 from);

/** trace_note - a line of the scenario's own, such as a frame that is lost */
void __attribute__((format(printf, 2, 3))) trace_note(struct trace *t,
						      const char *fmt, ...);

/** trace_frame - a frame's records as text; false: nothing of it is shown */
bool trace_frame(const struct trace *t, const u8 *bytes, u32 len, char *text,
		 size_t size);

#endif /* SAMR_SIM_TRACE_H */
