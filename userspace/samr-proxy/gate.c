// SPDX-License-Identifier: GPL-2.0
/* Where connections come in; see gate.h. */
#include <errno.h>
#include <event2/listener.h>
#include <linux/samr.h>
#include <netinet/in.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/queue.h>
#include <sys/socket.h>
#include <systemd/sd-daemon.h>
#include <unistd.h>

#include "gate.h"
#include "pair.h"

#define BACKLOG		128
#define PAUSE_MS	100	/* without descriptors, or without the server */
#define HELD_MS		50	/* a server that dies has closed what it listens on by then */

enum { REFUSED = 3 };

/**
 * struct connection - one pair, and the question whether its server still lives
 * @number: for people
 * @probe: a connection to the server that is only to show that it takes any; or NULL
 */
struct connection {
	LIST_ENTRY(connection) all;
	struct pair *pair;
	unsigned long number;
	struct event *probe;
};

static struct {
	struct event_base *base;
	struct gate_config config;
	struct evconnlistener *listener;
	struct event *again;		/* after a pause */
	LIST_HEAD(, connection) all;
	unsigned int open;
	unsigned long count;
	bool waited;			/* said that the server is awaited */
} gate;

static bool to_server(void)
{
	return gate.config.far.addr.ss_family != AF_SAMR;
}

static void tell(const struct connection *c, const char *what)
{
	if (gate.config.verbose)
		printf("connection %lu: %s, %u open\n", c->number, what, gate.open);
}

static void no_server(int error)
{
	die(REFUSED, "the server, %s, is gone: %s. This head leaves the service; "
	    "others go on", gate.config.far.name, strerror(error));
}

/* --- is the server there? --- */

static int probe_socket(void)
{
	const struct gate_address *to = &gate.config.far;
	int fd = socket(to->addr.ss_family, SOCK_STREAM | SOCK_NONBLOCK | SOCK_CLOEXEC, 0);

	if (fd < 0)
		return -1;
	if (!connect(fd, (const struct sockaddr *)&to->addr, to->len) ||
	    errno == EINPROGRESS)
		return fd;
	close(fd);
	return -1;
}

/* Ends a probe; returns what became of it. */
static int probe_end(struct event **probe)
{
	int fd = event_get_fd(*probe), error = 0;
	socklen_t len = sizeof(error);

	if (getsockopt(fd, SOL_SOCKET, SO_ERROR, &error, &len))
		error = errno;
	event_free(*probe);
	*probe = NULL;
	reset_socket(fd);
	return error;
}

static struct event *probe_new(event_callback_fn told, void *arg, int *error)
{
	int fd = probe_socket();
	struct event *e;

	*error = errno;
	if (fd < 0)
		return NULL;
	e = event_new(gate.base, fd, EV_WRITE, told, arg);
	if (e && !event_add(e, NULL))
		return e;
	if (e)
		event_free(e);
	close(fd);
	*error = ENOMEM;
	return NULL;
}

/* --- connections --- */

static void accept_more(void)
{
	if (gate.open < gate.config.connections)
		evconnlistener_enable(gate.listener);
	else
		evconnlistener_disable(gate.listener);
}

static void on_over(struct pair *p, void *owner)
{
	struct connection *c = owner;

	(void)p;
	if (c->probe)
		probe_end(&c->probe);
	LIST_REMOVE(c, all);
	gate.open--;
	tell(c, "over");
	free(c);
	if (gate.listener)
		accept_more();
}

static void on_far_failed(struct pair *p, void *owner, int error)
{
	struct connection *c = owner;

	(void)p;
	if (to_server())
		no_server(error);
	if (gate.config.verbose)
		printf("connection %lu: %s: %s\n", c->number, gate.config.far.name,
		       strerror(error));
}

/* It was taken, or stands in a queue; if it is reset nobody is left to take it from there. */
static void on_held(evutil_socket_t fd, short what, void *arg)
{
	struct connection *c = arg;
	char byte;
	bool gone = (what & EV_READ) && recv(fd, &byte, 1, MSG_PEEK) < 0 &&
		    errno == ECONNRESET;

	probe_end(&c->probe);
	if (gone)
		no_server(ECONNRESET);
	pair_go_on(c->pair);
}

static void on_probed(evutil_socket_t fd, short what, void *arg)
{
	const struct timeval t = { 0, HELD_MS * 1000 };
	struct connection *c = arg;
	socklen_t len = sizeof(int);
	int error = 0;

	(void)what;
	if (getsockopt(fd, SOL_SOCKET, SO_ERROR, &error, &len))
		error = errno;
	if (error)
		no_server(error);
	if (event_assign(c->probe, gate.base, fd, EV_READ, on_held, c) ||
	    event_add(c->probe, &t))
		die(EXIT_FAILURE, "no memory for a connection");
}

/*
 * Has the server ended this connection, or is it dying? A process that dies closes its
 * descriptors one after the other, and Linux does not say in which order. So a server that
 * is there still takes another connection, and does not lose it soon after.
 */
static bool on_far_ended(struct pair *p, void *owner)
{
	struct connection *c = owner;
	int error;

	(void)p;
	if (!to_server())
		return true;
	c->probe = probe_new(on_probed, c, &error);
	if (c->probe)
		return false;
	if (error == ECONNREFUSED)
		no_server(error);
	/* Without descriptors nobody can tell; the client waits no longer for that. */
	return true;
}

