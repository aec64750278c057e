// SPDX-License-Identifier: GPL-2.0
/* Configured heads. */
#include <linux/samr.h>
#include <linux/samr_netlink.h>

#include "nl.h"
#include "print.h"
#include "samrctl.h"

void node_print(const struct nlattr **tb)
{
	print_num("id", nl_u64(tb[SAMR_A_NODE_ID]));
	print_flag("self", tb[SAMR_A_NODE_SELF]);
	print_flag("in-view", tb[SAMR_A_NODE_IN_VIEW]);
	print_flag("witness", tb[SAMR_A_NODE_WITNESS]);
	if (tb[SAMR_A_NODE_INCARNATION])
		print_hex("incarnation", nl_u64(tb[SAMR_A_NODE_INCARNATION]));
	if (tb[SAMR_A_NODE_LINKS])
		print_yes("heard", nl_u32(tb[SAMR_A_NODE_LINKS]));
	if (tb[SAMR_A_NODE_LINKS])
		print_num("links", nl_u32(tb[SAMR_A_NODE_LINKS]));
	print_num("held", nl_u64(tb[SAMR_A_NODE_HELD]));
	if (tb[SAMR_A_NODE_SILENT_MS])
		print_ms("silent", nl_u64(tb[SAMR_A_NODE_SILENT_MS]));
	if (tb[SAMR_A_NODE_EPOCH])
		print_num("epoch", nl_u64(tb[SAMR_A_NODE_EPOCH]));
	if (tb[SAMR_A_NODE_WANTED])
		print_heads("wants", nl_u64(tb[SAMR_A_NODE_WANTED]));
	saved_print(tb[SAMR_A_NODE_SAVED_EPOCH], tb[SAMR_A_NODE_SAVED_MEMBERS],
		    tb[SAMR_A_NODE_SAVED_FLAGS], tb[SAMR_A_NODE_SAVED_CONFIG]);
}

void node_message(const struct nlmsghdr *nlh, void *data)
{
	const struct nlattr *tb[ATTRS_MAX];

	(void)data;
	nl_attrs(nlh, tb);
	print_object(NULL, NULL);
	node_print(tb);
	print_end();
}

static const struct key show_keys[] = {
	{ .name = "id", .type = ARG_NODE, .attr = SAMR_A_NODE_ID, .min = 1,
	  .max = SAMR_HEAD_MAX },
	{ }
};

static int show(const struct verb *v, const struct arg *args)
{
	return show_asked(v, args, node_message);
}

static const struct key add_keys[] = {
	{ .name = "id", .type = ARG_U64, .attr = SAMR_A_NODE_ID,
	  .required = true, .min = 1, .max = SAMR_HEAD_MAX },
	{ .name = "link", .type = ARG_DEV, .attr = SAMR_A_NODE_DEV, .min = 1,
	  .max = SAMR_DEV_LEN_MAX },
	{ .name = "address", .type = ARG_ADDRESS,
	  .attr = SAMR_A_NODE_ADDRESS },
	{ .name = "witness", .type = ARG_FLAG,
	  .attr = SAMR_A_NODE_WITNESS },
	{ .name = "kind", .type = ARG_NAME, .attr = SAMR_A_NODE_KIND, .min = 1,
	  .max = SAMR_DEV_LEN_MAX, .words = link_kinds },
	{ }
};

static int add(const struct verb *v, const struct arg *args)
{
	if (!args[1].text != !args[2].text)
		die(EXIT_USAGE, "node add: 'link' and 'address' belong together");
	return nl_run(v, args);
}

static const struct key set_keys[] = {
	{ .name = "id", .type = ARG_NODE, .attr = SAMR_A_NODE_ID,
	  .required = true, .min = 1, .max = SAMR_HEAD_MAX },
	{ .name = "link", .type = ARG_DEV, .attr = SAMR_A_NODE_DEV,
	  .required = true, .min = 1, .max = SAMR_DEV_LEN_MAX },
	{ .name = "address", .type = ARG_ADDRESS, .attr = SAMR_A_NODE_ADDRESS,
	  .required = true },
	{ .name = "kind", .type = ARG_NAME, .attr = SAMR_A_NODE_KIND, .min = 1,
	  .max = SAMR_DEV_LEN_MAX, .words = link_kinds },
	{ }
};

static const struct key del_keys[] = {
	{ .name = "id", .type = ARG_NODE, .attr = SAMR_A_NODE_ID,
	  .required = true, .min = 1, .max = SAMR_HEAD_MAX },
	{ }
};

static const struct verb verbs[] = {
	{ "show", "the configured heads and what is known of them",
	  SAMR_CMD_NODE_GET, show_keys, show },
	{ "add", "configure another head, or the witness",
	  SAMR_CMD_NODE_ADD, add_keys, add },
	{ "set", "give its address on a link, or have it learned",
	  SAMR_CMD_NODE_SET, set_keys, nl_run },
	{ "del", "forget a head that is not in the view",
	  SAMR_CMD_NODE_DEL, del_keys, nl_run },
	{ }
};

const struct object node_object = {
	"node", "the heads of the cluster, as configured here", verbs
};
