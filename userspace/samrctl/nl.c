// SPDX-License-Identifier: GPL-2.0
/* Requests, answers, and what the kernel says of bad ones; see nl.h. */
#define _GNU_SOURCE
#include <errno.h>
#include <fcntl.h>
#include <inttypes.h>
#include <sched.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>
#include <unistd.h>

#include <linux/genetlink.h>
#include <linux/samr_netlink.h>
#include <linux/sock_diag.h>

#include "nl.h"

#define BUFFER		65536	/* a dump's part is at most half of it */
#define TRIES		10	/* of a dump that changes break */

static struct {
	struct mnl_socket *sock;
	uint32_t seq;
	uint16_t family;
	uint32_t events;	/* the multicast group */
} nl;

void nl_netns(const char *name)
{
	char path[300];
	int fd;

	if (strchr(name, '/') || !*name || strlen(name) > 255)
		die(EXIT_USAGE, "'%s' is not the name of a network namespace",
		    name);
	snprintf(path, sizeof(path), "/run/netns/%s", name);
	fd = open(path, O_RDONLY | O_CLOEXEC);
	if (fd < 0)
		die(EXIT_REFUSED, "cannot open network namespace '%s': %s",
		    name, strerror(errno));
	if (setns(fd, CLONE_NEWNET))
		die(EXIT_REFUSED, "cannot enter network namespace '%s': %s",
		    name, strerror(errno));
	close(fd);
}

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

/**
 * struct trouble - what the kernel said
 * @err: errno
 * @tb: the extended error's attributes
 * @request: what it was about
 */
struct trouble {
	int err;
	const struct nlattr *tb[ATTRS_MAX];
	const struct nlmsghdr *request;
};

/* The key that was sent as the attribute @type. */
static const char *key_of(const struct verb *v, uint16_t type)
{
	const struct key *k;

	for (k = v ? v->keys : NULL; k && k->name; k++)
		if (k->attr == type)
			return k->name;
	return NULL;
}

/* The key that the kernel complains of, or NULL. */
static const char *blamed(const struct trouble *t, const struct verb *v)
{
	const struct nlattr *a;
	uint32_t off = nl_u32(t->tb[NLMSGERR_ATTR_OFFS]);

	if (t->tb[NLMSGERR_ATTR_MISS_TYPE])
		return key_of(v, nl_u32(t->tb[NLMSGERR_ATTR_MISS_TYPE]));
	if (off < sizeof(*t->request) + sizeof(struct genlmsghdr) ||
	    off + sizeof(*a) > t->request->nlmsg_len)
		return NULL;
	a = (const void *)((const char *)t->request + off);
	return key_of(v, mnl_attr_get_type(a));
}

/* ", MIN to MAX" when the kernel named a range. */
static void range_of(const struct trouble *t, char *text, size_t size)
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

static void __attribute__((noreturn)) explain(const struct trouble *t,
					      const struct verb *v)
{
	const char *said = nl_str(t->tb[NLMSGERR_ATTR_MSG]);
	const char *key = blamed(t, v);
	char range[96];

	if (t->err == EPERM && !*said)
		die(EXIT_REFUSED, "not permitted: needs CAP_NET_ADMIN in this "
		    "network namespace (try as root)");
	range_of(t, range, sizeof(range));
	die(EXIT_REFUSED, "%s%s%s%s", key ? key : "", key ? ": " : "",
	    *said ? said : strerror(t->err), range);
}

/* The extended error behind @len bytes that belong to the message itself. */
static void read_trouble(struct trouble *t, const struct nlmsghdr *nlh,
			 size_t len)
{
	memset(t->tb, 0, sizeof(t->tb));
	if (nlh->nlmsg_flags & NLM_F_ACK_TLVS)
		mnl_attr_parse(nlh, len, collect, t->tb);
}

/* ---- requests ---- */

/*
 * Send @nlh and hand what answers to @cb.
 *
 * Return: 0; an errno, with @t filled in; or EINTR when the dump is not
 * consistent.
 */
static int talk(struct nlmsghdr *request, nl_message *cb, void *data,
		struct trouble *t)
{
	static char buffer[BUFFER];
	bool broken = false;
	const struct nlmsghdr *nlh;
	const struct nlmsgerr *e;
	int len;

