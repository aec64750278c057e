// SPDX-License-Identifier: GPL-2.0
/* The view of heads. */
#include <linux/samr_netlink.h>

#include "nl.h"
#include "print.h"
#include "samrctl.h"

#define HEADS_MAX	64

/**
 * struct ids - values of an attribute that comes several times
 * @type: of the attribute
 * @n: values
 * @id: they
 */
struct ids {
	uint16_t type;
	size_t n;
	uint64_t id[HEADS_MAX];
};

static int collect(const struct nlattr *a, void *data)
{
	struct ids *ids = data;

	if (mnl_attr_get_type(a) == ids->type && ids->n < HEADS_MAX)
		ids->id[ids->n++] = nl_u64(a);
	return MNL_CB_OK;
}

static void print_ids(const char *key, uint16_t type,
		      const struct nlmsghdr *nlh)
{
	struct ids ids = { .type = type };

	mnl_attr_parse(nlh, 4, collect, &ids);
	print_nums(key, ids.id, ids.n);
}

static int each_head(const struct nlattr *a, void *data)
{
	const struct nlattr *tb[ATTRS_MAX];

	(void)data;
	if (mnl_attr_get_type(a) != SAMR_A_VIEW_HEAD)
		return MNL_CB_OK;
	nl_nested(a, tb);
	print_object(NULL, "member");
	print_num("node", nl_u64(tb[SAMR_A_HEAD_NODE]));
	print_hex("incarnation", nl_u64(tb[SAMR_A_HEAD_INCARNATION]));
	print_end();
	return MNL_CB_OK;
}

void view_print(const struct nlmsghdr *nlh)
{
	const struct nlattr *tb[ATTRS_MAX];

	nl_attrs(nlh, tb);
	print_num("epoch", nl_u64(tb[SAMR_A_VIEW_EPOCH]));
	if (tb[SAMR_A_VIEW_EPOCH]) {
		print_num("sequencer", nl_u64(tb[SAMR_A_VIEW_SEQUENCER]));
		print_num("holders", nl_u32(tb[SAMR_A_VIEW_HOLDERS]));
	}
	print_ids("wanted", SAMR_A_VIEW_WANTED, nlh);
	print_ids("missing", SAMR_A_VIEW_MISSING, nlh);
	print_list("members");
	mnl_attr_parse(nlh, 4, each_head, NULL);
	print_end();
}

static void show_one(const struct nlmsghdr *nlh, void *data)
{
	print_object(data, NULL);
	view_print(nlh);
	print_end();
}

static int show(const struct verb *v, const struct arg *args)
{
	nl_do(v, args, show_one, NULL);
	return EXIT_OK;
}

static const struct verb verbs[] = {
	{ "show", "the view, or for whom it waits (missing)",
	  SAMR_CMD_VIEW_GET, NULL, show },
	{ }
};

const struct object view_object = {
	"view", "the heads that take part in the order", verbs
};

void view_show(const char *key)
{
	nl_do(&verbs[0], NULL, show_one, (void *)key);
}
