// SPDX-License-Identifier: GPL-2.0
/* The text of a configuration; see config_parse.h. */
#define _GNU_SOURCE
#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "config_parse.h"

#define KEYS_MAX	24		/* of one section, and its inner ones */
#define MESSAGE_MAX	1024
#define END		"__end"		/* is put behind the file */
#define UNKNOWN_MAX	20		/* names that are told */

/* ---- memory ---- */

struct config_chunk {
	struct config_chunk *next;
	_Alignas(max_align_t) char bytes[];
};

void *config_keep(struct config_reader *r, size_t size)
{
	struct config_chunk *c = calloc(1, sizeof(*c) + size);

	if (!c) {
		config_tell(r, true, 0, "no memory");
		return NULL;
	}
	c->next = r->chunks;
	r->chunks = c;
	return c->bytes;
}

char *config_keep_text(struct config_reader *r, const char *text)
{
	char *kept = config_keep(r, strlen(text) + 1);

	return kept ? strcpy(kept, text) : NULL;
}

void config_drop(struct config_chunk *chunks)
{
	struct config_chunk *next;

	for (; chunks; chunks = next) {
		next = chunks->next;
		free(chunks);
	}
}

/* ---- messages ---- */

static void tell(struct config_reader *r, bool error, unsigned int line,
		 const char *format, va_list ap)
{
	char text[MESSAGE_MAX];
	size_t len;

	if (line)
		len = snprintf(text, sizeof(text), "%s:%u: ", r->file, line);
	else
		len = snprintf(text, sizeof(text), "%s: ", r->file);
	if (len < sizeof(text))
		vsnprintf(text + len, sizeof(text) - len, format, ap);
	r->errors += error;
	r->say(error, text, r->data);
}

void config_tell(struct config_reader *r, bool error, unsigned int line,
		 const char *format, ...)
{
	va_list ap;

	va_start(ap, format);
	tell(r, error, line, format, ap);
	va_end(ap);
}

/* ---- names that are nearly right ---- */

static size_t least(size_t a, size_t b)
{
	return a < b ? a : b;
}

/* How many letters must be changed, left out or put in. */
static size_t distance(const char *a, const char *b)
{
	size_t row[64], n = strlen(b), i, j, last, up;

	if (n >= 64)
		return n;
	for (j = 0; j <= n; j++)
		row[j] = j;
	for (i = 0; a[i]; i++) {
		last = row[0];
		row[0] = i + 1;
		for (j = 0; j < n; j++) {
			up = row[j + 1];
			row[j + 1] = least(least(up, row[j]) + 1,
					   last + (a[i] != b[j]));
			last = up;
		}
	}
	return row[n];
}

/* Known, so that it can be said why it cannot be had. */
static bool is_refused(const char *name)
{
	const struct config_key *k;
	int s;

	for (s = 0; s < SECTIONS; s++)
		for (k = config_grammar[s].keys; k->name; k++)
			if (k->type == CONFIG_REFUSED && !strcmp(k->name, name))
				return true;
	return false;
}

static void unknown_key(struct config_reader *r, cfg_t *section,
			const char *word)
{
	const char *nearest = NULL, *name;
	char all[MESSAGE_MAX / 2] = "";
	size_t best = 4, len = 0, d, i;

	for (i = 0; section->opts[i].name; i++) {
		name = section->opts[i].name;
		if (!strcmp(name, END) || is_refused(name))
			continue;
		d = distance(word, name);
		if (d < best && d < strlen(word)) {
			best = d;
			nearest = name;
		}
		if (len < sizeof(all))
			len += snprintf(all + len, sizeof(all) - len, "%s%s",
					len ? ", " : "", name);
	}
	config_tell(r, true, section->line,
		    "'%s' is not known %s%s%s%s%s%s; allowed: %s", word,
		    section->title || section->opts[0].name != NULL ? "in " : "",
		    strcmp(section->name, "root") ? section->name : "the file",
		    section->title ? " " : "",
		    section->title ? section->title : "",
		    nearest ? "; did you mean " : "", nearest ? nearest : "",
		    all);
}

