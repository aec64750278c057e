// SPDX-License-Identifier: GPL-2.0
/*
 * Queries of clients, see client.h.
 *
 * A query is kept until its answer was read, as a request is, but it is not ordered: this
 * head's core finds a member that answers it (core/query.h). It goes with what the
 * client has seen, so that a member that lags behind waits. When the head has lost its view,
 * or nobody could answer, it is asked again: nothing was executed. A session
 * that resumes waits for its ATTACH, which says whether the order is still the one that
 * the client has seen.
 */
#include <linux/err.h>
#include <linux/skbuff.h>
#include <linux/slab.h>
#include "client_inside.h"
#include "core/msg.h"

static_assert(SAMR_QUERY_LEN_MAX == SAMR_QUESTION_MAX);

int samr_client_query(struct samr_client *cl, struct sk_buff *skb, u32 len,
		      u64 cookie, bool linear, u32 sndbuf)
{
	struct samr_call *call = samr_call_new();
	int err;

	if (!call)
		return -ENOMEM;
	spin_lock_bh(&cl->svc->lock);
	err = samr_client_may_send(cl, sndbuf);
	/* What it has seen may be undone: it can not be asked for again. */
	if (!err && (cl->opts.flags & SAMR_SESSION_EARLY))
		err = -EOPNOTSUPP;
	if (err) {
		spin_unlock_bh(&cl->svc->lock);
		kfree(call);
		return err;
	}
	call->query = true;
	call->linear = linear;
	call->number = ++cl->asks;
	call->cookie = cookie ?: call->number;
	call->skb = skb;
	call->len = len;
	list_add_tail(&call->link, &cl->queries);
	cl->unread++;
	cl->charged += samr_flow_cost(len);
	cl->unsettled += len;
	spin_unlock_bh(&cl->svc->lock);
	samr_client_drive(cl);
	return 0;
}

/* ---- asking; the service is locked, and one CPU at a time asks ---- */

static struct samr_call *next_query(struct samr_client *cl)
{
	struct samr_call *call;

	if (cl->state != SAMR_CLIENT_CONNECTED || !cl->ops || cl->mute)
		return NULL;
	list_for_each_entry(call, &cl->queries, link)
		if (!call->sent)
			return call;
	return NULL;
}

static void fill(const struct samr_client *cl, const struct samr_call *call,
		 struct samr_event *ev)
{
	*ev = (struct samr_event){
		.type = SAMR_EV_QUERY,
		.query = {
			.group	 = cl->svc->id,
			.port	 = cl->port,
			.uid	 = cl->uid,
			.gid	 = cl->gid,
			.len	 = call->len,
			.most	 = cl->opts.reply_max,
			.arg	 = call->number,
			.seen	 = cl->seen,
			.linear	 = call->linear,
			.payload = samr_blob_of_skb(call->skb),
		},
	};
}

/* Whoever is refused is on the list of those that wait BEFORE the core is asked again. */
static int ask(struct samr_client *cl, struct samr_event *ev)
{
	struct samr_cluster *c = cl->svc->all->c;
	int err = samr_cluster_ask(c, ev);

	if (err != -EAGAIN && err != -ENOTCONN && err != -ENOMEM &&
	    err != -EHOSTUNREACH)
		return err;
	samr_client_enlist(cl, err == -EAGAIN ? 0 : SAMR_CLIENT_RETRY_MS);
	return samr_cluster_ask(c, ev);
}

static void ask_all(struct samr_client *cl)
{
	struct samr_service *svc = cl->svc;
	struct samr_call *call;
	struct samr_event ev;
	int err;

	while ((call = next_query(cl))) {
		/* The answer may be there before this returns, and its client gone. */
		fill(cl, call, &ev);
		refcount_inc(&call->ref);
		if (call->skb)
			skb_get(call->skb);
		call->sent = 1;
		cl->asked_here = true;
		spin_unlock_bh(&svc->lock);
		err = ask(cl, &ev);
		kfree_skb(samr_blob_skb(ev.query.payload));
		spin_lock_bh(&svc->lock);
		if (err)
			call->sent = 0;
		samr_call_put(call);
		if (err)
			return;
	}
}

/* Nobody waits for them any more: the core need not keep them. */
static void forget(struct samr_client *cl)
{
	struct samr_service *svc = cl->svc;
	struct samr_event ev = {
		.type = SAMR_EV_FORGET,
		.forget = { .group = svc->id, .port = cl->port },
	};

	if (!cl->asked_here || (cl->ops && cl->state != SAMR_CLIENT_GONE))
		return;
	cl->asked_here = false;
	spin_unlock_bh(&svc->lock);
	samr_cluster_ask(svc->all->c, &ev);
	spin_lock_bh(&svc->lock);
}

void samr_client_ask(struct samr_client *cl)
{
	lockdep_assert_held(&cl->svc->lock);
	ask_all(cl);
	forget(cl);
}

/* ---- their ends; the service is locked ---- */

void samr_client_queries_out(struct samr_client *cl)
{
	struct samr_call *call;

	list_for_each_entry(call, &cl->queries, link)
		call->sent = 0;
	cl->asked_here = false;
}

void samr_client_queries_end(struct samr_client *cl)
{
	struct samr_call *call, *next;

	list_for_each_entry_safe(call, next, &cl->queries, link) {
		list_del_init(&call->link);
		samr_call_ends(cl, call, NULL, -ECANCELED);
	}
}

static struct samr_call *query_of(struct samr_client *cl, u64 number)
{
	struct samr_call *call;

	list_for_each_entry(call, &cl->queries, link)
		if (call->number == number && call->sent)
			return call;
	return NULL;
}

struct samr_client *samr_client_answer(struct samr_service *svc,
				       struct samr_msg *msg)
{
	struct samr_client *cl = samr_client_get(svc, msg->meta.port);
	struct samr_call *call;

	lockdep_assert_held(&svc->lock);
	call = cl ? query_of(cl, msg->meta.arg) : NULL;
	if (!call)
		return cl;
	if (msg->result != SAMR_SES_REPLY) {
		/* Nobody could answer it: members come, or the session ends. */
		call->sent = 0;
		cl->mute = true;
		samr_client_enlist(cl, SAMR_CLIENT_RETRY_MS);
		return cl;
	}
	cl->seen = max(cl->seen, msg->meta.gseq);
	list_del_init(&call->link);
	samr_call_ends(cl, call, msg, 0);
	return cl;
}
