// SPDX-License-Identifier: GPL-2.0
/* Each call by itself: what it does, and what it says when used wrongly. */
#define _GNU_SOURCE
#include <grp.h>
#include <stddef.h>
#include <sys/ioctl.h>
#include <sys/mman.h>
#include <sys/time.h>
#include <sys/stat.h>
#include <sys/uio.h>
#include <linux/sockios.h>
#include "lab.h"
#include "tap.h"

static int set_u32(int fd, int name, uint32_t v)
{
	return setsockopt(fd, SOL_SAMR, name, &v, sizeof(v));
}

static void become_nobody(void)
{
	OK(setgroups(0, NULL));
	OK(setresgid(NOBODY, NOBODY, NOBODY));
	OK(setresuid(NOBODY, NOBODY, NOBODY));
}

/* ---- socket ---- */

TEST(socket_types)
{
	close(sock_new());
	FAILS(ESOCKTNOSUPPORT, socket(AF_SAMR, SOCK_DGRAM, 0));
	FAILS(ESOCKTNOSUPPORT, socket(AF_SAMR, SOCK_RAW, 0));
	FAILS(EPROTONOSUPPORT, socket(AF_SAMR, SOCK_SEQPACKET, 1));
	FAILS(EPROTONOSUPPORT, socket(AF_SAMR, SOCK_STREAM, 1));
}

TEST(socket_calls_not_for_groups)
{
	struct sockaddr_samr a = sock_addr(SVC);
	int pair[2], fd;

	lab_one();
	fd = sock_bound(SVC);
	/* A member is no client; see client.c. */
	FAILS(EINVAL, connect(fd, (void *)&a, sizeof(a)));
	FAILS(EOPNOTSUPP, listen(fd, 1));
	FAILS(EOPNOTSUPP, accept(fd, NULL, NULL));
	FAILS(EOPNOTSUPP, socketpair(AF_SAMR, SOCK_SEQPACKET, 0, pair));
	CHECK(mmap(NULL, 4096, PROT_READ, MAP_SHARED, fd, 0) == MAP_FAILED);
	CHECK_EQ(errno, ENODEV);
}

TEST(socket_defaults)
{
	int fd = sock_new(), v = 0;
	socklen_t len = sizeof(v);

	OK(getsockopt(fd, SOL_SOCKET, SO_SNDBUF, &v, &len));
	CHECK_EQ(v, 1 << 20);
	OK(getsockopt(fd, SOL_SOCKET, SO_RCVBUF, &v, &len));
	CHECK_EQ(v, 1 << 20);
	OK(getsockopt(fd, SOL_SOCKET, SO_DOMAIN, &v, &len));
	CHECK_EQ(v, AF_SAMR);
	OK(getsockopt(fd, SOL_SOCKET, SO_TYPE, &v, &len));
	CHECK_EQ(v, SOCK_SEQPACKET);
}

/* ---- bind ---- */

TEST(bind_addresses)
{
	struct sockaddr_samr a = sock_addr(SVC);
	int fd = sock_new();

	lab_one();
	FAILS(EINVAL, bind(fd, (void *)&a, 0));
	FAILS(EINVAL, bind(fd, (void *)&a, 2));
	FAILS(EINVAL, bind(fd, (void *)&a, sizeof(a) - 1));
	a.family = AF_INET;
	FAILS(EAFNOSUPPORT, bind(fd, (void *)&a, sizeof(a)));
	a.family = AF_UNSPEC;
	FAILS(EAFNOSUPPORT, bind(fd, (void *)&a, sizeof(a)));
	a = sock_addr(SVC);
	a.reserved = 1;
	FAILS(EINVAL, bind(fd, (void *)&a, sizeof(a)));
	a = sock_addr(SVC);
	a.reserved2 = 1;
	FAILS(EINVAL, bind(fd, (void *)&a, sizeof(a)));
	a = sock_addr(SVC);
	a.node = 1;
	FAILS(EINVAL, bind(fd, (void *)&a, sizeof(a)));
	a = sock_addr(SVC);
	a.port = 1;
	FAILS(EINVAL, bind(fd, (void *)&a, sizeof(a)));
	a = sock_addr(0);
	FAILS(EINVAL, bind(fd, (void *)&a, sizeof(a)));
	a = sock_addr(4711);
	FAILS(EADDRNOTAVAIL, bind(fd, (void *)&a, sizeof(a)));
	FAILS(EFAULT, bind(fd, (void *)8, sizeof(a)));
	a = sock_addr(SVC);
	OK(bind(fd, (void *)&a, sizeof(a)));
	FAILS(EINVAL, bind(fd, (void *)&a, sizeof(a)));
}

