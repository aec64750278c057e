/* SPDX-License-Identifier: GPL-2.0 */
/*
 * The view change with fencing, for SPIN.
 *
 * Read it as the protocol: one process is one incarnation of a head; each of its steps is one event (a frame that
 * arrives, a suspicion, a message put in order) with all that the head does about it. rules.h names every rule and lets
 * a run delete it; a rule is named at the line that keeps it. run.py says which configurations are run.
 *
 * What is left out, and why nothing is lost by it:
 *
 * - Medium. A frame that was sent stays receivable for ever, by anybody, any number of times, in any order, or never:
 *   loss, delay, repetition and reordering in one. So frames are not stored as such: PREPARE(b), ACCEPT(b), INSTALL(b)
 *   are receivable when ballot b has come that far, ORDER(v, place) when view v has ordered so far.
 * - ANSWER and ACCEPTED arrive in the step in which they are sent, or else never. The coordinator looks at them only
 *   when it goes on, so one that comes later but before that is the same; one that comes after that is one that never
 *   came. A promise whose answer is lost only forbids its maker something: the runs without it include what it allows.
 * - Crash, partition, suspicion. Any head may stop taking steps for ever: that is a crash or a cut link to the others.
 *   Any head may start a ballot at any time: that is suspicion, mostly a wrong one. Death is a step only where it is
 *   more than silence: by fencing, and by a reboot (a new incarnation, with nothing of what the old one knew).
 * - Fencing. Any admitted head may ask for any other's power to be cut, and the request may take any time: so anyone
 *   may lose power at any moment, both sides of a race too. All are told at once when it is confirmed; a protocol that
 *   is right when everybody knows is right when some do not.
 * - Messages have no content but the view that ordered them. Acks leave with what they acknowledge.
 */

#include "rules.h"

/* ---- bounds ------------------------------------------------------------------------------------------------------ */

#ifndef HEADS
#define HEADS 3		/* heads at the start: the least number with a majority that can lose one */
#endif
#ifndef BALLOTS
#define BALLOTS 3	/* one to decide a view, one to compete with it, one that must respect what came of both */
#endif
#ifndef PLACES
#define PLACES 1	/* places in the order: one is enough to be held here and not there, and to be filled twice */
#endif
#ifndef FIRST
#define FIRST ((1 << HEADS) - 1)	/* who is in the first view; a head that is not, is there and wants to join */
#endif
#ifdef REBOOT_OF
#define IDS (HEADS + 1)	/* one reboot: two incarnations of one head are what can be taken for one another */
#else
#define IDS HEADS
#endif
#ifdef LIVE
#define VIEWS (BALLOTS + 4)	/* three more, for those after the faults stopped */
#else
#define VIEWS (BALLOTS + 1)
#endif

/* An incarnation of a head is a number: A, B, C from the start, X after the reboot. Sets of them are bit masks. */
#define A 0
#define B 1
#define C 2
#define X HEADS
#define bit(i)		(1 << (i))
#define has(set, i)	(((set) >> (i)) & 1)
#define ones(s)		(has(s, 0) + has(s, 1) + has(s, 2) + has(s, 3) + has(s, 4))

/*
 * A part of the order: three bits for each place, from place 1 on without a gap; 0 is nothing, v + 1 a message that
 * view v has put there.
 */
#define at(order, g)		(((order) >> (3 * (g) - 3)) & 7)
#define len(order)		((order) == 0 -> 0 : ((order) < 8 -> 1 : 2))
#define upto(order, g)		((order) & ((1 << (3 * (g))) - 1))
#define appended(order, m)	((order) | ((m) << (3 * len(order))))
#define LEAVE			7	/* the one message with a meaning: LEAVER goes */

/* ---- the state --------------------------------------------------------------------------------------------------- */

/* Each incarnation. */
byte alive = (1 << HEADS) - 1;
byte wedged;
byte last[IDS];			/* the view it installed last */
byte promised[IDS];		/* the highest ballot it promised to */
byte accepted[IDS];		/* the highest ballot it accepted a view in; 0: none */
byte held[IDS];			/* what it holds of the order */
byte given[IDS];		/* how many of it were delivered */

