// SPDX-License-Identifier: GPL-2.0
/* Words, copies and checks of fence devices; see fence_device.h. */
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "fence_device.h"

#define COUNT(a)	(sizeof(a) / sizeof(*(a)))

/* ---- words ---- */

static const struct {
	const char *word;
	const char *text;
} results[] = {
	[FENCE_PENDING]		= { "pending", "not over yet" },
	[FENCE_IS_OFF]		= { "off", "confirmed off" },
	[FENCE_IS_ON]		= { "on", "confirmed on" },
	[FENCE_EXPIRED]		= { "expired", "reset by its watchdog by now" },
	[FENCE_REFUSED]		= { "refused", "refused" },
	[FENCE_UNREACHABLE]	= { "unreachable", "unreachable" },
	[FENCE_NO_STATUS]	= { "no-status", "no power status" },
	[FENCE_STAYS_ON]	= { "stays-on", "stays on" },
	[FENCE_STAYS_OFF]	= { "stays-off", "stays off" },
	[FENCE_CAME_BACK]	= { "came-back", "came back by itself" },
	[FENCE_BROKEN]		= { "broken", "its program is broken" },
	[FENCE_DEADLINE]	= { "deadline", "not over in time" },
	[FENCE_NOT_ARMED]	= { "not-armed", "no watchdog was announced" },
	[FENCE_WAITS]		= { "waits", "waits for an admin" },
	[FENCE_NO_DEVICE]	= { "no-device", "no device" },
	[FENCE_CANCELLED]	= { "cancelled", "cancelled" },
};

static const char *const kinds[] = {
	[FENCE_IPMI]		= "ipmi",
	[FENCE_AGENT]		= "agent",
	[FENCE_WATCHDOG]	= "watchdog",
	[FENCE_MANUAL]		= "manual",
};

static const char *const actions[] = {
	[FENCE_OFF]		= "off",
	[FENCE_ON]		= "on",
	[FENCE_CYCLE]		= "cycle",
	[FENCE_STATUS]		= "status",
	[FENCE_TEST]		= "test",
};

const char *fence_result_text(enum fence_result r)
{
	return r < COUNT(results) ? results[r].text : "?";
}

const char *fence_result_word(enum fence_result r)
{
	return r < COUNT(results) ? results[r].word : "?";
}

const char *fence_kind_word(enum fence_kind k)
{
	return k < COUNT(kinds) ? kinds[k] : NULL;
}

const char *fence_action_word(enum fence_action a)
{
	return a < COUNT(actions) ? actions[a] : NULL;
}

/* ---- copies ---- */

static bool copy(const char **to, const char *from)
{
	*to = from ? strdup(from) : NULL;
	return *to || !from;
}

static bool copy_options(struct fence_agent *to, const struct fence_agent *from)
{
	const char **options = calloc(from->count + 1, sizeof(*options));

	to->options = options;
	to->count = 0;
	for (; options && to->count < from->count; to->count++)
		if (!copy(&options[to->count], from->options[to->count]))
			return false;
	return options;
}

bool fence_device_copy(struct fence_device *to, const struct fence_device *from)
{
	*to = (struct fence_device){ .kind = from->kind,
				     .timeout_ms = from->timeout_ms };
	to->ipmi.suite_3 = from->ipmi.suite_3;
	if (copy(&to->name, from->name) &&
	    copy(&to->password_file, from->password_file) &&
	    copy(&to->ipmi.address, from->ipmi.address) &&
	    copy(&to->ipmi.user, from->ipmi.user) &&
	    copy(&to->ipmi.k_g_file, from->ipmi.k_g_file) &&
	    copy(&to->ipmi.privilege, from->ipmi.privilege) &&
	    copy(&to->ipmi.workarounds, from->ipmi.workarounds) &&
	    copy(&to->agent.program, from->agent.program) &&
	    copy_options(&to->agent, &from->agent))
		return true;
	fence_device_free(to);
	return false;
}

/* The strings are const to those who use them. */
static void drop(const char *text)
{
	free((void *)(uintptr_t)text);
}

void fence_device_free(struct fence_device *d)
{
	size_t i;

	drop(d->name);
	drop(d->password_file);
	drop(d->ipmi.address);
	drop(d->ipmi.user);
	drop(d->ipmi.k_g_file);
	drop(d->ipmi.privilege);
	drop(d->ipmi.workarounds);
	drop(d->agent.program);
	for (i = 0; i < d->agent.count; i++)
		drop(d->agent.options[i]);
	free((void *)(uintptr_t)d->agent.options);
	*d = (struct fence_device){ };
}

