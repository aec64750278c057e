// SPDX-License-Identifier: GPL-2.0
/*
 * The log of a replica, see player.h.
 *
 * What the program writes meanwhile is read and thrown away, after its digest was compared with
 * that of the log at the numbers of bytes that the log has: a program that is not deterministic is found by
 * that.
 */
#define _GNU_SOURCE
#include <errno.h>
#include <fcntl.h>
#include <linux/sockios.h>
#include <poll.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/epoll.h>
#include <sys/ioctl.h>
#include <sys/mman.h>
#include <sys/resource.h>
#include <sys/socket.h>
#include <time.h>
#include <unistd.h>

#include "../sim/crc32c.h"
#include "player.h"
#include "say.h"
#include "snapshot.h"
#include "tape.h"

#define SAY_MS		10000
#define BUSY_MS		10000

/**
 * struct played - a connection that comes from the log
 * @fd: our end of it; -1: it has ended
 * @digested: bytes of output that @digest is of
 * @due: bytes that the log knows the digest of; @due_digest
 * @differs: it was another one
 * @over: nothing is said of it any more
 * @kept: output behind @digested, of @kept_len bytes, and room for @room
 */
struct played {
	int fd;
	bool differs, over;
	uint32_t digest, due_digest;
	uint64_t digested, due;
	char *kept;
	size_t kept_len, room;
};

static uint32_t service;
static struct tape *page;
static int page_fd = -1, log_fd = -1;

/* Of a replay. */
static struct log_reader reader;
static struct log_record next;		/* looked at, and not given yet */
static enum log_result result;
static struct played *played;
static uint32_t played_count, differing;
static uint64_t inputs, log_len, began_ms, said_ms;
static int asked = -1, conns = -1;	/* our ends */
static int ask = -1, stand_in = -1;	/* the program's */
static int epoll = -1;
static char output[1 << 16];
static struct rlimit files;	/* as the program is to find it */

static uint64_t now_ms(void)
{
	struct timespec t;

	clock_gettime(CLOCK_MONOTONIC, &t);
	return (uint64_t)t.tv_sec * 1000 + (uint64_t)t.tv_nsec / 1000000;
}

static void shut(int *fd)
{
	if (*fd >= 0)
		close(*fd);
	*fd = -1;
}

/* ---- a log ---- */

static void open_page(uint64_t bound)
{
	if (!page) {
		page_fd = memfd_create("samr-run log", MFD_CLOEXEC);
		if (page_fd < 0 || ftruncate(page_fd, sizeof(*page)))
			die(CANNOT, "memory for the log: %m");
		page = mmap(NULL, sizeof(*page), PROT_READ | PROT_WRITE, MAP_SHARED, page_fd, 0);
		if (page == MAP_FAILED)
			die(CANNOT, "memory for the log: %m");
	}
	*page = (struct tape){ .bound = bound };
}

void player_new(uint32_t id, uint64_t seed, uint64_t bound, uint64_t time)
{
	const struct snapshot s = { SNAPSHOT_LOG, time };

	service = id;
	open_page(bound);
	log_fd = snapshot_file();
	if (log_fd < 0 || !snapshot_begin(log_fd, &s))
		die(CANNOT, "--replay: file for the log: %m");
	page->end.at = (uint64_t)lseek(log_fd, 0, SEEK_CUR);
	if (!log_begin(log_fd, seed, &page->end))
		die(CANNOT, "--replay: file for the log: %m");
}

/* What it says is no state, or none that fits. */
__attribute__((noreturn))
static void refuse(enum log_result why)
{
	uint64_t at = reader.end.at;

	switch (why) {
	case LOG_TRUNCATED:
		die(NO_STATE, "service %u: the log that came is cut off behind byte %llu", service,
		    (unsigned long long)at);
	case LOG_UNREADABLE:
		die(NO_STATE, "service %u: the log that came: %m", service);
	default:
		die(NO_STATE, "service %u: the log that came is damaged at byte %llu", service,
		    (unsigned long long)at);
	}
}

void player_take(uint32_t id, uint64_t seed, uint64_t bound, int fd)
{
	uint64_t begin = (uint64_t)lseek(fd, 0, SEEK_CUR);

	service = id;
	open_page(bound);
	log_fd = fd;
	result = log_open(&reader, fd, begin);
	while (result == LOG_FINE)
		result = log_next(&reader, &next);
	if (result != LOG_OVER)
		refuse(result);
	if (reader.seed != seed)
		die(NO_STATE, "service %u: its other replicas run with --seed %llu", service,
		    (unsigned long long)reader.seed);
	log_len = reader.end.at;
	if (log_len > bound)
		die(NO_STATE, "service %u: the log has %llu bytes, and --replay allows for %llu",
		    service, (unsigned long long)log_len, (unsigned long long)bound);
	log_open(&reader, fd, begin);
	result = log_next(&reader, &next);
}

