/* SPDX-License-Identifier: GPL-2.0 */
/*
 * A pretended network for the suites of the core: up to five nodes that are
 * stepped against each other in virtual time. What becomes of a frame on its
 * way to each receiver is decided by the test.
 *
 * What a suite is not told it may look up: it includes core/state.h.
 */
#ifndef SAMR_TESTS_NET_H
#define SAMR_TESTS_NET_H

#include <kunit/test.h>
#include "../core/state.h"
#include "net_fail.h"

#define NET_HEADS_MAX	5
#define NET_LOG		1024		/* deliveries that are noted at a head */
#define NET_DELAY	(50 * SAMR_USEC)
#define NET_LOST	U64_MAX
#define NET_GROUP	7
#define NET_WINDOW	(1U << 20)	/* of members, unless a test says otherwise */
#define NET_ASKER	90		/* port of the client that asks queries */
#define NET_UID		11
#define NET_GID		12
#define NET_CLUSTER	0x5a3

/**
 * struct net_delivery - what a head was told
 * @meta: of the message
 * @epoch: as in struct samr_msg
 * @view: as in struct samr_msg
 * @random: as in struct samr_msg
 * @members: number of members after it; 0: they did not change
 * @refused: as in struct samr_msg
 * @notes: how many members were told of locks
 * @result: enum samr_lk of the first two
 * @ses: enum samr_ses, of a SESSION, REQUEST or REPLY; enum samr_al, of an ALARM
 * @session: as in struct samr_msg
 * @next: as in struct samr_msg
 * @diverged: of a DIGEST: what was told last
 * @owned: had an owner
 * @at: time
 */
struct net_delivery {
	struct samr_meta meta;
	u64 epoch;
	u64 view;
	u64 random;
	u32 members;
	bool refused;
	u32 notes;
	u8 result[2];
	u8 ses;
	u64 session;
	u64 next;
	struct samr_divergence diverged;
	bool owned;
	u64 at;
};

/**
 * struct net_head - one node
 * @node: it
 * @id: its id
 * @log: what it delivered
 * @logged: how much
 * @changes: as its last step said that had any, see struct samr_actions
 * @changed: likewise
 * @writable: it said so since the test cleared this
 * @deaf: members here read nothing
 * @broken: an invariant did not hold
 * @failed: an allocation failed in the last step
 */
struct net_head {
	struct samr_node *node;
	u64 id;
	struct net_delivery *log;
	u32 logged;
	u32 changes;
	u32 changed[SAMR_CHANGES_MAX];
	bool writable;
	bool deaf;
	bool broken;
	bool failed;
};

/**
 * struct net - nodes and frames on their way
 * @test: whose it is
 * @head: the nodes; the first has the lowest id and leads
 * @heads: how many
 * @now: virtual time, ns
 * @wall: wall clock, ns
 * @flying: frames, by arrival
 * @fate: how long a frame takes from head @from to head @to (indices), or
 *	NET_LOST; NULL: NET_DELAY
 * @sent: frames sent so far, one for each receiver
 * @prng: random numbers for the test, net_random()
 * @sequence: number of the next payload
 * @fail_nth: this allocation of the next step fails, counted from 1; 0: none
 * @sick: @fail_nth is spent on this head only
 * @counter: for @fate
 */
struct net {
	struct kunit *test;
	struct net_head head[NET_HEADS_MAX];
	u32 heads;
	u64 now;
	u64 wall;
	struct list_head flying;
	u64 (*fate)(struct net *net, u32 from, u32 to, struct samr_blob *frame);
	u64 sent;
	u64 prng;
	u64 sequence;
	u32 fail_nth;
	u32 sick;
	u32 counter;
};

/* For the suites' .init and .exit: test->priv is an empty net. */
int net_init(struct kunit *test);
void net_exit(struct kunit *test);

/** net_config - what heads are made with unless a test changes it */
struct samr_node_config net_config(void);

/** net_heads - make @count heads with ids 1, 2, ...; identity is filled in */
void net_heads(struct net *net, u32 count, const struct samr_node_config *cfg);

/** net_view - all heads want the same view, and get it */
void net_view(struct net *net);

/** net_up - heads with a view and one member of NET_GROUP each, port 1 */
struct net *net_up(struct kunit *test, u32 count,
		   const struct samr_node_config *cfg);

