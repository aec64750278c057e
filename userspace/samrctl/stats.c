// SPDX-License-Identifier: GPL-2.0
/* Counters, grouped by what they are about. */
#include <errno.h>
#include <string.h>

#include <linux/samr_netlink.h>

#include "latency.h"
#include "nl.h"
#include "print.h"
#include "samrctl.h"

/* In the order of enum samr_stats_scope. */
static const char *const scopes[] = { "order", "drops", "head", "latency", "link",
				      NULL };
static const char *const which[] = { "nonzero", "all", NULL };

/**
 * struct wish - what to show
 * @scope: only this one; negative: all
 * @zeros: counters that are 0, too
 * @links: the object of the links is open
 */
struct wish {
	int64_t scope;
	bool zeros;
	bool links;
};

static int each_nonzero(const struct nlattr *a, void *data)
{
	const struct nlattr *tb[ATTRS_MAX];

	if (mnl_attr_get_type(a) != SAMR_A_STATS_COUNTER)
		return MNL_CB_OK;
	nl_nested(a, tb);
	*(bool *)data |= nl_u64(tb[SAMR_A_COUNTER_VALUE]) != 0;
	return MNL_CB_OK;
}

static int each_counter(const struct nlattr *a, void *data)
{
	const struct nlattr *tb[ATTRS_MAX];
	const struct wish *w = data;

	if (mnl_attr_get_type(a) != SAMR_A_STATS_COUNTER)
		return MNL_CB_OK;
	nl_nested(a, tb);
	if (w->zeros || nl_u64(tb[SAMR_A_COUNTER_VALUE]))
		print_counter(nl_str(tb[SAMR_A_COUNTER_NAME]),
			      nl_u64(tb[SAMR_A_COUNTER_VALUE]));
	return MNL_CB_OK;
}

static void show_one(const struct nlmsghdr *nlh, void *data)
{
	const struct nlattr *tb[ATTRS_MAX];
	struct wish *w = data;
	const char *dev;
	bool nonzero = false;
	uint32_t scope;
	char heading[64], label[LINK_LABEL_MAX];

	nl_attrs(nlh, tb);
	scope = nl_u32(tb[SAMR_A_STATS_SCOPE]);
	if (scope > SAMR_STATS_SCOPE_LINK ||
	    (w->scope >= 0 && scope != w->scope))
		return;
	if (scope == SAMR_STATS_SCOPE_LATENCY) {
		latency_summaries(nlh, w->zeros);
		return;
	}
	mnl_attr_parse(nlh, 4, each_nonzero, &nonzero);
	if (scope == SAMR_STATS_SCOPE_LINK && !w->links) {
		print_object("links", NULL);
		w->links = true;
	}
	dev = link_label(tb[SAMR_A_STATS_DEV], tb[SAMR_A_STATS_KIND], label);
	snprintf(heading, sizeof(heading), "%s%s%s%s", scopes[scope],
		 *dev ? " " : "", dev, nonzero ? "" : ": all 0");
	print_object(*dev ? dev : scopes[scope], heading);
	mnl_attr_parse(nlh, 4, each_counter, w);
	print_end();
}

static const struct key show_keys[] = {
	{ .name = "scope", .type = ARG_WORD, .words = scopes },
	{ .name = "counters", .type = ARG_WORD, .words = which },
	{ .name = "prometheus", .type = ARG_FLAG },
	{ }
};

static int show(const struct verb *v, const struct arg *args)
{
	struct wish w = {
		.scope = args[0].text ? (int64_t)args[0].num : -1,
		.zeros = args[1].num == 1,
	};
	struct nl_answer answer;

	if (args[2].text && (args[0].text || args[1].text || print_json()))
		die(EXIT_USAGE, "stats show: 'prometheus' takes nothing else, "
		    "and no --json: it is all, in a format of its own");
	if (args[2].text)
		return stats_prometheus(v);
	nl_fetch(v, NULL, &answer);
	print_object(NULL, NULL);
	nl_each(&answer, show_one, &w);
	if (w.links)
		print_end();
	print_end();
	return EXIT_OK;
}

/**
 * struct sought - one counter
 * @name: of it
 * @value: filled in
 */
struct sought {
	const char *name;
	uint64_t *value;
};

static int each_sought(const struct nlattr *a, void *data)
{
	const struct nlattr *tb[ATTRS_MAX];
	struct sought *s = data;

	if (mnl_attr_get_type(a) != SAMR_A_STATS_COUNTER)
		return MNL_CB_OK;
	nl_nested(a, tb);
	if (!strcmp(nl_str(tb[SAMR_A_COUNTER_NAME]), s->name))
		*s->value = nl_u64(tb[SAMR_A_COUNTER_VALUE]);
	return MNL_CB_OK;
}

static void seek(const struct nlmsghdr *nlh, void *data)
{
	mnl_attr_parse(nlh, 4, each_sought, data);
}

uint64_t stats_counter(uint32_t which_scope, const char *name)
{
	static const struct key scope[] = {
		{ .name = "scope", .type = ARG_U32,
		  .attr = SAMR_A_STATS_SCOPE },
		{ }
	};
	static const struct verb get = { .cmd = SAMR_CMD_STATS_GET,
					 .keys = scope };
	const struct arg args[KEYS_MAX] = {
		{ .text = "", .num = which_scope },
	};
	uint64_t value = 0;
	struct sought s = { .name = name, .value = &value };

	nl_try(&get, args, seek, &s, ENOENT);
	return value;
}

static const struct verb verbs[] = {
	{ "show", "counters; only those that are not 0 unless all are asked for; or all that is known, as text for Prometheus",
	  SAMR_CMD_STATS_GET, show_keys, show },
	{ "latency", "how long own messages take to their place, to delivery, and to be stable; drawn",
	  SAMR_CMD_STATS_GET, NULL, latency_show },
	{ }
};

const struct object stats_object = {
	"stats", "what was done and what was dropped", verbs
};
