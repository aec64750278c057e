// SPDX-License-Identifier: GPL-2.0
/*
 * Streams as members have them, see connection.h.
 *
 * A writer is put on the list of those that wait BEFORE the order is asked: whoever is
 * refused is on it when the order calls.
 */
#include <linux/err.h>
#include <linux/pid.h>
#include <linux/skbuff.h>
#include <linux/slab.h>
#include <linux/uio.h>
#include "connection.h"
#include "payload.h"

static struct samr_connection *of_side(struct samr_side *side)
{
	return container_of(side, struct samr_connection, side);
}

static struct hlist_head *bucket_of(const struct samr_listener *ls, u64 name)
{
	return (struct hlist_head *)
		&ls->conns[name % SAMR_LISTENER_BUCKETS];
}

static const struct samr_side_ops how;

/* With one reference, and found by nobody. */
static struct samr_connection *connection_alloc(struct samr_listener *ls,
						u64 name)
{
	struct samr_connection *x;

	x = kzalloc(sizeof(*x), GFP_ATOMIC | __GFP_NOWARN);
	if (!x)
		return NULL;
	refcount_set(&x->ref, 1);
	x->side.how = &how;
	x->side.svc = ls->local->svc;
	samr_input_init(&x->side.in);
	refcount_inc(&ls->ref);
	x->listener = ls;
	x->name = name;
	INIT_LIST_HEAD(&x->link);
	INIT_LIST_HEAD(&x->telling);
	INIT_LIST_HEAD(&x->waiting);
	mutex_init(&x->write_lock);
	return x;
}

static void hash(struct samr_connection *x)
{
	refcount_inc(&x->ref);
	hlist_add_head(&x->hash, bucket_of(x->listener, x->name));
}

struct samr_connection *samr_connection_new(struct samr_listener *ls,
					    const struct samr_msg *msg)
{
	struct samr_connection *x = connection_alloc(ls, msg->session);

	if (!x)
		return NULL;
	x->side.seen = samr_point_of(&msg->meta);
	x->node = msg->meta.origin;
	x->port = msg->meta.port;
	hash(x);
	return x;
}

struct samr_connection *samr_connection_kept(struct samr_listener *ls,
					     const struct samr_msg *msg,
					     const struct samr_place_payload *p)
{
	struct samr_connection *x = connection_alloc(ls, msg->session);

	if (!x)
		return NULL;
	/* Whose program has the state has seen what that shows. */
	x->side.seen.gseq = msg->meta.arg;
	x->node = be32_to_cpu(p->node);
	x->port = be32_to_cpu(p->port);
	x->have = be64_to_cpu(p->read);
	x->made = be64_to_cpu(p->made);
	x->end = p->end;
	x->side.shut = p->end == SAMR_END_SHUT;
	x->fin = p->fin;
	x->side.over = x->fin;
	return x;
}

void samr_connection_put(struct samr_connection *x)
{
	LIST_HEAD(free);

	if (!x || !refcount_dec_and_test(&x->ref))
		return;
	samr_input_clear(&x->side.in, &free);
	samr_log_free(&free);
	samr_listener_put(x->listener);
	put_pid(x->owner);
	kfree(x);
}

struct samr_connection *samr_connection_find(const struct samr_listener *ls,
					     u64 name)
{
	struct samr_connection *x;

	hlist_for_each_entry(x, bucket_of(ls, name), hash)
		if (x->name == name)
			return x;
	return NULL;
}

/* Nothing more comes for it. */
static void unhash(struct samr_connection *x)
{
	if (hlist_unhashed(&x->hash))
		return;
	hlist_del_init(&x->hash);
	/* Whoever calls holds another reference, or the last one is the socket's. */
	samr_connection_put(x);
}

/* ---- what the order is told ---- */

static void tell(struct samr_connection *x)
{
	if (!list_empty(&x->telling))
		return;
	refcount_inc(&x->ref);
	list_add_tail(&x->telling, &x->side.svc->telling);
}

