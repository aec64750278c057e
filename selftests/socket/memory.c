// SPDX-License-Identifier: GPL-2.0
/*
 * No memory: each call is repeated with the first, the second, ... allocation
 * in it failing, until none is left to fail. It may fail then, with ENOMEM or
 * ENOBUFS (or ENFILE: what socket() of any family says when there is none for
 * the inode); nothing may be lost or broken afterwards.
 */
#define _GNU_SOURCE
#include <fcntl.h>
#include <sys/epoll.h>
#include <linux/netlink.h>
#include <linux/sock_diag.h>
#include <linux/samr_diag.h>
#include "lab.h"
#include "tap.h"

#define SITES_MAX	400

static int nth_fd = -1;
static char big[SAMR_MESSAGE_MAX];

static void knob(const char *path, const char *value)
{
	int fd = open(path, O_WRONLY);

	if (fd < 0)
		tap_skip("no fault injection in this kernel");
	CHECK(write(fd, value, strlen(value)) > 0);
	close(fd);
}

static void prepare(void)
{
	knob("/sys/kernel/debug/failslab/ignore-gfp-wait", "N");
	knob("/sys/kernel/debug/failslab/verbose", "0");
	knob("/sys/kernel/debug/fail_page_alloc/ignore-gfp-wait", "N");
	knob("/sys/kernel/debug/fail_page_alloc/ignore-gfp-highmem", "N");
	knob("/sys/kernel/debug/fail_page_alloc/min-order", "0");
	knob("/sys/kernel/debug/fail_page_alloc/verbose", "0");
	nth_fd = OK(open("/proc/thread-self/fail-nth", O_RDWR));
	tap_limit(120);
}

static void fail_at(int n)
{
	char text[16];

	CHECK(pwrite(nth_fd, text, sprintf(text, "%d", n), 0) > 0);
}

/* Return: whether the failure was still to come. */
static bool not_reached(void)
{
	char text[16] = "";

	CHECK(pread(nth_fd, text, sizeof(text) - 1, 0) > 0);
	fail_at(0);
	return atoi(text) > 0;
}

static bool is_memory(int err)
{
	return err == ENOMEM || err == ENOBUFS || err == ENFILE;
}

/*
 * Run @call with each of its allocations failing. It returns 0 or an errno;
 * how often it failed is returned.
 */
static int each_site(int (*call)(int fd), int fd)
{
	int n, err, failed = 0;
	bool last;

	for (n = 1; n < SITES_MAX; n++) {
		fail_at(n);
		err = call(fd);
		last = not_reached();
		if (err && !is_memory(err)) {
			printf("# failure %d: %s\n", n, strerror(err));
			CHECK(is_memory(err));
		}
		failed += !!err;
		if (last) {
			CHECK_EQ(err, 0);
			printf("# %d allocations, %d failures\n", n - 1, failed);
			return failed;
		}
	}
	CHECK(n < SITES_MAX);
	return failed;
}

/* The member still sends and receives. */
static void still_works(int fd)
{
	char buf[16];
	struct got g;

	CHECK_EQ(OK(send(fd, "the end", 7, 0)), 7);
	do {
		CHECK(sock_wait(fd, POLLIN) & POLLIN);
		g = sock_recv(fd, buf, sizeof(buf), 0);
		CHECK(g.len >= 0);
	} while (g.len != 7 || memcmp(buf, "the end", 7));
	CHECK_EQ(sock_info(fd).unsettled, 0);
}

static int do_socket(int fd)
{
	fd = socket(AF_SAMR, SOCK_SEQPACKET, 0);
	if (fd < 0)
		return errno;
	close(fd);
	return 0;
}

TEST(memory_socket)
{
	prepare();
	CHECK(each_site(do_socket, -1) > 0);
}

static int do_bind(int fd)
{
	struct sockaddr_samr a = sock_addr(SVC);
	int err = 0;

	fd = socket(AF_SAMR, SOCK_SEQPACKET, 0);
	if (fd < 0)
		return errno;
	if (bind(fd, (void *)&a, sizeof(a)))
		err = errno;
	close(fd);
	return err;
}

TEST(memory_bind)
{
	prepare();
	lab_one();
	CHECK(each_site(do_bind, -1) > 0);
	still_works(sock_member(SVC));
	CHECK_EQ(lab_try_service_del(SVC_B), 0);
}

static int do_join(int fd)
{
	int err;

	if (sock_join(fd))
		return errno;
	fail_at(0);
	sock_joined(fd);
	err = close(fd);
	return err ? errno : 0;
}

