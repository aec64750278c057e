// SPDX-License-Identifier: GPL-2.0
/* Services and their members against a cluster that does what it is told. */
#include <linux/delay.h>
#include "fake.h"
#include "service_fake.h"

void fake_begin(void)
{
	memset(&fake, 0, sizeof(fake));
}

static int service_init(struct kunit *test)
{
	fake_begin();
	fake.next = 100;
	samr_service_init();
	fake.all = fake.face->open(NULL);
	if (IS_ERR(fake.all))
		return PTR_ERR(fake.all);
	return samr_service_add(NULL, SVC, "seven", GLOBAL_ROOT_UID,
				GLOBAL_ROOT_GID, NULL);
}

/* What the next message says of the transfer. */
static struct samr_transfer *fake_next_transfer;

static void hand_over(struct samr_msg *msg)
{
	msg->transfer = fake_next_transfer;
	fake_next_transfer = NULL;
	local_bh_disable();
	fake.face->deliver(fake.all, msg);
	local_bh_enable();
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
		.arg	= s->arg,
		.len	= s->len,
	};
	struct samr_msg *msg = samr_msg_new(&meta);

	KUNIT_ASSERT_NOT_NULL(test, msg);
	msg->owner = s->owner;
	msg->refused = refused;
	if (gseq && !refused &&
	    (s->kind == SAMR_KIND_JOIN || s->kind == SAMR_KIND_LEAVE)) {
		msg->members = samr_alloc(sizeof(*msg->members) +
					  sizeof(msg->members->m[0]));
		KUNIT_ASSERT_NOT_NULL(test, msg->members);
		samr_ref_set(&msg->members->ref, 1);
		msg->members->id = gseq;
		msg->members->count = 1;
		msg->members->m[0].window = WINDOW;
		if ((s->flags & SAMR_MSG_STATEFUL) && fake.holder)
			msg->members->m[0].flags = SAMR_ID_LACKS;
	}
	hand_over(msg);
}

static void deliver_next(struct kunit *test)
{
	deliver_as(test, fake.next++, false);
}

/* So many messages were taken; the last one is of this kind. */
static void now_sent(struct kunit *test, unsigned int count, u8 kind)
{
	KUNIT_ASSERT_EQ(test, fake.count, count);
	KUNIT_EXPECT_EQ(test, fake.sent[count - 1].kind, kind);
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

	KUNIT_ASSERT_EQ(test, samr_local_join(l, WINDOW, false), 0);
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
	struct samr_submit s = { .kind = SAMR_KIND_DATA, .len = len };
	int err = samr_local_reserve(l, SAMR_KIND_DATA, len, sndbuf);

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
	KUNIT_EXPECT_EQ(test, samr_local_join(l, WINDOW, false), 0);
	KUNIT_EXPECT_EQ(test, l->state, SAMR_MEMBER_JOINING);
	KUNIT_EXPECT_EQ(test, samr_local_join(l, WINDOW, false), -EALREADY);
	callback(fake.face->view);
	KUNIT_EXPECT_EQ(test, fake.count, 0);
	fake.answer = 0;
	callback(fake.face->view);
	now_sent(test, 1, SAMR_KIND_JOIN);
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
	KUNIT_EXPECT_EQ(test, samr_local_join(l, WINDOW, false), 0);
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
	KUNIT_EXPECT_EQ(test, samr_local_join(l, WINDOW, false), -ENOMEM);
	KUNIT_EXPECT_EQ(test, l->state, SAMR_MEMBER_BOUND);
	fake.answer = 0;
	callback(fake.face->writable);
	KUNIT_EXPECT_EQ(test, fake.count, 0);
	KUNIT_EXPECT_EQ(test, samr_local_join(l, WINDOW, false), 0);
	KUNIT_EXPECT_EQ(test, fake.count, 1);
	gone(l);
}

