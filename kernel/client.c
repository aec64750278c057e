// SPDX-License-Identifier: GPL-2.0
/*
 * Clients of services on this head, see client.h.
 *
 * One CPU at a time submits for a client, so that its requests come in their order;
 * what there is to do it finds anew each time, as deliveries change that meanwhile.
 * A client is put on the list of those that wait BEFORE the order is asked again:
 * whoever is refused is on it when the order calls.
 */
#include <linux/err.h>
#include <linux/jiffies.h>
#include <linux/random.h>
#include <linux/skbuff.h>
#include <linux/slab.h>
#include "client_inside.h"
#include "client_stream.h"
#include "core/msg.h"

struct samr_call *samr_call_new(void)
{
	struct samr_call *call = kzalloc(sizeof(*call), GFP_KERNEL_ACCOUNT);

	if (!call)
		return NULL;
	refcount_set(&call->ref, 1);
	INIT_LIST_HEAD(&call->ready);
	return call;
}

void samr_call_put(struct samr_call *call)
{
	if (!refcount_dec_and_test(&call->ref))
		return;
	kfree_skb(call->skb);
	samr_msg_put(call->reply);
	kfree(call);
}

static void drop_calls(struct samr_client *cl)
{
	struct samr_call *call, *next;

	list_splice_init(&cl->queries, &cl->calls);
	list_for_each_entry_safe(call, next, &cl->calls, link) {
		list_del(&call->link);
		list_del_init(&call->ready);
		samr_call_put(call);
	}
}

void samr_client_put(struct samr_client *cl)
{
	struct samr_service *svc;

	if (!cl || !refcount_dec_and_test(&cl->ref))
		return;
	svc = cl->svc;
	xa_erase_bh(&svc->clients, cl->port);
	drop_calls(cl);
	samr_client_stream_free(cl->stream);
	samr_service_put(svc);
	kfree_rcu(cl, rcu);
}

/* ---- what its socket hears; the service is locked ---- */

static void tell_readable(struct samr_client *cl)
{
	if (cl->ops)
		cl->ops->readable(cl->ctx);
}

static void tell_writable(struct samr_client *cl)
{
	cl->dirty = false;
	if (cl->ops)
		cl->ops->writable(cl->ctx);
}

static void tell_failed(struct samr_client *cl, int err)
{
	if (cl->ops)
		cl->ops->failed(cl->ctx, err);
}

/* ---- requests and their ends; the service is locked ---- */

/* Forget those in front whose ends were read. */
static void trim(struct samr_client *cl)
{
	struct samr_call *call, *next;

	list_for_each_entry_safe(call, next, &cl->calls, link) {
		if (!call->read)
			break;
		cl->acked = call->number;
		list_del(&call->link);
		samr_call_put(call);
	}
	cl->send = max(cl->send, cl->acked + 1);
}

void samr_client_read(struct samr_client *cl, struct samr_call *call)
{
	if (call->read || list_empty(&call->ready))
		return;
	list_del_init(&call->ready);
	call->read = true;
	if (call->reply)
		cl->queued -= call->reply->meta.len;
	if (call->query) {
		cl->unread--;
		samr_call_put(call);
	} else {
		trim(cl);
	}
	if (cl->dirty)
		tell_writable(cl);
}

void samr_call_ends(struct samr_client *cl, struct samr_call *call,
		    struct samr_msg *reply, int err)
{
	lockdep_assert_held(&cl->svc->lock);
	cl->charged -= samr_flow_cost(call->len);
	cl->unsettled -= call->len;
	kfree_skb(call->skb);
	call->skb = NULL;
	call->err = err;
	if (reply) {
		call->reply = samr_msg_get(reply);
		cl->queued += reply->meta.len;
	}
	list_add_tail(&call->ready, &cl->ready);
	if (!cl->ops) {
		samr_client_read(cl, call);
		return;
	}
	tell_readable(cl);
	if (cl->dirty)
		tell_writable(cl);
}

