/* SPDX-License-Identifier: GPL-2.0 */
/*
 * SQL text: where a statement ends, and what is to be done with it.
 *
 * Nothing here decides whether a statement is correct: SQLite does. A statement
 * that is put into the wrong class does no harm, since queries run where nothing
 * can be written and what goes through the order runs the same way at every
 * head.
 */
#ifndef SAMR_SQL_SPLIT_H
#define SAMR_SQL_SPLIT_H

#include <stdbool.h>
#include <stddef.h>

/**
 * struct samr_split - how far the search for a statement's end has come
 * @pos: bytes looked at
 * @words: of the statement's beginning, to recognise CREATE TRIGGER
 * @trigger: inside CREATE TRIGGER, which ends with "END;"
 * @semi: the last token was a semicolon
 * @end: the last two tokens were a semicolon and END
 * @some: there is more than white space and comments
 *
 * All zero at the start of a statement.
 */
struct samr_split {
	size_t pos;
	unsigned int words;
	bool trigger;
	bool semi;
	bool end;
	bool some;
};

/**
 * samr_split_next - find the end of the statement that a text begins with
 * @s: where the search stands; call again with it when more text was appended
 * @sql: the text; it may move between calls
 * @len: its length
 * @last: no more text will come
 *
 * Return: length of the statement with its semicolon, or 0 when its end is not
 * there yet. With @last a statement may end at the text's end.
 */
size_t samr_split_next(struct samr_split *s, const char *sql, size_t len,
		       bool last);

/** samr_split_blank - length of the white space and comments at the beginning */
size_t samr_split_blank(const char *sql, size_t len);

enum samr_split_kind {
	SAMR_SPLIT_EMPTY,	/* white space and comments only */
	SAMR_SPLIT_WRITE,	/* goes through the order */
	SAMR_SPLIT_QUERY,	/* runs here, now */
	SAMR_SPLIT_BEGIN,
	SAMR_SPLIT_COMMIT,
	SAMR_SPLIT_ROLLBACK,
	SAMR_SPLIT_SAVEPOINT,	/* SAVEPOINT, RELEASE, ROLLBACK TO */
	SAMR_SPLIT_NOTHING,	/* asks for what is so anyway */
	SAMR_SPLIT_REFUSED,	/* cannot be replicated */
};

/**
 * struct samr_split_class - what a statement is
 * @kind: what is to be done with it
 * @vacuum: it is VACUUM, which cannot run inside a transaction
 * @why: SAMR_SPLIT_REFUSED: the reason, a sentence
 */
struct samr_split_class {
	enum samr_split_kind kind;
	bool vacuum;
	char why[256];
};

/** samr_split_reads - does it look like SELECT, VALUES or WITH, which may just read? */
bool samr_split_reads(const char *sql, size_t len);

/**
 * samr_split_classify - what is a statement?
 * @sql: one statement
 * @len: its length
 * @foreign_keys: the writers enforce foreign keys
 * @c: filled in
 */
void samr_split_classify(const char *sql, size_t len, bool foreign_keys,
			 struct samr_split_class *c);

#endif
