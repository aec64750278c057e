// SPDX-License-Identifier: GPL-2.0
/*
 * Links: what they are, which of them carries, and questions about them.
 *
 * Invariants: a link in the list is open; one that is @closed starts nothing any
 * more, neither probes nor frames. Its memory stays until the devices have let
 * go of all its frames.
 */
#include <linux/netdevice.h>
#include <linux/netlink.h>
#include <linux/slab.h>
#include <linux/wait.h>
#include <net/ipv6.h>

#include "shell.h"
#include "trace.h"

/* A frame of another version of the protocol is remembered for so long. */
#define VERSION_MS	10000

/* Links whose frames devices still hold: the module has to wait for them. */
static atomic_t alive = ATOMIC_INIT(0);
static DECLARE_WAIT_QUEUE_HEAD(all_gone);

/* ---- for transports ---- */

void samr_link_set_priv(struct samr_link *l, void *priv)
{
	WRITE_ONCE(l->priv, priv);
}

void *samr_link_priv(const struct samr_link *l)
{
	return READ_ONCE(l->priv);
}

struct net *samr_link_net(const struct samr_link *l)
{
	return l->c->net;
}

u32 samr_link_cluster_id(const struct samr_link *l)
{
	return l->c->params.id;
}

const char *samr_link_device(const struct samr_link *l)
{
	return l->device;
}

bool samr_link_carries(const struct samr_link *l)
{
	return samr_link_usable(l);
}

const struct samr_link_options *samr_link_options(const struct samr_link *l)
{
	return &l->options;
}

void samr_link_set_overhead(struct samr_link *l, u32 bytes)
{
	WRITE_ONCE(l->overhead, bytes);
}

void samr_link_rename(struct samr_link *l, const char *device)
{
	spin_lock_bh(&l->lock);
	strscpy(l->device, device, sizeof(l->device));
	spin_unlock_bh(&l->lock);
}

static void notify_state(struct samr_link *l)
{
	struct samr_cluster_event e = {
		.type = SAMR_CLUSTER_EV_LINK,
		.link = l->id,
		.device = l->device,
		.state = l->state,
	};

	lockdep_assert_held(&l->lock);
	samr_cluster_notify(l->c, &e);
}

static void set_state(struct samr_link *l, enum samr_link_state state)
{
	if (l->state == state)
		return;
	WRITE_ONCE(l->state, state);
	trace_samr_link_state(l, state);
	notify_state(l);
}

static bool reaches(const struct samr_link *l, unsigned int id)
{
	return READ_ONCE(l->peer[id].heard) &&
	       !READ_ONCE(l->peer[id].path.broken);
}

/* Heads heard on @l, without those that another usable link reaches. */
static u64 only_here(struct samr_link *l)
{
	struct samr_link *other;
	u64 mask = 0, heads = READ_ONCE(l->c->heads);
	unsigned int id;

	samr_for_each_head(id, heads)
		if (READ_ONCE(l->peer[id].heard))
			mask |= BIT_ULL(id);
	rcu_read_lock();
	list_for_each_entry_rcu(other, &l->c->links, node) {
		if (other == l || !samr_link_usable(other))
			continue;
		samr_for_each_head(id, heads)
			if (reaches(other, id))
				mask &= ~BIT_ULL(id);
	}
	rcu_read_unlock();
	return mask;
}

/*
 * The way to some heads is broken, or is about to be: the core need not wait for
 * so long to suspect them, nor they to suspect us. They are hints only.
 */
static void hint(struct samr_link *l, bool going)
{
	struct samr_event ev = { .type = SAMR_EV_HINT };

	ev.lost = only_here(l);
	if (!ev.lost)
		return;
	if (going)
		ev = (struct samr_event){ .type = SAMR_EV_FAREWELL };
	samr_drain_step(l->c, &ev);
}

