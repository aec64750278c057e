// SPDX-License-Identifier: LGPL-2.1-or-later
/*
 * Members: a thin, exact layer over AF_SAMR sockets.
 *
 * Waiting with a time limit is done with poll(2). Who reads without one waits in recvmmsg(2)
 * itself, as each system call less is time; so the socket has a time-out of its own, without
 * which a signal need not end that (signal(7)). A send that may wait is left to the kernel, which knows how
 * much room the message needs. The kernel is always asked for views, since the
 * first one ends joining.
 */
#define _GNU_SOURCE
#include <errno.h>
#include <limits.h>
#include <poll.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/time.h>
#include <time.h>
#include <unistd.h>
#include "internal.h"

/*
 * Each message of a batch has room for the largest. The memory is only
 * addresses until it is written to, and what a large message made it take is
 * given back before the next batch.
 */
#define SLOT_SIZE	((size_t)SAMR_MESSAGE_MAX)
#define SLOT_KEEP	((size_t)64 << 10)

/* Nothing for the caller was among what was read; there may be more. */
#define NONE_YET	INT_MIN

static int64_t now_ms(void)
{
	struct timespec t;

	clock_gettime(CLOCK_MONOTONIC, &t);
	return (int64_t)t.tv_sec * 1000 + t.tv_nsec / 1000000;
}

/* -1 stays -1: there is no deadline. */
static int64_t deadline_of(int timeout_ms)
{
	return timeout_ms < 0 ? -1 : now_ms() + timeout_ms;
}

static int wait_until(const struct samr *m, short events, int64_t deadline)
{
	struct pollfd p = { .fd = m->fd, .events = events };
	int64_t left = -1;
	int r;

	if (deadline >= 0) {
		left = deadline - now_ms();
		if (left < 0)
			left = 0;
		if (left > INT_MAX)
			left = INT_MAX;
	}
	r = poll(&p, 1, (int)left);
	if (r < 0)
		return -errno;
	return r ? 0 : -ETIMEDOUT;
}

static int setup_slots(struct samr *m)
{
	unsigned int i;

	m->area = mmap(NULL, SAMR_BATCH_MAX * SLOT_SIZE, PROT_READ | PROT_WRITE,
		       MAP_PRIVATE | MAP_ANONYMOUS | MAP_NORESERVE, -1, 0);
	if (m->area == MAP_FAILED) {
		m->area = NULL;
		return -ENOMEM;
	}
	for (i = 0; i < SAMR_BATCH_MAX; i++) {
		struct samr_slot *s = &m->slot[i];
		struct msghdr *h = &m->msg[i].msg_hdr;

		s->iov.iov_base = m->area + i * SLOT_SIZE;
		s->iov.iov_len = SLOT_SIZE;
		h->msg_iov = &s->iov;
		h->msg_iovlen = 1;
		h->msg_control = s->control;
	}
	return 0;
}

static int setup_socket(struct samr *m, uint32_t service)
{
	struct sockaddr_samr addr = { .family = AF_SAMR, .service = service };
	uint32_t notify = 1U << SAMR_TYPE_VIEW;
	const struct timeval long_time = { .tv_sec = 365L * 24 * 3600 };
	uint32_t safe = 1;

	if (m->flags & SAMR_OPEN_DIVERGED)
		notify |= 1U << SAMR_TYPE_DIVERGED;
	m->fd = socket(AF_SAMR, SOCK_SEQPACKET | SOCK_CLOEXEC, 0);
	if (m->fd < 0)
		return -errno;
	if (bind(m->fd, (struct sockaddr *)&addr, sizeof(addr)) < 0)
		return -errno;
	if (setsockopt(m->fd, SOL_SAMR, SAMR_NOTIFY, &notify,
		       sizeof(notify)) < 0 ||
	    setsockopt(m->fd, SOL_SOCKET, SO_RCVTIMEO, &long_time,
		       sizeof(long_time)) < 0)
		return -errno;
	if (m->flags & SAMR_OPEN_SAFE &&
	    setsockopt(m->fd, SOL_SAMR, SAMR_SAFE, &safe, sizeof(safe)) < 0)
		return -errno;
	return 0;
}

int samr_open(struct samr **out, uint32_t service, unsigned int flags)
{
	struct samr *m;
	int err;

	*out = NULL;
	if (!service || flags & ~(SAMR_OPEN_SAFE | SAMR_OPEN_NO_VIEWS |
				  SAMR_OPEN_LOCKS | SAMR_OPEN_DIVERGED))
		return -EINVAL;
	m = calloc(1, sizeof(*m));
	if (!m)
		return -ENOMEM;
	m->fd = -1;
	m->flags = flags;
	err = setup_slots(m);
	if (!err)
		err = setup_socket(m, service);
	if (err) {
		samr_close(m);
		return err;
	}
	*out = m;
	return 0;
}