/* ---- checks ---- */

static bool wrong(char *why, const char *format, ...)
	__attribute__((format(printf, 2, 3)));

static bool wrong(char *why, const char *format, ...)
{
	va_list args;

	va_start(args, format);
	vsnprintf(why, FENCE_TEXT_MAX, format, args);
	va_end(args);
	return false;
}

/* Values go to a program as lines: one with a newline would be two. */
static bool one_line(const char *device, const char *what, const char *value,
		     char *why)
{
	if (value && strchr(value, '\n'))
		return wrong(why, "%.31s: a newline in %s", device, what);
	return true;
}

static bool check_ipmi(const struct fence_device *d, char *why)
{
	const char *p = d->ipmi.privilege;

	if (!d->ipmi.address || !d->ipmi.address[0])
		return wrong(why, "%.31s: ipmi needs an address", d->name);
	if (p && strcmp(p, "user") && strcmp(p, "operator") &&
	    strcmp(p, "admin"))
		return wrong(why, "%.31s: privilege '%.20s': there are user, "
			     "operator and admin", d->name, p);
	return one_line(d->name, "address", d->ipmi.address, why) &&
	       one_line(d->name, "user", d->ipmi.user, why) &&
	       one_line(d->name, "workarounds", d->ipmi.workarounds, why);
}

static bool is_key(const char *option, const char *key)
{
	size_t len = strlen(key);

	return !strncmp(option, key, len) && option[len] == '=';
}

static bool check_agent(const struct fence_device *d, char *why)
{
	size_t i;

	if (!d->agent.program || d->agent.program[0] != '/')
		return wrong(why, "%.31s: agent needs a program with its whole "
			     "path, as /usr/sbin/fence_ipmilan", d->name);
	if (d->agent.count > FENCE_OPTIONS_MAX)
		return wrong(why, "%.31s: %zu options, at most %d are allowed",
			     d->name, d->agent.count, FENCE_OPTIONS_MAX);
	for (i = 0; i < d->agent.count; i++) {
		const char *o = d->agent.options[i];

		if (!strchr(o, '=') || o[0] == '=')
			return wrong(why, "%.31s: option '%.40s' is not "
				     "KEY=VALUE", d->name, o);
		if (is_key(o, "action"))
			return wrong(why, "%.31s: the option 'action' is set "
				     "for each call, it cannot be configured",
				     d->name);
		if (is_key(o, "password") || is_key(o, "passwd"))
			return wrong(why, "%.31s: a password belongs in a file "
				     "of its own, not into the options",
				     d->name);
		if (!one_line(d->name, "an option", o, why))
			return false;
	}
	return true;
}

static bool check_device(const struct fence_device *d, char *why)
{
	if (!d->name || !d->name[0] || strlen(d->name) > 31)
		return wrong(why, "a device needs a name of 1 to 31 bytes");
	if (!fence_kind_word(d->kind))
		return wrong(why, "%s: there are ipmi, agent, watchdog and "
			     "manual", d->name);
	if (d->kind == FENCE_WATCHDOG || d->kind == FENCE_MANUAL)
		return true;
	if (d->timeout_ms < FENCE_TIMEOUT_MIN_MS ||
	    d->timeout_ms > FENCE_TIMEOUT_MAX_MS)
		return wrong(why, "%s: deadline %u ms, allowed is %d to %d",
			     d->name, d->timeout_ms, FENCE_TIMEOUT_MIN_MS,
			     FENCE_TIMEOUT_MAX_MS);
	return d->kind == FENCE_IPMI ? check_ipmi(d, why) : check_agent(d, why);
}

bool fence_node_check(const struct fence_node *n, char *why)
{
	size_t i, k;

	if (n->count > FENCE_DEVICES_MAX)
		return wrong(why, "%zu devices, at most %d are allowed",
			     n->count, FENCE_DEVICES_MAX);
	for (i = 0; i < n->count; i++) {
		const struct fence_device *d = &n->device[i];

		if (!check_device(d, why))
			return false;
		for (k = 0; k < i; k++)
			if (!strcmp(n->device[k].name, d->name))
				return wrong(why, "two devices named %s",
					     d->name);
		if (n->together && d->kind != FENCE_IPMI &&
		    d->kind != FENCE_AGENT)
			return wrong(why, "%s: only devices that can be asked "
				     "whether power is off (ipmi, agent) go "
				     "together", d->name);
	}
	return true;
}
