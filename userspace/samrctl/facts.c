// SPDX-License-Identifier: GPL-2.0
/* Messages of the kernel to plain values, see facts.h. */
#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <linux/samr_netlink.h>

#include "facts.h"

static const struct verb get_cluster = { .cmd = SAMR_CMD_CLUSTER_GET };
static const struct verb get_view = { .cmd = SAMR_CMD_VIEW_GET };
static const struct verb get_nodes = { .cmd = SAMR_CMD_NODE_GET };
static const struct verb get_links = { .cmd = SAMR_CMD_LINK_GET };
static const struct verb get_fences = { .cmd = SAMR_CMD_FENCE_GET };
static const struct verb get_groups = { .cmd = SAMR_CMD_GROUP_GET };
static const struct verb get_clients = { .cmd = SAMR_CMD_CLIENT_GET };

static void copy_text(char *to, size_t size, const struct nlattr *a)
{
	snprintf(to, size, "%s", nl_str(a));
}

/* The head of an id that came from the kernel. */
static struct fact_head *head_of(struct facts *f, const struct nlattr *id)
{
	return &f->head[nl_u64(id) % FACT_IDS];
}

static void take_cluster(const struct nlmsghdr *nlh, void *data)
{
	const struct nlattr *tb[ATTRS_MAX];
	struct facts *f = data;

	nl_attrs(nlh, tb);
	f->cluster = true;
	copy_text(f->name, sizeof(f->name), tb[SAMR_A_CLUSTER_NAME]);
	f->id = nl_u32(tb[SAMR_A_CLUSTER_ID]);
	f->client = nl_u32(tb[SAMR_A_CLUSTER_CLIENT]);
	/* A client node has drawn a number, which is nobody's id. */
	if (!f->client)
		f->node = nl_u64(tb[SAMR_A_CLUSTER_NODE]) % FACT_IDS;
	f->access = nl_u64(tb[SAMR_A_CLUSTER_ACCESS]);
	f->losses = nl_u64(tb[SAMR_A_CLUSTER_LOSSES]);
	f->state = nl_u32(tb[SAMR_A_CLUSTER_STATE]);
	f->policy_asked = nl_u32(tb[SAMR_A_CLUSTER_POLICY]);
	f->dead_us = nl_u32(tb[SAMR_A_CLUSTER_DEAD_US]);
}

static void take_node(const struct nlmsghdr *nlh, void *data)
{
	const struct nlattr *tb[ATTRS_MAX];
	struct fact_head *h;

	nl_attrs(nlh, tb);
	h = head_of(data, tb[SAMR_A_NODE_ID]);
	h->configured = true;
	h->self = tb[SAMR_A_NODE_SELF];
	h->witness = tb[SAMR_A_NODE_WITNESS];
	h->in_view = tb[SAMR_A_NODE_IN_VIEW];
	h->known = tb[SAMR_A_NODE_INCARNATION];
	h->incarnation = nl_u64(tb[SAMR_A_NODE_INCARNATION]);
	h->links = nl_u32(tb[SAMR_A_NODE_LINKS]);
	h->held = nl_u64(tb[SAMR_A_NODE_HELD]);
	h->wanted_known = tb[SAMR_A_NODE_WANTED];
	h->wanted = nl_u64(tb[SAMR_A_NODE_WANTED]);
	h->config = nl_u32(tb[SAMR_A_NODE_SAVED_CONFIG]);
	h->silent_known = tb[SAMR_A_NODE_SILENT_MS];
	h->silent_ms = nl_u64(tb[SAMR_A_NODE_SILENT_MS]);
}

/* ---- the view ---- */

static void take_member(struct facts *f, const struct nlattr *nest)
{
	const struct nlattr *tb[ATTRS_MAX];
	struct fact_head *h;

	nl_nested(nest, tb);
	h = head_of(f, tb[SAMR_A_HEAD_NODE]);
	h->in_view = true;
	h->learner = tb[SAMR_A_HEAD_LEARNER];
	h->suspect = tb[SAMR_A_HEAD_SUSPECT];
	h->witness |= !!tb[SAMR_A_HEAD_WITNESS];
	if (f->orders < FACT_IDS)
		f->order[f->orders++] = nl_u64(tb[SAMR_A_HEAD_NODE]) % FACT_IDS;
}

static int each_of_view(const struct nlattr *a, void *data)
{
	struct facts *f = data;

	switch (mnl_attr_get_type(a)) {
	case SAMR_A_VIEW_HEAD:
		take_member(f, a);
		break;
	case SAMR_A_VIEW_MISSING:
		head_of(f, a)->missing = true;
		break;
	}
	return MNL_CB_OK;
}

