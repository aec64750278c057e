// SPDX-License-Identifier: LGPL-2.1-or-later
/*
 * Clients of services.
 *
 * Each request, and each query, carries a number of this library's, which comes back
 * with its end; the kernel lets no more than SAMR_REQUESTS_MAX be without one. The number
 * modulo that names a slot; numbers whose slot is not free are passed over.
 */
#define _GNU_SOURCE
#include <errno.h>
#include <poll.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>
#include <unistd.h>
#include "internal.h"

#define ENDS	(1U << SAMR_TYPE_UNKNOWN | 1U << SAMR_TYPE_UNDONE)

/**
 * struct samr_pending - a request or a query without an end
 * @number: of it; 0: the slot is free
 * @done: whom to tell; NULL: nobody any more
 * @ctx: for @done
 */
struct samr_pending {
	uint64_t number;
	samr_done_fn *done;
	void *ctx;
};

/**
 * struct samr_client - a client
 * @fd: its socket
 * @next: number of the next request or query, if its slot is free
 * @waiting: requests and queries without an end
 * @size: bytes of @reply
 * @reply: room for the longest reply
 */
struct samr_client {
	int fd;
	uint64_t next;
	unsigned int waiting;
	size_t size;
	char *reply;
	struct samr_pending pending[SAMR_REQUESTS_MAX];
};

static struct samr_pending *slot_of(struct samr_client *c, uint64_t number)
{
	return &c->pending[number % SAMR_REQUESTS_MAX];
}

static int64_t now_ms(void)
{
	struct timespec t;

	clock_gettime(CLOCK_MONOTONIC, &t);
	return (int64_t)t.tv_sec * 1000 + t.tv_nsec / 1000000;
}

/* What is left of a time to wait; -1: it has no end. */
static int left_of(int64_t deadline)
{
	int64_t left;

	if (deadline < 0)
		return -1;
	left = deadline - now_ms();
	return left > 0 ? (int)left : 0;
}

static int64_t deadline_of(int timeout_ms)
{
	return timeout_ms < 0 ? -1 : now_ms() + timeout_ms;
}

static int wait_for(const struct samr_client *c, short events, int64_t deadline)
{
	struct pollfd p = { .fd = c->fd, .events = events };
	int r = poll(&p, 1, left_of(deadline));

	if (r < 0)
		return -errno;
	return r ? 0 : -ETIMEDOUT;
}

static int begin_connect(struct samr_client *c, uint32_t service,
			 const struct samr_session_opts *opts)
{
	struct sockaddr_samr addr = { .family = AF_SAMR, .service = service };
	const uint32_t notify = ENDS;

	c->fd = socket(AF_SAMR, SOCK_SEQPACKET | SOCK_CLOEXEC | SOCK_NONBLOCK,
		       0);
	if (c->fd < 0)
		return -errno;
	if (setsockopt(c->fd, SOL_SAMR, SAMR_SESSION, opts, sizeof(*opts)) < 0)
		return -errno;
	if (setsockopt(c->fd, SOL_SAMR, SAMR_NOTIFY, &notify,
		       sizeof(notify)) < 0)
		return -errno;
	if (connect(c->fd, (struct sockaddr *)&addr, sizeof(addr)) < 0)
		return -errno;
	return 0;
}

static int end_connect(struct samr_client *c, int64_t deadline)
{
	socklen_t len = sizeof(int);
	int err = wait_for(c, POLLOUT, deadline);

	if (err)
		return err;
	if (getsockopt(c->fd, SOL_SOCKET, SO_ERROR, &err, &len) < 0)
		return -errno;
	return -err;
}

int samr_connect(struct samr_client **out, uint32_t service,
		 const struct samr_session_opts *opts, int timeout_ms)
{
	const struct samr_session_opts usual = {
		.reply_max = 65536, .expiry = 60000,
	};
	int64_t deadline = deadline_of(timeout_ms);
	struct samr_client *c;
	int err = -ENOMEM;

	*out = NULL;
	if (!service)
		return -EINVAL;
	if (!opts)
		opts = &usual;
	c = calloc(1, sizeof(*c));
	if (!c)
		return -ENOMEM;
	c->fd = -1;
	c->next = 1;
	c->size = opts->reply_max;
	c->reply = malloc(c->size ? c->size : 1);
	if (c->reply)
		err = begin_connect(c, service, opts);
	if (err == -EINPROGRESS)
		err = end_connect(c, deadline);
	if (err) {
		samr_disconnect(c);
		return err;
	}
	*out = c;
	return 0;
}

