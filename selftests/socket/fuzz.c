// SPDX-License-Identifier: GPL-2.0
/*
 * Random calls with random arguments from several threads on shared sockets,
 * SAMR_FUZZ_SECONDS (5) long, as root and as somebody without privileges. The
 * kernel must stay well, and a new member must work afterwards.
 */
#define _GNU_SOURCE
#include <fcntl.h>
#include <grp.h>
#include <pthread.h>
#include <signal.h>
#include <sys/epoll.h>
#include <sys/ioctl.h>
#include <sys/mman.h>
#include <sys/time.h>
#include <sys/uio.h>
#include <linux/sockios.h>
#include "lab.h"
#include "tap.h"

#define THREADS		4
#define SOCKETS		24

static int fds[SOCKETS];
static volatile bool stop;
static unsigned long done[THREADS];
static char *area;		/* two pages, of which the second is not there */

static uint32_t rnd(uint64_t *s)
{
	*s ^= *s << 13;
	*s ^= *s >> 7;
	*s ^= *s << 17;
	return *s >> 16;
}

/* Somewhere in the page, at its edge, or nowhere. */
static void *somewhere(uint64_t *s)
{
	switch (rnd(s) % 8) {
	case 0:
		return NULL;
	case 1:
		return (void *)(uintptr_t)rnd(s);
	case 2:
		return area + 4096 - rnd(s) % 64;
	default:
		return area + rnd(s) % 2048;
	}
}

static int some_length(uint64_t *s)
{
	static const int lengths[] = {
		0, 1, 2, 4, 8, 16, 24, 32, 88, 100, 1000, 4096, 65536, 1 << 20,
		(1 << 20) + 1, -1, 0x7fffffff,
	};

	return rnd(s) & 1 ? (int)(rnd(s) % 300) :
			    lengths[rnd(s) % (sizeof(lengths) / sizeof(int))];
}

static int some_fd(uint64_t *s)
{
	return __atomic_load_n(&fds[rnd(s) % SOCKETS], __ATOMIC_RELAXED);
}

static int some_flags(uint64_t *s)
{
	int flags = MSG_DONTWAIT | MSG_NOSIGNAL;

	if (!(rnd(s) % 4))
		flags |= 1 << (rnd(s) % 31);
	return flags;
}

static void some_message(uint64_t *s, struct msghdr *m, struct iovec *iov)
{
	memset(m, 0, sizeof(*m));
	iov->iov_base = somewhere(s);
	iov->iov_len = some_length(s);
	m->msg_iov = iov;
	m->msg_iovlen = rnd(s) % 3 ? 1 : 0;
	if (rnd(s) & 1) {
		m->msg_name = somewhere(s);
		m->msg_namelen = some_length(s);
	}
	if (rnd(s) & 1) {
		m->msg_control = somewhere(s);
		m->msg_controllen = rnd(s) % 200;
	}
}

static void put_fd(uint64_t *s, int fd)
{
	close(__atomic_exchange_n(&fds[rnd(s) % SOCKETS], fd, __ATOMIC_RELAXED));
}

static void replace(uint64_t *s)
{
	struct sockaddr_samr a = sock_addr(rnd(s) % 5);
	struct samr_join j = { .flags = rnd(s) % 2 ? SAMR_JOIN_STATE : 0 };
	int type = rnd(s) % 2 ? SOCK_SEQPACKET : SOCK_STREAM;
	int fd = socket(AF_SAMR, type | SOCK_NONBLOCK, 0);
	struct linger now = { .l_onoff = rnd(s) % 4 == 0 };
	uint32_t v = rnd(s) & 2;
	int size = rnd(s) % 100000;

	setsockopt(fd, SOL_SAMR, SAMR_NOTIFY, &v, sizeof(v));
	setsockopt(fd, SOL_SOCKET, SO_RCVBUF, &size, sizeof(size));
	if (rnd(s) % 8)
		bind(fd, (void *)&a, sizeof(a));
	else
		connect(fd, (void *)&a, sizeof(a));
	setsockopt(fd, SOL_SOCKET, SO_LINGER, &now, sizeof(now));
	if (type == SOCK_STREAM)
		listen(fd, rnd(s) % 5);
	else if (rnd(s) % 4)
		setsockopt(fd, SOL_SAMR, SAMR_JOIN, &j, sizeof(j));
	put_fd(s, fd);
}

