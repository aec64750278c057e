/* SPDX-License-Identifier: GPL-2.0 */
/*
 * Streams: what goes in, what has to come out, and who was accepted where.
 *
 * What a client writes follows from the stream's id, and what a service writes from
 * the id and from how much it has read: so either side, and a client that a head has
 * died under, can be told at any byte whether it is the right one. Checked:
 *
 *	- members get the client's bytes, each once and in order, none behind the end or
 *	  behind the place that ended the stream, and never more unread than the window;
 *	- members of a group accept the same streams in the same order;
 *	- a client gets the service's bytes, each once and in order, whoever wrote them;
 *	  never more than its window; the end where it is, of the right kind, and nothing
 *	  behind it; and nothing that follows from input that the order does not hold.
 *
 * Shares nothing with the core's tables.
 */
#ifndef SAMR_SIM_CHECK_STREAM_H
#define SAMR_SIM_CHECK_STREAM_H

#include "cluster.h"

/* Ids of streams end like this, and those of sessions do not. */
#define STREAM_ID_BITS	3ULL

/**
 * struct stream_made - what a service has written
 * @bytes: so many
 * @end: enum samr_end, behind them
 */
struct stream_made {
	u64 bytes;
	u8 end;
};

/** stream_made - having read @count bytes of stream @id, and its end (@fin) */
struct stream_made stream_made(u64 id, u64 count, bool fin);

/** stream_bytes - write the bytes from number @from on; @back: of the output */
void stream_bytes(u64 id, bool back, u64 from, u8 *to, u32 len);

/** stream_check_bytes - are these the bytes of a message from @off on? */
void stream_check_bytes(u64 id, bool back, u64 from, const struct samr_msg *msg,
			u32 off);

/**
 * struct stream_check - what was accepted
 * @name: of all, in their order
 * @inc: per host: incarnation, 0: it accepts nothing
 * @first: per host: the first one that it accepted
 * @last: per host: the last one
 */
struct stream_check {
	u64 *name;
	size_t names, room;
	u64 inc[NET_NODES];
	u64 first[NET_NODES];
	u64 last[NET_NODES];
};

/** stream_check_accept - a member on @h accepts stream @name */
void stream_check_accept(struct stream_check *k, const struct host *h, u64 name);

/**
 * stream_check_kept - a member on @h gets stream @name with the state of place @id
 *
 * Somebody has accepted it, and all those that it gets have their order.
 */
void stream_check_kept(struct stream_check *k, const struct host *h, u64 name,
		       u64 id);

/** stream_check_begin - a member on @h has the state of place @id, and accepts what comes behind */
void stream_check_begin(struct stream_check *k, const struct host *h, u64 id);

/** stream_check_leave - it accepts nothing any more, until it joins again */
void stream_check_leave(struct stream_check *k, u32 host);

/** stream_check_forget - the cluster begins anew: names may come again */
void stream_check_forget(struct stream_check *k);

/** stream_check_is - is a SESSION or REQUEST of a stream? */
bool stream_check_is(const struct samr_msg *msg);

#endif /* SAMR_SIM_CHECK_STREAM_H */
