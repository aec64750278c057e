// SPDX-License-Identifier: GPL-2.0
/* What samr-fence-peer makes of each thing that a samrd, played here, can do. */
#define _GNU_SOURCE
#include <setjmp.h>
#include <fcntl.h>
#include <signal.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/un.h>
#include <sys/wait.h>
#include <time.h>
#include <unistd.h>

#include <cmocka.h>

static char folder[] = "/tmp/samr-fence-peer-XXXXXX";
static struct sockaddr_un path = { .sun_family = AF_UNIX };
static int listening = -1;

/**
 * struct ending - of the program
 * %status: its exit status; -1: a signal
 * %text: what it printed
 * %s: seconds that it took
 */
struct ending {
	int status;
	char text[4096];
	double s;
};

static pid_t child;
static int output;
static struct timespec begun;

static void play(void)
{
	unlink(path.sun_path);
	listening = socket(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0);
	assert_true(listening >= 0);
	assert_int_equal(bind(listening, (struct sockaddr *)&path,
			      sizeof(path)), 0);
	assert_int_equal(listen(listening, 4), 0);
}

static void end_play(void)
{
	close(listening);
	listening = -1;
	unlink(path.sun_path);
}

/* With these words, and "NAME=VALUE"s before them. */
static void run(const char *command)
{
	char line[512];
	int fd[2];

	assert_int_equal(pipe2(fd, O_CLOEXEC), 0);
	clock_gettime(CLOCK_MONOTONIC, &begun);
	snprintf(line, sizeof(line), "exec env %s", command);
	child = fork();
	assert_true(child >= 0);
	if (!child) {
		dup2(fd[1], 1);
		dup2(fd[1], 2);
		execl("/bin/sh", "sh", "-c", line, NULL);
		_exit(127);
	}
	close(fd[1]);
	output = fd[0];
}

static struct ending ending(void)
{
	struct ending e = { };
	struct timespec t;
	size_t len = 0;
	ssize_t n;
	int status;

	while ((n = read(output, e.text + len, sizeof(e.text) - 1 - len)) > 0)
		len += n;
	close(output);
	assert_int_equal(waitpid(child, &status, 0), child);
	clock_gettime(CLOCK_MONOTONIC, &t);
	e.s = t.tv_sec - begun.tv_sec + (t.tv_nsec - begun.tv_nsec) / 1e9;
	e.status = WIFEXITED(status) ? WEXITSTATUS(status) : -1;
	return e;
}

static int hear(char *request, size_t size)
{
	int fd = accept4(listening, NULL, NULL, SOCK_CLOEXEC);
	ssize_t n;

	assert_true(fd >= 0);
	n = recv(fd, request, size - 1, 0);
	assert_true(n > 0);
	request[n] = '\0';
	return fd;
}

static void answer(const char *text)
{
	char request[4096];
	int fd = hear(request, sizeof(request));

	assert_non_null(strstr(request, "\"verb\":\"fence-peer\""));
	assert_non_null(strstr(request, "\"resource\":\"r0\""));
	assert_non_null(strstr(request, "\"peer\":\"beta\""));
	if (*text)
		assert_int_equal(send(fd, text, strlen(text), MSG_NOSIGNAL),
				 strlen(text));
	close(fd);
}

#define DRBD	"DRBD_RESOURCE=r0 DRBD_PEER=beta $SAMR_FENCE_PEER "

static struct ending ask(const char *text)
{
	play();
	run(DRBD "-t 5");
	answer(text);
	end_play();
	return ending();
}

static void off_is_7(void **state)
{
	struct ending e = ask("{\"ok\":true,\"result\":{\"fate\":\"off\"}}\n");

	(void)state;
	assert_int_equal(e.status, 7);
	assert_non_null(strstr(e.text, "the power of beta is off"));
}

static void outdated_is_4(void **state)
{
	struct ending e = ask("{\"ok\":true,\"result\":{\"fate\":\"outdated\"}}");

	(void)state;
	assert_int_equal(e.status, 4);
}