static void end_all(struct samr_client *cl)
{
	struct samr_call *call, *next;

	list_for_each_entry_safe(call, next, &cl->calls, link)
		if (call->skb)
			samr_call_ends(cl, call, NULL,
				       call->sent ? -EREMOTEIO : -ECANCELED);
	samr_client_queries_end(cl);
}

/* The session is no more. What it has sent may have been executed, or not. */
static void gone(struct samr_client *cl, int err)
{
	if (cl->state == SAMR_CLIENT_GONE)
		return;
	cl->state = SAMR_CLIENT_GONE;
	cl->err = err;
	if (cl->stream) {
		samr_client_stream_gone(cl, err);
		return;
	}
	end_all(cl);
	tell_failed(cl, 0);
}

static void refused(struct samr_client *cl, int err)
{
	cl->err = err;
	cl->state = cl->ops ? SAMR_MEMBER_BOUND : SAMR_CLIENT_GONE;
	tell_failed(cl, -err);
}

static struct samr_call *call_of(struct samr_client *cl, u64 number)
{
	struct samr_call *call;

	list_for_each_entry(call, &cl->calls, link)
		if (call->number == number)
			return call;
	return NULL;
}

/* ---- submitting ---- */

/* Among those that are called when there is room, and after a while. */
void samr_client_enlist(struct samr_client *cl, u32 ms)
{
	struct samr_services *all = cl->svc->all;

	spin_lock_bh(&all->lock);
	if (list_empty(&cl->waiting)) {
		refcount_inc(&cl->ref);
		list_add_tail(&cl->waiting, &all->clients);
	}
	spin_unlock_bh(&all->lock);
	if (ms)
		timer_reduce(&all->tick, jiffies + msecs_to_jiffies(ms));
}

void samr_client_late(struct samr_client *cl)
{
	bool late;

	spin_lock_bh(&cl->svc->lock);
	late = cl->acked > cl->told && cl->state == SAMR_CLIENT_CONNECTED;
	spin_unlock_bh(&cl->svc->lock);
	if (late)
		samr_client_enlist(cl, SAMR_CLIENT_TELL_MS);
}

/*
 * While nothing is ordered the list is not looked at: whoever opens and closes sockets
 * then must not leave more and more on it.
 */
void samr_client_delist(struct samr_client *cl)
{
	struct samr_services *all = cl->svc->all;
	bool found;

	spin_lock_bh(&cl->svc->lock);
	found = cl->state == SAMR_CLIENT_GONE && !cl->ending;
	spin_lock(&all->lock);
	found = found && !list_empty(&cl->waiting);
	if (found)
		list_del_init(&cl->waiting);
	spin_unlock(&all->lock);
	spin_unlock_bh(&cl->svc->lock);
	if (found)
		samr_client_put(cl);
}

/*
 * At a client node an ATTACH that was given up with its head may have its place behind a
 * newer one: then the session is at a head that nobody talks to, which only a question tells.
 */
static bool in_doubt(const struct samr_client *cl)
{
	return samr_cluster_far(cl->svc->all->c) && cl->unsettled &&
	       cl->state == SAMR_CLIENT_CONNECTED && !cl->asked;
}

static bool doubt_is_due(const struct samr_client *cl)
{
	return in_doubt(cl) &&
	       time_after(jiffies, cl->heard +
			  msecs_to_jiffies(SAMR_CLIENT_DOUBT_MS));
}

static bool all_sent(const struct samr_client *cl)
{
	const struct samr_call *call;

	list_for_each_entry(call, &cl->calls, link)
		if (!call->sent)
			return false;
	return true;
}

