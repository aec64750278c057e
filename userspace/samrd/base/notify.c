// SPDX-License-Identifier: GPL-2.0
/* To systemd, without waiting for it; see notify.h. */
#define _GNU_SOURCE
#include <errno.h>
#include <stdarg.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/un.h>
#include <unistd.h>

#include <systemd/sd-daemon.h>

#include "notify.h"

#define AGAIN_US	200000		/* until what was not taken is said again */
#define FEEDS		3		/* in the time that systemd allows */
#define STATE_BYTES	128
#define STATUS_BYTES	512

/**
 * struct notify - see notify.h
 * @fd: -1: nobody listens
 * @to: systemd
 * @to_len: of @to
 * @feed_us: between two signs of life; 0: none are wanted
 * @feed: when the next one is due
 * @again: when what is not taken yet is said again
 * @state: not taken yet; "": nothing
 * @status: likewise
 */
struct notify {
	int fd;
	struct sockaddr_un to;
	socklen_t to_len;
	uint64_t feed_us;
	sd_event_source *feed;
	sd_event_source *again;
	char state[STATE_BYTES];
	char status[STATUS_BYTES];
};

static bool say(struct notify *n, const char *text)
{
	return n->fd < 0 ||
	       sendto(n->fd, text, strlen(text), MSG_DONTWAIT | MSG_NOSIGNAL,
		      (struct sockaddr *)&n->to, n->to_len) >= 0;
}

/* What is owed; a state and a status may go together, and do. */
static void pay(struct notify *n)
{
	char text[STATE_BYTES + STATUS_BYTES + 16];

	if (!*n->state && !*n->status)
		return;
	snprintf(text, sizeof(text), "%s%s%s%s", n->state,
		 *n->state && *n->status ? "\n" : "",
		 *n->status ? "STATUS=" : "", n->status);
	if (say(n, text)) {
		*n->state = '\0';
		*n->status = '\0';
		return;
	}
	sd_event_source_set_time_relative(n->again, AGAIN_US);
	sd_event_source_set_enabled(n->again, SD_EVENT_ONESHOT);
}

static int on_again(sd_event_source *source, uint64_t usec, void *data)
{
	(void)source;
	(void)usec;
	pay(data);
	return 0;
}

static int on_feed(sd_event_source *source, uint64_t usec, void *data)
{
	struct notify *n = data;

	(void)usec;
	say(n, "WATCHDOG=1");
	sd_event_source_set_time_relative(source, n->feed_us);
	return sd_event_source_set_enabled(source, SD_EVENT_ONESHOT);
}

void notify_state(struct notify *n, const char *format, ...)
{
	va_list ap;

	va_start(ap, format);
	vsnprintf(n->state, sizeof(n->state), format, ap);
	va_end(ap);
	pay(n);
}

void notify_status(struct notify *n, const char *line)
{
	snprintf(n->status, sizeof(n->status), "%s", line);
	pay(n);
}

/* A path, or a name of Linux's own that begins with "@"; of others nobody is told. */
static int find_socket(struct notify *n)
{
	const char *path = getenv("NOTIFY_SOCKET");
	size_t len = path ? strlen(path) : 0;

	if (!len || len >= sizeof(n->to.sun_path) ||
	    (*path != '/' && *path != '@'))
		return 0;
	n->to.sun_family = AF_UNIX;
	memcpy(n->to.sun_path, path, len);
	if (*path == '@')
		n->to.sun_path[0] = '\0';
	n->to_len = offsetof(struct sockaddr_un, sun_path) + len +
		    (*path == '/');
	n->fd = socket(AF_UNIX, SOCK_DGRAM | SOCK_CLOEXEC, 0);
	return n->fd < 0 ? -errno : 0;
}

static int feed(struct notify *n, sd_event *event)
{
	uint64_t usec;
	int err = sd_watchdog_enabled(0, &usec);

	if (err <= 0)
		return err;
	n->feed_us = usec / FEEDS;
	return sd_event_add_time_relative(event, &n->feed, CLOCK_MONOTONIC, 0,
					  0, on_feed, n);
}

int notify_new(struct notify **np, sd_event *event)
{
	struct notify *n = calloc(1, sizeof(*n));
	int err;

	*np = n;
	if (!n)
		return -ENOMEM;
	n->fd = -1;
	err = find_socket(n);
	if (err || n->fd < 0)
		return err;
	err = sd_event_add_time_relative(event, &n->again, CLOCK_MONOTONIC,
					 AGAIN_US, 0, on_again, n);
	if (err < 0)
		return err;
	err = sd_event_source_set_enabled(n->again, SD_EVENT_OFF);
	return err < 0 ? err : feed(n, event);
}

void notify_free(struct notify *n)
{
	if (!n)
		return;
	sd_event_source_disable_unref(n->feed);
	sd_event_source_disable_unref(n->again);
	if (n->fd >= 0)
		close(n->fd);
	free(n);
}
