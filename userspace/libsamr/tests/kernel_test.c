// SPDX-License-Identifier: GPL-2.0
/*
 * libsamr on a kernel that is played by this program: what the real one would
 * not say, or not on demand.
 */
#define _GNU_SOURCE
#include <errno.h>
#include <poll.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <unistd.h>
#include <cmocka.h>
#include <samr/samr.h>
#include "kernel.h"

static union {
	struct samr_view v;
	char bytes[sizeof(struct samr_view) +
		   2 * sizeof(struct samr_view_member)];
} view;

static const struct answer joined = {
	.type = SAMR_TYPE_VIEW, .data = &view, .len = sizeof(view),
};

static void says(const struct answer *a, size_t count)
{
	kernel.answer = a;
	kernel.answers = count;
}

static int setup(void **state)
{
	memset(&kernel, 0, sizeof(kernel));
	memset(&view, 0, sizeof(view));
	view.v.id = 3;
	view.v.count = 2;
	view.v.members[0].node = 1;
	view.v.members[1].node = 2;
	view.v.members[1].flags = SAMR_MEMBER_SELF;
	*state = NULL;
	return 0;
}

/* A member that has joined. */
static struct samr *member(unsigned int flags)
{
	struct samr *m;

	assert_int_equal(samr_open(&m, 42, flags), 0);
	says(&joined, 1);
	assert_int_equal(samr_join(m, 1000), 0);
	return m;
}

static int teardown(void **state)
{
	(void)state;
	assert_int_equal(kernel.opened, kernel.closed);
	return 0;
}

/* Whatever fails, nothing is left open and the error is the kernel's. */
static void open_fails_clean(void **state)
{
	struct samr *m = (struct samr *)state;

	kernel.socket_err = EAFNOSUPPORT;
	assert_int_equal(samr_open(&m, 42, 0), -EAFNOSUPPORT);
	assert_null(m);
	kernel.socket_err = 0;
	kernel.bind_err = EACCES;
	assert_int_equal(samr_open(&m, 42, 0), -EACCES);
	kernel.bind_err = 0;
	kernel.setsockopt_err = EINVAL;
	kernel.setsockopt_fails = SAMR_NOTIFY;
	assert_int_equal(samr_open(&m, 42, 0), -EINVAL);
	kernel.setsockopt_fails = SAMR_SAFE;
	assert_int_equal(samr_open(&m, 42, SAMR_OPEN_SAFE), -EINVAL);
	assert_null(m);
	assert_int_equal(kernel.opened, 3);
}

static void join_ends_with_a_view(void **state)
{
	static const struct answer message = { .type = SAMR_TYPE_MESSAGE };
	static const struct answer end = { .end = true };
	struct samr *m = member(0);

	(void)state;
	assert_int_equal(samr_view(m)->count, 2);
	assert_int_equal(samr_self(m)->node, 2);
	assert_int_equal(samr_join(m, 0), -EISCONN);
	samr_close(m);
	/* Anything else in its place would mean that something was lost. */
	assert_int_equal(samr_open(&m, 42, 0), 0);
	says(&message, 1);
	assert_int_equal(samr_join(m, 1000), -EBADMSG);
	says(&joined, 1);
	assert_int_equal(samr_join(m, 1000), -EBADMSG);
	assert_null(samr_view(m));
	samr_close(m);
	assert_int_equal(samr_open(&m, 42, 0), 0);
	says(&end, 1);
	assert_int_equal(samr_join(m, 1000), -EBADMSG);
	samr_close(m);
}

static void join_can_be_asked_again(void **state)
{
	struct samr *m;

	(void)state;
	assert_int_equal(samr_open(&m, 42, 0), 0);
	assert_int_equal(samr_join(m, 1), -ETIMEDOUT);
	kernel.poll_err = EINTR;
	assert_int_equal(samr_join(m, 1000), -EINTR);
	kernel.poll_err = 0;
	/* It has been asked for: not again. */
	kernel.setsockopt_fails = SAMR_JOIN;
	kernel.setsockopt_err = EISCONN;
	says(&joined, 1);
	assert_int_equal(samr_join(m, 1000), 0);
	samr_close(m);
}

