// SPDX-License-Identifier: GPL-2.0
/* What sock_diag says of sockets; part of the tests of single calls. */
#define _GNU_SOURCE
#include <sys/stat.h>
#include <linux/netlink.h>
#include <linux/samr_diag.h>
#include <linux/sock_diag.h>
#include "lab.h"
#include "tap.h"

/**
 * struct listing - what a dump said
 * @err: it was refused with this
 * @count: sockets
 * @m: the first ones
 * @name: service of the last one
 */
struct listing {
	int err;
	int count;
	struct samr_diag_msg m[8];
	char name[32];
};

static void list_one(struct listing *l, const struct nlmsghdr *h)
{
	const struct nlattr *a = NLMSG_DATA(h) + sizeof(l->m[0]);
	const char *end = (const char *)h + h->nlmsg_len;

	CHECK(h->nlmsg_len >= NLMSG_LENGTH(sizeof(l->m[0])));
	if (l->count < 8)
		memcpy(&l->m[l->count], NLMSG_DATA(h), sizeof(l->m[0]));
	l->count++;
	while ((const char *)a < end) {
		if (a->nla_type == SAMR_DIAG_NAME)
			strncpy(l->name, (const char *)(a + 1),
				sizeof(l->name) - 1);
		a = (const void *)((const char *)a + NLA_ALIGN(a->nla_len));
	}
}

static struct listing list_sockets(struct samr_diag_req r, int flags)
{
	static char buf[32768];
	struct {
		struct nlmsghdr h;
		struct samr_diag_req r;
	} req = {
		.h = {
			.nlmsg_len	= sizeof(req),
			.nlmsg_type	= SOCK_DIAG_BY_FAMILY,
			.nlmsg_flags	= NLM_F_REQUEST | flags,
		},
		.r = r,
	};
	int fd = OK(socket(AF_NETLINK, SOCK_RAW, NETLINK_SOCK_DIAG));
	struct listing l = {};
	struct nlmsghdr *h;
	ssize_t n;

	OK(send(fd, &req, sizeof(req), 0));
	for (;;) {
		n = OK(recv(fd, buf, sizeof(buf), 0));
		for (h = (void *)buf; NLMSG_OK(h, n); h = NLMSG_NEXT(h, n)) {
			if (h->nlmsg_type == NLMSG_ERROR)
				l.err = -*(int *)NLMSG_DATA(h);
			if (h->nlmsg_type == NLMSG_ERROR ||
			    h->nlmsg_type == NLMSG_DONE) {
				close(fd);
				return l;
			}
			list_one(&l, h);
		}
	}
}

TEST(diag_lists_sockets)
{
	struct samr_diag_req all = { .family = AF_SAMR }, r = all;
	struct sockaddr_samr name;
	socklen_t len = sizeof(name);
	struct samr_diag_msg *m;
	struct listing l;
	struct stat st;
	int fd, i;

	CHECK_EQ(list_sockets(all, NLM_F_DUMP).count, 0);
	lab_one();
	fd = sock_member(SVC);
	OK(fstat(fd, &st));
	OK(getsockname(fd, (void *)&name, &len));
	CHECK_EQ(OK(send(fd, "abc", 3, 0)), 3);
	l = list_sockets(all, NLM_F_DUMP);
	CHECK_EQ(l.count, 1);
	CHECK(!strcmp(l.name, "svc1"));
	m = &l.m[0];
	CHECK_EQ(m->family, AF_SAMR);
	CHECK_EQ(m->type, SOCK_SEQPACKET);
	CHECK_EQ(m->state, SAMR_MEMBER_JOINED);
	CHECK_EQ(m->service, SVC);
	CHECK_EQ(m->port, name.port);
	CHECK_EQ(m->node, 1);
	CHECK_EQ(m->inode, st.st_ino);
	CHECK_EQ(m->uid, 0);
	CHECK_EQ(m->queued, 3);
	CHECK_EQ(m->members, 1);

	sock_new();
	sock_bound(SVC_B);
	CHECK_EQ(list_sockets(all, NLM_F_DUMP).count, 3);
	r.states = 1 << SAMR_MEMBER_NEW;
	CHECK_EQ(list_sockets(r, NLM_F_DUMP).count, 1);
	r = all;
	r.service = SVC_B;
	l = list_sockets(r, NLM_F_DUMP);
	CHECK_EQ(l.count, 1);
	CHECK_EQ(l.m[0].state, SAMR_MEMBER_BOUND);
	/* More than one answer can hold. */
	for (i = 0; i < 500; i++)
		sock_new();
	CHECK_EQ(list_sockets(all, NLM_F_DUMP).count, 503);
}

TEST(diag_wrong)
{
	struct samr_diag_req r = { .family = AF_SAMR };

	CHECK_EQ(list_sockets(r, 0).err, EOPNOTSUPP);
	r.protocol = 1;
	CHECK_EQ(list_sockets(r, NLM_F_DUMP).err, EINVAL);
	r.protocol = 0;
	r.reserved = 1;
	CHECK_EQ(list_sockets(r, NLM_F_DUMP).err, EINVAL);
}
