/* SPDX-License-Identifier: GPL-2.0 */
/*
 * The control socket: samrctl and others ask samrd, and are answered in JSON.
 *
 * One connection is one request: a line
 *
 *	{"verb":"fence-status","node":2}
 *
 * and one answer, a line again, after which samrd closes:
 *
 *	{"ok":true,"result":{...}}
 *	{"ok":false,"error":"what was wrong, what to do"}
 *
 * Who asks is taken from the socket's peer credentials: verbs that change
 * something are for root and the admin group. A request is at most
 * CONTROL_REQUEST_MAX bytes and has to be there within CONTROL_PATIENCE_MS; an
 * answer that is not taken for that long is dropped. Clients without privilege
 * never use up the places of those with it, and no client holds up what the
 * daemon has to do by itself (turn.h).
 */
#ifndef SAMRD_CONTROL_H
#define SAMRD_CONTROL_H

#include <jansson.h>
#include <stdbool.h>
#include <stddef.h>
#include <sys/types.h>
#include <systemd/sd-event.h>

#define CONTROL_REQUEST_MAX	4096
#ifndef CONTROL_PATIENCE_MS
#define CONTROL_PATIENCE_MS	5000
#endif
#define CONTROL_CLIENTS_MAX	32	/* of them without privilege: half */
#define CONTROL_TABLES_MAX	8

struct control;
struct control_client;

/**
 * struct control_verb - something that can be asked for
 * @name: as in the request; NULL ends a table
 * @change: root and the admin group only
 * @run: does it, and calls control_answer() or control_refuse() once, now or
 *	later (it keeps @c until then). @request belongs to the caller and is
 *	gone after the return
 */
struct control_verb {
	const char *name;
	bool change;
	void (*run)(struct control_client *c, json_t *request, void *data);
};

/**
 * struct control_setup - what a control socket needs
 * @event: the loop; not taken over
 * @path: where it shall be; a socket that is there and answers is an error, one
 *	that does not is removed
 * @admin_gid: group whose members may change things; (gid_t)-1: root only
 */
struct control_setup {
	sd_event *event;
	const char *path;
	gid_t admin_gid;
};

/** control_new - 0, or -errno: -EADDRINUSE when another daemon has it */
int control_new(struct control **c, const struct control_setup *s);

/**
 * control_free - ends all connections and removes the socket; NULL is fine
 *
 * Those that still hold a client must not answer it any more.
 */
void control_free(struct control *c);

/**
 * control_serve - more that can be asked for
 * @c: the socket
 * @verbs: a table, which is kept
 * @data: for the functions in it
 *
 * Return: 0, or -ENOSPC after CONTROL_TABLES_MAX of them.
 */
int control_serve(struct control *c, const struct control_verb *verbs,
		  void *data);

/** control_admin - the admin group from now on */
void control_admin(struct control *c, gid_t gid);

/** control_answer - the result, which is taken over; NULL: an empty object */
void control_answer(struct control_client *c, json_t *result);

/** control_refuse - what was wrong with it, and what to do */
void control_refuse(struct control_client *c, const char *format, ...)
	__attribute__((format(printf, 2, 3)));

/** control_uid - who asks, for the log */
uid_t control_uid(const struct control_client *c);

#endif /* SAMRD_CONTROL_H */
