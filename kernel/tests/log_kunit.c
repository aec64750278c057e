// SPDX-License-Identifier: GPL-2.0
/* The delivery log: what each reader sees, and when a message is let go. */
#include <kunit/test.h>
#include "../log.h"

#define MEMBERS		2
#define LEN		100

/**
 * struct world - a log, two readers, and what became of the messages
 * @log: the log
 * @a: a reader
 * @b: another one
 * @free: messages that left the log
 * @next: gseq of the next message
 */
struct world {
	struct samr_log log;
	struct samr_reader a;
	struct samr_reader b;
	struct list_head free;
	u64 next;
};

static unsigned int woken;

static void wake(struct samr_reader *r)
{
	woken++;
}

static int log_init(struct kunit *test)
{
	struct world *w = kunit_kzalloc(test, sizeof(*w), GFP_KERNEL);

	if (!w)
		return -ENOMEM;
	samr_log_init(&w->log);
	samr_log_reader_init(&w->a);
	samr_log_reader_init(&w->b);
	INIT_LIST_HEAD(&w->free);
	w->next = 10;
	woken = 0;
	test->priv = w;
	return 0;
}

static void log_exit(struct kunit *test)
{
	struct world *w = test->priv;

	samr_log_detach(&w->log, &w->a, &w->free);
	samr_log_detach(&w->log, &w->b, &w->free);
	samr_log_free(&w->free);
}

static struct samr_members *members_new(u64 id)
{
	size_t size = struct_size_t(struct samr_members, m, MEMBERS);
	struct samr_members *m = samr_alloc(size);

	if (!m)
		return NULL;
	samr_ref_set(&m->ref, 1);
	m->id = id;
	m->count = MEMBERS;
	return m;
}

/* The next message of a kind; gseqs go up in steps of two. */
static struct samr_msg *append(struct kunit *test, u8 kind)
{
	struct world *w = test->priv;
	struct samr_meta meta = {
		.gseq	= w->next,
		.kind	= kind,
		.len	= kind == SAMR_KIND_DATA ? LEN : 0,
	};
	struct samr_msg *msg = samr_msg_new(&meta);

	KUNIT_ASSERT_NOT_NULL(test, msg);
	if (kind != SAMR_KIND_DATA) {
		msg->members = members_new(w->next);
		KUNIT_ASSERT_NOT_NULL(test, msg->members);
	}
	w->next += 2;
	samr_log_append(&w->log, msg, &w->free, wake);
	return msg;
}

static unsigned int freed(struct world *w)
{
	return list_count_nodes(&w->free);
}

static u64 front(struct world *w, struct samr_reader *r)
{
	struct samr_msg *msg = samr_log_peek(&w->log, r);

	return msg ? msg->meta.gseq : 0;
}

static void pass(struct world *w, struct samr_reader *r)
{
	samr_log_pass(&w->log, r, samr_log_peek(&w->log, r), &w->free);
}

static void log_without_readers_keeps_nothing(struct kunit *test)
{
	struct world *w = test->priv;

	append(test, SAMR_KIND_DATA);
	KUNIT_EXPECT_EQ(test, freed(w), 1);
	KUNIT_EXPECT_EQ(test, w->log.done, 10);
	KUNIT_EXPECT_EQ(test, w->log.cost, samr_flow_cost(LEN));
	KUNIT_EXPECT_EQ(test, woken, 0);
}

static void log_reader_begins_where_attached(struct kunit *test)
{
	struct world *w = test->priv;

	append(test, SAMR_KIND_DATA);
	samr_log_attach(&w->log, &w->a);
	KUNIT_EXPECT_EQ(test, front(w, &w->a), 0);
	append(test, SAMR_KIND_DATA);
	KUNIT_EXPECT_EQ(test, front(w, &w->a), 12);
}

