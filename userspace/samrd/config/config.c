// SPDX-License-Identifier: GPL-2.0
/* From sections and values to a configuration; see config.h. */
#define _GNU_SOURCE
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "config_check.h"
#include "config_parse.h"

/**
 * struct holder - a configuration and the memory that it lives in
 * @config: first, as the caller only knows of it
 * @chunks: see config_keep()
 */
struct holder {
	struct config config;
	struct config_chunk *chunks;
};

const char *config_where(enum config_section s, cfg_t *sec, char *text,
			 size_t size)
{
	snprintf(text, size, sec->title ? "%s \"%s\"" : "%s",
		 config_grammar[s].name, sec->title);
	return text;
}

static void wrong_value(struct config_reader *r, enum config_section s,
			cfg_t *sec, const struct config_key *k,
			const struct config_value *v, const char *wrong)
{
	char where[128], allowed[512];

	config_tell(r, true, v->line, "%s: %s '%s' %s; allowed: %s",
		    config_where(s, sec, where, sizeof(where)), k->name,
		    v->text, wrong, config_allowed(k, allowed, sizeof(allowed)));
}

/* ---- lists ---- */

static const char *wrong_option(const char *option)
{
	size_t len = strcspn(option, "=");

	if (!option[len] || !len || strchr(option, '\n'))
		return "is not KEY=VALUE";
	if ((len == 6 && !strncmp(option, "action", len)) ||
	    (len >= 6 && !strncmp(option, "passw", 5)))
		return "is not to be set here: passwords belong into "
		       "password-file, and actions are samrd's";
	return NULL;
}

static void take_options(struct config_reader *r, cfg_t *sec,
			 const struct config_key *k, struct fence_agent *a)
{
	unsigned int n = cfg_size(sec, k->name), i;
	const char **option = config_keep(r, (n + 1) * sizeof(*option));
	const struct config_value *v;
	const char *wrong;

	if (!option)
		return;
	for (i = 0; i < n; i++) {
		v = config_value(sec, k->name, i);
		wrong = i >= FENCE_OPTIONS_MAX ? "is one too many" :
			wrong_option(v->text);
		if (wrong)
			wrong_value(r, SECTION_FENCE, sec, k, v, wrong);
		option[i] = v->text;
	}
	a->options = option;
	a->count = n;
}

static void take_words(struct config_reader *r, enum config_section s,
		       cfg_t *sec, const struct config_key *k,
		       const char **words)
{
	unsigned int n = cfg_size(sec, k->name), i;
	const struct config_value *v;
	size_t len = 1;
	char *all;

	for (i = 0; i < n; i++) {
		v = config_value(sec, k->name, i);
		len += strlen(v->text) + 1;
		if (!*v->text || strpbrk(v->text, ", \t\n"))
			wrong_value(r, s, sec, k, v, "is no word");
	}
	if (!n)
		return;
	all = config_keep(r, len);
	if (!all)
		return;
	for (i = 0; i < n; i++) {
		strcat(all, i ? "," : "");
		strcat(all, config_value(sec, k->name, i)->text);
	}
	*words = all;
}

/* ---- sections ---- */

static void take_key(struct config_reader *r, enum config_section s, cfg_t *sec,
		     const struct config_key *k, void *base)
{
	const struct config_value *v = config_value(sec, k->name, 0);
	char where[128], allowed[512];
	const char *wrong;

	if (k->type == CONFIG_USER || k->type == CONFIG_GROUP)
		*(uint32_t *)((char *)base + k->offset) = CONFIG_NONE;
	if (k->type == CONFIG_OPTIONS) {
		take_options(r, sec, k, (void *)((char *)base + k->offset));
	} else if (k->type == CONFIG_WORDS) {
		take_words(r, s, sec, k, (void *)((char *)base + k->offset));
	} else if (v) {
		wrong = config_convert(k, v->text, base);
		if (wrong)
			wrong_value(r, s, sec, k, v, wrong);
	} else if (k->required && !r->unknown) {
		config_tell(r, true, sec->line, "%s has no %s; allowed: %s",
			    config_where(s, sec, where, sizeof(where)), k->name,
			    config_allowed(k, allowed, sizeof(allowed)));
	} else if (k->def) {
		config_convert(k, k->def, base);
	}
}

static void take_keys(struct config_reader *r, enum config_section s,
		      cfg_t *sec, void *base)
{
	unsigned int before = r->errors;
	const struct config_key *k;

	for (k = config_grammar[s].keys; k->name; k++)
		take_key(r, s, sec, k, base);
	r->wrong[s] |= r->errors != before;
}