/* Each ballot: higher number, higher ballot. Whose it is, is settled when it is started; numbers may stay unused. */
mtype = { IDLE, COLLECTING, PROPOSED, INSTALLED, ABANDONED };
mtype stage[VIEWS] = IDLE;
byte owner[VIEWS];		/* its coordinator + 1, while that works at it */
byte answers[VIEWS];		/* who answered; and of the answers: */
byte newest[VIEWS];		/*	the newest view installed */
byte longest[VIEWS];		/*	the longest prefix of those that installed it */
byte highest[VIEWS];		/*	the highest ballot in which one of its successors was accepted */
byte proposal[VIEWS];		/* the view that it proposes */
byte fences[VIEWS];		/* who was confirmed fenced before ACCEPT was sent */
byte accepts[VIEWS];		/* who accepted */

/* Each view: its name is the ballot in which it was proposed afresh; 0 is the first one. It never changes. */
byte members[VIEWS];
byte base[VIEWS];
byte epoch[VIEWS];
byte cut[VIEWS];		/* the order up to and including the cut */
byte ordered[VIEWS];		/* the order, as far as its sequencer got: these ORDER frames are receivable */
byte acks[VIEWS * (PLACES + 1)];	/* who acknowledged that place in that view */

bit rebooted;
byte leave_view;
bit leaving;			/* LEAVER submitted its LEAVE */
byte fenced;			/* incarnations of which it is confirmed that they lost power */

/* What nobody in the cluster sees: it serves the properties. */
byte successor[VIEWS];		/* of a view: the one that was decided */
byte stable;			/* the order, as far as some view's members could call it stable */

hidden byte t, u, w, g, m;	/* for computing within one step */

#define joining(i)	(!has(members[last[i]], i))
#define admitted(i)	has(members[last[i]], i)

/* ---- legal sets, relative to a view ------------------------------------------------------------------------------ */

#define excluded_fenced(all, set, off)	(((all) & ~(set) & ~(off)) == 0)

/* R1: fencing names an incarnation. Without it what is known of C is taken for X, too. */
#ifdef REBOOT_OF
#define off_now(off) (R1_fenced -> (off) : ((off) | (has(off, REBOOT_OF) << X)))
/* R1: an answer, and an acceptance, name an incarnation. Without it what X says counts as C's. */
#define as_old(i)	((i) == X -> bit(REBOOT_OF) : 0)
#else
#define off_now(off) (off)
#define as_old(i)	0
#endif

#if defined(POLICY_FENCE)
#define legal_of(all, set, off)	excluded_fenced(all, set, off)
#define holders(n)		(n)
#elif defined(WITNESS)
#define data(s)			((s) & ~bit(WITNESS))
#define legal_of(all, set, off)	(2 * ones(data(set)) > ones(data(all)) || (2 * ones(data(set)) == ones(data(all)) &&	\
		((has((set) & (all), WITNESS) || !R11_witness) ||							\
		 (!R11_half && excluded_fenced(data(all), set, off)))))
#define holders(n)		((n) / 2 + 1)
#else
#define legal_of(all, set, off)	(2 * ones(set) > ones(all) ||								\
		(2 * ones(set) == ones(all) && excluded_fenced(all, set, off)))
#define holders(n)		((n) / 2 + 1)
#endif

/*
 * @set may be more than view @v: only its members count (R1). Relative to base without those who have left by the end
 * of @order.
 */
#define voters(v, order)		(members[v] & ~gone(order))
#define legal(v, order, set, off)	legal_of(voters(v, order), (set) & voters(v, order), off_now(off))

/* A head that is leaving: from submitting LEAVE on it neither coordinates nor counts for legality. */
#ifdef LEAVER
#define gone(order)	((at(order, 1) == LEAVE || at(order, 2) == LEAVE) -> bit(LEAVER) : 0)
#define counts(i)	(!L_votes || !((i) == LEAVER && leaving))
#else
#define gone(order)	0
#define counts(i)	true
#endif

/* A learner follows the order without a vote; it delivers nothing before it is promoted (L_silent). */
#ifdef LEARNER
#define learns(i, b)	((i) == LEARNER && (last[i] == base[proposal[b]]))
#define follows(i)	((i) == LEARNER || admitted(i))
#define delivers(i)	(admitted(i) || !L_silent)
#else
#define learns(i, b)	false
#define follows(i)	admitted(i)
#define delivers(i)	true
#endif

/* ---- order and stability ----------------------------------------------------------------------------------------- */

#define sequencer(v) (has(members[v], 0) -> 0 : (has(members[v], 1) -> 1 : (has(members[v], 2) -> 2 : 3)))

#ifdef WITNESS
#define holds_data(i)	((i) != WITNESS)
#define keepers(v)	(R11_data -> data(members[v]) : members[v])
#define witness_acks	(R11_data -> 0 : bit(WITNESS))
#else
#define holds_data(i)	true
#define keepers(v)	members[v]
#define witness_acks	0
#endif
/* R10: so many that no view the policy may install next is without one of them. */
#define enough(v, prefix) (holders(ones(keepers(v) & ~gone(prefix))) - (R10_holders -> 0 : 1))