/* ---- the program's part ---- */

/* Where it leaves the numbers of its own descriptors as they are without this. */
static int far_away(int fd)
{
	struct rlimit r;
	int from = 1000, high;

	if (!getrlimit(RLIMIT_NOFILE, &r) && r.rlim_cur < 1024)
		from = (int)r.rlim_cur - 16;
	high = fcntl(fd, F_DUPFD, from);
	if (high < 0)
		die(CANNOT, "--replay: descriptor: %m");
	return high;
}

void player_child_begins(void)
{
	char text[80];

	if (!page)
		return;
	if (files.rlim_max)
		setrlimit(RLIMIT_NOFILE, &files);
	snprintf(text, sizeof(text), "%d %d %d %d %d", (int)getpid(), far_away(page_fd),
		 far_away(log_fd), ask < 0 ? -1 : far_away(ask),
		 stand_in < 0 ? -1 : far_away(stand_in));
	if (setenv(REPLAY_VARIABLE, text, 1))
		die(CANNOT, "no memory");
}

static void watch(int fd, uint32_t number)
{
	struct epoll_event e = { .events = EPOLLIN, .data.u32 = number };

	if (epoll_ctl(epoll, EPOLL_CTL_ADD, fd, &e))
		die(NO_STATE, "replay: epoll: %m");
}

/* Its connections have two ends, and one is here. */
static void allow_for_connections(void)
{
	struct rlimit r;

	if (!files.rlim_max && !getrlimit(RLIMIT_NOFILE, &r) && r.rlim_cur < r.rlim_max) {
		files = r;
		r.rlim_cur = r.rlim_max;
		setrlimit(RLIMIT_NOFILE, &r);
	}
}

void player_prepare(void)
{
	int a[2], b[2];

	if (!log_len)
		return;
	epoll = epoll_create1(EPOLL_CLOEXEC);
	if (epoll < 0 || socketpair(AF_UNIX, SOCK_SEQPACKET | SOCK_CLOEXEC, 0, a) ||
	    socketpair(AF_UNIX, SOCK_SEQPACKET | SOCK_CLOEXEC, 0, b))
		die(NO_STATE, "replay: %m");
	asked = a[0];
	ask = a[1];
	conns = b[0];
	stand_in = b[1];
	watch(asked, 0);
}

void player_started(void)
{
	if (!log_len)
		return;
	shut(&ask);
	shut(&stand_in);
	allow_for_connections();
	began_ms = 0;
	said_ms = now_ms();
	say("service %u: replays %llu bytes of input", service, (unsigned long long)log_len);
}

int player_fd(void)
{
	return asked < 0 ? -1 : epoll;
}

int player_wait_ms(void)
{
	return asked < 0 ? -1 : SAY_MS;
}

/* ---- what the program writes ---- */

static void differs(struct played *p)
{
	if (p->differs)
		return;
	p->differs = true;
	if (!differing++)
		say("service %u: replay: connection %u: what the program has written, up to byte %llu, is not what was written where the log comes from: it is not deterministic",
		    service, (uint32_t)(p - played) + 1, (unsigned long long)p->due);
}

/* As far as the log knows it. */
static void digest(struct played *p)
{
	uint64_t want = p->due - p->digested;
	size_t len = want < p->kept_len ? (size_t)want : p->kept_len;

	p->digest = crc32c_more(p->digest, p->kept, len);
	p->digested += len;
	p->kept_len -= len;
	memmove(p->kept, p->kept + len, p->kept_len);
	if (p->due && p->digested == p->due && p->digest != p->due_digest)
		differs(p);
}

static void keep(struct played *p, const char *bytes, size_t len)
{
	if (p->room - p->kept_len < len) {
		p->room = 2 * p->room + len;
		p->kept = realloc(p->kept, p->room);
		if (!p->kept)
			die(NO_STATE, "replay: no memory");
	}
	memcpy(p->kept + p->kept_len, bytes, len);
	p->kept_len += len;
}

