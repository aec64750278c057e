// SPDX-License-Identifier: GPL-2.0
/* Connections to the kernel; see netlink.h. */
#include <errno.h>
#include <inttypes.h>
#include <stdio.h>
#include <string.h>
#include <time.h>

#include <linux/samr_netlink.h>

#include "netlink.h"

#define BUFFER	65536	/* a dump's part is at most half of it */

/* ---- values ---- */

static int collect(const struct nlattr *a, void *data)
{
	const struct nlattr **tb = data;

	if (mnl_attr_get_type(a) < ATTRS_MAX)
		tb[mnl_attr_get_type(a)] = a;
	return MNL_CB_OK;
}

void nl_attrs(const struct nlmsghdr *nlh, const struct nlattr **tb)
{
	memset(tb, 0, ATTRS_MAX * sizeof(*tb));
	mnl_attr_parse(nlh, sizeof(struct genlmsghdr), collect, tb);
}

void nl_nested(const struct nlattr *nest, const struct nlattr **tb)
{
	memset(tb, 0, ATTRS_MAX * sizeof(*tb));
	mnl_attr_parse_nested(nest, collect, tb);
}

uint32_t nl_u32(const struct nlattr *a)
{
	return a && mnl_attr_get_payload_len(a) >= 4 ? mnl_attr_get_u32(a) : 0;
}

uint64_t nl_u64(const struct nlattr *a)
{
	return a && mnl_attr_get_payload_len(a) >= 8 ? mnl_attr_get_u64(a) : 0;
}

const char *nl_str(const struct nlattr *a)
{
	return a && mnl_attr_validate(a, MNL_TYPE_NUL_STRING) >= 0 ?
	       mnl_attr_get_str(a) : "";
}

uint8_t nl_cmd(const struct nlmsghdr *nlh)
{
	const struct genlmsghdr *g = mnl_nlmsg_get_payload(nlh);

	return g->cmd;
}

/* ---- errors ---- */

uint16_t nl_trouble_attr(const struct nl_trouble *t)
{
	uint32_t off = nl_u32(t->tb[NLMSGERR_ATTR_OFFS]);
	const struct nlattr *a;

	if (t->tb[NLMSGERR_ATTR_MISS_TYPE])
		return nl_u32(t->tb[NLMSGERR_ATTR_MISS_TYPE]);
	if (off < sizeof(*t->request) + sizeof(struct genlmsghdr) ||
	    off + sizeof(*a) > t->request->nlmsg_len)
		return 0;
	a = (const void *)((const char *)t->request + off);
	return mnl_attr_get_type(a);
}

/* ", MIN to MAX" when the kernel named a range. */
static void range_of(const struct nl_trouble *t, char *text, size_t size)
{
	const struct nlattr *tb[ATTRS_MAX];

	text[0] = 0;
	if (!t->tb[NLMSGERR_ATTR_POLICY])
		return;
	nl_nested(t->tb[NLMSGERR_ATTR_POLICY], tb);
	if (tb[NL_POLICY_TYPE_ATTR_MAX_VALUE_U])
		snprintf(text, size, ", allowed is %" PRIu64 " to %" PRIu64,
			 nl_u64(tb[NL_POLICY_TYPE_ATTR_MIN_VALUE_U]),
			 nl_u64(tb[NL_POLICY_TYPE_ATTR_MAX_VALUE_U]));
}

void nl_trouble_text(const struct nl_trouble *t, char *text, size_t size)
{
	const char *said = nl_str(t->tb[NLMSGERR_ATTR_MSG]);
	char range[96];

	if (t->local) {
		snprintf(text, size, "%s: %s", t->local, strerror(t->err));
		return;
	}
	if (t->err == EPERM && !*said)
		said = "not permitted: needs CAP_NET_ADMIN in this network "
		       "namespace (try as root)";
	range_of(t, range, sizeof(range));
	snprintf(text, size, "%s%s", *said ? said : strerror(t->err), range);
}

static int local_trouble(struct nl_trouble *t, const char *what)
{
	t->err = errno;
	t->local = what;
	return t->err;
}

/* The extended error behind @len bytes that belong to the message itself. */
static int read_trouble(struct nl_trouble *t, const struct nlmsghdr *nlh,
			size_t len, int err)
{
	t->err = err;
	if (nlh->nlmsg_flags & NLM_F_ACK_TLVS)
		mnl_attr_parse(nlh, len, collect, t->tb);
	return err;
}

/* ---- requests ---- */

