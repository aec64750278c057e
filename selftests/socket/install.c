// SPDX-License-Identifier: GPL-2.0
/*
 * Members that hand their service's state to others, on one head and on three.
 *
 * The service here is a sum over all messages in order. Its state is that sum,
 * and filler of any length that depends on it, made and checked on the fly: a
 * state of two snapshots mixed, a message twice or one that lacks is seen by a
 * sum or by filler that is wrong. All members are worked by one thread.
 * SAMR_TEST_SCALE=N makes the states that go over the wire the Nth part, and sends a
 * tenth of the messages, for slow kernels.
 */
#define _GNU_SOURCE
#include <poll.h>
#include <sched.h>
#include <sys/ioctl.h>
#include <sys/wait.h>
#include "lab.h"
#include "tap.h"

#define HEADS	3
#define MEMBERS	4
#define PIECE	65536
#define NEVER	UINT64_MAX
#define VIEWS	(1U << SAMR_TYPE_VIEW)

/* A state begins with this, and goes on with words of filler. */
struct header {
	uint64_t sum;
	uint64_t count;
	uint64_t last;
	uint64_t size;
};

/**
 * struct member - one of the service
 * @fd: its socket; -1: none
 * @plain: takes no part in state transfer
 * @asleep: does nothing
 * @lacks: joined later than others, and has not had a LAST piece
 * @now: what it has: @now.size is the size of the state that it gives
 * @id: of the state that it gives; 0: none
 * @then: at that snapshot
 * @given: bytes of it that were sent
 * @pause: it sends no more than so many
 * @fails: snapshots that it will say no to
 * @snapshots: that it was asked for
 * @stale: ESTALEs
 * @from: id of the state that it takes
 * @head: that state's header
 * @taken: bytes of it
 * @firsts: states begun
 * @lasts: and ended
 * @to_send: messages that it shall send
 * @sent: messages that it has sent
 */
struct member {
	int fd;
	bool plain;
	bool asleep;
	bool lacks;
	struct header now;
	uint64_t id;
	struct header then;
	uint64_t given;
	uint64_t pause;
	int fails;
	int snapshots;
	int stale;
	uint64_t from;
	struct header head;
	uint64_t taken;
	int firsts;
	int lasts;
	int to_send;
	int sent;
};

static struct member m[MEMBERS];
static size_t message_len = 200;
static char bytes[SAMR_MESSAGE_MAX];
static uint64_t piece[PIECE / 8];
static long least_free;

static int scale(void)
{
	const char *text = getenv("SAMR_TEST_SCALE");

	return text && atoi(text) > 1 ? atoi(text) : 1;
}

/* So many MiB, of what goes over the wire. */
static uint64_t mib(uint64_t n)
{
	return (n << 20) / scale();
}

/* And so many messages. */
static int some(int n)
{
	return scale() > 1 ? n / 10 : n;
}

static uint64_t mix(uint64_t a, uint64_t b)
{
	a = (a ^ b) * 0x9e3779b97f4a7c15ULL;
	return a ^ a >> 29;
}

/* ---- giving ---- */

/* The next piece of the state @k gives, of its own length. Return: bytes. */
static size_t fill(const struct member *k)
{
	uint64_t left = k->then.size - k->given, pos = k->given / 8;
	size_t i, n = k->given ? k->then.size / 16 & ~7ULL : 4096;

	if (n > PIECE)
		n = PIECE;
	if (n > left)
		n = left;
	for (i = 0; i < n / 8; i++)
		piece[i] = mix(k->then.sum, pos + i);
	if (!k->given)
		memcpy(piece, &k->then, sizeof(k->then));
	return n;
}

