// SPDX-License-Identifier: GPL-2.0
/* /dev/watchdog; see watchdog.h. */
#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/ioctl.h>
#include <unistd.h>

#include <linux/watchdog.h>

#include "watchdog.h"

struct watchdog {
	int fd;
	uint32_t timeout_ms;
	bool starved;
};

static int fail(char *why, const char *device, const char *what, int err)
{
	snprintf(why, WATCHDOG_TEXT_MAX, "the watchdog %s %s: %s%s", device,
		 what, strerror(err), err == EBUSY ?
		 " (another program has it; systemd when RuntimeWatchdogSec is "
		 "set)" : "");
	return -err;
}

/* Opening it arms it, so it is disarmed when it is not as it should be. */
static int set_up(int fd, const char *device, uint32_t timeout_ms, int *seconds,
		  char *why)
{
	struct watchdog_info info = { };

	if (ioctl(fd, WDIOC_GETSUPPORT, &info))
		return fail(why, device, "is none", errno);
	*seconds = (timeout_ms + 999) / 1000;
	if (ioctl(fd, WDIOC_SETTIMEOUT, seconds) && errno != EOPNOTSUPP)
		return fail(why, device, "does not take that time-out", errno);
	if (ioctl(fd, WDIOC_GETTIMEOUT, seconds))
		return fail(why, device, "does not say its time-out", errno);
	/* Those who wait for it count on the one that is configured. */
	if (*seconds < 1 || *seconds > (int)((timeout_ms + 999) / 1000)) {
		snprintf(why, WATCHDOG_TEXT_MAX, "the watchdog %s has a time-out "
			 "of %d s and takes no other: say so in samr.conf, on all "
			 "heads", device, *seconds);
		return -ERANGE;
	}
	return 0;
}

int watchdog_open(struct watchdog **wp, const char *device, uint32_t timeout_ms,
		  char *why)
{
	struct watchdog *w = calloc(1, sizeof(*w));
	int seconds, err;

	*wp = NULL;
	if (!w)
		return fail(why, device, "cannot be armed", ENOMEM);
	w->fd = open(device, O_WRONLY | O_CLOEXEC);
	if (w->fd < 0) {
		err = fail(why, device, "cannot be opened", errno);
		free(w);
		return err;
	}
	err = set_up(w->fd, device, timeout_ms, &seconds, why);
	if (err) {
		watchdog_close(w, true);
		return err;
	}
	w->timeout_ms = seconds * 1000;
	watchdog_feed(w);
	*wp = w;
	return 0;
}

void watchdog_close(struct watchdog *w, bool disarm)
{
	if (!w)
		return;
	/* A driver with nowayout goes on all the same, as its admin wants. */
	if (disarm && !w->starved && write(w->fd, "V", 1) != 1)
		w->starved = true;
	close(w->fd);
	free(w);
}

uint32_t watchdog_timeout(const struct watchdog *w)
{
	return w->timeout_ms;
}

int watchdog_feed(struct watchdog *w)
{
	w->starved = false;
	return ioctl(w->fd, WDIOC_KEEPALIVE, 0) ? -errno : 0;
}

void watchdog_starve(struct watchdog *w)
{
	w->starved = true;
}

bool watchdog_starved(const struct watchdog *w)
{
	return w->starved;
}
