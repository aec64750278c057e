// SPDX-License-Identifier: GPL-2.0
/* See bmc.h. */
#define _GNU_SOURCE
#include <arpa/inet.h>
#include <dirent.h>
#include <fcntl.h>
#include <setjmp.h>
#include <signal.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/prctl.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <time.h>
#include <unistd.h>
#include <cmocka.h>

#include "bmc.h"

#define START_MS	10000

unsigned long now_ms(void)
{
	struct timespec t;

	clock_gettime(CLOCK_MONOTONIC, &t);
	return t.tv_sec * 1000UL + t.tv_nsec / 1000000;
}

void write_file(const char *path, const char *text, mode_t mode)
{
	int fd = open(path, O_WRONLY | O_CREAT | O_TRUNC | O_CLOEXEC, mode);

	assert_true(fd >= 0);
	assert_int_equal(write(fd, text, strlen(text)), strlen(text));
	assert_int_equal(fchmod(fd, mode), 0);
	close(fd);
}

static ssize_t read_file(const char *path, char *text, size_t size)
{
	int fd = open(path, O_RDONLY | O_CLOEXEC);
	ssize_t n;

	if (fd < 0)
		return -1;
	n = read(fd, text, size - 1);
	close(fd);
	if (n >= 0)
		text[n] = '\0';
	return n;
}

/* A port of this type that is free now. */
static int free_port(int type)
{
	struct sockaddr_in a = { .sin_family = AF_INET,
				 .sin_addr.s_addr = htonl(INADDR_LOOPBACK) };
	socklen_t len = sizeof(a);
	int fd = socket(AF_INET, type | SOCK_CLOEXEC, 0);

	assert_int_equal(bind(fd, (struct sockaddr *)&a, sizeof(a)), 0);
	assert_int_equal(getsockname(fd, (struct sockaddr *)&a, &len), 0);
	close(fd);
	return ntohs(a.sin_port);
}

int bmc_free_port(void)
{
	return free_port(SOCK_DGRAM);
}

/* ---- processes ---- */

bool alive(pid_t pid)
{
	char path[64], text[512], *state;

	snprintf(path, sizeof(path), "/proc/%d/stat", pid);
	if (read_file(path, text, sizeof(text)) <= 0)
		return false;
	state = strrchr(text, ')');
	return state && state[2] != 'Z' && state[2] != 'X';
}

static bool file_holds(const char *dir, const char *name, const char *text)
{
	static char bytes[1 << 18];
	char path[300];
	ssize_t n;

	snprintf(path, sizeof(path), "/proc/%s/%s", dir, name);
	n = read_file(path, bytes, sizeof(bytes));
	return n > 0 && memmem(bytes, n, text, strlen(text));
}

bool seen_in_proc(const char *text)
{
	DIR *dir = opendir("/proc");
	struct dirent *e;
	bool seen = false;

	assert_non_null(dir);
	while ((e = readdir(dir))) {
		if (e->d_name[0] < '0' || e->d_name[0] > '9')
			continue;
		seen |= file_holds(e->d_name, "cmdline", text) ||
			file_holds(e->d_name, "environ", text);
	}
	closedir(dir);
	return seen;
}

pid_t bmc_machine(const struct bmc *b)
{
	char path[128], text[32];
	pid_t pid;

	snprintf(path, sizeof(path), "%s/pid", b->dir);
	if (read_file(path, text, sizeof(text)) <= 0)
		return 0;
	pid = atoi(text);
	return alive(pid) ? pid : 0;
}

pid_t bmc_await(const struct bmc *b)
{
	unsigned long begin = now_ms();
	pid_t pid;

	while (!(pid = bmc_machine(b))) {
		assert_true(now_ms() - begin < START_MS);
		assert_int_equal(waitpid(b->pid, NULL, WNOHANG), 0);
		usleep(5000);
	}
	return pid;
}

/* ---- ipmi_sim ---- */

