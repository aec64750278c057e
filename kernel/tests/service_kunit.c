// SPDX-License-Identifier: GPL-2.0
/*
 * Services and their members against a cluster that does what it is told:
 * refuse, lack memory, deliver at once or later, halt.
 */
#include <kunit/test.h>
#include <linux/delay.h>
#include "../local.h"

#define samr_cluster_submit	fake_submit
#define samr_cluster_consumed	fake_consumed
#define samr_cluster_room	fake_room
#define samr_cluster_view	fake_view
#define samr_cluster_priv	fake_priv
#define samr_cluster_set_face	fake_set_face

static int fake_submit(struct samr_cluster *c, const struct samr_submit *s);
static void fake_consumed(struct samr_cluster *c, u32 group, u64 gseq, u32 cost);
static bool fake_room(struct samr_cluster *c, u32 group, u32 len);
static void fake_view(struct samr_cluster *c, struct samr_view_info *info);
static void *fake_priv(struct samr_cluster *c);
static void fake_set_face(const struct samr_cluster_face *f);

#include "../service.c"
#include "../local.c"

#define SVC		7
#define WINDOW		80000
#define SUBMITS		16

/**
 * struct fake - the cluster
 * @face: what service.c registered
 * @all: of that
 * @answer: what submitting returns
 * @full: there is no room
 * @sent: what was taken, in order
 * @count: of @sent
 * @delivered: of @sent
 * @next: gseq of the next delivery
 * @consumed: last gseq reported
 * @cost: sum of the costs reported
 * @reports: how often
 * @during: called once from within the next submission
 */
struct fake {
	const struct samr_cluster_face *face;
	void *all;
	int answer;
	bool full;
	struct samr_submit sent[SUBMITS];
	unsigned int count;
	unsigned int delivered;
	u64 next;
	u64 consumed;
	u64 cost;
	unsigned int reports;
	void (*during)(void);
};

/* What a member was told. */
struct told {
	unsigned int readable;
	unsigned int writable;
	unsigned int failed;
	int err;
};

static struct fake fake;

static int fake_submit(struct samr_cluster *c, const struct samr_submit *s)
{
	void (*during)(void) = fake.during;
	int answer = fake.answer;

	fake.during = NULL;
	if (during)
		during();
	if (answer)
		return answer;
	if (fake.count == SUBMITS)
		return -EAGAIN;
	fake.sent[fake.count++] = *s;
	return 0;
}

static void fake_consumed(struct samr_cluster *c, u32 group, u64 gseq, u32 cost)
{
	WARN_ON(gseq < fake.consumed);
	fake.consumed = gseq;
	fake.cost += cost;
	fake.reports++;
}

static bool fake_room(struct samr_cluster *c, u32 group, u32 len)
{
	return !fake.full;
}

/* It is in force. */
static void fake_view(struct samr_cluster *c, struct samr_view_info *info)
{
	memset(info, 0, sizeof(*info));
	info->epoch = 1;
}

static void *fake_priv(struct samr_cluster *c)
{
	return fake.all;
}

static void fake_set_face(const struct samr_cluster_face *f)
{
	fake.face = f;
}

static void on_readable(void *ctx)
{
	((struct told *)ctx)->readable++;
}

static void on_writable(void *ctx)
{
	((struct told *)ctx)->writable++;
}

static void on_failed(void *ctx, int err)
{
	struct told *t = ctx;

	t->failed++;
	t->err = err ?: t->err;
}

static const struct samr_local_ops ops = {
	.readable	= on_readable,
	.writable	= on_writable,
	.failed		= on_failed,
};

static int service_init(struct kunit *test)
{
	memset(&fake, 0, sizeof(fake));
	fake.next = 100;
	samr_service_init();
	fake.all = fake.face->open(NULL);
	if (IS_ERR(fake.all))
		return PTR_ERR(fake.all);
	return samr_service_add(NULL, SVC, "seven", GLOBAL_ROOT_UID,
				GLOBAL_ROOT_GID, NULL);
}