static void options(uint64_t *s, int fd)
{
	int level = rnd(s) % 4 ? SOL_SAMR : SOL_SOCKET;
	int name = rnd(s) % (level == SOL_SAMR ? 7 : 70);
	socklen_t len = some_length(s);

	/* Nothing that blocks, signals others, or belongs to the admin. */
	if (level == SOL_SOCKET && (name == SO_RCVTIMEO || name == SO_SNDTIMEO ||
				    name == SO_LINGER))
		return;
	if (rnd(s) & 1)
		setsockopt(fd, level, name, somewhere(s), len);
	else
		getsockopt(fd, level, name, somewhere(s), &len);
}

/* Often of the transfer that this socket is asked for: the last that it has read. */
static void some_state(uint64_t *s, int fd)
{
	struct samr_send how = { .flags = SAMR_SEND_STATE };
	struct samr_info info = {};
	socklen_t len = sizeof(info);

	getsockopt(fd, SOL_SAMR, SAMR_INFO, &info, &len);
	how.request = rnd(s) % 4 ? info.gseq : rnd(s) % 1000;
	switch (rnd(s) % 8) {
	case 0:
		how.flags = rnd(s) % 32;
		break;
	case 1:
		how.flags |= SAMR_SEND_FAILED;
		break;
	case 2:
		how.flags |= SAMR_SEND_LAST;
		break;
	}
	sock_send_how(fd, area, how.flags & SAMR_SEND_FAILED ? 0 :
		      rnd(s) % 4096, &how, some_flags(s));
}

/* Often of a session that there may be. */
static void some_group_call(uint64_t *s, int fd)
{
	struct samr_group_call how = {
		.op = rnd(s) % 4, .service = rnd(s) % 6,
		.session = rnd(s) % 8 ? rnd(s) % 200 : rnd(s),
	};

	if (how.op == SAMR_GROUP_REQUEST)
		how.request = rnd(s) % 8;
	if (how.op == SAMR_GROUP_OPEN || !(rnd(s) % 16))
		how.reply_max = some_length(s);
	how.reserved = !(rnd(s) % 32);
	sock_call(fd, &how, area, how.op && rnd(s) % 16 ? 0 : rnd(s) % 4096,
		  some_flags(s));
}

static void some_alarm(uint64_t *s, int fd)
{
	struct samr_group_alarm a = {
		.op = rnd(s) % 8 ? rnd(s) % 2 : rnd(s),
		.reserved = !(rnd(s) % 32),
		.number = rnd(s) % 8 ? rnd(s) % (1 << 16) : rnd(s),
	};

	if (a.op == SAMR_GROUP_SET || !(rnd(s) % 16))
		a.due = rnd(s) % 2 ? rnd(s) : 1 + rnd(s) % 1000;
	if (a.op == SAMR_GROUP_CANCEL || !(rnd(s) % 16))
		a.which = rnd(s) % 8 ? rnd(s) % (1 << 16) : rnd(s);
	sock_alarm(fd, &a, some_flags(s));
}

