// SPDX-License-Identifier: GPL-2.0
/*
 * Services, and the cluster's face for them, see service.h.
 */
#include <linux/cred.h>
#include <linux/err.h>
#include <linux/netlink.h>
#include <linux/slab.h>
#include "client.h"
#include "connection.h"
#include "local.h"

/* Reading is reported when it frees this part of the slowest member's window. */
#define REPORT_PART	8

static struct samr_services *all_of(struct samr_cluster *c)
{
	return samr_cluster_priv(c);
}

/* The service of this id, with a reference, or NULL. */
static struct samr_service *service_get(struct samr_services *all, u32 id)
{
	struct samr_service *svc;

	rcu_read_lock();
	svc = xa_load(&all->table, id);
	if (svc && !refcount_inc_not_zero(&svc->ref))
		svc = NULL;
	rcu_read_unlock();
	return svc;
}

void samr_service_put(struct samr_service *svc)
{
	if (!refcount_dec_and_test(&svc->ref))
		return;
	samr_msg_put(svc->changed);
	xa_destroy(&svc->clients);
	kfree_rcu(svc, rcu);
}

static bool may_use(const struct samr_service *svc, struct net *net)
{
	if (uid_valid(svc->uid) && uid_eq(svc->uid, current_euid()))
		return true;
	if (gid_valid(svc->gid) && in_egroup_p(svc->gid))
		return true;
	return ns_capable(net->user_ns, CAP_NET_BIND_SERVICE);
}

struct samr_service *samr_service_open(struct samr_services *all, u32 id,
				       struct net *net)
{
	struct samr_service *svc;
	int err = READ_ONCE(all->err);

	if (err)
		return ERR_PTR(err);
	svc = service_get(all, id);
	if (!svc)
		return ERR_PTR(-EADDRNOTAVAIL);
	err = !may_use(svc, net) ? -EACCES :
	      READ_ONCE(svc->diverged.stopped) ? -ENOTRECOVERABLE : 0;
	if (!err)
		return svc;
	samr_service_put(svc);
	return ERR_PTR(err);
}

s64 samr_service_port(struct samr_service *svc)
{
	s64 port = atomic64_inc_return(&svc->all->ports);

	/* At a head these are told from its client nodes' ports; those come round again. */
	if (samr_cluster_far(svc->all->c))
		return port % SAMR_CARRY_PORT_MAX + 1;
	return port >= SAMR_PORT_FAR ? -ENOSPC : port;
}

static struct samr_service *service_new(struct samr_services *all, u32 id,
					const char *name, kuid_t uid, kgid_t gid)
{
	struct samr_service *svc = kzalloc(sizeof(*svc), GFP_KERNEL_ACCOUNT);

	if (!svc)
		return NULL;
	refcount_set(&svc->ref, 1);
	svc->all = all;
	svc->id = id;
	strscpy(svc->name, name, sizeof(svc->name));
	svc->uid = uid;
	svc->gid = gid;
	spin_lock_init(&svc->lock);
	samr_log_init(&svc->log);
	samr_log_init(&svc->pieces);
	INIT_LIST_HEAD(&svc->locals);
	INIT_LIST_HEAD(&svc->listeners);
	INIT_LIST_HEAD(&svc->telling);
	xa_init_flags(&svc->clients, XA_FLAGS_LOCK_BH);
	INIT_LIST_HEAD(&svc->joins);
	INIT_LIST_HEAD(&svc->joining);
	return svc;
}

