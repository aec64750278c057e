// SPDX-License-Identifier: GPL-2.0
/*
 * A cluster's life, its configuration, and questions about it.
 *
 * Invariants: a cluster that is not dead has a core. Its memory outlives its end
 * while there are references, and answers -ENETDOWN. It holds no reference to
 * its namespace: the namespace's exit ends it.
 */
#include <linux/netlink.h>
#include <linux/random.h>
#include <linux/slab.h>

#include "shell.h"
#include "trace.h"

static const struct samr_cluster_face *the_face;
static void (*the_notify)(struct samr_cluster *c,
			  const struct samr_cluster_event *e);

void samr_cluster_set_face(const struct samr_cluster_face *face)
{
	WRITE_ONCE(the_face, face);
}

void samr_cluster_set_notify(void (*notify)(struct samr_cluster *c,
					    const struct samr_cluster_event *e))
{
	WRITE_ONCE(the_notify, notify);
}

void samr_cluster_notify(struct samr_cluster *c,
			 const struct samr_cluster_event *e)
{
	void (*notify)(struct samr_cluster *c,
		       const struct samr_cluster_event *e);

	rcu_read_lock();	/* its owner waits for readers when it goes away */
	notify = READ_ONCE(the_notify);
	if (notify)
		notify(c, e);
	rcu_read_unlock();
}

void samr_cluster_group_changed(struct samr_cluster *c, u32 group)
{
	struct samr_cluster_event e = {
		.type = SAMR_CLUSTER_EV_GROUP, .group = group,
	};

	samr_cluster_notify(c, &e);
}

void *samr_cluster_priv(struct samr_cluster *c)
{
	return c->priv;
}

struct net *samr_cluster_net(const struct samr_cluster *c)
{
	return c->net;
}

u64 samr_cluster_self(const struct samr_cluster *c, u64 *inc)
{
	if (inc)
		*inc = READ_ONCE(c->inc);
	return c->params.node;
}

/* ---- references ---- */

bool samr_cluster_tryget(struct samr_cluster *c)
{
	return refcount_inc_not_zero(&c->ref);
}

static void cluster_free(struct work_struct *work)
{
	struct samr_cluster *c = container_of(to_rcu_work(work),
					      struct samr_cluster, free);

	if (c->face && c->face->close)
		c->face->close(c->priv);
	samr_trails_free(c->trails);
	free_percpu(c->stats);
	kfree(c);
}

void samr_cluster_put(struct samr_cluster *c)
{
	if (c && refcount_dec_and_test(&c->ref))
		queue_rcu_work(samr_wq, &c->free);
}

/* ---- birth and end ---- */

u64 samr_cluster_incarnation(void)
{
	u64 r;

	do {
		r = get_random_u64();
	} while (!r);
	return r;
}

static int check_params(const struct samr_cluster_params *p,
			struct netlink_ext_ack *extack)
{
	if (!p->node || (p->node > SAMR_HEAD_MAX && !p->client)) {
		NL_SET_ERR_MSG(extack, "node ids are 1 to 63");
		return -EINVAL;
	}
	if (!p->id) {
		NL_SET_ERR_MSG(extack, "a cluster's id is not 0");
		return -EINVAL;
	}
	if (!p->name[0] || strnlen(p->name, SAMR_NAME_MAX) == SAMR_NAME_MAX) {
		NL_SET_ERR_MSG(extack, "a cluster's name has 1 to 31 characters");
		return -EINVAL;
	}
	return 0;
}

struct samr_node *samr_cluster_core(const struct samr_cluster *c, u64 inc)
{
	struct samr_node_config cfg = c->params.core;

	cfg.cluster = c->params.id;
	cfg.self = c->params.node;
	cfg.inc = inc;
	cfg.seed = get_random_u64();
	get_random_bytes(&cfg.secret, sizeof(cfg.secret));
	cfg.domain = 0;
	return samr_node_new(&cfg);
}