/* Return: does the program write no more? */
static bool drain(struct played *p)
{
	ssize_t n;

	if (p->fd < 0)
		return true;
	errno = 0;
	do {
		n = recv(p->fd, output, sizeof(output), MSG_DONTWAIT);
		if (n > 0)
			keep(p, output, (size_t)n);
	} while (n > 0 || (n < 0 && errno == EINTR));
	if (p->due > p->digested)
		digest(p);
	return n == 0 || errno != EAGAIN;
}

static void finish(struct played *p)
{
	drain(p);
	/* It may have written less. */
	if (p->due > p->digested && !p->over)
		differs(p);
	p->over = true;
	shut(&p->fd);
	free(p->kept);
	p->kept = NULL;
	p->kept_len = p->room = 0;
}

static void expect(const struct log_record *r)
{
	struct played *p = &played[r->connection - 1];

	if (p->over || r->total < p->digested)
		return;
	p->due = r->total;
	p->due_digest = r->digest;
	digest(p);
}

/* ---- what it reads ---- */

/* A replica that reads something else than the others must not become one. */
__attribute__((noreturn))
static void diverged(const char *what)
{
	die(NO_STATE, "service %u: replay: the program %s, as it did where the log comes from: it is not deterministic, or does what --replay cannot know (see samr-run(1))",
	    service, what);
}

/* Has the program closed it? What it did before it asked is seen here. */
static bool is_closed(struct played *p)
{
	struct pollfd f = { .fd = p->fd };

	if (p->fd >= 0 && poll(&f, 1, 0) > 0 && f.revents & (POLLHUP | POLLERR)) {
		drain(p);
		shut(&p->fd);
	}
	return p->fd < 0;
}

/* No input: a digest, or that one has ended which the program closes by itself. */
static bool is_passed(const struct log_record *r)
{
	if (r->type == LOG_OUTPUT)
		expect(r);
	else if (r->type == LOG_END && is_closed(&played[r->connection - 1]))
		finish(&played[r->connection - 1]);
	else
		return false;
	return true;
}

/* Called when the program asks: it has done with what came before. */
static void pass(void)
{
	while (result == LOG_FINE && is_passed(&next))
		result = log_next(&reader, &next);
	if (result != LOG_FINE && result != LOG_OVER)
		refuse(result);
}

static void look_next(void)
{
	result = log_next(&reader, &next);
	while (result == LOG_FINE && next.type == LOG_OUTPUT) {
		expect(&next);
		result = log_next(&reader, &next);
	}
	if (result != LOG_FINE && result != LOG_OVER)
		refuse(result);
}

static void give_connection(void)
{
	const struct tape_client from = { next.node, next.port, played_count + 1 };
	union {
		char bytes[CMSG_SPACE(sizeof(int))];
		struct cmsghdr align;
	} control = { .bytes = "" };
	struct iovec iov = { (void *)&from, sizeof(from) };
	struct msghdr msg = {
		.msg_iov = &iov, .msg_iovlen = 1,
		.msg_control = &control, .msg_controllen = sizeof(control),
	};
	struct cmsghdr *c = CMSG_FIRSTHDR(&msg);
	struct played *all = reallocarray(played, played_count + 1, sizeof(*played));
	int ends[2];

	if (!all || socketpair(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0, ends))
		die(NO_STATE, "replay: %m");
	played = all;
	played[played_count++] = (struct played){ .fd = ends[0] };
	watch(ends[0], played_count);
	c->cmsg_level = SOL_SOCKET;
	c->cmsg_type = SCM_RIGHTS;
	c->cmsg_len = CMSG_LEN(sizeof(int));
	memcpy(CMSG_DATA(c), &ends[1], sizeof(int));
	if (sendmsg(conns, &msg, MSG_NOSIGNAL | MSG_DONTWAIT) < 0)
		diverged("does not accept connections");
	close(ends[1]);
}

/* Return: were they put there? */
static bool give_bytes(struct played *p)
{
	ssize_t n = p->fd < 0 ? -1 : send(p->fd, next.bytes, next.len, MSG_NOSIGNAL | MSG_DONTWAIT);

	if (n >= 0 && (size_t)n != next.len)
		n = -1;
	return n >= 0;
}

/* What was read of one segment is one input, however often the program has read. */
static void give_input(struct tape_input *in)
{
	struct played *p;

	*in = (struct tape_input){
		.type = next.type, .connection = next.connection, .error = next.error,
		.place = next.place, .time = next.time,
	};
	switch (next.type) {
	case LOG_ACCEPT:
		give_connection();
		in->connection = played_count;
		look_next();
		return;
	case LOG_END:
		p = &played[next.connection - 1];
		if (next.error)
			finish(p);
		else
			shutdown(p->fd, SHUT_WR);
		look_next();
		return;
	default:
		break;
	}
	p = &played[next.connection - 1];
	do {
		if (!give_bytes(p))
			diverged("does not read from a connection");
		in->len += (uint32_t)next.len;
		look_next();
	} while (result == LOG_FINE && next.type == LOG_READ &&
		 next.connection == in->connection && next.place == in->place &&
		 in->len + next.len <= LOG_BYTES_MAX);
}