	t->request = request;
	request->nlmsg_seq = ++nl.seq;
	if (mnl_socket_sendto(nl.sock, request, request->nlmsg_len) < 0)
		die(EXIT_REFUSED, "cannot send to the kernel: %s",
		    strerror(errno));
	for (;;) {
		len = mnl_socket_recvfrom(nl.sock, buffer, sizeof(buffer));
		if (len < 0)
			die(EXIT_REFUSED, "no answer from the kernel: %s",
			    strerror(errno));
		nlh = (const void *)buffer;
		for (; mnl_nlmsg_ok(nlh, len); nlh = mnl_nlmsg_next(nlh, &len)) {
			if (nlh->nlmsg_seq != nl.seq)
				continue;
			broken |= nlh->nlmsg_flags & NLM_F_DUMP_INTR;
			if (nlh->nlmsg_type == NLMSG_ERROR) {
				e = mnl_nlmsg_get_payload(nlh);
				t->err = -e->error;
				read_trouble(t, nlh, sizeof(*e));
				return t->err;
			}
			if (nlh->nlmsg_type == NLMSG_DONE) {
				t->err = -*(const int *)
					mnl_nlmsg_get_payload(nlh);
				read_trouble(t, nlh, sizeof(int));
				return t->err ? t->err : broken ? EINTR : 0;
			}
			if (cb)
				cb(nlh, data);
		}
	}
}

static void open_socket(int bus)
{
	int on = 1;

	nl.sock = mnl_socket_open(bus);
	if (!nl.sock || mnl_socket_bind(nl.sock, 0, MNL_SOCKET_AUTOPID) < 0)
		die(EXIT_REFUSED, "cannot open a netlink socket: %s",
		    strerror(errno));
	/* Without these an old kernel still answers, but says less. */
	mnl_socket_setsockopt(nl.sock, NETLINK_EXT_ACK, &on, sizeof(on));
	mnl_socket_setsockopt(nl.sock, NETLINK_CAP_ACK, &on, sizeof(on));
	mnl_socket_setsockopt(nl.sock, NETLINK_GET_STRICT_CHK, &on, sizeof(on));
	nl.seq = time(NULL);
}

