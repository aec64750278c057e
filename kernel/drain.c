// SPDX-License-Identifier: GPL-2.0
/*
 * Events in, actions out: the one drainer of a cluster.
 *
 * Steps are made under samr_cluster.lock by whoever has an event; what they
 * want done gathers in @todo. The drainer takes @todo and runs it without the
 * lock, in order. There is one drainer at a time: the CPU that holds
 * SAMR_DRAINING. A second CPU only appends: frames to @rx, steps to @todo.
 *
 * No work is forgotten. Whoever makes work (A) first publishes it, then sets
 * SAMR_PENDING, then tries to take SAMR_DRAINING. The drainer (B) clears
 * SAMR_PENDING before it looks for work; after it has let SAMR_DRAINING go it
 * looks at SAMR_PENDING once more, and takes SAMR_DRAINING again if it is set.
 * There is a full barrier between the two operations of each. So if A found
 * SAMR_DRAINING taken, its SAMR_PENDING came before B let go, and B sees it
 * afterwards. If B cleared SAMR_PENDING later than A set it, B's look comes after
 * A's publication, and finds the work.
 *
 * No livelock. After ROUNDS rounds the drainer hands over to a tasklet, without
 * letting go of SAMR_DRAINING: it sets SAMR_HANDED and schedules the tasklet,
 * which is then the drainer. Since the tasklet is scheduled by the owner of
 * SAMR_DRAINING or by the timer only, samr_drain_end() can stop it for good by
 * taking SAMR_DRAINING and stopping the timer.
 *
 * The tasklet is one of high priority: it runs when an interrupt returns, also
 * while ksoftirqd is runnable and does not get the CPU. So heartbeats leave in
 * time on a machine whose processes starve.
 */
#include <linux/delay.h>
#include <linux/ktime.h>

#include "compat.h"
#include "core/node.h"
#include "plat.h"
#include "shell.h"
#include "trace.h"

/* Frames that one round takes, and rounds that one drainer makes. */
#define ROUND_FRAMES	64
#define ROUNDS		8
/* Truesize of frames that may wait for the drainer, bytes. */
#define INPUT_MAX	(8 << 20)
/* Wait before a new core is tried again for which memory was lacking. */
#define RENEW_MS	100
/* The timer does not run out earlier than that, ns: no storm of interrupts. */
#define TIMER_MIN	20000

/* What lies @at bytes behind a record's beginning; 0: it is not so long. */
static u64 number_at(const struct samr_rec *r, u32 at, u32 size)
{
	__be64 v = 0;

	if (be16_to_cpu(r->len) < at + size)
		return 0;
	memcpy((u8 *)&v + sizeof(v) - size, (const u8 *)r + at, size);
	return be64_to_cpu(v);
}

/* A tracepoint for each record of a frame that is all there. */
static noinline_for_stack void trace_records(struct samr_cluster *c,
					     const struct sk_buff *skb,
					     u64 peer, bool in)
{
	const struct samr_hdr *h = (const struct samr_hdr *)skb->data;
	u32 at = sizeof(*h), len, end;
	struct samr_record_words w;
	const struct samr_rec *r;

	if (skb_headlen(skb) < sizeof(*h))
		return;
	end = min_t(u32, be16_to_cpu(h->len), skb_headlen(skb));
	for (; at + sizeof(*r) <= end; at += len) {
		r = (const struct samr_rec *)(skb->data + at);
		len = be16_to_cpu(r->len);
		if (len < sizeof(*r) || len > end - at)
			return;
		w.word = number_at(r, 4, 4);
		w.number = number_at(r, 8, 8);
		w.second = number_at(r, 16, 8);
		if (in)
			trace_samr_record_in(c, h, peer, r, &w);
		else
			trace_samr_record_out(c, h, peer, r, &w);
	}
}

static u64 source_of(const struct sk_buff *skb)
{
	return be64_to_cpu(((const struct samr_hdr *)skb->data)->src);
}

