// SPDX-License-Identifier: GPL-2.0
/*
 * The metrics, in the text format of Prometheus: what "samrctl stats
 * --prometheus" prints, as a node exporter's textfile collector takes it.
 *
 * A family's lines stand together, whatever its labels. So the counters of the
 * kernel are collected first, and written family by family.
 */
#include <inttypes.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <linux/samr_netlink.h>

#include "latency.h"
#include "print.h"
#include "samrctl.h"
#include "status.h"

/* To base units. */
#define NS	1e-9
#define MS	1e-3

/**
 * struct family - counters of the kernel that make one metric
 * @metric: its name, or NULL for counters that put_groups() tells in parts
 * @type: "counter" or "gauge"
 * @help: what it is
 * @label: the label that tells them apart, or NULL
 * @scope: enum samr_stats_scope
 * @scale: of the kernel's unit
 * @members: names in the kernel, each with the label's value behind a colon, or
 *	alone where there is no label; "*": all of the scope, under their own names
 */
struct family {
	const char *metric;
	const char *type;
	const char *help;
	const char *label;
	uint32_t scope;
	double scale;
	const char *members[12];
};

#define ORDER	SAMR_STATS_SCOPE_ORDER
#define DROPS	SAMR_STATS_SCOPE_DROPS
#define HEAD	SAMR_STATS_SCOPE_HEAD
#define LINK	SAMR_STATS_SCOPE_LINK