/* Place @g, of a view whose order is @prefix: the acks of one that left before it count no longer (L_acks). */
#define acked(who, v, prefix, g) (ones((who) & keepers(v) & ~(L_acks -> gone(upto(prefix, g - 1)) : 0)) >=			\
		enough(v, upto(prefix, g - 1)))

/* Place @g of view @v can be called stable from now on. */
inline now_stable(v, g, msg) {
	/* PROPERTY one order: no two messages at one place */
	assert(at(stable, g) == 0 || at(stable, g) == msg);
	/* PROPERTY nothing stable is lost: a view that follows has it. An expelled node, too, ends here when it serves */
	assert(successor[v] == 0 || at(cut[successor[v]], g) == msg);
	if
	:: at(stable, g) == 0 -> stable = stable | (msg << (3 * g - 3))
	:: else
	fi
}

/* @i acknowledges what it holds, in its view. */
inline acknowledge(i) {
	g = 1;
	do
	:: g <= PLACES && at(held[i], g) != 0 ->
		t = (R10_views -> last[i] : 0) * (PLACES + 1) + g;
		acks[t] = acks[t] | bit(i) | witness_acks;
		if
		:: acked(acks[t], last[i], held[i], g) && (g == 1 || at(stable, g - 1) != 0) ->
			now_stable(last[i], g, at(held[i], g));
			acks[t] = 31	/* who else does so makes no difference */
		:: else
		fi;
		g++
	:: else -> break
	od;
	g = 0
}

#define may_order(i) (has(alive, i) && (!has(wedged, i) || !R8_order) && sequencer(last[i]) == i && admitted(i) &&	\
		holds_data(i) && len(held[i]) < PLACES && len(ordered[last[i]]) <= len(held[i]))

inline order(i, msg) {
	held[i] = appended(held[i], msg);
	ordered[last[i]] = held[i];
	given[i] = len(held[i]);
	acknowledge(i)
}

#define may_receive(i) (has(alive, i) && follows(i) && holds_data(i) && len(held[i]) < len(ordered[last[i]]))

inline receive(i) {
	held[i] = appended(held[i], at(ordered[last[i]], len(held[i]) + 1));
	if
	:: (!has(wedged, i) || !R8_deliver) && delivers(i) -> given[i] = len(held[i])
	:: else
	fi;
	if
	:: (!has(wedged, i) || !R8_ack) && admitted(i) -> acknowledge(i)
	:: else
	fi
}

/* ---- view change ------------------------------------------------------------------------------------------------- */

/* @i promises @b: it coordinates no lower ballot any more, and is wedged (R8). */
inline promise(i, b) {
	u = 1;
	do
	:: u < VIEWS ->
		if
		:: owner[u] == i + 1 && u != b ->
			owner[u] = 0; answers[u] = 0; newest[u] = 0; longest[u] = 0; highest[u] = 0;
			fences[u] = 0; accepts[u] = 0;
			if
			:: stage[u] == COLLECTING -> stage[u] = ABANDONED
			:: else
			fi
		:: else
		fi;
		u++
	:: else -> break
	od;
	promised[i] = b;
	wedged = wedged | bit(i)
}

/* R3: the prefix in an answer. The witness holds nothing, but knows the cut of its last view (R11). */
#define shown(i) (holds_data(i) || !R11_cut -> held[i] : cut[last[i]])

/* @i's answer to @b reaches its coordinator. */
inline put_answer(i, b) {
	answers[b] = answers[b] | (counts(i) -> (admitted(i) -> bit(i) : as_old(i)) : 0);
	if
	:: epoch[last[i]] > epoch[newest[b]] && R3_base ->	/* R3: base is the newest view installed */
		newest[b] = last[i];
		longest[b] = shown(i)
	:: else ->
		if	/* R4: the longest prefix, of those that installed it */
		:: (last[i] == newest[b] || !R4_installed) && len(shown(i)) > len(longest[b]) && R4_longest ->
			longest[b] = shown(i)
		:: else
		fi
	fi;
	if	/* R7: the highest ballot, for the newest base */
	:: accepted[i] != 0 && (highest[b] == 0 ||
	   epoch[proposal[accepted[i]]] > epoch[proposal[highest[b]]] ||
	   (epoch[proposal[accepted[i]]] == epoch[proposal[highest[b]]] &&
	    (R7_highest -> accepted[i] > highest[b] : accepted[i] < highest[b]))) -> highest[b] = accepted[i]
	:: else
	fi
}