void samr_disconnect(struct samr_client *c)
{
	if (!c)
		return;
	if (c->fd >= 0)
		close(c->fd);
	free(c->reply);
	free(c);
}

int samr_client_fd(const struct samr_client *c)
{
	return c->fd;
}

static int send_async(struct samr_client *c, const void *data, size_t len,
		      uint32_t flags, samr_done_fn *done, void *ctx)
{
	struct samr_send how = { .flags = flags };
	struct iovec iov = { .iov_base = (void *)data, .iov_len = len };
	struct samr_pending *p;
	int err;

	if (c->waiting == SAMR_REQUESTS_MAX)
		return -EAGAIN;
	while ((p = slot_of(c, c->next))->number)
		c->next++;
	how.request = c->next;
	err = samr_piece_send(c->fd, &iov, 1, &how, MSG_DONTWAIT);
	if (err)
		return err;
	p->number = c->next++;
	p->done = done;
	p->ctx = ctx;
	c->waiting++;
	return 0;
}

int samr_call_async(struct samr_client *c, const void *data, size_t len,
		    samr_done_fn *done, void *ctx)
{
	return send_async(c, data, len, 0, done, ctx);
}

static uint32_t send_flags(unsigned int flags)
{
	return SAMR_SEND_QUERY |
	       (flags & SAMR_QUERY_LINEAR ? SAMR_SEND_LINEAR : 0);
}

int samr_query_async(struct samr_client *c, const void *data, size_t len,
		     unsigned int flags, samr_done_fn *done, void *ctx)
{
	if (flags & ~SAMR_QUERY_LINEAR)
		return -EINVAL;
	return send_async(c, data, len, send_flags(flags), done, ctx);
}

/* Tell whoever waits for it. It may send the next one in the same slot. */
static void end_call(struct samr_client *c, struct samr_pending *p, int result,
		     const void *reply, size_t len)
{
	const struct samr_pending was = *p;

	p->number = 0;
	c->waiting--;
	if (was.done)
		was.done(was.ctx, result, reply, len);
}

static int result_of(uint32_t type)
{
	switch (type) {
	case SAMR_TYPE_REPLY:
	case SAMR_TYPE_ANSWER:
		return 0;
	case SAMR_TYPE_UNDONE:
		return -ECANCELED;
	default:
		return -EREMOTEIO;
	}
}

/* Read one end. Return: 0, or why not. */
static int read_end(struct samr_client *c)
{
	union {
		struct cmsghdr align;
		char space[SAMR_CONTROL_SIZE];
	} control;
	struct iovec iov = { .iov_base = c->reply, .iov_len = c->size };
	struct msghdr h = {
		.msg_iov = &iov, .msg_iovlen = 1,
		.msg_control = &control, .msg_controllen = sizeof(control),
	};
	ssize_t len = recvmsg(c->fd, &h, MSG_DONTWAIT);
	struct samr_delivery d;
	struct samr_pending *p;
	struct cmsghdr *m;

	if (len < 0)
		return -errno;
	for (m = CMSG_FIRSTHDR(&h); m; m = CMSG_NXTHDR(&h, m))
		if (m->cmsg_level == SOL_SAMR && m->cmsg_type == SAMR_DELIVERY)
			break;
	if (!m || m->cmsg_len < CMSG_LEN(sizeof(d)) ||
	    h.msg_flags & (MSG_TRUNC | MSG_CTRUNC))
		return -EBADMSG;
	memcpy(&d, CMSG_DATA(m), sizeof(d));
	p = slot_of(c, d.request);
	if (!d.request || p->number != d.request)
		return -EBADMSG;
	end_call(c, p, result_of(d.type), c->reply, (size_t)len);
	return 0;
}

