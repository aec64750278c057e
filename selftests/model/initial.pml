/* SPDX-License-Identifier: GPL-2.0 */
/*
 * The first view, for SPIN: three heads that have just come up and have none, one of which reboots meanwhile.
 * All three are founders: a head that is not waits for a view to take it in, as one that has rebooted does, and the
 * founders' HELLOs count only when they name the same founders. Whoever overrides them by hand answers for it.
 *
 * Each head says in HELLO which incarnations it knows, by an exchange of nonces with each of them, which only a live one
 * can answer. The lowest head installs the first view when the HELLO of every head names exactly the incarnations that
 * it would install. The others follow at INSTALL, or when a coordinator in that view needs them (R5: base is installed
 * first). HELLO and INSTALL stay receivable for ever, and are lost, late or repeated; who takes no step any more has
 * crashed. One reboot, of the head that installs or of another: it makes the two sets of incarnations that may be mixed up.
 */

#include "rules.h"

#ifndef REBOOT_OF
#define REBOOT_OF 0
#endif
#define A 0
#define B 1
#define C 2
#define X 3			/* the new incarnation of REBOOT_OF */
#define bit(i)		(1 << (i))
#define has(set, i)	(((set) >> (i)) & 1)
#define ones(s)		(has(s, 0) + has(s, 1) + has(s, 2) + has(s, 3))

/* The two sets that can be named: without and with the new incarnation. 0: none as yet. */
#define OLD 1
#define NEW 2
#define heads_of(set)	((set) == OLD -> 7 : 7 & ~bit(REBOOT_OF) | bit(X))
#define lowest(set)	((set) == NEW && REBOOT_OF == 0 -> X : A)

byte alive = 7;
byte names[4];			/* what its newest HELLO names */
byte said[4];			/* what any of its HELLOs named, as bits 1 << set */
byte view[4];			/* which first view it installed; 0: it is in HELLO state */
byte installing;		/* INSTALLs sent, as bits 1 << set */
byte holders[3];		/* who installed it and acknowledges its messages, dead ones too: what was stable stays so */

#define hello(i)	(has(alive, i) && view[i] == 0)
#define all_named(s)	(has(said[REBOOT_OF], s) * ((s) == OLD) + has(said[X], s) * ((s) == NEW) +				\
			 has(said[0], s) * (REBOOT_OF != 0) + has(said[1], s) * (REBOOT_OF != 1) +			\
			 has(said[2], s) * (REBOOT_OF != 2) == 3)

/*
 * C_sender: a head without a view takes one (by INSTALL, or as the base that an ACCEPT needs) from a sender only whose
 * incarnation its own newest HELLO names. So the INSTALL of an incarnation that is known to be dead is refused, as its
 * successor may be installing; but one that lives in that view and was in HELLO state with us is believed.
 * C_others: it is not asked that the view is exactly the set that was named last; that would leave heads behind for ever.
 */
#define senders(s)	holders[s]
#define follows(i, s)	(((senders(s) & heads_of(names[i])) != 0 || !C_sender) && (C_others || names[i] == (s)))

inline install(i, s) {
	view[i] = s;
	holders[s] = holders[s] | bit(i);
	/* PROPERTY one first view: only one has ever had the majority that it takes to make a message stable */
	assert(ones(holders[OLD]) < 2 || ones(holders[NEW]) < 2)
}

#define STEPS_OF_SET(s)												\
	/* A nonce came back from each incarnation of the set: all are alive now. */				\
	:: d_step { hello(_pid) && has(heads_of(s), _pid) && (heads_of(s) & ~alive) == 0 && names[_pid] != s ->	\
		names[_pid] = s; said[_pid] = said[_pid] | bit(s); printf("%c names %d\n", 'A' + _pid, s) }	\
	:: d_step { hello(_pid) && lowest(s) == _pid && all_named(s) && names[_pid] == s ->		\
		printf("%c installs %d\n", 'A' + _pid, s); installing = installing | bit(s); install(_pid, s) }	\
	/* By INSTALL, or as the base of an ACCEPT. */								\
	:: d_step { hello(_pid) && has(installing, s) && has(heads_of(s), _pid) && follows(_pid, s) ->		\
		printf("%c follows %d\n", 'A' + _pid, s); install(_pid, s) }					\
	/* PROPERTY liveness: who is in a view in which somebody else lives can follow, at once or after a new HELLO */ \
	:: d_step { hello(_pid) && names[_pid] != 0 && has(heads_of(s), _pid) && in_it(s) != 0 &&		\
		    (7 & ~bit(REBOOT_OF) & ~alive) == 0 ->							\
		assert(follows(_pid, s) || (has(alive, X) && (in_it(s) & heads_of(NEW)) != 0 && C_others)) }

/* Who is alive in that view. */
#define in_it(s) ((view[0] == s) * has(alive, 0) * 1 + (view[1] == s) * has(alive, 1) * 2 +				\
		(view[2] == s) * has(alive, 2) * 4 + (view[3] == s) * has(alive, 3) * 8)

active [4] proctype head()
{
end:	do
	STEPS_OF_SET(OLD)
	STEPS_OF_SET(NEW)
	od
}

active proctype world()
{
end:	do
	:: d_step { !has(alive, X) && has(alive, REBOOT_OF) -> alive = alive & ~bit(REBOOT_OF) | bit(X);
		view[REBOOT_OF] = 0; names[REBOOT_OF] = 0; printf("%c reboots: D\n", 'A' + REBOOT_OF) }
	od
}
