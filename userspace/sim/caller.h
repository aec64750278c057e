/* SPDX-License-Identifier: GPL-2.0 */
/*
 * Stateful members that are clients of other groups: what they ask for, and what they read
 * of it, belongs to their state.
 *
 * They ask for something when they apply data, by a number that follows from the state, so
 * all replicas ask for the same; each hands it in when it gets to it. Checked:
 *
 *	- each request has one end, in the order of the numbers, or ends with its session;
 *	- a reply is one that a replica of the service has made, to that request;
 *	- all replicas read the same at the same place: it goes into the digest of the
 *	  state (service.h);
 *	- a number is taken or known wherever the state says that it is next, also by one
 *	  who was given the state;
 *	- when all is calm nothing is open.
 */
#ifndef SAMR_SIM_CALLER_H
#define SAMR_SIM_CALLER_H

#include "host.h"

struct service;
struct session_check;

#define CALLER_LINKS	2

/**
 * struct caller_link - a session with another group
 * @service: that group; 0: none
 * @key: of the OPEN
 * @name: of the session; 0: none
 * @made: number of the last request
 * @had: of those, so many have an end
 * @asked: OPEN or CLOSE has no answer yet
 */
struct caller_link {
	u32 service;
	bool asked;
	u64 key;
	u64 name;
	u64 made;
	u64 had;
};

/** struct caller - a part of the state */
struct caller {
	struct caller_link link[CALLER_LINKS];
};

/**
 * struct caller_news - a CONNECT or RETURN, as it is read
 * @kind: 0: it is none
 * @spurs: it is data, that makes who applies it ask for something
 * @hash: stands for its bytes
 */
struct caller_news {
	bool spurs;
	u8 kind;
	u8 op;
	u8 result;
	u32 service;
	u64 key;
	u64 name;
	u64 number;
	u64 hash;
};

#define CALLER_MARKS	65536

/* Number of a request that no other has, of clients neither. */
struct caller_mark {
	u64 name, number;
	u64 mark;
};

/**
 * struct callers - what all of them share
 * @target: the services of a group, by link; 0: none
 * @check: knows the replies that were made
 * @marks: the last one given to anybody
 * @mark: those given here, so many are @marked
 */
struct callers {
	struct session_check *check;
	u64 *marks;
	struct caller_mark mark[CALLER_MARKS];
	u32 marked;
	u32 (*target)(u32 group, u32 link);
	u64 opened, made, replied, unknown, ended;
};

/** caller_begin - of a state that begins */
void caller_begin(struct service *s);

/** caller_news - of @msg, or nothing */
void caller_news(struct callers *all, const struct samr_msg *msg,
		 struct caller_news *news);

/** caller_apply - @s applies what is at @gseq */
void caller_apply(struct service *s, u64 gseq, const struct caller_news *news);

/** caller_turn - hand in what was asked for; false: not all can be now */
bool caller_turn(struct service *s);

/** caller_forget - what was not handed in */
void caller_forget(struct service *s);

/** caller_open - is anything open? */
bool caller_open(const struct service *s);

/** caller_text - what was done; until the next call */
const char *caller_text(const struct callers *all);

#endif /* SAMR_SIM_CALLER_H */