/* What cannot be understood is an error, and stays one. */
static void broken_messages_end_it(void **state)
{
	static const struct answer broken[] = {
		{ .no_cmsg = true, .data = "x", .len = 1 },
		{ .cmsg = sizeof(struct samr_delivery) - 1 },
		{ .flags = MSG_TRUNC, .data = "abc", .len = 3 },
		{ .flags = MSG_CTRUNC },
		{ .type = SAMR_TYPE_VIEW },
		{ .type = SAMR_TYPE_VIEW, .data = &view,
		  .len = sizeof(struct samr_view) - 1 },
		{ .type = SAMR_TYPE_VIEW, .data = &view,
		  .len = sizeof(view) - 1 },
		{ .type = SAMR_TYPE_VIEW, .data = &view,
		  .len = sizeof(struct samr_view) },
	};
	static const struct answer good = {
		.type = SAMR_TYPE_MESSAGE, .data = "good", .len = 4,
	};
	struct samr_received r[4];
	size_t i;

	(void)state;
	for (i = 0; i < sizeof(broken) / sizeof(broken[0]); i++) {
		struct answer three[3] = { good, broken[i], good };
		struct samr *m = member(0);

		says(three, 3);
		/* What came before it is not lost. */
		assert_int_equal(samr_recv_batch(m, r, 4, 0), 1);
		assert_memory_equal(r[0].data, "good", 4);
		assert_int_equal(samr_recv_batch(m, r, 4, 0), -EBADMSG);
		says(&good, 1);
		assert_int_equal(samr_recv(m, r, 0), -EBADMSG);
		assert_int_equal(samr_view(m)->count, 2);
		samr_close(m);
	}
}

static void no_memory_for_a_view(void **state)
{
	struct samr *m = member(SAMR_OPEN_NO_VIEWS);
	struct samr_received r;

	(void)state;
	kernel.no_memory = true;
	says(&joined, 1);
	assert_int_equal(samr_recv(m, &r, 1000), -ENOMEM);
	kernel.no_memory = false;
	assert_int_equal(samr_recv(m, &r, 1000), -ENOMEM);
	assert_int_equal(samr_view(m)->count, 2);
	samr_close(m);
}

static void views_may_be_hidden(void **state)
{
	static const struct answer mixed[] = {
		{ .type = SAMR_TYPE_VIEW, .data = &view, .len = sizeof(view) },
		{ .type = SAMR_TYPE_MESSAGE, .data = "a", .len = 1 },
		{ .type = SAMR_TYPE_VIEW, .data = &view, .len = sizeof(view) },
		{ .type = 99, .data = "new", .len = 3 },
		{ .end = true }, { .end = true },
	};
	struct samr *m = member(SAMR_OPEN_NO_VIEWS);
	struct samr_received r[8];

	(void)state;
	view.v.id = 4;
	says(mixed, 5);
	assert_int_equal(samr_recv_batch(m, r, 8, 1000), 2);
	assert_memory_equal(r[0].data, "a", 1);
	assert_null(r[0].view);
	/* A type of the future is the caller's to ignore. */
	assert_int_equal(r[1].delivery.type, 99);
	assert_int_equal(samr_view(m)->id, 4);
	says(&mixed[5], 1);
	assert_int_equal(samr_recv(m, r, 1000), 0);
	/* Only views: it waits for what follows them. */
	says(mixed, 1);
	assert_int_equal(samr_recv(m, r, 1), -ETIMEDOUT);
	samr_close(m);
}