/* Only when somebody looks: it copies all that the core counts. */
static noinline_for_stack void trace_places(struct samr_cluster *c)
{
	struct samr_node_stats s;

	samr_node_stats(c->node, &s);
	if (s.held != c->told_held || s.stable != c->told_stable ||
	    s.delivered != c->told_delivered)
		trace_samr_places(c, &s);
	c->told_held = s.held;
	c->told_stable = s.stable;
	c->told_delivered = s.delivered;
}

static int step(struct samr_cluster *c, struct samr_event *ev)
{
	int ret;

	lockdep_assert_held(&c->lock);
	if (c->halted)
		return -ENOTRECOVERABLE;
	samr_plat_step_begin(&c->broken);
	ret = samr_node_step(c->node, ev, &c->todo);
	samr_plat_step_end();
	if (c->broken || c->todo.halted) {
		WRITE_ONCE(c->halted, true);
		c->todo.halted = true;
	}
	if (trace_samr_places_enabled())
		trace_places(c);
	return ret;
}

static void stamp(struct samr_event *ev)
{
	ktime_t now = ktime_get();

	ev->now = ktime_to_ns(now);
	ev->wall = ktime_to_ns(ktime_mono_to_real(now));
}

static void step_frames(struct samr_cluster *c, struct samr_event *ev)
{
	struct sk_buff *skb;
	int n;

	if (!skb_queue_empty_lockless(&c->rx)) {
		spin_lock(&c->rx.lock);
		skb_queue_splice_tail_init(&c->rx, &c->work);
		spin_unlock(&c->rx.lock);
	}
	ev->type = SAMR_EV_FRAME;
	for (n = 0; n < ROUND_FRAMES; n++) {
		skb = __skb_dequeue(&c->work);
		if (!skb)
			return;
		atomic_sub(skb->truesize, &c->rx_bytes);
		ev->frame = samr_blob_of_skb(skb);
		if (trace_samr_record_in_enabled())
			trace_records(c, skb, source_of(skb), true);
		step(c, ev);
		consume_skb(skb);
	}
	if (!skb_queue_empty(&c->work))
		set_bit(SAMR_PENDING, &c->flags);
}

static void arm(struct samr_cluster *c, u64 now)
{
	u64 at = samr_node_deadline(c->node);

	if (at >= c->armed || c->halted)
		return;
	at = max(at, now + TIMER_MIN);
	if (at >= c->armed)
		return;
	c->armed = at;
	hrtimer_start(&c->timer, ns_to_ktime(at), HRTIMER_MODE_ABS_HARD);
}

/* All the steps that are at hand, and what all steps so far want done. */
static void collect(struct samr_cluster *c, struct samr_actions *todo)
{
	struct samr_event ev = { };

	samr_actions_init(todo);
	spin_lock(&c->lock);
	if (c->dead)
		goto out;
	stamp(&ev);
	if (test_and_clear_bit(SAMR_FRAME_MAX, &c->flags)) {
		ev.type = SAMR_EV_FRAME_MAX;
		ev.frame_max = READ_ONCE(c->frame_max);
		step(c, &ev);
	}
	if (test_and_clear_bit(SAMR_CLIENTS, &c->flags)) {
		ev.type = SAMR_EV_CLIENTS;
		ev.clients = READ_ONCE(c->clients);
		step(c, &ev);
	}
	step_frames(c, &ev);
	if (test_and_clear_bit(SAMR_TIMER, &c->flags)) {
		samr_stats_inc(c->stats, SAMR_STAT_TIMER);
		c->armed = U64_MAX;
		if (samr_node_deadline(c->node) <= ev.now) {
			ev.type = SAMR_EV_TIMER;
			step(c, &ev);
		}
	}
	if (c->todo.flush) {
		ev.type = SAMR_EV_FLUSH;
		step(c, &ev);
	}
	arm(c, ev.now);
	*todo = c->todo;
	INIT_LIST_HEAD(&todo->list);
	list_splice(&c->todo.list, &todo->list);
	samr_actions_init(&c->todo);
out:
	spin_unlock(&c->lock);
}

