// SPDX-License-Identifier: GPL-2.0
/*
 * A program is given what is in a log before anything comes from the group: by samr-run (player.c),
 * one input after the other, each when the program has read the one before and comes back for
 * more, as the kernel does it in lock-step. Its connections are pairs of sockets meanwhile, and it
 * reads, writes and waits as ever; time and place are those at which each input was read.
 */
#define _GNU_SOURCE
#include "preload.h"

#include <errno.h>
#include <fcntl.h>
#include <poll.h>
#include <pthread.h>
#include <string.h>
#include <sys/stat.h>
#include <time.h>
#include <unistd.h>

#include "inputs.h"
#include "tape.h"

/*
 * Who waits for something else, and does not read, has so long to do so. Time in which nobody
 * asks, as of a program that was stopped, is no more than a pause.
 */
#define UNREAD_MS	10000
#define PAUSE_MS	100

static pthread_mutex_t lock = PTHREAD_MUTEX_INITIALIZER;
static bool is_on;
static int ask_by = -1, stand_in = -1;
static ino_t listens;		/* inode of the stand-in */
static struct tape_input input;	/* the last one */
static bool unread;		/* it, or a part of it */
static uint64_t unread_ms, looked_ms;
static uint64_t last_time, last_place;

void replay_begin(int ask, int listener)
{
	struct stat s;

	ask_by = ask;
	stand_in = listener;
	fcntl(ask, F_SETFD, FD_CLOEXEC);
	if (!fstat(listener, &s))
		listens = s.st_ino;
	__atomic_store_n(&is_on, true, __ATOMIC_RELEASE);
}

bool replay_is_on(void)
{
	return __atomic_load_n(&is_on, __ATOMIC_ACQUIRE);
}

bool replay_last(uint64_t *time, uint64_t *place)
{
	*time = __atomic_load_n(&last_time, __ATOMIC_RELAXED);
	*place = __atomic_load_n(&last_place, __ATOMIC_RELAXED);
	return listens;
}

int replay_listener(void)
{
	int fd = stand_in;

	stand_in = -1;
	if (fd < 0)
		errno = EADDRINUSE;
	return fd;
}

bool replay_listens(int fd)
{
	int before = errno;
	struct stat s;
	bool yes = replay_is_on() && !fstat(fd, &s) && S_ISSOCK(s.st_mode) &&
		   s.st_ino == listens;

	errno = before;
	return yes;
}

/* There is no program without what started it. */
static void get_input(enum tape_question question)
{
	const char byte = (char)question;
	ssize_t n;

	do
		n = REAL(send)(ask_by, &byte, 1, MSG_NOSIGNAL);
	while (n < 0 && errno == EINTR);
	do
		n = n < 0 ? n : REAL(recv)(ask_by, &input, sizeof(input), 0);
	while (n < 0 && errno == EINTR);
	if (n != sizeof(input))
		_exit(NO_STATE);
}

static uint64_t now_ms(void)
{
	struct timespec t;

	REAL(clock_gettime)(CLOCK_MONOTONIC, &t);
	return (uint64_t)t.tv_sec * 1000 + (uint64_t)t.tv_nsec / 1000000;
}

static void look_unread(void)
{
	uint64_t now = now_ms(), passed = now - looked_ms;

	looked_ms = now;
	unread_ms += passed < PAUSE_MS ? passed : PAUSE_MS;
	/* There is no answer to that but the end. */
	if (unread_ms >= UNREAD_MS)
		get_input(TAPE_UNREAD);
}

enum replay_step replay_step(void)
{
	enum replay_step step = REPLAY_GIVEN;
	int before = errno;

	pthread_mutex_lock(&lock);
	if (!replay_is_on()) {
		step = REPLAY_OVER;
	} else if (unread) {
		step = REPLAY_BUSY;
		look_unread();
	} else {
		get_input(TAPE_NEXT);
		unread_ms = 0;
		unread = input.type != LOG_LAST;
		if (!unread) {
			step = REPLAY_OVER;
			inputs_go_live();
			close(ask_by);
			__atomic_store_n(&is_on, false, __ATOMIC_RELEASE);
		}
	}
	pthread_mutex_unlock(&lock);
	errno = before;
	return step;
}

