/* SPDX-License-Identifier: GPL-2.0 */
/*
 * A member of a service that accepts streams: its backlog, and its connections.
 *
 * It reads the log of its service by itself, as far as it can: a stream that is opened
 * makes a connection, segments go to theirs (connection.h). When the backlog is full it
 * stands still, and then is a member that does not read.
 *
 * It stays a member while any of its sockets is open: the one that listens, or one that it
 * has accepted. Its service's lock protects it.
 */
#ifndef SAMR_LISTENER_H
#define SAMR_LISTENER_H

#include "door.h"
#include "keep.h"
#include "local.h"
#include "turn.h"

struct samr_connection;

#define SAMR_LISTENER_BUCKETS	256

/**
 * struct samr_listener - one
 * @ref: one of its socket, one of each connection
 * @local: the member, with a reference
 * @link: in samr_service.listeners, while it is a member or may become one
 * @ops: as of a member; NULL once the socket was closed
 * @ctx: for @ops
 * @listens: listen() was called
 * @most: connections that may wait in @backlog
 * @waiting: that do
 * @backlog: struct samr_connection by @link, as they were opened
 * @orphaned: bytes of those in @backlog whose clients are gone: no window holds them
 * @sockets: that are open: its own, and accepted ones
 * @starved: it stands still for want of memory
 * @grace_at: jiffies until which sockets of a process that exits are waited for; 0: none
 * @seen: what was accepted, and read of any connection, shows
 * @turn: lock-step
 * @door: for the state
 * @keep: connections that go on with the state
 * @conns: struct samr_connection by name, those for which something may still come
 */
struct samr_listener {
	refcount_t ref;
	struct samr_local *local;
	struct list_head link;
	const struct samr_local_ops *ops;
	void *ctx;
	bool listens;
	u32 most;
	u32 waiting;
	struct list_head backlog;
	u32 orphaned;
	u32 sockets;
	bool starved;
	unsigned long grace_at;
	struct samr_point seen;
	struct samr_turn turn;
	struct samr_door door;
	struct samr_keep keep;
	struct hlist_head conns[SAMR_LISTENER_BUCKETS];
};

/** samr_listener_new - of a service; as samr_local_bind() */
struct samr_listener *samr_listener_new(struct samr_cluster *c, struct net *net,
					u32 id, const struct samr_local_ops *ops,
					void *ctx);

/**
 * samr_listener_listen - accept streams from here on, up to @backlog that wait
 * @rcvbuf: bytes that may be delivered to it and not be read
 *
 * Return: as samr_local_join(); 0 also when it does already.
 */
int samr_listener_listen(struct samr_listener *ls, u32 backlog, u32 rcvbuf);

/** samr_listener_joined - 0: it does; -EAGAIN: not yet; or why it never will */
int samr_listener_joined(struct samr_listener *ls);

/**
 * samr_listener_accept - the next connection, with a reference for its socket
 * @ops: for it
 * @ctx: for @ops
 *
 * Return: ERR_PTR(): -EAGAIN: there is none; -EINVAL: it does not listen; or why it is
 * dead.
 */
struct samr_connection *samr_listener_accept(struct samr_listener *ls,
					     const struct samr_local_ops *ops,
					     void *ctx);

/** samr_listener_look - would that be -EAGAIN, or what? 0: there is one */
int samr_listener_look(struct samr_listener *ls);

/** samr_listener_info - look at it; what is queued are connections */
void samr_listener_info(struct samr_listener *ls, struct samr_local_info *info);

/** samr_listener_see - @info, of its member, is to say what its program has seen */
void samr_listener_see(struct samr_listener *ls, struct samr_local_info *info);

/** samr_listener_close - its socket goes; @dying: its process exits */
void samr_listener_close(struct samr_listener *ls, bool dying);

/** samr_listener_put - give a reference back; NULL is allowed */
void samr_listener_put(struct samr_listener *ls);

/* ---- for service.c and connection.c ---- */

/** samr_listener_pump - read on, as far as it goes; its service is locked */
void samr_listener_pump(struct samr_listener *ls, struct list_head *free);

/**
 * samr_listener_left - one socket less is open; the service is locked, and unlocked by
 *	samr_service_unlock()
 */
void samr_listener_left(struct samr_listener *ls, struct list_head *free)
	__releases(&ls->local->svc->lock);

/** samr_listener_wait - sockets of a process that exits may follow; the service is locked */
void samr_listener_wait(struct samr_listener *ls);

/** samr_listener_retry - memory was lacking, or a process has exited; a timer's */
void samr_listener_retry(struct samr_service *svc);

#endif /* SAMR_LISTENER_H */