static void init_fields(struct samr_cluster *c, struct net *net,
			struct mutex *config,
			const struct samr_cluster_params *p,
			const struct samr_cluster_face *face)
{
	c->net = net;
	c->config = config;
	refcount_set(&c->ref, 1);
	INIT_RCU_WORK(&c->free, cluster_free);
	c->params = *p;
	c->inc = samr_cluster_incarnation();
	c->face = face;
	c->heads = samr_cluster_is_client(c) ? 0 : BIT_ULL(p->node);
	c->clients = SAMR_ACCESS_DEFAULT;
	INIT_LIST_HEAD(&c->links);
	spin_lock_init(&c->links_lock);
	samr_pulse_init(c);
	samr_drain_init(c);
}

struct samr_cluster *samr_cluster_new(struct net *net, struct mutex *config,
				      const struct samr_cluster_params *p,
				      const struct samr_cluster_face *face,
				      struct netlink_ext_ack *extack)
{
	struct samr_cluster *c;
	int err;

	lockdep_assert_held(config);
	err = check_params(p, extack);
	if (err)
		return ERR_PTR(err);
	err = -ENOMEM;
	c = kzalloc(sizeof(*c), GFP_KERNEL_ACCOUNT);
	if (!c)
		goto no_cluster;
	init_fields(c, net, config, p, face ?: READ_ONCE(the_face));
	c->stats = alloc_percpu(struct samr_stats);
	if (!c->stats)
		goto no_stats;
	c->trails = samr_trails_new();
	if (!c->trails)
		goto no_trails;
	c->node = samr_cluster_core(c, c->inc);
	if (!c->node)
		goto no_node;
	if (c->face && c->face->open) {
		c->priv = c->face->open(c);
		if (IS_ERR(c->priv)) {
			err = PTR_ERR(c->priv);
			goto no_priv;
		}
	}
	return c;

no_priv:
	samr_node_free(c->node, &(struct samr_actions){
				.list = LIST_HEAD_INIT(c->todo.list) });
no_node:
	samr_trails_free(c->trails);
no_trails:
	free_percpu(c->stats);
no_stats:
	kfree(c);
no_cluster:
	NL_SET_ERR_MSG(extack, "no memory for a cluster of that size, or its limits make no sense");
	return ERR_PTR(err);
}

static void say_farewell(struct samr_cluster *c)
{
	struct samr_event ev = { .type = SAMR_EV_FAREWELL, .quit = true };

	/* The next core, if there will be one, asks for no view. */
	WRITE_ONCE(c->started, false);
	samr_drain_step(c, &ev);
}

void samr_cluster_end(struct samr_cluster *c)
{
	lockdep_assert_held(c->config);
	say_farewell(c);
	samr_link_del_all(c);
	samr_pulse_end(c);
	samr_drain_end(c);
	samr_cluster_put(c);
}

/* ---- the order, for the faces ---- */

int samr_cluster_submit(struct samr_cluster *c, const struct samr_submit *s)
{
	struct samr_event ev = { .type = SAMR_EV_SUBMIT, .submit = *s };
	int ret;

	ret = samr_drain_step(c, &ev);
	trace_samr_submit(c, s, ret);
	return ret;
}

void samr_cluster_consumed(struct samr_cluster *c, u32 group, u64 gseq,
			   u32 cost)
{
	struct samr_event ev = {
		.type = SAMR_EV_CONSUMED,
		.consumed = { .group = group, .cost = cost, .gseq = gseq },
	};

	samr_drain_step(c, &ev);
}

int samr_cluster_reply(struct samr_cluster *c, const struct samr_reply *r,
		       const struct samr_given *g)
{
	struct samr_event ev = {
		.type = SAMR_EV_REPLY,
		.reply = {
			.group	  = g->group,
			.len	  = g->len,
			.session  = r->session,
			.request  = r->request,
			.upto	  = g->upto,
			.port	  = g->port,
			.digest	  = g->digest,
			.digested = g->digested,
			.payload  = g->payload,
		},
	};

	return samr_drain_step(c, &ev);
}

