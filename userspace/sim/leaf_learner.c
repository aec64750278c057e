// SPDX-License-Identifier: GPL-2.0
/* How a learner takes groups, see leaf_learner.h. */
#include "core/learner.h"
#include "core/state.h"
#include "leaf_check.h"
#include "leaf_learner.h"
#include "memory.h"

#define SELF		5
#define INC		1
#define GROUP		7
#define BEGUN		3	/* parts of it that come for nothing */

static void step(struct samr_node *n, enum samr_event_type type, u64 now,
		 struct samr_actions *out)
{
	struct samr_event ev = { .type = type, .now = now };

	if (type == SAMR_EV_MEMBERS)
		ev.members = BIT_ULL(SELF);
	check(!samr_node_step(n, &ev, out));
}

/* A head that is alone in its view, and is made to learn. */
static struct samr_node *learner(struct samr_actions *out)
{
	struct samr_node_config cfg = { .self = SELF, .inc = INC,
					.history = 16, .submits = 16 };
	struct samr_node *n = samr_node_new(&cfg);

	check(n);
	samr_actions_init(out);
	step(n, SAMR_EV_MEMBERS, SAMR_MSEC, out);
	step(n, SAMR_EV_FLUSH, SAMR_MSEC, out);
	n->learner.active = true;
	n->learner.begun = true;
	return n;
}

/* One member of a group that has two: the one at place @first. */
static void give(struct samr_node *n, u32 first)
{
	struct samr_rec_group_member w = {
		.inc	= cpu_to_be64(INC),
		.node	= cpu_to_be32(SELF),
		.port	= cpu_to_be32(1 + first),
		.window	= cpu_to_be32(10000),
	};
	struct samr_record r = { .at = 0 };
	struct buffer *b = buffer_new(sizeof(w));
	struct samr_blob *blob;

	r.group.group = GROUP;
	r.group.total = 2;
	r.group.first = first;
	r.group.count = 1;
	r.group.gseq = 1;
	r.group.id = 1;
	b->len = b->room;
	memcpy(b->bytes, &w, sizeof(w));
	blob = blob_of_buffer(b, 0, b->len);
	check(samr_learner_group(n, blob, &r) == SAMR_DROP_NONE);
	samr_blob_put(blob);
	buffer_put(b);
}

/* A group that begins anew, as its second part was lost, leaves nothing behind. */
static void test_begun_anew(void)
{
	struct samr_actions out;
	struct samr_node *n = learner(&out);
	u64 objects = memory_use_of(MEMORY_HOMES)->objects;
	u32 i;

	for (i = 0; i < BEGUN; i++)
		give(n, 0);
	give(n, 1);
	check(n->learner.have == 2);
	check(memory_use_of(MEMORY_HOMES)->objects == objects + 1);
	samr_learner_stop(n);
	check(memory_use_of(MEMORY_HOMES)->objects == objects);
	samr_node_free(n, NULL);
}

/* When the time has come to ask again, it asks, and not before a later time. */
static void test_asks_in_time(void)
{
	struct samr_actions out;
	struct samr_node *n = learner(&out);

	n->learner.ask_at = 2 * SAMR_MSEC;
	n->now = 2 * SAMR_MSEC - 1;
	samr_learner_timer(n);
	check(samr_learner_deadline(n) == 2 * SAMR_MSEC);
	n->now = 2 * SAMR_MSEC;
	samr_learner_timer(n);
	check(samr_learner_deadline(n) > 2 * SAMR_MSEC);
	samr_learner_stop(n);
	samr_node_free(n, NULL);
}

void leaf_learner_run(void)
{
	test_begun_anew();
	test_asks_in_time();
}
