// SPDX-License-Identifier: GPL-2.0
/* What may come next on the command line: "samrctl complete WORD...". */
#include <dirent.h>
#include <grp.h>
#include <net/if.h>
#include <pwd.h>
#include <stdio.h>
#include <string.h>

#include "args.h"
#include "daemon.h"
#include "names.h"

static void all_objects(const struct object *const *objects, size_t n)
{
	size_t i;

	for (i = 0; i < n; i++)
		puts(objects[i]->name);
}

static void name(const char *text)
{
	puts(text);
}

/* The value of a key, as far as it can be guessed. */
static void values(const struct key *k)
{
	struct if_nameindex *all, *i;
	const char *const *w;
	struct passwd *pw;
	struct group *gr;

	switch (k->type) {
	case ARG_WORD:
	case ARG_NAME:
		for (w = k->words; w && *w; w++)
			puts(*w);
		break;
	case ARG_DEV:
		all = if_nameindex();
		for (i = all; i && i->if_name; i++)
			puts(i->if_name);
		if_freenameindex(all);
		break;
	case ARG_NODE:
		names_each(name);
		break;
	case ARG_ADDRESS:
		puts("learn");
		break;
	case ARG_HEADS:
		puts("none");
		break;
	case ARG_USER:
		while ((pw = getpwent()))
			puts(pw->pw_name);
		break;
	case ARG_GROUP:
		while ((gr = getgrent()))
			puts(gr->gr_name);
		break;
	default:
		break;
	}
}

static void namespaces(void)
{
	DIR *dir = opendir("/run/netns");
	struct dirent *e;

	while (dir && (e = readdir(dir)))
		if (e->d_name[0] != '.')
			puts(e->d_name);
	if (dir)
		closedir(dir);
}

/* @words: behind object and verb; the last one is incomplete. */
static void keys(const struct verb *v, char **words)
{
	bool said[KEYS_MAX] = { };
	const struct key *k;
	bool bare = v->keys && v->keys->bare;
	char **word = words;
	const char *dashes;

	if (bare && word[0] && !word[1])
		values(v->keys);
	for (; word[0] && word[1]; word++) {
		k = args_key(v, *word);
		if (!k && word == words && bare) {
			said[0] = true;
			continue;
		}
		if (!k)
			return;
		said[k - v->keys] = true;
		if (k->type == ARG_FLAG)
			continue;
		if (!*++word)
			return;
		if (!word[1]) {
			values(k);
			return;
		}
	}
	/* Keys may be written as options are. */
	dashes = word[0] && !strncmp(word[0], "--", 2) ? "--" : "";
	for (k = v->keys; k && k->name; k++)
		if (!said[k - v->keys])
			printf("%s%s\n", dashes, k->name);
}

static const struct object *object_of(const struct object *const *objects,
				      size_t n, const char *name)
{
	for (; n; n--, objects++)
		if (!strcmp((*objects)->name, name))
			return *objects;
	return NULL;
}

void args_complete(const struct object *const *objects, size_t n, char **argv)
{
	static const char *const options[] = {
		"--json", "--pretty", "--netns", "--help", "--version",
	};
	const struct object *o;
	const struct verb *v;
	size_t i;

	for (; argv[0] && argv[1] && argv[0][0] == '-'; argv++) {
		if (strcmp(argv[0], "-n") && strcmp(argv[0], "--netns"))
			continue;
		if (!argv[2]) {
			namespaces();
			return;
		}
		daemon_netns(*++argv);
	}
	if (!argv[0] || !argv[1]) {
		if (argv[0] && argv[0][0] == '-')
			for (i = 0; i < sizeof(options) / sizeof(*options); i++)
				puts(options[i]);
		else
			all_objects(objects, n);
		return;
	}
	if (!strcmp(argv[0], "help") && !argv[2])
		all_objects(objects, n);
	o = object_of(objects, n, argv[0]);
	if (!o)
		return;
	if (!argv[2]) {
		for (v = o->verbs; v->name; v++)
			puts(v->name);
		puts("help");
		if (o->verbs[1].name)
			return;
	}
	/* The first verb of an object need not be said. */
	v = args_verb(o, argv[1]);
	if (v)
		keys(v, argv + 2);
	else if (!o->verbs[1].name || args_key(o->verbs, argv[1]))
		keys(o->verbs, argv + 1);
}