int samr_cluster_output(struct samr_cluster *c,
			const struct samr_cluster_output *o)
{
	struct samr_event ev = {
		.type = SAMR_EV_OUTPUT,
		.output = {
			.group	 = o->group,
			.len	 = o->len,
			.session = o->session,
			.from	 = o->from,
			.upto	 = o->upto,
			.end	 = o->end,
			.payload = o->payload,
		},
	};

	return samr_drain_step(c, &ev);
}

int samr_cluster_output_room(struct samr_cluster *c, u32 group, u64 session,
			     u64 from)
{
	int room = -ENOENT;

	spin_lock_bh(&c->lock);
	if (!c->dead && !c->halted)
		room = samr_node_output_room(c->node, group, session, from);
	spin_unlock_bh(&c->lock);
	return room;
}

u32 samr_cluster_output_left(struct samr_cluster *c, u32 group, u64 session,
			     u64 made)
{
	u32 left = 0;

	spin_lock_bh(&c->lock);
	if (!c->dead)
		left = samr_node_output_left(c->node, group, session, made);
	spin_unlock_bh(&c->lock);
	return left;
}

void samr_cluster_input(struct samr_cluster *c, u32 group, u64 session,
			u64 upto)
{
	struct samr_event ev = {
		.type = SAMR_EV_INPUT,
		.input = { .group = group, .session = session, .upto = upto },
	};

	samr_drain_step(c, &ev);
}

u64 samr_cluster_stable(struct samr_cluster *c)
{
	u64 place = 0;

	spin_lock_bh(&c->lock);
	if (!c->dead)
		place = samr_node_stable(c->node);
	spin_unlock_bh(&c->lock);
	return place;
}

int samr_cluster_ask(struct samr_cluster *c, struct samr_event *ev)
{
	return samr_drain_step(c, ev);
}

bool samr_cluster_room(struct samr_cluster *c, u8 kind, u32 group, u32 len)
{
	bool room = true;

	spin_lock_bh(&c->lock);
	if (!c->dead && !c->halted)
		room = samr_node_room(c->node, kind, group, len);
	spin_unlock_bh(&c->lock);
	return room;
}

void samr_cluster_sessions(struct samr_cluster *c, u32 group,
			   struct samr_session_info *info)
{
	memset(info, 0, sizeof(*info));
	spin_lock_bh(&c->lock);
	if (!c->dead)
		samr_node_sessions(c->node, group, info);
	spin_unlock_bh(&c->lock);
}

struct samr_members *samr_cluster_members(struct samr_cluster *c, u32 group)
{
	struct samr_members *m = NULL;

	spin_lock_bh(&c->lock);
	if (!c->dead)
		m = samr_node_members(c->node, group);
	spin_unlock_bh(&c->lock);
	return m;
}

u32 samr_cluster_group(struct samr_cluster *c, u32 after)
{
	u32 id = 0;

	spin_lock_bh(&c->lock);
	if (!c->dead)
		id = samr_node_group(c->node, after);
	spin_unlock_bh(&c->lock);
	return id;
}

void samr_cluster_view(struct samr_cluster *c, struct samr_view_info *info)
{
	spin_lock_bh(&c->lock);
	if (c->dead)
		memset(info, 0, sizeof(*info));
	else
		samr_node_view(c->node, info);
	spin_unlock_bh(&c->lock);
}

/* ---- configuration ---- */

static int check_change(struct samr_cluster *c, struct netlink_ext_ack *extack)
{
	lockdep_assert_held(c->config);
	if (READ_ONCE(c->dead)) {
		NL_SET_ERR_MSG(extack, "the cluster is gone");
		return -ENODEV;
	}
	return 0;
}

