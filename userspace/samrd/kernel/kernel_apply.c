// SPDX-License-Identifier: GPL-2.0
/*
 * Makes the kernel's objects those of a configuration.
 *
 * First a plan: what is there is compared with what is wanted, and each difference
 * becomes a request and the one that takes it back. Then they are sent, in order;
 * when one is refused, those before it are taken back, the last one first.
 */
#include <errno.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/log.h"
#include "kernel_internal.h"

#define REQUEST_MAX	512
#define WHAT_MAX	96
#define GROUPS_MAX	4096	/* in the kernel */

/**
 * struct op - one request
 * @what: for messages: 'service "db" (42)'
 * @request: a message of netlink
 * @back: the one that undoes it
 */
struct op {
	char what[WHAT_MAX];
	_Alignas(struct nlmsghdr) char request[REQUEST_MAX];
	_Alignas(struct nlmsghdr) char back[REQUEST_MAX];
};

/** struct there_group - a group in the kernel */
struct there_group {
	uint32_t id;
	char name[SAMR_NAME_LEN_MAX + 1];
	uint32_t uid;
	uint32_t gid;
	uint32_t diverged;
};

/** struct link_words - what a link is; all zero behind @dev for kind eth */
struct link_words {
	char kind[SAMR_DEV_LEN_MAX + 1];
	char dev[SAMR_DEV_LEN_MAX + 1];
	uint8_t local[IP_LEN];
	uint8_t group[IP_LEN];
	uint32_t port;
	uint32_t ttl;
};

/** struct there_link - a link in the kernel */
struct there_link {
	struct link_words words;
	struct config_port port[KERNEL_IDS];	/* addresses that were given */
};

/**
 * struct there - what is in the kernel
 */
struct there {
	bool present;
	char name[SAMR_NAME_LEN_MAX + 1];
	uint32_t id;
	uint64_t self;
	uint32_t state;
	uint32_t sockets;
	uint32_t policy;
	struct config_limits limits;
	struct {
		bool there;
		bool witness;
	} node[KERNEL_IDS];
	size_t links;
	struct there_link link[CONFIG_LINKS_MAX];
	size_t groups;
	struct there_group *group;
};

/**
 * struct plan - what is to be done
 */
struct plan {
	struct kernel *k;
	const struct config *c;
	const struct config *was;
	struct there there;
	size_t count;
	struct op *op;
	bool failed;		/* no memory */
};

/* ---- what is there ---- */

static void copy(char *to, const char *from, size_t size)
{
	snprintf(to, size, "%s", from);
}

static void read_cluster(const struct nlmsghdr *nlh, void *data)
{
	const struct nlattr *tb[ATTRS_MAX];
	struct there *t = data;

	nl_attrs(nlh, tb);
	t->present = true;
	copy(t->name, nl_str(tb[SAMR_A_CLUSTER_NAME]), sizeof(t->name));
	t->id = nl_u32(tb[SAMR_A_CLUSTER_ID]);
	t->self = nl_u64(tb[SAMR_A_CLUSTER_NODE]);
	t->state = nl_u32(tb[SAMR_A_CLUSTER_STATE]);
	t->sockets = nl_u32(tb[SAMR_A_CLUSTER_SOCKETS]);
	t->policy = nl_u32(tb[SAMR_A_CLUSTER_POLICY]);
	t->limits = (struct config_limits){
		.resilience = nl_u32(tb[SAMR_A_CLUSTER_RESILIENCE]),
		.beat_us = nl_u32(tb[SAMR_A_CLUSTER_BEAT_US]),
		.dead_us = nl_u32(tb[SAMR_A_CLUSTER_DEAD_US]),
		.stuck_us = nl_u32(tb[SAMR_A_CLUSTER_STUCK_US]),
		.reorder_us = nl_u32(tb[SAMR_A_CLUSTER_REORDER_US]),
		.ack_delay_us = nl_u32(tb[SAMR_A_CLUSTER_ACK_DELAY_US]),
		.history = nl_u32(tb[SAMR_A_CLUSTER_HISTORY]),
		.history_bytes = nl_u32(tb[SAMR_A_CLUSTER_HISTORY_BYTES]),
		.submits = nl_u32(tb[SAMR_A_CLUSTER_SUBMITS]),
		.submit_bytes = nl_u32(tb[SAMR_A_CLUSTER_SUBMIT_BYTES]),
		.ref_min = nl_u32(tb[SAMR_A_CLUSTER_REF_MIN]),
	};
}

