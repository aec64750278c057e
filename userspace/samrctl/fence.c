// SPDX-License-Identifier: GPL-2.0
/* Heads that have to be fenced, and the admin's word that they are. */
#include <errno.h>
#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include <linux/samr.h>
#include <linux/samr_netlink.h>

#include "fence_power.h"
#include "nl.h"
#include "print.h"
#include "samrctl.h"

static const char *reason(uint32_t why)
{
	switch (why) {
	case SAMR_FENCE_REASON_BLOCKED:
		return "blocked";
	case SAMR_FENCE_REASON_EXCLUDED:
		return "excluded";
	}
	return "?";
}

void fence_print(const struct nlattr **tb)
{
	uint32_t why = nl_u32(tb[SAMR_A_FENCE_WHY]);

	print_num("node", nl_u64(tb[SAMR_A_FENCE_NODE]));
	print_hex("incarnation", nl_u64(tb[SAMR_A_FENCE_INCARNATION]));
	if (!tb[SAMR_A_FENCE_TOKEN])
		return;
	if (tb[SAMR_A_FENCE_WHY])
		print_word("why", reason(why),
			   why == SAMR_FENCE_REASON_BLOCKED ? BAD : WARN);
	print_mark("done", tb[SAMR_A_FENCE_DONE], GOOD);
	print_num("epoch", nl_u64(tb[SAMR_A_FENCE_EPOCH]));
	print_ms("age", nl_u64(tb[SAMR_A_FENCE_AGE_MS]));
	print_hex("token", nl_u64(tb[SAMR_A_FENCE_TOKEN]));
}

/**
 * struct wish - which fences to show
 * @done: those that are done, too
 * @shown: so many were
 */
struct wish {
	bool done;
	size_t shown;
};

static void show_one(const struct nlmsghdr *nlh, void *data)
{
	const struct nlattr *tb[ATTRS_MAX];
	struct wish *w = data;

	nl_attrs(nlh, tb);
	if (tb[SAMR_A_FENCE_DONE] && !w->done)
		return;
	w->shown++;
	print_object(NULL, NULL);
	fence_print(tb);
	if (!tb[SAMR_A_FENCE_DONE])
		print_note(WARN, "    once node %" PRIu64 " is off: samrctl fence "
			   "confirm %" PRIu64, nl_u64(tb[SAMR_A_FENCE_NODE]),
			   nl_u64(tb[SAMR_A_FENCE_NODE]));
	print_end();
}

static size_t show_all(const struct verb *v, bool done)
{
	struct wish w = { .done = done };
	struct nl_answer answer;

	nl_fetch(v, NULL, &answer);
	print_list(NULL);
	nl_each(&answer, show_one, &w);
	print_end();
	return w.shown;
}

void fence_message(const struct nlmsghdr *nlh, void *data)
{
	struct wish w = { };

	(void)data;
	show_one(nlh, &w);
}

static int show(const struct verb *v, const struct arg *args)
{
	struct wish w = { .done = true };

	if (args[0].text)
		nl_do(v, args, show_one, &w);
	else if (!show_all(v, false))
		print_note(GOOD, "nobody has to be fenced");
	return EXIT_OK;
}

static int list(const struct verb *v, const struct arg *args)
{
	(void)args;
	show_all(v, true);
	return EXIT_OK;
}

/* ---- confirm ---- */

/* In the order of confirm_keys. */
enum { NODE, INCARNATION, TOKEN, YES };

static const struct key get_keys[] = {
	{ .name = "node", .type = ARG_NODE, .attr = SAMR_A_FENCE_NODE, .min = 1,
	  .max = SAMR_HEAD_MAX, .bare = true },
	{ }
};

static const struct verb get = { .name = "show", .cmd = SAMR_CMD_FENCE_GET,
				 .keys = get_keys };

/**
 * struct request - the fence of a head
 * @node: the head
 * @inc: its incarnation
 * @token: of the request
 * @why: enum samr_fence_reason; 0: it is done
 * @age: ms since it was asked for
 */
struct request {
	uint64_t node;
	uint64_t inc;
	uint64_t token;
	uint32_t why;
	uint64_t age;
};

static void take(const struct nlmsghdr *nlh, void *data)
{
	const struct nlattr *tb[ATTRS_MAX];
	struct request *r = data;

	nl_attrs(nlh, tb);
	r->node = nl_u64(tb[SAMR_A_FENCE_NODE]);
	r->inc = nl_u64(tb[SAMR_A_FENCE_INCARNATION]);
	r->token = nl_u64(tb[SAMR_A_FENCE_TOKEN]);
	r->why = nl_u32(tb[SAMR_A_FENCE_WHY]);
	r->age = nl_u64(tb[SAMR_A_FENCE_AGE_MS]);
}

