/* SPDX-License-Identifier: GPL-2.0 */
/*
 * A service that runs on one of two heads, on data of a DRBD device: when it is
 * started here, when it is stopped, and what must be known before.
 *
 * A machine without input, output, clock or memory of its own, one for each such
 * service. Facts and the time come in, what is to be run comes out:
 *
 *	standby_step(s, &event, &out);
 *	do what is in @out; wake up at standby_deadline(s) at the latest, with TIME.
 *
 * Up it goes by PRIMARY, MOUNT, START; down by STOP, UMOUNT, SECONDARY. One step
 * runs at a time, and ends in a DONE. Each may be run again when it was done
 * already, and changes nothing then.
 *
 * What it holds to, whatever happens:
 *
 *	- PRIMARY is run only on the elected head, as a full member of a view in
 *	  force, and only when it is known that the other head does not have the
 *	  data: DRBD is connected and the other one is secondary, or its data are
 *	  known to be outdated, or its power is confirmed to be off;
 *	- SECONDARY is run only when STOP and UMOUNT have gone well before, and when
 *	  it fails they are run again: what was killed at its deadline on the way up may
 *	  have come to its end since;
 *	- going up is given up after STANDBY_TRIES failures, and all is taken down
 *	  again; going down is never given up.
 *
 * There is a gap between what DRBD says and the end of PRIMARY, in which the
 * connection may break. That gap is DRBD's: with "fencing resource-and-stonith"
 * it does not become primary without a connection before its fence-peer handler,
 * samr-fence-peer(8), has said that the other head is dead.
 */
#ifndef SAMRD_STANDBY_H
#define SAMRD_STANDBY_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#define STANDBY_TRIES		3	/* in a row, until going up is given up */
#define STANDBY_RETRY_NS	1000000000ULL	/* doubled with each failure */
#define STANDBY_RETRY_MAX_NS	30000000000ULL
#define STANDBY_PATIENCE_NS	30000000000ULL	/* until waiting is an alert */
#define STANDBY_NEVER		UINT64_MAX

enum standby_run {
	STANDBY_PRIMARY,
	STANDBY_MOUNT,
	STANDBY_START,
	STANDBY_STOP,
	STANDBY_UMOUNT,
	STANDBY_SECONDARY,
	STANDBY_RUNS,
};

/**
 * enum standby_stand - how this head stands in the cluster
 * @STANDBY_OUT: in no view, or without a vote: nothing may run here
 * @STANDBY_HOLD: in a view that orders nothing now: all stays as it is
 * @STANDBY_MEMBER: a full member of a view in force
 */
enum standby_stand {
	STANDBY_OUT,
	STANDBY_HOLD,
	STANDBY_MEMBER,
};

/**
 * struct standby_facts - all that is known
 * @stand: see there
 * @elected: the service belongs on this head
 * @dead: the power of the other head was confirmed to be off, and it has not been
 *	heard since
 * @known: DRBD has said all that follows
 * @exists: the resource is up here
 * @primary: own role
 * @usable: own data are good enough to become primary
 * @connected: to the other head, so that what DRBD says of it holds now
 * @peer_primary: its role
 * @peer_outdated: its data are known not to be good
 */
struct standby_facts {
	enum standby_stand stand;
	bool elected;
	bool dead;
	bool known;
	bool exists;
	bool primary;
	bool usable;
	bool connected;
	bool peer_primary;
	bool peer_outdated;
};

/**
 * enum standby_event_type - what is known now
 * @STANDBY_EV_TIME: nothing but the time
 * @STANDBY_EV_FACTS: the facts, all of them; again whenever one has changed
 * @STANDBY_EV_DONE: what was run has ended
 * @STANDBY_EV_AGAIN: the admin wants another try
 * @STANDBY_EV_QUIT: the daemon ends, nothing shall run here afterwards
 */
enum standby_event_type {
	STANDBY_EV_TIME,
	STANDBY_EV_FACTS,
	STANDBY_EV_DONE,
	STANDBY_EV_AGAIN,
	STANDBY_EV_QUIT,
};

/**
 * struct standby_event
 * @type: see there
 * @now: monotonic ns; never runs backwards
 * @facts: FACTS: copied
 * @ok: DONE: it went well
 */
struct standby_event {
	enum standby_event_type type;
	uint64_t now;
	const struct standby_facts *facts;
	bool ok;
};

/**
 * enum standby_state - how the service stands here
 * @STANDBY_UNKNOWN: nothing is known yet
 * @STANDBY_IDLE: it does not run here, and need not
 * @STANDBY_WAITING: it belongs here, and something is in the way
 * @STANDBY_STARTING: on its way up
 * @STANDBY_ACTIVE: it runs here
 * @STANDBY_STOPPING: on its way down
 * @STANDBY_STUCK: the same, and steps of it have failed STANDBY_TRIES times
 * @STANDBY_FAILED: it belongs here, could not be started, and is down
 */
