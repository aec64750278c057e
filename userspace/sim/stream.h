/* SPDX-License-Identifier: GPL-2.0 */
/*
 * Streams: clients that write and read, and members that do it on the other side.
 *
 * Where a state is given they go on: the donor's member says where it stands, and the
 * receiver's begins there.
 *
 * Each has a pace of its own: members read and write in pieces of any size, stand
 * still for a while, and so do clients. A client loses its head and goes on through
 * another one, gives up in the middle, or leaves without a word.
 */
#ifndef SAMR_SIM_STREAM_H
#define SAMR_SIM_STREAM_H

#include "check_session.h"
#include "check_stream.h"

enum stream_state {
	STREAM_NEW,
	STREAM_OPENING,
	STREAM_ATTACHING,
	STREAM_OPEN,
	STREAM_CLOSING,
};

/**
 * struct stream_client - one
 * @turn: counts its attachments: what concerns an older one is not for it
 * @host: id of its access head; 0: none
 * @asked: a SESSION or STREAM is on its way
 * @total: bytes that it will write, and then the end
 * @send: number of the next one to be sent, again or for the first time
 * @most: the highest number that it has ever sent
 * @got: it has the output up to this number
 * @read: its process has read so far
 * @told: and has said so
 * @from: the next piece begins here; 0: at any number, as it has attached
 * @end: enum samr_end: how the output has ended
 * @at: it does nothing before
 */
struct stream_client {
	struct list_head list;
	struct streams *all;
	enum stream_state state;
	u64 turn;
	u32 group;
	u32 port;
	u32 host;
	u64 inc;
	u64 id;
	u64 name;
	u32 window;
	bool asked;
	u64 total, send, most;
	u64 got, read, told, from;
	u8 end;
	u64 at;
};

/* A stream, as its OPEN had it. */
struct opened {
	u64 name, id;
	u32 window;
	u64 node;
	u32 port;
};

/**
 * struct streams - all of them
 * @conns: connections that members have accepted
 * @kept: of those, streams that came with a state which is not installed yet
 * @held: messages for members that are not
 * @stands: where members stood when they were asked for their state
 * @known: what is known of all that were opened, by name
 * @stateful: members of the group take part in state transfer
 * @late: what was held is delivered
 * @send: hand in a message of @c by way of @h; what the core says
 * @pace: all take a turn every so many ms, until it is calm
 * @calm: no new streams
 */
struct streams {
	struct cluster *cluster;
	struct stream_check check;
	struct rng rng;
	struct list_head list;
	struct list_head conns;
	struct list_head kept;
	struct list_head held;
	struct list_head stands;
	struct opened *known;
	size_t knowns, room;
	struct timer turn;
	u32 group;
	bool stateful;
	bool late;
	int (*send)(struct streams *all, struct stream_client *c,
		    struct host *h, struct samr_submit *s, const u8 *bytes);
	bool (*usable)(struct streams *all, struct host *h);
	u32 pace;
	bool calm;
	u64 still[NET_NODES];
	u64 opened, moves, ended, lost, aborted, accepted, given, in, out;
};

void streams_init(struct streams *all, struct cluster *c, u32 group, u64 seed);
void streams_free(struct streams *all);

/** streams_client - one more client; its port is its own at every head */
void streams_client(struct streams *all, u32 port);

/** streams_lost - client node @h has lost its head, and all that was under way */
void streams_lost(struct streams *all, const struct host *h);

/** streams_told - what became of a message of @c, sent in its attachment @turn */
void streams_told(struct stream_client *c, u64 turn, const struct samr_submit *s,
		  const struct samr_msg *msg);

/** streams_deliver - @h delivers to its clients, or to its member of the group */
void streams_deliver(struct streams *all, struct host *h,
		     const struct samr_msg *msg);

/** streams_hold - likewise, and its member lacks the state: what comes is kept for it */
void streams_hold(struct streams *all, struct host *h,
		  const struct samr_msg *msg);

/** streams_install - it has the state of place @id from here on */
void streams_install(struct streams *all, struct host *h, u64 id);

/** streams_drop - what is kept for it is not needed */
void streams_drop(struct streams *all, struct host *h);

/** streams_snapshot - the member on @h gives the state of place @id, to which it has come */
void streams_snapshot(struct streams *all, struct host *h, u64 id);

/**
 * streams_place - and says where it stands; @port: the member
 *
 * Return: 1: it may give the state; 0: it can not, and has said so; -ESTALE.
 */
int streams_place(struct streams *all, struct host *h, u32 port, u64 id);

/** streams_leave - the member on a head has none any more */
void streams_leave(struct streams *all, u32 host);

/** streams_forget - the cluster begins anew */
void streams_forget(struct streams *all);

/** streams_done - has nobody one? */
bool streams_done(const struct streams *all);

/** streams_stuck - say who has */
void streams_stuck(const struct streams *all);

/** streams_text - what was done; until the next call */
const char *streams_text(const struct streams *all);

#endif /* SAMR_SIM_STREAM_H */