static void errors_of_receiving(void **state)
{
	static const struct answer down = { .err = ENETDOWN };
	static const struct answer caught = { .err = EINTR };
	struct samr *m = member(0);
	struct samr_received r;

	(void)state;
	assert_int_equal(samr_recv_batch(m, &r, 0, 0), -EINVAL);
	assert_int_equal(samr_recv(m, &r, 0), -EAGAIN);
	assert_int_equal(samr_recv(m, &r, 1), -ETIMEDOUT);
	assert_false(kernel.waits);
	/* Who has no time limit waits there. When it is left without anything there is poll(). */
	says(&caught, 1);
	assert_int_equal(samr_recv(m, &r, -1), -EINTR);
	assert_true(kernel.waits);
	kernel.poll_err = EINTR;
	assert_int_equal(samr_recv(m, &r, -1), -EINTR);
	kernel.poll_err = 0;
	says(&down, 1);
	assert_int_equal(samr_recv(m, &r, -1), -ENETDOWN);
	samr_close(m);
}

static void sending(void **state)
{
	struct samr *m = member(0);
	struct iovec v[2] = { { "abc", 3 }, { "de", 2 } };

	(void)state;
	assert_int_equal(samr_sendv(m, v, 2, 77, SAMR_SEND_SAFE), 0);
	assert_int_equal(kernel.sent_len, 5);
	assert_int_equal(kernel.sent.request, 77);
	assert_int_equal(kernel.sent.flags, SAMR_SEND_SAFE);
	assert_int_equal(kernel.sent_flags, MSG_NOSIGNAL);
	assert_int_equal(samr_send(m, "x", 1, 0, SAMR_SEND_NOWAIT), 0);
	assert_int_equal(kernel.sent.flags, 0);
	assert_int_equal(kernel.sent_flags, MSG_NOSIGNAL | MSG_DONTWAIT);
	assert_int_equal(samr_sendv(m, NULL, 1, 0, 0), -EINVAL);
	assert_int_equal(samr_sendv(m, v, -1, 0, 0), -EINVAL);
	kernel.sendmsg_err = EINTR;
	assert_int_equal(samr_send(m, "x", 1, 0, 0), -EINTR);
	kernel.setsockopt_fails = SAMR_LEAVE;
	kernel.setsockopt_err = ENOTCONN;
	assert_int_equal(samr_leave(m), -ENOTCONN);
	assert_int_equal(samr_fd(m), 1000);
	samr_close(m);
}

/* ---- state transfer ---- */

static const struct samr_snapshot snapshot = { .id = 7 };

static const struct answer asked = {
	.type = SAMR_TYPE_SNAPSHOT, .data = &snapshot, .len = sizeof(snapshot),
};

static const struct answer hello = {
	.type = SAMR_TYPE_MESSAGE, .data = "hello", .len = 5,
};

/* A service whose state is @left times a piece. */
static struct service {
	int snapshots;
	int fails;		/* the snapshot, or the piece after so many */
	int left;
	int given;
	int abandoned;
	int taken;
	int begun;
	int complete;
	int refuses;
	int seen;		/* messages that the service has worked off */
	int seen_at_snapshot;
} service;

static int on_snapshot(void *ctx, uint64_t gseq)
{
	struct service *s = ctx;

	assert_int_equal(gseq, 7);
	s->snapshots++;
	s->seen_at_snapshot = s->seen;
	return s->fails == 1 ? -1 : 0;
}

static ssize_t on_give(void *ctx, void *buf, size_t len)
{
	struct service *s = ctx;

	if (!buf) {
		s->abandoned++;
		return 0;
	}
	if (s->fails && s->given + 2 > s->fails)
		return -EIO;
	if (!s->left)
		return 0;
	s->left--;
	memset(buf, ++s->given, len);
	return (ssize_t)len;
}

static int on_take(void *ctx, const void *data, size_t len, unsigned int flags)
{
	struct service *s = ctx;

	(void)data;
	if (flags & SAMR_DELIVERY_FIRST) {
		s->begun++;
		s->taken = 0;
	}
	s->taken += (int)len;
	s->complete += !!(flags & SAMR_DELIVERY_LAST);
	return s->refuses ? -EFBIG : 0;
}

static const struct samr_state_ops ops = {
	.snapshot = on_snapshot, .give = on_give, .take = on_take,
};

/* A member that takes part, of a service whose state has so many pieces. */
static struct samr *giver(int pieces)
{
	struct samr *m;