/* ---- what stands behind such a name ---- */

#define BLANK		" \t\r\n"
#define MARKS		"{}(),=+"
#define NO_WORD		BLANK MARKS "\"'"

static char *skip_blank(char *s)
{
	return s + strspn(s, BLANK);
}

static bool is_quote(char c)
{
	return c == '"' || c == '\'';
}

/* A word, or what is between quotes. */
static char *skip_word(char *s)
{
	char quote = *s;

	if (!is_quote(quote))
		return s + strcspn(s, NO_WORD);
	for (s++; *s && *s != quote; s++)
		if (*s == '\\' && s[1])
			s++;
	return *s ? s + 1 : s;
}

static char *skip_braces(char *s)
{
	unsigned int depth = 0;

	while (*s) {
		depth += *s == '{';
		depth -= *s == '}';
		s = is_quote(*s) ? skip_word(s) : s + 1;
		if (!depth)
			break;
	}
	return s;
}

/* NAME = VALUE, NAME = { ... } or NAME "TITLE" { ... }; NULL: something else. */
static char *statement_end(char *name)
{
	char *s = skip_blank(skip_word(name));

	s += *s == '+';
	if (*s == '=') {
		s = skip_blank(s + 1);
		return *s == '{' ? skip_braces(s) : skip_word(s);
	}
	if (*s != '{')
		s = skip_blank(skip_word(s));
	return *s == '{' ? skip_braces(s) : NULL;
}

static char *line_of(char *text, unsigned int line)
{
	while (text && --line) {
		text = strchr(text, '\n');
		text += !!text;
	}
	return text;
}

/*
 * libconfuse stops at a name that it does not know. So that what comes behind it is
 * read, too, it is made blank, with all that belongs to it.
 */
static bool blank_statement(char *text, unsigned int line, const char *name)
{
	char *s = line_of(text, line), *next, *end;
	size_t len = strlen(name);

	for (; s && *s && *s != '\n'; s = next) {
		next = strchr(BLANK MARKS, *s) ? s + 1 : skip_word(s);
		if ((size_t)(next - s) != len || strncmp(s, name, len))
			continue;
		end = statement_end(s);
		if (!end)
			continue;
		for (; s < end; s++)
			if (*s != '\n')
				*s = ' ';
		return true;
	}
	return false;
}

/* ---- libconfuse ---- */

/* Its callbacks have no place for it. */
static struct config_reader *reader;

/**
 * struct config_seen - a value that was read
 * @next: the one that was read then
 * @section: in which
 * @key: whose
 * @line: where
 * @first: where the key was for the first time; 0: this is it
 */
struct config_seen {
	struct config_seen *next;
	const cfg_t *section;
	const char *key;
	unsigned int line;
	unsigned int first;
};

static bool note_seen(cfg_t *section, cfg_opt_t *opt)
{
	struct config_seen *s = config_keep(reader, sizeof(*s));
	struct config_seen **at = &reader->seen;

	if (!s)
		return false;
	*s = (struct config_seen){ .section = section,
				   .key = config_keep_text(reader, opt->name),
				   .line = section->line };
	if (!s->key)
		return false;
	for (; *at; at = &(*at)->next)
		if (!s->first && (*at)->section == section &&
		    !strcmp((*at)->key, opt->name))
			s->first = (*at)->line;
	*at = s;
	return true;
}

static void tell_repeated(struct config_reader *r)
{
	const struct config_seen *s;

	for (s = r->seen; s; s = s->next)
		if (s->first)
			config_tell(r, true, s->line, "'%s' is there twice, "
				    "first in line %u; once is allowed", s->key,
				    s->first);
}