static const struct family families[] = {
	{ "samr_order_position", "gauge",
	  "Positions in the order: last known to be taken, held without a gap, delivered, stable, no longer kept.",
	  "what", ORDER, 1,
	  { "last:last", "held:held", "delivered:delivered", "stable:stable",
	    "trimmed:trimmed" } },
	{ "samr_order_submitted_total", "counter",
	  "Own messages taken for the order.", NULL, ORDER, 1,
	  { "submitted" } },
	{ "samr_order_sequenced_total", "counter",
	  "Messages given a place by this head, as the sequencer.", NULL,
	  ORDER, 1, { "ordered" } },
	{ "samr_order_frames_total", "counter", "Frames of the order.",
	  "direction", ORDER, 1, { "frames-in:in", "frames-out:out" } },
	{ "samr_order_records_total", "counter",
	  "Records in frames of the order.", "direction", ORDER, 1,
	  { "records-in:in", "records-out:out" } },
	{ "samr_order_nacks_total", "counter",
	  "Requests for what was lacking.", "direction", ORDER, 1,
	  { "nacks-in:in", "nacks-out:out" } },
	{ "samr_order_repairs_total", "counter",
	  "Answers to requests for what was lacking.", NULL, ORDER, 1,
	  { "repairs" } },
	{ "samr_order_suppressed_total", "counter",
	  "Answers not sent, as one was on its way.", NULL, ORDER, 1,
	  { "suppressed" } },
	{ "samr_order_resent_total", "counter",
	  "Own messages repeated unasked.", NULL, ORDER, 1, { "resent" } },
	{ "samr_order_refused_total", "counter",
	  "Messages refused for want of room: the sender got EAGAIN or waited.",
	  NULL, ORDER, 1, { "refused" } },
	{ NULL, NULL, NULL, NULL, ORDER, 1, { "sessions" } },
	{ "samr_sessions_expired_total", "counter",
	  "Sessions that ended as nobody was heard of them.", NULL, ORDER, 1,
	  { "sessions-expired" } },
	{ "samr_requests_total", "counter",
	  "Requests of clients at their places: executed, or refused for whatever reason.",
	  "what", ORDER, 1,
	  { "requests:executed", "requests-refused:refused" } },
	{ "samr_replies_total", "counter",
	  "Replies that clients of this head were given.", NULL, ORDER, 1,
	  { "replies" } },
	{ "samr_reply_asks_total", "counter",
	  "Other heads asked for replies that no member here will make.", NULL,
	  ORDER, 1, { "reply-asks" } },
	{ "samr_history_bytes", "gauge",
	  "Bytes kept for heads that may lack them.", NULL, ORDER, 1,
	  { "history-bytes" } },
	{ "samr_recovery_seconds_sum", "summary",
	  "Time from the last that was heard of failed heads to the view without them.",
	  NULL, ORDER, NS, { "recovery-ns" } },
	{ "samr_recovery_seconds_count", "", NULL, NULL, ORDER, 1,
	  { "recoveries" } },
	{ "samr_recovery_last_seconds", "gauge",
	  "The same, of the last failure.", NULL, ORDER, NS,
	  { "recovery-ns-last" } },
	{ "samr_recovery_max_seconds", "gauge",
	  "The same, of the one that took longest.", NULL, ORDER, NS,
	  { "recovery-ns-max" } },
	{ "samr_dropped_total", "counter",
	  "Frames and records not taken, by reason.", "reason", DROPS, 1,
	  { "*" } },
	{ "samr_frames_total", "counter",
	  "Frames for and from the order, before those of it that are dropped.",
	  "direction", HEAD, 1, { "frames-in:in", "frames-out:out" } },
	{ "samr_probes_total", "counter",
	  "Probes of links and answers to them.", "direction", HEAD, 1,
	  { "link-in:in", "link-out:out" } },
	{ "samr_delivered_total", "counter", "Messages handed to sockets.",
	  NULL, HEAD, 1, { "delivered" } },
	{ "samr_copied_total", "counter",
	  "Received frames copied out of a driver's memory.", NULL, HEAD, 1,
	  { "copied" } },
	{ "samr_rounds_total", "counter",
	  "Runs of the one that does the work.", NULL, HEAD, 1, { "rounds" } },
	{ "samr_rounds_handed_over_total", "counter",
	  "Of these, those that ended at their limit.", NULL, HEAD, 1,
	  { "handed-over" } },
	{ "samr_timers_total", "counter", "Deadlines that passed.", NULL, HEAD,
	  1, { "timer" } },
	{ "samr_install_restarts_total", "counter",
	  "Members that fell behind while they were given the state, and began anew.",
	  NULL, HEAD, 1, { "install-behind" } },
	{ "samr_receive_dropped_total", "counter",
	  "Received frames lost before the order saw them, by reason.",
	  "reason", HEAD, 1,
	  { "drop-foreign:foreign", "drop-stranger:stranger",
	    "drop-queue:queue", "drop-memory:memory",
	    "drop-probe:probe", "drop-probe-source:probe-source",
	    "drop-probe-rate:probe-rate", "drop-ended:ended" } },
	{ "samr_transmit_dropped_total", "counter",
	  "Frames that could not be sent, by reason.", "reason", HEAD, 1,
	  { "tx-no-link:no-link", "tx-no-address:no-address",
	    "tx-too-long:too-long", "tx-queue:queue", "tx-memory:memory",
	    "tx-device:device" } },
	{ "samr_link_frames_total", "counter", "Frames of a link.",
	  "direction", LINK, 1, { "rx-frames:in", "tx-frames:out" } },
	{ "samr_link_bytes_total", "counter", "Bytes of these frames.",
	  "direction", LINK, 1, { "rx-bytes:in", "tx-bytes:out" } },
	{ "samr_link_dropped_total", "counter", "Frames lost at a link.",
	  "direction", LINK, 1, { "rx-dropped:in", "tx-dropped:out" } },
	{ "samr_link_queued_frames", "gauge",
	  "Frames that wait for the device now.", NULL, LINK, 1,
	  { "tx-queued" } },
	{ "samr_link_waited_total", "counter",
	  "Frames that had to wait for the device.", NULL, LINK, 1,
	  { "tx-waited" } },
	{ "samr_link_probes_total", "counter", "Probes sent on a link.", NULL,
	  LINK, 1, { "probes-out" } },
	{ "samr_link_probe_answers_total", "counter",
	  "Answers to them that counted.", NULL, LINK, 1, { "answers-in" } },
	{ "samr_link_probe_rounds_total", "counter", "Rounds of probes.", NULL,
	  LINK, 1, { "rounds" } },
	{ "samr_link_pulses_total", "counter",
	  "Pulses on a link, by which it is known in time whom it leads to.",
	  "direction", LINK, 1, { "pulses-in:in", "pulses-out:out" } },
	{ "samr_link_breaks_total", "counter",
	  "How often the way to a head broke on a link.", NULL, LINK, 1,
	  { "breaks" } },
};

