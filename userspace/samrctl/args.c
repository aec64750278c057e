// SPDX-License-Identifier: GPL-2.0
/* Words to values, and what is wrong with them; see args.h. */
#include <errno.h>
#include <grp.h>
#include <inttypes.h>
#include <pwd.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "args.h"
#include "config/config_ip.h"
#include "names.h"

#define NAMES_MAX	32
#define NEAR		2	/* changes that make a word of another one */
#define WORD_MAX	32

/* ---- words that are not known ---- */

static size_t least(size_t a, size_t b)
{
	return a < b ? a : b;
}

/* Letters to insert, drop, change or swap to make @b of @a. */
static size_t distance(const char *a, const char *b)
{
	size_t n = strlen(a), m = strlen(b), i, j;
	size_t d[WORD_MAX + 1][WORD_MAX + 1];

	if (n > WORD_MAX || m > WORD_MAX)
		return WORD_MAX;
	for (i = 0; i <= n; i++)
		d[i][0] = i;
	for (j = 0; j <= m; j++)
		d[0][j] = j;
	for (i = 1; i <= n; i++) {
		for (j = 1; j <= m; j++) {
			size_t same = a[i - 1] == b[j - 1];

			d[i][j] = least(least(d[i - 1][j], d[i][j - 1]) + 1,
					d[i - 1][j - 1] + !same);
			if (i > 1 && j > 1 && a[i - 1] == b[j - 2] &&
			    a[i - 2] == b[j - 1])
				d[i][j] = least(d[i][j], d[i - 2][j - 2] + 1);
		}
	}
	return d[n][m];
}

static const char *nearest(const char *word, const char *const *names, size_t n)
{
	const char *best = NULL;
	size_t near = NEAR + 1, i, d;

	for (i = 0; i < n; i++) {
		d = distance(word, names[i]);
		/* A word of which nothing is left is not meant. */
		if (d < near && d < strlen(names[i])) {
			near = d;
			best = names[i];
		}
	}
	return best;
}

/* Who knows other tools may put an option behind the object. */
static void check_place(const char *word)
{
	if (word[0] == '-' && (word[1] < '0' || word[1] > '9'))
		die(EXIT_USAGE, "unknown word '%s': options stand before the object",
		    word);
}

void args_unknown(const char *what, const char *word, const char *const *names,
		  size_t n)
{
	const char *meant = nearest(word, names, n);
	char list[512] = "";
	size_t i;

	check_place(word);
	for (i = 0; i < n; i++) {
		strncat(list, i ? ", " : "", sizeof(list) - strlen(list) - 1);
		strncat(list, names[i], sizeof(list) - strlen(list) - 1);
	}
	if (meant)
		die(EXIT_USAGE, "unknown %s '%s': did you mean '%s'? There are: %s",
		    what, word, meant, list);
	die(EXIT_USAGE, "unknown %s '%s': there are: %s", what, word, list);
}

const struct verb *args_verb(const struct object *o, const char *name)
{
	const struct verb *v;

	for (v = o->verbs; v->name; v++)
		if (!strcmp(v->name, name))
			return v;
	return NULL;
}

const struct key *args_key(const struct verb *v, const char *name)
{
	const struct key *k;

	for (k = v->keys; k && k->name; k++)
		if (!strcmp(k->name, strncmp(name, "--", 2) ? name : name + 2))
			return k;
	return NULL;
}

static void unknown_key(const struct object *o, const struct verb *v,
			const char *word)
{
	const char *names[NAMES_MAX];
	char what[64];
	size_t n = 0;
	const struct key *k;

	for (k = v->keys; k && k->name; k++)
		names[n++] = k->name;
	if (!n) {
		check_place(word);
		die(EXIT_USAGE, "%s %s takes no key, but there is '%s'",
		    o->name, v->name, word);
	}
	snprintf(what, sizeof(what), "key of %s %s", o->name, v->name);
	args_unknown(what, word, names, n);
}

/* ---- values ---- */

static const char *show_time(uint64_t us, char text[32])
{
	if (us % 1000)
		snprintf(text, 32, "%" PRIu64 "us", us);
	else if (us % 1000000)
		snprintf(text, 32, "%" PRIu64 "ms", us / 1000);
	else
		snprintf(text, 32, "%" PRIu64 "s", us / 1000000);
	return text;
}