static void log_keeps_until_the_slowest_has_passed(struct kunit *test)
{
	struct world *w = test->priv;

	samr_log_attach(&w->log, &w->a);
	samr_log_attach(&w->log, &w->b);
	append(test, SAMR_KIND_DATA);
	append(test, SAMR_KIND_DATA);

	pass(w, &w->a);
	pass(w, &w->a);
	KUNIT_EXPECT_EQ(test, front(w, &w->a), 0);
	KUNIT_EXPECT_EQ(test, freed(w), 0);
	KUNIT_EXPECT_EQ(test, w->log.done, 0);

	pass(w, &w->b);
	KUNIT_EXPECT_EQ(test, freed(w), 1);
	KUNIT_EXPECT_EQ(test, w->log.done, 10);
	pass(w, &w->b);
	KUNIT_EXPECT_EQ(test, freed(w), 2);
	KUNIT_EXPECT_EQ(test, w->log.done, 12);
	KUNIT_EXPECT_EQ(test, w->log.cost, 2 * samr_flow_cost(LEN));
	KUNIT_EXPECT_EQ(test, w->log.count, 0);
}

static void log_overtaking_readers(struct kunit *test)
{
	struct world *w = test->priv;
	int i;

	samr_log_attach(&w->log, &w->a);
	samr_log_attach(&w->log, &w->b);
	for (i = 0; i < 3; i++)
		append(test, SAMR_KIND_DATA);
	pass(w, &w->a);			/* a 12, b 10 */
	pass(w, &w->b);
	pass(w, &w->b);			/* a 12, b 14 */
	KUNIT_EXPECT_EQ(test, freed(w), 1);
	pass(w, &w->a);
	KUNIT_EXPECT_EQ(test, freed(w), 2);
	pass(w, &w->a);
	KUNIT_EXPECT_EQ(test, freed(w), 2);
	pass(w, &w->b);
	KUNIT_EXPECT_EQ(test, freed(w), 3);
}

static void log_peek_does_not_consume(struct kunit *test)
{
	struct world *w = test->priv;
	struct samr_msg *msg;

	samr_log_attach(&w->log, &w->a);
	msg = append(test, SAMR_KIND_DATA);
	KUNIT_EXPECT_PTR_EQ(test, samr_log_peek(&w->log, &w->a), msg);
	KUNIT_EXPECT_PTR_EQ(test, samr_log_peek(&w->log, &w->a), msg);
	KUNIT_EXPECT_EQ(test, w->a.seen.gseq, 0);
	KUNIT_EXPECT_EQ(test, samr_log_unread(&w->log, &w->a), LEN);
	pass(w, &w->a);
	KUNIT_EXPECT_EQ(test, w->a.seen.gseq, 10);
	KUNIT_EXPECT_EQ(test, samr_log_unread(&w->log, &w->a), 0);
}

static void log_pass_of_another_message(struct kunit *test)
{
	struct world *w = test->priv;
	struct samr_msg *first, *second;

	samr_log_attach(&w->log, &w->a);
	first = append(test, SAMR_KIND_DATA);
	second = append(test, SAMR_KIND_DATA);
	samr_log_pass(&w->log, &w->a, second, &w->free);
	KUNIT_EXPECT_EQ(test, front(w, &w->a), 10);
	samr_log_pass(&w->log, &w->a, first, &w->free);
	samr_log_pass(&w->log, &w->a, first, &w->free);
	KUNIT_EXPECT_EQ(test, front(w, &w->a), 12);
}

static void log_views_are_skipped_unasked(struct kunit *test)
{
	struct world *w = test->priv;

	samr_log_attach(&w->log, &w->a);
	append(test, SAMR_KIND_JOIN);
	KUNIT_EXPECT_EQ(test, woken, 0);
	KUNIT_EXPECT_EQ(test, freed(w), 1);
	KUNIT_EXPECT_EQ(test, w->a.view, 10);
	KUNIT_EXPECT_EQ(test, w->a.members, MEMBERS);

	append(test, SAMR_KIND_DATA);
	append(test, SAMR_KIND_LEAVE);
	KUNIT_EXPECT_EQ(test, w->a.view, 10);
	pass(w, &w->a);
	KUNIT_EXPECT_EQ(test, front(w, &w->a), 0);
	KUNIT_EXPECT_EQ(test, w->a.view, 14);
	KUNIT_EXPECT_EQ(test, freed(w), 3);
	KUNIT_EXPECT_EQ(test, w->log.done, 14);
}

