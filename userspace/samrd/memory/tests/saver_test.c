// SPDX-License-Identifier: GPL-2.0
/* The process that saves the memory: how it ends, and what it does not hold. */
#define _GNU_SOURCE
#include <errno.h>
#include <fcntl.h>
#include <setjmp.h>
#include <signal.h>
#include <stdarg.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/prctl.h>
#include <sys/wait.h>
#include <unistd.h>
#include <cmocka.h>

#include "memory/saver.h"

#define PATIENCE_US	10000000ULL

static const struct memory m = { .cluster = 7, .node = 2, .epoch = 12,
				 .members = 0x06 };
static char folder[] = "/tmp/samr-saver-XXXXXX";
static sd_event *event;
static int ended, error;

/* A disk that does not answer for long. */
static bool hang;
int __real_fsync(int fd);
int __wrap_fsync(int fd);

int __wrap_fsync(int fd)
{
	if (hang)
		sleep(20);
	return __real_fsync(fd);
}

static void on_done(int err, void *data)
{
	assert_ptr_equal(data, &ended);
	ended++;
	error = err;
}

static struct saver *start(const char *where)
{
	struct saver *s;

	ended = 0;
	assert_int_equal(saver_start(&s, event, where, &m, on_done, &ended), 0);
	return s;
}

static void await(void)
{
	while (!ended)
		assert_true(sd_event_run(event, PATIENCE_US) > 0);
	assert_int_equal(ended, 1);
}

static void saved(void **state)
{
	char why[MEMORY_TEXT_MAX];
	struct memory got;

	(void)state;
	start(folder);
	await();
	assert_int_equal(error, 0);
	assert_int_equal(memory_load(folder, 7, 2, &got, why), MEMORY_FOUND);
	assert_int_equal(got.epoch, 12);
}

static void not_saved(void **state)
{
	(void)state;
	start("/dev/null/samr");
	await();
	assert_int_equal(error, -ENOTDIR);
}

static pid_t the_child(void)
{
	siginfo_t si = { };
	char path[64];
	int pid = 0;
	FILE *f;

	snprintf(path, sizeof(path), "/proc/self/task/%d/children", getpid());
	f = fopen(path, "r");
	assert_non_null(f);
	assert_int_equal(fscanf(f, "%d", &pid), 1);
	fclose(f);
	assert_int_equal(waitid(P_PID, pid, &si, WEXITED | WNOHANG | WNOWAIT), 0);
	assert_int_equal(si.si_pid, 0);
	return pid;
}

static void killed(void **state)
{
	(void)state;
	hang = true;
	start(folder);
	hang = false;
	kill(the_child(), SIGKILL);
	await();
	assert_int_equal(error, -ECANCELED);
}

/* Whoever waits for the daemon's end of something does not wait for a disk. */
static void holds_nothing(void **state)
{
	struct saver *s;
	int fd[2];
	char byte;

	(void)state;
	assert_int_equal(pipe2(fd, O_CLOEXEC), 0);
	hang = true;
	s = start(folder);
	hang = false;
	close(fd[1]);
	alarm(5);
	assert_int_equal(read(fd[0], &byte, 1), 0);
	alarm(0);
	close(fd[0]);
	saver_stop(s);
	assert_int_equal(waitpid(-1, NULL, 0) > 0, 1);
	assert_int_equal(ended, 0);
}

/* What is left of a daemon becomes a child of this process. */
static void ends_with_the_daemon(void **state)
{
	int status;
	pid_t pid;

	(void)state;
	assert_int_equal(prctl(PR_SET_CHILD_SUBREAPER, 1), 0);
	hang = true;
	pid = fork();
	if (!pid) {
		struct saver *s;
		sd_event *own;

		if (sd_event_new(&own) < 0 ||
		    saver_start(&s, own, folder, &m, on_done, &ended))
			_exit(1);
		usleep(100000);
		_exit(0);
	}
	hang = false;
	assert_int_equal(waitpid(pid, &status, 0), pid);
	assert_int_equal(status, 0);
	alarm(5);
	pid = waitpid(-1, &status, 0);
	alarm(0);
	assert_true(pid > 0);
	/* On a busy machine it may begin when the daemon has gone already. */
	assert_true((WIFSIGNALED(status) && WTERMSIG(status) == SIGKILL) ||
		    (WIFEXITED(status) && WEXITSTATUS(status) == ECANCELED));
}

static int prepare(void **state)
{
	sigset_t set;

	(void)state;
	sigemptyset(&set);
	sigaddset(&set, SIGCHLD);
	sigprocmask(SIG_BLOCK, &set, NULL);
	return !mkdtemp(folder) || sd_event_new(&event) < 0;
}

static int clean(void **state)
{
	char command[64];

	(void)state;
	sd_event_unref(event);
	snprintf(command, sizeof(command), "rm -r %s", folder);
	return system(command);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(saved),
		cmocka_unit_test(not_saved),
		cmocka_unit_test(killed),
		cmocka_unit_test(holds_nothing),
		cmocka_unit_test(ends_with_the_daemon),
	};

	return cmocka_run_group_tests(tests, prepare, clean);
}
