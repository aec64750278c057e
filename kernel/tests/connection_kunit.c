// SPDX-License-Identifier: GPL-2.0
/*
 * Listeners and connections, with a log that is filled by hand. They call the cluster by
 * the shell's own names, which this module has to itself.
 */
#include <kunit/test.h>
#include <linux/skbuff.h>
#include <linux/slab.h>
#include "../connection.h"
#include "fake.h"

#define LEN	300
#define BIG	3000

/* What the order was told last. */
static struct {
	u64 input;
	u64 output;
	u64 upto;
	u8 end;
	unsigned int ends;
} told;

int samr_cluster_output(struct samr_cluster *c,
			const struct samr_cluster_output *o)
{
	told.output = o->from + o->len;
	told.upto = o->upto;
	told.end = o->end;
	told.ends += !!o->end;
	return 0;
}

int samr_cluster_output_room(struct samr_cluster *c, u32 group, u64 session,
			     u64 from)
{
	return 1000;
}

u32 samr_cluster_output_left(struct samr_cluster *c, u32 group, u64 session,
			     u64 made)
{
	return 0;
}

void samr_cluster_input(struct samr_cluster *c, u32 group, u64 session,
			u64 upto)
{
	told.input = upto;
}

/**
 * struct world - a service with one member
 * @svc: it
 * @all: of @svc
 * @local: its member
 * @ls: that listens
 * @gseq: of the next message
 * @readable: so often its socket was told
 */
struct world {
	struct samr_service svc;
	struct samr_services all;
	struct samr_local local;
	struct samr_listener ls;
	u64 gseq;
	unsigned int readable;
};

static void on_readable(void *ctx)
{
	((struct world *)ctx)->readable++;
}

static void on_writable(void *ctx)
{
}

static void on_failed(void *ctx, int err)
{
}

static const struct samr_local_ops ops = {
	.readable	= on_readable,
	.writable	= on_writable,
	.failed		= on_failed,
};

static int world_init(struct kunit *test)
{
	struct world *w = kunit_kzalloc(test, sizeof(*w), GFP_KERNEL);

	if (!w)
		return -ENOMEM;
	fake_begin();
	memset(&told, 0, sizeof(told));
	w->gseq = 10;
	spin_lock_init(&w->svc.lock);
	spin_lock_init(&w->all.lock);
	w->svc.all = &w->all;
	samr_log_init(&w->svc.log);
	INIT_LIST_HEAD(&w->svc.locals);
	INIT_LIST_HEAD(&w->svc.listeners);
	INIT_LIST_HEAD(&w->svc.telling);
	INIT_LIST_HEAD(&w->all.writers);
	w->local.svc = &w->svc;
	samr_log_reader_init(&w->local.reader);
	w->local.reader.streams = true;
	samr_log_attach(&w->svc.log, &w->local.reader);
	refcount_set(&w->ls.ref, 1);
	w->ls.local = &w->local;
	w->ls.ops = &ops;
	w->ls.ctx = w;
	w->ls.listens = true;
	w->ls.most = 1;
	w->ls.sockets = 1;
	INIT_LIST_HEAD(&w->ls.backlog);
	list_add_tail(&w->ls.link, &w->svc.listeners);
	test->priv = w;
	return 0;
}

static void no_wake(struct samr_reader *r)
{
}

static void pump(struct world *w)
{
	LIST_HEAD(free);

	spin_lock_bh(&w->svc.lock);
	samr_listener_pump(&w->ls, &free);
	samr_connection_tell(&w->svc);
	spin_unlock_bh(&w->svc.lock);
	samr_log_free(&free);
}

static void deliver(struct kunit *test, struct samr_msg *msg, const void *bytes)
{
	struct world *w = test->priv;
	LIST_HEAD(free);

	KUNIT_ASSERT_NOT_NULL(test, msg);
	if (msg->meta.len) {
		msg->one.blob = samr_blob_new(msg->meta.len);
		KUNIT_ASSERT_NOT_NULL(test, msg->one.blob);
		samr_blob_put_data(msg->one.blob, bytes, msg->meta.len);
		msg->npieces = 1;
		msg->have = msg->meta.len;
	}
	INIT_LIST_HEAD(&msg->link);
	spin_lock_bh(&w->svc.lock);
	samr_log_append(&w->svc.log, msg, &free, no_wake);
	spin_unlock_bh(&w->svc.lock);
	samr_log_free(&free);
	pump(w);
}

