// SPDX-License-Identifier: GPL-2.0
/* Clusters and sockets for tests, see lab.h. */
#define _GNU_SOURCE
#include <fcntl.h>
#include <sched.h>
#include <stdarg.h>
#include <arpa/inet.h>
#include <net/if.h>
#include <sys/ioctl.h>
#include <linux/genetlink.h>
#include <linux/netlink.h>
#include <linux/samr_netlink.h>
#include "lab.h"
#include "tap.h"

#define HEADS_MAX	16

uint32_t lab_cluster = 77;

/* ---- generic netlink ---- */

struct request {
	struct nlmsghdr h;
	struct genlmsghdr g;
	char attrs[512];
};

static void begin(struct request *r, int family, int cmd)
{
	memset(r, 0, sizeof(*r));
	r->h.nlmsg_len = NLMSG_LENGTH(GENL_HDRLEN);
	r->h.nlmsg_type = family;
	r->h.nlmsg_flags = NLM_F_REQUEST | NLM_F_ACK;
	r->g.cmd = cmd;
	r->g.version = 1;
}

static void put(struct request *r, int type, const void *data, int len)
{
	struct nlattr *a = (void *)((char *)r + NLMSG_ALIGN(r->h.nlmsg_len));

	a->nla_type = type;
	a->nla_len = NLA_HDRLEN + len;
	memcpy((char *)a + NLA_HDRLEN, data, len);
	r->h.nlmsg_len = NLMSG_ALIGN(r->h.nlmsg_len) + NLA_ALIGN(a->nla_len);
}

static void put_u32(struct request *r, int type, uint32_t v)
{
	put(r, type, &v, sizeof(v));
}

static void put_u64(struct request *r, int type, uint64_t v)
{
	put(r, type, &v, sizeof(v));
}

static void put_string(struct request *r, int type, const char *s)
{
	put(r, type, s, strlen(s) + 1);
}

/* Send, and wait for the answer. Return: 0 or -errno; @id of a GETFAMILY. */
static int talk(int fd, struct request *r, int *id)
{
	char buf[8192];
	struct nlmsghdr *h = (void *)buf;
	struct nlattr *a;
	ssize_t n;

	CHECK(send(fd, r, r->h.nlmsg_len, 0) == (ssize_t)r->h.nlmsg_len);
	for (;;) {
		n = OK(recv(fd, buf, sizeof(buf), 0));
		CHECK(NLMSG_OK(h, n));
		if (h->nlmsg_type == NLMSG_ERROR)
			return *(int *)NLMSG_DATA(h);
		a = (void *)((char *)NLMSG_DATA(h) + GENL_HDRLEN);
		while (id && (char *)a < buf + n) {
			if (a->nla_type == CTRL_ATTR_FAMILY_ID)
				*id = *(uint16_t *)((char *)a + NLA_HDRLEN);
			a = (void *)((char *)a + NLA_ALIGN(a->nla_len));
		}
	}
}

static int genl_open(int *family)
{
	struct sockaddr_nl me = { .nl_family = AF_NETLINK };
	int fd = OK(socket(AF_NETLINK, SOCK_RAW | SOCK_CLOEXEC, NETLINK_GENERIC));
	struct request r;

	OK(bind(fd, (void *)&me, sizeof(me)));
	begin(&r, GENL_ID_CTRL, CTRL_CMD_GETFAMILY);
	put_string(&r, CTRL_ATTR_FAMILY_NAME, SAMR_FAMILY_NAME);
	*family = 0;
	if (talk(fd, &r, family))
		tap_skip("samr.ko is not loaded");
	return fd;
}

static int try(int cmd, void (*fill)(struct request *r, va_list ap), ...)
{
	struct request r;
	int family, err;
	int fd = genl_open(&family);
	va_list ap;

	begin(&r, family, cmd);
	va_start(ap, fill);
	fill(&r, ap);
	va_end(ap);
	err = talk(fd, &r, NULL);
	close(fd);
	return err;
}

static void must(int err, const char *what)
{
	if (err)
		tap_fail(__FILE__, __LINE__, what, -err);
}

static void fill_cluster(struct request *r, va_list ap)
{
	put_string(r, SAMR_A_CLUSTER_NAME, "test");
	put_u32(r, SAMR_A_CLUSTER_ID, lab_cluster);
	put_u64(r, SAMR_A_CLUSTER_NODE, va_arg(ap, unsigned int));
	/* No head shall be taken for dead because the machine is slow. */
	put_u32(r, SAMR_A_CLUSTER_DEAD_US, 10000000);
}

static void fill_state(struct request *r, va_list ap)
{
	put_u32(r, SAMR_A_CLUSTER_STATE, va_arg(ap, unsigned int));
}

