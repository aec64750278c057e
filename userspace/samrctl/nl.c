// SPDX-License-Identifier: GPL-2.0
/* Requests, answers, and what the kernel says of bad ones; see nl.h. */
#define _GNU_SOURCE
#include <errno.h>
#include <fcntl.h>
#include <sched.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include <linux/genetlink.h>
#include <linux/samr_netlink.h>
#include <linux/sock_diag.h>

#include "nl.h"

#define BUFFER		65536	/* a dump's part is at most half of it */
#define TRIES		10	/* of a dump that changes break */

static struct nl_conn nl;

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

/* ---- errors ---- */

/* The key that was sent as the attribute @type. */
static const char *key_of(const struct verb *v, uint16_t type)
{
	const struct key *k;

	for (k = v ? v->keys : NULL; k && k->name; k++)
		if (k->attr == type)
			return k->name;
	return NULL;
}

static void __attribute__((noreturn)) explain(const struct nl_trouble *t,
					      const struct verb *v)
{
	uint16_t attr = t->local ? 0 : nl_trouble_attr(t);
	const char *key = attr ? key_of(v, attr) : NULL;
	char text[512];

	nl_trouble_text(t, text, sizeof(text));
	die(EXIT_REFUSED, "%s%s%s", key ? key : "", key ? ": " : "", text);
}

/* ---- requests ---- */

static void open_socket(int bus)
{
	int err = nl_conn_open(&nl, bus);

	if (err)
		die(EXIT_REFUSED, "cannot open a netlink socket: %s",
		    strerror(err));
}

/* Find the family, once. Return: an errno; ENOENT: no such module. */
static int find_family(struct nl_trouble *t)
{
	if (nl.family)
		return 0;
	if (!nl.sock)
		open_socket(NETLINK_GENERIC);
	return nl_conn_find(&nl, t);
}

bool nl_loaded(void)
{
	struct nl_trouble t;
	int err = find_family(&t);

	if (err && err != ENOENT)
		explain(&t, NULL);
	return !err;
}

void nl_close(void)
{
	nl_conn_close(&nl);
	nl.family = 0;
}

static void open_family(void)
{
	struct nl_trouble t;
	int err = find_family(&t);

	if (err == ENOENT)
		die(EXIT_REFUSED, "samr.ko is not loaded: run modprobe samr");
	if (err)
		explain(&t, NULL);
}

/* An error of our own side ends it, whatever the caller would tolerate. */
static int talk(struct nlmsghdr *request, nl_message *cb, void *data,
		struct nl_trouble *t)
{
	int err = nl_conn_talk(&nl, request, cb, data, t);

	if (t->local)
		explain(t, NULL);
	return err;
}

static void put_arg(struct nlmsghdr *nlh, const struct key *k,
		    const struct arg *a)
{
	switch (k->type) {
	case ARG_U64:
	case ARG_NODE:
	case ARG_HEX:
	case ARG_HEADS:
		mnl_attr_put_u64(nlh, k->attr, a->num);
		break;
	case ARG_NAME:
	case ARG_DEV:
		mnl_attr_put_strz(nlh, k->attr, a->text);
		break;
	case ARG_ADDRESS:
	case ARG_IP:
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
		   nl_message *cb, void *data, struct nl_trouble *t)
{
	static char buffer[4096];
	const struct key *k;
	struct nlmsghdr *nlh;

	open_family();
	nlh = nl_request(buffer, nl.family, flags, v->cmd,
			  SAMR_FAMILY_VERSION);
	for (k = v->keys; args && k && k->name; k++)
		if (k->attr && args[k - v->keys].text)
			put_arg(nlh, k, &args[k - v->keys]);
	return talk(nlh, cb, data, t);
}

int nl_try(const struct verb *v, const struct arg *args, nl_message *cb,
	   void *data, int tolerated)
{
	struct nl_trouble t;
	int err = request(v, args, NLM_F_ACK, cb, data, &t);

	if (err && err != tolerated)
		explain(&t, v);
	return err;
}

void nl_do(const struct verb *v, const struct arg *args, nl_message *cb,
	   void *data)
{
	struct nl_trouble t;

	if (request(v, args, NLM_F_ACK, cb, data, &t))
		explain(&t, v);
}

int nl_run(const struct verb *v, const struct arg *args)
{
	nl_do(v, args, NULL, NULL);
	return EXIT_OK;
}

/* ---- dumps ---- */

void nl_keep(const struct nlmsghdr *nlh, void *data)
{
	struct nl_answer *a = data;
	size_t len = MNL_ALIGN(nlh->nlmsg_len);

	a->bytes = realloc(a->bytes, a->len + len);
	if (!a->bytes)
		die(EXIT_REFUSED, "no memory");
	memcpy(a->bytes + a->len, nlh, nlh->nlmsg_len);
	a->len += len;
}

int nl_fetch_try(const struct verb *v, const struct arg *args,
		 struct nl_answer *answer, int tolerated)
{
	struct nl_trouble t;
	int tries, err = EINTR;

	*answer = (struct nl_answer){ };
	for (tries = 0; err == EINTR && tries < TRIES; tries++) {
		answer->len = 0;
		err = request(v, args, NLM_F_DUMP, nl_keep, answer, &t);
	}
	if (err == EINTR)
		die(EXIT_REFUSED, "it changes faster than it can be read");
	if (err && err != tolerated)
		explain(&t, v);
	return err;
}

void nl_fetch(const struct verb *v, const struct arg *args,
	      struct nl_answer *answer)
{
	nl_fetch_try(v, args, answer, 0);
}

void nl_walk(const struct nl_answer *answer, nl_message *cb, void *data)
{
	const struct nlmsghdr *nlh = (const void *)answer->bytes;
	int len = answer->len;

	for (; len > 0 && mnl_nlmsg_ok(nlh, len);
	     nlh = mnl_nlmsg_next(nlh, &len))
		cb(nlh, data);
}

void nl_each(struct nl_answer *answer, nl_message *cb, void *data)
{
	nl_walk(answer, cb, data);
	nl_free(answer);
}

void nl_free(struct nl_answer *answer)
{
	free(answer->bytes);
	*answer = (struct nl_answer){ };
}

void nl_diag(const void *req, size_t len, struct nl_answer *answer)
{
	char buffer[256];
	struct nlmsghdr *nlh;
	struct nl_trouble t;

	*answer = (struct nl_answer){ };
	open_family();		/* says so when the module is not loaded */
	nl_close();
	open_socket(NETLINK_SOCK_DIAG);
	nlh = mnl_nlmsg_put_header(buffer);
	nlh->nlmsg_type = SOCK_DIAG_BY_FAMILY;
	nlh->nlmsg_flags = NLM_F_REQUEST | NLM_F_DUMP;
	memcpy(mnl_nlmsg_put_extra_header(nlh, len), req, len);
	if (talk(nlh, nl_keep, answer, &t))
		explain(&t, NULL);
	nl_conn_close(&nl);
}

/* ---- events ---- */

int nl_subscribe(void)
{
	int err;

	open_family();
	err = nl_conn_listen(&nl);
	if (err)
		die(EXIT_REFUSED, "cannot listen to events: %s", strerror(err));
	return mnl_socket_get_fd(nl.sock);
}

void nl_listen(nl_message *cb, void (*lost)(void))
{
	static char buffer[BUFFER];
	const struct nlmsghdr *nlh;
	int len;

	nl_subscribe();
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