#define FAMILIES	(sizeof(families) / sizeof(*families))

/**
 * struct counter - one of the kernel
 * @scope: enum samr_stats_scope
 * @dev: of the link, or ""
 * @name: its name
 * @value: its value
 * @written: under a family of the table
 */
struct counter {
	uint32_t scope;
	char dev[32];
	char name[32];
	uint64_t value;
	bool written;
};

static struct {
	struct counter *counter;
	size_t n;
	const char *cluster;
} all;

/* ---- collecting ---- */

/**
 * struct group - the counters of a message
 * @scope: enum samr_stats_scope
 * @dev: of the link, or ""
 */
struct group {
	uint32_t scope;
	const char *dev;
};

static int each_counter(const struct nlattr *a, void *data)
{
	const struct nlattr *tb[ATTRS_MAX];
	const struct group *g = data;
	struct counter *c;

	if (mnl_attr_get_type(a) != SAMR_A_STATS_COUNTER)
		return MNL_CB_OK;
	nl_nested(a, tb);
	all.counter = realloc(all.counter, (all.n + 1) * sizeof(*c));
	if (!all.counter)
		die(EXIT_REFUSED, "no memory");
	c = &all.counter[all.n++];
	*c = (struct counter){
		.scope = g->scope, .value = nl_u64(tb[SAMR_A_COUNTER_VALUE]),
	};
	snprintf(c->dev, sizeof(c->dev), "%s", g->dev);
	snprintf(c->name, sizeof(c->name), "%s",
		 nl_str(tb[SAMR_A_COUNTER_NAME]));
	return MNL_CB_OK;
}

static void collect(const struct nlmsghdr *nlh, void *data)
{
	const struct nlattr *tb[ATTRS_MAX];
	char label[LINK_LABEL_MAX];
	struct group g;

	(void)data;
	nl_attrs(nlh, tb);
	g.scope = nl_u32(tb[SAMR_A_STATS_SCOPE]);
	g.dev = link_label(tb[SAMR_A_STATS_DEV], tb[SAMR_A_STATS_KIND], label);
	mnl_attr_parse(nlh, 4, each_counter, &g);
}

/* ---- writing ---- */

static void begin(const char *metric, const char *type, const char *help)
{
	printf("# HELP %s %s\n# TYPE %s %s\n", metric, help, metric, type);
}

static void put_quoted(const char *s)
{
	putchar('"');
	for (; *s; s++) {
		if (*s == '\n')
			fputs("\\n", stdout);
		else if (*s == '"' || *s == '\\')
			printf("\\%c", *s);
		else
			putchar(*s);
	}
	putchar('"');
}

/* Pairs of a label's name and its value follow, NULL at the end. */
static void put(const char *metric, double value, ...)
	__attribute__((sentinel));

static void put(const char *metric, double value, ...)
{
	const char *name;
	va_list args;

	printf("%s{cluster=", metric);
	put_quoted(all.cluster);
	va_start(args, value);
	while ((name = va_arg(args, const char *))) {
		printf(",%s=", name);
		put_quoted(va_arg(args, const char *));
	}
	va_end(args);
	/* Counters to the last digit, times as exact as the kernel's. */
	printf(value == (double)(uint64_t)value ? "} %.0f\n" : "} %.12g\n",
	       value);
}