static int take(cfg_t *section, cfg_opt_t *opt, const char *typed, void *result)
{
	struct config_value *v = config_keep(reader, sizeof(*v));

	if (!v || (!(opt->flags & CFGF_LIST) && !note_seen(section, opt)))
		return -1;
	v->line = section->line;
	v->text = config_keep_text(reader, typed);
	if (!v->text)
		return -1;
	if (!strcmp(opt->name, END))
		reader->ended = true;
	*(void **)result = v;
	return 0;
}

static void complain(cfg_t *section, const char *format, va_list ap)
{
	char text[MESSAGE_MAX], word[sizeof(reader->stop)] = "";

	vsnprintf(text, sizeof(text), format, ap);
	sscanf(text, "no such option '%127[^']'", word);
	if (!strcmp(word, END)) {
		config_tell(reader, true, 0, "the file ends inside of %s%s%s: a "
			    "'}' is missing", section->name,
			    section->title ? " " : "",
			    section->title ? section->title : "");
	} else if (*word) {
		unknown_key(reader, section, word);
		memcpy(reader->stop, word, sizeof(word));
		reader->line = section->line;
	} else if (strstr(text, "end of file")) {
		config_tell(reader, true, 0, "the file ends inside of a value or "
			    "a section: a quote or a '}' is missing");
	} else {
		config_tell(reader, true, section->line, "%s; allowed: KEY = "
			    "VALUE, KEY = { VALUE, VALUE } and SECTION \"TITLE\" "
			    "{ ... }", text);
	}
}

static size_t add_keys(cfg_opt_t *opts, size_t n, const struct config_key *k)
{
	for (; k->name; k++)
		opts[n++] = config_is_list(k->type) ?
			(cfg_opt_t)CFG_PTR_LIST_CB(k->name, NULL,
						   CFGF_NODEFAULT, take, NULL) :
			(cfg_opt_t)CFG_PTR_CB(k->name, NULL, CFGF_NODEFAULT,
					      take, NULL);
	opts[n] = (cfg_opt_t)CFG_END();
	return n;
}

static size_t add_section(cfg_opt_t *opts, size_t n, enum config_section s,
			  cfg_opt_t *inside)
{
	const struct config_grammar *g = &config_grammar[s];

	opts[n++] = (cfg_opt_t)CFG_SEC(g->name, inside,
			CFGF_MULTI | (g->titled ? CFGF_TITLE |
				      CFGF_NO_TITLE_DUPES : 0));
	opts[n] = (cfg_opt_t)CFG_END();
	return n;
}

static cfg_t *new_parser(void)
{
	static cfg_opt_t inside[SECTIONS][KEYS_MAX];
	cfg_opt_t top[KEYS_MAX];
	size_t n = 0;
	cfg_t *cfg;
	int s;

	for (s = 0; s < SECTIONS; s++)
		n = add_keys(inside[s], 0, config_grammar[s].keys);
	n = add_keys(inside[SECTION_NODE], 0, config_grammar[SECTION_NODE].keys);
	n = add_section(inside[SECTION_NODE], n, SECTION_PORT,
			inside[SECTION_PORT]);
	add_section(inside[SECTION_NODE], n, SECTION_FENCE,
		    inside[SECTION_FENCE]);
	for (s = 0, n = 0; s <= SECTION_DAEMON; s++)
		n = add_section(top, n, s, inside[s]);
	top[n++] = (cfg_opt_t)CFG_PTR_CB(END, NULL, CFGF_NODEFAULT, take, NULL);
	top[n] = (cfg_opt_t)CFG_END();
	cfg = cfg_init(top, CFGF_NONE);
	if (cfg)
		cfg_set_error_function(cfg, complain);
	return cfg;
}

/* ---- the file ---- */

/*
 * Comments become blanks: libconfuse 3.3 counts lines behind them wrongly.
 * They begin where a word could, as there; "#" within one belongs to it.
 */