static void ask(const struct request *r)
{
	power_ask("Node %" PRIu64 ", incarnation %016" PRIx64 ", shall count as "
		  "fenced, asked for since %" PRIu64 " s:\n%s\n"
		  "Confirm it only when that node does nothing any more: its "
		  "power is off, or it has\nbeen started anew since. If it "
		  "still runs, data will be lost.",
		  r->node, r->inc, r->age / 1000,
		  r->why == SAMR_FENCE_REASON_BLOCKED ?
		  "nothing is ordered until then (blocked)." :
		  "the others have gone on without it (excluded).");
}

static void send_confirmation(const struct verb *v, const struct arg *args,
			      const struct request *r)
{
	struct arg full[KEYS_MAX] = { };

	full[NODE] = args[NODE];
	full[INCARNATION] = (struct arg){ .text = "", .num = r->inc };
	full[TOKEN] = (struct arg){ .text = "", .num = r->token };
	/* Without the privilege, or because samrd has the fencing role. */
	if (nl_try(v, full, NULL, NULL, EPERM) &&
	    !power_confirm(r->node, r->inc, r->token))
		nl_do(v, full, NULL, NULL);
}

static int confirm(const struct verb *v, const struct arg *args)
{
	struct request r = { };

	if (!args[INCARNATION].text != !args[TOKEN].text)
		die(EXIT_USAGE, "fence confirm: 'incarnation' and 'token' "
		    "belong together");
	if (args[TOKEN].text) {
		r = (struct request){ .node = args[NODE].num,
				      .inc = args[INCARNATION].num,
				      .token = args[TOKEN].num };
		send_confirmation(v, args, &r);
		return EXIT_OK;
	}
	nl_do(&get, args, take, &r);
	if (!r.why) {
		print_note(PLAIN, "node %" PRIu64 " counts as fenced already",
			   r.node);
		return EXIT_OK;
	}
	if (!args[YES].text && !isatty(STDIN_FILENO))
		die(EXIT_USAGE, "no terminal to ask on: say 'samrctl fence "
		    "confirm %" PRIu64 " yes' when that node is off", r.node);
	if (!args[YES].text)
		ask(&r);
	send_confirmation(v, args, &r);
	return EXIT_OK;
}

static const struct key confirm_keys[] = {
	[NODE] = { .name = "node", .type = ARG_NODE, .attr = SAMR_A_FENCE_NODE,
		   .required = true, .min = 1, .max = SAMR_HEAD_MAX,
		   .bare = true },
	[INCARNATION] = { .name = "incarnation", .type = ARG_HEX,
			  .attr = SAMR_A_FENCE_INCARNATION },
	[TOKEN] = { .name = "token", .type = ARG_HEX,
		    .attr = SAMR_A_FENCE_TOKEN },
	[YES] = { .name = "yes", .type = ARG_FLAG },
	{ }
};

static const struct verb verbs[] = {
	{ "show", "who has to be fenced, why, and since when; or one head's fence, also when it is done",
	  SAMR_CMD_FENCE_GET, get_keys, show },
	{ "list", "all that are known, also those that are done",
	  SAMR_CMD_FENCE_GET, NULL, list },
	{ "confirm", "that head does nothing any more, its power is off; asks first, but with yes",
	  SAMR_CMD_FENCE_CONFIRM, confirm_keys, confirm },
	{ "devices", "what can cut whose power, and how that went last",
	  0, NULL, power_devices },
	{ "status", "read the power status of a node from its devices",
	  0, power_look_keys, power_status },
	{ "test", "log in to all devices, or to those of one node, and read the power status; changes nothing",
	  0, power_test_keys, power_test },
	{ "off", "cut the power of a node, and see that it is off; asks first, but with yes",
	  0, power_cut_keys, power_off },
	{ "on", "switch a node on", 0, power_look_keys, power_on },
	{ "cycle", "off, and when that is sure, on; asks first, but with yes",
	  0, power_cut_keys, power_cycle },
	{ }
};

const struct object fence_object = {
	"fence", "heads that must be made sure to do nothing any more", verbs
};

/* ---- for those who wait ---- */

static void add_blocked(const struct nlmsghdr *nlh, void *data)
{
	struct request r;

	take(nlh, &r);
	if (r.why == SAMR_FENCE_REASON_BLOCKED)
		*(uint64_t *)data |= 1ULL << r.node;
}

uint64_t fence_blocked(void)
{
	struct nl_answer answer;
	uint64_t nodes = 0;

	nl_fetch(&get, NULL, &answer);
	nl_each(&answer, add_blocked, &nodes);
	return nodes;
}