/* Somebody is suspected, or a joiner is there: @i coordinates ballot @b, and answers itself (R3). */
#define may_start(i, b) (has(alive, i) && admitted(i) && holds_data(i) && counts(i) && stage[b] == IDLE && promised[i] < b)

inline start(i, b) {
	promise(i, b);
	stage[b] = COLLECTING;
	owner[b] = i + 1;
	newest[b] = last[i];
	longest[b] = held[i];
	put_answer(i, b)
}

#define may_answer(i, b) (has(alive, i) && (admitted(i) || !R1_answer) && stage[b] == COLLECTING && owner[b] != 0 && promised[i] < b)

inline answer(i, b) {
	promise(i, b);
	put_answer(i, b)
}

#define coordinates(i, b, s) (has(alive, i) && stage[b] == s && owner[b] == i + 1 && counts(i))
#define adopts(b) (R7_adopt && highest[b] != 0 && base[proposal[highest[b]]] == newest[b] &&		\
		(R7_excluding || has(members[proposal[highest[b]]], owner[b] - 1)))

/*
 * R11: the witness will accept without data. So each head that answered holds the cut before ACCEPT is sent, and says so;
 * otherwise a view could be accepted whose cut dies with one head, while the other and the witness cannot do without it.
 */
#ifdef WITNESS
#define holds_cut(i, b)	(!has(answers[b] & members[newest[b]], i) || (last[i] == newest[b] && held[i] == longest[b]))
#define all_hold(b)	((holds_cut(A, b) && holds_cut(B, b)) || !R11_hold)
#define may_fetch(i, b)	(has(alive & answers[b], i) && holds_data(i) && promised[i] == b && last[i] == newest[b] &&		\
		len(held[i]) < len(longest[b]))
#else
#define all_hold(b)	true
#define may_fetch(i, b)	false
#endif

/* R2: the fences that legality needs are confirmed already. R3: a coordinator that is not in base is expelled. */
#define may_propose(i, b) (coordinates(i, b, COLLECTING) && (adopts(b) || all_hold(b)) && (has(members[newest[b]], i) || !R3_expelled) &&		\
		(legal(newest[b], longest[b], answers[b], (R2_before && R2_fence -> fenced : 255)) || !R4_legal))

/* ACCEPT is sent. @joiners are taken in by a fresh proposal. */
inline propose(i, b, joiners) {
	fences[b] = fenced;
	if
	:: adopts(b) -> proposal[b] = proposal[highest[b]]	/* R7: the same view, with the same members and cut */
	:: else ->						/* R4: answerers in base, and joiners */
		proposal[b] = b;
		base[b] = newest[b];
		epoch[b] = epoch[newest[b]] + 1;
		members[b] = ((R4_members -> answers[b] : 31) & voters(newest[b], longest[b])) | (joiners);
		cut[b] = longest[b]
	fi;
	stage[b] = PROPOSED;
	answers[b] = 0; newest[b] = 0; longest[b] = 0; highest[b] = 0
}

#define in_base(i, b)	has(members[base[proposal[b]]], i)
#define in_view(i, b)	has(members[proposal[b]], i)

/* R5: nothing higher promised, base installed first. Members of base that will not be in the new view accept, too. */
#define may_accept(i, b) (has(alive, i) && proposed(b) && accepted[i] != b &&				\
		(promised[i] <= b || !R5_promised) &&									\
		((in_base(i, b) && (last[i] == base[proposal[b]] || (!R5_base && epoch[last[i]] < epoch[proposal[b]])) &&	\
		  (in_view(i, b) || R5_excluded)) ||									\
		 (!in_base(i, b) && (in_view(i, b) || !R1_accept) && joining(i) && epoch[last[i]] < epoch[proposal[b]])))
#define proposed(b)	(stage[b] == PROPOSED || stage[b] == INSTALLED)

inline accept(i, b) {
	promise(i, b);
	accepted[i] = b;
	if	/* R5: the whole cut is held; what was missing is fetched now, and not delivered */
		/* The same messages, not as many: a joiner may hold what a proposal wanted that came to nothing. */
	:: R5_held && holds_data(i) &&
	   (len(held[i]) < len(cut[proposal[b]]) || (R5_same && !in_base(i, b))) -> held[i] = cut[proposal[b]]
	:: else
	fi;
	if
	:: stage[b] == PROPOSED && owner[b] != 0 && counts(i) -> accepts[b] = accepts[b] | bit(i) | (R1_accept -> 0 : as_old(i))
	:: else
	fi
}

