// SPDX-License-Identifier: GPL-2.0
/* Members that accept streams, see listener.h. */
#include <linux/err.h>
#include <linux/jiffies.h>
#include <linux/pid.h>
#include <linux/sched/signal.h>
#include <linux/slab.h>
#include "connection.h"

/* Wait before it reads on when memory was lacking. */
#define RETRY_MS	20
/* Bytes in the backlog of clients that are gone, beyond which nobody is let in. */
#define ORPHANED_MOST	(1U << 20)
/* Sockets that a process had are all closed when it has been exiting for so long. */
#define GRACE_MS	1000

static struct samr_service *service_of(const struct samr_listener *ls)
{
	return ls->local->svc;
}

/* ---- what it hears as a member ---- */

/*
 * Whoever delivers lets it read (samr_listener_pump()). Its door is told of what is for
 * that alone.
 */
static void on_readable(void *ctx)
{
	struct samr_listener *ls = ctx;

	if (ls->door.ops && ls->local->install.lacks)
		ls->door.ops->readable(ls->door.ctx);
}

static void on_writable(void *ctx)
{
	struct samr_listener *ls = ctx;

	if (ls->ops)
		ls->ops->writable(ls->ctx);
	if (ls->door.ops)
		ls->door.ops->writable(ls->door.ctx);
}

static void each(struct samr_listener *ls, void (*fn)(struct samr_connection *x))
{
	struct samr_connection *x;
	struct hlist_node *next;
	unsigned int i;

	for (i = 0; i < SAMR_LISTENER_BUCKETS; i++)
		hlist_for_each_entry_safe(x, next, &ls->conns[i], hash)
			fn(x);
}

static void drop_backlog(struct samr_listener *ls)
{
	struct samr_connection *x, *next;

	list_for_each_entry_safe(x, next, &ls->backlog, link) {
		list_del_init(&x->link);
		x->closed = true;
		samr_connection_put(x);
	}
	ls->waiting = 0;
	ls->orphaned = 0;
}

static void on_failed(void *ctx, int err)
{
	struct samr_listener *ls = ctx;

	if (err) {
		ls->turn.taken = false;
		each(ls, samr_connection_fail);
		drop_backlog(ls);
		samr_keep_drop(ls);
	}
	if (ls->ops)
		ls->ops->failed(ls->ctx, err);
	if (ls->door.ops)
		ls->door.ops->failed(ls->door.ctx, err);
}

static const struct samr_local_ops told = {
	.readable	= on_readable,
	.writable	= on_writable,
	.failed		= on_failed,
};

/* ---- its life ---- */

static struct samr_listener *listener_alloc(const struct samr_local_ops *ops,
					    void *ctx)
{
	struct samr_listener *ls = kzalloc(sizeof(*ls), GFP_KERNEL_ACCOUNT);

	if (!ls)
		return NULL;
	refcount_set(&ls->ref, 1);
	ls->ops = ops;
	ls->ctx = ctx;
	ls->sockets = 1;
	INIT_LIST_HEAD(&ls->backlog);
	INIT_LIST_HEAD(&ls->link);
	samr_keep_init(&ls->keep);
	return ls;
}

struct samr_listener *samr_listener_new(struct samr_cluster *c, struct net *net,
					u32 id, const struct samr_local_ops *ops,
					void *ctx)
{
	struct samr_listener *ls = listener_alloc(ops, ctx);
	struct samr_local *l;

	if (!ls)
		return ERR_PTR(-ENOMEM);
	l = samr_local_bind(c, net, id, &told, ls);
	if (IS_ERR(l)) {
		kfree(ls);
		return ERR_CAST(l);
	}
	l->reader.streams = true;
	ls->local = l;
	spin_lock_bh(&l->svc->lock);
	list_add_tail(&ls->link, &l->svc->listeners);
	spin_unlock_bh(&l->svc->lock);
	return ls;
}

void samr_listener_put(struct samr_listener *ls)
{
	if (!ls || !refcount_dec_and_test(&ls->ref))
		return;
	samr_local_put(ls->local);
	kfree(ls);
}

int samr_listener_listen(struct samr_listener *ls, u32 backlog, u32 rcvbuf)
{
	struct samr_service *svc = service_of(ls);
	LIST_HEAD(free);
	int err;

	spin_lock_bh(&svc->lock);
	ls->most = backlog;
	if (!ls->listens)
		samr_turn_begin(ls);
	ls->listens = true;
	samr_listener_pump(ls, &free);
	samr_service_unlock(svc, &free);
	err = samr_local_join(ls->local, rcvbuf, false);
	return err == -EALREADY || err == -EISCONN ? 0 : err;
}

