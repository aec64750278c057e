/* SPDX-License-Identifier: GPL-2.0 */
/*
 * The shell around the core: one cluster per network namespace.
 *
 * Holds the lock, the timer and the links; feeds events to the core and runs
 * its actions in order. The one place that sees both core and transports.
 * Faces (sockets, genetlink) use the calls below and know nothing of the core
 * but its read-only descriptions (core/node.h's *_info, core/msg.h).
 */
#ifndef SAMR_CLUSTER_H
#define SAMR_CLUSTER_H

#include <net/net_namespace.h>
#include <uapi/linux/samr.h>
#include "core/node.h"

struct netlink_ext_ack;
struct samr_cluster;

#define SAMR_NAME_MAX		32	/* cluster and service names, with the 0 */

/**
 * struct samr_cluster_params - what a cluster is made with
 * @name: for people; SAMR_NAME_MAX at most
 * @id: on the wire; clusters with other ids do not hear each other
 * @node: this head's id; of a client node another number
 * @client: it is one
 * @core: timers and limits; identity and seeds are filled in by the callee
 */
struct samr_cluster_params {
	char name[SAMR_NAME_MAX];
	u32 id;
	u64 node;
	bool client;
	struct samr_node_config core;
};

/**
 * samr_cluster_create - this namespace becomes a head
 *
 * Process context, under the configuration mutex. Draws a new incarnation.
 * Return: 0, -EEXIST when there is one, -EINVAL, -ENOMEM; @extack says more.
 */
int samr_cluster_create(struct net *net, const struct samr_cluster_params *p,
			struct netlink_ext_ack *extack);

/**
 * samr_cluster_destroy - and stops being one
 *
 * Return: 0, -ENOENT, -EBUSY while sockets are bound; @extack says more.
 */
int samr_cluster_destroy(struct net *net, struct netlink_ext_ack *extack);

/**
 * samr_cluster_get - this namespace's cluster
 *
 * Return: it, with a reference (a destroyed one stays valid memory and answers
 * -ENETDOWN), or NULL. Any context.
 */
struct samr_cluster *samr_cluster_get(struct net *net);
void samr_cluster_put(struct samr_cluster *c);

/**
 * samr_cluster_submit - hand a message to the order
 * @c: the cluster
 * @s: the message; @s->payload is an sk_buff (see samr_blob_of_skb()); the core
 *	takes a reference of its own, the caller keeps his
 *
 * Process context or softirq. When it returns, the actions have been run or are
 * being run by another CPU.
 * Return: as SUBMIT in samr_node_step(); -ENETDOWN when the cluster is gone.
 */
int samr_cluster_submit(struct samr_cluster *c, const struct samr_submit *s);

/** samr_cluster_room - as samr_node_room(); true also when a send would fail */
bool samr_cluster_room(struct samr_cluster *c, u8 kind, u32 group, u32 len);

/**
 * samr_cluster_consumed - all local members of @group have read up to @gseq
 * @c: the cluster
 * @group: the group
 * @gseq: position; never goes backwards
 * @cost: what was read since the last call, in samr_flow_cost()s
 */
void samr_cluster_consumed(struct samr_cluster *c, u32 group, u64 gseq,
			   u32 cost);

/**
 * struct samr_given - the reply of a local member
 * @group: of the request
 * @port: of the member
 * @upto: it had read up to here
 * @payload: an sk_buff of @len bytes, or NULL; the caller keeps its reference
 * @len: bytes
 * @digest: of these, when @digested
 * @digested: it is to be compared with those of other members
 */
struct samr_given {
	u32 group;
	u32 port;
	u64 upto;
	struct samr_blob *payload;
	u32 len;
	u32 digest;
	bool digested;
};

/**
 * samr_cluster_reply - a local member answers a request
 * @c: the cluster
 * @r: which one
 * @g: how
 *
 * Return: as REPLY in samr_node_step(); -ENETDOWN when the cluster is gone.
 */
int samr_cluster_reply(struct samr_cluster *c, const struct samr_reply *r,
		       const struct samr_given *g);

/** samr_cluster_group_changed - tell listeners that something of a group has changed */
void samr_cluster_group_changed(struct samr_cluster *c, u32 group);