static bool has_unread(int fd)
{
	int bytes = 0;

	return fd >= 0 && !ioctl(fd, SIOCOUTQ, &bytes) && bytes;
}

static void end_replay(void)
{
	uint64_t ms = now_ms() - began_ms;
	uint32_t i;

	if (has_unread(conns))
		diverged("does not accept connections");
	for (i = 0; i < played_count; i++) {
		if (has_unread(played[i].fd))
			diverged("does not read from a connection");
		finish(&played[i]);
	}
	/* LAST is no part of it. */
	if (ftruncate(log_fd, (off_t)reader.end.at))
		die(NO_STATE, "file for the state: %m");
	page->end = reader.end;
	say("service %u: replayed %llu inputs of %u connections in %llu.%03llu s", service,
	    (unsigned long long)inputs, played_count, (unsigned long long)(ms / 1000),
	    (unsigned long long)(ms % 1000));
	if (differing)
		say("service %u: replay: the output of %u connections differs: this replica's state may be another one than that of the others",
		    service, differing);
}

static void stop_replay(void)
{
	uint32_t i;

	for (i = 0; i < played_count; i++) {
		shut(&played[i].fd);
		free(played[i].kept);
	}
	free(played);
	played = NULL;
	played_count = differing = 0;
	inputs = log_len = 0;
	shut(&asked);
	shut(&ask);
	shut(&conns);
	shut(&stand_in);
	shut(&epoll);
}

static void answer(void)
{
	struct tape_input in = { .type = LOG_LAST };
	bool over;

	pass();
	over = result == LOG_OVER;
	/* Until then it has prepared itself. */
	if (!began_ms)
		began_ms = now_ms();
	if (over) {
		end_replay();
	} else {
		give_input(&in);
		inputs++;
	}
	if (send(asked, &in, sizeof(in), MSG_NOSIGNAL) != sizeof(in))
		return;		/* it has ended, which is seen elsewhere */
	if (over)
		stop_replay();
}

static void say_how_far(void)
{
	uint64_t now = now_ms();

	if (now - said_ms < SAY_MS)
		return;
	said_ms = now;
	say("service %u: replay: %llu %%", service,
	    (unsigned long long)(reader.end.at * 100 / log_len));
}

/* It may have ended one direction, and read on. */
static void look_at(struct played *p, uint32_t events)
{
	if (!drain(p))
		return;
	if (events & (EPOLLHUP | EPOLLERR))
		shut(&p->fd);
	else if (p->fd >= 0)
		epoll_ctl(epoll, EPOLL_CTL_DEL, p->fd, NULL);
}

void player_step(void)
{
	struct epoll_event events[32];
	bool asks = false;
	ssize_t n = -1;
	char byte;
	int i;

	if (asked < 0)
		return;
	i = epoll_wait(epoll, events, 32, 0);
	while (i-- > 0) {
		if (events[i].data.u32)
			look_at(&played[events[i].data.u32 - 1], events[i].events);
		else
			asks = true;
	}
	if (asks)
		n = recv(asked, &byte, 1, MSG_DONTWAIT);
	if (n > 0 && byte == TAPE_UNREAD)
		diverged("waits for something else, and does not take the input that comes next");
	else if (n > 0)
		answer();
	else if (!n)
		stop_replay();	/* the program has ended, which is seen elsewhere */
	if (asked >= 0)
		say_how_far();
}

/* ---- for others ---- */

int player_log(uint64_t *len)
{
	const struct timespec moment = { .tv_nsec = 1000000 };
	uint64_t until = now_ms() + BUSY_MS;

	while (__atomic_load_n(&page->busy, __ATOMIC_SEQ_CST) && now_ms() < until)
		nanosleep(&moment, NULL);
	if (page->busy)
		say("service %u: the program does not come to an end with its input", service);
	if (page->busy || __atomic_load_n(&page->given_up, __ATOMIC_ACQUIRE))
		return -1;
	*len = page->end.at;
	return fcntl(log_fd, F_DUPFD_CLOEXEC, 0);
}

void player_stop(void)
{
	stop_replay();
	shut(&log_fd);
}
