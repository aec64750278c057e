// SPDX-License-Identifier: GPL-2.0
/* Which member stands still, which one is gone; see services.h. */
#include <string.h>

#include "services.h"

#define NS_PER_MS	1000000ULL

bool services_watched(const struct config_service *s)
{
	return s->timeout_ms || s->unit;
}

/* Often enough to see a time-out in time, and to see who comes and goes. */
static uint64_t distance(const struct config *c)
{
	uint64_t most = UINT64_MAX, each;
	size_t i;

	for (i = 0; i < c->services; i++) {
		if (!services_watched(&c->service[i]))
			continue;
		each = c->service[i].timeout_ms * NS_PER_MS / SERVICES_LOOKS;
		if (!each || each > SERVICES_SLOW)
			each = SERVICES_SLOW;
		if (each < most)
			most = each;
	}
	return most;
}

static struct services_entry *find(struct services *s,
				   const struct kernel_member *m)
{
	size_t i;

	for (i = 0; i < s->count; i++)
		if (s->entry[i].m.cookie == m->cookie &&
		    s->entry[i].m.port == m->port)
			return &s->entry[i];
	return NULL;
}

static struct services_entry *add(struct services *s,
				  const struct kernel_member *m)
{
	struct services_entry *e;

	if (s->count == SERVICES_MEMBERS_MAX) {
		s->missed++;
		return NULL;
	}
	e = &s->entry[s->count++];
	*e = (struct services_entry){ .m = *m };
	return e;
}

/* Has it read anything since the last look? */
static bool has_read(const struct services_entry *e,
		     const struct kernel_member *m)
{
	return m->gseq != e->m.gseq || m->queued < e->m.queued;
}

static void say(struct services_acts *out, enum services_end end,
		const struct kernel_member *m)
{
	if (out->count < SERVICES_MEMBERS_MAX)
		out->act[out->count++] = (struct services_act){
			.end = end, .group = m->group, .port = m->port };
}

static void look_at(struct services_entry *e, const struct kernel_member *m,
		    uint64_t now, uint64_t late, uint64_t timeout,
		    struct services_acts *out)
{
	if (m->standing == KERNEL_MEMBER_OUT)
		e->out = true;
	if (!m->queued || m->standing == KERNEL_MEMBER_INSTALLING)
		e->since = 0;
	else if (!e->since || has_read(e, m))
		e->since = now;
	else
		e->since += late;
	e->m = *m;
	e->seen = true;
	if (e->out || !timeout || !e->since || now - e->since < timeout)
		return;
	e->out = true;
	say(out, SERVICES_STALLED, m);
}

/* Those that were not seen any more. */
static void sweep(struct services *s, const struct config *c,
		  struct services_acts *out)
{
	const struct config_service *service;
	struct services_entry *e;
	size_t i = 0;

	while (i < s->count) {
		e = &s->entry[i];
		if (e->seen) {
			e->seen = false;
			i++;
			continue;
		}
		service = config_service(c, e->m.group);
		if (!e->out && service && services_watched(service))
			say(out, SERVICES_GONE, &e->m);
		*e = s->entry[--s->count];
	}
}

uint64_t services_look(struct services *s, uint64_t now, const struct config *c,
		       const struct kernel_member *m, size_t count,
		       struct services_acts *out)
{
	const struct config_service *service;
	uint64_t each = distance(c);
	uint64_t late = s->due && now > s->due ? now - s->due : 0;
	struct services_entry *e;
	size_t i;

	/* What nobody looked at does not count; a little is how timers are. */
	if (late <= each)
		late = 0;
	out->count = 0;
	s->missed = 0;
	for (i = 0; i < count; i++, m++) {
		service = config_service(c, m->group);
		e = find(s, m);
		if (!e && service && services_watched(service) &&
		    m->standing != KERNEL_MEMBER_OUT)
			e = add(s, m);
		if (e)
			look_at(e, m, now, late,
				service ? service->timeout_ms * NS_PER_MS : 0,
				out);
	}
	sweep(s, c, out);
	s->due = each == UINT64_MAX ? 0 : now + each;
	return each == UINT64_MAX ? UINT64_MAX : s->due;
}

size_t services_members(const struct services *s, uint32_t group)
{
	size_t i, n = 0;

	for (i = 0; i < s->count; i++)
		n += s->entry[i].m.group == group && !s->entry[i].out;
	return n;
}

/* ---- units ---- */

/* The value of "KEY=VALUE", a line of @shown; "" when there is none. */
static size_t value_of(const char *shown, const char *key, const char **value)
{
	size_t len = strlen(key);

	while (strncmp(shown, key, len)) {
		shown = strchr(shown, '\n');
		if (!shown)
			return 0;
		shown++;
	}
	*value = shown + len;
	return strcspn(*value, "\n");
}

static bool is(const char *value, size_t len, const char *word)
{
	return len == strlen(word) && !memcmp(value, word, len);
}

enum services_unit services_unit(const char *shown)
{
	const char *state = "", *result = "";
	size_t states = value_of(shown, "ActiveState=", &state);
	size_t results = value_of(shown, "Result=", &result);

	if (!states || !results)
		return SERVICES_UNIT_RUNS;
	if (!is(result, results, "success") || is(state, states, "failed"))
		return SERVICES_UNIT_FAILED;
	if (is(state, states, "inactive") || is(state, states, "deactivating"))
		return SERVICES_UNIT_STOPPED;
	return SERVICES_UNIT_RUNS;
}