/**
 * struct samr_cluster_output - what a local member writes to a stream
 * @group: of the stream
 * @session: its name
 * @from: number of the first byte
 * @upto: the member had read up to this place
 * @payload: an sk_buff of @len bytes, or NULL; the caller keeps its reference
 * @len: bytes
 * @end: enum samr_end, behind them
 */
struct samr_cluster_output {
	u32 group;
	u64 session;
	u64 from;
	u64 upto;
	struct samr_blob *payload;
	u32 len;
	u8 end;
};

/**
 * samr_cluster_output - a local member writes to a stream
 *
 * Return: as OUTPUT in samr_node_step(); -ENETDOWN when the cluster is gone.
 */
int samr_cluster_output(struct samr_cluster *c,
			const struct samr_cluster_output *o);

/** samr_cluster_output_room - as samr_node_output_room(), -ENOENT when it is dead */
int samr_cluster_output_room(struct samr_cluster *c, u32 group, u64 session,
			     u64 from);

/** samr_cluster_output_left - as samr_node_output_left(), 0 when it is dead */
u32 samr_cluster_output_left(struct samr_cluster *c, u32 group, u64 session,
			     u64 made);

/** samr_cluster_input - all local members have read a stream up to a number */
void samr_cluster_input(struct samr_cluster *c, u32 group, u64 session,
			u64 upto);

/** samr_cluster_stable - as samr_node_stable(); 0 when it is dead */
u64 samr_cluster_stable(struct samr_cluster *c);

/**
 * samr_cluster_ask - a local client's QUERY or FORGET, or a local member's ANSWER
 * @c: the cluster
 * @ev: which one; its payload is an sk_buff or NULL; the caller keeps its reference
 *
 * Return: as samr_node_step(); -ENETDOWN when the cluster is gone.
 */
int samr_cluster_ask(struct samr_cluster *c, struct samr_event *ev);

/** samr_cluster_sessions - as samr_node_sessions(); none when it is dead */
void samr_cluster_sessions(struct samr_cluster *c, u32 group,
			   struct samr_session_info *info);

/** samr_cluster_members - as samr_node_members() */
struct samr_members *samr_cluster_members(struct samr_cluster *c, u32 group);

/** samr_cluster_view - as samr_node_view(); epoch 0 when the cluster is gone */
void samr_cluster_view(struct samr_cluster *c, struct samr_view_info *info);

/** samr_cluster_self - this head's id, and its incarnation; @inc: or NULL */
u64 samr_cluster_self(const struct samr_cluster *c, u64 *inc);

/**
 * struct samr_cluster_face - who is told of what the order does
 *
 * Registered once, before the first cluster is made. All calls come from the
 * cluster's one drainer, with bottom halves off and no lock of the shell held,
 * in the order in which the core decided them.
 *
 * @open: a cluster is being made; returns what samr_cluster_priv() answers, or
 *	an ERR_PTR(); process context
 * @busy: number of sockets that keep the cluster from being destroyed
 * @close: the last reference to the cluster is gone; free @priv; process
 *	context; no call follows. So @priv lives as long as any reference
 * @deliver: a message; its reference belongs to the callee
 * @writable: senders that were refused may ask again
 * @view: the node-level view has changed
 * @stuck: nothing has been ordered for the time that the admin has set, and nobody
 *	knows for how long; over with the next @view
 * @out: this head is in no view any more: the others went on without it, or it
 *	has left. All memberships are over; what was sent and not delivered is
 *	given back with gseq 0. A new incarnation joins by itself
 * @halted: the domain was halted by a broken invariant, or the cluster is being
 *	destroyed: sockets get ENOTRECOVERABLE or ENETDOWN
 */
struct samr_cluster_face {
	void *(*open)(struct samr_cluster *c);
	unsigned int (*busy)(void *priv);
	void (*close)(void *priv);
	void (*deliver)(void *priv, struct samr_msg *msg);
	void (*writable)(void *priv);
	void (*view)(void *priv);
	void (*stuck)(void *priv);
	void (*out)(void *priv);
	void (*halted)(void *priv, int err);
};

void samr_cluster_set_face(const struct samr_cluster_face *face);
void *samr_cluster_priv(struct samr_cluster *c);

