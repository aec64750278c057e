// SPDX-License-Identifier: GPL-2.0
/*
 * Members of services on this head, see local.h.
 *
 * A join or leave that cannot be submitted now stays in @want, and the member on the pending
 * list, so that a membership always ends, whatever became of the socket. A member is put on
 * a list BEFORE the order is asked: whoever is refused is on it when the order calls.
 */
#include <linux/err.h>
#include <linux/jiffies.h>
#include <linux/slab.h>
#include "listener.h"

#define RETRY_MS	20	/* before a join or leave for which memory was lacking */

#define WANT_JOIN	(1U << SAMR_KIND_JOIN)
#define WANT_LEAVE	(1U << SAMR_KIND_LEAVE)

static struct samr_local *local_new(struct samr_service *svc,
				    const struct samr_local_ops *ops, void *ctx)
{
	s64 port = samr_service_port(svc);
	struct samr_local *l;

	if (port < 0)
		return ERR_PTR(port);
	l = kzalloc(sizeof(*l), GFP_KERNEL_ACCOUNT);
	if (!l)
		return ERR_PTR(-ENOMEM);
	refcount_set(&l->ref, 1);
	l->port = port;
	l->ops = ops;
	l->ctx = ctx;
	l->state = SAMR_MEMBER_BOUND;
	samr_log_reader_init(&l->reader);
	samr_install_init(l);
	INIT_LIST_HEAD(&l->pending);
	INIT_LIST_HEAD(&l->starved);
	INIT_LIST_HEAD(&l->queries);
	l->svc = svc;
	return l;
}

struct samr_local *samr_local_bind(struct samr_cluster *c, struct net *net,
				   u32 id, const struct samr_local_ops *ops,
				   void *ctx)
{
	struct samr_services *all = samr_cluster_priv(c);
	struct samr_service *svc = samr_service_open(all, id, net);
	struct samr_local *l;

	if (IS_ERR(svc))
		return ERR_CAST(svc);
	l = local_new(svc, ops, ctx);
	if (IS_ERR(l))
		goto not_made;
	spin_lock_bh(&svc->lock);
	if (svc->gone) {
		spin_unlock_bh(&svc->lock);
		goto gone;
	}
	list_add_tail(&l->node, &svc->locals);
	atomic_inc(&all->bound);
	spin_unlock_bh(&svc->lock);
	return l;

gone:
	kfree(l);
	l = ERR_PTR(-EADDRNOTAVAIL);
not_made:
	samr_service_put(svc);
	return l;
}

void samr_local_put(struct samr_local *l)
{
	struct samr_service *svc;

	if (!l || !refcount_dec_and_test(&l->ref))
		return;
	svc = l->svc;
	spin_lock_bh(&svc->lock);
	list_del(&l->node);
	spin_unlock_bh(&svc->lock);
	samr_service_put(svc);
	kfree(l);
}

void samr_local_starve(struct samr_local *l)
{
	struct samr_services *all = l->svc->all;

	spin_lock_bh(&all->lock);
	if (list_empty(&l->starved)) {
		refcount_inc(&l->ref);
		list_add_tail(&l->starved, &all->starved);
	}
	spin_unlock_bh(&all->lock);
}

/* Off the list of what is to be submitted. Return: whether its reference is the caller's now. */
static bool unlist_locked(struct samr_local *l)
{
	bool was = !list_empty(&l->pending);

	lockdep_assert_held(&l->svc->all->lock);
	list_del_init(&l->pending);
	if (list_empty(&l->svc->joins))
		list_del_init(&l->svc->joining);
	return was;
}

/*
 * Among those that have something to be submitted, with a reference: a leave must
 * not stand behind joins, which may have to wait for long.
 */
static void enlist_pending(struct samr_local *l, u32 wish)
{
	struct samr_service *svc = l->svc;
	struct samr_services *all = svc->all;

	spin_lock_bh(&all->lock);
	if (!unlist_locked(l))
		refcount_inc(&l->ref);
	if (wish != WANT_JOIN) {
		list_add_tail(&l->pending, &all->pending);
	} else {
		list_add_tail(&l->pending, &svc->joins);
		if (list_empty(&svc->joining))
			list_add_tail(&svc->joining, &all->joining);
	}
	spin_unlock_bh(&all->lock);
}

