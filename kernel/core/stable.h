/* SPDX-License-Identifier: GPL-2.0 */
/*
 * Stability: who holds what, when it is safe, and what may be forgotten.
 *
 * Invariants: trimmed <= delivered <= held <= last, trimmed <= stable.
 * Every frame carries its sender's ack (struct samr_hdr), an own frame is spent
 * on it only when something waits for it.
 */
#ifndef SAMR_CORE_STABLE_H
#define SAMR_CORE_STABLE_H

#include "plat.h"

struct samr_node;

/** samr_stable_start - a new view: nobody has acked anything in it */
void samr_stable_start(struct samr_node *n);

/**
 * samr_stable_all - what lies up to @upto is stable
 *
 * R6: those who decided on the view hold all that is before its base, and they
 * are a legal set of both views.
 */
void samr_stable_all(struct samr_node *n, u64 upto);

/** samr_stable_heard - member number @index holds the order up to @ack */
void samr_stable_heard(struct samr_node *n, u32 index, u64 ack);

/** samr_stable_held - the own gap-free prefix or the delivered one has grown */
void samr_stable_held(struct samr_node *n);

/** samr_stable_acked - a frame with our ack goes to all */
void samr_stable_acked(struct samr_node *n);

/** samr_stable_due - is there an ack that cannot wait? */
bool samr_stable_due(const struct samr_node *n);

/** samr_stable_flush - send an ack that cannot wait */
void samr_stable_flush(struct samr_node *n);

/** samr_stable_timer - send an ack that has waited long enough */
void samr_stable_timer(struct samr_node *n);

#endif /* SAMR_CORE_STABLE_H */
