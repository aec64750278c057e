// SPDX-License-Identifier: GPL-2.0
/*
 * samr-test-netlink [SECONDS [SEED]]: bad and good messages to the generic
 * netlink family, in this network namespace, which should be a scratch one.
 *
 * Two processes configure and ask at random, so that they cross each other; a
 * third one listens to the events with a small buffer. Messages are of two
 * kinds: requests that make sense, of which some values are wrong, and
 * attributes without any sense, also with lengths that do not fit.
 *
 * What the kernel reports in its log is judged by whoever runs this. Here it is
 * judged that requests were taken and refused, that each got an answer, and
 * that the family still answers in the end.
 */
#include <errno.h>
#include <poll.h>
#include <signal.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/wait.h>
#include <time.h>
#include <unistd.h>

#include <libmnl/libmnl.h>
#include <linux/genetlink.h>
#include <linux/samr_netlink.h>

#define WORKERS		2
#define BUFFER		32768

static uint64_t seed;
static uint16_t family;
static uint32_t events;
static uint32_t seq;

/* xorshift64* */
static uint64_t draw(void)
{
	seed ^= seed >> 12;
	seed ^= seed << 25;
	seed ^= seed >> 27;
	return seed * 0x2545f4914f6cdd1dULL;
}

static uint32_t below(uint32_t n)
{
	return (draw() >> 32) % n;
}

static bool chance(unsigned int percent)
{
	return below(100) < percent;
}

static void fail(const char *what)
{
	printf("Bail out! %s: %s\n", what, strerror(errno));
	exit(1);
}

/* ---- messages ---- */

static struct nlmsghdr *begin(char *buf, uint16_t type, uint8_t cmd,
			      uint16_t flags)
{
	struct nlmsghdr *nlh = mnl_nlmsg_put_header(buf);
	struct genlmsghdr *g;

	nlh->nlmsg_type = type;
	nlh->nlmsg_flags = NLM_F_REQUEST | flags;
	nlh->nlmsg_seq = ++seq;
	g = mnl_nlmsg_put_extra_header(nlh, sizeof(*g));
	g->cmd = cmd;
	g->version = SAMR_FAMILY_VERSION;
	return nlh;
}

static const char *some_name(void)
{
	static const char *const names[] = {
		"demo", "eth0", "eth", "udp", "loop", "lo", "x", "", "1st", "a b",
		"no-such-device", "aaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaa",
		"../../etc", "\xff\xfe",
	};

	return names[below(sizeof(names) / sizeof(*names))];
}

/* Numbers near the limits, and small ones that meet each other. */
static uint64_t some_number(void)
{
	static const uint64_t odd[] = {
		0, 1, 15, 16, 63, 64, 65, 255, 4096, 65535, 65536, 1 << 20,
		1 << 21, 1 << 28, 0x7fffffff, 0x80000000, 0xffffffff,
		0x100000000, UINT64_MAX,
	};

	return chance(60) ? 1 + below(5) :
	       odd[below(sizeof(odd) / sizeof(*odd))];
}

static void put_bytes(struct nlmsghdr *nlh, uint16_t type, size_t len)
{
	unsigned char b[96];
	size_t i;

	for (i = 0; i < len; i++)
		b[i] = draw();
	mnl_attr_put(nlh, type, len, b);
}

/* 10.25.0.1, or what can be any address. */
static void put_ip(struct nlmsghdr *nlh, uint16_t type)
{
	static const unsigned char here[16] = {
		[10] = 0xff, [11] = 0xff, [12] = 10, [13] = 25, [15] = 1,
	};

	if (chance(50))
		mnl_attr_put(nlh, type, sizeof(here), here);
	else
		put_bytes(nlh, type, chance(90) ? sizeof(here) : below(40));
}