void samr_link_change(struct samr_link *l, enum samr_link_change what)
{
	bool was;

	if (what == SAMR_LINK_CHANGE_GOING) {
		/* What others say to the farewell is not answered any more. */
		local_bh_disable();
		hint(l, true);
		samr_link_change(l, SAMR_LINK_CHANGE_DOWN);
		local_bh_enable();
		return;
	}
	spin_lock_bh(&l->lock);
	was = samr_link_usable(l);
	if (l->closed) {
		spin_unlock_bh(&l->lock);
		return;
	}
	if (what == SAMR_LINK_CHANGE_UP && samr_link_room(l) < SAMR_FRAME_MIN)
		what = SAMR_LINK_CHANGE_DOWN;
	if (what == SAMR_LINK_CHANGE_ABSENT) {
		set_state(l, SAMR_LINK_ABSENT);
	} else if (what == SAMR_LINK_CHANGE_DOWN) {
		set_state(l, SAMR_LINK_DOWN);
	} else {
		if (!samr_link_usable(l))
			set_state(l, SAMR_LINK_PROBING);
		samr_probe_begin(l);
	}
	was = was && !samr_link_usable(l);
	if (was)
		samr_pulse_cut(l);
	spin_unlock_bh(&l->lock);
	samr_link_update(l->c);
	if (was)
		hint(l, false);
}

u32 samr_link_room(const struct samr_link *l)
{
	u32 max = min(l->t->frame_max(l), l->t->frame_limit);

	return max > SAMR_CRC_LEN ? min_t(u32, max - SAMR_CRC_LEN,
					  SAMR_FRAME_LIMIT) : 0;
}

/* ---- which link, how large, multicast or not ---- */

/* What the link's peers make of it. Returns how many are heard. */
static u32 evaluate(struct samr_link *l, struct samr_path_link *way)
{
	u64 heads = READ_ONCE(l->c->heads);
	u32 room = samr_link_room(l);
	u32 size = room, heard = 0;
	bool multi = l->flags & SAMR_TRANSPORT_MULTICAST;
	unsigned int id;

	lockdep_assert_held(&l->lock);
	samr_for_each_head(id, heads) {
		const struct samr_link_peer *p = &l->peer[id];

		if (!p->heard)
			continue;
		heard++;
		way->heads[samr_path_state(&p->path, true)] |= BIT_ULL(id);
		size = min(size, p->size);
		multi = multi && p->multicast;
	}
	l->frame_max = SAMR_FRAME_MIN;
	if (heard || samr_link_is_local(l) || samr_cluster_is_client(l->c))
		l->frame_max = max_t(u32, size, SAMR_FRAME_MIN);
	WRITE_ONCE(l->multicast, multi);
	if (samr_link_usable(l))
		set_state(l, heard || samr_link_is_local(l) ||
			  samr_cluster_is_client(l->c) ?
			  SAMR_LINK_UP : SAMR_LINK_PROBING);
	return heard;
}

/**
 * struct ways - what samr_link_update() chooses from
 * @link: the links, the oldest first
 * @way: what is known of each
 * @n: how many
 * @heard: somebody is, on some link
 * @size: largest frame that all links with peers carry
 */
struct ways {
	struct samr_link *link[SAMR_LINKS_MAX];
	struct samr_path_link way[SAMR_LINKS_MAX];
	u32 n;
	bool heard;
	u32 size;
};

static_assert(SAMR_PATH_LINKS == SAMR_LINKS_MAX);

static void consider(struct samr_link *l, struct ways *w)
{
	struct samr_path_link *way = &w->way[w->n];
	u32 heard = evaluate(l, way);

	w->link[w->n++] = l;
	way->usable = samr_link_usable(l) && !l->closed;
	way->local = samr_link_is_local(l);
	way->size = l->frame_max;
	if (way->usable && (heard || (samr_cluster_is_client(l->c) &&
				      !way->local))) {
		w->heard = true;
		w->size = min(w->size, l->frame_max);
	}
}

/* Frames that no link carries for sure are as small as any must carry. */
static u32 size_of(const struct ways *w, const struct samr_link *best)
{
	if (best && samr_link_is_local(best))
		return best->frame_max;
	return w->heard ? w->size : SAMR_FRAME_MIN;
}