int samr_cluster_node_add(struct samr_cluster *c, u64 id,
			  struct netlink_ext_ack *extack)
{
	int err = check_change(c, extack);

	if (err)
		return err;
	if (!id || id > SAMR_HEAD_MAX) {
		NL_SET_ERR_MSG(extack, "node ids are 1 to 63");
		return -EINVAL;
	}
	if (samr_cluster_is_client(c))
		return 0;
	if (c->heads & BIT_ULL(id)) {
		NL_SET_ERR_MSG(extack, "the node is configured already");
		return -EEXIST;
	}
	if (hweight64(c->heads) >= SAMR_HEADS_MAX) {
		NL_SET_ERR_MSG(extack, "a cluster has at most 16 heads");
		return -ENOSPC;
	}
	err = samr_drain_want(c, c->heads | BIT_ULL(id), c->witness,
			      c->founders);
	if (err) {
		NL_SET_ERR_MSG(extack, "the cluster was halted: delete it");
		return err;
	}
	samr_link_heads_changed(c);
	return 0;
}

/* Founders without @id: the one that was the only one leaves none. */
static u64 founders_without(const struct samr_cluster *c, u64 id)
{
	u64 rest = c->founders & ~BIT_ULL(id);

	return c->founders && !rest ? SAMR_NO_FOUNDERS : rest;
}

int samr_cluster_node_del(struct samr_cluster *c, u64 id,
			  struct netlink_ext_ack *extack)
{
	int err = check_change(c, extack);

	if (err)
		return err;
	if (id == c->params.node) {
		NL_SET_ERR_MSG(extack, "this is the node itself");
		return -EINVAL;
	}
	if (samr_cluster_is_client(c)) {
		samr_link_forget(c, id);
		return 0;
	}
	if (!id || id > SAMR_HEAD_MAX || !(c->heads & BIT_ULL(id))) {
		NL_SET_ERR_MSG(extack, "no such node");
		return -ENOENT;
	}
	err = samr_drain_want(c, c->heads & ~BIT_ULL(id),
			      c->witness & ~BIT_ULL(id),
			      founders_without(c, id));
	if (err == -EBUSY)
		NL_SET_ERR_MSG(extack, "the node is in the view: it has to leave, or to be left out, first");
	else if (err == -EAGAIN)
		NL_SET_ERR_MSG(extack, "the view is being changed, and the node may get into it: try again");
	else if (err)
		NL_SET_ERR_MSG(extack, "the cluster was halted: delete it");
	if (!err)
		samr_link_heads_changed(c);
	return err;
}

int samr_cluster_witness(struct samr_cluster *c, u64 id,
			 struct netlink_ext_ack *extack)
{
	int err = check_change(c, extack);

	if (err)
		return err;
	if (samr_cluster_is_client(c)) {
		NL_SET_ERR_MSG(extack, "a client node learns by itself which heads there are");
		return -EOPNOTSUPP;
	}
	if (c->started && id == c->params.node) {
		NL_SET_ERR_MSG(extack, "this is the node itself, and the cluster is up: take it down first");
		return -EBUSY;
	}
	if (!id || id > SAMR_HEAD_MAX || !(c->heads & BIT_ULL(id))) {
		NL_SET_ERR_MSG(extack, "no such node");
		return -ENOENT;
	}
	if (c->witness) {
		NL_SET_ERR_MSG(extack, "the cluster has a witness already");
		return -EEXIST;
	}
	if (c->params.core.policy == SAMR_POLICY_FENCE) {
		NL_SET_ERR_MSG(extack, "a witness has no part in the policy 'fence'");
		return -EINVAL;
	}
	err = samr_drain_want(c, c->heads, BIT_ULL(id), c->founders);
	if (err == -EBUSY)
		NL_SET_ERR_MSG(extack, "the node is in the view, and has data");
	else if (err)
		NL_SET_ERR_MSG(extack, "the cluster was halted, or only the witness would form a view");
	return err;
}

