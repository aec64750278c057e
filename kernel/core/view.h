/* SPDX-License-Identifier: GPL-2.0 */
/*
 * The view: who takes part, in which incarnation, and who is the sequencer.
 *
 * The admin names the heads. Each of them says HELLO until the view stands; the
 * one with the lowest id, once it has heard that all want the same, installs it
 * and repeats VIEW until it has heard every member in it.
 */
#ifndef SAMR_CORE_VIEW_H
#define SAMR_CORE_VIEW_H

#include "wire.h"

struct samr_node;

void samr_view_init(struct samr_node *n);

/** samr_view_want - the admin's MEMBERS event; errors as in samr_node_step() */
int samr_view_want(struct samr_node *n, u64 members);

/** samr_view_has - is incarnation @inc of node @id a member? */
bool samr_view_has(const struct samr_node *n, u64 id, u64 inc);

/** samr_view_heard - a frame of member @index in this view */
void samr_view_heard(struct samr_node *n, u32 index);

/** samr_view_hello - head @src wants a view of @members */
enum samr_drop samr_view_hello(struct samr_node *n, u64 src, u64 inc,
			       u64 members);

/** samr_view_install - VIEW record from head @src */
enum samr_drop samr_view_install(struct samr_node *n, u64 src,
				 const struct samr_blob *frame,
				 const struct samr_record *r);

/** samr_view_timer - say HELLO, repeat VIEW */
void samr_view_timer(struct samr_node *n);

#endif /* SAMR_CORE_VIEW_H */