/* Returns the link that carries. */
static struct samr_link *choose(struct samr_cluster *c, const struct ways *w)
{
	struct samr_path_choice choice;
	struct samr_link *best;
	u32 i;

	lockdep_assert_held(&c->links_lock);
	samr_path_choose(w->way, w->n, &choice);
	best = choice.best == SAMR_PATH_NO_LINK ? NULL : w->link[choice.best];
	for (i = 0; i < w->n; i++)
		WRITE_ONCE(w->link[i]->serves, choice.serves[i]);
	WRITE_ONCE(c->spread, choice.spread);
	rcu_assign_pointer(c->best, best);
	return best;
}

static noinline_for_stack bool update(struct samr_cluster *c)
{
	struct ways w = { .size = SAMR_FRAME_LIMIT };
	struct samr_link *l;
	bool changed;
	u32 size;

	spin_lock_bh(&c->links_lock);
	rcu_read_lock();
	list_for_each_entry_rcu(l, &c->links, node) {
		if (w.n == SAMR_LINKS_MAX)
			break;
		spin_lock(&l->lock);
		consider(l, &w);
		spin_unlock(&l->lock);
	}
	size = size_of(&w, choose(c, &w));
	rcu_read_unlock();
	changed = size != c->frame_max;
	WRITE_ONCE(c->frame_max, size);
	spin_unlock_bh(&c->links_lock);
	return changed;
}

void samr_link_update(struct samr_cluster *c)
{
	if (update(c)) {
		set_bit(SAMR_FRAME_MAX, &c->flags);
		samr_drain_kick(c);
	}
	samr_pulse_consider(c);
}

void samr_link_heads_changed(struct samr_cluster *c)
{
	struct samr_link *l;
	unsigned int id;

	lockdep_assert_held(c->config);
	list_for_each_entry(l, &c->links, node) {
		spin_lock_bh(&l->lock);
		for (id = 1; id <= SAMR_HEAD_MAX; id++)
			if (!(c->heads & BIT_ULL(id)))
				memset(&l->peer[id], 0, sizeof(l->peer[id]));
		samr_probe_begin(l);
		spin_unlock_bh(&l->lock);
	}
	samr_link_update(c);
}

/* ---- the end of a link ---- */

static void free_rcu_link(struct rcu_head *rcu)
{
	struct samr_link *l = container_of(rcu, struct samr_link, rcu);

	free_percpu(l->counters);
	kvfree(l);
	if (atomic_dec_and_test(&alive))
		wake_up_all(&all_gone);
}

void samr_link_discharge(struct samr_link *l, u32 bytes)
{
	if (refcount_sub_and_test(bytes, &l->wmem))
		call_rcu(&l->rcu, free_rcu_link);
}

void samr_link_exit(void)
{
	wait_event(all_gone, !atomic_read(&alive));
}

/* ---- configuration ---- */

static struct samr_link *find(struct samr_cluster *c, u32 id)
{
	struct samr_link *l;

	list_for_each_entry_rcu(l, &c->links, node,
				lockdep_is_held(c->config))
		if (l->id == id)
			return l;
	return NULL;
}

u32 samr_link_find(struct samr_cluster *c, const char *transport,
		   const char *device)
{
	struct samr_link *l;
	u32 id = 0;

	rcu_read_lock();
	list_for_each_entry_rcu(l, &c->links, node) {
		if (transport && strcmp(l->t->name, transport))
			continue;
		spin_lock_bh(&l->lock);
		if (!strcmp(l->device, device))
			id = l->id;
		spin_unlock_bh(&l->lock);
		if (id)
			break;
	}
	rcu_read_unlock();
	return id;
}