static void service_join_refused(struct kunit *test)
{
	struct told t;
	struct samr_local *l = bound(test, &t);

	KUNIT_EXPECT_EQ(test, samr_local_join(l, WINDOW, false), 0);
	deliver_as(test, fake.next++, true);
	KUNIT_EXPECT_EQ(test, t.err, ENOSPC);
	KUNIT_EXPECT_EQ(test, l->state, SAMR_MEMBER_BOUND);
	KUNIT_EXPECT_EQ(test, PTR_ERR(samr_local_peek(l, NULL)), -ENOTCONN);
	gone(l);
	KUNIT_EXPECT_EQ(test, fake.count, 1);
}

/* What was never asked of the order needs no leave. */
static void service_leave_cancels_join(struct kunit *test)
{
	struct told t;
	struct samr_local *l = bound(test, &t);

	fake.answer = -ENOTCONN;
	KUNIT_EXPECT_EQ(test, samr_local_join(l, WINDOW, false), 0);
	KUNIT_EXPECT_EQ(test, samr_local_leave(l), 0);
	KUNIT_EXPECT_EQ(test, l->state, SAMR_MEMBER_LEFT);
	KUNIT_EXPECT_EQ(test, samr_local_leave(l), -EALREADY);
	KUNIT_EXPECT_NULL(test, samr_local_peek(l, NULL));
	fake.answer = 0;
	callback(fake.face->view);
	KUNIT_EXPECT_EQ(test, fake.count, 0);
	gone(l);
}

static void service_leave_before_own_join(struct kunit *test)
{
	struct told t;
	struct samr_local *l = bound(test, &t);

	KUNIT_EXPECT_EQ(test, samr_local_join(l, WINDOW, false), 0);
	KUNIT_EXPECT_EQ(test, samr_local_leave(l), 0);
	now_sent(test, 2, SAMR_KIND_LEAVE);
	deliver_next(test);
	KUNIT_EXPECT_EQ(test, l->state, SAMR_MEMBER_LEAVING);
	deliver_next(test);
	KUNIT_EXPECT_EQ(test, l->state, SAMR_MEMBER_LEFT);
	KUNIT_EXPECT_NULL(test, samr_local_peek(l, NULL));
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
	now_sent(test, 2, SAMR_KIND_LEAVE);
	deliver_next(test);
	KUNIT_EXPECT_EQ(test, samr_service_del(NULL, SVC, NULL), 0);
}

static void service_send_states(struct kunit *test)
{
	struct told t;
	struct samr_local *l = bound(test, &t);

	KUNIT_EXPECT_EQ(test, send_one(l, 10, WINDOW), -ENOTCONN);
	KUNIT_EXPECT_TRUE(test, samr_local_writable(l, SAMR_KIND_DATA, 0, WINDOW));
	KUNIT_EXPECT_EQ(test, samr_local_join(l, WINDOW, false), 0);
	KUNIT_EXPECT_EQ(test, send_one(l, 10, WINDOW), -EAGAIN);
	KUNIT_EXPECT_FALSE(test, samr_local_writable(l, SAMR_KIND_DATA, 0, WINDOW));
	deliver_next(test);
	KUNIT_EXPECT_EQ(test, send_one(l, 10, WINDOW), 0);
	KUNIT_EXPECT_EQ(test, samr_local_leave(l), 0);
	KUNIT_EXPECT_EQ(test, send_one(l, 10, WINDOW), -EPIPE);
	KUNIT_EXPECT_TRUE(test, samr_local_writable(l, SAMR_KIND_DATA, 0, WINDOW));
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
	KUNIT_EXPECT_TRUE(test, samr_local_writable(l, SAMR_KIND_DATA, 1000, sndbuf));
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
	KUNIT_EXPECT_FALSE(test, samr_local_writable(l, SAMR_KIND_DATA, 10, WINDOW));
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
	struct samr_msg *msg = samr_local_peek(l, NULL);

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
	KUNIT_EXPECT_NULL(test, samr_local_peek(l, NULL));
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
	KUNIT_EXPECT_EQ(test, samr_local_join(m, WINDOW, false), 0);
	fake.answer = -ENOTRECOVERABLE;
	local_bh_disable();
	fake.face->halted(fake.all, ENOTRECOVERABLE);
	local_bh_enable();
	KUNIT_EXPECT_EQ(test, t.err, ENOTRECOVERABLE);
	KUNIT_EXPECT_EQ(test, u.err, ENOTRECOVERABLE);
	KUNIT_EXPECT_EQ(test, samr_local_err(l), -ENOTRECOVERABLE);
	KUNIT_EXPECT_EQ(test, send_one(l, 10, WINDOW), -ENOTRECOVERABLE);
	KUNIT_EXPECT_EQ(test, PTR_ERR(samr_local_peek(l, NULL)), -ENOTRECOVERABLE);
	KUNIT_EXPECT_EQ(test, samr_local_join(l, WINDOW, false), -ENOTRECOVERABLE);
	KUNIT_EXPECT_EQ(test, samr_local_leave(l), -ENOTRECOVERABLE);
	KUNIT_EXPECT_TRUE(test, samr_local_writable(l, SAMR_KIND_DATA, 0, WINDOW));
	KUNIT_EXPECT_EQ(test, PTR_ERR(samr_local_bind(NULL, &init_net, SVC, &ops,
						      &t)), -ENOTRECOVERABLE);
	gone(l);
	gone(m);
	KUNIT_EXPECT_EQ(test, samr_service_del(NULL, SVC, NULL), 0);
}