static bool unlist_pending(struct samr_local *l)
{
	struct samr_services *all = l->svc->all;
	bool was;

	spin_lock_bh(&all->lock);
	was = unlist_locked(l);
	spin_unlock_bh(&all->lock);
	return was;
}

static void tell_failed(struct samr_local *l, int err)
{
	lockdep_assert_held(&l->svc->lock);
	if (l->ops)
		l->ops->failed(l->ctx, err);
}

static void tell_writable(struct samr_local *l)
{
	lockdep_assert_held(&l->svc->lock);
	l->nospace = false;
	if (l->ops)
		l->ops->writable(l->ctx);
}

/* What is to be submitted next, or 0 for nothing now. */
static u32 next_wish(struct samr_local *l)
{
	if ((l->want & WANT_JOIN) && (l->want & WANT_LEAVE)) {
		/* Never asked, so there is nothing to leave. */
		l->want = 0;
		l->state = SAMR_MEMBER_LEFT;
		tell_failed(l, 0);
	}
	if (l->want & WANT_JOIN)
		return WANT_JOIN;
	if (!(l->want & WANT_LEAVE) && l->want & SAMR_WANT_SNAPSHOT &&
	    !samr_install_waits(l))
		return SAMR_WANT_SNAPSHOT;
	if (!(l->want & WANT_LEAVE))
		return l->want & SAMR_WANT_READ;
	/* A message that was let pass must be ordered before the leave. */
	l->want = WANT_LEAVE;
	return l->sending ? 0 : WANT_LEAVE;
}

static u8 kind_of(u32 wish)
{
	return wish == WANT_JOIN ? SAMR_KIND_JOIN :
	       wish == WANT_LEAVE ? SAMR_KIND_LEAVE :
	       wish == SAMR_WANT_READ ? SAMR_KIND_READ : SAMR_KIND_SNAPSHOT;
}

/* What @wish is in the order. */
static void fill(struct samr_local *l, u32 wish, struct samr_submit *s)
{
	s->group = l->svc->id;
	s->port = l->port;
	s->kind = kind_of(wish);
	s->owner = l;
	if (wish == WANT_JOIN) {
		s->arg = l->window;
		s->flags = l->install.on ? SAMR_MSG_STATEFUL : 0;
	} else if (wish != WANT_LEAVE) {
		samr_install_fill(l, s);
	}
}

static int submit_wish(struct samr_local *l, const struct samr_submit *s)
{
	int err;

	refcount_inc(&l->ref);
	err = samr_cluster_submit(l->svc->all->c, s);
	if (err)
		samr_local_put(l);
	return err;
}

static bool later(int err)
{
	return err == -EAGAIN || err == -ENOTCONN || err == -ENOMEM;
}

/* The cluster is dead, or refuses for good. */
static void give_up(struct samr_local *l, int err)
{
	l->want = 0;
	l->state = SAMR_MEMBER_LEFT;
	tell_failed(l, -err);
}

/*
 * Submit what @l wants, in order. Called with the service locked; the lock is dropped
 * meanwhile, and on return. Return: 0, or why something is still wanted, or why the
 * cluster is dead; -EALREADY: somebody else is at it, and will try once more.
 */