TEST(bind_longer_address)
{
	struct {
		struct sockaddr_samr a;
		char more[40];
	} l = { .a = sock_addr(SVC) };

	lab_one();
	OK(bind(sock_new(), (void *)&l, sizeof(l)));
}

TEST(bind_without_cluster)
{
	struct sockaddr_samr a = sock_addr(SVC);

	FAILS(ENETDOWN, bind(sock_new(), (void *)&a, sizeof(a)));
}

TEST(bind_permission)
{
	struct sockaddr_samr mine = sock_addr(SVC_NOBODY), other = sock_addr(SVC);
	int fd;

	lab_one();
	become_nobody();
	fd = sock_new();
	FAILS(EACCES, bind(fd, (void *)&other, sizeof(other)));
	OK(bind(fd, (void *)&mine, sizeof(mine)));
	OK(sock_join(fd));
	sock_joined(fd);
}

TEST(bind_by_group)
{
	struct sockaddr_samr a = sock_addr(SVC_NOBODY);
	gid_t g = NOBODY;

	lab_one();
	OK(setgroups(1, &g));
	OK(setresgid(4242, 4242, 4242));
	OK(setresuid(4242, 4242, 4242));
	OK(bind(sock_new(), (void *)&a, sizeof(a)));
}

TEST(bind_keeps_cluster)
{
	int fd;

	lab_one();
	fd = sock_bound(SVC);
	CHECK_EQ(lab_try_del(), -EBUSY);
	CHECK_EQ(lab_try_service_del(SVC), -EBUSY);
	CHECK_EQ(lab_try_service_del(SVC_B), 0);
	CHECK_EQ(lab_try_service_del(SVC_B), -ENOENT);
	close(fd);
	CHECK_EQ(lab_try_service_del(SVC), 0);
	CHECK_EQ(lab_try_del(), 0);
}

TEST(bind_draws_ports)
{
	struct sockaddr_samr a, b;
	socklen_t len = sizeof(a);
	int fd;

	lab_one();
	fd = sock_bound(SVC);
	OK(getsockname(fd, (void *)&a, &len));
	close(fd);
	fd = sock_bound(SVC);
	OK(getsockname(fd, (void *)&b, &len));
	CHECK(a.port && b.port && a.port != b.port);
}

/* ---- names ---- */

TEST(name_of_socket)
{
	struct sockaddr_samr a;
	socklen_t len = sizeof(a);
	int fd;

	lab_one();
	fd = sock_new();
	memset(&a, 0xff, sizeof(a));
	OK(getsockname(fd, (void *)&a, &len));
	CHECK_EQ(len, sizeof(a));
	CHECK_EQ(a.family, AF_SAMR);
	CHECK_EQ(a.service, 0);
	CHECK_EQ(a.node, 0);
	CHECK_EQ(a.reserved, 0);
	CHECK_EQ(a.reserved2, 0);
	FAILS(ENOTCONN, getpeername(fd, (void *)&a, &len));
	close(fd);

	fd = sock_bound(SVC);
	OK(getsockname(fd, (void *)&a, &len));
	CHECK_EQ(a.service, SVC);
	CHECK_EQ(a.node, 1);
	CHECK(a.port != 0);
	FAILS(ENOTCONN, getpeername(fd, (void *)&a, &len));
	close(fd);

	fd = sock_member(SVC);
	OK(getpeername(fd, (void *)&a, &len));
	CHECK_EQ(a.service, SVC);
	CHECK_EQ(a.node, 0);
	CHECK_EQ(a.port, 0);
	len = 4;
	OK(getsockname(fd, (void *)&a, &len));
	CHECK_EQ(len, sizeof(a));
}

/* ---- options ---- */

TEST(option_unknown)
{
	uint32_t v = 1;
	socklen_t len = sizeof(v);
	int fd = sock_new();

	FAILS(ENOPROTOOPT, set_u32(fd, 99, 1));
	FAILS(ENOPROTOOPT, set_u32(fd, 0, 1));
	FAILS(ENOPROTOOPT, set_u32(fd, SAMR_INFO, 1));
	FAILS(ENOPROTOOPT, getsockopt(fd, SOL_SAMR, 99, &v, &len));
	FAILS(ENOPROTOOPT, getsockopt(fd, SOL_SAMR, SAMR_JOIN, &v, &len));
	FAILS(ENOPROTOOPT, setsockopt(fd, 6, 1, &v, sizeof(v)));
	FAILS(ENOPROTOOPT, getsockopt(fd, 6, 1, &v, &len));
}