	memset(&service, 0, sizeof(service));
	service.left = pieces;
	assert_int_equal(samr_open(&m, 42, 0), 0);
	assert_int_equal(samr_state(m, &ops, &service), 0);
	says(&joined, 1);
	assert_int_equal(samr_join(m, 1000), 0);
	assert_int_equal(kernel.join_flags, SAMR_JOIN_STATE);
	assert_int_equal(samr_events(m), POLLIN);
	return m;
}

static void state_is_asked_for_before_joining(void **state)
{
	const struct samr_state_ops partly = { .snapshot = on_snapshot };
	struct samr *m = member(0);

	(void)state;
	assert_int_equal(kernel.join_flags, 0);
	assert_int_equal(samr_state(m, NULL, NULL), -EINVAL);
	assert_int_equal(samr_state(m, &partly, NULL), -EINVAL);
	assert_int_equal(samr_state(m, &ops, NULL), -EISCONN);
	samr_close(m);
}

/* Who only calls samr_recv() gives all of it, and waits for room meanwhile. */
static void state_is_given_while_receiving(void **state)
{
	struct samr *m = giver(3);
	struct samr_received r;

	(void)state;
	says(&asked, 1);
	kernel.sendmsg_room = 2;
	assert_int_equal(samr_recv(m, &r, 1000), -ETIMEDOUT);
	assert_int_equal(service.snapshots, 1);
	assert_int_equal(kernel.sent.request, 7);
	assert_int_equal(kernel.sent.flags, SAMR_SEND_STATE);
	assert_int_equal(kernel.sent_flags, MSG_NOSIGNAL | MSG_DONTWAIT);
	assert_int_equal(kernel.sent_count, 1);
	assert_int_equal(kernel.polled, POLLIN | POLLOUT);
	assert_int_equal(samr_events(m), POLLIN | POLLOUT);
	/* The piece that was refused was asked for once, and comes next. */
	assert_int_equal(service.given, 2);
	assert_int_equal(kernel.sent_byte, 2);
	assert_int_equal(samr_recv(m, &r, 1000), -ETIMEDOUT);
	assert_int_equal(kernel.sent_count, 4);
	assert_int_equal(service.given, 3);
	assert_int_equal(kernel.sent.flags, SAMR_SEND_STATE | SAMR_SEND_LAST);
	assert_int_equal(kernel.sent_len, 0);
	assert_int_equal(kernel.polled, POLLIN);
	assert_int_equal(samr_events(m), POLLIN);
	assert_int_equal(service.abandoned, 0);
	samr_close(m);
}

/* Messages and pieces take turns. */
static void state_does_not_stop_the_service(void **state)
{
	const struct answer more[] = { asked, hello, hello, hello };
	struct samr *m = giver(100);
	struct samr_received r;
	int i;

	(void)state;
	says(more, 4);
	for (i = 1; i <= 3; i++) {
		assert_int_equal(samr_recv(m, &r, 1000), 1);
		assert_memory_equal(r.data, "hello", 5);
		assert_int_equal(service.given, i);
	}
	/* Neither does a call that may not wait. */
	assert_int_equal(samr_recv(m, &r, 0), -EAGAIN);
	assert_int_equal(service.given, 4);
	samr_close(m);
}

/* What stands before it in the same batch has been worked off by then. */
static void snapshot_is_taken_at_its_place(void **state)
{
	const struct answer batch[] = { hello, hello, asked, hello, hello };
	struct samr *m = giver(1);
	struct samr_received r[8];

	(void)state;
	says(batch, 5);
	service.seen = samr_recv_batch(m, r, 8, 1000);
	assert_int_equal(service.seen, 2);
	assert_int_equal(service.snapshots, 0);
	/* The rest is not lost, and given in the portions that are asked for. */
	assert_int_equal(samr_recv(m, r, 1000), 1);
	assert_int_equal(service.snapshots, 1);
	assert_int_equal(service.seen_at_snapshot, 2);
	assert_memory_equal(r[0].data, "hello", 5);
	assert_int_equal(samr_recv_batch(m, r, 8, 1000), 1);
	assert_int_equal(samr_recv_batch(m, r, 8, 0), -EAGAIN);
	samr_close(m);
}

