/* SPDX-License-Identifier: GPL-2.0 */
/*
 * Who takes part.
 *
 * The heads begin together: each view makes every waiting member say HELLO, with
 * all that must be equal. The place of the last HELLO of a view that has at least
 * the wanted number of members is the beginning; all see it at the same place.
 * Who comes later takes part from the place of its HELLO on, or is refused there.
 *
 * A member that comes to others has nothing of what was said before: it is given
 * this together with the database.
 *
 * A head that has no more to say says BYE and goes on executing. When all that
 * are still there have said so, all stop, again at the same place.
 *
 * A state machine without input and output of its own: fed with what is
 * received, it answers what is to be done.
 */
#ifndef SAMR_SQL_PEERS_H
#define SAMR_SQL_PEERS_H

#include <stdbool.h>
#include <stdint.h>
#include <samr/samr.h>
#include "batch.h"

#define SAMR_PEERS_MAX		SAMR_HEADS

/* What is to be done; several may be set. */
#define SAMR_PEERS_HELLO	(1U << 0)	/* send HELLO for @view */
#define SAMR_PEERS_REFUSE	(1U << 1)	/* send REFUSAL to @stranger */
#define SAMR_PEERS_STARTED	(1U << 2)	/* this head takes part from here on */
#define SAMR_PEERS_RUN		(1U << 3)	/* do what the message says */
#define SAMR_PEERS_ENDED	(1U << 4)	/* stop: nothing behind this counts */
#define SAMR_PEERS_FAILED	(1U << 5)	/* stop: @error says why */
#define SAMR_PEERS_CHANGED	(1U << 6)	/* others came or went */

enum samr_peers_state {
	SAMR_PEERS_NEW,			/* no view yet */
	SAMR_PEERS_LACKING,		/* will be told by others */
	SAMR_PEERS_WAITING,
	SAMR_PEERS_RUNNING,
	SAMR_PEERS_OVER,
};

/**
 * struct samr_peers_one - a member that waits or takes part
 * @node: its head
 * @incarnation: of that head
 * @port: its number there
 * @since: takes part from this place on, once it has begun
 * @hello: has said HELLO in this view
 * @bye: has said BYE
 * @gone: is not in the view any more
 */
struct samr_peers_one {
	uint64_t node;
	uint64_t incarnation;
	uint32_t port;
	uint64_t since;
	bool hello;
	bool bye;
	bool gone;
};

/**
 * struct samr_peers - who takes part
 * @state: where we stand
 * @own: what our HELLO says, but for its view; its env is the caller's
 * @self_node: this head
 * @self_port: this member's number
 * @self_incarnation: of this head
 * @view: id of the view in force
 * @start: place of the beginning
 * @in: this member takes part
 * @count: of @one
 * @one: by seniority
 * @stranger: whom to refuse; its text is @why
 * @error: a sentence
 */
struct samr_peers {
	enum samr_peers_state state;
	struct samr_batch_hello own;
	uint64_t self_node;
	uint32_t self_port;
	uint64_t self_incarnation;
	uint64_t view;
	uint64_t start;
	bool in;
	unsigned int count;
	struct samr_peers_one one[SAMR_PEERS_MAX];
	struct samr_batch_refusal stranger;
	char why[400];
	char error[512];
};

/**
 * samr_peers_init - nobody is known yet
 * @p: filled in
 * @own: copied, but not its env, which must stay
 */
void samr_peers_init(struct samr_peers *p, const struct samr_batch_hello *own);

/**
 * samr_peers_lack - other members have the state
 * @p: no view was received yet
 */
void samr_peers_lack(struct samr_peers *p);

/** samr_peers_save - what a member that comes later must know; false: no memory */
bool samr_peers_save(const struct samr_peers *p, struct samr_batch_buf *out);

/**
 * samr_peers_check - can this member take part with those of which it is told?
 * @p: peers
 * @data: made by samr_peers_save() there
 * @len: its length
 *
 * Return: 0; or SAMR_PEERS_FAILED.
 */
unsigned int samr_peers_check(struct samr_peers *p, const uint8_t *data,
			      size_t len);

/** samr_peers_load - be told; returns SAMR_PEERS_* */
unsigned int samr_peers_load(struct samr_peers *p, const uint8_t *data,
			     size_t len);

/** samr_peers_view - a view was received; returns SAMR_PEERS_* */
unsigned int samr_peers_view(struct samr_peers *p, const struct samr_view *v);

/**
 * samr_peers_message - a message was received
 * @p: peers
 * @d: its delivery
 * @type: samr_batch_type()
 * @data: its bytes
 * @len: how many
 *
 * Return: SAMR_PEERS_*. SAMR_PEERS_RUN comes for EXEC, CHECK and DIGEST only, and
 * only when their sender takes part.
 */
unsigned int samr_peers_message(struct samr_peers *p,
				const struct samr_delivery *d, int type,
				const void *data, size_t len);

/** samr_peers_present - number of those that take part and are still there */
unsigned int samr_peers_present(const struct samr_peers *p);

/** samr_peers_since - of these, who took part already at place @gseq */
unsigned int samr_peers_since(const struct samr_peers *p, uint64_t gseq);

#endif
