/* SPDX-License-Identifier: GPL-2.0 */
/*
 * Eras: what was delivered in each view, by whom, and what that forbids.
 *
 * Checked, without knowing who sends what or what fails:
 *
 *	- a view is the same at all who install it;
 *	- a place holds the same message at all who deliver it in the same view;
 *	- those who pass from one view to the next have delivered the same in the
 *	  first, all up to the base of the next and nothing behind it (virtual
 *	  synchrony);
 *	- what was delivered SAFE lies before the base of the next view;
 *	- nobody delivers a message twice, or before an earlier one of its sender.
 */
#ifndef SAMR_SIM_ERA_H
#define SAMR_SIM_ERA_H

#include "cluster.h"

/* Incarnations in one run at most, and groups. */
#define ERA_LIVES	64
#define ERA_GROUPS	4

/**
 * struct era_place - a place of the order, as first delivered in its view
 * @meta: of the message; gseq 0: not delivered by anyone
 * @for_some: not everybody has to
 * @seen: who has, one bit per life
 */
struct era_place {
	struct samr_meta meta;
	u64 members;
	bool for_some;
	u64 seen;
};

/**
 * struct era - one view
 * @epoch: its number
 * @base: its place
 * @digest: of its members
 * @safe: highest place delivered SAFE
 * @place: those behind the base
 */
struct era {
	u64 epoch;
	u64 base;
	u64 digest;
	u64 safe;
	struct era_place *place;
	size_t places;
	size_t room;
};

/**
 * struct life - one incarnation of a head
 * @inc: it
 * @epoch: view that it is in
 * @came_from: the one before; 0: that was looked at
 * @joined: by group: place of its join; 0: no member
 * @last: by life and group: number of the last message delivered
 */
struct life {
	u64 inc;
	u32 id;
	u64 epoch;
	u64 came_from;
	u64 joined[ERA_GROUPS];
	u64 last[ERA_LIVES][ERA_GROUPS];
};

struct eras {
	struct era *era;	/* by epoch - 1 */
	size_t count;
	size_t room;
	struct life life[ERA_LIVES];
	u32 lives;
	u64 delivered;
	u64 safe;
	u32 formed;		/* how often a cluster was formed from nothing */
};

void eras_init(struct eras *e);
void eras_free(struct eras *e);

/**
 * eras_first - is a view the first of those formed from nothing?
 * @v: it
 * @id: head that has installed it
 * @had_one: it had another one before
 *
 * Or the next one, as a step may make two: who comes in later has no vote at first.
 */
bool eras_first(const struct samr_view_info *v, u32 id, bool had_one);

/** eras_born - a new incarnation */
void eras_born(struct eras *e, struct host *h);

/** eras_view - @h has another view now */
void eras_view(struct eras *e, struct host *h);

/** eras_settle - all that @h delivered before, and in it so far, has been told */
void eras_settle(struct eras *e, struct host *h);

/** eras_deliver - @h delivers @msg, which has a place */
void eras_deliver(struct eras *e, struct host *h, const struct samr_msg *msg);

#endif /* SAMR_SIM_ERA_H */