/* What the core would deliver next; @gseq 0: it is dropped instead. */
static void deliver_as(struct kunit *test, u64 gseq, bool refused)
{
	const struct samr_submit *s = &fake.sent[fake.delivered++];
	struct samr_meta meta = {
		.gseq	= gseq,
		.origin	= 1,
		.group	= s->group,
		.port	= s->port,
		.kind	= s->kind,
		.len	= s->len,
	};
	struct samr_msg *msg = samr_msg_new(&meta);

	KUNIT_ASSERT_NOT_NULL(test, msg);
	msg->owner = s->owner;
	msg->refused = refused;
	if (gseq && !refused && s->kind != SAMR_KIND_DATA) {
		msg->members = samr_alloc(sizeof(*msg->members) +
					  sizeof(msg->members->m[0]));
		KUNIT_ASSERT_NOT_NULL(test, msg->members);
		samr_ref_set(&msg->members->ref, 1);
		msg->members->id = gseq;
		msg->members->count = 1;
		msg->members->m[0].window = WINDOW;
	}
	local_bh_disable();
	fake.face->deliver(fake.all, msg);
	local_bh_enable();
}

static void deliver_next(struct kunit *test)
{
	deliver_as(test, fake.next++, false);
}

static void service_exit(struct kunit *test)
{
	/* As at the cluster's end: all that is left is dropped. */
	fake.answer = -ENETDOWN;
	while (fake.delivered < fake.count)
		deliver_as(test, 0, false);
	fake.face->halted(fake.all, ENETDOWN);
	KUNIT_EXPECT_EQ(test, fake.face->busy(fake.all), 0);
	fake.face->close(fake.all);
}

static struct samr_local *bound(struct kunit *test, struct told *t)
{
	struct samr_local *l;

	memset(t, 0, sizeof(*t));
	l = samr_local_bind(NULL, &init_net, SVC, &ops, t);
	KUNIT_ASSERT_FALSE(test, IS_ERR(l));
	return l;
}

static struct samr_local *joined_member(struct kunit *test, struct told *t)
{
	struct samr_local *l = bound(test, t);

	KUNIT_ASSERT_EQ(test, samr_local_join(l, WINDOW), 0);
	deliver_next(test);
	KUNIT_ASSERT_EQ(test, l->state, SAMR_MEMBER_JOINED);
	KUNIT_EXPECT_EQ(test, t->writable, 1);
	return l;
}

static void gone(struct samr_local *l)
{
	samr_local_close(l);
	samr_local_put(l);
}

static int send_one(struct samr_local *l, u32 len, u32 sndbuf)
{
	struct samr_submit s = { .len = len };
	int err = samr_local_reserve(l, len, sndbuf);

	if (err)
		return err;
	err = samr_local_send(l, &s);
	if (err)
		samr_local_unreserve(l, len);
	return err;
}

static void callback(void (*fn)(void *priv))
{
	local_bh_disable();
	fn(fake.all);
	local_bh_enable();
}

static void service_configuration(struct kunit *test)
{
	struct samr_service_info info;
	struct told t;
	struct samr_local *l;

	KUNIT_EXPECT_EQ(test, samr_service_add(NULL, 0, "", GLOBAL_ROOT_UID,
			GLOBAL_ROOT_GID, NULL), -EINVAL);
	KUNIT_EXPECT_EQ(test, samr_service_add(NULL, SVC, "x", GLOBAL_ROOT_UID,
			GLOBAL_ROOT_GID, NULL), -EEXIST);
	KUNIT_EXPECT_EQ(test, samr_service_add(NULL, 8, "seven", GLOBAL_ROOT_UID,
			GLOBAL_ROOT_GID, NULL), -EEXIST);
	KUNIT_EXPECT_EQ(test, samr_service_add(NULL, 3, NULL, INVALID_UID,
			INVALID_GID, NULL), 0);
	KUNIT_EXPECT_EQ(test, samr_service_next(NULL, 0, &info), 3);
	KUNIT_EXPECT_EQ(test, samr_service_next(NULL, 3, &info), SVC);
	KUNIT_EXPECT_STREQ(test, info.name, "seven");
	KUNIT_EXPECT_EQ(test, samr_service_next(NULL, SVC, &info), 0);
	KUNIT_EXPECT_EQ(test, samr_service_find(NULL, "seven"), SVC);
	KUNIT_EXPECT_EQ(test, samr_service_find(NULL, "eight"), 0);
	KUNIT_EXPECT_EQ(test, samr_service_info(NULL, 9, &info), -ENOENT);

	l = joined_member(test, &t);
	KUNIT_EXPECT_EQ(test, fake.face->busy(fake.all), 1);
	KUNIT_EXPECT_EQ(test, samr_service_info(NULL, SVC, &info), 0);
	KUNIT_EXPECT_EQ(test, info.sockets, 1);
	KUNIT_EXPECT_EQ(test, info.joined, 1);
	KUNIT_EXPECT_EQ(test, samr_service_del(NULL, SVC, NULL), -EBUSY);
	gone(l);
	KUNIT_EXPECT_EQ(test, samr_service_info(NULL, SVC, &info), 0);
	KUNIT_EXPECT_EQ(test, info.sockets, 0);
	KUNIT_EXPECT_EQ(test, info.leaving, 1);
	KUNIT_EXPECT_EQ(test, samr_service_del(NULL, SVC, NULL), -EBUSY);
	deliver_next(test);
	KUNIT_EXPECT_EQ(test, samr_service_del(NULL, SVC, NULL), 0);
	KUNIT_EXPECT_EQ(test, samr_service_del(NULL, SVC, NULL), -ENOENT);
}

