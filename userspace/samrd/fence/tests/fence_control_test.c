// SPDX-License-Identifier: GPL-2.0
/*
 * The control socket, and fencing through it: who may ask for what, what becomes
 * of requests that are wrong, too long or never come, and of clients that hang.
 */
#define _GNU_SOURCE
#include <errno.h>
#include <fcntl.h>
#include <grp.h>
#include <setjmp.h>
#include <signal.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/file.h>
#include <sys/resource.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/un.h>
#include <sys/wait.h>
#include <unistd.h>
#include <cmocka.h>

#include "base/control.h"
#include "base/turn.h"
#include "fence/fence_control.h"
#include "world.h"

#define NOBODY		65534
#define ADMINS		54321
#define PATIENCE_MS	10000

#define AGENT \
	"#!/bin/sh\n" \
	"cd \"${0%/*}\" || exit 1\n" \
	"action=$(sed -n s/^action=//p)\n" \
	"case $action in\n" \
	"off | on) echo \"$action\" >state; exit 0 ;;\n" \
	"status) state=$(cat state 2>/dev/null || echo on)\n" \
	"	echo \"Status: $state\"; [ \"$state\" = on ] || exit 2 ;;\n" \
	"esac\n"

static struct control *control;
static struct fence_control fc;
static struct sockaddr_un path = { .sun_family = AF_UNIX };
static char logged[2000];

static void log_it(const char *text)
{
	snprintf(logged, sizeof(logged), "%s", text);
}

static int open_control(struct world *w)
{
	const struct control_setup s = {
		.event = w->event, .path = path.sun_path, .admin_gid = ADMINS,
	};

	return control_new(&control, &s);
}

static int setup(void **state)
{
	struct world *w;

	world_setup(state);
	w = *state;
	assert_int_equal(chmod(w->dir, 0755), 0);
	snprintf(path.sun_path, sizeof(path.sun_path), "%s/control", w->dir);
	assert_int_equal(open_control(w), 0);
	fc = (struct fence_control){ w->fence, w->node, NODES, 2, log_it };
	assert_int_equal(fence_control_serve(control, &fc), 0);
	return 0;
}

static int teardown(void **state)
{
	control_free(control);
	assert_int_equal(access(path.sun_path, F_OK), -1);
	return world_teardown(state);
}

/* ---- clients ---- */

static int call(void)
{
	int fd = socket(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0);

	assert_int_equal(connect(fd, (struct sockaddr *)&path, sizeof(path)),
			 0);
	return fd;
}

/* All that comes until the daemon hangs up, while the loop runs. */
static const char *hear(struct world *w, int fd)
{
	static char text[1 << 16];
	unsigned long begin = now_ms();
	size_t len = 0;
	ssize_t n;

	fcntl(fd, F_SETFL, O_NONBLOCK);
	for (;;) {
		n = read(fd, text + len, sizeof(text) - len - 1);
		if (n > 0)
			len += n;
		else if (!n || errno != EAGAIN)
			break;
		else
			turn(w, 5);
		assert_true(now_ms() - begin < PATIENCE_MS);
	}
	text[len] = '\0';
	close(fd);
	return text;
}

static const char *say(struct world *w, const char *text)
{
	int fd = call();

	assert_int_equal(send(fd, text, strlen(text), MSG_NOSIGNAL),
			 strlen(text));
	return hear(w, fd);
}

/* The same as another user. */
static const char *say_as(struct world *w, uid_t uid, gid_t group,
			  const char *text)
{
	char answer[4096];
	int fd[2];
	ssize_t n;

	assert_int_equal(pipe(fd), 0);
	if (!fork()) {
		int s;

		if (setgroups(group ? 1 : 0, &group) || setgid(NOBODY) ||
		    setuid(uid))
			_exit(1);
		s = socket(AF_UNIX, SOCK_STREAM, 0);
		if (connect(s, (struct sockaddr *)&path, sizeof(path)) ||
		    send(s, text, strlen(text), 0) < 0)
			_exit(1);
		while ((n = read(s, answer, sizeof(answer))) > 0)
			if (write(fd[1], answer, n) != n)
				_exit(1);
		_exit(0);
	}
	close(fd[1]);
	return hear(w, fd[0]);
}

static void assert_says(const char *answer, const char *text)
{
	if (!strstr(answer, text))
		fail_msg("'%s' is not in '%s'", text, answer);
}

