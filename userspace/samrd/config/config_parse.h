/* SPDX-License-Identifier: GPL-2.0 */
/*
 * From the text of a configuration to sections and values with their lines, by
 * libconfuse. What a value means is not looked at here.
 */
#ifndef SAMRD_CONFIG_PARSE_H
#define SAMRD_CONFIG_PARSE_H

#include <confuse.h>
#include <stdarg.h>
#include "config_table.h"

#define CONFIG_BYTES_MAX	(1 << 20)

/**
 * struct config_value - what was typed
 * @line: where
 * @text: what
 */
struct config_value {
	unsigned int line;
	char *text;
};

/**
 * struct config_reader - what is needed while a file is read
 * @file: its path, for messages
 * @say: @data: the caller's
 * @errors: told so far
 * @wrong: sections of that kind have values that are wrong
 * @chunks: memory that what is read lives in; config_keep()
 * @seen: values, to notice one that is there twice
 * @ended: the end was reached outside of all sections
 * @unknown: names that nobody knows; what lacks may be behind one of them
 * @stop: the one at which reading stopped
 * @line: where that is
 */
struct config_reader {
	const char *file;
	config_message_fn *say;
	void *data;
	unsigned int errors;
	bool wrong[SECTIONS];
	struct config_chunk *chunks;
	struct config_seen *seen;
	bool ended;
	unsigned int unknown;
	char stop[128];
	unsigned int line;
};

/** config_keep - memory, zeroed, that lives until config_drop(); NULL: was told */
void *config_keep(struct config_reader *r, size_t size);

/** config_keep_text - a copy, likewise */
char *config_keep_text(struct config_reader *r, const char *text);

/** config_drop - frees all of it */
void config_drop(struct config_chunk *chunks);

/** config_tell - a message about a line; 0: about the file */
void config_tell(struct config_reader *r, bool error, unsigned int line,
		 const char *format, ...) __attribute__((format(printf, 4, 5)));

/**
 * config_parse - read the file that @r names
 *
 * Return: its sections, to be given to cfg_free(), without what was not known, which
 * was told; NULL: it cannot be read, which was told, too.
 */
cfg_t *config_parse(struct config_reader *r);

/** config_value - what was typed for a key, or for the item @i of a list */
const struct config_value *config_value(cfg_t *section, const char *key,
					unsigned int i);

#endif /* SAMRD_CONFIG_PARSE_H */
