/* SPDX-License-Identifier: GPL-2.0 */
/*
 * The grammar: what an object can do, and which keys go with it.
 *
 * These tables are all there is of it: they are what the command line is
 * parsed by, what the help and the completion print, and what names an
 * attribute that the kernel complains of.
 */
#ifndef SAMRCTL_ARGS_H
#define SAMRCTL_ARGS_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "die.h"

/**
 * enum arg_type - how the value of a key is written, and sent
 * @ARG_U32: number; u32
 * @ARG_U64: number; u64
 * @ARG_NODE: a head, by its id or by its name; u64, the id
 * @ARG_TIME: number with a unit, "20ms"; u32, microseconds
 * @ARG_SIZE: bytes, also "64K" or "16M"; u32
 * @ARG_WORD: one of struct key.words; u32, its place among them
 * @ARG_NAME: string of at most struct key.max bytes
 * @ARG_DEV: name of a network device
 * @ARG_USER: number or name; u32
 * @ARG_GROUP: number or name; u32
 * @ARG_ADDRESS: MAC address, IP address with or without a port, or "learn" for no
 *	bytes; binary
 * @ARG_IP: IP address; binary, 16 bytes
 * @ARG_HEX: 1 to 16 hexadecimal digits, as print_hex() shows them; u64
 * @ARG_HOURS: number of hours, or one with a unit, "90s", "2min", "5d"; not
 *	sent, in seconds
 * @ARG_HEADS: ids of heads with commas between them, or "none"; u64, one bit per id
 * @ARG_SECONDS: number of seconds, or a time with a unit; not sent, microseconds
 * @ARG_FLAG: no value: that it is said is all; sent without one, if at all
 */
enum arg_type {
	ARG_U32,
	ARG_U64,
	ARG_NODE,
	ARG_TIME,
	ARG_SIZE,
	ARG_WORD,
	ARG_NAME,
	ARG_DEV,
	ARG_USER,
	ARG_GROUP,
	ARG_ADDRESS,
	ARG_IP,
	ARG_HEX,
	ARG_HOURS,
	ARG_HEADS,
	ARG_SECONDS,
	ARG_FLAG,
};

/**
 * struct key - something that can be said
 * @name: as typed; NULL ends a table
 * @type: see there
 * @attr: the attribute that it is sent as; 0: it is not sent
 * @required: must be said
 * @min: least number
 * @max: largest number, or most bytes
 * @words: for ARG_WORD, ends with NULL; for ARG_NAME those to complete, or NULL
 * @bare: the first of a verb's keys: its name may be left out
 * @optional: its value may be left out; struct arg.text is "" then
 */
struct key {
	const char *name;
	enum arg_type type;
	uint16_t attr;
	bool required;
	uint64_t min;
	uint64_t max;
	const char *const *words;
	bool bare;
	bool optional;
};

#define KEYS_MAX	16
#define ADDRESS_MAX	31

/**
 * struct arg - what was said for the key of the same index
 * @text: as typed; NULL: nothing
 * @num: numbers
 * @len: bytes of @bytes
 * @bytes: addresses
 */
struct arg {
	const char *text;
	uint64_t num;
	size_t len;
	unsigned char bytes[ADDRESS_MAX];
};

/**
 * struct verb - something that an object can do
 * @name: as typed; NULL ends a table
 * @doc: for the help
 * @cmd: SAMR_CMD_* to send
 * @keys: or NULL for none
 * @run: does it; NULL: the keys are sent with @cmd, and nothing is printed.
 *	Returns an exit status
 */
struct verb {
	const char *name;
	const char *doc;
	uint8_t cmd;
	const struct key *keys;
	int (*run)(const struct verb *v, const struct arg *args);
};

/**
 * struct object - the first word of a command
 * @name: as typed
 * @doc: for the help
 * @verbs: the first one is meant when none is said
 */
struct object {
	const char *name;
	const char *doc;
	const struct verb *verbs;
};

/**
 * args_parse - the words behind object and verb
 * @o: the object
 * @v: the verb
 * @argv: words, ends with NULL
 * @args: filled in, zeroed by the caller
 *
 * Does not return when there is anything wrong with them.
 */
void args_parse(const struct object *o, const struct verb *v, char **argv,
		struct arg args[KEYS_MAX]);

/** args_find - the verb of this name, or NULL */
const struct verb *args_verb(const struct object *o, const char *name);

/** args_key - the key of this name, before which "--" may stand, or NULL */
const struct key *args_key(const struct verb *v, const char *name);

/** args_unknown - die of a word that is none of @names */
void args_unknown(const char *what, const char *word, const char *const *names,
		  size_t n) __attribute__((noreturn));

/** args_help - print an object's grammar */
void args_help(const struct object *o);

/** args_help_verb - how one verb is used */
void args_help_verb(const struct object *o, const struct verb *v);

/** args_complete - print what may come next after the words of @argv */
void args_complete(const struct object *const *objects, size_t n, char **argv);

#endif /* SAMRCTL_ARGS_H */