static void run_send(struct samr_cluster *c, struct samr_action *a, bool drop)
{
	struct sk_buff *skb = samr_blob_skb(samr_blob_of_action(a));
	u64 dest = a->dest;

	/* From here on skb->cb, where the action was, is the link's. */
	if (drop) {
		kfree_skb(skb);
		return;
	}
	samr_stats_inc(c->stats, SAMR_STAT_FRAMES_OUT);
	if (trace_samr_record_out_enabled())
		trace_records(c, skb, dest, false);
	samr_link_send(c, skb, dest);
}

static void run_deliver(struct samr_cluster *c, struct samr_action *a)
{
	struct samr_msg *msg = samr_msg_of_action(a);

	trace_samr_deliver(c, msg);
	samr_stats_inc(c->stats, SAMR_STAT_DELIVERED);
	if (c->face && c->face->deliver)
		c->face->deliver(c->priv, msg);
	else
		samr_msg_put(msg);
}

/*
 * In order. Of a broken step nothing leaves the machine; what it delivers goes
 * to a face that knows by then that nothing is to be believed any more, and
 * settles who had sent it.
 */
static void run(struct samr_cluster *c, struct samr_actions *todo, bool drop)
{
	struct samr_action *a, *next;

	list_for_each_entry_safe(a, next, &todo->list, node) {
		list_del_init(&a->node);
		if (a->type == SAMR_ACT_SEND)
			run_send(c, a, drop);
		else
			run_deliver(c, a);
	}
}

static noinline_for_stack void tell_view(struct samr_cluster *c)
{
	struct samr_cluster_event e = { .type = SAMR_CLUSTER_EV_VIEW };
	struct samr_view_info v;

	samr_cluster_view(c, &v);
	e.epoch = v.epoch;
	trace_samr_view(c, &v);
	if (c->face && c->face->view)
		c->face->view(c->priv);
	samr_cluster_notify(c, &e);
}

static void tell_groups(struct samr_cluster *c, const struct samr_actions *todo)
{
	struct samr_cluster_event e = { .type = SAMR_CLUSTER_EV_GROUP };
	u32 i, n = min_t(u32, todo->changes, SAMR_CHANGES_MAX);

	for (i = 0; i < n; i++) {
		e.group = todo->changed[i];
		samr_cluster_notify(c, &e);
	}
	e.group = 0;
	if (todo->changes > n)
		samr_cluster_notify(c, &e);
}

static void tell_halted(struct samr_cluster *c)
{
	struct samr_cluster_event e = { .type = SAMR_CLUSTER_EV_HALTED };

	pr_err("samr: cluster %s: halted, %s\n", c->params.name,
	       c->broken ? "an invariant does not hold" :
			   "the order contradicts itself");
	trace_samr_end(c, "halted");
	if (c->face && c->face->halted)
		c->face->halted(c->priv, ENOTRECOVERABLE);
	samr_cluster_notify(c, &e);
}

static const char *reason(enum samr_out why)
{
	return why == SAMR_OUT_RETIRED ? "it has left the view" :
					 "the others went on without it";
}

/* This incarnation is over. Another one is made where it is allowed to sleep. */
static void tell_out(struct samr_cluster *c)
{
	struct samr_cluster_event e = { .type = SAMR_CLUSTER_EV_OUT };

	pr_info("samr: cluster %s: node %llu is out: %s\n", c->params.name,
		c->params.node, reason(samr_node_out(c->node)));
	trace_samr_end(c, reason(samr_node_out(c->node)));
	if (c->face && c->face->out)
		c->face->out(c->priv);
	samr_cluster_notify(c, &e);
	queue_delayed_work(samr_wq, &c->renew, 0);
}

static bool asked_for(const struct samr_fence *f)
{
	return f->why != SAMR_FENCE_NONE && !f->dead;
}

static void notify_fence(struct samr_cluster *c,
			 const struct samr_cluster_event *e)
{
	trace_samr_fence(c, &e->fence);
	samr_cluster_notify(c, e);
}