static void read_node(const struct nlmsghdr *nlh, void *data)
{
	const struct nlattr *tb[ATTRS_MAX];
	struct there *t = data;
	uint64_t id;

	nl_attrs(nlh, tb);
	id = nl_u64(tb[SAMR_A_NODE_ID]) % KERNEL_IDS;
	t->node[id].there = true;
	t->node[id].witness = tb[SAMR_A_NODE_WITNESS];
}

static void reset_nodes(void *data)
{
	struct there *t = data;

	memset(t->node, 0, sizeof(t->node));
}

static int read_path(const struct nlattr *a, void *data)
{
	const struct nlattr *tb[ATTRS_MAX], *address;
	struct there_link *l = data;
	struct config_port *p;

	if (mnl_attr_get_type(a) != SAMR_A_LINK_PATH)
		return MNL_CB_OK;
	nl_nested(a, tb);
	address = tb[SAMR_A_PATH_ADDRESS];
	p = &l->port[nl_u64(tb[SAMR_A_PATH_NODE]) % KERNEL_IDS];
	if (!tb[SAMR_A_PATH_CONFIGURED] || !address ||
	    mnl_attr_get_payload_len(address) > sizeof(p->byte))
		return MNL_CB_OK;
	p->len = mnl_attr_get_payload_len(address);
	memcpy(p->byte, mnl_attr_get_payload(address), p->len);
	return MNL_CB_OK;
}

static void copy_ip(uint8_t ip[IP_LEN], const struct nlattr *a)
{
	if (a && mnl_attr_get_payload_len(a) == IP_LEN)
		memcpy(ip, mnl_attr_get_payload(a), IP_LEN);
}

static void read_link(const struct nlmsghdr *nlh, void *data)
{
	const struct nlattr *tb[ATTRS_MAX];
	struct there_link *l;
	struct there *t = data;

	if (t->links == CONFIG_LINKS_MAX)
		return;
	l = &t->link[t->links++];
	*l = (struct there_link){ };
	nl_attrs(nlh, tb);
	copy(l->words.kind, nl_str(tb[SAMR_A_LINK_KIND]), sizeof(l->words.kind));
	copy(l->words.dev, nl_str(tb[SAMR_A_LINK_DEV]), sizeof(l->words.dev));
	copy_ip(l->words.local, tb[SAMR_A_LINK_LOCAL]);
	copy_ip(l->words.group, tb[SAMR_A_LINK_GROUP]);
	l->words.port = nl_u32(tb[SAMR_A_LINK_PORT]);
	l->words.ttl = nl_u32(tb[SAMR_A_LINK_TTL]);
	mnl_attr_parse(nlh, sizeof(struct genlmsghdr), read_path, l);
}

static void reset_links(void *data)
{
	struct there *t = data;

	t->links = 0;
}