/* The head is put out while a message is on its way to the order: that is why. */
static void service_out_while_sending(struct kunit *test)
{
	struct samr_submit s = { .kind = SAMR_KIND_DATA, .len = 10 };
	struct told t;
	struct samr_local *l = joined_member(test, &t);

	KUNIT_EXPECT_EQ(test, samr_local_reserve(l, s.kind, s.len, WINDOW), 0);
	callback(fake.face->out);
	KUNIT_EXPECT_EQ(test, t.err, ENETRESET);
	KUNIT_EXPECT_EQ(test, samr_local_send(l, &s), -ENETRESET);
	samr_local_unreserve(l, s.len);
	KUNIT_EXPECT_EQ(test, l->charged, 0);
	gone(l);
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
	KUNIT_EXPECT_EQ(test, PTR_ERR(samr_local_peek(l, NULL)), -EAGAIN);
	gone(l);
}

/* ---- state transfer ---- */

/* The next message says that transfer @id goes to @to, or, with 0, that it is over. */
static struct samr_transfer *goes_to(struct kunit *test, u64 id,
				     const struct samr_local *to)
{
	struct samr_transfer *t = samr_alloc(sizeof(*t) + sizeof(t->to[0]));

	KUNIT_ASSERT_NOT_NULL(test, t);
	samr_ref_set(&t->ref, 1);
	t->id = id;
	t->donor.node = 2;
	t->donor.port = 1;
	if (to) {
		t->count = 1;
		t->to[0].node = 1;
		t->to[0].port = to->port;
	}
	fake_next_transfer = t;
	return t;
}

/* Something from another head. */
static void deliver_other(struct kunit *test, u8 kind, u32 len, u64 arg,
			  u8 flags)
{
	struct samr_meta meta = {
		.gseq	= fake.next++,
		.origin	= 2,
		.group	= SVC,
		.port	= 1,
		.kind	= kind,
		.flags	= flags,
		.arg	= arg,
		.len	= len,
	};
	struct samr_msg *msg = samr_msg_new(&meta);

	KUNIT_ASSERT_NOT_NULL(test, msg);
	hand_over(msg);
}

/* A member that lacks the state, has asked for it, and receives transfer 101. */
static struct samr_local *receiver(struct kunit *test, struct told *t)
{
	struct samr_local *l = bound(test, t);

	fake.holder = true;
	KUNIT_ASSERT_EQ(test, samr_local_join(l, WINDOW, true), 0);
	KUNIT_EXPECT_EQ(test, fake.sent[0].flags, SAMR_MSG_STATEFUL);
	deliver_next(test);
	now_sent(test, 2, SAMR_KIND_SNAPSHOT);
	KUNIT_EXPECT_EQ(test, fake.sent[1].arg, 0);
	goes_to(test, 101, l);
	deliver_next(test);
	KUNIT_EXPECT_EQ(test, l->install.id, 101);
	return l;
}

static u32 state_of(struct samr_local *l)
{
	struct samr_local_info info;

	samr_local_info(l, &info);
	return info.state;
}