/* Return: whether it did something. */
static bool give(struct member *k)
{
	struct samr_send how = { .flags = SAMR_SEND_STATE, .request = k->id };
	size_t len = 0;

	if (!k->id || k->given >= k->pause)
		return false;
	if (k->fails) {
		how.flags |= SAMR_SEND_FAILED;
	} else {
		len = fill(k);
		if (k->given + len == k->then.size)
			how.flags |= SAMR_SEND_LAST;
	}
	if (sock_send_how(k->fd, piece, len, &how, MSG_DONTWAIT) < 0) {
		if (errno == EAGAIN)
			return false;
		CHECK_EQ(errno, ESTALE);
		k->stale++;
		k->id = 0;
		k->given = 0;
		return true;
	}
	k->given += len;
	if (k->fails)
		k->fails--;
	if (how.flags & (SAMR_SEND_LAST | SAMR_SEND_FAILED)) {
		k->id = 0;
		k->given = 0;
	}
	return true;
}

/* ---- taking ---- */

static void asked(struct member *k, const struct got *g)
{
	const struct samr_snapshot *s = (void *)bytes;
	uint32_t i;

	CHECK(!k->plain && !k->lacks && (g->flags & MSG_NOTIFICATION));
	CHECK(s->count >= 1 && s->id == g->d.gseq);
	CHECK_EQ(g->len, sizeof(*s) + s->count * sizeof(s->to[0]));
	for (i = 0; i < s->count; i++)
		CHECK(s->to[i].node >= 1 && s->to[i].node <= HEADS &&
		      s->to[i].port);
	k->snapshots++;
	k->id = s->id;
	k->then = k->now;
	k->given = 0;
}

static void took(struct member *k, const struct got *g)
{
	const uint64_t *w = (void *)bytes;
	uint64_t pos;
	ssize_t i;

	CHECK(!k->plain && k->lacks && (g->flags & MSG_NOTIFICATION));
	if (g->d.flags & SAMR_DELIVERY_FIRST) {
		k->firsts++;
		k->from = g->d.gseq;
		k->taken = 0;
		CHECK(g->len >= (ssize_t)sizeof(k->head));
		memcpy(&k->head, bytes, sizeof(k->head));
	}
	CHECK_EQ(g->d.gseq, k->from);
	pos = k->taken / 8;
	for (i = k->taken ? 0 : sizeof(k->head) / 8; i < g->len / 8; i++)
		if (w[i] != mix(k->head.sum, pos + i))
			tap_fail_eq(__FILE__, __LINE__, "filler", w[i],
				    "word", pos + i);
	k->taken += g->len;
	if (!(g->d.flags & SAMR_DELIVERY_LAST))
		return;
	CHECK_EQ(k->taken, k->head.size);
	k->lasts++;
	k->lacks = false;
	k->now = k->head;
	/* It is as after everything before the snapshot. */
	CHECK(k->now.last < k->from);
}

static void applied(struct member *k, const struct got *g)
{
	CHECK(!k->lacks);
	CHECK(g->d.gseq > k->now.last && g->d.gseq > k->from);
	k->now.last = g->d.gseq;
	k->now.count++;
	k->now.sum = mix(mix(k->now.sum, g->d.gseq), *(uint64_t *)bytes);
}

static bool take(struct member *k)
{
	struct got g = sock_recv(k->fd, bytes, sizeof(bytes), MSG_DONTWAIT);

	if (g.len < 0 && g.err == EAGAIN)
		return false;
	CHECK(g.len >= 0 && g.has);
	switch (g.d.type) {
	case SAMR_TYPE_MESSAGE:
		applied(k, &g);
		break;
	case SAMR_TYPE_SNAPSHOT:
		asked(k, &g);
		break;
	case SAMR_TYPE_INSTALL:
		took(k, &g);
		break;
	default:
		CHECK_EQ(g.d.type, SAMR_TYPE_VIEW);
	}
	return true;
}

static bool say(struct member *k)
{
	uint64_t what[128] = { (uint64_t)(k - m) << 32 | k->sent };

	if (!k->to_send)
		return false;
	if (send(k->fd, what, message_len, MSG_DONTWAIT) < 0) {
		CHECK_EQ(errno, EAGAIN);
		return false;
	}
	k->to_send--;
	k->sent++;
	return true;
}