/**
 * samr_cluster_node_add - a head that the view shall have
 * @c: the cluster
 * @id: 1 .. SAMR_HEAD_MAX; the own one is there from the beginning
 *
 * A client node learns by itself which heads there are: nothing changes but that their
 * addresses may be set, samr_link_address().
 *
 * Process context, under the configuration mutex (pernet.h), as all that
 * changes the configuration. Into a view in force it comes when all members want it.
 * Return: 0, -EEXIST, -EINVAL, -ENOSPC: SAMR_HEADS_MAX, -ENODEV: the cluster is
 * gone; @extack says more.
 */
int samr_cluster_node_add(struct samr_cluster *c, u64 id,
			  struct netlink_ext_ack *extack);

/**
 * samr_cluster_witness - a configured node has a vote and no data
 * @c: the cluster
 * @id: the node; may be the own one
 * @extack: says more
 *
 * Return: 0; -ENOENT: not configured; -EEXIST: another one is the witness;
 * -EINVAL: it would have no part in the policy; -EBUSY: it is in the view, or the own
 * one, and the cluster started; -ENODEV as above.
 */
int samr_cluster_witness(struct samr_cluster *c, u64 id,
			 struct netlink_ext_ack *extack);

/** samr_cluster_watches - is this node the witness? Nothing is delivered here then */
/** samr_cluster_clients - so many client nodes are taken from now on */
int samr_cluster_clients(struct samr_cluster *c, u32 limit,
			 struct netlink_ext_ack *extack);

/** samr_cluster_client - the client node after @after in order of ids; false: none */
bool samr_cluster_client(struct samr_cluster *c, u64 after,
			 struct samr_client_node *info);

/** samr_cluster_far - is this machine a client node, and no head? */
bool samr_cluster_far(const struct samr_cluster *c);

bool samr_cluster_watches(const struct samr_cluster *c);

/**
 * samr_cluster_farewell - the machine goes down
 * @c: the cluster, or NULL
 *
 * The others are told, if there is time, and this head is in no view any more. It
 * is stopped, whatever the configuration says.
 */
void samr_cluster_farewell(struct samr_cluster *c);

/**
 * samr_cluster_node_del - the inverse
 *
 * Return: 0, -ENOENT; -EINVAL: the own one; -EBUSY: it is in the view; -EAGAIN: the
 * view is being changed.
 */
int samr_cluster_node_del(struct samr_cluster *c, u64 id,
			  struct netlink_ext_ack *extack);

/**
 * struct samr_cluster_node - a configured head
 * @id: its id
 * @self: this one
 * @in_view: a member of the view
 * @witness: it has a vote and no data
 * @inc: incarnation in the view, or heard; 0: none
 * @ack: holds the order up to here
 * @age: ms since the core last took a frame from it; U64_MAX: never
 * @links: links on which it is heard
 * @epoch: of the view in which it was heard last; 0: in none
 * @wanted: whom its admin wants, one bit per id; 0: not known
 * @saved: what it has on its disk
 */
struct samr_cluster_node {
	u64 id;
	bool self;
	bool in_view;
	bool witness;
	u64 inc;
	u64 ack;
	u64 age;
	u32 links;
	u64 epoch;
	u64 wanted;
	struct samr_saved saved;
};

/**
 * samr_cluster_node_info - walk over the configured heads
 * @c: the cluster
 * @after: id; 0 to begin
 * @info: filled in
 *
 * Return: the lowest id above @after, or 0.
 */
u64 samr_cluster_node_info(struct samr_cluster *c, u64 after,
			   struct samr_cluster_node *info);

/**
 * samr_cluster_start - form a view of the configured heads, or join that of others
 * @c: the cluster
 * @founders: who forms the first view, as in struct samr_event. They may be changed
 *	while there is none. Those that were named are good for one view: when this
 *	head was out of it they are SAMR_NO_FOUNDERS
 * @extack: says more
 *
 * Return: 0, also when it is started already; -EBUSY: founders are named, and there is
 * a view; -EINVAL: they are not configured, or only the witness; -ENODEV: the cluster
 * is gone; -ENOTRECOVERABLE: halted.
 */
int samr_cluster_start(struct samr_cluster *c, u64 founders,
		       struct netlink_ext_ack *extack);

