// SPDX-License-Identifier: GPL-2.0
/*
 * The module is unloaded, and namespaces end, while frames and timers run.
 *
 * SAMR_KO names the module; SAMR_TEST_TIMES=N repeats N times instead of 50.
 */
#define _GNU_SOURCE
#include <fcntl.h>
#include <signal.h>
#include <sys/mman.h>
#include <sys/syscall.h>
#include <sys/utsname.h>
#include <sys/wait.h>
#include "../socket/lab.h"
#include "../socket/tap.h"

#define HEADS		3
#define MESSAGES	20
#define UNLOAD_MS	10000

static char payload[3000];

static int times(void)
{
	const char *text = getenv("SAMR_TEST_TIMES");

	return text ? atoi(text) : 50;
}

static void load(void)
{
	const char *path = getenv("SAMR_KO");
	struct utsname u;
	char built[256];
	int fd;

	if (!path) {
		uname(&u);
		snprintf(built, sizeof(built), "build/%s/samr.ko", u.release);
		path = built;
	}
	fd = open(path, O_RDONLY | O_CLOEXEC);
	if (fd < 0)
		tap_skip("no samr.ko: give SAMR_KO=");
	OK(syscall(SYS_finit_module, fd, "", 0));
	close(fd);
}

static int try_unload(void)
{
	return syscall(SYS_delete_module, "samr", O_NONBLOCK) ? errno : 0;
}

/*
 * The last close() of a socket lets go of the module at the end of a grace
 * period at most; then nothing may stand in the way. Returns milliseconds.
 */
static long long unload(void)
{
	long long begin = tap_ms();
	int err;

	while ((err = try_unload())) {
		CHECK_EQ(err, EAGAIN);
		CHECK(tap_ms() < begin + UNLOAD_MS);
		usleep(1000);
	}
	return tap_ms() - begin;
}

/* Another test may have left it loaded. */
static void reload(void)
{
	int err = try_unload();

	CHECK(!err || err == ENOENT);
	load();
}

TEST(unload_refused)
{
	int fd;

	reload();
	lab_heads(HEADS);
	lab_enter(2);
	fd = sock_new();
	CHECK_EQ(try_unload(), EAGAIN);
	close(fd);
	fd = sock_bound(SVC);
	CHECK_EQ(try_unload(), EAGAIN);
	close(fd);
	fd = sock_member(SVC);
	CHECK_EQ(try_unload(), EAGAIN);
	/* What was refused has changed nothing. */
	CHECK_EQ(OK(send(fd, "x", 1, 0)), 1);
	CHECK(sock_wait(fd, POLLIN) & POLLIN);
	close(fd);
	unload();
	FAILS(EAFNOSUPPORT, socket(AF_SAMR, SOCK_SEQPACKET, 0));
	load();
	lab_form(HEADS);
	lab_enter(1);
	close(sock_member(SVC));
	unload();
}

/* Members on all heads send, and close while their messages are under way. */
static void traffic(void)
{
	int fd[HEADS + 1], i, n;

	for (i = 1; i <= HEADS; i++) {
		lab_enter(i);
		fd[i] = sock_member(SVC);
	}
	for (n = 0; n < MESSAGES; n++)
		for (i = 1; i <= HEADS; i++)
			send(fd[i], payload, sizeof(payload), MSG_DONTWAIT);
	CHECK(sock_wait(fd[1], POLLIN) & POLLIN);
	CHECK_EQ(try_unload(), EAGAIN);
	for (i = 1; i <= HEADS; i++)
		close(fd[i]);
}

TEST(unload_under_load)
{
	long long took, longest = 0;
	int i;

	tap_limit(300);
	reload();
	lab_wire(HEADS);
	for (i = 0; i < times(); i++) {
		if (i)
			load();
		lab_form(HEADS);
		traffic();
		took = unload();
		longest = took > longest ? took : longest;
	}
	printf("# %d times, the longest took %lld ms\n", i, longest);
}

/* ---- namespaces ---- */

/* How many messages each head's process got. */
static volatile unsigned int *got;

static void chatter(int head)
{
	static char buf[sizeof(payload)];
	int fd = sock_member(SVC);

	for (;;) {
		send(fd, payload, 1 + got[head] * 97 % sizeof(payload),
		     MSG_DONTWAIT);
		if (sock_poll(fd, 10) & POLLIN)
			while (recv(fd, buf, sizeof(buf), MSG_DONTWAIT) > 0)
				got[head]++;
		usleep(500);
	}
}

/* A process that has nothing of a head but what the head's own processes have. */
static pid_t start(int head)
{
	pid_t pid = OK(fork());

	if (!pid) {
		lab_enter(head);
		lab_unwire(HEADS);
		chatter(head);
	}
	return pid;
}

static void kill_and_wait(pid_t pid)
{
	OK(kill(pid, SIGKILL));
	CHECK_EQ(OK(waitpid(pid, NULL, 0)), pid);
}

static void hear_all(void)
{
	long long until = tap_ms() + 20000;
	int i;

	for (i = 1; i <= HEADS; i++) {
		while (got[i] < MESSAGES) {
			CHECK(tap_ms() < until);
			usleep(1000);
		}
	}
}

/*
 * Each namespace ends the moment its process is killed, one after the other, while
 * the other heads go on sending. The next ones come up while these go down.
 */
TEST(namespaces_end_under_load)
{
	pid_t pid[HEADS + 1];
	int i, k;

	tap_limit(300);
	reload();
	got = mmap(NULL, 4096, PROT_READ | PROT_WRITE,
		   MAP_SHARED | MAP_ANONYMOUS, -1, 0);
	CHECK(got != MAP_FAILED);
	for (i = 0; i < times(); i++) {
		memset((void *)got, 0, 4096);
		/* Those that go are on the same wire, and would be heads of the same numbers. */
		lab_cluster++;
		lab_wire(HEADS);
		lab_form(HEADS);
		for (k = 1; k <= HEADS; k++)
			pid[k] = start(k);
		lab_enter(0);
		lab_unwire(HEADS);
		hear_all();
		for (k = 0; k < HEADS; k++) {
			kill_and_wait(pid[1 + (i + k) % HEADS]);
			usleep(i % 5 * 5000);
		}
	}
	printf("# %d times %d namespaces\n", i, HEADS);
	unload();
}
