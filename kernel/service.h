/* SPDX-License-Identifier: GPL-2.0 */
/*
 * Services: the local side of groups.
 *
 * The admin declares a service on each head that shall run it. What is
 * delivered to its group is kept in its log until the members on this head
 * (local.h) have read it.
 *
 * Locks: samr_service.lock protects the service's log and its locals; inside
 * it nests samr_services.lock (lists of those that wait). Neither is held while
 * the cluster is called.
 */
#ifndef SAMR_SERVICE_H
#define SAMR_SERVICE_H

#include <linux/list.h>
#include <linux/refcount.h>
#include <linux/spinlock.h>
#include <linux/timer.h>
#include <linux/uidgid.h>
#include <linux/xarray.h>
#include <uapi/linux/samr.h>
#include <uapi/linux/samr_netlink.h>
#include "cluster.h"
#include "log.h"

struct netlink_ext_ack;
struct samr_local;

/**
 * struct samr_services - all services of a cluster on this head
 * @c: the cluster; no reference: it outlives this
 * @table: struct samr_service by id
 * @bound: open sockets that are bound
 * @ports: port number drawn last
 * @err: 0, or why the cluster is dead
 * @stuck: nothing is ordered, for longer than anybody should wait
 * @lock: protects what follows, and the places in these lists
 * @pending: struct samr_local that have a leave to be submitted
 * @joining: struct samr_service whose @joins is not empty
 * @kicking: somebody goes through both
 * @again: and shall do so once more
 * @starved: struct samr_local that were refused by the order
 * @retry: looks at @pending and @joining again when memory was lacking
 * @clients: struct samr_client that have something to be submitted
 * @writers: struct samr_connection that wait for room
 * @tick: looks at @clients
 */
struct samr_services {
	struct samr_cluster *c;
	struct xarray table;
	atomic_t bound;
	atomic64_t ports;
	int err;
	bool stuck;
	spinlock_t lock;
	struct list_head pending;
	struct list_head joining;
	bool kicking;
	bool again;
	struct list_head starved;
	struct timer_list retry;
	struct list_head clients;
	struct list_head writers;
	struct timer_list tick;
};

/**
 * struct samr_service_diverged - of replicas that differ
 * @policy: what is done with those here
 * @stopped: that was done: nobody may use the service here
 * @differ: that was found, and no member has come or gone since
 * @times: so often it was found
 * @last: what was found last
 */
struct samr_service_diverged {
	enum samr_diverged_policy policy;
	bool stopped;
	bool differ;
	u64 times;
	struct samr_divergence last;
};

/**
 * struct samr_service - a service on this head
 * @rcu: to free it
 * @ref: one of the table's, one of each local's
 * @all: the others
 * @id: of the service and of its group
 * @name: "" for none
 * @uid: may bind it
 * @gid: may bind it
 * @lock: protects what follows, and struct samr_local
 * @log: what was delivered
 * @locals: all struct samr_local of it
 * @clients: struct samr_client by port
 * @pieces: of the state, for those that take it
 * @changed: the message that changed the group's members last, with a reference,
 *	or NULL
 * @listeners: struct samr_listener: of @locals, those that accept streams
 * @telling: struct samr_connection of which the order is to be told
 * @lacking: of @locals, those that lack the state
 * @kick: one of @locals has something to be submitted
 * @window: of the group's slowest member
 * @diverged: its policy, and whether it is stopped, are also read without the lock
 * @gone: was taken out of the table
 * @reporting: somebody tells the cluster what was consumed
 * @joins: struct samr_local that have a join to be submitted; under
 *	samr_services.lock, as the next
 * @joining: in samr_services.joining
 */
struct samr_service {
	struct rcu_head rcu;
	refcount_t ref;
	struct samr_services *all;
	u32 id;
	char name[SAMR_NAME_MAX];
	kuid_t uid;
	kgid_t gid;
	spinlock_t lock;
	struct samr_log log;
	struct list_head locals;
	struct xarray clients;
	struct samr_log pieces;
	struct samr_msg *changed;
	struct list_head listeners;
	struct list_head telling;
	u32 lacking;
	bool kick;
	u32 window;
	struct samr_service_diverged diverged;
	bool gone;
	bool reporting;
	struct list_head joins;
	struct list_head joining;
};

