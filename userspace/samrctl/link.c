// SPDX-License-Identifier: GPL-2.0
/* Links, and the heads as seen through them. */
#include <stdio.h>
#include <string.h>

#include <linux/samr_netlink.h>

#include "nl.h"
#include "print.h"
#include "samrctl.h"

/* In the order of enum samr_carrier. */
static const char *const states[] = { "absent", "down", "probing", "up" };
static const enum colour state_colours[] = { BAD, BAD, WARN, GOOD };

/* In the order of enum samr_way. */
static const char *const ways[] = { "unheard", "broken", "held", "good" };
static const enum colour way_colours[] = { PLAIN, BAD, WARN, GOOD };

static void print_way(const struct nlattr *const *tb)
{
	uint32_t way;

	if (!tb[SAMR_A_PATH_WAY])
		return;
	way = nl_u32(tb[SAMR_A_PATH_WAY]);
	print_word("way", way < 4 ? ways[way] : "?",
		   way < 4 ? way_colours[way] : PLAIN);
	print_flag("deaf", tb[SAMR_A_PATH_DEAF]);
	print_num("breaks", nl_u32(tb[SAMR_A_PATH_BREAKS]));
	if (tb[SAMR_A_PATH_HOLD_MS])
		print_ms("hold", nl_u32(tb[SAMR_A_PATH_HOLD_MS]));
}

static void print_address_of(const char *key, const struct nlattr *a)
{
	if (a)
		print_address(key, mnl_attr_get_payload(a),
			      mnl_attr_get_payload_len(a));
}

static void print_path(const struct nlattr *nest)
{
	const struct nlattr *tb[ATTRS_MAX];

	nl_nested(nest, tb);
	print_object(NULL, "path");
	print_num("node", nl_u64(tb[SAMR_A_PATH_NODE]));
	print_address_of("address", tb[SAMR_A_PATH_ADDRESS]);
	print_flag("configured", tb[SAMR_A_PATH_CONFIGURED]);
	print_yes("heard", tb[SAMR_A_PATH_HEARD]);
	print_flag("multicast", tb[SAMR_A_PATH_MULTICAST]);
	print_num("frame-max", nl_u32(tb[SAMR_A_PATH_FRAME_MAX]));
	if (tb[SAMR_A_PATH_SILENT_MS])
		print_ms("silent", nl_u64(tb[SAMR_A_PATH_SILENT_MS]));
	print_way(tb);
	if (tb[SAMR_A_PATH_VERSION]) {
		print_num("version", nl_u32(tb[SAMR_A_PATH_VERSION]));
		print_num("version-needed",
			  nl_u32(tb[SAMR_A_PATH_VERSION_NEEDED]));
	}
	print_end();
}

static int each_path(const struct nlattr *a, void *data)
{
	(void)data;
	if (mnl_attr_get_type(a) == SAMR_A_LINK_PATH)
		print_path(a);
	return MNL_CB_OK;
}

/* All but the paths. */
void link_print(const struct nlattr **tb)
{
	uint32_t state = nl_u32(tb[SAMR_A_LINK_STATE]);

	if (tb[SAMR_A_LINK_DEV])
		print_word("dev", nl_str(tb[SAMR_A_LINK_DEV]), STRONG);
	if (tb[SAMR_A_LINK_ID])
		print_num("id", nl_u32(tb[SAMR_A_LINK_ID]));
	if (!tb[SAMR_A_LINK_KIND])
		return;
	print_str("kind", nl_str(tb[SAMR_A_LINK_KIND]));
	print_word("state", state < 4 ? states[state] : "?",
		   state < 4 ? state_colours[state] : PLAIN);
	print_flag("carries", tb[SAMR_A_LINK_CARRIES]);
	print_address_of("address", tb[SAMR_A_LINK_ADDRESS]);
	print_num("frame-max", nl_u32(tb[SAMR_A_LINK_FRAME_MAX]));
	print_num("device-max", nl_u32(tb[SAMR_A_LINK_DEVICE_MAX]));
	print_flag("multicast", tb[SAMR_A_LINK_MULTICAST]);
	/* Its address and port are in @address, too, while it has a device. */
	print_address_of("local", tb[SAMR_A_LINK_LOCAL]);
	print_address_of("group", tb[SAMR_A_LINK_GROUP]);
	if (tb[SAMR_A_LINK_PORT])
		print_num("port", nl_u32(tb[SAMR_A_LINK_PORT]));
	if (tb[SAMR_A_LINK_TTL])
		print_num("ttl", nl_u32(tb[SAMR_A_LINK_TTL]));
}