/* ---- requests ---- */

static const struct {
	const char *request;
	const char *answer;
} requests[] = {
	{ "\n", "is no JSON object" },
	{ "hello\n", "is no JSON object" },
	{ "[]\n", "is no JSON object: another value" },
	{ "\"\\u0000\"\n", "is no JSON object" },
	{ "{\"verb\":\"a\",\"verb\":\"b\"}\n", "duplicate" },
	{ "{}\n", "has no \\\"verb\\\"" },
	{ "{\"verb\":7}\n", "has no \\\"verb\\\"" },
	{ "{\"verb\":\"nonsense\"}\n", "unknown verb 'nonsense'" },
	{ "{\"verb\":\"fence-off\"}\n", "no such node" },
	{ "{\"verb\":\"fence-off\",\"node\":\"1\"}\n", "no such node" },
	{ "{\"verb\":\"fence-off\",\"node\":4294967297}\n", "no such node" },
	{ "{\"verb\":\"fence-off\",\"node\":3}\n", "no such node" },
	{ "{\"verb\":\"fence-off\",\"node\":1}\n", "node 1 has no fence device" },
};

static void what_is_no_request(void **state)
{
	struct world *w = *state;
	size_t i;

	for (i = 0; i < sizeof(requests) / sizeof(*requests); i++) {
		const char *answer = say(w, requests[i].request);

		assert_says(answer, "\"ok\":false");
		assert_says(answer, requests[i].answer);
	}
}

static void what_is_too_long(void **state)
{
	struct world *w = *state;
	char text[CONTROL_REQUEST_MAX + 100];

	memset(text, ' ', sizeof(text));
	text[sizeof(text) - 1] = '\0';
	text[CONTROL_REQUEST_MAX - 1] = '\n';
	memcpy(text, "{}", 2);
	text[CONTROL_REQUEST_MAX] = '\0';
	assert_says(say(w, text), "has no");
	text[CONTROL_REQUEST_MAX - 1] = ' ';
	assert_says(say(w, text), "longer than 4096 bytes");
}

static void who_hangs_up_early(void **state)
{
	struct world *w = *state;
	int fd = call();

	assert_int_equal(send(fd, "{\"verb\"", 7, 0), 7);
	turn(w, 50);
	close(fd);
	turn(w, 50);
	fd = call();
	assert_int_equal(send(fd, "{\"verb\":\"fence-devices\"}\n", 25, 0), 25);
	close(fd);
	assert_says(say(w, "{\"verb\":\"fence-devices\"}\n"), "\"ok\":true");
}

/* One that says nothing is put out, and until then nobody waits for it. */
static void who_says_nothing(void **state)
{
	struct world *w = *state;
	unsigned long begin;
	int fd = call();

	begin = now_ms();
	assert_says(say(w, "{\"verb\":\"fence-devices\"}\n"), "\"ok\":true");
	assert_true(now_ms() - begin < CONTROL_PATIENCE_MS - 100);
	assert_int_equal(send(fd, "{", 1, 0), 1);
	assert_string_equal(hear(w, fd), "");
	assert_in_range(now_ms() - begin, CONTROL_PATIENCE_MS - 50,
			CONTROL_PATIENCE_MS + 300);
}

/* ---- an answer that is not taken ---- */

#define LARGE	(4 << 20)

static void large(struct control_client *c, json_t *request, void *data)
{
	char *text = malloc(LARGE);

	(void)request;
	memset(text, 'x', LARGE);
	control_answer(c, json_stringn(text, LARGE));
	++*(int *)data;
	free(text);
}

static const struct control_verb more[] = { { "large", false, large }, { } };

static void who_takes_no_answer(void **state)
{
	struct world *w = *state;
	unsigned long begin;
	char byte[4096];
	int fd, count = 0;
	size_t got = 0;
	ssize_t n;

	assert_int_equal(control_serve(control, more, &count), 0);
	fd = call();
	assert_int_equal(send(fd, "{\"verb\":\"large\"}\n", 17, 0), 17);
	while (!count)
		turn(w, 10);
	begin = now_ms();
	assert_says(say(w, "{\"verb\":\"fence-devices\"}\n"), "\"ok\":true");
	assert_true(now_ms() - begin < CONTROL_PATIENCE_MS - 100);
	while (now_ms() - begin < CONTROL_PATIENCE_MS + 100)
		turn(w, 10);
	while ((n = read(fd, byte, sizeof(byte))) > 0)
		got += n;
	assert_true(got && got < LARGE);
	close(fd);
}

