// SPDX-License-Identifier: GPL-2.0
/* Heads by name, see names.h. */
#include <stdio.h>
#include <string.h>

#include "config/config.h"
#include "daemon.h"
#include "names.h"
#include "samrd.h"

/**
 * struct names - the names of heads
 * @from: who says so; NULL: nobody
 * @of: by id; "": it has none
 */
struct names {
	const char *from;
	char of[SAMRD_IDS][32];
};

static void silent(bool error, const char *message, void *data)
{
	(void)error;
	(void)message;
	(void)data;
}

static void from_file(struct names *names)
{
	struct config *c;
	size_t i;

	c = daemon_is_default() ? config_load(CONFIG_FILE, NULL, silent, NULL)
				: NULL;
	if (!c)
		return;
	names->from = CONFIG_FILE;
	for (i = 0; i < c->nodes; i++)
		snprintf(names->of[c->node[i].id % SAMRD_IDS],
			 sizeof(names->of[0]), "%s", c->node[i].name);
	config_free(c);
}

static void load(struct names *names)
{
	struct samrd s;

	memset(names, 0, sizeof(*names));
	samrd_ask(&s, 0, 0);
	if (s.status) {
		names->from = "samrd";
		memcpy(names->of, s.name, sizeof(names->of));
	}
	samrd_free(&s);
	if (!names->from)
		from_file(names);
}

uint64_t names_head(const char *name, char *why, size_t size)
{
	struct names names;
	uint64_t id;

	load(&names);
	for (id = 1; id < SAMRD_IDS; id++)
		if (*name && !strcmp(names.of[id], name))
			return id;
	if (names.from)
		snprintf(why, size, "%s knows no head of that name", names.from);
	else
		snprintf(why, size, "no samrd runs and no configuration of it "
			 "can be read, so heads have numbers only");
	return 0;
}

void names_each(void (*fn)(const char *name))
{
	struct names names;
	size_t id;

	load(&names);
	for (id = 1; id < SAMRD_IDS; id++)
		if (*names.of[id])
			fn(names.of[id]);
}
