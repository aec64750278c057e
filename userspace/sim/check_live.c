// SPDX-License-Identifier: GPL-2.0
/*
 * Liveness and quiet: when the network is whole and readers read, all that was
 * taken arrives; and then nothing goes over the network but signs of life.
 */
#include "check.h"
#include "sim.h"

bool check_settled(struct check *k)
{
	const struct samr_node_stats *s;
	struct member *m;
	struct host *h;

	if (k->ledger->settled != k->ledger->count)
		return false;
	cluster_for_each(k->cluster, h) {
		if (k->cluster->witness & BIT_ULL(h->id))
			continue;
		s = k->stats[h->id];
		if (s->delivered != k->places || s->trimmed != k->places)
			return false;
	}
	list_for_each_entry(m, &k->members->all, all)
		if (m->count)
			return false;
	return true;
}

void check_unsettled(struct check *k)
{
	struct samr_node_stats s;
	struct member *m;
	struct host *h;

	list_for_each_entry(m, &k->members->all, all)
		if (m->count)
			sim_fail("port %u of node %u does not read: the workload is wrong",
				 m->port, m->host->id);
	cluster_for_each(k->cluster, h) {
		host_stats(h, &s);
		if (k->cluster->witness & BIT_ULL(h->id))
			continue;
		if (s.held != k->places || s.trimmed != k->places)
			sim_fail("no progress: node %u knows of %llu places, holds %llu, has delivered %llu and forgotten %llu; %zu were delivered anywhere; %llu of %llu submissions settled",
				 h->id, (unsigned long long)s.last,
				 (unsigned long long)s.held,
				 (unsigned long long)s.delivered,
				 (unsigned long long)s.trimmed, k->places,
				 (unsigned long long)k->ledger->settled,
				 (unsigned long long)k->ledger->count);
	}
	sim_fail("no progress: %llu of %llu submissions settled",
		 (unsigned long long)k->ledger->settled,
		 (unsigned long long)k->ledger->count);
}

void check_quiet_begin(struct check *k)
{
	struct host *h;

	cluster_for_each(k->cluster, h) {
		host_stats(h, k->stats[h->id]);
		k->frames[h->id] = 0;
		k->timers[h->id] = 0;
		k->silence[h->id] = 0;
		k->sent_at[h->id] = k->cluster->queue.now;
		k->quiet[h->id] = *k->stats[h->id];
	}
	k->quiet_at = k->cluster->queue.now;
}

void check_quiet_end(struct check *k, u64 beat, u64 slack)
{
	const struct samr_node_stats *was, *is;
	u64 span = k->cluster->queue.now - k->quiet_at;
	u64 most = span / beat + span / beat / 8 + 2;
	struct host *h;

	cluster_for_each(k->cluster, h) {
		was = &k->quiet[h->id];
		is = k->stats[h->id];
		if (k->frames[h->id] > most)
			sim_fail("node %u sends %llu frames when nothing happens, in %llu intervals",
				 h->id, (unsigned long long)k->frames[h->id],
				 (unsigned long long)(span / beat));
		if (k->timers[h->id] > most)
			sim_fail("node %u is woken %llu times when nothing happens, in %llu intervals",
				 h->id, (unsigned long long)k->timers[h->id],
				 (unsigned long long)(span / beat));
		if (k->cluster->count > 1 &&
		    (k->silence[h->id] > beat + beat / 8 + slack ||
		     k->cluster->queue.now - k->sent_at[h->id] >
		     beat + beat / 8 + slack))
			sim_fail("node %u gives no sign of life for %llu us",
				 h->id, (unsigned long long)
				 (k->silence[h->id] / 1000));
		if (is->nacks_out != was->nacks_out ||
		    is->resent != was->resent || is->repairs != was->repairs)
			sim_fail("node %u asks or repeats when nothing is lacking",
				 h->id);
		if (is->history_bytes)
			sim_fail("node %u keeps %llu bytes that all hold", h->id,
				 (unsigned long long)is->history_bytes);
	}
}
