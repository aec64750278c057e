// SPDX-License-Identifier: LGPL-2.1-or-later
/*
 * Locks of a member's group.
 *
 * The calls that wait read past everything else that is delivered to the member.
 * So they are refused to a member that was not opened for locks only: a program
 * that wants its messages opens a second member, or sends requests by itself and
 * receives the answers between the messages.
 */
#define _GNU_SOURCE
#include <errno.h>
#include <poll.h>
#include <string.h>
#include <time.h>
#include "internal.h"

/* How long a request that is taken back may stay without an answer. */
#define CANCEL_MS	10000

/* Between two tries to send while the group is full; reading goes on meanwhile. */
#define FULL_MS		20

static int64_t now_ms(void)
{
	struct timespec t;

	clock_gettime(CLOCK_MONOTONIC, &t);
	return (int64_t)t.tv_sec * 1000 + t.tv_nsec / 1000000;
}

int samr_lock_request(struct samr *m, unsigned int send, unsigned int flags,
		      const char *name, const void *value, size_t len,
		      uint64_t request)
{
	const struct samr_send how = {
		.flags = send & ~SAMR_SEND_NOWAIT,
		.request = request,
	};
	struct samr_lock_request head = {
		.flags = (uint8_t)flags,
		.name_len = (uint8_t)strnlen(name, SAMR_LOCK_NAME_MAX + 1),
		.value_len = (uint8_t)len,
	};
	const struct iovec iov[] = {
		{ .iov_base = &head, .iov_len = sizeof(head) },
		{ .iov_base = (void *)name, .iov_len = head.name_len },
		{ .iov_base = (void *)value, .iov_len = len },
	};

	if (how.flags != SAMR_SEND_LOCK && how.flags != SAMR_SEND_UNLOCK)
		return -EINVAL;
	if (flags > UINT8_MAX || head.name_len > SAMR_LOCK_NAME_MAX)
		return -EINVAL;
	if (len > SAMR_LOCK_VALUE_MAX)
		return -EMSGSIZE;
	return samr_piece_send(m->fd, iov, len ? 3 : 2, &how,
			       send & SAMR_SEND_NOWAIT ? MSG_DONTWAIT : 0);
}

/* The time that is left of a call; -1: no limit. */
static int left_of(int64_t deadline)
{
	int64_t left;

	if (deadline < 0)
		return -1;
	left = deadline - now_ms();
	return left < 0 ? 0 : left > INT32_MAX ? INT32_MAX : (int)left;
}

/* What comes next, if it is the answer to @request. */
static int read_one(struct samr *m, uint64_t request,
		    struct samr_lock_event *ev, int timeout_ms)
{
	struct samr_received r;
	int n = samr_recv(m, &r, timeout_ms);

	if (n <= 0)
		return n ? n : -EPIPE;
	if (r.delivery.type != SAMR_TYPE_LOCK || r.delivery.request != request)
		return -EAGAIN;
	if (r.len < sizeof(*ev))
		return -EBADMSG;
	memcpy(ev, r.data, sizeof(*ev));
	return 0;
}

/* A full group empties only when everybody reads, this member among them. */
static int ask(struct samr *m, unsigned int send, unsigned int flags,
	       const char *name, const void *value, size_t len,
	       int64_t deadline)
{
	struct samr_lock_event ev;
	int err;

	m->locks++;
	for (;;) {
		err = samr_lock_request(m, send | SAMR_SEND_NOWAIT, flags, name,
					value, len, m->locks);
		if (err != -EAGAIN)
			return err;
		err = read_one(m, 0, &ev, FULL_MS);
		if (err && err != -EAGAIN && err != -ETIMEDOUT)
			return err;
		if (deadline >= 0 && now_ms() >= deadline)
			return -ETIMEDOUT;
	}
}

static int wait_answer(struct samr *m, struct samr_lock_event *ev,
		       int64_t deadline)
{
	int left, err;

	for (;;) {
		left = left_of(deadline);
		err = read_one(m, m->locks, ev, left ? left : 1);
		if (!err && ev->result != SAMR_LOCK_QUEUED)
			return 0;
		if (err && err != -EAGAIN &&
		    (err != -ETIMEDOUT || !left_of(deadline)))
			return err;
		if (!left_of(deadline))
			return -ETIMEDOUT;
	}
}