/**
 * struct samr_service_info - what is known of a service on this head
 * @id: of the service, and of its group
 * @name: for people; empty when it has none
 * @uid: who may bind it without CAP_NET_BIND_SERVICE; INVALID_UID: nobody
 * @gid: likewise; INVALID_GID: nobody
 * @sockets: open sockets bound to it
 * @clients: sockets that are connected to it, and closed ones whose session still ends
 * @joined: of them, members of the group
 * @leaving: members whose socket was closed and whose leave is not ordered yet
 * @messages: delivered, and not yet read by all of them
 * @bytes: payload of @messages
 * @consumed: all of them have read up to this gseq
 * @diverged: whether replicas differ
 */
struct samr_service_info {
	u32 id;
	char name[SAMR_NAME_MAX];
	kuid_t uid;
	kgid_t gid;
	u32 sockets;
	u32 clients;
	u32 joined;
	u32 leaving;
	u32 messages;
	u64 bytes;
	u64 consumed;
	struct samr_service_diverged diverged;
};

/**
 * samr_service_add - this head shall run a service
 * @c: the cluster
 * @id: 1 .. 2^32 - 1
 * @name: shorter than SAMR_NAME_MAX, unique on this head; "" or NULL for none
 * @uid: may bind it; INVALID_UID: nobody without CAP_NET_BIND_SERVICE
 * @gid: likewise, INVALID_GID
 * @extack: what was wrong, or NULL
 *
 * Process context, under the configuration mutex, as the other calls here.
 * Return: 0, -EINVAL, -EEXIST, -ENOSPC beyond SAMR_GROUPS_MAX, -ENOMEM,
 * -ENETDOWN.
 */
int samr_service_add(struct samr_cluster *c, u32 id, const char *name,
		     kuid_t uid, kgid_t gid, struct netlink_ext_ack *extack);

/**
 * samr_service_del - and shall not any more
 *
 * Return: 0, -ENOENT, -EBUSY while it has sockets or members that still leave.
 */
int samr_service_del(struct samr_cluster *c, u32 id,
		     struct netlink_ext_ack *extack);

/**
 * samr_service_set - what becomes of replicas that differ
 *
 * A service that was stopped is not any more.
 * Return: 0, -ENOENT.
 */
int samr_service_set(struct samr_cluster *c, u32 id,
		     enum samr_diverged_policy policy,
		     struct netlink_ext_ack *extack);

/**
 * samr_service_expel - put a member on this head out of its group
 * @c: the cluster
 * @id: group
 * @port: of the member
 * @extack: says more
 *
 * Its calls fail with ECONNABORTED from now on; the group is without it when the
 * order says so.
 * Return: 0, -ENOENT: no such member here; -EAGAIN: it is none yet, or no more.
 */
int samr_service_expel(struct samr_cluster *c, u32 id, u32 port,
		       struct netlink_ext_ack *extack);

/**
 * samr_service_info - look at one
 *
 * Return: 0, -ENOENT.
 */
int samr_service_info(struct samr_cluster *c, u32 id,
		      struct samr_service_info *info);

/**
 * samr_service_next - walk, by ascending id
 * @c: the cluster
 * @after: id; 0 to begin
 * @info: filled in with the one found
 *
 * Return: the lowest id above @after, or 0 when there is none.
 */
u32 samr_service_next(struct samr_cluster *c, u32 after,
		      struct samr_service_info *info);

/** samr_service_init - register with the cluster; before the first one is made */
void samr_service_init(void);

/* ---- for members and clients ---- */

/**
 * samr_service_open - the service that a socket is for
 * @all: those of the cluster
 * @id: its id
 * @net: namespace whose owner grants CAP_NET_BIND_SERVICE
 *
 * Return: it, with a reference; ERR_PTR(): -EADDRNOTAVAIL there is none, -EACCES not
 * allowed to the caller, or why the cluster is dead.
 */
struct samr_service *samr_service_open(struct samr_services *all, u32 id,
				       struct net *net);

/** samr_service_port - a port that nobody on this head has had; -ENOSPC */
s64 samr_service_port(struct samr_service *svc);

/** samr_service_put - give a reference back */
void samr_service_put(struct samr_service *svc);

/**
 * samr_service_unlock - unlock, tell the cluster what was consumed if due, and
 * submit what members want and what is to be told of streams
 * @svc: locked
 * @free: messages that left the log; their references are dropped
 */
void samr_service_unlock(struct samr_service *svc, struct list_head *free)
	__releases(&svc->lock);

#endif /* SAMR_SERVICE_H */
