// SPDX-License-Identifier: GPL-2.0
/* Members of services on this head, by sock_diag, how to put one out, and whether they differ. */
#include <errno.h>
#include <stdio.h>
#include <string.h>
#include <sys/socket.h>

#include <linux/samr_diag.h>
#include <linux/sock_diag.h>

#include "kernel_internal.h"

#define REQUEST_MAX	512
#define BIT(state)	(1U << SAMR_MEMBER_##state)

/** struct walk - who wants the members */
struct walk {
	kernel_member_fn *each;
	void *data;
};

static void read_socket(const struct nlmsghdr *nlh, void *data)
{
	const struct samr_diag_msg *m = mnl_nlmsg_get_payload(nlh);
	const struct walk *w = data;
	struct kernel_member found;

	if (mnl_nlmsg_get_payload_len(nlh) < sizeof(*m))
		return;
	found = (struct kernel_member){
		.group = m->service,
		.port = m->port,
		.cookie = (uint64_t)m->cookie[1] << 32 | m->cookie[0],
		.standing = m->state == SAMR_MEMBER_JOINED ? KERNEL_MEMBER_IN :
			    m->state == SAMR_MEMBER_INSTALLING ?
			    KERNEL_MEMBER_INSTALLING : KERNEL_MEMBER_OUT,
		.queued = m->queued,
		.gseq = m->gseq,
	};
	w->each(&found, w->data);
}

int kernel_members(struct kernel *k, kernel_member_fn *each, void *data,
		   char *why)
{
	const struct samr_diag_req req = {
		.family = AF_SAMR,
		.states = BIT(JOINED) | BIT(INSTALLING) | BIT(LEAVING) |
			  BIT(LEFT),
	};
	struct walk w = { each, data };
	char buffer[REQUEST_MAX];
	struct nl_trouble t = { };
	struct nlmsghdr *nlh;
	int err = 0;

	if (!k->diag.sock)
		err = nl_conn_open(&k->diag, NETLINK_SOCK_DIAG);
	if (err) {
		snprintf(why, KERNEL_TEXT_MAX, "cannot open a netlink socket: %s",
			 strerror(err));
		return -err;
	}
	nlh = mnl_nlmsg_put_header(buffer);
	nlh->nlmsg_type = SOCK_DIAG_BY_FAMILY;
	nlh->nlmsg_flags = NLM_F_REQUEST | NLM_F_DUMP;
	memcpy(mnl_nlmsg_put_extra_header(nlh, sizeof(req)), &req, sizeof(req));
	err = nl_conn_talk(&k->diag, nlh, read_socket, &w, &t);
	if (err)
		nl_trouble_text(&t, why, KERNEL_TEXT_MAX);
	return -err;
}

int kernel_expel(struct kernel *k, uint32_t group, uint32_t port, char *why)
{
	char buffer[REQUEST_MAX];
	struct nlmsghdr *nlh;

	nlh = kernel_request(k, buffer, NLM_F_ACK, SAMR_CMD_MEMBER_DEL);
	mnl_attr_put_u32(nlh, SAMR_A_MEMBER_GROUP, group);
	mnl_attr_put_u32(nlh, SAMR_A_MEMBER_PORT, port);
	return kernel_talk(k, nlh, NULL, NULL, why);
}

/** struct differences_walk - who wants the differences */
struct differences_walk {
	kernel_difference_fn *each;
	void *data;
};

static void read_difference(const struct nlmsghdr *nlh, void *data)
{
	const struct differences_walk *w = data;
	const struct nlattr *tb[ATTRS_MAX];
	struct kernel_difference v;

	nl_attrs(nlh, tb);
	if (!tb[SAMR_A_GROUP_DIVERGED])
		return;
	v = (struct kernel_difference){
		.group = nl_u32(tb[SAMR_A_GROUP_ID]),
		.times = nl_u64(tb[SAMR_A_GROUP_DIVERGED]),
		.place = nl_u64(tb[SAMR_A_GROUP_DIVERGED_PLACE]),
		.result = nl_u32(tb[SAMR_A_GROUP_DIVERGED_RESULT]),
		.heads = nl_u64(tb[SAMR_A_GROUP_DIVERGED_HEADS]),
		.stopped = tb[SAMR_A_GROUP_STOPPED],
	};
	w->each(&v, w->data);
}

/* When a dump breaks, all come once more. */
static void keep(void *data)
{
	(void)data;
}

int kernel_differences(struct kernel *k, kernel_difference_fn *each, void *data,
		       char *why)
{
	struct differences_walk w = { each, data };

	return kernel_dump(k, SAMR_CMD_GROUP_GET, read_difference, &w, keep, why);
}