static int result_of(const struct samr_lock_event *ev)
{
	switch (ev->result) {
	case SAMR_LOCK_GRANTED:
		return ev->flags & SAMR_LOCK_OWNERDEAD ? -EOWNERDEAD : 0;
	case SAMR_LOCK_BUSY:
		return -EBUSY;
	case SAMR_LOCK_RELEASED:
	case SAMR_LOCK_STORED:
	case SAMR_LOCK_WITHDRAWN:
	case SAMR_LOCK_NONE:
		return 0;
	case SAMR_LOCK_FOUND:
		return 1;
	case SAMR_LOCK_OWNED:
		return -EDEADLK;
	case SAMR_LOCK_FOREIGN:
		return -EPERM;
	case SAMR_LOCK_FULL:
		return -ENOSPC;
	default:
		return -EBADMSG;
	}
}

/* Without an answer nobody knows whether it has the lock: the member is lost. */
static void take_back(struct samr *m, const char *name)
{
	int64_t deadline = now_ms() + CANCEL_MS;
	struct samr_lock_event ev;
	int err;

	do {
		err = ask(m, SAMR_SEND_UNLOCK, SAMR_LOCK_CANCEL, name, NULL, 0,
			  deadline);
	} while (err == -EINTR && now_ms() < deadline);
	while (!err) {
		err = wait_answer(m, &ev, deadline);
		if (!err)
			return;
		if (err == -EINTR && now_ms() < deadline)
			err = 0;
	}
	if (!m->broken)
		m->broken = err;
}

static int sane(const struct samr *m, const char *name)
{
	if (!(m->flags & SAMR_OPEN_LOCKS) || !name ||
	    strnlen(name, SAMR_LOCK_NAME_MAX + 1) > SAMR_LOCK_NAME_MAX)
		return -EINVAL;
	return m->broken;
}

static int take(struct samr *m, const char *name, unsigned int flags,
		int timeout_ms, struct samr_lock_event *out)
{
	int64_t deadline = timeout_ms < 0 ? -1 : now_ms() + timeout_ms;
	struct samr_lock_event ev;
	int err = sane(m, name);

	if (!err && !*name)
		err = -EINVAL;
	if (!err)
		err = ask(m, SAMR_SEND_LOCK, flags, name, NULL, 0, deadline);
	if (err)
		return err;
	err = wait_answer(m, &ev, deadline);
	/* Anything else is the end of the membership, and of the request with it. */
	if (err == -ETIMEDOUT || err == -EINTR)
		take_back(m, name);
	if (err)
		return err;
	if (out)
		*out = ev;
	return result_of(&ev);
}

int samr_lock(struct samr *m, const char *name, int timeout_ms,
	      struct samr_lock_event *out)
{
	return take(m, name, 0, timeout_ms, out);
}

int samr_trylock(struct samr *m, const char *name, struct samr_lock_event *out)
{
	/* The answer takes no longer than the order does. */
	return take(m, name, SAMR_LOCK_TRY, -1, out);
}

/* Waits for the answer, whatever signals come: a half-done unlock helps nobody. */
static int give(struct samr *m, const char *name, unsigned int flags,
		const void *value, size_t len)
{
	struct samr_lock_event ev;
	int err = sane(m, name);

	if (!err && !*name)
		err = -EINVAL;
	if (err)
		return err;
	do {
		err = ask(m, SAMR_SEND_UNLOCK, flags, name, value, len, -1);
	} while (err == -EINTR);
	if (err)
		return err;
	do {
		err = wait_answer(m, &ev, -1);
	} while (err == -EINTR);
	return err ? err : result_of(&ev);
}

int samr_unlock(struct samr *m, const char *name, const void *value, size_t len)
{
	if (!value)
		return len ? -EINVAL : give(m, name, 0, NULL, 0);
	return give(m, name, SAMR_LOCK_VALUE, value, len);
}

int samr_lock_store(struct samr *m, const char *name, const void *value,
		    size_t len)
{
	if (!value && len)
		return -EINVAL;
	return give(m, name, SAMR_LOCK_KEEP | SAMR_LOCK_VALUE, value, len);
}

int samr_lock_return(struct samr *m, const char *name)
{
	return give(m, name, SAMR_LOCK_CANCEL, NULL, 0);
}

int samr_lock_next(struct samr *m, const char *name, int timeout_ms,
		   struct samr_lock_event *out)
{
	int64_t deadline = timeout_ms < 0 ? -1 : now_ms() + timeout_ms;
	int err = sane(m, name);

	if (!err)
		err = ask(m, SAMR_SEND_LOCK, SAMR_LOCK_NEXT, name, NULL, 0,
			  deadline);
	if (!err)
		err = wait_answer(m, out, deadline);
	return err ? err : result_of(out);
}
