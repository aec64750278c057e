/* SPDX-License-Identifier: GPL-2.0 */
/*
 * The grammar of samr.conf, as tables: sections, their keys, what is allowed.
 * All that reads, shows or compares a configuration goes by them.
 */
#ifndef SAMRD_CONFIG_TABLE_H
#define SAMRD_CONFIG_TABLE_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "config.h"

/**
 * enum config_type - how a value is written, and what it is in memory
 * @CONFIG_TEXT: const char *
 * @CONFIG_NAME: const char *, as the kernel wants names
 * @CONFIG_DEV: const char *, a network device
 * @CONFIG_U32: uint32_t
 * @CONFIG_US: @CONFIG_MS: uint32_t, a time with a unit; 0 needs none
 * @CONFIG_SIZE: uint32_t, bytes, also "64K", "16M", "1G"
 * @CONFIG_WORD: uint32_t or enum, index among the words
 * @CONFIG_PAIR: bool, index among two words
 * @CONFIG_ONEOF: const char *, one of the words
 * @CONFIG_PATH: const char *, a path from the root
 * @CONFIG_SECRET: const char *, a file that only its owner can read
 * @CONFIG_PROGRAM: const char *, a file that can be run and nobody else write
 * @CONFIG_USER: @CONFIG_GROUP: uint32_t, name or number
 * @CONFIG_ADDRESS: struct config_port, its address
 * @CONFIG_IP: const char *, an IP address
 * @CONFIG_WORDS: const char *, a list, joined with commas
 * @CONFIG_OPTIONS: struct fence_agent, its options, a list of KEY=VALUE
 * @CONFIG_REFUSED: nothing: known, and not to be had; the words say why
 */
enum config_type {
	CONFIG_TEXT,
	CONFIG_NAME,
	CONFIG_DEV,
	CONFIG_U32,
	CONFIG_US,
	CONFIG_MS,
	CONFIG_SIZE,
	CONFIG_WORD,
	CONFIG_PAIR,
	CONFIG_ONEOF,
	CONFIG_PATH,
	CONFIG_SECRET,
	CONFIG_PROGRAM,
	CONFIG_USER,
	CONFIG_GROUP,
	CONFIG_ADDRESS,
	CONFIG_IP,
	CONFIG_WORDS,
	CONFIG_OPTIONS,
	CONFIG_REFUSED,
};

/**
 * struct config_key - one key of a section
 * @name: as typed; NULL ends a table
 * @type: see there
 * @offset: of the value in the section's structure
 * @min: @max: of numbers, bytes and times in the unit of the type; most bytes
 * @words: what @type says, ends with NULL
 * @def: its default, as typed; NULL: none, the value stays 0
 * @required: must be there
 * @restart: cannot change while the daemon or the cluster runs
 * @local: may be another one on each head
 * @kinds: of a fence device: a bit per enum fence_kind that it goes with; of a
 *	service: not 0: it goes with a role; of a link: a bit per kind that it goes with; 0: all
 */
struct config_key {
	const char *name;
	enum config_type type;
	size_t offset;
	uint64_t min;
	uint64_t max;
	const char *const *words;
	const char *def;
	bool required;
	bool restart;
	bool local;
	unsigned int kinds;
};

enum config_section {
	SECTION_CLUSTER,
	SECTION_LINK,
	SECTION_NODE,
	SECTION_SERVICE,
	SECTION_HOOKS,
	SECTION_WATCHDOG,
	SECTION_DAEMON,
	SECTION_PORT,		/* "link" in a node */
	SECTION_FENCE,		/* "fence" in a node */
	SECTIONS,
};

/**
 * struct config_grammar - one kind of section
 * @name: as typed
 * @keys: of it
 * @titled: it has a title, and there may be several; else it is there once
 */
struct config_grammar {
	const char *name;
	const struct config_key *keys;
	bool titled;
};

extern const struct config_grammar config_grammar[SECTIONS];

/** config_goes - does the key go with this device, service or link? */
bool config_goes(enum config_section s, const struct config_key *k,
		 const void *base);

/** config_is_list - are values of that type written as { a, b }? */
bool config_is_list(enum config_type t);

/**
 * config_allowed - what may stand there, in words: "1 to 63"
 *
 * Return: @text
 */
const char *config_allowed(const struct config_key *k, char *text, size_t size);

/**
 * config_format - a value as it could stand in the file
 * @base: the section's structure
 *
 * Return: @text, or NULL when there is no value.
 */
const char *config_format(const struct config_key *k, const void *base,
			  char *text, size_t size);

/**
 * config_convert - the other way
 * @k: the key; of no list
 * @typed: its value
 * @base: where it goes; strings are @typed itself
 *
 * Return: NULL, or what is wrong with it, as "is no number".
 */
const char *config_convert(const struct config_key *k, const char *typed,
			   void *base);

#endif /* SAMRD_CONFIG_TABLE_H */