struct nlmsghdr *nl_request(char *buffer, uint16_t type, uint16_t flags,
			    uint8_t cmd, uint8_t version)
{
	struct nlmsghdr *nlh = mnl_nlmsg_put_header(buffer);
	struct genlmsghdr *g;

	nlh->nlmsg_type = type;
	nlh->nlmsg_flags = NLM_F_REQUEST | flags;
	g = mnl_nlmsg_put_extra_header(nlh, sizeof(*g));
	g->cmd = cmd;
	g->version = version;
	return nlh;
}

int nl_conn_talk(struct nl_conn *c, struct nlmsghdr *request, nl_message *cb,
		 void *data, struct nl_trouble *t)
{
	static char buffer[BUFFER];
	const struct nlmsgerr *e;
	const struct nlmsghdr *nlh;
	bool broken = false;
	int len, err;

	*t = (struct nl_trouble){ .request = request };
	request->nlmsg_seq = ++c->seq;
	if (mnl_socket_sendto(c->sock, request, request->nlmsg_len) < 0)
		return local_trouble(t, "cannot send to the kernel");
	for (;;) {
		len = mnl_socket_recvfrom(c->sock, buffer, sizeof(buffer));
		if (len < 0)
			return local_trouble(t, "no answer from the kernel");
		nlh = (const void *)buffer;
		for (; mnl_nlmsg_ok(nlh, len); nlh = mnl_nlmsg_next(nlh, &len)) {
			if (nlh->nlmsg_seq != c->seq)
				continue;
			broken |= nlh->nlmsg_flags & NLM_F_DUMP_INTR;
			if (nlh->nlmsg_type == NLMSG_ERROR) {
				e = mnl_nlmsg_get_payload(nlh);
				return read_trouble(t, nlh, sizeof(*e),
						    -e->error);
			}
			if (nlh->nlmsg_type == NLMSG_DONE) {
				err = -*(const int *)
					mnl_nlmsg_get_payload(nlh);
				read_trouble(t, nlh, sizeof(int), err);
				return err ? err : broken ? EINTR : 0;
			}
			if (cb)
				cb(nlh, data);
		}
	}
}

/* ---- connections ---- */

int nl_conn_open(struct nl_conn *c, int bus)
{
	int on = 1;

	*c = (struct nl_conn){ .seq = time(NULL) };
	c->sock = mnl_socket_open2(bus, SOCK_CLOEXEC);
	if (!c->sock)
		return errno;
	if (mnl_socket_bind(c->sock, 0, MNL_SOCKET_AUTOPID) < 0) {
		on = errno;
		nl_conn_close(c);
		return on;
	}
	/* Without these an old kernel still answers, but says less. */
	mnl_socket_setsockopt(c->sock, NETLINK_EXT_ACK, &on, sizeof(on));
	mnl_socket_setsockopt(c->sock, NETLINK_CAP_ACK, &on, sizeof(on));
	mnl_socket_setsockopt(c->sock, NETLINK_GET_STRICT_CHK, &on, sizeof(on));
	return 0;
}

void nl_conn_close(struct nl_conn *c)
{
	if (c->sock)
		mnl_socket_close(c->sock);
	c->sock = NULL;
}

static void read_family(const struct nlmsghdr *nlh, void *data)
{
	const struct nlattr *tb[ATTRS_MAX], *group[ATTRS_MAX], *a;
	struct nl_conn *c = data;

	nl_attrs(nlh, tb);
	if (tb[CTRL_ATTR_FAMILY_ID])
		c->family = mnl_attr_get_u16(tb[CTRL_ATTR_FAMILY_ID]);
	if (!tb[CTRL_ATTR_MCAST_GROUPS])
		return;
	mnl_attr_for_each_nested(a, tb[CTRL_ATTR_MCAST_GROUPS]) {
		nl_nested(a, group);
		if (!strcmp(nl_str(group[CTRL_ATTR_MCAST_GRP_NAME]),
			    SAMR_MCGRP_EVENTS))
			c->events = nl_u32(group[CTRL_ATTR_MCAST_GRP_ID]);
	}
}

int nl_conn_find(struct nl_conn *c, struct nl_trouble *t)
{
	char buffer[256];
	struct nlmsghdr *nlh;

	nlh = nl_request(buffer, GENL_ID_CTRL, NLM_F_ACK, CTRL_CMD_GETFAMILY, 1);
	mnl_attr_put_strz(nlh, CTRL_ATTR_FAMILY_NAME, SAMR_FAMILY_NAME);
	return nl_conn_talk(c, nlh, read_family, c, t);
}

int nl_conn_listen(struct nl_conn *c)
{
	int group = c->events;

	return mnl_socket_setsockopt(c->sock, NETLINK_ADD_MEMBERSHIP, &group,
				     sizeof(group)) < 0 ? errno : 0;
}