static long free_kib(void)
{
	char line[128];
	long kib = 0;
	FILE *f = fopen("/proc/meminfo", "r");

	CHECK(f);
	while (fgets(line, sizeof(line), f))
		if (sscanf(line, "MemAvailable: %ld", &kib) == 1)
			break;
	fclose(f);
	return kib;
}

/* Work all members until @done; at most so long. */
static void work(bool (*done)(void), int ms)
{
	long long until = tap_ms() + ms;
	struct pollfd p[MEMBERS];
	unsigned int rounds = 0;
	bool busy;
	int i;

	while (!done()) {
		busy = false;
		for (i = 0; i < MEMBERS; i++) {
			p[i].fd = -1;
			if (m[i].fd < 0 || m[i].asleep)
				continue;
			p[i].fd = m[i].fd;
			p[i].events = POLLIN |
				      (m[i].to_send || m[i].id ? POLLOUT : 0);
			busy |= take(&m[i]);
			busy |= give(&m[i]);
			busy |= say(&m[i]);
		}
		if (!(rounds++ % 64) && free_kib() < least_free)
			least_free = free_kib();
		if (!busy)
			poll(p, MEMBERS, 5);
		if (tap_ms() > until) {
			for (i = 0; i < MEMBERS; i++)
				printf("# %d: fd %d state %u given %llu taken %llu firsts %d lasts %d count %llu\n",
				       i, m[i].fd,
				       m[i].fd < 0 ? 0 : sock_info(m[i].fd).state,
				       (unsigned long long)m[i].given,
				       (unsigned long long)m[i].taken,
				       m[i].firsts, m[i].lasts,
				       (unsigned long long)m[i].now.count);
			CHECK(!"done in time");
			_exit(1);
		}
	}
}

/* ---- the members ---- */

static int join_state(int fd, uint32_t flags)
{
	struct samr_join j = { .flags = flags };

	return setsockopt(fd, SOL_SAMR, SAMR_JOIN, &j, sizeof(j));
}

/* A member that asks to join; with a state of @size bytes if it is the first. */
static void start_with(int i, int head, uint64_t size, bool plain, int rcvbuf)
{
	if (head)
		lab_enter(head);
	memset(&m[i], 0, sizeof(m[i]));
	m[i].fd = sock_bound(SVC);
	if (rcvbuf)
		OK(setsockopt(m[i].fd, SOL_SOCKET, SO_RCVBUF, &rcvbuf,
			      sizeof(rcvbuf)));
	m[i].plain = plain;
	m[i].pause = NEVER;
	m[i].now.size = size;
	m[i].lacks = !size && !plain;
	OK(join_state(m[i].fd, plain ? 0 : SAMR_JOIN_STATE));
}

static void start(int i, int head, uint64_t size)
{
	start_with(i, head, size, false, 0);
	if (size)
		sock_joined(m[i].fd);
}

static void begin(int heads)
{
	int i;

	if (heads > 1)
		lab_heads(heads);
	else
		lab_one();
	for (i = 0; i < MEMBERS; i++)
		m[i].fd = -1;
	least_free = free_kib();
}

static void stop(int i)
{
	close(m[i].fd);
	m[i].fd = -1;
}

static bool has_state(int i)
{
	return m[i].fd < 0 || (!m[i].lacks &&
	       sock_info(m[i].fd).state == SAMR_MEMBER_JOINED);
}

static bool all_have(void)
{
	int i;

	for (i = 0; i < MEMBERS; i++)
		if (!has_state(i))
			return false;
	return true;
}

/* All that was to be sent was applied by all that take part. */
static bool settled(void)
{
	const struct header *a = NULL;
	int i;

	if (!all_have())
		return false;
	for (i = 0; i < MEMBERS; i++) {
		if (m[i].fd < 0)
			continue;
		if (m[i].to_send || m[i].id || sock_info(m[i].fd).unsettled ||
		    sock_info(m[i].fd).queued)
			return false;
		if (m[i].plain)
			continue;
		if (a && a->last != m[i].now.last)
			return false;
		a = &m[i].now;
	}
	return true;
}

