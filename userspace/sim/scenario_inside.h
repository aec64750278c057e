/* SPDX-License-Identifier: GPL-2.0 */
/*
 * What the files of a scenario share: scenario.c, its commands, and
 * scenario_net.c, those that are about frames and faults.
 */
#ifndef SAMR_SIM_SCENARIO_INSIDE_H
#define SAMR_SIM_SCENARIO_INSIDE_H

#include "check.h"
#include "scenario.h"
#include "trace.h"

#define WORDS		24
#define PORTS		256
#define SETTLE_MOST	(20000 * SAMR_MSEC)
#define WINDOW		(1U << 20)
#define ANY_RECORD	0xff

struct scenario {
	struct cluster cluster;
	struct ledger ledger;
	struct members members;
	struct check check;
	struct trace trace;
	struct list_head rules;
	struct buffer *last[NET_NODES][NET_NODES];	/* from, to */
	struct buffer *hello[NET_NODES][NET_NODES];	/* of them, a HELLO */
	struct member *member[NET_NODES][PORTS];
	bool reading;
	struct timer read;
	struct samr_node_config cfg;
	bool made;
	bool quorum;
	bool abandoned;
	FILE *out;
	/* of the command under way */
	size_t line;
	char *word[WORDS];
	u32 words;
	u32 next;
};

/* The words of the command under way. What is wrong with them ends the run. */
void __attribute__((noreturn)) sc_bad(const struct scenario *sc,
				      const char *what);
char *sc_word(struct scenario *sc);
bool sc_more(const struct scenario *sc);

/** sc_accept - the next word, if it is @is */
bool sc_accept(struct scenario *sc, const char *is);
u64 sc_number(struct scenario *sc);

/** sc_span - a time such as 5ms or 200us, in ns */
u64 sc_span(struct scenario *sc);

/** sc_node - a node's id, or 0 for "*" */
u32 sc_node(struct scenario *sc, bool any);

/** sc_member - a node and a port that has joined */
struct member *sc_member(struct scenario *sc);

/** sc_record - a type of record; 0 for none at all, ANY_RECORD for "*" */
u8 sc_record(struct scenario *sc);

/** scenario_judge - what becomes of a frame, see net.h */
bool scenario_judge(void *ctx, u32 from, u32 to, struct buffer *frame,
		    u64 *delay);

/** scenario_net_end - each rule must have been used */
void scenario_net_end(struct scenario *sc);

/** scenario_net_free - forget rules and kept frames */
void scenario_net_free(struct scenario *sc);

/* Commands of scenario_lock.c. */
void do_lock(struct scenario *sc);
void do_locks(struct scenario *sc);
void do_unlock(struct scenario *sc);

/* Commands of scenario_net.c. */
void do_lose(struct scenario *sc);
void do_repeat(struct scenario *sc);
void do_delay(struct scenario *sc);
void do_cut(struct scenario *sc);
void do_heal(struct scenario *sc);
void do_frames(struct scenario *sc);
void do_pause(struct scenario *sc);
void do_links(struct scenario *sc);
void do_fail(struct scenario *sc);
void do_forge(struct scenario *sc);

/* Commands of scenario_session.c. */
void do_acked(struct scenario *sc);
void do_attach(struct scenario *sc);
void do_close(struct scenario *sc);
void do_detach(struct scenario *sc);
void do_open(struct scenario *sc);
void do_connect(struct scenario *sc);
void do_disconnect(struct scenario *sc);
void do_call(struct scenario *sc);
void do_reply(struct scenario *sc);
void do_output(struct scenario *sc);
void do_input(struct scenario *sc);
void do_query(struct scenario *sc);
void do_answer(struct scenario *sc);
void do_forget(struct scenario *sc);
void do_request(struct scenario *sc);
void do_sessions(struct scenario *sc);

/* Commands of scenario_alarm.c: NODE PORT GROUP NUMBER, and ms from now, or which. */
void do_alarm(struct scenario *sc);
void do_cancel(struct scenario *sc);

/* Commands of scenario_state.c. */
void do_group(struct scenario *sc);
void do_place(struct scenario *sc);
void do_snapshot(struct scenario *sc);
void do_give(struct scenario *sc);
void do_took(struct scenario *sc);

#endif /* SAMR_SIM_SCENARIO_INSIDE_H */