TEST(option_lengths)
{
	struct samr_info info;
	struct samr_join j = {};
	uint32_t v = 0;
	socklen_t len;
	int fd;

	lab_one();
	fd = sock_bound(SVC);
	FAILS(EINVAL, setsockopt(fd, SOL_SAMR, SAMR_NOTIFY, &v, 3));
	FAILS(EINVAL, setsockopt(fd, SOL_SAMR, SAMR_SAFE, &v, 0));
	FAILS(EINVAL, setsockopt(fd, SOL_SAMR, SAMR_JOIN, &j, sizeof(j) - 1));
	FAILS(EFAULT, setsockopt(fd, SOL_SAMR, SAMR_JOIN, (void *)8, sizeof(j)));
	FAILS(EFAULT, setsockopt(fd, SOL_SAMR, SAMR_NOTIFY, (void *)8, 4));
	len = 3;
	FAILS(EINVAL, getsockopt(fd, SOL_SAMR, SAMR_NOTIFY, &v, &len));
	/* Who was built with a shorter one gets that. */
	len = offsetof(struct samr_info, time) - 1;
	FAILS(EINVAL, getsockopt(fd, SOL_SAMR, SAMR_INFO, &info, &len));
	len = sizeof(v);
	FAILS(EFAULT, getsockopt(fd, SOL_SAMR, SAMR_NOTIFY, (void *)8, &len));
	FAILS(EFAULT, getsockopt(fd, SOL_SAMR, SAMR_NOTIFY, &v, (void *)8));
	len = -1;
	FAILS(EINVAL, getsockopt(fd, SOL_SAMR, SAMR_NOTIFY, &v, &len));
	len = 1000;
	OK(getsockopt(fd, SOL_SAMR, SAMR_NOTIFY, &v, &len));
	CHECK_EQ(len, sizeof(v));
}

TEST(option_values)
{
	struct samr_join j = { .flags = SAMR_JOIN_STATE << 1 };
	uint32_t v;
	socklen_t len = sizeof(v);
	int fd;

	lab_one();
	fd = sock_bound(SVC);
	FAILS(EINVAL, setsockopt(fd, SOL_SAMR, SAMR_JOIN, &j, sizeof(j)));
	j.flags = 0;
	j.reserved = 1;
	FAILS(EINVAL, setsockopt(fd, SOL_SAMR, SAMR_JOIN, &j, sizeof(j)));
	FAILS(EINVAL, set_u32(fd, SAMR_NOTIFY, 1 << SAMR_TYPE_MESSAGE));
	FAILS(EINVAL, set_u32(fd, SAMR_NOTIFY, 1U << 31));
	FAILS(EINVAL, set_u32(fd, SAMR_SAFE, 2));
	OK(getsockopt(fd, SOL_SAMR, SAMR_NOTIFY, &v, &len));
	CHECK_EQ(v, 0);
	OK(set_u32(fd, SAMR_NOTIFY, 1 << SAMR_TYPE_VIEW));
	OK(getsockopt(fd, SOL_SAMR, SAMR_NOTIFY, &v, &len));
	CHECK_EQ(v, 1 << SAMR_TYPE_VIEW);
	OK(set_u32(fd, SAMR_SAFE, 1));
	OK(getsockopt(fd, SOL_SAMR, SAMR_SAFE, &v, &len));
	CHECK_EQ(v, 1);
}

TEST(option_join_states)
{
	int fd = sock_new();

	FAILS(ENOTCONN, sock_join(fd));
	FAILS(ENOTCONN, setsockopt(fd, SOL_SAMR, SAMR_LEAVE, NULL, 0));
	close(fd);
	lab_add(1);
	fd = sock_bound(SVC);
	FAILS(ENOTCONN, setsockopt(fd, SOL_SAMR, SAMR_LEAVE, NULL, 0));
	OK(sock_join(fd));
	CHECK_EQ(sock_info(fd).state, SAMR_MEMBER_JOINING);
	FAILS(EALREADY, sock_join(fd));
	lab_up();
	sock_joined(fd);
	FAILS(EISCONN, sock_join(fd));
	OK(setsockopt(fd, SOL_SAMR, SAMR_LEAVE, NULL, 0));
	FAILS(EALREADY, setsockopt(fd, SOL_SAMR, SAMR_LEAVE, NULL, 0));
	FAILS(ESHUTDOWN, sock_join(fd));
}