/* ---- privileges ---- */

#define OFF	"{\"verb\":\"fence-off\",\"node\":1}\n"
#define LOOK	"{\"verb\":\"fence-devices\"}\n"

static void who_may_do_what(void **state)
{
	struct world *w = *state;

	assert_says(say_as(w, NOBODY, 0, LOOK), "\"ok\":true");
	assert_says(say_as(w, NOBODY, 0, OFF), "is for root and the admin group");
	assert_says(say_as(w, NOBODY, 0, "{\"verb\":\"fence-test\",\"node\":1}\n"),
		    "is for root and the admin group");
	assert_says(say_as(w, NOBODY, ADMINS + 1, OFF), "is for root");
	assert_says(say_as(w, NOBODY, ADMINS, OFF), "has no fence device");
	assert_says(say_as(w, 0, 0, OFF), "has no fence device");
	control_admin(control, (gid_t)-1);
	assert_says(say_as(w, NOBODY, ADMINS, OFF), "is for root");
	while (waitpid(-1, NULL, WNOHANG) > 0)
		;
}

static pid_t crowd(int count)
{
	pid_t pid = fork();
	int i;

	if (pid)
		return pid;
	if (setgroups(0, NULL) || setgid(NOBODY) || setuid(NOBODY))
		_exit(1);
	for (i = 0; i < count; i++) {
		int s = socket(AF_UNIX, SOCK_STREAM | SOCK_NONBLOCK, 0);

		while (connect(s, (struct sockaddr *)&path, sizeof(path)) &&
		       errno == EAGAIN)
			usleep(1000);
	}
	sleep(5);
	_exit(0);
}

/* However many come without privilege, root gets through. */
static void a_crowd(void **state)
{
	struct world *w = *state;
	unsigned long begin = now_ms();
	pid_t pid = crowd(CONTROL_CLIENTS_MAX * 2);

	while (now_ms() - begin < CONTROL_PATIENCE_MS / 2)
		turn(w, 5);
	assert_string_equal(say_as(w, NOBODY, 0, LOOK), "");
	assert_says(say(w, LOOK), "\"ok\":true");
	while (now_ms() - begin < CONTROL_PATIENCE_MS * 2)
		turn(w, 5);
	assert_says(say_as(w, NOBODY, 0, LOOK), "\"ok\":true");
	kill(pid, SIGKILL);
	while (waitpid(-1, NULL, WNOHANG) >= 0)
		usleep(1000);
}

static int on_decision(sd_event_source *s, uint64_t usec, void *data)
{
	(void)s;
	(void)usec;
	*(bool *)data = true;
	return 0;
}

/* However fast they ask: what the daemon itself has to do comes first. */
static void what_cannot_wait(void **state)
{
	struct world *w = *state;
	sd_event_source *timer;
	bool decided = false;
	int fd = call(), said = call();

	turn(w, 0);
	turn(w, 0);
	assert_int_equal(send(said, LOOK, strlen(LOOK), 0), strlen(LOOK));
	close(fd);
	fd = call();
	assert_true(sd_event_add_time_relative(w->event, &timer, CLOCK_MONOTONIC,
					       0, 1, on_decision,
					       &decided) >= 0);
	assert_true(sd_event_source_set_priority(timer, TURN_DECIDE) >= 0);
	usleep(1000);
	turn(w, 0);
	assert_true(decided);
	sd_event_source_unref(timer);
	assert_says(hear(w, said), "\"ok\":true");
	close(fd);
}

/* ---- the socket itself ---- */

static void two_daemons(void **state)
{
	struct world *w = *state;
	struct control *first = control;

	assert_int_equal(open_control(w), -EADDRINUSE);
	control = first;
	assert_says(say(w, LOOK), "\"ok\":true");
}