static struct nlmsghdr *new_request(char *buffer, uint16_t type, uint16_t flags,
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

static void read_family(const struct nlmsghdr *nlh, void *data)
{
	const struct nlattr *tb[ATTRS_MAX], *group[ATTRS_MAX], *a;

	(void)data;
	nl_attrs(nlh, tb);
	if (tb[CTRL_ATTR_FAMILY_ID])
		nl.family = mnl_attr_get_u16(tb[CTRL_ATTR_FAMILY_ID]);
	if (!tb[CTRL_ATTR_MCAST_GROUPS])
		return;
	mnl_attr_for_each_nested(a, tb[CTRL_ATTR_MCAST_GROUPS]) {
		nl_nested(a, group);
		if (!strcmp(nl_str(group[CTRL_ATTR_MCAST_GRP_NAME]),
			    SAMR_MCGRP_EVENTS))
			nl.events = nl_u32(group[CTRL_ATTR_MCAST_GRP_ID]);
	}
}

/* Find the family, once. */
static void open_family(void)
{
	char buffer[256];
	struct trouble t;
	struct nlmsghdr *nlh;
	int err;

	if (nl.family)
		return;
	open_socket(NETLINK_GENERIC);
	nlh = new_request(buffer, GENL_ID_CTRL, NLM_F_ACK, CTRL_CMD_GETFAMILY,
			  1);
	mnl_attr_put_strz(nlh, CTRL_ATTR_FAMILY_NAME, SAMR_FAMILY_NAME);
	err = talk(nlh, read_family, NULL, &t);
	if (err == ENOENT)
		die(EXIT_REFUSED, "samr.ko is not loaded: run modprobe samr");
	if (err)
		explain(&t, NULL);
}

static void put_arg(struct nlmsghdr *nlh, const struct key *k,
		    const struct arg *a)
{
	switch (k->type) {
	case ARG_U64:
	case ARG_HEX:
		mnl_attr_put_u64(nlh, k->attr, a->num);
		break;
	case ARG_NAME:
	case ARG_DEV:
		mnl_attr_put_strz(nlh, k->attr, a->text);
		break;
	case ARG_ADDRESS:
		mnl_attr_put(nlh, k->attr, a->len, a->bytes);
		break;
	case ARG_FLAG:
		mnl_attr_put(nlh, k->attr, 0, NULL);
		break;
	default:
		mnl_attr_put_u32(nlh, k->attr, a->num);
	}
}

static int request(const struct verb *v, const struct arg *args, uint16_t flags,
		   nl_message *cb, void *data, struct trouble *t)
{
	static char buffer[4096];
	const struct key *k;
	struct nlmsghdr *nlh;

	open_family();
	nlh = new_request(buffer, nl.family, flags, v->cmd,
			  SAMR_FAMILY_VERSION);
	for (k = v->keys; args && k && k->name; k++)
		if (k->attr && args[k - v->keys].text)
			put_arg(nlh, k, &args[k - v->keys]);
	return talk(nlh, cb, data, t);
}

int nl_try(const struct verb *v, const struct arg *args, nl_message *cb,
	   void *data, int tolerated)
{
	struct trouble t;
	int err = request(v, args, NLM_F_ACK, cb, data, &t);

	if (err && err != tolerated)
		explain(&t, v);
	return err;
}

void nl_do(const struct verb *v, const struct arg *args, nl_message *cb,
	   void *data)
{
	struct trouble t;

	if (request(v, args, NLM_F_ACK, cb, data, &t))
		explain(&t, v);
}

int nl_run(const struct verb *v, const struct arg *args)
{
	nl_do(v, args, NULL, NULL);
	return EXIT_OK;
}

/* ---- dumps ---- */

static void keep(const struct nlmsghdr *nlh, void *data)
{
	struct nl_answer *a = data;
	size_t len = MNL_ALIGN(nlh->nlmsg_len);

	a->bytes = realloc(a->bytes, a->len + len);
	if (!a->bytes)
		die(EXIT_REFUSED, "no memory");
	memcpy(a->bytes + a->len, nlh, nlh->nlmsg_len);
	a->len += len;
}

void nl_fetch(const struct verb *v, const struct arg *args,
	      struct nl_answer *answer)
{
	struct trouble t;
	int tries, err = EINTR;

	*answer = (struct nl_answer){ };
	for (tries = 0; err == EINTR && tries < TRIES; tries++) {
		answer->len = 0;
		err = request(v, args, NLM_F_DUMP, keep, answer, &t);
	}
	if (err == EINTR)
		die(EXIT_REFUSED, "it changes faster than it can be read");
	if (err)
		explain(&t, v);
}

void nl_each(struct nl_answer *answer, nl_message *cb, void *data)
{
	const struct nlmsghdr *nlh = (const void *)answer->bytes;
	int len = answer->len;

	for (; len > 0 && mnl_nlmsg_ok(nlh, len);
	     nlh = mnl_nlmsg_next(nlh, &len))
		cb(nlh, data);
	free(answer->bytes);
}

void nl_diag(const void *req, size_t len, struct nl_answer *answer)
{
	char buffer[256];
	struct nlmsghdr *nlh;
	struct trouble t;

	*answer = (struct nl_answer){ };
	open_family();		/* says so when the module is not loaded */
	mnl_socket_close(nl.sock);
	nl.family = 0;
	open_socket(NETLINK_SOCK_DIAG);
	nlh = mnl_nlmsg_put_header(buffer);
	nlh->nlmsg_type = SOCK_DIAG_BY_FAMILY;
	nlh->nlmsg_flags = NLM_F_REQUEST | NLM_F_DUMP;
	memcpy(mnl_nlmsg_put_extra_header(nlh, len), req, len);
	if (talk(nlh, keep, answer, &t))
		explain(&t, NULL);
	mnl_socket_close(nl.sock);
}

/* ---- events ---- */

void nl_listen(nl_message *cb, void (*lost)(void))
{
	static char buffer[BUFFER];
	const struct nlmsghdr *nlh;
	int len, group;

	open_family();
	group = nl.events;
	if (mnl_socket_setsockopt(nl.sock, NETLINK_ADD_MEMBERSHIP, &group,
				  sizeof(group)) < 0)
		die(EXIT_REFUSED, "cannot listen to events: %s",
		    strerror(errno));
	for (;;) {
		len = mnl_socket_recvfrom(nl.sock, buffer, sizeof(buffer));
		if (len < 0 && errno == ENOBUFS) {
			lost();
			continue;
		}
		if (len < 0 && errno != EINTR)
			die(EXIT_REFUSED, "cannot hear events: %s",
			    strerror(errno));
		nlh = (const void *)buffer;
		for (; len > 0 && mnl_nlmsg_ok(nlh, len);
		     nlh = mnl_nlmsg_next(nlh, &len))
			if (nlh->nlmsg_type == nl.family)
				cb(nlh, NULL);
	}
}