static void log_views_for_one_reader_of_two(struct kunit *test)
{
	struct world *w = test->priv;

	w->b.views = true;
	samr_log_attach(&w->log, &w->b);
	samr_log_attach(&w->log, &w->a);
	append(test, SAMR_KIND_JOIN);
	KUNIT_EXPECT_EQ(test, woken, 1);
	KUNIT_EXPECT_EQ(test, front(w, &w->a), 0);
	KUNIT_EXPECT_EQ(test, front(w, &w->b), 10);
	append(test, SAMR_KIND_DATA);
	KUNIT_EXPECT_EQ(test, front(w, &w->a), 12);
	pass(w, &w->a);
	KUNIT_EXPECT_EQ(test, freed(w), 0);
	pass(w, &w->b);
	KUNIT_EXPECT_EQ(test, freed(w), 1);
	pass(w, &w->b);
	KUNIT_EXPECT_EQ(test, freed(w), 2);
}

static void log_views_no_longer_wanted(struct kunit *test)
{
	struct world *w = test->priv;

	w->a.views = true;
	samr_log_attach(&w->log, &w->a);
	append(test, SAMR_KIND_JOIN);
	append(test, SAMR_KIND_DATA);
	KUNIT_EXPECT_EQ(test, front(w, &w->a), 10);
	samr_log_want_views(&w->log, &w->a, false, &w->free);
	KUNIT_EXPECT_EQ(test, front(w, &w->a), 12);
	KUNIT_EXPECT_EQ(test, freed(w), 1);
}

static void log_message_that_changes_nothing(struct kunit *test)
{
	struct world *w = test->priv;
	struct samr_msg *msg;
	struct samr_meta meta = { .gseq = 10, .kind = SAMR_KIND_JOIN };

	w->a.views = true;
	samr_log_attach(&w->log, &w->a);
	msg = samr_msg_new(&meta);
	KUNIT_ASSERT_NOT_NULL(test, msg);
	msg->refused = true;
	samr_log_append(&w->log, msg, &w->free, wake);
	KUNIT_EXPECT_EQ(test, front(w, &w->a), 0);
	KUNIT_EXPECT_EQ(test, w->a.view, 0);
	KUNIT_EXPECT_EQ(test, freed(w), 1);
}

static void log_wakes_once(struct kunit *test)
{
	struct world *w = test->priv;

	samr_log_attach(&w->log, &w->a);
	append(test, SAMR_KIND_DATA);
	append(test, SAMR_KIND_DATA);
	KUNIT_EXPECT_EQ(test, woken, 1);
	pass(w, &w->a);
	append(test, SAMR_KIND_DATA);
	KUNIT_EXPECT_EQ(test, woken, 1);
	pass(w, &w->a);
	pass(w, &w->a);
	append(test, SAMR_KIND_DATA);
	KUNIT_EXPECT_EQ(test, woken, 2);
}

static void log_wakes_for_each_edge(struct kunit *test)
{
	struct world *w = test->priv;

	w->a.edges = true;
	samr_log_attach(&w->log, &w->a);
	append(test, SAMR_KIND_DATA);
	append(test, SAMR_KIND_DATA);
	append(test, SAMR_KIND_JOIN);
	KUNIT_EXPECT_EQ(test, woken, 2);
}

static void log_end_of_an_idle_reader(struct kunit *test)
{
	struct world *w = test->priv;

	samr_log_attach(&w->log, &w->a);
	samr_log_end(&w->log, &w->a, w->next, &w->free);
	KUNIT_EXPECT_FALSE(test, samr_log_attached(&w->a));
	append(test, SAMR_KIND_LEAVE);
	KUNIT_EXPECT_EQ(test, front(w, &w->a), 0);
	KUNIT_EXPECT_EQ(test, freed(w), 1);
}

