// SPDX-License-Identifier: GPL-2.0
/*
 * Clients of libsamr on a kernel that is played by this program, and samr_reply(). The
 * linker turns the library's system calls over to the functions below (see build.mk).
 */
#define _GNU_SOURCE
#include <errno.h>
#include <poll.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <string.h>
#include <sys/socket.h>
#include <unistd.h>
#include <cmocka.h>
#include <samr/samr.h>

#define FD	1000

/* What one recvmsg() is going to be. */
struct answer {
	int err;
	bool no_cmsg;
	int flags;
	uint16_t type;
	uint64_t request;
	const char *text;
};

static struct {
	int socket_err, connect_err, so_error, sendmsg_err, poll_err;
	int setsockopt_fails;
	struct samr_session_opts opts;
	uint32_t notify;
	int opened, closed, sent, room;
	uint64_t number;
	uint32_t flags;
	struct samr_reply reply;
	char bytes[32];
	size_t len;
	const struct answer *answer;
	size_t answers;
	bool idle;
	short polled;
} kernel;

int __wrap_socket(int family, int type, int protocol);
int __wrap_connect(int fd, const struct sockaddr *addr, socklen_t len);
int __wrap_setsockopt(int fd, int level, int name, const void *value,
		      socklen_t len);
int __wrap_getsockopt(int fd, int level, int name, void *value, socklen_t *len);
ssize_t __wrap_sendmsg(int fd, const struct msghdr *h, int flags);
ssize_t __wrap_recvmsg(int fd, struct msghdr *h, int flags);
int __wrap_poll(struct pollfd *p, nfds_t count, int timeout);
int __wrap_close(int fd);

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
	assert_int_equal(type & 0xf, SOCK_SEQPACKET);
	assert_true(type & SOCK_CLOEXEC);
	assert_int_equal(protocol, 0);
	kernel.opened += !kernel.socket_err;
	return result(kernel.socket_err, FD);
}

int __wrap_connect(int fd, const struct sockaddr *addr, socklen_t len)
{
	const struct sockaddr_samr *a = (const void *)addr;

	assert_int_equal(fd, FD);
	assert_int_equal(len, sizeof(*a));
	assert_int_equal(a->family, AF_SAMR);
	assert_int_equal(a->service, 42);
	assert_int_equal(a->node, 0);
	return result(kernel.connect_err, 0);
}

int __wrap_setsockopt(int fd, int level, int name, const void *value,
		      socklen_t len)
{
	assert_int_equal(fd, FD);
	assert_int_equal(level, SOL_SAMR);
	if (name == kernel.setsockopt_fails)
		return result(EINVAL, 0);
	if (name == SAMR_SESSION) {
		assert_int_equal(len, sizeof(kernel.opts));
		memcpy(&kernel.opts, value, len);
	} else if (name == SAMR_NOTIFY) {
		assert_int_equal(len, sizeof(kernel.notify));
		memcpy(&kernel.notify, value, len);
	}
	return 0;
}

int __wrap_getsockopt(int fd, int level, int name, void *value, socklen_t *len)
{
	assert_int_equal(fd, FD);
	assert_int_equal(level, SOL_SOCKET);
	assert_int_equal(name, SO_ERROR);
	assert_int_equal(*len, sizeof(int));
	memcpy(value, &kernel.so_error, sizeof(int));
	return 0;
}

ssize_t __wrap_sendmsg(int fd, const struct msghdr *h, int flags)
{
	struct cmsghdr *c = CMSG_FIRSTHDR(h);
	struct samr_send how;

	assert_int_equal(fd, FD);
	assert_int_equal(c->cmsg_level, SOL_SAMR);
	assert_true(flags & MSG_NOSIGNAL);
	if (c->cmsg_type == SAMR_REPLY) {
		assert_int_equal(c->cmsg_len, CMSG_LEN(sizeof(kernel.reply)));
		memcpy(&kernel.reply, CMSG_DATA(c), sizeof(kernel.reply));
	} else {
		assert_int_equal(c->cmsg_type, SAMR_SEND);
		assert_true(flags & MSG_DONTWAIT);
		memcpy(&how, CMSG_DATA(c), sizeof(how));
		kernel.flags = how.flags;
		kernel.number = how.request;
	}
	kernel.len = h->msg_iov[0].iov_len;
	assert_true(kernel.len < sizeof(kernel.bytes));
	memcpy(kernel.bytes, h->msg_iov[0].iov_base, kernel.len);
	if (kernel.sendmsg_err)
		return result(kernel.sendmsg_err, 0);
	if (kernel.room && kernel.sent == kernel.room)
		return result(EAGAIN, 0);
	kernel.sent++;
	return (ssize_t)kernel.len;
}