static struct samr_link *make(struct samr_cluster *c, struct samr_transport *t,
			      const char *device,
			      const struct samr_link_options *o)
{
	struct samr_link *l;

	l = kvzalloc(sizeof(*l), GFP_KERNEL_ACCOUNT);
	if (!l)
		return NULL;
	l->counters = alloc_percpu(struct samr_link_counters);
	if (!l->counters) {
		kvfree(l);
		return NULL;
	}
	l->c = c;
	l->t = t;
	l->id = ++c->link_ids;
	strscpy(l->device, device, sizeof(l->device));
	l->flags = t->flags;
	if (o)
		l->options = *o;
	if (o && ipv6_addr_any(&o->group))
		l->flags &= ~SAMR_TRANSPORT_MULTICAST;
	spin_lock_init(&l->lock);
	l->state = SAMR_LINK_ABSENT;
	refcount_set(&l->wmem, 1);
	samr_link_io_init(l);
	samr_probe_init(l);
	atomic_inc(&alive);
	return l;
}

static int check_device(const struct samr_transport *t, const char *device,
			struct netlink_ext_ack *extack)
{
	if (!(t->flags & SAMR_TRANSPORT_DEVICE)) {
		if (!*device)
			return 0;
		NL_SET_ERR_MSG(extack, "a link of this kind has no device");
		return -EINVAL;
	}
	if (!*device) {
		NL_SET_ERR_MSG(extack, "a link of this kind needs a device");
		return -EINVAL;
	}
	if (dev_valid_name(device))
		return 0;
	NL_SET_ERR_MSG(extack, "not a device's name");
	return -EINVAL;
}

static int check_options(const struct samr_transport *t,
			 const struct samr_link_options *o,
			 struct netlink_ext_ack *extack)
{
	if (!(t->flags & SAMR_TRANSPORT_IP) == !o)
		return 0;
	if (o)
		NL_SET_ERR_MSG(extack, "a link of this kind has no 'local', 'group', 'port' or 'ttl'");
	else
		NL_SET_ERR_MSG(extack, "a link of this kind needs 'local', this head's own IP address");
	return -EINVAL;
}

static u32 count_links(struct samr_cluster *c)
{
	struct samr_link *l;
	u32 n = 0;

	list_for_each_entry(l, &c->links, node)
		n++;
	return n;
}

static int check_add(struct samr_cluster *c, const char *transport,
		     const char *device, struct netlink_ext_ack *extack)
{
	lockdep_assert_held(c->config);
	if (READ_ONCE(c->dead)) {
		NL_SET_ERR_MSG(extack, "the cluster is gone");
		return -ENODEV;
	}
	if (samr_link_find(c, transport, device)) {
		NL_SET_ERR_MSG(extack, "the cluster has this link already");
		return -EEXIST;
	}
	if (count_links(c) >= SAMR_LINKS_MAX) {
		NL_SET_ERR_MSG(extack, "a cluster has at most 16 links");
		return -ENOSPC;
	}
	return 0;
}

/*
 * Stops whatever may use the link, then the link: senders, probing, waiting
 * frames, transport, unless that was never opened. What still arrives meanwhile
 * is refused by @closed.
 */
static void close_link(struct samr_link *l, bool opened)
{
	spin_lock_bh(&l->lock);
	WRITE_ONCE(l->closed, true);
	spin_unlock_bh(&l->lock);
	samr_link_update(l->c);
	synchronize_net();
	cancel_delayed_work_sync(&l->probe.work);
	samr_link_io_end(l);
	if (opened)
		l->t->close(l);
	samr_transport_put(l->t);
	samr_link_discharge(l, 1);
}

int samr_link_add(struct samr_cluster *c, const char *transport,
		  const char *device, const struct samr_link_options *o,
		  u32 *id, struct netlink_ext_ack *extack)
{
	struct samr_transport *t;
	struct samr_link *l;
	int err;

	err = check_add(c, transport, device, extack);
	if (err)
		return err;
	t = samr_transport_get(transport);
	if (!t) {
		NL_SET_ERR_MSG(extack, "no such transport");
		return -ENOENT;
	}
	err = check_device(t, device, extack) ?: check_options(t, o, extack);
	if (err)
		goto bad_words;
	err = -ENOMEM;
	l = make(c, t, device, o);
	if (!l)
		goto no_link;
	list_add_tail_rcu(&l->node, &c->links);
	err = t->open(l, extack);
	if (err)
		goto not_opened;
	samr_link_update(c);
	*id = l->id;
	return 0;

not_opened:
	list_del_rcu(&l->node);
	close_link(l, false);
	return err;
no_link:
bad_words:
	samr_transport_put(t);
	return err;
}

