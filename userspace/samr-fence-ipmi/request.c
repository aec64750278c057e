// SPDX-License-Identifier: GPL-3.0-or-later
/* Lines KEY=VALUE to a request; see request.h. */
#include <errno.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include <freeipmi/freeipmi.h>

#include "request.h"

static bool wrong(char *why, const char *format, ...)
	__attribute__((format(printf, 2, 3)));

static bool wrong(char *why, const char *format, ...)
{
	va_list args;

	va_start(args, format);
	vsnprintf(why, TEXT_MAX, format, args);
	va_end(args);
	return false;
}

/* ---- values ---- */

struct word {
	const char *name;
	unsigned int value;
};

static const struct word actions[] = {
	{ "off", ACTION_OFF },
	{ "on", ACTION_ON },
	{ "status", ACTION_STATUS },
	{ }
};

static const struct word privileges[] = {
	{ "user", IPMI_PRIVILEGE_LEVEL_USER },
	{ "operator", IPMI_PRIVILEGE_LEVEL_OPERATOR },
	{ "admin", IPMI_PRIVILEGE_LEVEL_ADMIN },
	{ }
};

static const struct word suites[] = {
	{ "17", false },
	{ "17,3", true },
	{ }
};

/* The names of ipmipower(8). */
static const struct word workarounds[] = {
	{ "authcap",
	  IPMI_WORKAROUND_FLAGS_OUTOFBAND_2_0_AUTHENTICATION_CAPABILITIES },
	{ "intel20", IPMI_WORKAROUND_FLAGS_OUTOFBAND_2_0_INTEL_2_0_SESSION },
	{ "supermicro20",
	  IPMI_WORKAROUND_FLAGS_OUTOFBAND_2_0_SUPERMICRO_2_0_SESSION },
	{ "sun20", IPMI_WORKAROUND_FLAGS_OUTOFBAND_2_0_SUN_2_0_SESSION },
	{ "opensesspriv",
	  IPMI_WORKAROUND_FLAGS_OUTOFBAND_2_0_OPEN_SESSION_PRIVILEGE },
	{ "integritycheckvalue",
	  IPMI_WORKAROUND_FLAGS_OUTOFBAND_2_0_NON_EMPTY_INTEGRITY_CHECK_VALUE },
	{ "nochecksumcheck",
	  IPMI_WORKAROUND_FLAGS_OUTOFBAND_2_0_NO_CHECKSUM_CHECK },
	{ }
};

static bool no_word(const char *key, const char *value, const struct word *w,
		    char *why)
{
	size_t len;

	wrong(why, "%s '%s': there are:", key, value);
	for (; w->name; w++) {
		len = strlen(why);
		snprintf(why + len, TEXT_MAX - len, " %s", w->name);
	}
	return false;
}

static bool one_word(const char *key, const char *value, const struct word *w,
		     unsigned int *out, char *why)
{
	const struct word *all = w;

	for (; w->name; w++) {
		if (!strcmp(w->name, value)) {
			*out = w->value;
			return true;
		}
	}
	return no_word(key, value, all, why);
}

/* A list with commas, cut into pieces. */
static bool all_words(const char *key, char *value, const struct word *w,
		      unsigned int *out, char *why)
{
	unsigned int flag = 0;
	char *name;

	while ((name = strsep(&value, ","))) {
		if (!one_word(key, name, w, &flag, why))
			return false;
		*out |= flag;
	}
	return true;
}

static bool number(const char *key, const char *value, unsigned int min,
		   unsigned int max, unsigned int *out, char *why)
{
	unsigned long n;
	char *end;

	errno = 0;
	n = strtoul(value, &end, 10);
	if (value[0] < '0' || value[0] > '9' || *end || errno || n < min ||
	    n > max)
		return wrong(why, "%s '%s': a number from %u to %u is wanted",
			     key, value, min, max);
	*out = n;
	return true;
}

/* The value is not repeated in the complaint: it may be a secret. */
static bool text(const char *key, const char *value, char *out, size_t max,
		 char *why)
{
	if (strlen(value) > max)
		return wrong(why, "%s: longer than the %zu bytes that are "
			     "allowed", key, max);
	strcpy(out, value);
	return true;
}

static int digit(char c)
{
	if (c >= '0' && c <= '9')
		return c - '0';
	c |= 0x20;
	return c >= 'a' && c <= 'f' ? c - 'a' + 10 : -1;
}

