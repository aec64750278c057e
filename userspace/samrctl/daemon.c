// SPDX-License-Identifier: GPL-2.0
/* See daemon.h. */
#include <errno.h>
#include <poll.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/un.h>
#include <time.h>
#include <unistd.h>

#include "die.h"
#include "daemon.h"

#define FOLDER		"/run/samr"
#define ANSWER_MAX	(1 << 20)

static struct sockaddr_un path = {
	.sun_family = AF_UNIX,
	.sun_path = FOLDER "/control",
};

static enum daemon_end wrong(char *why, enum daemon_end end,
			     const char *format, ...)
	__attribute__((format(printf, 3, 4)));

static enum daemon_end wrong(char *why, enum daemon_end end,
			     const char *format, ...)
{
	va_list args;

	va_start(args, format);
	vsnprintf(why, DAEMON_WHY_MAX, format, args);
	va_end(args);
	return end;
}

void daemon_netns(const char *name)
{
	int n = snprintf(path.sun_path, sizeof(path.sun_path),
			 FOLDER "/%s/control", name);

	if (n < 0 || (size_t)n >= sizeof(path.sun_path))
		path.sun_path[0] = '\0';
}

bool daemon_is_default(void)
{
	const char *other = getenv("SAMRD_SOCKET");

	return !(other && *other) && !strcmp(path.sun_path, FOLDER "/control");
}

static bool find(char *why)
{
	const char *other = getenv("SAMRD_SOCKET");

	if (!other || !*other)
		return true;
	if (strlen(other) >= sizeof(path.sun_path)) {
		wrong(why, DAEMON_ABSENT, "SAMRD_SOCKET is too long for the "
		      "name of a socket");
		return false;
	}
	strcpy(path.sun_path, other);
	return true;
}

static enum daemon_end dial(int *fd, char *why)
{
	if (!find(why))
		return DAEMON_ABSENT;
	*fd = socket(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0);
	if (*fd < 0)
		return wrong(why, DAEMON_ABSENT, "no socket: %s",
			     strerror(errno));
	/* Sends to a full queue of connections would wait for ever. */
	setsockopt(*fd, SOL_SOCKET, SO_SNDTIMEO,
		   &(struct timeval){ .tv_sec = 5 }, sizeof(struct timeval));
	if (!connect(*fd, (struct sockaddr *)&path, sizeof(path)))
		return DAEMON_OK;
	wrong(why, DAEMON_ABSENT, errno == EAGAIN ?
	      "samrd takes no connection at %s (%s)" :
	      "samrd does not run: nothing answers at %s (%s). Start it: "
	      "systemctl start samrd", path.sun_path, strerror(errno));
	close(*fd);
	return DAEMON_ABSENT;
}

static bool send_all(int fd, const char *text, size_t len)
{
	ssize_t n;

	for (; len; text += n, len -= n) {
		n = send(fd, text, len, MSG_NOSIGNAL);
		if (n < 0)
			return false;
	}
	return true;
}

static bool send_request(int fd, json_t *request)
{
	char *text = json_dumps(request, JSON_COMPACT);
	bool good = text && send_all(fd, text, strlen(text)) &&
		    send_all(fd, "\n", 1);

	free(text);
	return good;
}

static long ms_left(const struct timespec *begin, unsigned int limit_ms)
{
	struct timespec now;

	clock_gettime(CLOCK_MONOTONIC, &now);
	return limit_ms - (now.tv_sec - begin->tv_sec) * 1000L -
	       (now.tv_nsec - begin->tv_nsec) / 1000000;
}

/* All that comes until it hangs up; NULL: too late or too much. */
static char *hear(int fd, unsigned int limit_ms)
{
	char *text = malloc(ANSWER_MAX);
	struct pollfd p = { fd, POLLIN, 0 };
	struct timespec begin;
	size_t len = 0;
	ssize_t n = 1;
	long left;

	clock_gettime(CLOCK_MONOTONIC, &begin);
	while (text && n > 0 && len < ANSWER_MAX - 1) {
		left = ms_left(&begin, limit_ms);
		if (left <= 0 || poll(&p, 1, left) <= 0)
			break;
		n = read(fd, text + len, ANSWER_MAX - 1 - len);
		if (n > 0)
			len += n;
	}
	if (text && !n && len) {
		text[len] = '\0';
		return text;
	}
	free(text);
	return NULL;
}

static enum daemon_end take(const char *text, json_t **result, char *why)
{
	json_t *answer = json_loads(text, JSON_REJECT_DUPLICATES, NULL);
	const char *error = json_string_value(json_object_get(answer, "error"));
	enum daemon_end end = DAEMON_OK;

	*result = json_object_get(answer, "result");
	if (json_is_true(json_object_get(answer, "ok")) && *result)
		json_incref(*result);
	else if (error)
		end = wrong(why, DAEMON_REFUSED, "%s", error);
	else
		end = wrong(why, DAEMON_SILENT, "samrd's answer makes no sense: "
			    "is it of another version?");
	json_decref(answer);
	return end;
}

enum daemon_end daemon_ask(json_t *request, unsigned int limit_ms,
			   json_t **result, char *why)
{
	enum daemon_end end;
	char *text = NULL;
	int fd;

	end = dial(&fd, why);
	if (end == DAEMON_OK) {
		/* What it does not want to hear it may still answer. */
		send_request(fd, request);
		text = hear(fd, limit_ms);
		end = text ? take(text, result, why) :
		      wrong(why, DAEMON_SILENT, "samrd does not answer: it "
			    "hangs, or has too many to talk to");
		close(fd);
	}
	free(text);
	json_decref(request);
	return end;
}

json_t *daemon_must(json_t *request, unsigned int limit_ms)
{
	char why[DAEMON_WHY_MAX];
	json_t *result = NULL;

	if (daemon_ask(request, limit_ms, &result, why) != DAEMON_OK)
		die(EXIT_REFUSED, "%s", why);
	return result;
}
