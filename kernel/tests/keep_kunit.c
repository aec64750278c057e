// SPDX-License-Identifier: GPL-2.0
/* Connections that go on when the state is given: what a donor says of them, and what a receiver takes. */
#include <linux/err.h>
#include <linux/jiffies.h>
#include "listening.h"
#include "net_fail.h"

#define LEN	300
#define ID	50

static struct samr_connection *connected(struct kunit *test, u64 name)
{
	listening_stream(test, name, SAMR_SESSION_OPEN);
	return listening_accept(test);
}

/* Nobody has them any more. */
static void end(struct kunit *test, struct samr_connection *x)
{
	listening_stream(test, x->name, SAMR_SESSION_CLOSE);
	listening_close(x);
}

static bool may(struct listening *w, u32 policy)
{
	bool may;

	w->ls.keep.policy = policy;
	spin_lock_bh(&w->svc.lock);
	may = samr_keep_may(&w->ls);
	spin_unlock_bh(&w->svc.lock);
	return may;
}

static void say(struct listening *w, u8 how)
{
	spin_lock_bh(&w->svc.lock);
	samr_keep_say(&w->ls, ID * 10, how);
	samr_keep_tell(&w->svc);
	spin_unlock_bh(&w->svc.lock);
}

static void keep_is_said_in_order(struct kunit *test)
{
	struct listening *w = test->priv;
	struct samr_connection *b = connected(test, 102);
	struct samr_connection *a = connected(test, 101);
	struct samr_connection *young = connected(test, ID * 10 + 1);

	listening_segment(test, 101, 1, LEN, 0);
	say(w, SAMR_PLACE_KEEP);
	/* One that is younger than the state is none of it. */
	KUNIT_ASSERT_EQ(test, w->placed, 3U);
	KUNIT_EXPECT_EQ(test, w->places[0].place.session, 101ULL);
	KUNIT_EXPECT_EQ(test, w->places[0].place.read, (u64)LEN);
	KUNIT_EXPECT_EQ(test, w->places[1].place.session, 102ULL);
	KUNIT_EXPECT_EQ(test, w->places[2].place.session, 0ULL);
	KUNIT_EXPECT_EQ(test, w->places[2].place.how, SAMR_PLACE_KEEP);
	/* Once. */
	spin_lock_bh(&w->svc.lock);
	samr_keep_tell(&w->svc);
	spin_unlock_bh(&w->svc.lock);
	KUNIT_EXPECT_EQ(test, w->placed, 3U);
	listening_read(a, LEN);
	end(test, a);
	end(test, b);
	end(test, young);
}

/* The order lacks memory for one: then the state is not given there. */
static void keep_is_not_said_by_halves(struct kunit *test)
{
	struct listening *w = test->priv;
	struct samr_connection *a = connected(test, 101);
	struct samr_connection *b = connected(test, 102);

	w->refuses = 1;
	say(w, SAMR_PLACE_KEEP);
	KUNIT_ASSERT_EQ(test, w->placed, 2U);
	KUNIT_EXPECT_EQ(test, w->places[1].place.session, 0ULL);
	KUNIT_EXPECT_EQ(test, w->places[1].place.how, SAMR_PLACE_CUT);
	end(test, a);
	end(test, b);
}

/* A client's end that is behind what was read: there is nothing to go on with. */
static void keep_leaves_out_what_is_over(struct kunit *test)
{
	struct listening *w = test->priv;
	struct samr_connection *x = connected(test, 101);

	listening_segment(test, 101, 1, LEN, 0);
	listening_stream(test, 101, SAMR_SESSION_CLOSE);
	say(w, SAMR_PLACE_KEEP);
	KUNIT_EXPECT_EQ(test, w->placed, 1U);
	listening_read(x, LEN);
	listening_close(x);
}

