// SPDX-License-Identifier: GPL-2.0
/*
 * One run, see run.h:
 *
 * chaos	faults from the first frame on, while members come and work
 * calm		the network is whole: the rest is sent, all must arrive
 * quiet	nothing happens, and nothing may be sent but signs of life
 * end		the order against the model; no memory may be left
 */
#include <stdio.h>
#include <stdlib.h>

#include "chaos.h"
#include "check.h"
#include "check_lock.h"
#include "run.h"
#include "sim.h"
#include "trace.h"
#include "workload.h"

/* Virtual time within which a whole network must have got over everything. */
#define CALM_MOST	(40ULL * 1000 * SAMR_MSEC)
#define CALM_STEP	(20 * SAMR_MSEC)
#define CHAOS_MOST	(4000 * SAMR_MSEC)
#define SPARSE_MOST	(6000 * SAMR_MSEC)
#define WILD_MOST	(1500 * SAMR_MSEC)
#define QUIET_BEATS	20
/* Memory of a node beside messages: windows, groups, small change. */
#define MEMORY_SPARE	(8ULL << 20)

struct run {
	const struct run_options *opts;
	struct plan plan;
	struct cluster cluster;
	struct ledger ledger;
	struct members members;
	struct workload work;
	struct chaos chaos;
	struct check check;
	struct lock_check locks;
	struct trace trace;
	bool over;		/* nothing is awaited any more */
};

static u64 or_default(u64 v, u64 dflt)
{
	return v ? v : dflt;
}

static void add_heads(struct run *r)
{
	const struct plan *p = &r->plan;
	struct host_params host;
	struct rng rng;
	u32 i;

	rng_init(&rng, r->opts->seed, 'h');
	for (i = 0; i < p->nodes; i++) {
		plan_host(p, &rng, &host);
		cluster_add(&r->cluster, p->id[i], &host, &p->cfg);
	}
}

static void set_limits(struct run *r)
{
	const struct samr_node_config *c = &r->plan.cfg;
	u64 history = or_default(c->history, 4096);
	u64 submits = or_default(c->submits, 256);
	struct check *k = &r->check;

	k->strict = !r->plan.wild &&
		    !(r->plan.faults & 1u << FAULT_HOSTILE);
	k->probe = r->opts->seed & 1;
	r->ledger.ask = r->opts->seed & 2 ? 500000 : 0;
	k->history = history;
	k->memory_max = MEMORY_SPARE +
		2 * or_default(c->history_bytes, 16 << 20) + SAMR_LEN_MAX +
		r->plan.nodes * (2 * or_default(c->submit_bytes, 4 << 20) +
				 SAMR_LEN_MAX) +
		2048 * (history + r->plan.nodes * submits);
}

/* Heads hear from their admins one after the other, over a bad network. */
static void introduce(struct run *r)
{
	struct queue *q = &r->cluster.queue;
	struct host *h;
	struct rng rng;

	rng_init(&rng, r->opts->seed, 'i');
	cluster_for_each(&r->cluster, h) {
		queue_run(q, q->now + rng_below(&rng, 4 * SAMR_MSEC));
		host_frame_max(h, r->plan.frame_max);
		host_members(h, r->cluster.mask);
	}
}

/* Until faults have gone on long enough; an abrupt end needs all to be sent. */
static void run_chaos(struct run *r)
{
	struct queue *q = &r->cluster.queue;
	u64 most = r->plan.wild ? WILD_MOST :
		   r->plan.pace > 1 ? SPARSE_MOST : CHAOS_MOST;

	while (q->now < most &&
	       (q->now < r->plan.chaos || !workload_done(&r->work)))
		queue_run(q, q->now + CALM_STEP);
	r->over = r->plan.wild || (r->plan.abrupt && !r->work.left);
	if (!r->over)
		chaos_stop(&r->chaos);
}

static void run_calm(struct run *r)
{
	struct queue *q = &r->cluster.queue;
	u64 end = q->now + CALM_MOST;

	workload_calm(&r->work);
	while (!workload_done(&r->work) || !check_settled(&r->check)) {
		if (q->now > end) {
			if (!check_settled(&r->check))
				check_unsettled(&r->check);
			workload_stuck(&r->work);
		}
		queue_run(q, q->now + CALM_STEP);
	}
}

static void run_quiet(struct run *r)
{
	struct queue *q = &r->cluster.queue;
	u64 beat = or_default(r->plan.cfg.beat, 20 * SAMR_MSEC);

	/* Late credits, acks and frames that were under way. */
	queue_run(q, q->now + 3 * beat + 200 * SAMR_MSEC);
	check_quiet_begin(&r->check);
	queue_run(q, q->now + QUIET_BEATS * beat);
	check_quiet_end(&r->check, beat, r->plan.host.slack);
	check_credit(&r->check, false);
	queue_run(q, q->now + 3 * beat + 100 * SAMR_MSEC);
	check_credit(&r->check, true);
}

static void check_leaks(void)
{
	const struct memory_use *u;
	u32 id;

	for (id = 0; id < MEMORY_HOMES; id++) {
		u = memory_use_of(id);
		if (u->objects)
			sim_fail("%llu objects, %llu bytes of node %u are left",
				 (unsigned long long)u->objects,
				 (unsigned long long)u->bytes, id);
	}
}