static void put_anything(struct nlmsghdr *nlh, int depth)
{
	uint16_t type = below(24) | (chance(5) ? NLA_F_NESTED : 0) |
			(chance(3) ? NLA_F_NET_BYTEORDER : 0);
	struct nlattr *last, *nest;
	int n;

	if (nlh->nlmsg_len > 2000)
		return;
	last = mnl_nlmsg_get_payload_tail(nlh);
	switch (below(depth < 3 ? 6 : 5)) {
	case 0:
		mnl_attr_put_u32(nlh, type, some_number());
		break;
	case 1:
		mnl_attr_put_u64(nlh, type, some_number());
		break;
	case 2:
		mnl_attr_put_strz(nlh, type, some_name());
		break;
	case 3:		/* without the 0 at its end */
		mnl_attr_put(nlh, type, strlen(some_name()), "demodemodemodemodemodemodemodemodemodemodemodemo");
		break;
	case 4:
		put_bytes(nlh, type, below(97));
		break;
	case 5:
		nest = mnl_attr_nest_start(nlh, type);
		for (n = below(4); n; n--)
			put_anything(nlh, depth + 1);
		mnl_attr_nest_end(nlh, nest);
		break;
	}
	if (chance(4))
		last->nla_len = below(80);
}

static void make_nonsense(struct nlmsghdr *nlh)
{
	int n;

	for (n = below(8); n; n--)
		put_anything(nlh, 0);
	if (chance(3))
		nlh->nlmsg_len = sizeof(*nlh) + below(nlh->nlmsg_len);
}

/* A request with the attributes that it should have, most of the time. */
static void make_sense(struct nlmsghdr *nlh, uint8_t cmd)
{
	switch (cmd) {
	case SAMR_CMD_CLUSTER_ADD:
		mnl_attr_put_strz(nlh, SAMR_A_CLUSTER_NAME, "demo");
		mnl_attr_put_u32(nlh, SAMR_A_CLUSTER_ID, 7);
		mnl_attr_put_u64(nlh, SAMR_A_CLUSTER_NODE, 1);
		if (chance(20))
			mnl_attr_put_u32(nlh, SAMR_A_CLUSTER_HISTORY,
					 1 << below(20));
		if (chance(20))
			mnl_attr_put_u32(nlh, SAMR_A_CLUSTER_SUBMITS,
					 some_number());
		break;
	case SAMR_CMD_CLUSTER_SET:
		if (chance(80))
			mnl_attr_put_u32(nlh, SAMR_A_CLUSTER_STATE, below(2));
		if (chance(20))
			mnl_attr_put_u64(nlh, SAMR_A_CLUSTER_FOUNDERS,
					 below(32));
		if (chance(20))
			mnl_attr_put_u32(nlh, SAMR_A_CLUSTER_KEEPER, below(2));
		if (chance(30)) {
			mnl_attr_put_u64(nlh, SAMR_A_CLUSTER_SAVED_EPOCH,
					 some_number());
			mnl_attr_put_u64(nlh, SAMR_A_CLUSTER_SAVED_MEMBERS,
					 2 * below(16));
		}
		break;
	case SAMR_CMD_NODE_SET:
	case SAMR_CMD_NODE_ADD:
		if (cmd == SAMR_CMD_NODE_SET || chance(30)) {
			mnl_attr_put_strz(nlh, SAMR_A_NODE_DEV, "eth0");
			put_bytes(nlh, SAMR_A_NODE_ADDRESS,
				  chance(70) ? 6 : below(40));
		}
		/* fallthrough */
	case SAMR_CMD_NODE_DEL:
	case SAMR_CMD_NODE_GET:
		mnl_attr_put_u64(nlh, SAMR_A_NODE_ID, 1 + below(4));
		break;
	case SAMR_CMD_LINK_ADD:
		mnl_attr_put_strz(nlh, SAMR_A_LINK_KIND, chance(50) ? "eth" : "udp");
		if (chance(50))
			put_ip(nlh, SAMR_A_LINK_LOCAL);
		if (chance(30))
			put_ip(nlh, SAMR_A_LINK_GROUP);
		/* fallthrough */
	case SAMR_CMD_LINK_DEL:
	case SAMR_CMD_LINK_GET:
		mnl_attr_put_strz(nlh, SAMR_A_LINK_DEV,
				  chance(80) ? "eth0" : some_name());
		break;
	case SAMR_CMD_GROUP_ADD:
		if (chance(50))
			mnl_attr_put_strz(nlh, SAMR_A_GROUP_NAME, some_name());
		if (chance(30))
			mnl_attr_put_u32(nlh, SAMR_A_GROUP_UID, some_number());
		if (chance(30))
			mnl_attr_put_u32(nlh, SAMR_A_GROUP_GID, some_number());
		/* fallthrough */
	case SAMR_CMD_GROUP_DEL:
	case SAMR_CMD_GROUP_GET:
		mnl_attr_put_u32(nlh, SAMR_A_GROUP_ID, 1 + below(9));
		break;
	case SAMR_CMD_MEMBER_DEL:
		mnl_attr_put_u32(nlh, SAMR_A_MEMBER_PORT, 1 + below(4));
		/* fallthrough */
	case SAMR_CMD_MEMBER_GET:
		mnl_attr_put_u32(nlh, SAMR_A_MEMBER_GROUP, 1 + below(9));
		break;
	case SAMR_CMD_FENCE_CONFIRM:
		mnl_attr_put_u64(nlh, SAMR_A_FENCE_INCARNATION, some_number());
		mnl_attr_put_u64(nlh, SAMR_A_FENCE_TOKEN, some_number());
		/* fallthrough */
	case SAMR_CMD_FENCE_GET:
		mnl_attr_put_u64(nlh, SAMR_A_FENCE_NODE, 1 + below(4));
		break;
	case SAMR_CMD_STATS_GET:
		mnl_attr_put_u32(nlh, SAMR_A_STATS_SCOPE, below(4));
		break;
	}
	if (chance(15))
		put_anything(nlh, 0);
}

