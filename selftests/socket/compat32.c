// SPDX-License-Identifier: GPL-2.0
/*
 * A 32-bit program without a C library, run by samr-test-compat on a 64-bit
 * kernel in a namespace that is a head: structures and control messages must
 * mean the same there. Exit status: 0, or the number of the step that failed.
 */
#include <linux/samr.h>

#define SVC	1

#define NR_EXIT		1
#define NR_SOCKETCALL	102

enum { CALL_SOCKET = 1, CALL_BIND = 2, CALL_SETSOCKOPT = 14,
       CALL_GETSOCKOPT = 15, CALL_SENDMSG = 16, CALL_RECVMSG = 17 };

#define SOCK_SEQPACKET	5
#define SOL_SOCKET	1
#define SO_TIMESTAMP	29

typedef unsigned int word;

struct iovec {
	void *base;
	word len;
};

struct msghdr {
	void *name;
	int namelen;
	struct iovec *iov;
	word iovlen;
	void *control;
	word controllen;
	word flags;
};

struct cmsghdr {
	word len;
	int level;
	int type;
};

static int syscall2(int nr, word a, word b)
{
	int ret;

	asm volatile("int $0x80" : "=a"(ret) : "a"(nr), "b"(a), "c"(b)
		     : "memory");
	return ret;
}

static int call(int nr, word a, word b, word c, word d, word e)
{
	word args[5] = { a, b, c, d, e };

	return syscall2(NR_SOCKETCALL, nr, (word)args);
}

static void need(int cond, int step)
{
	if (!cond)
		syscall2(NR_EXIT, step, 0);
}

static int equal(const void *a, const void *b, word len)
{
	const char *p = a, *q = b;

	while (len--)
		if (*p++ != *q++)
			return 0;
	return 1;
}

static void send_with_control(int fd)
{
	static char text[] = "thirty-two";
	struct {
		struct cmsghdr h;
		struct samr_send how;
	} control = {
		.h = { sizeof(control), SOL_SAMR, SAMR_SEND },
		.how = { .flags = SAMR_SEND_SAFE, .request = 0x123456789aULL },
	};
	struct iovec iov = { text, 10 };
	struct msghdr m = {
		.iov = &iov, .iovlen = 1,
		.control = &control, .controllen = sizeof(control),
	};

	need(call(CALL_SENDMSG, fd, (word)&m, 0, 0, 0) == 10, 5);
}

static void receive_with_control(int fd, const struct samr_info *info)
{
	struct sockaddr_samr from = { 0 };
	struct samr_delivery *d = 0;
	char buf[16], control[200];
	struct iovec iov = { buf, sizeof(buf) };
	struct msghdr m = {
		.name = &from, .namelen = sizeof(from),
		.iov = &iov, .iovlen = 1,
		.control = control, .controllen = sizeof(control),
	};
	struct cmsghdr *h;
	int seconds = 0;
	word at;

	need(call(CALL_RECVMSG, fd, (word)&m, 0, 0, 0) == 10, 6);
	need(equal(buf, "thirty-two", 10), 7);
	need(m.flags == 0 && m.namelen == sizeof(from), 8);
	for (at = 0; at + sizeof(*h) <= m.controllen; at += (h->len + 3) & ~3U) {
		h = (void *)(control + at);
		need(h->len >= sizeof(*h), 9);
		if (h->level == SOL_SAMR && h->type == SAMR_DELIVERY) {
			need(h->len == sizeof(*h) + sizeof(*d), 10);
			d = (void *)(h + 1);
		} else if (h->level == SOL_SOCKET && h->type == SO_TIMESTAMP) {
			need(h->len == sizeof(*h) + 8, 11);
			seconds = *(int *)(h + 1);
		}
	}
	need(d && seconds > 1000000000, 12);
	need(d->request == 0x123456789aULL, 13);
	need(d->flags == (SAMR_DELIVERY_SAFE | SAMR_DELIVERY_OWN), 14);
	need(d->origin == info->node && d->incarnation == info->incarnation &&
	     d->epoch == info->epoch, 15);
	need(from.node == info->node && from.service == SVC &&
	     from.port == d->port, 16);
}

void _start(void)
{
	struct sockaddr_samr a = { .family = AF_SAMR, .service = SVC };
	struct samr_join j = { 0 };
	struct samr_info info;
	int on = 1, len = sizeof(info);
	int fd = call(CALL_SOCKET, AF_SAMR, SOCK_SEQPACKET, 0, 0, 0);

	need(fd >= 0, 1);
	need(!call(CALL_BIND, fd, (word)&a, sizeof(a), 0, 0), 2);
	need(!call(CALL_SETSOCKOPT, fd, SOL_SOCKET, SO_TIMESTAMP, (word)&on,
		   sizeof(on)), 3);
	need(!call(CALL_SETSOCKOPT, fd, SOL_SAMR, SAMR_JOIN, (word)&j,
		   sizeof(j)), 4);
	send_with_control(fd);
	need(!call(CALL_GETSOCKOPT, fd, SOL_SAMR, SAMR_INFO, (word)&info,
		   (word)&len) && len == sizeof(info), 17);
	receive_with_control(fd, &info);
	syscall2(NR_EXIT, 0, 0);
}
