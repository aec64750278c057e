// SPDX-License-Identifier: GPL-2.0
/*
 * Connections: how they come about, and how they end.
 *
 * Who has something to send asks for a connection, and sends on that one; frames of
 * the other head come on a connection that it asked for itself. So two that begin at
 * once need not agree, and each notices when its own frames do not get through.
 *
 * A connection that fails in any way is killed: it leaves the list, its work takes it
 * down, and the next frame asks for another one, though not at once. All its resources
 * are its own, so a device on its way out waits for nothing else than its connections
 * and listeners.
 *
 * Locks: handlers of the connection manager run under a lock of its own, for which
 * rdma_destroy_id() waits: they take no mutex, and never take anything down themselves.
 */
#include <linux/slab.h>
#include <rdma/ib_cm.h>

#include "rdma.h"

static void conn_work(struct work_struct *work);
static void too_late(struct work_struct *work);

/* ---- addresses ---- */

void rdma_sockaddr(const struct samr_addr *a, struct sockaddr_storage *s,
		   bool any_port)
{
	struct sockaddr_in6 *s6 = (struct sockaddr_in6 *)s;
	struct sockaddr_in *s4 = (struct sockaddr_in *)s;
	__be16 port = any_port ? 0 : ip_port_of(a);
	struct in6_addr ip = ip_of(a);

	memset(s, 0, sizeof(*s));
	if (ip_is_v4(&ip)) {
		s4->sin_family = AF_INET;
		s4->sin_addr.s_addr = ip.s6_addr32[3];
		s4->sin_port = port;
	} else {
		s6->sin6_family = AF_INET6;
		s6->sin6_addr = ip;
		s6->sin6_port = port;
	}
}

/* False: it is no address of IP. */
static bool read_sockaddr(const struct sockaddr_storage *s, __be16 port,
			  struct samr_addr *a)
{
	struct in6_addr ip;

	if (s->ss_family == AF_INET)
		ipv6_addr_set_v4mapped(((struct sockaddr_in *)s)->sin_addr.s_addr, &ip);
	else if (s->ss_family == AF_INET6)
		ip = ((struct sockaddr_in6 *)s)->sin6_addr;
	else
		return false;
	ip_set_addr(a, &ip, port);
	return true;
}

/* ---- heads that rest ---- */

static struct rdma_rest *rest_of(struct rdma_port *p, const struct samr_addr *to)
{
	return &p->rest[to->b[sizeof(struct in6_addr) - 1] % RDMA_RESTS];
}

static bool same_addr(const struct samr_addr *a, const struct samr_addr *b)
{
	return !memcmp(a, b, sizeof(*a));
}

static bool rests(struct rdma_port *p, const struct samr_addr *to)
{
	struct rdma_rest *r = rest_of(p, to);

	lockdep_assert_held(&p->conns_lock);
	return same_addr(&r->to, to) && time_before(jiffies, r->until);
}

/* For longer each time, unless frames could be sent. */
static void let_rest(struct rdma_conn *c)
{
	struct rdma_rest *r = rest_of(c->port, &c->peer);

	lockdep_assert_held(&c->port->conns_lock);
	if (!same_addr(&r->to, &c->peer) || !r->ms ||
	    test_bit(RDMA_CONN_LIVE, &c->flags))
		r->ms = RDMA_REST_MIN_MS;
	r->to = c->peer;
	r->until = jiffies + msecs_to_jiffies(r->ms);
	r->ms = min_t(u32, r->ms * 2, RDMA_REST_MAX_MS);
}

/* ---- begin ---- */