static const char lan_conf[] =
	"name \"bmc\"\n"
	"set_working_mc 0x20\n"
	"startlan 1\n"
	"  addr 127.0.0.1 %d\n"
	"  priv_limit admin\n"
	"  allowed_auths_callback none md2 md5 straight\n"
	"  allowed_auths_user none md2 md5 straight\n"
	"  allowed_auths_operator none md2 md5 straight\n"
	"  allowed_auths_admin none md2 md5 straight\n"
	"  guid a123456789abcdefa123456789abcdef\n"
	"%s%s%s"
	"endlan\n"
	/* Without a place for a virtual machine to connect it cuts no power. */
	"serial 15 127.0.0.1 %d codec VM\n"
	"startcmd \"%s/machine\"\n"
	"startnow true\n"
	"poweroff_wait 1\n"
	"kill_wait %d\n"
	"user 1 true \"\" \"\" user 10 none md2 md5 straight\n"
	"user 2 true \"%s\" \"%s\" operator 10 none md2 md5 straight\n";

static const char commands[] =
	"mc_setbmc 0x20\n"
	"mc_add 0x20 0 no-device-sdrs 0x23 9 8 0x9f 0x1291 0xf02 persist_sdr\n"
	"mc_enable 0x20\n";

static const char machine[] =
	"#!/bin/sh\n"
	"echo $$ >%s/pid.new && mv %s/pid.new %s/pid\n"
	"%s\n"
	"exec sleep 600\n";

static void write_files(const struct bmc *b, enum machine m)
{
	char path[128], text[2048];

	snprintf(path, sizeof(path), "%s/lan.conf", b->dir);
	snprintf(text, sizeof(text), lan_conf, b->port,
		 b->k_g ? "  bmc_key \"" : "", b->k_g ? b->k_g : "",
		 b->k_g ? "\"\n" : "", free_port(SOCK_STREAM), b->dir,
		 m != MACHINE_STUCK, BMC_USER, BMC_PASSWORD);
	write_file(path, text, 0600);
	snprintf(path, sizeof(path), "%s/commands", b->dir);
	write_file(path, commands, 0600);
	snprintf(path, sizeof(path), "%s/machine", b->dir);
	snprintf(text, sizeof(text), machine, b->dir, b->dir, b->dir,
		 m == MACHINE_PLAIN ? "" : "trap '' TERM");
	write_file(path, text, 0700);
}

static void become(const struct bmc *b)
{
	sigset_t none;
	int fd = open("/dev/null", O_RDWR);

	/* Whatever becomes of the test, it does not stay behind. */
	prctl(PR_SET_PDEATHSIG, SIGKILL);
	sigemptyset(&none);
	sigprocmask(SIG_SETMASK, &none, NULL);
	dup2(fd, 0);
	dup2(fd, 1);
	dup2(fd, 2);
	if (!chdir(b->dir))
		execlp("ipmi_sim", "ipmi_sim", "-c", "lan.conf", "-f",
		       "commands", "-s", ".", "-n", NULL);
	_exit(127);
}

void bmc_start(struct bmc *b, enum machine m)
{
	snprintf(b->dir, sizeof(b->dir), "/tmp/samr-bmc-XXXXXX");
	assert_non_null(mkdtemp(b->dir));
	b->port = bmc_free_port();
	snprintf(b->address, sizeof(b->address), "127.0.0.1:%d", b->port);
	write_files(b, m);
	b->pid = fork();
	assert_true(b->pid >= 0);
	if (!b->pid)
		become(b);
	bmc_await(b);
}

static void remove_files(const struct bmc *b)
{
	char command[128];

	snprintf(command, sizeof(command), "rm -rf %s", b->dir);
	assert_int_equal(system(command), 0);
}

void bmc_stop(struct bmc *b)
{
	pid_t pid = b->pid ? bmc_machine(b) : 0;

	if (!b->pid)
		return;
	kill(b->pid, SIGKILL);
	waitpid(b->pid, NULL, 0);
	if (pid)
		kill(pid, SIGKILL);
	remove_files(b);
	b->pid = 0;
}