int samr_listener_joined(struct samr_listener *ls)
{
	int err = samr_local_err(ls->local);

	if (err)
		return err;
	switch (READ_ONCE(ls->local->state)) {
	case SAMR_MEMBER_JOINED:
		return 0;
	case SAMR_MEMBER_JOINING:
		return -EAGAIN;
	default:
		return -ENOTCONN;
	}
}

void samr_listener_left(struct samr_listener *ls, struct list_head *free)
	__releases(&ls->local->svc->lock)
{
	struct samr_service *svc = service_of(ls);

	if (--ls->sockets) {
		samr_service_unlock(svc, free);
		return;
	}
	drop_backlog(ls);
	samr_keep_drop(ls);
	each(ls, samr_connection_leave);
	list_del_init(&ls->link);
	if (ls->door.ops)
		ls->door.ops->failed(ls->door.ctx, ESHUTDOWN);
	samr_service_unlock(svc, free);
	samr_local_close(ls->local);
}

/* It accepts no more: whoever waits, or comes, is refused. */
static void refuse_all(struct samr_listener *ls)
{
	struct samr_connection *x;

	list_for_each_entry(x, &ls->backlog, link)
		samr_connection_end(x, SAMR_END_RESET);
	drop_backlog(ls);
}

void samr_listener_close(struct samr_listener *ls, bool dying)
{
	struct samr_service *svc = service_of(ls);
	LIST_HEAD(free);

	spin_lock_bh(&svc->lock);
	ls->ops = NULL;
	ls->ctx = NULL;
	samr_turn_end(ls, NULL);
	if (dying)
		samr_listener_wait(ls);
	else if (ls->sockets > 1)
		refuse_all(ls);
	samr_listener_pump(ls, &free);
	samr_listener_left(ls, &free);
}

/* ---- reading the order ---- */

static bool is_dying(const struct samr_listener *ls)
{
	return ls->grace_at && time_before(jiffies, ls->grace_at);
}

static bool starve(struct samr_listener *ls)
{
	ls->starved = true;
	timer_reduce(&service_of(ls)->all->retry,
		     jiffies + msecs_to_jiffies(RETRY_MS));
	return false;
}

/* Is there no room for one more that waits? */
static bool is_full(const struct samr_listener *ls)
{
	return ls->waiting > ls->most || ls->orphaned > ORPHANED_MOST;
}

static bool opened(struct samr_listener *ls, const struct samr_msg *msg)
{
	struct samr_connection *x;

	if (ls->ops ? !ls->listens || is_full(ls) : is_dying(ls))
		return false;
	x = samr_connection_new(ls, msg);
	if (!x)
		return starve(ls);
	if (ls->ops) {
		list_add_tail(&x->link, &ls->backlog);
		ls->waiting++;
		samr_turn_give(ls, NULL);
		ls->ops->readable(ls->ctx);
		return true;
	}
	x->closed = true;
	samr_connection_end(x, SAMR_END_RESET);
	samr_connection_put(x);
	return true;
}

static void cut(struct samr_listener *ls, struct samr_connection *x, int err)
{
	samr_turn_give(ls, x);
	if (!x->cut && !list_empty(&x->link))
		ls->orphaned += x->side.in.bytes;
	samr_connection_cut(x, err);
}

static bool take_stream(struct samr_listener *ls, const struct samr_msg *msg)
{
	struct samr_session_payload p;
	struct samr_connection *x;

	if (!samr_msg_read(msg, (u8 *)&p, sizeof(p)))
		return true;
	if (p.op == SAMR_SESSION_OPEN)
		return opened(ls, msg);
	x = samr_connection_find(ls, msg->session);
	if (x)
		cut(ls, x, ECONNRESET);
	return true;
}

static struct samr_connection *first_uncut(const struct samr_listener *ls)
{
	struct samr_connection *x;
	unsigned int i;

	for (i = 0; i < SAMR_LISTENER_BUCKETS; i++)
		hlist_for_each_entry(x, &ls->conns[i], hash)
			if (!x->cut)
				return x;
	return NULL;
}

/* The state is given to somebody: unless streams go on all end, each of which is an input. */
static bool transfer_begins(struct samr_listener *ls, const struct samr_msg *msg)
{
	struct samr_connection *x;

	while (!(msg->meta.flags & SAMR_MSG_KEEP) && (x = first_uncut(ls))) {
		cut(ls, x, ECONNRESET);
		if (ls->turn.taken)
			return false;
	}
	return !samr_door_holds(ls, msg);
}