static struct rdma_conn *make_conn(struct rdma_port *p,
				   const struct samr_addr *peer, bool out)
{
	struct rdma_conn *c;

	c = kzalloc(sizeof(*c), GFP_ATOMIC | __GFP_NOWARN);
	if (!c)
		return NULL;
	INIT_LIST_HEAD(&c->node);
	c->port = p;
	c->peer = *peer;
	c->out = out;
	c->stamp = jiffies;
	c->room = RDMA_FRAME;
	spin_lock_init(&c->lock);
	skb_queue_head_init(&c->wait);
	INIT_WORK(&c->work, conn_work);
	INIT_DELAYED_WORK(&c->limit, too_late);
	atomic_inc(&p->alive);
	return c;
}

/* Its memory may be looked at for a while; the link's not, from here on. */
static void free_conn(struct rdma_conn *c)
{
	struct rdma_port *p = c->port;

	kfree_rcu(c, rcu);
	rcu_read_lock();	/* keeps @p until it is woken */
	if (atomic_dec_and_test(&p->alive))
		wake_up_all(&p->empty);
	rcu_read_unlock();
}

static struct rdma_conn *find(struct rdma_port *p, const struct samr_addr *to,
			      bool out)
{
	struct rdma_conn *c;

	list_for_each_entry_rcu(c, &p->conns, node,
				lockdep_is_held(&p->conns_lock))
		if (c->out == out && same_addr(&c->peer, to))
			return c;
	return NULL;
}

static struct rdma_conn *begin(struct rdma_port *p, const struct samr_addr *to)
{
	struct rdma_conn *c;

	spin_lock_bh(&p->conns_lock);
	c = find(p, to, true);
	if (!c && !p->closed && READ_ONCE(p->carries) && !rests(p, to)) {
		c = make_conn(p, to, true);
		if (c) {
			list_add_rcu(&c->node, &p->conns);
			queue_work(rdma_wq, &c->work);
		}
	}
	spin_unlock_bh(&p->conns_lock);
	return c;
}

struct rdma_conn *rdma_conn_find(struct rdma_port *p, const struct samr_addr *to)
{
	return find(p, to, true) ?: begin(p, to);
}

static struct rdma_hello own_hello(const struct rdma_port *p)
{
	return (struct rdma_hello){
		.magic = cpu_to_be32(RDMA_MAGIC),
		.version = RDMA_VERSION,
		.port = ip_port_of(&p->own),
		.cluster = cpu_to_be32(samr_link_cluster_id(p->link)),
		.frame = cpu_to_be16(RDMA_FRAME),
		.depth = cpu_to_be16(RDMA_DEPTH),
	};
}

/* What the other end says of itself; InfiniBand pads it. */
static bool read_hello(const struct rdma_port *p,
		       const struct rdma_cm_event *event, struct rdma_hello *h)
{
	const struct rdma_conn_param *param = &event->param.conn;

	if (!param->private_data || param->private_data_len < sizeof(*h))
		return false;
	memcpy(h, param->private_data, sizeof(*h));
	return h->magic == cpu_to_be32(RDMA_MAGIC) &&
	       h->version == RDMA_VERSION && h->port &&
	       be32_to_cpu(h->cluster) == samr_link_cluster_id(p->link) &&
	       be16_to_cpu(h->frame) >= SAMR_FRAME_MIN &&
	       be16_to_cpu(h->depth) == RDMA_DEPTH;
}

static int connect(struct rdma_conn *c)
{
	struct rdma_hello hello = own_hello(c->port);
	struct rdma_conn_param param = {
		.private_data = &hello,
		.private_data_len = sizeof(hello),
		.retry_count = RDMA_RETRIES,
		.rnr_retry_count = RDMA_RETRIES,
	};

	/* Devices of iWARP have none, TCP takes care of it. */
	rdma_set_ack_timeout(c->id, RDMA_ACK_TIMEOUT);
	return rdma_io_make(c) ?: rdma_connect_locked(c->id, &param);
}

/* Through no other device than the link's. */
static int resolve_route(struct rdma_conn *c)
{
	if (c->id->route.addr.dev_addr.bound_dev_if != READ_ONCE(c->port->ifindex))
		return -ENODEV;
	return rdma_resolve_route(c->id, RDMA_CONNECT_MS);
}

