/* SPDX-License-Identifier: GPL-2.0 */
/*
 * A stream, as a member of its service has it: what accept() gives.
 *
 * What it has read and how its output ends is told to the order by whoever unlocks the
 * service (samr_connection_tell()). It outlives its socket until nothing more may come
 * for it: input behind its close counts as read.
 *
 * Its service's lock protects it.
 */
#ifndef SAMR_CONNECTION_H
#define SAMR_CONNECTION_H

#include <linux/mutex.h>
#include "listener.h"
#include "side.h"

/**
 * struct samr_connection - one
 * @ref: one of its socket, or of the backlog; one of samr_listener.conns; one of each
 *	other list
 * @side: what its socket sees of it
 * @listener: with a reference
 * @hash: in samr_listener.conns
 * @link: in samr_listener.backlog
 * @telling: in samr_service.telling
 * @waiting: in samr_services.writers
 * @name: of the stream
 * @node: head of the client, when it was opened
 * @port: of the client, there
 * @have: number of the last byte that came, or of the end
 * @read: of the last one that was read, or counts as such
 * @made: of the last byte written
 * @fin: the input has ended
 * @cut: the client is gone: nothing follows what came
 * @cut_err: what its program is told then (positive)
 * @closed: its socket was
 * @exited: by a process that exited: the output ends by @exit_end, unless the member has
 *	gone with it
 * @exit_end: see there
 * @end: enum samr_end: how the output has ended
 * @ending: how it is to end, which is still to be told
 * @writing: bytes are on their way to the order: its end has to wait
 * @write_lock: one writer at a time
 * @asked: its program has read of it, and not written since
 * @loud_at: since then, jiffies, it was not quiet when the state was asked for; 0: it was
 * @doomed: so it ends
 * @owner: process that has accepted it; compared only
 */
struct samr_connection {
	refcount_t ref;
	struct samr_side side;
	struct samr_listener *listener;
	struct hlist_node hash;
	struct list_head link;
	struct list_head telling;
	struct list_head waiting;
	u64 name;
	u64 node;
	u32 port;
	u64 have;
	u64 read;
	u64 made;
	bool fin;
	bool cut;
	int cut_err;
	bool closed;
	bool exited;
	u8 exit_end;
	u8 end;
	u8 ending;
	bool writing;
	struct mutex write_lock;
	bool asked;
	unsigned long loud_at;
	bool doomed;
	struct pid *owner;
};

/**
 * samr_connection_close - its socket goes
 * @end: enum samr_end, of an output that has not ended
 * @dying: its process exits: if the member goes with it, its output does not end here
 *
 * The caller keeps his reference.
 */
void samr_connection_close(struct samr_connection *x, u8 end, bool dying);

/** samr_connection_info - look at one */
void samr_connection_info(struct samr_connection *x,
			  struct samr_local_info *info);

void samr_connection_put(struct samr_connection *x);	/* NULL is allowed */

/* ---- for listener.c and service.c; the service is locked where nothing else is said ---- */

/** samr_connection_new - of the STREAM that opens it; NULL without memory */
struct samr_connection *samr_connection_new(struct samr_listener *ls,
					    const struct samr_msg *msg);

/**
 * samr_connection_kept - of one that comes with the state
 * @msg: that says so; it names the transfer
 * @p: its payload
 *
 * Nothing comes for it before samr_connection_enter().
 */
struct samr_connection *samr_connection_kept(struct samr_listener *ls,
					     const struct samr_msg *msg,
					     const struct samr_place_payload *p);

/** samr_connection_enter - it is among those for which something may come */
void samr_connection_enter(struct samr_connection *x);

/** samr_connection_find - by the name of its stream, or NULL */
struct samr_connection *samr_connection_find(const struct samr_listener *ls,
					     u64 name);

/**
 * samr_connection_take - a segment
 * @full: set to whether too much is unread, and some of that has to be read first
 *
 * Return: false if it is, or without memory: nothing has happened then.
 */
bool samr_connection_take(struct samr_connection *x, const struct samr_msg *msg,
			  bool *full);

/** samr_connection_cut - the client is gone; @err (positive): without an end of its input */
void samr_connection_cut(struct samr_connection *x, int err);

/** samr_connection_leave - the member goes, with the last of its sockets */
void samr_connection_leave(struct samr_connection *x);

/**
 * samr_connection_fail - the member is none any more: at once
 *
 * What is unread nobody reads any more.
 */
void samr_connection_fail(struct samr_connection *x);

/** samr_connection_end - its output ends, unless it has ended */
void samr_connection_end(struct samr_connection *x, u8 end);

/** samr_connection_tell - the order is told; the lock is dropped meanwhile */
void samr_connection_tell(struct samr_service *svc)
	__must_hold(&svc->lock);

/** samr_connection_feed - those on samr_services.writers may try again; no lock is held */
void samr_connection_feed(struct samr_services *all);

/** samr_connection_forget - drop the references of that list; no lock is held */
void samr_connection_forget(struct samr_services *all);

#endif /* SAMR_CONNECTION_H */
