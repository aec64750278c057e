// SPDX-License-Identifier: GPL-2.0
/*
 * The control socket; see control.h.
 *
 * A client is in one of three states: it asks (in the list, with a deadline),
 * its request is being worked on (no deadline; it may hang up), it is answered
 * (with a deadline). It is freed when it is answered and gone, so that whoever
 * works on its request never holds a pointer to nothing.
 */
#define _GNU_SOURCE
#include <errno.h>
#include <fcntl.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/file.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/un.h>
#include <unistd.h>

#include "control.h"
#include "turn.h"

#define BACKLOG		16
#define ACCURACY_US	10000
#define GROUPS_MAX	256
#define REASON_MAX	1024
#define REST_US		200000	/* when nobody can be let in */

/**
 * enum stage - of a connection
 * @STAGE_ASKING: its request has not come yet
 * @STAGE_WORKING: somebody will answer it
 * @STAGE_ANSWERED: the answer is on its way
 */
enum stage {
	STAGE_ASKING,
	STAGE_WORKING,
	STAGE_ANSWERED,
};

/**
 * struct control_client - a connection
 * @c: the socket
 * @next: in the list
 * @fd: -1: it has hung up
 * @cred: who it is
 * @admin: it may change things
 * @stage: see there
 * @io: @fd
 * @timer: its patience
 * @request: what came so far
 * @got: bytes of it
 * @answer: what is sent
 * @len: bytes of it
 * @sent: of these
 */
struct control_client {
	struct control *c;
	struct control_client *next;
	int fd;
	struct ucred cred;
	bool admin;
	enum stage stage;
	sd_event_source *io;
	sd_event_source *timer;
	char request[CONTROL_REQUEST_MAX + 1];
	size_t got;
	char *answer;
	size_t len;
	size_t sent;
};

struct table {
	const struct control_verb *verbs;
	void *data;
};

/**
 * struct control - the socket
 * @event: the loop
 * @fd: listens
 * @lock: held as long as this daemon may listen at @path
 * @path: of it
 * @admin_gid: as given
 * @io: @fd
 * @rest: nobody is let in until then
 * @table: what can be asked for
 * @tables: of them
 * @clients: the list
 * @count: of them that are connected
 * @commoners: of these, those without privilege
 */
struct control {
	sd_event *event;
	int fd;
	int lock;
	struct sockaddr_un path;
	gid_t admin_gid;
	sd_event_source *io;
	sd_event_source *rest;
	struct table table[CONTROL_TABLES_MAX];
	size_t tables;
	struct control_client *clients;
	size_t count;
	size_t commoners;
};

/* ---- the end of a connection ---- */

static void unlink_client(struct control_client *cl)
{
	struct control_client **p = &cl->c->clients;

	while (*p != cl)
		p = &(*p)->next;
	*p = cl->next;
}

static void hang_up(struct control_client *cl)
{
	cl->io = sd_event_source_disable_unref(cl->io);
	cl->timer = sd_event_source_disable_unref(cl->timer);
	if (cl->fd < 0)
		return;
	close(cl->fd);
	cl->fd = -1;
	cl->c->count--;
	if (!cl->admin)
		cl->c->commoners--;
}

/* One that is being worked on stays until its answer. */
static void drop(struct control_client *cl)
{
	hang_up(cl);
	if (cl->stage == STAGE_WORKING)
		return;
	unlink_client(cl);
	free(cl->answer);
	free(cl);
}

static int on_patience(sd_event_source *s, uint64_t usec, void *data)
{
	(void)s;
	(void)usec;
	drop(data);
	return 0;
}

static bool be_patient(struct control_client *cl)
{
	sd_event_source_disable_unref(cl->timer);
	cl->timer = NULL;
	return sd_event_add_time_relative(cl->c->event, &cl->timer,
					  CLOCK_MONOTONIC,
					  CONTROL_PATIENCE_MS * 1000ULL,
					  ACCURACY_US, on_patience, cl) >= 0;
}

/* ---- answers ---- */