/* Faults by kind; returns how many kinds there were. */
static u32 faults_text(const struct run *r, char *text, size_t size)
{
	u64 count[FAULT_KINDS];
	size_t at = 0;
	u32 kinds = 0, i;

	memcpy(count, r->chaos.count, sizeof(count));
	count[FAULT_ALLOC] = memory_use_of(MEMORY_HOMES)->failed;
	count[FAULT_STALL] = r->work.stalls;
	text[0] = 0;
	for (i = 0; i < NET_FAULTS; i++) {
		if (!r->cluster.net.count[i])
			continue;
		kinds++;
		at += snprintf(text + at, size - at, " %s %llu",
			       net_fault_name(i),
			       (unsigned long long)r->cluster.net.count[i]);
	}
	for (i = 0; i < FAULT_KINDS; i++) {
		if (!count[i])
			continue;
		kinds++;
		at += snprintf(text + at, size - at, " %s %llu",
			       plan_fault_name(i),
			       (unsigned long long)count[i]);
	}
	return kinds;
}

static void describe(const struct run *r, char *line, size_t size)
{
	u64 nacks = 0, repairs = 0, resent = 0, now = r->cluster.queue.now;
	struct samr_node_stats s;
	char faults[512];
	struct host *h;
	u32 kinds;

	cluster_for_each(&r->cluster, h) {
		host_stats(h, &s);
		nacks += s.nacks_out;
		repairs += s.repairs;
		resent += s.resent;
	}
	kinds = faults_text(r, faults, sizeof(faults));
	if (!r->opts->until && r->ledger.count < r->plan.messages &&
	    !r->plan.wild)
		sim_fail("only %llu messages",
			 (unsigned long long)r->ledger.count);
	if (!r->opts->until && kinds < 3)
		sim_fail("only %u kinds of fault:%s", kinds, faults);
	snprintf(line, size,
		 "seed %llu%s: %u nodes, %u groups, %llu messages (%llu KiB, %llu joins, %llu leaves), %llu delivered, %llu SAFE, %llu refused, %llu transfers, %llu installed; faults%s; %llu.%03llu s, %llu frames, %llu NACKs, %llu repairs, %llu resent",
		 (unsigned long long)r->opts->seed, r->plan.wild ? " (wild)" : r->over ? " (abrupt)" : r->plan.pace > 1 ? " (sparse)" : "",
		 r->plan.nodes, r->plan.groups,
		 (unsigned long long)r->ledger.count,
		 (unsigned long long)r->ledger.bytes >> 10,
		 (unsigned long long)r->work.joins,
		 (unsigned long long)r->work.leaves,
		 (unsigned long long)r->check.delivered,
		 (unsigned long long)r->check.safe,
		 (unsigned long long)r->ledger.refused,
		 (unsigned long long)r->work.services.begun,
		 (unsigned long long)r->work.services.installed, faults,
		 (unsigned long long)(now / (1000 * SAMR_MSEC)),
		 (unsigned long long)(now / SAMR_MSEC % 1000),
		 (unsigned long long)r->cluster.net.frames,
		 (unsigned long long)nacks, (unsigned long long)repairs,
		 (unsigned long long)resent);
}

static void begin(struct run *r, const struct run_options *o)
{
	memset(r, 0, sizeof(*r));
	r->opts = o;
	sim_run.seed = o->seed;
	memory_reset(o->seed);
	plan_draw(&r->plan, o->seed, o->nodes);
	cluster_init(&r->cluster, o->seed);
	add_heads(r);
	ledger_init(&r->ledger, &r->cluster, o->seed);
	if (o->trace)
		trace_init(&r->trace, &r->cluster, stdout, o->from);
	if (r->plan.wild) {
		check_init_blind(&r->check, &r->ledger, &r->members);
		members_init(&r->members, &r->ledger);
		r->members.trusting = true;
	} else {
		check_init(&r->check, &r->ledger, &r->members);
		lock_check_init(&r->locks, &r->cluster);
		members_init(&r->members, &r->ledger);
	}
	set_limits(r);
	workload_init(&r->work, &r->plan, &r->members, o->seed);
	chaos_init(&r->chaos, &r->cluster, &r->plan, o->seed);
}

static void end(struct run *r)
{
	/* Nodes first: they tell the owners of what was not delivered. */
	cluster_free(&r->cluster);
	check_owners(&r->check);
	members_free(&r->members);
	workload_free(&r->work);
	check_free(&r->check);
	lock_check_free(&r->locks);
	ledger_free(&r->ledger);
	check_leaks();
}

void run_seed(const struct run_options *o, char *line, size_t size)
{
	static struct run run;
	struct run *r = &run;

	sim_watchdog(o->patience);
	begin(r, o);
	chaos_start(&r->chaos);
	introduce(r);
	workload_start(&r->work);
	if (o->until)
		queue_run(&r->cluster.queue, o->until);
	else
		run_chaos(r);
	if (!o->until && !r->over) {
		run_calm(r);
		run_quiet(r);
		check_model(&r->check);
		lock_check_model(&r->locks, true);
		session_check_model(&r->work.sessions);
		digest_check_end(&r->work.clients.digests);
		check_answers(&r->check, r->plan.cfg.quorum);
	}
	describe(r, line, size);
	end(r);
	sim_watchdog(0);
}
