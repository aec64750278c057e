/* SPDX-License-Identifier: GPL-2.0 */
/*
 * Stateful members that wait for alarms: those that they wait for belong to their state.
 *
 * They set and cancel some when they apply data, by numbers and times that follow from the state
 * and the place, so all replicas ask for the same; each hands it in when it gets to it. Checked:
 *
 *	- each alarm has one end, rung or cancelled, and that only when it was asked for;
 *	- none rings before group time has come to it;
 *	- all replicas read the same at the same place: it goes into the digest of the state
 *	  (service.h), also of those who were given the state with alarms in it;
 *	- when all is calm none is left, whoever died.
 */
#ifndef SAMR_SIM_SLEEPER_H
#define SAMR_SIM_SLEEPER_H

#include "host.h"

struct service;

#define SLEEPER_MOST	8

/** struct sleeper - a part of the state */
struct sleeper {
	u32 count;
	struct sleeper_alarm {
		u64 number;
		u64 due;
		bool cancelled;
	} alarm[SLEEPER_MOST];
};

/**
 * struct sleeper_news - what is read of an alarm, or data
 * @spurs: it is data, that makes who applies it ask for something
 * @result: enum samr_al; 0: it is not about alarms
 * @number: of the alarm
 * @time: of the place
 */
struct sleeper_news {
	bool spurs;
	u8 result;
	u64 number;
	u64 time;
};

/** sleeper_begin - of a state that begins */
void sleeper_begin(struct service *s);

/** sleeper_news - of @msg */
void sleeper_news(const struct samr_msg *msg, struct sleeper_news *news);

/** sleeper_hash - stands for @news in the digest; 0: nothing */
u64 sleeper_hash(const struct sleeper_news *news);

/** sleeper_apply - @s applies what is at @gseq */
void sleeper_apply(struct service *s, u64 gseq,
		   const struct sleeper_news *news);

/** sleeper_turn - hand in what was asked for; false: not all can be now */
bool sleeper_turn(struct service *s);

/** sleeper_forget - what was not handed in */
void sleeper_forget(struct service *s);

/** sleeper_waits - is there an alarm, or an ask? */
bool sleeper_waits(const struct service *s);

#endif /* SAMR_SIM_SLEEPER_H */
