// SPDX-License-Identifier: GPL-2.0
/* Names and sums of the shell's counters, see stats.h. */
#include <linux/cpumask.h>
#include <linux/string.h>

#include "stats.h"

static const char * const names[SAMR_STATS] = {
	[SAMR_STAT_FRAMES_IN]		= "frames-in",
	[SAMR_STAT_FRAMES_OUT]		= "frames-out",
	[SAMR_STAT_LINK_IN]		= "link-in",
	[SAMR_STAT_LINK_OUT]		= "link-out",
	[SAMR_STAT_COPIED]		= "copied",
	[SAMR_STAT_DELIVERED]		= "delivered",
	[SAMR_STAT_ROUNDS]		= "rounds",
	[SAMR_STAT_HANDED_OVER]		= "handed-over",
	[SAMR_STAT_TIMER]		= "timer",
	[SAMR_STAT_INSTALL_BEHIND]	= "install-behind",
	[SAMR_STAT_DROP_FOREIGN]	= "drop-foreign",
	[SAMR_STAT_DROP_STRANGER]	= "drop-stranger",
	[SAMR_STAT_DROP_QUEUE]		= "drop-queue",
	[SAMR_STAT_DROP_MEMORY]		= "drop-memory",
	[SAMR_STAT_DROP_PROBE]		= "drop-probe",
	[SAMR_STAT_DROP_PROBE_SOURCE]	= "drop-probe-source",
	[SAMR_STAT_DROP_PROBE_RATE]	= "drop-probe-rate",
	[SAMR_STAT_DROP_ENDED]		= "drop-ended",
	[SAMR_STAT_TX_NO_LINK]		= "tx-no-link",
	[SAMR_STAT_TX_NO_ADDRESS]	= "tx-no-address",
	[SAMR_STAT_TX_TOO_LONG]		= "tx-too-long",
	[SAMR_STAT_TX_QUEUE]		= "tx-queue",
	[SAMR_STAT_TX_MEMORY]		= "tx-memory",
	[SAMR_STAT_TX_DEVICE]		= "tx-device",
};

void samr_stats_drops(const struct samr_stats __percpu *s, u64 *drops)
{
	int cpu, i;

	for_each_possible_cpu(cpu)
		for (i = 0; i < SAMR_DROPS; i++)
			drops[i] += READ_ONCE(per_cpu_ptr(s, cpu)->drops[i]);
}

void samr_stats_sum(const struct samr_stats __percpu *s, struct samr_stats *sum)
{
	int cpu, i;

	memset(sum, 0, sizeof(*sum));
	for_each_possible_cpu(cpu)
		for (i = 0; i < SAMR_STATS; i++)
			sum->n[i] += READ_ONCE(per_cpu_ptr(s, cpu)->n[i]);
	samr_stats_drops(s, sum->drops);
}

const char *samr_stats_name(enum samr_stat i)
{
	return i < SAMR_STATS ? names[i] : "unknown";
}
