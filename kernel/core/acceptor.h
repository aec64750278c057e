/* SPDX-License-Identifier: GPL-2.0 */
/*
 * A node's part in the view changes of others: promises and accepts.
 *
 * The view change is Paxos (Lamport, "The part-time parliament", ACM TOCS 16(2),
 * 1998), once for each view, for its successor: PREPARE and ANSWER are its first
 * phase, ACCEPT and ACCEPTED its second. What is agreed on is the members and
 * the cut of the order. The rules R1 to R12 are those of Documentation/protocol.
 */
#ifndef SAMR_CORE_ACCEPTOR_H
#define SAMR_CORE_ACCEPTOR_H

#include "wire.h"

struct samr_node;

void samr_acceptor_init(struct samr_node *n);

/** samr_acceptor_wedge - no ordering, delivery or ack from here on */
void samr_acceptor_wedge(struct samr_node *n);

/** samr_acceptor_promise - take part in nothing below @ballot any more */
void samr_acceptor_promise(struct samr_node *n,
			   const struct samr_ballot *ballot);

/** samr_acceptor_leave - this node leaves: it has no vote from here on */
void samr_acceptor_leave(struct samr_node *n);

/** samr_acceptor_answer - what this node has to say about a successor */
void samr_acceptor_answer(const struct samr_node *n, struct samr_answer *a);

/** samr_acceptor_prepare - PREPARE of head @src */
enum samr_drop samr_acceptor_prepare(struct samr_node *n, u64 src, u64 inc,
				     const struct samr_record *r);

/** samr_acceptor_accept - ACCEPT of head @src */
enum samr_drop samr_acceptor_accept(struct samr_node *n, u64 src, u64 inc,
				    const struct samr_record *r);

/** samr_acceptor_progress - more of the order is here */
void samr_acceptor_progress(struct samr_node *n);

/** samr_acceptor_stalled - it takes long: ask those who may, if we may not */
void samr_acceptor_stalled(struct samr_node *n);

/** samr_acceptor_timer - is it time to tell senders? */
void samr_acceptor_timer(struct samr_node *n);

/** samr_acceptor_send - a PREPARE, ACCEPTED or REFUSE record */
void samr_acceptor_send(struct samr_node *n, u64 dest, u8 type,
			const struct samr_ballot *ballot, u64 epoch);

#endif /* SAMR_CORE_ACCEPTOR_H */