/**
 * samr_cluster_save - what is on the disk here, told to all from now on
 * @c: the cluster
 * @saved: it
 * @keeper: somebody keeps it: learners wait until all have them in their memory
 * @extack: says more
 *
 * Return: 0, -EINVAL: that is no memory, -ENODEV, -ENOTRECOVERABLE.
 */
int samr_cluster_save(struct samr_cluster *c, const struct samr_saved *saved,
		      bool keeper, struct netlink_ext_ack *extack);

/**
 * samr_cluster_stop - take part no longer
 *
 * A view in force is left in the order, and the others go on at once; until then
 * the state is LEAVING.
 * Return: 0, also when it is stopped already; -EAGAIN: the order takes nothing
 * now; -ENODEV, -ENOTRECOVERABLE as for samr_cluster_start(); @extack says more.
 */
int samr_cluster_stop(struct samr_cluster *c, struct netlink_ext_ack *extack);

/**
 * enum samr_cluster_state - what a cluster is doing
 * @SAMR_CLUSTER_STOPPED: configured only
 * @SAMR_CLUSTER_FORMING: started, waits for other heads
 * @SAMR_CLUSTER_SERVING: has a view
 * @SAMR_CLUSTER_HALTED: an invariant broke
 * @SAMR_CLUSTER_LEARNING: in the view, without the state and without a vote yet
 * @SAMR_CLUSTER_WEDGED: has a view in which nothing is ordered: it is being
 *	changed, or those that are left may not go on without the others
 * @SAMR_CLUSTER_LEAVING: was stopped, and is still in the view
 */
enum samr_cluster_state {
	SAMR_CLUSTER_STOPPED,
	SAMR_CLUSTER_FORMING,
	SAMR_CLUSTER_SERVING,
	SAMR_CLUSTER_HALTED,
	SAMR_CLUSTER_LEARNING,
	SAMR_CLUSTER_WEDGED,
	SAMR_CLUSTER_LEAVING,
};

/**
 * struct samr_cluster_info - a cluster
 * @params: what it was made with, defaults not filled in
 * @inc: incarnation of this head; another one after each time that it was out
 * @state: what it is doing
 * @heads: configured heads, one bit per id
 * @frame_max: bytes, from header to last record, that the links carry now
 * @queued: bytes of frames received and not yet worked off
 * @founders: as in struct samr_event
 * @saved: what is on the disk here
 * @keeper: somebody keeps it
 * @fence_owner: netlink port of whoever confirms fences; 0: anybody
 * @clients: client nodes that this head takes
 * @access: of a client node: its access head, or 0
 * @losses: how often it has lost one
 */
struct samr_cluster_info {
	struct samr_cluster_params params;
	u64 inc;
	enum samr_cluster_state state;
	u64 heads;
	u32 frame_max;
	u32 queued;
	u64 founders;
	struct samr_saved saved;
	bool keeper;
	u32 fence_owner;
	u32 clients;
	u64 access;
	u64 losses;
};

void samr_cluster_info(struct samr_cluster *c, struct samr_cluster_info *info);

/**
 * samr_cluster_fence - walk over what is known of fences, see samr_node_fence()
 * @c: the cluster
 * @i: 0, 1, ..
 * @f: filled in
 */
bool samr_cluster_fence(struct samr_cluster *c, u32 i, struct samr_fence *f);

/**
 * samr_cluster_fenced - incarnation @inc of head @id does nothing any more
 * @c: the cluster
 * @id: head
 * @inc: as in the request
 * @token: of the request
 * @extack: says more
 *
 * Return: 0, also when it is known already; -ESTALE: nobody asked for that, as
 * @extack explains; -ENETDOWN.
 */
int samr_cluster_fenced(struct samr_cluster *c, u64 id, u64 inc, u64 token,
			struct netlink_ext_ack *extack);

/**
 * samr_cluster_fence_own - fences are confirmed by this netlink port alone
 *
 * Return: 0, -EBUSY: another one does; @extack says more.
 */
int samr_cluster_fence_own(struct samr_cluster *c, u32 portid,
			   struct netlink_ext_ack *extack);

/** samr_cluster_fence_disown - the port is gone; any context */
void samr_cluster_fence_disown(struct samr_cluster *c, u32 portid);