/* The program has @len bytes of the input, or has heard of it. */
static void took(uint32_t type, uint32_t connection, size_t len)
{
	pthread_mutex_lock(&lock);
	if (unread && input.type == type && input.connection == connection) {
		__atomic_store_n(&last_time, input.time, __ATOMIC_RELAXED);
		__atomic_store_n(&last_place, input.place, __ATOMIC_RELAXED);
		input.len -= len < input.len ? (uint32_t)len : input.len;
		unread_ms = 0;
		unread = input.len;
	}
	pthread_mutex_unlock(&lock);
}

void replay_close(const struct connection *c)
{
	pthread_mutex_lock(&lock);
	if (unread && input.type != LOG_ACCEPT && input.connection == c->number)
		unread = false;
	pthread_mutex_unlock(&lock);
}

/* Nothing is there. Return: may there be something now? */
static bool come_back(int fd, bool waits)
{
	struct pollfd p = { .fd = fd, .events = POLLIN };

	switch (replay_step()) {
	case REPLAY_OVER:
		return waits;
	case REPLAY_BUSY:
		if (waits)
			REAL(poll)(&p, 1, 2);
		return waits;
	default:
		return waits;
	}
}

/* ---- connections ---- */

static int take_connection(int fd, struct tape_client *from, int flags)
{
	union {
		char bytes[CMSG_SPACE(sizeof(int))];
		struct cmsghdr align;
	} control;
	struct iovec iov = { from, sizeof(*from) };
	struct msghdr msg = {
		.msg_iov = &iov, .msg_iovlen = 1,
		.msg_control = &control, .msg_controllen = sizeof(control),
	};
	int how = MSG_DONTWAIT | (flags & SOCK_CLOEXEC ? MSG_CMSG_CLOEXEC : 0), new;
	struct cmsghdr *c;
	ssize_t n = inputs_real(fd, &msg, how);

	if (n < 0)
		return -1;
	c = CMSG_FIRSTHDR(&msg);
	if (n != sizeof(*from) || !c || c->cmsg_type != SCM_RIGHTS) {
		errno = n ? EMFILE : EAGAIN;
		return -1;
	}
	memcpy(&new, CMSG_DATA(c), sizeof(new));
	if (flags & SOCK_NONBLOCK)
		fcntl(new, F_SETFL, O_NONBLOCK);
	return new;
}

int replay_accept(int fd, struct sockaddr_samr *client, int flags)
{
	bool waits = inputs_waits(fd, 0);
	struct tape_client from;
	int new;

	while (replay_listens(fd)) {
		new = take_connection(fd, &from, flags);
		if (new >= 0) {
			*client = (struct sockaddr_samr){
				.family = AF_SAMR, .node = from.node, .port = from.port,
			};
			took(LOG_ACCEPT, from.connection, 0);
			inputs_accepted(new, client, true);
			return new;
		}
		if (errno != EAGAIN)
			return -1;
		if (!come_back(fd, waits)) {
			errno = EAGAIN;
			return -1;
		}
	}
	errno = ECHILD;
	return -1;
}

/* ---- bytes ---- */

static bool has_room(const struct msghdr *msg)
{
	size_t i;

	for (i = 0; i < (size_t)msg->msg_iovlen; i++)
		if (msg->msg_iov[i].iov_len)
			return true;
	return false;
}

/* The end of a connection, as it was told then. */
static ssize_t take_end(struct connection *c)
{
	bool in_log = replay_is_on();
	int error = 0;

	if (c->ended)
		return 0;
	if (in_log && input.type == LOG_END && input.connection == c->number)
		error = input.error;
	took(LOG_END, c->number, 0);
	if (!in_log)
		record_end(c, 0);
	c->ended = true;
	errno = error;
	return error ? -1 : 0;
}

ssize_t replay_receive(int fd, struct connection *c, struct msghdr *msg, int flags)
{
	bool waits = inputs_waits(fd, flags);
	ssize_t n;

	for (;;) {
		bool in_log = replay_is_on();

		n = inputs_real(fd, msg, in_log ? flags | MSG_DONTWAIT : flags);
		if (flags & MSG_PEEK && n >= 0)
			return n;
		if (n > 0)
			took(LOG_READ, c->number, (size_t)n);
		if (n > 0 || (!n && !has_room(msg)))
			return n;
		if (!n || errno == ECONNRESET)
			return take_end(c);
		if (errno != EAGAIN || !in_log)
			return -1;
		if (!come_back(fd, waits)) {
			errno = EAGAIN;
			return -1;
		}
	}
}
