// SPDX-License-Identifier: GPL-2.0
/*
 * A tokenizer that knows just enough SQL: strings, quoted names, comments,
 * words, semicolons and parentheses.
 */
#include <ctype.h>
#include <stdio.h>
#include <string.h>
#include <strings.h>
#include "split.h"

enum token {
	TOKEN_MORE,		/* goes on behind the end of the text */
	TOKEN_SPACE,
	TOKEN_WORD,
	TOKEN_SEMI,
	TOKEN_OPEN,
	TOKEN_CLOSE,
	TOKEN_OTHER,
};

static bool word_byte(char c)
{
	return isalnum((unsigned char)c) || c == '_' || c == '$' || c & 0x80;
}

/* Length of a quoted token; @close doubled stands for itself, but not a "]". */
static size_t quoted(const char *p, size_t n, char close)
{
	size_t i;

	for (i = 1; i < n; i++) {
		if (p[i] != close)
			continue;
		if (close == ']')
			return i + 1;
		if (i + 1 == n)
			return 0;	/* the next byte may double it */
		if (p[i + 1] != close)
			return i + 1;
		i++;
	}
	return 0;
}

static size_t comment(const char *p, size_t n)
{
	const char *e;
	size_t i;

	if (p[0] == '-') {
		e = memchr(p, '\n', n);
		return e ? (size_t)(e - p) + 1 : 0;
	}
	for (i = 2; i + 1 < n; i++)
		if (p[i] == '*' && p[i + 1] == '/')
			return i + 2;
	return 0;
}

/*
 * One token at the beginning of @p; @n is not 0. What reaches the end of the
 * text is TOKEN_MORE, since more text may make it longer, unless @last.
 */
static enum token next_token(const char *p, size_t n, bool last, size_t *len)
{
	enum token t = TOKEN_OTHER;
	size_t i = 1;

	if (isspace((unsigned char)*p)) {
		t = TOKEN_SPACE;
	} else if (n >= 3 && !memcmp(p, "\xef\xbb\xbf", 3)) {
		t = TOKEN_SPACE;	/* the byte order mark of some editors */
		i = 3;
	} else if (*p == ';') {
		t = TOKEN_SEMI;
	} else if (*p == '(') {
		t = TOKEN_OPEN;
	} else if (*p == ')') {
		t = TOKEN_CLOSE;
	} else if (*p == '\'' || *p == '"' || *p == '`') {
		i = quoted(p, n, *p);
	} else if (*p == '[') {
		i = quoted(p, n, ']');
	} else if ((*p == '-' || *p == '/') && n == 1) {
		i = 0;		/* a comment may begin here */
	} else if ((*p == '-' && p[1] == '-') || (*p == '/' && p[1] == '*')) {
		t = TOKEN_SPACE;
		i = comment(p, n);
	} else if (word_byte(*p)) {
		t = TOKEN_WORD;
		while (i < n && word_byte(p[i]))
			i++;
		if (i == n && !last)
			i = 0;
	}
	if (!i && !last)
		return TOKEN_MORE;
	*len = i ? i : n;
	return t;
}

static bool is_word(const char *p, size_t len, const char *word)
{
	return strlen(word) == len && !strncasecmp(p, word, len);
}

/* Follow [EXPLAIN [QUERY PLAN]] CREATE [TEMP] TRIGGER from word to word. */
static void note_word(struct samr_split *s, const char *p, size_t len)
{
	enum { START, CREATE, NO };

	switch (s->words) {
	case START:
		if (is_word(p, len, "create"))
			s->words = CREATE;
		else if (!is_word(p, len, "explain") &&
			 !is_word(p, len, "query") && !is_word(p, len, "plan"))
			s->words = NO;
		break;
	case CREATE:
		if (is_word(p, len, "trigger"))
			s->trigger = true;
		if (!is_word(p, len, "temp") && !is_word(p, len, "temporary"))
			s->words = NO;
		break;
	}
	s->end = s->semi && is_word(p, len, "end");
}

size_t samr_split_next(struct samr_split *s, const char *sql, size_t len,
		       bool last)
{
	size_t n;

	while (s->pos < len) {
		const char *p = sql + s->pos;
		enum token t = next_token(p, len - s->pos, last, &n);

		if (t == TOKEN_MORE)
			return 0;
		s->pos += n;
		if (t == TOKEN_SPACE)
			continue;
		s->some = true;
		if (t == TOKEN_SEMI) {
			if (!s->trigger || s->end)
				return s->pos;
			s->semi = true;
			s->end = false;
			continue;
		}
		if (t == TOKEN_WORD) {
			note_word(s, p, n);
		} else {
			s->end = false;
			if (!s->words)
				s->words = ~0U;
		}
		s->semi = false;
	}
	return last ? len : 0;
}

size_t samr_split_blank(const char *sql, size_t len)
{
	size_t n, pos = 0;

	while (pos < len &&
	       next_token(sql + pos, len - pos, true, &n) == TOKEN_SPACE)
		pos += n;
	return pos;
}

/* A statement's words, one after the other. */
struct cursor {
	const char *p;
	size_t left;
	enum token token;	/* TOKEN_MORE: the end */
	const char *text;
	size_t len;
};

static void advance(struct cursor *c)
{
	do {
		c->token = TOKEN_MORE;
		if (!c->left)
			return;
		c->text = c->p;
		c->token = next_token(c->p, c->left, true, &c->len);
		c->p += c->len;
		c->left -= c->len;
	} while (c->token == TOKEN_SPACE);
}

static bool at_word(const struct cursor *c, const char *word)
{
	return c->token == TOKEN_WORD && is_word(c->text, c->len, word);
}

