// SPDX-License-Identifier: GPL-2.0
/* Checks of the machine: clock, kernel, its log, and the watchdog. */
#include <errno.h>
#include <fcntl.h>
#include <glob.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/timex.h>
#include <unistd.h>

#include "doctor.h"

/* The first line of a file; NULL when it cannot be read. */
static const char *line_of(const char *path, char *text, size_t size)
{
	FILE *f = fopen(path, "r");
	char *got;

	if (!f)
		return NULL;
	got = fgets(text, size, f);
	fclose(f);
	if (got)
		text[strcspn(text, "\n")] = 0;
	return got;
}

static long long number_of(const char *path, long long otherwise)
{
	char text[64];

	return line_of(path, text, sizeof(text)) ? atoll(text) : otherwise;
}

static void check_clock(void)
{
	struct timex t = { };
	int state = adjtimex(&t);

	if (state < 0)
		doctor_say(DOCTOR_SKIP, "clock", NULL,
			   "the kernel does not say whether it is synchronised: %s",
			   strerror(errno));
	else if (state == TIME_ERROR || (t.status & STA_UNSYNC))
		doctor_say(DOCTOR_WARN, "clock",
			   "systemctl enable --now chrony, or systemd-timesyncd",
			   "the clock is not synchronised; the order does not need it, but times in logs cannot be compared, and services see the sequencer's clock");
	else
		doctor_say(DOCTOR_OK, "clock", NULL,
			   "the clock is synchronised, within %ld ms",
			   t.esterror / 1000);
}

/* ---- kernel ---- */

static void check_panic(void)
{
	long long panic = number_of("/proc/sys/kernel/panic", -1);

	if (panic == 0)
		doctor_say(DOCTOR_WARN, "panic",
			   "sysctl kernel.panic=10, and the same line in /etc/sysctl.d/samr.conf",
			   "kernel.panic is 0: a head whose kernel panics stays so until somebody resets it");
	else if (panic > 0)
		doctor_say(DOCTOR_OK, "panic", NULL,
			   "a head whose kernel panics boots again after %lld s",
			   panic);
	else
		doctor_say(DOCTOR_OK, "panic", NULL,
			   "a head whose kernel panics boots again at once");
}

#define BACKLOG	1000	/* the kernel's default */

static void check_network(void)
{
	long long backlog = number_of("/proc/sys/net/core/netdev_max_backlog",
				      BACKLOG);

	if (backlog < BACKLOG)
		doctor_say(DOCTOR_WARN, "backlog",
			   "sysctl net.core.netdev_max_backlog=1000, or more",
			   "net.core.netdev_max_backlog is %lld: frames are lost when several heads send at once",
			   backlog);
	else
		doctor_say(DOCTOR_OK, "backlog", NULL,
			   "net.core.netdev_max_backlog is %lld", backlog);
}

#define TAINT_OOPS	(1 << 7)
#define TAINT_WARN	(1 << 9)

static void check_taint(void)
{
	long long taint = number_of("/proc/sys/kernel/tainted", 0);

	if (taint & TAINT_OOPS)
		doctor_say(DOCTOR_FAIL, "taint",
			   "keep the log for a report (dmesg), then boot this head anew: samrctl leave wait 10s; reboot",
			   "the kernel has had an oops since it booted: nothing on this machine can be relied on");
	else if (taint & TAINT_WARN)
		doctor_say(DOCTOR_WARN, "taint",
			   "dmesg | grep -A 20 WARNING",
			   "the kernel has warned of a fault in itself since it booted");
	else
		doctor_say(DOCTOR_OK, "taint", NULL,
			   "the kernel has noticed no fault since it booted");
}

/* ---- the kernel's log ---- */

/* What samr.ko logs when something is wrong, or what is logged about it. */
static bool is_trouble(const char *record)
{
	static const char *const words[] = {
		"another machine says", "halted", "broke", "invariant",
	};
	const char *text = strchr(record, ';');
	size_t i;

	if (!text || !strstr(text, "samr"))
		return false;
	/* What a trace names is known by its module's name in brackets. */
	if (strstr(text, "[samr]") && strstr(text, "WARNING"))
		return true;
	if (strncmp(text + 1, "samr:", 5))
		return false;
	for (i = 0; i < sizeof(words) / sizeof(*words); i++)
		if (strstr(text, words[i]))
			return true;
	return false;
}

static void check_log(void)
{
	int fd = open("/dev/kmsg", O_RDONLY | O_NONBLOCK | O_CLOEXEC);
	char record[8192], last[240] = "";
	unsigned int n = 0;
	ssize_t len;

	if (fd < 0) {
		doctor_say(DOCTOR_SKIP, "log", "run it as root",
			   "the kernel's log cannot be read: %s",
			   strerror(errno));
		return;
	}
	/* EPIPE: older records were overwritten meanwhile. */
	while ((len = read(fd, record, sizeof(record) - 1)) > 0 ||
	       (len < 0 && errno == EPIPE)) {
		if (len <= 0)
			continue;
		record[len] = 0;
		record[strcspn(record, "\n")] = 0;
		if (!is_trouble(record))
			continue;
		n++;
		snprintf(last, sizeof(last), "%s", strchr(record, ';') + 1);
	}
	close(fd);
	if (n)
		doctor_say(DOCTOR_WARN, "log", "dmesg | grep samr",
			   "the kernel's log has %u line%s of trouble with samr, the last: %s",
			   n, n == 1 ? "" : "s", last);
	else
		doctor_say(DOCTOR_OK, "log", NULL,
			   "the kernel's log has nothing of trouble with samr");
}

/* ---- watchdogs ---- */

static void check_one_watchdog(const char *folder)
{
	const char *name = strrchr(folder, '/') + 1;
	char path[300], identity[96] = "unknown driver", state[32] = "";
	long long timeout;

	snprintf(path, sizeof(path), "%s/identity", folder);
	line_of(path, identity, sizeof(identity));
	snprintf(path, sizeof(path), "%s/state", folder);
	line_of(path, state, sizeof(state));
	snprintf(path, sizeof(path), "%s/timeout", folder);
	timeout = number_of(path, 0);
	if (!strcmp(identity, "Software Watchdog"))
		doctor_say(DOCTOR_WARN, "watchdog",
			   "load the driver of the hardware's, such as iTCO_wdt, i6300esb or ipmi_watchdog, and keep softdog from being loaded",
			   "%s is softdog, a timer in the kernel: it does not fire after a panic, nor when interrupts are off for good",
			   name);
	else
		doctor_say(DOCTOR_OK, "watchdog", NULL,
			   "%s: %s, %s, time-out %lld s", name, identity,
			   *state ? state : "state not known", timeout);
}

static void check_watchdogs(const struct facts *f)
{
	glob_t found = { };
	size_t i;

	if (glob("/sys/class/watchdog/watchdog*", 0, NULL, &found) ||
	    !found.gl_pathc)
		doctor_say(f->samrd.configured ? DOCTOR_WARN : DOCTOR_SKIP,
			   "watchdog",
			   "load its driver, such as iTCO_wdt, i6300esb or ipmi_watchdog; lspci shows the chip set",
			   "there is no watchdog: a head that stands still is not reset by itself");
	for (i = 0; i < found.gl_pathc; i++)
		check_one_watchdog(found.gl_pathv[i]);
	globfree(&found);
}

void doctor_machine(const struct facts *f)
{
	check_clock();
	check_panic();
	check_network();
	check_taint();
	check_log();
	check_watchdogs(f);
}