static void state_that_cannot_be_given(void **state)
{
	struct samr *m = giver(5);
	struct samr_received r;

	(void)state;
	service.fails = 1;
	says(&asked, 1);
	assert_int_equal(samr_recv(m, &r, 1000), -ETIMEDOUT);
	assert_int_equal(kernel.sent.flags, SAMR_SEND_STATE | SAMR_SEND_FAILED);
	assert_int_equal(kernel.sent_len, 0);
	assert_int_equal(kernel.sent_count, 1);
	assert_int_equal(samr_events(m), POLLIN);
	service.fails = 4;
	says(&asked, 1);
	assert_int_equal(samr_recv(m, &r, 1000), -ETIMEDOUT);
	assert_int_equal(service.given, 3);
	assert_int_equal(kernel.sent.flags, SAMR_SEND_STATE | SAMR_SEND_FAILED);
	assert_int_equal(kernel.sent_len, 0);
	assert_int_equal(kernel.sent_count, 1 + 4);
	assert_int_equal(service.abandoned, 0);
	samr_close(m);
}

/* The service is told when nobody wants the rest, or another state is wanted. */
static void state_that_is_not_wanted_any_more(void **state)
{
	struct samr *m = giver(1000);
	struct samr_received r;

	(void)state;
	says(&asked, 1);
	assert_int_equal(samr_recv(m, &r, 0), -EAGAIN);
	assert_int_equal(samr_recv(m, &r, 0), -EAGAIN);
	assert_int_equal(service.abandoned, 0);
	kernel.sendmsg_err = ESTALE;
	assert_int_equal(samr_recv(m, &r, 1000), -ETIMEDOUT);
	assert_int_equal(service.abandoned, 1);
	assert_int_equal(samr_events(m), POLLIN);
	kernel.sendmsg_err = 0;
	says(&asked, 1);
	assert_int_equal(samr_recv(m, &r, 0), -EAGAIN);
	says(&asked, 1);
	assert_int_equal(samr_recv(m, &r, 0), -EAGAIN);
	assert_int_equal(service.snapshots, 3);
	assert_int_equal(service.abandoned, 2);
	samr_close(m);
	/* Its own end is known to it. */
	m = giver(0);
	says(&asked, 1);
	kernel.sendmsg_err = ESTALE;
	assert_int_equal(samr_recv(m, &r, 1000), -ETIMEDOUT);
	assert_int_equal(service.abandoned, 0);
	samr_close(m);
}

static void state_is_taken_before_messages(void **state)
{
	static const char piece[1000];
	const struct answer pieces[] = {
		{ .type = SAMR_TYPE_INSTALL, .data = piece, .len = 1000,
		  .delivery_flags = SAMR_DELIVERY_FIRST },
		{ .type = SAMR_TYPE_INSTALL, .data = piece, .len = 1000,
		  .delivery_flags = SAMR_DELIVERY_FIRST },
		{ .type = SAMR_TYPE_INSTALL, .data = piece, .len = 500 },
		{ .type = SAMR_TYPE_INSTALL,
		  .delivery_flags = SAMR_DELIVERY_LAST },
		hello,
	};
	struct samr *m = giver(0);
	struct samr_received r[8];

	(void)state;
	says(pieces, 5);
	assert_int_equal(samr_recv_batch(m, r, 8, 1000), 1);
	assert_memory_equal(r[0].data, "hello", 5);
	assert_int_equal(service.begun, 2);
	assert_int_equal(service.taken, 1500);
	assert_int_equal(service.complete, 1);
	/* A state that the service refuses ends it. */
	service.refuses = true;
	says(pieces, 5);
	assert_int_equal(samr_recv_batch(m, r, 8, 1000), -EFBIG);
	assert_int_equal(samr_recv(m, r, 1000), -EFBIG);
	samr_close(m);
}