static void send_some(struct control_client *cl)
{
	ssize_t n = send(cl->fd, cl->answer + cl->sent, cl->len - cl->sent,
			 MSG_NOSIGNAL | MSG_DONTWAIT);

	if (n < 0 && (errno == EAGAIN || errno == EINTR)) {
		sd_event_source_set_io_events(cl->io, EPOLLOUT);
		return;
	}
	if (n > 0)
		cl->sent += n;
	if (n < 0 || cl->sent == cl->len)
		drop(cl);
	else
		sd_event_source_set_io_events(cl->io, EPOLLOUT);
}

/* Takes @answer over. */
static void give(struct control_client *cl, json_t *answer)
{
	char *text = answer ? json_dumps(answer, JSON_COMPACT) : NULL;

	json_decref(answer);
	cl->stage = STAGE_ANSWERED;
	cl->len = text ? strlen(text) : 0;
	cl->answer = text ? realloc(text, cl->len + 1) : NULL;
	if (!cl->answer)
		free(text);
	if (cl->fd < 0 || !cl->answer || !be_patient(cl)) {
		drop(cl);
		return;
	}
	cl->answer[cl->len++] = '\n';
	send_some(cl);
}

void control_answer(struct control_client *cl, json_t *result)
{
	if (!result)
		result = json_object();
	give(cl, json_pack("{s:b, s:o}", "ok", 1, "result", result));
}

void control_refuse(struct control_client *cl, const char *format, ...)
{
	char why[REASON_MAX];
	va_list args;

	va_start(args, format);
	vsnprintf(why, sizeof(why), format, args);
	va_end(args);
	/* What was asked for may stand in it, and is only UTF-8 by luck. */
	give(cl, json_pack("{s:b, s:s}", "ok", 0, "error", why) ?:
	     json_pack("{s:b, s:s}", "ok", 0, "error", "not UTF-8"));
}

uid_t control_uid(const struct control_client *cl)
{
	return cl->cred.uid;
}

/* ---- requests ---- */

static const struct control_verb *find(const struct control *c,
				       const char *name, void **data)
{
	const struct control_verb *v;
	size_t i;

	for (i = 0; i < c->tables; i++) {
		for (v = c->table[i].verbs; v->name; v++) {
			if (!strcmp(v->name, name)) {
				*data = c->table[i].data;
				return v;
			}
		}
	}
	return NULL;
}

static void work(struct control_client *cl, json_t *request)
{
	const char *name = json_string_value(json_object_get(request, "verb"));
	const struct control_verb *v;
	void *data = NULL;

	if (!name) {
		control_refuse(cl, "the request has no \"verb\"");
		return;
	}
	v = find(cl->c, name, &data);
	if (!v)
		control_refuse(cl, "unknown verb '%.40s': samrd and samrctl may "
			       "be of different versions", name);
	else if (v->change && !cl->admin)
		control_refuse(cl, "'%s' is for root and the admin group of "
			       "samr.conf(5)", v->name);
	else
		v->run(cl, request, data);
}

static void take(struct control_client *cl)
{
	json_error_t error;
	json_t *request;

	cl->timer = sd_event_source_disable_unref(cl->timer);
	/* A hang-up is still of interest, more words are not. */
	sd_event_source_set_io_events(cl->io, 0);
	cl->stage = STAGE_WORKING;
	request = json_loads(cl->request, JSON_REJECT_DUPLICATES, &error);
	if (!json_is_object(request))
		control_refuse(cl, "the request is no JSON object: %s",
			       request ? "another value" : error.text);
	else
		work(cl, request);
	json_decref(request);
}

static void read_some(struct control_client *cl)
{
	ssize_t n = recv(cl->fd, cl->request + cl->got,
			 CONTROL_REQUEST_MAX - cl->got, MSG_DONTWAIT);
	char *end;

	if (n < 0 && (errno == EAGAIN || errno == EINTR))
		return;
	if (n <= 0) {
		drop(cl);
		return;
	}
	cl->got += n;
	end = memchr(cl->request, '\n', cl->got);
	if (end) {
		*end = '\0';
		take(cl);
	} else if (cl->got == CONTROL_REQUEST_MAX) {
		cl->stage = STAGE_WORKING;
		control_refuse(cl, "the request is longer than %d bytes",
			       CONTROL_REQUEST_MAX);
	}
}

