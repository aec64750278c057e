// SPDX-License-Identifier: GPL-2.0
/*
 * To the journal or to standard error; see log.h.
 *
 * sd_journal_send() waits for a journal that does not read, and with it the daemon
 * would: nobody would be fenced, and the watchdog would reset a head that is well. So
 * the datagram is made here, and one that is not taken at once is lost, and counted.
 */
#define _GNU_SOURCE
#include <endian.h>
#include <poll.h>
#include <stdarg.h>
#include <stdbool.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/un.h>
#include <unistd.h>

#include "log.h"

#define LINE_MAX_BYTES	1024

static struct sockaddr_un journal = { .sun_family = AF_UNIX };
static int to_journal = -1;
static unsigned int lost;

static const char *const ids[LOG_IDS] = {
	[LOG_ID_STARTED] = "92ef4946434e4c79b4f0230bed352ca3",
	[LOG_ID_STOPPED] = "3a6ad490dd0a45f38898aa5c485f4eb5",
	[LOG_ID_CONFIG] = "fd4f66e4837f4b46ad8322afc48f311c",
	[LOG_ID_REFUSED] = "842ca2c80d634eb69fb53066858cfb00",
	[LOG_ID_VIEW] = "0146152e253d4079b048ed68340b3460",
	[LOG_ID_WEDGED] = "5269f6641e504617807227fea31409c8",
	[LOG_ID_OUT] = "3c2df3e8a80d4fda946734d12929a386",
	[LOG_ID_FENCE_ASKED] = "8bfe3699096d4aa8be01a1838e2062d9",
	[LOG_ID_FENCE_ATTEMPT] = "5da5c2d9618d416687f3ccd1a3cca76d",
	[LOG_ID_FENCE_DONE] = "24304951c02b40febe51fb48208d592f",
	[LOG_ID_ALERT] = "027302ac37ba427f8a12d5015b4a2704",
	[LOG_ID_HOOK] = "5611c90a28a64e2eb9c28112ae93fd7f",
	[LOG_ID_SERVICE] = "010be4181cf549fa86713f4fa32c8174",
	[LOG_ID_ROLE] = "ae6d145e8f774ab2af300989bcca6926",
};

/* Systemd sets the variable where standard error is the journal. */
void log_start(const char *path)
{
	if (!path || !getenv("JOURNAL_STREAM"))
		return;
	strncpy(journal.sun_path, path, sizeof(journal.sun_path) - 1);
	to_journal = socket(AF_UNIX, SOCK_DGRAM | SOCK_CLOEXEC, 0);
}

/* systemd's "Native Journal Protocol": a line each, one with newlines by its length. */
static bool send_journal(int priority, enum log_id id, char *line)
{
	char rest[128];
	uint64_t len = htole64(strlen(line));
	struct iovec part[] = {
		{ .iov_base = "MESSAGE\n", .iov_len = 8 },
		{ .iov_base = &len, .iov_len = sizeof(len) },
		{ .iov_base = line, .iov_len = strlen(line) },
		{ .iov_base = rest },
	};
	const struct msghdr m = {
		.msg_name = &journal,
		.msg_namelen = sizeof(journal),
		.msg_iov = part,
		.msg_iovlen = 4,
	};

	part[3].iov_len = snprintf(rest, sizeof(rest), "\nPRIORITY=%d\n"
				   "SYSLOG_IDENTIFIER=samrd\n%s%s%s", priority,
				   ids[id] ? "MESSAGE_ID=" : "",
				   log_id_text(id), ids[id] ? "\n" : "");
	return sendmsg(to_journal, &m, MSG_DONTWAIT | MSG_NOSIGNAL) >= 0;
}

/* Whoever reads it need not: a pipe that is full, a terminal that was stopped. */
static bool send_stderr(const char *line)
{
	struct pollfd p = { .fd = STDERR_FILENO, .events = POLLOUT };

	if (poll(&p, 1, 0) != 1 || !(p.revents & POLLOUT))
		return false;
	return dprintf(STDERR_FILENO, "samrd: %s\n", line) >= 0;
}

static bool send_line(int priority, enum log_id id, char *line)
{
	if (to_journal >= 0)
		return send_journal(priority, id, line);
	return priority > LOG_INFO || send_stderr(line);
}

void log_message(int priority, enum log_id id, const char *format, ...)
{
	char line[LINE_MAX_BYTES], missing[64];
	va_list ap;

	va_start(ap, format);
	vsnprintf(line, sizeof(line), format, ap);
	va_end(ap);
	if (lost) {
		snprintf(missing, sizeof(missing), "messages lost here: %u",
			 lost);
		if (!send_line(LOG_WARNING, LOG_ID_NONE, missing)) {
			lost++;
			return;
		}
		lost = 0;
	}
	lost += !send_line(priority, id, line);
}

const char *log_id_text(enum log_id id)
{
	return ids[id] ? ids[id] : "";
}
