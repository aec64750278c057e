/* SPDX-License-Identifier: GPL-2.0 */
/*
 * The kernel as kernel_test.c plays it: the linker turns the library's system calls over to the functions
 * below (see build.mk).
 */
#ifndef LIBSAMR_TEST_KERNEL_H
#define LIBSAMR_TEST_KERNEL_H

#include <errno.h>
#include <poll.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>
#include <sys/socket.h>
#include <cmocka.h>
#include <samr/samr.h>

/* What one message of recvmmsg() is going to be. */
struct answer {
	int err;			/* the call ends with it */
	bool end;			/* nothing, as after leaving */
	bool no_cmsg;
	size_t cmsg;			/* bytes of it; 0: all */
	int flags;			/* MSG_TRUNC ... */
	uint16_t type;
	uint32_t delivery_flags;
	uint64_t request;
	const void *data;
	size_t len;
};

static struct {
	int socket_err, bind_err, setsockopt_err, sendmsg_err, poll_err;
	int setsockopt_fails;		/* this one */
	int opened, closed;
	const struct answer *answer;
	size_t answers;
	struct samr_send sent;
	int sent_flags;
	size_t sent_len;
	char sent_byte;
	int sent_count;			/* of all messages that were taken */
	int sendmsg_room;		/* then EAGAIN; 0: no limit */
	uint32_t join_flags;
	short polled;
	bool waits;			/* the last recvmmsg() would */
	bool no_memory;
} kernel;

int __wrap_socket(int family, int type, int protocol);
int __wrap_bind(int fd, const struct sockaddr *addr, socklen_t len);
int __wrap_setsockopt(int fd, int level, int name, const void *value,
		      socklen_t len);
ssize_t __wrap_sendmsg(int fd, const struct msghdr *h, int flags);
int __wrap_recvmmsg(int fd, struct mmsghdr *msg, unsigned int count, int flags,
		    struct timespec *timeout);
int __wrap_poll(struct pollfd *p, nfds_t count, int timeout);
int __wrap_close(int fd);
void *__wrap_realloc(void *p, size_t size);
void *__real_realloc(void *p, size_t size);

static int result(int err, int value)
{
	if (!err)
		return value;
	errno = err;
	return -1;
}

int __wrap_socket(int family, int type, int protocol)
{
	assert_int_equal(family, AF_SAMR);
	assert_int_equal(type, SOCK_SEQPACKET | SOCK_CLOEXEC);
	assert_int_equal(protocol, 0);
	kernel.opened += !kernel.socket_err;
	return result(kernel.socket_err, 1000);
}

int __wrap_bind(int fd, const struct sockaddr *addr, socklen_t len)
{
	const struct sockaddr_samr *a = (const void *)addr;

	assert_int_equal(fd, 1000);
	assert_int_equal(len, sizeof(*a));
	assert_int_equal(a->family, AF_SAMR);
	assert_int_equal(a->service, 42);
	return result(kernel.bind_err, 0);
}

int __wrap_setsockopt(int fd, int level, int name, const void *value,
		      socklen_t len)
{
	const struct samr_join *join = value;

	assert_int_equal(fd, 1000);
	if (level == SOL_SOCKET && name == SO_RCVTIMEO)
		return 0;
	assert_int_equal(level, SOL_SAMR);
	if (name == SAMR_JOIN) {
		assert_int_equal(len, sizeof(*join));
		kernel.join_flags = join->flags;
	}
	return result(name == kernel.setsockopt_fails ? kernel.setsockopt_err :
							0, 0);
}

ssize_t __wrap_sendmsg(int fd, const struct msghdr *h, int flags)
{
	struct cmsghdr *c = CMSG_FIRSTHDR(h);
	size_t i;

	assert_int_equal(fd, 1000);
	assert_int_equal(c->cmsg_level, SOL_SAMR);
	assert_int_equal(c->cmsg_type, SAMR_SEND);
	assert_int_equal(c->cmsg_len, CMSG_LEN(sizeof(kernel.sent)));
	memcpy(&kernel.sent, CMSG_DATA(c), sizeof(kernel.sent));
	kernel.sent_flags = flags;
	for (kernel.sent_len = i = 0; i < h->msg_iovlen; i++)
		kernel.sent_len += h->msg_iov[i].iov_len;
	if (kernel.sent_len)
		kernel.sent_byte = *(char *)h->msg_iov[0].iov_base;
	if (kernel.sendmsg_err)
		return result(kernel.sendmsg_err, 0);
	if (kernel.sendmsg_room && !--kernel.sendmsg_room)
		return result(EAGAIN, 0);
	kernel.sent_count++;
	return (ssize_t)kernel.sent_len;
}

static void fill(struct mmsghdr *msg, const struct answer *a)
{
	struct samr_delivery d = {
		.type = a->type, .flags = a->delivery_flags, .gseq = 7,
		.request = a->request,
	};
	struct msghdr *h = &msg->msg_hdr;
	struct cmsghdr *c = CMSG_FIRSTHDR(h);

	assert_non_null(c);
	assert_true(h->msg_iov[0].iov_len >= SAMR_MESSAGE_MAX);
	memset(h->msg_control, 0x5a, h->msg_controllen);
	memcpy(h->msg_iov[0].iov_base, a->data ? a->data : "", a->len);
	msg->msg_len = (unsigned int)a->len;
	h->msg_flags = a->flags;
	if (a->no_cmsg || a->end) {
		h->msg_controllen = 0;
		return;
	}
	c->cmsg_level = SOL_SAMR;
	c->cmsg_type = SAMR_DELIVERY;
	c->cmsg_len = CMSG_LEN(a->cmsg ? a->cmsg : sizeof(d));
	memcpy(CMSG_DATA(c), &d, sizeof(d));
	h->msg_controllen = CMSG_SPACE(sizeof(d));
}

int __wrap_recvmmsg(int fd, struct mmsghdr *msg, unsigned int count, int flags,
		    struct timespec *timeout)
{
	unsigned int n;

	(void)timeout;
	assert_int_equal(fd, 1000);
	kernel.waits = flags == MSG_WAITFORONE;
	assert_true(kernel.waits || flags == MSG_DONTWAIT);
	for (n = 0; n < count && kernel.answers; n++) {
		if (kernel.answer->err) {
			if (n)
				break;
			kernel.answers--;
			return result((kernel.answer++)->err, 0);
		}
		fill(&msg[n], kernel.answer);
		kernel.answer++;
		kernel.answers--;
	}
	return n ? (int)n : result(EAGAIN, 0);
}

/* Ready while something is to come, and after that the time is over. */
int __wrap_poll(struct pollfd *p, nfds_t count, int timeout)
{
	assert_int_equal(count, 1);
	assert_int_equal(p->fd, 1000);
	assert_true(timeout != 0 || !kernel.answers);
	kernel.polled = p->events;
	if (kernel.poll_err)
		return result(kernel.poll_err, 0);
	p->revents = kernel.answers ? p->events : 0;
	return !!kernel.answers;
}

int __wrap_close(int fd)
{
	assert_int_equal(fd, 1000);
	kernel.closed++;
	return 0;
}

void *__wrap_realloc(void *p, size_t size)
{
	return kernel.no_memory ? NULL : __real_realloc(p, size);
}

#endif /* LIBSAMR_TEST_KERNEL_H */