int samr_service_add(struct samr_cluster *c, u32 id, const char *name,
		     kuid_t uid, kgid_t gid, struct netlink_ext_ack *extack)
{
	struct samr_services *all = all_of(c);
	struct samr_service *svc;
	unsigned long i, count = 0;
	int err = READ_ONCE(all->err);

	if (err)
		return err;
	name = name ?: "";
	if (!id || strlen(name) >= SAMR_NAME_MAX) {
		NL_SET_ERR_MSG(extack, "service id is 0, or name is too long");
		return -EINVAL;
	}
	xa_for_each(&all->table, i, svc) {
		count++;
		if (*name && !strcmp(svc->name, name)) {
			NL_SET_ERR_MSG(extack, "a service of this name exists");
			return -EEXIST;
		}
	}
	if (count >= SAMR_GROUPS_MAX) {
		NL_SET_ERR_MSG(extack, "too many services");
		return -ENOSPC;
	}
	svc = service_new(all, id, name, uid, gid);
	if (!svc)
		return -ENOMEM;
	err = xa_insert_bh(&all->table, id, svc, GFP_KERNEL);
	if (!err)
		return 0;
	kfree(svc);
	if (err == -EBUSY) {
		NL_SET_ERR_MSG(extack, "a service of this id exists");
		err = -EEXIST;
	}
	return err;
}

int samr_service_del(struct samr_cluster *c, u32 id,
		     struct netlink_ext_ack *extack)
{
	struct samr_service *svc = service_get(all_of(c), id);
	bool busy;

	if (!svc) {
		NL_SET_ERR_MSG(extack, "no such service");
		return -ENOENT;
	}
	spin_lock_bh(&svc->lock);
	busy = !list_empty(&svc->locals) || !xa_empty(&svc->clients);
	if (!busy)
		svc->gone = true;
	spin_unlock_bh(&svc->lock);
	if (busy) {
		NL_SET_ERR_MSG(extack,
			       "service has sockets, or members that still leave, or sessions that still end");
	} else {
		xa_erase_bh(&svc->all->table, id);
		samr_service_put(svc);
	}
	samr_service_put(svc);
	return busy ? -EBUSY : 0;
}

int samr_service_set(struct samr_cluster *c, u32 id,
		     enum samr_diverged_policy policy,
		     struct netlink_ext_ack *extack)
{
	struct samr_service *svc = service_get(all_of(c), id);

	if (!svc) {
		NL_SET_ERR_MSG(extack, "no such service on this head");
		return -ENOENT;
	}
	spin_lock_bh(&svc->lock);
	svc->diverged.policy = policy;
	WRITE_ONCE(svc->diverged.stopped, false);
	spin_unlock_bh(&svc->lock);
	samr_service_put(svc);
	return 0;
}

int samr_service_expel(struct samr_cluster *c, u32 id, u32 port,
		       struct netlink_ext_ack *extack)
{
	struct samr_service *svc = service_get(all_of(c), id);
	struct samr_local *l;
	LIST_HEAD(free);
	int err = -ENOENT;

	if (!svc) {
		NL_SET_ERR_MSG(extack, "no such service on this head");
		return -ENOENT;
	}
	spin_lock_bh(&svc->lock);
	list_for_each_entry(l, &svc->locals, node)
		if (l->port == port)
			err = samr_local_expel(l, ECONNABORTED, &free) ?
			      0 : -EAGAIN;
	samr_service_unlock(svc, &free);
	samr_service_put(svc);
	if (err == -ENOENT)
		NL_SET_ERR_MSG(extack, "the group has no such member on this head");
	else if (err)
		NL_SET_ERR_MSG(extack, "it is no member of the group, or leaves it already");
	return err;
}

static void describe(struct samr_service *svc, struct samr_service_info *info)
{
	struct samr_client *cl;
	struct samr_msg *msg;
	struct samr_local *l;
	unsigned long i;

	memset(info, 0, sizeof(*info));
	info->id = svc->id;
	strscpy(info->name, svc->name, sizeof(info->name));
	info->uid = svc->uid;
	info->gid = svc->gid;
	spin_lock_bh(&svc->lock);
	list_for_each_entry(l, &svc->locals, node) {
		if (!l->ops) {
			info->leaving += l->state == SAMR_MEMBER_LEAVING;
			continue;
		}
		info->sockets++;
		info->joined += l->state == SAMR_MEMBER_JOINED;
	}
	xa_for_each(&svc->clients, i, cl)
		info->clients++;
	list_for_each_entry(msg, &svc->log.msgs, link)
		info->bytes += msg->meta.len;
	list_for_each_entry(msg, &svc->pieces.msgs, link)
		info->bytes += msg->meta.len;
	info->diverged = svc->diverged;
	info->messages = svc->log.count + svc->pieces.count;
	info->consumed = svc->log.done;
	spin_unlock_bh(&svc->lock);
}