static void keep_waits_until_it_is_quiet(struct kunit *test)
{
	struct listening *w = test->priv;
	struct samr_connection *x;

	KUNIT_EXPECT_TRUE(test, may(w, SAMR_STREAMS_END));
	x = connected(test, 101);
	KUNIT_EXPECT_FALSE(test, may(w, SAMR_STREAMS_END));
	KUNIT_EXPECT_TRUE(test, may(w, SAMR_STREAMS_KEEP));
	KUNIT_EXPECT_TRUE(test, may(w, SAMR_STREAMS_QUIET));
	x->asked = true;
	KUNIT_EXPECT_TRUE(test, may(w, SAMR_STREAMS_KEEP));
	KUNIT_EXPECT_FALSE(test, may(w, SAMR_STREAMS_QUIET));
	KUNIT_EXPECT_FALSE(test, x->doomed);
	/* It never is: it ends, and no longer holds up who waits. */
	x->loud_at = (jiffies - 2 * HZ) | 1;
	KUNIT_EXPECT_FALSE(test, may(w, SAMR_STREAMS_QUIET));
	KUNIT_EXPECT_TRUE(test, x->doomed);
	say(w, SAMR_PLACE_CUT);
	KUNIT_EXPECT_EQ(test, w->places[0].place.how, SAMR_PLACE_CUT);
	KUNIT_EXPECT_EQ(test, w->places[1].place.how, SAMR_PLACE_CUT);
	x->asked = false;
	KUNIT_EXPECT_TRUE(test, may(w, SAMR_STREAMS_QUIET));
	KUNIT_EXPECT_FALSE(test, x->doomed);
	end(test, x);
}

/* ---- a receiver ---- */

struct comes {
	u64 name;
	u32 len;
	u8 end;
	bool unwanted;
};

static bool take(struct kunit *test, struct comes c)
{
	struct listening *w = test->priv;
	const struct samr_place_payload p = {
		.session = cpu_to_be64(c.name), .how = SAMR_PLACE_KEEP,
		.read = cpu_to_be64(LEN), .made = cpu_to_be64(7), .end = c.end,
	};
	const struct samr_meta meta = {
		.gseq = w->gseq++, .kind = SAMR_KIND_REPLIES, .arg = ID * 10,
		.flags = SAMR_MSG_KEEP, .len = c.len ?: sizeof(p),
	};
	struct samr_msg *msg = samr_msg_new(&meta);
	bool taken;

	KUNIT_ASSERT_NOT_NULL(test, msg);
	msg->one.blob = samr_blob_new(meta.len);
	KUNIT_ASSERT_NOT_NULL(test, msg->one.blob);
	samr_blob_put_data(msg->one.blob, &p, meta.len);
	msg->npieces = 1;
	msg->have = meta.len;
	msg->session = c.name;
	msg->unwanted = c.unwanted;
	spin_lock_bh(&w->svc.lock);
	taken = samr_keep_take(&w->ls, msg);
	spin_unlock_bh(&w->svc.lock);
	samr_msg_put(msg);
	return taken;
}

static void begin(struct listening *w)
{
	spin_lock_bh(&w->svc.lock);
	samr_keep_begin(&w->ls);
	samr_connection_tell(&w->svc);
	spin_unlock_bh(&w->svc.lock);
}

static void keep_goes_on_where_the_donor_was(struct kunit *test)
{
	struct listening *w = test->priv;
	struct samr_connection *x;

	KUNIT_EXPECT_TRUE(test, take(test, (struct comes){ .name = 101 }));
	KUNIT_EXPECT_EQ(test, w->ls.waiting, 0U);
	KUNIT_EXPECT_NULL(test, samr_connection_find(&w->ls, 101));
	begin(w);
	KUNIT_EXPECT_EQ(test, w->readable, 1U);
	x = listening_accept(test);
	KUNIT_EXPECT_EQ(test, x->name, 101ULL);
	KUNIT_EXPECT_EQ(test, x->made, 7ULL);
	listening_segment(test, 101, LEN + 1, LEN, 0);
	KUNIT_EXPECT_EQ(test, x->side.in.bytes, (u32)LEN);
	listening_read(x, LEN);
	KUNIT_EXPECT_EQ(test, w->told.input, 2ULL * LEN);
	end(test, x);
}

