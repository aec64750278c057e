// SPDX-License-Identifier: GPL-2.0
/*
 * What the program takes in is written to a log, one record for each call that took something, before
 * the program has it. Outputs are counted, with a digest, and go to the log in front of the next
 * input of their connection.
 */
#define _GNU_SOURCE
#include "preload.h"

#include <errno.h>
#include <poll.h>
#include <pthread.h>
#include <stdio.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "../sim/crc32c.h"
#include "inputs.h"
#include "tape.h"

/* So much output at most is in no digest. */
#define MARK_BYTES	((uint64_t)64 << 10)

static struct tape *tape;
static struct stat is;		/* the log: its descriptor may be another file's one day */
static int file = -1;
static bool forked;		/* this is a child of the program */
static pthread_mutex_t lock = PTHREAD_MUTEX_INITIALIZER;

static bool is_on(void)
{
	return tape && !__atomic_load_n(&tape->given_up, __ATOMIC_ACQUIRE);
}

static void child_begins(void)
{
	forked = true;
}

void record_begin(struct tape *page, int log)
{
	tape = page;
	file = log;
	if (fstat(log, &is))
		record_give_up("the program closes what it inherits");
	pthread_atfork(NULL, NULL, child_begins);
}

static bool is_ours(void)
{
	struct stat s;

	return !fstat(file, &s) && s.st_dev == is.st_dev && s.st_ino == is.st_ino;
}

void record_give_up(const char *why)
{
	if (!tape || __atomic_exchange_n(&tape->given_up, 1, __ATOMIC_ACQ_REL))
		return;
	fprintf(stderr, "samr-run: the log of input is given up: %s. This replica goes on, but can give no state to others\n",
		why);
	/* It takes no room any more. */
	if (is_ours() && ftruncate(file, 0))
		fprintf(stderr, "samr-run: the log keeps its room: %m\n");
}

void record_busy(bool busy)
{
	if (tape && !forked)
		__atomic_add_fetch(&tape->busy, busy ? 1 : -1U, __ATOMIC_SEQ_CST);
}

static void append(const struct log_record *r)
{
	if (!is_ours())
		record_give_up("the program closes what it inherits");
	else if (log_append(file, &tape->end, tape->bound, r))
		return;
	else if (errno == EFBIG)
		record_give_up("it would be longer than --replay allows");
	else
		record_give_up(strerror(errno));
}

static void write_record(struct log_record *r)
{
	int before = errno;

	if (forked) {
		record_give_up("another process of the program takes input");
	} else {
		if (r->type != LOG_OUTPUT)
			preload_now(&r->time, &r->place);
		pthread_mutex_lock(&lock);
		if (is_on())
			append(r);
		pthread_mutex_unlock(&lock);
	}
	errno = before;
}

void record_accept(const struct connection *c)
{
	struct log_record r = {
		.type = LOG_ACCEPT, .node = c->client.node, .port = c->client.port,
	};

	if (is_on())
		write_record(&r);
}

static void mark(struct connection *c)
{
	struct log_record r = {
		.type = LOG_OUTPUT, .connection = c->number,
		.total = c->written, .digest = c->digest,
	};

	if (c->written == c->marked || c->unknown)
		return;
	write_record(&r);
	c->marked = c->written;
}

/* The first @len bytes of what was read. */
static void record_read(struct connection *c, const struct msghdr *msg, size_t len)
{
	struct log_record r = { .type = LOG_READ, .connection = c->number };
	size_t i, at, part;

	mark(c);
	for (i = 0; i < (size_t)msg->msg_iovlen && len; i++) {
		for (at = 0; at < msg->msg_iov[i].iov_len && len; at += part) {
			part = msg->msg_iov[i].iov_len - at;
			part = part < len ? part : len;
			part = part < LOG_BYTES_MAX ? part : LOG_BYTES_MAX;
			r.bytes = (const char *)msg->msg_iov[i].iov_base + at;
			r.len = part;
			write_record(&r);
			len -= part;
		}
	}
}

void record_end(struct connection *c, int error)
{
	struct log_record r = {
		.type = LOG_END, .connection = c->number, .error = error,
	};

	if (!is_on() || c->ended)
		return;
	mark(c);
	write_record(&r);
	c->ended = true;
}

static bool asks_for_any(const struct msghdr *msg)
{
	size_t i;

	for (i = 0; i < (size_t)msg->msg_iovlen; i++)
		if (msg->msg_iov[i].iov_len)
			return true;
	return false;
}

static bool is_end(int error)
{
	return error != EAGAIN && error != EINTR && error != EFAULT && error != EINVAL &&
	       error != ENOMEM && error != ENOBUFS;
}

static ssize_t receive_now(int fd, struct connection *c, struct msghdr *msg, int flags)
{
	ssize_t n;

	record_busy(true);
	n = inputs_real(fd, msg, flags | MSG_DONTWAIT);
	if (n > 0)
		record_read(c, msg, (size_t)n);
	else if (n ? is_end(errno) : asks_for_any(msg))
		record_end(c, n ? errno : 0);
	record_busy(false);
	return n;
}

/* Wait for input, as long as the program wants to. Return: may there be some? */
static bool wait_for_input(int fd)
{
	struct pollfd p = { .fd = fd, .events = POLLIN };
	struct timeval t = { .tv_sec = 0 };
	socklen_t len = sizeof(t);
	int ms = -1, n;

	if (!REAL(getsockopt)(fd, SOL_SOCKET, SO_RCVTIMEO, &t, &len) &&
	    (t.tv_sec || t.tv_usec))
		ms = (int)(t.tv_sec * 1000 + (t.tv_usec + 999) / 1000);
	n = REAL(poll)(&p, 1, ms);
	if (!n)
		errno = EAGAIN;
	return n > 0;
}

bool record_wait(int fd)
{
	return !is_on() || !inputs_waits(fd, 0) || wait_for_input(fd);
}

ssize_t record_receive(int fd, struct connection *c, struct msghdr *msg, int flags)
{
	ssize_t n;

	if (!is_on() || flags & (MSG_PEEK | MSG_OOB | MSG_ERRQUEUE))
		return inputs_real(fd, msg, flags);
	if (flags & MSG_TRUNC || (flags & MSG_WAITALL && inputs_waits(fd, flags))) {
		record_give_up("the program reads by MSG_TRUNC or MSG_WAITALL");
		return inputs_real(fd, msg, flags);
	}
	for (;;) {
		n = receive_now(fd, c, msg, flags);
		if (n >= 0 || errno != EAGAIN || !inputs_waits(fd, flags) ||
		    !wait_for_input(fd))
			return n;
	}
}

void record_sent(struct connection *c, const struct iovec *iov, size_t count, size_t len)
{
	size_t i, part;

	c->written += len;
	for (i = 0; i < count && len; i++, len -= part) {
		part = iov[i].iov_len < len ? iov[i].iov_len : len;
		c->digest = crc32c_more(c->digest, iov[i].iov_base, part);
	}
	if (is_on() && c->written - c->marked >= MARK_BYTES)
		mark(c);
}

/* Who closes it may have heard of its end by poll() only. */
void record_close(int fd, struct connection *c)
{
	struct pollfd p = { .fd = fd, .events = POLLRDHUP };
	int before = errno;

	if (is_on() && !forked && !c->ended && REAL(poll)(&p, 1, 0) > 0 &&
	    p.revents & (POLLRDHUP | POLLHUP | POLLERR))
		record_end(c, 0);
	errno = before;
}