static void service_state_is_installed(struct kunit *test)
{
	struct told t;
	struct samr_local *l = receiver(test, &t);
	struct samr_msg *msg;
	bool first;

	deliver_other(test, SAMR_KIND_DATA, 10, 0, 0);
	KUNIT_EXPECT_EQ(test, PTR_ERR(samr_local_peek(l, NULL)), -EAGAIN);
	KUNIT_EXPECT_EQ(test, state_of(l), SAMR_MEMBER_INSTALLING);
	t.readable = 0;
	deliver_other(test, SAMR_KIND_STATE, 1000, 101, 0);
	KUNIT_EXPECT_EQ(test, t.readable, 1);
	msg = samr_local_peek(l, &first);
	KUNIT_ASSERT_FALSE(test, IS_ERR_OR_NULL(msg));
	KUNIT_EXPECT_TRUE(test, first);
	samr_msg_put(msg);
	read_one(test, l);
	KUNIT_EXPECT_EQ(test, fake.count, 2);
	deliver_other(test, SAMR_KIND_STATE, 0, 101, SAMR_MSG_LAST);
	samr_msg_put(samr_local_peek(l, &first));
	KUNIT_EXPECT_FALSE(test, first);
	read_one(test, l);
	/* All is read: the order is told, and says when messages may follow. */
	now_sent(test, 3, SAMR_KIND_READ);
	KUNIT_EXPECT_EQ(test, fake.sent[2].arg, 104);
	KUNIT_EXPECT_EQ(test, PTR_ERR(samr_local_peek(l, NULL)), -EAGAIN);
	goes_to(test, 0, NULL);
	deliver_next(test);
	KUNIT_EXPECT_EQ(test, state_of(l), SAMR_MEMBER_JOINED);
	read_one(test, l);
	KUNIT_EXPECT_EQ(test, l->reader.seen.gseq, 102);
	KUNIT_EXPECT_EQ(test, fake.count, 3);
	gone(l);
}

/* Reading is told now and then, one at a time. */
static void service_state_reading_is_told(struct kunit *test)
{
	struct told t;
	struct samr_local *l = receiver(test, &t);
	int i;

	for (i = 0; i < 9; i++)
		deliver_other(test, SAMR_KIND_STATE, SAMR_INSTALL_TELL / 2, 101,
			      0);
	read_one(test, l);
	KUNIT_EXPECT_EQ(test, fake.count, 2);
	read_one(test, l);
	KUNIT_ASSERT_EQ(test, fake.count, 3);
	KUNIT_EXPECT_EQ(test, fake.sent[2].arg, 103);
	for (i = 0; i < 4; i++)
		read_one(test, l);
	KUNIT_EXPECT_EQ(test, fake.count, 3);
	deliver_next(test);
	KUNIT_ASSERT_EQ(test, fake.count, 4);
	KUNIT_EXPECT_EQ(test, fake.sent[3].arg, 107);
	gone(l);
}

/* The donor is gone: ask again, and begin at the beginning. */
static void service_state_of_another_donor(struct kunit *test)
{
	struct told t;
	struct samr_local *l = receiver(test, &t);
	bool first;

	deliver_other(test, SAMR_KIND_STATE, 1000, 101, 0);
	deliver_other(test, SAMR_KIND_STATE, 1000, 101, 0);
	read_one(test, l);
	goes_to(test, 0, NULL);
	deliver_other(test, SAMR_KIND_VIEW, 0, 0, 0);
	KUNIT_EXPECT_EQ(test, PTR_ERR(samr_local_peek(l, NULL)), -EAGAIN);
	KUNIT_EXPECT_EQ(test, l->svc->pieces.count, 0);
	now_sent(test, 3, SAMR_KIND_SNAPSHOT);
	goes_to(test, 105, l);
	deliver_next(test);
	deliver_other(test, SAMR_KIND_STATE, 1000, 105, 0);
	samr_msg_put(samr_local_peek(l, &first));
	KUNIT_EXPECT_TRUE(test, first);
	gone(l);
}