static void service_join_is_kept_without_view(struct kunit *test)
{
	struct told t;
	struct samr_local *l = bound(test, &t);

	fake.answer = -ENOTCONN;
	KUNIT_EXPECT_EQ(test, samr_local_join(l, WINDOW), 0);
	KUNIT_EXPECT_EQ(test, l->state, SAMR_MEMBER_JOINING);
	KUNIT_EXPECT_EQ(test, samr_local_join(l, WINDOW), -EALREADY);
	callback(fake.face->view);
	KUNIT_EXPECT_EQ(test, fake.count, 0);
	fake.answer = 0;
	callback(fake.face->view);
	KUNIT_ASSERT_EQ(test, fake.count, 1);
	KUNIT_EXPECT_EQ(test, fake.sent[0].kind, SAMR_KIND_JOIN);
	KUNIT_EXPECT_EQ(test, fake.sent[0].arg, WINDOW);
	callback(fake.face->view);
	KUNIT_EXPECT_EQ(test, fake.count, 1);
	gone(l);
}

static void call_writable(void)
{
	callback(fake.face->writable);
}

/* The order calls between its refusal and the refused one's return. */
static void service_join_called_while_refused(struct kunit *test)
{
	struct told t;
	struct samr_local *l = bound(test, &t);

	fake.answer = -EAGAIN;
	fake.during = call_writable;
	KUNIT_EXPECT_EQ(test, samr_local_join(l, WINDOW), 0);
	fake.answer = 0;
	callback(fake.face->writable);
	KUNIT_EXPECT_EQ(test, fake.count, 1);
	gone(l);
}

static void service_join_without_memory(struct kunit *test)
{
	struct told t;
	struct samr_local *l = bound(test, &t);

	fake.answer = -ENOMEM;
	KUNIT_EXPECT_EQ(test, samr_local_join(l, WINDOW), -ENOMEM);
	KUNIT_EXPECT_EQ(test, l->state, SAMR_MEMBER_BOUND);
	fake.answer = 0;
	callback(fake.face->writable);
	KUNIT_EXPECT_EQ(test, fake.count, 0);
	KUNIT_EXPECT_EQ(test, samr_local_join(l, WINDOW), 0);
	KUNIT_EXPECT_EQ(test, fake.count, 1);
	gone(l);
}

static void service_join_refused(struct kunit *test)
{
	struct told t;
	struct samr_local *l = bound(test, &t);

	KUNIT_EXPECT_EQ(test, samr_local_join(l, WINDOW), 0);
	deliver_as(test, fake.next++, true);
	KUNIT_EXPECT_EQ(test, t.err, ENOSPC);
	KUNIT_EXPECT_EQ(test, l->state, SAMR_MEMBER_BOUND);
	KUNIT_EXPECT_EQ(test, PTR_ERR(samr_local_peek(l)), -ENOTCONN);
	gone(l);
	KUNIT_EXPECT_EQ(test, fake.count, 1);
}