/* ---- talking ---- */

static struct mnl_socket *open_bus(void)
{
	struct mnl_socket *s = mnl_socket_open(NETLINK_GENERIC);
	int on = 1;

	if (!s || mnl_socket_bind(s, 0, MNL_SOCKET_AUTOPID) < 0)
		fail("netlink socket");
	mnl_socket_setsockopt(s, NETLINK_EXT_ACK, &on, sizeof(on));
	mnl_socket_setsockopt(s, NETLINK_GET_STRICT_CHK, &on, sizeof(on));
	return s;
}

/*
 * Read until the request @want is answered.
 *
 * Return: 0 or the error that it got; -1 when no answer comes.
 */
static int answer(struct mnl_socket *s, uint32_t want)
{
	static char buf[BUFFER];
	struct pollfd p = { .fd = mnl_socket_get_fd(s), .events = POLLIN };
	const struct nlmsghdr *nlh;
	int len;

	for (;;) {
		if (poll(&p, 1, 20000) <= 0)
			return -1;
		len = mnl_socket_recvfrom(s, buf, sizeof(buf));
		if (len < 0)
			fail("recv");
		nlh = (const void *)buf;
		for (; mnl_nlmsg_ok(nlh, len); nlh = mnl_nlmsg_next(nlh, &len)) {
			if (nlh->nlmsg_seq != want)
				continue;
			if (nlh->nlmsg_type == NLMSG_ERROR ||
			    nlh->nlmsg_type == NLMSG_DONE)
				return -*(const int *)mnl_nlmsg_get_payload(nlh);
		}
	}
}

static void find_family(struct mnl_socket *s)
{
	char buf[BUFFER];
	const struct nlattr *a, *g, *m;
	struct nlmsghdr *nlh;
	int len;

	nlh = begin(buf, GENL_ID_CTRL, CTRL_CMD_GETFAMILY, 0);
	mnl_attr_put_strz(nlh, CTRL_ATTR_FAMILY_NAME, SAMR_FAMILY_NAME);
	if (mnl_socket_sendto(s, nlh, nlh->nlmsg_len) < 0)
		fail("send");
	len = mnl_socket_recvfrom(s, buf, sizeof(buf));
	nlh = (void *)buf;
	if (len < 0 || nlh->nlmsg_type == NLMSG_ERROR)
		fail("the family samr");
	mnl_attr_for_each(a, nlh, sizeof(struct genlmsghdr)) {
		if (mnl_attr_get_type(a) == CTRL_ATTR_FAMILY_ID)
			family = mnl_attr_get_u16(a);
		if (mnl_attr_get_type(a) != CTRL_ATTR_MCAST_GROUPS)
			continue;
		mnl_attr_for_each_nested(g, a)
			mnl_attr_for_each_nested(m, g)
				if (mnl_attr_get_type(m) ==
				    CTRL_ATTR_MCAST_GRP_ID)
					events = mnl_attr_get_u32(m);
	}
}

struct tally {
	unsigned long sent;
	unsigned long taken;
	unsigned long refused;
	unsigned long unanswered;
};