static void log_end_behind_unread(struct kunit *test)
{
	struct world *w = test->priv;

	w->a.views = true;
	w->a.edges = true;
	samr_log_attach(&w->log, &w->a);
	append(test, SAMR_KIND_DATA);
	samr_log_end(&w->log, &w->a, w->next, &w->free);
	append(test, SAMR_KIND_LEAVE);
	append(test, SAMR_KIND_DATA);
	KUNIT_EXPECT_EQ(test, woken, 1);
	KUNIT_EXPECT_EQ(test, samr_log_unread(&w->log, &w->a), LEN);
	KUNIT_EXPECT_EQ(test, front(w, &w->a), 10);
	pass(w, &w->a);
	KUNIT_EXPECT_EQ(test, front(w, &w->a), 0);
	KUNIT_EXPECT_FALSE(test, samr_log_attached(&w->a));
	KUNIT_EXPECT_EQ(test, freed(w), 3);
	KUNIT_EXPECT_EQ(test, w->log.done, 14);
}

/* Nobody waits for one that has left, and nothing is kept for it behind its end. */
static void log_end_holds_up_nobody(struct kunit *test)
{
	struct world *w = test->priv;

	samr_log_attach(&w->log, &w->a);
	samr_log_attach(&w->log, &w->b);
	append(test, SAMR_KIND_DATA);			/* 10 */
	append(test, SAMR_KIND_DATA);
	pass(w, &w->b);
	pass(w, &w->b);
	KUNIT_EXPECT_EQ(test, w->log.done, 0);
	samr_log_end(&w->log, &w->a, w->next, &w->free);
	KUNIT_EXPECT_EQ(test, w->log.done, 12);
	KUNIT_EXPECT_TRUE(test, samr_log_idle(&w->log));
	append(test, SAMR_KIND_LEAVE);			/* 14 */
	append(test, SAMR_KIND_DATA);
	KUNIT_EXPECT_FALSE(test, samr_log_idle(&w->log));
	append(test, SAMR_KIND_DATA);
	KUNIT_EXPECT_EQ(test, freed(w), 1);
	pass(w, &w->b);
	KUNIT_EXPECT_EQ(test, freed(w), 2);
	KUNIT_EXPECT_EQ(test, w->log.done, 16);
	pass(w, &w->b);
	KUNIT_EXPECT_EQ(test, freed(w), 3);
	KUNIT_EXPECT_EQ(test, w->log.count, 2);
	KUNIT_EXPECT_TRUE(test, samr_log_idle(&w->log));
	KUNIT_EXPECT_EQ(test, w->log.cost, 4 * samr_flow_cost(LEN) +
					   samr_members_cost(MEMBERS));
	pass(w, &w->a);
	KUNIT_EXPECT_EQ(test, front(w, &w->a), 12);
	pass(w, &w->a);
	KUNIT_EXPECT_FALSE(test, samr_log_attached(&w->a));
	KUNIT_EXPECT_EQ(test, freed(w), 5);
	KUNIT_EXPECT_EQ(test, w->log.done, 18);
}

/* Two that have left, one after the other: what lies between them is let go. */
static void log_ends_with_a_gap(struct kunit *test)
{
	struct world *w = test->priv;

	samr_log_attach(&w->log, &w->a);
	append(test, SAMR_KIND_DATA);			/* 10 */
	samr_log_end(&w->log, &w->a, w->next, &w->free);
	append(test, SAMR_KIND_LEAVE);
	append(test, SAMR_KIND_JOIN);
	append(test, SAMR_KIND_DATA);			/* 16: for nobody */
	KUNIT_EXPECT_EQ(test, freed(w), 3);
	KUNIT_EXPECT_EQ(test, w->log.done, 16);
	samr_log_attach(&w->log, &w->b);
	append(test, SAMR_KIND_DATA);			/* 18 */
	append(test, SAMR_KIND_DATA);
	pass(w, &w->b);
	KUNIT_EXPECT_EQ(test, freed(w), 4);
	samr_log_end(&w->log, &w->b, w->next, &w->free);
	append(test, SAMR_KIND_LEAVE);
	KUNIT_EXPECT_EQ(test, w->log.count, 2);
	KUNIT_EXPECT_EQ(test, w->log.done, 22);
	samr_log_detach(&w->log, &w->a, &w->free);
	KUNIT_EXPECT_EQ(test, w->log.count, 1);
	KUNIT_EXPECT_EQ(test, front(w, &w->b), 20);
	pass(w, &w->b);
	KUNIT_EXPECT_EQ(test, w->log.count, 0);
	KUNIT_EXPECT_EQ(test, freed(w), 7);
}

