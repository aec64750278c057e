/* SPDX-License-Identifier: GPL-2.0 */
/*
 * What is known of this head at one moment, from the kernel and from samrd: what
 * "status", "doctor" and the metrics are made of. Plain values, so that what is
 * concluded from them can be tested without a kernel.
 */
#ifndef SAMRCTL_FACTS_H
#define SAMRCTL_FACTS_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "nl.h"
#include "samrd.h"

#define FACT_IDS	64	/* ids of heads are 1 .. 63 */
#define FACT_LINKS	16
#define FACT_NAME	32

/**
 * struct fact_head - a head that is configured here, or is in the view
 * @configured: here
 * @self: this one
 * @witness: it has a vote and no data
 * @in_view: a member of the view in force
 * @learner: in it without the state and without a vote yet
 * @suspect: in it, not heard lately
 * @missing: while there is no view: has not asked for the same one
 * @known: an incarnation of it is known: it was heard once
 * @links: on so many links it is heard now
 * @incarnation: of it; 0: not known
 * @held: it holds the order up to this position
 * @wanted_known: @wanted is there
 * @wanted: heads that its admin wants in the view, one bit per id
 * @config: digest of its samrd's configuration; 0: not known
 * @silent_known: @silent_ms is there
 * @silent_ms: since something of the order came from it
 * @fence: enum samr_fence_reason; 0: nobody asks for its fence
 * @fence_ms: since it is asked for
 */
struct fact_head {
	bool configured;
	bool self;
	bool witness;
	bool in_view;
	bool learner;
	bool suspect;
	bool missing;
	bool known;
	uint32_t links;
	uint64_t incarnation;
	uint64_t held;
	bool wanted_known;
	uint64_t wanted;
	uint32_t config;
	bool silent_known;
	uint64_t silent_ms;
	uint32_t fence;
	uint64_t fence_ms;
};

/**
 * struct fact_path - a head as seen through a link
 * @there: there is such a path
 * @heard: now
 * @multicast: it hears multicast
 * @frame_max: largest frame that it answered
 * @silent_known: @silent_ms is there: it was heard once
 * @silent_ms: since it was heard here
 * @version: of the protocol that it speaks, when that is another one; else 0
 * @version_needed: the one that this head speaks
 * @address: as text; "": not known
 */
struct fact_path {
	bool there;
	bool heard;
	bool multicast;
	uint32_t frame_max;
	bool silent_known;
	uint64_t silent_ms;
	uint32_t version;
	uint32_t version_needed;
	char address[3 * 32];
};

/**
 * struct fact_link - a link
 * @kind: "eth" or another one
 * @dev: its device; "" for a kind without one
 * @state: enum samr_carrier
 * @carries: the one in use
 * @multicast: what goes to all is multicast
 * @copies: it was never meant to be: kind udp without a group, or rdma
 * @frame_max: largest frame that all who are heard were found to get
 * @device_max: largest frame that the device would take
 * @path: by id of the head
 */
struct fact_link {
	char kind[FACT_NAME];
	char dev[FACT_NAME];
	uint32_t state;
	bool carries;
	bool multicast;
	bool copies;
	uint32_t frame_max;
	uint32_t device_max;
	struct fact_path path[FACT_IDS];
};

/**
 * struct fact_group - a service
 * @id: of its group
 * @name: of it, or ""
 * @declared: on this head
 * @sockets: bound to it here
 * @joined: of these, members
 * @members: on all heads
 * @unread: messages that members here have not read
 * @unread_bytes: theirs
 * @consumed: position up to which all members here have read
 * @sessions: of clients, on all heads
 * @detached: of these, those that wait for their clients to come back
 * @requests: whose replies the clients have not acknowledged
 * @replies: of these, kept here
 * @reply_bytes: theirs
 * @stopped: nobody may use it here: its members gave different replies
 * @differ: they do, as far as is known
 * @result: enum samr_diverged_result
 * @wrong: heads that reply otherwise than most, or that have replied
 */
struct fact_group {
	uint32_t id;
	char name[FACT_NAME];
	bool declared;
	uint32_t sockets;
	uint32_t joined;
	uint32_t members;
	uint32_t unread;
	uint64_t unread_bytes;
	uint64_t consumed;
	uint32_t sessions;
	uint32_t detached;
	uint32_t requests;
	uint32_t replies;
	uint64_t reply_bytes;
	bool stopped;
	bool differ;
	uint32_t result;
	uint64_t wrong;
};

/**
 * struct facts - all of it
 * @loaded: samr.ko is
 * @users: of the module: two for each socket, in all network namespaces
 * @cluster: one is configured in this network namespace; what follows is its
 * @name: of it
 * @id: of it
 * @node: id of this head; 0 at a client node
 * @client: this is a client node, and no head
 * @access: of a client node, the head that it goes through; 0: none
 * @losses: how often it has lost one
 * @outposts: client nodes that go through this head
 * @outposts_waiting: messages of theirs that wait for room in the order
 * @state: enum samr_run_state
 * @policy_asked: enum samr_view_policy as configured here
 * @dead_us: silence after which a head is suspected
 * @epoch: of the view; 0: there is none
 * @policy: enum samr_view_policy of the view
 * @sequencer: of it
 * @holders: heads that must hold a message for it to be stable
 * @wedged: nothing is ordered
 * @wedged_ms: for so long
 * @order: members of the view by seniority
 * @orders: of them
 * @head: by id
 * @links: of @link
 * @link: links
 * @groups: of @group
 * @group: services
 * @samrd: what samrd says
 * @raw: the kernel's messages that all this was taken from
 */
struct facts {
	bool loaded;
	uint64_t users;
	bool cluster;
	char name[FACT_NAME];
	uint32_t id;
	uint32_t node;
	bool client;
	uint32_t access;
	uint64_t losses;
	size_t outposts;
	uint64_t outposts_waiting;
	uint32_t state;
	uint32_t policy_asked;
	uint32_t dead_us;
	uint64_t epoch;
	uint32_t policy;
	uint32_t sequencer;
	uint32_t holders;
	bool wedged;
	uint64_t wedged_ms;
	uint32_t order[FACT_IDS];
	size_t orders;
	struct fact_head head[FACT_IDS];
	size_t links;
	struct fact_link link[FACT_LINKS];
	size_t groups;
	struct fact_group *group;
	struct samrd samrd;
	struct {
		struct nl_answer cluster;
		struct nl_answer view;
		struct nl_answer nodes;
		struct nl_answer links;
		struct nl_answer fences;
		struct nl_answer groups;
		struct nl_answer clients;
	} raw;
};

/** facts_gather - ask the kernel, and samrd where there is one */
void facts_gather(struct facts *f);

/** facts_free - what facts_gather() has allocated */
void facts_free(struct facts *f);

#endif /* SAMRCTL_FACTS_H */