/* What SESSION message is to be sent now; 0: none. */
static u8 session_op(struct samr_client *cl)
{
	if (cl->asked)
		return 0;
	if (cl->ask && cl->state == SAMR_CLIENT_CONNECTED)
		return SAMR_SESSION_ACK;
	if (cl->stream)
		return samr_client_stream_op(cl);
	switch (cl->state) {
	case SAMR_CLIENT_CONNECTING:
		if (cl->ops)
			return SAMR_SESSION_OPEN;
		cl->state = SAMR_CLIENT_GONE;
		return 0;
	case SAMR_CLIENT_RESUMING:
		if (cl->ops || !all_sent(cl))
			return SAMR_SESSION_ATTACH;
		/* It expires, as nobody comes for it. */
		cl->state = SAMR_CLIENT_GONE;
		return 0;
	case SAMR_CLIENT_CONNECTED:
		if (!cl->ops && !cl->flying && cl->send == cl->next)
			return SAMR_SESSION_CLOSE;
		if (cl->tell && cl->acked > cl->told)
			return SAMR_SESSION_ACK;
		return 0;
	case SAMR_CLIENT_GONE:
		return cl->ending ? SAMR_SESSION_CLOSE : 0;
	default:
		return 0;
	}
}

/* Return: false without memory. */
static bool fill_session(struct samr_client *cl, u8 op, struct samr_submit *s)
{
	struct samr_session_payload p = { .op = op };
	struct sk_buff *skb = alloc_skb(sizeof(p), GFP_ATOMIC);

	if (!skb)
		return false;
	s->kind = SAMR_KIND_SESSION;
	if (cl->stream && (op == SAMR_SESSION_OPEN || op == SAMR_SESSION_CLOSE))
		s->kind = SAMR_KIND_STREAM;
	if (op == SAMR_SESSION_OPEN) {
		cl->id = get_random_u64() | 1;
		p.flags = cl->opts.flags;
		p.reply_max = cpu_to_be32(cl->opts.reply_max);
		if (cl->stream) {
			p.flags = SAMR_SESSION_STREAM;
			p.reply_max = cpu_to_be32(cl->stream->window);
		}
		p.expiry = cpu_to_be32(cl->opts.expiry);
	} else {
		p.acked = cpu_to_be64(cl->acked);
	}
	p.id = cpu_to_be64(cl->id);
	skb_put_data(skb, &p, sizeof(p));
	s->len = sizeof(p);
	s->payload = samr_blob_of_skb(skb);
	cl->asked = true;
	if (op == SAMR_SESSION_ACK) {
		cl->tell = false;
		cl->ask = false;
	}
	return true;
}

static void fill_request(struct samr_client *cl, struct samr_call *call,
			 struct samr_submit *s)
{
	s->kind = SAMR_KIND_REQUEST;
	s->flags = call->flags;
	if (cl->opts.flags & SAMR_SESSION_EARLY)
		s->flags |= SAMR_MSG_EARLY;
	s->arg = call->number;
	s->len = call->skb->len;
	s->payload = samr_blob_of_skb(skb_get(call->skb));
	call->sent++;
	cl->send = call->number + 1;
	cl->tell = false;
	cl->flying++;
}

/* The next request that has no reply yet, or NULL. */
static struct samr_call *next_call(struct samr_client *cl)
{
	struct samr_call *call;

	if (cl->state != SAMR_CLIENT_CONNECTED || cl->full)
		return NULL;
	while (cl->send < cl->next) {
		call = call_of(cl, cl->send);
		if (call && call->skb)
			return call;
		cl->send++;
	}
	return NULL;
}

/* Return: 1: @s is to be submitted; 0: nothing is; -ENOMEM. */
static int choose(struct samr_client *cl, struct samr_submit *s)
{
	struct samr_call *call = cl->stream ? NULL : next_call(cl);
	u8 op;

	memset(s, 0, sizeof(*s));
	s->group = cl->svc->id;
	s->port = cl->port;
	s->uid = cl->uid;
	s->gid = cl->gid;
	s->owner = cl;
	if (call) {
		fill_request(cl, call, s);
		return 1;
	}
	if (cl->stream && samr_client_stream_fill(cl, s))
		return 1;
	op = session_op(cl);
	if (!op)
		return 0;
	return fill_session(cl, op, s) ? 1 : -ENOMEM;
}

