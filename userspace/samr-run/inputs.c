// SPDX-License-Identifier: GPL-2.0
/*
 * The functions by which a program takes input from its connections, writes to them, waits and
 * closes, with --replay; without it they are as they were. See inputs.h.
 */
#define _GNU_SOURCE
/* The functions with checks in them are declared below. */
#undef _FORTIFY_SOURCE
#include "preload.h"

#include <errno.h>
#include <fcntl.h>
#include <poll.h>
#include <stdio.h>
#include <string.h>
#include <sys/epoll.h>
#include <sys/mman.h>
#include <sys/select.h>
#include <sys/sendfile.h>
#include <sys/uio.h>
#include <time.h>
#include <unistd.h>

#include "inputs.h"
#include "tape.h"

/* How long it waits before it looks whether another thread has read its input. */
#define SLICE_MS	2

#define FDS	65536
static struct connection *connections[FDS];
static uint32_t count;
static bool is_on;
static struct tape *page;
static int log_file = -1;

struct connection *inputs_connection(int fd)
{
	return is_on && fd >= 0 && fd < FDS ?
	       __atomic_load_n(&connections[fd], __ATOMIC_ACQUIRE) : NULL;
}

ssize_t inputs_real(int fd, struct msghdr *msg, int flags)
{
	return REAL(recvmsg)(fd, msg, flags);
}

bool inputs_waits(int fd, int flags)
{
	int before = errno;
	bool waits = !(flags & MSG_DONTWAIT) && !(fcntl(fd, F_GETFL) & O_NONBLOCK);

	errno = before;
	return waits;
}

void inputs_begin(void)
{
	const char *text = getenv(REPLAY_VARIABLE);
	int pid, at, ask, listener;

	/* What the program starts has inherited the variable, and is not it. */
	if (is_on || !text ||
	    sscanf(text, "%d %d %d %d %d", &pid, &at, &log_file, &ask, &listener) != 5 ||
	    pid != getpid())
		return;
	page = mmap(NULL, sizeof(*page), PROT_READ | PROT_WRITE, MAP_SHARED, at, 0);
	if (page == MAP_FAILED) {
		fprintf(stderr, "samr-run: --replay: the program closes what it inherits\n");
		_exit(126);
	}
	close(at);
	fcntl(log_file, F_SETFD, FD_CLOEXEC);
	if (ask >= 0)
		replay_begin(ask, listener);
	else
		record_begin(page, log_file);
	is_on = true;
}

void inputs_go_live(void)
{
	record_begin(page, log_file);
	sockets_go_live();
}

static void forget(int fd)
{
	struct connection *c = __atomic_exchange_n(&connections[fd], NULL, __ATOMIC_ACQ_REL);

	free(c);
}

void inputs_accepted(int fd, const struct sockaddr_samr *client, bool replayed)
{
	struct connection *c;

	if (!is_on)
		return;
	c = calloc(1, sizeof(*c));
	if (!c || fd >= FDS) {
		free(c);
		record_give_up("the program has too many connections");
		return;
	}
	c->number = ++count;
	c->client = *client;
	c->replayed = replayed;
	forget(fd);
	__atomic_store_n(&connections[fd], c, __ATOMIC_RELEASE);
	if (!replayed)
		record_accept(c);
}

/* ---- reading ---- */

static ssize_t take(int fd, struct connection *c, struct msghdr *msg, int flags)
{
	return c->replayed ? replay_receive(fd, c, msg, flags) :
			     record_receive(fd, c, msg, flags);
}

static ssize_t take_bytes(int fd, struct connection *c, void *to, size_t len, int flags)
{
	struct iovec iov = { to, len };
	struct msghdr msg = { .msg_iov = &iov, .msg_iovlen = 1 };

	return take(fd, c, &msg, flags);
}

EXPORT ssize_t read(int fd, void *to, size_t len)
{
	struct connection *c = inputs_connection(fd);

	return c ? take_bytes(fd, c, to, len, 0) : REAL(read)(fd, to, len);
}

EXPORT ssize_t readv(int fd, const struct iovec *iov, int n)
{
	struct connection *c = inputs_connection(fd);
	struct msghdr msg = { .msg_iov = (struct iovec *)iov, .msg_iovlen = (size_t)n };

	return c && n > 0 ? take(fd, c, &msg, 0) : REAL(readv)(fd, iov, n);
}

