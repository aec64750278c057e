/* SPDX-License-Identifier: GPL-2.0 */
/*
 * The checkers: they see all that happens in the cluster and know nothing of
 * the workload. Each is a watch; none of them changes anything.
 *
 *	check_order	one order, the same everywhere, nothing twice, each in
 *			its sender's order, SAFE only when enough hold it
 *	check_flow	back-pressure and the core's account of itself
 *	check_model	afterwards, against a model of groups: nothing left out
 *	check_live	when the network is whole: all arrives, then quiet
 *	check_counts	the core's counters: what was seen to happen, once
 *	check_answers	what nodes say when they are asked
 */
#ifndef SAMR_SIM_CHECK_H
#define SAMR_SIM_CHECK_H

#include "ledger.h"
#include "member.h"

/**
 * struct place - one place of the order, as first delivered anywhere
 * @meta: of its message; gseq 0: not delivered yet
 * @hash: of its bytes
 * @view: what the delivery said
 * @random: what the delivery said
 * @epoch: what the delivery said
 * @members: JOIN and LEAVE that changed something: hash of the list
 * @transfer: hash of what it says of the state transfer; 0: nothing
 * @refused: so it says
 * @own: its origin's core has made it, and need not hear of it
 * @unheard: it has its place, and nobody was told of it so far
 * @seen: hosts that delivered it, by id
 */
struct place {
	struct samr_meta meta;
	u64 hash;
	u64 view;
	u64 random;
	u64 epoch;
	u64 members;
	u64 transfer;
	bool refused;
	bool own;
	bool unheard;
	u64 seen;
};

/**
 * struct model_group - a group as the model has it
 * @view: place of the change that made it
 * @transfer: id of the state transfer under way; 0: none
 * @last: place of its last piece; 0: it has none yet
 * @donor_node: head of its donor; 0: none any more
 * @donor_port: its number there
 * @count: members, by seniority
 * @m: they
 */
struct model_group {
	u64 view;
	u64 transfer;
	u64 last;
	u64 donor_node;
	u32 donor_port;
	u32 count;
	struct model_member {
		u64 node;
		u32 port;
		u32 window;
		u32 flags;
		bool gets;
	} m[SAMR_MEMBERS_MAX];
};

#define CHECK_GROUPS	64

/**
 * struct check_given - the last delivery of a run of steps
 * @group: it is of
 * @origin: 0: there was none
 */
struct check_given {
	u32 group;
	u64 origin;
};

/**
 * struct check - the state of all checkers
 * @place: by gseq - 1
 * @places: highest gseq delivered anywhere
 * @group: ids met, by index
 * @last: per host and group: gseq delivered last
 * @stats: per host, after its last run of steps: one of @account
 * @account: one for each host, and a spare one, @fresh
 * @fresh: for the next host to be looked at
 * @counted: per host: what its counters should be
 * @blocked: per host: submissions refused since it was last writable
 * @installed: per host: its newest view
 * @walked: per host: looked at up to this place
 * @viewed: per host: its view after its last run of steps
 * @epoch: per host: of its last delivery
 * @plan: the view that was proposed, or told of, last
 * @key_epoch: the view that was told to heads last, and
 * @key: with which group random is drawn in it
 * @told: per host and group: membership when it was last said to have changed
 * @share: per group: largest credit that one origin ever had
 * @given: per host: what its members were given last
 * @failed: per host: allocations refused before its last run of steps
 * @strangers: per host: frames dropped as of no configured head
 * @frames: per host: sent
 * @timers: per host: times that it was woken by its deadline
 * @sent_at: per host: when it last sent one to all
 * @silence: per host: longest time without one
 * @history: messages that a host may keep; 0: any number
 * @memory_max: bytes that a host may have; 0: any number
 * @strict: no hostile frames: every drop has a harmless cause
 * @grows: heads come in, and ask from outside
 * @probe: check_flow may ask for room, which the core remembers
 * @model: groups at the end, by index; made by check_model()
 * @quiet: per host: when quiet began
 * @quiet_at: when that was
 * @refusing: check_answers() hands in what must be refused
 * @delivered: deliveries
 * @safe: of them SAFE
 */