/* R6: the accepters are a legal set of base and of the new view. R3: the coordinator is one of them. */
#define may_decide(i, b) (coordinates(i, b, PROPOSED) && (accepted[i] == b || !R3_own) &&				\
		(legal(base[proposal[b]], cut[proposal[b]], accepts[b], (R2_fence -> (R2_before -> fences[b] : fenced) : 255)) || !R6_base) &&		\
		(legal(proposal[b], cut[proposal[b]], accepts[b], (R2_fence -> (R2_before -> fences[b] : fenced) : 255)) || !R6_new) &&			\
		(R6_some || (members[proposal[b]] & ~accepts[b]) == 0))

/* INSTALL is sent. */
inline decide(i, b) {
	stage[b] = INSTALLED;
	owner[b] = 0; accepts[b] = 0; fences[b] = 0;
	/* PROPERTY one history: a view has at most one successor */
	assert(successor[base[proposal[b]]] == 0 || successor[base[proposal[b]]] == proposal[b]);
	/* PROPERTY nothing stable is lost: when a view is decided first (another ballot may find the same later) */
	assert(successor[base[proposal[b]]] != 0 || upto(cut[proposal[b]], len(stable)) == stable);
	successor[base[proposal[b]]] = proposal[b]
}

/* R9: a missed base that it was in is installed first. */
#define may_install(i, b) (has(alive, i) && stage[b] == INSTALLED && (in_view(i, b) || learns(i, b)) &&					\
		epoch[last[i]] < epoch[proposal[b]] && (!in_base(i, b) || last[i] == base[proposal[b]] || !R9_base))

inline install(i, b) {
	w = proposal[b];
	/* PROPERTY virtual synchrony: who goes from view to view goes through all of them, and was given the same */
	assert(!has(members[base[w]], i) || last[i] == base[w]);
	assert(given[i] <= len(cut[w]) && upto(held[i], given[i]) == upto(cut[w], given[i]));
	if	/* R9: everything above the cut is discarded */
	:: R9_discard && len(held[i]) > len(cut[w]) -> held[i] = upto(held[i], len(cut[w]))
	:: R5_held && holds_data(i) &&
	   (len(held[i]) < len(cut[w]) || (R5_same && !has(members[base[w]], i))) -> held[i] = cut[w]
	:: else
	fi;
	given[i] = (has(members[w], i) -> len(held[i]) : given[i]);
	last[i] = w;
	if	/* R9: the acceptance of a later view stays */
	:: accepted[i] != 0 && (epoch[proposal[accepted[i]]] <= epoch[w] || !R9_keep) -> accepted[i] = 0
	:: else
	fi;
	if	/* R8: only a fresh view, at a ballot not below the promised one */
	:: (w == b || !R8_fresh) && (b >= promised[i] || !R8_late) ->
		if
		:: b > promised[i] -> promise(i, b)
		:: else
		fi;
		wedged = wedged & ~bit(i);
		if
		:: has(members[w], i) -> acknowledge(i); serving_alone(w)
		:: else
		fi
	:: else ->
		if
		:: b > promised[i] -> promise(i, b)
		:: else
		fi
	fi
}

/* How many members of @v could go on in it. */
inline count_serving(v) {
	m = 0; t = 0;
	do
	:: t < IDS -> m = m + (has(alive & ~wedged & keepers(v), t) && last[t] == (v)); t++
	:: else -> break
	od;
	t = 0
}

/* PROPERTY never two views that serve: each with as many as it takes to make a message stable. */
inline serving_alone(v) {
	count_serving(v);
	if
	:: m >= enough(v, 0) ->
		g = 0;
		do
		:: g < VIEWS ->
			if
			:: g != v && members[g] != 0 ->
				count_serving(g);
				assert(m < enough(g, 0))
			:: else
			fi;
			g++
		:: else -> break
		od
	:: else
	fi;
	g = 0
}

/* ---- death ------------------------------------------------------------------------------------------------------- */

inline die(i) {
	promise(i, 0);
	alive = alive & ~bit(i);
	wedged = wedged & ~bit(i);
	last[i] = 0; accepted[i] = 0; held[i] = 0; given[i] = 0
}

/* ---- liveness ---------------------------------------------------------------------------------------------------- */