/* A kernel that is not understood; and a member that takes no part. */
static void state_of_others(void **state)
{
	const struct answer broken = {
		.type = SAMR_TYPE_SNAPSHOT, .data = &snapshot, .len = 15,
	};
	struct samr *m = giver(1);
	struct samr_received r;

	(void)state;
	says(&broken, 1);
	assert_int_equal(samr_recv(m, &r, 1000), -EBADMSG);
	assert_int_equal(samr_recv(m, &r, 1000), -EBADMSG);
	assert_int_equal(service.snapshots, 0);
	samr_close(m);
	m = member(0);
	says(&asked, 1);
	assert_int_equal(samr_recv(m, &r, 1000), 1);
	assert_int_equal(r.delivery.type, SAMR_TYPE_SNAPSHOT);
	assert_int_equal(kernel.sent_count, 0);
	samr_close(m);
}

/* ---- locks ---- */

static struct samr_lock_event lock_event(uint32_t result, uint32_t flags)
{
	return (struct samr_lock_event){
		.result = result, .flags = flags, .owner_node = 2,
		.name_len = 1, .value_len = 4, .name = "a",
		.value = { 'h', 'a', 'l', 'f' },
	};
}

static struct answer answer_of(const struct samr_lock_event *ev,
			       uint64_t request)
{
	return (struct answer){ .type = SAMR_TYPE_LOCK, .data = ev,
				.len = sizeof(*ev), .request = request,
				.flags = MSG_NOTIFICATION };
}

/* The next thing that is read, and the only one. */
static void answers(uint32_t result, uint64_t request)
{
	static struct samr_lock_event ev;
	static struct answer a;

	ev = lock_event(result, 0);
	a = answer_of(&ev, request);
	says(&a, 1);
}

static void locks_need_a_member_of_their_own(void **state)
{
	struct samr *m = member(0);

	(void)state;
	assert_int_equal(samr_lock(m, "a", 0, NULL), -EINVAL);
	assert_int_equal(samr_trylock(m, "a", NULL), -EINVAL);
	assert_int_equal(samr_unlock(m, "a", NULL, 0), -EINVAL);
	assert_int_equal(samr_lock_store(m, "a", "v", 1), -EINVAL);
	samr_close(m);
	m = member(SAMR_OPEN_LOCKS);
	assert_int_equal(samr_lock(m, "", 0, NULL), -EINVAL);
	assert_int_equal(samr_lock(m, NULL, 0, NULL), -EINVAL);
	assert_int_equal(samr_unlock(m, "a", NULL, 1), -EINVAL);
	assert_int_equal(samr_unlock(m, "a", "", SAMR_LOCK_VALUE_MAX + 1),
			 -EMSGSIZE);
	assert_int_equal(samr_lock_request(m, 0, 0, "a", NULL, 0, 1), -EINVAL);
	assert_int_equal(samr_lock_request(m, SAMR_SEND_LOCK | SAMR_SEND_SAFE,
					   0, "a", NULL, 0, 1), -EINVAL);
	assert_int_equal(kernel.sent_count, 0);
	samr_close(m);
}

/* What lies between the question and its answer is read past. */
static void lock_waits_for_its_answer(void **state)
{
	struct samr_lock_event queued = lock_event(SAMR_LOCK_QUEUED, 0);
	struct samr_lock_event other = lock_event(SAMR_LOCK_BUSY, 0);
	struct samr_lock_event had = lock_event(SAMR_LOCK_GRANTED,
						SAMR_LOCK_OWNERDEAD);
	struct answer a[] = {
		{ .data = "hello", .len = 5, .request = 1 },
		answer_of(&other, 77), answer_of(&queued, 1), joined,
		answer_of(&had, 1),
	};
	struct samr *m = member(SAMR_OPEN_LOCKS);
	struct samr_lock_event ev;

	(void)state;
	says(a, 5);
	assert_int_equal(samr_lock(m, "a", 1000, &ev), -EOWNERDEAD);
	assert_int_equal(kernel.answers, 0);
	assert_int_equal(kernel.sent.flags, SAMR_SEND_LOCK);
	assert_int_equal(kernel.sent.request, 1);
	assert_int_equal(kernel.sent_len, sizeof(struct samr_lock_request) + 1);
	assert_memory_equal(&ev, &had, sizeof(ev));
	samr_close(m);
}

