// SPDX-License-Identifier: GPL-2.0
/* The configuration of samrd, read as samrd reads it. */
#include <stdio.h>
#include <string.h>

#include "config/config.h"
#include "nl.h"
#include "print.h"
#include "samrctl.h"

#define PATH_BYTES	4095

/* On the error output: what is printed is the answer to what was asked. */
static void tell(bool error, const char *message, void *data)
{
	(void)data;
	fprintf(stderr, "%s%s\n", error ? "" : "warning: ", message);
}

static struct config *load(const struct arg *args)
{
	struct config *c = config_load(args[0].text ? args[0].text :
				       CONFIG_FILE, NULL, tell, NULL);

	if (!c)
		die(EXIT_REFUSED, "the configuration is not right");
	return c;
}

static int check(const struct verb *v, const struct arg *args)
{
	struct config *c = load(args);

	(void)v;
	if (!print_json()) {
		printf("%s is right: cluster \"%s\", %zu node%s of which this "
		       "machine is \"%s\", policy %s, %zu service%s\n", c->file,
		       c->name, c->nodes, c->nodes == 1 ? "" : "s",
		       c->node[c->self].name, config_policy_word(c->policy),
		       c->services, c->services == 1 ? "" : "s");
		config_free(c);
		return EXIT_OK;
	}
	print_object(NULL, NULL);
	print_str("file", c->file);
	print_str("cluster", c->name);
	print_str("node", c->node[c->self].name);
	print_num("nodes", c->nodes);
	print_num("services", c->services);
	print_str("policy", config_policy_word(c->policy));
	print_end();
	config_free(c);
	return EXIT_OK;
}

/* ---- show ---- */

/**
 * struct place - where in the configuration the last value was
 * @at: it; section is NULL before the first one
 */
struct place {
	struct config_item at;
};

static bool same(const char *a, const char *b)
{
	return a == b || (a && b && !strcmp(a, b));
}

static void text_open(const char *section, const char *title, int depth)
{
	printf("%.*s%s", depth, "\t", section);
	if (title)
		printf(" \"%s\"", title);
	puts(" {");
}

static void text_item(const struct config_item *i, int depth)
{
	const char *p;

	printf("%.*s%s = %s", depth, "\t\t", i->key, i->list ? "{ \"" : "\"");
	for (p = i->value; *p; p++)
		if (i->list && *p == '\n')
			fputs("\", \"", stdout);
		else if (*p == '"' || *p == '\\' || *p == '$')
			printf("\\%c", *p);
		else
			putchar(*p);
	puts(i->list ? "\" }" : "\"");
}

static void json_item(const struct config_item *i)
{
	char line[2048];
	size_t n;

	for (n = 0; i->value[n] && n + 1 < sizeof(line); n++)
		line[n] = i->value[n] == '\n' ? ' ' : i->value[n];
	line[n] = 0;
	print_str(i->key, line);
}

static void close_inner(const struct place *p, bool list)
{
	if (!p->at.inner)
		return;
	if (!print_json())
		puts("\t}");
	else
		print_end();
	if (print_json() && list)
		print_end();
}

static void close_section(const struct place *p, bool list)
{
	if (!p->at.section)
		return;
	if (!print_json())
		puts("}");
	else
		print_end();
	if (print_json() && list && p->at.title)
		print_end();
}

static void open_section(const struct place *p, const struct config_item *i)
{
	if (!print_json()) {
		text_open(i->section, i->title, 0);
		return;
	}
	if (i->title && !same(p->at.section, i->section))
		print_list(i->section);
	print_object(i->title ? NULL : i->section, NULL);
	if (i->title)
		print_str("name", i->title);
}

static void open_inner(bool list, const struct config_item *i)
{
	if (!print_json()) {
		text_open(i->inner, i->inner_title, 1);
		return;
	}
	if (list)
		print_list(i->inner);
	print_object(NULL, NULL);
	print_str("name", i->inner_title);
}

static void show_item(const struct config_item *i, void *data)
{
	struct place *p = data;
	bool section = !same(p->at.section, i->section);
	bool part = section || !same(p->at.title, i->title);
	bool list = part || !same(p->at.inner, i->inner);

	if (list || !same(p->at.inner_title, i->inner_title))
		close_inner(p, list);
	if (part) {
		close_section(p, section);
		open_section(p, i);
	}
	if (i->inner && (list || !same(p->at.inner_title, i->inner_title)))
		open_inner(list, i);
	if (print_json())
		json_item(i);
	else
		text_item(i, i->inner ? 2 : 1);
	p->at = *i;
}

static int show(const struct verb *v, const struct arg *args)
{
	struct config *c = load(args);
	struct place p = { };

	(void)v;
	if (print_json())
		print_object(NULL, NULL);
	config_each(c, show_item, &p);
	close_inner(&p, true);
	close_section(&p, true);
	if (print_json())
		print_end();
	config_free(c);
	return EXIT_OK;
}

static const struct key keys[] = {
	{ .name = "file", .type = ARG_NAME, .min = 1, .max = PATH_BYTES,
	  .bare = true },
	{ }
};

static const struct verb verbs[] = {
	{ "check", "is it right? Else what is wrong, where, and what is allowed",
	  0, keys, check },
	{ "show", "all that is in force with it, defaults too, as such a file",
	  0, keys, show },
	{ }
};

const struct object config_object = {
	"config", "the configuration of samrd, " CONFIG_FILE, verbs
};
