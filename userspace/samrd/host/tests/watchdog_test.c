// SPDX-License-Identifier: GPL-2.0
/* The watchdog, with a device that this test plays. */
#define _GNU_SOURCE
#include <errno.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>
#include <sys/ioctl.h>
#include <sys/types.h>
#include <linux/watchdog.h>

#include <cmocka.h>

#include "host/watchdog.h"

#define FD	1234

static struct {
	bool none;		/* the file is no watchdog */
	int fixed;		/* seconds that it has whatever is asked for */
	int seconds;
	unsigned int fed;
	bool open;
	bool armed;
	int open_error;
} device;

int __wrap_open(const char *path, int flags, ...);
int __wrap_ioctl(int fd, unsigned long request, void *arg);
ssize_t __wrap_write(int fd, const void *bytes, size_t n);
int __wrap_close(int fd);

int __wrap_open(const char *path, int flags, ...)
{
	(void)flags;
	assert_string_equal(path, "/dev/dog");
	if (device.open_error) {
		errno = device.open_error;
		return -1;
	}
	device.open = device.armed = true;
	return FD;
}

int __wrap_ioctl(int fd, unsigned long request, void *arg)
{
	assert_int_equal(fd, FD);
	if (device.none) {
		errno = ENOTTY;
		return -1;
	}
	switch (request) {
	case WDIOC_SETTIMEOUT:
		device.seconds = device.fixed ? device.fixed : *(int *)arg;
		break;
	case WDIOC_GETTIMEOUT:
		*(int *)arg = device.seconds;
		break;
	case WDIOC_KEEPALIVE:
		device.fed++;
		break;
	}
	return 0;
}

ssize_t __wrap_write(int fd, const void *bytes, size_t n)
{
	assert_int_equal(fd, FD);
	if (n == 1 && *(const char *)bytes == 'V')
		device.armed = false;
	return n;
}

int __wrap_close(int fd)
{
	assert_int_equal(fd, FD);
	device.open = false;
	return 0;
}

static struct watchdog *get(uint32_t timeout_ms, int wanted, const char *text)
{
	char why[WATCHDOG_TEXT_MAX] = "";
	struct watchdog *w;

	assert_int_equal(watchdog_open(&w, "/dev/dog", timeout_ms, why), wanted);
	assert_non_null(strstr(why, text));
	assert_int_equal(!w, wanted != 0);
	return w;
}

static void armed(void **state)
{
	struct watchdog *w;

	(void)state;
	memset(&device, 0, sizeof(device));
	w = get(9500, 0, "");
	assert_int_equal(watchdog_timeout(w), 10000);
	assert_int_equal(device.fed, 1);
	assert_int_equal(watchdog_feed(w), 0);
	assert_int_equal(device.fed, 2);
	watchdog_close(w, true);
	assert_true(!device.open && !device.armed);
}

/* A daemon that ends but has not left keeps the reset coming. */
static void left_running(void **state)
{
	struct watchdog *w;

	(void)state;
	memset(&device, 0, sizeof(device));
	w = get(5000, 0, "");
	watchdog_close(w, false);
	assert_true(!device.open && device.armed);
	w = get(5000, 0, "");
	watchdog_starve(w);
	assert_true(watchdog_starved(w));
	watchdog_close(w, true);
	assert_true(!device.open && device.armed);
	w = get(5000, 0, "");
	watchdog_starve(w);
	watchdog_feed(w);
	assert_false(watchdog_starved(w));
	watchdog_close(w, true);
	assert_false(device.armed);
}

static void not_as_it_should_be(void **state)
{
	(void)state;
	memset(&device, 0, sizeof(device));
	device.none = true;
	get(5000, -ENOTTY, "/dev/dog is none: Inappropriate ioctl");
	assert_false(device.open);
	memset(&device, 0, sizeof(device));
	device.fixed = 60;
	get(5000, -ERANGE, "has a time-out of 60 s and takes no other");
	assert_true(!device.open && !device.armed);
	memset(&device, 0, sizeof(device));
	device.open_error = EBUSY;
	get(5000, -EBUSY, "another program has it");
	device.open_error = ENOENT;
	get(5000, -ENOENT, "/dev/dog cannot be opened: No such file");
}

int main(void)
{
	static const struct CMUnitTest tests[] = {
		cmocka_unit_test(armed),
		cmocka_unit_test(left_running),
		cmocka_unit_test(not_as_it_should_be),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
