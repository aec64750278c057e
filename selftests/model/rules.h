/* SPDX-License-Identifier: GPL-2.0 */
/*
 * The rules of the view change, each in the parts that can be broken one by one. spin -DR4_longest=0 deletes one. What each
 * deletion breaks, and in which configuration, is in table.py.
 */

/* ---- R1: everything names (node, incarnation) and counts only if base names that incarnation ---- */

/* the answer of a rebooted head does not count as the old incarnation's */
#ifndef R1_answer
#define R1_answer	1
#endif

/* nor does its acceptance */
#ifndef R1_accept
#define R1_accept	1
#endif

/* that an incarnation was fenced says nothing about the next one of that head */
#ifndef R1_fenced
#define R1_fenced	1
#endif

/* a frame of another incarnation is no proof that the known one is dead */
#ifndef R1_nonce
#define R1_nonce	1
#endif

/* ---- R2: fencing ---- */

/* who is excluded without a majority is fenced */
#ifndef R2_fence
#define R2_fence	1
#endif

/* and this is confirmed before ACCEPT is sent, not only before the decision */
#ifndef R2_before
#define R2_before	1
#endif

/* ---- R3: answers ---- */

/* base is the newest view installed among the answers, not the coordinator's own */
#ifndef R3_base
#define R3_base	1
#endif

/* a coordinator that is not in base stops */
#ifndef R3_expelled
#define R3_expelled	1
#endif

/* the coordinator's own acceptance is needed */
#ifndef R3_own
#define R3_own	1
#endif

/* ---- R4: a fresh proposal ---- */

/* the cut is the longest prefix among the answers, not the coordinator's own */
#ifndef R4_longest
#define R4_longest	1
#endif

/* of those answers only whose last installed view is base */
#ifndef R4_installed
#define R4_installed	1
#endif

/* members are those who answered, not those who may be alive */
#ifndef R4_members
#define R4_members	1
#endif

/* the answerers are a legal set themselves */
#ifndef R4_legal
#define R4_legal	1
#endif

/* ---- R5: to accept ---- */

/* nothing higher is promised */
#ifndef R5_promised
#define R5_promised	1
#endif

/* base is installed first */
#ifndef R5_base
#define R5_base	1
#endif

/* the whole cut is held */
#ifndef R5_held
#define R5_held	1
#endif

/* what a joiner fetched for an earlier proposal is no part of it */
#ifndef R5_same
#define R5_same	1
#endif

/* members of base that will not be in the new view accept, too */
#ifndef R5_excluded
#define R5_excluded	1
#endif

/* ---- R6: decided ---- */

/* when the accepters are a legal set of base */
#ifndef R6_base
#define R6_base	1
#endif

/* and of the new view */
#ifndef R6_new
#define R6_new	1
#endif

/* not only when all members of the new view have accepted */
#ifndef R6_some
#define R6_some	1
#endif

/* ---- R7: an accepted successor of base is proposed again ---- */

/* at all */
#ifndef R7_adopt
#define R7_adopt	1
#endif

/* the one of the highest ballot */
#ifndef R7_highest
#define R7_highest	1
#endif

/* also when it excludes the coordinator */
#ifndef R7_excluding
#define R7_excluding	1
#endif

/* ---- R8: a promise wedges ---- */

/* nothing is put in order */
#ifndef R8_order
#define R8_order	1
#endif

/* nothing is delivered */
#ifndef R8_deliver
#define R8_deliver	1
#endif

/* nothing is acknowledged */
#ifndef R8_ack
#define R8_ack	1
#endif

/* an adopted view does not unwedge */
#ifndef R8_fresh
#define R8_fresh	1
#endif

/* nor does one at a ballot below the promised one */
#ifndef R8_late
#define R8_late	1
#endif

/* nor does a time-out */
#ifndef R8_stay
#define R8_stay	1
#endif

/* ---- R9: INSTALL ---- */

/* a missed base that the head was in is installed first */
#ifndef R9_base
#define R9_base	1
#endif

/* everything above the cut is discarded */
#ifndef R9_discard
#define R9_discard	1
#endif

/* the acceptance of a later view is kept */
#ifndef R9_keep
#define R9_keep	1
#endif

/* ---- R10: stability ---- */

/* h > n - q_min */
#ifndef R10_holders
#define R10_holders	1
#endif

/* acks count per view */
#ifndef R10_views
#define R10_views	1
#endif

/* ---- R11: the witness ---- */

/* an exact half needs its vote */
#ifndef R11_witness
#define R11_witness	1
#endif

/* fencing does not replace it */
#ifndef R11_half
#define R11_half	1
#endif

/* it holds no data: it is not counted in n and h */
#ifndef R11_data
#define R11_data	1
#endif

/* its answer has the cut of its last view for a prefix */
#ifndef R11_cut
#define R11_cut	1
#endif

/* with a witness, every head that will be a member holds the cut before ACCEPT is sent */
#ifndef R11_hold
#define R11_hold	1
#endif

/* what it promised, accepted and installed outlives its restart */
#ifndef R11_durable
#define R11_durable	1
#endif

/* ---- R12: linearizable queries ---- */

/* h members ack a barrier after the query has come */
#ifndef R12_barrier
#define R12_barrier	1
#endif

/* what the furthest of them held is applied first */
#ifndef R12_highest
#define R12_highest	1
#endif

/* they are not wedged */
#ifndef R12_unwedged
#define R12_unwedged	1
#endif

/* they are in the same view */
#ifndef R12_same
#define R12_same	1
#endif

/* ---- Leaving and learning ---- */

/* from submitting LEAVE on a head neither coordinates nor counts for legality */
#ifndef L_votes
#define L_votes	1
#endif

/* its acks do not count for places after LEAVE */
#ifndef L_acks
#define L_acks	1
#endif

/* only an unwedged head submits LEAVE */
#ifndef L_unwedged
#define L_unwedged	1
#endif

/* LEAVE is put in order only in the view in which it was submitted */
#ifndef L_view
#define L_view	1
#endif

/* a learner delivers nothing before it is promoted */
#ifndef L_silent
#define L_silent	1
#endif

/* ---- The first view (initial.pml) ---- */

/* a head in HELLO state takes a view only from an incarnation that its newest HELLO names */
#ifndef C_sender
#define C_sender	1
#endif

/* but not only the very set that it named */
#ifndef C_others
#define C_others	1
#endif