static void read_group(const struct nlmsghdr *nlh, void *data)
{
	const struct nlattr *tb[ATTRS_MAX];
	struct there_group *g;
	struct there *t = data;

	nl_attrs(nlh, tb);
	if (!tb[SAMR_A_GROUP_DECLARED] || t->groups == GROUPS_MAX)
		return;
	g = &t->group[t->groups++];
	*g = (struct there_group){
		.id = nl_u32(tb[SAMR_A_GROUP_ID]),
		.uid = tb[SAMR_A_GROUP_UID] ? nl_u32(tb[SAMR_A_GROUP_UID]) :
		       CONFIG_NONE,
		.gid = tb[SAMR_A_GROUP_GID] ? nl_u32(tb[SAMR_A_GROUP_GID]) :
		       CONFIG_NONE,
		.diverged = nl_u32(tb[SAMR_A_GROUP_DIVERGED_POLICY]),
	};
	copy(g->name, nl_str(tb[SAMR_A_GROUP_NAME]), sizeof(g->name));
}

static void reset_groups(void *data)
{
	struct there *t = data;

	t->groups = 0;
}

static int look(struct plan *p, char *why)
{
	struct there *t = &p->there;
	char buffer[REQUEST_MAX];
	int err;

	t->present = false;
	err = kernel_talk(p->k, kernel_request(p->k, buffer, NLM_F_ACK,
					       SAMR_CMD_CLUSTER_GET),
			  read_cluster, t, why);
	if (err == -ENOENT) {
		err = 0;
		*why = 0;
	}
	if (err || !t->present)
		return err;
	return kernel_dump(p->k, SAMR_CMD_NODE_GET, read_node, t, reset_nodes,
			   why) ?:
	       kernel_dump(p->k, SAMR_CMD_LINK_GET, read_link, t, reset_links,
			   why) ?:
	       kernel_dump(p->k, SAMR_CMD_GROUP_GET, read_group, t,
			   reset_groups, why);
}

/* ---- the plan ---- */

static struct op *new_op(struct plan *p, const char *format, ...)
	__attribute__((format(printf, 2, 3)));

/* One more; the returned one is there even without memory, and then unused. */
static struct op *new_op(struct plan *p, const char *format, ...)
{
	static struct op nowhere;
	struct op *more = reallocarray(p->op, p->count + 1, sizeof(*p->op));
	struct op *o = &nowhere;
	va_list ap;

	if (more) {
		p->op = more;
		o = &more[p->count++];
	} else {
		p->failed = true;
	}
	memset(o, 0, sizeof(*o));
	va_start(ap, format);
	vsnprintf(o->what, sizeof(o->what), format, ap);
	va_end(ap);
	return o;
}

static struct nlmsghdr *begin(struct plan *p, char *buffer, uint8_t cmd)
{
	return kernel_request(p->k, buffer, NLM_F_ACK, cmd);
}

static void put_node(struct nlmsghdr *nlh, uint64_t id, bool witness)
{
	mnl_attr_put_u64(nlh, SAMR_A_NODE_ID, id);
	if (witness)
		mnl_attr_put(nlh, SAMR_A_NODE_WITNESS, 0, NULL);
}

static void put_address(struct nlmsghdr *nlh, uint64_t id,
			const struct link_words *w,
			const struct config_port *port)
{
	mnl_attr_put_u64(nlh, SAMR_A_NODE_ID, id);
	mnl_attr_put_strz(nlh, SAMR_A_NODE_DEV, w->dev);
	mnl_attr_put_strz(nlh, SAMR_A_NODE_KIND, w->kind);
	mnl_attr_put(nlh, SAMR_A_NODE_ADDRESS, port->len, port->byte);
}

static bool is_set(const uint8_t ip[IP_LEN])
{
	static const uint8_t none[IP_LEN];

	return memcmp(ip, none, IP_LEN);
}

/* Which one it is; and what it is, for a new one. */
static void put_link(struct nlmsghdr *nlh, const struct link_words *w, bool all)
{
	mnl_attr_put_strz(nlh, SAMR_A_LINK_KIND, w->kind);
	if (*w->dev)
		mnl_attr_put_strz(nlh, SAMR_A_LINK_DEV, w->dev);
	if (!all || !is_set(w->local))
		return;
	mnl_attr_put(nlh, SAMR_A_LINK_LOCAL, IP_LEN, w->local);
	if (is_set(w->group))
		mnl_attr_put(nlh, SAMR_A_LINK_GROUP, IP_LEN, w->group);
	mnl_attr_put_u32(nlh, SAMR_A_LINK_PORT, w->port);
	if (w->ttl)
		mnl_attr_put_u32(nlh, SAMR_A_LINK_TTL, w->ttl);
}