static void stream(struct kunit *test, u64 session, u8 op)
{
	struct world *w = test->priv;
	const struct samr_session_payload p = { .op = op };
	const struct samr_meta meta = {
		.gseq = w->gseq++, .kind = SAMR_KIND_STREAM, .len = sizeof(p),
	};
	struct samr_msg *msg = samr_msg_new(&meta);

	if (msg)
		msg->session = session;
	deliver(test, msg, &p);
}

static void segment(struct kunit *test, u64 session, u64 number, u32 len, u8 flags)
{
	const u32 head = sizeof(struct samr_request_payload);
	struct world *w = test->priv;
	const struct samr_meta meta = {
		.gseq = w->gseq++, .kind = SAMR_KIND_REQUEST, .arg = number,
		.flags = flags, .len = head + len,
	};
	u8 *bytes = kunit_kzalloc(test, head + len, GFP_KERNEL);
	struct samr_msg *msg = samr_msg_new(&meta);

	KUNIT_ASSERT_NOT_NULL(test, bytes);
	if (msg) {
		msg->session = session;
		msg->segment = true;
	}
	deliver(test, msg, bytes);
}

static struct samr_connection *accept(struct kunit *test)
{
	struct world *w = test->priv;
	struct samr_connection *x = samr_listener_accept(&w->ls, &ops, w);

	KUNIT_ASSERT_FALSE(test, IS_ERR(x));
	return x;
}

static void read_bytes(struct samr_connection *x, u32 len)
{
	LIST_HEAD(free);

	spin_lock_bh(&x->side.svc->lock);
	samr_input_pass(&x->side.in, len, &free);
	spin_unlock_bh(&x->side.svc->lock);
	samr_log_free(&free);
	x->side.how->passed(&x->side, 1);
}

static void close_it(struct samr_connection *x)
{
	samr_connection_close(x, SAMR_END_CLOSED, false);
	samr_connection_put(x);
}

static void listener_accepts_in_order(struct kunit *test)
{
	struct samr_connection *a, *b;

	stream(test, 101, SAMR_SESSION_OPEN);
	stream(test, 102, SAMR_SESSION_OPEN);
	a = accept(test);
	b = accept(test);
	KUNIT_EXPECT_EQ(test, a->name, 101ULL);
	KUNIT_EXPECT_EQ(test, b->name, 102ULL);
	stream(test, 101, SAMR_SESSION_CLOSE);
	stream(test, 102, SAMR_SESSION_CLOSE);
	close_it(a);
	close_it(b);
}

static void listener_with_a_full_backlog_stands_still(struct kunit *test)
{
	struct world *w = test->priv;
	struct samr_connection *x[3];
	u64 name;
	int i;

	for (name = 101; name <= 103; name++)
		stream(test, name, SAMR_SESSION_OPEN);
	KUNIT_EXPECT_EQ(test, w->ls.waiting, 2U);
	KUNIT_EXPECT_FALSE(test, samr_log_idle(&w->svc.log));
	for (i = 0; i < 3; i++)
		x[i] = accept(test);
	KUNIT_EXPECT_TRUE(test, samr_log_idle(&w->svc.log));
	for (i = 0; i < 3; i++) {
		KUNIT_EXPECT_EQ(test, x[i]->name, 101ULL + i);
		stream(test, x[i]->name, SAMR_SESSION_CLOSE);
		close_it(x[i]);
	}
}

static void input_is_told_as_it_is_read(struct kunit *test)
{
	struct samr_connection *x;

	stream(test, 101, SAMR_SESSION_OPEN);
	x = accept(test);
	segment(test, 101, 1, LEN, 0);
	segment(test, 101, 1 + LEN, BIG, SAMR_MSG_FIN);
	KUNIT_EXPECT_EQ(test, x->side.in.bytes, LEN + BIG);
	KUNIT_EXPECT_EQ(test, told.input, 0ULL);
	read_bytes(x, LEN + 1);
	KUNIT_EXPECT_EQ(test, told.input, LEN + 1ULL);
	read_bytes(x, BIG - 1);
	KUNIT_EXPECT_EQ(test, told.input, LEN + BIG + 1ULL);
	KUNIT_EXPECT_TRUE(test, x->side.over);
	stream(test, 101, SAMR_SESSION_CLOSE);
	KUNIT_EXPECT_TRUE(test, x->side.broken);
	close_it(x);
}

