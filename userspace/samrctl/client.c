// SPDX-License-Identifier: GPL-2.0
/* Client nodes, as their access head knows them. */
#include <linux/samr_netlink.h>

#include "nl.h"
#include "print.h"
#include "samrctl.h"

void client_message(const struct nlmsghdr *nlh, void *data)
{
	const struct nlattr *tb[ATTRS_MAX];

	(void)data;
	nl_attrs(nlh, tb);
	print_object(NULL, NULL);
	print_hex("id", nl_u64(tb[SAMR_A_CLIENT_ID]));
	print_hex("incarnation", nl_u64(tb[SAMR_A_CLIENT_INCARNATION]));
	print_num("age-ms", nl_u64(tb[SAMR_A_CLIENT_AGE_MS]));
	print_num("idle-ms", nl_u64(tb[SAMR_A_CLIENT_IDLE_MS]));
	print_num("submitted", nl_u64(tb[SAMR_A_CLIENT_SUBMITTED]));
	print_num("given", nl_u64(tb[SAMR_A_CLIENT_GIVEN]));
	print_num("waiting", nl_u32(tb[SAMR_A_CLIENT_WAITING]));
	print_end();
}

static int show(const struct verb *v, const struct arg *args)
{
	show_list(v, args, NULL, client_message);
	return EXIT_OK;
}

static const struct verb verbs[] = {
	{ "show", "those that go through this head",
	  SAMR_CMD_CLIENT_GET, NULL, show },
	{ }
};

const struct object client_object = {
	"client", "client nodes: machines that are no heads, whose clients go through this one", verbs
};