static int established(struct rdma_conn *c, const struct rdma_cm_event *event)
{
	struct rdma_hello hello;

	cancel_delayed_work(&c->limit);
	if (!c->out) {
		rdma_io_begin(c, RDMA_FRAME, 0);
		return 0;
	}
	if (!read_hello(c->port, event, &hello))
		return -EPROTO;
	rdma_io_begin(c, be16_to_cpu(hello.frame), RDMA_DEPTH);
	return 0;
}

static int conn_event(struct rdma_cm_id *id, struct rdma_cm_event *event)
{
	struct rdma_conn *c = id->context;
	int err = 0;

	/* conn_work() goes through here once: what comes later changes nothing. */
	if (test_bit(RDMA_CONN_DEAD, &c->flags))
		return 0;
	switch (event->event) {
	case RDMA_CM_EVENT_ADDR_RESOLVED:
		err = resolve_route(c);
		break;
	case RDMA_CM_EVENT_ROUTE_RESOLVED:
		err = connect(c);
		break;
	case RDMA_CM_EVENT_ESTABLISHED:
		err = established(c, event);
		break;
	default:	/* all others are ends of some kind */
		err = -ECONNRESET;
		break;
	}
	if (err)
		rdma_conn_kill(c);
	return 0;
}

static int ask(struct rdma_conn *c)
{
	struct sockaddr_storage from, to;
	struct rdma_cm_id *id;

	id = rdma_create_id(samr_link_net(c->port->link), conn_event, c,
			    RDMA_PS_TCP, IB_QPT_RC);
	if (IS_ERR(id))
		return PTR_ERR(id);
	c->id = id;
	rdma_sockaddr(&c->port->own, &from, true);
	rdma_sockaddr(&c->peer, &to, false);
	queue_delayed_work(rdma_wq, &c->limit, msecs_to_jiffies(RDMA_CONNECT_MS));
	return rdma_resolve_addr(id, (struct sockaddr *)&from,
				 (struct sockaddr *)&to, RDMA_CONNECT_MS);
}

/* ---- others ask ---- */

/* In place of an older one of the same head, which has lost that. */
static int admit(struct rdma_conn *c)
{
	struct rdma_port *p = c->port;
	struct rdma_conn *old;
	int err = 0;

	spin_lock_bh(&p->conns_lock);
	old = find(p, &c->peer, false);
	if (p->closed || p->gone || (!old && p->accepted >= RDMA_ACCEPT_MAX)) {
		err = -EBUSY;
	} else {
		list_add_rcu(&c->node, &p->conns);
		p->accepted++;
	}
	spin_unlock_bh(&p->conns_lock);
	if (!err && old)
		rdma_conn_kill(old);	/* cannot be gone: see the caller */
	return err;
}

static int take(struct rdma_port *p, struct rdma_cm_id *id,
		const struct samr_addr *peer)
{
	struct rdma_hello hello = own_hello(p);
	struct rdma_conn_param param = {
		.private_data = &hello,
		.private_data_len = sizeof(hello),
		.rnr_retry_count = RDMA_RETRIES,
	};
	struct rdma_conn *c;
	int err;

	c = make_conn(p, peer, false);
	if (!c)
		return -ENOMEM;
	c->id = id;
	rdma_set_ack_timeout(id, RDMA_ACK_TIMEOUT);
	err = rdma_io_make(c);
	if (err)
		goto no_io;
	rcu_read_lock();	/* for the older one */
	err = admit(c);
	rcu_read_unlock();
	if (err)
		goto no_io;
	/* From here on it is the connection's, and ends with it. */
	id->context = c;
	id->event_handler = conn_event;
	queue_delayed_work(rdma_wq, &c->limit, msecs_to_jiffies(RDMA_CONNECT_MS));
	if (rdma_accept(id, &param))
		rdma_conn_kill(c);
	return 0;

no_io:
	rdma_io_end(c);
	free_conn(c);
	return err;
}

