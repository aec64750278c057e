// SPDX-License-Identifier: GPL-2.0
/*
 * Pulses: which of several links lead to whom, known in time.
 *
 * While a cluster has several links that may be used, each of them sends a small
 * frame in every period, which is a tenth of what the core allows a head to be
 * silent, and at most its beat. It says whom its sender hears on that link, so
 * that a link which is up in one direction only is known on both of its sides; it
 * goes the way that messages take, as a multicast or to each. What it means is
 * decided in path.c. A head with one link sends pulses while it hears those of one
 * with several, which could not know else whether it is heard there.
 *
 * A pulse is sent by a tasklet of high priority behind a timer in hard interrupts,
 * as the core's beats are: so it leaves a machine whose processes starve. A timer
 * that runs late makes one pulse late, and counts as one for all links alike.
 *
 * Nothing here is proof. A forged pulse may make a worse way look better, or keep
 * a good one from being used for a while; what no link carries is the core's.
 */
#include <linux/ktime.h>

#include "shell.h"

/* The core waits for so many periods, at least, before it suspects a head. */
#define PERIODS		10
#define PERIOD_MIN	(SAMR_MSEC)
/* As the core has it, where nothing else was set. */
#define CORE_BEAT	(20 * SAMR_MSEC)
#define CORE_DEAD_BEATS	5
/* After the last pulse of a head with several links one with one goes on so long. */
#define INDUCED_MS	3000

static u64 now_ms(void)
{
	return ktime_to_ms(ktime_get());
}

/* Where nobody is known there is nothing to lose: the probes look for them. */
static bool pulses_on(const struct samr_link *l)
{
	return READ_ONCE(l->state) == SAMR_LINK_UP && !READ_ONCE(l->closed) &&
	       !samr_link_is_local(l);
}

static u32 count_links(struct samr_cluster *c)
{
	struct samr_link *l;
	u32 n = 0;

	rcu_read_lock();
	list_for_each_entry_rcu(l, &c->links, node)
		n += pulses_on(l);
	rcu_read_unlock();
	return n;
}

static bool induced(const struct samr_pulse *p)
{
	return READ_ONCE(p->induced) &&
	       time_before(jiffies, READ_ONCE(p->induced_at) +
				    msecs_to_jiffies(INDUCED_MS));
}

/* ---- out ---- */

/* Whom we hear on @l; those who get the pulse one by one are in @each. */
static u64 heard_on(struct samr_link *l, u64 *each)
{
	u64 heads = samr_link_others(l->c), mask = 0;
	unsigned int id;

	*each = 0;
	spin_lock(&l->lock);
	samr_for_each_head(id, heads) {
		const struct samr_link_peer *p = &l->peer[id];

		if (!p->heard)
			continue;
		*each |= BIT_ULL(id);
		if (!p->path.silent)
			mask |= BIT_ULL(id);
	}
	if (l->multicast)
		*each = 0;
	spin_unlock(&l->lock);
	return mask;
}

static void send_pulse(struct samr_link *l, u32 links)
{
	struct samr_link_pulse r = {
		.rec = { .type = SAMR_LINK_REC_PULSE },
		.links = links,
	};
	const u32 size = sizeof(struct samr_hdr) + sizeof(r);
	struct sk_buff *skb;
	u64 each;

	r.heard = cpu_to_be64(heard_on(l, &each));
	skb = samr_probe_frame(l, size, &r.rec, sizeof(r), GFP_ATOMIC);
	if (!skb)
		return;
	this_cpu_inc(l->counters->pulses_out);
	samr_link_send_on(l, skb, each);
}

/* ---- the pulse ---- */

/* Heads of which a frame came on @l since the last pulse. */
static u64 take_fresh(struct samr_link *l)
{
	u64 heads = samr_link_others(l->c), mask = 0;
	unsigned int id;

	samr_for_each_head(id, heads) {
		struct samr_link_peer *p = &l->peer[id];

		if (!READ_ONCE(p->fresh))
			continue;
		WRITE_ONCE(p->fresh, false);
		mask |= BIT_ULL(id);
	}
	return mask;
}

static bool judge(struct samr_link *l, u64 here, u64 anywhere, u64 now)
{
	u64 heads = samr_link_others(l->c);
	bool changed = false;
	unsigned int id;

	spin_lock(&l->lock);
	samr_for_each_head(id, heads)
		if (l->peer[id].heard)
			changed |= samr_path_pulse(&l->peer[id].path,
						   here & BIT_ULL(id),
						   anywhere & BIT_ULL(id), now);
	spin_unlock(&l->lock);
	return changed;
}

/* What came is looked at for all links first: a silence is one of a single link. */
static bool look(struct samr_cluster *c)
{
	u64 anywhere = 0, now = now_ms();
	struct samr_link *l;
	bool changed = false;

	rcu_read_lock();
	list_for_each_entry_rcu(l, &c->links, node) {
		if (!pulses_on(l))
			continue;
		l->fresh = take_fresh(l);
		anywhere |= l->fresh;
	}
	list_for_each_entry_rcu(l, &c->links, node)
		if (pulses_on(l))
			changed |= judge(l, l->fresh, anywhere, now);
	rcu_read_unlock();
	return changed;
}

/* One link is left, and nobody with several is there: all is as the probes say. */
static bool forget(struct samr_cluster *c)
{
	bool changed = false;
	struct samr_link *l;
	unsigned int id;

	rcu_read_lock();
	list_for_each_entry_rcu(l, &c->links, node) {
		if (!pulses_on(l))
			continue;
		spin_lock(&l->lock);
		for (id = 1; id <= SAMR_HEAD_MAX; id++)
			changed |= samr_path_alone(&l->peer[id].path);
		spin_unlock(&l->lock);
	}
	rcu_read_unlock();
	return changed;
}