EXPORT ssize_t recv(int fd, void *to, size_t len, int flags)
{
	struct connection *c = inputs_connection(fd);

	return c ? take_bytes(fd, c, to, len, flags) : REAL(recv)(fd, to, len, flags);
}

EXPORT ssize_t recvfrom(int fd, void *restrict to, size_t len, int flags,
			struct sockaddr *restrict addr, socklen_t *restrict addr_len)
{
	struct connection *c = inputs_connection(fd);

	if (!c)
		return REAL(recvfrom)(fd, to, len, flags, addr, addr_len);
	/* As of TCP: nothing is said of where it comes from. */
	if (addr_len)
		*addr_len = 0;
	return take_bytes(fd, c, to, len, flags);
}

EXPORT ssize_t recvmsg(int fd, struct msghdr *msg, int flags)
{
	struct connection *c = inputs_connection(fd);

	return c ? take(fd, c, msg, flags) : REAL(recvmsg)(fd, msg, flags);
}

/* What compilers make of the same when they know the size of the buffer. */
EXPORT ssize_t __read_chk(int fd, void *to, size_t len, size_t size);
EXPORT ssize_t __recv_chk(int fd, void *to, size_t len, size_t size, int flags);
EXPORT ssize_t __recvfrom_chk(int fd, void *restrict to, size_t len, size_t size, int flags,
			      struct sockaddr *restrict addr, socklen_t *restrict addr_len);

ssize_t __read_chk(int fd, void *to, size_t len, size_t size)
{
	return len > size ? REAL(__read_chk)(fd, to, len, size) : read(fd, to, len);
}

ssize_t __recv_chk(int fd, void *to, size_t len, size_t size, int flags)
{
	return len > size ? REAL(__recv_chk)(fd, to, len, size, flags) :
			    recv(fd, to, len, flags);
}

ssize_t __recvfrom_chk(int fd, void *restrict to, size_t len, size_t size, int flags,
		       struct sockaddr *restrict addr, socklen_t *restrict addr_len)
{
	return len > size ? REAL(__recvfrom_chk)(fd, to, len, size, flags, addr, addr_len) :
			    recvfrom(fd, to, len, flags, addr, addr_len);
}

/* ---- what goes around this ---- */

static void goes_around(int fd, const char *why)
{
	if (inputs_connection(fd))
		record_give_up(why);
}

EXPORT int recvmmsg(int fd, struct mmsghdr *msgs, unsigned int n, int flags,
		    struct timespec *timeout)
{
	goes_around(fd, "the program reads by recvmmsg()");
	return REAL(recvmmsg)(fd, msgs, n, flags, timeout);
}

EXPORT ssize_t splice(int in, off64_t *in_at, int out, off64_t *out_at, size_t len,
		      unsigned int flags)
{
	struct connection *to = inputs_connection(out);

	goes_around(in, "the program reads by splice()");
	if (to)
		to->unknown = true;
	return REAL(splice)(in, in_at, out, out_at, len, flags);
}

EXPORT FILE *fdopen(int fd, const char *mode)
{
	struct connection *c = inputs_connection(fd);

	if (c && (*mode == 'r' || strchr(mode, '+')))
		record_give_up("the program reads by fdopen()");
	if (c)
		c->unknown = true;
	return REAL(fdopen)(fd, mode);
}

static void copied(int fd)
{
	goes_around(fd, "the program copies descriptors of connections");
}

EXPORT int dup(int fd)
{
	copied(fd);
	return REAL(dup)(fd);
}

EXPORT int dup2(int fd, int as)
{
	int ret;

	copied(fd);
	ret = REAL(dup2)(fd, as);
	if (ret >= 0 && fd != as && inputs_connection(as))
		forget(as);
	return ret;
}

/* ---- writing ---- */

static ssize_t sent(int fd, const struct iovec *iov, size_t n, ssize_t len)
{
	struct connection *c = len > 0 ? inputs_connection(fd) : NULL;

	if (c)
		record_sent(c, iov, n, (size_t)len);
	return len;
}

static ssize_t sent_bytes(int fd, const void *from, ssize_t len)
{
	const struct iovec iov = { (void *)from, len > 0 ? (size_t)len : 0 };

	return sent(fd, &iov, 1, len);
}