static void all_agree(void)
{
	int i, first = -1;

	work(settled, 60000);
	for (i = 0; i < MEMBERS; i++) {
		if (m[i].fd < 0 || m[i].plain)
			continue;
		if (first < 0)
			first = i;
		CHECK_EQ(m[i].now.count, m[first].now.count);
		CHECK(m[i].now.sum == m[first].now.sum);
	}
}

static int donor;

static bool half_given(void)
{
	int i;

	for (i = 0; i < MEMBERS; i++)
		if (m[i].fd >= 0 && m[i].given && m[i].given >= m[i].pause) {
			donor = i;
			return true;
		}
	return false;
}

static void pause_all(uint64_t at)
{
	int i;

	for (i = 0; i < MEMBERS; i++)
		m[i].pause = at;
}

static int taken_by;
static bool some_taken(void)
{
	return m[taken_by].taken > 0;
}

/* ---- tests ---- */

/* Three heads, all send, one without state transfer; the third joins later. */
TEST(state_of_three_megabytes)
{
	tap_limit(120);
	begin(HEADS);
	start(0, 1, mib(3));
	start_with(3, 2, 0, true, 0);
	sock_joined(m[3].fd);
	m[0].to_send = m[3].to_send = some(200);
	start(1, 2, 0);
	CHECK(m[1].lacks);
	m[1].to_send = some(100);
	work(all_have, 60000);
	CHECK_EQ(m[1].firsts, 1);
	CHECK_EQ(m[1].taken, mib(3));
	start(2, 3, 0);
	m[2].to_send = some(100);
	all_agree();
	CHECK_EQ(m[2].lasts, 1);
	/* Who takes no part reads messages, all of them, and nothing else. */
	CHECK_EQ(m[3].now.count, some(600));
	CHECK_EQ(m[3].snapshots, 0);
	CHECK_EQ(m[0].snapshots + m[1].snapshots, 2);
}

/* Much more than the buffers: what the kernel holds stays bounded. */
TEST(large_state_is_streamed)
{
	uint64_t size = mib(256);
	long before;

	tap_limit(180);
	begin(HEADS);
	start(0, 1, size);
	m[0].to_send = some(300);
	start(1, 2, 0);
	before = least_free;
	work(all_have, 160000);
	m[1].to_send = some(100);
	all_agree();
	CHECK_EQ(m[1].taken, size);
	CHECK_EQ(m[1].firsts, 1);
	printf("# %llu MiB given, %ld KiB less memory free meanwhile\n",
	       (unsigned long long)size >> 20, before - least_free);
	CHECK(before - least_free < 48 << 10);
}

TEST(two_join_at_once)
{
	tap_limit(120);
	begin(HEADS);
	start(0, 1, mib(3));
	m[0].to_send = some(300);
	start(1, 2, 0);
	start(2, 3, 0);
	all_agree();
	CHECK_EQ(m[1].lasts + m[2].lasts, 2);
	CHECK(m[0].snapshots <= 2);
}

/* The member on the third head is half way with the state that @donor gives it. */
static void third_is_half_way(void)
{
	tap_limit(120);
	begin(HEADS);
	/* Nobody is on head 3, so the donor is not the sequencer's by need. */
	start(0, 1, mib(2));
	start(1, 2, 0);
	work(all_have, 30000);
	pause_all(mib(1));
	start(2, 3, 0);
	m[0].to_send = m[1].to_send = some(100);
	work(half_given, 30000);
	taken_by = 2;
	work(some_taken, 30000);
	CHECK(donor < 2);
}

/* It is given the state by the one that is left. */
static void other_one_gives(void)
{
	m[1 - donor].pause = NEVER;
	all_agree();
	CHECK_EQ(m[2].firsts, 2);
	CHECK_EQ(m[2].lasts, 1);
}