static void put_group(struct nlmsghdr *nlh, const struct there_group *g)
{
	mnl_attr_put_u32(nlh, SAMR_A_GROUP_ID, g->id);
	if (*g->name)
		mnl_attr_put_strz(nlh, SAMR_A_GROUP_NAME, g->name);
	if (g->uid != CONFIG_NONE)
		mnl_attr_put_u32(nlh, SAMR_A_GROUP_UID, g->uid);
	if (g->gid != CONFIG_NONE)
		mnl_attr_put_u32(nlh, SAMR_A_GROUP_GID, g->gid);
	if (g->diverged)
		mnl_attr_put_u32(nlh, SAMR_A_GROUP_DIVERGED_POLICY,
				 g->diverged);
}

static void put_limits(struct nlmsghdr *nlh, const struct config *c)
{
	const struct config_limits *l = &c->limits;

	mnl_attr_put_u32(nlh, SAMR_A_CLUSTER_POLICY, c->policy);
	mnl_attr_put_u32(nlh, SAMR_A_CLUSTER_RESILIENCE, l->resilience);
	mnl_attr_put_u32(nlh, SAMR_A_CLUSTER_BEAT_US, l->beat_us);
	mnl_attr_put_u32(nlh, SAMR_A_CLUSTER_DEAD_US, l->dead_us);
	mnl_attr_put_u32(nlh, SAMR_A_CLUSTER_STUCK_US, l->stuck_us);
	mnl_attr_put_u32(nlh, SAMR_A_CLUSTER_REORDER_US, l->reorder_us);
	mnl_attr_put_u32(nlh, SAMR_A_CLUSTER_ACK_DELAY_US, l->ack_delay_us);
	mnl_attr_put_u32(nlh, SAMR_A_CLUSTER_HISTORY, l->history);
	mnl_attr_put_u32(nlh, SAMR_A_CLUSTER_HISTORY_BYTES, l->history_bytes);
	mnl_attr_put_u32(nlh, SAMR_A_CLUSTER_SUBMITS, l->submits);
	mnl_attr_put_u32(nlh, SAMR_A_CLUSTER_SUBMIT_BYTES, l->submit_bytes);
	mnl_attr_put_u32(nlh, SAMR_A_CLUSTER_REF_MIN, l->ref_min);
}

static void plan_cluster(struct plan *p)
{
	const struct config *c = p->c;
	struct nlmsghdr *nlh;
	struct op *o;

	if (p->there.present)
		return;
	o = new_op(p, "cluster \"%s\"", c->name);
	nlh = begin(p, o->request, SAMR_CMD_CLUSTER_ADD);
	mnl_attr_put_strz(nlh, SAMR_A_CLUSTER_NAME, c->name);
	mnl_attr_put_u32(nlh, SAMR_A_CLUSTER_ID, c->id);
	mnl_attr_put_u64(nlh, SAMR_A_CLUSTER_NODE, c->node[c->self].id);
	put_limits(nlh, c);
	begin(p, o->back, SAMR_CMD_CLUSTER_DEL);
}

/* Also the own one, when it is the witness. */
static void add_node(struct plan *p, const char *name, uint64_t id,
		     bool witness)
{
	struct nlmsghdr *nlh;
	struct op *o = new_op(p, "node \"%s\" (%llu)", name,
			      (unsigned long long)id);

	nlh = begin(p, o->request, SAMR_CMD_NODE_ADD);
	put_node(nlh, id, witness);
	nlh = begin(p, o->back, SAMR_CMD_NODE_DEL);
	put_node(nlh, id, false);
}