/* A join that could not be made can be made again. */
TEST(memory_join)
{
	int n, fd, err, failed = 0;
	bool last;

	prepare();
	lab_one();
	for (n = 1; n < SITES_MAX; n++) {
		fd = sock_bound(SVC);
		fail_at(n);
		err = sock_join(fd) ? errno : 0;
		last = not_reached();
		if (err) {
			CHECK_EQ(err, ENOMEM);
			CHECK_EQ(sock_info(fd).state, SAMR_MEMBER_BOUND);
			failed++;
			OK(sock_join(fd));
		}
		sock_joined(fd);
		close(fd);
		if (last)
			break;
	}
	CHECK(failed > 0);
	CHECK_EQ(do_join(sock_bound(SVC)), 0);
	still_works(sock_member(SVC));
}

static int receive_all(int fd)
{
	int n = 0;

	while (recv(fd, big, sizeof(big), MSG_DONTWAIT) >= 0)
		n++;
	return n;
}

static int do_send(int fd)
{
	return send(fd, "x", 1, 0) < 0 ? errno : 0;
}

static int do_send_4k(int fd)
{
	return send(fd, big, 5000, 0) < 0 ? errno : 0;
}

static int do_send_big(int fd)
{
	int err = send(fd, big, sizeof(big), 0) < 0 ? errno : 0;

	fail_at(0);
	if (!err) {
		sock_wait(fd, POLLIN);
		receive_all(fd);
	}
	return err;
}

static int do_send_control(int fd)
{
	struct samr_send how = { .flags = SAMR_SEND_SAFE };

	return sock_send_how(fd, "x", 1, &how, 0) < 0 ? errno : 0;
}

/* What was taken is delivered, what was refused is not: count both. */
static void count_sends(int fd, int (*call)(int fd))
{
	int n, err, sent = 0, got = 0;
	bool last = false;
	long long until;

	for (n = 1; n < SITES_MAX && !last; n++) {
		fail_at(n);
		err = call(fd);
		last = not_reached();
		CHECK(!err || is_memory(err));
		sent += !err;
	}
	CHECK(last);
	until = tap_ms() + 10000;
	while (got < sent && tap_ms() < until) {
		sock_wait(fd, POLLIN);
		got += receive_all(fd);
	}
	CHECK_EQ(got, sent);
	still_works(fd);
}

TEST(memory_send)
{
	prepare();
	lab_one();
	count_sends(sock_member(SVC), do_send);
}

TEST(memory_send_pages)
{
	prepare();
	lab_one();
	count_sends(sock_member(SVC), do_send_4k);
}

TEST(memory_send_control)
{
	prepare();
	lab_one();
	count_sends(sock_member(SVC), do_send_control);
}

TEST(memory_send_big)
{
	int n, fd, failed = 0;

	prepare();
	lab_one();
	fd = sock_member(SVC);
	for (n = 1; n < SITES_MAX; n += 1 + n / 8) {
		int err;

		fail_at(n);
		err = do_send_big(fd);
		CHECK(!err || is_memory(err));
		failed += !!err;
	}
	CHECK(failed > 0);
	still_works(fd);
}

/* What comes next is of @type, behind anything else. */
static struct samr_delivery await(int fd, uint32_t type)
{
	struct got g;

	do {
		CHECK(sock_wait(fd, POLLIN) & POLLIN);
		g = sock_recv(fd, big, sizeof(big), MSG_DONTWAIT);
		CHECK(g.len >= 0);
	} while (g.d.type != type);
	return g.d;
}

/* Whatever lacks memory on its way: it is executed once, and returned once. */
TEST(memory_call)
{
	struct samr_group_call how = {
		.op = SAMR_GROUP_OPEN, .service = SVC_B, .session = 1,
		.reply_max = 100,
	};
	int fd, other, n, failed = 0;
	struct samr_delivery d;
	bool last = false;
	ssize_t r;

	prepare();
	lab_one();
	fd = sock_member(SVC);
	other = sock_member(SVC_B);
	OK(sock_call(fd, &how, NULL, 0, 0));
	how = (struct samr_group_call){ .service = SVC_B };
	how.session = await(fd, SAMR_TYPE_CALL).session;
	for (n = 1; n < SITES_MAX && !last; n++) {
		how.request = n;
		fail_at(n);
		r = sock_call(fd, &how, big, 5000, 0);
		last = not_reached();
		if (r < 0) {
			CHECK(is_memory(errno));
			failed++;
			OK(sock_call(fd, &how, big, 5000, 0));
		}
		d = await(other, SAMR_TYPE_REQUEST);
		CHECK_EQ(d.request, n);
		fail_at(n);
		r = sock_reply(other, d.session, d.request, big, 50);
		not_reached();
		if (r < 0) {
			CHECK(is_memory(errno));
			OK(sock_reply(other, d.session, d.request, big, 50));
		}
		CHECK_EQ(await(fd, SAMR_TYPE_RETURN).request, n);
	}
	CHECK(last);
	CHECK(failed > 0);
	still_works(fd);
}