ssize_t __wrap_recvmsg(int fd, struct msghdr *h, int flags)
{
	struct cmsghdr *c = CMSG_FIRSTHDR(h);
	const struct answer *a = kernel.answer;
	struct samr_delivery d;

	assert_int_equal(fd, FD);
	assert_int_equal(flags, MSG_DONTWAIT);
	if (!kernel.answers || kernel.idle)
		return result(EAGAIN, 0);
	kernel.answer++;
	kernel.answers--;
	if (a->err)
		return result(a->err, 0);
	memset(&d, 0, sizeof(d));
	d.type = a->type;
	d.request = a->request;
	h->msg_flags = a->flags;
	assert_true(h->msg_iov[0].iov_len >= strlen(a->text));
	memcpy(h->msg_iov[0].iov_base, a->text, strlen(a->text));
	c->cmsg_level = SOL_SAMR;
	c->cmsg_type = SAMR_DELIVERY;
	c->cmsg_len = CMSG_LEN(sizeof(d));
	memcpy(CMSG_DATA(c), &d, sizeof(d));
	h->msg_controllen = a->no_cmsg ? 0 : CMSG_SPACE(sizeof(d));
	/* As in the kernel: what ends a request makes room for another. */
	kernel.sent -= !!kernel.room;
	return (ssize_t)strlen(a->text);
}

/* Ready while something is to come, and after that the time is over. */
int __wrap_poll(struct pollfd *p, nfds_t count, int timeout)
{
	assert_int_equal(count, 1);
	assert_int_equal(p->fd, FD);
	(void)timeout;
	kernel.polled = p->events;
	if (kernel.poll_err)
		return result(kernel.poll_err, 0);
	kernel.idle = false;
	p->revents = p->events;
	return kernel.answers || kernel.connect_err;
}

int __wrap_close(int fd)
{
	assert_int_equal(fd, FD);
	kernel.closed++;
	return 0;
}

static void will_say(const struct answer *a, size_t n)
{
	kernel.answer = a;
	kernel.answers = n;
}

static struct samr_client *client(void)
{
	struct samr_client *c;

	memset(&kernel, 0, sizeof(kernel));
	assert_int_equal(samr_connect(&c, 42, NULL, 100), 0);
	return c;
}

static void a_client_asks_for_a_session(void **state)
{
	const struct samr_session_opts o = {
		.flags = SAMR_SESSION_ANY_ORDER, .reply_max = 7, .expiry = 9,
	};
	struct samr_client *c = client();

	(void)state;
	assert_int_equal(kernel.opts.reply_max, 65536);
	assert_int_equal(kernel.opts.expiry, 60000);
	assert_int_equal(kernel.notify, 1 << SAMR_TYPE_UNKNOWN |
					1 << SAMR_TYPE_UNDONE);
	assert_int_equal(samr_client_fd(c), FD);
	samr_disconnect(c);
	assert_int_equal(kernel.closed, 1);
	assert_int_equal(samr_connect(&c, 42, &o, 0), 0);
	assert_memory_equal(&kernel.opts, &o, sizeof(o));
	samr_disconnect(c);
	samr_disconnect(NULL);
}

static void what_fails_is_told_and_closed(void **state)
{
	struct samr_client *c = (void *)1;

	(void)state;
	memset(&kernel, 0, sizeof(kernel));
	assert_int_equal(samr_connect(&c, 0, NULL, 0), -EINVAL);
	assert_null(c);
	kernel.socket_err = EAFNOSUPPORT;
	assert_int_equal(samr_connect(&c, 42, NULL, 0), -EAFNOSUPPORT);
	kernel.socket_err = 0;
	kernel.setsockopt_fails = SAMR_SESSION;
	assert_int_equal(samr_connect(&c, 42, NULL, 0), -EINVAL);
	kernel.setsockopt_fails = SAMR_NOTIFY;
	assert_int_equal(samr_connect(&c, 42, NULL, 0), -EINVAL);
	kernel.setsockopt_fails = 0;
	kernel.connect_err = EACCES;
	assert_int_equal(samr_connect(&c, 42, NULL, 0), -EACCES);
	kernel.connect_err = EINPROGRESS;
	kernel.so_error = ECONNREFUSED;
	assert_int_equal(samr_connect(&c, 42, NULL, 10), -ECONNREFUSED);
	assert_int_equal(kernel.polled, POLLOUT);
	kernel.poll_err = EINTR;
	assert_int_equal(samr_connect(&c, 42, NULL, 10), -EINTR);
	assert_null(c);
	assert_int_equal(kernel.opened, kernel.closed);
}