static void fill_service(struct request *r, va_list ap)
{
	uint32_t id = va_arg(ap, uint32_t);
	uint32_t uid = va_arg(ap, uint32_t);
	uint32_t gid = va_arg(ap, uint32_t);
	char name[16];

	put_u32(r, SAMR_A_GROUP_ID, id);
	snprintf(name, sizeof(name), "svc%u", id);
	put_string(r, SAMR_A_GROUP_NAME, name);
	if (uid != UINT32_MAX)
		put_u32(r, SAMR_A_GROUP_UID, uid);
	if (gid != UINT32_MAX)
		put_u32(r, SAMR_A_GROUP_GID, gid);
}

static void fill_group(struct request *r, va_list ap)
{
	put_u32(r, SAMR_A_GROUP_ID, va_arg(ap, uint32_t));
}

static void fill_node(struct request *r, va_list ap)
{
	put_u64(r, SAMR_A_NODE_ID, va_arg(ap, unsigned int));
}

/* SAMR_LINK as in scripts/lab; all that begins with udp is one kind here. */
static bool over_udp(void)
{
	const char *link = getenv("SAMR_LINK");

	return link && !strncmp(link, "udp", 3);
}

static void put_ip(struct request *r, uint16_t type, const char *text)
{
	struct in6_addr ip;

	CHECK(inet_pton(AF_INET6, text, &ip) == 1);
	put(r, type, &ip, sizeof(ip));
}

static void fill_link(struct request *r, va_list ap)
{
	struct ifreq ifr = { .ifr_name = "eth0" };
	char local[INET6_ADDRSTRLEN + 8];
	int fd;

	put_string(r, SAMR_A_LINK_DEV, va_arg(ap, const char *));
	put_string(r, SAMR_A_LINK_KIND, over_udp() ? "udp" : "eth");
	if (!over_udp())
		return;
	fd = OK(socket(AF_INET, SOCK_DGRAM, 0));
	OK(ioctl(fd, SIOCGIFADDR, &ifr));
	close(fd);
	snprintf(local, sizeof(local), "::ffff:%s",
		 inet_ntoa(((struct sockaddr_in *)&ifr.ifr_addr)->sin_addr));
	put_ip(r, SAMR_A_LINK_LOCAL, local);
	put_ip(r, SAMR_A_LINK_GROUP, "::ffff:239.25.0.1");
}

static void fill_nothing(struct request *r, va_list ap)
{
	(void)r;
	(void)ap;
}

void lab_service(uint32_t id, uint32_t uid, uint32_t gid)
{
	must(try(SAMR_CMD_GROUP_ADD, fill_service, id, uid, gid), "add service");
}

int lab_try_service_del(uint32_t id)
{
	return try(SAMR_CMD_GROUP_DEL, fill_group, id);
}

int lab_try_del(void)
{
	return try(SAMR_CMD_CLUSTER_DEL, fill_nothing);
}

void lab_add(unsigned int node)
{
	must(try(SAMR_CMD_CLUSTER_ADD, fill_cluster, node), "add cluster");
	lab_service(SVC, UINT32_MAX, UINT32_MAX);
	lab_service(SVC_B, UINT32_MAX, UINT32_MAX);
	lab_service(SVC_C, UINT32_MAX, UINT32_MAX);
	lab_service(SVC_NOBODY, NOBODY, NOBODY);
}

void lab_up(void)
{
	must(try(SAMR_CMD_CLUSTER_SET, fill_state, SAMR_RUN_STATE_UP), "up");
}

void lab_down(void)
{
	must(try(SAMR_CMD_CLUSTER_SET, fill_state, SAMR_RUN_STATE_DOWN), "down");
}

void lab_node(unsigned int node)
{
	must(try(SAMR_CMD_NODE_ADD, fill_node, node), "add node");
}

void lab_link(const char *dev)
{
	must(try(SAMR_CMD_LINK_ADD, fill_link, dev), "add link");
}

void lab_one(void)
{
	lab_add(1);
	lab_up();
}

/* ---- several heads ---- */

/* Their namespaces; the first is the bridge's. */
static int head_ns[HEADS_MAX + 1];

static void sh(const char *fmt, ...)
{
	char cmd[512];
	va_list ap;

	va_start(ap, fmt);
	vsnprintf(cmd, sizeof(cmd), fmt, ap);
	va_end(ap);
	if (system(cmd)) {
		printf("# failed: %s\n", cmd);
		_exit(1);
	}
}

static int this_ns(void)
{
	return OK(open("/proc/thread-self/ns/net", O_RDONLY | O_CLOEXEC));
}

void lab_enter(int head)
{
	OK(setns(head_ns[head], CLONE_NEWNET));
}

