// SPDX-License-Identifier: GPL-2.0
/* A configuration value by value, and what is different in another one. */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "config_table.h"

#define VALUE_MAX	2048

/**
 * struct walk - who wants the values
 */
struct walk {
	config_each_fn *each;
	void *data;
};

static void each_key(const struct walk *w, enum config_section s,
		     struct config_item item, const void *base)
{
	const struct config_key *k;
	char value[VALUE_MAX];

	for (k = config_grammar[s].keys; k->name; k++) {
		if (!config_goes(s, k, base))
			continue;
		item.key = k->name;
		item.value = config_format(k, base, value, sizeof(value));
		item.list = config_is_list(k->type);
		item.restart = k->restart;
		item.local = k->local;
		if (item.value)
			w->each(&item, w->data);
	}
}

static void each_node(const struct walk *w, const struct config *c,
		      const struct config_node *n)
{
	struct config_item item = { .section = "node", .title = n->name };
	size_t i;

	each_key(w, SECTION_NODE, item, n);
	item.inner = "link";
	for (i = 0; i < c->links; i++) {
		item.inner_title = c->link[i].name;
		each_key(w, SECTION_PORT, item, &n->port[i]);
	}
	item.inner = "fence";
	for (i = 0; i < n->fence.count; i++) {
		item.inner_title = n->fence.device[i].name;
		each_key(w, SECTION_FENCE, item, &n->fence.device[i]);
	}
}

void config_each(const struct config *c, config_each_fn *each, void *data)
{
	const struct walk w = { each, data };
	struct config_item item = { .section = "cluster", .title = c->name };
	size_t i;

	each_key(&w, SECTION_CLUSTER, item, c);
	item.section = "link";
	for (i = 0; i < c->links; i++) {
		item.title = c->link[i].name;
		each_key(&w, SECTION_LINK, item, &c->link[i]);
	}
	for (i = 0; i < c->nodes; i++)
		each_node(&w, c, &c->node[i]);
	item.section = "service";
	for (i = 0; i < c->services; i++) {
		item.title = c->service[i].name;
		each_key(&w, SECTION_SERVICE, item, &c->service[i]);
	}
	item.title = NULL;
	item.section = "hooks";
	each_key(&w, SECTION_HOOKS, item, c);
	item.section = "watchdog";
	if (c->watchdog)
		each_key(&w, SECTION_WATCHDOG, item, c);
	item.section = "daemon";
	each_key(&w, SECTION_DAEMON, item, c);
}

/* ---- what is alike on all heads ---- */

#define FNV_BASIS	0xcbf29ce484222325ULL
#define FNV_PRIME	0x100000001b3ULL

/* FNV-1a, with the final zero: "ab", "c" is not "a", "bc". */
static uint64_t hash(uint64_t h, const char *text)
{
	do
		h = (h ^ (uint8_t)*text) * FNV_PRIME;
	while (*text++);
	return h;
}

/* Added up: sections may stand in any order. */
static void digest_item(const struct config_item *i, void *data)
{
	uint64_t *sum = data, h = FNV_BASIS;

	if (i->local)
		return;
	h = hash(h, i->section);
	h = hash(h, i->title ? i->title : "");
	h = hash(h, i->inner ? i->inner : "");
	h = hash(h, i->inner_title ? i->inner_title : "");
	h = hash(h, i->key);
	*sum += hash(h, i->value);
}

uint32_t config_digest(const struct config *c)
{
	uint64_t sum = 0;
	const struct walk w = { digest_item, &sum };

	config_each(c, digest_item, &sum);
	/* Heads that have none wait for the watchdogs of others. */
	if (!c->watchdog)
		each_key(&w, SECTION_WATCHDOG,
			 (struct config_item){ .section = "watchdog" }, c);
	sum ^= sum >> 32;
	return (uint32_t)sum ? (uint32_t)sum : 1;
}

/* ---- differences ---- */

/**
 * struct entry - one value
 * @path: 'node "a": fence "bmc": timeout'
 * @value: as typed
 * @restart: see struct config_item
 * @part: of a link or a node, which may come and go as a whole
 */
struct entry {
	char *path;
	char *value;
	bool restart;
	bool part;
};

struct list {
	struct entry *entry;
	size_t count;
	bool failed;
};

static char *path_of(const struct config_item *i)
{
	char text[512];
	size_t len;

	/* There is one cluster: another name is a change, not another one. */
	len = snprintf(text, sizeof(text), !i->title ||
		       !strcmp(i->section, "cluster") ? "%s: " : "%s \"%s\": ",
		       i->section, i->title);
	if (i->inner)
		len += snprintf(text + len, sizeof(text) - len, "%s \"%s\": ",
				i->inner, i->inner_title);
	snprintf(text + len, sizeof(text) - len, "%s", i->key);
	return strdup(text);
}

static void append(struct list *l, char *path, const char *value, bool restart,
		   bool part)
{
	struct entry *more = reallocarray(l->entry, l->count + 1,
					  sizeof(*l->entry));
	char *copy = strdup(value);

	if (more)
		l->entry = more;
	if (!more || !path || !copy) {
		free(path);
		free(copy);
		l->failed = true;
		return;
	}
	l->entry[l->count++] = (struct entry){ path, copy, restart, part };
}

static void add(const struct config_item *i, void *data)
{
	append(data, path_of(i), i->value, i->restart,
	       !strcmp(i->section, "link") || !strcmp(i->section, "node"));
}

/* What each value alone does not show. */
static void add_rest(const struct config *c, struct list *l)
{
	append(l, strdup("cluster: name"), c->name, true, false);
	append(l, strdup("this machine is node"), c->node[c->self].name, true,
	       false);
}

static struct list list_of(const struct config *c)
{
	struct list l = { };

	config_each(c, add, &l);
	add_rest(c, &l);
	return l;
}

static void free_list(struct list *l)
{
	size_t i;

	for (i = 0; i < l->count; i++) {
		free(l->entry[i].path);
		free(l->entry[i].value);
	}
	free(l->entry);
}

static const struct entry *find(const struct list *l, const struct entry *e)
{
	size_t i;

	for (i = 0; i < l->count; i++)
		if (!strcmp(l->entry[i].path, e->path))
			return &l->entry[i];
	return NULL;
}

static size_t compare(const struct list *from, const struct list *to, bool gone,
		      config_diff_fn *say, void *data)
{
	const struct entry *e, *old;
	char text[512 + 2 * VALUE_MAX];
	size_t restarts = 0, i;
	bool restart;

	for (i = 0; i < to->count; i++) {
		e = &to->entry[i];
		old = find(from, e);
		if (old && (gone || !strcmp(old->value, e->value)))
			continue;
		if (gone)
			snprintf(text, sizeof(text), "%s: none, was %s",
				 e->path, e->value);
		else
			snprintf(text, sizeof(text), "%s: %s, was %s", e->path,
				 e->value, old ? old->value : "none");
		restart = e->restart && (old || !e->part);
		restarts += restart;
		say(restart, text, data);
	}
	return restarts;
}

size_t config_diff(const struct config *from, const struct config *to,
		   config_diff_fn *say, void *data)
{
	struct list a = list_of(from), b = list_of(to);
	size_t restarts = 1;

	if (a.failed || b.failed)
		say(true, "no memory to compare the configurations", data);
	else
		restarts = compare(&a, &b, false, say, data) +
			   compare(&b, &a, true, say, data);
	free_list(&a);
	free_list(&b);
	return restarts;
}