static int on_client(sd_event_source *s, int fd, uint32_t events, void *data)
{
	struct control_client *cl = data;

	(void)s;
	(void)fd;
	switch (cl->stage) {
	case STAGE_ASKING:
		read_some(cl);
		break;
	case STAGE_WORKING:
		if (events & (EPOLLHUP | EPOLLERR))
			drop(cl);
		break;
	case STAGE_ANSWERED:
		send_some(cl);
		break;
	}
	return 0;
}

/* ---- who asks ---- */

/* The groups it had when it connected: asking a directory could take long. */
static bool in_group(int fd, const struct ucred *cred, gid_t gid)
{
	gid_t groups[GROUPS_MAX];
	socklen_t len = sizeof(groups);
	size_t i;

	if (gid == (gid_t)-1)
		return false;
	if (cred->gid == gid)
		return true;
	if (getsockopt(fd, SOL_SOCKET, SO_PEERGROUPS, groups, &len))
		return false;
	for (i = 0; i < len / sizeof(*groups); i++)
		if (groups[i] == gid)
			return true;
	return false;
}

/* Whoever asks waits until the daemon has nothing else to do. */
static bool listen_to(struct control *c, sd_event_source **io, int fd,
		      sd_event_io_handler_t handler, void *data)
{
	return sd_event_add_io(c->event, io, fd, EPOLLIN, handler, data) >= 0 &&
	       sd_event_source_set_priority(*io, TURN_SERVE) >= 0;
}

/* Returns false when it must not come in. */
static bool admit(struct control *c, struct control_client *cl)
{
	socklen_t len = sizeof(cl->cred);

	if (getsockopt(cl->fd, SOL_SOCKET, SO_PEERCRED, &cl->cred, &len))
		return false;
	cl->admin = !cl->cred.uid || in_group(cl->fd, &cl->cred, c->admin_gid);
	if (c->count >= CONTROL_CLIENTS_MAX)
		return false;
	return cl->admin || c->commoners < CONTROL_CLIENTS_MAX / 2;
}

static void come_in(struct control *c, int fd)
{
	struct control_client *cl = calloc(1, sizeof(*cl));

	if (!cl) {
		close(fd);
		return;
	}
	cl->fd = fd;
	if (!admit(c, cl)) {
		close(fd);
		free(cl);
		return;
	}
	cl->c = c;
	cl->next = c->clients;
	c->clients = cl;
	c->count++;
	if (!cl->admin)
		c->commoners++;
	if (!be_patient(cl) || !listen_to(c, &cl->io, fd, on_client, cl))
		drop(cl);
}

static int on_rested(sd_event_source *s, uint64_t usec, void *data)
{
	struct control *c = data;

	(void)s;
	(void)usec;
	return sd_event_source_set_enabled(c->io, SD_EVENT_ON);
}

/* Who knocks goes on doing so: without files or memory it would be asked again at once. */
static void rest(struct control *c)
{
	if (sd_event_source_set_time_relative(c->rest, REST_US) >= 0 &&
	    sd_event_source_set_enabled(c->rest, SD_EVENT_ONESHOT) >= 0)
		sd_event_source_set_enabled(c->io, SD_EVENT_OFF);
}

static int on_connect(sd_event_source *s, int fd, uint32_t events, void *data)
{
	int client = accept4(fd, NULL, NULL, SOCK_CLOEXEC | SOCK_NONBLOCK);

	(void)s;
	(void)events;
	if (client >= 0)
		come_in(data, client);
	else if (errno != EAGAIN && errno != EINTR && errno != ECONNABORTED)
		rest(data);
	return 0;
}

/* ---- the socket ---- */

static int connect_to(const struct sockaddr_un *path)
{
	int fd = socket(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC | SOCK_NONBLOCK, 0);
	int r;

	if (fd < 0)
		return -errno;
	r = connect(fd, (const struct sockaddr *)path, sizeof(*path)) ? -errno :
	    0;
	close(fd);
	return r;
}