/* What nobody can want is not kept, also where somebody lags, and is passed. */
static void log_refused_join_is_not_kept(struct kunit *test)
{
	struct world *w = test->priv;
	struct samr_meta meta = { .kind = SAMR_KIND_JOIN };
	struct samr_msg *msg;

	w->a.views = true;
	samr_log_attach(&w->log, &w->a);
	append(test, SAMR_KIND_DATA);
	meta.gseq = w->next++;
	msg = samr_msg_new(&meta);
	KUNIT_ASSERT_NOT_NULL(test, msg);
	samr_log_append(&w->log, msg, &w->free, wake);
	KUNIT_EXPECT_EQ(test, freed(w), 1);
	KUNIT_EXPECT_EQ(test, w->log.done, 0);
	pass(w, &w->a);
	KUNIT_EXPECT_EQ(test, w->log.done, 12);
	KUNIT_EXPECT_TRUE(test, samr_log_idle(&w->log));
}

/* A reader with nothing to read changes nothing for one that lags. */
static void log_idle_reader_beside_one_that_lags(struct kunit *test)
{
	struct world *w = test->priv;

	samr_log_attach(&w->log, &w->a);
	append(test, SAMR_KIND_DATA);
	append(test, SAMR_KIND_DATA);
	samr_log_attach(&w->log, &w->b);
	samr_log_want_views(&w->log, &w->b, true, &w->free);
	KUNIT_EXPECT_EQ(test, w->log.done, 0);
	samr_log_detach(&w->log, &w->b, &w->free);
	KUNIT_EXPECT_EQ(test, w->log.done, 0);
	samr_log_attach(&w->log, &w->b);
	samr_log_end(&w->log, &w->b, w->next, &w->free);
	KUNIT_EXPECT_EQ(test, w->log.done, 0);
	KUNIT_EXPECT_EQ(test, freed(w), 0);
	KUNIT_EXPECT_EQ(test, w->log.count, 2);
}

static void log_detach_frees_what_it_held(struct kunit *test)
{
	struct world *w = test->priv;

	samr_log_attach(&w->log, &w->a);
	samr_log_attach(&w->log, &w->b);
	append(test, SAMR_KIND_DATA);
	append(test, SAMR_KIND_DATA);
	pass(w, &w->b);
	samr_log_detach(&w->log, &w->a, &w->free);
	KUNIT_EXPECT_EQ(test, freed(w), 1);
	KUNIT_EXPECT_EQ(test, front(w, &w->b), 12);
	samr_log_detach(&w->log, &w->b, &w->free);
	KUNIT_EXPECT_EQ(test, freed(w), 2);
	KUNIT_EXPECT_EQ(test, samr_log_unread(&w->log, &w->a), 0);
	samr_log_detach(&w->log, &w->b, &w->free);
}

/* What it is kept for is not waited for, until it is not held any more. */
static void log_held_reader_holds_up_nobody(struct kunit *test)
{
	struct world *w = test->priv;

	samr_log_attach(&w->log, &w->a);
	samr_log_attach(&w->log, &w->b);
	w->b.edges = true;
	samr_log_hold(&w->b);
	append(test, SAMR_KIND_DATA);
	append(test, SAMR_KIND_DATA);
	KUNIT_EXPECT_EQ(test, woken, 1);
	KUNIT_EXPECT_EQ(test, front(w, &w->b), 0);
	KUNIT_EXPECT_EQ(test, w->b.kept, 2 * samr_flow_cost(LEN));
	pass(w, &w->a);
	pass(w, &w->a);
	KUNIT_EXPECT_EQ(test, w->log.done, 12);
	KUNIT_EXPECT_EQ(test, w->log.cost, 2 * samr_flow_cost(LEN));
	KUNIT_EXPECT_EQ(test, freed(w), 0);

	samr_log_unhold(&w->b);
	KUNIT_EXPECT_EQ(test, front(w, &w->b), 10);
	append(test, SAMR_KIND_DATA);
	pass(w, &w->a);
	KUNIT_EXPECT_EQ(test, w->log.done, 12);
	pass(w, &w->b);
	pass(w, &w->b);
	KUNIT_EXPECT_EQ(test, w->log.done, 12);
	KUNIT_EXPECT_EQ(test, freed(w), 2);
	pass(w, &w->b);
	KUNIT_EXPECT_EQ(test, w->log.done, 14);
	KUNIT_EXPECT_EQ(test, w->log.cost, 3 * samr_flow_cost(LEN));
	KUNIT_EXPECT_EQ(test, freed(w), 3);
}

