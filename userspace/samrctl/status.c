// SPDX-License-Identifier: GPL-2.0
/* What an admin wants to see first, on one screen; exit status by the verdict. */
#include <stdlib.h>

#include "print.h"
#include "samrctl.h"
#include "status.h"

#define WATCH_US	2000000
#define WATCH_US_MIN	100000
#define WATCH_US_MAX	3600000000ULL

static void json_list(const char *key, const struct nl_answer *raw,
		      nl_message *one)
{
	print_list(key);
	nl_walk(raw, one, NULL);
	print_end();
}

static void json_findings(const struct findings *v)
{
	const struct finding *one;

	print_list("findings");
	for (one = v->finding; one < v->finding + v->count; one++) {
		print_object(NULL, NULL);
		print_str("verdict", verdict_word(one->verdict));
		print_str("what", one->what);
		print_str("why", one->why);
		print_str("todo", one->todo);
		print_end();
	}
	print_end();
}

static void json_cluster(const struct nlmsghdr *nlh, void *data)
{
	const struct nlattr *tb[ATTRS_MAX];

	(void)data;
	nl_attrs(nlh, tb);
	print_object("cluster", NULL);
	cluster_print(tb);
	print_end();
}

static void json_samrd(const struct samrd *d)
{
	char *text;

	print_object("samrd", NULL);
	print_flag("configured", d->configured);
	print_flag("running", d->running);
	print_flag("foreign", d->foreign);
	print_str("error", d->error);
	text = d->status ? json_dumps(d->status, JSON_COMPACT) : NULL;
	print_raw("status", text ? text : "null");
	free(text);
	print_end();
}

void status_json(const struct facts *f, const struct findings *v)
{
	print_object(NULL, NULL);
	print_str("verdict", verdict_word(v->verdict));
	print_str("line", v->line);
	print_num("exit-status", verdict_exit(v->verdict));
	json_findings(v);
	if (f->cluster) {
		nl_walk(&f->raw.cluster, json_cluster, NULL);
		nl_walk(&f->raw.view, view_message, "view");
		json_list("fences", &f->raw.fences, fence_message);
		json_list("nodes", &f->raw.nodes, node_message);
		json_list("links", &f->raw.links, link_message);
		json_list("groups", &f->raw.groups, group_message);
		json_list("clients", &f->raw.clients, client_message);
	} else {
		print_null("cluster");
	}
	print_object("module", NULL);
	print_flag("loaded", f->loaded);
	print_num("users", f->users);
	print_end();
	json_samrd(&f->samrd);
	print_end();
}

static int show_once(void)
{
	struct findings v;
	struct facts f;

	facts_gather(&f);
	verdict_find(&f, &v);
	if (print_json())
		status_json(&f, &v);
	else
		status_text(&f, &v);
	facts_free(&f);
	return verdict_exit(v.verdict);
}

static int show(const struct verb *v, const struct arg *args)
{
	(void)v;
	if (!args[0].text)
		return show_once();
	return watch(*args[0].text ? args[0].num : WATCH_US, show_once);
}

static const struct key keys[] = {
	{ .name = "watch", .type = ARG_SECONDS, .optional = true,
	  .min = WATCH_US_MIN, .max = WATCH_US_MAX },
	{ }
};

static const struct verb verbs[] = {
	{ "show", "the verdict, what to do, heads, links, services, fences; exit status 0 healthy, 3 degraded, 4 waiting, 5 stopped here, 6 halted",
	  0, keys, show },
	{ }
};

const struct object status_object = {
	"status", "is it healthy, who is in, what is waited for, what to do",
	verbs
};