/* What was never asked of the order needs no leave. */
static void service_leave_cancels_join(struct kunit *test)
{
	struct told t;
	struct samr_local *l = bound(test, &t);

	fake.answer = -ENOTCONN;
	KUNIT_EXPECT_EQ(test, samr_local_join(l, WINDOW), 0);
	KUNIT_EXPECT_EQ(test, samr_local_leave(l), 0);
	KUNIT_EXPECT_EQ(test, l->state, SAMR_MEMBER_LEFT);
	KUNIT_EXPECT_EQ(test, samr_local_leave(l), -EALREADY);
	KUNIT_EXPECT_NULL(test, samr_local_peek(l));
	fake.answer = 0;
	callback(fake.face->view);
	KUNIT_EXPECT_EQ(test, fake.count, 0);
	gone(l);
}

static void service_leave_before_own_join(struct kunit *test)
{
	struct told t;
	struct samr_local *l = bound(test, &t);

	KUNIT_EXPECT_EQ(test, samr_local_join(l, WINDOW), 0);
	KUNIT_EXPECT_EQ(test, samr_local_leave(l), 0);
	KUNIT_ASSERT_EQ(test, fake.count, 2);
	KUNIT_EXPECT_EQ(test, fake.sent[1].kind, SAMR_KIND_LEAVE);
	deliver_next(test);
	KUNIT_EXPECT_EQ(test, l->state, SAMR_MEMBER_LEAVING);
	deliver_next(test);
	KUNIT_EXPECT_EQ(test, l->state, SAMR_MEMBER_LEFT);
	KUNIT_EXPECT_NULL(test, samr_local_peek(l));
	gone(l);
}

/* A closed member's leave outlives refusals and lack of memory. */
static void service_close_leaves_at_last(struct kunit *test)
{
	struct told t;
	struct samr_local *l = joined_member(test, &t);

	fake.answer = -EAGAIN;
	gone(l);
	KUNIT_EXPECT_EQ(test, fake.face->busy(fake.all), 0);
	fake.answer = -ENOMEM;
	callback(fake.face->writable);
	KUNIT_EXPECT_EQ(test, fake.count, 1);
	fake.answer = 0;
	msleep(RETRY_MS * 5);
	KUNIT_ASSERT_EQ(test, fake.count, 2);
	KUNIT_EXPECT_EQ(test, fake.sent[1].kind, SAMR_KIND_LEAVE);
	deliver_next(test);
	KUNIT_EXPECT_EQ(test, samr_service_del(NULL, SVC, NULL), 0);
}

static void service_send_states(struct kunit *test)
{
	struct told t;
	struct samr_local *l = bound(test, &t);

	KUNIT_EXPECT_EQ(test, send_one(l, 10, WINDOW), -ENOTCONN);
	KUNIT_EXPECT_TRUE(test, samr_local_writable(l, 0, WINDOW));
	KUNIT_EXPECT_EQ(test, samr_local_join(l, WINDOW), 0);
	KUNIT_EXPECT_EQ(test, send_one(l, 10, WINDOW), -EAGAIN);
	KUNIT_EXPECT_FALSE(test, samr_local_writable(l, 0, WINDOW));
	deliver_next(test);
	KUNIT_EXPECT_EQ(test, send_one(l, 10, WINDOW), 0);
	KUNIT_EXPECT_EQ(test, samr_local_leave(l), 0);
	KUNIT_EXPECT_EQ(test, send_one(l, 10, WINDOW), -EPIPE);
	KUNIT_EXPECT_TRUE(test, samr_local_writable(l, 0, WINDOW));
	gone(l);
}

static void service_send_buffer(struct kunit *test)
{
	u32 cost = samr_flow_cost(1000), sndbuf = 4 * cost;
	struct told t;
	struct samr_local *l = joined_member(test, &t);
	struct samr_local_info info;
	int i;

	for (i = 0; i < 4; i++)
		KUNIT_EXPECT_EQ(test, send_one(l, 1000, sndbuf), 0);
	KUNIT_EXPECT_EQ(test, send_one(l, 1000, sndbuf), -EAGAIN);
	samr_local_info(l, &info);
	KUNIT_EXPECT_EQ(test, info.unsettled, 4000);
	KUNIT_EXPECT_EQ(test, info.queued, 0);
	/* Told once, when half of it is free; but the truth before, if asked. */
	deliver_next(test);
	KUNIT_EXPECT_EQ(test, t.writable, 1);
	KUNIT_EXPECT_TRUE(test, samr_local_writable(l, 1000, sndbuf));
	deliver_next(test);
	KUNIT_EXPECT_EQ(test, t.writable, 2);
	deliver_next(test);
	deliver_next(test);
	KUNIT_EXPECT_EQ(test, t.writable, 2);
	samr_local_info(l, &info);
	KUNIT_EXPECT_EQ(test, info.unsettled, 0);
	KUNIT_EXPECT_EQ(test, info.queued, 4000);
	KUNIT_EXPECT_EQ(test, t.readable, 1);
	gone(l);
}