static void service_state_falls_behind(struct kunit *test)
{
	u32 len = WINDOW - samr_flow_cost(0);
	struct told t;
	struct samr_local *l = receiver(test, &t);
	int i;

	deliver_other(test, SAMR_KIND_STATE, 1000, 101, 0);
	for (i = 0; i < SAMR_INSTALL_WINDOWS; i++)
		deliver_other(test, SAMR_KIND_DATA, len, 0, 0);
	KUNIT_EXPECT_EQ(test, fake.counted[SAMR_STAT_INSTALL_BEHIND], 0);
	KUNIT_EXPECT_EQ(test, l->svc->log.count, SAMR_INSTALL_WINDOWS);
	deliver_other(test, SAMR_KIND_DATA, len, 0, 0);
	KUNIT_EXPECT_EQ(test, fake.counted[SAMR_STAT_INSTALL_BEHIND], 1);
	KUNIT_EXPECT_EQ(test, l->svc->log.count, 0);
	KUNIT_EXPECT_EQ(test, l->svc->pieces.count, 0);
	now_sent(test, 3, SAMR_KIND_SNAPSHOT);
	KUNIT_EXPECT_EQ(test, fake.sent[2].arg, 101);
	/* The one given up is not begun again by a change that it still has. */
	goes_to(test, 101, l);
	deliver_other(test, SAMR_KIND_LEAVE, 0, 0, 0);
	KUNIT_EXPECT_EQ(test, l->install.id, 0);
	gone(l);
}

static void service_state_lost(struct kunit *test)
{
	struct told t;
	struct samr_local *l = receiver(test, &t);

	deliver_other(test, SAMR_KIND_DATA, 10, 0, 0);
	goes_to(test, 0, NULL)->lost = true;
	fake.answer = -EAGAIN;
	deliver_other(test, SAMR_KIND_LEAVE, 0, 0, 0);
	KUNIT_EXPECT_EQ(test, t.err, ENODATA);
	KUNIT_EXPECT_EQ(test, PTR_ERR(samr_local_peek(l, NULL)), -ENODATA);
	KUNIT_EXPECT_EQ(test, l->svc->log.count, 0);
	KUNIT_EXPECT_EQ(test, fake.count, 2);
	/* It leaves as soon as that can be said. */
	fake.answer = 0;
	callback(fake.face->writable);
	now_sent(test, 3, SAMR_KIND_LEAVE);
	deliver_next(test);
	KUNIT_EXPECT_EQ(test, l->state, SAMR_MEMBER_LEFT);
	gone(l);
}

/* Nobody else is there: it begins with what it has. */
static void service_state_of_a_founder(struct kunit *test)
{
	struct told t;
	struct samr_local *l = bound(test, &t);

	KUNIT_ASSERT_EQ(test, samr_local_join(l, WINDOW, true), 0);
	deliver_next(test);
	KUNIT_EXPECT_EQ(test, state_of(l), SAMR_MEMBER_JOINED);
	KUNIT_EXPECT_EQ(test, fake.count, 1);
	deliver_other(test, SAMR_KIND_DATA, 10, 0, 0);
	read_one(test, l);
	gone(l);
}

static void takes(struct kunit *test, struct samr_local *l, u8 kind, u64 arg)
{
	struct samr_msg *msg = samr_local_peek(l, NULL);

	KUNIT_ASSERT_FALSE(test, IS_ERR_OR_NULL(msg));
	KUNIT_EXPECT_EQ(test, msg->meta.kind, kind);
	KUNIT_EXPECT_EQ(test, msg->meta.arg, arg);
	samr_local_pass(l, msg);
	samr_msg_put(msg);
}

#include "service_diverged.h"
#include "service_call.h"

/* ---- queries ---- */

static struct samr_msg *hand_query(struct kunit *test, u32 port, u64 number)
{
	struct samr_meta meta = {
		.gseq = fake.next - 1, .origin = 1, .group = SVC, .port = port,
		.kind = SAMR_KIND_QUERY, .arg = number,
	};
	struct samr_msg *msg = samr_msg_new(&meta);

	KUNIT_ASSERT_NOT_NULL(test, msg);
	hand_over(msg);
	return msg;
}