static void a_call_gets_its_reply(void **state)
{
	const struct answer a[] = {
		{ .type = SAMR_TYPE_REPLY, .request = 1, .text = "one" },
		{ .type = SAMR_TYPE_REPLY, .request = 2, .text = "" },
		{ .type = SAMR_TYPE_REPLY, .request = 3, .text = "too long" },
	};
	struct samr_client *c = client();
	char buf[4] = "";

	(void)state;
	will_say(a, 3);
	kernel.idle = true;
	assert_int_equal(samr_call(c, "hello", 5, buf, sizeof(buf), 100), 3);
	assert_memory_equal(kernel.bytes, "hello", 5);
	assert_memory_equal(buf, "one", 3);
	assert_int_equal(samr_call(c, "", 0, NULL, 0, 100), 0);
	assert_int_equal(samr_call(c, "x", 1, buf, sizeof(buf), 100), -EMSGSIZE);
	assert_int_equal(samr_call(c, "x", 1, buf, sizeof(buf), 100), -ETIMEDOUT);
	samr_disconnect(c);
}

static void the_end_of_a_call_without_reply(void **state)
{
	const struct answer a[] = {
		{ .type = SAMR_TYPE_UNKNOWN, .request = 1, .text = "",
		  .flags = MSG_NOTIFICATION },
		{ .type = SAMR_TYPE_UNDONE, .request = 2, .text = "" },
		{ .err = ECONNRESET },
		{ .no_cmsg = true, .text = "what?" },
		{ .type = SAMR_TYPE_REPLY, .request = 77, .text = "whose?" },
		{ .type = SAMR_TYPE_REPLY, .request = 6, .text = "cut",
		  .flags = MSG_TRUNC },
	};
	struct samr_client *c = client();
	char buf[4];

	(void)state;
	will_say(a, 6);
	assert_int_equal(samr_call(c, "x", 1, buf, 4, 100), -EREMOTEIO);
	assert_int_equal(samr_call(c, "x", 1, buf, 4, 100), -ECANCELED);
	assert_int_equal(samr_call(c, "x", 1, buf, 4, 100), -ECONNRESET);
	assert_int_equal(samr_call(c, "x", 1, buf, 4, 100), -EBADMSG);
	assert_int_equal(samr_call(c, "x", 1, buf, 4, 100), -EBADMSG);
	assert_int_equal(samr_call(c, "x", 1, buf, 4, 100), -EBADMSG);
	kernel.sendmsg_err = ECONNRESET;
	assert_int_equal(samr_call(c, "x", 1, buf, 4, 100), -ECONNRESET);
	samr_disconnect(c);
}

static char told[256];

static void note(void *ctx, int result, const void *reply, size_t len)
{
	size_t n = strlen(told);

	snprintf(told + n, sizeof(told) - n, "%s %d %.*s;", (char *)ctx, result,
		 (int)len, (const char *)reply);
}

/* A reply that comes too late is nobody's, and not taken for another one's. */
static void a_late_reply_is_dropped(void **state)
{
	const struct answer a[] = {
		{ .type = SAMR_TYPE_REPLY, .request = 1, .text = "late" },
		{ .type = SAMR_TYPE_REPLY, .request = 2, .text = "two" },
	};
	struct samr_client *c = client();
	char buf[8] = "";

	(void)state;
	assert_int_equal(samr_call(c, "x", 1, buf, sizeof(buf), 0), -ETIMEDOUT);
	will_say(a, 2);
	assert_int_equal(samr_call(c, "y", 1, buf, sizeof(buf), 100), 3);
	assert_memory_equal(buf, "two", 3);
	samr_disconnect(c);
}

static void calls_without_waiting(void **state)
{
	const struct answer a[] = {
		{ .type = SAMR_TYPE_REPLY, .request = 2, .text = "B" },
		{ .type = SAMR_TYPE_UNKNOWN, .request = 1, .text = "" },
		{ .type = SAMR_TYPE_REPLY, .request = 3, .text = "C" },
	};
	struct samr_client *c = client();

	(void)state;
	told[0] = 0;
	assert_int_equal(samr_client_run(c, 100), 0);
	assert_int_equal(samr_call_async(c, "a", 1, note, "a"), 0);
	assert_int_equal(samr_call_async(c, "b", 1, note, "b"), 0);
	assert_int_equal(samr_call_async(c, "c", 1, NULL, NULL), 0);
	assert_int_equal(samr_client_run(c, 0), 0);
	assert_int_equal(samr_client_run(c, 10), -ETIMEDOUT);
	will_say(a, 3);
	assert_int_equal(samr_client_run(c, 100), 3);
	assert_string_equal(told, "b 0 B;a -121 ;");
	samr_disconnect(c);
}