static void the_clients_end_comes_behind_its_bytes(struct kunit *test)
{
	struct samr_connection *x;

	stream(test, 101, SAMR_SESSION_OPEN);
	x = accept(test);
	segment(test, 101, 1, LEN, 0);
	stream(test, 101, SAMR_SESSION_CLOSE);
	KUNIT_EXPECT_FALSE(test, x->side.broken);
	read_bytes(x, LEN);
	KUNIT_EXPECT_TRUE(test, x->side.broken);
	close_it(x);
}

static void small_segments_share_memory(struct kunit *test)
{
	struct samr_connection *x;
	u64 n;

	stream(test, 101, SAMR_SESSION_OPEN);
	x = accept(test);
	for (n = 1; n <= 500; n++)
		segment(test, 101, n, 1, 0);
	KUNIT_EXPECT_EQ(test, x->side.in.bytes, 500U);
	KUNIT_EXPECT_TRUE(test, list_is_singular(&x->side.in.msgs));
	stream(test, 101, SAMR_SESSION_CLOSE);
	close_it(x);
}

static void input_behind_close_counts_as_read(struct kunit *test)
{
	struct world *w = test->priv;
	struct samr_connection *x;

	stream(test, 101, SAMR_SESSION_OPEN);
	x = accept(test);
	segment(test, 101, 1, LEN, 0);
	close_it(x);
	KUNIT_EXPECT_EQ(test, told.input, (u64)LEN);
	KUNIT_EXPECT_EQ(test, told.end, SAMR_END_CLOSED);
	KUNIT_EXPECT_EQ(test, told.output, 1ULL);
	segment(test, 101, 1 + LEN, LEN, 0);
	KUNIT_EXPECT_EQ(test, told.input, 2ULL * LEN);
	KUNIT_EXPECT_NOT_NULL(test, samr_connection_find(&w->ls, 101));
	stream(test, 101, SAMR_SESSION_CLOSE);
	KUNIT_EXPECT_NULL(test, samr_connection_find(&w->ls, 101));
	KUNIT_EXPECT_EQ(test, told.ends, 1U);
}

/* Whoever reads copies without the lock: what he may be at has to stay. */
static void what_is_copied_out_stays_when_the_member_ends(struct kunit *test)
{
	struct samr_connection *x;
	struct samr_msg *msg;
	LIST_HEAD(free);

	stream(test, 101, SAMR_SESSION_OPEN);
	x = accept(test);
	segment(test, 101, 1, BIG, 0);
	msg = samr_msg_get(list_first_entry(&x->side.in.msgs, struct samr_msg,
					    link));
	KUNIT_EXPECT_EQ(test, refcount_read((refcount_t *)&msg->ref), 2U);
	spin_lock_bh(&x->side.svc->lock);
	samr_connection_fail(x);
	samr_connection_tell(x->side.svc);
	spin_unlock_bh(&x->side.svc->lock);
	KUNIT_EXPECT_EQ(test, refcount_read((refcount_t *)&msg->ref), 2U);
	KUNIT_EXPECT_TRUE(test, x->side.deaf);
	KUNIT_EXPECT_TRUE(test, x->side.broken);
	spin_lock_bh(&x->side.svc->lock);
	KUNIT_EXPECT_EQ(test, samr_input_pass(&x->side.in, BIG, &free), 1U);
	spin_unlock_bh(&x->side.svc->lock);
	samr_log_free(&free);
	KUNIT_EXPECT_EQ(test, x->side.in.bytes, 0U);
	KUNIT_EXPECT_EQ(test, refcount_read((refcount_t *)&msg->ref), 1U);
	samr_msg_put(msg);
	close_it(x);
}