/* @old, as told last, is @new now; the entry may have gone to another head. */
static void tell_fence(struct samr_cluster *c, const struct samr_fence *old,
		       const struct samr_fence *new)
{
	struct samr_cluster_event e = { .fence = *new };
	bool same = old->id == new->id && old->inc == new->inc;

	if (asked_for(old) && same && (asked_for(new) || new->dead)) {
		if (old->why == new->why && old->epoch == new->epoch &&
		    old->dead == new->dead)
			return;
		e.type = SAMR_CLUSTER_EV_FENCE_CHANGED;
		notify_fence(c, &e);
		return;
	}
	if (asked_for(old)) {
		e.type = SAMR_CLUSTER_EV_FENCE_OVER;
		e.fence = *old;
		notify_fence(c, &e);
	}
	if (asked_for(new)) {
		e.type = SAMR_CLUSTER_EV_FENCE;
		e.fence = *new;
		notify_fence(c, &e);
	}
}

static noinline_for_stack void tell_fences(struct samr_cluster *c)
{
	struct samr_fence now;
	u32 i;

	for (i = 0; i < SAMR_FENCES; i++) {
		if (!samr_cluster_fence(c, i, &now))
			memset(&now, 0, sizeof(now));
		tell_fence(c, &c->fence[i], &now);
		c->fence[i] = now;
	}
}

static void tell_told(struct samr_cluster *c, u64 heads)
{
	struct samr_cluster_event e = { .type = SAMR_CLUSTER_EV_TOLD };

	samr_for_each_head(e.node, heads)
		samr_cluster_notify(c, &e);
}

static noinline_for_stack void tell_doubt(struct samr_cluster *c)
{
	struct samr_cluster_event e = { .type = SAMR_CLUSTER_EV_DOUBT };
	struct samr_view_info v;

	samr_cluster_view(c, &v);
	trace_samr_doubt(c, &v);
	samr_cluster_notify(c, &e);
}

static void one_round(struct samr_cluster *c)
{
	struct samr_actions todo;

	samr_stats_inc(c->stats, SAMR_STAT_ROUNDS);
	collect(c, &todo);
	if (todo.halted)
		tell_halted(c);
	if (todo.view)
		tell_view(c);
	else if (todo.doubt)
		tell_doubt(c);
	if (todo.changes)
		tell_groups(c, &todo);
	if (todo.told)
		tell_told(c, todo.told);
	if (todo.fence)
		tell_fences(c);
	if (todo.narrow)
		samr_probe_doubt(c, todo.narrow);
	run(c, &todo, todo.halted);
	if (todo.lost && c->face && c->face->out)
		c->face->out(c->priv);
	if (todo.stuck && c->face && c->face->stuck)
		c->face->stuck(c->priv);
	if (todo.gone && !todo.halted)
		tell_out(c);
	if (todo.writable && c->face && c->face->writable)
		c->face->writable(c->priv);
}

/* The caller holds SAMR_DRAINING and gives it away. Bottom halves are off. */
static void drain(struct samr_cluster *c)
{
	int rounds = 0;

	do {
		do {
			if (rounds++ == ROUNDS) {
				samr_stats_inc(c->stats,
					       SAMR_STAT_HANDED_OVER);
				set_bit(SAMR_HANDED, &c->flags);
				tasklet_hi_schedule(&c->tasklet);
				return;
			}
			clear_bit(SAMR_PENDING, &c->flags);
			smp_mb__after_atomic();	/* first clear, then look */
			one_round(c);
		} while (test_bit(SAMR_PENDING, &c->flags));
		clear_bit_unlock(SAMR_DRAINING, &c->flags);
		smp_mb__after_atomic();		/* first let go, then look */
	} while (test_bit(SAMR_PENDING, &c->flags) &&
		 !test_and_set_bit(SAMR_DRAINING, &c->flags));
}

void samr_drain_kick(struct samr_cluster *c)
{
	local_bh_disable();
	smp_mb__before_atomic();	/* first the work, then the flag */
	set_bit(SAMR_PENDING, &c->flags);
	/* fully ordered: first the flag, then the try */
	smp_mb__after_atomic();
	if (!test_and_set_bit(SAMR_DRAINING, &c->flags))
		drain(c);
	local_bh_enable();
}

