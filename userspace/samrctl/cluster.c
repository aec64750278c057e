// SPDX-License-Identifier: GPL-2.0
/* The cluster of this network namespace. */
#include <linux/samr.h>
#include <linux/samr_netlink.h>
#include <string.h>

#include "nl.h"
#include "override.h"
#include "print.h"
#include "samrctl.h"

/* In the order of enum samr_run_state. */
static const char *const states[] = { "down", "up", "waiting", "halted",
				      "learning", "wedged", "leaving" };
static const enum colour state_colours[] = { WARN, GOOD, WARN, BAD,
					     WARN, BAD, WARN };

static const char *const settable[] = { "down", "up", NULL };
static const char *const no_yes[] = { "no", "yes", NULL };
/* Those that make sense by hand: none, and the first of enum samr_saved_flag. */
static const char *const saved_flags[] = { "none", "last-survivor",
					   "left-cleanly", NULL };
static const char *const resiliences[] = { "all", "quorum", NULL };
static const char *const policies[] = { "auto", "majority", "fence", NULL };

#define STATES	(sizeof(states) / sizeof(states[0]))

static void print_limits(const struct nlattr **tb)
{
	uint32_t resilience = nl_u32(tb[SAMR_A_CLUSTER_RESILIENCE]);
	uint32_t policy = nl_u32(tb[SAMR_A_CLUSTER_POLICY]);

	print_object("limits", "limits");
	print_str("resilience", resilience < 2 ? resiliences[resilience] : "?");
	print_str("policy", policy < 3 ? policies[policy] : "?");
	print_us("beat", nl_u32(tb[SAMR_A_CLUSTER_BEAT_US]));
	print_us("dead", nl_u32(tb[SAMR_A_CLUSTER_DEAD_US]));
	print_us("stuck", nl_u32(tb[SAMR_A_CLUSTER_STUCK_US]));
	print_us("reorder", nl_u32(tb[SAMR_A_CLUSTER_REORDER_US]));
	print_us("ack-delay", nl_u32(tb[SAMR_A_CLUSTER_ACK_DELAY_US]));
	print_num("history", nl_u32(tb[SAMR_A_CLUSTER_HISTORY]));
	print_size("history-bytes", nl_u32(tb[SAMR_A_CLUSTER_HISTORY_BYTES]));
	print_num("submits", nl_u32(tb[SAMR_A_CLUSTER_SUBMITS]));
	print_size("submit-bytes", nl_u32(tb[SAMR_A_CLUSTER_SUBMIT_BYTES]));
	print_size("ref-min", nl_u32(tb[SAMR_A_CLUSTER_REF_MIN]));
	print_end();
}

void saved_print(const struct nlattr *epoch, const struct nlattr *members,
		 const struct nlattr *flags, const struct nlattr *config)
{
	uint32_t set = nl_u32(flags);

	if (!epoch)
		return;
	print_num("saved-epoch", nl_u64(epoch));
	print_heads("saved-members", nl_u64(members));
	print_flag("last-survivor", set & SAMR_SAVED_FLAG_LAST_SURVIVOR);
	print_flag("left-cleanly", set & SAMR_SAVED_FLAG_LEFT_CLEANLY);
	print_flag("gone", set & SAMR_SAVED_FLAG_GONE);
	print_flag("forced", set & SAMR_SAVED_FLAG_FORCED);
	print_flag("unreadable", set & SAMR_SAVED_FLAG_UNREADABLE);
	print_flag("armed", set & SAMR_SAVED_FLAG_ARMED);
	if (nl_u32(config))
		print_num("saved-config", nl_u32(config));
}

const char *cluster_state(uint32_t state)
{
	return state < STATES ? states[state] : "?";
}