/* Of two members here the one that did not read goes: what the other has read counts. */
static void nobody_waits_for_a_member_that_ended(struct kunit *test)
{
	struct world *w = test->priv;
	struct samr_listener *slow;
	struct samr_connection *x, *y;
	LIST_HEAD(free);

	stream(test, 101, SAMR_SESSION_OPEN);
	x = accept(test);
	slow = kunit_kzalloc(test, sizeof(*slow), GFP_KERNEL);
	KUNIT_ASSERT_NOT_NULL(test, slow);
	refcount_set(&slow->ref, 1);
	slow->local = &w->local;
	slow->sockets = 1;
	INIT_LIST_HEAD(&slow->backlog);
	list_add_tail(&slow->link, &w->svc.listeners);
	y = kunit_kzalloc(test, sizeof(*y), GFP_KERNEL);
	KUNIT_ASSERT_NOT_NULL(test, y);
	refcount_set(&y->ref, 3);
	y->listener = slow;
	y->name = 101;
	y->side.svc = &w->svc;
	samr_input_init(&y->side.in);
	INIT_LIST_HEAD(&y->telling);
	hlist_add_head(&y->hash, &slow->conns[101 % SAMR_LISTENER_BUCKETS]);

	segment(test, 101, 1, LEN, 0);
	y->have = LEN;
	read_bytes(x, LEN);
	KUNIT_EXPECT_EQ(test, told.input, 0ULL);
	spin_lock_bh(&w->svc.lock);
	samr_connection_fail(y);
	samr_connection_tell(&w->svc);
	spin_unlock_bh(&w->svc.lock);
	KUNIT_EXPECT_EQ(test, told.input, (u64)LEN);
	list_del_init(&slow->link);
	stream(test, 101, SAMR_SESSION_CLOSE);
	close_it(x);
}

/* No head that keeps to the window sends so much: the rest stays in the log, which is bounded. */
static void input_is_bounded(struct kunit *test)
{
	struct world *w = test->priv;
	struct samr_connection *x;
	u64 n;

	stream(test, 101, SAMR_SESSION_OPEN);
	x = accept(test);
	for (n = 0; n * BIG <= 2 * SAMR_STREAM_WINDOW; n++)
		segment(test, 101, 1 + n * BIG, BIG, 0);
	KUNIT_EXPECT_LE(test, x->side.in.bytes, SAMR_STREAM_WINDOW);
	KUNIT_EXPECT_FALSE(test, samr_log_idle(&w->svc.log));
	while (x->have < n * BIG)
		read_bytes(x, BIG);
	KUNIT_EXPECT_TRUE(test, samr_log_idle(&w->svc.log));
	stream(test, 101, SAMR_SESSION_CLOSE);
	close_it(x);
}

/* What clients left behind that came, wrote and went is bounded, however long the backlog. */
static void orphans_are_bounded(struct kunit *test)
{
	const u32 len = SAMR_STREAM_WINDOW - 1, count = 40;
	struct world *w = test->priv;
	struct samr_connection *x;
	u64 name;
	u32 i;

	w->ls.most = count;
	for (name = 101; name <= 100 + count; name++) {
		stream(test, name, SAMR_SESSION_OPEN);
		segment(test, name, 1, len, 0);
		stream(test, name, SAMR_SESSION_CLOSE);
	}
	KUNIT_EXPECT_LE(test, w->ls.waiting * len, (1U << 20) + len);
	KUNIT_EXPECT_FALSE(test, samr_log_idle(&w->svc.log));
	for (i = 0; i < count; i++) {
		x = accept(test);
		KUNIT_EXPECT_EQ(test, x->side.in.bytes, len);
		KUNIT_EXPECT_LE(test, w->ls.waiting * len, (1U << 20) + len);
		close_it(x);
	}
	KUNIT_EXPECT_TRUE(test, samr_log_idle(&w->svc.log));
	KUNIT_EXPECT_EQ(test, w->ls.orphaned, 0U);
}

static void what_is_unknown_is_passed(struct kunit *test)
{
	struct world *w = test->priv;

	segment(test, 99, 1, LEN, 0);
	stream(test, 99, SAMR_SESSION_CLOSE);
	KUNIT_EXPECT_TRUE(test, samr_log_idle(&w->svc.log));
	KUNIT_EXPECT_EQ(test, w->ls.waiting, 0U);
}

static struct kunit_case cases[] = {
	KUNIT_CASE(listener_accepts_in_order),
	KUNIT_CASE(listener_with_a_full_backlog_stands_still),
	KUNIT_CASE(input_is_told_as_it_is_read),
	KUNIT_CASE(the_clients_end_comes_behind_its_bytes),
	KUNIT_CASE(small_segments_share_memory),
	KUNIT_CASE(input_behind_close_counts_as_read),
	KUNIT_CASE(what_is_copied_out_stays_when_the_member_ends),
	KUNIT_CASE(nobody_waits_for_a_member_that_ended),
	KUNIT_CASE(input_is_bounded),
	KUNIT_CASE(orphans_are_bounded),
	KUNIT_CASE(what_is_unknown_is_passed),
	{}
};

static struct kunit_suite suite = {
	.name = "samr_connection",
	.init = world_init,
	.test_cases = cases,
};
kunit_test_suite(suite);
