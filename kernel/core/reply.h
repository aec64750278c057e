/* SPDX-License-Identifier: GPL-2.0 */
/*
 * Replies: kept until the client has them, let go when they can not be undone.
 *
 * Each head keeps, with each open request, the first reply that a member here gave. The
 * access head lets it go when all that the member had read is stable. When
 * no member here will reply it asks the head of one that will, again and again.
 * A member that receives the group's state is given the replies as well, in the
 * order and before the end of the state, as it never executed those requests.
 */
#ifndef SAMR_CORE_REPLY_H
#define SAMR_CORE_REPLY_H

#include "event.h"
#include "node.h"
#include "wire.h"

struct samr_group;
struct samr_msg;
struct samr_node;
struct samr_request;
struct samr_session;

/** samr_reply_made - REPLY of a local member, as samr_node_step() */
int samr_reply_made(struct samr_node *n, const struct samr_event *ev);

/** samr_reply_expect - a request of a client here has its place, or is attached */
void samr_reply_expect(struct samr_node *n, struct samr_session *s,
		       struct samr_request *r);

/** samr_reply_look - the group's members have changed: who is to be asked? */
void samr_reply_look(struct samr_node *n, struct samr_group *g);

/** samr_reply_later - samr_reply_stable() is to look at a session of a client here */
void samr_reply_later(struct samr_node *n, struct samr_session *s);

/** samr_reply_stable - more is stable: let go what waited for it */
void samr_reply_stable(struct samr_node *n);

/** samr_reply_asked - REPLY_ASK of member @src */
void samr_reply_asked(struct samr_node *n, u64 src,
		      const struct samr_record *r);

/** samr_reply_came - REPLY, or a part of it */
enum samr_drop samr_reply_came(struct samr_node *n, struct samr_blob *frame,
			       const struct samr_record *r);

/**
 * samr_reply_give - donors here: submit the replies kept, as many as there is room for
 *
 * Until all are submitted no piece of the state is taken.
 */
void samr_reply_give(struct samr_node *n);

/**
 * samr_reply_taken - REPLIES at its place
 *
 * Return: false without memory; nothing has happened then.
 */
bool samr_reply_taken(struct samr_node *n, struct samr_group *g,
		      struct samr_msg *msg);

/** samr_reply_answers - does a member answer for what is at @place? */
static inline bool samr_reply_answers(const struct samr_member_id *m, u64 place)
{
	return !(m->flags & SAMR_ID_LACKS) && m->since <= place;
}

/** samr_reply_here - does one that lives here? */
bool samr_reply_here(const struct samr_node *n, const struct samr_group *g,
		     u64 place);

/**
 * samr_reply_whom - the head to be asked about what is at @place
 * @asks: so often somebody was
 *
 * Return: its id, the most senior first; 0: there is none.
 */
u64 samr_reply_whom(const struct samr_node *n, const struct samr_group *g,
		    u64 place, u32 asks);

/** samr_reply_wait - until the next question, when so many were asked */
u64 samr_reply_wait(const struct samr_node *n, u32 asks);

/** samr_reply_new - what a client here is given; NULL without memory */
struct samr_msg *samr_reply_new(const struct samr_node *n,
				const struct samr_session *s, u64 number,
				u64 commit, u32 len);

/** samr_reply_let_go - all of a session that may go to its client */
void samr_reply_let_go(struct samr_node *n, struct samr_session *s);

/** samr_reply_retry - memory was lacking: samr_reply_stable() after a while */
void samr_reply_retry(struct samr_node *n);

/** samr_reply_ended - tell the client of a session that is gone; frees it */
void samr_reply_ended(struct samr_node *n);

void samr_reply_timer(struct samr_node *n);

#endif /* SAMR_CORE_REPLY_H */