static void drain_tasklet(struct tasklet_struct *t)
{
	struct samr_cluster *c = from_tasklet(c, t, tasklet);

	if (test_and_clear_bit(SAMR_HANDED, &c->flags))
		drain(c);
	else
		samr_drain_kick(c);
}

static enum hrtimer_restart timer_ran_out(struct hrtimer *timer)
{
	struct samr_cluster *c = container_of(timer, struct samr_cluster, timer);

	set_bit(SAMR_TIMER, &c->flags);
	tasklet_hi_schedule(&c->tasklet);
	return HRTIMER_NORESTART;
}

/* Has the core nothing to be done but to be called again, which is seen to? */
static bool at_rest(struct samr_cluster *c, u64 now)
{
	if (!samr_actions_none(&c->todo))
		return false;
	arm(c, now);
	return true;
}

int samr_drain_step(struct samr_cluster *c, struct samr_event *ev)
{
	int ret = -ENETDOWN;
	bool rest = true;

	spin_lock_bh(&c->lock);
	if (!c->dead) {
		stamp(ev);
		ret = step(c, ev);
		rest = at_rest(c, ev->now);
	}
	spin_unlock_bh(&c->lock);
	if (!rest)
		samr_drain_kick(c);
	return ret;
}

/* The cluster has it for the cores to come. */
static void remember(struct samr_cluster *c, const struct samr_event *ev)
{
	lockdep_assert_held(&c->lock);
	if (ev->type == SAMR_EV_SAVED) {
		c->saved = ev->saved;
		c->keeper = ev->keeper;
	} else {
		WRITE_ONCE(c->heads, ev->members);
		WRITE_ONCE(c->witness, ev->witness);
		c->founders = ev->founders;
	}
}

/* Told to the core, if @tell, and remembered unless that refuses it. */
static int configure(struct samr_cluster *c, struct samr_event *ev, bool tell)
{
	int ret = 0;

	local_bh_disable();
	spin_lock(&c->lock);
	if (!c->dead && tell) {
		stamp(ev);
		ret = step(c, ev);
	}
	/* One that is out knows of nothing any more. */
	if (ret == -ENOTCONN)
		ret = 0;
	if (!ret)
		remember(c, ev);
	spin_unlock(&c->lock);
	samr_drain_kick(c);
	local_bh_enable();
	return ret;
}

int samr_drain_want(struct samr_cluster *c, u64 heads, u64 witness,
		    u64 founders)
{
	struct samr_event ev = {
		.type	  = SAMR_EV_MEMBERS,
		.members  = heads,
		.witness  = witness,
		.founders = founders,
	};

	return configure(c, &ev, c->started);
}

int samr_drain_save(struct samr_cluster *c, const struct samr_saved *saved,
		    bool keeper)
{
	struct samr_event ev = {
		.type	= SAMR_EV_SAVED,
		.saved	= *saved,
		.keeper	= keeper,
	};

	return samr_wire_saved_ok(saved) ? configure(c, &ev, true) : -EINVAL;
}

void samr_drain_input(struct samr_cluster *c, struct sk_buff *skb)
{
	if (atomic_add_return(skb->truesize, &c->rx_bytes) > INPUT_MAX) {
		atomic_sub(skb->truesize, &c->rx_bytes);
		samr_stats_inc(c->stats, SAMR_STAT_DROP_QUEUE);
		kfree_skb(skb);
		return;
	}
	samr_stats_inc(c->stats, SAMR_STAT_FRAMES_IN);
	spin_lock_bh(&c->rx.lock);
	__skb_queue_tail(&c->rx, skb);
	spin_unlock_bh(&c->rx.lock);
}

/* Be the only one who touches the core; false: the cluster ends. May sleep. */
static bool seize(struct samr_cluster *c)
{
	while (test_and_set_bit(SAMR_DRAINING, &c->flags)) {
		if (READ_ONCE(c->dead))
			return false;
		usleep_range(50, 200);
	}
	return true;
}

