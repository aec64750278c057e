/* SPDX-License-Identifier: GPL-2.0 */
/*
 * Do all replicas give the same replies? Digests of them are compared.
 *
 * Each head keeps, for the last requests of a group that it has members of, the digest
 * of the reply that was given here. Many of these go into the order at once, in a
 * DIGEST message. At its place all heads with members know the same of who has said
 * what, so that all come to the same verdict, and nobody has to be asked.
 *
 * Invariants: what is claimed about a request, and the number that it has here, is the
 * same at all heads with members at the same place, except what is said to be this
 * head's own. It begins anew where the group gets a member, or one gets the state: who
 * comes later has not executed what was before. Where members go, or the view changes,
 * all heads say again what is not settled.
 */
#ifndef SAMR_CORE_DIGEST_H
#define SAMR_CORE_DIGEST_H

#include "event.h"
#include "node.h"

struct samr_group;
struct samr_msg;
struct samr_node;
struct samr_request;
struct samr_session;

/* Requests of a group about which something is kept; in pieces of a page. */
#define SAMR_CLAIMS_EACH	64
#define SAMR_CLAIMS_PIECES	16
#define SAMR_CLAIMS		(SAMR_CLAIMS_EACH * SAMR_CLAIMS_PIECES)
/* Different replies to one request that are told apart. */
#define SAMR_CLAIM_VALUES	SAMR_DIV_VALUES
/* Digests wait so long for more, unless they fill a message. */
#define SAMR_DIGEST_DELAY	(500 * SAMR_MSEC)

/**
 * struct samr_claim - what is claimed about the reply to one request
 * @place: of the request
 * @session: name of its session
 * @number: in it
 * @own: digest of the reply given here
 * @port: of the member that gave it
 * @value: digests
 * @who: that say them, one bit per index in the view
 * @odd: that say yet another one, or whose members differ
 * @flags: SAMR_CLAIM_*
 */
struct samr_claim {
	u64 place;
	u64 session;
	u64 number;
	u32 own;
	u32 port;
	u32 value[SAMR_CLAIM_VALUES];
	u16 who[SAMR_CLAIM_VALUES];
	u16 odd;
	u8 flags;
};

#define SAMR_CLAIM_GIVEN	0x01	/* @own is known */
#define SAMR_CLAIM_SAID		0x02	/* and was submitted */
#define SAMR_CLAIM_ODD		0x04	/* members here differ */
#define SAMR_CLAIM_SETTLED	0x08	/* all have said the same, or are known to differ */
#define SAMR_CLAIM_COUNTED	0x10	/* it is known that some differ */

/**
 * struct samr_digest - of a group
 * @since: place from which on it is so: a DIGEST of another one is refused
 * @speakers: heads with members that execute, one bit per index in the view
 * @replicas: members that execute
 * @next: number of the next request
 * @claim: of the requests before that, by number
 * @unsaid: no request before this one waits to be said
 * @fresh: how many do
 * @due: in samr_groups.digests while @fresh is not 0
 * @due_at: then they are said
 * @told: what was told since @since, one bit per enum samr_div
 * @wrong: heads that SAMR_DIV_MINORITY was about
 */
struct samr_digest {
	u64 since;
	u16 speakers;
	u32 replicas;
	u64 next;
	struct samr_claim *claim[SAMR_CLAIMS_PIECES];
	u64 unsaid;
	u32 fresh;
	struct list_head due;
	u64 due_at;
	u8 told;
	u16 wrong;
};

void samr_digest_init(struct samr_digest *d);
void samr_digest_fini(struct samr_digest *d);

/**
 * samr_digest_renew - the members, or the view, have changed
 * @gseq: at this place
 * @grown: there is one more that executes, or will
 */
void samr_digest_renew(struct samr_node *n, struct samr_group *g, u64 gseq,
		       bool grown);

/** samr_digest_room - memory for one more request; false without */
bool samr_digest_room(struct samr_group *g);

/** samr_digest_expect - a request is executed; behind samr_digest_room() */
void samr_digest_expect(struct samr_node *n, struct samr_group *g,
			const struct samr_session *s,
			const struct samr_request *r);

/** samr_digest_made - REPLY of a local member, late or not; @r: its request, or NULL */
void samr_digest_made(struct samr_node *n, const struct samr_event *ev,
		      const struct samr_request *r);

/**
 * samr_digest_apply - DIGEST at its place
 * @msg: gets what there is to be told
 *
 * Return: false without memory; nothing has happened then.
 */
bool samr_digest_apply(struct samr_node *n, struct samr_group *g,
		       struct samr_msg *msg);

void samr_digest_timer(struct samr_node *n);
u64 samr_digest_deadline(const struct samr_node *n);

#endif /* SAMR_CORE_DIGEST_H */