int samr_service_info(struct samr_cluster *c, u32 id,
		      struct samr_service_info *info)
{
	struct samr_service *svc = service_get(all_of(c), id);

	if (!svc)
		return -ENOENT;
	describe(svc, info);
	samr_service_put(svc);
	return 0;
}

u32 samr_service_next(struct samr_cluster *c, u32 after,
		      struct samr_service_info *info)
{
	struct samr_services *all = all_of(c);
	unsigned long id = after;
	struct samr_service *svc;

	rcu_read_lock();
	do {
		svc = xa_find_after(&all->table, &id, U32_MAX, XA_PRESENT);
	} while (svc && !refcount_inc_not_zero(&svc->ref));
	rcu_read_unlock();
	if (!svc)
		return 0;
	describe(svc, info);
	samr_service_put(svc);
	return info->id;
}

/* To a query, which has no session. */
static int answer(struct samr_service *svc, u64 query, u64 upto,
		  struct samr_blob *payload, u32 len)
{
	struct samr_event ev = {
		.type = SAMR_EV_ANSWER,
		.answer = {
			.group	 = svc->id,
			.len	 = len,
			.query	 = query,
			.upto	 = upto,
			.payload = payload,
		},
	};

	return samr_cluster_ask(svc->all->c, &ev);
}

bool samr_local_compared(const struct samr_local *l)
{
	return READ_ONCE(l->svc->diverged.policy) != SAMR_DIVERGED_POLICY_OFF;
}

int samr_local_reply(struct samr_local *l, const struct samr_reply *r,
		     struct samr_blob *payload, u32 len,
		     const u32 *digest)
{
	struct samr_service *svc = l->svc;
	struct samr_given g = {
		.group = svc->id, .port = l->port, .payload = payload, .len = len,
		.digest = digest ? *digest : 0, .digested = digest,
	};
	int err = samr_local_err(l);

	if (err)
		return err;
	spin_lock_bh(&svc->lock);
	if (l->state != SAMR_MEMBER_JOINED && l->state != SAMR_MEMBER_LEAVING)
		err = l->state == SAMR_MEMBER_LEFT ? -EPIPE : -ENOTCONN;
	g.upto = l->reader.seen.gseq;
	spin_unlock_bh(&svc->lock);
	if (err)
		return err;
	err = r->session ? samr_cluster_reply(svc->all->c, r, &g) :
			   answer(svc, r->request, g.upto, payload, len);
	/* The client has it already, from another member, or has gone. */
	return err == -ENOENT ? 0 : err;
}

static bool report_due(const struct samr_service *svc)
{
	const struct samr_log *log = &svc->log;

	return log->cost && !svc->reporting &&
	       (samr_log_idle(log) ||
		log->cost >= svc->window / REPORT_PART);
}

/*
 * One at a time, so that the numbers never go backwards. The cluster may deliver
 * meanwhile, on this CPU too: then the loop here sees to that as well.
 */
static void report(struct samr_service *svc)
{
	u64 gseq;
	u32 cost;

	while (report_due(svc)) {
		gseq = svc->log.done;
		cost = min_t(u64, svc->log.cost, U32_MAX);
		svc->log.cost = 0;
		svc->reporting = true;
		spin_unlock_bh(&svc->lock);
		samr_cluster_consumed(svc->all->c, svc->id, gseq, cost);
		spin_lock_bh(&svc->lock);
		svc->reporting = false;
	}
}

