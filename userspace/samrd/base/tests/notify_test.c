// SPDX-License-Identifier: GPL-2.0
/* What systemd is told, that it is not waited for, and that it hears the newest of it when it reads again. */
#define _GNU_SOURCE
#include <setjmp.h>
#include <stdarg.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/un.h>
#include <time.h>
#include <unistd.h>

#include <cmocka.h>

#include "base/clock.h"
#include "base/notify.h"

#define MANY		5000
#define PATIENCE_S	30
#define FEED_MS		300	/* allowed between two signs of life */

static struct notify *n;
static sd_event *event;
static int systemd;		/* that is, this test */

/* The next thing that it was told; NULL: nothing is there. */
static const char *heard(void)
{
	static char text[2048];
	ssize_t len = recv(systemd, text, sizeof(text) - 1, MSG_DONTWAIT);

	if (len < 0)
		return NULL;
	text[len] = '\0';
	return text;
}

static void run_for(unsigned int ms)
{
	uint64_t end = clock_now() + ms * CLOCK_NS_PER_MS;

	while (clock_now() < end)
		assert_true(sd_event_run(event, 10000) >= 0);
}

/* A process 1 that stands still; how many of these it finds later. */
static unsigned int fill(void)
{
	unsigned int kept = 0, i;
	char text[16];

	alarm(PATIENCE_S);
	for (i = 0; i < MANY; i++) {
		snprintf(text, sizeof(text), "%u", i);
		notify_status(n, text);
	}
	alarm(0);
	while (heard())
		kept++;
	assert_in_range(kept, 1, MANY - 1);
	return kept;
}

static void all_is_told(void **state)
{
	(void)state;
	notify_state(n, "READY=%d", 1);
	assert_string_equal(heard(), "READY=1");
	notify_status(n, "serving");
	assert_string_equal(heard(), "STATUS=serving");
	assert_null(heard());
}

static void nothing_is_waited_for(void **state)
{
	(void)state;
	fill();
	run_for(500);
	assert_string_equal(heard(), "STATUS=4999");
	assert_null(heard());
}

static void the_newest_is_said_again(void **state)
{
	unsigned int i;

	(void)state;
	alarm(PATIENCE_S);
	for (i = 0; i < MANY; i++)
		notify_state(n, "RELOADING=1\nMONOTONIC_USEC=1");
	notify_status(n, "old");
	notify_state(n, "READY=1");
	notify_status(n, "new");
	alarm(0);
	run_for(500);		/* still nobody reads */
	while (heard())
		i--;
	assert_in_range(i, 1, MANY - 1);
	run_for(500);
	assert_string_equal(heard(), "READY=1\nSTATUS=new");
	assert_null(heard());
}

static void a_long_line_is_cut_off(void **state)
{
	char line[4000];

	(void)state;
	memset(line, 'x', sizeof(line) - 1);
	line[sizeof(line) - 1] = '\0';
	notify_status(n, line);
	assert_memory_equal(heard(), "STATUS=xxx", 10);
}

static void the_loop_runs(void **state)
{
	unsigned int feeds = 0, i;
	const char *text;

	(void)state;
	for (i = 0; i < 10; i++) {
		run_for(FEED_MS);
		assert_non_null(text = heard());
		for (; text; text = heard(), feeds++)
			assert_string_equal(text, "WATCHDOG=1");
	}
	assert_in_range(feeds, 10, 40);
	/* One that stands still feeds nobody, nor does it make up for it. */
	usleep(5 * FEED_MS * 1000);
	assert_null(heard());
	sd_event_run(event, 0);
	while (sd_event_run(event, 0) > 0)
		;
	assert_string_equal(heard(), "WATCHDOG=1");
	assert_null(heard());
}

static void nobody_asks(void **state)
{
	struct notify *none;

	(void)state;
	unsetenv("NOTIFY_SOCKET");
	assert_int_equal(notify_new(&none, event), 0);
	notify_state(none, "READY=1");
	notify_status(none, "serving");
	assert_null(heard());
	notify_free(none);
	setenv("NOTIFY_SOCKET", "vsock:2:1", 1);
	assert_int_equal(notify_new(&none, event), 0);
	notify_state(none, "READY=1");
	notify_free(none);
}

static void listen_at(const struct sockaddr_un *at, socklen_t len)
{
	systemd = socket(AF_UNIX, SOCK_DGRAM | SOCK_CLOEXEC, 0);
	assert_true(systemd >= 0);
	assert_int_equal(bind(systemd, (const struct sockaddr *)at, len), 0);
}

/* Where systemd of today listens: a path. And one of yesterday: a name without a file. */
static int start(void **state)
{
	const char *feeds = *state;
	struct sockaddr_un at = { .sun_family = AF_UNIX };
	socklen_t len = offsetof(struct sockaddr_un, sun_path);
	int bytes;

	bytes = snprintf(at.sun_path, sizeof(at.sun_path), "%s/samr-notify-%d",
			 feeds ? "@" : "/tmp", getpid());
	setenv("NOTIFY_SOCKET", at.sun_path, 1);
	if (feeds) {
		setenv("WATCHDOG_USEC", feeds, 1);
		at.sun_path[0] = '\0';
		listen_at(&at, len + bytes);
	} else {
		unsetenv("WATCHDOG_USEC");
		listen_at(&at, sizeof(at));
	}
	assert_true(sd_event_new(&event) >= 0);
	return notify_new(&n, event);
}

static int stop(void **state)
{
	const char *path = getenv("NOTIFY_SOCKET");

	(void)state;
	notify_free(n);
	sd_event_unref(event);
	close(systemd);
	if (path && *path == '/')
		unlink(path);
	return 0;
}

#define ONE(name)	cmocka_unit_test_setup_teardown(name, start, stop)
#define FED(name)	cmocka_unit_test_prestate_setup_teardown(name, start, stop, (void *)"300000")

int main(void)
{
	static const struct CMUnitTest tests[] = {
		ONE(all_is_told),
		ONE(nothing_is_waited_for),
		ONE(the_newest_is_said_again),
		ONE(a_long_line_is_cut_off),
		FED(the_loop_runs),
		FED(nobody_asks),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