static int push(struct samr_local *l)
	__releases(&l->svc->lock)
{
	struct samr_service *svc = l->svc;
	bool drop = false;
	int err = 0;
	u32 wish;

	if (l->pushing) {
		l->again = true;
		spin_unlock_bh(&svc->lock);
		return -EALREADY;
	}
	l->pushing = true;
	while ((wish = next_wish(l))) {
		struct samr_submit s = {};

		l->want &= ~wish;
		l->again = false;
		fill(l, wish, &s);
		enlist_pending(l, wish);
		spin_unlock_bh(&svc->lock);
		err = submit_wish(l, &s);
		spin_lock_bh(&svc->lock);
		if (!err)
			continue;
		if (wish & (SAMR_WANT_SNAPSHOT | SAMR_WANT_READ))
			samr_install_refused(l, s.kind);
		if (l->err == -ENETRESET)
			break;
		if (!later(err)) {
			give_up(l, err);
			break;
		}
		l->want |= wish;
		if (!l->again)
			break;
	}
	l->pushing = false;
	if (!l->want) {
		drop = unlist_pending(l);
	} else if (!wish && samr_install_waits(l)) {
		enlist_pending(l, l->want);
		timer_reduce(&svc->all->retry,
			     jiffies + samr_install_waits(l));
	}
	spin_unlock_bh(&svc->lock);
	if (err == -ENOMEM)
		timer_reduce(&svc->all->retry,
			     jiffies + msecs_to_jiffies(RETRY_MS));
	if (drop)
		samr_local_put(l);
	return err;
}

/*
 * Push a member that is on a list. Called with the lists locked; the lock is
 * dropped meanwhile. As push() it returns why something is still wanted.
 */
static int push_listed(struct samr_services *all, struct samr_local *l)
	__must_hold(&all->lock)
{
	int err;

	unlist_locked(l);
	spin_unlock_bh(&all->lock);
	spin_lock_bh(&l->svc->lock);
	err = push(l);
	samr_local_put(l);
	spin_lock_bh(&all->lock);
	return err;
}

static void kick_leaves(struct samr_services *all)
{
	LIST_HEAD(work);

	/* The list head moves: a member that is refused again goes to @pending. */
	list_splice_init(&all->pending, &work);
	while (!list_empty(&work))
		push_listed(all, list_first_entry(&work, struct samr_local,
						  pending));
}

/*
 * All joins of a service cost the same: when one is refused the others would be,
 * too, and there may be many of them.
 */
static void kick_joins(struct samr_services *all)
{
	struct samr_service *svc;
	LIST_HEAD(work);
	int err;

	list_splice_init(&all->joining, &work);
	while (!list_empty(&work)) {
		svc = list_first_entry(&work, struct samr_service, joining);
		refcount_inc(&svc->ref);
		err = push_listed(all, list_first_entry(&svc->joins,
							struct samr_local,
							pending));
		if (later(err) && !list_empty(&svc->joining))
			list_move_tail(&svc->joining, &all->joining);
		samr_service_put(svc);
	}
}

void samr_local_kick(struct samr_services *all)
{
	spin_lock_bh(&all->lock);
	all->again = true;
	if (!all->kicking) {
		/*
		 * One at a time: room that comes while somebody who was refused
		 * is on his way back to the list would else be told to nobody.
		 */
		all->kicking = true;
		while (all->again) {
			all->again = false;
			kick_leaves(all);
			kick_joins(all);
		}
		all->kicking = false;
	}
	spin_unlock_bh(&all->lock);
}

void samr_local_feed(struct samr_services *all)
{
	struct samr_local *l;
	LIST_HEAD(work);

	spin_lock_bh(&all->lock);
	list_splice_init(&all->starved, &work);
	while (!list_empty(&work)) {
		l = list_first_entry(&work, struct samr_local, starved);
		list_del_init(&l->starved);
		spin_unlock_bh(&all->lock);
		spin_lock_bh(&l->svc->lock);
		tell_writable(l);
		spin_unlock_bh(&l->svc->lock);
		samr_local_put(l);
		spin_lock_bh(&all->lock);
	}
	spin_unlock_bh(&all->lock);
}

/* The first one of all lists, which it leaves; its reference is the caller's. */
static struct samr_local *take_any(struct samr_services *all)
{
	struct samr_service *svc;
	struct samr_local *l;

	l = list_first_entry_or_null(&all->starved, struct samr_local, starved);
	if (l) {
		list_del_init(&l->starved);
		return l;
	}
	l = list_first_entry_or_null(&all->pending, struct samr_local, pending);
	svc = list_first_entry_or_null(&all->joining, struct samr_service,
				       joining);
	if (!l && svc)
		l = list_first_entry(&svc->joins, struct samr_local, pending);
	if (l)
		unlist_locked(l);
	return l;
}