/* What the old core owes to owners of messages ends before the new one begins. */
static void replace(struct samr_cluster *c, struct samr_node *node, u64 inc)
{
	struct samr_event ev = { .type = SAMR_EV_SAVED };
	struct samr_actions dropped;
	struct samr_node *old = NULL;

	samr_actions_init(&dropped);
	local_bh_disable();
	spin_lock(&c->lock);
	if (!c->dead) {
		old = c->node;
		c->node = node;
		WRITE_ONCE(c->inc, inc);
		set_bit(SAMR_FRAME_MAX, &c->flags);
		set_bit(SAMR_CLIENTS, &c->flags);
		/* They were for one view. What is known since then is not known here. */
		if (c->founders)
			c->founders = SAMR_NO_FOUNDERS;
	}
	spin_unlock(&c->lock);
	local_bh_enable();
	if (!old) {
		samr_node_free(node, &dropped);
		return;
	}
	samr_node_free(old, &dropped);
	local_bh_disable();
	run(c, &dropped, true);
	tell_fences(c);		/* the new core asks for none */
	spin_lock(&c->lock);
	if (!c->dead) {
		stamp(&ev);
		ev.saved = c->saved;
		ev.keeper = c->keeper;
		step(c, &ev);
	}
	if (!c->dead && READ_ONCE(c->started)) {
		ev.type = SAMR_EV_MEMBERS;
		ev.members = READ_ONCE(c->heads);
		ev.witness = READ_ONCE(c->witness);
		ev.founders = c->founders;
		step(c, &ev);
	}
	spin_unlock(&c->lock);
	local_bh_enable();
}

static void renew(struct work_struct *work)
{
	struct samr_cluster *c = container_of(to_delayed_work(work),
					      struct samr_cluster, renew);
	u64 inc = samr_cluster_incarnation();
	struct samr_node *node;

	node = samr_cluster_core(c, inc);
	if (!node) {
		queue_delayed_work(samr_wq, &c->renew,
				   msecs_to_jiffies(RENEW_MS));
		return;
	}
	if (!seize(c)) {
		samr_node_free(node, NULL);
		return;
	}
	replace(c, node, inc);
	clear_bit_unlock(SAMR_DRAINING, &c->flags);
	smp_mb__after_atomic();
	samr_drain_kick(c);
}

void samr_drain_init(struct samr_cluster *c)
{
	spin_lock_init(&c->lock);
	samr_actions_init(&c->todo);
	c->armed = U64_MAX;
	skb_queue_head_init(&c->rx);
	__skb_queue_head_init(&c->work);
	tasklet_setup(&c->tasklet, drain_tasklet);
	INIT_DELAYED_WORK(&c->renew, renew);
	hrtimer_init(&c->timer, CLOCK_MONOTONIC, HRTIMER_MODE_ABS_HARD);
	c->timer.function = timer_ran_out;
}

void samr_drain_end(struct samr_cluster *c)
{
	struct samr_actions todo, dropped;
	struct samr_node *node;

	spin_lock_bh(&c->lock);
	WRITE_ONCE(c->dead, true);
	spin_unlock_bh(&c->lock);
	while (test_and_set_bit(SAMR_DRAINING, &c->flags))
		usleep_range(50, 200);
	/* Now no step is made, nobody drains, hands over or renews. */
	cancel_delayed_work_sync(&c->renew);
	hrtimer_cancel(&c->timer);
	tasklet_kill(&c->tasklet);

	samr_actions_init(&todo);
	samr_actions_init(&dropped);
	spin_lock_bh(&c->lock);
	list_splice_init(&c->todo.list, &todo.list);
	node = c->node;
	c->node = NULL;
	spin_unlock_bh(&c->lock);
	skb_queue_purge(&c->rx);
	__skb_queue_purge(&c->work);

	local_bh_disable();
	run(c, &todo, true);
	local_bh_enable();
	samr_node_free(node, &dropped);
	local_bh_disable();
	run(c, &dropped, true);
	if (c->face && c->face->halted)
		c->face->halted(c->priv, ENETDOWN);
	local_bh_enable();
}
