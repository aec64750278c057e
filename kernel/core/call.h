/* SPDX-License-Identifier: GPL-2.0 */
/*
 * Calls: a group whose members are, together, one client of another group.
 *
 * Each member asks for the same, in the same order, as it follows from what it has read.
 * Its head keeps what was asked until the order has it, from whomever; one head sends
 * it: that of the most senior member, and the others when that is too slow, or gone. What
 * comes twice is known by its number, and refused. The session is in the table of the
 * service (session.h), with the group as its client and without an access head.
 *
 * The reply enters the order too, in a RETURN, which all members of the client read at the
 * same place; it is the acknowledgement. It is sent by the head of the most senior member
 * that answers, and by others when that is too slow, or gone. Nothing waits for stability:
 * whoever goes on with what lies behind a place goes on with that place.
 *
 * Invariants: CONNECT, RETURN and a group's REQUEST change nothing but the service's
 * table, and look at nothing else, as a learner has each group as it was at another place.
 * What is kept of a member is without a gap: its requests begin at or before the number
 * that its session expects. A RETURN settles the oldest open request.
 */
#ifndef SAMR_CORE_CALL_H
#define SAMR_CORE_CALL_H

#include "event.h"
#include "wirestate.h"

struct samr_group;
struct samr_msg;
struct samr_node;

/* Open requests of a group in a session; room for their replies is set aside. */
#define SAMR_CALL_WINDOW	16
/* What the local members of a group may have kept here: so many, and so many bytes. */
#define SAMR_CALLS_MAX		128
#define SAMR_CALL_BYTES		(4U << 20)
/* Sessions of groups, of all services. */
#define SAMR_CALL_SESSIONS	256

/**
 * struct samr_call - what a local member has asked for, and the order has not
 * @link: in samr_calls.kept, as they came
 * @group: that is the client
 * @port: of the member
 * @service: of which it is
 * @op: enum samr_call_op
 * @session: as in struct samr_event
 * @number: likewise
 * @reply_max: likewise
 * @uid: of the member
 * @gid: likewise
 * @body: its bytes
 * @late_at: it is sent from here then, whoever should do so
 * @sent: it was; our own messages are not lost while we are in the view
 */
struct samr_call {
	struct list_head link;
	u32 group;
	u32 port;
	u32 service;
	u8 op;
	u64 session;
	u64 number;
	u32 reply_max;
	u32 uid;
	u32 gid;
	struct samr_msg *body;
	u64 late_at;
	bool sent;
};

/**
 * struct samr_calls - in struct samr_node
 * @kept: struct samr_call
 * @due: there may be something to be sent
 * @at: when to look again
 * @refused: a member was told that there is no room
 */
struct samr_calls {
	struct list_head kept;
	bool due;
	u64 at;
	bool refused;
};

/** samr_call_promise - what a session of a group sets aside */
u64 samr_call_promise(u32 reply_max);

void samr_call_init(struct samr_node *n);

/** samr_call_fini - forget what is kept: nobody waits for it */
void samr_call_fini(struct samr_node *n);

/** samr_call_made - CALL of a local member, as samr_node_step() */
int samr_call_made(struct samr_node *n, const struct samr_event *ev);

/**
 * samr_call_apply - CONNECT or RETURN at its place
 *
 * Return: false without memory; nothing has happened then.
 */
bool samr_call_apply(struct samr_node *n, struct samr_msg *msg);

/** samr_call_look - members, views, replies have changed: who is to send what? */
void samr_call_look(struct samr_node *n);

/** samr_call_over - a session has changed: what is kept may be in the order, or needed no
 * more, and there may be room in its window
 */
void samr_call_over(struct samr_node *n);

/** samr_call_owed - has a member of @g here asked for what is not sent yet? */
bool samr_call_owed(const struct samr_node *n, const struct samr_group *g);

/** samr_call_run - send what is to be sent, as far as there is room */
void samr_call_run(struct samr_node *n);

void samr_call_timer(struct samr_node *n);
u64 samr_call_deadline(const struct samr_node *n);

#endif /* SAMR_CORE_CALL_H */