static void put_counter(const struct family *fam, struct counter *c,
			const char *label)
{
	double value = c->value * fam->scale;

	c->written = true;
	if (!fam->metric)
		return;
	if (*c->dev && label)
		put(fam->metric, value, "link", c->dev, fam->label, label, NULL);
	else if (*c->dev)
		put(fam->metric, value, "link", c->dev, NULL);
	else if (label)
		put(fam->metric, value, fam->label, label, NULL);
	else
		put(fam->metric, value, NULL);
}

/* Those of @fam with the name and label that @member says. */
static void put_member(const struct family *fam, const char *member)
{
	size_t len = strcspn(member, ":");
	const char *label = member[len] ? member + len + 1 : NULL;
	struct counter *c;

	for (c = all.counter; c < all.counter + all.n; c++) {
		if (c->scope != fam->scope)
			continue;
		if (*member == '*')
			put_counter(fam, c, c->name);
		else if (strlen(c->name) == len &&
			 !memcmp(c->name, member, len))
			put_counter(fam, c, label);
	}
}

/* "summary" has a name of its own, without the ending of its parts. */
static void put_family(const struct family *fam)
{
	char name[64];
	size_t i;

	if (fam->metric && !strcmp(fam->type, "summary")) {
		snprintf(name, sizeof(name), "%.*s",
			 (int)(strlen(fam->metric) - strlen("_sum")),
			 fam->metric);
		begin(name, fam->type, fam->help);
	} else if (fam->help) {
		begin(fam->metric, fam->type, fam->help);
	}
	for (i = 0; i < sizeof(fam->members) / sizeof(*fam->members) &&
	     fam->members[i]; i++)
		put_member(fam, fam->members[i]);
}

/* All that took no longer than the end of a doubling, up to each; then all. */
static void put_histogram(const struct histogram *h, void *data)
{
	uint64_t within = 0;
	char end[24];
	uint32_t i;

	(void)data;
	for (i = 0; i + 1 < h->steps; i++) {
		within += h->count[i];
		if (i % 4)
			continue;
		snprintf(end, sizeof(end), "%.9g", latency_from(i + 1) * NS);
		put("samr_latency_seconds_bucket", within, "until", h->name,
		    "le", end, NULL);
	}
	put("samr_latency_seconds_bucket", h->total, "until", h->name, "le",
	    "+Inf", NULL);
	put("samr_latency_seconds_sum", h->sum * NS, "until", h->name, NULL);
	put("samr_latency_seconds_count", h->total, "until", h->name, NULL);
}

static void put_latency(const struct nlmsghdr *nlh, void *data)
{
	latency_each(nlh, put_histogram, data);
}

/* What a newer kernel counts. */
static void put_unknown(void)
{
	static const char *const scopes[] = { "order", "drops", "head",
					      "latency", "link" };
	struct counter *c;
	bool begun = false;

	for (c = all.counter; c < all.counter + all.n; c++) {
		if (c->written || c->scope > LINK)
			continue;
		if (!begun)
			begin("samr_other", "untyped",
			      "Counters that this version of samrctl does not know.");
		begun = true;
		put("samr_other", c->value, "scope", scopes[c->scope], "link",
		    c->dev, "name", c->name, NULL);
	}
}

/* ---- states ---- */

static void put_verdict(const struct facts *f)
{
	struct findings v;
	int i;

	verdict_find(f, &v);
	begin("samr_verdict", "gauge",
	      "1 for what samrctl status says first, 0 for the others.");
	for (i = VERDICT_HEALTHY; i <= VERDICT_HALTED; i++)
		put("samr_verdict", i == (int)v.verdict, "verdict",
		    verdict_word(i), NULL);
}