/* Nothing else that can be answered lets DRBD go on. */
static void all_else_is_1(void **state)
{
	static const char *const answers[] = {
		"{\"ok\":true,\"result\":{}}\n",
		"{\"ok\":true,\"result\":{\"fate\":\"probably\"}}\n",
		"{\"ok\":true,\"result\":{\"fate\":7}}\n",
		"{\"ok\":true,\"result\":{\"fate\":\"offf\"}}\n",
		"{\"ok\":true,\"result\":{\"fate\":\"of\"}}\n",
		"{\"ok\":false,\"error\":\"beta is not known to be off\"}\n",
		"{\"ok\":false,\"error\":\"no\",\"result\":{\"fate\":\"off\"}}\n",
	};
	struct ending e;
	size_t i;

	(void)state;
	for (i = 0; i < sizeof(answers) / sizeof(*answers); i++) {
		e = ask(answers[i]);
		if (e.status != 1)
			fail_msg("%s led to %d", answers[i], e.status);
		assert_non_null(strstr(e.text, "no proof"));
	}
}

/* A samrd that is not there yet, or dies, is asked again until it knows. */
static void asks_again(void **state)
{
	struct ending e;

	(void)state;
	run(DRBD "-t 20");
	usleep(700000);
	play();
	answer("");
	answer("{\"ok\":true,\"resu");
	answer("{\"ok\":true,\"result\":{\"fate\":\"off\"}}\n");
	end_play();
	e = ending();
	assert_int_equal(e.status, 7);
	assert_true(e.s > 1);
}

static void ends_in_time(void **state)
{
	char request[4096];
	struct ending e;
	int fd;

	(void)state;
	run(DRBD "-t 1");
	e = ending();
	assert_int_equal(e.status, 1);
	assert_non_null(strstr(e.text, "samrd does not run"));
	assert_true(e.s < 3);
	play();
	run(DRBD "-t 1");
	fd = hear(request, sizeof(request));
	e = ending();
	close(fd);
	end_play();
	assert_int_equal(e.status, 1);
	assert_true(e.s >= 1 && e.s < 5);
}

/* DRBD calls it again and again: each time it asks anew, and keeps nothing. */
static void again_and_again(void **state)
{
	int i;

	(void)state;
	for (i = 0; i < 5; i++)
		assert_int_equal(ask(i % 2 ? "{\"ok\":false,\"error\":\"no\"}\n" :
				     "{\"ok\":true,\"result\":{\"fate\":\"off\"}}\n")
				 .status, i % 2 ? 1 : 7);
}

static void wrong_calls(void **state)
{
	static const char *const calls[] = {
		"$SAMR_FENCE_PEER",
		"DRBD_RESOURCE=r0 $SAMR_FENCE_PEER",
		"DRBD_RESOURCE= DRBD_PEER=beta $SAMR_FENCE_PEER",
		"DRBD_RESOURCE=r0 DRBD_PEERS='beta gamma' $SAMR_FENCE_PEER",
		DRBD "-t 0",
		DRBD "-t 3601",
		DRBD "-t 5s",
		DRBD "--frobnicate",
		DRBD "r0",
	};
	size_t i;

	(void)state;
	play();
	for (i = 0; i < sizeof(calls) / sizeof(*calls); i++) {
		run(calls[i]);
		assert_int_equal(ending().status, 1);
	}
	end_play();
}

static void peers_of_one(void **state)
{
	(void)state;
	play();
	run("DRBD_RESOURCE=r0 DRBD_PEERS=beta $SAMR_FENCE_PEER");
	answer("{\"ok\":true,\"result\":{\"fate\":\"off\"}}\n");
	end_play();
	assert_int_equal(ending().status, 7);
}

static int set_up(void **state)
{
	(void)state;
	unsetenv("DRBD_RESOURCE");
	unsetenv("DRBD_PEER");
	unsetenv("DRBD_PEERS");
	if (!mkdtemp(folder) || !getenv("SAMR_FENCE_PEER"))
		return -1;
	snprintf(path.sun_path, sizeof(path.sun_path), "%s/control", folder);
	return setenv("SAMRD_SOCKET", path.sun_path, 1);
}

static int tear_down(void **state)
{
	(void)state;
	return rmdir(folder);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(off_is_7),
		cmocka_unit_test(outdated_is_4),
		cmocka_unit_test(all_else_is_1),
		cmocka_unit_test(asks_again),
		cmocka_unit_test(ends_in_time),
		cmocka_unit_test(again_and_again),
		cmocka_unit_test(wrong_calls),
		cmocka_unit_test(peers_of_one),
	};

	return cmocka_run_group_tests(tests, set_up, tear_down);
}