static void del_node(struct plan *p, uint64_t id)
{
	struct nlmsghdr *nlh;
	struct op *o = new_op(p, "removal of node %llu",
			      (unsigned long long)id);

	nlh = begin(p, o->request, SAMR_CMD_NODE_DEL);
	put_node(nlh, id, false);
	nlh = begin(p, o->back, SAMR_CMD_NODE_ADD);
	put_node(nlh, id, p->there.node[id].witness);
}

static void plan_nodes(struct plan *p)
{
	const struct config_node *n;
	const struct there *t = &p->there;
	uint64_t id;

	for (id = 1; id < KERNEL_IDS; id++) {
		n = config_node(p->c, id);
		if (t->node[id].there && n && t->node[id].witness == n->witness)
			continue;
		if (t->node[id].there && !(n && n->self))
			del_node(p, id);
		if (n && (!n->self || n->witness))
			add_node(p, n->name, id, n->witness);
	}
}

/* What the configuration has for a link of this head. */
static struct link_words link_of(const struct config *c, size_t i)
{
	const struct config_port *port = &c->node[c->self].port[i];
	const struct config_link *l = &c->link[i];
	struct link_words w = { };

	copy(w.kind, l->kind, sizeof(w.kind));
	copy(w.dev, port->device, sizeof(w.dev));
	if (!strcmp(l->kind, "eth"))
		return w;
	memcpy(w.local, port->byte, IP_LEN);
	if (l->group)
		ip_parse(l->group, w.group);
	w.port = l->port;
	w.ttl = l->ttl;
	return w;
}

static bool same_place(const struct link_words *a, const struct link_words *b)
{
	return !strcmp(a->kind, b->kind) && !strcmp(a->dev, b->dev);
}

static bool same_link(const struct link_words *a, const struct link_words *b)
{
	return same_place(a, b) && !memcmp(a->local, b->local, IP_LEN) &&
	       !memcmp(a->group, b->group, IP_LEN) && a->port == b->port &&
	       a->ttl == b->ttl;
}

static const struct there_link *link_there(const struct there *t,
					   const struct link_words *w)
{
	size_t i;

	for (i = 0; i < t->links; i++)
		if (same_link(&t->link[i].words, w))
			return &t->link[i];
	return NULL;
}

static void change_link(struct plan *p, bool add, const struct link_words *w)
{
	struct op *o = new_op(p, "%slink %s", add ? "" : "removal of ", w->dev);
	struct nlmsghdr *nlh;

	nlh = begin(p, o->request, add ? SAMR_CMD_LINK_ADD : SAMR_CMD_LINK_DEL);
	put_link(nlh, w, add);
	nlh = begin(p, o->back, add ? SAMR_CMD_LINK_DEL : SAMR_CMD_LINK_ADD);
	put_link(nlh, w, !add);
}

/* Does the configuration have it? @place: or another one of its kind, on its device. */
static bool link_wanted(const struct config *c, const struct link_words *there,
			bool place)
{
	struct link_words w;
	size_t i;

	for (i = 0; i < c->links; i++) {
		w = link_of(c, i);
		if (place ? same_place(&w, there) : same_link(&w, there))
			return true;
	}
	return false;
}

/*
 * New ones first, so that a change of device leaves no head alone; but for those that
 * stand where a new one is to be.
 */
static void plan_links(struct plan *p)
{
	const struct there *t = &p->there;
	const struct link_words *old;
	struct link_words w;
	size_t i;

	for (i = 0; i < t->links; i++) {
		old = &t->link[i].words;
		if (link_wanted(p->c, old, true) && !link_wanted(p->c, old, false))
			change_link(p, false, old);
	}
	for (i = 0; i < p->c->links; i++) {
		w = link_of(p->c, i);
		if (!link_there(t, &w))
			change_link(p, true, &w);
	}
	for (i = 0; i < t->links; i++)
		if (!link_wanted(p->c, &t->link[i].words, true))
			change_link(p, false, &t->link[i].words);
}

