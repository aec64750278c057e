// SPDX-License-Identifier: GPL-2.0
/*
 * Members whose group is a client of another service: what they ask for goes to the core,
 * which keeps it until the order has it (core/call.h). What becomes of it comes back in the
 * log, as anything that is ordered.
 */
#include <linux/err.h>
#include "local.h"

/* What it is to ask for follows from the state. */
static int may_call(const struct samr_local *l)
{
	int err = samr_local_may_send(l);

	return err ?: l->install.lacks ? -EBUSY : 0;
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

int samr_local_call(struct samr_local *l, struct net *net,
		    struct samr_event *ev)
{
	int err;

	spin_lock_bh(&l->svc->lock);
	err = may_call(l);
	spin_unlock_bh(&l->svc->lock);
	if (!err && ev->call.op == SAMR_CALL_OPEN)
		err = may_open(l, net, ev->call.service);
	if (err)
		return err;
	ev->type = SAMR_EV_CALL;
	ev->call.group = l->svc->id;
	ev->call.port = l->port;
	err = hand_in(l, ev);
	if (err != -EAGAIN)
		return err;
	samr_local_starve(l);
	return hand_in(l, ev);
}
