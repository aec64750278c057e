// SPDX-License-Identifier: GPL-2.0
/* Clients of services, as their sockets use them; see client.h. */
#include <linux/cred.h>
#include <linux/err.h>
#include <linux/skbuff.h>
#include <linux/slab.h>
#include "client_inside.h"
#include "client_stream.h"
#include "core/msg.h"

static_assert(SAMR_REQUESTS_MAX == SAMR_SESSION_WINDOW);
static_assert(SAMR_REPLY_LEN_MAX == SAMR_REPLY_MAX);
static_assert(SAMR_REQUEST_LEN_MAX ==
	      SAMR_LEN_MAX - sizeof(struct samr_request_payload));
static_assert(SAMR_SESSION_ANY_ORDER == SAMR_SESSION_UNORDERED);
static_assert(SAMR_SESSION_EARLY == SAMR_SESSION_AGREED);

static struct samr_client *client_alloc(struct samr_service *svc,
					const struct samr_local_ops *ops,
					void *ctx)
{
	s64 port = samr_service_port(svc);
	struct samr_client *cl;

	if (port < 0)
		return ERR_PTR(port);
	cl = kzalloc(sizeof(*cl), GFP_KERNEL_ACCOUNT);
	if (!cl)
		return ERR_PTR(-ENOMEM);
	refcount_set(&cl->ref, 1);
	cl->svc = svc;
	cl->port = port;
	cl->ops = ops;
	cl->ctx = ctx;
	cl->state = SAMR_MEMBER_BOUND;
	cl->next = 1;
	cl->send = 1;
	INIT_LIST_HEAD(&cl->waiting);
	INIT_LIST_HEAD(&cl->calls);
	INIT_LIST_HEAD(&cl->queries);
	INIT_LIST_HEAD(&cl->ready);
	return cl;
}

/* It can be found from here on. Return: 0, -EADDRNOTAVAIL, -ENOMEM. */
static int enter(struct samr_client *cl)
{
	struct samr_service *svc = cl->svc;
	bool gone;
	int err;

	err = xa_insert_bh(&svc->clients, cl->port, cl, GFP_KERNEL);
	/* They come round again at a client node. */
	while (err == -EBUSY && samr_cluster_far(svc->all->c)) {
		cl->port = samr_service_port(svc);
		err = xa_insert_bh(&svc->clients, cl->port, cl, GFP_KERNEL);
	}
	if (err)
		return err;
	spin_lock_bh(&svc->lock);
	gone = svc->gone;
	if (!gone)
		atomic_inc(&svc->all->bound);
	spin_unlock_bh(&svc->lock);
	return gone ? -EADDRNOTAVAIL : 0;
}

struct samr_client *samr_client_new(struct samr_cluster *c, struct net *net,
				    u32 id, const struct samr_local_ops *ops,
				    void *ctx)
{
	struct samr_service *svc = samr_service_open(samr_cluster_priv(c), id,
						     net);
	struct samr_client *cl;
	int err;

	if (IS_ERR(svc))
		return ERR_CAST(svc);
	cl = client_alloc(svc, ops, ctx);
	if (IS_ERR(cl)) {
		samr_service_put(svc);
		return cl;
	}
	err = enter(cl);
	if (!err)
		return cl;
	/* Whoever has found it there meanwhile may hold it. */
	samr_client_put(cl);
	return ERR_PTR(err);
}

int samr_client_open(struct samr_client *cl, const struct samr_session_opts *o)
{
	struct samr_service *svc = cl->svc;
	int err = READ_ONCE(svc->all->err);

	if (err)
		return err;
	spin_lock_bh(&svc->lock);
	if (cl->state == SAMR_CLIENT_CONNECTING)
		err = -EALREADY;
	else if (cl->state != SAMR_MEMBER_BOUND)
		err = -EISCONN;
	if (!err) {
		cl->opts = *o;
		cl->uid = from_kuid_munged(&init_user_ns, current_euid());
		cl->gid = from_kgid_munged(&init_user_ns, current_egid());
		cl->err = 0;
		cl->state = SAMR_CLIENT_CONNECTING;
	}
	spin_unlock_bh(&svc->lock);
	if (!err)
		samr_client_drive(cl);
	return err;
}

int samr_client_opened(struct samr_client *cl)
{
	struct samr_services *all = cl->svc->all;
	int err = READ_ONCE(all->err);

	if (err)
		return err;
	spin_lock_bh(&cl->svc->lock);
	if (cl->state == SAMR_CLIENT_CONNECTING)
		err = READ_ONCE(all->stuck) ? -EHOSTUNREACH : -EINPROGRESS;
	else if (cl->state == SAMR_MEMBER_BOUND)
		err = cl->err ?: -ENOTCONN;
	else if (cl->state == SAMR_CLIENT_GONE)
		err = cl->err;
	spin_unlock_bh(&cl->svc->lock);
	return err;
}

void samr_client_close(struct samr_client *cl)
{
	struct samr_service *svc = cl->svc;
	struct samr_call *call, *next;

	spin_lock_bh(&svc->lock);
	cl->ops = NULL;
	cl->ctx = NULL;
	cl->shut = true;
	/* What nobody will read need not be asked. */
	samr_client_queries_end(cl);
	list_for_each_entry_safe(call, next, &cl->ready, ready)
		samr_client_read(cl, call);
	if (cl->state == SAMR_MEMBER_BOUND)
		cl->state = SAMR_CLIENT_GONE;
	atomic_dec(&svc->all->bound);
	spin_unlock_bh(&svc->lock);
	samr_client_drive(cl);
	samr_client_delist(cl);
}

