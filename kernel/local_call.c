// SPDX-License-Identifier: GPL-2.0
/*
 * What members ask for as their group: as a client of another service (core/call.h), or an
 * alarm (core/alarm.h). It goes to the core; what becomes of it comes back in the log, as
 * anything that is ordered.
 */
#include <linux/err.h>
#include "local.h"

/* What it is to ask for follows from the state. */
static int may_ask(struct samr_local *l)
{
	int err;

	spin_lock_bh(&l->svc->lock);
	err = samr_local_may_send(l) ?: l->install.lacks ? -EBUSY : 0;
	spin_unlock_bh(&l->svc->lock);
	return err;
}

/* Who may be a client of the service here may make his group one. */
static int may_open(struct samr_local *l, struct net *net, u32 service)
{
	struct samr_service *svc = samr_service_open(l->svc->all, service, net);

	if (IS_ERR(svc))
		return PTR_ERR(svc);
	samr_service_put(svc);
	return 0;
}

/* Without a view nobody is a member; that it is none any more it is told by itself. */
static int hand_in(struct samr_local *l, struct samr_event *ev)
{
	int err = samr_cluster_ask(l->svc->all->c, ev);

	return err == -ENOTCONN ? -EAGAIN : err;
}

static int ask_core(struct samr_local *l, struct samr_event *ev)
{
	int err = hand_in(l, ev);

	if (err != -EAGAIN)
		return err;
	samr_local_starve(l);
	return hand_in(l, ev);
}

int samr_local_call(struct samr_local *l, struct net *net,
		    struct samr_event *ev)
{
	int err = may_ask(l);

	if (!err && ev->call.op == SAMR_CALL_OPEN)
		err = may_open(l, net, ev->call.service);
	if (err)
		return err;
	ev->type = SAMR_EV_CALL;
	ev->call.group = l->svc->id;
	ev->call.port = l->port;
	return ask_core(l, ev);
}

int samr_local_alarm(struct samr_local *l, struct samr_event *ev)
{
	int err = may_ask(l);

	if (err)
		return err;
	ev->type = SAMR_EV_ALARM;
	ev->alarm.group = l->svc->id;
	ev->alarm.port = l->port;
	return ask_core(l, ev);
}