/* Queries and requests share the numbers; a slow one holds up none but itself. */
static void queries_get_their_answers(void **state)
{
	const struct answer a[] = {
		{ .type = SAMR_TYPE_ANSWER, .request = 2, .text = "two" },
		{ .type = SAMR_TYPE_UNDONE, .request = 3, .text = "" },
		{ .type = SAMR_TYPE_ANSWER, .request = 4, .text = "d" },
		{ .type = SAMR_TYPE_REPLY, .request = 5, .text = "e" },
	};
	struct samr_client *c = client();
	char buf[4] = "";
	int i;

	(void)state;
	told[0] = 0;
	assert_int_equal(samr_query_async(c, "a", 1, 0, note, "a"), 0);
	assert_int_equal(kernel.flags, SAMR_SEND_QUERY);
	will_say(a, 4);
	kernel.idle = true;
	assert_int_equal(samr_query(c, "b", 1, SAMR_QUERY_LINEAR, buf, 4, 100), 3);
	assert_int_equal(kernel.flags, SAMR_SEND_QUERY | SAMR_SEND_LINEAR);
	assert_memory_equal(buf, "two", 3);
	assert_int_equal(samr_query(c, "c", 1, 0, buf, 4, 100), -ECANCELED);
	assert_int_equal(samr_query_async(c, "d", 1, 0, note, "d"), 0);
	assert_int_equal(samr_call_async(c, "e", 1, note, "e"), 0);
	assert_int_equal(kernel.flags, 0);
	assert_int_equal(samr_client_run(c, 100), 2);
	assert_string_equal(told, "d 0 d;e 0 e;");
	assert_int_equal(samr_query(c, "f", 1, 2, buf, 4, 100), -EINVAL);
	assert_int_equal(samr_query_async(c, "f", 1, 2, NULL, NULL), -EINVAL);
	/* The first one has no answer yet: its slot is passed over. */
	for (i = 1; i < SAMR_REQUESTS_MAX; i++)
		assert_int_equal(samr_query_async(c, "x", 1, 0, NULL, NULL), 0);
	assert_int_equal(kernel.number, 6 + SAMR_REQUESTS_MAX - 1);
	assert_int_equal(samr_query_async(c, "x", 1, 0, NULL, NULL), -EAGAIN);
	samr_disconnect(c);
}

/* As many as the kernel takes; a call that waits for room tells of the others. */
static void room_for_calls(void **state)
{
	const struct answer a[] = {
		{ .type = SAMR_TYPE_REPLY, .request = 1, .text = "1" },
		{ .type = SAMR_TYPE_REPLY, .request = 2, .text = "2" },
		{ .type = SAMR_TYPE_REPLY, .request = 3, .text = "3" },
	};
	struct samr_client *c = client();
	char buf[4];
	int i;

	(void)state;
	told[0] = 0;
	kernel.room = 2;
	assert_int_equal(samr_call_async(c, "a", 1, note, "a"), 0);
	assert_int_equal(samr_call_async(c, "b", 1, note, "b"), 0);
	assert_int_equal(samr_call_async(c, "c", 1, note, "c"), -EAGAIN);
	assert_int_equal(samr_call(c, "c", 1, buf, 4, 10), -EAGAIN);
	assert_int_equal(kernel.polled, POLLIN | POLLOUT);
	will_say(a, 3);
	assert_int_equal(samr_call(c, "c", 1, buf, 4, 10), 1);
	assert_int_equal(buf[0], '3');
	assert_string_equal(told, "a 0 1;b 0 2;");
	kernel.room = 0;
	for (i = 0; i < SAMR_REQUESTS_MAX; i++)
		assert_int_equal(samr_call_async(c, "x", 1, NULL, NULL), 0);
	assert_int_equal(samr_call_async(c, "x", 1, NULL, NULL), -EAGAIN);
	samr_disconnect(c);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(a_client_asks_for_a_session),
		cmocka_unit_test(what_fails_is_told_and_closed),
		cmocka_unit_test(a_call_gets_its_reply),
		cmocka_unit_test(the_end_of_a_call_without_reply),
		cmocka_unit_test(a_late_reply_is_dropped),
		cmocka_unit_test(calls_without_waiting),
		cmocka_unit_test(queries_get_their_answers),
		cmocka_unit_test(room_for_calls),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