void samr_client_shut(struct samr_client *cl)
{
	spin_lock_bh(&cl->svc->lock);
	cl->shut = true;
	if (cl->ops)
		cl->ops->failed(cl->ctx, 0);
	spin_unlock_bh(&cl->svc->lock);
}

int samr_client_may_send(struct samr_client *cl, u32 sndbuf)
{
	int err = READ_ONCE(cl->svc->all->err);

	lockdep_assert_held(&cl->svc->lock);
	if (err)
		return err;
	switch (cl->state) {
	case SAMR_CLIENT_CONNECTED:
	case SAMR_CLIENT_RESUMING:
		break;
	case SAMR_CLIENT_CONNECTING:
		return -EAGAIN;
	case SAMR_CLIENT_GONE:
		return cl->err;
	default:
		return -ENOTCONN;
	}
	if (cl->shut)
		return -EPIPE;
	if (READ_ONCE(cl->svc->all->stuck))
		return -EHOSTUNREACH;
	if (cl->next - cl->acked + cl->unread > SAMR_REQUESTS_MAX ||
	    cl->charged >= sndbuf) {
		cl->dirty = true;
		return -EAGAIN;
	}
	return 0;
}

int samr_client_room(struct samr_client *cl, u32 sndbuf)
{
	int err;

	spin_lock_bh(&cl->svc->lock);
	err = samr_client_may_send(cl, sndbuf);
	spin_unlock_bh(&cl->svc->lock);
	return err;
}

/* The bytes in front of a request: they are the same whenever it is sent again. */
static void put_head(struct samr_client *cl, struct sk_buff *skb)
{
	const struct samr_request_payload p = {
		.id	= cpu_to_be64(cl->id),
		.acked	= cpu_to_be64(cl->acked),
	};

	/* Whoever made it has left room there: it can not fail. */
	WARN_ON_ONCE(skb_store_bits(skb, 0, &p, sizeof(p)));
}

int samr_client_call(struct samr_client *cl, struct sk_buff *skb, u64 cookie,
		     u8 flags, u32 sndbuf)
{
	struct samr_call *call = samr_call_new();
	int err;

	if (!call)
		return -ENOMEM;
	spin_lock_bh(&cl->svc->lock);
	err = samr_client_may_send(cl, sndbuf);
	if (err) {
		spin_unlock_bh(&cl->svc->lock);
		kfree(call);
		return err;
	}
	put_head(cl, skb);
	call->number = cl->next++;
	call->cookie = cookie ?: call->number;
	call->flags = flags;
	call->skb = skb;
	call->len = skb->len - sizeof(struct samr_request_payload);
	list_add_tail(&call->link, &cl->calls);
	cl->charged += samr_flow_cost(call->len);
	cl->unsettled += call->len;
	spin_unlock_bh(&cl->svc->lock);
	samr_client_drive(cl);
	return 0;
}

static bool waits(const struct samr_client *cl)
{
	return !list_empty(&cl->calls) || !list_empty(&cl->queries);
}

/* What is to be read next, without a reference. */
static struct samr_call *front(struct samr_client *cl)
{
	int err = READ_ONCE(cl->svc->all->err);

	lockdep_assert_held(&cl->svc->lock);
	if (!list_empty(&cl->ready))
		return list_first_entry(&cl->ready, struct samr_call, ready);
	if (err)
		return ERR_PTR(err);
	if (cl->state == SAMR_MEMBER_BOUND)
		return ERR_PTR(-ENOTCONN);
	if (cl->shut && !waits(cl))
		return NULL;
	if (cl->state == SAMR_CLIENT_GONE)
		return ERR_PTR(cl->err);
	if (READ_ONCE(cl->svc->all->stuck) && waits(cl))
		return ERR_PTR(-EHOSTUNREACH);
	return ERR_PTR(-EAGAIN);
}

struct samr_call *samr_client_peek(struct samr_client *cl)
{
	struct samr_call *call;

	spin_lock_bh(&cl->svc->lock);
	call = front(cl);
	if (!IS_ERR_OR_NULL(call))
		refcount_inc(&call->ref);
	spin_unlock_bh(&cl->svc->lock);
	return call;
}

bool samr_client_idle(struct samr_client *cl)
{
	bool is;

	spin_lock_bh(&cl->svc->lock);
	is = front(cl) == ERR_PTR(-EAGAIN);
	spin_unlock_bh(&cl->svc->lock);
	return is;
}

void samr_client_pass(struct samr_client *cl, struct samr_call *call)
{
	spin_lock_bh(&cl->svc->lock);
	samr_client_read(cl, call);
	spin_unlock_bh(&cl->svc->lock);
	samr_client_late(cl);
}

__poll_t samr_client_poll(struct samr_client *cl, u32 sndbuf)
{
	__poll_t mask = 0;
	int err;

	spin_lock_bh(&cl->svc->lock);
	if (front(cl) != ERR_PTR(-EAGAIN))
		mask |= EPOLLIN | EPOLLRDNORM;
	err = samr_client_may_send(cl, sndbuf);
	if (err != -EAGAIN)
		mask |= EPOLLOUT | EPOLLWRNORM;
	if (cl->state == SAMR_CLIENT_GONE || cl->state == SAMR_MEMBER_BOUND)
		mask |= EPOLLHUP;
	spin_unlock_bh(&cl->svc->lock);
	return mask;
}

void samr_client_info(struct samr_client *cl, struct samr_local_info *info)
{
	memset(info, 0, sizeof(*info));
	spin_lock_bh(&cl->svc->lock);
	info->service = cl->svc->id;
	info->port = cl->port;
	info->state = cl->state;
	info->queued = cl->stream ? cl->stream->side.in.bytes : cl->queued;
	info->unsettled = cl->unsettled;
	spin_unlock_bh(&cl->svc->lock);
}