/* A veth pair, the end at the bridge up; no name of a port is used twice. */
static void head_new(FILE *ip, int i)
{
	static int ports;

	OK(unshare(CLONE_NEWNET));
	head_ns[i] = this_ns();
	fprintf(ip, "link add p%d master br0 up type veth peer name eth0 netns /proc/%d/fd/%d\n",
		++ports, getpid(), head_ns[i]);
}

static void head_address(int i)
{
	struct ifreq ifr = { .ifr_name = "eth0" };
	struct sockaddr_in *in = (struct sockaddr_in *)&ifr.ifr_addr;
	int fd = OK(socket(AF_INET, SOCK_DGRAM, 0));

	in->sin_family = AF_INET;
	in->sin_addr.s_addr = htonl(0x0a190000 + i);
	OK(ioctl(fd, SIOCSIFADDR, &ifr));
	close(fd);
}

static void head_up(int i)
{
	struct ifreq ifr = { .ifr_name = "eth0" };
	int fd;

	lab_enter(i);
	fd = OK(socket(AF_UNIX, SOCK_DGRAM, 0));
	OK(ioctl(fd, SIOCGIFFLAGS, &ifr));
	ifr.ifr_flags |= IFF_UP;
	OK(ioctl(fd, SIOCSIFFLAGS, &ifr));
	close(fd);
	if (over_udp())
		head_address(i);
}

void lab_wire(int n)
{
	FILE *ip;
	int i;

	if (!head_ns[0]) {
		head_ns[0] = this_ns();
		sh("ip link add br0 type bridge mcast_snooping 0 && ip link set br0 up");
	}
	lab_enter(0);
	ip = popen("ip -batch -", "w");
	CHECK(ip);
	for (i = 1; i <= n; i++)
		head_new(ip, i);
	CHECK(!pclose(ip));
	for (i = n; i >= 1; i--)
		head_up(i);
}

void lab_unwire(int n)
{
	int i;

	for (i = 1; i <= n; i++)
		close(head_ns[i]);
}

void lab_form(int n)
{
	long long until;
	int i, j;

	for (i = 1; i <= n; i++) {
		lab_enter(i);
		lab_add(i);
		for (j = 1; j <= n; j++)
			if (j != i)
				lab_node(j);
		lab_link("eth0");
		lab_up();
	}
	for (i = n; i >= 1; i--) {
		int fd;

		lab_enter(i);
		fd = sock_bound(SVC_C);
		until = tap_ms() + 20000;
		while (!sock_info(fd).epoch) {
			CHECK(tap_ms() < until);
			usleep(10000);
		}
		close(fd);
	}
}

void lab_heads(int n)
{
	lab_wire(n);
	lab_form(n);
}

/* ---- sockets ---- */

int sock_new(void)
{
	int fd = socket(AF_SAMR, SOCK_SEQPACKET | SOCK_CLOEXEC, 0);

	if (fd < 0 && errno == EAFNOSUPPORT)
		tap_skip("samr.ko is not loaded");
	return OK(fd);
}

struct sockaddr_samr sock_addr(uint32_t service)
{
	struct sockaddr_samr a = { .family = AF_SAMR, .service = service };

	return a;
}

int sock_bound(uint32_t service)
{
	struct sockaddr_samr a = sock_addr(service);
	int fd = sock_new();

	OK(bind(fd, (void *)&a, sizeof(a)));
	return fd;
}

int sock_join(int fd)
{
	struct samr_join j = {};

	return setsockopt(fd, SOL_SAMR, SAMR_JOIN, &j, sizeof(j));
}

struct samr_info sock_info(int fd)
{
	struct samr_info info;
	socklen_t len = sizeof(info);

	OK(getsockopt(fd, SOL_SAMR, SAMR_INFO, &info, &len));
	CHECK_EQ(len, sizeof(info));
	return info;
}

short sock_poll(int fd, int ms)
{
	struct pollfd p = {
		.fd	= fd,
		.events	= POLLIN | POLLOUT | POLLRDHUP | POLLRDNORM | POLLWRNORM,
	};

	OK(poll(&p, 1, ms));
	return p.revents;
}

short sock_wait(int fd, short events)
{
	struct pollfd p = { .fd = fd, .events = events };

	OK(poll(&p, 1, 5000));
	return sock_poll(fd, 0);
}

void sock_joined(int fd)
{
	struct pollfd p = { .fd = fd, .events = POLLOUT };

	CHECK_EQ(OK(poll(&p, 1, 10000)), 1);
	CHECK_EQ(p.revents, POLLOUT);
	CHECK_EQ(sock_info(fd).state, SAMR_MEMBER_JOINED);
}