TEST(option_info)
{
	struct samr_info i;
	char buf[10];
	int fd;

	lab_one();
	fd = sock_new();
	i = sock_info(fd);
	CHECK_EQ(i.state, SAMR_MEMBER_NEW);
	CHECK_EQ(i.node, 0);
	close(fd);
	fd = sock_bound(SVC);
	i = sock_info(fd);
	CHECK_EQ(i.state, SAMR_MEMBER_BOUND);
	CHECK_EQ(i.node, 1);
	CHECK(i.incarnation != 0);
	CHECK(i.epoch != 0);
	CHECK_EQ(i.view, 0);
	OK(sock_join(fd));
	sock_joined(fd);
	i = sock_info(fd);
	CHECK(i.view != 0);
	CHECK_EQ(i.members, 1);
	CHECK_EQ(i.queued, 0);
	CHECK_EQ(OK(send(fd, "0123456789", 10, 0)), 10);
	CHECK(sock_wait(fd, POLLIN) & POLLIN);
	i = sock_info(fd);
	CHECK_EQ(i.queued, 10);
	CHECK_EQ(i.unsettled, 0);
	CHECK_EQ(i.gseq, 0);
	CHECK_EQ(recv(fd, buf, sizeof(buf), 0), 10);
	i = sock_info(fd);
	CHECK_EQ(i.queued, 0);
	CHECK(i.gseq > i.view);
}

TEST(option_timestamp)
{
	char control[256], buf[4];
	struct iovec iov = { buf, sizeof(buf) };
	struct msghdr m = {
		.msg_iov = &iov, .msg_iovlen = 1,
		.msg_control = control, .msg_controllen = sizeof(control),
	};
	struct samr_delivery d = {};
	struct timespec ts = {};
	struct cmsghdr *c;
	int fd, on = 1;

	lab_one();
	fd = sock_member(SVC);
	OK(setsockopt(fd, SOL_SOCKET, SO_TIMESTAMPNS, &on, sizeof(on)));
	CHECK_EQ(OK(send(fd, "a", 1, 0)), 1);
	CHECK_EQ(OK(recvmsg(fd, &m, 0)), 1);
	CHECK_EQ(m.msg_flags, 0);
	for (c = CMSG_FIRSTHDR(&m); c; c = CMSG_NXTHDR(&m, c)) {
		if (c->cmsg_level == SOL_SOCKET)
			memcpy(&ts, CMSG_DATA(c), sizeof(ts));
		else
			memcpy(&d, CMSG_DATA(c), sizeof(d));
	}
	CHECK(d.time != 0);
	CHECK_EQ(ts.tv_sec * 1000000000ULL + ts.tv_nsec, d.time);
}

TEST(option_timestamp_us)
{
	char control[256], buf[4];
	struct iovec iov = { buf, sizeof(buf) };
	struct msghdr m = {
		.msg_iov = &iov, .msg_iovlen = 1,
		.msg_control = control, .msg_controllen = sizeof(control),
	};
	struct timeval tv = {}, now;
	struct cmsghdr *c;
	int fd, on = 1;

	lab_one();
	fd = sock_member(SVC);
	OK(setsockopt(fd, SOL_SOCKET, SO_TIMESTAMP, &on, sizeof(on)));
	CHECK_EQ(OK(send(fd, "a", 1, 0)), 1);
	CHECK_EQ(OK(recvmsg(fd, &m, 0)), 1);
	for (c = CMSG_FIRSTHDR(&m); c; c = CMSG_NXTHDR(&m, c))
		if (c->cmsg_level == SOL_SOCKET)
			memcpy(&tv, CMSG_DATA(c), sizeof(tv));
	gettimeofday(&now, NULL);
	CHECK(labs(now.tv_sec - tv.tv_sec) < 60);
}

TEST(ioctl_queues)
{
	int fd, v;

	lab_one();
	fd = sock_new();
	FAILS(ENOTCONN, ioctl(fd, SIOCINQ, &v));
	close(fd);
	fd = sock_member(SVC);
	OK(ioctl(fd, SIOCINQ, &v));
	CHECK_EQ(v, 0);
	CHECK_EQ(OK(send(fd, "abc", 3, 0)), 3);
	CHECK_EQ(OK(send(fd, "de", 2, 0)), 2);
	OK(ioctl(fd, SIOCINQ, &v));
	CHECK_EQ(v, 5);
	OK(ioctl(fd, SIOCOUTQ, &v));
	CHECK_EQ(v, 0);
	FAILS(EFAULT, ioctl(fd, SIOCINQ, (void *)8));
	FAILS(ENOTTY, ioctl(fd, 0x5499, &v));
}