void samr_close(struct samr *m)
{
	if (!m)
		return;
	if (m->fd >= 0)
		close(m->fd);
	if (m->area)
		munmap(m->area, SAMR_BATCH_MAX * SLOT_SIZE);
	free(m->giver.piece);
	free(m->view);
	free(m);
}

int samr_piece_send(int fd, const struct iovec *iov, size_t count,
		    const struct samr_send *how, int flags)
{
	union {
		struct cmsghdr align;
		char space[CMSG_SPACE(sizeof(*how))];
	} control = { .align.cmsg_len = 0 };
	struct msghdr h = {
		.msg_iov = (struct iovec *)iov,
		.msg_iovlen = count,
		.msg_control = control.space,
		.msg_controllen = sizeof(control.space),
	};
	struct cmsghdr *c = CMSG_FIRSTHDR(&h);

	c->cmsg_level = SOL_SAMR;
	c->cmsg_type = SAMR_SEND;
	c->cmsg_len = CMSG_LEN(sizeof(*how));
	memcpy(CMSG_DATA(c), how, sizeof(*how));
	if (sendmsg(fd, &h, flags | MSG_NOSIGNAL) < 0)
		return -errno;
	return 0;
}

int samr_sendv(struct samr *m, const struct iovec *iov, int count,
	       uint64_t request, unsigned int flags)
{
	const struct samr_send how = {
		.flags = flags & ~SAMR_SEND_NOWAIT,
		.request = request,
	};

	if (count < 0 || (count && !iov))
		return -EINVAL;
	return samr_piece_send(m->fd, iov, (size_t)count, &how,
			       flags & SAMR_SEND_NOWAIT ? MSG_DONTWAIT : 0);
}

int samr_send(struct samr *m, const void *data, size_t len, uint64_t request,
	      unsigned int flags)
{
	struct iovec iov = { .iov_base = (void *)data, .iov_len = len };

	return samr_sendv(m, &iov, 1, request, flags);
}

/* Keep a copy of a view: the received bytes last for one call only. */
static int keep_view(struct samr *m, const struct samr_view *v, size_t len)
{
	struct samr_view *copy;

	if (len < sizeof(*v) ||
	    len != sizeof(*v) + (size_t)v->count * sizeof(v->members[0]))
		return -EBADMSG;
	copy = realloc(m->view, len);
	if (!copy)
		return -ENOMEM;
	memcpy(copy, v, len);
	m->view = copy;
	return 0;
}

/* Return: 1: @out is filled in; 0: the end; or a negative errno value. */
static int decode(struct samr *m, unsigned int i, struct samr_received *out)
{
	struct msghdr *h = &m->msg[i].msg_hdr;
	size_t len = m->msg[i].msg_len;
	struct cmsghdr *c;

	m->slot[i].used = len;
	memset(out, 0, sizeof(*out));
	for (c = CMSG_FIRSTHDR(h); c; c = CMSG_NXTHDR(h, c))
		if (c->cmsg_level == SOL_SAMR && c->cmsg_type == SAMR_DELIVERY)
			break;
	if (!c)		/* only the end comes without one */
		return len ? -EBADMSG : 0;
	if (c->cmsg_len < CMSG_LEN(sizeof(out->delivery)) ||
	    h->msg_flags & (MSG_TRUNC | MSG_CTRUNC))
		return -EBADMSG;
	memcpy(&out->delivery, CMSG_DATA(c), sizeof(out->delivery));
	out->data = m->slot[i].iov.iov_base;
	out->len = len;
	if (out->delivery.type == SAMR_TYPE_VIEW) {
		int err = keep_view(m, out->data, len);

		if (err)
			return err;
		out->view = out->data;
	}
	return 1;
}

static void prepare_slots(struct samr *m, unsigned int count)
{
	unsigned int i;

	for (i = 0; i < SAMR_BATCH_MAX; i++) {
		struct samr_slot *s = &m->slot[i];

		if (s->used > SLOT_KEEP)
			madvise((char *)s->iov.iov_base + SLOT_KEEP,
				SLOT_SIZE - SLOT_KEEP, MADV_DONTNEED);
		s->used = 0;
	}
	for (i = 0; i < count; i++) {
		struct msghdr *h = &m->msg[i].msg_hdr;

		h->msg_controllen = SAMR_CONTROL_SIZE;
		h->msg_flags = 0;
	}
}

static bool hidden(const struct samr *m, const struct samr_received *r)
{
	return m->flags & SAMR_OPEN_NO_VIEWS &&
	       r->delivery.type == SAMR_TYPE_VIEW;
}

/* Return: 0, or why not. Everything of the batch before was looked at. */
static int read_batch(struct samr *m, unsigned int count, bool wait)
{
	int n;

	prepare_slots(m, count);
	n = recvmmsg(m->fd, m->msg, count,
		     wait ? MSG_WAITFORONE : MSG_DONTWAIT, NULL);
	if (n < 0)
		return -errno;
	m->next = 0;
	m->have = (unsigned int)n;
	return 0;
}