static void what_a_dead_daemon_left(void **state)
{
	struct world *w = *state;
	int fd;

	control_free(control);
	fd = socket(AF_UNIX, SOCK_STREAM, 0);
	assert_int_equal(bind(fd, (struct sockaddr *)&path, sizeof(path)), 0);
	close(fd);
	assert_int_equal(open_control(w), 0);
	/* A file that is no socket is somebody's. */
	control_free(control);
	write_file(path.sun_path, "mine", 0600);
	assert_true(open_control(w) < 0);
	unlink(path.sun_path);
	assert_int_equal(open_control(w), 0);
}

/* Its socket does not answer yet: it looks as if it had been left behind. */
static void a_daemon_that_is_about_to_listen(void **state)
{
	struct world *w = *state;
	char name[sizeof(path.sun_path) + 8];
	int fd, held;

	control_free(control);
	snprintf(name, sizeof(name), "%s.lock", path.sun_path);
	held = open(name, O_RDWR | O_CREAT, 0600);
	assert_int_equal(flock(held, LOCK_EX), 0);
	fd = socket(AF_UNIX, SOCK_STREAM, 0);
	assert_int_equal(bind(fd, (struct sockaddr *)&path, sizeof(path)), 0);
	assert_int_equal(open_control(w), -EADDRINUSE);
	assert_int_equal(access(path.sun_path, F_OK), 0);
	close(held);
	close(fd);
	assert_int_equal(open_control(w), 0);
}

/* Nobody can be let in, and whoever knocks does so all the time. */
static void no_more_files(void **state)
{
	struct world *w = *state;
	struct rlimit old, few;
	unsigned int turns;
	unsigned long begin;
	int fd;

	fd = socket(AF_UNIX, SOCK_STREAM, 0);
	assert_int_equal(getrlimit(RLIMIT_NOFILE, &old), 0);
	few = (struct rlimit){ .rlim_cur = fd + 1, .rlim_max = old.rlim_max };
	assert_int_equal(connect(fd, (struct sockaddr *)&path, sizeof(path)), 0);
	assert_int_equal(setrlimit(RLIMIT_NOFILE, &few), 0);
	begin = now_ms();
	for (turns = 0; now_ms() - begin < 500; turns++)
		turn(w, 100);
	assert_int_equal(setrlimit(RLIMIT_NOFILE, &old), 0);
	assert_true(turns < 30);
	close(fd);
	assert_says(say(w, LOOK), "\"ok\":true");
}

/* ---- fencing ---- */

static void fencing_by_hand(void **state)
{
	struct world *w = *state;
	struct fence_device *d = add_agent(w, "pdu", AGENT);
	const char *answer;

	assert_true(fence_device_copy(&w->node[1].device[0], d));
	w->node[1].count = 1;
	answer = say(w, LOOK);
	assert_says(answer, "{\"node\":1,\"together\":false,\"devices\":"
			    "[{\"device\":\"pdu\",\"kind\":\"agent\","
			    "\"timeout_ms\":4000}]}");
	assert_says(say(w, "{\"verb\":\"fence-test\",\"node\":1}\n"),
		    "\"result\":\"on\"");
	assert_says(say(w, OFF), "\"ok\":true,\"result\":{\"node\":1,"
				 "\"action\":\"off\",\"result\":\"off\"");
	assert_says(logged, "uid 0: fence off of node 1: pdu: confirmed off "
			    "(read from the agent)");
	assert_says(say(w, LOOK), "\"last\":{\"node\":1,\"action\":\"off\"");
	assert_says(say(w, "{\"verb\":\"fence-status\",\"node\":1}\n"),
		    "\"result\":\"off\"");
	assert_says(say(w, "{\"verb\":\"fence-on\",\"node\":1}\n"),
		    "\"result\":\"on\"");
	assert_says(say(w, "{\"verb\":\"fence-cycle\",\"node\":1}\n"),
		    "\"action\":\"cycle\",\"result\":\"on\"");
	/* Node 2 is this head. */
	assert_says(say(w, "{\"verb\":\"fence-off\",\"node\":2}\n"),
		    "node 2 is this head itself");
	assert_says(say(w, "{\"verb\":\"fence-status\",\"node\":2}\n"),
		    "\"result\":\"on\"");
}

static void who_does_not_wait_for_the_end(void **state)
{
	struct world *w = *state;
	int fd;

	add_agent(w, "pdu", "#!/bin/sh\nsleep 0.5\nexit 1\n");
	fd = call();
	assert_int_equal(send(fd, OFF, strlen(OFF), 0), strlen(OFF));
	turn(w, 50);
	assert_says(say(w, OFF), "is being changed already");
	close(fd);
	logged[0] = '\0';
	while (!logged[0])
		turn(w, 50);
	assert_says(logged, "no power status");
	assert_says(say(w, LOOK), "\"ok\":true");
}

