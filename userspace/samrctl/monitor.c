// SPDX-License-Identifier: GPL-2.0
/* Events, as they come. */
#include <stdio.h>
#include <string.h>
#include <stdlib.h>
#include <sys/time.h>
#include <time.h>

#include <linux/samr_netlink.h>

#include "nl.h"
#include "print.h"
#include "samrctl.h"

/**
 * struct source - an object that events are about
 * @name: as typed
 * @cmd: of its notifications
 * @event: its attribute with enum samr_ntf_event
 * @print: what the notification says, or NULL where it is done by hand
 * @view: it is about the view of heads, and who takes part in it
 */
struct source {
	const char *name;
	uint8_t cmd;
	uint16_t event;
	void (*print)(const struct nlattr **tb);
	bool view;
};

/* A node's events have a node's state, or name the link where it is heard. */
static void print_node(const struct nlattr **tb)
{
	if (!tb[SAMR_A_NODE_HELD]) {
		print_num("id", nl_u64(tb[SAMR_A_NODE_ID]));
		if (tb[SAMR_A_NODE_DEV])
			print_str("link", nl_str(tb[SAMR_A_NODE_DEV]));
		return;
	}
	node_print(tb);
}

static const struct source sources[] = {
	{ "cluster", SAMR_CMD_CLUSTER_NTF, SAMR_A_CLUSTER_EVENT,
	  cluster_print, true },
	{ "node", SAMR_CMD_NODE_NTF, SAMR_A_NODE_EVENT, print_node, false },
	{ "link", SAMR_CMD_LINK_NTF, SAMR_A_LINK_EVENT, link_print, false },
	{ "group", SAMR_CMD_GROUP_NTF, SAMR_A_GROUP_EVENT, group_print, false },
	{ "view", SAMR_CMD_VIEW_NTF, SAMR_A_VIEW_EVENT, NULL, true },
	{ "fence", SAMR_CMD_FENCE_NTF, SAMR_A_FENCE_EVENT, fence_print, true },
};

#define SOURCES (sizeof(sources) / sizeof(*sources))

/* The names of @sources, in their order. */
static const char *const objects[] = {
	"cluster", "node", "link", "group", "view", "fence", NULL,
};

static const struct source *only;
static bool of_view;	/* only those, on one line each */

static const char *event_name(uint32_t event)
{
	static const char *const names[] = {
		[SAMR_NTF_EVENT_ADD]	= "add",
		[SAMR_NTF_EVENT_DEL]	= "del",
		[SAMR_NTF_EVENT_CHANGE]	= "change",
		[SAMR_NTF_EVENT_HEARD]	= "heard",
		[SAMR_NTF_EVENT_LOST]	= "lost",
		[SAMR_NTF_EVENT_HALTED]	= "halted",
		[SAMR_NTF_EVENT_OUT]	= "out",
	};

	return event && event < sizeof(names) / sizeof(*names) ?
	       names[event] : "?";
}

/* Begin the line or object of an event. */
static void begin(const char *object, const char *event)
{
	char stamp[48], head[96];
	struct timeval now;
	struct tm tm;
	size_t len;

	gettimeofday(&now, NULL);
	localtime_r(&now.tv_sec, &tm);
	len = strftime(stamp, sizeof(stamp), "%Y-%m-%dT%H:%M:%S", &tm);
	len += snprintf(stamp + len, sizeof(stamp) - len, ".%06ld",
			(long)now.tv_usec);
	/* RFC 3339 wants a colon in the zone. */
	len += strftime(stamp + len, sizeof(stamp) - len, "%z", &tm);
	if (len > 2)
		memmove(stamp + len - 1, stamp + len - 2, 3);
	stamp[len - 2] = ':';

	snprintf(head, sizeof(head), "%s %s %s", stamp, object, event);
	print_object(NULL, head);
	if (!print_json())
		return;
	print_str("time", stamp);
	print_str("object", object);
	print_str("event", event);
}

static void heard(const struct nlmsghdr *nlh, void *data)
{
	const struct nlattr *tb[ATTRS_MAX];
	const struct source *s;

	(void)data;
	for (s = sources; s < sources + SOURCES; s++) {
		if (s->cmd != nl_cmd(nlh) || (only && only != s) ||
		    (of_view && !s->view))
			continue;
		nl_attrs(nlh, tb);
		begin(s->name, event_name(nl_u32(tb[s->event])));
		if (s->print)
			s->print(tb);
		else if (of_view)
			view_brief(nlh);
		else
			view_print(nlh);
		print_end();
	}
}

static void lost(void)
{
	begin("monitor", "lost");
	print_end();
}

static const struct key keys[] = {
	{ .name = "object", .type = ARG_WORD, .words = objects },
	{ }
};

static int show(const struct verb *v, const struct arg *args)
{
	(void)v;
	only = args[0].text ? &sources[args[0].num] : NULL;
	nl_listen(heard, lost);
}

void monitor_view(void)
{
	of_view = true;
	nl_listen(heard, lost);
}

static const struct verb verbs[] = {
	{ "show", "events as they come, until interrupted; JSON: one a line",
	  0, keys, show },
	{ }
};

const struct object monitor_object = {
	"monitor", "events: what changes, and when", verbs
};
