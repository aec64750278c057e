/* SPDX-License-Identifier: GPL-2.0 */
/*
 * Own submissions: whether one may be made, and what becomes of it until it has
 * its place in the order.
 */
#ifndef SAMR_CORE_FLOW_H
#define SAMR_CORE_FLOW_H

#include "event.h"

struct samr_meta;
struct samr_msg;
struct samr_node;
struct samr_slot;

/** samr_flow_room - would a message be taken now? @len counts for DATA only */
bool samr_flow_room(const struct samr_node *n, u8 kind, u32 group, u32 len);

/** samr_flow_submit - take a message; see SUBMIT in samr_node_step() */
int samr_flow_submit(struct samr_node *n, const struct samr_submit *s);

/**
 * samr_flow_message - a message of the core's own
 * @meta: group, port, arg, length, kind and flags of it
 * @head: its first bytes, copied
 * @len: how many; the rest is to be appended by samr_msg_take()
 *
 * Return: it, with a reference for the caller, or NULL without memory.
 */
struct samr_msg *samr_flow_message(struct samr_node *n,
				   const struct samr_meta *meta,
				   const void *head, u32 len);

/**
 * samr_flow_own - submit it, all bytes of which are there
 * @msg: its reference is taken over
 *
 * Return: false: there is no room for it now, and it is gone.
 */
bool samr_flow_own(struct samr_node *n, struct samr_msg *msg);

/** samr_flow_ordered - own message @msg has its place; @slot is where it waited */
void samr_flow_ordered(struct samr_node *n, const struct samr_msg *msg,
		       const struct samr_slot *slot);

/** samr_flow_flush - send the next burst of long messages */
void samr_flow_flush(struct samr_node *n);

/** samr_flow_start - a new view serves: repeat into it what has no place yet */
void samr_flow_start(struct samr_node *n);

/** samr_flow_timer - repeat what the sequencer seems not to have */
void samr_flow_timer(struct samr_node *n);

/** samr_flow_again - repeat it now: the way has changed */
void samr_flow_again(struct samr_node *n);

/** samr_flow_deadline - when flush or timer is wanted */
u64 samr_flow_deadline(const struct samr_node *n);

/** samr_flow_freed - room has come back: tell those who were refused for that */
void samr_flow_freed(struct samr_node *n);

#endif /* SAMR_CORE_FLOW_H */