static const char *show_size(uint64_t n, char text[32])
{
	if (!(n & 0x3fffffff))
		snprintf(text, 32, "%" PRIu64 "G", n >> 30);
	else if (!(n & 0xfffff))
		snprintf(text, 32, "%" PRIu64 "M", n >> 20);
	else if (!(n & 0x3ff))
		snprintf(text, 32, "%" PRIu64 "K", n >> 10);
	else
		snprintf(text, 32, "%" PRIu64, n);
	return text;
}

/* What may stand for a key's value, as the help says it. */
static const char *allowed(const struct key *k, char *text, size_t size)
{
	char low[32], high[32];
	const char *const *w;

	switch (k->type) {
	case ARG_U32:
	case ARG_U64:
		snprintf(text, size, "%" PRIu64 "..%" PRIu64, k->min, k->max);
		break;
	case ARG_NODE:
		snprintf(text, size, "%" PRIu64 "..%" PRIu64 "|NAME", k->min,
			 k->max);
		break;
	case ARG_TIME:
		snprintf(text, size, "%s..%s", show_time(k->min, low),
			 show_time(k->max, high));
		break;
	case ARG_SIZE:
		snprintf(text, size, "%s..%s", show_size(k->min, low),
			 show_size(k->max, high));
		break;
	case ARG_WORD:
		text[0] = 0;
		for (w = k->words; *w; w++) {
			strncat(text, w == k->words ? "" : "|",
				size - strlen(text) - 1);
			strncat(text, *w, size - strlen(text) - 1);
		}
		break;
	case ARG_NAME:
		snprintf(text, size, "NAME");
		break;
	case ARG_DEV:
		snprintf(text, size, "DEV");
		break;
	case ARG_USER:
		snprintf(text, size, "USER");
		break;
	case ARG_GROUP:
		snprintf(text, size, "GROUP");
		break;
	case ARG_ADDRESS:
		snprintf(text, size, "MAC|IP|IP:PORT|learn");
		break;
	case ARG_IP:
		snprintf(text, size, "IP");
		break;
	case ARG_HEX:
		snprintf(text, size, "HEX");
		break;
	case ARG_HOURS:
		snprintf(text, size, "HOURS");
		break;
	case ARG_HEADS:
		snprintf(text, size, "ID,ID..|none");
		break;
	case ARG_SECONDS:
		snprintf(text, size, "SECONDS");
		break;
	case ARG_FLAG:
		text[0] = 0;
		break;
	}
	return text;
}

static void bad_value(const struct key *k, const char *text, const char *why)
{
	char range[128];

	die(EXIT_USAGE, "%s '%s': %s, allowed is %s", k->name, text, why,
	    allowed(k, range, sizeof(range)));
}

/* The number that @text begins with; @rest: what follows it. */
static uint64_t number(const struct key *k, const char *text, char **rest)
{
	uint64_t n;

	errno = 0;
	n = strtoull(text, rest, 0);
	if (*rest == text || *text == '-' || *text == '+' || *text == ' ')
		bad_value(k, text, "not a number");
	if (errno)
		bad_value(k, text, "out of range");
	return n;
}

struct unit {
	const char *name;
	uint64_t factor;
};

static const struct unit times[] = {
	{ "us", 1 }, { "ms", 1000 }, { "s", 1000000 }, { },
};

static const struct unit seconds[] = {
	{ "", 1000000 }, { "s", 1000000 }, { "ms", 1000 }, { },
};

static const struct unit hours[] = {
	{ "", 3600 }, { "h", 3600 }, { "s", 1 }, { "min", 60 }, { "d", 86400 },
	{ },
};

static const struct unit sizes[] = {
	{ "", 1 }, { "K", 1 << 10 }, { "M", 1 << 20 }, { "G", 1 << 30 }, { },
};

static const struct unit none[] = {
	{ "", 1 }, { },
};