static void set_address(struct plan *p, const struct config_node *n,
			const struct link_words *w,
			const struct config_port *from,
			const struct config_port *to)
{
	struct op *o = new_op(p, "address of node \"%s\" on %s", n->name, w->dev);
	struct nlmsghdr *nlh;

	nlh = begin(p, o->request, SAMR_CMD_NODE_SET);
	put_address(nlh, n->id, w, to);
	nlh = begin(p, o->back, SAMR_CMD_NODE_SET);
	put_address(nlh, n->id, w, from);
}

/* As the kernel has it: an IP address has the link's port. */
static struct config_port full_address(const struct config_port *port,
				       const struct link_words *w)
{
	struct config_port full = *port;

	if (full.len != IP_LEN)
		return full;
	full.byte[full.len++] = w->port >> 8;
	full.byte[full.len++] = w->port;
	return full;
}

static void plan_address(struct plan *p, const struct config_node *n, size_t link)
{
	static const struct config_port learned;
	struct link_words w = link_of(p->c, link);
	const struct there_link *l = link_there(&p->there, &w);
	const struct config_port *from = l ? &l->port[n->id] : &learned;
	struct config_port to = full_address(&n->port[link], &w);

	if (from->len != to.len || memcmp(from->byte, to.byte, to.len))
		set_address(p, n, &w, from, &to);
}

static void plan_addresses(struct plan *p)
{
	size_t i, j;

	for (i = 0; i < p->c->nodes; i++)
		for (j = 0; j < p->c->links && !p->c->node[i].self; j++)
			plan_address(p, &p->c->node[i], j);
}

static void change_group(struct plan *p, bool add, const struct there_group *g)
{
	struct op *o = new_op(p, "%sservice \"%s\" (%u)",
			      add ? "" : "removal of ", g->name, g->id);
	struct nlmsghdr *nlh;
	char *full = add ? o->request : o->back;
	char *bare = add ? o->back : o->request;

	nlh = begin(p, full, SAMR_CMD_GROUP_ADD);
	put_group(nlh, g);
	nlh = begin(p, bare, SAMR_CMD_GROUP_DEL);
	mnl_attr_put_u32(nlh, SAMR_A_GROUP_ID, g->id);
}

static void set_diverged(struct plan *p, const struct there_group *g,
			 const struct config_service *s)
{
	struct op *o = new_op(p, "what happens when members of service \"%s\" (%u) differ",
			      s->name, s->id);
	struct nlmsghdr *nlh;

	nlh = begin(p, o->request, SAMR_CMD_GROUP_SET);
	mnl_attr_put_u32(nlh, SAMR_A_GROUP_ID, s->id);
	mnl_attr_put_u32(nlh, SAMR_A_GROUP_DIVERGED_POLICY, s->diverged);
	nlh = begin(p, o->back, SAMR_CMD_GROUP_SET);
	mnl_attr_put_u32(nlh, SAMR_A_GROUP_ID, s->id);
	mnl_attr_put_u32(nlh, SAMR_A_GROUP_DIVERGED_POLICY, g->diverged);
}

static const struct there_group *group_there(const struct there *t, uint32_t id)
{
	size_t i;

	for (i = 0; i < t->groups; i++)
		if (t->group[i].id == id)
			return &t->group[i];
	return NULL;
}

static bool group_same(const struct there_group *g,
		       const struct config_service *s)
{
	return !strcmp(g->name, s->name) && g->uid == s->uid &&
	       g->gid == s->gid;
}

static void add_group(struct plan *p, const struct config_service *s)
{
	struct there_group g = {
		.id = s->id, .uid = s->uid, .gid = s->gid,
		.diverged = s->diverged,
	};

	copy(g.name, s->name, sizeof(g.name));
	change_group(p, true, &g);
}