void samr_local_forget(struct samr_services *all)
{
	struct samr_local *l;

	spin_lock_bh(&all->lock);
	while ((l = take_any(all))) {
		spin_unlock_bh(&all->lock);
		samr_local_put(l);
		spin_lock_bh(&all->lock);
	}
	spin_unlock_bh(&all->lock);
}

void samr_local_submit(struct samr_local *l, u32 ms)
{
	lockdep_assert_held(&l->svc->lock);
	enlist_pending(l, l->want);
	if (ms)
		timer_reduce(&l->svc->all->retry,
			     jiffies + msecs_to_jiffies(ms));
	else
		l->svc->kick = true;
}

int samr_local_join(struct samr_local *l, u32 window, bool stateful)
{
	struct samr_service *svc = l->svc;
	int err = samr_local_err(l);
	bool drop = false;
	u64 inc;

	if (err)
		return err;
	spin_lock_bh(&svc->lock);
	if (l->state != SAMR_MEMBER_BOUND) {
		u32 state = l->state;

		spin_unlock_bh(&svc->lock);
		return state == SAMR_MEMBER_JOINING ? -EALREADY :
		       state == SAMR_MEMBER_JOINED ? -EISCONN : -ESHUTDOWN;
	}
	l->state = SAMR_MEMBER_JOINING;
	l->window = window;
	l->install.on = stateful;
	l->reader.head = samr_cluster_self(svc->all->c, &inc);
	l->reader.port = l->port;
	l->want |= WANT_JOIN;
	err = push(l);
	if (err == -EAGAIN || err == -ENOTCONN || err == -EALREADY)
		return 0;
	if (err != -ENOMEM)
		return err;

	/* Say so, unless it was submitted after all. */
	spin_lock_bh(&svc->lock);
	if ((l->want & WANT_JOIN) && !l->pushing) {
		l->want &= ~WANT_JOIN;
		l->state = SAMR_MEMBER_BOUND;
		drop = unlist_pending(l);
	} else {
		err = 0;
	}
	spin_unlock_bh(&svc->lock);
	if (drop)
		samr_local_put(l);
	return err;
}

/* The membership shall end. Called locked, returns unlocked. */
static void start_leave(struct samr_local *l)
	__releases(&l->svc->lock)
{
	l->state = SAMR_MEMBER_LEAVING;
	l->want |= WANT_LEAVE;
	tell_failed(l, 0);
	push(l);
}

int samr_local_leave(struct samr_local *l)
{
	int err = samr_local_err(l);

	if (err)
		return err;
	spin_lock_bh(&l->svc->lock);
	switch (l->state) {
	case SAMR_MEMBER_JOINING:
	case SAMR_MEMBER_JOINED:
		start_leave(l);
		return 0;
	case SAMR_MEMBER_LEAVING:
	case SAMR_MEMBER_LEFT:
		err = -EALREADY;
		break;
	default:
		err = -ENOTCONN;
		break;
	}
	spin_unlock_bh(&l->svc->lock);
	return err;
}

void samr_local_close(struct samr_local *l)
{
	struct samr_service *svc = l->svc;
	LIST_HEAD(free);

	spin_lock_bh(&svc->lock);
	l->ops = NULL;
	l->ctx = NULL;
	list_splice_init(&l->queries, &free);
	samr_install_end(l, &free);
	samr_log_detach(&svc->log, &l->reader, &free);
	samr_service_unlock(svc, &free);

	spin_lock_bh(&svc->lock);
	atomic_dec(&svc->all->bound);
	if (l->state == SAMR_MEMBER_JOINING || l->state == SAMR_MEMBER_JOINED)
		start_leave(l);
	else
		spin_unlock_bh(&svc->lock);
}