/* ---- sendmsg ---- */

TEST(send_states)
{
	struct samr_send how = {};
	int fd = sock_new();

	FAILS(ENOTCONN, send(fd, "a", 1, 0));
	FAILS(ENOTCONN, sock_send_how(fd, "a", 1, &how, 0));
	close(fd);
	lab_add(1);
	fd = sock_bound(SVC);
	FAILS(ENOTCONN, send(fd, "a", 1, 0));
	OK(sock_join(fd));
	FAILS(EAGAIN, send(fd, "a", 1, MSG_DONTWAIT));
	FAILS(EMSGSIZE, send(fd, NULL, SAMR_MESSAGE_MAX + 1, MSG_DONTWAIT));
}

TEST(send_control)
{
	union {
		struct cmsghdr h;
		char room[CMSG_SPACE(64)];
	} c = {};
	struct iovec iov = { "a", 1 };
	struct msghdr m = {
		.msg_iov = &iov, .msg_iovlen = 1,
		.msg_control = &c, .msg_controllen = sizeof(c),
	};
	struct samr_send how = { .flags = 2 };
	int fd;

	lab_one();
	fd = sock_member(SVC);
	FAILS(EINVAL, sock_send_how(fd, "a", 1, &how, 0));
	how.flags = 0;
	how.reserved = 1;
	FAILS(EINVAL, sock_send_how(fd, "a", 1, &how, 0));

	c.h.cmsg_level = SOL_SAMR;
	c.h.cmsg_type = SAMR_SEND;
	c.h.cmsg_len = CMSG_LEN(sizeof(how) - 1);
	FAILS(EINVAL, sendmsg(fd, &m, 0));
	c.h.cmsg_len = CMSG_LEN(sizeof(how) + 1);
	FAILS(EINVAL, sendmsg(fd, &m, 0));
	c.h.cmsg_len = sizeof(c) + 100;
	FAILS(EINVAL, sendmsg(fd, &m, 0));
	c.h.cmsg_len = 1;
	FAILS(EINVAL, sendmsg(fd, &m, 0));
	c.h.cmsg_len = CMSG_LEN(sizeof(how));
	c.h.cmsg_type = SAMR_DELIVERY;
	FAILS(EINVAL, sendmsg(fd, &m, 0));
	/* Not of our level: not ours to judge. */
	c.h.cmsg_level = 6;
	m.msg_controllen = CMSG_SPACE(sizeof(how));
	CHECK_EQ(OK(sendmsg(fd, &m, 0)), 1);
}

TEST(send_flags)
{
	int fd;

	lab_one();
	fd = sock_member(SVC);
	FAILS(EOPNOTSUPP, send(fd, "a", 1, MSG_OOB));
	CHECK_EQ(OK(send(fd, "a", 1, MSG_EOR | MSG_NOSIGNAL)), 1);
	FAILS(EFAULT, send(fd, (void *)8, 1, 0));
	FAILS(EFAULT, send(fd, (void *)8, 500000, 0));
	CHECK_EQ(sock_info(fd).unsettled, 0);
}

TEST(send_name)
{
	struct sockaddr_samr a = sock_addr(SVC);
	int fd;

	lab_one();
	fd = sock_member(SVC);
	CHECK_EQ(OK(sendto(fd, "a", 1, 0, (void *)&a, sizeof(a))), 1);
	a.service = SVC_B;
	FAILS(EISCONN, sendto(fd, "a", 1, 0, (void *)&a, sizeof(a)));
	a = sock_addr(SVC);
	a.port = 1;
	FAILS(EISCONN, sendto(fd, "a", 1, 0, (void *)&a, sizeof(a)));
	a = sock_addr(SVC);
	FAILS(EINVAL, sendto(fd, "a", 1, 0, (void *)&a, 8));
	a.family = AF_INET;
	FAILS(EAFNOSUPPORT, sendto(fd, "a", 1, 0, (void *)&a, sizeof(a)));
	a = sock_addr(SVC);
	a.reserved2 = 9;
	FAILS(EINVAL, sendto(fd, "a", 1, 0, (void *)&a, sizeof(a)));
}

