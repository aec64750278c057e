// SPDX-License-Identifier: GPL-2.0
/* Members of groups, as the order has them. */
#include <linux/samr_netlink.h>

#include "nl.h"
#include "print.h"
#include "samrctl.h"

/* What it has of the service's state; in the order of enum samr_transfer_state. */
static void print_state(uint32_t state)
{
	static const char *const words[] = { "none", "has", "failed", "lacks" };
	bool known = state < sizeof(words) / sizeof(*words);

	print_word("state", known ? words[state] : "?",
		   state == SAMR_TRANSFER_STATE_FAILED ? BAD :
		   state == SAMR_TRANSFER_STATE_LACKS ? WARN : PLAIN);
}

static void show_one(const struct nlmsghdr *nlh, void *data)
{
	const struct nlattr *tb[ATTRS_MAX];

	(void)data;
	nl_attrs(nlh, tb);
	print_object(NULL, NULL);
	print_num("group", nl_u32(tb[SAMR_A_MEMBER_GROUP]));
	print_num("rank", nl_u32(tb[SAMR_A_MEMBER_RANK]));
	print_num("node", nl_u64(tb[SAMR_A_MEMBER_NODE]));
	print_num("port", nl_u32(tb[SAMR_A_MEMBER_PORT]));
	print_hex("incarnation", nl_u64(tb[SAMR_A_MEMBER_INCARNATION]));
	print_size("window", nl_u32(tb[SAMR_A_MEMBER_WINDOW]));
	print_state(nl_u32(tb[SAMR_A_MEMBER_STATE]));
	print_end();
}

static int show(const struct verb *v, const struct arg *args)
{
	show_list(v, args, NULL, show_one);
	return EXIT_OK;
}

static const struct key show_keys[] = {
	{ .name = "group", .type = ARG_U32, .attr = SAMR_A_MEMBER_GROUP,
	  .min = 1, .max = UINT32_MAX },
	{ }
};

static const struct key del_keys[] = {
	{ .name = "group", .type = ARG_U32, .attr = SAMR_A_MEMBER_GROUP,
	  .required = true, .min = 1, .max = UINT32_MAX },
	{ .name = "port", .type = ARG_U32, .attr = SAMR_A_MEMBER_PORT,
	  .required = true, .min = 0, .max = UINT32_MAX },
	{ }
};

static const struct verb verbs[] = {
	{ "show", "the members of one group or of all, the most senior first",
	  SAMR_CMD_MEMBER_GET, show_keys, show },
	{ "del", "put a member on this head out of its group",
	  SAMR_CMD_MEMBER_DEL, del_keys, nl_run },
	{ }
};

const struct object member_object = {
	"member", "members of groups, on all heads", verbs
};
