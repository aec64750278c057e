// SPDX-License-Identifier: GPL-2.0
/* Leave and join: "cluster set state", and to wait until it is done. */
#include <errno.h>
#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>
#include <unistd.h>

#include <linux/samr_netlink.h>

#include "nl.h"
#include "print.h"
#include "samrctl.h"

#define POLL_US		20000
#define WAIT_MIN	1000
#define WAIT_MAX	3600000000ULL

static const struct verb get_cluster = { .cmd = SAMR_CMD_CLUSTER_GET };
static const struct verb get_view = { .cmd = SAMR_CMD_VIEW_GET };

static const struct key state_keys[] = {
	{ .name = "state", .type = ARG_WORD, .attr = SAMR_A_CLUSTER_STATE },
	{ }
};

static const struct verb set_state = { .cmd = SAMR_CMD_CLUSTER_SET,
				       .keys = state_keys };

static uint64_t now_us(void)
{
	struct timespec t;

	clock_gettime(CLOCK_MONOTONIC, &t);
	return t.tv_sec * 1000000ULL + t.tv_nsec / 1000;
}

static void take_state(const struct nlmsghdr *nlh, void *data)
{
	const struct nlattr *tb[ATTRS_MAX];

	nl_attrs(nlh, tb);
	*(uint32_t *)data = nl_u32(tb[SAMR_A_CLUSTER_STATE]);
}

static uint32_t state_now(void)
{
	uint32_t state = SAMR_RUN_STATE_HALTED;

	nl_do(&get_cluster, NULL, take_state, &state);
	return state;
}

/* ---- what is waited for ---- */

struct heads {
	uint64_t members;
	uint64_t suspects;
	uint64_t missing;
};

static void take_view(const struct nlmsghdr *nlh, void *data)
{
	struct heads *h = data;

	view_ids(nlh, &h->members, &h->suspects, &h->missing);
}

/* Why nothing goes on; @text has room for it. */
static void explain_wedged(const struct heads *h, char *text, size_t size)
{
	uint64_t fences = fence_blocked();
	char ids[200];

	if (fences)
		snprintf(text, size, "node %s has to be fenced: once it is "
			 "off, samrctl fence confirm",
			 ids_text(fences, ids, sizeof(ids)));
	else if (h->suspects)
		snprintf(text, size, "the view is being changed, or too few "
			 "are left; not heard: node %s",
			 ids_text(h->suspects, ids, sizeof(ids)));
	else
		snprintf(text, size, "the view is being changed");
}

static void explain(uint32_t state, char *text, size_t size)
{
	struct heads h = { };
	char ids[200];

	nl_do(&get_view, NULL, take_view, &h);
	switch (state) {
	case SAMR_RUN_STATE_WAITING:
		if (h.missing)
			snprintf(text, size, "node %s has not asked for the "
				 "same view yet",
				 ids_text(h.missing, ids, sizeof(ids)));
		else
			snprintf(text, size, "the others have not let this "
				 "head into the view yet");
		break;
	case SAMR_RUN_STATE_LEARNING:
		snprintf(text, size, "the state is on its way to this head");
		break;
	case SAMR_RUN_STATE_LEAVING:
		if (h.suspects)
			explain_wedged(&h, text, size);
		else
			snprintf(text, size, "the others have not gone on "
				 "without this head yet");
		break;
	case SAMR_RUN_STATE_WEDGED:
		explain_wedged(&h, text, size);
		break;
	default:
		snprintf(text, size, "the state is %s", cluster_state(state));
	}
}

/* Until the state is @wanted; says on the error output what it waits for. */
static int wait_until(uint32_t wanted, uint64_t deadline, const char *time)
{
	char said[512] = "", text[512];
	uint32_t state;

	for (;;) {
		state = state_now();
		if (state == wanted)
			return EXIT_OK;
		if (state == SAMR_RUN_STATE_HALTED)
			die(EXIT_REFUSED, "the cluster was halted: delete it");
		explain(state, text, sizeof(text));
		if (now_us() > deadline)
			die(EXIT_REFUSED, "not %s within %s: %s",
			    cluster_state(wanted), time, text);
		if (strcmp(said, text))
			fprintf(stderr, "samrctl: waiting: %s\n", text);
		memcpy(said, text, sizeof(said));
		usleep(POLL_US);
	}
}

/* @passing: the errno that goes away by itself */
static int change(const struct arg *args, uint32_t wanted, int passing)
{
	const struct arg state[KEYS_MAX] = { { .text = "", .num = wanted } };
	uint64_t deadline = now_us() + args[0].num;

	if (!args[0].text) {
		nl_do(&set_state, state, NULL, NULL);
		return EXIT_OK;
	}
	while (nl_try(&set_state, state, NULL, NULL, passing)) {
		if (now_us() > deadline)
			die(EXIT_REFUSED, "not %s within %s: %s",
			    cluster_state(wanted), args[0].text,
			    passing == EBUSY ? "this head still leaves the view" :
					       "the order takes nothing now");
		usleep(POLL_US);
	}
	return wait_until(wanted, deadline, args[0].text);
}

static int join(const struct verb *v, const struct arg *args)
{
	(void)v;
	return change(args, SAMR_RUN_STATE_UP, EBUSY);
}

static int leave(const struct verb *v, const struct arg *args)
{
	(void)v;
	return change(args, SAMR_RUN_STATE_DOWN, EAGAIN);
}

static const struct key wait_keys[] = {
	{ .name = "wait", .type = ARG_TIME, .min = WAIT_MIN, .max = WAIT_MAX },
	{ }
};

static const struct verb join_verbs[] = {
	{ "now", "cluster set state up; wait until the state is up, saying what for",
	  0, wait_keys, join },
	{ }
};

static const struct verb leave_verbs[] = {
	{ "now", "cluster set state down; wait until the others go on without this head",
	  0, wait_keys, leave },
	{ }
};

const struct object join_object = {
	"join", "take part: form the view, or join the one that the others have",
	join_verbs
};

const struct object leave_object = {
	"leave", "take part no longer: the others go on at once", leave_verbs
};