enum standby_state {
	STANDBY_UNKNOWN,
	STANDBY_IDLE,
	STANDBY_WAITING,
	STANDBY_STARTING,
	STANDBY_ACTIVE,
	STANDBY_STOPPING,
	STANDBY_STUCK,
	STANDBY_FAILED,
};

/**
 * enum standby_wait - what is in the way of a start
 * @STANDBY_WAIT_NONE: nothing
 * @STANDBY_WAIT_DRBD: DRBD has not said how it stands
 * @STANDBY_WAIT_DOWN: the resource is not up
 * @STANDBY_WAIT_PRIMARY: the other head is primary
 * @STANDBY_WAIT_PROOF: nobody knows what the other head does: it has to be
 *	connected, or its power confirmed to be off
 * @STANDBY_WAIT_DATA: the data here are not good
 * @STANDBY_WAIT_VIEW: the view orders nothing now
 */
enum standby_wait {
	STANDBY_WAIT_NONE,
	STANDBY_WAIT_DRBD,
	STANDBY_WAIT_DOWN,
	STANDBY_WAIT_PRIMARY,
	STANDBY_WAIT_PROOF,
	STANDBY_WAIT_DATA,
	STANDBY_WAIT_VIEW,
};

/**
 * enum standby_alert - what an admin ought to know
 * @STANDBY_ALERT_NONE: nothing
 * @STANDBY_ALERT_ACTIVE: it runs here now
 * @STANDBY_ALERT_WAITS: it waits for longer than STANDBY_PATIENCE_NS
 * @STANDBY_ALERT_FAILED: it could not be started here, and all is down again
 * @STANDBY_ALERT_STUCK: it cannot be stopped here
 * @STANDBY_ALERT_LOST: it ran here, and DRBD is not primary any more
 */
enum standby_alert {
	STANDBY_ALERT_NONE,
	STANDBY_ALERT_ACTIVE,
	STANDBY_ALERT_WAITS,
	STANDBY_ALERT_FAILED,
	STANDBY_ALERT_STUCK,
	STANDBY_ALERT_LOST,
};

/**
 * struct standby_out - what is to be done
 * @run: something is: @what. Ends in a DONE event
 * @what: see there
 * @prove: whether it is wanted now that somebody finds out, and sees to it, that
 *	the other head is off
 * @alert: tell the admin
 */
struct standby_out {
	bool run;
	enum standby_run what;
	bool prove;
	enum standby_alert alert;
};

/**
 * struct standby - one service; its fields are standby.c's
 * @state: see there
 * @wait: while WAITING, or STARTING and held up
 * @has: steps that there are for this service, a bit each
 * @facts: what was told last
 * @running: a step runs
 * @what: that step, or the next one
 * @quit: it shall be down
 * @gave_up: on the way down since going up has failed
 * @ours: PRIMARY was run since SECONDARY went well: what DRBD has said may be old
 * @seen: DRBD has said since then that this head is primary
 * @failed: on the way up or down
 * @retry_at: not before
 * @since: of @state
 * @alerted: of this waiting
 * @now: the time
 */
struct standby {
	enum standby_state state;
	enum standby_wait wait;
	unsigned int has;
	struct standby_facts facts;
	bool running;
	enum standby_run what;
	bool quit;
	bool gave_up;
	bool ours;
	bool seen;
	unsigned int failed;
	uint64_t retry_at;
	uint64_t since;
	bool alerted;
	uint64_t now;
};

/**
 * standby_init - a service of which nothing is known
 * @mount: it has a file system
 * @start: it has something to start
 */
void standby_init(struct standby *s, bool mount, bool start);

/** standby_step - something is known; @out is overwritten */
void standby_step(struct standby *s, const struct standby_event *ev,
		  struct standby_out *out);

/** standby_deadline - monotonic ns at which TIME is wanted; STANDBY_NEVER */
uint64_t standby_deadline(const struct standby *s);

/** standby_is_down - nothing of it is here */
bool standby_is_down(const struct standby *s);

/** standby_*_word - for JSON and logs; standby_wait_text, _alert_text: for people */
const char *standby_state_word(enum standby_state state);
const char *standby_run_word(enum standby_run what);
const char *standby_wait_word(enum standby_wait wait);
const char *standby_wait_text(enum standby_wait wait);
const char *standby_alert_word(enum standby_alert alert);
const char *standby_alert_text(enum standby_alert alert);

#endif /* SAMRD_STANDBY_H */
