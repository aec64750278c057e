// SPDX-License-Identifier: GPL-2.0
/* Sockets, by sock_diag, and the processes that hold them, by /proc. */
#include <ctype.h>
#include <dirent.h>
#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <unistd.h>

#include <linux/samr.h>
#include <linux/samr_diag.h>

#include "nl.h"
#include "print.h"
#include "samrctl.h"

/* In the order of enum samr_member_state. */
static const char *const states[] = {
	"new", "bound", "joining", "joined", "leaving", "left",
	"installing", "connecting", "connected", "resuming", "gone",
	"accepted", "ended",
};

#define STATES	(sizeof(states) / sizeof(states[0]))

/**
 * struct holder - a descriptor of a socket
 * @inode: of the socket
 * @pid: process
 * @fd: number there
 */
struct holder {
	uint32_t inode;
	unsigned int pid;
	unsigned int fd;
};

static struct holder *holders;
static size_t n_holders;

static void add_holder(uint32_t inode, unsigned int pid, unsigned int fd)
{
	holders = realloc(holders, (n_holders + 1) * sizeof(*holders));
	if (!holders)
		die(EXIT_REFUSED, "no memory");
	holders[n_holders++] = (struct holder){ inode, pid, fd };
}

static void scan_process(unsigned int pid)
{
	char path[300], target[64];
	struct dirent *e;
	ssize_t len;
	DIR *dir;

	snprintf(path, sizeof(path), "/proc/%u/fd", pid);
	dir = opendir(path);
	while (dir && (e = readdir(dir))) {
		uint32_t inode;

		len = readlinkat(dirfd(dir), e->d_name, target,
				 sizeof(target) - 1);
		if (len < 0)
			continue;
		target[len] = 0;
		if (sscanf(target, "socket:[%" SCNu32 "]", &inode) == 1)
			add_holder(inode, pid, atoi(e->d_name));
	}
	if (dir)
		closedir(dir);
}

/* Sockets of other users are seen by root alone, as with ss -p. */
static void scan_processes(void)
{
	DIR *dir = opendir("/proc");
	struct dirent *e;

	while (dir && (e = readdir(dir)))
		if (isdigit((unsigned char)e->d_name[0]))
			scan_process(atoi(e->d_name));
	if (dir)
		closedir(dir);
}

static void print_holder(const struct holder *h)
{
	char path[64], comm[32] = "?";
	FILE *f;

	snprintf(path, sizeof(path), "/proc/%u/comm", h->pid);
	f = fopen(path, "r");
	if (f) {
		if (fgets(comm, sizeof(comm), f))
			comm[strcspn(comm, "\n")] = 0;
		fclose(f);
	}
	print_object(NULL, "holder");
	print_num("pid", h->pid);
	print_str("comm", comm);
	print_num("fd", h->fd);
	print_end();
}

static int collect(const struct nlattr *a, void *data)
{
	const struct nlattr **tb = data;

	if (mnl_attr_get_type(a) < ATTRS_MAX)
		tb[mnl_attr_get_type(a)] = a;
	return MNL_CB_OK;
}

static void show_one(const struct nlmsghdr *nlh, void *data)
{
	const struct samr_diag_msg *m = mnl_nlmsg_get_payload(nlh);
	const struct nlattr *tb[ATTRS_MAX] = { };
	size_t i;

	(void)data;
	if (mnl_nlmsg_get_payload_len(nlh) < sizeof(*m))
		return;
	mnl_attr_parse(nlh, sizeof(*m), collect, tb);
	print_object(NULL, NULL);
	print_num("group", m->service);
	if (tb[SAMR_DIAG_NAME])
		print_word("name", nl_str(tb[SAMR_DIAG_NAME]), STRONG);
	print_num("port", m->port);
	print_word("state", m->state < STATES ? states[m->state] : "?",
		   m->state == SAMR_MEMBER_JOINED ||
		   m->state == SAMR_CLIENT_CONNECTED ? GOOD : PLAIN);
	print_num("uid", m->uid);
	print_num("inode", m->inode);
	print_num("queued", m->queued);
	print_num("unsettled", m->unsettled);
	print_num("members", m->members);
	print_num("view", m->view);
	print_num("gseq", m->gseq);
	print_list("holders");
	for (i = 0; i < n_holders; i++)
		if (holders[i].inode == m->inode)
			print_holder(&holders[i]);
	print_end();
	print_end();
}

static const struct key show_keys[] = {
	{ .name = "group", .type = ARG_U32, .min = 1, .max = UINT32_MAX },
	{ }
};

static int show(const struct verb *v, const struct arg *args)
{
	struct samr_diag_req req = {
		.family = AF_SAMR,
		.service = args[0].num,
	};

	struct nl_answer answer;

	(void)v;
	nl_diag(&req, sizeof(req), &answer);
	scan_processes();
	print_list(NULL);
	nl_each(&answer, show_one, NULL);
	print_end();
	return EXIT_OK;
}

static const struct verb verbs[] = {
	{ "show", "the sockets, and the processes that hold them",
	  0, show_keys, show },
	{ }
};

const struct object socket_object = {
	"socket", "sockets in this network namespace", verbs
};