/** net_step - one event and nothing else; its actions are run */
int net_step(struct net *net, u32 i, struct samr_event *ev);

/** net_flush - close and send the open frames of head @i */
void net_flush(struct net *net, u32 i);

/** net_run - let time pass: frames arrive, deadlines are met */
void net_run(struct net *net, u64 ns);

/** net_settle - until every head has delivered and dropped the same order */
void net_settle(struct net *net);

/** net_submit - a message of NET_GROUP's member on head @i, not flushed */
int net_submit(struct net *net, u32 i, u32 len, u8 flags);

/** net_send - the same in any group, and flushed */
int net_send(struct net *net, u32 i, u32 group, u32 len, u8 flags);

/** net_blob - @len bytes from @head, and @more zeroes behind them */
struct samr_blob *net_blob(struct net *net, const void *head, u32 len, u32 more);

/** net_order - submit @s with the payload of net_blob(), in NET_GROUP unless it names one; flushed */
int net_order(struct net *net, u32 i, struct samr_submit *s, const void *head,
	      u32 len, u32 more);

/** net_told - the last thing that head @i was told of a session of @port: it is @ses */
const struct net_delivery *net_told(struct net *net, u32 i, u32 port, u8 ses);

/**
 * net_query - ask NET_GROUP @len bytes at head @i; not flushed
 *
 * As a client at port NET_ASKER would, of user NET_UID and group NET_GID.
 */
int net_query(struct net *net, u32 i, u64 number, u32 len, u64 seen, bool linear,
	      u32 most);

/** net_answer - a member on head @i answers, having read up to @upto; flushed */
int net_answer(struct net *net, u32 i, u64 query, u32 len, u64 upto);

/** net_reply - a member on head @i replies @len bytes to a request of NET_GROUP; flushed */
int net_reply(struct net *net, u32 i, u64 session, u64 number, u32 len);

/** net_member - JOIN or LEAVE of member @port on head @i, flushed */
int net_member(struct net *net, u32 i, u8 kind, u32 group, u32 port,
	       u64 window);

/** net_consumed - the members of @group on head @i have read up to @gseq */
void net_consumed(struct net *net, u32 i, u32 group, u64 gseq, u32 cost);

/** net_agreed - every head has delivered the same @count messages of data */
void net_agreed(struct net *net, u32 count);

/** net_data - messages of data that head @i delivered */
u32 net_data(const struct net *net, u32 i);

/** net_last - the last delivery of head @i */
const struct net_delivery *net_last(struct net *net, u32 i);

/** net_delivered - how many of this kind head @i was given */
u32 net_delivered(const struct net *net, u32 i, u8 kind);

/** net_random - below @below */
u32 net_random(struct net *net, u32 below);

/** net_drops - frames and records that head @i dropped for this reason */
u64 net_drops(const struct net *net, u32 i, enum samr_drop reason);

/**
 * struct net_craft - a frame made by hand
 * @info: its header; len and records are counted along, unless set
 * @blob: it, with room for the header
 */
struct net_craft {
	struct samr_frame_info info;
	struct samr_blob *blob;
	u16 records;
};

/** net_craft - begin a frame as head @from would send it now */
struct net_craft net_craft(struct net *net, u32 from);

/** net_craft_add - append a record, or the begin of one */
void net_craft_add(struct net_craft *c, const void *bytes, u32 len);

/** net_craft_fill - append bytes @off .. of payload @number to the last record */
void net_craft_fill(struct net_craft *c, u64 number, u32 off, u32 len);

/** net_craft_send - close it and hand it to head @to; flushed */
void net_craft_send(struct net *net, struct net_craft *c, u32 to);

/** net_has - has a frame a record of this type? */
bool net_has(const struct samr_blob *frame, u8 type);

/** net_count - records of this type that are on their way to head @to */
u32 net_count(const struct net *net, u32 to, u8 type);

/** net_lose_flying - what is on its way is lost */
void net_lose_flying(struct net *net);

/** net_payload - a blob of @len bytes that net_send() would send as @number */
struct samr_blob *net_payload(u64 number, u32 len);

/** net_payload_byte - byte @at of payload @number */
u8 net_payload_byte(u64 number, u32 at);

#endif /* SAMR_TESTS_NET_H */
