// SPDX-License-Identifier: GPL-2.0
/* The view of heads. */
#include <stdio.h>

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
	print_mark("learner", tb[SAMR_A_HEAD_LEARNER], WARN);
	print_flag("witness", tb[SAMR_A_HEAD_WITNESS]);
	print_mark("suspect", tb[SAMR_A_HEAD_SUSPECT], BAD);
	print_end();
	return MNL_CB_OK;
}

/* In the order of enum samr_view_policy. */
static const char *const policies[] = { "auto", "majority", "fence" };

static void print_installed(const struct nlattr **tb)
{
	uint32_t policy = nl_u32(tb[SAMR_A_VIEW_POLICY]);

	print_num("sequencer", nl_u64(tb[SAMR_A_VIEW_SEQUENCER]));
	print_num("holders", nl_u32(tb[SAMR_A_VIEW_HOLDERS]));
	print_str("policy", policy < 3 ? policies[policy] : "?");
	print_num("base", nl_u64(tb[SAMR_A_VIEW_BASE]));
	print_mark("learning", tb[SAMR_A_VIEW_LEARNING], WARN);
	if (tb[SAMR_A_VIEW_WEDGED_MS])
		print_ms("wedged", nl_u64(tb[SAMR_A_VIEW_WEDGED_MS]));
}

void view_print(const struct nlmsghdr *nlh)
{
	const struct nlattr *tb[ATTRS_MAX];

	nl_attrs(nlh, tb);
	print_num("epoch", nl_u64(tb[SAMR_A_VIEW_EPOCH]));
	if (tb[SAMR_A_VIEW_EPOCH])
		print_installed(tb);
	print_ids("wanted", SAMR_A_VIEW_WANTED, nlh);
	print_ids("founders", SAMR_A_VIEW_FOUNDERS, nlh);
	print_ids("missing", SAMR_A_VIEW_MISSING, nlh);
	print_list("members");
	mnl_attr_parse(nlh, 4, each_head, NULL);
	print_end();
}

/* ---- sets of heads ---- */

/**
 * struct sets - heads of a view, one bit per id
 * @members: all
 * @learners: of them, without the state yet
 * @suspects: of them, not heard lately
 */
struct sets {
	uint64_t members;
	uint64_t learners;
	uint64_t suspects;
};

static int add_head(const struct nlattr *a, void *data)
{
	const struct nlattr *tb[ATTRS_MAX];
	struct sets *s = data;
	uint64_t id;

	if (mnl_attr_get_type(a) != SAMR_A_VIEW_HEAD)
		return MNL_CB_OK;
	nl_nested(a, tb);
	id = nl_u64(tb[SAMR_A_HEAD_NODE]) & 63;
	s->members |= 1ULL << id;
	if (tb[SAMR_A_HEAD_LEARNER])
		s->learners |= 1ULL << id;
	if (tb[SAMR_A_HEAD_SUSPECT])
		s->suspects |= 1ULL << id;
	return MNL_CB_OK;
}

static uint64_t set_of(uint16_t type, const struct nlmsghdr *nlh)
{
	struct ids ids = { .type = type };
	uint64_t set = 0;
	size_t i;

	mnl_attr_parse(nlh, 4, collect, &ids);
	for (i = 0; i < ids.n; i++)
		set |= 1ULL << (ids.id[i] & 63);
	return set;
}

void view_ids(const struct nlmsghdr *nlh, uint64_t *members,
	      uint64_t *suspects, uint64_t *missing)
{
	struct sets s = { };

	mnl_attr_parse(nlh, 4, add_head, &s);
	*members = s.members;
	*suspects = s.suspects;
	*missing = set_of(SAMR_A_VIEW_MISSING, nlh);
}

const char *ids_text(uint64_t ids, char *text, size_t size)
{
	size_t len = 0;
	unsigned int id;

	*text = 0;
	for (id = 0; id < 64 && len < size; id++)
		if (ids & 1ULL << id)
			len += snprintf(text + len, size - len, "%s%u",
					len ? "," : "", id);
	return text;
}

static void print_set(const char *key, uint64_t ids, enum colour c)
{
	char text[256];

	if (ids)
		print_word(key, ids_text(ids, text, sizeof(text)), c);
}

void view_brief(const struct nlmsghdr *nlh)
{
	const struct nlattr *tb[ATTRS_MAX];
	struct sets s = { };

	if (print_json()) {
		view_print(nlh);
		return;
	}
	nl_attrs(nlh, tb);
	mnl_attr_parse(nlh, 4, add_head, &s);
	print_num("epoch", nl_u64(tb[SAMR_A_VIEW_EPOCH]));
	if (tb[SAMR_A_VIEW_EPOCH])
		print_installed(tb);
	print_set("members", s.members, PLAIN);
	print_set("learners", s.learners, WARN);
	print_set("suspects", s.suspects, BAD);
	print_set("missing", set_of(SAMR_A_VIEW_MISSING, nlh), WARN);
}

void view_message(const struct nlmsghdr *nlh, void *data)
{
	print_object(data, NULL);
	view_print(nlh);
	print_end();
}

static int show(const struct verb *v, const struct arg *args)
{
	nl_do(v, args, view_message, NULL);
	return EXIT_OK;
}

static int monitor(const struct verb *v, const struct arg *args)
{
	(void)v;
	(void)args;
	monitor_view();
}

static const struct verb verbs[] = {
	{ "show", "the view, or for whom it waits (missing)",
	  SAMR_CMD_VIEW_GET, NULL, show },
	{ "monitor", "follow it: views, fences and this head's state, one event a line, until interrupted",
	  0, NULL, monitor },
	{ }
};

const struct object view_object = {
	"view", "the heads that take part in the order", verbs
};