/* What was not taken after all. */
static void take_back(struct samr_client *cl, const struct samr_submit *s)
{
	struct samr_call *call;

	if (s->kind != SAMR_KIND_REQUEST) {
		cl->asked = false;
		return;
	}
	call = call_of(cl, s->arg);
	if (call)
		call->sent--;
	cl->flying--;
	cl->send = min(cl->send, s->arg);
}

static bool later(int err)
{
	return err == -EAGAIN || err == -ENOTCONN || err == -ENOMEM;
}

static int submit(struct samr_client *cl, const struct samr_submit *s)
{
	struct samr_cluster *c = cl->svc->all->c;
	int err;

	refcount_inc(&cl->ref);
	err = samr_cluster_submit(c, s);
	if (later(err)) {
		samr_client_enlist(cl, err == -ENOMEM ? SAMR_CLIENT_RETRY_MS : 0);
		err = samr_cluster_submit(c, s);
	}
	if (err)
		samr_client_put(cl);
	return err;
}

/* Has a head that can vote no members of the group? Then nobody has. */
static bool unserved(struct samr_service *svc)
{
	struct samr_members *m;
	struct samr_view_info v;
	u32 i;

	/* Only a head knows. */
	if (samr_cluster_far(svc->all->c))
		return false;
	samr_cluster_view(svc->all->c, &v);
	if (!v.epoch || v.wedged)
		return false;
	for (i = 0; i < v.count; i++)
		if (v.node[i] == samr_cluster_self(svc->all->c, NULL) &&
		    v.flags[i])
			return false;
	m = samr_cluster_members(svc->all->c, svc->id);
	samr_members_put(m);
	return !m;
}

static void not_taken(struct samr_client *cl, int err, bool nobody)
{
	if (!later(err))
		gone(cl, err);
	else if (!nobody)
		return;
	else if (cl->state == SAMR_CLIENT_CONNECTING)
		refused(cl, -ECONNREFUSED);
	else
		gone(cl, -ECONNRESET);
}

/*
 * A segment is refused while members do not read; and they may not read because what
 * they write is not acknowledged. So that goes past it.
 */
static bool ack_waits(const struct samr_client *cl, const struct samr_submit *s,
		      int err)
{
	return err == -EAGAIN && cl->stream && cl->tell && !cl->full &&
	       s->kind == SAMR_KIND_REQUEST;
}

void samr_client_drive(struct samr_client *cl)
{
	struct samr_service *svc = cl->svc;
	u64 stable = cl->stream ? samr_cluster_stable(svc->all->c) : 0;
	struct samr_submit s;
	bool nobody;
	int err;

	spin_lock_bh(&svc->lock);
	if (cl->stream && samr_client_stream_settle(cl, stable))
		samr_client_enlist(cl, SAMR_CLIENT_RETRY_MS);
	cl->again = true;
	if (cl->pushing) {
		spin_unlock_bh(&svc->lock);
		return;
	}
	cl->pushing = true;
	while (cl->again) {
		cl->again = false;
		samr_client_ask(cl);
		while ((err = choose(cl, &s)) > 0) {
			spin_unlock_bh(&svc->lock);
			err = submit(cl, &s);
			kfree_skb(samr_blob_skb(s.payload));
			nobody = err == -ENOTCONN && unserved(svc);
			spin_lock_bh(&svc->lock);
			if (!err)
				continue;
			take_back(cl, &s);
			not_taken(cl, err, nobody);
			if (!ack_waits(cl, &s, err))
				break;
			cl->full = true;
		}
		if (err == -ENOMEM)
			samr_client_enlist(cl, SAMR_CLIENT_RETRY_MS);
	}
	cl->pushing = false;
	if (in_doubt(cl))
		samr_client_enlist(cl, SAMR_CLIENT_DOUBT_MS + 1);
	spin_unlock_bh(&svc->lock);
}

/* ---- what comes back; the service is locked ---- */

/* This head has lost the view, and the session its access head. */
static void lost_head(struct samr_client *cl)
{
	if (cl->stream)
		samr_client_stream_lost(cl);
	if (cl->state == SAMR_CLIENT_CONNECTED)
		cl->state = SAMR_CLIENT_RESUMING;
}

