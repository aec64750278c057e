/* SPDX-License-Identifier: GPL-2.0 */
/*
 * A member on this head that takes part in the transfer of its service's state.
 *
 * Who gives the state to whom, and when that is over, the core says with the
 * messages (core/transfer.h). Here pieces wait until the member has read them, and
 * messages behind the snapshot until it has read the last piece and the order
 * knows so; what it has read is told; and the state is asked for, once and again,
 * while the member lacks it.
 *
 * A member that lacks the state holds nobody up. So it may fall behind, and then
 * what was kept for it is dropped, and the transfer begins anew for it.
 *
 * All calls are made with the service locked.
 */
#ifndef SAMR_INSTALL_H
#define SAMR_INSTALL_H

#include "log.h"

struct samr_local;
struct samr_service;
struct samr_submit;

/* In samr_local.want. */
#define SAMR_WANT_SNAPSHOT	(1U << SAMR_KIND_SNAPSHOT)
#define SAMR_WANT_READ		(1U << SAMR_KIND_READ)

/* Messages may be kept for a member that installs up to so many of its windows. */
#define SAMR_INSTALL_WINDOWS	4

/* When donors could not give the state for so long streams end, lest it is never given. */
#define SAMR_INSTALL_PATIENCE	(10 * HZ)

/* Reading is told each time that so many bytes were read. */
#define SAMR_INSTALL_TELL	(256U << 10)

/**
 * struct samr_install - in struct samr_local
 * @on: it takes part
 * @keeps: streams shall go on with the state
 * @failed_at: when a donor could not give it for the first time, jiffies; 0: none has
 * @later_at: it is not asked for before, jiffies; 0: at once
 * @lacks: it lacks the state
 * @id: of the transfer that it receives; 0: none
 * @given_up: the last one that it has given up
 * @asking: a SNAPSHOT of it is on its way
 * @telling: likewise a READ
 * @read: place of the last piece that it has read
 * @last: place of the LAST piece, once that was read
 * @untold: bytes read that were not told
 * @pieces: its place in samr_service.pieces
 * @view: change of the members that it has not read, with a reference, or NULL;
 *	only while it receives no transfer, or of before that one began
 */
struct samr_install {
	bool on;
	bool keeps;
	unsigned long failed_at;
	unsigned long later_at;
	bool lacks;
	u64 id;
	u64 given_up;
	bool asking;
	bool telling;
	u64 read;
	u64 last;
	u64 untold;
	struct samr_reader pieces;
	struct samr_msg *view;
};

/** samr_install_init - it takes no part */
void samr_install_init(struct samr_local *l);

/**
 * samr_install_joined - its JOIN has its place
 * @l: member that takes part
 * @msg: the JOIN
 *
 * Return: whether it lacks the state; if not it reads as any other.
 */
bool samr_install_joined(struct samr_local *l, struct samr_msg *msg);

/** samr_install_settle - its own SNAPSHOT or READ was delivered, or dropped */
void samr_install_settle(struct samr_local *l, const struct samr_msg *msg,
			 struct list_head *free);

/** samr_install_end - if it lacks the state, it reads no further */
void samr_install_end(struct samr_local *l, struct list_head *free);

/** samr_install_deliver - a message, BEFORE it goes into a log */
void samr_install_deliver(struct samr_service *svc, struct samr_msg *msg,
			  struct list_head *free);

/** samr_install_limit - and AFTER that: who has fallen behind begins anew */
void samr_install_limit(struct samr_service *svc, struct list_head *free);

/** samr_install_front - what @l, which lacks the state, is to read next, or NULL */
struct samr_msg *samr_install_front(const struct samr_local *l);

/** samr_install_pass - it has read that */
void samr_install_pass(struct samr_local *l, const struct samr_msg *msg,
		       struct list_head *free);

/** samr_install_fill - a SNAPSHOT or a READ is going to be submitted */
void samr_install_fill(struct samr_local *l, struct samr_submit *s);

/** samr_install_waits - for so long, jiffies, the state is not to be asked for; 0: it may be */
unsigned long samr_install_waits(const struct samr_local *l);

/** samr_install_refused - and was not taken: it stays wanted */
void samr_install_refused(struct samr_local *l, u8 kind);

/** samr_install_wake - the reader of pieces has something to read */
void samr_install_wake(struct samr_reader *r);

#endif /* SAMR_INSTALL_H */