void samr_service_unlock(struct samr_service *svc, struct list_head *free)
	__releases(&svc->lock)
{
	struct samr_services *all = svc->all;
	bool kick;

	samr_connection_tell(svc);
	samr_keep_tell(svc);
	report(svc);
	kick = svc->kick;
	svc->kick = false;
	spin_unlock_bh(&svc->lock);
	samr_log_free(free);
	if (kick)
		samr_local_kick(all);
}

static void new_window(struct samr_service *svc, const struct samr_members *m)
{
	u32 i;

	svc->window = U32_MAX;
	for (i = 0; i < m->count; i++)
		svc->window = min(svc->window, m->m[i].window);
}

/* Its reference goes to a log, or to @free. */
static void append(struct samr_service *svc, struct samr_msg *msg,
		   struct list_head *free)
{
	struct samr_listener *ls;

	if (msg->members) {
		new_window(svc, msg->members);
		svc->diverged.differ = false;
	}
	samr_install_deliver(svc, msg, free);
	if (msg->meta.kind != SAMR_KIND_STATE)
		samr_log_append(&svc->log, msg, free, samr_local_wake);
	else if (msg->refused)
		list_add(&msg->link, free);
	else
		samr_log_append(&svc->pieces, msg, free, samr_install_wake);
	samr_install_limit(svc, free);
	list_for_each_entry(ls, &svc->listeners, link)
		samr_listener_pump(ls, free);
}

/* A reply, or an answer: to its client alone. */
static void deliver_reply(void *priv, struct samr_msg *msg)
{
	struct samr_service *svc = service_get(priv, msg->meta.group);
	struct samr_client *cl;

	if (svc) {
		spin_lock_bh(&svc->lock);
		cl = msg->meta.kind == SAMR_KIND_ANSWER ?
		     samr_client_answer(svc, msg) : samr_client_reply(svc, msg);
		spin_unlock_bh(&svc->lock);
		if (cl)
			samr_client_drive(cl);
		samr_client_put(cl);
		samr_service_put(svc);
	}
	samr_msg_put(msg);
}

static void deliver_query(void *priv, struct samr_msg *msg)
{
	struct samr_service *svc = service_get(priv, msg->meta.group);
	LIST_HEAD(free);

	INIT_LIST_HEAD(&msg->link);
	if (!svc) {
		samr_msg_put(msg);
		return;
	}
	spin_lock_bh(&svc->lock);
	samr_local_query(svc, msg, &free);
	spin_unlock_bh(&svc->lock);
	samr_log_free(&free);
	samr_service_put(svc);
}

/* What a client here has submitted; a request that was not refused is for members, too. */
static void deliver_own(struct samr_msg *msg)
{
	struct samr_client *cl = msg->owner;
	struct samr_service *svc = cl->svc;
	LIST_HEAD(free);

	INIT_LIST_HEAD(&msg->link);
	spin_lock_bh(&svc->lock);
	samr_client_settle(cl, msg);
	if (msg->meta.kind != SAMR_KIND_SESSION && msg->meta.gseq &&
	    !msg->refused)
		append(svc, msg, &free);
	else
		list_add(&msg->link, &free);
	samr_service_unlock(svc, &free);
	samr_client_drive(cl);
	samr_client_put(cl);
}

/* For each client of a service, which is locked. */
static void each_client(struct samr_service *svc,
			void (*fn)(struct samr_client *cl, int err), int err)
{
	struct samr_client *cl;
	unsigned long i;

	rcu_read_lock();
	xa_for_each(&svc->clients, i, cl) {
		/* Of one that is being freed nothing can be asked. */
		if (!refcount_inc_not_zero(&cl->ref))
			continue;
		fn(cl, err);
		samr_client_put(cl);
	}
	rcu_read_unlock();
}