const char *link_label(const struct nlattr *dev, const struct nlattr *kind,
		       char text[LINK_LABEL_MAX])
{
	bool plain = !dev || !kind || !strcmp(nl_str(kind), "eth");

	snprintf(text, LINK_LABEL_MAX, "%.15s%s%.15s", nl_str(dev),
		 plain ? "" : "/", plain ? "" : nl_str(kind));
	return text;
}

void link_message(const struct nlmsghdr *nlh, void *data)
{
	const struct nlattr *tb[ATTRS_MAX];

	(void)data;
	nl_attrs(nlh, tb);
	print_object(NULL, NULL);
	link_print(tb);
	print_list("paths");
	mnl_attr_parse(nlh, 4, each_path, NULL);
	print_end();
	print_end();
}

/* Those of this version; the kernel says which there are. */
const char *const link_kinds[] = { "eth", "udp", "rdma", "loop", NULL };

static const struct key show_keys[] = {
	{ .name = "dev", .type = ARG_DEV, .attr = SAMR_A_LINK_DEV, .min = 1,
	  .max = SAMR_DEV_LEN_MAX },
	{ .name = "kind", .type = ARG_NAME, .attr = SAMR_A_LINK_KIND, .min = 1,
	  .max = SAMR_DEV_LEN_MAX, .words = link_kinds },
	{ }
};

static int show(const struct verb *v, const struct arg *args)
{
	if (args[1].text && !args[0].text)
		die(EXIT_USAGE, "link show: 'kind' goes with 'dev'");
	return show_asked(v, args, link_message);
}

static const struct key add_keys[] = {
	{ .name = "kind", .type = ARG_NAME, .attr = SAMR_A_LINK_KIND,
	  .required = true, .min = 1, .max = SAMR_DEV_LEN_MAX, .words = link_kinds },
	{ .name = "dev", .type = ARG_DEV, .attr = SAMR_A_LINK_DEV, .min = 1,
	  .max = SAMR_DEV_LEN_MAX },
	{ .name = "local", .type = ARG_IP, .attr = SAMR_A_LINK_LOCAL },
	{ .name = "group", .type = ARG_IP, .attr = SAMR_A_LINK_GROUP },
	{ .name = "port", .type = ARG_U32, .attr = SAMR_A_LINK_PORT, .min = 1,
	  .max = 65535 },
	{ .name = "ttl", .type = ARG_U32, .attr = SAMR_A_LINK_TTL, .min = 1,
	  .max = 255 },
	{ }
};

static const struct key del_keys[] = {
	{ .name = "dev", .type = ARG_DEV, .attr = SAMR_A_LINK_DEV, .min = 1,
	  .max = SAMR_DEV_LEN_MAX },
	{ .name = "kind", .type = ARG_NAME, .attr = SAMR_A_LINK_KIND, .min = 1,
	  .max = SAMR_DEV_LEN_MAX, .words = link_kinds },
	{ }
};

static int del(const struct verb *v, const struct arg *args)
{
	if (!args[0].text && !args[1].text)
		die(EXIT_USAGE, "link del needs 'dev DEV', or 'kind NAME' of one without a device");
	return nl_run(v, args);
}

static const struct verb verbs[] = {
	{ "show", "the links, and each head as seen through them",
	  SAMR_CMD_LINK_GET, show_keys, show },
	{ "add", "use a device: kind eth, Ethernet frames, or udp or rdma, with local, its own IP address; or none: kind loop, a cluster of one head",
	  SAMR_CMD_LINK_ADD, add_keys, nl_run },
	{ "del", "use it no more; kind alone where there is no device",
	  SAMR_CMD_LINK_DEL, del_keys, del },
	{ }
};

const struct object link_object = {
	"link", "ways to the other heads", verbs
};