/*
 * Work off what was read. What belongs to the transfer of the state waits for the
 * next call when messages come before it: the caller has not seen these yet.
 * Return: number received; 0: the end; NONE_YET; or an error.
 */
static int work_off(struct samr *m, struct samr_received *out,
		    unsigned int count)
{
	unsigned int got = 0;
	int r;

	while (m->next < m->have && got < count) {
		r = decode(m, m->next, &out[got]);
		if (r > 0 && samr_state_hidden(m, &out[got])) {
			if (got)
				break;
			r = samr_state_received(m, &out[0]);
			if (r < 0) {
				m->broken = r;
				return r;
			}
			m->next++;
			continue;
		}
		m->next++;
		if (r < 0)
			m->broken = r;
		/* The end stays: the next call finds it again. */
		if (r <= 0)
			return got ? (int)got : r;
		if (!hidden(m, &out[got]))
			got++;
	}
	return got ? (int)got : NONE_YET;
}

static int receive(struct samr *m, struct samr_received *out,
		   unsigned int count, bool wait)
{
	int err;

	if (m->next == m->have) {
		err = read_batch(m, count, wait);
		if (err)
			return err;
	}
	return work_off(m, out, count);
}

int samr_recv_batch(struct samr *m, struct samr_received *out,
		    unsigned int count, int timeout_ms)
{
	int64_t deadline = 0;
	bool more;
	int r;

	if (!count)
		return -EINVAL;
	if (m->broken)
		return m->broken;
	if (count > SAMR_BATCH_MAX)
		count = SAMR_BATCH_MAX;
	if (timeout_ms)
		deadline = deadline_of(timeout_ms);
	for (;;) {
		/* One piece for each: neither keeps the other waiting. */
		more = samr_state_give(m);
		r = receive(m, out, count,
			    timeout_ms < 0 && samr_events(m) == POLLIN);
		if (r == NONE_YET || (r == -EAGAIN && more && timeout_ms)) {
			if (deadline > 0 && now_ms() >= deadline)
				return -ETIMEDOUT;
			continue;
		}
		if (r != -EAGAIN || !timeout_ms)
			return r;
		r = wait_until(m, samr_events(m), deadline);
		if (r)
			return r;
	}
}

int samr_recv(struct samr *m, struct samr_received *out, int timeout_ms)
{
	return samr_recv_batch(m, out, 1, timeout_ms);
}

/* Return: 0: a view was read; -EAGAIN; or another error. */
static int first_view(struct samr *m)
{
	struct samr_received r;
	int n;

	prepare_slots(m, 1);
	n = recvmmsg(m->fd, m->msg, 1, MSG_DONTWAIT, NULL);
	if (n < 0)
		return -errno;
	n = decode(m, 0, &r);
	/* Nothing can come before the view that this member is in. */
	if (n >= 0)
		n = n == 1 && r.view ? 0 : -EBADMSG;
	return m->broken = n;
}

int samr_join(struct samr *m, int timeout_ms)
{
	struct samr_join how = {
		.flags = m->giver.ops.give ? SAMR_JOIN_STATE : 0,
	};
	int64_t deadline = deadline_of(timeout_ms);
	int err;

	if (m->broken)
		return m->broken;
	if (m->view)
		return -EISCONN;
	if (!m->asked) {
		if (setsockopt(m->fd, SOL_SAMR, SAMR_JOIN, &how,
			       sizeof(how)) < 0)
			return -errno;
		m->asked = true;
	}
	if (!timeout_ms)
		return -EINPROGRESS;
	for (;;) {
		err = first_view(m);
		if (err != -EAGAIN)
			return err;
		err = wait_until(m, POLLIN, deadline);
		if (err)
			return err;
	}
}

int samr_leave(struct samr *m)
{
	if (setsockopt(m->fd, SOL_SAMR, SAMR_LEAVE, NULL, 0) < 0)
		return -errno;
	return 0;
}

const struct samr_view *samr_view(const struct samr *m)
{
	return m->view;
}

const struct samr_view_member *samr_self(const struct samr *m)
{
	uint32_t i;

	for (i = 0; m->view && i < m->view->count; i++)
		if (m->view->members[i].flags & SAMR_MEMBER_SELF)
			return &m->view->members[i];
	return NULL;
}

int samr_info(struct samr *m, struct samr_info *out)
{
	socklen_t len = sizeof(*out);

	memset(out, 0, sizeof(*out));
	if (getsockopt(m->fd, SOL_SAMR, SAMR_INFO, out, &len) < 0)
		return -errno;
	return 0;
}

int samr_fd(const struct samr *m)
{
	return m->fd;
}

const char *samr_version(void)
{
	return LIBSAMR_VERSION;
}
