/* SPDX-License-Identifier: GPL-2.0 */
/*
 * One head's part in the replicated database: sends units, receives the order,
 * executes it.
 *
 * When this head was put out of the cluster, or has left it, it joins again by
 * itself, and takes the database that the others have then. What it has not sent
 * is sent then; of what it has sent and not seen in the order nobody can tell.
 *
 * Units are not sent one at a time: some messages may be under way at once, and
 * what is submitted meanwhile goes together into the next one. So a message
 * carries one unit when there is little to do and many when there is much, and
 * no unit waits for another to come.
 */
#ifndef SAMR_SQL_SESSION_H
#define SAMR_SQL_SESSION_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include "apply.h"
#include "peers.h"
#include "print.h"

struct samr_session;

/**
 * typedef samr_session_result_fn - a unit of this head has been executed
 * @arg: of the config
 * @line: what samr_session_submit() was given
 * @unit: it; valid during the call
 */
typedef void samr_session_result_fn(void *arg, unsigned long line,
				    const struct samr_apply_unit *unit);

/**
 * typedef samr_session_check_fn - the answer to samr_session_check()
 * @arg: of the config
 * @heads: how many compared
 * @digest: of this head's database at that place
 * @equal: all are equal
 */
typedef void samr_session_check_fn(void *arg, unsigned int heads,
				   const uint8_t *digest, bool equal);

/**
 * typedef samr_session_lost_fn - there will be no answer to some own units
 * @arg: of the config
 * @first: what samr_session_submit() was given with the first one
 * @last: with the last one
 * @count: how many
 *
 * They have been executed by the others, or not.
 */
typedef void samr_session_lost_fn(void *arg, unsigned long first,
				  unsigned long last, size_t count);

/**
 * struct samr_session_config - how to take part
 * @service: id of the service
 * @heads: how many begin together
 * @batch: most units in a message
 * @window: most messages under way
 * @agreed: send AGREED: a result may be shown before enough heads hold the unit
 * @db: the database
 * @print: how rows of own units are shown
 * @result: see there
 * @check: see there
 * @lost: see there
 * @note: takes a sentence for the user about what happens around us
 * @arg: for the four
 */
struct samr_session_config {
	uint32_t service;
	unsigned int heads;
	unsigned int batch;
	unsigned int window;
	bool agreed;
	struct samr_apply_config db;
	const struct samr_print *print;
	samr_session_result_fn *result;
	samr_session_check_fn *check;
	samr_session_lost_fn *lost;
	void (*note)(void *arg, const char *text);
	void *arg;
};

enum samr_session_state {
	SAMR_SESSION_WAITING,	/* for the other heads */
	SAMR_SESSION_RUNNING,
	SAMR_SESSION_ENDED,	/* all heads had no more to say */
	SAMR_SESSION_REFUSED,	/* may not take part, see samr_session_error() */
	SAMR_SESSION_BROKEN,	/* cannot go on, see samr_session_error() */
};

/**
 * struct samr_session_stats - what was done
 * @units: executed
 * @rows: changed by them
 * @own: units of this head that were executed
 * @own_rows: rows changed by them
 * @failed: units of this head that failed
 * @messages: of this head
 * @position: in the order, of what was executed last
 * @gap_ns: the longest time in which nothing was received, while something of
 *	this head was under way
 * @seconds: since the beginning, until the last unit executed
 */
struct samr_session_stats {
	unsigned long long units;
	unsigned long long rows;
	unsigned long long own;
	unsigned long long own_rows;
	unsigned long long failed;
	unsigned long long messages;
	uint64_t position;
	int64_t gap_ns;
	double seconds;
};

/**
 * samr_session_open - open the database and join
 * @out: filled in, also on failure; samr_session_close() frees it
 * @cfg: copied; what it points to stays
 *
 * Return: true, or false: see samr_session_error().
 */
bool samr_session_open(struct samr_session **out,
		       const struct samr_session_config *cfg);

/** samr_session_close - leave and close; NULL is allowed */
void samr_session_close(struct samr_session *s);

/** samr_session_fd - file descriptor to wait for */
int samr_session_fd(const struct samr_session *s);

/** samr_session_events - poll(2) events to wait for on it */
short samr_session_events(const struct samr_session *s);

/**
 * samr_session_step - send and receive what is possible now
 *
 * Never waits. Return: the state.
 */
enum samr_session_state samr_session_step(struct samr_session *s);

/**
 * samr_session_more - call samr_session_step() again without waiting
 *
 * The library may keep what it has read already, and then poll(2) does not know.
 */
bool samr_session_more(const struct samr_session *s);

/** samr_session_send - send what is possible now; errors show in the next step */
void samr_session_send(struct samr_session *s);

/** samr_session_full - wait with samr_session_submit() */
bool samr_session_full(const struct samr_session *s);

/**
 * samr_session_submit - a unit for all heads
 * @s: session; running, not full
 * @sql: its text; copied
 * @len: its length
 * @line: for the result
 *
 * Return: NULL, or why it cannot be sent; the text is static.
 */
const char *samr_session_submit(struct samr_session *s, const char *sql,
				size_t len, unsigned long line);

/** samr_session_pending - own units that were not executed yet */
size_t samr_session_pending(const struct samr_session *s);

/** samr_session_bye - no more units will be submitted */
void samr_session_bye(struct samr_session *s);

/** samr_session_check - compare all heads' databases at one place */
void samr_session_check(struct samr_session *s);

/** samr_session_diverged - some comparison found a difference */
bool samr_session_diverged(const struct samr_session *s);

/** samr_session_apply - the database */
struct samr_apply *samr_session_apply(struct samr_session *s);

/** samr_session_taking - the database is on its way to this head */
bool samr_session_taking(const struct samr_session *s);

/** samr_session_peers - who takes part */
const struct samr_peers *samr_session_peers(const struct samr_session *s);

/** samr_session_stats - copied out */
void samr_session_stats(const struct samr_session *s,
			struct samr_session_stats *st);

/**
 * samr_session_latency - time from sending an own message to receiving it
 * @s: session
 * @permille: 0: the shortest; 500: half took no longer; 1000: the longest, of
 *	the newest 65536
 *
 * Return: microseconds, or a negative number when none was sent.
 */
double samr_session_latency(const struct samr_session *s,
			    unsigned int permille);

/** samr_session_error - why the state is what it is */
const char *samr_session_error(const struct samr_session *s);

#endif