static void opened(struct samr_client *cl, const struct samr_msg *msg)
{
	switch (msg->result) {
	case SAMR_SES_OPENED:
		cl->name = msg->session;
		cl->state = SAMR_CLIENT_CONNECTED;
		tell_writable(cl);
		break;
	case SAMR_SES_GONE:
		refused(cl, -ECONNREFUSED);
		break;
	case SAMR_SES_FULL:
		if (!cl->stream || !samr_client_stream_smaller(cl))
			refused(cl, -ENOSPC);
		break;
	default:
		/* Another id, then. */
		break;
	}
}

/* Has it replies to requests that are no more? EARLY ones may be. */
static bool has_seen(const struct samr_client *cl, u64 next)
{
	const struct samr_call *call;

	if (next <= cl->acked)
		return true;
	list_for_each_entry(call, &cl->calls, link)
		if (call->number >= next && !call->skb)
			return true;
	return false;
}

static void attached(struct samr_client *cl, const struct samr_msg *msg)
{
	if (msg->result != SAMR_SES_ATTACHED) {
		gone(cl, cl->stream ? -ETIMEDOUT : -ECONNRESET);
		return;
	}
	if (cl->stream ? !samr_client_stream_attached(cl, msg->next,
						       msg->meta.gseq) :
			 has_seen(cl, msg->next)) {
		cl->ending = true;
		gone(cl, -ECONNRESET);
		return;
	}
	cl->state = SAMR_CLIENT_CONNECTED;
	if (!cl->stream)
		cl->send = clamp(msg->next, cl->acked + 1, cl->next);
	cl->full = false;
	tell_writable(cl);
}

static void session_told(struct samr_client *cl, const struct samr_msg *msg)
{
	struct samr_session_payload p;

	cl->asked = false;
	cl->heard = jiffies;
	if (!msg->meta.gseq) {
		cl->ending = false;
		lost_head(cl);
		return;
	}
	if (!samr_msg_read(msg, (u8 *)&p, sizeof(p)))
		return;
	cl->told = max(cl->told, be64_to_cpu(p.acked));
	switch (p.op) {
	case SAMR_SESSION_OPEN:
		opened(cl, msg);
		break;
	case SAMR_SESSION_ATTACH:
		attached(cl, msg);
		break;
	case SAMR_SESSION_CLOSE:
		cl->ending = false;
		gone(cl, -ECONNRESET);
		break;
	default:
		if (msg->result == SAMR_SES_GONE)
			gone(cl, -ECONNRESET);
		else if (msg->result == SAMR_SES_FOREIGN)
			lost_head(cl);
		break;
	}
}

static void request_told(struct samr_client *cl, const struct samr_msg *msg)
{
	struct samr_request_payload p;

	cl->flying--;
	cl->heard = jiffies;
	if (!msg->meta.gseq) {
		lost_head(cl);
		return;
	}
	if (samr_msg_read(msg, (u8 *)&p, sizeof(p)))
		cl->told = max(cl->told, be64_to_cpu(p.acked));
	if (cl->stream && (msg->session || msg->result != SAMR_SES_GONE) &&
	    msg->result != SAMR_SES_FOREIGN) {
		samr_client_stream_told(cl, msg);
		return;
	}
	switch (msg->result) {
	case SAMR_SES_FULL:
		cl->full = true;
		samr_client_enlist(cl, SAMR_CLIENT_RETRY_MS);
		fallthrough;
	case SAMR_SES_AHEAD:
		cl->send = min(cl->send, max(cl->acked + 1, msg->next));
		break;
	case SAMR_SES_FOREIGN:
		lost_head(cl);
		break;
	case SAMR_SES_GONE:
		gone(cl, -ECONNRESET);
		break;
	default:
		break;
	}
}

void samr_client_settle(struct samr_client *cl, const struct samr_msg *msg)
{
	lockdep_assert_held(&cl->svc->lock);
	if (msg->meta.kind == SAMR_KIND_REQUEST)
		request_told(cl, msg);
	else
		session_told(cl, msg);
}

