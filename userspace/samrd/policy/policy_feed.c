// SPDX-License-Identifier: GPL-2.0
/*
 * The hardware watchdog: fed by a head that serves, or is on its way to that, or
 * may still go on once a fence is confirmed.
 *
 * A head that is wedged without any such hope is a part of a minority. It stops
 * feeding only where others rely on that, that is where its watchdog is configured
 * as a way to fence it: a switch that is dead for longer than the time-out would
 * otherwise reset all heads at once, and with them all that they hold.
 */
#include "policy_inside.h"

/* In parts of the time-out. */
#define FEEDS	4

static bool wedged_feeds(const struct policy *p)
{
	return policy_fence_pending(p) || !p->config.relied;
}

bool policy_feeds(const struct policy *p)
{
	if (p->condemned)
		return false;
	if (!p->viewed)
		return true;
	switch (p->view.state) {
	case POLICY_DOWN:
	case POLICY_WAITING:
	case POLICY_LEARNING:
	case POLICY_SERVING:
	case POLICY_LEFT:
		return true;
	case POLICY_WEDGED:
		return wedged_feeds(p);
	case POLICY_EXPELLED:
	case POLICY_HALTED:
		break;
	}
	return false;
}

void policy_feed_run(struct policy *p)
{
	uint64_t every = p->config.watchdog / FEEDS, due;

	if (!p->config.watchdog)
		return;
	due = p->fed_at ? policy_add(p->fed_at, every) : p->now;
	if (p->now < due) {
		policy_wake(p, due);
		return;
	}
	if (!policy_feeds(p)) {
		if (!p->starved) {
			p->starved = true;
			policy_ask(p, POLICY_STARVE, 0);
			policy_alert(p, POLICY_ALERT_STARVED, 0, 0, 0);
		}
		return;
	}
	/*
	 * Who stood still may not know yet that he is out, and those who count
	 * on his time-out have counted since: he looks before he feeds.
	 */
	if (p->config.relied && p->fed_at && !p->starved &&
	    p->now > policy_add(due, every) && !p->careful_until)
		p->careful_until = policy_add(p->now, 2 * p->config.dead);
	if (p->now < p->careful_until) {
		policy_wake(p, p->careful_until);
		return;
	}
	p->careful_until = 0;
	p->starved = false;
	p->fed_at = p->now;
	policy_ask(p, POLICY_FEED, 0);
	policy_wake(p, policy_add(p->now, every));
}