static void work(time_t end, int out)
{
	struct mnl_socket *s = open_bus();
	char buf[4096] = { };
	struct tally t = { };
	struct nlmsghdr *nlh;
	uint16_t flags;
	uint8_t cmd;
	int err;

	while (time(NULL) < end) {
		/* With NLM_F_DUMP alone each dump ends with an answer, too. */
		cmd = below(SAMR_CMD_MAX + 3);
		/* Without a cluster there is not much to be done. */
		if (cmd == SAMR_CMD_CLUSTER_DEL && chance(90))
			cmd = SAMR_CMD_CLUSTER_ADD;
		flags = chance(25) ? NLM_F_DUMP : NLM_F_ACK;
		nlh = begin(buf, family, cmd, flags);
		if (chance(60))
			make_sense(nlh, cmd);
		else
			make_nonsense(nlh);
		if (mnl_socket_sendto(s, nlh, nlh->nlmsg_len) < 0)
			fail("send");
		t.sent++;
		err = answer(s, seq);
		if (err < 0)
			t.unanswered++;
		else if (err)
			t.refused++;
		else
			t.taken++;
	}
	if (write(out, &t, sizeof(t)) != sizeof(t))
		fail("pipe");
	exit(0);
}

/* Hears events slowly, and so loses some. */
static void listen_slowly(void)
{
	struct mnl_socket *s = open_bus();
	static char buf[BUFFER];
	int size = 4096, group = events;

	setsockopt(mnl_socket_get_fd(s), SOL_SOCKET, SO_RCVBUF, &size,
		   sizeof(size));
	mnl_socket_setsockopt(s, NETLINK_ADD_MEMBERSHIP, &group, sizeof(group));
	for (;;) {
		mnl_socket_recvfrom(s, buf, sizeof(buf));
		usleep(below(5000));
	}
}

static void point(int n, bool good, const char *what)
{
	printf("%s %d - %s\n", good ? "ok" : "not ok", n, what);
}

int main(int argc, char **argv)
{
	int seconds = argc > 1 ? atoi(argv[1]) : 10;
	uint64_t first = argc > 2 ? strtoull(argv[2], NULL, 0) :
				    (uint64_t)time(NULL);
	struct tally t, sum = { };
	struct mnl_socket *s;
	char buf[256];
	struct nlmsghdr *nlh;
	pid_t listener;
	int fds[2], i, status, err;
	bool whole = true;

	s = open_bus();
	find_family(s);
	printf("# seed %llu, %d s\n", (unsigned long long)first, seconds);
	fflush(stdout);
	if (pipe(fds))
		fail("pipe");
	listener = fork();
	if (!listener) {
		seed = first | 1;
		listen_slowly();
	}
	for (i = 0; i < WORKERS; i++) {
		if (fork())
			continue;
		seed = (first + i) * 0x9e3779b97f4a7c15ULL | 1;
		work(time(NULL) + seconds, fds[1]);
	}
	for (i = 0; i < WORKERS; i++) {
		wait(&status);
		whole &= WIFEXITED(status) && !WEXITSTATUS(status);
		if (!whole || read(fds[0], &t, sizeof(t)) != sizeof(t))
			break;
		sum.sent += t.sent;
		sum.taken += t.taken;
		sum.refused += t.refused;
		sum.unanswered += t.unanswered;
	}
	kill(listener, SIGKILL);
	waitpid(listener, NULL, 0);
	printf("# %lu messages: %lu taken, %lu refused, %lu without answer\n",
	       sum.sent, sum.taken, sum.refused, sum.unanswered);

	nlh = begin(buf, family, SAMR_CMD_CLUSTER_GET, NLM_F_ACK);
	mnl_socket_sendto(s, nlh, nlh->nlmsg_len);
	err = answer(s, seq);
	point(1, whole, "both ran to their end");
	point(2, sum.taken > 100, "requests that make sense are taken");
	point(3, sum.refused > 100, "others are refused");
	point(4, !sum.unanswered, "each has an answer");
	point(5, !err || err == ENOENT, "the family answers in the end");
	printf("1..5\n");
	return !(whole && sum.taken > 100 && sum.refused > 100 &&
		 !sum.unanswered && (!err || err == ENOENT));
}