TEST(donor_that_closes)
{
	third_is_half_way();
	stop(donor);
	other_one_gives();
}

/* The head of the donor is cut off from one moment to the next. */
TEST(donor_whose_head_is_cut_off)
{
	char cut[100];

	third_is_half_way();
	lab_enter(0);
	snprintf(cut, sizeof(cut), "ip link set p%d nomaster", donor + 1);
	CHECK_EQ(system(cut), 0);
	stop(donor);
	other_one_gives();
}

static bool nobody_gives(void)
{
	return !m[0].id;
}

/* The donor hears that nobody waits any more, and serves the next one. */
TEST(joiner_that_closes)
{
	begin(1);
	start(0, 0, 3 << 20);
	m[0].pause = 1 << 20;
	m[0].to_send = 50;
	start(1, 0, 0);
	work(half_given, 10000);
	CHECK_EQ(sock_info(m[1].fd).state, SAMR_MEMBER_INSTALLING);
	stop(1);
	m[0].pause = NEVER;
	work(nobody_gives, 10000);
	CHECK_EQ(m[0].stale, 1);
	start(1, 0, 0);
	all_agree();
	CHECK_EQ(m[0].snapshots, 2);
}

/* A donor that waits for room hears it, too. */
static bool donor_waits(void)
{
	return m[0].given > 1 << 19 && !(sock_poll(m[0].fd, 0) & POLLOUT);
}

TEST(joiner_that_closes_unread)
{
	struct samr_send how = { .flags = SAMR_SEND_STATE };
	pid_t pid;
	int status;

	begin(1);
	start(0, 0, 8 << 20);
	start(1, 0, 0);
	m[1].asleep = true;
	work(donor_waits, 10000);
	CHECK(m[0].given < 3 << 20);
	how.request = m[0].id;
	pid = OK(fork());
	if (!pid) {
		close(m[1].fd);
		FAILS(ESTALE, sock_send_how(m[0].fd, bytes, PIECE, &how, 0));
		_exit(0);
	}
	usleep(100000);
	CHECK_EQ(waitpid(pid, &status, WNOHANG), 0);
	close(m[1].fd);
	m[1].fd = -1;
	OK(waitpid(pid, &status, 0));
	CHECK_EQ(status, 0);
	work(nobody_gives, 10000);
	CHECK_EQ(m[0].stale, 1);
}

TEST(donor_that_fails)
{
	begin(1);
	start(0, 0, 1 << 20);
	start(1, 0, 0);
	work(all_have, 10000);
	m[0].fails = m[1].fails = 1;
	start(2, 0, 0);
	all_agree();
	/* Each was asked once, then the first of them again. */
	CHECK_EQ(m[0].snapshots + m[1].snapshots, 1 + 3);
	CHECK_EQ(m[0].fails + m[1].fails, 0);
}

/* Says no in the middle, alone: is asked again. */
TEST(donor_that_fails_half_way)
{
	begin(1);
	start(0, 0, 2 << 20);
	m[0].pause = 1 << 20;
	start(1, 0, 0);
	work(half_given, 10000);
	taken_by = 1;
	work(some_taken, 10000);
	m[0].fails = 1;
	m[0].pause = NEVER;
	all_agree();
	CHECK_EQ(m[0].snapshots, 2);
	CHECK_EQ(m[1].firsts, 2);
}

/* How often somebody fell behind, on this head. */
static long behind(void)
{
	static const char key[] = "\"install_behind\":";
	static char out[16384];
	FILE *f = popen("samrctl -j stats show counters all", "r");
	char *at;

	CHECK(f);
	out[fread(out, 1, sizeof(out) - 1, f)] = 0;
	pclose(f);
	at = strstr(out, key);
	CHECK(at);
	return at ? atol(at + strlen(key)) : -1;
}

static bool sleeper_fell_behind(void)
{
	return behind() > 0;
}

static bool sent_all(void)
{
	return !m[0].to_send;
}