bool samr_cluster_far(const struct samr_cluster *c)
{
	return samr_cluster_is_client(c);
}

bool samr_cluster_watches(const struct samr_cluster *c)
{
	if (samr_cluster_is_client(c))
		return false;
	return READ_ONCE(c->witness) & BIT_ULL(c->params.node);
}

/* A core that is out knows of nothing: the next one is told by @c->started. */
static int tell_core(struct samr_cluster *c, struct samr_event *ev,
		     struct netlink_ext_ack *extack)
{
	int err = samr_drain_step(c, ev);

	if (err == -ENOTRECOVERABLE)
		NL_SET_ERR_MSG(extack, "the cluster was halted: delete it");
	else if (err == -EAGAIN)
		NL_SET_ERR_MSG(extack, "the order takes nothing now: try again");
	else if (err && err != -ENOTCONN && err != -EBUSY)
		NL_SET_ERR_MSG(extack, "these heads cannot form a view");
	return err == -ENOTCONN ? 0 : err;
}

static int check_founders(struct samr_cluster *c, u64 founders,
			  struct netlink_ext_ack *extack)
{
	struct samr_view_info v;

	if (!founders)
		return 0;
	if (samr_cluster_is_client(c)) {
		NL_SET_ERR_MSG(extack, "a client node forms no view");
		return -EOPNOTSUPP;
	}
	if (founders != SAMR_NO_FOUNDERS && (founders & ~c->heads)) {
		NL_SET_ERR_MSG(extack, "a founder is none of the configured nodes");
		return -EINVAL;
	}
	if (founders == c->witness) {
		NL_SET_ERR_MSG(extack, "the witness cannot form a view alone");
		return -EINVAL;
	}
	samr_cluster_view(c, &v);
	if (c->started && v.epoch) {
		NL_SET_ERR_MSG(extack, "there is a view: founders are for the first one only");
		return -EBUSY;
	}
	return 0;
}

/* It is not told which: those that answer are. */
static int look_for_heads(struct samr_cluster *c, struct netlink_ext_ack *extack)
{
	struct samr_event ev = { .type = SAMR_EV_MEMBERS, .members = ~1ULL };

	return tell_core(c, &ev, extack);
}

int samr_cluster_start(struct samr_cluster *c, u64 founders,
		       struct netlink_ext_ack *extack)
{
	int err = check_change(c, extack) ?:
		  check_founders(c, founders, extack);
	bool was = c->started;

	if (err || (was && !founders))
		return err;
	WRITE_ONCE(c->started, true);
	if (samr_cluster_is_client(c))
		err = look_for_heads(c, extack);
	else
		err = samr_drain_want(c, c->heads, c->witness, founders);
	if (err == -EBUSY || err == -EAGAIN)
		NL_SET_ERR_MSG(extack, "this head still leaves the view: try again");
	else if (err == -ENOTRECOVERABLE)
		NL_SET_ERR_MSG(extack, "the cluster was halted: delete it");
	else if (err)
		NL_SET_ERR_MSG(extack, "these heads cannot form a view");
	if (err)
		WRITE_ONCE(c->started, was);
	return err;
}

int samr_cluster_clients(struct samr_cluster *c, u32 limit,
			 struct netlink_ext_ack *extack)
{
	struct samr_event ev = { .type = SAMR_EV_CLIENTS, .clients = limit };
	int err = check_change(c, extack);

	if (err)
		return err;
	err = tell_core(c, &ev, extack);
	if (!err)
		c->clients = limit;
	return err;
}

bool samr_cluster_client(struct samr_cluster *c, u64 after,
			 struct samr_client_node *info)
{
	bool found = false;

	spin_lock_bh(&c->lock);
	if (!c->dead)
		found = samr_node_client(c->node, after, info);
	spin_unlock_bh(&c->lock);
	return found;
}