static bool knows(struct samr_link *link, const struct samr_addr *from)
{
	bool known;

	local_bh_disable();
	known = samr_link_knows(link, from);
	local_bh_enable();
	return known;
}

/* An error: the connection manager destroys @id. */
static int requested(struct rdma_port *p, struct rdma_cm_id *id,
		     const struct rdma_cm_event *event)
{
	struct rdma_hello hello;
	struct samr_addr peer;
	int err = -EPROTO;

	if (read_hello(p, event, &hello) &&
	    read_sockaddr(&id->route.addr.dst_addr, hello.port, &peer) &&
	    !same_addr(&peer, &p->own) && knows(p->link, &peer))
		err = take(p, id, &peer);
	if (err)
		rdma_reject(id, NULL, 0, IB_CM_REJ_CONSUMER_DEFINED);
	return err;
}

int rdma_conn_request(struct rdma_cm_id *id, struct rdma_cm_event *event)
{
	struct rdma_port *p = id->context;

	switch (event->event) {
	case RDMA_CM_EVENT_CONNECT_REQUEST:
		return requested(p, id, event);
	case RDMA_CM_EVENT_DEVICE_REMOVAL:
		WRITE_ONCE(p->gone, true);
		mod_delayed_work(rdma_wq, &p->look, 0);
		return 0;
	default:
		return 0;
	}
}

/* ---- end ---- */

void rdma_conn_kill(struct rdma_conn *c)
{
	struct rdma_port *p = c->port;

	if (test_and_set_bit(RDMA_CONN_DEAD, &c->flags))
		return;
	spin_lock_bh(&p->conns_lock);
	list_del_rcu(&c->node);
	if (c->out)
		let_rest(c);
	else
		p->accepted--;
	spin_unlock_bh(&p->conns_lock);
	queue_work(rdma_wq, &c->work);
}

void rdma_conn_kill_all(struct rdma_port *p)
{
	struct rdma_conn *c;

	rcu_read_lock();
	list_for_each_entry_rcu(c, &p->conns, node)
		rdma_conn_kill(c);
	rcu_read_unlock();
}

static bool is_stuck(struct rdma_conn *c)
{
	unsigned long stamp = READ_ONCE(c->stamp);

	if (!c->out)
		return time_after(jiffies, stamp + msecs_to_jiffies(RDMA_IDLE_MS));
	return test_bit(RDMA_CONN_LIVE, &c->flags) &&
	       READ_ONCE(c->sent) - READ_ONCE(c->acked) >= RDMA_OWED &&
	       time_after(jiffies, stamp + msecs_to_jiffies(RDMA_STUCK_MS));
}

void rdma_conn_sweep(struct rdma_port *p)
{
	struct rdma_conn *c;

	rcu_read_lock();
	list_for_each_entry_rcu(c, &p->conns, node)
		if (is_stuck(c))
			rdma_conn_kill(c);
	rcu_read_unlock();
}

static void too_late(struct work_struct *work)
{
	rdma_conn_kill(container_of(to_delayed_work(work), struct rdma_conn,
				    limit));
}

/* Senders and handlers that found it alive are through before its end begins. */
static void take_down(struct rdma_conn *c)
{
	synchronize_rcu();
	if (c->id) {
		rdma_lock_handler(c->id);
		rdma_unlock_handler(c->id);
	}
	cancel_delayed_work_sync(&c->limit);
	if (c->id && c->id->qp)
		rdma_disconnect(c->id);
	rdma_io_end(c);
	if (c->id)
		rdma_destroy_id(c->id);
	free_conn(c);
}

static void conn_work(struct work_struct *work)
{
	struct rdma_conn *c = container_of(work, struct rdma_conn, work);

	if (test_bit(RDMA_CONN_DEAD, &c->flags))
		take_down(c);
	else if (ask(c))
		rdma_conn_kill(c);
}
