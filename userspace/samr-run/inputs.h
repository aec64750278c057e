/* SPDX-License-Identifier: GPL-2.0 */
/*
 * What the program takes in, with --replay: record.c keeps a log of it, replay.c gives it what is
 * in a log first. inputs.c has the functions by which it does, and knows the connections.
 */
#ifndef SAMR_RUN_INPUTS_H
#define SAMR_RUN_INPUTS_H

#include <linux/samr.h>
#include <stdbool.h>
#include <stdint.h>
#include <sys/types.h>
#include <sys/socket.h>

/**
 * struct connection - one that was accepted
 * @number: in the log
 * @client: whose it is
 * @replayed: it is a pair of sockets, not a stream
 * @ended: its end was read
 * @unknown: not all that is written is seen here
 * @written: bytes
 * @digest: of these
 * @marked: bytes that the log knows the digest of
 */
struct connection {
	uint32_t number;
	struct sockaddr_samr client;
	bool replayed;
	bool ended;
	bool unknown;
	uint32_t digest;
	uint64_t written;
	uint64_t marked;
};

/** inputs_begin - the program is about to listen */
void inputs_begin(void);

/** inputs_go_live - the log is over: from now on it is written on */
void inputs_go_live(void);

/** inputs_accepted - @fd is a new connection */
void inputs_accepted(int fd, const struct sockaddr_samr *client, bool replayed);

/** inputs_connection - what @fd is; NULL: something else, or nobody wants to know */
struct connection *inputs_connection(int fd);

/** inputs_real - receive without any of this */
ssize_t inputs_real(int fd, struct msghdr *msg, int flags);

/** inputs_waits - would a call with these flags wait? */
bool inputs_waits(int fd, int flags);

/* ---- record.c ---- */

/** record_begin - @tape is at @page, @log its file */
struct tape;
void record_begin(struct tape *page, int log);

/** record_give_up - nothing is kept any more: why */
void record_give_up(const char *why);

/** record_busy - what is taken from now on is waited for by whoever reads the log; or no more */
void record_busy(bool busy);

/** record_wait - for something to accept, if a call to do so would; false with errno */
bool record_wait(int fd);

void record_accept(const struct connection *c);
ssize_t record_receive(int fd, struct connection *c, struct msghdr *msg, int flags);
void record_end(struct connection *c, int error);
void record_sent(struct connection *c, const struct iovec *iov, size_t count, size_t len);
void record_close(int fd, struct connection *c);

/* ---- replay.c ---- */

/** replay_begin - by the socket @ask, with @listener instead of the real one */
void replay_begin(int ask, int listener);

/** replay_is_on - there may be more in the log */
bool replay_is_on(void);

/** replay_time - of what was taken last; false: nothing was replayed */
bool replay_last(uint64_t *time, uint64_t *place);

/** replay_listener - a descriptor for bind(); -1 with errno */
int replay_listener(void);

/** replay_listens - is it that? */
bool replay_listens(int fd);

/** replay_accept - as accept4(); -1 with ECHILD: the log is over, ask the real socket */
int replay_accept(int fd, struct sockaddr_samr *client, int flags);

ssize_t replay_receive(int fd, struct connection *c, struct msghdr *msg, int flags);
void replay_close(const struct connection *c);

/**
 * enum replay_step - what came of asking for input
 * @REPLAY_GIVEN: there is one
 * @REPLAY_BUSY: another thread has not read the last one
 * @REPLAY_OVER: from now on the kernel is asked
 */
enum replay_step {
	REPLAY_GIVEN,
	REPLAY_BUSY,
	REPLAY_OVER,
};

enum replay_step replay_step(void);

/* ---- sockets.c ---- */

/** sockets_go_live - the real socket takes the place of the one that stood for it */
void sockets_go_live(void);

#endif /* SAMR_RUN_INPUTS_H */