void cluster_print(const struct nlattr **tb)
{
	uint32_t state = nl_u32(tb[SAMR_A_CLUSTER_STATE]);

	print_word("name", nl_str(tb[SAMR_A_CLUSTER_NAME]), STRONG);
	print_num("id", nl_u32(tb[SAMR_A_CLUSTER_ID]));
	if (nl_u32(tb[SAMR_A_CLUSTER_CLIENT]))
		print_hex("client", nl_u64(tb[SAMR_A_CLUSTER_NODE]));
	else
		print_num("node", nl_u64(tb[SAMR_A_CLUSTER_NODE]));
	print_hex("incarnation", nl_u64(tb[SAMR_A_CLUSTER_INCARNATION]));
	print_word("state", cluster_state(state),
		   state < STATES ? state_colours[state] : PLAIN);
	print_num("sockets", nl_u32(tb[SAMR_A_CLUSTER_SOCKETS]));
	print_num("frame-max", nl_u32(tb[SAMR_A_CLUSTER_FRAME_MAX]));
	print_num("queued", nl_u32(tb[SAMR_A_CLUSTER_QUEUED]));
	if (nl_u32(tb[SAMR_A_CLUSTER_CLIENT])) {
		print_num("access", nl_u64(tb[SAMR_A_CLUSTER_ACCESS]));
		print_num("losses", nl_u64(tb[SAMR_A_CLUSTER_LOSSES]));
		return;
	}
	print_num("clients", nl_u32(tb[SAMR_A_CLUSTER_CLIENTS]));
	if (tb[SAMR_A_CLUSTER_FOUNDERS])
		print_heads("founders", nl_u64(tb[SAMR_A_CLUSTER_FOUNDERS]));
	if (tb[SAMR_A_CLUSTER_FENCE_OWNER])
		print_num("fence-owner", nl_u32(tb[SAMR_A_CLUSTER_FENCE_OWNER]));
	print_flag("keeper", nl_u32(tb[SAMR_A_CLUSTER_KEEPER]));
	saved_print(tb[SAMR_A_CLUSTER_SAVED_EPOCH],
		    tb[SAMR_A_CLUSTER_SAVED_MEMBERS],
		    tb[SAMR_A_CLUSTER_SAVED_FLAGS],
		    tb[SAMR_A_CLUSTER_SAVED_CONFIG]);
}

static void show_one(const struct nlmsghdr *nlh, void *data)
{
	const struct nlattr *tb[ATTRS_MAX];

	(void)data;
	nl_attrs(nlh, tb);
	print_object(NULL, NULL);
	cluster_print(tb);
	print_limits(tb);
	print_end();
}

static int show(const struct verb *v, const struct arg *args)
{
	nl_do(v, args, show_one, NULL);
	return EXIT_OK;
}

static const struct key add_keys[] = {
	{ .name = "name", .type = ARG_NAME, .attr = SAMR_A_CLUSTER_NAME,
	  .required = true, .min = 1, .max = SAMR_NAME_LEN_MAX },
	{ .name = "id", .type = ARG_U32, .attr = SAMR_A_CLUSTER_ID,
	  .required = true, .min = 1, .max = UINT32_MAX },
	{ .name = "node", .type = ARG_U64, .attr = SAMR_A_CLUSTER_NODE,
	  .min = 1, .max = SAMR_HEAD_MAX },
	{ .name = "client", .type = ARG_WORD, .attr = SAMR_A_CLUSTER_CLIENT,
	  .words = no_yes },
	{ .name = "resilience", .type = ARG_WORD,
	  .attr = SAMR_A_CLUSTER_RESILIENCE, .words = resiliences },
	{ .name = "beat", .type = ARG_TIME, .attr = SAMR_A_CLUSTER_BEAT_US,
	  .min = SAMR_BEAT_US_MIN, .max = SAMR_BEAT_US_MAX },
	{ .name = "dead", .type = ARG_TIME, .attr = SAMR_A_CLUSTER_DEAD_US,
	  .min = SAMR_DEAD_US_MIN, .max = SAMR_DEAD_US_MAX },
	{ .name = "stuck", .type = ARG_TIME, .attr = SAMR_A_CLUSTER_STUCK_US,
	  .min = SAMR_STUCK_US_MIN, .max = SAMR_STUCK_US_MAX },
	{ .name = "policy", .type = ARG_WORD, .attr = SAMR_A_CLUSTER_POLICY,
	  .words = policies },
	{ .name = "reorder", .type = ARG_TIME,
	  .attr = SAMR_A_CLUSTER_REORDER_US, .min = SAMR_REORDER_US_MIN,
	  .max = SAMR_REORDER_US_MAX },
	{ .name = "ack-delay", .type = ARG_TIME,
	  .attr = SAMR_A_CLUSTER_ACK_DELAY_US, .min = SAMR_ACK_DELAY_US_MIN,
	  .max = SAMR_ACK_DELAY_US_MAX },
	{ .name = "history", .type = ARG_U32, .attr = SAMR_A_CLUSTER_HISTORY,
	  .min = SAMR_HISTORY_MIN, .max = SAMR_HISTORY_MAX },
	{ .name = "history-bytes", .type = ARG_SIZE,
	  .attr = SAMR_A_CLUSTER_HISTORY_BYTES, .min = SAMR_HISTORY_BYTES_MIN,
	  .max = SAMR_HISTORY_BYTES_MAX },
	{ .name = "submits", .type = ARG_U32, .attr = SAMR_A_CLUSTER_SUBMITS,
	  .min = SAMR_SUBMITS_MIN, .max = SAMR_SUBMITS_MAX },
	{ .name = "submit-bytes", .type = ARG_SIZE,
	  .attr = SAMR_A_CLUSTER_SUBMIT_BYTES, .min = SAMR_SUBMIT_BYTES_MIN,
	  .max = SAMR_SUBMIT_BYTES_MAX },
	{ .name = "ref-min", .type = ARG_SIZE, .attr = SAMR_A_CLUSTER_REF_MIN,
	  .min = SAMR_REF_MIN_MIN, .max = SAMR_REF_MIN_MAX },
	{ }
};