static void put_module(const struct facts *f)
{
	begin("samr_module_loaded", "gauge", "1: samr.ko is loaded.");
	put("samr_module_loaded", f->loaded, NULL);
	begin("samr_samrd_running", "gauge",
	      "1: samrd answers, and is about this head.");
	put("samr_samrd_running", f->samrd.running && !f->samrd.foreign, NULL);
}

static void put_view(const struct facts *f)
{
	char node[12];
	uint32_t s;

	snprintf(node, sizeof(node), "%u", f->node);
	begin("samr_head_info", "gauge", "1, with the id of this head.");
	put("samr_head_info", 1, "node", node, NULL);
	begin("samr_state", "gauge", "1 for the state of this head, 0 for the others.");
	for (s = SAMR_RUN_STATE_DOWN; s <= SAMR_RUN_STATE_LEAVING; s++)
		put("samr_state", f->state == s, "state", cluster_state(s), NULL);
	begin("samr_view_epoch", "gauge", "Number of the view; 0: there is none.");
	put("samr_view_epoch", f->epoch, NULL);
	begin("samr_view_members", "gauge", "Heads in the view, the witness among them.");
	put("samr_view_members", f->orders, NULL);
	begin("samr_view_holders", "gauge",
	      "Heads that must hold a message for it to be stable.");
	put("samr_view_holders", f->holders, NULL);
	begin("samr_wedged_seconds", "gauge",
	      "Time since nothing is ordered any more; 0: it is.");
	put("samr_wedged_seconds", f->wedged_ms * MS, NULL);
}

/* A metric of each configured head; @skip_self: of the others. */
#define EACH_HEAD(f, metric, help, skip_self, value) do {		\
	int id_;							\
	begin(metric, "gauge", help);					\
	for (id_ = 1; id_ < FACT_IDS; id_++) {				\
		const struct fact_head *h = &(f)->head[id_];		\
		char text_[12];						\
									\
		if (!h->configured || ((skip_self) && h->self))		\
			continue;					\
		snprintf(text_, sizeof(text_), "%d", id_);		\
		put(metric, value, "node", text_, NULL);		\
	}								\
} while (0)

static void put_heads(const struct facts *f)
{
	int id;

	EACH_HEAD(f, "samr_node_in_view", "1: the head is in the view.", false,
		  h->in_view);
	EACH_HEAD(f, "samr_node_links",
		  "Links on which the head is heard.", true, h->links);
	EACH_HEAD(f, "samr_node_held_position",
		  "The head holds the order without a gap up to here.", false,
		  h->held);
	EACH_HEAD(f, "samr_node_fence_wanted",
		  "1: that the head is off has to be made sure of.", true,
		  h->fence != 0);
	begin("samr_node_silent_seconds", "gauge",
	      "Time since something of the order came from the head.");
	for (id = 1; id < FACT_IDS; id++) {
		const struct fact_head *h = &f->head[id];
		char node[12];

		if (!h->configured || h->self || !h->silent_known)
			continue;
		snprintf(node, sizeof(node), "%d", id);
		put("samr_node_silent_seconds", h->silent_ms * MS, "node", node,
		    NULL);
	}
	begin("samr_fence_wanted_seconds", "gauge",
	      "Time since a fence is asked for, by reason.");
	for (id = 1; id < FACT_IDS; id++) {
		const struct fact_head *h = &f->head[id];
		char node[12];

		if (!h->fence)
			continue;
		snprintf(node, sizeof(node), "%d", id);
		put("samr_fence_wanted_seconds", h->fence_ms * MS, "node", node,
		    "reason", h->fence == SAMR_FENCE_REASON_BLOCKED ?
		    "blocked" : "excluded", NULL);
	}
}