/* Text, or 0x and hexadecimal digits. */
static bool k_g(const char *value, struct request *r, char *why)
{
	size_t i, n;

	if (value[0] != '0' || (value[1] | 0x20) != 'x') {
		r->k_g_len = strlen(value);
		if (r->k_g_len > SECRET_MAX)
			return wrong(why, "k-g: longer than the %d bytes that "
				     "are allowed", SECRET_MAX);
		memcpy(r->k_g, value, r->k_g_len);
		return true;
	}
	value += 2;
	n = strlen(value);
	if (!n || n % 2 || n > 2 * SECRET_MAX)
		return wrong(why, "k-g: behind 0x an even number of digits is "
			     "wanted, at most %d", 2 * SECRET_MAX);
	for (i = 0; i < n; i += 2) {
		int high = digit(value[i]), low = digit(value[i + 1]);

		if (high < 0 || low < 0)
			return wrong(why, "k-g: not hexadecimal behind 0x");
		r->k_g[i / 2] = high << 4 | low;
	}
	r->k_g_len = n / 2;
	return true;
}

/* ---- lines ---- */

static bool take(struct request *r, const char *key, char *value, char *why)
{
	unsigned int n = 0;

	if (!strcmp(key, "address"))
		return text(key, value, r->address, TEXT_MAX - 1, why);
	if (!strcmp(key, "user"))
		return text(key, value, r->user, USER_MAX, why);
	if (!strcmp(key, "password"))
		return text(key, value, r->password, SECRET_MAX, why);
	if (!strcmp(key, "k-g"))
		return k_g(value, r, why);
	if (!strcmp(key, "workarounds"))
		return all_words(key, value, workarounds, &r->workarounds, why);
	if (!strcmp(key, "deadline-ms"))
		return number(key, value, DEADLINE_MIN_MS, DEADLINE_MAX_MS,
			      &r->deadline_ms, why);
	if (!strcmp(key, "poll-ms"))
		return number(key, value, POLL_MIN_MS, POLL_MAX_MS, &r->poll_ms,
			      why);
	if (!strcmp(key, "action")) {
		if (!one_word(key, value, actions, &n, why))
			return false;
		r->action = n;
		return true;
	}
	if (!strcmp(key, "cipher-suites")) {
		if (!one_word(key, value, suites, &n, why))
			return false;
		r->suite_3 = n;
		return true;
	}
	if (!strcmp(key, "privilege")) {
		if (!one_word(key, value, privileges, &n, why))
			return false;
		r->privilege = n;
		return true;
	}
	return wrong(why, "unknown key '%.40s': there are: action address user "
		     "password k-g cipher-suites privilege workarounds "
		     "deadline-ms poll-ms", key);
}

static bool take_all(struct request *r, char *lines, char *why)
{
	char *line, *value;
	int n = 0;

	while ((line = strsep(&lines, "\n"))) {
		n++;
		if (!*line)
			continue;
		value = strchr(line, '=');
		if (!value)
			return wrong(why, "line %d is not KEY=VALUE", n);
		*value++ = '\0';
		if (!take(r, line, value, why))
			return false;
	}
	if (!r->action)
		return wrong(why, "no action: off, on or status");
	if (!r->address[0])
		return wrong(why, "no address");
	return true;
}

bool request_read(struct request *r, int fd, char *why)
{
	char lines[REQUEST_MAX + 1];
	size_t len = 0;
	ssize_t n;
	bool good;

	*r = (struct request){ .privilege = IPMI_PRIVILEGE_LEVEL_OPERATOR,
			       .deadline_ms = DEADLINE_MS,
			       .poll_ms = POLL_MS };
	do {
		n = read(fd, lines + len, sizeof(lines) - len);
		if (n > 0)
			len += n;
	} while ((n > 0 && len < sizeof(lines)) || (n < 0 && errno == EINTR));
	if (n < 0)
		return wrong(why, "standard input: %s", strerror(errno));
	if (len > REQUEST_MAX)
		return wrong(why, "more than %d bytes", REQUEST_MAX);
	lines[len] = '\0';
	if (strlen(lines) != len)
		return wrong(why, "a byte 0 on standard input");
	good = take_all(r, lines, why);
	explicit_bzero(lines, sizeof(lines));
	return good;
}