/* Groups that an admin has declared by hand stay. */
static void plan_groups(struct plan *p)
{
	const struct there_group *g;
	const struct config_service *s;
	size_t i;

	for (i = 0; i < p->there.groups; i++) {
		g = &p->there.group[i];
		s = config_service(p->c, g->id);
		if (s ? !group_same(g, s) :
		    p->was && config_service(p->was, g->id))
			change_group(p, false, g);
	}
	for (i = 0; i < p->c->services; i++) {
		s = &p->c->service[i];
		g = group_there(&p->there, s->id);
		if (!g || !group_same(g, s))
			add_group(p, s);
		else if (g->diverged != s->diverged)
			set_diverged(p, g, s);
	}
}

/* ---- doing it ---- */

static void take_back(struct plan *p, size_t done)
{
	char why[KERNEL_TEXT_MAX] = "";
	struct op *o;

	while (done--) {
		o = &p->op[done];
		if (kernel_talk(p->k, (struct nlmsghdr *)o->back, NULL, NULL,
				why))
			log_error("%s cannot be taken back: %s", o->what, why);
	}
}

static int run(struct plan *p, char *why)
{
	char said[KERNEL_TEXT_MAX] = "";
	size_t i;
	int err;

	for (i = 0; i < p->count; i++) {
		err = kernel_talk(p->k, (struct nlmsghdr *)p->op[i].request,
				  NULL, NULL, said);
		if (!err)
			continue;
		snprintf(why, KERNEL_TEXT_MAX, "%.95s: %.400s", p->op[i].what,
			 said);
		take_back(p, i);
		return err;
	}
	return 0;
}

static bool same_limits(const struct there *t, const struct config *c)
{
	return t->policy == c->policy &&
	       !memcmp(&t->limits, &c->limits, sizeof(t->limits));
}

/* A cluster that is not up, and that nobody uses, is made anew when it differs. */
static int prepare(struct plan *p, char *why)
{
	const struct config *c = p->c;
	struct there *t = &p->there;
	int err;

	if (t->present && (t->id != c->id || t->self != c->node[c->self].id)) {
		snprintf(why, KERNEL_TEXT_MAX, "cluster: this machine is node "
			 "%llu of the cluster \"%s\" (%u) already, not node %u of "
			 "\"%s\" (%u): samrctl cluster del ends that",
			 (unsigned long long)t->self, t->name, t->id,
			 c->node[c->self].id, c->name, c->id);
		return -EEXIST;
	}
	if (!t->present || (same_limits(t, c) && !strcmp(t->name, c->name)))
		return 0;
	if (t->state == SAMR_RUN_STATE_DOWN && !t->sockets) {
		err = kernel_remove(p->k, why);
		*t = (struct there){ .group = t->group };
		return err;
	}
	snprintf(why, KERNEL_TEXT_MAX, "cluster: name, policy and limits stay as "
		 "they are in the kernel while the cluster is up: samrctl cluster "
		 "show tells them");
	return 0;
}

int kernel_apply(struct kernel *k, const struct config *c,
		 const struct config *was, char *why)
{
	struct plan p = { .k = k, .c = c, .was = was };
	int err = -ENOMEM;

	*why = 0;
	p.there.group = calloc(GROUPS_MAX, sizeof(*p.there.group));
	if (p.there.group)
		err = look(&p, why) ?: prepare(&p, why);
	if (!err) {
		plan_cluster(&p);
		plan_links(&p);
		plan_nodes(&p);
		plan_addresses(&p);
		plan_groups(&p);
		err = p.failed ? -ENOMEM : run(&p, why);
	}
	if (err == -ENOMEM && !*why)
		snprintf(why, KERNEL_TEXT_MAX, "no memory");
	free(p.there.group);
	free(p.op);
	return err;
}