/* Who does not read holds nobody up, falls behind, and begins anew. */
TEST(joiner_that_falls_behind)
{
	tap_limit(60);
	begin(1);
	message_len = 1000;
	start(0, 0, 3 << 20);
	CHECK_EQ(behind(), 0);
	start_with(1, 0, 0, false, 16384);
	m[1].asleep = true;
	m[0].to_send = 20;
	work(sent_all, 10000);
	CHECK(!sleeper_fell_behind());
	m[0].to_send = 1000;
	work(sent_all, 20000);
	CHECK(sleeper_fell_behind());
	CHECK(m[0].snapshots > 1);
	m[1].asleep = false;
	all_agree();
	CHECK_EQ(m[1].lasts, 1);
	CHECK_EQ(m[1].now.count, 1020);
}

/* One that stalls does not keep another one from the state. */
TEST(joiner_beside_one_that_stalls)
{
	tap_limit(60);
	begin(1);
	message_len = 1000;
	start(0, 0, 3 << 20);
	start_with(1, 0, 0, false, 16384);
	m[1].asleep = true;
	start(2, 0, 0);
	m[0].to_send = 2000;
	work(sent_all, 40000);
	CHECK_EQ(m[2].lasts, 1);
	m[1].asleep = false;
	all_agree();
}

/* Nobody who has the state is left. */
TEST(state_that_is_lost)
{
	struct got g;
	int i;

	begin(1);
	start(0, 0, 1 << 20);
	m[0].pause = 65536;
	start(1, 0, 0);
	work(half_given, 10000);
	stop(0);
	CHECK(sock_wait(m[1].fd, POLLERR) & POLLERR);
	do
		g = sock_recv(m[1].fd, bytes, sizeof(bytes), MSG_DONTWAIT);
	while (g.len >= 0);
	CHECK_EQ(g.err, ENODATA);
	FAILS(ENODATA, recv(m[1].fd, bytes, 1, MSG_DONTWAIT));
	FAILS(ENODATA, send(m[1].fd, bytes, 1, MSG_DONTWAIT));
	/* It has left: the next one begins with what it has. */
	start(2, 0, 1 << 20);
	for (i = 0; i < 100 && sock_info(m[2].fd).state !=
	     SAMR_MEMBER_JOINED; i++)
		usleep(10000);
	stop(1);
	m[2].to_send = 10;
	all_agree();
	CHECK_EQ(m[2].firsts, 0);
}

static int send_state(int fd, uint64_t id, uint32_t flags, size_t len)
{
	struct samr_send how = { .flags = flags, .request = id };

	return sock_send_how(fd, bytes, len, &how, MSG_DONTWAIT);
}

TEST(wrong_use)
{
	const uint32_t state = SAMR_SEND_STATE;
	struct sockaddr_samr a;
	socklen_t len = sizeof(a);
	int fd;

	begin(1);
	fd = sock_bound(SVC);
	FAILS(EINVAL, join_state(fd, 2));
	FAILS(EINVAL, join_state(fd, SAMR_JOIN_STATE | 1U << 31));
	FAILS(ENOTCONN, send_state(fd, 1, state, 1));
	close(fd);
	start(0, 0, 1 << 20);
	/* Flags that mean nothing, alone or together. */
	FAILS(EINVAL, send_state(m[0].fd, 1, SAMR_SEND_LAST, 1));
	FAILS(EINVAL, send_state(m[0].fd, 1, SAMR_SEND_FAILED, 0));
	FAILS(EINVAL, send_state(m[0].fd, 1, state | SAMR_SEND_SAFE, 1));
	FAILS(EINVAL, send_state(m[0].fd, 1, state | SAMR_SEND_FAILED, 1));
	FAILS(EINVAL, send_state(m[0].fd, 1, state | SAMR_SEND_LAST |
				 SAMR_SEND_FAILED, 0));
	FAILS(EINVAL, send_state(m[0].fd, 1, 1U << 4, 1));
	/* Nobody asked for a state. */
	FAILS(ESTALE, send_state(m[0].fd, 1, state, 1));
	FAILS(ESTALE, send_state(m[0].fd, 1, state, 100000));
	FAILS(EINVAL, send_state(m[0].fd, 0, state, 1));
	FAILS(ESTALE, send_state(m[0].fd, 1, state | SAMR_SEND_FAILED, 0));
	FAILS(EOPNOTSUPP, shutdown(m[0].fd, SHUT_RD));
	/* While one is given: only the donor, only this one. */
	m[0].pause = 4096;
	start(1, 0, 0);
	work(half_given, 10000);
	CHECK_EQ(sock_info(m[1].fd).state, SAMR_MEMBER_INSTALLING);
	OK(getpeername(m[1].fd, (void *)&a, &len));
	FAILS(ESTALE, send_state(m[0].fd, m[0].id + 1, state, 1));
	FAILS(ESTALE, send_state(m[1].fd, m[0].id, state, 1));
	FAILS(EOPNOTSUPP, shutdown(m[1].fd, SHUT_RD));
	m[0].pause = NEVER;
	all_agree();
	FAILS(ESTALE, send_state(m[0].fd, m[1].from, state, 1));
	OK(shutdown(m[1].fd, SHUT_RDWR));
}