#ifdef LIVE
/*
 * The faults stop, at any moment: from now on the heads in @s hear each other, and nobody else is heard or fences them.
 * The most senior one of the newest view among them coordinates, ballot after ballot, each above all promised ones, and
 * every frame among them arrives; the others are fenced. When they are a legal set, also of the view that one of them may
 * have accepted, they must come to serve within three ballots: one to finish what was begun, one to start afresh, and
 * one more when the coordinator finds itself excluded by what it finished.
 *
 * This is one step, from every state that can be reached: exhaustive, though not over all fair schedules. Coordinators
 * that go on interrupting each other, or a failure detector that is wrong for ever, are no matter of these rules.
 */
hidden byte hn, hb, hs, hbase;

/* Missed INSTALLs are repeated by those who had them. */
inline catch_up(s) {
	hb = 1;
	do
	:: hb < VIEWS ->
		hn = 0;
		do
		:: hn < IDS ->
			if
			:: has(s, hn) && may_install(hn, hb) -> install(hn, hb)
			:: else
			fi;
			hn++
		:: else -> break
		od;
		hb++
	:: else -> break
	od
}

/* The newest view installed by one of @s. */
inline find_base(s) {
	hn = 0; hbase = 0;
	do
	:: hn < IDS ->
		if
		:: has(s, hn) && epoch[last[hn]] > epoch[hbase] -> hbase = last[hn]
		:: else
		fi;
		hn++
	:: else -> break
	od
}

/* hs becomes 0 when one of the views that @s must respect leaves it without a legal set. */
inline check_legal(s) {
	hs = s; hn = 0; hb = 0;
	do
	:: hn < IDS ->
		if
		:: has(s, hn) && base[proposal[accepted[hn]]] == hbase && accepted[hn] > hb -> hb = accepted[hn]
		:: else
		fi;
		hn++
	:: else -> break
	od;
	if
	:: (s & keepers(hbase)) == 0 || !legal(hbase, 0, s, fenced | 31 & ~(s)) || (hb != 0 && !legal(proposal[hb], 0, s, fenced | 31 & ~(s))) -> hs = 0
	:: else
	fi
}

inline one_ballot(s, b) {
	find_base(s);
	hbase = s & members[hbase];
	hbase = (has(hbase, 0) -> 0 : (has(hbase, 1) -> 1 : (has(hbase, 2) -> 2 : 3)));
	start(hbase, b);
	hn = 0;
	do
	:: hn < IDS ->
		if
		:: has(s, hn) && may_answer(hn, b) -> answer(hn, b)
		:: else
		fi;
		hn++
	:: else -> break
	od;
	hn = 0; hs = 0;
	do	/* one of them must hold the cut: the others' frames come no more */
	:: hn < IDS ->
		hs = hs | (has(s, hn) && held[hn] == longest[b]);
		hn++
	:: else -> break
	od;
	hn = 0;
	do
	:: hn < IDS ->
		if
		:: has(s, hn) && hs && may_fetch(hn, b) -> held[hn] = longest[b]
		:: else
		fi;
		hn++
	:: else -> break
	od;
	if
	:: may_propose(hbase, b) ->
		propose(hbase, b, 0);
		hn = 0; hs = 0;
		do
		:: hn < IDS ->
			hs = hs | (has(s, hn) && upto(held[hn], len(cut[proposal[b]])) == cut[proposal[b]]);
			hn++
		:: else -> break
		od;
		hn = 0;
		do
		:: hn < IDS ->
			if
			:: has(s, hn) && hs && may_accept(hn, b) -> accept(hn, b)
			:: else
			fi;
			hn++
		:: else -> break
		od;
		if
		:: may_decide(hbase, b) -> decide(hbase, b)
		:: else
		fi
	:: else
	fi;
	catch_up(s)
}

/* PROPERTY liveness */
inline calm(s) {
	catch_up(s);
	find_base(s);
	check_legal(s);
	if
	:: hs != 0 ->
		hn = 0;
		do
		:: hn < IDS ->
			if
			:: !has(s, hn) && has(alive, hn) -> die(hn)
			:: else
			fi;
			hn++
		:: else -> break
		od;
		fenced = 31 & ~(s);
		one_ballot(s, BALLOTS + 1);
		one_ballot(s, BALLOTS + 2);
		one_ballot(s, BALLOTS + 3);
		find_base(s);
		count_serving(hbase);
		assert(m >= enough(hbase, 0))
	:: else
	fi;
	/* All runs end in the same state: there is nothing more to see. */
	hn = 0;
	do
	:: hn < IDS -> die(hn); hn++
	:: else -> break
	od;
	hn = 0;
	do
	:: hn < VIEWS ->
		stage[hn] = ABANDONED; proposal[hn] = 0; members[hn] = 0; base[hn] = 0; epoch[hn] = 0; cut[hn] = 0;
		ordered[hn] = 0; successor[hn] = 0;
		acks[hn * (PLACES + 1) + 1] = 0; acks[hn * (PLACES + 1) + PLACES] = 0;
		hn++
	:: else -> break
	od;
	acks[0] = 0; stable = 0; fenced = 31; rebooted = 1; leaving = 0; leave_view = 0
}
#define CALM(s) :: d_step { alive != 0 && ((s) & ~alive) == 0 && (s) != 0 && stage[BALLOTS + 1] == IDLE ->	\
		printf("calm: %o\n", s); calm(s) }
