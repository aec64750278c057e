// SPDX-License-Identifier: GPL-2.0
/* Groups: services, as declared here, and their members. */
#include <linux/samr_netlink.h>

#include "nl.h"
#include "print.h"
#include "samrctl.h"

/* In the order of enum samr_diverged_policy. */
static const char *const policies[] = { "report", "expel", "stop", "off", NULL };

/* What happens, and has happened, when members reply differently. */
static void print_diverged(const struct nlattr **tb)
{
	static const char *const results[] = { "?", "open", "tie", "minority" };
	uint32_t policy = nl_u32(tb[SAMR_A_GROUP_DIVERGED_POLICY]);
	uint32_t result;

	print_word("diverged-policy", policy < 4 ? policies[policy] : "?",
		   PLAIN);
	print_mark("stopped", tb[SAMR_A_GROUP_STOPPED], BAD);
	print_mark("differ", tb[SAMR_A_GROUP_DIFFER], BAD);
	if (!tb[SAMR_A_GROUP_DIVERGED])
		return;
	result = nl_u32(tb[SAMR_A_GROUP_DIVERGED_RESULT]);
	print_num("diverged", nl_u64(tb[SAMR_A_GROUP_DIVERGED]));
	print_num("diverged-place", nl_u64(tb[SAMR_A_GROUP_DIVERGED_PLACE]));
	print_word("diverged-result", results[result < 4 ? result : 0], BAD);
	print_heads("diverged-heads", nl_u64(tb[SAMR_A_GROUP_DIVERGED_HEADS]));
}

void group_print(const struct nlattr **tb)
{
	print_num("id", nl_u32(tb[SAMR_A_GROUP_ID]));
	if (tb[SAMR_A_GROUP_NAME])
		print_word("name", nl_str(tb[SAMR_A_GROUP_NAME]), STRONG);
	if (!tb[SAMR_A_GROUP_MEMBERS])
		return;		/* the event of one that is gone */
	if (tb[SAMR_A_GROUP_UID])
		print_num("uid", nl_u32(tb[SAMR_A_GROUP_UID]));
	if (tb[SAMR_A_GROUP_GID])
		print_num("gid", nl_u32(tb[SAMR_A_GROUP_GID]));
	print_flag("declared", tb[SAMR_A_GROUP_DECLARED]);
	print_num("members", nl_u32(tb[SAMR_A_GROUP_MEMBERS]));
	if (tb[SAMR_A_GROUP_VIEW])
		print_num("view", nl_u64(tb[SAMR_A_GROUP_VIEW]));
	print_num("sessions", nl_u32(tb[SAMR_A_GROUP_SESSIONS]));
	print_num("detached", nl_u32(tb[SAMR_A_GROUP_DETACHED]));
	print_num("requests", nl_u32(tb[SAMR_A_GROUP_REQUESTS]));
	print_size("promised", nl_u64(tb[SAMR_A_GROUP_PROMISED]));
	print_num("replies", nl_u32(tb[SAMR_A_GROUP_REPLIES]));
	print_size("reply-bytes", nl_u64(tb[SAMR_A_GROUP_REPLY_BYTES]));
	if (!tb[SAMR_A_GROUP_DECLARED])
		return;
	print_num("sockets", nl_u32(tb[SAMR_A_GROUP_SOCKETS]));
	print_num("joined", nl_u32(tb[SAMR_A_GROUP_JOINED]));
	print_num("leaving", nl_u32(tb[SAMR_A_GROUP_LEAVING]));
	print_num("unread", nl_u32(tb[SAMR_A_GROUP_UNREAD]));
	print_size("unread-bytes", nl_u64(tb[SAMR_A_GROUP_UNREAD_BYTES]));
	print_num("consumed", nl_u64(tb[SAMR_A_GROUP_CONSUMED]));
	print_diverged(tb);
}

void group_message(const struct nlmsghdr *nlh, void *data)
{
	const struct nlattr *tb[ATTRS_MAX];

	(void)data;
	nl_attrs(nlh, tb);
	print_object(NULL, NULL);
	group_print(tb);
	print_end();
}

static const struct key show_keys[] = {
	{ .name = "id", .type = ARG_U32, .attr = SAMR_A_GROUP_ID, .min = 1,
	  .max = UINT32_MAX },
	{ }
};

static int show(const struct verb *v, const struct arg *args)
{
	return show_asked(v, args, group_message);
}

static const struct key add_keys[] = {
	{ .name = "id", .type = ARG_U32, .attr = SAMR_A_GROUP_ID,
	  .required = true, .min = 1, .max = UINT32_MAX },
	{ .name = "name", .type = ARG_NAME, .attr = SAMR_A_GROUP_NAME,
	  .min = 1, .max = SAMR_NAME_LEN_MAX },
	{ .name = "uid", .type = ARG_USER, .attr = SAMR_A_GROUP_UID,
	  .max = UINT32_MAX - 1 },
	{ .name = "gid", .type = ARG_GROUP, .attr = SAMR_A_GROUP_GID,
	  .max = UINT32_MAX - 1 },
	{ .name = "diverged-policy", .type = ARG_WORD,
	  .attr = SAMR_A_GROUP_DIVERGED_POLICY, .words = policies },
	{ }
};

static const struct key set_keys[] = {
	{ .name = "id", .type = ARG_U32, .attr = SAMR_A_GROUP_ID,
	  .required = true, .min = 1, .max = UINT32_MAX },
	{ .name = "diverged-policy", .type = ARG_WORD, .required = true,
	  .attr = SAMR_A_GROUP_DIVERGED_POLICY, .words = policies },
	{ }
};

static const struct key del_keys[] = {
	{ .name = "id", .type = ARG_U32, .attr = SAMR_A_GROUP_ID,
	  .required = true, .min = 1, .max = UINT32_MAX },
	{ }
};

static const struct verb verbs[] = {
	{ "show", "the groups that are declared here or have members",
	  SAMR_CMD_GROUP_GET, show_keys, show },
	{ "add", "declare a service; uid and gid may bind it without a capability",
	  SAMR_CMD_GROUP_ADD, add_keys, nl_run },
	{ "set", "what happens when its members give different replies",
	  SAMR_CMD_GROUP_SET, set_keys, nl_run },
	{ "del", "declare it no more; not while sockets are bound to it",
	  SAMR_CMD_GROUP_DEL, del_keys, nl_run },
	{ }
};

const struct object group_object = {
	"group", "replicated services and their membership", verbs
};