static void put_links(const struct facts *f)
{
	const struct fact_link *l, *end = f->link + f->links;
	char node[12];
	int id;

	begin("samr_link_up", "gauge", "1: another head answers on the link.");
	for (l = f->link; l < end; l++)
		put("samr_link_up", l->state == SAMR_CARRIER_UP, "link",
		    *l->dev ? l->dev : l->kind, NULL);
	begin("samr_link_frame_max_bytes", "gauge",
	      "Largest frame that all who are heard on the link get.");
	for (l = f->link; l < end; l++)
		put("samr_link_frame_max_bytes", l->frame_max, "link",
		    *l->dev ? l->dev : l->kind, NULL);
	begin("samr_path_heard", "gauge", "1: the head is heard on the link.");
	for (l = f->link; l < end; l++) {
		for (id = 1; id < FACT_IDS; id++) {
			if (!l->path[id].there)
				continue;
			snprintf(node, sizeof(node), "%d", id);
			put("samr_path_heard", l->path[id].heard, "link",
			    *l->dev ? l->dev : l->kind, "node", node, NULL);
		}
	}
}

/* A metric of each service. */
static void put_group(const struct facts *f, const char *metric,
		      const char *help, double (*value)(const struct fact_group *))
{
	const struct fact_group *g;
	char id[16];

	begin(metric, "gauge", help);
	for (g = f->group; g < f->group + f->groups; g++) {
		snprintf(id, sizeof(id), "%u", g->id);
		put(metric, value(g), "group", id, "name", g->name, NULL);
	}
}

static double members(const struct fact_group *g) { return g->members; }
static double joined(const struct fact_group *g) { return g->joined; }
static double unread(const struct fact_group *g) { return g->unread; }
static double unread_bytes(const struct fact_group *g) { return g->unread_bytes; }
static double consumed(const struct fact_group *g) { return g->consumed; }
static double sessions(const struct fact_group *g) { return g->sessions; }
static double detached(const struct fact_group *g) { return g->detached; }
static double requests(const struct fact_group *g) { return g->requests; }
static double replies(const struct fact_group *g) { return g->replies; }
static double reply_bytes(const struct fact_group *g) { return g->reply_bytes; }

static void put_groups(const struct facts *f)
{
	put_group(f, "samr_group_members", "Members of the service on all heads.",
		  members);
	put_group(f, "samr_group_local_members",
		  "Members of the service on this head.", joined);
	put_group(f, "samr_group_unread_messages",
		  "Messages that members on this head have not read.", unread);
	put_group(f, "samr_group_unread_bytes", "Bytes of these.",
		  unread_bytes);
	put_group(f, "samr_group_consumed_position",
		  "Position up to which all members on this head have read.",
		  consumed);
	put_group(f, "samr_group_sessions",
		  "Sessions of clients of the service.", sessions);
	put_group(f, "samr_group_detached_sessions",
		  "Of these, those that wait for their clients to come back.",
		  detached);
	put_group(f, "samr_group_open_requests",
		  "Requests whose replies their clients have not acknowledged.",
		  requests);
	put_group(f, "samr_group_kept_replies",
		  "Replies to these that this head keeps.", replies);
	put_group(f, "samr_group_kept_reply_bytes", "Bytes of these.",
		  reply_bytes);
}

int stats_prometheus(const struct verb *v)
{
	struct nl_answer answer;
	struct facts f;
	size_t i;

	facts_gather(&f);
	all.cluster = f.name;
	put_module(&f);
	put_verdict(&f);
	if (f.cluster) {
		nl_fetch(v, NULL, &answer);
		nl_walk(&answer, collect, NULL);
		put_view(&f);
		put_heads(&f);
		put_links(&f);
		put_groups(&f);
		for (i = 0; i < FAMILIES; i++)
			put_family(&families[i]);
		begin("samr_latency_seconds", "histogram",
		      "Time from the taking of an own message to its place in the order, its delivery here, its being stable.");
		nl_walk(&answer, put_latency, NULL);
		nl_free(&answer);
		put_unknown();
	}
	free(all.counter);
	facts_free(&f);
	return EXIT_OK;
}