/* Of two that start at a time one may look before the other one listens: they take turns. */
static int lock(struct control *c)
{
	char path[sizeof(c->path.sun_path) + 8];

	snprintf(path, sizeof(path), "%s.lock", c->path.sun_path);
	c->lock = open(path, O_RDWR | O_CREAT | O_CLOEXEC | O_NOFOLLOW, 0600);
	if (c->lock < 0)
		return -errno;
	if (!flock(c->lock, LOCK_EX | LOCK_NB))
		return 0;
	return errno == EWOULDBLOCK ? -EADDRINUSE : -errno;
}

/* One that a daemon has left behind is in the way, one in use is not ours. */
static int make_room(const struct sockaddr_un *path)
{
	int r = connect_to(path);
	struct stat st;

	if (r == -ENOENT)
		return 0;
	if (!r || r == -EAGAIN)
		return -EADDRINUSE;
	if (r != -ECONNREFUSED)
		return r;
	/* A file that is no socket gives the same error: it is not ours. */
	if (lstat(path->sun_path, &st))
		return -errno;
	if (!S_ISSOCK(st.st_mode))
		return -EEXIST;
	return unlink(path->sun_path) ? -errno : 0;
}

static int listen_at(struct control *c)
{
	int r = lock(c) ?: make_room(&c->path);

	if (r)
		return r;
	c->fd = socket(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC | SOCK_NONBLOCK, 0);
	if (c->fd < 0)
		return -errno;
	if (bind(c->fd, (struct sockaddr *)&c->path, sizeof(c->path)))
		return -errno;
	/* Everybody may ask; what for, the credentials say. */
	if (chmod(c->path.sun_path, 0666) || listen(c->fd, BACKLOG)) {
		r = -errno;
		unlink(c->path.sun_path);
		return r;
	}
	return 0;
}

int control_new(struct control **control, const struct control_setup *s)
{
	struct control *c;
	int r;

	if (strlen(s->path) >= sizeof(c->path.sun_path))
		return -ENAMETOOLONG;
	c = calloc(1, sizeof(*c));
	if (!c)
		return -ENOMEM;
	c->event = s->event;
	c->admin_gid = s->admin_gid;
	c->fd = c->lock = -1;
	c->path.sun_family = AF_UNIX;
	strcpy(c->path.sun_path, s->path);
	r = listen_at(c);
	if (r)
		goto no_socket;
	r = -ENOMEM;
	/* It may be wanted when there is no file left to make it with. */
	if (!listen_to(c, &c->io, c->fd, on_connect, c) ||
	    sd_event_add_time(c->event, &c->rest, CLOCK_MONOTONIC, 0, 0,
			      on_rested, c) < 0 ||
	    sd_event_source_set_enabled(c->rest, SD_EVENT_OFF) < 0)
		goto no_source;
	*control = c;
	return 0;

no_source:
	sd_event_source_disable_unref(c->io);
	sd_event_source_disable_unref(c->rest);
	unlink(c->path.sun_path);
no_socket:
	if (c->fd >= 0)
		close(c->fd);
	if (c->lock >= 0)
		close(c->lock);
	free(c);
	return r;
}

void control_free(struct control *c)
{
	struct control_client *cl;

	if (!c)
		return;
	while ((cl = c->clients)) {
		cl->stage = STAGE_ANSWERED;
		drop(cl);
	}
	sd_event_source_disable_unref(c->io);
	sd_event_source_disable_unref(c->rest);
	unlink(c->path.sun_path);
	close(c->fd);
	close(c->lock);
	free(c);
}

int control_serve(struct control *c, const struct control_verb *verbs,
		  void *data)
{
	if (c->tables == CONTROL_TABLES_MAX)
		return -ENOSPC;
	c->table[c->tables++] = (struct table){ verbs, data };
	return 0;
}

void control_admin(struct control *c, gid_t gid)
{
	c->admin_gid = gid;
}