static uint64_t quantity(const struct key *k, const char *text,
			 const struct unit *units, const char *wrong)
{
	const struct unit *u;
	uint64_t n;
	char *rest;

	n = number(k, text, &rest);
	for (u = units; u->name && strcmp(u->name, rest); u++)
		;
	if (!u->name)
		bad_value(k, text, wrong);
	if (n > UINT64_MAX / u->factor || n * u->factor < k->min ||
	    n * u->factor > k->max)
		bad_value(k, text, "out of range");
	return n * u->factor;
}

static uint64_t word(const struct key *k, const char *text)
{
	uint64_t i;

	for (i = 0; k->words[i]; i++)
		if (!strcmp(k->words[i], text))
			return i;
	args_unknown(k->name, text, k->words, i);
}

static void check_length(const struct key *k, const char *text)
{
	if (!*text)
		die(EXIT_USAGE, "%s: the name is empty", k->name);
	if (strlen(text) > k->max)
		die(EXIT_USAGE, "%s '%s': too long, at most %" PRIu64 " bytes",
		    k->name, text, k->max);
}

static bool all_digits(const char *s)
{
	return *s && strspn(s, "0123456789") == strlen(s);
}

static uint64_t user(const struct key *k, const char *text)
{
	struct passwd *pw;
	struct group *gr;

	if (all_digits(text))
		return quantity(k, text, none, "not a number");
	if (k->type == ARG_USER) {
		pw = getpwnam(text);
		if (pw)
			return pw->pw_uid;
		die(EXIT_USAGE, "%s '%s': no such user", k->name, text);
	}
	gr = getgrnam(text);
	if (gr)
		return gr->gr_gid;
	die(EXIT_USAGE, "%s '%s': no such group of users", k->name, text);
}

static void address(const struct key *k, const char *text, struct arg *a)
{
	unsigned int b[6], i;
	int end = 0;

	if (!strcmp(text, "learn"))
		return;
	a->len = ip_parse_port(text, a->bytes);
	if (a->len)
		return;
	if (sscanf(text, "%2x:%2x:%2x:%2x:%2x:%2x%n", &b[0], &b[1], &b[2],
		   &b[3], &b[4], &b[5], &end) != 6 || text[end])
		bad_value(k, text, "not an address such as 52:54:00:12:34:56, 10.0.0.1 or [fd00::1]:7374");
	a->len = 6;
	for (i = 0; i < 6; i++)
		a->bytes[i] = b[i];
}

static void ip(const struct key *k, const char *text, struct arg *a)
{
	if (!ip_parse(text, a->bytes))
		bad_value(k, text, "not an IP address such as 10.0.0.1 or fd00::1");
	a->len = IP_LEN;
}

static uint64_t node(const struct key *k, const char *text)
{
	char why[128];
	uint64_t id;

	if (*text >= '0' && *text <= '9')
		return quantity(k, text, none, "not a number");
	id = names_head(text, why, sizeof(why));
	if (!id)
		bad_value(k, text, why);
	return id;
}

static uint64_t hex(const struct key *k, const char *text)
{
	static const char digits[] = "0123456789abcdefABCDEF";
	size_t len = strspn(text, digits);

	if (!len || len > 16 || text[len])
		bad_value(k, text, "not 1 to 16 hexadecimal digits");
	return strtoull(text, NULL, 16);
}

/* "1,2,3" as a set. */
static uint64_t heads(const struct key *k, const char *text)
{
	const char *p = text;
	uint64_t id, set = 0;
	char *rest;

	if (!strcmp(text, "none"))
		return 0;
	for (;; p = rest + 1) {
		id = strtoull(p, &rest, 10);
		if (*p < '0' || *p > '9' || id < k->min || id > k->max ||
		    (*rest && *rest != ','))
			bad_value(k, text, "not ids of heads, 1 to 63, with commas between them");
		set |= (uint64_t)1 << id;
		if (!*rest)
			return set;
	}
}