void samr_connection_end(struct samr_connection *x, u8 end)
{
	if (x->end || x->ending)
		return;
	x->ending = end;
	tell(x);
}

/* All members here that have this stream have read up to there. */
static u64 read_by_all(const struct samr_connection *x)
{
	struct samr_connection *other;
	struct samr_listener *ls;
	u64 upto = x->read;

	list_for_each_entry(ls, &x->side.svc->listeners, link) {
		other = samr_connection_find(ls, x->name);
		if (other)
			upto = min(upto, other->read);
	}
	return upto;
}

static void end_output(struct samr_service *svc, struct samr_connection *x,
		       u64 place)
{
	const struct samr_cluster_output o = {
		.group	 = svc->id,
		.session = x->name,
		.from	 = x->made + 1,
		.upto	 = place,
		.end	 = x->end,
	};

	/* Without bytes it needs neither room nor memory. */
	samr_cluster_output(svc->all->c, &o);
}

void samr_connection_tell(struct samr_service *svc)
	__must_hold(&svc->lock)
{
	struct samr_connection *x;
	u64 upto, place;
	bool ends;

	while (!list_empty(&svc->telling)) {
		x = list_first_entry(&svc->telling, struct samr_connection,
				     telling);
		list_del_init(&x->telling);
		upto = read_by_all(x);
		place = x->listener->seen.gseq;
		ends = x->ending && !x->writing;
		if (ends) {
			x->end = x->ending;
			x->ending = SAMR_END_NONE;
		}
		spin_unlock_bh(&svc->lock);
		if (ends)
			end_output(svc, x, place);
		if (upto)
			samr_cluster_input(svc->all->c, svc->id, x->name, upto);
		samr_connection_put(x);
		spin_lock_bh(&svc->lock);
	}
}

/* ---- input ---- */

/* Of what it looked at, its program's output may tell. */
static void saw(struct samr_connection *x)
{
	samr_point_see(&x->listener->seen, &x->side.seen);
}

/* The client's end comes to its program behind what came before it; nothing comes behind it. */
static void apply_cut(struct samr_connection *x)
{
	if (!x->cut || (x->side.in.bytes && !x->closed))
		return;
	if (!x->side.broken)
		samr_side_break(&x->side, x->cut_err);
	unhash(x);
}

/* What was read, and what nobody reads any more. */
static void has_read(struct samr_connection *x)
{
	x->read = x->have;
	if (x->side.in.bytes)
		x->read -= x->side.in.bytes + x->fin;
	tell(x);
	apply_cut(x);
}

void samr_connection_enter(struct samr_connection *x)
{
	hash(x);
	has_read(x);
}

/*
 * A client never has more than a window on its way: what a head that lies sends beyond
 * stays in the log, as input of a member that does not read, and is held up with it.
 */
static bool has_room(const struct samr_connection *x, const struct samr_msg *msg)
{
	return !x->side.in.bytes ||
	       x->side.in.bytes + samr_msg_bytes(msg) <= SAMR_STREAM_WINDOW;
}

bool samr_connection_take(struct samr_connection *x, const struct samr_msg *msg,
			  bool *full)
{
	bool unwanted = x->closed || x->side.deaf;

	*full = !unwanted && !has_room(x, msg);
	if (*full)
		return false;
	if (msg->meta.arg != x->have + 1) {
		/* It can not be; and bytes must not be lost unnoticed. */
		WARN_ON_ONCE(1);
		samr_side_break(&x->side, EIO);
		return true;
	}
	if (!unwanted && !samr_input_share(&x->side.in, msg))
		return false;
	x->have += samr_msg_bytes(msg);
	if (msg->meta.flags & SAMR_MSG_FIN) {
		x->have++;
		x->fin = true;
		x->side.over = true;
	}
	if (unwanted || !x->side.in.bytes)
		has_read(x);
	samr_side_readable(&x->side);
	if (x->fin)
		samr_side_changed(&x->side, 0);
	return true;
}

void samr_connection_cut(struct samr_connection *x, int err)
{
	x->cut = true;
	x->cut_err = x->fin ? 0 : err;
	apply_cut(x);
}