/* To one member, behind what was delivered before, in front of what comes later. */
static void service_query_has_its_turn(struct kunit *test)
{
	const struct samr_reply to_query = { .request = 9 };
	struct told t, u;
	struct samr_local *l = joined_member(test, &t);
	struct samr_local *other = joined_member(test, &u);

	deliver_other(test, SAMR_KIND_DATA, 10, 1, 0);
	hand_query(test, l->port, 8);
	hand_query(test, l->port, 9);
	deliver_other(test, SAMR_KIND_DATA, 10, 2, 0);
	hand_query(test, 12345, 10);
	takes(test, l, SAMR_KIND_DATA, 1);
	takes(test, l, SAMR_KIND_QUERY, 8);
	takes(test, l, SAMR_KIND_QUERY, 9);
	KUNIT_EXPECT_EQ(test, samr_local_reply(l, &to_query, NULL, 0, NULL),
			0);
	KUNIT_EXPECT_EQ(test, fake.answered.request, 9);
	KUNIT_EXPECT_EQ(test, fake.answered.session, 0);
	KUNIT_EXPECT_EQ(test, fake.upto, fake.next - 2);
	takes(test, l, SAMR_KIND_DATA, 2);
	takes(test, other, SAMR_KIND_DATA, 1);
	takes(test, other, SAMR_KIND_DATA, 2);
	KUNIT_EXPECT_EQ(test, PTR_ERR(samr_local_peek(l, NULL)), -EAGAIN);
	KUNIT_EXPECT_EQ(test, PTR_ERR(samr_local_peek(other, NULL)), -EAGAIN);
	t.readable = 0;
	hand_query(test, l->port, 11);
	KUNIT_EXPECT_EQ(test, t.readable, 1);
	gone(other);
	gone(l);
}

/* Who has left is asked nothing; what it had not read is for others. */
static void service_query_ends_with_its_member(struct kunit *test)
{
	struct told t;
	struct samr_local *l = joined_member(test, &t);

	hand_query(test, l->port, 1);
	KUNIT_EXPECT_EQ(test, samr_local_leave(l), 0);
	deliver_next(test);
	KUNIT_EXPECT_NULL(test, samr_local_peek(l, NULL));
	hand_query(test, l->port, 2);
	KUNIT_EXPECT_NULL(test, samr_local_peek(l, NULL));
	gone(l);
}

/* Clients that ask and go must not fill the memory behind a member that does not read. */
static void service_query_is_not_kept_for_nobody(struct kunit *test)
{
	struct told t;
	struct samr_local *l = joined_member(test, &t);
	struct samr_msg *msg;
	u64 i;

	for (i = 1; i <= 5; i++) {
		msg = hand_query(test, l->port, i);
		KUNIT_EXPECT_TRUE(test, list_is_singular(&l->queries));
		msg->unwanted = i < 5;
	}
	takes(test, l, SAMR_KIND_QUERY, 5);
	KUNIT_EXPECT_EQ(test, PTR_ERR(samr_local_peek(l, NULL)), -EAGAIN);
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
	KUNIT_CASE(service_out_while_sending),
	KUNIT_CASE(service_dropped_message),
	KUNIT_CASE(service_state_is_installed),
	KUNIT_CASE(service_state_reading_is_told),
	KUNIT_CASE(service_state_of_another_donor),
	KUNIT_CASE(service_state_falls_behind),
	KUNIT_CASE(service_state_lost),
	KUNIT_CASE(service_state_of_a_founder),
	KUNIT_CASE(service_difference_is_reported),
	KUNIT_CASE(service_difference_expels),
	KUNIT_CASE(service_difference_stops),
	KUNIT_CASE(service_difference_is_not_looked_for),
	KUNIT_CASE(service_call_states),
	KUNIT_CASE(service_call_rights),
	KUNIT_CASE(service_call_refused_is_told),
	KUNIT_CASE(service_call_without_the_state),
	KUNIT_CASE(service_call_returns),
	KUNIT_CASE(service_query_has_its_turn),
	KUNIT_CASE(service_query_ends_with_its_member),
	KUNIT_CASE(service_query_is_not_kept_for_nobody),
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