static void send_and_compare(int fd, size_t len)
{
	unsigned char *out = malloc(len + 1), *in = malloc(len + 1);
	struct got g;
	size_t i;

	CHECK(out && in);
	for (i = 0; i < len; i++)
		out[i] = i * 7 + i / 251 + len;
	CHECK_EQ(OK(send(fd, out, len, 0)), len);
	g = sock_recv(fd, in, len + 1, 0);
	CHECK_EQ(g.len, len);
	CHECK_EQ(g.has, 1);
	CHECK_EQ(g.flags, 0);
	CHECK(!memcmp(in, out, len));
	free(out);
	free(in);
}

TEST(send_sizes)
{
	static const size_t sizes[] = {
		0, 1, 63, 64, 1400, 2047, 2048, 2049, 3500, 4095, 4096, 4097,
		8192, 65535, 65536, 65537, 131072, 262145, 1048575, 1048576,
	};
	unsigned int i;
	int fd;

	lab_one();
	fd = sock_member(SVC);
	for (i = 0; i < sizeof(sizes) / sizeof(sizes[0]); i++)
		send_and_compare(fd, sizes[i]);
	FAILS(EMSGSIZE, send(fd, NULL, SAMR_MESSAGE_MAX + 1, 0));
	FAILS(EMSGSIZE, send(fd, NULL, 1 << 30, 0));
}

TEST(send_vector)
{
	struct iovec iov[3] = { { "ab", 2 }, { "", 0 }, { "cde", 3 } };
	char buf[8];
	int fd;

	lab_one();
	fd = sock_member(SVC);
	CHECK_EQ(OK(writev(fd, iov, 3)), 5);
	CHECK_EQ(OK(read(fd, buf, sizeof(buf))), 5);
	CHECK(!memcmp(buf, "abcde", 5));
}

/* ---- recvmsg ---- */

TEST(recv_states)
{
	char buf[4];
	int fd = sock_new();

	FAILS(ENOTCONN, recv(fd, buf, 4, 0));
	close(fd);
	lab_one();
	fd = sock_bound(SVC);
	FAILS(ENOTCONN, recv(fd, buf, 4, 0));
	OK(sock_join(fd));
	FAILS(EAGAIN, recv(fd, buf, 4, MSG_DONTWAIT));
	FAILS(EOPNOTSUPP, recv(fd, buf, 4, MSG_OOB));
	FAILS(EAGAIN, recv(fd, buf, 4, MSG_ERRQUEUE));
}

TEST(recv_delivery)
{
	struct samr_send how = { .flags = SAMR_SEND_SAFE, .request = 4711 };
	uint64_t gseq, time, random;
	struct samr_info info;
	int fd, other;
	char buf[16];
	struct got g;

	lab_one();
	OK(setresgid(7, 7, 0));
	OK(setresuid(0, 5, 0));
	OK(setresuid(-1, 0, -1));
	fd = sock_member(SVC);
	other = sock_member(SVC);
	info = sock_info(fd);
	CHECK_EQ(OK(sock_send_how(fd, "hello", 5, &how, 0)), 5);
	CHECK_EQ(OK(send(fd, "x", 1, 0)), 1);

	g = sock_recv(fd, buf, sizeof(buf), 0);
	CHECK_EQ(g.len, 5);
	CHECK_EQ(g.flags, 0);
	CHECK(!memcmp(buf, "hello", 5));
	CHECK_EQ(g.has, 1);
	CHECK_EQ(g.d.type, SAMR_TYPE_MESSAGE);
	CHECK_EQ(g.d.flags, SAMR_DELIVERY_SAFE | SAMR_DELIVERY_OWN);
	CHECK_EQ(g.d.epoch, info.epoch);
	CHECK_EQ(g.d.origin, info.node);
	CHECK_EQ(g.d.incarnation, info.incarnation);
	CHECK_EQ(g.d.request, 4711);
	CHECK_EQ(g.d.service, SVC);
	CHECK_EQ(g.d.uid, 0);
	CHECK_EQ(g.d.gid, 7);
	CHECK(g.d.gseq > g.d.view && g.d.view >= info.view);
	CHECK_EQ(g.from.family, AF_SAMR);
	CHECK_EQ(g.from.service, SVC);
	CHECK_EQ(g.from.node, info.node);
	CHECK_EQ(g.from.port, g.d.port);
	gseq = g.d.gseq;
	time = g.d.time;
	random = g.d.random;

	g = sock_recv(other, buf, sizeof(buf), 0);
	CHECK_EQ(g.d.flags, SAMR_DELIVERY_SAFE);
	CHECK_EQ(g.d.gseq, gseq);
	CHECK_EQ(g.d.time, time);
	CHECK_EQ(g.d.random, random);

	g = sock_recv(fd, buf, sizeof(buf), 0);
	CHECK_EQ(g.d.flags, SAMR_DELIVERY_OWN);
	CHECK_EQ(g.d.request, 0);
	CHECK(g.d.gseq > gseq);
	CHECK(g.d.time > time);
	CHECK(g.d.random != random);
}