static void take_view(const struct nlmsghdr *nlh, void *data)
{
	const struct nlattr *tb[ATTRS_MAX];
	struct facts *f = data;

	nl_attrs(nlh, tb);
	f->epoch = nl_u64(tb[SAMR_A_VIEW_EPOCH]);
	f->policy = nl_u32(tb[SAMR_A_VIEW_POLICY]);
	f->sequencer = nl_u64(tb[SAMR_A_VIEW_SEQUENCER]) % FACT_IDS;
	f->holders = nl_u32(tb[SAMR_A_VIEW_HOLDERS]);
	f->wedged = tb[SAMR_A_VIEW_WEDGED_MS];
	f->wedged_ms = nl_u64(tb[SAMR_A_VIEW_WEDGED_MS]);
	mnl_attr_parse(nlh, 4, each_of_view, f);
}

/* ---- links ---- */

static void take_address(struct fact_path *p, const struct nlattr *a)
{
	const unsigned char *b;
	size_t len, i;

	if (!a)
		return;
	b = mnl_attr_get_payload(a);
	len = mnl_attr_get_payload_len(a);
	for (i = 0; i < len && 3 * (i + 1) < sizeof(p->address); i++)
		sprintf(p->address + (i ? 3 * i - 1 : 0), "%s%02x",
			i ? ":" : "", b[i]);
}

static int each_of_link(const struct nlattr *a, void *data)
{
	const struct nlattr *tb[ATTRS_MAX];
	struct fact_link *l = data;
	struct fact_path *p;

	if (mnl_attr_get_type(a) != SAMR_A_LINK_PATH)
		return MNL_CB_OK;
	nl_nested(a, tb);
	p = &l->path[nl_u64(tb[SAMR_A_PATH_NODE]) % FACT_IDS];
	p->there = true;
	p->heard = tb[SAMR_A_PATH_HEARD];
	p->multicast = tb[SAMR_A_PATH_MULTICAST];
	p->frame_max = nl_u32(tb[SAMR_A_PATH_FRAME_MAX]);
	p->silent_known = tb[SAMR_A_PATH_SILENT_MS];
	p->silent_ms = nl_u64(tb[SAMR_A_PATH_SILENT_MS]);
	p->version = nl_u32(tb[SAMR_A_PATH_VERSION]);
	p->version_needed = nl_u32(tb[SAMR_A_PATH_VERSION_NEEDED]);
	take_address(p, tb[SAMR_A_PATH_ADDRESS]);
	return MNL_CB_OK;
}

static void take_link(const struct nlmsghdr *nlh, void *data)
{
	const struct nlattr *tb[ATTRS_MAX];
	struct facts *f = data;
	struct fact_link *l;

	if (f->links == FACT_LINKS)
		return;
	l = &f->link[f->links++];
	nl_attrs(nlh, tb);
	copy_text(l->kind, sizeof(l->kind), tb[SAMR_A_LINK_KIND]);
	copy_text(l->dev, sizeof(l->dev), tb[SAMR_A_LINK_DEV]);
	l->state = nl_u32(tb[SAMR_A_LINK_STATE]);
	l->carries = tb[SAMR_A_LINK_CARRIES];
	l->multicast = tb[SAMR_A_LINK_MULTICAST];
	l->copies = tb[SAMR_A_LINK_LOCAL] && !tb[SAMR_A_LINK_GROUP];
	l->frame_max = nl_u32(tb[SAMR_A_LINK_FRAME_MAX]);
	l->device_max = nl_u32(tb[SAMR_A_LINK_DEVICE_MAX]);
	mnl_attr_parse(nlh, 4, each_of_link, l);
}

/* ---- fences and groups ---- */

static void take_fence(const struct nlmsghdr *nlh, void *data)
{
	const struct nlattr *tb[ATTRS_MAX];
	struct fact_head *h;

	nl_attrs(nlh, tb);
	if (tb[SAMR_A_FENCE_DONE])
		return;
	h = head_of(data, tb[SAMR_A_FENCE_NODE]);
	/* Of two incarnations, the one that stands in the way. */
	if (h->fence == SAMR_FENCE_REASON_BLOCKED)
		return;
	h->fence = nl_u32(tb[SAMR_A_FENCE_WHY]);
	h->fence_ms = nl_u64(tb[SAMR_A_FENCE_AGE_MS]);
}

