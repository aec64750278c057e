/* SPDX-License-Identifier: GPL-2.0 */
/*
 * The order as it is held here: messages at their places, gaps, the gap-free
 * prefix, and delivery along it.
 */
#ifndef SAMR_CORE_RECEIVER_H
#define SAMR_CORE_RECEIVER_H

#include "wire.h"

struct samr_node;
struct samr_msg;

/** samr_receiver_order - an ORDER record from a member */
enum samr_drop samr_receiver_order(struct samr_node *n, u64 src,
				   struct samr_blob *frame,
				   const struct samr_record *r);

/** samr_receiver_place - the sequencer gave @msg its place; a reference is taken */
void samr_receiver_place(struct samr_node *n, struct samr_msg *msg);

/** samr_receiver_bytes - bytes of a message came whose place is known */
void samr_receiver_bytes(struct samr_node *n, struct samr_msg *msg);

/** samr_receiver_last - a member knows the order to reach up to @last */
void samr_receiver_last(struct samr_node *n, u64 last);

/** samr_receiver_timer - ask for what lacks, try delivery again */
void samr_receiver_timer(struct samr_node *n);

/** samr_receiver_deliver - hand on to the groups what is gap-free */
void samr_receiver_deliver(struct samr_node *n);

/** samr_receiver_go_on - what was kept back may count now */
void samr_receiver_go_on(struct samr_node *n);

/** samr_receiver_prefix - every message up to here is complete here */
u64 samr_receiver_prefix(const struct samr_node *n);

/**
 * samr_receiver_pull - get what lacks up to @upto
 * @giver: id of one who holds all of it; 0: nobody is known to
 * @sources: ids of others who may
 */
void samr_receiver_pull(struct samr_node *n, u64 upto, u64 giver, u64 sources);

/** samr_receiver_reach - deliver up to @upto; false: not all of it is here yet */
bool samr_receiver_reach(struct samr_node *n, u64 upto);

/** samr_receiver_cut - what lies behind the prefix is void */
void samr_receiver_cut(struct samr_node *n);

/** samr_receiver_view - the view's own place; takes over the reference */
void samr_receiver_view(struct samr_node *n, struct samr_msg *msg);

/** samr_receiver_begin - the order begins behind @base */
void samr_receiver_begin(struct samr_node *n, u64 base);

#endif /* SAMR_CORE_RECEIVER_H */