static void del(struct samr_link *l)
{
	struct samr_cluster *c = l->c;
	struct samr_cluster_event e = {
		.type = SAMR_CLUSTER_EV_LINK_GONE,
		.link = l->id,
	};
	char device[IFNAMSIZ];

	lockdep_assert_held(c->config);
	spin_lock_bh(&l->lock);
	strscpy(device, l->device, sizeof(device));
	spin_unlock_bh(&l->lock);
	e.device = device;
	list_del_rcu(&l->node);
	close_link(l, true);
	samr_cluster_notify(c, &e);
}

int samr_link_del(struct samr_cluster *c, u32 id,
		  struct netlink_ext_ack *extack)
{
	struct samr_link *l;

	lockdep_assert_held(c->config);
	l = find(c, id);
	if (!l) {
		NL_SET_ERR_MSG(extack, "no such link");
		return -ENOENT;
	}
	del(l);
	return 0;
}

void samr_link_forget(struct samr_cluster *c, u64 node)
{
	struct samr_link *l;

	lockdep_assert_held(c->config);
	list_for_each_entry(l, &c->links, node)
		samr_link_address(c, l->id, node, NULL, NULL);
}

void samr_link_del_all(struct samr_cluster *c)
{
	struct samr_link *l, *next;

	lockdep_assert_held(c->config);
	list_for_each_entry_safe(l, next, &c->links, node)
		del(l);
}

/* An IP address without a port has the link's. */
static void add_port(const struct samr_link *l, struct samr_addr *a)
{
	__be16 port = htons(l->options.port);

	if (!(l->flags & SAMR_TRANSPORT_IP) || a->len != sizeof(struct in6_addr))
		return;
	memcpy(a->b + a->len, &port, sizeof(port));
	a->len += sizeof(port);
}

int samr_link_address(struct samr_cluster *c, u32 id, u64 node,
		      const struct samr_addr *addr,
		      struct netlink_ext_ack *extack)
{
	bool set = addr && addr->len;
	struct samr_addr given = { };
	struct samr_link_peer *p;
	struct samr_link *l;
	int err;

	lockdep_assert_held(c->config);
	l = find(c, id);
	if (!l) {
		NL_SET_ERR_MSG(extack, "no such link");
		return -ENOENT;
	}
	/* A client node may be told where any head is. */
	if (!node || node > SAMR_HEAD_MAX || node == c->params.node ||
	    (!samr_cluster_is_client(c) && !(c->heads & BIT_ULL(node)))) {
		NL_SET_ERR_MSG(extack, "not one of the other configured heads");
		return -ENOENT;
	}
	if (!l->t->addr_len) {
		NL_SET_ERR_MSG(extack, "this transport has no addresses");
		return -EINVAL;
	}
	if (set) {
		given = *addr;
		add_port(l, &given);
		if (given.len != l->t->addr_len) {
			NL_SET_ERR_MSG(extack, "wrong length of address for this transport");
			return -EINVAL;
		}
		err = l->t->check(l, &given, extack);
		if (err)
			return err;
	}
	spin_lock_bh(&l->lock);
	p = &l->peer[node];
	p->configured = set;
	if (set)
		p->addr = given;
	else
		memset(&p->addr, 0, sizeof(p->addr));
	samr_probe_begin(l);
	spin_unlock_bh(&l->lock);
	return 0;
}

/* ---- questions ---- */