#endif

/* ---- queries ----------------------------------------------------------------------------------------------------- */

#ifdef QUERY
/*
 * One linearizable query: asked of a head at any moment, answered by it after a barrier (R12). It must see what was
 * stable when it was asked.
 */
byte query;			/* 0: not yet asked; else the head's number + 1; 15: it is over */
byte needs;			/* what was stable then */
byte query_view;
byte barrier;			/* who has acked since */
byte high;			/* the most that one of them held */

#define may_ask(i)	(query == 0 && has(alive, i) && !has(wedged, i) && admitted(i))
#define may_ack_barrier(i) (query != 0 && query != 15 && has(alive, i) && !has(barrier, i) &&				\
		(!has(wedged, i) || !R12_unwedged) && (last[i] == query_view || !R12_same))
#ifdef POLICY_FENCE	/* h is everybody: what is stable is held here */
#define passed(i)	true
#else
#define passed(i)	(ones(barrier & keepers(query_view)) >= enough(query_view, 0) || !R12_barrier)
#endif
#define may_reply(i)	(query == i + 1 && has(alive, i) && !has(wedged, i) && last[i] == query_view && passed(i) &&	\
		(given[i] >= high || !R12_highest))
#endif

/* ---- the processes ----------------------------------------------------------------------------------------------- */

#define me _pid

#ifdef REBOOT_OF
#define JOINERS (bit(X) | (((1 << HEADS) - 1) & ~(FIRST)))
#else
#define JOINERS (((1 << HEADS) - 1) & ~(FIRST))
#endif
#define newcomer(i)	(joining(i) * bit(i))
#if IDS > 3
#define newcomers	(newcomer(2) | newcomer(3))
#elif IDS > 2
#define newcomers	newcomer(2)
#else
#define newcomers	0
#endif
/* Who was never a member: one that was expelled comes back as a new incarnation only. */
#define willing(b) (alive & (JOINERS) & ~members[newest[b]] & newcomers)

#define name	('A' + me)

#ifdef WITNESS
#define FETCH(b) :: d_step { may_fetch(me, b) -> held[me] = longest[b]; printf("%c fetches for ballot %d\n", name, b) }
#else
#define FETCH(b)
#endif

#define STEPS_OF_BALLOT(b)											\
	:: d_step { may_start(me, b) -> start(me, b);								\
		printf("%c starts ballot %d\n", name, b) }							\
	:: d_step { may_answer(me, b) -> answer(me, b);								\
		printf("%c answers ballot %d: installed %d, holds %o\n", name, b, last[me], held[me]) }		\
	FETCH(b)														\
	:: d_step { may_propose(me, b) -> propose(me, b, 0);							\
		say_proposal(b) }										\
	:: d_step { may_propose(me, b) && !adopts(b) && willing(b) != 0 -> propose(me, b, willing(b));		\
		say_proposal(b) }										\
	:: d_step { may_accept(me, b) -> accept(me, b);								\
		printf("%c accepts ballot %d\n", name, b) }							\
	:: d_step { may_decide(me, b) ->									\
		printf("%c decides ballot %d: view %d\n", name, b, proposal[b]);				\
		decide(me, b);											\
		if :: may_install(me, b) -> install(me, b) :: else fi; g = 0 }					\
	:: d_step { may_install(me, b) ->									\
		printf("%c receives INSTALL of ballot %d: view %d\n", name, b, proposal[b]);			\
		install(me, b) }

#define say_proposal(b)												\
	printf("%c proposes in ballot %d: view %d, members %o, base %d, cut %o\n", name, b, proposal[b],	\
		members[proposal[b]], base[proposal[b]], cut[proposal[b]])