/* Return: false: not now. */
static bool take(struct samr_listener *ls, const struct samr_msg *msg)
{
	struct samr_connection *x;
	bool full;

	switch (msg->meta.kind) {
	case SAMR_KIND_STREAM:
		return take_stream(ls, msg);
	case SAMR_KIND_REQUEST:
		/* Of one that was opened before it has joined there is none. */
		x = samr_connection_find(ls, msg->session);
		if (!x)
			return true;
		if (!samr_connection_take(x, msg, &full))
			return !full && starve(ls);
		samr_turn_give(ls, x);
		return true;
	case SAMR_KIND_SESSION:
		x = samr_connection_find(ls, msg->session);
		if (x)
			cut(ls, x, ETIMEDOUT);
		return true;
	case SAMR_KIND_REPLIES:
		x = samr_connection_find(ls, msg->session);
		if (x)
			cut(ls, x, ECONNRESET);
		return true;
	default:
		return transfer_begins(ls, msg);
	}
}

void samr_listener_pump(struct samr_listener *ls, struct list_head *free)
{
	struct samr_service *svc = service_of(ls);
	struct samr_msg *msg;

	lockdep_assert_held(&svc->lock);
	while (!ls->turn.taken &&
	       (msg = samr_log_peek(&svc->log, &ls->local->reader))) {
		if (!take(ls, msg))
			return;
		samr_log_pass(&svc->log, &ls->local->reader, msg, free);
	}
}

/* ---- accepting ---- */

static int look(const struct samr_listener *ls)
{
	int err = samr_local_err(ls->local);

	lockdep_assert_held(&service_of(ls)->lock);
	if (err)
		return err;
	if (!ls->listens)
		return -EINVAL;
	return list_empty(&ls->backlog) ? -EAGAIN : 0;
}

int samr_listener_look(struct samr_listener *ls)
{
	int err;

	spin_lock_bh(&service_of(ls)->lock);
	err = look(ls);
	spin_unlock_bh(&service_of(ls)->lock);
	return err;
}

struct samr_connection *samr_listener_accept(struct samr_listener *ls,
					     const struct samr_local_ops *ops,
					     void *ctx)
{
	struct samr_service *svc = service_of(ls);
	struct samr_connection *x;
	LIST_HEAD(free);
	int err;

	spin_lock_bh(&svc->lock);
	err = look(ls);
	if (err) {
		spin_unlock_bh(&svc->lock);
		return ERR_PTR(err);
	}
	x = list_first_entry(&ls->backlog, struct samr_connection, link);
	list_del_init(&x->link);
	ls->waiting--;
	if (x->cut)
		ls->orphaned -= x->side.in.bytes;
	ls->sockets++;
	samr_point_see(&ls->seen, &x->side.seen);
	x->side.ops = ops;
	x->side.ctx = ctx;
	x->owner = get_pid(task_tgid(current));
	samr_listener_pump(ls, &free);
	samr_service_unlock(svc, &free);
	return x;
}

void samr_listener_info(struct samr_listener *ls, struct samr_local_info *info)
{
	samr_local_info(ls->local, info);
	samr_listener_see(ls, info);
	info->queued = READ_ONCE(ls->waiting);
}

void samr_listener_see(struct samr_listener *ls, struct samr_local_info *info)
{
	spin_lock_bh(&service_of(ls)->lock);
	info->gseq = ls->seen.gseq;
	info->time = ls->seen.time ?: ls->local->since;
	spin_unlock_bh(&service_of(ls)->lock);
}

/* ---- processes that exit ---- */

void samr_listener_wait(struct samr_listener *ls)
{
	lockdep_assert_held(&service_of(ls)->lock);
	/* 0 is none. */
	ls->grace_at = (jiffies + msecs_to_jiffies(GRACE_MS)) | 1;
	timer_reduce(&service_of(ls)->all->retry, ls->grace_at + 1);
}

/* The member lives on: what its process has had ends as it says. */
static void end_exited(struct samr_connection *x)
{
	if (!x->exited)
		return;
	x->exited = false;
	samr_connection_end(x, x->exit_end);
}

static void retry(struct samr_listener *ls, struct list_head *free)
{
	if (is_dying(ls)) {
		timer_reduce(&service_of(ls)->all->retry, ls->grace_at + 1);
		return;
	}
	if (ls->grace_at) {
		ls->grace_at = 0;
		each(ls, end_exited);
		if (!ls->ops)
			refuse_all(ls);
	} else if (!ls->starved) {
		return;
	}
	ls->starved = false;
	samr_listener_pump(ls, free);
}

void samr_listener_retry(struct samr_service *svc)
{
	struct samr_listener *ls;
	LIST_HEAD(free);

	spin_lock_bh(&svc->lock);
	list_for_each_entry(ls, &svc->listeners, link)
		retry(ls, &free);
	samr_service_unlock(svc, &free);
}