/* All members here are out of the group, and its clients have nobody to ask. */
static void stop(struct samr_service *svc, struct list_head *free)
{
	struct samr_local *l;

	svc->diverged.stopped = true;
	list_for_each_entry(l, &svc->locals, node)
		samr_local_expel(l, ENOTRECOVERABLE, free);
	each_client(svc, samr_client_dead, ENOTRECOVERABLE);
}

/*
 * Replicas differ. Each head does what it is told to do with its own members; what
 * they differ in is the same everywhere.
 */
static void diverged(struct samr_service *svc, const struct samr_msg *msg,
		     struct list_head *free)
{
	const struct samr_divergences *all = msg->diverged;
	struct samr_service_diverged *mine = &svc->diverged;
	u64 self = BIT_ULL(samr_cluster_self(svc->all->c, NULL));
	struct samr_local *l;
	bool wrong = false;
	u32 i;

	for (i = 0; i < all->count; i++)
		wrong |= all->d[i].div == SAMR_DIV_MINORITY &&
			 all->d[i].wrong & self;
	mine->differ = true;
	mine->times += all->count;
	mine->last = all->d[all->count - 1];
	if (mine->policy == SAMR_DIVERGED_POLICY_STOP)
		stop(svc, free);
	else if (mine->policy == SAMR_DIVERGED_POLICY_EXPEL && wrong)
		list_for_each_entry(l, &svc->locals, node)
			samr_local_expel(l, ECONNABORTED, free);
}

static bool is_clients(const struct samr_msg *msg)
{
	return msg->owner && (msg->meta.kind == SAMR_KIND_SESSION ||
			      msg->meta.kind == SAMR_KIND_STREAM ||
			      msg->meta.kind == SAMR_KIND_REQUEST);
}

static void deliver(void *priv, struct samr_msg *msg)
{
	struct samr_local *own = msg->owner;
	struct samr_service *svc;
	LIST_HEAD(free);
	bool changed;

	if (msg->meta.kind == SAMR_KIND_REPLY ||
	    msg->meta.kind == SAMR_KIND_ANSWER) {
		deliver_reply(priv, msg);
		return;
	}
	if (msg->meta.kind == SAMR_KIND_QUERY) {
		deliver_query(priv, msg);
		return;
	}
	if (is_clients(msg)) {
		deliver_own(msg);
		return;
	}
	svc = own ? own->svc : service_get(priv, msg->meta.group);
	if (!svc) {
		samr_msg_put(msg);
		return;
	}
	INIT_LIST_HEAD(&msg->link);
	spin_lock_bh(&svc->lock);
	if (own)
		samr_local_settle(own, msg, &free);
	if (!msg->meta.gseq)
		list_add(&msg->link, &free);
	else
		append(svc, msg, &free);
	changed = msg->diverged;
	if (changed)
		diverged(svc, msg, &free);
	samr_service_unlock(svc, &free);
	if (changed)
		samr_cluster_group_changed(svc->all->c, svc->id);
	if (own)
		samr_local_put(own);
	else
		samr_service_put(svc);
}

static void retry(struct timer_list *t)
{
	struct samr_services *all = from_timer(all, t, retry);
	struct samr_service *svc;
	unsigned long i;

	samr_local_kick(all);
	rcu_read_lock();
	xa_for_each(&all->table, i, svc)
		samr_listener_retry(svc);
	rcu_read_unlock();
}

static void *open(struct samr_cluster *c)
{
	struct samr_services *all = kzalloc(sizeof(*all), GFP_KERNEL_ACCOUNT);

	if (!all)
		return ERR_PTR(-ENOMEM);
	all->c = c;
	/* Of one lock class with the clients' tables, which timers change. */
	xa_init_flags(&all->table, XA_FLAGS_LOCK_BH);
	spin_lock_init(&all->lock);
	INIT_LIST_HEAD(&all->pending);
	INIT_LIST_HEAD(&all->joining);
	INIT_LIST_HEAD(&all->starved);
	timer_setup(&all->retry, retry, 0);
	INIT_LIST_HEAD(&all->clients);
	INIT_LIST_HEAD(&all->writers);
	timer_setup(&all->tick, samr_client_tick, 0);
	return all;
}