/* Another member here that has the stream is not to be waited for on account of this one. */
static void give_up(struct samr_connection *x)
{
	x->read = x->have;
	tell(x);
}

void samr_connection_leave(struct samr_connection *x)
{
	x->exited = false;
	give_up(x);
	samr_connection_cut(x, 0);
}

void samr_connection_fail(struct samr_connection *x)
{
	/* Somebody may be copying what is unread: it is dropped with the socket. */
	x->side.deaf = true;
	if (!x->side.broken)
		samr_side_break(&x->side, ECONNRESET);
	x->end = x->end ?: SAMR_END_RESET;
	x->ending = SAMR_END_NONE;
	give_up(x);
	unhash(x);
}

static void passed(struct samr_side *side, u32 pieces)
{
	struct samr_connection *x = of_side(side);
	LIST_HEAD(free);

	spin_lock_bh(&side->svc->lock);
	saw(x);
	x->asked = true;
	if (!hlist_unhashed(&x->hash) || x->cut)
		has_read(x);
	samr_turn_pass(x->listener, x, &free);
	/* It, or the state, may be waiting for that. */
	samr_listener_pump(x->listener, &free);
	samr_service_unlock(side->svc, &free);
}

/* ---- output ---- */

/* Among those that are to be told when there is room, with a reference. */
static void enlist(struct samr_connection *x)
{
	struct samr_services *all = x->side.svc->all;

	spin_lock_bh(&all->lock);
	if (list_empty(&x->waiting)) {
		refcount_inc(&x->ref);
		list_add_tail(&x->waiting, &all->writers);
	}
	spin_unlock_bh(&all->lock);
}

static int may_write(const struct samr_side *side)
{
	const struct samr_connection *x = container_of(side,
						       struct samr_connection,
						       side);

	return side->broken || side->shut || x->end || x->ending ? -EPIPE : 0;
}

/* What is written to a stream that is no more goes nowhere, until its program hears of it. */
static int room_at(struct samr_connection *x, u64 made)
{
	struct samr_service *svc = x->side.svc;
	int room;

	room = samr_cluster_output_room(svc->all->c, svc->id, x->name, made + 1);
	return room == -ENOENT ? (int)SAMR_STREAM_WINDOW : room;
}

static int room(struct samr_side *side)
{
	struct samr_connection *x = of_side(side);
	int room, err;
	u64 made;

	spin_lock_bh(&side->svc->lock);
	err = may_write(side);
	made = x->made;
	spin_unlock_bh(&side->svc->lock);
	if (err)
		return err;
	room = room_at(x, made);
	if (room)
		return room;
	enlist(x);
	return room_at(x, made) ?: -EAGAIN;
}

static int submit(struct samr_connection *x, struct sk_buff *skb, u64 place)
{
	struct samr_service *svc = x->side.svc;
	const struct samr_cluster_output o = {
		.group	 = svc->id,
		.session = x->name,
		.from	 = x->made + 1,
		.upto	 = place,
		.payload = samr_blob_of_skb(skb),
		.len	 = skb->len,
	};
	int err = samr_cluster_output(svc->all->c, &o);

	if (err == -EAGAIN) {
		enlist(x);
		err = samr_cluster_output(svc->all->c, &o);
	}
	/* Another member here may have ended it: this one is about to. */
	return err == -ENOENT || err == -EPIPE || err == -ENOTCONN ? 0 : err;
}

static int write_one(struct samr_connection *x, struct msghdr *msg, u32 len,
		     gfp_t gfp)
{
	struct samr_side *side = &x->side;
	size_t before = msg_data_left(msg);
	struct sk_buff *skb;
	LIST_HEAD(free);
	u64 place;
	int err;

	skb = samr_payload_new(msg, len, gfp);
	if (IS_ERR(skb))
		return PTR_ERR(skb);
	spin_lock_bh(&side->svc->lock);
	err = may_write(side);
	x->writing = !err;
	place = x->listener->seen.gseq;
	spin_unlock_bh(&side->svc->lock);
	if (!err)
		err = submit(x, skb, place);
	kfree_skb(skb);
	spin_lock_bh(&side->svc->lock);
	x->writing = false;
	if (!err) {
		x->made += len;
		x->asked = false;
	}
	if (x->ending)
		tell(x);
	samr_service_unlock(side->svc, &free);
	if (!err)
		return len;
	iov_iter_revert(&msg->msg_iter, before - msg_data_left(msg));
	return err;
}