static void replied(struct samr_client *cl, struct samr_msg *msg)
{
	struct samr_call *call = call_of(cl, msg->meta.arg);

	cl->heard = jiffies;
	if (msg->result == SAMR_SES_ENDED) {
		gone(cl, -ECONNRESET);
		return;
	}
	if (cl->stream) {
		/* What could not be kept is given again after ATTACH. */
		if (!samr_client_stream_output(cl, msg))
			lost_head(cl);
		return;
	}
	/* It comes again when the session was attached again. */
	if (!call || !call->skb)
		return;
	if (msg->result == SAMR_SES_REPLY)
		cl->seen = max(cl->seen, msg->meta.gseq);
	if (msg->result == SAMR_SES_REPLY)
		samr_call_ends(cl, call, msg, 0);
	else
		samr_call_ends(cl, call, NULL, -EREMOTEIO);
}

struct samr_client *samr_client_get(struct samr_service *svc, u32 port)
{
	struct samr_client *cl;

	rcu_read_lock();
	cl = xa_load(&svc->clients, port);
	if (cl && !refcount_inc_not_zero(&cl->ref))
		cl = NULL;
	rcu_read_unlock();
	return cl;
}

struct samr_client *samr_client_reply(struct samr_service *svc,
				      struct samr_msg *msg)
{
	struct samr_client *cl = samr_client_get(svc, msg->meta.port);

	lockdep_assert_held(&svc->lock);
	if (cl && cl->name == msg->session)
		replied(cl, msg);
	return cl;
}

void samr_client_out(struct samr_client *cl, int unused)
{
	lockdep_assert_held(&cl->svc->lock);
	cl->ending = false;
	lost_head(cl);
	samr_client_queries_out(cl);
	samr_client_enlist(cl, 0);
}

void samr_client_stuck(struct samr_client *cl, int unused)
{
	lockdep_assert_held(&cl->svc->lock);
	tell_readable(cl);
	tell_writable(cl);
}

void samr_client_dead(struct samr_client *cl, int err)
{
	lockdep_assert_held(&cl->svc->lock);
	gone(cl, -err);
	tell_failed(cl, err);
}

/* ---- those that wait ---- */

/* The first one of the list, which it leaves; its reference is the caller's. */
static struct samr_client *take(struct list_head *list)
{
	struct samr_client *cl;

	cl = list_first_entry_or_null(list, struct samr_client, waiting);
	if (cl)
		list_del_init(&cl->waiting);
	return cl;
}

static void run(struct samr_services *all, bool tell)
{
	struct samr_client *cl;
	LIST_HEAD(work);
	bool late;

	spin_lock_bh(&all->lock);
	list_splice_init(&all->clients, &work);
	while ((cl = take(&work))) {
		spin_unlock_bh(&all->lock);
		spin_lock_bh(&cl->svc->lock);
		cl->full = false;
		cl->mute = false;
		late = cl->acked > cl->told;
		cl->tell |= tell && late;
		cl->ask = doubt_is_due(cl);
		spin_unlock_bh(&cl->svc->lock);
		samr_client_drive(cl);
		/* Its time has not come: it stays for the timer. */
		if (late && !tell)
			samr_client_late(cl);
		samr_client_put(cl);
		spin_lock_bh(&all->lock);
	}
	spin_unlock_bh(&all->lock);
}

void samr_client_feed(struct samr_services *all)
{
	run(all, false);
}

void samr_client_tick(struct timer_list *t)
{
	struct samr_services *all = from_timer(all, t, tick);

	run(all, true);
}

void samr_client_forget(struct samr_services *all)
{
	struct samr_client *cl;

	spin_lock_bh(&all->lock);
	while ((cl = take(&all->clients))) {
		spin_unlock_bh(&all->lock);
		samr_client_put(cl);
		spin_lock_bh(&all->lock);
	}
	spin_unlock_bh(&all->lock);
}