static void lock_results(void **state)
{
	static const struct {
		uint32_t result;
		int err;
	} all[] = {
		{ SAMR_LOCK_GRANTED, 0 }, { SAMR_LOCK_BUSY, -EBUSY },
		{ SAMR_LOCK_OWNED, -EDEADLK }, { SAMR_LOCK_FULL, -ENOSPC },
		{ SAMR_LOCK_FOREIGN, -EPERM }, { 99, -EBADMSG },
	};
	static const struct answer out = { .err = ENETRESET };
	struct samr *m = member(SAMR_OPEN_LOCKS);
	struct samr_lock_event got;
	uint64_t i;

	(void)state;
	for (i = 0; i < sizeof(all) / sizeof(all[0]); i++) {
		answers(all[i].result, i + 1);
		assert_int_equal(samr_trylock(m, "a", NULL), all[i].err);
	}
	answers(SAMR_LOCK_STORED, ++i);
	assert_int_equal(samr_lock_store(m, "a", "v", 1), 0);
	assert_int_equal(kernel.sent.flags, SAMR_SEND_UNLOCK);
	assert_int_equal(kernel.sent_len, sizeof(struct samr_lock_request) + 2);
	answers(SAMR_LOCK_FOUND, ++i);
	assert_int_equal(samr_lock_next(m, "", 1000, &got), 1);
	assert_string_equal((char *)got.name, "a");
	answers(SAMR_LOCK_NONE, ++i);
	assert_int_equal(samr_lock_next(m, "a", 1000, &got), 0);
	says(&out, 1);
	assert_int_equal(samr_unlock(m, "a", NULL, 0), -ENETRESET);
	samr_close(m);
}

/* Whoever gives up waiting says so, and hears whether that came in time. */
static void lock_taken_back(void **state)
{
	struct samr_lock_event queued = lock_event(SAMR_LOCK_QUEUED, 0);
	struct samr_lock_event granted = lock_event(SAMR_LOCK_GRANTED, 0);
	struct samr_lock_event done = lock_event(SAMR_LOCK_RELEASED, 0);
	struct answer a[] = {
		answer_of(&queued, 1), answer_of(&granted, 1),
		answer_of(&done, 2),
	};
	struct samr *m = member(SAMR_OPEN_LOCKS);

	(void)state;
	says(a, 3);
	assert_int_equal(samr_lock(m, "a", 0, NULL), -ETIMEDOUT);
	assert_int_equal(kernel.sent.flags, SAMR_SEND_UNLOCK);
	assert_int_equal(kernel.sent.request, 2);
	samr_close(m);
}

/* The group is full, and this member among those that have to read. */
static void lock_reads_while_the_group_is_full(void **state)
{
	static const struct answer data = { .data = "hello", .len = 5 };
	struct samr *m = member(SAMR_OPEN_LOCKS);

	(void)state;
	kernel.sendmsg_err = EAGAIN;
	says(&data, 1);
	assert_int_equal(samr_lock(m, "a", 5, NULL), -ETIMEDOUT);
	assert_int_equal(kernel.answers, 0);
	samr_close(m);
}

int main(void)
{
#define T(f) cmocka_unit_test_setup_teardown(f, setup, teardown)
	const struct CMUnitTest tests[] = {
		T(open_fails_clean),
		T(join_ends_with_a_view),
		T(join_can_be_asked_again),
		T(broken_messages_end_it),
		T(no_memory_for_a_view),
		T(views_may_be_hidden),
		T(errors_of_receiving),
		T(sending),
		T(state_is_asked_for_before_joining),
		T(state_is_given_while_receiving),
		T(state_does_not_stop_the_service),
		T(snapshot_is_taken_at_its_place),
		T(state_that_cannot_be_given),
		T(state_that_is_not_wanted_any_more),
		T(state_is_taken_before_messages),
		T(state_of_others),
		T(locks_need_a_member_of_their_own),
		T(lock_waits_for_its_answer),
		T(lock_results),
		T(lock_taken_back),
		T(lock_reads_while_the_group_is_full),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
