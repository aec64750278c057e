/* SPDX-License-Identifier: GPL-2.0 */
/* What stream.c and the members' side of streams share. */
#ifndef SAMR_SIM_STREAM_MEMBER_H
#define SAMR_SIM_STREAM_MEMBER_H

#include "stream.h"

/* Bytes of the longest segment. */
#define SEGMENT_MOST	700

/** stream_members_accept - a stream is opened, in the order of @h */
void stream_members_accept(struct streams *all, struct host *h, const struct samr_msg *msg,
			   const struct samr_session_payload *p);

/** stream_members_take - a segment */
void stream_members_take(struct streams *all, struct host *h, const struct samr_msg *msg);

/** stream_members_cut - no stream of that name any more */
void stream_members_cut(struct streams *all, struct host *h, u64 name);

/** stream_members_cut_all - a state is given to somebody, and the streams do not go on */
void stream_members_cut_all(struct streams *all, struct host *h);

/** stream_members_turn - members read and write as they like */
void stream_members_turn(struct streams *all);

/** stream_members_stuck - says what they have, when the run does not end */
void stream_members_stuck(const struct streams *all);

void stream_members_free(struct streams *all);

#endif /* SAMR_SIM_STREAM_MEMBER_H */