/* Defaults alone, of a section that is not there. */
static void take_defaults(enum config_section s, void *base)
{
	const struct config_key *k;

	for (k = config_grammar[s].keys; k->name; k++)
		if (k->type == CONFIG_USER || k->type == CONFIG_GROUP)
			*(uint32_t *)((char *)base + k->offset) = CONFIG_NONE;
		else if (k->def)
			config_convert(k, k->def, base);
}

static const char *take_title(struct config_reader *r, enum config_section s,
			      cfg_t *sec)
{
	static const struct config_key key = { .name = "title",
					       .type = CONFIG_NAME };
	const char *title = config_keep_text(r, sec->title);
	const char *kept;
	char allowed[128];

	if (!title)
		return "";
	if (config_convert(&key, title, &kept))
		config_tell(r, true, sec->line, "%s: '%s' is no name; allowed: %s",
			    config_grammar[s].name, title,
			    config_allowed(&key, allowed, sizeof(allowed)));
	return title;
}

/* A section that is there once, or not at all. */
static cfg_t *only(struct config_reader *r, cfg_t *cfg, enum config_section s)
{
	const char *name = config_grammar[s].name;

	if (cfg_size(cfg, name) > 1)
		config_tell(r, true, cfg_getnsec(cfg, name, 1)->line,
			    "a second section '%s'; one is allowed", name);
	return cfg_size(cfg, name) ? cfg_getnsec(cfg, name, 0) : NULL;
}

/* How many there are, but not more than may be. */
static size_t count(struct config_reader *r, cfg_t *cfg, enum config_section s,
		    size_t max)
{
	const char *name = config_grammar[s].name;
	size_t n = cfg_size(cfg, name);

	if (n <= max)
		return n;
	config_tell(r, true, cfg_getnsec(cfg, name, max)->line,
		    "too many sections '%s': %zu; allowed are %zu", name, n,
		    max);
	return max;
}

static void take_ports(struct config_reader *r, struct config *c, cfg_t *sec,
		       struct config_node *node)
{
	size_t n = cfg_size(sec, "link"), i, l;
	cfg_t *port;

	for (i = 0; i < n; i++) {
		port = cfg_getnsec(sec, "link", i);
		for (l = 0; l < c->links; l++)
			if (!strcmp(c->link[l].name, port->title))
				break;
		if (l == c->links && r->unknown)
			continue;
		if (l == c->links)
			config_tell(r, true, port->line, "node \"%s\": there is "
				    "no link \"%s\"; allowed are those that the "
				    "file has as sections of their own",
				    node->name, port->title);
		else
			take_keys(r, SECTION_PORT, port, &node->port[l]);
	}
	for (l = 0; l < c->links; l++)
		if (!node->port[l].device)
			node->port[l].device = c->link[l].device;
}

static void take_node(struct config_reader *r, struct config *c, cfg_t *sec,
		      struct config_node *node)
{
	struct fence_node *f = &node->fence;
	cfg_t *dev;
	size_t i;

	node->name = take_title(r, SECTION_NODE, sec);
	take_keys(r, SECTION_NODE, sec, node);
	take_ports(r, c, sec, node);
	f->id = node->id;
	f->count = count(r, sec, SECTION_FENCE, FENCE_DEVICES_MAX);
	for (i = 0; i < f->count; i++) {
		dev = cfg_getnsec(sec, "fence", i);
		f->device[i].name = take_title(r, SECTION_FENCE, dev);
		take_keys(r, SECTION_FENCE, dev, &f->device[i]);
	}
}

static void take_links(struct config_reader *r, struct config *c, cfg_t *cfg)
{
	size_t i;

	c->links = count(r, cfg, SECTION_LINK, CONFIG_LINKS_MAX);
	for (i = 0; i < c->links; i++) {
		cfg_t *sec = cfg_getnsec(cfg, "link", i);

		c->link[i].name = take_title(r, SECTION_LINK, sec);
		take_keys(r, SECTION_LINK, sec, &c->link[i]);
	}
}

static void take_services(struct config_reader *r, struct config *c, cfg_t *cfg)
{
	size_t i;

	c->services = count(r, cfg, SECTION_SERVICE, CONFIG_SERVICES_MAX);
	c->service = config_keep(r, (c->services + 1) * sizeof(*c->service));
	if (!c->service)
		c->services = 0;
	for (i = 0; i < c->services; i++) {
		cfg_t *sec = cfg_getnsec(cfg, "service", i);

		c->service[i].name = take_title(r, SECTION_SERVICE, sec);
		take_keys(r, SECTION_SERVICE, sec, &c->service[i]);
	}
}

static void take_once(struct config_reader *r, struct config *c, cfg_t *cfg,
		      enum config_section s)
{
	cfg_t *sec = only(r, cfg, s);

	if (sec)
		take_keys(r, s, sec, c);
	else
		take_defaults(s, c);
}