/* What a piece is, seen twice, cut off, and asked for without views. */
TEST(what_a_joiner_reads)
{
	union {
		struct samr_view v;
		char room[256];
	} view;
	struct got g, h;
	uint32_t v = VIEWS;

	begin(1);
	start(0, 0, 1 << 20);
	m[0].pause = 4096;
	memset(&m[1], 0, sizeof(m[1]));
	m[1].fd = sock_bound(SVC);
	m[1].asleep = m[1].lacks = true;
	OK(setsockopt(m[1].fd, SOL_SAMR, SAMR_NOTIFY, &v, sizeof(v)));
	OK(join_state(m[1].fd, SAMR_JOIN_STATE));
	work(half_given, 10000);
	/* Joining ends with a view, as always. */
	CHECK(sock_wait(m[1].fd, POLLIN) & POLLIN);
	g = sock_recv(m[1].fd, &view, sizeof(view), 0);
	CHECK_EQ(g.d.type, SAMR_TYPE_VIEW);
	CHECK_EQ(view.v.count, 2);
	CHECK_EQ(view.v.members[1].flags, SAMR_MEMBER_SELF);
	g = sock_recv(m[1].fd, bytes, sizeof(bytes), MSG_PEEK);
	h = sock_recv(m[1].fd, bytes, sizeof(bytes), MSG_PEEK);
	CHECK_EQ(g.len, 4096);
	CHECK_EQ(h.len, 4096);
	CHECK_EQ(g.d.type, SAMR_TYPE_INSTALL);
	CHECK_EQ(g.d.flags, SAMR_DELIVERY_FIRST);
	CHECK_EQ(h.d.flags, SAMR_DELIVERY_FIRST);
	CHECK_EQ(h.d.gseq, m[0].id);
	CHECK(h.flags & MSG_NOTIFICATION);
	CHECK_EQ(sock_info(m[1].fd).queued, 4096);
	g = sock_recv(m[1].fd, bytes, 100, MSG_TRUNC);
	CHECK_EQ(g.len, 4096);
	CHECK(g.flags & MSG_TRUNC);
	FAILS(EAGAIN, recv(m[1].fd, bytes, 1, MSG_DONTWAIT));
	CHECK(!(sock_poll(m[1].fd, 0) & POLLIN));
	/* Messages wait behind the state; another joiner is a view behind it. */
	m[0].to_send = 1;
	work(sent_all, 10000);
	FAILS(EAGAIN, recv(m[1].fd, bytes, 1, MSG_DONTWAIT));
	CHECK_EQ(sock_info(m[1].fd).state, SAMR_MEMBER_INSTALLING);
	CHECK_EQ(system("samrctl -j socket show | grep -q '\"installing\"'"), 0);
}
