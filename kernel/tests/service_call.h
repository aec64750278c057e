/* SPDX-License-Identifier: GPL-2.0 */
/* Part of service_kunit.c: members whose group is a client of another service. */
#ifndef SAMR_TESTS_SERVICE_CALL_H
#define SAMR_TESTS_SERVICE_CALL_H

static int call_with(struct samr_local *l, u8 op, u32 service)
{
	struct samr_event ev = {
		.call = { .service = service, .op = op, .session = 9, .number = 3 },
	};

	return samr_local_call(l, &init_net, &ev);
}

static int call_request(struct samr_local *l)
{
	return call_with(l, SAMR_CALL_REQUEST, 8);
}

static void service_call_states(struct kunit *test)
{
	struct told t;
	struct samr_local *l = bound(test, &t);

	KUNIT_EXPECT_EQ(test, call_request(l), -ENOTCONN);
	KUNIT_ASSERT_EQ(test, samr_local_join(l, WINDOW, false), 0);
	KUNIT_EXPECT_EQ(test, call_request(l), -EAGAIN);
	KUNIT_EXPECT_EQ(test, fake.calls, 0);
	/* Whoever waits is told. */
	deliver_next(test);
	KUNIT_EXPECT_EQ(test, t.writable, 1);
	KUNIT_EXPECT_EQ(test, call_request(l), 0);
	KUNIT_EXPECT_EQ(test, fake.calls, 1);
	KUNIT_EXPECT_EQ(test, fake.called.call.group, SVC);
	KUNIT_EXPECT_EQ(test, fake.called.call.port, l->port);
	KUNIT_EXPECT_EQ(test, fake.called.call.service, 8);
	KUNIT_EXPECT_EQ(test, fake.called.call.number, 3);
	fake.answer = -EINVAL;
	KUNIT_EXPECT_EQ(test, call_request(l), -EINVAL);
	fake.answer = -ENOMEM;
	KUNIT_EXPECT_EQ(test, call_request(l), -ENOMEM);
	KUNIT_EXPECT_EQ(test, fake.calls, 3);
	fake.answer = 0;
	KUNIT_ASSERT_EQ(test, samr_local_leave(l), 0);
	KUNIT_EXPECT_EQ(test, call_request(l), -EPIPE);
	gone(l);
}

/* Only an OPEN needs the right to the other service, and that it is known here. */
static void service_call_rights(struct kunit *test)
{
	struct told t;
	struct samr_local *l = joined_member(test, &t);

	KUNIT_EXPECT_EQ(test, call_with(l, SAMR_CALL_OPEN, 8), -EADDRNOTAVAIL);
	KUNIT_EXPECT_EQ(test, fake.calls, 0);
	KUNIT_EXPECT_EQ(test, call_with(l, SAMR_CALL_CLOSE, 8), 0);
	KUNIT_ASSERT_EQ(test, samr_service_add(NULL, 8, "", INVALID_UID,
					       INVALID_GID, NULL), 0);
	KUNIT_EXPECT_EQ(test, call_with(l, SAMR_CALL_OPEN, 8), 0);
	KUNIT_EXPECT_EQ(test, fake.calls, 2);
	/* It is not held. */
	KUNIT_EXPECT_EQ(test, samr_service_del(NULL, 8, NULL), 0);
	gone(l);
}

/* Without room, or without a view, it is told when to try again. */
static void service_call_refused_is_told(struct kunit *test)
{
	struct told t;
	struct samr_local *l = joined_member(test, &t);

	t.writable = 0;
	fake.answer = -EAGAIN;
	KUNIT_EXPECT_EQ(test, call_request(l), -EAGAIN);
	/* Once more when it was on the list: the order may have called before. */
	KUNIT_EXPECT_EQ(test, fake.calls, 2);
	callback(fake.face->writable);
	KUNIT_EXPECT_EQ(test, t.writable, 1);
	callback(fake.face->writable);
	KUNIT_EXPECT_EQ(test, t.writable, 1);
	fake.answer = -ENOTCONN;
	KUNIT_EXPECT_EQ(test, call_request(l), -EAGAIN);
	callback(fake.face->view);
	KUNIT_EXPECT_EQ(test, t.writable, 2);
	/* The order calls between its refusal and the second try. */
	fake.answer = -EAGAIN;
	fake.during = call_writable;
	KUNIT_EXPECT_EQ(test, call_request(l), -EAGAIN);
	callback(fake.face->writable);
	KUNIT_EXPECT_EQ(test, t.writable, 3);
	fake.answer = 0;
	callback(fake.face->out);
	KUNIT_EXPECT_EQ(test, call_request(l), -ENETRESET);
	gone(l);
}

/* What it is to ask for follows from the state that it lacks. */
static void service_call_without_the_state(struct kunit *test)
{
	struct told t;
	struct samr_local *l = receiver(test, &t);

	KUNIT_EXPECT_EQ(test, call_request(l), -EBUSY);
	KUNIT_EXPECT_EQ(test, fake.calls, 0);
	gone(l);
}

/* All members read it at its place; with the bytes that are for them it is counted. */
static void service_call_returns(struct kunit *test)
{
	struct samr_local_info info;
	struct told t;
	struct samr_local *l = joined_member(test, &t);

	t.readable = 0;
	deliver_other(test, SAMR_KIND_CONNECT,
		      sizeof(struct samr_session_payload), 0, 0);
	deliver_other(test, SAMR_KIND_RETURN,
		      sizeof(struct samr_return_payload) + 70, 1, 0);
	KUNIT_EXPECT_EQ(test, t.readable, 1);
	samr_local_info(l, &info);
	KUNIT_EXPECT_EQ(test, info.queued, 70);
	takes(test, l, SAMR_KIND_CONNECT, 0);
	takes(test, l, SAMR_KIND_RETURN, 1);
	samr_local_info(l, &info);
	KUNIT_EXPECT_EQ(test, info.queued, 0);
	KUNIT_EXPECT_EQ(test, PTR_ERR(samr_local_peek(l, NULL)), -EAGAIN);
	gone(l);
}

#endif /* SAMR_TESTS_SERVICE_CALL_H */