TEST(recv_control_room)
{
	char control[CMSG_SPACE(sizeof(struct samr_delivery))], buf[4];
	struct iovec iov = { buf, sizeof(buf) };
	struct msghdr m = { .msg_iov = &iov, .msg_iovlen = 1 };
	int fd, i;

	lab_one();
	fd = sock_member(SVC);
	for (i = 0; i < 3; i++)
		CHECK_EQ(OK(send(fd, "a", 1, 0)), 1);
	CHECK_EQ(OK(recvmsg(fd, &m, 0)), 1);
	CHECK_EQ(m.msg_flags, 0);
	m.msg_control = control;
	m.msg_controllen = sizeof(control);
	CHECK_EQ(OK(recvmsg(fd, &m, 0)), 1);
	CHECK_EQ(m.msg_flags, 0);
	CHECK_EQ(m.msg_controllen, sizeof(control));
	m.msg_controllen = 40;
	CHECK_EQ(OK(recvmsg(fd, &m, 0)), 1);
	CHECK_EQ(m.msg_flags, MSG_CTRUNC);
}

TEST(recv_truncated)
{
	char buf[4];
	struct got g;
	int fd;

	lab_one();
	fd = sock_member(SVC);
	CHECK_EQ(OK(send(fd, "0123456789", 10, 0)), 10);
	CHECK_EQ(OK(send(fd, "0123456789", 10, 0)), 10);
	CHECK_EQ(OK(send(fd, "abc", 3, 0)), 3);
	g = sock_recv(fd, buf, 4, 0);
	CHECK_EQ(g.len, 4);
	CHECK_EQ(g.flags, MSG_TRUNC);
	g = sock_recv(fd, buf, 4, MSG_TRUNC);
	CHECK_EQ(g.len, 10);
	CHECK_EQ(g.flags, MSG_TRUNC);
	g = sock_recv(fd, buf, 4, MSG_TRUNC);
	CHECK_EQ(g.len, 3);
	CHECK_EQ(g.flags, 0);
}

TEST(recv_peek)
{
	char buf[4];
	struct got g;
	int fd, i;

	lab_one();
	fd = sock_member(SVC);
	CHECK_EQ(OK(send(fd, "ab", 2, 0)), 2);
	CHECK_EQ(OK(send(fd, "c", 1, 0)), 1);
	for (i = 0; i < 3; i++) {
		g = sock_recv(fd, buf, sizeof(buf), MSG_PEEK);
		CHECK_EQ(g.len, 2);
		CHECK_EQ(g.has, 1);
	}
	CHECK_EQ(recv(fd, NULL, 0, MSG_PEEK | MSG_TRUNC), 2);
	CHECK_EQ(OK(recv(fd, buf, 4, 0)), 2);
	CHECK_EQ(OK(recv(fd, buf, 4, 0)), 1);
	FAILS(EAGAIN, recv(fd, buf, 4, MSG_DONTWAIT | MSG_PEEK));
}

TEST(recv_fault_loses_nothing)
{
	char buf[4];
	int fd;

	lab_one();
	fd = sock_member(SVC);
	CHECK_EQ(OK(send(fd, "abc", 3, 0)), 3);
	FAILS(EFAULT, recv(fd, (void *)8, 100, 0));
	CHECK_EQ(OK(recv(fd, buf, 4, 0)), 3);
	CHECK(!memcmp(buf, "abc", 3));
}

TEST(recv_empty_message)
{
	struct got g;
	char buf[4];
	int fd;

	lab_one();
	fd = sock_member(SVC);
	CHECK_EQ(OK(send(fd, NULL, 0, 0)), 0);
	CHECK(sock_wait(fd, POLLIN) & POLLIN);
	g = sock_recv(fd, buf, sizeof(buf), 0);
	CHECK_EQ(g.len, 0);
	CHECK_EQ(g.has, 1);
	FAILS(EAGAIN, recv(fd, buf, 4, MSG_DONTWAIT));
}