/* ---- samrctl ---- */

static int exit_status;

/* What samrctl writes, on both outputs, and its exit status. */
static const char *samrctl(struct world *w, const char *words)
{
	char command[300];
	const char *text;
	int fd[2], status;
	pid_t pid;

	snprintf(command, sizeof(command), "exec %s %s </dev/null",
		 getenv("SAMRCTL"), words);
	assert_int_equal(pipe(fd), 0);
	pid = fork();
	if (!pid) {
		setenv("SAMRD_SOCKET", path.sun_path, 1);
		dup2(fd[1], 1);
		dup2(fd[1], 2);
		close(fd[0]);
		close(fd[1]);
		execl("/bin/sh", "sh", "-c", command, NULL);
		_exit(127);
	}
	close(fd[1]);
	text = hear(w, fd[0]);
	assert_int_equal(waitpid(pid, &status, 0), pid);
	assert_true(WIFEXITED(status));
	exit_status = WEXITSTATUS(status);
	return text;
}

static void what_samrctl_shows(void **state)
{
	struct world *w = *state;

	assert_says(samrctl(w, "fence test"), "no node has a fence device");
	add_agent(w, "pdu", AGENT);
	assert_says(samrctl(w, "fence devices"),
		    "node 1\n    device pdu kind agent deadline 4000ms\nnode 2 without-device\n");
	assert_says(samrctl(w, "fence status 1"),
		    "node 1 action status result on took ");
	assert_int_equal(exit_status, 0);
	assert_says(samrctl(w, "fence off 1"), "say 'samrctl fence off 1 yes'");
	assert_int_equal(exit_status, 2);
	assert_says(samrctl(w, "-j fence off 1 yes"),
		    "\"action\":\"off\",\"result\":\"off\"");
	assert_int_equal(exit_status, 0);
	assert_says(samrctl(w, "fence test 1"), "result off took ");
	assert_int_equal(exit_status, 0);
	assert_says(samrctl(w, "fence cycle 1 yes"), "result on took ");
	assert_says(samrctl(w, "fence devices"),
		    "    last node 1 action cycle result on took ");
	assert_says(samrctl(w, "-j fence devices"), "\"last\":{\"node\":1,");
	/* One that does not work fails the test of all. */
	add_agent(w, "bad", "#!/bin/sh\necho no way; exit 1\n");
	assert_says(samrctl(w, "fence test"), "device bad kind agent result "
		    "no-status took ");
	assert_int_equal(exit_status, 1);
	assert_says(samrctl(w, "fence off 2 yes"), "node 2 has no fence device");
	assert_int_equal(exit_status, 1);
	assert_says(samrctl(w, "fence on 3"), "no such node");
}

static void samrctl_without_samrd(void **state)
{
	struct world *w = *state;
	int fd;

	control_free(control);
	control = NULL;
	assert_says(samrctl(w, "fence status 1"), "samrd does not run");
	assert_int_equal(exit_status, 1);
	/* One that hangs. */
	fd = socket(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0);
	assert_int_equal(bind(fd, (struct sockaddr *)&path, sizeof(path)), 0);
	assert_int_equal(listen(fd, 1), 0);
	assert_says(samrctl(w, "fence devices"), "samrd does not answer: it hangs");
	assert_int_equal(exit_status, 1);
	close(fd);
	assert_int_equal(open_control(w), 0);
}

int main(void)
{
#define T(f) cmocka_unit_test_setup_teardown(f, setup, teardown)
	const struct CMUnitTest tests[] = {
		T(what_is_no_request),
		T(what_is_too_long),
		T(who_hangs_up_early),
		T(who_says_nothing),
		T(who_takes_no_answer),
		T(who_may_do_what),
		T(a_crowd),
		T(what_cannot_wait),
		T(two_daemons),
		T(what_a_dead_daemon_left),
		T(a_daemon_that_is_about_to_listen),
		T(no_more_files),
		T(fencing_by_hand),
		T(who_does_not_wait_for_the_end),
		T(what_samrctl_shows),
		T(samrctl_without_samrd),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