/** samr_cluster_group - as samr_node_group() */
u32 samr_cluster_group(struct samr_cluster *c, u32 after);

/**
 * samr_cluster_stats - what the core counted
 *
 * @s->drops holds all reasons: those of the core and those of the shell. What
 * only the shell counts is in stats.h.
 */
void samr_cluster_stats(struct samr_cluster *c, struct samr_node_stats *s);

/** samr_cluster_latency - as samr_node_latency() */
void samr_cluster_latency(struct samr_cluster *c, enum samr_lap lap,
			  struct samr_latency *l);

/** samr_cluster_net - namespace; valid while the caller keeps that alive */
struct net *samr_cluster_net(const struct samr_cluster *c);

/**
 * enum samr_cluster_event_type - what happens that an admin may want to know
 * @SAMR_CLUSTER_EV_VIEW: a view was installed (@epoch) or taken down (0)
 * @SAMR_CLUSTER_EV_LINK: @link has changed to @state
 * @SAMR_CLUSTER_EV_LINK_GONE: @link was removed
 * @SAMR_CLUSTER_EV_HEARD: @node is heard on @link
 * @SAMR_CLUSTER_EV_LOST: @node is not heard on @link any more
 * @SAMR_CLUSTER_EV_GROUP: the members of @group have changed, or differ; 0: of more groups
 *	than are told one by one
 * @SAMR_CLUSTER_EV_HALTED: an invariant broke
 * @SAMR_CLUSTER_EV_OUT: the others went on without this head, or it has left
 * @SAMR_CLUSTER_EV_FENCE: @fence is asked for
 * @SAMR_CLUSTER_EV_FENCE_CHANGED: it is done, or asked for with another reason
 * @SAMR_CLUSTER_EV_FENCE_OVER: it is not asked for any more
 * @SAMR_CLUSTER_EV_TOLD: @node has something else on its disk, wants others, or has a
 *	view, or none any more
 * @SAMR_CLUSTER_EV_DOUBT: members of the view are suspected, or are not any
 *	more; or it orders nothing until the next one
 */
enum samr_cluster_event_type {
	SAMR_CLUSTER_EV_VIEW,
	SAMR_CLUSTER_EV_LINK,
	SAMR_CLUSTER_EV_LINK_GONE,
	SAMR_CLUSTER_EV_HEARD,
	SAMR_CLUSTER_EV_LOST,
	SAMR_CLUSTER_EV_GROUP,
	SAMR_CLUSTER_EV_HALTED,
	SAMR_CLUSTER_EV_OUT,
	SAMR_CLUSTER_EV_FENCE,
	SAMR_CLUSTER_EV_FENCE_CHANGED,
	SAMR_CLUSTER_EV_FENCE_OVER,
	SAMR_CLUSTER_EV_TOLD,
	SAMR_CLUSTER_EV_DOUBT,
};

/**
 * struct samr_cluster_event - see enum samr_cluster_event_type
 * @type: what
 * @epoch: VIEW
 * @link: number of the link
 * @device: its device
 * @state: LINK: enum samr_link_state
 * @node: HEARD, LOST, TOLD
 * @group: GROUP
 * @fence: FENCE, FENCE_CHANGED, FENCE_OVER
 */
struct samr_cluster_event {
	enum samr_cluster_event_type type;
	u64 epoch;
	u32 link;
	const char *device;
	u32 state;
	u64 node;
	u32 group;
	struct samr_fence fence;
};

/**
 * samr_cluster_set_notify - who is told
 * @notify: called in any context but hard interrupts, under RCU, maybe with
 *	spinlocks of the shell held: it must not sleep nor call back. Set once,
 *	before the first cluster is made; NULL when its owner goes away, who then
 *	calls synchronize_rcu()
 */
void samr_cluster_set_notify(void (*notify)(struct samr_cluster *c,
					    const struct samr_cluster_event *e));

/* The sk_buff behind a blob, and back: in the kernel they are the same. */
struct sk_buff;
static inline struct sk_buff *samr_blob_skb(struct samr_blob *b)
{
	return (struct sk_buff *)b;
}

static inline struct samr_blob *samr_blob_of_skb(struct sk_buff *skb)
{
	return (struct samr_blob *)skb;
}

#endif /* SAMR_CLUSTER_H */