active [IDS] proctype head()
{
end:	do
#ifdef QUERY
	:: d_step { may_ask(me) -> query = me + 1; needs = stable; query_view = last[me]; high = 0; barrier = 0;
		printf("%c is asked a query\n", name) }
	:: d_step { may_ack_barrier(me) -> barrier = barrier | bit(me);
		if :: len(held[me]) > high -> high = len(held[me]) :: else fi;
		printf("%c acks the barrier\n", name) }
	:: d_step { may_reply(me) ->
		printf("%c answers the query\n", name);
		/* PROPERTY a linearizable query misses nothing that was stable before it */
		assert(upto(upto(held[me], given[me]), len(needs)) == needs);
		query = 15; needs = 0; query_view = 0; barrier = 0; high = 0 }
#endif
#ifdef LEAVER
	/*
	 * L_unwedged: it has promised and accepted nothing that could still exclude others with its vote. L_view: LEAVE
	 * is for one view, and is submitted anew in the next.
	 */
	:: d_step { me == LEAVER && has(alive, me) && admitted(me) && (leaving || !has(wedged, me) || !L_unwedged) &&
		   (!leaving || leave_view != last[me]) ->
		printf("%c submits LEAVE, for view %d\n", name, last[me]); leaving = true; leave_view = last[me] }
	:: d_step { may_order(me) && leaving && gone(held[me]) == 0 && (last[me] == leave_view || !L_view) ->
		printf("%c puts LEAVE in order, in view %d\n", name, last[me]); order(me, LEAVE) }
#endif
	:: d_step { may_order(me) -> printf("%c puts a message in order, in view %d\n", name, last[me]); order(me, last[me] + 1) }
#ifdef WITNESS
	/* R11: what the witness promised, accepted and installed outlives its restart; without it, it starts as at first. */
	:: d_step { !R11_durable && me == WITNESS && has(alive, me) && promised[me] != 0 ->
		promised[me] = 0; accepted[me] = 0; last[me] = 0; wedged = wedged & ~bit(me);
		printf("%c restarts and knows nothing\n", name) }
#endif
	/* R8: no time-out returns to the old view. */
	:: d_step { !R8_stay && has(alive & wedged, me) && admitted(me) -> wedged = wedged & ~bit(me);
		printf("%c goes back to view %d\n", name, last[me]) }
	:: d_step { may_receive(me) -> printf("%c receives the next message of view %d (wedged: %d)\n", name, last[me], has(wedged, me)); receive(me) }
	STEPS_OF_BALLOT(1)
#if BALLOTS > 1
	STEPS_OF_BALLOT(2)
#endif
#if BALLOTS > 2
	STEPS_OF_BALLOT(3)
#endif
#if BALLOTS > 3
	STEPS_OF_BALLOT(4)
#endif
	od
}

#ifdef FENCING
#define POWER_CUT(i)												\
	:: d_step { !has(fenced, i) && has(FENCING, i) && (i < HEADS || has(alive, i)) ->			\
		if :: has(alive, i) -> die(i) :: else fi; fenced = fenced | bit(i);							\
		printf("%c is fenced\n", 'A' + i) }
#endif

active proctype world()
{
	d_step { members[0] = FIRST }
end:	do
	:: false -> skip
#ifdef LIVE
	CALM(1)
	CALM(2)
	CALM(3)
#if IDS > 2
	CALM(4)
	CALM(5)
	CALM(6)
	CALM(7)
#endif
#endif
#ifdef FENCING
	POWER_CUT(0)
	POWER_CUT(1)
#if IDS > 2
	POWER_CUT(2)
#endif
#if IDS > 3
	POWER_CUT(3)
#endif
#endif
#ifdef REBOOT_OF
	/* The head comes up again, as X: it has nothing, and joins. */
	:: d_step { !has(alive, X) && !has(fenced, X) && last[X] == 0 && rebooted == 0 ->
		rebooted = 1;
		if :: has(alive, REBOOT_OF) -> die(REBOOT_OF) :: else fi;
		alive = alive | bit(X);
		printf("%c reboots: %c\n", 'A' + REBOOT_OF, 'A' + X) }
	/* R1: incarnations have no order. Without an exchange of nonces a late frame of the old one is taken for a newer. */
	:: d_step { !R1_nonce && has(alive, X) && admitted(X) && !has(fenced, X) -> fenced = fenced | bit(X) }
	/* R1: that the old incarnation is dead is known after an exchange of nonces with the new one. */
	:: d_step { has(alive, X) && !has(fenced, REBOOT_OF) -> fenced = fenced | bit(REBOOT_OF) }
#endif
	od
}