int samr_cluster_save(struct samr_cluster *c, const struct samr_saved *saved,
		      bool keeper, struct netlink_ext_ack *extack)
{
	int err = check_change(c, extack);

	if (err)
		return err;
	err = samr_drain_save(c, saved, keeper);
	if (err == -EINVAL)
		NL_SET_ERR_MSG(extack, "that is no memory: epoch and members are both 0 or both not, members are ids from 1 to 63, an epoch is at most 2^62");
	else if (err == -ENOTRECOVERABLE)
		NL_SET_ERR_MSG(extack, "the cluster was halted: delete it");
	return err;
}

int samr_cluster_stop(struct samr_cluster *c, struct netlink_ext_ack *extack)
{
	struct samr_event ev = { .type = SAMR_EV_MEMBERS, .members = 0 };
	int err = check_change(c, extack);

	if (err || !c->started)
		return err;
	WRITE_ONCE(c->started, false);
	err = tell_core(c, &ev, extack);
	if (err == -EBUSY) {
		ev = (struct samr_event){ .type = SAMR_EV_RETIRE };
		err = tell_core(c, &ev, extack);
	}
	if (err)
		WRITE_ONCE(c->started, true);
	return err;
}

void samr_cluster_farewell(struct samr_cluster *c)
{
	if (!c)
		return;
	say_farewell(c);
	samr_cluster_put(c);
}

/* ---- fences ---- */

bool samr_cluster_fence(struct samr_cluster *c, u32 i, struct samr_fence *f)
{
	bool is = false;

	spin_lock_bh(&c->lock);
	if (!c->dead)
		is = samr_node_fence(c->node, i, f);
	spin_unlock_bh(&c->lock);
	return is;
}

/* Why is a fence that was confirmed not the one that is asked for? */
static void explain_stale(struct samr_cluster *c, u64 id, u64 inc,
			  struct netlink_ext_ack *extack)
{
	bool known = false, same = false;
	struct samr_fence f;
	u32 i;

	for (i = 0; i < SAMR_FENCES; i++) {
		if (!samr_cluster_fence(c, i, &f) || f.id != id)
			continue;
		known = true;
		same |= f.inc == inc;
	}
	if (same)
		NL_SET_ERR_MSG(extack, "stale token: the fence was asked for anew, see what is asked for now");
	else if (known)
		NL_SET_ERR_MSG(extack, "another incarnation of this head is to be fenced, not this one");
	else
		NL_SET_ERR_MSG(extack, "nobody asks for a fence of this head");
}

int samr_cluster_fenced(struct samr_cluster *c, u64 id, u64 inc, u64 token,
			struct netlink_ext_ack *extack)
{
	struct samr_event ev = {
		.type	= SAMR_EV_FENCED,
		.fenced	= { .node = id, .inc = inc, .token = token },
	};
	int err = samr_drain_step(c, &ev);

	if (err == -ENOTCONN)
		err = -ESTALE;
	if (err == -ESTALE)
		explain_stale(c, id, inc, extack);
	return err;
}

int samr_cluster_fence_own(struct samr_cluster *c, u32 portid,
			   struct netlink_ext_ack *extack)
{
	u32 was = cmpxchg(&c->fence_owner, 0, portid);

	if (!was || was == portid)
		return 0;
	NL_SET_ERR_MSG(extack, "another socket has the fencing role");
	return -EBUSY;
}

void samr_cluster_fence_disown(struct samr_cluster *c, u32 portid)
{
	cmpxchg(&c->fence_owner, portid, 0);
}

/* ---- questions ---- */

static enum samr_cluster_state state_in(const struct samr_cluster *c,
					const struct samr_view_info *v)
{
	if (!READ_ONCE(c->started) || v->leaving)
		return SAMR_CLUSTER_LEAVING;
	if (v->wedged)
		return SAMR_CLUSTER_WEDGED;
	return v->learning ? SAMR_CLUSTER_LEARNING : SAMR_CLUSTER_SERVING;
}