static const struct key set_keys[] = {
	{ .name = "state", .type = ARG_WORD, .attr = SAMR_A_CLUSTER_STATE,
	  .words = settable },
	{ .name = "founders", .type = ARG_HEADS, .attr = SAMR_A_CLUSTER_FOUNDERS,
	  .min = 1, .max = SAMR_HEAD_MAX },
	{ .name = "keeper", .type = ARG_WORD, .attr = SAMR_A_CLUSTER_KEEPER,
	  .words = no_yes },
	{ .name = "saved-epoch", .type = ARG_U64,
	  .attr = SAMR_A_CLUSTER_SAVED_EPOCH, .min = 0, .max = 1ULL << 62 },
	{ .name = "saved-members", .type = ARG_HEADS,
	  .attr = SAMR_A_CLUSTER_SAVED_MEMBERS, .min = 1, .max = SAMR_HEAD_MAX },
	{ .name = "saved-flags", .type = ARG_WORD,
	  .attr = SAMR_A_CLUSTER_SAVED_FLAGS, .words = saved_flags },
	{ .name = "clients", .type = ARG_U32, .attr = SAMR_A_CLUSTER_CLIENTS,
	  .min = 0, .max = SAMR_CLIENTS_MAX },
	{ }
};

static int add(const struct verb *v, const struct arg *args)
{
	const char *node = args[2].text, *client = args[3].text;

	if (!!node == (client && !strcmp(client, "yes")))
		die(EXIT_USAGE, "cluster add needs %s 'node 1..63', of a head, or 'client yes'",
		    node ? "one of" : "either");
	return nl_run(v, args);
}

static const struct verb verbs[] = {
	{ "show", "the cluster, its state and its limits",
	  SAMR_CMD_CLUSTER_GET, NULL, show },
	{ "add", "make this network namespace a head, or a client node",
	  SAMR_CMD_CLUSTER_ADD, add_keys, add },
	{ "set", "up: form the view of the founders, or join that of others; down: leave it; what a daemon keeps",
	  SAMR_CMD_CLUSTER_SET, set_keys, nl_run },
	{ "override", "have samrd start the cluster without the heads that it waits for; asks first, but with yes",
	  0, override_keys, override_run },
	{ "del", "stop being a head, also of a view in force; not while sockets are bound",
	  SAMR_CMD_CLUSTER_DEL, NULL, nl_run },
	{ }
};

const struct object cluster_object = {
	"cluster", "this network namespace's part in a cluster", verbs
};