static void take_cluster(struct config_reader *r, struct config *c, cfg_t *cfg)
{
	cfg_t *sec = only(r, cfg, SECTION_CLUSTER);

	if (!sec) {
		if (!r->unknown)
			config_tell(r, true, 0, "there is no section 'cluster'; "
				    "needed: cluster \"NAME\" { id = NUMBER }");
		return;
	}
	c->name = take_title(r, SECTION_CLUSTER, sec);
	take_keys(r, SECTION_CLUSTER, sec, c);
	if (!c->limits.dead_us)
		c->limits.dead_us = c->limits.beat_us > 20000 ?
				    5 * c->limits.beat_us : 100000;
}

/* Members are compared by id, whatever the order in the file. */
static int by_node(const void *a, const void *b)
{
	const struct config_node *x = a, *y = b;

	return (x->id > y->id) - (x->id < y->id);
}

static int by_service(const void *a, const void *b)
{
	const struct config_service *x = a, *y = b;

	return (x->id > y->id) - (x->id < y->id);
}

static void sort(struct config *c)
{
	size_t i;

	qsort(c->node, c->nodes, sizeof(*c->node), by_node);
	if (c->services)
		qsort(c->service, c->services, sizeof(*c->service), by_service);
	for (i = 0; i < c->nodes; i++)
		if (c->node[i].self)
			c->self = i;
}

static bool build(struct config_reader *r, struct config *c, const char *host)
{
	cfg_t *cfg = config_parse(r);
	size_t i;

	if (!cfg)
		return false;
	take_cluster(r, c, cfg);
	take_links(r, c, cfg);
	c->nodes = count(r, cfg, SECTION_NODE, SAMR_HEADS);
	for (i = 0; i < c->nodes; i++)
		take_node(r, c, cfg_getnsec(cfg, "node", i), &c->node[i]);
	take_services(r, c, cfg);
	take_once(r, c, cfg, SECTION_HOOKS);
	take_once(r, c, cfg, SECTION_DAEMON);
	take_once(r, c, cfg, SECTION_WATCHDOG);
	/* What does not fit may do so with what was not known. */
	if (!r->unknown)
		config_check(r, c, cfg, host);
	sort(c);
	cfg_free(cfg);
	return !r->errors;
}

struct config *config_load(const char *path, const char *host,
			   config_message_fn *say, void *data)
{
	struct holder *h = calloc(1, sizeof(*h));
	struct config_reader r = { .file = path, .say = say, .data = data };
	char name[256] = "";

	if (!h) {
		say(true, "no memory", data);
		return NULL;
	}
	if (!host) {
		gethostname(name, sizeof(name) - 1);
		host = name;
	}
	h->config.file = config_keep_text(&r, path);
	if (!h->config.file || !build(&r, &h->config, host)) {
		config_drop(r.chunks);
		free(h);
		return NULL;
	}
	h->chunks = r.chunks;
	return &h->config;
}

void config_free(struct config *c)
{
	struct holder *h = (struct holder *)c;

	if (!c)
		return;
	config_drop(h->chunks);
	free(h);
}

const struct config_node *config_node(const struct config *c, uint32_t id)
{
	size_t i;

	for (i = 0; i < c->nodes; i++)
		if (c->node[i].id == id)
			return &c->node[i];
	return NULL;
}

const struct config_service *config_service(const struct config *c, uint32_t id)
{
	size_t i;

	for (i = 0; i < c->services; i++)
		if (c->service[i].id == id)
			return &c->service[i];
	return NULL;
}

/* Is it among "alpha,beta"? */
static bool in_words(const char *words, const char *name)
{
	size_t len = strlen(name), n;

	for (; *words; words += n + !!words[n]) {
		n = strcspn(words, ",");
		if (n == len && !strncmp(words, name, n))
			return true;
	}
	return false;
}

bool config_role_nodes(const struct config *c, const struct config_service *s,
		       uint32_t id[2])
{
	size_t found = 0, words = 2, i;
	const char *p;

	if (s->role.nodes)
		for (words = 1, p = s->role.nodes; *p; p++)
			words += *p == ',';
	for (i = 0; i < c->nodes; i++) {
		if (c->node[i].witness ||
		    (s->role.nodes && !in_words(s->role.nodes, c->node[i].name)))
			continue;
		if (found < 2)
			id[found] = c->node[i].id;
		found++;
	}
	return found == 2 && words == 2;
}

const char *config_exit_word(enum config_exit e)
{
	static const char *const words[] = { "none", "restart", "leave",
					     "self-fence" };

	return e < sizeof(words) / sizeof(*words) ? words[e] : "?";
}

const char *config_policy_word(uint32_t policy)
{
	return policy == SAMR_VIEW_POLICY_FENCE ? "fence" : "majority";
}