int sock_member_with(uint32_t service, int rcvbuf, uint32_t notify)
{
	int fd = sock_bound(service);

	if (rcvbuf)
		OK(setsockopt(fd, SOL_SOCKET, SO_RCVBUF, &rcvbuf,
			      sizeof(rcvbuf)));
	OK(setsockopt(fd, SOL_SAMR, SAMR_NOTIFY, &notify, sizeof(notify)));
	OK(sock_join(fd));
	sock_joined(fd);
	return fd;
}

int sock_member(uint32_t service)
{
	return sock_member_with(service, 0, 0);
}

struct got sock_recv(int fd, void *buf, size_t size, int flags)
{
	char control[CMSG_SPACE(sizeof(struct samr_delivery)) + 128];
	struct iovec iov = { .iov_base = buf, .iov_len = size };
	struct got g = {};
	struct msghdr m = {
		.msg_name = &g.from, .msg_namelen = sizeof(g.from),
		.msg_iov = &iov, .msg_iovlen = 1,
		.msg_control = control, .msg_controllen = sizeof(control),
	};
	struct cmsghdr *c;

	g.len = recvmsg(fd, &m, flags);
	g.err = errno;
	g.flags = m.msg_flags;
	if (g.len < 0)
		return g;
	CHECK(m.msg_namelen == 0 || m.msg_namelen == sizeof(g.from));
	for (c = CMSG_FIRSTHDR(&m); c; c = CMSG_NXTHDR(&m, c)) {
		if (c->cmsg_level != SOL_SAMR || c->cmsg_type != SAMR_DELIVERY)
			continue;
		CHECK_EQ(c->cmsg_len, CMSG_LEN(sizeof(g.d)));
		memcpy(&g.d, CMSG_DATA(c), sizeof(g.d));
		g.has++;
	}
	return g;
}

/* With a control message of SOL_SAMR. */
static ssize_t send_about(int fd, const void *buf, size_t len, int type,
			  const void *about, size_t size, int flags)
{
	union {
		struct cmsghdr h;
		char room[CMSG_SPACE(64)];
	} control = {};
	struct iovec iov = { .iov_base = (void *)buf, .iov_len = len };
	struct msghdr m = {
		.msg_iov = &iov, .msg_iovlen = 1,
		.msg_control = &control, .msg_controllen = CMSG_SPACE(size),
	};

	CHECK(size <= 64);
	control.h.cmsg_level = SOL_SAMR;
	control.h.cmsg_type = type;
	control.h.cmsg_len = CMSG_LEN(size);
	memcpy(CMSG_DATA(&control.h), about, size);
	return sendmsg(fd, &m, flags);
}

ssize_t sock_send_how(int fd, const void *buf, size_t len,
		      const struct samr_send *how, int flags)
{
	return send_about(fd, buf, len, SAMR_SEND, how, sizeof(*how), flags);
}

int sock_client(uint32_t service)
{
	struct sockaddr_samr a = sock_addr(service);
	int fd = sock_new();

	OK(connect(fd, (void *)&a, sizeof(a)));
	return fd;
}

int sock_client_with(uint32_t service, uint32_t flags, uint32_t reply_max)
{
	const struct samr_session_opts o = {
		.flags = flags, .reply_max = reply_max, .expiry = 10000,
	};
	struct sockaddr_samr a = sock_addr(service);
	int fd = sock_new();

	OK(setsockopt(fd, SOL_SAMR, SAMR_SESSION, &o, sizeof(o)));
	OK(connect(fd, (void *)&a, sizeof(a)));
	CHECK_EQ(sock_info(fd).state, SAMR_CLIENT_CONNECTED);
	return fd;
}

ssize_t sock_reply(int fd, uint64_t session, uint64_t request, const void *buf,
		   size_t len)
{
	const struct samr_reply r = { .session = session, .request = request };

	return send_about(fd, buf, len, SAMR_REPLY, &r, sizeof(r), 0);
}

ssize_t sock_call(int fd, const struct samr_group_call *call, const void *buf,
		  size_t len, int flags)
{
	return send_about(fd, buf, len, SAMR_CALL, call, sizeof(*call), flags);
}

ssize_t sock_alarm(int fd, const struct samr_group_alarm *alarm, int flags)
{
	return send_about(fd, NULL, 0, SAMR_ALARM, alarm, sizeof(*alarm), flags);
}

long sock_fill(int fd, size_t len)
{
	char *buf = calloc(1, len + 1);
	long n = 0;

	CHECK(buf);
	while (send(fd, buf, len, MSG_DONTWAIT) == (ssize_t)len)
		n++;
	CHECK_EQ(errno, EAGAIN);
	free(buf);
	return n;
}
