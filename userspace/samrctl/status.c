// SPDX-License-Identifier: GPL-2.0
/* All that an admin wants to see first, on one screen. */
#include <errno.h>
#include <stdio.h>
#include <stdlib.h>

#include <linux/samr_netlink.h>

#include "nl.h"
#include "print.h"
#include "samrctl.h"

/* Sockets of all network namespaces, and other users of the module. */
static long module_users(void)
{
	FILE *f = fopen("/sys/module/samr/refcnt", "r");
	long n = 0;

	if (f) {
		if (fscanf(f, "%ld", &n) != 1)
			n = 0;
		fclose(f);
	}
	return n;
}

static void show_module(void)
{
	long n = module_users();

	print_section("module");
	print_object("module", NULL);
	print_num("users", n);
	print_end();
	if (n)
		print_note(PLAIN, "samr.ko stays loaded while it has users, two "
			   "for each socket; samrctl socket show names them");
	print_section(NULL);
}

static void show_cluster(const struct nlmsghdr *nlh, void *data)
{
	const struct nlattr *tb[ATTRS_MAX];

	nl_attrs(nlh, tb);
	*(uint32_t *)data = nl_u32(tb[SAMR_A_CLUSTER_STATE]);
	print_section("cluster");
	print_object("cluster", NULL);
	cluster_print(tb);
	print_end();
}

/* What can be done about it stands where it is seen that it does not go on. */
static void show_fences(uint32_t state)
{
	print_section("fences");
	if (!fence_list("fences") && state == SAMR_RUN_STATE_WEDGED)
		print_note(WARN, "none; the heads that are left are too few, "
			   "or the view is just being changed");
}

static int show(const struct verb *v, const struct arg *args)
{
	uint32_t state = 0;

	print_object(NULL, NULL);
	if (nl_try(v, args, show_cluster, &state, ENOENT)) {
		print_null("cluster");
		print_section("cluster");
		print_note(WARN, "none: samrctl cluster add name NAME id ID node ID");
	} else {
		print_section("view");
		view_show("view");
		show_fences(state);
		print_section("nodes");
		node_list("nodes");
		print_section("links");
		link_list("links");
		print_section("groups");
		group_list("groups");
	}
	show_module();
	print_end();
	return EXIT_OK;
}

static const struct verb verbs[] = {
	{ "show", "cluster, view, fences, nodes, links and groups on one screen",
	  SAMR_CMD_CLUSTER_GET, NULL, show },
	{ }
};

const struct object status_object = {
	"status", "where this head stands", verbs
};