TEST(recv_many)
{
	struct mmsghdr m[8] = {};
	struct iovec iov[8];
	char buf[8][4];
	int fd, i;

	lab_one();
	fd = sock_member(SVC);
	for (i = 0; i < 8; i++) {
		iov[i].iov_base = buf[i];
		iov[i].iov_len = 4;
		m[i].msg_hdr.msg_iov = &iov[i];
		m[i].msg_hdr.msg_iovlen = 1;
		memset(buf[i], 'a' + i, 4);
	}
	CHECK_EQ(OK(sendmmsg(fd, m, 5, 0)), 5);
	memset(buf, 0, sizeof(buf));
	CHECK_EQ(OK(recvmmsg(fd, m, 8, MSG_WAITFORONE, NULL)), 5);
	for (i = 0; i < 5; i++) {
		CHECK_EQ(m[i].msg_len, 4);
		CHECK_EQ(buf[i][3], 'a' + i);
	}
}

/* ---- views ---- */

static struct samr_view *view_of(int fd, void *buf, size_t size)
{
	struct samr_view *v = buf;
	struct got g = sock_recv(fd, buf, size, 0);

	CHECK(g.len >= (ssize_t)sizeof(*v));
	CHECK_EQ(g.flags, MSG_NOTIFICATION);
	CHECK_EQ(g.d.type, SAMR_TYPE_VIEW);
	CHECK_EQ(g.d.gseq, v->id);
	CHECK_EQ(g.d.view, v->id);
	CHECK_EQ(g.len, sizeof(*v) + v->count * sizeof(v->members[0]));
	return v;
}

TEST(view_notifications)
{
	char buf[1024], data[4];
	struct sockaddr_samr me;
	socklen_t len = sizeof(me);
	struct samr_view *v;
	int a, b;

	lab_one();
	a = sock_member_with(SVC, 0, 1 << SAMR_TYPE_VIEW);
	OK(getsockname(a, (void *)&me, &len));
	CHECK(sock_poll(a, 0) & POLLIN);
	v = view_of(a, buf, sizeof(buf));
	CHECK_EQ(v->count, 1);
	CHECK_EQ(v->members[0].node, 1);
	CHECK_EQ(v->members[0].port, me.port);
	CHECK_EQ(v->members[0].flags, SAMR_MEMBER_SELF);

	b = sock_member(SVC);
	v = view_of(a, buf, sizeof(buf));
	CHECK_EQ(v->count, 2);
	CHECK_EQ(v->members[0].flags, SAMR_MEMBER_SELF);
	CHECK_EQ(v->members[1].flags, 0);
	CHECK_EQ(sock_info(a).members, 2);

	/* The other one did not ask. */
	CHECK_EQ(sock_poll(b, 0), POLLOUT | POLLWRNORM);
	CHECK_EQ(OK(send(b, "x", 1, 0)), 1);
	CHECK_EQ(OK(read(b, data, sizeof(data))), 1);
	CHECK_EQ(OK(read(a, data, sizeof(data))), 1);
	close(b);
	CHECK(sock_wait(a, POLLIN) & POLLIN);
	v = view_of(a, buf, sizeof(buf));
	CHECK_EQ(v->count, 1);
}

TEST(view_truncated)
{
	char buf[64];
	struct got g;
	int fd;

	lab_one();
	fd = sock_member_with(SVC, 0, 1 << SAMR_TYPE_VIEW);
	g = sock_recv(fd, buf, 20, MSG_PEEK | MSG_TRUNC);
	CHECK_EQ(g.len, sizeof(struct samr_view) +
			sizeof(struct samr_view_member));
	CHECK_EQ(g.flags, MSG_TRUNC | MSG_NOTIFICATION);
	g = sock_recv(fd, buf, 20, 0);
	CHECK_EQ(g.len, 20);
	CHECK_EQ(g.flags, MSG_TRUNC | MSG_NOTIFICATION);
}

TEST(view_no_longer_wanted)
{
	int a, b;

	lab_one();
	a = sock_member_with(SVC, 0, 1 << SAMR_TYPE_VIEW);
	b = sock_member(SVC);
	CHECK(sock_poll(a, 0) & POLLIN);
	OK(set_u32(a, SAMR_NOTIFY, 0));
	CHECK_EQ(sock_poll(a, 0), POLLOUT | POLLWRNORM);
	CHECK_EQ(sock_info(a).members, 2);
	close(b);
}

TEST(view_of_own_leave)
{
	char buf[64];
	int fd;

	lab_one();
	fd = sock_member_with(SVC, 0, 1 << SAMR_TYPE_VIEW);
	OK(setsockopt(fd, SOL_SAMR, SAMR_LEAVE, NULL, 0));
	CHECK_EQ(view_of(fd, buf, sizeof(buf))->count, 1);
	CHECK_EQ(OK(recv(fd, buf, sizeof(buf), 0)), 0);
}