static int write(struct samr_side *side, struct msghdr *msg, u32 len, gfp_t gfp)
{
	struct samr_connection *x = of_side(side);
	int ret;

	if (mutex_lock_interruptible(&x->write_lock))
		return -ERESTARTSYS;
	ret = room(side);
	if (ret > 0)
		ret = write_one(x, msg, min_t(u32, len, ret), gfp);
	mutex_unlock(&x->write_lock);
	return ret;
}

static void shut(struct samr_side *side)
{
	struct samr_connection *x = of_side(side);
	LIST_HEAD(free);

	spin_lock_bh(&side->svc->lock);
	side->shut = true;
	if (!side->broken)
		samr_connection_end(x, SAMR_END_SHUT);
	samr_side_changed(side, 0);
	samr_service_unlock(side->svc, &free);
}

static const struct samr_side_ops how = {
	.room	= room,
	.write	= write,
	.passed	= passed,
	.shut	= shut,
};

/* ---- its end ---- */

void samr_connection_close(struct samr_connection *x, u8 end, bool dying)
{
	struct samr_side *side = &x->side;
	LIST_HEAD(free);

	spin_lock_bh(&side->svc->lock);
	side->ops = NULL;
	side->ctx = NULL;
	x->closed = true;
	samr_input_clear(&side->in, &free);
	if (dying && !x->end && !x->ending) {
		x->exited = true;
		x->exit_end = end;
		samr_listener_wait(x->listener);
	} else if (!side->broken) {
		samr_connection_end(x, end);
	}
	if (!hlist_unhashed(&x->hash))
		has_read(x);
	samr_turn_end(x->listener, x);
	samr_listener_pump(x->listener, &free);
	samr_listener_left(x->listener, &free);
}

void samr_connection_info(struct samr_connection *x,
			  struct samr_local_info *info)
{
	struct samr_side *side = &x->side;
	u64 made;

	memset(info, 0, sizeof(*info));
	spin_lock_bh(&side->svc->lock);
	info->service = side->svc->id;
	info->port = x->listener->local->port;
	info->state = side->over && (side->broken || x->end) ?
		      SAMR_STREAM_ENDED : SAMR_STREAM_ACCEPTED;
	info->gseq = x->side.seen.gseq;
	info->time = x->listener->seen.time;
	info->queued = side->deaf ? 0 : side->in.bytes;
	made = x->made;
	spin_unlock_bh(&side->svc->lock);
	info->unsettled = samr_cluster_output_left(side->svc->all->c, info->service,
						   x->name, made);
}

/* The first one of the list, which it leaves; its reference is the caller's. */
static struct samr_connection *take(struct list_head *list)
{
	struct samr_connection *x;

	x = list_first_entry_or_null(list, struct samr_connection, waiting);
	if (x)
		list_del_init(&x->waiting);
	return x;
}

static void wake(struct samr_services *all, bool forget)
{
	struct samr_connection *x;
	LIST_HEAD(work);

	spin_lock_bh(&all->lock);
	list_splice_init(&all->writers, &work);
	while ((x = take(&work))) {
		spin_unlock_bh(&all->lock);
		spin_lock_bh(&x->side.svc->lock);
		if (!forget)
			samr_side_writable(&x->side);
		spin_unlock_bh(&x->side.svc->lock);
		samr_connection_put(x);
		spin_lock_bh(&all->lock);
	}
	spin_unlock_bh(&all->lock);
}

void samr_connection_feed(struct samr_services *all)
{
	wake(all, false);
}

void samr_connection_forget(struct samr_services *all)
{
	wake(all, true);
}