static void take_group(const struct nlmsghdr *nlh, void *data)
{
	const struct nlattr *tb[ATTRS_MAX];
	struct facts *f = data;
	struct fact_group *g;

	f->group = realloc(f->group, (f->groups + 1) * sizeof(*g));
	if (!f->group)
		die(EXIT_REFUSED, "no memory");
	g = &f->group[f->groups++];
	memset(g, 0, sizeof(*g));
	nl_attrs(nlh, tb);
	g->id = nl_u32(tb[SAMR_A_GROUP_ID]);
	copy_text(g->name, sizeof(g->name), tb[SAMR_A_GROUP_NAME]);
	g->declared = tb[SAMR_A_GROUP_DECLARED];
	g->sockets = nl_u32(tb[SAMR_A_GROUP_SOCKETS]);
	g->joined = nl_u32(tb[SAMR_A_GROUP_JOINED]);
	g->members = nl_u32(tb[SAMR_A_GROUP_MEMBERS]);
	g->unread = nl_u32(tb[SAMR_A_GROUP_UNREAD]);
	g->unread_bytes = nl_u64(tb[SAMR_A_GROUP_UNREAD_BYTES]);
	g->consumed = nl_u64(tb[SAMR_A_GROUP_CONSUMED]);
	g->sessions = nl_u32(tb[SAMR_A_GROUP_SESSIONS]);
	g->detached = nl_u32(tb[SAMR_A_GROUP_DETACHED]);
	g->requests = nl_u32(tb[SAMR_A_GROUP_REQUESTS]);
	g->replies = nl_u32(tb[SAMR_A_GROUP_REPLIES]);
	g->reply_bytes = nl_u64(tb[SAMR_A_GROUP_REPLY_BYTES]);
	g->stopped = tb[SAMR_A_GROUP_STOPPED];
	g->differ = tb[SAMR_A_GROUP_DIFFER];
	g->result = nl_u32(tb[SAMR_A_GROUP_DIVERGED_RESULT]);
	g->wrong = nl_u64(tb[SAMR_A_GROUP_DIVERGED_HEADS]);
}

/* ---- client nodes ---- */

static void take_client(const struct nlmsghdr *nlh, void *data)
{
	const struct nlattr *tb[ATTRS_MAX];
	struct facts *f = data;

	nl_attrs(nlh, tb);
	f->outposts++;
	f->outposts_waiting += nl_u32(tb[SAMR_A_CLIENT_WAITING]);
}

/* ---- all ---- */

/* Sockets of all network namespaces, and other users of the module. */
static uint64_t module_users(void)
{
	FILE *f = fopen("/sys/module/samr/refcnt", "r");
	long n = 0;

	if (f) {
		if (fscanf(f, "%ld", &n) != 1 || n < 0)
			n = 0;
		fclose(f);
	}
	return n;
}

/* A cluster that is deleted meanwhile has none of it. */
static void dump(const struct verb *v, struct nl_answer *raw, nl_message *take,
		 struct facts *f)
{
	if (!nl_fetch_try(v, NULL, raw, ENOENT))
		nl_walk(raw, take, f);
}

static void gather_cluster(struct facts *f)
{
	if (nl_try(&get_cluster, NULL, nl_keep, &f->raw.cluster, ENOENT) ||
	    nl_try(&get_view, NULL, nl_keep, &f->raw.view, ENOENT))
		return;
	nl_walk(&f->raw.cluster, take_cluster, f);
	dump(&get_nodes, &f->raw.nodes, take_node, f);
	nl_walk(&f->raw.view, take_view, f);
	dump(&get_links, &f->raw.links, take_link, f);
	dump(&get_fences, &f->raw.fences, take_fence, f);
	dump(&get_groups, &f->raw.groups, take_group, f);
	if (!f->client)
		dump(&get_clients, &f->raw.clients, take_client, f);
}

void facts_gather(struct facts *f)
{
	memset(f, 0, sizeof(*f));
	f->loaded = nl_loaded();
	if (f->loaded) {
		f->users = module_users();
		gather_cluster(f);
	}
	samrd_ask(&f->samrd, f->cluster ? f->id : 0, f->node);
}

void facts_free(struct facts *f)
{
	nl_free(&f->raw.cluster);
	nl_free(&f->raw.view);
	nl_free(&f->raw.nodes);
	nl_free(&f->raw.links);
	nl_free(&f->raw.fences);
	nl_free(&f->raw.groups);
	nl_free(&f->raw.clients);
	free(f->group);
	samrd_free(&f->samrd);
	memset(f, 0, sizeof(*f));
}