static u64 period(const struct samr_cluster *c)
{
	const struct samr_node_config *core = &c->params.core;
	u64 beat = core->beat ?: CORE_BEAT;
	u64 dead = core->dead ?: CORE_DEAD_BEATS * beat;

	return max_t(u64, min(beat, div_u64(dead, PERIODS)), PERIOD_MIN);
}

/* The next one, unless none is wanted any more. */
static bool go_on(struct samr_cluster *c, u32 links)
{
	struct samr_pulse *p = &c->pulse;
	u64 now = ktime_get_ns(), step = period(c);
	bool on;

	spin_lock(&c->links_lock);
	on = !p->ended && (links > 1 || induced(p));
	WRITE_ONCE(p->on, on);
	if (on) {
		/* A late one does not make the next one early. */
		p->at = max(p->at + step, now + step / 2);
		hrtimer_start(&p->timer, ns_to_ktime(p->at),
			      HRTIMER_MODE_ABS_HARD);
	}
	spin_unlock(&c->links_lock);
	return on;
}

static void pulse(struct tasklet_struct *t)
{
	struct samr_cluster *c = from_tasklet(c, t, pulse.tasklet);
	u32 links = count_links(c);
	struct samr_link *l;

	WRITE_ONCE(c->pulse.news, false);
	if (!go_on(c, links)) {
		if (forget(c))
			samr_link_update(c);
		return;
	}
	/* What came too often since the last one counts now. */
	if (look(c) | xchg(&c->pulse.stale, false))
		samr_link_update(c);
	rcu_read_lock();
	list_for_each_entry_rcu(l, &c->links, node)
		if (pulses_on(l))
			send_pulse(l, links);
	rcu_read_unlock();
}

static enum hrtimer_restart timer_ran_out(struct hrtimer *timer)
{
	struct samr_pulse *p = container_of(timer, struct samr_pulse, timer);

	tasklet_hi_schedule(&p->tasklet);
	return HRTIMER_NORESTART;
}

void samr_pulse_consider(struct samr_cluster *c)
{
	struct samr_pulse *p = &c->pulse;
	u32 links;

	if (READ_ONCE(p->on))
		return;
	links = count_links(c);
	spin_lock_bh(&c->links_lock);
	if (!p->on && !p->ended && (links > 1 || induced(p))) {
		WRITE_ONCE(p->on, true);
		p->at = ktime_get_ns();
		hrtimer_start(&p->timer, ns_to_ktime(p->at),
			      HRTIMER_MODE_ABS_HARD);
	}
	spin_unlock_bh(&c->links_lock);
}

void samr_pulse_init(struct samr_cluster *c)
{
	tasklet_setup(&c->pulse.tasklet, pulse);
	hrtimer_init(&c->pulse.timer, CLOCK_MONOTONIC, HRTIMER_MODE_ABS_HARD);
	c->pulse.timer.function = timer_ran_out;
}

void samr_pulse_end(struct samr_cluster *c)
{
	spin_lock_bh(&c->links_lock);
	c->pulse.ended = true;
	spin_unlock_bh(&c->links_lock);
	/* Now the tasklet does not start the timer any more. */
	hrtimer_cancel(&c->pulse.timer);
	tasklet_kill(&c->pulse.tasklet);
}

/* ---- what comes in ---- */

void samr_pulse_cut(struct samr_link *l)
{
	u64 now = now_ms();
	unsigned int id;

	lockdep_assert_held(&l->lock);
	if (!READ_ONCE(l->c->pulse.on))
		return;
	for (id = 1; id <= SAMR_HEAD_MAX; id++)
		if (l->peer[id].heard)
			samr_path_cut(&l->peer[id].path, now);
}

bool samr_pulse_well_formed(const struct samr_link_pulse *r,
			    const struct samr_frame_info *info)
{
	return r->links && r->links <= SAMR_LINKS_MAX && !r->reserved[0] &&
	       !r->reserved[1] && !r->reserved[2] &&
	       info->len == sizeof(struct samr_hdr) + sizeof(*r) &&
	       be16_to_cpu(r->rec.len) == sizeof(*r);
}

bool samr_pulse_receive(struct samr_link *l, const struct samr_link_pulse *r,
			const struct samr_frame_info *info)
{
	struct samr_cluster *c = l->c;
	struct samr_link_peer *p = &l->peer[info->src];
	u64 hears = be64_to_cpu(r->heard) & BIT_ULL(c->params.node);
	bool news = false, closed;

	spin_lock(&l->lock);
	closed = l->closed;
	if (!closed && p->heard && p->inc == info->inc)
		news = samr_path_told(&p->path, hears, now_ms());
	spin_unlock(&l->lock);
	if (closed) {
		samr_stats_inc(c->stats, SAMR_STAT_DROP_ENDED);
		return false;
	}
	this_cpu_inc(l->counters->pulses_in);
	if (r->links > 1) {
		WRITE_ONCE(c->pulse.induced_at, jiffies);
		WRITE_ONCE(c->pulse.induced, true);
		samr_pulse_consider(c);
	}
	/* At once, but of all that come between two pulses only for the first. */
	if (news && !READ_ONCE(c->pulse.news)) {
		WRITE_ONCE(c->pulse.news, true);
		samr_link_update(c);
	} else if (news) {
		WRITE_ONCE(c->pulse.stale, true);
	}
	return true;
}