int samr_client_run(struct samr_client *c, int timeout_ms)
{
	int64_t deadline = timeout_ms ? deadline_of(timeout_ms) : 0;
	int n = 0, err;

	for (;;) {
		err = read_end(c);
		if (!err) {
			n++;
			continue;
		}
		if (err != -EAGAIN)
			return n ? n : err;
		if (n || !timeout_ms || !c->waiting)
			return n;
		err = wait_for(c, POLLIN, deadline);
		if (err)
			return err;
	}
}

/**
 * struct waiter - a samr_call() or samr_query()
 * @over: it has its end
 * @result: which one: bytes of the reply, or a negative errno value
 * @reply: room for it
 * @size: bytes of that
 */
struct waiter {
	bool over;
	ssize_t result;
	void *reply;
	size_t size;
};

static void called(void *ctx, int result, const void *reply, size_t len)
{
	struct waiter *w = ctx;

	w->over = true;
	w->result = result ? result : (ssize_t)len;
	if (result || len > w->size) {
		if (!result)
			w->result = -EMSGSIZE;
		return;
	}
	if (len)
		memcpy(w->reply, reply, len);
}

/* Its end, when it comes, is nobody's. */
static void abandon(struct samr_client *c, uint64_t number)
{
	struct samr_pending *p = slot_of(c, number);

	if (p->number == number)
		p->done = NULL;
}

/* Send, when there is room; ends of others are told meanwhile. */
static int call_begin(struct samr_client *c, const void *data, size_t len,
		      uint32_t flags, struct waiter *w, int64_t deadline)
{
	int err;

	while ((err = send_async(c, data, len, flags, called, w)) == -EAGAIN) {
		err = read_end(c);
		if (err == -EAGAIN)
			err = wait_for(c, POLLIN | POLLOUT, deadline);
		if (err)
			return err;
	}
	return err;
}

static ssize_t send_wait(struct samr_client *c, const void *data, size_t len,
			 uint32_t flags, void *reply, size_t size,
			 int timeout_ms)
{
	struct waiter w = { .reply = reply, .size = size };
	int64_t deadline = deadline_of(timeout_ms);
	uint64_t number;
	int err = call_begin(c, data, len, flags, &w, deadline);

	if (err)
		return err == -ETIMEDOUT ? -EAGAIN : err;
	number = c->next - 1;
	while (!w.over) {
		err = read_end(c);
		if (err == -EAGAIN)
			err = wait_for(c, POLLIN, deadline);
		if (err && !w.over) {
			abandon(c, number);
			return err;
		}
	}
	return w.result;
}

ssize_t samr_call(struct samr_client *c, const void *data, size_t len,
		  void *reply, size_t size, int timeout_ms)
{
	return send_wait(c, data, len, 0, reply, size, timeout_ms);
}

ssize_t samr_query(struct samr_client *c, const void *data, size_t len,
		   unsigned int flags, void *reply, size_t size, int timeout_ms)
{
	if (flags & ~SAMR_QUERY_LINEAR)
		return -EINVAL;
	return send_wait(c, data, len, send_flags(flags), reply, size,
			 timeout_ms);
}

int samr_reply(struct samr *m, const struct samr_delivery *request,
	       const void *data, size_t len)
{
	const struct samr_reply how = {
		.session = request->session, .request = request->request,
	};
	union {
		struct cmsghdr align;
		char space[CMSG_SPACE(sizeof(how))];
	} control = { .align.cmsg_len = 0 };
	struct iovec iov = { .iov_base = (void *)data, .iov_len = len };
	struct msghdr h = {
		.msg_iov = &iov, .msg_iovlen = 1,
		.msg_control = &control, .msg_controllen = sizeof(control),
	};
	struct cmsghdr *c = CMSG_FIRSTHDR(&h);

	if (request->type != SAMR_TYPE_REQUEST &&
	    request->type != SAMR_TYPE_QUERY)
		return -EINVAL;
	c->cmsg_level = SOL_SAMR;
	c->cmsg_type = SAMR_REPLY;
	c->cmsg_len = CMSG_LEN(sizeof(how));
	memcpy(CMSG_DATA(c), &how, sizeof(how));
	if (sendmsg(m->fd, &h, MSG_NOSIGNAL) < 0)
		return -errno;
	return 0;
}