EXPORT ssize_t write(int fd, const void *from, size_t len)
{
	return sent_bytes(fd, from, REAL(write)(fd, from, len));
}

EXPORT ssize_t writev(int fd, const struct iovec *iov, int n)
{
	return sent(fd, iov, (size_t)n, REAL(writev)(fd, iov, n));
}

EXPORT ssize_t send(int fd, const void *from, size_t len, int flags)
{
	return sent_bytes(fd, from, REAL(send)(fd, from, len, flags));
}

EXPORT ssize_t sendto(int fd, const void *from, size_t len, int flags,
		      const struct sockaddr *to, socklen_t to_len)
{
	return sent_bytes(fd, from, REAL(sendto)(fd, from, len, flags, to, to_len));
}

EXPORT ssize_t sendmsg(int fd, const struct msghdr *msg, int flags)
{
	return sent(fd, msg->msg_iov, msg->msg_iovlen, REAL(sendmsg)(fd, msg, flags));
}

EXPORT ssize_t sendfile(int out, int in, off_t *at, size_t len)
{
	struct connection *c = inputs_connection(out);

	if (c)
		c->unknown = true;
	return REAL(sendfile)(out, in, at, len);
}

EXPORT ssize_t sendfile64(int out, int in, off64_t *at, size_t len)
{
	struct connection *c = inputs_connection(out);

	if (c)
		c->unknown = true;
	return REAL(sendfile64)(out, in, at, len);
}

/* ---- closing ---- */

EXPORT int close(int fd)
{
	struct connection *c = inputs_connection(fd);

	if (c) {
		if (c->replayed)
			replay_close(c);
		else
			record_close(fd, c);
		forget(fd);
	}
	return REAL(close)(fd);
}

/* ---- waiting ---- */

/**
 * struct waiter - a call that waits
 * @once: call it, to wait that long, ms
 * @call: its arguments
 * @ms: how long it wants to wait; -1: for ever
 */
struct waiter {
	int (*once)(const void *call, int ms);
	const void *call;
	int ms;
};

/* Return: its result, once the log is over from the kernel alone. */
static int wait_for(const struct waiter *w)
{
	int n, waited = 0;

	for (;;) {
		n = w->once(w->call, 0);
		if (n)
			return n;
		switch (replay_step()) {
		case REPLAY_OVER:
			return w->once(w->call, w->ms);
		case REPLAY_BUSY:
			if (w->ms >= 0 && waited >= w->ms)
				return 0;
			n = w->once(w->call, SLICE_MS);
			if (n)
				return n;
			waited += SLICE_MS;
			break;
		case REPLAY_GIVEN:
			if (!w->ms)
				return 0;
			break;
		}
	}
}

static int ms_of(const struct timespec *t)
{
	int64_t ms = !t ? -1 : t->tv_sec > INT32_MAX / 1000 - 1 ? INT32_MAX :
		     t->tv_sec * 1000 + (t->tv_nsec + 999999) / 1000000;

	return (int)ms;
}

static const struct timespec *time_of(int ms, struct timespec *room)
{
	*room = (struct timespec){ ms / 1000, ms % 1000 * 1000000L };
	return ms < 0 ? NULL : room;
}

struct poll_call {
	struct pollfd *fds;
	nfds_t n;
	const sigset_t *mask;
};

static int poll_once(const void *arg, int ms)
{
	const struct poll_call *c = arg;
	struct timespec t;

	return REAL(ppoll)(c->fds, c->n, time_of(ms, &t), c->mask);
}

EXPORT int ppoll(struct pollfd *fds, nfds_t n, const struct timespec *t, const sigset_t *mask)
{
	const struct poll_call call = { fds, n, mask };
	const struct waiter w = { poll_once, &call, ms_of(t) };

	return replay_is_on() ? wait_for(&w) : REAL(ppoll)(fds, n, t, mask);
}

EXPORT int poll(struct pollfd *fds, nfds_t n, int ms)
{
	const struct poll_call call = { fds, n, NULL };
	const struct waiter w = { poll_once, &call, ms };

	return replay_is_on() ? wait_for(&w) : REAL(poll)(fds, n, ms);
}

EXPORT int __poll_chk(struct pollfd *fds, nfds_t n, int ms, size_t size);
EXPORT int __ppoll_chk(struct pollfd *fds, nfds_t n, const struct timespec *t,
		       const sigset_t *mask, size_t size);

