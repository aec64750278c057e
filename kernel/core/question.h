/* SPDX-License-Identifier: GPL-2.0 */
/*
 * Queries for members of other heads.
 *
 * A head without a member of the group that could answer asks another one, again and
 * again, and the next one after a while: nothing is executed by that, so it may happen
 * twice. The head that is asked keeps the query as if a client here had made it, and
 * sends the answer when it is stable; a long one is fetched part by part, and kept until
 * the last part was sent. What is asked no more is forgotten.
 *
 * Invariants: whatever another head has asked is in samr_queries.foreign, and in one of
 * the lists that queries of clients here are in, too, or in samr_queries.aside.
 */
#ifndef SAMR_CORE_QUESTION_H
#define SAMR_CORE_QUESTION_H

#include "plat.h"
#include "wire.h"

struct samr_group;
struct samr_node;
struct samr_query;

/** samr_question_possible - is there another head that could be asked? */
bool samr_question_possible(const struct samr_group *g, u64 self);

/**
 * samr_question_ask - ask one of them
 *
 * Return: false: there is none.
 */
bool samr_question_ask(struct samr_node *n, struct samr_query *q);

/** samr_question_look - members, or the view, have changed: is there still somebody? */
void samr_question_look(struct samr_node *n);

/** samr_question_reply - a query of another head has its answer, which is stable */
void samr_question_reply(struct samr_node *n, struct samr_query *q);

/** samr_question_came - QUESTION of the member of the view with this index */
enum samr_drop samr_question_came(struct samr_node *n, u32 index,
				  struct samr_blob *frame,
				  const struct samr_record *r);

/** samr_question_answered - VERDICT of member @src, or a part of it */
enum samr_drop samr_question_answered(struct samr_node *n, u64 src,
				      struct samr_blob *frame,
				      const struct samr_record *r);

void samr_question_timer(struct samr_node *n);

#endif /* SAMR_CORE_QUESTION_H */