void samr_local_mute(struct samr_local *l)
{
	struct samr_service *svc = l->svc;
	LIST_HEAD(free);

	spin_lock_bh(&svc->lock);
	l->muted = true;
	list_splice_init(&l->queries, &free);
	samr_install_end(l, &free);
	samr_log_detach(&svc->log, &l->reader, &free);
	samr_service_unlock(svc, &free);
}

int samr_local_may_send(const struct samr_local *l)
{
	int err = samr_local_err(l);

	lockdep_assert_held(&l->svc->lock);
	if (err)
		return err;
	switch (l->state) {
	case SAMR_MEMBER_JOINED:
		return 0;
	case SAMR_MEMBER_JOINING:
		return -EAGAIN;
	case SAMR_MEMBER_LEAVING:
	case SAMR_MEMBER_LEFT:
		return -EPIPE;
	default:
		return -ENOTCONN;
	}
}

/* Whoever gives the state is not told that nothing is ordered: he goes on then. */
static int may_send_now(struct samr_local *l, u8 kind, u32 sndbuf)
{
	int err;

	lockdep_assert_held(&l->svc->lock);
	err = samr_local_may_send(l);
	if (!err && samr_kind_is_load(kind) && READ_ONCE(l->svc->all->stuck))
		err = -EHOSTUNREACH;
	if (!err && l->charged >= sndbuf)
		err = -EAGAIN;
	if (err == -EAGAIN) {
		l->nospace = true;
		l->sndbuf = sndbuf;
	}
	return err;
}

int samr_local_reserve(struct samr_local *l, u8 kind, u32 len, u32 sndbuf)
{
	int err;

	spin_lock_bh(&l->svc->lock);
	err = may_send_now(l, kind, sndbuf);
	if (!err) {
		l->charged += samr_flow_cost(len);
		l->unsettled += len;
	}
	spin_unlock_bh(&l->svc->lock);
	return err;
}

/* A charge ends. Wake senders when there is room for more than one. */
static void discharge(struct samr_local *l, u32 len)
{
	lockdep_assert_held(&l->svc->lock);
	l->charged -= samr_flow_cost(len);
	l->unsettled -= len;
	if (l->nospace && l->state != SAMR_MEMBER_JOINING &&
	    l->charged <= l->sndbuf / 2)
		tell_writable(l);
}

void samr_local_unreserve(struct samr_local *l, u32 len)
{
	spin_lock_bh(&l->svc->lock);
	discharge(l, len);
	spin_unlock_bh(&l->svc->lock);
}

bool samr_local_room(struct samr_local *l, u8 kind, u32 len)
{
	struct samr_services *all = l->svc->all;

	if (samr_cluster_room(all->c, kind, l->svc->id, len))
		return true;
	samr_local_starve(l);
	return samr_cluster_room(all->c, kind, l->svc->id, len);
}

static int submit_data(struct samr_local *l, const struct samr_submit *s)
{
	struct samr_cluster *c = l->svc->all->c;
	int err = samr_cluster_submit(c, s);

	if (err != -EAGAIN && err != -ENOTCONN)
		return err;
	samr_local_starve(l);
	err = samr_cluster_submit(c, s);
	return err == -ENOTCONN ? -EAGAIN : err;
}

int samr_local_send(struct samr_local *l, struct samr_submit *s)
{
	struct samr_service *svc = l->svc;
	int err;

	spin_lock_bh(&svc->lock);
	err = samr_local_may_send(l);
	/* The answers have a place behind the state, which may come late. */
	if (!err && l->install.lacks && s->kind != SAMR_KIND_DATA &&
	    samr_kind_is_load(s->kind))
		err = -EBUSY;
	if (err) {
		spin_unlock_bh(&svc->lock);
		return err;
	}
	l->sending++;
	spin_unlock_bh(&svc->lock);

	s->group = svc->id;
	s->port = l->port;
	s->owner = l;
	refcount_inc(&l->ref);
	err = submit_data(l, s);

	spin_lock_bh(&svc->lock);
	l->sending--;
	if (!l->sending && l->want)
		push(l);
	else
		spin_unlock_bh(&svc->lock);
	if (err)
		samr_local_put(l);
	return err;
}