struct check {
	struct watch order;
	struct watch flow;
	struct watch counts;
	struct cluster *cluster;
	struct ledger *ledger;
	struct members *members;
	struct place *place;
	size_t places;
	size_t room;
	u32 group[CHECK_GROUPS];
	u32 groups;
	u64 last[NET_NODES][CHECK_GROUPS];
	u64 installed[NET_NODES];
	u64 viewed[NET_NODES];
	u64 walked[NET_NODES];
	u64 epoch[NET_NODES];
	struct samr_rec_plan plan;
	u64 key_epoch;
	struct samr_key key;
	u64 told[NET_NODES][CHECK_GROUPS];
	u64 share[CHECK_GROUPS];
	struct samr_node_stats *stats[NET_NODES];
	struct samr_node_stats account[NET_NODES + 1];
	struct samr_node_stats *fresh;
	struct samr_node_stats counted[NET_NODES];
	struct check_given given[NET_NODES];
	u64 failed[NET_NODES];
	u64 strangers[NET_NODES];
	u64 frames[NET_NODES];
	u64 timers[NET_NODES];
	u64 sent_at[NET_NODES];
	u64 silence[NET_NODES];
	struct list_head blocked;
	u64 history;
	u64 memory_max;
	bool strict;
	bool grows;
	bool probe;
	bool refusing;
	struct model_group *model;
	struct samr_node_stats quiet[NET_NODES];
	u64 quiet_at;
	u64 delivered;
	u64 safe;
};

void check_init(struct check *k, struct ledger *l, struct members *ms);

/** check_init_blind - check memory only: the frames are not to be believed */
void check_init_blind(struct check *k, struct ledger *l, struct members *ms);

void check_free(struct check *k);

/** check_order_init, check_flow_init, check_counts_init - begin to watch */
void check_order_init(struct check *k);
void check_counts_init(struct check *k);
void check_flow_init(struct check *k);
void check_flow_init_blind(struct check *k);
void check_order_init_blind(struct check *k);
void check_flow_free(struct check *k);

/** check_group - index of a group */
u32 check_group(struct check *k, u32 id);

/** check_model - compare what was delivered with what should have been */
void check_model(struct check *k);

/*
 * The model's state transfer: after what a message does to the members, and
 * before and after that.
 */

/** check_transfer_hash - of what a message says */
u64 check_transfer_hash(const struct samr_transfer *t);

/** check_transfer_held - does anybody hold the state? */
bool check_transfer_held(const struct model_group *g);

/** check_transfer_now - hash of what a message would say */
u64 check_transfer_now(const struct model_group *g);

/** check_transfer_heads - those of receivers */
u64 check_transfer_heads(const struct model_group *g);

/** check_transfer_left - that member is gone from the list */
void check_transfer_left(struct model_group *g, u64 node, u32 port);

/**
 * check_transfer - the message at @p, and what it must have said
 * @held: check_transfer_held() before it
 * @before: check_transfer_now() before it
 */
void check_transfer(struct model_group *g, const struct place *p,
		    u64 sequencer, bool held, u64 before);

/** check_answers - behind it: is what the nodes say about themselves true? */
void check_answers(struct check *k, bool quorum);

/** check_credit - ask for all credit; when @last, it must be there */
void check_credit(struct check *k, bool last);

/** check_owners - all nodes are gone: has every owner heard, once? */
void check_owners(struct check *k);

/** check_settled - is every message taken delivered wherever it must be? */
bool check_settled(struct check *k);

/** check_unsettled - say what is not, and fail */
void __attribute__((noreturn)) check_unsettled(struct check *k);

/**
 * check_quiet_begin, check_quiet_end - nothing happens in between
 * @beat: interval of signs of life, ns
 */
void check_quiet_begin(struct check *k);
void check_quiet_end(struct check *k, u64 beat, u64 slack);

#endif /* SAMR_SIM_CHECK_H */