static const struct pair_ops ops = {
	.far_failed = on_far_failed,
	.far_ended = on_far_ended,
	.over = on_over,
};

static void on_accept(struct evconnlistener *l, evutil_socket_t fd,
		      struct sockaddr *from, int len, void *arg)
{
	const struct gate_address *to = &gate.config.far;
	struct connection *c = calloc(1, sizeof(*c));

	(void)l;
	(void)from;
	(void)len;
	(void)arg;
	if (c)
		c->pair = pair_new(gate.base, fd, (const struct sockaddr *)&to->addr,
				   to->len, &ops, c);
	else
		reset_socket(fd);
	if (!c || !c->pair) {
		/* A member that drops what the others take is none. */
		if (to_server())
			die(EXIT_FAILURE, "no memory for a connection");
		free(c);
		return;
	}
	c->number = ++gate.count;
	LIST_INSERT_HEAD(&gate.all, c, all);
	gate.open++;
	tell(c, "new");
	accept_more();
}

static void pause_ms(unsigned int ms)
{
	const struct timeval t = { 0, ms * 1000 };

	evtimer_add(gate.again, &t);
}

static void on_accept_failed(struct evconnlistener *l, void *arg)
{
	int error = EVUTIL_SOCKET_ERROR();

	(void)l;
	(void)arg;
	switch (error) {
	case EMFILE:
	case ENFILE:
	case ENOBUFS:
	case ENOMEM:
		fprintf(stderr, "samr-proxy: a connection waits: %s\n", strerror(error));
		evconnlistener_disable(gate.listener);
		pause_ms(PAUSE_MS);
		break;
	default:
		die(REFUSED, "%s: no more connections: %s", gate.config.near.name,
		    strerror(error));
	}
}

/* --- listening --- */

static void listen_now(void)
{
	const struct gate_address *at = &gate.config.near;
	int fd, on = 1, off = 0, family = at->addr.ss_family;

	fd = socket(family, SOCK_STREAM | SOCK_NONBLOCK | SOCK_CLOEXEC, 0);
	if (fd < 0)
		die(REFUSED, "%s: %s", at->name, strerror(errno));
	if (family != AF_SAMR)
		setsockopt(fd, SOL_SOCKET, SO_REUSEADDR, &on, sizeof(on));
	if (family == AF_INET6)
		setsockopt(fd, IPPROTO_IPV6, IPV6_V6ONLY, &off, sizeof(off));
	if (bind(fd, (const struct sockaddr *)&at->addr, at->len) || listen(fd, BACKLOG))
		die(REFUSED, "%s: %s%s", at->name, strerror(errno),
		    errno == EACCES && family == AF_SAMR ?
		    ": samrctl service add says who may" : "");
	gate.listener = evconnlistener_new(gate.base, on_accept, NULL,
					   LEV_OPT_CLOSE_ON_FREE | LEV_OPT_CLOSE_ON_EXEC,
					   0, fd);
	if (!gate.listener)
		die(EXIT_FAILURE, "no memory");
	evconnlistener_set_error_cb(gate.listener, on_accept_failed);
	printf("%s to %s\n", at->name, gate.config.far.name);
	sd_notify(0, "READY=1\nSTATUS=Taking connections");
}

static struct event *first_probe;

static void server_missing(void)
{
	if (!gate.waited) {
		gate.waited = true;
		printf("waiting for the server, %s\n", gate.config.far.name);
		sd_notify(0, "STATUS=Waiting for the server");
	}
	pause_ms(PAUSE_MS);
}

static void on_first_probed(evutil_socket_t fd, short what, void *arg)
{
	(void)fd;
	(void)what;
	(void)arg;
	if (probe_end(&first_probe))
		server_missing();
	else
		listen_now();
}

/* A member that has no server yet would take connections for nothing. */
static void await_server(void)
{
	int error;

	first_probe = probe_new(on_first_probed, NULL, &error);
	if (!first_probe)
		server_missing();
}

static void on_again(evutil_socket_t fd, short what, void *arg)
{
	(void)fd;
	(void)what;
	(void)arg;
	if (gate.listener)
		accept_more();
	else
		await_server();
}

void gate_open(struct event_base *base, const struct gate_config *c)
{
	int fd;

	gate.base = base;
	gate.config = *c;
	LIST_INIT(&gate.all);
	fd = socket(AF_SAMR, SOCK_STREAM, 0);
	if (fd < 0)
		die(REFUSED, "this kernel has no streams of AF_SAMR: %s; "
		    "modprobe samr loads it", strerror(errno));
	close(fd);
	gate.again = evtimer_new(base, on_again, NULL);
	if (!gate.again)
		die(EXIT_FAILURE, "no memory");
	if (to_server())
		await_server();
	else
		listen_now();
}

void gate_close(void)
{
	struct connection *c;

	if (gate.listener)
		evconnlistener_free(gate.listener);
	gate.listener = NULL;
	while ((c = LIST_FIRST(&gate.all)))
		pair_reset(c->pair);
	if (first_probe)
		probe_end(&first_probe);
	event_free(gate.again);
}
