/* SPDX-License-Identifier: GPL-2.0 */
/*
 * The view: who takes part, in which incarnation, and who is the sequencer.
 *
 * The first one: the admin names the heads, and those of them that form it, the
 * founders. Each head says HELLO, with the incarnations that it hears, until it has
 * a view; the founder with the lowest id installs it once all founders name exactly
 * what it would install. Later ones are decided by the view change (coordinator.h,
 * acceptor.h), and so do the other heads come in.
 *
 * A view has a place in the order, its base: all before it is delivered in the
 * views before, and what had a place behind it there is void. A node that lacks
 * something before the base gets it first. A learner begins at the base.
 */
#ifndef SAMR_CORE_VIEW_H
#define SAMR_CORE_VIEW_H

#include "policy.h"
#include "wire.h"

struct samr_node;

/* A HELLO counts this many intervals of signs of life. */
#define SAMR_HELLO_LIFE	10

void samr_view_init(struct samr_node *n);

/** samr_view_want - the admin's MEMBERS event; errors as in samr_node_step() */
int samr_view_want(struct samr_node *n, u64 members, u64 witness,
		   u64 founders);

/** samr_view_news - the others shall hear soon what a HELLO, or a BEAT, says */
void samr_view_news(struct samr_node *n);

/** samr_view_has - is incarnation @inc of node @id a member? */
bool samr_view_has(const struct samr_node *n, u64 id, u64 inc);

/** samr_view_policy - who may go on when heads die */
enum samr_policy samr_view_policy(const struct samr_node *n);

/** samr_view_heard - a frame of member @index in this view */
void samr_view_heard(struct samr_node *n, u32 index);

/** samr_view_hello - head @src wants a view */
enum samr_drop samr_view_hello(struct samr_node *n, u64 src, u64 inc,
			       const struct samr_blob *frame,
			       const struct samr_record *r);

/** samr_view_told - VIEW record of head @src: @plan was decided at @ballot */
enum samr_drop samr_view_told(struct samr_node *n, u64 src, u64 inc,
			      const struct samr_ballot *ballot,
			      const struct samr_plan *plan);

/** samr_view_try - install the view that is to come, if all before it is here */
void samr_view_try(struct samr_node *n);

/** samr_view_tell - tell head @id of our view, unless it was told just now */
void samr_view_tell(struct samr_node *n, u64 id);

/** samr_view_lag - somebody is in a later view than we are: let him notice */
void samr_view_lag(struct samr_node *n);

/** samr_view_announce - tell all of our view, until all members were heard in it */
void samr_view_announce(struct samr_node *n);

/** samr_view_holders - ids of the members of @p, but us, that hold its cut */
u64 samr_view_holders(const struct samr_node *n, const struct samr_plan *p);

/** samr_view_put - a VIEW, ACCEPT or TAKEN record to @dest */
void samr_view_put(struct samr_node *n, u64 dest, u8 type,
		   const struct samr_ballot *ballot,
		   const struct samr_plan *plan);

/** samr_view_timer - say HELLO, repeat VIEW */
void samr_view_timer(struct samr_node *n);

#endif /* SAMR_CORE_VIEW_H */
