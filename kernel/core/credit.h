/* SPDX-License-Identifier: GPL-2.0 */
/*
 * Credits: what this node may have on the way to a group's readers.
 *
 * Each origin may have as much unread, in each group, as fits into its share of
 * the slowest member's window; so a reader that stalls holds up the senders to
 * its own group and nobody else. Nodes with members report one number: the
 * place up to which all of these have read. A report that is lost is asked for.
 *
 * Joins and leaves are charged, too, since readers may have to keep a list of
 * members for each of them. A leave is never refused. A join may use a second
 * share, so that data alone keeps nobody out; to a group without members it is
 * free, as nobody reads there.
 */
#ifndef SAMR_CORE_CREDIT_H
#define SAMR_CORE_CREDIT_H

#include "plat.h"

struct samr_node;
struct samr_group;
struct samr_msg;

/** samr_credit_known - has the group members? */
bool samr_credit_known(const struct samr_node *n, u32 group);

/** samr_credit_room - does the group take DATA of @len bytes, or a JOIN, now? */
bool samr_credit_room(const struct samr_node *n, u8 kind, u32 group, u32 len);

/**
 * samr_credit_refused - somebody waits; ask for credit if that is why
 *
 * Return: it is. Whoever waits is told when the group has credit again; what
 * happens in other groups does not concern him.
 */
bool samr_credit_refused(struct samr_node *n, u8 kind, u32 group, u32 len);

/** samr_credit_charge - an own message was taken: sets its cost */
void samr_credit_charge(struct samr_node *n, struct samr_msg *msg);

/**
 * samr_credit_ordered - it has its place
 *
 * For DATA when it joins the gap-free order, else when the group's members have
 * changed: only then is the length of their list known for certain.
 */
void samr_credit_ordered(struct samr_node *n, const struct samr_msg *msg);

/** samr_credit_applied - the one at @gseq was applied, whatever its kind */
void samr_credit_applied(struct samr_node *n, struct samr_group *g, u64 gseq);

/** samr_credit_members - the group's members have changed at place @gseq */
void samr_credit_members(struct samr_node *n, struct samr_group *g, u64 gseq);

/** samr_credit_consumed - the members here have read up to @gseq */
void samr_credit_consumed(struct samr_node *n, u32 group, u64 gseq, u32 cost);

/** samr_credit_heard - member @index reports that it has read up to @gseq */
void samr_credit_heard(struct samr_node *n, u32 index, u32 group, u64 gseq);

/** samr_credit_asked - a member waits for our report */
void samr_credit_asked(struct samr_node *n, u32 group);

/** samr_credit_start - a new view serves: look who still holds whom back */
void samr_credit_start(struct samr_node *n);

/**
 * samr_credit_move - the members of the view sit elsewhere from now on
 * @to: by old index: the new one, or SAMR_NO_INDEX
 *
 * A member that is gone does not hold anybody back any more; the others go on
 * from what they had read.
 */
void samr_credit_move(struct samr_node *n, const u8 *to);

/** samr_credit_timer - report, and ask */
void samr_credit_timer(struct samr_node *n);

/** samr_credit_deadline - when that is due */
u64 samr_credit_deadline(const struct samr_node *n);

#endif /* SAMR_CORE_CREDIT_H */