static void service_send_refused_is_told(struct kunit *test)
{
	struct told t;
	struct samr_local *l = joined_member(test, &t);

	fake.answer = -EAGAIN;
	KUNIT_EXPECT_EQ(test, send_one(l, 10, WINDOW), -EAGAIN);
	KUNIT_EXPECT_EQ(test, l->charged, 0);
	callback(fake.face->writable);
	KUNIT_EXPECT_EQ(test, t.writable, 2);
	callback(fake.face->writable);
	KUNIT_EXPECT_EQ(test, t.writable, 2);

	fake.full = true;
	KUNIT_EXPECT_FALSE(test, samr_local_writable(l, 10, WINDOW));
	callback(fake.face->writable);
	KUNIT_EXPECT_EQ(test, t.writable, 3);

	/* A view that went away is waited for, too. */
	fake.answer = -ENOTCONN;
	KUNIT_EXPECT_EQ(test, send_one(l, 10, WINDOW), -EAGAIN);
	callback(fake.face->view);
	KUNIT_EXPECT_EQ(test, t.writable, 4);
	fake.answer = -ENOMEM;
	KUNIT_EXPECT_EQ(test, send_one(l, 10, WINDOW), -ENOMEM);
	fake.answer = 0;
	gone(l);
}

static struct samr_local *leaver;

static void leave_now(void)
{
	samr_local_leave(leaver);
}

/* A message that was let pass is ordered before the leave. */
static void service_send_while_leaving(struct kunit *test)
{
	struct told t;
	struct samr_local *l = joined_member(test, &t);

	leaver = l;
	fake.during = leave_now;
	KUNIT_EXPECT_EQ(test, send_one(l, 10, WINDOW), 0);
	KUNIT_ASSERT_EQ(test, fake.count, 3);
	KUNIT_EXPECT_EQ(test, fake.sent[1].kind, SAMR_KIND_DATA);
	KUNIT_EXPECT_EQ(test, fake.sent[2].kind, SAMR_KIND_LEAVE);
	gone(l);
}

static void read_one(struct kunit *test, struct samr_local *l)
{
	struct samr_msg *msg = samr_local_peek(l);

	KUNIT_ASSERT_FALSE(test, IS_ERR_OR_NULL(msg));
	samr_local_pass(l, msg);
	samr_msg_put(msg);
}

static void service_reports_what_was_read(struct kunit *test)
{
	u32 len = WINDOW / REPORT_PART / 2;
	struct told t;
	struct samr_local *l = joined_member(test, &t);
	int i;

	KUNIT_EXPECT_EQ(test, fake.consumed, 100);
	fake.reports = 0;
	for (i = 0; i < 4; i++) {
		KUNIT_EXPECT_EQ(test, send_one(l, len, U32_MAX), 0);
		deliver_next(test);
	}
	KUNIT_EXPECT_EQ(test, fake.reports, 0);
	read_one(test, l);
	KUNIT_EXPECT_EQ(test, fake.reports, 0);
	read_one(test, l);
	KUNIT_EXPECT_EQ(test, fake.reports, 1);
	KUNIT_EXPECT_EQ(test, fake.consumed, 102);
	read_one(test, l);
	KUNIT_EXPECT_EQ(test, fake.reports, 1);
	read_one(test, l);
	KUNIT_EXPECT_EQ(test, fake.reports, 2);
	KUNIT_EXPECT_EQ(test, fake.consumed, 104);
	KUNIT_EXPECT_EQ(test, fake.cost,
			samr_members_cost(1) + 4 * samr_flow_cost(len));
	gone(l);
}