bool samr_split_reads(const char *sql, size_t len)
{
	struct cursor c = { .p = sql, .left = len };

	advance(&c);
	return at_word(&c, "select") || at_word(&c, "values") ||
	       at_word(&c, "with");
}

static bool at_any(const struct cursor *c, const char *const *words)
{
	for (; *words; words++)
		if (at_word(c, *words))
			return true;
	return false;
}

static const char *const writes[] = {
	"insert", "replace", "update", "delete", "create", "drop", "alter",
	"analyze", "reindex", "vacuum", NULL
};

/* WITH ... : the first main verb outside of parentheses decides. */
static enum samr_split_kind classify_with(struct cursor *c)
{
	static const char *const change[] = {
		"insert", "replace", "update", "delete", NULL
	};
	int depth = 0;

	for (advance(c); c->token != TOKEN_MORE; advance(c)) {
		if (c->token == TOKEN_OPEN)
			depth++;
		else if (c->token == TOKEN_CLOSE)
			depth--;
		else if (!depth && at_any(c, change))
			return SAMR_SPLIT_WRITE;
	}
	return SAMR_SPLIT_QUERY;
}

static void refuse(struct samr_split_class *c, const char *why)
{
	c->kind = SAMR_SPLIT_REFUSED;
	snprintf(c->why, sizeof(c->why), "%s", why);
}

/* PRAGMA foreign_keys = ...: fixed at the start, the same at all heads. */
static void classify_foreign_keys(const struct cursor *value, bool now,
				  struct samr_split_class *c)
{
	static const char *const on[] = { "on", "yes", "true", "1", NULL };

	if (at_any(value, on) == now)
		c->kind = SAMR_SPLIT_NOTHING;
	else
		refuse(c, now ?
		       "foreign keys are enforced at all heads, since they were started with --foreign-keys" :
		       "foreign keys are not enforced: start all heads with --foreign-keys");
}

static void classify_pragma(struct cursor *w, bool foreign_keys,
			    struct samr_split_class *c)
{
	/* Those whose argument only selects what is shown. */
	static const char *const show[] = {
		"table_info", "table_xinfo", "table_list", "index_info",
		"index_xinfo", "index_list", "foreign_key_list",
		"foreign_key_check", "integrity_check", "quick_check", NULL
	};
	static const char *const stored[] = {
		"user_version", "application_id", NULL
	};
	static const char *const act[] = {
		"optimize", "incremental_vacuum", "wal_checkpoint",
		"shrink_memory", NULL
	};
	struct cursor name;

	advance(w);
	name = *w;
	advance(w);
	if (w->token == TOKEN_OTHER && *w->text == '.') {
		advance(w);
		name = *w;
		advance(w);
	}
	c->kind = SAMR_SPLIT_QUERY;
	if (at_any(&name, show))
		return;
	if (at_any(&name, act)) {
		refuse(c, "this PRAGMA would work on one head's file only; ANALYZE, REINDEX and VACUUM go through the order");
		return;
	}
	if (w->token == TOKEN_MORE || w->token == TOKEN_SEMI)
		return;
	advance(w);		/* over "=" or "(" */
	if (at_any(&name, stored)) {
		c->kind = SAMR_SPLIT_WRITE;
	} else if (at_word(&name, "foreign_keys") && w->token == TOKEN_WORD) {
		classify_foreign_keys(w, foreign_keys, c);
	} else {
		c->kind = SAMR_SPLIT_REFUSED;
		snprintf(c->why, sizeof(c->why),
			 "PRAGMA %.*s with a value would change this head only",
			 (int)(name.len > 64 ? 64 : name.len), name.text);
	}
}

static void classify_transaction(struct cursor *w, struct samr_split_class *c)
{
	if (at_word(w, "begin")) {
		c->kind = SAMR_SPLIT_BEGIN;
	} else if (at_word(w, "commit") || at_word(w, "end")) {
		c->kind = SAMR_SPLIT_COMMIT;
	} else if (at_word(w, "rollback")) {
		advance(w);
		if (at_word(w, "transaction"))
			advance(w);
		c->kind = at_word(w, "to") ? SAMR_SPLIT_SAVEPOINT :
					     SAMR_SPLIT_ROLLBACK;
	} else {
		c->kind = SAMR_SPLIT_SAVEPOINT;
	}
}

void samr_split_classify(const char *sql, size_t len, bool foreign_keys,
			 struct samr_split_class *c)
{
	static const char *const transaction[] = {
		"begin", "commit", "end", "rollback", "savepoint", "release",
		NULL
	};
	static const char *const other_file[] = { "attach", "detach", NULL };
	struct cursor w = { .p = sql, .left = len };

	memset(c, 0, sizeof(*c));
	advance(&w);
	if (w.token == TOKEN_MORE || w.token == TOKEN_SEMI) {
		c->kind = SAMR_SPLIT_EMPTY;
	} else if (memchr(sql, '\0', len)) {
		refuse(c, "a statement cannot contain a zero byte");
	} else if (at_any(&w, writes)) {
		c->kind = SAMR_SPLIT_WRITE;
		c->vacuum = at_word(&w, "vacuum");
	} else if (at_word(&w, "with")) {
		c->kind = classify_with(&w);
	} else if (at_any(&w, transaction)) {
		classify_transaction(&w, c);
	} else if (at_word(&w, "pragma")) {
		classify_pragma(&w, foreign_keys, c);
	} else if (at_any(&w, other_file)) {
		refuse(c, "ATTACH and DETACH cannot be replicated: another file would be another one at each head");
	} else {
		c->kind = SAMR_SPLIT_QUERY;
	}
}