void samr_cluster_info(struct samr_cluster *c, struct samr_cluster_info *info)
{
	struct samr_view_info v;

	memset(info, 0, sizeof(*info));
	samr_cluster_view(c, &v);
	info->params = c->params;
	info->inc = READ_ONCE(c->inc);
	info->heads = READ_ONCE(c->heads);
	info->frame_max = READ_ONCE(c->frame_max);
	info->queued = atomic_read(&c->rx_bytes);
	info->fence_owner = READ_ONCE(c->fence_owner);
	spin_lock_bh(&c->lock);
	info->founders = c->founders;
	info->saved = c->saved;
	info->keeper = c->keeper;
	info->clients = c->clients;
	if (!c->dead)
		info->access = samr_node_access(c->node, &info->losses);
	spin_unlock_bh(&c->lock);
	if (READ_ONCE(c->halted))
		info->state = SAMR_CLUSTER_HALTED;
	else if (samr_cluster_is_client(c) && info->access)
		info->state = SAMR_CLUSTER_SERVING;
	else if (v.epoch)
		info->state = state_in(c, &v);
	else if (READ_ONCE(c->started))
		info->state = SAMR_CLUSTER_FORMING;
}

/* What was heard before a device lost its carrier is not heard now. */
static u32 links_heard(struct samr_cluster *c, u64 id)
{
	struct samr_link *l;
	u32 n = 0;

	rcu_read_lock();
	list_for_each_entry_rcu(l, &c->links, node)
		n += samr_link_usable(l) && READ_ONCE(l->peer[id].heard);
	rcu_read_unlock();
	return n;
}

u64 samr_cluster_node_info(struct samr_cluster *c, u64 after,
			   struct samr_cluster_node *info)
{
	struct samr_peer_info p = { };
	u64 heads = READ_ONCE(c->heads);
	u64 id;

	for (id = after + 1; id <= SAMR_HEAD_MAX; id++)
		if (heads & BIT_ULL(id))
			break;
	if (id > SAMR_HEAD_MAX)
		return 0;
	memset(info, 0, sizeof(*info));
	info->id = id;
	info->self = id == c->params.node;
	info->age = U64_MAX;
	info->witness = READ_ONCE(c->witness) & BIT_ULL(id);
	info->links = links_heard(c, id);
	spin_lock_bh(&c->lock);
	if (!c->dead && samr_node_peer(c->node, id, &p)) {
		info->inc = p.inc;
		info->ack = p.ack;
		info->in_view = p.in_view;
		info->epoch = p.epoch;
		info->wanted = p.wanted;
		info->saved = p.saved;
		if (p.heard)
			info->age = div_u64(ktime_get_ns() - p.heard,
					    NSEC_PER_MSEC);
	}
	spin_unlock_bh(&c->lock);
	return id;
}

void samr_cluster_stats(struct samr_cluster *c, struct samr_node_stats *s)
{
	memset(s, 0, sizeof(*s));
	spin_lock_bh(&c->lock);
	if (!c->dead)
		samr_node_stats(c->node, s);
	spin_unlock_bh(&c->lock);
	samr_stats_drops(c->stats, s->drops);
}

void samr_cluster_latency(struct samr_cluster *c, enum samr_lap lap,
			  struct samr_latency *l)
{
	memset(l, 0, sizeof(*l));
	spin_lock_bh(&c->lock);
	if (!c->dead)
		samr_node_latency(c->node, lap, l);
	spin_unlock_bh(&c->lock);
}

void samr_stats_read(struct samr_cluster *c, struct samr_stats *sum)
{
	samr_stats_sum(c->stats, sum);
}

void samr_stats_count(struct samr_cluster *c, enum samr_stat i)
{
	samr_stats_inc(c->stats, i);
}