static void service_muted_reads_all(struct kunit *test)
{
	struct told t;
	struct samr_local *l = joined_member(test, &t);

	KUNIT_EXPECT_EQ(test, send_one(l, 10, WINDOW), 0);
	deliver_next(test);
	KUNIT_EXPECT_EQ(test, fake.consumed, 100);
	samr_local_mute(l);
	KUNIT_EXPECT_EQ(test, fake.consumed, 101);
	KUNIT_EXPECT_NULL(test, samr_local_peek(l));
	KUNIT_EXPECT_EQ(test, send_one(l, 10, WINDOW), 0);
	deliver_next(test);
	KUNIT_EXPECT_EQ(test, fake.consumed, 102);
	KUNIT_EXPECT_EQ(test, l->charged, 0);
	gone(l);
}

static void service_halted(struct kunit *test)
{
	struct told t, u;
	struct samr_local *l = joined_member(test, &t), *m = bound(test, &u);

	fake.answer = -ENOTCONN;
	KUNIT_EXPECT_EQ(test, samr_local_join(m, WINDOW), 0);
	fake.answer = -ENOTRECOVERABLE;
	local_bh_disable();
	fake.face->halted(fake.all, ENOTRECOVERABLE);
	local_bh_enable();
	KUNIT_EXPECT_EQ(test, t.err, ENOTRECOVERABLE);
	KUNIT_EXPECT_EQ(test, u.err, ENOTRECOVERABLE);
	KUNIT_EXPECT_EQ(test, samr_local_err(l), -ENOTRECOVERABLE);
	KUNIT_EXPECT_EQ(test, send_one(l, 10, WINDOW), -ENOTRECOVERABLE);
	KUNIT_EXPECT_EQ(test, PTR_ERR(samr_local_peek(l)), -ENOTRECOVERABLE);
	KUNIT_EXPECT_EQ(test, samr_local_join(l, WINDOW), -ENOTRECOVERABLE);
	KUNIT_EXPECT_EQ(test, samr_local_leave(l), -ENOTRECOVERABLE);
	KUNIT_EXPECT_TRUE(test, samr_local_writable(l, 0, WINDOW));
	KUNIT_EXPECT_EQ(test, PTR_ERR(samr_local_bind(NULL, &init_net, SVC, &ops,
						      &t)), -ENOTRECOVERABLE);
	gone(l);
	gone(m);
	KUNIT_EXPECT_EQ(test, samr_service_del(NULL, SVC, NULL), 0);
}

/* The cluster ends with a message under way: its sender hears of it. */
static void service_dropped_message(struct kunit *test)
{
	struct told t;
	struct samr_local *l = joined_member(test, &t);

	KUNIT_EXPECT_EQ(test, send_one(l, 10, WINDOW), 0);
	deliver_as(test, 0, false);
	KUNIT_EXPECT_EQ(test, t.err, ENETRESET);
	KUNIT_EXPECT_EQ(test, l->charged, 0);
	KUNIT_EXPECT_EQ(test, PTR_ERR(samr_local_peek(l)), -EAGAIN);
	gone(l);
}

static struct kunit_case service_cases[] = {
	KUNIT_CASE(service_configuration),
	KUNIT_CASE(service_join_is_kept_without_view),
	KUNIT_CASE(service_join_called_while_refused),
	KUNIT_CASE(service_join_without_memory),
	KUNIT_CASE(service_join_refused),
	KUNIT_CASE(service_leave_cancels_join),
	KUNIT_CASE(service_leave_before_own_join),
	KUNIT_CASE(service_close_leaves_at_last),
	KUNIT_CASE(service_send_states),
	KUNIT_CASE(service_send_buffer),
	KUNIT_CASE(service_send_refused_is_told),
	KUNIT_CASE(service_send_while_leaving),
	KUNIT_CASE(service_reports_what_was_read),
	KUNIT_CASE(service_muted_reads_all),
	KUNIT_CASE(service_halted),
	KUNIT_CASE(service_dropped_message),
	{}
};

static struct kunit_suite service_suite = {
	.name = "samr_service",
	.init = service_init,
	.exit = service_exit,
	.test_cases = service_cases,
};

kunit_test_suite(service_suite);

MODULE_LICENSE("GPL");