static void sum_counters(const struct samr_link *l, struct samr_link_info *info)
{
	int cpu;

	for_each_possible_cpu(cpu) {
		const struct samr_link_counters *n =
			per_cpu_ptr(l->counters, cpu);

		info->tx_frames += READ_ONCE(n->tx_frames);
		info->tx_bytes += READ_ONCE(n->tx_bytes);
		info->tx_dropped += READ_ONCE(n->tx_dropped);
		info->tx_waited += READ_ONCE(n->tx_waited);
		info->rx_frames += READ_ONCE(n->rx_frames);
		info->rx_bytes += READ_ONCE(n->rx_bytes);
		info->rx_dropped += READ_ONCE(n->rx_dropped);
		info->probes_out += READ_ONCE(n->probes_out);
		info->answers_in += READ_ONCE(n->answers_in);
		info->pulses_out += READ_ONCE(n->pulses_out);
		info->pulses_in += READ_ONCE(n->pulses_in);
	}
}

static void fill_info(struct samr_link *l, struct samr_link_info *info)
{
	unsigned int id;

	memset(info, 0, sizeof(*info));
	info->id = l->id;
	strscpy(info->transport, l->t->name, sizeof(info->transport));
	info->options = l->options;
	if (!l->t->address || !l->t->address(l, &info->addr))
		info->addr.len = 0;
	info->device_max = samr_link_room(l);
	info->best = rcu_access_pointer(l->c->best) == l;
	sum_counters(l, info);
	spin_lock_bh(&l->lock);
	strscpy(info->device, l->device, sizeof(info->device));
	info->state = l->state;
	info->frame_max = samr_link_usable(l) ? l->frame_max : 0;
	info->multicast = l->multicast;
	info->rounds = l->probe.rounds;
	for (id = 1; id <= SAMR_HEAD_MAX; id++)
		info->breaks += l->peer[id].path.breaks;
	spin_unlock_bh(&l->lock);
	info->tx_queued = skb_queue_len_lockless(&l->wait);
}

u32 samr_link_info(struct samr_cluster *c, u32 after,
		   struct samr_link_info *info)
{
	struct samr_link *l, *next = NULL;
	u32 id = 0;

	rcu_read_lock();
	list_for_each_entry_rcu(l, &c->links, node)
		if (l->id > after && (!next || l->id < next->id))
			next = l;
	if (next) {
		fill_info(next, info);
		id = next->id;
	}
	rcu_read_unlock();
	return id;
}

static void fill_peer(struct samr_link *l, u64 node,
		      struct samr_link_peer_info *info)
{
	const struct samr_link_peer *p = &l->peer[node];

	memset(info, 0, sizeof(*info));
	info->node = node;
	spin_lock_bh(&l->lock);
	info->addr = p->addr;
	info->configured = p->configured;
	info->heard = p->heard;
	info->multicast = p->multicast;
	info->frame_max = p->size;
	info->state = samr_path_state(&p->path,
				      p->heard && samr_link_usable(l));
	info->deaf = p->heard && p->path.deaf;
	info->breaks = p->path.breaks;
	info->hold_ms = p->path.flaps ? samr_path_hold_ms(&p->path) : 0;
	info->age = p->inc ? jiffies_to_msecs(jiffies - READ_ONCE(p->stamp)) :
			     U64_MAX;
	if (READ_ONCE(p->version) &&
	    time_before(jiffies, READ_ONCE(p->version_at) +
			msecs_to_jiffies(VERSION_MS)))
		info->version = READ_ONCE(p->version);
	spin_unlock_bh(&l->lock);
}

u64 samr_link_peer_info(struct samr_cluster *c, u32 id, u64 after,
			struct samr_link_peer_info *info)
{
	u64 heads = samr_link_others(c);
	struct samr_link *l;
	u64 node = 0, i;

	rcu_read_lock();
	l = find(c, id);
	for (i = after + 1; l && i <= SAMR_HEAD_MAX; i++) {
		if (!(heads & BIT_ULL(i)))
			continue;
		fill_peer(l, i, info);
		node = i;
		break;
	}
	rcu_read_unlock();
	return node;
}