static void one_call(uint64_t *s)
{
	struct sockaddr_samr a = sock_addr(rnd(s) % 6);
	int fd = some_fd(s);
	struct pollfd p = { .fd = fd, .events = -1 };
	socklen_t len = some_length(s);
	struct iovec iov;
	struct msghdr m;
	int v;

	switch (rnd(s) % 28) {
	case 0:
		replace(s);
		break;
	case 1:
		bind(fd, rnd(s) & 1 ? (void *)&a : somewhere(s), len);
		break;
	case 2:
	case 3:
		options(s, fd);
		break;
	case 4:
	case 5:
	case 6:
		send(fd, area, rnd(s) % 2000, some_flags(s));
		break;
	case 7:
	case 8:
	case 9:
	case 10:
		recv(fd, area, rnd(s) % 2000, some_flags(s));
		break;
	case 11:
		some_message(s, &m, &iov);
		sendmsg(fd, &m, some_flags(s));
		break;
	case 12:
		some_message(s, &m, &iov);
		recvmsg(fd, &m, some_flags(s));
		break;
	case 13:
		poll(&p, 1, 0);
		break;
	case 14:
		if (!(rnd(s) % 8))
			shutdown(fd, rnd(s) % 4);
		break;
	case 15:
		if (rnd(s) & 1)
			getsockname(fd, somewhere(s), &len);
		else
			getpeername(fd, somewhere(s), &len);
		break;
	case 16:
		ioctl(fd, rnd(s) & 1 ? SIOCINQ : SIOCOUTQ, &v);
		break;
	case 17:
		connect(fd, (void *)&a, sizeof(a));
		listen(fd, 1);
		break;
	case 22:
	case 23:
		fd = accept4(fd, NULL, NULL, SOCK_NONBLOCK);
		if (fd >= 0)
			put_fd(s, fd);
		break;
	case 18:
		len = sizeof(struct samr_info);
		getsockopt(fd, SOL_SAMR, SAMR_INFO, area, &len);
		break;
	case 19:
		some_message(s, &m, &iov);
		readv(fd, &iov, 1);
		break;
	case 20:
	case 21:
		some_state(s, fd);
		break;
	case 24:
	case 25:
		some_group_call(s, fd);
		break;
	case 26:
	case 27:
		some_alarm(s, fd);
		break;
	}
}

static void *calls(void *arg)
{
	unsigned long me = (uintptr_t)arg;
	uint64_t s = (me + 1) * 0x9e3779b97f4a7c15ULL ^ (uint64_t)tap_ms();

	while (!stop) {
		one_call(&s);
		done[me]++;
	}
	return NULL;
}

static void fuzz(void)
{
	const char *text = getenv("SAMR_FUZZ_SECONDS");
	int i, seconds = text ? atoi(text) : 5;
	unsigned long sum = 0;
	pthread_t t[THREADS];

	tap_limit(seconds + 30);
	signal(SIGPIPE, SIG_IGN);
	signal(SIGIO, SIG_IGN);
	signal(SIGURG, SIG_IGN);
	area = mmap(NULL, 8192, PROT_READ | PROT_WRITE,
		    MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
	CHECK(area != MAP_FAILED);
	OK(munmap(area + 4096, 4096));
	for (i = 0; i < SOCKETS; i++) {
		fds[i] = sock_new();
		OK(fcntl(fds[i], F_SETFL, O_NONBLOCK));
	}
	for (i = 0; i < THREADS; i++)
		pthread_create(&t[i], NULL, calls, (void *)(uintptr_t)i);
	sleep(seconds);
	stop = true;
	for (i = 0; i < THREADS; i++) {
		pthread_join(t[i], NULL);
		sum += done[i];
	}
	for (i = 0; i < SOCKETS; i++)
		close(fds[i]);
	printf("# %lu calls\n", sum);
	CHECK(sum > 1000);
}

static void works(uint32_t service)
{
	int fd = sock_member(service);
	char c;

	CHECK_EQ(OK(send(fd, "x", 1, 0)), 1);
	CHECK(sock_wait(fd, POLLIN) & POLLIN);
	CHECK_EQ(OK(recv(fd, &c, 1, 0)), 1);
}

TEST(fuzz_as_root)
{
	lab_one();
	fuzz();
	works(SVC);
}

TEST(fuzz_as_nobody)
{
	lab_one();
	OK(setgroups(0, NULL));
	OK(setresgid(NOBODY, NOBODY, NOBODY));
	OK(setresuid(NOBODY, NOBODY, NOBODY));
	fuzz();
	works(SVC_NOBODY);
}

TEST(fuzz_while_the_view_forms)
{
	lab_add(1);
	fuzz();
	lab_up();
	works(SVC);
}