/* A change that is kept for nobody but it has been passed at once. */
static void log_view_kept_for_a_held_reader(struct kunit *test)
{
	struct world *w = test->priv;

	samr_log_attach(&w->log, &w->a);
	samr_log_attach(&w->log, &w->b);
	samr_log_hold(&w->b);
	append(test, SAMR_KIND_DATA);
	pass(w, &w->a);
	append(test, SAMR_KIND_JOIN);
	KUNIT_EXPECT_EQ(test, w->log.count, 2);
	KUNIT_EXPECT_EQ(test, w->log.done, 12);
	samr_log_detach(&w->log, &w->b, &w->free);
	KUNIT_EXPECT_EQ(test, freed(w), 2);
	KUNIT_EXPECT_EQ(test, w->log.done, 12);
}

/* A SNAPSHOT is for the donor of the transfer that it begins. */
static void log_snapshot_is_for_the_donor(struct kunit *test)
{
	struct world *w = test->priv;
	struct samr_meta meta = { .gseq = 10, .kind = SAMR_KIND_SNAPSHOT };
	struct samr_msg *msg = samr_msg_new(&meta);
	struct samr_transfer *t = samr_alloc(sizeof(*t));

	KUNIT_ASSERT_NOT_NULL(test, msg);
	KUNIT_ASSERT_NOT_NULL(test, t);
	samr_ref_set(&t->ref, 1);
	t->id = 10;
	t->donor.node = 3;
	t->donor.port = 7;
	msg->transfer = t;
	w->a.head = 3;
	w->a.port = 7;
	w->b.head = 2;
	w->b.port = 7;
	samr_log_attach(&w->log, &w->a);
	samr_log_attach(&w->log, &w->b);
	samr_log_append(&w->log, msg, &w->free, wake);
	KUNIT_EXPECT_EQ(test, front(w, &w->a), 10);
	KUNIT_EXPECT_EQ(test, front(w, &w->b), 0);
	KUNIT_EXPECT_EQ(test, woken, 1);
	pass(w, &w->a);
	KUNIT_EXPECT_EQ(test, freed(w), 1);
}

/* A leave that hands two locks to one member, and the view to all who want it. */
static struct samr_msg *append_notes(struct kunit *test, u8 kind)
{
	struct world *w = test->priv;
	struct samr_meta meta = { .gseq = w->next, .kind = kind };
	struct samr_msg *msg = samr_msg_new(&meta);
	u32 i;

	KUNIT_ASSERT_NOT_NULL(test, msg);
	if (kind == SAMR_KIND_LEAVE)
		msg->members = members_new(w->next);
	msg->locks = samr_alloc(sizeof(*msg->locks) +
				3 * sizeof(msg->locks->note[0]));
	KUNIT_ASSERT_NOT_NULL(test, msg->locks);
	msg->locks->count = 3;
	for (i = 0; i < 3; i++) {
		msg->locks->note[i].node = 3;
		msg->locks->note[i].port = i == 1 ? 8 : 7;
		msg->locks->note[i].arg = i;
	}
	w->next += 2;
	samr_log_append(&w->log, msg, &w->free, wake);
	return msg;
}

