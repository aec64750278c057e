/* SPDX-License-Identifier: GPL-2.0 */
/*
 * What the shell counts, per cluster and per CPU.
 *
 * Two kinds: frames dropped, by the reasons of enum samr_drop, and the counters
 * below. The core's own counters are in struct samr_node_stats.
 */
#ifndef SAMR_STATS_H
#define SAMR_STATS_H

#include <linux/percpu.h>
#include "core/wire.h"

struct samr_cluster;

enum samr_stat {
	SAMR_STAT_FRAMES_IN,		/* taken from links, for the core */
	SAMR_STAT_FRAMES_OUT,		/* handed to links by the core */
	SAMR_STAT_LINK_IN,		/* probes and answers taken; links count pulses */
	SAMR_STAT_LINK_OUT,		/* and sent */
	SAMR_STAT_COPIED,		/* received frames copied out of a driver's memory */
	SAMR_STAT_DELIVERED,		/* messages handed to the face */
	SAMR_STAT_ROUNDS,		/* of the drainer */
	SAMR_STAT_HANDED_OVER,		/* rounds that ended at their limit */
	SAMR_STAT_TIMER,		/* timer ran out */
	SAMR_STAT_INSTALL_BEHIND,	/* members that installed fell behind, and began anew */
	/* each of the following is a loss, not counted by a drop reason */
	SAMR_STAT_DROP_FOREIGN,		/* for another station */
	SAMR_STAT_DROP_STRANGER,	/* from the address of no head */
	SAMR_STAT_DROP_QUEUE,		/* input queue full */
	SAMR_STAT_DROP_MEMORY,		/* no memory for a received frame */
	SAMR_STAT_DROP_PROBE,		/* probe, answer or pulse malformed */
	SAMR_STAT_DROP_PROBE_SOURCE,	/* its sender is no configured head */
	SAMR_STAT_DROP_PROBE_RATE,	/* too many of them */
	SAMR_STAT_DROP_ENDED,		/* arrived while the link, or the cluster, ended */
	SAMR_STAT_TX_NO_LINK,		/* no link is up */
	SAMR_STAT_TX_NO_ADDRESS,	/* peer's address not known */
	SAMR_STAT_TX_TOO_LONG,		/* longer than the link carries now */
	SAMR_STAT_TX_QUEUE,		/* link's queue full */
	SAMR_STAT_TX_MEMORY,		/* no memory for a copy or the trailer */
	SAMR_STAT_TX_DEVICE,		/* refused by the device */
	SAMR_STATS,
};

/**
 * struct samr_stats - one CPU's share
 */
struct samr_stats {
	u64 n[SAMR_STATS];
	u64 drops[SAMR_DROPS];
};

static inline void samr_stats_inc(struct samr_stats __percpu *s,
				  enum samr_stat i)
{
	this_cpu_inc(s->n[i]);
}

static inline void samr_stats_add(struct samr_stats __percpu *s,
				  enum samr_stat i, u64 n)
{
	this_cpu_add(s->n[i], n);
}

static inline void samr_stats_drop(struct samr_stats __percpu *s,
				   enum samr_drop d)
{
	this_cpu_inc(s->drops[d]);
}

/** samr_stats_count - one more of a cluster's */
void samr_stats_count(struct samr_cluster *c, enum samr_stat i);

/** samr_stats_drops - add the frames dropped, of all CPUs, to @drops, by reason */
void samr_stats_drops(const struct samr_stats __percpu *s, u64 *drops);

/** samr_stats_sum - add up all CPUs */
void samr_stats_sum(const struct samr_stats __percpu *s, struct samr_stats *sum);

/** samr_stats_name - short name, such as "drop-queue" */
const char *samr_stats_name(enum samr_stat i);

/** samr_stats_read - a cluster's */
void samr_stats_read(struct samr_cluster *c, struct samr_stats *sum);

#endif /* SAMR_STATS_H */
