/* SPDX-License-Identifier: GPL-2.0 */
/*
 * The plainest of members: it joins the one group, reads at once, and sends SAFE
 * messages of the same bytes when it is told to. For runs that are about heads.
 */
#ifndef SAMR_SIM_TALKER_H
#define SAMR_SIM_TALKER_H

#include "host.h"

/**
 * struct talker - a member; zero: a head that has begun anew
 * @asked: to join
 * @joined: it has
 * @unread: up to which place it has not read yet; 0: it has read all
 * @cost: of that
 */
struct talker {
	bool asked;
	bool joined;
	u64 unread;
	u32 cost;
};

/** talker_take - @h delivers @msg; true: it is one of those that cost */
bool talker_take(struct talker *t, const struct host *h,
		 const struct samr_msg *msg);

/** talker_read - read all, and ask to join; true: it is a member */
bool talker_read(struct talker *t, struct host *h);

/** talker_send - @len bytes */
void talker_send(struct host *h, u32 len);

#endif /* SAMR_SIM_TALKER_H */