static void blank_comments(char *s)
{
	bool fresh = true;
	char quote;

	for (; *s; s++) {
		if (fresh && (*s == '#' || !strncmp(s, "//", 2))) {
			while (*s && *s != '\n')
				*s++ = ' ';
		} else if (fresh && !strncmp(s, "/*", 2) && strstr(s + 2, "*/")) {
			for (; strncmp(s, "*/", 2); s++)
				*s = *s == '\n' ? '\n' : ' ';
			*s++ = ' ';
			*s = ' ';
		} else if (*s == '"' || *s == '\'') {
			for (quote = *s++; *s && *s != quote; s++)
				if (*s == '\\' && s[1])
					s++;
		}
		if (!*s)
			return;
		fresh = strchr(" \t\r\n{}(),=+", *s);
	}
}

static char *read_all(struct config_reader *r, int fd, size_t size)
{
	const size_t room = sizeof("\n" END " = yes\n");
	char *text = config_keep(r, size + room);
	ssize_t n = 1;
	size_t len = 0;

	while (len < size && (n = read(fd, text + len, size - len)) > 0)
		len += n;
	if (n < 0) {
		config_tell(r, true, 0, "cannot be read: %s", strerror(errno));
		return NULL;
	}
	if (memchr(text, 0, len)) {
		config_tell(r, true, 0, "has a zero byte in it: text is allowed");
		return NULL;
	}
	blank_comments(text);
	strcat(text, "\n" END " = yes\n");
	return text;
}

static char *open_and_read(struct config_reader *r)
{
	int fd = open(r->file, O_RDONLY | O_CLOEXEC | O_NONBLOCK);
	struct stat st;
	char *text = NULL;

	if (fd < 0 || fstat(fd, &st)) {
		config_tell(r, true, 0, "cannot be opened: %s", strerror(errno));
		goto out;
	}
	if (!S_ISREG(st.st_mode) || st.st_size > CONFIG_BYTES_MAX) {
		config_tell(r, true, 0, "is no file of at most 1 MiB");
		goto out;
	}
	if (st.st_uid && st.st_uid != geteuid())
		config_tell(r, true, 0, "belongs to another user, and names "
			    "programs that are run as root: chown root it");
	else if (st.st_mode & 022)
		config_tell(r, true, 0, "can be written by others, and names "
			    "programs that are run as root: chmod go-w it");
	else
		text = read_all(r, fd, st.st_size);
out:
	if (fd >= 0)
		close(fd);
	return text;
}

/* As far as to a name that is not known, which is in @r->stop then. */
static cfg_t *parse_once(struct config_reader *r, const char *text)
{
	unsigned int before = r->errors;
	cfg_t *cfg = new_parser();
	bool read;

	r->seen = NULL;
	r->ended = false;
	r->stop[0] = '\0';
	if (!cfg) {
		config_tell(r, true, 0, "no memory");
		return NULL;
	}
	reader = r;
	read = cfg_parse_buf(cfg, text) == CFG_SUCCESS;
	reader = NULL;
	if (r->errors == before && (!read || !r->ended))
		config_tell(r, true, 0, "the file ends inside of a value: a "
			    "quote is missing");
	if (r->errors == before)
		return cfg;
	cfg_free(cfg);
	return NULL;
}

cfg_t *config_parse(struct config_reader *r)
{
	char *text = open_and_read(r);
	cfg_t *cfg = NULL;

	while (text) {
		cfg = parse_once(r, text);
		if (cfg || !r->stop[0] || ++r->unknown == UNKNOWN_MAX ||
		    !blank_statement(text, r->line, r->stop))
			break;
	}
	if (!r->stop[0])
		tell_repeated(r);
	return cfg;
}

const struct config_value *config_value(cfg_t *section, const char *key,
					unsigned int i)
{
	return cfg_size(section, key) > i ?
	       cfg_getnptr(section, key, i) : NULL;
}
