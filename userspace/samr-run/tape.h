/* SPDX-License-Identifier: GPL-2.0 */
/*
 * What samr-run and libsamr-run.so, in its program, have in common for --replay: a page, and
 * what they say to each other while the program is given its input from a log.
 *
 * The program asks for input when it would wait for some, and is given one: it is put where
 * the program reads it, and then told. Connections come by a pair of sockets that stands for the one
 * that listens, each the end of a pair itself. A program that waits for something else, and leaves what it was
 * given unread, says so instead.
 */
#ifndef SAMR_RUN_TAPE_H
#define SAMR_RUN_TAPE_H

#include <stdint.h>

#include "log.h"

/*
 * The variable: the process, and descriptors of the page, the log, the socket to ask by, and the
 * one that stands for the listening one; the last two -1: nothing is replayed.
 */
#define REPLAY_VARIABLE	"SAMR_RUN_REPLAY"

/**
 * struct tape - the page; what the program has is written by it, once nothing is replayed any more
 * @end: of the log
 * @bound: of its length
 * @busy: inputs that were taken, it may be, and are not in the log yet
 * @given_up: there is no log any more
 */
struct tape {
	struct log_end end;
	uint64_t bound;
	uint32_t busy;
	uint32_t given_up;
};

/** enum tape_question - a byte: the next input, or that the last one is not read */
enum tape_question {
	TAPE_NEXT = 'n',
	TAPE_UNREAD = 'u',
};

/**
 * struct tape_input - the answer
 * @type: LOG_ACCEPT, LOG_READ, LOG_END; or LOG_LAST: there are no more
 * @connection: of it
 * @error: of END
 * @len: of READ
 * @place: from when on it is read
 * @time: likewise
 */
struct tape_input {
	uint32_t type;
	uint32_t connection;
	int32_t error;
	uint32_t len;
	uint64_t place;
	uint64_t time;
};

/** struct tape_client - comes with a connection */
struct tape_client {
	uint64_t node;
	uint32_t port;
	uint32_t connection;
};

#endif /* SAMR_RUN_TAPE_H */