static void log_tells_of_locks_one_by_one(struct kunit *test)
{
	struct world *w = test->priv;
	struct samr_msg *msg;

	w->a.head = 3;
	w->a.port = 7;
	w->a.views = true;
	w->b.head = 2;
	w->b.port = 7;
	samr_log_attach(&w->log, &w->a);
	samr_log_attach(&w->log, &w->b);
	msg = append_notes(test, SAMR_KIND_LEAVE);
	/* The view first, then what is told to this member. */
	KUNIT_EXPECT_EQ(test, front(w, &w->a), 10);
	KUNIT_EXPECT_EQ(test, front(w, &w->b), 0);
	KUNIT_EXPECT_NULL(test, samr_log_note(&w->a, msg));
	pass(w, &w->a);
	KUNIT_EXPECT_EQ(test, front(w, &w->a), 10);
	KUNIT_ASSERT_NOT_NULL(test, samr_log_note(&w->a, msg));
	KUNIT_EXPECT_EQ(test, samr_log_note(&w->a, msg)->arg, 0);
	pass(w, &w->a);
	KUNIT_ASSERT_NOT_NULL(test, samr_log_note(&w->a, msg));
	KUNIT_EXPECT_EQ(test, samr_log_note(&w->a, msg)->arg, 2);
	KUNIT_EXPECT_EQ(test, freed(w), 0);
	pass(w, &w->a);
	KUNIT_EXPECT_EQ(test, front(w, &w->a), 0);
	KUNIT_EXPECT_EQ(test, freed(w), 1);
	KUNIT_EXPECT_EQ(test, w->a.view, 10);
}

static void log_locks_without_views(struct kunit *test)
{
	struct world *w = test->priv;
	struct samr_msg *msg;

	w->a.head = 3;
	w->a.port = 8;
	samr_log_attach(&w->log, &w->a);
	msg = append_notes(test, SAMR_KIND_LEAVE);
	KUNIT_ASSERT_NOT_NULL(test, samr_log_note(&w->a, msg));
	KUNIT_EXPECT_EQ(test, samr_log_note(&w->a, msg)->arg, 1);
	pass(w, &w->a);
	KUNIT_EXPECT_EQ(test, front(w, &w->a), 0);
	KUNIT_EXPECT_EQ(test, w->a.view, 10);
	/* An answer to a request changes no view, and is for one member only. */
	append_notes(test, SAMR_KIND_LOCK);
	append(test, SAMR_KIND_DATA);
	KUNIT_EXPECT_EQ(test, front(w, &w->a), 12);
	pass(w, &w->a);
	KUNIT_EXPECT_EQ(test, front(w, &w->a), 14);
	KUNIT_EXPECT_EQ(test, w->log.done, 12);
	pass(w, &w->a);
	KUNIT_EXPECT_EQ(test, freed(w), 3);
}

static struct kunit_case log_cases[] = {
	KUNIT_CASE(log_without_readers_keeps_nothing),
	KUNIT_CASE(log_reader_begins_where_attached),
	KUNIT_CASE(log_keeps_until_the_slowest_has_passed),
	KUNIT_CASE(log_overtaking_readers),
	KUNIT_CASE(log_peek_does_not_consume),
	KUNIT_CASE(log_pass_of_another_message),
	KUNIT_CASE(log_views_are_skipped_unasked),
	KUNIT_CASE(log_views_for_one_reader_of_two),
	KUNIT_CASE(log_views_no_longer_wanted),
	KUNIT_CASE(log_message_that_changes_nothing),
	KUNIT_CASE(log_wakes_once),
	KUNIT_CASE(log_wakes_for_each_edge),
	KUNIT_CASE(log_end_of_an_idle_reader),
	KUNIT_CASE(log_end_behind_unread),
	KUNIT_CASE(log_end_holds_up_nobody),
	KUNIT_CASE(log_ends_with_a_gap),
	KUNIT_CASE(log_refused_join_is_not_kept),
	KUNIT_CASE(log_idle_reader_beside_one_that_lags),
	KUNIT_CASE(log_detach_frees_what_it_held),
	KUNIT_CASE(log_held_reader_holds_up_nobody),
	KUNIT_CASE(log_view_kept_for_a_held_reader),
	KUNIT_CASE(log_snapshot_is_for_the_donor),
	KUNIT_CASE(log_tells_of_locks_one_by_one),
	KUNIT_CASE(log_locks_without_views),
	{}
};

static struct kunit_suite log_suite = {
	.name = "samr_log",
	.init = log_init,
	.exit = log_exit,
	.test_cases = log_cases,
};

kunit_test_suite(log_suite);

MODULE_LICENSE("GPL");