bool samr_local_writable(struct samr_local *l, u8 kind, u32 len, u32 sndbuf)
{
	int err;

	spin_lock_bh(&l->svc->lock);
	err = may_send_now(l, kind, sndbuf);
	spin_unlock_bh(&l->svc->lock);
	if (err)
		return err != -EAGAIN;
	return samr_local_room(l, kind, len);
}

void samr_local_wake(struct samr_reader *r)
{
	struct samr_local *l = container_of(r, struct samr_local, reader);

	if (l->ops)
		l->ops->readable(l->ctx);
}

void samr_local_stuck(struct samr_local *l)
{
	lockdep_assert_held(&l->svc->lock);
	if (l->state == SAMR_MEMBER_JOINING || l->state == SAMR_MEMBER_JOINED)
		tell_writable(l);
}

/* A join that was not ordered yet can be asked for again, of the next view. */
void samr_local_out(struct samr_local *l, struct list_head *free)
{
	lockdep_assert_held(&l->svc->lock);
	if (l->state != SAMR_MEMBER_JOINED && l->state != SAMR_MEMBER_LEAVING &&
	    !samr_log_attached(&l->reader))
		return;
	l->state = SAMR_MEMBER_LEFT;
	l->want = 0;
	WRITE_ONCE(l->err, -ENETRESET);
	list_splice_init(&l->queries, free);
	samr_install_end(l, free);
	samr_log_detach(&l->svc->log, &l->reader, free);
	tell_failed(l, ENETRESET);
}

static void end_membership(struct samr_local *l, int err, struct list_head *free)
{
	lockdep_assert_held(&l->svc->lock);
	list_splice_init(&l->queries, free);
	samr_install_end(l, free);
	WRITE_ONCE(l->err, -err);
	l->state = SAMR_MEMBER_LEAVING;
	l->want |= WANT_LEAVE;
	samr_local_submit(l, 0);
	tell_failed(l, err);
}

void samr_local_lost(struct samr_local *l, struct list_head *free)
{
	if (l->state == SAMR_MEMBER_JOINED)
		end_membership(l, ENODATA, free);
}

/* Who reads no more holds up the others: so nothing is kept for it. */
bool samr_local_expel(struct samr_local *l, int err, struct list_head *free)
{
	if (l->state != SAMR_MEMBER_JOINED)
		return false;
	end_membership(l, err, free);
	samr_log_detach(&l->svc->log, &l->reader, free);
	return true;
}

static void joined(struct samr_local *l, struct samr_msg *msg)
{
	if (l->err)
		return;
	if (msg->refused || !msg->meta.gseq) {
		if (l->state == SAMR_MEMBER_JOINING)
			l->state = SAMR_MEMBER_BOUND;
		tell_failed(l, msg->refused ? ENOSPC : ENETRESET);
		return;
	}
	if (l->state == SAMR_MEMBER_JOINING)
		l->state = SAMR_MEMBER_JOINED;
	l->since = msg->meta.time;
	if (l->ops && !l->muted && !samr_install_joined(l, msg))
		samr_log_attach(&l->svc->log, &l->reader);
	tell_writable(l);
}

void samr_local_settle(struct samr_local *l, struct samr_msg *msg,
		       struct list_head *free)
{
	lockdep_assert_held(&l->svc->lock);
	switch (msg->meta.kind) {
	case SAMR_KIND_JOIN:
		joined(l, msg);
		break;
	case SAMR_KIND_LEAVE:
		l->state = SAMR_MEMBER_LEFT;
		list_splice_init(&l->queries, free);
		if (l->err)
			break;
		samr_install_end(l, free);
		samr_log_end(&l->svc->log, &l->reader,
			     msg->meta.gseq ?: U64_MAX, free);
		tell_failed(l, 0);
		break;
	case SAMR_KIND_SNAPSHOT:
	case SAMR_KIND_READ:
		samr_install_settle(l, msg, free);
		break;
	default:
		discharge(l, msg->meta.len);
		if (!msg->meta.gseq && !l->err)
			tell_failed(l, ENETRESET);
		break;
	}
}
