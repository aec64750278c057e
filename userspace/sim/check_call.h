/* SPDX-License-Identifier: GPL-2.0 */
/*
 * Groups as clients of others: what nodes make of it, along the order that has survived.
 *
 * A part of check_session.c, which notes what each node makes of each message. Each answer
 * is justified by what was before it: a group connects by a number above all before, a
 * request is executed when its number is the next one, and each is returned once, in the
 * order of the numbers.
 */
#ifndef SAMR_SIM_CHECK_CALL_H
#define SAMR_SIM_CHECK_CALL_H

#include "core/node.h"

#define CALL_MODELS	64

/* A session of a group, as the answers have it. */
struct call_model {
	u32 service, client;
	u64 key, name;
	u64 next, acked;
	bool over;
	bool ended;		/* and the client is not told */
};

/**
 * struct call_models - all of them
 * @shaky: of a service: its sessions may have ended, which is seen later; by group & 15
 */
struct call_models {
	struct call_model m[CALL_MODELS];
	u32 count;
	bool shaky[16];
};

/**
 * struct call_place - one message of the order
 * @meta: it
 * @result: enum samr_ses
 * @session: name
 * @bytes: the first ones of its payload
 */
struct call_place {
	const struct samr_meta *meta;
	u8 result;
	u64 session;
	const u8 *bytes;
};

/** call_check - CONNECT, RETURN, a group's REQUEST, or EXPIRE of what it has */
void call_check(struct call_models *all, const struct call_place *p);

/** call_check_gone - that group has no members any more */
void call_check_gone(struct call_models *all, u32 group);

#endif /* SAMR_SIM_CHECK_CALL_H */