static void parse_value(const struct key *k, const char *text, struct arg *a)
{
	a->text = text;
	switch (k->type) {
	case ARG_U32:
	case ARG_U64:
		a->num = quantity(k, text, none, "not a number");
		break;
	case ARG_NODE:
		a->num = node(k, text);
		break;
	case ARG_TIME:
		a->num = quantity(k, text, times,
				  "a time is a whole number with a unit, us, ms or s");
		break;
	case ARG_SIZE:
		a->num = quantity(k, text, sizes, "not a size such as 64K");
		break;
	case ARG_WORD:
		a->num = word(k, text);
		break;
	case ARG_NAME:
	case ARG_DEV:
		check_length(k, text);
		break;
	case ARG_USER:
	case ARG_GROUP:
		a->num = user(k, text);
		break;
	case ARG_ADDRESS:
		address(k, text, a);
		break;
	case ARG_IP:
		ip(k, text, a);
		break;
	case ARG_HEX:
		a->num = hex(k, text);
		break;
	case ARG_HOURS:
		a->num = quantity(k, text, hours,
				  "not hours, nor a time such as 90s, 2min or 5d");
		break;
	case ARG_HEADS:
		a->num = heads(k, text);
		break;
	case ARG_SECONDS:
		a->num = quantity(k, text, seconds,
				  "not seconds, nor a time such as 500ms");
		break;
	case ARG_FLAG:
		break;
	}
}

/* What @word is the name of, or the value of when it needs no name. */
static const struct key *meant(const struct object *o, const struct verb *v,
			       const char *word, bool first, bool *named)
{
	const struct key *k = args_key(v, word);

	*named = k;
	if (!k && first && v->keys && v->keys->bare)
		k = v->keys;
	if (!k)
		unknown_key(o, v, word);
	return k;
}

/* All that lack, or one would be told them one by one. */
static void need_all(const struct object *o, const struct verb *v,
		     const struct arg args[KEYS_MAX])
{
	char range[128], all[512] = "";
	const struct key *k;
	size_t len = 0;

	for (k = v->keys; k && k->name; k++)
		if (k->required && !args[k - v->keys].text && len < sizeof(all))
			len += snprintf(all + len, sizeof(all) - len, "%s'%s %s'",
					len ? ", " : "", k->name,
					allowed(k, range, sizeof(range)));
	if (len)
		die(EXIT_USAGE, "%s %s needs %s", o->name, v->name, all);
}

void args_parse(const struct object *o, const struct verb *v, char **argv,
		struct arg args[KEYS_MAX])
{
	char range[128], **first = argv;
	const struct key *k;
	struct arg *a;
	bool named;

	for (; *argv; argv++) {
		k = meant(o, v, *argv, argv == first, &named);
		a = &args[k - v->keys];
		if (a->text)
			die(EXIT_USAGE, "%s %s: '%s' is there twice", o->name,
			    v->name, k->name);
		if (k->optional && (!argv[1] || args_key(v, argv[1]))) {
			a->text = "";
			continue;
		}
		if (named && k->type != ARG_FLAG && !*++argv)
			die(EXIT_USAGE, "%s %s: '%s' needs a value: %s", o->name,
			    v->name, k->name, allowed(k, range, sizeof(range)));
		parse_value(k, *argv, a);
	}
	need_all(o, v, args);
}

/* ---- help ---- */

#define WIDTH	80

static void describe(const struct key *k, char *item, size_t size)
{
	char range[128];

	allowed(k, range, sizeof(range));
	snprintf(item, size, "%s%s%s%s%s%s%s%s%s", k->required ? "" : "[",
		 k->bare ? "[" : "", k->name, k->bare ? "]" : "",
		 *range ? " " : "", k->optional ? "[" : "", range,
		 k->optional ? "]" : "", k->required ? "" : "]");
}

void args_help_verb(const struct object *o, const struct verb *v)
{
	int at = printf("  samrctl %s %s", o->name, v->name);
	char item[192];
	const struct key *k;

	for (k = v->keys; k && k->name; k++) {
		describe(k, item, sizeof(item));
		if (at + 1 + strlen(item) > WIDTH)
			at = printf("\n             ") - 1;
		at += printf(" %s", item);
	}
	printf("\n      %s\n", v->doc);
}

void args_help(const struct object *o)
{
	const struct verb *v;

	printf("samrctl %s: %s\n\n", o->name, o->doc);
	for (v = o->verbs; v->name; v++)
		args_help_verb(o, v);
}