static void keep_takes_no_nonsense(struct kunit *test)
{
	struct listening *w = test->priv;

	KUNIT_EXPECT_TRUE(test, take(test, (struct comes){ .name = 102 }));
	KUNIT_EXPECT_FALSE(test, take(test, (struct comes){ .name = 102 }));
	KUNIT_EXPECT_FALSE(test, take(test, (struct comes){ .name = 101 }));
	KUNIT_EXPECT_FALSE(test, take(test, (struct comes){
		.name = 103, .unwanted = true }));
	KUNIT_EXPECT_FALSE(test, take(test, (struct comes){
		.name = 104, .len = sizeof(struct samr_place_payload) - 1 }));
	KUNIT_EXPECT_TRUE(test, list_is_singular(&w->ls.keep.kept));
	spin_lock_bh(&w->svc.lock);
	samr_keep_drop(&w->ls);
	spin_unlock_bh(&w->svc.lock);
	KUNIT_EXPECT_TRUE(test, list_empty(&w->ls.keep.kept));
	begin(w);
	KUNIT_EXPECT_EQ(test, w->ls.waiting, 0U);
	/* What came with another state was void: names begin anew. */
	KUNIT_EXPECT_TRUE(test, take(test, (struct comes){ .name = 101 }));
	spin_lock_bh(&w->svc.lock);
	samr_keep_drop(&w->ls);
	spin_unlock_bh(&w->svc.lock);
}

/* The donor's program had closed it: here nobody accepts it, and its client's end is awaited. */
static void keep_what_was_closed_is_not_accepted(struct kunit *test)
{
	struct listening *w = test->priv;

	KUNIT_EXPECT_TRUE(test, take(test, (struct comes){
		.name = 101, .end = SAMR_END_CLOSED }));
	begin(w);
	KUNIT_EXPECT_EQ(test, w->ls.waiting, 0U);
	KUNIT_EXPECT_NOT_NULL(test, samr_connection_find(&w->ls, 101));
	listening_segment(test, 101, LEN + 1, LEN, 0);
	KUNIT_EXPECT_EQ(test, w->told.input, 2ULL * LEN);
	listening_stream(test, 101, SAMR_SESSION_CLOSE);
	KUNIT_EXPECT_NULL(test, samr_connection_find(&w->ls, 101));
}

static void keep_without_memory(struct kunit *test)
{
	struct listening *w = test->priv;
	const struct samr_place_payload p = { .how = SAMR_PLACE_KEEP };
	const struct samr_meta meta = {
		.gseq = 1, .kind = SAMR_KIND_REPLIES, .len = sizeof(p),
	};
	struct samr_msg *msg = samr_msg_new(&meta);
	bool taken;

	KUNIT_ASSERT_NOT_NULL(test, msg);
	msg->one.blob = samr_blob_new(sizeof(p));
	KUNIT_ASSERT_NOT_NULL(test, msg->one.blob);
	samr_blob_put_data(msg->one.blob, &p, sizeof(p));
	msg->npieces = 1;
	msg->have = sizeof(p);
	msg->session = 101;
	spin_lock_bh(&w->svc.lock);
	net_fail_arm(1);
	taken = samr_keep_take(&w->ls, msg);
	if (net_fail_disarm()) {
		KUNIT_EXPECT_FALSE(test, taken);
		KUNIT_EXPECT_TRUE(test, list_empty(&w->ls.keep.kept));
	}
	samr_keep_drop(&w->ls);
	spin_unlock_bh(&w->svc.lock);
	samr_msg_put(msg);
}

static struct kunit_case keep_cases[] = {
	KUNIT_CASE(keep_is_said_in_order),
	KUNIT_CASE(keep_is_not_said_by_halves),
	KUNIT_CASE(keep_leaves_out_what_is_over),
	KUNIT_CASE(keep_waits_until_it_is_quiet),
	KUNIT_CASE(keep_goes_on_where_the_donor_was),
	KUNIT_CASE(keep_takes_no_nonsense),
	KUNIT_CASE(keep_what_was_closed_is_not_accepted),
	KUNIT_CASE(keep_without_memory),
	{}
};

static struct kunit_suite keep_suite = {
	.name = "samr_keep",
	.init = listening_init,
	.test_cases = keep_cases,
};

kunit_test_suite(keep_suite);