int __poll_chk(struct pollfd *fds, nfds_t n, int ms, size_t size)
{
	return n > size / sizeof(*fds) ? REAL(__poll_chk)(fds, n, ms, size) : poll(fds, n, ms);
}

int __ppoll_chk(struct pollfd *fds, nfds_t n, const struct timespec *t, const sigset_t *mask,
		size_t size)
{
	return n > size / sizeof(*fds) ? REAL(__ppoll_chk)(fds, n, t, mask, size) :
					 ppoll(fds, n, t, mask);
}

struct select_call {
	int n;
	fd_set *set[3];
	const sigset_t *mask;
};

/* Only as much of a set as @n says is there: programs may have larger ones, too. */
static size_t set_bytes(int n)
{
	return ((size_t)n + 8 * sizeof(long) - 1) / (8 * sizeof(long)) * sizeof(long);
}

/* It clears what it is given when there is nothing, which is looked for again then. */
static int select_once(const void *arg, int ms)
{
	const struct select_call *c = arg;
	size_t bytes = set_bytes(c->n > 0 ? c->n : 0);
	char before[3][bytes + 1];
	struct timespec t;
	int i, n;

	for (i = 0; i < 3; i++)
		if (c->set[i])
			memcpy(before[i], c->set[i], bytes);
	n = REAL(pselect)(c->n, c->set[0], c->set[1], c->set[2], time_of(ms, &t), c->mask);
	for (i = 0; i < 3 && !n; i++)
		if (c->set[i])
			memcpy(c->set[i], before[i], bytes);
	return n;
}

static int wait_select(const struct select_call *c, int ms)
{
	const struct waiter w = { select_once, c, ms };
	int i, n = wait_for(&w);

	for (i = 0; i < 3 && !n; i++)
		if (c->set[i])
			memset(c->set[i], 0, set_bytes(c->n > 0 ? c->n : 0));
	return n;
}

EXPORT int pselect(int n, fd_set *restrict in, fd_set *restrict out, fd_set *restrict err,
		   const struct timespec *restrict t, const sigset_t *restrict mask)
{
	const struct select_call call = { n, { in, out, err }, mask };

	return replay_is_on() ? wait_select(&call, ms_of(t)) :
				REAL(pselect)(n, in, out, err, t, mask);
}

EXPORT int select(int n, fd_set *restrict in, fd_set *restrict out, fd_set *restrict err,
		  struct timeval *restrict t)
{
	const struct select_call call = { n, { in, out, err }, NULL };
	struct timespec ts = { t ? t->tv_sec : 0, t ? t->tv_usec * 1000 : 0 };

	return replay_is_on() ? wait_select(&call, ms_of(t ? &ts : NULL)) :
				REAL(select)(n, in, out, err, t);
}

struct epoll_call {
	int epoll;
	struct epoll_event *events;
	int max;
	const sigset_t *mask;
};

static int epoll_once(const void *arg, int ms)
{
	const struct epoll_call *c = arg;

	return REAL(epoll_pwait)(c->epoll, c->events, c->max, ms, c->mask);
}

EXPORT int epoll_pwait(int epoll, struct epoll_event *events, int max, int ms,
		       const sigset_t *mask)
{
	const struct epoll_call call = { epoll, events, max, mask };
	const struct waiter w = { epoll_once, &call, ms };

	return replay_is_on() ? wait_for(&w) : REAL(epoll_pwait)(epoll, events, max, ms, mask);
}

EXPORT int epoll_wait(int epoll, struct epoll_event *events, int max, int ms)
{
	const struct epoll_call call = { epoll, events, max, NULL };
	const struct waiter w = { epoll_once, &call, ms };

	return replay_is_on() ? wait_for(&w) : REAL(epoll_wait)(epoll, events, max, ms);
}

EXPORT int epoll_pwait2(int epoll, struct epoll_event *events, int max,
			const struct timespec *t, const sigset_t *mask)
{
	const struct epoll_call call = { epoll, events, max, mask };
	const struct waiter w = { epoll_once, &call, ms_of(t) };

	return replay_is_on() ? wait_for(&w) : REAL(epoll_pwait2)(epoll, events, max, t, mask);
}