static unsigned int busy(void *priv)
{
	struct samr_services *all = priv;

	return atomic_read(&all->bound);
}

static void close(void *priv)
{
	struct samr_services *all = priv;
	struct samr_service *svc;
	unsigned long i;

	del_timer_sync(&all->retry);
	del_timer_sync(&all->tick);
	samr_local_forget(all);
	samr_client_forget(all);
	samr_connection_forget(all);
	xa_for_each(&all->table, i, svc) {
		xa_erase_bh(&all->table, i);
		samr_service_put(svc);
	}
	xa_destroy(&all->table);
	kfree(all);
}

static void writable(void *priv)
{
	samr_local_kick(priv);
	samr_local_feed(priv);
	samr_connection_feed(priv);
	samr_client_feed(priv);
}

/* Whoever waits to send hears of it, and whoever tries until a view is in force. */
static void stuck(void *priv)
{
	struct samr_services *all = priv;
	struct samr_service *svc;
	struct samr_local *l;
	unsigned long i;

	WRITE_ONCE(all->stuck, true);
	rcu_read_lock();
	xa_for_each(&all->table, i, svc) {
		spin_lock_bh(&svc->lock);
		list_for_each_entry(l, &svc->locals, node)
			samr_local_stuck(l);
		each_client(svc, samr_client_stuck, 0);
		spin_unlock_bh(&svc->lock);
	}
	rcu_read_unlock();
}

static void view(void *priv)
{
	struct samr_services *all = priv;
	struct samr_view_info v;

	samr_cluster_view(all->c, &v);
	if (!v.wedged)
		WRITE_ONCE(all->stuck, false);
	writable(priv);
}

/* What comes next has other places: nothing of before is reported any more. */
static void out(void *priv)
{
	struct samr_services *all = priv;
	struct samr_service *svc;
	struct samr_local *l;
	unsigned long i;
	LIST_HEAD(free);

	rcu_read_lock();
	xa_for_each(&all->table, i, svc) {
		spin_lock_bh(&svc->lock);
		list_for_each_entry(l, &svc->locals, node)
			samr_local_out(l, &free);
		each_client(svc, samr_client_out, 0);
		svc->log.done = 0;
		svc->log.cost = 0;
		samr_msg_put(svc->changed);
		svc->changed = NULL;
		spin_unlock_bh(&svc->lock);
	}
	rcu_read_unlock();
	samr_log_free(&free);
	WRITE_ONCE(all->stuck, false);
	samr_local_kick(all);
	samr_local_feed(all);
}

static void halted(void *priv, int err)
{
	struct samr_services *all = priv;
	struct samr_service *svc;
	struct samr_local *l;
	unsigned long i;

	WRITE_ONCE(all->err, -err);
	rcu_read_lock();
	xa_for_each(&all->table, i, svc) {
		spin_lock_bh(&svc->lock);
		list_for_each_entry(l, &svc->locals, node)
			if (l->ops)
				l->ops->failed(l->ctx, err);
		each_client(svc, samr_client_dead, err);
		spin_unlock_bh(&svc->lock);
	}
	rcu_read_unlock();
	samr_local_kick(all);
	samr_local_feed(all);
}

static const struct samr_cluster_face face = {
	.open		= open,
	.busy		= busy,
	.close		= close,
	.deliver	= deliver,
	.writable	= writable,
	.view		= view,
	.stuck		= stuck,
	.out		= out,
	.halted		= halted,
};

void samr_service_init(void)
{
	samr_cluster_set_face(&face);
}
