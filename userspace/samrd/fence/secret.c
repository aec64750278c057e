// SPDX-License-Identifier: GPL-2.0
/* See secret.h. */
#include <errno.h>
#include <fcntl.h>
#include <stdarg.h>
#include <stdio.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "secret.h"

static bool wrong(char *why, const char *format, ...)
	__attribute__((format(printf, 2, 3)));

static bool wrong(char *why, const char *format, ...)
{
	va_list args;

	va_start(args, format);
	vsnprintf(why, SECRET_WHY_MAX, format, args);
	va_end(args);
	return false;
}

static bool is_private(const char *path, int fd, char *why)
{
	struct stat st;

	if (fstat(fd, &st))
		return wrong(why, "%.150s: %s", path, strerror(errno));
	if (!S_ISREG(st.st_mode))
		return wrong(why, "%.150s is no regular file", path);
	if (st.st_uid && st.st_uid != geteuid())
		return wrong(why, "%.150s belongs to another user: chown root "
			     "and chmod 600 it", path);
	if (st.st_mode & (S_IRWXG | S_IRWXO))
		return wrong(why, "%.150s can be read by others: chmod 600 it",
			     path);
	return true;
}

static bool first_line(const char *path, int fd, char *secret, char *why)
{
	ssize_t n = read(fd, secret, SECRET_MAX);
	char *end;

	if (n < 0)
		return wrong(why, "%.150s: %s", path, strerror(errno));
	end = memchr(secret, '\n', n);
	if (!end && n == SECRET_MAX)
		return wrong(why, "%.150s: its first line is longer than %d "
			     "bytes", path, SECRET_MAX - 1);
	if (!end)
		end = secret + n;
	*end = '\0';
	if (end > secret && end[-1] == '\r')
		end[-1] = '\0';
	if (!secret[0] || memchr(secret, '\0', end - secret) == secret)
		return wrong(why, "%.150s: its first line is empty", path);
	return true;
}

bool secret_read(const char *path, char *secret, char *why)
{
	/* Nothing at that path may hold up the caller: no FIFO, no terminal. */
	int fd = open(path, O_RDONLY | O_CLOEXEC | O_NONBLOCK | O_NOCTTY);
	bool good;

	memset(secret, 0, SECRET_MAX);
	if (fd < 0)
		return wrong(why, "%.150s: %s", path, strerror(errno));
	good = is_private(path, fd, why) && first_line(path, fd, secret, why);
	close(fd);
	if (!good)
		explicit_bzero(secret, SECRET_MAX);
	return good;
}

bool secret_check(const char *path, char *why)
{
	char secret[SECRET_MAX];
	bool good = secret_read(path, secret, why);

	explicit_bzero(secret, sizeof(secret));
	return good;
}

void secret_hide(char *text, const char *secret)
{
	size_t len = strlen(secret);

	while (len && (text = strstr(text, secret))) {
		memset(text, '*', len);
		text += len;
	}
}
