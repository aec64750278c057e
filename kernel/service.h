/* SPDX-License-Identifier: GPL-2.0 */
/*
 * Services: the local side of groups, and their members on this head.
 *
 * The admin declares a service on each head that shall run it. A local member
 * (struct samr_local) is bound to one; it outlives its socket until whatever it
 * submitted has been ordered, and does not hold the namespace.
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
#include <linux/uidgid.h>
#include <uapi/linux/samr.h>
#include "cluster.h"
#include "log.h"

struct netlink_ext_ack;
struct samr_services;
struct samr_local;

/* ---- for the configuration (genetlink) ---- */

/**
 * struct samr_service_info - what is known of a service on this head
 * @id: of the service, and of its group
 * @name: for people; empty when it has none
 * @uid: who may bind it without CAP_NET_BIND_SERVICE; INVALID_UID: nobody
 * @gid: likewise; INVALID_GID: nobody
 * @sockets: open sockets bound to it
 * @joined: of them, members of the group
 * @leaving: members whose socket was closed and whose leave is not ordered yet
 * @messages: delivered, and not yet read by all of them
 * @bytes: payload of @messages
 * @consumed: all of them have read up to this gseq
 */
struct samr_service_info {
	u32 id;
	char name[SAMR_NAME_MAX];
	kuid_t uid;
	kgid_t gid;
	u32 sockets;
	u32 joined;
	u32 leaving;
	u32 messages;
	u64 bytes;
	u64 consumed;
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

/**
 * samr_service_find - the id that belongs to a name
 *
 * Return: the id, or 0.
 */
u32 samr_service_find(struct samr_cluster *c, const char *name);

/** samr_service_init - register with the cluster; before the first one is made */
void samr_service_init(void);

/* ---- for sockets ---- */

/**
 * struct samr_local_ops - how a member is told
 *
 * All are called under the service's lock, with bottom halves off, and never
 * after samr_service_close().
 *
 * @readable: there is something to read
 * @writable: what was refused may be tried again, or the state has changed
 * @failed: @err (positive) came upon it, or 0: the state has changed
 */
struct samr_local_ops {
	void (*readable)(void *ctx);
	void (*writable)(void *ctx);
	void (*failed)(void *ctx, int err);
};

/**
 * struct samr_local_info - where a member stands
 *
 * @state: enum samr_member_state
 * The other fields are those of struct samr_info.
 */
struct samr_local_info {
	u32 service;
	u32 port;
	u32 state;
	u32 members;
	u64 view;
	u64 gseq;
	u64 queued;
	u64 unsettled;
};

/**
 * samr_service_bind - a member-to-be of a service
 * @c: the cluster; the caller's reference must last until the local was put
 * @net: namespace whose owner grants CAP_NET_BIND_SERVICE
 * @id: of the service
 * @ops: see there
 * @ctx: for @ops
 *
 * Return: it, with one reference; ERR_PTR(): -EADDRNOTAVAIL no such service,
 * -EACCES not allowed to the caller, -ENOMEM, -ENETDOWN, -ENOTRECOVERABLE,
 * -ENOSPC when the incarnation has no port number left.
 */
struct samr_local *samr_service_bind(struct samr_cluster *c, struct net *net,
				     u32 id, const struct samr_local_ops *ops,
				     void *ctx);

/**
 * samr_service_close - the socket goes
 *
 * What was not read is passed, what was sent stays sent, the membership ends as
 * soon as the order says so. The caller keeps its reference.
 */
void samr_service_close(struct samr_local *l);

/** samr_service_put - give a reference back; NULL is allowed */
void samr_service_put(struct samr_local *l);

/**
 * samr_service_join - ask to join
 * @l: bound
 * @window: bytes that may be delivered to it and not be read
 *
 * Does not block; with no view or window now it is done later.
 * Return: 0, -EALREADY, -EISCONN, -ESHUTDOWN, -ENOMEM, or why the cluster is
 * dead.
 */
int samr_service_join(struct samr_local *l, u32 window);

/**
 * samr_service_leave - ask to leave
 *
 * Return: 0, -ENOTCONN when it never asked to join, -EALREADY.
 */
int samr_service_leave(struct samr_local *l);

/**
 * samr_service_mute - shutdown(SHUT_RD): discard what is and what will be there
 */
void samr_service_mute(struct samr_local *l);

/**
 * samr_service_reserve - may a message be sent now?
 * @l: the member
 * @len: of the message
 * @sndbuf: limit of what is sent and not yet delivered here
 *
 * Return: 0: it may, and was charged, see samr_service_unreserve();
 * -EAGAIN: ops->writable will say when to ask again; -ENOTCONN, -EPIPE, or why
 * the cluster is dead.
 */
int samr_service_reserve(struct samr_local *l, u32 len, u32 sndbuf);

/** samr_service_unreserve - what was charged is not going to be sent */
void samr_service_unreserve(struct samr_local *l, u32 len);

/**
 * samr_service_send - send what was reserved
 * @l: the member
 * @s: @s->group, @port, @kind and @owner are filled in here
 *
 * Return: 0: the charge ends with the delivery; else the charge is still there,
 * -EAGAIN as in samr_service_reserve(), -ENOMEM, -EPIPE, or why the cluster is
 * dead.
 */
int samr_service_send(struct samr_local *l, struct samr_submit *s);

/**
 * samr_service_writable - would a message of @len bytes be taken, or refused
 * for another reason than -EAGAIN?
 *
 * When not, ops->writable will be called.
 */
bool samr_service_writable(struct samr_local *l, u32 len, u32 sndbuf);

/**
 * samr_service_peek - what is to be read next
 *
 * Return: a message with a reference for the caller; NULL: the end was reached;
 * ERR_PTR(): -EAGAIN nothing now, -ENOTCONN, or why the cluster is dead.
 */
struct samr_msg *samr_service_peek(struct samr_local *l);

/** samr_service_pass - it has been read; the caller's reference stays his */
void samr_service_pass(struct samr_local *l, const struct samr_msg *msg);

/** samr_service_readable - as samr_service_peek(): bits of EPOLL* */
__poll_t samr_service_poll(struct samr_local *l);

/** samr_service_notify - want view changes from here on, or not */
void samr_service_notify(struct samr_local *l, bool views);

/** samr_service_local - look at a member */
void samr_service_local(struct samr_local *l, struct samr_local_info *info);

/** samr_service_err - 0, or why the cluster is dead (negative) */
int samr_service_err(const struct samr_local *l);

#endif /* SAMR_SERVICE_H */