/* Whatever lacks memory where it is set, or on its way: it rings once. */
TEST(memory_alarm)
{
	struct samr_group_alarm a = { .due = 1 };
	struct samr_delivery d;
	int fd, n, failed = 0;
	bool last = false;

	prepare();
	lab_one();
	fd = sock_member(SVC);
	CHECK_EQ(send(fd, "spur", 4, 0), 4);
	d = await(fd, SAMR_TYPE_MESSAGE);
	for (n = 1; n < SITES_MAX && !last; n++) {
		a.number = d.gseq * SAMR_ALARM_NUMBERS;
		fail_at(n);
		if (sock_alarm(fd, &a, 0)) {
			CHECK(is_memory(errno));
			failed++;
			not_reached();
			OK(sock_alarm(fd, &a, 0));
		} else {
			last = not_reached();
		}
		d = await(fd, SAMR_TYPE_ALARM);
		CHECK_EQ(d.request, a.number);
	}
	CHECK(last);
	CHECK(failed > 0);
	still_works(fd);
}

static int do_recv(int fd)
{
	char buf[64];
	struct got g = sock_recv(fd, buf, sizeof(buf), MSG_PEEK);

	return g.len < 0 ? g.err : 0;
}

static int do_poll(int fd)
{
	struct pollfd p = { .fd = fd, .events = POLLIN };

	return poll(&p, 1, 0) < 0 ? errno : 0;
}

static int do_info(int fd)
{
	struct samr_info info;
	socklen_t len = sizeof(info);

	return getsockopt(fd, SOL_SAMR, SAMR_INFO, &info, &len) ? errno : 0;
}

TEST(memory_receive)
{
	int fd;

	prepare();
	lab_one();
	fd = sock_member_with(SVC, 0, 1 << SAMR_TYPE_VIEW);
	each_site(do_recv, fd);
	CHECK_EQ(OK(recv(fd, big, sizeof(big), 0)),
		 sizeof(struct samr_view) + sizeof(struct samr_view_member));
	CHECK_EQ(OK(send(fd, "x", 1, 0)), 1);
	each_site(do_recv, fd);
	each_site(do_poll, fd);
	each_site(do_info, fd);
	CHECK_EQ(OK(recv(fd, big, sizeof(big), 0)), 1);
	still_works(fd);
}

/* However the close fares, the membership ends. */
TEST(memory_close)
{
	struct samr_view *v = (void *)big;
	int n, a, b;
	bool last = false;

	prepare();
	lab_one();
	a = sock_member_with(SVC, 0, 1 << SAMR_TYPE_VIEW);
	CHECK_EQ(OK(recv(a, big, sizeof(big), 0)), 40);
	for (n = 1; n < SITES_MAX && !last; n++) {
		b = sock_member(SVC);
		CHECK(OK(recv(a, big, sizeof(big), 0)) > 0);
		CHECK_EQ(v->count, 2);
		fail_at(n);
		close(b);
		last = not_reached();
		CHECK(sock_wait(a, POLLIN) & POLLIN);
		CHECK(OK(recv(a, big, sizeof(big), 0)) > 0);
		CHECK_EQ(v->count, 1);
	}
	CHECK(last);
	still_works(a);
}

static int do_diag(int fd)
{
	struct {
		struct nlmsghdr h;
		struct samr_diag_req r;
	} req = {
		.h = {
			.nlmsg_len	= sizeof(req),
			.nlmsg_type	= SOCK_DIAG_BY_FAMILY,
			.nlmsg_flags	= NLM_F_REQUEST | NLM_F_DUMP,
		},
		.r = { .family = AF_SAMR },
	};
	struct nlmsghdr *h = (void *)big;
	ssize_t n;

	if (send(fd, &req, sizeof(req), 0) < 0)
		return errno;
	for (;;) {
		n = recv(fd, big, sizeof(big), 0);
		if (n < 0)
			return errno;
		if (h->nlmsg_type == NLMSG_ERROR)
			return -*(int *)NLMSG_DATA(h);
		for (; NLMSG_OK(h, n); h = NLMSG_NEXT(h, n))
			if (h->nlmsg_type == NLMSG_DONE)
				return 0;
		h = (void *)big;
	}
}

TEST(memory_diag)
{
	struct timeval tv = { 1, 0 };
	int fd;

	prepare();
	lab_one();
	sock_member(SVC);
	fd = OK(socket(AF_NETLINK, SOCK_RAW, NETLINK_SOCK_DIAG));
	OK(setsockopt(fd, SOL_SOCKET, SO_RCVTIMEO, &tv, sizeof(tv)));
	CHECK_EQ(do_diag(fd), 0);
	CHECK(each_site(do_diag, fd) > 0);
}
